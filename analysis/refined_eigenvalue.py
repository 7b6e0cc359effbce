"""One simple eigenvalue of a sparse matrix, to digits that double precision does not hold.

Newton's method for (x, λ) in A x = λ x, v†x = 1: the residual is exact in fixed-point integers, the correction
comes from double-precision LU factors of the bordered matrix [[A - λ₀, -x₀], [v†, 0]], which is regular even
where A is not. Factors are kept, so every pass gains the same eight to twelve digits.

The matrix is real off the diagonal, which is all that is needed here. Method: Dongarra, Moler, Wilkinson,
SIAM J. Numer. Anal. 20, 23 (1983).
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp
from scipy.sparse import linalg as sparse_linalg

from wellhop.engine.errors import SpectrumError

ComplexVector = npt.NDArray[np.complex128]
#: Array of Python integers.
Integers = npt.NDArray[Any]

#: Passes of Newton's method, and by how much a pass must shrink the correction to count as progress.
_MOST_PASSES, _PROGRESS = 60, 0.5
_DEGENERATE = "eigenvalue: Newton's method does not converge, it is nearly degenerate; move away from that point"
#: Last binary places that hold nothing but round-off.
_ROUND_OFF = 30


@dataclass(frozen=True)
class FixedPointMatrix:
    """A sparse matrix whose elements are integers times 2^-bits.

    Attributes:
        rows, columns: (k,) indices of the real parts, rows ascending and each row present.
        values: (k,) integers. imaginary: (n,) integers, imaginary part of the diagonal.
        bits: binary places.
    """

    rows: npt.NDArray[np.intp]
    columns: npt.NDArray[np.intp]
    values: Integers
    imaginary: Integers
    bits: int

    def double(self) -> Any:
        """The same as a sparse matrix of complex128."""
        n = self.imaginary.size
        real = sp.coo_array((_floats(self.values, self.bits), (self.rows, self.columns)), shape=(n, n))
        return sp.csc_array(real + 1j * sp.diags_array(_floats(self.imaginary, self.bits)))

    def apply(self, real: Integers, imaginary: Integers) -> tuple[Integers, Integers]:
        """Product with a vector of the same binary places, real and imaginary part."""
        starts = np.searchsorted(self.rows, np.arange(self.imaginary.size))
        re = np.add.reduceat(self.values * real[self.columns], starts) - self.imaginary * imaginary
        im = np.add.reduceat(self.values * imaginary[self.columns], starts) + self.imaginary * real
        return re >> self.bits, im >> self.bits


def fixed_point(value: Fraction, bits: int) -> int:
    """Nearest integer below value 2^bits."""
    return (value.numerator << bits) // value.denominator


def refined_eigenvalue(
    matrix: FixedPointMatrix, near: complex, vector: ComplexVector, digits: int = 14
) -> complex:
    """The eigenvalue that Newton's method reaches from a double-precision pair, real and imaginary part each
    to ``digits`` significant digits where the binary places of the matrix hold them.

    Args:
        matrix: the matrix. near, vector: approximate eigenvalue and right eigenvector, (n,).
        digits: significant digits, at most 15.

    Raises:
        SpectrumError: no convergence: the eigenvalue is nearly degenerate.
    """
    n, bits = vector.size, matrix.bits
    start = vector / np.linalg.norm(vector)
    shifted = sp.csc_array(matrix.double() - near * sp.eye_array(n))
    border = sp.csc_array(-start[:, None])
    bordered = sp.block_array([[shifted, border], [-border.conj().T, None]], format="csc")
    try:
        factors = sparse_linalg.splu(sp.csc_matrix(bordered), permc_spec="COLAMD")
    except RuntimeError as error:
        raise SpectrumError(_DEGENERATE) from error

    re, im = _integers(start.real, bits), _integers(start.imag, bits)
    value = [int(_integers(np.array([part]), bits)[0]) for part in (near.real, near.imag)]
    previous = np.inf
    for _ in range(_MOST_PASSES):
        a_re, a_im = matrix.apply(re, im)
        left_re = a_re - ((value[0] * re - value[1] * im) >> bits)
        left_im = a_im - ((value[0] * im + value[1] * re) >> bits)
        # The largest element is brought to 60 bits, so that no residual is too small for a double.
        size = max(max(abs(v).bit_length() for v in part) for part in (left_re, left_im))
        shift = size - 60
        residual = _floats(left_re, shift) + 1j * _floats(left_im, shift)
        # v†x = 1 holds from the start and is kept by every correction.
        change: ComplexVector = -factors.solve(np.append(residual, 0.0))
        re = re + _integers(change[:n].real, shift)
        im = im + _integers(change[:n].imag, shift)
        steps = [int(_integers(np.array([part]), shift)[0]) for part in (change[n].real, change[n].imag)]
        value = [v + step for v, step in zip(value, steps, strict=True)]
        # A part that vanishes is left with the round-off of the last places.
        small = [
            abs(step) * 10 ** (digits + 1) <= abs(v) or abs(step) >> _ROUND_OFF == 0
            for v, step in zip(value, steps, strict=True)
        ]
        if all(small):
            return complex(*(float(Fraction(v, 1 << bits)) for v in value))
        grown = float(Fraction(max(abs(step) for step in steps), 1 << bits))
        if grown > previous / _PROGRESS:
            break
        previous = min(previous, grown)
    raise SpectrumError(_DEGENERATE)


def _floats(values: Integers, bits: int) -> npt.NDArray[np.float64]:
    """Values 2^-bits as doubles, for a negative number of bits as well."""
    unit = Fraction(1, 1 << bits) if bits >= 0 else Fraction(1 << -bits)
    return np.array([float(int(v) * unit) for v in values], dtype=np.float64)


def _integers(values: npt.NDArray[np.float64], bits: int) -> Integers:
    """Values 2^bits rounded down, for a negative number of bits as well."""
    mantissa, exponent = np.frexp(values)
    whole = np.ldexp(mantissa, 53).astype(np.int64).tolist()
    out = np.empty(values.size, dtype=object)
    for k, (digits, power) in enumerate(zip(whole, (exponent - 53 + bits).tolist(), strict=True)):
        out[k] = digits << power if power >= 0 else digits >> -power
    return out
