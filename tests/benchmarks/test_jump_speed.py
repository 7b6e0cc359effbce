"""G1, G2, G2b, G3: quantum jumps against QuTiP's mcsolve at its default and at its best setting.

Two sizes of Kerr-cat (K = 1): kc30 = (N=30, eps2=4, kappa=0.05, n_th=0.05) and kc60 = (60, 10, 0.01, 0.05).
Each side simulates the same model from |α⟩ and reports ⟨X⟩ at eleven times. wellhop appears twice: ``full``
runs in the same N Fock states as QuTiP (what the kernel gives), ``manifolds`` in the few levels that
trajectories need (what the smaller basis gives on top).
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import qutip

from wellhop.engine import trajectory
from wellhop.engine.fock import coherent_state, parity
from wellhop.engine.systems.kerr_cat import KerrCat
from wellhop.engine.systems.kerr_cat_jumps import jump_setup
from wellhop.engine.unravelling import JumpProblem, JumpSetup, build_problem

#: costs of several sides taken in turns, see conftest.py
Interleave = Callable[..., dict[str, float]]

SIZES = {
    "kc30": (30, KerrCat(eps2=4.0, kappa=0.05, n_th=0.05)),
    "kc60": (60, KerrCat(eps2=10.0, kappa=0.01, n_th=0.05)),
}
#: a trajectory's length in units of 1/kappa, per side
OURS = {"counting": 1000.0, "displaced": 10000.0}
PEER, PEER_DEFAULT = 100.0, {"kc30": 2.0, "kc60": 0.5}


def _full_setup(size: str, unravelling: str) -> JumpSetup:
    """The unravelling in N Fock states instead of manifolds; cores off on all sides of a comparison."""
    n, system = SIZES[size]
    model = system.oscillator().lindblad(n)
    beta = system.displacements().astype(complex)
    levels = system.manifolds(8, max(n, 52))
    right, left = (w[:n, :8] for w in levels.wells)
    x = (right @ right.T - left @ left.T).astype(complex)
    counting = unravelling == "counting"
    return JumpSetup(
        model=model,
        unravelling=unravelling,
        displacements=np.zeros((1, 2), complex) if counting else np.stack([beta, -beta]),
        observables=(("X", x),),
        sampled=1,
        frame_scores=((0, 0.0),) if counting else ((0, 1.0), (0, -1.0)),
        initial=coherent_state(system.alpha, n).astype(complex)[None, :],
        start_weights=np.ones(1),
        cores=(),
        relaxation_time=1.0 / system.kappa,
        mirror=np.diag(parity(n)).real,
    )


def _problem(size: str, unravelling: str, basis: str) -> JumpProblem:
    system = SIZES[size][1]
    if basis == "full":
        setup = _full_setup(size, unravelling)
    else:
        setup = replace(jump_setup(system, unravelling), cores=())
    duration = OURS[unravelling] / system.kappa
    return build_problem(setup, duration=duration, sample_interval=duration / 10)


def _ours(problem: JumpProblem, kappa: float, per_click: bool) -> Callable[[], float]:
    counter = iter(range(10**9))

    def run() -> float:
        record = trajectory.run(problem, 4, next(counter))
        return float(record.click_counts.sum()) if per_click else record.elapsed * kappa

    return run


def _qutip(size: str, method: str, displaced: bool, length: float, per_click: bool) -> Callable[[], float]:
    n, system = SIZES[size]
    model = system.oscillator().lindblad(n)
    setup = _full_setup(size, "displaced")
    if displaced:
        model = model.displaced(setup.displacements[0])
    h, jumps = model.to_qutip()
    psi = qutip.Qobj(setup.initial[0])
    observable = qutip.Qobj(setup.observables[0][1])
    options: dict[str, Any] = {"progress_bar": "", "keep_runs_results": False}
    if method != "default":
        options["method"] = method
    if displaced:
        options["norm_steps"] = 100
    times = np.linspace(0.0, length / system.kappa, 11)
    seeds = iter(range(10**9))

    def run() -> float:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            out = qutip.mcsolve(
                h, psi, times, jumps, e_ops=[observable], ntraj=1, seeds=next(seeds), options=options
            )
        return float(max(1, len(out.col_times[0]))) if per_click else length

    return run


@pytest.mark.parametrize("size", SIZES)
def test_counting_time_per_click(size: str, interleave: Interleave, tell: Callable[[str], None], benchmark: Any) -> None:
    """G1: photon counting, time per click."""
    kappa = SIZES[size][1].kappa
    sides = {
        "full": _ours(_problem(size, "counting", "full"), kappa, True),
        "manifolds": _ours(_problem(size, "counting", "manifolds"), kappa, True),
        "qutip diag": _qutip(size, "diag", False, PEER, True),
    }
    cost = interleave(sides)
    benchmark.extra_info.update(cost)
    benchmark.pedantic(sides["manifolds"], rounds=3)
    tell(
        f"G1  {size} counting, us per click: manifolds {cost['manifolds'] * 1e6:.2f}, full {cost['full'] * 1e6:.2f}, QuTiP diag "
        f"{cost['qutip diag'] * 1e6:.1f}; ratio {cost['qutip diag'] / cost['manifolds']:.1f} "
        f"(kernel alone {cost['qutip diag'] / cost['full']:.1f})"
    )


@pytest.mark.parametrize("size", SIZES)
def test_displaced_time_per_kappa_t(size: str, interleave: Interleave, tell: Callable[[str], None], benchmark: Any) -> None:
    """G2, G2b: displaced jumps, time per 1/kappa of trajectory."""
    kappa = SIZES[size][1].kappa
    sides = {
        "full": _ours(_problem(size, "displaced", "full"), kappa, False),
        "manifolds": _ours(_problem(size, "displaced", "manifolds"), kappa, False),
        "qutip diag": _qutip(size, "diag", False, PEER, False),
        "qutip diag displaced": _qutip(size, "diag", True, PEER, False),
    }
    cost = interleave(sides)
    benchmark.extra_info.update(cost)
    benchmark.pedantic(sides["manifolds"], rounds=3)
    for name, peer in (("G2 ", "qutip diag"), ("G2b", "qutip diag displaced")):
        tell(
            f"{name} {size} displaced, us per kappa t: manifolds {cost['manifolds'] * 1e6:.2f}, full {cost['full'] * 1e6:.2f}, "
            f"{peer} {cost[peer] * 1e6:.0f}; ratio {cost[peer] / cost['manifolds']:.0f} "
            f"(kernel alone {cost[peer] / cost['full']:.0f})"
        )


@pytest.mark.parametrize("size", SIZES)
def test_against_default_method(size: str, interleave: Interleave, tell: Callable[[str], None], benchmark: Any) -> None:
    """G3: QuTiP at its default method, photon counting; reported only."""
    kappa = SIZES[size][1].kappa
    sides = {
        "displaced": _ours(_problem(size, "displaced", "manifolds"), kappa, False),
        "counting": _ours(_problem(size, "counting", "manifolds"), kappa, False),
        "qutip default": _qutip(size, "default", False, PEER_DEFAULT[size], False),
    }
    cost = interleave(sides, rounds=3)
    benchmark.extra_info.update(cost)
    benchmark.pedantic(sides["displaced"], rounds=3)
    tell(
        f"G3  {size} us per kappa t: displaced {cost['displaced'] * 1e6:.2f}, counting {cost['counting'] * 1e6:.1f}, QuTiP default "
        f"{cost['qutip default'] * 1e6:.3g}; ratio {cost['qutip default'] / cost['displaced']:.2g} displaced, "
        f"{cost['qutip default'] / cost['counting']:.2g} counting"
    )
