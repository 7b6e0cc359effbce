"""Sections of a report on exponents over a small parameter: table, lines of text, numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from wellhop.analysis.exponent_families import ExponentFamily
from wellhop.analysis.figures.drawn import DrawnTable
from wellhop.analysis.figures.labels import number
from wellhop.analysis.report_page import Page, text
from wellhop.analysis.report_text import finite_text
from wellhop.analysis.result import CampaignResult

_DASH = "&ndash;"


@dataclass(frozen=True)
class ExponentWords:
    """What the exponent of a system and its parts are called.

    Attributes:
        html, plain: the exponent on the page and in text. small: the small parameter on the page. over: the exponent over it.
        names: rates on the page. known_html, known, column: the action on the page, in text and in the table of numbers.
    """

    html: str
    plain: str
    small: str
    over: str
    names: Mapping[str, str]
    known_html: str
    known: str
    column: str


RESONATOR = ExponentWords(
    html="<i>S</i>&eta;",
    plain="S eta",
    small="&eta;",
    over="<i>S</i>&eta;/&eta;",
    names={"Gamma": "&Gamma;", "Omega": "&Omega;"},
    known_html="closed form<br>(32)",
    known="Eq. (32) of Mylnikov et al.",
    column="closed form",
)
DUFFING = ExponentWords(
    html="<i>R</i>",
    plain="R",
    small="&lambda;",
    over="<i>R</i>/&lambda;",
    names={"k_LH": "<i>k</i><sub>LH</sub>", "k_HL": "<i>k</i><sub>HL</sub>"},
    known_html="action,<br>&lambda; &rarr; 0",
    known="action",
    column="action",
)


def add_exponents_over(page: Page, result: CampaignResult, words: ExponentWords) -> None:
    """Exponents of measured and predicted rates beside the actions."""
    for family in result.exponents:
        rows = []
        for (arm, name), fit in family.fits.items():
            other = family.predicted.get((arm, name))
            rows.append([
                words.names[name], text(arm), f"{fit.action:.3f} &nbsp;[{fit.lower:.3f}, {fit.upper:.3f}]",
                _DASH if other is None else f"{other.action:.3f} &nbsp;[{other.lower:.3f}, {other.upper:.3f}]",
                finite_text(family.actions.get((arm, name), float("nan")), ".4f"), str(fit.U.size), text(fit.model.name),
            ])  # fmt: skip
        if rows:
            head = ["rate", "arm", f"{words.html} of the<br>measured rates", f"{words.html} of the<br>predicted rates"]
            head += [words.known_html, "points", "fitted form"]
            caption = (
                f"Exponents at {text(_where(family))}: ln <i>k</i> = &minus;{words.over} + <i>c</i> + "
                f"<i>c</i><sub>1</sub>{words.small}, the correction <i>c</i><sub>1</sub> held near 0 where the rates do not tell "
                "it; its uncertain size is in every interval."
            )
            page.table(head, rows, caption, [0, 1, 6])
        notes = [f"{arm}, {name}: {w}" for (arm, name), fit in family.fits.items() for w in fit.warnings]
        if notes or family.missing:
            page.items(text(note) for note in (*notes, *family.missing))


def exponent_lines_over(result: CampaignResult, words: ExponentWords) -> list[str]:
    """The exponents of the measured rates beside the actions, as text; none without a sweep."""
    lines = []
    for family in result.exponents:
        for (arm, name), fit in family.fits.items():
            action = family.actions.get((arm, name))
            known = ""
            if action is not None:
                known = f"; {words.known} {action:.4f}, {'inside' if fit.holds(action) else 'OUTSIDE'}"
            lines.append(
                f"exponent of {name} of {arm} at {_where(family)}: {words.plain} = {fit.action:.3f} [{fit.lower:.3f}, "
                f"{fit.upper:.3f}] ({100 * fit.level:g} %, {fit.U.size} points){known}"
            )
    return lines


def exponents_csv_over(result: CampaignResult, words: ExponentWords) -> DrawnTable:
    """Every exponent as plain numbers."""
    table = DrawnTable(
        (
            "family", "source", "rate", words.plain, "lower", "upper", "statistical", "systematic", "form", "points",
            words.column,
        )
    )  # fmt: skip
    for family in result.exponents:
        for kind, fits in (("", family.fits), (" predicted", family.predicted)):
            for (arm, name), fit in fits.items():
                table.add(
                    _where(family), arm + kind, name, fit.action, fit.lower, fit.upper, fit.statistical, fit.systematic,
                    fit.model.name, fit.U.size, family.actions.get((arm, name)),
                )  # fmt: skip
    return table


def _where(family: ExponentFamily) -> str:
    return ", ".join(f"{n} = {number(v)}" for n, v in family.family)
