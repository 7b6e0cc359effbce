"""How far the truncated Wigner exponents are from the quantum ones: S^TWA/S^Q against the drive.

The cubic vertex that the truncation leaves out counts where the momentum is large. Close to a bifurcation it is
small: the ratio out of the vacuum tends to one at the upper edge of the bistable range, where vacuum and saddles
meet, that out of a bright state at the lower edge, where bright states and saddles are born.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from wellhop.analysis.figures.drawn import DrawnTable
from wellhop.analysis.figures.job import DrawnFigure, FigureJob, FigureOptions, Setting
from wellhop.analysis.figures.layout import heading, minor_ticks, panel_letter
from wellhop.analysis.figures.style import FAINT, family_colour, family_marker, house_style, new_figure
from wellhop.analysis.figures.two_photon_axes import MODEL
from wellhop.analysis.instanton import instanton
from wellhop.analysis.instanton_newton import followed_path
from wellhop.analysis.instanton_path import HamiltonianSystem, InstantonPath, oscillator_system
from wellhop.analysis.keldysh import ScaledOscillator, two_photon_oscillator
from wellhop.analysis.two_photon_actions import bistable_point, quantum_actions
from wellhop.engine.errors import PredictionError
from wellhop.engine.systems.kerr_two_photon_drive import KerrTwoPhotonDrive

Well = Literal["vacuum", "bright"]
WELLS: tuple[Well, ...] = ("vacuum", "bright")
#: Detunings of the curves, in units of γ.
DETUNINGS = (-2.0, -3.0, -5.0, -10.0, -20.0)
#: Closest to an edge of the bistable range, as a share of it: beyond, a well is too shallow for a path to be found.
NEAREST = 0.02
#: Last place of the way out of a bright state; farther on the well is so deep that the search takes most of the time.
LAST_BRIGHT = 0.9


def draw_action_ratio(options: FigureOptions) -> DrawnFigure:
    """Two panels: the ratio out of the vacuum, and out of a bright state.

    Returns:
        The figure; one row of the table per action, ``series`` = the well.
    """
    table = DrawnTable(
        ("series", "delta [gamma]", "eps [gamma]", "place", "S_TWA [gamma]", "S_Q [gamma]", "ratio")
    )
    places = np.concatenate(
        [[NEAREST], np.linspace(0.0, 1.0, options.count("points"))[1:-1], [1.0 - NEAREST]]
    )
    missing: list[str] = []
    before: dict[Well, tuple[float, InstantonPath]] = {}
    total, done = len(DETUNINGS) * len(places) * len(WELLS), 0
    for delta in DETUNINGS:
        middle = bistable_point(delta, 1.0)
        before.clear()
        for place in places:
            system = KerrTwoPhotonDrive(delta, 1.0 + float(place) * (middle.critical_drive - 1.0), 1.0)
            exact = quantum_actions(system)
            for well in WELLS:
                if well == "bright" and place > LAST_BRIGHT:
                    continue
                options.progress(f"delta = {delta:g}, eps = {system.eps:.3g}", done / total)
                done += 1
                try:
                    path = _escape(delta, system.eps, well, before.get(well))
                except PredictionError:
                    missing.append(f"{well} at ({delta:g}, {system.eps:.4g})")
                    continue
                before[well] = (system.eps, path)
                found = path.total_action
                quantum = exact.vacuum if well == "vacuum" else exact.bright
                table.add(well, delta, system.eps, place, found, quantum, found / quantum)
    notes = [
        "series: the well that is left; place: (eps - gamma)/(sqrt(gamma^2 + delta^2) - gamma), 0 ... 1 over the bistable range",
        "S_TWA: least-action path of the truncated Wigner equation; S_Q: exact quantum exponent, closed form",
    ]
    if missing:
        notes.append("no least-action path found, left out: " + "; ".join(missing))
    with house_style():
        figure = new_figure(height=3.9)
        axes = figure.subplots(1, 2, sharey=True)
        for ax, well, letter, title in zip(
            axes, WELLS, "ab", ("out of the vacuum", "out of a bright state"), strict=True
        ):
            for index, delta in enumerate(DETUNINGS):
                where = {"series": well, "delta [gamma]": delta}
                ax.plot(
                    table.numbers("place", **where),
                    table.numbers("ratio", **where),
                    marker=family_marker(index),
                    color=family_colour(index),
                    markeredgecolor="white",
                    markeredgewidth=0.4,
                    label=rf"$\delta={delta:g}\,\gamma$",
                )
            ax.axhline(1.0, color=FAINT, linewidth=0.9, linestyle=":")
            ax.set_xlim(0.0, 1.0)
            ax.set_xlabel(r"place in the bistable range $(\epsilon-\gamma)/(\epsilon_c-\gamma)$")
            panel_letter(ax, letter, title)
            minor_ticks(ax)
        axes[0].set_ylabel(r"$S^\mathrm{TWA}/S^Q$")
        figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=len(DETUNINGS))
        heading(
            figure,
            "Switching exponents: truncated Wigner over exact quantum",
            r"Rates go as $\exp(-S/U)$. The vacuum loses its stability at $\epsilon_c=\sqrt{\gamma^2+\delta^2}$, "
            r"the bright states theirs at $\epsilon=\gamma$;",
            "near the edge where a well disappears the truncation is exact, elsewhere it makes switching exponentially too fast.",
        )
    return DrawnFigure(figure, table, tuple(notes))


def _escape(
    delta: float, eps: float, well: Well, before: tuple[float, InstantonPath] | None
) -> InstantonPath:
    """The least-action path; where the search finds none, the one of the drive before is followed to here.

    Raises:
        PredictionError: neither finds a path.
    """
    try:
        return instanton("twa", delta=delta, eps=eps, start=well)
    except PredictionError:
        if before is None:
            raise

    def system_at(drive: float) -> HamiltonianSystem:
        oscillator = two_photon_oscillator(delta=delta, eps=drive)
        return oscillator_system(ScaledOscillator.from_oscillator(oscillator, "twa"))

    return followed_path(before[1], system_at, before[0], eps)


ACTION_RATIO = FigureJob(
    8,
    "Exponents of the truncated Wigner equation over the quantum ones, against the drive",
    draw_action_ratio,
    seconds=30.0,
    settings={"points": Setting(9, "drives per detuning and well", minimum=3, maximum=200, whole=True)},
    source=f"S_Q: integrals of ln[((delta + x)^2 + gamma^2)/eps^2]; S_TWA: instantons of H = |p|^2 + p.f; {MODEL}",
)
