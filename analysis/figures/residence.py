"""Histograms of residence times with the exponential they should follow.

A run of finite length cuts long residences off, so the bare histogram of finished residences leans to short
times. The density drawn here is taken from the Kaplan-Meier survival instead, f = [S(t_i) - S(t_i+1)] /
(t_i+1 - t_i), which counts the unfinished ones as long as they were seen; without cut-off residences it is
the ordinary normalised histogram. Error bars are the central 68 % Poisson limits of the number of switches
in the bin.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from wellhop.analysis.figures.drawn import DrawnTable
from wellhop.analysis.figures.labels import (
    number_math,
    parameter_cells,
    parameter_columns,
    point_math,
    rate_column,
    time_column,
    time_math,
)
from wellhop.analysis.figures.style import INK, family_colour, house_style, new_figure
from wellhop.analysis.rates import poisson_limits
from wellhop.analysis.result import CampaignResult, PointResult
from wellhop.analysis.survival import SurvivalCurve

_ONE_SIGMA = 0.6827


@dataclass(frozen=True)
class ResidenceHistogram:
    """Density of residence times.

    Attributes:
        edges: (n + 1,) bin edges, in time units. counts: (n,) switches in each bin.
        density, lower, upper: (n,) probability per time with 68 % Poisson limits; empty bins have density 0.
    """

    edges: npt.NDArray[np.float64]
    counts: npt.NDArray[np.int64]
    density: npt.NDArray[np.float64]
    lower: npt.NDArray[np.float64]
    upper: npt.NDArray[np.float64]


def residence_histogram(curve: SurvivalCurve, rate: float) -> ResidenceHistogram:
    """Histogram of a survival curve in bins of equal width up to 7 mean residence times.

    Args:
        curve: Kaplan-Meier estimate. rate: escape rate that sets the width of the bins, > 0.
    """
    switches = curve.switched.astype(np.int64)
    last = float(curve.times[switches > 0].max()) if np.any(switches) else 1.0 / rate
    end = min(last * (1 + 1e-12), 7.0 / rate)
    bins = int(np.clip(np.sqrt(switches.sum()), 4, 18))
    edges = np.linspace(0.0, end, bins + 1)
    counts = np.histogram(curve.times, edges, weights=switches)[0].astype(np.int64)
    after = np.searchsorted(curve.times, edges, side="right")
    survival = np.concatenate([[1.0], curve.survival])[after]
    width = np.diff(edges)
    density = -np.diff(survival) / width
    lower, upper = np.array([poisson_limits(int(n), _ONE_SIGMA) for n in counts]).T
    per_count = np.divide(density, counts, out=np.zeros(len(counts)), where=counts > 0)
    return ResidenceHistogram(edges, counts, density, lower * per_count, upper * per_count)


def draw_residence(result: CampaignResult, most: int = 6) -> tuple[Figure, DrawnTable]:
    """Residence-time densities of up to ``most`` points that span the rates, each with its fitted
    exponential k exp(-k t).

    Returns:
        The figure, and a table with one row per bin.
    """
    shown = _spanning(result, most)
    table = DrawnTable(
        (
            "series",
            *parameter_columns(result),
            time_column(result, "bin_start"),
            time_column(result, "bin_end"),
            "switches",
            rate_column(result, "density"),
            rate_column(result, "lower"),
            rate_column(result, "upper"),
            rate_column(result, "fitted_exponential"),
        )
    )
    columns = min(3, max(1, len(shown)))
    rows = max(1, -(-len(shown) // columns))
    families = result.families()
    with house_style():
        figure = new_figure(height=0.5 + 2.3 * rows if len(shown) > 1 else 3.6)
        axes = figure.subplots(rows, columns, squeeze=False).ravel()
        for ax, (point, curve, rate) in zip(axes, shown, strict=False):
            histogram = residence_histogram(curve, rate)
            _draw_panel(ax, histogram, rate, family_colour(families.index(result.family_of(point))))
            ax.set_title(point_math(result, point), fontsize=8)
            _tabulate(table, result, point, histogram, rate)
        for ax in axes[len(shown) :]:
            ax.remove()
        figure.supxlabel(f"residence time {time_math(result)}", fontsize=9.5)
        figure.supylabel("probability density", fontsize=9.5)
    return figure, table


def has_residence(result: CampaignResult) -> bool:
    """Whether any point has enough switches for a histogram."""
    return bool(_spanning(result, 1))


def _spanning(result: CampaignResult, most: int) -> list[tuple[PointResult, SurvivalCurve, float]]:
    """Points with enough switches for a histogram, evenly spread over the order of their rates, fastest
    first.
    """
    found = []
    for point, measurement in result.measured():
        curve, rate = measurement.survival, measurement.escape_rate
        if curve is not None and rate is not None and rate.value > 0 and curve.switched.sum() >= 8:
            found.append((point, curve, float(rate.value)))
    found.sort(key=lambda item: -item[2])
    if len(found) <= most:
        return found
    picks = np.unique(np.linspace(0, len(found) - 1, most).round().astype(int))
    return [found[i] for i in picks]


def _draw_panel(ax: Axes, histogram: ResidenceHistogram, rate: float, colour: str) -> None:
    filled = histogram.counts > 0
    centre = 0.5 * (histogram.edges[1:] + histogram.edges[:-1])[filled]
    half = 0.5 * np.diff(histogram.edges)[filled]
    density = histogram.density[filled]
    bars = np.array([density - histogram.lower[filled], histogram.upper[filled] - density])
    ax.errorbar(
        centre, density, yerr=bars, xerr=half, fmt="o", color=colour, markersize=3.5, linewidth=0.9, capsize=0
    )
    t = np.linspace(0.0, histogram.edges[-1], 100)
    ax.plot(t, rate * np.exp(-rate * t), color=INK, linestyle="--", linewidth=1.1)
    ax.set_yscale("log")
    ax.set_xlim(0.0, histogram.edges[-1])
    text = f"{int(histogram.counts.sum())} switches\n$1/k$ = {number_math(1 / rate)}"
    ax.text(0.96, 0.94, text, transform=ax.transAxes, ha="right", va="top", fontsize=8)
    ax.ticklabel_format(axis="x", style="sci", scilimits=(-3, 4), useMathText=True)
    ax.locator_params(axis="x", nbins=4)


def _tabulate(
    table: DrawnTable, result: CampaignResult, point: PointResult, histogram: ResidenceHistogram, rate: float
) -> None:
    # The bin average of the exponential: what the density is to be compared with.
    fitted = -np.diff(np.exp(-rate * histogram.edges)) / np.diff(histogram.edges)
    scale = result.scale(point)
    table.add_series(
        f"point {point.index}",
        *parameter_cells(result, point),
        histogram.edges[:-1] * scale,
        histogram.edges[1:] * scale,
        histogram.counts.astype(np.float64),
        histogram.density / scale,
        histogram.lower / scale,
        histogram.upper / scale,
        fitted / scale,
    )
