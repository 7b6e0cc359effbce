"""Populations of the large orbit and their effective temperature, exact and by perturbation theory (Figs. 4 and 6 of the paper)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from wellhop.analysis.duffing_balance import (
    balance_populations,
    duffing_levels,
    effective_occupation,
    series_populations,
    transition_rates,
)
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
from wellhop.analysis.figures.job import DrawnFigure, FigureJob, FigureOptions, Setting
from wellhop.analysis.figures.layout import heading, minor_ticks, panel_letter
from wellhop.analysis.figures.style import house_style, new_figure

RealArray = npt.NDArray[np.float64]

#: Levels of the balance equation beyond those drawn, whose populations would feel the end of the ladder.
BEYOND = 10
#: Growth of N_eff from one level to the next beyond which it shows the end of the ladder and no temperature.
LARGEST_GROWTH = 2.0
#: Orders in sqrt(λ) drawn; odd ones add nothing.
DRAWN = (0, 2, 4)
BATHS = {
    "n_cold": Setting(0.0, "photons of the colder bath", minimum=0.0, maximum=5.0),
    "n_warm": Setting(0.5, "photons of the warmer bath", minimum=0.0, maximum=5.0),
}


@dataclass(frozen=True)
class _Populations:
    """Populations at one temperature, exact and by order."""

    n_th: float
    exact: RealArray
    orders: dict[int, RealArray]


def draw_populations(options: FigureOptions) -> DrawnFigure:
    """Stationary populations p_n for two baths (above) and the relative errors of each order (below).

    Returns:
        The figure; the table has the series ``exact`` and ``order 0``, ``order 2``, ``order 4`` with p_n and |Δp_n|/p_n.
    """
    found, fewer = _both(options)
    table = DrawnTable(("series", "n_th", "n", "p", "relative error"))
    for one in found:
        _tabulate(table, one, lambda p: p)
    with house_style():
        figure = new_figure(height=5.6)
        axes = figure.subplots(2, 2, sharex=True, sharey="row")
        for column, one in enumerate(found):
            upper, lower = axes[:, column]
            _draw(upper, one, lambda p: p)
            upper.set_yscale("log")
            panel_letter(upper, "ab"[column], rf"populations, $n_\mathrm{{th}}={one.n_th:g}$")
            for order, p in one.orders.items():
                theory = ORDERS[order]
                lower.plot(
                    np.abs(p / one.exact - 1.0),
                    marker=theory.marker,
                    markersize=3.2,
                    linewidth=0.9,
                    **theory.style(),
                )
            lower.set(xlabel=LEVEL, yscale="log")
            lower.xaxis.set_major_locator(MaxNLocator(integer=True))
            panel_letter(lower, "cd"[column], rf"relative errors, $n_\mathrm{{th}}={one.n_th:g}$")
            minor_ticks(lower, "x")
        axes[0, 0].set_ylabel(r"$p_n$")
        axes[1, 0].set_ylabel(r"$|\Delta p_n|/p_n$")
        _legend(figure, markers=True)
        heading(
            figure,
            "Stationary populations of the large orbit (HAS), Fig. 4 of the paper",
            _parameters(options)
            + r"Orders in $\sqrt{\lambda}$ of the rates in the balance equation (23), $\kappa\to0$; order 0 is "
            r"$p_{n+1}/p_n=\bar N/(1+\bar N)$.",
        )
    return DrawnFigure(figure, table, (*_notes(), *_ended(found, len(found[0].exact)), *fewer))


def draw_effective_occupation(options: FigureOptions) -> DrawnFigure:
    """N_eff(n) = p_{n+1}/(p_n - p_{n+1}) over n for two baths, as far as it means a temperature.

    Returns:
        The figure; the table has the series ``exact`` and ``order 0``, ``order 2``, ``order 4`` with N_eff and its relative error.
    """
    found, fewer = _both(options)
    short = [
        *_ended(found, len(found[0].exact) - 1),
        *(
            f"exact, n_th = {one.n_th:g}: N_eff from n = {kept} on is left out, negative or above {LARGEST_GROWTH:g} times the one "
            "before: the ladder ends at the saddle"
            for one in found
            if (kept := int(np.isfinite(tame_occupation(one.exact)).sum())) < len(one.exact) - 1
        ),
    ]
    table = DrawnTable(("series", "n_th", "n", "N_eff", "relative error"))
    for one in found:
        _tabulate(table, one, tame_occupation)
    with house_style():
        figure = new_figure(height=3.7)
        for letter, ax, one in zip("ab", figure.subplots(1, 2), found, strict=True):
            _draw(ax, one, tame_occupation)
            ax.set(xlabel=LEVEL)
            ax.xaxis.set_major_locator(MaxNLocator(integer=True))
            minor_ticks(ax)
            panel_letter(ax, letter, rf"$n_\mathrm{{th}}={one.n_th:g}$")
            if letter == "a":
                ax.set_ylabel(r"$N_\mathrm{eff}(n)$")
        _legend(figure, markers=False)
        heading(
            figure,
            "Effective temperature of the levels of the large orbit (HAS), Fig. 6 of the paper",
            _parameters(options)
            + r"$N_\mathrm{eff}(n)=p_{n+1}/(p_n-p_{n+1})$ of the balance equation (23), $\kappa\to0$.",
            r"Near the attractor it lies above $n_\mathrm{th}$: squeezed in the frame of the orbit, the bath heats even at "
            r"$n_\mathrm{th}=0$.",
            *(
                [
                    "Curves end where rates of the series turn negative, points where the ladder ends at the saddle."
                ]
                if short
                else []
            ),
        )
    return DrawnFigure(figure, table, (*_notes(), *short, *fewer))


def tame_occupation(populations: RealArray) -> RealArray:
    """N_eff(n), nan from the first level on where it is not positive or jumps up: there populations show where the ladder ends.

    >>> tame_occupation(np.array([0.5, 0.25, 0.125, 0.13])).tolist()
    [1.0, 1.0, nan]
    """
    with np.errstate(divide="ignore"):
        found = effective_occupation(populations)
    wild = ~(found > 0.0)
    wild[1:] |= found[1:] > LARGEST_GROWTH * found[:-1]
    return np.where(np.logical_or.accumulate(wild), np.nan, found)


def _ended(found: list[_Populations], shown: int) -> tuple[str, ...]:
    """Series that end before the last level drawn."""
    return tuple(
        f"order {order}, n_th = {one.n_th:g}: drawn to n = {min(known, shown) - 1} only, then rates of the series are negative"
        for one in found
        for order, p in one.orders.items()
        if (known := int(np.isfinite(p).sum()) - (len(one.exact) - shown)) < shown
    )


def _both(options: FigureOptions) -> tuple[list[_Populations], tuple[str, ...]]:
    """Populations for both baths, and a note where the well has fewer levels than asked for."""
    lam, beta = options["lam"], options["beta"]
    found = duffing_levels(lam, beta)
    drawn, fewer = drawn_levels(found, options.count("levels"))
    own = found.well("HAS")[: drawn + BEYOND]
    elements = found.elements(own)
    series = perturbed_levels(undamped_frame(lam, beta, "HAS"), max(DRAWN), len(own))
    out = []
    for n_th in (options["n_cold"], options["n_warm"]):
        exact = balance_populations(transition_rates(elements, n_th))
        orders = {q: _filled(series_populations(series, n_th, q), drawn) for q in DRAWN}
        out.append(_Populations(n_th, exact[:drawn], orders))
    return out, fewer


def _filled(p: RealArray, levels: int) -> RealArray:
    """The first populations, nan where the series has none."""
    out = np.full(levels, np.nan)
    out[: len(p)] = p[:levels]
    return out


def _tabulate(table: DrawnTable, one: _Populations, of: Callable[[RealArray], RealArray]) -> None:
    exact = of(one.exact)
    levels = np.arange(len(exact), dtype=np.float64)
    table.add_series("exact", one.n_th, levels, exact, None)
    for order, p in one.orders.items():
        table.add_series(f"order {order}", one.n_th, levels, of(p), np.abs(of(p) / exact - 1.0))


def _draw(ax: Axes, one: _Populations, of: Callable[[RealArray], RealArray]) -> None:
    for order, p in one.orders.items():
        ax.plot(of(p), **ORDERS[order].style())
    ax.plot(of(one.exact), EXACT.marker, color=EXACT.colour, markersize=3.2, zorder=3)


def _legend(figure: Figure, *, markers: bool) -> None:
    """Orders with the symbols of the lower panels where there are any."""
    handles = [
        Line2D(
            [], [], color=EXACT.colour, marker=EXACT.marker, linestyle="", markersize=3.2, label=EXACT.label
        )
    ]
    handles += [
        Line2D(
            [],
            [],
            marker=ORDERS[q].marker if markers else "",
            markersize=3.2,
            label=ORDERS[q].label,
            **ORDERS[q].style(),
        )
        for q in DRAWN
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=4)


def _parameters(options: FigureOptions) -> str:
    return rf"$\lambda={options['lam']:g}$, $\beta={options['beta']:.4g}$. "


def _notes() -> tuple[str, ...]:
    return (
        f"exact: eigenstates of (2), balance equation (23) between those drawn and {BEYOND} more where the well has them",
        "order q: every rate W_nm as a series up to sqrt(lambda)^q, norms expanded as well; then (23) is solved",
        "a series ends before the first level with a negative rate",
        "relative error: |order/exact - 1|",
    )


POPULATIONS = FigureJob(
    4,
    "Stationary populations of the large orbit for two baths, and their errors (Fig. 4 of the paper)",
    draw_populations,
    seconds=1.5,
    settings={"lam": LAMBDA, "beta": BETA, "levels": levels_setting(25), **BATHS},
    source=f"Eqs. (22)-(25) with W = (1+n)|<N|a|M>|^2 + n|<M|a|N>|^2; {MODEL}",
)
EFFECTIVE_OCCUPATION = FigureJob(
    6,
    "Effective occupation of the levels of the large orbit for two baths (Fig. 6 of the paper)",
    draw_effective_occupation,
    seconds=1.5,
    settings={"lam": LAMBDA, "beta": BETA, "levels": levels_setting(17), **BATHS},
    source=f"Eqs. (22)-(25) with W = (1+n)|<N|a|M>|^2 + n|<M|a|N>|^2; {MODEL}",
)
