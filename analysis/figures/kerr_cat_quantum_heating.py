"""Switching of the Kerr-cat without thermal photons: exact, by heating between the states of the non-Hermitian Hamiltonian, and
by the levels of H.

Eq. (106) with hops between neighbouring manifolds explains the exact rate within a few percent over many decades; with hops
by two it is exact. The formula on the levels of H ends at 2V_00, orders of magnitude below.
"""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from wellhop.analysis.activation import scenario_rate
from wellhop.analysis.dual_basis import dual_model
from wellhop.analysis.figures.drawn import Cell, DrawnTable
from wellhop.analysis.figures.job import DrawnFigure, FigureJob, FigureOptions, Setting
from wellhop.analysis.figures.kerr_cat_axes import DRIVE, EXACT, MODEL, RATE
from wellhop.analysis.figures.kerr_cat_mechanisms import BROAD, exact_above_floor
from wellhop.analysis.figures.layout import Theory, heading, minor_ticks, panel_letter
from wellhop.analysis.figures.style import COLOURS, INK, house_style, new_figure
from wellhop.engine.systems.kerr_cat import KerrCat

#: Series of the table and how each is drawn; the exact rate lies below as a broad band.
LINES = {
    "(106), reach 1": Theory(r"Eq. (106), hops by 1", INK, (0, (5, 1.6)), "s"),
    "(106), reach 2": Theory(r"hops by 1 and 2", COLOURS[2], (0, (1, 1.3)), "^"),
    "dual basis": Theory("dual basis, all hops", COLOURS[3], (0, (3, 1, 1, 1, 1, 1)), "D"),
    "levels of H": Theory("levels of $H$ (84)", COLOURS[1], (0, (6, 1.5, 1, 1.5)), "v"),
}
#: Exact rates of which round-off is more than some percent are left out of the ratio.
LEAST_FOR_RATIO = 1e-12


def draw_quantum_heating(options: FigureOptions) -> DrawnFigure:
    """Rates against the drive at n_th = 0 for two damping rates, and the formulas over the exact rate.

    Returns:
        The figure; the table has per damping rate the series ``exact`` and those of :data:`LINES`, with their ratio to
        the exact rate, and ``departure``, the drive where the levels of H give half of the exact rate.
    """
    dampings = (options["kappa_1"], options["kappa_2"])
    drives = np.linspace(1.0, options["eps2_max"], options.count("points"))
    table = DrawnTable(("series", "kappa [K]", "eps2 [K]", "Gamma [K]", "over exact"))
    for i, kappa in enumerate(dampings):
        options.progress(f"kappa = {kappa:g} K", i / len(dampings))
        _add(table, drives, kappa)
    notes = (
        "exact: slowest odd mode of the Liouvillian at n_th = 0, left out below 1e-13 K (in the ratio below 1e-12 K, where "
        "round-off is some percent)",
        "(106), reach r: hops by at most r manifolds between eigenstates of H_nh, Eqs. (104)-(106) with r = 1; levels of H: "
        "Eq. (84) at n_th = 0; dual basis: resummed rate of all hops between eigenstates of H_nh, not in the paper",
        "departure: where the levels of H give half of the exact rate",
    )
    with house_style():
        figure = new_figure(height=5.6)
        axes = figure.subplots(2, 2, sharex=True, sharey="row", height_ratios=[1.7, 1.0])
        for column, kappa in enumerate(dampings):
            _draw_rates(axes[0, column], table, kappa)
            panel_letter(axes[0, column], "ab"[column], rf"$\kappa={kappa:g}\,K$")
            _draw_ratios(axes[1, column], table, kappa)
        lowest = float(np.nanmin(table.numbers("Gamma [K]", series="exact")))
        axes[0, 0].set(ylabel=RATE, ylim=(0.2 * lowest, None))
        axes[1, 0].set(ylabel="over the exact rate", ylim=(0.9, 1.1))
        _legend(figure)
        heading(
            figure,
            r"Switching without thermal photons, $n_\mathrm{th}=0$: heated by the loss alone",
            r"Clicks connect eigenstates of $H_\mathrm{nh}=H-\frac{i\kappa}{2}a^\dagger a$, with dual vectors on the left. On "
            "the levels of $H$ the ground manifold is",
            r"not heated, and its own $2V_{00}$ is all that is left: it fails beyond the drive marked by the line. "
            "Dual basis: not in the paper.",
        )
    return DrawnFigure(figure, table, notes)


