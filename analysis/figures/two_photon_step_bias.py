"""Bias of the switching rates at finite steps: ln(k/k_TWA) against dt for several schemes, with statistical bands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import NullLocator

from wellhop.analysis.figures.drawn import DrawnTable
from wellhop.analysis.figures.job import DrawnFigure
from wellhop.analysis.figures.style import BAND, COLOURS, FAINT, INK, MARKERS, house_style, new_figure
from wellhop.analysis.step_bias import BiasFit, MeasuredBias

#: Bias about which the vertical axis turns from linear to logarithmic; half width of the band of tolerated bias.
LINEAR, TOLERATED = 0.03, 0.01
_TITLES = {"k_v": "$k_v$", "k_b": "$k_b$"}
_SCHEMES = {"strang": "Strang", "midpoint": "implicit midpoint", "heun": "Heun", "euler": "Euler-Maruyama"}


@dataclass(frozen=True)
class BiasPanel:
    """All schemes at one point.

    Attributes:
        label: the point, as mathtext. biases: rate name -> one :class:`MeasuredBias` per scheme.
        fits: the same keys -> fits of these, where there is one.
    """

    label: str
    biases: Mapping[str, Sequence[MeasuredBias]]
    fits: Mapping[str, Sequence[BiasFit]]


def draw_step_bias(panels: Sequence[BiasPanel], notes: Sequence[str] = ()) -> DrawnFigure:
    """One column per point, one row per rate; bands are 95 % of the sampling error, lines the fits c dt^p + d dt^r.

    Returns:
        Series ``bias`` (measured) and ``fit``, with the scheme, the point and the rate; errors are one standard error.
    """
    table = DrawnTable(("series", "point", "rate", "scheme", "dt [1/gamma]", "ln(k/k_TWA)", "standard error"))
    with house_style():
        figure = new_figure(height=5.4)
        axes = figure.subplots(2, len(panels), sharex="col", squeeze=False)
        for column, panel in enumerate(panels):
            for row, name in enumerate(_TITLES):
                _draw_panel(axes[row, column], panel, name, table)
            axes[0, column].set_title(panel.label)
            axes[-1, column].set_xlabel(r"$\gamma\,dt$")
        for row, title in enumerate(_TITLES.values()):
            axes[row, 0].set_ylabel(rf"$\ln(k/k_\mathrm{{TWA}})$ of {title}")
        figure.legend(handles=_handles(panels), loc="outside lower center", ncols=4, fontsize=8)
    return DrawnFigure(figure, table, tuple(notes))


def _draw_panel(ax: Axes, panel: BiasPanel, name: str, table: DrawnTable) -> None:
    ax.axhspan(-TOLERATED, TOLERATED, color=BAND, linewidth=0, zorder=0)
    ax.axhline(0.0, color=INK, linewidth=0.7)
    for measured in panel.biases[name]:
        index = list(_SCHEMES).index(measured.scheme)
        colour, dt, bias, error = COLOURS[index], measured.dt, measured.bias, measured.error
        if len(dt) > 1:
            ax.fill_between(dt, bias - 1.96 * error, bias + 1.96 * error, color=colour, alpha=0.18, linewidth=0)
        ax.errorbar(
            dt, bias, yerr=1.96 * error, fmt=MARKERS[index], color=colour, markersize=4.5, markeredgecolor="white",
            markeredgewidth=0.5, zorder=4,
        )  # fmt: skip
        for row in zip(dt, bias, error, strict=True):
            table.add("bias", panel.label, name, measured.scheme, *row)
    for fit in panel.fits.get(name, ()):
        dt = next(m.dt for m in panel.biases[name] if m.scheme == fit.scheme)
        grid = np.geomspace(0.3 * dt[0], fit.longest, 60)
        ax.plot(grid, fit.at(grid), color=COLOURS[list(_SCHEMES).index(fit.scheme)], linewidth=0.9)
        for x, y in zip(grid, fit.at(grid), strict=True):
            table.add("fit", panel.label, name, fit.scheme, x, y, None)
    ax.set_xscale("log")
    ax.set_yscale("asinh", linear_width=LINEAR)
    largest = max((float(np.abs(m.bias).max()) for m in panel.biases[name]), default=LINEAR)
    least = min((float((m.bias - 1.96 * m.error).min()) for m in panel.biases[name]), default=0.0)
    ax.set_ylim(min(-0.1, 1.5 * least), 1.6 * max(largest, 0.1))
    ticks = [-1.0, -0.3, -0.1, -0.03, 0.0, 0.03, 0.1, 0.3, 1.0, 3.0]
    low, high = ax.get_ylim()
    kept = [t for t in ticks if low <= t <= high]
    ax.set_yticks(kept, [f"{t:+g}" if t else "0" for t in kept])
    ax.yaxis.set_minor_locator(NullLocator())


def _handles(panels: Sequence[BiasPanel]) -> list[Line2D | Patch]:
    used = {m.scheme for panel in panels for measured in panel.biases.values() for m in measured}
    handles: list[Line2D | Patch] = [
        Line2D([], [], color=COLOURS[k], marker=MARKERS[k], markeredgecolor="white", label=label)
        for k, (name, label) in enumerate(_SCHEMES.items())
        if name in used
    ]
    handles.append(Line2D([], [], color=INK, linewidth=0.9, label=r"fit $c\,dt^p+d\,dt^r$"))
    handles.append(Patch(color=FAINT, alpha=0.3, label="95 % of sampling"))
    handles.append(Patch(color=BAND, label=r"$\pm$1 %"))
    return handles
