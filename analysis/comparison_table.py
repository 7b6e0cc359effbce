"""Measured against predicted, point by point: the rows of the report's table and of its CSV file."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from wellhop.analysis.comparison import ChiSquare, Comparison, chi_square, compare
from wellhop.analysis.estimate import RateEstimate
from wellhop.analysis.figures.drawn import DrawnTable
from wellhop.analysis.figures.labels import parameter_cells, parameter_columns, rate_column
from wellhop.analysis.measurement import Measurement
from wellhop.analysis.prediction import Prediction
from wellhop.analysis.result import CampaignResult, PointResult
from wellhop.engine.errors import StatisticsError

#: Predictions set beside every measurement, in this order, where a point has them.
COMPARED = ("liouvillian", "semi_analytical")
#: How a sentence calls a prediction, after "the"; others go by their label.
IN_WORDS = {
    "liouvillian": "exact rate of the Liouvillian",
    "semi_analytical": "semi-analytical rate with one downward step",
    "rate_model": "rate equations",
    "resummed": "semi-analytical rate over all paths",
}


@dataclass(frozen=True)
class ComparedPoint:
    """One row: a measured point and each prediction with its pull.

    Attributes:
        point, measurement: what was measured.
        predictions: by name. comparisons: by name, only predictions that are valid and positive at this
            point.
    """

    point: PointResult
    measurement: Measurement
    predictions: dict[str, Prediction]
    comparisons: dict[str, Comparison]

    @property
    def estimate(self) -> RateEstimate:
        """The measured decay rate."""
        return self.measurement.decay_rate

    @property
    def switches(self) -> int | None:
        """Switches seen with the reference cores; ``None`` without cores."""
        core = self.measurement.core
        return None if core is None else core.residences.n_switched

    @property
    def verdict(self) -> str:
        """Verdict of the first comparison, the most exact one; empty without any."""
        return next((c.verdict for c in self.comparisons.values()), "")


def compared_points(result: CampaignResult) -> list[ComparedPoint]:
    """Every measured point with its comparisons, in the order of the campaign."""
    rows = []
    for point, measurement in result.measured():
        found = {name: p for name in COMPARED if (p := point.prediction(name)) is not None}
        sweep = result.sweep_parameter
        where = result.parameter(point, sweep) if sweep else math.nan
        comparisons = {
            name: compare(measurement.decay_rate, p.value, where)
            for name, p in found.items()
            if p.valid and math.isfinite(p.value) and p.value > 0
        }
        rows.append(ComparedPoint(point, measurement, found, comparisons))
    return rows


def sweep_chi_square(rows: Sequence[ComparedPoint], name: str) -> ChiSquare | None:
    """Chi-square of all points against one prediction; ``None`` where no point has a determined pull."""
    try:
        return chi_square([row.comparisons[name] for row in rows if name in row.comparisons])
    except StatisticsError:
        return None


def comparison_csv(result: CampaignResult, rows: Sequence[ComparedPoint]) -> DrawnTable:
    """The whole table as plain numbers, one row per measured point."""
    per_prediction = [
        column
        for name in COMPARED
        for column in (rate_column(result, name), f"{name} pull", f"{name} verdict")
    ]
    table = DrawnTable(
        (
            "point", *parameter_columns(result), rate_column(result), rate_column(result, "lower"),
            rate_column(result, "upper"), "level", "relative_error", "switches", "trajectories", "method",
            *per_prediction,
        )
    )  # fmt: skip
    for row in rows:
        scale = result.scale(row.point)
        estimate = row.estimate
        cells: list[object] = []
        for name in COMPARED:
            prediction, comparison = row.predictions.get(name), row.comparisons.get(name)
            cells.append(prediction.value / scale if prediction else None)
            cells.append(comparison.pull if comparison else None)
            cells.append(comparison.verdict if comparison else None)
        table.add(
            row.point.index, *parameter_cells(result, row.point), estimate.value / scale, estimate.lower /
            scale, estimate.upper / scale, estimate.level, estimate.relative_error, row.switches,
            row.measurement.n_trajectories, estimate.method, *cells,
        )  # fmt: skip
    return table
