"""Decay rates from the order parameter: value, error, interval; asymmetric wells; what must be refused."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from scipy import stats

from wellhop.analysis.correlation import autocorrelation_rate, ensemble_decay
from wellhop.analysis.estimate import RateEstimate
from wellhop.engine.errors import StatisticsError, TooFewSwitchesError

TAU, STEP = 0.02, 0.05


def _telegraph(
    rng: np.random.Generator,
    n: int,
    duration: float,
    in_zero: float = 0.5,
    noise: float = 0.3,
    step: float = STEP,
) -> np.ndarray:
    """(n, samples) of a telegraph with Gamma = 1 and stationary weight ``in_zero`` of X = +1.

    Started in the two wells in turn. On top: intra-well noise of relaxation time TAU.
    """
    samples = int(duration / step) + 1
    decay, forget = np.exp(-step), np.exp(-step / TAU)
    uniform, kick = rng.random((samples, n)), noise * rng.standard_normal((samples, n))
    state, fast = np.where(np.arange(n) % 2, -1.0, 1.0), kick[0]
    x = np.empty((samples, n))
    x[0] = state + fast
    for i in range(1, samples):
        stay = in_zero + np.where(state > 0, 1.0 - in_zero, -in_zero) * decay
        state = np.where(uniform[i] < stay, 1.0, -1.0)
        fast = forget * fast + np.sqrt(1.0 - forget**2) * kick[i]
        x[i] = state + fast
    return x.T


def _pull(rate: RateEstimate, truth: float = 1.0) -> float:
    return float(np.log(rate.value / truth) / rate.relative_error)


def _repeat(
    estimate: Callable[[np.random.Generator], RateEstimate], repeats: int, seed: int
) -> list[RateEstimate]:
    rng = np.random.default_rng(seed)
    return [estimate(rng) for _ in range(repeats)]


def _check(rates: list[RateEstimate], sigmas: float) -> None:
    """Mean of the pulls within its error plus 0.15 (O(1/n) bias), spread and coverage as they should be.

    A 1e-8 quantile each; the interval is asymptotic, so that 93 % true coverage is allowed for.
    """
    pulls = np.array([_pull(r) for r in rates])
    n = len(pulls)
    assert abs(pulls.mean()) < sigmas / np.sqrt(n) + 0.15
    assert abs(pulls.std() - 1.0) < sigmas / np.sqrt(2 * n) + 0.1
    misses = sum(not r.lower <= 1.0 <= r.upper for r in rates)
    assert misses <= stats.binom.isf(1e-8, n, 0.07)


@pytest.mark.parametrize("guess", [None, 1.0, 5.0, 0.2])
def test_autocorrelation_is_unbiased_with_honest_intervals(guess: float | None, sigmas: float) -> None:
    """The guess chooses lags only: even one off by five leaves value, error and coverage alone."""
    rates = _repeat(
        lambda rng: autocorrelation_rate(_telegraph(rng, 32, 20.0), STEP, TAU, rate_guess=guess), 120, seed=1
    )
    _check(rates, sigmas)


def test_relative_error_is_near_the_information_limit() -> None:
    """(2 / Gamma T)^(1/2) is what counting all switches would give; the estimator pays less than 35 %."""
    rate = autocorrelation_rate(_telegraph(np.random.default_rng(2), 400, 20.0), STEP, TAU, 1.0)
    limit = np.sqrt(2.0 / (400 * 20.0))
    assert 0.95 * limit < rate.relative_error < 1.35 * limit


def test_asymmetric_wells_need_their_mean_fitted(sigmas: float) -> None:
    """80 : 20 population: right with symmetric=False, and far off (negative control) with symmetric=True."""
    rates = _repeat(
        lambda rng: autocorrelation_rate(_telegraph(rng, 32, 20.0, 0.8), STEP, TAU, 1.0, symmetric=False),
        120, seed=3,
    )  # fmt: skip
    _check(rates, sigmas)
    x = _telegraph(np.random.default_rng(4), 200, 20.0, 0.8)
    assert abs(_pull(autocorrelation_rate(x, STEP, TAU, 1.0, symmetric=True))) > sigmas


def test_one_long_trajectory_is_cut_into_blocks(sigmas: float) -> None:
    many = _telegraph(np.random.default_rng(5), 100, 400.0)
    rates = [autocorrelation_rate([row], STEP, TAU, 1.0) for row in many]
    assert all(r.counts["dof"] == 31 for r in rates)
    _check(rates, sigmas)


def test_too_short_a_lag_is_biased_by_intra_well_motion(sigmas: float) -> None:
    """Negative control: with slow, strong intra-well motion the lag zero correlation is not exp(-Gamma t)."""
    rng = np.random.default_rng(6)
    forget = np.exp(-STEP / 0.1)
    x = _telegraph(rng, 300, 20.0, noise=0.0)
    fast = np.zeros(300)
    for i in range(x.shape[1]):
        fast = forget * fast + np.sqrt(1.0 - forget**2) * rng.standard_normal(300)
        x[:, i] += 0.7 * fast
    good = autocorrelation_rate(x, STEP, 0.1, 1.0)
    short = autocorrelation_rate(x, STEP, 0.1, 1.0, lag=STEP)
    # exp(-4) of the fast variance (0.49) is left at the first lag: a bias of 0.02 in ln Gamma at the most.
    assert abs(np.log(good.value)) < sigmas * good.relative_error + 0.05
    assert _pull(short) > sigmas


def test_ragged_records_and_a_factor_two(sigmas: float) -> None:
    """Trajectories of different length are pooled; a wrong convention (half the rate) is excluded."""
    x = _telegraph(np.random.default_rng(7), 200, 30.0)
    ragged = [row[: 200 + 2 * i] for i, row in enumerate(x)]
    rate = autocorrelation_rate(ragged, STEP, TAU)
    assert abs(_pull(rate)) < sigmas
    assert abs(_pull(rate, 0.5)) > sigmas


def test_ensemble_decay_is_unbiased_with_honest_intervals(sigmas: float) -> None:
    signs = np.where(np.arange(200) % 2, -1, 1)
    rates = _repeat(lambda rng: ensemble_decay(_telegraph(rng, 200, 4.0), STEP, signs, 0.1), 150, seed=8)
    _check(rates, sigmas)


def test_ensemble_decay_of_unequal_wells(sigmas: float) -> None:
    signs = np.where(np.arange(400) % 2, -1, 1)
    rates = _repeat(
        lambda rng: ensemble_decay(_telegraph(rng, 400, 4.0, 0.8), STEP, signs, 0.1, 1.0, symmetric=False),
        100, seed=9,
    )  # fmt: skip
    _check(rates, sigmas)
    # Negative control: trajectories from one well only decay to a mean that is not zero.
    one_well = np.concatenate([_telegraph(np.random.default_rng(s), 400, 4.0, 0.8)[::2] for s in (10, 11)])
    wrong = ensemble_decay(one_well, STEP, np.ones(400), 0.1, 1.0)
    assert abs(_pull(wrong)) > sigmas


def test_no_switch_and_no_memory_are_refused_with_the_reason() -> None:
    rng = np.random.default_rng(12)
    still = np.where(np.arange(20) % 2, -1.0, 1.0)[:, np.newaxis] + 0.01 * rng.standard_normal((20, 200))
    with pytest.raises(TooFewSwitchesError, match="decay_rate < "):
        autocorrelation_rate(still, 0.1, 0.02)
    with pytest.raises(StatisticsError, match="not distinguishable from zero"):
        autocorrelation_rate(0.05 * rng.standard_normal((20, 400)), 0.1, 0.1)


@pytest.mark.parametrize(
    ("samples", "interval", "tau", "complaint"),
    [
        (np.ones((2, 3)), 0.1, 1.0, "too few"),
        (np.full((2, 50), np.nan), 0.1, 0.1, r"samples\[0\]"),
        (np.ones((2, 50)), 0.0, 0.1, "interval"),
        (np.ones((2, 50)), 0.1, -1.0, "relaxation_time"),
        (np.ones((2, 50, 2)), 0.1, 0.1, "shape"),
        ([], 0.1, 0.1, "no trajectory"),
    ],
)
def test_malformed_records_are_named(
    samples: np.ndarray, interval: float, tau: float, complaint: str
) -> None:
    with pytest.raises(StatisticsError, match=complaint):
        autocorrelation_rate(samples, interval, tau)


def test_malformed_starts_are_named() -> None:
    x = np.ones((6, 50))
    with pytest.raises(StatisticsError, match="start_sign"):
        ensemble_decay(x, 0.1, [1, -1, 0, 1, 1, 1], 0.1)
    with pytest.raises(StatisticsError, match="each of them"):
        ensemble_decay(x, 0.1, np.ones(6), 0.1, symmetric=False)
    with pytest.raises(StatisticsError, match="t_min"):
        ensemble_decay(x, 0.1, np.ones(6), -1.0)
