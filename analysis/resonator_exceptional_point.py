"""The one-photon loss at which the two slow modes of the two-photon resonator coincide, from the full odd sector.

The pair is λ± = c ± sqrt(d) with c and d analytic in κ₁: complex conjugates for d < 0, two real decays for d > 0. The root
of d is found, not that of an eigenvalue's imaginary part, which has a branch point there.

Mylnikov, Potashin, Kamenev, "Qubit decoherence in dissipative two-photon resonator: real-time instantons and Wigner
function", have neither one-photon loss nor the complex eigenvalue; both are ours.
"""

from __future__ import annotations

from dataclasses import replace

from scipy.optimize import brentq

from wellhop.analysis.resonator_modes import slow_modes
from wellhop.analysis.resonator_spectrum import exceptional_loss
from wellhop.engine.errors import SpectrumError
from wellhop.engine.systems.two_photon_resonator import TwoPhotonResonator

#: The bracket around the value of the two-dimensional slow space, as factors.
BRACKET = (0.5, 2.0)


def discriminant(system: TwoPhotonResonator) -> float:
    """((λ₊ - λ₋)/2)² of the slow pair at the κ₁ > 0 of the system, < 0 below the exceptional point; unit of a rate squared.

    In the two-dimensional slow space it is q² - Ω² with q = κ₁|α₀|².

    Raises:
        PredictionError: |Δ| >= G, or wells too deep for a matrix.

    >>> [discriminant(TwoPhotonResonator(4.0, 1.0, 1.0, loss)) > 0.0 for loss in (0.0037, 0.0038)]
    [False, True]
    """
    first, second = slow_modes(system).values[:2]
    return float((0.25 * (first - second) ** 2).real)


def exact_exceptional_loss(system: TwoPhotonResonator) -> float:
    """κ₁ at which the two slow modes of the full odd sector coincide; κ₁ of the system does not matter.

    Args:
        system: |Δ| < G, Δ ≠ 0, Ω well above round-off.

    Returns:
        κ₁, unit of a rate, to six digits.

    Raises:
        SpectrumError: Ω below round-off (Δ = 0 has none at all), or no exceptional point within a factor of two of Ω/|α₀|².
        PredictionError: |Δ| >= G, or wells too deep for a matrix.

    >>> print(f"{exact_exceptional_loss(TwoPhotonResonator(4.0, 1.0)):.6f}")
    0.003727
    """
    alone = slow_modes(replace(system, kappa_1=0.0))
    rate = complex(alone.values[0])
    # the discriminant is of second order in Ω
    if not abs(rate.imag) > 1e3 * alone.round_off:
        raise SpectrumError(
            f"exceptional point: Omega = {abs(rate.imag):.2g} at Delta = {system.Delta:g} is not above round-off; "
            "use a larger |Delta| or a smaller G/eta"
        )
    guess = exceptional_loss(system, rate)

    def at(loss: float) -> float:
        return discriminant(replace(system, kappa_1=loss))

    low, high = (factor * guess for factor in BRACKET)
    if not at(low) < 0.0 < at(high):
        raise SpectrumError(
            f"exceptional point: none between kappa_1 = {low:.3g} and {high:.3g}; the wells are too shallow for a slow pair"
        )
    return float(brentq(at, low, high, xtol=1e-7 * guess))
