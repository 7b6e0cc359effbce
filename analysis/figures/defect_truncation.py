"""Fig. 7 of the paper: mean from a truncated Fock space against the closed form; the error is that of the truncation alone.

Drive frame, H = Δ_d a†a + Ω'a† + Ω'*a, from the first excited state. Too few levels reflect the amplitude; the error of the
propagation itself is round-off, unlike that of the paper's Euler steps.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from scipy.sparse.linalg import expm_multiply

from wellhop.analysis.defect_propagator import mean
from wellhop.analysis.defect_reduction import sparse_liouvillian
from wellhop.analysis.figures.defect_axes import MODEL, REDUCED_ONLY, parameters_math
from wellhop.analysis.figures.drawn import Cell, DrawnTable
from wellhop.analysis.figures.job import DrawnFigure, FigureJob, FigureOptions, Setting
from wellhop.analysis.figures.layout import heading, minor_ticks, panel_letter
from wellhop.analysis.figures.style import COLOURS, INK, MARKERS, house_style, new_figure
from wellhop.engine import fock
from wellhop.engine.systems.driven_qubit_tls import DrivenQubitTLS

RealArray = npt.NDArray[np.float64]

TIME, SIZE, ERROR = "time [us]", "|mu|", "|mu| numeric - analytic"
_COLUMNS = ("series", "excited levels", TIME, SIZE, ERROR)
#: Excited levels of the paper's curves, and of the scan between them and beyond.
SHOWN, SCANNED = (4, 8, 19), (4, 6, 8, 10, 12, 14, 16, 19, 22, 26, 30)
#: Round-off below which a difference is drawn at the lower edge.
_FLOOR = 1e-17


def truncated_mean(system: DrivenQubitTLS, excited: int, times: RealArray) -> RealArray:
    """|<a>|(t) from |1> in a space of the vacuum and ``excited`` levels, drive frame; (n,) for equidistant times from 0.

    >>> system = DrivenQubitTLS(0.3, 0.5)
    >>> t = np.linspace(0.0, 0.2, 3)
    >>> bool(np.abs(truncated_mean(system, 24, t) - np.abs(mean(system, t, amplitude=0.0))).max() < 1e-12)
    True
    """
    model = system.lindblad(excited + 1)
    start = np.zeros(model.dim**2, dtype=np.complex128)
    start[model.dim + 1] = 1.0
    generator = sparse_liouvillian(model)
    states = expm_multiply(generator, start, start=0.0, stop=float(times[-1]), num=times.size, endpoint=True)
    reader = fock.annihilation(model.dim).T.ravel()
    return np.asarray(np.abs(states @ reader), dtype=np.float64)


def draw_truncation(options: FigureOptions) -> DrawnFigure:
    """|μ(t)|, its error, and the largest error against the number of levels.

    Returns:
        The figure; the table has the series ``analytic``, ``numeric`` (for each of :data:`SHOWN`) and ``largest error``.
    """
    system = DrivenQubitTLS(options["Delta_d"], options["Omega"], T=options["T"])
    times = np.linspace(0.0, options["t_max"], options.count("points"))
    exact = np.abs(mean(system, times, amplitude=0.0))
    table = DrawnTable(_COLUMNS)
    table.add_series("analytic", None, times, exact, None)
    for place, excited in enumerate(SCANNED):
        options.progress(f"{excited} excited levels", place / len(SCANNED))
        size = truncated_mean(system, excited, times)
        if excited in SHOWN:
            table.add_series("numeric", excited, times, size, size - exact)
        table.add("largest error", excited, None, None, np.abs(size - exact).max())
    error = table.numbers(ERROR, series="largest error")
    least, at_paper = float(error.min()), float(error[SCANNED.index(SHOWN[-1])])
    with house_style():
        figure = new_figure(height=4.8)
        grid = figure.add_gridspec(2, 2, width_ratios=[1.5, 1.0])
        upper, lower, right = (figure.add_subplot(where) for where in (grid[0, 0], grid[1, 0], grid[:, 1]))
        _draw_curves(upper, lower, table)
        _draw_scan(right, table)
        for ax, letter, words in (
            (upper, "a", r"$|\mu(t)|$"),
            (lower, "b", "error"),
            (right, "c", "largest error"),
        ):
            panel_letter(ax, letter, words)
        _legend(figure)
        heading(
            figure,
            "Truncated Fock space against the closed form (Fig. 7)",
            parameters_math(system)
            + r", from the first excited state, drive frame; exact exponential of the Liouvillian.",
            rf"Largest error {_power(at_paper)} with {SHOWN[-1]} excited levels, {_power(least)} with up to {SCANNED[-1]}: "
            "of the truncation, not of the closed form.",
            REDUCED_ONLY,
        )
    return DrawnFigure(
        figure,
        table,
        (
            "numeric: vacuum and the given number of excited levels",
            "largest error: over the times drawn",
        ),
    )


def _power(size: float) -> str:
    """A size in powers of ten for a heading."""
    if size == 0.0:
        return "0"
    exponent = math.floor(math.log10(size))
    return rf"${size / 10.0**exponent:.1f}\times10^{{{exponent}}}$"


def _draw_curves(upper: Axes, lower: Axes, table: DrawnTable) -> None:
    time = table.numbers(TIME, series="analytic")
    upper.plot(time, table.numbers(SIZE, series="analytic"), color=INK, linewidth=2.2)
    for excited, look in zip(SHOWN, _LOOKS, strict=True):
        where: dict[str, Cell] = {"series": "numeric", "excited levels": excited}
        upper.plot(time, table.numbers(SIZE, **where), **look)
        lower.plot(time, np.maximum(np.abs(table.numbers(ERROR, **where)), _FLOOR), **look)
    upper.set(ylabel=r"$|\mu|$", xlim=(0.0, time[-1]))
    upper.tick_params(labelbottom=False)
    lower.set(
        xlabel=r"$t$ ($\mu$s)",
        ylabel=r"$|\Delta|\mu||$",
        yscale="log",
        xlim=(0.0, time[-1]),
        ylim=(1e-9, 10.0),
    )
    minor_ticks(upper)


def _draw_scan(ax: Axes, table: DrawnTable) -> None:
    excited, error = (table.numbers(c, series="largest error") for c in ("excited levels", ERROR))
    # the floor stands for differences that vanish, as all do without a drive
    error = np.maximum(error, _FLOOR)
    ax.plot(excited, error, color=INK, linewidth=0.9)
    for one, size in zip(excited, error, strict=True):
        known = int(one) in SHOWN
        colour = _LOOKS[SHOWN.index(int(one))]["color"] if known else INK
        marker = MARKERS[SHOWN.index(int(one))] if known else "o"
        ax.plot(
            [one], [size], marker, color=colour, markerfacecolor=colour if known else "white", markersize=6.0
        )
    ax.set(yscale="log", xlabel="excited levels kept", ylabel=r"max $|\Delta|\mu||$")


_LOOKS: tuple[dict[str, Any], ...] = (
    {"color": COLOURS[1], "linewidth": 1.3, "linestyle": (0, (5, 1.5))},
    {"color": COLOURS[0], "linewidth": 1.3, "linestyle": (0, (3, 1.2))},
    {"color": COLOURS[2], "linewidth": 1.3, "linestyle": (0, (1, 1.2))},
)


def _legend(figure: Figure) -> None:
    handles = [
        Line2D([], [], color=INK, linewidth=2.2, label="closed form, (9)"),
        *(
            Line2D([], [], marker=marker, label=f"{excited} excited levels", **look)
            for excited, look, marker in zip(SHOWN, _LOOKS, MARKERS, strict=False)
        ),
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=4, handlelength=3.0)


JOB = FigureJob(
    7,
    "Mean from a truncated Fock space against the closed form, and its error (Fig. 7 of the paper)",
    draw_truncation,
    seconds=4.0,
    settings={
        "Delta_d": Setting(0.3, "detuning over 2 pi in MHz", minimum=-5.0, maximum=5.0),
        "Omega": Setting(0.5, "drive over 2 pi in MHz", minimum=0.0, maximum=2.0),
        "T": Setting(10.0, "temperature in mK", minimum=1.0, maximum=300.0),
        "t_max": Setting(10.0, "length of time in us", minimum=0.1, maximum=100.0),
        "points": Setting(201, "times drawn", minimum=3, maximum=5001, whole=True),
    },
    source=f"Eq. (9) with alpha_0 = 0, Eq. (3) in the frame of the drive; {MODEL}",
)
