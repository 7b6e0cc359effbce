"""How warm the oscillator is at either attractor (Figs. 5 and 8 of the paper): theory, and trajectories with error bars."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from wellhop.analysis.duffing_balance import balance_populations, duffing_levels, transition_rates
from wellhop.analysis.duffing_frame import attractor_frame
from wellhop.analysis.duffing_temperature import bose_log_ratio, dephasing_slope_law, well_temperature
from wellhop.analysis.duffing_well import attractor_well
from wellhop.analysis.figures.drawn import DrawnTable
from wellhop.analysis.figures.job import DrawnFigure
from wellhop.analysis.figures.layout import Theory, heading, minor_ticks, panel_letter
from wellhop.analysis.figures.style import COLOURS, FAINT, INK, house_style, new_figure
from wellhop.engine.systems.duffing_attractors import Attractor, DuffingAttractors

RealArray = npt.NDArray[np.float64]

WELLS: tuple[Attractor, ...] = ("LAS", "HAS")
MASTER = Theory("master equation", INK, "-", "")
BOSE = Theory(r"Eq. (25), $\lambda^0$", COLOURS[1], (0, (4, 1.6)), "")
BALANCE = Theory(r"balance equation (23)", COLOURS[2], (0, (1, 1.2)), "x")
MOMENTS = Theory("second moments", COLOURS[3], (0, (5, 1.5, 1, 1.5)), "")
DEPHASED = Theory(r"Eq. (28) with $2\eta/\kappa$", COLOURS[1], (0, (4, 1.6)), "")
PRINTED = Theory("Eq. (28) as printed", FAINT, (0, (1, 1.2)), "")
JUMPS = Theory("jump trajectories", COLOURS[0], "", "o")
LANGEVIN = Theory("Langevin, second moments", COLOURS[3], "", "s")

RATIO, OCCUPATION = "ln(p_0/p_1)", "p_1/(p_0-p_1)"


@dataclass(frozen=True)
class Sampled:
    """A number measured by trajectories, and what it has to be compared with.

    Attributes:
        attractor: where. x: photons of the bath (Fig. 5) or η/κ (Fig. 8). value, error: with one standard error. exact: of the same
            quantity in the master equation. trajectories: how many.
    """

    attractor: Attractor
    x: float
    value: float
    error: float
    exact: float
    trajectories: int

    @property
    def pull(self) -> float:
        """Distance from the exact value in standard errors."""
        return (self.value - self.exact) / self.error


def log_ratio_table(
    system: DuffingAttractors, baths: RealArray, jumps: Sequence[Sampled], langevin: Sequence[Sampled]
) -> DrawnTable:
    """Rows of Fig. 5: ln(p_0/p_1) by every theory over the photons of the bath, and measured points.

    Args:
        system: its ``n_th`` is not used. baths: (n,) photons.
    """
    table = DrawnTable(("series", "attractor", "n_th", RATIO, "error", "exact", "pull", "trajectories"))
    levels = duffing_levels(system.lam, system.beta)
    for attractor in WELLS:
        elements = levels.elements(levels.well(attractor))
        at = [_with(system, n_th=float(n_th)) for n_th in baths]
        wells = [attractor_well(one, attractor) for one in at]
        populations = [well.populations(2) for well in wells]
        exact = np.array([np.log(p[0] / p[1]) for p in populations])
        bose = np.array([bose_log_ratio(attractor_frame(one, attractor)) for one in at])
        chain = [balance_populations(transition_rates(elements, one.n_th)) for one in at]
        balance = np.array([np.log(p[0] / p[1]) for p in chain])
        moments = np.array([np.log1p(1.0 / well.moment_occupation) for well in wells])
        for name, values in (
            (MASTER, exact),
            (BOSE, bose),
            (BALANCE, balance),
            *([(MOMENTS, moments)] if langevin and attractor == "HAS" else []),
        ):
            table.add_series(name.label, attractor, baths, values, *[None] * 4)
    _add_sampled(table, jumps, langevin)
    return table


def occupation_table(system: DuffingAttractors, shares: RealArray, jumps: Sequence[Sampled]) -> DrawnTable:
    """Rows of Fig. 8: p_1/(p_0 - p_1) over η/κ by the master equation and by (28), right and printed, and measured points.

    Args:
        system: its ``eta`` is not used. shares: (n,) η/κ, the first of them 0.
    """
    table = DrawnTable(
        ("series", "attractor", "eta/kappa", OCCUPATION, "error", "exact", "pull", "trajectories")
    )
    for attractor in WELLS:
        at = [_with(system, eta=float(x) * system.kappa) for x in shares]
        exact = np.array([well_temperature(one, attractor).occupation for one in at])
        frame = attractor_frame(_with(system, eta=0.0), attractor)
        table.add_series(MASTER.label, attractor, shares, exact, *[None] * 4)
        for theory, printed in ((DEPHASED, False), (PRINTED, True)):
            line = frame.occupation + dephasing_slope_law(frame, printed=printed) * shares
            table.add_series(theory.label, attractor, shares, line, *[None] * 4)
    _add_sampled(table, jumps, ())
    return table


def draw_log_ratios(system: DuffingAttractors, table: DrawnTable) -> DrawnFigure:
    """Fig. 5: ln(p_0/p_1) over n_th at LAS (a) and HAS (b)."""
    theories = (MASTER, BOSE, BALANCE, MOMENTS)
    with house_style():
        figure = new_figure(height=4.1)
        for letter, ax, attractor in zip("ab", figure.subplots(1, 2), WELLS, strict=True):
            _draw(ax, table, attractor, "n_th", RATIO, theories, (JUMPS, LANGEVIN))
            ax.set(xlabel=r"photons of the bath $n_\mathrm{th}$", ylabel=r"$\ln(p_0/p_1)$", ylim=(0.0, None))
            panel_letter(ax, letter, attractor)
        _legend(figure, table, theories, (JUMPS, LANGEVIN))
        heading(
            figure,
            "Populations of the two lowest levels at each attractor, Fig. 5 of the paper",
            _parameters(system)
            + r" Squeezing keeps HAS warm at $n_\mathrm{th}=0$; $T_\mathrm{eff}=|E_1-E_0|/\ln(p_0/p_1)$.",
        )
    notes = (
        "master equation: quasi-stationary state of one well among its own states, levels of the damped attractor",
        "equations (23), (25) are those of the paper",
        "Eq. (25): squeezed bath of the frame; balance equation (23): kappa -> 0, levels of one well",
        "second moments: Gaussian state with the moments of b in the master equation, which Langevin trajectories measure; "
        "it differs from p_1/p_0 by the order lambda, and truncated Wigner from it; at LAS such trajectories leave too fast",
        *_pulls(table),
    )
    return DrawnFigure(figure, table, notes)


def draw_occupations(system: DuffingAttractors, table: DrawnTable) -> DrawnFigure:
    """Fig. 8: p_1/(p_0 - p_1) over η/κ at LAS (a) and HAS (b)."""
    theories = (MASTER, DEPHASED, PRINTED)
    with house_style():
        figure = new_figure(height=4.1)
        for letter, ax, attractor in zip("ab", figure.subplots(1, 2), WELLS, strict=True):
            _draw(ax, table, attractor, "eta/kappa", OCCUPATION, theories, (JUMPS,))
            ax.set(xlabel=r"dephasing $\eta/\kappa$", ylabel=r"$p_1/(p_0-p_1)$", ylim=(0.0, None))
            slope = _slope(table, attractor)
            panel_letter(ax, letter, f"{attractor}, slope {slope:.2f} of the master equation")
        _legend(figure, table, theories, (JUMPS,))
        heading(
            figure,
            "Bose number at each attractor against dephasing, Fig. 8 of the paper",
            _parameters(system)
            + rf" $n_\mathrm{{th}}={system.n_th:g}$. "
            + r"Dephasing $\eta D[a^\dagger a]$ heats by $2(\eta/\kappa)|\alpha^*u+\alpha v|^2$;",
            "the factor 2 is missing in print. At LAS the master equation lies higher by the order of $\\lambda$.",
        )
    notes = (
        "master equation: quasi-stationary state of one well, levels of the damped attractor",
        *(
            f"slope of the master equation between the first two points at {attractor}: {_slope(table, attractor):.4f}"
            for attractor in WELLS
        ),
        *_pulls(table),
    )
    return DrawnFigure(figure, table, notes)


def _with(
    system: DuffingAttractors, n_th: float | None = None, eta: float | None = None
) -> DuffingAttractors:
    return DuffingAttractors(
        system.lam,
        system.beta,
        system.khat,
        system.n_th if n_th is None else n_th,
        system.eta if eta is None else eta,
        system.dw,
    )


def _add_sampled(table: DrawnTable, jumps: Sequence[Sampled], langevin: Sequence[Sampled]) -> None:
    for look, points in ((JUMPS, jumps), (LANGEVIN, langevin)):
        for one in points:
            table.add(
                look.label, one.attractor, one.x, one.value, one.error, one.exact, one.pull, one.trajectories
            )


def _draw(
    ax: Axes,
    table: DrawnTable,
    attractor: Attractor,
    x: str,
    y: str,
    theories: Sequence[Theory],
    measured: Sequence[Theory],
) -> None:
    for theory in theories:
        where = {"series": theory.label, "attractor": attractor}
        places, values = table.numbers(x, **where), table.numbers(y, **where)
        if not values.size:
            continue
        if theory.marker:
            ax.plot(places, values, theory.marker, color=theory.colour, markersize=4, zorder=3)
        else:
            ax.plot(places, values, **_line(theory))
    for look in measured:
        where = {"series": look.label, "attractor": attractor}
        ax.errorbar(
            table.numbers(x, **where), table.numbers(y, **where), yerr=table.numbers("error", **where),
            fmt=look.marker, color=look.colour, markerfacecolor="white", markersize=4.5, zorder=5,
        )  # fmt: skip
    minor_ticks(ax)


def _legend(
    figure: Figure, table: DrawnTable, theories: Sequence[Theory], measured: Sequence[Theory]
) -> None:
    handles = []
    for theory in theories:
        if not table.select(series=theory.label):
            continue
        look: dict[str, Any] = _line(theory)
        if theory.marker:
            look = {"linestyle": "", "marker": theory.marker, "color": theory.colour}
        handles.append(Line2D([], [], label=theory.label, markersize=4, **look))
    for points in measured:
        if table.select(series=points.label):
            handles.append(Line2D([], [], color=points.colour, marker=points.marker, linestyle="", markerfacecolor="white",
                                  markersize=4.5, label=points.label + ", 1 s.e."))  # fmt: skip
    figure.legend(handles=handles, loc="outside lower center", ncols=3)


def _line(theory: Theory) -> dict[str, Any]:
    """The exact line is broad, so that others show where they lie on it."""
    return theory.style(linewidth=2.4 if theory is MASTER else 1.2, zorder=2 if theory is MASTER else 3)


def _parameters(system: DuffingAttractors) -> str:
    return rf"$\lambda={system.lam:g}$, $\beta={system.beta:.4g}$, $\hat\kappa={system.khat:g}$."


def _slope(table: DrawnTable, attractor: Attractor) -> float:
    where = {"series": MASTER.label, "attractor": attractor}
    x, y = table.numbers("eta/kappa", **where), table.numbers(OCCUPATION, **where)
    return float((y[1] - y[0]) / (x[1] - x[0]))


def _pulls(table: DrawnTable) -> tuple[str, ...]:
    notes = []
    for look in (JUMPS, LANGEVIN):
        found = table.numbers("pull", series=look.label)
        if found.size:
            notes.append(
                f"{look.label}: {found.size} points, largest distance from the master equation {np.abs(found).max():.2f} "
                "standard errors"
            )
    return tuple(notes)
