"""Closed formulas for levels, tunnel splittings and the smallest gap of the Kerr-cat, each with its range.

    below the barrier   δ_n = (ω_n/π) e^{-T(g_n)/λ} / S_n                                        (170), (171)
    near its top        δ_n = 4Kα² arctan(e^{πε}) / [L - Re ψ(1/2+iε)],  L = ln(8α²)             (172)-(180)
                        with L ε - arg Γ(1/2+iε) ± arctan(e^{πε}) = 2πn - 2α²  (upper sign even)
    α² -> inf           δ_n = 8Kα² (4α²)^{2n} e^{-2α²} / (n! (n-1)!)                              (182)-(184)
    smallest gap        ω_min = 4πKα² / (ln(32α²) + γ_E)                                         (186)-(190)
    perturbation        E_n = Kα⁴ - 4Kα² n + 2K n²                                               (110)-(115)

S_n = n!(n-1)!/[2π (n+1/2)^{n+1/2} (n-1/2)^{n-1/2} e^{-2n}] repairs what WKB makes of low states: its value at a
level is Stirling's approximation of a factorial. The prefactor of the limit α² -> inf is ours, found as the limit
of extended-precision splittings; what WKB would give is S_n times it.

Su, Cortiñas, Venkatraman, Puri, "Unraveling the switching dynamics in a quantum double-well potential", App. C, E.
Actions, λ and g: :mod:`wellhop.analysis.kerr_cat_wkb`.
"""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
from scipy.optimize import brentq
from scipy.special import gammaln, loggamma

from wellhop.analysis.kerr_cat_wkb import Scaling, checked_manifold, digamma_line, tunnel_action
from wellhop.engine.errors import ParameterError, PredictionError
from wellhop.engine.systems.kerr_cat import KerrCat

Formula = Literal["wkb", "below barrier", "near top", "asymptotic", "minimum gap", "perturbative"]
#: ε_n up to which the formula below the barrier is meant, and from there to the second the one near the top.
DEEP, NEAR = -1.2, 1.5
#: ε₂/K from which the formula near the top, the smallest gap and (169) hold to the errors of :func:`validity`.
NEAR_DRIVE, GAP_DRIVE, WKB_DRIVE = 10.0, 6.0, 2.0
#: α² of the limit α² -> inf over n², of perturbation theory over n.
LIMIT_DRIVE, PERTURBATIVE_DRIVE = 10.0, 10.0


def stirling_factor(n: int) -> float:
    """S_n, what WKB splittings deep in a well are too small by; n >= 1.

    Raises:
        ParameterError: ``n`` is not an integer >= 1.

    >>> [round(stirling_factor(n), 3) for n in (1, 2, 3)]
    [0.905, 0.957, 0.972]
    """
    if isinstance(n, bool) or not isinstance(n, (int, np.integer)) or n < 1:
        raise ParameterError("n", n, "an integer >= 1")
    powers = (n + 0.5) * np.log(n + 0.5) + (n - 0.5) * np.log(n - 0.5) - 2.0 * n
    return float(np.exp(gammaln(n + 1) + gammaln(n) - np.log(2.0 * np.pi) - powers))


def barrier_position(system: KerrCat, n: int) -> float:
    """ε_n = g_n/(λw) of the exact mean energy: below the barrier if negative, near its top if |ε_n| < 1.5; (155).

    Raises:
        ParameterError: no such manifold. PredictionError: ε₂ <= K, there is no barrier.

    >>> round(barrier_position(KerrCat(8.0, 0.1, 0.1), 2), 3)
    -0.641
    """
    scaling = Scaling.of(system)
    return scaling.barrier_energy(_energies(system, checked_manifold(system, n))[n])


