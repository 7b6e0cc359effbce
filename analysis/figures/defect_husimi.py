"""Figs. 3 and 6 of the paper: the Q function on its way to the limit cycle, from the Fock state |1> and from a coherent state.

From |1> the ring (E1) fills up and becomes a disk; from |α₀> of Fig. 2(b) the Gaussian (9) passes the origin almost exactly and
settles on a cycle smaller than α₀. Everything is closed form, in the frame of the qubit.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from wellhop.analysis.defect_phases import smallest_mean
from wellhop.analysis.defect_propagator import Start, law, mean
from wellhop.analysis.figures.defect_axes import (
    MODEL,
    REDUCED_ONLY,
    TRAJECTORY,
    Y_MATH,
    circle,
    parameters_math,
    phase_space,
)
from wellhop.analysis.figures.drawn import DrawnTable
from wellhop.analysis.figures.job import DrawnFigure, FigureJob, FigureOptions, Setting
from wellhop.analysis.figures.layout import heading, panel_letter
from wellhop.analysis.figures.style import house_style, new_figure
from wellhop.engine.systems.driven_qubit_tls import DrivenQubitTLS

RealArray = npt.NDArray[np.float64]

_COLUMNS = ("series", "panel", "time [us]", "x", "y", "Q", "variance")
#: Times of Fig. 3, and the last one of Fig. 6, us.
RING_TIMES, LAST = (0.0, 0.3, 0.7, 1.5, 3.0, 10.0), 5.0
#: Δ_d, Ω, α₀ and T for which the paper prints a time of the smallest |μ|.
PRINTED = (-0.37, 0.1, 1.0, 10.0)
#: Contours of πQ, and the largest value of it, that of a coherent state.
_LEVELS = np.linspace(0.0, 1.0, 21)
_MAP = "viridis"
#: Points of the trajectory, and standard deviations shown around the mean.
_DENSE, _MARGIN = 600, 2.4


def draw_ring(options: FigureOptions) -> DrawnFigure:
    """Six panels from |1>.

    Returns:
        The figure; the table has the series ``Q``, ``mean`` (trajectory up to the panel's time), ``center`` (with the variance of
        Q per quadrature) and ``limit cycle``.
    """
    system = DrivenQubitTLS(options["Delta_d"], options["Omega"], T=options["T"])
    return _draw(
        system,
        "fock_1",
        RING_TIMES,
        options.count("points"),
        (
            r"Husimi function from the excited state: a ring becomes a disk (Fig. 3)",
            "Ring and disk of (E1) around the mean (red); the ring decays at $2s$, as fast as the disk grows.",
        ),
    )


def draw_coherent(options: FigureOptions) -> DrawnFigure:
    """Three panels from |α₀>: the start, the smallest |μ|, and later.

    Returns:
        The figure; series as in :func:`draw_ring`.
    """
    system = DrivenQubitTLS(options["Delta_d"], options["Omega"], T=options["T"], alpha_0=options["alpha_0"])
    least = smallest_mean(system)
    middle = least.time if 0.0 < least.time < LAST else 0.25 * LAST
    smallest = (
        rf"the smallest $|\mu|$ is {least.size:.2g} at {least.time:.4g} $\mu$s"
        if math.isfinite(least.time)
        else rf"$|\mu|$ comes down to {least.size:.2g} without a minimum"
    )
    if (system.Delta_d, system.Omega, system.alpha_0, system.T) == PRINTED:
        smallest += r" (the paper prints 1.142 $\mu$s)"
    return _draw(
        system,
        "coherent",
        (0.0, middle, LAST),
        options.count("points"),
        (
            rf"Husimi function from a coherent state, $\alpha_0={system.alpha_0:g}$, on its way to the limit cycle (Fig. 6)",
            f"Gaussian (9) around the mean (red); {smallest}.",
        ),
    )


def _draw(
    system: DrivenQubitTLS, start: Start, times: Sequence[float], points: int, words: tuple[str, str]
) -> DrawnFigure:
    table = DrawnTable(_COLUMNS)
    radius = abs(system.mu_ss)
    first = 0.0 if start == "fock_1" else system.alpha_0
    path = mean(system, np.linspace(0.0, times[-1], _DENSE), amplitude=first)
    seen = [law(system, t, start=start) for t in times]
    outermost = max(
        *(abs(p.center) + _MARGIN * math.sqrt(p.variance) for p in seen),
        1.05 * float(np.abs(path).max()),
        1.05 * radius,
    )
    reach = math.ceil(2.0 * outermost) / 2.0
    axis = np.linspace(-reach, reach, points)
    across = min(len(times), 3)
    down = math.ceil(len(times) / across)
    with house_style():
        figure = new_figure(height=1.35 + 2.1 * down)
        panels = figure.subplots(down, across, squeeze=False).ravel()
        for place, (ax, time) in enumerate(zip(panels, times, strict=True)):
            letter = chr(ord("a") + place)
            _draw_panel(ax, table, system, start, time, letter, axis, first)
            phase_space(ax, reach)
            panel_letter(ax, letter, rf"$t={time:.4g}\ \mu$s")
            ax.set_ylabel(Y_MATH if place % across == 0 else "")
            if place < across * (down - 1):
                ax.set_xlabel("")
        scale = ScalarMappable(Normalize(0.0, 1.0), cmap=_MAP)
        figure.colorbar(scale, ax=list(panels), label=r"$\pi Q$", shrink=0.8, pad=0.015)
        _legend(figure, radius)
        heading(
            figure, words[0], parameters_math(system) + rf", $T={system.T:g}$ mK. {REDUCED_ONLY}", words[1]
        )
    return DrawnFigure(
        figure,
        table,
        (
            "Q: Husimi function of the qubit frame, normalised to 1 over x and y; variance: of Q per quadrature",
        ),
    )


def _draw_panel(
    ax: Axes,
    table: DrawnTable,
    system: DrivenQubitTLS,
    start: Start,
    time: float,
    letter: str,
    axis: RealArray,
    first: float,
) -> None:
    """Contours, trajectory up to now, limit cycle and center."""
    here = law(system, time, start=start)
    x, y = np.meshgrid(axis, axis)
    q = here.density(x + 1j * y)
    ax.contourf(axis, axis, np.pi * q, levels=_LEVELS, cmap=_MAP, vmin=0.0, vmax=1.0)
    table.add_series("Q", letter, time, x.ravel(), y.ravel(), q.ravel(), None)
    radius = abs(system.mu_ss)
    ax.plot(*circle(radius), color="white", linewidth=1.1, linestyle=(0, (4, 2)))
    table.add("limit cycle", letter, None, radius, 0.0, None, None)
    if time > 0.0:
        grid = np.linspace(0.0, time, max(2, round(_DENSE * time / max(LAST, time))))
        path = mean(system, grid, amplitude=first)
        ax.plot(path.real, path.imag, color=TRAJECTORY, linewidth=1.2)
        table.add_series("mean", letter, grid, path.real, path.imag, None, None)
    ax.plot([here.center.real], [here.center.imag], "o", **_CENTER)
    table.add("center", letter, time, here.center.real, here.center.imag, None, here.variance)


_CENTER: dict[str, Any] = {
    "markerfacecolor": "none",
    "markeredgecolor": TRAJECTORY,
    "markersize": 6.0,
    "markeredgewidth": 1.5,
}


def _legend(figure: Figure, radius: float) -> None:
    handles = [
        Line2D([], [], color=TRAJECTORY, linewidth=1.2, label=r"mean $\mu(t)$ so far"),
        Line2D([], [], linestyle="", marker="o", label=r"$\mu$ at this time", **_CENTER),
        Line2D([], [], color="#8a8a8a", linestyle=(0, (4, 2)), label=rf"limit cycle, $|\mu_\mathrm{{ss}}|={radius:.4g}$ (white)"),
    ]  # fmt: skip
    figure.legend(handles=handles, loc="outside lower center", ncols=3)


_POINTS = Setting(81, "points of the maps along x and y", minimum=11, maximum=401, whole=True)
_TEMPERATURE = Setting(10.0, "temperature in mK", minimum=1.0, maximum=10_000.0)

RING = FigureJob(
    3,
    "Husimi function from the excited state: ring, disk and limit cycle (Fig. 3 of the paper)",
    draw_ring,
    seconds=3.0,
    settings={
        "Delta_d": Setting(0.3, "detuning over 2 pi in MHz", minimum=-5.0, maximum=5.0),
        "Omega": Setting(0.5, "drive over 2 pi in MHz", minimum=0.0, maximum=2.0),
        "T": _TEMPERATURE,
        "points": _POINTS,
    },
    source=f"Eqs. (10) with a minus, (E1); {MODEL}",
)

COHERENT = FigureJob(
    6,
    "Husimi function from a coherent state that collapses and revives (Fig. 6 of the paper)",
    draw_coherent,
    seconds=2.0,
    settings={
        "Delta_d": Setting(-0.37, "detuning over 2 pi in MHz", minimum=-5.0, maximum=5.0),
        "Omega": Setting(0.1, "drive over 2 pi in MHz", minimum=0.0, maximum=2.0),
        "alpha_0": Setting(1.0, "amplitude at the start", minimum=0.0, maximum=5.0),
        "T": _TEMPERATURE,
        "points": _POINTS,
    },
    source=f"Eqs. (9), (10) with a minus; {MODEL}",
)
