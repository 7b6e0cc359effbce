"""Emitted light at the large orbit (Fig. 7 of the paper): effective frequency against damping, and one spectrum with error bars."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes

from wellhop.analysis.duffing_emission import emission_peak, emission_spectrum
from wellhop.analysis.duffing_frame import attractor_frame
from wellhop.analysis.duffing_perturbation import perturbed_levels
from wellhop.analysis.duffing_well import attractor_well
from wellhop.analysis.figures.drawn import DrawnTable
from wellhop.analysis.figures.duffing_axes import ORDERS
from wellhop.analysis.figures.job import DrawnFigure, Progress, silent
from wellhop.analysis.figures.layout import Theory, heading, minor_ticks, panel_letter
from wellhop.analysis.figures.style import COLOURS, INK, house_style, new_figure
from wellhop.engine.errors import CutoffWarning, PredictionError
from wellhop.engine.systems.duffing_attractors import DuffingAttractors

RealArray = npt.NDArray[np.float64]

PEAK = Theory("peak of the spectrum, Eq. (26) of the paper", INK, "", "o")
LINES = {
    0: Theory(r"exact $\Delta E_0$", COLOURS[3], "-", ""),
    1: Theory(r"exact $\Delta E_1$", COLOURS[4], "-", ""),
}
SPECTRUM = Theory("master equation", INK, "-", "")
JUMPS = Theory("jump trajectories, 1 s.e.", COLOURS[0], "", "o")
_COLUMNS = ("series", "khat", "omega [dw]", "S [1/dw]", "error", "expected", "pull")


@dataclass(frozen=True)
class MeasuredSpectrum:
    """S(ω) from trajectories.

    Attributes:
        frequencies, values, errors: (n,) with one standard error. expected: (n,) of the exact C(t) on the same finite time grid.
        starts: independent ones.
    """

    frequencies: RealArray
    values: RealArray
    errors: RealArray
    expected: RealArray
    starts: int


def draw_emission(
    system: DuffingAttractors,
    dampings: RealArray,
    points: int,
    measured: MeasuredSpectrum | None,
    progress: Progress = silent,
) -> DrawnFigure:
    """w_eff over k̂ by the spectrum and by dE_n (a), and S(ω) at one k̂ (b).

    Args:
        system: that of the spectrum of panel (b). dampings: (n,) k̂ of panel (a). points: frequencies of the exact curve.
        measured: points of panel (b), if trajectories ran.

    Returns:
        The figure; the table has over k̂ the series ``peak``, ``order 0``, ``order 2``, ``order 4``, ``exact 0``, ``exact 1``, and
        ``spectrum`` and ``jumps`` with S(ω).

    Raises:
        PredictionError: no HAS at the k̂ of panel (b), or a well that does not hold its state.
    """
    table = DrawnTable(_COLUMNS)
    lost, doubts = _add_frequencies(table, system, dampings, progress)
    well = attractor_well(system, "HAS")
    reach = 1.6 * abs(well.frame.w0)
    progress("spectrum", 0.9)
    grid = np.linspace(-reach, reach, points)
    table.add_series("spectrum", system.khat, grid, emission_spectrum(well, grid), *[None] * 3)
    if measured is not None:
        pulls = (measured.values - measured.expected) / measured.errors
        table.add_series(
            "jumps",
            system.khat,
            measured.frequencies,
            measured.values,
            measured.errors,
            measured.expected,
            pulls,
        )
    with house_style():
        figure = new_figure(height=4.3)
        left, right = figure.subplots(1, 2)
        _draw_frequencies(left, table, system.khat)
        panel_letter(left, "a", "effective frequency")
        _draw_spectrum(right, table)
        panel_letter(right, "b", rf"spectrum at $\hat\kappa={system.khat:g}$")
        figure.legend(*left.get_legend_handles_labels(), loc="outside lower center", ncols=3)
        heading(
            figure,
            "Light emitted at the large orbit (HAS), Fig. 7 of the paper",
            rf"$\lambda={system.lam:g}$, $\beta={system.beta:.4g}$, $n_\mathrm{{th}}={system.n_th:g}$. "
            r"The coherent line at $\omega=0$ is left out. Several lines of the ladder blend, so that",
            r"the peak lies below $\Delta E_0$ of the damped attractor, whatever the order of the theory.",
        )
    notes = [
        "peak: largest S(omega) for omega > 0; order q: dE_0 to sqrt(lambda)^q in the frame of the damped attractor; "
        "exact n: dE_n of its levels",
        f"{lost} values of khat left out: no HAS, a well that does not hold its state, or no peak",
        *doubts,
        "spectrum: resolvent of the master equation in the quasi-stationary state of the well",
    ]
    if measured is not None:
        pull = float(np.abs((measured.values - measured.expected) / measured.errors).max())
        notes.append(
            f"jumps: {measured.starts} independent starts, regression by four trajectories from each; expected: the same finite "
            f"time grid; largest distance {pull:.2f} standard errors"
        )
    return DrawnFigure(figure, table, tuple(notes))


def _add_frequencies(
    table: DrawnTable, system: DuffingAttractors, dampings: RealArray, progress: Progress
) -> tuple[int, list[str]]:
    """Rows of panel (a); the number of k̂ left out, and what to keep in mind of others."""
    lost, doubts = 0, []
    for k, khat in enumerate(dampings):
        progress("effective frequency", 0.3 + 0.6 * k / len(dampings))
        at = replace(system, khat=float(khat))
        try:
            well = attractor_well(at, "HAS")
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always", CutoffWarning)
                peak, height = emission_peak(well)
            doubts += [f"khat = {at.khat:.4g}: {one.message}" for one in caught]
        except PredictionError:
            lost += 1
            continue
        series = perturbed_levels(attractor_frame(at, "HAS"), max(ORDERS), 2)
        table.add("peak", at.khat, peak, height, None, None, None)
        for order in (0, 2, 4):
            table.add(f"order {order}", at.khat, series.spacings(order)[0], *[None] * 4)
        for n in LINES:
            table.add(f"exact {n}", at.khat, abs(float(well.energies[n + 1] - well.energies[n])), *[None] * 4)
    return lost, doubts


def _draw_frequencies(ax: Axes, table: DrawnTable, shown: float) -> None:
    for n, theory in LINES.items():
        x, y = (table.numbers(c, series=f"exact {n}") for c in ("khat", "omega [dw]"))
        ax.plot(x, y, **theory.style(linewidth=3.0, alpha=0.4, label=theory.label))
    for order in (0, 2, 4):
        x, y = (table.numbers(c, series=f"order {order}") for c in ("khat", "omega [dw]"))
        ax.plot(x, y, **ORDERS[order].style(linewidth=1.2, label=rf"$\Delta E_0$, {ORDERS[order].label}"))
    x, y = (table.numbers(c, series="peak") for c in ("khat", "omega [dw]"))
    ax.plot(x, y, PEAK.marker, color=PEAK.colour, markersize=4.5, label=PEAK.label, zorder=5)
    ax.axvline(shown, color="#bbbbbb", linewidth=0.8, zorder=0)
    ax.set(xlabel=r"damping $\hat\kappa=\kappa/2\Delta\omega$", ylabel=r"$\omega_\mathrm{eff}/\Delta\omega$")
    minor_ticks(ax)


def _draw_spectrum(ax: Axes, table: DrawnTable) -> None:
    x, y = (table.numbers(c, series="spectrum") for c in ("omega [dw]", "S [1/dw]"))
    ax.plot(x, y, **SPECTRUM.style(label=SPECTRUM.label))
    if table.select(series="jumps"):
        x, y, error = (table.numbers(c, series="jumps") for c in ("omega [dw]", "S [1/dw]", "error"))
        ax.errorbar(x, y, yerr=error, fmt=JUMPS.marker, color=JUMPS.colour, markerfacecolor="white", markersize=4,
                    label=JUMPS.label, zorder=4)  # fmt: skip
    ax.set(xlabel=r"frequency from the drive $\omega/\Delta\omega$", ylabel=r"$S(\omega)\,\Delta\omega$")
    low, high = ax.get_ylim()
    ax.set_ylim(min(low, 0.0), 1.25 * high)
    ax.legend(loc="upper center", fontsize=8)
    minor_ticks(ax)