def splitting_below_barrier(system: KerrCat, n: int, *, stirling: bool = True) -> float:
    """δ_n of a level below the barrier; (170), (171).

    ω_n = (E_{n-1} - E_{n+1})/2 and g_n from exact mean energies, E_ref = -K/2. With the Stirling factor within
    1.2 % of the exact value for ε_n < -1.2; without it 0.900 ... 0.911 of it for n = 1.

    Args:
        system: ε₂ > K. n: manifold >= 1. stirling: divide by S_n.

    Raises:
        ParameterError: no such manifold. PredictionError: the level is above the barrier, or ε₂ <= K.

    >>> print(f"{splitting_below_barrier(KerrCat(6.0, 0.1, 0.1), 1):.6f}")
    0.100182
    """
    scaling = Scaling.of(system)
    n = checked_manifold(system, n, first=1)
    energy = _energies(system, n + 1)
    g = scaling.scaled(energy[n])
    if g >= 0.0:
        raise PredictionError(
            f"splitting below the barrier: manifold n = {n} is above it at eps2/K = {0.5 / scaling.lam:.6g}; use a larger eps2"
        )
    gap = 0.5 * (energy[n - 1] - energy[n + 1])
    raw = gap / np.pi * np.exp(-tunnel_action(g, scaling.mu) / scaling.lam)
    return float(raw / stirling_factor(n) if stirling else raw)


def top_energy(system: KerrCat, n: int, parity: int) -> float:
    """ε that solves the condition near the barrier top for even (+1) or odd (-1) parity; (172).

    Raises:
        ParameterError: no such manifold, or a parity other than ±1.
        PredictionError: the level is too far from the top for the condition to have a solution.

    >>> even, odd = (top_energy(KerrCat(8.0, 0.1, 0.1), 2, parity) for parity in (1, -1))
    >>> round(even, 4), round(odd, 4)
    (-0.6506, -0.5911)
    """
    n = checked_manifold(system, n, first=1)
    if parity not in (1, -1):
        raise ParameterError("parity", parity, "1 (even) or -1 (odd)")
    squared = system.alpha**2
    log_drive = np.log(8.0 * squared)

    def defect(eps: float) -> float:
        phase = parity * np.arctan(np.exp(np.pi * eps))
        return float(
            log_drive * eps - loggamma(0.5 + 1j * eps).imag + phase - 2.0 * np.pi * n + 2.0 * squared
        )

    # Beyond 8α² the left-hand side turns round; the expansion has long ceased to hold there.
    reach = min(4.0 * squared, 200.0)
    if not defect(-reach) < 0.0 < defect(reach):
        raise PredictionError(
            f"splitting near the top: manifold n = {n} is too far from it at eps2/K = {squared:.6g}; "
            f"allowed is {DEEP:g} <= eps_n <= {NEAR:g}"
        )
    return float(brentq(defect, -reach, reach, xtol=1e-13, rtol=1e-13))


def splitting_near_top(system: KerrCat, n: int) -> float:
    """δ_n of a level near the top of the barrier, ε the mean of the even and the odd condition; (177)-(180).

    Within 12 % of the exact value for ε_n = -1.2 ... 1.5 and ε₂ >= 10 K, 4 % at the very top; 28 % off at ε₂ = 5 K.

    Raises:
        ParameterError: no such manifold. PredictionError: too far from the top.

    >>> print(f"{splitting_near_top(KerrCat(12.0, 0.1, 0.1), 4):.3f}")
    8.537
    """
    eps = 0.5 * (top_energy(system, n, 1) + top_energy(system, n, -1))
    squared = system.alpha**2
    density = np.log(8.0 * squared) - digamma_line(eps)
    return float(4.0 * system.K * squared * np.arctan(np.exp(np.pi * eps)) / density)


def asymptotic_splitting(system: KerrCat, n: int) -> float:
    """Limit of δ_n for α² -> inf, zero for n = 0; (182)-(184).

    Too large by a factor of about exp(c_n/α²), c = 2.5, 8, 17 for n = 1, 2, 3: not for α² < 10 n².

    Raises:
        ParameterError: no such manifold.

    >>> print(f"{asymptotic_splitting(KerrCat(20.0, 0.1, 0.1), 1):.4e}")
    4.3503e-12
    """
    n = checked_manifold(system, n)
    if n == 0:
        return 0.0
    squared = system.alpha**2
    logarithm = 2.0 * n * np.log(4.0 * squared) - 2.0 * squared - gammaln(n + 1) - gammaln(n)
    return float(8.0 * system.K * squared * np.exp(logarithm))


