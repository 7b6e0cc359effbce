"""When a unit has enough trajectories.

The rule of a unit is judged only when a batch is complete, on all trajectories up to the end of that batch
and in the order of their numbers. So the number of trajectories in the results depends neither on how many
ranks there were nor on who finished first. Wall time and signals (``wellhop.jobs.interrupts``) only pause a
campaign.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from wellhop.engine.records import EndState, TrajectoryRecord
from wellhop.jobs.units import Unit, finite_or_none


@dataclass(frozen=True)
class Progress:
    """What is known of a unit so far.

    Attributes:
        value: the rate (NaN while unknown).  relative_error: its one-sigma relative error (infinite while
            unknown).
        switches: number seen.  exposure: simulated time.
        done: the stop rule is met.  fraction: share of the way to it, 0..1, for time estimates and priorities
            only.
        reason: which rule is met, for people.
        quantity: which rate ``value`` is, where there are several.
    """

    value: float = math.nan
    relative_error: float = math.inf
    switches: int = 0
    exposure: float = 0.0
    done: bool = False
    fraction: float = 0.0
    reason: str = ""
    quantity: str = ""


class Tally(Protocol):
    """Collects the trajectories of one unit; each is handed over only once, so memory can stay small."""

    def add(self, record: TrajectoryRecord) -> None:
        """The next trajectory, in the order of numbers; failed ones come too, without information."""

    def progress(self) -> Progress:
        """The state after all trajectories added so far; called at the end of a batch."""


class RecordsTally:
    """A tally that keeps all records and judges them anew each time, for a stop rule written as one function.

    Args:
        judge: (records) -> Progress.
        columns: the judge looks at the first so many columns of the samples and at no clicks; the rest is not
            kept, because it would fill the memory. None keeps everything.
    """

    def __init__(
        self, judge: Callable[[Sequence[TrajectoryRecord]], Progress], columns: int | None = None
    ) -> None:
        """Begin without records."""
        self._judge, self._columns = judge, columns
        self._records: list[TrajectoryRecord] = []

    def add(self, record: TrajectoryRecord) -> None:
        """Keep the record unless the trajectory failed."""
        if record.state is EndState.FAILED:
            return
        if self._columns is not None:
            seen = record.samples[:, : self._columns].copy()
            record = replace(record, samples=seen, clicks=record.clicks[:0].copy())
        self._records.append(record)

    def progress(self) -> Progress:
        """Judge all records so far."""
        return self._judge(self._records)


def apply_rule(
    rule: str,
    target: float,
    *,
    value: float,
    relative_error: float,
    switches: int,
    exposure: float,
    trajectories: int,
    quantity: str = "",
) -> Progress:
    """Hold estimates against one of the rules ``relative_error``, ``switches``, ``time``, ``trajectories``.

    The share of the way follows from how each quantity grows with the work done: an error falls as its
    inverse square root, counts grow linearly.

    >>> seen = dict(value=1e-3, relative_error=0.08, switches=150, exposure=1e5, trajectories=16)
    >>> p = apply_rule("relative_error", 0.04, **seen); p.done, p.fraction
    (False, 0.25)
    >>> apply_rule("switches", 100, **seen).reason
    '150 switches >= 100'
    """
    if rule == "relative_error":
        known = math.isfinite(relative_error) and relative_error > 0
        done = known and relative_error <= target
        fraction = (target / relative_error) ** 2 if known else 0.0
        reason = f"relative error {relative_error:.3g} <= {target:g}"
    elif rule in ("switches", "time", "trajectories"):
        amount = {"switches": switches, "time": exposure, "trajectories": trajectories}[rule]
        done, fraction = amount >= target, amount / target
        reason = f"{amount:g} {'simulated time' if rule == 'time' else rule} >= {target:g}"
    else:
        raise ValueError(f"no such stop rule: {rule!r}")
    return Progress(
        value, relative_error, switches, exposure, done, min(fraction, 1.0), reason if done else "", quantity
    )


@dataclass(frozen=True)
class Verdict:
    """The judgement of one unit after ``trajectories`` complete trajectories; stored in the segments.

    ``done`` ends the unit: trajectories 0 .. ``trajectories`` - 1 are its results, nothing else is.
    """

    point: int
    arm: int
    trajectories: int
    failed: int
    censored: int
    done: bool
    reason: str
    progress: Progress

    def to_json(self) -> dict[str, Any]:
        """As stored in files."""
        return {
            "point": self.point,
            "arm": self.arm,
            "trajectories": self.trajectories,
            "failed": self.failed,
            "censored": self.censored,
            "done": self.done,
            "reason": self.reason,
            "value": finite_or_none(self.progress.value),
            "relative_error": finite_or_none(self.progress.relative_error),
            "switches": int(self.progress.switches),
            "exposure": finite_or_none(self.progress.exposure),
            "fraction": finite_or_none(self.progress.fraction),
            "quantity": self.progress.quantity,
        }

    @classmethod
    def from_json(cls, content: object) -> Verdict:
        """Read back; raises ``ValueError`` on anything malformed."""
        counts = ("point", "arm", "trajectories", "failed", "censored", "switches")
        if not isinstance(content, dict) or not all(
            type(content.get(n)) is int and content[n] >= 0 for n in counts
        ):
            raise ValueError("malformed verdict")
        done, reason, quantity = content.get("done"), content.get("reason"), content.get("quantity", "")
        if not isinstance(done, bool) or not isinstance(reason, str) or not isinstance(quantity, str):
            raise ValueError("malformed verdict")
        progress = Progress(
            value=_number(content.get("value"), math.nan),
            relative_error=_number(content.get("relative_error"), math.inf),
            switches=content["switches"],
            exposure=_number(content.get("exposure"), math.nan),
            done=done,
            fraction=_number(content.get("fraction"), 0.0),
            reason=reason,
            quantity=quantity,
        )
        point, arm, trajectories, failed, censored = (content[name] for name in counts[:5])
        return cls(point, arm, trajectories, failed, censored, done, reason, progress)


def _number(content: object, otherwise: float) -> float:
    if content is None:
        return otherwise
    if isinstance(content, bool) or not isinstance(content, int | float):
        raise ValueError("malformed verdict")
    return float(content)


def give_verdict(unit: Unit, trajectories: int, failed: int, censored: int, progress: Progress) -> Verdict:
    """Judge a unit at the end of a batch.

    Besides its own rule a unit ends at ``max_trajectories``, and when at least half of its trajectories
    failed: then something is wrong with the problem and more of the same is wasted time.
    """
    done, reason = progress.done, progress.reason
    if not done and 2 * failed >= trajectories:
        done, reason = True, f"gave up: {failed} of {trajectories} trajectories failed"
    elif not done and trajectories >= unit.max_trajectories:
        done, reason = True, f"reached max_trajectories = {unit.max_trajectories}"
    return Verdict(unit.point, unit.arm, trajectories, failed, censored, done, reason, progress)
