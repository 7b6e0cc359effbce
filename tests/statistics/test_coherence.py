"""Rate and frequency of a coherence, on synthetic records whose λ is known in closed form (``coherence_records.py``).

Bands hold 1e-8 of false alarm each (``sigmas``, binomial and χ² quantiles); every seed is fixed.
"""

from __future__ import annotations

import math
import sys
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from scipy import stats

sys.path.insert(0, str(Path(__file__).parent))
from coherence_records import (
    DECAY_RATE,
    DIFFUSION,
    GUESS,
    INTERVAL,
    LEARNING,
    LENGTH,
    RELAXATION,
    TURNING,
    Series,
    fast_noise,
    martingale,
    parity_record,
)

from wellhop.analysis.coherence import (
    FEWEST,
    CoherenceRates,
    autocorrelation_lambda,
    ensemble_lambda,
)
from wellhop.analysis.pooled_ratio import Lags
from wellhop.engine.errors import StatisticsError, TooFewSwitchesError

ALARM = 1e-8


def pulls(found: CoherenceRates, exact: complex) -> npt.NDArray[np.float64]:
    """Errors of Γ and Ω over their standard errors."""
    error = np.array([found.value.real - exact.real, found.value.imag - exact.imag])
    return np.asarray(error / np.sqrt(np.diag(found.covariance)))


def rates_by_hand(z: Series, lags: Lags) -> tuple[Series, Series]:
    """Γ + iΩ of ensembles (..., n, length) from pooled products, whole and with each trajectory left out."""
    first, last = lags.first, lags.first + lags.step
    y = z[..., :-last].conj()
    near = (y * z[..., first : -lags.step]).sum(axis=-1)
    far = (y * z[..., last:]).sum(axis=-1)
    all_near, all_far = near.sum(axis=-1, keepdims=True), far.sum(axis=-1, keepdims=True)
    step = lags.step * INTERVAL
    return -np.log(all_far / all_near)[..., 0] / step, -np.log((all_far - far) / (all_near - near)) / step


def hits(found: CoherenceRates, exact: complex) -> list[bool]:
    """Whether the intervals of Γ and Ω hold the truth."""
    return [
        r.lower < x < r.upper for r, x in zip(found.rates.values(), (exact.real, exact.imag), strict=True)
    ]


def fewest_hits(repeats: int, level: float = 0.95) -> int:
    """Lower limit of a binomial count at the stated false-alarm probability."""
    return int(stats.binom.ppf(ALARM, repeats, level))


@cache
def repeats(kind: str, count: int, n: int) -> tuple[list[Series], complex]:
    """``count`` ensembles of ``n`` trajectories."""
    if kind == "parity":
        pool, exact = parity_record(100, count * n), GUESS
    else:
        pool, exact = martingale(200, count * n)
    return [pool[k * n : (k + 1) * n] for k in range(count)], exact


# -------------------------------------------------------------------------------------------------------- value and interval


@pytest.mark.parametrize("estimator", [autocorrelation_lambda, ensemble_lambda])
def test_unbiased_within_the_stated_error(estimator: Any, sigmas: float) -> None:
    z = parity_record(1, 8000)
    found = estimator(list(z), INTERVAL, RELAXATION, GUESS)
    assert np.abs(pulls(found, GUESS)).max() < sigmas
    for rate, quantity in zip(found.rates.values(), ("decay_rate", "frequency"), strict=True):
        assert rate.quantity == quantity
        assert rate.relative_error < 0.02
        assert rate.counts["dof"] == 7999
    # negative controls on the same numbers: a rate twice too large or too small, and decay and frequency interchanged
    for wrong in (2.0 * GUESS, 0.5 * GUESS, complex(GUESS.imag, GUESS.real)):
        assert np.abs(pulls(found, wrong)).min() > sigmas


