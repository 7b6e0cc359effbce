"""Rates measured on jump trajectories of the two-photon resonator against exact eigenvalues.

Every band is Z = 5.731 standard errors, false alarm 1e-8, with fixed seeds.
"""

from __future__ import annotations

import math
from functools import cache
from typing import Any

import numpy as np
import pytest

from wellhop.analysis.coherence import autocorrelation_lambda
from wellhop.analysis.coherence_measurement import CoherenceMeasurement, measure_coherence
from wellhop.analysis.measurement import Measurement, measure
from wellhop.analysis.resonator_modes import slow_modes
from wellhop.analysis.resonator_spectrum import odd_sector_eigenvalues, slow_eigenvalue
from wellhop.engine.ensemble import run_trajectories
from wellhop.engine.records import EndState, TrajectoryRecord
from wellhop.engine.systems.two_photon_resonator import TwoPhotonResonator
from wellhop.engine.systems.two_photon_resonator_jumps import CORE_THRESHOLDS, jump_setup, well_amplitude
from wellhop.engine.unravelling import build_problem

Z = 5.731
RIGHT = TwoPhotonResonator(3.0, 1.0)


@cache
def coherence(
    point: tuple[float, float, float], count: int = 320, seed: int = 11, unravelling: str = "displaced"
) -> tuple[CoherenceMeasurement, list[TrajectoryRecord], dict[str, Any]]:
    """Measured coherence of trajectories five |λ|⁻¹ long."""
    system = TwoPhotonResonator(*point)
    modes = slow_modes(system)
    size = abs(modes.values[0])
    interval = 0.1 / size
    problem = build_problem(jump_setup(system, unravelling), duration=5.0 / size, sample_interval=interval)
    records = run_trajectories(problem, seed, range(count))
    setting: dict[str, Any] = {
        "sample_interval": interval,
        "relaxation_time": 1.0 / modes.next_rate,
        "guess": complex(-modes.values[0].real, abs(modes.values[0].imag)),
        "sign": 1 if system.Delta > 0.0 else -1,
    }
    found = measure_coherence(
        records, **setting, channel_names=problem.channel_names, second_rate=modes.next_rate
    )
    return found, records, setting


POINTS = [(3.0, 1.0, 1.0), (4.0, 1.0, 1.0), (4.0, -2.0, 1.0), (4.0, 1.0, 0.8)]


@pytest.mark.parametrize("point", POINTS)
def test_measured_lambda(point: tuple[float, float, float]) -> None:
    """Γ to 3-5 %, Ω to 1-3 %: closer in absolute terms than four standard errors of a quarter of the trajectories."""
    exact = slow_eigenvalue(TwoPhotonResonator(*point))
    found, records, setting = coherence(point)
    assert all(r.state is EndState.DONE for r in records)
    for rates in (found.rates, found.ensemble):
        assert rates is not None
        for name, value in (("Gamma", -exact.real), ("Omega", abs(exact.imag))):
            assert abs(math.log(rates[name].value / value)) < Z * rates[name].relative_error
            assert rates[name].relative_error < 0.07
            # negative controls: twice, half, and S of another η
            for factor in (2.0, 0.5):
                assert abs(math.log(rates[name].value / (factor * value))) > Z * rates[name].relative_error
    # decay and frequency are not each other, nor |λ|
    assert found.rates["Gamma"].value < 0.8 * found.rates["Omega"].value
    # turning the other way is excluded
    backwards = measure_coherence(records, **{**setting, "sign": -setting["sign"]})
    assert backwards.rates["Omega"].value == pytest.approx(-found.rates["Omega"].value, rel=0.05)
    assert backwards.rates["Omega"].upper < 0.0
    assert not [w for w in found.warnings if not w.startswith("separation")]
    # the ensemble average itself, against exp(λt) away from the first relaxation
    late = found.times > 0.0
    model = np.exp(exact * found.times[late])
    start = abs(np.vdot(model, found.mean[late]) / np.vdot(model, model))
    assert start == pytest.approx(1.0, abs=0.15)


