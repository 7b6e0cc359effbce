"""The staircase: the exact decay rate of the Kerr-cat against the drive, for several temperatures and damping rates.

Each plateau ends where one more manifold stops tunnelling, f_n = 1/2 (82); weaker damping moves its end to deeper
wells. Measured rates can be laid over.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from wellhop.analysis.figures.drawn import DrawnTable
from wellhop.analysis.figures.job import DrawnFigure, FigureJob, FigureOptions, Setting
from wellhop.analysis.figures.kerr_cat_axes import (
    DRIVE,
    EXACT,
    MODEL,
    RATE,
    SEMI_ANALYTICAL,
    MeasuredRate,
    draw_measured,
)
from wellhop.analysis.figures.layout import heading, minor_ticks, panel_letter
from wellhop.analysis.figures.style import (
    FAINT,
    INK,
    family_colour,
    family_marker,
    house_style,
    new_figure,
)
from wellhop.analysis.kerr_cat_scan import scan_exact, scan_rates
from wellhop.analysis.staircase import critical_drive
from wellhop.engine.errors import ParameterError, PredictionError
from wellhop.engine.systems.kerr_cat import KerrCat

#: Families of curves: temperatures at one damping, and damping rates (κ/K) at one temperature.
TEMPERATURES = (0.1, 0.05, 0.01, 0.001)
DAMPINGS = (0.1, 0.01, 0.001, 1e-4)
#: Points of the semi-analytical line.
DENSE = 200
#: Where rates are worth measuring in panel (a): (ε₂/K, n_th); two plateaus, two steep parts.
MEASURED = ((3.0, 0.01), (5.0, 0.01), (7.0, 0.01), (8.5, 0.01), (10.0, 0.01), (4.0, 0.1), (8.0, 0.1))

RealVector = npt.NDArray[np.float64]
Families = tuple[tuple[str, str, tuple[tuple[float, float], ...]], ...]


def families_of(options: FigureOptions) -> Families:
    """(panel, title, ((κ, n_th) of each curve, ...)) of both panels."""
    kappa, n_th = options["kappa"], options["n_th"]
    return (
        ("a", rf"$\kappa={kappa:g}\,K$", tuple((kappa, warm) for warm in TEMPERATURES)),
        ("b", rf"$n_\mathrm{{th}}={n_th:g}$", tuple((damping, n_th) for damping in DAMPINGS)),
    )


def measured_systems(options: FigureOptions) -> tuple[KerrCat, ...]:
    """Systems whose measured rates lie on curves of panel (a)."""
    return tuple(
        KerrCat(eps2, options["kappa"], n_th)
        for eps2, n_th in MEASURED
        if options["eps2_min"] <= eps2 <= options["eps2_max"]
    )


def draw_kerr_cat_staircase(options: FigureOptions, measured: Sequence[MeasuredRate] = ()) -> DrawnFigure:
    """Two panels: temperatures at one damping rate, and damping rates at one temperature.

    Returns:
        The figure; the table has per panel and curve the series ``exact`` and ``semi-analytical``, ``plateau end``
        (f_1 = 1/2) and ``step`` (f_n = 1/2, n >= 2), ``knee`` (where the exact curve of ln Γ bends down most, one
        per step) and ``measured``.

    Raises:
        ParameterError: drives out of order, or a measured rate that belongs to no curve.
    """
    low, high = options["eps2_min"], options["eps2_max"]
    if not low < high:
        raise ParameterError("eps2_min, eps2_max", (low, high), "eps2_min < eps2_max")
    panels = families_of(options)
    places = [_panels_of(rate.system, panels) for rate in measured]
    drives, dense = np.linspace(low, high, options.count("points")), np.linspace(low, high, DENSE)
    table = DrawnTable(
        ("series", "panel", "eps2 [K]", "kappa [K]", "n_th", "Gamma [K]", "lower [K]", "upper [K]", "n")
    )
    missing, total = 0, sum(len(curves) for _, _, curves in panels)
    for number, (panel, kappa, n_th) in enumerate(
        (panel, *curve) for panel, _, curves in panels for curve in curves
    ):
        options.progress(f"kappa = {kappa:g} K, n_th = {n_th:g}", number / total)
        exact = scan_exact([KerrCat(float(e), kappa, n_th) for e in drives], shares=False)
        missing += exact.missing
        table.add_series("exact", panel, drives, kappa, n_th, exact.decay_rate, None, None, None)
        semi = scan_rates([KerrCat(float(e), kappa, n_th) for e in dense]).decay_rate
        table.add_series("semi-analytical", panel, dense, kappa, n_th, semi, None, None, None)
        for n, drive in step_drives(kappa, n_th, low, high):
            height = scan_exact([KerrCat(drive, kappa, n_th)], shares=False).decay_rate[0]
            table.add("plateau end" if n == 1 else "step", panel, drive, kappa, n_th, height, None, None, n)
            knee = knee_near(drives, exact.decay_rate, drive)
            if knee is not None:
                table.add("knee", panel, *knee[:1], kappa, n_th, knee[1], None, None, n)
    for rate, where in zip(measured, places, strict=True):
        system, estimate = rate.system, rate.estimate
        for panel in where:
            table.add("measured", panel, system.eps2, system.kappa, system.n_th, estimate.value, estimate.lower,
                      estimate.upper, None)  # fmt: skip
    notes = (
        "exact: slowest odd mode of the Liouvillian; semi-analytical: Eq. (84), one downward step",
        "plateau end, step: f_n = 1/2 (82) for n = 1 and n >= 2, with the exact rate there",
        "knee: where ln Gamma of the exact points bends down most within one K of the step (parabola through three "
        "second differences), without the formula",
        f"{missing} exact points left out: below round-off, or no slow mode is real",
    )
    with house_style():
        figure = new_figure(height=4.6)
        axes = figure.subplots(1, 2, sharey=True)
        for ax, (panel, title, curves) in zip(axes, panels, strict=True):
            _draw_panel(ax, table, panel, curves, measured)
            panel_letter(ax, panel, title)
            ax.set_xlim(0.0 if low < 1.0 else low, high)
        axes[0].set_ylabel(RATE)
        _legend(figure, bool(measured))
        heading(
            figure,
            r"Decay rate of the Kerr-cat against the drive: the staircase",
            r"$\Gamma=-\mathrm{d}\ln\langle X\rangle/\mathrm{d}t$ of the population difference of the wells. "
            r"Symbols: manifold $n$ stops tunnelling ($f_n=1/2$); the",
            r"large ones, $n=1$, end the first plateau, at $\epsilon_2/K$ written in (b): the weaker the damping "
            r"$\kappa$, the deeper the wells it reaches.",
        )
    return DrawnFigure(figure, table, notes)


def step_drives(kappa: float, n_th: float, low: float, high: float) -> list[tuple[int, float]]:
    """(n, drive) of all steps between two drives.

    >>> [(n, f"{drive:.4f}") for n, drive in step_drives(0.025, 0.05, 0.0, 12.0)]
    [(1, '6.1622'), (2, '9.5858')]
    """
    found: list[tuple[int, float]] = []
    for n in range(1, 100):
        try:
            drive = critical_drive(n, kappa, n_th)
        except PredictionError:
            break
        if drive > high:
            break
        if drive >= low:
            found.append((n, drive))
    return found


def knee_near(drives: RealVector, rates: RealVector, near: float) -> tuple[float, float] | None:
    """(drive, rate) where a sampled ln Γ bends down most, within one K of ``near``.

    The branching ratio of a step, f = 1/(1 + e^s) with s linear in the drive, has the most negative second
    derivative of ln f where f = 1/2.

    Args:
        drives: (S,) equidistant. rates: (S,).

    Returns:
        None without five points around it.
    """
    bend = np.diff(np.log(rates), 2)
    inside = np.flatnonzero((np.abs(drives[1:-1] - near) <= 1.0) & np.isfinite(bend))
    if not inside.size:
        return None
    k = int(inside[np.argmin(bend[inside])])
    if not 0 < k < bend.size - 1 or not np.isfinite(bend[k - 1 : k + 2]).all():
        return None
    before, at, after = bend[k - 1 : k + 2]
    curvature = before - 2.0 * at + after
    shift = 0.5 * (before - after) / curvature if curvature > 0.0 else 0.0
    place = float(drives[k + 1] + np.clip(shift, -1.0, 1.0) * (drives[1] - drives[0]))
    return place, float(np.exp(np.interp(place, drives, np.log(rates))))


def _panels_of(system: KerrCat, panels: Families) -> list[str]:
    """Panels with a curve of the damping and temperature of a measured system."""
    where = [panel for panel, _, curves in panels if (system.kappa, system.n_th) in curves]
    if not where or system.K != 1.0:
        raise ParameterError("measured", system, "systems with K = 1 on a curve of the figure")
    return where


def _draw_panel(
    ax: Axes,
    table: DrawnTable,
    panel: str,
    curves: tuple[tuple[float, float], ...],
    measured: Sequence[MeasuredRate],
) -> None:
    """Curves, marks and measured points of one panel; curves are named at the lower left, where none of them runs."""
    handles = []
    for index, (kappa, n_th) in enumerate(curves):
        colour, marker = family_colour(index), family_marker(index)
        cells: dict[str, str | float] = {"panel": panel, "kappa [K]": kappa, "n_th": n_th}

        def line(series: str, cells: dict[str, str | float] = cells) -> tuple[RealVector, RealVector]:
            where = {"series": series, **cells}
            return table.numbers("eps2 [K]", **where), table.numbers("Gamma [K]", **where)

        ax.plot(*line("exact"), **{**EXACT.style(), "color": colour}, linewidth=1.6)
        ax.plot(*line("semi-analytical"), **SEMI_ANALYTICAL.style(linewidth=0.8), zorder=3)
        ax.plot(*line("plateau end"), marker, color=colour, markeredgecolor=INK, markersize=7, zorder=4)
        # In panel (a) they all end at about the same drive.
        for drive, rate in zip(*line("plateau end"), strict=True) if panel == "b" else ():
            ax.annotate(
                f"{drive:.1f}", (drive, rate), (6, 3), textcoords="offset points", fontsize=8, color=colour
            )
        ax.plot(*line("step"), marker, color=colour, markeredgecolor=INK, markersize=4, zorder=4)
        here = [m for m in measured if (m.system.kappa, m.system.n_th) == (kappa, n_th)]
        draw_measured(ax, [m.system.eps2 for m in here], here, colour=colour, marker="P")
        name = rf"$n_\mathrm{{th}}={n_th:g}$" if panel == "a" else rf"$\kappa={kappa:g}\,K$"
        handles.append(
            Line2D([], [], color=colour, marker=marker, markeredgecolor=INK, linewidth=1.6, label=name)
        )
    ax.legend(handles=handles, loc="lower left")
    ax.set(xlabel=DRIVE, yscale="log")
    minor_ticks(ax, "x")


def _legend(figure: Figure, measured: bool) -> None:
    mark: dict[str, Any] = {"marker": "o", "color": FAINT, "markeredgecolor": INK, "linestyle": ""}
    handles = [
        Line2D([], [], color=FAINT, linewidth=1.6, label=EXACT.label),
        Line2D([], [], label=SEMI_ANALYTICAL.label, **SEMI_ANALYTICAL.style(linewidth=0.8)),
        Line2D([], [], markersize=7, label=r"plateau end, $f_1=1/2$", **mark),
        Line2D([], [], markersize=4, label=r"step, $f_n=1/2$, $n\geq 2$", **mark),
    ]
    if measured:
        handles.append(
            Line2D(
                [], [], marker="P", color=FAINT, markerfacecolor="white", linestyle="", label="measured, 95 %"
            )
        )
    figure.legend(handles=handles, loc="outside lower center", ncols=5 if not measured else 3)


JOB = FigureJob(
    2,
    "Decay rate against the drive for several temperatures and damping rates: the staircase",
    draw_kerr_cat_staircase,
    seconds=20.0,
    settings={
        "kappa": Setting(0.025, "damping of panel (a), in units of K", minimum=1e-6, maximum=0.3),
        "n_th": Setting(0.05, "thermal occupation of panel (b)", minimum=1e-4, maximum=1.0),
        "eps2_min": Setting(0.2, "first drive, in units of K", minimum=0.05),
        "eps2_max": Setting(12.0, "last drive, in units of K", minimum=1.0, maximum=30.0),
        "points": Setting(60, "exact points on a curve", minimum=8, maximum=2000, whole=True),
    },
    source=f"Gamma: slowest odd mode of the Liouvillian; semi-analytical Eq. (84); steps f_n = 1/2, Eq. (82); {MODEL}",
)