def test_guess_chooses_lags_and_nothing_else() -> None:
    z = list(parity_record(2, 200))
    known = autocorrelation_lambda(z, INTERVAL, RELAXATION, GUESS)
    assert (known.lags.first, known.lags.step) == (4, 3)
    alone = autocorrelation_lambda(z, INTERVAL, RELAXATION)
    assert abs(alone.lags.step - 3) <= 1
    for odd in (None, complex("nan"), 0j):
        assert autocorrelation_lambda(z, INTERVAL, RELAXATION, odd).value == alone.value
    # any guess with the same lags gives the same bits
    assert autocorrelation_lambda(z, INTERVAL, RELAXATION, 1.1j).value == known.value


def test_fast_relaxation_takes_the_longer_first_lag() -> None:
    """t0 is 8 relaxation times where that costs nothing, |λ| t0 < 0.05, and 4 elsewhere."""
    z = list(parity_record(3, 20, length=3000, noise=0.0, turning=0.01, learning=0.008, diffusion=0.002))
    fast = autocorrelation_lambda(z, INTERVAL, 0.5, 0.002 + 0.01j)
    slow = autocorrelation_lambda(z, INTERVAL, 1.5, 0.002 + 0.01j)
    assert (fast.lags.first, slow.lags.first) == (40, 60)


def test_negative_detuning_conjugates() -> None:
    z = parity_record(4, 400)
    plus = autocorrelation_lambda(list(z), INTERVAL, RELAXATION, GUESS)
    minus = autocorrelation_lambda(list(z.conj()), INTERVAL, RELAXATION, GUESS, sign=-1)
    assert minus.value == pytest.approx(plus.value, rel=1e-12)
    np.testing.assert_allclose(minus.covariance, plus.covariance, rtol=1e-9)
    # negative control: the factor conjugated the wrong way round turns backwards
    wrong = autocorrelation_lambda(list(z.conj()), INTERVAL, RELAXATION, GUESS)
    assert wrong.value.imag == pytest.approx(-plus.value.imag, rel=0.01)
    assert abs(pulls(wrong, GUESS)[1]) > 50.0


@pytest.mark.parametrize("kind", ["parity", "martingale"])
@pytest.mark.parametrize("estimator", [autocorrelation_lambda, ensemble_lambda])
def test_coverage_and_covariance(kind: str, estimator: Any, sigmas: float) -> None:
    """300 repeats of 32 or 64 trajectories: 95 % intervals, variances, correlation, and the joint χ²."""
    count, n = 300, 32 if kind == "parity" else 64
    ensembles, exact = repeats(kind, count, n)
    found = [estimator(list(z), INTERVAL, RELAXATION, exact) for z in ensembles]
    assert (np.sum([hits(f, exact) for f in found], axis=0) >= fewest_hits(count)).all()
    errors = np.array([[f.value.real - exact.real, f.value.imag - exact.imag] for f in found])
    stated = np.mean([f.covariance for f in found], axis=0)
    scatter = np.cov(errors.T)
    limits = stats.chi2.ppf([0.5 * ALARM, 1.0 - 0.5 * ALARM], count - 1) / (count - 1)
    ratio = np.diag(scatter) / np.diag(stated)
    assert ((limits[0] < ratio) & (ratio < limits[1])).all()
    correlations = [c[0, 1] / math.sqrt(c[0, 0] * c[1, 1]) for c in (scatter, stated)]
    assert abs(np.arctanh(correlations[0]) - np.arctanh(correlations[1])) < sigmas / math.sqrt(count - 3)
    if kind == "martingale":  # a matrix without its off-diagonal part, or of the wrong sign, is told apart
        assert np.arctanh(correlations[0]) > sigmas / math.sqrt(count - 3)
    # Hotelling: T² (n - 2)/(2 (n - 1)) follows F(2, n - 2)
    joint = np.array([e @ np.linalg.solve(f.covariance, e) for e, f in zip(errors, found, strict=True)])
    assert abs(joint.mean() - 2.0 * (n - 1) / (n - 4)) < sigmas * joint.std() / math.sqrt(count)


