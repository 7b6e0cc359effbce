"""What the projection on manifolds of H loses: the rate equations against the exact rate as the temperature goes to zero.

The ground manifold of H consists of coherent states, which the loss of a photon does not excite. Without thermal photons the
rate equations (50), (51) therefore end at 2V_00 (96), while the exact rate goes on: the states between two clicks are those of
the non-Hermitian Hamiltonian, and they are heated.
"""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from wellhop.analysis.figures.drawn import Cell, DrawnTable
from wellhop.analysis.figures.job import DrawnFigure, FigureJob, FigureOptions, Setting
from wellhop.analysis.figures.kerr_cat_axes import DRIVE, EXACT, MODEL, RATE, TEMPERATURE
from wellhop.analysis.figures.kerr_cat_mechanisms import BROAD, exact_above_floor, power_of_ten
from wellhop.analysis.figures.layout import Theory, heading, minor_ticks, panel_letter
from wellhop.analysis.figures.style import COLOURS, INK, house_style, new_figure
from wellhop.analysis.staircase import ground_rate, rate_model
from wellhop.engine.errors import ParameterError
from wellhop.engine.systems.kerr_cat import KerrCat

#: Damping rates of panel (a), temperatures of panel (b); dashes and marker of each.
DAMPINGS = (0.1, 0.025)
TEMPERATURES = (0.0, 1e-6, 1e-3)
LINES = (
    Theory("", COLOURS[1], (0, (5, 1.6)), "o"),
    Theory("", COLOURS[2], (0, (1, 1.3)), "s"),
    Theory("", COLOURS[3], (0, (6, 1.5, 1, 1.5)), "^"),
)
COLUMNS = ("series", "panel", "eps2 [K]", "kappa [K]", "n_th", "Gamma [K]", "2V_00 [K]")


def draw_projection(options: FigureOptions) -> DrawnFigure:
    """Both rates against the temperature at two damping rates (a), and against the drive at three temperatures (b).

    Returns:
        The figure; the table has the series ``exact`` and ``rate equations`` of both panels, those at n_th = 0 of panel
        (a) included, and ``mismatch``, the temperature below which the rate equations give less than half of the rate.

    Raises:
        ParameterError: temperatures out of order.
    """
    coldest, hottest = options["n_min"], options["n_max"]
    if not coldest < hottest:
        raise ParameterError("n_min, n_max", (coldest, hottest), "n_min < n_max")
    table = DrawnTable(COLUMNS)
    n_ths = np.geomspace(coldest, hottest, options.count("temperatures"))
    for kappa in DAMPINGS:
        options.progress(f"kappa = {kappa:g} K", 0.0)
        systems = [KerrCat(options["eps2"], kappa, float(n_th)) for n_th in (0.0, *n_ths)]
        exact, equations = _add(table, "a", systems)
        below = np.flatnonzero(equations[1:] < 0.5 * exact[1:])
        if below.size and below[-1] < n_ths.size - 1:
            k = int(below[-1])
            share = np.log(equations[1:][k : k + 2] / exact[1:][k : k + 2])
            at = float(np.exp(np.interp(np.log(0.5), share, np.log(n_ths[k : k + 2]))))
            here = KerrCat(options["eps2"], kappa, at)
            table.add("mismatch", "a", here.eps2, kappa, at, exact_above_floor(here), ground_rate(here))
    drives = np.linspace(1.0, options["eps2_max"], options.count("points"))
    for i, n_th in enumerate(TEMPERATURES):
        options.progress(f"n_th = {n_th:g}", (1 + i) / (1 + len(TEMPERATURES)))
        _add(table, "b", [KerrCat(float(eps2), options["kappa"], n_th) for eps2 in drives])
    notes = (
        "exact: slowest odd mode of the Liouvillian, left out below 1e-13 K; rate equations: minus the slowest eigenvalue "
        "of (50), (51); 2V_00: Eq. (96)",
        "mismatch: temperature below which the rate equations give less than half of the exact rate",
    )
    with house_style():
        figure = new_figure(height=4.7)
        left, right = figure.subplots(1, 2)
        _draw_temperatures(left, table, options["eps2"], coldest)
        _draw_drives(right, table, options["kappa"])
        _legend(figure)
        heading(
            figure,
            "Projection on the manifolds of H loses the quantum heating",
            r"Without thermal photons the rate equations (50), (51) end at $2V_{00}$, the rate of the ground manifold alone.",
            "The exact rate does not, and exceeds it the more, the stronger the damping.",
        )
    return DrawnFigure(figure, table, notes)


def _add(table: DrawnTable, panel: str, systems: list[KerrCat]) -> tuple[np.ndarray, np.ndarray]:
    """Rows of both rates; returns them."""
    exact = np.array([exact_above_floor(system) for system in systems])
    equations = np.array([rate_model(system).decay_rate() for system in systems])
    for series, rates in (("exact", exact), ("rate equations", equations)):
        for system, rate in zip(systems, rates, strict=True):
            table.add(series, panel, system.eps2, system.kappa, system.n_th, rate, ground_rate(system))
    return exact, equations


