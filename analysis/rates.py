"""Escape rates from residence times, some of them cut off by the end of the run.

Which formula belongs to which stop rule (n switches, total residence time T of *all* runs, a = 1 - level)::

    stop = "time"      T fixed beforehand, n random     [chi2_{a/2}(2n), chi2_{1-a/2}(2n+2)] / 2T
    stop = "switches"  n fixed beforehand, T random     [chi2_{a/2}(2n), chi2_{1-a/2}(2n)]   / 2T

A campaign that stops at the end of the *first batch* in which the total of switches reaches a target lies
between the two: use ``stop="time"``. Its interval contains the other one; its coverage at nominal 95 %,
computed exactly (a Markov chain of Poisson counts, ``tests/statistics/test_rates.py``) on a grid of targets
of 1 to 400 switches and batches of 0.01 to 3 targets, is 94.2 % to 99.2 %, where ``stop="switches"`` falls
to 92.6 %. The same holds for a batch-wise stop on the relative error of counted switches, which is 1/sqrt(n).
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import stats

from wellhop.analysis.estimate import RateEstimate, check_level
from wellhop.engine.errors import StatisticsError

STOP_RULES = ("time", "switches")


class Durations(NamedTuple):
    """Checked residence times: times (n,) float64 > 0, switched (n,) bool."""

    times: npt.NDArray[np.float64]
    switched: npt.NDArray[np.bool_]


def checked_durations(residence_times: npt.ArrayLike, switched: npt.ArrayLike | None) -> Durations:
    """Validate residence times and flags; the message names the first bad index.

    Args:
        residence_times: (n,) finite, > 0, in one unit of time. switched: (n,) bool, ``None`` = all
        switched.

    Raises:
        StatisticsError: wrong shape, empty, not a number, not finite, or not positive.

    >>> checked_durations([1.0, -2.0], None)
    Traceback (most recent call last):
    ...
    wellhop.engine.errors.StatisticsError: residence_times[1]: got -2.0, allowed is a finite number > 0
    """
    try:
        times = np.asarray(residence_times, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise StatisticsError(f"residence_times: not an array of numbers ({error})") from None
    if times.ndim != 1 or times.size == 0:
        raise StatisticsError(f"residence_times: got shape {times.shape}, allowed is (n,) with n >= 1")
    flags = np.ones(times.size, dtype=np.bool_) if switched is None else np.asarray(switched)
    if flags.shape != times.shape:
        raise StatisticsError(
            f"switched: got shape {flags.shape}, allowed is that of residence_times, {times.shape}"
        )
    if flags.dtype != np.bool_:
        if not np.all(np.isin(flags, (0, 1))):
            raise StatisticsError("switched: allowed are True/False (or 1/0), one for each residence time")
        flags = flags.astype(np.bool_)
    bad = np.flatnonzero(~(np.isfinite(times) & (times > 0.0)))
    if bad.size:
        raise StatisticsError(
            f"residence_times[{bad[0]}]: got {float(times[bad[0]])!r}, allowed is a finite number > 0"
        )
    return Durations(times, flags)


def poisson_limits(n: float, level: float, stop: str = "time") -> tuple[float, float]:
    """Limits of the mean of a Poisson count ``n``, or of k T when ``n`` was fixed and T random.

    ``n`` may be fractional (an effective number of events). For n = 0: (0, -ln(1 - level)), one-sided.
    Source: F. Garwood, Biometrika 28, 437 (1936); D. R. Cox and D. Oakes, Analysis of Survival Data
    (1984), section 3.2.

    >>> [round(x, 3) for x in poisson_limits(10, 0.95)]
    [4.795, 18.39]
    >>> [round(x, 3) for x in poisson_limits(10, 0.95, stop="switches")]
    [4.795, 17.085]
    >>> [round(x, 3) for x in poisson_limits(0, 0.95)]
    [0.0, 2.996]
    """
    if stop not in STOP_RULES:
        raise StatisticsError(f"stop: got {stop!r}, allowed is one of {', '.join(STOP_RULES)}")
    tail = (1.0 - check_level(level)) / 2.0
    if n <= 0.0:
        return 0.0, -math.log(1.0 - level)
    dof = 2.0 * n + (2.0 if stop == "time" else 0.0)
    return float(stats.chi2.ppf(tail, 2.0 * n)) / 2.0, float(stats.chi2.ppf(1.0 - tail, dof)) / 2.0


def rate_from_counts(
    n_switched: int, exposure: float, n_censored: int = 0, level: float = 0.95, stop: str = "time"
) -> RateEstimate:
    """Escape rate n/T with its exact interval, from the two sufficient statistics.

    Args:
        n_switched: switches seen. exposure: total residence time, > 0. n_censored: residences cut off.
        level: confidence. stop: ``"time"`` or ``"switches"``, see the head of this file.

    Raises:
        StatisticsError: exposure not positive, or an unknown stop rule.

    >>> rate_from_counts(100, 5.0e4).relative_error
    0.1
    """
    if not (math.isfinite(exposure) and exposure > 0.0):
        raise StatisticsError(f"exposure: got {exposure!r}, allowed is a finite number > 0")
    low, high = poisson_limits(n_switched, level, stop)
    warnings = () if n_switched else ("no_switch: no switch was seen; the upper limit is one-sided",)
    return RateEstimate(
        quantity="escape_rate",
        method=f"switches / residence time, limits for stop='{stop}'",
        value=n_switched / exposure,
        lower=low / exposure,
        upper=high / exposure,
        relative_error=1.0 / math.sqrt(n_switched) if n_switched else math.inf,
        level=level,
        counts={
            "n_switched": n_switched,
            "n_censored": n_censored,
            "exposure": exposure,
        },
        warnings=warnings,
        scale=1.0,
    )


def exponential_rate(
    residence_times: npt.ArrayLike,
    switched: npt.ArrayLike | None = None,
    level: float = 0.95,
    stop: str = "time",
) -> RateEstimate:
    """Escape rate k from residence times of which some were cut off by the end of the run.

    With n switches and total residence time T of *all* runs, cut-off ones included, the maximum-likelihood
    estimate is k = n / T; its limits come from chi-square quantiles and depend on the stop rule (head of
    this file). Runs are combined by adding n and T, never by averaging rates. *Left truncation* (dropping
    an initial transient t0): an exponential has no memory, so hand in ``t - t0`` for the residences that
    outlived t0 and leave out the others.

    Args:
        residence_times: (n_residences,) finite, > 0, in one unit of time.
        switched: (n_residences,) bool, False where the run ended first; ``None`` means that all ended with
        a switch. level: confidence in (0, 1). stop: ``"time"`` (batch-wise stops too) or ``"switches"``.

    Returns:
        ``RateEstimate`` of the ``escape_rate``. Without any switch the value is 0 and ``upper`` the
        one-sided limit -ln(1 - level) / T (3.0 / T at 95 %).

    Raises:
        StatisticsError: naming the argument and the first bad index.

    Source: D. R. Cox and D. Oakes, Analysis of Survival Data (Chapman and Hall, 1984), sections 3.2 and
    3.3.
    See also: :func:`wellhop.analysis.survival.kaplan_meier` when the law may not be exponential.

    >>> rate = exponential_rate([120.0, 300.0, 80.0], [True, True, False])
    >>> rate.value, rate.counts["n_switched"], rate.counts["n_censored"]
    (0.004, 2, 1)
    >>> print(exponential_rate([50.0, 50.0], [False, False]))
    escape_rate < 2.9957e-02 (one-sided 95 % limit: no switch was seen)
      switches / residence time, limits for stop='time': n_switched=0, n_censored=2, exposure=100
      ! no_switch: no switch was seen; the upper limit is one-sided
    """
    times, flags = checked_durations(residence_times, switched)
    n = int(np.count_nonzero(flags))
    return rate_from_counts(n, float(times.sum()), int(times.size - n), level, stop)


def sum_of_rates(rates: list[RateEstimate], level: float = 0.95) -> RateEstimate:
    """Gamma = sum of directed escape rates k_w = n_w / T_w, with the interval of a weighted Poisson sum.

    With weights w_i = 1/T_i, y = sum n_i w_i and v = sum n_i w_i^2 the limits are::

        lower = v/(2y) chi2_{a/2}(2 y^2/v)
        upper = (v+w^2)/(2(y+w)) chi2_{1-a/2}(2 (y+w)^2/(v+w^2)),     w = max w_i

    exact for equal T_i, conservative otherwise.
    Source: M. P. Fay and E. J. Feuer, Statistics in Medicine 16, 791 (1997), eqs. for the gamma interval.

    Raises:
        StatisticsError: an estimate without counts.

    >>> both = sum_of_rates([rate_from_counts(50, 1e3), rate_from_counts(50, 1e3)])
    >>> round(both.value, 12), round(both.relative_error, 12)
    (0.1, 0.1)
    """
    if not rates or any(r.scale is None for r in rates):
        raise StatisticsError("rates: each must be a plain ratio of switches and residence time")
    tail = (1.0 - check_level(level)) / 2.0
    n = np.array([r.counts["n_switched"] for r in rates], dtype=np.float64)
    weight = np.array([(r.scale or 1.0) / r.counts["exposure"] for r in rates], dtype=np.float64)
    y, v, w = float(n @ weight), float(n @ weight**2), float(weight.max())
    counts: dict[str, float | int] = {
        "n_switched": int(n.sum()),
        "n_censored": int(sum(r.counts["n_censored"] for r in rates)),
        "exposure": float(sum(r.counts["exposure"] for r in rates)),
    }
    method = "sum of directed switches / residence time, gamma limits"
    if y == 0.0:
        upper = -math.log(1.0 - level) * w
        note = "no_switch: no switch was seen; the upper limit is one-sided"
        return RateEstimate("decay_rate", method, 0.0, 0.0, upper, math.inf, level, counts, (note,))
    lower = v / (2.0 * y) * float(stats.chi2.ppf(tail, 2.0 * y * y / v))
    up_y, up_v = y + w, v + w * w
    upper = up_v / (2.0 * up_y) * float(stats.chi2.ppf(1.0 - tail, 2.0 * up_y * up_y / up_v))
    return RateEstimate("decay_rate", method, y, lower, upper, math.sqrt(v) / y, level, counts)
