"""Figure 25 of the Kerr-cat: in which manifold it switches, from trajectories."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from wellhop.analysis.branching_comparison import BranchingComparison, compare_branching, predicted_branching
from wellhop.analysis.crossing_manifolds import CrossingManifolds, crossing_manifolds
from wellhop.analysis.figures.job import DrawnFigure, FigureJob, FigureOptions, Setting
from wellhop.analysis.figures.kerr_cat_axes import MODEL
from wellhop.analysis.figures.kerr_cat_branching import ResolvedPoint, draw_branching
from wellhop.analysis.manifold_branching import measure_branching
from wellhop.engine.ensemble import run_trajectories
from wellhop.engine.errors import ParameterError, UnravellingError
from wellhop.engine.systems.kerr_cat import KerrCat
from wellhop.engine.systems.kerr_cat_jumps import jump_setup
from wellhop.engine.unravelling import build_problem
from wellhop.jobs.time_scales import BURN_IN_RELAXATION_TIMES, sampling, time_scales

#: Length of a trajectory in switching times 1/Γ, each with half a switch.
SWITCHING_TIMES = 20.0
#: Smallest number of trajectories an error is taken from.
FEWEST = 16
#: Switches looked at one by one at every drive.
MOST_CROSSINGS = 600


def resolve_manifolds(
    system: KerrCat, switches: float, *, resolved: int, seed: int = 0, point: int = 0
) -> BranchingComparison:
    """Γ by manifold from trajectories with about so many switches, beside its predictions.

    Args:
        system: K = 1 and n_th > 0. switches: expected. resolved: manifolds told apart. seed, point: name the streams.

    Raises:
        UnravellingError: the rate lies below round-off. ParameterError: as :func:`jump_setup`.
    """
    scales = time_scales(system, "jumps")
    if not math.isfinite(scales.rate):
        raise UnravellingError(f"eps2 = {system.eps2:g}: the switching rate lies below round-off")
    setup = jump_setup(system, manifolds_resolved=resolved)
    interval = sampling(scales)
    problem = build_problem(setup, duration=SWITCHING_TIMES / scales.rate, sample_interval=interval)
    count = max(FEWEST, round(2.0 * switches / SWITCHING_TIMES))
    records = run_trajectories(problem, seed, range(count), point=point)
    measured = measure_branching(
        records, problem.integrated_names, sample_interval=interval,
        burn_in=BURN_IN_RELAXATION_TIMES * scales.relaxation_time, relaxation_time=scales.relaxation_time,
        rate_guess=scales.rate,
    )  # fmt: skip
    return compare_branching(measured, predicted_branching(system, resolved))


def draw(options: FigureOptions) -> DrawnFigure:
    """Figure 25.

    Raises:
        ParameterError: drives out of order.
    """
    low, high = options["eps2_min"], options["eps2_max"]
    if not low < high:
        raise ParameterError("eps2_min, eps2_max", (low, high), "eps2_min < eps2_max")
    kappa, n_th, shown = options["kappa"], options["n_th"], options.count("manifolds")
    points = []
    drives = np.linspace(low, high, options.count("points"))
    for k, drive in enumerate(drives):
        options.progress(f"eps2 = {drive:.4g}", k / len(drives))
        system = KerrCat(float(drive), kappa, n_th)
        branching = resolve_manifolds(system, options["switches"], resolved=shown, seed=options.seed, point=k)
        points.append(ResolvedPoint(system, branching, _crossings(system, options, k)))
    margin = 0.03 * (high - low)
    dense = np.linspace(low - margin, high + margin, options.count("lines"))
    options.progress("exact rates by manifold", 0.95)
    predicted = [predicted_branching(KerrCat(float(e), kappa, n_th), shown) for e in dense]
    options.progress("drawn", 1.0)
    explanation = (
        rf"$\kappa/K={kappa:g}$, $n_\mathrm{{th}}={n_th:g}$; $\Gamma_n$ = loss of the well difference inside manifold $n$, from "
        f"quantum jumps with {options['switches']:g} switches a point;",
        r"(a)-(d) correlate the order parameter with its rate of change in a manifold. (e), hatched: where "
        r"$\langle X\rangle$ of single",
        "switches last changed sign: later clicks reveal a switch, mostly below the manifold that tunnelled.",
    )
    return draw_branching(points, dense, predicted, explanation)


def _crossings(system: KerrCat, options: FigureOptions, point: int) -> CrossingManifolds:
    """A few of the same switches looked at click by click."""
    rate = time_scales(system, "jumps").rate
    problem = build_problem(jump_setup(system), duration=SWITCHING_TIMES / rate, sample_interval=1.0 / rate)
    count = max(FEWEST, round(2.0 * min(options["switches"], MOST_CROSSINGS) / SWITCHING_TIMES))
    return crossing_manifolds(problem, options.seed, count, point)


SETTINGS: Mapping[str, Setting] = {
    "kappa": Setting(0.1, "damping in units of K", 1e-4, 0.5),
    "n_th": Setting(0.1, "thermal occupation", 1e-3, 1.0),
    "eps2_min": Setting(4.0, "smallest drive in units of K", 1.5, 20.0),
    "eps2_max": Setting(9.0, "largest drive in units of K", 1.5, 20.0),
    "points": Setting(7, "drives at which trajectories are run", 2, 30, whole=True),
    "switches": Setting(6000, "expected switches at every drive; errors fall as its root", 100, 1e6),
    "lines": Setting(33, "drives at which lines are calculated", 3, 200, whole=True),
    "manifolds": Setting(5, "manifolds told apart", 1, 8, whole=True),
}

JOB = FigureJob(
    number=25,
    title="In which manifold the Kerr-cat switches, measured",
    draw=draw,
    seconds=25.0,
    settings=SETTINGS,
    sampled=True,
    source=(
        f"{MODEL}; Gamma_n = -E[Z(t-tau) <O_n>(t)]/E[Z(t-tau) <X>(t)], O_n = P_n L^dag[X] P_n, Z = <X>; exact (100)-(103), "
        "semi-analytical (80) with one downward step"
    ),
)
