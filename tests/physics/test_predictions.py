"""Predictions: names, validity ranges, stated accuracy, refusals."""

import numpy as np
import pytest

from wellhop.analysis.prediction import Prediction, check_methods, default_methods_of, methods_of, predict
from wellhop.engine.errors import PredictionError, SpectrumError
from wellhop.engine.fock import annihilation
from wellhop.engine.lindblad import LindbladModel
from wellhop.engine.systems.kerr_cat import KerrCat

GRID = [
    (eps2, kappa, n_th)
    for kappa in (0.001, 0.025, 0.1, 0.3)
    for n_th in (1e-5, 1e-3, 0.01, 0.1)
    for eps2 in (1.0, 4.0, 6.0, 9.0, 12.0)
] + [(20.0, 0.1, 0.1), (30.0, 0.1, 0.1), (30.0, 0.025, 0.05)]


def by_name(system, methods=None):
    return {p.name: p for p in predict(system, methods)}


def test_every_method_answers_in_order():
    found = predict(KerrCat(6.0, 0.1, 0.02))
    assert [p.name for p in found] == list(default_methods_of("kerr_cat_staircase"))
    assert all(isinstance(p, Prediction) and p.quantity == "decay_rate" and p.value > 0.0 for p in found)
    assert all(p.label == methods_of("kerr_cat_staircase")[p.name].label and p.unit_note == "in units of K" for p in found)
    assert [p.valid for p in found] == [True] * 5 + [False]
    assert [p.name for p in predict(KerrCat(6.0, 0.1, 0.02), ["resummed", "liouvillian"])] == [
        "resummed",
        "liouvillian",
    ]


def test_stated_accuracy_holds_over_the_grid():
    """Wherever a prediction calls itself valid it is within its stated accuracy of the exact rate."""
    checked = 0
    for point in GRID:
        found = by_name(KerrCat(*point))
        exact = found.pop("liouvillian")
        if not exact.valid:
            continue
        for p in found.values():
            if p.valid:
                checked += 1
                assert abs(p.value / exact.value - 1.0) <= p.accuracy + exact.accuracy, (point, p)
    assert checked > 170


def test_strong_damping_and_low_temperature_are_flagged():
    strong = by_name(KerrCat(6.0, 0.5, 0.1))
    assert strong["liouvillian"].valid
    assert not strong["semi_analytical"].valid
    assert "kappa/K > 0.3" in strong["semi_analytical"].note
    cold = by_name(KerrCat(6.0, 0.1, 0.0))
    assert cold["liouvillian"].valid
    for name in ("rate_model", "semi_analytical", "semi_analytical_up", "resummed", "ground_only"):
        assert not cold[name].valid
        assert cold[name].value < 0.01 * cold["liouvillian"].value
    assert "non-Hermitian" in cold["rate_model"].note


def test_round_off_and_fast_switching_are_flagged():
    deep = by_name(KerrCat(12.0, 0.01, 1e-9), ["liouvillian"])["liouvillian"]
    assert not deep.valid
    assert "round-off" in deep.note
    fast = by_name(KerrCat(3.0, 0.1, 0.1))
    assert fast["liouvillian"].valid
    assert "transit times" in fast["liouvillian"].note
    assert "two-state picture fails" in fast["liouvillian"].note
    assert by_name(KerrCat(9.0, 0.1, 0.01), ["liouvillian"])["liouvillian"].note == ""


def test_paths_left_out_in_deep_wells_are_noted():
    """At eps2/K = 30 one downward step no longer suffices: off by a quarter, and it says so; all paths are within 1 %."""
    deep = by_name(KerrCat(30.0, 0.1, 0.1))
    assert deep["semi_analytical"].value == pytest.approx(0.7525 * deep["liouvillian"].value, rel=1e-3)
    assert "paths left out carry 25 %" in deep["semi_analytical"].note
    assert not deep["semi_analytical_up"].valid
    assert deep["resummed"].value == pytest.approx(deep["liouvillian"].value, rel=0.01)
    assert deep["resummed"].note == ""


def test_ground_manifold_rules_in_shallow_cold_wells():
    shallow = by_name(KerrCat(2.0, 0.1, 1e-8), ["ground_only", "liouvillian"])
    assert shallow["ground_only"].valid
    assert shallow["ground_only"].value == pytest.approx(shallow["liouvillian"].value, rel=0.05)


def test_units_follow_K():
    one, five = by_name(KerrCat(6.0, 0.1, 0.02)), by_name(KerrCat(30.0, 0.5, 0.02, K=5.0))
    for name, p in one.items():
        assert five[name].value == pytest.approx(5.0 * p.value, rel=1e-6)
        assert five[name].valid == p.valid
    assert five["liouvillian"].unit_note == "in the unit in which K = 5"


def test_any_lindblad_model_has_the_exact_rate():
    system = KerrCat(3.0, 0.1, 0.02)
    (generic,) = predict(system.lindblad(26))
    assert generic.name == "liouvillian"
    assert generic.value == pytest.approx(1.99816e-3, rel=1e-5)
    with pytest.raises(PredictionError, match="'rate_model' exists for built-in systems only"):
        predict(system.lindblad(26), ["rate_model"])
    cavity = LindbladModel(np.zeros((12, 12)), (np.sqrt(0.2) * annihilation(12),))
    (relaxation,) = predict(cavity)
    assert not relaxation.valid
    assert "two-state picture" in relaxation.note
    twofold = LindbladModel(np.zeros((10, 10)), (annihilation(10) @ annihilation(10),))
    with pytest.raises(SpectrumError, match="symmetry sector"):
        predict(twofold)


def test_prediction_prints_itself():
    text = str(by_name(KerrCat(3.0, 0.1, 0.1), ["semi_analytical"])["semi_analytical"])
    assert "decay_rate = 9.941967e-03" in text
    assert "within" in text
    assert "NOT VALID HERE" in str(by_name(KerrCat(6.0, 0.1, 0.0), ["resummed"])["resummed"])


def test_unknown_methods_are_refused_with_what_is_close():
    with pytest.raises(
        PredictionError, match=r"got 'liouvilian', allowed is one of liouvillian.*did you mean liouvillian"
    ):
        predict(KerrCat(6.0, 0.1, 0.02), ["liouvilian"])
    with pytest.raises(PredictionError, match="given twice"):
        check_methods(["resummed", "resummed"])
    with pytest.raises(PredictionError, match="allowed is a list of names"):
        check_methods("liouvillian")
    with pytest.raises(PredictionError, match="got 3"):
        check_methods([3])
    with pytest.raises(PredictionError, match="system: got dict"):
        predict({"eps2": 6.0})
