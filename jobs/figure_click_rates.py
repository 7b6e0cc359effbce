"""Figure 22 of the Kerr-cat: click rates of three unravellings over the staircase, measured and predicted."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from wellhop.analysis.curves import reduced_rate
from wellhop.analysis.figures.job import DrawnFigure, FigureJob, FigureOptions, Setting
from wellhop.analysis.figures.kerr_cat_axes import MODEL
from wellhop.analysis.figures.kerr_cat_click_rates import ClickCurves, MeasuredClicks, draw_click_rates
from wellhop.analysis.kerr_cat_clicks import (
    adaptive_click_rate,
    counting_click_rate,
    fixed_click_rate,
    photon_number,
)
from wellhop.engine.errors import ParameterError
from wellhop.engine.systems.kerr_cat import KerrCat
from wellhop.jobs.kerr_cat_sampling import UNRAVELLINGS, sample_unravelling

#: Drives of the lines; trajectories of one point: many short ones, for with one fixed displacement the scatter is that of the time
#: spent in either well; their least length in 1/κ, so that the start in the ground state of a well does not count.
DENSE, TRAJECTORIES, LEAST = 36, 256, 50.0


def predicted_click_rates(system: KerrCat) -> dict[str, float]:
    """Clicks per time of every unravelling.

    >>> {name: round(rate, 3) for name, rate in predicted_click_rates(KerrCat(9.0, 0.1, 0.1)).items()}
    {'counting': 1.073, 'fixed': 2.153, 'adaptive': 0.031}
    """
    photons = photon_number(system)
    return {
        "counting": counting_click_rate(system, photons),
        "fixed": fixed_click_rate(system, photons),
        "adaptive": adaptive_click_rate(system),
    }


def measured_click_rates(
    system: KerrCat, clicks: float, *, seed: int = 0, point: int = 0
) -> dict[str, MeasuredClicks]:
    """Clicks per time of every unravelling from 256 trajectories of about ``clicks`` clicks in all; half start in either well."""
    predicted = predicted_click_rates(system)
    found = {}
    for k, name in enumerate(UNRAVELLINGS):
        duration = max(clicks / (TRAJECTORIES * predicted[name]), LEAST / system.kappa)
        sampled = sample_unravelling(
            system, name, trajectories=TRAJECTORIES, duration=duration, samples=1, seed=seed, point=point + k
        )
        found[name] = MeasuredClicks(system.eps2, sampled.clicks, predicted[name])
    return found


def draw(options: FigureOptions) -> DrawnFigure:
    """Figure 22.

    Raises:
        ParameterError: drives out of order.
    """
    low, high = options["eps2_min"], options["eps2_max"]
    if not low < high:
        raise ParameterError("eps2_min, eps2_max", (low, high), "eps2_min < eps2_max")
    kappa, n_th = options["kappa"], options["n_th"]
    dense = [KerrCat(float(e), kappa, n_th) for e in np.linspace(low, high, DENSE)]
    rates, decay = [], []
    for k, system in enumerate(dense):
        options.progress("predicted click rates", k / DENSE)
        rates.append(predicted_click_rates(system))
        decay.append(reduced_rate(system))
    curves = ClickCurves(
        np.array([s.eps2 for s in dense]),
        {name: np.array([r[name] for r in rates]) for name in UNRAVELLINGS},
        np.array(decay),
    )
    points = []
    drives = np.linspace(low, high, options.count("points"))
    for k, drive in enumerate(drives):
        options.progress(f"trajectories at eps2 = {drive:.3g}", k / len(drives))
        system = KerrCat(float(drive), kappa, n_th)
        points.append(
            measured_click_rates(system, options["clicks"], seed=options.seed, point=len(UNRAVELLINGS) * k)
        )
    measured = {name: [point[name] for point in points] for name in UNRAVELLINGS}
    return draw_click_rates(curves, measured, kappa, n_th)


SETTINGS: Mapping[str, Setting] = {
    "kappa": Setting(0.1, "one-photon loss rate in units of K", 1e-4, 0.5),
    "n_th": Setting(0.1, "thermal occupation", 1e-6, 1.0),
    "eps2_min": Setting(2.0, "first two-photon drive in units of K", 1.0, 20.0),
    "eps2_max": Setting(12.0, "last one", 1.0, 20.0),
    "points": Setting(9, "measured drives", 2, 100, whole=True),
    "clicks": Setting(2e5, "clicks spent on each measured rate", 1e3, 1e9),
}

JOB = FigureJob(
    number=22,
    title="Click rates of three unravellings over the staircase: counting, fixed and adaptive displacement",
    draw=draw,
    seconds=25.0,
    settings=SETTINGS,
    sampled=True,
    source=f"counting, fixed: exact stationary <a^dag a>; adaptive: rate equations of populations and displacement; {MODEL}",
)
