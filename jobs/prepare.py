"""From a campaign to countable work: one prepared problem per (point, arm), with what the judge must know about it."""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np

from wellhop.engine.errors import CampaignError, WellhopError
from wellhop.jobs.arms import Arm, DiscJumpArm, JumpArm, ManifoldJumpArm
from wellhop.jobs.campaign import Campaign
from wellhop.jobs.campaign_points import Point
from wellhop.jobs.core_sizes import jump_setup_with_cores
from wellhop.jobs.duffing_arms import (
    ReachJumpArm,
    ReachLangevinArm,
    duffing_langevin_problem,
    duffing_setup,
)
from wellhop.jobs.langevin_arm import (
    LangevinArm,
    TruncatedLangevinArm,
    langevin_problem,
    resonator_langevin_problem,
)
from wellhop.jobs.point_checks import centre_of, well_count
from wellhop.jobs.time_scales import BURN_IN_RELAXATION_TIMES, TimeScales, rounded, sampling, time_scales
from wellhop.jobs.units import Key, Unit

if TYPE_CHECKING:
    from wellhop.engine.langevin_problem import LangevinProblem
    from wellhop.engine.systems import SwitchingSystem
    from wellhop.engine.unravelling import JumpProblem, JumpSetup

    Problem = JumpProblem | LangevinProblem

#: Samples of one trajectory beyond which a sampling interval that nobody gave is refused: a batch would fill the memory.
MOST_SAMPLES: Final = 200_000


class PreparationWarning(UserWarning):
    """Something to know of a point that will be measured all the same; it is kept with the results."""


@dataclass(frozen=True)
class Prepared:
    """All units of a campaign in canonical order, and the arrays of their problems."""

    units: tuple[Unit, ...]
    problems: Mapping[Key, Mapping[str, np.ndarray]]


def prepare(campaign: Campaign) -> Prepared:
    """Build every problem of a campaign. What is doubtful about a point is warned of once.

    Raises:
        CampaignError: a duration is asked for in switching times where the rate is unknown or below round-off,
            trajectories would be shorter than their burn-in, or hold too many samples, or a problem cannot be built; all
            such points are listed.
    """
    from wellhop.engine.systems import build_measurable

    units: list[Unit] = []
    problems: dict[Key, Mapping[str, np.ndarray]] = {}
    wrong: list[str] = []
    for point in campaign.points:
        system = build_measurable(campaign.system, point.parameters)
        known = {engine: time_scales(system, engine) for engine in _engines(campaign.arms)}
        for arm in campaign.arms:
            scales = known[_model(arm)]
            where = f"measure.{arm.name} at point {point.index} ({_shown(point)})"
            times, problem_found = _times(arm, scales)
            if problem_found:
                wrong.append(f"{where}: {problem_found}")
                continue
            try:
                problem, doubts = _problem(system, arm, times)
            except WellhopError as error:
                wrong.append(f"{where}: {error}")
                continue
            for doubt in doubts:
                warnings.warn(f"{where}: {doubt}", PreparationWarning, stacklevel=2)
            unit = _unit(system, point, arm, problem, times.burn_in, scales, doubts)
            units.append(unit)
            problems[unit.key] = problem.arrays()
    if wrong:
        raise CampaignError(campaign.source, wrong)
    return Prepared(tuple(units), problems)


def _engines(measured: tuple[Arm, ...]) -> list[Literal["jumps", "langevin"]]:
    return list(dict.fromkeys(_model(arm) for arm in measured))


def _model(arm: Arm) -> Literal["jumps", "langevin"]:
    """Whose rates an arm measures."""
    return "langevin" if isinstance(arm, LangevinArm) else "jumps"


@dataclass(frozen=True)
class _Times:
    """Times of one trajectory."""

    duration: float
    sample_interval: float
    burn_in: float


