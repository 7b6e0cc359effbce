"""Measured decay rates over the first steps of the staircase, and how far they are from the exact ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from wellhop.analysis.comparison import chi_square, compare
from wellhop.analysis.figures.drawn import DrawnTable
from wellhop.analysis.figures.job import DrawnFigure
from wellhop.analysis.figures.kerr_cat_axes import DRIVE, RATE, SEMI_ANALYTICAL, MeasuredRate, draw_measured
from wellhop.analysis.figures.layout import heading, minor_ticks, panel_letter
from wellhop.analysis.figures.style import FAINT, INK, family_colour, family_marker, house_style, new_figure

RealVector = npt.NDArray[np.float64]


@dataclass(frozen=True)
class StepFamily:
    """One temperature.

    Attributes:
        n_th: of all its points. drives: (S,) of the curves. exact, semi_analytical: (S,) rates there.
        measured: points. exact_at: exact rate at each of them.
    """

    n_th: float
    drives: RealVector
    exact: RealVector
    semi_analytical: RealVector
    measured: Sequence[MeasuredRate]
    exact_at: Sequence[float]

    @property
    def label(self) -> str:
        """Legend entry."""
        return rf"$n_\mathrm{{th}}={self.n_th:g}$"


def draw_measured_steps(
    families: Sequence[StepFamily], kappa: float, steps: Sequence[float], notes: Sequence[str] = ()
) -> DrawnFigure:
    """Rates above, measured over exact below, one panel of residuals per temperature.

    Args:
        families: temperatures. kappa: damping. steps: drives with f_n = 1/2, n = 1, 2, ...
        notes: more for the head of the table.

    Returns:
        The figure; the table has the series ``exact``, ``semi-analytical``, ``measured`` (with its pull against the exact rate)
        and ``step``.
    """
    table = DrawnTable(
        (
            "series",
            "n_th",
            "eps2 [K]",
            "Gamma [K]",
            "lower [K]",
            "upper [K]",
            "exact [K]",
            "pull",
            "trajectories",
            "switches",
        )
    )
    summaries = []
    with house_style():
        figure = new_figure(height=4.2 + 1.1 * len(families))
        axes = figure.subplots(
            1 + len(families), 1, sharex=True, height_ratios=[3.0] + [1.0] * len(families), squeeze=False
        )[:, 0]
        top = axes[0]
        for k, (family, ax) in enumerate(zip(families, axes[1:], strict=True)):
            colour, marker = family_colour(k), family_marker(k)
            line: Any = "-" if k % 2 == 0 else "-."
            top.plot(family.drives, family.exact, color=colour, linestyle=line, linewidth=1.4)
            top.plot(family.drives, family.semi_analytical, **SEMI_ANALYTICAL.style(linewidth=0.9))
            draw_measured(
                top, [m.system.eps2 for m in family.measured], family.measured, colour=colour, marker=marker
            )
            _residuals(ax, family, colour, marker)
            for name, rates in (("exact", family.exact), ("semi-analytical", family.semi_analytical)):
                table.add_series(name, family.n_th, family.drives, rates, None, None, None, None, None, None)
            summaries.append(f"n_th = {family.n_th:g}: " + _tabulate(table, family).replace("\n ", ""))
        for n, drive in enumerate(steps, start=1):
            table.add("step", None, drive, None, None, None, None, None, None, None)
            for ax in axes:
                ax.axvline(drive, color=FAINT, linewidth=0.8, linestyle=":", zorder=0)
            top.annotate(
                rf"$f_{n}=\frac{{1}}{{2}}$", (drive, 0.0), (-3, 5), xycoords=("data", "axes fraction"),
                textcoords="offset points", ha="right", va="bottom", fontsize=8.5, color=INK,
            )  # fmt: skip
        top.set(yscale="log", ylabel=RATE)
        top.margins(x=0.03, y=0.1)
        axes[-1].set_xlabel(DRIVE)
        minor_ticks(top, "x")
        panel_letter(top, "a", rf"$\kappa={kappa:g}\,K$")
        for letter, family, ax in zip("bcdef", families, axes[1:], strict=False):
            panel_letter(ax, letter, rf"measured / exact $-\,1$, {family.label}")
        _legend(figure, families)
        heading(
            figure,
            "Measured decay rate over the first steps of the staircase",
            "Quantum-jump trajectories with adaptive displacement; rates from the autocorrelation of "
            r"$\langle X\rangle$, 95 % intervals.",
            "Dotted: where one more manifold stops tunnelling. A switch costs more clicks beyond each: longer bars.",
        )
    head = (
        "exact: slowest odd mode of the Liouvillian; semi-analytical: Eq. (84), one downward step",
        "step: f_n = 1/2 (82), n = 1, 2, ... at the lower temperature; pull: of ln(measured/exact), standard normal",
        *summaries,
    )
    return DrawnFigure(figure, table, (*head, *notes))


def _tabulate(table: DrawnTable, family: StepFamily) -> str:
    """Rows of the measured points; the agreement in one sentence."""
    comparisons = []
    for m, exact in zip(family.measured, family.exact_at, strict=True):
        found = compare(m.estimate, exact, m.system.eps2)
        comparisons.append(found)
        e = m.estimate
        table.add(
            "measured", family.n_th, m.system.eps2, e.value, e.lower, e.upper, exact, found.pull,
            e.counts.get("n_trajectories"), e.counts.get("switches"),
        )  # fmt: skip
    usable = [c for c in comparisons if not np.isnan(c.pull)]
    return str(chi_square(usable)) if usable else "no measured point"


def _residuals(ax: Axes, family: StepFamily, colour: str, marker: str) -> None:
    """Measured over exact in percent, the semi-analytical rate over the exact one as a line."""
    ax.axhline(0.0, color=colour, linewidth=1.0)
    ax.plot(
        family.drives,
        100.0 * (family.semi_analytical / family.exact - 1.0),
        **SEMI_ANALYTICAL.style(linewidth=0.9),
    )
    draw_percent(
        ax, [m.system.eps2 for m in family.measured], family.measured, family.exact_at, colour, marker
    )
    ax.set_ylabel("[%]")


def draw_percent(
    ax: Axes,
    x: Sequence[float],
    measured: Sequence[MeasuredRate],
    exact: Sequence[float],
    colour: str,
    marker: str,
) -> None:
    """Measured over exact, minus one, in percent, with intervals; points without a value or an upper limit are left out."""
    for at, m, rate in zip(x, measured, exact, strict=True):
        e = m.estimate
        if not (e.value > 0.0 and np.isfinite(e.upper)):
            continue
        value, low, high = (100.0 * (number / rate - 1.0) for number in (e.value, e.lower, e.upper))
        ax.errorbar(
            [at], [value], yerr=[[value - low], [high - value]], fmt=marker, color=colour, markerfacecolor="white",
            markeredgewidth=1.2, markersize=4.5, zorder=6,
        )  # fmt: skip
    ax.margins(x=0.03, y=0.12)


def _legend(figure: Figure, families: Sequence[StepFamily]) -> None:
    handles = []
    for k, family in enumerate(families):
        line: Any = "-" if k % 2 == 0 else "-."
        handles.append(
            Line2D([], [], color=family_colour(k), linestyle=line, marker=family_marker(k), markerfacecolor="white",
                   label=f"{family.label}: exact, measured")
        )  # fmt: skip
    handles.append(Line2D([], [], label=SEMI_ANALYTICAL.label, **SEMI_ANALYTICAL.style(linewidth=0.9)))
    figure.legend(handles=handles, loc="outside lower center", ncols=len(handles))
