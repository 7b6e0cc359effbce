"""Calibration of every engine on the driven qubit with a defect, drawn: pulls, and distributions of Q."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial

from wellhop.analysis.figures.defect_calibration import ShownDistribution, draw_calibration
from wellhop.analysis.figures.job import DrawnFigure, FigureJob, FigureOptions, Setting
from wellhop.engine.defect_langevin import sample_langevin
from wellhop.engine.systems.driven_qubit_tls import DrivenQubitTLS
from wellhop.jobs.defect_sampling import TEMPERATURES, calibrate, looked_at

#: Distributions shown: start, temperature in mK, which of the five times.
SHOWN = (("fock_1", 10.0, 0), ("fock_1", 150.0, 1), ("coherent", 10.0, 1), ("coherent", 150.0, 3))


def draw(options: FigureOptions) -> DrawnFigure:
    """The calibration at both temperatures.

    Raises:
        CutoffError: a drive so strong that the full model does not fit into its Fock space.
    """
    system = DrivenQubitTLS(options["Delta_d"], options["Omega"])
    found = calibrate(
        system,
        langevin=options.count("langevin"),
        jumps=options.count("jumps"),
        full=options.count("full"),
        cutoff=options.count("cutoff"),
        seed=options.seed,
        watch=partial(options.progress, "trajectories"),
    )
    shown = []
    for k, (start, temperature, look) in enumerate(SHOWN):
        here = replace(system, T=temperature)
        # streams of their own, after those of the calibration
        point = 8 * len(TEMPERATURES) + k
        samples = sample_langevin(
            here, looked_at(), options.count("langevin"), start=start, seed=options.seed, point=point
        )
        shown.append(ShownDistribution(samples, look))
    return draw_calibration(found, shown)


SETTINGS: Mapping[str, Setting] = {
    "Delta_d": Setting(-0.37, "detuning from the drive over 2 pi, MHz", -5.0, 5.0),
    "Omega": Setting(0.1, "drive over 2 pi, MHz", 0.0, 0.3),
    "langevin": Setting(40000, "Langevin trajectories of each ensemble", 100, 1e7, whole=True),
    "jumps": Setting(1500, "jump trajectories of each ensemble of the reduced model", 100, 1e6, whole=True),
    "full": Setting(1000, "jump trajectories of the full model", 100, 1e6, whole=True),
    "cutoff": Setting(14, "Fock states of the full model", 8, 60, whole=True),
}

JOB = FigureJob(
    number=9,
    title="Calibration: Langevin and jump engines against closed forms at 10 and 150 mK",
    draw=draw,
    seconds=12.0,
    settings=SETTINGS,
    sampled=True,
    source=f"Eqs. (9), (10), (E1), full model: Lindblad equation of Fock space times defect; {DrivenQubitTLS.reference}",
)