def test_ensemble_average_agrees_and_is_less_certain(sigmas: float) -> None:
    z = list(parity_record(5, 4000))
    one = autocorrelation_lambda(z, INTERVAL, RELAXATION, GUESS)
    other = ensemble_lambda(z, INTERVAL, RELAXATION, GUESS)
    # from the same trajectories, hence positively correlated: the sum of the covariances is an upper limit
    spread = np.sqrt(np.diag(one.covariance + other.covariance))
    assert abs(one.value.real - other.value.real) < sigmas * spread[0]
    assert abs(one.value.imag - other.value.imag) < sigmas * spread[1]
    assert other.covariance[0, 0] > one.covariance[0, 0]
    assert {f.rates["Gamma"].method for f in (one, other)} == {
        "autocorrelation of the coherence",
        "ensemble average of the coherence",
    }


def test_jackknife_takes_out_the_bias_of_the_ratio(sigmas: float) -> None:
    """Ω from 16 trajectories of correlated amplitude and phase: the plain ratio is off by a fifth of its error."""
    count, n, lags = 4000, 16, Lags(4, 3)
    pool, exact = martingale(6, count * n, length=25)
    plain, left = rates_by_hand(pool.reshape(count, n, -1), lags)
    better = n * plain - (n - 1) * left.mean(axis=-1)
    for values, biased in ((plain.imag, True), (better.imag, False)):
        far_off = abs(values.mean() - exact.imag) > sigmas * values.std() / math.sqrt(count)
        assert bool(far_off) is biased


def test_value_is_the_jackknifed_ratio() -> None:
    """On the scale of the logarithm where a rate is clear of zero, linear elsewhere, against sums written out."""
    scales = set()
    for n, seeds in ((8, range(20)), (100, range(20, 24))):
        for seed in seeds:
            z = parity_record(seed, n, length=20)
            found = autocorrelation_lambda(list(z), INTERVAL, RELAXATION, GUESS)
            plain, left = rates_by_hand(z, found.lags)
            for rate, part in zip(found.rates.values(), ("real", "imag"), strict=True):
                whole, each = float(getattr(plain, part)), getattr(left, part)
                linear = "standard_error" in rate.counts
                scales.add(linear)
                if linear:
                    assert rate.value == pytest.approx(n * whole - (n - 1) * each.mean(), rel=1e-9, abs=1e-12)
                else:
                    wanted = n * math.log(whole) - (n - 1) * np.log(each).mean()
                    assert math.log(rate.value) == pytest.approx(wanted, rel=1e-9, abs=1e-12)
                    error = math.sqrt((n - 1) * np.log(each).var())
                    assert rate.relative_error == pytest.approx(error, rel=1e-9)
    assert scales == {True, False}


# ----------------------------------------------------------------------------------------------------------- negative controls


def test_too_short_a_first_lag_is_biased(sigmas: float) -> None:
    """One sample instead of four relaxation times: fast noise is taken for decay."""
    z = list(parity_record(7, 4000))
    honest = autocorrelation_lambda(z, INTERVAL, RELAXATION, GUESS)
    hasty = autocorrelation_lambda(z, INTERVAL, RELAXATION, GUESS, lag=INTERVAL)
    assert hasty.lags.first == 1
    assert np.abs(pulls(honest, GUESS)).max() < sigmas
    assert pulls(hasty, GUESS)[0] > sigmas


def test_any_weight_known_beforehand_will_do_but_not_a_later_one(sigmas: float) -> None:
    """z(s) z(s + t) obeys the same equation as z*(s) z(s + t), only with larger errors; a weight that looks ahead does not."""
    z = parity_record(8, 4000, noise=0.0)
    first, step = 4, 3
    near, far = z[:, first:-step], z[:, first + step :]
    blocks = np.arange(40)

    def rate(weight: Series) -> tuple[complex, npt.NDArray[np.float64]]:
        sums = np.stack([(weight * x).sum(axis=1).reshape(40, -1).sum(axis=1) for x in (near, far)])
        whole = np.log(sums[1].sum() / sums[0].sum())
        left = np.array([np.log(sums[1, blocks != k].sum() / sums[0, blocks != k].sum()) for k in blocks])
        errors = np.sqrt(39.0) * np.array([left.real.std(), left.imag.std()]) / (step * INTERVAL)
        return -complex(whole) / (step * INTERVAL), errors

    limit = stats.t.isf(0.5 * ALARM, 39)
    early = z[:, : near.shape[1]]
    fitted = {}
    for name, weight in (("conjugated", early.conj()), ("plain", early)):
        value, errors = rate(weight)
        fitted[name] = errors
        assert abs(value.real - DECAY_RATE) < limit * errors[0]
        assert abs(value.imag - TURNING) < limit * errors[1]
    assert (fitted["plain"] > 1.5 * fitted["conjugated"]).all()
    value, errors = rate(near.conj())  # Y = z(s + t0) keeps the identity, for it comes before D begins
    assert abs(value.real - DECAY_RATE) < limit * errors[0]
    value, errors = rate(far.conj())  # Y = z(s + t0 + D) does not
    assert abs(value.real - DECAY_RATE) > limit * errors[0]


