"""Two-photon loss and dephasing in the Langevin equation: noise whose strength depends on the state.

With the operator correspondences aρ -> (α + ∂_α*/2) W and so on, κ₂ D[a²] and κ_φ D[a†a] turn the Wigner equation into

    ∂W/∂t = [...] + κ₂ { ∂_α (|α|² - 1) α + c.c. + ∂_α ∂_α* (2|α|² - 1) + (1/4)(∂_α² ∂_α* α + c.c.) } W + (κ_φ/2) ∂_φ² W,

φ the phase of α. Truncation: the third derivatives of two-photon loss are dropped, as those of the Kerr term are; dephasing
has none and is exact. What is left is the Fokker-Planck equation of the Itô equation

    dα = [...] dt - κ₂(|α|² - 1) α dt - (κ_φ/2) α dt + sqrt(κ₁(2 n_th + 1)/2 + κ₂(2|α|² - 1)) dZ + i sqrt(κ_φ) α dW,

dZ complex with E|dZ|² = dt and E dZ² = 0. The strength of the isotropic noise splits into the constant part
κ₁(2 n_th + 1)/2 - κ₂ and 2κ₂|α|², and sqrt(2κ₂)|α| dZ has the law of sqrt(κ₂) α (dW_r + i dW_φ): independent linear noise of
ln|α| and of φ. In Stratonovich form the drift is therefore the one above without -(κ_φ/2) α. (Read as Stratonovich, the Itô
equation with its isotropic noise would have the wrong extra drift +(κ₂/2) α.)

The constant part must not be negative: for κ₂ > κ₁(n_th + 1/2) the diffusion is negative around the vacuum, there is no
stochastic process with the truncated equation, and such runs are refused.

Schemes:

* ``strang``: half rotation by the Kerr angle, half of the noise of ln|α| and φ (all exact, the phase noise commutes with the
  rotation), half of d|α|²/dt = -2κ₂(|α|² - 1)|α|² (exact), exact linear step with the constant part of the noise, and back in
  reverse order. A palindrome of exact flows: weak order 2.
* ``heun``: Stratonovich predictor and corrector, weak order 1 here. ``euler``: Euler-Maruyama of the Itô form, weak order 1.
"""

# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

import math

import numba

from wellhop.engine.lane_streams import PLAIN, cosine_sine, exponential, fma
from wellhop.engine.langevin_schemes import (
    B0,
    B1,
    DEPHASING,
    DT,
    E00,
    E01,
    E10,
    E11,
    EULER,
    GROWTH,
    HEUN,
    L00,
    L10,
    L11,
    LOSS,
    NOISE,
    PHASE,
    RADIAL,
    STRANG,
    half_turn,
    plane_drift,
)

#: Gaussian pairs per step
PAIRS = {STRANG: 3, HEUN: 2, EULER: 2}
_ROOT_2 = math.sqrt(2.0)


@numba.njit(forceinline=True, **PLAIN)
def _half_noise(x, y, g, h, p):
    """Half a step of the noise of ln|α| and φ."""
    c, s = cosine_sine(p[PHASE] * h)
    size = exponential(p[RADIAL] * g)
    return size * fma(c, x, -(s * y)), size * fma(s, x, c * y)


@numba.njit(forceinline=True, **PLAIN)
def _half_loss(x, y, p):
    """Half a step of n' = -2κ₂(n - 1) n, n = |α|²: n -> E n/(1 + n(E - 1)), E = exp(κ₂ dt)."""
    n = fma(x, x, y * y)
    size = math.sqrt(p[GROWTH] / fma(n, p[GROWTH] - 1.0, 1.0))
    return size * x, size * y


