"""Jump trajectories of the driven qubit with a defect, reduced and full, against closed forms and QuTiP's master equation.

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

from wellhop.engine.defect_full_model import (
    full_density,
    full_jump_setup,
    full_model,
    full_operators,
    full_start,
)
from wellhop.engine.ensemble import run_trajectories
from wellhop.engine.errors import CutoffError, ParameterError
from wellhop.engine.systems.driven_qubit_tls import DrivenQubitTLS
from wellhop.engine.systems.driven_qubit_tls_jumps import jump_setup
from wellhop.engine.unravelling import JumpSetup, build_problem

Z = 5.731
COLD, WARM = DrivenQubitTLS(-0.37, 0.1), DrivenQubitTLS(-0.37, 0.1, T=150.0)
STEP, LOOKS = 0.571, (1, 2, 3, 5, 8)
TIMES = STEP * np.array(LOOKS)

Reals = npt.NDArray[np.float64]


def samples(setup: JumpSetup, count: int, seed: int) -> tuple[Reals, Any]:
    """(count, 5, observables) samples at the five times, and all records."""
    problem = build_problem(setup, duration=(LOOKS[-1] + 0.5) * STEP, sample_interval=STEP)
    records = run_trajectories(problem, seed, range(count), threads=1)
    return np.array([r.samples[list(LOOKS)] for r in records]), records


def moments(system: DrivenQubitTLS, start: str) -> Reals:
    """(5, 3) Re⟨a⟩, Im⟨a⟩ in the frame of the drive and ⟨a†a⟩ of the reduced model, (9), (10) and (E1)."""
    first = system.alpha_0 if start == "coherent" else 0.0
    decay = np.exp(-2.0 * system.s * TIMES)
    a = system.mu_ss + (first - system.mu_ss) * np.exp(-(system.s + 1j * system.delta_d) * TIMES)
    thermal = system.nu / (1.0 - 2.0 * system.nu) * (1.0 - decay)
    photons = np.abs(a) ** 2 + thermal + (decay if start == "fock_1" else 0.0)
    return np.stack([a.real, a.imag, photons], axis=1)


def pulls(found: Reals, exact: Reals) -> Reals:
    error = found.std(axis=0, ddof=1) / math.sqrt(len(found))
    return (found.mean(axis=0) - exact) / error


# --------------------------------------------------------------------------------------------------------------- reduced model


@pytest.mark.parametrize(("unravelling", "start"), [("displaced", "coherent"), ("counting", "fock_1")])
def test_reduced_means(unravelling: str, start: str) -> None:
    """Controls: the temperature of the cold system, and the other sign of the rotation."""
    found, records = samples(jump_setup(WARM, unravelling, start=start), 500, 1)
    assert np.abs(pulls(found, moments(WARM, start))).max() < Z
    assert np.abs(pulls(found, moments(COLD, start))).max() > Z
    assert np.abs(pulls(found, moments(WARM, start) * [1.0, -1.0, 1.0]))[:, 1].max() > Z
    assert max(r.guard_population for r in records) < 1e-8
    if start == "coherent":
        # values of the specification at 1.142 us: e^{iΔ_d t}⟨a⟩ and ⟨a†a⟩
        turn = np.exp(1j * WARM.delta_d * TIMES[1])
        a = turn * (found[:, 1, 0] + 1j * found[:, 1, 1])
        printed = np.array([0.116771, -0.027549, 0.248353])
        assert np.abs(pulls(np.stack([a.real, a.imag, found[:, 1, 2]], axis=1), printed)).max() < Z


@pytest.mark.parametrize("system", [COLD, DrivenQubitTLS(0.1, 0.25)])
def test_cold_coherent_states_stay_coherent(system: DrivenQubitTLS) -> None:
    """Without heat every trajectory from |α₀⟩ is the mean, whatever it counts. A start in |1⟩ is not."""
    exact = moments(system, "coherent")
    for unravelling, allowed in (("displaced", 1e-8), ("counting", 3e-5)):
        found, _ = samples(jump_setup(system, unravelling), 12, 2)
        assert np.abs(found - exact).max() < allowed
    found, _ = samples(jump_setup(system, start="fock_1"), 12, 2)
    assert found[:, 0, 2].std() > 1e-2


def test_unravellings_are_of_one_master_equation() -> None:
    """Same Liouvillian; at rest the displaced trajectory clicks at the thermal rate, the counted one more often."""
    small = replace(WARM, omega_q=2000.0, T=40.0)
    displaced, counted = (jump_setup(small, name, cutoff=10) for name in ("displaced", "counting"))
    shifted = displaced.model.displaced(displaced.displacements[0])
    np.testing.assert_allclose(shifted.liouvillian(), counted.model.liouvillian(), atol=1e-12)
    assert (counted.displacements == 0.0).all()
    nu = WARM.nu
    wide = jump_setup(WARM)
    model = wide.model.displaced(wide.displacements[0])
    levels = np.arange(model.dim)
    thermal = WARM.n_th**levels / (1.0 + WARM.n_th) ** (levels + 1.0)
    # the displaced thermal state of (11), by a matrix exponential of another package
    shift = qutip.displace(model.dim, WARM.mu_ss).full()
    rho = shift @ np.diag(thermal) @ shift.conj().T
    rates = [float(np.trace(op @ rho @ op.conj().T).real) for op in model.jump_operators]
    assert sum(rates) == pytest.approx(2.0 * WARM.gamma * nu * (1.0 - nu) / (1.0 - 2.0 * nu), rel=1e-6)
    plain = [float(np.trace(op @ rho @ op.conj().T).real) for op in wide.model.jump_operators]
    assert sum(plain) > 1.05 * sum(rates)
    # nothing drives between displaced clicks: H_eff is normal, counting makes its eigenvectors worse
    assert (
        build_problem(jump_setup(DrivenQubitTLS(0.1, 0.25)), duration=1.0, sample_interval=1.0).condition
        < 1.01
    )
    far = build_problem(jump_setup(DrivenQubitTLS(0.1, 0.25), "counting"), duration=1.0, sample_interval=1.0)
    assert far.kind == "dyadic"


# ------------------------------------------------------------------------------------------------------------------ full model


def tensor_model(system: DrivenQubitTLS, n: int, population_rate: float) -> tuple[Any, list[Any], list[Any]]:
    """QuTiP's tensor product of the oscillator and a spin whose first state is the excited one: H, jumps, observables."""
    a = qutip.tensor(qutip.destroy(n), qutip.qeye(2))
    lower = qutip.tensor(qutip.qeye(n), qutip.sigmam())
    h = (
        system.delta_d * a.dag() * a
        + (system.delta_d - system.delta_c) * lower.dag() * lower
        + system.coupling * (a.dag() * lower + a * lower.dag())
        + system.drive * (a + a.dag())
    )
    jumps = [
        math.sqrt(population_rate * (1.0 - system.nu)) * lower,
        math.sqrt(population_rate * system.nu) * lower.dag(),
    ]
    observables = [0.5 * (a + a.dag()), -0.5j * (a - a.dag()), a.dag() * a, lower.dag() * lower]
    return h, jumps, observables


