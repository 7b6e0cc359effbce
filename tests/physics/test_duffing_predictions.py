"""Predictions of the driven Duffing oscillator: the numbers, and where they say that they do not exist."""

from __future__ import annotations

import math
from typing import Any

import pytest

from wellhop.analysis.duffing_actions import quantum_exponents
from wellhop.analysis.duffing_prediction import DUFFING_METHODS, DuffingSubject, duffing_details
from wellhop.analysis.duffing_rates import duffing_rates
from wellhop.analysis.duffing_well import attractor_well
from wellhop.engine.systems.duffing_attractors import DuffingAttractors

BETA = 4.0 / 75.0
RATES = ("Gamma", "k_LH", "k_HL", "weight_LAS", "photons_LAS", "photons_HAS")
ACTIONS = tuple(f"action_{way}{end}" for end in ("", "_twa", "_keldysh") for way in ("LH", "HL"))


def predicted(*parameters: float, only: tuple[str, ...] | None = None) -> dict[str, Any]:
    """Name -> (value, valid, note, accuracy)."""
    subject = DuffingSubject(DuffingAttractors(*parameters))
    return {name: DUFFING_METHODS[name].evaluate(subject) for name in only or DUFFING_METHODS}


def test_every_number_is_the_one_of_its_function() -> None:
    system = DuffingAttractors(0.1, BETA, 0.1)
    found = predicted(0.1, BETA, 0.1)
    for generator, end in (("exact", ""), ("twa", "_twa")):
        rates = duffing_rates(system, generator)  # type: ignore[arg-type]  # the tuple forgets the literal
        names = {"Gamma": rates.gap, "k_LH": rates.k_lh, "k_HL": rates.k_hl, "weight_LAS": rates.weight_las}
        for name, value in names.items():
            assert found[name + end][0] == pytest.approx(value, rel=1e-12)
        assert found[f"photons{end}"][0] == pytest.approx(rates.spectrum.photons, rel=1e-12)
    assert found["Gamma"][0] == pytest.approx(found["k_LH"][0] + found["k_HL"][0], rel=1e-12)
    assert all(found[name][1] for name in (*RATES, *ACTIONS))
    exact = quantum_exponents(system)
    assert (found["action_LH"][0], found["action_HL"][0]) == (exact.lh, exact.hl)
    assert found["action_LH_keldysh"][0] == pytest.approx(exact.lh, abs=1e-9)
    assert found["action_LH_twa"][0] == pytest.approx(0.198442, abs=1e-6)
    assert {method.quantity for method in DUFFING_METHODS.values()} == {
        "decay_rate", "escape_rate", "weight", "photon_number", "action", "residence_time",
    }  # fmt: skip
    assert not any(DUFFING_METHODS[name].default for name in (*ACTIONS[2:], "lifetime_LAS", "lifetime_HAS"))
    assert found["lifetime_LAS"][0] * found["k_LH"][0] == pytest.approx(1.0)
    assert found["lifetime_HAS"][0] * found["k_HL"][0] == pytest.approx(1.0)
    # R/lam is below 3 for the classical escape only
    assert "R/lam = 1.98 < 3" in found["action_LH_twa"][2].replace("= 2 ", "= 1.98 ")
    assert not any("R/lam" in found[name][2] for name in ("action_LH", "action_HL", "action_HL_twa"))


def test_without_bistability_everything_says_so() -> None:
    found = predicted(0.1, 0.2, 0.1)
    for name in (*RATES, *(f"{rate}_twa" for rate in RATES), *ACTIONS):
        assert math.isnan(found[name][0])
        assert not found[name][1]
        assert "0.0099748736 ... 0.15150661" in found[name][2]
    # What exists with one attractor is still there.
    assert found["photons"][1]
    assert found["photons_twa"][1]


def test_hybridised_and_shallow_wells_are_flagged() -> None:
    wild = predicted(0.1, BETA, 0.02, only=RATES)
    assert all(math.isnan(wild[name][0]) and "hybridise" in wild[name][2] for name in RATES)
    warm = predicted(0.1, BETA, 0.1, 0.5, only=RATES)
    assert not any(warm[name][1] for name in RATES)
    assert "no separation of time scales" in warm["k_LH"][2]
    assert warm["k_LH"][0] > 0.0
    # The rarer direction is not quoted where it is below the error of the split; the other one is.
    steep = predicted(0.05, 0.09, 0.1, only=("k_LH", "k_HL"))
    assert steep["k_HL"][1] is False
    assert "the split is good to" in steep["k_HL"][2]


