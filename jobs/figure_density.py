"""Figure 4 of the two-photon-driven Kerr oscillator: the density around the vacuum, sampled, against the pseudo-potential.

Langevin trajectories by the implicit midpoint rule, whose stationary covariance of a linear drift is exact at any step, looked
at every 8/γ: neighbours are correlated by exp(-8). At U = 0 the pseudo-potential is exact, at U > 0 to leading order only.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from wellhop.analysis.figures.job import DrawnFigure, FigureJob, FigureOptions, Progress, Setting, silent
from wellhop.analysis.figures.two_photon_density import draw_density
from wellhop.analysis.gaussian_density import DensityComparison, compare_density
from wellhop.analysis.two_photon_actions import linear_covariance, pseudo_potential_hessian
from wellhop.engine import langevin
from wellhop.engine.errors import ModelError, PredictionError
from wellhop.engine.langevin_wells import Cores
from wellhop.engine.oscillator import Oscillator
from wellhop.engine.records import EndState
from wellhop.engine.systems.kerr_two_photon_drive import KerrTwoPhotonDrive

#: Trajectories side by side, time between points, time before the first one (both in 1/γ), steps per 1/γ and radian.
TRAJECTORIES, INTERVAL, BURN_IN, STEPS = 64, 8.0, 16.0, 10.0
_CHUNK = 1000


def sample_vacuum(
    delta: float, eps: float, points: int, *, kerr: float = 0.0, n_thermal: float = 0.0, seed: int = 0,
    progress: Progress = silent,
) -> npt.NDArray[np.float64]:  # fmt: skip
    """(about ``points``, 2) independent stationary points q/sqrt(U) = 2 (Re α, Im α) around the vacuum, γ = 1.

    Args:
        delta, eps: in units of γ; the vacuum has to be stable. points: rounded up to a multiple of 64.
        kerr: U >= 0. n_thermal: thermal photons, for controls: 1/2 doubles the noise.
        seed: of the random streams. progress: told after every chunk.

    Raises:
        ModelError, ParameterError: as :func:`~wellhop.engine.langevin.oscillator_problem`, or a trajectory failed.
    """
    model = Oscillator(detuning=delta, kerr=kerr, drive_2=eps, kappa_1=2.0, n_thermal=n_thermal)
    dt = 1.0 / (STEPS * max(1.0, float(np.hypot(1.0, delta)), abs(eps)))
    each = -(-points // TRAJECTORIES)
    found: list[npt.NDArray[np.float64]] = []
    while each > 0:
        chunk = min(each, _CHUNK)
        problem = langevin.oscillator_problem(
            model, duration=BURN_IN + INTERVAL * (chunk - 1), sample_interval=INTERVAL, dt=dt, scheme="midpoint",
            cores=(Cores("vacuum", np.zeros((1, 2)), np.ones(1)),), observables=("re", "im"),
        )  # fmt: skip
        for record in langevin.run_many(problem, seed, range(TRAJECTORIES), point=len(found)):
            if record.state is not EndState.DONE:
                raise ModelError(f"trajectory {record.index}: {record.reason}")
            found.append(record.samples[int(BURN_IN / INTERVAL) :])
        each -= chunk
        progress("trajectories", 1.0 - each * TRAJECTORIES / points)
    return 2.0 * np.concatenate(found)


def density_comparison(options: FigureOptions) -> tuple[DensityComparison, npt.NDArray[np.float64]]:
    """Sample as the settings say, and compare; also the Hessian of the pseudo-potential.

    Raises:
        PredictionError: the vacuum is not stable.
    """
    delta, eps = options["delta"], options["eps"]
    if eps >= np.hypot(1.0, delta):
        raise PredictionError(f"density: the vacuum is unstable for eps >= {np.hypot(1.0, delta):.6g}; use a smaller eps")
    # Σ and the Hessian do not depend on U
    system = KerrTwoPhotonDrive(delta, eps, 1.0)
    points = sample_vacuum(
        delta, eps, options.count("points"), kerr=options["U"], seed=options.seed, progress=options.progress
    )
    return compare_density(points, linear_covariance(system)), pseudo_potential_hessian(system)


def draw(options: FigureOptions) -> DrawnFigure:
    """Figure 4."""
    comparison, hessian = density_comparison(options)
    U = options["U"]
    limit = "linear limit" if U == 0.0 else rf"$U={U:g}\gamma$"
    title = rf"$\delta={options['delta']:g}\gamma,\ \epsilon={options['eps']:g}\gamma$, {limit}, {comparison.n} points"
    return draw_density(comparison, hessian, title)


SETTINGS: Mapping[str, Setting] = {
    "delta": Setting(-1.0, "detuning in units of gamma", -100.0, 100.0),
    "eps": Setting(0.7, "two-photon drive in units of gamma; the vacuum has to be stable", 1e-6, 100.0),
    "U": Setting(0.0, "Kerr constant in units of gamma; 0: linear limit, where the pseudo-potential is exact", 0.0, 10.0),
    "points": Setting(500_000, "independent points", 1000, 1e8, whole=True),
}

JOB = FigureJob(
    number=4,
    title="Density around the vacuum, sampled, against the pseudo-potential",
    draw=draw,
    seconds=4.0,
    sampled=True,
    settings=SETTINGS,
    source="Sépulcre, Eq. (10); covariance of q is U Sigma with A Sigma + Sigma A^T + 2 = 0",
)
