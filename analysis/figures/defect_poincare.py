"""Fig. 4 of the paper: two ways to the same limit cycle, and where a start on the positive axis first comes back to it.

The map is linear in two pieces, exactly. With the printed Δ_d = +2.5 MHz every start is back after half a turn and there is no
partition; the paper's numbers need -2.5 MHz.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from wellhop.analysis.defect_poincare import PoincareMap, poincare_map
from wellhop.analysis.defect_propagator import mean
from wellhop.analysis.figures.defect_axes import (
    MODEL,
    REDUCED_ONLY,
    TRAJECTORY,
    Y_MATH,
    circle,
    limit_cycle_style,
    parameters_math,
    phase_space,
)
from wellhop.analysis.figures.drawn import DrawnTable
from wellhop.analysis.figures.job import DrawnFigure, FigureJob, FigureOptions, Setting
from wellhop.analysis.figures.layout import heading, minor_ticks, panel_letter
from wellhop.analysis.figures.style import COLOURS, FAINT, INK, house_style, new_figure
from wellhop.engine.errors import ParameterError
from wellhop.engine.systems.driven_qubit_tls import DrivenQubitTLS

_COLUMNS = ("series", "panel", "x", "y", "start", "P", "time [us]", "slope")
#: Starts of panels (a) and (b), and the least range of starts of (c).
STARTS, LARGEST = (0.0, 1.0), 1.5
#: Detuning that the paper prints for this figure.
PRINTED = 2.5
#: Decay times followed, and dots per turn.
_DECAYS, _DOTS = 4.0, 40
_RETURN: dict[str, Any] = {
    "marker": "s",
    "color": "#c020a0",
    "markeredgecolor": "white",
    "markersize": 7.0,
    "linestyle": "",
}


def draw_poincare(options: FigureOptions) -> DrawnFigure:
    """Two trajectories and the map.

    Returns:
        The figure; the table has the series ``trajectory``, ``return`` and ``limit cycle`` of panels a and b, and of panel c
        ``map``, ``branch`` (its slope and return time, from its lower end), ``partition``, ``fixed point`` and ``map, detuning
        reversed``.

    Raises:
        ParameterError: Δ_d = 0.
    """
    detuning = options["Delta_d"]
    if detuning == 0.0:
        raise ParameterError("Delta_d", detuning, "a number other than 0", "on resonance mu never comes back")
    system = DrivenQubitTLS(detuning, options["Omega"])
    reversed_detuning = DrivenQubitTLS(-detuning, options["Omega"])
    found, other = poincare_map(system), poincare_map(reversed_detuning)
    table = DrawnTable(_COLUMNS)
    radius = abs(system.mu_ss)
    seen = [1.1 * max(s, found(s).point) for s in STARTS]
    reach = math.ceil(10.0 * max(1.12, 1.3 * radius, *seen)) / 10.0
    with house_style():
        figure = new_figure(height=4.0)
        axes = figure.subplots(1, 3, width_ratios=[1.0, 1.0, 1.0])
        for ax, letter, start in zip(axes[:2], "ab", STARTS, strict=True):
            _draw_trajectory(ax, table, letter, system, found, start)
            phase_space(ax, reach)
            panel_letter(ax, letter, rf"$\alpha_0={start:g}$")
        axes[0].set_ylabel(Y_MATH)
        _draw_map(axes[2], table, found, other)
        panel_letter(axes[2], "c", r"first return $P(\alpha_0)$")
        _legend(figure, detuning)
        heading(
            figure,
            "Poincaré map of the driven qubit with a defect (Fig. 4)",
            parameters_math(system)
            + rf", $|\mu_\mathrm{{ss}}|={radius:.5f}$. The mean crosses the axis at the same times from every start:",
            rf"$P$ is linear in pieces, with slope $e^{{-st_k}}$. {_pieces(found)}",
            f"{_reversed(other, -detuning)} {REDUCED_ONLY}",
        )
    return DrawnFigure(
        figure,
        table,
        (
            "return: first crossing of the positive x axis after the start, in the frame of the qubit",
            "branch: lower end of a linear piece of the map, with its slope and its time of return",
        ),
    )


def _pieces(found: PoincareMap) -> str:
    """Times of return on either side of the partitions, in words."""
    times = sorted({branch.time for branch in found.branches})
    shown = " or ".join(f"{time:.4f}" for time in times)
    if not found.partitions:
        return rf"Every start is back at {shown} $\mu$s; no partition."
    where = " and ".join(f"{place:.4f}" for place in found.partitions)
    return rf"Partition at {where}: starts are back at {shown} $\mu$s."


def _reversed(other: PoincareMap, detuning: float) -> str:
    """The map with the other sign of the detuning, in words."""
    printed = ", as the paper prints it" if detuning == PRINTED else ""
    count = {0: "no partition", 1: "one partition"}.get(len(other.partitions), "several partitions")
    return f"Detuning reversed (grey){printed}: {count}."


def _draw_trajectory(
    ax: Axes, table: DrawnTable, letter: str, system: DrivenQubitTLS, found: PoincareMap, start: float
) -> None:
    turns = max(1.0, _DECAYS / system.s * abs(system.Delta_d))
    times = np.linspace(0.0, turns / abs(system.Delta_d), round(_DOTS * turns) + 1)
    path = mean(system, times, amplitude=start)
    table.add_series("trajectory", letter, path.real, path.imag, start, None, times, None)
    radius = abs(system.mu_ss)
    ax.plot(*circle(radius), **limit_cycle_style(linestyle="-"), zorder=4)
    table.add("limit cycle", letter, radius, 0.0, None, None, None, None)
    ax.plot(path.real, path.imag, ".", color=TRAJECTORY, markersize=2.6)
    ax.plot([start], [0.0], "o", color=TRAJECTORY, markersize=4.5)
    ax.axhline(0.0, color=FAINT, linewidth=0.7, zorder=0)
    back = found(start)
    ax.plot([back.point], [0.0], **_RETURN, zorder=5)
    ax.text(
        0.04,
        0.96,
        f"$P({start:g})={back.point:.4f}$\nat {back.time:.4f} $\\mu$s",
        transform=ax.transAxes,
        va="top",
        fontsize=8,
    )
    table.add("return", letter, back.point, 0.0, start, back.point, back.time, None)


def _draw_map(ax: Axes, table: DrawnTable, found: PoincareMap, other: PoincareMap) -> None:
    largest = max(LARGEST, *(1.25 * p for p in (*found.fixed_points, *found.partitions, found(0.0).point)))
    drawn: tuple[tuple[str, PoincareMap, dict[str, Any]], ...] = (
        ("map", found, {"color": COLOURS[0], "linewidth": 1.8}),
        ("map, detuning reversed", other, {"color": FAINT, "linewidth": 1.1, "linestyle": (0, (4, 1.6))}),
    )
    for series, one, look in drawn:
        for branch in one.branches:
            ends = np.array([branch.lower, min(branch.upper, largest)])
            if ends[0] >= ends[1]:
                continue
            values = branch.offset + branch.slope * ends
            ax.plot(ends, values, **look)
            table.add_series(series, "c", None, None, ends, values, branch.time, branch.slope)
    for branch in found.branches:
        if branch.lower < largest:
            low = branch.offset + branch.slope * branch.lower
            table.add("branch", "c", None, None, branch.lower, low, branch.time, branch.slope)
            # the label is to the left of its place, and clear of partition and fixed point
            along = 0.98 if branch.lower > 0.0 else 0.85 if found.partitions else 0.5
            place = (1.0 - along) * branch.lower + along * min(branch.upper, largest)
            at = (place, branch.offset + branch.slope * place)
            words = f"slope {branch.slope:.3f}"
            ax.annotate(words, at, (-4, 2), textcoords="offset points", fontsize=7.5, ha="right")
    ax.plot([0.0, largest], [0.0, largest], color=INK, linewidth=0.7, linestyle=":")
    for place in found.partitions:
        if place < largest:
            ax.axvline(place, color=COLOURS[1], linewidth=1.0, linestyle=(0, (1, 1.2)))
            ax.text(place - 0.02, 0.03, f"{place:.4f}", fontsize=8, ha="right", color=COLOURS[1])
            table.add("partition", "c", None, None, place, None, None, None)
    for place in found.fixed_points:
        if place < largest:
            ax.plot([place, place, 0.0], [0.0, place, place], color=INK, linewidth=0.7, linestyle=(0, (4, 2)))
            ax.plot([place], [place], "o", color=INK, markersize=5.0, zorder=5)
            near_edge = place > 0.6 * largest
            ax.annotate(
                f"{place:.5f}", (place, place), (-5 if near_edge else 5, -42 if near_edge else -4),
                textcoords="offset points", fontsize=8, va="top", ha="right" if near_edge else "left",
            )  # fmt: skip
            table.add("fixed point", "c", None, None, place, place, None, None)
    ax.set(xlim=(0.0, largest), ylim=(0.0, largest), xlabel=r"start $\alpha_0$", ylabel=r"$P(\alpha_0)$")
    ax.set_aspect("equal")
    ax.grid(False)
    minor_ticks(ax)


def _legend(figure: Figure, detuning: float) -> None:
    handles = [
        Line2D([], [], color=TRAJECTORY, marker=".", linestyle="", label=r"$\mu(t)$ at equal times"),
        Line2D([], [], color="#222222", label="limit cycle"),
        Line2D([], [], label="first return to the positive axis", **_RETURN),
        Line2D([], [], color=COLOURS[0], linewidth=1.8, label="map"),
        Line2D([], [], color=FAINT, linestyle=(0, (4, 1.6)), label=rf"map at $\Delta_d/2\pi={-detuning:+g}$ MHz"),
        Line2D([], [], color=COLOURS[1], linestyle=(0, (1, 1.2)), label="partition"),
        Line2D([], [], color=INK, linestyle=":", linewidth=0.8, label=r"$P=\alpha_0$"),
        Line2D([], [], color=INK, marker="o", markersize=5, linestyle="", label="fixed point"),
    ]  # fmt: skip
    figure.legend(handles=handles, loc="outside lower center", ncols=4, handlelength=1.6, columnspacing=1.3)


JOB = FigureJob(
    4,
    "Trajectories of the mean and the Poincaré map of its first return (Fig. 4 of the paper)",
    draw_poincare,
    seconds=1.0,
    settings={
        "Delta_d": Setting(-2.5, "detuning over 2 pi in MHz, not 0", minimum=-10.0, maximum=10.0),
        "Omega": Setting(1.0, "drive over 2 pi in MHz", minimum=0.01, maximum=4.0),
    },
    source=f"Eqs. (9), (10) with a minus; map in closed form is ours; {MODEL}",
)