def test_counting_measures_the_same_lambda() -> None:
    exact = slow_eigenvalue(RIGHT)
    found, _, _ = coherence((3.0, 1.0, 1.0), 160, 12, "counting")
    for name, value in (("Gamma", -exact.real), ("Omega", abs(exact.imag))):
        assert abs(math.log(found.rates[name].value / value)) < Z * found.rates[name].relative_error


def test_unequal_rates_are_told_apart_by_the_fit_alone() -> None:
    """Negative control: a guess of another point moves lags, not values; X in the place of <C> gives no λ."""
    _, records, setting = coherence((3.0, 1.0, 1.0))
    exact = slow_eigenvalue(RIGHT)
    z = [r.samples[:, 0] + 1j * r.samples[:, 1] for r in records]
    arguments = (setting["sample_interval"], setting["relaxation_time"])
    for guess in (None, 3.0 * setting["guess"], 0.4 * setting["guess"]):
        found = autocorrelation_lambda(z, *arguments, guess)
        assert (
            abs(math.log(found.rates["Omega"].value / -exact.imag)) < Z * found.rates["Omega"].relative_error
        )
    real = autocorrelation_lambda([x.real.astype(np.complex128) for x in z], *arguments, setting["guess"])
    assert abs(real.value.imag) < 0.1 * -exact.imag


TELEGRAPH = [(4.0, 1.0, 1.0, 0.1), (3.0, 1.0, 1.0, 0.2)]


@cache
def telegraph(point: tuple[float, float, float, float], count: int = 100) -> tuple[Measurement, float]:
    """Switches of trajectories twenty 1/Γ_z long, and the exact Γ_z."""
    system = TwoPhotonResonator(*point)
    modes = slow_modes(system)
    rate, setup = -float(modes.values[0].real), jump_setup(system)
    settling = max(setup.relaxation_time, -1.0 / float(modes.values[1].real))
    interval = max(0.1 / rate, settling)
    problem = build_problem(setup, duration=20.0 / rate, sample_interval=interval)
    found = measure(
        run_trajectories(problem, 13, range(count)), sample_interval=interval, burn_in=5.0 * settling, relaxation_time=settling,
        core_names=problem.core_names, channel_names=problem.channel_names, rate_guess=rate, second_rate=1.0 / settling,
    )  # fmt: skip
    return found, rate


@pytest.mark.parametrize("point", TELEGRAPH)
def test_telegraph_rate(point: tuple[float, float, float, float]) -> None:
    """Γ_z from the order parameter to 6 %; Γ of the same resonator without one-photon loss, 2 Γ_z and Γ_z/2 are excluded."""
    found, rate = telegraph(point)
    assert rate == pytest.approx(
        -odd_sector_eigenvalues(TwoPhotonResonator(*point), levels=24)[0].real, rel=1e-9
    )
    measured = found.decay_rate
    assert measured.relative_error < 0.06
    assert abs(math.log(measured.value / rate)) < Z * measured.relative_error
    assert found.mean_square > 0.85
    # in the frame of its own well a trajectory hardly clicks; in that of the other it would at 4κ₁|α|²
    other = 4.0 * point[3] * abs(well_amplitude(TwoPhotonResonator(*point))) ** 2
    assert found.click_rates["loss"].upper < 0.05 * other
    for factor in (2.0, 0.5):
        assert abs(math.log(measured.value / (factor * rate))) > Z * measured.relative_error
    if point == (3.0, 1.0, 1.0, 0.2):
        bare = -slow_eigenvalue(RIGHT).real
        assert abs(math.log(measured.value / bare)) > Z * measured.relative_error


def test_residence_times_where_they_mean_something() -> None:
    """2/T_res at (4, 1), κ₁ = 0.1, where κ₁|α₀|² is 27 Ω: within 3 % of Γ_z beyond chance, for cores at 0.95 and above."""
    found, rate = telegraph((4.0, 1.0, 1.0, 0.1))
    assert found.residence is not None
    scan = {float(name): value for name, value in found.core_scan}
    assert tuple(scan) == CORE_THRESHOLDS
    for threshold in CORE_THRESHOLDS[1:]:
        estimate = scan[threshold]
        assert abs(math.log(estimate.value / rate)) < Z * estimate.relative_error + 0.03
        assert abs(math.log(0.5 * estimate.value / rate)) > Z * estimate.relative_error + 0.03
