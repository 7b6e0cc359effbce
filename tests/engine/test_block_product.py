"""The vector-instruction matrix product: right against numpy, and in exactly the order of additions it states."""

from __future__ import annotations

import numpy as np
import pytest

from wellhop.engine.block_product import multiply, norm_and_slope
from wellhop.engine.propagators import by_sector, padded_length


def _sectors(sizes: list[int]) -> np.ndarray:
    return np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)


def _matrix(rng: np.random.Generator, edges: np.ndarray, source: np.ndarray) -> np.ndarray:
    n = int(edges[-1])
    out = np.zeros((n, n), dtype=complex)
    for b, s in enumerate(source):
        if s >= 0:
            rows, columns = slice(edges[b], edges[b + 1]), slice(edges[s], edges[s + 1])
            shape = out[rows, columns].shape
            out[rows, columns] = rng.normal(size=shape) + 1j * rng.normal(size=shape)
    return out


def _padded(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    out = np.zeros(padded_length(len(x)), dtype=complex)
    out[: len(x)] = x
    return out.real.copy(), out.imag.copy()


@pytest.mark.parametrize("sizes", [[1], [2], [7], [8], [9], [13, 12], [3, 4], [1, 1, 17], [5, 8, 4, 30], [24]])
def test_product_by_sectors_matches_dense(sizes: list[int]) -> None:
    """Square and permuted sectors, one without a source; rounding of sums of n terms."""
    rng = np.random.default_rng(sum(sizes) + len(sizes))
    edges, n = _sectors(sizes), sum(sizes)
    full = np.array(sizes)
    for source in (np.arange(len(sizes)), np.roll(np.arange(len(sizes)), 1), np.r_[-1, np.arange(1, len(sizes))]):
        a = _matrix(rng, edges, source)
        x = rng.normal(size=n) + 1j * rng.normal(size=n)
        xr, xi = _padded(x)
        yr, yi = np.full_like(xr, np.nan), np.full_like(xr, np.nan)
        multiply(by_sector(a, edges, source), edges, source, full, full, xr, xi, yr, yi)
        bound = 4e-16 * (n + 4) * (np.abs(a) @ np.abs(x)) + 1e-300
        assert (np.abs(yr[:n] + 1j * yi[:n] - a @ x) <= bound).all()


def test_order_of_additions_is_the_stated_one() -> None:
    """Even and odd columns summed apart from left to right, no fused multiplication: bit for bit."""
    rng = np.random.default_rng(3)
    for n in (5, 11, 20):
        edges = np.array([0, n], dtype=np.int64)
        a = rng.normal(size=(n, n)) + 1j * rng.normal(size=(n, n))
        x = rng.normal(size=n) + 1j * rng.normal(size=n)
        xr, xi = _padded(x)
        yr, yi = np.zeros_like(xr), np.zeros_like(xr)
        one = np.zeros(1, dtype=np.int64)
        multiply(by_sector(a, edges, one), edges, one, np.array([n]), np.array([n]), xr, xi, yr, yi)
        sums = np.zeros((2, 2, n))
        for j in range(n):
            even = sums[j % 2]
            even[0] = (even[0] + a.real[:, j] * xr[j]) - a.imag[:, j] * xi[j]
            even[1] = (even[1] + a.real[:, j] * xi[j]) + a.imag[:, j] * xr[j]
        expected = sums[0] + sums[1]
        np.testing.assert_array_equal(yr[:n], expected[0])
        np.testing.assert_array_equal(yi[:n], expected[1])
        # negative control: the plain order differs in the last bits
        plain = np.zeros(n)
        for j in range(n):
            plain = (plain + a.real[:, j] * xr[j]) - a.imag[:, j] * xi[j]
        assert (plain != yr[:n]).any()


def test_dead_modes_are_left_out() -> None:
    """With fewer modes alive only they (and what shares their block of rows) are multiplied; norm and slope follow."""
    rng = np.random.default_rng(9)
    edges = _sectors([13, 6])
    own = np.array([0, 1])
    g = _matrix(rng, edges, own)
    g = g @ g.conj().T
    x = rng.normal(size=19) + 1j * rng.normal(size=19)
    active = np.array([6, 0])
    x[6:] = 0.0
    omega, growth = rng.normal(size=19), -rng.random(19)
    xr, xi = _padded(x)
    norm, slope = norm_and_slope(
        by_sector(g, edges, own), edges, active, _padded(omega)[0], _padded(growth)[0], xr, xi, np.empty(16)
    )
    assert norm == pytest.approx(np.vdot(x, g @ x).real, rel=1e-13)
    rate = 2.0 * np.vdot(x, g @ ((-1j * omega + growth) * x)).real
    assert slope == pytest.approx(rate, rel=1e-12)
