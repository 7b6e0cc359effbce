"""The gallery: every figure that can be drawn without sampling, by system and number.

Figures that need trajectories are composed where trajectories are run and joined to this table there; both
are plain tables ``{system: {number: FigureJob}}``.
"""

from __future__ import annotations

from collections.abc import Mapping

from wellhop.analysis.figures.job import (
    DrawnFigure,
    FigureJob,
    FigureOptions,
    Progress,
    Setting,
    head_of,
    silent,
    write_drawn,
)
from wellhop.analysis.figures.two_photon_action_ratio import ACTION_RATIO
from wellhop.analysis.figures.two_photon_error import BOUNDARY_ERROR
from wellhop.analysis.figures.two_photon_paths import PATHS
from wellhop.analysis.figures.two_photon_phase import PHASE_DIAGRAM
from wellhop.analysis.figures.two_photon_spectrum import SPECTRUM
from wellhop.engine.systems.kerr_two_photon_drive import KerrTwoPhotonDrive

__all__ = [
    "GALLERY",
    "DrawnFigure",
    "FigureJob",
    "FigureOptions",
    "Gallery",
    "Progress",
    "Setting",
    "head_of",
    "joined",
    "numbered",
    "silent",
    "write_drawn",
]

Gallery = Mapping[str, Mapping[int, FigureJob]]


def numbered(*jobs: FigureJob) -> dict[int, FigureJob]:
    """Jobs by their own numbers, in that order.

    Raises:
        ValueError: two jobs have the same number.
    """
    table: dict[int, FigureJob] = {}
    for job in sorted(jobs, key=lambda job: job.number):
        if job.number in table:
            raise ValueError(f"figure {job.number} twice: {table[job.number].title!r} and {job.title!r}")
        table[job.number] = job
    return table


def joined(*galleries: Gallery) -> dict[str, dict[int, FigureJob]]:
    """Several galleries as one, figures in the order of their numbers.

    Raises:
        ValueError: two of them have the same number for the same system.

    >>> joined({"a": numbered()}, {"b": numbered()})
    {'a': {}, 'b': {}}
    """
    systems = dict.fromkeys(name for gallery in galleries for name in gallery)
    return {
        name: numbered(*(job for gallery in galleries for job in gallery.get(name, {}).values()))
        for name in systems
    }


#: System -> number -> job.
GALLERY: Gallery = {
    KerrTwoPhotonDrive.name: numbered(PHASE_DIAGRAM, BOUNDARY_ERROR, PATHS, SPECTRUM, ACTION_RATIO)
}
