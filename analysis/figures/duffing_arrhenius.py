"""Rates of the Duffing oscillator against 1/λ without sampling, with the exponents of both dynamics.

The quantum exponent: closed form, and the full Keldysh instanton; the classical instanton is that of truncated Wigner.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from wellhop.analysis.duffing_actions import escape_path, quantum_exponents
from wellhop.analysis.figures.drawn import DrawnTable
from wellhop.analysis.figures.duffing_rates import (
    BETA,
    CELLS,
    DIRECTIONS,
    GENERATORS,
    LOOK,
    N_TH,
    MeasuredRates,
    RateCurve,
    draw_measured,
    draw_rates,
    draw_slopes,
    generator_handles,
    job_of,
    measured_handles,
    part_of,
    rate_curve,
)
from wellhop.analysis.figures.job import DrawnFigure, FigureOptions, Setting
from wellhop.analysis.figures.layout import heading, minor_ticks, panel_letter
from wellhop.analysis.figures.style import INK, house_style, new_figure
from wellhop.analysis.keldysh import WeakNoiseModel
from wellhop.engine.errors import ParameterError, PredictionError
from wellhop.engine.systems.duffing_attractors import DuffingAttractors


def check_arrhenius(options: FigureOptions) -> DuffingAttractors:
    """The system of the smallest λ, if the settings of figure 9 fit together.

    Raises:
        ParameterError: lam_min >= lam_max. PredictionError: no bistability.
    """
    first, last = options["lam_min"], options["lam_max"]
    if not first < last:
        raise ParameterError("lam_min, lam_max", (first, last), "lam_min < lam_max")
    base = DuffingAttractors(first, options["beta"], options["khat"], options["n_th"])
    base.require_bistable("Arrhenius plot")
    return base


def draw_arrhenius(options: FigureOptions, measured: Sequence[MeasuredRates] = ()) -> DrawnFigure:
    """Rates against 1/λ, both directions, with slopes and exponents below; measured ones (x = 1/λ) laid over.

    Returns:
        Series ``rate``, ``slope`` of ``exact`` and ``twa``; ``exponent closed``, ``exponent keldysh`` and ``exponent twa``, those
        of them that are found.

    Raises:
        ParameterError, PredictionError: as :func:`check_arrhenius`.
    """
    base = check_arrhenius(options)
    exponents, missing = _exponents(base)
    inverse = np.linspace(1.0 / options["lam_max"], 1.0 / base.lam, options.count("points"))
    systems = [replace(base, lam=1.0 / float(x)) for x in inverse]
    curves = [
        rate_curve(generator, inverse, systems, part_of(options, number, len(GENERATORS)))
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
            _draw_exponents(upper, lower, exponents[name], name, curves, table)
            draw_measured(upper, measured, name, table)
            upper.set_yscale("log")
            panel_letter(upper, "ab"[column], f"{symbol}, out of {well}")
            lower.set_xlabel(r"$1/\lambda$")
            minor_ticks(lower, "x")
        axes[0, 0].set_ylabel(r"rate$/\kappa$")
        axes[1, 0].set_ylabel(r"$-\mathrm{d}\ln k\,/\,\mathrm{d}(1/\lambda)$")
        figure.legend(
            handles=[*_arrhenius_handles(base), *measured_handles(measured)],
            loc="outside lower center",
            ncols=3,
            fontsize=8,
        )
        heading(
            figure,
            rf"Switching against $1/\lambda$ at $\beta={base.beta:.4g}$, $\hat\kappa={base.khat:g}$, "
            rf"$n_\mathrm{{th}}={base.n_th:g}$",
            r"Below: local slopes, which tend to the exponents $R$ of $k\sim e^{-R/\lambda}$. The truncated Wigner equation "
            "has other exponents",
            "than the quantum model: its classical instanton must not be set against quantum jumps at low temperature.",
        )
    notes = (
        CELLS,
        "exponent: R of exp(-R/lam); closed: complex P potential (n_th = 0 only), keldysh: numerical instanton of the quantum "
        "model, twa: classical instanton",
        "a dashed line in the upper panels is exp(-R/lam) through the last rate of its generator",
        *missing,
    )
    return DrawnFigure(figure, table, notes)


def _exponents(base: DuffingAttractors) -> tuple[dict[str, dict[str, float]], list[str]]:
    """R by direction and source (``closed``, ``keldysh``, ``twa``), and a sentence on each that is not found."""
    found: dict[str, dict[str, float]] = {}
    missing = []
    for name, (well, _, _) in DIRECTIONS.items():
        known = found.setdefault(name, {})
        if base.n_th == 0.0:
            closed = quantum_exponents(base)
            known["closed"] = closed.lh if well == "LAS" else closed.hl
        models: tuple[WeakNoiseModel, ...] = ("keldysh", "twa")
        for model in models:
            try:
                known[model] = escape_path(base, model, well).exponent
            except PredictionError as error:
                missing.append(f"exponent {model} of {name} is left out: {error}")
    return found, missing


def _draw_exponents(
    upper: Axes,
    lower: Axes,
    exponents: Mapping[str, float],
    name: str,
    curves: Sequence[RateCurve],
    table: DrawnTable,
) -> None:
    """Horizontal lines at R, and exp(-R/λ) through the last rate of the generator it belongs to."""
    for source, value in exponents.items():
        table.add(f"exponent {source}", name, None, value)
    quantum = exponents.get("closed", exponents.get("keldysh"))
    for curve, exponent in zip(curves, (quantum, exponents.get("twa")), strict=True):
        if exponent is None:
            continue
        colour = LOOK[curve.generator][0]
        lower.axhline(exponent, linestyle=(0, (4, 2)), color=colour, linewidth=1.0)
        known = np.flatnonzero(np.isfinite(curve.rates[name]))
        if known.size:
            x, rate = curve.x[known[-1]], curve.rates[name][known[-1]]
            line = rate * np.exp(-exponent * (curve.x - x))
            upper.plot(curve.x, line, linestyle=(0, (4, 2)), color=colour, linewidth=1.0)
    if "keldysh" in exponents:
        lower.plot(
            [curves[0].x[-1]],
            [exponents["keldysh"]],
            marker="D",
            color=INK,
            markerfacecolor="white",
            linestyle="",
            zorder=5,
        )


def _arrhenius_handles(base: DuffingAttractors) -> list[Line2D]:
    quantum = "closed form" if base.n_th == 0.0 else "Keldysh instanton"
    dashes = (0, (4, 2))
    return [
        *generator_handles(),
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


ARRHENIUS = job_of(
    9,
    "Directed rates against 1/lambda: quantum, truncated Wigner, and the exponents of both",
    draw_arrhenius,
    15.0,
    {
        "beta": BETA,
        "n_th": N_TH,
        "lam_min": Setting(0.03, "smallest lambda", minimum=0.015, maximum=0.3),
        "lam_max": Setting(0.1, "largest lambda", minimum=0.015, maximum=0.5),
    },
)
