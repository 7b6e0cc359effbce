"""One point with a central and two bright wells, or two different wells, measured: directed rates and all that backs them.

The headline rests on the slow modes of the label process and the starts in coherent states (formulas in
``label_moments.py``): k_v = lam_e pi_b, k_b = lam_e (1 - pi_b), k_d = (lam_o - k_b)/2, free of the error of order
rate x transit that counting switches between cores makes. The counted rates stand beside it.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from wellhop.analysis import point_estimates as point
from wellhop.analysis.directed_cores import DirectedCores, read_directed_cores, reference_definition
from wellhop.analysis.directed_doubts import WellLaw, doubts, residence_laws
from wellhop.analysis.directed_estimates import DirectedEstimates, MeasuredValue, estimate_directed
from wellhop.analysis.directed_naming import THREE_WELLS, Naming
from wellhop.analysis.estimate import RateEstimate, check_level
from wellhop.analysis.label_lags import LabelConditions
from wellhop.analysis.point_estimates import Conditions
from wellhop.analysis.pooled_ratio import FloatArray
from wellhop.analysis.well_labels import well_labels
from wellhop.engine.errors import StatisticsError
from wellhop.engine.records import EndState, TrajectoryRecord

#: Lags of the scan, in relaxation times.
LAG_SCAN = (2.0, 3.0, 4.0, 6.0, 8.0, 12.0)

DirectedScan = tuple[tuple[float, Mapping[str, RateEstimate]], ...]


@dataclass(frozen=True)
class DirectedMeasurement:
    """What the trajectories of one point with three wells, or with two different ones, say.

    Attributes:
        rates: lam_e, lam_o, k_v, k_b, k_d of three wells; Gamma, k_LH, k_HL of two. Value 0 with an upper limit where no
            switch was seen, NaN where a well was never visited; k_d may be negative within its error. ``method``: the estimator.
        bright_weight: pi_b, stationary probability of the bright pair, or of the second well; ``None`` if undetermined.
        photons: stationary photon number; ``None`` without its column or if undetermined.
        plateau: (h_v, h_b), label probabilities after a start in the centre or a bright well, slow part at t = 0.
        cores: counted rates per core definition. reference: index of the one whose label is used.
        laws: of the residences, by kind of well. lag_scan: (first lag, rates).
        n_trajectories, n_done, n_censored, n_failed: how they ended; failed ones enter no estimate.
        total_time: simulated time of those that did not fail. burn_in: ignored at the start of each.
        separation: second rate / lam_e, NaN if none was given. warnings: named, everything to know.
    """

    rates: Mapping[str, RateEstimate]
    bright_weight: MeasuredValue | None
    photons: MeasuredValue | None
    plateau: tuple[float, float]
    cores: tuple[DirectedCores, ...]
    reference: int
    laws: Mapping[str, WellLaw]
    lag_scan: DirectedScan
    n_trajectories: int
    n_done: int
    n_censored: int
    n_failed: int
    total_time: float
    burn_in: float
    separation: float
    warnings: tuple[str, ...]

    @property
    def core(self) -> DirectedCores:
        """The reading of the reference cores."""
        return self.cores[self.reference]

    def __str__(self) -> str:
        ended = f"{self.n_done} done, {self.n_censored} cut off, {self.n_failed} failed"
        lines = [f"{self.n_trajectories} trajectories ({ended}), total time {self.total_time:.6g}"]
        for name, rate in self.rates.items():
            text = str(replace(rate, warnings=()))
            lines.append(text.replace(rate.quantity, name, 1))
        for label, value in (
            (f"{self.core.naming.other} weight", self.bright_weight),
            ("photons", self.photons),
        ):
            lines.append(f"{label}: {'undetermined' if value is None else value}")
        lines += [f"cores {c}" for c in self.cores]
        lines += [
            f"{well}: {law.exponentiality}"
            for well, law in self.laws.items()
            if law.exponentiality is not None
        ]
        for lag, rates in self.lag_scan:
            found = ", ".join(f"{n} {r.value:.4e}" for n, r in rates.items())
            lines.append(f"first lag {lag:.4g}: {found}")
        return "\n".join([*lines, *(f"! {w}" for w in self.warnings)])


def directed_headline(
    records: Sequence[TrajectoryRecord],
    *,
    sample_interval: float,
    burn_in: float,
    relaxation_time: float,
    core_names: Sequence[str],
    naming: Naming = THREE_WELLS,
    level: float = 0.95,
    rate_guesses: Mapping[str, float] | None = None,
    second_rate: float | None = None,
    photons: int | None = None,
) -> Mapping[str, RateEstimate]:
    """The rates lam_e, lam_o, k_v, k_b, k_d of one point, and nothing else: cheap, for a decision after every batch.

    Never raises for want of switches. Arguments as in :func:`measure_directed`.

    Raises:
        StatisticsError: malformed records, none that did not fail, or one still running.

    >>> from wellhop.engine.langevin import oscillator_problem, run_many
    >>> from wellhop.engine.oscillator import Oscillator
    >>> model = Oscillator(detuning=-3.0, kerr=0.4, drive_2=1.8, kappa_1=2.0)
    >>> problem = oscillator_problem(model, duration=60.0, sample_interval=0.5, dt=0.05)
    >>> rates = directed_headline(
    ...     run_many(problem, 1, range(192)), sample_interval=0.5, burn_in=5.0, relaxation_time=1.0,
    ...     core_names=problem.core_names,
    ... )
    >>> rates["k_v"].method, rates["k_v"].lower < 3.896e-2 < rates["k_v"].upper
    ('lam_e x bright weight', True)
    """
    at = _conditions(sample_interval, burn_in, relaxation_time, core_names, naming, level, rate_guesses)
    return _public(
        _estimates(_usable(records, sample_interval), core_names, at, only_reference=True)[0], naming
    )


def measure_directed(
    records: Sequence[TrajectoryRecord],
    *,
    sample_interval: float,
    burn_in: float,
    relaxation_time: float,
    core_names: Sequence[str],
    naming: Naming = THREE_WELLS,
    level: float = 0.95,
    rate_guesses: Mapping[str, float] | None = None,
    second_rate: float | None = None,
    photons: int | None = None,
) -> DirectedMeasurement:
    """Everything the trajectories of one point say about switching among a central and two bright wells.

    Args:
        records: trajectories that are done, cut off or failed, started in coherent states of the wells (well 0 and 2
            bright, mirror images; 1 the centre; or wells 0 and 1). Failed ones are counted and named, not used.
        sample_interval: spacing of the samples, and of the grid on which labels are correlated.
        burn_in: time at the start of every trajectory left out of correlations and counts (not of the plateaus).
        relaxation_time: the slowest intra-well relaxation time.
        core_names: one per core definition; labels are those of ``reference``, else of the first.
        naming: which wells there are, and names. level: confidence.
        rate_guesses: by public name, of lam_e and lam_o; they choose lags and never enter a value.
        second_rate: rate of the next slower process, for the separation of time scales.
        photons: column of the samples with the photon number.

    Raises:
        StatisticsError: malformed records, none that did not fail, or one still running.
    """
    at = _conditions(sample_interval, burn_in, relaxation_time, core_names, naming, level, rate_guesses)
    usable = _usable(records, sample_interval)
    light = None if photons is None else point.order_parameter(usable, photons)
    found, cores = _estimates(usable, core_names, at, light)
    reference = reference_definition(core_names)
    lam_e = found.rates["lam_e"].value
    separation = second_rate / lam_e if second_rate is not None and lam_e > 0.0 else math.nan
    scan = _scan(usable, reference, cores[reference], at) if found.lags is not None else ()
    laws = residence_laws(cores[reference], level)
    ends = Counter(r.state for r in records)
    warnings = [
        *point.failures(records),
        *point.leaks(usable),
        *doubts(found, cores[reference], separation, laws),
    ]
    return DirectedMeasurement(
        rates=_public(found, naming),
        bright_weight=found.bright_weight,
        photons=found.photons,
        plateau=(found.h_v, found.h_b),
        cores=cores,
        reference=reference,
        laws=laws,
        lag_scan=scan,
        n_trajectories=len(records),
        n_done=ends[EndState.DONE],
        n_censored=ends[EndState.CENSORED],
        n_failed=ends[EndState.FAILED],
        total_time=float(sum(r.elapsed for r in usable)),
        burn_in=burn_in,
        separation=separation,
        warnings=tuple(dict.fromkeys(warnings)),
    )


def _conditions(
    sample_interval: float,
    burn_in: float,
    relaxation_time: float,
    core_names: Sequence[str],
    naming: Naming,
    level: float,
    guesses: Mapping[str, float] | None,
) -> LabelConditions:
    # the two-well class checks the times
    Conditions(
        sample_interval, burn_in, relaxation_time, False, check_level(level), None, "time", naming.wells
    )
    if not core_names:
        raise StatisticsError("core_names: got none, directed rates need the labels of a core definition")
    return LabelConditions(sample_interval, burn_in, relaxation_time, naming, level, dict(guesses or {}))


def _public(found: DirectedEstimates, naming: Naming) -> Mapping[str, RateEstimate]:
    """The rates by their public names."""
    return {naming.rates[inner]: rate for inner, rate in found.rates.items()}


def _usable(records: Sequence[TrajectoryRecord], interval: float) -> list[TrajectoryRecord]:
    """Trajectories that did not fail, their samples on the grid that is claimed.

    Raises:
        StatisticsError: as in ``point_estimates.usable_records``, or another number of samples.
    """
    usable = point.usable_records(records)
    for r in usable:
        due = int(r.elapsed / interval * (1.0 + 1e-12)) + 1
        if abs(len(r.samples) - due) > 1:
            raise StatisticsError(
                f"records[{r.index}].samples: got {len(r.samples)}, a length of {r.elapsed:g} asks for {due}; is "
                f"sample_interval = {interval:g} right?"
            )
    return usable


def _estimates(
    usable: Sequence[TrajectoryRecord],
    core_names: Sequence[str],
    at: LabelConditions,
    light: Sequence[FloatArray] | None = None,
    only_reference: bool = False,
) -> tuple[DirectedEstimates, tuple[DirectedCores, ...]]:
    """Estimates with the reference cores; counted rates of all definitions."""
    reference = reference_definition(core_names)
    read = [reference] if only_reference else range(len(core_names))
    cores = tuple(
        read_directed_cores(usable, i, core_names[i], burn_in=at.burn_in, naming=at.naming, level=at.level)
        for i in read
    )
    core = cores[0] if only_reference else cores[reference]
    return estimate_directed(well_labels(usable, reference), core, at, light), cores


def _scan(
    usable: Sequence[TrajectoryRecord], reference: int, core: DirectedCores, at: LabelConditions
) -> DirectedScan:
    """Rates with first lags and plateau times of 2 to 12 relaxation times."""
    labels = well_labels(usable, reference)
    out: list[tuple[float, Mapping[str, RateEstimate]]] = []
    for lag in LAG_SCAN:
        found = estimate_directed(labels, core, at, lag=lag)
        if found.lags is not None:
            rates = {
                n: r
                for n, r in _public(found, at.naming).items()
                if r.scale is None and math.isfinite(r.value)
            }
            out.append((lag * at.relaxation_time, rates))
    return tuple(out)
