"""Rate equations between the eigenstates of the non-Hermitian Hamiltonian: one formula for every temperature.

    H_nh = H - (i/2)[κ(1+n_th) a†a + κ n_th a a†]
    W_mn = κ(1+n_th)|⟨d(r)_m|a|r̃_n⟩|² + κ n_th |⟨d(r)_m|a†|r̃_n⟩|²,   V_mn the same with d(l)_m

with right eigenvectors r̃_n and dual (left) ones d_m of H_nh, and all hops m - n kept. Su, Cortiñas, Venkatraman, Puri use the
eigenstates of H for thermal heating (44), (46), which misses what switches at low temperature, and those of H_nh for heating by
loss alone (104)-(106), which misses thermal heating. Both at once is ours. Against the exact Liouvillian: see
:func:`dual_error`.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from wellhop.analysis.nonhermitian import nonhermitian_levels
from wellhop.analysis.staircase import RateModel
from wellhop.analysis.well_elements import well_elements
from wellhop.engine.systems.kerr_cat import KerrCat, Manifolds

#: Largest relative error of the rate equations at κ = 0.1 K, and the power of κ it grows with: the coherence between manifolds,
#: for ε₂/K = 1 ... 20, n_th = 0 ... 5 and κ/K = 1e-5 ... 0.5; thermal photons count as κ(1+2n_th).
COHERENCE, GROWTH = 0.015, 1.75


def dual_error(system: KerrCat) -> float:
    """Largest relative error of :func:`dual_model` against the exact rate that was found, 0.015 [κ(1+2n_th)/0.1K]^1.75.

    >>> print(f"{dual_error(KerrCat(6.0, 0.1, 0.0)):.3f}")
    0.015
    """
    return float(COHERENCE * (system.kappa * (1.0 + 2.0 * system.n_th) / (0.1 * system.K)) ** GROWTH)


def dual_model(system: KerrCat, levels: Manifolds | None = None) -> RateModel:
    """Hops by loss and by thermal photons between the eigenstates of H_nh.

    Args:
        system: the system. levels: its levels, if they are known already.

    Raises:
        PredictionError: damping too strong for the eigenstates of H_nh to be those of H slightly changed.

    At n_th = 0 the exact rate is 1.83654e-8, the eigenstates of H give 4.5e-11:

    >>> print(f"{dual_model(KerrCat(6.0, 0.1, 0.0)).decay_rate():.4e}")
    1.8358e-08
    """
    known = system.manifolds() if levels is None else levels
    # a a† = a†a + 1 only shifts H_nh by a constant: thermal photons enhance the damping by 1 + 2 n_th.
    states = nonhermitian_levels(replace(system, kappa=system.kappa * (1.0 + 2.0 * system.n_th)), known)
    loss = well_elements(states.even, states.odd, states.dual_even, states.dual_odd)
    # ⟨d_m|a†|r̃_n⟩ is the conjugate of ⟨r̃_n|a|d_m⟩.
    heating = well_elements(states.dual_even, states.dual_odd, states.even, states.odd)
    cooling_rate, heating_rate = system.kappa * (1.0 + system.n_th), system.kappa * system.n_th
    w, v = (
        cooling_rate * np.abs(a) ** 2 + heating_rate * np.abs(b).T ** 2
        for a, b in zip(loss, heating, strict=True)
    )
    return RateModel(w, v, known.splitting)
