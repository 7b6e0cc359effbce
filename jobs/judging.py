"""From the trajectories of a unit to a rate: the judge of the stop rule, and the full measurement for the report."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from wellhop.engine.records import EndState, TrajectoryRecord
from wellhop.jobs.stopping import Progress, RecordsTally, Tally, apply_rule
from wellhop.jobs.units import Unit

if TYPE_CHECKING:
    from wellhop.analysis.measurement import Measurement


def tally_of(unit: Unit) -> Tally:
    """A fresh tally for a unit: keeps its records, judges them with the headline estimator."""
    return RecordsTally(lambda records: judge(unit, records))


def judge(unit: Unit, records: Sequence[TrajectoryRecord]) -> Progress:
    """Rate, relative error and counts of all records so far, held against the unit's stop rule."""
    about = unit.about
    exposure = float(sum(r.elapsed for r in records))
    value, error, switches = np.nan, np.inf, 0
    # the tally leaves failed trajectories out, so any record here can be used
    if records and about["core_names"]:
        from wellhop.analysis.measurement import headline

        estimate = headline(
            records,
            sample_interval=about["sample_interval"],
            burn_in=about["burn_in"],
            relaxation_time=about["relaxation_time"],
            rate_guess=about["rate_guess"],
            core_names=about["core_names"],
        )
        value, error = estimate.value, estimate.relative_error
        switches = int(estimate.counts.get("switches", 0))
    return apply_rule(
        about["rule"],
        about["target"],
        value=value,
        relative_error=error,
        switches=switches,
        exposure=exposure,
        trajectories=len(records),
    )


def measurement_of(unit: Unit, records: Sequence[TrajectoryRecord]) -> Measurement | None:
    """Everything the trajectories of a unit say; ``None`` where none of them can be used."""
    from wellhop.analysis.measurement import measure

    about = unit.about
    if not any(r.state is not EndState.FAILED for r in records):
        return None
    return measure(
        records,
        sample_interval=about["sample_interval"],
        burn_in=about["burn_in"],
        relaxation_time=about["relaxation_time"],
        core_names=about["core_names"],
        channel_names=about["channel_names"],
        rate_guess=about["rate_guess"],
        second_rate=about["second_rate"],
    )
