"""Noise of the lanes: the published test vectors of Philox4x32-10, Box-Muller against numpy, and statistics."""

from __future__ import annotations

import math

import numba
import numpy as np
import pytest
from scipy import stats

from wellhop.engine.lane_streams import (
    UNREDUCED,
    cosine_sine,
    exponential,
    gaussian_pair,
    open_lane_stream,
    philox,
    polar,
    quarter_turn,
    start_gaussians,
)

ALL = 0xFFFFFFFF
#: counter, key, output: known answers of the Random123 distribution
KNOWN = [
    ((0, 0, 0, 0), (0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
    ((ALL,) * 4, (ALL,) * 2, (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
    (
        (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
        (0xA4093822, 0x299F31D0),
        (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
    ),
]


def _u(*values: int) -> tuple[np.uint64, ...]:
    return tuple(np.uint64(v) for v in values)


@numba.njit(error_model="numpy")  # type: ignore[untyped-decorator]
def _across(first: int, trajectory: np.ndarray, k0: int, k1: int, a: np.ndarray, b: np.ndarray) -> None:
    """A loop that becomes vector code, as in the kernels."""
    for lane in range(trajectory.shape[0]):
        a[lane], b[lane] = gaussian_pair(np.uint64(first), np.uint64(0), trajectory[lane], k0, k1)


@pytest.fixture(scope="module", name="pairs")
def pairs_fixture() -> np.ndarray:
    """(2, 400, 1000): steps by trajectories."""
    name = np.arange(1000, dtype=np.uint64)
    out = np.empty((2, 400, 1000))
    for step in range(400):
        _across(step, name, *_u(11, 12), out[0, step], out[1, step])
    return out


@pytest.mark.parametrize(("counter", "key", "output"), KNOWN)
def test_published_vectors(counter: tuple[int, ...], key: tuple[int, ...], output: tuple[int, ...]) -> None:
    assert tuple(int(w) for w in philox(*_u(*counter), *_u(*key))) == output


def test_pairs_follow_the_box_muller_formula() -> None:
    """Radius and angle recomputed with numpy from the same words, up to the reflections that cover the circle."""
    for step in range(300):
        w = [int(v) for v in philox(*_u(step >> 1, 3 << 16, 5, 0), *_u(8, 9))]
        word = w[2] | w[3] << 32 if step & 1 else w[0] | w[1] << 32
        u = ((word >> 20) + 0.5) / 2.0**44
        turn = (((word >> 2) % 2**18 + 0.5) / 2.0**18 - 0.5) * math.pi / 2
        c, s = math.cos(turn) * (-1 if word & 1 else 1), math.sin(turn)
        wanted = np.sqrt(-2 * np.log(u)) * np.array([s, c] if word & 2 else [c, s])
        got = gaussian_pair(*_u(step, 3, 5), *_u(8, 9))
        np.testing.assert_allclose(got, wanted, rtol=2e-13, atol=1e-14)


def test_ends_of_radius_and_angle() -> None:
    """Largest and smallest radius; the angles of the corners of the four quarter turns. All bits of a word are used."""
    ones = (1 << 44) - 1
    radii = [math.hypot(*polar(np.uint64(k << 20))) for k in (0, ones)]
    np.testing.assert_allclose(radii, [math.sqrt(90 * math.log(2)), math.sqrt(2.0**-44)], rtol=1e-13)
    for quarter in range(4):
        for angle in (0, 2**18 - 1):
            x, y = polar(np.uint64(12345 << 40 | angle << 2 | quarter))
            assert abs(abs(math.degrees(math.atan2(y, x))) % 90 - 45) < 0.001
    word = 0x9E3779B97F4A7C15
    assert len({polar(np.uint64(word ^ 1 << bit)) for bit in range(64)} | {polar(np.uint64(word))}) == 65


def test_moments_of_the_angles_are_exact() -> None:
    """All 2^20 angles: cos^j sin^k has the mean of a uniform angle; without the middle of a cell it would be off by 3e-6."""
    turn = ((np.arange(2**18) + 0.5) / 2.0**18 - 0.5) * math.pi / 2
    c, s = np.cos(turn), np.sin(turn)
    x, y = np.concatenate([c, -c, s, s]), np.concatenate([s, s, c, -c])
    for j, k, mean in [(1, 0, 0.0), (0, 1, 0.0), (1, 1, 0.0), (2, 0, 0.5), (4, 0, 0.375), (2, 2, 0.125), (3, 1, 0.0)]:
        assert abs((x**j * y**k).mean() - mean) < 1e-13
    edge = (np.arange(2**18) / 2.0**18 - 0.5) * math.pi / 2
    assert abs(np.concatenate([np.sin(edge)] * 2 + [np.cos(edge), -np.cos(edge)]).mean()) > 1e-6


def test_vector_and_scalar_code_give_the_same_bits(pairs: np.ndarray) -> None:
    for step, lane in [(0, 0), (17, 3), (399, 999), (200, 63)]:
        assert gaussian_pair(*_u(step, 0, lane), *_u(11, 12)) == tuple(pairs[:, step, lane])


def test_sine_and_cosine() -> None:
    angles = np.concatenate([np.linspace(-9.0, 9.0, 501), [1e-9, 1e3, -7e4]])
    got = np.array([cosine_sine(a) for a in angles])
    np.testing.assert_allclose(got, np.column_stack([np.cos(angles), np.sin(angles)]), atol=3e-14)
    assert not np.isfinite(cosine_sine(math.inf)).any()
    assert not np.isfinite(cosine_sine(math.nan)).any()


def test_small_angles_need_no_reduction() -> None:
    """The short cut of the Strang kernel has the bits of the general form; beyond its limit it is another function."""
    for angle in [*np.linspace(-UNREDUCED, UNREDUCED, 401), 1e-300, -0.0]:
        assert np.array(cosine_sine(angle)).tobytes() == np.array(quarter_turn(angle)).tobytes()
    assert quarter_turn(1.7) != cosine_sine(1.7)


def test_exponential() -> None:
    powers = np.concatenate([np.linspace(-3.0, 3.0, 701), [1e-12, -50.0, 300.0, 0.0]])
    np.testing.assert_allclose([exponential(a) for a in powers], np.exp(powers), rtol=1e-14)
    assert exponential(0.0) == 1.0


def test_numbers_are_independent_normals(pairs: np.ndarray) -> None:
    """KS, moments, and correlations within pairs, along time and across trajectories; false alarm 1e-9 each."""
    flat = pairs.ravel()
    assert stats.kstest(flat[::4], "norm").pvalue > 1e-9
    z = stats.norm.isf(0.5e-9)
    n = flat.size
    for power, mean, variance in [(1, 0, 1), (2, 1, 2), (3, 0, 15), (4, 3, 96), (6, 15, 10170)]:
        assert abs((flat**power).mean() - mean) < z * math.sqrt(variance / n)
    a, b = pairs
    twin, r = (a[::2], a[1::2]), a * a + b * b
    others = [twin, (r[::2], r[1::2]), (r, np.cos(4 * np.arctan2(b, a))), (r, a * b), (a, b)]
    others += [(a[1:], a[:-1]), (a[:, 1:], a[:, :-1]), (a[1:], b[:-1]), (a * a, b * b), (a[1:] ** 2, a[:-1] ** 2)]
    for left, right in others:
        r = np.corrcoef(left.ravel(), right.ravel())[0, 1]
        assert abs(r) < z / math.sqrt(left.size)
    assert abs(np.corrcoef(a.ravel(), np.abs(a).ravel() + a.ravel())[0, 1]) > z / math.sqrt(a.size)
    far = (np.abs(flat) > 4.0).sum()
    expected = 2 * stats.norm.sf(4.0) * n
    assert abs(far - expected) < z * math.sqrt(expected) + z**2


def test_names_give_different_noise() -> None:
    keys = {tuple(open_lane_stream(s, p, a, 0)[:2].tolist()) for s in (0, 1) for p in (0, 1) for a in (0, 1)}
    assert len(keys) == 8
    first = [gaussian_pair(*_u(step, pair, t), *_u(1, 2)) for step in (0, 1 << 33) for pair in (0, 1) for t in (0, 1 << 33)]
    assert len({x for pair in [*first, start_gaussians(0, 1, 2)] for x in pair}) == 18
