"""Two unravellings of one Kerr-cat side by side: what single trajectories show, and the mean that they must share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes

from wellhop.analysis.figures.drawn import DrawnTable
from wellhop.analysis.figures.job import DrawnFigure
from wellhop.analysis.figures.kerr_cat_click_rates import LOOKS
from wellhop.analysis.figures.layout import heading, panel_letter
from wellhop.analysis.figures.style import FAINT, INK, WELL_FILLS, house_style, new_figure
from wellhop.engine.systems.kerr_cat import KerrCat

RealMatrix = npt.NDArray[np.float64]
TITLES = {"counting": "counting", "adaptive": "displaced"}
#: Bins of ⟨X⟩, and points of the mean that carry error bars.
BINS, MARKS = 41, 16
#: So many trajectories must have switched on average before the error of a mean near 1 is known well enough for a pull.
SWITCHED = 10.0


@dataclass(frozen=True)
class UnravelledRuns:
    """Trajectories of one unravelling on one time grid.

    Attributes:
        order_parameter: (n_trajectories, n_times) ⟨X⟩. clicks: of all channels, per time.
    """

    order_parameter: RealMatrix
    clicks: float

    @property
    def mean(self) -> npt.NDArray[np.float64]:
        """(n_times,) average over trajectories."""
        return np.asarray(self.order_parameter.mean(axis=0))

    @property
    def error(self) -> npt.NDArray[np.float64]:
        """(n_times,) standard error of the mean; 0 where all trajectories agree, as at the start."""
        count = len(self.order_parameter)
        return np.asarray(self.order_parameter.std(axis=0, ddof=1) / np.sqrt(count))

    @property
    def late(self) -> npt.NDArray[np.float64]:
        """Values in the second half of the time, all trajectories together."""
        return self.order_parameter[:, self.order_parameter.shape[1] // 2 :].ravel()


def draw_unravellings(
    system: KerrCat, rate: float, times: npt.NDArray[np.float64], exact: npt.NDArray[np.float64],
    runs: Mapping[str, UnravelledRuns],
) -> DrawnFigure:  # fmt: skip
    """Traces of ⟨X⟩, its mean over trajectories, and its distribution.

    Args:
        system: parameters. rate: exact Γ. times: (n_times,). exact: (n_times,) ⟨X⟩ of the master equation.
        runs: ``counting`` and ``adaptive``.

    Returns:
        The figure; the table has the series ``trace``, ``mean``, ``exact mean``, ``distribution`` (density of ⟨X⟩ at late times)
        and ``mean square`` (of ⟨X⟩ at late times, error from the scatter over trajectories).
    """
    table = DrawnTable(("series", "unravelling", "time [1/K]", "X", "error", "density", "exact", "pull"))
    scaled = rate * times
    notes = [
        "trace: one trajectory; mean: over trajectories, one standard error, pull against the master equation; distribution: bin "
        "centre and density of X in the second half of the time; mean square: of X there, error from the scatter over trajectories"
    ]
    with house_style():
        figure = new_figure(height=5.8)
        axes = figure.subplot_mosaic([["counting", "adaptive"], ["mean", "law"]], height_ratios=[1.0, 1.25])
        for letter, name in zip("ab", runs, strict=True):
            found = runs[name]
            _draw_trace(axes[name], name, scaled, found.order_parameter[0])
            panel_letter(axes[name], letter, f"{TITLES[name]}: {found.clicks:.3g} clicks per $1/K$")
            table.add_series("trace", name, times, found.order_parameter[0], None, None, None, None)
        axes["counting"].set_ylabel(r"$\langle X\rangle$ of one trajectory")
        _draw_means(axes["mean"], scaled, exact, runs)
        table.add_series("exact mean", "", times, exact, None, None, None, None)
        notes += _tabulate_means(table, times, exact, runs)
        _draw_laws(axes["law"], runs, table)
        for name, found in runs.items():
            squares = (found.order_parameter[:, found.order_parameter.shape[1] // 2 :] ** 2).mean(axis=1)
            error = float(squares.std(ddof=1) / np.sqrt(len(squares)))
            table.add("mean square", name, None, float(squares.mean()), error, None, None, None)
            notes.append(
                f"{name}: {len(squares)} trajectories, mean square of X {squares.mean():.4f} +- {error:.4f}"
            )
        heading(
            figure,
            "Counting clicks and displaced clicks: one master equation, two kinds of trajectories",
            rf"$\epsilon_2={system.eps2:g}\,K,\ \kappa={system.kappa:g}\,K,\ n_\mathrm{{th}}={system.n_th:g}$: "
            rf"$\Gamma={rate:.3g}\,K$. All start in the right well. A counted click tells nothing about the",
            "well: after the first heating event the state is a superposition of both for ever. Displaced clicks localise it.",
        )
    return DrawnFigure(figure, table, tuple(notes))


def _draw_trace(ax: Axes, name: str, scaled: npt.NDArray[np.float64], trace: npt.NDArray[np.float64]) -> None:
    ax.axhspan(0.0, 1.15, color=WELL_FILLS[0], linewidth=0, zorder=0)
    ax.axhspan(-1.15, 0.0, color=WELL_FILLS[1], linewidth=0, zorder=0)
    ax.plot(scaled, trace, color=LOOKS[name].colour, linewidth=0.8)
    ax.set(xlim=(0.0, scaled[-1]), ylim=(-1.15, 1.15), xlabel=r"time $\Gamma t$", yticks=[-1, 0, 1])


def _draw_means(
    ax: Axes,
    scaled: npt.NDArray[np.float64],
    exact: npt.NDArray[np.float64],
    runs: Mapping[str, UnravelledRuns],
) -> None:
    """Means with error bars at a few times, the two unravellings at different ones, and the master equation."""
    ax.plot(scaled, exact, color=INK, linewidth=1.3, label="master equation")
    step = max(1, (len(scaled) - 1) // MARKS)
    for k, (name, found) in enumerate(runs.items()):
        look = LOOKS[name]
        at = np.arange(step // 2 + k * (step // 2), len(scaled), step)
        ax.errorbar(scaled[at], found.mean[at], yerr=found.error[at], fmt=look.marker, color=look.colour, markerfacecolor="white",
                    markeredgewidth=1.2, markersize=4.5, label=f"{TITLES[name]}, 1 s.e.")  # fmt: skip
    ax.axhline(0.0, color=FAINT, linewidth=0.8)
    ax.set(xlabel=r"time $\Gamma t$", ylabel=r"mean of $\langle X\rangle$", xlim=(0.0, scaled[-1]))
    ax.set_ylim(top=1.12)
    ax.legend(loc="upper right", fontsize=8)
    panel_letter(ax, "c", f"mean of {len(next(iter(runs.values())).order_parameter)} trajectories each")


def _tabulate_means(
    table: DrawnTable,
    times: npt.NDArray[np.float64],
    exact: npt.NDArray[np.float64],
    runs: Mapping[str, UnravelledRuns],
) -> list[str]:
    """Rows of the means; the largest pull of each in words."""
    lines = []
    for name, found in runs.items():
        mean, error = found.mean, found.error
        usable = (error > 0.0) & (0.5 * len(found.order_parameter) * (1.0 - exact) > SWITCHED)
        pulls = np.where(usable, (mean - exact) / np.where(error > 0.0, error, 1.0), np.nan)
        for row in zip(times, mean, error, exact, pulls, strict=True):
            table.add("mean", name, row[0], row[1], row[2], None, row[3], row[4])
        known = pulls[np.isfinite(pulls)]
        if known.size:
            lines.append(
                f"{name}: largest distance of the mean from the master equation {np.abs(known).max():.2f} standard errors"
            )
    return lines


def _draw_laws(ax: Axes, runs: Mapping[str, UnravelledRuns], table: DrawnTable) -> None:
    """Density of ⟨X⟩ at late times."""
    edges = np.linspace(-1.0, 1.0, BINS + 1)
    centres = 0.5 * (edges[1:] + edges[:-1])
    for name, found in runs.items():
        look = LOOKS[name]
        # ⟨X⟩ of the kept manifolds lies within ±1 but for round-off
        density, _ = np.histogram(np.clip(found.late, -1.0, 1.0), bins=edges, density=True)
        ax.stairs(density, edges, color=look.colour, linestyle=look.line, linewidth=1.3, label=TITLES[name])
        table.add_series("distribution", name, None, centres, None, density, None, None)
    ax.set(yscale="log", xlabel=r"$\langle X\rangle$", ylabel="probability density", xlim=(-1.03, 1.03))
    low, high = ax.get_ylim()
    ax.set_ylim(low, 12.0 * high)
    ax.legend(loc="upper center", fontsize=8)
    panel_letter(ax, "d", "distribution at late times")
