"""Escape rates: exact limits, coverage under every stop rule, and estimators that must fail."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from wellhop.analysis.rates import exponential_rate, poisson_limits, rate_from_counts, sum_of_rates
from wellhop.engine.errors import StatisticsError

_REPEATS = 4000


def _slack(level: float, repeats: int = _REPEATS) -> int:
    """Number of misses that a true coverage ``level`` exceeds with probability below 1e-8."""
    return int(stats.binom.isf(1e-8, repeats, 1.0 - level))


def _enough(repeats: int, true_coverage: float) -> int:
    """Number of misses that a true coverage stays below with probability below 1e-8."""
    return int(stats.binom.ppf(1e-8, repeats, 1.0 - true_coverage))


def test_limits_are_the_exact_poisson_tails() -> None:
    for n in (1, 7, 200):
        low, high = poisson_limits(n, 0.95)
        assert stats.poisson.sf(n - 1, low) == pytest.approx(0.025, rel=1e-9)
        assert stats.poisson.cdf(n, high) == pytest.approx(0.025, rel=1e-9)
        low, high = poisson_limits(n, 0.95, stop="switches")
        # The waiting time for the n-th event has a gamma law.
        assert stats.gamma.cdf(low, n) == pytest.approx(0.025, rel=1e-9)
        assert stats.gamma.sf(high, n) == pytest.approx(0.025, rel=1e-9)


def test_no_switch_gives_a_one_sided_limit_and_says_so() -> None:
    rate = exponential_rate([10.0, 20.0], [False, False])
    assert rate.value == 0.0
    assert rate.lower == 0.0
    assert rate.upper == pytest.approx(-math.log(0.05) / 30.0)
    assert math.isinf(rate.relative_error)
    assert "one-sided" in str(rate)
    assert any(w.startswith("no_switch") for w in rate.warnings)


def test_coverage_of_a_fixed_time() -> None:
    counts = np.random.default_rng(1).poisson(12.0, _REPEATS)
    limits = np.array([poisson_limits(n, 0.95) for n in range(60)])[counts]
    # n = 0 has probability 6e-6 here, its one-sided limit does not matter.
    misses = np.count_nonzero((limits[:, 0] > 12.0) | (limits[:, 1] < 12.0))
    assert misses <= _slack(0.95)


def test_coverage_of_a_fixed_number_of_switches() -> None:
    exposure = np.random.default_rng(2).gamma(5, 1.0, _REPEATS)
    low, high = poisson_limits(5, 0.95, stop="switches")
    misses = np.count_nonzero((low / exposure > 1.0) | (high / exposure < 1.0))
    assert _enough(_REPEATS, 0.95) <= misses <= _slack(0.95)


def test_the_formula_for_a_fixed_number_fails_at_a_fixed_time() -> None:
    """Negative control: with n + 1 -> n in the upper limit a mean of 3.8 is covered in 88 % only."""
    counts = np.random.default_rng(3).poisson(3.8, _REPEATS)
    limits = np.array([poisson_limits(n, 0.95, stop="switches") for n in range(40)])[counts]
    misses = np.count_nonzero((limits[:, 0] > 3.8) | (limits[:, 1] < 3.8))
    assert misses > _slack(0.95)


def _batchwise_coverage(target: int, batch: float, stop: str) -> float:
    """Exact coverage of nominal 95 % when whole batches are added until ``target`` switches are reached.

    The total after b batches of mean ``batch`` is a Markov chain; paths end where they first reach the
    target.
    """
    top = int(target + batch + 12.0 * math.sqrt(batch) + 40)
    n = np.arange(top + 1)
    limits = np.array([poisson_limits(k, 0.95, stop) for k in n])
    arriving = stats.poisson.pmf(n, batch)
    alive, covered, ended, b = np.zeros(top + 1), 0.0, 0.0, 0
    alive[0] = 1.0
    while ended < 1.0 - 1e-10:
        b += 1
        alive = np.convolve(alive, arriving)[: top + 1]
        mean = batch * b
        inside = (limits[:, 0] <= mean) & (mean <= limits[:, 1])
        covered += float(alive[(n >= target) & inside].sum())
        ended += float(alive[n >= target].sum())
        alive[n >= target] = 0.0
    return covered


@pytest.mark.parametrize(
    ("target", "batches"),
    [
        (1, (0.05, 0.3, 1, 3)),
        (3, (0.1, 0.5, 1, 3)),
        (10, (0.1, 0.3, 1, 2)),
        (30, (0.1, 0.7, 1)),
        (100, (0.1, 0.3, 1)),
        (400, (0.1, 0.3, 1)),
    ],
)
def test_batchwise_stop_is_covered_by_the_fixed_time_formula(target: int, batches: tuple[float, ...]) -> None:
    """Exact, no sampling: the recommended formula keeps 94 % at the least for a stop on complete batches."""
    for batch in batches:
        assert _batchwise_coverage(target, batch * target, "time") > 0.94


def test_batchwise_stop_is_not_covered_by_the_fixed_number_formula() -> None:
    """Negative control, exact: 92.6 % at three targets a batch."""
    assert _batchwise_coverage(3, 9.0, "switches") < 0.93


def test_batchwise_stop_simulated_from_residence_times() -> None:
    """The same coverage from simulated residences, to tie the exact calculation to the estimator itself."""
    rng = np.random.default_rng(4)
    misses, repeats = 0, 1500
    for _ in range(repeats):
        times: list[float] = []
        flags: list[bool] = []
        while sum(flags) < 20:
            for _ in range(4):  # a batch: 4 trajectories of duration 2, mean 8 switches
                left = 2.0
                while left > 0.0:
                    wait = rng.exponential()
                    times.append(min(wait, left))
                    flags.append(wait < left)
                    left -= wait
        rate = exponential_rate(times, flags)
        misses += not rate.lower <= 1.0 <= rate.upper
    assert misses <= _slack(0.945, repeats)


def test_censored_residences_count_and_the_naive_mean_fails(sigmas: float) -> None:
    """n/T is right within its error; the mean of finished residences alone must not be."""
    rng = np.random.default_rng(5)
    life = rng.exponential(1.0, 20000)
    cut = rng.uniform(0.1, 1.5, life.size)
    switched = life < cut
    rate = exponential_rate(np.minimum(life, cut), switched)
    assert abs(math.log(rate.value)) < sigmas * rate.relative_error
    naive = 1.0 / life[switched].mean()
    assert abs(math.log(naive)) > sigmas / math.sqrt(switched.sum())


def test_left_truncation_by_shifting(sigmas: float) -> None:
    """Residences that outlived t0, counted from t0, give the same rate; unshifted they give a low one."""
    life = np.random.default_rng(6).exponential(2.0, 20000)
    survivors = life[life > 1.0]
    rate = exponential_rate(survivors - 1.0)
    assert abs(math.log(rate.value * 2.0)) < sigmas * rate.relative_error
    wrong = exponential_rate(survivors)
    assert abs(math.log(wrong.value * 2.0)) > sigmas * wrong.relative_error


def test_one_way_rate_is_not_gamma(sigmas: float) -> None:
    """Negative control of the convention: the escape rate of symmetric wells is half the decay rate."""
    one_way = rate_from_counts(2000, 4000.0)
    gamma = one_way.scaled(2.0, "decay_rate")
    assert abs(math.log(gamma.value / 1.0)) < sigmas * gamma.relative_error
    assert abs(math.log(one_way.value / 1.0)) > sigmas * one_way.relative_error
    assert gamma.quantity == "decay_rate"


def test_sum_of_directed_rates_covers() -> None:
    """k01 + k10 from unequal wells: Fay and Feuer's limits cover at least the nominal level."""
    rng = np.random.default_rng(7)
    rates, exposure, repeats = np.array([0.8, 0.1]), np.array([20.0, 90.0]), 2000
    counts = rng.poisson(rates * exposure, (repeats, 2))
    misses = 0
    for pair in counts:
        total = sum_of_rates(
            [rate_from_counts(int(n), float(t)) for n, t in zip(pair, exposure, strict=True)]
        )
        misses += not total.lower <= 0.9 <= total.upper
    assert misses <= _slack(0.95, repeats)


@pytest.mark.parametrize(
    ("times", "flags", "complaint"),
    [
        ([], None, "shape"),
        ([1.0, 0.0], None, r"residence_times\[1\]"),
        ([1.0, math.nan], None, r"residence_times\[1\]"),
        ([1.0, math.inf], None, r"residence_times\[1\]"),
        (["x"], None, "not an array of numbers"),
        ([[1.0]], None, "shape"),
        ([1.0, 2.0], [True], "switched"),
        ([1.0, 2.0], [0, 2], "switched"),
    ],
)
def test_malformed_residences_are_named(times: list[float], flags: list[bool] | None, complaint: str) -> None:
    with pytest.raises(StatisticsError, match=complaint):
        exponential_rate(times, flags)


def test_unknown_stop_rule_and_level() -> None:
    with pytest.raises(StatisticsError, match="stop"):
        exponential_rate([1.0], stop="errors")
    with pytest.raises(StatisticsError, match="level"):
        exponential_rate([1.0], level=1.0)
    with pytest.raises(StatisticsError, match="exposure"):
        rate_from_counts(1, 0.0)
