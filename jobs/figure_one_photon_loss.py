"""Figure 6 of the two-photon resonator: its slow modes against one-photon loss, with rates from quantum jumps."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial

import numpy as np

from wellhop.analysis.figures.job import DrawnFigure, FigureJob, FigureOptions, Setting
from wellhop.analysis.figures.resonator_measured import MeasuredCoherence, MeasuredTelegraph
from wellhop.analysis.figures.resonator_one_photon_loss import draw_one_photon_loss
from wellhop.analysis.figures.resonator_plane import MODEL
from wellhop.analysis.resonator_loss_curves import LossCurves, loss_curves
from wellhop.engine.errors import ParameterError
from wellhop.engine.systems.two_photon_resonator import TwoPhotonResonator
from wellhop.jobs.resonator_sampling import coherence_rates, expected_time, telegraph_rates


def draw(options: FigureOptions) -> DrawnFigure:
    """Figure 6.

    Raises:
        ParameterError: ranges out of order. PredictionError: |Δ| >= G, or wells too deep. SpectrumError: no exceptional point.
        UnravellingError: a measured κ₁ so small that the signal still rotates.
    """
    system = TwoPhotonResonator(options["G"], options["Delta"])
    low, high = options["kappa_min"], options["kappa_max"]
    if not low < high < 2.0 * system.s:
        raise ParameterError(
            "kappa_min, kappa_max", (low, high), f"kappa_min < kappa_max < 2s = {2.0 * system.s:.4g}"
        )
    first, last = options["measured_min"], options["measured_max"]
    if not first < last:
        raise ParameterError("measured_min, measured_max", (first, last), "measured_min < measured_max")
    told = partial(options.progress, "exact slow modes")
    curves = loss_curves(system, low, high, options.count("points"), told)
    coherence, telegraph = _measured(curves, options)
    notes = [
        f"kappa_1 = {m.system.kappa_1:.4g}: {m.measurement.n_trajectories} trajectories, total time "
        f"{m.measurement.total_time:.4g}/eta, {m.cpu_seconds:.1f} CPU s"
        for m in ([coherence] if coherence else []) + telegraph
    ]
    return draw_one_photon_loss(curves, coherence, telegraph, notes)


def _measured(
    curves: LossCurves, options: FigureOptions
) -> tuple[MeasuredCoherence | None, list[MeasuredTelegraph]]:
    """Γ and Ω at κ₁ = 0, Γ_z beyond the exceptional point; nothing with no switches asked for."""
    switches = options["switches"]
    if switches == 0.0:
        return None, []

    def told(system: TwoPhotonResonator) -> Callable[[float], None]:
        return partial(options.progress, f"quantum jumps, kappa_1 = {system.kappa_1:.3g}")

    system, seed = curves.system, options.seed
    time = expected_time(system, switches)
    coherence = coherence_rates(system, time=time, seed=seed, watch=told(system))
    telegraph = []
    losses = np.geomspace(options["measured_min"], options["measured_max"], options.count("measured"))
    for k, loss in enumerate(losses):
        lossy = replace(system, kappa_1=float(loss))
        time = expected_time(lossy, switches)
        telegraph.append(telegraph_rates(lossy, time=time, seed=seed, point=k + 1, watch=told(lossy)))
    return coherence, telegraph


SETTINGS: Mapping[str, Setting] = {
    "G": Setting(4.0, "two-photon drive in units of eta", 1.0, 12.0),
    "Delta": Setting(1.0, "detuning in units of eta, not 0, |Delta| < G", -12.0, 12.0),
    "kappa_min": Setting(1e-4, "first one-photon loss rate in units of eta", 1e-8, 1.0),
    "kappa_max": Setting(0.5, "last one", 1e-8, 10.0),
    "points": Setting(24, "points of the lines", 6, 1000, whole=True),
    "measured_min": Setting(0.01, "first measured loss rate, beyond the exceptional point", 1e-8, 10.0),
    "measured_max": Setting(0.3, "last one", 1e-8, 10.0),
    "measured": Setting(6, "measured loss rates", 2, 50, whole=True),
    "switches": Setting(1200, "expected switches at every measured point; 0: no trajectories", 0.0, 1e7),
}

JOB = FigureJob(
    number=6,
    title="Slow modes against one-photon loss: exceptional point, telegraph, and measured rates",
    draw=draw,
    seconds=20.0,
    settings=SETTINGS,
    sampled=True,
    source=f"odd-parity Liouvillian; -Gamma - q +- sqrt(q^2 - Omega^2), q = kappa_1 |alpha0|^2 (ours); {MODEL}",
)
