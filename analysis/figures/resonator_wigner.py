"""Fig. 1 of the paper: -ln of the stationary Wigner function, exact and by the corrected WKB sum, and their difference.

Both maps show two wells, a saddle at 0 and, in the two quadrants where the WKB solutions interfere, a ridge with peaks
at the zeros of W₀. They differ by eye only at the turning points, where the sum diverges. Three straight cuts show by
how much they differ.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from wellhop.analysis.figures.drawn import DrawnTable
from wellhop.analysis.figures.job import DrawnFigure, FigureJob, FigureOptions
from wellhop.analysis.figures.layout import heading, minor_ticks, panel_letter
from wellhop.analysis.figures.resonator_plane import (
    MODEL,
    P_MATH,
    X_MATH,
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
from wellhop.analysis.figures.style import COLOURS, INK, house_style, new_figure
from wellhop.analysis.resonator_wigner import log_wigner
from wellhop.analysis.resonator_wkb import log_wigner_wkb
from wellhop.engine.systems.two_photon_resonator import TwoPhotonResonator

RealArray = npt.NDArray[np.float64]

EXACT, WKB, DIFFERENCE = "-ln W0 exact", "-ln W0 WKB", "ln(W0 WKB / W0 exact)"
_COLUMNS = ("series", X, P, EXACT, WKB, DIFFERENCE)
#: Straight cuts: series, colour.
CUTS = {"through the wells": COLOURS[0], "real axis": COLOURS[1], "across the ridge": COLOURS[2]}
#: Points of a cut, and the largest difference shown.
_DENSE, _SHOWN = 560, 0.25
#: Contours above the minimum.
_LEVELS = (1.0, 2.0, 3.0, 5.0, 10.0, 20.0, 30.0, 40.0, 50.0, 60.0, 80.0, 100.0, 150.0, 200.0)
_KINDS = ("fixed point", "maximum", "saddle", "turning point")


def draw_wigner(options: FigureOptions) -> DrawnFigure:
    """Two maps and two panels of cuts.

    Returns:
        The figure; the table has the series ``map``, those of :data:`CUTS`, and ``fixed point``, ``maximum``, ``saddle``,
        ``turning point``.

    Raises:
        PredictionError: |Δ| >= G, W₀ without two maxima, or more work than minutes.
    """
    system = plane_system(options)
    axis = grid(system, options.count("points"))
    options.progress("exact Wigner function", 0.05)
    exact = mirrored_map(lambda a: np.log(2.0) - log_wigner(system, a), axis)
    options.progress("WKB sum", 0.7)
    wkb = mirrored_map(lambda a: np.log(2.0) - log_wigner_wkb(system, a), axis)
    points = special_points(system)
    table = DrawnTable(_COLUMNS)
    plane = np.sqrt(2.0) * amplitudes(axis).ravel()
    table.add_series("map", plane.real, plane.imag, exact.ravel(), wkb.ravel(), (exact - wkb).ravel())
    options.progress("cuts", 0.8)
    cuts = {name: _cut(system, name, table) for name in CUTS}
    for kind in _KINDS:
        for z in points[kind]:
            one, other = (
                float(np.log(2.0) - f(system, z / np.sqrt(2.0))) for f in (log_wigner, log_wigner_wkb)
            )
            table.add(kind, z.real, z.imag, one, other, one - other)
    with house_style():
        figure = new_figure(height=7.1)
        rows = figure.subplots(2, 2, height_ratios=[1.55, 1.0])
        # A zero of W₀ that a grid point happens to meet must not stretch the colours.
        limits = (float(exact.min()), float(np.quantile(exact, 0.998)))
        for ax, values, letter, title in zip(
            rows[0], (exact, wkb), "ab", ("exact, Eqs. (4), (7)", "WKB sum, Eq. (10) corrected"), strict=True
        ):
            mesh = draw_map(ax, axis, values, limits)
            levels = [limits[0] + step for step in _LEVELS if limits[0] + step < limits[1]]
            ax.contour(
                axis,
                axis,
                np.ma.masked_invalid(values),
                levels=levels,
                colors="white",
                linewidths=0.4,
                alpha=0.7,
            )
            draw_marks(ax, points, _KINDS)
            panel_letter(ax, letter, title)
        rows[0, 0].set_ylabel(P_MATH)
        figure.colorbar(
            mesh, ax=list(rows[0]), fraction=0.04, pad=0.02, label=r"$-\ln W_0(x,p)$", extend="max"
        )
        _draw_cuts(rows[1, 0], rows[1, 1], cuts, reach(system))
        panel_letter(rows[1, 0], "c", r"straight cuts")
        panel_letter(rows[1, 1], "d", "error of the WKB sum along them")
        _legend(figure, reach(system))
        heading(
            figure,
            f"Stationary Wigner function of the two-photon resonator at {parameters_math(system)}",
            r"Fig. 1 of the paper; weights $e^{\mp\pi\Delta/2\eta}$ in Eq. (10) as in (C5), labels of (B10) and (B11) exchanged.",
            "Maxima lie beside the mean-field fixed points; the WKB sum diverges at the turning points on the real axis.",
        )
    best = points["maximum"][0]
    fixed = points["fixed point"][0]
    notes = (
        "W0(x, p) with x = sqrt(2) Re alpha, p = sqrt(2) Im alpha, normalised to 1 over dx dp",
        f"maxima of the exact W0 at (x, p) = +-({best.real:.6g}, {best.imag:.6g}), "
        f"fixed points at +-({fixed.real:.6g}, {fixed.imag:.6g})",
        "steady state: the mixture of even and odd parity selected by an infinitesimal one-photon loss",
        f"ln(W0 WKB / W0 exact), median of the map: {float(np.median(np.abs(exact - wkb))):.3g}",
    )
    return DrawnFigure(figure, table, notes)


def _cut(system: TwoPhotonResonator, name: str, table: DrawnTable) -> tuple[RealArray, RealArray, RealArray]:
    """x, exact and WKB values along a line from edge to edge of the map."""
    side = reach(system)
    # From half a step on: neither 0 nor, but by chance, a turning point is met.
    x = np.asarray((np.arange(_DENSE) + 0.5 - 0.5 * _DENSE) * (2.0 * side / _DENSE), dtype=np.float64)
    # The ridge lies in the quadrants where Re α Im α has the sign of -Δ.
    slope, height = {
        "through the wells": (system.alpha0.imag / system.alpha0.real, 0.0),
        "real axis": (0.0, 0.0),
        "across the ridge": (0.0, 0.5 * side),
    }[name]
    p = slope * x + height
    exact, wkb = (np.log(2.0) - f(system, (x + 1j * p) / np.sqrt(2.0)) for f in (log_wigner, log_wigner_wkb))
    table.add_series(name, x, p, exact, wkb, exact - wkb)
    return x, exact, wkb


def _draw_cuts(
    left: Axes, right: Axes, cuts: dict[str, tuple[RealArray, RealArray, RealArray]], side: float
) -> None:
    for name, (x, exact, wkb) in cuts.items():
        left.plot(x, exact, color=CUTS[name], linewidth=2.6, alpha=0.35)
        left.plot(x, wkb, color=CUTS[name], linewidth=1.0, linestyle=(0, (4, 1.5)))
        right.plot(x, exact - wkb, color=CUTS[name])
    right.axhline(0.0, color=INK, linewidth=0.7)
    left.set_ylabel(r"$-\ln W_0(x,p)$")
    right.set_ylabel(r"$\ln(W_0^\mathrm{WKB}/W_0^\mathrm{exact})$")
    right.set_ylim(-_SHOWN, _SHOWN)
    for ax in (left, right):
        ax.set(xlim=(-side, side), xlabel=X_MATH)
        minor_ticks(ax)


def _legend(figure: Figure, side: float) -> None:
    handles = mark_handles(_KINDS)
    words = {"real axis": r"cut along the real axis $p=0$", "across the ridge": rf"cut at $p={0.5 * side:g}$"}
    handles += [
        Line2D([], [], color=colour, label=words.get(name, f"cut {name}")) for name, colour in CUTS.items()
    ]
    handles += [
        Line2D([], [], color=INK, linewidth=2.6, alpha=0.35, label="exact"),
        Line2D([], [], color=INK, linewidth=1.0, linestyle=(0, (4, 1.5)), label="WKB sum"),
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=3)


WIGNER = FigureJob(
    1,
    "Stationary Wigner function, exact and by the WKB sum (Fig. 1 of the paper)",
    draw_wigner,
    seconds=3.0,
    settings=plane_settings(141),
    source=f"Eqs. (4), (7), (8)-(10), (C5); {MODEL}",
)
