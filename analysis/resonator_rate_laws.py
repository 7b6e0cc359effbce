"""Laws for the slow eigenvalue of the two-photon resonator for G >> η, prefactor included, at any depth of the wells.

    λ ≈ -(2/π)(1 - e^{-2π|δ|}) (s/G) (|Δ| + i sign(Δ) s) e^{-S},      δ = Δ/η                                  (L1)
    λ ≈ -(2/π) tanh(π|δ|) (|Δ| + i sign(Δ) s) ⟨P⟩,                    ⟨P⟩ the mean parity                        (L2)
    Γ_TWA ≈ (2s/π)(1 + e^{-2π|δ|}) e^{-S}                             truncated Wigner, noise D = |α|²          (L3)

All three have the exponent S of Eq. (32) and no power of η in front. Γ = -Re λ and Ω = |Im λ| vanish at Δ = 0, Γ_TWA does not:
Γ_TWA/Γ -> (G/|Δ|) coth(π|δ|). The errors stated hold for S >= 2; they were found by comparison with exact eigenvalues for
1 <= G/η <= 40.

Exponent: Mylnikov, Potashin, Kamenev, "Qubit decoherence in dissipative two-photon resonator: real-time instantons
and Wigner function", Eq. (32); prefactors and the complex eigenvalue are ours.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from wellhop.analysis.resonator_action import escape_action
from wellhop.analysis.resonator_moments import log_norm, require_no_one_photon_loss
from wellhop.engine.errors import PredictionError
from wellhop.engine.systems.two_photon_resonator import TwoPhotonResonator

#: Least action: below it there is no gap above the slow mode, and no rate to speak of.
SHALLOWEST = 2.0


@dataclass(frozen=True)
class RateLaw:
    """A slow eigenvalue -Γ - iΩ (Δ > 0; its conjugate for Δ < 0) from an asymptotic law.

    Attributes:
        log_decay, log_frequency: ln Γ and ln Ω, rates in the unit of the model; -inf where one vanishes.
        decay_error, frequency_error: |exact/law - 1| is at most this.
        rotation: sign of Δ, 0 without rotation.
    """

    log_decay: float
    log_frequency: float
    decay_error: float
    frequency_error: float
    rotation: int

    @property
    def decay(self) -> float:
        """Γ, zero where it underflows."""
        return math.exp(self.log_decay)

    @property
    def frequency(self) -> float:
        """Ω, zero where it underflows."""
        return math.exp(self.log_frequency)

    @property
    def value(self) -> complex:
        """λ = -Γ - i sign(Δ) Ω of the block m even, n odd."""
        return complex(-self.decay, -self.rotation * self.frequency)


def action_law(system: TwoPhotonResonator) -> RateLaw:
    """(L1), from the action alone; ours.

    Args:
        system: |Δ| < G with S >= 2, κ₁ = 0.

    Returns:
        λ; the error of Γ is 0.6 η/G + 0.5/S, that of Ω is 2(Δ/G)²/S + 0.3/S².

    Raises:
        ParameterError: κ₁ > 0. PredictionError: |Δ| >= G, or S < 2.

    >>> law = action_law(TwoPhotonResonator(8.0, 2.0))  # exact: 4.815e-5, 1.724e-4
    >>> print(f"{law.decay:.3e} {law.frequency:.3e}")
    4.494e-05 1.741e-04
    """
    action = _deep_enough(system)
    depth = abs(system.Delta) / system.G
    common = math.log(2.0 / math.pi) + _log(-math.expm1(-2.0 * math.pi * abs(system.Delta) / system.eta))
    common += math.log(system.s / system.G) - action
    return _law(system, common, action, 2.0 * depth**2 / action)


def parity_law(system: TwoPhotonResonator) -> RateLaw:
    """(L2), from the exact mean parity of the stationary mixture; ours.

    At fixed δ exact/law tends to 1 + η/(2G) for Γ and, much faster, to 1 for Ω.

    Args:
        system: |Δ| < G with S >= 2, κ₁ = 0.

    Returns:
        λ; the error of Γ is 0.6 η/G + 0.5/S, that of Ω is (Δ/G)²/S + 0.3/S².

    Raises:
        ParameterError: κ₁ > 0. PredictionError: |Δ| >= G, S < 2, or G/η above 10^6.

    >>> law = parity_law(TwoPhotonResonator(8.0, 2.0))  # exact: 4.815e-5, 1.724e-4
    >>> print(f"{law.decay:.3e} {law.frequency:.3e}")
    4.474e-05 1.733e-04
    """
    action = _deep_enough(system)
    depth = abs(system.Delta) / system.G
    common = math.log(2.0 / math.pi) + _log(math.tanh(math.pi * abs(system.Delta) / system.eta))
    return _law(system, common - log_norm(system), action, depth**2 / action)


def angle_rate_law(system: TwoPhotonResonator) -> RateLaw:
    """(L3): the rate of truncated Wigner with D = |α|², which does not rotate; ours.

    Args:
        system: |Δ| < G with S >= 2, κ₁ = 0.

    Returns:
        Γ_TWA, with Ω = 0; the error of Γ_TWA is 0.7/S.

    Raises:
        ParameterError: κ₁ > 0. PredictionError: |Δ| >= G, or S < 2.

    >>> print(f"{angle_rate_law(TwoPhotonResonator(8.0, 2.0)).decay:.3e}")  # exact: 1.728e-4
    1.798e-04
    """
    action = _deep_enough(system)
    turn = math.log1p(math.exp(-2.0 * math.pi * abs(system.Delta) / system.eta))
    return RateLaw(
        log_decay=math.log(2.0 * system.s / math.pi) + turn - action,
        log_frequency=-math.inf,
        decay_error=0.7 / action,
        frequency_error=0.0,
        rotation=0,
    )


def _law(system: TwoPhotonResonator, common: float, action: float, frequency_error: float) -> RateLaw:
    """λ = -e^common (|Δ| + i sign(Δ) s)."""
    return RateLaw(
        log_decay=common + _log(abs(system.Delta)),
        log_frequency=common + math.log(system.s),
        decay_error=0.6 * system.eta / system.G + 0.5 / action,
        frequency_error=frequency_error + 0.3 / action**2,
        rotation=(system.Delta > 0.0) - (system.Delta < 0.0),
    )


def _deep_enough(system: TwoPhotonResonator) -> float:
    """S, at least 2."""
    action = escape_action(system)
    require_no_one_photon_loss(system, "the rate law")
    if action < SHALLOWEST:
        raise PredictionError(
            f"rate law: S = {action:.3g}, allowed is >= {SHALLOWEST:g}; use deeper wells, or slow_eigenvalue"
        )
    return action


def _log(value: float) -> float:
    """Logarithm of a factor that vanishes at Δ = 0."""
    return math.log(value) if value > 0.0 else -math.inf
