"""Decay rate and frequency of a coherence from trajectories that never reveal a well.

Where parity is conserved by every channel, the coherence z = <C> between even and odd states of a trajectory obeys, for every
time s and every t0 well above the relaxation times inside a well,

    E[ Y(s)* { z(s + t0 + D) - rho z(s + t0) } ] = 0,      rho = exp(λ D),      λ = -Γ - iσΩ,

whatever Y(s) was known at s (σ is the sign of the detuning). Y = z gives the complex autocorrelation, the headline: it needs no
stationarity, which is as well, since the record slowly tells the parities apart and |z| dies out along each trajectory.
Y(s) = exp(λ s) weighs the plain ensemble average E[z](t) -> A exp(λ t) as its own signal: the cross-check, and what a fit of
exp(-Γt) cos(Ωt + φ) to <a>(t) would give.

Sums over s and over trajectories are pooled before the ratio is taken, the same s in numerator and denominator, and the O(1/n)
bias of a ratio goes out with a jackknife over trajectories, as in :mod:`wellhop.analysis.correlation`. Lags: |λ|D = 0.3 and
t0 = 4 relaxation times, or 8 where |λ|t0 stays below 0.05. Everything here is ours.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import stats

from wellhop.analysis.correlation import LEAST_LAG, MOST_LAG, SPARE
from wellhop.analysis.estimate import RateEstimate, check_level, log_limits
from wellhop.analysis.pooled_ratio import TARGET, Lags, positive
from wellhop.engine.errors import StatisticsError, TooFewSwitchesError

ComplexArray = npt.NDArray[np.complex128]
FloatArray = npt.NDArray[np.float64]

#: Names of the two rates, and what they are.
DECAY, FREQUENCY = "Gamma", "Omega"
QUANTITIES: Mapping[str, str] = {DECAY: "decay_rate", FREQUENCY: "frequency"}
#: Below so many standard errors a rate is quoted with a linear error instead of one of its logarithm.
RESOLVED = 3.0
#: Fewest trajectories an error is taken from, and the relative scatter of rates that is round-off.
FEWEST, ROUND_OFF = 8, 1e-10


@dataclass(frozen=True)
class CoherenceRates:
    """λ from one estimator.

    Attributes:
        rates: ``Gamma`` (decay_rate) and ``Omega`` (frequency, >= 0 in expectation).
        covariance: (2, 2) of (Γ, Ω). lags: t0 and D in sampling intervals.
    """

    rates: Mapping[str, RateEstimate]
    covariance: FloatArray
    lags: Lags

    @property
    def value(self) -> complex:
        """Γ + iΩ."""
        return complex(self.rates[DECAY].value, self.rates[FREQUENCY].value)


def autocorrelation_lambda(
    series: Sequence[ComplexArray],
    interval: float,
    relaxation_time: float,
    guess: complex | None = None,
    sign: int = 1,
    level: float = 0.95,
    lag: float | None = None,
) -> CoherenceRates:
    """Γ and Ω from the complex autocorrelation of <C> along trajectories (head of this file).

    Args:
        series: (n_samples,) values of <C> of every trajectory. interval: between them.
        relaxation_time: slowest one inside a well.
        guess: Γ + iΩ; chooses lags, never enters a value. sign: σ, +1 for Δ > 0.
        level: confidence. lag: t0 to use instead of the rule.

    Raises:
        StatisticsError: malformed samples, too few or too short trajectories.
        TooFewSwitchesError: no decay and no rotation resolved.

    >>> rng = np.random.default_rng(3)
    >>> turns = rng.normal(-0.05 * 0.5, np.sqrt(2 * 0.05 * 0.2), (200, 100)).cumsum(axis=1)
    >>> found = autocorrelation_lambda(list(np.exp(1j * turns)), 0.05, 0.001, guess=0.2 + 0.5j)
    >>> all(r.lower < exact < r.upper for r, exact in zip(found.rates.values(), (0.2, 0.5)))
    True
    """
    z = _checked(series, interval)
    lags = _lags(z, interval, positive("relaxation_time", relaxation_time), guess, lag)
    return _estimate(z, [x.conj() for x in z], interval, lags, sign, check_level(level), "autocorrelation of the coherence")


def ensemble_lambda(
    series: Sequence[ComplexArray],
    interval: float,
    relaxation_time: float,
    guess: complex,
    sign: int = 1,
    level: float = 0.95,
) -> CoherenceRates:
    """Γ and Ω from the ensemble average alone; arguments as for :func:`autocorrelation_lambda`, ``guess`` weighs the times.

    Raises:
        StatisticsError, TooFewSwitchesError: as there.
    """
    z = _checked(series, interval)
    lags = _lags(z, interval, positive("relaxation_time", relaxation_time), guess, None)
    expected = complex(guess.real, sign * guess.imag)
    weights = [np.exp(-np.conj(expected) * interval * np.arange(x.size)) for x in z]
    return _estimate(z, weights, interval, lags, sign, check_level(level), "ensemble average of the coherence")


def _checked(series: Sequence[ComplexArray], interval: float) -> list[ComplexArray]:
    positive("interval", interval)
    z = [np.asarray(x, dtype=np.complex128) for x in series]
    if len(z) < FEWEST:
        raise StatisticsError(f"samples: got {len(z)} trajectories, an error needs {FEWEST} or more")
    for j, x in enumerate(z):
        if x.ndim != 1 or not np.isfinite(x).all():
            raise StatisticsError(f"samples[{j}]: got shape {x.shape}, allowed are (n_samples,) finite numbers")
    return z


def _lags(z: list[ComplexArray], interval: float, tau: float, guess: complex | None, lag: float | None) -> Lags:
    """t0 and D; D at most half of what is left."""
    longest = max(x.size for x in z)
    first = max(1, math.ceil((LEAST_LAG * tau if lag is None else lag) / interval - 1e-9))
    most = (longest - first - 1) // 2
    if most < 1:
        raise StatisticsError(
            f"samples: {longest} samples of interval {interval:g} are too few for a coherence that settles within "
            f"{first * interval:g}; use longer trajectories"
        )
    rate = abs(guess) if guess is not None and np.isfinite(guess) and guess != 0 else _first_guess(z, first, most, interval)
    if lag is None and rate * MOST_LAG * tau < SPARE:
        first = max(first, min(math.ceil(MOST_LAG * tau / interval - 1e-9), longest // 4))
        most = max(1, (longest - first - 1) // 2)
    return Lags(first, min(most, max(1, round(TARGET / (rate * interval)))))


def _first_guess(z: list[ComplexArray], first: int, most: int, interval: float) -> float:
    """|λ| to an order of magnitude: the first doubling of D over which |ln rho| reaches 0.3."""
    step, rate = 1, 0.0
    while step <= most:
        near, far = _sums(z, [x.conj() for x in z], Lags(first, step))
        if near.sum() != 0.0 and far.sum() != 0.0:
            rate = abs(np.log(far.sum() / near.sum())) / (step * interval)
        if rate * step * interval >= TARGET:
            return float(rate)
        step *= 2
    return float(rate) if rate > 0.0 else TARGET / (most * interval)


def _sums(z: list[ComplexArray], weights: list[ComplexArray], lags: Lags) -> tuple[ComplexArray, ComplexArray]:
    """Pooled products Y*(s) z(s + t0) and Y*(s) z(s + t0 + D) of every trajectory."""
    first, last = lags.first, lags.first + lags.step
    near = np.zeros(len(z), dtype=np.complex128)
    far = np.zeros(len(z), dtype=np.complex128)
    for k, (x, w) in enumerate(zip(z, weights, strict=True)):
        if x.size > last:
            y = w[: x.size - last]
            near[k] = y @ x[first : x.size - lags.step]
            far[k] = y @ x[last:]
    return near, far


def _estimate(
    z: list[ComplexArray], weights: list[ComplexArray], interval: float, lags: Lags, sign: int, level: float, method: str
) -> CoherenceRates:
    """Ratio of pooled sums, with a delete-one jackknife of (Γ, Ω) over trajectories."""
    near, far = _sums(z, weights, lags)
    n, step = len(z), lags.step * interval
    near_left, far_left = near.sum() - near, far.sum() - far
    spread = math.sqrt((n - 1) * float(np.mean(np.abs(near_left - near_left.mean()) ** 2)))
    if not abs(near.sum()) > RESOLVED * spread:
        raise StatisticsError(
            f"samples: the {method} at time {lags.first * interval:g} is not distinguishable from zero; "
            "use more or shorter trajectories"
        )
    whole = np.log(far.sum() / near.sum()) / step
    # ratios to the whole stay near 1, away from the cut of the logarithm
    left = whole + np.log((far_left / far.sum()) / (near_left / near.sum())) / step
    pairs = np.stack([-left.real, -sign * left.imag])
    both = np.array([-whole.real, -sign * whole.imag])
    covariance = (n - 1) * np.cov(pairs, bias=True)
    if np.trace(covariance) <= (ROUND_OFF * abs(whole)) ** 2 and abs(whole) * step > ROUND_OFF:
        raise StatisticsError(
            f"samples: all {n} trajectories give the same rates, so that no error can be taken from their scatter; give each of "
            "them a random stream of its own"
        )
    time = interval * sum(x.size for x in z)
    counts: dict[str, float | int] = {
        "n_trajectories": n,
        "dof": n - 1,
        "total_time": time,
        "lag_start": lags.first * interval,
        "lag_step": step,
    }
    rates = {}
    for k, (name, quantity) in enumerate(QUANTITIES.items()):
        rates[name] = _rate(quantity, float(both[k]), pairs[k], level, method, counts)
    if all("standard_error" in r.counts for r in rates.values()):
        raise TooFewSwitchesError(
            f"samples: neither decay nor rotation is resolved in a total time of {time:g}; record longer"
        )
    return CoherenceRates(rates, covariance, lags)


def _rate(
    quantity: str, whole: float, left: FloatArray, level: float, method: str, counts: Mapping[str, float | int]
) -> RateEstimate:
    """One of the two, on the scale of its logarithm where it is clear of zero."""
    n = left.size
    error = math.sqrt((n - 1) * float(np.var(left)))
    value = n * whole - (n - 1) * float(left.mean())
    if whole > RESOLVED * error and np.all(left > 0.0):
        logs = np.log(left)
        value = math.exp(n * math.log(whole) - (n - 1) * float(logs.mean()))
        relative = math.sqrt((n - 1) * float(np.var(logs)))
        lower, upper = log_limits(value, relative, level, n - 1)
        return RateEstimate(quantity, method, value, lower, upper, relative, level, dict(counts))
    q = float(stats.t.ppf(0.5 + level / 2.0, n - 1))
    few = f"unresolved: {quantity} is not {RESOLVED:g} standard errors away from zero"
    return RateEstimate(
        quantity, method, value, value - q * error, value + q * error, math.inf if value <= 0.0 else error / value, level,
        {**counts, "standard_error": error}, (few,),
    )  # fmt: skip
