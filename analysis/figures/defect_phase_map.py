"""Fig. 2(e) of the paper: the four phases over detuning and drive, by the computable rule, with the locus of exact collapse.

The paper draws regions without a rule; here |x| decides, and how the regions move with the half width δ of phase II is shown.
The map is not mirror symmetric: for Δ_d > 0 the phase has to turn by about π more before the terms cancel.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from wellhop.analysis.defect_limits import saturated_drive
from wellhop.analysis.defect_phases import (
    HALF_WIDTH,
    PHASE_WORDS,
    PHASES,
    amplifying_drive,
    collapse_drive,
    crossover,
)
from wellhop.analysis.figures.defect_axes import MODEL, PAPER_POINTS
from wellhop.analysis.figures.drawn import DrawnTable
from wellhop.analysis.figures.job import DrawnFigure, FigureJob, FigureOptions, Setting
from wellhop.analysis.figures.layout import heading, minor_ticks
from wellhop.analysis.figures.style import COLOURS, FAINT, INK, house_style, new_figure
from wellhop.engine.errors import PredictionError
from wellhop.engine.systems.driven_qubit_tls import DrivenQubitTLS

RealArray = npt.NDArray[np.float64]

DETUNING, DRIVE = "Delta_d/2pi [MHz]", "Omega/2pi [MHz]"
_COLUMNS = ("series", DETUNING, DRIVE, "phase", "x", "R", "half width")
#: Largest |Δ_d|/2π and Ω/2π shown, MHz.
DETUNINGS, DRIVES = 2.0, 0.5
FILLS = ("#d5ecd8", "#9db9e2", "#e3d8ef", "#f8d9e2")
#: Half widths whose edges are drawn beside the chosen one.
OTHER_WIDTHS = (0.15, 0.35)
_DENSE = 240
_OFFSETS = {
    "2(a)": (0, 8),
    "2(b)": (-19, -4),
    "2(c)": (-1, -13),
    "2(d)": (-17, -3),
    "5(a)": (19, -4),
    "5(b)": (3, -13),
}


def draw_phase_map(options: FigureOptions) -> DrawnFigure:
    """The plane in four colours with lines and the points of the figures.

    Returns:
        The figure; the table has the series ``map``, ``collapse`` (|x| = 1), ``collapse 3`` (|x| = 3), ``R = alpha_0``,
        ``|a| = alpha_0 with saturation``, ``edge`` (|x| = 1 -+ half width) and ``point``.
    """
    half_width = options["half_width"]
    table = DrawnTable(_COLUMNS)
    base = DrivenQubitTLS(0.1, 0.1, T=options["T"])
    detunings = np.linspace(-DETUNINGS, DETUNINGS, options.count("columns"))
    rows = options.count("rows")
    drives = DRIVES * (np.arange(rows) + 0.5) / rows
    phases, x = _add_map(table, base, detunings, drives, half_width, options)
    missing = _add_lines(table, base)
    for name, detuning, drive in PAPER_POINTS:
        found = crossover(_at(base, detuning, drive))
        label = PHASES[int(found.phases(half_width)[0])]
        table.add("point", detuning, drive, f"{name} {label}", found.x[0], found.radius[0], half_width)
    with house_style():
        figure = new_figure(height=5.0)
        ax = figure.subplots()
        ax.pcolormesh(
            detunings, drives, phases, cmap=ListedColormap(FILLS), vmin=-0.5, vmax=3.5, rasterized=True
        )
        for width in (half_width, *OTHER_WIDTHS):
            _draw_edges(ax, table, detunings, drives, x, width, width == half_width)
        _draw_lines(ax, table)
        _draw_points(ax)
        ax.set(
            xlim=(-DETUNINGS, DETUNINGS),
            ylim=(0.0, DRIVES),
            xlabel=r"detuning $\Delta_d/2\pi$ (MHz)",
            ylabel=r"drive $\Omega/2\pi$ (MHz)",
        )
        ax.grid(False)
        minor_ticks(ax)
        _legend(figure, half_width)
        heading(
            figure,
            "Dynamic phases of the driven qubit with a defect (Fig. 2(e))",
            r"$x$: phase difference over $\pi$ of $\mu_\mathrm{ss}e^{i\Delta_dt}$ and $(\alpha_0-\mu_\mathrm{ss})e^{-st}$ "
            r"when they are equal in size, $\alpha_0=1$; $R=|\mu_\mathrm{ss}|$. Reduced model:",
            "in phase IV the defect saturates and the full system is driven far wider; the dash-dotted line includes saturation.",
        )
    return DrawnFigure(
        figure,
        table,
        (
            "x: phase difference over pi at equal size, empty in phase IV; phase II is 1 - half width <= |x| < 1 + half width",
            "where the steady term is the larger one from the start (t* < 0) nothing collapses: phase III",
            "collapse, collapse 3: |x| = 1 and 3, where mu vanishes exactly at one time; |x| = 3 lies in phase I",
            "near resonance x comes to -0.75 where R comes to alpha_0: the small speck of phase II there, on the edge of phase IV, "
            "is one of the half width 0.25 and not a collapse",
            "|a| = alpha_0 with saturation: Maxwell-Bloch equations instead of the reduced model",
            *_missing(missing),
        ),
    )


def _missing(detunings: tuple[float, ...]) -> tuple[str, ...]:
    """A note on where there is no line of collapse, if there is such a place."""
    if not detunings:
        return ()
    span = f"{min(detunings):.3g} to {max(detunings):.3g} MHz"
    return (
        f"collapse: no line at {len(detunings)} detunings from {span}: |x| = 1 at no drive, or at none that a double holds",
    )


def _at(base: DrivenQubitTLS, detuning: float, drive: float) -> DrivenQubitTLS:
    return DrivenQubitTLS(detuning, drive, T=base.T)


def _add_map(
    table: DrawnTable,
    base: DrivenQubitTLS,
    detunings: RealArray,
    drives: RealArray,
    half_width: float,
    options: FigureOptions,
) -> tuple[npt.NDArray[np.int64], RealArray]:
    """Rows of the map; phase index and x, (rows, columns) each, x NaN where nothing crosses."""
    phases = np.empty((drives.size, detunings.size), dtype=np.int64)
    x = np.empty(phases.shape)
    for column, detuning in enumerate(detunings):
        options.progress("map", column / detunings.size)
        found = crossover(_at(base, float(detuning), 0.1), drives)
        phases[:, column] = found.phases(half_width)
        x[:, column] = np.where(found.time > 0.0, found.x, np.nan)
        for row, drive in enumerate(drives):
            name = PHASES[phases[row, column]]
            table.add("map", detuning, drive, name, found.x[row], found.radius[row], half_width)
    return phases, x


def _add_lines(table: DrawnTable, base: DrivenQubitTLS) -> tuple[float, ...]:
    """Collapse locus and the edges of phase IV, inside the frame of the map; returns the detunings without a first collapse."""
    missing: list[float] = []
    for detuning in np.linspace(-DETUNINGS, DETUNINGS, 2 * _DENSE):
        system = _at(base, float(detuning), 0.1)
        for order, series in ((1, "collapse"), (3, "collapse 3")):
            try:
                drive = collapse_drive(system, order).drive
            except PredictionError:
                # closer to resonance than any drive a double can hold, or |x| = 1 reached at no drive
                if order == 1:
                    missing.append(float(detuning))
                continue
            if drive <= DRIVES:
                table.add(series, detuning, drive, None, np.copysign(order, detuning), None, None)
        for series, drive in (
            ("R = alpha_0", amplifying_drive(system)),
            ("|a| = alpha_0 with saturation", saturated_drive(system, system.alpha_0)),
        ):
            if drive <= DRIVES:
                table.add(series, detuning, drive, None, None, None, None)
    return tuple(missing)


def _draw_edges(
    ax: Axes,
    table: DrawnTable,
    detunings: RealArray,
    drives: RealArray,
    x: RealArray,
    width: float,
    chosen: bool,
) -> None:
    """Lines |x| = 1 - width and 1 + width."""
    look: dict[str, Any] = {
        "colors": INK if chosen else FAINT,
        "linewidths": 0.9 if chosen else 0.7,
        "linestyles": "-" if chosen else ":",
    }
    for side in (detunings < 0.0, detunings > 0.0):  # x jumps at resonance
        lines = ax.contour(
            detunings[side], drives, np.abs(x[:, side]), levels=[1.0 - width, 1.0 + width], **look
        )
        for segments in lines.allsegs:
            for segment in segments:
                for detuning, drive in segment:
                    table.add("edge", detuning, drive, None, None, None, width)


def _draw_lines(ax: Axes, table: DrawnTable) -> None:
    for series, look in _LINES.items():
        detuning, drive = (table.numbers(c, series=series) for c in (DETUNING, DRIVE))
        for side in (
            (detuning < 0.0, detuning > 0.0) if series.startswith("collapse") else (detuning > -np.inf,)
        ):
            ax.plot(detuning[side], drive[side], **look)


def _draw_points(ax: Axes) -> None:
    for name, detuning, drive in PAPER_POINTS:
        ax.plot([detuning], [drive], "o", color=INK, markeredgecolor="white", markersize=6.0, zorder=6)
        ax.annotate(
            name,
            (detuning, drive),
            _OFFSETS[name],
            textcoords="offset points",
            ha="center",
            fontsize=8.5,
            zorder=7,
        )


_LINES: dict[str, dict[str, Any]] = {
    "collapse": {"color": COLOURS[1], "linewidth": 1.8},
    "collapse 3": {"color": COLOURS[1], "linewidth": 1.1, "linestyle": (0, (4, 1.6))},
    "R = alpha_0": {"color": COLOURS[3], "linewidth": 1.8},
    "|a| = alpha_0 with saturation": {
        "color": COLOURS[3],
        "linewidth": 1.2,
        "linestyle": (0, (5, 1.5, 1, 1.5)),
    },
}


def _legend(figure: Figure, half_width: float) -> None:
    handles = [
        *(Patch(facecolor=fill, label=f"{name}: {PHASE_WORDS[name]}") for name, fill in zip(PHASES, FILLS, strict=True)),
        Line2D([], [], label=r"exact collapse, $|x|=1$", **_LINES["collapse"]),
        Line2D([], [], label=r"later collapse, $|x|=3$", **_LINES["collapse 3"]),
        Line2D([], [], label=r"$R=\alpha_0$", **_LINES["R = alpha_0"]),
        Line2D([], [], label=r"$|a|=\alpha_0$ with saturation", **_LINES["|a| = alpha_0 with saturation"]),
        Line2D([], [], color=INK, linewidth=0.9, label=rf"$|x|=1\mp{half_width:g}$: edges of II"),
        Line2D([], [], color=FAINT, linewidth=0.9, linestyle=":", label="the same with 0.15 and 0.35"),
        Line2D([], [], color=INK, marker="o", linestyle="", label="panels of Figs. 2 and 5"),
    ]  # fmt: skip
    figure.legend(handles=handles, loc="outside lower center", ncols=3)


JOB = FigureJob(
    1,
    "Dynamic phases over detuning and drive, with the locus of exact collapse (Fig. 2(e) of the paper)",
    draw_phase_map,
    seconds=2.0,
    settings={
        "half_width": Setting(HALF_WIDTH, "half width of phase II in |x|", minimum=0.01, maximum=0.9),
        "T": Setting(10.0, "temperature in mK", minimum=1.0, maximum=10_000.0),
        "columns": Setting(201, "detunings of the map", minimum=8, maximum=1001, whole=True),
        "rows": Setting(100, "drives of the map", minimum=8, maximum=1000, whole=True),
    },
    source=f"Eq. (10) with a minus; rule and locus are ours; {MODEL}",
)
