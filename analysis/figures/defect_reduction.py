"""How good it is to trace the defect out: errors of the reduced model against g/γ_c, and where saturation makes it fail."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import NullFormatter

from wellhop.analysis.defect_propagator import mean
from wellhop.analysis.defect_reduction import (
    ReductionError,
    at_coupling_ratio,
    full_means,
    linear_response,
    reduction_error,
    second_order,
)
from wellhop.analysis.figures.drawn import DrawnTable
from wellhop.analysis.figures.job import DrawnFigure, FigureJob, FigureOptions, Setting
from wellhop.analysis.figures.layout import Theory, heading, minor_ticks, panel_letter
from wellhop.analysis.figures.style import COLOURS, FAINT, INK, house_style, new_figure
from wellhop.engine.defect_full_model import FULL_CUTOFF
from wellhop.engine.systems.driven_qubit_tls import DrivenQubitTLS

RealArray = npt.NDArray[np.float64]

FULL = Theory("full model", INK, "-", "")
REDUCED = Theory("reduced model, (9)", COLOURS[0], "-", "o")
SECOND = Theory("second order in g, with its shift", COLOURS[2], (0, (4, 1.6)), "s")
LINEAR = Theory("linear response, no saturation", COLOURS[1], (0, (1, 1.2)), "^")
THEORIES = {"reduced": REDUCED, "second order": SECOND, "linear response": LINEAR}
#: Range of g/γ_c, at fixed γ; us.
RATIOS, SPAN = (0.04, 0.8), 5.0
RATIO_TICKS = (0.05, 0.1, 0.2, 0.4, 0.8)
#: Detuning of the panel in which the drive grows, that of Fig. 2(d), and its least drive, MHz; sizes of α₀ of the last panel.
AMPLIFYING, LEAST_DRIVE, SIZES = 0.1, 0.02, (0.1, 1.4)
_COLUMNS = (
    "series",
    "panel",
    "g/gamma_c",
    "Omega [MHz]",
    "alpha_0",
    "error or abs mu",
    "excited",
)


def coupling_errors(
    system: DrivenQubitTLS, ratios: Sequence[float], options: FigureOptions
) -> list[ReductionError]:
    """Errors at several g/γ_c and the γ of the system."""
    found = []
    for k, ratio in enumerate(ratios):
        options.progress("coupling", 0.5 * k / len(ratios))
        found.append(reduction_error(at_coupling_ratio(system, ratio), SPAN, cutoff=options.count("cutoff")))
    return found


def draw_reduction(options: FigureOptions) -> DrawnFigure:
    """Four panels: largest and late error against g/γ_c, amplitude against the drive, error against the size of the start.

    Returns:
        The figure; the table has the series ``reduced``, ``second order``, ``linear response``, ``full`` and ``weak reduced``,
        panel by panel.

    Raises:
        CutoffError: the full model does not fit into its Fock space.
    """
    system = DrivenQubitTLS(options["Delta_d"], options["Omega"])
    own = system.g / system.gamma_c
    table = DrawnTable(_COLUMNS)
    ratios = np.geomspace(*RATIOS, options.count("points"))
    errors = coupling_errors(system, [float(r) for r in ratios], options)
    here = reduction_error(system, SPAN, cutoff=options.count("cutoff")).reduced
    with house_style():
        figure = new_figure(height=6.9)
        axes = figure.subplots(2, 2)
        _draw_errors(axes[0, 0], table, "a", ratios, errors, own, late=False)
        panel_letter(axes[0, 0], "a", rf"largest error in {SPAN:g} $\mu$s")
        _draw_errors(axes[0, 1], table, "b", ratios, errors, own, late=True)
        panel_letter(axes[0, 1], "b", rf"error at {SPAN:g} $\mu$s")
        options.progress("drive", 0.6)
        _draw_drives(axes[1, 0], table, options)
        panel_letter(axes[1, 0], "c", rf"limit cycle, $\Delta_d/2\pi={AMPLIFYING:g}$ MHz")
        options.progress("start", 0.9)
        _draw_sizes(axes[1, 1], table, system, options)
        panel_letter(axes[1, 1], "d", r"error in units of $\alpha_0$, $\Omega\propto\alpha_0$")
        _legend(figure)
        heading(
            figure,
            "How good it is to trace the defect out",
            rf"$\Delta_d/2\pi={system.Delta_d:g}$, $\Omega/2\pi={system.Omega:g}$ MHz, {system.T:g} mK; a, b: $\gamma$ fixed, "
            rf"dotted: $g/\gamma_c={own:g}$ of the paper.",
            rf"Largest error at $g/\gamma_c={own:g}$: {here / system.alpha_0:.2f} of $\alpha_0$. {_strong(table)}",
            r"In (a) second order is no better: the largest errors are of the first $1/\gamma_c$, when the defect has not begun",
            "to damp, and every theory without its memory damps at once.",
        )
    slopes = [_slope(ratios, [getattr(e, name) for e in errors]) for name in ("reduced", "end_reduced")]
    notes = (
        "error: |mu - mu_full|, largest over the span (panel a) or at its end (b), largest over the span in units of alpha_0 (d); "
        "full: master equation of Fock space times defect; abs mu at the end of the span in panel c",
        "weak reduced: |mu_reduced - mu of linear response|, the limit of weak drive and start, where nothing saturates",
        "excited: largest excited weight of the defect above its thermal one",
        "all is for a linear oscillator; the anharmonicity of a transmon would dephase alpha_0 = 1 within nanoseconds",
        f"slopes of the reduced error between the two smallest g/gamma_c: {slopes[0]:.2f} largest, {slopes[1]:.2f} late; 2 is "
        "(g/gamma_c)^2",
    )
    return DrawnFigure(figure, table, notes)


def _strong(table: DrawnTable) -> str:
    """What panel c says at its strongest drive."""
    drive = float(table.numbers("Omega [MHz]", series="full", panel="c")[-1])
    full, reduced = (
        float(table.numbers("error or abs mu", series=n, panel="c")[-1]) for n in ("full", "reduced")
    )
    filled = float(table.numbers("excited", series="full", panel="c")[-1])
    return rf"In (c), at {drive:g} MHz, the defect is filled to {filled:.2g} and $|\mu|$ is {full:.2f}, reduced {reduced:.2f}."


def _slope(ratios: RealArray, values: Sequence[float]) -> float:
    return float(np.log(values[1] / values[0]) / np.log(ratios[1] / ratios[0]))


def _draw_errors(
    ax: Axes, table: DrawnTable, panel: str, ratios: RealArray, errors: Sequence[ReductionError], own: float, *, late: bool
) -> None:  # fmt: skip
    columns = {
        "reduced": [e.end_reduced if late else e.reduced for e in errors],
        "second order": [e.end_second if late else e.second for e in errors],
        "linear response": [e.end_linear if late else e.linear for e in errors],
    }
    system = errors[0].system
    excited = np.array([e.excited for e in errors])
    for name, values in columns.items():
        look = THEORIES[name]
        ax.plot(ratios, values, **look.style(marker=look.marker, markersize=4, markerfacecolor="white"))
        table.add_series(name, panel, ratios, system.Omega, system.alpha_0, np.asarray(values), excited)
    if not late:
        weak = np.array([e.weak_reduced for e in errors])
        ax.plot(ratios, weak, color=COLOURS[0], linewidth=1.0, linestyle=(0, (6, 2)))
        table.add_series("weak reduced", panel, ratios, system.Omega, system.alpha_0, weak, None)
    guide = columns["reduced"][0] * 1.5 * (ratios / ratios[0]) ** 2
    ax.plot(ratios, guide, color=FAINT, linewidth=0.8)
    ax.axvline(own, color=FAINT, linewidth=0.9, linestyle=":")
    ax.set(
        xscale="log",
        yscale="log",
        xlabel=r"$g/\gamma_c$ at fixed $\gamma$",
        ylabel=r"$|\mu-\mu_\mathrm{full}|$",
    )
    ax.set_xticks(RATIO_TICKS, [f"{tick:g}" for tick in RATIO_TICKS])
    ax.xaxis.set_minor_formatter(NullFormatter())
    ax.text(0.04, 0.95, r"grey: $\propto(g/\gamma_c)^2$", transform=ax.transAxes, fontsize=8, va="top")


def _draw_drives(ax: Axes, table: DrawnTable, options: FigureOptions) -> None:
    """|μ| at the end of the span against the drive."""
    drives = np.linspace(LEAST_DRIVE, options["strongest"], options.count("drives"))
    rows: dict[str, list[float]] = {"full": [], "reduced": [], "second order": [], "linear response": []}
    excited = []
    for drive in drives:
        here = DrivenQubitTLS(AMPLIFYING, float(drive))
        full = full_means(here, [SPAN], options.count("strong_cutoff"))
        rows["full"].append(abs(full.mu[0]))
        excited.append(float(full.excited[0] - here.nu))
        rows["reduced"].append(abs(mean(here, SPAN)))
        rows["second order"].append(float(abs(second_order(here, [SPAN])[0])))
        rows["linear response"].append(float(abs(linear_response(here, [SPAN])[0])))
    for name, values in rows.items():
        look = THEORIES.get(name, FULL)
        ax.plot(drives, values, **look.style(linewidth=1.6 if name == "full" else 1.3))
        table.add_series(name, "c", None, drives, here.alpha_0, np.asarray(values), np.asarray(excited))
    ax.set(xlabel=r"$\Omega/2\pi$ [MHz]", ylabel=rf"$|\mu|$ at {SPAN:g} $\mu$s", ylim=(0.0, None))
    ax.set_xlim(drives[0], drives[-1])
    minor_ticks(ax)


def _draw_sizes(ax: Axes, table: DrawnTable, system: DrivenQubitTLS, options: FigureOptions) -> None:
    """Largest errors in units of α₀ against α₀, the drive in proportion: constant for a linear defect."""
    sizes = np.linspace(*SIZES, options.count("drives"))
    found = []
    for size in sizes:
        here = replace(system, Omega=system.Omega * float(size), alpha_0=float(size))
        found.append(reduction_error(here, SPAN, cutoff=options.count("cutoff") + 6))
    excited = np.array([e.excited for e in found])
    for name, attribute in (
        ("reduced", "reduced"),
        ("second order", "second"),
        ("linear response", "linear"),
    ):
        look = THEORIES[name]
        values = np.array([getattr(e, attribute) for e in found]) / sizes
        ax.plot(sizes, values, **look.style(marker=look.marker, markersize=4, markerfacecolor="white"))
        table.add_series(name, "d", system.g / system.gamma_c, system.Omega * sizes, sizes, values, excited)
    ax.set(
        xlabel=r"$\alpha_0$",
        ylabel=r"$|\mu-\mu_\mathrm{full}|/\alpha_0$",
        xlim=(0.0, sizes[-1] + sizes[0]),
        ylim=(0.0, None),
    )
    minor_ticks(ax)


def _legend(figure: Figure) -> None:
    handles = [
        Line2D(
            [], [], label=look.label, **look.style(marker=look.marker, markersize=4, markerfacecolor="white")
        )
        for look in (FULL, *THEORIES.values())
    ]
    weak = "reduced model in weak drive, against linear response"
    handles.append(Line2D([], [], color=COLOURS[0], linewidth=1.0, linestyle=(0, (6, 2)), label=weak))
    figure.legend(handles=handles, loc="outside lower center", ncols=2)


SETTINGS: Mapping[str, Setting] = {
    "Delta_d": Setting(-0.37, "detuning from the drive over 2 pi, MHz", -5.0, 5.0),
    "Omega": Setting(0.1, "drive over 2 pi, MHz", 0.0, 0.15),
    "points": Setting(8, "values of g/gamma_c", 3, 40, whole=True),
    "cutoff": Setting(FULL_CUTOFF, "Fock states of the full model", 10, 60, whole=True),
    "strongest": Setting(0.25, "strongest drive over 2 pi of panel c, MHz", 0.05, 0.3),
    "drives": Setting(11, "drives of panel c and starts of panel d", 3, 60, whole=True),
    "strong_cutoff": Setting(42, "Fock states of the full model in panel c", 16, 80, whole=True),
}

JOB = FigureJob(
    number=8,
    title="The reduction against the full model: errors over g/gamma_c, saturation of the defect",
    draw=draw_reduction,
    seconds=8.0,
    settings=SETTINGS,
    source=f"Eqs. (9), (10); full model, linear response and second order in g are of this package; {DrivenQubitTLS.reference}",
)
