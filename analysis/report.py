"""The report of a campaign: one page that stands alone, and each figure as PNG, PDF and the numbers drawn.

    FOLDER/report.html        everything, pictures inside, nothing fetched from anywhere
    FOLDER/staircase.png      and .pdf, .csv; likewise residence, survival, trajectory, clicks, checks
    FOLDER/comparison.csv     the table of measured against predicted

A figure that has nothing to show is left out, with its section. The same result gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from matplotlib.figure import Figure

from wellhop.analysis.comparison_table import compared_points, comparison_csv
from wellhop.analysis.figures.captions import CAPTIONS
from wellhop.analysis.figures.checks import draw_checks, has_checks
from wellhop.analysis.figures.clicks import draw_clicks, total_click_rate
from wellhop.analysis.figures.drawn import DrawnTable
from wellhop.analysis.figures.residence import draw_residence, has_residence
from wellhop.analysis.figures.save import remove_stale, save_figure, write_file
from wellhop.analysis.figures.staircase import draw_staircase
from wellhop.analysis.figures.survival import draw_survival, has_survival
from wellhop.analysis.figures.trajectory import draw_trajectories
from wellhop.analysis.report_page import Page
from wellhop.analysis.report_text import (
    add_comparison,
    add_conventions,
    add_law,
    add_provenance,
    add_warnings,
    lead,
)
from wellhop.analysis.result import CampaignResult
from wellhop.engine.errors import ParameterError


@dataclass(frozen=True)
class FigureKind:
    """One figure of the report.

    Attributes:
        heading: of its section. draw: makes it. present: whether a result has anything for it.
    """

    heading: str
    draw: Callable[[CampaignResult], tuple[Figure, DrawnTable]]
    present: Callable[[CampaignResult], bool]


#: By the name used in a campaign's ``[report] figures`` and as file name; in the order of the page.
FIGURES: dict[str, FigureKind] = {
    "staircase": FigureKind("Decay rates", draw_staircase, lambda r: any(r.measured()) or bool(r.curves)),
    "residence": FigureKind("Residence times", draw_residence, has_residence),
    "survival": FigureKind("Survival in a well", draw_survival, has_survival),
    "trajectory": FigureKind(
        "Single trajectories", draw_trajectories, lambda r: any(p.traces for p in r.points)
    ),
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
    rows = compared_points(result)
    page.paragraph(lead(result, rows), lead=True)
    shown = [name for name, kind in FIGURES.items() if name in figures and kind.present(result)]
    _add_figures(page, result, folder, [name for name in shown if name == "staircase"])
    if rows:
        add_comparison(page, result, rows)
        write_file(folder / "comparison.csv", comparison_csv(result, rows).csv().encode("utf-8"))
    add_warnings(page, result)
    rest = [name for name in shown if name != "staircase"]
    for name in rest:
        _add_figures(page, result, folder, [name])
        if name == ("survival" if "survival" in rest else "residence"):
            add_law(page, result)
    add_conventions(page, result)
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
