"""Models that break naive jump codes: an exceptional point, switches without a click, operators given in every way."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import qutip
import scipy.sparse
from scipy import stats

from wellhop.analysis.measurement import measure
from wellhop.engine.ensemble import run_trajectories, simulate_jumps
from wellhop.engine.errors import ModelError, ParameterError, SpectrumError
from wellhop.engine.lindblad import LindbladModel
from wellhop.engine.unravelling import build_problem
from wellhop.jobs.measure import generic_setup, measure_switching

#: driven two-level atom at its exceptional point: H_eff has one eigenvector
POINT = (0.25 * qutip.sigmax(), [qutip.sigmam()])


@pytest.mark.parametrize("grid", [10.0, 1000.0])
def test_exceptional_point_does_not_depend_on_the_output_grid(grid: float) -> None:
    """Stationary click rate of resonance fluorescence, Ω²/(γ² + 2Ω²) = 1/6 for Ω = γ/2; false alarm 1e-8."""
    count, duration = 300, 1000.0
    got = simulate_jumps(
        *POINT,
        qutip.basis(2, 1),
        qutip.basis(2, 0).proj(),
        duration=duration,
        sample_interval=grid,
        n_trajectories=count,
    )
    rate = got.click_counts.sum() / (count * duration)
    # clicks of one atom are antibunched: a Poisson error is an upper bound; the start costs less than one click each
    slack = stats.norm.isf(0.5e-8) * np.sqrt(1.0 / 6.0 / (count * duration)) + 1.0 / duration
    assert abs(rate - 1.0 / 6.0) < slack
    assert abs(rate * 0.95 - 1.0 / 6.0) > slack


def test_eigenbasis_is_refused_at_the_exceptional_point() -> None:
    with pytest.raises(ModelError, match="condition number"):
        simulate_jumps(*POINT, [1, 0], [np.eye(2)], duration=1.0, sample_interval=1.0, propagator="eigen")


def _shelving() -> tuple[LindbladModel, Any]:
    """Electron shelving: a bright transition g-b and a weak, long-lived shelf s; dark periods begin without a click."""
    g, b, s = np.eye(3)
    hamiltonian = 0.5 * (np.outer(g, b) + np.outer(b, g)) + 0.01 * (np.outer(g, s) + np.outer(s, g))
    jumps = (np.outer(g, b), 1e-2 * np.outer(g, s))
    return LindbladModel(hamiltonian, jumps), np.diag([1.0, 1.0, -1.0])


@pytest.mark.parametrize("kind", ["eigen", "dyadic"])
def test_switch_without_a_click_is_seen(kind: Any) -> None:
    """Photon counting of a shelved electron: residence rates against the exact ones; false alarm 1e-8.

    Rates from residence times are low by Γ × transit, which the reading itself states; twice that is allowed for.
    """
    model, order = _shelving()
    setup, wells = generic_setup(model, order, np.zeros((2, 2)))
    problem = build_problem(
        setup, duration=20.0 / wells.decay_rate, sample_interval=0.1 / wells.decay_rate, propagator=kind
    )
    records = run_trajectories(problem, 3, range(96))
    got = measure(
        records,
        sample_interval=problem.sample_interval,
        burn_in=10.0 * problem.relaxation_time,
        relaxation_time=problem.relaxation_time,
        core_names=problem.core_names,
        symmetric=False,
    )
    assert got.core is not None
    for reading, exact in zip(got.core.directed, wells.escape_rates, strict=True):
        assert reading is not None
        slack = stats.norm.isf(0.5e-8) * reading.relative_error + 2.0 * got.core.rate_x_transit
        assert abs(np.log(reading.value / exact)) < slack
        # negative control: a rate of only what the clicks show (an order of magnitude less) is told apart
        assert np.log(10.0) > slack
    # two wells with different means are not mistaken for a non-exponential law
    assert got.exponentiality is not None
    assert got.exponentiality.p_value > 1e-8


def test_single_and_sparse_operators_are_taken() -> None:
    lower = np.array([[0.0, 1.0], [0.0, 0.0]])
    ways = [qutip.sigmam(), scipy.sparse.csr_array(lower), lower]
    results = []
    for op in ways[1:]:
        out = simulate_jumps(
            np.diag([0.0, 1.0]), op, [0, 1], np.diag([0.0, 1.0]), duration=1.0, sample_interval=0.5
        )
        results.append(out.means.tobytes())
    assert results[0] == results[1]
    assert LindbladModel.from_qutip(qutip.sigmaz(), ways[0]).dim == 2


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"n_trajectories": 1.5}, ParameterError),
        ({"seed": -1}, ParameterError),
        ({"threads": 0}, ParameterError),
        ({"duration": "long"}, ParameterError),
        ({"H": qutip.QobjEvo([qutip.sigmaz(), [qutip.sigmax(), lambda t: t]])}, ModelError),
        ({"H": "sigmaz"}, ModelError),
        ({"H": [[0.0, 1e-11], [0.0, 0.0]]}, ModelError),
    ],
)
def test_bad_arguments_are_named(change: dict[str, Any], error: type[Exception]) -> None:
    arguments: dict[str, Any] = {
        "H": np.diag([0.0, 1.0]),
        "c_ops": [np.array([[0.0, 1.0], [0.0, 0.0]])],
        "psi0": [0, 1],
        "observables": [np.diag([0.0, 1.0])],
        "duration": 1.0,
        "sample_interval": 0.5,
    }
    with pytest.raises(error):
        simulate_jumps(**{**arguments, **change})


def test_strong_symmetry_is_explained() -> None:
    a = qutip.destroy(12)
    with pytest.raises(SpectrumError, match="steady states"):
        measure_switching(a**2 + a.dag() ** 2, [a**2], a + a.dag())
