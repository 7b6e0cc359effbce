"""The measured turnover of the decay rate with the damping, as in the problem of Kramers, and whether it is significant."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.ticker import LogLocator, NullFormatter

from wellhop.analysis.comparison import chi_square, compare
from wellhop.analysis.figures.drawn import DrawnTable
from wellhop.analysis.figures.job import DrawnFigure
from wellhop.analysis.figures.kerr_cat_axes import (
    DAMPING,
    EXACT,
    SEMI_ANALYTICAL,
    MeasuredRate,
    draw_measured,
)
from wellhop.analysis.figures.kerr_cat_measured_steps import draw_percent
from wellhop.analysis.figures.layout import heading, panel_letter
from wellhop.analysis.figures.style import BAND, INK, house_style, new_figure
from wellhop.analysis.kerr_cat_turnover import Extremum
from wellhop.analysis.rate_ratio import RateRatio, rate_ratio

RealVector = npt.NDArray[np.float64]
#: Panel (b) shows this factor beyond the extrema.
ZOOM = 1.45


@dataclass(frozen=True)
class TurnoverCurves:
    """Predicted rates along the damping.

    Attributes:
        kappas: (S,). exact, semi_analytical: (S,) rates there.
        extrema: of the exact rate, a maximum and the minimum at stronger damping.
    """

    kappas: RealVector
    exact: RealVector
    semi_analytical: RealVector
    extrema: tuple[Extremum, Extremum]


def draw_measured_turnover(
    curves: TurnoverCurves,
    measured: Sequence[MeasuredRate],
    exact_at: Sequence[float],
    notes: Sequence[str] = (),
) -> DrawnFigure:
    """Rates above, measured over exact below.

    Args:
        curves: predictions. measured: points by increasing κ, two of them at the extrema.
        exact_at: exact rate at each point. notes: more for the head of the table.

    Returns:
        The figure; the table has the series ``exact``, ``semi-analytical``, ``local max``, ``local min`` (exact), ``measured``
        and ``turnover`` (measured maximum over measured minimum: ratio, limits, and as pull its distance from 1).
    """
    table = DrawnTable(
        (
            "series",
            "kappa [K]",
            "Gamma [K]",
            "lower [K]",
            "upper [K]",
            "exact [K]",
            "pull",
            "trajectories",
            "switches",
        )
    )
    for name, rates in (("exact", curves.exact), ("semi-analytical", curves.semi_analytical)):
        table.add_series(name, curves.kappas, rates, None, None, None, None, None, None)
    for extremum in curves.extrema:
        table.add(f"local {extremum.kind}", extremum.kappa, extremum.rate, *[None] * 6)
    comparisons = []
    for m, exact in zip(measured, exact_at, strict=True):
        e = m.estimate
        comparisons.append(compare(e, exact, float(np.log(m.system.kappa))))
        counts = (e.counts.get("n_trajectories"), e.counts.get("switches"))
        table.add("measured", m.system.kappa, e.value, e.lower, e.upper, exact, comparisons[-1].pull, *counts)
    ratio = turnover_ratio(curves, measured)
    table.add("turnover", None, ratio.value, ratio.lower, ratio.upper, curves.extrema[0].rate / curves.extrema[1].rate,
              ratio.pull, None, None)  # fmt: skip
    system = measured[0].system
    high, low = curves.extrema
    with house_style():
        figure = new_figure(height=5.4)
        axes = figure.subplot_mosaic(
            [["all", "zoom"], ["residual", "residual"]], height_ratios=[1.9, 1.0], width_ratios=[1.45, 1.0]
        )
        kappas = [m.system.kappa for m in measured]
        for name in ("all", "zoom"):
            _draw_rates(axes[name], curves, kappas, measured)
        axes["all"].set_ylabel(rf"decay rate $\Gamma$ [{_unit_math(low.rate)}$\,K$]")
        axes["all"].legend(loc="upper left")
        _zoom(axes["zoom"], curves, measured)
        bottom = axes["residual"]
        bottom.axhline(0.0, **EXACT.style(linewidth=1.0))
        deviation = 100.0 * (curves.semi_analytical / curves.exact - 1.0)
        bottom.plot(curves.kappas, deviation, **SEMI_ANALYTICAL.style(linewidth=0.9))
        draw_percent(bottom, kappas, measured, exact_at, INK, "o")
        bottom.set(xlabel=DAMPING, ylabel="[%]", xscale="log")
        panel_letter(axes["all"], "a", rf"$\epsilon_2={system.eps2:g}\,K,\ n_\mathrm{{th}}={system.n_th:g}$")
        panel_letter(
            axes["zoom"], "b", rf"extrema {high.rate / _unit(low.rate):.3f}, {low.rate / _unit(low.rate):.3f}"
        )
        panel_letter(bottom, "c", r"measured / exact $-\,1$")
        heading(
            figure,
            "Measured decay rate against the damping: a turnover as in the problem of Kramers",
            f"Measured maximum over measured minimum: {ratio.value:.3f} [{ratio.lower:.3f}, {ratio.upper:.3f}] at 95 %, "
            f"{ratio.pull:.1f} standard errors above 1;",
            f"exact {high.rate / low.rate:.3f} (grey band). Quantum-jump trajectories with adaptive displacement.",
        )
    head = (
        "exact: slowest odd mode of the Liouvillian; semi-analytical: Eq. (84), one downward step; local max, local min: exact",
        f"turnover: measured maximum over measured minimum, {ratio}",
        f"measured against exact: {chi_square(comparisons)}".replace("\n ", ""),
    )
    return DrawnFigure(figure, table, (*head, *notes))


def _draw_rates(
    ax: Axes, curves: TurnoverCurves, kappas: Sequence[float], measured: Sequence[MeasuredRate]
) -> None:
    """Lines, points and the band between the extrema."""
    high, low = curves.extrema
    unit = _unit(low.rate)
    ax.plot(curves.kappas, curves.exact, label=EXACT.label, **EXACT.style(linewidth=1.4))
    ax.plot(
        curves.kappas,
        curves.semi_analytical,
        label=SEMI_ANALYTICAL.label,
        **SEMI_ANALYTICAL.style(linewidth=0.9),
    )
    draw_measured(ax, kappas, measured)
    ax.axhspan(low.rate, high.rate, color=BAND, linewidth=0, zorder=0)
    ax.set(xscale="log", yscale="log", xlabel=DAMPING)
    ax.yaxis.set_major_locator(LogLocator(subs=(1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0), numticks=30))
    ax.yaxis.set_major_formatter(lambda value, _: f"{value / unit:.3g}")
    ax.yaxis.set_minor_formatter(NullFormatter())


def _zoom(ax: Axes, curves: TurnoverCurves, measured: Sequence[MeasuredRate]) -> None:
    """Only the neighbourhood of the two extrema, on a linear axis that holds every interval."""
    high, low = curves.extrema
    unit, reach = _unit(low.rate), high.rate - low.rate
    first, last = high.kappa / ZOOM, low.kappa * ZOOM
    inside = [m.estimate for m in measured if first < m.system.kappa < last and np.isfinite(m.estimate.upper)]
    ax.set_xlim(first, last)
    ax.set_yscale("linear")
    ax.set_ylim(
        min([low.rate - reach, *(e.lower for e in inside)]) - 0.2 * reach,
        max([high.rate + reach, *(e.upper for e in inside)]) + 0.2 * reach,
    )
    ax.yaxis.set_major_formatter(lambda value, _: f"{value / unit:.3g}")
    ax.set_xticks([high.kappa, low.kappa], labels=[f"{kappa:.3g}" for kappa in (high.kappa, low.kappa)])
    ax.xaxis.set_minor_formatter(NullFormatter())


def _unit(rate: float) -> float:
    """The power of ten below a rate."""
    return float(10.0 ** np.floor(np.log10(rate)))


def _unit_math(rate: float) -> str:
    return rf"$10^{{{int(np.floor(np.log10(rate)))}}}$"


def turnover_ratio(curves: TurnoverCurves, measured: Sequence[MeasuredRate]) -> RateRatio:
    """Measured rate at the exact maximum over that at the exact minimum; the points nearest to them are taken."""
    high, low = (_nearest(measured, extremum.kappa) for extremum in curves.extrema)
    return rate_ratio(high.estimate, low.estimate)


def _nearest(measured: Sequence[MeasuredRate], kappa: float) -> MeasuredRate:
    return min(measured, key=lambda m: abs(float(np.log(m.system.kappa / kappa))))
