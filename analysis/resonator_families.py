"""Exponents of a two-photon resonator over η: ln Γ, ln Ω and ln Γ_TWA all go as -Sη · (1/η) with the Sη of Eq. (32).

No power of η stands in front, so that one fit measures it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from wellhop.analysis.directed_table import ComparedRate, compared_rates
from wellhop.analysis.exponent_families import ExponentFamily, Source, families_of
from wellhop.analysis.resonator_action import escape_action
from wellhop.analysis.result import CampaignResult, Family
from wellhop.engine.errors import WellhopError
from wellhop.engine.systems.two_photon_resonator import TwoPhotonResonator


def resonator_families(result: CampaignResult) -> tuple[ExponentFamily, ...]:
    """Every set of two or more points of a two-photon resonator without one-photon loss that differ in η alone."""
    if result.system != TwoPhotonResonator.name:
        return ()
    rows = [row for row in compared_rates(result) if row.point.parameters.get("kappa_1") == 0.0]
    return families_of(rows, "eta", _actions)


def _actions(
    family: Family, rows: Mapping[Source, Sequence[ComparedRate]]
) -> tuple[Mapping[Source, float], Sequence[str]]:
    """Sη of the closed form, unit of a rate, the same for all of them."""
    parameters = dict(family)
    try:
        action = escape_action(TwoPhotonResonator(parameters["G"], parameters["Delta"], 1.0))
    except WellhopError as error:
        return {}, [f"action: {error}"]
    return dict.fromkeys(rows, action), []
