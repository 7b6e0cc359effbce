"""Exponents of a Duffing oscillator over λ: ln k = -R/λ + c, with R of its own for either direction and for either engine.

The closed quantum action belongs to quantum jumps out of a cold bath, the classical instanton over k̂(2n_th + 1) to Langevin
trajectories.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from wellhop.analysis.directed_table import ComparedRate, compared_rates
from wellhop.analysis.exponent_families import ExponentFamily, Source, families_of
from wellhop.analysis.prediction import predict
from wellhop.analysis.result import CampaignResult, Family
from wellhop.engine.systems import build
from wellhop.engine.systems.duffing_attractors import DuffingAttractors

#: Directions that have an exponent, and the predicted one by arm.
ACTIONS: Mapping[Source, str] = {
    ("jumps", "k_LH"): "action_LH",
    ("jumps", "k_HL"): "action_HL",
    ("langevin", "k_LH"): "action_LH_twa",
    ("langevin", "k_HL"): "action_HL_twa",
}


def duffing_families(result: CampaignResult) -> tuple[ExponentFamily, ...]:
    """Every set of two or more points of a Duffing oscillator that differ in λ alone."""
    if result.system != DuffingAttractors.name:
        return ()
    rows = [row for row in compared_rates(result) if (row.arm, row.name) in ACTIONS]
    return families_of(rows, "lam", _actions)


def _actions(
    family: Family, rows: Mapping[Source, Sequence[ComparedRate]]
) -> tuple[Mapping[Source, float], Sequence[str]]:
    """R for λ -> 0, as ``predict`` has it at the smallest λ."""
    smallest = min(row.point.parameters["lam"] for members in rows.values() for row in members)
    system = build(DuffingAttractors.name, {**dict(family), "lam": smallest})
    actions, missing = {}, []
    for found in predict(system, [ACTIONS[source] for source in rows]):
        if found.valid:
            actions[next(s for s in rows if ACTIONS[s] == found.name)] = found.value
        else:
            missing.append(f"{found.label}: {found.note}")
    return actions, missing
