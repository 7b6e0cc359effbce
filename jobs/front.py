"""The moving front of one unit: what is handed out next, what came back, when the rule is judged.

Trajectories are handed out in the order of their numbers up to the end of the batch being worked on. Ranks
that would idle may work ahead into the batches after it; if the rule is met before, that work is surplus and
not part of the results.
"""

from __future__ import annotations

import collections
import math
from collections.abc import Callable, Iterable, Sequence

from wellhop.engine.records import EndState, SliceRecord, TrajectoryRecord
from wellhop.jobs.ledger import Account
from wellhop.jobs.stopping import Tally, Verdict, give_verdict
from wellhop.jobs.units import Piece, Unit

Assemble = Callable[[int, list[SliceRecord]], TrajectoryRecord]


class Front:
    """One unit at work.

    Attributes:
        unit, account, tally: what it is, its books, its statistics.
        seconds: time spent computing it in this run.
    """

    def __init__(self, unit: Unit, tally: Tally, assemble: Assemble) -> None:
        """Begin with everything pending."""
        self.unit = unit
        self.account = Account(unit)
        self.tally = tally
        self.seconds = 0.0
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

    @property
    def likely(self) -> int:
        """Trajectories below this number will probably be needed, judging by the latest verdict.

        Work grows in proportion to the share of the way, so ``trajectories`` / ``fraction`` will do; whole
        batches of that, because a guess too high is wasted work.
        """
        verdict = self.account.verdict
        if self.account.decided or verdict is None or not 0 < verdict.progress.fraction < 1:
            return self.certain
        guess = min(verdict.trajectories / verdict.progress.fraction, float(self.unit.max_trajectories))
        return max(self.certain, int(guess) // self.unit.batch * self.unit.batch)

    @property
    def unfinished(self) -> int:
        """Trajectories that will probably be needed and have not ended, running ones included."""
        return max(0, self.likely - self.account.finished - self.account.ended_ahead)

    def available(self, limit: int) -> int:
        """How many slices could be handed out now, of trajectories below ``limit``."""
        limit = min(limit, self.unit.max_trajectories) if not self.account.decided else 0
        begun = sum(piece[0] < limit for piece in self._ready)
        return begun + max(0, limit - self._next_new)

    def next_pieces(self, limit: int, most: int) -> tuple[Piece, ...]:
        """Up to ``most`` slices to hand out, of trajectories below ``limit``: begun ones first, in turn."""
        limit = min(limit, self.unit.max_trajectories) if not self.account.decided else 0
        pieces: list[Piece] = []
        for _ in range(len(self._ready)):
            if len(pieces) == most:
                break
            if self._ready[0][0] < limit:
                pieces.append(self._ready.popleft())
            else:
                self._ready.rotate(-1)
        while len(pieces) < most and self._next_new < limit:
            pieces.append((self._next_new, 0, None))
            self._next_new += 1
        return tuple(pieces)

    def accept(
        self, slices: Sequence[tuple[int, int, SliceRecord]], seconds: float
    ) -> tuple[int, list[Verdict]]:
        """Enter the slices of a task that came back.

        Returns:
            How many of them, counted from the first, are to be stored, and the verdicts they led to.
        """
        self.seconds += seconds
        given: list[Verdict] = []
        on: list[Piece] = []
        stored = 0
        for trajectory, number, record in slices:
            if self.account.decided:
                break
            given += self._enter(trajectory, number, record, None)
            stored += 1
            if record.state is EndState.RUNNING:
                on.append((trajectory, number + 1, record.snapshot))
        if not self.account.decided:
            self._ready.extendleft(reversed(on))
        return stored, given

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
            if known is None or verdict.trajectories > known.trajectories:  # else it is stored, or a later one is
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
