"""Switching rate of the truncated-Wigner angle of the two-photon resonator, exact at any depth of the wells.

With the noise strength D = |α|² (scheme ``drop``) and no one-photon loss the phase of α = |α| e^{iθ} has an equation of its own,

    dθ = (Δ - G sin 2θ) dt + sqrt(η) dW,
    dc_k/dt = -(ikΔ + ηk²/2) c_k + (Gk/2)(c_{k-2} - c_{k+2}),      c_k = ⟨e^{-ikθ}⟩.

The modes with odd k change sign when the well is changed; the slowest of them decays at Γ_TWA, the sum of both one-way rates.
For G >> η it tends to (2s/π)(1 + e^{-2π|Δ|/η}) e^{-S}: the exponent of the quantum rate with another prefactor.

Source: the Langevin equation is that of Mylnikov, Potashin, Kamenev, "Qubit decoherence in dissipative two-photon
resonator: real-time instantons and Wigner function", Eq. (3) without third derivatives; the reduction to the angle is ours.
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp
from scipy.sparse import linalg as sparse_linalg

from wellhop.analysis.refined_eigenvalue import FixedPointMatrix, fixed_point, refined_eigenvalue
from wellhop.engine.errors import ParameterError, PredictionError
from wellhop.engine.systems.two_photon_resonator import TwoPhotonResonator

#: Largest G/η: the Fourier modes grow with it, and e^{-2G/η} leaves the range of doubles.
DEEPEST = 300.0
#: Binary places beyond those that the size of the rate takes.
_GUARD_BITS = 150
#: Largest change of the next rate, relative, when the number of modes is raised by a quarter.
_SETTLED = 1e-6


def angle_rate(system: TwoPhotonResonator, modes: int | None = None) -> float:
    """Γ_TWA: the decay rate of ⟨sign x⟩ in truncated Wigner with D = |α|², to 14 digits.

    Args:
        system: |Δ| < G, κ₁ = 0.
        modes: odd wave numbers of either sign, 40 + 2 G/η by default.

    Returns:
        Γ_TWA, unit of a rate; even in Δ and finite at Δ = 0, where the quantum rate vanishes.

    Raises:
        ParameterError: κ₁ > 0, which adds noise that couples angle and radius; too few modes.
        PredictionError: |Δ| >= G, G/η > 300, or wells so shallow that the slowest mode rotates.
        SpectrumError: where it begins to rotate.

    >>> print(f"{angle_rate(TwoPhotonResonator(4.0, 1.0)):.9e}")
    1.375592467e-02
    """
    g = system.G / system.eta
    # p(θ) ~ e^{g cos 2θ} has the Fourier coefficients I_{k/2}(g): at k = 4g their square is far below the rate.
    modes = _checked_modes(system, modes, 40 + int(2.0 * g))
    matrix = angle_modes(system, modes, _GUARD_BITS + int(4.0 * g / np.log(2.0)))
    double = matrix.double()
    start = np.random.default_rng(1).standard_normal(2 * modes) + 0j
    # A shift a little off zero: at a vanishing eigenvalue the factors would not exist.
    near, vectors = sparse_linalg.eigs(sp.csc_matrix(double), k=1, sigma=1e-5, v0=start)
    value = refined_eigenvalue(matrix, complex(near[0]), vectors[:, 0])
    if abs(value.imag) > 1e-12 * abs(value):
        raise PredictionError(
            f"angle rate: the slowest mode rotates, its eigenvalue is {system.eta * value:.3g}; use deeper wells"
        )
    return -system.eta * value.real


def angle_next_rate(system: TwoPhotonResonator, modes: int | None = None) -> float:
    """The slowest decay of the angle besides switching: the second odd mode or the first even one.

    Near 2s for deep wells. Times well beyond its inverse see a two-state process with Γ_TWA.

    Args:
        system: |Δ| < G, κ₁ = 0. modes: wave numbers of either sign, 20 + 10 sqrt(G/η) by default.

    Returns:
        Minus the largest real part of those eigenvalues, unit of a rate, to six digits.

    Raises:
        ParameterError: as in :func:`angle_rate`.
        PredictionError: |Δ| >= G, G/η > 300, or a detuning, above 15 η, that double precision does not hold.

    >>> print(f"{angle_next_rate(TwoPhotonResonator(4.0, 1.0)):.4f}")
    5.1680
    """
    modes = _checked_modes(system, modes, 20 + int(10.0 * np.sqrt(system.G / system.eta)))
    found = []
    for count in (modes, modes + modes // 4):
        odd, even = (_decays(system, parity, count) for parity in (1, 0))
        found.append(min(float(odd[1]), float(even[1])))
    if abs(found[1] - found[0]) > _SETTLED * found[1]:
        raise PredictionError(
            f"next rate of the angle: round-off at Delta/eta = {system.Delta / system.eta:g}; use a smaller Delta/eta"
        )
    return system.eta * found[1]


def angle_modes(system: TwoPhotonResonator, modes: int, bits: int) -> FixedPointMatrix:
    """The Fourier matrix of the odd k = 1 - 2 ``modes``, ..., 2 ``modes`` - 1 in units of η, exact to 2^-bits.

    Returns:
        2 ``modes`` unknowns.
    """
    eta = Fraction(system.eta)
    g, delta = Fraction(system.G) / eta, Fraction(system.Delta) / eta
    numbers = range(1 - 2 * modes, 2 * modes, 2)
    rows: list[int] = []
    columns: list[int] = []
    values: list[int] = []
    for i, k in enumerate(numbers):
        for j, value in ((i, -Fraction(k * k, 2)), (i - 1, g * k / 2), (i + 1, -g * k / 2)):
            if 0 <= j < 2 * modes:
                rows.append(i)
                columns.append(j)
                values.append(fixed_point(value, bits))
    turning = np.array([fixed_point(-delta * k, bits) for k in numbers], dtype=object)
    return FixedPointMatrix(np.array(rows), np.array(columns), np.array(values, dtype=object), turning, bits)


def _decays(system: TwoPhotonResonator, parity: int, modes: int) -> npt.NDArray[np.float64]:
    """Decay rates of all modes of one parity in units of η, ascending.

    Of the density divided by e^{φ/2}, φ = (G/η) cos 2θ: at Δ = 0 the matrix is symmetric then, and round-off stays small.
    """
    g, delta = system.G / system.eta, system.Delta / system.eta
    k = np.arange(parity - 2 * modes, 2 * modes + 1, 2)
    one, two = np.ones(k.size - 1), np.ones(k.size - 2)
    matrix = np.diag(-0.5 * k**2 - 1j * delta * k - 0.25 * g**2)
    matrix += np.diag(0.5 * g * (1.0 - 1j * delta) * one, -1) + np.diag(0.5 * g * (1.0 + 1j * delta) * one, 1)
    matrix += g**2 / 8.0 * (np.diag(two, -2) + np.diag(two, 2))
    out: npt.NDArray[np.float64] = np.sort(-np.linalg.eigvals(matrix).real)
    return out


def _checked_modes(system: TwoPhotonResonator, modes: int | None, default: int) -> int:
    """Modes of either sign that resolve the angle."""
    _ = system.s
    if system.kappa_1 != 0.0:
        raise ParameterError(
            "kappa_1", system.kappa_1, "0: with one-photon loss the angle has no equation of its own"
        )
    g = system.G / system.eta
    if g > DEEPEST:
        raise PredictionError(f"angle rate: G/eta = {g:.4g}, allowed is <= {DEEPEST:g}; use angle_rate_law")
    if modes is None:
        return default
    least = 8 + int(np.sqrt(g))
    if isinstance(modes, bool) or not isinstance(modes, (int, np.integer)) or modes < least:
        raise ParameterError("modes", modes, f"an integer >= {least}")
    return int(modes)
