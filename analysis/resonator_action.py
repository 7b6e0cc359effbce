"""Exponent of both slow rates of the two-photon resonator for η -> 0 in closed form.

    S = [2s - 2|Δ| arccos(|Δ|/G)]/η,   s = sqrt(G² - Δ²),      Γ, Ω ~ e^{-S}                                     (32)
    S -> 4 sqrt(2) (G - |Δ|)^{3/2}/(3η sqrt(G))                      for |Δ| -> G                                (33)

S is the difference of the effective potential between the saddle 0 and the well, ln Γ ~ Φ(α₀) - Φ(0) = -S (the left part of the
printed (32) has the other sign). It falls with |Δ|: detuning makes switching more likely. One-photon loss enters neither
the quantum nor the Langevin exponent in the limit κ₁ -> 0 that is meant here.

Mylnikov, Potashin, Kamenev, "Qubit decoherence in dissipative two-photon resonator: real-time instantons and
Wigner function", Eqs. (32), (33).
"""

from __future__ import annotations

import math

from scipy.special import spherical_jn

from wellhop.engine.systems.two_photon_resonator import TwoPhotonResonator


def escape_action(system: TwoPhotonResonator) -> float:
    """S of Eq. (32), to round-off also where the wells merge; even in Δ, 2G/η at Δ = 0.

    With |Δ| = G cos φ it is (2G/η)(sin φ - φ cos φ) = (2G/η) φ² j₁(φ), j₁ a spherical Bessel function: nothing cancels.

    Args:
        system: |Δ| < G; κ₁ is not used.

    Returns:
        S, dimensionless.

    Raises:
        PredictionError: |Δ| >= G.

    >>> round(escape_action(TwoPhotonResonator(5.0, 1.0)), 11), round(escape_action(TwoPhotonResonator(6.0, -3.0)), 11)
    (7.05908215912, 4.10911953823)
    """
    angle = math.atan2(system.s, abs(system.Delta))
    return 2.0 * (system.G / system.eta) * angle**2 * float(spherical_jn(1, angle))


def near_critical_action(system: TwoPhotonResonator) -> float:
    """Leading term of S where the wells merge, Eq. (33); below S by the factor 1 + (1 - |Δ|/G)/20 + ...

    Raises:
        PredictionError: |Δ| >= G.

    >>> system = TwoPhotonResonator(5.0, 4.5)
    >>> print(f"{near_critical_action(system):.5f} {escape_action(system):.5f}")
    0.29814 0.29966
    """
    _ = system.s
    distance = (system.G - abs(system.Delta)) / system.G
    return 4.0 * math.sqrt(2.0) / 3.0 * (system.G / system.eta) * math.pow(distance, 1.5)
