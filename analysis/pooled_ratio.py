"""A decay rate from the ratio of two pooled sums, with its error from the scatter over units.

Shared by the autocorrelation and the ensemble decay: choice of the lags, ratio, delete-one jackknife.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from wellhop.analysis.estimate import RateEstimate, check_level, log_limits
from wellhop.engine.errors import StatisticsError, TooFewSwitchesError

FloatArray = npt.NDArray[np.float64]
#: (n_trajectories, n_samples), or one array per trajectory.
Samples = FloatArray | Sequence[FloatArray]
#: Sums of moments (..., q) -> the near and the far pooled sum, whose ratio is exp(-Gamma D).
PooledSums = Callable[[FloatArray], tuple[FloatArray, FloatArray]]
#: Gamma D aimed at: see the head of ``correlation.py``.
TARGET = 0.3


@dataclass(frozen=True)
class Lags:
    """Start of the decay t0 and its length D, in sampling intervals."""

    first: int
    step: int


@dataclass(frozen=True)
class Records:
    """Checked sample series of one observable.

    Attributes:
        series: one float64 array per trajectory. interval: sampling interval.
    """

    series: list[FloatArray]
    interval: float

    @property
    def longest(self) -> int:
        """Samples in the longest trajectory."""
        return max(x.size for x in self.series)

    @property
    def total_time(self) -> float:
        """Simulated time of all trajectories together."""
        return self.interval * sum(x.size for x in self.series)

    def lags(self, start: float, rate: float) -> Lags:
        """Smallest t0 >= ``start`` on the grid and D nearest to 0.3 / ``rate``, at most half of what is left.

        Raises:
            StatisticsError: no trajectory is long enough.
        """
        first = max(0, math.ceil(start / self.interval - 1e-9))
        most = (self.longest - first) // 2
        if most < 1:
            raise StatisticsError(
                f"samples: {self.longest} samples of interval {self.interval:g} are too few for a decay "
                f"that starts at {first * self.interval:g}; record at least {(first + 2) * self.interval:g}"
            )
        aim = TARGET / (rate * self.interval)
        return Lags(first, most if aim >= most else max(1, round(aim)))


def positive(name: str, value: float) -> float:
    """The value as float, or :class:`StatisticsError` if it is not finite and > 0."""
    if not (math.isfinite(value) and value > 0.0):
        raise StatisticsError(f"{name}: got {value!r}, allowed is a finite number > 0")
    return float(value)


def checked_records(samples: Samples, interval: float) -> Records:
    """One float64 array per trajectory, all finite.

    >>> checked_records([np.array([1.0, np.nan])], 0.1)
    Traceback (most recent call last):
    ...
    wellhop.engine.errors.StatisticsError: samples[0]: holds a value that is not finite
    """
    positive("interval", interval)
    series = [np.asarray(x, dtype=np.float64) for x in samples]
    if not series:
        raise StatisticsError("samples: got no trajectory")
    for j, x in enumerate(series):
        if x.ndim != 1:
            raise StatisticsError(f"samples[{j}]: got shape {x.shape}, allowed is (n_samples,)")
        if not np.isfinite(x).all():
            raise StatisticsError(f"samples[{j}]: holds a value that is not finite")
    return Records(series, float(interval))


def pooled_rate(near: FloatArray, far: FloatArray, step: float) -> float:
    """-ln(far / near) / step, or 0 where that is not a positive finite number."""
    return -math.log(float(far / near)) / step if 0.0 < far < near else 0.0


def first_guess(rate_at: Callable[[Lags], float], records: Records, first: int) -> float:
    """Order of magnitude of Gamma: the first doubling of D over which the correlation falls by exp(-0.3).

    It only chooses D and the weights of the real estimate, whose expectation depends on neither.
    """
    step, most, rate = 1, max(1, (records.longest - first) // 2), 0.0
    while step <= most:
        rate = rate_at(Lags(first, step))
        if rate * step * records.interval >= TARGET:
            return rate
        step *= 2
    return rate if rate > 0.0 else TARGET / (most * records.interval)


def ratio_estimate(
    moments: FloatArray, sums: PooledSums, lags: Lags, records: Records, level: float, method: str
) -> RateEstimate:
    """Gamma = -ln(far/near)/D of the pooled sums, with delete-one jackknife of ln Gamma over the units.

    Args:
        moments: (n_units, q) sums of each unit. sums: turns added-up moments into (near, far).
        lags: D, and t0 for the message. level: confidence in (0, 1). method: name of the estimator.

    Raises:
        StatisticsError: fewer than two units, or ``near`` is not distinguishable from zero.
        TooFewSwitchesError: no decay resolved.

    Source: B. Efron, The Jackknife, the Bootstrap and Other Resampling Plans (SIAM, 1982), chapters 2 and 3.
    """
    check_level(level)
    n, start, step = len(moments), lags.first * records.interval, lags.step * records.interval
    if n < 2:
        raise StatisticsError("samples: an error needs two units; record more or longer trajectories")
    total = moments.sum(axis=0)
    near, far = sums(total)
    near_left, far_left = sums(total - moments)
    if not float(near) > 3.0 * math.sqrt((n - 1) * float(np.var(near_left))) + 1e-300:
        raise StatisticsError(
            f"samples: the {method} of the order parameter at time {start:g} is not distinguishable from "
            "zero: this unravelling does not show which well it is in, or there are too few trajectories"
        )
    ratios = np.concatenate([[far / near], far_left / near_left])
    if not np.all((ratios > 0.0) & (ratios < 1.0)):
        limit = -2.0 * math.log(1.0 - level) / records.total_time
        raise TooFewSwitchesError(
            f"samples: the {method} resolves no decay in a total time of {records.total_time:g}; if no "
            f"switch was seen, decay_rate < {limit:.3g} at confidence {level:g} (equal wells); record longer"
        )
    logs = np.log(-np.log(ratios) / step)
    value = math.exp(n * logs[0] - (n - 1) * float(logs[1:].mean()))
    relative = math.sqrt((n - 1) * float(np.var(logs[1:])))
    lower, upper = log_limits(value, relative, level, n - 1)
    few = ("few_switches: relative error above 30 %, the interval is indicative only",)
    counts: dict[str, float | int] = {
        "n_trajectories": len(records.series),
        "dof": n - 1,
        "total_time": records.total_time,
        "lag_start": start,
        "lag_step": step,
    }
    return RateEstimate(
        "decay_rate", method, value, lower, upper, relative, level, counts, few if relative > 0.3 else ()
    )
