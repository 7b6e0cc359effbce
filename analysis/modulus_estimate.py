"""Size of a complex mean that is known with errors only.

|m| of a sampled mean m = x + iy is too large on average: E|m|² = |μ|² + e_x² + e_y², e the standard errors. Where μ vanishes, as at
a collapse, |m| says nothing but e. Instead

    |μ| ≈ sqrt(max(|m|² - e_x² - e_y², 0)),        | |m| - |μ| | <= r with the probability of |m - μ| <= r,

r = e sqrt(-2 ln(1 - level)) with the larger error e: a disc about m that holds μ with at least that probability holds every size
that |μ| can have. The interval is a little wide far from zero and right, with 0 in it, at a collapse.

Ours.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from wellhop.engine.errors import ParameterError

RealArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class ModulusEstimate:
    """|μ| of complex means, and an interval.

    Attributes:
        value: (k,) with the bias of |m|² taken off. lower, upper: (k,) ends of the interval, >= 0.
    """

    value: RealArray
    lower: RealArray
    upper: RealArray


def modulus_estimate(
    means: npt.ArrayLike, real_errors: npt.ArrayLike, imag_errors: npt.ArrayLike, level: float = 0.95
) -> ModulusEstimate:
    """|μ| from sampled complex means.

    Args:
        means: (k,) complex. real_errors, imag_errors: (k,) standard errors of both parts, >= 0. level: least probability with which
            the interval holds |μ|, between 0 and 1.

    Raises:
        ParameterError: a negative error, or a level that is no probability.

    >>> found = modulus_estimate([0.3 + 0.4j, 0.01j], [0.02, 0.02], [0.02, 0.02])
    >>> found.value.round(3).tolist(), found.lower.round(3).tolist(), found.upper.round(3).tolist()
    ([0.499, 0.0], [0.451, 0.0], [0.549, 0.059])
    """
    if not 0.0 < level < 1.0:
        raise ParameterError("level", level, "a number between 0 and 1")
    x, y = np.asarray(real_errors, dtype=np.float64), np.asarray(imag_errors, dtype=np.float64)
    if not ((x >= 0.0).all() and (y >= 0.0).all()):
        raise ParameterError("errors", "a negative or undefined one", "numbers >= 0")
    size = np.abs(np.asarray(means, dtype=np.complex128))
    radius = np.maximum(x, y) * np.sqrt(-2.0 * np.log1p(-level))
    value = np.sqrt(np.maximum(size**2 - x**2 - y**2, 0.0))
    return ModulusEstimate(value, np.maximum(size - radius, 0.0), size + radius)
