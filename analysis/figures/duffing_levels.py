"""Levels of the large orbit: spacings and orbital displacement, exact and by perturbation theory (Figs. 2 and 3 of the paper)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from wellhop.analysis.duffing_balance import duffing_levels
from wellhop.analysis.duffing_frame import undamped_frame
from wellhop.analysis.duffing_perturbation import perturbed_levels
from wellhop.analysis.figures.drawn import DrawnTable
from wellhop.analysis.figures.duffing_axes import (
    BETA,
    EXACT,
    LAMBDA,
    LEVEL,
    MODEL,
    ORDERS,
    drawn_levels,
    levels_setting,
)
from wellhop.analysis.figures.job import DrawnFigure, FigureJob, FigureOptions
from wellhop.analysis.figures.layout import heading, minor_ticks, panel_letter
from wellhop.analysis.figures.style import house_style, new_figure

RealArray = npt.NDArray[np.float64]
Curves = dict[int, RealArray]

#: Errors below this are round-off.
SMALLEST = 1e-10


def draw_level_spacings(options: FigureOptions) -> DrawnFigure:
    """|E_{n+1} - E_n| over n (a) and the errors of orders 0, 2 and 4 in sqrt(λ) (b).

    Returns:
        The figure; the table has the series ``exact`` and ``order 0``, ``order 2``, ``order 4``.
    """
    lam, beta = options["lam"], options["beta"]
    known = duffing_levels(lam, beta)
    levels, fewer = drawn_levels(known, options.count("levels"), 1)
    exact = known.spacings("HAS", levels + 1)
    series = perturbed_levels(undamped_frame(lam, beta, "HAS"), 4, levels + 1)
    orders: Curves = {order: series.spacings(order) for order in (0, 2, 4)}
    table = _table("dE [dw]", exact, orders)
    with house_style():
        figure = _two_panels(
            exact, orders, r"$|E_{n+1}-E_n|/\Delta\omega$", "level spacings", "error of the spacing"
        )
        heading(
            figure,
            "Level spacings of the large orbit (HAS), Fig. 2 of the paper",
            rf"$\lambda={lam:g}$, $\beta={beta:.4g}$. Double perturbation theory for the Hamiltonian (2); odd powers of "
            r"$\sqrt{\lambda}$ vanish.",
        )
    notes = (
        "order q: terms up to sqrt(lambda)^q; error: |order - exact|; energies fall from n = 0, the attractor",
        "the printed perturbation belongs to another Hamiltonian: against the spectrum of (2) it misses by the order lambda",
        *fewer,
    )
    return DrawnFigure(figure, table, notes)


def draw_displacement(options: FigureOptions) -> DrawnFigure:
    """<n|a|n> over n (a) and the errors of orders 0, 1 and 3 in sqrt(λ) (b), for ε > 0.

    Returns:
        The figure; the table has the series ``exact`` and ``order 0``, ``order 1``, ``order 3``.
    """
    lam, beta = options["lam"], options["beta"]
    found = duffing_levels(lam, beta)
    levels, fewer = drawn_levels(found, options.count("levels"))
    exact = np.diag(found.elements(found.well("HAS", levels)))
    series = perturbed_levels(undamped_frame(lam, beta, "HAS"), 3, levels)
    orders: Curves = {order: series.displacement(order).real for order in (0, 1, 3)}
    table = _table("<n|a|n>", exact, orders)
    with house_style():
        figure = _two_panels(
            exact, orders, r"$\langle n|a|n\rangle$", "orbital displacement", "error of the displacement"
        )
        heading(
            figure,
            "Orbital displacement of the large orbit (HAS), Fig. 3 of the paper",
            rf"$\lambda={lam:g}$, $\beta={beta:.4g}$, $\epsilon>0$; the paper has $\epsilon<0$ and the mirror image.",
            r"Even powers of $\sqrt{\lambda}$ add nothing: order $\lambda^{1/2}$ is also the order $\lambda$ of the paper.",
        )
    notes = (
        "order q: terms up to sqrt(lambda)^q beyond alpha, norms expanded as well; error: |order - exact|",
        *fewer,
    )
    return DrawnFigure(figure, table, notes)


def _table(quantity: str, exact: RealArray, orders: Curves) -> DrawnTable:
    table = DrawnTable(("series", "n", quantity, "error"))
    levels = np.arange(len(exact), dtype=np.float64)
    table.add_series("exact", levels, exact, None)
    for order, values in orders.items():
        table.add_series(f"order {order}", levels, values, np.abs(values - exact))
    return table


def _two_panels(exact: RealArray, orders: Curves, label: str, left: str, right: str) -> Figure:
    figure = new_figure(height=3.7)
    a, b = figure.subplots(1, 2)
    levels = np.arange(len(exact))
    for order, values in orders.items():
        theory = ORDERS[order]
        a.plot(levels, values, **theory.style())
        error = np.abs(values - exact)
        shown = error > SMALLEST
        b.plot(
            levels[shown], error[shown], marker=theory.marker, markersize=3.6, linewidth=0.9, **theory.style()
        )
    a.plot(levels, exact, EXACT.marker, color=EXACT.colour, markersize=3.2, zorder=3)
    b.set_yscale("log")
    _finish(a, label, "a", left)
    _finish(b, "|order - exact|", "b", right)
    minor_ticks(a, "y")
    handles = [
        Line2D(
            [], [], color=EXACT.colour, marker=EXACT.marker, linestyle="", markersize=3.2, label=EXACT.label
        )
    ]
    handles += [
        Line2D([], [], marker=ORDERS[q].marker, markersize=3.6, label=ORDERS[q].label, **ORDERS[q].style())
        for q in orders
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=4)
    return figure


def _finish(ax: Axes, label: str, letter: str, title: str) -> None:
    ax.set(xlabel=LEVEL, ylabel=label)
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    minor_ticks(ax, "x")
    panel_letter(ax, letter, title)


LEVEL_SPACINGS = FigureJob(
    2,
    "Level spacings of the large orbit, exact and by perturbation theory (Fig. 2 of the paper)",
    draw_level_spacings,
    seconds=1.0,
    settings={"lam": LAMBDA, "beta": BETA, "levels": levels_setting(26)},
    source=f"exact: diagonalisation of (2); Eqs. (20), (A1)-(A14) put right for (2); {MODEL}",
)
DISPLACEMENT = FigureJob(
    3,
    "Orbital displacement of the levels of the large orbit (Fig. 3 of the paper)",
    draw_displacement,
    seconds=1.0,
    settings={"lam": LAMBDA, "beta": BETA, "levels": levels_setting(10)},
    source=f"exact: diagonalisation of (2); Eq. (22) with (A1)-(A14) put right for (2); {MODEL}",
)
