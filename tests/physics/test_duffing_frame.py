"""Displaced and squeezed frame of the Duffing oscillator: closed forms against matrices, and printed forms that must not agree."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import qutip
from scipy.linalg import expm

from wellhop.analysis.duffing_frame import (
    AttractorFrame,
    attractor_frame,
    basis_cutoff,
    number_basis,
    undamped_frame,
    undamped_positions,
)
from wellhop.engine import fock
from wellhop.engine.errors import CutoffError, CutoffWarning, ParameterError, PredictionError
from wellhop.engine.systems.duffing_attractors import DuffingAttractors

BETA = 4 / 75
SYSTEM = DuffingAttractors(lam=0.12, beta=BETA, khat=0.1, n_th=0.3, eta=0.03, dw=1.7)
LEVELS = 4


@pytest.fixture(scope="module")
def table() -> Any:
    return tomllib.loads((Path(__file__).parent / "duffing_reference.toml").read_text())["frame"]


@pytest.fixture(scope="module", params=["LAS", "HAS"])
def case(request: pytest.FixtureRequest) -> tuple[AttractorFrame, np.ndarray]:
    """A damped frame, where α and u are complex, and its number states."""
    frame = attractor_frame(SYSTEM, request.param)
    return frame, number_basis(frame, LEVELS, basis_cutoff(frame, LEVELS))


def test_printed_frame(table: Any, printed_as: Callable[..., bool]) -> None:
    positions = undamped_positions(BETA)
    assert all(printed_as(q, text) for q, text in zip(positions, table["positions"], strict=True))
    energies = [-((q**2 - 1) ** 2) / 4 + np.sqrt(BETA) * q for q in positions]
    assert all(printed_as(g, text) for g, text in zip(energies, table["quasienergies"], strict=True))
    for attractor in ("LAS", "HAS"):
        frame = undamped_frame(0.016, BETA, attractor)
        for name, text in table[attractor].items():
            value = complex(getattr(frame, name))
            assert value.imag == 0.0
            assert printed_as(value.real, text)


def test_number_states_are_the_displaced_and_squeezed_ones(case: tuple[AttractorFrame, np.ndarray]) -> None:
    """Independent: exponentials of the generators in a much larger space."""
    frame, basis = case
    size = len(basis)
    a = fock.annihilation(size + 40)
    displace = expm(frame.alpha * a.conj().T - np.conj(frame.alpha) * a)
    squeeze = expm(0.5 * (np.conj(frame.xi) * a @ a - frame.xi * (a @ a).conj().T))
    np.testing.assert_allclose((displace @ squeeze)[:size, :LEVELS], basis, atol=1e-11)
    np.testing.assert_allclose(basis.conj().T @ basis, np.eye(LEVELS), atol=1e-12)


def test_the_squeeze_is_not_the_printed_one(case: tuple[AttractorFrame, np.ndarray]) -> None:
    """S† a S = v a + u a† with u = -(ξ/|ξ|) sinh|ξ|; the conjugate, as printed, fails for complex ξ."""
    frame, _ = case
    a = fock.annihilation(80)
    squeeze = expm(0.5 * (np.conj(frame.xi) * a @ a - frame.xi * (a @ a).conj().T))
    turned = (squeeze.conj().T @ a @ squeeze)[:6, :6]
    mode = (frame.v * a + frame.u * a.conj().T)[:6, :6]
    printed = (frame.v * a + np.conj(frame.u) * a.conj().T)[:6, :6]
    assert np.abs(turned - mode).max() < 1e-12
    assert np.abs(turned - printed).max() > 0.01


def test_stationarity_and_branch(case: tuple[AttractorFrame, np.ndarray]) -> None:
    frame, _ = case
    r = 2 * frame.lam * abs(frame.alpha) ** 2
    force = (SYSTEM.khat + 1j * (1 - r)) * frame.alpha + 1j * np.sqrt(BETA / (2 * frame.lam))
    w, k = 1 - 2 * r, -frame.lam * frame.alpha**2
    pair = w * frame.v * frame.u + np.conj(k) * frame.u**2 + k * frame.v**2
    assert abs(force) < 1e-13
    assert abs(pair) < 1e-13
    assert frame.v**2 - abs(frame.u) ** 2 == pytest.approx(1.0, abs=1e-14)
    spacing = w * (frame.v**2 + abs(frame.u) ** 2) + 4 * np.real(np.conj(k) * frame.u * frame.v)
    assert frame.w0 == pytest.approx(SYSTEM.dw * spacing, rel=1e-13)
    assert (frame.w0 < 0) is (frame.attractor == "HAS")
    # The linearised mean field turns at the same frequency.
    nearest = min(SYSTEM.fixed_points(), key=lambda p: abs(p.alpha - frame.alpha))
    assert abs(nearest.eigenvalues[0].imag) == pytest.approx(abs(frame.w0), rel=1e-12)


def test_bath_in_the_frame_is_that_of_the_lossy_transformation(
    case: tuple[AttractorFrame, np.ndarray],
) -> None:
    """κN̄ and κ(1+N̄) are the rates 0 -> 1 and 1 -> 0 of the jump operators; κM is their cross product."""
    frame, basis = case
    a = fock.annihilation(len(basis))
    jumps = [np.sqrt(SYSTEM.kappa * (1 + SYSTEM.n_th)) * a, np.sqrt(SYSTEM.kappa * SYSTEM.n_th) * a.conj().T]
    inside = [basis.conj().T @ jump @ basis for jump in jumps]
    up = sum(abs(j[1, 0]) ** 2 for j in inside)
    down = sum(abs(j[0, 1]) ** 2 for j in inside)
    cross = sum(j[1, 0] * np.conj(j[0, 1]) for j in inside)
    assert up == pytest.approx(SYSTEM.kappa * frame.occupation, rel=1e-11)
    assert down == pytest.approx(SYSTEM.kappa * (1 + frame.occupation), rel=1e-11)
    assert cross == pytest.approx(SYSTEM.kappa * frame.squeezing, rel=1e-10)


def test_dephasing_heats_twice_as_much_as_printed(case: tuple[AttractorFrame, np.ndarray]) -> None:
    frame, basis = case
    jump = basis.conj().T @ (np.sqrt(2 * SYSTEM.eta) * fock.number(len(basis))) @ basis
    heated = SYSTEM.kappa * frame.occupation + abs(jump[1, 0]) ** 2
    assert SYSTEM.kappa * frame.dephased_occupation == pytest.approx(heated, rel=1e-11)
    printed = (
        frame.occupation
        + SYSTEM.eta / SYSTEM.kappa * abs(np.conj(frame.alpha) * frame.u + frame.alpha * frame.v) ** 2
    )
    assert abs(SYSTEM.kappa * printed / heated - 1) > 0.02


def test_strong_damping_against_the_steady_state_of_the_linear_theory() -> None:
    """Independent: QuTiP's steady state of w0 b†b with the jump operators written in b."""
    frame = attractor_frame(DuffingAttractors(0.05, BETA, 0.15, n_th=0.05, eta=0.002), "HAS")
    b = qutip.destroy(36)
    mode = frame.v * b + frame.u * b.dag()
    c = np.conj(frame.alpha) * frame.u + frame.alpha * frame.v
    jumps = [np.sqrt(frame.kappa * (1 + frame.n_th)) * mode, np.sqrt(frame.kappa * frame.n_th) * mode.dag()]
    jumps.append(np.sqrt(2 * frame.eta) * (np.conj(c) * b + c * b.dag()))
    rho = qutip.steadystate(frame.w0 * b.dag() * b, jumps)
    assert qutip.expect(b.dag() * b, rho) == pytest.approx(frame.dephased_occupation, rel=1e-6)
    assert complex(qutip.expect(b * b, rho)) == pytest.approx(frame.anomalous_moment, rel=1e-6)
    p = np.sort(rho.eigenenergies())[::-1]
    assert p[1] / (p[0] - p[1]) == pytest.approx(frame.damped_occupation, rel=1e-6)
    # Negative control: the populations of a thermal state of N̄ are not those.
    assert frame.dephased_occupation / frame.damped_occupation > 1.03


