"""The double well and its levels: classical landscape, levels in the wells, and tunnel splittings against the drive.

One splitting after the other collapses as its manifold sinks below the barrier top, about every π K of drive. They
are computed in extended precision; what double precision makes of δ_1 is drawn beside it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patheffects import withStroke
from scipy.optimize import brentq

from wellhop.analysis.figures.drawn import DrawnTable
from wellhop.analysis.figures.job import DrawnFigure, FigureJob, FigureOptions, Setting
from wellhop.analysis.figures.kerr_cat_axes import DRIVE, MODEL
from wellhop.analysis.figures.layout import heading, minor_ticks, panel_letter
from wellhop.analysis.figures.style import COLOURS, FAINT, INK, MARKERS, house_style, new_figure
from wellhop.analysis.kerr_cat_splitting import barrier_position
from wellhop.analysis.precise_splitting import precise_splitting
from wellhop.engine.systems.kerr_cat import KerrCat, Manifolds

#: Manifolds of the splittings; δ_0 = 0 and is not on a logarithmic axis.
SPLIT = (1, 2, 3, 4, 5)
#: Smallest drive of the splittings, in units of K.
FIRST_DRIVE = 0.2
LINES: tuple[Any, ...] = (
    "-",
    (0, (5, 1.5)),
    (0, (5, 1.5, 1, 1.5)),
    (0, (1, 1.2)),
    (0, (3, 1, 1, 1, 1, 1)),
)
LANDSCAPE = LinearSegmentedColormap.from_list(
    "landscape", ["#7fa8d1", "#cfe0ef", "#f4f4f1", "#f3dcc6", "#e0a878"]
)
EVEN, ODD = COLOURS[0], COLOURS[1]
HALO = [withStroke(linewidth=2.6, foreground="white")]


def well_potential(x: npt.ArrayLike, y: npt.ArrayLike, eps2: float) -> npt.NDArray[np.float64]:
    """V_cl/K = |a|⁴ - (ε₂/K)(a*² + a²) at a = x + iy; minima -(ε₂/K)² at ±α, saddle 0 at the origin; (7).

    >>> well_potential([0.0, 2.0], 0.0, 4.0).tolist()
    [0.0, -16.0]
    """
    real, imag = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    return (real**2 + imag**2) ** 2 - 2.0 * eps2 * (real**2 - imag**2)


def entry_drive(n: int) -> float:
    """ε₂/K at which manifold n sinks below the barrier top, ε_n = 0.

    >>> round(entry_drive(2) - entry_drive(1), 2)
    3.2
    """
    return float(
        brentq(lambda eps2: barrier_position(KerrCat(eps2, 1.0, 0.0), n), 1.01, 10.0 + 4.0 * n, xtol=1e-9)
    )


def draw_levels(options: FigureOptions) -> DrawnFigure:
    """Landscape (a), levels in the wells (b) at one drive, splittings against the drive (c).

    Returns:
        The figure; the table has the series ``landscape``, ``cut``, ``level`` (one row per manifold: E_n^±, δ_n
        and ω_n to the next), ``splitting``, ``double precision`` (n = 1) and ``barrier top`` (drive at which a
        manifold sinks below it).
    """
    eps2 = options["eps2"]
    levels = KerrCat(eps2, 1.0, 0.0).manifolds()
    table = DrawnTable(
        (
            "series", "n", "eps2 [K]", "Re a", "Im a", "V_cl [K]", "E_even [K]", "E_odd [K]", "omega [K]",
            "delta [K]", "delta, 30 digits",
        )
    )  # fmt: skip
    notes = (
        "landscape, cut: V_cl = -<a|H|a> at the coherent state a; level: exact energies at this drive, omega: gap "
        "to the next manifold below",
        "splitting: extended precision; double precision: |E_1^+ - E_1^-| of a diagonalisation with 64-bit numbers",
        "barrier top: drive at which the mean energy of a manifold is that of the saddle of the Weyl symbol; delta_0 = 0",
    )
    shown = _levels_shown(levels, eps2)
    for n in range(shown):
        gap = levels.energy[n] - levels.energy[n + 1]
        delta = float(precise_splitting(eps2, n, 15))
        table.add(
            "level", n, eps2, None, None, None, levels.energy_even[n], levels.energy_odd[n], gap, delta, None
        )
    _add_splittings(options, table)
    with house_style():
        figure = new_figure(height=6.9)
        grid = figure.add_gridspec(2, 2, height_ratios=[1.05, 1.0], width_ratios=[1.22, 1.0])
        left, right = figure.add_subplot(grid[0, 0]), figure.add_subplot(grid[0, 1])
        bottom = figure.add_subplot(grid[1, :])
        _draw_landscape(figure, left, table, levels, eps2)
        _draw_wells(right, table, levels, eps2, shown)
        _draw_splittings(bottom, table)
        heading(
            figure,
            rf"Double well and levels of the Kerr-cat; (a), (b) at $\epsilon_2={eps2:g}\,K$",
            r"H is unbounded below: $n=0$ is its highest pair of levels, and $-E$ is drawn. Each manifold holds an even and an",
            r"odd level, $\delta_n=E_n^+-E_n^-$ apart. Splittings collapse one after another as "
            r"manifolds sink below the barrier.",
        )
    return DrawnFigure(figure, table, notes)


def _levels_shown(levels: Manifolds, eps2: float) -> int:
    """Manifolds up to a quarter of the depth above the barrier top, in the picture with -E."""
    return min(int(np.count_nonzero(levels.energy > -0.25 * eps2**2)), levels.count - 1)


def _add_splittings(options: FigureOptions, table: DrawnTable) -> None:
    last = options["eps2_max"]
    drives = np.linspace(FIRST_DRIVE, last, options.count("points"))
    for number, n in enumerate(SPLIT):
        options.progress(f"splittings, n = {n}", number / len(SPLIT))
        for drive in drives:
            delta = precise_splitting(float(drive), n, 30)
            table.add("splitting", n, drive, *(None,) * 6, float(delta), str(delta))
        top = entry_drive(n)
        if top <= last:
            table.add("barrier top", n, top, *(None,) * 6, float(precise_splitting(top, n, 15)), None)
    for drive in drives:
        plain = abs(float(KerrCat(float(drive), 1.0, 0.0).manifolds().splitting[1]))
        table.add("double precision", 1, drive, *(None,) * 6, plain, None)


def _draw_landscape(figure: Figure, ax: Axes, table: DrawnTable, levels: Manifolds, eps2: float) -> None:
    reach = np.sqrt(eps2)
    x, y = np.linspace(-1.75, 1.75, 71) * reach, np.linspace(-1.3, 1.3, 53) * reach
    potential = well_potential(x[None, :], y[:, None], eps2)
    for row, imag in zip(potential, y, strict=True):
        for value, real in zip(row, x, strict=True):
            table.add("landscape", None, eps2, real, imag, value, *(None,) * 5)
    depth = eps2**2
    filled = ax.contourf(
        x, y, potential / depth, levels=np.linspace(-1.0, 1.0, 17), cmap=LANDSCAPE, extend="max"
    )
    inside = -levels.energy[(levels.energy > 0.0) & (levels.energy < 0.999 * depth)]
    if inside.size:
        ax.contour(x, y, potential, levels=np.sort(inside), colors=INK, linewidths=0.9, linestyles="-")
    ax.contour(x, y, potential, levels=[0.0], colors=INK, linewidths=1.1, linestyles="dashed")
    ax.plot([-reach, reach], [0.0, 0.0], "o", color=INK, markersize=4)
    ax.plot([0.0], [0.0], "x", color=INK, markersize=6)
    for side, words in ((-reach, r"$-\alpha$"), (reach, r"$+\alpha$")):
        ax.annotate(words, (side, 0.0), (0, 5), textcoords="offset points", ha="center", fontsize=8)
    ax.set(xlabel=r"Re $a$", ylabel=r"Im $a$", aspect="equal")
    ax.grid(False)
    minor_ticks(ax)
    bar = figure.colorbar(
        filled, ax=ax, location="bottom", shrink=0.8, aspect=30, pad=0.03, ticks=[-1, -0.5, 0, 0.5, 1]
    )
    bar.set_label(r"$V_\mathrm{cl}\,K/\epsilon_2^2$ (1: depth of a well)")
    panel_letter(ax, "a", r"$V_\mathrm{cl}(a)$ and orbits of the levels")


def _draw_wells(ax: Axes, table: DrawnTable, levels: Manifolds, eps2: float, shown: int) -> None:
    x = np.linspace(-1.62, 1.62, 201) * np.sqrt(eps2)
    cut = well_potential(x, 0.0, eps2)
    for real, value in zip(x, cut, strict=True):
        table.add("cut", None, eps2, real, 0.0, value, *(None,) * 5)
    ax.plot(x, cut, color=FAINT, linewidth=1.6)
    named = float(levels.energy[0])
    for n in range(shown):
        for energy, colour, line in (
            (levels.energy_even[n], EVEN, "-"),
            (levels.energy_odd[n], ODD, (0, (2.5, 2.0))),
        ):
            allowed = np.where(cut <= -energy + 1e-9 * eps2**2, -energy, np.nan)
            if n == 0:
                allowed = np.where(np.abs(np.abs(x) - np.sqrt(eps2)) < 0.14 * np.sqrt(eps2), -energy, np.nan)
            ax.plot(x, allowed, color=colour, linestyle=line, linewidth=1.5)
        # Names only as close as they can be read.
        if n == 0 or abs(levels.energy[n] - named) > 0.1 * eps2**2:
            named = float(levels.energy[n])
            ax.annotate(
                rf"$n={n}$", (x[-1], -named), (3, 0), textcoords="offset points", fontsize=8, va="center",
                annotation_clip=False,
            )  # fmt: skip
    gap = float(levels.energy[0] - levels.energy[1])
    _span(
        ax, -0.26 * np.sqrt(eps2), -levels.energy[0], -levels.energy[1], rf"$\omega_0={gap:.1f}\,K$", "center"
    )
    wide = [
        n
        for n in range(1, shown)
        if 0.02 * eps2**2 < levels.splitting[n] and levels.energy[n] > -0.05 * eps2**2
    ]
    if wide:
        n = wide[0]
        _span(
            ax, -0.95 * np.sqrt(eps2), -levels.energy_even[n], -levels.energy_odd[n],
            rf"$\delta_{{{n}}}={levels.splitting[n]:.1f}\,K$", "below",
        )  # fmt: skip
    ax.set(xlabel=r"Re $a$ (Im $a=0$)", ylabel=r"$V_\mathrm{cl}$, $-E_n^\pm$ (units of $K$)")
    ax.set(xlim=(x[0], x[-1]), ylim=(-1.34 * eps2**2, 0.42 * eps2**2))
    ax.legend(
        handles=[
            Line2D([], [], color=EVEN, linewidth=1.5, label="even"),
            Line2D([], [], color=ODD, linestyle=(0, (2.5, 2.0)), linewidth=1.5, label="odd"),
        ],
        loc="lower center", ncols=2, columnspacing=1.0, handlelength=1.8,
    )  # fmt: skip
    minor_ticks(ax)
    panel_letter(ax, "b", "levels in the wells")


def _span(ax: Axes, x: float, low: float, high: float, words: str, place: str) -> None:
    """A double arrow between two energies and its name, in the middle or below."""
    ax.annotate("", (x, low), (x, high), arrowprops={"arrowstyle": "<->", "color": INK, "linewidth": 0.9, "shrinkA": 0,
                                                     "shrinkB": 0})  # fmt: skip
    if place == "center":
        ax.annotate(words, (x, 0.5 * (low + high)), (5, 0), textcoords="offset points", fontsize=8, va="center",
                    ha="left", path_effects=HALO)  # fmt: skip
    else:
        ax.annotate(words, (x, min(low, high)), (0, -4), textcoords="offset points", fontsize=8, va="top",
                    ha="center", path_effects=HALO)  # fmt: skip


def _draw_splittings(ax: Axes, table: DrawnTable) -> None:
    drives = table.numbers("eps2 [K]", series="double precision")
    ax.plot(
        drives,
        table.numbers("delta [K]", series="double precision"),
        ".",
        color=FAINT,
        markersize=4,
        zorder=1,
    )
    handles = []
    for number, n in enumerate(SPLIT):
        x, y = (table.numbers(c, series="splitting", n=n) for c in ("eps2 [K]", "delta [K]"))
        style: dict[str, Any] = {"color": COLOURS[number], "linestyle": LINES[number], "linewidth": 1.6}
        ax.plot(x, y, **style)
        top = [table.numbers(c, series="barrier top", n=n) for c in ("eps2 [K]", "delta [K]")]
        ax.plot(*top, MARKERS[number], color=COLOURS[number], markeredgecolor=INK, markersize=6, zorder=4)
        handles.append(
            Line2D(
                [],
                [],
                marker=MARKERS[number],
                markeredgecolor=INK,
                markersize=5,
                label=rf"$\delta_{n}$",
                **style,
            )
        )
    handles.append(
        Line2D(
            [],
            [],
            marker=".",
            linestyle="",
            color=FAINT,
            markersize=6,
            label=r"$\delta_1$ in double precision",
        )
    )
    ax.set_yscale("log")
    lowest = float(table.numbers("delta [K]", series="splitting").min())
    ax.set(xlabel=DRIVE, ylabel=r"tunnel splitting $\delta_n/K$", xlim=(0.0, float(drives.max())))
    ax.set_ylim(10.0 ** np.floor(np.log10(lowest)), 100.0)
    ax.legend(handles=handles, loc="lower left", ncols=2)
    minor_ticks(ax, "x")
    panel_letter(
        ax, "c", r"splittings; marker: the manifold sinks below the barrier top ($\delta_0=0$ exactly)"
    )


JOB = FigureJob(
    1,
    "Double well, its levels, and tunnel splittings against the drive",
    draw_levels,
    seconds=5.0,
    settings={
        "eps2": Setting(
            10.0, "drive of the landscape and the levels, in units of K", minimum=4.0, maximum=60.0
        ),
        "eps2_max": Setting(
            26.0, "largest drive of the splittings, in units of K", minimum=5.0, maximum=120.0
        ),
        "points": Setting(160, "drives of the splittings", minimum=5, maximum=5000, whole=True),
    },
    source=f"V_cl: Eq. (7); levels, splittings, gaps: Eqs. (6), (8), (10), exact; {MODEL}",
)
