"""Gaussian noise for many trajectories at once: a counter-based generator and a Box-Muller transform without branches.

The generator is Philox4x32-10 (Salmon, Moraes, Dror, Shaw, SC'11), used as its authors intend: the key names (campaign
seed, point, arm), the counter names (trajectory, step). Noise of a step is a pure function of these names: there is no state
to carry, so lanes, batches and slices cannot change it. Everything is written as plain arithmetic inside the loop body, with
fused multiply-adds spelled out: LLVM makes vector code of it, and vector and scalar code give the same bits.
"""

# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

import math
from typing import Any

import numba
import numpy as np
import numpy.typing as npt
from llvmlite import ir  # type: ignore[import-untyped]
from numba.core import types
from numba.extending import intrinsic

from wellhop.engine.compiled import kept_njit
from wellhop.engine.streams import open_stream

_MULT0 = np.uint64(0xD2511F53)
_MULT1 = np.uint64(0xCD9E8D57)
_WEYL0 = np.uint64(0x9E3779B9)
_WEYL1 = np.uint64(0xBB67AE85)
_LOW = np.uint64(0xFFFFFFFF)
_HALF = np.uint64(32)
_SHIFT = np.uint64(12)
_ONE = np.uint64(1)
_TWO = np.uint64(2)
_SIGN = np.uint64(63)
_UNIT = np.uint64(0x3FF0000000000000)  # bits of 1.0
#: noise of the start state: pair index that no step uses
START_PAIR = np.uint64(0xFFFF)
_PAIR_SHIFT = np.uint64(16)

_ROUND = 6755399441055744.0  # 1.5 * 2^52: adding it leaves round(x) in the low bits
_ROUND_BITS = 0x4338000000000000
_ROOT_HALF_BITS = 0x3FE6A09E667F3BCD  # bits of sqrt(1/2)
_LN2 = 0.6931471805599453
_HALF_PI = 1.5707963267948966
_TWO_OVER_PI = 0.63661977236758134308
_HALF_PI_1 = 1.57079632673412561417e00
_HALF_PI_2 = 6.07710050630396597660e-11


def _fused(typing_context: Any, a: Any, b: Any, c: Any) -> Any:
    double = types.float64

    def codegen(context: Any, builder: ir.IRBuilder, signature: Any, args: Any) -> Any:
        return builder.fma(*args)

    return double(double, double, double), codegen


#: fma(a, b, c) = a * b + c rounded once, inside compiled code: faster, and the same bits in vector and scalar code
fma: Any = intrinsic(_fused)


@numba.njit(forceinline=True, error_model="numpy")
def philox(c0, c1, c2, c3, k0, k1):
    """Ten rounds of Philox4x32; the result is in the low 32 bits of four uint64."""
    for _ in range(10):
        # masks sit only where the multiplier needs them: they vanish into the 32 x 32 -> 64 bit vector product
        p0 = _MULT0 * (c0 & _LOW)
        p1 = _MULT1 * (c2 & _LOW)
        c0, c1, c2, c3 = (p1 >> _HALF) ^ c1 ^ k0, p1, (p0 >> _HALF) ^ c3 ^ k1, p0
        k0 += _WEYL0
        k1 += _WEYL1
    return c0 & _LOW, c1 & _LOW, c2 & _LOW, c3 & _LOW


@numba.njit(forceinline=True, error_model="numpy")
def _twice_log_inverse(u):
    """-2 ln u for 2^-53 <= u < 1: atanh series on [sqrt(1/2), sqrt(2)), relative error below 1e-13."""
    bits = np.float64(u).view(np.int64)
    e = (bits - _ROOT_HALF_BITS) >> 52
    m = np.int64(bits - (e << 52)).view(np.float64)
    exponent = np.int64(e + _ROUND_BITS).view(np.float64) - _ROUND
    s = (m - 1.0) / (m + 1.0)
    z = s * s
    p = fma(z, 4.0 / 15.0, 4.0 / 13.0)
    p = fma(p, z, 4.0 / 11.0)
    p = fma(p, z, 4.0 / 9.0)
    p = fma(p, z, 4.0 / 7.0)
    p = fma(p, z, 4.0 / 5.0)
    p = fma(p, z, 4.0 / 3.0)
    p = fma(p, z, 4.0)
    return -fma(p, s, (2.0 * _LN2) * exponent)


