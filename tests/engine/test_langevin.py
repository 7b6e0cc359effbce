"""Langevin trajectories: steps against plain formulas, the same bits in every layout, failures and refusals."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numba
import numpy as np
import pytest
from scipy.integrate import quad_vec
from scipy.linalg import expm

from wellhop.engine import langevin
from wellhop.engine.errors import ModelError, ParameterError
from wellhop.engine.lane_streams import gaussian_pair
from wellhop.engine.langevin_wells import StepSizeWarning, oscillator_cores
from wellhop.engine.oscillator import Oscillator
from wellhop.engine.records import EndState, TrajectoryRecord

THREE_WELLS = Oscillator(detuning=-3.0, kerr=0.4, drive_2=1.8, kappa_1=2.0)
NOISY = replace(THREE_WELLS, kappa_2=0.05, kappa_phi=0.1)
CROOKED = Oscillator(detuning=-2.5, kerr=0.5, drive_1=0.2 + 0.1j, drive_2=1.5 + 0.6j, kappa_1=2.0, n_thermal=0.1)


@numba.njit  # type: ignore[untyped-decorator]
def maier_stein(q: np.ndarray, out: np.ndarray) -> None:
    """Drift of the Maier-Stein model with alpha = mu = 1."""
    out[0] = q[0] - q[0] ** 3 - q[0] * q[1] ** 2
    out[1] = -(1.0 + q[0] ** 2) * q[1]


@numba.njit  # type: ignore[untyped-decorator]
def runaway(q: np.ndarray, out: np.ndarray) -> None:
    """Explodes for |q| > 1."""
    out[0] = q[0] ** 3 - q[0]


WELLS = np.array([[-1.0, 0.0], [1.0, 0.0]])


def _oscillator(scheme: str = "strang", duration: float = 40.0) -> langevin.LangevinProblem:
    return langevin.oscillator_problem(
        THREE_WELLS, duration=duration, sample_interval=0.5, dt=0.02, scheme=scheme, observables=("X", "n", "re", "im")
    )


def _noisy(scheme: str) -> langevin.LangevinProblem:
    return langevin.oscillator_problem(NOISY, duration=40.0, sample_interval=0.5, dt=0.01, scheme=scheme)


def _drift() -> langevin.LangevinProblem:
    cores = (langevin.Cores("a", WELLS, np.array([0.4, 0.4])), langevin.Cores("b", WELLS, np.array([0.7, 0.2])))
    return langevin.drift_problem(
        maier_stein, [[0.3, 0.1], [0.1, 0.2]], wells=WELLS, cores=cores, dt=0.02, duration=40.0, sample_interval=0.5
    )


def _same(a: TrajectoryRecord, b: TrajectoryRecord) -> bool:
    plain = (a.index, a.state, a.reason, a.elapsed, a.start_well) == (b.index, b.state, b.reason, b.elapsed, b.start_well)
    return plain and a.samples.tobytes() == b.samples.tobytes() and a.switches.tobytes() == b.switches.tobytes()


def _noise_free_turn(z: complex, system: Oscillator, t: float) -> complex:
    return complex(z * np.exp(-1j * (system.detuning + system.kerr * (abs(z) ** 2 - 1)) * t))


def _reference(z: complex, xi: complex, scheme: str, system: Oscillator, dt: float) -> complex:
    """One step in complex numbers, from the formulas of the schemes."""

    def drift(a: complex) -> complex:
        turning = system.detuning + system.kerr * (abs(a) ** 2 - 1)
        return -(0.5 * system.kappa_1 + 1j * turning) * a - 1j * system.drive_2 * a.conjugate() - 1j * system.drive_1

    kick = math.sqrt(0.25 * system.kappa_1 * (2 * system.n_thermal + 1) * dt) * xi
    if scheme == "euler":
        return z + drift(z) * dt + kick
    if scheme == "heun":
        return z + 0.5 * dt * (drift(z) + drift(z + dt * drift(z) + kick)) + kick
    if scheme == "midpoint":
        new = z
        for _ in range(60):
            new = z + dt * drift(0.5 * (z + new)) + kick
        return new
    two, one, damping = system.drive_2, system.drive_1, 0.5 * system.kappa_1
    a = np.array([[-damping + two.imag, -two.real], [-two.real, -damping - two.imag]])
    rate = 0.25 * system.kappa_1 * (2 * system.n_thermal + 1)
    covariance = quad_vec(lambda s: rate * expm(a * s) @ expm(a * s).T, 0.0, dt, epsabs=1e-14)[0]
    shift = quad_vec(lambda s: expm(a * s) @ np.array([one.imag, -one.real]), 0.0, dt, epsabs=1e-14)[0]
    z = _noise_free_turn(z, system, dt / 2)
    q = expm(a * dt) @ [z.real, z.imag] + shift + np.linalg.cholesky(covariance) @ [xi.real, xi.imag]
    return _noise_free_turn(complex(*q), system, dt / 2)


@pytest.mark.parametrize("scheme", ["strang", "midpoint", "heun", "euler"])
def test_steps_follow_the_formulas(scheme: str) -> None:
    """25 steps of the kernel against complex arithmetic, all parts of the family present."""
    dt = 0.0009
    problem = langevin.oscillator_problem(
        CROOKED, duration=25 * dt, sample_interval=dt, dt=dt, scheme=scheme, observables=("re", "im")
    )
    snapshot = langevin.start(problem, 3, 0, 0, 1)
    record = langevin.advance(problem, snapshot, 1000)
    z = complex(snapshot.psi[0])
    k0, k1, name = snapshot.stream
    for step in range(25):
        assert abs(complex(*record.samples[step]) - z) < 1e-11 * abs(z)
        xi = complex(*gaussian_pair(np.uint64(step), np.uint64(0), name, k0, k1))
        z = _reference(z, xi, scheme, CROOKED, dt)
    assert abs(complex(*record.samples[25]) - z) < 1e-11 * abs(z)


def test_start_states_have_the_width_of_a_coherent_state() -> None:
    """Variance (2 n_th + 1)/4 per quadrature around the wells, taken in turn; false alarm 1e-9."""
    problem = langevin.oscillator_problem(CROOKED, duration=1.0, sample_interval=1.0, dt=0.01)
    wells = problem.table["start"]
    states = [langevin.start(problem, 1, 0, 0, i) for i in range(3000)]
    assert [int(s.integers[2]) for s in states[:4]] == [i % len(wells) for i in range(4)]
    offset = np.array([s.psi[0] for s in states]) - np.array([complex(*wells[i % len(wells)]) for i in range(3000)])
    spread = np.concatenate([offset.real, offset.imag]) / math.sqrt(1.2 / 4)
    assert abs((spread**2).mean() - 1.0) < 6.1 * math.sqrt(2 / 6000)
    assert abs((spread**2).mean() - 1.2) > 6.1 * math.sqrt(2 / 6000)


@pytest.mark.parametrize(
    "make",
    [_oscillator, lambda: _oscillator("midpoint"), lambda: _oscillator("heun"), _drift, lambda: _noisy("strang")],
    ids=["strang", "midpoint", "heun", "drift", "multiplicative"],
)
def test_layout_changes_no_bit(make: Callable[[], langevin.LangevinProblem]) -> None:
    """Alone, beside others, in another order, sliced anywhere: the same records."""
    problem = make()
    whole = langevin.run_many(problem, 5, range(11))
    assert sum(len(r.switches) for r in whole) > 12
    alone = [langevin.run(problem, 5, i) for i in range(11)]
    assert all(_same(a, b) for a, b in zip(whole, alone, strict=True))
    shuffled = langevin.run_many(problem, 5, [7, 2, 9, 70, 4])
    assert all(_same(a, whole[a.index]) for a in shuffled if a.index < 11)
    generator = np.random.default_rng(8)
    for i in (0, 3, 10):
        slices = [langevin.advance(problem, langevin.start(problem, 5, 0, 0, i), int(generator.integers(1, 90)))]
        while slices[-1].state is EndState.RUNNING:
            beside = [slices[-1].snapshot, langevin.start(problem, 5, 0, 0, 40)]
            slices.append(langevin.advance_many(problem, beside, int(generator.integers(1, 300)))[0])
        assert len(slices) > 5
        assert _same(langevin.assemble(problem, i, slices), whole[i])
        last = langevin.advance(problem, langevin.start(problem, 5, 0, 0, i), problem.n_steps).snapshot
        for name in ("psi", "reals", "integers", "stream"):
            assert getattr(last, name).tobytes() == getattr(slices[-1].snapshot, name).tobytes()
    assert not _same(whole[0], langevin.run(problem, 6, 0))


def test_lane_with_large_angles_leaves_others_alone() -> None:
    """A step that turns by more than a quarter takes another way for all lanes, with the same bits."""
    cores = (langevin.Cores("start", np.array([[25.0, 0.0], [1.0, 0.0]]), np.array([0.1, 0.1])),)
    problem = langevin.oscillator_problem(THREE_WELLS, duration=3.0, sample_interval=0.02, dt=0.02, cores=cores)
    together = langevin.run_many(problem, 5, range(4))
    assert all(_same(record, langevin.run(problem, 5, i)) for i, record in enumerate(together))
    angles = [0.5 * problem.dt * THREE_WELLS.kerr * r.samples[:, 1].max() for r in together]
    assert max(angles) > 0.8 > 0.5 > min(angles)


def test_finished_trajectory_stays_as_it_is_beside_others() -> None:
    problem = _oscillator(duration=4.0)
    done = langevin.advance(problem, langevin.start(problem, 5, 0, 0, 1), 10_000).snapshot
    again, beside = langevin.advance_many(problem, [done, langevin.start(problem, 5, 0, 0, 2)], 50)
    assert (again.state, beside.state) == (EndState.DONE, EndState.RUNNING)
    assert len(again.samples) == len(again.switches) == 0
    assert again.snapshot.psi.tobytes() == done.psi.tobytes()
    assert again.snapshot.integers.tobytes() == done.integers.tobytes()


def test_problem_survives_storage() -> None:
    problem = _oscillator()
    again = langevin.LangevinProblem.from_arrays(problem.arrays())
    assert _same(langevin.run(again, 1, 2), langevin.run(problem, 1, 2))
    assert again.n_samples == 81
    with pytest.raises(ModelError, match="cannot be stored"):
        _drift().arrays()
    with pytest.raises(ModelError, match="not a Langevin problem"):
        langevin.LangevinProblem.from_arrays({})


def test_records_are_those_of_a_trajectory() -> None:
    """Grid of samples, order and chaining of switches, a departure before its entry."""
    problem = _oscillator(duration=400.0)
    for record in langevin.run_many(problem, 2, range(8)):
        assert record.samples.shape == (801, 4)
        assert record.elapsed == pytest.approx(400.0, rel=1e-12)
        x, n, re, im = record.samples.T
        np.testing.assert_allclose(n, re**2 + im**2 - 0.5, atol=1e-12)
        axis = complex(*problem.table["observables"][0, 1:3])
        np.testing.assert_allclose(x, (np.array(re + 1j * im) * axis.conjugate()).real, atol=1e-12)
        assert x[0] > 0 if record.start_well == 2 else True
        times = record.switches["time"]
        assert (np.diff(times) > 0).all()
        assert (record.switches["departure"] <= times).all()
        assert record.switches["origin"][0] == -1
        assert (record.switches["origin"][1:] == record.switches["target"][:-1]).all()
        assert (record.switches["origin"] != record.switches["target"]).all()


def test_full_event_list_only_ends_a_kernel_call(monkeypatch: pytest.MonkeyPatch) -> None:
    problem = _drift()
    whole = langevin.run_many(problem, 5, range(11))
    monkeypatch.setattr(langevin, "_EVENTS", 1)
    assert all(_same(a, b) for a, b in zip(whole, langevin.run_many(problem, 5, range(11)), strict=True))


def test_state_that_is_not_finite_fails_and_leaves_others_alone() -> None:
    wells = [[0.0], [1.5]]
    problem = langevin.drift_problem(runaway, [[1e-4]], wells=wells, dt=0.1, duration=60.0, sample_interval=100.0)
    records = langevin.run_many(problem, 1, range(4))
    assert [r.state for r in records] == [EndState.DONE, EndState.FAILED] * 2
    assert "finite" in records[1].reason
    assert records[0].reason == ""
    sliced = [langevin.advance(problem, langevin.start(problem, 1, 0, 0, 1), 7)]
    while sliced[-1].state is EndState.RUNNING:
        sliced.append(langevin.advance(problem, sliced[-1].snapshot, 7))
    assert _same(langevin.assemble(problem, 1, sliced), records[1])
    assert records[1].elapsed == pytest.approx(25.6)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"kappa_2": 1.01}, "negative diffusion"),
        ({"kappa_2": 0.0, "kappa_1": 0.0}, "kappa_1"),
    ],
)
def test_what_has_no_equation_is_refused(change: dict[str, float], words: str) -> None:
    with pytest.raises(ParameterError, match=words):
        langevin.oscillator_problem(replace(THREE_WELLS, **change), duration=1.0, sample_interval=0.1)


def test_most_two_photon_loss_that_has_an_equation() -> None:
    """κ₂ = κ₁(n_th + 1/2): no additive noise is left, and thermal photons move the limit."""
    for thermal in (0.0, 0.5):
        system = replace(THREE_WELLS, n_thermal=thermal, kappa_2=1.0 + 2.0 * thermal)
        problem = langevin.oscillator_problem(system, duration=1.0, sample_interval=0.1)
        assert abs(problem.table["coefficients"][[16, 17, 18]]).max() < 1e-7
        assert langevin.run(problem, 1, 0).state is EndState.DONE


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ({"scheme": "rk4"}, ParameterError, "strang, midpoint, heun, euler"),
        ({"oscillator": NOISY, "scheme": "midpoint"}, ParameterError, "strang, heun or euler"),
        ({"dt": 0.3}, ParameterError, "use dt <= 0.05"),
        ({"dt": 0.09, "scheme": "euler"}, ParameterError, "use dt <= "),
        ({"dt": -1.0}, ParameterError, "dt"),
        ({"duration": math.nan}, ParameterError, "duration"),
        ({"duration": 1e-3}, ParameterError, "at least one step"),
        ({"observables": ("Y",)}, ParameterError, "X, n, re, im"),
        ({"cores": ()}, ModelError, "at least one"),
    ],
)
def test_bad_arguments_are_named(arguments: dict[str, Any], error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        langevin.oscillator_problem(
            **{"oscillator": THREE_WELLS, "duration": 10.0, "sample_interval": 0.5, "dt": 0.02, **arguments}
        )


def test_the_step_named_in_a_refusal_is_allowed() -> None:
    """The limit is rounded down, and a step of that size is taken (with a warning)."""
    with pytest.raises(ParameterError, match="a step <= ") as refused:
        langevin.oscillator_problem(THREE_WELLS, duration=10.0, sample_interval=0.5, dt=0.3)
    named = float(str(refused.value).split("a step <= ")[1].split(";")[0])
    with pytest.warns(StepSizeWarning):
        langevin.oscillator_problem(THREE_WELLS, duration=10.0, sample_interval=named, dt=named)


def test_names_of_noise_are_checked() -> None:
    problem = langevin.oscillator_problem(THREE_WELLS, duration=1.0, sample_interval=0.5)
    for name, numbers in (("trajectory", (1, 0, 0, -5)), ("seed", (-1, 0, 0, 0)), ("arm", (1, 0, 2**63, 0))):
        with pytest.raises(ParameterError, match=name):
            langevin.start(problem, *numbers)


@pytest.mark.parametrize(("scheme", "dt"), [("strang", 0.06), ("heun", 0.05), ("midpoint", 0.07), ("euler", 0.01)])
def test_long_steps_warn_with_the_step_to_use(scheme: str, dt: float) -> None:
    with pytest.warns(StepSizeWarning, match="use dt <= "):
        langevin.oscillator_problem(THREE_WELLS, duration=10.0, sample_interval=1.0, dt=dt, scheme=scheme)


def test_overlapping_cores_and_unstable_drift_are_refused() -> None:
    with pytest.raises(ModelError, match="wells 0 and 1 overlap"):
        oscillator_cores(THREE_WELLS, bright=0.9)
    with pytest.raises(ModelError, match="no stable fixed point"):
        langevin.oscillator_problem(Oscillator(drive_2=3.0, kappa_1=2.0), duration=1.0, sample_interval=1.0)


def test_malformed_drift_problems_are_refused() -> None:
    good: dict[str, Any] = {"wells": WELLS, "dt": 0.1, "duration": 1.0, "sample_interval": 0.1}
    for drift, diffusion, change, words in [
        (lambda q, out: None, np.eye(2), {}, "numba.njit"),
        (maier_stein, np.eye(3), {}, "shape"),
        (maier_stein, [[1.0, 0.0], [0.0, -1.0]], {}, "negative eigenvalue"),
        (maier_stein, np.eye(2), {"scheme": "strang"}, "heun or euler"),
        (maier_stein, np.eye(2), {"cores": [langevin.Cores("a", np.eye(3), np.full(3, 0.1))]}, "centres must have shape"),
    ]:
        with pytest.raises((ModelError, ParameterError), match=words):
            langevin.drift_problem(drift, diffusion, **{**good, **change})
    problem = _drift()
    with pytest.raises(ParameterError, match="max_steps"):
        langevin.advance(problem, langevin.start(problem, 1, 0, 0, 0), 0)
    with pytest.raises(ParameterError, match="one \\(seed"):
        langevin.advance_many(problem, [langevin.start(problem, s, 0, 0, 0) for s in (1, 2)], 5)
