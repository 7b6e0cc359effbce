"""One random stream per (campaign seed, point, arm, trajectory): counter-based, so that its whole state is eleven integers.

The generator is Philox4x64-10 (Salmon, Moraes, Dror, Shaw, SC'11), bit for bit the one of :class:`numpy.random.Philox`,
written for numba so that a kernel draws without leaving compiled code. A stream never depends on rank, clock or order of work.

Layout of a stream, uint64[11]: key (2), counter (4), buffered outputs (4), how many of them are used (1).
"""

from __future__ import annotations

import numba
import numpy as np
import numpy.typing as npt

Stream = npt.NDArray[np.uint64]

_LOW = np.uint64(0xFFFFFFFF)
_HALF = np.uint64(32)
_MULT0 = np.uint64(0xD2E7470EE14C6C93)
_MULT1 = np.uint64(0xCA5A826395121157)
_WEYL0 = np.uint64(0x9E3779B97F4A7C15)
_WEYL1 = np.uint64(0xBB67AE8584CAA73B)
_ONE = np.uint64(1)
_ZERO = np.uint64(0)
_FOUR = np.uint64(4)
_SHIFT = np.uint64(12)


def open_stream(seed: int, *key: int) -> Stream:
    """Stream named by a campaign seed and integers such as (point, arm, trajectory).

    The key is expanded by :class:`numpy.random.SeedSequence`, so neighbouring names give unrelated streams.

    >>> bool((open_stream(7, 0, 0, 1) == open_stream(7, 0, 0, 1)).all())
    True
    """
    words = np.random.SeedSequence(entropy=int(seed), spawn_key=tuple(int(k) for k in key)).generate_state(
        2, np.uint64
    )
    stream = np.zeros(11, dtype=np.uint64)
    stream[:2] = words
    stream[10] = 4
    return stream


@numba.njit(inline="never")
def _refill(stream):  # type: ignore[no-untyped-def]
    """Advance the counter by one and fill the buffer with the next four outputs."""
    for i in range(2, 6):
        stream[i] += _ONE
        if stream[i] != _ZERO:
            break
    k0, k1 = stream[0], stream[1]
    c0, c1, c2, c3 = stream[2], stream[3], stream[4], stream[5]
    for _ in range(10):
        # 64 x 64 -> 128 bit products from 32-bit halves; numba has no wider integer
        a, b = _MULT0 >> _HALF, _MULT0 & _LOW
        x, y = c0 >> _HALF, c0 & _LOW
        mid = (b * y >> _HALF) + (a * y & _LOW) + b * x
        hi0 = a * x + (a * y >> _HALF) + (mid >> _HALF)
        lo0 = _MULT0 * c0
        a, b = _MULT1 >> _HALF, _MULT1 & _LOW
        x, y = c2 >> _HALF, c2 & _LOW
        # the carry of the middle column must not overflow 64 bits: b*x < 2^64 - 2^33 + 1, so two more 32-bit terms fit
        mid = (b * y >> _HALF) + (a * y & _LOW) + b * x
        hi1 = a * x + (a * y >> _HALF) + (mid >> _HALF)
        lo1 = _MULT1 * c2
        c0, c1, c2, c3 = hi1 ^ c1 ^ k0, lo1, hi0 ^ c3 ^ k1, lo0
        k0 += _WEYL0
        k1 += _WEYL1
    stream[6], stream[7], stream[8], stream[9] = c0, c1, c2, c3
    stream[10] = _ZERO


@numba.njit
def next_word(stream):  # type: ignore[no-untyped-def]
    """Next 64 random bits."""
    if stream[10] == _FOUR:
        _refill(stream)
    word = stream[6 + np.int64(stream[10])]
    stream[10] += _ONE
    return word


@numba.njit
def next_uniform(stream):  # type: ignore[no-untyped-def]
    """Next uniform number strictly inside (0, 1): (k + 1/2) / 2^52."""
    return (np.float64(np.int64(next_word(stream) >> _SHIFT)) + 0.5) * 2.220446049250313e-16
