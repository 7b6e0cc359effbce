"""Points of a two-photon resonator that differ in η alone: their rates against 1/η, and the exponents these give.

ln Γ, ln Ω and ln Γ_TWA all go as -Sη · (1/η) with the Sη of Eq. (32) and no power of η in front, so that one fit measures it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from wellhop.analysis.arrhenius import ArrheniusFit, fit_action
from wellhop.analysis.directed_table import ComparedRate, compared_rates
from wellhop.analysis.resonator_action import escape_action
from wellhop.analysis.result import CampaignResult, Family, PointResult
from wellhop.engine.errors import StatisticsError, WellhopError
from wellhop.engine.systems.two_photon_resonator import TwoPhotonResonator

#: The parameter that noise strength grows with.
NOISE = "eta"
#: (arm, rate): a rate of its own.
Source = tuple[str, str]


@dataclass(frozen=True)
class ExponentFamily:
    """Points with the same parameters but η.

    Attributes:
        family: the parameters in common. rows: measured rates in the order of 1/η, by (arm, rate).
        action: Sη of the closed form, unit of a rate. fits: exponents of the measured rates, those with enough points.
        predicted: exponents of the predictions at the same η. missing: sentences on what could not be fitted.
    """

    family: Family
    rows: Mapping[Source, tuple[ComparedRate, ...]]
    action: float
    fits: Mapping[Source, ArrheniusFit]
    predicted: Mapping[Source, ArrheniusFit]
    missing: tuple[str, ...] = ()


def exponent_families(result: CampaignResult) -> tuple[ExponentFamily, ...]:
    """Every set of two or more points of a two-photon resonator without one-photon loss that differ in η alone."""
    if result.system != TwoPhotonResonator.name:
        return ()
    groups: dict[Family, list[ComparedRate]] = {}
    for row in compared_rates(result):
        if row.point.parameters.get("kappa_1") == 0.0:
            key = tuple((n, v) for n, v in row.point.parameters.items() if n != NOISE)
            groups.setdefault(key, []).append(row)
    out = []
    for key, rows in groups.items():
        if len({noise(row.point) for row in rows}) > 1:
            out.append(_family(key, sorted(rows, key=lambda row: -noise(row.point))))
    return tuple(out)


def noise(point: PointResult) -> float:
    """η of a point."""
    return float(point.parameters[NOISE])


def _family(key: Family, rows: list[ComparedRate]) -> ExponentFamily:
    by_source: dict[Source, list[ComparedRate]] = {}
    for row in rows:
        by_source.setdefault((row.arm_label, row.name), []).append(row)
    fits: dict[Source, ArrheniusFit] = {}
    predicted: dict[Source, ArrheniusFit] = {}
    missing = []
    for source, members in by_source.items():
        try:
            fits[source] = fit_action([noise(r.point) for r in members], [r.estimate for r in members])
        except StatisticsError as error:
            missing.append(f"{source[1]} of {source[0]}: {error}")
        known = [(noise(r.point), r.prediction.value) for r in members if r.prediction is not None and r.prediction.value > 0.0]
        try:
            predicted[source] = fit_action([eta for eta, _ in known], [value for _, value in known])
        except StatisticsError:
            continue
    parameters = dict(key)
    try:
        action = escape_action(TwoPhotonResonator(parameters["G"], parameters["Delta"], 1.0))
    except WellhopError as error:
        action = float("nan")
        missing.append(f"action: {error}")
    return ExponentFamily(key, {s: tuple(m) for s, m in by_source.items()}, action, fits, predicted, tuple(missing))
