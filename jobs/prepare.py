"""From a campaign to countable work: one prepared jump problem per (point, arm), with what the judge must know about it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from wellhop.engine.errors import CampaignError
from wellhop.jobs.arms import Arm
from wellhop.jobs.campaign import Campaign
from wellhop.jobs.campaign_points import Point
from wellhop.jobs.units import Key, Unit

if TYPE_CHECKING:
    from wellhop.engine.systems.kerr_cat import KerrCat
    from wellhop.engine.unravelling import JumpProblem

#: samples per 1/Γ; the autocorrelation loses nothing to the grid at this spacing (``analysis.correlation``)
SAMPLES_PER_SWITCHING_TIME = 10.0
#: burn-in in intra-well relaxation times, 1/κ: e^-10 of a non-stationary start is left
BURN_IN_RELAXATION_TIMES = 10.0


@dataclass(frozen=True)
class Prepared:
    """All units of a campaign in canonical order, and the arrays of their problems."""

    units: tuple[Unit, ...]
    problems: Mapping[Key, Mapping[str, np.ndarray]]


def prepare(campaign: Campaign) -> Prepared:
    """Build every problem of a campaign.

    Raises:
        CampaignError: a duration is asked for in switching times where the exact rate is below the round-off of the
            Liouvillian, or trajectories would be shorter than their burn-in; all such points are listed.
        WellhopError: a system refuses its parameters.
    """
    units: list[Unit] = []
    problems: dict[Key, Mapping[str, np.ndarray]] = {}
    wrong: list[str] = []
    for point in campaign.points:
        scales = _time_scales(campaign.system, point)
        for arm in campaign.arms:
            duration = _duration(arm, scales)
            burn_in = arm.burn_in
            if burn_in is None:
                burn_in = BURN_IN_RELAXATION_TIMES * scales.relaxation_time
            where = f"measure.{arm.name} at point {point.index} ({_shown(point)})"
            if not math.isfinite(duration):
                wrong.append(
                    f"{where}: duration: got switching_times, allowed is a plain number there: the exact rate "
                    "lies below the round-off of the Liouvillian"
                )
                continue
            if duration <= burn_in:
                wrong.append(
                    f"{where}: duration: got {duration:g}, allowed is more than the burn-in of {burn_in:g}"
                )
                continue
            problem = _problem(campaign.system, point, arm, duration, scales)
            unit = _unit(point, arm, problem, burn_in, scales)
            units.append(unit)
            problems[unit.key] = problem.arrays()
    if wrong:
        raise CampaignError(campaign.source, wrong)
    return Prepared(tuple(units), problems)


@dataclass(frozen=True)
class TimeScales:
    """What lengths of trajectories are measured in: 1/Γ (NaN where it cannot be computed) and 1/κ."""

    rate: float
    second_rate: float
    relaxation_time: float


def time_scales(system: KerrCat) -> TimeScales:
    """Exact Γ, the second odd rate and 1/κ of a Kerr-cat.

    The exact rate only sets the length and the sampling of trajectories; no measured number uses it.
    """
    from wellhop.analysis.liouvillian import decay_rate
    from wellhop.engine.errors import SpectrumError

    kept = system.default_manifolds()
    model = system.reduced_model(kept, max(system.default_cutoff(), 2 * kept + 20))
    try:
        slow = decay_rate(model, parity_signs=np.repeat([1.0, -1.0], kept))
    except SpectrumError:
        return TimeScales(math.nan, math.nan, 1.0 / system.kappa)
    usable = slow.resolved and slow.value > 0.0
    second = slow.next_rate if slow.next_rate is not None else math.nan
    return TimeScales(slow.value if usable else math.nan, second, 1.0 / system.kappa)


def _time_scales(name: str, point: Point) -> TimeScales:
    return time_scales(_system(name, point))


def _system(name: str, point: Point) -> KerrCat:
    from wellhop.engine.systems import build_measurable

    return build_measurable(name, point.parameters)


def _duration(arm: Arm, scales: TimeScales) -> float:
    value = arm.duration.value
    if arm.duration.unit == "switching_times":
        return _round(value / scales.rate)
    return _round(value * scales.relaxation_time) if arm.duration.unit == "relaxation_times" else value


def _round(time: float) -> float:
    """Five digits: lengths derived from an eigenvalue must not carry the round-off of one machine's linear algebra."""
    return float(f"{time:.5g}")


def _problem(name: str, point: Point, arm: Arm, duration: float, scales: TimeScales) -> JumpProblem:
    from wellhop.engine.systems.kerr_cat_jumps import jump_setup
    from wellhop.engine.unravelling import build_problem

    interval = arm.sample_interval
    if interval is None:
        # photon counting learns nothing about the well, its samples only serve ensemble averages
        slow = arm.unravelling == "displaced" and math.isfinite(scales.rate)
        wanted = sampling(scales) if slow else scales.relaxation_time
        interval = _round(min(wanted, duration / 8.0))
    setup = jump_setup(
        _system(name, point),
        arm.unravelling,
        manifolds=arm.manifolds,
        cutoff=arm.fock_cutoff,
        core_thresholds=arm.core_thresholds,
    )
    return build_problem(
        setup,
        duration=duration,
        sample_interval=interval,
        propagator=arm.propagator,  # type: ignore[arg-type]  # checked against PROPAGATORS when the campaign was read
        record_clicks=arm.record_clicks,
    )


def sampling(scales: TimeScales) -> float:
    """A tenth of 1/Γ; where that is shorter than the first lag of the autocorrelation, a fraction of that lag."""
    from wellhop.analysis.correlation import LEAST_LAG

    tenth = 1.0 / (SAMPLES_PER_SWITCHING_TIME * scales.rate)
    lag = LEAST_LAG * scales.relaxation_time
    return tenth if tenth >= lag else lag / math.ceil(lag / tenth)


def _unit(point: Point, arm: Arm, problem: JumpProblem, burn_in: float, scales: TimeScales) -> Unit:
    known: dict[str, Any] = {
        "arm": arm.name,
        "parameters": dict(point.parameters),
        "unravelling": arm.unravelling,
        "rule": arm.stop.rule,
        "target": arm.stop.value,
        "duration": problem.duration,
        "sample_interval": problem.sample_interval,
        "burn_in": burn_in,
        "relaxation_time": scales.relaxation_time,
        "rate_guess": _round(scales.rate) if math.isfinite(scales.rate) else None,
        "second_rate": _round(scales.second_rate) if math.isfinite(scales.second_rate) else None,
        "core_names": list(problem.core_names),
        "channel_names": list(problem.channel_names),
        "observable_names": list(problem.observable_names[: problem.sampled]),
        "manifolds": problem.dim // 2,
        "propagator": problem.kind,
        "condition": problem.condition,
    }
    needed = int(arm.stop.value) if arm.stop.rule == "trajectories" else arm.batch
    return Unit(point.index, arm.index, arm.batch, arm.max_trajectories, at_least=needed, about=known)


def _shown(point: Point) -> str:
    return ", ".join(f"{name}={value:g}" for name, value in point.parameters.items())
