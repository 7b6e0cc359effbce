"""Predictions between the measured points: dense curves and critical drives for the staircase, and the size
of the space.

Measured points sit on a coarse grid; a staircase shows its steps only on a fine one. Each family of points
(same damping, same temperature) gets its own curves along the swept parameter.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from wellhop.analysis.liouvillian import decay_rate
from wellhop.analysis.prediction import check_methods, methods_of, predict
from wellhop.analysis.result import (
    DIMENSIONLESS,
    CampaignResult,
    CriticalDrive,
    Family,
    PointResult,
    PredictionCurve,
    TruncationCheck,
)
from wellhop.analysis.staircase import critical_drive
from wellhop.engine.errors import PredictionError, SpectrumError
from wellhop.engine.fock import parity_signs
from wellhop.engine.systems import build
from wellhop.engine.systems.kerr_cat import KerrCat


def with_curves(
    result: CampaignResult, methods: Sequence[str] = ("liouvillian", "semi_analytical"), count: int = 61
) -> CampaignResult:
    """The same campaign with dense prediction curves and critical drives for every family.

    Args:
        result: its ``system`` names a built-in system; otherwise it comes back unchanged.
        methods: predictions to draw. count: values of the swept parameter per curve.

    Returns:
        A new result; a campaign with fewer than two values of the swept parameter comes back without curves.

    Raises:
        PredictionError: an unknown method.
    """
    names = check_methods(methods)
    curves: list[PredictionCurve] = []
    marks: list[CriticalDrive] = []
    for family in result.families():
        points = [point for point in result.points if result.family_of(point) == family]
        grid = _grid(result, points, count)
        if len(grid) < 2 or not isinstance(_system(result, points[0]), KerrCat):
            continue
        curves.extend(_family_curves(result, points[0], family, grid, names))
        marks.extend(_critical_drives(result, points[0], family, grid))
    return replace(result, curves=tuple(curves), critical_drives=tuple(marks))


def truncation_checks(
    system: KerrCat, manifolds: int | None = None, reference: float | None = None
) -> tuple[TruncationCheck, ...]:
    """The exact rate with 16 more Fock states, and in the reduced model that trajectories run in.

    Args:
        system: the system. manifolds: number kept in the reduced model (default: the system's own).
        reference: the exact rate at the default cut-off, where it is known already.

    Example:
        >>> for check in truncation_checks(KerrCat(eps2=4.0, kappa=0.1, n_th=0.02)):
        ...     print(check.label, abs(check.relative_difference) < 1e-4)
        Fock cut-off 74 True
        16 manifolds True
    """
    cutoff, kept = system.default_cutoff(), system.default_manifolds() if manifolds is None else manifolds
    if reference is None:
        reference = decay_rate(system.lindblad(cutoff), parity_signs=parity_signs(cutoff)).value
    more = cutoff + 16
    # two modes are enough for a check of the first
    larger = decay_rate(system.lindblad(more), parity_signs=parity_signs(more), count=2).value
    return (
        TruncationCheck(f"Fock cut-off {more}", "cutoff", more, larger, reference),
        TruncationCheck(f"{kept} manifolds", "manifolds", kept, reduced_rate(system, kept), reference),
    )


def reduced_rate(system: KerrCat, manifolds: int | None = None) -> float:
    """Γ of the model projected on its highest manifolds: some 1e-10 off the full one, ten times faster.

    Example:
        >>> print(f"{reduced_rate(KerrCat(eps2=4.0, kappa=0.025, n_th=0.05)):.9e}")
        1.247842804e-03
    """
    kept = system.default_manifolds() if manifolds is None else manifolds
    model = system.reduced_model(kept, max(system.default_cutoff(), 2 * kept + 20))
    return decay_rate(model, parity_signs=np.repeat([1.0, -1.0], kept)).value


def _grid(result: CampaignResult, points: Sequence[PointResult], count: int) -> np.ndarray:
    """Values of the swept parameter, in the unit of the figure; the measured ones are among the ends."""
    values = [result.parameter(point, result.sweep_parameter) for point in points]
    return np.linspace(min(values), max(values), count) if len(set(values)) > 1 else np.empty(0)


def _system(result: CampaignResult, point: PointResult, **changed: float) -> object:
    return build(result.system, {**point.parameters, **changed})


def _family_curves(
    result: CampaignResult, point: PointResult, family: Family, grid: np.ndarray, names: Sequence[str]
) -> list[PredictionCurve]:
    scale = result.scale(point)
    values: dict[str, list[float]] = {name: [] for name in names}
    for sweep in grid:
        raw = float(sweep) * (1.0 if result.sweep_parameter in DIMENSIONLESS else scale)
        system = _system(result, point, **{result.sweep_parameter: raw})
        assert isinstance(system, KerrCat)
        for name in names:
            values[name].append(_value(system, name) / scale)
    return [
        PredictionCurve(name, methods_of(result.system)[name].label, family, grid, np.array(values[name])) for name in names
    ]


def _value(system: KerrCat, name: str) -> float:
    """A prediction, ``nan`` where it does not exist or is only round-off."""
    try:
        if name == "liouvillian":
            return max(reduced_rate(system), 0.0) or float("nan")
        prediction = predict(system, [name])[0]
    except (PredictionError, SpectrumError):
        return float("nan")
    return prediction.value if prediction.value > 0 else float("nan")


def _critical_drives(
    result: CampaignResult, point: PointResult, family: Family, grid: np.ndarray
) -> list[CriticalDrive]:
    """Every step within the sweep; only a sweep of the drive has any."""
    system = _system(result, point)
    if result.sweep_parameter != "eps2" or not isinstance(system, KerrCat):
        return []
    marks = []
    for manifold in range(1, 100):
        try:
            drive = critical_drive(manifold, system.kappa, system.n_th, system.K) / result.scale(point)
        except PredictionError:
            break
        if drive > grid[-1]:
            break
        if drive >= grid[0]:
            marks.append(CriticalDrive(family, manifold, drive))
    return marks
