"""Distances between manifolds: every one is smallest where it crosses the barrier top, and how a formula for the smallest
one compares.
"""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from wellhop.analysis.figures.drawn import DrawnTable
from wellhop.analysis.figures.job import DrawnFigure, FigureJob, FigureOptions, Setting
from wellhop.analysis.figures.kerr_cat_axes import DRIVE, MODEL
from wellhop.analysis.figures.layout import Theory, heading, minor_ticks, panel_letter
from wellhop.analysis.figures.style import BAND, COLOURS, FAINT, INK, house_style, new_figure
from wellhop.analysis.kerr_cat_splitting import GAP_DRIVE, minimum_gap
from wellhop.analysis.kerr_cat_wkb import wkb_levels
from wellhop.engine.systems.kerr_cat import KerrCat

EXACT = Theory("exact, smallest", INK, "-", "o")
WKB = Theory("WKB (169), smallest", COLOURS[0], "", "o")
FORMULA = Theory("formula (190)", COLOURS[1], (0, (5, 1.5)), "s")
BOTTOM = Theory(r"deep in a well, $4\epsilon_2$", COLOURS[2], (0, (1, 1.2)), "^")
BARE = Theory(r"without the digamma of $1/2$", COLOURS[3], (0, (5, 1.5, 1, 1.5)), "D")
#: What the formula is of the smallest gap from GAP_DRIVE on, measured over ε₂/K = 6 ... 60.
SHARE = (0.77, 0.94)
#: Smallest drive: there is no barrier below 1.
FIRST_DRIVE = 1.5


def bare_gap(system: KerrCat) -> float:
    """4πKα²/ln(8α²): the formula without -ψ(1/2), a wrong one for comparison.

    >>> round(bare_gap(KerrCat(10.0, 0.1, 0.1)), 3)
    28.677
    """
    squared = system.alpha**2
    return float(4.0 * np.pi * system.K * squared / np.log(8.0 * squared))


def wkb_gap(system: KerrCat, around: int) -> float:
    """Smallest distance of mean WKB energies next to the gap below manifold ``around``."""
    means = [0.5 * sum(wkb_levels(system, n)) for n in range(max(around - 1, 0), around + 3)]
    return float(-np.diff(means).max())


def draw_minimum_gap(options: FigureOptions) -> DrawnFigure:
    """Gaps ω_n and the smallest one against the drive (a), formulas over the exact smallest gap (b).

    Returns:
        The figure; the table has the series ``gap`` (one row per n and drive), ``exact``, ``WKB``, ``formula``,
        ``bottom`` and ``bare``, with the ratio to the exact smallest gap, and ``dip`` (smallest value of each ω_n).
    """
    drives = np.linspace(FIRST_DRIVE, options["eps2_max"], options.count("points"))
    table = DrawnTable(("series", "n", "eps2 [K]", "gap [K]", "ratio to exact"))
    gaps = []
    for step, drive in enumerate(drives):
        options.progress(f"gaps, eps2 = {drive:.3g}", step / len(drives))
        system = KerrCat(float(drive), 1.0, 0.0)
        gaps.append(-np.diff(system.manifolds(16, max(system.default_cutoff(), 52)).energy))
        lowest = int(np.argmin(gaps[-1]))
        least = float(gaps[-1][lowest])
        table.add("exact", lowest, drive, least, 1.0)
        table.add("WKB", lowest, drive, wkb_gap(system, lowest), wkb_gap(system, lowest) / least)
        for series, value in (
            ("formula", minimum_gap(system)),
            ("bottom", 4.0 * drive),
            ("bare", bare_gap(system)),
        ):
            table.add(series, None, drive, value, value / least)
    curves = np.array(gaps)
    for n in range(curves.shape[1]):
        table.add_series("gap", float(n), drives, curves[:, n], None)
        lowest = int(np.argmin(curves[:, n]))
        if 0 < lowest < len(drives) - 1:
            table.add("dip", n, drives[lowest], curves[lowest, n], None)
    with house_style():
        figure = new_figure(height=5.9)
        top, bottom = figure.subplots(2, 1, sharex=True, height_ratios=[1.6, 1.0])
        _draw_gaps(top, table)
        _draw_ratios(bottom, table)
        _legend(figure)
        heading(
            figure,
            "Smallest gap between manifolds of the Kerr-cat",
            r"$\omega_n$: distance of the mean energies of manifolds $n$ and $n+1$ (thin). It falls with the drive until they "
            "cross the",
            r"barrier top, then rises to $4\epsilon_2$. (190) is the inverse density of levels at the very top, 6 to 23 % "
            "below the smallest gap.",
        )
    notes = (
        "gap: omega_n = (mean energy of n) - (mean energy of n + 1), exact; dip: its smallest value on this grid",
        "exact: smallest omega_n; WKB: the same from the quantisation condition; formula: Eq. (190) with all constants; "
        "bottom: 4 eps2; bare: Eq. (190) without -psi(1/2), a wrong formula for comparison",
    )
    return DrawnFigure(figure, table, notes)


