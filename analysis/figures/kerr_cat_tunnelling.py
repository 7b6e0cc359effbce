"""Tunnelling against dissipation: the splitting of each manifold beside the rates that hinder it, over the drive.

A manifold tunnels (regime T) while δ_n² > μ_n λ_n and is frozen by dissipation (regime D) beyond; where it changes over,
Eq. (88), the decay rate drops by one step.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from wellhop.analysis.figures.drawn import DrawnTable
from wellhop.analysis.figures.job import DrawnFigure, FigureJob, FigureOptions, Setting
from wellhop.analysis.figures.kerr_cat_axes import DRIVE, EXACT, MODEL, RATE
from wellhop.analysis.figures.kerr_cat_manifolds import crossings, manifold_colour, manifold_line
from wellhop.analysis.figures.layout import heading, minor_ticks, panel_letter
from wellhop.analysis.figures.style import BAND, FAINT, INK, house_style, new_figure
from wellhop.analysis.kerr_cat_scan import RateScan, scan_exact, scan_rates
from wellhop.engine.errors import ParameterError
from wellhop.engine.systems.kerr_cat import KerrCat

RealVector = npt.NDArray[np.float64]
#: Drives of the lines: a step lies between two of them.
DENSE = 400


def draw_regimes(options: FigureOptions) -> DrawnFigure:
    """Three panels over the drive: δ_n and sqrt(μ_n λ_n), regimes of the manifolds, and the exact staircase.

    Returns:
        The figure; the table has the series ``manifold`` (δ_n, μ_n, λ_n, regime T or D), ``exact`` (Γ) and
        ``crossing``, δ_n² = μ_n λ_n, with the exact rate there.

    Raises:
        ParameterError: drives out of order.
    """
    low, high = options["eps2_min"], options["eps2_max"]
    if not low < high:
        raise ParameterError("eps2_min, eps2_max", (low, high), "eps2_min < eps2_max")
    kappa, n_th, shown = options["kappa"], options["n_th"], options.count("manifolds")
    dense, drives = np.linspace(low, high, DENSE), np.linspace(low, high, options.count("points"))
    scan = scan_rates([KerrCat(float(e), kappa, n_th) for e in dense])
    exact = scan_exact(
        [KerrCat(float(e), kappa, n_th) for e in drives],
        shares=False,
        progress=lambda share: options.progress("exact rates", share),
    )
    table = DrawnTable(
        (
            "series",
            "eps2 [K]",
            "n",
            "delta [K]",
            "mu [K]",
            "lambda [K]",
            "sqrt(mu lambda) [K]",
            "regime",
            "Gamma [K]",
        )
    )
    numbers = range(1, shown + 1)
    steps: dict[int, list[float]] = {}
    for n in numbers:
        balance = _balance(scan, n)
        for at, row in zip(dense, range(DENSE), strict=True):
            mu, decay = scan.dephasing[row, n], scan.decay[row, n]
            regime = "T" if balance[row] > 0.0 else "D"
            table.add(
                "manifold", at, n, abs(scan.splitting[row, n]), mu, decay, np.sqrt(mu * decay), regime, None
            )
        steps[n] = crossings(dense, balance, 0.0)
    table.add_series("exact", drives, *(None,) * 6, exact.decay_rate)
    for n, places in steps.items():
        for at in places:
            height = scan_exact([KerrCat(at, kappa, n_th)], shares=False).decay_rate[0]
            delta = float(np.interp(at, dense, np.sqrt(scan.dephasing[:, n] * scan.decay[:, n])))
            table.add("crossing", at, n, delta, None, None, delta, None, height)
    with house_style():
        figure = new_figure(height=6.4)
        axes = figure.subplots(3, 1, sharex=True, height_ratios=[2.0, 0.9, 1.3])
        _draw_splittings(axes[0], dense, scan, steps)
        _draw_bars(axes[1], low, high, {n: _end(scan, n, places, low, high) for n, places in steps.items()})
        axes[2].plot(drives, exact.decay_rate, **EXACT.style(linewidth=1.8))
        axes[2].set(yscale="log", ylabel=RATE, xlabel=DRIVE, xlim=(low, high))
        panel_letter(axes[2], "c", "exact decay rate: one step where a manifold changes over")
        for n, places in steps.items():
            for at in places:
                for ax in (axes[0], axes[2]):
                    ax.axvline(at, color=manifold_colour(n), linewidth=0.9, linestyle=(0, (1, 2)), zorder=1)
        for ax in axes:
            minor_ticks(ax, "x")
        _legend(figure, numbers)
        heading(
            figure,
            rf"Tunnelling against dissipation, $\kappa={kappa:g}\,K$, $n_\mathrm{{th}}={n_th:g}$",
            r"Regime T: $\delta_n^2>\mu_n\lambda_n$, manifold $n$ oscillates between the wells; regime D: dephasing "
            r"$\mu_n$ and decay $\lambda_n$ freeze it.",
            r"It changes over where a line of (a) crosses the thin one of its colour, Eq. (88) (dots, dotted lines).",
        )
    return DrawnFigure(
        figure,
        table,
        (
            "manifold: splitting delta_n, dephasing mu_n (58), decay lambda_n (68); regime T where delta_n^2 > mu_n lambda_n",
            "crossing: delta_n^2 = mu_n lambda_n (88), interpolated; Gamma there is exact",
            f"{exact.missing} exact points left out: below round-off, or no slow mode is real",
        ),
    )


def _balance(scan: RateScan, n: int) -> RealVector:
    """Logarithm of δ_n²/(μ_n λ_n) along the scan."""
    ratio = scan.splitting[:, n] ** 2 / (scan.dephasing[:, n] * scan.decay[:, n])
    # Deep in the well the splitting is lost to round-off and may come out as zero.
    out: RealVector = np.log(np.maximum(ratio, 1e-300))
    return out


def _end(scan: RateScan, n: int, places: list[float], low: float, high: float) -> float:
    """Drive up to which manifold n tunnels."""
    if places:
        return places[-1]
    return high if _balance(scan, n)[0] > 0.0 else low


def _draw_splittings(ax: Axes, dense: RealVector, scan: RateScan, steps: dict[int, list[float]]) -> None:
    for n, places in steps.items():
        hindrance = np.sqrt(scan.dephasing[:, n] * scan.decay[:, n])
        ax.plot(dense, np.abs(scan.splitting[:, n]), **manifold_line(n, linewidth=2.0))
        ax.plot(dense, hindrance, **manifold_line(n, linewidth=0.9))
        heights = [float(np.interp(at, dense, hindrance)) for at in places]
        ax.plot(places, heights, "o", color=manifold_colour(n), markeredgecolor=INK, markersize=6, zorder=5)
    bottom = 0.05 * float(np.sqrt(scan.dephasing[:, 1] * scan.decay[:, 1]).min())
    ax.set(yscale="log", ylabel=r"$|\delta_n|,\ \sqrt{\mu_n\lambda_n}$ over $K$")
    ax.set_ylim(bottom=bottom)
    panel_letter(ax, "a", r"splitting $|\delta_n|$ (thick) against $\sqrt{\mu_n\lambda_n}$ (thin)")


def _draw_bars(ax: Axes, low: float, high: float, ends: dict[int, float]) -> None:
    """One bar per manifold: T up to its step, D beyond; a letter where there is room for it."""
    room = 0.05 * (high - low)
    size = 9.0 if len(ends) <= 5 else 6.0
    for n, end in ends.items():
        ax.barh(n, end - low, left=low, height=0.66, color=manifold_colour(n), edgecolor=INK, linewidth=0.6)
        ax.barh(n, high - end, left=end, height=0.66, color=BAND, edgecolor=INK, linewidth=0.6, hatch="///")
        if end - low > room:
            ax.annotate("T", (low, n), (8, 0), textcoords="offset points", color="white", va="center_baseline",
                        fontweight="bold", fontsize=size)  # fmt: skip
        if high - end > room:
            ax.annotate("D", (high, n), (-8, 0), textcoords="offset points", va="center_baseline", ha="right",
                        fontweight="bold", fontsize=size, bbox={"facecolor": BAND, "edgecolor": "none", "pad": 1.0})  # fmt: skip
    ax.set(yticks=list(ends), yticklabels=[f"$n={n}$" for n in ends], ylim=(0.5, len(ends) + 0.5))
    ax.grid(False)
    ax.tick_params(axis="y", length=0)
    panel_letter(ax, "b", "regime of each manifold")


def _legend(figure: Figure, numbers: range) -> None:
    handles: list[Line2D | Patch] = [
        Line2D([], [], label=rf"$|\delta_{n}|$", **manifold_line(n, linewidth=2.0)) for n in numbers
    ]
    handles += [
        Line2D([], [], label=r"$\sqrt{\mu_n\lambda_n}$", color=FAINT, linewidth=0.9),
        Line2D([], [], label=EXACT.label, **EXACT.style(linewidth=1.8)),
        Patch(facecolor=BAND, edgecolor=INK, linewidth=0.6, hatch="///", label="dissipation (D)"),
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=4, handlelength=3.0)


JOB = FigureJob(
    5,
    "Tunnelling against dissipation: splittings, regimes of the manifolds and the steps they make",
    draw_regimes,
    seconds=5.0,
    settings={
        "kappa": Setting(0.025, "damping in units of K", minimum=1e-6, maximum=0.3),
        "n_th": Setting(0.01, "thermal occupation", minimum=1e-4, maximum=1.0),
        "eps2_min": Setting(1.0, "first drive, in units of K", minimum=0.05),
        "eps2_max": Setting(14.0, "last drive, in units of K", minimum=1.0, maximum=30.0),
        "points": Setting(80, "exact points", minimum=2, maximum=2000, whole=True),
        "manifolds": Setting(4, "manifolds shown, from n = 1", minimum=1, maximum=7, whole=True),
    },
    source=f"delta_n (8), mu_n (58), lambda_n (68), steps delta_n^2 = mu_n lambda_n (88); {MODEL}",
)
