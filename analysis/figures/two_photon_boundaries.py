"""Phase boundary of the two-photon-driven Kerr oscillator by four definitions, along the detuning.

Exact for U -> 0 (equal S^Q), ansatz (Eq. (11)), truncated-Wigner instantons (equal S^TWA, by root finding over
least-action paths), and exact at finite U (equal weights of vacuum and bright states).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from wellhop.analysis.figures.job import Progress
from wellhop.analysis.figures.layout import Theory
from wellhop.analysis.figures.two_photon_axes import ANSATZ, FINITE, QUANTUM, TWA
from wellhop.analysis.steady_state import equal_weight_boundary
from wellhop.analysis.twa_boundary import twa_boundary
from wellhop.analysis.two_photon_actions import ansatz_boundary, quantum_boundary
from wellhop.engine.errors import PredictionError
from wellhop.engine.systems.kerr_two_photon_drive import KerrTwoPhotonDrive

RealArray = npt.NDArray[np.float64]

#: Ladder steps up to the saddle below which the weights of the wells move in visible jumps with the detuning.
LEAST_STEPS = 5.0
#: Series of the tables, and how each is drawn.
THEORIES: dict[str, Theory] = {
    "exact U->0": QUANTUM,
    "ansatz (11)": ANSATZ,
    "TWA instantons": TWA,
    "exact U": FINITE,
}


def _finite_boundary(delta: float, U: float) -> float:
    """Equal weights at finite U.

    Raises:
        PredictionError: as :func:`~wellhop.analysis.steady_state.equal_weight_boundary`, or so few photons at the
            saddle that the two weights are no longer distinct.
    """
    eps = equal_weight_boundary(delta, U)
    if KerrTwoPhotonDrive(delta, eps, U).n_s < LEAST_STEPS * U:
        raise PredictionError(f"fewer than {LEAST_STEPS:g} photons at the saddle")
    return eps


def boundary_rows(
    detunings: RealArray,
    instanton_detunings: RealArray,
    U: float,
    progress: Progress,
    row: Callable[[str, float, float], None],
) -> list[str]:
    """Call ``row(series, delta, eps*)`` for every boundary that exists.

    Args:
        detunings: of the closed forms and the ladder. instanton_detunings: of the least-action paths.

    Returns:
        One text for each series with detunings left out.
    """
    definitions: dict[str, tuple[RealArray, Callable[[float], float]]] = {
        "exact U->0": (detunings, quantum_boundary),
        "ansatz (11)": (detunings, ansatz_boundary),
        "exact U": (detunings, lambda delta: _finite_boundary(delta, U)),
        "TWA instantons": (instanton_detunings, twa_boundary),
    }
    notes = []
    for name, (places, definition) in definitions.items():
        missing = []
        for number, delta in enumerate(places):
            progress(f"boundary ({name}) at delta = {delta:.3g}", number / len(places))
            try:
                row(name, float(delta), definition(float(delta)))
            except PredictionError:
                missing.append(f"{delta:.4g}")
        if missing:
            notes.append(f"{name}: none found, or wells not distinct, at delta = {', '.join(missing)}")
    return notes
