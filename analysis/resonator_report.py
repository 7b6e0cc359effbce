"""Sections of a report on the two-photon resonator: what the rates mean, coherences, truncated Wigner."""

from __future__ import annotations

import math

from wellhop.analysis.exponent_report import RESONATOR
from wellhop.analysis.figures.labels import number, parameter_html
from wellhop.analysis.report_page import Page, text
from wellhop.analysis.report_text import finite_text, parameter_names, power_html
from wellhop.analysis.result import CampaignResult

_DASH = "&ndash;"
_NAMES = RESONATOR.names
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
