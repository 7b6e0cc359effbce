"""Single trajectories: what one record of clicks lets us know about the well.

Photon counting never tells which well is occupied, so <X>(t) of a counted trajectory drifts to zero;
displaced clicks do tell, and <X>(t) is a telegraph signal whose switches can be counted. Fills show the
label given by the core sets: the label stays until the *other* core is entered, so fast crossings of zero
are not switches.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from wellhop.analysis.figures.drawn import DrawnTable
from wellhop.analysis.figures.labels import (
    parameter_cells,
    parameter_columns,
    point_math,
    time_column,
    time_math,
)
from wellhop.analysis.figures.style import COLOURS, INK, WELL_FILLS, house_style, new_figure
from wellhop.analysis.result import CampaignResult, PointResult, TrajectoryTrace
from wellhop.engine.records import TrajectoryRecord

_WELL_NAMES = ("right well", "left well")


def trace_of(
    record: TrajectoryRecord,
    *,
    label: str,
    unravelling: str,
    sample_interval: float,
    observable_names: Sequence[str],
    channel_names: Sequence[str] = (),
    core: int = -1,
    start: float = 0.0,
    stop: float = np.inf,
    most: int = 3000,
) -> TrajectoryTrace:
    """Cut a stretch out of a stored trajectory.

    Args:
        record: a whole trajectory; observable 0 is the order parameter.
        label, unravelling: what it is called in the figure.
        sample_interval: time between samples. observable_names, channel_names: as in the problem that was
            run.
        core: core definition whose labels are shown (default: the last, strictest one).
        start, stop: stretch of time to keep.
        most: samples to keep; a longer stretch is thinned to every second, third ... sample, never averaged.

    Returns:
        The stretch; clicks are empty where they were not recorded, labels for the unravelling ``"counting"``.
    """
    times = np.arange(len(record.samples), dtype=np.float64) * sample_interval
    inside = np.flatnonzero((times >= start) & (times <= stop))
    inside = inside[:: max(1, -(-len(inside) // most))]
    cores = record.switches["core"]
    wanted = int(cores.max()) if core < 0 and len(cores) else core
    entries = record.switches[(cores == wanted) & (record.switches["time"] <= stop)]
    before = np.flatnonzero(entries["time"] <= start)
    entries = entries[before[-1] :] if len(before) else entries
    if unravelling == "counting":
        # Photon counting never learns the well: its label would only repeat where the trajectory began.
        entries = entries[:0]
    clicks = record.clicks[(record.clicks["time"] >= start) & (record.clicks["time"] <= stop)]
    columns = {name: record.samples[inside, k] for k, name in enumerate(observable_names)}
    first = next(iter(columns))
    return TrajectoryTrace(
        label=label,
        unravelling=unravelling,
        times=times[inside],
        order_parameter=columns.pop(first),
        observables=columns,
        switch_times=np.maximum(entries["time"].astype(np.float64), start),
        switch_targets=entries["target"].astype(np.int64),
        click_times=clicks["time"].astype(np.float64),
        click_channels=clicks["channel"].astype(np.int64),
        channel_names=tuple(channel_names),
    )


def draw_trajectories(result: CampaignResult, most: int = 3) -> tuple[Figure, DrawnTable]:
    """<X>(t) of the points that have traces, each unravelling in its own panel, at most ``most`` points.

    Returns:
        The figure, and a table with one row per sample (``series`` = the trace's label) and one per switch
        (``series`` = label + `` switch``).
    """
    shown = _spread([point for point in result.points if point.traces], most)
    table = DrawnTable(
        (
            "series",
            "unravelling",
            *parameter_columns(result),
            time_column(result),
            "order_parameter",
            "well_entered",
        )
    )
    panels = [(point, scaled_trace(trace, result.scale(point))) for point in shown for trace in point.traces]
    with house_style():
        figure = new_figure(height=0.7 + 1.15 * max(1, len(panels)))
        axes = figure.subplots(max(1, len(panels)), 1, squeeze=False)[:, 0]
        for number, (ax, (point, trace)) in enumerate(zip(axes, panels, strict=False)):
            _draw_order_parameter(ax, trace)
            # All panels of a point show the same stretch of time, and only the first one names the point.
            ax.set_xlim(*_common_range([other for owner, other in panels if owner is point]))
            if number == 0 or panels[number - 1][0] is not point:
                ax.set_title(point_math(result, point))
            ax.set_title(
                f"{trace.unravelling} clicks" if trace.unravelling == "displaced" else trace.unravelling,
                loc="right",
                style="italic",
            )
            _tabulate(table, result, point, trace)
        axes[-1].set_xlabel(f"time {time_math(result)}")
        _well_legend(figure, [trace for _, trace in panels])
    return figure, table


def draw_trajectory(trace: TrajectoryTrace, unit: str = "", title: str = "") -> tuple[Figure, DrawnTable]:
    """One trajectory by itself: order parameter, every further observable, and a row of marks per click
    channel.

    Args:
        trace: what to draw. unit: name of the unit of rates for the time axis (``"K"``), empty for none.
        title: heading; empty: the trace's label.

    Returns:
        The figure, and a table with one row per sample and observable, per switch and per click.
    """
    frame = CampaignResult("trajectory", "", title, (), unit=unit)
    with house_style():
        clicked = len(trace.click_times) > 0
        heights = (
            [1.6]
            + [1.0] * len(trace.observables)
            + ([0.25 + 0.22 * len(_channels(trace))] if clicked else [])
        )
        figure = new_figure(height=sum(heights) + 1.1)
        axes = figure.subplots(len(heights), 1, sharex=True, squeeze=False, height_ratios=heights)[:, 0]
        _draw_order_parameter(axes[0], trace)
        axes[0].set_title(title or trace.label)
        for ax, (name, values) in zip(axes[1:], trace.observables.items(), strict=False):
            ax.plot(trace.times, values, color=COLOURS[2], linewidth=0.8)
            ax.set_ylabel(observable_math(name))
        if clicked:
            _draw_clicks(axes[-1], trace)
        axes[-1].set_xlabel(f"time {time_math(frame)}")
        _well_legend(figure, [trace])
    table = DrawnTable(("series", time_column(frame), "value"))
    table.add_series("order_parameter", trace.times, trace.order_parameter)
    for name, values in trace.observables.items():
        table.add_series(name, trace.times, values)
    table.add_series("switch into well", trace.switch_times, trace.switch_targets.astype(np.float64))
    table.add_series("click in channel", trace.click_times, trace.click_channels.astype(np.float64))
    return figure, table


def scaled_trace(trace: TrajectoryTrace, scale: float) -> TrajectoryTrace:
    """The trace with its times in the unit of the figure."""
    return replace(
        trace,
        times=trace.times * scale,
        switch_times=trace.switch_times * scale,
        click_times=trace.click_times * scale,
    )


def observable_math(name: str) -> str:
    r"""Axis label of an observable of the engine; an unknown name is shown as it is.

    Example:
        >>> observable_math("photon_number")
        '$\\langle a^\\dagger a\\rangle$'
    """
    known = {
        "X": r"$\langle X\rangle$",
        "P_0": r"$P_0$",
        "P0": r"$P_0$",
        "core_weight": r"$P_0$",
        "ground_population": r"$P_0$",
        "photon_number": r"$\langle a^\dagger a\rangle$",
        "x": r"$\langle a+a^\dagger\rangle$",
    }
    return known.get(name, name)


def _draw_order_parameter(ax: Axes, trace: TrajectoryTrace) -> None:
    """<X>(t) over the fills of the label in force."""
    end = float(trace.times[-1]) if len(trace.times) else 1.0
    stops = np.append(trace.switch_times, end)[1:]
    for begin, stop, well in zip(trace.switch_times, stops, trace.switch_targets, strict=True):
        ax.axvspan(begin, stop, color=WELL_FILLS[int(well) % len(WELL_FILLS)], linewidth=0, zorder=0)
    ax.plot(trace.times, trace.order_parameter, color=INK, linewidth=0.7)
    if len(trace.times):
        ax.set_xlim(float(trace.times[0]), end)
    ax.set_ylim(-1.12, 1.12)
    ax.set_yticks([-1, 0, 1])
    ax.grid(False, axis="x")
    ax.set_ylabel(r"$\langle X\rangle$")


def _draw_clicks(ax: Axes, trace: TrajectoryTrace) -> None:
    channels = _channels(trace)
    for row, channel in enumerate(channels):
        times = trace.click_times[trace.click_channels == channel]
        ax.plot(
            times,
            np.full(len(times), row),
            "|",
            color=COLOURS[row % len(COLOURS)],
            markersize=7,
            markeredgewidth=0.6,
        )
    names = [trace.channel_names[c] if c < len(trace.channel_names) else f"channel {c}" for c in channels]
    ax.set_yticks(range(len(channels)), names)
    ax.set_ylim(-0.6, len(channels) - 0.4)
    ax.grid(False)
    ax.tick_params(axis="y", length=0)


def _common_range(traces: Sequence[TrajectoryTrace]) -> tuple[float, float]:
    """First and last time of several traces, widened where there is only one instant."""
    times = np.concatenate([trace.times for trace in traces])
    first, last = (float(times.min()), float(times.max())) if len(times) else (0.0, 1.0)
    return first, last if last > first else first + 1.0


def _channels(trace: TrajectoryTrace) -> list[int]:
    if trace.channel_names:
        return list(range(len(trace.channel_names)))
    return sorted({int(c) for c in trace.click_channels})


def _well_legend(figure: Figure, traces: Sequence[TrajectoryTrace]) -> None:
    wells = sorted({int(w) for trace in traces for w in trace.switch_targets})
    if not wells:
        return
    names = [_WELL_NAMES[w] if w < len(_WELL_NAMES) else f"well {w}" for w in wells]
    handles = [Patch(facecolor=WELL_FILLS[w % len(WELL_FILLS)], edgecolor="#bbbbbb") for w in wells]
    figure.legend(handles, [f"label: {name}" for name in names], loc="outside lower center", ncols=len(wells))


def _tabulate(table: DrawnTable, result: CampaignResult, point: PointResult, trace: TrajectoryTrace) -> None:
    cells = parameter_cells(result, point)
    for time, value in zip(trace.times, trace.order_parameter, strict=True):
        table.add(trace.label, trace.unravelling, *cells, time, value, None)
    for time, well in zip(trace.switch_times, trace.switch_targets, strict=True):
        table.add(f"{trace.label} switch", trace.unravelling, *cells, time, None, well)


def _spread(points: list[PointResult], most: int) -> list[PointResult]:
    """At most ``most`` points, first and last among them, evenly spread over the campaign."""
    if len(points) <= most:
        return points
    picks: npt.NDArray[np.int64] = np.unique(np.linspace(0, len(points) - 1, most).round().astype(np.int64))
    return [points[i] for i in picks]
