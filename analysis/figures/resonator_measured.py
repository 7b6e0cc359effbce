"""Measured rates of the two-photon resonator as its figures take them, and how they are laid over predicted ones.

Without one-photon loss a point has a decay rate Γ and a frequency Ω of the coherence between parities; with enough of it a
telegraph signal, whose decay rate Γ_z is twice the rate of switching one way.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes

from wellhop.analysis.coherence_measurement import CoherenceMeasurement
from wellhop.analysis.estimate import RateEstimate
from wellhop.analysis.measurement import Measurement
from wellhop.engine.systems.two_photon_resonator import TwoPhotonResonator


@dataclass(frozen=True)
class MeasuredCoherence:
    """One point without one-photon loss.

    Attributes:
        system: its parameters. exact: Γ + iΩ, both > 0, of its slow mode. measurement: what trajectories say.
        cpu_seconds: of the trajectories alone.
    """

    system: TwoPhotonResonator
    exact: complex
    measurement: CoherenceMeasurement
    cpu_seconds: float

    @property
    def rates(self) -> Mapping[str, RateEstimate]:
        """``Gamma`` and ``Omega``."""
        return self.measurement.rates

    @property
    def expected(self) -> Mapping[str, float]:
        """Exact values under the same names."""
        return {"Gamma": self.exact.real, "Omega": self.exact.imag}


@dataclass(frozen=True)
class MeasuredTelegraph:
    """One point with one-photon loss beyond the exceptional point.

    Attributes:
        system: its parameters. exact: Γ_z of its slow mode. measurement: what trajectories say.
        cpu_seconds: of the trajectories alone.
    """

    system: TwoPhotonResonator
    exact: float
    measurement: Measurement
    cpu_seconds: float

    @property
    def rate(self) -> RateEstimate:
        """Γ_z, from the autocorrelation as a rule."""
        return self.measurement.decay_rate

    @property
    def residence(self) -> RateEstimate | None:
        """2/T_res with the reference cores; ``None`` where transits take too large a part of it."""
        return self.measurement.residence

    @property
    def switches(self) -> int | None:
        """Seen with the reference cores."""
        core = self.measurement.core
        return None if core is None else core.residences.n_switched


def drawable(estimate: RateEstimate | None) -> bool:
    """Whether an estimate has a value > 0 and two limits."""
    return estimate is not None and estimate.value > 0.0 and bool(np.isfinite(estimate.upper))


def draw_estimates(
    ax: Axes, x: Sequence[float], estimates: Sequence[RateEstimate | None], colour: str, marker: str, *,
    over: Sequence[float] | None = None, label: str | None = None, size: float = 5.0,
) -> None:  # fmt: skip
    """Points with their intervals; what cannot be drawn is left out.

    Args:
        ax: rate axis. x: position of each. estimates: as many. colour, marker: of the points.
        over: exact rates; then measured over exact, minus one, in percent. label: for the legend. size: of the marker.
    """
    rows = []
    for k, (at, estimate) in enumerate(zip(x, estimates, strict=True)):
        if estimate is None or not drawable(estimate):
            continue
        numbers = np.array([estimate.value, max(estimate.lower, 0.0), estimate.upper])
        rows.append((at, *(numbers if over is None else 100.0 * (numbers / over[k] - 1.0))))
    if not rows:
        return
    at, value, low, high = np.array(rows).T
    ax.errorbar(
        at, value, yerr=[value - low, high - value], fmt=marker, color=colour, markerfacecolor="white", markeredgewidth=1.2,
        markersize=size, zorder=6, label=label,
    )  # fmt: skip
