"""Density matrix of a ring-and-disk distribution in Fock space, and with it the steady state (11), without a larger space.

πQ(α)e^{|α|²} = Σ ρ_mk α*^m α^k/sqrt(m!k!) of the Gaussian with center β and width W = N satisfies in α* and α the ladder

    sqrt(m+1) ρ_{m+1,k} = (β/N) ρ_mk + (1 - 1/N) sqrt(k) ρ_{m,k-1},     ρ_00 = e^{-|β|²/N}/N

whose terms all have the phase of β^m β*^k: nothing cancels, and every kept element is exact. It is the displaced thermal state
Σ n_th^n/(1+n_th)^{n+1} |β,n><β,n| with N = 1 + n_th. A ring r of Q adds (r/N)(a† - β*)ρ(a - β) - rρ.

Wang, You, Ian, on the decoherence of a driven superconducting qubit coupled to a coherent two-level system, Eqs. (11), (E1);
the ladder is ours.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from wellhop.analysis.defect_law import PhaseSpaceLaw
from wellhop.analysis.defect_propagator import Frame, steady_law
from wellhop.engine import fock
from wellhop.engine.errors import CutoffError, ParameterError
from wellhop.engine.systems.driven_qubit_tls import DrivenQubitTLS

ComplexMatrix = npt.NDArray[np.complex128]

#: |β|²/N above which ρ_00 is no double any more.
_LARGEST_EXPONENT = 700.0
#: Population above the cut-off that is refused.
LARGEST_TAIL = 1e-3


def density_matrix(husimi: PhaseSpaceLaw, cutoff: int) -> ComplexMatrix:
    """ρ in the lowest Fock states, exact element by element; what lies above the cut-off is missing from its trace.

    Args:
        husimi: distribution in the HUSIMI representation, width >= 1. cutoff: Fock states kept, >= 2.

    Returns:
        (cutoff, cutoff) complex128, Hermitian.

    Raises:
        ParameterError: no Husimi function of a state (width < 1, or a ring that no state has). CutoffError: more than 0.001 of the
            population lies above the cut-off.

    >>> density_matrix(PhaseSpaceLaw(0j, 1.0, 1.0), 3).real.round(12).tolist()  # |1><1|
    [[0.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 0.0]]
    """
    n = fock.number(cutoff).shape[0]
    if husimi.width < 1.0 - 1e-12:
        raise ParameterError(
            "width", husimi.width, "a number >= 1, as every Husimi function of a displaced thermal state has"
        )
    if not husimi.positive:
        raise ParameterError("ring", husimi.ring, "a number <= 1, as every Husimi function has")
    rho = _displaced_thermal(complex(husimi.center), husimi.width, n)
    if husimi.ring > 0.0:
        raised = fock.creation(n) - complex(husimi.center).conjugate() * np.eye(n)
        rho = (1.0 - husimi.ring) * rho + (husimi.ring / husimi.width) * (raised @ rho @ raised.conj().T)
    tail = 1.0 - float(np.trace(rho).real)
    if tail > LARGEST_TAIL:
        needed = fock.suggested_cutoff(np.maximum(rho.diagonal().real, 0.0))
        raise CutoffError(
            f"density matrix: population {tail:.2g} above cutoff {n}, allowed is {LARGEST_TAIL:.1g}; "
            f"try cutoff {needed}"
        )
    return rho


def steady_state(system: DrivenQubitTLS, frame: Frame, cutoff: int | None = None) -> ComplexMatrix:
    """Steady state (11), a displaced thermal state, in a frame that has to be named.

    Args:
        frame: "drive", displaced by μ_ss, or "displaced", by μ_ss + α_d = η/(s + iΔ_d). cutoff: of the system if None.

    Raises:
        ParameterError: the qubit frame, which has none; the displaced frame at Δ_d = 0. CutoffError: too few Fock states.

    >>> rho = steady_state(DrivenQubitTLS(-0.37, 0.1, T=150.0), "drive")
    >>> mu = np.trace(fock.annihilation(rho.shape[0]) @ rho)
    >>> f"{mu:.6f}"
    '0.252946-0.065735j'
    """
    return density_matrix(steady_law(system, frame), system.default_cutoff() if cutoff is None else cutoff)


def _displaced_thermal(beta: complex, occupied: float, n: int) -> ComplexMatrix:
    """D(β) ρ_thermal D(β)† with 1 + n_th = ``occupied``, by the ladder."""
    exponent = abs(beta) ** 2 / occupied
    if exponent > _LARGEST_EXPONENT:
        raise CutoffError(
            f"density matrix: |center| = {abs(beta):.4g} is too far out for a Fock basis around the vacuum; use the displaced frame"
        )
    root = np.sqrt(np.arange(n, dtype=np.float64))
    drift, mixing = beta / occupied, 1.0 - 1.0 / occupied
    rho = np.zeros((n, n), dtype=np.complex128)
    row = np.zeros(n, dtype=np.complex128)
    row[0] = math.exp(-exponent) / occupied
    for k in range(1, n):
        row[k] = row[k - 1] * drift.conjugate() / root[k]
    rho[0] = row
    for m in range(1, n):
        rho[m] = drift * rho[m - 1]
        rho[m, 1:] += mixing * root[1:] * rho[m - 1, :-1]
        rho[m] /= root[m]
    return rho
