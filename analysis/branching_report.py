"""What a report says of Γ by manifold: a table on the page, the same as CSV, and as text."""

from __future__ import annotations

import math

from wellhop.analysis.branching_comparison import BranchingComparison, ComparedManifold
from wellhop.analysis.figures.drawn import DrawnTable
from wellhop.analysis.figures.labels import (
    number,
    parameter_cells,
    parameter_columns,
    parameter_html,
    rate_html,
)
from wellhop.analysis.report_page import Page
from wellhop.analysis.report_text import finite_text, parameter_names, power_html
from wellhop.analysis.result import CampaignResult, PointResult

#: Pulls beyond this are marked on the page.
FLAGGED = 4.0
_EXPLAINED = (
    "Share of each manifold in &Gamma;: where the well difference is lost, measured as &Gamma;<sub>n</sub> = "
    "&minus;E[Z(t&minus;&tau;) &langle;O<sub>n</sub>&rangle;(t)] / E[Z(t&minus;&tau;) &langle;X&rangle;(t)] with O<sub>n</sub> = "
    "P<sub>n</sub> L<sup>&dagger;</sup>[X] P<sub>n</sub> and Z the order parameter a lag &tau; before; no switch is defined. "
    "Exact: the slow mode of the Liouvillian. &ldquo;Between&rdquo; is coherence between manifolds, which the semi-analytical "
    "rates leave out. Pulls are in standard errors of &Gamma;<sub>n</sub> from a jackknife over trajectories."
)


def has_branching(result: CampaignResult) -> bool:
    """Whether any point was resolved by manifold."""
    return any(point.branching is not None for point in result.points)


def add_branching(page: Page, result: CampaignResult) -> None:
    """One row per point and manifold; nothing where no manifolds were told apart."""
    if not has_branching(result):
        return
    page.heading("Where the switching happens")
    names, rate = parameter_names(result), rate_html(result)
    head = [
        "point",
        *(parameter_html(result, name) for name in names),
        "manifold",
        f"{rate}<br>measured",
        "error",
    ]
    head += ["share<br>[%]", "error<br>[%]", "exact", "pull", "semi-<br>analytical", "pull"]
    body: list[list[str]] = []
    flagged: list[int] = []
    for point in result.points:
        if point.branching is None:
            continue
        before = [str(point.index), *(number(result.parameter(point, name)) for name in names)]
        scale = result.scale(point)
        for row in point.branching.rows:
            if abs(row.pull) > FLAGGED:
                flagged.append(len(body))
            body.append([*before, *_cells(row, scale)])
        body.append([*before, *_sum_cells(point.branching, scale)])
    page.table(head, body, _EXPLAINED, (len(names) + 1,), flagged)


def branching_csv(result: CampaignResult) -> DrawnTable:
    """The same table as plain numbers."""
    table = DrawnTable(
        (
            "point", *parameter_columns(result), "manifold", "Gamma_n", "lower", "upper", "standard error", "share",
            "share standard error", "exact", "pull", "semi_analytical", "semi_analytical pull", "lag", "trajectories",
        )
    )  # fmt: skip
    for point in result.points:
        if point.branching is None:
            continue
        scale = result.scale(point)
        for row in point.branching.rows:
            m = row.measured
            table.add(
                point.index, *parameter_cells(result, point), row.name, m.value / scale, m.lower / scale, m.upper / scale,
                m.counts["standard_error"] / scale, row.share.value, row.share.counts["standard_error"], row.exact / scale,
                row.pull, row.semi_analytical / scale, row.semi_analytical_pull, m.counts["lag"] * scale,
                m.counts["n_trajectories"],
            )  # fmt: skip
    return table


def branching_text(result: CampaignResult) -> list[str]:
    """Lines for the text report; none where no manifolds were told apart."""
    lines = []
    for point in result.points:
        if point.branching is not None:
            lines += [
                f"point {point.index} ({_shown(result, point)}) by manifold:",
                *point.branching.lines(result.scale(point)),
            ]
    return lines


def _cells(row: ComparedManifold, scale: float) -> list[str]:
    error = row.measured.counts["standard_error"] / scale
    return [
        row.name, _power(row.measured.value / scale), power_html(error, 2), finite_text(100 * row.share.value, ".2f"),
        finite_text(100 * row.share.counts["standard_error"], ".2f"), _power(row.exact / scale), finite_text(row.pull, "+.2f"),
        _power(row.semi_analytical / scale), finite_text(row.semi_analytical_pull, "+.2f"),
    ]  # fmt: skip


def _sum_cells(found: BranchingComparison, scale: float) -> list[str]:
    total = found.measured.total
    exact = math.fsum(row.exact for row in found.rows)
    error = total.counts["standard_error"]
    pull = (total.value - exact) / error if error > 0.0 else math.nan
    semi = math.fsum(row.semi_analytical for row in found.rows)
    off = (total.value - semi) / error if error > 0.0 else math.nan
    return [
        "sum", _power(total.value / scale), power_html(error / scale, 2), "100", "", _power(exact / scale),
        finite_text(pull, "+.2f"), _power(semi / scale), finite_text(off, "+.2f"),
    ]  # fmt: skip


def _power(value: float) -> str:
    """A rate that may be negative."""
    return ("&minus;" if value < 0.0 else "") + power_html(abs(value))


def _shown(result: CampaignResult, point: PointResult) -> str:
    return ", ".join(f"{name} = {result.parameter(point, name):g}" for name in parameter_names(result))