def minimum_gap(system: KerrCat) -> float:
    """Smallest distance between manifolds, found where levels cross the barrier top; (186)-(190).

    The inverse density of levels at the very top. It is 6-23 % below the smallest distance of two manifolds
    (ε₂ >= 6 K), because the density falls off within one such distance.

    Raises:
        PredictionError: ε₂ <= K, there is no barrier.

    >>> round(minimum_gap(KerrCat(10.0, 0.1, 0.1)), 3)
    19.803
    """
    Scaling.of(system)
    squared = system.alpha**2
    return float(4.0 * np.pi * system.K * squared / (np.log(32.0 * squared) + np.euler_gamma))


def perturbative_energy(system: KerrCat, n: int) -> float:
    """E_n to second order about the bottom of a well; about n³K/α² too low, for n << α²; (110)-(115).

    Raises:
        ParameterError: no such manifold.

    >>> perturbative_energy(KerrCat(10.0, 0.1, 0.1), 1)
    62.0
    """
    n = checked_manifold(system, n)
    return float(system.well_energy - 4.0 * system.eps2 * n + 2.0 * system.K * n**2)


def validity(system: KerrCat, n: int, formula: Formula) -> str:
    """Empty where a formula holds to the error given with it, otherwise why it does not.

    Errors against exact diagonalisation: ``wkb`` splitting 10 %; ``below barrier`` 1.2 %; ``near top`` 12 %;
    ``asymptotic`` up to 33 % too large; ``minimum gap`` up to 23 % too small; ``perturbative`` 1.2 n³K/α² too low.

    Raises:
        ParameterError: no such manifold or formula.

    >>> validity(KerrCat(8.0, 0.1, 0.1), 1, "below barrier")
    ''
    >>> validity(KerrCat(8.0, 0.1, 0.1), 1, "asymptotic")
    'meant for alpha^2 >= 10 n^2 = 10, here alpha^2 = 8'
    """
    n = checked_manifold(system, n)
    if formula not in get_args(Formula):
        raise ParameterError("formula", formula, "one of " + ", ".join(get_args(Formula)))
    drive = system.eps2 / system.K
    if formula == "asymptotic":
        least = LIMIT_DRIVE * n**2
        return (
            "" if drive >= least else f"meant for alpha^2 >= 10 n^2 = {least:g}, here alpha^2 = {drive:.6g}"
        )
    if formula == "perturbative":
        least = PERTURBATIVE_DRIVE * n
        return "" if drive >= least else f"meant for alpha^2 >= 10 n = {least:g}, here alpha^2 = {drive:.6g}"
    least = {"wkb": WKB_DRIVE, "minimum gap": GAP_DRIVE, "near top": NEAR_DRIVE, "below barrier": 1.0}[
        formula
    ]
    if drive < least or drive == 1.0:
        return f"meant for eps2/K >= {least:g}, here {drive:.6g}"
    if formula in ("wkb", "minimum gap"):
        return ""
    if n == 0:
        return "delta_0 = 0 exactly; meant for n >= 1"
    eps = barrier_position(system, n)
    if formula == "below barrier":
        return "" if eps <= DEEP else f"meant for eps_n <= {DEEP:g}, here eps_{n} = {eps:.3g}"
    return "" if DEEP <= eps <= NEAR else f"meant for {DEEP:g} <= eps_n <= {NEAR:g}, here eps_{n} = {eps:.3g}"


def _energies(system: KerrCat, last: int) -> list[float]:
    """Exact mean energies of manifolds 0 ... last."""
    count = last + 1
    levels = system.manifolds(count, max(system.default_cutoff(), 2 * count + 20))
    return [float(energy) for energy in levels.energy]
