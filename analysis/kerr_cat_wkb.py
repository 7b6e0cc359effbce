"""Levels of the Kerr-cat double well from the quantisation of its classical orbits.

With λ = K/(2ε₂) = 1/(2α²), a = (Q + iP)/sqrt(2λ), [Q, P] = iλ and μ = 2λ the Weyl symbol of H is

    H = -(K/λ²) g(Q, P) + E_ref,   E_ref = -K/2                                                (128)-(135)

with g, A and T of :mod:`wellhop.analysis.kerr_cat_actions`. Upper sign even, ε = g/(λw), w = sqrt(1-μ²):

    A/(2λ) = π(n + 1/2) ∓ (1/2) arctan(e^{-T/λ}) - φ(ε)                                        (167), (169)
    φ(ε) = (1/2) arg Γ(1/2 - iε) + (ε/2) ln|ε| - ε/2

Su, Cortiñas, Venkatraman, Puri, "Unraveling the switching dynamics in a quantum double-well potential", App. E.
With g read as an operator E_ref would be -3K/4; as a function on phase space it is -K/2, and levels deep in a
well are then off by less than 0.06 K instead of 0.2 K (far above the barrier by 0.2 K instead of 0.06 K).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq
from scipy.special import digamma, loggamma

from wellhop.analysis.kerr_cat_actions import area, area_slope, tunnel_action
from wellhop.engine.errors import ParameterError, PredictionError
from wellhop.engine.oscillator import finite_real
from wellhop.engine.systems.kerr_cat import KerrCat

__all__ = [
    "OPERATOR_REFERENCE",
    "WEYL_REFERENCE",
    "Scaling",
    "area",
    "area_slope",
    "barrier_phase",
    "checked_manifold",
    "digamma_line",
    "tunnel_action",
    "wkb_levels",
    "wkb_splitting",
]

#: E_ref in units of K of the Weyl symbol, and of g with (Q² + P²)² as an operator square.
WEYL_REFERENCE, OPERATOR_REFERENCE = -0.5, -0.75
#: Tunnelling phase below which a splitting is taken from the slope and not from a difference of two roots.
SMALL_PHASE = 1e-7


def barrier_phase(eps: float) -> float:
    """φ(ε), phase of the parabolic barrier in the quantisation condition (167); vanishes for |ε| >> 1.

    arg Γ is the continuous branch; the principal value would jump by 2π.

    >>> print(f"{barrier_phase(0.5):.4f} {barrier_phase(-50.0):.5f}")
    -0.0479 0.00042
    """
    eps = finite_real("eps", eps)
    log_part = 0.0 if eps == 0.0 else eps * np.log(abs(eps))
    return float(0.5 * (loggamma(0.5 - 1j * eps).imag + log_part - eps))


@dataclass(frozen=True)
class Scaling:
    """λ, μ, w of a Kerr-cat, and the way between energies and g; (128)-(135).

    Attributes:
        lam: effective Planck constant K/(2ε₂). mu: 2λ. K: Kerr constant. reference: E_ref in units of K.
    """

    lam: float
    K: float
    reference: float = WEYL_REFERENCE

    @classmethod
    def of(cls, system: KerrCat, reference: float = WEYL_REFERENCE) -> Scaling:
        """Scaling of a system.

        Raises:
            PredictionError: ε₂ <= K, where μ >= 1 and the Weyl symbol has no barrier.
        """
        if not system.eps2 > system.K:
            ratio = system.eps2 / system.K
            raise PredictionError(
                f"WKB: got eps2/K = {ratio:.6g}, allowed is > 1; below that there is no barrier"
            )
        return cls(system.K / (2.0 * system.eps2), system.K, reference)

    @property
    def mu(self) -> float:
        """μ = 2λ (no detuning)."""
        return 2.0 * self.lam

    @property
    def w(self) -> float:
        """sqrt(1 - μ²), frequency at the saddle in scaled units."""
        return float(np.sqrt(1.0 - self.mu**2))

    def energy(self, g: float) -> float:
        """E = -(K/λ²) g + E_ref."""
        return float(self.K * (self.reference - g / self.lam**2))

    def scaled(self, energy: float) -> float:
        """G of an energy."""
        return float((self.reference - energy / self.K) * self.lam**2)

    def barrier_energy(self, energy: float) -> float:
        """ε = g/(λw), energy below (negative) or above the barrier top in units of the saddle; (155)."""
        return self.scaled(energy) / (self.lam * self.w)


def wkb_levels(system: KerrCat, n: int, *, reference: float = WEYL_REFERENCE) -> tuple[float, float]:
    """E_n^+ and E_n^- from the quantisation condition (169), unit of K's parameters.

    For n = 0 the tunnelling term is left out: its splitting is exactly zero and T is not real there.

    Args:
        system: ε₂ > K. n: manifold, 0 = the highest. reference: E_ref/K.

    Raises:
        ParameterError: no such manifold. PredictionError: ε₂ <= K, or no solution in the range of the actions.

    >>> even, odd = wkb_levels(KerrCat(8.0, 0.1, 0.1), 2)
    >>> print(f"{even:.6f} {odd:.6f}")
    10.103740 9.267490
    """
    scaling = Scaling.of(system, reference)
    n = checked_manifold(system, n)
    if n == 0:
        both = scaling.energy(_root(scaling, n, 0))
        return both, both
    even, odd = (scaling.energy(_root(scaling, n, sign)) for sign in (1, -1))
    return even, odd


def wkb_splitting(system: KerrCat, n: int) -> float:
    """δ_n = E_n^+ - E_n^- of the quantisation condition (169); E_ref drops out.

    Deep in a well the splitting is far below the round-off of the levels and follows from the slope of the
    condition, δ = (K/λ²) arctan(e^{-T/λ})/(dA/dg/(2λ) + φ'(ε)/(λw)). Not corrected by the Stirling factor:
    0.905, 0.957, ... of the exact value for n = 1, 2, ... deep in the well, > 0.999 far above the barrier.

    Raises:
        ParameterError, PredictionError: as :func:`wkb_levels`.

    >>> print(f"{wkb_splitting(KerrCat(8.0, 0.1, 0.1), 2):.6f}")
    0.836250
    """
    scaling = Scaling.of(system)
    n = checked_manifold(system, n)
    if n == 0:
        return 0.0
    middle = _root(scaling, n, 0)
    phase = _tunnel_phase(scaling, middle)
    if phase < SMALL_PHASE:
        eps = middle / (scaling.lam * scaling.w)
        slope = 0.5 * (np.log(abs(eps)) - digamma_line(eps))
        total = 0.5 * area_slope(middle, scaling.mu) / scaling.lam + slope / (scaling.lam * scaling.w)
        return float(scaling.K / scaling.lam**2 * phase / total)
    return float(scaling.K / scaling.lam**2 * (_root(scaling, n, -1) - _root(scaling, n, 1)))


def digamma_line(eps: float) -> float:
    """Re ψ(1/2 + iε) = d/dε arg Γ(1/2 + iε).

    >>> print(f"{digamma_line(0.0) + np.euler_gamma + 2 * np.log(2):.6f}")
    0.000000
    """
    return float(digamma(0.5 + 1j * eps).real)


def checked_manifold(system: KerrCat, n: int, first: int = 0) -> int:
    """A manifold index that the levels computed by default contain.

    Raises:
        ParameterError: not an integer in this range.
    """
    last = system.default_manifolds() - 1
    if isinstance(n, bool) or not isinstance(n, (int, np.integer)) or not first <= n <= last:
        raise ParameterError("n", n, f"an integer from {first} to {last}")
    return int(n)


def _root(scaling: Scaling, n: int, sign: int) -> float:
    """G that solves (169) for even (+1) or odd (-1) parity, or without the tunnelling term (0)."""
    mu, lam = scaling.mu, scaling.lam

    def defect(g: float) -> float:
        phase = sign * 0.5 * _tunnel_phase(scaling, g) if sign else 0.0
        return area(g, mu) / (2.0 * lam) + barrier_phase(g / (lam * scaling.w)) + phase - np.pi * (n + 0.5)

    low = -0.25 * (1.0 - mu if n else 1.0 + mu) ** 2
    high = 0.5
    while defect(high) < 0.0:
        high *= 2.0
    if defect(low) > 0.0:
        raise PredictionError(
            f"WKB: no solution for manifold n = {n} at eps2/K = {0.5 / lam:.6g} with real tunnel action; use a larger eps2"
        )
    return float(brentq(defect, low, high, xtol=1e-16, rtol=1e-14))


def _tunnel_phase(scaling: Scaling, g: float) -> float:
    """arctan(e^{-T/λ})."""
    exponent = -tunnel_action(g, scaling.mu) / scaling.lam
    return float(np.arctan(np.exp(min(exponent, 700.0))))
