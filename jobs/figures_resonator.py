"""All figures of the two-photon resonator: those of theory alone, that of theory with measured points, those of trajectories.

Numbers up to 4 are those of Mylnikov, Potashin, Kamenev, "Qubit decoherence in dissipative two-photon resonator: real-time
instantons and Wigner function"; figures from 5 on are of this package.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Protocol

from wellhop.analysis.figures import (
    resonator_paths,
    resonator_potential,
    resonator_prefactors,
    resonator_rates,
    resonator_wigner,
)
from wellhop.analysis.figures.gallery import Gallery, numbered
from wellhop.analysis.figures.job import DrawnFigure, FigureJob, FigureOptions, Setting
from wellhop.analysis.figures.resonator_measured import MeasuredCoherence, MeasuredTelegraph
from wellhop.analysis.resonator_action import escape_action
from wellhop.analysis.resonator_modes import slow_modes
from wellhop.engine.errors import UnravellingError
from wellhop.engine.systems.two_photon_resonator import TwoPhotonResonator
from wellhop.jobs import figure_one_photon_loss, figure_resonator_coherence, figure_resonator_phase_space
from wellhop.jobs.resonator_sampling import coherence_rates, expected_time, telegraph_rates

Measured = MeasuredCoherence | MeasuredTelegraph
Systems = Callable[[FigureOptions], tuple[TwoPhotonResonator, ...]]
#: Expected switches at every point laid over, and seconds they take.
SWITCHES, SECONDS = 400, 9.0
#: κ₁|α₀|²/Ω of a telegraph point: far beyond the exceptional point, where Γ_z comes close to Γ.
FLIPS = 20.0
#: Least S of a telegraph point: so much loss would wear away shallower wells.
DEEP = 4.0


class DrawsMeasured(Protocol):
    """A drawing over which measured rates can be laid."""

    def __call__(self, options: FigureOptions, measured: Sequence[Measured] = ()) -> DrawnFigure:
        """Draw it."""


def measured_points(
    systems: Sequence[TwoPhotonResonator], switches: float, options: FigureOptions
) -> list[Measured]:
    """Γ and Ω of every system, and Γ_z with some one-photon loss at the deepest wells of every drive, S >= 4.

    Args:
        systems: without one-photon loss, Δ ≠ 0. switches: expected of every telegraph; the coherence gets as many times 2/|λ|.
        options: seed, and whom to tell.

    Raises:
        UnravellingError: a system without a slow rate.
    """
    found: list[Measured] = []
    for k, system in enumerate(systems):
        told = partial(options.progress, f"quantum jumps, G = {system.G:g}, Delta = {system.Delta:g}")
        found.append(
            coherence_rates(
                system, time=expected_time(system, switches), seed=options.seed, point=k, watch=told
            )
        )
    for k, G in enumerate(dict.fromkeys(system.G for system in systems)):
        deepest = max((s for s in systems if s.G == G), key=escape_action)
        if escape_action(deepest) < DEEP:
            continue
        rate = complex(slow_modes(deepest).values[0])
        lossy = replace(deepest, kappa_1=float(f"{FLIPS * abs(rate.imag) / abs(deepest.alpha0) ** 2:.2g}"))
        told = partial(options.progress, f"quantum jumps, G = {G:g}, kappa_1 = {lossy.kappa_1:g}")
        time = expected_time(lossy, switches)
        found.append(telegraph_rates(lossy, time=time, seed=options.seed, point=len(systems) + k, watch=told))
    return found


def with_trajectories(job: FigureJob, draw: DrawsMeasured, systems: Systems) -> FigureJob:
    """The same figure with rates of quantum-jump trajectories laid over, and a setting that says how many switches.

    Args:
        job: without trajectories. draw: its drawing. systems: worth measuring at given settings.
    """

    def laid_over(options: FigureOptions) -> DrawnFigure:
        switches = options["switches"]
        if switches == 0.0:
            return draw(options)
        try:
            measured = measured_points(systems(options), switches, options)
        except UnravellingError as error:
            raise UnravellingError(f"{error}; switches=0 draws the figure without trajectories") from error
        return draw(options, measured)

    meaning = "expected switches at every measured point; 0: no trajectories"
    settings = {**job.settings, "switches": Setting(SWITCHES, meaning, 0.0, 1e7)}
    return replace(job, draw=laid_over, settings=settings, sampled=True, seconds=job.seconds + SECONDS)


#: System -> number -> job.
GALLERY: Gallery = {
    TwoPhotonResonator.name: numbered(
        resonator_wigner.WIGNER,
        resonator_potential.POTENTIAL_MAP,
        resonator_paths.JOB,
        with_trajectories(
            resonator_rates.JOB, resonator_rates.draw_resonator_rates, resonator_rates.measured_systems
        ),
        resonator_prefactors.JOB,
        figure_one_photon_loss.JOB,
        figure_resonator_coherence.JOB,
        figure_resonator_phase_space.JOB,
    )
}
