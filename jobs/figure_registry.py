"""All figures ``wellhop figure`` can draw: the theory gallery, and figures made of trajectories."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from wellhop.analysis.figures.gallery import FigureJob

#: Modules with a table ``GALLERY = {system: {number: FigureJob}}``; a number may appear once per system.
MODULES: Final = (
    "wellhop.analysis.figures.gallery",
    "wellhop.jobs.figures_sampled",
    "wellhop.jobs.figures_kerr_cat",
    "wellhop.jobs.figures_resonator",
    "wellhop.jobs.figures_duffing",
    "wellhop.jobs.figures_defect",
)


def figure_jobs() -> dict[str, dict[int, FigureJob]]:
    """Every figure by system and number.

    >>> sorted(figure_jobs())
    ['driven_qubit_tls', 'duffing_attractors', 'kerr_cat_staircase', 'kerr_two_photon_drive', 'two_photon_resonator']
    """
    from wellhop.analysis.figures.gallery import joined

    return joined(*(importlib.import_module(name).GALLERY for name in MODULES))
