"""Where the switching rate of a Kerr-cat turns over with the damping, as in the problem of Kramers.

At fixed drive the levels are fixed and every rate grows in proportion to κ. Manifold n contributes J_n f_n:
the current into it grows with κ, while its branching ratio f_n (82) falls once δ_n² < μ_n λ_n (88),

    Γ_n ∝ κ / [1 + (κ/κ_n)²],      κ_n = δ_n / sqrt[(μ_n/κ)(λ_n/κ)],

so that Γ_n is largest at κ_n. The total rate has a local maximum there only if the manifolds above add
little, that is at low temperature and in deep wells. With μ := λ everywhere κ_n and Γ_n(κ_n) are both larger
by sqrt(μ_n/λ_n), which tends to α sqrt(2/n) in deep wells.

Su, Cortiñas, Venkatraman, Puri, Eqs. (80)-(89), Figs. 7b and 11.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Literal

import numpy as np
from scipy.optimize import minimize_scalar

from wellhop.analysis.kerr_cat_scan import FLOOR
from wellhop.analysis.liouvillian import decay_rate
from wellhop.analysis.staircase import rate_model
from wellhop.engine.errors import ParameterError, PredictionError
from wellhop.engine.fock import parity_signs
from wellhop.engine.oscillator import finite_real
from wellhop.engine.systems.kerr_cat import KerrCat, Manifolds

RateSource = Literal["exact", "semi_analytical", "one_rate"]
SOURCES: tuple[RateSource, ...] = ("exact", "semi_analytical", "one_rate")


@dataclass(frozen=True)
class Extremum:
    """A local extremum of Γ(κ).

    Attributes:
        kind: ``max`` or ``min``. kappa: where, in the unit of K. rate: Γ there.
    """

    kind: Literal["max", "min"]
    kappa: float
    rate: float

    def __str__(self) -> str:
        """One line for people."""
        return f"local {self.kind} {self.rate:.4g} at kappa = {self.kappa:.4g}"


def kramers_extrema(
    eps2: float,
    n_th: float,
    K: float = 1.0,
    *,
    source: RateSource = "exact",
    lowest: float = 1e-4,
    highest: float = 0.5,
    per_decade: int = 12,
) -> tuple[Extremum, ...]:
    """Local maxima and minima of the total rate Γ(κ), by increasing κ.

    The rate is computed on a logarithmic grid; where its slope changes sign the extremum is refined. A pair
    closer together than the grid is missed, and so is one where the exact rate is below the round-off.

    Args:
        eps2, n_th, K: as in :class:`KerrCat`.
        source: ``exact`` (Liouvillian), ``semi_analytical`` (84), or ``one_rate``, the same with μ := λ.
        lowest, highest: range of κ/K. per_decade: points of the grid per factor of ten.

    Raises:
        ParameterError: a parameter, the range or the grid is not allowed.
        PredictionError: unknown source.

    >>> for found in kramers_extrema(8.0, 1e-3, source="semi_analytical"):
    ...     print(found)
    local max 8.15e-07 at kappa = 0.001875
    local min 7.697e-07 at kappa = 0.004098
    >>> kramers_extrema(8.0, 0.05, source="semi_analytical")
    ()
    """
    if source not in SOURCES:
        raise PredictionError(f"source: got {source!r}, allowed is one of {', '.join(SOURCES)}")
    lowest, highest, K = (
        finite_real(name, value, minimum=0.0, strict=True) for name, value in (("lowest", lowest), ("highest", highest), ("K", K))
    )
    if not lowest < highest:
        raise ParameterError("lowest, highest", (lowest, highest), "0 < lowest < highest")
    if isinstance(per_decade, bool) or not isinstance(per_decade, (int, np.integer)) or per_decade < 2:
        raise ParameterError("per_decade", per_decade, "an integer >= 2")
    system = KerrCat(eps2, lowest * K, n_th, K)
    logarithm = partial(_logarithm, system, system.manifolds(), source)
    steps = int(np.ceil(per_decade * np.log10(highest / lowest)))
    grid = np.log(K) + np.linspace(np.log(lowest), np.log(highest), max(steps, 2) + 1)
    slope = np.diff([logarithm(float(at)) for at in grid])
    found = []
    for k in np.flatnonzero(slope[:-1] * slope[1:] < 0.0):
        kind: Literal["max", "min"] = "max" if slope[k] > 0.0 else "min"
        at = _refined(logarithm, float(grid[k]), float(grid[k + 2]), -1.0 if kind == "max" else 1.0)
        found.append(Extremum(kind, float(np.exp(at)), float(np.exp(logarithm(at)))))
    return tuple(found)


def critical_damping(n: int, eps2: float, n_th: float, K: float = 1.0, *, one_rate: bool = False) -> float:
    """κ_n at which manifold n stops tunnelling, δ_n² = μ_n λ_n (88) solved for κ.

    Exact as a solution of (88): μ_n and λ_n are proportional to κ and δ_n does not depend on it.

    Args:
        n: manifold, from 1 to the last one kept. eps2, n_th, K: as in :class:`KerrCat`.
        one_rate: with μ := λ, δ_n = λ_n.

    Raises:
        ParameterError: ``n`` or another parameter is out of range.

    >>> round(critical_damping(1, 8.0, 1e-3), 6), round(critical_damping(1, 8.0, 1e-3, one_rate=True), 6)
    (0.001482, 0.00549)
    """
    system = KerrCat(eps2, K, n_th, K)
    model = rate_model(system)
    last = model.count - 1
    if isinstance(n, bool) or not isinstance(n, (int, np.integer)) or not 1 <= n <= last:
        raise ParameterError("n", n, f"an integer from 1 to {last}, the manifolds kept")
    model = model.with_one_rate() if one_rate else model
    # The model is built at κ = K.
    return float(K * abs(model.splitting[n]) / np.sqrt(model.dephasing[n] * model.decay[n]))


def _logarithm(system: KerrCat, levels: Manifolds, source: RateSource, log_kappa: float) -> float:
    """Logarithm of Γ at a damping, NaN below the round-off; the levels do not depend on it."""
    damped = KerrCat(system.eps2, float(np.exp(log_kappa)), system.n_th, system.K)
    if source == "exact":
        cutoff = levels.even.shape[0]
        rate = decay_rate(damped.lindblad(cutoff), parity_signs=parity_signs(cutoff), count=2).value
        if not rate > FLOOR * system.K:
            return float("nan")
    else:
        model = rate_model(damped, levels)
        rate = (model.with_one_rate() if source == "one_rate" else model).quasi_stationary().decay_rate
    return float(np.log(rate))


def _refined(f: Callable[[float], float], low: float, high: float, sign: float) -> float:
    """Position of the extremum of f within a bracket."""
    found = minimize_scalar(
        lambda at: sign * f(at), bounds=(low, high), method="bounded", options={"xatol": 1e-6}
    )
    return float(found.x)
