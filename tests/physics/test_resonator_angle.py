"""Angle of the truncated-Wigner resonator: printed rates, quadrature to the last digits, and a grid in the angle."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from scipy.integrate import cumulative_simpson

from wellhop.analysis.resonator_angle import angle_next_rate, angle_rate
from wellhop.engine.errors import ParameterError, PredictionError
from wellhop.engine.systems.two_photon_resonator import TwoPhotonResonator

#: G, Δ, η -> Γ_TWA with D = |α|².
TABLE = {
    (3, 1, 1): "6.787992373e-02",
    (4, 1, 1): "1.375592467e-02",
    (4, 0.1, 1): "1.662697139e-03",
    (4, 2, 1): "1.349218991e-01",
    (6, 1, 1): "4.319721644e-04",
    (6, 3, 1): "5.050495357e-02",
    (8, 2, 1): "1.727837615e-04",
    (8, 4, 1): "1.727810971e-02",
    (12, 6, 1): "1.709617715e-03",
    (10, 7, 1): "1.850108683e-01",
    (4, 1, 0.5): "8.639188068e-05",
    (4, 0, 1): "1.58851327604e-3",
    (6, 0, 1): "4.48290091659e-5",
}
#: The printed ones are of double precision: eps times the largest element of their matrix.
ROUND_OFF = 4e-13


def rate_by_quadrature(system: TwoPhotonResonator, points: int = 40001) -> float:
    """Inverse iteration of L†u = -λu, u(θ + π) = -u(θ), from one barrier to the next; every integrand keeps its digits.

    With Φ the potential over η/2, (u' e^{-Φ})' = -(2λ/η) u e^{-Φ} is integrated twice; e^{-Φ} grows by e^{2πΔ/η} in a turn.
    """
    g, delta = system.G / system.eta, system.Delta / system.eta
    start = 0.5 * (np.pi - np.arcsin(system.Delta / system.G)) - np.pi
    theta = start + np.linspace(0.0, np.pi, points)
    step = theta[1] - theta[0]
    potential = -2.0 * delta * (theta - start) - g * np.cos(2.0 * theta)
    weight, turn = np.exp(-potential), np.exp(2.0 * np.pi * delta)
    u, value, previous = np.ones(points), 1.0, 0.0
    while abs(value - previous) > 1e-14 * value:
        previous = value
        passed = cumulative_simpson(2.0 / system.eta * u * weight, dx=step, initial=0.0)
        flux = passed[-1] / (1.0 + turn) - passed
        risen = cumulative_simpson(flux / weight, dx=step, initial=0.0)
        new = risen - 0.5 * risen[-1]
        value = 1.0 / np.abs(new).max()
        u = new * value
    return float(value)


def grid_decays(system: TwoPhotonResonator, noise: float = 1.0, points: int = 96) -> np.ndarray:
    """Decay rates by collocation of dP/dt = -(fP)' + (η/2)P'' on the circle, ascending."""
    theta = 2.0 * np.pi * np.arange(points) / points
    waves = np.fft.fft(np.eye(points), axis=0)
    k = np.fft.fftfreq(points, 1.0 / points)
    k[points // 2] = 0.0
    slope = np.fft.ifft(1j * k[:, None] * waves, axis=0)
    drift = system.Delta - system.G * np.sin(2.0 * theta)
    second = np.fft.ifft(-(np.fft.fftfreq(points, 1.0 / points)[:, None] ** 2) * waves, axis=0)
    return np.sort(-np.linalg.eigvals(0.5 * noise * system.eta * second - slope * drift).real)


@pytest.mark.parametrize("point", TABLE)
def test_printed_rates(point: tuple[float, float, float], printed_as: Callable[..., bool]) -> None:
    assert printed_as(angle_rate(TwoPhotonResonator(*point)), TABLE[point], ROUND_OFF)


@pytest.mark.parametrize("point", [(4, 1, 1), (4, 1, 0.5), (4, 0, 1), (10, 7, 1), (30, 3, 1), (60, -20, 2.0)])
def test_quadrature_gives_the_same_rate_at_any_depth(point: tuple[float, float, float]) -> None:
    """From 0.2 down to 1e-20, far below the round-off of an eigenvalue in double precision."""
    system = TwoPhotonResonator(*point)
    assert angle_rate(system) == pytest.approx(rate_by_quadrature(system), rel=2e-11)


@pytest.mark.parametrize("point", [(3.0, 1.0), (4.0, 0.0), (4.0, -2.0)])
def test_grid_in_the_angle_has_the_same_slow_decays(point: tuple[float, float]) -> None:
    system = TwoPhotonResonator(*point)
    zero, slow, following = grid_decays(system)[:3]
    assert abs(zero) < 1e-9
    assert angle_rate(system) == pytest.approx(slow, rel=1e-8)
    # At Δ = 0 that one is nearly threefold, and the grid keeps a third of its digits.
    assert angle_next_rate(system) == pytest.approx(following, rel=1e-4)
    # Negative control: twice the noise is another problem.
    assert grid_decays(system, noise=2.0)[1] > 1.5 * slow


def test_symmetries_and_modes() -> None:
    system = TwoPhotonResonator(6.0, 2.0)
    rate = angle_rate(system)
    assert angle_rate(TwoPhotonResonator(6.0, -2.0)) == pytest.approx(rate, rel=1e-14)
    assert angle_rate(TwoPhotonResonator(18.0, 6.0, 3.0)) == pytest.approx(3.0 * rate, rel=1e-14)
    assert angle_rate(system, modes=90) == pytest.approx(rate, rel=1e-14)
    deep = TwoPhotonResonator(60.0, 0.0)
    assert angle_rate(deep) == pytest.approx(240.0 / np.pi * np.exp(-120.0), rel=6e-3)
    # Between wells and barriers of curvature 2s the next mode decays at 2s.
    assert angle_next_rate(deep) == pytest.approx(120.0, rel=1e-2)


def test_bad_input_is_refused() -> None:
    with pytest.raises(ParameterError, match=r"kappa_1.*one-photon loss"):
        angle_rate(TwoPhotonResonator(4.0, 1.0, 1.0, 0.1))
    with pytest.raises(ParameterError, match="modes"):
        angle_rate(TwoPhotonResonator(4.0, 1.0), modes=3)
    with pytest.raises(PredictionError, match="Delta"):
        angle_rate(TwoPhotonResonator(1.0, 1.5))
    with pytest.raises(PredictionError, match="angle_rate_law"):
        angle_rate(TwoPhotonResonator(400.0, 1.0))
    with pytest.raises(PredictionError, match="rotates"):
        angle_rate(TwoPhotonResonator(1.0, 0.99))
    with pytest.raises(PredictionError, match="round-off"):
        angle_next_rate(TwoPhotonResonator(100.0, 70.0))
