"""Figure 7 of the two-photon-driven Kerr oscillator: how far finite steps move the switching rates, scheme by scheme.

Langevin rates at several steps against those of the truncated-Wigner generator on the Fock basis, which has no step.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from wellhop.analysis.directed_rates import DirectedRates, directed_rates
from wellhop.analysis.figures.job import DrawnFigure, FigureJob, FigureOptions, Progress, Setting, silent
from wellhop.analysis.figures.two_photon_step_bias import BiasPanel, draw_step_bias
from wellhop.analysis.step_bias import BiasFit, MeasuredBias, fit_bias
from wellhop.engine.systems.kerr_two_photon_drive import KerrTwoPhotonDrive
from wellhop.jobs.two_photon_sampling import SampledRates, langevin_rates

NAMES = ("k_v", "k_b")
Ladder = Mapping[str, Sequence[float]]


@dataclass(frozen=True)
class BiasPoint:
    """A point and the steps each scheme is tried at.

    Attributes:
        system: the point. steps: scheme -> steps in 1/γ. effort: share of the common number of switches, per scheme.
    """

    system: KerrTwoPhotonDrive
    steps: Ladder
    effort: Mapping[str, float]

    @property
    def label(self) -> str:
        """The point as mathtext."""
        s = self.system
        return rf"$\delta={s.delta:g},\ \epsilon={s.eps:g},\ U={s.U:g}$"


#: Steps up to the largest that is not refused; short ones of Euler-Maruyama cost most and are biased most: fewer switches do.
POINTS = (
    BiasPoint(
        KerrTwoPhotonDrive(-3.0, 1.8, 0.4),
        {
            "strang": (0.05, 0.07, 0.1, 0.15),
            "midpoint": (0.05, 0.07, 0.1, 0.15),
            "heun": (0.02, 0.03, 0.05, 0.07),
            "euler": (0.002, 0.005, 0.01, 0.02),
        },
        {"euler": 0.5},
    ),
    BiasPoint(
        KerrTwoPhotonDrive(-10.0, 3.2, 1.0),
        {
            "strang": (0.02, 0.03, 0.05, 0.07),
            "midpoint": (0.02, 0.03, 0.04, 0.05),
            "heun": (0.01, 0.015, 0.02, 0.03),
            "euler": (0.0005, 0.001, 0.002, 0.005),
        },
        {"euler": 0.1},
    ),
)


def sample_biases(
    point: BiasPoint, reference: DirectedRates, switches: float, *, seed: int = 0, progress: Progress = silent
) -> dict[str, list[SampledRates]]:
    """Measured rates at every step of every scheme.

    Args:
        point: where. reference: rates of the truncated-Wigner generator there.
        switches: expected in each direction, which set the simulated time. seed: of the noise. progress: told after groups.
    """
    time = switches * reference.lam_e / (reference.k_v * reference.k_b)
    found: dict[str, list[SampledRates]] = {}
    stream = 0
    for scheme, steps in point.steps.items():
        for dt in steps:
            effort = time * point.effort.get(scheme, 1.0)
            name = f"U = {point.system.U:g}, {scheme}, dt = {dt:g}"

            def watch(share: float, name: str = name) -> None:
                progress(name, share)

            rates = langevin_rates(
                point.system, reference, time=effort, dt=dt, scheme=scheme, seed=seed, point=stream, watch=watch
            )
            found.setdefault(scheme, []).append(rates)
            stream += 1
    return found


def biases(sampled: Sequence[SampledRates], reference: DirectedRates, name: str) -> MeasuredBias:
    """ln(measured/exact) of one rate and one scheme; a rate of which no switch was seen is left out."""
    kept = [s for s in sampled if s.rates[name].value > 0.0]
    exact = float(getattr(reference, name))
    return MeasuredBias(
        sampled[0].scheme,
        np.array([s.dt for s in kept]),
        np.log([s.rates[name].value / exact for s in kept]),
        np.array([s.rates[name].relative_error for s in kept]),
    )


def small_bias_fit(measured: MeasuredBias) -> BiasFit | None:
    """Fit of the steps with less than a factor of 2, where two terms of a power series can hold; None if fewer than 2 are."""
    small = np.abs(measured.bias) < np.log(2.0)
    if small.sum() < 2:
        return None
    return fit_bias(MeasuredBias(measured.scheme, measured.dt[small], measured.bias[small], measured.error[small]))


def panel(point: BiasPoint, switches: float, *, seed: int = 0, progress: Progress = silent) -> BiasPanel:
    """Everything of one point."""
    reference = directed_rates(point.system, "twa")
    sampled = sample_biases(point, reference, switches, seed=seed, progress=progress)
    found = {name: [biases(s, reference, name) for s in sampled.values()] for name in NAMES}
    fits = {name: [fit for m in ms if (fit := small_bias_fit(m)) is not None] for name, ms in found.items()}
    return BiasPanel(point.label, found, fits)


def draw(options: FigureOptions) -> DrawnFigure:
    """Figure 7."""
    panels = [panel(p, options["switches"], seed=options.seed + k, progress=options.progress) for k, p in enumerate(POINTS)]
    notes = [f"{p.label} {name} {fit}" for p in panels for name, fits in p.fits.items() for fit in fits]
    return draw_step_bias(panels, notes)


SETTINGS: Mapping[str, Setting] = {
    "switches": Setting(4000, "expected switches in each direction at every step; errors fall as its root", 50, 1e7),
}

JOB = FigureJob(
    number=7,
    title="Step-size bias of the switching rates: Strang, implicit midpoint, Heun, Euler-Maruyama",
    draw=draw,
    seconds=30.0,
    settings=SETTINGS,
    sampled=True,
    source="exact: slow modes of the truncated-Wigner generator on the Fock basis; fits c dt^p + d dt^r of the weak orders",
)
