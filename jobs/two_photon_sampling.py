"""Directed rates of one point of the two-photon-driven Kerr oscillator from trajectories run here and now, in one process.

For figures and benchmarks; campaigns do the same work kept on disk and spread over ranks. Trajectories are five 1/lam_e long:
the starts in known wells, one for each, then cost no more precision than the switches themselves.
"""

from __future__ import annotations

import math
import time as clock
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from wellhop.analysis.directed_measurement import directed_headline
from wellhop.analysis.directed_rates import DirectedRates
from wellhop.analysis.estimate import RateEstimate
from wellhop.engine import langevin, trajectory
from wellhop.engine.langevin_kernels import LANES
from wellhop.engine.langevin_wells import StepSizeWarning
from wellhop.engine.records import EndState, SliceRecord, TrajectoryRecord
from wellhop.engine.systems.kerr_two_photon_drive import KerrTwoPhotonDrive
from wellhop.engine.systems.kerr_two_photon_jumps import jump_setup
from wellhop.engine.unravelling import build_problem

#: Length of a trajectory and sampling interval in 1/lam_e.
LENGTH, INTERVAL = 5.0, 0.1
#: Steps of one lane between two reports of progress.
SLICE = 1 << 20
WELLS = 3

Watch = Callable[[float], None]


@dataclass(frozen=True)
class SampledRates:
    """What was measured at one point.

    Attributes:
        system: the point. reference: rates of its generator. engine: ``"langevin"`` or ``"jumps"``.
        scheme, dt: of the Langevin steps, else empty and NaN.
        rates: lam_e, lam_o, k_v, k_b, k_d. time: simulated, all trajectories together. trajectories: how many.
        cpu_seconds: of the trajectories alone.
    """

    system: KerrTwoPhotonDrive
    reference: DirectedRates
    engine: str
    scheme: str
    dt: float
    rates: Mapping[str, RateEstimate]
    time: float
    trajectories: int
    cpu_seconds: float


def plan(time: float, lam_e: float, gap: float) -> tuple[int, float, float]:
    """(trajectories, their length, sampling interval) for a total time; every well starts equally many.

    Args:
        time: wanted, all trajectories together. lam_e: of the prediction, serves lengths only.
        gap: slowest rate inside a well; samples are not closer than a quarter of its inverse.

    >>> plan(3e5, 0.005, 1.0)
    (300, 1000.0, 20.0)
    """
    interval = max(INTERVAL / lam_e, 0.25 / gap)
    length = max(1, round(LENGTH / lam_e / interval)) * interval
    count = max(WELLS * 8, WELLS * math.ceil(time / length / WELLS))
    return count, length, interval


def langevin_rates(
    system: KerrTwoPhotonDrive, reference: DirectedRates, *, time: float, dt: float | None = None, scheme: str = "strang",
    seed: int = 0, point: int = 0, watch: Watch | None = None,
) -> SampledRates:  # fmt: skip
    """Rates of truncated-Wigner trajectories.

    Args:
        system: bistable. reference: rates of the generator, choose lengths and lags and enter no value.
        time: simulated, all trajectories together. dt: step; None: the engine's choice. Steps that bias rates are not warned of.
        scheme: of the steps. seed, point: name the noise. watch: told the share done.

    Raises:
        ParameterError: a step that is refused. StatisticsError: trajectories failed.
    """
    oscillator = system.oscillator()
    gap = system.gamma
    count, length, interval = plan(time, reference.lam_e, gap)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", StepSizeWarning)
        problem = langevin.oscillator_problem(
            oscillator, duration=length, sample_interval=interval, dt=dt, scheme=scheme, observables=("n",)
        )
    begin = clock.process_time()
    records: list[TrajectoryRecord] = []
    for first in range(0, count, LANES):
        group = range(first, min(first + LANES, count))
        records += _run_lanes(problem, seed, group, point)
        if watch is not None:
            watch((first + len(group)) / count)
    spent = clock.process_time() - begin
    rates = _rates(records, problem.sample_interval, problem.relaxation_time, problem.core_names, reference)
    return SampledRates(system, reference, "langevin", scheme, problem.dt, rates, count * problem.duration, count, spent)


def _run_lanes(problem: langevin.LangevinProblem, seed: int, group: Sequence[int], point: int) -> list[TrajectoryRecord]:
    """Trajectories side by side, in slices short enough for an interrupt to be noticed."""
    parts: list[list[SliceRecord]] = [[] for _ in group]
    now = [langevin.start(problem, seed, point, 0, i) for i in group]
    going = list(range(len(now)))
    while going:
        for k, part in zip(going, langevin.advance_many(problem, [now[k] for k in going], SLICE), strict=True):
            parts[k].append(part)
            now[k] = part.snapshot
        going = [k for k in going if parts[k][-1].state is EndState.RUNNING]
    return [langevin.assemble(problem, i, part) for i, part in zip(group, parts, strict=True)]


def jump_rates(
    system: KerrTwoPhotonDrive, reference: DirectedRates, *, time: float, seed: int = 0, point: int = 0,
    watch: Watch | None = None,
) -> SampledRates:  # fmt: skip
    """Rates of quantum-jump trajectories with displaced channels; arguments as for :func:`langevin_rates`.

    Raises:
        UnravellingError: no wells, or cores that overlap. StatisticsError: trajectories failed.
    """
    setup = jump_setup(system)
    count, length, interval = plan(time, reference.lam_e, system.gamma)
    problem = build_problem(setup, duration=length, sample_interval=interval)
    begin = clock.process_time()
    records = []
    for index in range(count):
        records.append(trajectory.run(problem, seed, index, point))
        if watch is not None:
            watch((index + 1) / count)
    spent = clock.process_time() - begin
    rates = _rates(records, problem.sample_interval, setup.relaxation_time, problem.core_names, reference)
    return SampledRates(system, reference, "jumps", "", math.nan, rates, count * length, count, spent)


def _rates(
    records: Sequence[TrajectoryRecord], interval: float, relaxation: float, cores: Sequence[str], reference: DirectedRates
) -> Mapping[str, RateEstimate]:
    return directed_headline(
        records,
        sample_interval=interval,
        burn_in=0.0,
        relaxation_time=relaxation,
        core_names=cores,
        rate_guesses={"lam_e": reference.lam_e, "lam_o": reference.lam_o},
    )