@numba.njit(forceinline=True, **PLAIN)
def strang_noisy(x, y, c, s, g1, g2, g3, g4, g5, g6, p):
    """Half turn, half noise, half loss, exact linear step, and back in reverse order."""
    u = fma(c, x, -(s * y))
    v = fma(s, x, c * y)
    u, v = _half_noise(u, v, g3, g4, p)
    u, v = _half_loss(u, v, p)
    x = fma(p[E00], u, fma(p[E01], v, fma(p[L00], g1, p[B0])))
    y = fma(p[E10], u, fma(p[E11], v, fma(p[L10], g1, fma(p[L11], g2, p[B1]))))
    x, y = _half_loss(x, y, p)
    x, y = _half_noise(x, y, g5, g6, p)
    c, s = half_turn(x, y, p)
    return fma(c, x, -(s * y)), fma(s, x, c * y), c, s


@numba.njit(forceinline=True, **PLAIN)
def _lossy_drift(x, y, p):
    """Stratonovich drift."""
    u, v = plane_drift(x, y, p)
    loss = -p[LOSS] * (fma(x, x, y * y) - 1.0)
    return fma(loss, x, u), fma(loss, y, v)


@numba.njit(forceinline=True, **PLAIN)
def heun_noisy(x, y, g1, g2, g3, g4, p):
    """Mean of drift and of noise strength at both ends, the far end predicted with the same noise."""
    u, v = _lossy_drift(x, y, p)
    r = _ROOT_2 * p[RADIAL] * g3
    f = _ROOT_2 * p[PHASE] * g4
    bx = fma(p[NOISE], g1, x)
    by = fma(p[NOISE], g2, y)
    a = fma(p[DT], u, fma(r, x, fma(-f, y, bx)))
    b = fma(p[DT], v, fma(r, y, fma(f, x, by)))
    e, d = _lossy_drift(a, b, p)
    a = 0.5 * (a + x)
    b = 0.5 * (b + y)
    return (
        fma(0.5 * p[DT], u + e, fma(r, a, fma(-f, b, bx))),
        fma(0.5 * p[DT], v + d, fma(r, b, fma(f, a, by))),
    )


@numba.njit(forceinline=True, **PLAIN)
def euler_noisy(x, y, g1, g2, g3, g4, p):
    """Euler-Maruyama of the Itô form."""
    u, v = _lossy_drift(x, y, p)
    r = _ROOT_2 * p[RADIAL] * g3 - 0.5 * p[DEPHASING] * p[DT]
    f = _ROOT_2 * p[PHASE] * g4
    bx = fma(p[NOISE], g1, x)
    by = fma(p[NOISE], g2, y)
    return fma(p[DT], u, fma(r, x, fma(-f, y, bx))), fma(p[DT], v, fma(r, y, fma(f, x, by)))


# the schemes over all lanes; k = 0 or 1 chooses one of two steps of noise
@numba.njit(forceinline=True, **PLAIN)
def strang_noisy_lanes(p, x, y, c, s, g, k):
    """:func:`strang_noisy` for every lane."""
    a, b = 2 * k, 2 * k + 1
    for i in range(x.shape[0]):
        x[i], y[i], c[i], s[i] = strang_noisy(
            x[i], y[i], c[i], s[i], g[0, a, i], g[0, b, i], g[1, a, i], g[1, b, i], g[2, a, i], g[2, b, i], p
        )


@numba.njit(forceinline=True, **PLAIN)
def heun_noisy_lanes(p, x, y, c, s, g, k):
    """:func:`heun_noisy` for every lane."""
    a, b = 2 * k, 2 * k + 1
    for i in range(x.shape[0]):
        x[i], y[i] = heun_noisy(x[i], y[i], g[0, a, i], g[0, b, i], g[1, a, i], g[1, b, i], p)


@numba.njit(forceinline=True, **PLAIN)
def euler_noisy_lanes(p, x, y, c, s, g, k):
    """:func:`euler_noisy` for every lane."""
    a, b = 2 * k, 2 * k + 1
    for i in range(x.shape[0]):
        x[i], y[i] = euler_noisy(x[i], y[i], g[0, a, i], g[0, b, i], g[1, a, i], g[1, b, i], p)
