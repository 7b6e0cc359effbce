"""The worker's side: messages between manager and workers, and the loop-free heart that computes one task.

A worker knows nothing of files, batches or stop rules. It gets the next slice of a trajectory to compute, or of
a group of them that advance side by side, with the problem's arrays when it does not hold them yet, and answers
with the records. It chooses the length of a slice by itself, aiming at a duration, because results do not
depend on where trajectories are cut.
"""

from __future__ import annotations

import math
import time
import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

import numpy as np

from wellhop.engine import errors
from wellhop.engine.errors import WellhopError
from wellhop.engine.records import EndState, SliceRecord
from wellhop.jobs.units import Engine, Key, Piece

P = TypeVar("P")
_FIRST_WORK: Final = 256
#: The jump engine reserves room for every click of a slice where clicks are recorded; engines that take groups
#: bound their memory themselves.
_MOST_WORK: Final = {False: 1 << 22, True: 1 << 28}
#: A first call may include compilation, so one measurement changes the length of slices by no more than this
#: factor.
_GROWTH: Final = 8.0


@dataclass(frozen=True)
class Task:
    """Manager to worker: compute the next slice of each of these trajectories of one unit.

    ``arrays`` come along when the worker does not hold the unit's problem; ``forget`` names problems it may
    drop. ``work`` fixes the length of the slices (clicks or steps), else ``seconds`` is aimed at.
    """

    key: Key
    pieces: tuple[Piece, ...]
    seed: int
    work: int | None
    seconds: float
    arrays: Mapping[str, np.ndarray] | None = None
    forget: tuple[Key, ...] = ()


@dataclass(frozen=True)
class Stop:
    """Manager to worker: drop what is queued and leave with this exit code."""

    code: int


@dataclass(frozen=True)
class Done:
    """Worker to manager: the slices of a task, (trajectory, number, record) each, and the seconds they took."""

    worker: int
    key: Key
    slices: tuple[tuple[int, int, SliceRecord], ...]
    seconds: float


@dataclass(frozen=True)
class Signalled:
    """Worker to manager: this worker received a signal."""

    worker: int
    name: str


@dataclass(frozen=True)
class Bye:
    """Worker to manager: the last message."""

    worker: int


@dataclass(frozen=True)
class Failure:
    """Worker to manager: an exception. ``kind`` names a :class:`WellhopError`, empty for a bug."""

    worker: int
    kind: str
    message: str
    trace: str

    @classmethod
    def of(cls, worker: int, error: BaseException) -> Failure:
        """Describe an exception without sending the object itself."""
        known = isinstance(error, WellhopError)
        trace = "".join(traceback.format_exception(error))
        return cls(worker, type(error).__name__ if known else "", str(error) or type(error).__name__, trace)

    def exception(self) -> Exception:
        """The exception to raise on the manager's side."""
        if self.kind:
            return _named_error(self.kind, self.message)
        return WorkerCrashError(f"rank or thread {self.worker} failed: {self.message}\n{self.trace}")


Answer = Done | Signalled | Bye | Failure


class WorkerCrashError(RuntimeError):
    """A worker ended with an uncaught exception; the message holds its traceback."""


def _named_error(kind: str, message: str) -> WellhopError:
    """An error of the same class with the same text; its own arguments are not rebuilt."""
    found = getattr(errors, kind, WellhopError)
    if not (isinstance(found, type) and issubclass(found, WellhopError)):
        found = WellhopError
    error: WellhopError = found.__new__(found)
    Exception.__init__(error, message)
    return error


class Worker(Generic[P]):
    """Computes slices; holds the problems it was sent."""

    def __init__(self, engine: Engine[P], identity: int) -> None:
        """Begin without problems."""
        self._engine = engine
        self._identity = identity
        self._problems: dict[Key, P] = {}
        self._pace: dict[Key, tuple[float, int]] = {}
        self._recent: dict[bool, float] = {}
        self._length: dict[Key, int] = {}

    def compute(self, task: Task) -> Done:
        """One slice of each trajectory of the task."""
        for key in task.forget:
            self._problems.pop(key, None)
        if task.arrays is not None:
            self._problems[task.key] = self._engine.load(task.arrays)
        problem = self._problems[task.key]
        begin = time.perf_counter()
        snapshots = [
            self._engine.start(problem, task.seed, *task.key, trajectory) if snapshot is None else snapshot
            for trajectory, _, snapshot in task.pieces
        ]
        work = task.work if task.work is not None else self._work(task)
        records = self._engine.advance_many(problem, snapshots, work)
        seconds = time.perf_counter() - begin
        if any(record.state is EndState.RUNNING for record in records):  # all the work was done: the pace is known
            self._pace[task.key] = seconds / work, len(records)
            self._recent[len(records) > 1] = seconds / work
        slices = tuple(
            (trajectory, number, record)
            for (trajectory, number, _), record in zip(task.pieces, records, strict=True)
        )
        return Done(self._identity, task.key, slices, seconds)

    def _work(self, task: Task) -> int:
        """Length of a slice of the wanted duration, from the pace of the last one."""
        grouped = len(task.pieces) > 1
        before = self._length.get(task.key, 0)
        if before == 0:  # units differ, but those of one campaign rarely by more than a few times
            recent = self._recent.get(grouped, math.inf)
            before = int(min(max(task.seconds / recent / _GROWTH, _FIRST_WORK), _MOST_WORK[grouped]))
        if task.key in self._pace:
            pace, members = self._pace[task.key]
            # side by side a larger group takes between the same and proportionally more time: assume the worst
            pace *= max(1.0, len(task.pieces) / members)
            wanted = task.seconds / max(pace, 1e-12)
            before = int(min(max(wanted, before / _GROWTH, 1.0), before * _GROWTH, _MOST_WORK[grouped]))
        self._length[task.key] = before
        return before
