"""The moving front of one unit: what is handed out next, what came back, when the rule is judged.

Trajectories are handed out in the order of their numbers up to the end of the batch being worked on. Ranks
that would idle may work ahead into the batches after it; if the rule is met before, that work is surplus and
not part of the results.
"""

from __future__ import annotations

import collections
import math
from collections.abc import Callable, Iterable

from wellhop.engine.records import EndState, SliceRecord, Snapshot, TrajectoryRecord
from wellhop.jobs.ledger import Account
from wellhop.jobs.stopping import Tally, Verdict, give_verdict
from wellhop.jobs.units import Unit

#: A slice to hand out: trajectory, number of the slice, snapshot (None: from the start).
Piece = tuple[int, int, Snapshot | None]
Assemble = Callable[[int, list[SliceRecord]], TrajectoryRecord]


class Front:
    """One unit at work.

    Attributes:
        unit, account, tally: what it is, its books, its statistics.
        seconds: time spent computing it in this run.  in_flight: slices handed out and not yet back.
    """

    def __init__(self, unit: Unit, tally: Tally, assemble: Assemble) -> None:
        """Begin with everything pending."""
        self.unit = unit
        self.account = Account(unit)
        self.tally = tally
        self.seconds = 0.0
        self.in_flight = 0
        self._assemble = assemble
        self._next_new = 0
        self._ready: collections.deque[Piece] = collections.deque()
        self._slices: dict[int, list[SliceRecord]] = {}
        self._waiting: dict[int, TrajectoryRecord] = {}

    def restore(
        self, stored: Iterable[tuple[int, list[SliceRecord]]], verdict: Verdict | None
    ) -> list[Verdict]:
        """Take over what an earlier run committed; returns verdicts that it had not come to give.

        Args:
            stored: trajectories in order with their slices.  verdict: the latest one stored.
        """
        if verdict is not None and verdict.done:
            self.account.restore(verdict)
            return []
        given: list[Verdict] = []
        for trajectory, slices in stored:
            for number, record in enumerate(slices):
                given += self._enter(trajectory, number, record, verdict)
                if self.account.decided:
                    return given
            self._next_new = max(self._next_new, trajectory + 1)
        begun = set(self._slices) | set(self._waiting)
        gaps = [t for t in range(self.account.finished, self._next_new) if t not in begun]
        pieces: list[Piece] = [(t, len(s), s[-1].snapshot) for t, s in self._slices.items()]
        self._ready.extend(sorted([*pieces, *((t, 0, None) for t in gaps)], key=lambda piece: piece[0]))
        return given

    @property
    def certain(self) -> int:
        """Trajectories below this number are needed in any case."""
        if self.account.decided:
            return 0
        needed = max(self.unit.boundary(self.account.finished), self.unit.at_least)
        return min(needed, self.unit.max_trajectories)

    def next_piece(self, ahead: int) -> Piece | None:
        """The next slice to hand out, at most ``ahead`` trajectories beyond the certain ones."""
        limit = min(self.certain + ahead, self.unit.max_trajectories) if self.certain else 0
        for _ in range(len(self._ready)):
            if self._ready[0][0] < limit:
                self.in_flight += 1
                return self._ready.popleft()
            self._ready.rotate(-1)
        if self._next_new >= limit:
            return None
        self._next_new += 1
        self.in_flight += 1
        return self._next_new - 1, 0, None

    def accept(
        self, trajectory: int, number: int, record: SliceRecord, seconds: float
    ) -> tuple[bool, list[Verdict]]:
        """Enter a slice that came back; returns whether it is to be stored and the verdicts it led to."""
        self.in_flight -= 1
        self.seconds += seconds
        if self.account.decided:
            return False, []
        given = self._enter(trajectory, number, record, None)
        if record.state is EndState.RUNNING and not self.account.decided:
            self._ready.appendleft((trajectory, number + 1, record.snapshot))
        return True, given

    def _enter(
        self, trajectory: int, number: int, record: SliceRecord, known: Verdict | None
    ) -> list[Verdict]:
        self.account.enter(trajectory, number, record.state)
        self._slices.setdefault(trajectory, []).append(record)
        if record.state is EndState.RUNNING:
            return []
        self._waiting[trajectory] = self._assemble(trajectory, self._slices.pop(trajectory))
        return self._settle(known)

    def _settle(self, known: Verdict | None) -> list[Verdict]:
        """Count trajectories that ended, in order, and judge at the end of each batch."""
        given: list[Verdict] = []
        account = self.account
        while not account.decided:
            boundary = self.unit.boundary(account.finished)
            for trajectory in account.settle(boundary):
                self.tally.add(self._waiting.pop(trajectory))
            if account.finished < boundary:
                break
            verdict = self._judge(known)
            account.judge(verdict)
            if verdict is not known:
                given.append(verdict)
        if account.decided:
            self._ready.clear()
            self._slices.clear()
            self._waiting.clear()
        return given

    def _judge(self, known: Verdict | None) -> Verdict:
        finished, ended = self.account.finished, self.account.ended
        if known is not None and known.trajectories == finished:
            return known
        progress = self.tally.progress()
        return give_verdict(self.unit, finished, ended[EndState.FAILED], ended[EndState.CENSORED], progress)

    @property
    def running(self) -> int:
        """Trajectories that have begun and not ended."""
        return len(self.account.slices)

    @property
    def remaining(self) -> float:
        """Estimated seconds of work left; infinite while nothing is known."""
        verdict = self.account.verdict
        if self.account.decided:
            return 0.0
        if verdict is None or not 0 < verdict.progress.fraction <= 1 or self.seconds == 0:
            return math.inf
        return self.seconds * (1 - verdict.progress.fraction) / verdict.progress.fraction
