"""Measured against predicted: a pull per point, a chi-square per sweep, and which kind of disagreement."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import stats

from wellhop.analysis.estimate import RateEstimate
from wellhop.engine.errors import StatisticsError

#: At or below this many switches the exact Poisson probability replaces the pull of the logarithm.
FEW = 10
#: |pull| from which on a single point disagrees; p-value below which a sweep does.
PULL_LIMIT, P_LIMIT = 4.0, 1e-3
#: |pull| of a point without a switch below which none was to be expected: about one switch was due where it is reached.
SILENT = 1.0
#: Factors that a wrong convention usually makes.
_CONVENTIONS = {2.0: "2", 0.5: "1/2", 4.0: "4", 0.25: "1/4", 2 * math.pi: "2 pi", 0.5 / math.pi: "1/(2 pi)"}


@dataclass(frozen=True)
class Comparison:
    """One measured rate set against one predicted rate.

    Attributes:
        estimate: what was measured. prediction: the predicted rate, same quantity, same unit.
        pull: signed, standard normal if the prediction is right; > 0: measured above predicted.
        p_value: two-sided. method: ``"log"``, ``"poisson"``, ``"linear"`` (a difference that may be negative)
            or ``"none"``.
        log_ratio: ln(measured / predicted), ``-inf`` without a switch. log_error: its standard deviation.
        parameter: where on the sweep, NaN if unknown.
    """

    estimate: RateEstimate
    prediction: float
    pull: float
    p_value: float
    method: str
    log_ratio: float
    log_error: float
    parameter: float = math.nan

    @property
    def verdict(self) -> str:
        """``agrees`` (|pull| < 2), ``strained`` (< 4), ``disagrees``, or ``undetermined``.

        Without a switch only a prediction that is too fast can be refuted: what would be ``agrees`` is then
        ``no switches``.
        """
        if math.isnan(self.pull):
            return "undetermined"
        size = abs(self.pull)
        if size < 2.0:
            return "no switches" if self.log_ratio == -math.inf else "agrees"
        return "strained" if size < PULL_LIMIT else "disagrees"

    @property
    def telling(self) -> bool:
        """Whether it could have disagreed: a switch was seen, or at least one or so was due."""
        return self.log_ratio != -math.inf or abs(self.pull) >= SILENT

    def __str__(self) -> str:
        ratio = "" if math.isnan(self.log_ratio) else f": ratio {math.exp(self.log_ratio):.3f}"
        return (
            f"measured {self.estimate.value:.4e}, predicted {self.prediction:.4e}{ratio}, "
            f"pull {self.pull:+.2f} ({self.verdict})"
        )


def compare(estimate: RateEstimate, prediction: float, parameter: float = math.nan) -> Comparison:
    """Pull of a measured rate against a predicted value of the *same* quantity.

    More than 10 switches, or an error that comes from a scatter: z = (ln k - ln k_th) / sigma_lnk. With an
    error of few degrees of freedom z follows Student's law; it is mapped to the normal deviate of equal
    probability, so that pulls of different estimates may be squared and added. Up to 10 switches: exact
    Poisson probability of n given k_th T, and the pull is the normal deviate of the mid-p value. An estimate
    without an error gives an undetermined pull. An estimate with a ``standard_error`` among its counts is a
    difference that may be zero or negative: its pull is (k - k_th) / standard error, for any finite k_th.

    Args:
        estimate: the measured rate. prediction: > 0, same quantity and unit. parameter: position on the
        sweep.

    Raises:
        StatisticsError: prediction not finite or not > 0.

    >>> measured = RateEstimate("decay_rate", "demo", 1.1e-3, 1.0e-3, 1.2e-3, 0.05, 0.95)
    >>> print(compare(measured, 1.0e-3))
    measured 1.1000e-03, predicted 1.0000e-03: ratio 1.100, pull +1.91 (agrees)
    """
    counts = estimate.counts
    linear = float(counts.get("standard_error", 0.0))
    if not (math.isfinite(prediction) and (prediction > 0.0 or linear > 0.0)):
        raise StatisticsError(f"prediction: got {prediction!r}, allowed is a finite rate > 0")
    if linear > 0.0 and math.isfinite(estimate.value):
        pull = _normal_deviate((estimate.value - prediction) / linear, float(counts.get("dof", math.inf)))
        p = float(2.0 * stats.norm.sf(abs(pull)))
        return Comparison(estimate, prediction, pull, p, "linear", math.nan, math.nan, parameter)
    n = counts.get("n_switched")
    log_ratio = math.log(estimate.value / prediction) if estimate.value > 0.0 else -math.inf
    if math.isnan(estimate.value):
        log_ratio = math.nan
    if n is not None and n <= FEW and estimate.scale is not None:
        expected = prediction * float(counts["exposure"]) / estimate.scale
        pull, p = _poisson_pull(int(n), expected)
        return Comparison(
            estimate, prediction, pull, p, "poisson", log_ratio, estimate.relative_error, parameter
        )
    if not (math.isfinite(log_ratio) and 0.0 < estimate.relative_error < math.inf):
        return Comparison(estimate, prediction, math.nan, math.nan, "none", log_ratio, math.nan, parameter)
    t = log_ratio / estimate.relative_error
    dof = float(counts.get("dof", math.inf))
    pull = _normal_deviate(t, dof)
    p = float(2.0 * stats.norm.sf(abs(pull)))
    return Comparison(estimate, prediction, pull, p, "log", log_ratio, estimate.relative_error, parameter)


def _normal_deviate(t: float, dof: float) -> float:
    """Normal deviate with the same one-sided probability as Student's ``t``."""
    if not math.isfinite(dof):
        return t
    return math.copysign(float(stats.norm.isf(stats.t.sf(abs(t), dof))), t)


