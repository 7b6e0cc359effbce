"""Stationary moments of the two-photon resonator in closed form, for any G/η.

With δ = Δ/η, g = G/η everything is a sum over non-negative weights

    t_k = g^{2k} (1/2)_k / (k! |(1/2 + iδ)_k|²),      F = Σ t_k = 1F2(1/2; 1/2 + iδ, 1/2 - iδ; g²)
    ⟨P⟩ = 1/F,      ⟨n⟩ = g² F'(g²)/F = Σ k t_k/F

(t_k generates moments; it is not the photon distribution.) Nothing cancels, so that logarithms and one maximum
subtracted suffice. Parity is conserved, hence the steady state is not unique: meant is the mixture of even and
odd parity that an infinitesimal one-photon loss selects, p_even ⟨n⟩_even = p_odd ⟨n⟩_odd.

State: Mylnikov, Potashin, Kamenev, "Qubit decoherence in dissipative two-photon resonator: real-time instantons and
Wigner function", Eqs. (4)-(7); the sums and the choice of the mixture are ours.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from wellhop.engine.errors import ParameterError, PredictionError
from wellhop.engine.systems.two_photon_resonator import TwoPhotonResonator

#: Most weights summed; a sum takes 2 G/η + 80 of them.
MOST_WEIGHTS = 2_000_000


@dataclass(frozen=True)
class ResonatorMoments:
    """Stationary expectation values in the limit κ₁ -> 0+.

    Attributes:
        log_norm: ln F. parity: ⟨P⟩ = ⟨(-1)^n⟩ = 1/F. even: weight p_even = (1 + ⟨P⟩)/2 of even parity.
        photons: ⟨n⟩. photons_even, photons_odd: ⟨n⟩ within either parity, (1 ± ⟨P⟩)^{-1}⟨n⟩.
    """

    log_norm: float
    parity: float
    even: float
    photons: float
    photons_even: float
    photons_odd: float


def log_weights(system: TwoPhotonResonator) -> npt.NDArray[np.float64]:
    """(2 G/η + 80,) ln t_k, k = 0, 1, ..., with ln t_0 = 0; what is left out is below e^{-50} of the sum.

    Raises:
        ParameterError: κ₁ > 0. PredictionError: G/η above 10^6.

    >>> log_weights(TwoPhotonResonator(2.0, 1.0))[:2].round(6).tolist()  # ln(2/1.25)
    [0.0, 0.470004]
    """
    return np.concatenate([[0.0], np.cumsum(_log_steps(system))])


def resonator_moments(system: TwoPhotonResonator) -> ResonatorMoments:
    """Exact moments, to round-off at any depth of the wells and any detuning; ours.

    Args:
        system: any Δ, κ₁ = 0.

    Raises:
        ParameterError: κ₁ > 0. PredictionError: G/η above 10^6.

    >>> moments = resonator_moments(TwoPhotonResonator(3.0, 1.0))
    >>> print(f"{moments.parity:.10f} {moments.photons:.10f} {moments.photons_even:.10f}")
    0.0374141099 2.7099001316 2.6121681842
    """
    steps = _log_steps(system)
    peak = int(np.argmax(np.concatenate([[0.0], np.cumsum(steps)])))
    # Counted from the largest weight, so that those which matter are not differences of large logarithms.
    below = -np.cumsum(steps[:peak][::-1])[::-1]
    weights = np.exp(np.concatenate([below, [0.0], np.cumsum(steps[peak:])]))
    if peak == 0:
        log_norm = math.log1p(float(weights[1:].sum()))
    else:
        log_norm = math.fsum(steps[:peak]) + math.log(float(weights.sum()))
    parity = math.exp(-log_norm)
    photons = float(np.arange(weights.size) @ weights / weights.sum())
    return ResonatorMoments(
        log_norm=log_norm,
        parity=parity,
        even=0.5 * (1.0 + parity),
        photons=photons,
        photons_even=photons / (1.0 + parity),
        # 1 - ⟨P⟩ without cancellation for next to no photons.
        photons_odd=photons / -math.expm1(-log_norm),
    )


def log_norm(system: TwoPhotonResonator) -> float:
    """Logarithm of F, that is -ln⟨P⟩ also where ⟨P⟩ itself underflows.

    Raises:
        ParameterError: κ₁ > 0. PredictionError: G/η above 10^6.

    >>> round(log_norm(TwoPhotonResonator(1e4, 0.0)), 6)  # ln cosh 2g = 2g - ln 2
    19999.306853
    """
    return resonator_moments(system).log_norm


def require_no_one_photon_loss(system: TwoPhotonResonator, what: str) -> None:
    """Refuse κ₁ > 0 where only the limit κ₁ -> 0+ is known in closed form.

    Raises:
        ParameterError: κ₁ > 0.

    >>> require_no_one_photon_loss(TwoPhotonResonator(4.0, 1.0), "the closed form")
    """
    if system.kappa_1 != 0.0:
        raise ParameterError("kappa_1", system.kappa_1, f"0 for {what}, which is the limit kappa_1 -> 0+")


def _log_steps(system: TwoPhotonResonator) -> npt.NDArray[np.float64]:
    """ln(t_{k+1}/t_k), k = 0, 1, ..."""
    require_no_one_photon_loss(system, "stationary moments")
    g, delta = system.G / system.eta, system.Delta / system.eta
    length = 2.0 * g + 80.0
    if length > MOST_WEIGHTS:
        raise PredictionError(
            f"stationary moments: G/eta = {g:.3g} takes {length:.3g} weights, allowed are {MOST_WEIGHTS}; use a larger eta"
        )
    k = np.arange(int(length), dtype=np.float64)
    steps = np.log((k + 0.5) / (k + 1.0)) + 2.0 * (np.log(g) - np.log(np.hypot(k + 0.5, delta)))
    return np.asarray(steps, dtype=np.float64)
