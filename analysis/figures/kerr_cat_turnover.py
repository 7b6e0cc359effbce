"""Kramers-like turnover: the decay rate and its shares against the damping at fixed drive.

Each manifold adds a maximum at its own damping κ_n (88): below it the current into the manifold grows with κ, beyond it
dissipation stops its tunnelling. The total rate turns over only where the manifolds above add little, in deep wells at
low temperature.
"""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from wellhop.analysis.figures.drawn import DrawnTable
from wellhop.analysis.figures.job import DrawnFigure, FigureJob, FigureOptions, Setting
from wellhop.analysis.figures.kerr_cat_axes import DAMPING, EXACT, MODEL, SEMI_ANALYTICAL
from wellhop.analysis.figures.kerr_cat_manifolds import (
    draw_manifold_shares,
    manifold_colour,
    manifold_handles,
)
from wellhop.analysis.figures.layout import heading, panel_letter
from wellhop.analysis.figures.style import FAINT, INK, house_style, new_figure
from wellhop.analysis.kerr_cat_scan import scan_exact, scan_rates
from wellhop.analysis.kerr_cat_turnover import critical_damping, kramers_extrema
from wellhop.engine.errors import ParameterError
from wellhop.engine.systems.kerr_cat import KerrCat

X, RATE_COLUMN = "kappa [K]", "Gamma [K]"
#: Points of the semi-analytical lines.
DENSE = 160
#: Smallest κ shown, as a share of κ_1.
BELOW = 0.05
_COLUMNS = ("series", "panel", X, RATE_COLUMN, "eps2 [K]", "n_th", "n")


def draw_turnover(options: FigureOptions) -> DrawnFigure:
    """Two panels, a shallow and a deep well: Γ_n and Γ against κ, with the local extrema of Γ.

    Returns:
        The figure; the table has per panel the series ``n=0``, ... and ``n=0 exact``, ..., ``sum``, ``exact``,
        ``warm`` (semi-analytical Γ at the higher temperature), ``critical damping`` κ_n (88) with the rate model's Γ
        there, and ``local max``, ``local min`` of the exact Γ, ``local max warm``, ``local min warm`` where there
        are any.

    Raises:
        ParameterError: temperatures out of order.
    """
    n_th, warm, shown = options["n_th"], options["warm"], options.count("manifolds")
    if not n_th < warm:
        raise ParameterError("n_th, warm", (n_th, warm), "n_th < warm")
    table = DrawnTable(_COLUMNS)
    missing = 0
    panels = (("a", options["eps2_a"]), ("b", options["eps2_b"]))
    for part, (panel, eps2) in enumerate(panels):
        options.progress(f"eps2 = {eps2:g} K", 0.5 * part)
        missing += _add_panel(table, panel, eps2, options)
    with house_style():
        figure = new_figure(height=5.2)
        axes = figure.subplots(1, 2)
        for ax, (panel, eps2) in zip(axes, panels, strict=True):
            _draw_panel(ax, table, panel, shown)
            panel_letter(ax, panel, rf"$\epsilon_2={eps2:g}\,K$")
        axes[0].set_ylabel(r"rates $\Gamma_n,\ \Gamma$ over $K$")
        _legend(figure, shown, n_th, warm)
        heading(
            figure,
            rf"Turnover of the decay rate with the damping, $n_\mathrm{{th}}={n_th:g}$",
            r"Each $\Gamma_n$ is largest near its $\kappa_n$, where $\delta_n^2=\mu_n\lambda_n$ (ticks below). The sum "
            r"turns over (triangles) in deep wells",
            rf"at low temperature; at $n_\mathrm{{th}}={warm:g}$ (grey) higher manifolds fill the gap. "
            "Open symbols: exact shares, Eq. (100).",
        )
    return DrawnFigure(
        figure,
        table,
        (
            "n=...: rate model with one downward step; n=... exact: contribution to the slowest odd mode",
            "local max, local min: of the exact Gamma(kappa) in the range drawn, of the rate model for 'warm'; none listed: "
            "there is none",
            f"{missing} exact points left out: below round-off, or no slow mode is real",
        ),
    )


