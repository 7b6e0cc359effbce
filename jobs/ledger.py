"""Who is pending, running, done, censored or failed; and whether it adds up.

Every slice is entered once. A trajectory's slices come in order without gaps, exactly one of them is final,
and it is the last. :class:`Account` follows one unit while it runs; :func:`audit` checks the same rules on
what is stored. The memory of an account does not grow with the number of finished trajectories, because they
are kept as one number: all below ``finished`` have ended.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from wellhop.engine.records import EndState
from wellhop.jobs.stopping import Verdict
from wellhop.jobs.units import Key, Unit


class LedgerError(AssertionError):
    """A slice was entered twice or out of order: a bug, never the user's fault."""


class Account:
    """The books of one unit.

    Attributes:
        finished: trajectories 0 .. finished-1 have ended and are counted in ``ended``.
        ended: number of finished trajectories by end state.
        slices: trajectory -> number of slices entered, for those that have begun and not ended.
        verdict: the latest one, or None.
    """

    def __init__(self, unit: Unit) -> None:
        """Begin with everything pending."""
        self.unit = unit
        self.finished = 0
        self.ended = dict.fromkeys((EndState.DONE, EndState.CENSORED, EndState.FAILED), 0)
        self.slices: dict[int, int] = {}
        self.verdict: Verdict | None = None
        self._ahead: dict[int, EndState] = {}

    @property
    def decided(self) -> bool:
        """Whether the unit is complete."""
        return self.verdict is not None and self.verdict.done

    @property
    def ended_ahead(self) -> int:
        """Trajectories that have ended and wait for one before them."""
        return len(self._ahead)

    def enter(self, trajectory: int, number: int, state: EndState) -> None:
        """Enter one slice.

        Raises:
            LedgerError: the trajectory has ended already or the slice is not the next one.
        """
        if trajectory < self.finished or trajectory in self._ahead:
            raise LedgerError(
                f"{self.unit.label}: trajectory {trajectory} ended already, slice {number} comes on top"
            )
        expected = self.slices.get(trajectory, 0)
        if number != expected:
            raise LedgerError(
                f"{self.unit.label}: trajectory {trajectory}: slice {number} came, {expected} is next"
            )
        if state is EndState.RUNNING:
            self.slices[trajectory] = number + 1
        else:
            self.slices.pop(trajectory, None)
            self._ahead[trajectory] = state

    def settle(self, limit: int) -> range:
        """Move ``finished`` over trajectories that have ended, up to ``limit``; returns those passed."""
        begin = self.finished
        while self.finished < limit and self.finished in self._ahead:
            self.ended[self._ahead.pop(self.finished)] += 1
            self.finished += 1
        return range(begin, self.finished)

    def judge(self, verdict: Verdict) -> None:
        """Note a verdict; one that ends the unit drops the books on surplus trajectories."""
        if verdict.trajectories != self.finished:
            raise LedgerError(
                f"{self.unit.label}: judged at {verdict.trajectories}, complete are {self.finished}"
            )
        self.verdict = verdict
        if verdict.done:
            self.slices.clear()
            self._ahead.clear()

    def restore(self, verdict: Verdict) -> None:
        """Take over a stored verdict that ended the unit, without its trajectories."""
        self.verdict = verdict
        self.finished = verdict.trajectories
        self.ended[EndState.FAILED] = verdict.failed
        self.ended[EndState.CENSORED] = verdict.censored
        self.ended[EndState.DONE] = verdict.trajectories - verdict.failed - verdict.censored


def audit(
    rows: npt.NDArray[np.int64], units: Iterable[Unit], verdicts: dict[Key, Verdict], where: list[str]
) -> list[str]:
    """Check stored slices against the rules of the ledger.

    Args:
        rows: (n, >= 6) int64: point, arm, trajectory, number, state, index
            into ``where``; sorted by the first four.
        units: all units of the campaign.
        verdicts: the latest verdict of each unit.
        where: names of the segments, for messages.

    Returns:
        One line per problem; empty when everything adds up.
    """
    known = {unit.key: unit for unit in units}
    problems = [
        f"verdict on a unit {key} that the campaign does not have" for key in verdicts if key not in known
    ]
    problems += _audit_order(rows, where)
    for key, begin, stop in unit_ranges(rows):
        if key not in known:
            problems.append(
                f"{where[rows[begin, 5]]}: holds results of a unit {key} that the campaign does not have"
            )
        elif int(rows[stop - 1, 2]) >= known[key].max_trajectories:
            problems.append(
                f"{where[rows[stop - 1, 5]]}: {known[key].label}: trajectory {rows[stop - 1, 2]} is too many"
            )
    final = rows[rows[:, 4] != EndState.RUNNING]
    ranges = {key: (begin, stop) for key, begin, stop in unit_ranges(final)}
    for key, verdict in verdicts.items():
        begin, stop = ranges.get(key, (0, 0))
        mine = final[begin:stop]
        mine = mine[mine[:, 2] < verdict.trajectories]
        missing = np.setdiff1d(np.arange(verdict.trajectories), mine[:, 2])
        label = known[key].label if key in known else str(key)
        if len(missing):
            problems.append(f"{label}: {len(missing)} trajectories are lost, the first is {missing[0]}")
        for state, counted in ((EndState.FAILED, verdict.failed), (EndState.CENSORED, verdict.censored)):
            stored = int(np.count_nonzero(mine[:, 4] == state))
            if stored != counted:
                problems.append(
                    f"{label}: {stored} trajectories are {state.name.lower()}, the verdict counts {counted}"
                )
    return problems


def _audit_order(rows: npt.NDArray[np.int64], where: list[str]) -> list[str]:
    """Slices of a trajectory: 0, 1, 2, ... each once, nothing after the final one."""
    if not len(rows):
        return []
    same = (rows[1:, :3] == rows[:-1, :3]).all(axis=1)
    expected = np.where(same, rows[:-1, 3] + 1, 0)
    wrong = np.flatnonzero(rows[1:, 3] != expected) + 1
    late = np.flatnonzero(same & (rows[:-1, 4] != EndState.RUNNING)) + 1
    problems = []
    if rows[0, 3] != 0:
        wrong = np.concatenate([[0], wrong])
    for place, what in (
        (wrong, "is stored twice or the one before is lost"),
        (late, "follows the final one"),
    ):
        for row in rows[place[:10]]:
            point, arm, trajectory, number = (int(n) for n in row[:4])
            address = f"point {point} arm {arm} trajectory {trajectory}: slice {number}"
            problems.append(f"{where[row[5]]}: {address} {what}")
        if len(place) > 10:
            problems.append(f"and {len(place) - 10} more slices of which each {what}")
    return problems


def unit_ranges(rows: npt.NDArray[np.int64]) -> list[tuple[Key, int, int]]:
    """Where each unit begins and ends in rows sorted by point and arm."""
    if not len(rows):
        return []
    cuts = np.flatnonzero((rows[1:, :2] != rows[:-1, :2]).any(axis=1)) + 1
    begins, stops = [0, *cuts.tolist()], [*cuts.tolist(), len(rows)]
    return [((int(rows[b, 0]), int(rows[b, 1])), b, s) for b, s in zip(begins, stops, strict=True)]
