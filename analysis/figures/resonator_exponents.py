"""Rates of a two-photon resonator against 1/η: measured, predicted, and the slope of the closed action."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from wellhop.analysis.exponent_families import ExponentFamily, Source
from wellhop.analysis.figures.drawn import DrawnTable
from wellhop.analysis.figures.labels import family_math
from wellhop.analysis.figures.style import COLOURS, INK, house_style, new_figure, whole_decades
from wellhop.analysis.result import CampaignResult

#: Distance of two ratios at one point, over the range of 1/η.
ASIDE = 0.012
#: Look of a rate of an arm.
_LOOK = {
    ("jumps", "Gamma"): (COLOURS[0], "o", r"$\Gamma$, quantum jumps"),
    ("jumps", "Omega"): (COLOURS[1], "s", r"$\Omega$, quantum jumps"),
    ("langevin drop", "Gamma"): (COLOURS[2], "^", r"$\Gamma$, truncated Wigner (drop)"),
    ("langevin clip", "Gamma"): (COLOURS[3], "v", r"$\Gamma$, truncated Wigner (clip)"),
}


def draw_resonator_exponents(result: CampaignResult) -> tuple[Figure, DrawnTable]:
    """The family with the most points: rates over 1/η; below, measured over predicted; right, the exponents.

    Returns:
        The figure, and a table of every mark (``series`` = what, source, rate).
    """
    family = max(result.exponents, key=lambda f: sum(map(len, f.rows.values())))
    table = DrawnTable(("series", "source", "rate", "1/eta", "value", "lower", "upper"))
    sources = [s for s in _LOOK if s in family.rows]
    with house_style():
        figure = new_figure(height=4.6)
        grid = figure.add_gridspec(2, 2, width_ratios=[1.7, 1.0], height_ratios=[2.3, 1.0])
        upper = figure.add_subplot(grid[0, 0])
        lower = figure.add_subplot(grid[1, 0], sharex=upper)
        right = figure.add_subplot(grid[:, 1])
        inverse = [1.0 / family.size(row.point) for rows in family.rows.values() for row in rows]
        for place, source in enumerate(sources):
            aside = ASIDE * (place - 0.5 * (len(sources) - 1)) * (max(inverse) - min(inverse))
            _draw_rates(upper, lower, source, family, aside, table)
        upper.set_yscale("log")
        whole_decades(upper)
        upper.set_ylabel("rate")
        upper.tick_params(labelbottom=False)
        lower.axhline(1.0, color=INK, linewidth=0.7)
        lower.set(ylabel="measured /\npredicted", xlabel=r"$1/\eta$")
        _draw_exponents(right, sources, family, table)
        figure.suptitle(family_math(CampaignResult("", "", "", ()), family.family), fontsize=9.5)
        figure.legend(handles=_handles(sources), loc="outside lower center", ncols=2)
    return figure, table


def has_resonator_exponents(result: CampaignResult) -> bool:
    """Whether there is anything to draw."""
    return any(any(s in _LOOK for s in family.rows) for family in result.exponents)


def _draw_rates(
    upper: Axes, lower: Axes, source: Source, family: ExponentFamily, aside: float, table: DrawnTable
) -> None:
    """One rate of one arm; its ratios stand ``aside`` so that those of several do not hide each other."""
    colour, marker, _ = _LOOK[source]
    look: dict[str, Any] = {"fmt": marker, "color": colour, "markersize": 4.5, "markeredgecolor": "white", "zorder": 3}
    rows = [row for row in family.rows[source] if row.estimate.value > 0.0]
    known = [
        (1.0 / family.size(r.point), r.prediction.value)
        for r in rows
        if r.prediction is not None and r.prediction.value > 0.0
    ]
    if known:
        x, y = np.array(known).T
        upper.plot(x, y, color=colour, linewidth=1.1, zorder=2)
        for where, value in known:
            table.add("predicted", *source, where, value, None, None)
        steep = y[-1] * np.exp(-family.action * (x - x[-1]))
        upper.plot(x, steep, color=colour, linewidth=0.9, linestyle=":", zorder=1)
        for where, value in zip(x, steep, strict=True):
            table.add("slope of (32)", *source, where, value, None, None)
    for row in rows:
        where, rate = 1.0 / family.size(row.point), row.estimate
        upper.errorbar([where], [rate.value], yerr=[[rate.value - rate.lower], [rate.upper - rate.value]], **look)
        table.add("measured", *source, where, rate.value, rate.lower, rate.upper)
        if row.prediction is not None and row.prediction.value > 0.0:
            value, low, high = (v / row.prediction.value for v in (rate.value, rate.lower, rate.upper))
            lower.errorbar([where + aside], [value], yerr=[[value - low], [high - value]], **look)
            table.add("measured/predicted", *source, where, value, low, high)


def _draw_exponents(ax: Axes, sources: list[Source], family: ExponentFamily, table: DrawnTable) -> None:
    """Sη of every fit as a bar with its interval, the closed form as a line."""
    ax.axvline(family.action, color=INK, linewidth=0.9, linestyle=":", zorder=1)
    table.add("closed form (32)", "", "", None, family.action, None, None)
    for place, source in enumerate(sources):
        colour, marker, _ = _LOOK[source]
        kinds = ((family.fits, "fitted", 0.14, colour), (family.predicted, "fit of the predictions", -0.14, "white"))
        for fits, series, shift, fill in kinds:
            fit = fits.get(source)
            if fit is None:
                continue
            bar = [[fit.action - fit.lower], [fit.upper - fit.action]]
            ax.errorbar(
                [fit.action], [-place + shift], xerr=bar, fmt=marker, color=colour, markersize=4.5, markerfacecolor=fill, zorder=3
            )
            table.add(series, *source, None, fit.action, fit.lower, fit.upper)
    ax.set_yticks([])
    ax.set_ylim(-len(sources) + 0.4, 0.6)
    ax.set_xlabel(r"$S\eta$")
    ax.set_title("exponents (filled: measured)", fontsize=9)


def _handles(sources: list[Source]) -> list[Line2D]:
    handles = [
        Line2D([], [], color=_LOOK[s][0], marker=_LOOK[s][1], linestyle="-", markersize=4.5, label=_LOOK[s][2]) for s in sources
    ]
    return [*handles, Line2D([], [], color=INK, linestyle=":", linewidth=0.9, label=r"$e^{-S}$, Eq. (32)")]