def test_twice_the_step_is_half_the_rate(sigmas: float) -> None:
    """A factor of two in D, from an interval stated wrongly, is excluded."""
    z = list(parity_record(9, 1000))
    wrong = autocorrelation_lambda(z, 2.0 * INTERVAL, RELAXATION, GUESS / 2.0)
    assert pulls(wrong, GUESS / 2.0)[1] == pytest.approx(0.0, abs=sigmas)
    assert np.abs(pulls(wrong, GUESS)).min() > sigmas


def test_errors_from_single_times_under_cover() -> None:
    """Products of one trajectory overlap: taken as independent, they give intervals that miss far too often."""
    count, n, first, step = 300, 16, 4, 14
    exact = GUESS / 5.0
    pool = parity_record(24, count * n, 5 * LENGTH, 0.0, TURNING / 5.0, LEARNING / 5.0, DIFFUSION / 5.0)
    inside, honest = np.zeros(2), np.zeros(2)
    q = stats.norm.ppf(0.975)
    for z in pool.reshape(count, n, -1):
        y, near, far = z[:, : -first - step].conj(), z[:, first:-step], z[:, first + step :]
        total = (y * near).sum()
        rho = (y * far).sum() / total
        # d ln rho of every single product; decay and turning are its two parts
        single = (y * (far - rho * near)).ravel() / (rho * total)
        value = -np.log(rho) / (step * INTERVAL)
        errors = np.array([np.sqrt((part**2).sum()) for part in (single.real, single.imag)]) / (
            step * INTERVAL
        )
        inside += np.abs([value.real - exact.real, value.imag - exact.imag]) < q * errors
        found = autocorrelation_lambda(list(z), INTERVAL, RELAXATION, exact)
        assert (found.lags.first, found.lags.step) == (first, step)
        honest += hits(found, exact)
    assert (inside < fewest_hits(count)).all()
    assert (honest >= fewest_hits(count)).all()


def test_one_random_stream_for_all_is_refused() -> None:
    """A shared seed: no scatter at all, so that any error would be a lie."""
    z = [parity_record(10, 1)[0]] * 32
    for estimator in (autocorrelation_lambda, ensemble_lambda):
        with pytest.raises(StatisticsError, match="random stream"):
            estimator(z, INTERVAL, RELAXATION, GUESS)
    with pytest.raises(StatisticsError, match="random stream"):
        autocorrelation_lambda([1.1 * z[0], *z[1:]], INTERVAL, RELAXATION, GUESS)
    # negative control: one honest trajectory among the copies leaves a scatter, but nothing a count of copies could hide
    assert (
        autocorrelation_lambda([*z[1:], *parity_record(11, 31)], INTERVAL, RELAXATION, GUESS).covariance[0, 0]
        > 0.0
    )


# ------------------------------------------------------------------------------------------------------ unresolved, refused


