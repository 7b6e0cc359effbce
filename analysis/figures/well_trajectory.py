"""Single trajectories of an oscillator with two or three wells: where it is along the axis of the bright wells, and its photons.

Dashed lines are the mean-field wells. Fills show the label given by the core sets: it changes on the entry
into the core of *another* well, so that an excursion that comes back is no switch.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from wellhop.analysis.figures.drawn import DrawnTable
from wellhop.analysis.figures.labels import time_column, time_math
from wellhop.analysis.figures.style import COLOURS, FAINT, INK, WELL_FILLS, house_style, new_figure
from wellhop.analysis.result import CampaignResult, TrajectoryTrace

#: Part of the height of a panel that stays free above and below the data.
MARGIN = 0.06


@dataclass(frozen=True)
class WellLevel:
    """A well as it is marked in the figure.

    Attributes:
        name: in words. place: X there, 0 for the vacuum and +-1 for the bright wells. photons: |α|² of the
            mean field.
    """

    name: str
    place: float
    photons: float


def draw_well_trajectories(
    traces: Sequence[TrajectoryTrace], wells: Sequence[WellLevel], title: str, unit: str = ""
) -> tuple[Figure, DrawnTable]:
    """X(t) and n(t) of every trace, one above the other, over the fills of the label in force.

    Args:
        traces: with X as order parameter (+-1 in the bright wells) and an observable ``n``; ``switch_targets``
            are places in ``wells``. wells: in the order of their numbers.
        title: heading. unit: of rates, for the time axis; empty for none.

    Returns:
        The figure, and a table with one row per sample (``series`` = label and observable) and per switch.

    >>> times = np.linspace(0.0, 9.0, 10)
    >>> trace = TrajectoryTrace("jumps", "displaced", times, np.ones(10), {"n": np.full(10, 4.0)})
    >>> figure, table = draw_well_trajectories([trace], [WellLevel("bright +", 1.0, 4.0)], "demo")
    >>> len(figure.axes), len(table.rows)
    (2, 20)
    """
    with house_style():
        heights = [size for _ in traces for size in (1.5, 1.0)]
        figure = new_figure(height=sum(heights) + 1.1)
        # traces of different engines may be of different length: each then has its own axis of time
        shared = len({float(trace.times[-1]) for trace in traces}) == 1
        axes = figure.subplots(len(heights), 1, sharex=shared, squeeze=False, height_ratios=heights)[:, 0]
        axes[0].set_title(title)
        for number, trace in enumerate(traces):
            upper, lower = axes[2 * number], axes[2 * number + 1]
            _draw(upper, trace, trace.order_parameter, [well.place for well in wells], INK)
            _draw(lower, trace, trace.observables["n"], [well.photons for well in wells], COLOURS[2])
            upper.set_ylabel(r"$X$" if trace.unravelling == "langevin" else r"$\langle X\rangle$")
            lower.set_ylabel(
                r"$|\alpha|^2-1/2$" if trace.unravelling == "langevin" else r"$\langle n\rangle$"
            )
            upper.set_title(trace.label, loc="right", style="italic")
            upper.tick_params(labelbottom=False)
        frame = CampaignResult("trajectory", "", "", (), unit=unit)
        axes[-1].set_xlabel(f"time {time_math(frame)}")
        _legend(figure, traces, wells)
    table = DrawnTable(("series", time_column(frame), "value"))
    for trace in traces:
        table.add_series(f"{trace.label}: X", trace.times, trace.order_parameter)
        table.add_series(f"{trace.label}: n", trace.times, trace.observables["n"])
        table.add_series(
            f"{trace.label}: switch into well", trace.switch_times, trace.switch_targets.astype(np.float64)
        )
    return figure, table


def _draw(ax: Axes, trace: TrajectoryTrace, values: np.ndarray, levels: Sequence[float], colour: str) -> None:
    """One observable over the fills of the label, with the mean-field wells as dashed lines."""
    end = float(trace.times[-1])
    stops = np.append(trace.switch_times, end)[1:]
    for begin, stop, well in zip(trace.switch_times, stops, trace.switch_targets, strict=True):
        ax.axvspan(begin, stop, color=WELL_FILLS[int(well) % len(WELL_FILLS)], linewidth=0, zorder=0)
    for level in dict.fromkeys(levels):
        ax.axhline(level, color=FAINT, linestyle=(0, (4, 3)), linewidth=0.8, zorder=1)
    ax.plot(trace.times, values, color=colour, linewidth=0.6, zorder=2)
    low, high = min(float(values.min()), *levels), max(float(values.max()), *levels)
    free = MARGIN * (high - low if high > low else 1.0)
    ax.set_ylim(low - free, high + free)
    ax.set_xlim(float(trace.times[0]), end)
    ax.grid(False, axis="x")


def _legend(figure: Figure, traces: Sequence[TrajectoryTrace], wells: Sequence[WellLevel]) -> None:
    seen = sorted({int(well) for trace in traces for well in trace.switch_targets})
    if not seen:
        return
    handles = [Patch(facecolor=WELL_FILLS[well % len(WELL_FILLS)], edgecolor="#bbbbbb") for well in seen]
    names = [f"label: {wells[well].name}" for well in seen]
    figure.legend(handles, names, loc="outside lower center", ncols=len(seen))
