"""Predictions about the levels of the Kerr-cat: tunnel splittings, the smallest gap, and the drives at which steps begin.

A formula is shown with its ratio to the exact number, and is valid where :func:`.kerr_cat_splitting.validity` says so; its
accuracy is the measured difference, not a bound.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from wellhop.analysis.kerr_cat_splitting import (
    Formula,
    asymptotic_splitting,
    minimum_gap,
    splitting_below_barrier,
    splitting_near_top,
    validity,
)
from wellhop.analysis.kerr_cat_wkb import wkb_splitting
from wellhop.analysis.precise_splitting import precise_splitting
from wellhop.analysis.prediction import Method
from wellhop.analysis.staircase import Criterion, critical_drive
from wellhop.engine.errors import PredictionError
from wellhop.engine.systems.kerr_cat import KerrCat

if TYPE_CHECKING:
    from wellhop.analysis.kerr_cat_prediction import KerrCatSubject

Evaluation = tuple[float, bool, str, float | None]
#: Manifolds and steps listed.
LISTED = (1, 2, 3)
#: Significant digits of the exact splittings, more than a float holds.
DIGITS = 18
#: Drives ε₂/K beyond which exact splittings are left to :func:`precise_splitting` itself: they take seconds there.
LARGEST_DRIVE = 100.0
_FORMULAS: dict[str, tuple[str, str, Formula, Callable[[KerrCat, int], float]]] = {
    "wkb": ("WKB quantisation", "Eq. (169)", "wkb", wkb_splitting),
    "below_barrier": ("WKB below the barrier, over S_n", "Eqs. (170)(171)", "below barrier", splitting_below_barrier),
    "near_top": ("near the barrier top", "Eqs. (172)-(180)", "near top", splitting_near_top),
    "asymptotic": ("limit of deep wells", "Eqs. (182)-(184), limit", "asymptotic", asymptotic_splitting),
}  # fmt: skip
_CRITERIA: dict[str, tuple[Criterion, str, str]] = {
    "": ("branching", "f_n = 1/2", "Eq. (82)"),
    "_balance": ("balance", "delta_n^2 = mu_n lambda_n", "Eq. (88)"),
    "_crude": ("crude", "delta_n = kappa alpha sqrt(2n)", "Eq. (89)"),
}


def exact_splitting(system: KerrCat, n: int) -> float:
    """δ_n in the unit of K, correct to the last digit at any depth; NaN beyond ε₂/K = 100.

    >>> print(f"{exact_splitting(KerrCat(20.0, 0.1, 0.1), 1):.11e}")
    3.81148181806e-12
    """
    drive = system.eps2 / system.K
    return system.K * float(precise_splitting(drive, n, DIGITS)) if drive <= LARGEST_DRIVE else math.nan


def _exact(n: int) -> Callable[[KerrCatSubject], Evaluation]:
    """δ_n by extended-precision diagonalisation."""

    def evaluate(subject: KerrCatSubject) -> Evaluation:
        value = exact_splitting(subject.kerr_cat, n)
        if math.isnan(value):
            return value, False, f"eps2/K > {LARGEST_DRIVE:g}: use analysis.precise_splitting", None
        return value, True, "", 2.0**-52

    return evaluate


def _formula(name: str, n: int) -> Callable[[KerrCatSubject], Evaluation]:
    """δ_n by one of the formulas."""
    _, _, kind, value_of = _FORMULAS[name]

    def evaluate(subject: KerrCatSubject) -> Evaluation:
        system = subject.kerr_cat
        doubt = validity(system, n, kind)
        try:
            value = value_of(system, n)
        except PredictionError as error:
            return math.nan, False, doubt or str(error), None
        exact = exact_splitting(system, n)
        known = math.isfinite(exact)
        ratio = f"{value / exact:.4f} of the exact one" if known else ""
        note = "; ".join(filter(None, [ratio, doubt]))
        return value, not doubt, note, abs(value / exact - 1.0) if known and not doubt else None

    return evaluate


def _smallest_gap(subject: KerrCatSubject) -> Evaluation:
    """Smallest ω_n of the exact levels, where the levels pass the barrier top."""
    levels = subject.kerr_cat.manifolds()
    gaps = -np.diff(levels.energy)
    n = int(np.argmin(gaps))
    if n == gaps.size - 1:
        return float(gaps[n]), False, "the barrier top lies below the last manifold computed", None
    return float(gaps[n]), True, f"between manifolds {n} and {n + 1}", 1e-9


def _gap_formula(subject: KerrCatSubject) -> Evaluation:
    """Smallest gap from the density of levels at the barrier top."""
    system = subject.kerr_cat
    try:
        value, doubt = minimum_gap(system), validity(system, 0, "minimum gap")
    except PredictionError as error:
        return math.nan, False, str(error), None
    exact = _smallest_gap(subject)[0]
    note = "; ".join(filter(None, [f"{value / exact:.4f} of the exact one", doubt]))
    return value, not doubt, note, None if doubt else abs(value / exact - 1.0)


def _step(n: int, criterion: Criterion) -> Callable[[KerrCatSubject], Evaluation]:
    """ε₂ at which step n begins at this damping and temperature."""

    def evaluate(subject: KerrCatSubject) -> Evaluation:
        system = subject.kerr_cat
        try:
            drive = critical_drive(n, system.kappa, system.n_th, system.K, criterion=criterion)
        except PredictionError as error:
            return math.nan, False, str(error), None
        return drive, True, "", None

    return evaluate


#: Name -> method, in the order of tables; none of them is set against a measured rate.
LEVEL_METHODS: dict[str, Method] = {
    **{
        f"step_{n}{suffix}": Method(
            f"step {n}: {words}", source, False, _step(n, criterion), "drive", default=False, listed=True
        )
        for n in LISTED
        for suffix, (criterion, words, source) in _CRITERIA.items()
    },
    **{
        name: method
        for n in LISTED
        for name, method in {
            f"splitting_{n}": Method(
                f"manifold {n}, exact", "diagonalisation in extended precision", False, _exact(n),
                "tunnel_splitting", default=False, listed=True,
            ),
            **{
                f"splitting_{n}_{key}": Method(
                    f"manifold {n}, {words}", source, False, _formula(key, n), "tunnel_splitting",
                    default=False, listed=True,
                )
                for key, (words, source, _, _) in _FORMULAS.items()
            },
        }.items()
    },
    "gap_min": Method(
        "smallest gap, exact", "Eq. (10)", False, _smallest_gap, "gap", default=False, listed=True
    ),
    "gap_min_formula": Method(
        "smallest gap, density of levels at the barrier top", "Eqs. (186)-(190)", False, _gap_formula, "gap",
        default=False, listed=True,
    ),
}  # fmt: skip
