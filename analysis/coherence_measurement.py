"""One point with a conserved parity measured: decay and frequency of the coherence, with everything that backs them."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy import stats

from wellhop.analysis import point_estimates as point
from wellhop.analysis.click_rates import click_rates
from wellhop.analysis.coherence import (
    DECAY,
    FREQUENCY,
    QUANTITIES,
    CoherenceRates,
    ComplexArray,
    autocorrelation_lambda,
    ensemble_lambda,
)
from wellhop.analysis.estimate import RateEstimate, check_level
from wellhop.engine.errors import StatisticsError, TooFewSwitchesError
from wellhop.engine.records import EndState, TrajectoryRecord

#: Columns of the samples with the two parts of <C>.
RE, IM = 0, 1
#: First lags of the scan, in relaxation times.
LAG_SCAN = (2.0, 4.0, 6.0, 8.0, 12.0)
#: Share of the coherence left at the end of a trajectory below which its end is wasted.
LEAST_LEFT = 0.02

CoherenceScan = tuple[tuple[float, Mapping[str, RateEstimate]], ...]
FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class CoherenceMeasurement:
    """What the trajectories of one point with a conserved parity say.

    Attributes:
        rates: ``Gamma`` (decay rate) and ``Omega`` (frequency) of the coherence. NaN where nothing could be determined.
        covariance: (2, 2) of (Γ, Ω), NaN where undetermined.
        ensemble: the same from the plain ensemble average; ``None`` where it is lost in the noise.
        times, mean, mean_error: (n,) the ensemble average of <C> and the standard errors of its two parts (complex).
        lag_scan: (first lag, rates). click_rates: by channel.
        coherence_left: mean |<C>|² at the end of the trajectories over that at their beginning: what the record has not yet
            given away about the parity.
        n_trajectories, n_done, n_censored, n_failed, total_time, separation, warnings: as in
            :class:`~wellhop.analysis.measurement.Measurement`; the separation is the next rate over |Γ + iΩ|.
    """

    rates: Mapping[str, RateEstimate]
    covariance: FloatArray
    ensemble: Mapping[str, RateEstimate] | None
    times: FloatArray
    mean: ComplexArray
    mean_error: ComplexArray
    lag_scan: CoherenceScan
    click_rates: Mapping[str, RateEstimate]
    coherence_left: float
    n_trajectories: int
    n_done: int
    n_censored: int
    n_failed: int
    total_time: float
    separation: float
    warnings: tuple[str, ...]

    @property
    def decay_rate(self) -> RateEstimate:
        """Γ."""
        return self.rates[DECAY]

    @property
    def frequency(self) -> RateEstimate:
        """Ω."""
        return self.rates[FREQUENCY]

    def __str__(self) -> str:
        ended = f"{self.n_done} done, {self.n_censored} cut off, {self.n_failed} failed"
        lines = [
            f"{self.n_trajectories} trajectories ({ended}), total time {self.total_time:.6g}, coherence left at their end "
            f"{100.0 * self.coherence_left:.2g} %"
        ]
        lines += [f"{n}: {replace(rate, warnings=())}" for n, rate in self.rates.items()]
        if self.ensemble is None:
            lines.append("from the ensemble average: none")
        else:
            for n, rate in self.ensemble.items():
                lines.append(f"{n} from the ensemble average: {rate.value:.4e} [{rate.lower:.4e}, {rate.upper:.4e}]")
        if self.click_rates:
            lines.append("clicks: " + ", ".join(f"{n} {r.value:.4g}" for n, r in self.click_rates.items()))
        for lag, rates in self.lag_scan:
            lines.append(f"first lag {lag:.4g}: " + ", ".join(f"{n} {r.value:.4e}" for n, r in rates.items()))
        return "\n".join([*lines, *(f"! {w}" for w in self.warnings)])


def coherence_headline(
    records: Sequence[TrajectoryRecord],
    *,
    sample_interval: float,
    relaxation_time: float,
    guess: complex | None = None,
    sign: int = 1,
    level: float = 0.95,
) -> Mapping[str, RateEstimate]:
    """Γ and Ω of one point, and nothing else; NaN where they cannot be determined. Arguments as in :func:`measure_coherence`.

    Raises:
        StatisticsError: malformed records, none that did not fail, or one still running.
    """
    series = _series(point.usable_records(records))
    return _headline(series, sample_interval, relaxation_time, guess, sign, check_level(level))[0]


def measure_coherence(
    records: Sequence[TrajectoryRecord],
    *,
    sample_interval: float,
    relaxation_time: float,
    guess: complex | None = None,
    sign: int = 1,
    level: float = 0.95,
    channel_names: Sequence[str] = (),
    second_rate: float | None = None,
) -> CoherenceMeasurement:
    """Everything the trajectories of one point say about the coherence between even and odd states.

    Args:
        records: trajectories whose first two sample columns are the real and imaginary part of <C>; failed ones are counted and
            named, not used.
        sample_interval: spacing of the samples. relaxation_time: slowest one inside a well.
        guess: Γ + iΩ, chooses lags and never enters a value. sign: of the detuning, so that Ω comes out positive.
        level: confidence. channel_names: of the clicks. second_rate: next decay rate of the same block.

    Raises:
        StatisticsError: malformed records, none that did not fail, or one still running.
    """
    check_level(level)
    usable = point.usable_records(records)
    series = _series(usable)
    rates, found, problem = _headline(series, sample_interval, relaxation_time, guess, sign, level)
    value = found.value if found is not None else None
    ensemble = _ensemble(series, sample_interval, relaxation_time, value, sign, level)
    length = min(x.size for x in series)
    table = np.stack([x[:length] for x in series])
    n = len(series)
    mean = table.mean(axis=0)
    scatter = math.sqrt(max(n - 1, 1))
    errors = table.real.std(axis=0) / scatter + 1j * table.imag.std(axis=0) / scatter
    begun = float((np.abs(table[:, 0]) ** 2).mean())
    left = float((np.abs(table[:, -1]) ** 2).mean()) / begun if begun > 0.0 else math.nan
    separation = math.nan
    if second_rate is not None and value is not None and abs(value) > 0.0:
        separation = second_rate / abs(value)
    ends = Counter(r.state for r in records)
    warnings = [*point.failures(records), *point.leaks(usable)]
    warnings += [w for rate in rates.values() for w in rate.warnings]
    if problem:
        warnings.append(f"undetermined: {problem}")
    warnings += _doubts(separation, left, found, ensemble)
    scan = _scan(series, sample_interval, relaxation_time, value, sign, level)
    return CoherenceMeasurement(
        rates=rates,
        covariance=found.covariance if found is not None else np.full((2, 2), math.nan),
        ensemble=None if ensemble is None else ensemble.rates,
        times=sample_interval * np.arange(length, dtype=np.float64),
        mean=mean,
        mean_error=errors,
        lag_scan=scan,
        click_rates=click_rates(usable, channel_names, level),
        coherence_left=left,
        n_trajectories=len(records),
        n_done=ends[EndState.DONE],
        n_censored=ends[EndState.CENSORED],
        n_failed=ends[EndState.FAILED],
        total_time=float(sum(r.elapsed for r in usable)),
        separation=separation,
        warnings=tuple(dict.fromkeys(warnings)),
    )


def _series(usable: Sequence[TrajectoryRecord]) -> list[ComplexArray]:
    re, im = (point.order_parameter(usable, column) for column in (RE, IM))
    return [x + 1j * y for x, y in zip(re, im, strict=True)]


def _headline(
    series: list[ComplexArray], interval: float, tau: float, guess: complex | None, sign: int, level: float
) -> tuple[Mapping[str, RateEstimate], CoherenceRates | None, str]:
    """Rates, the estimate they come from, and why there is none."""
    try:
        found = autocorrelation_lambda(series, interval, tau, guess, sign, level)
    except (StatisticsError, TooFewSwitchesError) as error:
        undetermined = {
            name: RateEstimate(quantity, "undetermined", math.nan, 0.0, math.inf, math.inf, level)
            for name, quantity in QUANTITIES.items()
        }
        return undetermined, None, str(error)
    return found.rates, found, ""


def _ensemble(
    series: list[ComplexArray], interval: float, tau: float, value: complex | None, sign: int, level: float
) -> CoherenceRates | None:
    if value is None:
        return None
    try:
        return ensemble_lambda(series, interval, tau, value, sign, level)
    except (StatisticsError, TooFewSwitchesError):
        return None


def _scan(
    series: list[ComplexArray], interval: float, tau: float, value: complex | None, sign: int, level: float
) -> CoherenceScan:
    """Rates with first lags of 2 to 12 relaxation times, each grid point once."""
    out: dict[float, Mapping[str, RateEstimate]] = {}
    for lag in LAG_SCAN if value is not None else ():
        try:
            found = autocorrelation_lambda(series, interval, tau, value, sign, level, lag=lag * tau)
        except (StatisticsError, TooFewSwitchesError):
            continue
        out.setdefault(found.lags.first * interval, found.rates)
    return tuple(out.items())


def _doubts(
    separation: float, left: float, found: CoherenceRates | None, ensemble: CoherenceRates | None
) -> list[str]:
    """What a reader must know of the time scales and of the two estimators."""
    warnings = []
    if separation < point.SEPARATION_WARN:
        refused = separation < point.SEPARATION_REFUSE
        limit = point.SEPARATION_REFUSE if refused else point.SEPARATION_WARN
        warnings.append(
            f"separation: next rate / |lambda| = {separation:.3g} < {limit:g}: "
            + ("one complex rate does not describe the decay" if refused else "the decay is not quite one complex exponential")
        )
    if left < LEAST_LEFT:
        warnings.append(
            f"long_trajectories: at their end the record has given the parity away, {100 * left:.2g} % of the coherence is left; "
            "shorter trajectories give the same precision for less time"
        )
    if found is not None and ensemble is not None:
        difference = np.array(
            [ensemble.rates[n].value - found.rates[n].value for n in (DECAY, FREQUENCY)], dtype=np.float64
        )
        # the two share trajectories and are positively correlated: their sum of covariances errs on the quiet side
        spread = ensemble.covariance + found.covariance
        chi2 = float(difference @ np.linalg.solve(spread, difference))
        if stats.chi2.sf(chi2, 2) < point.ODD_P:
            shift = abs(complex(*difference))
            warnings.append(
                f"estimators: the ensemble average gives {ensemble.value:.4g}, the autocorrelation {found.value:.4g} (Gamma + i "
                f"Omega), {shift:.2g} apart: more than chance"
            )
    return warnings
