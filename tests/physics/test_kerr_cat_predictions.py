"""What ``wellhop predict kerr_cat_staircase`` lists beyond the rates it compares: mechanisms, levels, steps, truncated Wigner."""

import math

import numpy as np
import pytest

from wellhop.analysis.activation import thermal_slope
from wellhop.analysis.kerr_cat_level_prediction import exact_splitting
from wellhop.analysis.precise_splitting import precise_splitting
from wellhop.analysis.prediction import default_methods_of, listed_methods_of, predict
from wellhop.analysis.staircase_details import staircase_details
from wellhop.engine.errors import PredictionError
from wellhop.engine.systems.kerr_cat import KerrCat

POINT = KerrCat(6.0, 0.025, 0.05)


def listed(system, names=None):
    return {p.name: p for p in predict(system, names or listed_methods_of("kerr_cat_staircase"))}


@pytest.fixture(scope="module")
def point():
    return listed(POINT)


def test_everything_is_listed_and_only_rates_are_compared(point):
    assert {"liouvillian", "twa", "cascaded_r1", "cascaded", "direct", "nonhermitian", "ground_only"} <= set(
        point
    )
    assert {
        f"splitting_{n}{x}"
        for n in (1, 2, 3)
        for x in ("", "_wkb", "_below_barrier", "_near_top", "_asymptotic")
    } < set(point)
    assert {f"step_{n}{x}" for n in (1, 2, 3) for x in ("", "_balance", "_crude")} < set(point)
    assert all(point[name].quantity == "decay_rate" for name in default_methods_of("kerr_cat_staircase"))
    assert {p.quantity for p in point.values()} == {"decay_rate", "drive", "tunnel_splitting", "gap"}


@pytest.mark.parametrize(
    ("name", "printed"),
    [
        ("cascaded", "8.651554e-4"), ("direct", "8.545060e-4"), ("nonhermitian", "1.54257e-9"), ("ground_only", "1.24579e-11"),
        ("splitting_1", "0.10013985"), ("splitting_2", "4.06341802"), ("splitting_3", "11.36603286"),
        ("step_1", "6.1622"), ("step_2", "9.5858"), ("step_3", "12.908"), ("step_1_balance", "6.1595"), ("step_1_crude", "6.099"),
    ],
)  # fmt: skip
def test_values_to_printed_digits(point, printed_as, name, printed):
    assert printed_as(point[name].value, printed)


def test_share_decides_whether_a_mechanism_predicts_the_rate(point):
    exact = point["liouvillian"].value
    for name in ("cascaded", "direct", "nonhermitian", "cascaded_r1"):
        share = point[name].value / exact
        assert point[name].valid == (share > 0.5)
        assert point[name].note == f"{100 * share:.3g} % of the exact rate"
    assert not point["nonhermitian"].valid
    cold = listed(KerrCat(6.0, 0.1, 0.0), ["nonhermitian", "direct"])
    assert cold["nonhermitian"].valid
    assert not cold["direct"].valid
    assert "times the exact rate" in point["twa"].note
    deep = listed(KerrCat(12.0, 0.01, 1e-9), ["direct", "liouvillian", "dual_resummed"])
    assert deep["direct"].note.endswith(" % of the semi-analytical rate (the exact one is round-off)")
    assert deep["direct"].valid
    assert deep["direct"].value / deep["dual_resummed"].value > 0.5
    assert deep["liouvillian"].note.startswith("rate below ")


def test_formulas_for_splittings_say_where_they_hold(point):
    for name in ("splitting_1_wkb", "splitting_1_below_barrier"):
        assert point[name].valid
        assert abs(point[name].value / point["splitting_1"].value - 1.0) == pytest.approx(
            point[name].accuracy
        )
    assert point["splitting_1_below_barrier"].accuracy < 0.006
    assert 0.08 < point["splitting_1_wkb"].accuracy < 0.1
    for name, word in [
        ("splitting_1_asymptotic", "10 n^2"),
        ("splitting_2_below_barrier", "eps_n"),
        ("splitting_3_near_top", "eps2/K"),
    ]:
        assert not point[name].valid
        assert word in point[name].note
        assert point[name].accuracy is None
    shallow = listed(KerrCat(0.5, 0.1, 0.1), ["splitting_1_below_barrier", "gap_min_formula"])
    assert math.isnan(shallow["splitting_1_below_barrier"].value)
    assert math.isnan(shallow["gap_min_formula"].value)
    assert "no barrier" in shallow["gap_min_formula"].note


