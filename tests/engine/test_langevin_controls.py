"""Models whose rates are known otherwise, each a drift of a few lines: Ornstein-Uhlenbeck, double well, Maier-Stein.

Decay rates come from the autocorrelation of q0, an exact identity for the slowest odd mode at long lags, so no definition of a
core enters. References are eigenvalues of the Fokker-Planck operator and quadratures. Tolerance: z = 6.2 standard errors (false
alarm below 1e-9); Heun's bias at these steps, of order dt², is far below.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numba
import numpy as np
import pytest
from scipy.integrate import cumulative_simpson
from scipy.linalg import solve_continuous_lyapunov

from wellhop.analysis.correlation import autocorrelation_rate
from wellhop.analysis.fokker_planck import slow_eigenvalues, slow_rates
from wellhop.engine import langevin
from wellhop.engine.errors import ModelError, PredictionError

Z = 6.2
Table = list[np.ndarray]


@numba.njit  # type: ignore[untyped-decorator]
def turning(q: np.ndarray, out: np.ndarray) -> None:
    """Ornstein-Uhlenbeck process that turns."""
    out[0] = -q[0] + 1.5 * q[1]
    out[1] = -1.5 * q[0] - q[1]


@numba.njit  # type: ignore[untyped-decorator]
def double_well(q: np.ndarray, out: np.ndarray) -> None:
    """Minus the slope of (q² - 1)²/4."""
    out[0] = q[0] - q[0] ** 3


@numba.njit  # type: ignore[untyped-decorator]
def maier_stein(q: np.ndarray, out: np.ndarray) -> None:
    """Maier and Stein, PRL 71, 1783 (1993), alpha = 3, mu = 1: not a gradient."""
    out[0] = q[0] - q[0] ** 3 - 3.0 * q[0] * q[1] ** 2
    out[1] = -(1.0 + q[0] ** 2) * q[1]


DOUBLE_WELL: Table = [np.array([0.0, 1.0, 0.0, -1.0])]


def _maier_stein(alpha: float) -> Table:
    x, y = np.zeros((4, 3)), np.zeros((3, 2))
    x[1, 0], x[3, 0], x[1, 2] = 1.0, -1.0, -alpha
    y[0, 1], y[2, 1] = -1.0, -1.0
    return [x, y]


def _sampled(drift: Callable[..., None], diffusion: float, wells: list[list[float]], relaxation: float) -> tuple[float, float]:
    """(decay rate of the sign memory, its relative error) from 128 trajectories of length 2000."""
    problem = langevin.drift_problem(
        drift, diffusion * np.eye(len(wells[0])), wells=wells, dt=0.02, duration=2000.0, sample_interval=0.5
    )
    samples = np.array([r.samples[40:, 0] for r in langevin.run_many(problem, 31, range(128))])
    estimate = autocorrelation_rate(samples, 0.5, relaxation)
    return float(estimate.value), float(estimate.relative_error)


def test_ornstein_uhlenbeck_process() -> None:
    """Eigenvalues -1 ± 1.5i and their sums from the operator, covariance from samples. Controls: other turning, other noise."""
    x, y = np.zeros((2, 2)), np.zeros((2, 2))
    x[1, 0], x[0, 1], y[1, 0], y[0, 1] = -1.0, 1.5, -1.5, -1.0
    diffusion = np.array([[0.5, 0.2], [0.2, 0.3]])
    odd = slow_eigenvalues([x, y], diffusion, basis=40, scale=0.6, parity="odd")
    even = slow_eigenvalues([x, y], diffusion, basis=40, scale=0.6, parity="even")
    np.testing.assert_allclose(sorted(odd, key=lambda v: v.imag), [-1 - 1.5j, -1 + 1.5j], atol=1e-6)
    np.testing.assert_allclose(even, [0.0, -2.0], atol=1e-6)
    problem = langevin.drift_problem(
        turning, diffusion, wells=[[0.0, 0.0]], dt=0.01, duration=2000.0, sample_interval=4.0
    )
    samples = np.concatenate([r.samples[3:] for r in langevin.run_many(problem, 32, range(96))])
    matrix = np.array([[-1.0, 1.5], [-1.5, -1.0]])
    exact = solve_continuous_lyapunov(matrix, -2.0 * diffusion)
    # neighbouring samples are correlated by exp(-4): below 4 % on the error
    bound = 1.04 * Z / math.sqrt(len(samples)) * np.sqrt(exact**2 + np.outer(np.diag(exact), np.diag(exact)))
    got = np.cov(samples.T)
    assert (np.abs(got - exact) < bound).all()
    for wrong in (solve_continuous_lyapunov(matrix.T, -2.0 * diffusion), solve_continuous_lyapunov(matrix, -diffusion)):
        assert not (np.abs(got - wrong) < bound).all()


def _first_passage_rate(diffusion: float) -> float:
    """Decay rate of q < 0 with absorption at 0, by repeated mean first passage times.

    T[u](x) = (1/D) ∫_x^0 dy exp(V(y)/D) ∫_-∞^y dz exp(-V(z)/D) u(z); T[u] -> u/λ, and λ is the slowest odd rate.
    """
    x = np.linspace(-3.2, 0.0, 8001)
    v = 0.25 * (x**2 - 1.0) ** 2 / diffusion
    u = np.ones_like(x)
    for _ in range(12):
        inner = cumulative_simpson(np.exp(-v) * u, x=x, initial=0.0)
        outer = cumulative_simpson(np.exp(v) * inner, x=x, initial=0.0) / diffusion
        times = outer[-1] - outer
        rate, u = u[4000] / times[4000], times / times[4000]
    return float(rate)


def test_double_well_rate() -> None:
    """Quadrature, operator and trajectories. Controls: a tenth more noise; one-way rate in the place of the decay rate."""
    diffusion = 0.1
    rate = slow_rates(DOUBLE_WELL, [[diffusion]], basis=80, scale=0.22)[0]
    assert _first_passage_rate(diffusion) == pytest.approx(rate, rel=1e-5)
    assert _first_passage_rate(1.1 * diffusion) != pytest.approx(rate, rel=0.1)
    sampled, error = _sampled(double_well, diffusion, [[-1.0], [1.0]], 1.0)
    assert error < 0.03
    assert abs(math.log(sampled / rate)) < Z * error
    for wrong in (0.5 * rate, _first_passage_rate(1.1 * diffusion)):
        assert abs(math.log(sampled / wrong)) > Z * error


def test_maier_stein_rate() -> None:
    """Two variables, no potential. Controls: the gradient system alpha = 1, and half of the diffusion."""
    rate = slow_rates(_maier_stein(3.0), 0.1 * np.eye(2), basis=60, scale=0.22)[0]
    sampled, error = _sampled(maier_stein, 0.1, [[-1.0, 0.0], [1.0, 0.0]], 1.5)
    assert error < 0.03
    assert abs(math.log(sampled / rate)) < Z * error
    gradient = slow_rates(_maier_stein(1.0), 0.1 * np.eye(2), basis=60, scale=0.22)[0]
    quiet = slow_rates(_maier_stein(3.0), 0.05 * np.eye(2), basis=90, scale=0.17, tolerance=1e-3)[0]
    for wrong in (gradient, quiet):
        assert abs(math.log(sampled / wrong)) > Z * error


def test_even_sector_holds_the_stationary_state() -> None:
    """Maier-Stein: one eigenvalue is zero, the next is a relaxation and no switching."""
    even = slow_eigenvalues(_maier_stein(1.0), 0.1 * np.eye(2), basis=60, scale=0.22, parity="even")
    assert abs(even[0]) < 1e-6
    assert even[1].real < -0.5


def test_poor_bases_and_malformed_models_are_refused() -> None:
    with pytest.raises(PredictionError, match="not converged"):
        slow_rates(DOUBLE_WELL, [[0.1]], basis=24, scale=0.22)
    with pytest.raises(ModelError, match="odd powers"):
        slow_rates([[0.1, 1.0, 0.0, -1.0]], [[0.1]], basis=60, scale=0.22)
    for drift, diffusion, words in [
        ([[0.0, math.nan]], [[0.1]], "finite coefficient table"),
        ([[0.0, -1.0]] * 3, np.eye(3), "one finite coefficient table"),
        ([[0.0, -1.0]], [[-0.1]], "positive definite"),
        ([[0.0, -1.0]], np.eye(2), "shape"),
    ]:
        with pytest.raises(ModelError, match=words):
            slow_eigenvalues(drift, diffusion, basis=20, scale=1.0)  # type: ignore[arg-type]
