"""Unravellings: invariance of the average, exact slices, both propagators, refusals."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from wellhop.analysis.liouvillian import steady_state
from wellhop.engine import trajectory
from wellhop.engine.ensemble import run_trajectories, simulate_jumps
from wellhop.engine.errors import ModelError, ParameterError
from wellhop.engine.lindblad import LindbladModel
from wellhop.engine.records import EndState
from wellhop.engine.systems.kerr_cat import KerrCat
from wellhop.engine.systems.kerr_cat_jumps import jump_setup, trajectory_manifolds
from wellhop.engine.unravelling import JumpProblem, build_problem

CAT = KerrCat(eps2=3.0, kappa=0.1, n_th=0.1)


@pytest.mark.parametrize("frame", [0, 1])
def test_displaced_liouvillian_is_the_bare_one(frame: int) -> None:
    setup = jump_setup(CAT, manifolds=8)
    bare = setup.model.liouvillian()
    shifted = setup.model.displaced(setup.displacements[frame]).liouvillian()
    assert np.abs(bare - shifted).max() < 1e-12 * np.abs(bare).max()
    # negative control: shifting the jumps and forgetting the Hamiltonian changes the dynamics
    wrong = LindbladModel(
        setup.model.hamiltonian, setup.model.displaced(setup.displacements[frame]).jump_operators
    ).liouvillian()
    assert np.abs(bare - wrong).max() > 1e-3 * np.abs(bare).max()


def test_effective_hamiltonian_of_a_displaced_frame_is_the_spec_formula() -> None:
    """H_eff = H - (i/2) Σ [L†L + 2 β* L + |β|²] (spec section 6)."""
    setup = jump_setup(CAT, manifolds=8)
    model, beta = setup.model, setup.displacements[0]
    expected = model.hamiltonian.astype(complex)
    for op, b in zip(model.jump_operators, beta, strict=True):
        expected = expected - 0.5j * (
            op.conj().T @ op + 2 * np.conj(b) * op + abs(b) ** 2 * np.eye(model.dim)
        )
    np.testing.assert_allclose(model.displaced(beta).effective_hamiltonian(), expected, atol=1e-12)


@pytest.mark.parametrize("unravelling", ["displaced", "counting"])
@pytest.mark.parametrize("kind", ["eigen", "dyadic"])
def test_slices_of_any_length_give_the_same_bits(unravelling: str, kind: str) -> None:
    problem = build_problem(
        jump_setup(CAT, unravelling), duration=900.0, sample_interval=7.0, propagator=kind, record_clicks=True
    )
    whole = trajectory.run(problem, 5, 3)
    assert whole.click_counts.sum() > 20
    for most in (1, 7):
        slices = [trajectory.advance(problem, trajectory.start(problem, 5, 0, 0, 3), most)]
        while slices[-1].state is EndState.RUNNING:
            slices.append(trajectory.advance(problem, slices[-1].snapshot, most))
        cut = trajectory.assemble(problem, 3, slices)
        assert len(slices) > 3
        for name in ("samples", "switches", "clicks", "click_counts"):
            assert getattr(cut, name).tobytes() == getattr(whole, name).tobytes()
        assert (cut.elapsed, cut.flips, cut.guard_population) == (
            whole.elapsed,
            whole.flips,
            whole.guard_population,
        )
    # negative control: another trajectory of the same campaign is another sequence
    assert trajectory.run(problem, 5, 5).samples.tobytes() != whole.samples.tobytes()


def test_problem_survives_storage_as_arrays() -> None:
    problem = build_problem(jump_setup(CAT), duration=400.0, sample_interval=20.0)
    again = JumpProblem.from_arrays(problem.arrays())
    assert trajectory.run(again, 1, 0).samples.tobytes() == trajectory.run(problem, 1, 0).samples.tobytes()
    with pytest.raises(ModelError, match="not a jump problem"):
        JumpProblem.from_arrays({"facts": np.zeros(3, np.uint8)})


def test_threads_change_nothing() -> None:
    problem = build_problem(jump_setup(CAT), duration=300.0, sample_interval=10.0)
    one = run_trajectories(problem, 2, range(6), threads=1)
    two = run_trajectories(problem, 2, range(6), threads=2)
    assert [r.samples.tobytes() for r in one] == [r.samples.tobytes() for r in two]


@pytest.mark.parametrize(
    ("eps2", "n_th", "counting", "adaptive"),
    [(3.0, 0.1, 0.355939117, 0.076), (6.0, 0.1, 0.710959616, 0.0448)],
)
def test_click_rates_of_both_unravellings(eps2: float, n_th: float, counting: float, adaptive: float) -> None:
    """Counting clicks at the exact stationary rate; displaced clicks fall to the spec's (section 6), at 1e-8 false alarm."""
    system = KerrCat(eps2=eps2, kappa=0.1, n_th=n_th)
    quantile = stats.norm.isf(0.5e-8)
    for name, rate, duration, known in (
        ("counting", counting, 1000.0, 0.0),
        ("displaced", adaptive, 20_000.0, 0.02),
    ):
        problem = build_problem(jump_setup(system, name), duration=duration, sample_interval=duration / 4)
        records = run_trajectories(problem, 8, range(40))
        per_time = np.array([r.click_counts.sum() / r.elapsed for r in records])
        # burn-in of ~1/kappa from the ground manifold shifts a mean over `duration` by at most its share
        slack = quantile * per_time.std(ddof=1) / np.sqrt(len(records)) + rate * (
            known + 10.0 / (0.1 * duration) * 0.05
        )
        assert abs(per_time.mean() - rate) < slack
        assert abs(2.0 * per_time.mean() - rate) > slack


