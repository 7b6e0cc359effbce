"""Prefactors of the two-photon resonator's slow rates: what is left of Γ and Ω when e^{-S} is divided out.

At fixed detuning in units of η they tend to constants as the wells deepen: Γ and Ω share the exponent of Eq. (32), and no power of
η stands in front.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from wellhop.analysis.figures.drawn import DrawnTable
from wellhop.analysis.figures.job import DrawnFigure, FigureJob, FigureOptions, Setting
from wellhop.analysis.figures.layout import heading, panel_letter
from wellhop.analysis.figures.resonator_plane import MODEL
from wellhop.analysis.figures.resonator_rates import levels
from wellhop.analysis.figures.style import INK, family_colour, family_marker, house_style, new_figure
from wellhop.analysis.resonator_action import escape_action
from wellhop.analysis.resonator_rate_laws import SHALLOWEST, action_law, parity_law
from wellhop.analysis.resonator_spectrum import slow_eigenvalue
from wellhop.engine.errors import ParameterError
from wellhop.engine.systems.two_photon_resonator import TwoPhotonResonator

RealArray = npt.NDArray[np.float64]
#: Families, Δ/η.
DETUNINGS = (0.1, 0.5, 1.0, 2.0)
#: Points of a law.
DENSE = 60
X, PARTS = "G [eta]", ("Gamma", "Omega")
#: Γ is counted in η, Ω in G: both tend to a constant then.
PREFACTOR = {"Gamma": "Gamma e^S/eta", "Omega": "Omega e^S/G"}
RATIO = {"Gamma": "Gamma/law", "Omega": "Omega/law"}
_COLUMNS = ("series", "Delta [eta]", X, "S", *PREFACTOR.values(), *RATIO.values())
_AXIS = r"depth $G/\eta$"


def limits(delta: float) -> tuple[float, float]:
    """Γe^S/η and Ωe^S/G for G/η -> ∞ at fixed δ = Δ/η > 0: (2/π)(1 - e^{-2πδ}) times δ and 1; ours.

    >>> [round(value, 4) for value in limits(0.5)]
    [0.3046, 0.6091]
    """
    common = -2.0 / np.pi * float(np.expm1(-2.0 * np.pi * delta))
    return common * delta, common


def draw_prefactors(options: FigureOptions) -> DrawnFigure:
    """Four panels: Γe^S/η and Ωe^S/G against G/η with their limits, and exact over law (L2) for both.

    Returns:
        The figure; the table has per Δ/η the series ``exact`` with prefactors and ratios to (L2), ``law L1`` and ``law L2``
        (prefactors alone), and ``limit`` at G = 0.

    Raises:
        ParameterError: depths out of order.
    """
    low, high = options["G_min"], options["G_max"]
    if not low < high:
        raise ParameterError("G_min, G_max", (low, high), "G_min < G_max")
    table = DrawnTable(_COLUMNS)
    for number, delta in enumerate(DETUNINGS):
        options.progress(f"Delta = {delta:g} eta", number / len(DETUNINGS))
        _tabulate(table, delta, low, high, options.count("points"))
    with house_style():
        figure = new_figure(height=6.3)
        axes = figure.subplots(2, 2, height_ratios=[1.5, 1.0], sharex=True)
        for column, part in enumerate(PARTS):
            _draw_prefactor(axes[0, column], table, part)
            _draw_ratio(axes[1, column], table, part)
            axes[1, column].set(xlim=(0.94 * low, 1.06 * high), xlabel=_AXIS)
            ticks = [t for t in (2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 40) if low <= t <= high]
            axes[1, column].set_xticks(ticks, [str(t) for t in ticks])
            axes[1, column].minorticks_off()
        panel_letter(axes[0, 0], "a", r"decay rate: $\Gamma e^{S}/\eta$")
        panel_letter(axes[0, 1], "b", r"frequency: $\Omega e^{S}/G$")
        panel_letter(axes[1, 0], "c", r"$\Gamma$: exact / (L2) $-\,1$")
        panel_letter(axes[1, 1], "d", r"$\Omega$: |exact / (L2) $-\,1$|")
        _legend(figure)
        heading(
            figure,
            r"Prefactors of decay rate and frequency at fixed $\Delta/\eta$",
            r"With $e^{-S}$ of Eq. (32) divided out both tend to constants, $\frac{2}{\pi}(1-e^{-2\pi\Delta/\eta})$ times "
            r"$\Delta/\eta$ and 1 (right margin):",
            r"the exponent is right, with no power of $\eta$ in front. The law (L2) with the mean parity is low by $\eta/2G$ in "
            r"$\Gamma$.",
        )
    notes = (
        "exact: even-odd block without one-photon loss; Gamma/law, Omega/law: exact over law L2",
        "law L1: (2/pi)(1 - e^{-2 pi delta})(s/G)(Delta, s) e^{-S}; law L2: (2/pi) tanh(pi delta)(Delta, s)<P>",
        f"drawn for S >= {SHALLOWEST:g}; limit: for G/eta -> infinity",
    )
    return DrawnFigure(figure, table, notes)


def _tabulate(table: DrawnTable, delta: float, low: float, high: float, points: int) -> None:
    """All rows of one detuning."""
    table.add("limit", delta, None, None, *limits(delta), None, None)
    for G in np.geomspace(low, high, points):
        system = TwoPhotonResonator(float(G), delta)
        if not (delta < G and escape_action(system) >= SHALLOWEST):
            continue
        action, law = escape_action(system), parity_law(system)
        rate = slow_eigenvalue(system, levels(system))
        decay, frequency = -rate.real, -rate.imag
        grown = float(np.exp(action))
        table.add(
            "exact",
            delta,
            G,
            action,
            decay * grown,
            frequency * grown / G,
            decay / law.decay,
            frequency / law.frequency,
        )
    for series, laws in (("law L1", action_law), ("law L2", parity_law)):
        for G in np.geomspace(low, high, DENSE):
            system = TwoPhotonResonator(float(G), delta)
            if not (delta < G and escape_action(system) >= SHALLOWEST):
                continue
            action, found = escape_action(system), laws(system)
            prefactors = np.exp(found.log_decay + action), np.exp(found.log_frequency + action) / G
            table.add(series, delta, G, action, *prefactors, None, None)


def _line(table: DrawnTable, series: str, delta: float, column: str) -> tuple[RealArray, RealArray]:
    where: dict[str, Any] = {"series": series, "Delta [eta]": delta}
    return table.numbers(X, **where), table.numbers(column, **where)


def _draw_prefactor(ax: Axes, table: DrawnTable, part: str) -> None:
    """Exact points, both laws, and the limit as a tick at the right margin."""
    for index, delta in enumerate(DETUNINGS):
        colour, column = family_colour(index), PREFACTOR[part]
        ax.plot(*_line(table, "law L1", delta, column), color=colour, linestyle=(0, (1, 1.2)), linewidth=1.1)
        ax.plot(*_line(table, "law L2", delta, column), color=colour, linewidth=1.2)
        x, y = _line(table, "exact", delta, column)
        ax.plot(x, y, family_marker(index), color=colour, markersize=4.5, markeredgecolor="white", zorder=4)
        _, limit = _line(table, "limit", delta, column)
        ax.plot(
            [0.965, 1.0],
            [limit[0], limit[0]],
            transform=ax.get_yaxis_transform(),
            color=colour,
            linewidth=3.0,
        )
    ax.set(xscale="log", yscale="log" if part == "Gamma" else "linear")


def _draw_ratio(ax: Axes, table: DrawnTable, part: str) -> None:
    """Deviation from (L2); for Γ beside η/2G."""
    shown = []
    for index, delta in enumerate(DETUNINGS):
        x, ratio = _line(table, "exact", delta, RATIO[part])
        off = ratio - 1.0 if part == "Gamma" else np.abs(ratio - 1.0)
        shown.append(x)
        ax.plot(
            x, off, color=family_colour(index), marker=family_marker(index), markersize=3.5, linewidth=1.0
        )
    if part == "Gamma":
        x = np.geomspace(min(v[0] for v in shown), max(v[-1] for v in shown), DENSE)
        ax.plot(x, 0.5 / x, color=INK, linewidth=1.0, linestyle=(0, (5, 1.5)))
        ax.set_ylim(0.0, 0.22)
    else:
        ax.set_yscale("log")


def _legend(figure: Figure) -> None:
    handles = [
        Line2D(
            [],
            [],
            color=family_colour(i),
            marker=family_marker(i),
            markersize=4.5,
            linestyle="",
            label=rf"$\Delta={d:g}\,\eta$, exact",
        )
        for i, d in enumerate(DETUNINGS)
    ]
    handles += [
        Line2D([], [], color=INK, linestyle=(0, (1, 1.2)), linewidth=1.1, label="law (L1)"),
        Line2D([], [], color=INK, linewidth=1.2, label="law (L2)"),
        Line2D([], [], color=INK, linewidth=3.0, label=r"limit $G/\eta\to\infty$"),
        Line2D([], [], color=INK, linestyle=(0, (5, 1.5)), linewidth=1.0, label=r"$\eta/2G$"),
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=4)


JOB = FigureJob(
    5,
    "Prefactors of decay rate and frequency against the depth of the wells, with their limits",
    draw_prefactors,
    seconds=6.0,
    settings={
        "G_min": Setting(2.5, "least drive, in units of eta", minimum=1.0, maximum=20.0),
        "G_max": Setting(18.0, "largest drive, in units of eta", minimum=2.0, maximum=40.0),
        "points": Setting(12, "exact points of a family", minimum=3, maximum=100, whole=True),
    },
    source=f"S: Eq. (32); rates: even-odd block of the master equation (1), (2); prefactors: ours; {MODEL}",
)
