"""Figures 5 and 8 of the Duffing oscillator: temperature of both attractors against the bath and against dephasing, sampled."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np
import numpy.typing as npt

from wellhop.analysis.duffing_well import attractor_well
from wellhop.analysis.figures.duffing_axes import BETA, LAMBDA, MODEL
from wellhop.analysis.figures.duffing_temperature import (
    WELLS,
    Sampled,
    draw_log_ratios,
    draw_occupations,
    log_ratio_table,
    occupation_table,
)
from wellhop.analysis.figures.job import DrawnFigure, FigureJob, FigureOptions, Setting
from wellhop.engine.errors import PredictionError, StatisticsError
from wellhop.engine.systems.duffing_attractors import Attractor, DuffingAttractors
from wellhop.jobs.duffing_sampling import sample_noise, sample_populations

#: Langevin trajectories for each jump trajectory, which costs some twenty times more.
LANGEVIN_SHARE = 2


def draw_bath(options: FigureOptions) -> DrawnFigure:
    """Figure 5.

    Raises:
        PredictionError: no bistability, or wells too small for two levels. StatisticsError: trajectories failed.
    """
    system = DuffingAttractors(options["lam"], options["beta"], options["khat"])
    _check_wells(replace(system, n_th=options["n_max"]), "lam, khat, n_max")
    count = options.count("trajectories")
    jumps: list[Sampled] = []
    noise: list[Sampled] = []
    places = _spread(options["n_max"], options.count("sampled")) if count else np.empty(0)
    for point, n_th in enumerate(places):
        at = replace(system, n_th=float(n_th))
        for k, attractor in enumerate(WELLS):
            watch = partial(options.progress, f"{attractor}, n_th = {n_th:.3g}")
            found = sample_populations(
                at,
                attractor,
                trajectories=count,
                count=2,
                seed=options.seed,
                point=2 * point + k,
                watch=watch,
            )
            p = found.well.populations(2)
            jumps.append(
                Sampled(
                    attractor,
                    at.n_th,
                    found.log_ratio,
                    found.log_ratio_error,
                    float(np.log(p[0] / p[1])),
                    count,
                )
            )
        more = LANGEVIN_SHARE * count
        try:
            moved = sample_noise(at, "HAS", trajectories=more, seed=options.seed, point=2 * point)
        except StatisticsError as error:
            raise StatisticsError(
                f"{error}; settings of this figure: lam, khat, n_max, or trajectories = 0"
            ) from error
        exact = float(np.log1p(1.0 / moved.well.moment_occupation))
        noise.append(Sampled("HAS", at.n_th, moved.log_ratio, moved.log_ratio_error, exact, more))
    options.progress("master equation", 0.9)
    baths = _spread(options["n_max"], options.count("points"))
    return draw_log_ratios(system, log_ratio_table(system, baths, jumps, noise))


def draw_dephasing(options: FigureOptions) -> DrawnFigure:
    """Figure 8.

    Raises:
        PredictionError: no bistability, or wells too small for two levels. StatisticsError: trajectories failed.
    """
    system = DuffingAttractors(options["lam"], options["beta"], options["khat"], options["n_th"])
    _check_wells(replace(system, eta=options["eta_max"] * system.kappa), "lam, khat, n_th, eta_max")
    count = options.count("trajectories")
    jumps: list[Sampled] = []
    places = np.linspace(0.0, options["eta_max"], options.count("sampled")) if count else np.empty(0)
    for point, share in enumerate(places):
        for k, attractor in enumerate(WELLS):
            jumps.append(_occupation(system, attractor, float(share), 2 * point + k, options))
    options.progress("master equation", 0.9)
    shares = np.linspace(0.0, options["eta_max"], options.count("points"))
    return draw_occupations(system, occupation_table(system, shares, jumps))


def _check_wells(hottest: DuffingAttractors, settings: str) -> None:
    """Refuse wells that do not hold their state at the upper end, before any trajectory runs."""
    for attractor in WELLS:
        try:
            attractor_well(hottest, attractor).populations(2)
        except PredictionError as error:
            raise PredictionError(f"{error}; settings of this figure: {settings}") from error


def _spread(largest: float, count: int) -> npt.NDArray[np.float64]:
    """From 0 to the largest, denser towards 0, where ln(p_0/p_1) is steep."""
    return largest * np.linspace(0.0, 1.0, count) ** 2


def _occupation(
    system: DuffingAttractors, attractor: Attractor, share: float, point: int, options: FigureOptions
) -> Sampled:
    """p_1/(p_0 - p_1) at η = share · κ from jump trajectories."""
    count = options.count("trajectories")
    found = sample_populations(
        replace(system, eta=share * system.kappa),
        attractor,
        trajectories=count,
        count=2,
        seed=options.seed,
        point=point,
        watch=partial(options.progress, f"{attractor}, eta/kappa = {share:.3g}"),
    )
    p = found.well.populations(2)
    exact = float(p[1] / (p[0] - p[1]))
    return Sampled(attractor, share, found.occupation, found.occupation_error, exact, count)


KHAT = Setting(0.005, "khat = kappa/(2 dw)", minimum=0.001, maximum=0.2)
POINTS = Setting(11, "points of the curves", minimum=2, maximum=200, whole=True)
SAMPLED = Setting(4, "places where trajectories run", minimum=2, maximum=50, whole=True)
BATH = FigureJob(
    number=5,
    title="Populations of the two lowest levels of both attractors against the bath, measured (Fig. 5 of the paper)",
    draw=draw_bath,
    seconds=15.0,
    settings={
        "lam": LAMBDA,
        "beta": BETA,
        "khat": KHAT,
        "n_max": Setting(1.0, "largest number of photons of the bath", minimum=0.01, maximum=2.0),
        "points": POINTS,
        "sampled": SAMPLED,
        "trajectories": Setting(
            150, "jump trajectories of each point; 0: none", minimum=0, maximum=1e6, whole=True
        ),
    },
    sampled=True,
    source=f"Eqs. (7), (23)-(25) for (2), bath of the frame; {MODEL}",
)
DEPHASING = FigureJob(
    number=8,
    title="Bose number of both attractors against dephasing, measured (Fig. 8 of the paper)",
    draw=draw_dephasing,
    seconds=8.0,
    settings={
        "lam": LAMBDA,
        "beta": BETA,
        "khat": KHAT,
        "n_th": Setting(0.0, "photons of the bath", minimum=0.0, maximum=1.0),
        "eta_max": Setting(0.01, "largest eta/kappa", minimum=1e-4, maximum=0.05),
        "points": POINTS,
        "sampled": Setting(3, "places where trajectories run", minimum=2, maximum=50, whole=True),
        "trajectories": Setting(
            500, "jump trajectories of each point; 0: none", minimum=0, maximum=1e6, whole=True
        ),
    },
    sampled=True,
    source=f"Eqs. (7), (27), (28) with the factor 2 that is missing in print; {MODEL}",
)
