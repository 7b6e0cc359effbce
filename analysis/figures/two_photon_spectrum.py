"""Slow eigenvalues and directed rates against the drive, exact and truncated Wigner.

The even eigenvalue lam_e = k_v + k_b is smallest where both rates are equal, at the phase boundary; the odd one,
lam_o = k_b + 2 k_d, the decay of the sign of <a>, only falls.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from scipy.optimize import minimize_scalar

from wellhop.analysis.directed_rates import Generator, directed_rates, slow_spectrum
from wellhop.analysis.figures.drawn import DrawnTable
from wellhop.analysis.figures.job import DrawnFigure, FigureJob, FigureOptions, Setting
from wellhop.analysis.figures.layout import heading, minor_ticks, panel_letter
from wellhop.analysis.figures.style import COLOURS, INK, house_style, new_figure
from wellhop.analysis.figures.two_photon_axes import DRIVE, FINITE, MODEL, QUANTUM, TWA
from wellhop.analysis.steady_state import equal_weight_boundary
from wellhop.analysis.twa_boundary import twa_boundary
from wellhop.analysis.two_photon_actions import bistable_point, quantum_boundary
from wellhop.engine.errors import ParameterError, PredictionError, SpectrumError
from wellhop.engine.systems.kerr_two_photon_drive import KerrTwoPhotonDrive

#: Name, symbol, colour, line style, width.
LINES: tuple[tuple[str, str, str, Any, float], ...] = (
    ("lam_e", r"$\lambda_e=k_v+k_b$", COLOURS[0], "-", 2.2),
    ("lam_o", r"$\lambda_o=k_b+2k_d$", COLOURS[1], "-", 2.2),
    ("k_v", r"$k_v$: vacuum $\to$ bright", INK, (0, (4, 1.5)), 1.0),
    ("k_b", r"$k_b$: bright $\to$ vacuum", INK, (0, (5, 1.5, 1, 1.5)), 1.0),
)
BOUNDARIES = {"exact": QUANTUM, "finite U": FINITE, "twa": TWA}
GENERATORS: tuple[Generator, ...] = ("exact", "twa")
#: Next decay rate over the slow one below which there are no wells to speak of.
LEAST_SEPARATION = 3.0
#: Share of lam_e below which the split into k_v and k_b is off by more than some 10 %.
LEAST_SHARE = 1e-5


def draw_spectrum(options: FigureOptions) -> DrawnFigure:
    """Two panels on one scale: the exact Liouvillian, and the truncated-Wigner generator.

    Returns:
        The figure; the table has the series ``exact`` and ``twa`` (one row per drive), ``minimum exact`` and
        ``minimum twa`` (of lam_e), and ``boundary exact``, ``boundary twa`` and ``boundary finite U``.

    Raises:
        ParameterError: drives out of order or outside the bistable range.
    """
    delta, coupling = options["delta"], options["U"]
    first, last = options["eps_min"], options["eps_max"]
    upper = bistable_point(delta, 1.0).critical_drive
    if not first < last < upper:
        raise ParameterError(
            "eps_min, eps_max", (first, last), f"1 < eps_min < eps_max < {upper:.6g}, the bistable range"
        )
    drives = np.linspace(first, last, options.count("points"))
    table = DrawnTable(
        (
            "series",
            "eps [gamma]",
            *(f"{name} [gamma]" for name, *_ in LINES),
            "k_d [gamma]",
            "next even / lam_e",
            "next odd / lam_o",
        )
    )
    notes = [
        "series exact, twa: slow eigenvalues of the Liouvillian and of the truncated-Wigner generator, and directed "
        "rates from the slow even mode",
        "a cell is empty where an eigenvalue lies below round-off or another mode of its sector decays slower; "
        f"k_v, k_b and k_d also where the next even mode decays less than {LEAST_SEPARATION:g} times as fast (no wells), "
        f"or below {LEAST_SHARE:g} of lam_e (split too inexact)",
        "the split of lam_e into k_v and k_b is good to about 1 %, worse where S/U < 5; there k_d may come out negative",
        "minimum: smallest lam_e; boundary: equal S^Q (exact), equal S^TWA (twa), equal weights of the exact state "
        "at this U (finite U)",
    ]
    for number, generator in enumerate(GENERATORS):
        for step, eps in enumerate(drives):
            options.progress(f"{generator}, eps = {eps:.3g}", (number + step / len(drives)) / len(GENERATORS))
            table.add(generator, eps, *_row(KerrTwoPhotonDrive(delta, float(eps), coupling), generator))
        place, least = _smallest_even(delta, coupling, generator, table)
        table.add(f"minimum {generator}", place, least, *(None,) * 6)
    for name, drive in _boundaries(delta, coupling).items():
        table.add(f"boundary {name}", drive, *(None,) * 7)
    with house_style():
        figure = new_figure(height=4.4)
        axes = figure.subplots(1, 2, sharey=True)
        for ax, generator, letter, title in zip(
            axes, GENERATORS, "ab", ("exact Liouvillian", "truncated Wigner"), strict=True
        ):
            _draw_panel(ax, table, generator)
            panel_letter(ax, letter, title)
            ax.set_xlim(first, last)
        axes[0].set_ylabel(r"rate$/\gamma$")
        _legend(figure, coupling)
        heading(
            figure,
            rf"Slow eigenvalues and directed rates at $\delta={delta:g}\,\gamma$, $U={coupling:g}\,\gamma$",
            r"$\lambda_e$: slow decay rate of the even sector (photon number), $\lambda_o$: of the odd sector "
            r"(sign of $\langle a\rangle$). Where vacuum and",
            r"bright states weigh the same, $k_v$ and $k_b$ cross; $\lambda_e$ is smallest near there, "
            r"while $\lambda_o$ keeps falling.",
        )
    return DrawnFigure(figure, table, tuple(notes))


def _row(system: KerrTwoPhotonDrive, generator: Generator) -> tuple[float | None, ...]:
    """Cells of one drive behind ``eps``."""
    spectrum = slow_spectrum(system, generator)
    modes = []
    for parity in ("even", "odd"):
        try:
            modes.append(getattr(spectrum, parity))
        except SpectrumError:
            modes.append(None)
    even, odd = (mode if mode is not None and mode.resolved else None for mode in modes)
    gaps = [None if mode is None or mode.next_rate is None else mode.separation for mode in (even, odd)]
    # A real mode that others outlive is not the slow one.
    lam_e, lam_o = (
        None if mode is None or (gap is not None and gap < 1.0) else mode.value
        for mode, gap in zip((even, odd), gaps, strict=True)
    )
    k_v = k_b = k_d = None
    if even is not None and (gaps[0] is None or gaps[0] >= LEAST_SEPARATION):
        with contextlib.suppress(SpectrumError):
            rates = directed_rates(system, generator, spectrum=spectrum)
            floor = max(LEAST_SHARE, 10.0 * rates.weight_error)
            k_v = rates.k_v if rates.bright_weight > floor else None
            k_b = rates.k_b if 1.0 - rates.bright_weight > floor else None
            k_d = rates.k_d if k_b is not None and odd is not None else None
    return lam_e, lam_o, k_v, k_b, k_d, gaps[0], gaps[1]


def _smallest_even(delta: float, U: float, generator: Generator, table: DrawnTable) -> tuple[float, float]:
    """Drive and value of the smallest lam_e, refined around the lowest drawn point."""
    eps = table.numbers("eps [gamma]", series=generator)
    lam_e = table.numbers("lam_e [gamma]", series=generator)
    lowest = int(np.nanargmin(lam_e))
    if not 0 < lowest < len(eps) - 1:
        return float(eps[lowest]), float(lam_e[lowest])

    def logarithm(drive: float) -> float:
        return float(np.log(slow_spectrum(KerrTwoPhotonDrive(delta, drive, U), generator).even.value))

    bounds = (float(eps[lowest - 1]), float(eps[lowest + 1]))
    found = minimize_scalar(logarithm, bounds=bounds, method="bounded", options={"xatol": 1e-3})
    return float(found.x), float(np.exp(found.fun))


def _boundaries(delta: float, U: float) -> dict[str, float]:
    """Phase boundaries by three definitions; those that do not exist here are missing."""
    definitions: dict[str, Callable[[], float]] = {
        "exact": lambda: quantum_boundary(delta),
        "twa": lambda: twa_boundary(delta),
        "finite U": lambda: equal_weight_boundary(delta, U),
    }
    found = {}
    for name, definition in definitions.items():
        with contextlib.suppress(PredictionError):
            found[name] = definition()
    return found


def _draw_panel(ax: Axes, table: DrawnTable, generator: Generator) -> None:
    """Four lines, the minimum of lam_e, and the boundaries that belong to the generator."""
    eps = table.numbers("eps [gamma]", series=generator)
    for name, _, colour, line, width in LINES:
        values = table.numbers(f"{name} [gamma]", series=generator)
        ax.plot(eps, values, color=colour, linestyle=line, linewidth=width, zorder=4 if width < 2.0 else 3)
    place = table.numbers("eps [gamma]", series=f"minimum {generator}")
    ax.plot(place, table.numbers("lam_e [gamma]", series=f"minimum {generator}"), "v", color=INK, markersize=6,
            markerfacecolor="white", zorder=5)  # fmt: skip
    shown = ("exact", "finite U") if generator == "exact" else ("twa",)
    for name in shown:
        for drive in table.numbers("eps [gamma]", series=f"boundary {name}"):
            ax.axvline(drive, **BOUNDARIES[name].style(linewidth=1.0), zorder=1)
    ax.set_yscale("log")
    ax.set_xlabel(DRIVE)
    minor_ticks(ax, "x")


def _legend(figure: Figure, U: float) -> None:
    handles = [
        Line2D([], [], color=colour, linestyle=line, linewidth=width, label=label)
        for _, label, colour, line, width in LINES
    ]
    handles.append(
        Line2D(
            [],
            [],
            marker="v",
            color=INK,
            markerfacecolor="white",
            linestyle="",
            label=r"minimum of $\lambda_e$",
        )
    )
    labels = {
        "exact": r"boundary, exact $U\to 0$",
        "finite U": rf"boundary, exact $U={U:g}\,\gamma$",
        "twa": "boundary, instantons",
    }
    handles += [Line2D([], [], linewidth=1.0, label=labels[n], **t.style()) for n, t in BOUNDARIES.items()]
    figure.legend(handles=handles, loc="outside lower center", ncols=4)


SPECTRUM = FigureJob(
    6,
    "Slow eigenvalues and directed rates against the drive, exact and truncated Wigner",
    draw_spectrum,
    seconds=35.0,
    settings={
        "delta": Setting(-5.0, "detuning in units of gamma", minimum=-50.0, maximum=-0.1),
        "U": Setting(0.3, "Kerr constant in units of gamma", minimum=0.05, maximum=5.0),
        "eps_min": Setting(1.2, "first drive in units of gamma, above 1", minimum=1.0),
        "eps_max": Setting(4.8, "last drive in units of gamma, below sqrt(1 + delta^2)", minimum=1.0),
        "points": Setting(33, "drives", minimum=4, maximum=1000, whole=True),
    },
    source=f"parity sectors of the generators, lam_e = k_v + k_b, lam_o = k_b + 2 k_d; {MODEL}",
)
