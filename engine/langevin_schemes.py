"""One Langevin step of a driven Kerr oscillator, in four schemes; and the coefficients they share.

    dα = -[κ₁/2 + i(detuning + kerr(|α|² - 1))] α dt - i drive_2 α* dt - i drive_1 dt + sqrt(κ₁(2 n_th + 1)/4) (dW₁ + i dW₂)

Two-photon loss and dephasing are in :mod:`wellhop.engine.multiplicative_noise`. Without them the noise is additive, so Itô and
Stratonovich agree. |α|² - 1 is the Weyl ordering of (kerr/2) a†²a². Schemes:

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
from collections.abc import Sequence

import numba
import numpy as np
import numpy.typing as npt
from scipy.linalg import expm

from wellhop.engine.compiled import kept_njit
from wellhop.engine.lane_streams import PLAIN, UNREDUCED, cosine_sine, fma, quarter_turn
from wellhop.engine.oscillator import Oscillator

STRANG, MIDPOINT, HEUN, EULER = 0, 1, 2, 3
SCHEMES = {"strang": STRANG, "midpoint": MIDPOINT, "heun": HEUN, "euler": EULER}
#: schemes of a resonator whose negative diffusion is made non-negative, see ``resonator_langevin``; not for any oscillator
TRUNCATED = ("strang_drop", "strang_clip")
#: sweeps of the implicit midpoint rule; the error falls by ω dt/2 per sweep
_SWEEPS = 12
# places in the tuple of coefficients
DT, OMEGA, KERR, NOISE = 0, 1, 2, 3
A00, A01, A10, A11, F0, F1 = 4, 5, 6, 7, 8, 9
E00, E01, E10, E11, B0, B1 = 10, 11, 12, 13, 14, 15
L00, L10, L11 = 16, 17, 18
LOSS, GROWTH, RADIAL, PHASE, DEPHASING = 19, 20, 21, 22, 23
N_COEFFICIENTS = 24


def additive_noise(oscillator: Oscillator) -> float:
    """Variance that additive noise brings to each of Re α, Im α per unit time, κ₁(2 n_th + 1)/4 - κ₂/2.

    Two-photon loss takes part of it away, see :mod:`wellhop.engine.multiplicative_noise`; negative values have no meaning.
    """
    return oscillator.kappa_1 * (2.0 * oscillator.n_thermal + 1.0) / 4.0 - oscillator.kappa_2 / 2.0


def linear_part(oscillator: Oscillator) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """(A, f) of the drift A (x, y) + f without any rotation: one-photon damping, two-photon and one-photon drive.

    >>> linear_part(Oscillator(drive_2=3.0, kappa_1=2.0))[0].tolist()
    [[-1.0, -3.0], [-3.0, -1.0]]
    """
    damping, two, one = 0.5 * oscillator.kappa_1, oscillator.drive_2, oscillator.drive_1
    matrix = np.array([[-damping + two.imag, -two.real], [-two.real, -damping - two.imag]])
    return matrix, np.array([one.imag, -one.real])


def step_coefficients(oscillator: Oscillator, dt: float) -> npt.NDArray[np.float64]:
    """All numbers a step needs, (24,) float64; see :func:`plane_coefficients`."""
    return plane_coefficients(
        linear_part(oscillator), additive_noise(oscillator), oscillator.detuning - oscillator.kerr, oscillator.kerr, dt,
        oscillator.kappa_2, oscillator.kappa_phi,
    )  # fmt: skip


def plane_coefficients(
    linear: tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]],
    noise: float,
    omega: float,
    kerr: float,
    dt: float,
    loss: float = 0.0,
    dephasing: float = 0.0,
) -> npt.NDArray[np.float64]:
    """Coefficients of dq = (A q + f + (omega + kerr |q|²)(q_y, -q_x)) dt + sqrt(noise) dW with (A, f) = ``linear``.

    Exact linear step over dt: q -> E q + b + L ξ with E = exp(A dt), b = ∫ exp(A s) f ds and L L^T = r ∫ exp(A s) exp(A^T s) ds,
    r the noise, both integrals from one block exponential (Van Loan, IEEE Trans. Autom. Control 23, 395 (1978)).
    """
    matrix, force = linear
    block = np.zeros((3, 3))
    block[:2, :2], block[:2, 2] = matrix, force
    mean = expm(block * dt)
    pair = np.block([[-matrix, noise * np.eye(2)], [np.zeros((2, 2)), matrix.T]])
    grown = expm(pair * dt)
    covariance = grown[2:, 2:].T @ grown[:2, 2:]
    if noise > 0.0:
        low = np.linalg.cholesky(0.5 * (covariance + covariance.T))
    else:
        low = np.zeros((2, 2))
    step = [*mean[:2, :2].ravel(), *mean[:2, 2], low[0, 0], low[1, 0], low[1, 1]]
    half = [math.exp(loss * dt), math.sqrt(0.5 * loss * dt), math.sqrt(0.5 * (loss + dephasing) * dt)]
    return np.array([dt, omega, kerr, math.sqrt(noise * dt), *matrix.ravel(), *force, *step, loss, *half, dephasing])


def is_noisy(coefficients: Sequence[float]) -> bool:
    """Whether the strength of the noise depends on the state: two-photon loss or dephasing."""
    return bool(coefficients[LOSS] != 0.0 or coefficients[DEPHASING] != 0.0)


@numba.njit(forceinline=True, **PLAIN)
def half_angle(x, y, p):
    """Angle of the rotation over dt/2 at this amplitude: α -> α exp(-i (detuning + kerr(|α|² - 1)) dt/2)."""
    return (-0.5 * p[DT]) * fma(p[KERR], fma(x, x, y * y), p[OMEGA])


@kept_njit(forceinline=True, **PLAIN)
def half_turn(x, y, p):
    """(cos, sin) of :func:`half_angle`."""
    return cosine_sine(half_angle(x, y, p))


@numba.njit(forceinline=True, **PLAIN)
def plane_drift(x, y, p):
    w = fma(p[KERR], fma(x, x, y * y), p[OMEGA])
    u = fma(p[A00], x, fma(p[A01], y, fma(w, y, p[F0])))
    v = fma(p[A10], x, fma(p[A11], y, fma(-w, x, p[F1])))
    return u, v


@numba.njit(forceinline=True, **PLAIN)
def midpoint(x, y, g1, g2, p):
    """α' = α + dt f((α + α')/2) + noise, solved by a fixed number of sweeps so that lanes stay in step."""
    nx = p[NOISE] * g1
    ny = p[NOISE] * g2
    mx = fma(0.5, nx, x)
    my = fma(0.5, ny, y)
    bx = mx
    by = my
    for _ in range(_SWEEPS):
        u, v = plane_drift(mx, my, p)
        mx = fma(0.5 * p[DT], u, bx)
        my = fma(0.5 * p[DT], v, by)
    u, v = plane_drift(mx, my, p)
    return fma(p[DT], u, x + nx), fma(p[DT], v, y + ny)


@numba.njit(forceinline=True, **PLAIN)
def heun(x, y, g1, g2, p):
    """Mean of the drifts at both ends, the far end predicted with the same noise."""
    u, v = plane_drift(x, y, p)
    bx = fma(p[NOISE], g1, x)
    by = fma(p[NOISE], g2, y)
    e, f = plane_drift(fma(p[DT], u, bx), fma(p[DT], v, by), p)
    return fma(0.5 * p[DT], u + e, bx), fma(0.5 * p[DT], v + f, by)


@numba.njit(forceinline=True, **PLAIN)
def euler(x, y, g1, g2, p):
    """Euler-Maruyama."""
    u, v = plane_drift(x, y, p)
    return fma(p[DT], u, fma(p[NOISE], g1, x)), fma(p[DT], v, fma(p[NOISE], g2, y))


# the schemes over all lanes; k = 0 or 1 chooses one of two steps of noise
@numba.njit(forceinline=True, **PLAIN)
def strang_lanes(p, x, y, c, s, g, k):
    """Half turn, exact linear step, half turn. Angles below a quarter turn need no reduction, with the same bits."""
    a, b = 2 * k, 2 * k + 1
    large = np.int64(0)
    for lane in range(x.shape[0]):
        u = fma(c[lane], x[lane], -(s[lane] * y[lane]))
        v = fma(s[lane], x[lane], c[lane] * y[lane])
        u, v = (
            fma(p[E00], u, fma(p[E01], v, fma(p[L00], g[0, a, lane], p[B0]))),
            fma(p[E10], u, fma(p[E11], v, fma(p[L10], g[0, a, lane], fma(p[L11], g[0, b, lane], p[B1])))),
        )
        angle = half_angle(u, v, p)
        x[lane], y[lane], c[lane] = u, v, angle
        large += np.int64(not (abs(angle) <= UNREDUCED))
    if large == 0:
        for lane in range(x.shape[0]):
            u, v = x[lane], y[lane]
            c[lane], s[lane] = quarter_turn(c[lane])
            x[lane] = fma(c[lane], u, -(s[lane] * v))
            y[lane] = fma(s[lane], u, c[lane] * v)
    else:
        for lane in range(x.shape[0]):
            u, v = x[lane], y[lane]
            c[lane], s[lane] = cosine_sine(c[lane])
            x[lane] = fma(c[lane], u, -(s[lane] * v))
            y[lane] = fma(s[lane], u, c[lane] * v)


@numba.njit(forceinline=True, **PLAIN)
def midpoint_lanes(p, x, y, c, s, g, k):
    """:func:`midpoint` for every lane."""
    a, b = 2 * k, 2 * k + 1
    for lane in range(x.shape[0]):
        x[lane], y[lane] = midpoint(x[lane], y[lane], g[0, a, lane], g[0, b, lane], p)


@numba.njit(forceinline=True, **PLAIN)
def heun_lanes(p, x, y, c, s, g, k):
    """:func:`heun` for every lane."""
    a, b = 2 * k, 2 * k + 1
    for lane in range(x.shape[0]):
        x[lane], y[lane] = heun(x[lane], y[lane], g[0, a, lane], g[0, b, lane], p)


@numba.njit(forceinline=True, **PLAIN)
def euler_lanes(p, x, y, c, s, g, k):
    """:func:`euler` for every lane."""
    a, b = 2 * k, 2 * k + 1
    for lane in range(x.shape[0]):
        x[lane], y[lane] = euler(x[lane], y[lane], g[0, a, lane], g[0, b, lane], p)