@cache
def master(system: DrivenQubitTLS, n: int, population_rate: float) -> Reals:
    """(5, 4) means of the tensor model from |α₀⟩ and the thermal defect."""
    h, jumps, observables = tensor_model(system, n, population_rate)
    spin = system.nu * qutip.basis(2, 0).proj() + (1.0 - system.nu) * qutip.basis(2, 1).proj()
    k = np.arange(n)
    state = np.exp(k * math.log(system.alpha_0) - 0.5 * np.cumsum(np.log(np.maximum(k, 1))))
    start = qutip.tensor((qutip.Qobj(state) / np.linalg.norm(state)).proj(), spin)
    options = {"atol": 1e-9, "rtol": 1e-8, "nsteps": 100_000}
    found = qutip.mesolve(h, start, [0.0, *TIMES], jumps, e_ops=observables, options=options)
    return np.array(found.expect).real.T[1:]


def test_full_model_is_that_of_qutip() -> None:
    """The two spin bases are opposite, and so is the order within pairs of columns."""
    system = replace(WARM, Delta_c=0.3)
    n = 4
    h, jumps, observables = tensor_model(system, n, 2.0 * system.coherence_decay)
    swap = np.kron(np.eye(n), np.array([[0.0, 1.0], [1.0, 0.0]]))
    ours = full_model(system, n)
    for matrix, theirs in zip((ours.hamiltonian, *ours.jump_operators), (h, *jumps), strict=True):
        np.testing.assert_allclose(swap @ matrix @ swap, theirs.full(), atol=1e-12)
    for (_, matrix), theirs in zip(full_jump_setup(system, 6).observables, observables, strict=True):
        np.testing.assert_allclose(swap @ matrix[: 2 * n, : 2 * n] @ swap, theirs.full(), atol=1e-12)
    a, lower = full_operators(n)
    np.testing.assert_allclose(a @ lower.conj().T, lower.conj().T @ a)
    # γ_c is the decay rate of the coherence: alone, the defect loses ⟨σ₋⟩ at γ_c and its excitation at 2γ_c
    alone = replace(system, g=1e-12, Delta_d=0.0, Omega=0.0, Delta_c=0.0)
    one = full_model(alone, 2).liouvillian()
    spectrum = np.unique(np.round(-np.linalg.eigvals(one).real / alone.coherence_decay, 6))
    np.testing.assert_allclose(spectrum, [0.0, 1.0, 2.0], atol=1e-6)


