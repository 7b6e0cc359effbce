"""Switching path of the two-photon resonator over its mean field: out of a well, over the saddle, into the other well.

The escape is a solution of Hamilton's equations by Newton's method; beside it stand its action, its orbit and its momentum in
closed form. The orbit of truncated Wigner differs, its action does not.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from scipy.integrate import solve_ivp

from wellhop.analysis.figures.drawn import DrawnTable
from wellhop.analysis.figures.job import DrawnFigure, FigureJob, FigureOptions, Setting
from wellhop.analysis.figures.layout import Theory, heading, minor_ticks, panel_letter
from wellhop.analysis.figures.resonator_plane import MODEL, P_MATH, X_MATH, plane_system
from wellhop.analysis.figures.style import COLOURS, FAINT, INK, house_style, new_figure
from wellhop.analysis.instanton_path import InstantonPath
from wellhop.analysis.resonator_action import escape_action
from wellhop.analysis.resonator_instanton import SMALLEST_DETUNING, resonator_instanton
from wellhop.analysis.resonator_keldysh import ResonatorHamiltonian, escape_momentum
from wellhop.engine.errors import ParameterError
from wellhop.engine.systems.two_photon_resonator import TwoPhotonResonator

RealArray = npt.NDArray[np.float64]
#: Escape of the quantum model, of truncated Wigner, and the way down.
QUANTUM = Theory("escape, full Keldysh (Newton)", COLOURS[0], "-", "o")
TWA = Theory(r"escape, truncated Wigner, $D=|\alpha|^2$ (Newton)", COLOURS[1], (0, (5, 1.5)), "s")
RELAXATION = Theory("relaxation into the other well", COLOURS[2], (0, (5, 1.5, 1, 1.5)), "^")
#: Closed forms lie on top of numbers: thin and dotted.
CLOSED: dict[str, Any] = {"color": INK, "linewidth": 1.0, "linestyle": (0, (1, 1.6)), "zorder": 6}
#: Shares of the action at which arrows sit; points of the field along an axis.
_ARROWS, _FIELD = (0.3, 0.8), 41
#: Within this share of the distance to the saddle the momentum is too small for a relative difference.
_NEAR = 3e-3
_SQRT2 = float(np.sqrt(2.0))
#: Column of the difference between the two.
OFF = "|chi - chi closed form|/max"
_COLUMNS = (
    "series",
    "time [1/eta]",
    "x",
    "p",
    "theta [rad]",
    "|alpha|^2",
    "Re chi",
    "Im chi",
    "S",
    "S closed form",
    "|alpha|^2 closed form",
    OFF,
)


def draw_resonator_paths(options: FigureOptions) -> DrawnFigure:
    """Four panels: phase portrait with the paths, action, orbit, and how far the numbers lie off the closed form.

    Returns:
        The figure; the table has the series ``keldysh`` and ``twa`` (Newton's paths), ``relaxation``, ``drift`` (mean field on
        the grid of the streamlines), ``well`` and ``saddle``.

    Raises:
        ParameterError: |Δ| >= G, or |Δ| < G/1000.
    """
    system = plane_system(options)
    if abs(system.Delta) < SMALLEST_DETUNING * system.G:
        raise ParameterError(
            "Delta", system.Delta, f"|Delta| >= {SMALLEST_DETUNING:g} G for the path to end at rest"
        )
    paths = {}
    for number, model in enumerate(("keldysh", "twa")):
        options.progress(f"escape path, {model}", 0.3 * number)
        paths[model] = resonator_instanton(system, "keldysh" if model == "keldysh" else "twa")
    table = DrawnTable(_COLUMNS)
    times, down = relaxation(system)
    for model, path in paths.items():
        _tabulate(table, system, model, path)
    _add(table, "relaxation", time=eta_times(system, times), x=_SQRT2 * down[:, 0], p=_SQRT2 * down[:, 1])
    options.progress("mean field", 0.7)
    with house_style():
        figure = new_figure(height=5.9)
        axes = figure.subplot_mosaic(
            [["plane", "action"], ["plane", "orbit"], ["plane", "momentum"]], width_ratios=[1.6, 1.0]
        )
        _draw_plane(axes["plane"], table, system, paths, down)
        _draw_action(axes["action"], table, system)
        _draw_orbit(axes["orbit"], table, system)
        _draw_difference(axes["momentum"], table)
        panel_letter(axes["plane"], "a", r"mean field ($\chi=0$) and paths")
        panel_letter(axes["action"], "b", "action along the escape")
        panel_letter(axes["orbit"], "c", r"$|\alpha|^2$ over $(s+G\cos 2\theta)/2\eta$")
        panel_letter(axes["momentum"], "d", r"$\chi$ against Eq. (29)")
        _legend(figure)
        heading(
            figure,
            rf"Switching path at $G={system.G:g}$, $\Delta={system.Delta:g}$, $\eta={system.eta:g}$ (Fig. 3 of the paper)",
            "The escape climbs against the mean field to the saddle, then relaxes into the other well. Full Keldysh and truncated",
            rf"Wigner take different orbits at the same action, $S={escape_action(system):.6g}$ of Eq. (32).",
        )
    notes = (
        "series keldysh, twa: escape paths as solutions of Hamilton's equations by Newton's method; x = sqrt(2) Re alpha, "
        "p = sqrt(2) Im alpha, chi the quantum field, time zero at half of the action",
        "S closed form: action as a function of the angle theta = arg alpha; |alpha|^2 closed form: (s + G cos 2 theta)/(2 eta) "
        "for keldysh, (G sin 2 theta - Delta)/(2 eta (theta - theta_0)) for twa; chi closed form: Eq. (29), and for twa ours",
        f"S of (32) {escape_action(system):.12g}; "
        + ", ".join(f"{model} {path.total_action:.12g}" for model, path in paths.items()),
        "series drift: (x, p) and its velocity in the columns Re chi, Im chi",
    )
    return DrawnFigure(figure, table, notes)


def eta_times(system: TwoPhotonResonator, times: RealArray) -> RealArray:
    """Times in units of 1/η."""
    return np.asarray(system.eta * times, dtype=np.float64)


def relaxation(system: TwoPhotonResonator, points: int = 400) -> tuple[RealArray, RealArray]:
    """Times and q (points, 2) of the mean-field path 0 -> -α₀ along the growing direction of the saddle."""
    h = ResonatorHamiltonian.of(system, "twa")
    outward = -np.array([system.G + system.s, system.Delta])
    start = 1e-3 * abs(system.alpha0) * outward / np.linalg.norm(outward)
    last = 11.0 / system.s
    times = np.linspace(0.0, last, points)
    run = solve_ivp(
        lambda _, q: h.drift_at(q),
        (0.0, last),
        start,
        t_eval=times,
        rtol=1e-9,
        atol=1e-12 * abs(system.alpha0),
    )
    return times, run.y.T


def _tabulate(table: DrawnTable, system: TwoPhotonResonator, model: str, path: InstantonPath) -> None:
    """A path beside its closed form."""
    q = path.q
    alpha = q[:, 0] + 1j * q[:, 1]
    angle = np.angle(alpha)
    first = float(np.angle(system.alpha0))
    turned = angle - first
    chi = 0.25 * (path.p[:, 0] - 1j * path.p[:, 1])
    known = escape_momentum(system, "keldysh" if model == "keldysh" else "twa", alpha)
    square = (
        (system.s + system.G * np.cos(2.0 * angle)) / (2.0 * system.eta)
        if model == "keldysh"
        else (system.G * np.sin(2.0 * angle) - system.Delta) / (2.0 * system.eta * turned)
    )
    risen = system.G * (np.cos(2.0 * first) - np.cos(2.0 * angle)) - 2.0 * system.Delta * turned
    middle = float(np.interp(0.5 * path.total_action, path.action, path.times))
    far = np.abs(alpha) > _NEAR * abs(system.alpha0)
    off = np.where(far, np.abs(chi - known) / np.abs(known).max(), np.nan)
    table.add_series(
        model, eta_times(system, path.times - middle), _SQRT2 * q[:, 0], _SQRT2 * q[:, 1], angle, np.abs(alpha) ** 2,
        chi.real, chi.imag, path.action, risen / system.eta, square, off,
    )  # fmt: skip


def _draw_plane(
    ax: Axes,
    table: DrawnTable,
    system: TwoPhotonResonator,
    paths: dict[str, InstantonPath],
    down: RealArray,
) -> None:
    """Streamlines, both escapes, the way down, fixed points."""
    h = ResonatorHamiltonian.of(system, "twa")
    reach = 1.35 * _SQRT2 * abs(system.alpha0)
    grid = np.linspace(-reach, reach, _FIELD)
    x, p = np.meshgrid(grid, grid)
    points = np.stack([x, p], axis=-1).reshape(-1, 2)
    velocity = _SQRT2 * h.drifts(points / _SQRT2)
    field = velocity.reshape(_FIELD, _FIELD, 2)
    ax.streamplot(
        x, p, field[..., 0], field[..., 1], density=1.1, color="#b9c3cc", linewidth=0.6, arrowsize=0.6
    )
    _add(table, "drift", x=points[:, 0], p=points[:, 1], Re=velocity[:, 0], Im=velocity[:, 1])
    for look, path in zip((QUANTUM, TWA), paths.values(), strict=True):
        ax.plot(*(_SQRT2 * path.q.T), **look.style(linewidth=1.8), zorder=4)
        for share in _ARROWS:
            _arrow(
                ax, _SQRT2 * path.q, int(np.searchsorted(path.action, share * path.total_action)), look.colour
            )
    ax.plot(*(_SQRT2 * down.T), **RELAXATION.style(linewidth=1.8), zorder=4)
    _arrow(ax, _SQRT2 * down, int(0.62 * len(down)), RELAXATION.colour)
    well = _SQRT2 * np.array([system.alpha0.real, system.alpha0.imag])
    side = 1.0 if system.Delta > 0.0 else -1.0
    for sign in (1.0, -1.0):
        ax.plot(*(sign * well), "o", color=INK, markersize=6.0, zorder=7)
        _add(table, "well", x=[sign * well[0]], p=[sign * well[1]])
        ax.annotate(
            r"$\alpha_0$" if sign > 0.0 else r"$-\alpha_0$", (sign * well[0], sign * well[1]), (9 * sign, -8 * sign * side),
            textcoords="offset points", ha="left" if sign > 0.0 else "right", va="center", zorder=8,
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.8},
        )  # fmt: skip
    ax.plot(0.0, 0.0, "X", color=INK, markerfacecolor="white", markersize=8.0, zorder=7)
    _add(table, "saddle", x=[0.0], p=[0.0])
    ax.set(xlim=(-reach, reach), ylim=(-reach, reach), aspect="equal", xlabel=X_MATH, ylabel=P_MATH)
    ax.grid(False)
    minor_ticks(ax)


def _arrow(ax: Axes, line: RealArray, at: int, colour: str) -> None:
    """An arrow head on a line."""
    arrow = {"arrowstyle": "-|>", "color": colour, "mutation_scale": 12.0, "shrinkA": 0.0, "shrinkB": 0.0}
    (x, y), (x_tail, y_tail) = line[at + 1], line[at]
    ax.annotate("", (x, y), (x_tail, y_tail), arrowprops=arrow, zorder=5)


def _each(table: DrawnTable) -> list[tuple[Theory, dict[str, RealArray]]]:
    """Both escapes: look, and columns by name."""
    return [
        (look, {name: table.numbers(name, series=model) for name in _COLUMNS[1:]})
        for look, model in ((QUANTUM, "keldysh"), (TWA, "twa"))
    ]


def _draw_action(ax: Axes, table: DrawnTable, system: TwoPhotonResonator) -> None:
    """S against time; the closed form at the same angles, and its last value."""
    exact = escape_action(system)
    ax.axhline(exact, color=FAINT, linewidth=1.0)
    for look, path in _each(table):
        ax.plot(path["time [1/eta]"], path["S"], **look.style(linewidth=1.8))
        ax.plot(path["time [1/eta]"], path["S closed form"], **CLOSED)
    span = 3.4 * system.eta / system.s
    ax.set(
        xlim=(-span, span),
        ylim=(-0.04 * exact, 1.12 * exact),
        xlabel=r"time $\eta t$, zero at $S/2$",
        ylabel="$S$",
    )
    ax.text(
        0.03,
        0.975 * exact,
        rf"Eq. (32): {exact:.4f}",
        transform=ax.get_yaxis_transform(),
        fontsize=8,
        va="top",
    )
    minor_ticks(ax)


def _draw_orbit(ax: Axes, table: DrawnTable, system: TwoPhotonResonator) -> None:
    """Photon number over that of the quantum path, against the angle."""
    for look, path in _each(table):
        angle = path["theta [rad]"]
        quantum = (system.s + system.G * np.cos(2.0 * angle)) / (2.0 * system.eta)
        far = np.isfinite(path[OFF])
        ax.plot(angle[far] / np.pi, (path["|alpha|^2"] / quantum)[far], **look.style(linewidth=1.8))
        ax.plot(angle[far] / np.pi, (path["|alpha|^2 closed form"] / quantum)[far], **CLOSED)
    ax.set(xlabel=r"angle $\theta/\pi$", ylabel=r"ratio")
    minor_ticks(ax)


def _draw_difference(ax: Axes, table: DrawnTable) -> None:
    """How far χ of the numerical path is off the closed form at the same α."""
    for look, path in _each(table):
        off = np.maximum(path[OFF], 1e-16)
        ax.plot(path["theta [rad]"] / np.pi, off, ".", color=look.colour, markersize=1.6)
    ax.set(
        yscale="log", ylim=(1e-13, 1e-5), xlabel=r"angle $\theta/\pi$", ylabel=r"$|\delta\chi|/\max|\chi|$"
    )
    minor_ticks(ax, "x")


def _legend(figure: Figure) -> None:
    handles = [
        *(
            Line2D([], [], label=look.label, **look.style(linewidth=1.8))
            for look in (QUANTUM, TWA, RELAXATION)
        ),
        Line2D([], [], label="closed forms", **CLOSED),
        Line2D([], [], color=INK, marker="o", linestyle="", label="well"),
        Line2D(
            [],
            [],
            color=INK,
            marker="X",
            markerfacecolor="white",
            linestyle="",
            markersize=8.0,
            label="saddle",
        ),
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=2)


def _add(table: DrawnTable, series: str, **columns: Any) -> None:
    """Rows with the columns whose names begin with the keyword, others empty."""
    names = {"time": 0, "x": 1, "p": 2, "Re": 5, "Im": 6}
    cells: list[Any] = [None] * (len(_COLUMNS) - 1)
    for name, values in columns.items():
        cells[names[name]] = np.asarray(values, dtype=np.float64)
    table.add_series(series, *cells)


JOB = FigureJob(
    3,
    "Switching path over the mean field, its action, orbit and momentum (Fig. 3 of the paper)",
    draw_resonator_paths,
    seconds=3.0,
    settings={
        "G": Setting(10.0, "two-photon drive G", minimum=0.1, maximum=200.0),
        "Delta": Setting(7.0, "detuning, either sign, |Delta| < G", minimum=-200.0, maximum=200.0),
        "eta": Setting(1.0, "two-photon loss rate", minimum=0.05, maximum=10.0),
    },
    source=f"Eqs. (18), (19) with a* a^2 chi as the first term in the bracket, (20), (29), (31), (32); {MODEL}",
)
