"""Matrix elements of the photon annihilation operator between well states of the Kerr-cat.

    ⟨r_m|a|r_n⟩ = (⟨ψ_m^+|a|ψ_n^-⟩ + ⟨ψ_m^-|a|ψ_n^+⟩)/2,   ⟨l_m|a|r_n⟩ = (⟨ψ_m^+|a|ψ_n^-⟩ - ⟨ψ_m^-|a|ψ_n^+⟩)/2,

because r_n, l_n = (ψ_n^+ ± ψ_n^-)/√2 and a changes the parity; Su, Cortiñas, Venkatraman, Puri, Eqs. (20), (21).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Amplitudes = npt.NDArray[np.float64] | npt.NDArray[np.complex128]


def well_elements(
    even: Amplitudes, odd: Amplitudes, bra_even: Amplitudes | None = None, bra_odd: Amplitudes | None = None
) -> tuple[Amplitudes, Amplitudes]:
    """⟨r_m|a|r_n⟩ and ⟨l_m|a|r_n⟩, each (M, M) with the final manifold m first.

    Args:
        even, odd: (cutoff, M) Fock amplitudes of ψ_n^±.
        bra_even, bra_odd: (cutoff, M) vectors to the left of a, conjugated here; the kets themselves unless the basis
            is not orthonormal and has a dual one.

    >>> from wellhop.engine.systems.kerr_cat import KerrCat
    >>> levels = KerrCat(4.0, 0.1, 0.0).manifolds()
    >>> within, across = well_elements(levels.even, levels.odd)
    >>> print(f"{within[0, 0]:.6f} {abs(within[1, 0]) < 1e-12}")
    2.000000 True
    """
    left_even = even if bra_even is None else bra_even
    left_odd = odd if bra_odd is None else bra_odd
    ladder = np.sqrt(np.arange(1.0, even.shape[0]))[:, None]
    even_odd = left_even[:-1].conj().T @ (ladder * odd[1:])
    odd_even = left_odd[:-1].conj().T @ (ladder * even[1:])
    return 0.5 * (even_odd + odd_even), 0.5 * (even_odd - odd_even)