def _draw_gaps(ax: Axes, table: DrawnTable) -> None:
    for n in sorted(set(table.numbers("n", series="gap"))):
        x, y = (table.numbers(c, series="gap", n=float(n)) for c in ("eps2 [K]", "gap [K]"))
        ax.plot(x, y, color=FAINT, linewidth=0.7, zorder=1)
    for series, theory in (("bottom", BOTTOM), ("formula", FORMULA), ("bare", BARE), ("exact", EXACT)):
        x, y = (table.numbers(c, series=series) for c in ("eps2 [K]", "gap [K]"))
        ax.plot(x, y, **theory.style(linewidth=1.9 if series == "exact" else 1.4))
    x, y = (table.numbers(c, series="WKB")[::5] for c in ("eps2 [K]", "gap [K]"))
    ax.plot(x, y, WKB.marker, color=WKB.colour, markerfacecolor="white", markersize=4)
    limit = 1.15 * float(table.numbers("gap [K]", series="bare").max())
    ax.set(
        ylabel=r"gap $\omega_n/K$",
        ylim=(0.0, limit),
        xlim=(0.0, float(table.numbers("eps2 [K]", series="exact").max())),
    )
    minor_ticks(ax)
    panel_letter(ax, "a", r"gaps $\omega_n$, $n=0\ldots14$, and the smallest")


def _draw_ratios(ax: Axes, table: DrawnTable) -> None:
    last = float(table.numbers("eps2 [K]", series="exact").max())
    ax.fill_between([GAP_DRIVE, last], *SHARE, color=BAND, linewidth=0, zorder=0)
    ax.axhline(1.0, color=INK, linewidth=1.0)
    for series, theory in (("formula", FORMULA), ("bare", BARE)):
        x, y = (table.numbers(c, series=series) for c in ("eps2 [K]", "ratio to exact"))
        inside = x >= GAP_DRIVE
        ax.plot(x[~inside], y[~inside], **theory.style(linewidth=0.8))
        ax.plot(x[inside], y[inside], **theory.style(linewidth=1.8 if series == "formula" else 1.4))
    x, y = (table.numbers(c, series="WKB")[::5] for c in ("eps2 [K]", "ratio to exact"))
    ax.plot(x, y, WKB.marker, color=WKB.colour, markerfacecolor="white", markersize=4)
    ax.set(xlabel=DRIVE, ylabel="over the exact gap", ylim=(0.6, 1.6))
    minor_ticks(ax)
    panel_letter(ax, "b", "formula over the exact smallest gap")


def _legend(figure: Figure) -> None:
    handles = [
        Line2D([], [], label=EXACT.label, **EXACT.style(linewidth=1.9)),
        Line2D([], [], label=WKB.label, marker=WKB.marker, markerfacecolor="white", markersize=4, color=WKB.colour,
               linestyle=""),
        *(Line2D([], [], label=theory.label, **theory.style()) for theory in (FORMULA, BARE, BOTTOM)),
        Patch(facecolor=BAND, label=f"{SHARE[0]:g} to {SHARE[1]:g} of the exact gap"),
    ]  # fmt: skip
    figure.legend(handles=handles, loc="outside lower center", ncols=3)


JOB = FigureJob(
    20,
    "Smallest gap between manifolds against the drive",
    draw_minimum_gap,
    seconds=3.0,
    settings={
        "eps2_max": Setting(20.0, "largest drive, in units of K", minimum=6.0, maximum=30.0),
        "points": Setting(150, "drives", minimum=10, maximum=2000, whole=True),
    },
    source=f"gaps: Eq. (10), exact; Eqs. (169), (186)-(190); {MODEL}",
)
