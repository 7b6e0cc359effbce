"""Rates of the Duffing oscillator without sampling: against temperature, and across the equal-weight point."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from scipy.optimize import brentq

from wellhop.analysis.duffing_actions import quantum_exponents
from wellhop.analysis.duffing_rates import LARGEST_RATIO, duffing_rates
from wellhop.analysis.figures.drawn import DrawnTable
from wellhop.analysis.figures.duffing_rates import (
    BETA,
    CELLS,
    DIRECTIONS,
    GENERATORS,
    LAM,
    LOOK,
    N_TH,
    MeasuredRates,
    RateCurve,
    direction_handles,
    draw_measured,
    draw_rates,
    generator_handles,
    job_of,
    measured_handles,
    part_of,
    rate_curve,
)
from wellhop.analysis.figures.job import DrawnFigure, FigureOptions, Setting
from wellhop.analysis.figures.layout import heading, minor_ticks, panel_letter
from wellhop.analysis.figures.style import BAND, FAINT, INK, house_style, new_figure
from wellhop.engine.errors import ParameterError
from wellhop.engine.systems.duffing_attractors import DuffingAttractors


def check_temperature(options: FigureOptions) -> DuffingAttractors:
    """The cold system of figure 10.

    Raises:
        PredictionError: no bistability.
    """
    base = DuffingAttractors(options["lam"], options["beta"], options["khat"])
    base.require_bistable("rates against temperature")
    return base


def draw_temperature(options: FigureOptions, measured: Sequence[MeasuredRates] = ()) -> DrawnFigure:
    """Rates against thermal photons; where truncated Wigner joins the quantum model; measured ones (x = n_th) laid over.

    Returns:
        Series ``rate exact``, ``rate twa``, ``twa over exact`` and ``gap over next exact``.

    Raises:
        PredictionError: no bistability.
    """
    base = check_temperature(options)
    # dense at low temperature, where the exponents part
    places = options["n_max"] * np.linspace(0.0, 1.0, options.count("points")) ** 2
    systems = [replace(base, n_th=float(n)) for n in places]
    curves = [
        rate_curve(generator, places, systems, part_of(options, number, len(GENERATORS)))
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
            draw_measured(left, measured, name, table, full=line == "-")
            share = twa.rates[name] / exact.rates[name]
            right.plot(places, share, color=INK, linestyle=line, marker=".", markersize=4)
            table.add_series("twa over exact", name, places, share)
        table.add_series("gap over next exact", None, places, exact.ratio)
        right.axhline(1.0, color=FAINT, linewidth=0.8, zorder=1)
        for ax in (left, right):
            ax.set_yscale("log")
            ax.set_xlabel(r"thermal photons $n_\mathrm{th}$")
            ax.set_xlim(-0.02 * places[-1], places[-1])
            shallow = places[exact.ratio >= LARGEST_RATIO]
            if shallow.size:
                ax.axvspan(shallow[0], places[-1], color=BAND, zorder=0)
        left.set_ylabel(r"rate$/\kappa$")
        right.set_ylabel("truncated Wigner / Liouvillian")
        panel_letter(left, "a", "directed rates")
        panel_letter(right, "b", "truncated Wigner over quantum")
        figure.legend(
            handles=[*generator_handles(), *direction_handles(), *measured_handles(measured)],
            loc="outside lower center",
            ncols=4,
        )
        heading(
            figure,
            rf"Switching against temperature at $\lambda={base.lam:g}$, $\beta={base.beta:.4g}$, $\hat\kappa={base.khat:g}$",
            "Vacuum noise inflates the escape out of LAS in truncated Wigner; thermal photons make both alike.",
            f"Grey: gap over next decay rate above {LARGEST_RATIO:g}; there are hardly wells to switch between.",
        )
    return DrawnFigure(
        figure, table, (CELLS, f"grey from the first n_th with gap over next >= {LARGEST_RATIO:g} on")
    )


def check_drive(options: FigureOptions) -> DuffingAttractors:
    """The system of the first drive of figure 11, if its settings fit together.

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
    return base


