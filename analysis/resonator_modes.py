"""The slowest modes of the two-photon resonator's odd sector in double precision, for time scales and rates that are not tiny.

The same Liouvillian block as in :mod:`wellhop.analysis.resonator_spectrum`, in a Fock space just large enough for the wells:
a hundredth of a second instead of seconds, at an error of at most 1e-15 of its largest element, which is returned as well.

Mylnikov, Potashin, Kamenev, "Qubit decoherence in dissipative two-photon resonator: real-time instantons and Wigner
function", Eqs. (1), (2); the sector and one-photon loss are ours.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp
from scipy.sparse import linalg as sparse_linalg

from wellhop.analysis.resonator_spectrum import MOST_UNKNOWNS, odd_sector
from wellhop.engine.errors import PredictionError
from wellhop.engine.systems.two_photon_resonator import TwoPhotonResonator

#: Fock states of either parity: half of m + 9 sqrt(m) + 16 for wells of m photons. Rates change by less than 1e-9 with more.
WIDTHS, SPARE = 9.0, 16.0
#: Binary places of the matrix, more than a double holds.
_BITS = 80
#: Round-off of an eigenvalue over the largest element of the matrix: the worst seen against extended precision is 3e-14 in all.
ROUND_OFF = 1e-15


@dataclass(frozen=True)
class SlowModes:
    """Slow eigenvalues of one block.

    Attributes:
        values: (k,) complex, unit of a rate, by size; the block m even for κ₁ = 0, the whole odd sector else.
        round_off: absolute error of the slow ones.
        switching: how many of them belong to the wells: one, λ; with one-photon loss two, the slow pair.
    """

    values: npt.NDArray[np.complex128]
    round_off: float
    switching: int

    @property
    def next_rate(self) -> float:
        """Slowest decay inside a well."""
        return float(-self.values[self.switching].real)


def slow_modes(system: TwoPhotonResonator, count: int = 4, levels: int | None = None) -> SlowModes:
    """The ``count`` eigenvalues nearest to zero of the odd sector; of its block m even, n odd where κ₁ = 0.

    Args:
        system: |Δ| < G. count: at least 3. levels: Fock states of either parity.

    Raises:
        PredictionError: |Δ| >= G, or wells too deep for a matrix.

    >>> modes = slow_modes(TwoPhotonResonator(4.0, 1.0))
    >>> print(f"{modes.values[0]:.6f} {modes.next_rate:.4f}")
    -0.004243-0.014112j 5.1755
    """
    photons = system.s / system.eta
    size = int(np.ceil(0.5 * (photons + WIDTHS * np.sqrt(photons) + SPARE))) if levels is None else levels
    blocks = 2 if system.kappa_1 > 0.0 else 1
    if blocks * size**2 > MOST_UNKNOWNS:
        raise PredictionError(
            f"slow modes: {size} levels of either parity make {blocks * size**2} unknowns, allowed are {MOST_UNKNOWNS}; use a "
            "smaller G/eta"
        )
    matrix = sp.csc_matrix(odd_sector(system, size, _BITS).double())
    start = np.random.default_rng(1).standard_normal(matrix.shape[0]) + 0j
    # a shift a little off zero: at a vanishing eigenvalue the factors would not exist
    values = sparse_linalg.eigs(matrix, k=max(count, 3), sigma=1e-5, v0=start, return_eigenvectors=False)
    values = values[np.argsort(np.abs(values), kind="stable")]
    return SlowModes(
        system.eta * values, float(system.eta * ROUND_OFF * np.abs(matrix.data).max()), blocks
    )
