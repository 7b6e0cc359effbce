"""The manager: hands out slices, collects them, judges, commits, and knows when to stop.

One loop on one process, whoever computes (``wellhop.jobs.ranks``). It is the only writer. Which rank computes
which slice, how long slices are and in which order they come back changes nothing in the results:
trajectories have their own random streams, rules are judged on complete batches in the order of trajectories,
and what lies beyond is dropped.

Priorities: units of which nothing is known come first, then those with the most work left, so that no long
unit is alone at the end; a trajectory that has begun comes before a new one.

Where trajectories are cheaper side by side they are handed out in groups, as large as the engine likes while
there is work for everybody, and smaller at the end, so that no rank idles. Groups are formed anew for every
slice.
"""

from __future__ import annotations

import collections
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

from wellhop.engine.errors import WellhopError
from wellhop.engine.records import SliceRecord, TrajectoryRecord
from wellhop.jobs.front import Front
from wellhop.jobs.interrupts import Interrupts
from wellhop.jobs.progress import Reporter, Silent, Standing
from wellhop.jobs.ranks import Crew
from wellhop.jobs.results import Results
from wellhop.jobs.segments import Entry
from wellhop.jobs.stopping import Tally, Verdict
from wellhop.jobs.store import RunFolder
from wellhop.jobs.units import Engine, Key, Piece, Unit
from wellhop.jobs.worker import Done, Failure, Signalled, Task

P = TypeVar("P")
#: Results not yet committed; bounds both the memory of the manager and the size of a segment.
_LARGEST_BUFFER: Final = 8 << 20
_HELD_BYTES: Final = 1 << 30
_HELD_PROBLEMS: Final = 64
_LOOK_S: Final = 0.2
#: Length of slices that may turn out to be surplus, in usual ones: soon it is known whether they are.
_GUESS_SHARE: Final = 0.125
#: A manager takes about 0.1 ms per trajectory that comes back; where all workers together would bring more than
#: this in a second, slices get longer.
_RECORDS_PER_S: Final = 2000.0


@dataclass(frozen=True)
class Settings:
    """How to compute, which changes no result.

    Attributes:
        slice_clicks: fixed length of slices in clicks (Langevin: steps), or None to aim at ``slice_seconds``.
        commit_seconds: at most so much work is lost when the machine fails.
        wall_time: pause after so many seconds, or None.
    """

    slice_clicks: int | None = None
    slice_seconds: float = 1.0
    commit_seconds: float = 5.0
    wall_time: float | None = None


@dataclass(frozen=True)
class Outcome:
    """How a run ended: ``complete``, or ``paused`` for ``reason``; ``exit_code`` is 0 or 3."""

    complete: bool
    reason: str
    message: str

    @property
    def exit_code(self) -> int:
        """Exit code of the command line."""
        return 0 if self.complete else 3


def group_size(waiting: int, lanes: int, workers: int, depth: int) -> int:
    """How many trajectories to hand out together: as many groups as keep all workers busy, of about one size.

    Half as many as ``lanes`` cost each about the same, so groups may become that small to have ``depth`` of them
    for every worker; smaller ones only where a worker would have none.

    Args:
        waiting: trajectories likely needed, running ones included.  lanes: as many as are best.
        workers, depth: of the crew.

    >>> [group_size(n, 64, workers=2, depth=2) for n in (1000, 200, 128, 64, 10, 1)]
    [63, 50, 32, 32, 5, 1]
    """
    full = math.ceil(waiting / lanes)
    queued = workers * depth if 2 * waiting >= workers * depth * lanes else workers
    return max(1, math.ceil(waiting / max(full, queued)))


def run(
    folder: RunFolder,
    engine: Engine[P],
    tally_of: Callable[[Unit], Tally],
    crew: Crew,
    settings: Settings | None = None,
    reporter: Reporter | None = None,
    interrupts: Interrupts | None = None,
) -> Outcome:
    """Work on a folder until every unit is complete or there is a reason to pause; all ends committed.

    Args:
        folder: open for writing, intact.
        engine: runs the trajectories; the manager only assembles.
        tally_of: a fresh tally for a unit.
        crew: who computes, see :func:`wellhop.jobs.ranks.manage`; it is dismissed at the end.
        settings: how to compute.  reporter: shows progress.  interrupts: reasons to pause.

    Raises:
        WellhopError: from a worker or from the disk; what was complete before is committed as far as the disk
        takes it. wellhop.jobs.worker.WorkerCrashError: a bug on a worker.
    """
    settings = settings or Settings()
    with interrupts or Interrupts(settings.wall_time) as signals:
        manager = Manager(folder, engine, tally_of, crew, settings, reporter or Silent(), signals)
        return manager.work()


