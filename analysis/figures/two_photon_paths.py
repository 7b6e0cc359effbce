"""Escape paths of the truncated Wigner equation: over the streamlines of the drift, their action and their angle.

Both ways out of a bistable point: from the vacuum and from a bright state to the saddle between them. Beside the
action of the path stands what the locked-angle ansatz makes of the same points; the angle θ from the drift
to the velocity is what the ansatz holds fixed at θ_s of the start.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from wellhop.analysis.ansatz_potential import ansatz_potential
from wellhop.analysis.figures.drawn import DrawnTable
from wellhop.analysis.figures.job import DrawnFigure, FigureJob, FigureOptions, Setting
from wellhop.analysis.figures.layout import heading, minor_ticks, panel_letter
from wellhop.analysis.figures.style import BAND, COLOURS, FAINT, INK, house_style, new_figure
from wellhop.analysis.figures.two_photon_axes import ANSATZ, MODEL, QUANTUM, TWA
from wellhop.analysis.instanton import instanton
from wellhop.analysis.instanton_path import InstantonPath
from wellhop.analysis.two_photon_actions import (
    WellActions,
    ansatz_actions,
    locking_angle,
    quantum_actions,
    scaled_amplitude,
)
from wellhop.engine.systems.kerr_two_photon_drive import KerrTwoPhotonDrive

RealArray = npt.NDArray[np.float64]
Well = Literal["vacuum", "bright"]
WELLS: tuple[Well, ...] = ("vacuum", "bright")

#: Share of the action at which time is zero, and the part of the window shown before it.
ARRIVED, BEFORE = 0.99, 0.75
#: In units of the closest approach: nearer to the saddle than this, the direction of a path is that of its miss.
BENT = 20.0
#: Shares of the action at which an arrow shows the direction.
_ARROWS = (0.25, 0.6, 0.93)
_COLUMNS = (
    "series",
    "time [1/gamma]",
    "q_1",
    "q_2",
    "p_1 [gamma]",
    "p_2 [gamma]",
    "f_1 [gamma]",
    "f_2 [gamma]",
    "S [gamma]",
    "S ansatz [gamma]",
    "theta [rad]",
    "theta_s [rad]",
)


@dataclass(frozen=True)
class Escape:
    """One escape, turned by parity such that it ends at the saddle with q_1 > 0.

    Attributes:
        times: zero where nearly all of the action has accrued; the last relaxation to the saddle takes arbitrarily long.
        q, p: the turned path. ansatz: S^an at its points.
        theta: the angle; NaN where the path is so near the saddle that the miss bends it. locked: θ_s there.
    """

    well: Well
    path: InstantonPath
    times: RealArray
    q: RealArray
    p: RealArray
    ansatz: RealArray
    theta: RealArray
    locked: RealArray


def drift(system: KerrTwoPhotonDrive, q: RealArray) -> RealArray:
    """f(q) at (..., 2) points, γ = 1.

    >>> drift(KerrTwoPhotonDrive(-10.0, 3.2, 1.0), np.array([1.0, 0.0])).round(12).tolist()
    [-1.0, 6.55]
    """
    turning = system.delta + 0.25 * system.gamma * np.sum(q * q, axis=-1)
    x, y = q[..., 0], q[..., 1]
    g, e = system.gamma, system.eps
    return np.stack([-g * x + turning * y - e * y, -g * y - turning * x - e * x], axis=-1)


def escape(system: KerrTwoPhotonDrive, well: Well) -> Escape:
    """The least-action escape from one well, γ = 1.

    Raises:
        PredictionError: no bistability, or no path connects.
    """
    system.require_bistable("escape paths")
    path = instanton("twa", delta=system.delta, eps=system.eps, start=well)
    sign = 1.0 if path.saddle[0] > 0.0 else -1.0
    q = sign * path.q
    origin = scaled_amplitude(system, well)
    # The ansatz starts at the well of positive Re α; the other one is its image under parity.
    side = 1.0 if float(sign * path.attractor @ origin) >= 0.0 else -1.0
    locked = np.unwrap(np.asarray(locking_angle(system, 0.25 * np.sum(q * q, axis=1))))
    locked += 2.0 * np.pi * np.round((path.theta[0] - locked[0]) / (2.0 * np.pi))
    near = np.linalg.norm(path.q - path.saddle, axis=1) < BENT * path.distance
    return Escape(
        well=well,
        path=path,
        times=path.times - float(np.interp(ARRIVED, path.action / path.total_action, path.times)),
        q=q,
        p=sign * path.p,
        ansatz=ansatz_potential(system, well, side * q),
        theta=np.where(near, np.nan, path.theta),
        locked=locked,
    )


def draw_paths(options: FigureOptions) -> DrawnFigure:
    """Six panels: both escapes, each with its path, its action and its angle.

    Returns:
        The figure; the table has the series ``vacuum`` and ``bright`` (the paths), ``drift`` (the grid of the
        streamlines) and ``stable`` and ``saddle`` (fixed points).
    """
    system = KerrTwoPhotonDrive(options["delta"], options["eps"], 1.0)
    escapes = []
    for number, well in enumerate(WELLS):
        options.progress(f"escape from the {well} state", 0.4 * number)
        escapes.append(escape(system, well))
    table = DrawnTable(_COLUMNS)
    exact, ansatz = quantum_actions(system), ansatz_actions(system)
    reach = 1.1 * max(float(np.abs(one.q).max()) for one in escapes)
    with house_style():
        figure = new_figure(height=8.4)
        rows = figure.subplots(3, 2, height_ratios=[1.75, 1.0, 1.0])
        options.progress("streamlines", 0.9)
        for column, one in enumerate(escapes):
            _draw_plane(rows[0, column], system, one, reach, table if column == 0 else None)
            _draw_action(rows[1, column], one, exact, ansatz)
            _draw_angle(rows[2, column], one, options["window"])
            for row in (1, 2):
                rows[row, column].set_xlim(-BEFORE * options["window"], (1.0 - BEFORE) * options["window"])
                rows[row, column].set_xlabel(r"time $\gamma t$, zero at 99 % of the action")
            _tabulate(table, system, one)
        for letter, ax, title in zip(
            "abcdef",
            rows.ravel(),
            (
                "escape from the vacuum",
                "escape from a bright state",
                *2 * ("action",),
                *2 * ("angle from drift to velocity",),
            ),
            strict=True,
        ):
            panel_letter(ax, letter, title)
        _legend(figure)
        heading(
            figure,
            rf"Escape paths at $\delta={system.delta:g}\,\gamma$, $\epsilon={system.eps:g}\,\gamma$",
            "Least-action paths of the truncated Wigner equation, whose rates go as exp(-S/U), over the streamlines of its drift;",
            "below, their action and angle beside those of the locked-angle ansatz that gives Eq. (11).",
        )
    notes = (
        "series vacuum, bright: the escape paths, q = 2 sqrt(U/gamma)(Re alpha, Im alpha), p momentum, f drift, "
        f"time zero at {100.0 * ARRIVED:g} % of the action",
        f"theta is left out nearer to the saddle than {BENT:g} times the closest approach of the path",
        "turned by parity (q -> -q) where needed, such that both end at the saddle with q_1 > 0",
        f"S of the whole path: vacuum {escapes[0].path.total_action:.8g}, bright {escapes[1].path.total_action:.8g}; "
        f"ansatz {ansatz.vacuum:.8g}, {ansatz.bright:.8g}; exact quantum S^Q {exact.vacuum:.8g}, {exact.bright:.8g}",
        "series drift: f on the grid of the streamlines; series stable, saddle: fixed points",
    )
    return DrawnFigure(figure, table, notes)


def _draw_plane(
    ax: Axes, system: KerrTwoPhotonDrive, one: Escape, reach: float, table: DrawnTable | None
) -> None:
    """The path over streamlines, with all five fixed points."""
    bright, saddle = scaled_amplitude(system, "bright"), scaled_amplitude(system, "saddle")
    grid = np.linspace(-reach, reach, 41)
    x, y = np.meshgrid(grid, grid)
    f = drift(system, np.stack([x, y], axis=-1))
    ax.streamplot(x, y, f[..., 0], f[..., 1], density=1.0, color="#b9c3cc", linewidth=0.6, arrowsize=0.6)
    ax.plot(one.q[:, 0], one.q[:, 1], color=TWA.colour, linewidth=1.5, zorder=4)
    for share in _ARROWS:
        at = int(np.searchsorted(one.path.action, share * one.path.total_action))
        ends = {"xy": one.q[at + 1], "xytext": one.q[at]}
        arrow = {
            "arrowstyle": "-|>",
            "color": TWA.colour,
            "mutation_scale": 11.0,
            "shrinkA": 0.0,
            "shrinkB": 0.0,
        }
        ax.annotate("", **ends, arrowprops=arrow, zorder=4)
    for sign in (1.0, -1.0):
        for place, kind in ((bright, "stable"), (saddle, "saddle"), (np.zeros(2), "stable")):
            fill = INK if kind == "stable" else "white"
            ax.plot(*(sign * place), "o" if kind == "stable" else "X", color=INK, markerfacecolor=fill,
                    markersize=5.5 if kind == "stable" else 7.5, zorder=5)  # fmt: skip
            if table is not None and (sign > 0.0 or np.any(place != 0.0)):
                _add(table, kind, q_1=sign * place[0], q_2=sign * place[1])
    ax.set(
        xlim=(-reach, reach),
        ylim=(-reach, reach),
        aspect="equal",
        ylabel=r"$q_2=2\sqrt{U/\gamma}\,\mathrm{Im}\,\alpha$",
    )
    ax.set_xlabel(r"$q_1=2\sqrt{U/\gamma}\,\mathrm{Re}\,\alpha$")
    ax.set_yticks([tick for tick in ax.get_xticks() if abs(tick) <= reach])
    ax.grid(False)
    minor_ticks(ax)
    if table is not None:
        for point, velocity in zip(np.stack([x, y], axis=-1).reshape(-1, 2), f.reshape(-1, 2), strict=True):
            _add(table, "drift", q_1=point[0], q_2=point[1], f_1=velocity[0], f_2=velocity[1])


def _draw_action(ax: Axes, one: Escape, exact: WellActions, ansatz: WellActions) -> None:
    """S along the path, and the value of the ansatz at the same points."""
    total = one.path.total_action
    share = one.path.action / total
    ax.axvspan(float(np.interp(1.0 - ARRIVED, share, one.times)), 0.0, color=BAND, linewidth=0, zorder=0)
    ax.plot(one.times, one.ansatz, **ANSATZ.style())
    ax.plot(one.times, one.path.action, color=TWA.colour)
    quantum = exact.vacuum if one.well == "vacuum" else exact.bright
    ax.axhline(quantum, color=QUANTUM.colour, linewidth=1.0, linestyle=(0, (1, 1.2)))
    ax.set_ylim(
        min(0.0, 1.1 * float(one.ansatz.min())) - 0.03 * quantum,
        1.14 * max(quantum, total, float(one.ansatz.max())),
    )
    ax.set_ylabel(r"$S/\gamma$")
    closed = ansatz.vacuum if one.well == "vacuum" else ansatz.bright
    words = f"exact quantum {quantum:.3f}\npath {total:.3f}\nansatz {closed:.3f}"
    ax.text(
        0.03, 0.93 * quantum, words, transform=ax.get_yaxis_transform(), fontsize=8, va="top", linespacing=1.5
    )
    minor_ticks(ax)


def _draw_angle(ax: Axes, one: Escape, window: float) -> None:
    """θ along the path and θ_s at the same points, in units of π."""
    ax.axhline(one.path.theta[0] / np.pi, color=FAINT, linewidth=0.9, linestyle=":")
    ax.plot(one.times, one.locked / np.pi, color=COLOURS[3], linestyle=(0, (5, 1.5)), linewidth=1.1)
    ax.plot(one.times, one.theta / np.pi, color=TWA.colour)
    shown = (one.times > -BEFORE * window) & (one.times < (1.0 - BEFORE) * window)
    both = np.concatenate([one.locked[shown], one.theta[shown]]) / np.pi
    low, high = float(np.nanmin(both)), float(np.nanmax(both))
    ax.set_ylim(low - 0.08 * (high - low), high + 0.08 * (high - low))
    ax.set_ylabel(r"$\theta/\pi$")
    minor_ticks(ax)


def _legend(figure: Figure) -> None:
    handles = [
        Line2D([], [], color=TWA.colour, label="least-action path"),
        Line2D([], [], label="locked-angle ansatz at the same points", **ANSATZ.style()),
        Line2D([], [], color=QUANTUM.colour, linestyle=(0, (1, 1.2)), label=r"exact quantum action $S^Q$"),
        Line2D([], [], color=COLOURS[3], linestyle=(0, (5, 1.5)), label=r"$\theta_s=2\,$atan2$(\gamma,\delta+\gamma|q|^2/2)$"),
        Line2D([], [], color=FAINT, linestyle=":", label=r"$\theta_s$ of the start"),
        Line2D([], [], color=BAND, linewidth=6, label="1 % ... 99 % of the action"),
        Line2D([], [], color=INK, marker="o", linestyle="", label="stable"),
        Line2D([], [], color=INK, marker="X", markerfacecolor="white", linestyle="", markersize=7.5, label="saddle"),
    ]  # fmt: skip
    figure.legend(handles=handles, loc="outside lower center", ncols=3)


def _add(table: DrawnTable, series: str, **cells: float) -> None:
    table.add(series, *(cells.get(column.split(" ")[0]) for column in _COLUMNS[1:]))


def _tabulate(table: DrawnTable, system: KerrTwoPhotonDrive, one: Escape) -> None:
    columns = np.column_stack(
        [one.times, one.q, one.p, drift(system, one.q), one.path.action, one.ansatz, one.theta, one.locked]
    )
    table.add_series(one.well, *columns.T)


PATHS = FigureJob(
    3,
    "Escape paths over the drift, their action and their angle, against the ansatz (Fig. 2 of the paper)",
    draw_paths,
    seconds=5.0,
    settings={
        "delta": Setting(-10.0, "detuning in units of gamma", maximum=-0.1, minimum=-100.0),
        "eps": Setting(3.2, "two-photon drive in units of gamma; bistable range only", minimum=1.0),
        "window": Setting(
            6.0,
            "length of time shown in units of 1/gamma, three quarters of it before 99 % of the action",
            minimum=0.5,
            maximum=50.0,
        ),
    },
    source=f"Eqs. (3)-(11) with gamma/4 in the drift; {MODEL}",
)
