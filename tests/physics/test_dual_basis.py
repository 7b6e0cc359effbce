"""One set of rate equations for every temperature: the dual basis of the non-Hermitian Hamiltonian, against the exact rate."""

from dataclasses import replace

import numpy as np
import pytest

from wellhop.analysis.curves import reduced_rate
from wellhop.analysis.dual_basis import dual_error, dual_model
from wellhop.analysis.nonhermitian import nonhermitian_levels
from wellhop.analysis.prediction import predict
from wellhop.analysis.staircase import RateModel, rate_model
from wellhop.analysis.well_elements import well_elements
from wellhop.engine.errors import PredictionError
from wellhop.engine.fock import annihilation
from wellhop.engine.systems.kerr_cat import KerrCat

GRID = [
    (eps2, kappa, n_th)
    for kappa in (0.025, 0.1, 0.5)
    for n_th in (0.0, 1e-6, 1e-3, 0.1)
    for eps2 in (1.5, 3.0, 6.0, 9.0)
]


@pytest.mark.parametrize("kappa", [0.025, 0.1, 0.5])
def test_one_formula_for_every_temperature(kappa):
    checked = 0
    for eps2, _, n_th in (point for point in GRID if point[1] == kappa):
        system = KerrCat(eps2, kappa, n_th)
        exact = reduced_rate(system)
        if exact < 1e-11:
            continue
        checked += 1
        assert abs(dual_model(system).decay_rate() / exact - 1.0) < dual_error(system), system
    assert checked >= 12


def test_stated_accuracy_of_both_predictions_holds_where_the_usual_one_fails_by_hundreds():
    cold = KerrCat(6.0, 0.1, 0.0)
    usual, rates, paths = predict(cold, ["rate_model", "dual_rate_model", "dual_resummed"])
    exact = 1.83654008e-8
    assert rates.valid
    assert paths.valid
    assert not usual.valid
    assert abs(rates.value / exact - 1.0) < 1e-3 < rates.accuracy
    assert abs(paths.value / exact - 1.0) < 1e-3 < paths.accuracy
    assert usual.value < 0.01 * exact
    for point in [(6.0, 0.1, 1e-6), (9.0, 0.1, 0.1), (4.0, 0.3, 0.01)]:
        system = KerrCat(*point)
        for found in predict(system, ["dual_rate_model", "dual_resummed"]):
            assert found.valid
            assert abs(found.value / reduced_rate(system) - 1.0) < found.accuracy


def test_right_vectors_in_place_of_the_dual_ones_fail():
    system = KerrCat(6.0, 0.1, 0.0)
    states = nonhermitian_levels(system)
    within, across = (np.abs(x) ** 2 for x in well_elements(states.even, states.odd))
    wrong = RateModel(system.kappa * within, system.kappa * across, system.manifolds().splitting)
    assert wrong.decay_rate() > 20.0 * dual_model(system).decay_rate()


def test_elements_are_those_of_the_operators():
    """W and V against explicit matrices: a and a† between left and right eigenvectors of the full H_nh."""
    system = KerrCat(4.0, 0.1, 0.3)
    n = system.default_cutoff()
    a = annihilation(n).real
    effective = system.lindblad(n).effective_hamiltonian()
    states = nonhermitian_levels(replace(system, kappa=system.kappa * 1.6))
    for vector, energy in [(states.even[:, 1], states.energy_even[1]), (states.odd[:, 2], states.energy_odd[2])]:
        # the constant -i kappa n_th/2 of a a' shifts every level
        residue = effective @ vector - (energy - 0.5j * system.kappa * system.n_th) * vector
        assert np.abs(residue).max() < 1e-10
    right = (states.even + states.odd) / np.sqrt(2.0)
    dual = {s: (states.dual_even + s * states.dual_odd) / np.sqrt(2.0) for s in (1, -1)}
    model = dual_model(system)
    for sign, rates in ((1, model.W), (-1, model.V)):
        loss, heating = dual[sign].conj().T @ a @ right, dual[sign].conj().T @ a.T @ right
        expected = 0.1 * (1.3 * np.abs(loss) ** 2 + 0.3 * np.abs(heating) ** 2)
        np.testing.assert_allclose(rates, expected, atol=1e-12)


def test_weak_damping_is_the_usual_model_and_strong_damping_is_refused():
    weak = KerrCat(5.0, 1e-5, 0.05)
    assert dual_model(weak).decay_rate() == pytest.approx(rate_model(weak).decay_rate(), rel=1e-7)
    with pytest.raises(PredictionError, match="use a smaller kappa"):
        dual_model(KerrCat(1.0, 40.0, 0.0))
