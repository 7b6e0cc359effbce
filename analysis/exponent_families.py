"""Points that differ only in the parameter that noise grows with: their rates against its inverse, and the exponents these give.

ln k = -A/x + c for a rate k and a small parameter x (η of the two-photon resonator, λ of the Duffing oscillator); A of the
measured rates stands beside that of the predicted ones at the same x and beside the action for x -> 0.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from wellhop.analysis.arrhenius import ArrheniusFit, fit_action
from wellhop.analysis.directed_table import ComparedRate
from wellhop.analysis.result import Family, PointResult
from wellhop.engine.errors import StatisticsError

#: (arm, rate): a rate of its own.
Source = tuple[str, str]
#: (parameters in common, points by source) -> (actions by source, sentences on those that do not exist).
ActionsOf = Callable[
    [Family, Mapping[Source, Sequence[ComparedRate]]], tuple[Mapping[Source, float], Sequence[str]]
]


@dataclass(frozen=True)
class ExponentFamily:
    """Points with the same parameters but one.

    Attributes:
        family: the parameters in common, as drawn. noise: name of the other one.
        rows: measured rates in the order of its inverse, by (arm, rate).
        actions: A for vanishing noise, those that exist. fits: A of the measured rates, those with enough points.
        predicted: A of the predictions at the same points. missing: sentences on what could not be computed.
    """

    family: Family
    noise: str
    rows: Mapping[Source, tuple[ComparedRate, ...]]
    actions: Mapping[Source, float]
    fits: Mapping[Source, ArrheniusFit]
    predicted: Mapping[Source, ArrheniusFit]
    missing: tuple[str, ...] = ()

    @property
    def action(self) -> float:
        """The one action of all rates, NaN where they have several or none."""
        found = set(self.actions.values())
        return found.pop() if len(found) == 1 else float("nan")

    def size(self, point: PointResult) -> float:
        """The parameter that noise grows with, at a point."""
        return float(point.parameters[self.noise])


def families_of(rows: Sequence[ComparedRate], noise: str, actions_of: ActionsOf) -> tuple[ExponentFamily, ...]:
    """Every set of two or more points that differ in ``noise`` alone.

    Args:
        rows: rates with an exponent. noise: name of the parameter. actions_of: exponents for vanishing noise.
    """
    groups: dict[Family, list[ComparedRate]] = {}
    for row in rows:
        key = tuple((n, v) for n, v in row.point.parameters.items() if n != noise)
        groups.setdefault(key, []).append(row)
    out = []
    for key, members in groups.items():
        if len({row.point.parameters[noise] for row in members}) > 1:
            out.append(_family(key, noise, sorted(members, key=lambda row: -row.point.parameters[noise]), actions_of))
    return tuple(out)


def _family(key: Family, noise: str, rows: Sequence[ComparedRate], actions_of: ActionsOf) -> ExponentFamily:
    by_source: dict[Source, list[ComparedRate]] = {}
    for row in rows:
        by_source.setdefault((row.arm_label, row.name), []).append(row)
    fits: dict[Source, ArrheniusFit] = {}
    predicted: dict[Source, ArrheniusFit] = {}
    missing = []
    for source, members in by_source.items():
        try:
            fits[source] = fit_action([r.point.parameters[noise] for r in members], [r.estimate for r in members])
        except StatisticsError as error:
            missing.append(f"{source[1]} of {source[0]}: {error}")
        known = [
            (r.point.parameters[noise], r.prediction.value)
            for r in members
            if r.prediction is not None and r.prediction.valid and r.prediction.value > 0.0
        ]
        try:
            predicted[source] = fit_action([x for x, _ in known], [value for _, value in known])
        except StatisticsError as error:
            if fits.get(source) is not None:
                missing.append(f"predicted {source[1]} of {source[0]}: {error}")
    actions, without = actions_of(key, by_source)
    ordered = {source: tuple(members) for source, members in by_source.items()}
    return ExponentFamily(key, noise, ordered, actions, fits, predicted, (*missing, *without))
