"""Figures of the gallery that need trajectories: run here, judged and drawn in the analysis."""

from __future__ import annotations

from wellhop.analysis.figures.gallery import Gallery, numbered
from wellhop.engine.systems.kerr_two_photon_drive import KerrTwoPhotonDrive
from wellhop.jobs import figure_density

#: System -> number -> job.
GALLERY: Gallery = {KerrTwoPhotonDrive.name: numbered(figure_density.JOB)}
