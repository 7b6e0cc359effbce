"""Figure 8 of the two-photon resonator: phase-space methods against the master equation, on the numbers drawn."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from matplotlib.figure import Figure
from scipy.linalg import expm

from wellhop.analysis.figures.job import DrawnFigure
from wellhop.analysis.figures.resonator_phase_space import AMPLITUDE, PHOTONS, RATE
from wellhop.analysis.resonator_action import escape_action
from wellhop.analysis.resonator_angle import angle_rate
from wellhop.analysis.resonator_photons import mean_photons
from wellhop.analysis.resonator_spectrum import slow_eigenvalue
from wellhop.engine.errors import ParameterError, PredictionError
from wellhop.engine.fock import coherent_state
from wellhop.engine.systems.two_photon_resonator import TwoPhotonResonator
from wellhop.engine.systems.two_photon_resonator_jumps import well_amplitude
from wellhop.jobs import figure_resonator_phase_space
from wellhop.jobs.figure_resonator_phase_space import JOB

#: False alarm below 1e-9 each; and the bias of the steps.
Z, BIAS = 6.2, 0.01
COARSE = {"duration": 12.0, "trajectories": 600, "rate_G": 3.0, "lives": 400}


@pytest.fixture(scope="module", name="drawn")
def drawn_fixture() -> DrawnFigure:
    """Once, with coarse settings and few points of the curves."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(figure_resonator_phase_space, "CURVE_POINTS", 7)
        return JOB.draw(JOB.options(COARSE, seed=5))


def _mean(drawn: DrawnFigure, series: str, quantity: str, loss: float, column: str = "value") -> np.ndarray:
    where = {"series": series, "quantity": quantity, "kappa_1 [eta]": loss}
    return drawn.table.numbers(column, **where)


def _pulls(drawn: DrawnFigure, series: str, quantity: str, loss: float) -> np.ndarray:
    """Differences from the exact mean in units of what is allowed."""
    found, exact = _mean(drawn, series, quantity, loss), _mean(drawn, "exact", quantity, loss)
    return np.abs(found - exact) / (Z * _mean(drawn, series, quantity, loss, "error") + BIAS)


def test_texts_stay_on_the_page_and_apart(drawn: DrawnFigure, texts_apart: Callable[[Figure], None]) -> None:
    texts_apart(drawn.figure)


def test_positive_p_follows_with_loss_and_fails_without(drawn: DrawnFigure) -> None:
    assert (_pulls(drawn, "positive-P", AMPLITUDE, 1.0) < 1.0).all()
    lost = _pulls(drawn, "positive-P", AMPLITUDE, 0.0)
    assert (lost[:10] < 1.0).all()
    assert lost[-1] > 1.0
    assert sum("spikes (sizes beyond" in note for note in drawn.notes) == 2
    assert sum("boundary_terms" in note for note in drawn.notes) == 1


def test_truncated_wigner_misses_the_mean_either_way(drawn: DrawnFigure) -> None:
    for loss in (0.0, 1.0):
        middle = 12
        drop, exact, clip = (
            _mean(drawn, name, AMPLITUDE, loss)[middle] for name in ("drop", "exact", "clip")
        )
        assert drop < exact < clip
        for name in ("drop", "clip"):
            assert _pulls(drawn, name, AMPLITUDE, loss).max() > 1.0


def test_rates_of_the_schemes(drawn: DrawnFigure) -> None:
    table = drawn.table
    for delta in table.numbers("Delta [eta]", series="drop sampled"):
        row = {"series": "drop sampled", "Delta [eta]": float(delta)}
        value, error = table.numbers("value", **row)[0], table.numbers("error", **row)[0]
        system = TwoPhotonResonator(3.0, float(delta))
        allowed = Z * error / value + BIAS
        assert abs(math.log(value / angle_rate(system))) < allowed
        assert abs(math.log(value / -slow_eigenvalue(system, 20).real)) > allowed
        clipped = table.numbers("upper", **{**row, "series": "clip sampled"})[0]
        assert clipped < value
    # of five detunings that with S = 1.3 has no rate
    assert len(table.numbers("value", series="clip sampled")) == 4
    curve = table.numbers("value", series="exact", quantity=RATE)
    last = TwoPhotonResonator(3.0, float(table.numbers("Delta [eta]", series="exact", quantity=RATE)[-1]))
    assert curve[-1] == pytest.approx(-slow_eigenvalue(last).real, rel=1e-12)
    # neither does a line go on where the action is below 2
    assert 2.0 <= escape_action(last) < 2.5


def test_exact_photon_number_is_that_of_the_full_master_equation(drawn: DrawnFigure) -> None:
    """Independent: the whole density matrix, no parity. Control: without one-photon loss it is another."""
    system, size = TwoPhotonResonator(2.0, 0.5, 1.0, 1.0), 18
    model, one = system.lindblad(size), np.eye(size)
    drift = -1j * model.hamiltonian - 0.5 * sum(c.conj().T @ c for c in model.jump_operators)
    full = (
        np.kron(drift, one)
        + np.kron(one, drift.conj())
        + sum(np.kron(c, c.conj()) for c in model.jump_operators)
    )
    state = coherent_state(well_amplitude(system), size)
    step, expected = expm(0.9 * full), []
    rho = np.outer(state, state.conj()).ravel()
    for _ in range(4):
        expected.append(float(np.arange(size) @ np.diag(rho.reshape(size, size)).real))
        rho = step @ rho
    np.testing.assert_allclose(mean_photons(system, 0.9, 3), expected, atol=1e-6)
    assert mean_photons(TwoPhotonResonator(2.0, 0.5), 0.9, 3)[-1] > expected[-1] + 0.1
    assert _mean(drawn, "exact", PHOTONS, 1.0)[3] == pytest.approx(expected[1], abs=1e-6)


def test_refusals() -> None:
    with pytest.raises(ParameterError, match="step"):
        mean_photons(TwoPhotonResonator(2.0, 0.5), 0.0, 3)
    with pytest.raises(ParameterError, match="count"):
        mean_photons(TwoPhotonResonator(2.0, 0.5), 1.0, 0)
    with pytest.raises(PredictionError, match="unknowns"):
        mean_photons(TwoPhotonResonator(40.0, 0.5), 1.0, 3)
    with pytest.raises(ParameterError, match="lives"):
        JOB.options({"lives": 1.0})
