"""The results of a run folder in canonical order: point, arm, trajectory.

Results of a unit are the trajectories up to its latest verdict, whether that ended the unit or not: always
whole batches. Trajectories begun beyond it (ranks that would have idled may work ahead) are surplus and never
read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Generic, Self, TypeVar

import numpy as np

from wellhop.engine.errors import DamagedFileError
from wellhop.engine.records import EndState, SliceRecord, TrajectoryRecord
from wellhop.jobs.chain import ROW, SEGMENT, STATE, TRAJECTORY, Chain
from wellhop.jobs.ledger import unit_ranges
from wellhop.jobs.segments import SegmentShelf
from wellhop.jobs.stopping import Verdict
from wellhop.jobs.store import RunFolder
from wellhop.jobs.units import Engine, Key, Unit

P = TypeVar("P")


class Results(Generic[P]):
    """Reads trajectories from the segments of an open folder; a context that closes its files."""

    def __init__(self, folder: RunFolder, engine: Engine[P]) -> None:
        """Index the folder's chain."""
        self._folder, self._engine = folder, engine
        self._chain: Chain = folder.chain
        self._ranges = {key: (begin, stop) for key, begin, stop in unit_ranges(self._chain.rows)}
        self._shelf = SegmentShelf(self._chain.paths)

    @property
    def complete(self) -> bool:
        """Whether every unit has met its stop rule."""
        return all(self._done(unit.key) for unit in self._folder.units)

    def _done(self, key: Key) -> bool:
        verdict = self.verdict(key)
        return verdict is not None and verdict.done

    @property
    def verdicts(self) -> Mapping[Key, Verdict]:
        """The latest verdict of each unit that has one."""
        return self._chain.verdicts

    def verdict(self, key: Key) -> Verdict | None:
        """The latest verdict of a unit."""
        return self._chain.verdicts.get(key)

    def count(self, key: Key) -> int:
        """Number of trajectories in the results of a unit."""
        verdict = self.verdict(key)
        return verdict.trajectories if verdict is not None else 0

    def trajectories(self, key: Key) -> Iterator[tuple[int, list[SliceRecord]]]:
        """All trajectories of a unit that have begun, with their slices so far, surplus included."""
        begin, stop = self._ranges.get(key, (0, 0))
        rows = self._chain.rows[begin:stop]
        if not len(rows):
            return
        cuts = np.flatnonzero(np.diff(rows[:, TRAJECTORY])) + 1
        for part in np.split(rows, cuts):
            slices = [self._shelf.record(int(row[SEGMENT]), int(row[ROW])) for row in part]
            yield int(part[0, TRAJECTORY]), slices

    def records(self, unit: Unit) -> Iterator[TrajectoryRecord]:
        """The results of a unit in the order of trajectories.

        Raises:
            DamagedFileError: a trajectory that the verdict counts is missing.
        """
        count = self.count(unit.key)
        if count == 0:
            return
        problem = self._engine.load(self._folder.problem(unit.key))
        expected = 0
        for trajectory, slices in self.trajectories(unit.key):
            if trajectory >= count:
                break
            if trajectory != expected or slices[-1].state is EndState.RUNNING:
                break
            yield self._engine.assemble(problem, trajectory, slices)
            expected += 1
        if expected != count:
            raise DamagedFileError(
                f"{self._folder.path}: {unit.label}: trajectory {expected} of {count} is lost"
            )

    def running(self, key: Key) -> int:
        """Number of trajectories of a unit that have begun and not ended, as stored."""
        begin, stop = self._ranges.get(key, (0, 0))
        rows = self._chain.rows[begin:stop]
        ended = np.unique(rows[rows[:, STATE] != EndState.RUNNING][:, TRAJECTORY])
        return len(np.unique(rows[:, TRAJECTORY])) - len(ended)

    def path_of(self, place: int) -> Path:
        """Segment file at a place of the chain."""
        return self._chain.paths[place]

    def close(self) -> None:
        """Close the segment files."""
        self._shelf.close()

    def __enter__(self) -> Self:
        """Return the results themselves."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close."""
        self.close()
