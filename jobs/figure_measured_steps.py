"""Figure 23 of the Kerr-cat: the decay rate measured over the first three steps of the staircase, at two temperatures."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from wellhop.analysis.curves import reduced_rate
from wellhop.analysis.figures.job import DrawnFigure, FigureJob, FigureOptions, Setting
from wellhop.analysis.figures.kerr_cat_axes import MODEL
from wellhop.analysis.figures.kerr_cat_measured_steps import StepFamily, draw_measured_steps
from wellhop.analysis.kerr_cat_scan import scan_rates
from wellhop.analysis.staircase import critical_drive
from wellhop.engine.errors import ParameterError, PredictionError
from wellhop.engine.systems.kerr_cat import KerrCat
from wellhop.jobs.kerr_cat_sampling import FEWEST_SWITCHES, measured_rates, stream_seed

#: Drives of the lines, and clicks spent on one measured rate.
DENSE, MOST_CLICKS = 56, 5e5


def family_of(options: FigureOptions, n_th: float, number: int) -> StepFamily:
    """Curves and measured points of one temperature."""
    low, high, kappa = options["eps2_min"], options["eps2_max"], options["kappa"]
    dense = np.linspace(low, high, DENSE)
    exact = []
    for k, drive in enumerate(dense):
        options.progress(f"exact rates, n_th = {n_th:g}", k / DENSE)
        exact.append(reduced_rate(KerrCat(float(drive), kappa, n_th)))
    semi = scan_rates([KerrCat(float(drive), kappa, n_th) for drive in dense]).decay_rate
    systems = [KerrCat(float(e), kappa, n_th) for e in np.linspace(low, high, options.count("points"))]
    measured = measured_rates(
        systems,
        switches=options["switches"],
        seed=stream_seed(options.seed, number),
        progress=options.progress,
        most_clicks=MOST_CLICKS,
    )
    return StepFamily(n_th, dense, np.array(exact), semi, measured, [reduced_rate(s) for s in systems])


def steps_within(kappa: float, n_th: float, low: float, high: float) -> list[float]:
    """Drives with f_n = 1/2 up to ``high``, n = 1, 2, ...; empty where the first lies below ``low``.

    >>> [round(drive, 2) for drive in steps_within(0.025, 0.05, 3.0, 13.5)]
    [6.16, 9.59, 12.91]
    """
    found: list[float] = []
    for n in range(1, 100):
        try:
            drive = critical_drive(n, kappa, n_th)
        except PredictionError:
            break
        if not low <= drive <= high:
            break
        found.append(drive)
    return found


def draw(options: FigureOptions) -> DrawnFigure:
    """Figure 23.

    Raises:
        ParameterError: drives or temperatures out of order.
    """
    for name in ("eps2", "n_th"):
        low, high = options[f"{name}_min"], options[f"{name}_max"]
        if not low < high:
            raise ParameterError(f"{name}_min, {name}_max", (low, high), f"{name}_min < {name}_max")
    families = [family_of(options, options[name], k) for k, name in enumerate(("n_th_max", "n_th_min"))]
    steps = steps_within(options["kappa"], options["n_th_min"], options["eps2_min"], options["eps2_max"])
    note = (
        f"trajectories of 20/Gamma, enough for {options['switches']:g} expected switches or {MOST_CLICKS:g} clicks at every point, "
        f"never fewer than {FEWEST_SWITCHES} switches; counts of switches are those of core sets and enter no rate"
    )
    return draw_measured_steps(families, options["kappa"], steps, [note])


SETTINGS: Mapping[str, Setting] = {
    "kappa": Setting(0.025, "one-photon loss rate in units of K", 1e-4, 0.3),
    "n_th_max": Setting(0.02, "the higher thermal occupation", 1e-6, 0.1),
    "n_th_min": Setting(0.002, "the lower one", 1e-6, 0.1),
    "eps2_min": Setting(2.5, "first two-photon drive in units of K", 1.5, 20.0),
    "eps2_max": Setting(13.5, "last one", 1.5, 20.0),
    "points": Setting(12, "measured drives at each temperature", 2, 200, whole=True),
    "switches": Setting(
        3000,
        f"expected switches at every point, as far as {MOST_CLICKS:g} clicks allow: fewer beyond the second step",
        FEWEST_SWITCHES,
        1e7,
    ),
}

JOB = FigureJob(
    number=23,
    title="Measured decay rate over the first three steps of the staircase, two temperatures",
    draw=draw,
    seconds=42.0,
    settings=SETTINGS,
    sampled=True,
    source=f"exact: odd-parity Liouvillian; semi-analytical: Eq. (84); steps: f_n = 1/2, Eq. (82); {MODEL}",
)
