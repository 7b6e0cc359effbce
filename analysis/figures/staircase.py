"""The staircase: measured decay rates on top of the exact and the semi-analytical ones, residuals in sigma
below.

Gamma falls in steps as the drive grows: each time the splitting of one more pair of levels drops below its
width, that pair stops tunnelling and the next one takes over. The marks on the curves show these critical
drives.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from wellhop.analysis.comparison import compare
from wellhop.analysis.figures.drawn import DrawnTable
from wellhop.analysis.figures.labels import (
    family_cells,
    family_math,
    parameter_cells,
    parameter_columns,
    parameter_math,
    position,
    rate_column,
    rate_math,
)
from wellhop.analysis.figures.style import (
    BAND,
    FAINT,
    INK,
    family_colour,
    family_marker,
    house_style,
    new_figure,
    whole_decades,
)
from wellhop.analysis.result import CampaignResult, PredictionCurve

#: Predictions drawn as lines, with their line style; any other curve is drawn dotted.
LINE_STYLES: dict[str, Literal["-", "--", ":"]] = {"liouvillian": "-", "semi_analytical": "--"}
#: What the residuals are taken against: the first of these that a point has.
REFERENCES = ("liouvillian", "rate_model", "resummed", "semi_analytical")
_BANDS = ((4.0, "#f3f3f3"), (2.0, BAND), (1.0, "#d6d6d6"))


def reference_name(result: CampaignResult) -> str:
    """The prediction that measurements are compared with: the most exact one that every measured point has.

    Returns:
        Its name, or an empty text if no prediction is shared by all measured points.
    """
    points = [point for point, _ in result.measured()]
    names = [name for name in REFERENCES if points and all(point.prediction(name) for point in points)]
    return names[0] if names else ""


def draw_staircase(result: CampaignResult) -> tuple[Figure, DrawnTable]:
    """Gamma against the swept parameter, with predictions as lines and residuals below.

    A point where no switch was seen is drawn as an upper limit. Without any prediction the lower panel is
    left out.

    Returns:
        The figure, and a table with the series ``measured``, ``upper limit``, ``residual``, one per
        prediction curve, and ``critical drive``; residuals are ln(measured/predicted) in standard errors.
    """
    reference = reference_name(result)
    sweep = result.sweep_parameter
    table = DrawnTable(
        (
            "series",
            *parameter_columns(result),
            rate_column(result),
            "lower",
            "upper",
            "residual [sigma]",
            "manifold",
        )
    )
    with house_style():
        figure = new_figure(height=5.6 if reference else 4.2)
        if reference:
            top, bottom = figure.subplots(2, 1, sharex=True, height_ratios=[3.2, 1.0])
            _draw_residuals(bottom, result, reference, table)
        else:
            top = bottom = figure.subplots()
        for curve in result.curves:
            _draw_curve(top, result, curve, table)
        _draw_lone_predictions(top, result, table)
        _draw_critical(top, result, table)
        _draw_measured(top, result, table)
        top.set_yscale("log")
        whole_decades(top)
        top.set_ylabel(f"decay rate {rate_math(result)}")
        bottom.set_xlabel(parameter_math(result, sweep) if sweep else "point")
        _legend(figure, result)
    return figure, table


def _draw_measured(ax: Axes, result: CampaignResult, table: DrawnTable) -> None:
    families = result.families()
    for point, measurement in result.measured():
        estimate, scale = measurement.decay_rate, result.scale(point)
        cells = parameter_cells(result, point)
        index = families.index(result.family_of(point))
        colour, marker = family_colour(index), family_marker(index)
        x = position(result, point)
        value, lower, upper = (number / scale for number in (estimate.value, estimate.lower, estimate.upper))
        if np.isfinite(value) and value > 0:
            # An interval may be open upwards where hardly any switch was seen.
            bars = [[value - max(lower, 0.0)], [upper - value if np.isfinite(upper) else 0.0]]
            ax.errorbar(
                [x],
                [value],
                yerr=bars,
                fmt=marker,
                color=colour,
                markeredgecolor="white",
                markeredgewidth=0.5,
                ecolor=colour,
                zorder=4,
            )
            table.add("measured", *cells, value, lower, upper, None, None)
        elif np.isfinite(upper) and upper > 0:
            ax.errorbar(
                [x], [upper], yerr=[[0.45 * upper], [0.0]], uplims=True, fmt="_", color=colour, zorder=4
            )
            table.add("upper limit", *cells, None, None, upper, None, None)


def _draw_curve(ax: Axes, result: CampaignResult, curve: PredictionCurve, table: DrawnTable) -> None:
    families = result.families()
    colour = family_colour(families.index(curve.family)) if curve.family in families else FAINT
    style = LINE_STYLES.get(curve.name, ":")
    # The semi-analytical line is drawn above the exact one: where they agree the dashes still show.
    ax.plot(
        curve.sweep,
        curve.value,
        linestyle=style,
        color=INK if style == "--" else colour,
        linewidth=0.9 if style == "--" else 1.6,
        alpha=0.9,
        zorder=3 if style == "--" else 2,
    )
    family = family_cells(result, curve.family)
    for x, value in zip(curve.sweep, curve.value, strict=True):
        table.add(curve.name, x, *family, value, None, None, None, None)


def _draw_lone_predictions(ax: Axes, result: CampaignResult, table: DrawnTable) -> None:
    """Predictions of points through which no curve of their family runs: a dash at each."""
    drawn = {(curve.name, curve.family) for curve in result.curves}
    families = result.families()
    for point in result.points:
        family, scale = result.family_of(point), result.scale(point)
        for prediction in point.predictions:
            named = prediction.name in LINE_STYLES and (prediction.name, family) not in drawn
            if not named or not prediction.value > 0:
                continue
            colour = INK if LINE_STYLES[prediction.name] == "--" else family_colour(families.index(family))
            value = prediction.value / scale
            ax.plot([position(result, point)], [value], "_", color=colour, markersize=16, markeredgewidth=1.2)
            table.add(prediction.name, *parameter_cells(result, point), value, None, None, None, None)


def _draw_critical(ax: Axes, result: CampaignResult, table: DrawnTable) -> None:
    """Ticks across the exact curve of the family, numbered by the manifold that stops tunnelling."""
    families = result.families()
    curves = {
        curve.family: curve
        for curve in reversed(result.curves)
        if curve.name in ("liouvillian", "semi_analytical")
    }
    for mark in result.critical_drives:
        curve = curves.get(mark.family)
        if curve is None or not curve.sweep[0] <= mark.sweep <= curve.sweep[-1]:
            continue
        height = float(np.exp(np.interp(mark.sweep, curve.sweep, np.log(curve.value))))
        colour = family_colour(families.index(mark.family)) if mark.family in families else FAINT
        ax.plot([mark.sweep], [height], "|", color=colour, markersize=13, markeredgewidth=1.2, zorder=3)
        ax.annotate(
            str(mark.manifold),
            (mark.sweep, height),
            (0, 8),
            textcoords="offset points",
            ha="center",
            fontsize=7,
            color=colour,
        )
        table.add(
            "critical drive",
            mark.sweep,
            *family_cells(result, mark.family),
            height,
            None,
            None,
            None,
            mark.manifold,
        )


def _draw_residuals(ax: Axes, result: CampaignResult, reference: str, table: DrawnTable) -> None:
    families = result.families()
    for width, shade in _BANDS:
        ax.axhspan(-width, width, color=shade, linewidth=0, zorder=0)
    ax.axhline(0.0, color=INK, linewidth=0.8)
    largest = 4.0
    for point, measurement in result.measured():
        prediction = point.prediction(reference)
        if prediction is None or not prediction.value > 0:
            continue
        pull = compare(measurement.decay_rate, prediction.value).pull
        if not np.isfinite(pull):
            continue
        cells = parameter_cells(result, point)
        index = families.index(result.family_of(point))
        ax.plot(
            [position(result, point)],
            [pull],
            family_marker(index),
            color=family_colour(index),
            markeredgecolor="white",
            markeredgewidth=0.5,
            zorder=4,
        )
        table.add("residual", *cells, None, None, None, pull, None)
        largest = max(largest, abs(pull))
    ax.set_ylim(-1.2 * largest, 1.2 * largest)
    if largest <= 4.0:
        ax.set_yticks([-4, -2, 0, 2, 4])
    ax.grid(False)
    ax.set_ylabel("residual\n" + r"[$\sigma$]")


def _legend(figure: Figure, result: CampaignResult) -> None:
    handles: list[Line2D] = []
    for index, family in enumerate(result.families()):
        handles.append(
            Line2D(
                [],
                [],
                color=family_colour(index),
                marker=family_marker(index),
                linestyle="-",
                markeredgecolor="white",
                label=family_math(result, family),
            )
        )
    names = {p.name: p.label for point in result.points for p in point.predictions if p.name in LINE_STYLES}
    names |= {curve.name: curve.label for curve in result.curves}
    for name, label in names.items():
        dashed = LINE_STYLES.get(name, ":") == "--"
        handles.append(
            Line2D(
                [],
                [],
                color=INK if dashed else FAINT,
                linestyle=LINE_STYLES.get(name, ":"),
                linewidth=0.9 if dashed else 1.6,
                label=label,
            )
        )
    if result.critical_drives:
        handles.append(
            Line2D([], [], color=FAINT, marker="|", markersize=11, linestyle="", label="critical drive")
        )
    if any(True for _ in result.measured()):
        handles.append(Line2D([], [], color=FAINT, marker="o", linestyle="", label="measured"))
    figure.legend(handles=handles, loc="outside lower center", ncols=3)