def test_dephasing_and_temperature_leave_what_exists() -> None:
    noisy = predicted(0.1, BETA, 0.1, 0.0, 0.001, only=("k_LH", "k_LH_twa", "action_LH", "action_LH_keldysh"))
    assert noisy["k_LH"][1]
    assert (
        "no truncated-Wigner generator with dephasing; Langevin trajectories do run" in noisy["k_LH_twa"][2]
    )
    assert "phase noise" in noisy["action_LH"][2]
    assert math.isnan(noisy["action_LH_keldysh"][0])
    warm = predicted(0.06, BETA, 0.1, 0.5, only=("action_HL", "action_HL_keldysh"))
    assert "use the Keldysh instanton" in warm["action_HL"][2]
    assert warm["action_HL_keldysh"][0] == pytest.approx(0.2092143, abs=1e-6)


def test_real_path_that_is_not_the_exponent_says_so() -> None:
    wound = predicted(0.06, 0.0105, 0.1, only=("action_LH", "action_LH_keldysh"))
    assert wound["action_LH"][0] == pytest.approx(1.8721087, abs=1e-6)
    assert not wound["action_LH_keldysh"][1]
    assert "+2 times 4 pi khat off the closed form" in wound["action_LH_keldysh"][2]


def test_small_lam_leaves_the_actions() -> None:
    found = predicted(1e-8, BETA, 0.1, only=("k_LH", "photons", "action_LH"))
    assert "use a larger lam" in found["k_LH"][2]
    assert math.isnan(found["photons"][0])
    assert found["action_LH"][1]


def test_wells_of_less_than_a_photon() -> None:
    """No cut-off to choose in a prediction: the hint is a smaller lam; what exists without wells is there."""
    found = predicted(60.0, BETA, 0.1, only=("k_LH", "lifetime_LAS", "photons", "action_LH"))
    for name in ("k_LH", "lifetime_LAS"):
        assert math.isnan(found[name][0])
        assert "less than one: no two wells; use a smaller lam" in found[name][2]
    assert found["photons"][1]
    # the two-level limit of the driven oscillator, (eps/(E_1 - E_0))^2
    assert found["photons"][0] == pytest.approx((0.5 * BETA / 60.0) / (1.0 - 2.0 * 60.0) ** 2, rel=1e-3)
    assert found["action_LH"][1]
    assert "no guide to the rate here" in found["action_LH"][2]


def test_details() -> None:
    details = duffing_details(DuffingAttractors(0.1, BETA, 0.1))
    assert [point["stable"] for point in details["fixed_points"]] == [True, False, True]
    r = [point["r"] for point in details["fixed_points"]]
    assert r == pytest.approx([0.059638, 0.753454, 1.186908], abs=6e-7)
    for point in details["fixed_points"]:
        first = complex(*point["eigenvalues"][0])
        assert (first + 0.1) ** 2 == pytest.approx(-(1.0 - point["r"]) * (1.0 - 3.0 * point["r"]), abs=1e-9)
    weights = [details["wells"][well]["weight"] for well in ("LAS", "HAS")]
    assert sum(weights) == pytest.approx(1.0)
    rates = duffing_rates(DuffingAttractors(0.1, BETA, 0.1))
    assert details["wells"]["LAS"]["lifetime"] == pytest.approx(1.0 / rates.k_lh)
    assert details["wells"]["HAS"]["lifetime"] == pytest.approx(1.0 / rates.k_hl)
    small = DuffingAttractors(0.06, BETA, 0.1)
    warm = duffing_details(small)["temperatures"]
    for well in ("LAS", "HAS"):
        p = attractor_well(small, well).populations(2)  # type: ignore[arg-type]  # the tuple forgets the literal
        assert warm[well]["N_eff"] == pytest.approx(p[1] / (p[0] - p[1]))
    assert warm["HAS"]["T_eff"] > 4.0 * warm["LAS"]["T_eff"]
    lone = duffing_details(DuffingAttractors(0.1, 0.2, 0.1))
    assert lone["wells"] is None
    assert lone["temperatures"] == {"LAS": None, "HAS": None}
    assert duffing_details(DuffingAttractors(1e-8, BETA, 0.1))["temperatures"] is None
    assert [point["kind"] for point in lone["fixed_points"]] == ["lone"]
