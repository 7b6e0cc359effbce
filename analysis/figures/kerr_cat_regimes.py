"""Which mechanism activates the switching of the Kerr-cat: maps over drive and temperature, and cuts through them.

At every point the flow chart of Fig. 9 names the first scenario that explains more than half of the exact rate: the ground
manifold alone, direct heating, cascaded heating, thermal and quantum heating, non-Hermitian heating.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.colors import BoundaryNorm, ListedColormap
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from scipy.ndimage import distance_transform_edt, label

from wellhop.analysis.activation import (
    FLOW_CHART,
    Mechanism,
    MechanismName,
    Scenario,
    name_mechanism,
    scenario_rate,
)
from wellhop.analysis.figures.drawn import Cell, DrawnTable
from wellhop.analysis.figures.job import DrawnFigure, FigureJob, FigureOptions, Setting
from wellhop.analysis.figures.kerr_cat_axes import DRIVE, EXACT, MODEL, RATE, TEMPERATURE
from wellhop.analysis.figures.kerr_cat_mechanisms import (
    BROAD,
    FILLS,
    SCENARIOS,
    exact_above_floor,
    power_of_ten,
)
from wellhop.analysis.figures.layout import heading, minor_ticks, panel_letter
from wellhop.analysis.figures.style import INK, house_style, new_figure
from wellhop.analysis.staircase import ground_rate
from wellhop.engine.errors import ParameterError
from wellhop.engine.systems.kerr_cat import KerrCat, Manifolds

Names = npt.NDArray[np.int64]
MECHANISMS: tuple[MechanismName, ...] = tuple(FILLS)
#: Manifolds that give the exact rate of the maps to 1e-3 up to ε₂ = 14 K, twice as fast as the default.
MAP_MANIFOLDS = 12
LOWEST_DRIVE = 1.0
#: Bisections of a border on a cut.
BISECTIONS = 8
COLUMNS = ("series", "kappa [K]", "eps2 [K]", "n_th", "Gamma [K]", "share of exact", "mechanism", "before")


class DrivePoint:
    """One drive and damping: what does not depend on the temperature is computed once."""

    def __init__(self, eps2: float, kappa: float) -> None:
        self.eps2, self.kappa = eps2, kappa
        system = KerrCat(eps2, kappa, 0.0)
        self.levels: Manifolds = system.manifolds()
        self.nonhermitian = scenario_rate(system, "nonhermitian", levels=self.levels)

    def mechanism(self, n_th: float, manifolds: int | None = None) -> Mechanism:
        """The flow chart at one temperature; ``manifolds`` of the exact rate.

        >>> DrivePoint(6.0, 0.1).mechanism(1e-8).name
        'non-Hermitian'
        """
        system = KerrCat(self.eps2, self.kappa, n_th)
        rates: dict[str, float] = {"ground": ground_rate(system), "nonhermitian": self.nonhermitian}
        thermal: tuple[Scenario, ...] = ("direct", "cascaded", "thermal_quantum")
        for scenario in thermal:
            rates[scenario] = scenario_rate(system, scenario, levels=self.levels)
        return name_mechanism(exact_above_floor(system, manifolds), rates)


def draw_regimes(options: FigureOptions) -> DrawnFigure:
    """Per damping rate a map of mechanisms over drive and temperature, and below it all rates on one row of it.

    Returns:
        The figure; the table has the series ``map`` (one row per cell), ``cut exact`` and ``cut <scenario>`` along the
        cut, and ``border`` where the mechanism changes on it (from ``before`` to ``mechanism``).

    Raises:
        ParameterError: temperatures out of order.
    """
    coldest, hottest = options["n_min"], options["n_max"]
    if not coldest < hottest:
        raise ParameterError("n_min, n_max", (coldest, hottest), "n_min < n_max")
    dampings = (options["kappa_1"], options["kappa_2"])
    drives = np.linspace(LOWEST_DRIVE, options["eps2_max"], options.count("drives"))
    n_ths = np.geomspace(coldest, hottest, options.count("temperatures"))
    dense = np.linspace(LOWEST_DRIVE, options["eps2_max"], options.count("points"))
    table = DrawnTable(COLUMNS)
    for i, kappa in enumerate(dampings):
        for j, eps2 in enumerate(drives):
            options.progress(f"kappa = {kappa:g} K, eps2 = {eps2:.3g} K", (i + j / drives.size) / 2.0)
            point = DrivePoint(float(eps2), kappa)
            for n_th in n_ths:
                found = point.mechanism(float(n_th), MAP_MANIFOLDS)
                table.add("map", kappa, eps2, n_th, found.exact, found.share, found.name, None)
        _add_cut(table, dense, kappa, options["n_cut"])
    counts = {m: len(table.select(series="map", mechanism=m)) for m in MECHANISMS}
    notes = (
        "map: exact rate, and the first scenario that explains more than half of it, in the order ground, direct, "
        "cascaded, thermal + quantum, non-Hermitian",
        "cells: " + ", ".join(f"{name} {count}" for name, count in counts.items()),
        "cut: every rate along the dashed line of the map; border: where the mechanism changes on it",
    )
    with house_style():
        figure = new_figure(height=7.2)
        axes = figure.subplots(2, 2, sharex=True, height_ratios=[1.15, 1.0])
        for column, kappa in enumerate(dampings):
            _draw_map(axes[0, column], table, kappa, options["n_cut"])
            panel_letter(axes[0, column], "ab"[column], rf"$\kappa={kappa:g}\,K$")
            _draw_cut(axes[1, column], table, kappa)
            panel_letter(
                axes[1, column], "cd"[column], rf"$n_\mathrm{{th}}={power_of_ten(options['n_cut'])}$"
            )
        low = float(np.nanmin(table.numbers("Gamma [K]", series="cut exact")))
        axes[1, 0].set_ylim(0.03 * low, 1.0)
        axes[1, 1].sharey(axes[1, 0])
        axes[0, 0].set_ylabel(TEMPERATURE)
        axes[1, 0].set_ylabel(RATE)
        _legend(figure, counts)
        heading(
            figure,
            "What activates the switching of the Kerr-cat",
            "Colour and letter: the first mechanism, in the order of the legend, whose rate is more than half of the exact "
            "one.",
            "Below: all rates on the dashed line of the map. Stronger damping mixes excited states into the ground state "
            "and",
            "widens the range of non-Hermitian heating. Single cells Q and ? on a border: two mechanisms share the rate.",
        )
    return DrawnFigure(figure, table, notes)


def _add_cut(table: DrawnTable, drives: np.ndarray, kappa: float, n_th: float) -> None:
    """All rates along a row of the map, and the borders between mechanisms on it."""

    def mechanism(eps2: float) -> Mechanism:
        return DrivePoint(eps2, kappa).mechanism(n_th)

    found = [mechanism(float(eps2)) for eps2 in drives]
    for eps2, one in zip(drives, found, strict=True):
        table.add("cut exact", kappa, eps2, n_th, one.exact, one.share, one.name, None)
        for scenario, rate in one.rates.items():
            table.add(f"cut {scenario}", kappa, eps2, n_th, rate, rate / one.exact, None, None)
    for k, (one, other) in enumerate(pairwise(found)):
        if one.name != other.name:
            at = border(mechanism, float(drives[k]), float(drives[k + 1]))
            here = mechanism(at)
            table.add("border", kappa, at, n_th, here.exact, None, other.name, one.name)


def border(mechanism: Callable[[float], Mechanism], low: float, high: float) -> float:
    """Drive at which the mechanism at ``low`` ends, by bisection.

    >>> round(border(lambda e: DrivePoint(e, 0.025).mechanism(1e-8), 4.0, 6.0), 2)
    4.4
    """
    first = mechanism(low).name
    for _ in range(BISECTIONS):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if mechanism(middle).name == first else (low, middle)
    return 0.5 * (low + high)


def _draw_map(ax: Axes, table: DrawnTable, kappa: float, n_cut: float) -> None:
    """Cells filled by mechanism, black lines between different ones, and a letter inside each region."""
    where: dict[str, Cell] = {"series": "map", "kappa [K]": kappa}
    x, y = (np.unique(table.numbers(column, **where)) for column in ("eps2 [K]", "n_th"))
    column = table.columns.index("mechanism")
    found = [str(row[column]) for row in table.select(**where)]
    names = [[str(m) for m in MECHANISMS].index(name) for name in found]
    codes: Names = np.array(names, dtype=np.int64).reshape(x.size, y.size).T
    x_edges, y_edges = _edges(x), np.exp(_edges(np.log(y)))
    colours = ListedColormap([fill for _, fill in FILLS.values()])
    norm = BoundaryNorm(np.arange(len(FILLS) + 1) - 0.5, len(FILLS))
    ax.pcolormesh(x_edges, y_edges, codes, cmap=colours, norm=norm, rasterized=True)
    for k, j in zip(*np.nonzero(np.diff(codes, axis=1)), strict=True):
        ax.plot([x_edges[j + 1]] * 2, y_edges[k : k + 2], color=INK, linewidth=0.9)
    for k, j in zip(*np.nonzero(np.diff(codes, axis=0)), strict=True):
        ax.plot(x_edges[j : j + 2], [y_edges[k + 1]] * 2, color=INK, linewidth=0.9)
    for code, (letter, _) in enumerate(FILLS.values()):
        regions, count = label(codes == code)
        for region in range(1, count + 1):
            depth = distance_transform_edt(np.pad(regions == region, 1))[1:-1, 1:-1]
            deep = np.argwhere(depth > depth.max() - 0.5)
            k, j = deep[np.argmin(np.linalg.norm(deep - deep.mean(axis=0), axis=1))]
            ax.text(x[j], y[k], letter, ha="center", va="center", fontweight="bold", fontsize=9,
                    color="white" if letter == "?" else INK)  # fmt: skip
    ax.axhline(n_cut, color=INK, linestyle=(0, (4, 2)), linewidth=0.9)
    ax.set(yscale="log", xlim=(x_edges[0], x_edges[-1]), ylim=(y_edges[0], y_edges[-1]))
    ax.grid(visible=False)
    ax.tick_params(labelbottom=True)


def _edges(centres: np.ndarray) -> np.ndarray:
    """Edges of equidistant cells."""
    half = 0.5 * (centres[1] - centres[0])
    return np.concatenate([centres - half, [centres[-1] + half]])


def _draw_cut(ax: Axes, table: DrawnTable, kappa: float) -> None:
    def line(series: str) -> tuple[np.ndarray, np.ndarray]:
        where: dict[str, Cell] = {"series": series, "kappa [K]": kappa}
        return table.numbers("eps2 [K]", **where), table.numbers("Gamma [K]", **where)

    ax.plot(*line("cut exact"), color=EXACT.colour, **BROAD)
    for scenario, theory in SCENARIOS.items():
        ax.plot(*line(f"cut {scenario}"), **theory.style())
    for drive in line("border")[0]:
        ax.axvline(drive, color=INK, linewidth=0.8, zorder=1)
    ax.set(yscale="log", xlabel=DRIVE)
    minor_ticks(ax, "x")


def _legend(figure: Figure, counts: dict[MechanismName, int]) -> None:
    words = {"none": "none: ground manifold only", "below the floor": r"below $10^{-13}\,K$"}
    always = [name for name, _ in FLOW_CHART]
    handles: list[Line2D | Patch] = []
    for name in (*always, *(m for m in MECHANISMS if m not in always and counts[m])):
        letter, fill = FILLS[name]
        text = f"{letter}  {words.get(name, name)}".strip()
        handles.append(Patch(facecolor=fill, edgecolor=INK, linewidth=0.6, label=text))
    handles.append(Line2D([], [], color=EXACT.colour, label=EXACT.label, **BROAD))
    handles += [Line2D([], [], label=theory.label, **theory.style()) for theory in SCENARIOS.values()]
    figure.legend(handles=handles, loc="outside lower center", ncols=3)


JOB = FigureJob(
    9,
    "Activation mechanisms over drive and temperature for two damping rates",
    draw_regimes,
    seconds=28.0,
    settings={
        "kappa_1": Setting(0.025, "first damping rate in units of K", minimum=1e-3, maximum=0.3),
        "kappa_2": Setting(0.1, "second damping rate in units of K", minimum=1e-3, maximum=0.3),
        "eps2_max": Setting(12.0, "last drive in units of K", minimum=2.0, maximum=14.0),
        "n_min": Setting(1e-9, "lowest thermal occupation", minimum=1e-12, maximum=1.0),
        "n_max": Setting(0.2, "highest thermal occupation", minimum=1e-12, maximum=1.0),
        "n_cut": Setting(1e-8, "thermal occupation of the cuts", minimum=1e-12, maximum=1.0),
        "drives": Setting(23, "columns of a map", minimum=3, maximum=300, whole=True),
        "temperatures": Setting(14, "rows of a map", minimum=3, maximum=300, whole=True),
        "points": Setting(45, "drives of a cut", minimum=3, maximum=500, whole=True),
    },
    source=f"flow chart of Fig. 9 with Eqs. (84), (94)-(97), (106); exact: slowest odd mode of the Liouvillian; {MODEL}",
)
