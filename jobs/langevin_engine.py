"""The Langevin engine behind the protocol of ``wellhop.jobs.units``; numba is imported when needed."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

import numpy as np

from wellhop.engine.records import SliceRecord, Snapshot, TrajectoryRecord

if TYPE_CHECKING:
    from wellhop.engine.langevin_problem import LangevinProblem

#: Samples of one slice of a whole group; trajectories sampled at every step would fill gigabytes in a second.
_LARGEST_SLICE: Final = 8 << 20
#: Slices of at least so many sample intervals are cut at samples with even step numbers: members that began at
#: different times then still come to their samples, and to the two steps of one random number, together.
_LONG_SLICE: Final = 16


class LangevinEngine:
    """``wellhop.engine.langevin`` as an :class:`~wellhop.jobs.units.Engine`; work is counted in steps."""

    def load(self, arrays: Mapping[str, np.ndarray]) -> LangevinProblem:
        """The problem from its arrays."""
        from wellhop.engine.langevin_problem import LangevinProblem

        return LangevinProblem.from_arrays(dict(arrays))

    def lanes(self, problem: LangevinProblem) -> int:
        """As many as fill the processor's vectors: a step then takes a tenth of the time of one alone."""
        from wellhop.engine.langevin_kernels import LANES

        return LANES

    def start(self, problem: LangevinProblem, seed: int, point: int, arm: int, trajectory: int) -> Snapshot:
        """First snapshot of a trajectory."""
        from wellhop.engine.langevin import start

        return start(problem, seed, point, arm, trajectory)

    def advance_many(
        self, problem: LangevinProblem, snapshots: Sequence[Snapshot], max_work: int
    ) -> list[SliceRecord]:
        """The next slice of each, all of one length unless they end; cut at a sample where slices are long."""
        from wellhop.engine.langevin import advance_many

        per_sample = 8 * len(problem.observable_names) * len(snapshots)
        steps = min(max_work, max(1, _LARGEST_SLICE // per_sample) * problem.every)
        if steps >= _LONG_SLICE * problem.every:
            steps -= steps % math.lcm(problem.every, 2)
        return advance_many(problem, snapshots, steps)

    def assemble(self, problem: LangevinProblem, index: int, slices: Sequence[SliceRecord]) -> TrajectoryRecord:
        """A trajectory from all its slices."""
        from wellhop.engine.langevin import assemble

        return assemble(problem, index, slices)
