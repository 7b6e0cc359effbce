"""One point measured: the decay rate with everything that backs it or casts doubt on it.

The headline is the stationary autocorrelation, which needs no cores and holds for any unravelling. Residence
times show the law of the switches and the directed rates; the ensemble decay is the independent cross-check.
Scans over the burn-in, the lag and the core definition are the systematic part of the error.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from wellhop.analysis import point_estimates as point
from wellhop.analysis.click_rates import click_rates
from wellhop.analysis.core_reading import CoreReading, read_core, reference_core
from wellhop.analysis.estimate import RateEstimate, check_level
from wellhop.analysis.point_estimates import Conditions, Scan
from wellhop.analysis.survival import ExponentialityTest, SurvivalCurve
from wellhop.engine.records import EndState, TrajectoryRecord


@dataclass(frozen=True)
class Measurement:
    """What the trajectories of one point say.

    Attributes:
        decay_rate: Gamma, the headline. ``value`` is NaN if nothing could be determined, 0 (with an upper
        limit) if
            no switch was seen; ``method`` says which estimator it came from.
        residence: Gamma from residence times with the reference cores; ``None`` without cores or where
        refused. ensemble: Gamma from the decay of the mean; ``None`` where it is lost in the noise.
        cores: one reading per core definition. reference: index of the one quoted, ``None`` without cores.
        survival, exponentiality: law of the residences whose beginning was seen; ``None`` with fewer than 1
        and 3. click_rates: by channel. burn_in_scan: (burn-in, Gamma). lag_scan: (first lag, Gamma). Gamma
        as headline. mean, mean_square: time average of the order parameter and of its square after the
        burn-in. n_trajectories, n_done, n_censored, n_failed: how the trajectories ended; failed ones enter
        no estimate. total_time: simulated time of those that did not fail. burn_in: ignored at the start of
        each. separation: second rate / Gamma, NaN if no second rate was given. warnings: named, everything
        to know.
    """

    decay_rate: RateEstimate
    residence: RateEstimate | None
    ensemble: RateEstimate | None
    cores: tuple[CoreReading, ...]
    reference: int | None
    survival: SurvivalCurve | None
    exponentiality: ExponentialityTest | None
    click_rates: Mapping[str, RateEstimate]
    burn_in_scan: Scan
    lag_scan: Scan
    mean: float
    mean_square: float
    n_trajectories: int
    n_done: int
    n_censored: int
    n_failed: int
    total_time: float
    burn_in: float
    separation: float
    warnings: tuple[str, ...]

    @property
    def core(self) -> CoreReading | None:
        """The reading of the reference cores."""
        return None if self.reference is None else self.cores[self.reference]

    @property
    def escape_rate(self) -> RateEstimate | None:
        """One-way rate, wells pooled, with the reference cores; ``None`` where residences are refused."""
        if self.core is None or self.residence is None:
            return None
        return self.core.escape_rate

    @property
    def core_scan(self) -> Scan:
        """(setting, Gamma) of every core definition that gives one, refused ones included (they say so)."""
        return tuple((c.setting, c.decay_rate) for c in self.cores if c.decay_rate is not None)

    def __str__(self) -> str:
        ended = f"{self.n_done} done, {self.n_censored} cut off, {self.n_failed} failed"
        lines = [
            f"{self.n_trajectories} trajectories ({ended}), total time {self.total_time:.6g}, "
            f"<X> = {self.mean:+.3f}, <X^2> = {self.mean_square:.3f}",
            f"Gamma: {replace(self.decay_rate, warnings=())}",
            f"from residence times: {_short(self.residence)}",
            f"from the ensemble decay: {_short(self.ensemble)}",
            *(f"cores {c}" for c in self.cores),
        ]
        if self.exponentiality is not None:
            lines.append(str(self.exponentiality))
        if self.click_rates:
            lines.append("clicks: " + ", ".join(f"{n} {r.value:.4g}" for n, r in self.click_rates.items()))
        for name, scan in (("burn-in", self.burn_in_scan), ("first lag", self.lag_scan)):
            if scan:
                lines.append(f"{name} scan: " + ", ".join(f"{s:.4g}: {r.value:.4e}" for s, r in scan))
        return "\n".join([*lines, *(f"! {w}" for w in self.warnings)])


def headline(
    records: Sequence[TrajectoryRecord],
    *,
    sample_interval: float,
    burn_in: float,
    relaxation_time: float,
    observable: int = 0,
    symmetric: bool = True,
    level: float = 0.95,
    rate_guess: float | None = None,
    core_names: Sequence[str] = (),
    stop: str = "time",
) -> RateEstimate:
    """The decay rate of one point, and nothing else: cheap enough for a decision after every batch.

    The autocorrelation; where that resolves no decay, residence times with the reference cores (value 0 and
    an upper limit if no switch was seen) unless transits take too large a part of them; else the ensemble
    decay; else a value of NaN. Never raises for want of switches.

    Args:
        records: finished trajectories; failed ones are left out. Others as in :func:`measure`.

    Returns:
        ``RateEstimate`` of the ``decay_rate``; with cores its counts hold ``switches`` and
        ``residence_time``.

    Raises:
        StatisticsError: malformed records, none that did not fail, or one still running.

    >>> rng = np.random.default_rng(2)
    >>> flips = rng.random((16, 1000)) < 0.5 * (1 - np.exp(-0.05))  # telegraphs, Gamma = 1, sampled at 0.05
    >>> telegraph = np.where(np.cumsum(flips, axis=1) % 2, -1.0, 1.0)
    >>> none = np.empty(0)
    >>> runs = [
    ...     TrajectoryRecord(i, EndState.DONE, "", 50.0, 0, none, 0, x[:, np.newaxis], none, none, 0.0)
    ...     for i, x in enumerate(telegraph)
    ... ]
    >>> rate = headline(runs, sample_interval=0.05, burn_in=1.0, relaxation_time=0.01)
    >>> rate.quantity, rate.method, rate.lower < 1.0 < rate.upper
    ('decay_rate', 'autocorrelation', True)
    """
    at = Conditions(
        sample_interval, burn_in, relaxation_time, symmetric, check_level(level), rate_guess, stop, wells=2
    )
    usable = point.usable_records(records)
    order = point.order_parameter(usable, observable)
    estimate, problem = point.autocorrelation(order, at)
    core = reference_core(core_names)
    reading = None if core is None else _read(usable, core, core_names, at, math.nan)
    if estimate is None and reading is not None and not reading.refused:
        estimate = reading.decay_rate
    if estimate is None:
        estimate, _ = point.ensemble(usable, order, at)
    if estimate is None:
        estimate = RateEstimate("decay_rate", "undetermined", math.nan, 0.0, math.inf, math.inf, level)
    if problem:
        estimate = estimate.with_warnings(f"fallback: the autocorrelation gave no rate ({problem})")
    if reading is None:
        return estimate
    seen = {"switches": reading.residences.n_switched, "residence_time": reading.residences.exposure}
    return replace(estimate, counts={**estimate.counts, **seen})


def measure(
    records: Sequence[TrajectoryRecord],
    *,
    sample_interval: float,
    burn_in: float,
    relaxation_time: float,
    observable: int = 0,
    core_names: Sequence[str] = (),
    channel_names: Sequence[str] = (),
    stop: str = "time",
    wells: int = 2,
    symmetric: bool = True,
    level: float = 0.95,
    rate_guess: float | None = None,
    second_rate: float | None = None,
) -> Measurement:
    """Everything the trajectories of one point say about their switching.

    Args:
        records: trajectories that are done, cut off or failed; failed ones are counted and named, not used.
        sample_interval: spacing of the samples. burn_in: time at the start of every trajectory to ignore.
        relaxation_time: intra-well relaxation time, for instance 1/kappa.
        observable: column of the samples with the order parameter. core_names, channel_names: one per
        definition. stop: ``"time"`` (also for every stop decided on whole batches) or ``"switches"``; see
        ``rates.py``. wells: number of wells. symmetric: they mirror each other (zero mean, equal rates).
        level: confidence. rate_guess: see :func:`wellhop.analysis.correlation.autocorrelation_rate`.
        second_rate: rate of the next slower process, for the separation of time scales.

    Raises:
        StatisticsError: malformed records, none that did not fail, or one still running.
    """
    at = Conditions(
        sample_interval, burn_in, relaxation_time, symmetric, check_level(level), rate_guess, stop, wells
    )
    usable = point.usable_records(records)
    order = point.order_parameter(usable, observable)
    rate = headline(
        records, sample_interval=sample_interval, burn_in=burn_in, relaxation_time=relaxation_time,
        observable=observable, symmetric=symmetric, level=level, rate_guess=rate_guess,
        core_names=core_names if wells == 2 else (), stop=stop,
    )  # fmt: skip
    if rate.value > 0.0:
        at = replace(at, rate_guess=rate.value)
    cores = tuple(_read(usable, i, core_names, at, rate.value) for i in range(len(core_names)))
    reference = reference_core(core_names)
    core = None if reference is None else cores[reference]
    separation = second_rate / rate.value if second_rate is not None and rate.value > 0.0 else math.nan
    quotable = core is not None and not core.refused and not separation < point.SEPARATION_REFUSE
    survival, exponentiality = point.residence_law(core, level, symmetric)
    kept = np.concatenate(point.after(order, burn_in, sample_interval))
    ends = Counter(r.state for r in records)
    warnings = (
        *point.failures(records), *rate.warnings, *(core.warnings if core else ()),
        *point.doubts(order, at, separation, exponentiality), *point.leaks(usable),
        *(point.disagreement(rate, core.decay_rate) if core is not None and quotable else ()),
    )  # fmt: skip
    return Measurement(
        decay_rate=rate,
        residence=core.decay_rate if core is not None and quotable else None,
        ensemble=point.ensemble(usable, order, at)[0],
        cores=cores,
        reference=reference,
        survival=survival,
        exponentiality=exponentiality,
        click_rates=click_rates(usable, channel_names, level),
        burn_in_scan=point.scan_burn_in(order, at),
        lag_scan=point.scan_lag(order, at),
        mean=float(kept.mean()) if kept.size else math.nan,
        mean_square=float((kept**2).mean()) if kept.size else math.nan,
        n_trajectories=len(records),
        n_done=ends[EndState.DONE],
        n_censored=ends[EndState.CENSORED],
        n_failed=ends[EndState.FAILED],
        total_time=float(sum(r.elapsed for r in usable)),
        burn_in=burn_in,
        separation=separation,
        warnings=tuple(dict.fromkeys(warnings)),
    )


def _read(
    records: Sequence[TrajectoryRecord], core: int, names: Sequence[str], at: Conditions, gamma: float
) -> CoreReading:
    return read_core(records, core, names[core], at.burn_in, gamma, at.wells, at.symmetric, at.level, at.stop)


def _short(estimate: RateEstimate | None) -> str:
    if estimate is None:
        return "none"
    if estimate.value == 0.0:
        return f"< {estimate.upper:.4e} (no switch)"
    return f"{estimate.value:.4e} [{estimate.lower:.4e}, {estimate.upper:.4e}]"
