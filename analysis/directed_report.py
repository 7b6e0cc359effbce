"""Sections of a report on directed rates: opening, exponents, measured against predicted, wells."""

from __future__ import annotations

import math
from collections.abc import Sequence

from wellhop.analysis.arrhenius_family import FOLLOWS, STARTS
from wellhop.analysis.directed_table import (
    ARM_IN_WORDS,
    MODEL_IN_WORDS,
    ComparedRate,
    pairs,
    rate_chi_square,
)
from wellhop.analysis.figures.drawn import DrawnTable
from wellhop.analysis.figures.labels import number, parameter_html
from wellhop.analysis.report_page import Page, text
from wellhop.analysis.report_text import count_of, finite_text, interval_html, parameter_names, power_html
from wellhop.analysis.result import CampaignResult

_DASH = "&ndash;"
#: Names of rates on the page.
RATE_HTML = {
    "lam_e": "&lambda;<sub>e</sub>",
    "lam_o": "&lambda;<sub>o</sub>",
    "k_v": "<i>k</i><sub>v</sub>",
    "k_b": "<i>k</i><sub>b</sub>",
    "k_d": "<i>k</i><sub>d</sub>",
    "k_LH": "<i>k</i><sub>LH</sub>",
    "k_HL": "<i>k</i><sub>HL</sub>",
    "Gamma": "&Gamma;",
    "Omega": "&Omega;",
}
DEFINITIONS = (
    f"{RATE_HTML['k_v']}: vacuum &rarr; bright + or bright &minus;, total. {RATE_HTML['k_b']}: one bright state &rarr; vacuum. "
    f"{RATE_HTML['k_d']}: directly between the bright states. {RATE_HTML['lam_e']} = {RATE_HTML['k_v']} + {RATE_HTML['k_b']}, "
    f"{RATE_HTML['lam_o']} = {RATE_HTML['k_b']} + 2 {RATE_HTML['k_d']}. "
    f"Where the vacuum is no well, {RATE_HTML['lam_o']} is the decay rate of the difference between the bright states.",
    f"The quoted {RATE_HTML['lam_e']} and {RATE_HTML['lam_o']} are decay rates of the autocorrelations of the well's label; their "
    "split rests on starts in the coherent state of every well, as the spectral definition does. Neither depends on how long a "
    "transit takes. Counted rates (switches between cores per time) stand beside them and are short by about rate &times; transit.",
    "Quantum jumps are compared with the exact model, Langevin trajectories with the truncated Wigner generator. The two have "
    "different exponents for <i>U</i> &rarr; 0: where they differ, neither is wrong.",
    f"A pull is ln(measured/predicted) in standard errors; of {RATE_HTML['k_d']}, which may vanish, it is "
    "(measured &minus; predicted) in standard errors.",
)


def directed_lead(result: CampaignResult, rows: Sequence[ComparedRate]) -> str:
    """The opening: how many points and arms, how well they agree."""
    sentences = []
    for arm, words in ARM_IN_WORDS.items():
        mine = [row for row in rows if row.arm == arm]
        if not mine:
            continue
        points = len({row.point.index for row in mine})
        sentence = f"{words.capitalize()} measured the directed rates at {count_of(points, 'point')}"
        names = {row.name for row in mine}
        if names <= {"lam_o", "Gamma", "Omega"}:
            sentence = f"{words.capitalize()} measured the decay rate at {count_of(points, 'point')}"
            turning = sum(row.name == "Omega" for row in mine)
            if turning:
                sentence += f" and the frequency at {turning if turning < points else 'each of them'}"
        pulls = [row.comparison.pull for row in mine if row.comparison is not None]
        pulls = [pull for pull in pulls if math.isfinite(pull)]
        if pulls:
            within = sum(abs(pull) < 4.0 for pull in pulls)
            lie = "lies" if within == len(pulls) == 1 else "lie"
            sentence += (
                f": {within} of {count_of(len(pulls), 'rate')} {lie} within four standard errors of the {MODEL_IN_WORDS[arm]}, "
                f"the largest deviation is {max(pulls, key=abs):+.2f} standard errors"
            )
        sentences.append(sentence + ".")
    return " ".join(sentences) or f"No rate has been measured yet at {count_of(len(result.points), 'point')}."


