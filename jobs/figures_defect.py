"""All figures of the driven qubit with a defect: closed forms, and both engines held against them.

Numbers 2 to 7 are those of Wang, You, Ian, on the decoherence of a driven superconducting qubit coupled to a coherent
two-level system (number 1 is their Fig. 2(e), number 2 their Fig. 2(a)-(d)); 8 to 10 are of this package.
"""

from __future__ import annotations

from wellhop.analysis.figures import (
    defect_husimi,
    defect_phase_map,
    defect_poincare,
    defect_reduction,
    defect_truncation,
)
from wellhop.analysis.figures.gallery import Gallery, numbered
from wellhop.engine.systems.driven_qubit_tls import DrivenQubitTLS
from wellhop.jobs import figure_defect_calibration, figure_defect_own, figure_defect_relaxation

#: System -> number -> job.
GALLERY: Gallery = {
    DrivenQubitTLS.name: numbered(
        defect_phase_map.JOB,
        figure_defect_relaxation.FIG_2,
        defect_husimi.RING,
        defect_poincare.JOB,
        figure_defect_relaxation.FIG_5,
        defect_husimi.COHERENT,
        defect_truncation.JOB,
        defect_reduction.JOB,
        figure_defect_calibration.JOB,
        figure_defect_own.JOB,
    )
}