def test_exact_click_rate_from_the_steady_state() -> None:
    model = CAT.lindblad()
    rho = steady_state(model, parity_signs=(-1.0) ** np.arange(model.dim))
    rate = sum(np.trace(op.conj().T @ op @ rho).real for op in model.jump_operators)
    assert rate == pytest.approx(0.355939117, rel=2e-9)


def test_counting_and_displaced_give_the_same_average() -> None:
    """⟨X⟩(t) from |α⟩ by both unravellings and by the master equation; false alarm 1e-8 over all times."""
    import scipy.linalg

    duration, step, count = 40.0, 8.0, 3000
    means = {}
    setup = jump_setup(CAT, "displaced", manifolds=10)
    psi = setup.initial[0]
    for name in ("displaced", "counting"):
        problem = build_problem(jump_setup(CAT, name, manifolds=10), duration=duration, sample_interval=step)
        records = run_trajectories(problem, 21, range(0, 2 * count, 2))
        x = np.array([r.samples[:, 0] for r in records])
        means[name] = (x.mean(axis=0), x.std(axis=0, ddof=1) / np.sqrt(count))
    flow = scipy.linalg.expm(setup.model.liouvillian() * step)
    rho = np.outer(psi, psi.conj()).ravel()
    observable = setup.observables[0][1].T.ravel()
    exact = []
    for _ in range(6):
        exact.append(float((observable @ rho).real))
        rho = flow @ rho
    quantile = stats.norm.isf(0.5e-8 / 10)
    for mean, error in means.values():
        assert (np.abs(mean - exact)[1:] < quantile * error[1:]).all()
    # negative control: a decay half as fast (a one-way rate taken for Γ) is told apart
    mean, error = means["displaced"]
    assert (np.abs(mean - np.sqrt(exact))[3:] > quantile * error[3:]).any()


def test_trajectories_need_few_manifolds() -> None:
    for eps2, n_th in ((2.0, 0.1), (10.0, 0.01), (12.0, 0.1)):
        system = KerrCat(eps2=eps2, kappa=0.1, n_th=n_th)
        assert 8 <= trajectory_manifolds(system) <= system.default_manifolds()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"unravelling": "homodyne"}, "unravelling"),
        ({"manifolds": 2}, "manifolds"),
        ({"core_thresholds": (0.9, 1.0)}, "core_thresholds"),
    ],
)
def test_bad_setups_are_refused(arguments: dict[str, object], message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        jump_setup(CAT, **arguments)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "value"),
    [("duration", 0.0), ("duration", np.inf), ("sample_interval", -1.0), ("propagator", "ode")],
)
def test_bad_times_are_refused(name: str, value: object) -> None:
    arguments: dict[str, object] = {"duration": 10.0, "sample_interval": 1.0, name: value}
    with pytest.raises(ParameterError, match=name):
        build_problem(jump_setup(CAT), **arguments)  # type: ignore[arg-type]


def test_bad_models_are_refused() -> None:
    with pytest.raises(ModelError, match="not Hermitian"):
        LindbladModel(np.array([[0, 1], [0, 0]]), (np.eye(2),))
    with pytest.raises(ModelError, match="at least one"):
        LindbladModel(np.eye(2), ())
    with pytest.raises(ModelError, match="dimension"):
        LindbladModel(np.eye(2), (np.eye(3),))
    with pytest.raises(ModelError, match="psi0"):
        simulate_jumps(np.eye(2), [np.eye(2)], [0, 0], [np.eye(2)], duration=1, sample_interval=1)
