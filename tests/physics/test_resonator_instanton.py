"""Escape path of the two-photon resonator: the Keldysh action against the operators, and Newton's path against (32)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.interpolate import CubicSpline

from wellhop.analysis.instanton_newton import followed_path, newton_path
from wellhop.analysis.keldysh import WeakNoiseModel
from wellhop.analysis.resonator_action import escape_action
from wellhop.analysis.resonator_instanton import closed_form_path, resonator_instanton
from wellhop.analysis.resonator_keldysh import ResonatorHamiltonian, escape_momentum
from wellhop.analysis.resonator_wkb import effective_potential
from wellhop.engine.errors import ParameterError, PredictionError
from wellhop.engine.systems.two_photon_resonator import TwoPhotonResonator

MODELS: tuple[WeakNoiseModel, ...] = ("keldysh", "twa")
POINTS = [(10.0, 7.0), (6.0, -3.0), (4.0, 0.1), (4.0, 3.999)]


def action_density(system: TwoPhotonResonator, a: complex, x: complex, first: str = "corrected") -> float:
    """L(α, χ) written out in complex variables; ``first="printed"`` has the misprint of (19)."""
    b, y = a.conjugate(), x.conjugate()
    leading = b * a * a * x if first == "corrected" else b * a * x * y
    bracket = leading + y * b * b * a + y * x * x * a + b * y * y * x - 4.0 * abs(a) ** 2 * abs(x) ** 2
    value = 1j * system.Delta * (a * x - b * y) + system.G * (b * x + a * y) - system.eta * bracket
    return complex(value).real if first == "corrected" else abs(value)


def complex_slope(function: Callable[[complex], complex], z: complex, conjugate: bool) -> complex:
    """∂f/∂z, or ∂f/∂z*, by central differences."""
    h = 1e-5
    along = (function(z + h) - function(z - h)) / (2.0 * h)
    across = (function(z + 1j * h) - function(z - 1j * h)) / (2.0 * h)
    return 0.5 * (along + 1j * across) if conjugate else 0.5 * (along - 1j * across)


def weyl_generator(system: TwoPhotonResonator, a: complex, x: complex, size: float) -> float:
    """Symbol of the Liouvillian for W = exp(-2 N(xα + c.c.)) with α ~ sqrt(N), over 2N: its leading term in 1/N is L.

    Bopp operators acting on an exponential replace ∂_α by -2x; corrections from ordering are of order 1/N.
    """
    n = size
    s_a, s_d = np.sqrt(n) * a, -2.0 * np.sqrt(n) * x
    b, c = s_a.conjugate(), s_d.conjugate()
    # aρ -> A, a†ρ -> B, ρa -> C, ρa† -> D, leading order.
    A, B, C, D = s_a + c / 2, b - s_d / 2, s_a - c / 2, b + s_d / 2
    eta = system.eta / n
    hamiltonian = -system.Delta * (B * A - D * C) + 0.5j * system.G * (B**2 - A**2 - D**2 + C**2)
    loss = eta * (A**2 * D**2 - 0.5 * B**2 * A**2 - 0.5 * C**2 * D**2)
    return complex(-1j * hamiltonian + loss).real / (2.0 * n)


def test_hamiltonian_is_the_symbol_of_the_master_equation() -> None:
    rng = np.random.default_rng(3)
    system = TwoPhotonResonator(3.0, 1.2, 0.7)
    h = ResonatorHamiltonian.of(system, "keldysh")
    for _ in range(20):
        a, x = rng.standard_normal(2) + 1j * rng.standard_normal(2)
        state = np.array([[a.real, a.imag, 4.0 * x.real, -4.0 * x.imag]])
        value = action_density(system, a, x)
        assert h.energy_at(state)[0] == pytest.approx(2.0 * value, rel=1e-12, abs=1e-12)
        assert weyl_generator(system, a, x, 1.0) == pytest.approx(value, rel=1e-12, abs=1e-12)
        # Negative control: the printed first term.
        assert abs(action_density(system, a, x, "printed") - abs(value)) > 1e-3


@pytest.mark.parametrize("model", MODELS)
def test_flow_and_its_derivatives(model: WeakNoiseModel) -> None:
    h = ResonatorHamiltonian.of(TwoPhotonResonator(4.0, -1.3, 0.7), model)
    states = np.random.default_rng(0).standard_normal((6, 4))
    flow, matrix = h.linearised(states)
    step = 1e-5 * np.eye(4)
    gradient = [(h.energy_at(states + e) - h.energy_at(states - e)) / 2e-5 for e in step]
    np.testing.assert_allclose(
        flow, np.stack([gradient[2], gradient[3], -gradient[0], -gradient[1]], 1), atol=1e-8
    )
    slopes = [(h.linearised(states + e)[0] - h.linearised(states - e)[0]) / 2e-5 for e in step]
    np.testing.assert_allclose(matrix, np.stack(slopes, axis=2), atol=1e-8)
    q = states[0, :2]
    drift = TwoPhotonResonator(4.0, -1.3, 0.7).mean_field(complex(*q))
    np.testing.assert_allclose(h.drift_at(q), [drift.real, drift.imag], rtol=1e-13)
    assert h.noise_at(q) == pytest.approx(0.35 * float(q @ q))


@pytest.mark.parametrize("point", POINTS)
def test_ansatz_obeys_every_equation_and_misprints_do_not(point: tuple[float, float]) -> None:
    system = TwoPhotonResonator(*point)
    path = closed_form_path(system, points=7)
    scale = system.s * escape_action(system)
    printed = []
    for q in path.q[1:-1]:
        a = complex(*q)

        def chi(z: complex) -> complex:
            return complex(escape_momentum(system, "keldysh", z))

        x = chi(a)
        assert abs(action_density(system, a, x)) < 1e-12 * system.G * abs(a) ** 2
        printed.append(action_density(system, a, x, "printed"))
        velocity = 2.0 * complex_slope(lambda z, a=a: 0.5 * action_density(system, a, z), x, False)
        force = -2.0 * complex_slope(lambda z, x=x: 0.5 * action_density(system, z, x), a, False)
        along = complex_slope(chi, a, False) * velocity + complex_slope(chi, a, True) * velocity.conjugate()
        close = 1e-6 * abs(system.G * x)
        assert abs(along - force) < close
        # The wrong sign of Δ in (D2) turns χ the other way.
        assert abs(along - (force + 2j * system.Delta * x)) > 1e3 * close
        # The momentum is half the gradient of the effective potential, known by itself.
        slope = complex_slope(lambda z: complex(effective_potential(system, z)), a, False)
        assert x == pytest.approx(0.5 * slope, rel=1e-5, abs=1e-8)
    assert max(printed) > 1e-2 * scale
    assert abs(escape_momentum(system, "keldysh", system.alpha0)) < 1e-14 * system.G


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("point", POINTS)
def test_both_paths_have_the_action_of_the_closed_form(
    point: tuple[float, float], model: WeakNoiseModel
) -> None:
    system = TwoPhotonResonator(*point)
    exact = escape_action(system)
    path, newton = closed_form_path(system, model), resonator_instanton(system, model)
    assert path.total_action == pytest.approx(exact, rel=1e-9)
    assert newton.total_action == pytest.approx(exact, rel=1e-9)
    assert newton.error is not None
    assert newton.error < 1e-8 * exact
    assert np.abs(path.energy).max() < 1e-11 * system.s * exact + 1e-14
    assert np.abs(newton.energy).max() < 1e-7 * system.s * exact
    # Newton's method does not know the closed form of the momentum.
    chi = escape_momentum(system, model, newton.q[:, 0] + 1j * newton.q[:, 1])
    inner = np.linalg.norm(newton.q, axis=1) > 1e-2 * abs(system.alpha0)
    known = np.stack([4.0 * chi.real, -4.0 * chi.imag], axis=1)
    np.testing.assert_allclose(newton.p[inner], known[inner], atol=3e-6 * np.abs(known).max())
    # From the well (growing at 2s) to the saddle along its decaying direction.
    assert np.all(np.diff(newton.action) > -1e-12 * exact)
    direction = newton.q[-1] / np.linalg.norm(newton.q[-1])
    stable = np.array([abs(system.Delta), np.copysign(system.G + system.s, system.Delta)])
    assert abs(direction @ stable) == pytest.approx(float(np.linalg.norm(stable)), rel=1e-5)


@pytest.mark.parametrize("model", MODELS)
def test_path_moves_by_its_own_hamiltonian_and_not_by_the_other(model: WeakNoiseModel) -> None:
    system = TwoPhotonResonator(6.0, 2.0)
    path = closed_form_path(system, model, points=4001)
    states = np.hstack([path.q, path.p])
    moved = CubicSpline(path.times, states)(path.times, 1)
    fastest = np.abs(moved).max()
    own, other = (
        ResonatorHamiltonian.of(system, m).linearised(states)[0] for m in (model, *set(MODELS) - {model})
    )
    assert np.abs(moved - own).max() < 1e-7 * fastest
    assert np.abs(moved - other).max() > 0.1 * fastest
    # The cubic term vanishes on both.
    assert np.abs(np.sum(path.p * path.q, axis=1)).max() < 1e-12
    density = CubicSpline(path.times, np.sum(path.p * moved[:, :2], axis=1))
    grown = density.antiderivative()(path.times)
    np.testing.assert_allclose(path.action - path.action[0], grown, atol=1e-8 * path.total_action)


def test_restricted_flow_backwards_from_the_saddle_lands_on_the_well() -> None:
    """(29) alone, with no knowledge of the orbit: it goes along the closed form and gives (32)."""
    system = TwoPhotonResonator(10.0, 7.0)
    h = ResonatorHamiltonian.of(system, "keldysh")

    def backwards(_: float, state: np.ndarray) -> np.ndarray:
        x = complex(escape_momentum(system, "keldysh", complex(state[0], state[1])))
        p = np.array([4.0 * x.real, -4.0 * x.imag])
        velocity = h.linearised(np.array([[state[0], state[1], *p]]))[0][0, :2]
        return -np.append(velocity, p @ velocity)

    stable = np.array([system.Delta, system.G + system.s])
    start = np.append(1e-4 * stable / np.linalg.norm(stable), 0.0)
    run = solve_ivp(backwards, (0.0, 2.5), start, method="DOP853", rtol=1e-11, atol=1e-13)
    assert abs(complex(*run.y[:2, -1]) - system.alpha0) < 1e-6
    assert -run.y[2, -1] == pytest.approx(escape_action(system), rel=3e-7)
    a = run.y[0] + 1j * run.y[1]
    square = (system.s + system.G * np.cos(2.0 * np.angle(a))) / 2.0
    np.testing.assert_allclose(np.abs(a) ** 2, square, atol=2e-7)
    # Negative control: the orbit of truncated Wigner is another one.
    middle = a[np.argmin(np.abs(np.abs(a) - 0.5 * abs(system.alpha0)))]
    other = (system.G * np.sin(2.0 * np.angle(middle)) - system.Delta) / 2.0
    assert abs(other / (np.angle(middle) - np.angle(system.alpha0)) / abs(middle) ** 2 - 1.0) > 0.1


def test_newton_finds_the_path_from_a_wrong_guess_and_by_the_vertex() -> None:
    """Nothing hangs on starting with the solution; the action does not depend on the vertex, but it does on the noise."""
    system = TwoPhotonResonator(5.0, 1.0)
    exact = escape_action(system)
    full = ResonatorHamiltonian.of(system, "keldysh")
    guess = closed_form_path(system)
    bump = np.sin(np.pi * np.linspace(0.0, 1.0, len(guess.times)))[:, None] ** 2
    bent = replace(guess, q=guess.q * (1.0 + 0.1 * bump), p=guess.p * (1.0 - 0.2 * bump))
    assert newton_path(full, bent).total_action == pytest.approx(exact, rel=1e-9)
    wigner = closed_form_path(system, "twa")
    followed = followed_path(wigner, lambda w: replace(full, vertex=w), 0.0, full.vertex)
    assert followed.total_action == pytest.approx(exact, rel=1e-9)
    np.testing.assert_allclose(
        np.sum(followed.q**2, axis=1),
        (system.s + system.G * np.cos(2.0 * np.arctan2(*followed.q.T[::-1]))) / 2.0,
        atol=1e-6,
    )
    # Negative control: 1.2 times the noise.
    louder = newton_path(_Louder(full.G, full.Delta, full.eta, 0.0), wigner)
    assert louder.total_action == pytest.approx(exact / 1.2, rel=1e-9)


class _Louder(ResonatorHamiltonian):
    """Truncated Wigner with D = 1.2 |α|²."""

    def noise_at(self, q: np.ndarray) -> float:
        return 1.2 * super().noise_at(q)

    def linearised(self, states: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        scale = np.array([1.0, 1.0, 1.2, 1.2])
        flow, matrix = super().linearised(states * scale)
        return flow / scale, matrix * scale / scale[:, None]


def test_truncated_wigner_has_a_path_without_detuning() -> None:
    system = TwoPhotonResonator(4.0, 0.0)
    assert resonator_instanton(system, "twa").total_action == pytest.approx(8.0, rel=1e-9)
    # The quantum path is half a circle, and arrives with |χ| = sqrt(G/η).
    path = closed_form_path(system)
    np.testing.assert_allclose(np.linalg.norm(path.q - [1.0, 0.0], axis=1), 1.0, atol=1e-12)
    assert np.linalg.norm(path.p[-1]) == pytest.approx(4.0 * 2.0, rel=1e-6)
    with pytest.raises(PredictionError, match="finite momentum"):
        resonator_instanton(system)


def test_bad_input_is_refused() -> None:
    with pytest.raises(ParameterError, match="kappa_1"):
        closed_form_path(TwoPhotonResonator(4.0, 1.0, 1.0, 0.1))
    with pytest.raises(PredictionError, match="two wells"):
        resonator_instanton(TwoPhotonResonator(4.0, 5.0))
    with pytest.raises(ParameterError, match="points"):
        closed_form_path(TwoPhotonResonator(4.0, 1.0), points=1)
    with pytest.raises(ParameterError, match="model"):
        escape_momentum(TwoPhotonResonator(4.0, 1.0), "clip", 1.0)  # type: ignore[arg-type]  # wrong on purpose
