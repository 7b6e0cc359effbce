"""The calibration of engines on the driven qubit with a defect: right engines pass, wrong ones do not; sizes of noisy means.

Pulls are held to Z = 5.731 standard errors, a false alarm of 1e-8 each, joint tests to p > 1e-8; seeds are fixed.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from wellhop.analysis.defect_calibration import (
    PULL_CARRIERS,
    ROUND_OFF,
    Calibration,
    JumpSamples,
    full_moments,
    husimi_laws,
    jump_moments,
    langevin_moments,
)
from wellhop.analysis.defect_propagator import law, mean, photons
from wellhop.analysis.modulus_estimate import modulus_estimate
from wellhop.engine.defect_langevin import DefectSamples, sample_langevin
from wellhop.engine.errors import ParameterError, StatisticsError
from wellhop.engine.systems.driven_qubit_tls import DrivenQubitTLS
from wellhop.engine.systems.driven_qubit_tls_jumps import jump_setup
from wellhop.jobs.defect_sampling import calibrate, looked_at, sample_jumps

Z, RARE = 5.731, 1e-8
COLD, WARM = DrivenQubitTLS(-0.37, 0.1), DrivenQubitTLS(-0.37, 0.1, T=150.0)


@pytest.fixture(scope="module", name="found")
def found_fixture() -> Calibration:
    return calibrate(COLD, langevin=20_000, jumps=400, full=400, seed=3)


def test_every_engine_passes(found: Calibration) -> None:
    """Five times, two temperatures, means and variances of every engine, and every distribution of Q.

    Z is the statistical test. That no pull is beyond 4 holds with probability 0.99 (about 160 of them, 6e-5 each): at a fixed seed
    that one is a check against regressions.
    """
    ensembles = [(one.engine, one.start, one.temperature) for one in found.moments]
    assert len(ensembles) == len(set(ensembles)) == 12
    assert {one.times.size for one in found.moments} == {5}
    assert found.largest_pull < 4.0 < Z
    assert found.smallest_p > RARE
    assert len(found.laws) == 2 * 2 * 5 * 3
    assert all(one.samples == 20_000 for one in found.laws)
    # what has no spread says so, and only that
    silent = [one for one in found.moments if one.remark == "trajectories do not differ"]
    assert [(one.engine, one.temperature) for one in silent] == [("displaced jumps", 10.0)]
    assert np.isnan(silent[0].pulls).all()
    # the rest of those without a joint probability has too few trajectories that clicked
    for one in found.moments:
        assert math.isnan(one.p_value) == bool(one.remark)
        if one.engine in ("husimi", "wigner"):
            assert not one.remark
            assert one.carriers.min() > 500.0
        elif not one.remark:
            assert one.carriers.min() >= PULL_CARRIERS
    # jumps from a coherent state scatter along one line
    warm_jumps = next(
        one for one in found.moments if one.engine == "displaced jumps" and one.temperature == 150.0
    )
    np.testing.assert_allclose(np.abs(warm_jumps.pulls[:, 0]), np.abs(warm_jumps.pulls[:, 1]), rtol=1e-4)
    assert warm_jumps.repeated[:, 1].all()
    assert not warm_jumps.repeated[:, [0, 2]].any()
    assert sum(int(one.repeated.sum()) for one in found.moments) == 5
    np.testing.assert_allclose(silent[0].values, silent[0].exact, atol=1e-7)
    # 1.142 us at 150 mK, to the digits of the specification
    warm = next(one for one in found.moments if one.engine == "husimi" and one.temperature == 150.0)
    np.testing.assert_allclose(warm.exact[1], [0.116771, -0.027549, 0.616979], atol=5e-7)


def test_it_prints_a_table(found: Calibration) -> None:
    lines = str(found).splitlines()
    assert len(lines) == 1 + 5 * sum(len(one.quantities) for one in found.moments) + 12 + 60 + 1
    assert lines[-1].startswith(f"largest of {found.single_pulls.size} pulls")
    assert 140 < found.single_pulls.size < 170
    assert all(len(line) < 140 for line in lines)
    assert any("no p, carried by" in line for line in lines)


def test_an_ensemble_that_happens_not_to_spread_is_not_deterministic() -> None:
    """Without a drive all photons of |1> are gone at 4.6 us, while σ² of the ensemble still has e^{-2st}/2."""
    free = DrivenQubitTLS(-0.37, 0.0)
    found = jump_moments(
        free,
        "fock_1",
        sample_jumps(free, jump_setup(free, "counting", start="fock_1"), looked_at(), 100, seed=1),
    )
    assert found.exact[-1, 2] - 0.5 > 2.0 * ROUND_OFF
    assert found.values[-1, 2] == pytest.approx(0.5, abs=1e-12)
    assert np.isnan(found.pulls[-1]).all()
    assert "no trajectory happens to differ" in found.remark
    assert math.isnan(found.p_value)


@pytest.mark.parametrize(("expected", "given"), [(3.0, False), (400.0, True)])
def test_few_clicks_give_no_probability(expected: float, given: bool) -> None:
    """Ensembles of 1000, of which a few differ: T² alone would call one in five of those less likely than 0.01."""
    rng = np.random.default_rng(11)
    times = looked_at()
    mu, exact = mean(WARM, times), np.array([photons(WARM, float(t)) for t in times])
    share, found = expected / 1000.0, []
    for _ in range(20):
        clicks = (rng.random((1000, 5)) < share) - share
        turned = rng.normal(size=(1000, 5)) * (rng.random((1000, 5)) < share)
        away = 0.3 * clicks + 0.2j * turned
        number = (
            exact
            + 2.0 * (mu.conj() * away).real
            + rng.normal(size=(1000, 5)) * (rng.random((1000, 5)) < share)
        )
        found.append(jump_moments(WARM, "coherent", JumpSamples(times, mu + away, number)))
    joint = np.array([one.p_value for one in found])
    assert np.isfinite(joint).all() if given else np.isnan(joint).all()
    carried = np.array([one.carriers[:, 0].mean() for one in found]).mean()
    assert (carried > PULL_CARRIERS) == given
    if not given:
        assert carried == pytest.approx(expected, rel=0.3)
    assert np.isnan(found[0].pulls[:, 0]).all() != given


def altered(samples: DefectSamples, amplitudes: np.ndarray) -> DefectSamples:
    return replace(samples, amplitudes=amplitudes)


def test_wrong_samples_fail() -> None:
    """Controls: noise too strong by 5 %, frame turned the other way, noise shared, cold samples called warm."""
    samples = sample_langevin(WARM, looked_at(), 8000, seed=4)
    right = langevin_moments(samples)
    assert np.abs(right.pulls).max() < Z
    assert right.p_value > RARE
    assert min(one.p_value for one in husimi_laws(samples)) > RARE
    centre = samples.amplitudes.mean(axis=0)
    wrong = {
        "noise": altered(samples, centre + math.sqrt(1.2) * (samples.amplitudes - centre)),
        "frame": altered(samples, samples.amplitudes * np.exp(-2j * WARM.delta_d * samples.times)),
        "shared": altered(samples, np.tile(samples.amplitudes[:20], (400, 1))),
        "cold": replace(sample_langevin(COLD, looked_at(), 8000, seed=4), system=WARM),
        "ordering": replace(sample_langevin(WARM, looked_at(), 8000, representation="wigner", seed=4),
                            representation="husimi"),
    }  # fmt: skip
    for name, other in wrong.items():
        moments = langevin_moments(other)
        assert moments.p_value < RARE, name
        assert np.abs(moments.pulls).max() > Z, name
        assert min(one.p_value for one in husimi_laws(other)) < RARE, name


def test_errors_are_those_of_repeated_ensembles() -> None:
    """Spread of the estimates over 200 small ensembles against their own errors; the joint probability is uniform."""
    found = [
        langevin_moments(sample_langevin(WARM, looked_at(), 1200, start="fock_1", seed=5, point=k))
        for k in range(200)
    ]
    values = np.array([one.values for one in found])
    errors = np.sqrt(np.mean([one.errors**2 for one in found], axis=0))
    ratio = values.std(axis=0, ddof=1) / errors
    # relative error of a standard deviation of 200 normal numbers
    assert np.abs(ratio - 1.0).max() < Z / math.sqrt(2.0 * 199.0) + 0.01
    away = (values.mean(axis=0) - found[0].exact) / (values.std(axis=0, ddof=1) / math.sqrt(200.0))
    assert np.abs(away).max() < Z
    assert stats.kstest([one.p_value for one in found], stats.uniform.cdf).pvalue > 1e-6


def synthetic(count: int, seed: int) -> JumpSamples:
    """Amplitudes of trajectories with a spread, photon numbers such that the ensemble is that of the warm system."""
    rng = np.random.default_rng(seed)
    times = looked_at()
    mu = mean(WARM, times)
    noise = 0.3 * (rng.normal(size=(count, 5)) + 1j * rng.normal(size=(count, 5)))
    # the photon number grows with the amplitude, and has noise of its own
    exact = np.array([photons(WARM, float(t)) for t in times])
    number = (
        exact + 2.0 * (mu.conj() * noise).real + np.abs(noise) ** 2 - 0.18 + 0.1 * rng.normal(size=(count, 5))
    )
    return JumpSamples(times, mu + noise, number)


def test_variance_of_jump_ensembles() -> None:
    """σ² has no bias from |mean|², and its error knows that mean and photon number go together."""
    found = [jump_moments(WARM, "coherent", synthetic(40, k)) for k in range(200)]
    exact = np.array([law(WARM, float(t)).variance for t in looked_at()])
    values = np.array([one.values[:, 2] for one in found])
    np.testing.assert_allclose(found[0].exact[:, 2], exact)
    error = values.std(axis=0, ddof=1)
    assert np.abs((values.mean(axis=0) - exact) / (error / math.sqrt(200.0))).max() < Z
    own = np.sqrt(np.mean([one.errors[:, 2] ** 2 for one in found], axis=0))
    assert np.abs(error / own - 1.0).max() < Z / math.sqrt(2.0 * 199.0) + 0.03
    # the error of the photon number alone would be another one
    alone = np.array([synthetic(40, k).photons.mean(axis=0) for k in range(200)]).std(axis=0, ddof=1) / 2.0
    assert np.abs(alone / own - 1.0).max() > 0.2


def test_refusals() -> None:
    for name in ("langevin", "jumps", "full"):
        with pytest.raises(ParameterError, match=name):
            calibrate(COLD, **{name: 99})  # type: ignore[arg-type]
    with pytest.raises(ParameterError, match="temperatures"):
        calibrate(COLD, temperatures=())
    with pytest.raises(ParameterError, match="husimi"):
        husimi_laws(sample_langevin(COLD, [1.0], 5, representation="wigner"))
    with pytest.raises(ParameterError, match="full model"):
        full_moments(COLD, synthetic(5, 0))
    with pytest.raises(ParameterError, match="multiples"):
        sample_jumps(COLD, jump_setup(COLD), np.array([1.0, 2.5]), 2)
    # an ensemble without spread must lie on the exact curve
    times = looked_at()
    still = JumpSamples(times, np.tile(mean(COLD, times) + 1e-3, (9, 1)), np.ones((9, 5)))
    with pytest.raises(StatisticsError, match="without spread"):
        jump_moments(COLD, "coherent", still)


# -------------------------------------------------------------------------------------------------------- sizes of noisy means


@pytest.mark.parametrize("size", [0.0, 0.02, 0.05, 0.5])
def test_interval_of_a_modulus_holds_it(size: float) -> None:
    """Coverage of at least the level, everywhere; the value has no bias where the mean is well measured."""
    rng = np.random.default_rng(7)
    errors = np.array([0.03, 0.02])
    n = 40_000
    means = size * np.exp(0.7j) + errors[0] * rng.normal(size=n) + 1j * errors[1] * rng.normal(size=n)
    found = modulus_estimate(means, np.full(n, 0.03), np.full(n, 0.02), 0.9)
    inside = ((found.lower <= size) & (size <= found.upper)).mean()
    assert inside > 0.9 - Z * math.sqrt(0.09 / n)
    assert (found.lower <= found.value).all()
    assert (found.value <= found.upper).all()
    plain = np.abs(means)
    squares = found.value**2
    if size == 0.5:
        error = squares.std() / math.sqrt(n)
        assert abs(squares.mean() - size**2) < Z * error
        assert (plain**2).mean() - size**2 > Z * error
    if size == 0.0:
        # the naive size of nothing is as large as its error
        assert plain.mean() > 0.025
        assert np.median(found.value) < 0.6 * np.median(plain)
        assert (found.lower == 0.0).mean() > 0.9


def test_modulus_refusals() -> None:
    for level in (0.0, 1.0, float("nan")):
        with pytest.raises(ParameterError, match="level"):
            modulus_estimate([1.0], [0.1], [0.1], level)
    for bad in (-0.1, float("nan")):
        with pytest.raises(ParameterError, match="errors"):
            modulus_estimate([1.0], [bad], [0.1])
    exact = modulus_estimate([0.6 + 0.8j], [0.0], [0.0])
    assert exact.value[0] == exact.lower[0] == exact.upper[0] == pytest.approx(1.0)
