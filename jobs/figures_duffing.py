"""All figures of the Duffing oscillator: those of theory alone, those of trajectories near an attractor, those of switching.

Numbers 2 to 8 are those of Feng, Guo, "Quantum dissipative dynamics of a driven Duffing oscillator near attractors"; figures
from 9 on are of this package.
"""

from __future__ import annotations

from wellhop.analysis.figures import duffing_levels, duffing_populations
from wellhop.analysis.figures.gallery import Gallery, numbered
from wellhop.engine.systems.duffing_attractors import DuffingAttractors
from wellhop.jobs import figure_duffing_emission, figure_duffing_rates, figure_duffing_temperature

#: System -> number -> job.
GALLERY: Gallery = {
    DuffingAttractors.name: numbered(
        duffing_levels.LEVEL_SPACINGS,
        duffing_levels.DISPLACEMENT,
        duffing_populations.POPULATIONS,
        figure_duffing_temperature.BATH,
        duffing_populations.EFFECTIVE_OCCUPATION,
        figure_duffing_emission.JOB,
        figure_duffing_temperature.DEPHASING,
        *figure_duffing_rates.JOBS,
    )
}
