"""Γ_n measured against Γ_n predicted, manifold by manifold."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy import stats

from wellhop.analysis.estimate import RateEstimate
from wellhop.analysis.liouvillian import decay_rate, manifold_rates
from wellhop.analysis.manifold_branching import ABOVE, BETWEEN, BranchingMeasurement
from wellhop.analysis.staircase import rate_model
from wellhop.engine.errors import ParameterError, SpectrumError
from wellhop.engine.systems.kerr_cat import KerrCat


@dataclass(frozen=True)
class PredictedBranching:
    """Γ_n of two theories, by the names of :class:`~wellhop.analysis.manifold_branching.BranchingMeasurement`.

    Attributes:
        names: ``"0"`` ... , ``"above"``, ``"between"``.
        exact: from the slow mode of the Liouvillian, (100)-(103); NaN where there is none.
        semi_analytical: (80) with one downward step; it knows no coherence between manifolds.
    """

    names: tuple[str, ...]
    exact: tuple[float, ...]
    semi_analytical: tuple[float, ...]


def predicted_branching(system: KerrCat, resolved: int) -> PredictedBranching:
    """Γ_0 ... Γ_{resolved-1}, all higher ones together, and what coherence between manifolds carries.

    Args:
        system: the Kerr-cat. resolved: manifolds told apart, from 1 to one less than ``system.default_manifolds()``.

    Raises:
        ParameterError: ``resolved`` outside its range.

    >>> found = predicted_branching(KerrCat(6.0, 0.025, 0.05), 5)
    >>> [f"{rate:.4e}" for rate in found.exact[:5]]
    ['3.9239e-06', '6.8782e-04', '1.4063e-04', '3.1296e-05', '2.5825e-06']
    """
    kept = system.default_manifolds()
    if not 1 <= resolved < kept:
        raise ParameterError("resolved", resolved, f"an integer from 1 to {kept - 1}")
    levels = system.manifolds(kept, max(system.default_cutoff(), 2 * kept + 20))
    semi = rate_model(system, levels).quasi_stationary("one_down").contributions
    model = system.reduced_model(kept, levels.even.shape[0])
    try:
        slow = decay_rate(model, parity_signs=np.repeat([1.0, -1.0], kept))
        exact = manifold_rates(model, slow, np.eye(2 * kept), levels.order_parameter())
        rate = slow.value
    except SpectrumError:
        exact, rate = np.full(kept, math.nan), math.nan
    return PredictedBranching(
        (*map(str, range(resolved)), ABOVE, BETWEEN),
        (*map(float, exact[:resolved]), float(exact[resolved:].sum()), float(rate - exact.sum())),
        (*map(float, semi[:resolved]), float(semi[resolved:].sum()), 0.0),
    )


@dataclass(frozen=True)
class ComparedManifold:
    """One part of Γ: measured, and how far off each prediction is in standard errors.

    Attributes:
        name: of the part. measured, share: Γ_n and Γ_n/Γ. exact, semi_analytical: predicted Γ_n.
        pull, semi_analytical_pull: (measured - predicted) / standard error; NaN without an error.
        p_value: of the pull against the exact rate, two-sided Student.
    """

    name: str
    measured: RateEstimate
    share: RateEstimate
    exact: float
    semi_analytical: float
    pull: float
    semi_analytical_pull: float
    p_value: float


@dataclass(frozen=True)
class BranchingComparison:
    """Γ by manifold, measured and predicted.

    Attributes:
        measured: the measurement. rows: one per part of Γ, in its order.
    """

    measured: BranchingMeasurement
    rows: tuple[ComparedManifold, ...]

    def lines(self, scale: float = 1.0) -> list[str]:
        """One line per part, rates divided by ``scale``."""
        head = f"{'manifold':>9} {'Gamma_n':>12} {'error':>9} {'share':>9} {'exact':>12} {'pull':>6} {'semi-anal.':>12} {'pull':>6}"
        lines = [head]
        for row in self.rows:
            error = row.measured.counts["standard_error"] / scale
            lines.append(
                f"{row.name:>9} {row.measured.value / scale:12.4e} {error:9.1e} {100 * row.share.value:7.2f} % "
                f"{row.exact / scale:12.4e} {row.pull:+6.2f} {row.semi_analytical / scale:12.4e} "
                f"{row.semi_analytical_pull:+6.2f}"
            )
        total = self.measured.total
        exact = sum(row.exact for row in self.rows)
        pull, error = _pull(total, exact), total.counts["standard_error"] / scale
        lines.append(
            f"{'sum':>9} {total.value / scale:12.4e} {error:9.1e} {'':9} {exact / scale:12.4e} {pull:+6.2f}"
        )
        return lines

    def __str__(self) -> str:
        return "\n".join([*self.lines(), *(f"! {w}" for w in self.measured.warnings)])


def compare_branching(measured: BranchingMeasurement, predicted: PredictedBranching) -> BranchingComparison:
    """Measured and predicted Γ_n side by side.

    Raises:
        ParameterError: the prediction is for other parts.
    """
    if measured.names != predicted.names:
        raise ParameterError("predicted", predicted.names, f"the parts that were measured, {measured.names}")
    rows = []
    for k, name in enumerate(measured.names):
        rate, exact, semi = measured.contributions[k], predicted.exact[k], predicted.semi_analytical[k]
        pull = _pull(rate, exact)
        tail = 2.0 * float(stats.t.sf(abs(pull), rate.counts["dof"]))
        rows.append(
            ComparedManifold(name, rate, measured.shares[k], exact, semi, pull, _pull(rate, semi), tail)
        )
    return BranchingComparison(measured, tuple(rows))


def _pull(rate: RateEstimate, predicted: float) -> float:
    error = rate.counts["standard_error"]
    return (rate.value - predicted) / error if error > 0.0 else math.nan
