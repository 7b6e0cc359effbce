"""Arrhenius plot of a campaign: measured rates of points that differ in U alone, generators, and actions."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from wellhop.analysis.arrhenius_family import FOLLOWS, STARTS, ArrheniusFamily, inverse_noise
from wellhop.analysis.directed_table import SUFFIX
from wellhop.analysis.figures.drawn import DrawnTable
from wellhop.analysis.figures.labels import family_math
from wellhop.analysis.figures.two_photon_arrhenius import (
    ArrheniusCurve,
    ArrheniusPoint,
    draw_arrhenius,
)
from wellhop.analysis.result import CampaignResult, PointResult


def draw_exponents(result: CampaignResult) -> tuple[Figure, DrawnTable]:
    """The family with the most points; rates on top, slopes below (see ``two_photon_arrhenius``)."""
    family = max((f for f in result.arrhenius if drawable(result, f)), key=lambda f: len(f.points))
    curves = {kind: c for kind in FOLLOWS.values() if (c := _curve(result, family, kind)) is not None}
    points = {}
    for arm, kind in FOLLOWS.items():
        if kind in curves:
            points[kind] = [
                ArrheniusPoint(
                    1.0 / result.parameter(p, "U"),
                    {
                        n: p.directed[arm].rates[n].scaled(1.0 / result.scale(p), "escape_rate")
                        for n in STARTS
                    },
                    {n: _predicted(result, p, n, arm) for n in STARTS},
                )
                for p in family.points
                if arm in p.directed and all(np.isfinite(_predicted(result, p, n, arm)) for n in STARTS)
            ]
    needed = {"exact": "exact", "twa": "twa", "ansatz": "twa"}
    actions = {kind: a for kind, a in family.actions.items() if needed[kind] in curves}
    drawn = draw_arrhenius(curves, points, actions, family_math(result, family.family))
    return drawn.figure, drawn.table


def drawable(result: CampaignResult, family: ArrheniusFamily) -> bool:
    """Whether some generator is known at two points or more."""
    return any(_curve(result, family, kind) is not None for kind in FOLLOWS.values())


def has_exponents(result: CampaignResult) -> bool:
    """Whether there is anything to draw."""
    return any(drawable(result, family) for family in result.arrhenius)


def _curve(result: CampaignResult, family: ArrheniusFamily, kind: str) -> ArrheniusCurve | None:
    """Predicted rates at the points of the family, in the order of 1/U."""
    arm = next(a for a, k in FOLLOWS.items() if k == kind)
    rates = {n: np.array([_predicted(result, p, n, arm) for p in family.points]) for n in STARTS}
    known = np.all([np.isfinite(r) for r in rates.values()], axis=0)
    if np.count_nonzero(known) < 2:
        return None
    return ArrheniusCurve(
        inverse_noise(result, family.points)[known], {n: r[known] for n, r in rates.items()}
    )


def _predicted(result: CampaignResult, point: PointResult, name: str, arm: str) -> float:
    """A predicted rate in the unit drawn, NaN if there is none."""
    found = point.prediction(name + SUFFIX[arm])
    if found is None or not found.valid or not found.value > 0.0:
        return float("nan")
    return found.value / result.scale(point)