def _poisson_pull(n: int, expected: float) -> tuple[float, float]:
    """Signed mid-p deviate and two-sided exact probability of ``n`` counts when ``expected`` are due."""
    at = float(stats.poisson.pmf(n, expected))
    below, above = float(stats.poisson.cdf(n - 1, expected)), float(stats.poisson.sf(n, expected))
    # The smaller tail keeps its digits; the other is 1 minus it.
    if below < above:
        pull = -float(stats.norm.isf(below + 0.5 * at))
    else:
        pull = float(stats.norm.isf(above + 0.5 * at))
    return pull, min(1.0, 2.0 * (at + min(below, above)))


@dataclass(frozen=True)
class ChiSquare:
    """A whole sweep of comparisons.

    Attributes:
        chi2: sum of squared pulls. dof: points minus fitted parameters. p_value: of ``chi2``.
        largest: largest |pull|.
        trend: standard normal deviate of a linear trend of the pulls with the parameter, NaN without
        parameters. factor, factor_error: common factor measured / predicted (weighted mean of the
        logarithms) and its error. chi2_about_factor, p_about_factor: chi-square left once that factor is
        divided out (one more fitted number). n_points: points that entered. verdict: what kind of agreement,
        in one sentence.
    """

    chi2: float
    dof: int
    p_value: float
    largest: float
    trend: float
    factor: float
    factor_error: float
    chi2_about_factor: float
    p_about_factor: float
    n_points: int
    verdict: str

    def __str__(self) -> str:
        trend = "" if math.isnan(self.trend) else f", trend {self.trend:+.2f} sigma"
        factor = (
            ""
            if math.isnan(self.factor)
            else f", measured/predicted = {self.factor:.4f} +- {self.factor_error:.4f}"
        )
        return (
            f"chi2 = {self.chi2:.2f} for {self.dof} degrees of freedom (p = {self.p_value:.3g}), largest "
            f"|pull| {self.largest:.2f}{trend}{factor}\n  {self.verdict}"
        )


