"""Behind the rate of a Kerr-cat: every manifold's levels, rates, branching and share, and the drives at which steps begin."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from wellhop.analysis.activation import Mechanism, classify, thermal_slope
from wellhop.analysis.kerr_cat_level_prediction import exact_splitting
from wellhop.analysis.kerr_cat_prediction import PATH_FLOOR
from wellhop.analysis.liouvillian import decay_rate, manifold_rates, steady_state
from wellhop.analysis.precise_splitting import double_precision_floor
from wellhop.analysis.staircase import RateModel, critical_drive, rate_model
from wellhop.engine.errors import PredictionError, SpectrumError
from wellhop.engine.fock import parity_signs
from wellhop.engine.systems.kerr_cat import KerrCat, Manifolds

RealVector = npt.NDArray[np.float64]
#: steps whose critical drives are given
STEPS = (1, 2, 3)


@dataclass(frozen=True)
class StaircaseDetails:
    """Manifold-resolved quantities of a Kerr-cat; rates and energies in the unit of its parameters.

    Su, Cortiñas, Venkatraman, Puri; equation numbers of that paper.

    Attributes:
        energy: (M,) mean energies (E_n^+ + E_n^-)/2. splitting: (M,) δ_n (8). dephasing: μ_n (58). decay: λ_n (68).
        tunnelling: t_n = δ_n²/μ_n. branching: f_n (82), NaN for n = 0. populations, currents,
            contributions: p_n, J_n and Γ_n with one downward step (80)-(85). All of these NaN where they are round-off.
        exact_contributions: Γ_n of the Liouvillian (100)-(103).
        second_rate, separation: the next odd decay rate of the Liouvillian and its ratio to Γ, NaN if unknown.
        photons: stationary ⟨a†a⟩. counting_click_rate: κ(1+n_th)⟨a†a⟩ + κ n_th(⟨a†a⟩ + 1).
        mechanism, mechanism_share: what activates the switching by the flow chart of Fig. 9, and its share of the exact rate.
        thermal_slope: d ln Γ/d ln[n_th/(1+n_th)] of the exact rate, NaN for n_th = 0 or without a resolved rate.
        critical_drives: criterion -> ε₂ of steps 1, 2, 3 at this damping and temperature, NaN where there is none.
    """

    energy: RealVector
    splitting: RealVector
    dephasing: RealVector
    decay: RealVector
    tunnelling: RealVector
    branching: RealVector
    populations: RealVector
    currents: RealVector
    contributions: RealVector
    exact_contributions: RealVector
    second_rate: float
    separation: float
    photons: float
    counting_click_rate: float
    mechanism: str
    mechanism_share: float
    thermal_slope: float
    critical_drives: dict[str, tuple[float, ...]]


def staircase_details(system: KerrCat) -> StaircaseDetails:
    """Everything behind the rate of one Kerr-cat.

    >>> details = staircase_details(KerrCat(6.0, 0.025, 0.05))
    >>> print(f"{details.branching[1]:.8f} {details.splitting[1]:.8f}")
    0.62089980 0.10013985
    """
    cutoff = system.default_cutoff()
    levels = system.manifolds()
    usual = rate_model(system, levels)
    model = RateModel(usual.W, usual.V, _splittings(system, levels))
    quasi = model.quasi_stationary("one_down")
    noise = PATH_FLOOR * system.kappa
    signs = parity_signs(cutoff)
    full = system.lindblad(cutoff)
    exact = np.full(levels.count, np.nan)
    second = separation = slope = float("nan")
    mechanism = Mechanism("below the floor", float("nan"), float("nan"), {})
    try:
        slow = decay_rate(full, parity_signs=signs)
        exact = _resolved(manifold_rates(full, slow, levels.basis, levels.order_parameter()), slow.resolution)
        if slow.next_rate is not None and slow.resolved:
            second, separation = slow.next_rate, slow.separation
        if slow.resolved:
            mechanism = _mechanism(system, slow.value)
            slope = _slope(system)
    except SpectrumError:
        pass  # what is missing stays NaN: there is no real slow mode to resolve
    rho = steady_state(full, parity_signs=signs)
    photons = float(np.arange(cutoff) @ rho.diagonal().real)
    branching = np.array(model.branching, dtype=np.float64)
    branching[0] = np.nan
    return StaircaseDetails(
        energy=levels.energy,
        splitting=model.splitting,
        dephasing=model.dephasing,
        decay=model.decay,
        tunnelling=model.tunnelling,
        branching=branching,
        populations=_resolved(quasi.populations, PATH_FLOOR),
        currents=_resolved(quasi.currents, noise),
        contributions=_resolved(quasi.contributions, noise),
        exact_contributions=exact,
        second_rate=second,
        separation=separation,
        photons=photons,
        counting_click_rate=system.kappa * ((1.0 + 2.0 * system.n_th) * photons + system.n_th),
        mechanism=mechanism.name,
        mechanism_share=mechanism.share,
        thermal_slope=slope,
        critical_drives={
            name: tuple(_drive(n, system, name) for n in STEPS) for name in ("branching", "balance", "crude")
        },
    )


def _splittings(system: KerrCat, levels: Manifolds) -> RealVector:
    """δ_n, in extended precision where the difference of two levels has lost its digits."""
    drive, found = system.eps2 / system.K, levels.splitting.copy()
    for n in range(1, levels.count):
        if abs(found[n]) > system.K * double_precision_floor(drive):
            break
        found[n] = exact_splitting(system, n)
    return found


def _resolved(values: RealVector, floor: float) -> RealVector:
    """Numbers not above their round-off become NaN."""
    return np.where(np.abs(values) > floor, values, np.nan)


def _mechanism(system: KerrCat, exact: float) -> Mechanism:
    """By the flow chart; undetermined where damping is too strong for one of its scenarios to exist."""
    try:
        return classify(system, exact)
    except PredictionError:
        return Mechanism("undetermined", float("nan"), exact, {})


def _slope(system: KerrCat) -> float:
    """Thermal slope, NaN where there is none."""
    try:
        return thermal_slope(system) if system.n_th > 0.0 else float("nan")
    except PredictionError:
        return float("nan")


def _drive(n: int, system: KerrCat, criterion: str) -> float:
    try:
        return critical_drive(n, system.kappa, system.n_th, system.K, criterion=criterion)  # type: ignore[arg-type]
    except PredictionError:
        return float("nan")
