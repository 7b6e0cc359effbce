"""In which manifold the Kerr-cat switches: Γ_n and shares from trajectories against exact and semi-analytical ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from wellhop.analysis.branching_comparison import BranchingComparison, PredictedBranching
from wellhop.analysis.crossing_manifolds import CrossingManifolds
from wellhop.analysis.figures.drawn import DrawnTable
from wellhop.analysis.figures.job import DrawnFigure
from wellhop.analysis.figures.kerr_cat_axes import DRIVE
from wellhop.analysis.figures.kerr_cat_manifolds import manifold_colour
from wellhop.analysis.figures.layout import heading, minor_ticks, panel_letter
from wellhop.analysis.figures.style import BAND, COLOURS, INK, family_marker, house_style, new_figure
from wellhop.analysis.manifold_branching import BETWEEN
from wellhop.engine.systems.kerr_cat import KerrCat

X, RATE = "eps2 [K]", "Gamma [K]"
COLUMNS = (
    "series",
    X,
    RATE,
    "lower [K]",
    "upper [K]",
    "share",
    "share lower",
    "share upper",
    "exact [K]",
    "pull",
)
#: Pulls within the band are no news; the dashed lines are what is asked of them.
BAND_PULL, ASKED_PULL = 2.0, 4.0
#: Panel (c) shows rates that are measured at least this well (relative standard error).
SHARP = 0.03
#: Manifolds shown there.
FIRST = ("0", "1", "2")
_DASHED = (0, (4, 1.6))


@dataclass(frozen=True)
class ResolvedPoint:
    """One drive: the system, what was measured and predicted there (K = 1), and where single switches crossed."""

    system: KerrCat
    branching: BranchingComparison
    crossings: CrossingManifolds


def draw_branching(
    points: Sequence[ResolvedPoint],
    drives: npt.NDArray[np.float64],
    predicted: Sequence[PredictedBranching],
    explanation: Sequence[str] = (),
) -> DrawnFigure:
    """Five panels over the drive: Γ_n, shares, relative deviation from the exact Γ_n, pulls, and single switches.

    Args:
        points: measured ones, all of the same parts. drives, predicted: for the lines. explanation: second line of the heading.

    Returns:
        Series ``NAME exact``, ``NAME semi-analytical`` (lines) and ``NAME measured`` with 95 % intervals, NAME a manifold or
        ``between``; ``sum measured``; ``NAME crossings``, the share of switches that crossed in this manifold.
    """
    table = _table(points, drives, predicted)
    names = predicted[0].names
    singles = [name for name in names if name.isdecimal()]
    with house_style():
        figure = new_figure(height=8.4)
        grid = figure.add_gridspec(3, 2, height_ratios=(1.0, 1.0, 0.62))
        first = figure.add_subplot(grid[0, 0])
        axes = [first, *(figure.add_subplot(grid[k, j], sharex=first) for k, j in ((0, 1), (1, 0), (1, 1)))]
        last = figure.add_subplot(grid[2, :])
        heading(figure, "Where a Kerr-cat switches: share of each manifold, measured", *explanation)
        _draw_rates(axes[0], table, [*singles, BETWEEN], RATE)
        _draw_shares(axes[1], table, [*singles, BETWEEN])
        _draw_deviations(axes[2], table, [name for name in singles if name in FIRST])
        _draw_pulls(axes[3], points)
        _draw_crossings(last, points, singles)
        for letter, ax, title in zip("abcde", [*axes, last], _TITLES, strict=True):
            panel_letter(ax, letter, title)
        for ax in axes[:2]:
            ax.tick_params(labelbottom=False)
        for ax in [*axes[2:], last]:
            ax.set_xlabel(DRIVE)
        figure.legend(handles=_handles(names), loc="outside lower center", ncols=5, fontsize=8)
    return DrawnFigure(figure, table, _NOTES)


_NOTES = (
    "pull: (measured - exact) in standard errors; between: coherence between manifolds",
    "crossings: share of switches of which the order parameter last changed sign in this manifold, 95 % limits; a picture of "
    "single switches, no estimate of Gamma_n",
)
_TITLES = (
    "decay rate by manifold",
    "share in the decay rate",
    "first manifolds against exact ones",
    "pulls",
    "shares (left) beside the manifold in which the record showed single switches (right, hatched)",
)


def _table(
    points: Sequence[ResolvedPoint], drives: npt.NDArray[np.float64], predicted: Sequence[PredictedBranching]
) -> DrawnTable:
    table = DrawnTable(COLUMNS)
    for k, name in enumerate(predicted[0].names):
        for theory in ("exact", "semi_analytical"):
            for drive, p in zip(drives, predicted, strict=True):
                rates = getattr(p, theory)
                share = rates[k] / float(np.sum(rates))
                table.add(
                    f"{name} {theory.replace('_', '-')}",
                    drive,
                    rates[k],
                    None,
                    None,
                    share,
                    None,
                    None,
                    None,
                    None,
                )
        for point in points:
            row = point.branching.rows[k]
            m, s = row.measured, row.share
            table.add(
                f"{name} measured", point.system.eps2, m.value, m.lower, m.upper, s.value, s.lower, s.upper, row.exact, row.pull,
            )  # fmt: skip
    for point in points:
        for n, name in enumerate(predicted[0].names):
            if name.isdecimal():
                share, low, high = point.crossings.share(n)
                table.add(
                    f"{name} crossings", point.system.eps2, None, None, None, share, low, high, None, None
                )
        total = point.branching.measured.total
        table.add(
            "sum measured",
            point.system.eps2,
            total.value,
            total.lower,
            total.upper,
            1.0,
            None,
            None,
            None,
            None,
        )
    return table


def _look(name: str) -> tuple[str, str]:
    """Colour and marker of a part of Γ."""
    return (manifold_colour(int(name)), family_marker(int(name))) if name.isdecimal() else (COLOURS[0], "X")


def _lines(ax: Axes, table: DrawnTable, name: str, column: str) -> None:
    colour = _look(name)[0]
    for theory, line, width in (("exact", "-", 1.2), ("semi-analytical", _DASHED, 1.0)):
        if theory == "semi-analytical" and name == BETWEEN:
            continue
        at, value = (
            table.numbers(X, series=f"{name} {theory}"),
            table.numbers(column, series=f"{name} {theory}"),
        )
        ax.plot(at, value, color=colour, linestyle=line, linewidth=width, alpha=0.9)


def _points(
    ax: Axes, name: str, at: npt.NDArray[np.float64], value: npt.NDArray[np.float64], low: npt.NDArray[np.float64],
    high: npt.NDArray[np.float64],
) -> None:  # fmt: skip
    colour, marker = _look(name)
    ax.errorbar(
        at, value, yerr=[value - low, high - value], fmt=marker, color=colour, markerfacecolor="white", markeredgewidth=1.1,
        markersize=4.5, linestyle="none", zorder=5,
    )  # fmt: skip


def _draw_rates(ax: Axes, table: DrawnTable, names: Sequence[str], column: str) -> None:
    floor = 0.3 * min(
        float(np.nanmin(table.numbers(RATE, series=f"{name} exact"))) for name in names if name.isdecimal()
    )
    for name in names:
        _lines(ax, table, name, column)
        series = f"{name} measured"
        at, value = table.numbers(X, series=series), table.numbers(RATE, series=series)
        low, high = table.numbers("lower [K]", series=series), table.numbers("upper [K]", series=series)
        kept = value > 0.0
        _points(ax, name, at[kept], value[kept], np.maximum(low[kept], 0.1 * floor), high[kept])
    ax.set(yscale="log", ylabel=r"decay rate $\Gamma_n/K$")
    ax.set_ylim(bottom=floor)
    minor_ticks(ax, "x")


def _draw_shares(ax: Axes, table: DrawnTable, names: Sequence[str]) -> None:
    for name in names:
        colour = _look(name)[0]
        for theory, line in (("exact", "-"), ("semi-analytical", _DASHED)):
            if theory == "semi-analytical" and name == BETWEEN:
                continue
            at, share = (
                table.numbers(X, series=f"{name} {theory}"),
                table.numbers("share", series=f"{name} {theory}"),
            )
            ax.plot(
                at, 100.0 * share, color=colour, linestyle=line, linewidth=1.2 if theory == "exact" else 1.0
            )
        series = f"{name} measured"
        columns = (100.0 * table.numbers(c, series=series) for c in ("share", "share lower", "share upper"))
        _points(ax, name, table.numbers(X, series=series), *columns)
    ax.set_ylabel(r"share $\Gamma_n/\Gamma$ [%]")
    minor_ticks(ax)


def _draw_deviations(ax: Axes, table: DrawnTable, names: Sequence[str]) -> None:
    """Γ_n over its exact value, in percent: the semi-analytical line is off by more than the errors."""
    ax.axhline(0.0, color=INK, linewidth=1.2)
    reach = 1.0
    for name in names:
        colour, series = _look(name)[0], f"{name} measured"
        where, value = table.numbers(X, series=series), table.numbers(RATE, series=series)
        low, high = table.numbers("lower [K]", series=series), table.numbers("upper [K]", series=series)
        kept = high - low < 2.0 * 1.96 * SHARP * value
        if not kept.any():
            continue
        reference = table.numbers("exact [K]", series=series)
        columns = [100.0 * (values / reference - 1.0)[kept] for values in (value, low, high)]
        apart = 0.02 * float(np.ptp(where)) * (FIRST.index(name) - 1)
        _points(ax, name, where[kept] + apart, *columns)
        at, exact = table.numbers(X, series=f"{name} exact"), table.numbers(RATE, series=f"{name} exact")
        off = 100.0 * (table.numbers(RATE, series=f"{name} semi-analytical") / exact - 1.0)
        ax.plot(at, off, color=colour, linestyle=_DASHED, linewidth=1.1)
        reach = max(reach, float(np.abs(off).max()), float(np.abs(columns[0]).max()))
    ax.set(ylim=(-1.2 * reach, 1.2 * reach), ylabel=r"$\Gamma_n/\Gamma_n^\mathrm{exact}-1$ [%]")
    minor_ticks(ax)


def _draw_pulls(ax: Axes, points: Sequence[ResolvedPoint]) -> None:
    ax.axhspan(-BAND_PULL, BAND_PULL, color=BAND, linewidth=0, zorder=0)
    ax.axhline(0.0, color=INK, linewidth=0.7)
    for limit in (-ASKED_PULL, ASKED_PULL):
        ax.axhline(limit, color=INK, linewidth=0.8, linestyle=(0, (1, 1.5)))
    drives = [point.system.eps2 for point in points]
    gap = min(np.diff(sorted(drives)), default=1.0)
    for point in points:
        shown = [row for row in point.branching.rows if row.name.isdecimal() or row.name == BETWEEN]
        for k, row in enumerate(shown):
            colour, marker = _look(row.name)
            shift = 0.7 * gap * (k / max(len(shown) - 1, 1) - 0.5)
            ax.plot(
                point.system.eps2 + shift, row.pull, marker, color=colour, markerfacecolor="white", markeredgewidth=1.1,
                markersize=4.5,
            )  # fmt: skip
    largest = max(
        (abs(row.pull) for point in points for row in point.branching.rows if np.isfinite(row.pull)),
        default=0.0,
    )
    reach = max(1.25 * ASKED_PULL, 1.15 * largest)
    ax.set(ylim=(-reach, reach), ylabel="deviation / standard error")
    minor_ticks(ax)


def _draw_crossings(ax: Axes, points: Sequence[ResolvedPoint], names: Sequence[str]) -> None:
    """Two stacked bars per drive: measured shares, and the manifolds in which switches crossed."""
    drives = [point.system.eps2 for point in points]
    width = 0.34 * float(min(np.diff(sorted(drives)), default=1.0))
    for point in points:
        bottoms = [0.0, 0.0]
        for n, name in enumerate(names):
            parts = (max(point.branching.measured.share(name).value, 0.0), point.crossings.share(n)[0])
            for side, part in enumerate(parts):
                ax.bar(
                    point.system.eps2 + (side - 0.5) * 1.1 * width, 100.0 * part, width, 100.0 * bottoms[side],
                    color=_look(name)[0], alpha=0.85 if side == 0 else 0.45, hatch="" if side == 0 else "////",
                    edgecolor="white", linewidth=0.6,
                )  # fmt: skip
                bottoms[side] += part
    ax.set(ylim=(0.0, 100.0), ylabel="share [%]")
    ax.set_xticks(drives, [f"{drive:.3g}" for drive in drives])
    minor_ticks(ax, "y")
    ax.tick_params(axis="x", which="minor", bottom=False, top=False)


def _handles(names: Sequence[str]) -> list[Line2D]:
    handles = []
    for name in names:
        if name.isdecimal() or name == BETWEEN:
            colour, marker = _look(name)
            label = f"$n={name}$" if name.isdecimal() else "between manifolds"
            handles.append(
                Line2D(
                    [],
                    [],
                    color=colour,
                    marker=marker,
                    markerfacecolor="white",
                    markersize=4.5,
                    linestyle="none",
                    label=label,
                )
            )
    return [
        *handles,
        Line2D([], [], color=INK, linewidth=1.2, label="exact, Eqs. (100)-(103)"),
        Line2D([], [], color=INK, linestyle=_DASHED, linewidth=1.0, label="semi-analytical, Eq. (80)"),
    ]
