"""Levels of the quantisation condition against exact ones, and what the reference energy of the classical Hamiltonian does.

The Weyl symbol has E_ref = -K/2; -3K/4 belongs to an operator square and shifts every level by K/4.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from wellhop.analysis.figures.drawn import DrawnTable
from wellhop.analysis.figures.job import DrawnFigure, FigureJob, FigureOptions, Setting
from wellhop.analysis.figures.kerr_cat_axes import DRIVE, MODEL
from wellhop.analysis.figures.layout import heading, minor_ticks, panel_letter
from wellhop.analysis.figures.style import BAND, COLOURS, FAINT, INK, MARKERS, house_style, new_figure
from wellhop.analysis.kerr_cat_splitting import DEEP
from wellhop.analysis.kerr_cat_wkb import OPERATOR_REFERENCE, WEYL_REFERENCE, Scaling, wkb_levels
from wellhop.engine.systems.kerr_cat import KerrCat

#: Manifolds whose levels are drawn, and those whose errors are.
LEVELS, ERRORS = (0, 1, 2, 3, 4, 5), (0, 1, 2, 3)
#: Smallest drive: there is no barrier below 1.
FIRST_DRIVE = 1.5
#: Error below which levels deep in a well stay, in units of K.
DEEP_ERROR = 0.06
LINES: tuple[Any, ...] = ("-", (0, (5, 1.5)), (0, (5, 1.5, 1, 1.5)), (0, (1, 1.2)))
REFERENCES = {"WKB": WEYL_REFERENCE, "WKB, -3K/4": OPERATOR_REFERENCE}


def draw_wkb_energies(options: FigureOptions) -> DrawnFigure:
    """Levels over the depth of the wells (a), errors of the mean energy of a manifold (b).

    Returns:
        The figure; the table has the series ``exact``, ``WKB`` and ``WKB, -3K/4`` with one row per manifold and
        drive: both energies, their errors, and the position eps_n relative to the barrier top.
    """
    drives = np.linspace(FIRST_DRIVE, options["eps2_max"], options.count("points"))
    table = DrawnTable(
        ("series", "n", "eps2 [K]", "E_even [K]", "E_odd [K]", "error even [K]", "error odd [K]", "eps_n")
    )
    for step, drive in enumerate(drives):
        options.progress(f"levels, eps2 = {drive:.3g}", step / len(drives))
        for row in _rows(float(drive)):
            table.add(*row)
    with house_style():
        figure = new_figure(height=6.4)
        top, bottom = figure.subplots(2, 1, sharex=True, height_ratios=[1.25, 1.0])
        _draw_levels(top, table)
        _draw_errors(bottom, table)
        _legend(figure)
        heading(
            figure,
            "WKB energies of the Kerr-cat against exact ones",
            r"Levels of the quantisation condition (169), smooth through the barrier top (0). The Weyl symbol of $H$ has "
            r"$E_\mathrm{ref}=-K/2$:",
            rf"deep in a well (thick, $\varepsilon_n<{DEEP:g}$) errors stay below {DEEP_ERROR:g} K; with $-3K/4$, which "
            "belongs to an operator square, they are 0.2 K.",
        )
    notes = (
        "exact: diagonalisation; WKB: Eq. (169) with E_ref = -K/2; WKB, -3K/4: the same with another E_ref, a wrong one",
        "error: WKB - exact; eps_n = g_n/(lambda w): position of the exact mean energy relative to the barrier top",
    )
    return DrawnFigure(figure, table, notes)


def _rows(drive: float) -> Iterator[tuple[object, ...]]:
    """Rows of one drive."""
    system = KerrCat(drive, 1.0, 0.0)
    exact = system.manifolds()
    scaling = Scaling.of(system)
    for n in LEVELS:
        pair = float(exact.energy_even[n]), float(exact.energy_odd[n])
        position = scaling.barrier_energy(float(exact.energy[n]))
        yield "exact", n, drive, *pair, 0.0, 0.0, position
        for series, reference in REFERENCES.items():
            even, odd = wkb_levels(system, n, reference=reference)
            yield series, n, drive, even, odd, even - pair[0], odd - pair[1], position


def _draw_levels(ax: Axes, table: DrawnTable) -> None:
    for n in LEVELS:
        colour = COLOURS[n]
        x, even, odd = (
            table.numbers(c, series="exact", n=n) for c in ("eps2 [K]", "E_even [K]", "E_odd [K]")
        )
        ax.plot(x, even / x**2, color=colour, linestyle="-", linewidth=1.2)
        ax.plot(x, odd / x**2, color=colour, linestyle=(0, (4, 2)), linewidth=1.2)
        shown = slice(2 * n % 6, None, 6)
        x, even, odd = (
            table.numbers(c, series="WKB", n=n)[shown] for c in ("eps2 [K]", "E_even [K]", "E_odd [K]")
        )
        ax.plot(x, even / x**2, "o", color=colour, markersize=3.6)
        ax.plot(x, odd / x**2, "s", color=colour, markerfacecolor="white", markersize=3.6)
        last = (
            table.numbers("E_even [K]", series="exact", n=n)[-1],
            table.numbers("eps2 [K]", series="exact", n=n)[-1],
        )
        if last[0] > -(last[1] ** 2):
            ax.annotate(rf"$n={n}$", (last[1], last[0] / last[1] ** 2), (4, 0), textcoords="offset points", fontsize=8,
                        va="center", annotation_clip=False)  # fmt: skip
    ax.axhline(0.0, color=INK, linewidth=0.9, linestyle=(0, (1, 1.2)))
    ax.text(0.15, 0.03, "barrier top", fontsize=8)
    ax.set(ylabel=r"$E_n^\pm\,K/\epsilon_2^2$", ylim=(-1.0, 1.08))
    minor_ticks(ax)
    panel_letter(ax, "a", "levels over the depth of the wells (1: bottom)")


def _draw_errors(ax: Axes, table: DrawnTable) -> None:
    ax.axhspan(-DEEP_ERROR, DEEP_ERROR, color=BAND, linewidth=0, zorder=0)
    ax.axhline(0.0, color=INK, linewidth=0.8)
    for n in ERRORS:
        for series in REFERENCES:
            x, even, odd, position = (
                table.numbers(c, series=series, n=n)
                for c in ("eps2 [K]", "error even [K]", "error odd [K]", "eps_n")
            )
            mean = 0.5 * (even + odd)
            colour = COLOURS[n] if series == "WKB" else FAINT
            ax.plot(x, mean, color=colour, linestyle=LINES[n], linewidth=0.9)
            deep = np.where(position < DEEP, mean, np.nan)
            ax.plot(x, deep, color=colour, linestyle=LINES[n], linewidth=2.2)
            ax.plot(x[5 + 4 * n :: 25], mean[5 + 4 * n :: 25], MARKERS[n], color=colour, markersize=4)
    ax.set(xlabel=DRIVE, ylabel="WKB - exact (units of $K$)", ylim=(-0.31, 0.27))
    ax.set_xlim(0.0, float(table.numbers("eps2 [K]", series="exact").max()))
    minor_ticks(ax)
    panel_letter(ax, "b", "error of the mean energy of a manifold, $n=0\\ldots3$")


def _legend(figure: Figure) -> None:
    handles = [
        Line2D([], [], color=INK, linewidth=1.2, label="(a) exact, even"),
        Line2D([], [], color=INK, linestyle=(0, (4, 2)), linewidth=1.2, label="(a) exact, odd"),
        Line2D([], [], color=INK, marker="o", markersize=3.6, linestyle="", label="(a) WKB, even"),
        Line2D(
            [],
            [],
            color=INK,
            marker="s",
            markersize=3.6,
            markerfacecolor="white",
            linestyle="",
            label="(a) WKB, odd",
        ),
        *(
            Line2D(
                [],
                [],
                color=COLOURS[n],
                linestyle=LINES[n],
                marker=MARKERS[n],
                markersize=4,
                label=f"(b) $n={n}$",
            )
            for n in ERRORS
        ),
        Line2D([], [], color=FAINT, linewidth=2.2, label=r"(b) $E_\mathrm{ref}=-3K/4$"),
        Patch(facecolor=BAND, label=f"(b) within {DEEP_ERROR:g} K"),
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=5, columnspacing=1.0, handlelength=2.2)


JOB = FigureJob(
    18,
    "WKB energies against exact ones",
    draw_wkb_energies,
    seconds=4.0,
    settings={
        "eps2_max": Setting(14.0, "largest drive, in units of K", minimum=4.0, maximum=60.0),
        "points": Setting(126, "drives", minimum=10, maximum=2000, whole=True),
    },
    source=f"levels: Eq. (6), exact; quantisation condition: Eq. (169) with Eqs. (128)-(141); {MODEL}",
)
