"""Quantum heating between the eigenstates of the non-Hermitian Hamiltonian of the Kerr-cat double well.

    H_nh = H - (iκ/2) a†a                                                                         (19)
    W_mn = κ|⟨d(r)_m|a|r̃_n⟩|²,   V_mn = κ|⟨d(l)_m|a|r̃_n⟩|²,   |m - n| <= 1, otherwise 0         (104), (105)

Between two clicks a state evolves with H_nh, so it is the eigenstates of H_nh that clicks connect. The ground states of H are
coherent states, which a does not excite; those of H_nh are not, and the loss of a photon heats them with
W_10 -> κ(κ/16ε₂)² in deep wells, at any temperature. The eigenvectors r̃_n of H_nh are not orthogonal: the left ones, d_m with
⟨d_m|r̃_n⟩ = δ_mn, stand on the left, and r̃_m in their place gives rates hundreds of times too large. Together with the
semi-analytical formula this is Eq. (106). Numbers in brackets are equations of Su, Cortiñas, Venkatraman, Puri.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from wellhop.analysis.staircase import RateModel
from wellhop.analysis.well_elements import well_elements
from wellhop.engine.errors import ParameterError, PredictionError
from wellhop.engine.systems.kerr_cat import KerrCat, Manifolds

ComplexVector = npt.NDArray[np.complex128]
ComplexMatrix = npt.NDArray[np.complex128]
#: An eigenvector of H_nh belongs to a level of H if at least this much of it lies there.
LEAST_OVERLAP = 0.8


@dataclass(frozen=True)
class NonHermitianLevels:
    """Eigenstates of H_nh that belong to the manifolds of H, one of each parity.

    Attributes:
        even, odd: (cutoff, M) right eigenvectors ψ̃_n^±, of norm 1 and with ⟨ψ_n^±|ψ̃_n^±⟩ > 0.
        dual_even, dual_odd: (cutoff, M) left eigenvectors d_n^±, ⟨d_m^±|ψ̃_n^±⟩ = δ_mn.
        energy_even, energy_odd: (M,) complex eigenvalues; minus twice the imaginary part is the click rate.
    """

    even: ComplexMatrix
    odd: ComplexMatrix
    dual_even: ComplexMatrix
    dual_odd: ComplexMatrix
    energy_even: ComplexVector
    energy_odd: ComplexVector


def nonhermitian_levels(system: KerrCat, levels: Manifolds | None = None) -> NonHermitianLevels:
    """Right and left eigenvectors of H_nh, in each parity sector.

    Args:
        system: its κ enters, its n_th does not. levels: its levels, if they are known already.

    Raises:
        PredictionError: κ is so large that the eigenstates of H_nh are no longer those of H, slightly changed.

    >>> found = nonhermitian_levels(KerrCat(6.0, 0.025, 0.0))
    >>> print(f"{-2.0 * found.energy_even[0].imag / (0.025 * 6.0):.3f}")  # clicks at κα²
    1.000
    """
    known = system.manifolds() if levels is None else levels
    energy_even, even, dual_even = _sector(system, known.even, 0)
    energy_odd, odd, dual_odd = _sector(system, known.odd, 1)
    return NonHermitianLevels(even, odd, dual_even, dual_odd, energy_even, energy_odd)


def nonhermitian_model(system: KerrCat, levels: Manifolds | None = None, *, reach: int = 1) -> RateModel:
    """Hops between the eigenstates of H_nh caused by the loss of a photon, without thermal photons; (104), (105).

    Args:
        system: the system; the result does not depend on its n_th.
        levels: its levels, if they are known already.
        reach: largest |m - n| kept, 1 ... M - 1; the paper's is 1, and with 2 the rate at n_th = 0 is exact to 0.2 %
            (κ = 0.025 and 0.1, ε₂ = 6 and 10).

    Raises:
        ParameterError: ``reach`` is out of range.
        PredictionError: as in :func:`nonhermitian_levels`.

    >>> print(f"{nonhermitian_model(KerrCat(6.0, 0.1, 0.0)).quasi_stationary().decay_rate:.6e}")
    1.825694e-08
    """
    known = system.manifolds() if levels is None else levels
    if isinstance(reach, bool) or not isinstance(reach, (int, np.integer)) or not 1 <= reach < known.count:
        raise ParameterError(
            "reach", reach, f"an integer from 1 to {known.count - 1}, one less than the manifolds"
        )
    states = nonhermitian_levels(system, known)
    within, across = well_elements(states.even, states.odd, states.dual_even, states.dual_odd)
    index = np.arange(known.count)
    kept = np.abs(index[:, None] - index) <= reach
    return RateModel(
        system.kappa * np.abs(within) ** 2 * kept, system.kappa * np.abs(across) ** 2 * kept, known.splitting
    )


def _sector(
    system: KerrCat, unperturbed: npt.NDArray[np.float64], first: int
) -> tuple[ComplexVector, ComplexMatrix, ComplexMatrix]:
    """Eigenvalues, right and left eigenvectors of H_nh in the Fock sector first, first + 2, ..., downward in energy."""
    cutoff, count = unperturbed.shape
    k = np.arange(first, cutoff, 2, dtype=np.float64)
    off = system.eps2 * np.sqrt((k[:-1] + 1.0) * (k[:-1] + 2.0))
    diagonal = -system.K * k * (k - 1.0) - 0.5j * system.kappa * k
    values, vectors = np.linalg.eig(np.diag(diagonal) + np.diag(off, 1) + np.diag(off, -1))
    # Damping moves levels hardly at all, so the order of their energies is that of the levels of H.
    order = np.argsort(-values.real)[:count]
    energy, right = values[order], vectors[:, order]
    right = right / np.linalg.norm(right, axis=0)
    overlap = np.einsum("ij,ij->j", unperturbed[first::2], right)
    if np.abs(overlap).min() ** 2 < LEAST_OVERLAP:
        n = int(np.abs(overlap).argmin())
        raise PredictionError(
            f"non-Hermitian levels: at kappa/K = {system.kappa / system.K:g} level {n} keeps only "
            f"{np.abs(overlap[n]) ** 2:.2g} of its unperturbed state, allowed is >= {LEAST_OVERLAP:g}; use a smaller kappa"
        )
    right = right * (np.abs(overlap) / overlap)
    # H_nh is symmetric, not Hermitian: its left eigenvectors are the complex conjugates of the right ones.
    left = (right / np.einsum("ij,ij->j", right, right)).conj()
    whole = np.zeros((2, cutoff, count), dtype=np.complex128)
    whole[0, first::2], whole[1, first::2] = right, left
    return energy, whole[0], whole[1]
