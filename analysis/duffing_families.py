"""Points of a Duffing oscillator that differ in λ alone: their rates against 1/λ, and the exponents these give.

ln k = -R/λ + c, with R of its own for either direction and for either engine: the closed quantum action for quantum jumps out
of a cold bath, the classical instanton over k̂(2n_th + 1) for Langevin trajectories.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from wellhop.analysis.arrhenius import ArrheniusFit, fit_action
from wellhop.analysis.directed_table import ComparedRate, compared_rates
from wellhop.analysis.prediction import predict
from wellhop.analysis.result import CampaignResult, Family, PointResult
from wellhop.engine.errors import StatisticsError
from wellhop.engine.systems import build
from wellhop.engine.systems.duffing_attractors import DuffingAttractors

#: The parameter that noise strength grows with.
NOISE = "lam"
#: (arm, rate): a rate of its own.
Source = tuple[str, str]
#: Directions that have an exponent, and the predicted one by arm.
ACTIONS: Mapping[Source, str] = {
    ("jumps", "k_LH"): "action_LH",
    ("jumps", "k_HL"): "action_HL",
    ("langevin", "k_LH"): "action_LH_twa",
    ("langevin", "k_HL"): "action_HL_twa",
}


@dataclass(frozen=True)
class DuffingFamily:
    """Points with the same parameters but λ.

    Attributes:
        family: the parameters in common, as drawn. rows: measured rates in the order of 1/λ, by (arm, rate).
        actions: R for λ -> 0, those that exist. fits: R of the measured rates, those with enough points.
        predicted: R of the predictions at the same λ. missing: sentences on what could not be computed.
    """

    family: Family
    rows: Mapping[Source, tuple[ComparedRate, ...]]
    actions: Mapping[Source, float]
    fits: Mapping[Source, ArrheniusFit]
    predicted: Mapping[Source, ArrheniusFit]
    missing: tuple[str, ...] = ()


def duffing_families(result: CampaignResult) -> tuple[DuffingFamily, ...]:
    """Every set of two or more points of a Duffing oscillator that differ in λ alone."""
    if result.system != DuffingAttractors.name:
        return ()
    groups: dict[Family, list[ComparedRate]] = {}
    for row in compared_rates(result):
        if (row.arm, row.name) in ACTIONS:
            key = tuple((n, v) for n, v in row.point.parameters.items() if n != NOISE)
            groups.setdefault(key, []).append(row)
    out = []
    for key, rows in groups.items():
        if len({noise(row.point) for row in rows}) > 1:
            out.append(_family(key, sorted(rows, key=lambda row: -noise(row.point))))
    return tuple(out)


def noise(point: PointResult) -> float:
    """λ of a point."""
    return float(point.parameters[NOISE])


def _family(key: Family, rows: list[ComparedRate]) -> DuffingFamily:
    by_source: dict[Source, list[ComparedRate]] = {}
    for row in rows:
        by_source.setdefault((row.arm, row.name), []).append(row)
    fits: dict[Source, ArrheniusFit] = {}
    predicted: dict[Source, ArrheniusFit] = {}
    missing = []
    for source, members in by_source.items():
        try:
            fits[source] = fit_action([noise(r.point) for r in members], [r.estimate for r in members])
        except StatisticsError as error:
            missing.append(f"{source[1]} of {source[0]}: {error}")
        known = [
            (noise(r.point), r.prediction.value)
            for r in members
            if r.prediction is not None and r.prediction.valid and r.prediction.value > 0.0
        ]
        try:
            predicted[source] = fit_action([lam for lam, _ in known], [value for _, value in known])
        except StatisticsError:
            continue
    actions: dict[Source, float] = {}
    system = build(DuffingAttractors.name, {**dict(key), NOISE: min(noise(r.point) for r in rows)})
    for found in predict(system, [ACTIONS[source] for source in by_source]):
        source = next(s for s in by_source if ACTIONS[s] == found.name)
        if found.valid:
            actions[source] = found.value
        else:
            missing.append(f"{found.label}: {found.note}")
    by_rows = {source: tuple(members) for source, members in by_source.items()}
    return DuffingFamily(key, by_rows, actions, fits, predicted, tuple(missing))
