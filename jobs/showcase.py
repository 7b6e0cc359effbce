"""Single trajectories to look at: the same parameters unravelled by counting and by displaced channels."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from wellhop.engine.errors import ParameterError

if TYPE_CHECKING:
    from wellhop.analysis.result import TrajectoryTrace

#: arm index of the streams of illustrations: they never share random numbers with measured trajectories
ILLUSTRATION_ARM = 1000
SAMPLES = 1500
SWITCHING_TIMES = 16.0
#: a trajectory that would need more clicks than this is shown over a shorter time
MOST_CLICKS = 2e6


def illustrate(
    system_name: str,
    parameters: Mapping[str, float],
    *,
    duration: float | None = None,
    seed: int = 0,
    unravellings: tuple[str, ...] = ("displaced", "counting"),
    point: int = 0,
    record_clicks: bool = False,
) -> list[TrajectoryTrace]:
    """One trajectory per unravelling, started in the right well, sampled 1500 times.

    Args:
        duration: length; 16/Γ by default, some eight hops, at most what two million clicks cover.
        seed, point: name of the random stream, together with an arm that measurements do not use.

    Raises:
        ParameterError: the switching time is unknown (the exact rate is below round-off) and no duration was given.
    """
    from wellhop.analysis.figures.trajectory import trace_of
    from wellhop.engine import trajectory
    from wellhop.engine.systems import build_measurable
    from wellhop.engine.systems.kerr_cat_jumps import jump_setup
    from wellhop.engine.unravelling import build_problem
    from wellhop.jobs.prepare import time_scales

    system = build_measurable(system_name, parameters)
    if duration is None:
        rate = time_scales(system).rate
        if not math.isfinite(rate):
            raise ParameterError("duration", None, "a number > 0 here", "the exact rate lies below round-off")
        photons = system.eps2 / system.K
        clicking = system.kappa * ((1.0 + 2.0 * system.n_th) * photons + system.n_th)
        duration = min(SWITCHING_TIMES / rate, MOST_CLICKS / clicking)
    traces = []
    for name in unravellings:
        problem = build_problem(
            jump_setup(system, name),
            duration=duration,
            sample_interval=duration / SAMPLES,
            record_clicks=record_clicks,
        )
        record = trajectory.run(problem, seed, 0, point, ILLUSTRATION_ARM)
        traces.append(
            trace_of(
                record,
                label=f"{name} ({int(record.click_counts.sum())} clicks)",
                unravelling=name,
                sample_interval=problem.sample_interval,
                observable_names=problem.observable_names[: problem.sampled],
                channel_names=problem.channel_names,
            )
        )
    return traces


def draw(
    system_name: str,
    parameters: Mapping[str, float],
    *,
    out: Path,
    duration: float | None,
    seed: int,
    unravelling: str,
) -> Path:
    """Draw one trajectory per unravelling into ``out`` (png, pdf or svg), its data beside it as CSV."""
    from wellhop.analysis.figures.save import figure_bytes, write_file
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
        figure, table = draw_trajectories(result, most=1)
    else:
        shown = ", ".join(f"{name} = {value:g}" for name, value in parameters.items())
        # draw_trajectory knows no parameters: it gets the times in the unit that it writes on the axis.
        scaled = scaled_trace(traces[0], parameters.get(unit, 1.0))
        figure, table = draw_trajectory(scaled, unit, f"{scaled.label}\n{shown}")
    write_file(out, figure_bytes(figure, out.suffix.lower().lstrip(".")))
    write_file(out.with_suffix(".csv"), table.csv().encode())
    return out
