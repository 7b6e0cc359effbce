"""Figure 8 of the two-photon resonator: truncated Wigner, in both truncations, and positive-P against the master equation."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Literal

import numpy as np

from wellhop.analysis.estimate import RateEstimate
from wellhop.analysis.figures.job import DrawnFigure, FigureJob, FigureOptions, Setting
from wellhop.analysis.figures.resonator_phase_space import (
    DROP,
    EXACT,
    OMEGA,
    POSITIVE,
    Mean,
    MeansRun,
    RateLines,
    RatePoint,
    draw_phase_space,
)
from wellhop.analysis.figures.resonator_plane import MODEL
from wellhop.analysis.measurement import headline
from wellhop.analysis.resonator_action import escape_action
from wellhop.analysis.resonator_angle import angle_rate
from wellhop.analysis.resonator_evolution import mean_amplitude
from wellhop.analysis.resonator_photons import mean_photons
from wellhop.analysis.resonator_rate_laws import SHALLOWEST
from wellhop.analysis.resonator_spectrum import slow_eigenvalue
from wellhop.engine import langevin
from wellhop.engine.positive_p import PositivePEnsemble, positive_p
from wellhop.engine.resonator_langevin import resonator_problem
from wellhop.engine.systems.two_photon_resonator import TwoPhotonResonator
from wellhop.engine.systems.two_photon_resonator_jumps import well_amplitude
from wellhop.jobs.time_scales import BURN_IN_RELAXATION_TIMES

Truncation = Literal["drop", "clip"]
TRUNCATIONS: tuple[Truncation, ...] = ("drop", "clip")
#: Intervals of the time grid; points of the rate curves; detunings with sampled rates, over G.
SAMPLES, CURVE_POINTS, SAMPLED_AT = 40, 19, (0.125, 0.25, 0.375, 0.5, 0.625)
#: Range of the rate curves in Δ/G; lanes and length of trajectories for rates, in 1/rate.
EDGES, LANES, LENGTH = (0.02, 0.7), 64, 20.0
#: Truncated-Wigner trajectories for one of positive-P: they cost a tenth.
CHEAPER = 2


def langevin_means(
    system: TwoPhotonResonator,
    truncation: Truncation,
    duration: float,
    trajectories: int,
    seed: int,
    point: int,
) -> tuple[Mean, Mean]:
    """Means of Re⟨a⟩, starts in the left-hand well mirrored, and of ⟨a†a⟩ at SAMPLES + 1 times.

    Args:
        system: two wells. truncation: ``drop`` or ``clip``. duration: time. trajectories: how many. seed, point: names of noise.
    """
    problem = resonator_problem(
        system, truncation, duration=duration, sample_interval=duration / SAMPLES, observables=("re", "n")
    )
    records = langevin.run_many(problem, seed, range(trajectories), point)
    samples = np.array([r.samples[: SAMPLES + 1] for r in records])
    samples[:, :, 0] *= np.array([2.0 * r.start_well - 1.0 for r in records])[:, np.newaxis]
    mean, error = samples.mean(axis=0), samples.std(axis=0, ddof=1) / np.sqrt(len(samples))
    return Mean(mean[:, 0], error[:, 0]), Mean(mean[:, 1], error[:, 1])


def means(
    system: TwoPhotonResonator, duration: float, trajectories: int, *, seed: int = 0, point: int = 0
) -> tuple[MeansRun, PositivePEnsemble]:
    """Everything of one set of parameters, and the positive-P ensemble with its warnings.

    Args:
        system: two wells. duration: time. trajectories: of positive-P. seed, point: names of the noise; three points are used.
    """
    step, none = duration / SAMPLES, np.zeros(SAMPLES + 1)
    alpha = well_amplitude(system)
    amplitude = {EXACT: Mean((alpha * mean_amplitude(system, step, SAMPLES)).real, none)}
    photons = {EXACT: Mean(mean_photons(system, step, SAMPLES), none)}
    for k, name in enumerate(TRUNCATIONS):
        amplitude[name], photons[name] = langevin_means(
            system, name, duration, CHEAPER * trajectories, seed, point + k
        )
    found = positive_p(
        system, duration=duration, sample_interval=step, trajectories=trajectories, seed=seed, point=point + 2, start=alpha
    )  # fmt: skip
    n = SAMPLES + 1
    amplitude[POSITIVE] = Mean(found.real[:n], found.real_error[:n])
    photons[POSITIVE] = Mean(found.photons[:n], found.photons_error[:n])
    times = np.asarray(step * np.arange(n), dtype=np.float64)
    return MeansRun(system, times, amplitude, photons, found.spiking, trajectories, found.stopped), found


def sampled_rate(
    system: TwoPhotonResonator, truncation: Truncation, guess: float, lives: float, seed: int, point: int
) -> RateEstimate:
    """Rate of truncated-Wigner trajectories of together ``lives``/``guess``.

    Args:
        system: two wells. truncation: ``drop`` or ``clip``. guess: of the rate; sets lengths, enters no value.
        lives: total time in 1/``guess``. seed, point: names of the noise.
    """
    problem = resonator_problem(
        system, truncation, duration=LENGTH / guess, sample_interval=0.1 / guess, observables=("X",)
    )
    count = max(LANES, LANES * round(lives / LENGTH / LANES))
    records = langevin.run_many(problem, seed, range(count), point)
    return headline(
        records,
        sample_interval=problem.sample_interval,
        burn_in=BURN_IN_RELAXATION_TIMES * problem.relaxation_time,
        relaxation_time=problem.relaxation_time,
        core_names=problem.core_names,
    )


def draw(options: FigureOptions) -> DrawnFigure:
    """Figure 8.

    Raises:
        UnravellingError: one well only. PredictionError: |Δ| >= G, or wells too deep for the exact means.
    """
    system = TwoPhotonResonator(options["G"], options["Delta"])
    lossy = replace(system, kappa_1=options["kappa_1"])
    count, runs, doubts = options.count("trajectories"), [], []
    for k, model in enumerate((system, lossy)):
        options.progress("means", 0.2 * k)
        run, found = means(model, options["duration"], count, seed=options.seed, point=3 * k)
        runs.append(run)
        size = f"sizes beyond {found.spike_size:.3g}, the largest {found.largest:.3g}"
        doubts.append(
            f"positive-P at kappa_1 = {model.kappa_1:g}: {found.spiking} of {count} trajectories had {found.spikes} spikes "
            f"({size}), {100.0 * found.spike_steps:.2g} % of all steps; {found.stopped} stopped being finite"
        )
        doubts += [f"positive-P at kappa_1 = {model.kappa_1:g}, {text}" for text in found.warnings]
    drive = options["rate_G"]
    models = [TwoPhotonResonator(drive, float(share * drive)) for share in np.linspace(*EDGES, CURVE_POINTS)]
    # below an action of 2 switching is as fast as relaxation, there is no rate
    models = [model for model in models if escape_action(model) >= SHALLOWEST]
    detunings = np.array([model.Delta for model in models])
    # a tenth of the time of the default, and more digits than a curve shows
    levels = 14 + math.ceil(1.5 * drive)
    slow = np.array([slow_eigenvalue(model, levels) for model in models])
    phase = np.array([angle_rate(model) for model in models])
    points = []
    for k, share in enumerate(SAMPLED_AT):
        options.progress("rates", 0.4 + 0.6 * k / len(SAMPLED_AT))
        model = TwoPhotonResonator(drive, share * drive)
        if escape_action(model) < SHALLOWEST:
            continue
        # the rate of clip is of the order of that of the master equation, that of drop is known
        guesses = {"drop": angle_rate(model), "clip": -slow_eigenvalue(model, levels).real}
        measured: dict[str, RateEstimate] = {
            name: sampled_rate(model, name, guesses[name], options["lives"], options.seed, 6 + 2 * k + j)
            for j, name in enumerate(TRUNCATIONS)
        }
        points.append(RatePoint(model, measured))
    lines = RateLines(drive, detunings, {EXACT: -slow.real, OMEGA: np.abs(slow.imag), DROP: phase}, points)
    notes = [
        f"truncated Wigner: drop has the diffusion eta |alpha|^2, clip max(eta (|alpha|^2 - 1/2), 0), with kappa_1/4 added before; "
        f"{CHEAPER * count} trajectories each, Strang steps; rates from the autocorrelation of X",
        "curves of rates: Gamma and Omega of the slow eigenvalue, drop from the Fourier modes of the phase",
        *doubts,
    ]
    return draw_phase_space(runs[0], runs[1], lines, notes)


SETTINGS: Mapping[str, Setting] = {
    "G": Setting(2.0, "two-photon drive of the means in units of eta", 0.5, 12.0),
    "Delta": Setting(0.5, "detuning of the means in units of eta, |Delta| < G", -12.0, 12.0),
    "kappa_1": Setting(1.0, "one-photon loss rate of panels b and c", 1e-6, 20.0),
    "duration": Setting(20.0, "length of the means in 1/eta", 0.5, 200.0),
    "trajectories": Setting(4000, "of positive-P; twice as many of truncated Wigner", 50, 1e6, whole=True),
    "rate_G": Setting(4.0, "two-photon drive of the rates", 1.0, 8.0),
    "lives": Setting(1000, "time for each sampled rate in 1/rate; errors fall as its root", 100, 1e6),
}

JOB = FigureJob(
    number=8,
    title="Phase-space trajectories against the master equation: truncated Wigner (drop, clip) and positive-P",
    draw=draw,
    seconds=15.0,
    settings=SETTINGS,
    sampled=True,
    source=f"exact: blocks of the Liouvillian; truncated Wigner: Eq. (3) without third derivatives; {MODEL}",
)
