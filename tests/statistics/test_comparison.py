"""Pulls and chi-squares: calibrated when the prediction is right, the right verdict when it is not."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from wellhop.analysis.comparison import chi_square, compare
from wellhop.analysis.estimate import RateEstimate
from wellhop.analysis.rates import rate_from_counts
from wellhop.engine.errors import StatisticsError


def _scatter(value: float, relative: float = 0.04, dof: float = math.inf) -> RateEstimate:
    return RateEstimate("decay_rate", "test", value, value, value, relative, 0.95, {"dof": dof})


def test_no_factor_is_printed_where_no_point_has_a_switch() -> None:
    silent = chi_square([compare(rate_from_counts(0, time), 1.0, time) for time in (1.0, 2.0)])
    assert "measured/predicted" not in str(silent)
    assert "nan" not in str(silent)
    assert silent.verdict == "not contradicted, but no point has a switch"
    assert "measured/predicted" in str(chi_square([compare(rate_from_counts(30, 30.0), 1.0)]))


def test_pull_of_a_logarithm_and_of_a_count() -> None:
    assert compare(rate_from_counts(100, 110.0), 1.0).pull == pytest.approx(math.log(100 / 110.0) / 0.1)
    few = compare(rate_from_counts(3, 12.0), 1.0)
    assert few.method == "poisson"
    assert few.p_value == pytest.approx(2.0 * stats.poisson.cdf(3, 12.0))
    assert few.pull == pytest.approx(
        stats.norm.ppf(stats.poisson.cdf(2, 12.0) + 0.5 * stats.poisson.pmf(3, 12.0))
    )
    none = compare(rate_from_counts(0, 3.0), 1.0)
    assert none.verdict == "no switches"
    assert compare(rate_from_counts(0, 60.0), 1.0).verdict == "disagrees"
    assert none.p_value == pytest.approx(2.0 * math.exp(-3.0))
    assert none.pull < 0.0


def test_gamma_of_symmetric_wells_uses_the_same_counts() -> None:
    """Scaling estimate and prediction by two changes nothing; scaling only one (negative control) does."""
    one_way = rate_from_counts(4, 9.0)
    gamma = one_way.scaled(2.0, "decay_rate")
    assert compare(gamma, 0.8).pull == pytest.approx(compare(one_way, 0.4).pull)
    assert compare(one_way, 0.8).pull < compare(gamma, 0.8).pull


def test_pulls_with_few_degrees_of_freedom_are_mapped_to_normal(sigmas: float) -> None:
    """Student's t with 7 degrees of freedom becomes standard normal: variance 1 instead of 7/5."""
    rng = np.random.default_rng(1)
    t = rng.standard_t(7, 20000)
    z = np.array([compare(_scatter(math.exp(0.04 * x), 0.04, dof=7), 1.0).pull for x in t[:4000]])
    assert abs(z.var() - 1.0) < sigmas * math.sqrt(2.0 / 4000)
    assert abs(t.var() - 1.0) > sigmas * math.sqrt(2.0 / 4000)


def test_a_right_prediction_passes_and_each_wrong_one_is_told_apart() -> None:
    rng = np.random.default_rng(2)
    x = np.linspace(2.0, 12.0, 14)
    noise = np.exp(0.04 * rng.standard_normal(14))

    def sweep(ratio: np.ndarray | float) -> str:
        values = noise * ratio
        return chi_square([compare(_scatter(v), 1.0, p) for v, p in zip(values, x, strict=True)]).verdict

    assert sweep(1.0) == "agrees"
    assert "factor 2 " in sweep(2.0)
    assert "factor 1/2 " in sweep(0.5)
    assert "one factor 1.29" in sweep(1.3)
    assert "drift" in sweep(np.exp(0.06 * (x - 7.0)))
    single = np.ones(14)
    single[4] = 1.3
    assert "one point" in sweep(single) or "single bad" in sweep(single)


def test_chi_square_counts_and_trend_are_calibrated() -> None:
    """p-values of 1500 right sweeps are uniform (KS, 1e-8) and so are those of the trend."""
    rng = np.random.default_rng(3)
    x = np.linspace(0.0, 1.0, 10)
    found = [
        chi_square([compare(_scatter(math.exp(0.05 * z), 0.05), 1.0, p) for z, p in zip(row, x, strict=True)])
        for row in rng.standard_normal((1500, 10))
    ]
    assert found[0].dof == 10
    assert stats.kstest([f.p_value for f in found], "uniform").pvalue > 1e-8
    assert stats.kstest([f.trend for f in found], "norm").pvalue > 1e-8
    too_small = [stats.chi2.sf(f.chi2 * 1.3, 10) for f in found]  # errors 14 % too small must be noticed
    assert stats.kstest(too_small, "uniform").pvalue < 1e-8


def test_undetermined_points_are_left_out_and_bad_input_refused() -> None:
    nothing = RateEstimate("decay_rate", "undetermined", math.nan, 0.0, math.inf, math.inf, 0.95)
    assert compare(nothing, 1.0).verdict == "undetermined"
    result = chi_square([compare(nothing, 1.0), compare(_scatter(1.0), 1.0)])
    assert result.n_points == 1
    with pytest.raises(StatisticsError, match="comparisons"):
        chi_square([compare(nothing, 1.0)])
    with pytest.raises(StatisticsError, match="prediction"):
        compare(_scatter(1.0), 0.0)


def test_points_too_short_to_expect_a_switch_do_not_dilute_a_sweep() -> None:
    """A limit of 3e-4 against 1e-11 agrees with anything; a limit below a fast prediction does not, and counts."""
    seen = [compare(RateEstimate("escape_rate", "demo", 1.3, 1.0, 1.6, 0.1, 0.95), 1.0, float(x)) for x in range(3)]
    silent = RateEstimate(
        "escape_rate", "demo", 0.0, 0.0, 3e-4, math.inf, 0.95, {"n_switched": 0, "exposure": 1e4}, (), 1.0
    )
    quiet, refuted = compare(silent, 1e-11, 3.0), compare(silent, 2e-3, 3.0)
    assert (quiet.verdict, quiet.telling) == ("no switches", False)
    assert (refuted.verdict, refuted.telling) == ("disagrees", True)
    assert chi_square([*seen, quiet, quiet]).dof == chi_square(seen).dof == 3
    assert chi_square([*seen, refuted]).dof == 4
    assert chi_square([quiet]).verdict == "not contradicted, but no point has a switch"
