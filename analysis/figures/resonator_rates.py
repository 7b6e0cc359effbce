"""Slow rates of the two-photon resonator against the detuning: exponent, exact rates, laws, truncated Wigner.

The paper's Fig. 4 draws -S alone. The decay rate and the frequency of the coherence share that exponent, and each has its own
prefactor; measured rates can be laid over.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from scipy.optimize import brentq

from wellhop.analysis.figures.drawn import DrawnTable
from wellhop.analysis.figures.job import DrawnFigure, FigureJob, FigureOptions, Setting
from wellhop.analysis.figures.layout import Theory, heading, minor_ticks, panel_letter
from wellhop.analysis.figures.resonator_measured import MeasuredCoherence, MeasuredTelegraph, draw_estimates
from wellhop.analysis.figures.resonator_plane import MODEL
from wellhop.analysis.figures.style import FAINT, INK, family_colour, family_marker, house_style, new_figure
from wellhop.analysis.resonator_action import escape_action
from wellhop.analysis.resonator_angle import angle_rate
from wellhop.analysis.resonator_rate_laws import SHALLOWEST, RateLaw, action_law, angle_rate_law, parity_law
from wellhop.analysis.resonator_spectrum import slow_eigenvalue
from wellhop.engine.errors import ParameterError
from wellhop.engine.systems.two_photon_resonator import TwoPhotonResonator

RealArray = npt.NDArray[np.float64]
Measured = MeasuredCoherence | MeasuredTelegraph
#: Measured rates: markers that no family has, and their names.
MEASURED = (
    (MeasuredCoherence, "P", r"measured $\Gamma$"),
    (MeasuredCoherence, "X", r"measured $\Omega$"),
    (MeasuredTelegraph, "D", r"measured $\Gamma_z$ ($\kappa_1>0$)"),
)
#: Points of a closed form; Fock states of either parity that hold every rate of this figure to nine digits.
DENSE = 121
#: Least action of an exact rate that is drawn, and smallest Δ/G.
_LEAST_ACTION, _SMALLEST = 1.0, 0.02
#: Where rates are worth measuring, S.
MEASURED_ACTIONS = (3.0, 5.0)
DETUNING, X = r"detuning $\Delta/\eta$", "Delta [eta]"
_COLUMNS = ("series", "G [eta]", X, "S", "Gamma [eta]", "Omega [eta]", "Gamma law [eta]", "Omega law [eta]",
            "kappa_1 [eta]", "lower [eta]", "upper [eta]")  # fmt: skip

ACTION = Theory(r"$-S$, Eq. (32)", FAINT, (0, (5, 1.5)), "")
DECAY = Theory(r"$\ln\Gamma$ exact", INK, "-", "o")
FREQUENCY = Theory(r"$\ln\Omega$ exact", INK, (0, (5, 1.5, 1, 1.5)), "s")
WIGNER = Theory(r"$\ln\Gamma_\mathrm{TWA}$, $D=|\alpha|^2$", INK, (0, (1, 1.2)), "^")
#: Series of the laws, and line styles in panels of ratios.
LAWS: tuple[tuple[str, Callable[[TwoPhotonResonator], RateLaw], Any], ...] = (
    ("law L2", parity_law, "-"),
    ("law L1", action_law, (0, (4, 1.6))),
)


def levels(system: TwoPhotonResonator) -> int:
    """Fock states of either parity that hold the rates of this figure to nine digits.

    >>> levels(TwoPhotonResonator(5.0, 1.0))
    26
    """
    return 20 + int(1.2 * system.G / system.eta)


def drives(options: FigureOptions) -> tuple[float, ...]:
    """G/η of the three families.

    Raises:
        ParameterError: not ascending.
    """
    found = options["G_a"], options["G_b"], options["G_c"]
    if not found[0] < found[1] < found[2]:
        raise ParameterError("G_a, G_b, G_c", found, "G_a < G_b < G_c")
    return found


def measured_systems(options: FigureOptions) -> tuple[TwoPhotonResonator, ...]:
    """Systems without one-photon loss whose measured Γ and Ω lie on curves of the figure."""
    return tuple(
        TwoPhotonResonator(G, round(_detuning_of(G, action), 2))
        for G in drives(options)
        for action in MEASURED_ACTIONS
        if action + 1.0 < 2.0 * G
    )


def draw_resonator_rates(options: FigureOptions, measured: Sequence[Measured] = ()) -> DrawnFigure:
    """Four panels: the paper's figure with exact rates, truncated Wigner, and exact over law for Γ and for Ω.

    Args:
        options: settings. measured: rates of trajectories, η = 1 and G of one of the families; those of a telegraph are drawn
            as its Γ_z.

    Returns:
        The figure; the table has per G the series ``action`` (-S), ``exact``, ``TWA drop`` (exact, and its law), ``law L1``,
        ``law L2``, and ``measured Gamma``, ``measured Omega``, ``measured Gamma_z``.

    Raises:
        ParameterError: drives out of order, or a measured rate that belongs to no curve.
    """
    families = drives(options)
    for one in measured:
        if one.system.eta != 1.0 or one.system.G not in families:
            raise ParameterError("measured", one.system, f"systems with eta = 1 and G one of {families}")
    table = DrawnTable(_COLUMNS)
    for number, G in enumerate(families):
        options.progress(f"G = {G:g} eta", number / len(families))
        _tabulate(table, G, options.count("points"))
    _tabulate_measured(table, measured)
    with house_style():
        figure = new_figure(height=6.6)
        axes = figure.subplot_mosaic([["rates", "wigner"], ["decay", "frequency"]], height_ratios=[1.6, 1.0])
        _draw_rates(axes["rates"], table, families, measured)
        _draw_wigner(axes["wigner"], table, families)
        _draw_ratios(axes["decay"], table, families, "Gamma")
        _draw_ratios(axes["frequency"], table, families, "Omega")
        panel_letter(axes["rates"], "a", "quantum rates")
        panel_letter(axes["wigner"], "b", "truncated Wigner")
        panel_letter(axes["decay"], "c", r"decay rate $\Gamma$: exact / law")
        panel_letter(axes["frequency"], "d", r"frequency $\Omega$: exact / law")
        _legend(figure, families, measured)
        heading(
            figure,
            "Rates of the coherence against the detuning (Fig. 4 of the paper, with prefactors)",
            r"$\langle a\rangle\sim e^{-\Gamma t}\cos\Omega t$: both rates have the exponent $-S$, which rises with $\Delta$; both "
            r"vanish at $\Delta=0$, truncated Wigner does not.",
            rf"Laws: (L1) from $S$, (L2) from the mean parity; drawn for $S\geq {SHALLOWEST:g}$, below which there is no gap.",
        )
    notes = (
        "exact: slowest eigenvalue -Gamma - i Omega of the even-odd block without one-photon loss, eta = 1",
        "law L1: (2/pi)(1 - e^{-2 pi delta})(s/G)(Delta, s) e^{-S}; law L2: (2/pi) tanh(pi delta)(Delta, s)<P>; columns Gamma law, "
        "Omega law, beside the exact rates",
        "TWA drop: slowest odd mode of the angle of truncated Wigner with D = |alpha|^2, in the column Gamma; law: "
        "(2s/pi)(1 + e^{-2 pi delta}) e^{-S}",
        f"exact rates drawn for S >= {_LEAST_ACTION:g}",
    )
    return DrawnFigure(figure, table, notes)


def _detuning_of(G: float, action: float) -> float:
    """Δ/η > 0 with this S."""
    return float(brentq(lambda d: escape_action(TwoPhotonResonator(G, d)) - action, 0.0, G * (1.0 - 1e-9)))


def _tabulate(table: DrawnTable, G: float, points: int) -> None:
    """All theory rows of one drive."""
    dense = np.linspace(0.0, G * (1.0 - 1e-6), DENSE)
    actions = [escape_action(TwoPhotonResonator(G, float(d))) for d in dense]
    table.add_series("action", G, dense, actions, *[None] * 7)
    last = _detuning_of(G, _LEAST_ACTION)
    # Closer where the rates fall to zero.
    detunings = last * np.linspace(np.sqrt(_SMALLEST), 1.0, points) ** 2
    for Delta in detunings:
        system = TwoPhotonResonator(G, float(Delta))
        rate = slow_eigenvalue(system, levels(system))
        exact = (-rate.real, -rate.imag)
        action = escape_action(system)
        table.add("exact", G, Delta, action, *exact, *[None] * 5)
        if action >= SHALLOWEST:
            for series, law, _ in LAWS:
                found = law(system)
                table.add(series, G, Delta, action, *exact, found.decay, found.frequency, *[None] * 3)
    for Delta in (0.0, *detunings):
        system = TwoPhotonResonator(G, float(Delta))
        action = escape_action(system)
        law_rate = angle_rate_law(system).decay if action >= SHALLOWEST else None
        table.add("TWA drop", G, Delta, action, angle_rate(system), None, law_rate, *[None] * 4)


def _tabulate_measured(table: DrawnTable, measured: Sequence[Measured]) -> None:
    """Every measured rate: its value in the column of its name, and its interval."""
    for one in measured:
        system = one.system
        rates = one.rates if isinstance(one, MeasuredCoherence) else {"Gamma_z": one.rate}
        for name, rate in rates.items():
            pair = (None, rate.value) if name == "Omega" else (rate.value, None)
            table.add(f"measured {name}", system.G, system.Delta, escape_action(system), *pair, None, None,
                      system.kappa_1, rate.lower, rate.upper)  # fmt: skip


def _line(table: DrawnTable, series: str, G: float, column: str) -> tuple[RealArray, RealArray]:
    where: dict[str, Any] = {"series": series, "G [eta]": G}
    return table.numbers(X, **where), table.numbers(column, **where)


def _draw_rates(ax: Axes, table: DrawnTable, families: Sequence[float], measured: Sequence[Measured]) -> None:
    """-S, ln Γ and ln Ω of all drives on a logarithmic axis of rates; measured points."""
    for index, G in enumerate(families):
        colour = family_colour(index)
        x, action = _line(table, "action", G, "S")
        ax.plot(x, np.exp(-action), **ACTION.style(color=colour, linewidth=1.0))
        ax.plot(*_line(table, "exact", G, "Gamma [eta]"), **DECAY.style(color=colour, linewidth=1.6))
        ax.plot(*_line(table, "exact", G, "Omega [eta]"), **FREQUENCY.style(color=colour, linewidth=1.6))
        # those with loss first, so that the points without it show on top of them
        here = sorted((m for m in measured if m.system.G == G), key=lambda m: isinstance(m, MeasuredCoherence))
        for one in here:
            if isinstance(one, MeasuredCoherence):
                draw_estimates(ax, [one.system.Delta], [one.rates["Gamma"]], colour, MEASURED[0][1], size=6.5)
                draw_estimates(ax, [one.system.Delta], [one.rates["Omega"]], colour, MEASURED[1][1], size=6.5)
            else:
                draw_estimates(ax, [one.system.Delta], [one.rate], colour, MEASURED[2][1], size=10.0)
    ax.set(yscale="log", xlim=(0.0, max(families)), ylim=(1e-7, 3.0), xlabel=DETUNING, ylabel=r"rate$/\eta$")
    minor_ticks(ax, "x")
    _logarithms(ax, "")


def _draw_wigner(ax: Axes, table: DrawnTable, families: Sequence[float]) -> None:
    """-S and Γ_TWA with its law."""
    for index, G in enumerate(families):
        colour = family_colour(index)
        x, action = _line(table, "action", G, "S")
        ax.plot(x, np.exp(-action), **ACTION.style(color=colour, linewidth=1.0))
        ax.plot(*_line(table, "exact", G, "Gamma [eta]"), **DECAY.style(color=colour, linewidth=0.8))
        ax.plot(*_line(table, "TWA drop", G, "Gamma [eta]"), **WIGNER.style(color=colour, linewidth=1.8))
        x, law = _line(table, "TWA drop", G, "Gamma law [eta]")
        ax.plot(
            x[::2],
            law[::2],
            family_marker(index),
            color=colour,
            markersize=4,
            markerfacecolor="white",
            zorder=4,
        )
    ax.set(yscale="log", xlim=(0.0, max(families)), ylim=(1e-7, 3.0), xlabel=DETUNING)
    ax.tick_params(labelleft=False)
    minor_ticks(ax, "x")
    _logarithms(ax, r"$\ln(\mathrm{rate}/\eta)$")


def _logarithms(ax: Axes, label: str) -> None:
    """A second scale: the natural logarithm, as in the paper; its numbers only where it is labelled."""
    right = ax.secondary_yaxis("right", functions=(np.log, np.exp))
    right.set_yscale("linear")
    right.set_yticks(range(-16, 1, 4))
    right.tick_params(direction="in", labelright=bool(label))
    right.set_ylabel(label)


def _draw_ratios(ax: Axes, table: DrawnTable, families: Sequence[float], name: str) -> None:
    """Exact over law for both laws."""
    for index, G in enumerate(families):
        for series, _, line in LAWS:
            x, exact = _line(table, series, G, f"{name} [eta]")
            _, law = _line(table, series, G, f"{name} law [eta]")
            ax.plot(
                x,
                exact / law,
                color=family_colour(index),
                linestyle=line,
                marker=family_marker(index),
                markersize=3.0,
            )
    ax.axhline(1.0, color=INK, linewidth=0.8)
    ax.set(xlim=(0.0, max(families)), xlabel=DETUNING)
    minor_ticks(ax)


def _legend(figure: Figure, families: Sequence[float], measured: Sequence[Measured]) -> None:
    handles = [
        Line2D(
            [], [], color=family_colour(i), marker=family_marker(i), markersize=3.0, label=rf"$G={G:g}\,\eta$"
        )
        for i, G in enumerate(families)
    ]
    handles += [Line2D([], [], label=one.label, **one.style()) for one in (ACTION, DECAY, FREQUENCY, WIGNER)]
    handles += [
        Line2D(
            [],
            [],
            color=INK,
            marker="o",
            markerfacecolor="white",
            linestyle="",
            markersize=4,
            label="its law (open symbols)",
        ),
        Line2D([], [], color=INK, linestyle=LAWS[1][2], label="over law (L1), from $S$"),
        Line2D([], [], color=INK, linestyle="-", marker=".", label=r"over law (L2), from $\langle P\rangle$"),
    ]
    kinds = {type(m) for m in measured}
    handles += [
        Line2D(
            [], [], color=FAINT, marker=marker, markerfacecolor="white", linestyle="", label=f"{words}, 95 %"
        )
        for kind, marker, words in MEASURED
        if kind in kinds
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=4)


JOB = FigureJob(
    4,
    "Decay rate, frequency and exponent against the detuning, with laws and truncated Wigner (Fig. 4 of the paper)",
    draw_resonator_rates,
    seconds=6.0,
    settings={
        "G_a": Setting(5.0, "drive of the first family, in units of eta", minimum=2.0, maximum=14.0),
        "G_b": Setting(6.0, "drive of the second family, in units of eta", minimum=2.0, maximum=14.0),
        "G_c": Setting(7.0, "drive of the third family, in units of eta", minimum=2.0, maximum=14.0),
        "points": Setting(20, "exact points of a family", minimum=4, maximum=200, whole=True),
    },
    source=f"S: Eq. (32); rates: even-odd block of the master equation (1), (2); prefactors and truncated Wigner: ours; {MODEL}",
)
