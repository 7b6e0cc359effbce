"""The quantum-jump engine behind the protocol of ``wellhop.jobs.units``; numba is imported when needed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from wellhop.engine.records import SliceRecord, Snapshot, TrajectoryRecord

if TYPE_CHECKING:
    from wellhop.engine.unravelling import JumpProblem


class JumpEngine:
    """``wellhop.engine.trajectory`` as an :class:`~wellhop.jobs.units.Engine`; work is counted in clicks."""

    def load(self, arrays: Mapping[str, np.ndarray]) -> JumpProblem:
        """The problem from its arrays."""
        from wellhop.engine.unravelling import JumpProblem

        return JumpProblem.from_arrays(dict(arrays))

    def lanes(self, problem: JumpProblem) -> int:
        """One: clicks come at different times, so nothing is gained side by side."""
        return 1

    def start(self, problem: JumpProblem, seed: int, point: int, arm: int, trajectory: int) -> Snapshot:
        """First snapshot of a trajectory."""
        from wellhop.engine.trajectory import start

        return start(problem, seed, point, arm, trajectory)

    def advance_many(
        self, problem: JumpProblem, snapshots: Sequence[Snapshot], max_work: int
    ) -> list[SliceRecord]:
        """The next slice of each."""
        from wellhop.engine.trajectory import advance

        return [advance(problem, snapshot, max_work) for snapshot in snapshots]

    def assemble(self, problem: JumpProblem, index: int, slices: Sequence[SliceRecord]) -> TrajectoryRecord:
        """A trajectory from all its slices."""
        from wellhop.engine.trajectory import assemble

        return assemble(problem, index, slices)