def _times(arm: Arm, scales: TimeScales) -> tuple[_Times, str]:
    """Times of a trajectory, and what is wrong with them (empty: nothing)."""
    duration = _duration(arm, scales)
    burn_in = arm.burn_in
    if burn_in is None:
        burn_in = BURN_IN_RELAXATION_TIMES * scales.relaxation_time
    interval = arm.sample_interval
    if interval is None and math.isfinite(duration):
        # photon counting learns nothing about the well, its samples only serve ensemble averages
        slow = arm.name != "counting" and math.isfinite(scales.rate)
        wanted = sampling(scales) if slow else scales.relaxation_time
        interval = rounded(min(wanted, duration / 8.0))
    times = _Times(duration, interval or math.nan, burn_in)
    if not math.isfinite(duration):
        return times, (
            f"duration: got switching_times, allowed is a plain number there: {scales.missing}"
        )
    if duration <= burn_in:
        return times, f"duration: got {duration:g}, allowed is more than the burn-in of {burn_in:g}"
    # beyond 2^48 steps the engine itself refuses the duration
    if arm.sample_interval is not None and MOST_SAMPLES < duration / times.sample_interval < 2.0**48:
        return times, (
            f"sample_interval: got {times.sample_interval:g}, allowed is at least {duration / MOST_SAMPLES:.3g}, so that a "
            f"trajectory of length {duration:g} has at most {MOST_SAMPLES} samples"
        )
    if arm.sample_interval is None and duration / times.sample_interval > MOST_SAMPLES:
        return times, (
            f"duration: got {duration:g}, allowed is at most {MOST_SAMPLES * times.sample_interval:.3g} with samples every "
            f"{times.sample_interval:g} (a tenth of the shortest switching time); give more and shorter trajectories, or a "
            "sample_interval"
        )
    return times, ""


def _duration(arm: Arm, scales: TimeScales) -> float:
    value = arm.duration.value
    if arm.duration.unit == "switching_times":
        return rounded(value / scales.rate)
    return rounded(value * scales.relaxation_time) if arm.duration.unit == "relaxation_times" else value


def _problem(system: SwitchingSystem, arm: Arm, times: _Times) -> tuple[Problem, tuple[str, ...]]:
    """The prepared problem of an arm, and named warnings about it."""
    from wellhop.engine.systems.duffing_attractors import DuffingAttractors
    from wellhop.engine.systems.two_photon_resonator import TwoPhotonResonator
    from wellhop.engine.unravelling import build_problem

    if isinstance(arm, ReachLangevinArm):
        assert isinstance(system, DuffingAttractors)
        return duffing_langevin_problem(
            system,
            duration=times.duration,
            sample_interval=times.sample_interval,
            dt=arm.dt,
            scheme=arm.scheme,
            size=arm.core_size,
        )
    if isinstance(arm, TruncatedLangevinArm):
        assert isinstance(system, TwoPhotonResonator)
        return resonator_langevin_problem(system, arm, times.duration, times.sample_interval), ()
    if isinstance(arm, LangevinArm):
        return langevin_problem(system.oscillator(), arm, times.duration, times.sample_interval)
    assert isinstance(arm, JumpArm)
    setup, doubts = _jump_setup(system, arm)
    problem = build_problem(
        setup,
        duration=times.duration,
        sample_interval=times.sample_interval,
        propagator=arm.propagator,  # type: ignore[arg-type]  # checked against PROPAGATORS when the campaign was read
        record_clicks=arm.record_clicks,
    )
    return problem, doubts


