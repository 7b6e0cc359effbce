"""Figures 2(a)-(d) and 5 of the driven qubit with a defect: |μ(t)|, with trajectories of the reduced and of the full model."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import numpy as np
import numpy.typing as npt

from wellhop.analysis.defect_calibration import ROUND_OFF
from wellhop.analysis.figures.defect_relaxation import (
    FULL_JUMPS,
    JUMPS,
    LANGEVIN,
    RelaxationPanel,
    SampledMean,
    draw_relaxation,
)
from wellhop.analysis.figures.job import DrawnFigure, FigureJob, FigureOptions, Setting
from wellhop.engine.defect_full_model import full_jump_setup
from wellhop.engine.defect_langevin import sample_langevin
from wellhop.engine.systems.driven_qubit_tls import DrivenQubitTLS
from wellhop.engine.systems.driven_qubit_tls_jumps import jump_setup
from wellhop.jobs.defect_sampling import sample_jumps

#: Panel of the paper -> Δ_d/2π, Ω/2π in MHz, Fock states of the full model.
PANELS: Mapping[str, tuple[float, float, int]] = {
    "2(a)": (-1.5, 0.1, 14),
    "2(b)": (-0.37, 0.1, 14),
    "2(c)": (0.02, 0.1, 16),
    "2(d)": (0.1, 0.25, 42),
    "5(a)": (0.52, 0.1, 14),
    "5(b)": (0.22, 0.1, 16),
}
#: Number of the figure -> its panels.
FIGURES: Mapping[int, tuple[str, ...]] = {2: ("2(a)", "2(b)", "2(c)", "2(d)"), 5: ("5(a)", "5(b)")}
#: us; points of each curve; times at which trajectories are shown.
SPAN, CURVE, MARKS = 5.0, 126, 12
#: Further Fock states per photon of the effective bath: its tail.
_WARM = 12.0


def relaxation_panel(
    name: str, temperature: float, *, langevin: int, jumps: int, full: int, seed: int = 0
) -> RelaxationPanel:
    """One panel with its trajectories.

    Args:
        name: of :data:`PANELS`. temperature: mK. langevin, jumps, full: trajectories of each kind, 0 for none.
        seed: names the streams.
    """
    detuning, drive, cutoff = PANELS[name]
    system = DrivenQubitTLS(detuning, drive, T=temperature)
    cutoff += round(_WARM * system.n_th)
    counts = {"langevin": langevin, "jumps": jumps, "full": full}
    sampled = sampled_means(system, cutoff, SPAN, seed=seed, point=4 * list(PANELS).index(name), **counts)
    return RelaxationPanel(name, system, cutoff, sampled)


def sampled_means(
    system: DrivenQubitTLS, cutoff: int, span: float, *, langevin: int, jumps: int, full: int, seed: int, point: int
) -> dict[str, SampledMean]:
    """Means of the trajectories asked for at :data:`MARKS` times up to ``span``, us.

    Args:
        cutoff: Fock states of the full model. langevin, jumps, full: trajectories of each kind, 0 for none.
        seed, point: name the streams.
    """
    times = span / MARKS * np.arange(1.0, MARKS + 1.0)
    sampled = {}
    if langevin:
        found = sample_langevin(system, times, langevin, seed=seed, point=point)
        sampled[LANGEVIN] = _mean(times, found.in_frame("qubit"))
    if jumps:
        runs = sample_jumps(system, jump_setup(system), times, jumps, seed=seed, point=point + 1)
        sampled[JUMPS] = _mean(times, runs.amplitudes)
    if full:
        runs = sample_jumps(system, full_jump_setup(system, cutoff), times, full, seed=seed, point=point + 2)
        sampled[FULL_JUMPS] = _mean(times, runs.amplitudes)
    return sampled


def draw(options: FigureOptions, number: int) -> DrawnFigure:
    """The panels of one figure of the paper.

    Args:
        options: settings of the job. number: 2 or 5.

    Raises:
        CutoffError: too hot for the Fock space of the full model.
    """
    panels = []
    for k, name in enumerate(FIGURES[number]):
        options.progress(f"Fig. {name}", k / len(FIGURES[number]))
        counts = {n: options.count(n) for n in ("langevin", "jumps", "full")}
        panels.append(relaxation_panel(name, options["T"], seed=options.seed, **counts))
    return draw_relaxation(panels, SPAN, options.count("points"))


def _mean(times: npt.NDArray[np.float64], amplitudes: npt.NDArray[np.complex128]) -> SampledMean:
    n = len(amplitudes)
    errors = [part.std(axis=0, ddof=1) for part in (amplitudes.real, amplitudes.imag)]
    real, imag = (np.where(e > ROUND_OFF, e, 0.0) / np.sqrt(n) for e in errors)
    return SampledMean(times, amplitudes.mean(axis=0), real, imag, n)


SETTINGS: Mapping[str, Setting] = {
    "T": Setting(10.0, "temperature in mK", 1.0, 200.0),
    "langevin": Setting(2000, "Langevin trajectories in each panel; 0: none", 0, 1e7, whole=True),
    "jumps": Setting(
        200, "jump trajectories of the reduced model in each panel; 0: none", 0, 1e6, whole=True
    ),
    "full": Setting(300, "jump trajectories of the full model in each panel; 0: none", 0, 1e6, whole=True),
    "points": Setting(CURVE, "points of each curve", 11, 2001, whole=True),
}

_SOURCE = (
    "Eqs. (9), (10) with eta of (4); full: Lindblad equation of Fock space times defect, linear response of it; "
    f"{DrivenQubitTLS.reference}"
)

FIG_2 = FigureJob(
    number=2,
    title="Decay into the limit cycle in each phase: reduced and full model with trajectories (Fig. 2(a)-(d) of the paper)",
    draw=partial(draw, number=2),
    seconds=7.0,
    settings=SETTINGS,
    sampled=True,
    source=_SOURCE,
)

FIG_5 = FigureJob(
    number=5,
    title="The same at positive detuning: the collapse comes later (Fig. 5 of the paper)",
    draw=partial(draw, number=5),
    seconds=2.0,
    settings=SETTINGS,
    sampled=True,
    source=_SOURCE,
)
