"""Which manifold carries the switching: contributions, branching ratios and currents over the staircase.

Γ_n = f_n J_n (81): the current J_n into a manifold hardly changes while it is caught by the wells, so the step comes
from its branching ratio f_n, the part that crosses the barrier before it cools down.
"""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from wellhop.analysis.figures.drawn import DrawnTable
from wellhop.analysis.figures.job import DrawnFigure, FigureJob, FigureOptions, Setting
from wellhop.analysis.figures.kerr_cat_axes import DRIVE, EXACT, MODEL, SEMI_ANALYTICAL
from wellhop.analysis.figures.kerr_cat_manifolds import (
    add_exact_scan,
    add_rate_scan,
    crossings,
    draw_branching,
    draw_manifold_shares,
    manifold_handles,
    manifold_line,
)
from wellhop.analysis.figures.layout import heading, minor_ticks, panel_letter
from wellhop.analysis.figures.style import INK, house_style, new_figure
from wellhop.analysis.kerr_cat_scan import scan_exact, scan_rates
from wellhop.engine.errors import ParameterError
from wellhop.engine.systems.kerr_cat import KerrCat

X = "eps2 [K]"
RATE_COLUMN = "Gamma [K]"
#: Points of the semi-analytical lines.
DENSE = 240


def draw_kerr_cat_shares(options: FigureOptions) -> DrawnFigure:
    """Three panels over one axis: Γ_n with their sum, f_n, and J_n.

    Returns:
        The figure; the table has the series ``n=0``, ``n=1``, ... (semi-analytical Γ_n, f_n, J_n, p_n), ``sum``,
        ``n=0 exact``, ... , ``exact``, and ``crossing`` (f_n = 1/2).

    Raises:
        ParameterError: drives out of order.
    """
    low, high = options["eps2_min"], options["eps2_max"]
    if not low < high:
        raise ParameterError("eps2_min, eps2_max", (low, high), "eps2_min < eps2_max")
    kappa, n_th, shown = options["kappa"], options["n_th"], options.count("manifolds")
    drives, dense = np.linspace(low, high, options.count("points")), np.linspace(low, high, DENSE)
    table = DrawnTable(("series", X, RATE_COLUMN, "f", "J [K]", "p", "n"))
    sampled = DrawnTable(table.columns[:-1])
    scan = scan_rates([KerrCat(float(e), kappa, n_th) for e in dense])
    exact = scan_exact(
        [KerrCat(float(e), kappa, n_th) for e in drives],
        progress=lambda share: options.progress("exact contributions", share),
    )
    add_rate_scan(sampled, dense, scan, shown)
    add_exact_scan(sampled, drives, exact, shown)
    for row in sampled.rows:
        number = str(row[0]).split(" ")[0].removeprefix("n=")
        table.add(*row, int(number) if number.isdigit() else None)
    for n in range(1, shown):
        for at in crossings(dense, scan.branching[:, n], 0.5):
            table.add("crossing", at, float(np.interp(at, dense, scan.decay_rate)), 0.5, None, None, n)
    with house_style():
        figure = new_figure(height=6.6)
        axes = figure.subplots(3, 1, sharex=True, height_ratios=[2.0, 1.0, 1.2])
        _draw_rates(axes[0], table, shown)
        draw_branching(axes[1], table, X, range(1, shown))
        panel_letter(axes[1], "b", "branching ratio: crosses the barrier rather than cools down")
        for n in range(1, shown):
            axes[2].plot(
                table.numbers(X, series=f"n={n}"), table.numbers("J [K]", series=f"n={n}"), **manifold_line(n)
            )
        axes[2].set(yscale="log", ylabel="current $J_n/K$", xlabel=DRIVE, xlim=(low, high))
        axes[2].set_ylim(bottom=1e-3 * float(table.numbers("J [K]", series="n=1").max()))
        panel_letter(axes[2], "c", "current into the manifold")
        minor_ticks(axes[1], "y")
        for ax in axes:
            minor_ticks(ax, "x")
            for at in table.numbers(X, series="crossing"):
                ax.axvline(at, color=INK, linewidth=0.6, linestyle=(0, (1, 2)), zorder=1)
        handles = [
            Line2D([], [], label="sum, Eq. (84)", **SEMI_ANALYTICAL.style(linewidth=1.0)),
            Line2D([], [], label=EXACT.label, **EXACT.style(linewidth=2.0)),
            *manifold_handles(shown),
            Line2D([], [], marker="o", color=INK, markersize=4.5, linestyle="", label="$f_n=1/2$"),
        ]
        figure.legend(handles=handles, loc="outside lower center", ncols=5, handlelength=3.0)
        heading(
            figure,
            rf"Which manifold carries the switching, $\kappa={kappa:g}\,K$, $n_\mathrm{{th}}={n_th:g}$",
            r"Lines: rate model, $\Gamma_n=f_nJ_n$, Eqs. (80)-(85); open symbols: share of manifold $n$ in the exact "
            "slow mode, Eq. (100).",
            r"The rate drops where the manifold that carries it stops tunnelling, $f_n=1/2$ (dotted).",
        )
    return DrawnFigure(
        figure,
        table,
        (
            "n=...: rate model with one downward step; n=... exact: contribution to the slowest odd mode of the Liouvillian",
            "crossing: f_n = 1/2, interpolated between the points of the lines",
            f"{exact.missing} exact points left out: below round-off, or no slow mode is real",
        ),
    )


def _draw_rates(ax: Axes, table: DrawnTable, shown: int) -> None:
    ax.plot(
        table.numbers(X, series="exact"),
        table.numbers(RATE_COLUMN, series="exact"),
        **EXACT.style(linewidth=2.4),
    )
    ax.plot(
        table.numbers(X, series="sum"), table.numbers(RATE_COLUMN, series="sum"),
        **SEMI_ANALYTICAL.style(linewidth=1.0), zorder=5,
    )  # fmt: skip
    draw_manifold_shares(ax, table, X, RATE_COLUMN, shown)
    total = table.numbers(RATE_COLUMN, series="sum")
    ax.set(
        yscale="log",
        ylim=(1e-3 * total.min(), 3.0 * total.max()),
        ylabel=r"rates $\Gamma_n,\ \Gamma$ over $K$",
    )
    panel_letter(ax, "a", r"contributions $\Gamma_n$ and their sum $\Gamma$")


JOB = FigureJob(
    6,
    "Which manifold carries the switching: contributions, branching ratios and currents",
    draw_kerr_cat_shares,
    seconds=5.0,
    settings={
        "kappa": Setting(0.025, "damping in units of K", minimum=1e-6, maximum=0.3),
        "n_th": Setting(0.05, "thermal occupation", minimum=1e-4, maximum=1.0),
        "eps2_min": Setting(0.5, "first drive, in units of K", minimum=0.05),
        "eps2_max": Setting(12.0, "last drive, in units of K", minimum=1.0, maximum=30.0),
        "points": Setting(47, "exact points", minimum=2, maximum=2000, whole=True),
        "manifolds": Setting(5, "manifolds shown, from n = 0", minimum=2, maximum=10, whole=True),
    },
    source=f"Eqs. (80)-(85); exact contributions (100)-(103); {MODEL}",
)
