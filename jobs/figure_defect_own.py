"""Figure 10 of the driven qubit with a defect: |μ(t)| at parameters of one's own, reduced and full model, with trajectories."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields

import numpy as np

from wellhop.analysis.defect_limits import saturated_steady
from wellhop.analysis.figures.defect_relaxation import RelaxationPanel, draw_relaxation
from wellhop.analysis.figures.job import DrawnFigure, FigureJob, FigureOptions, Setting
from wellhop.engine.errors import CutoffError
from wellhop.engine.systems.driven_qubit_tls import DrivenQubitTLS
from wellhop.jobs.figure_defect_relaxation import CURVE, SETTINGS, sampled_means

#: Fock states of the full model beyond the largest photon number on the way, in units of its square root, and a few more.
WIDTHS, SPARE = 6.0, 8
#: Most Fock states of the full model: its master equation takes their fourth power.
MOST_STATES = 60


def full_cutoff(system: DrivenQubitTLS) -> int:
    """Fock states that hold the full model on its way into the limit cycle, saturation and the thermal tail included.

    Raises:
        CutoffError: more than can be handled.

    >>> full_cutoff(DrivenQubitTLS(-0.5, 0.15))
    16
    """
    reach = max(system.alpha_0, abs(system.mu_ss), *(abs(z) for z in saturated_steady(system)))
    needed = int(np.ceil(reach**2 + WIDTHS * reach + SPARE + 12.0 * system.n_th))
    if needed > MOST_STATES:
        raise CutoffError(
            f"full model: |a| reaches {reach:.3g}, which takes {needed} Fock states, allowed are {MOST_STATES}; use a weaker "
            "drive, a smaller alpha_0 or a lower temperature"
        )
    return needed


def draw(options: FigureOptions) -> DrawnFigure:
    """|μ(t)| of both models at the parameters given.

    Raises:
        ParameterError: a parameter outside its range. CutoffError: too far or too hot for the full model.
    """
    system = DrivenQubitTLS(**{field.name: options[field.name] for field in fields(DrivenQubitTLS)})
    cutoff = full_cutoff(system)
    counts = {n: options.count(n) for n in ("langevin", "jumps", "full")}
    options.progress("trajectories", 0.0)
    sampled = sampled_means(system, cutoff, options["span"], seed=options.seed, point=100, **counts)
    return draw_relaxation([RelaxationPanel("", system, cutoff, sampled)], options["span"], options.count("points"))


_OWN: Mapping[str, Setting] = {
    "Delta_d": Setting(-0.37, "detuning from the drive over 2 pi in MHz", -50.0, 50.0),
    "Omega": Setting(0.1, "drive over 2 pi in MHz", 0.0, 50.0),
    "Delta_c": Setting(0.11, "detuning from the defect over 2 pi in MHz", -50.0, 50.0),
    "g": Setting(0.4, "coupling over 2 pi in MHz", 1e-6, 50.0),
    "gamma_c": Setting(1.0, "decay of the defect's coherence over 2 pi in MHz", 1e-6, 100.0),
    "omega_q": Setting(4500.0, "frequency of the qubit over 2 pi in MHz", 1.0, 1e6),
    "T": Setting(10.0, "temperature in mK", 0.1, 1000.0),
    "alpha_0": Setting(1.0, "amplitude at the start", 0.01, 5.0),
    "span": Setting(5.0, "time shown in us", 0.01, 1000.0),
}
JOB = FigureJob(
    number=10,
    title="Decay into the limit cycle at parameters of your own: reduced and full model with trajectories",
    draw=draw,
    seconds=4.0,
    settings={**SETTINGS, **_OWN, "points": Setting(CURVE, "points of each curve", 11, 2001, whole=True)},
    sampled=True,
    source=f"as figure 2; {DrivenQubitTLS.reference}",
)