def test_weak_damping_joins_the_undamped_frame() -> None:
    weak = DuffingAttractors(0.016, BETA, 1e-6)
    for attractor in ("LAS", "HAS"):
        still, moved = undamped_frame(0.016, BETA, attractor), attractor_frame(weak, attractor)
        assert moved.alpha == pytest.approx(still.alpha, rel=1e-4)
        assert moved.damped_occupation == pytest.approx(still.occupation, rel=1e-4)
        assert attractor_frame(weak, attractor, damped=False).alpha == still.alpha


def test_refusals() -> None:
    with pytest.raises(ParameterError, match="attractor: got 'saddle', allowed is LAS or HAS"):
        attractor_frame(SYSTEM, "saddle")  # type: ignore[arg-type]  # the refusal is the point
    with pytest.raises(PredictionError, match="no bistability"):
        attractor_frame(DuffingAttractors(0.05, 0.2, 0.1), "HAS")
    with pytest.raises(PredictionError, match=r"no bistability at beta = 0\.2 >= 4/27"):
        undamped_frame(0.05, 0.2, "LAS")
    with pytest.raises(PredictionError, match="a node and no focus"):
        attractor_frame(DuffingAttractors(0.05, 0.0438, 0.21), "HAS")
    frame = undamped_frame(0.05, BETA, "HAS")
    for levels, cutoff, name in ((0, 60, "levels"), (True, 60, "levels"), (5, 3, "cutoff")):
        with pytest.raises(ParameterError, match=name):
            number_basis(frame, levels, cutoff)
    with pytest.raises(CutoffError, match="number states at HAS"):
        number_basis(frame, 3, 20)
    with pytest.warns(CutoffWarning, match="number states at HAS"):
        number_basis(frame, 1, 34)
