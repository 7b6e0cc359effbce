"""Directed rates measured against predicted: one row for every (point, arm, rate), as text and as numbers.

Quantum jumps are compared with the exact model, Langevin trajectories with the truncated Wigner generator: the two
have different rates, and neither is an approximation of the other for U -> 0.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from wellhop.analysis.comparison import ChiSquare, Comparison, chi_square, compare
from wellhop.analysis.estimate import RateEstimate
from wellhop.analysis.figures.drawn import DrawnTable
from wellhop.analysis.figures.labels import (
    parameter_cells,
    parameter_column,
    parameter_columns,
    position,
    rate_column,
)
from wellhop.analysis.prediction import Prediction
from wellhop.analysis.result import CampaignResult, PointResult
from wellhop.engine.errors import StatisticsError

#: What the predictions of an arm are called: the name of the rate and this.
SUFFIX = {"jumps": "", "langevin": "_twa"}
#: How a sentence calls an arm, and what it is compared with.
ARM_IN_WORDS = {"jumps": "quantum jumps", "langevin": "Langevin trajectories"}
MODEL_IN_WORDS = {"jumps": "exact model (Liouvillian)", "langevin": "truncated Wigner generator"}
#: Rate of two wells, by prediction: what the decay rate of their populations is called.
_TWO_WELLS = {
    "jumps": (("lam_o", "lam_o"), ("Gamma", "decay")),
    "langevin": (("lam_o", "lam_o_twa"), ("Gamma", "twa")),
}
#: Rates of a coherence between parities and their predictions.
_COHERENCE = {"Gamma": "decay", "Omega": "frequency"}


@dataclass(frozen=True)
class ComparedRate:
    """One measured rate beside its prediction.

    Attributes:
        point, arm, name: which. estimate: measured. prediction: ``None`` without one.
        comparison: ``None`` where the prediction is invalid or has no value. counted: the rate by counting switches
            between the reference cores, if there is one.
    """

    point: PointResult
    arm: str
    name: str
    estimate: RateEstimate
    prediction: Prediction | None
    comparison: Comparison | None
    counted: RateEstimate | None = None

    @property
    def arm_label(self) -> str:
        """The arm, with its truncation where it has one."""
        scheme = self.point.truncation_scheme if self.arm == "langevin" else ""
        return f"{self.arm} {scheme}" if scheme else self.arm

    @property
    def switches(self) -> int | None:
        """Switches that the rate rests on."""
        counts = self.estimate.counts
        found = counts.get("switches", counts.get("n_switched"))
        return None if found is None else int(found)

    @property
    def verdict(self) -> str:
        """Verdict of the comparison; empty without one."""
        return "" if self.comparison is None else self.comparison.verdict


def compared_rates(result: CampaignResult) -> list[ComparedRate]:
    """Every rate of points with three wells, and those of two wells that have a prediction of their own.

    In the order of the campaign; jumps before Langevin.
    """
    rows = []
    for point in result.points:
        for arm in SUFFIX:
            directed = point.directed.get(arm)
            if directed is not None:
                for name, rate in directed.rates.items():
                    prediction = point.prediction(name + SUFFIX[arm])
                    rows.append(_row(result, point, arm, name, rate, prediction, directed.core.rate(name)))
            if arm == "jumps" and point.coherence is not None:
                for name, rate in point.coherence.rates.items():
                    prediction = point.prediction(_COHERENCE[name])
                    rows.append(_row(result, point, arm, name, rate, prediction, None))
            two = point.measurement if arm == "jumps" else point.langevin
            if two is None:
                continue
            if arm == "langevin" and point.truncation_scheme:
                method = f"twa_{point.truncation_scheme}"
                rows.append(_row(result, point, arm, "Gamma", two.decay_rate, point.prediction(method), two.residence))
                continue
            for name, method in _TWO_WELLS[arm]:
                prediction = point.prediction(method)
                if prediction is not None:
                    rows.append(_row(result, point, arm, name, two.decay_rate, prediction, two.residence))
                    break
    return rows


def _row(
    result: CampaignResult,
    point: PointResult,
    arm: str,
    name: str,
    estimate: RateEstimate,
    prediction: Prediction | None,
    counted: RateEstimate | None,
) -> ComparedRate:
    usable = prediction is not None and prediction.valid and math.isfinite(prediction.value)
    comparison = None
    # a difference (k_d) has a pull against any value, other rates only against positive ones
    if prediction is not None and usable and (prediction.value > 0.0 or "standard_error" in estimate.counts):
        comparison = compare(estimate, prediction.value, position(result, point))
    return ComparedRate(point, arm, name, estimate, prediction, comparison, counted)


def rate_chi_square(rows: Sequence[ComparedRate], arm: str, name: str) -> ChiSquare | None:
    """Chi-square of one rate of one arm over all points; ``None`` where no point has a determined pull."""
    found = [r.comparison for r in rows if (r.arm, r.name) == (arm, name) and r.comparison is not None]
    try:
        return chi_square(found)
    except StatisticsError:
        return None


def pairs(rows: Sequence[ComparedRate]) -> list[tuple[str, str]]:
    """(arm, rate) in the order of their first row, arms together."""
    found = dict.fromkeys((r.arm, r.name) for r in rows)
    return [pair for arm in SUFFIX for pair in found if pair[0] == arm]


def rates_csv(result: CampaignResult, rows: Sequence[ComparedRate]) -> DrawnTable:
    """The whole table as plain numbers."""
    table = DrawnTable(
        (
            "point", *parameter_columns(result), "arm", "rate", rate_column(result, "value"),
            rate_column(result, "lower"), rate_column(result, "upper"), "level", "relative_error", "switches",
            "method", rate_column(result, "counted"), rate_column(result, "predicted"), "pull", "verdict",
        )
    )  # fmt: skip
    for row in rows:
        scale, rate = result.scale(row.point), row.estimate
        table.add(
            row.point.index, *parameter_cells(result, row.point), row.arm_label, row.name, rate.value / scale,
            rate.lower / scale, rate.upper / scale, rate.level, rate.relative_error, row.switches, rate.method,
            None if row.counted is None else row.counted.value / scale,
            None if row.prediction is None else row.prediction.value / scale,
            None if row.comparison is None else row.comparison.pull, row.verdict,
        )  # fmt: skip
    return table


def rate_table(result: CampaignResult, rows: Sequence[ComparedRate]) -> str:
    """The table of pulls as text: points with a line a rate, then one chi-square line per arm and rate."""
    swept = [n for n in result.points[0].parameters if n != result.unit]
    over = f"/{result.unit}" if result.unit else ""
    head = ["arm", "rate", f"measured{over}", "error", "switches", f"counted{over}", f"predicted{over}", "pull", "verdict"]
    table = [head, *(_cells(result, row) for row in rows)]
    widths = [max(len(line[c]) for line in table) for c in range(len(head))]
    made = ["  ".join(cell.rjust(w) for cell, w in zip(line, widths, strict=True)).rstrip() for line in table]
    lines, place = [made[0]], None
    for row, line in zip(rows, made[1:], strict=True):
        if row.point.index != place:
            place = row.point.index
            where = ", ".join(f"{parameter_column(result, n)} = {result.parameter(row.point, n):g}" for n in swept)
            lines.append(f"point {place}: {where}")
        lines.append(line)
    if any(row.prediction is not None and not row.prediction.valid for row in rows):
        lines.append("predictions in brackets lie outside the range in which they hold: wellhop predict says why")
    for arm, name in pairs(rows):
        total = rate_chi_square(rows, arm, name)
        if total is not None:
            lines.append(f"{name} of {ARM_IN_WORDS[arm]} against the {MODEL_IN_WORDS[arm]}: {total}")
    return "\n".join(lines)


def _cells(result: CampaignResult, row: ComparedRate) -> list[str]:
    scale, rate = result.scale(row.point), row.estimate
    cells = [row.arm_label, row.name]
    if "standard_error" in rate.counts:
        # a difference: its error is no fraction of it
        cells += [f"{rate.value / scale:.3e}", f"+-{rate.counts['standard_error'] / scale:.1e}"]
    elif rate.value > 0.0 and math.isfinite(rate.relative_error):
        cells += [f"{rate.value / scale:.4e}", f"{100 * rate.relative_error:.1f} %"]
    elif math.isfinite(rate.upper) and rate.upper > 0.0:
        cells += [f"< {rate.upper / scale:.4e}", "-"]
    else:
        cells += ["-", "-"]
    cells.append("-" if row.switches is None else str(row.switches))
    cells.append(
        "-" if row.counted is None or not row.counted.value > 0.0 else f"{row.counted.value / scale:.4e}"
    )
    known = row.prediction is not None and math.isfinite(row.prediction.value)
    shown = f"{row.prediction.value / scale:.4e}" if known and row.prediction is not None else ""
    cells.append(shown if row.prediction is None or row.prediction.valid or not shown else f"({shown})")
    determined = row.comparison is not None and math.isfinite(row.comparison.pull)
    cells.append(f"{row.comparison.pull:+.2f}" if determined and row.comparison is not None else "")
    return [*cells, row.verdict]
