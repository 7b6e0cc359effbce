"""Langevin trajectories against the truncated-Wigner generator at six points of the phase diagram.

A pull of a right estimate exceeds 5.731 with probability 1e-8. Errors here are 3 to 5 %; with the steps chosen the bias of
the integrator is below a third of that.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest

from wellhop.analysis.arrhenius import fit_action
from wellhop.analysis.comparison import compare
from wellhop.analysis.directed_measurement import DirectedMeasurement, measure_directed
from wellhop.analysis.directed_rates import DirectedRates, directed_rates
from wellhop.analysis.two_photon_actions import quantum_actions
from wellhop.engine.langevin import oscillator_problem, run_many
from wellhop.engine.oscillator import Oscillator
from wellhop.engine.systems.kerr_two_photon_drive import KerrTwoPhotonDrive

SIGMAS = 5.731
NAMES = ("lam_e", "lam_o", "k_v", "k_b")
#: (delta, eps, U), step, switches in either direction.
POINTS = [
    ((-10.0, 3.2, 1.0), 0.0075, 900),
    ((-3.0, 1.8, 0.4), 0.02, 2200),
    ((-3.0, 1.8, 0.5), 0.02, 2200),
    ((-5.0, 2.4, 0.4), 0.015, 700),
    ((-3.0, 1.5, 0.25), 0.02, 1000),
    ((-5.0, 2.0, 0.5), 0.01, 900),
]


@functools.cache
def _exact(point: tuple[float, float, float]) -> DirectedRates:
    return directed_rates(KerrTwoPhotonDrive(*point), "twa")


def _measured(
    point: tuple[float, float, float], dt: float, switches: int, oscillator: Oscillator | None = None
) -> DirectedMeasurement:
    """Trajectories of about 4/lam_e, as many as ``switches`` need; of another oscillator for negative controls."""
    exact = _exact(point)
    total = switches * exact.lam_e / (exact.k_v * exact.k_b)
    n = int(np.clip(total * exact.lam_e / 4.0, 192, 6000)) // 3 * 3
    problem = oscillator_problem(
        oscillator or KerrTwoPhotonDrive(*point).oscillator(),
        duration=total / n, sample_interval=max(0.5, 0.02 / exact.lam_e), dt=dt,
    )  # fmt: skip
    return measure_directed(
        run_many(problem, 20, range(n)), sample_interval=problem.sample_interval, burn_in=5.0 * problem.relaxation_time,
        relaxation_time=problem.relaxation_time, core_names=problem.core_names, photons=1,
    )  # fmt: skip


def _pulls(found: DirectedMeasurement, exact: DirectedRates) -> Mapping[str, float]:
    return {name: compare(found.rates[name], getattr(exact, name)).pull for name in NAMES}


@pytest.mark.parametrize(("point", "dt", "switches"), POINTS)
def test_measured_rates_are_those_of_the_generator(
    point: tuple[float, float, float], dt: float, switches: int
) -> None:
    exact = _exact(point)
    found = _measured(point, dt, switches)
    pulls = _pulls(found, exact)
    assert max(abs(p) for p in pulls.values()) < SIGMAS, pulls
    assert max(found.rates[name].relative_error for name in ("k_v", "k_b")) < 0.06
    assert found.photons is not None
    assert abs(found.photons.value - exact.spectrum.photons) < SIGMAS * found.photons.error
    assert found.bright_weight is not None
    assert abs(found.bright_weight.value - exact.bright_weight) < SIGMAS * found.bright_weight.error
    # negative control: the two directions taken for each other, or a sum for a part
    assert abs(compare(found.rates["k_v"], exact.k_b).pull) > SIGMAS
    assert abs(compare(found.rates["k_b"], 2.0 * exact.k_b).pull) > SIGMAS


def test_wrong_noise_and_missing_weyl_shift_are_seen() -> None:
    """Noise sqrt(gamma) per quadrature is that of n_th = 1/2; |alpha|² for |alpha|² - 1 is a detuning larger by U."""
    point, dt, _ = POINTS[1]
    exact, model = _exact(point), KerrTwoPhotonDrive(*point).oscillator()
    noisy = _pulls(_measured(point, dt, 500, replace(model, n_thermal=0.5)), exact)
    shifted = _pulls(_measured(point, dt, 1000, replace(model, detuning=model.detuning + point[2])), exact)
    right = _pulls(_measured(point, dt, 1000), exact)
    assert max(abs(p) for p in noisy.values()) > SIGMAS, noisy
    assert max(abs(p) for p in shifted.values()) > SIGMAS, shifted
    assert max(abs(p) for p in right.values()) < SIGMAS, right


def test_counted_switches_are_short_where_the_labels_are_not() -> None:
    """At (-3, 1.8, 0.5) counting switches between cores loses 8 % of the rates to transits."""
    point, dt, _ = POINTS[2]
    exact, found = _exact(point), _measured(point, dt, 9000)
    assert abs(compare(found.rates["lam_e"], exact.lam_e).pull) < SIGMAS
    counted = found.core.rate("k_v")
    assert counted is not None
    assert compare(counted, exact.k_v).pull < -SIGMAS
    assert any(w.startswith("rate_x_transit") for w in found.warnings)


def test_measured_rates_have_the_exponents_of_the_truncated_wigner_equation() -> None:
    """Four U at (-10, 3.2): intervals at 1 - 1e-4 hold S^TWA; S^Q of the vacuum is far outside, as it should be."""
    several_U, twa = (1.4, 1.2, 1.0, 0.85), {"k_v": 5.969556, "k_b": 5.922569}
    found = [_measured((-10.0, 3.2, U), 0.0075, 500) for U in several_U]
    for name, action in twa.items():
        fit = fit_action(several_U, [m.rates[name] for m in found], level=1.0 - 1e-4)
        assert fit.holds(action), str(fit)
    quantum = quantum_actions(KerrTwoPhotonDrive(-10.0, 3.2, 1.0))
    assert not fit_action(several_U, [m.rates["k_v"] for m in found], level=1.0 - 1e-4).holds(quantum.vacuum)
