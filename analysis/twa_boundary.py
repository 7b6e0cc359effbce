"""Actions of the truncated Wigner equation of the two-photon-driven oscillator, and its phase boundary.

S^TWA has no closed form; it is that of the numerical instantons (:mod:`wellhop.analysis.instanton`), converged by Newton's
method. For U -> 0 truncated-Wigner trajectories spend equal times in the vacuum and in the bright states at the drive where
S_vac^TWA = S_bright^TWA. That drive lies up to 10 % below the one of the quantum model.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.integrate import trapezoid

from wellhop.analysis.instanton import instanton
from wellhop.analysis.instanton_newton import newton_path
from wellhop.analysis.instanton_path import HamiltonianSystem, InstantonPath, oscillator_system
from wellhop.analysis.keldysh import ScaledOscillator, two_photon_oscillator
from wellhop.analysis.two_photon_actions import bistable_point, quantum_boundary
from wellhop.engine.errors import PredictionError

Well = Literal["vacuum", "bright"]
WELLS: tuple[Well, Well] = ("vacuum", "bright")
#: difference of the actions, relative to them, at which the drive has converged
_BALANCED = 1e-9
_STEPS = 12
#: |Δ|/γ, and (ε - γ) of a start next to the root as a share of that of the quantum boundary
_START = (
    (0.5, 1.0, 1.5, 2.0, 3.0, 5.0, 7.0, 10.0, 15.0, 20.0),
    (1.0, 0.995, 0.984, 0.97, 0.944, 0.914, 0.899, 0.889, 0.882, 0.879),
)


@dataclass(frozen=True)
class BoundaryPoint:
    """Where both actions agree.

    Attributes:
        drive: ε*. error: bound on its numerical error, from those of the actions.
        action: S of either well there. paths: the two instantons, (vacuum, bright).
    """

    drive: float
    error: float
    action: float
    paths: tuple[InstantonPath, InstantonPath]

    def __str__(self) -> str:
        """One line."""
        return f"eps* = {self.drive:.10g} +- {self.error:.1g}, S = {self.action:.8g}"


def twa_boundary(delta: float, gamma: float = 1.0) -> float:
    """Drive ε at which the truncated Wigner equation weighs vacuum and bright states the same for U -> 0.

    Raises:
        PredictionError: delta >= 0, no bistability, or a path is not found. ParameterError: not finite numbers.

    >>> round(twa_boundary(-3.0), 6)
    1.544836
    """
    return twa_boundary_point(delta, gamma).drive


def twa_boundary_point(delta: float, gamma: float = 1.0) -> BoundaryPoint:
    """The boundary with its error, the action and both paths there; about a second at ``delta`` = -10 γ.

    Both instantons are found near the boundary, and followed in ε by Newton's method to the root.

    Raises:
        PredictionError, ParameterError: as :func:`twa_boundary`.

    >>> print(twa_boundary_point(-3.0))  # doctest: +ELLIPSIS
    eps* = 1.54483... +- ..., S = 1.1737...
    """
    middle = bistable_point(delta, gamma)
    low, high = middle.gamma, middle.critical_drive
    share = float(np.interp(np.log(abs(delta) / gamma), np.log(_START[0]), _START[1]))
    drive = low + share * (quantum_boundary(delta, gamma) - low)
    points = max(2001, int(200.0 * abs(delta) / gamma))

    def from_scratch(eps: float, well: Well) -> InstantonPath:
        return instanton("twa", delta=delta, eps=eps, gamma=gamma, start=well, points=points)

    paths = [from_scratch(drive, well) for well in WELLS]

    def system_at(eps: float) -> HamiltonianSystem:
        return oscillator_system(
            ScaledOscillator.from_oscillator(two_photon_oscillator(delta=delta, eps=eps, gamma=gamma), "twa")
        )

    def path_at(eps: float, well: Well, near: InstantonPath) -> InstantonPath:
        """From the path before if it is near enough, else from scratch."""
        try:
            return newton_path(system_at(eps), near, quick=True)
        except PredictionError:
            return from_scratch(eps, well)

    for _ in range(_STEPS):
        difference = paths[0].total_action - paths[1].total_action
        slope = _slope(paths[0]) - _slope(paths[1])
        if abs(difference) <= _BALANCED * paths[0].total_action:
            break
        before, drive = drive, drive - difference / slope
        if not low < drive < high:
            drive = 0.5 * (before + (low if drive <= low else high))
        paths = [path_at(drive, well, path) for well, path in zip(WELLS, paths, strict=True)]
    else:
        raise PredictionError(
            f"phase boundary: the truncated-Wigner actions do not balance at delta = {delta:g}"
        )
    vacuum, bright = (newton_path(system_at(drive), path) for path in paths)
    uncertain = sum(path.error or 0.0 for path in (vacuum, bright)) + abs(
        vacuum.total_action - bright.total_action
    )
    action = 0.5 * (vacuum.total_action + bright.total_action)
    return BoundaryPoint(drive, uncertain / abs(slope), action, (vacuum, bright))


def _slope(path: InstantonPath) -> float:
    """dS/dε = -∫ ∂H/∂ε dt = ∫ p.Mq dt; the path itself is stationary and adds nothing."""
    along = path.p[:, 0] * path.q[:, 1] + path.p[:, 1] * path.q[:, 0]
    return float(trapezoid(along, path.times))
