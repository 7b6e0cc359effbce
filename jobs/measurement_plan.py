"""What a measurement from Python simulates: unravelling or Langevin steps, time scales, predictions to set it beside.

For a built-in system all of that is known; for a model given by operators wells and displacements come from its slow modes.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from wellhop.analysis.directed_naming import NAMINGS
from wellhop.analysis.metastable import MetastableWells, metastable_wells
from wellhop.analysis.prediction import Prediction, predict
from wellhop.analysis.resonator_prediction import compared_methods
from wellhop.engine.errors import ModelError, ParameterError, UnravellingError
from wellhop.engine.langevin_problem import LangevinProblem
from wellhop.engine.lindblad import LindbladModel, hermitian
from wellhop.engine.systems import SwitchingSystem, build_measurable, switching
from wellhop.engine.systems.driven_qubit_tls import DrivenQubitTLS
from wellhop.engine.systems.duffing_attractors import DuffingAttractors
from wellhop.engine.systems.duffing_attractors_jumps import require_two_wells
from wellhop.engine.systems.kerr_cat import KerrCat
from wellhop.engine.systems.kerr_cat_jumps import jump_setup
from wellhop.engine.systems.kerr_two_photon_drive import KerrTwoPhotonDrive
from wellhop.engine.systems.two_photon_resonator import TwoPhotonResonator
from wellhop.engine.systems.two_photon_resonator_jumps import jump_setup as resonator_jump_setup
from wellhop.engine.unravelling import CoreDefinition, JumpProblem, JumpSetup, PropagatorKind, build_problem
from wellhop.jobs.core_sizes import jump_setup_with_cores, langevin_cores
from wellhop.jobs.duffing_arms import duffing_langevin_problem, duffing_setup
from wellhop.jobs.langevin_arm import BATCHES
from wellhop.jobs.point_checks import MOST_LEVELS, RESONATOR_BATCH, centre_of, well_count
from wellhop.jobs.resonator_checks import check_depth, signal_of
from wellhop.jobs.time_scales import BURN_IN_RELAXATION_TIMES, TimeScales, time_scales

#: core definitions of a generic model: probability to end up in the well, from the committor of the slow mode
COMMITTOR_THRESHOLDS = (0.9, 0.95, 0.98, 0.99)
#: trajectories are this many 1/Γ long with two wells; with three, where starts in known wells matter too, 1/lam_e
SWITCHING_TIMES, DIRECTED_TIMES = 20.0, 5.0
#: those of a coherence are this many 1/|Γ + iΩ| long: later the record has given the parity away. Where Ω is more than
#: ``TURNING`` Γ a click is rarer than a turn and longer ones cost least; short ones also give too narrow intervals of Γ.
COHERENCE_TIMES, TURNING_TIMES, TURNING = 5.0, 12.0, 10.0
#: trajectories per batch of quantum jumps, by number of wells
JUMP_BATCHES = {2: 32, 3: 48}
#: a built-in system, by name or as an object
BUILT_IN = str | KerrCat | KerrTwoPhotonDrive | TwoPhotonResonator | DuffingAttractors | DrivenQubitTLS


@dataclass(frozen=True)
class Plan:
    """What was asked for, how to simulate it, and its time scales.

    Attributes:
        subject: what predictions are made of. setup: how jumps unravel it, ``None`` for Langevin trajectories.
        scales: of the simulated model. wells: how many. signs: of the order parameter in well 0 and in the last well.
        states: metastable states of a generic model. coherence: sign of the detuning where what is measured is the coherence
            between parities. truncation: of Langevin trajectories.
    """

    subject: SwitchingSystem | LindbladModel
    setup: JumpSetup | None
    scales: TimeScales
    wells: int
    signs: tuple[float, float]
    states: MetastableWells | None = None
    coherence: int | None = None
    truncation: str | None = None

    @property
    def centre(self) -> int | None:
        """Well that directed rates are counted from; None for mirror images and models given by operators."""
        return None if isinstance(self.subject, LindbladModel) else centre_of(self.subject, self.wells)

    @property
    def duration(self) -> float:
        """Default length of a trajectory."""
        if self.centre is not None:
            burn_in = BURN_IN_RELAXATION_TIMES * self.scales.relaxation_time
            return max(DIRECTED_TIMES / self.scales.guesses[NAMINGS[self.wells].rates["lam_e"]], 4.0 * burn_in)
        if self.coherence is not None:
            turning = self.scales.guesses["Omega"] > TURNING * self.scales.guesses["Gamma"]
            return (TURNING_TIMES if turning else COHERENCE_TIMES) / self.scales.rate
        return SWITCHING_TIMES / self.scales.rate

    @property
    def batch(self) -> int:
        """Trajectories between two looks at the error."""
        if isinstance(self.subject, TwoPhotonResonator) and self.setup is not None:
            return RESONATOR_BATCH
        return BATCHES[self.wells] if self.setup is None else JUMP_BATCHES[self.wells]

    def problem(
        self, duration: float, interval: float, propagator: PropagatorKind, scheme: str, dt: float | None
    ) -> JumpProblem | LangevinProblem:
        """Ready to run."""
        if self.setup is not None:
            return build_problem(
                self.setup, duration=duration, sample_interval=interval, propagator=propagator
            )
        from wellhop.engine.langevin_problem import oscillator_problem

        assert not isinstance(self.subject, LindbladModel)
        if isinstance(self.subject, TwoPhotonResonator):
            from wellhop.engine.resonator_langevin import resonator_problem

            assert self.truncation is not None
            cores = langevin_cores(self.subject.oscillator())[0]
            return resonator_problem(
                self.subject, self.truncation, duration=duration, sample_interval=interval, dt=dt, cores=cores
            )
        if isinstance(self.subject, DuffingAttractors):
            return duffing_langevin_problem(
                self.subject, duration=duration, sample_interval=interval, dt=dt, scheme=scheme
            )[0]
        oscillator = self.subject.oscillator()
        return oscillator_problem(
            oscillator, duration=duration, sample_interval=interval, dt=dt, scheme=scheme, cores=langevin_cores(oscillator)[0]
        )

    def about(self, problem: JumpProblem | LangevinProblem, burn_in: float) -> dict[str, Any]:
        """How records are read, in the words of :mod:`wellhop.jobs.judging`."""
        names = problem.observable_names
        known = math.isfinite(self.scales.rate)
        return {
            "wells": self.wells,
            "centre": self.centre,
            "sample_interval": problem.sample_interval,
            "burn_in": burn_in,
            "relaxation_time": self.scales.relaxation_time,
            "rate_guess": self.scales.rate if known else None,
            "rate_guesses": dict(self.scales.guesses),
            "second_rate": self.scales.second_rate if math.isfinite(self.scales.second_rate) else None,
            "core_names": list(problem.core_names),
            "observable_names": list(names[: problem.sampled] if isinstance(problem, JumpProblem) else names),
            "integrated_names": list(problem.integrated_names) if isinstance(problem, JumpProblem) else [],
            "channel_names": list(problem.channel_names) if isinstance(problem, JumpProblem) else [],
            "start_signs": list(self.signs),
            "symmetric": self.setup is None or self.setup.mirror is not None,
            "coherence": self.coherence,
        }

    def predictions(self) -> list[Prediction]:
        """Of the model that was simulated."""
        if isinstance(self.subject, KerrTwoPhotonDrive):
            names = ("lam_e", "lam_o", "k_v", "k_b", "k_d", "photons") if self.wells == 3 else ("lam_o", "photons")
            return predict(self.subject, [n + ("_twa" if self.setup is None else "") for n in names])
        if isinstance(self.subject, DuffingAttractors):
            rates = ("Gamma", "k_LH", "k_HL", "photons")
            return predict(self.subject, [n + ("_twa" if self.setup is None else "") for n in rates])
        if isinstance(self.subject, TwoPhotonResonator):
            return predict(self.subject, compared_methods(self.subject, self.truncation))
        if self.setup is None:
            return predict(self.subject, ["twa"])
        if isinstance(self.subject, KerrCat):
            return predict(self.subject)
        return predict(self.subject, ["liouvillian"])


def described(
    model: Any,
    c_ops: Sequence[Any] | None,
    order_parameter: Any | None,
    displacements: npt.ArrayLike | None,
    parameters: Mapping[str, float],
    method: Literal["jumps", "langevin"],
) -> Plan:
    if isinstance(model, BUILT_IN):
        if c_ops is not None or order_parameter is not None or displacements is not None:
            raise ModelError(
                "c_ops, order_parameter, displacements: a built-in system has its own; give its parameters only"
            )
        if not isinstance(model, str) and parameters:
            raise ParameterError(
                next(iter(parameters)), parameters, "nothing: the system object holds its parameters"
            )
        return _built_in(build_measurable(model, parameters) if isinstance(model, str) else switching(model), method)
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
    return Plan(lindblad, setup, TimeScales(rate, second, setup.relaxation_time), 2, (1.0, -1.0), wells)


def _built_in(system: SwitchingSystem, method: Literal["jumps", "langevin"]) -> Plan:
    """Wells and time scales of a built-in system."""
    if isinstance(system, TwoPhotonResonator):
        return _resonator(system, method)
    if isinstance(system, DuffingAttractors):
        require_two_wells(system)
        if method == "jumps" and system.default_cutoff() > MOST_LEVELS:
            raise UnravellingError(
                f"{system.name}: lam = {system.lam:g} takes {system.default_cutoff()} Fock levels, allowed are {MOST_LEVELS}; use "
                "a larger lam, or method='langevin', which needs none"
            )
        setup = duffing_setup(system)[0] if method == "jumps" else None
        return Plan(system, setup, time_scales(system, method), 2, (-1.0, 1.0))
    wells = well_count(system)
    if wells == 1:
        raise UnravellingError(
            f"{system.name}: only the vacuum is stable at these parameters, nothing switches; use eps > gamma with delta < 0, or "
            "eps > sqrt(gamma^2 + delta^2)"
        )
    scales = time_scales(system, method)
    if method == "langevin":
        return Plan(system, None, scales, wells, (-1.0, 1.0))
    if isinstance(system, KerrCat):
        return Plan(system, jump_setup(system), scales, wells, (1.0, -1.0))
    return Plan(system, jump_setup_with_cores(system)[0], scales, wells, (-1.0, 1.0))


def _resonator(system: TwoPhotonResonator, method: Literal["jumps", "langevin"]) -> Plan:
    """Switches, or the coherence between parities where nothing reveals a well."""
    if method == "langevin":
        check_depth(system)
        return Plan(system, None, time_scales(system, method), 2, (-1.0, 1.0))
    coherence = None
    if signal_of(system) == "coherence":
        coherence = 1 if system.Delta > 0.0 else -1
    return Plan(system, resonator_jump_setup(system), time_scales(system), 2, (-1.0, 1.0), coherence=coherence)


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
