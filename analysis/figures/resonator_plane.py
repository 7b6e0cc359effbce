"""What maps of the two-photon resonator over the plane of quadratures have in common: grid, mirror symmetry, marks, legend.

x = sqrt(2) Re α, p = sqrt(2) Im α; every function drawn has f(-α) = f(α).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.collections import QuadMesh
from matplotlib.lines import Line2D

from wellhop.analysis.figures.job import FigureOptions, Setting
from wellhop.analysis.figures.layout import minor_ticks
from wellhop.analysis.figures.style import COLOURS
from wellhop.analysis.resonator_wigner import wigner_maximum
from wellhop.analysis.resonator_wkb import turning_point
from wellhop.engine.systems.two_photon_resonator import TwoPhotonResonator

RealArray = npt.NDArray[np.float64]
ComplexArray = npt.NDArray[np.complex128]

X, P = "x", "p"
X_MATH, P_MATH = r"$x=\sqrt{2}\,\mathrm{Re}\,\alpha$", r"$p=\sqrt{2}\,\mathrm{Im}\,\alpha$"
#: Source named at the head of the CSV.
MODEL = f"H = -Delta n + (iG/2)(a^dag^2 - a^2), loss sqrt(eta) a^2; {TwoPhotonResonator.reference}"
MAP_COLOURS = "viridis"
#: Vacuum widths shown beyond the wells.
_MARGIN = 3.2
#: Kind of a mark: series of the table, marker, fill, edge, size, words.
_MARKS = {
    "fixed point": ("o", "#e02020", "white", 6.0, r"mean-field fixed point, Eq. (21)"),
    "saddle": ("X", "white", "#222222", 7.0, "saddle"),
    "maximum": ("D", "none", "white", 8.0, r"maximum of the exact $W_0$"),
    "turning point": (
        "|",
        COLOURS[1],
        COLOURS[1],
        9.0,
        r"turning point $\alpha=\pm|\Delta|/(2\sqrt{\eta G})$",
    ),
}


def plane_settings(points: int) -> dict[str, Setting]:
    """G, Δ, η and the number of points, those of Figs. 1 and 2 of the paper by default."""
    return {
        "G": Setting(10.0, "two-photon drive G", minimum=0.1, maximum=200.0),
        "Delta": Setting(7.0, "detuning, either sign, |Delta| < G", minimum=-200.0, maximum=200.0),
        "eta": Setting(1.0, "two-photon loss rate", minimum=0.05, maximum=10.0),
        "points": Setting(points, "points of the maps along x and p", minimum=11, maximum=401, whole=True),
    }


def plane_system(options: FigureOptions) -> TwoPhotonResonator:
    """The system of the settings.

    Raises:
        PredictionError: |Δ| >= G, where there are no two wells.
    """
    system = TwoPhotonResonator(options["G"], options["Delta"], options["eta"])
    _ = system.s
    return system


def reach(system: TwoPhotonResonator) -> float:
    """Half the side of the maps: 7 at G = 10, Δ = 7, η = 1.

    >>> reach(TwoPhotonResonator(10.0, 7.0))
    7.0
    """
    return float(np.ceil(np.sqrt(2.0) * abs(system.alpha0) + _MARGIN))


def grid(system: TwoPhotonResonator, points: int) -> RealArray:
    """(points,) values of x, and of p, symmetric about 0.

    >>> grid(TwoPhotonResonator(10.0, 7.0), 5).tolist()
    [-7.0, -3.5, 0.0, 3.5, 7.0]
    """
    steps = np.arange(points) - 0.5 * (points - 1)
    return np.asarray(reach(system) * (steps / steps[-1]), dtype=np.float64)


def amplitudes(axis: RealArray) -> ComplexArray:
    """(points, points) α, rows along p."""
    return np.asarray((axis[None, :] + 1j * axis[:, None]) / np.sqrt(2.0), dtype=np.complex128)


def mirrored_map(function: Callable[[ComplexArray], RealArray], axis: RealArray) -> RealArray:
    """(points, points) function of α, rows along p, computed on one half of the plane.

    >>> mirrored_map(lambda a: np.abs(a) ** 2, np.array([-1.0, 0.0, 1.0])).round(12).tolist()
    [[1.0, 0.5, 1.0], [0.5, 0.0, 0.5], [1.0, 0.5, 1.0]]
    """
    flat = amplitudes(axis).ravel()
    half = (flat.size + 1) // 2
    values = np.empty(flat.size)
    values[:half] = function(flat[:half])
    values[half:] = values[: flat.size - half][::-1]
    return values.reshape(axis.size, axis.size)


def draw_map(ax: Axes, axis: RealArray, values: RealArray, limits: tuple[float, float]) -> QuadMesh:
    """Colour over x and p with equal scales."""
    mesh = ax.pcolormesh(
        axis,
        axis,
        np.ma.masked_invalid(values),
        vmin=limits[0],
        vmax=limits[1],
        cmap=MAP_COLOURS,
        shading="nearest",
        rasterized=True,
    )
    side = float(axis[-1])
    ax.set(xlim=(-side, side), ylim=(-side, side), aspect="equal", xlabel=X_MATH)
    ax.grid(False)
    minor_ticks(ax)
    return mesh


def special_points(system: TwoPhotonResonator) -> dict[str, tuple[complex, ...]]:
    """Fixed points, saddle, maxima of W₀ and turning points, as x + ip.

    Raises:
        PredictionError: no two wells, or W₀ without two maxima.
    """
    fixed = np.sqrt(2.0) * system.alpha0
    maximum = np.sqrt(2.0) * wigner_maximum(system)
    turning = complex(np.sqrt(2.0) * turning_point(system))
    return {
        "fixed point": (fixed, -fixed),
        "saddle": (0j,),
        "maximum": (maximum, -maximum),
        "turning point": (turning, -turning) if turning else (),
    }


def draw_marks(ax: Axes, points: dict[str, tuple[complex, ...]], kinds: Sequence[str]) -> None:
    """Marks of the chosen kinds over a map."""
    for kind in kinds:
        marker, fill, edge, size, _ = _MARKS[kind]
        for z in points[kind]:
            ax.plot(z.real, z.imag, marker, markerfacecolor=fill, markeredgecolor=edge, markersize=size,
                    markeredgewidth=1.6 if marker == "|" else 0.9, zorder=5)  # fmt: skip


def mark_handles(kinds: Sequence[str]) -> list[Line2D]:
    """Legend entries of the marks; white edges are drawn dark on the white page."""
    handles = []
    for kind in kinds:
        marker, fill, edge, size, words = _MARKS[kind]
        shown = "#222222" if edge == "white" else edge
        handles.append(Line2D([], [], linestyle="", marker=marker, markerfacecolor=fill, markeredgecolor=shown,
                              markersize=size, markeredgewidth=1.6 if marker == "|" else 0.9, label=words))  # fmt: skip
    return handles


def parameters_math(system: TwoPhotonResonator) -> str:
    r"""The parameters for a title.

    >>> print(parameters_math(TwoPhotonResonator(10.0, 7.0)))
    $G=10$, $\Delta=7$, $\eta=1$
    """
    return rf"$G={system.G:g}$, $\Delta={system.Delta:g}$, $\eta={system.eta:g}$"
