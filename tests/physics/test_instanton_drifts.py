"""Least-action paths of user-supplied drifts against closed forms, and by two methods."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.linalg import solve_continuous_lyapunov

from wellhop.analysis.instanton import instanton_of_drift, least_action_path, lyapunov_covariance
from wellhop.analysis.instanton_kernels import jacobian
from wellhop.analysis.instanton_path import langevin_system, oscillator_system
from wellhop.analysis.keldysh import ScaledOscillator, two_photon_oscillator
from wellhop.analysis.minimum_action import minimum_action_path
from wellhop.engine.errors import ParameterError, PredictionError
from wellhop.engine.oscillator import Oscillator


def maier_stein(x: float, y: float) -> tuple[float, float]:
    """The model of Maier and Stein, J. Stat. Phys. 83, 291 (1996), at alpha = 10, mu = 1."""
    return x - x**3 - 10 * x * y * y, -(1 + x * x) * y


def maier_stein_jacobian(x: float, y: float) -> tuple[float, float, float, float]:
    return 1 - 3 * x * x - 10 * y * y, -20 * x * y, -2 * x * y, -(1 + x * x)


def tilted(x: float, y: float) -> tuple[float, float]:
    """Drift -∇V + 2J∇V for V = (x²-1)²/4 - xy²/3 + y²: the rotation keeps exp(-V/noise) stationary."""
    vx, vy = x**3 - x - y * y / 3, 2 * y - 2 * x * y / 3
    return -vx - 2 * vy, -vy + 2 * vx


def tilted_jacobian(x: float, y: float) -> tuple[float, float, float, float]:
    vxx, vxy, vyy = 3 * x * x - 1, -2 * y / 3, 2 - 2 * x / 3
    return -vxx - 2 * vxy, -vxy - 2 * vyy, -vxy + 2 * vxx, -vyy + 2 * vxy


@pytest.mark.parametrize("diffusion", [1.0, 2.0])
def test_rotated_gradient_system_has_the_barrier_as_action(diffusion: float) -> None:
    """With f = -∇V + 2J∇V the quasipotential is V: S = ΔV/D = 1/(4D), although the path is no line of steepest ascent."""
    path = instanton_of_drift(tilted, tilted_jacobian, (-1, 0), (0, 0), diffusion=diffusion)
    assert path.total_action == pytest.approx(0.25 / diffusion, abs=1e-8)
    assert np.abs(path.q[:, 1]).max() > 0.05
    # along it p = ∇V/D, hence the momentum is known in closed form
    x, y = path.q.T
    gradient = np.stack([x**3 - x - y * y / 3, 2 * y - 2 * x * y / 3], axis=1)
    np.testing.assert_allclose(path.p, gradient / diffusion, atol=1e-6)
    np.testing.assert_allclose(
        path.action, ((x * x - 1) ** 2 / 4 - x * y * y / 3 + y * y) / diffusion, atol=1e-7
    )


def test_maier_stein_leaves_the_axis() -> None:
    """Beyond alpha = 4 the path along the axis (S = 1/4) is no longer the least.

    CriticalTransitions.jl finds 2S = 0.3375 +- 0.01 by its arc-length method for the same drift.
    """
    system = langevin_system(maier_stein, maier_stein_jacobian)
    path = least_action_path(system, (-1, 0), (0, 0))
    assert 2 * path.total_action == pytest.approx(0.3375, abs=0.01)
    assert np.abs(path.q[:, 1]).max() > 0.1
    assert any(other.action == pytest.approx(0.25, abs=1e-6) for other in path.alternatives)
    direct = minimum_action_path(system, (-1, 0), (0, 0), duration=20)
    assert direct.total_action == pytest.approx(path.total_action, abs=1e-7)


def test_lyapunov_covariance_of_the_vacuum() -> None:
    """Σ at (-10, 3.2), and an independent solution for the bright state."""
    one = ScaledOscillator.from_oscillator(two_photon_oscillator(delta=-10, eps=3.2), "twa")
    system = oscillator_system(one)
    expected = [[1.46540326, -0.03525782], [-0.03525782, 0.76024680]]
    np.testing.assert_allclose(lyapunov_covariance(system.jacobian_at(np.zeros(2))), expected, atol=1e-8)
    bright = system.jacobian_at(one.fixed_points()[0][2])
    np.testing.assert_allclose(
        lyapunov_covariance(bright), solve_continuous_lyapunov(bright, -2 * np.eye(2)), atol=1e-12
    )


@pytest.mark.parametrize("kerr", [0.7, -0.7])
def test_scaled_drift_is_the_mean_field_drift(kerr: float) -> None:
    """f(q) is the drift of q = 2 sqrt(|U|/γ)(Re α, Im α), with every drive complex."""
    model = Oscillator(detuning=-2.0, kerr=kerr, drive_2=1.1 - 0.4j, drive_1=0.3 + 0.2j, kappa_1=1.4)
    one = ScaledOscillator.from_oscillator(model, "twa")
    system, scale = oscillator_system(one), 2 * np.sqrt(0.7 / 0.7)
    for alpha in (0.3 + 0.8j, -1.2 - 0.1j):
        velocity = scale * model.mean_field_drift(alpha)
        q = scale * np.array([alpha.real, alpha.imag])
        np.testing.assert_allclose(system.drift_at(q), [velocity.real, velocity.imag], rtol=1e-12)
        for axis in range(2):
            e = np.eye(2)[axis] * 1e-6
            slope = (system.drift_at(q + e) - system.drift_at(q - e)) / 2e-6
            np.testing.assert_allclose(system.jacobian_at(q)[:, axis], slope, atol=1e-7)
    found = [scale * np.array([p.alpha.real, p.alpha.imag]) for p in model.fixed_points() if p.stable]
    np.testing.assert_allclose(one.fixed_points()[0], found, atol=1e-9)
    # negative control: the derivatives of the uncompiled formula at another point differ
    assert abs(jacobian.py_func(0.1, 0.2, one.coefficients())[1] - system.jacobian_at(q)[0, 1]) > 0.1


def test_points_that_are_not_what_they_claim_are_refused() -> None:
    with pytest.raises(ParameterError, match=r"attractor.*stable"):
        instanton_of_drift(maier_stein, maier_stein_jacobian, (0, 0), (-1, 0))
    with pytest.raises(ParameterError, match=r"saddles.*growing"):
        instanton_of_drift(maier_stein, maier_stein_jacobian, (-1, 0), (1, 0))
    with pytest.raises(ParameterError, match=r"saddles.*other than"):
        instanton_of_drift(maier_stein, maier_stein_jacobian, (-1, 0), (-1, 0))
    with pytest.raises(ParameterError, match=r"attractor.*a fixed point"):
        instanton_of_drift(maier_stein, maier_stein_jacobian, (-0.8, 0.1), (0, 0))
    with pytest.raises(ParameterError, match="saddles"):
        instanton_of_drift(maier_stein, maier_stein_jacobian, (-1, 0), np.zeros((0, 2)))
    with pytest.raises(ParameterError, match="diffusion"):
        instanton_of_drift(maier_stein, maier_stein_jacobian, (-1, 0), (0, 0), diffusion=0.0)
    with pytest.raises(ParameterError, match="first_duration"):
        minimum_action_path(langevin_system(maier_stein, maier_stein_jacobian), (-1, 0), (0, 0), step=1.0)


def test_too_strict_a_minimum_says_so() -> None:
    with pytest.raises(PredictionError, match="ask for less accuracy"):
        minimum_action_path(
            langevin_system(maier_stein, maier_stein_jacobian), (-1, 0), (0, 0), accuracy=1e-30, step=0.05
        )
