"""Trajectories near one attractor of the Duffing oscillator against the master equation, and hypotheses they must exclude.

Seeds are fixed; limits are those of a normal deviate with a false alarm below 1e-8 (5.8 standard errors) for one number and of
Hotelling's T² at the same chance for several.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import binom
from scipy.stats import f as fisher

from wellhop.analysis.duffing_emission import emission_correlation, windowed_spectrum
from wellhop.analysis.duffing_frame import attractor_frame
from wellhop.analysis.duffing_temperature import dephasing_slope_law, well_temperature
from wellhop.analysis.duffing_well import attractor_well
from wellhop.engine.errors import ParameterError, PredictionError, StatisticsError
from wellhop.engine.systems.duffing_attractors import DuffingAttractors
from wellhop.jobs.duffing_light_sampling import SampledSpectrum, sample_spectrum
from wellhop.jobs.duffing_sampling import SampledPopulations, sample_noise, sample_populations

BETA = 4 / 75
SYSTEM = DuffingAttractors(0.016, BETA, 0.005)
Z, CHANCE = 5.8, 1e-8


def far(difference: np.ndarray, covariance: np.ndarray, samples: int) -> float:
    """Hotelling's T² over the value that chance exceeds with probability 1e-8."""
    k = len(difference)
    limit = k * (samples - 1) / (samples - k) * fisher.isf(CHANCE, k, samples - k)
    return float(difference @ np.linalg.solve(covariance, difference) / limit)


@pytest.fixture(scope="module")
def dephased() -> SampledPopulations:
    """HAS at n_th = 0 with dephasing that doubles its Bose number."""
    return sample_populations(
        replace(SYSTEM, eta=0.03 * SYSTEM.kappa), "HAS", trajectories=600, count=4, seed=4
    )


@pytest.fixture(scope="module")
def light() -> SampledSpectrum:
    return sample_spectrum(DuffingAttractors(0.03, BETA, 0.1), "HAS", starts=300, seed=2)


def test_populations_and_temperature_at_both_attractors(dephased: SampledPopulations) -> None:
    warm = sample_populations(replace(SYSTEM, n_th=0.3), "LAS", trajectories=400, count=3, seed=5)
    for found in (dephased, warm):
        count = len(found.means)
        exact = found.well.populations(count)
        assert far(found.means - exact, found.covariance, len(found.values)) < 1.0
        expected = well_temperature(found.well.system, found.well.frame.attractor)
        assert abs(found.log_ratio - expected.log_ratio) < Z * found.log_ratio_error
        assert abs(found.occupation - expected.occupation) < Z * found.occupation_error
        low, high = found.temperature_interval(1.0 - CHANCE)
        assert low < expected.temperature < high
        assert found.log_ratio_error < 0.05
        assert found.clicks > 0.0
    assert dephased.edge < 0.1


def test_the_printed_dephasing_and_another_bath_are_excluded(dephased: SampledPopulations) -> None:
    frame = attractor_frame(SYSTEM, "HAS")
    right, printed = (frame.occupation + 0.03 * dephasing_slope_law(frame, printed=p) for p in (False, True))
    assert abs(dephased.occupation - right) < Z * dephased.occupation_error
    assert abs(dephased.occupation - printed) > Z * dephased.occupation_error
    other = attractor_well(replace(dephased.well.system, n_th=0.2), "HAS").populations(4)
    assert far(dephased.means - other, dephased.covariance, len(dephased.values)) > 1.0


def test_the_interval_covers_as_often_as_it_says(dephased: SampledPopulations) -> None:
    """90 % intervals of 30 groups of 20 trajectories: fewer than 15 hits have a chance below 1e-8."""
    assert binom.cdf(14, 30, 0.9) < CHANCE
    exact = well_temperature(dephased.well.system, "HAS").temperature
    groups = [replace(dephased, values=dephased.values[k::30]) for k in range(30)]
    intervals = [group.temperature_interval(0.9) for group in groups]
    assert sum(low < exact < high for low, high in intervals) >= 15
    # control: intervals of a tenth of the width hold it less often than a third of the time
    narrow = [(0.55 * low + 0.45 * high, 0.45 * low + 0.55 * high) for low, high in intervals]
    assert sum(low < exact < high for low, high in narrow) < 15


