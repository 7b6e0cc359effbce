"""Slow modes of the two-photon resonator against one-photon loss: rotation, exceptional point, telegraph; with measured points.

Left edge: κ₁ = 0, where the coherence between parities gives Γ and Ω. Below the exceptional point κ₁|α₀|² = Ω both slow modes
decay with Γ + q and rotate; beyond it one decays with 2q and the other one with Γ + Ω²/(2q): the faster single photons are
lost, the slower the signal rotates away, as in the Zeno effect.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import NullFormatter

from wellhop.analysis.comparison import chi_square
from wellhop.analysis.estimate import RateEstimate
from wellhop.analysis.figures.drawn import DrawnTable
from wellhop.analysis.figures.job import DrawnFigure
from wellhop.analysis.figures.labels import number_math
from wellhop.analysis.figures.layout import Theory, heading, panel_letter
from wellhop.analysis.figures.resonator_loss_table import COLUMNS, tabulate_measured, tabulate_theory
from wellhop.analysis.figures.resonator_measured import (
    MeasuredCoherence,
    MeasuredTelegraph,
    draw_estimates,
    drawable,
)
from wellhop.analysis.figures.style import COLOURS, FAINT, INK, house_style, new_figure
from wellhop.analysis.resonator_loss_curves import LossCurves, dark_law

RealVector = npt.NDArray[np.float64]

SLOW = Theory(r"slow: decay $-\mathrm{Re}\,\lambda$", COLOURS[0], "-", "o")
FAST = Theory(r"fast: decay $-\mathrm{Re}\,\lambda$", COLOURS[1], "-", "s")
TURNING = Theory(r"frequency $|\mathrm{Im}\,\lambda|$", COLOURS[2], "-", "^")
#: Both slow modes in two dimensions, and what becomes of them at large loss.
PAIR: dict[str, Any] = {"color": INK, "linestyle": (0, (4, 1.8)), "linewidth": 0.9}
ASYMPTOTE: dict[str, Any] = {"color": FAINT, "linestyle": ":", "linewidth": 1.2}
#: Where both decay alike, the fast mode lies over the slow one.
OVER = (0, (3, 3))
#: The complex plane shows decays up to so many Ω beyond Γ.
SHOWN = 4.0


def draw_one_photon_loss(
    curves: LossCurves,
    coherence: MeasuredCoherence | None,
    telegraph: Sequence[MeasuredTelegraph],
    notes: Sequence[str] = (),
) -> DrawnFigure:
    """Rates against κ₁, measured over exact below; the same eigenvalues in the complex plane; Δ = 0.

    Args:
        curves: eigenvalues. coherence: measured at κ₁ = 0. telegraph: measured beyond the exceptional point, by increasing κ₁.
        notes: more for the head of the table.

    Returns:
        The figure; the table has the series ``exact slow``, ``exact fast``, ``slow space slow``, ``slow space fast``, ``Zeno``
        (Γ + Ω²/2q), ``phase flips`` (2q), ``Gamma``, ``Omega`` (exact, κ₁ = 0), ``exceptional point`` and ``exceptional point
        in the slow space`` (rate there: Γ + q), ``Delta = 0``, ``Delta = 0 first order``, ``measured Gamma``, ``measured Omega``,
        ``measured Gamma_z`` and ``residence times``.
    """
    table = DrawnTable(COLUMNS)
    tabulate_theory(table, curves)
    comparisons = tabulate_measured(table, coherence, telegraph)
    system = curves.system
    with house_style():
        figure = new_figure(height=6.3)
        axes = figure.subplot_mosaic(
            [["zero", "rates", "plane"], ["zero ratio", "ratio", "dark"]],
            width_ratios=[0.17, 1.0, 0.72],
            height_ratios=[1.55, 1.0],
        )
        _draw_rates(axes["rates"], axes["zero"], curves, coherence, telegraph)
        _draw_ratios(axes["ratio"], axes["zero ratio"], curves, coherence, telegraph)
        _draw_plane(axes["plane"], curves, coherence)
        _draw_dark(axes["dark"], curves)
        panel_letter(axes["zero"], "a", "")
        panel_letter(axes["rates"], "b", r"slow modes of the sector odd in parity")
        panel_letter(axes["plane"], "c", r"in the complex plane")
        panel_letter(axes["zero ratio"], "d", "")
        panel_letter(axes["ratio"], "e", r"measured / exact $-\,1$")
        panel_letter(axes["dark"], "f", r"$\Delta=0$: dark states")
        figure.legend(
            handles=_handles(bool(telegraph), coherence is not None), loc="outside lower center", ncols=3
        )
        heading(
            figure,
            rf"One-photon loss makes the coherence a telegraph: $G={system.G:g}\,\eta$, $\Delta={system.Delta:g}\,\eta$",
            rf"Exceptional point at $\kappa_1/\eta=${number_math(curves.exceptional)} "
            f"({number_math(curves.predicted)} in the slow space): "
            "the signal rotates below, switches beyond.",
            r"Displaced quantum jumps: coherence between parities at $\kappa_1=0$, autocorrelation and residence times beyond.",
        )
    head = [
        "exact: two slowest eigenvalues of the Liouvillian block odd in parity; slow space: -Gamma - q +- sqrt(q^2 - Omega^2), "
        "q = kappa_1 |alpha0|^2, with exact Gamma and Omega of kappa_1 = 0",
        "measured Gamma, Omega: complex autocorrelation of the coherence at kappa_1 = 0; measured Gamma_z: autocorrelation of X; "
        "residence times: 2/T_res with the reference cores, left out where transits take more than a tenth of the time",
    ]
    if comparisons:
        head.append(f"measured against exact: {chi_square(comparisons)}".replace("\n ", ""))
    return DrawnFigure(figure, table, (*head, *notes))


def _draw_rates(
    ax: Axes,
    zero: Axes,
    curves: LossCurves,
    coherence: MeasuredCoherence | None,
    telegraph: Sequence[MeasuredTelegraph],
) -> None:
    """Rates on logarithmic axes, with κ₁ = 0 in a narrow panel of its own."""
    losses, omega = curves.losses, np.abs(curves.slow.imag)
    rotates = losses < curves.exceptional
    ax.plot(losses, -curves.slow.real, **SLOW.style(linewidth=1.6))
    for part, line in ((rotates, OVER), (~rotates, FAST.line)):
        ax.plot(losses[part], -curves.fast.real[part], **FAST.style(linewidth=1.6, linestyle=line))
    ax.plot(losses[rotates], omega[rotates], **TURNING.style(linewidth=1.6))
    slow, fast = curves.pair
    turning = np.abs(slow.imag) > 0.0
    for values in (-slow.real, -fast.real):
        ax.plot(losses, values, **PAIR)
    ax.plot(losses[turning], np.abs(slow.imag)[turning], **PAIR)
    beyond = losses > curves.exceptional
    flips = curves.flips[beyond]
    ax.plot(losses[beyond], curves.gamma + 0.5 * curves.omega**2 / flips, **ASYMPTOTE)
    ax.plot(losses[beyond], 2.0 * flips, **ASYMPTOTE)
    ax.axvline(curves.exceptional, color=COLOURS[3], linewidth=1.0, zorder=1)
    ax.axhline(curves.gamma, color=SLOW.colour, linewidth=0.7, linestyle=(0, (1, 2)), zorder=1)
    _draw_telegraph(ax, telegraph, None)
    top = float((-curves.fast.real).max())
    ax.set(xscale="log", yscale="log", xlim=(losses[0], losses[-1]), ylim=(0.3 * curves.gamma, 1.6 * top))
    ax.tick_params(labelbottom=False, labelleft=False)
    for exact, look, name in ((curves.gamma, SLOW, "Gamma"), (curves.omega, TURNING, "Omega")):
        zero.axhline(exact, **look.style(linewidth=1.6))
        if coherence is not None:
            draw_estimates(zero, [0.0], [coherence.rates[name]], look.colour, look.marker)
    zero.set(yscale="log", xlim=(-1, 1), xticks=[], ylabel=r"rate $[\eta]$", ylim=ax.get_ylim())
    for exact, look, words, up in (
        (curves.omega, TURNING, r"$\Omega$", 1),
        (curves.gamma, SLOW, r"$\Gamma$", -1),
    ):
        zero.annotate(
            words, (0.0, exact), (0, 5 * up), textcoords="offset points", ha="center", va="bottom" if up > 0 else "top",
            color=look.colour,
        )  # fmt: skip


def _draw_telegraph(ax: Axes, telegraph: Sequence[MeasuredTelegraph], over: Sequence[float] | None) -> None:
    """Residence times a little to the right, so that both intervals are seen."""
    at = [m.system.kappa_1 for m in telegraph]
    draw_estimates(ax, at, [m.rate for m in telegraph], INK, "o", over=over)
    draw_estimates(ax, [1.06 * x for x in at], [m.residence for m in telegraph], COLOURS[3], "x", over=over)


def _draw_ratios(
    ax: Axes,
    zero: Axes,
    curves: LossCurves,
    coherence: MeasuredCoherence | None,
    telegraph: Sequence[MeasuredTelegraph],
) -> None:
    """Measured over exact, minus one, in percent; the slow space of two dimensions as a line."""
    _draw_telegraph(ax, telegraph, [m.exact for m in telegraph])
    beyond = curves.losses > 1.02 * max(curves.exceptional, curves.predicted)
    deviation = 100.0 * (curves.pair[0].real / curves.slow.real - 1.0)
    ax.plot(curves.losses[beyond], deviation[beyond], **PAIR)
    for axis in (ax, zero):
        axis.axhline(0.0, color=SLOW.colour, linewidth=1.0)
    ax.axvline(curves.exceptional, color=COLOURS[3], linewidth=1.0, zorder=1)
    if coherence is not None:
        for at, (name, look) in zip((-0.4, 0.4), (("Gamma", SLOW), ("Omega", TURNING)), strict=True):
            draw_estimates(
                zero, [at], [coherence.rates[name]], look.colour, look.marker, over=[coherence.expected[name]]
            )
    reach = _reach(coherence, telegraph)
    ax.set(xscale="log", xlim=(curves.losses[0], curves.losses[-1]), ylim=(-reach, reach))
    ax.set_xlabel(r"one-photon loss $\kappa_1\ [\eta]$")
    ax.tick_params(labelleft=False)
    zero.set(
        xlim=(-1, 1),
        xticks=[0.0],
        xticklabels=["0"],
        ylim=(-reach, reach),
        ylabel="[%]",
        xlabel=r"$\kappa_1$",
    )


def _reach(coherence: MeasuredCoherence | None, telegraph: Sequence[MeasuredTelegraph]) -> float:
    """Percent shown about zero: every interval, within reason."""
    both = [(e, m.exact) for m in telegraph for e in (m.rate, m.residence)]
    if coherence is not None:
        both += [(coherence.rates[name], exact) for name, exact in coherence.expected.items()]
    ends = [
        limit / exact - 1.0
        for e, exact in both
        if e is not None and drawable(e)
        for limit in (e.lower, e.upper)
    ]
    return 100.0 * min(0.6, 1.15 * max([0.05, *(abs(end) for end in ends)]))


def _draw_plane(ax: Axes, curves: LossCurves, coherence: MeasuredCoherence | None) -> None:
    """Both eigenvalues as κ₁ grows: along an arc towards each other, then apart on the real axis."""
    unit = curves.omega
    rotates = curves.losses < curves.exceptional
    meet = -(curves.gamma + curves.exceptional * abs(curves.system.alpha0) ** 2) / unit
    real = np.concatenate([[-curves.gamma], curves.slow.real[rotates], [unit * meet]]) / unit
    imaginary = np.concatenate([[unit], np.abs(curves.slow.imag[rotates]), [0.0]]) / unit
    angle = np.linspace(0.0, 0.5 * np.pi, 40)
    for sign in (1.0, -1.0):
        if rotates.any():
            ax.plot(real, sign * imaginary, **TURNING.style(linewidth=1.6))
        # q = Ω sin, a quarter of a circle
        ax.plot(-curves.gamma / unit - np.sin(angle), sign * np.cos(angle), **PAIR)
        ax.plot(real[0], sign, "o", color=TURNING.colour, markersize=4)
    for values, look in ((curves.slow, SLOW), (curves.fast, FAST)):
        apart = np.concatenate([[meet], values.real[~rotates] / unit])
        ax.plot(apart, 0.0 * apart, **look.style(linewidth=2.0))
    ax.plot(meet, 0.0, "*", color=COLOURS[3], markersize=9, zorder=6)
    ax.plot(-curves.gamma / unit, 0.0, "|", color=INK, markersize=11, zorder=5)
    ax.annotate(r"$-\Gamma$", (-curves.gamma / unit, 0.0), (0, 8), textcoords="offset points", ha="center")
    if coherence is not None:
        g, w = (coherence.rates[name] for name in ("Gamma", "Omega"))
        ax.errorbar(
            [-g.value / unit], [w.value / unit], xerr=_sides(g, unit)[::-1], yerr=_sides(w, unit), fmt="o", color=INK,
            markerfacecolor="white", markersize=4, zorder=6,
        )  # fmt: skip
    ax.set(
        xlim=(-SHOWN - curves.gamma / unit, 0.25), ylim=(-1.45, 1.45), xlabel=r"$\mathrm{Re}\,\lambda/\Omega$"
    )
    ax.set_ylabel(r"$\mathrm{Im}\,\lambda/\Omega$")


def _sides(estimate: RateEstimate, unit: float) -> RealVector:
    """(2, 1) lengths of the interval below and above the value."""
    return np.array([[estimate.value - estimate.lower], [estimate.upper - estimate.value]]) / unit


def _draw_dark(ax: Axes, curves: LossCurves) -> None:
    """Γ_z at Δ = 0, where nothing but lost photons takes the state out of the dark ones."""
    if not curves.dark.size:
        ax.text(0.5, 0.5, "below round-off", transform=ax.transAxes, ha="center")
        ax.set(xticks=[], yticks=[])
        return
    losses = curves.dark_losses
    first = dark_law(curves.system.G / curves.system.eta, losses)
    rest = (curves.dark - first) / losses**2
    square = float(np.median(rest[: max(3, losses.size // 3)])) * losses**2
    ax.plot(losses, curves.dark, **SLOW.style(linewidth=1.6))
    ax.plot(losses, first, **ASYMPTOTE)
    ax.plot(losses, square, **PAIR)
    ax.set(
        xscale="log",
        yscale="log",
        xlim=(losses[0], losses[-1]),
        xlabel=r"$\kappa_1\ [\eta]$",
        ylabel=r"$\Gamma_z\ [\eta]$",
    )
    ax.set_ylim(0.3 * float(curves.dark.min()), 5.0 * float(curves.dark.max()))
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_minor_formatter(NullFormatter())


def _handles(telegraph: bool, coherence: bool) -> list[Line2D]:
    handles = [
        Line2D([], [], label=look.label, **look.style(linewidth=1.6)) for look in (SLOW, FAST, TURNING)
    ]
    handles += [
        Line2D(
            [],
            [],
            label=r"$-\Gamma-q\pm\sqrt{q^2-\Omega^2}$, $q=\kappa_1|\alpha_0|^2$; (f) $\propto\kappa_1^2$",
            **PAIR,
        ),
        Line2D([], [], label=r"$\Gamma+\Omega^2/2q$ and $2q$; (f) first order in $\kappa_1$", **ASYMPTOTE),
        Line2D([], [], color=COLOURS[3], marker="*", label="exceptional point"),
    ]
    points = (
        [("o", INK, r"measured $\Gamma_z$, 95 %"), ("x", COLOURS[3], r"$2/T_\mathrm{res}$, 95 %")]
        if telegraph
        else []
    )
    if coherence:
        points += [("o", SLOW.colour, r"measured $\Gamma$"), ("^", TURNING.colour, r"measured $\Omega$")]
    for marker, colour, label in points:
        handles.append(
            Line2D([], [], linestyle="", marker=marker, color=colour, markerfacecolor="white", label=label)
        )
    return handles
