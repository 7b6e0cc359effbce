"""Predictions for the driven qubit with a defect: each the number of its function, and the limits of the reduction said."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.linalg import expm
from scipy.sparse.linalg import spsolve

from wellhop.analysis.defect_limits import (
    linear_modes,
    linear_steady,
    reduction,
    response,
    saturated_drive,
    saturated_steady,
    saturation,
    second_order_steady,
)
from wellhop.analysis.defect_phases import collapse_drive, smallest_mean
from wellhop.analysis.defect_prediction import (
    CONVENTION,
    DEFECT_METHODS,
    DefectSubject,
    Evaluation,
    defect_details,
)
from wellhop.engine.defect_full_model import full_model, full_operators
from wellhop.engine.systems.driven_qubit_tls import TWO_PI, DrivenQubitTLS

FIG_2A, FIG_2B = DrivenQubitTLS(-1.5, 0.1), DrivenQubitTLS(-0.37, 0.1)
FIG_2C, FIG_2D = DrivenQubitTLS(0.02, 0.1), DrivenQubitTLS(0.1, 0.25)


def table(system: DrivenQubitTLS) -> dict[str, Evaluation]:
    subject = DefectSubject(system)
    return {name: method.evaluate(subject) for name, method in DEFECT_METHODS.items()}


def linear_generator(system: DrivenQubitTLS) -> np.ndarray:
    """Amplitude, TLS coherence and 1 in the frame of the drive, σ_z frozen at -2ν̄."""
    back = -complex(system.coherence_decay, system.delta_d - system.delta_c)
    inverted = -2j * system.nu_bar * system.coupling
    own = [-1j * system.delta_d, -1j * system.coupling, -1j * system.drive]
    return np.array([own, [inverted, back, 0.0], [0.0, 0.0, 0.0]])


def full_steady(system: DrivenQubitTLS, cutoff: int) -> complex:
    """<a> of the stationary state of oscillator and TLS."""
    from wellhop.analysis.defect_reduction import sparse_liouvillian

    model = full_model(system, cutoff)
    generator = sparse_liouvillian(model).tolil()
    generator[0, :] = np.eye(model.dim).ravel()
    source = np.zeros(model.dim**2, dtype=complex)
    source[0] = 1.0
    rho = spsolve(generator.tocsc(), source).reshape(model.dim, model.dim)
    return complex(np.trace(full_operators(cutoff)[0] @ rho))


def test_every_number_is_the_one_of_its_function() -> None:
    found = table(FIG_2B)
    least, slow = smallest_mean(FIG_2B), linear_modes(FIG_2B)[0]
    expected = {
        "gamma": FIG_2B.gamma, "s": FIG_2B.s, "eta": FIG_2B.eta, "nu": FIG_2B.nu, "n_th": FIG_2B.n_th,
        "mu_ss_real": FIG_2B.mu_ss.real, "mu_ss_imag": FIG_2B.mu_ss.imag, "radius": abs(FIG_2B.mu_ss),
        "decay_linear": -slow.real, "shift_linear": slow.imag, "radius_linear": abs(linear_steady(FIG_2B)),
        "radius_second_order": abs(second_order_steady(FIG_2B)), "smallest_mean": least.size,
        "smallest_mean_time": least.time, "collapse_drive": collapse_drive(FIG_2B).drive, "phase": 2.0,
        "photons_ss": abs(FIG_2B.mu_ss) ** 2 + FIG_2B.n_th,
    }  # fmt: skip
    for name, value in expected.items():
        assert found[name][0] == value, name
        assert found[name][1], name
    assert found["mu_ss_angle"][0] == pytest.approx(math.atan2(FIG_2B.mu_ss.imag, FIG_2B.mu_ss.real))
    assert "2 gamma_c" in CONVENTION


def test_linear_modes_and_steady_state_are_those_of_the_linear_equations() -> None:
    for system in (FIG_2A, FIG_2B, DrivenQubitTLS(0.02, 0.1, T=150.0, Delta_c=-0.7)):
        generator = linear_generator(system)
        slow, fast = linear_modes(system)
        values = np.linalg.eigvals(generator[:2, :2]) + 1j * system.delta_d
        assert sorted(values, key=lambda z: -z.real) == pytest.approx([slow, fast], abs=1e-12)
        late = (expm(generator * 80.0) @ np.array([1.0, 0.0, 1.0]))[0]
        assert linear_steady(system) == pytest.approx(late, abs=1e-12)
        assert response(system, system.delta_c) == pytest.approx(
            system.s * (1.0 + 1j * system.delta_c / system.coherence_decay)
        )


def test_weak_coupling_makes_all_of_them_the_reduced_model() -> None:
    """At fixed γ, on resonance with the TLS, they join to first order in γ/γ_c."""
    last = math.inf
    for width in (10.0, 100.0, 1000.0):
        g = math.sqrt(FIG_2B.gamma / TWO_PI * width / 2.0)
        system = DrivenQubitTLS(-0.37, 0.02, Delta_c=0.0, g=g, gamma_c=width)
        assert system.gamma == pytest.approx(FIG_2B.gamma)
        off = abs(system.mu_ss / linear_steady(system) - 1.0)
        assert off < 0.2 * last
        last = off
        assert second_order_steady(system) == pytest.approx(linear_steady(system), rel=2.0 / width)
        assert -linear_modes(system)[0].real == pytest.approx(system.s, rel=2.0 / width)


@pytest.mark.parametrize(
    ("system", "cutoff"), [(FIG_2A, 8), (FIG_2B, 10), (FIG_2C, 14), (DrivenQubitTLS(0.3, 0.5), 17)], ids=str
)
def test_maxwell_bloch_is_within_two_per_cent_of_the_full_model(system: DrivenQubitTLS, cutoff: int) -> None:
    exact = full_steady(system, cutoff)
    (found,) = saturated_steady(system)
    assert abs(found / exact - 1.0) < 0.02
    assert abs(abs(found) / abs(exact) - 1.0) < 0.01
    assert abs(system.mu_ss / exact - 1.0) > 0.05  # negative control: the reduced amplitude is not
    value, _, _, accuracy = DEFECT_METHODS["radius"].evaluate(DefectSubject(system))
    assert accuracy is not None
    assert abs(value / abs(exact) - 1.0) < accuracy


def test_maxwell_bloch_roots_solve_their_equation() -> None:
    for system in (FIG_2D, DrivenQubitTLS(0.0, 0.1), DrivenQubitTLS(0.02, 0.12)):
        roots = saturated_steady(system)
        for a in roots:
            detuning = system.delta_c - system.delta_d
            filled = 2.0 * system.coupling**2 * abs(a) ** 2 / (system.coherence_decay**2 + detuning**2)
            force = (1j * system.delta_d + response(system, detuning) / (1.0 + filled)) * a
            assert force == pytest.approx(-1j * system.drive, abs=1e-10)
            assert saturated_drive(system, abs(a)) == pytest.approx(system.Omega, rel=1e-10)
    assert [
        len(saturated_steady(s)) for s in (FIG_2D, DrivenQubitTLS(0.0, 0.1), DrivenQubitTLS(0.0, 0.5))
    ] == [1, 2, 0]


def test_phase_four_is_said_to_be_wrong() -> None:
    found = table(FIG_2D)
    for name in ("s", "radius", "photons_ss", "phase", "smallest_mean"):
        assert not found[name][1], name
    assert "phase IV is qualitatively wrong" in found["radius"][2]
    assert math.isnan(found["x"][0])
    assert found["radius_saturated"][1]
    # the stationary full model, 44 levels, has |<a>| = 2.0733
    assert found["radius_saturated"][0] == pytest.approx(2.0733, rel=0.01)
    assert found["radius"][0] < 0.7 * 2.0733


def test_notes_hold_the_small_parameters() -> None:
    note = table(FIG_2B)["radius"][2]
    assert "g/gamma_c = 0.4, gamma/gamma_c = 0.32 should be << 1" in note
    assert "no anharmonicity" in note
    assert table(FIG_2B)["s"][3] == pytest.approx(0.176, abs=1e-3)
    split = DrivenQubitTLS(-0.37, 0.1, g=0.7)
    assert not reduction(split).trusted
    assert "two normal modes" in table(split)["radius"][2]
    assert not table(split)["decay_linear"][1]
    assert reduction(DrivenQubitTLS(-0.37, 0.1, g=0.04, gamma_c=1.0)).trusted
    assert "III with 0.15 and II with 0.35" in table(FIG_2C)["phase"][2]


def test_saturation_is_power_taken_over_the_most_a_defect_takes() -> None:
    for system in (FIG_2B, DrivenQubitTLS(-0.37, 0.1, T=150.0)):
        taken, most = 2.0 * system.s * 0.8**2, 2.0 * system.nu_bar * system.coherence_decay
        assert saturation(system, 0.8j) == pytest.approx(taken / most)


def test_gamma_c_as_a_population_rate_is_another_model() -> None:
    """Negative control: with jumps sqrt(γ_c) σ₋ the coherence decays at γ_c/2 and the full model is not the one described."""
    halved = DrivenQubitTLS(-0.37, 0.1, gamma_c=0.5)
    exact = full_steady(halved, 10)
    assert abs(saturated_steady(FIG_2B)[0] / exact - 1.0) > 0.1


def test_what_does_not_exist_says_why() -> None:
    resonant, undriven, empty = (table(DrivenQubitTLS(*p)) for p in ((0.0, 0.1), (0.3, 0.0), (0.0, 0.5)))
    assert math.isnan(resonant["eta"][0])
    assert "Delta_d" in resonant["eta"][2]
    assert resonant["radius"][0] > 0.6
    assert math.isnan(resonant["collapse_drive"][0])
    assert math.isnan(undriven["phase"][0])
    assert "without a drive" in undriven["phase"][2]
    assert "comes down to the radius" in undriven["smallest_mean_time"][2]
    assert "grows for ever" in empty["radius_saturated"][2]
    assert "depends on the start" in resonant["radius_saturated"][2]
    early = table(DrivenQubitTLS(-0.5, 0.45))
    assert "before the start" in early["x"][2]


def test_details_are_plain_and_finite() -> None:
    import json

    for system in (FIG_2B, FIG_2D, DrivenQubitTLS(0.0, 0.1), DrivenQubitTLS(0.3, 0.0)):
        found = defect_details(system)
        json.dumps(found, allow_nan=False)
        assert found["fixed_points"][0]["alpha"] == pytest.approx(
            [system.mu_ss.real, system.mu_ss.imag], abs=1e-12
        )
    assert defect_details(FIG_2B)["phase"] == "II"
