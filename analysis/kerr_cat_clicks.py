"""How often a Kerr-cat clicks under three unravellings.

Averaged over trajectories, the rate at which the jump operators L_k + β_k click is Σ_k Tr[(L_k + β_k)†(L_k + β_k) ρ]. Parity
makes ⟨a⟩ = 0 in the stationary state, so that

    counting, β = 0:                        κ(1+n_th)⟨a†a⟩ + κ n_th(⟨a†a⟩ + 1)
    fixed displacement, β_k = -sqrt(rate_k) α:   the same + κ(1+2n_th) α²

are exact. With the displacement that follows the well, β_k = -s sqrt(rate_k) α, s = ±1 chosen anew after every click, the sign
depends on the whole record and no closed formula is known. :func:`adaptive_click_rate` follows the populations of the
manifolds in the well the displacement points to (R) and in the other one (L):

    dR_m/dt = Σ_{n≠m} T_mn (R_n + L_n) - (out_m + t_m/2) R_m + (t_m/2 + D_m - out_m) L_m
    dL_m/dt = t_m R_m/2 - (t_m/2 + D_m) L_m

with T = W + V (44)(46), out_m = Σ_{n≠m} T_nm, t_m = δ_m²/μ_m (64), and C_m, D_m the click rates of the well state of manifold
m in its own and in the other well's frame. Every click points the displacement to the well the state is in. The rate
is Σ_m (C_m R_m + D_m L_m); its error is that of the incoherent tunnelling t_m: some percent, below one beyond the second step,
and up to a sixth where no excited manifold fits into the well (κ = n_th = 0.1: -16 % at ε₂ = 2 against trajectories).

Equation numbers: Su, Cortiñas, Venkatraman, Puri; unravellings are no subject of that paper.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from wellhop.analysis.liouvillian import steady_state
from wellhop.analysis.staircase import rate_model
from wellhop.engine.systems.kerr_cat import KerrCat, Manifolds

RealVector = npt.NDArray[np.float64]


def photon_number(system: KerrCat) -> float:
    """Stationary ⟨a†a⟩, from the levels of the highest manifolds.

    >>> print(f"{photon_number(KerrCat(3.0, 0.1, 0.1)):.6f}")
    2.882826
    """
    count = system.default_manifolds()
    model = system.reduced_model(count, max(system.default_cutoff(), 2 * count + 20))
    rho = steady_state(model, parity_signs=np.repeat([1.0, -1.0], count))
    loss = model.jump_operators[0]
    return float(np.trace(loss.conj().T @ loss @ rho).real / (system.kappa * (1.0 + system.n_th)))


def counting_click_rate(system: KerrCat, photons: float | None = None) -> float:
    """Clicks per time of the bare jumps sqrt(κ(1+n_th)) a and sqrt(κ n_th) a†; exact.

    Args:
        system: the parameters. photons: ⟨a†a⟩ where it is known already.

    >>> print(f"{counting_click_rate(KerrCat(3.0, 0.1, 0.1)):.6f}")
    0.355939
    """
    n = photon_number(system) if photons is None else photons
    return system.kappa * ((1.0 + 2.0 * system.n_th) * n + system.n_th)


def fixed_click_rate(system: KerrCat, photons: float | None = None) -> float:
    """Clicks per time with the displacement of one well at all times; exact. Arguments as above.

    >>> print(f"{fixed_click_rate(KerrCat(3.0, 0.1, 0.1)):.6f}")
    0.715939
    """
    return counting_click_rate(system, photons) + system.kappa * (1.0 + 2.0 * system.n_th) * system.alpha**2


def adaptive_click_rate(system: KerrCat) -> float:
    """Clicks per time with the displacement that follows the well; rate equations of the head of this file.

    >>> print(f"{adaptive_click_rate(KerrCat(6.0, 0.1, 0.02)):.5f}")  # trajectories: 0.0071
    0.00697
    """
    levels = system.manifolds()
    model = rate_model(system, levels)
    own, other = _frame_click_rates(system, levels)
    hops = model.W + model.V
    hops = hops - np.diag(np.diag(hops))
    out = hops.sum(axis=0)
    tunnel = 0.5 * model.tunnelling
    # clicks in the wrong frame that leave the manifold as it is; round-off may make them negative
    stay = np.maximum(other - out, 0.0)
    flow = np.block(
        [
            [hops - np.diag(out + tunnel), hops + np.diag(tunnel + stay)],
            [np.diag(tunnel), -np.diag(tunnel + out + stay)],
        ]
    )
    flow[0] = 1.0
    populations = np.linalg.solve(flow, np.eye(1, flow.shape[0]).ravel())
    return float(np.concatenate([own, other]) @ populations)


def _frame_click_rates(system: KerrCat, levels: Manifolds) -> tuple[RealVector, RealVector]:
    """(M,) click rates of r_m and of l_m under the displacement of the right well."""
    ladder = np.sqrt(np.arange(1.0, levels.even.shape[0]))[:, None]
    cooling, heating = system.kappa * (1.0 + system.n_th), system.kappa * system.n_th
    found = []
    for states in levels.wells:
        lowered, raised = -system.alpha * states, -system.alpha * states
        lowered[:-1] += ladder * states[1:]
        raised[1:] += ladder * states[:-1]
        found.append(cooling * (lowered**2).sum(axis=0) + heating * (raised**2).sum(axis=0))
    return found[0], found[1]
