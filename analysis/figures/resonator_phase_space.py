"""Phase-space methods on the two-photon resonator: truncated Wigner in both truncations and positive-P against the exact answer.

Truncated Wigner gets the rate of the wells wrong, either way by another factor; positive-P has no truncation, but at κ₁ = 0 its
mean leaves the exact one after t ~ 5/η, and its photon number is too large unless one-photon loss is strong.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes

from wellhop.analysis.estimate import RateEstimate
from wellhop.analysis.figures.drawn import DrawnTable
from wellhop.analysis.figures.job import DrawnFigure
from wellhop.analysis.figures.layout import Theory, heading, minor_ticks, panel_letter
from wellhop.analysis.figures.resonator_measured import drawable
from wellhop.analysis.figures.style import BAND, COLOURS, INK, house_style, new_figure
from wellhop.engine.systems.two_photon_resonator import TwoPhotonResonator

RealVector = npt.NDArray[np.float64]

EXACT, OMEGA, DROP, CLIP, POSITIVE = "exact", "Omega", "drop", "clip", "positive-P"
#: Markers belong to sampled rates.
LOOKS = {
    EXACT: Theory("master equation", INK, "-", ""),
    OMEGA: Theory(r"exact $\Omega$", INK, (0, (4, 1.8)), ""),
    DROP: Theory("truncated Wigner, drop", COLOURS[1], (0, (5, 1.5)), "s"),
    CLIP: Theory("truncated Wigner, clip", COLOURS[0], (0, (3, 1, 1, 1)), "o"),
    POSITIVE: Theory("positive-P", COLOURS[2], (0, (1, 1)), ""),
}
AMPLITUDE, PHOTONS, RATE = "Re<a>", "<n>", "rate [eta]"
_COLUMNS = (
    "series",
    "quantity",
    "kappa_1 [eta]",
    "time [1/eta]",
    "Delta [eta]",
    "value",
    "error",
    "lower",
    "upper",
)
#: Half width of bands and of error bars in standard errors.
_WIDTH = 2.0


@dataclass(frozen=True)
class Mean:
    """A mean over trajectories, or an exact one.

    Attributes:
        values: (n_times,). errors: (n_times,) standard errors, zero where exact.
    """

    values: RealVector
    errors: RealVector


@dataclass(frozen=True)
class MeansRun:
    """One set of parameters in every description, on one time grid.

    Attributes:
        system: parameters, η = 1. times: (n_times,). amplitude, photons: description -> mean of Re⟨a⟩ and of ⟨a†a⟩.
        spiking: positive-P trajectories with a spike. trajectories: of positive-P. stopped: of these, not finite any more.
    """

    system: TwoPhotonResonator
    times: RealVector
    amplitude: Mapping[str, Mean]
    photons: Mapping[str, Mean]
    spiking: int
    trajectories: int
    stopped: int


@dataclass(frozen=True)
class RatePoint:
    """Rates at one detuning without one-photon loss.

    Attributes:
        system: parameters, η = 1. measured: ``drop`` and ``clip`` from trajectories.
    """

    system: TwoPhotonResonator
    measured: Mapping[str, RateEstimate]


@dataclass(frozen=True)
class RateLines:
    """Computed rates against the detuning, κ₁ = 0.

    Attributes:
        G: drive. detunings: (n,). curves: Γ as ``exact``, Ω as ``Omega``, that of the phase as ``drop``, (n,) each.
        points: sampled ones.
    """

    G: float
    detunings: RealVector
    curves: Mapping[str, RealVector]
    points: Sequence[RatePoint] = field(default_factory=tuple)


def draw_phase_space(
    lossless: MeansRun, lossy: MeansRun, rates: RateLines, notes: Sequence[str] = ()
) -> DrawnFigure:
    """Re⟨a⟩ without and with one-photon loss, the photon number with it, and rates against the detuning.

    Returns:
        The figure; the table has the series ``exact``, ``Omega``, ``drop``, ``clip``, ``positive-P`` for the quantities
        ``Re<a>``, ``<n>`` and ``rate [eta]``; sampled rates are ``drop sampled`` and ``clip sampled``. ``error`` is one standard
        error of a mean, ``lower`` and ``upper`` the 95 % limits of a rate.
    """
    table = DrawnTable(_COLUMNS)
    with house_style():
        figure = new_figure(height=6.6)
        axes = figure.subplots(2, 2)
        _draw_means(axes[0, 0], lossless, AMPLITUDE, table)
        panel_letter(axes[0, 0], "a", r"$\kappa_1=0$: " + _spikes(lossless))
        _draw_means(axes[0, 1], lossy, AMPLITUDE, table)
        loss = rf"$\kappa_1={lossy.system.kappa_1:g}\,\eta$: "
        panel_letter(axes[0, 1], "b", loss + _spikes(lossy))
        _draw_means(axes[1, 0], lossy, PHOTONS, table)
        panel_letter(axes[1, 0], "c", loss + "photon number")
        _draw_rates(axes[1, 1], rates, table)
        panel_letter(axes[1, 1], "d", rf"rates at $G={rates.G:g}\,\eta$, $\kappa_1=0$")
        handles = [
            axes[0, 0].plot([], [], color=look.colour, linestyle=look.line, label=look.label, marker=look.marker,
                            markerfacecolor="white", markersize=4.5)[0]
            for name, look in LOOKS.items()
            if name != OMEGA
        ]  # fmt: skip
        figure.legend(handles=handles, loc="outside lower center", ncols=4, fontsize=8)
        system = lossless.system
        heading(
            figure,
            rf"Two-photon resonator in phase space: $G={system.G:g}\,\eta$, $\Delta={system.Delta:g}\,\eta$",
            r"All start in the coherent state of the right-hand well; bands: two standard errors of sampled means.",
            r"Positive-P fails at $\kappa_1=0$ (boundary terms); its $\langle a^\dagger a\rangle$ is high below $\kappa_1=6\eta$. "
            r"Spikes: trajectories beyond $5\sqrt{G/\eta}$.",
        )
    return DrawnFigure(figure, table, tuple(notes))


def _spikes(run: MeansRun) -> str:
    share = 100.0 * run.spiking / run.trajectories
    return rf"$\langle a\rangle$, {share:.2g} % spikes" + (f", {run.stopped} stopped" if run.stopped else "")


def _draw_means(ax: Axes, run: MeansRun, quantity: str, table: DrawnTable) -> None:
    means = run.amplitude if quantity == AMPLITUDE else run.photons
    for name, mean in means.items():
        look = LOOKS[name]
        if name != EXACT:
            low, high = mean.values - _WIDTH * mean.errors, mean.values + _WIDTH * mean.errors
            ax.fill_between(run.times, low, high, color=look.colour, alpha=0.25, linewidth=0)
        ax.plot(
            run.times,
            mean.values,
            color=look.colour,
            linestyle=look.line,
            linewidth=1.4,
            zorder=4 if name == EXACT else 3,
        )
        for time, value, error in zip(run.times, mean.values, mean.errors, strict=True):
            table.add(name, quantity, run.system.kappa_1, time, run.system.Delta, value, error, None, None)
    ax.set(xlabel=r"time $\eta t$", xlim=(0.0, run.times[-1]))
    if quantity == AMPLITUDE:
        ax.axhline(0.0, color=BAND, linewidth=0.8, zorder=0)
        ax.set_ylabel(r"$\mathrm{Re}\,\langle a\rangle$")
    else:
        ax.set_ylabel(r"$\langle a^\dagger a\rangle$")
    minor_ticks(ax)


def _draw_rates(ax: Axes, rates: RateLines, table: DrawnTable) -> None:
    for name, values in rates.curves.items():
        look = LOOKS[name]
        ax.plot(rates.detunings, values, color=look.colour, linestyle=look.line, linewidth=1.3)
        for delta, value in zip(rates.detunings, values, strict=True):
            table.add(name, RATE, 0.0, None, delta, value, None, None, None)
    for name in (DROP, CLIP):
        kept = [
            (p.system.Delta, e)
            for p in rates.points
            if (e := p.measured.get(name)) is not None and drawable(e)
        ]
        if not kept:
            continue
        at = [delta for delta, _ in kept]
        value, low, high = np.array([(e.value, max(e.lower, 0.0), e.upper) for _, e in kept]).T
        ax.errorbar(at, value, yerr=[value - low, high - value], fmt=LOOKS[name].marker, color=LOOKS[name].colour,
                    markerfacecolor="white", markersize=4.5, zorder=5)  # fmt: skip
        for delta, e in kept:
            table.add(
                f"{name} sampled",
                RATE,
                0.0,
                None,
                delta,
                e.value,
                e.value * e.relative_error,
                e.lower,
                e.upper,
            )
    ax.set(yscale="log", xlabel=r"detuning $\Delta/\eta$", ylabel=r"rate $/\eta$")
    for name, text in ((EXACT, r"$\Gamma$"), (OMEGA, r"$\Omega$")):
        if name in rates.curves:
            k = 1
            ax.annotate(
                text,
                (rates.detunings[k], rates.curves[name][k]),
                xytext=(7, -6),
                textcoords="offset points",
                fontsize=9,
            )
    minor_ticks(ax, "x")