def draw_drive(options: FigureOptions, measured: Sequence[MeasuredRates] = ()) -> DrawnFigure:
    """Rates against β, and where both wells weigh the same; measured ones (x = β) laid over.

    Returns:
        Series ``rate exact``, ``rate twa``, ``equal weight exact``, ``equal weight twa`` (where both rates are equal, if
        in the range) and ``equal weight limit`` (R_LH = R_HL, λ -> 0).

    Raises:
        ParameterError: as :func:`check_drive`.
    """
    base = check_drive(options)
    first, last = base.beta, options["beta_max"]
    drives = np.linspace(first, last, options.count("points"))
    systems = [replace(base, beta=float(beta)) for beta in drives]
    table = DrawnTable(("series", "direction", "beta", "value"))
    with house_style():
        figure = new_figure(height=4.2)
        ax = figure.subplots()
        for number, generator in enumerate(GENERATORS):
            curve = rate_curve(generator, drives, systems, part_of(options, number, len(GENERATORS)))
            for name, (_, _, line) in DIRECTIONS.items():
                draw_rates(ax, curve, name, table, line=line)
            _mark_equal(ax, curve, base, table)
        for name, (_, _, line) in DIRECTIONS.items():
            draw_measured(ax, measured, name, table, full=line == "-")
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
        figure.legend(
            handles=[*_drive_handles(), *measured_handles(measured)], loc="outside lower center", ncols=3
        )
        heading(
            figure,
            rf"Switching across the equal-weight point at $\lambda={base.lam:g}$, $\hat\kappa={base.khat:g}$, "
            rf"$n_\mathrm{{th}}={base.n_th:g}$",
            "Stars: both rates are equal, either well holds half of the stationary state.",
            "Truncated Wigner favours HAS from a weaker drive on. A line ends where the error of the split hides the rarer rate.",
        )
    return DrawnFigure(figure, table, (CELLS, *_ends(table)))


def _ends(table: DrawnTable) -> tuple[str, ...]:
    """Lines that do not cover all drives, and why."""
    notes = []
    for generator in GENERATORS:
        for name in DIRECTIONS:
            where = {"series": f"rate {generator}", "direction": name}
            beta, rate = table.numbers("beta", **where), table.numbers("value", **where)
            known = beta[np.isfinite(rate)]
            if known.size < beta.size:
                drawn = f"drawn from beta = {known[0]:.4g} to {known[-1]:.4g}" if known.size else "not drawn"
                notes.append(
                    f"{name} of the {LOOK[generator][1]} is {drawn} only: elsewhere it is not larger than the error of the split"
                )
    return tuple(notes)


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
    ax.plot(
        [beta], [rate], "*", color=LOOK[curve.generator][0], markersize=11, markeredgecolor="white", zorder=7
    )
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
        *generator_handles(),
        *direction_handles(),
        Line2D(
            [],
            [],
            color=INK,
            marker="*",
            markersize=9,
            markeredgecolor="white",
            linestyle="",
            label="equal rates",
        ),
        Line2D([], [], color=FAINT, linestyle=":", label=r"equal quantum $R$, $\lambda\to 0$"),
    ]


TEMPERATURE = job_of(
    10,
    "Directed rates against thermal photons: where truncated Wigner joins",
    draw_temperature,
    20.0,
    {
        "beta": BETA,
        "lam": replace(LAM, default=0.06),
        "n_max": Setting(2.0, "largest number of thermal photons", minimum=0.01, maximum=5.0),
    },
)
DRIVE = job_of(
    11,
    "Directed rates against the drive, across the equal-weight point",
    draw_drive,
    12.0,
    {
        "lam": replace(LAM, default=0.06),
        "n_th": N_TH,
        "beta_min": Setting(0.03, "first drive", minimum=1e-4, maximum=0.3),
        "beta_max": Setting(0.075, "last drive", minimum=1e-4, maximum=0.3),
    },
)
