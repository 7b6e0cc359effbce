"""Single trajectories to look at: quantum jumps in one or two unravellings, or Langevin steps."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from wellhop.engine.errors import ParameterError, UnravellingError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from wellhop.analysis.figures.drawn import DrawnTable
    from wellhop.analysis.figures.well_trajectory import WellLevel
    from wellhop.analysis.result import TrajectoryTrace
    from wellhop.engine.records import TrajectoryRecord
    from wellhop.engine.systems import SwitchingSystem
    from wellhop.engine.systems.kerr_cat import KerrCat
    from wellhop.engine.systems.kerr_two_photon_drive import KerrTwoPhotonDrive
    from wellhop.engine.systems.two_photon_resonator import TwoPhotonResonator
    from wellhop.engine.unravelling import JumpProblem
    from wellhop.jobs.time_scales import TimeScales

EngineName = Literal["jumps", "langevin"]
#: arm index of the streams of illustrations: they never share random numbers with measured trajectories
ILLUSTRATION_ARM = 1000
SAMPLES = 1500
#: length in units of the slowest switching time, and, where there are faster ones, at most so many of the fastest
SWITCHING_TIMES, FAST_TIMES = 16.0, 80.0
#: a trajectory that would need more clicks, or more steps, than this is shown over a shorter time
MOST_CLICKS, MOST_STEPS = 2e6, 3e7
#: core definition whose labels are shown
LABELS = "reference"


def illustrate(
    system_name: str,
    parameters: Mapping[str, float],
    *,
    engine: EngineName = "jumps",
    duration: float | None = None,
    seed: int = 0,
    unravellings: tuple[str, ...] | None = None,
    point: int = 0,
    record_clicks: bool = False,
    truncation: str | None = None,
) -> list[TrajectoryTrace]:
    """One trajectory per unravelling, or one Langevin trajectory, sampled 1500 times, started in well 0.

    Args:
        engine: ``jumps`` or ``langevin``. duration: length; 16 switching times by default, at most what two million clicks or
            thirty million steps cover.
        unravellings: of jumps; by default displaced and counting for a Kerr-cat, displaced alone for others. Those of a
            two-photon resonator without one-photon loss show no well, whichever it is.
        seed, point: name of the random stream, together with an arm that measurements do not use.
        truncation: of Langevin trajectories of a two-photon resonator, ``drop`` or ``clip``.

    Returns:
        Traces with the order parameter X, 1 in size in a bright well.

    Raises:
        ParameterError: the switching time is unknown (the rate is below round-off) and no duration was given.
        UnravellingError: nothing switches at these parameters, or the unravelling asked for shows no well.
    """
    from wellhop.engine.systems import build_measurable
    from wellhop.engine.systems.duffing_attractors import DuffingAttractors
    from wellhop.engine.systems.kerr_cat import KerrCat
    from wellhop.engine.systems.kerr_two_photon_drive import KerrTwoPhotonDrive
    from wellhop.engine.systems.two_photon_resonator import TwoPhotonResonator
    from wellhop.jobs.duffing_showcase import duffing_jumps, duffing_langevin

    system = build_measurable(system_name, parameters)
    if isinstance(system, TwoPhotonResonator):
        if engine == "langevin":
            return [_resonator_langevin(system, truncation, duration, seed, point)]
        return [_resonator_jumps(system, name, duration, seed, point) for name in unravellings or ("displaced",)]
    if isinstance(system, DuffingAttractors) and truncation is None:
        if engine == "langevin":
            return [duffing_langevin(system, duration, seed, point)]
        return [duffing_jumps(system, duration, seed, point, name) for name in unravellings or ("displaced",)]
    if truncation is not None:
        raise ParameterError("truncation", truncation, "nothing here", "only two_photon_resonator has one")
    if engine == "langevin":
        return [_langevin(system, duration, seed, point)]
    if isinstance(system, KerrCat):
        chosen = ("displaced", "counting") if unravellings is None else unravellings
        return _kerr_cat_jumps(system, duration, seed, chosen, point, record_clicks)
    if unravellings not in (None, ("displaced",)):
        raise UnravellingError(f"unravelling: counting shows no well of {system_name}; use displaced")
    assert isinstance(system, KerrTwoPhotonDrive)
    return [_oscillator_jumps(system, duration, seed, point, record_clicks)]


def default_length(scales: TimeScales, most: float) -> float:
    """Length of an illustration where none is asked for, at most ``most``."""
    if not math.isfinite(scales.rate):
        raise ParameterError(
            "duration", None, "a number > 0 here", scales.missing
        )
    return min(SWITCHING_TIMES / scales.rate, FAST_TIMES / scales.fastest, most)


def _kerr_cat_jumps(
    system: KerrCat,
    duration: float | None,
    seed: int,
    unravellings: Sequence[str],
    point: int,
    record_clicks: bool,
) -> list[TrajectoryTrace]:
    from wellhop.engine.systems.kerr_cat_jumps import jump_setup
    from wellhop.engine.unravelling import build_problem
    from wellhop.jobs.time_scales import time_scales

    if duration is None:
        photons = system.eps2 / system.K
        clicking = system.kappa * ((1.0 + 2.0 * system.n_th) * photons + system.n_th)
        duration = default_length(time_scales(system), MOST_CLICKS / clicking)
    traces = []
    for name in unravellings:
        problem = build_problem(
            jump_setup(system, name),
            duration=duration,
            sample_interval=duration / SAMPLES,
            record_clicks=record_clicks,
        )
        traces.append(jump_trace(problem, name, seed, point))
    return traces


def _oscillator_jumps(
    system: KerrTwoPhotonDrive, duration: float | None, seed: int, point: int, record_clicks: bool
) -> TrajectoryTrace:
    from wellhop.engine.unravelling import build_problem
    from wellhop.jobs.core_sizes import jump_setup_with_cores
    from wellhop.jobs.time_scales import time_scales

    setup, _ = jump_setup_with_cores(system)
    if duration is None:
        clicking = 2.0 * system.gamma * max(abs(system.amplitude("bright")) ** 2, 1.0)
        duration = default_length(time_scales(system), MOST_CLICKS / clicking)
    problem = build_problem(
        setup, duration=duration, sample_interval=duration / SAMPLES, record_clicks=record_clicks
    )
    return jump_trace(problem, "displaced", seed, point, problem.core_names.index(LABELS))


def _resonator_jumps(
    system: TwoPhotonResonator, unravelling: str, duration: float | None, seed: int, point: int
) -> TrajectoryTrace:
    """With one-photon loss a telegraph; without it a trajectory that never says where it is."""
    from wellhop.engine.systems.two_photon_resonator_jumps import jump_setup
    from wellhop.engine.unravelling import build_problem
    from wellhop.jobs.resonator_checks import check_depth, signal_of
    from wellhop.jobs.time_scales import time_scales

    check_depth(system)
    if duration is None:
        # displaced pairs click rarely, counted ones at s²/η
        clicking = system.s**2 / system.eta if unravelling == "counting" else 0.1 * system.s
        scales = time_scales(system)
        # of a coherence the record gives the parity away after a few of these times
        wanted = scales if signal_of(system) == "telegraph" else replace(scales, guesses={})
        duration = default_length(wanted, MOST_CLICKS / clicking)
    problem = build_problem(jump_setup(system, unravelling), duration=duration, sample_interval=duration / SAMPLES)
    trace = jump_trace(problem, unravelling, seed, point)
    if "X" not in trace.observables:
        return trace
    label = f"{trace.label}; parity is conserved, no record shows a well"
    trace = replace(trace, label=label)
    others = {name: values for name, values in trace.observables.items() if name != "X"}
    return replace(trace, order_parameter=trace.observables["X"], observables=others)


def _resonator_langevin(
    system: TwoPhotonResonator, truncation: str | None, duration: float | None, seed: int, point: int
) -> TrajectoryTrace:
    from wellhop.analysis.figures.trajectory import trace_of
    from wellhop.engine import langevin
    from wellhop.engine.resonator_langevin import default_step, resonator_problem
    from wellhop.jobs.core_sizes import langevin_cores
    from wellhop.jobs.langevin_arm import TRUNCATIONS
    from wellhop.jobs.resonator_checks import check_depth
    from wellhop.jobs.time_scales import time_scales

    if truncation not in TRUNCATIONS:
        why = "how the negative diffusion around the vacuum is made non-negative"
        raise ParameterError("truncation", truncation, "one of " + ", ".join(TRUNCATIONS), why)
    check_depth(system)
    if duration is None:
        duration = default_length(time_scales(system, "langevin"), MOST_STEPS * default_step(system))
    problem = resonator_problem(
        system, truncation, duration=duration * (1.0 + 1e-9), sample_interval=duration / SAMPLES,
        cores=langevin_cores(system.oscillator())[0],
    )  # fmt: skip
    record: TrajectoryRecord = langevin.run(problem, seed, 0, point, ILLUSTRATION_ARM)
    return trace_of(
        record,
        label=f"Langevin, {problem.scheme}, dt = {problem.dt:.2g}",
        unravelling="langevin",
        sample_interval=problem.sample_interval,
        observable_names=problem.observable_names,
        core=problem.core_names.index(LABELS),
    )


def jump_trace(problem: JumpProblem, name: str, seed: int, point: int, core: int = -1) -> TrajectoryTrace:
    from wellhop.analysis.figures.trajectory import trace_of
    from wellhop.engine import trajectory

    record = trajectory.run(problem, seed, 0, point, ILLUSTRATION_ARM)
    return trace_of(
        record,
        label=f"{name} ({int(record.click_counts.sum())} clicks)",
        unravelling=name,
        sample_interval=problem.sample_interval,
        observable_names=problem.observable_names[: problem.sampled],
        channel_names=problem.channel_names,
        core=core,
    )


def _langevin(system: SwitchingSystem, duration: float | None, seed: int, point: int) -> TrajectoryTrace:
    """One truncated-Wigner trajectory; X in units of the amplitude of a bright well."""
    from wellhop.analysis.figures.trajectory import trace_of
    from wellhop.engine import langevin
    from wellhop.engine.langevin_wells import check_step
    from wellhop.jobs.core_sizes import langevin_cores
    from wellhop.jobs.time_scales import time_scales

    oscillator = system.oscillator()
    _require_wells(system)
    cores, _ = langevin_cores(oscillator)
    if duration is None:
        dt = 0.5 * check_step(oscillator, "strang", None)[0]
        duration = default_length(time_scales(system, "langevin"), MOST_STEPS * dt)
    problem = langevin.oscillator_problem(
        oscillator, duration=duration * (1.0 + 1e-9), sample_interval=duration / SAMPLES, cores=cores
    )
    record: TrajectoryRecord = langevin.run(problem, seed, 0, point, ILLUSTRATION_ARM)
    trace = trace_of(
        record,
        label=f"Langevin, {problem.scheme}, dt = {problem.dt:.2g}",
        unravelling="langevin",
        sample_interval=problem.sample_interval,
        observable_names=problem.observable_names,
        core=problem.core_names.index(LABELS),
    )
    size = math.sqrt(max(level.photons for level in well_levels(system)))
    return replace(trace, order_parameter=trace.order_parameter / size)


def _require_wells(system: SwitchingSystem) -> None:
    from wellhop.engine.langevin_wells import attractors

    if len(attractors(system.oscillator())) < 2:
        raise UnravellingError(f"{system.name}: the mean field has one attractor at these parameters, nothing switches")


def well_levels(system: SwitchingSystem) -> list[WellLevel]:
    """The attractors of the mean field, by Re α, as figures mark them."""
    from wellhop.analysis.figures.well_trajectory import WellLevel
    from wellhop.engine.langevin_wells import attractors
    from wellhop.engine.systems.duffing_attractors import DuffingAttractors
    from wellhop.engine.systems.two_photon_resonator import TwoPhotonResonator

    if isinstance(system, DuffingAttractors):
        from wellhop.jobs.duffing_showcase import duffing_levels

        return duffing_levels(system)
    found = [point.alpha for point in attractors(system.oscillator())]
    size = max(abs(alpha) for alpha in found)
    levels = []
    for number, alpha in enumerate(found):
        side = 0.0 if abs(alpha) < 1e-6 * size else math.copysign(1.0, number - 0.5 * (len(found) - 1))
        pair = ("+α₀", "\N{MINUS SIGN}α₀") if isinstance(system, TwoPhotonResonator) else ("bright +", "bright \N{MINUS SIGN}")
        name = "vacuum" if side == 0.0 else pair[0] if side > 0.0 else pair[1]
        levels.append(WellLevel(name, side, abs(alpha) ** 2))
    return levels


def draw(
    system_name: str,
    parameters: Mapping[str, float],
    *,
    out: Path,
    duration: float | None,
    seed: int,
    unravelling: str | None,
    engine: EngineName = "jumps",
    truncation: str | None = None,
) -> Path:
    """Draw trajectories into ``out`` (png, pdf or svg), their data beside it as CSV.

    Args:
        unravelling: of jumps, ``both`` for counting beside displaced; None: the default of the system.
    """
    from wellhop.analysis.figures.save import figure_bytes, write_file
    from wellhop.engine.systems.kerr_cat import KerrCat

    if system_name == KerrCat.name and engine == "jumps":
        figure, table = _draw_kerr_cat(system_name, parameters, duration, seed, unravelling or "both")
    else:
        figure, table = _draw_wells(system_name, parameters, duration, seed, unravelling, engine, truncation)
    write_file(out, figure_bytes(figure, out.suffix.lower().lstrip(".")))
    write_file(out.with_suffix(".csv"), table.csv().encode())
    return out


def _draw_wells(
    system_name: str,
    parameters: Mapping[str, float],
    duration: float | None,
    seed: int,
    unravelling: str | None,
    engine: EngineName,
    truncation: str | None,
) -> tuple[Figure, DrawnTable]:
    from wellhop.analysis.figures.labels import family_math
    from wellhop.analysis.figures.trajectory import scaled_trace
    from wellhop.analysis.figures.well_trajectory import draw_well_trajectories
    from wellhop.analysis.result import UNITS, CampaignResult
    from wellhop.engine.systems import build_measurable

    names: tuple[str, ...] | None = None if unravelling is None or engine == "langevin" else (unravelling,)
    if names == ("both",):
        names = ("counting", "displaced")
    traces = illustrate(
        system_name, parameters, engine=engine, duration=duration, seed=seed, unravellings=names, truncation=truncation
    )
    unit = UNITS.get(system_name, "")
    unit = unit if unit in parameters and (unit != "dw" or parameters[unit] == 1.0) else ""
    scaled = [scaled_trace(trace, parameters.get(unit, 1.0)) for trace in traces]
    levels = well_levels(build_measurable(system_name, parameters))
    frame = CampaignResult("trajectory", system_name, "", ())
    return draw_well_trajectories(scaled, levels, family_math(frame, tuple(parameters.items())), unit)


def _draw_kerr_cat(
    system_name: str, parameters: Mapping[str, float], duration: float | None, seed: int, unravelling: str
) -> tuple[Figure, DrawnTable]:
    from wellhop.analysis.figures.trajectory import draw_trajectories, draw_trajectory, scaled_trace
    from wellhop.analysis.result import CampaignResult, PointResult

    both = unravelling == "both"
    names = ("counting", "displaced") if both else (unravelling,)
    traces = illustrate(
        system_name, parameters, duration=duration, seed=seed, unravellings=names, record_clicks=not both
    )
    unit = "K" if "K" in parameters else ""
    if both:
        point = PointResult(0, dict(parameters), traces=tuple(traces))
        result = CampaignResult("trajectory", system_name, "", (point,), sweep="eps2", unit=unit)
        return draw_trajectories(result, most=1)
    # draw_trajectory knows no parameters: it gets the times in the unit that it writes on the axis.
    scaled = scaled_trace(traces[0], parameters.get(unit, 1.0))
    return draw_trajectory(scaled, unit, f"{scaled.label}\n{_shown(parameters)}")


def _shown(parameters: Mapping[str, float]) -> str:
    return ", ".join(f"{name} = {value:g}" for name, value in parameters.items())
