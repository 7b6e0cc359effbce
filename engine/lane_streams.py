"""Gaussian noise for many trajectories at once: a counter-based generator and a Box-Muller transform without branches.

The generator is Philox4x32-10 (Salmon, Moraes, Dror, Shaw, SC'11), used as its authors intend: the key names (campaign
seed, point, arm), the counter names (trajectory, step). Noise of a step is a pure function of these names: there is no state
to carry, so lanes, batches and slices cannot change it. Everything is written as plain arithmetic inside the loop body, with
fused multiply-adds spelled out: LLVM makes vector code of it, and vector and scalar code give the same bits.

One call of the generator serves an even step and the one after it. Of the 64 bits of a step 44 make the radius and 20 the
angle: the radius reaches 7.9, which is exceeded once in 3e13 pairs, and 2^20 equally spaced angles about the circle have all
moments of a uniform one exactly, up to order 2^20.

The polynomials are interpolations at Chebyshev nodes, their errors are stated and tested.
"""

# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

import math
from functools import lru_cache
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
_ONE = np.uint64(1)
_TWO = np.uint64(2)
_UNIT = np.uint64(0x3FF0000000000000)  # bits of 1.0
_MANTISSA = np.uint64(12)
#: the upper 44 bits of a word, moved into a mantissa; the place of the angle's 18 bits within a quarter turn
_RADIUS = np.uint64(0x000FFFFFFFFFFF00)
_ANGLE = np.uint64(0x000FFFFC00000000)
_TO_ANGLE = np.uint64(32)
_SIGN = np.uint64(63)
_TO_SIGN = np.int64(62)
#: noise of the start state: pair index that no step uses
START_PAIR = np.uint64(0xFFFF)
_PAIR_SHIFT = np.uint64(16)

_ROUND = 6755399441055744.0  # 1.5 * 2^52: adding it leaves round(x) in the low bits
_ROUND_BITS = 0x4338000000000000
_ROOT_HALF_BITS = 0x3FE6A09E667F3BCD  # bits of sqrt(1/2)
_LN2 = 0.6931471805599453
_LOG2E = 1.4426950408889634
_LN2_HIGH = 6.93147180369123816490e-01
_LN2_LOW = 1.90821492927058770002e-10
_HALF_PI = 1.5707963267948966
_TWO_OVER_PI = 0.63661977236758134308
_HALF_PI_1 = 1.57079632673412561417e00
_HALF_PI_2 = 6.07710050630396597660e-11
#: up to this size :func:`cosine_sine` and :func:`quarter_turn` have the same bits
UNREDUCED = 0.78


#: kernels own no memory: without reference counts (atomic, one per array and call) a call costs a third
PLAIN: dict[str, Any] = {"error_model": "numpy", "_nrt": False}
#: the same for a function that is to stay one, see :func:`stay_apart`; callees would else inherit ``forceinline``
APART: dict[str, Any] = {**PLAIN, "forceinline": False}


def _fused(typing_context: Any, a: Any, b: Any, c: Any) -> Any:
    double = types.float64

    def codegen(context: Any, builder: ir.IRBuilder, signature: Any, args: Any) -> Any:
        return builder.fma(*args)

    return double(double, double, double), codegen


#: fma(a, b, c) = a * b + c rounded once, inside compiled code: faster, and the same bits in vector and scalar code
fma: Any = intrinsic(_fused)


def _apart(typing_context: Any) -> Any:
    def codegen(context: Any, builder: ir.IRBuilder, signature: Any, args: Any) -> Any:
        builder.function.attributes.add("noinline")
        return context.get_dummy_value()

    return types.void(), codegen


#: stay_apart() at the head of a compiled function: LLVM does not copy it to its callers, which would cost seconds to compile
stay_apart: Any = intrinsic(_apart)


@numba.njit(forceinline=True, **PLAIN)
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


@numba.njit(forceinline=True, **PLAIN)
def _twice_log_inverse(u):
    """-2 ln u for 2^-45 <= u < 1: (4/s) atanh(s) as a polynomial on [sqrt(1/2), sqrt(2)), relative error below 1e-13."""
    bits = np.float64(u).view(np.int64)
    e = (bits - _ROOT_HALF_BITS) >> 52
    m = np.int64(bits - (e << 52)).view(np.float64)
    exponent = np.int64(e + _ROUND_BITS).view(np.float64) - _ROUND
    s = (m - 1.0) / (m + 1.0)
    z = s * s
    p = fma(z, 0.39214514877234585, 0.44348593441620615)
    p = fma(p, z, 0.5714433090897955)
    p = fma(p, z, 0.7999998978226422)
    p = fma(p, z, 1.3333333335926891)
    p = fma(p, z, 3.999999999999892)
    return -fma(p, s, (2.0 * _LN2) * exponent)


