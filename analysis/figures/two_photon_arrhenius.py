"""Arrhenius plot of the directed rates: two dynamics, two exponents.

Quantum jumps follow the Liouvillian and S^Q, Langevin trajectories the truncated Wigner generator and S^TWA. Rates on top;
measured over generator; slopes -d ln k/d(1/U), which tend to the actions as U -> 0: local ones of the generators, mean ones
over the measured range of the trajectories.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from wellhop.analysis.estimate import RateEstimate
from wellhop.analysis.figures.drawn import DrawnTable
from wellhop.analysis.figures.job import DrawnFigure
from wellhop.analysis.figures.style import COLOURS, FAINT, INK, house_style, new_figure, whole_decades
from wellhop.analysis.two_photon_actions import WellActions

FloatArray = npt.NDArray[np.float64]

#: Directions, their titles, and which action belongs to each.
DIRECTIONS = {"k_v": ("vacuum to bright, $k_v$", "vacuum"), "k_b": ("bright to vacuum, $k_b$", "bright")}
#: Shift of the ratios of either family, in shares of the measured range.
ASIDE = 0.006
#: Colour and marker of each dynamics, and the dashes of the actions.
_LOOK = {"exact": (COLOURS[0], "o"), "twa": (COLOURS[1], "s"), "ansatz": (FAINT, "")}
_CURVES = {"exact": "Liouvillian", "twa": "operator TWA"}
_POINTS = {"exact": "quantum jumps", "twa": "Langevin"}
_ACTIONS = {"exact": r"$S^\mathrm{Q}$", "twa": r"$S^\mathrm{TWA}$", "ansatz": r"$S^\mathrm{ansatz}$"}


@dataclass(frozen=True)
class ArrheniusCurve:
    """Rates of a generator without sampling.

    Attributes:
        inverse: (n,) ascending, unit 1/γ. rates: name -> (n,) values in γ.
    """

    inverse: FloatArray
    rates: Mapping[str, FloatArray]


@dataclass(frozen=True)
class ArrheniusPoint:
    """Measured rates at one U and those of the generator, in units of γ."""

    inverse: float
    rates: Mapping[str, RateEstimate]
    expected: Mapping[str, float]


@dataclass(frozen=True)
class MeanSlope:
    """-d ln k/d(1/U) by weighted least squares over a measured range.

    Attributes:
        centre, first, last: 1/U. value, error: slope and its standard error.
    """

    centre: float
    first: float
    last: float
    value: float
    error: float


def draw_arrhenius(
    curves: Mapping[str, ArrheniusCurve],
    points: Mapping[str, Sequence[ArrheniusPoint]],
    actions: Mapping[str, WellActions],
    title: str,
    notes: Sequence[str] = (),
) -> DrawnFigure:
    """Rates k_v and k_b against 1/U.

    Args:
        curves: ``exact`` and ``twa``. points: the same keys, in the order of 1/U. actions: the same and ``ansatz``.
        title: parameters. notes: more sentences for the table.

    Returns:
        Series ``<quantity> <family>``: ``rate`` and ``ratio`` (to the generator) with their limits, ``slope`` at the middle of
        two neighbours, or the mean one with one standard error either side, ``action``.
    """
    table = DrawnTable(("series", "direction", "1/U [1/gamma]", "value", "lower", "upper"))
    with house_style():
        figure = new_figure(height=6.6)
        axes = figure.subplots(3, 2, sharex=True, sharey="row", height_ratios=[2.3, 0.8, 1.1])
        for column, (name, (label, start)) in enumerate(DIRECTIONS.items()):
            upper, middle, lower = axes[:, column]
            for family, curve in curves.items():
                _draw_curve(upper, lower, family, name, curve, table)
            for family, measured in points.items():
                _draw_points(upper, middle, lower, family, name, measured, table)
            for family, action in actions.items():
                _draw_action(upper, lower, family, name, float(getattr(action, start)), curves, table)
            upper.set_yscale("log")
            upper.set_title(label)
            middle.axhline(1.0, color=INK, linewidth=0.7, zorder=1)
            lower.set_xlabel(r"$\gamma/U$")
        # both panels share the axis, so only now does it hold all rates
        whole_decades(axes[0, 0])
        every = [s for action in actions.values() for s in (action.vacuum, action.bright)]
        slopes = [mean_slope(measured, name) for measured in points.values() for name in DIRECTIONS]
        every += [m.value + sign * m.error for m in slopes if m is not None for sign in (-1.0, 1.0)]
        room = 0.15 * (max(every) - min(every))
        axes[2, 0].set_ylim(min(every) - room, max(every) + room)
        axes[0, 0].set_ylabel(r"rate $/\gamma$")
        axes[1, 0].set_ylabel("measured /\ngenerator")
        axes[2, 0].set_ylabel(r"$-\mathrm{d}\ln k\,/\,\mathrm{d}(\gamma/U)$")
        figure.suptitle(title, fontsize=9.5)
        figure.legend(handles=_handles(points, actions), loc="outside lower center", ncols=4, fontsize=8)
    return DrawnFigure(figure, table, tuple(notes))


def mean_slope(points: Sequence[ArrheniusPoint], name: str) -> MeanSlope | None:
    """Weighted straight line through ln k; None with fewer than two rates."""
    kept = [p for p in points if p.rates[name].value > 0.0]
    if len(kept) < 2:
        return None
    x = np.array([p.inverse for p in kept])
    log = np.log([p.rates[name].value for p in kept])
    weight = np.array([p.rates[name].relative_error for p in kept]) ** -2
    centre = float(np.average(x, weights=weight))
    spread = float((weight * (x - centre) ** 2).sum())
    return MeanSlope(centre, x.min(), x.max(), -float((weight * (x - centre) * log).sum()) / spread, spread**-0.5)


def _draw_curve(upper: Axes, lower: Axes, family: str, name: str, curve: ArrheniusCurve, table: DrawnTable) -> None:
    colour = _LOOK[family][0]
    x, rate = curve.inverse, curve.rates[name]
    upper.plot(x, rate, color=colour, linewidth=1.3)
    table.add_series(f"rate {_CURVES[family]}", name, x, rate, None, None)
    middle, slope = 0.5 * (x[1:] + x[:-1]), -np.diff(np.log(rate)) / np.diff(x)
    lower.plot(middle, slope, color=colour, linewidth=1.3)
    table.add_series(f"slope {_CURVES[family]}", name, middle, slope, None, None)


def _draw_points(
    upper: Axes, middle: Axes, lower: Axes, family: str, name: str, points: Sequence[ArrheniusPoint], table: DrawnTable
) -> None:
    colour, marker = _LOOK[family]
    aside = {"exact": -1.0, "twa": 1.0}[family] * ASIDE * (points[-1].inverse - points[0].inverse) if points else 0.0
    look: dict[str, Any] = {"color": colour, "markeredgecolor": "white", "markeredgewidth": 0.5, "zorder": 4}
    for point in points:
        rate, expected = point.rates[name], point.expected[name]
        if not rate.value > 0.0:
            continue
        for ax, unit, series in ((upper, 1.0, "rate"), (middle, expected, "ratio")):
            value, low, high = rate.value / unit, rate.lower / unit, rate.upper / unit
            # both families at one U stay side by side
            place = point.inverse + (aside if ax is middle else 0.0)
            ax.errorbar([place], [value], yerr=[[value - low], [high - value]], fmt=marker, **look)
            table.add(f"{series} {_POINTS[family]}", name, point.inverse, value, low, high)
    mean = mean_slope(points, name)
    if mean is not None:
        reach = [[mean.centre - mean.first], [mean.last - mean.centre]]
        lower.errorbar([mean.centre], [mean.value], xerr=reach, yerr=[mean.error], fmt=marker, elinewidth=1.0, **look)
        table.add(
            f"slope {_POINTS[family]}", name, mean.centre, mean.value, mean.value - mean.error, mean.value + mean.error
        )


def _draw_action(
    upper: Axes, lower: Axes, family: str, name: str, action: float, curves: Mapping[str, ArrheniusCurve], table: DrawnTable
) -> None:
    """exp(-S/U) through the last point of its own curve (that of the ansatz: of the truncated Wigner equation), and S."""
    colour = _LOOK[family][0]
    curve = curves["twa" if family == "ansatz" else family]
    x, rate = curve.inverse, curve.rates[name]
    style = ":" if family == "ansatz" else "--"
    upper.plot(x, rate[-1] * np.exp(-action * (x - x[-1])), linestyle=style, color=colour, linewidth=1.0)
    lower.axhline(action, linestyle=style, color=colour, linewidth=1.0)
    table.add(f"action {_ACTION_NAMES[family]}", name, None, action, None, None)


_ACTION_NAMES = {"exact": "S_Q", "twa": "S_TWA", "ansatz": "S_ansatz"}


def _handles(points: Mapping[str, Sequence[ArrheniusPoint]], actions: Mapping[str, WellActions]) -> list[Line2D]:
    handles = []
    for family in _CURVES:
        colour, marker = _LOOK[family]
        if points.get(family):
            handles.append(
                Line2D([], [], color=colour, marker=marker, linestyle="", markeredgecolor="white", label=_POINTS[family])
            )
        handles.append(Line2D([], [], color=colour, linewidth=1.3, label=_CURVES[family]))
    for family in actions:
        style: Literal[":", "--"] = ":" if family == "ansatz" else "--"
        handles.append(Line2D([], [], color=_LOOK[family][0], linestyle=style, linewidth=1.0, label=_ACTIONS[family]))
    handles.append(Line2D([], [], color=INK, marker="|", linestyle="", markersize=8, label="95 % (slopes: 1 s.e., range)"))
    return handles
