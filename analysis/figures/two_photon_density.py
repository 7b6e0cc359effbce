"""Density around the vacuum: sampled histogram against the pseudo-potential, marginals with residuals, covariance."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import QuadMesh
from matplotlib.colors import LogNorm

from wellhop.analysis.figures.drawn import DrawnTable
from wellhop.analysis.figures.job import DrawnFigure
from wellhop.analysis.figures.style import BAND, COLOURS, INK, house_style, new_figure
from wellhop.analysis.gaussian_density import DensityComparison, Marginal

#: Contours of the normal density, in standard deviations along any direction.
CONTOURS = (1.0, 2.0, 3.0, 4.0)
_NAMES = ("Re", "Im")


def draw_density(comparison: DensityComparison, hessian: np.ndarray, title: str) -> DrawnFigure:
    """Histogram of the plane with contours of exp(-q·H·q/(2U)), both marginals and their residuals in sigma.

    Args:
        comparison: of points in units of sqrt(U).
        hessian: (2, 2) H of the pseudo-potential, for the contours. title: parameters.

    Returns:
        Series ``cell`` (of the plane, where anything was counted), ``Re``, ``Im`` (bins of the marginals) and ``covariance``
        (columns q1 = i, q2 = j, density = measured, expected, residual).
    """
    table = DrawnTable(("series", "q1/sqrt(U)", "q2/sqrt(U)", "count", "density", "expected", "residual [sigma]"))
    with house_style():
        figure = new_figure(height=4.6)
        halves = figure.add_gridspec(1, 2, width_ratios=[1.2, 1.0])
        left, right = figure.add_subfigure(halves[0, 0]), figure.add_subfigure(halves[0, 1])
        plane = left.subplots()
        mesh = _draw_plane(plane, comparison, hessian, table)
        left.colorbar(mesh, ax=plane, location="bottom", shrink=0.9, pad=0.02, label="sampled density")
        plane.set_title(f"{title}\n{_verdict(comparison)}", fontsize=8.5)
        grid = right.add_gridspec(4, 1, height_ratios=[2.2, 1.0, 2.2, 1.0])
        for i, marginal in enumerate(comparison.marginals):
            upper = right.add_subplot(grid[2 * i, 0])
            lower = right.add_subplot(grid[2 * i + 1, 0], sharex=upper)
            _draw_marginal(upper, lower, marginal, i, comparison.n, table)
        for i, j in ((0, 0), (0, 1), (1, 1)):
            measured, wanted = comparison.covariance[i, j], comparison.expected[i, j]
            table.add("covariance", i + 1, j + 1, comparison.n, measured, wanted, comparison.pulls[i, j])
    notes = (
        "points in units of sqrt(U): q = 2 sqrt(U/gamma) (Re alpha, Im alpha); every count is one independent point",
        *str(comparison).splitlines(),
    )
    return DrawnFigure(figure, table, notes)


def _verdict(comparison: DensityComparison) -> str:
    """Two lines: covariance with errors in sigma of the expected one, chi-square."""
    measured, pulls = comparison.covariance, comparison.pulls
    parts = [
        rf"$\Sigma_{{{i + 1}{j + 1}}}={measured[i, j]:.3f}$ (${pulls[i, j]:+.1f}\,\sigma$)" for i, j in ((0, 0), (0, 1), (1, 1))
    ]
    test = rf"$\chi^2={comparison.chi_square:.0f}$ in {comparison.dof + 1} cells, $p={comparison.p_value:.2g}$"
    return f"{', '.join(parts[:2])}\n{parts[2]},  {test}"


def _draw_plane(ax: Axes, comparison: DensityComparison, hessian: np.ndarray, table: DrawnTable) -> QuadMesh:
    x, y = comparison.edges
    area = float((x[1] - x[0]) * (y[1] - y[0]))
    density = comparison.counts / (comparison.n * area)
    norm = LogNorm(vmin=float(density[density > 0].min()), vmax=float(density.max()))
    mesh = ax.pcolormesh(x, y, np.ma.masked_equal(density.T, 0.0), norm=norm, cmap="Blues", rasterized=True)
    mx, my = (0.5 * (e[1:] + e[:-1]) for e in (x, y))
    gx, gy = np.meshgrid(mx, my, indexing="ij")
    form = hessian[0, 0] * gx**2 + 2.0 * hessian[0, 1] * gx * gy + hessian[1, 1] * gy**2
    peak = float(np.sqrt(np.linalg.det(hessian)) / (2.0 * np.pi))
    lines = ax.contour(mx, my, np.sqrt(form.T), levels=list(CONTOURS), colors=COLOURS[1], linewidths=1.0)
    ax.clabel(lines, fmt=lambda level: rf"{level:.0f}$\sigma$", fontsize=7)
    ax.set_aspect("equal")
    reach = 1.02 * max(float(x[-1]), float(y[-1]))
    ax.set_xlim(-reach, reach)
    ax.set_ylim(-reach, reach)
    ax.grid(False)
    ax.set_xlabel(r"$q_1/\sqrt{U} = 2\,\mathrm{Re}\,\alpha/\sqrt{\gamma}$")
    ax.set_ylabel(r"$q_2/\sqrt{U} = 2\,\mathrm{Im}\,\alpha/\sqrt{\gamma}$")
    for i, j in np.argwhere(comparison.counts > 0):
        expected = peak * float(np.exp(-0.5 * form[i, j]))
        table.add("cell", mx[i], my[j], int(comparison.counts[i, j]), density[i, j], expected, None)
    return mesh


def _draw_marginal(upper: Axes, lower: Axes, marginal: Marginal, index: int, n: int, table: DrawnTable) -> None:
    name, width = _NAMES[index], float(marginal.edges[1] - marginal.edges[0])
    density, expected = marginal.counts / (n * width), marginal.expected / (n * width)
    seen = marginal.counts > 0
    error = np.sqrt(marginal.counts) / (n * width)
    upper.errorbar(
        marginal.middles[seen], density[seen], yerr=error[seen], fmt="o", markersize=2.5, color=COLOURS[0], elinewidth=0.8,
        label="sampled",
    )  # fmt: skip
    upper.plot(marginal.middles, expected, color=COLOURS[1], linewidth=1.0, label="pseudo-potential")
    upper.set_yscale("log")
    upper.set_ylim(0.3 / (n * width), 3.0 * float(expected.max()))
    upper.tick_params(labelbottom=False)
    upper.set_ylabel("density", fontsize=8)
    upper.set_yticks([1e-5, 1e-3, 1e-1])
    upper.minorticks_off()
    if index == 0:
        upper.legend(loc="lower center", fontsize=7.5)
    for sigmas, shade in ((4.0, "#f3f3f3"), (2.0, BAND), (1.0, "#d6d6d6")):
        lower.axhspan(-sigmas, sigmas, color=shade, linewidth=0, zorder=0)
    lower.axhline(0.0, color=INK, linewidth=0.7)
    lower.plot(marginal.middles, marginal.residuals, "o", markersize=2.5, color=COLOURS[0])
    largest = max(4.0, float(np.nanmax(np.abs(marginal.residuals))))
    lower.set_ylim(-1.15 * largest, 1.15 * largest)
    if largest <= 4.0:
        lower.set_yticks([-3, 0, 3])
    lower.grid(False)
    lower.set_ylabel(r"[$\sigma$]", fontsize=8)
    lower.set_xlabel(rf"$q_{index + 1}/\sqrt{{U}}$", labelpad=1)
    x = marginal.middles
    for k in range(len(x)):
        place = (x[k], None) if index == 0 else (None, x[k])
        table.add(name, *place, int(marginal.counts[k]), density[k], expected[k], marginal.residuals[k])
