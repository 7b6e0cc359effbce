"""Sections of a report on the two-photon resonator: what the rates mean, coherences, exponents."""

from __future__ import annotations

import math

from wellhop.analysis.figures.drawn import DrawnTable
from wellhop.analysis.figures.labels import number, parameter_html
from wellhop.analysis.report_page import Page, text
from wellhop.analysis.report_text import finite_text, parameter_names, power_html
from wellhop.analysis.resonator_families import ExponentFamily
from wellhop.analysis.result import CampaignResult

_DASH = "&ndash;"
_NAMES = {"Gamma": "&Gamma;", "Omega": "&Omega;"}
DEFINITIONS = (
    "Without one-photon loss parity is conserved and no record reveals a well. &Gamma; and &Omega; are then decay rate and "
    "frequency of the coherence between even and odd states, &lang;<i>a</i>&rang; ~ exp(&minus;&Gamma;<i>t</i>) "
    "cos(&Omega;<i>t</i>), measured by its complex autocorrelation along trajectories and, as a check, by its ensemble average.",
    "With enough one-photon loss the signal is a telegraph; &Gamma; is the decay rate of the difference between the wells, twice "
    "the rate of switching one way, and &Omega; vanishes.",
    "Langevin trajectories follow the truncated Wigner equation with its diffusion made non-negative, drop: "
    "<i>D</i> = &eta;|&alpha;|&sup2; + &kappa;<sub>1</sub>/4, clip: <i>D</i> = max(&eta;(|&alpha;|&sup2; &minus; &frac12;) + "
    "&kappa;<sub>1</sub>/4, 0). They are compared with a theory of their own, which exists for drop without one-photon loss; an "
    "agreement there says nothing of the quantum model. Without one-photon loss the exponent is the same, the prefactor is not.",
    "Eq. (32) is that of Mylnikov, Potashin, Kamenev: <i>S</i> = 2[<i>s</i> &minus; |&Delta;| arccos(|&Delta;|/<i>G</i>)]/&eta;, "
    "<i>s</i>&sup2; = <i>G</i>&sup2; &minus; &Delta;&sup2;.",
)


def add_coherences(page: Page, result: CampaignResult) -> None:
    """Both estimators point by point, and what the record has given away."""
    rows = []
    names = parameter_names(result)
    for point in result.points:
        m = point.coherence
        if m is None:
            continue
        scale = result.scale(point)
        cells = [str(point.index), *(number(result.parameter(point, n)) for n in names)]
        for name in _NAMES:
            rate = None if m.ensemble is None else m.ensemble[name]
            error = m.rates[name].relative_error
            cells.append(power_html(m.rates[name].value / scale))
            cells.append(f"{100 * error:.1f}" if math.isfinite(error) else _DASH)
            cells.append(_DASH if rate is None else power_html(rate.value / scale))
            cells.append(f"{100 * rate.relative_error:.1f}" if rate is not None and math.isfinite(rate.relative_error) else _DASH)
        cells += [finite_text(m.separation, ".3g"), finite_text(100.0 * m.coherence_left, ".2g")]
        cells += [str(m.n_trajectories), str(m.n_failed), power_html(m.total_time * scale, 4)]
        rows.append(cells)
    if not rows:
        return
    page.heading("Coherence between parities")
    head = ["point", *(parameter_html(result, n) for n in names)]
    for symbol in _NAMES.values():
        head += [f"{symbol}<br>autocorrelation", "error<br>[%]", f"{symbol}<br>ensemble", "error<br>[%]"]
    head += ["next rate /<br>|&lambda;|", "coherence<br>left [%]", "trajectories", "failed", "total time"]
    caption = "Coherence left: mean |&lang;<i>C</i>&rang;|&sup2; at the end of the trajectories over that at their beginning."
    page.table(head, rows, caption)


