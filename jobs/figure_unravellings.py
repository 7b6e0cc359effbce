"""Figure 21 of the Kerr-cat: trajectories of counted and of displaced clicks at the same parameters."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from wellhop.analysis.curves import reduced_rate
from wellhop.analysis.ensemble_decay import mean_well_difference
from wellhop.analysis.figures.job import DrawnFigure, FigureJob, FigureOptions, Setting
from wellhop.analysis.figures.kerr_cat_axes import MODEL
from wellhop.analysis.figures.kerr_cat_unravellings import UnravelledRuns, draw_unravellings
from wellhop.engine.errors import ParameterError
from wellhop.engine.systems.kerr_cat import KerrCat
from wellhop.engine.systems.kerr_cat_jumps import trajectory_manifolds
from wellhop.jobs.kerr_cat_sampling import sample_unravelling

#: Intervals of the time grid; manifolds from which the mean is computed, at most.
SAMPLES, MOST_MANIFOLDS = 600, 16
NAMES = ("counting", "adaptive")


def draw(options: FigureOptions) -> DrawnFigure:
    """Figure 21.

    Raises:
        ParameterError: the rate is zero to round-off.
    """
    system = KerrCat(options["eps2"], options["kappa"], options["n_th"])
    rate = reduced_rate(system)
    if not rate > 1e-13:
        raise ParameterError("eps2", system.eps2, "a drive with a rate above round-off, 1e-13 K")
    duration = options["length"] / rate
    times = np.linspace(0.0, duration, SAMPLES + 1)
    exact = mean_well_difference(system, times, manifolds=min(trajectory_manifolds(system), MOST_MANIFOLDS))
    runs = {}
    for k, name in enumerate(NAMES):
        options.progress(f"{name} trajectories", k / len(NAMES))
        sampled = sample_unravelling(
            system,
            name,
            trajectories=options.count("trajectories"),
            duration=duration,
            samples=SAMPLES,
            seed=options.seed,
            point=k,
            right_only=True,
        )
        runs[name] = UnravelledRuns(sampled.order_parameter[:, : SAMPLES + 1], sampled.clicks.value)
    return draw_unravellings(system, rate, times, exact, runs)


SETTINGS: Mapping[str, Setting] = {
    "eps2": Setting(6.0, "two-photon drive in units of K", 1.0, 12.0),
    "kappa": Setting(0.1, "one-photon loss rate in units of K", 1e-3, 0.5),
    "n_th": Setting(0.02, "thermal occupation", 1e-4, 1.0),
    "length": Setting(6.0, "length of the trajectories in 1/Gamma", 2.0, 50.0),
    "trajectories": Setting(300, "of either kind", 20, 1e5, whole=True),
}

JOB = FigureJob(
    number=21,
    title="Counting against displaced clicks: trajectories, their mean, the distribution of <X>",
    draw=draw,
    seconds=7.0,
    settings=SETTINGS,
    sampled=True,
    source=f"X = sum_n |r_n><r_n| - |l_n><l_n|, Eq. (53); mean: odd sector of the Liouvillian; {MODEL}",
)
