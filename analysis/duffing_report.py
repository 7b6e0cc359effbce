"""Sections of a report on the Duffing oscillator: what the rates mean, exponents."""

from __future__ import annotations

from wellhop.analysis.duffing_families import DuffingFamily
from wellhop.analysis.figures.drawn import DrawnTable
from wellhop.analysis.figures.labels import number
from wellhop.analysis.report_page import Page, text
from wellhop.analysis.report_text import finite_text
from wellhop.analysis.result import CampaignResult

_DASH = "&ndash;"
_NAMES = {"k_LH": "<i>k</i><sub>LH</sub>", "k_HL": "<i>k</i><sub>HL</sub>"}
DEFINITIONS = (
    f"{_NAMES['k_LH']}: one-way rate from the small orbit LAS to the large orbit HAS; {_NAMES['k_HL']}: back. &Gamma; is their "
    f"sum, the decay rate of the population difference. {_NAMES['k_LH']} = &Gamma; &times; stationary weight of HAS.",
    "The quoted &Gamma; is the decay rate of the autocorrelation of the label; its split rests on starts in the coherent state "
    "of either attractor, as the spectral definition does. Neither depends on how long a transit takes. Counted rates (switches "
    "between cores per time) stand beside them: short by about rate &times; transit, and long by switches that soon return, here "
    "often the larger of the two (10 % and more). Sums over points agree down to <i>p</i> = 0.001 of their &chi;&sup2;.",
    "Quantum jumps are compared with the exact model, Langevin trajectories with the truncated Wigner generator. The two have "
    "different exponents for &lambda; &rarr; 0, from a cold bath not even the same preferred attractor: where they differ, "
    "neither is wrong.",
    "Rates behave as exp(&minus;<i>R</i>/&lambda;). <i>R</i> of the quantum model is closed for a bath without thermal photons "
    "and without dephasing; that of the truncated Wigner equation is the classical instanton.",
)


def add_duffing_exponents(page: Page, result: CampaignResult) -> None:
    """Exponents of measured and predicted rates beside the actions."""
    for family in result.duffing:
        rows = []
        for (arm, name), fit in family.fits.items():
            other = family.predicted.get((arm, name))
            rows.append([
                _NAMES[name], text(arm), f"{fit.action:.3f} &nbsp;[{fit.lower:.3f}, {fit.upper:.3f}]",
                _DASH if other is None else f"{other.action:.3f} &nbsp;[{other.lower:.3f}, {other.upper:.3f}]",
                finite_text(family.actions.get((arm, name), float("nan")), ".4f"), str(fit.U.size), text(fit.model.name),
            ])  # fmt: skip
        if rows:
            head = ["rate", "arm", "<i>R</i> of the<br>measured rates", "<i>R</i> of the<br>predicted rates"]
            head += ["action,<br>&lambda; &rarr; 0", "points", "fitted form"]
            caption = (
                f"Exponents at {text(_where(family))}: ln <i>k</i> = &minus;<i>R</i>/&lambda; + <i>c</i> + "
                "<i>c</i><sub>1</sub>&lambda;, the correction <i>c</i><sub>1</sub> held near 0 where the rates do not tell it; its "
                "uncertain size is in every interval."
            )
            page.table(head, rows, caption, [0, 1, 6])
        notes = [f"{arm}, {name}: {w}" for (arm, name), fit in family.fits.items() for w in fit.warnings]
        if notes or family.missing:
            page.items(text(note) for note in (*notes, *family.missing))


def duffing_exponent_lines(result: CampaignResult) -> list[str]:
    """The exponents of the measured rates beside the actions, as text; none without a sweep of λ."""
    lines = []
    for family in result.duffing:
        for (arm, name), fit in family.fits.items():
            action = family.actions.get((arm, name))
            known = "" if action is None else f"; action {action:.4f}, {'inside' if fit.holds(action) else 'OUTSIDE'}"
            lines.append(
                f"exponent of {name} of {arm} at {_where(family)}: R = {fit.action:.3f} [{fit.lower:.3f}, {fit.upper:.3f}] "
                f"({100 * fit.level:g} %, {fit.U.size} points){known}"
            )
    return lines


def duffing_exponents_csv(result: CampaignResult) -> DrawnTable:
    """Every exponent as plain numbers."""
    table = DrawnTable(
        ("family", "source", "rate", "R", "lower", "upper", "statistical", "systematic", "form", "points", "action")
    )
    for family in result.duffing:
        for kind, fits in (("", family.fits), (" predicted", family.predicted)):
            for (arm, name), fit in fits.items():
                table.add(
                    _where(family), arm + kind, name, fit.action, fit.lower, fit.upper, fit.statistical, fit.systematic,
                    fit.model.name, fit.U.size, family.actions.get((arm, name)),
                )  # fmt: skip
    return table


def _where(family: DuffingFamily) -> str:
    return ", ".join(f"{n} = {number(v)}" for n, v in family.family)
