"""Slow eigenvalues of the two-photon resonator along one-photon loss: exact, in two dimensions, and at zero detuning.

Mylnikov, Potashin, Kamenev, "Qubit decoherence in dissipative two-photon resonator: real-time instantons and Wigner
function", have no one-photon loss; everything here is ours.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from wellhop.analysis.resonator_exceptional_point import exact_exceptional_loss
from wellhop.analysis.resonator_modes import slow_modes
from wellhop.analysis.resonator_spectrum import exceptional_loss, slow_pair
from wellhop.engine.errors import ParameterError
from wellhop.engine.systems.two_photon_resonator import TwoPhotonResonator

RealVector = npt.NDArray[np.float64]
ComplexVector = npt.NDArray[np.complex128]
#: Extra points, relative to the exceptional point, where the lines bend.
NEAR = (-0.4, -0.2, -0.08, -0.02, -0.004, 0.004, 0.02, 0.08)
#: Points of the line at Δ = 0, and by how much it must stand above round-off.
DARK_POINTS, ABOVE = 10, 10.0


@dataclass(frozen=True)
class LossCurves:
    """The two slow eigenvalues along κ₁.

    Attributes:
        system: κ₁ = 0. rate: its λ = -Γ - iσΩ. losses: (k,) κ₁ > 0. slow, fast: (k,) exact eigenvalues.
        exceptional, predicted: κ₁ at which they coincide, exact and in the two-dimensional slow space.
        dark_losses, dark: (j,) κ₁ and the slow decay rate at the same G and Δ = 0, above round-off.
    """

    system: TwoPhotonResonator
    rate: complex
    losses: RealVector
    slow: ComplexVector
    fast: ComplexVector
    exceptional: float
    predicted: float
    dark_losses: RealVector
    dark: RealVector

    @property
    def gamma(self) -> float:
        """Γ at κ₁ = 0."""
        return -self.rate.real

    @property
    def omega(self) -> float:
        """Ω at κ₁ = 0."""
        return abs(self.rate.imag)

    @property
    def flips(self) -> RealVector:
        """(k,) q = κ₁|α₀|²."""
        return self.losses * abs(self.system.alpha0) ** 2

    @property
    def pair(self) -> tuple[ComplexVector, ComplexVector]:
        """(k,) slow and fast eigenvalue in the two-dimensional slow space."""
        both = np.array([slow_pair(self.rate, float(q)) for q in self.flips], dtype=np.complex128)
        return both[:, 0], both[:, 1]


def dark_law(photons: float, losses: RealVector) -> RealVector:
    """Γ_z at Δ = 0 to first order in κ₁: κ₁|α₀|² (coth 2|α₀|² - 1), what one lost photon does within the dark states; ours.

    a takes the even cat to the odd one and back with amplitudes of ratio tanh|α₀|²; were they equal, Γ_z would vanish.

    >>> print(f"{dark_law(4.0, np.array([1e-4]))[0]:.3e}")
    9.003e-11
    """
    # coth(x) - 1 = 2/(e^{2x} - 1)
    return np.asarray(losses * photons * 2.0 / np.expm1(4.0 * photons), dtype=np.float64)


def loss_curves(
    system: TwoPhotonResonator,
    low: float,
    high: float,
    points: int,
    watch: Callable[[float], None] | None = None,
) -> LossCurves:
    """Both slow eigenvalues from κ₁ = low to high, points evenly spread in ln κ₁ and more about the exceptional point.

    Args:
        system: two wells, κ₁ = 0, Δ ≠ 0. low, high: 0 < low < high < 2s. points: >= 2. watch: told the share done.

    Raises:
        ParameterError: low, high or points out of range. SpectrumError: no exceptional point above round-off.
        PredictionError: |Δ| >= G, or wells too deep for a matrix.

    >>> curves = loss_curves(TwoPhotonResonator(2.0, 0.5), 1e-2, 0.5, 3)
    >>> bool((curves.slow.imag[curves.losses > curves.exceptional] == 0.0).all()), len(curves.pair[0]) == len(curves.losses)
    (True, True)
    """
    if not 0.0 < low < high < 2.0 * system.s:
        raise ParameterError("low, high", (low, high), f"0 < low < high < 2s = {2.0 * system.s:.4g}")
    if points < 2:
        raise ParameterError("points", points, "an integer >= 2")
    rate = complex(slow_modes(system).values[0])
    exceptional = exact_exceptional_loss(system)
    near = exceptional * (1.0 + np.array(NEAR))
    losses = np.unique(np.concatenate([np.geomspace(low, high, points), near[(near > low) & (near < high)]]))
    pairs = []
    for k, loss in enumerate(losses):
        first, second = slow_modes(replace(system, kappa_1=float(loss))).values[:2]
        if loss > exceptional:
            # real there; what is left of imaginary parts is round-off
            first, second = complex(first.real), complex(second.real)
        pairs.append((first, second) if first.real >= second.real else (second, first))
        if watch is not None:
            watch((k + 1) / losses.size)
    slow, fast = np.array(pairs, dtype=np.complex128).T
    dark = []
    for loss in np.geomspace(low, high, DARK_POINTS):
        modes = slow_modes(replace(system, Delta=0.0, kappa_1=float(loss)))
        if -modes.values[0].real > ABOVE * modes.round_off:
            dark.append((float(loss), -float(modes.values[0].real)))
    at, values = np.array(dark).T if dark else np.empty((2, 0))
    return LossCurves(
        system, rate, losses, slow, fast, exceptional, exceptional_loss(system, rate), at, values
    )
