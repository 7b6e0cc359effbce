"""Tunnel splittings: exact ones in extended precision against four formulas, each in its own coordinate and range.

Position relative to the barrier, ε_n = g_n/(λw), decides about three of the formulas and α²/n² about the limit of
large drives. A wrong variant is drawn beside two of them: without the Stirling factor, and with the odd condition
alone instead of the mean of both.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from wellhop.analysis.figures.drawn import DrawnTable
from wellhop.analysis.figures.job import DrawnFigure, FigureJob, FigureOptions, Setting
from wellhop.analysis.figures.kerr_cat_axes import DRIVE, MODEL
from wellhop.analysis.figures.layout import Theory, heading, minor_ticks, panel_letter
from wellhop.analysis.figures.style import BAND, COLOURS, INK, MARKERS, house_style, new_figure
from wellhop.analysis.kerr_cat_splitting import (
    DEEP,
    LIMIT_DRIVE,
    NEAR,
    NEAR_DRIVE,
    WKB_DRIVE,
    Formula,
    asymptotic_splitting,
    barrier_position,
    splitting_below_barrier,
    splitting_near_top,
    top_energy,
    validity,
)
from wellhop.analysis.kerr_cat_wkb import digamma_line, wkb_splitting
from wellhop.analysis.precise_splitting import precise_splitting
from wellhop.engine.errors import PredictionError
from wellhop.engine.systems.kerr_cat import KerrCat

SPLIT = (1, 2, 3, 4)
#: Smallest drive drawn: below the barrier top of n = 1 at about 3.
FIRST_DRIVE = 1.5
EXACT = Theory("exact", INK, "-", "o")
FORMULAS: dict[str, tuple[Theory, Formula, Callable[[KerrCat, int], float]]] = {
    "wkb": (Theory("quantisation condition (169)", COLOURS[0], (0, (5, 1.5)), "o"), "wkb", wkb_splitting),
    "below": (
        Theory(r"below the barrier (171) $/S_n$", COLOURS[1], (0, (1, 1.0)), "s"),
        "below barrier",
        splitting_below_barrier,
    ),
    "top": (
        Theory("near the top (180)", COLOURS[2], (0, (5, 1.5, 1, 1.5)), "^"),
        "near top",
        splitting_near_top,
    ),
    "limit": (
        Theory(r"limit $\alpha^2\to\infty$ (184)", COLOURS[3], (0, (3, 1, 1, 1, 1, 1)), "D"),
        "asymptotic",
        asymptotic_splitting,
    ),
}
CONTROLS: dict[str, tuple[str, Callable[[KerrCat, int], float]]] = {
    "below, no S_n": ("below", lambda system, n: splitting_below_barrier(system, n, stirling=False)),
    "top, odd only": ("top", lambda system, n: odd_only(system, n)),
}
ROW_CELLS = ("series", "n", "eps2 [K]", "delta [K]", "ratio to exact", "eps_n", "alpha^2/n^2", "valid")


def odd_only(system: KerrCat, n: int) -> float:
    """δ_n near the top with ε of the odd condition alone, 7 to 38 % too large: a wrong formula for comparison.

    >>> print(f"{odd_only(KerrCat(12.0, 0.1, 0.1), 4):.2f}")
    10.79
    """
    eps = top_energy(system, n, -1)
    squared = system.alpha**2
    return float(
        4.0
        * system.K
        * squared
        * np.arctan(np.exp(np.pi * eps))
        / (np.log(8.0 * squared) - digamma_line(eps))
    )


def draw_splittings(options: FigureOptions) -> DrawnFigure:
    """Splittings against the drive (a), and each formula over the exact value in its own coordinate (b)-(e).

    Returns:
        The figure; the table has the series ``exact``, ``wkb``, ``below``, ``top``, ``limit`` and the wrong
        variants ``below, no S_n`` and ``top, odd only``, one row per manifold and drive; ``valid`` says whether
        the drive is in the range stated for the formula.
    """
    drives = np.linspace(FIRST_DRIVE, options["eps2_max"], options.count("points"))
    table = DrawnTable(ROW_CELLS)
    for number, n in enumerate(SPLIT):
        options.progress(f"splittings, n = {n}", number / len(SPLIT))
        for drive in drives:
            _add_rows(table, KerrCat(float(drive), 1.0, 0.0), n)
    with house_style():
        figure = new_figure(height=8.6)
        grid = figure.add_gridspec(3, 2, height_ratios=[1.5, 1.0, 1.0])
        _draw_overview(figure.add_subplot(grid[0, :]), table)
        panels = [figure.add_subplot(grid[1 + i // 2, i % 2]) for i in range(4)]
        _draw_ratio(panels[0], table, "wkb", "eps_n", (0.88, 1.03))
        _draw_ratio(panels[1], table, "below", "eps_n", (0.88, 1.16))
        _draw_ratio(panels[2], table, "top", "eps_n", (0.88, 1.42))
        _draw_ratio(panels[3], table, "limit", "alpha^2/n^2", (0.9, 40.0))
        _finish(panels)
        _legend(figure)
        heading(
            figure,
            "Tunnel splittings of the Kerr-cat against four formulas",
            r"$\varepsilon_n=g_n/(\lambda w)$: energy relative to the barrier top, negative below it. Grey: range for which a "
            "formula is meant; there its",
            r"lines are thick. Wrong variants, dashed: (c) without the Stirling factor $S_n=0.905,0.957,\ldots$, "
            r"(d) with the odd condition only.",
        )
    notes = (
        "exact: extended precision; wkb: Eq. (169); below: Eq. (171) over S_n; top: Eq. (180), mean of both parities; "
        "limit: alpha -> inf",
        "below, no S_n and top, odd only: wrong variants for comparison; a row is missing where a formula has no value",
        "eps_n: exact mean energy relative to the barrier top in units of the saddle; valid: inside the stated range",
    )
    return DrawnFigure(figure, table, notes)


def _add_rows(table: DrawnTable, system: KerrCat, n: int) -> None:
    """Everything at one drive."""
    exact = float(precise_splitting(system.eps2, n, 15))
    where = barrier_position(system, n), system.eps2 / n**2
    table.add("exact", n, system.eps2, exact, 1.0, *where, True)
    for series, (_, formula, function) in FORMULAS.items():
        valid = validity(system, n, formula) == ""
        variants = {name: wrong for name, (base, wrong) in CONTROLS.items() if base == series}
        for name, compute in {series: function, **variants}.items():
            try:
                value = compute(system, n)
            except PredictionError:
                continue  # no level on this side of the barrier, or too far from its top
            table.add(name, n, system.eps2, value, value / exact, *where, valid)


def _columns(table: DrawnTable, series: str, n: int, *names: str) -> list[np.ndarray]:
    return [table.numbers(name, series=series, n=n) for name in names]


def _draw_overview(ax: Axes, table: DrawnTable) -> None:
    last = float(table.numbers("eps2 [K]", series="exact").max())
    for n in SPLIT:
        x, y = _columns(table, "exact", n, "eps2 [K]", "delta [K]")
        ax.plot(x, y, color=EXACT.colour, linewidth=3.4, alpha=0.25, solid_capstyle="butt")
        for number, (series, (theory, _, _)) in enumerate(FORMULAS.items()):
            x, y, valid = _columns(table, series, n, "eps2 [K]", "delta [K]", "valid")
            if not x.size:
                continue  # too small drives for this manifold
            # Staggered, so that no marker hides another where the formulas agree.
            places = np.arange(FIRST_DRIVE + 0.0125 * last * number, last, 0.05 * last)
            inside = [p for p in places if valid[np.argmin(np.abs(x - p))] > 0 and x.min() <= p <= x.max()]
            ax.plot(inside, np.exp(np.interp(inside, x, np.log(y))), theory.marker, color=theory.colour,
                    markersize=4.5, markeredgecolor=INK, markeredgewidth=0.5)  # fmt: skip
        at = 0.97 * last
        x, y = _columns(table, "exact", n, "eps2 [K]", "delta [K]")
        ax.annotate(rf"$\delta_{n}$", (at, float(np.exp(np.interp(at, x, np.log(y))))), (2, 5), fontsize=9,
                    textcoords="offset points", annotation_clip=False)  # fmt: skip
    ax.set_yscale("log")
    lowest = float(table.numbers("delta [K]", series="exact").min())
    ax.set(xlabel=DRIVE, ylabel=r"tunnel splitting $\delta_n/K$", xlim=(0.0, last))
    ax.set_ylim(10.0 ** np.floor(np.log10(lowest)), 1e3)
    minor_ticks(ax, "x")
    panel_letter(ax, "a", r"$\delta_1\ldots\delta_4$; formulas only where they are meant")


def _draw_ratio(ax: Axes, table: DrawnTable, series: str, across: str, limits: tuple[float, float]) -> None:
    ax.axhline(1.0, color=INK, linewidth=0.9)
    for name in [series, *(control for control, (base, _) in CONTROLS.items() if base == series)]:
        wrong = name != series
        for number, n in enumerate(SPLIT):
            x, y, valid = _columns(table, name, n, across, "ratio to exact", "valid")
            if not x.size:
                continue
            colour = "#9a9a9a" if wrong else COLOURS[number]
            ax.plot(x, y, color=colour, linewidth=0.7, zorder=2)
            ax.plot(x, np.where(valid > 0, y, np.nan), color=colour, linewidth=1.9, zorder=3,
                    linestyle=(0, (2, 1)) if wrong else "-")  # fmt: skip
            places = (
                np.linspace(-8.0, 2.4, 14) + 0.2 * number if across == "eps_n" else np.geomspace(0.5, 45.0, 9)
            )
            order = np.argsort(x)
            inside = places[(places > x.min()) & (places < x.max())]
            if not wrong:
                ax.plot(
                    inside,
                    np.interp(inside, x[order], y[order]),
                    MARKERS[number],
                    color=colour,
                    markersize=3.8,
                )
    ax.set_ylim(*limits)


def _finish(panels: list[Axes]) -> None:
    """Ranges, axes and names of the four panels."""
    spans = ((-8.5, 3.0), (-8.5, DEEP), (DEEP, NEAR), (LIMIT_DRIVE, 60.0))
    for ax, (low, high) in zip(panels, spans, strict=True):
        ax.axvspan(low, high, color=BAND, linewidth=0, zorder=0)
    for ax in panels[:3]:
        ax.axvline(0.0, color=INK, linewidth=0.8, linestyle=(0, (1, 1.2)))
        ax.set(xlabel=r"position $\varepsilon_n$ (0: barrier top)", ylabel="formula / exact")
        minor_ticks(ax)
    panels[0].set_xlim(-8.5, 3.0)
    panels[1].set_xlim(-8.5, 0.5)
    panels[2].set_xlim(-2.6, 2.6)
    panels[3].set(
        xscale="log", yscale="log", xlim=(0.5, 60.0), xlabel=r"$\alpha^2/n^2$", ylabel="formula / exact"
    )
    panels[3].set_yticks([1, 2, 5, 10, 20], labels=["1", "2", "5", "10", "20"])
    panels[3].set_xticks([0.5, 1, 2, 5, 10, 20, 50], labels=["0.5", "1", "2", "5", "10", "20", "50"])
    panels[3].minorticks_off()
    for ax, letter, title in zip(
        panels,
        "bcde",
        (
            rf"quantisation condition (169), $\epsilon_2\geq{WKB_DRIVE:g}\,K$",
            r"below the barrier (171)",
            rf"near the top (180), $\epsilon_2\geq{NEAR_DRIVE:g}\,K$",
            r"limit $\alpha^2\to\infty$ (184)",
        ),
        strict=True,
    ):
        panel_letter(ax, letter, title)
        ax.title.set_fontsize(8.8)


def _legend(figure: Figure) -> None:
    handles = [
        Line2D([], [], color=EXACT.colour, linewidth=3.4, alpha=0.3, label="(a) exact"),
        *(
            Line2D(
                [],
                [],
                label=f"(a) {theory.label}",
                color=theory.colour,
                marker=theory.marker,
                linestyle="",
                markersize=4.5,
                markeredgecolor=INK,
                markeredgewidth=0.5,
            )
            for theory, *_ in FORMULAS.values()
        ),
        *(
            Line2D(
                [],
                [],
                color=COLOURS[i],
                marker=MARKERS[i],
                markersize=4,
                linewidth=1.9,
                label=rf"(b)-(e) $n={n}$",
            )
            for i, n in enumerate(SPLIT)
        ),
        Line2D(
            [], [], color="#9a9a9a", linewidth=1.9, linestyle=(0, (2, 1)), label="(c), (d) wrong variants"
        ),
        Patch(facecolor=BAND, label="(b)-(e) range"),
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=3)


JOB = FigureJob(
    19,
    "Tunnel splittings against four formulas and their ranges",
    draw_splittings,
    seconds=8.0,
    settings={
        "eps2_max": Setting(40.0, "largest drive, in units of K", minimum=12.0, maximum=120.0),
        "points": Setting(130, "drives", minimum=10, maximum=2000, whole=True),
    },
    source=f"exact: Eqs. (6), (8); formulas: Eqs. (169), (171), (172)-(180), (182)-(184); {MODEL}",
)
