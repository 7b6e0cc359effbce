"""Rates of a Kerr-cat manifold by manifold along a line in parameter space: from the rate model, and exact.

    Γ = Σ_n Γ_n,   Γ_n = (t_n + 2 Σ_m V_mn) p_n = f_n J_n                                        (80)-(85)
    Γ_n = -Tr(X L[P_n ρ_o P_n]) / Tr(X ρ_o),  ρ_o the slowest odd mode of the Liouvillian L      (100)-(103)

Equations of Su, Cortiñas, Venkatraman, Puri. The first takes a millisecond per system, the second some
fifty.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from wellhop.analysis.liouvillian import decay_rate, manifold_rates
from wellhop.analysis.staircase import Populations, rate_model
from wellhop.engine.errors import ParameterError, SpectrumError
from wellhop.engine.fock import parity_signs
from wellhop.engine.systems.kerr_cat import KerrCat, Manifolds

RealVector = npt.NDArray[np.float64]
RealMatrix = npt.NDArray[np.float64]
#: Told the share done, 0 ... 1.
Share = Callable[[float], None]
#: Exact rates below this, in units of K, are round-off of double precision.
FLOOR = 1e-13


@dataclass(frozen=True)
class RateScan:
    """The rate model along a line; S systems, M manifolds, rates in the unit of K.

    Attributes:
        decay_rate: (S,) Γ (84). contributions, currents, populations, branching: (S, M) Γ_n (80), J_n (83),
            p_n and f_n (82). splitting: (S, M) δ_n. dephasing, decay: (S, M) μ_n (58) and λ_n (68).
    """

    decay_rate: RealVector
    contributions: RealMatrix
    currents: RealMatrix
    populations: RealMatrix
    branching: RealMatrix
    splitting: RealMatrix
    dephasing: RealMatrix
    decay: RealMatrix


@dataclass(frozen=True)
class ExactScan:
    """The Liouvillian along a line.

    Attributes:
        decay_rate: (S,) Γ, NaN where it is below the round-off or no slow mode is real.
        contributions: (S, M) Γ_n, NaN in the same places.
    """

    decay_rate: RealVector
    contributions: RealMatrix

    @property
    def missing(self) -> int:
        """Number of systems without a value."""
        return int(np.isnan(self.decay_rate).sum())


def scan_rates(
    systems: Sequence[KerrCat], *, populations: Populations = "one_down", one_rate: bool = False
) -> RateScan:
    """The rate model of every system.

    Args:
        systems: at least one. populations: as in :meth:`RateModel.quasi_stationary`.
        one_rate: μ := λ, the control of :meth:`RateModel.with_one_rate`.

    Raises:
        ParameterError: no systems.

    >>> scan = scan_rates([KerrCat(6.0, 0.025, 0.05), KerrCat(9.0, 0.025, 0.05)])
    >>> [f"{rate:.8e}" for rate in scan.decay_rate]
    ['8.56549304e-04', '1.59967036e-04']
    """
    rows = []
    for system, levels in _with_levels(systems):
        model = rate_model(system, levels)
        model = model.with_one_rate() if one_rate else model
        found = model.quasi_stationary(populations)
        rows.append(
            (found.contributions, found.currents, found.populations, model.branching, model.splitting,
             model.dephasing, model.decay)
        )  # fmt: skip
    columns = [np.array(column) for column in zip(*rows, strict=True)]
    return RateScan(columns[0].sum(axis=1), *columns)


def scan_exact(
    systems: Sequence[KerrCat], *, shares: bool = True, progress: Share | None = None
) -> ExactScan:
    """The slowest odd mode of the Liouvillian of every system.

    Args:
        systems: at least one. shares: whether the contributions of the manifolds are wanted; else they are NaN.
        progress: told the share done after each system.

    Raises:
        ParameterError: no systems.

    >>> scan = scan_exact([KerrCat(6.0, 0.025, 0.05)])
    >>> f"{scan.decay_rate[0]:.8e}", f"{scan.contributions[0, 1]:.6e}"
    ('8.66522440e-04', '6.878200e-04')
    """
    rates, contributions = [], []
    for number, (system, levels) in enumerate(_with_levels(systems), start=1):
        cutoff = levels.even.shape[0]
        model = system.lindblad(cutoff)
        share = np.full(levels.count, np.nan)
        rate = np.nan
        try:
            # Two modes are enough to tell a real one from an oscillation.
            slow = decay_rate(model, parity_signs=parity_signs(cutoff), count=2)
        except SpectrumError:
            pass  # stays NaN and is counted in `missing`
        else:
            if slow.value > FLOOR * system.K:
                rate = slow.value
                if shares:
                    share = manifold_rates(model, slow, levels.basis, levels.order_parameter())
        rates.append(rate)
        contributions.append(share)
        if progress is not None:
            progress(number / len(systems))
    return ExactScan(np.array(rates), np.array(contributions))


def _with_levels(systems: Sequence[KerrCat]) -> list[tuple[KerrCat, Manifolds]]:
    """Every system with as many manifolds as the deepest well needs; equal wells share their levels."""
    if not systems:
        raise ParameterError("systems", 0, "at least one system")
    count = max(system.default_manifolds() for system in systems)
    known: dict[tuple[float, float], Manifolds] = {}
    out = []
    for system in systems:
        well = (system.eps2, system.K)
        if well not in known:
            known[well] = system.manifolds(count, max(system.default_cutoff(), 2 * count + 20))
        out.append((system, known[well]))
    return out
