"""Phase diagram: stationary photon number in colour, regions of the mean field, and the phase boundary by four
definitions.

The colour is exact (ladder sums); its edge is where vacuum and bright states weigh the same.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patheffects import withStroke

from wellhop.analysis.figures.drawn import DrawnTable
from wellhop.analysis.figures.job import DrawnFigure, FigureJob, FigureOptions, Setting
from wellhop.analysis.figures.layout import heading, minor_ticks, panel_letter
from wellhop.analysis.figures.style import INK, house_style, new_figure
from wellhop.analysis.figures.two_photon_axes import DELTA, DRIVE, MODEL
from wellhop.analysis.figures.two_photon_boundaries import THEORIES, boundary_rows
from wellhop.analysis.steady_state import steady_moments
from wellhop.engine.systems.kerr_two_photon_drive import KerrTwoPhotonDrive

RealArray = npt.NDArray[np.float64]

#: Ranges of detuning and drive, and those of the close-up, in units of γ.
DETUNINGS, DRIVES = (-10.0, 2.0), (0.0, 10.0)
CLOSE_DETUNINGS, CLOSE_DRIVES = (-10.0, -6.0), (2.0, 3.9)
#: White to a light blue: dark lines of every colour stay readable on it.
COLOURS = LinearSegmentedColormap.from_list("photons", ["#ffffff", "#dfe9f3", "#b4cbe2", "#8fb0d3"])
_HALO = [withStroke(linewidth=2.6, foreground="white")]


def draw_phase_diagram(options: FigureOptions) -> DrawnFigure:
    """The whole diagram, and a close-up of the boundaries at large detuning.

    Returns:
        The figure; the table has the series ``photons`` (the map), one per boundary, and ``edge of bistability``.
    """
    coupling = options["U"]
    table = DrawnTable(("series", "delta [gamma]", "eps [gamma]", "<n> U/gamma", "region"))
    whole = _photon_map(options, "photons", DETUNINGS, DRIVES, table)
    close = _photon_map(options, "photons close-up", CLOSE_DETUNINGS, CLOSE_DRIVES, table)
    lines = np.linspace(DETUNINGS[0], -0.1, 100)
    instantons = np.linspace(DETUNINGS[0], -0.5, options.count("detunings"))

    def row(series: str, delta: float, eps: float) -> None:
        table.add(series, delta, eps, None, None)

    notes = [
        f"series photons, photons close-up: exact stationary <n> U/gamma at U = {coupling:g} gamma, centres of the "
        "cells of the map; region: stable states of the mean field",
        "series edge of bistability: eps = gamma and eps = sqrt(gamma^2 + delta^2); all others: phase boundary eps*(delta)",
        "exact U->0: equal S^Q; ansatz (11): Eq. (11); TWA instantons: equal S^TWA of least-action paths; exact U: "
        "equal weights of vacuum and bright states",
        *boundary_rows(
            lines, instantons, coupling, lambda what, share: options.progress(what, 0.5 + 0.5 * share), row
        ),
    ]
    with house_style():
        figure = new_figure(height=5.0)
        left, right = figure.subplots(1, 2, width_ratios=[1.55, 1.0])
        for ax, photons, extent in (
            (left, whole, (*DETUNINGS, *DRIVES)),
            (right, close, (*CLOSE_DETUNINGS, *CLOSE_DRIVES)),
        ):
            image = ax.imshow(photons, origin="lower", extent=extent, aspect="auto", cmap=COLOURS,
                              vmin=0.0, vmax=float(whole.max()), interpolation="nearest")  # fmt: skip
            _draw_boundaries(ax, table)
            ax.grid(False)
            ax.set_xlabel(DELTA)
            minor_ticks(ax)
        _draw_regions(left, table)
        left.set(xlim=DETUNINGS, ylim=DRIVES, ylabel=DRIVE)
        right.set(xlim=CLOSE_DETUNINGS, ylim=CLOSE_DRIVES)
        left.indicate_inset((CLOSE_DETUNINGS[0], CLOSE_DRIVES[0], CLOSE_DETUNINGS[1] - CLOSE_DETUNINGS[0],
                             CLOSE_DRIVES[1] - CLOSE_DRIVES[0]), edgecolor=INK, linewidth=0.8)  # fmt: skip
        panel_letter(left, "a", "phase diagram")
        panel_letter(right, "b", "close-up")
        bar = figure.colorbar(image, ax=[left, right], fraction=0.04, pad=0.02)
        bar.set_label(rf"$\langle a^\dagger a\rangle\,U/\gamma$ at $U={coupling:g}\,\gamma$, exact")
        _legend(figure, coupling)
        heading(
            figure,
            "Phase diagram of the two-photon-driven Kerr oscillator",
            "Colour: exact stationary photon number. Thin lines: edges of the region with three stable states. Thick lines: phase",
            "boundary, where vacuum and bright states weigh the same, by four definitions; the exact ones follow the colour.",
        )
    return DrawnFigure(figure, table, tuple(notes))


def _photon_map(
    options: FigureOptions,
    series: str,
    across: tuple[float, float],
    upwards: tuple[float, float],
    table: DrawnTable,
) -> RealArray:
    """(rows, columns) <n> U at the centres of the cells of a range of detunings and drives."""
    rows, columns = options.count("rows"), options.count("columns")
    deltas = across[0] + (np.arange(columns) + 0.5) * (across[1] - across[0]) / columns
    drives = upwards[0] + (np.arange(rows) + 0.5) * (upwards[1] - upwards[0]) / rows
    out = np.empty((rows, columns))
    for column, delta in enumerate(deltas):
        options.progress(series, 0.5 * column / columns)
        for line, eps in enumerate(drives):
            system = KerrTwoPhotonDrive(float(delta), float(eps), options["U"])
            out[line, column] = steady_moments(system).photons * system.U
            table.add(series, delta, eps, out[line, column], system.region)
    return out


def _draw_boundaries(ax: Axes, table: DrawnTable) -> None:
    for number, (series, theory) in enumerate(THEORIES.items()):
        delta = table.numbers("delta [gamma]", series=series)
        order = np.argsort(delta)
        eps = table.numbers("eps [gamma]", series=series)
        marker = theory.marker if series == "TWA instantons" else ""
        ax.plot(delta[order], eps[order], **theory.style(marker=marker, markersize=3.5, linewidth=1.5),
                path_effects=_HALO if theory.line == "-" else None, zorder=3 + number)  # fmt: skip


def _draw_regions(ax: Axes, table: DrawnTable) -> None:
    """Edges of the mean-field regions, and their names."""
    negative = np.linspace(DETUNINGS[0], 0.0, 101)
    whole = np.linspace(*DETUNINGS, 121)
    for delta, eps in ((negative, np.ones_like(negative)), (whole, np.hypot(1.0, whole))):
        inside = eps <= DRIVES[1]
        ax.plot(delta[inside], eps[inside], color=INK, linewidth=0.8, zorder=2)
        table.add_series("edge of bistability", delta[inside], eps[inside], None, None)
    for x, y, words in (
        (-2.6, 7.6, "two bright states"),
        (-7.9, 4.9, "vacuum and\ntwo bright states"),
        (-4.6, 0.5, "vacuum only"),
    ):
        ax.text(x, y, words, fontsize=8.5, ha="center", va="center")


def _legend(figure: Figure, U: float) -> None:
    labels = {"exact U": rf"exact, $U={U:g}\,\gamma$"}
    handles = [
        Line2D([], [], label=labels.get(series, theory.label),
               **theory.style(marker=theory.marker if series == "TWA instantons" else "", markersize=3.5, linewidth=1.5))
        for series, theory in THEORIES.items()
    ]  # fmt: skip
    figure.legend(handles=handles, loc="outside lower center", ncols=4)


PHASE_DIAGRAM = FigureJob(
    1,
    "Phase diagram with the photon number in colour and the boundary by four definitions",
    draw_phase_diagram,
    seconds=13.0,
    settings={
        "U": Setting(
            0.1,
            "Kerr constant of the colour and of one boundary, in units of gamma",
            minimum=0.01,
            maximum=1.0,
        ),
        "columns": Setting(120, "cells of each map along the detuning", minimum=2, maximum=2000, whole=True),
        "rows": Setting(125, "cells of each map along the drive", minimum=2, maximum=2000, whole=True),
        "detunings": Setting(
            11, "detunings at which least-action paths are computed", minimum=2, maximum=200, whole=True
        ),
    },
    source=f"<n>: ladder sums; boundaries: Eq. (11), S_vac = S_bright, equal weights; {MODEL}",
)
