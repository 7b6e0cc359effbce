"""How good the analytical phase boundary is: its relative error along the detuning.

Eq. (11) is compared with the exact boundary for U -> 0 and with what it approximates, the boundary of the truncated
Wigner equation from its least-action paths; the latter is compared with the exact one.
"""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import ScalarFormatter
from scipy.optimize import brentq, minimize_scalar

from wellhop.analysis.figures.drawn import DrawnTable
from wellhop.analysis.figures.job import DrawnFigure, FigureJob, FigureOptions, Setting
from wellhop.analysis.figures.layout import heading, minor_ticks, panel_letter
from wellhop.analysis.figures.style import BAND, COLOURS, INK, house_style, new_figure
from wellhop.analysis.figures.two_photon_axes import ANSATZ, FINITE, MODEL, TWA
from wellhop.analysis.figures.two_photon_boundaries import boundary_rows
from wellhop.analysis.two_photon_actions import ansatz_boundary, quantum_boundary

#: Range of -δ/γ, and the largest one at which least-action paths are computed: farther out they take many turns.
NEAREST, FARTHEST, LAST_PATH = 0.3, 50.0, 30.0
CLAIM = 5.0


def ansatz_error(delta: float) -> float:
    """Eq. (11) over the exact boundary, minus one, in percent.

    >>> round(ansatz_error(-10.0), 1)
    -4.2
    """
    return 100.0 * (ansatz_boundary(delta) / quantum_boundary(delta) - 1.0)


def marked_points() -> dict[str, tuple[float, float]]:
    """(detuning, error in percent) of the hump, the zero and the end of the claim of 5 %.

    >>> {name: round(delta, 1) for name, (delta, _) in marked_points().items()}
    {'largest': -2.6, 'zero': -6.4, 'below -5 %': -10.9}
    """
    largest = float(minimize_scalar(lambda d: -ansatz_error(d), bounds=(-6.0, -0.5), method="bounded").x)
    zero = float(brentq(ansatz_error, -20.0, largest))
    end = float(brentq(lambda d: ansatz_error(d) + CLAIM, -FARTHEST, zero))
    return {
        "largest": (largest, ansatz_error(largest)),
        "zero": (zero, 0.0),
        f"below -{CLAIM:g} %": (end, -CLAIM),
    }


def draw_boundary_error(options: FigureOptions) -> DrawnFigure:
    """Two panels: errors against the exact boundary, and against the truncated-Wigner one.

    Returns:
        The figure; the table has one row per boundary and detuning, with its relative errors, and the series
        ``mark: ...``.
    """
    coupling = options["U"]
    exact: dict[float, float] = {}
    wigner: dict[float, float] = {}
    found: list[tuple[str, float, float]] = []

    def row(series: str, delta: float, eps: float) -> None:
        found.append((series, delta, eps))

    paths = -np.geomspace(NEAREST, LAST_PATH, options.count("detunings"))
    lines = np.sort(np.concatenate([-np.geomspace(NEAREST, FARTHEST, options.count("points")), paths]))
    notes = [
        "eps: phase boundary; error: eps over that of the exact U -> 0 boundary, and over that of the "
        "truncated-Wigner instantons, minus one",
        f"exact U: equal weights at U = {coupling:g} gamma; mark: points written in the figure",
        *boundary_rows(lines, paths, coupling, options.progress, row),
    ]
    for series, delta, eps in found:
        if series == "exact U->0":
            exact[delta] = eps
        elif series == "TWA instantons":
            wigner[delta] = eps
    table = DrawnTable(("series", "delta [gamma]", "eps [gamma]", "error to exact [%]", "error to TWA [%]"))
    for series, delta, eps in found:
        other = wigner.get(delta)
        table.add(
            series,
            delta,
            eps,
            100.0 * (eps / exact[delta] - 1.0),
            None if other is None else 100.0 * (eps / other - 1.0),
        )
    marks = marked_points()
    end = marks[f"below -{CLAIM:g} %"][0]
    for name, (delta, error) in marks.items():
        table.add(f"mark: {name}", delta, ansatz_boundary(delta), error, None)
    with house_style():
        figure = new_figure(height=5.6)
        top, bottom = figure.subplots(2, 1, sharex=True, height_ratios=[1.5, 1.0])
        _draw_to_exact(top, table, marks)
        _draw_to_wigner(bottom, table)
        _legend(figure, coupling)
        heading(
            figure,
            "Relative error of the phase boundary",
            rf"Eq. (11) stays within {CLAIM:g} % (grey) of the exact boundary for $|\delta|<{-end:.1f}\,\gamma$ only. "
            "It approximates the truncated Wigner",
            "equation, whose own boundary (squares) is below the exact one; for small detunings the errors partly cancel.",
        )
    return DrawnFigure(figure, table, tuple(notes))


