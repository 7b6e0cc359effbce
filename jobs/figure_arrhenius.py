"""Figure 5 of the two-photon-driven Kerr oscillator: rates against 1/U from quantum jumps, Liouvillian, Langevin, operator TWA."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from wellhop.analysis.arrhenius import fit_action
from wellhop.analysis.directed_rates import DirectedRates, Generator, directed_rates
from wellhop.analysis.figures.job import DrawnFigure, FigureJob, FigureOptions, Setting
from wellhop.analysis.figures.two_photon_arrhenius import ArrheniusCurve, ArrheniusPoint, draw_arrhenius
from wellhop.analysis.instanton import instanton
from wellhop.analysis.two_photon_actions import WellActions, ansatz_actions, quantum_actions
from wellhop.engine.errors import StatisticsError
from wellhop.engine.systems.kerr_two_photon_drive import KerrTwoPhotonDrive
from wellhop.jobs.two_photon_sampling import SampledRates, jump_rates, langevin_rates

#: Points of the curves of either generator.
CURVE_POINTS = 10
NAMES = ("k_v", "k_b")
#: The well each rate leaves.
WELLS = {"k_v": "vacuum", "k_b": "bright"}
#: Measured families: (streams begin at this point number, which generator they follow).
_POINTS = {"exact": 0, "twa": 100}


def sample_points(
    system: KerrTwoPhotonDrive, family: Generator, inverse: np.ndarray, options: FigureOptions
) -> list[SampledRates]:
    """Measured rates at each 1/U: quantum jumps for ``exact``, Langevin for ``twa``.

    The simulated time at each point is that of ``switches`` expected switches in each direction.
    """
    measure = jump_rates if family == "exact" else langevin_rates
    found = []
    for k, x in enumerate(inverse):
        point = replace(system, U=1.0 / float(x))
        reference = directed_rates(point, family)
        time = options["switches"] * reference.lam_e / (reference.k_v * reference.k_b)
        name = f"{'quantum jumps' if family == 'exact' else 'Langevin'}, U = {point.U:.3g}"
        found.append(
            measure(point, reference, time=time, seed=options.seed, point=_POINTS[family] + k, watch=_share(options, name))
        )
    return found


def _share(options: FigureOptions, name: str) -> Callable[[float], None]:
    return lambda share: options.progress(name, share)


def as_point(sampled: SampledRates) -> ArrheniusPoint:
    """A measured point as it is drawn."""
    expected = {name: float(getattr(sampled.reference, name)) for name in NAMES}
    return ArrheniusPoint(1.0 / sampled.system.U, sampled.rates, expected)


def exponent_note(sampled: Sequence[SampledRates], name: str, action: float) -> str:
    """Exponent for U -> 0 from the measured rates, beside the action it should be."""
    head = f"{name} of {sampled[0].engine}, action {action:.5g}: "
    try:
        fit = fit_action([s.system.U for s in sampled], [s.rates[name] for s in sampled])
    except StatisticsError as error:
        return head + str(error)
    return f"{head}fitted {fit.action:.4g} [{fit.lower:.4g}, {fit.upper:.4g}] at {100 * fit.level:g} %, {fit.model.name}"


def curve(system: KerrTwoPhotonDrive, family: Generator, inverse: np.ndarray, options: FigureOptions) -> ArrheniusCurve:
    """Rates of a generator at each 1/U."""
    found: list[DirectedRates] = []
    for k, x in enumerate(inverse):
        found.append(directed_rates(replace(system, U=1.0 / float(x)), family))
        options.progress(f"{family} generator", (k + 1) / len(inverse))
    return ArrheniusCurve(inverse, {name: np.array([getattr(r, name) for r in found]) for name in NAMES})


def all_actions(delta: float, eps: float) -> dict[str, WellActions]:
    """S of both dynamics and of the ansatz, γ = 1."""
    system = KerrTwoPhotonDrive(delta, eps, 1.0)
    twa = [instanton("twa", delta=delta, eps=eps, start=start).total_action for start in ("vacuum", "bright")]
    return {"exact": quantum_actions(system), "twa": WellActions(*twa), "ansatz": ansatz_actions(system)}


def draw(options: FigureOptions) -> DrawnFigure:
    """Figure 5."""
    delta, eps = options["delta"], options["eps"]
    system = KerrTwoPhotonDrive(delta, eps, 1.0)
    system.require_bistable("Arrhenius plot")
    count = options.count("points")
    ranges: dict[Generator, np.ndarray] = {
        "exact": np.linspace(options["jumps_first"], options["jumps_last"], count),
        "twa": np.linspace(options["langevin_first"], options["langevin_last"], count),
    }
    ends = [ranges["exact"][0], ranges["exact"][-1], ranges["twa"][0], ranges["twa"][-1]]
    grid = np.linspace(min(ends), max(1.15 * max(ends), min(ends) + 0.1), CURVE_POINTS)
    actions = all_actions(delta, eps)
    curves: dict[str, ArrheniusCurve] = {family: curve(system, family, grid, options) for family in ranges}
    sampled = {family: sample_points(system, family, inverse, options) for family, inverse in ranges.items()}
    points: dict[str, list[ArrheniusPoint]] = {family: [as_point(s) for s in found] for family, found in sampled.items()}
    notes = [
        f"{s.engine}: U = {s.system.U:.4g}, {s.trajectories} trajectories, total time {s.time:.4g}/gamma, {s.cpu_seconds:.1f} CPU s"
        for found in sampled.values()
        for s in found
    ]
    notes += [exponent_note(s, name, getattr(actions[f], start)) for f, s in sampled.items() for name, start in WELLS.items()]
    title = rf"$\delta={delta:g}\gamma,\ \epsilon={eps:g}\gamma$"
    return draw_arrhenius(curves, points, actions, title, notes)


SETTINGS: Mapping[str, Setting] = {
    "delta": Setting(-10.0, "detuning in units of gamma", -50.0, 0.0),
    "eps": Setting(3.2, "two-photon drive in units of gamma; bistable range only", 1.0, 50.0),
    "points": Setting(5, "measured points of either kind", 2, 40, whole=True),
    "jumps_first": Setting(0.7, "first gamma/U of the quantum jumps", 0.1, 100.0),
    "jumps_last": Setting(1.1, "last gamma/U of the quantum jumps", 0.1, 100.0),
    "langevin_first": Setting(0.95, "first gamma/U of the Langevin trajectories", 0.1, 100.0),
    "langevin_last": Setting(1.75, "last gamma/U of the Langevin trajectories", 0.1, 100.0),
    "switches": Setting(400, "expected switches in each direction at every point; the time grows with it", 20, 1e6),
}

JOB = FigureJob(
    number=5,
    title="Arrhenius plot: quantum jumps, Liouvillian, Langevin, operator TWA against S^Q, S^TWA and the ansatz",
    draw=draw,
    seconds=65.0,
    settings=SETTINGS,
    sampled=True,
    source="k_v, k_b of the slow even mode and its left eigenvector; S^Q in closed form, S^TWA by shooting, ansatz of Eq. (11)",
)