def _add(table: DrawnTable, drives: np.ndarray, kappa: float) -> None:
    """Rows at one damping rate."""
    systems = [KerrCat(float(eps2), kappa, 0.0) for eps2 in drives]
    levels = [system.manifolds() for system in systems]
    exact = np.array([exact_above_floor(system) for system in systems])
    trusted = np.where(exact > LEAST_FOR_RATIO, exact, np.nan)
    table.add_series("exact", kappa, drives, exact, np.where(np.isfinite(trusted), 1.0, np.nan))
    pairs = list(zip(systems, levels, strict=True))
    found = {
        "(106), reach 1": [scenario_rate(s, "nonhermitian", levels=known) for s, known in pairs],
        "(106), reach 2": [scenario_rate(s, "nonhermitian", reach=2, levels=known) for s, known in pairs],
        "dual basis": [dual_model(s, known).quasi_stationary("resummed").decay_rate for s, known in pairs],
        "levels of H": [scenario_rate(s, "thermal_quantum", levels=known) for s, known in pairs],
    }
    for series, rates in found.items():
        table.add_series(series, kappa, drives, np.array(rates), np.array(rates) / trusted)
    share = np.log(np.array(found["levels of H"]) / exact)
    first = np.flatnonzero(share < np.log(0.5))
    if first.size and first[0] > 0:
        k = int(first[0])
        at = float(np.interp(-np.log(0.5), -share[k - 1 : k + 1], drives[k - 1 : k + 1]))
        table.add("departure", kappa, at, exact_above_floor(KerrCat(at, kappa, 0.0)), 0.5)


def _draw_rates(ax: Axes, table: DrawnTable, kappa: float) -> None:
    where: dict[str, Cell] = {"kappa [K]": kappa}
    x = table.numbers("eps2 [K]", series="exact", **where)
    ax.plot(x, table.numbers("Gamma [K]", series="exact", **where), color=EXACT.colour, **BROAD)
    for series, theory in LINES.items():
        ax.plot(x, table.numbers("Gamma [K]", series=series, **where), **theory.style())
    for drive in table.numbers("eps2 [K]", series="departure", **where):
        ax.axvline(drive, color=INK, linewidth=0.8, zorder=1)
        ax.annotate(rf"$\epsilon_2={drive:.2f}\,K$", (drive, 1.0), (4, -5), xycoords=("data", "axes fraction"),
                    textcoords="offset points", va="top", fontsize=8.5)  # fmt: skip
    ax.set_yscale("log")
    minor_ticks(ax, "x")


def _draw_ratios(ax: Axes, table: DrawnTable, kappa: float) -> None:
    ax.axhline(1.0, color=EXACT.colour, **BROAD)
    for series, theory in LINES.items():
        where: dict[str, Cell] = {"series": series, "kappa [K]": kappa}
        ax.plot(table.numbers("eps2 [K]", **where), table.numbers("over exact", **where), **theory.style())
    for drive in table.numbers("eps2 [K]", series="departure", **{"kappa [K]": kappa}):
        ax.axvline(drive, color=INK, linewidth=0.8, zorder=1)
    ax.set_xlabel(DRIVE)
    minor_ticks(ax)


def _legend(figure: Figure) -> None:
    handles = [Line2D([], [], color=EXACT.colour, label=EXACT.label, **BROAD)]
    handles += [Line2D([], [], label=theory.label, **theory.style()) for theory in LINES.values()]
    figure.legend(handles=handles, loc="outside lower center", ncols=3)


JOB = FigureJob(
    13,
    "Decay rate without thermal photons: exact, non-Hermitian heating, and the levels of H",
    draw_quantum_heating,
    seconds=8.0,
    settings={
        "kappa_1": Setting(0.025, "first damping rate in units of K", minimum=1e-3, maximum=0.3),
        "kappa_2": Setting(0.1, "second damping rate in units of K", minimum=1e-3, maximum=0.3),
        "eps2_max": Setting(12.0, "last drive in units of K", minimum=2.0, maximum=16.0),
        "points": Setting(56, "drives", minimum=4, maximum=500, whole=True),
    },
    source=f"Eqs. (104)-(106) and (84) at n_th = 0; exact: slowest odd mode of the Liouvillian; {MODEL}",
)
