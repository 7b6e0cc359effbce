"""Survival curves: how many residences last longer than t, on a log axis where an exponential is a straight
line.

Kaplan-Meier estimates, so residences cut off by the end of a run count for as long as they were seen. Drawn
against the time in units of the rate, all points of a campaign should fall on one line.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from wellhop.analysis.figures.drawn import DrawnTable
from wellhop.analysis.figures.labels import (
    family_math,
    parameter_cells,
    parameter_columns,
    time_column,
)
from wellhop.analysis.figures.style import FAINT, INK, family_colour, house_style, new_figure
from wellhop.analysis.result import CampaignResult
from wellhop.analysis.survival import SurvivalCurve


@dataclass(frozen=True)
class SurvivalLine:
    """One curve and how to draw it.

    Attributes:
        series: name in the table. curve: the estimate. clock: rate that the time is multiplied by.
        colour: index of its family. legend: entry in the legend; empty for none.
        cells: parameter cells of its rows in the table. scale: factor that brings times to the unit of the
            figure. doubtful: residence times were refused as a measurement of the rate.
    """

    series: str
    curve: SurvivalCurve
    clock: float
    colour: int = 0
    legend: str = ""
    cells: tuple[float, ...] = ()
    scale: float = 1.0
    doubtful: bool = False


def draw_survival(result: CampaignResult) -> tuple[Figure, DrawnTable]:
    """Survival of the residences of every point against Gamma t, with band, and the exponential exp(-Gamma
    t / 2).

    Gamma is the measured decay rate of the point (autocorrelation), not a fit to the residences: a
    residence law that disagrees with the decay of the correlation leaves the line.

    Returns:
        The figure, and a table with one row per step of every curve.
    """
    lines = _campaign_lines(result)
    columns = (*parameter_columns(result), time_column(result), "decay_rate x time")
    return survival_figure(
        lines, columns, factor=0.5, axis=r"residence time $\Gamma t$", law=r"$e^{-\Gamma t/2}$"
    )


def has_survival(result: CampaignResult) -> bool:
    """Whether any point has a survival curve and a rate to scale its time with."""
    return bool(_campaign_lines(result))


def draw_fit_survival(
    curves: Sequence[tuple[str, SurvivalCurve, float]], time_unit: str = ""
) -> tuple[Figure, DrawnTable]:
    """Survival of measured switching times, one curve per group, against k t with the fitted exponential
    exp(-k t).

    Args:
        curves: (name of the group, curve, fitted escape rate k) each.
        time_unit: unit of the times for the column of the table, for instance ``"us"``.
    """
    lines = [
        SurvivalLine(name, curve, rate, index, name)
        for index, (name, curve, rate) in enumerate(curves)
        if rate > 0
    ]
    time = f"time [{time_unit}]" if time_unit else "time"
    return survival_figure(
        lines, (time, "escape_rate x time"), factor=1.0, axis=r"residence time $k\,t$", law=r"$e^{-kt}$"
    )


def survival_figure(
    lines: Sequence[SurvivalLine], columns: tuple[str, ...], *, factor: float, axis: str, law: str
) -> tuple[Figure, DrawnTable]:
    """Draw curves with bands over a common axis and the exponential exp(-factor x)."""
    table = DrawnTable(("series", *columns, "survival", "lower", "upper", "exponential"))
    with house_style():
        figure = new_figure(height=4.0)
        ax = figure.subplots()
        # Below the smallest step that the largest sample can resolve there is nothing to see.
        floor = min((_smallest(line.curve) for line in lines), default=1e-2) / 2.0
        # Many overlapping bands would add up to mud.
        band = min(0.13, 1.0 / max(1, len(lines)))
        for line in lines:
            _draw_line(ax, line, floor, band)
            _tabulate(table, line, factor)
        longest = max((float(line.curve.times[-1]) * line.clock for line in lines), default=1.0)
        x = np.array([0.0, max(longest, -np.log(floor) / factor)])
        ax.plot(
            x,
            np.exp(-factor * x),
            color=INK,
            linestyle="--",
            linewidth=1.1,
            zorder=5,
        )
        ax.set_yscale("log")
        ax.set_ylim(floor, 1.3)
        ax.set_xlim(0.0, min(1.05 * longest, -np.log(floor) / factor) if lines else 1.0)
        ax.set_xlabel(axis)
        ax.set_ylabel("fraction still in the well")
        figure.legend(handles=_handles(lines, law), loc="outside right upper")
    return figure, table


def _smallest(curve: SurvivalCurve) -> float:
    positive = curve.survival[curve.survival > 0]
    return float(positive.min()) if len(positive) else 0.5


def _draw_line(ax: Axes, line: SurvivalLine, floor: float, band: float) -> None:
    curve, colour = line.curve, family_colour(line.colour)
    x = np.concatenate([[0.0], curve.times * line.clock])
    survival, lower, upper = (
        np.concatenate([[1.0], part]) for part in (curve.survival, curve.lower, curve.upper)
    )
    # A survival of zero, or a band that reaches it, has no place on a log axis: it ends at the floor.
    lower, upper = np.maximum(np.nan_to_num(lower), floor / 10), np.maximum(np.nan_to_num(upper), floor / 10)
    ax.fill_between(x, lower, upper, step="post", color=colour, alpha=band, linewidth=0)
    ax.step(
        x,
        np.maximum(survival, floor / 10),
        where="post",
        color=colour,
        linestyle=":" if line.doubtful else "-",
        linewidth=0.9,
    )


def _handles(lines: Sequence[SurvivalLine], law: str) -> list[Line2D]:
    """Legend: one solid line per family, the dotted style if it occurs, the exponential."""
    handles = [
        Line2D([], [], color=family_colour(line.colour), linewidth=0.9, label=line.legend)
        for line in lines
        if line.legend
    ]
    if any(line.doubtful for line in lines):
        handles.append(Line2D([], [], color=FAINT, linestyle=":", linewidth=0.9, label="transit too long"))
    handles.append(Line2D([], [], color=INK, linestyle="--", linewidth=1.1, label=f"exponential {law}"))
    return handles


def _tabulate(table: DrawnTable, line: SurvivalLine, factor: float) -> None:
    curve = line.curve
    scaled = curve.times * line.clock
    exponential = np.exp(-factor * scaled)
    table.add_series(
        line.series,
        *line.cells,
        curve.times * line.scale,
        scaled,
        curve.survival,
        curve.lower,
        curve.upper,
        exponential,
    )


def _campaign_lines(result: CampaignResult) -> list[SurvivalLine]:
    families = result.families()
    lines: list[SurvivalLine] = []
    named: set[int] = set()
    for point, measurement in result.measured():
        curve, rate = measurement.survival, measurement.decay_rate.value
        if curve is None or not (np.isfinite(rate) and rate > 0) or not np.any(curve.switched):
            continue
        colour = families.index(result.family_of(point))
        legend = "" if colour in named else family_math(result, families[colour])
        named.add(colour)
        cells = parameter_cells(result, point)
        # A measurement that refuses its residence times still shows their law, as what it is.
        doubtful = measurement.core is not None and measurement.residence is None
        scale = result.scale(point)
        lines.append(
            SurvivalLine(f"point {point.index}", curve, float(rate), colour, legend, cells, scale, doubtful)
        )
    return lines
