"""The engine of campaigns: quantum jumps or Langevin steps, told apart by the prepared arrays of a unit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from wellhop.engine.records import SliceRecord, Snapshot, TrajectoryRecord
from wellhop.jobs.jump_engine import JumpEngine
from wellhop.jobs.langevin_engine import LangevinEngine
from wellhop.jobs.units import Engine

#: An array that Langevin problems have and jump problems do not: the width of the start states in phase space.
_LANGEVIN_MARK: Final = "start_spread"


@dataclass(frozen=True)
class LoadedProblem:
    """A prepared problem and the engine that runs it."""

    engine: Engine[Any]
    problem: Any


class CampaignEngine:
    """An :class:`~wellhop.jobs.units.Engine` for campaigns whose arms need different engines.

    The stored arrays of a unit decide, not its description: a folder is read by what is in it.

    >>> from wellhop.engine.langevin_problem import oscillator_problem
    >>> from wellhop.engine.oscillator import Oscillator
    >>> oscillator = Oscillator(-3.0, 0.4, 0.0, 1.8, 2.0)
    >>> prepared = oscillator_problem(oscillator, duration=10.0, sample_interval=0.5, dt=0.05)
    >>> engine = CampaignEngine()
    >>> loaded = engine.load(prepared.arrays())
    >>> type(loaded.problem).__name__, engine.lanes(loaded)
    ('LangevinProblem', 64)
    """

    def __init__(self) -> None:
        """Nothing is compiled or imported before the first problem."""
        self._jumps, self._langevin = JumpEngine(), LangevinEngine()

    def load(self, arrays: Mapping[str, np.ndarray]) -> LoadedProblem:
        """The problem from its arrays.

        Raises:
            ModelError: they describe neither a jump nor a Langevin problem.
        """
        engine: Engine[Any] = self._langevin if _LANGEVIN_MARK in arrays else self._jumps
        return LoadedProblem(engine, engine.load(arrays))

    def lanes(self, problem: LoadedProblem) -> int:
        """How many trajectories side by side are best."""
        return problem.engine.lanes(problem.problem)

    def start(self, problem: LoadedProblem, seed: int, point: int, arm: int, trajectory: int) -> Snapshot:
        """First snapshot of a trajectory."""
        return problem.engine.start(problem.problem, seed, point, arm, trajectory)

    def advance_many(
        self, problem: LoadedProblem, snapshots: Sequence[Snapshot], max_work: int
    ) -> list[SliceRecord]:
        """The next slice of several trajectories of one unit; work is clicks or steps."""
        return problem.engine.advance_many(problem.problem, snapshots, max_work)

    def assemble(self, problem: LoadedProblem, index: int, slices: Sequence[SliceRecord]) -> TrajectoryRecord:
        """A trajectory from all its slices."""
        return problem.engine.assemble(problem.problem, index, slices)