def test_exact_splittings_do_not_lose_digits_and_scale_with_K():
    assert f"{exact_splitting(KerrCat(20.0, 0.1, 0.1), 1):.11e}" == "3.81148181806e-12"
    assert exact_splitting(KerrCat(40.0, 0.1, 0.1, K=2.0), 1) == 2.0 * exact_splitting(
        KerrCat(20.0, 0.1, 0.1), 1
    )
    # double precision has nothing left there
    assert (
        abs(KerrCat(20.0, 0.1, 0.1).manifolds().splitting[1] / float(precise_splitting(20.0, 1)) - 1.0) > 1e-4
    )
    assert math.isnan(exact_splitting(KerrCat(150.0, 0.1, 0.1), 1))


def test_details_name_the_mechanism_and_the_slope():
    warm = staircase_details(KerrCat(11.0, 0.025, 0.1))
    assert warm.mechanism == "cascaded"
    assert warm.thermal_slope == pytest.approx(2.15, abs=0.005)
    cold = staircase_details(KerrCat(6.0, 0.1, 0.0))
    assert cold.mechanism == "non-Hermitian"
    assert math.isnan(cold.thermal_slope)
    assert cold.mechanism_share == pytest.approx(0.9941, abs=1e-4)
    assert staircase_details(KerrCat(12.0, 0.01, 1e-9)).mechanism == "below the floor"


@pytest.mark.parametrize(
    "point", [(15.0, 0.001, 0.0), (16.0, 0.025, 0.0), (16.0, 0.1, 0.0), (14.0, 0.1, 0.0)]
)
def test_eigenvalues_lost_to_round_off_say_so_and_sums_over_paths_remain(point):
    """At n_th = 0 rates fall below 1e-14 K: the eigenvalue of the rate equations is wrong by factors there, or not real."""
    found = listed(KerrCat(*point), ["rate_model", "dual_rate_model", "dual_resummed", "ground_only"])
    for name in ("rate_model", "dual_rate_model"):
        assert not found[name].valid
        assert "round-off" in found[name].note
    assert found["dual_resummed"].valid
    assert 1e-26 < found["dual_resummed"].value < 1e-14
    assert 0.0 < found["ground_only"].value < 0.5 * found["dual_resummed"].value
    assert not found["ground_only"].valid


def test_sums_over_paths_below_their_own_round_off_are_flagged():
    """At (30, 0.01, 0) differently truncated spaces give 5e-30 to 2e-28 for one formula: no digit is right."""
    for point in [(30.0, 0.01, 0.0), (60.0, 0.001, 0.0)]:
        for found in listed(
            KerrCat(*point), ["dual_resummed", "nonhermitian", "resummed", "cascaded"]
        ).values():
            assert not found.valid
            assert "round-off" in found.note
    assert listed(KerrCat(60.0, 0.1, 0.1), ["dual_resummed"])["dual_resummed"].valid


@pytest.mark.parametrize(
    "point",
    [
        (4.4, 0.05, 1.5),
        (4.117, 0.18, 2.78),
        (7.59, 0.00172, 0.45),
        (4.94, 0.0646, 0.69),
        (2.446, 0.145, 7.2e-8),
    ],
)
def test_stated_accuracy_holds_at_high_temperature(point):
    """Points of a random search at which kappa alone, without 1 + 2 n_th, stated too small an error."""
    found = listed(KerrCat(*point), ["liouvillian", "rate_model", "dual_rate_model"])
    exact = found.pop("liouvillian").value
    for p in found.values():
        assert p.valid == (point[2] <= 1.0) or "non-Hermitian" in p.note
        assert p.accuracy is None or abs(p.value / exact - 1.0) < p.accuracy


def test_slope_of_round_off_is_refused():
    with pytest.raises(PredictionError, match="is round-off"):
        thermal_slope(KerrCat(12.0, 0.025, 1e-12))


def test_details_hold_no_round_off():
    """Splittings far below double precision keep their digits; what is only noise is empty."""
    deep = staircase_details(KerrCat(25.0, 0.1, 0.02))
    for n in (1, 2, 3):
        assert deep.splitting[n] == pytest.approx(float(precise_splitting(25.0, n)), rel=1e-12)
    assert deep.tunnelling[1] == pytest.approx(deep.splitting[1] ** 2 / deep.dephasing[1], rel=1e-12)
    cold = staircase_details(KerrCat(25.0, 0.1, 0.0))
    assert math.isnan(cold.separation)
    assert np.isnan(cold.exact_contributions).all()
    for column in (cold.populations, cold.currents, cold.contributions):
        assert not np.any(column < 0.0)
    warm = staircase_details(POINT)
    assert not np.isnan(warm.contributions[:5]).any()
    assert not np.isnan(warm.exact_contributions[:5]).any()


def test_no_mechanism_predicts_a_rate_where_no_well_holds_a_level():
    for found in listed(
        KerrCat(0.3, 0.1, 0.02), ["ground_only", "cascaded", "direct", "nonhermitian"]
    ).values():
        assert not found.valid
        assert "no well holds a level" in found.note
