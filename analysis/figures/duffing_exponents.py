"""Measured rates of a Duffing oscillator against 1/λ: both directions, both engines, predictions and slopes."""

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

#: Distance of two ratios at one point, over the range of 1/λ.
ASIDE = 0.012
#: Panels: the rates, and where they lead out of.
PANELS = {"k_LH": "out of LAS", "k_HL": "out of HAS"}
#: Colour, marker, and names of the measured and the predicted rates of an arm.
_LOOK = {
    "jumps": (COLOURS[0], "o", "quantum jumps; line: Liouvillian", "slope of the quantum action"),
    "langevin": (COLOURS[1], "s", "Langevin; line: truncated Wigner", "slope of the classical instanton"),
}


def draw_duffing_exponents(result: CampaignResult) -> tuple[Figure, DrawnTable]:
    """The family with the most points: rates over 1/λ; middle, measured over predicted; below, the exponents.

    Returns:
        The figure, and a table of every mark (``series`` = what, arm, rate).
    """
    family = max(result.exponents, key=lambda f: sum(map(len, f.rows.values())))
    table = DrawnTable(("series", "arm", "rate", "1/lam", "value", "lower", "upper"))
    arms = [arm for arm in _LOOK if any(source[0] == arm for source in family.rows)]
    inverse = [1.0 / family.size(row.point) for rows in family.rows.values() for row in rows]
    span = max(inverse) - min(inverse)
    with house_style():
        figure = new_figure(height=5.6)
        axes = figure.subplots(3, 2, height_ratios=[2.4, 1.0, 0.8], squeeze=False)
        for column, (name, words) in enumerate(PANELS.items()):
            upper, middle, lower = axes[:, column]
            middle.sharex(upper)
            for place, arm in enumerate(arms):
                aside = ASIDE * (place - 0.5 * (len(arms) - 1)) * span
                if (arm, name) in family.rows:
                    _draw_rates(upper, middle, (arm, name), family, aside, table)
            upper.set_yscale("log")
            whole_decades(upper)
            upper.set_title(words)
            upper.tick_params(labelbottom=False)
            middle.axhline(1.0, color=INK, linewidth=0.7)
            middle.set_xlabel(r"$1/\lambda$")
            _draw_exponents(lower, name, arms, family, table)
        over = r"/\Delta\omega" if result.unit else ""
        axes[0, 0].set_ylabel(f"$k{over}$")
        axes[1, 0].set_ylabel("measured /\npredicted")
        constant = tuple((n, v) for n, v in family.family if n != result.unit and (n != "eta" or v != 0.0))
        figure.suptitle(family_math(CampaignResult("", "", "", ()), constant), fontsize=9.5)
        figure.legend(handles=_handles(arms, family), loc="outside lower center", ncols=2)
    return figure, table


def has_duffing_exponents(result: CampaignResult) -> bool:
    """Whether there is anything to draw."""
    return any(("jumps", name) in f.rows or ("langevin", name) in f.rows for f in result.exponents for name in PANELS)


def _draw_rates(
    upper: Axes, lower: Axes, source: Source, family: ExponentFamily, aside: float, table: DrawnTable
) -> None:
    """One rate of one arm; its ratios stand ``aside`` so that those of the other arm do not hide them."""
    arm, _ = source
    colour, marker, _, _ = _LOOK[arm]
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
        if source in family.actions:
            steep = y[-1] * np.exp(-family.actions[source] * (x - x[-1]))
            upper.plot(x, steep, color=colour, linewidth=0.9, linestyle=":", zorder=1)
            for where, value in zip(x, steep, strict=True):
                table.add("slope of the action", *source, where, value, None, None)
    for row in rows:
        where = 1.0 / family.size(row.point)
        value, low, high = row.estimate.value, row.estimate.lower, row.estimate.upper
        upper.errorbar([where], [value], yerr=[[value - low], [high - value]], **look)
        table.add("measured", *source, where, value, low, high)
        if row.prediction is not None and row.prediction.valid and row.prediction.value > 0.0:
            value, low, high = (v / row.prediction.value for v in (value, low, high))
            lower.errorbar([where + aside], [value], yerr=[[value - low], [high - value]], **look)
            table.add("measured/predicted", *source, where, value, low, high)


def _draw_exponents(ax: Axes, name: str, arms: list[str], family: ExponentFamily, table: DrawnTable) -> None:
    """R of every fit as a bar with its interval, the action for λ -> 0 as a tick."""
    for place, arm in enumerate(arms):
        source, (colour, marker, _, _) = (arm, name), _LOOK[arm]
        if source in family.actions:
            action = family.actions[source]
            ax.plot([action, action], [-place - 0.35, -place + 0.35], color=colour, linewidth=1.0, linestyle=":")
            table.add("action", *source, None, action, None, None)
        kinds = (
            (family.fits, "fitted", 0.14, colour),
            (family.predicted, "fit of the predictions", -0.14, "white"),
        )
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
    ax.set_ylim(-len(arms) + 0.4, 0.6)
    ax.set_xlabel(rf"$R$ of ${name[0]}_\mathrm{{{name[2:]}}}$")


def _handles(arms: list[str], family: ExponentFamily) -> list[Line2D]:
    handles = []
    for arm in arms:
        colour, marker, measured, slope = _LOOK[arm]
        handles.append(Line2D([], [], color=colour, marker=marker, linestyle="-", markersize=4.5, label=measured))
        if any(source[0] == arm for source in family.actions):
            handles.append(Line2D([], [], color=colour, linestyle=":", linewidth=0.9, label=slope))
    return handles
