"""An estimate is a number with its interval and the counts behind it; a bare float is not a result."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from scipy import stats

from wellhop.engine.errors import StatisticsError

#: What a rate can be: one-way out of one well, the decay rate Gamma of the population difference or of a coherence, clicks per
#: time, or the frequency Omega at which a coherence turns.
QUANTITIES = ("escape_rate", "decay_rate", "click_rate", "frequency")


@dataclass(frozen=True)
class RateEstimate:
    """A rate, its confidence interval and what it was made of.

    Attributes:
        quantity: ``escape_rate`` (out of *one* well), ``decay_rate`` (Gamma: two wells, k01 + k10),
        ``click_rate``, or ``frequency`` of a coherence. method: the estimator and, where it matters, the stop
        rule its interval belongs to.
        value: per unit of time. 0 where no switch was seen; then only ``upper`` informs.
        lower, upper: limits at confidence ``level``: two-sided, except for ``value = 0`` where ``lower =
            0`` and ``upper`` is one-sided.
        relative_error: one standard deviation of ln(value); ``inf`` for ``value = 0``.
        level: confidence of the interval, in (0, 1).
        counts: what stands behind the number. Estimators that count switches give ``n_switched``,
            ``n_censored`` and ``exposure``; those with errors from the scatter over trajectories give
            ``n_trajectories`` and ``dof``, the degrees of freedom of their error.
        warnings: physics the reader must know about, each beginning with a short name and a colon.
        scale: value = scale n_switched / exposure with a Poisson count: 1 for a one-way rate, 2 for Gamma of
            symmetric wells; ``None`` where the value is no such ratio.

    >>> print(RateEstimate("escape_rate", "demo", 2e-3, 1.8e-3, 2.2e-3, 0.05, 0.95, {"n_switched": 400}))
    escape_rate = 2.0000e-03, 95 % interval [1.8000e-03, 2.2000e-03], relative error 5.0 %
      demo: n_switched=400
    """

    quantity: str
    method: str
    value: float
    lower: float
    upper: float
    relative_error: float
    level: float
    counts: Mapping[str, float | int] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    scale: float | None = None

    def __str__(self) -> str:
        percent = f"{100 * self.level:g} %"
        if self.value == 0.0:
            text = f"{self.quantity} < {self.upper:.4e} (one-sided {percent} limit: no switch was seen)"
        else:
            # a quantity that may be negative carries the error of itself, not of its logarithm
            linear = self.counts.get("standard_error")
            error = f"relative error {100 * self.relative_error:.1f} %" if linear is None else f"error {linear:.1e}"
            text = f"{self.quantity} = {self.value:.4e}, {percent} interval [{self.lower:.4e}, {self.upper:.4e}], {error}"
        behind = ", ".join(f"{name}={count:.6g}" for name, count in self.counts.items())
        return "\n".join([text, f"  {self.method}: {behind}", *(f"  ! {w}" for w in self.warnings)])

    def scaled(self, factor: float, quantity: str) -> RateEstimate:
        """The same estimate as another quantity: ``factor`` times the value, same relative error.

        For two *symmetric* wells ``escape.scaled(2, "decay_rate")`` turns the one-way rate into Gamma.

        >>> one_way = RateEstimate("escape_rate", "demo", 1.0, 0.5, 2.0, 0.3, 0.95)
        >>> one_way.scaled(2.0, "decay_rate").value
        2.0
        """
        return replace(
            self,
            quantity=quantity,
            value=self.value * factor,
            lower=self.lower * factor,
            upper=self.upper * factor,
            scale=None if self.scale is None else self.scale * factor,
        )

    def with_warnings(self, *warnings: str) -> RateEstimate:
        """The same estimate with more warnings attached (none twice)."""
        new = tuple(w for w in warnings if w not in self.warnings)
        return replace(self, warnings=self.warnings + new)


def check_level(level: float) -> float:
    """Confidence level in (0, 1), or :class:`StatisticsError`."""
    if not 0.0 < level < 1.0:
        raise StatisticsError(f"level: got {level!r}, allowed is a number in (0, 1), for example 0.95")
    return float(level)


def log_limits(
    value: float, relative_error: float, level: float, dof: float = math.inf
) -> tuple[float, float]:
    """Interval of a positive rate on the logarithmic scale, value * exp(-+ q relative_error).

    ``q`` is the Student quantile with ``dof`` degrees of freedom of the error itself (normal for ``inf``).
    On the log scale the limits stay positive and a rate and its inverse have the same interval.

    >>> low, high = log_limits(1.0, 0.1, 0.95)
    >>> round(low, 4), round(high, 4)
    (0.822, 1.2165)
    """
    q = float(stats.t.ppf(0.5 + level / 2, dof) if math.isfinite(dof) else stats.norm.ppf(0.5 + level / 2))
    exponent = q * relative_error
    high = value * math.exp(exponent) if exponent < 700.0 else math.inf
    return value * math.exp(-exponent), high
