"""What one definition of the cores says: switches, residences, transits, and whether they make a rate."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from wellhop.analysis.estimate import RateEstimate
from wellhop.analysis.residence import Residences, residences
from wellhop.engine.records import TrajectoryRecord

#: Gamma x mean transit time above which residence times are doubtful, and above which they give no rate.
TRANSIT_WARN, TRANSIT_REFUSE = 0.02, 0.1


@dataclass(frozen=True)
class CoreReading:
    """Residence times under one core definition.

    Attributes:
        name: of the core definition. setting: the number in its name, else its index.
        residences: all of them.
        escape_rate: one-way rate, all wells pooled; ``None`` without residence time.
        decay_rate: Gamma = k01 + k10 (symmetric wells: 2 n/T); ``None`` without residence time in every
        well, or
            for other than two wells.
        directed: one-way rate out of each well; ``None`` where the well was never visited.
        transit_mean, transit_max: over the switches; NaN without any.
        rate_x_transit: Gamma x mean transit, the relative error that counting with these cores makes.
        refused: why this is no measurement of Gamma; empty if it is one.
        warnings: named, as in :class:`RateEstimate`.
    """

    name: str
    setting: float
    residences: Residences
    escape_rate: RateEstimate | None
    decay_rate: RateEstimate | None
    directed: tuple[RateEstimate | None, ...]
    transit_mean: float
    transit_max: float
    rate_x_transit: float
    refused: str = ""
    warnings: tuple[str, ...] = ()

    def __str__(self) -> str:
        rate = "no rate" if self.decay_rate is None else f"Gamma {self.decay_rate.value:.4e}"
        if self.decay_rate is not None and self.decay_rate.value > 0.0:
            rate += f" +- {100 * self.decay_rate.relative_error:.1f} %"
        text = f"{self.name}: {self.residences.n_switched} switches, {rate}"
        if not math.isnan(self.transit_mean):
            text += f", transit {self.transit_mean:.3g} (longest {self.transit_max:.3g})"
            text += f", Gamma x transit {self.rate_x_transit:.3g}"
        return text + (f"; refused: {self.refused}" if self.refused else "")


def core_setting(name: str, index: int) -> float:
    """The number a core definition is known by: the last one in its name, else its index.

    >>> core_setting("th=0.99", 2), core_setting("wide", 1)
    (0.99, 1.0)
    """
    numbers = re.findall(r"\d+(?:\.\d+)?(?:[eE][+-]?\d+)?", name)
    return float(numbers[-1]) if numbers else float(index)


def read_core(
    records: Sequence[TrajectoryRecord],
    core: int,
    name: str,
    burn_in: float,
    decay_rate: float,
    wells: int = 2,
    symmetric: bool = True,
    level: float = 0.95,
    stop: str = "time",
) -> CoreReading:
    """Residence times under core definition ``core`` and the rates they give.

    Counting with cores misses a time t_tr per switch, Gamma is roughly (2/mean residence)(1 + Gamma t_tr):
    above Gamma t_tr = 0.02 this is said, above 0.1 the reading is refused as a measurement.

    Args:
        records: trajectories that did not fail. core, name: which definition. burn_in: as for residences.
        decay_rate: Gamma to judge the transit by (autocorrelation); NaN or 0: the one found here.
        wells: number of wells. symmetric, level, stop: as in :func:`wellhop.analysis.measurement.measure`.
    """
    found = residences(records, core, burn_in)
    directed = tuple(_directed(found.in_well(w), level, stop) for w in range(wells))
    pooled = _directed(found, level, stop)
    gamma = None
    if wells == 2 and (any(directed) if symmetric else all(directed)):
        gamma = found.decay_rate(symmetric, level, stop)
    transit = found.transit[found.switched]
    mean = float(transit.mean()) if transit.size else math.nan
    judge = decay_rate if decay_rate > 0.0 else (gamma.value if gamma else math.nan)
    product = judge * mean
    warnings, refused = [], ""
    if product > TRANSIT_REFUSE:
        refused = f"Gamma x transit = {product:.2g} > {TRANSIT_REFUSE:g}"
        warnings.append(
            f"rate_x_transit: {refused} with cores {name}: an exponential fit of the residence times is "
            "refused; use the autocorrelation or the ensemble decay"
        )
    elif product > TRANSIT_WARN:
        warnings.append(
            f"rate_x_transit: Gamma x transit = {product:.2g} > {TRANSIT_WARN:g} with cores {name}: rates "
            "from residence times are low by about this; use the autocorrelation or the ensemble decay"
        )
    if found.unlabelled:
        warnings.append(f"unlabelled: {found.unlabelled} trajectories never entered a core {name}")
    longest = float(transit.max()) if transit.size else math.nan
    return CoreReading(
        name=name,
        setting=core_setting(name, core),
        residences=found,
        escape_rate=None if pooled is None else pooled.with_warnings(*warnings),
        decay_rate=None if gamma is None else gamma.with_warnings(*warnings),
        directed=directed,
        transit_mean=mean,
        transit_max=longest,
        rate_x_transit=product,
        refused=refused,
        warnings=tuple(warnings),
    )


def _directed(found: Residences, level: float, stop: str) -> RateEstimate | None:
    return found.escape_rate(level, stop) if found.exposure > 0.0 else None


def reference_core(core_names: Sequence[str]) -> int | None:
    """Index of the core definition to quote: the one nearest to 0.99; ``None`` without any.

    >>> reference_core(["th=0.9", "th=0.95", "th=0.99", "th=0.995"])
    2
    """
    if not core_names:
        return None
    settings = [core_setting(name, i) for i, name in enumerate(core_names)]
    return int(np.argmin(np.abs(np.array(settings) - 0.99)))
