"""Manifold by manifold: how each one's share of the decay, branching ratio and current are tabulated and drawn."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from wellhop.analysis.figures.drawn import DrawnTable
from wellhop.analysis.figures.style import COLOURS, INK, family_marker
from wellhop.analysis.kerr_cat_scan import ExactScan, RateScan

RealVector = npt.NDArray[np.float64]
#: Line of each manifold, repeated beyond the last: with the colours no two of the first twenty are alike.
LINES: tuple[Any, ...] = (":", "-", (0, (6, 1.5)), (0, (5, 1.5, 1, 1.5)), (0, (2, 1)))
#: Blue, the colour of exact rates, comes last.
_ORDER = (5, 1, 2, 3, 4, 6, 7, 0)


def manifold_colour(n: int) -> str:
    """Colour of manifold n."""
    return COLOURS[_ORDER[n % len(_ORDER)]]


def manifold_line(n: int, **changes: Any) -> dict[str, Any]:
    """Keywords of ``Axes.plot`` for a line of manifold n."""
    return {"color": manifold_colour(n), "linestyle": LINES[n % len(LINES)], "linewidth": 1.4, **changes}


def manifold_handles(count: int) -> list[Line2D]:
    """Legend entries n = 0 ... count - 1, with the marker of the exact points."""
    return [
        Line2D([], [], label=f"$n={n}$", marker=family_marker(n), markersize=4, markerfacecolor="white",
               **manifold_line(n))
        for n in range(count)
    ]  # fmt: skip


def add_rate_scan(table: DrawnTable, x: RealVector, scan: RateScan, count: int, suffix: str = "") -> None:
    """Rows of a semi-analytical scan: one series ``n=0``, ``n=1``, ... per manifold, and ``sum``.

    The table has the columns series, x, Gamma, f, J, p.
    """
    for n in range(count):
        branching = scan.branching[:, n] if n else None
        table.add_series(
            f"n={n}{suffix}",
            x,
            scan.contributions[:, n],
            branching,
            scan.currents[:, n],
            scan.populations[:, n],
        )
    table.add_series(f"sum{suffix}", x, scan.decay_rate, None, None, None)


def add_exact_scan(table: DrawnTable, x: RealVector, scan: ExactScan, count: int, suffix: str = "") -> None:
    """Rows of an exact scan: ``n=0 exact``, ... and ``exact``; same columns as above."""
    for n in range(count):
        table.add_series(f"n={n} exact{suffix}", x, scan.contributions[:, n], None, None, None)
    table.add_series(f"exact{suffix}", x, scan.decay_rate, None, None, None)


def crossings(x: RealVector, values: RealVector, level: float) -> list[float]:
    """Where sampled values pass through a level, interpolated linearly.

    >>> crossings(np.array([0.0, 1.0, 2.0]), np.array([1.0, 0.6, 0.2]), 0.5)
    [1.25]
    """
    above = np.signbit(values - level)
    return [
        float(x[k] + (x[k + 1] - x[k]) * (level - values[k]) / (values[k + 1] - values[k]))
        for k in np.flatnonzero(above[1:] != above[:-1])
    ]


def draw_manifold_shares(ax: Axes, table: DrawnTable, x: str, rate: str, count: int) -> None:
    """Γ_n of the first manifolds as lines, exact ones as open markers on them."""
    for n in range(count):
        ax.plot(table.numbers(x, series=f"n={n}"), table.numbers(rate, series=f"n={n}"), **manifold_line(n))
        ax.plot(
            table.numbers(x, series=f"n={n} exact"), table.numbers(rate, series=f"n={n} exact"), family_marker(n),
            color=manifold_colour(n), markerfacecolor="white", markersize=3.5, markeredgewidth=0.9, zorder=4,
        )  # fmt: skip


def draw_branching(ax: Axes, table: DrawnTable, x: str, numbers: Sequence[int]) -> None:
    """f_n against the drive, with dots where it is 1/2."""
    for n in numbers:
        ax.plot(table.numbers(x, series=f"n={n}"), table.numbers("f", series=f"n={n}"), **manifold_line(n))
    ax.axhline(0.5, color=INK, linewidth=0.7)
    at = table.numbers(x, series="crossing")
    ax.plot(at, np.full(at.size, 0.5), "o", color=INK, markersize=4.5, zorder=5)
    ax.set(ylim=(-0.03, 1.08), ylabel=r"branching $f_n$")