def test_langevin_moments() -> None:
    """At λ = 0.004, where truncated Wigner errs by less than the sample does; the other bath is far off."""
    for attractor, n_th in (("HAS", 0.0), ("LAS", 0.2)):
        found = sample_noise(
            DuffingAttractors(0.004, BETA, 0.02, n_th), attractor, trajectories=128, length=24.0, seed=3
        )
        error = found.occupation_error
        assert abs(found.occupation - found.well.moment_occupation) < Z * error
        wrong = attractor_well(replace(found.well.system, n_th=n_th + 0.25), attractor)
        assert abs(found.occupation - wrong.moment_occupation) > Z * error
        assert (
            abs(found.log_ratio - math.log1p(1.0 / found.well.moment_occupation)) < Z * found.log_ratio_error
        )


def test_spectrum_of_trajectories_is_that_of_the_master_equation(light: SampledSpectrum) -> None:
    frequencies = np.array([-0.9, -0.75, -0.66, -0.55, -0.2, 0.2, 0.55, 0.66, 0.75, 0.9])
    value, covariance = light.spectrum(frequencies)
    exact = emission_correlation(light.well, light.step, light.correlations.shape[1] - 1)
    expected = windowed_spectrum(exact, light.step, frequencies)
    starts = len(light.correlations)
    assert far(value - expected, covariance, starts) < 1.0
    peak = np.sqrt(np.diag(covariance))[7]
    assert peak < 0.15 * expected[7]
    # controls: half the light, light without a peak on the other side, and peaks where linear theory of no damping has them
    assert far(value - 0.5 * expected, covariance, starts) > 1.0
    assert far(value - np.where(frequencies < 0.0, 0.0, expected), covariance, starts) > 1.0
    other = emission_correlation(
        attractor_well(replace(light.well.system, khat=0.15), "HAS"), light.step, len(exact) - 1
    )
    assert far(value - windowed_spectrum(other, light.step, frequencies), covariance, starts) > 1.0


def test_correlation_starts_at_the_noise_and_the_product_of_means_does_not(light: SampledSpectrum) -> None:
    """E|⟨δa⟩|² of single trajectories is less than ⟨δa†δa⟩, as of any unravelling."""
    mean, error = light.correlation()
    exact = emission_correlation(light.well, light.step, 1)[0].real
    assert abs(mean[0].real - exact) < Z * error[0]
    stationary = light.product_of_means()
    assert stationary[0] + Z * stationary[1] < exact


def test_runs_are_reproducible_and_told_of() -> None:
    shares: list[float] = []
    first, second = (
        sample_spectrum(DuffingAttractors(0.03, BETA, 0.1), "HAS", starts=16, seed=8, watch=shares.append)
        for _ in range(2)
    )
    np.testing.assert_array_equal(first.correlations, second.correlations)
    assert shares[-1] == pytest.approx(1.0)
    assert np.all(np.diff(shares[: len(shares) // 2]) >= 0.0)


def test_refusals() -> None:
    with pytest.raises(ParameterError, match="trajectories"):
        sample_populations(SYSTEM, "HAS", trajectories=4)
    with pytest.raises(ParameterError, match="length"):
        sample_populations(SYSTEM, "HAS", trajectories=16, length=5.0)
    with pytest.raises(ParameterError, match="length"):
        sample_noise(SYSTEM, "HAS", trajectories=16, length=5.0)
    with pytest.raises(ParameterError, match="count"):
        sample_populations(SYSTEM, "HAS", trajectories=16, count=1)
    with pytest.raises(ParameterError, match="eta"):
        sample_noise(replace(SYSTEM, eta=0.01), "HAS", trajectories=16)
    with pytest.raises(PredictionError, match="no bistability"):
        sample_spectrum(replace(SYSTEM, beta=0.3), "HAS", starts=16)
    with pytest.raises(StatisticsError, match="left LAS"):
        sample_noise(DuffingAttractors(0.06, BETA, 0.05), "LAS", trajectories=16)
    with pytest.raises(ParameterError, match="level"):
        sample_populations(SYSTEM, "HAS", trajectories=16).temperature_interval(1.0)
