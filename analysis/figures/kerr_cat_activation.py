"""By which heating the Kerr-cat is activated: rates with hops restricted in reach or origin, and the slope with temperature.

A step of the staircase at which manifold n switches needs, at low temperature, single hops by n manifolds: the heating is
direct. At moderate temperature hops by up to 3 suffice everywhere, and direct heating alone falls short: it is cascaded.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from wellhop.analysis.activation import Scenario, scenario_rate, thermal_slope
from wellhop.analysis.figures.drawn import Cell, DrawnTable
from wellhop.analysis.figures.job import DrawnFigure, FigureJob, FigureOptions, Setting
from wellhop.analysis.figures.kerr_cat_axes import (
    DRIVE,
    EXACT,
    MODEL,
    RATE,
    MeasuredRate,
    draw_measured,
)
from wellhop.analysis.figures.kerr_cat_mechanisms import BROAD, FAINT_LINE, SCENARIOS, exact_above_floor
from wellhop.analysis.figures.layout import Theory, heading, minor_ticks, panel_letter
from wellhop.analysis.figures.style import COLOURS, INK, house_style, new_figure
from wellhop.analysis.staircase import critical_drive, ground_rate
from wellhop.engine.errors import ParameterError, PredictionError
from wellhop.engine.systems.kerr_cat import KerrCat

REACHES = (1, 2, 3, 4)
REACH_LINES = {
    1: Theory("$r=1$", COLOURS[1], (0, (1, 1.3)), "s"),
    2: Theory("$r=2$", COLOURS[2], (0, (5, 1.5, 1, 1.5)), "^"),
    3: Theory("$r=3$", COLOURS[3], (0, (4, 1.5)), "D"),
    4: Theory("$r=4$", INK, (0, (8, 1.5)), "v"),
}
#: Drives of panel (c), one on each of the first three steps, and where its slopes are taken and measured.
STEP_DRIVES = (4.0, 8.0, 11.0)
STEP_LINES = (
    Theory(r"$\epsilon_2=4\,K$, manifold 1", COLOURS[0], "-", "o"),
    Theory(r"$\epsilon_2=8\,K$, manifold 2", COLOURS[1], (0, (5, 1.5)), "s"),
    Theory(r"$\epsilon_2=11\,K$, manifold 3", COLOURS[2], (0, (5, 1.5, 1, 1.5)), "^"),
)
COLDEST, HOTTEST = 1e-9, 0.1
FLOORS = ("floor 2V_00", "floor (106)")
MEASURED = ((4.0, 0.003), (4.0, 0.02), (8.0, 0.01), (8.0, 0.03), (8.0, 0.07), (11.0, 0.03), (11.0, 0.07))
COLUMNS = (
    "series",
    "panel",
    "eps2 [K]",
    "n_th",
    "reach",
    "Gamma [K]",
    "share of exact",
    "slope",
    "lower [K]",
    "upper [K]",
)


def measured_systems(options: FigureOptions) -> tuple[KerrCat, ...]:
    """Systems whose measured rates lie on the curves of panel (c)."""
    return tuple(KerrCat(eps2, options["kappa"], n_th) for eps2, n_th in MEASURED)


def draw_activation(options: FigureOptions, measured: Sequence[MeasuredRate] = ()) -> DrawnFigure:
    """Cascaded heating of limited reach at two temperatures (a), direct heating (b), dependence on temperature (c).

    Returns:
        The figure; the table has per temperature the series ``exact``, ``cascaded`` (with a reach), ``direct``, ``step``
        (f_n = 1/2), ``crossing`` (the drive beyond which a reach explains less than half of the exact rate) and, of
        panel (c), ``temperature``, ``floor 2V_00``, ``floor (106)``, ``slope`` and ``measured``.

    Raises:
        ParameterError: temperatures out of order, or a measured rate that belongs to no curve of panel (c).
    """
    kappa, temperatures = options["kappa"], (options["n_low"], options["n_moderate"])
    if not temperatures[0] < temperatures[1]:
        raise ParameterError("n_low, n_moderate", temperatures, "n_low < n_moderate")
    for system in (m.system for m in measured):
        if system.eps2 not in STEP_DRIVES or (system.kappa, system.K) != (kappa, 1.0):
            raise ParameterError("measured", system, "systems on a curve of panel (c)")
    table = DrawnTable(COLUMNS)
    drives = np.linspace(1.0, options["eps2_max"], options.count("points"))
    for i, n_th in enumerate(temperatures):
        _add_drives(table, drives, kappa, n_th)
        options.progress(f"n_th = {n_th:g}", 0.3 * (i + 1))
    _add_temperatures(table, kappa, options.count("temperatures"), temperatures)
    _add_measured(table, measured)
    notes = (
        "exact, temperature: slowest odd mode of the Liouvillian, left out below 1e-13 K; cascaded: hops up by at most "
        "`reach` manifolds, Eq. (94); direct: hops up from manifold 0 only, Eq. (95)",
        "crossing: drive beyond which this reach (or direct heating) explains less than half of the exact rate; "
        "step: f_n = 1/2 (82), n in the column reach",
        "slope: d ln Gamma / d ln[n_th/(1+n_th)] of the exact rate; floor: rate at n_th = 0 by Eq. (96) and Eq. (106)",
    )
    with house_style():
        figure = new_figure(height=7.0)
        axes = figure.subplot_mosaic([["a", "a"], ["b", "c"]])
        _draw_reaches(axes["a"], table, temperatures)
        _draw_direct(axes["b"], table, temperatures)
        _draw_temperatures(axes["c"], table, temperatures, measured)
        _legend(figure, bool(measured))
        heading(
            figure,
            rf"How the Kerr-cat is activated, $\kappa={kappa:g}\,K$",
            r"(a) One hop climbs at most $r$ manifolds. Cold: beyond step $n$ (line) only $r>n$ will do, a single hop to the "
            "manifold that",
            r"switches; warm: $r=3$ does everywhere. (b) Hops out of manifold 0 alone explain the cold staircase, not the warm "
            "one.",
            r"(c) Slope $\mathrm{d}\ln\Gamma/\mathrm{d}\ln[n_\mathrm{th}/(1+n_\mathrm{th})]$, the mean number of "
            "thermal excitations before a switch.",
        )
    return DrawnFigure(figure, table, notes)


def half_crossing(drives: np.ndarray, share: np.ndarray) -> float:
    """Where a share of the exact rate falls below one half for good; NaN if it does not.

    >>> half_crossing(np.array([1.0, 2.0, 3.0]), np.array([1.0, 0.9, 0.1]))
    2.5
    """
    above = np.flatnonzero(share > 0.5)
    if not above.size or above[-1] == drives.size - 1:
        return float("nan")
    k = int(above[-1])
    return float(np.interp(-0.5, -share[k : k + 2], drives[k : k + 2]))


def _add_drives(table: DrawnTable, drives: np.ndarray, kappa: float, n_th: float) -> None:
    """Curves of panels (a), (b) at one temperature."""
    systems = [KerrCat(float(eps2), kappa, n_th) for eps2 in drives]
    levels = [system.manifolds() for system in systems]
    exact = np.array([exact_above_floor(system) for system in systems])
    table.add_series("exact", "a", drives, n_th, None, exact, 1.0, None, None, None)
    lines: list[tuple[Scenario, int | None]] = [("cascaded", reach) for reach in REACHES]
    for name, reach in [*lines, ("direct", None)]:
        rates = np.array(
            [
                scenario_rate(s, name, reach=reach, levels=known)
                for s, known in zip(systems, levels, strict=True)
            ]
        )
        panel = "b" if reach is None else "a"
        table.add_series(name, panel, drives, n_th, reach, rates, rates / exact, None, None, None)
        crossing = half_crossing(drives, rates / exact)
        if np.isfinite(crossing):
            at = float(np.exp(np.interp(crossing, drives, np.log(rates))))
            table.add("crossing", panel, crossing, n_th, reach, at, 0.5, None, None, None)
    for n in range(1, 10):
        try:
            drive = critical_drive(n, kappa, n_th)
        except PredictionError:
            break
        if drive > drives[-1]:
            break
        table.add("step", "a", drive, n_th, n, None, None, None, None, None)


def _add_temperatures(table: DrawnTable, kappa: float, count: int, marked: tuple[float, float]) -> None:
    """Curves, floors and slopes of panel (c)."""
    n_ths = np.geomspace(COLDEST, HOTTEST, count)
    for eps2 in STEP_DRIVES:
        rates = np.array([exact_above_floor(KerrCat(eps2, kappa, float(n))) for n in n_ths])
        table.add_series("temperature", "c", eps2, n_ths, None, rates, None, None, None, None)
        system = KerrCat(eps2, kappa, 0.0)
        for name, value in zip(
            FLOORS, (ground_rate(system), scenario_rate(system, "nonhermitian")), strict=True
        ):
            table.add(name, "c", eps2, 0.0, None, value, None, None, None, None)
        for n_th in marked:
            here = replace(system, n_th=n_th)
            slope = thermal_slope(here, exact_above_floor)
            table.add("slope", "c", eps2, n_th, None, exact_above_floor(here), None, slope, None, None)


def _add_measured(table: DrawnTable, measured: Sequence[MeasuredRate]) -> None:
    for rate in measured:
        s, e = rate.system, rate.estimate
        table.add("measured", "c", s.eps2, s.n_th, None, e.value, None, None, e.lower, e.upper)


def _draw_reaches(ax: Axes, table: DrawnTable, temperatures: tuple[float, float]) -> None:
    for n_th in temperatures:
        _draw_exact(ax, table, n_th)
        for reach, theory in REACH_LINES.items():
            where: dict[str, Cell] = {"series": "cascaded", "n_th": n_th, "reach": reach}
            ax.plot(*(table.numbers(c, **where) for c in ("eps2 [K]", "Gamma [K]")), **theory.style())
            _draw_crossing(ax, table, theory, panel="a", n_th=n_th, reach=reach)
    cold: dict[str, Cell] = {"series": "step", "n_th": temperatures[0]}
    for drive, n in zip(table.numbers("eps2 [K]", **cold), table.numbers("reach", **cold), strict=True):
        ax.axvline(drive, **FAINT_LINE, zorder=1)
        ax.annotate(
            f"step {n:.0f}", (drive, 1.0), (3, -3), xycoords=("data", "axes fraction"), textcoords="offset points",
            ha="left", va="top", fontsize=8,
        )  # fmt: skip
    panel_letter(ax, "a", r"cascaded heating, hops up by at most $r$ manifolds")


def _draw_exact(ax: Axes, table: DrawnTable, n_th: float) -> None:
    """The exact rate at one temperature, with its name, and the axes of panels (a) and (b)."""
    x, y = (table.numbers(c, series="exact", n_th=n_th) for c in ("eps2 [K]", "Gamma [K]"))
    ax.plot(x, y, color=EXACT.colour, **BROAD)
    at = float(np.interp(4.5, x, y))
    ax.annotate(
        rf"$n_\mathrm{{th}}={n_th:g}$",
        (4.5, at),
        (0, 5),
        textcoords="offset points",
        ha="center",
        va="bottom",
        fontsize=8.5,
    )
    ax.set(yscale="log", ylabel=RATE, xlabel=DRIVE, xlim=(x[0], x[-1]))
    exact = table.numbers("Gamma [K]", series="exact")
    ax.set_ylim(0.2 * float(np.nanmin(exact)), 8.0 * float(np.nanmax(exact)))
    minor_ticks(ax, "x")


def _draw_crossing(ax: Axes, table: DrawnTable, theory: Theory, **where: Cell) -> None:
    """Mark of the drive beyond which a line explains less than half of the exact rate."""
    x, y = (table.numbers(c, series="crossing", **where) for c in ("eps2 [K]", "Gamma [K]"))
    ax.plot(x, y, theory.marker, color=theory.colour, markeredgecolor=INK, zorder=4)


def _draw_direct(ax: Axes, table: DrawnTable, temperatures: tuple[float, float]) -> None:
    direct = SCENARIOS["direct"]
    for n_th in temperatures:
        _draw_exact(ax, table, n_th)
        where: dict[str, Cell] = {"series": "direct", "n_th": n_th}
        ax.plot(*(table.numbers(c, **where) for c in ("eps2 [K]", "Gamma [K]")), **direct.style())
        _draw_crossing(ax, table, direct, panel="b", n_th=n_th)
    panel_letter(ax, "b", "direct heating")


def _draw_temperatures(
    ax: Axes, table: DrawnTable, marked: tuple[float, float], measured: Sequence[MeasuredRate]
) -> None:
    """Rates against n_th/(1+n_th), their floors at the left edge, and their slopes in the legend."""
    handles = []
    for eps2, theory in zip(STEP_DRIVES, STEP_LINES, strict=True):
        where: dict[str, Cell] = {"eps2 [K]": eps2, "panel": "c"}
        n_ths = table.numbers("n_th", series="temperature", **where)
        ax.plot(
            n_ths / (1.0 + n_ths), table.numbers("Gamma [K]", series="temperature", **where), **theory.style()
        )
        floor = max(table.numbers("Gamma [K]", series=name, **where)[0] for name in FLOORS)
        ax.plot([_ratio(COLDEST)], [floor], theory.marker, color=theory.colour, markerfacecolor="white",
                clip_on=False, zorder=5)  # fmt: skip
        rates, slopes = (
            [float(table.numbers(column, series="slope", n_th=n, **where)[0]) for n in marked]
            for column in ("Gamma [K]", "slope")
        )
        ax.plot(
            [_ratio(n) for n in marked],
            rates,
            theory.marker,
            color=theory.colour,
            markeredgecolor=INK,
            zorder=4,
        )
        label = rf"${eps2:g}\,K$: " + ", ".join(f"{slope:.2f}" for slope in slopes)
        handles.append(
            Line2D([], [], label=label, marker=theory.marker, markeredgecolor=INK, **theory.style())
        )
        here = [m for m in measured if m.system.eps2 == eps2]
        draw_measured(ax, [_ratio(m.system.n_th) for m in here], here, colour=theory.colour, marker="P")
    title = r"$\epsilon_2$: slope at $n_\mathrm{th}=" + rf"{marked[0]:g}$, ${marked[1]:g}$"
    ax.legend(handles=handles, title=title, loc="lower right", title_fontsize=8, fontsize=8, alignment="left")
    ax.set(xscale="log", yscale="log", ylabel=RATE, xlabel=r"$n_\mathrm{th}/(1+n_\mathrm{th})$")
    ax.set(xlim=(_ratio(COLDEST), 0.5), ylim=(1e-14, 3e-2))
    panel_letter(ax, "c", "slopes and floors")


def _ratio(n_th: float) -> float:
    return n_th / (1.0 + n_th)


def _legend(figure: Figure, measured: bool) -> None:
    mark: dict[str, Any] = {"marker": "o", "linestyle": "", "color": COLOURS[5], "markeredgecolor": INK}
    handles = [Line2D([], [], color=EXACT.colour, label=EXACT.label, **BROAD)]
    handles += [Line2D([], [], label="(a) " + t.label, **t.style()) for t in REACH_LINES.values()]
    handles += [
        Line2D([], [], label="(b) direct heating (95)", **SCENARIOS["direct"].style()),
        Line2D([], [], label="(a), (b) half of the exact rate", **mark),
        Line2D([], [], label=r"(c) $n_\mathrm{th}=0$: (96) or (106)", **{**mark, "markerfacecolor": "white"}),
    ]
    if measured:
        handles.append(
            Line2D(
                [],
                [],
                marker="P",
                color=COLOURS[5],
                markerfacecolor="white",
                linestyle="",
                label="(c) measured, 95 %",
            )
        )
    figure.legend(handles=handles, loc="outside lower center", ncols=3)


JOB = FigureJob(
    8,
    "Activation by cascaded and by direct heating, and the dependence on temperature",
    draw_activation,
    seconds=15.0,
    settings={
        "kappa": Setting(0.025, "damping in units of K", minimum=1e-4, maximum=0.3),
        "n_low": Setting(0.001, "low thermal occupation", minimum=1e-6, maximum=1.0),
        "n_moderate": Setting(0.1, "moderate thermal occupation", minimum=1e-6, maximum=1.0),
        "eps2_max": Setting(14.0, "last drive in units of K", minimum=6.0, maximum=16.0),
        "points": Setting(
            56, "exact points on a curve against the drive", minimum=8, maximum=500, whole=True
        ),
        "temperatures": Setting(
            24, "points on a curve against the temperature", minimum=5, maximum=500, whole=True
        ),
    },
    source=f"cascaded (90), (91), (94); direct (92), (93), (95); floors (96), (106); {MODEL}",
)
