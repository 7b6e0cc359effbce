"""⟨a⟩(t) of the two-photon resonator from the master equation, starting in the coherent state of the right-hand well.

⟨a⟩ = Σ_n sqrt(n) ρ_{n,n-1} needs the operators between parities alone. Without one-photon loss the block m even, n odd is a
closed equation and the other one its adjoint; with it both are propagated together. After 3/(2s) or so
⟨a⟩/α₀ is a real-linear function of e^{λt}, exp(-Γt) cos(Ωt) to leading order.

Mylnikov, Potashin, Kamenev, "Qubit decoherence in dissipative two-photon resonator: real-time instantons and Wigner
function", Eqs. (1), (2); the block and one-photon loss are ours.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from scipy.linalg import expm

from wellhop.analysis.resonator_modes import SPARE, WIDTHS
from wellhop.analysis.resonator_spectrum import odd_sector
from wellhop.engine.errors import ParameterError, PredictionError
from wellhop.engine.fock import coherent_state
from wellhop.engine.systems.two_photon_resonator import TwoPhotonResonator
from wellhop.engine.systems.two_photon_resonator_jumps import well_amplitude

#: Unknowns up to which the propagator is made as a full matrix: some ten seconds.
MOST_UNKNOWNS = 1600
#: Binary places of the matrix, more than a double holds.
_BITS = 80


def mean_amplitude(
    system: TwoPhotonResonator, step: float, count: int, levels: int | None = None
) -> npt.NDArray[np.complex128]:
    """⟨a⟩(t)/α at t = 0, step, ..., count·step, for ρ(0) = |α⟩⟨α| with α the mean field of the right-hand well.

    Args:
        system: two wells, κ₁ >= 0. step: time between two values, > 0. count: steps >= 1.
        levels: Fock states of either parity, half of m + 9 sqrt(m) + 16 for wells of m photons by default.

    Returns:
        (count + 1,) complex, 1 at first.

    Raises:
        ParameterError: step or count out of range. PredictionError: |Δ| >= G, or wells too deep for a full matrix.
        UnravellingError: one well only.

    >>> signal = mean_amplitude(TwoPhotonResonator(3.0, 1.0), 1.0, 40, levels=15)
    >>> print(f"{signal[40].real:.4f} {np.exp(-0.027035 * 40) * np.cos(0.068147 * 40):.4f}")
    -0.3040 -0.3102
    """
    if not (math.isfinite(step) and step > 0.0):
        raise ParameterError("step", step, "a finite number > 0")
    if isinstance(count, bool) or not isinstance(count, (int, np.integer)) or count < 1:
        raise ParameterError("count", count, "an integer >= 1")
    alpha = well_amplitude(system)
    photons = system.s / system.eta
    size = math.ceil(0.5 * (photons + WIDTHS * math.sqrt(photons) + SPARE)) if levels is None else levels
    lossy = system.kappa_1 > 0.0
    unknowns = (2 if lossy else 1) * size**2
    if unknowns > MOST_UNKNOWNS:
        raise PredictionError(
            f"mean amplitude: {size} levels of either parity make {unknowns} unknowns, allowed are {MOST_UNKNOWNS}; use a "
            "smaller G/eta"
        )
    propagator = expm(system.eta * step * odd_sector(system, size, _BITS).double().toarray())
    state = coherent_state(alpha, 2 * size)
    start = np.outer(state, state.conj())
    even = start[0::2, 1::2].ravel()
    vector = np.concatenate([even, start[1::2, 0::2].ravel()]) if lossy else even
    out = np.empty(count + 1, dtype=np.complex128)
    for k in range(count + 1):
        first = vector[: size**2].reshape(size, size)
        second = vector[size**2 :].reshape(size, size) if lossy else first.conj().T
        out[k] = _amplitude(first, second)
        vector = propagator @ vector
    return out / alpha


def _amplitude(first: npt.NDArray[np.complex128], second: npt.NDArray[np.complex128]) -> complex:
    """Tr(aρ) from ρ_{2j,2k+1} and ρ_{2j+1,2k}."""
    size = len(first)
    down = np.sqrt(2.0 * np.arange(1, size)) @ np.diagonal(first, -1)
    return complex(down + np.sqrt(2.0 * np.arange(size) + 1.0) @ np.diagonal(second))
