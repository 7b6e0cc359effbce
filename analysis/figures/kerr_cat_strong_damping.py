"""Strong damping smooths the staircase: decay rate, its slope, branching ratios and currents against weak damping.

At κ = K/2 the branching ratio of a manifold falls more slowly where it is caught, and the current into it falls faster
where it still tunnels, so that a step is hardly seen. The coherence between manifolds, which the rate model drops, is
then worth 5 to 10 %.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
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
    SEMI_ANALYTICAL,
    MeasuredRate,
    draw_measured,
)
from wellhop.analysis.figures.kerr_cat_manifolds import crossings, manifold_line
from wellhop.analysis.figures.layout import heading, minor_ticks, panel_letter
from wellhop.analysis.figures.style import COLOURS, INK, house_style, new_figure
from wellhop.analysis.kerr_cat_scan import ExactScan, RateScan, scan_exact, scan_rates
from wellhop.engine.errors import ParameterError
from wellhop.engine.systems.kerr_cat import KerrCat

RealVector = npt.NDArray[np.float64]
#: Drives worth measuring at strong damping.
MEASURED = (2.0, 4.0, 6.0, 8.0, 10.0)
#: Manifolds whose branching ratio and current are drawn.
SHOWN = (1, 2, 3)
_COLUMNS = (
    "series",
    "eps2 [K]",
    "kappa [K]",
    "Gamma [K]",
    "lower [K]",
    "upper [K]",
    "slope [1/K]",
    "n",
    "f",
    "J [K]",
)


@dataclass(frozen=True)
class _Damping:
    """One damping rate: its curves and how they are drawn."""

    kappa: float
    exact: ExactScan
    scan: RateScan
    width: float
    alpha: float


def measured_systems(options: FigureOptions) -> tuple[KerrCat, ...]:
    """Systems on the curve of strong damping."""
    return tuple(
        KerrCat(eps2, options["kappa"], options["n_th"])
        for eps2 in MEASURED
        if options["eps2_min"] <= eps2 <= options["eps2_max"]
    )


def draw_strong_damping(options: FigureOptions, measured: Sequence[MeasuredRate] = ()) -> DrawnFigure:
    """Four panels over the drive: Γ/κ, -d ln Γ/dε₂, f_n and J_n/κ, at strong and at weak damping.

    Returns:
        The figure; the table has for both dampings the series ``exact``, ``semi-analytical`` (each with its slope
        d ln Γ/dε₂), ``manifold`` (f_n and J_n), ``crossing`` (f_n = 1/2, with the slope df_n/dε₂ there), and
        ``measured``.

    Raises:
        ParameterError: drives or dampings out of order, or a measured rate off the curves.
    """
    low, high, n_th = options["eps2_min"], options["eps2_max"], options["n_th"]
    if not low < high:
        raise ParameterError("eps2_min, eps2_max", (low, high), "eps2_min < eps2_max")
    strong, weak = options["kappa"], options["weak"]
    if not weak < strong:
        raise ParameterError("weak, kappa", (weak, strong), "weak < kappa")
    for rate in measured:
        if (rate.system.K, rate.system.n_th) != (1.0, n_th) or rate.system.kappa not in (strong, weak):
            raise ParameterError("measured", rate.system, "systems with K = 1 on a curve of the figure")
    drives = np.linspace(low, high, options.count("points"))
    table = DrawnTable(_COLUMNS)
    dampings = []
    for part, (kappa, width, alpha) in enumerate(((weak, 1.3, 0.45), (strong, 2.2, 1.0))):
        options.progress(f"kappa = {kappa:g} K", 0.5 * part)
        systems = [KerrCat(float(e), kappa, n_th) for e in drives]
        damping = _Damping(kappa, scan_exact(systems, shares=False), scan_rates(systems), width, alpha)
        dampings.append(damping)
        _add_rows(table, drives, damping)
    for rate in measured:
        estimate = rate.estimate
        table.add("measured", rate.system.eps2, rate.system.kappa, estimate.value, estimate.lower, estimate.upper,
                  *(None,) * 4)  # fmt: skip
    off = 100.0 * float(np.nanmax(np.abs(dampings[1].scan.decay_rate / dampings[1].exact.decay_rate - 1.0)))
    with house_style():
        figure = new_figure(height=6.0)
        axes = figure.subplots(2, 2, sharex=True)
        for damping in dampings:
            _draw_damping(axes, drives, damping)
        _draw_points(axes[0, 0], measured)
        _finish(axes, table, low, high, (weak, strong))
        _legend(figure, dampings, bool(measured))
        heading(
            figure,
            rf"Strong damping smooths the staircase, $\kappa={strong:g}\,K$ against ${weak:g}\,K$, "
            rf"$n_\mathrm{{th}}={n_th:g}$",
            r"Wide lines: strong, pale lines: weak damping. Steps wash out (b): a caught manifold stops tunnelling "
            "more",
            rf"gradually (c), the current into $n\geq 2$ falls while it still tunnels (d). Strong damping: rate model up to "
            rf"{off:.0f} % off.",
        )
    missing = sum(damping.exact.missing for damping in dampings)
    return DrawnFigure(
        figure,
        table,
        (
            "slope: d ln Gamma / d eps2 for exact and semi-analytical, d f_n / d eps2 for crossing (f_n = 1/2)",
            f"{missing} exact points left out: below round-off, or no slow mode is real",
        ),
    )


def _add_rows(table: DrawnTable, drives: RealVector, damping: _Damping) -> None:
    kappa, scan = damping.kappa, damping.scan
    for series, rates in (("exact", damping.exact.decay_rate), ("semi-analytical", scan.decay_rate)):
        slope = np.gradient(np.log(rates), drives)
        table.add_series(series, drives, kappa, rates, None, None, slope, None, None, None)
    for n in SHOWN:
        f = scan.branching[:, n]
        table.add_series("manifold", drives, kappa, None, None, None, None, n, f, scan.currents[:, n])
        for at in crossings(drives, f, 0.5):
            steepness = float(np.interp(at, drives, np.gradient(f, drives)))
            table.add("crossing", at, kappa, None, None, None, steepness, n, 0.5, None)


def _draw_damping(axes: npt.NDArray[Any], drives: RealVector, damping: _Damping) -> None:
    """Lines of one damping rate in all four panels."""
    kappa, scan, look = damping.kappa, damping.scan, {"alpha": damping.alpha}
    for rates, style in (
        (damping.exact.decay_rate, EXACT.style(linewidth=damping.width, **look)),
        (scan.decay_rate, SEMI_ANALYTICAL.style(linewidth=0.9, **look)),
    ):
        axes[0, 0].plot(drives, rates / kappa, **style)
        axes[0, 1].plot(drives, -np.gradient(np.log(rates), drives), **style)
    for n in SHOWN:
        line = manifold_line(n, linewidth=damping.width, **look)
        axes[1, 0].plot(drives, scan.branching[:, n], **line)
        axes[1, 1].plot(drives, scan.currents[:, n] / kappa, **line)


def _draw_points(ax: Axes, measured: Sequence[MeasuredRate]) -> None:
    """Measured rates over their damping."""
    scaled = [
        MeasuredRate(m.system, m.estimate.scaled(1.0 / m.system.kappa, m.estimate.quantity)) for m in measured
    ]
    draw_measured(ax, [m.system.eps2 for m in scaled], scaled, colour=COLOURS[1], marker="D")


def _finish(
    axes: npt.NDArray[Any], table: DrawnTable, low: float, high: float, dampings: tuple[float, float]
) -> None:
    """Crossings, labels and scales."""
    for kappa, face in zip(dampings, ("white", INK), strict=True):
        where: dict[str, str | float] = {"series": "crossing", "kappa [K]": kappa}
        at = table.numbers("eps2 [K]", **where)
        axes[1, 0].plot(
            at, np.full(at.size, 0.5), "o", color=INK, markerfacecolor=face, markersize=4.5, zorder=5
        )
    axes[1, 0].axhline(0.5, color=INK, linewidth=0.7)
    axes[0, 0].set(yscale="log", ylabel=r"$\Gamma/\kappa$")
    axes[0, 1].set(ylabel=r"$-\mathrm{d}\ln\Gamma/\mathrm{d}(\epsilon_2/K)$")
    axes[0, 1].set_ylim(bottom=-0.1)
    axes[1, 0].set(ylabel=r"branching $f_n$", xlabel=DRIVE, ylim=(-0.03, 1.08), xlim=(low, high))
    axes[1, 1].set(ylabel=r"current $J_n/\kappa$", xlabel=DRIVE, yscale="log")
    top = max(
        float(
            (table.numbers("J [K]", series="manifold") / table.numbers("kappa [K]", series="manifold")).max()
        ),
        1e-12,
    )
    axes[1, 1].set_ylim(1e-3 * top, 2.0 * top)
    titles = ("decay rate over damping", "its slope", "branching ratio", "current into the manifold")
    for ax, letter, title in zip(axes.flat, "abcd", titles, strict=True):
        panel_letter(ax, letter, title)
        minor_ticks(ax, "x")
    for ax in (axes[0, 1], axes[1, 0]):
        minor_ticks(ax, "y")


def _legend(figure: Figure, dampings: Sequence[_Damping], measured: bool) -> None:
    weak, strong = dampings
    handles = [
        Line2D(
            [], [], label=rf"exact, $\kappa={d.kappa:g}\,K$", **EXACT.style(linewidth=d.width, alpha=d.alpha)
        )
        for d in (strong, weak)
    ]
    handles.append(Line2D([], [], label=SEMI_ANALYTICAL.label, **SEMI_ANALYTICAL.style(linewidth=0.9)))
    handles += [Line2D([], [], label=f"$n={n}$", **manifold_line(n, linewidth=2.0)) for n in SHOWN]
    handles += [
        Line2D([], [], marker="o", color=INK, markerfacecolor=face, markersize=4.5, linestyle="", label=label)
        for face, label in ((INK, "$f_n=1/2$, strong"), ("white", "$f_n=1/2$, weak"))
    ]
    if measured:
        handles.append(
            Line2D(
                [],
                [],
                marker="D",
                color=COLOURS[1],
                markerfacecolor="white",
                linestyle="",
                label="measured, 95 %",
            )
        )
    figure.legend(handles=handles, loc="outside lower center", ncols=3, handlelength=3.0)


JOB = FigureJob(
    10,
    "Strong damping smooths the staircase: rate, slope, branching ratios and currents",
    draw_strong_damping,
    seconds=8.0,
    settings={
        "kappa": Setting(0.5, "strong damping in units of K", minimum=1e-3, maximum=2.0),
        "weak": Setting(0.025, "weak damping in units of K, for comparison", minimum=1e-6, maximum=1.0),
        "n_th": Setting(0.05, "thermal occupation", minimum=1e-4, maximum=1.0),
        "eps2_min": Setting(0.5, "first drive, in units of K", minimum=0.05),
        "eps2_max": Setting(12.0, "last drive, in units of K", minimum=1.0, maximum=30.0),
        "points": Setting(93, "drives", minimum=8, maximum=2000, whole=True),
    },
    source=f"Gamma: slowest odd mode of the Liouvillian; semi-analytical Eq. (84), f_n (82), J_n (83); {MODEL}",
)
