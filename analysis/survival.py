"""Is the law of the residence times exponential? Survival curve and tests that honour cut-off residences."""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import stats

from wellhop.analysis.estimate import check_level
from wellhop.analysis.rates import checked_durations
from wellhop.engine.errors import StatisticsError

#: Monte Carlo null of the Kolmogorov-Smirnov distance: number of samples, and the largest simulated sample
#: size.
_NULL_SAMPLES, _NULL_SIZE, _NULL_SEED = 5000, 400, 20260


@dataclass(frozen=True)
class SurvivalCurve:
    """Kaplan-Meier estimate of S(t) = P(residence time > t), a step function that jumps at ``times``.

    Attributes:
        times: (m,) distinct times at which a switch was seen, ascending.
        survival: (m,) S just after each of them.  lower, upper: (m,) pointwise band.
        at_risk: (m,) residences still running just before.  switched: (m,) how many ended there.
        level: confidence of the band.  n_switched, n_censored: totals.  longest: longest residence, cut
        off or not.
    """

    times: npt.NDArray[np.float64]
    survival: npt.NDArray[np.float64]
    lower: npt.NDArray[np.float64]
    upper: npt.NDArray[np.float64]
    at_risk: npt.NDArray[np.int64]
    switched: npt.NDArray[np.int64]
    level: float
    n_switched: int
    n_censored: int
    longest: float

    def median(self) -> float:
        """First time at which S <= 1/2; ``inf`` if the curve never gets there."""
        below = np.flatnonzero(self.survival <= 0.5)
        return float(self.times[below[0]]) if below.size else math.inf

    def __str__(self) -> str:
        return (
            f"survival curve: {self.n_switched} switched, {self.n_censored} cut off, "
            f"median {self.median():.4g}, longest {self.longest:.4g}"
        )


def kaplan_meier(
    residence_times: npt.ArrayLike, switched: npt.ArrayLike | None = None, level: float = 0.95
) -> SurvivalCurve:
    """Survival curve with Greenwood's error and a log-log band.

    S(t) = prod_{t_i <= t} (1 - d_i / r_i) with d_i switches among r_i at risk; Greenwood: var ln S = sum
    d_i/(r_i (r_i - d_i)). The band is S^exp(-+ z s) with s = sqrt(var ln S) / |ln S|, which stays inside
    [0, 1].

    Args:
        residence_times: (n,) finite, > 0. switched: (n,) bool, ``None`` = all. level: confidence in (0, 1).

    Raises:
        StatisticsError: malformed input, or no switch at all.

    Source: E. L. Kaplan and P. Meier, J. Am. Stat. Assoc. 53, 457 (1958); J. D. Kalbfleisch and R. L.
    Prentice, The Statistical Analysis of Failure Time Data (2002), section 1.4 (the log-log band).

    >>> curve = kaplan_meier([1.0, 2.0, 2.0, 3.0], [True, True, False, True])
    >>> curve.survival.tolist(), curve.at_risk.tolist()
    ([0.75, 0.5, 0.0], [4, 3, 1])
    """
    check_level(level)
    durations = checked_durations(residence_times, switched)
    if not durations.switched.any():
        raise StatisticsError(
            "switched: no switch among the residence times; a survival curve needs at least one"
        )
    ordered = np.sort(durations.times)
    times, deaths = np.unique(durations.times[durations.switched], return_counts=True)
    at_risk = ordered.size - np.searchsorted(ordered, times, side="left")
    survival: npt.NDArray[np.float64] = np.cumprod(1.0 - deaths / at_risk, dtype=np.float64)
    left = at_risk - deaths
    # Where nobody is left (S = 0, only ever the last step) Greenwood diverges; the band is closed by hand
    # below.
    variance = np.cumsum(deaths / (at_risk * np.where(left > 0, left, 1)))
    inside = survival > 0.0
    log_survival = np.log(survival[inside])
    spread = stats.norm.ppf(0.5 + level / 2) * np.sqrt(variance[inside]) / np.abs(log_survival)
    lower, upper = np.zeros_like(survival), np.zeros_like(survival)
    lower[inside] = np.exp(log_survival * np.exp(np.minimum(spread, 700.0)))
    upper[inside] = np.exp(log_survival * np.exp(-spread))
    if not inside[-1]:
        upper[-1] = upper[-2] if upper.size > 1 else 1.0
    n = int(durations.switched.sum())
    return SurvivalCurve(
        times, survival, lower, upper, at_risk.astype(np.int64), deaths.astype(np.int64), level,
        n, int(durations.times.size - n), float(ordered[-1]),
    )  # fmt: skip


@dataclass(frozen=True)
class ExponentialityTest:
    """Is the law of the residence times exponential?

    Attributes:
        statistic: Cox-Oakes score, standard normal for an exponential; > 0: hazard grows with age (too few
            short residences: a transit time), < 0: too many short ones (false or repeated switches).
        p_value: two-sided, of ``statistic``.  method: which tests.
        n_switched, n_censored: residences behind it.
        coefficient_of_variation: standard deviation / mean, the effect size; 1 for an exponential.
        ks_distance, ks_p_value: Kolmogorov-Smirnov distance to the *fitted* exponential with its Monte
            Carlo p-value (Lilliefors); NaN when residences were cut off.
    """

    statistic: float
    p_value: float
    method: str
    n_switched: int
    n_censored: int
    coefficient_of_variation: float
    ks_distance: float = math.nan
    ks_p_value: float = math.nan

    @property
    def effect(self) -> float:
        """Effect size: the coefficient of variation."""
        return self.coefficient_of_variation

    def __str__(self) -> str:
        text = f"exponentiality: Cox-Oakes score {self.statistic:+.2f} (p = {self.p_value:.3g})"
        if not math.isnan(self.ks_p_value):
            text += (
                f", Kolmogorov-Smirnov with fitted rate {self.ks_distance:.3f} (p = {self.ks_p_value:.3g})"
            )
        return text + (
            f", coefficient of variation {self.coefficient_of_variation:.3f} (exponential: 1), "
            f"{self.n_switched} switched, {self.n_censored} cut off"
        )


