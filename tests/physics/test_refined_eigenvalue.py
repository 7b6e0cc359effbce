"""Eigenvalues beyond double precision: against closed forms, and where there is no simple one."""

from __future__ import annotations

from decimal import Decimal, localcontext
from fractions import Fraction

import numpy as np
import pytest

from wellhop.analysis.refined_eigenvalue import FixedPointMatrix, fixed_point, refined_eigenvalue
from wellhop.engine.errors import SpectrumError

BITS = 300


def matrix_of(real: list[list[Fraction]], imaginary: list[Fraction]) -> FixedPointMatrix:
    """A dense 2 x 2 matrix in fixed point."""
    n = len(real)
    rows, columns = (index.ravel() for index in np.indices((n, n)))
    values = np.array(
        [fixed_point(real[j][k], BITS) for j, k in zip(rows, columns, strict=True)], dtype=object
    )
    return FixedPointMatrix(
        rows, columns, values, np.array([fixed_point(x, BITS) for x in imaginary], dtype=object), BITS
    )


@pytest.mark.parametrize("power", [40, 80, 120])
def test_an_eigenvalue_far_below_round_off(power: int) -> None:
    """[[1, 1], [1, 1+e]] has (2 + e - sqrt(4 + e^2))/2, of which doubles hold nothing for e < 1e-16."""
    e = Fraction(1, 1 << power)
    found = refined_eigenvalue(
        matrix_of([[Fraction(1)] * 2, [Fraction(1), 1 + e]], [Fraction(0)] * 2),
        0.0,
        np.array([1.0, -1.0 + 0j]),
    )
    with localcontext() as context:
        context.prec = 120
        small = Decimal(1) / Decimal(1 << power)
        exact = float((2 + small - (4 + small * small).sqrt()) / 2)
    assert found.real == pytest.approx(exact, rel=1e-14)
    assert found.imag == 0.0
    doubles = np.linalg.eigvalsh(np.array([[1.0, 1.0], [1.0, 1.0 + float(e)]]))[0]
    assert (abs(doubles / exact - 1.0) > 1e-4) == (power >= 60)


def test_both_parts_of_a_complex_eigenvalue() -> None:
    """diag(3, 1) + i diag(1/7, 1/3) with coupling 1/5: the square root of a complex number."""
    third, seventh, fifth = Fraction(1, 3), Fraction(1, 7), Fraction(1, 5)
    matrix = matrix_of([[Fraction(3), fifth], [fifth, Fraction(1)]], [seventh, third])
    a, d = 3.0 + 1j / 7.0, 1.0 + 1j / 3.0
    exact = 0.5 * (a + d) - np.sqrt(0.25 * (a - d) ** 2 + 0.04)
    found = refined_eigenvalue(matrix, exact + 1e-6, np.array([-0.1, 1.0 + 0j]))
    assert found == pytest.approx(exact, rel=1e-14)


def test_a_defective_eigenvalue_is_refused() -> None:
    jordan = matrix_of([[Fraction(0), Fraction(1)], [Fraction(0), Fraction(0)]], [Fraction(0)] * 2)
    with pytest.raises(SpectrumError, match="nearly degenerate"):
        refined_eigenvalue(jordan, 0.0, np.array([1.0, 0.0 + 0j]))
