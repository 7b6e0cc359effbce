"""From the trajectories of a unit to a rate: the judge of the stop rule, and the full measurement for the report."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from wellhop.engine.errors import StatisticsError
from wellhop.engine.records import EndState, TrajectoryRecord
from wellhop.jobs.stopping import Progress, RecordsTally, Tally, apply_rule
from wellhop.jobs.units import Unit

if TYPE_CHECKING:
    from wellhop.analysis.coherence_measurement import CoherenceMeasurement
    from wellhop.analysis.directed_measurement import DirectedMeasurement
    from wellhop.analysis.estimate import RateEstimate
    from wellhop.analysis.manifold_branching import BranchingMeasurement
    from wellhop.analysis.measurement import Measurement

    Measured = Measurement | DirectedMeasurement | CoherenceMeasurement

#: Observable with the photon number.
PHOTONS = "n"


def tally_of(unit: Unit) -> Tally:
    """A fresh tally for a unit: keeps its records, judges them with the headline estimator.

    Directed rates are read from the labels, Γ of two wells from the order parameter.
    """
    columns = 2 if is_coherence(unit.about) else 0 if has_centre(unit.about) else 1
    return RecordsTally(lambda records: judge(unit, records), columns=columns)


def judge(unit: Unit, records: Sequence[TrajectoryRecord]) -> Progress:
    """Rate, relative error and counts of all records so far, held against the unit's stop rule."""
    about = unit.about
    exposure = float(sum(r.elapsed for r in records))
    value, error, switches, name = math.nan, math.inf, 0, ""
    # the tally leaves failed trajectories out, so any record here can be used
    if records and (about["core_names"] or is_coherence(about)):
        estimate, switches, name = deciding_rate(about, records)
        value, error = estimate.value, estimate.relative_error
    return apply_rule(
        about["rule"],
        about["target"],
        value=value,
        relative_error=error,
        switches=switches,
        exposure=exposure,
        trajectories=len(records),
        quantity=name,
    )


def deciding_rate(about: Any, records: Sequence[TrajectoryRecord]) -> tuple[RateEstimate, int, str]:
    """What a stop rule looks at: Γ of two like wells, the less certain of both directions of others or of Γ and Ω of a
    coherence; the number of switches; its name.

    The name is empty where there is only one rate.

    Args:
        about: description of the unit, as :mod:`wellhop.jobs.prepare` writes it. records: usable ones.
    """
    if is_coherence(about):
        from wellhop.analysis.coherence_measurement import coherence_headline

        pair = coherence_headline(records, **_coherence(about))
        name = max(pair, key=lambda name: _uncertainty(pair[name]))
        return pair[name], 0, name
    if not has_centre(about):
        from wellhop.analysis.measurement import headline

        estimate = headline(oriented(about, records), **_reading(about), **_two_wells(about))
        return estimate, int(estimate.counts.get("switches", 0)), ""
    from wellhop.analysis.directed_measurement import directed_headline
    from wellhop.analysis.directed_naming import NAMINGS

    rates = directed_headline(records, **_reading(about), **_directed(about))
    hops = [rate for rate in rates.values() if rate.quantity == "escape_rate"]
    switches = sum(int(rate.counts.get("switches", 0)) for rate in hops)
    name = max(NAMINGS[about["wells"]].escapes, key=lambda name: _uncertainty(rates[name]))
    return rates[name], switches, name


def measurement_of(
    unit: Unit, records: Sequence[TrajectoryRecord]
) -> Measured | None:
    """Everything the trajectories of a unit say; ``None`` where none of them can be used."""
    if not any(r.state is not EndState.FAILED for r in records):
        return None
    return full_measurement(unit.about, records)


def full_measurement(
    about: Any, records: Sequence[TrajectoryRecord]
) -> Measured:
    """The same from the description alone, what was doubtful from the start first; some record must be usable."""
    doubts = tuple(about.get("warnings", ()))
    if is_coherence(about):
        from wellhop.analysis.coherence_measurement import measure_coherence

        coherent = measure_coherence(
            records, **_coherence(about), channel_names=about["channel_names"], second_rate=about["second_rate"]
        )
        return replace(coherent, warnings=(*doubts, *coherent.warnings))
    if has_centre(about):
        from wellhop.analysis.directed_measurement import measure_directed

        directed = measure_directed(
            records, **_reading(about), **_directed(about), second_rate=about["second_rate"], photons=_photons(about)
        )
        return replace(directed, warnings=(*doubts, *directed.warnings))
    from wellhop.analysis.measurement import measure

    found = measure(
        oriented(about, records),
        **_reading(about),
        **_two_wells(about),
        channel_names=about["channel_names"],
        second_rate=about["second_rate"],
    )
    return replace(found, warnings=(*doubts, *found.warnings))


def with_branching(
    about: Any, records: Sequence[TrajectoryRecord], measured: Measurement
) -> tuple[Measurement, BranchingMeasurement | None]:
    """Γ by manifold, where manifolds were told apart; what stands in its way becomes a warning of the measurement."""
    names = about.get("integrated_names")
    if not names:
        return measured, None
    from wellhop.analysis.manifold_branching import measure_branching

    reading = {name: about[name] for name in ("sample_interval", "burn_in", "relaxation_time", "rate_guess")}
    try:
        return measured, measure_branching(records, names, **reading)
    except StatisticsError as error:
        return replace(measured, warnings=(*measured.warnings, f"manifolds: no rates by manifold ({error})")), None


def has_centre(about: Any) -> bool:
    """Whether there is a well that directed rates are counted from."""
    return about.get("centre") is not None


def is_coherence(about: Any) -> bool:
    """Whether trajectories are read by the coherence between parities, because no record of theirs reveals a well."""
    return about.get("coherence") is not None


def oriented(about: Any, records: Sequence[TrajectoryRecord]) -> Sequence[TrajectoryRecord]:
    """Records whose well 0 is the one with the larger order parameter, as two-well estimators take it.

    Wells of an oscillator are numbered by Re α; for the others nothing changes.
    """
    if about.get("start_signs", [1.0, -1.0])[0] > 0.0:
        return records
    return [r if r.start_well not in (0, 1) else replace(r, start_well=1 - r.start_well) for r in records]


def _uncertainty(estimate: RateEstimate) -> float:
    error = estimate.relative_error
    return error if math.isfinite(error) and error > 0.0 else math.inf


def _photons(about: Any) -> int | None:
    names = list(about["observable_names"])
    return names.index(PHOTONS) if PHOTONS in names else None


def _reading(about: Any) -> dict[str, Any]:
    """What both kinds of estimators want to know."""
    return {name: about[name] for name in ("sample_interval", "burn_in", "relaxation_time", "core_names")}


def _coherence(about: Any) -> dict[str, Any]:
    """What the estimators of a coherence want to know."""
    guess = about["rate_guesses"]
    return {
        "sample_interval": about["sample_interval"],
        "relaxation_time": about["relaxation_time"],
        "guess": complex(guess["Gamma"], guess["Omega"]) if guess else None,
        "sign": about["coherence"],
    }


def _two_wells(about: Any) -> dict[str, Any]:
    return {"rate_guess": about["rate_guess"], "symmetric": about.get("symmetric", True)}


def _directed(about: Any) -> dict[str, Any]:
    from wellhop.analysis.directed_naming import NAMINGS

    return {"naming": NAMINGS[about["wells"]], "rate_guesses": about["rate_guesses"]}
