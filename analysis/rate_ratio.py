"""Whether one measured rate is larger than another: their ratio with its interval and its significance."""

from __future__ import annotations

import math
from dataclasses import dataclass

from scipy import stats

from wellhop.analysis.estimate import RateEstimate, check_level, log_limits
from wellhop.engine.errors import StatisticsError


@dataclass(frozen=True)
class RateRatio:
    """A ratio of two independent rates.

    Attributes:
        value: first/second. lower, upper: limits at ``level``. relative_error: one standard deviation of ln(value).
        dof: degrees of freedom of that error, ``inf`` if it is known. pull: ln(value)/error.
        p_value: one-sided, chance of a pull this large or larger if the first rate is not the larger one.
    """

    value: float
    lower: float
    upper: float
    relative_error: float
    dof: float
    pull: float
    p_value: float
    level: float

    def __str__(self) -> str:
        return (
            f"ratio {self.value:.4g} [{self.lower:.4g}, {self.upper:.4g}] at {100 * self.level:g} %, "
            f"{self.pull:+.1f} sigma from 1, p = {self.p_value:.2g}"
        )


def rate_ratio(first: RateEstimate, second: RateEstimate, level: float = 0.95) -> RateRatio:
    """ln(first/second) with var = σ_1² + σ_2² and the degrees of freedom of Welch and Satterthwaite.

    Args:
        first, second: independent estimates of rates > 0. level: confidence of the interval.

    Raises:
        StatisticsError: a rate or an error is not finite and > 0.

    Source: B. L. Welch, Biometrika 34, 28 (1947), applied to the logarithms.

    >>> def rate(value):
    ...     return RateEstimate("decay_rate", "demo", value, 0.9 * value, 1.1 * value, 0.01, 0.95, {"dof": 900})
    >>> print(rate_ratio(rate(1.06), rate(1.0)))
    ratio 1.06 [1.031, 1.09] at 95 %, +4.1 sigma from 1, p = 2e-05
    """
    check_level(level)
    for name, rate in (("first", first), ("second", second)):
        if not (0.0 < rate.value < math.inf and 0.0 < rate.relative_error < math.inf):
            raise StatisticsError(
                f"{name}: got {rate.value!r} +- {rate.relative_error!r}, allowed is a rate > 0 with an error"
            )
    variances = [rate.relative_error**2 for rate in (first, second)]
    spread = sum(
        v * v / float(rate.counts.get("dof", math.inf))
        for v, rate in zip(variances, (first, second), strict=True)
    )
    dof = sum(variances) ** 2 / spread if spread > 0.0 else math.inf
    error = math.sqrt(sum(variances))
    value = first.value / second.value
    pull = math.log(value) / error
    p = float(stats.t.sf(pull, dof) if math.isfinite(dof) else stats.norm.sf(pull))
    return RateRatio(value, *log_limits(value, error, level, dof), error, dof, pull, p, level)
