"""Directed rates of one point of the Duffing oscillator from trajectories run here and now, in one process.

For figures; campaigns do the same work kept on disk and spread over ranks.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from wellhop.analysis.directed_measurement import directed_headline
from wellhop.analysis.directed_naming import TWO_WELLS
from wellhop.analysis.duffing_rates import DuffingRates
from wellhop.analysis.estimate import RateEstimate
from wellhop.engine import trajectory
from wellhop.engine.langevin import run_many
from wellhop.engine.langevin_kernels import LANES
from wellhop.engine.records import TrajectoryRecord
from wellhop.engine.systems.duffing_attractors import DuffingAttractors
from wellhop.engine.systems.duffing_attractors_jumps import jump_setup
from wellhop.engine.unravelling import build_problem
from wellhop.jobs.duffing_arms import CORE_SIZE, duffing_langevin_problem

Engine = Literal["jumps", "langevin"]
Watch = Callable[[float], None]
#: Length of a trajectory and sampling interval in 1/Γ.
LENGTH, INTERVAL = 5.0, 0.1
#: Fewest trajectories: half of them start in either well.
FEWEST = 64


@dataclass(frozen=True)
class SampledDuffingRates:
    """What was measured at one point.

    Attributes:
        system: the point. engine: ``jumps`` or ``langevin``. rates: Gamma, k_LH, k_HL, unit of a rate.
        time: simulated, all trajectories together. trajectories: how many.
    """

    system: DuffingAttractors
    engine: Engine
    rates: Mapping[str, RateEstimate]
    time: float
    trajectories: int


def sample_duffing_rates(
    system: DuffingAttractors,
    reference: DuffingRates,
    engine: Engine,
    *,
    switches: float,
    seed: int = 0,
    point: int = 0,
    watch: Watch | None = None,
) -> SampledDuffingRates:
    """Rates of quantum jumps or of truncated-Wigner trajectories.

    Args:
        system: bistable. reference: rates of the model simulated; they choose lengths and lags and enter no value.
        engine: ``jumps`` or ``langevin``. switches: expected in either direction, they set the simulated time.
        seed, point: name the noise. watch: told the share done.

    Raises:
        UnravellingError: one attractor, or cores that overlap. StatisticsError: trajectories failed.

    >>> from wellhop.analysis.duffing_rates import duffing_rates
    >>> system = DuffingAttractors(0.1, 4 / 75, 0.1)
    >>> found = sample_duffing_rates(system, duffing_rates(system), "jumps", switches=30, seed=1)
    >>> 0.3 < found.rates["k_LH"].value / duffing_rates(system).k_lh < 3.0
    True
    """
    time = switches * reference.gap / (reference.k_lh * reference.k_hl)
    slowest = 1.0 / (system.khat * system.dw)
    interval = max(INTERVAL / reference.gap, 0.25 * slowest)
    length = max(4.0, round(LENGTH / reference.gap / interval)) * interval
    count = max(FEWEST, 2 * math.ceil(0.5 * time / length))
    records: list[TrajectoryRecord] = []
    if engine == "jumps":
        setup = jump_setup(system, core_settings={"reference": CORE_SIZE})
        problem = build_problem(setup, duration=length, sample_interval=interval)
        names, relaxation, spacing = problem.core_names, setup.relaxation_time, problem.sample_interval
        for index in range(count):
            records.append(trajectory.run(problem, seed, index, point))
            if watch is not None:
                watch((index + 1) / count)
    else:
        steps, _ = duffing_langevin_problem(system, duration=length, sample_interval=interval)
        names, relaxation, spacing = steps.core_names, steps.relaxation_time, steps.sample_interval
        for first in range(0, count, LANES):
            records += run_many(steps, seed, range(first, min(first + LANES, count)), point)
            if watch is not None:
                watch(min(first + LANES, count) / count)
    rates = directed_headline(
        records, sample_interval=spacing, burn_in=0.0, relaxation_time=relaxation, core_names=names, naming=TWO_WELLS,
        rate_guesses={"Gamma": reference.gap},
    )  # fmt: skip
    return SampledDuffingRates(system, engine, rates, count * length, count)
