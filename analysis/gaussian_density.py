"""Sampled points of two variables against a normal density: histogram, marginals, covariance, one chi-square test.

Near a stable point the stationary density of dq = f dt + sqrt(2U) dW is exp(-q·H·q/(2U)) with H = Σ⁻¹, normal with covariance
U Σ; for linear f that is exact everywhere. Points are given in units of sqrt(U), so that nothing here depends on U.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import stats

from wellhop.engine.errors import StatisticsError

FloatArray = npt.NDArray[np.float64]

#: Cells of the chi-square test, all equally probable: rings x sectors in the coordinates in which Σ is 1.
RINGS, SECTORS = 12, 16
#: The histogram reaches this many standard deviations.
REACH = 5.0


@dataclass(frozen=True)
class Marginal:
    """Counts of one coordinate.

    Attributes:
        edges: (bins + 1,). counts: (bins,). expected: (bins,) of the normal density.
        residuals: (bins,) of (counts - expected) in binomial standard deviations; nan where fewer than 5 are expected.
    """

    edges: FloatArray
    counts: FloatArray
    expected: FloatArray
    residuals: FloatArray

    @property
    def middles(self) -> FloatArray:
        """(bins,) middles of the bins."""
        return 0.5 * (self.edges[1:] + self.edges[:-1])


@dataclass(frozen=True)
class DensityComparison:
    """What a sample of the plane says about a normal density.

    Attributes:
        n: independent points.
        edges: two arrays of bin edges. counts: (bins, bins) histogram, first index the first coordinate.
        marginals: of both coordinates.
        covariance, expected: (2, 2), measured about zero mean and of the density.
        covariance_error: (2, 2) standard deviations, sqrt((Σ_ii Σ_jj + Σ_ij²)/n).
        chi_square, dof, p_value: of RINGS x SECTORS equally probable cells.
    """

    n: int
    edges: tuple[FloatArray, FloatArray]
    counts: FloatArray
    marginals: tuple[Marginal, Marginal]
    covariance: FloatArray
    expected: FloatArray
    covariance_error: FloatArray
    chi_square: float
    dof: int
    p_value: float

    @property
    def pulls(self) -> FloatArray:
        """(2, 2) differences of the covariances in standard deviations."""
        return (self.covariance - self.expected) / self.covariance_error

    def __str__(self) -> str:
        """Test and covariances, for people."""
        lines = [f"chi-square {self.chi_square:.1f} for {self.dof} degrees of freedom, p = {self.p_value:.2g}, n = {self.n}"]
        for (i, j), name in zip(((0, 0), (0, 1), (1, 1)), ("11", "12", "22"), strict=True):
            measured, error = self.covariance[i, j], self.covariance_error[i, j]
            lines.append(f"Sigma_{name} = {measured:.5f} +- {error:.5f}, expected {self.expected[i, j]:.5f}")
        return "\n".join(lines)


def compare_density(points: npt.ArrayLike, covariance: npt.ArrayLike, bins: int = 60) -> DensityComparison:
    """Points against the normal density of zero mean and this covariance.

    Args:
        points: (n, 2), independent, n >= 5 RINGS SECTORS. covariance: (2, 2), positive definite.
        bins: of the histograms, along each axis.

    Raises:
        StatisticsError: too few points, not finite, or no covariance.

    >>> covariance = np.array([[2.0, -0.5], [-0.5, 1.0]])
    >>> found = compare_density(np.random.default_rng(1).multivariate_normal([0, 0], covariance, 20000), covariance)
    >>> found.dof, 1e-3 < found.p_value, bool(np.abs(found.pulls).max() < 4)
    (191, True, True)
    """
    q = np.asarray(points, dtype=np.float64)
    sigma = np.asarray(covariance, dtype=np.float64)
    cells = RINGS * SECTORS
    if q.ndim != 2 or q.shape[1] != 2 or len(q) < 5 * cells or not np.isfinite(q).all():
        raise StatisticsError(f"points: allowed is (n, 2) finite numbers with n >= {5 * cells}, got shape {q.shape}")
    if sigma.shape != (2, 2) or not np.allclose(sigma, sigma.T) or np.linalg.eigvalsh(sigma).min() <= 0.0:
        raise StatisticsError("covariance: allowed is a symmetric positive matrix of shape (2, 2)")
    n = len(q)
    widths = np.sqrt(np.diag(sigma))
    edges = tuple(np.linspace(-REACH * w, REACH * w, bins + 1) for w in widths)
    counts, _, _ = np.histogram2d(q[:, 0], q[:, 1], bins=[edges[0], edges[1]])
    marginals = [_marginal(q[:, i], edges[i], float(widths[i])) for i in range(2)]
    # in coordinates with unit covariance the squared radius is exponential and the angle uniform
    white = np.linalg.solve(np.linalg.cholesky(sigma), q.T)
    ring = np.minimum((-np.expm1(-0.5 * (white**2).sum(axis=0)) * RINGS).astype(np.int64), RINGS - 1)
    turn = np.arctan2(white[1], white[0]) / (2.0 * np.pi) + 0.5
    sector = np.minimum((turn * SECTORS).astype(np.int64), SECTORS - 1)
    found = np.bincount(ring * SECTORS + sector, minlength=cells)
    chi_square = float(((found - n / cells) ** 2).sum() * cells / n)
    return DensityComparison(
        n=n,
        edges=(edges[0], edges[1]),
        counts=counts,
        marginals=(marginals[0], marginals[1]),
        covariance=q.T @ q / n,
        expected=sigma,
        covariance_error=np.sqrt((np.outer(np.diag(sigma), np.diag(sigma)) + sigma**2) / n),
        chi_square=chi_square,
        dof=cells - 1,
        p_value=float(stats.chi2.sf(chi_square, cells - 1)),
    )


def _marginal(x: FloatArray, edges: FloatArray, width: float) -> Marginal:
    counts = np.histogram(x, bins=edges)[0].astype(np.float64)
    share = np.diff(stats.norm.cdf(edges / width))
    expected = len(x) * share
    with np.errstate(divide="ignore", invalid="ignore"):
        residuals = np.where(expected >= 5.0, (counts - expected) / np.sqrt(expected * (1.0 - share)), np.nan)
    return Marginal(edges, counts, expected, residuals)
