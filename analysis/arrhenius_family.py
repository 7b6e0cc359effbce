"""Points of a campaign that differ in U alone: their rates against 1/U, and the exponents these give."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from wellhop.analysis.arrhenius import ArrheniusFit, fit_action
from wellhop.analysis.directed_table import SUFFIX
from wellhop.analysis.estimate import RateEstimate
from wellhop.analysis.instanton import instanton
from wellhop.analysis.result import CampaignResult, Family, PointResult
from wellhop.analysis.two_photon_actions import WellActions, ansatz_actions, quantum_actions
from wellhop.engine.errors import ParameterError, PredictionError, StatisticsError, WellhopError
from wellhop.engine.systems.kerr_two_photon_drive import KerrTwoPhotonDrive

#: The parameter that noise strength grows with, the rates it is drawn for, and the well that each starts from.
NOISE = "U"
STARTS: Mapping[str, str] = {"k_v": "vacuum", "k_b": "bright"}
#: Arms and the family of predictions (and actions) that each follows.
FOLLOWS = {"jumps": "exact", "langevin": "twa"}


@dataclass(frozen=True)
class ArrheniusFamily:
    """Points with the same parameters but U.

    Attributes:
        family: the parameters in common, as drawn. points: with rates, in the order of 1/U.
        actions: S by kind ``exact``, ``twa``, ``ansatz``, in the unit of U; those that could be computed.
        fits: (arm, rate name) -> exponent of the measured rates; those with enough points.
        generator_fits: (``exact`` or ``twa``, rate name) -> exponent of the predicted rates at the same U.
        missing: sentences on what could not be computed.
    """

    family: Family
    points: tuple[PointResult, ...]
    actions: Mapping[str, WellActions]
    fits: Mapping[tuple[str, str], ArrheniusFit]
    generator_fits: Mapping[tuple[str, str], ArrheniusFit]
    missing: tuple[str, ...] = ()


def arrhenius_families(result: CampaignResult) -> tuple[ArrheniusFamily, ...]:
    """Every set of two or more points with three wells that differ in U alone.

    Args:
        result: with measured points of the two-photon-driven Kerr oscillator; others give none.
    """
    groups: dict[Family, list[PointResult]] = {}
    for point in result.points:
        if point.directed and NOISE in point.parameters:
            key = tuple(
                (n, result.parameter(point, n)) for n in point.parameters if n not in (NOISE, result.unit)
            )
            groups.setdefault(key, []).append(point)
    out = []
    for key, members in groups.items():
        points = sorted(members, key=lambda p: -result.parameter(p, NOISE))
        if len({result.parameter(p, NOISE) for p in points}) > 1:
            out.append(_family(result, key, points))
    return tuple(out)


def _family(result: CampaignResult, key: Family, points: list[PointResult]) -> ArrheniusFamily:
    fits: dict[tuple[str, str], ArrheniusFit] = {}
    generators: dict[tuple[str, str], ArrheniusFit] = {}
    missing: list[str] = []
    for arm, kind in FOLLOWS.items():
        for name in STARTS:
            measured = [(p, p.directed[arm].rates[name]) for p in points if arm in p.directed]
            where = [result.parameter(p, NOISE) for p, _ in measured]
            try:
                fits[arm, name] = fit_action(where, [_in_unit(result, p, rate) for p, rate in measured])
            except StatisticsError as error:
                if measured:
                    missing.append(f"{name} of {arm}: {error}")
            predicted = [(result.parameter(p, NOISE), p.prediction(name + SUFFIX[arm])) for p in points]
            known = [(u, f.value) for u, f in predicted if f is not None and f.valid and f.value > 0.0]
            try:
                generators[kind, name] = fit_action([u for u, _ in known], [v for _, v in known])
            except StatisticsError:
                continue
    return ArrheniusFamily(
        key, tuple(points), _actions(points[0], result, missing), fits, generators, tuple(missing)
    )


def _in_unit(result: CampaignResult, point: PointResult, rate: RateEstimate) -> RateEstimate:
    return rate.scaled(1.0 / result.scale(point), rate.quantity)


def _actions(point: PointResult, result: CampaignResult, missing: list[str]) -> dict[str, WellActions]:
    """S^Q, S^TWA and S^ansatz in the unit that U is drawn in."""
    scale = result.scale(point)
    names = ("delta", "eps", "gamma")
    try:
        system = KerrTwoPhotonDrive(**{n: point.parameters[n] for n in names if n in point.parameters}, U=1.0)
        closed = {"exact": quantum_actions(system), "ansatz": ansatz_actions(system)}
    except (KeyError, TypeError, ParameterError, PredictionError) as error:
        missing.append(f"actions: {error}")
        return {}
    out = {kind: WellActions(a.vacuum / scale, a.bright / scale) for kind, a in closed.items()}
    try:
        out["twa"] = WellActions(
            *(_wigner_action(point, system, start) / scale for start in ("vacuum", "bright"))
        )
    except WellhopError as error:
        missing.append(f"action of the truncated Wigner equation: {error}")
    return {kind: out[kind] for kind in ("exact", "twa", "ansatz") if kind in out}


def _wigner_action(
    point: PointResult, system: KerrTwoPhotonDrive, start: Literal["vacuum", "bright"]
) -> float:
    """S^TWA as predicted at this point, else from the least-action path."""
    known = point.prediction(f"action_{start}_twa")
    if known is not None and known.valid:
        return known.value
    return float(
        instanton("twa", delta=system.delta, eps=system.eps, gamma=system.gamma, start=start).total_action
    )


def inverse_noise(result: CampaignResult, points: tuple[PointResult, ...]) -> np.ndarray:
    """1/U of the points, as drawn."""
    return np.array([1.0 / result.parameter(p, NOISE) for p in points])
