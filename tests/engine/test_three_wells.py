"""Jump unravelling with three wells: averages, frames, the mirror, cut-off, cores, refusals."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import qutip
from scipy import stats

from wellhop.analysis.directed_rates import directed_rates
from wellhop.engine import trajectory
from wellhop.engine.ensemble import run_trajectories
from wellhop.engine.errors import CutoffError, ModelError, ParameterError, UnravellingError
from wellhop.engine.lindblad import LindbladModel
from wellhop.engine.records import EndState, TrajectoryRecord
from wellhop.engine.systems.kerr_two_photon_drive import KerrTwoPhotonDrive
from wellhop.engine.systems.kerr_two_photon_jumps import jump_setup, trajectory_cutoff, well_spread
from wellhop.engine.unravelling import JumpSetup, build_problem

#: few photons, fast switching: every average feels frame changes. The other two: good wells, three and two of them.
FAST = KerrTwoPhotonDrive(-5.0, 2.2, 1.2)
DEEP = KerrTwoPhotonDrive(-10.0, 3.2, 0.6)
CAT = KerrTwoPhotonDrive(-1.0, 3.0, 1.0)
TIMES = np.arange(7.0)
#: family-wise false alarm 1e-8 over times, observables and wells of one comparison
ALARM = 1e-8


class _Uncorrected(LindbladModel):
    """Shifts the jump operators and forgets the Hamiltonian."""

    def displaced(self, beta: Any) -> LindbladModel:
        return LindbladModel(
            self.hamiltonian, LindbladModel.displaced(self, beta).jump_operators, self.channel_names
        )


@pytest.fixture(scope="module")
def master_equation() -> np.ndarray:
    """(wells, X n X² n², times) from every well: powers of the exponential of QuTiP's Liouvillian."""
    setup = jump_setup(FAST)
    h, jumps = setup.model.to_qutip()
    step = qutip.liouvillian(h, jumps).expm(dtype="dense")
    kept = [qutip.Qobj(np.array(o)) for _, o in setup.observables[:2]]
    found = []
    for psi in setup.initial:
        rho = [qutip.operator_to_vector(qutip.ket2dm(qutip.Qobj(psi)))]
        for _ in TIMES[1:]:
            rho.append(step @ rho[-1])
        states = [qutip.vector_to_operator(v) for v in rho]
        found.append([qutip.expect(o, states) for o in (*kept, *(k @ k for k in kept))])
    return np.array(found)


def _worst_pull(
    setup: JumpSetup, exact: np.ndarray, per_well: int, kind: Any = "auto"
) -> tuple[float, float]:
    """(largest pull, its limit). The variance of a conditional mean is at most that of the state, <O²> - <O>²."""
    problem = build_problem(setup, duration=TIMES[-1], sample_interval=1.0, propagator=kind)
    wells = len(setup.initial)
    records = run_trajectories(problem, 3, range(per_well * wells))
    worst = 0.0
    for w in range(wells):
        means = np.mean([r.samples for r in records if r.start_well == w], axis=0).T
        error = np.sqrt((exact[w, 2:] - exact[w, :2] ** 2) / per_well)[:, 1:]
        worst = max(worst, float(np.abs((means - exact[w, :2])[:, 1:] / error).max()))
    count = 2 * wells * (len(TIMES) - 1)
    return worst, float(stats.norm.isf(0.5 * ALARM / count))


@pytest.mark.parametrize("case", ["displaced", "counting", "one frame", "dyadic"])
def test_averages_are_those_of_the_master_equation(case: str, master_equation: np.ndarray) -> None:
    setup = jump_setup(FAST, "counting" if case == "counting" else "displaced")
    if case == "one frame":
        setup = replace(setup, frame_scores=((0, 0.0),) * 3)
    worst, limit = _worst_pull(
        setup, master_equation, 400 if case == "one frame" else 1200, "dyadic" if case == "dyadic" else "auto"
    )
    assert worst < limit


def test_a_shift_without_its_hamiltonian_is_noticed(master_equation: np.ndarray) -> None:
    setup = jump_setup(FAST)
    model = _Uncorrected(setup.model.hamiltonian, setup.model.jump_operators, setup.model.channel_names)
    worst, limit = _worst_pull(replace(setup, model=model), master_equation, 1200)
    assert worst > 2.0 * limit


def _run(setup: JumpSetup, start: int, duration: float) -> TrajectoryRecord:
    problem = build_problem(setup, duration=duration, sample_interval=duration / 4, record_clicks=True)
    return trajectory.run(problem, 2, start)


def test_clicks_per_relaxation_time_in_each_well() -> None:
    """2γN with N of linear noise; counting clicks at 2γn. Conditional states and 1/m corrections: a third of slack.

    In 4000/γ a well sees more than 450 clicks, rarely two in a row: 30 % is six standard errors.
    """
    setup, alpha = jump_setup(DEEP), DEEP.amplitude("bright")
    for well, place in enumerate((-alpha, 0.0, alpha)):
        record = _run(setup, well, 4000.0)
        assert record.flips == 0
        assert set(record.switches["target"]) == {well}
        clicks = record.click_counts.sum() / record.elapsed
        assert clicks == pytest.approx(2.0 * well_spread(DEEP, place), rel=0.33)
    counting = _run(jump_setup(DEEP, "counting"), 2, 50.0)
    assert counting.click_counts.sum() / counting.elapsed == pytest.approx(2.0 * DEEP.n_b / DEEP.U, rel=0.2)
    # negative control: in the frame of the other bright well the same well clicks at 2γ · 4 n_b/U
    alone = replace(setup, frame_scores=((0, 0.0),) * 3)
    stuck = _run(alone, 2, 20.0)
    assert stuck.click_counts.sum() / stuck.elapsed > 50.0 * 2.0 * well_spread(DEEP, alpha)


