"""The report of a campaign: one page that stands alone, and each figure as PNG, PDF and the numbers drawn.

    FOLDER/report.html        everything, pictures inside, nothing fetched from anywhere
    FOLDER/staircase.png      and .pdf, .csv; likewise residence, survival, trajectory, clicks, checks,
                              arrhenius, directed_rates
    FOLDER/comparison.csv     the table of measured against predicted
    FOLDER/manifolds.csv      decay rates by manifold, where a campaign resolves them
    FOLDER/rates.csv          the same of directed rates; exponents.csv: S of rates at several U; action.csv: S of a resonator;
                              slopes.csv: R of a Duffing oscillator

A figure that has nothing to show is left out, with its section. The same result gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from matplotlib.figure import Figure

from wellhop.analysis.branching_report import add_branching, branching_csv, has_branching
from wellhop.analysis.comparison_table import compared_points, comparison_csv
from wellhop.analysis.directed_report import (
    DEFINITIONS,
    add_exponents,
    add_rates,
    add_wells,
    directed_lead,
    exponents_csv,
)
from wellhop.analysis.directed_table import compared_rates, rates_csv
from wellhop.analysis.duffing_report import DEFINITIONS as DUFFING_DEFINITIONS
from wellhop.analysis.exponent_report import DUFFING, RESONATOR, add_exponents_over, exponents_csv_over
from wellhop.analysis.figures.captions import CAPTIONS
from wellhop.analysis.figures.checks import draw_checks, has_checks
from wellhop.analysis.figures.clicks import draw_clicks, total_click_rate
from wellhop.analysis.figures.coherence import draw_coherences, has_coherences
from wellhop.analysis.figures.directed_rates import draw_directed_rates, has_directed_rates
from wellhop.analysis.figures.drawn import DrawnTable
from wellhop.analysis.figures.duffing_exponents import draw_duffing_exponents, has_duffing_exponents
from wellhop.analysis.figures.exponents import draw_exponents, has_exponents
from wellhop.analysis.figures.labels import point_math
from wellhop.analysis.figures.residence import draw_residence, has_residence
from wellhop.analysis.figures.resonator_exponents import draw_resonator_exponents, has_resonator_exponents
from wellhop.analysis.figures.save import remove_stale, save_figure, write_file
from wellhop.analysis.figures.staircase import draw_staircase
from wellhop.analysis.figures.survival import draw_survival, has_survival
from wellhop.analysis.figures.trajectory import draw_trajectories, scaled_trace
from wellhop.analysis.figures.well_trajectory import draw_well_trajectories
from wellhop.analysis.report_page import Page
from wellhop.analysis.report_text import (
    add_comparison,
    add_conventions,
    add_law,
    add_provenance,
    add_warnings,
    lead,
)
from wellhop.analysis.resonator_report import DEFINITIONS as RESONATOR_DEFINITIONS
from wellhop.analysis.resonator_report import (
    add_coherences,
    add_wigner_ratios,
)
from wellhop.analysis.result import CampaignResult
from wellhop.engine.errors import ParameterError
from wellhop.engine.systems.duffing_attractors import DuffingAttractors
from wellhop.engine.systems.two_photon_resonator import TwoPhotonResonator


@dataclass(frozen=True)
class FigureKind:
    """One figure of the report.

    Attributes:
        heading: of its section. draw: makes it. present: whether a result has anything for it.
    """

    heading: str
    draw: Callable[[CampaignResult], tuple[Figure, DrawnTable]]
    present: Callable[[CampaignResult], bool]


def draw_traces(result: CampaignResult) -> tuple[Figure, DrawnTable]:
    """Single trajectories; with the attractors of the mean field, where the first point that has traces knows them."""
    point = next(p for p in result.points if p.traces)
    if not point.wells:
        return draw_trajectories(result)
    traces = [scaled_trace(trace, result.scale(point)) for trace in point.traces]
    return draw_well_trajectories(traces, point.wells, point_math(result, point), result.unit)


#: Figures above the tables.
_FIRST = ("staircase", "arrhenius", "inverse_eta", "inverse_lam", "directed_rates", "coherence")
#: By the name used in a campaign's ``[report] figures`` and as file name; in the order of the page.
FIGURES: dict[str, FigureKind] = {
    "staircase": FigureKind("Decay rates", draw_staircase, lambda r: any(r.measured()) or bool(r.curves)),
    "arrhenius": FigureKind("Rates against 1/U", draw_exponents, has_exponents),
    "inverse_eta": FigureKind("Rates against 1/η", draw_resonator_exponents, has_resonator_exponents),
    "inverse_lam": FigureKind("Rates against 1/λ", draw_duffing_exponents, has_duffing_exponents),
    "directed_rates": FigureKind("Rates, measured over predicted", draw_directed_rates, has_directed_rates),
    "coherence": FigureKind("Coherence between parities", draw_coherences, has_coherences),
    "residence": FigureKind("Residence times", draw_residence, has_residence),
    "survival": FigureKind("Survival in a well", draw_survival, has_survival),
    "trajectory": FigureKind("Single trajectories", draw_traces, lambda r: any(p.traces for p in r.points)),
    "clicks": FigureKind(
        "Click rates",
        draw_clicks,
        lambda r: any(total_click_rate(m) for p in r.points for m in (p.measurement, p.counting)),
    ),
    "checks": FigureKind("Systematic checks", draw_checks, has_checks),
}


def write_report(result: CampaignResult, folder: Path, figures: Sequence[str] = tuple(FIGURES)) -> Path:
    """Write page, figures and tables of a campaign into ``folder`` (made if missing).

    Args:
        result: what the campaign found. folder: where the files go; files of an earlier report are
            replaced, all others left alone.
        figures: which figures to show, out of :data:`FIGURES`.

    Returns:
        The path of the page, ``folder/report.html``.

    Raises:
        ParameterError: an unknown figure.
        FolderError: the folder cannot be written.
    """
    unknown = [name for name in figures if name not in FIGURES]
    if unknown:
        raise ParameterError("figures", unknown[0], "one of " + ", ".join(FIGURES))
    page = Page(result.title or result.name)
    rates = compared_rates(result)
    # points whose rates stand in the table of directed rates stand there only
    elsewhere = {row.point.index for row in rates if row.arm == "jumps"}
    rows = [row for row in compared_points(result) if row.point.index not in elsewhere]
    if rates:
        page.paragraph(directed_lead(result, rates), lead=True)
    if rows or not rates:
        page.paragraph(lead(result, rows), lead=True)
    shown = [name for name, kind in FIGURES.items() if name in figures and kind.present(result)]
    for name in shown:
        if name in _FIRST:
            _add_figures(page, result, folder, [name])
        if name == "arrhenius":
            add_exponents(page, result)
            write_file(folder / "exponents.csv", exponents_csv(result).csv().encode("utf-8"))
        if name == "inverse_eta":
            add_exponents_over(page, result, RESONATOR)
            write_file(folder / "action.csv", exponents_csv_over(result, RESONATOR).csv().encode("utf-8"))
        if name == "inverse_lam":
            add_exponents_over(page, result, DUFFING)
            write_file(folder / "slopes.csv", exponents_csv_over(result, DUFFING).csv().encode("utf-8"))
    if rates:
        add_rates(page, result, rates)
        write_file(folder / "rates.csv", rates_csv(result, rates).csv().encode("utf-8"))
        add_wells(page, result)
        add_coherences(page, result)
        add_wigner_ratios(page, result)
    if rows:
        add_comparison(page, result, rows)
        write_file(folder / "comparison.csv", comparison_csv(result, rows).csv().encode("utf-8"))
    if has_branching(result):
        add_branching(page, result)
        write_file(folder / "manifolds.csv", branching_csv(result).csv().encode("utf-8"))
    add_warnings(page, result)
    rest = [name for name in shown if name not in _FIRST]
    for name in rest:
        _add_figures(page, result, folder, [name])
        if name == ("survival" if "survival" in rest else "residence"):
            add_law(page, result)
    directed = any(point.directed for point in result.points)
    if result.system == TwoPhotonResonator.name:
        add_conventions(page, result, RESONATOR_DEFINITIONS)
    elif result.system == DuffingAttractors.name:
        add_conventions(page, result, DUFFING_DEFINITIONS)
    else:
        more = DEFINITIONS[2:3] if rates and not directed else ()
        add_conventions(page, result, DEFINITIONS if directed and not rows else (), more)
    add_provenance(page, result)
    remove_stale(folder, tuple(name for name in FIGURES if name not in shown))
    path = folder / "report.html"
    write_file(path, page.render().encode("utf-8"))
    return path


def _add_figures(page: Page, result: CampaignResult, folder: Path, names: Sequence[str]) -> None:
    for name in names:
        kind = FIGURES[name]
        figure, table = kind.draw(result)
        saved = save_figure(folder, name, figure, table)
        page.heading(kind.heading)
        files = [path.name for path in (saved.pdf, saved.csv)]
        page.figure(saved.picture, CAPTIONS[name](result), kind.heading, files)
