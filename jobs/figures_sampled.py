"""Figures of the gallery that need trajectories: run here, judged and drawn in the analysis."""

from __future__ import annotations

from wellhop.analysis.figures.gallery import Gallery, numbered
from wellhop.engine.systems.kerr_two_photon_drive import KerrTwoPhotonDrive
from wellhop.jobs import figure_arrhenius, figure_density, figure_step_bias

#: System -> number -> job.
GALLERY: Gallery = {KerrTwoPhotonDrive.name: numbered(figure_density.JOB, figure_arrhenius.JOB, figure_step_bias.JOB)}
