"""Rate and frequency of a coherence, on synthetic records whose λ = -Γ - iΩ is known in closed form.

Two processes. *Parity record*: what a resonator does. A hidden parity b = ±1 drives the log-odds l = b c t/2 + sqrt(c) W, the even
weight is 1/(1 + e^{-l}), z = sech(l/2) e^{iφ} with φ = -Ωt + sqrt(d) W': E z = exp(-(c/8 + d/2) t - iΩt) exactly, and |z| dies
out along every trajectory as the record gives the parity away. *Martingale*: z = exp(a W - a²t/2 + i(b W - ωt)): Γ = b²/2,
Ω = ω - ab, and the errors of the two are correlated. On top of either, additive complex noise that is forgotten
within half of the stated relaxation time.

Bands hold 1e-8 of false alarm each (``sigmas``, binomial and χ² quantiles); every seed is fixed.
"""

from __future__ import annotations

import math
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from scipy import stats
from scipy.signal import lfilter

from wellhop.analysis.coherence import (
    FEWEST,
    CoherenceRates,
    autocorrelation_lambda,
    ensemble_lambda,
)
from wellhop.analysis.coherence_measurement import coherence_headline, measure_coherence
from wellhop.analysis.pooled_ratio import Lags
from wellhop.engine.errors import StatisticsError, TooFewSwitchesError
from wellhop.engine.records import SWITCH_DTYPE, EndState, TrajectoryRecord

Series = npt.NDArray[np.complex128]

#: learning rate of the parity, phase diffusion, frequency: Γ = c/8 + d/2
LEARNING, DIFFUSION, TURNING = 2.0, 0.3, 1.0
DECAY_RATE = LEARNING / 8.0 + DIFFUSION / 2.0
GUESS = complex(DECAY_RATE, TURNING)
INTERVAL, RELAXATION, LENGTH = 0.1, 0.1, 50
ALARM = 1e-8


def fast_noise(rng: np.random.Generator, shape: tuple[int, int], size: float) -> Series:
    """Stationary complex Ornstein-Uhlenbeck noise, variance ``size``², forgotten within RELAXATION/2."""
    keep = math.exp(-INTERVAL / (0.5 * RELAXATION))
    kicks = rng.standard_normal((2, *shape)) * size * math.sqrt((1.0 - keep**2) / 2.0)
    kicks[..., 0] /= math.sqrt(1.0 - keep**2)
    re, im = lfilter([1.0], [1.0, -keep], kicks, axis=-1)
    return np.asarray(re + 1j * im)


def brownian(rng: np.random.Generator, n: int, length: int) -> npt.NDArray[np.float64]:
    """(n, length + 1) Wiener paths on the sampling grid, 0 first."""
    steps = rng.standard_normal((n, length)) * math.sqrt(INTERVAL)
    return np.pad(steps.cumsum(axis=1), ((0, 0), (1, 0)))


def parity_record(
    seed: int, n: int, length: int = LENGTH, noise: float = 0.3, turning: float = TURNING,
    learning: float = LEARNING, diffusion: float = DIFFUSION,
) -> Series:  # fmt: skip
    """(n, length + 1) coherences, Γ = learning/8 + diffusion/2, Ω = turning."""
    rng = np.random.default_rng(seed)
    t = INTERVAL * np.arange(length + 1)
    odds = rng.choice([-1.0, 1.0], (n, 1)) * 0.5 * learning * t + math.sqrt(learning) * brownian(
        rng, n, length
    )
    phase = -turning * t + math.sqrt(diffusion) * brownian(rng, n, length)
    return np.asarray(np.exp(1j * phase) / np.cosh(odds / 2.0) + fast_noise(rng, phase.shape, noise))


def martingale(seed: int, n: int, length: int = 16, a: float = 0.4, b: float = 0.4) -> tuple[Series, complex]:
    """(n, length + 1) coherences with a random amplitude of mean 1 and a phase that moves with it, and Γ + iΩ."""
    rng = np.random.default_rng(seed)
    t = INTERVAL * np.arange(length + 1)
    w = brownian(rng, n, length)
    z = np.exp(a * w - 0.5 * a**2 * t + 1j * (b * w - (TURNING + a * b) * t))
    return z + fast_noise(rng, z.shape, 0.3), complex(0.5 * b**2, TURNING)


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


# ----------------------------------------------------------------------------------------------------- a whole measurement


def records(z: Series, state: EndState = EndState.DONE) -> list[TrajectoryRecord]:
    """Trajectories with these coherences, two clicks each, and columns of other observables behind."""
    return [
        TrajectoryRecord(
            index=j, state=state, reason="", elapsed=INTERVAL * (x.size - 1), start_well=0, click_counts=np.array([2]), flips=0,
            samples=np.column_stack([x.real, x.imag, np.ones(x.size)]), switches=np.empty(0, dtype=SWITCH_DTYPE),
            clicks=np.empty(0), guard_population=0.0,
        )
        for j, x in enumerate(z)
    ]  # fmt: skip


SETTING: dict[str, Any] = {"sample_interval": INTERVAL, "relaxation_time": RELAXATION, "guess": GUESS}


