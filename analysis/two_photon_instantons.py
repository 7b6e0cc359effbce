"""Converged instantons of the two-photon-driven oscillator as predictions: actions, orbits, the boundary of truncated Wigner.

Each action is found by one method and converged by another (:mod:`wellhop.analysis.instanton_newton`), so that it comes with an
error. The Wigner actions are exponents of Langevin trajectories; the numerical Keldysh actions repeat the closed
forms S^Q by a way that knows nothing of them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal

from wellhop.analysis.instanton import instanton, least_action_path
from wellhop.analysis.instanton_newton import newton_path
from wellhop.analysis.instanton_path import Connection, InstantonPath, oscillator_system
from wellhop.analysis.keldysh import ScaledOscillator, WeakNoiseModel
from wellhop.analysis.twa_boundary import twa_boundary_point
from wellhop.engine.errors import PredictionError
from wellhop.engine.systems.kerr_two_photon_drive import KerrTwoPhotonDrive

Well = Literal["vacuum", "bright"]
WELLS: tuple[Well, Well] = ("vacuum", "bright")
#: relative difference of two methods above which the action is not quoted as valid
LARGEST_ERROR = 1e-5


@dataclass(frozen=True)
class ConvergedInstanton:
    """An instanton, its action and how well it is known.

    Attributes:
        path: the path. action: S. error: the largest of the differences between methods and meshes.
        found_by: ``shooting`` or ``detailed balance``. converged: whether Newton's method confirmed it.
    """

    path: InstantonPath
    action: float
    error: float
    found_by: str
    converged: bool

    @property
    def note(self) -> str:
        """How it was found and how well, in words."""
        if not self.converged:
            return f"instanton by {self.found_by}, not confirmed by Newton's method, error about {self.error:.1g}"
        orbits = len(self.path.alternatives)
        others = f", {orbits} dearer orbit{'s' if orbits > 1 else ''}" if orbits else ""
        return f"instanton by {self.found_by} and Newton, error below {max(self.error, 1e-10):.0e}{others}"


def converged_instanton(system: KerrTwoPhotonDrive, model: WeakNoiseModel, well: Well) -> ConvergedInstanton:
    """The escape path out of a well, converged.

    Raises:
        PredictionError: no bistability, or no path is found.

    >>> found = converged_instanton(KerrTwoPhotonDrive(-3.0, 1.8, 0.4), "twa", "bright")
    >>> round(found.action, 7), found.error < 1e-6
    (1.8533811, True)
    """
    system.require_bistable("instanton")
    first = instanton(model, delta=system.delta, eps=system.eps, gamma=system.gamma, start=well)
    try:
        better = newton_path(_hamiltonian(system, model), first)
    except PredictionError:
        # Sharp momentum spikes defeat the collocation mesh; the first method stands alone, by the square of its distance.
        scale = max(first.distance**2, 1e-8)
        return ConvergedInstanton(first, first.total_action, scale, first.method, False)
    difference = abs(better.total_action - first.total_action)
    found_by = "reversed relaxation" if first.method in ("newton", "detailed balance") else first.method
    if difference > LARGEST_ERROR * better.total_action:
        return ConvergedInstanton(first, first.total_action, difference, found_by, False)
    return ConvergedInstanton(
        better, better.total_action, max(difference, better.error or 0.0), found_by, True
    )


def _hamiltonian(system: KerrTwoPhotonDrive, model: WeakNoiseModel) -> Any:
    unit = replace(system, U=system.gamma)
    return oscillator_system(ScaledOscillator.from_oscillator(unit.oscillator(), model))


def orbits_to_every_saddle(system: KerrTwoPhotonDrive, well: Well) -> list[Connection]:
    """Truncated-Wigner connections from one well to each of the two saddles taken alone, by increasing action.

    Raises:
        PredictionError: no bistability.
    """
    system.require_bistable("instanton")
    scaled = ScaledOscillator.from_oscillator(replace(system, U=system.gamma).oscillator(), "twa")
    attractors, saddles = scaled.fixed_points()
    start = attractors[1] if well == "vacuum" else attractors[-1]
    found: list[Connection] = []
    for saddle in saddles:
        try:
            path = least_action_path(oscillator_system(scaled), start, [saddle])
        except PredictionError:
            continue
        x, y = path.saddle
        found.append(
            Connection(path.total_action, (float(x), float(y)), 0.0, path.distance, float(path.times[-1]))
        )
        found += path.alternatives
    return sorted(found, key=lambda one: one.action)


def instanton_details(system: KerrTwoPhotonDrive) -> dict[str, Any]:
    """Both Wigner instantons with all orbits found, as plain values.

    >>> found = instanton_details(KerrTwoPhotonDrive(-3.0, 1.8, 0.4))
    >>> [round(found[well]["action"], 4) for well in ("vacuum", "bright")]
    [0.786, 1.8534]
    """
    out: dict[str, Any] = {}
    for well in WELLS:
        try:
            found = converged_instanton(system, "twa", well)
        except PredictionError:
            # the predictions say why
            out[well] = None
            continue
        out[well] = {
            "action": found.action,
            "error": found.error,
            "found_by": found.found_by,
            "saddle": [float(x) for x in found.path.saddle],
            "duration": float(found.path.times[-1]),
            "near_misses_discarded": len(found.path.discarded),
            "orbits": [
                {"action": one.action, "saddle": list(one.saddle), "distance": one.distance}
                for one in orbits_to_every_saddle(system, well)
            ],
        }
    return out


def boundary_prediction(system: KerrTwoPhotonDrive) -> tuple[float, bool, str, float | None]:
    """The boundary of truncated Wigner at this detuning as a prediction."""
    found = twa_boundary_point(system.delta, system.gamma)
    return (
        found.drive,
        True,
        f"equal instanton actions, S = {found.action:.6g}",
        max(found.error / found.drive, 1e-9),
    )
