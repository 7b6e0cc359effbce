"""Rates among a central and two bright wells with their intervals: lags, jackknife, and what to do with few switches."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy import stats

from wellhop.analysis.correlation import LEAST_LAG, MOST_LAG, SPARE, UNITS
from wellhop.analysis.directed_cores import DirectedCores
from wellhop.analysis.estimate import RateEstimate, log_limits
from wellhop.analysis.label_moments import EVEN, ODD, Derived, LabelLags, derive, lagged_sums, unit_sums
from wellhop.analysis.pooled_ratio import FloatArray, Lags, Records, first_guess, pooled_rate
from wellhop.analysis.well_labels import LabelGrid, Labels, WellLabels, bright, side
from wellhop.engine.errors import StatisticsError

#: Names of the rates and the kind of quantity each is.
RATE_NAMES: Mapping[str, str] = {
    "lam_e": "decay_rate",
    "lam_o": "decay_rate",
    "k_v": "escape_rate",
    "k_b": "escape_rate",
    "k_d": "escape_rate",
}
#: At or below this many switches the counted rate with its exact Poisson limits is quoted instead.
FEW = 10
#: Plateau values are read between this many relaxation times after the start, at so many times.
PLATEAU, PLATEAU_TIMES = (4.0, 6.0), 5


@dataclass(frozen=True)
class MeasuredValue:
    """A number that is no rate, with its interval.

    Attributes:
        value, lower, upper: estimate and limits at confidence ``level``. error: standard error. level: confidence.
    """

    value: float
    lower: float
    upper: float
    error: float
    level: float

    def __str__(self) -> str:
        return f"{self.value:.6g}, {100 * self.level:g} % interval [{self.lower:.6g}, {self.upper:.6g}]"


@dataclass(frozen=True)
class LabelConditions:
    """How labels are read; fields as in ``directed_measurement.measure_directed``."""

    sample_interval: float
    burn_in: float
    relaxation_time: float
    centre: int
    wells: int
    level: float
    guesses: Mapping[str, float]

    @property
    def skip(self) -> int:
        """Samples of the burn-in."""
        return math.ceil(self.burn_in / self.sample_interval - 1e-9)


@dataclass(frozen=True)
class DirectedEstimates:
    """Everything that one choice of lags gives.

    Attributes:
        rates: by name, see :data:`RATE_NAMES`. bright_weight, photons: with intervals; ``None`` if undetermined.
        h_v, h_b: plateau values. start_share: by k_v and k_b, share of their variance that comes from the starts.
        lags: where the sums were taken; ``None`` if there were none. problem: why the spectral rates failed, or empty.
    """

    rates: Mapping[str, RateEstimate]
    bright_weight: MeasuredValue | None
    photons: MeasuredValue | None
    h_v: float
    h_b: float
    start_share: Mapping[str, float]
    lags: LabelLags | None
    problem: str


def choose_lags(grids: Sequence[LabelGrid], at: LabelConditions, lag: float | None = None) -> LabelLags:
    """t0 of 4 to 8 relaxation times, D of 0.3/rate for either parity, plateau times of 4 to 6 relaxation times.

    Args:
        grids: labels. at: conditions. lag: t0, and first plateau time, in relaxation times instead.

    Raises:
        StatisticsError: trajectories too short.
    """
    early = PLATEAU if lag is None else (lag, lag + PLATEAU[1] - PLATEAU[0])
    return LabelLags(
        even=_lags_of("lam_e", [bright(g.labels, at.centre) for g in grids], at, lag),
        odd=_lags_of("lam_o", [side(g.labels, at.centre) for g in grids], at, lag),
        plateau=at.relaxation_time * np.linspace(*early, PLATEAU_TIMES),
        interval=at.sample_interval,
        skip=at.skip,
    )


def _lags_of(name: str, series: Sequence[Labels], at: LabelConditions, lag: float | None) -> Lags:
    """Lags of one parity: from the guess, or from a search; a guess off by more than 2 is replaced."""
    tau, interval = at.relaxation_time, at.sample_interval
    # the longest decides what lags there can be
    longest = max(series, key=lambda x: x.shape[1], default=np.zeros((1, 1), dtype=np.int8))
    records = Records([longest[0].astype(np.float64)], interval)

    def lags_for(rate: float) -> Lags:
        start = lag * tau if lag else max(LEAST_LAG * tau, min(MOST_LAG * tau, SPARE / rate))
        return records.lags(max(start, interval), rate)

    def rate_at(lags: Lags) -> float:
        n, z, a, b, za, zb = sum(lagged_sums(x, lags, 1, None).sum(axis=(0, 1)) for x in series)[:6]
        near, far = (za - z * a / n, zb - z * b / n) if name == "lam_e" else (za, zb)
        return pooled_rate(near, far, lags.step * interval) if near > 0.0 else 0.0

    guess = at.guesses.get(name, math.nan)
    rate = (
        guess
        if math.isfinite(guess) and guess > 0.0
        else first_guess(rate_at, records, lags_for(math.inf).first)
    )
    lags = lags_for(rate)
    own = rate_at(lags)
    return lags_for(own) if own > 0.0 and not 0.5 < own / rate < 2.0 else lags


def estimate_directed(
    labels: WellLabels,
    core: DirectedCores,
    at: LabelConditions,
    photons: Sequence[FloatArray] | None = None,
    lag: float | None = None,
) -> DirectedEstimates:
    """All rates with intervals from a delete-one jackknife over groups of one start in every well.

    A direction with at most 10 switches is quoted as counted, with exact Poisson limits: then the statistical
    error exceeds 30 %, and what a transit does to a count does not matter. Never raises for want of switches.

    Args:
        labels: under the reference cores. core: counted rates under them. at: conditions.
        photons: samples of the photon number, one array a trajectory. lag: as in :func:`choose_lags`.

    Source: B. Efron, The Jackknife, the Bootstrap and Other Resampling Plans (SIAM, 1982), chapters 2 and 3.
    """
    n = int(np.isfinite(labels.begin).sum())
    grids = labels.grids(at.sample_interval, at.skip)
    try:
        lags = choose_lags(grids, at, lag)
        group = at.wells if n >= UNITS * at.wells else 1
        sums = unit_sums(labels, grids, lags, at.centre, group, -(-UNITS // max(n, 1)), photons)
        if len(sums) < 2:
            raise StatisticsError("samples: an error needs two units; record more or longer trajectories")
    except StatisticsError as error:
        rates = {name: _counted(name, core, at, f"fallback: {error}") for name in RATE_NAMES}
        return DirectedEstimates(rates, None, None, math.nan, math.nan, {}, None, str(error))
    total = sums.sum(axis=0)
    whole, left = derive(total, lags), derive(total - sums, lags)
    dof = len(sums) - 1
    counts: dict[str, float | int] = {
        "n_trajectories": n,
        "dof": dof,
        "total_time": float(labels.elapsed.sum()),
    }
    rates = {name: _rate(name, whole, left, core, lags, counts, at) for name in RATE_NAMES}
    spectral = rates["lam_e"].method == SPECTRAL["lam_e"]
    weight = _weight(whole, left, at.level, dof) if spectral else None
    light = None
    if photons is not None and spectral:
        light = _linear(whole.photons, left.photons, at.level, dof)
    return DirectedEstimates(
        rates,
        weight,
        light,
        float(whole.h_v),
        float(whole.h_b),
        _start_share(total, whole, lags, rates),
        lags,
        "",
    )


#: Method names of the spectral estimates.
SPECTRAL = {
    "lam_e": "autocorrelation of bright/centre",
    "lam_o": "autocorrelation of the side",
    "k_v": "lam_e x bright weight",
    "k_b": "lam_e x (1 - bright weight)",
    "k_d": "(lam_o - k_b)/2",
}


def _switches(name: str, core: DirectedCores) -> float:
    """Number of switches that a rate rests on."""
    parts = {"lam_e": ("k_v", "k_b"), "lam_o": ("k_b", "k_d")}.get(name, (name,))
    seen = [core.rate(part) for part in parts]
    return sum(float(r.counts["n_switched"]) for r in seen if r is not None)


def _rate(
    name: str,
    whole: Derived,
    left: Derived,
    core: DirectedCores,
    lags: LabelLags,
    counts: Mapping[str, float | int],
    at: LabelConditions,
) -> RateEstimate:
    seen = _switches(name, core)
    value, others = float(getattr(whole, name)), getattr(left, name)
    n = len(others)
    parity = lags.odd if name == "lam_o" else lags.even
    counts = {
        **counts,
        "switches": int(seen),
        "lag_start": parity.first * lags.interval,
        "lag_step": parity.step * lags.interval,
    }
    if name == "k_d" and np.isfinite(value) and np.isfinite(others).all():
        found = _linear(np.asarray(value), others, at.level, n - 1)
        relative = found.error / abs(found.value) if found.value != 0.0 else math.inf
        warnings: tuple[str, ...] = ()
        if found.lower <= 0.0:
            warnings = (
                "unresolved: k_d = (lam_o - k_b)/2 is not distinguishable from zero; the split of the rates is good to "
                "about 1 % of k_b at best",
            )
        return RateEstimate(
            RATE_NAMES[name], SPECTRAL[name], found.value, found.lower, found.upper, relative, at.level,
            {**counts, "standard_error": found.error}, warnings,
        )  # fmt: skip
    if seen <= FEW:
        return _counted(name, core, at, f"few_switches: {int(seen)}, the rate is switches per time")
    if not (value > 0.0 and np.all(others > 0.0)):
        return _counted(
            name, core, at, "fallback: no decay of the labels resolved, the rate is switches per time"
        )
    logs = np.log(others)
    log_value = n * math.log(value) - (n - 1) * float(logs.mean())
    relative = math.sqrt((n - 1) * float(np.var(logs)))
    if not relative > 0.0:
        return _counted(
            name, core, at, "fallback: no scatter over trajectories, the rate is switches per time"
        )
    lower, upper = log_limits(math.exp(log_value), relative, at.level, n - 1)
    few = (
        ("few_switches: relative error above 30 %, the interval is indicative only",)
        if relative > 0.3
        else ()
    )
    return RateEstimate(
        RATE_NAMES[name], SPECTRAL[name], math.exp(log_value), lower, upper, relative, at.level, counts, few
    )


def _counted(name: str, core: DirectedCores, at: LabelConditions, why: str) -> RateEstimate:
    """The counted rate instead, or NaN if the well was never visited."""
    found = core.rate(name)
    if found is None:
        return RateEstimate(
            RATE_NAMES[name],
            "undetermined",
            math.nan,
            0.0,
            math.inf,
            math.inf,
            at.level,
            {"switches": 0},
            (why,),
        )
    counts = {**found.counts, "switches": found.counts["n_switched"]}
    return replace(found, quantity=RATE_NAMES[name], counts=counts).with_warnings(why, *core.warnings)


def _linear(value: FloatArray, left: FloatArray, level: float, dof: int) -> MeasuredValue:
    """Bias-corrected value and symmetric interval."""
    n = dof + 1
    centre = n * float(value) - dof * float(left.mean())
    error = math.sqrt(dof * float(np.var(left)))
    reach = float(stats.t.ppf(0.5 + level / 2, dof)) * error
    return MeasuredValue(centre, centre - reach, centre + reach, error, level)


def _weight(whole: Derived, left: Derived, level: float, dof: int) -> MeasuredValue | None:
    """pi_b on the logit scale, where its interval stays in (0, 1) at either end."""
    p = np.append(left.bright_weight, whole.bright_weight)
    if not np.all((p > 0.0) & (p < 1.0)):
        return None
    logit = np.log(p / (1.0 - p))
    found = _linear(logit[-1], logit[:-1], level, dof)
    value, lower, upper = (1.0 / (1.0 + math.exp(-x)) for x in (found.value, found.lower, found.upper))
    return MeasuredValue(value, lower, upper, found.error * value * (1.0 - value), level)


def _start_share(
    total: FloatArray, whole: Derived, lags: LabelLags, rates: Mapping[str, RateEstimate]
) -> dict[str, float]:
    """Share of the variance of ln k that is the binomial noise of early switches after the starts."""
    k = lags.plateau.size
    out = {}
    for name, offset, small in (
        ("k_v", EVEN + ODD, whole.mean - whole.h_v),
        ("k_b", EVEN + ODD + 1 + k, whole.h_b - whole.mean),
    ):
        starts, early = total[offset], float(total[offset + 1 : offset + 1 + k].mean())
        relative = rates[name].relative_error
        if starts > 0.0 and small > 0.0 and 0.0 < relative < math.inf:
            p = early / starts
            out[name] = float(p * (1.0 - p) / starts / small**2 / relative**2)
    return out
