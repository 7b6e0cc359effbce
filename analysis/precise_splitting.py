"""Levels and tunnel splittings of the Kerr-cat to as many digits as asked for.

δ_n falls like e^{-2α²}: at ε₂ = 20 K it is 3.8e-12 K between levels of 400 K, and double precision leaves one
digit. In each parity sector H is tridiagonal in the Fock states k, k + 2, ... with rational elements,

    a_k = -K k(k-1),   b_k² = ε₂² (k+1)(k+2),

so pivots from above and below, D⁺_{i+1} = a_{i+1} - E - b_i²/D⁺_i and D⁻_i = a_i - E - b_i²/D⁻_{i+1}, need the
four operations only, and meet at the site k where γ_k = D⁺_k + D⁻_k - (a_k - E) is smallest. The vector z with
z_k = 1 that they define has the Rayleigh quotient E + γ_k/|z|²: every pass doubles the digits.

Levels: Su, Cortiñas, Venkatraman, Puri, "Unraveling the switching dynamics in a quantum double-well potential",
Eqs. (1), (6), (8). Twisted factorisation: Parlett, Dhillon, Linear Algebra Appl. 267, 247 (1997).
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Context, Decimal, DivisionByZero, InvalidOperation, Overflow, getcontext, localcontext

from wellhop.analysis.kerr_cat_wkb import checked_manifold
from wellhop.engine.errors import ParameterError, PredictionError
from wellhop.engine.oscillator import finite_real
from wellhop.engine.systems.kerr_cat import KerrCat

#: Most digits that can be asked for, and most Fock states that are tried.
MOST_DIGITS, MOST_STATES = 200, 6000


def precise_splitting(drive: float | Decimal, n: int, digits: int = 30) -> Decimal:
    """δ_n/K = (E_n^+ - E_n^-)/K with ``digits`` correct significant digits.

    Working precision grows until the difference holds them, the Fock space until cutting it off changes less.

    Args:
        drive: ε₂/K > 0, taken exactly; a Decimal where a float would not be exact.
        n: manifold, 0 = the highest; δ_0 = 0 exactly.
        digits: 1 ... 200.

    Raises:
        ParameterError: an argument outside its range.
        PredictionError: not reached with 6000 Fock states.

    >>> print(precise_splitting(20.0, 1, digits=12))
    3.81148181806E-12
    """
    if n == 0 and not isinstance(n, bool):
        _checked(drive, n, digits)
        return Decimal(0)
    exact, starts, n = _checked(drive, n, digits)
    # About e^{-2α²} is expected; what comes out says how many places it really takes.
    places = digits + 10 + int(exact)
    for _ in range(6):
        with localcontext(_context(places)):
            even, odd = (_level(exact, first, starts[first], places) for first in (0, 1))
            splitting = even - odd
            needed = digits + 3 - splitting.adjusted() if splitting else 2 * places
        if splitting > 0 and needed <= places:
            return Context(prec=digits).plus(splitting)
        places = max(needed, places + digits)
    raise PredictionError(f"splitting: no {digits} digits of manifold {n} at eps2/K = {drive}; ask for fewer")


def precise_levels(drive: float | Decimal, n: int, digits: int = 30) -> tuple[Decimal, Decimal]:
    """E_n^+/K and E_n^-/K to ``digits`` decimal places.

    Args:
        drive, n, digits: as :func:`precise_splitting`.

    Raises:
        ParameterError: an argument outside its range. PredictionError: not reached with 6000 Fock states.

    >>> print(*precise_levels(8.0, 2, digits=6))
    10.106744 9.242222
    """
    exact, starts, n = _checked(drive, n, digits)
    places = digits + 3
    with localcontext(_context(places)):
        even, odd = (_level(exact, first, starts[first], places) for first in (0, 1))
        unit = Decimal(1).scaleb(-digits)
        return even.quantize(unit), odd.quantize(unit)


def double_precision_floor(drive: float) -> float:
    """Splitting below which double precision leaves less than three digits, in units of K.

    A diagonalisation rounds at 2^-53 of the largest element; that of the sector in use is about (46 + 3ε₂/K)².

    >>> double_precision_floor(20.0) > 3.8e-12
    True
    """
    system = KerrCat(finite_real("drive", drive, minimum=0.0, strict=True), 1.0, 0.0)
    return float(1e3 * 2.0**-53 * system.default_cutoff() ** 2)


@dataclass(frozen=True)
class _Pass:
    """One pass of the twisted factorisation: correction of E, and what cutting off the Fock space costs."""

    correction: Decimal
    truncation: Decimal


def _checked(drive: float | Decimal, n: int, digits: int) -> tuple[Decimal, tuple[float, float], int]:
    """Exact drive, double-precision levels to start from, manifold."""
    if isinstance(drive, Decimal):
        if not drive.is_finite():
            raise ParameterError("drive", drive, "a finite number > 0")
        exact = drive
    else:
        exact = Decimal(finite_real("drive", drive, minimum=0.0, strict=True))
    if isinstance(digits, bool) or not isinstance(digits, int) or not 1 <= digits <= MOST_DIGITS:
        raise ParameterError("digits", digits, f"an integer from 1 to {MOST_DIGITS}")
    system = KerrCat(finite_real("drive", float(exact), minimum=0.0, strict=True), 1.0, 0.0)
    n = checked_manifold(system, n)
    levels = system.manifolds()
    return exact, (float(levels.energy_even[n]), float(levels.energy_odd[n])), n


def _context(places: int) -> Context:
    """Arithmetic with enough digits for ``places`` decimal places of numbers up to 1e7 and their round-off."""
    return Context(prec=places + 20, traps=[InvalidOperation, DivisionByZero, Overflow])


def _level(drive: Decimal, first: int, start: float, places: int) -> Decimal:
    """Level of one parity nearest to ``start``, to ``places`` decimal places."""
    wanted = Decimal(1).scaleb(-places)
    size = 30 + int(2 * drive)
    energy = Decimal(start)
    while 2 * size <= MOST_STATES:
        for _ in range(3 + places.bit_length()):
            found = _twisted(drive, first, size, energy)
            energy += found.correction
            if abs(found.correction) < wanted:
                break
        else:
            break
        if found.truncation < wanted:
            return energy
        size += size // 3
    raise PredictionError(f"level: no {places} decimal places at eps2/K = {drive}; ask for fewer digits")


def _twisted(drive: Decimal, first: int, size: int, energy: Decimal) -> _Pass:
    """One pass over ``size`` Fock states of a parity."""
    k = range(first, first + 2 * size, 2)
    diagonal = [Decimal(-i * (i - 1)) - energy for i in k]
    square = drive * drive
    coupling = [square * ((i + 1) * (i + 2)) for i in k]
    # A pivot that vanishes by accident becomes the smallest number that matters.
    tiny = Decimal(1).scaleb(-2 * getcontext().prec)
    forward = [diagonal[0] or tiny]
    for i in range(1, size):
        forward.append((diagonal[i] - coupling[i - 1] / forward[-1]) or tiny)
    backward = [diagonal[-1] or tiny]
    for i in range(size - 2, -1, -1):
        backward.append((diagonal[i] - coupling[i] / backward[-1]) or tiny)
    backward.reverse()
    residuals = [forward[i] + backward[i] - diagonal[i] for i in range(size)]
    twist = min(range(size), key=lambda i: abs(residuals[i]))
    norm = weight = Decimal(1)
    for i in range(twist - 1, -1, -1):
        weight *= coupling[i] / (forward[i] * forward[i])
        norm += weight
    weight = Decimal(1)
    for i in range(twist + 1, size):
        weight *= coupling[i - 1] / (backward[i] * backward[i])
        norm += weight
    # The first state left out would push the level by |b z|²/(E - a), to second order.
    beyond = abs(Decimal(-k.stop * (k.stop - 1)) - energy)
    return _Pass(residuals[twist] / norm, coupling[-1] * weight / (norm * beyond))
