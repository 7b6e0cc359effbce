"""Why dephasing and decay must be kept apart: the staircase and the turnover with μ_n, and with μ_n := λ_n.

With one rate for both roles ("λ-limited tunnelling") the steps move to larger drives, and the local maximum of Γ(κ) to
larger damping, by the factor sqrt(μ_n/λ_n), which tends to α sqrt(2/n) in deep wells. The exact rate decides.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from wellhop.analysis.figures.drawn import DrawnTable
from wellhop.analysis.figures.job import DrawnFigure, FigureJob, FigureOptions, Setting
from wellhop.analysis.figures.kerr_cat_axes import (
    DAMPING,
    DRIVE,
    EXACT,
    MODEL,
    RATE,
    SEMI_ANALYTICAL,
    MeasuredRate,
    draw_measured,
)
from wellhop.analysis.figures.layout import Theory, heading, minor_ticks, panel_letter
from wellhop.analysis.figures.style import COLOURS, FAINT, INK, house_style, new_figure
from wellhop.analysis.kerr_cat_scan import scan_exact, scan_rates
from wellhop.analysis.kerr_cat_turnover import RateSource, critical_damping, kramers_extrema
from wellhop.analysis.staircase import Criterion, critical_drive
from wellhop.engine.errors import ParameterError, PredictionError
from wellhop.engine.systems.kerr_cat import KerrCat

ONE_RATE = Theory(r"the same with $\mu_n$:=$\lambda_n$", COLOURS[1], (0, (5, 1.5, 1, 1.5)), "D")
#: Series, look, source of the rate, criterion of the step; the exact rate has steps and extrema of its own.
SERIES: tuple[tuple[str, Theory, RateSource, Criterion | None], ...] = (
    ("exact", EXACT, "exact", None),
    ("semi-analytical", SEMI_ANALYTICAL, "semi_analytical", "branching"),
    ("lambda-limited", ONE_RATE, "one_rate", "one_rate"),
)
#: Points of the semi-analytical lines.
DENSE = 200
#: Damping rates κ/K worth measuring in panel (b): below, at and beyond the turnover.
MEASURED = (5e-4, 1.4e-3, 3e-3, 6e-3, 1.5e-2, 5e-2)
_COLUMNS = (
    "series", "panel", "eps2 [K]", "kappa [K]", "n_th", "Gamma [K]", "lower [K]", "upper [K]", "n", "factor",
)  # fmt: skip


def measured_systems(options: FigureOptions) -> tuple[KerrCat, ...]:
    """Systems on the exact curve of panel (b)."""
    return tuple(
        KerrCat(options["eps2"], kappa, options["n_th_b"])
        for kappa in MEASURED
        if options["kappa_min"] <= kappa <= options["kappa_max"]
    )


def draw_one_rate(options: FigureOptions, measured: Sequence[MeasuredRate] = ()) -> DrawnFigure:
    """Two panels: Γ against the drive, and Γ against the damping.

    Returns:
        The figure; the table has for both panels the series ``exact``, ``semi-analytical`` and ``lambda-limited``;
        ``step ...`` (f_n = 1/2); ``local max ...`` and ``local min ...`` of Γ(κ); ``measured``; and, with a number in
        the column factor, ``displacement`` (of the first local maximum, semi-analytical to λ-limited),
        ``overshoot`` (of the rate there), ``sqrt(mu/lambda)`` and ``alpha sqrt(2/n)`` of the manifold n behind it.

    Raises:
        ParameterError: limits out of order, or a measured rate off the curve.
    """
    _check(options, measured)
    table = DrawnTable(_COLUMNS)
    missing = _add_staircase(table, options) + _add_turnover(table, options)
    for rate in measured:
        system, estimate = rate.system, rate.estimate
        table.add("measured", "b", system.eps2, system.kappa, system.n_th, estimate.value, estimate.lower,
                  estimate.upper, None, None)  # fmt: skip
    with house_style():
        figure = new_figure(height=4.7)
        axes = figure.subplots(1, 2)
        _draw_staircase(axes[0], table, options)
        _draw_turnover(axes[1], table, options)
        draw_measured(axes[1], [m.system.kappa for m in measured], measured, colour=COLOURS[2], marker="o")
        _legend(figure, bool(measured))
        heading(
            figure,
            r"Dephasing and decay are two rates: what $\mu_n$:=$\lambda_n$ would do",
            r"$\mu_n\approx 2\kappa\alpha^2$ dephases the tunnelling, $\lambda_n\approx\kappa n$ empties the manifold. "
            "With one rate for both the steps move to larger",
            r"drives (a), and the local maximum to larger damping and rates (b), both by a factor "
            r"$\sqrt{\mu_n/\lambda_n}\to\alpha\sqrt{2/n}$.",
        )
    notes = (
        "lambda-limited: Eq. (84) with mu_n := lambda_n; step: f_n = 1/2 in either form",
        "local max, local min: of Gamma(kappa) within the range of panel b; none listed: there is none",
        f"{missing} exact points left out: below round-off, or no slow mode is real",
    )
    return DrawnFigure(figure, table, notes)


def _check(options: FigureOptions, measured: Sequence[MeasuredRate]) -> None:
    for first, last in (("eps2_min", "eps2_max"), ("kappa_min", "kappa_max")):
        if not options[first] < options[last]:
            raise ParameterError(f"{first}, {last}", (options[first], options[last]), f"{first} < {last}")
    for rate in measured:
        if rate.system != replace(rate.system, eps2=options["eps2"], n_th=options["n_th_b"], K=1.0):
            raise ParameterError("measured", rate.system, "systems on the exact curve of panel (b), K = 1")


def _add_staircase(table: DrawnTable, options: FigureOptions) -> int:
    """Rows of panel (a); the number of exact points left out."""
    low, high, kappa, n_th = (options[name] for name in ("eps2_min", "eps2_max", "kappa", "n_th"))
    drives, dense = np.linspace(low, high, options.count("points")), np.linspace(low, high, DENSE)
    exact = scan_exact(
        [KerrCat(float(e), kappa, n_th) for e in drives],
        shares=False,
        progress=lambda share: options.progress("exact rates over the drive", 0.4 * share),
    )
    table.add_series("exact", "a", drives, kappa, n_th, exact.decay_rate, *(None,) * 4)
    for series, _, source, criterion in SERIES:
        if criterion is None:
            continue
        one_rate = source == "one_rate"
        rates = scan_rates([KerrCat(float(e), kappa, n_th) for e in dense], one_rate=one_rate).decay_rate
        table.add_series(series, "a", dense, kappa, n_th, rates, *(None,) * 4)
        for n in range(1, 100):
            try:
                drive = critical_drive(n, kappa, n_th, criterion=criterion)
            except PredictionError:
                break
            if drive > high:
                break
            if drive < low:
                continue
            height = scan_rates([KerrCat(drive, kappa, n_th)], one_rate=one_rate).decay_rate[0]
            table.add(f"step {series}", "a", drive, kappa, n_th, height, None, None, n, None)
    return exact.missing


def _add_turnover(table: DrawnTable, options: FigureOptions) -> int:
    """Rows of panel (b); the number of exact points left out."""
    low, high, eps2, n_th = (options[name] for name in ("kappa_min", "kappa_max", "eps2", "n_th_b"))
    dampings, dense = np.geomspace(low, high, options.count("points")), np.geomspace(low, high, DENSE)
    exact = scan_exact(
        [KerrCat(eps2, float(k), n_th) for k in dampings],
        shares=False,
        progress=lambda share: options.progress("exact rates over the damping", 0.4 + 0.4 * share),
    )
    table.add_series("exact", "b", eps2, dampings, n_th, exact.decay_rate, *(None,) * 4)
    tops: dict[str, tuple[float, float]] = {}
    for series, _, source, criterion in SERIES:
        if criterion is not None:
            rates = scan_rates([KerrCat(eps2, float(k), n_th) for k in dense], one_rate=source == "one_rate")
            table.add_series(series, "b", eps2, dense, n_th, rates.decay_rate, *(None,) * 4)
        options.progress(f"turnover, {series}", 0.8)
        for found in kramers_extrema(eps2, n_th, source=source, lowest=low, highest=high):
            table.add(f"local {found.kind} {series}", "b", eps2, found.kappa, n_th, found.rate, *(None,) * 4)
            if found.kind == "max":
                tops.setdefault(source, (found.kappa, found.rate))
    if "semi_analytical" in tops and "one_rate" in tops:
        (kappa, rate), (moved, larger) = tops["semi_analytical"], tops["one_rate"]
        # The manifold whose own maximum is nearest.
        n = min(range(1, 8), key=lambda n: abs(np.log(critical_damping(n, eps2, n_th) / kappa)))
        factors = {
            "displacement": moved / kappa,
            "overshoot": larger / rate,
            "sqrt(mu/lambda)": critical_damping(n, eps2, n_th, one_rate=True)
            / critical_damping(n, eps2, n_th),
            "alpha sqrt(2/n)": float(np.sqrt(2.0 * eps2 / n)),
        }
        for name, factor in factors.items():
            table.add(name, "b", eps2, None, n_th, None, None, None, n, factor)
    return exact.missing


def _draw_staircase(ax: Axes, table: DrawnTable, options: FigureOptions) -> None:
    for series, theory, _, criterion in SERIES:
        x, y = (table.numbers(c, series=series, panel="a") for c in ("eps2 [K]", "Gamma [K]"))
        ax.plot(x, y, **theory.style(linewidth=1.8 if criterion is None else 1.2))
        x, y, n = (table.numbers(c, series=f"step {series}") for c in ("eps2 [K]", "Gamma [K]", "n"))
        ax.plot(x, y, theory.marker, color=theory.colour, markeredgecolor="white", markersize=6.5, zorder=5)
        above = theory is ONE_RATE
        for at, height, number in zip(x, y, n, strict=True):
            ax.annotate(f"{number:.0f}", (at, height), (6, 4) if above else (-6, -4), textcoords="offset points",
                        color=theory.colour, fontsize=8, ha="left" if above else "right",
                        va="bottom" if above else "top")  # fmt: skip
    ax.set(yscale="log", xlabel=DRIVE, ylabel=RATE, xlim=(options["eps2_min"], options["eps2_max"]))
    minor_ticks(ax, "x")
    panel_letter(ax, "a", rf"$\kappa={options['kappa']:g}\,K$, $n_\mathrm{{th}}={options['n_th']:g}$")


def _draw_turnover(ax: Axes, table: DrawnTable, options: FigureOptions) -> None:
    for series, theory, _, criterion in SERIES:
        x, y = (table.numbers(c, series=series, panel="b") for c in ("kappa [K]", "Gamma [K]"))
        ax.plot(x, y, **theory.style(linewidth=1.8 if criterion is None else 1.2))
        # The semi-analytical ones would lie on the exact ones.
        for kind, marker in (("max", "^"), ("min", "v")) if theory is not SEMI_ANALYTICAL else ():
            x, y = (table.numbers(c, series=f"local {kind} {series}") for c in ("kappa [K]", "Gamma [K]"))
            ax.plot(x, y, marker, color=theory.colour, markeredgecolor="white", markersize=7.5, zorder=5)
    start, end = (
        (
            table.numbers("kappa [K]", series=f"local max {series}"),
            table.numbers("Gamma [K]", series=f"local max {series}"),
        )
        for series in ("semi-analytical", "lambda-limited")
    )
    moved = table.numbers("factor", series="displacement")
    if moved.size:
        ax.annotate("", (end[0][0], end[1][0]), (start[0][0], start[1][0]),
                    arrowprops={"arrowstyle": "->", "color": FAINT, "shrinkA": 7, "shrinkB": 5})  # fmt: skip
        (ratio,), (limit,) = (
            table.numbers("factor", series=s) for s in ("sqrt(mu/lambda)", "alpha sqrt(2/n)")
        )
        n = int(table.numbers("n", series="displacement")[0])
        words = rf"$\sqrt{{\mu_{n}/\lambda_{n}}}={ratio:.2f}$, $\alpha\sqrt{{2/{n}}}={limit:.2f}$"
        ax.text(
            0.03,
            0.97,
            f"maximum moves by a factor {moved[0]:.2f}\n" + words,
            transform=ax.transAxes,
            va="top",
            fontsize=8.3,
        )
    ax.set(
        xscale="log",
        yscale="log",
        xlabel=DAMPING,
        ylabel=RATE,
        xlim=(options["kappa_min"], options["kappa_max"]),
    )
    panel_letter(ax, "b", rf"$\epsilon_2={options['eps2']:g}\,K$, $n_\mathrm{{th}}={options['n_th_b']:g}$")


def _legend(figure: Figure, measured: bool) -> None:
    handles = [
        Line2D([], [], label=theory.label, **theory.style(linewidth=1.8 if criterion is None else 1.2))
        for _, theory, _, criterion in SERIES
    ]
    handles += [
        Line2D([], [], marker=SEMI_ANALYTICAL.marker, color=INK, linestyle="", label="step $n$"),
        Line2D(
            [],
            [],
            marker=ONE_RATE.marker,
            color=COLOURS[1],
            linestyle="",
            label=r"step $n$, $\mu_n$:=$\lambda_n$",
        ),
        *(
            Line2D([], [], marker=marker, color=FAINT, linestyle="", markersize=6.5, label=label)
            for marker, label in (("^", "local maximum"), ("v", "local minimum"))
        ),
    ]
    if measured:
        handles.append(
            Line2D(
                [],
                [],
                marker="o",
                color=COLOURS[2],
                markerfacecolor="white",
                linestyle="",
                label="measured, 95 %",
            )
        )
    figure.legend(handles=handles, loc="outside lower center", ncols=3, handlelength=3.0)


JOB = FigureJob(
    7,
    "Dephasing and decay are two rates: staircase and turnover with mu_n, and with mu_n := lambda_n",
    draw_one_rate,
    seconds=9.0,
    settings={
        "kappa": Setting(0.025, "damping of panel (a), in units of K", minimum=1e-6, maximum=0.3),
        "n_th": Setting(0.01, "thermal occupation of panel (a)", minimum=1e-4, maximum=1.0),
        "eps2_min": Setting(2.0, "first drive of panel (a), in units of K", minimum=0.05),
        "eps2_max": Setting(12.0, "last drive of panel (a), in units of K", minimum=1.0, maximum=30.0),
        "eps2": Setting(8.0, "drive of panel (b), in units of K", minimum=1.0, maximum=16.0),
        "n_th_b": Setting(1e-3, "thermal occupation of panel (b)", minimum=1e-4, maximum=1.0),
        "kappa_min": Setting(2e-4, "smallest damping of panel (b), in units of K", minimum=1e-8),
        "kappa_max": Setting(0.2, "largest damping of panel (b), in units of K", minimum=1e-6, maximum=0.5),
        "points": Setting(50, "exact points in each panel", minimum=4, maximum=2000, whole=True),
    },
    source=f"Eqs. (82), (84), with mu_n (58), and with lambda_n (68) in its place; {MODEL}",
)
