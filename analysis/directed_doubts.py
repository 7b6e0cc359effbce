"""What casts doubt on directed rates: the law of the residences, transits, starts, time scales, counts that disagree."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

from wellhop.analysis import point_estimates as point
from wellhop.analysis.directed_cores import DirectedCores
from wellhop.analysis.directed_estimates import DirectedEstimates
from wellhop.analysis.estimate import RateEstimate
from wellhop.analysis.survival import (
    ExponentialityTest,
    SurvivalCurve,
    exponentiality_test,
    kaplan_meier,
)

#: Share of the error of a directed rate from which on an ideal label is worth a warning.
IDEAL_SHARE = 0.5
#: |coefficient of variation - 1| of the residences from which on they are called not exponential.
ODD_VARIATION = 0.1


@dataclass(frozen=True)
class WellLaw:
    """Law of the residences in one kind of well whose beginning was seen.

    Attributes:
        survival: ``None`` without a switch. exponentiality: ``None`` with fewer than 3.
    """

    survival: SurvivalCurve | None
    exponentiality: ExponentialityTest | None


def residence_laws(core: DirectedCores, level: float) -> dict[str, WellLaw]:
    """Survival and exponentiality of residences in the central and in the other wells, by the names these have."""
    seen, naming = core.residences.complete_starts(), core.naming
    laws = {}
    for name, inside in (
        (naming.first, seen.well == naming.centre),
        (naming.other, seen.well != naming.centre),
    ):
        part = replace(seen, rows=seen.rows[inside])
        n = part.n_switched
        laws[name] = WellLaw(
            kaplan_meier(part.durations, part.switched, level) if n >= 1 else None,
            exponentiality_test(part.durations, part.switched) if n >= 3 else None,
        )
    return laws


def doubts(
    found: DirectedEstimates, core: DirectedCores, separation: float, laws: Mapping[str, WellLaw]
) -> list[str]:
    """Warnings of the estimates and about time scales, starts, cores and the law of the residences."""
    naming = core.naming
    out = [
        f"{naming.rates[inner]}: {w}"
        for inner, rate in found.rates.items()
        for w in rate.warnings
        if w not in core.warnings
    ]
    out += core.warnings
    if separation < point.SEPARATION_WARN:
        strong = separation < point.SEPARATION_REFUSE
        limit = point.SEPARATION_REFUSE if strong else point.SEPARATION_WARN
        out.append(
            f"separation: second rate / {naming.rates['lam_e']} = {separation:.3g} < {limit:g}: "
            + (
                "rates among wells mean little"
                if strong
                else f"the system does not quite have {naming.wells} states"
            )
        )
    for inner in ("k_v", "k_b"):
        rate, name = found.rates[inner], naming.rates[inner]
        share = float(rate.counts.get("ideal_label_error", 0.0))
        if share > IDEAL_SHARE * rate.relative_error:
            out.append(
                f"starts: too few to measure how labels lag behind; the error of {name} contains {100 * share:.1f} % for it; more "
                "and shorter trajectories would remove that"
            )
    for inner in ("k_v", "k_b"):
        out += _disagreement(naming.rates[inner], found.rates[inner], core)
    for well, law in laws.items():
        test = law.exponentiality
        if test is None or core.warnings:
            continue
        # with thousands of residences a few fast recrossings show; they are worth a word when they are many
        if test.p_value < point.ODD_P and abs(test.coefficient_of_variation - 1.0) > ODD_VARIATION:
            out.append(
                f"exponentiality: residences in the {well} well are not exponential (p = {test.p_value:.2g}), coefficient of "
                f"variation {test.coefficient_of_variation:.3f}"
            )
    return out


def _disagreement(name: str, rate: RateEstimate, core: DirectedCores) -> list[str]:
    """A warning if counted and spectral rate differ by more than three errors and what transits explain."""
    counted = core.rate(name)
    if counted is None or not (counted.value > 0.0 and rate.value > 0.0) or rate.scale is not None:
        return []
    apart = abs(math.log(counted.value / rate.value))
    explained = 0.0 if math.isnan(core.rate_x_transit) else 2.0 * core.rate_x_transit
    error = math.hypot(counted.relative_error, rate.relative_error)
    if apart < 3.0 * error + explained:
        return []
    return [
        f"cores: counted {name} = {counted.value:.4g} against {rate.value:.4g} from the labels' slow modes; the cores "
        f"{core.name} do not tell the wells apart cleanly"
    ]
