"""Fig. 2 of the paper: the stationary Wigner function beside e^{-Φ} of the effective potential.

Φ stands for W₀ in two quadrants only (first and third for Δ > 0), and its cuts lie on the real axis beyond the
turning points; the other quadrants are left out of the map. Two cuts show the rest: over the barrier, whose height is
the action S of (32), and around the circle through both wells, where Φ leaves W₀ at the edge of its quadrants and
jumps at the cut.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from wellhop.analysis.figures.drawn import DrawnTable
from wellhop.analysis.figures.job import DrawnFigure, FigureJob, FigureOptions
from wellhop.analysis.figures.layout import heading, minor_ticks, panel_letter
from wellhop.analysis.figures.resonator_plane import (
    MODEL,
    P_MATH,
    ComplexArray,
    P,
    X,
    amplitudes,
    draw_map,
    draw_marks,
    grid,
    mark_handles,
    mirrored_map,
    parameters_math,
    plane_settings,
    plane_system,
    reach,
    special_points,
)
from wellhop.analysis.figures.style import BAND, COLOURS, FAINT, INK, house_style, new_figure
from wellhop.analysis.resonator_wigner import log_wigner
from wellhop.analysis.resonator_wkb import effective_potential, potential_valid
from wellhop.engine.systems.two_photon_resonator import TwoPhotonResonator

RealArray = npt.NDArray[np.float64]
#: A function of α on any array.
Line = Callable[[ComplexArray], RealArray]

EXACT, POTENTIAL, VALID = "ln W0/W0(alpha0)", "Phi(alpha0) - Phi", "valid"
_COLUMNS = ("series", X, P, "distance", "angle [pi]", EXACT, POTENTIAL, VALID)
_DENSE = 480
_KINDS = ("fixed point", "maximum", "saddle")
_LINES = {"exact": COLOURS[0], "potential": COLOURS[1]}
_DASHES = (0, (4, 1.5))


def draw_potential(options: FigureOptions) -> DrawnFigure:
    """Two maps and two cuts, both functions relative to their values at α₀.

    Returns:
        The figure; the table has the series ``map`` (column ``valid``: whether e^{-Φ} is drawn), ``cut`` (the ends of the
        branch cuts within the map), ``barrier``, ``circle``, ``fixed point``, ``maximum`` and ``saddle``.

    Raises:
        PredictionError: |Δ| >= G, W₀ without two maxima, or more work than minutes.
    """
    system = plane_system(options)
    axis = grid(system, options.count("points"))
    at_well = float(log_wigner(system, system.alpha0)), float(effective_potential(system, system.alpha0))

    def exact(alpha: ComplexArray) -> RealArray:
        return log_wigner(system, alpha) - at_well[0]

    def potential(alpha: ComplexArray) -> RealArray:
        return at_well[1] - effective_potential(system, alpha)

    options.progress("exact Wigner function", 0.05)
    wigner_map = mirrored_map(exact, axis)
    alpha = amplitudes(axis)
    valid = potential_valid(system, alpha)
    potential_map = np.where(valid, potential(alpha), np.nan)
    table = DrawnTable(_COLUMNS)
    for z, log_w, phi, shown in zip(
        np.sqrt(2.0) * alpha.ravel(), wigner_map.ravel(), potential_map.ravel(), valid.ravel(), strict=True
    ):
        table.add("map", z.real, z.imag, None, None, log_w, phi, shown)
    points = special_points(system)
    for kind in _KINDS:
        for z in points[kind]:
            place = np.array(z / np.sqrt(2.0))
            table.add(kind, z.real, z.imag, abs(z), None, float(exact(place)), float(potential(place)), True)
    cuts = _cuts(system)
    for x in cuts.ravel():
        table.add("cut", x, 0.0, abs(x), None, None, None, None)
    options.progress("cuts", 0.8)
    with house_style():
        figure = new_figure(height=7.0)
        rows = figure.subplots(2, 2, height_ratios=[1.55, 1.0])
        limits = (0.0, float(np.exp(wigner_map.max())))
        for ax, values, kinds in zip(
            rows[0], (wigner_map, potential_map), (_KINDS, ("fixed point", "saddle")), strict=True
        ):
            mesh = draw_map(ax, axis, np.exp(values), limits)
            draw_marks(ax, points, kinds)
        rows[0, 1].set_facecolor(BAND)
        for x in cuts:
            rows[0, 1].plot(x, [0.0, 0.0], color="white", linewidth=1.6, zorder=4)
        rows[0, 0].set_ylabel(P_MATH)
        figure.colorbar(
            mesh, ax=list(rows[0]), fraction=0.04, pad=0.02, label=r"relative to the value at $\alpha_0$"
        )
        _draw_barrier(rows[1, 0], system, exact, potential, table)
        _draw_circle(rows[1, 1], system, exact, potential, table)
        titles = (
            r"$W_0(x,p)$, exact, Eqs. (4), (7)",
            r"$e^{-\Phi}$, Eqs. (11), (12)",
            "over the barrier",
            "around the circle through the wells",
        )
        for letter, ax, title in zip("abcd", rows.ravel(), titles, strict=True):
            panel_letter(ax, letter, title)
        _legend(figure)
        heading(
            figure,
            f"Wigner function and effective potential at {parameters_math(system)}",
            "Fig. 2 of the paper: the potential keeps exponents only, and stands for the Wigner function "
            + ("in two quadrants only." if system.Delta else "everywhere at Δ = 0."),
            "The height of its barrier is the exponent S of the switching rate, Eq. (32).",
        )
    action = -at_well[1]
    notes = (
        "both relative to their values at alpha0: ln W0(alpha)/W0(alpha0) and Phi(alpha0) - Phi(alpha)",
        "series map: Phi only where it is valid; series cut: ends of the branch cuts of Phi on the real axis within the map",
        "series barrier: straight line through both wells; series circle: |alpha| = |alpha0|, angle in units of pi",
        f"S = Phi(0) - Phi(alpha0) = {action:.10g}; exact ln W0(alpha0)/W0(0) = {-float(exact(np.array(0j))):.10g}",
    )
    return DrawnFigure(figure, table, notes)


def _cuts(system: TwoPhotonResonator) -> RealArray:
    """(2, 2) ends of the branch cuts on the x axis within the map; none, (0, 2), at Δ = 0."""
    turning = special_points(system)["turning point"]
    if not turning:
        return np.empty((0, 2))
    side = reach(system)
    first = min(abs(turning[0]), side)
    return np.array([[-side, -first], [first, side]])


def _draw_barrier(
    ax: Axes, system: TwoPhotonResonator, exact: Line, potential: Line, table: DrawnTable
) -> None:
    """Both along the line through the wells."""
    side = reach(system)
    distance = np.linspace(-side, side, _DENSE + 1)
    z = np.asarray(distance * (system.alpha0 / abs(system.alpha0)), dtype=np.complex128)
    values = exact(z / np.sqrt(2.0)), potential(z / np.sqrt(2.0))
    table.add_series("barrier", z.real, z.imag, distance, None, *values, True)
    _draw_lines(ax, distance, values)
    well = np.sqrt(2.0) * abs(system.alpha0)
    action = float(-potential(np.array(0j)))
    ax.annotate(
        "",
        (0.0, -action),
        (0.0, 0.0),
        arrowprops={"arrowstyle": "<->", "color": INK, "shrinkA": 0, "shrinkB": 0},
    )
    ax.text(0.0, -1.25 * action, rf"$S={action:.4g}$", fontsize=8.5, ha="center", va="top")
    ax.plot([-well, well], [0.0, 0.0], color=FAINT, linewidth=0.8, linestyle=":")
    ax.set(xlim=(-side, side), ylim=(-3.0 * max(action, 1.0), max(0.35 * action, 0.4)))
    ax.set_xlabel(r"signed distance $\pm\sqrt{x^2+p^2}$")
    ax.set_ylabel("logarithm, relative to $\\alpha_0$")
    minor_ticks(ax)


def _draw_circle(
    ax: Axes, system: TwoPhotonResonator, exact: Line, potential: Line, table: DrawnTable
) -> None:
    """Both around the circle, half of it: the other half repeats it."""
    angle = (np.arange(_DENSE) + 0.5) / _DENSE - 0.5
    alpha = abs(system.alpha0) * np.exp(1j * np.pi * angle)
    valid = potential_valid(system, alpha)
    values = exact(alpha), potential(alpha)
    z = np.sqrt(2.0) * alpha
    for row in zip(z.real, z.imag, np.abs(z), angle, *values, valid, strict=True):
        table.add("circle", *row)
    if not np.all(valid):
        ax.axvspan(*((-0.5, 0.0) if system.Delta > 0.0 else (0.0, 0.5)), color=BAND, linewidth=0, zorder=0)
    # A gap where Φ jumps, at the cut on the real axis.
    broken = [np.insert(v, _DENSE // 2, np.nan) for v in values]
    _draw_lines(ax, np.insert(angle, _DENSE // 2, 0.0), (broken[0], broken[1]))
    ax.axvline(float(np.angle(system.alpha0)) / np.pi, color=FAINT, linewidth=0.8, linestyle=":")
    low = min(float(v.min()) for v in values)
    ax.set(xlim=(-0.5, 0.5), ylim=(1.08 * low, -0.08 * low))
    ax.set_xlabel(r"$\arg\alpha/\pi$ at $|\alpha|=|\alpha_0|$")
    minor_ticks(ax)


def _draw_lines(ax: Axes, x: RealArray, values: tuple[RealArray, RealArray]) -> None:
    ax.plot(x, values[0], color=_LINES["exact"])
    ax.plot(x, values[1], color=_LINES["potential"], linestyle=_DASHES)


def _legend(figure: Figure) -> None:
    handles = [
        Line2D([], [], color=_LINES["exact"], label=r"exact $\ln W_0$"),
        Line2D([], [], color=_LINES["potential"], linestyle=_DASHES, label=r"$-\Phi$"),
        Line2D([], [], color=FAINT, linewidth=1.6, label=r"white in (b): branch cuts of $\Phi$"),
        Patch(facecolor=BAND, label=r"$\Phi$ not valid"),
        *mark_handles(_KINDS),
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=3)


POTENTIAL_MAP = FigureJob(
    2,
    "Stationary Wigner function and effective potential (Fig. 2 of the paper)",
    draw_potential,
    seconds=3.0,
    settings=plane_settings(140),
    source=f"Eqs. (4), (7), (11), (12), (32); {MODEL}",
)
