"""How far a finite step moves a rate, and the step at which it moves it by one per cent.

For a scheme of weak order p the rate of the stepped equation is k(dt) with

    ln k(dt) - ln k = c dt^p + d dt^r + ...,

p = r/2 = 2 for Strang splitting and the implicit midpoint rule (both symmetric, so that only even powers appear), p = 2, r = 3
for Heun, p = 1, r = 2 for Euler-Maruyama. c and d are fitted to measured biases; their statistical errors give the interval of
the step. A free power c dt^p beside it shows whether the assumed order is what was seen.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from wellhop.engine.errors import StatisticsError

FloatArray = npt.NDArray[np.float64]

#: Scheme -> (p, r).
ORDERS = {"strang": (2, 4), "midpoint": (2, 4), "heun": (2, 3), "euler": (1, 2)}
#: Draws of (c, d) for the interval of the step.
DRAWS = 2000


@dataclass(frozen=True)
class MeasuredBias:
    """ln(k/k_exact) of one scheme and one rate at several steps.

    Attributes:
        scheme: its name. dt: (n,) ascending. bias: (n,). error: (n,) standard errors.
    """

    scheme: str
    dt: FloatArray
    bias: FloatArray
    error: FloatArray

    def __post_init__(self) -> None:
        """Check shapes and order."""
        arrays = [np.asarray(a, dtype=np.float64) for a in (self.dt, self.bias, self.error)]
        if len({a.shape for a in arrays}) != 1 or arrays[0].ndim != 1:
            raise StatisticsError("dt, bias, error: allowed are arrays of one common length")
        if not np.isfinite(arrays).all() or (arrays[0] <= 0.0).any() or (arrays[2] <= 0.0).any():
            raise StatisticsError("dt, bias, error: allowed are finite numbers, steps and errors > 0")
        order = np.argsort(arrays[0])
        for name, array in zip(("dt", "bias", "error"), arrays, strict=True):
            object.__setattr__(self, name, array[order])


@dataclass(frozen=True)
class BiasFit:
    """c dt^p + d dt^r, and the step at which it reaches a given size.

    Attributes:
        scheme: its name. orders: (p, r). coefficients: (c, d). covariance: (2, 2) of them.
        chi_square, dof: of the fit. power, power_error: of the free power law, NaN where fewer than 2 biases exceed 3 errors.
        target: size of the bias. step, lower, upper: dt at which |bias| = target, with its interval at ``level``.
        level: confidence. longest: step of the fit.
        resolved: whether c differs from zero by more than 3 errors; else ``step`` is only bounded from below.
    """

    scheme: str
    orders: tuple[int, int]
    coefficients: tuple[float, float]
    covariance: FloatArray
    chi_square: float
    dof: int
    power: float
    power_error: float
    target: float
    step: float
    lower: float
    upper: float
    level: float
    longest: float
    resolved: bool

    def at(self, dt: npt.ArrayLike) -> FloatArray:
        """Fitted bias at these steps."""
        x = np.asarray(dt, dtype=np.float64)
        (p, r), (c, d) = self.orders, self.coefficients
        return c * x**p + d * x**r

    def __str__(self) -> str:
        """One line for people."""
        c, d = self.coefficients
        p, r = self.orders
        return (
            f"{self.scheme}: {c:.3g} dt^{p} {d:+.3g} dt^{r} (chi-square {self.chi_square:.1f} / {self.dof}; free power "
            f"{self.power:.2f} +- {self.power_error:.2f}), {100 * self.target:g} % at dt = {self.step:.3g} "
            f"[{self.lower:.3g}, {self.upper:.3g}]" + ("" if self.resolved else ", not resolved")
        )


def fit_bias(measured: MeasuredBias, target: float = 0.01, level: float = 0.95, orders: tuple[int, int] | None = None) -> BiasFit:
    """Weighted least squares of the two leading terms, and the step at which their sum reaches ``target``.

    Args:
        measured: at least 2 steps. target: in (0, 1). level: of the interval. orders: (p, r), those of the scheme if None.

    Raises:
        StatisticsError: too few steps, or an unknown scheme without orders.

    >>> dt = np.array([0.02, 0.05, 0.1])
    >>> found = fit_bias(MeasuredBias("strang", dt, 4.0 * dt**2, np.full(3, 1e-3)))
    >>> round(found.step, 6), found.lower < 0.05 < found.upper
    (0.05, True)
    """
    if measured.scheme not in ORDERS and orders is None:
        raise StatisticsError(f"scheme: got {measured.scheme!r}, allowed is one of {', '.join(ORDERS)}")
    p, r = ORDERS[measured.scheme] if orders is None else orders
    dt, bias, error = measured.dt, measured.bias, measured.error
    if len(dt) < 2:
        raise StatisticsError("dt: two steps are needed for two terms")
    # scaled by the longest step, which keeps the two columns of comparable size
    longest = float(dt[-1])
    columns = np.column_stack([(dt / longest) ** p, (dt / longest) ** r])
    weighted = columns / error[:, None]
    covariance = np.linalg.inv(weighted.T @ weighted)
    found = covariance @ weighted.T @ (bias / error)
    chi_square = float((((bias - columns @ found) / error) ** 2).sum())
    # a scatter beyond the errors widens the interval, less scatter never narrows it
    dof = len(dt) - 2
    widening = max(1.0, chi_square / dof) if dof > 0 else 1.0
    rng = np.random.default_rng(0)
    draws = rng.multivariate_normal(found, covariance * widening, DRAWS)
    steps = _steps(draws[:, 0], draws[:, 1], p, r, target)
    tail = 50.0 * (1.0 - level)
    lower, upper = np.percentile(steps, [tail, 100.0 - tail])
    scale = np.array([longest**-p, longest**-r])
    power, power_error = _free_power(measured)
    return BiasFit(
        scheme=measured.scheme,
        orders=(p, r),
        coefficients=(float(found[0] * scale[0]), float(found[1] * scale[1])),
        covariance=np.asarray(covariance * np.outer(scale, scale), dtype=np.float64),
        chi_square=chi_square,
        dof=dof,
        power=power,
        power_error=power_error,
        target=target,
        step=float(_steps(found[:1], found[1:], p, r, target)[0]) * longest,
        lower=float(lower) * longest,
        upper=float(upper) * longest,
        level=level,
        longest=longest,
        resolved=bool(abs(found[0]) > 3.0 * math.sqrt(covariance[0, 0])),
    )


def _steps(c: FloatArray, d: FloatArray, p: int, r: int, target: float) -> FloatArray:
    """Smallest x > 0 with |c x^p + d x^r| = target for each pair, inf beyond 10; first crossing on a grid, then bisection."""
    c, d = c[:, None], d[:, None]
    grid = np.geomspace(1e-4, 10.0, 400)
    above = np.abs(c * grid**p + d * grid**r) >= target
    first = above.argmax(axis=1)
    high = grid[first][:, None]
    low = np.where(first[:, None] > 0, grid[first - 1][:, None], 0.0)
    for _ in range(40):
        middle = 0.5 * (low + high)
        over = np.abs(c * middle**p + d * middle**r) >= target
        low, high = np.where(over, low, middle), np.where(over, middle, high)
    return np.where(above.any(axis=1), high[:, 0], np.inf)


def _free_power(measured: MeasuredBias) -> tuple[float, float]:
    """Power of |bias| = c dt^p through the biases larger than 3 errors, and its standard error."""
    clear = np.abs(measured.bias) > 3.0 * measured.error
    if clear.sum() < 2:
        return math.nan, math.nan
    x, y = np.log(measured.dt[clear]), np.log(np.abs(measured.bias[clear]))
    weight = (measured.bias[clear] / measured.error[clear]) ** 2
    mean = np.average(x, weights=weight)
    spread = float((weight * (x - mean) ** 2).sum())
    return float((weight * (x - mean) * y).sum() / spread), 1.0 / math.sqrt(spread)
