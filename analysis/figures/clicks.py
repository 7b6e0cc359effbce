"""Click rates: how many clicks a trajectory costs when photons are counted, and when the displaced field is.

In the occupied well a displaced channel clicks only for real heating and cooling events, while plain
counting clicks for every photon that leaks out; the ratio is the saving in work for one and the same
ensemble average.
"""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from wellhop.analysis.figures.drawn import DrawnTable
from wellhop.analysis.figures.labels import (
    family_math,
    parameter_cells,
    parameter_columns,
    parameter_math,
    position,
    rate_column,
)
from wellhop.analysis.figures.style import (
    FAINT,
    family_colour,
    family_marker,
    house_style,
    new_figure,
    whole_decades,
)
from wellhop.analysis.measurement import Measurement
from wellhop.analysis.result import CampaignResult, PointResult


def total_click_rate(measurement: Measurement | None) -> float | None:
    """Clicks of all channels together per unit of time; ``None`` where none were counted."""
    if measurement is None or not measurement.click_rates:
        return None
    return sum(estimate.value for estimate in measurement.click_rates.values())


def draw_clicks(result: CampaignResult) -> tuple[Figure, DrawnTable]:
    """Click rates of both unravellings against the swept parameter, and their ratio where both ran.

    Returns:
        The figure, and a table with one row per point and unravelling (series ``displaced``, ``counting``),
        the rate of each channel (series ``displaced loss``, ...), and the series ``ratio``.
    """
    columns = parameter_columns(result)
    table = DrawnTable(("series", *columns, rate_column(result, "click_rate"), "counting / displaced"))
    both = any(total_click_rate(p.measurement) and total_click_rate(p.counting) for p in result.points)
    with house_style():
        figure = new_figure(height=4.8 if both else 3.6)
        if both:
            top, bottom = figure.subplots(2, 1, sharex=True, height_ratios=[2.0, 1.0])
        else:
            top = bottom = figure.subplots()
        for point in result.points:
            _draw_point(top, bottom if both else None, result, point, table)
        top.set_yscale("log")
        whole_decades(top)
        top.set_ylabel("clicks per unit of time" + (f" [${result.unit}$]" if result.unit else ""))
        if both:
            bottom.set_yscale("log")
            whole_decades(bottom)
            bottom.set_ylabel("counting\n/ displaced")
        sweep = result.sweep_parameter
        bottom.set_xlabel(parameter_math(result, sweep) if sweep else "point")
        _legend(figure, result)
    return figure, table


def _draw_point(
    top: Axes, bottom: Axes | None, result: CampaignResult, point: PointResult, table: DrawnTable
) -> None:
    index = result.families().index(result.family_of(point))
    colour, marker, scale = family_colour(index), family_marker(index), result.scale(point)
    cells = parameter_cells(result, point)
    x = position(result, point)
    totals = {}
    for name, measurement in (("displaced", point.measurement), ("counting", point.counting)):
        total = total_click_rate(measurement)
        if measurement is None or total is None:
            continue
        totals[name] = total
        table.add(name, *cells, total / scale, None)
        for channel, estimate in measurement.click_rates.items():
            table.add(f"{name} {channel}", *cells, estimate.value / scale, None)
        if total > 0:
            fill = colour if name == "displaced" else "white"
            top.plot([x], [total / scale], marker, color=colour, markerfacecolor=fill, zorder=3)
    if bottom is not None and len(totals) == 2 and totals["displaced"] > 0:
        ratio = totals["counting"] / totals["displaced"]
        bottom.plot([x], [ratio], marker, color=colour, zorder=3)
        table.add("ratio", *cells, None, ratio)


def _legend(figure: Figure, result: CampaignResult) -> None:
    handles = [
        Line2D(
            [],
            [],
            color=family_colour(i),
            marker=family_marker(i),
            linestyle="",
            label=family_math(result, family),
        )
        for i, family in enumerate(result.families())
    ]
    if any(total_click_rate(point.counting) for point in result.points):
        handles.append(
            Line2D([], [], color=FAINT, marker="o", markerfacecolor="white", linestyle="", label="counting")
        )
    handles.append(Line2D([], [], color=FAINT, marker="o", linestyle="", label="displaced"))
    figure.legend(handles=handles, loc="outside lower center", ncols=3)
