"""Jump trajectories of the two-photon resonator: averages against QuTiP, conserved parity, clicks, Fock space.

Every band is Z = 5.731 standard errors, false alarm 1e-8, with fixed seeds; the operators on the other side are built here.
"""

from __future__ import annotations

import math
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import qutip
from scipy import stats
from scipy.integrate import simpson
from scipy.linalg import expm

from wellhop.analysis.resonator_modes import slow_modes
from wellhop.engine import trajectory
from wellhop.engine.ensemble import run_trajectories
from wellhop.engine.errors import CutoffError, ModelError, ParameterError, UnravellingError
from wellhop.engine.records import EndState
from wellhop.engine.systems.two_photon_resonator import TwoPhotonResonator
from wellhop.engine.systems.two_photon_resonator_jumps import (
    jump_setup,
    resting_state,
    trajectory_cutoff,
    well_amplitude,
)
from wellhop.engine.unravelling import build_problem

Z = 5.731
RIGHT = TwoPhotonResonator(3.0, 1.0)
LOSSY = replace(RIGHT, kappa_1=0.1)


def amplitude(system: TwoPhotonResonator) -> complex:
    """Fixed point of dα/dt = iΔα + Gα* - η|α|²α - κ₁α/2 by Newton's method from a wide start, real and imaginary part."""
    at = np.array([math.sqrt(system.G / system.eta), 0.0])

    def drift(v: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        z = complex(v[0], v[1])
        out = (
            1j * system.Delta - system.eta * abs(z) ** 2 - 0.5 * system.kappa_1
        ) * z + system.G * z.conjugate()
        return np.array([out.real, out.imag])

    for _ in range(60):
        columns = [(drift(at + h) - drift(at - h)) / 2e-6 for h in 1e-6 * np.eye(2)]
        at = at - np.linalg.solve(np.array(columns).T, drift(at))
    assert np.abs(drift(at)).max() < 1e-9
    return complex(at[0], at[1])


def master(system: TwoPhotonResonator, n: int) -> tuple[Any, list[Any], dict[str, Any]]:
    """QuTiP's Hamiltonian, jump operators and observables of the model, from its definition."""
    a, alpha = qutip.destroy(n), amplitude(system)
    sign = qutip.Qobj(np.diag((-1.0) ** np.arange(n)))
    h = -system.Delta * a.dag() * a + 0.5j * system.G * (a.dag() ** 2 - a**2)
    jumps = [math.sqrt(system.eta) * a**2]
    if system.kappa_1 > 0.0:
        jumps.append(math.sqrt(system.kappa_1) * a)
    odd, even = 0.5 * (1.0 - sign), 0.5 * (1.0 + sign)
    right = np.conj(alpha) * a / abs(alpha) ** 2
    return h, jumps, {"C": 2.0 / alpha * odd * a * even, "X": 0.5 * (right + right.dag()), "n": a.dag() * a}


@cache
def exact_means(system: TwoPhotonResonator) -> dict[str, npt.NDArray[np.complex128]]:
    """<C>, <X>, <n> at t = 0, 2, ..., 10 from the right-hand coherent state, by ``mesolve``."""
    n = trajectory_cutoff(system)
    h, jumps, operators = master(system, n)
    # of a truncated exponential, normalised, as a start state in a finite space has to be
    k = np.arange(n)
    log_factorial = np.concatenate([[0.0], np.cumsum(np.log(k[1:]))])
    start = np.exp(k * np.log(amplitude(system)) - 0.5 * log_factorial)
    start = qutip.Qobj(start / np.linalg.norm(start))
    options = {"atol": 1e-10, "rtol": 1e-8, "nsteps": 100_000}
    found = qutip.mesolve(
        h, start, 2.0 * np.arange(6), jumps, e_ops=list(operators.values()), options=options
    )
    return dict(zip(operators, (np.asarray(e, dtype=np.complex128) for e in found.expect), strict=True))


@pytest.mark.parametrize("unravelling", ["displaced", "counting"])
def test_means_of_the_coherence_agree_with_the_master_equation(unravelling: str) -> None:
    problem = build_problem(jump_setup(RIGHT, unravelling), duration=10.0, sample_interval=2.0)
    assert problem.observable_names == ("Re C", "Im C", "X", "n")
    samples = np.array([r.samples for r in run_trajectories(problem, 3, range(1200))])
    exact = exact_means(RIGHT)
    expected = np.stack([exact["C"].real, exact["C"].imag, exact["X"].real, exact["n"].real], axis=1)
    np.testing.assert_allclose(samples[:, 0], np.broadcast_to(expected[0], samples[:, 0].shape), atol=1e-9)
    mean, error = samples.mean(axis=0)[1:], samples.std(axis=0, ddof=1)[1:] / math.sqrt(len(samples))
    assert np.abs((mean - expected[1:]) / error).max() < Z
    # negative controls: the conjugate turns the other way, and a tenth fewer pairs lost is another system
    assert np.abs((mean - expected[1:] * [1.0, -1.0, 1.0, 1.0]) / error)[:, 1].min() > Z
    other = exact_means(replace(RIGHT, eta=0.9))
    assert np.abs((mean[:, 3] - other["n"].real[1:]) / error[:, 3]).max() > Z


@pytest.mark.parametrize("unravelling", ["displaced", "counting"])
@pytest.mark.parametrize("well", [0, 1])
def test_means_with_one_photon_loss(unravelling: str, well: int) -> None:
    setup = jump_setup(LOSSY, unravelling)
    problem = build_problem(setup, duration=10.0, sample_interval=2.0)
    assert problem.observable_names == ("X", "n")
    records = run_trajectories(problem, 4, range(well, 1600, 2))
    assert {r.start_well for r in records} == {well}
    samples = np.array([r.samples for r in records])
    exact = exact_means(LOSSY)
    side = 2.0 * well - 1.0
    # the unit of X is its value at rest, see the next test
    unit = exact["X"].real[0] / (side * samples[0, 0, 0])
    expected = np.stack([side * exact["X"].real / unit, exact["n"].real], axis=1)
    mean, error = samples.mean(axis=0)[1:], samples.std(axis=0, ddof=1)[1:] / math.sqrt(len(samples))
    assert np.abs((mean - expected[1:]) / error).max() < Z
    # negative control: three times the one-photon loss
    other = exact_means(replace(LOSSY, kappa_1=0.3))["n"].real[1:]
    assert np.abs((mean[:, 1] - other) / error[:, 1]).max() > Z


@pytest.mark.parametrize(
    "system", [LOSSY, TwoPhotonResonator(4.0, -2.0, 1.0, 0.5), TwoPhotonResonator(2.4, 0.6, 0.6, 0.1)]
)
def test_order_parameter_is_one_at_rest(system: TwoPhotonResonator) -> None:
    """X of the state that a long time without a click leaves behind, in either well and its frame."""
    setup = jump_setup(system)
    observable = dict(setup.observables)["X"]
    alpha = amplitude(system)
    assert abs(well_amplitude(system) - alpha) < 1e-8 * abs(alpha)
    for frame, side in ((0, -1.0), (1, 1.0)):
        effective = setup.model.displaced(setup.displacements[frame]).effective_hamiltonian()
        psi = setup.initial[frame]
        step = expm(-1j * effective * setup.relaxation_time)
        for _ in range(1000):
            psi = step @ psi
            psi = psi / np.linalg.norm(psi)
        assert np.vdot(psi, observable @ psi).real == pytest.approx(side, abs=1e-6)
        assert abs(np.vdot(psi, resting_state(effective))) == pytest.approx(1.0, abs=1e-6)
        # the coherent state is not that state: cores close to 1 need its own unit
        assert abs(np.vdot(setup.initial[frame], observable @ setup.initial[frame]).real - side) > 1e-3


# -------------------------------------------------------------------------------------------------------------------- parity


def _fock_order(problem: Any, psi: npt.NDArray[np.complex128]) -> npt.NDArray[np.complex128]:
    out = np.empty_like(psi)
    out[problem.table["order"]] = psi
    return out


@pytest.mark.parametrize("unravelling", ["displaced", "counting"])
@pytest.mark.parametrize("parity", [0, 1])
def test_parity_never_mixes(unravelling: str, parity: int) -> None:
    """A cat state of one parity keeps the amplitudes of the other at exactly zero, click after click."""
    setup = jump_setup(RIGHT, unravelling)
    cat = setup.initial[0].copy()
    cat[1 - parity :: 2] = 0.0
    problem = build_problem(
        replace(setup, initial=cat[None] / np.linalg.norm(cat)), duration=200.0, sample_interval=50.0
    )
    piece = trajectory.advance(problem, trajectory.start(problem, 5, 0, 0, 0), 1 << 20)
    assert piece.state is EndState.DONE
    assert piece.snapshot.integers[5:].max() >= 0
    psi = _fock_order(problem, piece.snapshot.psi)
    assert (psi[1 - parity :: 2] == 0.0).all()
    assert np.abs(psi[parity::2]).max() > 0.1
    np.testing.assert_array_equal(piece.samples[:, :3], 0.0)
    assert trajectory.assemble(problem, 0, [piece]).click_counts.sum() > 20


def test_parity_mixes_with_one_photon_loss() -> None:
    """Negative control of the test above."""
    setup = jump_setup(LOSSY, "counting")
    cat = setup.initial[1].copy()
    cat[1::2] = 0.0
    cats = np.stack([cat, cat]) / np.linalg.norm(cat)
    problem = build_problem(replace(setup, initial=cats), duration=50.0, sample_interval=50.0)
    ends = [trajectory.advance(problem, trajectory.start(problem, 5, 0, 0, i), 1 << 20) for i in range(8)]
    odd = [float(np.sum(np.abs(_fock_order(problem, e.snapshot.psi)[1::2]) ** 2)) for e in ends]
    assert max(odd) == pytest.approx(np.sum(np.abs(ends[int(np.argmax(odd))].snapshot.psi) ** 2))


def test_parity_weights_are_a_fair_game() -> None:
    """The even weight wanders along a trajectory, its mean stays."""
    setup = jump_setup(RIGHT)
    sign = np.diag((-1.0) ** np.arange(setup.model.dim)).astype(np.complex128)
    setup = replace(setup, observables=(("P", sign), *setup.observables[1:]), sampled=1)
    problem = build_problem(setup, duration=60.0, sample_interval=60.0)
    samples = np.array([r.samples[:, 0] for r in run_trajectories(problem, 6, range(300))])
    start = math.exp(-2.0 * abs(amplitude(RIGHT)) ** 2)
    np.testing.assert_allclose(samples[:, 0], start, atol=1e-6)
    end = samples[:, 1]
    assert end.std() > 0.3
    assert abs(end.mean() - start) < Z * end.std(ddof=1) / math.sqrt(end.size)


def test_coherence_of_a_state_is_its_definition() -> None:
    """(2/α₀) Σ over even m of conj(ψ_{m-1}) sqrt(m) ψ_m, for any state, as the kernel reads it."""
    rng = np.random.default_rng(7)
    setup = jump_setup(RIGHT)
    n = setup.model.dim
    psi = rng.standard_normal((6, n)) + 1j * rng.standard_normal((6, n))
    psi = psi / np.linalg.norm(psi, axis=1)[:, None]
    psi[0] = setup.initial[0]
    random = replace(setup, initial=psi, start_weights=np.full(6, 1.0 / 6.0))
    problem = build_problem(random, duration=1.0, sample_interval=1.0)
    for i in range(6):
        z = complex(*trajectory.run(problem, 7, i).samples[0, :2])
        even, odd = np.arange(2, n, 2), np.arange(1, n, 2)
        c, other = (
            2.0 / amplitude(RIGHT) * np.sum(psi[i, m - 1].conj() * np.sqrt(m) * psi[i, m])
            for m in (even, odd)
        )
        assert abs(z - c) < 1e-8
        if i == 0:  # the coherent state: 1 up to the difference of its parity weights
            assert abs(z - 1.0) < 1.01 * math.exp(-2.0 * abs(amplitude(RIGHT)) ** 2)
        else:  # negative control: the part of <a> from odd to even states is another number
            assert abs(z - other) > 1e-2


# -------------------------------------------------------------------------------------------------------------------- clicks


def test_displaced_clicks_are_rare() -> None:
    """(4, 1): the mean of (L + β)†(L + β) along the master equation for both, and at least 20 times fewer displaced ones."""
    system = TwoPhotonResonator(4.0, 1.0)
    duration, count = 10.0, 100
    h, jumps, _ = master(system, 24)
    shifted = jumps[0] - math.sqrt(system.eta) * amplitude(system) ** 2
    times = np.linspace(0.0, duration, 201)
    rates = qutip.mesolve(
        h, qutip.Qobj(jump_setup(system, cutoff=24).initial[0]), times, jumps,
        e_ops=[o.dag() * o for o in (jumps[0], shifted)], options={"atol": 1e-10, "rtol": 1e-8, "nsteps": 100_000},
    ).expect  # fmt: skip
    totals = {}
    for name, rate in zip(("counting", "displaced"), rates, strict=True):
        problem = build_problem(jump_setup(system, name), duration=duration, sample_interval=duration)
        clicks = np.array([float(r.click_counts.sum()) for r in run_trajectories(problem, 8, range(count))])
        assert abs(clicks.mean() - simpson(rate, x=times)) < Z * clicks.std(ddof=1) / math.sqrt(count)
        totals[name] = clicks.sum()
    few = stats.chi2.isf(1e-8, 2.0 * (totals["displaced"] + 1.0)) / 2.0
    many = stats.chi2.ppf(1e-8, 2.0 * totals["counting"]) / 2.0
    assert 20.0 * few < many


def test_one_photon_clicks_tell_the_wells_apart() -> None:
    """sqrt(κ₁)(a - α) clicks 4κ₁|α|² more often in the other well; both from the master equation of the two start states."""
    setup = jump_setup(LOSSY)
    rates = []
    for psi in setup.initial:
        shifted = setup.model.displaced(setup.displacements[1]).jump_operators[0]
        rates.append(float(np.linalg.norm(shifted @ psi) ** 2))
    assert rates[1] < 1e-12
    assert rates[0] == pytest.approx(4.0 * 0.1 * abs(well_amplitude(LOSSY)) ** 2, rel=1e-6)


# ---------------------------------------------------------------------------------------------------- Fock space and refusals


@pytest.mark.parametrize("point", [(3.0, 1.0), (4.0, 0.1), (6.0, 3.0), (8.0, 2.0), (12.0, 6.0), (10.0, 7.0)])
def test_trajectory_space_holds_the_rates(point: tuple[float, float]) -> None:
    """λ of the truncated model itself, 1e-6; eight levels fewer show where wells are not small."""
    system = TwoPhotonResonator(*point)
    exact = slow_modes(system, levels=60 if point == (12.0, 6.0) else 44).values[0]
    usual = trajectory_cutoff(system)
    assert usual % 4 == 0
    assert abs(slow_modes(system, levels=usual // 2).values[0] / exact - 1.0) < 1e-6
    if usual > 28:
        assert abs(slow_modes(system, levels=usual // 2 - 4).values[0] / exact - 1.0) > 1e-6


def test_guard_levels_stay_empty() -> None:
    """After a rare click a state reaches far: no warning about the cut-off may come of it."""
    system = TwoPhotonResonator(6.0, 3.0)
    worst = {}
    for cutoff in (None, 24):
        problem = build_problem(jump_setup(system, cutoff=cutoff), duration=100.0, sample_interval=50.0)
        worst[cutoff] = max(r.guard_population for r in run_trajectories(problem, 14, range(40)))
    assert worst[None] < 1e-5
    assert worst[24] > 1e-4  # negative control: what a Fock space that is too small shows


def test_no_cores_where_parity_is_conserved() -> None:
    """Residence times would depend on the unravelling there; with loss a record that counts photons does not tell wells either."""
    for unravelling in ("displaced", "counting"):
        setup = jump_setup(RIGHT, unravelling)
        assert (setup.cores, len(setup.initial)) == ((), 1)
        assert jump_setup(TwoPhotonResonator(4.0, -2.0), unravelling).cores == ()
    assert jump_setup(LOSSY, "counting").cores == ()
    cores = jump_setup(LOSSY, core_thresholds=(0.6, 0.8)).cores
    assert [c.name for c in cores] == ["0.6", "0.8"]
    assert (cores[1].upper[0, 0], cores[1].lower[1, 0]) == (-0.8, 0.8)


def test_refusals() -> None:
    for bad in ((0.5,), (1.0,), (0.9, 0.9), (0.95, 0.9), (float("nan"),)):
        with pytest.raises(ParameterError, match="core_thresholds"):
            jump_setup(LOSSY, core_thresholds=bad)
    for system, unravelling in ((RIGHT, "displaced"), (LOSSY, "counting")):
        with pytest.raises(ParameterError, match="nothing shows a well"):
            jump_setup(system, unravelling, core_thresholds=(0.9,))
    with pytest.raises(ParameterError, match="unravelling"):
        jump_setup(RIGHT, "homodyne")
    for one_well in (
        TwoPhotonResonator(1.0, 1.0),
        TwoPhotonResonator(1.0, -2.0),
        TwoPhotonResonator(3.0, 1.0, 1.0, 6.0),
    ):
        for call in (jump_setup, well_amplitude, trajectory_cutoff):
            with pytest.raises(
                UnravellingError, match=r"one well only at G = .*, nothing switches; use \|Delta\| < sqrt"
            ):
                call(one_well)
    with pytest.raises(CutoffError, match="cutoff: got 8"):
        jump_setup(RIGHT, cutoff=8)
    with pytest.raises(ModelError, match="displacements"):
        build_problem(
            replace(jump_setup(RIGHT), displacements=np.zeros((1, 2))), duration=1.0, sample_interval=1.0
        )
