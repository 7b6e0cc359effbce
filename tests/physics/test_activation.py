"""Activation scenarios of the Kerr-cat: reference numbers, the flow chart, slopes, and controls that must fail."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from wellhop.analysis.activation import (
    FLOOR,
    FLOW_CHART,
    classify,
    name_mechanism,
    restricted_model,
    scenario_rate,
    thermal_slope,
)
from wellhop.analysis.curves import reduced_rate
from wellhop.analysis.staircase import RateModel, ground_rate, rate_model
from wellhop.engine.errors import ParameterError
from wellhop.engine.fock import annihilation
from wellhop.engine.systems.kerr_cat import KerrCat

#: point -> cascaded with any reach, direct; printed digits
RATES = {
    (4.0, 0.025, 0.05): ("1.2476314e-3", "1.2476785e-3"),
    (6.0, 0.025, 0.05): ("8.651554e-4", "8.545060e-4"),
    (9.0, 0.025, 0.05): ("1.590044e-4", "6.888946e-5"),
    (3.0, 0.1, 0.1): ("9.946372e-3", "9.949427e-3"),
    (6.0, 0.1, 0.1): ("2.960832e-3", "1.838611e-3"),
    (9.0, 0.1, 0.1): ("8.951788e-4", "2.143064e-4"),
    (10.0, 0.025, 0.01): ("7.091747e-6", "5.183312e-6"),
}
#: (eps2, n_th) at kappa = 0.025 -> cascaded with reach 1, 2, 3 and any, direct; over the exact rate
CUTOFFS = {
    (8.0, 0.001): ("0.057", "0.800", "0.927", "0.956", "0.933"),
    (11.0, 0.001): ("0.006", "0.182", "0.794", "0.940", "0.894"),
    (8.0, 0.1): ("0.552", "0.905", "0.968", "0.980", "0.337"),
    (11.0, 0.1): ("0.354", "0.801", "0.943", "0.975", "0.112"),
}
#: (eps2, n_th) at kappa = 0.025 -> slope
SLOPES = {
    (4.0, 1e-3): "1.00",
    (4.0, 0.1): "1.10",
    (8.0, 1e-3): "1.02",
    (8.0, 0.1): "1.59",
    (11.0, 1e-3): "1.05",
    (11.0, 0.1): "2.15",
}
#: kappa, n_th, eps2 -> mechanism
REGIMES = [
    (0.1, 1e-8, 2.0, "none"),
    (0.1, 1e-8, 4.0, "non-Hermitian"),
    (0.1, 1e-8, 6.0, "non-Hermitian"),
    (0.1, 1e-8, 8.0, "non-Hermitian"),
    (0.1, 1e-6, 2.0, "none"),
    (0.1, 1e-6, 4.0, "non-Hermitian"),
    (0.1, 1e-6, 6.0, "direct"),
    (0.1, 1e-6, 8.0, "direct"),
    (0.1, 1e-2, 2.0, "direct"),
    (0.1, 1e-2, 12.0, "direct"),
    (0.1, 0.1, 6.0, "direct"),
    (0.1, 0.1, 8.0, "cascaded"),
    (0.1, 0.1, 12.0, "cascaded"),
    (0.025, 1e-8, 2.0, "none"),
    (0.025, 1e-8, 4.0, "none"),
    (0.025, 1e-8, 6.0, "non-Hermitian"),
    (0.025, 1e-8, 8.0, "direct"),
    (0.025, 1e-8, 10.0, "direct"),
]


@pytest.mark.parametrize("point", RATES)
def test_cascaded_and_direct_rates_to_printed_digits(
    point: tuple[float, float, float], printed_as: Any
) -> None:
    system = KerrCat(*point)
    for scenario, printed in zip(("cascaded", "direct"), RATES[point], strict=True):
        assert printed_as(scenario_rate(system, scenario), printed)
    full = rate_model(system).quasi_stationary().decay_rate
    assert scenario_rate(system, "thermal_quantum") == pytest.approx(full, rel=1e-14)
    assert scenario_rate(system, "ground") == ground_rate(system)


@pytest.mark.parametrize("point", CUTOFFS)
def test_how_far_a_single_hop_must_reach(point: tuple[float, float], printed_as: Any) -> None:
    """Step n of the staircase needs hops by n manifolds at low temperature; 3 do at n_th = 0.1."""
    system = KerrCat(point[0], 0.025, point[1])
    exact = reduced_rate(system)
    found = [scenario_rate(system, "cascaded", reach=r) / exact for r in (1, 2, 3, None)]
    found.append(scenario_rate(system, "direct") / exact)
    for value, printed in zip(found, CUTOFFS[point], strict=True):
        assert printed_as(value, printed)


def by_hand(system: KerrCat, scenario: str, reach: int = 99) -> tuple[Any, Any]:
    """W and V of (90)-(93), element by element from explicit states and operators."""
    levels = system.manifolds()
    right, left = levels.wells
    a = annihilation(right.shape[0])
    rates = []
    for bra in (right, left):
        rate = np.zeros((levels.count, levels.count))
        for m in range(levels.count):
            for n in range(levels.count):
                loss = abs(bra[:, m] @ a @ right[:, n]) ** 2
                gain = abs(bra[:, m] @ a.T @ right[:, n]) ** 2
                if m in (n, n - 1):
                    rate[m, n] = system.kappa * (1.0 + system.n_th) * loss
                elif m > n and (m - n <= reach if scenario == "cascaded" else n == 0):
                    rate[m, n] = system.kappa * system.n_th * gain
        rates.append(rate)
    return rates[0], rates[1]


@pytest.mark.parametrize(("scenario", "reach"), [("cascaded", 2), ("cascaded", None), ("direct", None)])
def test_restricted_rates_element_by_element(scenario: Any, reach: int | None) -> None:
    system = KerrCat(4.0, 0.1, 0.2)
    model = restricted_model(rate_model(system), system, scenario, reach)
    w, v = by_hand(system, scenario, 99 if reach is None else reach)
    np.testing.assert_allclose(model.W, w, rtol=1e-9, atol=1e-16)
    np.testing.assert_allclose(model.V, v, rtol=1e-6, atol=1e-16)
    np.testing.assert_array_equal(model.splitting, rate_model(system).splitting)


def test_other_conventions_miss_the_printed_digits(printed_as: Any) -> None:
    """Controls: cooling at κ instead of κ(1+n_th), heating kept on the diagonal, indices exchanged."""
    point = (6.0, 0.1, 0.1)
    system, printed = KerrCat(*point), RATES[point][0]
    right = restricted_model(rate_model(system), system, "cascaded")
    index = np.arange(right.count)
    cooling = (index[:, None] - index == 0) | (index[:, None] - index == -1)
    factor = np.where(cooling, 1.0 / (1.0 + system.n_th), 1.0)
    diagonal = np.where(np.eye(right.count) == 1.0, (1.0 + 2.0 * system.n_th) / (1.0 + system.n_th), 1.0)
    assert printed_as(right.quasi_stationary().decay_rate, printed)
    for w, v in (
        (right.W * factor, right.V * factor),
        (right.W * diagonal, right.V * diagonal),
        (right.W.T, right.V.T),
    ):
        wrong = RateModel(w, v, right.splitting).quasi_stationary().decay_rate
        assert not printed_as(wrong, printed)
        assert abs(wrong / float(printed) - 1.0) > 5e-3


def test_limits_of_the_scenarios() -> None:
    """Full reach is no restriction, without heating only the ground manifold switches, (106) ignores temperature."""
    system = KerrCat(7.0, 0.05, 0.02)
    model = rate_model(system)
    assert scenario_rate(system, "cascaded", reach=15) == scenario_rate(system, "cascaded")
    ground = restricted_model(model, system, "ground").quasi_stationary().decay_rate
    assert ground == pytest.approx(ground_rate(system), rel=1e-13)
    cold = replace(system, n_th=0.0)
    for scenario in ("cascaded", "direct", "ground"):
        assert scenario_rate(cold, scenario) == pytest.approx(ground_rate(cold), rel=1e-12)
    assert scenario_rate(cold, "nonhermitian") == scenario_rate(system, "nonhermitian")
    assert restricted_model(model, system, "thermal_quantum") is model
    same = restricted_model(model, system, "nonhermitian", 2).quasi_stationary().decay_rate
    assert same == scenario_rate(system, "nonhermitian", reach=2)
    up, down = (scenario_rate(system, "cascaded", populations=p) for p in ("up", "one_down"))
    assert 0.0 < down / up - 1.0 < 0.05
    scaled = KerrCat(70.0, 0.5, 0.02, 10.0)
    assert scenario_rate(scaled, "cascaded") == pytest.approx(
        10.0 * scenario_rate(system, "cascaded"), rel=1e-9
    )


@pytest.mark.parametrize(("kappa", "n_th", "eps2", "name"), REGIMES)
def test_regimes(kappa: float, n_th: float, eps2: float, name: str) -> None:
    found = classify(KerrCat(eps2, kappa, n_th))
    assert found.name == name
    assert 0.5 < found.share < 1.05
    assert list(found.rates) == [scenario for _, scenario in FLOW_CHART]


def test_flow_chart_stops_at_the_first_that_explains_half() -> None:
    rates = dict.fromkeys([scenario for _, scenario in FLOW_CHART], 0.0)
    assert name_mechanism(0.9 * FLOOR, rates).name == "below the floor"
    assert name_mechanism(-1.0, rates).name == "below the floor"
    assert name_mechanism(float("nan"), rates).name == "below the floor"
    undetermined = name_mechanism(1.0, rates)
    assert undetermined.name == "undetermined"
    assert np.isnan(undetermined.share)
    assert name_mechanism(1.0, {**rates, "direct": 0.5}).name == "undetermined"  # half is not more than half
    for name, scenario in reversed(FLOW_CHART):
        rates[scenario] = 0.6
        assert name_mechanism(1.0, rates).name == name
        assert name_mechanism(1.0, rates).share == 0.6
    given = classify(KerrCat(6.0, 0.1, 0.1), exact=1.0)
    assert given.exact == 1.0
    assert given.name == "undetermined"
    assert (
        classify(KerrCat(60.0, 1.0, 0.1, 10.0), exact=9.0 * FLOOR).name == "below the floor"
    )  # the floor is in K


@pytest.mark.parametrize("point", SLOPES)
def test_slopes_to_printed_digits(point: tuple[float, float], printed_as: Any) -> None:
    assert printed_as(thermal_slope(KerrCat(point[0], 0.025, point[1])), SLOPES[point])


def test_slope_of_a_known_power() -> None:
    """Γ = [n/(1+n)]^p has the slope p everywhere, also where n_th >> 1 leaves little room for the step."""
    for n_th in (1e-6, 0.1, 1.0, 50.0):
        slope = thermal_slope(KerrCat(4.0, 0.1, n_th), lambda s: (s.n_th / (1.0 + s.n_th)) ** 2.5)
        assert slope == pytest.approx(2.5, rel=1e-9)
    # control: against n_th itself the same law is flatter
    nearly = thermal_slope(KerrCat(4.0, 0.1, 1.0), lambda s: s.n_th**2.5)
    assert nearly == pytest.approx(5.0, rel=1e-4)


def test_refusals() -> None:
    system = KerrCat(6.0, 0.1, 0.1)
    model = rate_model(system)
    for reach in (0, -1, 16, 1.5, True):
        with pytest.raises(ParameterError, match=r"reach: got .*an integer from 1 to 15"):
            scenario_rate(system, "cascaded", reach=reach)
    for scenario in ("direct", "ground", "thermal_quantum"):
        with pytest.raises(ParameterError, match=f"None for the scenario {scenario}"):
            scenario_rate(system, scenario, reach=2)
    with pytest.raises(
        ParameterError, match="scenario: got 'hot', allowed is one of cascaded, direct, ground"
    ):
        restricted_model(model, system, "hot")
    with pytest.raises(ParameterError, match="levels: got 14, allowed is 16 manifolds"):
        restricted_model(model, system, "direct", levels=system.manifolds(14))
    with pytest.raises(ParameterError, match=r"n_th: got 0\.0, allowed is a number > 0"):
        thermal_slope(replace(system, n_th=0.0))
