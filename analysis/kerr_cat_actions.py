"""Classical orbits of the Kerr-cat double well: area inside a well, period, and action below the barrier.

    g(Q, P) = (Q² + P²)²/4 + (1-μ)P²/2 - (1+μ)Q²/2                                              (135)

has wells that end at g = -(1+μ)²/4 (bottom) and g = 0 (barrier). Area of an orbit in Q > 0, and action between the
inner turning points:

    A(g) = ∫ sqrt((μ+u)² + 4g)/sqrt(1-u²) du   (g < 0),   ∫_0^π [s + sqrt(s²+4g)]/2 dφ, s = μ + cos φ   (g > 0)
    T(g) = ∫ |P| dQ, continued analytically to g > 0, where it is negative                      (136)-(141)

Su, Cortiñas, Venkatraman, Puri, "Unraveling the switching dynamics in a quantum double-well potential", App. E.1.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt

from wellhop.engine.errors import ParameterError
from wellhop.engine.oscillator import finite_real

#: |g| below which the area is its own expansion (138) to round-off.
NEAR_TOP = 1e-12


def area(g: float, mu: float) -> float:
    """A(g), area of the orbit in the half-plane Q > 0, dimensionless; (137).

    Args:
        g: scaled energy, -(1+μ)²/4 (bottom of the well) <= g. mu: -1 < μ < 1.

    Raises:
        ParameterError: outside these ranges.

    >>> print(f"{area(-0.1, 0.2):.10f} {area(0.15, 0.125):.10f}")
    0.8500776543 1.8293416336
    """
    g, mu = _scaled_energy(g, mu, (1.0 + mu) ** 2)
    w = np.sqrt(1.0 - mu**2)
    if abs(g) < NEAR_TOP:
        log_part = 0.0 if g == 0.0 else (g / w) * (np.log(4.0 * w**4 / abs(g)) + 1.0)
        return float(w + mu * np.arccos(-mu) + log_part)
    t, weight = _orbit(g, mu)
    if g < 0.0:
        return float(weight @ (-4.0 * g * np.sinh(t) ** 2))
    return float(0.5 * np.pi * mu + weight @ (2.0 * g * np.cosh(t) ** 2))


def area_slope(g: float, mu: float) -> float:
    """dA/dg, the period of the orbit (half of it above the barrier); infinite at g = 0.

    Raises:
        ParameterError: as :func:`area`, and for g = 0.

    >>> print(f"{area_slope(-0.36, 0.2) * np.sqrt(1.2) / np.pi:.6f}")  # bottom of the well, frequency 2 sqrt(1 + mu)
    1.000000
    """
    g, mu = _scaled_energy(g, mu, (1.0 + mu) ** 2)
    if g == 0.0:
        raise ParameterError("g", g, "a number other than 0: the period diverges at the barrier top")
    if abs(g) < NEAR_TOP:
        w = np.sqrt(1.0 - mu**2)
        return float(np.log(4.0 * w**4 / abs(g)) / w)
    _, weight = _orbit(g, mu)
    return float(weight.sum() * (2.0 if g < 0.0 else 1.0))


def tunnel_action(g: float, mu: float) -> float:
    """T(g) = ∫ |P| dQ between the inner turning points, continued analytically to g > 0; (140).

    In z with Q² = (z² - z_0²)/4, z_0² = (1-μ)² + 4g, the turning point is z_t = 2 - y, y² = (1+μ)² + 4g, and
    T = (1/2) ∫_{z_0}^{z_t} z sqrt((z_t-z)(2+y-z)/(z²-z_0²)) dz has no branch cut at g = 0.

    Args:
        g: scaled energy >= -(1-μ)²/4; below that, where only n = 0 lies, the momentum is not imaginary
            throughout. (For μ < 0 the bottom of the well is higher.)
        mu: -1 < μ < 1.

    Raises:
        ParameterError: outside these ranges.

    >>> print(f"{tunnel_action(-0.1, 0.2):.10f} {tunnel_action(0.05, 0.125):.10f}")
    0.3450350582 -0.1544268026
    """
    g, mu = _scaled_energy(g, mu, (1.0 - abs(mu)) ** 2)
    y = np.sqrt((1.0 + mu) ** 2 + 4.0 * g)
    z_0 = np.sqrt(max((1.0 - mu) ** 2 + 4.0 * g, 0.0))
    # z_t - z_0 by its own formula: the difference loses all digits at the barrier top.
    span = -16.0 * g / ((1.0 + mu + y) * (2.0 - y + z_0))
    nodes, weights = _nodes()
    angle = 0.25 * np.pi * (nodes + 1.0)
    z = z_0 + span * np.sin(angle) ** 2
    # z/sqrt(z + z_0), written so that both may vanish at the end of the range.
    integrand = np.cos(angle) ** 2 * z * np.sqrt((2.0 + y - z) / (z + z_0))
    return float(0.25 * np.pi * span * (weights @ integrand))


@cache
def _nodes() -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Gauss-Legendre nodes and weights; 120 of them leave 1e-13 for every g and |μ| <= 0.98."""
    nodes, weights = np.polynomial.legendre.leggauss(120)
    return nodes, weights


def _orbit(g: float, mu: float) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """T along the orbit and dt/sqrt(1-u²) times the weight, where μ + u = 2 sqrt|g| cosh t or sinh t.

    t = middle + half sin(angle) takes away the singularities at the ends, products of hyperbolic functions the
    cancellation in 1 ± u.
    """
    nodes, weights = _nodes()
    scale = 2.0 * np.sqrt(abs(g))
    if g < 0.0:
        # At the bottom the orbit shrinks to a point of area zero and finite period.
        end = max(float(np.arccosh(max((1.0 + mu) / scale, 1.0))), 1e-9)
        angle = 0.25 * np.pi * (nodes + 1.0)
        t = end * np.sin(angle)
        rest = 2.0 * end * np.sin(0.5 * (0.5 * np.pi - angle)) ** 2
        upper = 2.0 * scale * np.sinh(0.5 * (end + t)) * np.sinh(0.5 * rest)
        lower = 1.0 - mu + scale * np.cosh(t)
        measure = 0.25 * np.pi * end * np.cos(angle)
    else:
        end, start = float(np.arcsinh((1.0 + mu) / scale)), -float(np.arcsinh((1.0 - mu) / scale))
        half = 0.5 * (end - start)
        angle = 0.5 * np.pi * nodes
        t = start + half * (1.0 + np.sin(angle))
        rest = 2.0 * half * np.sin(0.5 * (0.5 * np.pi - angle)) ** 2
        gone = 2.0 * half * np.sin(0.5 * (0.5 * np.pi + angle)) ** 2
        upper = 2.0 * scale * np.cosh(0.5 * (end + t)) * np.sinh(0.5 * rest)
        lower = 2.0 * scale * np.cosh(0.5 * (start + t)) * np.sinh(0.5 * gone)
        measure = 0.5 * np.pi * half * np.cos(angle)
    return t, weights * measure / np.sqrt(upper * lower)


def _scaled_energy(g: float, mu: float, deepest: float) -> tuple[float, float]:
    """Checked g >= -deepest/4 and -1 < μ < 1."""
    mu = finite_real("mu", mu)
    if not -1.0 < mu < 1.0:
        raise ParameterError("mu", mu, "a number between -1 and 1, both excluded")
    g = finite_real("g", g)
    # Round-off of the bottom itself is no mistake.
    if g < -0.25 * deepest * (1.0 + 1e-14):
        raise ParameterError("g", g, f"a number >= {-0.25 * deepest:.10g}")
    return g, mu