def test_the_frame_is_that_of_the_well() -> None:
    """All but a few of the clicks happen in the frame of the well the state is in."""
    system = KerrTwoPhotonDrive(-5.0, 2.2, 0.6)
    right = total = switches = 0
    for i in range(3):
        record = _run(jump_setup(system), i, 6000.0)
        labels = record.switches[record.switches["core"] == 1]
        place = np.searchsorted(labels["time"], record.clicks["time"], side="right") - 1
        right += int((labels["target"][place] == record.clicks["frame"]).sum())
        total += len(record.clicks)
        switches += len(labels)
        assert record.flips < 10 * len(labels)
    assert switches > 30
    assert right > 0.95 * total
    assert set(labels["target"]) == {0, 1, 2}


def test_the_mirror_maps_bright_minus_on_bright_plus() -> None:
    """With the same random numbers the trajectory from +α is the mirror image of that from -α, vacuum visits included."""
    system = KerrTwoPhotonDrive(-5.0, 2.2, 0.6)
    problem = build_problem(jump_setup(system), duration=800.0, sample_interval=4.0)
    assert problem.table["propagator"].tolist() == [0, 1, 0]
    left, right = (trajectory.start(problem, 6, 0, 0, w) for w in (0, 2))
    assert (left.integers[0], right.integers[0]) == (0, 2)
    one, other = (
        trajectory.assemble(
            problem, 0, [trajectory.advance(problem, replace(s, stream=left.stream), 1 << 20)]
        )
        for s in (left, right)
    )
    assert one.state is other.state is EndState.DONE
    assert one.flips > 2
    np.testing.assert_allclose(one.samples[:, 0], -other.samples[:, 0], atol=1e-6)
    np.testing.assert_allclose(one.samples[:, 1], other.samples[:, 1], atol=1e-5)
    assert one.switches["target"].tolist() == (2 - other.switches["target"]).tolist()
    assert (
        np.abs(one.samples[:, 0] - other.samples[:, 0]).max() > 1.0
    )  # negative control: not the same record


def test_counting_cannot_tell_the_bright_wells_apart() -> None:
    """From the vacuum, parity survives every click: <X> stays 0 while n finds the bright wells."""
    record = _run(jump_setup(FAST, "counting"), 1, 400.0)
    assert np.abs(record.samples[:, 0]).max() < 1e-9
    assert len(record.switches) == 0
    displaced = trajectory.run(build_problem(jump_setup(FAST), duration=400.0, sample_interval=1.0), 2, 1)
    assert np.abs(displaced.samples[:, 0]).max() > 0.8


def test_cut_off_of_trajectories_is_enough() -> None:
    system = KerrTwoPhotonDrive(-10.0, 3.2, 1.0)
    small, large = (
        directed_rates(system, cutoff=n) for n in (trajectory_cutoff(system), system.default_cutoff())
    )
    for name in ("k_v", "k_b", "lam_e", "lam_o"):
        assert getattr(small, name) == pytest.approx(getattr(large, name), rel=1e-7)
    assert trajectory_cutoff(system) < 0.8 * system.default_cutoff()
    assert _run(jump_setup(system), 2, 2000.0).guard_population < 1e-6
    # negative control: a cut-off that is too small shows in the guard levels
    assert _run(jump_setup(system, cutoff=36), 2, 500.0).guard_population > 1e-9
    with pytest.raises(CutoffError, match="allowed is >= 36"):
        jump_setup(system, cutoff=30)


def test_propagator_follows_the_condition_number() -> None:
    soft, hard = (
        jump_setup(KerrTwoPhotonDrive(-3.0, 1.8, 0.4)),
        jump_setup(KerrTwoPhotonDrive(-3.0, 1.8, 0.2)),
    )
    problem = build_problem(soft, duration=1.0, sample_interval=1.0)
    assert problem.kind == "eigen"
    assert 1e4 < problem.condition < 1e8
    problem = build_problem(hard, duration=1.0, sample_interval=1.0)
    assert problem.kind == "dyadic"
    assert problem.condition > hard.largest_condition
    with pytest.raises(ModelError, match="condition number"):
        build_problem(hard, duration=1.0, sample_interval=1.0, propagator="eigen")


def test_wells_of_the_cat_region() -> None:
    setup = jump_setup(CAT)
    problem = build_problem(setup, duration=4000.0, sample_interval=10.0)
    assert problem.table["propagator"].tolist() == [0, 0]
    assert len(setup.initial) == 2
    assert setup.relaxation_time == pytest.approx(1.0)
    record = trajectory.run(problem, 1, 0)
    assert set(record.switches["target"]) == {0, 1}
    x = record.samples[:, 0]
    assert abs(x[0] + 1.0) < 1e-9  # well 0 is the one with Re α < 0
    assert x.max() > 0.8


def test_refusals() -> None:
    with pytest.raises(ParameterError, match="'displaced' or 'counting'"):
        jump_setup(FAST, "homodyne")
    with pytest.raises(UnravellingError, match="only one well"):
        jump_setup(KerrTwoPhotonDrive(-3.0, 0.9, 0.4))
    with pytest.raises(UnravellingError, match="cores overlap"):
        jump_setup(FAST, core_settings={"huge": (0.9, 0.6)})
    with pytest.raises(ParameterError, match="two numbers between 0 and 1"):
        jump_setup(FAST, core_settings={"odd": (0.2, 1.5)})
    with pytest.raises(UnravellingError, match="smaller U"):
        jump_setup(KerrTwoPhotonDrive(-3.0, 1.8, 4.0))
