"""Calibration of the engines on the driven qubit with a defect: pulls of every mean and variance, distributions of Q."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from scipy import stats

from wellhop.analysis.defect_calibration import (
    ALIKE,
    JOINT_CARRIERS,
    PULL_CARRIERS,
    Calibration,
    SampledMoments,
)
from wellhop.analysis.defect_propagator import Start, law
from wellhop.analysis.figures.drawn import DrawnTable
from wellhop.analysis.figures.job import DrawnFigure
from wellhop.analysis.figures.layout import heading, minor_ticks, panel_letter
from wellhop.analysis.figures.style import BAND, COLOURS, FAINT, INK, MARKERS, house_style, new_figure
from wellhop.engine.defect_langevin import DefectSamples

RealArray = npt.NDArray[np.float64]

#: Pulls beyond this many standard errors are what the calibration must not show.
WIDE = 4.0
#: Columns within an ensemble: one for each quantity, as wide as this.
_SPREAD = 0.17
#: Quantity -> marker, whether it is filled.
_LOOKS = {
    "Re mu": ("o", True),
    "Im mu": ("s", False),
    "sigma2": ("^", True),
    "photons": ("v", True),
    "excited": ("D", False),
}
#: Probability that the difference of two distribution functions leaves the grey band.
RARE = 1e-3
_WORDS = {
    "Re mu": r"Re $\mu$",
    "Im mu": r"Im $\mu$",
    "sigma2": r"$\sigma^2$",
    "photons": r"$\langle n\rangle$",
    "excited": r"$P_e$",
}
_STARTS: dict[str, tuple[Start, str]] = {
    "coherent": ("coherent", r"$|\alpha_0\rangle$"),
    "fock_1": ("fock_1", r"$|1\rangle$"),
}
_COLUMNS = (
    "series",
    "engine",
    "start",
    "T [mK]",
    "time [us]",
    "quantity",
    "value",
    "error",
    "exact",
    "pull",
    "p value",
    "normal",
    "carried by",
)


@dataclass(frozen=True)
class ShownDistribution:
    """Husimi samples at one of their times, for the panel of distributions.

    Attributes:
        samples: of one ensemble. look: which of its times.
    """

    samples: DefectSamples
    look: int


def draw_calibration(found: Calibration, shown: Sequence[ShownDistribution]) -> DrawnFigure:
    """Pulls of all ensembles, their distribution, and distribution functions of |α - μ| from samples and exact.

    Args:
        found: the calibration. shown: samples whose radial distribution is drawn.

    Returns:
        The figure; the table has the series ``pull`` (one row per number), ``all together`` (T² of an ensemble), ``KS`` (distance
        as value), ``quantile`` (ordered pulls) and ``radius`` (exact and sampled distribution function).
    """
    table = DrawnTable(_COLUMNS)
    with house_style():
        figure = new_figure(height=6.6)
        axes = figure.subplot_mosaic(
            [["pulls"] * 3, ["normal", "law", "difference"]], height_ratios=[1.25, 1.0]
        )
        _draw_pulls(axes["pulls"], table, found.moments)
        panel_letter(axes["pulls"], "a", "pulls of means and variances at five times")
        beyond, count = _draw_quantiles(axes["normal"], table, found.moments)
        panel_letter(axes["normal"], "b", f"{count} pulls, ordered")
        _draw_laws(axes["law"], axes["difference"], table, shown)
        panel_letter(axes["law"], "c", r"$|\alpha-\mu(t)|$ of samples of $Q$")
        panel_letter(axes["difference"], "d", r"$\sqrt{n}\,(F_n-F)$")
        for one in found.laws:
            what = ("husimi", one.start, one.temperature, one.time, one.coordinate)
            table.add("KS", *what, one.distance, None, None, None, one.p_value, None, None)
        system = found.system
        joint = sum(bool(np.isfinite(one.p_value)) for one in found.moments)
        heading(
            figure,
            rf"Engines against closed forms: $\Delta_d={system.Delta_d:g}$, $\Omega={system.Omega:g}$ ($/2\pi$, MHz)",
            "Reduced model against (9), (10), (E1); full model, jumps only, against its master equation.",
            f"{beyond} of {count} pulls beyond {WIDE:g} standard errors; least p of "
            f"{len(found.laws)} Kolmogorov-Smirnov and {joint} joint tests {found.smallest_p:.2g}.",
            r"Displaced jumps scatter along one line: Re $\mu$ and Im $\mu$ have one pull, drawn twice and counted once.",
        )
    notes = (
        "pull: (value - exact)/error; times of one ensemble share their trajectories; all together: probability of T^2",
        "no pulls where trajectories do not differ: displaced jumps from a coherent state without heat (10 mK), compared to "
        f"round-off instead; nor where fewer than {PULL_CARRIERS} trajectories carry the variance, as few clicked: there the error "
        f"is not to be trusted; joint tests need {JOINT_CARRIERS}; column carried by",
        "displaced jumps: the amplitude scatters along one line, Re mu and Im mu have the same pull up to its sign; drawn twice in "
        "panel a, counted once in panel b",
        *(
            f"{one.engine}, {one.start}, {one.temperature:g} mK: no joint test, {one.remark}"
            for one in found.moments
            if one.remark
        ),
        "KS: distribution functions of both quadratures and of |alpha - mu|, value is the largest difference",
        f"panel d: beyond the grey band once in {1.0 / RARE:g} where samples are from the exact law",
        "quantile: pulls in order against the normal quantile, column normal; radius: distribution function of |alpha - mu|, "
        "normal holds the radius, value the sampled and exact the closed one",
    )
    return DrawnFigure(figure, table, notes)


def _draw_pulls(ax: Axes, table: DrawnTable, moments: Sequence[SampledMoments]) -> None:
    temperatures = list(dict.fromkeys(one.temperature for one in moments))
    ax.axhspan(-WIDE, WIDE, color=BAND, linewidth=0, zorder=0)
    ax.axhline(0.0, color=FAINT, linewidth=0.8)
    groups = list(dict.fromkeys((one.engine, one.start) for one in moments))
    for one in moments:
        place = groups.index((one.engine, one.start))
        hue = temperatures.index(one.temperature)
        for j, name in enumerate(one.quantities):
            offset = _SPREAD * (j - 0.5 * (len(one.quantities) - 1)) + 0.05 * (
                hue - 0.5 * (len(temperatures) - 1)
            )
            marker, filled = _LOOKS[name]
            colour = COLOURS[hue % len(COLOURS)]
            ax.plot(np.full(one.times.size, place + offset), one.pulls[:, j], marker, markersize=3.6, color=colour,
                    markerfacecolor=colour if filled else "white")  # fmt: skip
            for k, time in enumerate(one.times):
                table.add(
                    "pull", one.engine, one.start, one.temperature, time, name, one.values[k, j], one.errors[k, j],
                    one.exact[k, j], one.pulls[k, j], None, None, one.carriers[k, j],
                )  # fmt: skip
        table.add(
            "all together", one.engine, one.start, one.temperature, None, None, None, None, None, None, one.p_value, None, None
        )  # fmt: skip
        if np.isnan(one.pulls).all():
            silent = "no spread" if one.remark == ALIKE else "too few clicks"
            label = f"{one.temperature:g} mK: {silent}"
            ax.text(
                place,
                0.03 + 0.05 * hue,
                label,
                ha="center",
                fontsize=6.5,
                color=INK,
                transform=ax.get_xaxis_transform(),
            )
    for k, temperature in enumerate(temperatures):
        ax.plot([], [], "o", color=COLOURS[k % len(COLOURS)], label=f"{temperature:g} mK", markersize=4)
    for name in dict.fromkeys(name for one in moments for name in one.quantities):
        marker, filled = _LOOKS[name]
        ax.plot(
            [],
            [],
            marker,
            color=INK,
            markerfacecolor=INK if filled else "white",
            label=_WORDS[name],
            markersize=4,
        )
    reach = max(WIDE + 1.2, float(max(np.nanmax(np.abs(one.pulls), initial=0.0) for one in moments)) + 0.5)
    ax.set(ylim=(-reach, reach + 1.4), xlim=(-0.5, len(groups) - 0.5), ylabel="pull")
    words = [f"{engine.replace(' ', chr(10))}\n{_STARTS[start][1]}" for engine, start in groups]
    ax.set_xticks(range(len(groups)), words)
    ax.tick_params(axis="x", length=0)
    ax.grid(axis="x", visible=False)
    ax.legend(loc="upper center", ncols=7, fontsize=8)


def _draw_quantiles(ax: Axes, table: DrawnTable, moments: Sequence[SampledMoments]) -> tuple[int, int]:
    ordered = np.sort(np.concatenate([one.single_pulls for one in moments]))
    normal = stats.norm.ppf((np.arange(ordered.size) + 0.5) / ordered.size)
    reach = max(WIDE, float(np.abs(ordered).max(initial=0.0))) + 0.3
    ax.plot([-reach, reach], [-reach, reach], color=INK, linewidth=1.0)
    ax.plot(normal, ordered, ".", color=COLOURS[0], markersize=4)
    ax.set(xlim=(-3.4, 3.4), ylim=(-reach, reach), xlabel="quantile of a normal distribution", ylabel="pull")
    minor_ticks(ax)
    table.add_series("quantile", *[None] * 8, ordered, None, normal, None)
    return int((np.abs(ordered) > WIDE).sum()), int(ordered.size)


def _draw_laws(ax: Axes, below: Axes, table: DrawnTable, shown: Sequence[ShownDistribution]) -> None:
    """Distribution functions, and their differences over the exact one."""
    radius = np.linspace(0.0, 3.6, 73)
    limit = float(stats.kstwobign.isf(RARE))
    below.axhspan(-limit, limit, color=BAND, linewidth=0, zorder=0)
    for k, one in enumerate(shown):
        samples, time = one.samples, float(one.samples.times[one.look])
        start, word = _STARTS[samples.start]
        exact = law(samples.system, time, start=start)
        away = np.sort(np.abs(samples.in_frame("qubit")[:, one.look] - exact.center))
        sampled = np.searchsorted(away, radius, side="right") / away.size
        closed = exact.radial_cdf(radius)
        colour = COLOURS[k % len(COLOURS)]
        ax.plot(radius, closed, color=colour, linewidth=1.2)
        label = rf"{word}, {samples.system.T:g} mK, {time:.2f} $\mu$s"
        ax.plot(radius[::4], sampled[::4], MARKERS[k % len(MARKERS)], color=colour, markerfacecolor="white", markersize=3.8,
                label=label)  # fmt: skip
        below.plot(closed, np.sqrt(away.size) * (sampled - closed), color=colour, linewidth=1.0)
        what = ("husimi", samples.start, samples.system.T, time, "radius")
        table.add_series("radius", *what, sampled, None, closed, None, None, radius, None)
    ax.set(
        xlim=(0.0, radius[-1]),
        ylim=(0.0, 1.02),
        xlabel=r"$|\alpha-\mu(t)|$",
        ylabel=r"distribution function $F$",
    )
    ax.legend(loc="lower right", fontsize=6.8, handletextpad=0.2)
    below.set(xlim=(0.0, 1.0), ylim=(-2.6, 2.6), xlabel=r"exact $F$")
    for panel in (ax, below):
        minor_ticks(panel)
