"""What trajectories of the two-photon resonator show: an ensemble that rotates and decays, and no telegraph in any one of them.

Without one-photon loss no record tells the wells apart, whether pairs are counted or displaced: X wanders through all values
while the mean over trajectories follows ⟨a⟩/α₀ of the master equation, exp(-Γt) cos(Ωt) to leading order. A little one-photon
loss makes X a telegraph.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes

from wellhop.analysis.figures.drawn import DrawnTable
from wellhop.analysis.figures.job import DrawnFigure
from wellhop.analysis.figures.layout import Theory, heading, panel_letter
from wellhop.analysis.figures.style import BAND, COLOURS, FAINT, INK, WELL_FILLS, house_style, new_figure
from wellhop.engine.systems.two_photon_resonator import TwoPhotonResonator

RealVector = npt.NDArray[np.float64]
RealMatrix = npt.NDArray[np.float64]

#: Runs of the figure: without one-photon loss displaced and counted, with it displaced.
DISPLACED, COUNTED, TELEGRAPH = "displaced", "counting", "telegraph"
LOOKS = {
    DISPLACED: Theory("displaced jumps", COLOURS[0], "-", "o"),
    COUNTED: Theory("counted pairs", COLOURS[1], (0, (4, 1.6)), "s"),
    TELEGRAPH: Theory("displaced jumps, with one-photon loss", INK, (0, (1, 1.1)), "^"),
}
#: |X| below which a trajectory is in neither well; trajectories shown; bins of X; points of the mean with error bars.
HALF, SHOWN, BINS, MARKS = 0.5, 3, 46, 24
#: Trajectories that must have left X = 1 before the error of the mean is known well enough for a pull.
LEAST_SPREAD = 0.01
EDGE = 1.15
_COLUMNS = (
    "series",
    "run",
    "kappa_1 [eta]",
    "trajectory",
    "time [1/eta]",
    "X",
    "error",
    "exact",
    "leading order",
    "pull",
    "density",
)


@dataclass(frozen=True)
class SignalRuns:
    """Trajectories of X of one kind on one time grid.

    Attributes:
        system: parameters. times: (n_times,). order_parameter: (n_trajectories, n_times) X. clicks: of all channels, per time.
    """

    system: TwoPhotonResonator
    times: RealVector
    order_parameter: RealMatrix
    clicks: float

    @property
    def mean(self) -> RealVector:
        """(n_times,) over trajectories."""
        return np.asarray(self.order_parameter.mean(axis=0))

    @property
    def error(self) -> RealVector:
        """(n_times,) standard error of the mean."""
        return np.asarray(self.order_parameter.std(axis=0, ddof=1) / np.sqrt(len(self.order_parameter)))

    @property
    def late(self) -> RealMatrix:
        """The second half of the time."""
        return self.order_parameter[:, self.order_parameter.shape[1] // 2 :]

    def in_neither_well(self) -> tuple[float, float]:
        """Share of the time with |X| < 1/2 in the second half, and its standard error from the scatter over trajectories."""
        shares = (np.abs(self.late) < HALF).mean(axis=1)
        return float(shares.mean()), float(shares.std(ddof=1) / np.sqrt(shares.size))


def draw_coherence(
    rate: complex, exact: RealVector, runs: Mapping[str, SignalRuns], telegraph_rate: float
) -> DrawnFigure:
    """The mean, single trajectories of each kind, and the distribution of X.

    Args:
        rate: exact Γ + iΩ, both > 0. exact: (n_times,) ⟨X⟩ of the master equation at the times of the displaced runs.
        runs: ``displaced`` and ``counting`` without one-photon loss, ``telegraph`` with it. telegraph_rate: exact Γ_z of that.

    Returns:
        The figure; the table has the series ``mean`` (with error, exact, leading order, pull), ``trace``, ``distribution``
        (density of X in the second half of the time) and ``in neither well`` (share of that time with |X| < 1/2, as X).
    """
    table = DrawnTable(_COLUMNS)
    first = runs[DISPLACED]
    system, times = first.system, first.times
    leading = np.exp(-rate.real * times) * np.cos(rate.imag * times)
    notes = [_tabulate_mean(table, first, exact, leading)]
    notes += [_tabulate_run(table, name, run) for name, run in runs.items()]
    lossy = runs[TELEGRAPH].system.kappa_1
    with house_style():
        figure = new_figure(height=6.2)
        axes = figure.subplot_mosaic(
            [["mean", "mean", "law"], [DISPLACED, COUNTED, TELEGRAPH]], height_ratios=[1.25, 1.0]
        )
        _draw_mean(axes["mean"], first, exact, leading)
        panel_letter(axes["mean"], "a", f"mean of {len(first.order_parameter)} trajectories")
        _draw_laws(axes["law"], runs)
        panel_letter(axes["law"], "b", "at late times")
        titles = {
            DISPLACED: rf"displaced, $\kappa_1=0$: {_percent(first)}",
            COUNTED: rf"counted pairs, $\kappa_1=0$: {_percent(runs[COUNTED])}",
            TELEGRAPH: rf"$\kappa_1={lossy:g}\,\eta$: {_percent(runs[TELEGRAPH])}",
        }
        for letter, (name, title) in zip("cde", titles.items(), strict=True):
            _draw_traces(axes[name], runs[name], 1 if name == TELEGRAPH else SHOWN)
            panel_letter(axes[name], letter, title)
        axes[DISPLACED].set_ylabel(r"$X$ of one trajectory")
        for name in (COUNTED, TELEGRAPH):
            axes[name].tick_params(labelleft=False)
        heading(
            figure,
            rf"An ensemble that rotates, and no telegraph: $G={system.G:g}\,\eta$, $\Delta={system.Delta:g}\,\eta$",
            rf"$X=\mathrm{{Re}}(\alpha_0^*a)/|\alpha_0|^2$; exact $\Gamma={rate.real:.4g}\,\eta$, $\Omega={rate.imag:.4g}\,\eta$; "
            rf"with $\kappa_1={lossy:g}\,\eta$ a telegraph of $\Gamma_z={telegraph_rate:.4g}\,\eta$.",
            "Percentages: share of the second half of the time with $|X|<1/2$ (grey), in neither well.",
        )
    head = (
        "mean: over displaced trajectories, one standard error; exact: <a>/alpha0 of the master equation from the block between "
        "parities; leading order: exp(-Gamma t) cos(Omega t); all start in the coherent state of the right-hand well",
        "with one-photon loss X is 1 in the state at rest between clicks, and trajectories start in either well in turn",
    )
    return DrawnFigure(figure, table, (*head, *notes))


def _percent(run: SignalRuns) -> str:
    share = 100.0 * run.in_neither_well()[0]
    return f"{share:.2g} %"


def _tabulate_mean(table: DrawnTable, run: SignalRuns, exact: RealVector, leading: RealVector) -> str:
    """Rows of the mean; its largest distance from the exact one in words."""
    mean, error = run.mean, run.error
    usable = error * np.sqrt(len(run.order_parameter)) > LEAST_SPREAD
    pulls = np.where(usable, (mean - exact) / np.where(usable, error, 1.0), np.nan)
    for row in zip(run.times, mean, error, exact, leading, pulls, strict=True):
        table.add("mean", DISPLACED, run.system.kappa_1, None, *row, None)
    known = pulls[np.isfinite(pulls)]
    if not known.size:
        return "the trajectories have not spread yet, their mean has no error"
    return f"largest distance of the mean from the master equation {np.abs(known).max():.2f} standard errors"


def _edges() -> RealVector:
    return np.linspace(-EDGE, EDGE, BINS + 1)


def _density(run: SignalRuns) -> RealVector:
    """Density of X in the second half of the time; what lies beyond the last bin counts to it."""
    return np.asarray(np.histogram(np.clip(run.late, -EDGE, EDGE), bins=_edges(), density=True)[0])


def _tabulate_run(table: DrawnTable, name: str, run: SignalRuns) -> str:
    """Traces shown, distribution, share in neither well."""
    loss = run.system.kappa_1
    for number, trace in enumerate(run.order_parameter[: 1 if name == TELEGRAPH else SHOWN]):
        table.add_series("trace", name, loss, number, run.times, trace, *[None] * 5)
    edges = _edges()
    table.add_series(
        "distribution", name, loss, None, None, 0.5 * (edges[1:] + edges[:-1]), *[None] * 4, _density(run)
    )
    share, error = run.in_neither_well()
    table.add("in neither well", name, loss, None, None, share, error, *[None] * 4)
    return (
        f"{name}: kappa_1 = {loss:g}, {len(run.order_parameter)} trajectories, {run.clicks:.4g} clicks per 1/eta, "
        f"|X| < 1/2 for {100.0 * share:.3g} +- {100.0 * error:.2g} % of the second half of the time"
    )


def _draw_mean(ax: Axes, run: SignalRuns, exact: RealVector, leading: RealVector) -> None:
    times, mean, error = run.times, run.mean, run.error
    ax.axhline(0.0, color=FAINT, linewidth=0.8)
    ax.fill_between(
        times,
        mean - 2.0 * error,
        mean + 2.0 * error,
        color=WELL_FILLS[0],
        linewidth=0,
        label=r"mean $\pm$ 2 s.e.",
        zorder=1.5,
    )
    step = max(1, (times.size - 1) // MARKS)
    at = np.arange(0, times.size, step)
    look = LOOKS[DISPLACED]
    ax.errorbar(times[at], mean[at], yerr=error[at], fmt=look.marker, color=look.colour, markerfacecolor="white",
                markersize=4, label="mean, 1 s.e.", zorder=4)  # fmt: skip
    ax.plot(
        times, exact, color=INK, linewidth=1.2, label=r"master equation $\langle a\rangle/\alpha_0$", zorder=3
    )
    ax.plot(
        times,
        leading,
        color=COLOURS[1],
        linewidth=1.2,
        linestyle=(0, (4, 1.8)),
        label=r"$e^{-\Gamma t}\cos\Omega t$",
        zorder=3,
    )
    ax.set(
        xlabel=r"time $\eta t$",
        ylabel=r"mean of $X$",
        xlim=(0.0, times[-1]),
        ylim=(min(-0.6, exact.min() - 0.15), 1.08),
    )
    ax.legend(loc="upper right")


def _draw_traces(ax: Axes, run: SignalRuns, number: int) -> None:
    """So many trajectories, |X| < 1/2 shaded."""
    ax.axhspan(-HALF, HALF, color=BAND, linewidth=0, zorder=0)
    for k, trace in enumerate(run.order_parameter[:number]):
        colour = INK if number == 1 else COLOURS[k % len(COLOURS)]
        ax.plot(run.times, trace, color=colour, linewidth=0.8, zorder=2)
    ax.set(
        xlim=(0.0, run.times[-1]),
        ylim=(-EDGE - 0.05, EDGE + 0.05),
        xlabel=r"time $\eta t$",
        yticks=[-1, -0.5, 0, 0.5, 1],
    )


def _draw_laws(ax: Axes, runs: Mapping[str, SignalRuns]) -> None:
    words = {
        DISPLACED: r"displaced, $\kappa_1=0$",
        COUNTED: r"counted, $\kappa_1=0$",
        TELEGRAPH: rf"$\kappa_1={runs[TELEGRAPH].system.kappa_1:g}\,\eta$",
    }
    ax.axvspan(-HALF, HALF, color=BAND, linewidth=0, zorder=0)
    for name, run in runs.items():
        look = LOOKS[name]
        ax.stairs(
            _density(run), _edges(), color=look.colour, linestyle=look.line, linewidth=1.3, label=words[name]
        )
    ax.set(yscale="log", xlabel=r"$X$", ylabel="probability density of $X$", xlim=(-EDGE, EDGE))
    low, high = ax.get_ylim()
    ax.set_ylim(max(low, 1e-4), 40.0 * high)
    ax.legend(loc="upper center", fontsize=8)