class Manager(Generic[P]):
    """The books and the loop of one run; use :func:`run`."""

    def __init__(
        self,
        folder: RunFolder,
        engine: Engine[P],
        tally_of: Callable[[Unit], Tally],
        crew: Crew,
        settings: Settings,
        reporter: Reporter,
        interrupts: Interrupts,
    ) -> None:
        """Restore the fronts of all units from what is committed."""
        self._folder, self._engine, self._crew = folder, engine, crew
        self._settings, self._reporter, self._interrupts = settings, reporter, interrupts
        self._buffer: list[Entry] = []
        self._judged: list[Verdict] = []
        self._size = 0
        self._committed_at = time.monotonic()
        self._longest = 0.0
        self._commit_took = 0.0
        self._problem: tuple[Key, P] | None = None
        self._lanes: dict[Key, int] = {}
        #: tasks each worker has, in order; True: a guess, which does not count as work
        self._sent: list[collections.deque[bool]] = [collections.deque() for _ in range(crew.size)]
        self._held: list[collections.OrderedDict[Key, int]] = [
            collections.OrderedDict() for _ in range(crew.size)
        ]
        self._fronts = {
            unit.key: Front(unit, tally_of(unit), self._assembler(unit.key)) for unit in folder.units
        }
        self._restore()
        self._order: list[Front] = []
        self._sort()

    def _restore(self) -> None:
        with Results(self._folder, self._engine) as results:
            for front in self._fronts.values():
                key = front.unit.key
                self._judged += front.restore(results.trajectories(key), results.verdict(key))

    def _assembler(self, key: Key) -> Callable[[int, list[SliceRecord]], TrajectoryRecord]:
        def assemble(trajectory: int, slices: list[SliceRecord]) -> TrajectoryRecord:
            return self._engine.assemble(self._loaded(key), trajectory, slices)

        return assemble

    def _loaded(self, key: Key) -> P:
        if self._problem is None or self._problem[0] != key:
            self._problem = (key, self._engine.load(self._folder.problem(key)))
        return self._problem[1]

    def work(self) -> Outcome:
        """The loop."""
        try:
            reason = self._loop()
            for answer in self._crew.dismiss(3 if reason else 0):
                self._accept(answer)
            reason = reason if self._order else ""
            self._commit()
        except WellhopError:
            self._rescue()
            raise
        except Exception:
            self._rescue()
            raise
        self._reporter.close(self.standing())
        if not reason:
            return Outcome(True, "", "complete" + self._missed())
        message = f"paused ({reason}), all committed; continue with: wellhop resume {self._folder.path}"
        return Outcome(False, reason, message)

    def _missed(self) -> str:
        """What to say of units that ended without having met their rule."""
        verdicts = [front.account.verdict for front in self._fronts.values()]
        short = [v for v in verdicts if v is not None and v.done and not v.progress.done]
        if not short:
            return ""
        return f"; {len(short)} of {len(verdicts)} units ended before their stop rule was met ({short[0].reason}): see status"

    def _loop(self) -> str:
        while self._order:
            reason = self._interrupts.reason(2 * self._longest + 2 * self._commit_took + 1.0)
            if reason:
                return reason
            self._feed()
            # while everybody has work: a disk that takes its time keeps nobody waiting
            due = time.monotonic() - self._committed_at >= self._settings.commit_seconds
            if due or self._size > _LARGEST_BUFFER:
                self._commit()
            for answer in self._crew.receive(_LOOK_S):
                if isinstance(answer, Done):
                    self._accept(answer)
                elif isinstance(answer, Failure):
                    raise answer.exception()
                elif isinstance(answer, Signalled):
                    self._interrupts.note(f"{answer.name} on worker {answer.worker}")
            self._reporter.show(self.standing)
        return ""

    def _feed(self) -> None:
        """Give every worker its share, the emptiest first; certain work before work ahead."""
        waiting = sum(front.unfinished for front in self._order)
        for level in range(1, self._crew.depth + 1):
            for worker in range(self._crew.size):
                if self._sent[worker].count(False) < level and not self._feed_one(worker, waiting):
                    return

    def _feed_one(self, worker: int, waiting: int) -> bool:
        # A single worker never idles, so for it everything ahead of what is needed would be wasted.
        for ahead in (False, True) if self._crew.size > 1 else (False,):
            for front in self._order:
                pieces = self._group(front, not self._sent[worker], ahead, waiting)
                if pieces:
                    guess = ahead and self._lanes[front.unit.key] > 1
                    self._send(worker, front.unit.key, pieces, guess)
                    return True
        return False

    def _group(self, front: Front, idle: bool, ahead: bool, waiting: int) -> tuple[Piece, ...]:
        """What to hand out next of a unit; ``waiting`` is the number of trajectories likely needed, of all."""
        key, workers = front.unit.key, self._crew.size
        if key not in self._lanes:
            self._lanes[key] = max(1, self._engine.lanes(self._loaded(key)))
        lanes = self._lanes[key]
        if lanes == 1:
            room = workers * self._crew.depth if ahead else 0
            return front.next_pieces(front.certain + room, 1)
        if ahead:  # guesses are no work to queue up, only better than to idle: a share of the next batch
            size = group_size(front.unit.batch, lanes, workers, 1)
            return front.next_pieces(front.certain + workers * size, size) if idle else ()
        limit = front.likely
        groups = math.ceil(front.available(limit) / group_size(waiting, lanes, workers, self._crew.depth))
        return front.next_pieces(limit, math.ceil(front.available(limit) / groups)) if groups else ()

    def _send(self, worker: int, key: Key, pieces: tuple[Piece, ...], guess: bool) -> None:
        held, arrays, forget = self._held[worker], None, []
        if key not in held:
            arrays = self._folder.problem(key)
            held[key] = sum(array.nbytes for array in arrays.values())
            while len(held) > 1 and (len(held) > _HELD_PROBLEMS or sum(held.values()) > _HELD_BYTES):
                forget.append(held.popitem(last=False)[0])
        held.move_to_end(key)
        settings = self._settings
        seconds = max(settings.slice_seconds, len(pieces) * self._crew.size / _RECORDS_PER_S)
        task = Task(
            *(key, pieces, self._folder.seed),
            work=settings.slice_clicks,
            seconds=seconds * (_GUESS_SHARE if guess else 1.0),
            arrays=arrays,
            forget=tuple(forget),
        )
        self._sent[worker].append(guess)
        self._crew.send(worker, task)

    def _accept(self, done: Done) -> None:
        self._sent[done.worker].popleft()
        self._longest = max(self._longest, done.seconds)
        stored, verdicts = self._fronts[done.key].accept(done.slices, done.seconds)
        for trajectory, number, record in done.slices[:stored]:
            entry = Entry(*done.key, trajectory, number, record)
            self._buffer.append(entry)
            self._size += entry.size
        if verdicts:
            self._judged += verdicts
            self._sort()

    def _sort(self) -> None:
        """Units with work left: unknown ones first, then the longest."""
        undecided = [front for front in self._fronts.values() if not front.account.decided]
        self._order = sorted(undecided, key=lambda front: -front.remaining)

    def _commit(self) -> None:
        begin = time.monotonic()
        if self._buffer or self._judged:
            self._folder.commit(self._buffer, self._judged, self.standing().to_json())
            self._buffer, self._judged, self._size = [], [], 0
        self._committed_at = time.monotonic()
        self._commit_took = max(self._commit_took, self._committed_at - begin)

    def _rescue(self) -> None:
        """After an error: keep what is complete, if the disk still takes it; the error itself goes on."""
        try:
            self._commit()
        except (WellhopError, OSError) as error:
            self._reporter.warn(f"the last results could not be committed: {error}")

    def standing(self) -> Standing:
        """Where the run stands, for displays."""
        return Standing.of(list(self._fronts.values()), self._crew.size, self._interrupts.begin)

    def books(self) -> dict[Key, Any]:
        """The account of every unit."""
        return {key: front.account for key, front in self._fronts.items()}
