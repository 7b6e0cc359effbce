"""Residences in the wells, read from the switch events of trajectories.

A residence in well w lasts from the entry into the core of w to the entry into the next core (milestoning:
the transit is part of it). The last one of a trajectory is cut off at its end. The first one began before
anybody looked: it counts from the first label, or from the end of the burn-in, which an exponential law does
not notice (left truncation); ``entered`` is False for it, so that tests of the law can leave it out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from wellhop.analysis.estimate import RateEstimate
from wellhop.analysis.rates import rate_from_counts, sum_of_rates
from wellhop.engine.errors import StatisticsError
from wellhop.engine.records import TrajectoryRecord

_ROW = np.dtype(
    [
        ("duration", "<f8"),
        ("transit", "<f8"),
        ("trajectory", "<i8"),
        ("well", "<i8"),
        ("target", "<i8"),
        ("switched", "?"),
        ("entered", "?"),
    ]
)


@dataclass(frozen=True)
class Residences:
    """Residences of many trajectories under one core definition.

    Attributes:
        rows: (n,) structured, one residence each; read it through the properties.
        unlabelled: number of trajectories that never were in any core.
    """

    rows: np.ndarray
    unlabelled: int = 0

    @property
    def durations(self) -> npt.NDArray[np.float64]:
        """(n,) residence times, > 0."""
        return self.rows["duration"]

    @property
    def switched(self) -> npt.NDArray[np.bool_]:
        """(n,) False where the trajectory ended first."""
        return self.rows["switched"]

    @property
    def well(self) -> npt.NDArray[np.int64]:
        """(n,) the well."""
        return self.rows["well"]

    @property
    def target(self) -> npt.NDArray[np.int64]:
        """(n,) the well entered next; -1 where the trajectory ended first."""
        return self.rows["target"]

    @property
    def transit(self) -> npt.NDArray[np.float64]:
        """(n,) time from leaving the core for good to entering the next one; NaN where cut off."""
        return self.rows["transit"]

    @property
    def entered(self) -> npt.NDArray[np.bool_]:
        """(n,) the beginning was seen: a switch into the well, after the burn-in."""
        return self.rows["entered"]

    @property
    def trajectory(self) -> npt.NDArray[np.int64]:
        """(n,) index of the trajectory."""
        return self.rows["trajectory"]

    @property
    def n_switched(self) -> int:
        """Number of switches."""
        return int(np.count_nonzero(self.switched))

    @property
    def exposure(self) -> float:
        """Total residence time, cut-off residences included."""
        return float(self.durations.sum())

    def in_well(self, well: int) -> Residences:
        """Only the residences in this well."""
        return replace(self, rows=self.rows[self.well == well])

    def complete_starts(self) -> Residences:
        """Only residences whose beginning was seen: what survival curves and tests of the law should use."""
        return replace(self, rows=self.rows[self.entered])

    def escape_rate(self, level: float = 0.95, stop: str = "time") -> RateEstimate:
        """One-way rate out of these wells, all pooled: switches / residence time.

        Raises:
            StatisticsError: no residence time at all.
        """
        censored = int(self.switched.size - self.n_switched)
        return rate_from_counts(self.n_switched, self.exposure, censored, level, stop)

    def decay_rate(self, symmetric: bool, level: float = 0.95, stop: str = "time") -> RateEstimate:
        """Gamma of two wells: 2 n/T for symmetric ones (pooled), else k01 + k10 with independent errors.

        Raises:
            StatisticsError: no residence time (not symmetric: in one of the wells).
        """
        if symmetric:
            return self.escape_rate(level, stop).scaled(2.0, "decay_rate")
        return sum_of_rates([self.in_well(w).escape_rate(level, stop) for w in (0, 1)], level)


def residences(records: Sequence[TrajectoryRecord], core: int, burn_in: float = 0.0) -> Residences:
    """Residences under core definition ``core``; those that ended before ``burn_in`` are left out.

    Args:
        records: trajectories; all are used, so leave out failed ones first.
        core: index of the core definition. burn_in: time at the start of every trajectory to ignore, >= 0.

    Raises:
        StatisticsError: burn-in negative; events out of order, or one that does not leave the well entered
            before it.

    Source: C. Schuette and others, J. Chem. Phys. 134, 204105 (2011) (core-set milestoning).

    >>> from wellhop.engine.records import SWITCH_DTYPE, EndState
    >>> events = np.array([(0.0, 0.0, 0, -1, 0, 0), (30.0, 28.0, 0, 0, 1, 0)], dtype=SWITCH_DTYPE)
    >>> none = np.empty(0)
    >>> run = TrajectoryRecord(0, EndState.DONE, "", 50.0, 0, none.astype(int), 1, none, events, none, 0.0)
    >>> found = residences([run], core=0, burn_in=10.0)
    >>> found.durations.tolist(), found.switched.tolist(), found.well.tolist(), found.transit.tolist()
    ([20.0, 20.0], [True, False], [0, 1], [2.0, nan])
    """
    if not burn_in >= 0.0:
        raise StatisticsError(f"burn_in: got {burn_in!r}, allowed is a number >= 0")
    events = [r.switches for r in records]
    owner = np.repeat(np.arange(len(records)), [len(e) for e in events])
    if not any((e["core"] == core).any() for e in events if len(e)):
        return Residences(np.empty(0, dtype=_ROW), len(records))
    events = [e for e in events if len(e)]
    # field by field: concatenating structured arrays is slow
    mine = np.concatenate([e["core"] for e in events]) == core
    time, departure, origin, target = (
        np.concatenate([e[name] for e in events])[mine] for name in ("time", "departure", "origin", "target")
    )
    owner = owner[mine]
    last = np.append(owner[1:] != owner[:-1], True) if owner.size else np.zeros(0, dtype=np.bool_)
    elapsed = np.array([r.elapsed for r in records], dtype=np.float64)[owner]
    end, going = np.append(time[1:], np.nan), np.append(target[1:], -1)
    end[last], going[last] = elapsed[last], -1
    # of the last one of a trajectory the end is where it was cut off, so that only this asks for a later time
    wrong = (
        (end < time) & ~last
        | (time > elapsed * (1.0 + 1e-12))
        | ~last & (np.append(origin[1:], -1) != target)
    )
    if wrong.any():
        raise StatisticsError(
            f"records[{records[owner[np.flatnonzero(wrong)[0]]].index}].switches: events of core {core} are out of order, "
            "or one does not leave the well that was entered before it"
        )
    rows = np.empty(time.size, dtype=_ROW)
    rows["duration"] = end - np.maximum(time, burn_in)
    rows["transit"] = np.where(last, np.nan, end - np.append(departure[1:], np.nan))
    rows["trajectory"] = np.array([r.index for r in records], dtype=np.int64)[owner]
    rows["well"], rows["target"], rows["switched"] = target, going, ~last
    rows["entered"] = (origin >= 0) & (time >= burn_in)
    return Residences(rows[rows["duration"] > 0.0], len(records) - np.unique(owner).size)
