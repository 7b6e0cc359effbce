"""Compiled positive-P trajectories of the two-photon resonator: a palindrome of exact flows.

In Stratonovich form the noise of :mod:`wellhop.engine.positive_p` is dα = sqrt(G - ηα²) ∘ dW₁ with the drift +ηα/2 beside it. Its
flow is exact: α = sqrt(G/η) sin φ with dφ = sqrt(η) dW₁, so that α -> α cos w + sqrt(G/η - α²) sin w for w = sqrt(η) W₁ (either
branch of the root has the same law). That of the pair loss is exact as well: αβ = N obeys N' = -2ηN², and α, β -> α, β / sqrt(1 +
2ηN dt). On the straight line from 1 to 1 + 2ηN dt the principal root is continuous, so a spike is passed, not stepped over.
What is left is linear.

A step: half linear, half loss, noise, half loss, half linear. Weak order 2.

The real square |α|, |β| <= sqrt(G/η) of Δ = 0 is not invariant under these flows one by one, and once a path has left the real
axes near an edge it does not come back. There a step of its own is taken, of weak order 1: half of the drift (midpoint rule),
for the noise a martingale with two outcomes and the right variance of which none lies outside, half of the drift.
"""

# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

import math

import numba
import numpy as np

from wellhop.engine.compiled import kept_njit
from wellhop.engine.lane_streams import cosine_sine, gaussian_pair

#: largest |α|, |β| of a trajectory that goes on; its square must not overflow in a product of two
_LARGEST = 1e75


@numba.njit(error_model="numpy")
def _noise(z, w, ratio):
    """Exact flow of dz = sqrt(G - ηz²) ∘ dW over w = sqrt(η) W; ratio = G/η."""
    c, s = cosine_sine(w)
    return c * z + s * np.sqrt(ratio - z * z)


@numba.njit(error_model="numpy")
def positive_p_step(a, b, g1, g2, linear, loss, ratio, spread):
    """One step of (α, β).

    Args:
        a, b: α, β. g1, g2: independent N(0, 1). linear: (2, 2) complex, the linear part over half a step.
        loss: η dt. ratio: G/η. spread: sqrt(η dt).
    """
    u = linear[0, 0] * a + linear[0, 1] * b
    v = linear[1, 0] * a + linear[1, 1] * b
    size = 1.0 / np.sqrt(1.0 + loss * u * v)
    u = _noise(size * u, spread * g1, ratio)
    v = _noise(size * v, spread * g2, ratio)
    size = 1.0 / np.sqrt(1.0 + loss * u * v)
    u *= size
    v *= size
    return linear[0, 0] * u + linear[0, 1] * v, linear[1, 0] * u + linear[1, 1] * v


@numba.njit(error_model="numpy")
def _half_drift(a, b, drive, loss, decay, top):
    """Half a step of dα = (G - ηα²)β - (κ₁/2)α and of the same for β, midpoint rule, kept inside the square."""
    u = a + 0.25 * ((drive - loss * a * a) * b - decay * a)
    v = b + 0.25 * ((drive - loss * b * b) * a - decay * b)
    a += 0.5 * ((drive - loss * u * u) * v - decay * u)
    b += 0.5 * ((drive - loss * v * v) * u - decay * v)
    return min(max(a, -top), top), min(max(b, -top), top)


@numba.njit(error_model="numpy")
def inner_noise(z, g, loss, top):
    """A martingale step of variance η(top² - z²) dt: z ± its root, or the edge and a point that makes up for it."""
    size = abs(z)
    room = top - size
    spread = math.sqrt(max(loss * (top * top - z * z), 0.0))
    if spread <= room:
        return z + math.copysign(spread, g)
    back = loss * (top + size)
    reached = 0.5 * math.erfc(-g / math.sqrt(2.0)) * (room + back) < back
    return math.copysign(top if reached else size - back, z)


@numba.njit(error_model="numpy")
def square_step(a, b, g1, g2, drive, loss, decay, top):
    """One step inside the real square |α|, |β| <= top.

    Args:
        a, b: α, β, real. g1, g2: independent N(0, 1). drive, loss, decay: G, η, κ₁/2 times dt.
    """
    a, b = _half_drift(a, b, drive, loss, decay, top)
    a, b = inner_noise(a, g1, loss, top), inner_noise(b, g2, loss, top)
    return _half_drift(a, b, drive, loss, decay, top)


@kept_njit(error_model="numpy", nogil=True)
def run_positive_p(start, names, limits, coefficients, linear, square, samples, counts, largest):
    """Trajectories one after the other; the noise of each is a pure function of its name and the step.

    Args:
        start: (2,) complex, α and β at time zero. names: trajectory (n,) uint64 and two key words.
        limits: (n_steps, steps per sample, |α|, |β| beyond which a step counts as a spike).
        coefficients: (η dt, G/η, sqrt(η dt), κ₁ dt/2). linear: as in :func:`positive_p_step`.
        square: whether to stay inside the real square; Δ = 0 and a start inside of it are needed.
        samples: (n, n_samples, 2) complex, filled; NaN from the time on where a trajectory was stopped.
        counts: (n, 3) int64, filled: steps in a spike, spikes entered, step where stopped or -1. largest: (n,), of |α|, |β|.
    """
    trajectory, k0, k1 = names
    n_steps, every, spike = limits
    loss, ratio, spread, decay = coefficients
    top = math.sqrt(ratio)
    for lane in range(trajectory.shape[0]):
        a, b = start[0], start[1]
        samples[lane, 0, 0], samples[lane, 0, 1] = a, b
        inside = False
        for step in range(n_steps):
            g1, g2 = gaussian_pair(np.uint64(step), np.uint64(0), trajectory[lane], k0, k1)
            if square:
                u, v = square_step(a.real, b.real, g1, g2, ratio * loss, loss, decay, top)
                a, b = complex(u, 0.0), complex(v, 0.0)
            else:
                a, b = positive_p_step(a, b, g1, g2, linear, loss, ratio, spread)
            size = max(abs(a), abs(b))
            if not size < _LARGEST or math.isnan(abs(a) + abs(b)):
                counts[lane, 2] = step + 1
                break
            largest[lane] = max(largest[lane], size)
            if size > spike:
                counts[lane, 0] += 1
                counts[lane, 1] += 0 if inside else 1
            inside = size > spike
            if (step + 1) % every == 0:
                k = (step + 1) // every
                samples[lane, k, 0], samples[lane, k, 1] = a, b
