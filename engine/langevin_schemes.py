"""One Langevin step of a driven Kerr oscillator, in four schemes; and the coefficients they share.

    dα = -[κ₁/2 + i(detuning + kerr(|α|² - 1))] α dt - i drive_2 α* dt - i drive_1 dt + sqrt(κ₁(2 n_th + 1)/4) (dW₁ + i dW₂)

The noise is additive, so Itô and Stratonovich agree. |α|² - 1 is the Weyl ordering of (kerr/2) a†²a². Schemes:

* ``strang``: half rotation by the detuning and Kerr angle (|α| is conserved, so it is exact), exact Ornstein-Uhlenbeck step of
  damping, drives and noise (matrix exponential and exact covariance), half rotation. Weak order 2.
* ``midpoint``: implicit midpoint drift, fixed number of fixed-point sweeps. ``heun``: explicit, weak order 2 for additive noise.
* ``euler``: Euler-Maruyama, a baseline only: it amplifies a rotation at frequency ω by ω² dt/2.

A state is (x, y) = (Re α, Im α) and (c, s), cosine and sine of the half angle at |α|: the second half rotation of a step and
the first one of the next have the same angle, so one sine per step is enough.
"""

# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

import math

import numba
import numpy as np
import numpy.typing as npt
from scipy.linalg import expm

from wellhop.engine.compiled import kept_njit
from wellhop.engine.lane_streams import cosine_sine, fma
from wellhop.engine.oscillator import Oscillator

STRANG, MIDPOINT, HEUN, EULER = 0, 1, 2, 3
SCHEMES = {"strang": STRANG, "midpoint": MIDPOINT, "heun": HEUN, "euler": EULER}
#: sweeps of the implicit midpoint rule; the error falls by ω dt/2 per sweep
_SWEEPS = 12
# places in the tuple of coefficients
_DT, _OMEGA, _KERR, _NOISE = 0, 1, 2, 3
_A00, _A01, _A10, _A11, _F0, _F1 = 4, 5, 6, 7, 8, 9
_E00, _E01, _E10, _E11, _B0, _B1 = 10, 11, 12, 13, 14, 15
_L00, _L10, _L11 = 16, 17, 18
N_COEFFICIENTS = 19


def noise_rate(oscillator: Oscillator) -> float:
    """Variance that the noise adds to each of Re α, Im α per unit time, κ₁(2 n_th + 1)/4."""
    return oscillator.kappa_1 * (2.0 * oscillator.n_thermal + 1.0) / 4.0


def linear_part(oscillator: Oscillator) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """(A, f) of the drift A (x, y) + f without any rotation: damping, two-photon and one-photon drive.

    >>> linear_part(Oscillator(drive_2=3.0, kappa_1=2.0))[0].tolist()
    [[-1.0, -3.0], [-3.0, -1.0]]
    """
    damping, two, one = 0.5 * oscillator.kappa_1, oscillator.drive_2, oscillator.drive_1
    matrix = np.array([[-damping + two.imag, -two.real], [-two.real, -damping - two.imag]])
    return matrix, np.array([one.imag, -one.real])


def step_coefficients(oscillator: Oscillator, dt: float) -> npt.NDArray[np.float64]:
    """All numbers a step needs, (19,) float64.

    Exact linear step over dt: q -> E q + b + L ξ with E = exp(A dt), b = ∫ exp(A s) f ds and L L^T = r ∫ exp(A s) exp(A^T s) ds,
    both integrals from one block exponential (Van Loan, IEEE Trans. Autom. Control 23, 395 (1978)).
    """
    matrix, force = linear_part(oscillator)
    rate = noise_rate(oscillator)
    block = np.zeros((5, 5))
    block[:2, :2], block[:2, 2] = matrix, force
    mean = expm(block[:3, :3] * dt)
    pair = np.block([[-matrix, rate * np.eye(2)], [np.zeros((2, 2)), matrix.T]])
    grown = expm(pair * dt)
    covariance = grown[2:, 2:].T @ grown[:2, 2:]
    if rate > 0.0:
        low = np.linalg.cholesky(0.5 * (covariance + covariance.T))
    else:
        low = np.zeros((2, 2))
    omega, kerr = oscillator.detuning - oscillator.kerr, oscillator.kerr
    step = [*mean[:2, :2].ravel(), *mean[:2, 2], low[0, 0], low[1, 0], low[1, 1]]
    return np.array([dt, omega, kerr, math.sqrt(rate * dt), *matrix.ravel(), *force, *step])


@kept_njit(forceinline=True, error_model="numpy")
def half_turn(x, y, p):
    """(cos, sin) of the rotation over dt/2 at this amplitude: α -> α exp(-i (detuning + kerr(|α|² - 1)) dt/2)."""
    n = fma(x, x, y * y)
    return cosine_sine((-0.5 * p[_DT]) * fma(p[_KERR], n, p[_OMEGA]))


@numba.njit(forceinline=True, error_model="numpy")
def _drift(x, y, p):
    w = fma(p[_KERR], fma(x, x, y * y), p[_OMEGA])
    u = fma(p[_A00], x, fma(p[_A01], y, fma(w, y, p[_F0])))
    v = fma(p[_A10], x, fma(p[_A11], y, fma(-w, x, p[_F1])))
    return u, v


@numba.njit(forceinline=True, error_model="numpy")
def strang(x, y, c, s, g1, g2, p):
    """Half turn, exact linear step, half turn."""
    u = fma(c, x, -(s * y))
    v = fma(s, x, c * y)
    x = fma(p[_E00], u, fma(p[_E01], v, fma(p[_L00], g1, p[_B0])))
    y = fma(p[_E10], u, fma(p[_E11], v, fma(p[_L10], g1, fma(p[_L11], g2, p[_B1]))))
    c, s = half_turn(x, y, p)
    return fma(c, x, -(s * y)), fma(s, x, c * y), c, s


@numba.njit(forceinline=True, error_model="numpy")
def midpoint(x, y, g1, g2, p):
    """α' = α + dt f((α + α')/2) + noise, solved by a fixed number of sweeps so that lanes stay in step."""
    nx = p[_NOISE] * g1
    ny = p[_NOISE] * g2
    mx = fma(0.5, nx, x)
    my = fma(0.5, ny, y)
    bx = mx
    by = my
    for _ in range(_SWEEPS):
        u, v = _drift(mx, my, p)
        mx = fma(0.5 * p[_DT], u, bx)
        my = fma(0.5 * p[_DT], v, by)
    u, v = _drift(mx, my, p)
    return fma(p[_DT], u, x + nx), fma(p[_DT], v, y + ny)


@numba.njit(forceinline=True, error_model="numpy")
def heun(x, y, g1, g2, p):
    """Mean of the drifts at both ends, the far end predicted with the same noise."""
    u, v = _drift(x, y, p)
    bx = fma(p[_NOISE], g1, x)
    by = fma(p[_NOISE], g2, y)
    e, f = _drift(fma(p[_DT], u, bx), fma(p[_DT], v, by), p)
    return fma(0.5 * p[_DT], u + e, bx), fma(0.5 * p[_DT], v + f, by)


@numba.njit(forceinline=True, error_model="numpy")
def euler(x, y, g1, g2, p):
    """Euler-Maruyama."""
    u, v = _drift(x, y, p)
    return fma(p[_DT], u, fma(p[_NOISE], g1, x)), fma(p[_DT], v, fma(p[_NOISE], g2, y))
