"""Predictions of the two-photon-driven oscillator: the numbers, and where they say that they do not exist."""

import math

import numpy as np
import pytest

from wellhop.analysis.directed_rates import directed_rates
from wellhop.analysis.prediction import check_methods, default_methods_of, methods_of, predict
from wellhop.analysis.steady_state import ladder_log_weights, steady_moments
from wellhop.analysis.two_photon_actions import quantum_actions, quantum_boundary
from wellhop.analysis.two_photon_prediction import TWO_PHOTON_METHODS, two_photon_details
from wellhop.engine.errors import PredictionError
from wellhop.engine.systems.kerr_two_photon_drive import KerrTwoPhotonDrive

RATES = [name + suffix for suffix in ("", "_twa") for name in ("lam_e", "lam_o", "k_v", "k_b", "k_d")]
ACTIONS = ["action_vacuum", "action_bright", "ansatz_vacuum", "ansatz_bright"]


def by_name(*parameters, methods=None):
    return {p.name: p for p in predict(KerrTwoPhotonDrive(*parameters), methods)}


def test_every_number_is_the_one_of_its_function():
    system = KerrTwoPhotonDrive(-10.0, 3.2, 0.7)
    found = by_name(-10.0, 3.2, 0.7)
    assert tuple(found) == default_methods_of(system.name)
    slow = ["action_vacuum_keldysh", "action_bright_keldysh"]
    assert [name for name in methods_of(system.name) if name not in slow] == list(found)
    assert list(TWO_PHOTON_METHODS) == list(methods_of(system.name))
    for name, suffix in (("exact", ""), ("twa", "_twa")):
        rates = directed_rates(system, name)
        for quantity in ("lam_e", "lam_o", "k_v", "k_b", "k_d"):
            assert found[quantity + suffix].value == pytest.approx(getattr(rates, quantity), rel=1e-9)
    assert found["photons"].value == steady_moments(system).photons
    assert found["action_vacuum"].value == quantum_actions(system).vacuum
    assert found["boundary"].value == quantum_boundary(-10.0)
    assert all(p.valid for p in found.values())
    assert {p.quantity for p in found.values()} == {
        "decay_rate", "escape_rate", "photon_number", "parity", "action", "drive",
    }  # fmt: skip
    assert found["k_v"].unit_note
    assert not found["photons"].unit_note


def test_without_bistability_rates_and_actions_say_so():
    found = by_name(2.0, 1.5, 1.0)
    assert all(not found[name].valid for name in RATES + ACTIONS)
    for name in ("k_v", "k_b_twa", *ACTIONS):
        assert math.isnan(found[name].value)
        assert "use delta < 0" in found[name].note
    # What exists without wells is still there.
    assert found["photons"].valid
    assert found["photons_twa"].valid
    assert found["photons_twa"].value == pytest.approx(0.2104, abs=1e-4)


def test_cat_region_has_the_odd_mode_only():
    found = by_name(-1.0, 3.0, 0.7)
    assert found["lam_o"].valid
    assert found["lam_o"].value == pytest.approx(4.5573e-4, abs=1e-8)
    assert "2 k_d" in found["lam_o"].note
    assert not found["lam_e"].valid
    assert "not a well" in found["lam_e"].note
    assert not found["k_d"].valid
    assert found["boundary"].valid


def test_numerical_instantons_carry_their_error_and_their_limits():
    found = by_name(
        -3.0,
        1.8,
        0.4,
        methods=["action_vacuum_twa", "action_bright_twa", "boundary_twa", "action_bright_keldysh"],
    )
    for name, value in (
        ("action_vacuum_twa", 0.786006),
        ("action_bright_twa", 1.853381),
        ("boundary_twa", 1.544836),
    ):
        assert found[name].valid
        assert found[name].value == pytest.approx(value, abs=5.1e-7)
        assert found[name].accuracy < 1e-6
    assert "error below" in found["action_bright_twa"].note
    assert found["action_bright_keldysh"].value == pytest.approx(2.0595904, abs=1e-7)
    # A real path that is not the exponent says so.
    (far,) = predict(KerrTwoPhotonDrive(-20.0, 4.0, 1.0), ["action_vacuum_keldysh"])
    assert not far.valid
    assert "+1 times 4 pi gamma off the closed form" in far.note
    # Where wells and saddles merge there is nothing to integrate.
    (merged,) = predict(KerrTwoPhotonDrive(-0.001, 1.0000001, 1.0), ["action_vacuum_twa"])
    assert math.isnan(merged.value)
    assert "larger |delta|" in merged.note