def _add_panel(table: DrawnTable, panel: str, eps2: float, options: FigureOptions) -> int:
    """All rows of one drive; the number of exact points left out."""
    n_th, warm, shown, high = (
        options["n_th"],
        options["warm"],
        options.count("manifolds"),
        options["kappa_max"],
    )
    low = min(BELOW * critical_damping(1, eps2, n_th), 0.01 * high)
    dampings, dense = np.geomspace(low, high, options.count("points")), np.geomspace(low, high, DENSE)
    scan = scan_rates([KerrCat(eps2, float(k), n_th) for k in dense])
    exact = scan_exact([KerrCat(eps2, float(k), n_th) for k in dampings])
    hot = scan_rates([KerrCat(eps2, float(k), warm) for k in dense])
    for n in range(shown):
        table.add_series(f"n={n}", panel, dense, scan.contributions[:, n], eps2, n_th, n)
        table.add_series(f"n={n} exact", panel, dampings, exact.contributions[:, n], eps2, n_th, n)
    table.add_series("sum", panel, dense, scan.decay_rate, eps2, n_th, None)
    table.add_series("exact", panel, dampings, exact.decay_rate, eps2, n_th, None)
    table.add_series("warm", panel, dense, hot.decay_rate, eps2, warm, None)
    for n in range(1, shown):
        place = critical_damping(n, eps2, n_th)
        if low <= place <= high:
            table.add(
                "critical damping",
                panel,
                place,
                scan_rates([KerrCat(eps2, place, n_th)]).decay_rate[0],
                eps2,
                n_th,
                n,
            )
    for found in kramers_extrema(eps2, n_th, lowest=low, highest=high):
        table.add(f"local {found.kind}", panel, found.kappa, found.rate, eps2, n_th, None)
    for found in kramers_extrema(eps2, warm, source="semi_analytical", lowest=low, highest=high):
        table.add(f"local {found.kind} warm", panel, found.kappa, found.rate, eps2, warm, None)
    return exact.missing


def _draw_panel(ax: Axes, table: DrawnTable, panel: str, shown: int) -> None:
    here = DrawnTable(table.columns, table.select(panel=panel))

    def line(series: str) -> tuple[np.ndarray, np.ndarray]:
        return here.numbers(X, series=series), here.numbers(RATE_COLUMN, series=series)

    ax.plot(*line("exact"), **EXACT.style(linewidth=2.4))
    ax.plot(*line("sum"), **SEMI_ANALYTICAL.style(linewidth=1.0), zorder=5)
    ax.plot(*line("warm"), color=FAINT, linewidth=1.0)
    draw_manifold_shares(ax, here, X, RATE_COLUMN, shown)
    for series, marker, offset in (("local max", "^", 8), ("local min", "v", -8)):
        for kappa, rate in zip(*line(series), strict=True):
            ax.plot([kappa], [rate], marker, color=INK, markersize=7.5, markeredgecolor="white", zorder=7)
            ax.annotate(f"{kappa:.2e}".replace("e-0", "e-"), (kappa, rate), (0, offset), textcoords="offset points",
                        fontsize=7.5, ha="center", va="bottom" if offset > 0 else "top", zorder=8,
                        bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.6})  # fmt: skip
    total = here.numbers(RATE_COLUMN, series="sum")
    bottom = 0.02 * float(total.min())
    ax.set(
        xscale="log",
        yscale="log",
        xlabel=DAMPING,
        xlim=(here.numbers(X, series="sum")[0], here.numbers(X, series="sum")[-1]),
    )
    ax.set_ylim(bottom, 3.0 * float(here.numbers(RATE_COLUMN, series="warm").max()))
    for place, n in zip(
        here.numbers(X, series="critical damping"), here.numbers("n", series="critical damping"), strict=True
    ):
        ax.plot([place], [0.03], "|", transform=ax.get_xaxis_transform(), color=manifold_colour(int(n)), markersize=14,
                markeredgewidth=2.5, zorder=6)  # fmt: skip


def _legend(figure: Figure, shown: int, n_th: float, warm: float) -> None:
    handles = [
        Line2D([], [], label="sum, Eq. (84)", **SEMI_ANALYTICAL.style(linewidth=1.0)),
        Line2D([], [], label=EXACT.label, **EXACT.style(linewidth=2.4)),
        *manifold_handles(shown),
        Line2D([], [], color=FAINT, linewidth=1.0, label=rf"sum, $n_\mathrm{{th}}={warm:g}$"),
        Line2D([], [], marker="^", color=INK, linestyle="", label="local maximum"),
        Line2D([], [], marker="v", color=INK, linestyle="", label="local minimum"),
        Line2D(
            [],
            [],
            marker="|",
            color=FAINT,
            markersize=12,
            markeredgewidth=2.5,
            linestyle="",
            label=r"$\kappa_n$, Eq. (88)",
        ),
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=4, handlelength=3.0)


JOB = FigureJob(
    11,
    "Turnover of the decay rate with the damping: contributions of the manifolds",
    draw_turnover,
    seconds=20.0,
    settings={
        "eps2_a": Setting(8.0, "drive of panel (a), in units of K", minimum=3.0, maximum=14.0),
        "eps2_b": Setting(12.0, "drive of panel (b), in units of K", minimum=3.0, maximum=14.0),
        "n_th": Setting(1e-3, "thermal occupation", minimum=1e-5, maximum=1.0),
        "warm": Setting(0.05, "thermal occupation of the grey line", minimum=1e-5, maximum=1.0),
        "kappa_max": Setting(0.5, "largest damping in units of K", minimum=1e-3, maximum=2.0),
        "points": Setting(40, "exact points in each panel", minimum=4, maximum=2000, whole=True),
        "manifolds": Setting(5, "manifolds shown, from n = 0", minimum=2, maximum=10, whole=True),
    },
    source=f"Eqs. (80)-(88); exact contributions (100)-(103); {MODEL}",
)