def _draw_temperatures(ax: Axes, table: DrawnTable, eps2: float, coldest: float) -> None:
    """Panel (a); the values at n_th = 0 stand as symbols at the left edge."""
    handles = []
    for kappa, theory in zip(DAMPINGS, LINES, strict=False):
        for series in ("exact", "rate equations"):
            where: dict[str, Cell] = {"series": series, "panel": "a", "kappa [K]": kappa}
            x, y = table.numbers("n_th", **where), table.numbers("Gamma [K]", **where)
            style = {**theory.style(), **BROAD, "linestyle": "-"} if series == "exact" else theory.style()
            ax.plot(x[1:], y[1:], **style)
            face = theory.colour if series == "exact" else "white"
            ax.plot(
                [coldest],
                y[:1],
                theory.marker,
                color=theory.colour,
                markerfacecolor=face,
                clip_on=False,
                zorder=5,
            )
        half: dict[str, Cell] = {"series": "mismatch", "kappa [K]": kappa}
        ax.plot(*(table.numbers(c, **half) for c in ("n_th", "Gamma [K]")), "D", color=theory.colour,
                markeredgecolor=INK, zorder=5)  # fmt: skip
        end: dict[str, Cell] = {"kappa [K]": kappa, "panel": "a", "n_th": 0.0}
        ends = [table.numbers("Gamma [K]", series=series, **end)[0] for series in ("exact", "rate equations")]
        text = rf"${kappa:g}\,K$: " + ", ".join(f"{value:.3g}" for value in ends)
        handles.append(Line2D([], [], label=text, marker=theory.marker, **theory.style()))
    ax.set(xscale="log", yscale="log", xlabel=TEMPERATURE, ylabel=RATE, xlim=(coldest, None))
    title = r"$\kappa$: $\Gamma/K$ at $n_\mathrm{th}=0$, exact and rate eqs."
    ax.legend(handles=handles, title=title, loc="upper left", title_fontsize=8, fontsize=8, alignment="left")
    ax.set_ylim(None, 1e-2)
    panel_letter(ax, "a", rf"$\epsilon_2={eps2:g}\,K$")


def _draw_drives(ax: Axes, table: DrawnTable, kappa: float) -> None:
    handles = []
    for n_th, theory in zip(TEMPERATURES, LINES, strict=True):
        for series in ("exact", "rate equations"):
            where: dict[str, Cell] = {"series": series, "panel": "b", "n_th": n_th}
            style = {**theory.style(), **BROAD, "linestyle": "-"} if series == "exact" else theory.style()
            ax.plot(table.numbers("eps2 [K]", **where), table.numbers("Gamma [K]", **where), **style)
        handles.append(Line2D([], [], label=rf"$n_\mathrm{{th}}={power_of_ten(n_th)}$", **theory.style()))
    exact = table.numbers("Gamma [K]", series="exact", panel="b")
    ax.set(yscale="log", xlabel=DRIVE, ylabel=RATE, ylim=(0.1 * np.nanmin(exact), 3.0 * np.nanmax(exact)))
    ax.legend(handles=handles, loc="upper right")
    minor_ticks(ax, "x")
    panel_letter(ax, "b", rf"$\kappa={kappa:g}\,K$")


def _legend(figure: Figure) -> None:
    grey = COLOURS[5]
    handles = [
        Line2D([], [], color=grey, label=EXACT.label, **BROAD),
        Line2D([], [], color=grey, linestyle=(0, (5, 1.6)), label="rate equations (50), (51)"),
        Line2D([], [], color=INK, marker="o", linestyle="", label=r"exact, $n_\mathrm{th}=0$"),
        Line2D([], [], color=INK, marker="o", markerfacecolor="white", linestyle="",
               label=r"rate equations, $n_\mathrm{th}=0$"),
        Line2D([], [], color=grey, marker="D", markeredgecolor=INK, linestyle="", label="rate equations give half"),
    ]  # fmt: skip
    figure.legend(handles=handles, loc="outside lower center", ncols=3)


JOB = FigureJob(
    12,
    "Rate equations on the manifolds of H against the exact rate as the temperature goes to zero",
    draw_projection,
    seconds=12.0,
    settings={
        "eps2": Setting(6.0, "drive of panel (a) in units of K", minimum=1.0, maximum=9.0),
        "kappa": Setting(0.1, "damping of panel (b) in units of K", minimum=1e-3, maximum=0.3),
        "n_min": Setting(1e-10, "lowest thermal occupation", minimum=1e-14, maximum=1.0),
        "n_max": Setting(1e-2, "highest thermal occupation", minimum=1e-14, maximum=1.0),
        "eps2_max": Setting(12.0, "last drive of panel (b) in units of K", minimum=2.0, maximum=14.0),
        "temperatures": Setting(
            25, "points of a curve against the temperature", minimum=4, maximum=500, whole=True
        ),
        "points": Setting(40, "points of a curve against the drive", minimum=4, maximum=500, whole=True),
    },
    source=f"rate equations (50), (51); Eq. (96); exact: slowest odd mode of the Liouvillian; {MODEL}",
)