def add_rates(page: Page, result: CampaignResult, rows: Sequence[ComparedRate]) -> None:
    """The table of pulls, and a sentence per arm and rate on all points together."""
    page.heading("Measured against predicted")
    names = parameter_names(result)
    unit = f"/{parameter_html(CampaignResult('', '', '', ()), result.unit)}" if result.unit else ""
    head = ["point", *(parameter_html(result, name) for name in names), "arm", "rate", f"measured{unit}"]
    head += [f"{100 * rows[0].estimate.level:g} % interval", "error<br>[%]", "switches", f"counted{unit}"]
    head += [f"predicted{unit}", "pull", "verdict"]
    body = [_row(result, row, names) for row in rows]
    flagged = [i for i, row in enumerate(rows) if row.verdict == "disagrees"]
    place = 1 + len(names)
    caption = "Predictions in brackets lie outside the range in which they hold; counted: between the reference cores."
    page.table(head, body, caption, [place, place + 1, len(head) - 1], flagged)
    lines = []
    for arm, name in pairs(rows):
        total = rate_chi_square(rows, arm, name)
        if total is not None:
            mean = ""
            if not math.isnan(total.factor):
                mean = f"; measured / predicted = {total.factor:.4f} &plusmn; {total.factor_error:.4f} on average"
            lines.append(
                f"{RATE_HTML[name]} of {ARM_IN_WORDS[arm]} against the {MODEL_IN_WORDS[arm]}: &chi;&sup2; = {total.chi2:.1f} for "
                f"{count_of(total.n_points, 'point')}, <i>p</i> = {power_html(total.p_value, 2)}{mean}. {text(total.verdict)}."
            )
    if lines:
        page.items(lines)


def _row(result: CampaignResult, row: ComparedRate, names: Sequence[str]) -> list[str]:
    scale, rate = result.scale(row.point), row.estimate
    cells = [str(row.point.index), *(number(result.parameter(row.point, n)) for n in names)]
    cells += [row.arm_label, RATE_HTML[row.name]]
    if "standard_error" in rate.counts:
        low, high = (_signed(x / scale) for x in (rate.lower, rate.upper))
        cells += [_signed(rate.value / scale), f"{low} &hellip; {high}", _DASH]
    elif rate.value > 0.0:
        limits = interval_html(rate.value / scale, rate.lower / scale, rate.upper / scale)
        cells += [power_html(rate.value / scale), limits, f"{100 * rate.relative_error:.1f}"]
    else:
        limit = f"&lt; {power_html(rate.upper / scale)}" if math.isfinite(rate.upper) else _DASH
        cells += [limit, _DASH, _DASH]
    cells.append(_DASH if row.switches is None else str(row.switches))
    counted = row.counted
    cells.append(power_html(counted.value / scale) if counted is not None and counted.value > 0.0 else _DASH)
    if row.prediction is None or not math.isfinite(row.prediction.value):
        cells.append(_DASH)
    else:
        value = _signed(row.prediction.value / scale, 5)
        cells.append(value if row.prediction.valid else f"({value})")
    cells.append(_DASH if row.comparison is None else finite_text(row.comparison.pull, "+.2f"))
    return [*cells, row.verdict or _DASH]


def _signed(value: float, digits: int = 3) -> str:
    return ("&minus;" if value < 0.0 else "") + power_html(abs(value), digits)


def add_wells(page: Page, result: CampaignResult) -> None:
    """Stationary weight of the bright pair or of the second well, photon number, transits and starts, point by point."""
    rows = []
    names = parameter_names(result)
    for point in result.points:
        for arm, m in point.directed.items():
            photons = point.prediction("photons" if arm == "jumps" else "photons_twa")
            core = m.core
            rows.append([
                str(point.index), *(number(result.parameter(point, n)) for n in names), arm,
                _DASH if m.bright_weight is None else f"{m.bright_weight.value:.4f} &plusmn; {m.bright_weight.error:.4f}",
                _DASH if m.photons is None else f"{m.photons.value:.4f} &plusmn; {m.photons.error:.4f}",
                _DASH if photons is None or not photons.valid else f"{photons.value:.4f}",
                finite_text(core.transit_v * result.scale(point), ".2f"),
                finite_text(core.transit_b * result.scale(point), ".2f"),
                finite_text(core.rate_x_transit, ".4f"),
                str(m.n_trajectories), str(m.n_failed), power_html(m.total_time * result.scale(point), 4),
            ])  # fmt: skip
    if not rows:
        return
    naming = next(m.core.naming for point in result.points for m in point.directed.values())
    page.heading("Wells")
    head = [
        "point",
        *(parameter_html(result, n) for n in names),
        "arm",
        f"{naming.other} weight",
        "photons",
        "predicted",
    ]
    head += [
        "transit out of<br>" + ("vacuum" if naming.wells == 3 else naming.first),
        f"out of<br>{naming.other}",
        "rate &times;<br>transit",
        "trajectories",
        "failed",
        "total time",
    ]
    page.table(head, rows, "Errors are one standard error.", [1 + len(names)])


