"""Mean coherence between parities along the trajectories of a campaign, beside the exact complex exponential."""

from __future__ import annotations

import math

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from wellhop.analysis.coherence_measurement import CoherenceMeasurement
from wellhop.analysis.figures.drawn import DrawnTable
from wellhop.analysis.figures.labels import (
    parameter_cells,
    parameter_columns,
    point_math,
    time_column,
    time_math,
)
from wellhop.analysis.figures.style import COLOURS, INK, house_style, new_figure
from wellhop.analysis.result import CampaignResult, PointResult

#: Most panels, and samples drawn in each.
MOST_POINTS, MOST_SAMPLES = 6, 60
#: Parts of <C>: name, colour, marker.
PARTS = (("Re", COLOURS[0], "o"), ("Im", COLOURS[1], "s"))


def draw_coherences(result: CampaignResult) -> tuple[Figure, DrawnTable]:
    """E⟨C⟩(t) with two standard errors, and exp(λt) of the exact eigenvalue, one panel a point (six at most, evenly chosen).

    Returns:
        The figure, and a table with one row per mark (``series`` = Re or Im, measured or exact).
    """
    points = [p for p in result.points if p.coherence is not None]
    shown = points if len(points) <= MOST_POINTS else [points[k] for k in np.linspace(0, len(points) - 1, MOST_POINTS).astype(int)]
    table = DrawnTable(("series", "point", *parameter_columns(result), time_column(result), "value", "standard_error"))
    columns = min(2, len(shown))
    lines = -(-len(shown) // columns)
    with house_style():
        figure = new_figure(height=1.0 + 2.1 * lines)
        axes = figure.subplots(lines, columns, squeeze=False, sharey=True).ravel()
        for ax, point in zip(axes, shown, strict=False):
            assert point.coherence is not None
            _draw(ax, result, point, point.coherence, table)
        for ax in axes[len(shown) :]:
            ax.remove()
        for ax in axes[max(0, len(shown) - columns) : len(shown)]:
            ax.set_xlabel(f"time {time_math(result)}")
        figure.supylabel(r"$\mathsf{E}\langle C\rangle$", fontsize=9.5)
        figure.legend(handles=_handles(), loc="outside lower center", ncols=4)
    return figure, table


def has_coherences(result: CampaignResult) -> bool:
    """Whether any point was measured by its coherence."""
    return any(p.coherence is not None for p in result.points)


def _draw(ax: Axes, result: CampaignResult, point: PointResult, m: CoherenceMeasurement, table: DrawnTable) -> None:
    scale = result.scale(point)
    times = m.times * scale
    step = max(1, len(times) // MOST_SAMPLES)
    cells = (point.index, *parameter_cells(result, point))
    decay, frequency = (point.prediction(name) for name in ("decay", "frequency"))
    exact = None
    if decay is not None and frequency is not None and math.isfinite(decay.value + frequency.value):
        turning = math.copysign(frequency.value, point.parameters["Delta"])
        exact = np.exp(-(decay.value + 1j * turning) * m.times)
    for k, (name, colour, marker) in enumerate(PARTS):
        value = (m.mean.real, m.mean.imag)[k]
        error = (m.mean_error.real, m.mean_error.imag)[k]
        chosen = slice(k * (step // 2), None, step)
        ax.errorbar(
            times[chosen], value[chosen], yerr=2.0 * error[chosen], fmt=marker, color=colour, markersize=2.6, elinewidth=0.7,
            zorder=2,
        )  # fmt: skip
        for time, mean, spread in zip(times[chosen], value[chosen], error[chosen], strict=True):
            table.add(f"{name} measured", *cells, time, mean, spread)
        if exact is not None:
            line = (exact.real, exact.imag)[k]
            ax.plot(times, line, color=INK, linewidth=0.9, linestyle="-" if k == 0 else (0, (4, 1.5)), zorder=3)
            for time, mean in zip(times[::step], line[::step], strict=True):
                table.add(f"{name} exact", *cells, time, mean, None)
    ax.axhline(0.0, color=INK, linewidth=0.4, zorder=1)
    ax.set_title(point_math(result, point))
    ax.set_xlim(0.0, float(times[-1]))
    ax.xaxis.set_major_locator(MaxNLocator(5))
    ax.ticklabel_format(axis="x", style="sci", scilimits=(-3, 4), useMathText=True)


def _handles() -> list[Line2D]:
    out = []
    for k, (name, colour, marker) in enumerate(PARTS):
        out.append(Line2D([], [], color=colour, marker=marker, linestyle="", markersize=3, label=f"{name}, measured (2 s.e.)"))
        out.append(Line2D([], [], color=INK, linestyle="-" if k == 0 else (0, (4, 1.5)), linewidth=0.9, label=f"{name}, exact"))
    return out