def _draw_to_exact(ax: Axes, table: DrawnTable, marks: dict[str, tuple[float, float]]) -> None:
    for series, theory, marker in (
        ("ansatz (11)", ANSATZ, ""),
        ("exact U", FINITE, ""),
        ("TWA instantons", TWA, TWA.marker),
    ):
        x, y = _line(table, series, "error to exact [%]")
        ax.plot(x, y, **theory.style(marker=marker, markersize=4, linewidth=1.5))
    offsets = {"largest": (0, 7), "zero": (8, 5)}
    for name, (delta, error) in marks.items():
        ax.plot([-delta], [error], "o", color=ANSATZ.colour, markeredgecolor=INK, markersize=5, zorder=4)
        shift = offsets.get(name, (7, 4))
        words = rf"$\delta={delta:.1f}\,\gamma$: " + (f"${error:+.1f}$ %" if error else "0")
        ax.annotate(words, (-delta, error), shift, textcoords="offset points", fontsize=8,
                    ha="center" if name == "largest" else "left")  # fmt: skip
    ax.axhspan(-CLAIM, CLAIM, color=BAND, linewidth=0, zorder=0)
    ax.axhline(0.0, color=INK, linewidth=0.8)
    ax.set(
        xscale="log",
        xlim=(0.95 * NEAREST, 1.1 * FARTHEST),
        ylabel=r"$\epsilon^*/\epsilon^*_\mathrm{exact}-1$ [%]",
    )
    ax.margins(y=0.1)
    minor_ticks(ax, "y")
    panel_letter(ax, "a", r"against the exact boundary, $U\to 0$")


def _draw_to_wigner(ax: Axes, table: DrawnTable) -> None:
    for series, theory in (("ansatz (11)", ANSATZ), ("exact U->0", None)):
        x, y = _line(table, series, "error to TWA [%]")
        style = {"color": COLOURS[0], "linestyle": "-"} if theory is None else theory.style()
        ax.plot(x, y, marker="o" if theory is None else theory.marker, markersize=4, **style)
    ax.axhspan(-CLAIM, CLAIM, color=BAND, linewidth=0, zorder=0)
    ax.axhline(0.0, color=INK, linewidth=0.8)
    ax.set(xlabel=r"$-\delta/\gamma$", ylabel=r"$\epsilon^*/\epsilon^*_\mathrm{TWA}-1$ [%]")
    ax.xaxis.set_major_formatter(ScalarFormatter())
    ax.set_xticks([0.3, 1, 3, 10, 30], labels=["0.3", "1", "3", "10", "30"])
    ax.margins(y=0.1)
    minor_ticks(ax, "y")
    panel_letter(ax, "b", "against the truncated-Wigner boundary")


def _line(table: DrawnTable, series: str, column: str) -> tuple[np.ndarray, np.ndarray]:
    """-δ and a column, without empty cells, in order."""
    x, y = -table.numbers("delta [gamma]", series=series), table.numbers(column, series=series)
    keep = np.isfinite(y)
    order = np.argsort(x[keep])
    return x[keep][order], y[keep][order]


def _legend(figure: Figure, U: float) -> None:
    handles = [
        Line2D([], [], label=ANSATZ.label, marker=ANSATZ.marker, markersize=4, **ANSATZ.style()),
        Line2D([], [], label=TWA.label, marker=TWA.marker, markersize=4, **TWA.style()),
        Line2D([], [], label=r"exact, $U\to 0$", marker="o", markersize=4, color=COLOURS[0]),
        Line2D([], [], label=rf"exact, $U={U:g}\,\gamma$", **FINITE.style()),
        Patch(facecolor=BAND, label=rf"within {CLAIM:g} %"),
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=3)


BOUNDARY_ERROR = FigureJob(
    2,
    "Relative error of the analytical phase boundary against the detuning",
    draw_boundary_error,
    seconds=15.0,
    settings={
        "U": Setting(
            0.1, "Kerr constant of the boundary at finite U, in units of gamma", minimum=0.01, maximum=1.0
        ),
        "points": Setting(120, "detunings of the lines", minimum=2, maximum=10000, whole=True),
        "detunings": Setting(
            12, "detunings at which least-action paths are computed", minimum=2, maximum=200, whole=True
        ),
    },
    source=f"Eq. (11); exact: S_vac^Q = S_bright^Q; instantons: S_vac^TWA = S_bright^TWA; {MODEL}",
)
