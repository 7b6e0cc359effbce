"""What it costs to see a switch: click rates of three unravellings of the Kerr-cat over the staircase."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from wellhop.analysis.comparison import chi_square, compare
from wellhop.analysis.estimate import RateEstimate
from wellhop.analysis.figures.drawn import DrawnTable
from wellhop.analysis.figures.job import DrawnFigure
from wellhop.analysis.figures.kerr_cat_axes import DRIVE
from wellhop.analysis.figures.layout import Theory, heading, minor_ticks, panel_letter
from wellhop.analysis.figures.style import COLOURS, FAINT, INK, house_style, new_figure

RealVector = npt.NDArray[np.float64]

LOOKS: Mapping[str, Theory] = {
    "fixed": Theory("one displacement, fixed", COLOURS[1], (0, (5, 1.5)), "s"),
    "counting": Theory("counting", COLOURS[0], "-", "o"),
    "adaptive": Theory("displacement that follows the well", COLOURS[2], (0, (5, 1.5, 1, 1.5)), "^"),
}
#: Unravellings whose click rate is known exactly; that of the others is an approximation.
EXACT = ("fixed", "counting")
#: Shift along the drive, in K, of points that share a panel.
ASIDE = {"fixed": 0.05, "counting": -0.05}


@dataclass(frozen=True)
class ClickCurves:
    """Predicted click rates along the drive.

    Attributes:
        drives: (S,). rates: unravelling -> (S,). decay: (S,) Γ, for comparison.
    """

    drives: RealVector
    rates: Mapping[str, RealVector]
    decay: RealVector


@dataclass(frozen=True)
class MeasuredClicks:
    """One measured click rate. Attributes: eps2: the drive. estimate: clicks per time. predicted: at this drive."""

    eps2: float
    estimate: RateEstimate
    predicted: float


def draw_click_rates(
    curves: ClickCurves, measured: Mapping[str, Sequence[MeasuredClicks]], kappa: float, n_th: float
) -> DrawnFigure:
    """Click rates above, measured over predicted below.

    Returns:
        The figure; the table has per unravelling the series ``predicted`` and ``measured``, and the ``decay rate``.
    """
    table = DrawnTable(
        (
            "series",
            "unravelling",
            "eps2 [K]",
            "rate [K]",
            "lower [K]",
            "upper [K]",
            "predicted [K]",
            "pull",
            "clicks",
        )
    )
    notes = [
        "predicted: counting and fixed exact, from the stationary photon number; adaptive by rate equations of the manifolds in "
        "the well that the displacement points to and in the other one (approximate)"
    ]
    with house_style():
        figure = new_figure(height=5.6)
        top, middle, bottom = figure.subplots(3, 1, sharex=True, height_ratios=[2.6, 1.0, 1.0])
        for name, look in LOOKS.items():
            line = curves.rates[name]
            top.plot(curves.drives, line, **look.style(linewidth=1.4))
            table.add_series("predicted", name, curves.drives, line, None, None, None, None, None)
            comparisons = []
            for m in measured[name]:
                e = m.estimate
                found = compare(e, m.predicted, m.eps2)
                comparisons.append(found)
                table.add(
                    "measured",
                    name,
                    m.eps2,
                    e.value,
                    e.lower,
                    e.upper,
                    m.predicted,
                    found.pull,
                    e.counts["n_clicks"],
                )
                below = bottom if name not in EXACT else middle
                for ax, unit, shift in ((top, 1.0, 0.0), (below, m.predicted, 1.0)):
                    scale = 1.0 if ax is top else 100.0
                    value, low, high = (scale * (x / unit - shift) for x in (e.value, e.lower, e.upper))
                    place = m.eps2 + (0.0 if ax is top else ASIDE.get(name, 0.0))
                    ax.errorbar([place], [value], yerr=[[value - low], [high - value]], fmt=look.marker, color=look.colour,
                                markerfacecolor="white", markeredgewidth=1.2, markersize=5, zorder=5)  # fmt: skip
            if name in EXACT and comparisons:
                notes.append(f"{name}, measured against exact: {chi_square(comparisons)}".replace("\n ", ""))
        top.plot(curves.drives, curves.decay, color=FAINT, linewidth=1.0, linestyle=":")
        table.add_series("decay rate", "", curves.drives, curves.decay, None, None, None, None, None)
        for ax in (middle, bottom):
            ax.axhline(0.0, color=INK, linewidth=0.8)
            ax.set_ylabel("[%]")
            ax.margins(y=0.12)
        top.set(yscale="log", ylabel=r"clicks per time [$K$]")
        top.margins(x=0.03)
        bottom.set_xlabel(DRIVE)
        minor_ticks(top, "x")
        panel_letter(top, "a", rf"$\kappa={kappa:g}\,K,\ n_\mathrm{{th}}={n_th:g}$")
        panel_letter(middle, "b", r"measured / exact $-\,1$")
        panel_letter(bottom, "c", r"measured / rate equations $-\,1$")
        _legend(figure)
        heading(
            figure,
            "Click rates of three unravellings over the staircase",
            r"Counting: $\kappa(1+n_\mathrm{th})\langle a^\dagger a\rangle"
            r"+\kappa n_\mathrm{th}(\langle a^\dagger a\rangle+1)$, exact; displaced by one amplitude: "
            r"$+\,\kappa(1+2n_\mathrm{th})\alpha^2$, exact;",
            "displaced by that of the well the last click left: rate equations. Points: trajectories, 95 %.",
        )
    return DrawnFigure(figure, table, tuple(notes))


def _legend(figure: Figure) -> None:
    handles = [
        Line2D(
            [], [], label=look.label, marker=look.marker, markerfacecolor="white", **look.style(linewidth=1.4)
        )
        for look in LOOKS.values()
    ]
    handles.append(Line2D([], [], color=FAINT, linestyle=":", linewidth=1.0, label=r"decay rate $\Gamma$"))
    figure.legend(handles=handles, loc="outside lower center", ncols=4)
