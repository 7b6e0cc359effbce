"""Isotropic Itô noise whose strength grows with |α|² from a disc without noise: the step of a resonator that loses pairs.

    dα = [iΔα + Gα* - (κ₁/2)α - η(|α|² - 1)α] dt + sqrt(2η max(|α|² - c, 0)) dZ,        0 <= c <= 1/2,

dZ complex with E|dZ|² = dt and E dZ² = 0. With c = 1/2 - κ₁/(4η) it is the truncated Wigner equation with its negative
diffusion clipped, with c = 0 the same without the -1/2 (see :mod:`wellhop.engine.resonator_langevin`).

Outside the disc the noise of n = |α|² = c cosh² y and that of the phase φ are, in Stratonovich form,

    dn = -ηc dt + 2 sqrt(ηn(n - c)) ∘ dW,    that is dy = sqrt(η) dW without the drift,    dφ = sqrt(η(1 - c/n)) dW'.

The drift -ηc belongs to the loss: n' = -2ηn(n - 1) - ηc = -2η(n - n₊)(n - n₋) with n₋ <= c <= n₊, which never leads into the
disc. Inside there is no noise and the loss is n' = -2ηn(n - 1).

Step ``strang``: half of the linear part, half of the loss, the noise of n, half of the loss, half of the linear part, all of
them exact flows, and a palindrome. Rotations commute with the noise of n and with the loss, so the phase is turned once, with
the mean of its variances at both ends of the noise. One Gaussian pair per step. Weak order 2 for c = 0 and wherever a path
stays outside the disc; what happens within a step's reach of its edge is right to first order, so for c > 0 the order is 1.
"""

# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

import math

import numba
import numpy as np
import numpy.typing as npt
from scipy.linalg import expm

from wellhop.engine.lane_streams import PLAIN, cosine_sine, exponential, fma

# places in the tuple of coefficients; the first three are read by half_turn, and a detuning of 0 leaves its angle at 0
_DT, _OMEGA, _KERR = 0, 1, 2
E00, E01, E10, E11 = 3, 4, 5, 6
EDGE, LOW, OUT, OUT_CURVE, IN, IN_CURVE, SPREAD = 7, 8, 9, 10, 11, 12, 13
N_COEFFICIENTS = 14


def radial_coefficients(
    linear: npt.NDArray[np.float64], loss: float, edge: float, dt: float
) -> npt.NDArray[np.float64]:
    """All numbers a step needs, (14,) float64.

    Args:
        linear: (2, 2) matrix of the linear drift of (Re α, Im α), rotation included. loss: η. edge: c, from 0 to 1/2.
        dt: step.
    """
    half = expm(0.5 * dt * linear)
    apart = math.sqrt(1.0 - 2.0 * edge)
    low = edge / (1.0 + apart)
    # (exp(2η apart dt/2) - 1)/apart, at apart = 0 its limit
    grown = math.expm1(loss * apart * dt) / apart if apart > 0.0 else loss * dt
    inside = math.expm1(loss * dt)
    return np.array(
        [
            *(dt, 0.0, 0.0),
            *half.ravel(),
            *(edge, low, 1.0 + apart * grown, grown, 1.0 + inside, inside),
            math.sqrt(loss * dt),
        ]
    )


@numba.njit(forceinline=True, **PLAIN)
def _half_loss(n, p):
    """Half a step of the loss: n - low = u -> E u/(1 + K u), with its own E, K and low on either side of the edge."""
    outside = n > p[EDGE]
    low = p[LOW] if outside else 0.0
    u = n - low
    return fma(p[OUT] if outside else p[IN], u / fma(p[OUT_CURVE] if outside else p[IN_CURVE], u, 1.0), low)


@numba.njit(forceinline=True, **PLAIN)
def strang_radial(x, y, g1, g2, p):
    """Half linear, half loss, noise, half loss, half linear."""
    u = fma(p[E00], x, p[E01] * y)
    v = fma(p[E10], x, p[E11] * y)
    size = fma(u, u, v * v)
    n = _half_loss(size, p)
    noisy = n > p[EDGE]
    # sqrt(c) cosh(y + a) from cosh y and sinh y
    grown = exponential(p[SPREAD] * g1)
    shrunk = 1.0 / grown
    far = 0.5 * fma(math.sqrt(n), grown + shrunk, math.sqrt(max(n - p[EDGE], 0.0)) * (grown - shrunk))
    m = far * far if noisy else n
    turning = 1.0 - 0.5 * p[EDGE] * (1.0 / n + 1.0 / m) if noisy else 0.0
    c, s = cosine_sine(p[SPREAD] * math.sqrt(max(turning, 0.0)) * g2)
    # at the origin itself nothing moves
    scale = math.sqrt(_half_loss(m, p) / size) if size > 0.0 else 1.0
    c *= scale
    s *= scale
    u, v = fma(c, u, -(s * v)), fma(s, u, c * v)
    return fma(p[E00], u, p[E01] * v), fma(p[E10], u, p[E11] * v)


@numba.njit(forceinline=True, **PLAIN)
def strang_radial_lanes(p, x, y, c, s, g, k):
    """:func:`strang_radial` for every lane; k = 0 or 1 chooses one of two steps of noise."""
    a, b = 2 * k, 2 * k + 1
    for i in range(x.shape[0]):
        x[i], y[i] = strang_radial(x[i], y[i], g[0, a, i], g[0, b, i], p)
