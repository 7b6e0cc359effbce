"""The exponent of a rate from its values at several U: ln k = -S/U + b ln U + c + c1 U.

S is the slope for U -> 0, not the mean slope over the range: with a curvature c1 the local slope differs from it by
b U + c1 U², which at S/U = 6 ... 15 is 1-3 %. Escape over a generic saddle in the weak-noise limit has a prefactor
that does not vanish with U, b = 0; other powers are fits of their own. What stands behind an interval:

* statistical: weighted least squares; without errors of the rates, their scatter about the fit. Measured rates over a
  short range cannot tell c1: unless asked otherwise it is then held near 0 like one more datum, c1 = 0 +- 2/S. (ln k is
  an expansion in U/S, so that c1 S is a number of order 1: 0.5 ... 1.5 in the models here.) What that leaves open is
  part of the statistical error;
* systematic: the correction to the slope begins like c1 U², but over the range of U at hand it may grow faster. So
  half of what c1 moves S counts as uncertain, and all of what the next term c2 U², or another power asked for, would
  move it, whichever is largest. Of a move S' - S only the part beyond its error counts, sqrt((S' - S)² - |var S' - var S|);
  models rejected by the data have no say.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import stats

from wellhop.analysis.estimate import RateEstimate, check_level
from wellhop.engine.errors import StatisticsError

FloatArray = npt.NDArray[np.float64]
#: Probability of the chi-square below which a model is rejected.
REJECTED = 1e-3
#: c1 S is within so much of 0, as one standard deviation.
CURVATURE = 2.0
#: Least range of 1/U, in units of its largest value, that says anything about a slope for U -> 0.
NARROW = 0.25


@dataclass(frozen=True)
class ArrheniusModel:
    """One form fitted to the rates.

    Attributes:
        name: of the form. action: S. error: its standard error. power: b, fitted or given.
        coefficients: c, c1, c2 as far as there are any. chi2, dof, p_value: of the fit; p is NaN where the errors
            are taken from the scatter.
    """

    name: str
    action: float
    error: float
    power: float
    coefficients: tuple[float, ...]
    chi2: float
    dof: int
    p_value: float

    def log_rate(self, U: npt.ArrayLike) -> FloatArray:
        """The fitted ln k at these U."""
        u = np.asarray(U, dtype=np.float64)
        polynomial = sum(c * u**k for k, c in enumerate(self.coefficients))
        return np.asarray(-self.action / u + self.power * np.log(u) + polynomial, dtype=np.float64)


@dataclass(frozen=True)
class ArrheniusFit:
    """The exponent of a rate.

    Attributes:
        action: S, in the unit of U. lower, upper: limits at confidence ``level``, systematic part included.
        statistical: standard error. systematic: see the head of this file.
        model: the fit quoted. alternatives: the others tried, a free power among them.
        U: (n,) where there was a rate. level: confidence. warnings: named.
    """

    action: float
    lower: float
    upper: float
    statistical: float
    systematic: float
    model: ArrheniusModel
    alternatives: tuple[ArrheniusModel, ...]
    U: FloatArray
    level: float
    warnings: tuple[str, ...]

    @property
    def chi2(self) -> float:
        """Chi-square of the quoted fit."""
        return self.model.chi2

    @property
    def dof(self) -> int:
        """Points minus fitted numbers of the quoted fit."""
        return self.model.dof

    def holds(self, action: float) -> bool:
        """Whether the interval contains this value."""
        return self.lower <= action <= self.upper

    def __str__(self) -> str:
        lines = [
            f"S = {self.action:.4f} [{self.lower:.4f}, {self.upper:.4f}] at {100 * self.level:g} %, statistical "
            f"{self.statistical:.2g}, systematic {self.systematic:.2g} ({self.U.size} points, {self.model.name}, "
            f"chi2 {self.chi2:.3g} for {self.dof})"
        ]
        lines += [
            f"  {m.name}: S = {m.action:.4f} +- {m.error:.2g}, b = {m.power:.3g}" for m in self.alternatives
        ]
        return "\n".join([*lines, *(f"  ! {w}" for w in self.warnings)])


def fit_action(
    U: Sequence[float] | FloatArray,
    rates: Sequence[RateEstimate] | Sequence[float] | FloatArray,
    *,
    relative_errors: Sequence[float] | FloatArray | None = None,
    power: float | None = 0.0,
    curvature: bool | None = None,
    other_powers: Sequence[float] = (),
    level: float = 0.95,
) -> ArrheniusFit:
    """S of ln k = -S/U + b ln U + c + c1 U, with an interval.

    Args:
        U: > 0, at least two different ones. rates: measured, or plain numbers > 0; rates without a value (no switch seen)
            are left out and said.
        relative_errors: standard errors of ln k of plain numbers; None: taken from the scatter about the fit, which
            needs a point more. power: b, or None to fit it.
        curvature: whether to fit c1. None: with errors yes, held near 0 as above unless the rates contradict that;
            without errors from four points on.
        other_powers: values of b that also count as possible, in the systematic part. level: confidence in (0, 1).

    Raises:
        StatisticsError: malformed input, or fewer points than numbers to fit.

    >>> U = np.array([0.4, 0.5, 0.6, 0.8, 1.0])
    >>> fit = fit_action(U, np.exp(-6.0 / U + 0.3 + 0.2 * U), relative_errors=np.full(5, 0.02), curvature=True)
    >>> round(fit.action, 6), fit.holds(6.0), fit.holds(7.0)
    (6.0, True, False)
    """
    check_level(level)
    u, log_rate, sigma, warnings = _points(U, rates, relative_errors)
    known = sigma is not None
    curved = (known or u.size >= 4) if curvature is None else curvature
    degree = 1 if curved else 0
    held = math.inf
    if curvature is None and known:
        slope = abs(_fit(u, log_rate, sigma, 0.0 if power is None else power, 0).action)
        held = CURVATURE / slope if slope > 0.0 else math.inf
    quoted = _fit(u, log_rate, sigma, power, degree, held)
    pulled = abs(quoted.coefficients[1]) > 2.0 * held if degree else False
    if u.size >= 4 and (pulled or (math.isfinite(held) and quoted.p_value < REJECTED)):
        held = math.inf
        quoted = _fit(u, log_rate, sigma, power, degree)
    rivals: list[tuple[ArrheniusModel, float]] = []
    for b, extra in ((power, degree + 1), *((b, degree) for b in other_powers)):
        if u.size > extra + 2 + (b is None) + (not known) - (extra == degree):
            rival = _fit(u, log_rate, sigma, b, extra, held)
            rivals.append((rival, 0.0 if rival.p_value < REJECTED else 1.0))
    if degree:
        rivals.append((_fit(u, log_rate, sigma, power, 0), 0.5))
    systematic = max((share * _move(quoted, m) for m, share in rivals), default=0.0)
    if not rivals and curvature is None:
        # nothing tests the form: what a c1 of the usual size would do
        systematic = CURVATURE / abs(quoted.action) * float(np.mean(u)) ** 2
    others = [m for m, _ in rivals]
    if power is not None and u.size >= degree + 3 + (not known):
        others.append(_fit(u, log_rate, sigma, None, degree, held))
    tail = 0.5 + level / 2
    reach = stats.norm.ppf(tail) if known else stats.t.ppf(tail, max(quoted.dof, 1))
    half = float(reach) * quoted.error + systematic
    if quoted.p_value < REJECTED:
        warnings.append(
            f"chi_square: the fit is rejected (p = {quoted.p_value:.2g}); leave out the largest U"
        )
    span = 1.0 / u
    if np.ptp(span) < NARROW * span.max():
        warnings.append("range: 1/U spans too little for a slope at U -> 0")
    if not rivals:
        warnings.append(
            "systematic: too few points to test the form of the fit, whose correction is taken as c1 = 0 +- 2/S"
        )
    return ArrheniusFit(
        quoted.action, quoted.action - half, quoted.action + half, quoted.error, systematic, quoted,
        tuple(others), u, level, tuple(warnings),
    )  # fmt: skip


def _points(
    U: Sequence[float] | FloatArray,
    rates: Sequence[RateEstimate] | Sequence[float] | FloatArray,
    relative_errors: Sequence[float] | FloatArray | None,
) -> tuple[FloatArray, FloatArray, FloatArray | None, list[str]]:
    """U, ln k, errors of it (None: unknown), warnings; ascending U, only where there is a rate."""
    u = np.asarray(U, dtype=np.float64)
    if u.ndim != 1 or not np.all(np.isfinite(u) & (u > 0.0)):
        raise StatisticsError("U: allowed is a list of finite numbers > 0")
    if len(rates) != u.size:
        raise StatisticsError(f"rates: got {len(rates)} for {u.size} values of U")
    values, errors = np.empty(u.size), np.full(u.size, np.nan)
    for k, rate in enumerate(rates):
        if isinstance(rate, RateEstimate):
            values[k], errors[k] = rate.value, rate.relative_error
        else:
            values[k] = float(rate)
    if relative_errors is not None:
        errors = np.asarray(relative_errors, dtype=np.float64)
        if errors.shape != u.shape or not np.all(errors > 0.0):
            raise StatisticsError("relative_errors: allowed is one number > 0 for every rate")
    known = bool(np.isfinite(errors).any()) or any(isinstance(rate, RateEstimate) for rate in rates)
    keep = np.isfinite(values) & (values > 0.0) & (np.isfinite(errors) if known else True)
    warnings = []
    if not keep.all():
        where = ", ".join(f"{x:g}" for x in u[~keep])
        warnings.append(f"left_out: no rate with an error at U = {where}")
    order = np.argsort(u[keep])
    u, values, errors = u[keep][order], values[keep][order], errors[keep][order]
    if np.unique(u).size < 2:
        raise StatisticsError(f"rates: got values at {np.unique(u).size} different U, a slope needs two")
    return u, np.log(values), errors if known else None, warnings


def _fit(
    u: FloatArray,
    log_rate: FloatArray,
    sigma: FloatArray | None,
    power: float | None,
    degree: int,
    held: float = math.inf,
) -> ArrheniusModel:
    """Weighted least squares of one form, c1 = 0 +- ``held`` being one more datum if that is finite."""
    columns = [-1.0 / u, *(u**k for k in range(degree + 1))]
    target = log_rate
    if power is None:
        columns.append(np.log(u))
    else:
        target = log_rate - power * np.log(u)
    weight = np.ones(u.size) if sigma is None else 1.0 / sigma
    design, data = np.stack(columns, axis=1) * weight[:, None], target * weight
    if math.isfinite(held) and degree:
        design = np.vstack([design, np.eye(design.shape[1])[2] / held])
        data = np.append(data, 0.0)
    dof = len(data) - design.shape[1]
    needed = design.shape[1] + (sigma is None) - (len(data) - u.size)
    if u.size < needed or np.linalg.matrix_rank(design) < design.shape[1]:
        raise StatisticsError(f"rates: got {u.size} usable ones, this fit needs {needed} at different U")
    found = np.linalg.lstsq(design, data, rcond=None)[0]
    chi2 = float(np.sum((data - design @ found) ** 2))
    covariance = np.linalg.inv(design.T @ design)
    if sigma is None:
        covariance = covariance * (chi2 / dof)
    name = "b free" if power is None else f"b = {power:g}"
    name += ("", ", c1", ", c1, c2")[degree] + (f" (c1 = 0 +- {held:.2g})" if len(data) > u.size else "")
    return ArrheniusModel(
        name=name,
        action=float(found[0]),
        error=math.sqrt(float(covariance[0, 0])),
        power=float(found[-1]) if power is None else power,
        coefficients=tuple(float(x) for x in found[1 : degree + 2]),
        chi2=chi2,
        dof=dof,
        p_value=float(stats.chi2.sf(chi2, dof)) if sigma is not None and dof > 0 else math.nan,
    )


def _move(quoted: ArrheniusModel, other: ArrheniusModel) -> float:
    """How far S moves beyond what the errors of both explain (independent parts of a nested fit)."""
    explained = abs(other.error**2 - quoted.error**2)
    return math.sqrt(max(0.0, (other.action - quoted.action) ** 2 - explained))
