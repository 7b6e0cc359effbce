"""By which processes the Kerr-cat reaches the manifold in which it switches.

Each scenario is the semi-analytical rate (84) with some of the processes switched off. With A_mn = |⟨r_m|a|r_n⟩|² and
h = m - n > 0 the number of manifolds climbed,

    W_mn = κ(1+n_th) A_mn    for m = n and m = n - 1,                                              (90)-(93)
           κ n_th A_nm       for 1 <= h <= r (cascaded), or for n = 0 and any h (direct),
           0                 otherwise,

and the same for V with |⟨l_m|a|r_n⟩|². Loss heats in neither (quantum heating), and neither keeps in-manifold hops by a†: with
them the rate is up to 2 % lower. Further scenarios: ground manifold only, Γ = 2V_00 (96); everything, (84); quantum heating of
the non-Hermitian Hamiltonian (106). Numbers in brackets are equations of Su, Cortiñas, Venkatraman, Puri.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final, Literal, get_args

import numpy as np

from wellhop.analysis.curves import reduced_rate
from wellhop.analysis.nonhermitian import nonhermitian_model
from wellhop.analysis.staircase import Populations, RateModel, ground_rate, rate_model
from wellhop.analysis.well_elements import well_elements
from wellhop.engine.errors import ParameterError, PredictionError
from wellhop.engine.systems.kerr_cat import KerrCat, Manifolds

Scenario = Literal["cascaded", "direct", "ground", "thermal_quantum", "nonhermitian"]
MechanismName = Literal[
    "below the floor", "none", "direct", "cascaded", "thermal + quantum", "non-Hermitian", "undetermined"
]
#: The flow chart of Fig. 9: the first scenario that explains more than half of the exact rate names the mechanism.
FLOW_CHART: Final[tuple[tuple[MechanismName, Scenario], ...]] = (
    ("none", "ground"),
    ("direct", "direct"),
    ("cascaded", "cascaded"),
    ("thermal + quantum", "thermal_quantum"),
    ("non-Hermitian", "nonhermitian"),
)
#: Exact rates below this many K are round-off.
FLOOR: Final = 1e-13
#: Step in ln[n_th/(1+n_th)] of the numerical derivative; its error is of fourth order.
_SLOPE_STEP: Final = 0.04


@dataclass(frozen=True)
class Mechanism:
    """What activates the switching at one point.

    Attributes:
        name: see :func:`name_mechanism`. share: rate of the named scenario over the exact one; NaN where none is named.
        exact: exact decay rate Γ, unit of the system's rates. rates: scenario -> rate, every one of :data:`FLOW_CHART`.
    """

    name: MechanismName
    share: float
    exact: float
    rates: Mapping[str, float]


def restricted_model(
    model: RateModel,
    system: KerrCat,
    scenario: Scenario,
    reach: int | None = None,
    *,
    levels: Manifolds | None = None,
) -> RateModel:
    """The rate model with all processes outside a scenario switched off.

    Args:
        model: all processes, from :func:`rate_model`.
        system: the system it belongs to. scenario: see the head of this file.
        reach: largest number of manifolds one hop climbs, 1 ... M - 1. For ``cascaded`` (None: all) and
            ``nonhermitian`` (None: 1).
        levels: the levels of the system, if they are known already.

    Raises:
        ParameterError: unknown scenario, a reach out of range, or one that the scenario does not have.

    >>> system = KerrCat(9.0, 0.025, 0.05)
    >>> direct = restricted_model(rate_model(system), system, "direct")
    >>> print(f"{direct.quasi_stationary().decay_rate:.6e}")
    6.888946e-05
    """
    known = system.manifolds(model.count, _cutoff(system, model.count)) if levels is None else levels
    if known.count != model.count:
        raise ParameterError("levels", known.count, f"{model.count} manifolds, as in the rate model")
    _check(scenario, reach, model.count)
    if scenario == "thermal_quantum":
        return model
    if scenario == "nonhermitian":
        return nonhermitian_model(system, known, reach=1 if reach is None else reach)
    index = np.arange(model.count)
    climbed = index[:, None] - index
    kept_cooling = (climbed == 0) | (climbed == -1)
    if scenario == "cascaded":
        kept_heating = (climbed > 0) & (climbed <= (model.count if reach is None else reach))
    elif scenario == "direct":
        kept_heating = (climbed > 0) & (index == 0)
    else:
        kept_heating = np.zeros_like(kept_cooling)
    cooling, heating = system.kappa * (1.0 + system.n_th), system.kappa * system.n_th
    within, across = (np.abs(x) ** 2 for x in well_elements(known.even, known.odd))
    # Lost to round-off in deep wells, known in closed form: the loss alone, as (90) has it.
    across[0, 0] = 0.5 * ground_rate(replace(system, n_th=0.0)) / system.kappa
    w, v = (cooling * kept_cooling * x + heating * kept_heating * x.T for x in (within, across))
    if scenario == "ground":
        w, v = w, np.zeros_like(v)
        v[0, 0] = 0.5 * ground_rate(system)
    return RateModel(w, v, model.splitting)


def scenario_rate(
    system: KerrCat,
    scenario: Scenario,
    *,
    reach: int | None = None,
    populations: Populations = "one_down",
    levels: Manifolds | None = None,
) -> float:
    """Γ of one scenario; (94), (95), (96), (84), (106).

    Args:
        system: the system. scenario, reach, levels: as in :func:`restricted_model`.
        populations: how paths are summed, see :meth:`RateModel.quasi_stationary`.

    Raises:
        ParameterError: as in :func:`restricted_model`.

    >>> print(f"{scenario_rate(KerrCat(9.0, 0.025, 0.05), 'cascaded'):.6e}")
    1.590044e-04
    """
    known = system.manifolds() if levels is None else levels
    _check(scenario, reach, known.count)
    if scenario == "ground":
        return ground_rate(system)
    if scenario == "nonhermitian":
        model = nonhermitian_model(system, known, reach=1 if reach is None else reach)
    else:
        model = restricted_model(rate_model(system, known), system, scenario, reach, levels=known)
    return model.quasi_stationary(populations).decay_rate


def scenario_rates(system: KerrCat, levels: Manifolds | None = None) -> dict[str, float]:
    """Γ of every scenario of :data:`FLOW_CHART` by name, cascaded without a limit of reach.

    >>> list(scenario_rates(KerrCat(4.0, 0.1, 0.01)))
    ['ground', 'direct', 'cascaded', 'thermal_quantum', 'nonhermitian']
    """
    known = system.manifolds() if levels is None else levels
    return {scenario: scenario_rate(system, scenario, levels=known) for _, scenario in FLOW_CHART}


def name_mechanism(exact: float, rates: Mapping[str, float], floor: float = FLOOR) -> Mechanism:
    """The flow chart of Fig. 9: stop at the first scenario that explains more than 50 % of the exact rate.

    Args:
        exact: exact decay rate. rates: scenario -> rate, as from :func:`scenario_rates`.
        floor: exact rates up to it are discarded as round-off; same unit.

    >>> name_mechanism(1.0, {"ground": 0.1, "direct": 0.4, "cascaded": 0.9, "thermal_quantum": 1.0, "nonhermitian": 0.0}).name
    'cascaded'
    """
    if not exact > floor:
        return Mechanism("below the floor", float("nan"), exact, rates)
    for name, scenario in FLOW_CHART:
        if rates[scenario] > 0.5 * exact:
            return Mechanism(name, rates[scenario] / exact, exact, rates)
    return Mechanism("undetermined", float("nan"), exact, rates)


def classify(system: KerrCat, exact: float | None = None) -> Mechanism:
    """Dominant activation mechanism of a system.

    Args:
        system: the system. exact: its exact decay rate, computed here if None.

    Raises:
        SpectrumError: it has no real slow mode.
        PredictionError: its damping is too strong for the non-Hermitian scenario.

    >>> found = classify(KerrCat(6.0, 0.1, 1e-8))
    >>> print(found.name, f"{found.share:.3f}")
    non-Hermitian 0.982
    """
    rate = reduced_rate(system) if exact is None else exact
    return name_mechanism(rate, scenario_rates(system), FLOOR * system.K)


def thermal_slope(system: KerrCat, rate: Callable[[KerrCat], float] = reduced_rate) -> float:
    """Slope d ln Γ / d ln[n_th/(1+n_th)]: how many thermal excitations an average activation takes; Fig. 8(c).

    Args:
        system: where; n_th > 0. rate: decay rate of a system, the exact one by default.

    Raises:
        ParameterError: n_th = 0, where the slope does not exist.
        PredictionError: exact rates below 1e-13 K, which are round-off.

    >>> print(f"{thermal_slope(KerrCat(4.0, 0.025, 0.1)):.2f}")
    1.10
    """
    if system.n_th <= 0.0:
        raise ParameterError("n_th", system.n_th, "a number > 0 for the slope against ln[n_th/(1+n_th)]")
    ratio = system.n_th / (1.0 + system.n_th)
    step = min(_SLOPE_STEP, -0.25 * float(np.log(ratio)))

    def logarithm(steps: int) -> float:
        moved = ratio * np.exp(steps * step)
        value = rate(replace(system, n_th=float(moved / (1.0 - moved))))
        if rate is reduced_rate and not value > FLOOR * system.K:
            raise PredictionError(
                f"thermal slope: a rate of {value:.3g} is round-off, needed is > {FLOOR * system.K:.3g}"
            )
        return float(np.log(value))

    near, far = logarithm(1) - logarithm(-1), logarithm(2) - logarithm(-2)
    return (8.0 * near - far) / (12.0 * step)


def _cutoff(system: KerrCat, count: int) -> int:
    """Fock states that hold ``count`` manifolds."""
    return max(system.default_cutoff(), 2 * count + 20)


def _check(scenario: str, reach: int | None, count: int) -> None:
    """Refuse unknown scenarios and reaches that mean nothing."""
    if scenario not in get_args(Scenario):
        raise ParameterError("scenario", scenario, "one of " + ", ".join(get_args(Scenario)))
    if reach is None:
        return
    if scenario not in ("cascaded", "nonhermitian"):
        raise ParameterError(
            "reach", reach, f"None for the scenario {scenario}; only cascaded and nonhermitian have one"
        )
    if isinstance(reach, bool) or not isinstance(reach, (int, np.integer)) or not 1 <= reach < count:
        raise ParameterError("reach", reach, f"an integer from 1 to {count - 1}, one less than the manifolds")
