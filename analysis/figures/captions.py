"""Captions of the figures: what is drawn, in plain sentences, ready for the page."""

from __future__ import annotations

from collections.abc import Callable

from wellhop.analysis.comparison_table import IN_WORDS
from wellhop.analysis.figures.labels import parameter_html
from wellhop.analysis.figures.staircase import reference_name
from wellhop.analysis.result import CampaignResult
from wellhop.engine.systems.duffing_attractors import DuffingAttractors
from wellhop.engine.systems.two_photon_resonator import TwoPhotonResonator


def _staircase(result: CampaignResult) -> str:
    lines = []
    if result.sweep_parameter:
        lines.append(f"Decay rate against {parameter_html(result, result.sweep_parameter)}.")
    level = next((m.decay_rate.level for _, m in result.measured()), None)
    if level is not None:
        lines.append(
            "Symbols: measured by the autocorrelation of single trajectories, with bars for the "
            f"{100 * level:g} % interval where it is larger than the symbol."
        )
        other = sum("autocorrelation" not in m.decay_rate.method for _, m in result.measured())
        if other:
            lines.append(f"At {other} of them by residence times or the ensemble: the autocorrelation resolved nothing there.")
    drawn = {curve.name for curve in result.curves}
    if "liouvillian" in drawn:
        lines.append("Solid lines: exact decay rate of the Liouvillian.")
    if "semi_analytical" in drawn:
        lines.append("Dashed lines: semi-analytical rate with one downward step.")
    if result.critical_drives:
        lines.append(
            "Ticks across the lines: critical drives, at which the numbered manifold is as likely to cross "
            "the "
            "barrier as to cool down."
        )
    reference = reference_name(result)
    if reference:
        lines.append(
            f"Below: ln(measured/predicted) against the {IN_WORDS[reference]} in standard errors, with "
            f"bands of one, two "
            f"and "
            "four standard errors."
        )
    return " ".join(lines)


def _fixed(*sentences: str) -> Callable[[CampaignResult], str]:
    return lambda _: " ".join(sentences)


def _trajectory(result: CampaignResult) -> str:
    if result.system == TwoPhotonResonator.name:
        return (
            "Single trajectories: position along the axis of the wells (&plusmn;1 there) and photon number. Dashed: the wells of "
            "the mean field. The fill is the label given by the core sets. Without one-photon loss parity is conserved: no record "
            "tells the wells apart, nothing switches, and there is no label."
        )
    if result.system == DuffingAttractors.name:
        return (
            "Single trajectories: position along the line between the attractors (&minus;1 at LAS, +1 at HAS) and photon number. "
            "Dashed: the attractors of the mean field. The fill is the label given by the core sets, which ignores excursions "
            "that come back."
        )
    if any(point.wells for point in result.points):
        return (
            "Single trajectories: position along the axis of the bright wells (&plusmn;1 there) and photon number. Dashed: the "
            "wells of the mean field. The fill is the label given by the core sets, which ignores excursions that come back."
        )
    return " ".join(
        (
            "Order parameter along single trajectories. Counting photons never reveals the well, so",
            "&lang;<i>X</i>&rang; dies out; displaced clicks do, and &lang;<i>X</i>&rang; switches.",
            "The fill is the label given by the core sets, which ignores fast crossings of zero.",
        )
    )


#: Caption of each figure of the report, as a function of the result.
CAPTIONS: dict[str, Callable[[CampaignResult], str]] = {
    "staircase": _staircase,
    "arrhenius": _fixed(
        "Rates against 1/<i>U</i>, out of the vacuum (left) and out of a bright state (right). Symbols: measured, quantum "
        "jumps and Langevin trajectories. Solid lines: the Liouvillian and the truncated Wigner generator. Dashed and dotted: "
        "exp(&minus;<i>S</i>/<i>U</i>) with the actions of either and of the ansatz, through the last predicted point. Middle: "
        "measured over predicted. Below: slopes, which tend to the actions as <i>U</i> &rarr; 0.",
    ),
    "directed_rates": _fixed(
        "Measured over predicted rates at every point (side by side; numbers as in the table), with intervals. "
        "Crosses: switches counted between cores, which miss the time of transits and, next to fast returns, count too many.",
    ),
    "inverse_eta": _fixed(
        "Rates against 1/&eta; at fixed drive and detuning. Symbols: measured. Solid lines: predicted at the same points. Dotted: "
        "exp(&minus;<i>S</i>) of Eq. (32) through the last of them. Below: measured over predicted. Right: <i>S</i>&eta; fitted to "
        "the measured rates (filled) and to the predicted ones (open), with 95 % intervals; dotted: Eq. (32).",
    ),
    "inverse_lam": _fixed(
        "Rates against 1/&lambda;, out of the small orbit (left) and out of the large one (right). Symbols: measured, quantum "
        "jumps and Langevin trajectories. Solid lines: the Liouvillian and the truncated Wigner generator at the same points. "
        "Dotted: exp(&minus;<i>R</i>/&lambda;) with the closed quantum action or the classical instanton, through the last of "
        "them. Middle: measured over predicted. Below: <i>R</i> fitted to the measured rates (filled) and to the predicted ones "
        "(open), with 95 % intervals; dotted: the actions.",
    ),
    "coherence": _fixed(
        "Ensemble average of the coherence &lang;<i>C</i>&rang; = (2/&alpha;<sub>0</sub>)&lang;<i>P</i><sub>odd</sub> <i>a</i> "
        "<i>P</i><sub>even</sub>&rang; with two standard errors; lines: exp(&lambda;<i>t</i>) of the exact eigenvalue, 1 at the "
        "start, where the coherent state is not quite the metastable one.",
    ),
    "residence": _fixed(
        "Probability density of the residence times, corrected for residences cut off by the end of a",
        "trajectory; vertical bars are 68 % Poisson limits, horizontal bars the bins.",
        "Dashed: the exponential with the rate <i>k</i> = switches / residence time.",
        "A dip at short times is the time that a transit takes.",
    ),
    "survival": _fixed(
        "Kaplan-Meier estimate of the fraction of residences longer than <i>t</i>, against <i>t</i> times "
        "the",
        "decay rate that the autocorrelation gives at the same point, with pointwise bands.",
        "Dashed: the exponential that all points should follow.",
        "Dotted, where present: points whose transits are so long that residence times do not measure the "
        "rate.",
    ),
    "trajectory": _trajectory,
    "clicks": _fixed(
        "Clicks of all channels per unit of time, and how many times more clicks counting needs.",
        "Both unravellings have the same ensemble averages.",
    ),
    "checks": _fixed(
        "Size of the space: change of the exact rate with 16 more Fock states, and in the reduced model "
        "that the",
        "trajectories run in. Then the rate from residence times against the core threshold, the "
        "autocorrelation",
        "rate against burn-in and against the first lag used, and the estimators beside each other, each "
        "relative",
        "to the exact rate, or to the quoted rate where there is none. Bars of the ensemble decay may leave "
        "the panel.",
        "There is no time step to check: waiting times are exact.",
    ),
}
