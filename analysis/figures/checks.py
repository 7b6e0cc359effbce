"""Systematic checks: does the answer move with the size of the space, the core threshold, the burn-in or
the estimator?

There is no time step to check: the waiting times between clicks are exact. Only panels that have something
to show are drawn.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import NullFormatter

from wellhop.analysis.estimate import RateEstimate
from wellhop.analysis.figures.drawn import DrawnTable
from wellhop.analysis.figures.labels import (
    family_math,
    parameter_cells,
    parameter_columns,
    parameter_math,
    position,
    time_math,
)
from wellhop.analysis.figures.staircase import reference_name
from wellhop.analysis.figures.style import (
    BAND,
    FAINT,
    INK,
    family_colour,
    family_marker,
    house_style,
    new_figure,
)
from wellhop.analysis.measurement import Measurement
from wellhop.analysis.result import CampaignResult, PointResult

_ESTIMATORS = (("autocorrelation", "o", INK), ("residence", "s", "#d55e00"), ("ensemble", "^", "#009e73"))
#: Below this a relative difference is round-off of the eigenvalue and is drawn at the floor.
_FLOOR = 1e-14


def draw_checks(result: CampaignResult) -> tuple[Figure, DrawnTable]:
    """Up to five panels: size of the space, core threshold, burn-in, first lag, estimators.

    Rates are divided by the prediction that residuals are taken against, or, without one, by the measured
    decay rate.

    Returns:
        The figure, and a table with the series ``cutoff``, ``manifolds``, ``core threshold``, ``burn-in``,
        ``first lag`` and ``estimator: ...``; ``setting`` is the number that was
        varied (times in units of 1/kappa), ``ratio`` the rate
        over the reference.
    """
    table = DrawnTable(("series", *parameter_columns(result), "setting", "ratio - 1", "lower", "upper"))
    panels = [panel for panel, present in _PANELS if present(result)]
    rows = max(1, -(-len(panels) // 2))
    with house_style():
        figure = new_figure(height=0.9 + 2.6 * rows if panels else 1.5)
        columns = 2 if len(panels) > 1 else 1
        grid = figure.add_gridspec(rows, columns)
        for number, panel in enumerate(panels):
            row, column = divmod(number, columns)
            # A last panel without a neighbour takes the whole row.
            alone = number == len(panels) - 1 and column == 0
            panel(figure.add_subplot(grid[row, :] if alone else grid[row, column]), result, table)
        handles = [
            Line2D([], [], color=family_colour(i), marker=family_marker(i), linestyle="-",
                   label=family_math(result, family))
            for i, family in enumerate(result.families())
        ]  # fmt: skip
        if panels:
            figure.legend(handles=handles, loc="outside lower center", ncols=3)
    return figure, table


def has_checks(result: CampaignResult) -> bool:
    """Whether any panel has something to show."""
    return any(present(result) for _, present in _PANELS)


def reference_rate(result: CampaignResult, point: PointResult) -> float | None:
    """Rate that a point's estimates are divided by; ``None`` if there is neither a prediction nor a
    measured rate.
    """
    prediction = point.prediction(reference_name(result))
    if prediction is not None and prediction.value > 0:
        return float(prediction.value)
    if point.measurement is not None and point.measurement.decay_rate.value > 0:
        return float(point.measurement.decay_rate.value)
    return None


def _truncation(ax: Axes, result: CampaignResult, table: DrawnTable) -> None:
    families = result.families()
    for point in result.points:
        index = families.index(result.family_of(point))
        cells = parameter_cells(result, point)
        x = position(result, point)
        for check in point.truncation:
            difference = check.relative_difference
            fill = family_colour(index) if check.kind == "manifolds" else "white"
            ax.plot([x], [max(abs(difference), _FLOOR)], family_marker(index), color=family_colour(index),
                    markerfacecolor=fill)  # fmt: skip
            table.add(check.kind, *cells, check.size, difference, None, None)
    ax.set_yscale("log")
    ax.set_xlabel(parameter_math(result, result.sweep_parameter))
    ax.set_ylabel("|relative difference|")
    ax.set_title("size of the space")
    kinds = {check.kind for point in result.points for check in point.truncation}
    names = {"cutoff": "more Fock states", "manifolds": "manifolds kept"}
    handles = [
        Line2D([], [], color=FAINT, marker="o", linestyle="", label=names[kind],
               markerfacecolor=FAINT if kind == "manifolds" else "white")
        for kind in sorted(kinds)
    ]  # fmt: skip
    # Room above the marks, so that the key never covers one.
    low, high = ax.get_ylim()
    ax.set_ylim(low, high * (high / low) ** 0.35)
    ax.legend(handles=handles, loc="upper left", ncols=2, fontsize=7.5)


def _threshold(ax: Axes, result: CampaignResult, table: DrawnTable) -> None:
    _scan(ax, result, table, "core threshold", lambda m: iter(m.core_scan))
    ax.set_xlabel(r"core threshold $|\langle X\rangle|$")
    ax.set_title("residence times against core threshold")


def _burn_in(ax: Axes, result: CampaignResult, table: DrawnTable) -> None:
    _scan(ax, result, table, "burn-in", lambda m: iter(m.burn_in_scan))
    ax.set_xlabel(f"burn-in {_clock_math(result)}")
    ax.set_title("decay rate against burn-in")


def _first_lag(ax: Axes, result: CampaignResult, table: DrawnTable) -> None:
    _scan(ax, result, table, "first lag", lambda m: iter(m.lag_scan))
    # Slow points are sampled coarsely, so their shortest lag is thousands of relaxation times.
    ax.set_xscale("log")
    # Less than two powers of ten: matplotlib would label every tick between them, one over the other.
    low, high = np.log10(ax.get_xlim())
    if np.floor(high) - np.ceil(low) < 1:
        ax.set_xlim(10.0 ** np.floor(low), 10.0 ** max(np.ceil(high), np.floor(low) + 1))
    ax.xaxis.set_minor_formatter(NullFormatter())
    ax.set_xlabel(f"first lag {_clock_math(result)}")
    ax.set_title("decay rate against the first lag")


def _clock(result: CampaignResult, point: PointResult) -> float:
    """Rate that times of the scans are multiplied by: the damping where a point has one, else the unit."""
    return float(point.parameters.get("kappa", result.scale(point)))


def _clock_math(result: CampaignResult) -> str:
    damped = all("kappa" in point.parameters for point in result.points)
    return r"$\kappa\,t$" if damped else time_math(result)


def _scan(
    ax: Axes,
    result: CampaignResult,
    table: DrawnTable,
    series: str,
    scan: Callable[[Measurement], Iterator[tuple[float, RateEstimate]]],
) -> None:
    families = result.families()
    for point, measurement in result.measured():
        reference = reference_rate(result, point)
        entries = [(setting, e) for setting, e in scan(measurement) if np.isfinite(e.value) and e.value > 0]
        if reference is None or not entries:
            continue
        scale = 1.0 if series == "core threshold" else _clock(result, point)
        index = families.index(result.family_of(point))
        x = np.array([setting for setting, _ in entries]) * scale
        y = np.array([e.value for _, e in entries]) / reference - 1.0
        ax.plot(
            x,
            y,
            marker=family_marker(index),
            color=family_colour(index),
            markersize=3,
            linewidth=0.8,
            alpha=0.8,
        )
        for setting, (_, e), ratio in zip(x, entries, y, strict=True):
            table.add(series, *parameter_cells(result, point), setting, ratio, e.lower / reference - 1.0,
                      e.upper / reference - 1.0)  # fmt: skip
    ax.axhline(0.0, color=INK, linewidth=0.8)
    ax.set_ylabel("rate / reference - 1")


def _estimators(ax: Axes, result: CampaignResult, table: DrawnTable) -> None:
    entries = [(p, m, r) for p, m in result.measured() if (r := reference_rate(result, p)) is not None]
    for row, (point, measurement, reference) in enumerate(entries):
        if row % 2:
            ax.axvspan(row - 0.5, row + 0.5, color=BAND, alpha=0.5, linewidth=0)
        for shift, (name, marker, colour) in zip((-0.25, 0.0, 0.25), _ESTIMATORS, strict=True):
            estimate = estimator(measurement, name)
            if estimate is None or not (np.isfinite(estimate.value) and estimate.value > 0):
                continue
            ratio, low, high = (v / reference - 1.0 for v in (estimate.value, estimate.lower, estimate.upper))
            ax.errorbar([row + shift], [ratio], yerr=[[ratio - low], [high - ratio]], fmt=marker,
                        color=colour, markersize=3, linewidth=0.8, capsize=0)  # fmt: skip
            table.add(f"estimator: {name}", *parameter_cells(result, point), None, ratio, low, high)
    limit = _range_of(table)
    ax.set_ylim(-limit, limit)
    ax.axhline(0.0, color=INK, linewidth=0.8)
    ax.set_xlim(-0.6, len(entries) - 0.4)
    ax.set_xticks(range(len(entries)), [str(point.index) for point, _, _ in entries])
    ax.grid(False, axis="x")
    ax.set_xlabel("point")
    ax.set_ylabel("rate / reference - 1")
    ax.set_title("estimators")
    handles = [
        Line2D([], [], color=colour, marker=marker, linestyle="", label=name)
        for name, marker, colour in _ESTIMATORS
    ]
    # Above the axes, beside the title: inside, an open bar may pass anywhere.
    ax.legend(
        handles=handles,
        loc="lower right",
        bbox_to_anchor=(1.0, 1.0),
        ncols=3,
        fontsize=7.5,
        columnspacing=1.0,
    )


def _range_of(table: DrawnTable) -> float:
    """Half height of the estimator panel: all bars of the two sharp estimators, and every value up to 100 %.

    The ensemble decay can be ten times less certain than the others; its bars may leave the panel.
    """
    sharp = [
        np.abs(table.numbers(column, series=f"estimator: {name}"))
        for name in ("autocorrelation", "residence")
        for column in ("lower", "upper")
    ]
    loose = np.minimum(np.abs(table.numbers("ratio - 1", series="estimator: ensemble")), 1.0)
    found = np.concatenate([*sharp, loose])
    found = found[np.isfinite(found)]
    return 1.2 * float(found.max()) if len(found) and found.max() > 0 else 0.1


def estimator(measurement: Measurement, name: str) -> RateEstimate | None:
    """Gamma of a measurement by ``"autocorrelation"``, ``"residence"`` or ``"ensemble"``."""
    if name == "autocorrelation":
        # Where that resolved nothing the headline is one of the other two.
        return measurement.decay_rate if name in measurement.decay_rate.method else None
    return measurement.residence if name == "residence" else measurement.ensemble


_PANELS: tuple[
    tuple[Callable[[Axes, CampaignResult, DrawnTable], None], Callable[[CampaignResult], bool]], ...
] = (
    (_truncation, lambda result: any(point.truncation for point in result.points)),
    (_threshold, lambda result: any(m.core_scan for _, m in result.measured())),
    (_burn_in, lambda result: any(m.burn_in_scan for _, m in result.measured())),
    (_first_lag, lambda result: any(m.lag_scan for _, m in result.measured())),
    (_estimators, lambda result: any(reference_rate(result, p) is not None for p, _ in result.measured())),
)
