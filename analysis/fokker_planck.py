"""Slow eigenvalues of Fokker-Planck operators with polynomial drift: rates of Langevin models without sampling.

For dq = f(q) dt + sqrt(2 D) dW in one or two variables the density obeys

    ∂P/∂t = L P = -Σ_i ∂_i (f_i P) + Σ_ij D_ij ∂_i ∂_j P.

P is expanded in orthonormal Hermite functions φ_m(x/s) φ_n(y/s), in which x and ∂/∂x are tridiagonal. Products are formed in a
basis that is larger by the degree of the drift and then cut, so every kept matrix element is exact. If f(-q) = -f(q), L keeps
the parity of m + n and the two sectors are solved apart. The basis has to cover the support: s sqrt(2 N) is the largest |x|
that N functions reach. A box that is too small gives wrong numbers that look right, so :func:`slow_rates` solves twice, with
another N and another s, and refuses when the two disagree.

Grids with upwind differences are no substitute: their numerical diffusion is larger than D where the drift turns.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp
from scipy.sparse.linalg import eigs

from wellhop.engine.errors import ModelError, PredictionError

Parity = Literal["even", "odd", "all"]

#: how far from zero the search is centred, in units of the largest element of the drift matrix; zero itself is an eigenvalue
_SHIFT = 1e-7


def _ladder(n: int, scale: float) -> tuple[Any, Any]:
    """Position x and ∂/∂x in the first n Hermite functions of x/scale."""
    root = np.sqrt(np.arange(1.0, n) / 2.0)
    x = sp.diags_array([root, root], offsets=[-1, 1])
    slope = sp.diags_array([-root, root], offsets=[-1, 1])
    return (scale * x).tocsr(), (slope / scale).tocsr()


def _polynomial(table: npt.NDArray[np.float64], coordinates: Sequence[Any]) -> Any:
    """Σ c_ij x^i y^j as a matrix."""
    size = coordinates[0].shape[0]
    total = sp.csr_array((size, size))
    for powers, coefficient in np.ndenumerate(table):
        if coefficient != 0.0:
            term = coefficient * sp.eye_array(size, format="csr")
            for x, power in zip(coordinates, powers, strict=True):
                for _ in range(power):
                    term = term @ x
            total = total + term
    return total


def _checked(
    drift: Sequence[npt.ArrayLike], diffusion: npt.ArrayLike
) -> tuple[list[npt.NDArray[np.float64]], npt.NDArray[np.float64]]:
    tables = [np.asarray(table, dtype=np.float64) for table in drift]
    d = len(tables)
    if d not in (1, 2) or any(table.ndim != d or not np.isfinite(table).all() for table in tables):
        raise ModelError(
            "drift: one finite coefficient table per variable, c[i] of x^i or c[i, j] of x^i y^j"
        )
    matrix = np.atleast_2d(np.asarray(diffusion, dtype=np.float64))
    if matrix.shape != (d, d) or not np.isfinite(matrix).all() or not np.allclose(matrix, matrix.T):
        raise ModelError(f"diffusion: must be a finite symmetric matrix of shape {(d, d)}")
    if np.linalg.eigvalsh(matrix).min() <= 0.0:
        raise ModelError("diffusion: must be positive definite")
    return tables, matrix


def fokker_planck_generator(
    drift: Sequence[npt.ArrayLike],
    diffusion: npt.ArrayLike,
    *,
    basis: int,
    scale: float,
    parity: Parity = "all",
) -> Any:
    """Sparse matrix of L in ``basis`` Hermite functions per axis.

    Args:
        drift: one coefficient table per variable, c[i] of x^i in one, c[i, j] of x^i y^j in two variables.
        diffusion: D, (d, d), positive definite.
        basis: functions per axis. scale: s, the width of the functions.
        parity: sector of m + n; ``even`` and ``odd`` need f(-q) = -f(q).

    Raises:
        ModelError: malformed or even drift, diffusion not positive.

    >>> generator = fokker_planck_generator([[0.0, -1.0]], [[0.5]], basis=30, scale=0.8)  # Ornstein-Uhlenbeck: 0, -1, -2, ...
    >>> np.sort(-np.linalg.eigvals(generator.toarray()).real)[1:4].round(6).tolist()
    [1.0, 2.0, 3.0]
    """
    tables, matrix = _checked(drift, diffusion)
    d = len(tables)
    degrees = [sum(powers) for table in tables for powers in np.argwhere(table != 0.0)]
    if parity != "all" and any(degree % 2 == 0 for degree in degrees):
        raise ModelError("drift: parity sectors need f(-q) = -f(q), odd powers only")
    padded = basis + max([2, *degrees]) + 1
    x, slope = _ladder(padded, scale)
    one = sp.eye_array(padded, format="csr")
    coordinates = [x] if d == 1 else [sp.kron(x, one, format="csr"), sp.kron(one, x, format="csr")]
    slopes = [slope] if d == 1 else [sp.kron(slope, one, format="csr"), sp.kron(one, slope, format="csr")]
    generator = sp.csr_array(coordinates[0].shape)
    for i, table in enumerate(tables):
        generator = generator - slopes[i] @ _polynomial(table, coordinates)
        for j in range(d):
            generator = generator + matrix[i, j] * slopes[i] @ slopes[j]
    levels = np.indices((padded,) * d).reshape(d, -1)
    keep = (levels < basis).all(axis=0)
    if parity != "all":
        keep &= levels.sum(axis=0) % 2 == (1 if parity == "odd" else 0)
    kept = np.flatnonzero(keep)
    return generator.tocsc()[kept][:, kept].tocsc()


def slow_eigenvalues(
    drift: Sequence[npt.ArrayLike],
    diffusion: npt.ArrayLike,
    *,
    basis: int,
    scale: float,
    parity: Parity = "all",
    count: int = 2,
) -> npt.NDArray[np.complex128]:
    """The ``count`` eigenvalues of L nearest to zero, slowest first; arguments as for :func:`fokker_planck_generator`.

    The sectors ``even`` and ``all`` contain the stationary state with eigenvalue 0.
    """
    generator = fokker_planck_generator(drift, diffusion, basis=basis, scale=scale, parity=parity)
    if generator.shape[0] < count + 3:
        raise ModelError(f"basis: {basis} functions are too few for {count} eigenvalues")
    size = max(float(np.abs(np.asarray(table)).max()) for table in drift)
    start = np.random.default_rng(0).standard_normal(generator.shape[0])
    values = eigs(generator, k=count, sigma=_SHIFT * size, v0=start, return_eigenvectors=False)
    out: npt.NDArray[np.complex128] = np.asarray(values)[np.argsort(np.abs(values))]
    return out


def slow_rates(
    drift: Sequence[npt.ArrayLike],
    diffusion: npt.ArrayLike,
    *,
    basis: int,
    scale: float,
    parity: Parity = "odd",
    count: int = 1,
    tolerance: float = 1e-5,
) -> npt.NDArray[np.float64]:
    """Decay rates of the slowest modes, checked against a larger basis of another width.

    Args:
        basis, scale: of the smaller basis; the check uses 1.2 times as many functions, 1.07 times as wide.
        tolerance: largest relative difference of the two; other arguments as for :func:`fokker_planck_generator`.

    Returns:
        (count,) float64, -Re of the eigenvalues, of the larger basis.

    Raises:
        PredictionError: the two bases disagree: more functions are needed, or another width.

    >>> double_well = [[0.0, 1.0, 0.0, -1.0]]
    >>> slow_rates(double_well, [[0.1]], basis=80, scale=0.22).round(6).tolist()
    [0.033545]
    """
    first, second = (
        -slow_eigenvalues(drift, diffusion, basis=n, scale=s, parity=parity, count=count).real
        for n, s in ((basis, scale), (int(1.2 * basis) + 1, 1.07 * scale))
    )
    floor = 1e-11 * max(float(np.abs(np.asarray(table)).max()) for table in drift)
    if (np.abs(first - second) > tolerance * np.abs(second) + floor).any():
        raise PredictionError(
            f"Fokker-Planck rates not converged: {first} with {basis} functions of width {scale:g}, {second} with more; "
            "the basis reaches |x| = scale sqrt(2 basis), which has to cover the support"
        )
    return second
