"""Splittings far below double round-off: digits, independent exact arithmetic, and the loss they avoid."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest

from wellhop.analysis.kerr_cat_splitting import asymptotic_splitting
from wellhop.analysis.precise_splitting import double_precision_floor, precise_levels, precise_splitting
from wellhop.engine.errors import ParameterError
from wellhop.engine.systems.kerr_cat import KerrCat

#: δ_1, δ_2, δ_3 at ε₂ = 20 K.
REFERENCE = {1: "3.81148181806e-12", 2: "8.91386407072e-9", 3: "5.5971680701e-6"}
#: The same by dense diagonalisation with 60 digits (mpmath, 150 Fock states), and at two small drives.
DENSE = {
    (20.0, 1): "3.8114818180590340175392477614479425e-12",
    (20.0, 3): "0.0000055971680701019396417700145827003622",
    (2.0, 5): "19.995992447977502633093363738986102",
    (0.3, 1): "3.9794341916482081092346438628585267",
}


def system(drive: float) -> KerrCat:
    """Damping and temperature do not matter here."""
    return KerrCat(drive, 0.1, 0.1)


def levels_above(drive: Fraction, parity: int, energy: Fraction, states: int) -> int:
    """Levels of a parity above an energy: signs of exact rational pivots (Sylvester's law of inertia)."""
    count, pivot = 0, Fraction(1)
    for i in range(states):
        k = parity + 2 * i
        square = drive**2 * (k - 1) * k if i else Fraction(0)
        pivot = -Fraction(k * (k - 1)) - energy - square / pivot
        count += pivot > 0
    return count


@pytest.mark.parametrize("n", REFERENCE)
def test_printed_digits(n: int, printed_as: Callable[..., bool]) -> None:
    assert printed_as(float(precise_splitting(20.0, n)), REFERENCE[n])


@pytest.mark.parametrize(("drive", "n"), DENSE)
def test_thirty_digits_of_a_dense_diagonalisation(drive: float, n: int) -> None:
    # The dense reference took 0.3 as the double nearest to it, as a float drive does.
    value, expected = precise_splitting(drive, n, digits=30), Decimal(DENSE[drive, n])
    assert abs(value / expected - 1) < Decimal("1e-29")
    assert len(value.as_tuple().digits) == 30


def test_more_digits_agree_with_fewer() -> None:
    many = precise_splitting(20.0, 2, digits=120)
    for digits in (15, 30, 60):
        assert abs(precise_splitting(20.0, 2, digits=digits) / many - 1) <= Decimal(10) ** (1 - digits)


@pytest.mark.parametrize(("drive", "n"), [(7, 0), (7, 1), (7, 3), (20, 1)])
def test_levels_lie_between_exact_rational_bounds(drive: int, n: int) -> None:
    """Independent: no eigenvalue solver, only signs of fractions, with a larger Fock space."""
    places = 25
    margin = Fraction(1, 10**places)
    for parity, level in enumerate(precise_levels(float(drive), n, digits=places)):
        exact = Fraction(level)
        assert levels_above(Fraction(drive), parity, exact - margin, 90) == n + 1
        assert levels_above(Fraction(drive), parity, exact + margin, 90) == n
        # Negative control: a level wrong in the last place but one is outside.
        assert levels_above(Fraction(drive), parity, exact + 11 * margin - margin, 90) == n
        assert levels_above(Fraction(drive), parity, exact - 11 * margin + margin, 90) == n + 1


def test_double_precision_agrees_above_its_floor_and_fails_below() -> None:
    for drive, n in ((6.0, 1), (6.0, 2), (12.0, 3)):
        plain = system(drive).manifolds().splitting[n]
        assert plain > double_precision_floor(drive)
        assert plain == pytest.approx(float(precise_splitting(drive, n)), rel=1e-3)
    # Negative control: at ε₂ = 20 K and beyond, plain diagonalisation has no digit left.
    plain = system(30.0).manifolds().splitting[1]
    assert float(precise_splitting(30.0, 1)) < double_precision_floor(30.0)
    assert abs(plain / float(precise_splitting(30.0, 1)) - 1.0) > 0.5


@pytest.mark.parametrize(("drive", "n", "c"), [(160.0, 1, 2.5), (160.0, 2, 8.1), (300.0, 3, 16.7)])
def test_limit_of_deep_wells(drive: float, n: int, c: float) -> None:
    """Splittings down to 1e-250: the limit α² -> inf is approached as exp(c_n/α²)."""
    ratio = Decimal(asymptotic_splitting(system(drive), n)) / precise_splitting(drive, n, digits=15)
    assert np.log(float(ratio)) * drive == pytest.approx(c, rel=0.02)


def test_ground_splitting_is_exactly_zero() -> None:
    assert precise_splitting(8.0, 0) == 0
    even, odd = precise_levels(8.0, 0, digits=40)
    assert even == odd == 64


def test_a_decimal_drive_is_taken_exactly() -> None:
    decimal, binary = precise_splitting(Decimal("0.3"), 1, 30), precise_splitting(0.3, 1, 30)
    assert Decimal("1e-20") < abs(decimal / binary - 1) < Decimal("1e-15")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((0.0, 1), "drive: got 0.0, allowed is a finite real number > 0"),
        ((-2.0, 1), "drive"),
        ((float("nan"), 1), "drive"),
        ((Decimal("-1"), 1), "drive"),
        ((Decimal("NaN"), 1), "drive"),
        (("8", 1), "drive"),
        ((8.0, -1), "n: got -1, allowed is an integer from 0 to 15"),
        ((8.0, 16), "an integer from 0 to 15"),
        ((8.0, 1.0), "an integer from 0 to 15"),
        ((8.0, True), "an integer from 0 to 15"),
        ((8.0, False), "an integer from 0 to 15"),
        ((8.0, 1, 0), "digits: got 0, allowed is an integer from 1 to 200"),
        ((8.0, 1, 201), "an integer from 1 to 200"),
        ((0.0, 0), "drive"),
    ],
)
def test_refusals(arguments: tuple[object, ...], message: str) -> None:
    for function in (precise_splitting, precise_levels):
        with pytest.raises(ParameterError, match=message):
            function(*arguments)  # type: ignore[operator]