def chi_square(comparisons: Sequence[Comparison], fitted_parameters: int = 0) -> ChiSquare:
    """Chi-square of a sweep, a test for a trend along it, and a test for one common factor.

    chi2 = sum z_i^2. Trend: sum (x_i - mean x) z_i / sqrt(sum (x_i - mean x)^2), standard normal if all
    pulls are. A constant factor between measurement and prediction is a convention (one-way rate or Gamma,
    amplitude or power), not physics: it is fitted, and named when it explains the disagreement.

    Args:
        comparisons: points with a determined pull; others are left out, and those too short to expect a switch if there are
            others. fitted_parameters: numbers of the
        prediction
            that were fitted to these points.

    Raises:
        StatisticsError: no point left, or not more points than fitted parameters.

    >>> def point(ratio, x):
    ...     return compare(RateEstimate("decay_rate", "demo", ratio, ratio, ratio, 0.04, 0.95), 1.0, x)
    >>> print(chi_square([point(2.02, 1.0), point(1.97, 2.0), point(2.05, 3.0)]).verdict)
    disagrees by the factor 2 at all points: a convention (for example one-way rate against Gamma)
    """
    used = [c for c in comparisons if not math.isnan(c.pull)]
    # a point too short to expect a switch agrees with anything: as a degree of freedom it would only dilute the others
    used = [c for c in used if c.telling] or used
    dof = len(used) - fitted_parameters
    if not used or dof < 1:
        raise StatisticsError(
            f"comparisons: got {len(used)} points, needed are more than {fitted_parameters}"
        )
    z = np.array([c.pull for c in used])
    chi2 = float(z @ z)
    p = float(stats.chi2.sf(chi2, dof))
    trend = _trend(np.array([c.parameter for c in used]), z)
    ratio = np.array([c.log_ratio for c in used])
    error = np.array([c.log_error for c in used])
    usable = np.isfinite(ratio) & np.isfinite(error)
    factor, factor_error, about, p_about = _common_factor(ratio[usable], error[usable])
    verdict = _verdict(p, float(np.abs(z).max()), trend, factor, factor_error, p_about)
    if math.isnan(factor) and any(c.method == "linear" for c in used):
        # differences have no factor, and need no switch of their own
        verdict = "agrees" if p > P_LIMIT and float(np.abs(z).max()) < PULL_LIMIT else "disagrees"
    return ChiSquare(
        chi2, dof, p, float(np.abs(z).max()), trend, factor, factor_error, about, p_about, len(used), verdict
    )


def _trend(x: npt.NDArray[np.float64], z: npt.NDArray[np.float64]) -> float:
    centred = x - x.mean()
    norm = math.sqrt(float(centred @ centred))
    return float(centred @ z) / norm if norm > 0.0 and len(x) > 2 else math.nan


def _common_factor(
    ratio: npt.NDArray[np.float64], error: npt.NDArray[np.float64]
) -> tuple[float, float, float, float]:
    """Weighted mean factor, its error, chi-square about it and the p-value of that."""
    if ratio.size == 0:
        return math.nan, math.nan, math.nan, math.nan
    weight = error**-2
    mean = float(weight @ ratio / weight.sum())
    about = float(weight @ (ratio - mean) ** 2)
    p = float(stats.chi2.sf(about, ratio.size - 1)) if ratio.size > 1 else math.nan
    return math.exp(mean), math.exp(mean) / math.sqrt(float(weight.sum())), about, p


def _verdict(
    p: float, largest: float, trend: float, factor: float, factor_error: float, p_about: float
) -> str:
    trended = not math.isnan(trend) and abs(trend) > PULL_LIMIT
    if p > P_LIMIT and largest < PULL_LIMIT:
        if math.isnan(factor):
            return "not contradicted, but no point has a switch"
        return "agrees" + ("; but the pulls drift along the sweep" if trended else "")
    if p_about > P_LIMIT and abs(math.log(factor)) * factor / factor_error > PULL_LIMIT:
        for value, name in _CONVENTIONS.items():
            if abs(math.log(factor / value)) < 3.0 * factor_error / factor:
                return (
                    f"disagrees by the factor {name} at all points: a convention (for example one-way rate "
                    "against Gamma)"
                )
        return f"disagrees by one factor {factor:.3f} at all points: look for a convention or a unit"
    if trended:
        return (
            "disagrees, and the pulls drift along the sweep: the prediction leaves its range, or a bias grows"
        )
    if p > P_LIMIT:
        return f"one point disagrees (largest |pull| {largest:.1f})"
    return "disagrees without a common factor or a trend: errors too small, or single bad points"
