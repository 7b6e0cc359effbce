"""What the figures of the Kerr-cat have in common: one style for each kind of theory, one spelling for each axis, and how
measured rates are laid over predicted ones.

Everything is in units of the Kerr constant K = 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes

from wellhop.analysis.estimate import RateEstimate
from wellhop.analysis.figures.layout import Theory
from wellhop.analysis.figures.style import COLOURS, INK
from wellhop.engine.systems.kerr_cat import KerrCat

DRIVE = r"two-photon drive $\epsilon_2/K$"
DAMPING = r"damping $\kappa/K$"
TEMPERATURE = r"thermal occupation $n_\mathrm{th}$"
RATE = r"decay rate $\Gamma/K$"
#: Sources named at the head of the CSV.
MODEL = (
    "H = -K a^dag^2 a^2 + eps2 (a^dag^2 + a^2), loss kappa (1 + n_th), heating kappa n_th, K = 1; "
    "Su, Cortinas, Venkatraman, Puri, Unraveling the switching dynamics in a quantum double-well potential"
)

EXACT = Theory("exact (Liouvillian)", COLOURS[0], "-", "o")
SEMI_ANALYTICAL = Theory("semi-analytical, Eq. (84)", INK, (0, (4, 1.6)), "s")


@dataclass(frozen=True)
class MeasuredRate:
    """One measured decay rate: the parameters it belongs to, and its estimate (Γ in units of K)."""

    system: KerrCat
    estimate: RateEstimate


def draw_measured(
    ax: Axes, x: Sequence[float], measured: Sequence[MeasuredRate], *, colour: str = INK, marker: str = "o"
) -> None:
    """Measured rates as points with their intervals; points without a value are left out.

    Args:
        ax: rate axis. x: position of each point. measured: as many.
    """
    kept = [
        (at, m.estimate)
        for at, m in zip(x, measured, strict=True)
        if np.isfinite(m.estimate.value) and m.estimate.value > 0
    ]
    if not kept:
        return
    value = np.array([e.value for _, e in kept])
    low = value - np.array([max(e.lower, 0.0) for _, e in kept])
    high = np.array([e.upper for _, e in kept]) - value
    ax.errorbar(
        [at for at, _ in kept], value, yerr=[low, np.where(np.isfinite(high), high, 0.0)], fmt=marker, color=colour,
        markerfacecolor="white", markeredgewidth=1.2, ecolor=colour, markersize=5, zorder=6, label="measured, 95 %",
    )  # fmt: skip
