"""Figure 24 of the Kerr-cat: the measured decay rate against the damping, precise enough to see it turn over."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise

import numpy as np

from wellhop.analysis.curves import reduced_rate
from wellhop.analysis.figures.job import DrawnFigure, FigureJob, FigureOptions, Setting
from wellhop.analysis.figures.kerr_cat_axes import MODEL
from wellhop.analysis.figures.kerr_cat_measured_turnover import TurnoverCurves, draw_measured_turnover
from wellhop.analysis.kerr_cat_scan import scan_rates
from wellhop.analysis.kerr_cat_turnover import Extremum, RateSource, kramers_extrema
from wellhop.engine.errors import ParameterError, PredictionError
from wellhop.engine.systems.kerr_cat import KerrCat
from wellhop.jobs.kerr_cat_sampling import FEWEST_SWITCHES, measured_rates

#: Dampings of the lines; how many times more switches the two extrema get, and how far in ln κ others stay away from them.
DENSE, EXTREMA, APART = 61, 2.0, 0.12
#: Clicks spent on one rate.
MOST_CLICKS = 5e6


def turnover_of(
    eps2: float, n_th: float, low: float, high: float, source: RateSource = "exact"
) -> tuple[Extremum, Extremum]:
    """The first local maximum of the rate and the minimum behind it.

    Args:
        eps2, n_th: of the system. low, high: range of κ/K. source: of the rate.

    Raises:
        PredictionError: the rate does not turn over within the range.

    >>> for found in turnover_of(8.0, 1e-3, 5e-4, 2e-2, "semi_analytical"):
    ...     print(found)
    local max 8.15e-07 at kappa = 0.001875
    local min 7.697e-07 at kappa = 0.004098
    """
    extrema = kramers_extrema(eps2, n_th, source=source, lowest=low, highest=high)
    for first, second in pairwise(extrema):
        if (first.kind, second.kind) == ("max", "min"):
            return first, second
    raise PredictionError(
        f"turnover: the rate at eps2 = {eps2:g}, n_th = {n_th:g} has no local maximum and minimum for kappa/K between {low:g} "
        f"and {high:g}; use a lower temperature or a wider range"
    )


def draw(options: FigureOptions) -> DrawnFigure:
    """Figure 24.

    Raises:
        ParameterError: dampings out of order. PredictionError: no turnover at these parameters.
    """
    low, high = options["kappa_min"], options["kappa_max"]
    if not low < high:
        raise ParameterError("kappa_min, kappa_max", (low, high), "kappa_min < kappa_max")
    system = KerrCat(options["eps2"], low, options["n_th"])
    options.progress("exact rates", 0.0)
    extrema = turnover_of(system.eps2, system.n_th, low, high)
    kappas = np.geomspace(low, high, DENSE)
    dense = [replace(system, kappa=float(kappa)) for kappa in kappas]
    exact = []
    for k, at in enumerate(dense):
        options.progress("exact rates", k / DENSE)
        exact.append(reduced_rate(at))
    curves = TurnoverCurves(kappas, np.array(exact), scan_rates(dense).decay_rate, extrema)
    wanted = {extremum.kappa: EXTREMA * options["switches"] for extremum in extrema}
    for kappa in np.geomspace(low, high, options.count("points")):
        # a point next to an extremum would only hide it
        if all(abs(np.log(kappa / extremum.kappa)) > APART for extremum in extrema):
            wanted[float(kappa)] = options["switches"]
    systems = [replace(system, kappa=kappa) for kappa in sorted(wanted)]
    measured = measured_rates(
        systems,
        switches=[wanted[s.kappa] for s in systems],
        seed=options.seed,
        progress=options.progress,
        most_clicks=MOST_CLICKS,
    )
    note = (
        f"trajectories of 20/Gamma, enough for {options['switches']:g} expected switches at every point, {EXTREMA:g} times as many "
        "at the two extrema; counts of switches are those of core sets and enter no rate"
    )
    return draw_measured_turnover(curves, measured, [reduced_rate(s) for s in systems], [note])


SETTINGS: Mapping[str, Setting] = {
    "eps2": Setting(8.0, "two-photon drive in units of K", 2.0, 20.0),
    "n_th": Setting(1e-3, "thermal occupation; at 0.05 nothing turns over", 1e-6, 0.1),
    "kappa_min": Setting(5e-4, "first one-photon loss rate in units of K", 1e-5, 0.3),
    "kappa_max": Setting(2e-2, "last one", 1e-5, 0.3),
    "points": Setting(9, "measured dampings, the two extrema come on top", 2, 100, whole=True),
    "switches": Setting(
        15000,
        "expected switches at every point; errors fall as its root, 1.0 % at 15000",
        FEWEST_SWITCHES,
        1e8,
    ),
}

JOB = FigureJob(
    number=24,
    title="Measured decay rate against the damping: a turnover as in the problem of Kramers",
    draw=draw,
    seconds=50.0,
    settings=SETTINGS,
    sampled=True,
    source=f"exact: odd-parity Liouvillian; semi-analytical: Eq. (84); {MODEL}",
)
