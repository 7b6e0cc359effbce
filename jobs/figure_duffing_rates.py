"""Figures 9 to 11 of the Duffing oscillator: rates of either model with those of trajectories laid over."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Protocol

import numpy as np

from wellhop.analysis.directed_rates import Generator
from wellhop.analysis.duffing_rates import duffing_rates
from wellhop.analysis.figures.duffing_arrhenius import ARRHENIUS, check_arrhenius, draw_arrhenius
from wellhop.analysis.figures.duffing_rates import MeasuredRates
from wellhop.analysis.figures.duffing_scans import (
    DRIVE,
    TEMPERATURE,
    check_drive,
    check_temperature,
    draw_drive,
    draw_temperature,
)
from wellhop.analysis.figures.job import DrawnFigure, FigureJob, FigureOptions, Setting
from wellhop.engine.systems.duffing_attractors import DuffingAttractors
from wellhop.jobs.duffing_rate_sampling import Engine, sample_duffing_rates

#: Expected switches in either direction at every measured point.
SWITCHES = 100.0
#: A point whose generator needs more simulated time than this, in 1/κ per expected switch, is not measured.
LONGEST = 2e4
#: Which generator an engine follows.
FOLLOWS: dict[Engine, Generator] = {"jumps": "exact", "langevin": "twa"}

#: (abscissa, system) of the points worth measuring.
Places = Callable[[FigureOptions], Sequence[tuple[float, DuffingAttractors]]]
#: Refuses settings that do not fit together, before any trajectory runs.
Check = Callable[[FigureOptions], DuffingAttractors]


class DrawsMeasured(Protocol):
    """A drawing over which measured rates can be laid."""

    def __call__(self, options: FigureOptions, measured: Sequence[MeasuredRates] = ()) -> DrawnFigure:
        """Draw it."""


def measured_points(
    places: Sequence[tuple[float, DuffingAttractors]], options: FigureOptions
) -> tuple[list[MeasuredRates], list[str]]:
    """Rates of both engines at every place where there are two wells, and a note on every one.

    Args:
        places: abscissa and system. options: ``switches``, seed, and whom to tell.
    """
    found: list[MeasuredRates] = []
    notes: list[str] = []
    for engine, generator in FOLLOWS.items():
        for number, (x, system) in enumerate(places):
            reference = duffing_rates(system, generator)
            head = f"{engine}, lam = {system.lam:.4g}, beta = {system.beta:.4g}, n_th = {system.n_th:.4g}: "
            if not reference.spectrum.metastable:
                notes.append(
                    f"{head}not measured, gap over next decay rate is {reference.spectrum.ratio:.2g}: no two wells"
                )
                continue
            needed = reference.gap * system.kappa / (reference.k_lh * reference.k_hl)
            if needed > LONGEST:
                notes.append(f"{head}not measured, a switch each way takes {needed:.2g}/kappa")
                continue
            sampled = sample_duffing_rates(
                system, reference, engine, switches=options["switches"], seed=options.seed,
                point=number + (0 if engine == "jumps" else 100), watch=partial(options.progress, head.rstrip(": ")),
            )  # fmt: skip
            found.append(MeasuredRates(generator, x, sampled.rates, system.kappa))
            notes.append(
                f"{head}{sampled.trajectories} trajectories, total time {sampled.time * system.kappa:.4g}/kappa"
            )
    return found, notes


def with_trajectories(
    job: FigureJob, check: Check, draw: DrawsMeasured, places: Places, seconds: float
) -> FigureJob:
    """The same figure with rates of trajectories laid over, and a setting that says how many switches.

    Args:
        job: without trajectories. check: of its settings. draw: its drawing. places: worth measuring at given settings.
        seconds: these take.
    """

    def laid_over(options: FigureOptions) -> DrawnFigure:
        if options["switches"] == 0.0:
            return draw(options)
        check(options)
        measured, notes = measured_points(places(options), options)
        drawn = draw(options, measured)
        return replace(drawn, notes=(*drawn.notes, *notes))

    meaning = "expected switches in either direction at every measured point; 0: no trajectories"
    settings = {**job.settings, "switches": Setting(SWITCHES, meaning, 0.0, 1e7)}
    return replace(job, draw=laid_over, settings=settings, sampled=True, seconds=job.seconds + seconds)


def _along_lambda(options: FigureOptions) -> list[tuple[float, DuffingAttractors]]:
    """Four places from the largest λ on, as far as half of the range."""
    first, last = 1.0 / options["lam_max"], 1.0 / options["lam_min"]
    base = DuffingAttractors(options["lam_max"], options["beta"], options["khat"], options["n_th"])
    return [
        (float(x), replace(base, lam=1.0 / float(x))) for x in np.linspace(first, 0.5 * (first + last), 4)
    ]


def _along_temperature(options: FigureOptions) -> list[tuple[float, DuffingAttractors]]:
    """Three places where there are still two wells."""
    base = DuffingAttractors(options["lam"], options["beta"], options["khat"])
    return [
        (n, replace(base, n_th=n))
        for n in (0.03 * options["n_max"], 0.06 * options["n_max"], 0.1 * options["n_max"])
    ]


def _along_drive(options: FigureOptions) -> list[tuple[float, DuffingAttractors]]:
    """Three places in the middle half of the range."""
    base = DuffingAttractors(options["lam"], options["beta_min"], options["khat"], options["n_th"])
    span = options["beta_max"] - options["beta_min"]
    drives = [options["beta_min"] + share * span for share in (0.35, 0.5, 0.65)]
    return [(beta, replace(base, beta=beta)) for beta in drives]


JOBS: tuple[FigureJob, ...] = (
    with_trajectories(ARRHENIUS, check_arrhenius, draw_arrhenius, _along_lambda, 8.0),
    with_trajectories(TEMPERATURE, check_temperature, draw_temperature, _along_temperature, 8.0),
    with_trajectories(DRIVE, check_drive, draw_drive, _along_drive, 10.0),
)