def test_unresolved_decay_keeps_a_linear_error(sigmas: float) -> None:
    """Ω/Γ = 80: the turning is known to a percent where the decay is not; both intervals cover."""
    count, n, exact = 300, 12, complex(0.0125, 1.0)
    pool = parity_record(12, count * n, noise=0.05, learning=0.05, diffusion=0.0125, length=20)
    found = [
        autocorrelation_lambda(list(pool[k * n : (k + 1) * n]), INTERVAL, RELAXATION, exact)
        for k in range(count)
    ]
    assert (np.sum([hits(f, exact) for f in found], axis=0) >= fewest_hits(count)).all()
    gamma = [f.rates["Gamma"] for f in found]
    linear = [r for r in gamma if "standard_error" in r.counts]
    assert len(linear) > 30
    assert any(r.value < 0.0 for r in linear)
    for r in linear:
        error = float(r.counts["standard_error"])
        q = stats.t.ppf(0.975, n - 1)
        assert (r.lower, r.upper) == pytest.approx((r.value - q * error, r.value + q * error))
        assert r.warnings[0].startswith("unresolved: decay_rate")
        assert r.relative_error == (math.inf if r.value <= 0.0 else pytest.approx(error / r.value))
    assert all("standard_error" not in f.rates["Omega"].counts for f in found)
    mean = np.mean([r.value for r in gamma])
    # choosing between two scales by the outcome leaves a bias well below one error of one ensemble
    assert (
        abs(mean - exact.real)
        < sigmas * np.std([r.value for r in gamma]) / math.sqrt(count) + 0.1 * exact.real
    )


def test_refusals() -> None:
    z = list(parity_record(13, 32))
    with pytest.raises(StatisticsError, match=f"got {FEWEST - 1} trajectories"):
        autocorrelation_lambda(z[: FEWEST - 1], INTERVAL, RELAXATION, GUESS)
    bad = z[3].copy()
    bad[5] = complex(0.0, float("nan"))
    with pytest.raises(StatisticsError, match=r"samples\[3\].*finite"):
        autocorrelation_lambda([*z[:3], bad, *z[4:]], INTERVAL, RELAXATION, GUESS)
    with pytest.raises(StatisticsError, match=r"samples\[0\].*shape"):
        autocorrelation_lambda([z[0][:, None], *z[1:]], INTERVAL, RELAXATION, GUESS)
    with pytest.raises(StatisticsError, match=r"6 samples .* too few .* longer"):
        autocorrelation_lambda([x[:6] for x in z], INTERVAL, RELAXATION, GUESS)
    for name, arguments in (
        ("interval", (0.0, RELAXATION)), ("interval", (float("nan"), RELAXATION)),
        ("relaxation_time", (INTERVAL, 0.0)), ("relaxation_time", (INTERVAL, float("inf"))),
    ):  # fmt: skip
        with pytest.raises(StatisticsError, match=name):
            autocorrelation_lambda(z, *arguments, GUESS)
    with pytest.raises(StatisticsError, match="level"):
        autocorrelation_lambda(z, INTERVAL, RELAXATION, GUESS, level=1.0)
    noise = np.random.default_rng(14)
    lost = [x * np.exp(2j * np.pi * noise.random(x.size)) for x in z]
    with pytest.raises(StatisticsError, match="not distinguishable from zero"):
        autocorrelation_lambda(lost, INTERVAL, RELAXATION, GUESS)
    for guess in (GUESS, None):  # a start of one parity: no coherence at all, and no warning about a division
        with pytest.raises(StatisticsError, match="not distinguishable from zero"):
            autocorrelation_lambda([0.0 * x for x in z], INTERVAL, RELAXATION, guess)
    still = [1.0 + 0.01 * x for x in fast_noise(noise, (32, 51), 1.0)]
    with pytest.raises(TooFewSwitchesError, match="neither decay nor rotation"):
        autocorrelation_lambda(still, INTERVAL, RELAXATION, GUESS)


def test_trajectories_of_unequal_length(sigmas: float) -> None:
    """Cut off at random, also below the lags: the short ones say little and nothing wrong."""
    z = parity_record(15, 3000)
    ends = np.random.default_rng(16).integers(3, LENGTH + 2, len(z))
    found = autocorrelation_lambda(
        [x[:end] for x, end in zip(z, ends, strict=True)], INTERVAL, RELAXATION, GUESS
    )
    assert np.abs(pulls(found, GUESS)).max() < sigmas
    assert found.rates["Gamma"].counts["total_time"] == pytest.approx(INTERVAL * ends.sum())