@numba.njit(forceinline=True, error_model="numpy")
def _quarter(y):
    """(cos y, sin y) for |y| <= pi/4, error below 1e-14."""
    y2 = y * y
    s = fma(y2, 1.0 / 6227020800.0, -1.0 / 39916800.0)
    s = fma(s, y2, 1.0 / 362880.0)
    s = fma(s, y2, -1.0 / 5040.0)
    s = fma(s, y2, 1.0 / 120.0)
    s = fma(s, y2, -1.0 / 6.0)
    s = fma(s * y2, y, y)
    c = fma(y2, -1.0 / 87178291200.0, 1.0 / 479001600.0)
    c = fma(c, y2, -1.0 / 3628800.0)
    c = fma(c, y2, 1.0 / 40320.0)
    c = fma(c, y2, -1.0 / 720.0)
    c = fma(c, y2, 1.0 / 24.0)
    c = fma(c, y2, -0.5)
    c = fma(c, y2, 1.0)
    return c, s


@numba.njit(forceinline=True, error_model="numpy")
def cosine_sine(angle):
    """(cos, sin) of an angle below 1e5 in size, to 1e-14; not finite for an angle that is not."""
    z = fma(angle, _TWO_OVER_PI, _ROUND)
    m = z - _ROUND
    quadrant = np.float64(z).view(np.int64)
    c, s = _quarter(fma(-m, _HALF_PI_2, fma(-m, _HALF_PI_1, angle)))
    odd = (quadrant & 1) == 1
    sine = c if odd else s
    cosine = s if odd else c
    sine = -sine if (quadrant & 2) == 2 else sine
    cosine = -cosine if ((quadrant + 1) & 2) == 2 else cosine
    return cosine, sine


@numba.njit(forceinline=True, error_model="numpy")
def gaussian_pair(step, pair, trajectory, k0, k1):
    """Two independent N(0, 1) numbers named by (key; trajectory, step < 2^48, pair < 2^16). All arguments uint64."""
    w0, w1, w2, w3 = philox(
        step & _LOW, (step >> _HALF) + (pair << _PAIR_SHIFT), trajectory & _LOW, trajectory >> _HALF, k0, k1
    )
    first = w0 | (w1 << _HALF)
    second = w2 | (w3 << _HALF)
    u = np.uint64((first >> _SHIFT) | _UNIT).view(np.float64) - (1.0 - 1.1102230246251565e-16)
    r = math.sqrt(_twice_log_inverse(u))
    c, s = _quarter((np.uint64((second >> _SHIFT) | _UNIT).view(np.float64) - 1.5) * _HALF_PI)
    # angle in [-pi/4, pi/4]; a reflection and an exchange of the axes carry it over the whole circle
    c = np.uint64(np.float64(c).view(np.uint64) ^ ((second & _ONE) << _SIGN)).view(np.float64)
    swap = (second & _TWO) == _TWO
    return r * (s if swap else c), r * (c if swap else s)


@kept_njit()
def start_gaussians(trajectory, k0, k1):
    """The pair reserved for the start state of a trajectory."""
    return gaussian_pair(np.uint64(0), START_PAIR, np.uint64(trajectory), np.uint64(k0), np.uint64(k1))


def open_lane_stream(seed: int, point: int, arm: int, trajectory: int) -> npt.NDArray[np.uint64]:
    """Name of a trajectory's noise, uint64[3]: two key words of 32 bits for (seed, point, arm), and the trajectory.

    >>> a, b = open_lane_stream(7, 0, 1, 5), open_lane_stream(7, 0, 1, 6)
    >>> bool((a[:2] == b[:2]).all()), int(a[2]), int(b[2])
    (True, 5, 6)
    """
    word = int(open_stream(seed, point, arm)[0])
    return np.array([word & 0xFFFFFFFF, word >> 32, trajectory], dtype=np.uint64)
