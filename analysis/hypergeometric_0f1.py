"""Confluent limit function 0F1(; b; z) of complex b and z, relatively exact wherever it is not zero itself.

    0F1(; b; z) = Σ_k z^k / ((b)_k k!),      (b)_k = b(b + 1)...(b + k - 1)

Its terms reach e^{2 sqrt|z|} while the sum may be smaller by any power of that (between zeros, z < 0) or by e^{π|Im b|}:
in double precision nothing is left of it. Here the polynomial is summed by Horner's rule in fixed-point integers
at w = z/R, |w| <= 1, where every product loses less than one last place. The points that come out with too few significant places
are done again with more.

Definition: Olver, Lozier, Boisvert, Clark, NIST Handbook of Mathematical Functions, Eq. 16.2.1; the summation is ours.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from wellhop.engine.errors import ParameterError, PredictionError

ComplexArray = npt.NDArray[np.complex128]
#: Array of Python integers.
Integers = npt.NDArray[Any]

#: Most work of one call: multiplications, an integer of 2000 binary places counting twice; about a minute.
MOST_WORK = 3e8
#: Binary places of z/R, significant ones of the result, and those that a first pass keeps for cancellation.
_PLACES, _SIGNIFICANT, _FIRST = 88, 54, 40
#: Neighbours in sqrt|z| summed with the same R: coefficients are cheap, a needlessly large R is not.
_SPREAD, _SMALLEST = 1.12, 1.0
#: Binary places of cancellation beyond e^{-2 sqrt|z| - π|Im b|}: only at a zero.
_ZERO = 200


def log_0f1(b: complex, z: npt.ArrayLike) -> ComplexArray:
    """Logarithm of 0F1(; b; z), principal branch: the real part is ln|0F1|, the imaginary one the phase in (-π, π].

    Every digit that a double holds is right for the z given. (A z that is rounded itself makes an error of sqrt|z| 10^-16, and
    more near a zero.) A point costs about 0.1 ms at sqrt|z| = 20 and 10 ms at 600.

    Args:
        b: Re b > 0. z: any shape, finite.

    Returns:
        complex128 of the shape of z.

    Raises:
        ParameterError: Re b <= 0, or an argument that is not finite. PredictionError: z so large that it would take minutes.

    >>> values = log_0f1(0.5, np.array([9.0, -9.0]))  # cosh 6, cos 6
    >>> np.round(np.exp(values.real), 9).tolist()
    [201.715636122, 0.960170287]
    """
    b = complex(b)
    if not (np.isfinite(b) and b.real > 0.0):
        raise ParameterError("b", b, "a finite complex number with Re b > 0")
    points = np.asarray(z, dtype=np.complex128)
    if not np.all(np.isfinite(points)):
        raise ParameterError("z", points[~np.isfinite(points)][0], "finite complex numbers")
    flat = points.ravel()
    roots = np.sqrt(np.abs(flat))
    order = np.argsort(roots, kind="stable")
    edges = _edges(roots[order])
    _refuse_long_work(roots[order], edges)
    out = np.empty(flat.size, dtype=np.complex128)
    for first, last in edges:
        chosen = order[first:last]
        out[chosen] = _sum_group(b, flat[chosen], max(_SMALLEST, float(roots[chosen[-1]])))
    return out.reshape(points.shape)


def _edges(roots: npt.NDArray[np.float64]) -> list[tuple[int, int]]:
    """Ranges of the ascending sqrt|z| that share one R."""
    edges, first = [], 0
    while first < roots.size:
        last = int(np.searchsorted(roots, max(_SMALLEST, _SPREAD * float(roots[first])), side="right"))
        edges.append((first, last))
        first = last
    return edges


def _refuse_long_work(roots: npt.NDArray[np.float64], edges: list[tuple[int, int]]) -> None:
    work = 0.0
    for first, last in edges:
        root = float(roots[last - 1])
        # About 3.6 sqrt|z| terms; coefficients, one per term, have up to 5.8 sqrt|z| places before they are cut.
        work += (3.6 * root + 40.0) * ((last - first) * (10.0 + 0.015 * root) + 40.0 + 0.2 * root)
    if work > MOST_WORK:
        raise PredictionError(
            f"0F1: {roots.size} points up to sqrt|z| = {roots[-1]:.3g} take {work / MOST_WORK:.3g} times the work allowed; "
            "use fewer points, smaller ones, or an asymptotic form"
        )


def _sum_group(b: complex, z: ComplexArray, root: float) -> ComplexArray:
    """Logarithms at points whose sqrt|z| is at most ``root``."""
    radius = math.ceil(root * root)
    w_re, w_im = _fixed(z.real, radius), _fixed(z.imag, radius)
    out = np.empty(z.size, dtype=np.complex128)
    left = np.arange(z.size)
    bits = _SIGNIFICANT + _FIRST
    most = bits + _ZERO + int((2.0 * root + math.pi * abs(b.imag)) / math.log(2.0))
    while left.size:
        re_of, im_of = _coefficients(b, radius, bits)
        re, im = _horner(re_of, im_of, w_re[left], w_im[left])
        lengths = np.array([max(abs(x), abs(y)).bit_length() for x, y in zip(re, im, strict=True)])
        # Each of the terms is cut by at most two last places.
        lost = lengths - (len(re_of).bit_length() + 2)
        good = lost >= _SIGNIFICANT
        out[left[good]] = _logarithm(re[good], im[good], lengths[good], bits)
        left = left[~good]
        if left.size:
            if bits >= most:
                raise PredictionError(
                    f"0F1: z = {z[left[0]]:.6g} is a zero of it for b = {b:g}; move the point"
                )
            missing = int(_SIGNIFICANT - lost[~good].min())
            bits = min(bits + max(missing + 8, _FIRST), most)
    return out


def _coefficients(b: complex, radius: int, bits: int) -> tuple[list[int], list[int]]:
    """R^k/((b)_k k!) times 2^bits, real and imaginary parts, until they are below the last place."""
    numerators, denominators = zip(*(part.as_integer_ratio() for part in (b.real, b.imag)), strict=True)
    scale = math.lcm(*denominators)
    x, y = (n * (scale // d) for n, d in zip(numerators, denominators, strict=True))
    # A cut last place grows with the terms, by at most e^{2 sqrt R}.
    guard = int(2.0 * math.sqrt(radius) / math.log(2.0)) + 2 * radius.bit_length() + 16
    re, im = 1 << (bits + guard), 0
    all_re, all_im = [], []
    k = 0
    while k * k <= radius or (abs(re) + abs(im)) >> guard:
        all_re.append(re >> guard)
        all_im.append(im >> guard)
        # R/((k + 1)(b + k)) as an exact fraction with the conjugate of b + k above.
        factor, divisor = radius * scale, (k + 1) * (x * x + y * y)
        re, im = factor * (re * x + im * y) // divisor, factor * (im * x - re * y) // divisor
        x += scale
        k += 1
    return all_re, all_im


def _horner(re_of: list[int], im_of: list[int], w_re: Integers, w_im: Integers) -> tuple[Integers, Integers]:
    """The polynomial at all points, real and imaginary part."""
    re = np.zeros(w_re.size, dtype=object)
    im = np.zeros(w_re.size, dtype=object)
    for c_re, c_im in zip(reversed(re_of), reversed(im_of), strict=True):
        re, im = (
            ((re * w_re - im * w_im) >> _PLACES) + c_re,
            ((re * w_im + im * w_re) >> _PLACES) + c_im,
        )
    return re, im


def _fixed(values: npt.NDArray[np.float64], radius: int) -> Integers:
    """Values over the radius with ``_PLACES`` binary places, rounded down."""
    mantissa, exponent = np.frexp(values)
    whole = np.ldexp(mantissa, 53).astype(np.int64).tolist()
    out = np.empty(values.size, dtype=object)
    for k, (digits, shift) in enumerate(zip(whole, (exponent + (_PLACES - 53)).tolist(), strict=True)):
        out[k] = (digits << shift if shift >= 0 else digits >> -shift) // radius
    return out


def _logarithm(re: Integers, im: Integers, lengths: npt.NDArray[np.int64], bits: int) -> ComplexArray:
    """ln((re + i im) 2^-bits) of integers of any length."""
    out = np.empty(re.size, dtype=np.complex128)
    for k, (x, y, length) in enumerate(zip(re, im, lengths.tolist(), strict=True)):
        # 60 leading places fill the mantissa of a double; its exponent is kept apart, so that ln 1 = 0 exactly.
        shift = max(length - 60, 0)
        unit = math.ldexp(1.0, shift + 1 - length)
        a, c = float(x >> shift) * unit, float(y >> shift) * unit
        out[k] = complex(math.log(math.hypot(a, c)) + (length - 1 - bits) * math.log(2.0), math.atan2(c, a))
    return out
