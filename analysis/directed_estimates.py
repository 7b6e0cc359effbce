"""Rates among wells with their intervals: jackknife, and what to do with few switches or starts.

What the plateaus h_v and h_b correct is the delay of labels against the slow mode, a relative lam_e t of the
directed rates with t up to transit + relaxation time. They rest on early switches after few starts. Where the
noise of these exceeds what they correct, the label is taken as ideal, h_v = 0 and h_b = 1, and the error of
that, lam_e t/2, is added to the statistical one: of two sources of error the smaller is kept.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy import stats

from wellhop.analysis.correlation import UNITS
from wellhop.analysis.directed_cores import DirectedCores
from wellhop.analysis.estimate import RateEstimate, log_limits
from wellhop.analysis.label_lags import LabelConditions, choose_lags
from wellhop.analysis.label_moments import EVEN, ODD, Derived, LabelLags, derive, unit_sums
from wellhop.analysis.pooled_ratio import FloatArray
from wellhop.analysis.well_labels import WellLabels
from wellhop.engine.errors import StatisticsError

#: Names of the rates inside the estimators (:mod:`wellhop.analysis.directed_naming`) and the kind of quantity each is.
RATE_NAMES: Mapping[str, str] = {
    "lam_e": "decay_rate",
    "lam_o": "decay_rate",
    "k_v": "escape_rate",
    "k_b": "escape_rate",
    "k_d": "escape_rate",
}
#: At or below this many switches the counted rate with its exact Poisson limits is quoted instead.
FEW = 10
_UNRESOLVED = "unresolved: k_d = (lam_o - k_b)/2 is not distinguishable from zero (the split is good to about 1 % of k_b)"
_INDICATIVE = "few_switches: relative error above 30 %, the interval is indicative only"


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
class DirectedEstimates:
    """Everything that one choice of lags gives.

    Attributes:
        rates: by name, see :data:`RATE_NAMES`. bright_weight, photons: with intervals; ``None`` if undetermined.
        h_v, h_b: plateau values, 0 and 1 if the label is taken as ideal.
        ideal_error: relative error of the directed rates added for that; 0 if the plateaus are measured.
        lags: where the sums were taken; ``None`` if there were none. problem: why, or empty.
    """

    rates: Mapping[str, RateEstimate]
    bright_weight: MeasuredValue | None
    photons: MeasuredValue | None
    h_v: float
    h_b: float
    ideal_error: float
    lags: LabelLags | None
    problem: str


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
        photons: samples of the photon number, one array a trajectory. lag: as in ``choose_lags``.

    Source: B. Efron, The Jackknife, the Bootstrap and Other Resampling Plans (SIAM, 1982), chapters 2 and 3.
    """
    n = int(np.isfinite(labels.begin).sum())
    grids = labels.grids(at.sample_interval, at.skip)
    try:
        lags = choose_lags(grids, at, lag)
        group = at.naming.wells if n >= UNITS * at.naming.wells else 1
        sums = unit_sums(labels, grids, lags, at.centre, group, -(-UNITS // max(n, 1)), photons)
        if len(sums) < 2:
            raise StatisticsError("samples: an error needs two units; record more or longer trajectories")
    except StatisticsError as error:
        rates = {name: _counted(name, core, at, f"fallback: {error}") for name in at.naming.rates}
        return DirectedEstimates(rates, None, None, math.nan, math.nan, 0.0, None, str(error))
    total = sums.sum(axis=0)
    ideal = _ideal_label(total, core, lags, at)
    if ideal > 0.0:
        # wells without starts have the plateau of an ideal label
        sums[:, EVEN + ODD :] = 0.0
        total = sums.sum(axis=0)
    whole, left = derive(total, lags), derive(total - sums, lags)
    jackknife = _Jackknife(whole, left, ideal, at.level)
    counts: dict[str, float | int] = {
        "n_trajectories": n,
        "dof": len(sums) - 1,
        "total_time": float(labels.elapsed.sum()),
    }
    rates = {name: _rate(name, jackknife, core, lags, counts, at) for name in at.naming.rates}
    spectral = rates["lam_e"].method == at.naming.methods["lam_e"]
    return DirectedEstimates(
        rates,
        jackknife.weight() if spectral else None,
        jackknife.linear("photons", 0.0) if photons is not None and spectral else None,
        float(whole.h_v),
        float(whole.h_b),
        ideal,
        lags,
        "",
    )


def _ideal_label(total: FloatArray, core: DirectedCores, lags: LabelLags, at: LabelConditions) -> float:
    """Relative error of taking the label as ideal if that is the better choice, else 0.

    Noise of the plateaus: k_w t starts of the N_w have switched by the plateau time t, and what is measured is k_w/lam_e.
    """
    rates = [r.value if r is not None else 0.0 for r in (core.k_v, core.k_b)]
    lam = sum(rates)
    transits = [t for t in (core.transit_v, core.transit_b) if not math.isnan(t)]
    bias = 0.5 * lam * (max(transits, default=0.0) + at.relaxation_time)
    starts = [float(total[EVEN + ODD]), float(total[EVEN + ODD + 1 + lags.plateau.size])]
    if min(starts) < 2.0:
        return bias
    noise = sum(
        float(lags.plateau.mean()) / (k * count) for k, count in zip(rates, starts, strict=True) if k > 0.0
    )
    return bias if lam * math.sqrt(noise) > bias else 0.0


@dataclass(frozen=True)
class _Jackknife:
    """Estimates from all units and from all but one.

    Attributes:
        whole, left: of all units; (n,) of all but one. ideal: relative error of up and down that is not statistical.
    """

    whole: Derived
    left: Derived
    ideal: float
    level: float

    @property
    def dof(self) -> int:
        """Units - 1."""
        return len(self.left.mean) - 1

    def extra(self, name: str) -> float:
        """What an ideal label adds: relative error of k_v and k_b, absolute one of k_d; none for the others."""
        weight = float(self.whole.bright_weight)
        share = {"k_v": 1.0 - weight, "k_b": weight, "k_d": 0.5 * weight * float(self.whole.k_b)}.get(
            name, 0.0
        )
        return self.ideal * share

    def values(self, name: str) -> tuple[float, FloatArray]:
        """One quantity, of all and of all but one."""
        return float(getattr(self.whole, name)), getattr(self.left, name)

    def logarithmic(self, name: str) -> tuple[float, float] | None:
        """Bias-corrected value and relative error; ``None`` where a logarithm does not exist or nothing scatters."""
        value, others = self.values(name)
        if not (value > 0.0 and np.all(others > 0.0)):
            return None
        logs = np.log(others)
        error = math.sqrt(self.dof * float(np.var(logs)))
        if not error > 0.0:
            return None
        return math.exp((self.dof + 1) * math.log(value) - self.dof * float(logs.mean())), math.hypot(
            error, self.extra(name)
        )

    def linear(self, name: str, extra: float) -> MeasuredValue:
        """Bias-corrected value and symmetric interval, with an error ``extra`` added."""
        value, others = self.values(name)
        return _symmetric(value, others, self.level, extra)

    def weight(self) -> MeasuredValue | None:
        """pi_b on the logit scale, where its interval stays in (0, 1) at either end."""
        value, others = self.values("bright_weight")
        p = np.append(others, value)
        if not np.all((p > 0.0) & (p < 1.0)):
            return None
        logit = np.log(p / (1.0 - p))
        found = _symmetric(float(logit[-1]), logit[:-1], self.level, self.ideal)
        value, lower, upper = (1.0 / (1.0 + math.exp(-x)) for x in (found.value, found.lower, found.upper))
        return MeasuredValue(value, lower, upper, found.error * value * (1.0 - value), self.level)


def _symmetric(value: float, left: FloatArray, level: float, extra: float) -> MeasuredValue:
    dof = len(left) - 1
    centre = (dof + 1) * value - dof * float(left.mean())
    error = math.hypot(math.sqrt(dof * float(np.var(left))), extra)
    reach = float(stats.t.ppf(0.5 + level / 2, dof)) * error
    return MeasuredValue(centre, centre - reach, centre + reach, error, level)


def _switches(name: str, core: DirectedCores) -> int:
    """Number of switches that a rate rests on."""
    parts = {"lam_e": ("k_v", "k_b"), "lam_o": ("k_b", "k_d"), "k_d": ("k_b", "k_d")}.get(name, (name,))
    seen = [core.inner(part) for part in parts]
    return sum(int(r.counts["n_switched"]) for r in seen if r is not None)


def _rate(
    name: str,
    jackknife: _Jackknife,
    core: DirectedCores,
    lags: LabelLags,
    counts: Mapping[str, float | int],
    at: LabelConditions,
) -> RateEstimate:
    """One rate, or the counted one where the labels give none."""
    seen = _switches(name, core)
    if seen <= FEW:
        return _counted(name, core, at, f"few_switches: {seen}, the rate is switches per time")
    parity = lags.odd if name == "lam_o" else lags.even
    counts = {
        **counts,
        "switches": int(core.k_d.counts["n_switched"]) if name == "k_d" and core.k_d is not None else seen,
        "lag_start": parity.first * lags.interval,
        "lag_step": parity.step * lags.interval,
    }
    if jackknife.extra(name) > 0.0:
        counts["ideal_label_error"] = jackknife.extra(name)
    unresolved = "fallback: no decay of the labels resolved, the rate is switches per time"
    if name == "k_d":
        value, others = jackknife.values(name)
        if not (math.isfinite(value) and np.isfinite(others).all() and np.ptp(others) > 0.0):
            return _counted(name, core, at, unresolved)
        found = jackknife.linear(name, jackknife.extra(name))
        relative = found.error / abs(found.value) if found.value != 0.0 else math.inf
        return RateEstimate(
            RATE_NAMES[name], at.naming.methods[name], found.value, found.lower, found.upper, relative, at.level,
            {**counts, "standard_error": found.error}, (_UNRESOLVED,) if found.lower <= 0.0 else (),
        )  # fmt: skip
    logarithmic = jackknife.logarithmic(name)
    if logarithmic is None:
        return _counted(name, core, at, unresolved)
    value, relative = logarithmic
    lower, upper = log_limits(value, relative, at.level, jackknife.dof)
    warnings = (_INDICATIVE,) if relative > 0.3 else ()
    return RateEstimate(
        RATE_NAMES[name], at.naming.methods[name], value, lower, upper, relative, at.level, counts, warnings
    )


def _counted(name: str, core: DirectedCores, at: LabelConditions, why: str) -> RateEstimate:
    """The counted rate instead, or NaN if the well was never visited."""
    found = core.inner(name)
    if found is None:
        method, seen = "undetermined", {"switches": 0}
        return RateEstimate(
            RATE_NAMES[name], method, math.nan, 0.0, math.inf, math.inf, at.level, seen, (why,)
        )
    counts = {**found.counts, "switches": found.counts["n_switched"]}
    return replace(found, quantity=RATE_NAMES[name], counts=counts).with_warnings(why, *core.warnings)