def test_details_list_every_orbit_on_request():
    details = two_photon_details(KerrTwoPhotonDrive(-3.0, 1.8, 0.4), instantons=True)["instantons_twa"]
    bright = details["bright"]
    assert bright["action"] == pytest.approx(1.853381, abs=1e-6)
    # The other saddle is reached at three times the price; a solver aimed at it alone would quote that.
    assert [round(orbit["action"], 3) for orbit in bright["orbits"]][:2] == [1.853, 5.717]
    assert bright["near_misses_discarded"] > 0
    assert len({tuple(np.round(orbit["saddle"], 6)) for orbit in details["vacuum"]["orbits"]}) == 2


def test_small_u_leaves_actions_and_moments():
    exact = [*ACTIONS, "photons", "boundary_weight", "boundary_slope"]
    found = by_name(-10.0, 3.2, 0.02, methods=[*RATES, *exact])
    assert all("use a larger U" in found[name].note for name in RATES)
    assert all(found[name].valid for name in exact)
    tiny = by_name(-10.0, 3.2, 1e-9, methods=["photons", "action_bright"])
    assert math.isnan(tiny["photons"].value)
    assert tiny["action_bright"].value == found["action_bright"].value


def test_below_round_off_is_flagged():
    found = by_name(-10.0, 3.2, 0.23, methods=["lam_e", "k_v"])
    assert not found["lam_e"].valid
    assert "round-off" in found["lam_e"].note
    assert not found["k_v"].valid


def test_rarer_direction_is_flagged_before_it_is_wrong():
    """At U = 0.12 round-off can make k_b ten times too large, while lam_e and k_v are still fine."""
    found = by_name(-5.0, 2.4, 0.12, methods=["lam_e", "k_v", "k_b"])
    assert found["lam_e"].valid
    assert found["k_v"].valid
    assert not found["k_b"].valid
    assert "round-off" in found["k_b"].note
    # The exact ladder knows the share that is lost; while k_b is quoted it agrees.
    for U in (0.2, 0.16):
        system = KerrTwoPhotonDrive(-5.0, 2.4, U)
        share = np.exp(ladder_log_weights(system) - ladder_log_weights(system).max())
        first = int(np.ceil(system.n_s / U))
        quoted = by_name(-5.0, 2.4, U, methods=["lam_e", "k_b"])
        assert quoted["k_b"].valid
        expected = quoted["lam_e"].value * share[:first].sum() / share.sum()
        assert quoted["k_b"].value == pytest.approx(expected, rel=0.02)


def test_shallow_and_missing_wells_are_noted():
    shallow = by_name(-3.0, 1.8, 0.4, methods=["k_v", "k_d_twa"])
    assert shallow["k_v"].valid
    assert "S/U = 2.3" in shallow["k_v"].note
    # The split leaves a negative direct rate there.
    assert shallow["k_d_twa"].value < 0.0
    assert not shallow["k_d_twa"].valid
    none = by_name(-0.001, 1.0000001, 5.0)
    assert not any(none[name].valid for name in RATES)


def test_methods_belong_to_their_system():
    assert set(methods_of("kerr_cat_staircase")).isdisjoint(TWO_PHOTON_METHODS)
    with pytest.raises(PredictionError, match="did you mean"):
        predict(KerrTwoPhotonDrive(-10.0, 3.2, 0.5), ["action_vacum"])
    with pytest.raises(PredictionError, match="liouvillian"):
        predict(KerrTwoPhotonDrive(-10.0, 3.2, 0.5), ["liouvillian"])
    with pytest.raises(PredictionError, match="k_v"):
        check_methods(["k_v"])
    assert [p.name for p in predict(KerrTwoPhotonDrive(-10.0, 3.2, 0.5), ["parity", "action_bright"])] == [
        "parity", "action_bright",
    ]  # fmt: skip


def test_details():
    details = two_photon_details(KerrTwoPhotonDrive(-10.0, 3.2, 0.5))
    assert [p["kind"] for p in details["fixed_points"]] == ["vacuum", "bright", "bright", "saddle", "saddle"]
    assert set(details["amplitude_covariance"]) == {"vacuum", "bright"}
    assert two_photon_details(KerrTwoPhotonDrive(-10.0, 3.2, 1e-9))["pairs"] is None