def exponentiality_test(
    residence_times: npt.ArrayLike, switched: npt.ArrayLike | None = None
) -> ExponentialityTest:
    """Score test of Cox and Oakes (honours cut-off residences) and, if none is cut off, Lilliefors' test.

    Against a Weibull hazard, with d switches, total time T, sum_s over the switched and sum over all::

        U = d + sum_s(ln t) - d sum(t ln t)/T,    I = d + d sum(t ln^2 t)/T - d [sum(t ln t)/T]^2
        statistic = U / sqrt(I)

    With many switches every real system fails (a transit takes time): read the effect size beside the
    p-value. Plain ``kstest`` with the fitted rate is not this test: it hardly ever rejects. The result is
    deterministic.

    Raises:
        StatisticsError: malformed input, or fewer than 3 switches.

    Source: D. R. Cox and D. Oakes, Analysis of Survival Data (1984), section 3.7; H. W. Lilliefors, J. Am.
    Stat. Assoc. 64, 387 (1969); M. A. Stephens, ibid. 69, 730 (1974) (scaling of the distance with the
    sample size).

    >>> clockwork = exponentiality_test([1.0, 1.01, 0.99, 1.02, 0.98, 1.0] * 4)
    >>> clockwork.p_value < 1e-4, round(clockwork.coefficient_of_variation, 3)
    (True, 0.013)
    """
    times, flags = checked_durations(residence_times, switched)
    d = int(flags.sum())
    if d < 3:
        raise StatisticsError(f"switched: got {d} switches, an exponentiality test needs at least 3")
    unit = times / times.mean()
    # t ln t -> 0 for t -> 0; times are > 0, so the logarithm is finite.
    log_t = np.log(unit)
    first = float(unit @ log_t) / unit.size
    second = float(unit @ log_t**2) / unit.size
    score = d + float(log_t[flags].sum()) - d * first
    information = d * (1.0 + second - first * first)
    statistic = score / math.sqrt(information)
    censored = int(times.size - d)
    distance, ks_p = (math.nan, math.nan) if censored else _lilliefors(unit)
    return ExponentialityTest(
        statistic=statistic,
        p_value=float(2.0 * stats.norm.sf(abs(statistic))),
        method="Cox-Oakes score" + ("" if censored else " and Lilliefors"),
        n_switched=d,
        n_censored=censored,
        coefficient_of_variation=_coefficient_of_variation(times, flags),
        ks_distance=distance,
        ks_p_value=ks_p,
    )


def _coefficient_of_variation(times: npt.NDArray[np.float64], flags: npt.NDArray[np.bool_]) -> float:
    """Standard deviation / mean of the Kaplan-Meier curve with an exponential tail of the fitted rate."""
    curve = kaplan_meier(times, flags)
    edges = np.concatenate([[0.0], curve.times])
    steps = np.concatenate([[1.0], curve.survival[:-1]])
    last, tail = float(edges[-1]), float(curve.survival[-1])
    rate = float(flags.sum()) / float(times.sum())
    mean = float(steps @ np.diff(edges)) + tail / rate
    square = float(steps @ np.diff(edges**2)) + 2.0 * tail * (last / rate + 1.0 / rate**2)
    return math.sqrt(max(square - mean**2, 0.0)) / mean


def _ks_distance(unit: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Kolmogorov-Smirnov distance of each row (mean 1) to the unit exponential."""
    n = unit.shape[-1]
    cdf = -np.expm1(-np.sort(unit, axis=-1))
    grid = np.arange(1, n + 1) / n
    distance = np.maximum(grid - cdf, cdf - grid + 1.0 / n).max(axis=-1)
    return np.asarray(distance, dtype=np.float64)


@functools.lru_cache(maxsize=8)
def _null_distances(size: int) -> npt.NDArray[np.float64]:
    """Distances of exponential samples of ``size``, each to the exponential with its own mean."""
    null = np.random.default_rng(_NULL_SEED).exponential(size=(_NULL_SAMPLES, size))
    null /= null.mean(axis=1, keepdims=True)
    return _ks_distance(null)


def _lilliefors(unit: npt.NDArray[np.float64]) -> tuple[float, float]:
    """Distance and Monte Carlo p-value; large samples use the null of a smaller size by Stephens' scaling."""

    def scaled(distance: npt.NDArray[np.float64], n: int) -> npt.NDArray[np.float64]:
        root = math.sqrt(n)
        return (distance - 0.2 / n) * (root + 0.26 + 0.5 / root)

    n = unit.size
    size = min(n, _NULL_SIZE)
    seen = _ks_distance(unit[np.newaxis])
    larger = int(np.count_nonzero(scaled(_null_distances(size), size) >= scaled(seen, n)[0]))
    return float(seen[0]), (larger + 1.0) / (_NULL_SAMPLES + 1.0)
