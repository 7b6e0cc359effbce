"""Figure 7 of the Duffing oscillator: effective frequency at the large orbit, and a spectrum measured by jump trajectories."""

from __future__ import annotations

from functools import partial

import numpy as np

from wellhop.analysis.duffing_emission import emission_correlation, windowed_spectrum
from wellhop.analysis.figures.duffing_axes import BETA, MODEL
from wellhop.analysis.figures.duffing_emission import MeasuredSpectrum, draw_emission
from wellhop.analysis.figures.job import DrawnFigure, FigureJob, FigureOptions, Setting
from wellhop.engine.errors import ParameterError
from wellhop.engine.systems.duffing_attractors import DuffingAttractors
from wellhop.jobs.duffing_light_sampling import SampledSpectrum, sample_spectrum

#: Measured frequencies in units of |w0|, on either side of the drive.
PLACES = np.array([0.25, 0.5, 0.7, 0.8, 0.88, 0.94, 1.0, 1.06, 1.14, 1.25, 1.45])


def measured_spectrum(found: SampledSpectrum) -> MeasuredSpectrum:
    """Spectrum of sampled correlations on both sides of the drive, with what the exact ones give on the same time grid."""
    frequencies = np.concatenate([-PLACES[::-1], [0.0], PLACES]) * abs(found.well.frame.w0)
    values, covariance = found.spectrum(frequencies)
    exact = emission_correlation(found.well, found.step, found.correlations.shape[1] - 1)
    expected = windowed_spectrum(exact, found.step, frequencies)
    return MeasuredSpectrum(
        frequencies, values, np.sqrt(np.diag(covariance)), expected, len(found.correlations)
    )


def draw(options: FigureOptions) -> DrawnFigure:
    """Figure 7.

    Raises:
        ParameterError: khat_min not below khat_max. PredictionError: no HAS at khat. StatisticsError: trajectories failed.
    """
    low, high = options["khat_min"], options["khat_max"]
    if not low < high:
        raise ParameterError("khat_min, khat_max", (low, high), "khat_min < khat_max")
    system = DuffingAttractors(options["lam"], options["beta"], options["khat"], options["n_th"])
    starts, measured = options.count("starts"), None
    if starts:
        watch = partial(options.progress, "trajectories")
        found = sample_spectrum(
            system, "HAS", starts=starts, seed=options.seed, watch=lambda share: watch(0.3 * share)
        )
        measured = measured_spectrum(found)
    dampings = np.linspace(low, high, options.count("points"))
    return draw_emission(system, dampings, options.count("frequencies"), measured, options.progress)


JOB = FigureJob(
    number=7,
    title="Effective frequency at the large orbit against damping, and an emission spectrum, measured (Fig. 7 of the paper)",
    draw=draw,
    seconds=12.0,
    settings={
        "lam": Setting(0.03, "lambda, size of a quantum", minimum=0.004, maximum=0.06),
        "beta": BETA,
        "n_th": Setting(0.0, "photons of the bath", minimum=0.0, maximum=0.5),
        "khat": Setting(0.1, "khat of the spectrum", minimum=0.01, maximum=0.2),
        "khat_min": Setting(0.01, "smallest khat of the frequencies", minimum=0.002, maximum=0.3),
        "khat_max": Setting(0.18, "largest khat of the frequencies", minimum=0.005, maximum=0.5),
        "points": Setting(10, "values of khat", minimum=2, maximum=200, whole=True),
        "frequencies": Setting(161, "points of the exact spectrum", minimum=11, maximum=5000, whole=True),
        "starts": Setting(
            600, "independent starts of trajectories, 16 or more; 0: none", minimum=0, maximum=1e6, whole=True
        ),
    },
    sampled=True,
    source=f"Eqs. (20), (26) for (2), frame of the damped attractor; regression after Molmer, Castin, Dalibard; {MODEL}",
)
