"""Switching rates of the Duffing oscillator without sampling: against 1/λ, against temperature, across the equal-weight point.

Two dynamics, two exponents: quantum jumps follow the Liouvillian and the quantum exponent (closed form, full Keldysh
instanton), Langevin trajectories the truncated-Wigner generator and its classical instanton. At high temperature they join.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from scipy.optimize import brentq

from wellhop.analysis.directed_rates import Generator
from wellhop.analysis.duffing_actions import escape_path, quantum_exponents
from wellhop.analysis.duffing_rates import LARGEST_RATIO, duffing_rates
from wellhop.analysis.figures.drawn import DrawnTable
from wellhop.analysis.figures.job import DrawnFigure, FigureJob, FigureOptions, Progress, Setting, silent
from wellhop.analysis.figures.layout import heading, minor_ticks, panel_letter
from wellhop.analysis.figures.style import BAND, COLOURS, FAINT, INK, house_style, new_figure
from wellhop.engine.errors import ParameterError, PredictionError, SpectrumError
from wellhop.engine.systems.duffing_attractors import Attractor, DuffingAttractors

FloatArray = npt.NDArray[np.float64]

GENERATORS: tuple[Generator, ...] = ("exact", "twa")
#: Colour, and name in legends, of either dynamics.
LOOK: dict[Generator, tuple[str, str]] = {
    "exact": (COLOURS[0], "Liouvillian"),
    "twa": (COLOURS[1], "truncated-Wigner generator"),
}
#: Direction -> the well that is left, symbol, line style where both share a panel.
DIRECTIONS: dict[str, tuple[Attractor, str, Literal["-", "--"]]] = {
    "k_LH": ("LAS", r"$\Gamma_{\mathrm{L}\to\mathrm{H}}$", "-"),
    "k_HL": ("HAS", r"$\Gamma_{\mathrm{H}\to\mathrm{L}}$", "--"),
}
MODEL = "Feng, Guo: Eqs. (2), (7); rates by the slow mode of each generator, read at the classical attractors (ours)"
_CELLS = "rates in units of kappa; a cell is empty where there is no slow mode, or a rate is not larger than the error of its split"
_SYSTEM = {
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


def draw_arrhenius(options: FigureOptions) -> DrawnFigure:
    """Rates against 1/λ, both directions, with slopes and exponents below.

    Returns:
        Series ``rate``, ``slope`` of ``exact`` and ``twa``; ``exponent closed``, ``exponent keldysh`` and ``exponent twa``.

    Raises:
        ParameterError: lam_min >= lam_max. PredictionError: no bistability.
    """
    first, last = options["lam_min"], options["lam_max"]
    if not first < last:
        raise ParameterError("lam_min, lam_max", (first, last), "lam_min < lam_max")
    base = DuffingAttractors(first, options["beta"], options["khat"], options["n_th"])
    base.require_bistable("Arrhenius plot")
    inverse = np.linspace(1.0 / last, 1.0 / first, options.count("points"))
    systems = [replace(base, lam=1.0 / float(x)) for x in inverse]
    curves = [
        rate_curve(generator, inverse, systems, _part(options, number, len(GENERATORS)))
        for number, generator in enumerate(GENERATORS)
    ]
    table = DrawnTable(("series", "direction", "1/lam", "value"))
    with house_style():
        figure = new_figure(height=5.4)
        axes = figure.subplots(2, 2, sharex=True, sharey="row", height_ratios=[1.7, 1.0])
        for column, (name, (well, symbol, _)) in enumerate(DIRECTIONS.items()):
            upper, lower = axes[:, column]
            for curve in curves:
                draw_rates(upper, curve, name, table)
                draw_slopes(lower, curve, name, table)
            _draw_exponents(upper, lower, base, well, name, curves, table)
            upper.set_yscale("log")
            panel_letter(upper, "ab"[column], f"{symbol}, out of {well}")
            lower.set_xlabel(r"$1/\lambda$")
            minor_ticks(lower, "x")
        axes[0, 0].set_ylabel(r"rate$/\kappa$")
        axes[1, 0].set_ylabel(r"$-\mathrm{d}\ln\Gamma\,/\,\mathrm{d}(1/\lambda)$")
        figure.legend(handles=_arrhenius_handles(base), loc="outside lower center", ncols=3, fontsize=8)
        heading(
            figure,
            rf"Switching against $1/\lambda$ at $\beta={base.beta:.4g}$, $\hat\kappa={base.khat:g}$, "
            rf"$\bar n={base.n_th:g}$",
            r"Below: local slopes, which tend to the exponents $R$ of $\Gamma\sim e^{-R/\lambda}$. The truncated Wigner equation "
            "has other exponents",
            "than the quantum model: its classical instanton must not be set against quantum jumps at low temperature.",
        )
    notes = (
        _CELLS,
        "exponent: R of exp(-R/lam); closed: complex P potential (n_th = 0 only), keldysh: numerical instanton of the quantum "
        "model, twa: classical instanton",
        "a dashed line in the upper panels is exp(-R/lam) through the last rate of its generator",
    )
    return DrawnFigure(figure, table, notes)


def _part(options: FigureOptions, number: int, parts: int) -> Progress:
    """Progress of one of several equal parts."""
    return lambda what, share: options.progress(what, (number + share) / parts)


def _draw_exponents(
    upper: Axes,
    lower: Axes,
    base: DuffingAttractors,
    well: Attractor,
    name: str,
    curves: Sequence[RateCurve],
    table: DrawnTable,
) -> None:
    """Horizontal lines at R, and exp(-R/λ) through the last rate of the generator it belongs to."""
    keldysh = escape_path(base, "keldysh", well).exponent
    quantum = keldysh
    if base.n_th == 0.0:
        closed = quantum_exponents(base)
        quantum = closed.lh if well == "LAS" else closed.hl
        table.add("exponent closed", name, None, quantum)
    classical = escape_path(base, "twa", well).exponent
    table.add("exponent keldysh", name, None, keldysh)
    table.add("exponent twa", name, None, classical)
    for curve, exponent in zip(curves, (quantum, classical), strict=True):
        colour = LOOK[curve.generator][0]
        lower.axhline(exponent, linestyle=(0, (4, 2)), color=colour, linewidth=1.0)
        known = np.flatnonzero(np.isfinite(curve.rates[name]))
        if known.size:
            x, rate = curve.x[known[-1]], curve.rates[name][known[-1]]
            line = rate * np.exp(-exponent * (curve.x - x))
            upper.plot(curve.x, line, linestyle=(0, (4, 2)), color=colour, linewidth=1.0)
    lower.plot(
        [curves[0].x[-1]], [keldysh], marker="D", color=INK, markerfacecolor="white", linestyle="", zorder=5
    )


def _generator_handles() -> list[Line2D]:
    return [Line2D([], [], color=colour, marker=".", label=label) for colour, label in LOOK.values()]


def _arrhenius_handles(base: DuffingAttractors) -> list[Line2D]:
    quantum = "closed form" if base.n_th == 0.0 else "Keldysh instanton"
    dashes = (0, (4, 2))
    return [
        *_generator_handles(),
        Line2D(
            [], [], color=LOOK["exact"][0], linestyle=dashes, linewidth=1.0, label=f"quantum $R$, {quantum}"
        ),
        Line2D(
            [], [], color=LOOK["twa"][0], linestyle=dashes, linewidth=1.0, label="classical instanton $R$"
        ),
        Line2D(
            [],
            [],
            color=INK,
            marker="D",
            markerfacecolor="white",
            linestyle="",
            label="Keldysh instanton $R$",
        ),
    ]


def draw_temperature(options: FigureOptions) -> DrawnFigure:
    """Rates against thermal photons; where truncated Wigner joins the quantum model.

    Returns:
        Series ``rate exact``, ``rate twa``, ``twa over exact`` and ``gap over next exact``.

    Raises:
        PredictionError: no bistability.
    """
    base = DuffingAttractors(options["lam"], options["beta"], options["khat"])
    base.require_bistable("rates against temperature")
    # dense at low temperature, where the exponents part
    places = options["n_max"] * np.linspace(0.0, 1.0, options.count("points")) ** 2
    systems = [replace(base, n_th=float(n)) for n in places]
    curves = [
        rate_curve(generator, places, systems, _part(options, number, len(GENERATORS)))
        for number, generator in enumerate(GENERATORS)
    ]
    exact, twa = curves
    table = DrawnTable(("series", "direction", "n_th", "value"))
    with house_style():
        figure = new_figure(height=3.9)
        left, right = figure.subplots(1, 2)
        for name, (_, _, line) in DIRECTIONS.items():
            for curve in curves:
                draw_rates(left, curve, name, table, line=line)
            share = twa.rates[name] / exact.rates[name]
            right.plot(places, share, color=INK, linestyle=line, marker=".", markersize=4)
            table.add_series("twa over exact", name, places, share)
        table.add_series("gap over next exact", None, places, exact.ratio)
        right.axhline(1.0, color=FAINT, linewidth=0.8, zorder=1)
        for ax in (left, right):
            ax.set_yscale("log")
            ax.set_xlabel(r"thermal photons $\bar n$")
            ax.set_xlim(-0.02 * places[-1], places[-1])
            shallow = places[exact.ratio >= LARGEST_RATIO]
            if shallow.size:
                ax.axvspan(shallow[0], places[-1], color=BAND, zorder=0)
        left.set_ylabel(r"rate$/\kappa$")
        right.set_ylabel("truncated Wigner / Liouvillian")
        panel_letter(left, "a", "directed rates")
        panel_letter(right, "b", "truncated Wigner over quantum")
        figure.legend(
            handles=[*_generator_handles(), *_direction_handles()], loc="outside lower center", ncols=4
        )
        heading(
            figure,
            rf"Switching against temperature at $\lambda={base.lam:g}$, $\beta={base.beta:.4g}$, $\hat\kappa={base.khat:g}$",
            "Vacuum noise inflates the escape out of LAS in truncated Wigner; thermal photons make both alike.",
            f"Grey: gap over next decay rate above {LARGEST_RATIO:g}; there are hardly wells to switch between.",
        )
    return DrawnFigure(
        figure, table, (_CELLS, f"grey from the first n_th with gap over next >= {LARGEST_RATIO:g} on")
    )


def _direction_handles() -> list[Line2D]:
    return [
        Line2D([], [], color=INK, linestyle=line, label=symbol) for _, symbol, line in DIRECTIONS.values()
    ]


def draw_drive(options: FigureOptions) -> DrawnFigure:
    """Rates against β, and where both wells weigh the same.

    Returns:
        Series ``rate exact``, ``rate twa``, ``equal weight exact``, ``equal weight twa`` (where both rates are equal, if
        in the range) and ``equal weight limit`` (R_LH = R_HL, λ -> 0).

    Raises:
        ParameterError: drives out of order or outside the bistable range.
    """
    first, last = options["beta_min"], options["beta_max"]
    base = DuffingAttractors(options["lam"], first, options["khat"], options["n_th"])
    low, high = base.drive_range
    if not low < first < last < high:
        raise ParameterError(
            "beta_min, beta_max",
            (first, last),
            f"{low:.6g} < beta_min < beta_max < {high:.6g}, the bistable range",
        )
    drives = np.linspace(first, last, options.count("points"))
    systems = [replace(base, beta=float(beta)) for beta in drives]
    table = DrawnTable(("series", "direction", "beta", "value"))
    with house_style():
        figure = new_figure(height=4.2)
        ax = figure.subplots()
        for number, generator in enumerate(GENERATORS):
            curve = rate_curve(generator, drives, systems, _part(options, number, len(GENERATORS)))
            for name, (_, _, line) in DIRECTIONS.items():
                draw_rates(ax, curve, name, table, line=line)
            _mark_equal(ax, curve, base, table)
        if base.n_th == 0.0:
            limit = _limit_of_equal_weight(base)
            if limit is not None:
                table.add("equal weight limit", None, limit, None)
                if first < limit < last:
                    ax.axvline(limit, color=FAINT, linestyle=":", linewidth=1.0)
        ax.set_yscale("log")
        ax.set_xlabel(r"drive $\beta$")
        ax.set_ylabel(r"rate$/\kappa$")
        ax.set_xlim(first, last)
        minor_ticks(ax, "x")
        figure.legend(handles=_drive_handles(), loc="outside lower center", ncols=3)
        heading(
            figure,
            rf"Switching across the equal-weight point at $\lambda={base.lam:g}$, $\hat\kappa={base.khat:g}$, "
            rf"$\bar n={base.n_th:g}$",
            "Circles: both rates are equal, either well holds half of the stationary state.",
            "Truncated Wigner favours HAS from a weaker drive on.",
        )
    return DrawnFigure(figure, table, (_CELLS,))


def _mark_equal(ax: Axes, curve: RateCurve, base: DuffingAttractors, table: DrawnTable) -> None:
    """The drive of equal rates: root of ln(k_LH/k_HL) between two drawn drives."""
    excess = np.log(curve.rates["k_LH"] / curve.rates["k_HL"])
    crossed = np.flatnonzero((excess[:-1] < 0.0) & (excess[1:] >= 0.0))
    if not crossed.size:
        return
    k = int(crossed[0])
    known: dict[float, tuple[float, float]] = {}

    def difference(beta: float) -> float:
        found = duffing_rates(replace(base, beta=beta), curve.generator)
        known[beta] = found.k_lh, found.k_hl
        return float(np.log(found.k_lh / found.k_hl))

    beta = float(brentq(difference, curve.x[k], curve.x[k + 1], xtol=2e-5))
    rate = known[beta][0] / base.kappa if beta in known else float(np.nan)
    ax.plot([beta], [rate], "o", color=LOOK[curve.generator][0], markerfacecolor="white", zorder=5)
    table.add(f"equal weight {curve.generator}", None, beta, rate)


def _limit_of_equal_weight(base: DuffingAttractors) -> float | None:
    """β of R_LH = R_HL, None where it does not exist."""
    low, high = base.drive_range
    margin = 1e-6 * (high - low)

    def difference(beta: float) -> float:
        found = quantum_exponents(replace(base, beta=beta))
        return found.lh - found.hl

    if difference(low + margin) * difference(high - margin) >= 0.0:
        return None
    return float(brentq(difference, low + margin, high - margin, xtol=1e-12))


def _drive_handles() -> list[Line2D]:
    return [
        *_generator_handles(),
        *_direction_handles(),
        Line2D([], [], color=INK, marker="o", markerfacecolor="white", linestyle="", label="equal rates"),
        Line2D([], [], color=FAINT, linestyle=":", label=r"equal quantum $R$, $\lambda\to 0$"),
    ]


def _job(
    number: int,
    title: str,
    draw: Callable[[FigureOptions], DrawnFigure],
    seconds: float,
    settings: dict[str, Setting],
) -> FigureJob:
    return FigureJob(number, title, draw, seconds, settings={**settings, **_SYSTEM}, source=MODEL)


_BETA = Setting(4.0 / 75.0, "drive", minimum=1e-4, maximum=0.3)
_LAM = Setting(0.04, "size of a quantum", minimum=0.02, maximum=0.3)
_NTH = Setting(0.0, "thermal photons", minimum=0.0, maximum=5.0)

ARRHENIUS = _job(
    9,
    "Directed rates against 1/lambda: quantum, truncated Wigner, and the exponents of both",
    draw_arrhenius,
    15.0,
    {
        "beta": _BETA,
        "n_th": _NTH,
        "lam_min": Setting(0.03, "smallest lambda", minimum=0.015, maximum=0.3),
        "lam_max": Setting(0.1, "largest lambda", minimum=0.015, maximum=0.5),
    },
)
TEMPERATURE = _job(
    10,
    "Directed rates against thermal photons: where truncated Wigner joins",
    draw_temperature,
    20.0,
    {
        "beta": _BETA,
        "lam": _LAM,
        "n_max": Setting(2.0, "largest number of thermal photons", minimum=0.01, maximum=5.0),
    },
)
DRIVE = _job(
    11,
    "Directed rates against the drive, across the equal-weight point",
    draw_drive,
    12.0,
    {
        "lam": replace(_LAM, default=0.06),
        "n_th": _NTH,
        "beta_min": Setting(0.03, "first drive", minimum=1e-4, maximum=0.3),
        "beta_max": Setting(0.075, "last drive", minimum=1e-4, maximum=0.3),
    },
)
JOBS: tuple[FigureJob, ...] = (ARRHENIUS, TEMPERATURE, DRIVE)
