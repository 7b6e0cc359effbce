"""Survival curves and tests of the exponential law, against closed forms and scipy."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from scipy import stats

from wellhop.analysis.survival import exponentiality_test, kaplan_meier
from wellhop.engine.errors import StatisticsError


def _censored(rng: np.random.Generator, n: int, power: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """Weibull lifetimes of shape ``power`` (1: exponential), about a fifth cut off."""
    life = rng.exponential(1.0, n) ** (1.0 / power)
    cut = rng.exponential(4.0, n)
    return np.minimum(life, cut), life < cut


def test_kaplan_meier_equals_scipy_with_ties() -> None:
    times, switched = _censored(np.random.default_rng(1), 300)
    times = np.ceil(times * 10.0) / 10.0  # many ties
    curve = kaplan_meier(times, switched)
    other = stats.ecdf(stats.CensoredData(uncensored=times[switched], right=times[~switched])).sf
    np.testing.assert_allclose(curve.survival, other.evaluate(curve.times), rtol=0, atol=1e-13)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # scipy leaves its band undefined at S = 0
        band = other.confidence_interval(0.95, method="log-log")
    inside = curve.survival > 0.0
    np.testing.assert_allclose(curve.lower[inside], band.low.evaluate(curve.times)[inside], atol=1e-12)
    np.testing.assert_allclose(curve.upper[inside], band.high.evaluate(curve.times)[inside], atol=1e-12)
    assert curve.n_switched + curve.n_censored == 300


def test_band_covers_the_true_survival_and_not_another() -> None:
    """At one time the 95 % band misses the truth in about 5 % of 1500 samples; it must miss exp(-1.3 t)."""
    rng = np.random.default_rng(2)
    misses = wrong = 0
    for _ in range(1500):
        times, switched = _censored(rng, 200)
        curve = kaplan_meier(times, switched)
        at = np.searchsorted(curve.times, 1.0, side="right") - 1
        misses += not curve.lower[at] <= np.exp(-1.0) <= curve.upper[at]
        wrong += not curve.lower[at] <= np.exp(-1.3) <= curve.upper[at]
    # 94.5 % true coverage allowed for the asymptotic band; false alarm 1e-8.
    bound = stats.binom.isf(1e-8, 1500, 0.055)
    assert misses <= bound
    assert wrong > bound


def test_all_cut_off_has_no_curve() -> None:
    with pytest.raises(StatisticsError, match="no switch"):
        kaplan_meier([1.0, 2.0], [False, False])


def test_score_is_standard_normal_for_censored_exponentials(sigmas: float) -> None:
    """Mean and variance of the Cox-Oakes score over 2000 samples of 200; 1/n terms are below 0.1."""
    rng = np.random.default_rng(3)
    scores = np.array([exponentiality_test(*_censored(rng, 200)).statistic for _ in range(2000)])
    assert abs(scores.mean()) < sigmas / np.sqrt(2000) + 0.1
    assert abs(scores.var() - 1.0) < sigmas * np.sqrt(2.0 / 2000) + 0.1


def test_other_laws_are_rejected_with_the_right_sign() -> None:
    """A dead time or a growing hazard gives > 0 and CV < 1, a mixture (false switches) < 0 and CV > 1."""
    rng = np.random.default_rng(4)
    growing = exponentiality_test(*_censored(rng, 2000, power=1.4))
    assert growing.statistic > 5.73
    assert growing.coefficient_of_variation < 0.9
    dead_time = exponentiality_test(0.2 + rng.exponential(1.0, 2000))
    assert dead_time.statistic > 5.73
    mixture = np.where(rng.random(2000) < 0.3, 0.05, 1.0) * rng.exponential(1.0, 2000)
    mixed = exponentiality_test(mixture)
    assert mixed.statistic < -5.73
    assert mixed.coefficient_of_variation > 1.1


@pytest.mark.parametrize("n", [30, 1500])
def test_lilliefors_p_values_are_uniform_and_plain_ks_is_not(n: int) -> None:
    """At nominal 10 % of 400 samples about 40 alarms; ``kstest`` with the fitted mean hardly gives any."""
    rng = np.random.default_rng(5)
    alarms = plain = 0
    for _ in range(400):
        times = rng.exponential(3.0, n)
        alarms += exponentiality_test(times).ks_p_value < 0.1
        plain += stats.kstest(times / times.mean(), "expon").pvalue < 0.1
    low, high = stats.binom.ppf(5e-9, 400, 0.09), stats.binom.isf(5e-9, 400, 0.11)
    assert low <= alarms <= high
    assert plain < low


def test_coefficient_of_variation_with_and_without_cut_off(sigmas: float) -> None:
    """Equal to the plain one without cut-off; with it, 1 within twice 5.7 / sqrt n (the delta method gives
    1).
    """
    rng = np.random.default_rng(6)
    times = rng.exponential(2.0, 500)
    assert exponentiality_test(times).effect == pytest.approx(times.std() / times.mean(), rel=1e-12)
    cut, switched = _censored(rng, 20000)
    assert abs(exponentiality_test(cut, switched).effect - 1.0) < 2.0 * sigmas / np.sqrt(switched.sum())


def test_is_deterministic_and_needs_three_switches() -> None:
    times = np.random.default_rng(7).exponential(1.0, 50)
    assert exponentiality_test(times) == exponentiality_test(times)
    with pytest.raises(StatisticsError, match="at least 3"):
        exponentiality_test([1.0, 2.0, 3.0], [True, True, False])