def add_exponents(page: Page, result: CampaignResult) -> None:
    """Exponents of measured and predicted rates beside the actions."""
    for family in result.arrhenius:
        where = ", ".join(f"{parameter_html(result, n)} = {number(v)}" for n, v in family.family)
        rows = []
        for name, start in STARTS.items():
            for arm, kind in FOLLOWS.items():
                cells = [RATE_HTML[name], ARM_IN_WORDS[arm]]
                for fit in (family.fits.get((arm, name)), family.generator_fits.get((kind, name))):
                    cells.append(
                        _DASH if fit is None else f"{fit.action:.3f} &nbsp;[{fit.lower:.3f}, {fit.upper:.3f}]"
                    )
                action = family.actions.get(kind)
                cells.append(_DASH if action is None else f"{getattr(action, start):.4f}")
                ansatz = family.actions.get("ansatz")
                cells.append(
                    f"{getattr(ansatz, start):.4f}" if ansatz is not None and kind == "twa" else _DASH
                )
                fit = family.fits.get((arm, name))
                cells.append(_DASH if fit is None else text(f"{fit.model.name}, {fit.U.size} points"))
                if fit is not None or family.generator_fits.get((kind, name)) is not None:
                    rows.append(cells)
        if rows:
            head = ["rate", "arm", "<i>S</i> of the<br>measured rates", "<i>S</i> of the<br>predicted rates"]
            head += ["action<br><i>U</i> &rarr; 0", "ansatz", "fitted form"]
            level = next(
                (100 * f.level for f in (*family.fits.values(), *family.generator_fits.values())), 95.0
            )
            caption = (
                f"Exponents for {where}: ln <i>k</i> = &minus;<i>S</i>/<i>U</i> + <i>b</i> ln <i>U</i> + <i>c</i> + "
                f"<i>c</i><sub>1</sub><i>U</i>, {level:g} % intervals, the uncertain form of the correction included."
            )
            page.table(head, rows, caption, [0, 1, 6])
        notes = [f"{arm}, {name}: {w}" for (arm, name), fit in family.fits.items() for w in fit.warnings]
        if notes or family.missing:
            page.items(text(note) for note in (*notes, *family.missing))


def exponent_lines(result: CampaignResult) -> list[str]:
    """The exponents of the measured rates beside the actions, as text; none without a sweep of U."""
    lines = []
    for family in result.arrhenius:
        where = ", ".join(f"{name} = {number(value)}" for name, value in family.family)
        for (arm, name), fit in family.fits.items():
            kind = FOLLOWS[arm]
            own, other = (family.actions.get(k) for k in (kind, "twa" if kind == "exact" else "exact"))
            expected = "" if own is None else f"; {_ACTIONS[kind]} = {getattr(own, STARTS[name]):.4f}"
            if other is not None:
                expected += f", {_ACTIONS['twa' if kind == 'exact' else 'exact']} = {getattr(other, STARTS[name]):.4f}"
            lines.append(
                f"exponent of {name} of {ARM_IN_WORDS[arm]} at {where}: S = {fit.action:.3f} "
                f"[{fit.lower:.3f}, {fit.upper:.3f}] ({100 * fit.level:g} %, {fit.U.size} points){expected}"
            )
    return lines


#: Actions by kind.
_ACTIONS = {"exact": "S^Q", "twa": "S^TWA"}


def exponents_csv(result: CampaignResult) -> DrawnTable:
    """Every exponent as plain numbers."""
    table = DrawnTable(
        (
            "family",
            "source",
            "rate",
            "S",
            "lower",
            "upper",
            "statistical",
            "systematic",
            "form",
            "points",
            "action",
        )
    )
    for family in result.arrhenius:
        name_of = " ".join(f"{n}={number(v)}" for n, v in family.family)
        entries = [(arm, FOLLOWS[arm], name, fit) for (arm, name), fit in family.fits.items()]
        entries += [
            (f"{kind} generator", kind, name, fit) for (kind, name), fit in family.generator_fits.items()
        ]
        for source, kind, name, fit in entries:
            action = family.actions.get(kind)
            table.add(
                name_of, source, name, fit.action, fit.lower, fit.upper, fit.statistical, fit.systematic, fit.model.name,
                fit.U.size, None if action is None else getattr(action, STARTS[name]),
            )  # fmt: skip
    return table
