"""All figures of the Kerr-cat: those of theory alone, those of theory with measured points laid over, those of trajectories.

Numbers up to 20 are those of Su, Cortiñas, Venkatraman, Puri, "Unraveling the switching dynamics in a quantum double-well
potential"; figures from 21 on are of this package.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Protocol

from wellhop.analysis.figures import (
    kerr_cat_activation,
    kerr_cat_levels,
    kerr_cat_minimum_gap,
    kerr_cat_one_rate,
    kerr_cat_projection,
    kerr_cat_quantum_heating,
    kerr_cat_regimes,
    kerr_cat_shares,
    kerr_cat_splittings,
    kerr_cat_staircase,
    kerr_cat_strong_damping,
    kerr_cat_tunnelling,
    kerr_cat_turnover,
    kerr_cat_wkb_energies,
)
from wellhop.analysis.figures.gallery import Gallery, numbered
from wellhop.analysis.figures.job import DrawnFigure, FigureJob, FigureOptions, Setting
from wellhop.analysis.figures.kerr_cat_axes import MeasuredRate
from wellhop.engine.errors import ParameterError, UnravellingError
from wellhop.engine.systems.kerr_cat import KerrCat
from wellhop.jobs import (
    figure_branching,
    figure_click_rates,
    figure_measured_steps,
    figure_measured_turnover,
    figure_unravellings,
)
from wellhop.jobs.kerr_cat_sampling import FEWEST_SWITCHES, measured_rates

#: Expected switches at every point laid over, and seconds they take at most.
SWITCHES, SECONDS = 2000, 8.0

SYSTEMS = Callable[[FigureOptions], tuple[KerrCat, ...]]


class DrawsMeasured(Protocol):
    """A drawing over which measured rates can be laid."""

    def __call__(self, options: FigureOptions, measured: Sequence[MeasuredRate] = ()) -> DrawnFigure:
        """Draw it."""


def with_trajectories(job: FigureJob, draw: DrawsMeasured, systems: SYSTEMS) -> FigureJob:
    """The same figure with rates of quantum-jump trajectories laid over, and a setting that says how many switches.

    Args:
        job: without trajectories. draw: its drawing. systems: worth measuring at given settings.
    """

    def laid_over(options: FigureOptions) -> DrawnFigure:
        switches = options["switches"]
        if switches == 0.0:
            return draw(options)
        if switches < FEWEST_SWITCHES:
            raise ParameterError(
                "switches", switches, f"0 for no trajectories, or a number >= {FEWEST_SWITCHES}"
            )
        try:
            measured = measured_rates(
                systems(options), switches=switches, seed=options.seed, progress=options.progress
            )
        except UnravellingError as error:
            raise UnravellingError(f"{error}; switches=0 draws the figure without trajectories") from error
        return draw(options, measured)

    meaning = f"expected switches at every measured point, >= {FEWEST_SWITCHES}; 0: no trajectories"
    settings = {**job.settings, "switches": Setting(SWITCHES, meaning, 0.0, 1e7)}
    return replace(job, draw=laid_over, settings=settings, sampled=True, seconds=job.seconds + SECONDS)


#: Number -> job.
GALLERY: Gallery = {
    KerrCat.name: numbered(
        kerr_cat_levels.JOB,
        with_trajectories(
            kerr_cat_staircase.JOB,
            kerr_cat_staircase.draw_kerr_cat_staircase,
            kerr_cat_staircase.measured_systems,
        ),
        kerr_cat_tunnelling.JOB,
        kerr_cat_shares.JOB,
        with_trajectories(
            kerr_cat_one_rate.JOB, kerr_cat_one_rate.draw_one_rate, kerr_cat_one_rate.measured_systems
        ),
        with_trajectories(
            kerr_cat_activation.JOB, kerr_cat_activation.draw_activation, kerr_cat_activation.measured_systems
        ),
        kerr_cat_regimes.JOB,
        with_trajectories(
            kerr_cat_strong_damping.JOB,
            kerr_cat_strong_damping.draw_strong_damping,
            kerr_cat_strong_damping.measured_systems,
        ),
        kerr_cat_turnover.JOB,
        kerr_cat_projection.JOB,
        kerr_cat_quantum_heating.JOB,
        kerr_cat_wkb_energies.JOB,
        kerr_cat_splittings.JOB,
        kerr_cat_minimum_gap.JOB,
        figure_unravellings.JOB,
        figure_click_rates.JOB,
        figure_measured_steps.JOB,
        figure_measured_turnover.JOB,
        figure_branching.JOB,
    )
}
