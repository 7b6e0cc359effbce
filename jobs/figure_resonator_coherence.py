"""Figure 7 of the two-photon resonator: the mean of jump trajectories against the master equation, and trajectories themselves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial

from wellhop.analysis.figures.job import DrawnFigure, FigureJob, FigureOptions, Setting
from wellhop.analysis.figures.resonator_coherence import (
    COUNTED,
    DISPLACED,
    TELEGRAPH,
    SignalRuns,
    draw_coherence,
)
from wellhop.analysis.figures.resonator_plane import MODEL
from wellhop.analysis.resonator_evolution import mean_amplitude
from wellhop.engine.systems.two_photon_resonator import TwoPhotonResonator
from wellhop.jobs.resonator_sampling import sample_signals, signal_scales

#: Steps of the time grid without one-photon loss, and per 1/Γ_z with it.
SAMPLES, TELEGRAPH_SAMPLES = 400, 150


def draw(options: FigureOptions) -> DrawnFigure:
    """Figure 7.

    Raises:
        UnravellingError: nothing decays, κ₁ so small that the signal rotates instead of switching, or one well only.
        PredictionError: |Δ| >= G, or wells too deep for the exact mean.
    """
    system = TwoPhotonResonator(options["G"], options["Delta"])
    lossy = replace(system, kappa_1=options["kappa_1"])
    scales, telegraph = signal_scales(system), signal_scales(lossy)
    duration = options["length"] / scales.rate
    options.progress("master equation", 0.0)
    exact = mean_amplitude(system, duration / SAMPLES, SAMPLES).real
    plan = {
        DISPLACED: (system, "displaced", options.count("trajectories"), duration, SAMPLES),
        COUNTED: (system, "counting", options.count("counted"), duration, SAMPLES),
        TELEGRAPH: (
            lossy,
            "displaced",
            options.count("telegraphs"),
            options["telegraph_length"] / telegraph.rate,
            round(options["telegraph_length"] * TELEGRAPH_SAMPLES),
        ),
    }
    runs = {}
    for point, (name, (model, unravelling, count, length, samples)) in enumerate(plan.items()):
        found = sample_signals(
            model,
            unravelling,
            trajectories=count,
            duration=length,
            samples=samples,
            seed=options.seed,
            point=point,
            watch=partial(options.progress, f"{name} trajectories"),
        )
        runs[name] = SignalRuns(model, found.times, found.order_parameter, found.clicks)
    rate = complex(scales.guesses["Gamma"], scales.guesses["Omega"])
    return draw_coherence(rate, exact, runs, telegraph.rate)


SETTINGS: Mapping[str, Setting] = {
    "G": Setting(4.0, "two-photon drive in units of eta", 1.0, 12.0),
    "Delta": Setting(1.0, "detuning in units of eta, not 0, |Delta| < G", -12.0, 12.0),
    "kappa_1": Setting(0.1, "one-photon loss rate of the contrast, beyond the exceptional point", 1e-6, 2.0),
    "length": Setting(
        6.0, "length of the trajectories without one-photon loss in 1/|Gamma + i Omega|", 1.0, 20.0
    ),
    "trajectories": Setting(1000, "displaced ones without one-photon loss", 20, 1e6, whole=True),
    "counted": Setting(60, "with counted pairs, forty times more expensive", 4, 1e5, whole=True),
    "telegraphs": Setting(120, "with one-photon loss", 4, 1e5, whole=True),
    "telegraph_length": Setting(8.0, "their length in 1/Gamma_z", 1.0, 100.0),
}

JOB = FigureJob(
    number=7,
    title="Mean of jump trajectories against the master equation, and no telegraph in any of them",
    draw=draw,
    seconds=6.0,
    settings=SETTINGS,
    sampled=True,
    source=f"X = Re(alpha0* a)/|alpha0|^2; mean: block of the Liouvillian between parities; {MODEL}",
)
