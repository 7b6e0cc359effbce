"""Γ by manifold from trajectories against the slow mode of the Liouvillian, and the expected integrals behind it.

One run is shared. Every stochastic bound is a multiple of the jackknife error; Student's t with 767 degrees of freedom exceeds
5.8 with probability 1e-8.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import scipy.linalg

from wellhop.analysis.branching_comparison import (
    BranchingComparison,
    PredictedBranching,
    compare_branching,
    predicted_branching,
)
from wellhop.analysis.crossing_manifolds import crossing_manifolds
from wellhop.analysis.manifold_branching import BranchingMeasurement, measure_branching
from wellhop.engine import trajectory
from wellhop.engine.ensemble import run_trajectories
from wellhop.engine.errors import ModelError, ParameterError, StatisticsError
from wellhop.engine.expected_integrals import integral_operator
from wellhop.engine.lindblad import LindbladModel
from wellhop.engine.records import EndState, SliceRecord, TrajectoryRecord
from wellhop.engine.systems.kerr_cat import KerrCat
from wellhop.engine.systems.kerr_cat_jumps import branching_observables, jump_setup
from wellhop.engine.unravelling import JumpProblem, build_problem
from wellhop.jobs.measure import measure_switching
from wellhop.jobs.switching_results import SwitchingResult

SYSTEM = KerrCat(5.3, 0.1, 0.1)
#: Errors allowed: false alarms with probability 1e-8 each.
ALLOWED = 5.8
INTERVAL = 20.0
READING = {"sample_interval": INTERVAL, "burn_in": 100.0, "relaxation_time": 10.0, "rate_guess": 5.6e-3}


@pytest.fixture(scope="module")
def problem() -> JumpProblem:
    return build_problem(jump_setup(SYSTEM, manifolds_resolved=4), duration=3600.0, sample_interval=INTERVAL)


@pytest.fixture(scope="module")
def records(problem: JumpProblem) -> list[TrajectoryRecord]:
    """768 trajectories of some 20/Γ."""
    return run_trajectories(problem, 20, range(768))


@pytest.fixture(scope="module")
def predicted() -> PredictedBranching:
    return predicted_branching(SYSTEM, 4)


@pytest.fixture(scope="module")
def compared(
    problem: JumpProblem, records: list[TrajectoryRecord], predicted: PredictedBranching
) -> BranchingComparison:
    return compare_branching(measure_branching(records, problem.integrated_names, **READING), predicted)


def pulls_of(compared: BranchingComparison) -> dict[str, float]:
    return {row.name: row.pull for row in compared.rows}


def rewritten(records: list[TrajectoryRecord], change) -> list[TrajectoryRecord]:
    return [replace(r, samples=change(r.samples.copy())) for r in records]


def test_rates_by_manifold_agree_with_the_slow_mode(compared: BranchingComparison) -> None:
    assert [row.name for row in compared.rows] == ["0", "1", "2", "3", "above", "between"]
    for row in compared.rows:
        assert abs(row.pull) < ALLOWED, compared
    shares = {row.name: row.share for row in compared.rows}
    for name, exact in (("1", 0.6119), ("2", 0.3151)):
        assert shares[name].counts["standard_error"] < 0.01
        assert abs(shares[name].value - exact) < ALLOWED * shares[name].counts["standard_error"]
    # precise enough to mean something: 2 % of the two leading parts, 0.1 % of the ground manifold
    assert [
        r.measured.relative_error < limit for r, limit in zip(compared.rows, (1e-3, 0.02, 0.05), strict=False)
    ] == [True] * 3


def test_parts_add_up_to_the_decay_rate(compared: BranchingComparison) -> None:
    found = compared.measured
    gamma = 5.574881127e-3  # slow mode of the full Liouvillian
    assert abs(found.total.value - gamma) < ALLOWED * found.total.counts["standard_error"]
    assert found.total.value == pytest.approx(sum(c.value for c in found.contributions), rel=1e-10)
    assert sum(s.value for s in found.shares) == pytest.approx(1.0, abs=1e-10)
    assert "sum" in str(compared)
    assert "manifold" in str(found)


def test_coherence_between_manifolds_is_seen(compared: BranchingComparison) -> None:
    """What the semi-analytical rates leave out: present here beyond all doubt."""
    row = compared.rows[-1]
    assert row.semi_analytical == 0.0
    assert row.semi_analytical_pull > ALLOWED


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda s: s[:, [0, 1, 2, 4, 3, 5, 6, 7]], id="manifolds 1 and 2 exchanged"),
        pytest.param(lambda s: s * np.array([1, 1, 1, 1, 0.5, 1, 1, 1]), id="half of manifold 2"),
        pytest.param(lambda s: s * np.array([1, 1, -1, -1, -1, -1, -1, -1]), id="sign"),
        pytest.param(lambda s: s * np.array([1, 1, 1, 2, 1, 1, 1, 1]), id="factor 2"),
    ],
)
def test_wrong_readings_are_caught(problem, records, predicted, change) -> None:
    compared = compare_branching(
        measure_branching(rewritten(records, change), problem.integrated_names, **READING), predicted
    )
    assert max(abs(p) for p in pulls_of(compared).values()) > ALLOWED


def test_without_a_lag_the_slow_mode_is_not_reached(problem, records, predicted) -> None:
    """⟨X⟩ at the end of the cell as weight: what decays within a well is taken for switching."""
    early = rewritten(
        records, lambda s: np.concatenate([np.roll(s[:, :1], -5, axis=0)[:-6], s[:-6, 1:]], axis=1)
    )
    compared = compare_branching(measure_branching(early, problem.integrated_names, **READING), predicted)
    assert max(abs(p) for p in pulls_of(compared).values()) > ALLOWED


def test_random_weights_have_no_memory(problem, records) -> None:
    rng = np.random.default_rng(1)

    def random(s: np.ndarray) -> np.ndarray:
        s[:, 0] = rng.choice([-1.0, 1.0], len(s))
        return s

    with pytest.raises(StatisticsError, match="memory of the well"):
        measure_branching(rewritten(records[:64], random), problem.integrated_names, **READING)


def test_cut_anywhere_the_bits_are_the_same(problem: JumpProblem, records: list[TrajectoryRecord]) -> None:
    for index, lengths in ((0, [1] * 400 + [10**6]), (3, [7, 1, 30, 2, 10**6])):
        slices: list[SliceRecord] = []
        snapshot = trajectory.start(problem, 20, 0, 0, index)
        for most in lengths:
            slices.append(trajectory.advance(problem, snapshot, most))
            snapshot = slices[-1].snapshot
            if slices[-1].state is not EndState.RUNNING:
                break
        assert len(slices) > 3
        assert (
            trajectory.assemble(problem, index, slices).samples.tobytes() == records[index].samples.tobytes()
        )


def test_other_columns_are_those_of_a_plain_run(
    problem: JumpProblem, records: list[TrajectoryRecord]
) -> None:
    """Integrals draw no random number and change no state; without them the snapshot holds nothing of them."""
    plain = build_problem(jump_setup(SYSTEM), duration=3600.0, sample_interval=INTERVAL)
    record = trajectory.run(plain, 20, 5)
    assert record.samples.tobytes() == np.ascontiguousarray(records[5].samples[:, :1]).tobytes()
    assert (record.switches == records[5].switches).all()
    sizes = [len(trajectory.start(p, 20, 0, 0, 5).reals) for p in (plain, problem)]
    assert sizes[1] - sizes[0] == len(problem.integrated_names) == 7
    assert "integral" not in plain.arrays()
    again = JumpProblem.from_arrays(problem.arrays())
    assert again.integrated_names == problem.integrated_names
    assert trajectory.run(again, 20, 5).samples.tobytes() == records[5].samples.tobytes()


def test_expected_integral_is_the_mean_over_clicks() -> None:
    """R by Lyapunov against quadrature of the no-click evolution."""
    setup = jump_setup(KerrCat(3.0, 0.3, 0.4), manifolds=4)
    model = setup.model.displaced(setup.displacements[0])
    drift = -1j * model.effective_hamiltonian()
    end = 2.0
    nodes, weights = np.polynomial.legendre.leggauss(120)
    states = [scipy.linalg.expm(0.5 * end * (1.0 + x) * drift) for x in nodes]
    last = scipy.linalg.expm(end * drift)
    for _, observable in branching_observables(setup.model, setup.observables[0][1], 2):
        found = integral_operator(model, observable)
        direct = (
            0.5 * end * sum(w * u.conj().T @ observable @ u for w, u in zip(weights, states, strict=True))
        )
        assert np.abs(found - last.conj().T @ found @ last - direct).max() < 1e-9 * max(
            1.0, np.abs(found).max()
        )
        assert np.abs(direct).max() > 1e-3


def test_cell_means_average_the_observable_itself(problem: JumpProblem) -> None:
    """Cell means of ⟨X⟩ against the same observable on a 40 times finer grid: equal on average over trajectories."""
    count, fine = 96, 40
    coarse = build_problem(jump_setup(SYSTEM, manifolds_resolved=4), duration=400.0, sample_interval=20.0)
    finely = build_problem(jump_setup(SYSTEM), duration=400.0, sample_interval=20.0 / fine)
    means, errors = [], []
    for index in range(count):
        x = trajectory.run(finely, 4, index).samples[:, 0]
        trapezoid = 0.5 * (x[1:] + x[:-1]).reshape(-1, fine).mean(axis=1)
        cells = trajectory.run(coarse, 4, index).samples[1:, 1]
        sign = 1.0 if x[0] > 0 else -1.0
        means.append(sign * (cells - trapezoid).mean())
        errors.append(np.abs(cells - trapezoid).max())
    assert abs(np.mean(means)) < 6.0 * np.std(means) / np.sqrt(count)
    # the integral itself is replaced by its expectation, so single cells do differ, though rarely by much
    assert 0.01 < max(errors) < 2.5
    assert np.std(means) < 0.1


def test_single_switches_cross_in_the_manifolds_that_matter(
    problem: JumpProblem, records: list[TrajectoryRecord]
) -> None:
    """Every switch of the plain run is there, most of them crossed in manifolds 1 and 2."""
    found = crossing_manifolds(problem, 20, 24)
    core = problem.core_names.index("0.99")
    switches = [r.switches[(r.switches["core"] == core) & (r.switches["origin"] >= 0)] for r in records[:24]]
    assert found.switches == sum(map(len, switches)) > 100
    assert found.share(1)[1] > 0.35
    assert found.share(1)[0] + found.share(2)[0] > 0.75
    assert found.share(5) == (0.0, 0.0, pytest.approx(1.0 - 0.025 ** (1 / found.switches)))
    without = replace(problem, core_names=("a", "b", "c", "d"))
    with pytest.raises(ModelError, match="cores"):
        crossing_manifolds(without, 20, 1)


def test_a_state_that_never_clicks_is_refused() -> None:
    decay = LindbladModel(np.diag([0.0, 1.0]).astype(complex), (np.array([[0, 1], [0, 0]], dtype=complex),))
    with pytest.raises(ModelError, match="never clicks"):
        integral_operator(decay, np.eye(2, dtype=complex))


def test_what_cannot_be_resolved_is_refused() -> None:
    for refused in (
        lambda: jump_setup(KerrCat(5.0, 0.1, 0.0), manifolds_resolved=True),
        lambda: jump_setup(SYSTEM, "counting", manifolds_resolved=True),
        lambda: jump_setup(SYSTEM, manifolds=6, manifolds_resolved=5),
        lambda: measure_switching("kerr_two_photon_drive", delta=-1, eps=3, U=0.5, manifolds_resolved=True),
        lambda: measure_switching(SYSTEM, manifolds_resolved=True, method="langevin"),
        lambda: measure_switching(SYSTEM, manifolds_resolved=True, propagator="dyadic"),
        lambda: measure_switching(SYSTEM, manifolds_resolved=1),
        lambda: predicted_branching(SYSTEM, 16),
    ):
        with pytest.raises(ParameterError, match="allowed is"):
            refused()
    setup = jump_setup(SYSTEM, manifolds_resolved=True)
    with pytest.raises(ModelError, match="eigenbasis"):
        build_problem(setup, duration=10.0, sample_interval=1.0, propagator="dyadic")


def test_records_without_manifolds_are_refused(records: list[TrajectoryRecord], problem: JumpProblem) -> None:
    with pytest.raises(StatisticsError, match="manifolds_resolved"):
        measure_branching(rewritten(records[:2], lambda s: s[:, :1]), problem.integrated_names, **READING)
    with pytest.raises(StatisticsError, match="longer than burn-in"):
        measure_branching(records[:2], problem.integrated_names, **{**READING, "burn_in": 3600.0})
    with pytest.raises(StatisticsError, match="lag"):
        measure_branching(records[:2], problem.integrated_names, **READING, lag=-1.0)


def test_measure_switching_gives_both() -> None:
    result = measure_switching(SYSTEM, manifolds_resolved=True, relative_error=0.15, threads=1)
    assert isinstance(result, SwitchingResult)
    assert result.branching is not None
    found: BranchingMeasurement = result.branching.measured
    assert found.resolved == 5
    assert abs(found.share("1").value - 0.6119) < ALLOWED * found.share("1").counts["standard_error"]
    assert "between" in str(result)
