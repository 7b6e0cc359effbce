"""Directed rates of every point, measured over predicted, in one panel per rate."""

from __future__ import annotations

import math
from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from wellhop.analysis.directed_table import ComparedRate, compared_rates
from wellhop.analysis.figures.drawn import DrawnTable
from wellhop.analysis.figures.labels import parameter_cells, parameter_columns, parameter_math
from wellhop.analysis.figures.style import COLOURS, INK, house_style, new_figure
from wellhop.analysis.result import CampaignResult

#: Rates that have a ratio (k_d, a difference, has none), and how they are written.
PANELS = {
    "k_v": "$k_v$",
    "k_b": "$k_b$",
    "k_LH": r"$k_\mathrm{LH}$",
    "k_HL": r"$k_\mathrm{HL}$",
    "lam_e": r"$\lambda_e$",
    "lam_o": r"$\lambda_o$",
    "Gamma": r"$\Gamma$",
    "Omega": r"$\Omega$",
}
#: Colour, marker, sideways shift and name of an arm.
_LOOK = {
    "jumps": (COLOURS[0], "o", -0.13, "quantum jumps / exact"),
    "langevin": (COLOURS[1], "s", 0.13, "Langevin / truncated Wigner"),
}


def draw_directed_rates(result: CampaignResult) -> tuple[Figure, DrawnTable]:
    """Measured over predicted at every point, with intervals; crosses: counted between cores.

    The points stand in their order, named by the swept parameter if there is only one.

    Returns:
        The figure, and a table with one row per mark (``series`` = rate and arm, or ``counted`` rate and arm).
    """
    rows = [row for row in compared_rates(result) if _ratio(row) is not None]
    names = [name for name in PANELS if any(row.name == name for row in rows)]
    table = DrawnTable(("series", "arm", "point", *parameter_columns(result), "ratio", "lower", "upper"))
    columns = 2 if len(names) > 1 else 1
    lines = max(1, -(-len(names) // columns))
    with house_style():
        figure = new_figure(height=0.9 + 2.1 * lines)
        axes = figure.subplots(lines, columns, squeeze=False, sharex=True).ravel()
        for ax, name in zip(axes, names, strict=False):
            _draw_panel(ax, result, [row for row in rows if row.name == name], table)
            ax.set_title(PANELS[name])
        for ax in axes[len(names) :]:
            ax.remove()
        points = sorted({row.point.index for row in rows})
        swept = [n for n in result.points[0].parameters if len({p.parameters[n] for p in result.points}) > 1]
        values = {p.index: p for p in result.points}
        for ax in axes[: len(names)]:
            # a few points get a tick each; of many every second, third ...
            shown = points[:: max(1, -(-len(points) // 12))]
            ax.set_xticks(shown)
            if len(swept) == 1:
                ax.set_xticklabels([f"{result.parameter(values[k], swept[0]):g}" for k in shown])
            ax.set_xlim(min(points, default=0) - 0.6, max(points, default=0) + 0.6)
            ax.tick_params(labelbottom=True)
        for ax in axes[max(0, len(names) - columns) : len(names)]:
            ax.set_xlabel(parameter_math(result, swept[0]) if len(swept) == 1 else "number of the point")
        figure.supylabel("measured / predicted", fontsize=9.5)
        _legend(figure, rows)
    return figure, table


def has_directed_rates(result: CampaignResult) -> bool:
    """Whether any rate has a ratio to its prediction."""
    return any(_ratio(row) is not None for row in compared_rates(result))


def _ratio(row: ComparedRate) -> float | None:
    """Measured over predicted; ``None`` for what has none."""
    if row.name not in PANELS or row.comparison is None or not row.estimate.value > 0.0:
        return None
    return row.estimate.value / row.comparison.prediction


def _draw_panel(ax: Axes, result: CampaignResult, rows: Sequence[ComparedRate], table: DrawnTable) -> None:
    ax.axhline(1.0, color=INK, linewidth=0.7, zorder=1)
    alone = len({row.arm for row in rows}) == 1
    for row in rows:
        assert row.comparison is not None
        colour, marker, aside, _ = _LOOK[row.arm]
        shift = 0.0 if alone else aside
        x, unit = row.point.index + shift, row.comparison.prediction
        value = row.estimate.value / unit
        lower = row.estimate.lower / unit
        upper = row.estimate.upper / unit if math.isfinite(row.estimate.upper) else value
        ax.errorbar(
            [x], [value], yerr=[[value - lower], [upper - value]], fmt=marker, color=colour, markersize=4.0,
            markeredgecolor="white", markeredgewidth=0.4, zorder=3,
        )  # fmt: skip
        cells = (row.arm, row.point.index, *parameter_cells(result, row.point))
        table.add(f"{row.name} {row.arm}", *cells, value, lower, upper)
        if row.counted is not None and _counted(row):
            counted = row.counted.value / unit
            ax.plot(
                [x + 0.5 * aside], [counted], "x", color=colour, markersize=4.0, markeredgewidth=0.9, zorder=2
            )
            table.add(
                f"counted {row.name} {row.arm}",
                *cells,
                counted,
                row.counted.lower / unit,
                row.counted.upper / unit,
            )


def _counted(row: ComparedRate) -> bool:
    """Whether the counted rate is shown beside it: sums of rates are not counted."""
    return row.counted is not None and row.counted.value > 0.0 and not row.name.startswith(("lam", "Gamma"))


def _legend(figure: Figure, rows: Sequence[ComparedRate]) -> None:
    handles = []
    for arm, (colour, marker, _, label) in _LOOK.items():
        if any(row.arm == arm for row in rows):
            handles.append(
                Line2D(
                    [], [], color=colour, marker=marker, linestyle="", markeredgecolor="white", label=label
                )
            )
    if any(_counted(row) for row in rows):
        handles.append(
            Line2D(
                [],
                [],
                color=INK,
                marker="x",
                linestyle="",
                markersize=4,
                label="switches counted between cores",
            )
        )
    figure.legend(handles=handles, loc="outside lower center", ncols=len(handles))
