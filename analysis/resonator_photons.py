"""⟨a†a⟩(t) of the two-photon resonator from the master equation, starting in the coherent state of the right-hand well.

Only the blocks of equal parity are needed, ρ_mn with m - n even; one-photon loss feeds each from the other one.

Mylnikov, Potashin, Kamenev, "Qubit decoherence in dissipative two-photon resonator: real-time instantons and Wigner
function", Eqs. (1), (2); one-photon loss is ours.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from scipy.linalg import expm

from wellhop.analysis.liouvillian import sector_index, superoperator
from wellhop.analysis.resonator_evolution import MOST_UNKNOWNS
from wellhop.analysis.resonator_modes import SPARE, WIDTHS
from wellhop.engine.errors import ParameterError, PredictionError
from wellhop.engine.fock import coherent_state
from wellhop.engine.systems.two_photon_resonator import TwoPhotonResonator
from wellhop.engine.systems.two_photon_resonator_jumps import well_amplitude


def mean_photons(
    system: TwoPhotonResonator, step: float, count: int, states: int | None = None
) -> npt.NDArray[np.float64]:
    """⟨a†a⟩ at t = 0, step, ..., count·step, for ρ(0) = |α⟩⟨α| with α the mean field of the right-hand well.

    Args:
        system: two wells, κ₁ >= 0. step: time between two values, > 0. count: steps >= 1.
        states: Fock states, m + 9 sqrt(m) + 16 for wells of m photons by default.

    Returns:
        (count + 1,) photon numbers.

    Raises:
        ParameterError: step or count out of range. PredictionError: |Δ| >= G, or wells too deep for a full matrix.
        UnravellingError: one well only.

    >>> mean_photons(TwoPhotonResonator(2.0, 0.5, 1.0, 1.0), 2.0, 2, states=20).round(4).tolist()
    [1.4365, 1.3071, 1.2985]
    """
    if not (math.isfinite(step) and step > 0.0):
        raise ParameterError("step", step, "a finite number > 0")
    if isinstance(count, bool) or not isinstance(count, (int, np.integer)) or count < 1:
        raise ParameterError("count", count, "an integer >= 1")
    alpha = well_amplitude(system)
    photons = system.s / system.eta
    size = 2 * math.ceil(0.5 * (photons + WIDTHS * math.sqrt(photons) + SPARE)) if states is None else states
    if size**2 // 2 > MOST_UNKNOWNS:
        raise PredictionError(
            f"mean photon number: {size} Fock states make {size**2 // 2} unknowns, allowed are {MOST_UNKNOWNS}; use a smaller "
            "G/eta"
        )
    model = system.lindblad(size)
    index = sector_index(model, "even", (-1.0) ** np.arange(size))
    propagator = expm(step * superoperator(model)[index][:, index].toarray())
    state = coherent_state(alpha, size)
    vector = np.outer(state, state.conj()).ravel()[index]
    number = np.diag(np.arange(size)).ravel()[index]
    out = np.empty(count + 1)
    for k in range(count + 1):
        out[k] = (number @ vector).real
        vector = propagator @ vector
    return out
