"""|μ(t)| of the driven qubit with a defect: reduced model, full model and linear response, with means of trajectories on them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from wellhop.analysis.defect_phases import PHASE_WORDS, phase_of
from wellhop.analysis.defect_propagator import mean
from wellhop.analysis.defect_reduction import full_means, linear_response
from wellhop.analysis.figures.drawn import DrawnTable
from wellhop.analysis.figures.job import DrawnFigure
from wellhop.analysis.figures.layout import Theory, heading, minor_ticks, panel_letter
from wellhop.analysis.figures.style import COLOURS, FAINT, INK, house_style, new_figure
from wellhop.analysis.modulus_estimate import modulus_estimate
from wellhop.engine.systems.driven_qubit_tls import DrivenQubitTLS

RealArray = npt.NDArray[np.float64]
ComplexArray = npt.NDArray[np.complex128]

REDUCED, FULL, LINEAR, UNDRIVEN = "reduced", "full", "linear response", "no drive"
LANGEVIN, JUMPS, FULL_JUMPS = "langevin", "jumps", "full jumps"
LINES = {
    REDUCED: Theory("reduced model, (9)", COLOURS[0], "-", ""),
    FULL: Theory("full model, oscillator and defect", INK, "-", ""),
    LINEAR: Theory("its linear response (no saturation)", COLOURS[1], (0, (4, 1.6)), ""),
    UNDRIVEN: Theory(r"reduced, no drive: $e^{-st}$", FAINT, (0, (1, 1.2)), ""),
}
POINTS = {
    LANGEVIN: Theory("Langevin mean, Husimi", COLOURS[0], "", "o"),
    JUMPS: Theory("jump mean, reduced model", COLOURS[2], "", "s"),
    FULL_JUMPS: Theory("jump mean, full model", COLOURS[3], "", "^"),
}
#: Probability with which a bar holds |μ|.
LEVEL = 0.95
_COLUMNS = (
    "series",
    "panel",
    "Delta_d [MHz]",
    "Omega [MHz]",
    "time [us]",
    "abs mu",
    "lower",
    "upper",
    "Re mu",
    "Im mu",
    "Re error",
    "Im error",
    "Re pull",
    "Im pull",
)


@dataclass(frozen=True)
class SampledMean:
    """Mean of trajectories at times, frame of the qubit.

    Attributes:
        times: (k,) us. mu: (k,). real_error, imag_error: (k,) standard errors; 0 where trajectories do not differ.
        trajectories: how many.
    """

    times: RealArray
    mu: ComplexArray
    real_error: RealArray
    imag_error: RealArray
    trajectories: int


@dataclass(frozen=True)
class RelaxationPanel:
    """One set of parameters.

    Attributes:
        name: of the panel in the paper. system: parameters. cutoff: Fock states of the full model.
        sampled: ``langevin``, ``jumps``, ``full jumps`` -> means; none is needed.
    """

    name: str
    system: DrivenQubitTLS
    cutoff: int
    sampled: dict[str, SampledMean]


def draw_relaxation(panels: Sequence[RelaxationPanel], span: float, points: int) -> DrawnFigure:
    """A panel for every set of parameters, two in a row; one alone has the whole width.

    Args:
        panels: one, or an even number of them; those of the paper are named, one of the user's own is not.
        span: us. points: of each curve.

    Returns:
        The figure; the table has the series ``reduced``, ``full``, ``linear response``, ``no drive``, and ``langevin``, ``jumps``,
        ``full jumps`` with errors and pulls of both parts.
    """
    times = np.linspace(0.0, span, points)
    table = DrawnTable(_COLUMNS)
    notes = [
        "abs mu: of means of trajectories sqrt(|m|^2 - e_x^2 - e_y^2), the bias of |m|^2 taken off; lower, upper: sizes of "
        f"a disc about the complex mean m that holds mu with at least {100 * LEVEL:g} %, right at a collapse as well",
        "pulls: of real and imaginary part, against the reduced model (langevin, jumps) and the master equation of the full "
        "one (full jumps); none where trajectories do not differ, as jumps from a coherent state do not without heat",
        "limitation: in phase IV the reduced model is qualitatively wrong; the oscillator is taken as linear: the anharmonicity of "
        "a transmon would dephase alpha_0 = 1 within ns",
    ]
    with house_style():
        columns = min(2, len(panels))
        rows = -(-len(panels) // columns)
        figure = new_figure(height=2.25 * rows + 1.75)
        axes = figure.subplots(rows, columns, sharex=True, squeeze=False).ravel()
        weak: list[float] = []
        strong: list[float] = []
        for letter, ax, panel in zip("abcdefgh", axes, panels, strict=False):
            words, apart = _draw_panel(ax, table, panel, times)
            notes.append(words)
            (strong if phase_of(panel.system) == "IV" else weak).append(apart / panel.system.alpha_0)
            system = panel.system
            what = rf"$\Delta_d={system.Delta_d:g}$, $\Omega={system.Omega:g}$, phase {phase_of(system)}"
            panel_letter(ax, letter, f"Fig. {panel.name}: {what}" if panel.name else what)
            ax.set_xlim(0.0, span)
        for ax in axes[0::columns]:
            ax.set_ylabel(r"$|\mu(t)|$")
        for ax in axes[-columns:]:
            ax.set_xlabel(r"time $t$ [$\mu$s]")
        _legend(figure, panels)
        first = panels[0].system
        names = ", ".join(f"{name} {words}" for name, words in PHASE_WORDS.items())
        heading(
            figure,
            rf"Decay of $|\alpha_0\rangle$ into a driven limit cycle, {first.T:g} mK",
            rf"$\Delta_d$, $\Omega$ over $2\pi$ in MHz, $g/\gamma_c={first.g / first.gamma_c:.3g}$. Phases: {names}.",
            f"{_limits(weak, strong)} Bars hold 95 %.",
            r"No transmon dynamics: a real transmon anharmonicity (100s of MHz) dephases $|\alpha_0\rangle$ within ns.",
        )
    return DrawnFigure(figure, table, tuple(notes))


def _limits(weak: Sequence[float], strong: Sequence[float]) -> str:
    """How far the reduced model is from the full one, in words, from the panels drawn."""
    words = []
    if weak:
        sizes = dict.fromkeys(f"{one:.2f}" for one in (min(weak), max(weak)))
        words.append(rf"reduced off full by {' to '.join(sizes)} of $\alpha_0$")
    if strong:
        words.append(f"in phase IV by {max(strong):.1f}, qualitatively wrong: the defect saturates")
    return f"Limits: {', '.join(words)}."


def _draw_panel(ax: Axes, table: DrawnTable, panel: RelaxationPanel, times: RealArray) -> tuple[str, float]:
    """Curves, points and rows of one panel; returns what to say about it, and the largest |μ_reduced - μ_full|."""
    system = panel.system
    full = full_means(system, times, panel.cutoff)
    curves = {
        UNDRIVEN: (system.alpha_0 * np.exp(-system.s * times)).astype(np.complex128),
        LINEAR: linear_response(system, times),
        FULL: full.mu,
        REDUCED: mean(system, times),
    }
    where = (panel.name, system.Delta_d, system.Omega)
    for name, mu in curves.items():
        look = LINES[name]
        ax.plot(times, np.abs(mu), **look.style(linewidth=1.5 if name in (REDUCED, FULL) else 1.1))
        table.add_series(
            name, *where, times, np.abs(mu), None, None, mu.real, mu.imag, None, None, None, None
        )
    largest = 0.0
    for name, found in panel.sampled.items():
        look = POINTS[name]
        size = modulus_estimate(found.mu, found.real_error, found.imag_error, LEVEL)
        bars = np.maximum([size.value - size.lower, size.upper - size.value], 0.0)
        ax.errorbar(
            found.times, size.value, yerr=bars, fmt=look.marker, color=look.colour, markerfacecolor="white",
            markersize=3.6, linewidth=0.9, zorder=4,
        )  # fmt: skip
        exact = (
            full_means(system, found.times, panel.cutoff).mu
            if name == FULL_JUMPS
            else mean(system, found.times)
        )
        away = found.mu - exact
        pulls = [_pull(away.real, found.real_error), _pull(away.imag, found.imag_error)]
        known = np.abs(np.concatenate(pulls))
        largest = max(largest, float(known[np.isfinite(known)].max(initial=0.0)))
        table.add_series(
            name, *where, found.times, size.value, size.lower, size.upper, found.mu.real, found.mu.imag,
            found.real_error, found.imag_error, *pulls,
        )  # fmt: skip
    ax.set_ylim(bottom=0.0)
    minor_ticks(ax)
    apart = float(np.abs(curves[REDUCED] - curves[FULL]).max())
    return (
        f"Fig. {panel.name}: largest |mu_reduced - mu_full| {apart:.3f}; largest pull {largest:.2f}; full model in "
        f"{panel.cutoff} Fock states, {full.guard:.1g} of it in the four highest"
    ), apart


def _pull(away: RealArray, error: RealArray) -> RealArray:
    known = error > 0.0
    return np.where(known, away / np.where(known, error, 1.0), np.nan)


def _legend(figure: Figure, panels: Sequence[RelaxationPanel]) -> None:
    handles = [Line2D([], [], label=look.label, **look.style(linewidth=1.5)) for look in LINES.values()]
    shown = {name for panel in panels for name in panel.sampled}
    handles += [
        Line2D(
            [],
            [],
            label=look.label,
            color=look.colour,
            marker=look.marker,
            linestyle="",
            markerfacecolor="white",
        )
        for name, look in POINTS.items()
        if name in shown
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=3)
