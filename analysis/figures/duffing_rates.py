"""Switching rates of the Duffing oscillator along a row of systems, and how figures show them: curves and measured points.

Two dynamics, two exponents: quantum jumps follow the Liouvillian, Langevin trajectories the truncated-Wigner generator.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from wellhop.analysis.directed_rates import Generator
from wellhop.analysis.duffing_rates import duffing_rates
from wellhop.analysis.estimate import RateEstimate
from wellhop.analysis.figures.drawn import DrawnTable
from wellhop.analysis.figures.job import DrawnFigure, FigureJob, FigureOptions, Progress, Setting, silent
from wellhop.analysis.figures.style import COLOURS, INK
from wellhop.engine.errors import PredictionError, SpectrumError
from wellhop.engine.systems.duffing_attractors import Attractor, DuffingAttractors

FloatArray = npt.NDArray[np.float64]

GENERATORS: tuple[Generator, ...] = ("exact", "twa")
#: Colour, and name in legends, of either dynamics.
LOOK: dict[Generator, tuple[str, str]] = {
    "exact": (COLOURS[0], "Liouvillian"),
    "twa": (COLOURS[1], "truncated-Wigner generator"),
}
#: Symbol of points measured by the model of either.
MARKERS: dict[Generator, str] = {"exact": "o", "twa": "s"}
#: Direction -> the well that is left, symbol, line style where both share a panel.
DIRECTIONS: dict[str, tuple[Attractor, str, Literal["-", "--"]]] = {
    "k_LH": ("LAS", r"$k_\mathrm{LH}$", "-"),
    "k_HL": ("HAS", r"$k_\mathrm{HL}$", "--"),
}
MODEL = "Feng, Guo: Eqs. (2), (7); rates by the slow mode of each generator, read at the classical attractors (ours)"
CELLS = "rates in units of kappa; a cell is empty where there is no slow mode, or a rate is not larger than the error of its split"
SYSTEM = {
    "khat": Setting(0.1, "kappa/(2 dw)", minimum=0.02, maximum=0.5),
    "points": Setting(9, "points on each line", minimum=3, maximum=200, whole=True),
}


@dataclass(frozen=True)
class RateCurve:
    """Rates of one generator along a row of systems.

    Attributes:
        generator: ``exact`` or ``twa``.
        x: (n,) abscissa. rates: ``k_LH``, ``k_HL`` -> (n,) in units of κ, NaN where they do not exist.
        ratio: (n,) gap over next decay rate.
    """

    generator: Generator
    x: FloatArray
    rates: dict[str, FloatArray]
    ratio: FloatArray


def rate_curve(
    generator: Generator,
    x: Sequence[float] | FloatArray,
    systems: Sequence[DuffingAttractors],
    progress: Progress = silent,
) -> RateCurve:
    """Directed rates of every system.

    Args:
        generator: ``exact`` or ``twa``. x: (n,) abscissa. systems: n systems.
        progress: told after each.

    >>> curve = rate_curve("exact", [10.0], [DuffingAttractors(0.1, 4 / 75, 0.1)])
    >>> print(f"{curve.rates['k_LH'][0]:.5f} {curve.ratio[0]:.4f}")
    0.02831 0.0359
    """
    rows = []
    for step, system in enumerate(systems):
        progress(f"{generator}, lam = {system.lam:.3g}", step / len(systems))
        try:
            found = duffing_rates(system, generator)
        except (PredictionError, SpectrumError):
            rows.append((np.nan, np.nan, np.nan))
            continue
        known = found.spectrum.mode.resolved
        lh, hl = (
            rate / system.kappa if known and rate > found.weight_error * found.gap else np.nan
            for rate in (found.k_lh, found.k_hl)
        )
        rows.append((lh, hl, found.spectrum.ratio))
    columns = np.array(rows).reshape(-1, 3).T
    place = np.asarray(x, dtype=np.float64)
    return RateCurve(generator, place, {"k_LH": columns[0], "k_HL": columns[1]}, columns[2])


def draw_rates(ax: Axes, curve: RateCurve, direction: str, table: DrawnTable, *, line: str = "-") -> None:
    """One line of rates, and its rows ``rate <generator>`` (direction, x, value)."""
    ax.plot(
        curve.x,
        curve.rates[direction],
        linestyle=line,
        color=LOOK[curve.generator][0],
        marker=".",
        markersize=4,
    )
    table.add_series(f"rate {curve.generator}", direction, curve.x, curve.rates[direction])


def draw_slopes(ax: Axes, curve: RateCurve, direction: str, table: DrawnTable) -> None:
    """-d ln k/dx between neighbours, at the middle, and its rows ``slope <generator>``."""
    x, rate = curve.x, curve.rates[direction]
    middle, slope = 0.5 * (x[1:] + x[:-1]), -np.diff(np.log(rate)) / np.diff(x)
    ax.plot(middle, slope, color=LOOK[curve.generator][0], marker=".", markersize=4)
    table.add_series(f"slope {curve.generator}", direction, middle, slope)


@dataclass(frozen=True)
class MeasuredRates:
    """Rates measured at one point.

    Attributes:
        generator: whose model was simulated: ``exact`` for quantum jumps, ``twa`` for Langevin trajectories.
        x: abscissa. rates: ``k_LH``, ``k_HL``. kappa: unit they are drawn in.
    """

    generator: Generator
    x: float
    rates: Mapping[str, RateEstimate]
    kappa: float


def draw_measured(
    ax: Axes, points: Sequence[MeasuredRates], direction: str, table: DrawnTable, *, full: bool = True
) -> None:
    """Symbols with 95 % intervals, and their rows ``measured <generator>``, ``... lower``, ``... upper``.

    Args:
        full: filled symbols; open ones tell the second direction of a panel.
    """
    for point in points:
        rate = point.rates[direction]
        if not rate.value > 0.0:
            continue
        value, low, high = (v / point.kappa for v in (rate.value, rate.lower, rate.upper))
        colour, marker = LOOK[point.generator][0], MARKERS[point.generator]
        ax.errorbar(
            [point.x], [value], yerr=[[value - low], [high - value]], fmt=marker, color=colour, markersize=5.0,
            markerfacecolor=colour if full else "white", markeredgecolor="white" if full else colour, zorder=6,
        )  # fmt: skip
        for series, number in (("", value), (" lower", low), (" upper", high)):
            table.add(f"measured {point.generator}{series}", direction, point.x, number)


def measured_handles(points: Sequence[MeasuredRates]) -> list[Line2D]:
    """Legend entries of the symbols that are there."""
    words: dict[Generator, str] = {"exact": "quantum jumps", "twa": "Langevin trajectories"}
    return [
        Line2D(
            [], [], color=LOOK[g][0], marker=MARKERS[g], linestyle="", markeredgecolor="white", label=words[g]
        )
        for g in GENERATORS
        if any(point.generator == g for point in points)
    ]


def part_of(options: FigureOptions, number: int, parts: int) -> Progress:
    """Progress of one of several equal parts."""
    return lambda what, share: options.progress(what, (number + share) / parts)


def generator_handles() -> list[Line2D]:
    return [Line2D([], [], color=colour, marker=".", label=label) for colour, label in LOOK.values()]


def direction_handles() -> list[Line2D]:
    return [
        Line2D([], [], color=INK, linestyle=line, label=symbol) for _, symbol, line in DIRECTIONS.values()
    ]


def job_of(
    number: int,
    title: str,
    draw: Callable[[FigureOptions], DrawnFigure],
    seconds: float,
    settings: dict[str, Setting],
) -> FigureJob:
    return FigureJob(number, title, draw, seconds, settings={**settings, **SYSTEM}, source=MODEL)


BETA = Setting(4.0 / 75.0, "drive", minimum=1e-4, maximum=0.3)
LAM = Setting(0.04, "size of a quantum", minimum=0.02, maximum=0.3)
N_TH = Setting(0.0, "thermal photons", minimum=0.0, maximum=5.0)
