"""The single estimates of one point. Each may be impossible: then there is a reason instead of a number."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy import stats

from wellhop.analysis.core_reading import CoreReading
from wellhop.analysis.correlation import LEAST_LAG, autocorrelation_rate, ensemble_decay
from wellhop.analysis.estimate import RateEstimate
from wellhop.analysis.pooled_ratio import FloatArray
from wellhop.analysis.residence import Residences
from wellhop.analysis.survival import ExponentialityTest, SurvivalCurve, exponentiality_test, kaplan_meier
from wellhop.engine.errors import StatisticsError, TooFewSwitchesError
from wellhop.engine.records import EndState, TrajectoryRecord

#: Scans over the burn-in and over the first lag, in relaxation times.
BURN_IN_SCAN = (0.0, 5.0, 10.0, 20.0)
LAG_SCAN = (2.0, 4.0, 6.0, 8.0, 12.0)
#: second rate / Gamma below which two-state language is doubtful, and below which it is refused.
SEPARATION_WARN, SEPARATION_REFUSE = 20.0, 3.0
#: Population next to the cut-off that calls for a warning.
GUARD_WARN = 1e-3
#: Deviate and probability from which on an oddity is worth a warning.
ODD_SIGMA, ODD_P = 4.0, 1e-3

Scan = tuple[tuple[float, RateEstimate], ...]


@dataclass(frozen=True)
class Conditions:
    """How a point was sampled and how it is read; meaning of the fields as in ``measurement.measure``."""

    sample_interval: float
    burn_in: float
    relaxation_time: float
    symmetric: bool
    level: float
    rate_guess: float | None
    stop: str
    wells: int

    @property
    def guess(self) -> float | None:
        """The rate guess, if it is one: a NaN from a prediction that does not exist is none."""
        given = self.rate_guess
        return given if given is not None and math.isfinite(given) and given > 0.0 else None

    def __post_init__(self) -> None:
        """Refuse what no estimator can use."""
        for name in ("sample_interval", "relaxation_time"):
            value = getattr(self, name)
            if not (math.isfinite(value) and value > 0.0):
                raise StatisticsError(f"{name}: got {value!r}, allowed is a finite number > 0")
        if not (math.isfinite(self.burn_in) and self.burn_in >= 0.0):
            raise StatisticsError(f"burn_in: got {self.burn_in!r}, allowed is a finite number >= 0")


def usable_records(records: Sequence[TrajectoryRecord]) -> list[TrajectoryRecord]:
    """The trajectories that did not fail.

    Raises:
        StatisticsError: one still running, none at all, or all failed (with the reasons).
    """
    running = [r.index for r in records if r.state == EndState.RUNNING]
    if running:
        raise StatisticsError(
            f"records: trajectory {running[0]} is still running; measure finished ones only"
        )
    usable = [r for r in records if r.state != EndState.FAILED]
    if not usable:
        raise StatisticsError("records: " + (" ".join(failures(records)) or "got no trajectory"))
    return usable


def order_parameter(records: Sequence[TrajectoryRecord], observable: int) -> list[FloatArray]:
    """Samples of one observable, one array per trajectory.

    Raises:
        StatisticsError: the records do not hold this observable.
    """
    width = min(r.samples.shape[1] if r.samples.ndim == 2 else 0 for r in records)
    if not 0 <= observable < width:
        raise StatisticsError(
            f"observable: got {observable}, allowed is 0 .. {width - 1} (columns of the samples)"
        )
    return [np.ascontiguousarray(r.samples[:, observable], dtype=np.float64) for r in records]


def after(order: list[FloatArray], burn_in: float, interval: float) -> list[FloatArray]:
    """The samples from the burn-in on."""
    skip = math.ceil(burn_in / interval - 1e-9)
    return [x[skip:] for x in order]


def autocorrelation(
    order: list[FloatArray], at: Conditions, lag: float | None = None
) -> tuple[RateEstimate | None, str]:
    """Autocorrelation rate after the burn-in, or the reason why there is none."""
    try:
        return autocorrelation_rate(
            after(order, at.burn_in, at.sample_interval), at.sample_interval, at.relaxation_time,
            at.guess, at.symmetric, at.level, lag,
        ), ""  # fmt: skip
    except (StatisticsError, TooFewSwitchesError) as error:
        return None, str(error)


def ensemble(
    records: Sequence[TrajectoryRecord], order: list[FloatArray], at: Conditions
) -> tuple[RateEstimate | None, str]:
    """Ensemble decay of the trajectories started in well 0 or 1, or the reason why there is none."""
    started = [
        (x, 1.0 - 2.0 * r.start_well) for r, x in zip(records, order, strict=True) if r.start_well in (0, 1)
    ]
    if len(started) < 2:
        return None, "fewer than two trajectories started in a well"
    try:
        return ensemble_decay(
            [x for x, _ in started], at.sample_interval, [sign for _, sign in started],
            LEAST_LAG * at.relaxation_time, at.guess, at.symmetric, at.level,
        ), ""  # fmt: skip
    except (StatisticsError, TooFewSwitchesError) as error:
        return None, str(error)


def scan_burn_in(order: list[FloatArray], at: Conditions) -> Scan:
    """Headline estimator at burn-ins of 0 to 20 relaxation times, as far as half the records reach."""
    half = 0.5 * at.sample_interval * max(x.size for x in order)
    settings = [b * at.relaxation_time for b in BURN_IN_SCAN if b * at.relaxation_time <= half]
    found = [(b, autocorrelation(order, replace(at, burn_in=b))[0]) for b in settings]
    return tuple((b, rate) for b, rate in found if rate is not None)


def scan_lag(order: list[FloatArray], at: Conditions) -> Scan:
    """Headline estimator with first lags of 2 to 12 relaxation times; none twice on a coarse grid."""
    found: dict[float, RateEstimate] = {}
    for lag in LAG_SCAN:
        rate, _ = autocorrelation(order, at, lag * at.relaxation_time)
        if rate is not None:
            found.setdefault(float(rate.counts["lag_start"]), rate)
    return tuple(sorted(found.items()))


def residence_law(
    core: CoreReading | None, level: float, symmetric: bool = True
) -> tuple[SurvivalCurve | None, ExponentialityTest | None]:
    """Survival curve and test of the residences whose beginning was seen, both wells pooled.

    Unequal wells have two different laws: their residences are first brought to the common mean, well by well, so that what is
    tested is the shape.
    """
    if core is None:
        return None, None
    seen = core.residences.complete_starts()
    durations = seen.durations if symmetric else _at_common_mean(seen)
    curve = kaplan_meier(durations, seen.switched, level) if seen.n_switched >= 1 else None
    test = exponentiality_test(durations, seen.switched) if seen.n_switched >= 3 else None
    return curve, test


def _at_common_mean(seen: Residences) -> FloatArray:
    """Durations times (mean of all) / (mean of their own well); a well without switches keeps its own."""
    durations = np.array(seen.durations, dtype=np.float64)
    for w in np.unique(seen.well):
        mine = seen.in_well(int(w))
        if mine.n_switched:
            durations[seen.well == w] *= (seen.exposure / seen.n_switched) / (mine.exposure / mine.n_switched)
    return durations


def failures(records: Sequence[TrajectoryRecord]) -> list[str]:
    """A warning that counts failed trajectories and gives every reason."""
    reasons = Counter(r.reason or "no reason given" for r in records if r.state == EndState.FAILED)
    if not reasons:
        return []
    listed = "; ".join(f"{count} x {reason}" for reason, count in reasons.most_common())
    return [
        f"failed_trajectories: {sum(reasons.values())} of {len(records)} failed and are not used: {listed}"
    ]


def leaks(records: Sequence[TrajectoryRecord]) -> list[str]:
    """A warning if a trajectory came close to the edge of its Hilbert space."""
    worst = max((r.guard_population for r in records), default=0.0)
    if worst <= GUARD_WARN:
        return []
    return [
        f"truncation: population {worst:.2g} was seen next to the cut-off (allowed without a word is {GUARD_WARN:g}); repeat with "
        "four more manifolds, or a larger cut-off"
    ]


def disagreement(headline: RateEstimate, residence: RateEstimate | None) -> list[str]:
    """A warning if residence times contradict the headline by more than three standard errors."""
    if residence is None or not (residence.value > 0.0 and headline.value > 0.0):
        return []
    error = math.hypot(headline.relative_error, residence.relative_error)
    z = math.log(residence.value / headline.value) / error if error > 0.0 else 0.0
    if abs(z) < 3.0:
        return []
    return [
        f"cores: residence times give {residence.value:.4g}, {z:+.1f} standard errors from Gamma = {headline.value:.4g}; "
        "the cores do not tell the wells apart cleanly"
    ]


def doubts(
    order: list[FloatArray], at: Conditions, separation: float, test: ExponentialityTest | None
) -> list[str]:
    """Warnings about time scales, the assumed symmetry, and the law of the residences."""
    found = []
    if separation < SEPARATION_WARN:
        limit = SEPARATION_REFUSE if separation < SEPARATION_REFUSE else SEPARATION_WARN
        found.append(
            f"separation: second rate / Gamma = {separation:.3g} < {limit:g}: "
            + (
                "a two-state rate is refused"
                if limit == SEPARATION_REFUSE
                else "the system is not quite two-state"
            )
        )
    means = np.array([x.mean() for x in after(order, at.burn_in, at.sample_interval) if x.size])
    if at.symmetric and means.size >= 8 and np.ptp(means) > 0.0:
        t = float(means.mean() / (means.std(ddof=1) / math.sqrt(means.size)))
        if 2.0 * stats.t.sf(abs(t), means.size - 1) < 2.0 * stats.norm.sf(ODD_SIGMA):
            found.append(
                f"asymmetry: the mean order parameter {means.mean():+.3g} is not zero; set symmetric=False"
            )
    if test is not None and test.p_value < ODD_P:
        found.append(
            f"exponentiality: rejected (p = {test.p_value:.2g}), coefficient of variation "
            f"{test.coefficient_of_variation:.3f}"
        )
    return found