def test_measurement(sigmas: float) -> None:
    z = parity_record(17, 300, noise=0.1)
    runs = records(z)
    broken = [
        replace(r, index=300 + k, state=EndState.FAILED, reason="norm lost") for k, r in enumerate(runs[:2])
    ]
    found = measure_coherence([*runs, *broken], **SETTING, channel_names=("pairs",), second_rate=40.0)
    direct = autocorrelation_lambda(list(z), INTERVAL, RELAXATION, GUESS)
    assert {n: r.value for n, r in found.rates.items()} == {n: r.value for n, r in direct.rates.items()}
    np.testing.assert_array_equal(found.covariance, direct.covariance)
    assert np.abs(pulls(direct, GUESS)).max() < sigmas
    assert {n: r.value for n, r in coherence_headline(runs, **SETTING).items()} == {
        n: r.value for n, r in direct.rates.items()
    }
    assert (found.n_trajectories, found.n_done, found.n_censored, found.n_failed) == (302, 300, 0, 2)
    assert found.total_time == pytest.approx(300 * INTERVAL * LENGTH)
    assert found.separation == pytest.approx(40.0 / abs(direct.value))
    np.testing.assert_allclose(found.mean, z.mean(axis=0), rtol=1e-12)
    np.testing.assert_allclose(found.mean_error.imag, stats.sem(z.imag, axis=0), rtol=1e-12)
    expected = np.exp(complex(-GUESS.real, -GUESS.imag) * found.times)
    assert (np.abs((found.mean - expected).real) < sigmas * found.mean_error.real)[1:].all()
    assert (np.abs((found.mean - expected).imag) < sigmas * found.mean_error.imag)[1:].all()
    # sech²(l/2) of the log-odds at the end, by quadrature over both parities
    t, (nodes, weights) = INTERVAL * LENGTH, np.polynomial.hermite_e.hermegauss(80)
    left = (
        weights / np.cosh(0.5 * (0.5 * LEARNING * t + math.sqrt(LEARNING * t) * nodes)) ** 2
    ).sum() / math.sqrt(2.0 * np.pi)
    share = np.abs(z[:, -1]) ** 2
    assert (
        abs(found.coherence_left * (1.0 + 0.1**2) - left - 0.1**2)
        < sigmas * share.std() / math.sqrt(300) + 0.01 * left
    )
    lags = [lag for lag, _ in found.lag_scan]
    assert lags == pytest.approx([0.2, 0.4, 0.6, 0.8, 1.2])
    assert found.click_rates["pairs"].value == pytest.approx(2.0 / (INTERVAL * LENGTH))
    assert found.ensemble is not None
    assert [w.split(":")[0] for w in found.warnings] == ["failed_trajectories"]
    for text in ("Gamma: decay_rate", "Omega: frequency", "2 failed", "clicks: pairs 0.4", "first lag 0.4"):
        assert text in str(found)


def test_measurement_warns() -> None:
    z = parity_record(18, 200, noise=0.0)
    assert any(
        "not quite one complex" in w
        for w in measure_coherence(records(z), **SETTING, second_rate=5.0).warnings
    )
    assert any(
        "does not describe" in w for w in measure_coherence(records(z), **SETTING, second_rate=2.0).warnings
    )
    long = measure_coherence(records(parity_record(19, 200, length=300, noise=0.0)), **SETTING)
    assert any(w.startswith("long_trajectories") for w in long.warnings)
    # a background that does not decay spoils both estimators, each in its own way
    spoiled = measure_coherence(records(parity_record(20, 2000, noise=0.0) + 0.3), **SETTING)
    assert any(w.startswith("estimators") for w in spoiled.warnings)
    leaking = [replace(r, guard_population=0.1) for r in records(z)]
    assert any(w.startswith("truncation") for w in measure_coherence(leaking, **SETTING).warnings)


def test_measurement_without_a_result() -> None:
    """Nothing resolved is said, not raised; malformed records are raised."""
    noise = np.random.default_rng(21)
    found = measure_coherence(records(fast_noise(noise, (32, 51), 1.0)), **SETTING)
    assert all(math.isnan(r.value) for r in found.rates.values())
    assert np.isnan(found.covariance).all()
    assert found.ensemble is None
    assert found.lag_scan == ()
    assert any(w.startswith("undetermined") for w in found.warnings)
    assert "undetermined" in str(found)
    shared = measure_coherence(records(np.repeat(parity_record(22, 1), 32, axis=0)), **SETTING)
    assert any("random stream" in w for w in shared.warnings)
    runs = records(parity_record(23, 8))
    with pytest.raises(StatisticsError, match="still running"):
        measure_coherence([replace(runs[0], state=EndState.RUNNING), *runs[1:]], **SETTING)
    with pytest.raises(StatisticsError, match="observable"):
        measure_coherence([replace(r, samples=r.samples[:, :1]) for r in runs], **SETTING)
    with pytest.raises(StatisticsError, match="level"):
        measure_coherence(runs, **SETTING, level=0.0)