def add_resonator_exponents(page: Page, result: CampaignResult) -> None:
    """Exponents of measured and predicted rates beside the closed form."""
    for family in result.exponents:
        rows = []
        for (arm, name), fit in family.fits.items():
            other = family.predicted.get((arm, name))
            rows.append([
                _NAMES[name], text(arm), f"{fit.action:.3f} &nbsp;[{fit.lower:.3f}, {fit.upper:.3f}]",
                _DASH if other is None else f"{other.action:.3f} &nbsp;[{other.lower:.3f}, {other.upper:.3f}]",
                finite_text(family.action, ".4f"), str(fit.U.size), text(fit.model.name),
            ])  # fmt: skip
        if rows:
            head = ["rate", "arm", "<i>S</i>&eta; of the<br>measured rates", "<i>S</i>&eta; of the<br>predicted rates"]
            head += ["closed form<br>(32)", "points", "fitted form"]
            where = _where(family)
            caption = (
                f"Exponents at {where}: ln <i>k</i> = &minus;<i>S</i>&eta;/&eta; + <i>c</i> + <i>c</i><sub>1</sub>&eta;, the "
                "correction <i>c</i><sub>1</sub> held near 0 where the rates do not tell it; its uncertain size is in every "
                "interval."
            )
            page.table(head, rows, caption, [0, 1, 6])
        notes = [f"{arm}, {name}: {w}" for (arm, name), fit in family.fits.items() for w in fit.warnings]
        if notes or family.missing:
            page.items(text(note) for note in (*notes, *family.missing))


def resonator_exponent_lines(result: CampaignResult) -> list[str]:
    """The exponents of the measured rates beside the closed form, as text; none without a sweep of η."""
    lines = []
    for family in result.exponents:
        for (arm, name), fit in family.fits.items():
            inside = "inside" if fit.holds(family.action) else "OUTSIDE"
            lines.append(
                f"exponent of {name} of {arm} at {_where(family)}: S eta = {fit.action:.3f} [{fit.lower:.3f}, {fit.upper:.3f}] "
                f"({100 * fit.level:g} %, {fit.U.size} points); Eq. (32) of Mylnikov et al. {family.action:.4f}, {inside}"
            )
    return lines


def wigner_ratios(result: CampaignResult) -> list[tuple[int, str, float, float]]:
    """(point, truncation, measured rate of Langevin trajectories over the exact quantum decay, its standard error)."""
    out = []
    for point in result.points:
        exact = point.prediction("decay")
        if point.langevin is None or not point.truncation_scheme or exact is None or not (exact.valid and exact.value > 0.0):
            continue
        rate = point.langevin.decay_rate
        if rate.value > 0.0:
            ratio = rate.value / exact.value
            out.append((point.index, point.truncation_scheme, ratio, ratio * rate.relative_error))
    return out


def wigner_lines(result: CampaignResult) -> list[str]:
    """How far truncated Wigner is from the quantum model, as text; none without Langevin trajectories."""
    ratios = wigner_ratios(result)
    if not ratios:
        return []
    listed = ", ".join(f"{ratio:.2f} +- {error:.2f} (point {point})" for point, _, ratio, error in ratios)
    return [f"truncated Wigner ({ratios[0][1]}) over the exact quantum Gamma: {listed}"]


def add_wigner_ratios(page: Page, result: CampaignResult) -> None:
    """The same on the page."""
    lines = wigner_lines(result)
    if lines:
        page.items(text(line) for line in lines)


def resonator_exponents_csv(result: CampaignResult) -> DrawnTable:
    """Every exponent as plain numbers."""
    table = DrawnTable(
        ("family", "source", "rate", "S eta", "lower", "upper", "statistical", "systematic", "form", "points", "closed form")
    )
    for family in result.exponents:
        for kind, fits in (("", family.fits), (" predicted", family.predicted)):
            for (arm, name), fit in fits.items():
                table.add(
                    _where(family), arm + kind, name, fit.action, fit.lower, fit.upper, fit.statistical, fit.systematic,
                    fit.model.name, fit.U.size, family.action,
                )  # fmt: skip
    return table


def _where(family: ExponentFamily) -> str:
    return ", ".join(f"{n} = {number(v)}" for n, v in family.family)
