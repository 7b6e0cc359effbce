"""Single trajectories of a Duffing oscillator to look at, along the line between its two attractors."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from wellhop.engine.errors import UnravellingError

if TYPE_CHECKING:
    from wellhop.analysis.figures.well_trajectory import WellLevel
    from wellhop.analysis.result import TrajectoryTrace
    from wellhop.engine.systems.duffing_attractors import DuffingAttractors
    from wellhop.jobs.time_scales import TimeScales


def duffing_jumps(
    system: DuffingAttractors, duration: float | None, seed: int, point: int, unravelling: str = "displaced"
) -> TrajectoryTrace:
    """One quantum-jump trajectory that starts at LAS; counting shows no label."""
    from wellhop.engine.systems.duffing_attractors_jumps import jump_setup, well_spread
    from wellhop.engine.unravelling import build_problem
    from wellhop.jobs.duffing_arms import duffing_setup
    from wellhop.jobs.showcase import LABELS, MOST_CLICKS, SAMPLES, default_length, jump_trace
    from wellhop.jobs.time_scales import time_scales

    counting = unravelling == "counting"
    setup = jump_setup(system, "counting") if counting else duffing_setup(system)[0]
    if duration is None:
        high = system.amplitude("HAS")
        photons = abs(high) ** 2 if counting else well_spread(system, high)
        clicking = system.kappa * (1.0 + 2.0 * system.n_th) * (1.0 + photons)
        duration = default_length(_both_ways(time_scales(system)), MOST_CLICKS / clicking)
    problem = build_problem(setup, duration=duration, sample_interval=duration / SAMPLES)
    core = problem.core_names.index(LABELS) if problem.core_names else -1
    return jump_trace(problem, unravelling, seed, point, core)


def duffing_langevin(
    system: DuffingAttractors, duration: float | None, seed: int, point: int
) -> TrajectoryTrace:
    """One truncated-Wigner trajectory that starts at LAS; X is -1 there and +1 at HAS."""
    from wellhop.analysis.figures.trajectory import trace_of
    from wellhop.engine import langevin
    from wellhop.engine.langevin_problem import oscillator_problem
    from wellhop.engine.langevin_wells import check_step
    from wellhop.jobs.duffing_arms import duffing_cores
    from wellhop.jobs.showcase import ILLUSTRATION_ARM, LABELS, MOST_STEPS, SAMPLES, default_length
    from wellhop.jobs.time_scales import time_scales

    if not system.bistable:
        raise UnravellingError(f"{system.name}: one attractor only at these parameters, nothing switches")
    cores, _ = duffing_cores(system)
    if duration is None:
        dt = 0.5 * check_step(system.weyl_oscillator(), "strang", None)[0]
        duration = default_length(_both_ways(time_scales(system, "langevin")), MOST_STEPS * dt)
    problem = oscillator_problem(
        system.oscillator(), duration=duration * (1.0 + 1e-9), sample_interval=duration / SAMPLES, cores=cores,
        observables=("re", "im", "n"),
    )  # fmt: skip
    record = langevin.run(problem, seed, 0, point, ILLUSTRATION_ARM)
    trace = trace_of(
        record,
        label=f"Langevin, {problem.scheme}, dt = {problem.dt:.2g}",
        unravelling="langevin",
        sample_interval=problem.sample_interval,
        observable_names=problem.observable_names,
        core=problem.core_names.index(LABELS),
    )
    low, high = system.amplitude("LAS"), system.amplitude("HAS")
    alpha = trace.order_parameter + 1j * trace.observables["im"]
    along = 2.0 * np.real(np.conj(high - low) * (alpha - 0.5 * (high + low))) / abs(high - low) ** 2
    return replace(trace, order_parameter=along, observables={"n": trace.observables["n"]})


def duffing_levels(system: DuffingAttractors) -> list[WellLevel]:
    """LAS and HAS as figures mark them."""
    from wellhop.analysis.figures.well_trajectory import WellLevel

    return [
        WellLevel("LAS", -1.0, abs(system.amplitude("LAS")) ** 2),
        WellLevel("HAS", 1.0, abs(system.amplitude("HAS")) ** 2),
    ]


def _both_ways(scales: TimeScales) -> TimeScales:
    """With the slower direction as the switching rate, so that both are seen."""
    return replace(scales, rate=min(scales.guesses.values(), default=scales.rate))
