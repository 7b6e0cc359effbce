"""Slow eigenvalues of the two-photon resonator in the sector odd in parity, at any depth of the wells.

    dρ_mn/dt = [iΔ(m-n) - (η/2)(m(m-1) + n(n-1)) - (κ₁/2)(m+n)] ρ_mn + η c_m c_n ρ_{m+2,n+2}
               + (G/2)[c_{m-2} ρ_{m-2,n} - c_m ρ_{m+2,n} + c_{n-2} ρ_{m,n-2} - c_n ρ_{m,n+2}]
               + κ₁ sqrt((m+1)(n+1)) ρ_{m+1,n+1},        c_k = sqrt((k+1)(k+2)),  m - n odd

Without one-photon loss the blocks m even and m odd decouple; the slowest eigenvalue λ = -Γ - iΩ (Δ > 0, m even) is
complex, falls like e^{-S}, and vanishes exactly at Δ = 0, where both cat states and their coherence are dark. With
q = κ₁|α₀|² the two blocks form [[λ - q, q], [q, λ* - q]]: an exceptional point at q = Ω, and for q >> Ω a telegraph
signal.

Mylnikov, Potashin, Kamenev, "Qubit decoherence in dissipative two-photon resonator: real-time instantons and
Wigner function", Eqs. (1), (2); a complex eigenvalue and everything with κ₁ are ours.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from math import isqrt
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp
from scipy.sparse import linalg as sparse_linalg

from wellhop.analysis.refined_eigenvalue import FixedPointMatrix, fixed_point, refined_eigenvalue
from wellhop.analysis.sector_inverse import SectorInverse
from wellhop.engine.errors import ParameterError, PredictionError, SpectrumError
from wellhop.engine.systems.two_photon_resonator import TwoPhotonResonator

#: Most unknowns of a sector, and the Krylov start's seed.
MOST_UNKNOWNS, _SEED = 20000, 12345
#: Binary places beyond those that the size of the eigenvalue takes.
_GUARD_BITS = 150


def slow_eigenvalue(system: TwoPhotonResonator, levels: int | None = None) -> complex:
    """λ = -Γ - i sign(Δ) Ω of the block m even, n odd without one-photon loss, both parts to 14 digits.

    The block m odd, n even has λ*; the sign of Δ conjugates λ. Exactly 0 at Δ = 0.

    Args:
        system: |Δ| < G, κ₁ = 0. levels: Fock states of either parity, 24 + 2.2 G/η by default.

    Returns:
        λ, unit of a rate.

    Raises:
        ParameterError: κ₁ > 0, or too few levels. PredictionError: |Δ| >= G, or wells too deep.

    >>> value = slow_eigenvalue(TwoPhotonResonator(4.0, 0.1), levels=28)
    >>> print(f"{value.real:.6e} {value.imag:.6e}")
    -1.583342e-05 -5.438017e-04
    """
    _ = system.s
    if system.kappa_1 != 0.0:
        raise ParameterError(
            "kappa_1", system.kappa_1, "0 for the block m even, n odd", "use odd_sector_eigenvalues"
        )
    levels = _checked_levels(system, levels, blocks=1)
    if system.Delta == 0.0:
        return 0j
    # A detuning far below η leaves Γ of second order in it, Ω of first.
    smallness = max(0.0, -np.log2(abs(system.Delta) / system.eta))
    depth = 2.0 * system.G / system.eta / np.log(2.0) + 2.0 * smallness
    matrix = odd_sector(system, levels, _GUARD_BITS + int(depth))
    near, vectors = _nearest_zero(matrix.double(), 1)
    return system.eta * refined_eigenvalue(matrix, near[0], vectors[:, 0])


def odd_sector_eigenvalues(system: TwoPhotonResonator, levels: int | None = None) -> tuple[complex, complex]:
    """The two slowest eigenvalues of the whole sector m - n odd, slow one first; real beyond the exceptional point.

    Args:
        system: |Δ| < G, κ₁ >= 0. levels: Fock states of either parity, as in :func:`slow_eigenvalue`.

    Returns:
        (slow, fast), unit of a rate; below the exceptional point a conjugate pair, Im >= 0 first.

    Raises:
        ParameterError: too few levels. PredictionError: |Δ| >= G, or wells too deep.
        SpectrumError: at the exceptional point itself.

    >>> slow, fast = odd_sector_eigenvalues(TwoPhotonResonator(3.0, 1.0, 1.0, 0.05), levels=24)
    >>> print(f"{-slow.real:.6f} {-fast.real:.6f}")
    0.051070 0.279645
    """
    _ = system.s
    if system.kappa_1 == 0.0:
        value = slow_eigenvalue(system, levels)
        return complex(value.real, abs(value.imag)), complex(value.real, -abs(value.imag))
    levels = _checked_levels(system, levels, blocks=2)
    matrix = odd_sector(system, levels, _GUARD_BITS + int(2.0 * system.G / system.eta / np.log(2.0)))
    near, vectors = _nearest_zero(matrix.double(), 2)
    values = [system.eta * refined_eigenvalue(matrix, z, v) for z, v in zip(near, vectors.T, strict=True)]
    # Beyond the exceptional point the imaginary parts are round-off of the last binary places.
    values = [complex(z.real, z.imag if abs(z.imag) > 1e-25 * abs(z) else 0.0) for z in values]
    if values[0].imag * values[1].imag != 0.0 and abs(values[0] - values[1]) < 1e-9 * abs(values[0]):
        raise SpectrumError("odd sector: exceptional point, the two eigenvalues coincide; move kappa_1")
    slow, fast = sorted(values, key=lambda z: (-round(z.real / abs(z), 9) * abs(z), -z.imag))
    return slow, fast


def telegraph_rate(system: TwoPhotonResonator, levels: int | None = None) -> float:
    """Γ_z, the decay rate of ⟨sign x⟩ in the telegraph regime: twice the rate of switching one way.

    Raises:
        PredictionError: κ₁|α₀|² <= Ω, where the signal rotates instead of switching, or as in
            :func:`odd_sector_eigenvalues`.

    >>> print(f"{telegraph_rate(TwoPhotonResonator(3.0, 1.0, 1.0, 0.05), levels=24):.6f}")
    0.051070
    """
    slow, _ = odd_sector_eigenvalues(system, levels)
    if system.kappa_1 == 0.0 or abs(slow.imag) > 1e-9 * abs(slow):
        raise PredictionError(
            f"telegraph rate: the coherence oscillates at kappa_1 = {system.kappa_1:g}; "
            "use kappa_1 above exceptional_loss(system)"
        )
    return -slow.real


def exceptional_loss(system: TwoPhotonResonator, rate: complex | None = None) -> float:
    """κ₁ = Ω/|α₀|² of the exceptional point in the two-dimensional slow space; κ₁ of the system does not matter.

    2.2 % below the exact one at G = 4, Δ = 1. Give λ as ``rate`` if it is known already.

    Raises:
        PredictionError, ParameterError: as in :func:`slow_eigenvalue`.

    >>> print(f"{exceptional_loss(TwoPhotonResonator(4.0, 1.0), -0.00424326 - 0.01411183j):.6f}")
    0.003644
    """
    value = slow_eigenvalue(replace(system, kappa_1=0.0)) if rate is None else complex(rate)
    return abs(value.imag) / abs(system.alpha0) ** 2


def slow_pair(rate: complex, flips: float) -> tuple[complex, complex]:
    """Eigenvalues -Γ - q ± sqrt(q² - Ω²) of the slow space with one-photon loss, slow one first.

    Args:
        rate: λ = -Γ - iΩ without it. flips: q = κ₁|α₀|² >= 0, same unit.

    Raises:
        ParameterError: q < 0 or not finite.

    >>> [complex(round(z.real, 6), round(z.imag, 6)) for z in slow_pair(-0.1 - 0.3j, 0.5)]
    [(-0.2+0j), (-1+0j)]
    """
    if not (np.isfinite(flips) and flips >= 0.0):
        raise ParameterError("flips", flips, "a finite number >= 0")
    omega = abs(rate.imag)
    root = complex(np.sqrt(complex((flips - omega) * (flips + omega))))
    fast = rate.real - flips - root
    # (q - root) = Ω²/(q + root) keeps its digits for q >> Ω.
    slow = rate.real - (omega**2 / (flips + root) if flips + abs(root) > 0.0 else 0.0)
    return complex(slow), complex(fast)


def steady_mixture(system: TwoPhotonResonator, levels: int | None = None) -> tuple[float, float, float]:
    """⟨P⟩, ⟨n⟩ of even and ⟨n⟩ of odd parity in the limit κ₁ -> 0+, from the null vectors of the parity blocks.

    One photon lost at a time balances the weights: p_even ⟨n⟩_even = p_odd ⟨n⟩_odd. Double precision.

    Raises:
        ParameterError: too few levels. PredictionError: |Δ| >= G, or wells too deep.

    >>> parity, even, odd = steady_mixture(TwoPhotonResonator(3.0, 1.0), levels=20)
    >>> print(f"{parity:.6f} {even:.6f}")
    0.037414 2.612168
    """
    _ = system.s
    levels = _checked_levels(system, levels, blocks=1)
    a2 = np.zeros((2 * levels, 2 * levels))
    k = np.arange(2 * levels - 2)
    a2[k, k + 2] = np.sqrt((k + 1.0) * (k + 2.0))
    number = np.arange(2.0 * levels)
    effective = 1j * system.Delta / system.eta * np.diag(number) + 0.5 * system.G / system.eta * (a2.T - a2)
    effective = effective - 0.5 * a2.T @ a2
    photons = []
    for parity in (0, 1):
        drift, jump = (sp.csc_array(part[parity::2, parity::2]) for part in (effective, a2))
        one = sp.eye_array(levels)
        block = sp.kron(drift, one) + sp.kron(one, drift.conj()) + sp.kron(jump, jump)
        trace = np.eye(levels, dtype=np.complex128).ravel()
        steady = SectorInverse(sp.csc_array(block), trace).steady.reshape(levels, levels)
        photons.append(float((np.diag(steady).real * number[parity::2]).sum() / np.trace(steady).real))
    even, odd = photons
    return (odd - even) / (odd + even), even, odd


def odd_sector(system: TwoPhotonResonator, levels: int, bits: int) -> FixedPointMatrix:
    """The Liouvillian on the operators m - n odd in units of η, exact to 2^-bits.

    Element order: m even, n odd row by row; with κ₁ then m odd, n even.

    Returns:
        ``levels``² unknowns, twice as many with κ₁.
    """
    eta = Fraction(system.eta)
    g, delta, loss = (Fraction(v) / eta for v in (system.G, system.Delta, system.kappa_1))
    pairs = [(m, n) for m in range(0, 2 * levels, 2) for n in range(1, 2 * levels, 2)]
    if loss:
        pairs += [(m, n) for m in range(1, 2 * levels, 2) for n in range(0, 2 * levels, 2)]
    index = {pair: k for k, pair in enumerate(pairs)}

    def root(square: Fraction) -> int:
        return isqrt((square.numerator << 2 * bits) // square.denominator)

    drive = [root(g**2 / 4 * ((k + 1) * (k + 2))) for k in range(2 * levels)]
    rows: list[int] = []
    columns: list[int] = []
    values: list[int] = []
    for k, (m, n) in enumerate(pairs):
        decay = -Fraction(m * (m - 1) + n * (n - 1), 2) - loss * Fraction(m + n, 2)
        entries = [((m, n), fixed_point(decay, bits))]
        entries += [((m - 2, n), drive[m - 2]), ((m + 2, n), -drive[m])]
        entries += [((m, n - 2), drive[n - 2]), ((m, n + 2), -drive[n])]
        entries.append(((m + 2, n + 2), isqrt((m + 1) * (m + 2) * (n + 1) * (n + 2) << 2 * bits)))
        if loss:
            entries.append(((m + 1, n + 1), root(loss**2 * ((m + 1) * (n + 1)))))
        for pair, value in entries:
            if pair in index:
                rows.append(k)
                columns.append(index[pair])
                values.append(value)
    turning = [fixed_point(delta * (m - n), bits) for m, n in pairs]
    return FixedPointMatrix(
        np.array(rows),
        np.array(columns),
        np.array(values, dtype=object),
        np.array(turning, dtype=object),
        bits,
    )


def _nearest_zero(matrix: Any, count: int) -> tuple[npt.NDArray[np.complex128], npt.NDArray[np.complex128]]:
    """The ``count`` eigenvalues nearest to zero and their vectors, from a fixed start, in double precision."""
    size = matrix.shape[0]
    start = np.random.default_rng(_SEED).standard_normal(size) + 0j
    # A shift a little off zero: at a vanishing eigenvalue the factors would not exist.
    values, vectors = sparse_linalg.eigs(sp.csc_matrix(matrix), k=count, sigma=1e-5, v0=start)
    order = np.argsort(np.abs(values), kind="stable")
    return values[order], vectors[:, order]


def _checked_levels(system: TwoPhotonResonator, levels: int | None, blocks: int) -> int:
    """Levels of either parity that fit."""
    if levels is None:
        levels = system.default_cutoff() // 2
    elif isinstance(levels, bool) or not isinstance(levels, (int, np.integer)) or levels < 4:
        raise ParameterError("levels", levels, "an integer >= 4")
    if blocks * levels**2 > MOST_UNKNOWNS:
        raise PredictionError(
            f"slow eigenvalue: {levels} levels of either parity make {blocks * levels**2} unknowns, allowed are "
            f"{MOST_UNKNOWNS}; use a smaller G/eta or a rate law"
        )
    return int(levels)
