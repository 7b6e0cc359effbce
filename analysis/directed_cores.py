"""Directed rates by counting switches between cores: exact Poisson intervals, short by about rate x transit time.

    k_v = N(centre -> bright)/T_centre,    k_b = N(bright -> centre)/T_bright,    k_d = N(bright -> other bright)/T_bright

A residence ends with the entry into the next core, a transit later than the well was left.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from wellhop.analysis.core_reading import TRANSIT_REFUSE, TRANSIT_WARN
from wellhop.analysis.directed_naming import THREE_WELLS, Naming
from wellhop.analysis.estimate import RateEstimate
from wellhop.analysis.rates import rate_from_counts, sum_of_rates
from wellhop.analysis.residence import Residences, residences
from wellhop.engine.records import TrajectoryRecord


@dataclass(frozen=True)
class DirectedCores:
    """What one core definition says about the switches among a central and two bright wells, or between two different ones.

    Attributes:
        name: of the core definition. residences: all of them.
        k_v, k_b, k_d: counted rates; ``None`` where the well was never visited.
        transit_v, transit_b: mean transit out of the centre and out of a bright well; NaN without any.
        rate_x_transit: sum of k_v, k_b x the longer of both means: relative error that counting makes, roughly.
        refused: why these rates are no measurement; empty if they are one. warnings: named.
    """

    name: str
    residences: Residences
    k_v: RateEstimate | None
    k_b: RateEstimate | None
    k_d: RateEstimate | None
    transit_v: float
    transit_b: float
    rate_x_transit: float
    refused: str
    warnings: tuple[str, ...]
    naming: Naming = THREE_WELLS

    @property
    def lam_e(self) -> RateEstimate | None:
        """k_v + k_b, counted."""
        return None if self.k_v is None or self.k_b is None else _sum([self.k_v, self.k_b])

    @property
    def lam_o(self) -> RateEstimate | None:
        """k_b + 2 k_d, counted."""
        if self.k_b is None or self.k_d is None:
            return None
        return _sum([self.k_b, self.k_d.scaled(2.0, "escape_rate")])

    def inner(self, name: str) -> RateEstimate | None:
        """One of lam_e, lam_o, k_v, k_b, k_d."""
        found: RateEstimate | None = getattr(self, name)
        return found

    def rate(self, name: str) -> RateEstimate | None:
        """The same by its public name."""
        return self.inner(self.naming.inner(name))

    def __str__(self) -> str:
        parts = []
        for name in (n for inner, n in self.naming.rates.items() if inner.startswith("k")):
            rate = self.rate(name)
            if rate is None:
                parts.append(f"{name} never in that well")
            elif rate.value == 0.0:
                parts.append(f"{name} < {rate.upper:.3e} (no switch)")
            else:
                parts.append(f"{name} {rate.value:.4e} ({rate.counts['n_switched']} switches)")
        if not math.isnan(self.rate_x_transit):
            parts.append(f"rate x transit {self.rate_x_transit:.3g}")
        return f"{self.name}: " + ", ".join(parts) + (f"; refused: {self.refused}" if self.refused else "")


def _sum(rates: list[RateEstimate]) -> RateEstimate:
    return sum_of_rates(rates, rates[0].level)


def read_directed_cores(
    records: Sequence[TrajectoryRecord],
    core: int,
    name: str,
    *,
    burn_in: float,
    naming: Naming = THREE_WELLS,
    level: float = 0.95,
) -> DirectedCores:
    """Counted rates under core definition ``core``.

    Args:
        records: trajectories that did not fail. core, name: which definition. burn_in: as for residences.
        naming: which wells there are. level: confidence.

    Raises:
        StatisticsError: damaged event lists.

    >>> from wellhop.engine.records import SWITCH_DTYPE, EndState
    >>> events = np.array([(0, 0, 0, -1, 1, 0), (30, 28, 0, 1, 2, 0), (90, 89, 0, 2, 1, 0)], dtype=SWITCH_DTYPE)
    >>> none = np.empty(0)
    >>> run = TrajectoryRecord(0, EndState.DONE, "", 100.0, 1, none.astype(int), 1, none, events, none, 0.0)
    >>> print(read_directed_cores([run], 0, "discs", burn_in=0.0).k_v.value)
    0.025
    """
    found = residences(records, core, burn_in)
    inside = found.well == naming.centre
    outside = replace(found, rows=found.rows[~inside])
    home = outside.target == naming.centre
    k_v = _counted(found.in_well(naming.centre), np.ones(int(inside.sum()), dtype=np.bool_), level)
    k_b = _counted(outside, home, level)
    k_d = _counted(outside, ~home, level)
    transit_v = _mean_transit(found.rows[inside & found.switched])
    transit_b = _mean_transit(outside.rows[outside.switched & home])
    total = sum(rate.value for rate in (k_v, k_b) if rate is not None)
    longer = float(np.nanmax([transit_v, transit_b, -math.inf]))
    product = total * longer if longer >= 0.0 else math.nan
    warnings, refused = [], ""
    if product > TRANSIT_REFUSE:
        refused = f"rate x transit = {product:.2g} > {TRANSIT_REFUSE:g}"
        warnings.append(
            f"rate_x_transit: {refused} with cores {name}: counted switches are no measurement here"
        )
    elif product > TRANSIT_WARN:
        warnings.append(
            f"rate_x_transit: rate x transit = {product:.2g} > {TRANSIT_WARN:g} with cores {name}: counted rates "
            "are off by about this, or by more where many returns are fast; the spectral rates are not"
        )
    if found.unlabelled:
        warnings.append(f"unlabelled: {found.unlabelled} trajectories never entered a core {name}")
    return DirectedCores(
        name, found, k_v, k_b, k_d, transit_v, transit_b, product, refused, tuple(warnings), naming
    )


def _counted(found: Residences, wanted: np.ndarray, level: float) -> RateEstimate | None:
    if not found.exposure > 0.0:
        return None
    n = int(np.count_nonzero(found.switched & wanted))
    return rate_from_counts(n, found.exposure, int(found.switched.size - n), level)


def _mean_transit(rows: np.ndarray) -> float:
    return float(rows["transit"].mean()) if rows.size else math.nan


def reference_definition(core_names: Sequence[str]) -> int:
    """Index of the core definition whose label is used: the one called ``reference``, else the first.

    >>> reference_definition(["wide", "reference", "narrow"]), reference_definition(["discs"])
    (1, 0)
    """
    return list(core_names).index("reference") if "reference" in core_names else 0
