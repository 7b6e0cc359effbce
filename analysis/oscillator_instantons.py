"""Escape paths of any member of the oscillator family: one- and two-photon drives, thermal photons, either sign of U.

For truncated Wigner the connection of least action is the instanton. For full Keldysh it is not: H is not convex in p, and
spurious connections of any action, even negative, abound where the bath is warm. There the physical path is the one that
continues the reversed relaxation of the cold oscillator (:mod:`wellhop.analysis.quantum_balance`) in the temperature.
Closed-form quantum actions hold for a cold bath only.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from wellhop.analysis.instanton import least_action_path
from wellhop.analysis.instanton_newton import followed_path, newton_path
from wellhop.analysis.instanton_path import InstantonPath, oscillator_system
from wellhop.analysis.keldysh import ScaledOscillator, WeakNoiseModel
from wellhop.analysis.quantum_balance import balanced_path
from wellhop.engine.errors import PredictionError
from wellhop.engine.oscillator import Oscillator


def oscillator_instanton(
    oscillator: Oscillator, model: WeakNoiseModel, attractor: npt.ArrayLike
) -> InstantonPath:
    """Escape path out of one well of an oscillator with linear loss; rates behave as exp(-S/|kerr|).

    Args:
        oscillator: kerr != 0, kappa_1 > 0, no two-photon loss, no dephasing. Scaled by its own kerr: for the exponent as U -> 0
            drive_1 grows as 1/sqrt(|kerr|).
        model: ``"twa"`` or ``"keldysh"``.
        attractor: (2,) q = 2 sqrt(|kerr|/γ) (Re α, Im α) near the well, γ = kappa_1/2.

    Returns:
        The path, converged by Newton's method where ``method`` is "newton".

    Raises:
        ParameterError: outside the family. PredictionError: no saddle, or no path is found.

    Example: bistability of the Duffing oscillator, driven by one photon.

    >>> duffing = Oscillator(detuning=-3.0, kerr=1.0, drive_1=2.0, kappa_1=2.0)
    >>> round(oscillator_instanton(duffing, "keldysh", (1.4, -0.6)).total_action, 6)
    0.453198
    """
    scaled = ScaledOscillator.from_oscillator(oscillator, model)
    attractors, saddles = scaled.fixed_points()
    if len(attractors) == 0 or len(saddles) == 0:
        raise PredictionError("instanton: no saddle or no stable state at these parameters, hence no escape")
    well = attractors[np.argmin(np.linalg.norm(attractors - np.asarray(attractor, dtype=np.float64), axis=1))]
    system = oscillator_system(scaled)
    if model == "twa":
        return newton_path(system, least_action_path(system, well, saddles))
    cold = replace(scaled, diffusion=1.0)
    path = balanced_path(cold, well, saddles)
    if scaled.diffusion == 1.0:
        return path
    return followed_path(
        path, lambda d: oscillator_system(replace(scaled, diffusion=d)), 1.0, scaled.diffusion
    )