@numba.njit(forceinline=True, **PLAIN)
def quarter_turn(y):
    """(cos y, sin y) for |y| <= pi/4, error below 3e-14."""
    z = y * y
    s = fma(z, -2.4805621234184578e-08, 2.755599073977895e-06)
    s = fma(s, z, -0.00019841266916201036)
    s = fma(s, z, 0.008333333331078028)
    s = fma(s, z, -0.16666666666663882)
    s = fma(s * z, y, y)
    c = fma(z, 2.0670575547768764e-09, -2.7555914420072164e-07)
    c = fma(c, z, 2.480158280147824e-05)
    c = fma(c, z, -0.001388888888206606)
    c = fma(c, z, 0.04166666666662416)
    c = fma(c, z, -0.4999999999999994)
    c = fma(c, z, 1.0)
    return c, s


@numba.njit(forceinline=True, **PLAIN)
def cosine_sine(angle):
    """(cos, sin) of an angle below 1e5 in size, to 3e-14; not finite for an angle that is not."""
    z = fma(angle, _TWO_OVER_PI, _ROUND)
    m = z - _ROUND
    quadrant = np.float64(z).view(np.int64)
    c, s = quarter_turn(fma(-m, _HALF_PI_2, fma(-m, _HALF_PI_1, angle)))
    odd = (quadrant & 1) == 1
    sine = np.float64(c if odd else s).view(np.int64) ^ ((quadrant & 2) << _TO_SIGN)
    cosine = np.float64(s if odd else c).view(np.int64) ^ (((quadrant + 1) & 2) << _TO_SIGN)
    return np.int64(cosine).view(np.float64), np.int64(sine).view(np.float64)


@numba.njit(forceinline=True, **PLAIN)
def exponential(a):
    """exp(a) for |a| < 700, relative error below 1e-14."""
    z = fma(a, _LOG2E, _ROUND)
    k = z - _ROUND
    r = fma(-k, _LN2_LOW, fma(-k, _LN2_HIGH, a))
    p = fma(r, 2.7740096837976733e-07, 2.7632454445252495e-06)
    p = fma(p, r, 2.480123241467605e-05)
    p = fma(p, r, 0.00019841190504793857)
    p = fma(p, r, 0.0013888889129337406)
    p = fma(p, r, 0.008333333368003116)
    p = fma(p, r, 0.04166666666619385)
    p = fma(p, r, 0.1666666666661198)
    p = fma(p, r, 0.49999999999999867)
    p = fma(p, r, 1.0000000000000016)
    p = fma(p, r, 1.0)
    return p * np.int64((np.float64(z).view(np.int64) + 1023) << 52).view(np.float64)


@numba.njit(forceinline=True, **PLAIN)
def polar(word):
    """Two independent N(0, 1) numbers from 64 random bits: 44 for the radius, 18 for the angle within a quarter turn, 2 to place
    that quarter. Both uniform numbers are midpoints of their cells.
    """
    u = np.uint64(((word >> _MANTISSA) & _RADIUS) | _UNIT).view(np.float64) - (1.0 - 2.0**-45)
    r = math.sqrt(_twice_log_inverse(u))
    c, s = quarter_turn((np.uint64(((word << _TO_ANGLE) & _ANGLE) | _UNIT).view(np.float64) - (1.5 - 2.0**-19)) * _HALF_PI)
    # angle in [-pi/4, pi/4]; a reflection and an exchange of the axes carry it over the whole circle
    c = np.uint64(np.float64(c).view(np.uint64) ^ ((word & _ONE) << _SIGN)).view(np.float64)
    swap = (word & _TWO) == _TWO
    return r * (s if swap else c), r * (c if swap else s)


@numba.njit(forceinline=True, **PLAIN)
def two_words(step, pair, trajectory, k0, k1):
    """64 random bits for the even one of the two steps that share a call, and for the odd one. All arguments uint64."""
    twin = step >> _ONE
    w0, w1, w2, w3 = philox(
        twin & _LOW, (twin >> _HALF) + (pair << _PAIR_SHIFT), trajectory & _LOW, trajectory >> _HALF, k0, k1
    )
    return w0 | (w1 << _HALF), w2 | (w3 << _HALF)


@numba.njit(forceinline=True, **PLAIN)
def gaussian_pair(step, pair, trajectory, k0, k1):
    """Two independent N(0, 1) numbers named by (key; trajectory, step < 2^48, pair < 2^16). All arguments uint64."""
    even, odd = two_words(step, pair, trajectory, k0, k1)
    return polar(odd if (step & _ONE) == _ONE else even)


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
    return np.array([*_key_words(int(seed), int(point), int(arm)), trajectory], dtype=np.uint64)


@lru_cache(maxsize=256)
def _key_words(seed: int, point: int, arm: int) -> tuple[int, int]:
    word = int(open_stream(seed, point, arm)[0])
    return word & 0xFFFFFFFF, word >> 32