@pytest.mark.parametrize(("system", "count"), [(COLD, 300), (WARM, 600)])
def test_full_trajectories_follow_the_master_equation(system: DrivenQubitTLS, count: int) -> None:
    """Control: γ_c read as the rate of the population, which is 0.2 to 0.3 off."""
    found, records = samples(full_jump_setup(system, 14), count, 3)
    exact = master(system, 14, 2.0 * system.coherence_decay)
    assert np.abs(pulls(found, exact)).max() < Z
    misread = master(system, 14, system.coherence_decay)
    assert np.abs(pulls(found, misread)).max() > Z
    apart = np.hypot(*(misread - exact)[:, :2].T)
    assert 0.15 < apart.max() < 0.35
    # reduced means are excluded as well: trajectories see what the reduction leaves out
    assert np.abs(pulls(found[:, :, :3], moments(system, "coherent"))).max() > Z
    excited = sum(r.start_well for r in records)
    low, high = stats.binom(count, system.nu).ppf([0.5e-8, 1.0 - 0.5e-8])
    assert low <= excited <= high
    if system.nu > 0.1:
        assert excited > stats.binom(count, 0.1).isf(1e-4)


def test_start_of_the_full_model() -> None:
    rho = full_density(WARM, 14)
    assert np.trace(rho).real == pytest.approx(1.0)
    a, lower = full_operators(14)
    assert np.trace(lower.conj().T @ lower @ rho).real == pytest.approx(0.191586, abs=5e-7)
    assert np.trace(a @ rho).real == pytest.approx(1.0, abs=1e-7)
    np.testing.assert_allclose(np.linalg.norm(full_start(WARM, 14), axis=1), 1.0)
    setup = full_jump_setup(WARM, 14)
    mixed = sum(w * np.outer(v, v.conj()) for w, v in zip(setup.start_weights, setup.initial, strict=True))
    np.testing.assert_allclose(mixed, rho, atol=1e-14)
    # far below 1 mK no number holds ν, and the channel is left out
    frozen = full_jump_setup(replace(COLD, T=0.1), 6)
    assert frozen.model.channel_names == ("emission",)
    assert samples(frozen, 2, 4)[0].shape == (2, 5, 4)


def test_refusals() -> None:
    for make in (full_jump_setup, full_model, full_density):
        for bad in (1, 14.0, True, -3):
            with pytest.raises(ParameterError, match="cutoff"):
                make(WARM, bad)  # type: ignore[operator]  # the refusal is the point
    for small in (3, 4):
        with pytest.raises(ParameterError, match="cutoff"):
            full_jump_setup(WARM, small)
        with pytest.raises(ParameterError, match="cutoff"):
            jump_setup(WARM, cutoff=small)
    with pytest.raises(ParameterError, match="unravelling"):
        jump_setup(WARM, "homodyne")
    with pytest.raises(ParameterError, match="start"):
        jump_setup(WARM, start="thermal")
    with pytest.raises(CutoffError, match="cutoff"):
        full_start(replace(WARM, alpha_0=5.0), 14)
    with pytest.raises(CutoffError, match="cutoff"):
        jump_setup(replace(WARM, alpha_0=5.0), cutoff=14)
