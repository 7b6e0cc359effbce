"""Measure a switching rate from Python: a model in, a rate with its interval and every prediction out.

A built-in system by name, an oscillator system object, or any finite-dimensional Lindblad model with two metastable states given as
QuTiP operators. For the last, the wells and the displacement of every channel in every well come from the slow modes of the
Liouvillian (``analysis.metastable``) unless they are given.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from wellhop.analysis.comparison import Comparison, compare
from wellhop.analysis.measurement import Measurement, headline, measure
from wellhop.analysis.metastable import MetastableWells, metastable_wells
from wellhop.analysis.prediction import Prediction, predict
from wellhop.engine.ensemble import run_trajectories
from wellhop.engine.errors import ModelError, ParameterError, UnravellingError
from wellhop.engine.lindblad import LindbladModel, hermitian
from wellhop.engine.records import TrajectoryRecord
from wellhop.engine.systems import build_measurable, no_trajectories
from wellhop.engine.systems.kerr_cat import KerrCat
from wellhop.engine.systems.kerr_cat_jumps import jump_setup
from wellhop.engine.systems.kerr_two_photon_drive import KerrTwoPhotonDrive
from wellhop.engine.unravelling import CoreDefinition, JumpProblem, JumpSetup, PropagatorKind, build_problem
from wellhop.jobs.prepare import BURN_IN_RELAXATION_TIMES, TimeScales, sampling, time_scales

#: core definitions of a generic model: probability to end up in the well, from the committor of the slow mode
COMMITTOR_THRESHOLDS = (0.9, 0.95, 0.98, 0.99)
#: trajectories are this many 1/Γ long and come in batches of so many
SWITCHING_TIMES, BATCH = 20.0, 32


@dataclass(frozen=True)
class SwitchingResult:
    """A measured switching rate, what backs it, and what theory says.

    Attributes:
        measurement: every estimate with its interval; ``measurement.decay_rate`` is Γ.
        predictions: exact and approximate rates. comparisons: by prediction name, valid ones only.
        wells: metastable states and directed rates of a generic model, ``None`` for a built-in system.
        records: the trajectories. problem: what they ran on.
    """

    measurement: Measurement
    predictions: tuple[Prediction, ...]
    comparisons: Mapping[str, Comparison]
    wells: MetastableWells | None
    records: tuple[TrajectoryRecord, ...]
    problem: JumpProblem

    def __str__(self) -> str:
        lines = [str(self.measurement)]
        for p in self.predictions:
            pull = self.comparisons.get(p.name)
            lines.append(
                f"{p.label}: {p.value:.6g}"
                + ("" if pull is None else f", pull {pull.pull:+.2f} ({pull.verdict})")
            )
        return "\n".join(lines)


def measure_switching(
    model: str | KerrCat | Any,
    c_ops: Sequence[Any] | None = None,
    order_parameter: Any | None = None,
    *,
    relative_error: float = 0.05,
    max_trajectories: int = 4096,
    duration: float | None = None,
    displacements: npt.ArrayLike | None = None,
    propagator: PropagatorKind = "auto",
    seed: int = 0,
    threads: int | None = None,
    report: Callable[[str], None] | None = None,
    **parameters: float,
) -> SwitchingResult:
    """Measure how fast a two-well system switches, with quantum-jump trajectories.

    Batches of 32 trajectories are run until the error of ln Γ falls below ``relative_error``. Γ is the decay rate of the
    population difference, k_01 + k_10; for symmetric wells twice the one-way rate.

    Args:
        model: name of a built-in system (then give its ``parameters``), a system object, a :class:`LindbladModel`, or a Hamiltonian
            (QuTiP ``Qobj`` or array) together with ``c_ops`` and ``order_parameter``.
        c_ops: jump operators with the square roots of their rates, as for ``qutip.mcsolve``.
        order_parameter: Hermitian operator that tells the wells apart; well 0 is where it is larger.
        relative_error: one standard deviation of ln Γ to reach, between 0 and 0.5.
        max_trajectories: stop there in any case.
        duration: length of a trajectory; 20/Γ_exact by default.
        displacements: (2, n_channels) shifts β of the jump operators in either well; -Tr(L_k ρ_w) by default.
        propagator: see :func:`wellhop.engine.unravelling.build_problem`.
        seed, threads: the result depends on the seed only.
        report: called with a line after every batch.

    Raises:
        ParameterError, ModelError: malformed arguments.
        SpectrumError: the model has no two metastable states.

    >>> result = measure_switching("kerr_cat_staircase", eps2=3.0, kappa=0.1, n_th=0.1, relative_error=0.2, threads=1)
    >>> bool(abs(result.comparisons["liouvillian"].pull) < 6)
    True
    """
    if not (isinstance(relative_error, int | float) and 0.0 < relative_error < 0.5):
        raise ParameterError("relative_error", relative_error, "a number between 0 and 0.5")
    if (
        isinstance(max_trajectories, bool)
        or not isinstance(max_trajectories, int)
        or max_trajectories < BATCH
    ):
        raise ParameterError("max_trajectories", max_trajectories, f"an integer >= {BATCH}")
    if duration is not None and not (
        isinstance(duration, int | float) and math.isfinite(duration) and duration > 0.0
    ):
        raise ParameterError("duration", duration, "a finite number > 0")
    if isinstance(seed, bool) or not isinstance(seed, int) or not 0 <= seed < 2**63:
        raise ParameterError("seed", seed, "an integer from 0 to 2^63 - 1")
    if threads is not None and (not isinstance(threads, int) or threads < 1):
        raise ParameterError("threads", threads, "an integer >= 1")
    subject, setup, scales, wells = _described(model, c_ops, order_parameter, displacements, parameters)
    if duration is None:
        if not math.isfinite(scales.rate):
            raise ParameterError("duration", None, "a number > 0 here", "the exact rate lies below round-off")
        duration = SWITCHING_TIMES / scales.rate
    burn_in = BURN_IN_RELAXATION_TIMES * scales.relaxation_time
    if duration <= 2.0 * burn_in:
        raise UnravellingError(
            f"duration: got {duration:.4g}, allowed is more than twice the burn-in of {burn_in:.4g}; the switching time is not "
            "long compared with the relaxation inside a well, so a switching rate means little here"
        )
    interval = sampling(scales) if math.isfinite(scales.rate) else scales.relaxation_time
    problem = build_problem(
        setup, duration=duration, sample_interval=min(interval, duration / 8.0), propagator=propagator
    )
    symmetric = setup.mirror is not None
    records: list[TrajectoryRecord] = []
    while len(records) < max_trajectories:
        more = min(BATCH, max_trajectories - len(records))
        records += run_trajectories(problem, seed, range(len(records), len(records) + more), threads=threads)
        rate = headline(
            records,
            sample_interval=problem.sample_interval,
            burn_in=burn_in,
            relaxation_time=scales.relaxation_time,
            symmetric=symmetric,
            rate_guess=_guess(scales),
            core_names=problem.core_names,
        )
        if report is not None:
            report(f"{len(records)} trajectories: {rate}")
        if rate.relative_error <= relative_error:
            break
    measurement = measure(
        records,
        sample_interval=problem.sample_interval,
        burn_in=burn_in,
        relaxation_time=scales.relaxation_time,
        core_names=problem.core_names,
        channel_names=problem.channel_names,
        symmetric=symmetric,
        rate_guess=_guess(scales),
        second_rate=scales.second_rate if math.isfinite(scales.second_rate) else None,
    )
    predictions = tuple(predict(subject, None if isinstance(subject, KerrCat) else ["liouvillian"]))
    comparisons = {
        p.name: compare(measurement.decay_rate, p.value)
        for p in predictions
        if p.valid and p.value > 0.0 and measurement.decay_rate.value >= 0.0
    }
    return SwitchingResult(measurement, predictions, comparisons, wells, tuple(records), problem)


def _guess(scales: TimeScales) -> float | None:
    return scales.rate if math.isfinite(scales.rate) else None


def _described(
    model: Any,
    c_ops: Sequence[Any] | None,
    order_parameter: Any | None,
    displacements: npt.ArrayLike | None,
    parameters: Mapping[str, float],
) -> tuple[KerrCat | LindbladModel, JumpSetup, TimeScales, MetastableWells | None]:
    """What was asked for, how to unravel it, its time scales, and its wells if they had to be found."""
    if isinstance(model, KerrTwoPhotonDrive):
        raise UnravellingError(no_trajectories(model.name))
    if isinstance(model, str | KerrCat):
        if c_ops is not None or order_parameter is not None or displacements is not None:
            raise ModelError(
                "c_ops, order_parameter, displacements: a built-in system has its own; give its parameters only"
            )
        if isinstance(model, KerrCat) and parameters:
            raise ParameterError(
                next(iter(parameters)), parameters, "nothing: the system object holds its parameters"
            )
        system = build_measurable(model, parameters) if isinstance(model, str) else model
        return system, jump_setup(system), time_scales(system), None
    if parameters:
        raise ParameterError(
            next(iter(parameters)), dict(parameters), "no such argument for a model given by operators"
        )
    if order_parameter is None:
        raise ModelError(
            "order_parameter: got none, allowed is a Hermitian operator that tells the wells apart"
        )
    if isinstance(model, LindbladModel):
        lindblad = model
    elif c_ops is None:
        raise ModelError("c_ops: got none, allowed are the jump operators of the model")
    else:
        lindblad = LindbladModel.from_qutip(model, c_ops)
    setup, wells = generic_setup(lindblad, order_parameter, displacements)
    rate = wells.slow.value if wells.slow.resolved else math.nan
    second = wells.slow.next_rate if wells.slow.next_rate is not None else math.nan
    return lindblad, setup, TimeScales(rate, second, setup.relaxation_time), wells


def generic_setup(
    model: LindbladModel, order_parameter: Any, displacements: npt.ArrayLike | None = None
) -> tuple[JumpSetup, MetastableWells]:
    """Displaced unravelling of any two-well Lindblad model, from its metastable states.

    Frames: one per well, β_wk = -Tr(L_k ρ_w), chosen after a click by the larger committor ⟨C_w⟩. Cores: ⟨C_w⟩ beyond 0.9,
    0.95, 0.98, 0.99, as far as a state at rest in the well reaches them. Trajectories start in the dominant pure state of
    ρ_w, w drawn with the stationary weights.

    Raises:
        SpectrumError: no two metastable states (see :func:`wellhop.analysis.metastable.metastable_wells`).
        ModelError: malformed order parameter or displacements.
    """
    observable = hermitian("order_parameter", order_parameter, model.dim)
    wells = metastable_wells(model, observable)
    beta = wells.displacements(model)
    if displacements is not None:
        try:
            beta = np.asarray(displacements, dtype=np.complex128)
        except (TypeError, ValueError):
            beta = np.empty(0, dtype=np.complex128)
        if beta.shape != (2, len(model.jump_operators)) or not np.isfinite(beta).all():
            raise ModelError(
                f"displacements: got shape {beta.shape}, allowed is (2, {len(model.jump_operators)}), finite"
            )
    second = wells.slow.next_rate
    relaxation = 1.0 / (second if second is not None else wells.slow.value)
    starts = np.stack([np.linalg.eigh(rho)[1][:, -1] for rho in wells.states])
    cores = []
    # a label given at ⟨C⟩ = th is wrong with probability 1 - th and then makes two false switches, so strict cores are wanted; but
    # not stricter than what the state at rest in a well reaches
    at_rest = min(float(np.vdot(psi, c @ psi).real) for psi, c in zip(starts, wells.committors, strict=True))
    usable = [th for th in COMMITTOR_THRESHOLDS if th < at_rest - 0.25 * (1.0 - th)] or [
        round(0.9 * at_rest, 3)
    ]
    for th in usable:
        lower, upper = np.full((2, 3), -np.inf), np.full((2, 3), np.inf)
        lower[0, 1], lower[1, 2] = th, th
        cores.append(CoreDefinition(f"{th:g}", lower, upper))
    setup = JumpSetup(
        model=model,
        unravelling="displaced",
        displacements=beta,
        observables=(
            ("order parameter", observable),
            ("C_0", wells.committors[0]),
            ("C_1", wells.committors[1]),
        ),
        sampled=1,
        frame_scores=((1, 1.0), (2, 1.0)),
        initial=starts,
        start_weights=wells.weights,
        cores=tuple(cores),
        relaxation_time=relaxation,
    )
    return setup, wells