def _jump_setup(system: SwitchingSystem, arm: JumpArm) -> tuple[JumpSetup, tuple[str, ...]]:
    from wellhop.engine.systems.duffing_attractors import DuffingAttractors
    from wellhop.engine.systems.kerr_cat import KerrCat
    from wellhop.engine.systems.kerr_cat_jumps import jump_setup
    from wellhop.engine.systems.kerr_two_photon_drive import KerrTwoPhotonDrive
    from wellhop.engine.systems.two_photon_resonator import TwoPhotonResonator
    from wellhop.engine.systems.two_photon_resonator_jumps import jump_setup as resonator_jump_setup

    if isinstance(system, KerrCat):
        setup = jump_setup(
            system,
            arm.unravelling,
            manifolds=arm.manifolds,
            cutoff=arm.fock_cutoff,
            core_thresholds=arm.core_thresholds,
            manifolds_resolved=isinstance(arm, ManifoldJumpArm),
        )
        return setup, ()
    if isinstance(system, TwoPhotonResonator):
        thresholds = arm.core_thresholds if system.kappa_1 > 0.0 else None
        return resonator_jump_setup(system, cutoff=arm.fock_cutoff, core_thresholds=thresholds), ()
    if isinstance(system, DuffingAttractors):
        assert isinstance(arm, ReachJumpArm)
        return duffing_setup(system, arm.fock_cutoff, arm.core_size)
    assert isinstance(arm, DiscJumpArm)
    assert isinstance(system, KerrTwoPhotonDrive)
    return jump_setup_with_cores(system, arm.fock_cutoff, arm.core_bright, arm.core_vacuum)


def _unit(
    system: SwitchingSystem,
    point: Point,
    arm: Arm,
    problem: Problem,
    burn_in: float,
    scales: TimeScales,
    doubts: tuple[str, ...],
) -> Unit:
    wells = well_count(system)
    known: dict[str, Any] = {
        "arm": arm.name,
        "engine": arm.engine,
        "parameters": dict(point.parameters),
        "wells": wells,
        "centre": centre_of(system, wells),
        "rule": arm.stop.rule,
        "target": arm.stop.value,
        "duration": problem.duration,
        "sample_interval": problem.sample_interval,
        "burn_in": burn_in,
        "relaxation_time": scales.relaxation_time,
        "rate_guess": rounded(scales.rate) if math.isfinite(scales.rate) else None,
        "rate_guesses": {name: rounded(rate) for name, rate in scales.guesses.items()},
        "second_rate": rounded(scales.second_rate) if math.isfinite(scales.second_rate) else None,
        "core_names": list(problem.core_names),
        "warnings": list(doubts),
        **_engine_facts(system, arm, problem),
    }
    needed = int(arm.stop.value) if arm.stop.rule == "trajectories" else arm.batch
    return Unit(point.index, arm.index, arm.batch, arm.max_trajectories, at_least=needed, about=known)


def _engine_facts(system: SwitchingSystem, arm: Arm, problem: Any) -> dict[str, Any]:
    """What only one of the engines has."""
    from wellhop.engine.systems.two_photon_resonator import TwoPhotonResonator

    if isinstance(arm, LangevinArm):
        return {
            "scheme": problem.scheme,
            **({"truncation": arm.truncation} if isinstance(arm, TruncatedLangevinArm) else {}),
            "dt": problem.dt,
            "channel_names": [],
            "observable_names": list(problem.observable_names),
            # X grows along the axis of the bright well with the larger real part, the last of the two
            "start_signs": [-1.0, 1.0],
        }
    facts: dict[str, Any] = {
        "unravelling": problem.unravelling,
        "channel_names": list(problem.channel_names),
        "observable_names": list(problem.observable_names[: problem.sampled]),
        "propagator": problem.kind,
        "condition": problem.condition,
    }
    if isinstance(system, TwoPhotonResonator) and system.kappa_1 == 0.0:
        return {**facts, "fock_cutoff": problem.dim, "coherence": 1 if system.Delta > 0.0 else -1}
    if isinstance(arm, DiscJumpArm | ReachJumpArm) or isinstance(system, TwoPhotonResonator):
        return {**facts, "fock_cutoff": problem.dim, "start_signs": [-1.0, 1.0]}
    if problem.integrated_names:
        facts["integrated_names"] = list(problem.integrated_names)
    return {**facts, "manifolds": problem.dim // 2, "start_signs": [1.0, -1.0]}


def _shown(point: Point) -> str:
    return ", ".join(f"{name}={value:g}" for name, value in point.parameters.items())
