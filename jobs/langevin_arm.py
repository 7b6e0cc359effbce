"""``[measure.langevin]``: truncated-Wigner trajectories, and the core sets and steps they run with.

The truncated-Wigner equation is a model of its own. Its switching rates are those of the truncated-Wigner
generator, not those of the quantum model: for U -> 0 even the exponents differ (spec
kerr_two_photon_drive, section 0).
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Final

from wellhop.jobs.arms import REACH_ONLY, Arm, Wells, check_times, read_duration, read_stopping, refuse_keys
from wellhop.jobs.campaign_schema import NOT_NEGATIVE, Section
from wellhop.jobs.core_sizes import CORE_BRIGHT, CORE_VACUUM, SHARE, langevin_cores

if TYPE_CHECKING:
    from wellhop.engine.langevin_problem import LangevinProblem
    from wellhop.engine.oscillator import Oscillator
    from wellhop.engine.systems.two_photon_resonator import TwoPhotonResonator

SCHEMES: Final = ("strang", "midpoint", "heun", "euler")
#: Trajectories per batch for two wells, and for three: whole groups of wells and of the 64 lanes that run side by side.
BATCHES: Final = {2: 128, 3: 192}
#: How the negative diffusion of two-photon loss is made non-negative: see ``wellhop.engine.resonator_langevin``.
TRUNCATIONS: Final = ("drop", "clip")
TRUNCATED_ONLY: Final = {"truncation": "the diffusion of this system is positive, nothing has to be truncated"}
BRIGHT_ONLY: Final = {"core_vacuum": "the vacuum is no well of this system"}
JUMPS_ONLY: Final = {
    "unravelling": "Langevin trajectories have no clicks",
    "core_thresholds": "cores are discs in the plane of alpha, sized by core_bright and core_vacuum",
    "manifolds": "Langevin trajectories live in phase space, not in manifolds",
    "fock_cutoff": "Langevin trajectories live in phase space, not in Fock space",
    "propagator": "Langevin trajectories are stepped: see scheme and dt",
    "record_clicks": "Langevin trajectories have no clicks",
    "trajectories": "the number of trajectories follows from stop, for example stop = { trajectories = 192 }",
}


@dataclass(frozen=True)
class LangevinArm(Arm):
    """Truncated-Wigner trajectories; without ``dt`` 0.25 of the largest recommended step is taken."""

    engine: ClassVar[str] = "langevin"

    scheme: str
    dt: float | None
    core_bright: float
    core_vacuum: float


@dataclass(frozen=True)
class TruncatedLangevinArm(LangevinArm):
    """The same for a system whose diffusion has to be made non-negative, in the way called ``truncation``."""

    truncation: str


def langevin_arm(index: int, name: str, section: Section, wells: Wells) -> LangevinArm:
    """Read the table."""
    refuse_keys(section, JUMPS_ONLY, "no such key in a Langevin arm")
    if wells.labels == "reach":
        refuse_keys(section, REACH_ONLY, "no such key for this system")
    refuse_keys(section, BRIGHT_ONLY if wells.truncated else TRUNCATED_ONLY, "no such key for this system")
    stop, batch, most = read_stopping(section, wells, BATCHES[wells.most])
    known: dict[str, Any] = {
        "index": index,
        "name": name,
        "duration": read_duration(section),
        "stop": stop,
        "batch": batch,
        "max_trajectories": most,
        "sample_interval": section.optional_number("sample_interval"),
        "burn_in": section.optional_number("burn_in", NOT_NEGATIVE),
        "scheme": section.choice("scheme", "strang", SCHEMES[:1] if wells.truncated else SCHEMES),
        "dt": section.optional_number("dt"),
        "core_bright": section.number("core_bright", CORE_BRIGHT, SHARE),
        "core_vacuum": section.number("core_vacuum", CORE_VACUUM, SHARE),
    }
    if wells.labels == "reach":
        from wellhop.jobs.duffing_arms import CORE_SIZE, ReachLangevinArm

        arm: LangevinArm = ReachLangevinArm(**known, core_size=section.number("core_size", CORE_SIZE, SHARE))
    elif wells.truncated:
        arm = TruncatedLangevinArm(**known, truncation=_truncation(section))
    else:
        arm = LangevinArm(**known)
    section.finish()
    check_times(arm, section)
    return arm


def _truncation(section: Section) -> str:
    """Which one: the results depend on it, so it has to be said."""
    allowed = "'drop' or 'clip': how the negative diffusion around the vacuum is made non-negative"
    return section.text("truncation", None, allowed, lambda word: word in TRUNCATIONS)


def resonator_langevin_problem(
    system: TwoPhotonResonator, arm: TruncatedLangevinArm, duration: float, sample_interval: float
) -> LangevinProblem:
    """A prepared problem of the two-photon resonator.

    Raises:
        ParameterError: dt is refused. ModelError: overlapping cores.
    """
    from wellhop.engine.resonator_langevin import resonator_problem

    cores, _ = langevin_cores(system.oscillator(), arm.core_bright)
    return resonator_problem(
        system, arm.truncation, duration=duration, sample_interval=sample_interval, dt=arm.dt, cores=cores
    )


def langevin_problem(
    oscillator: Oscillator, arm: LangevinArm, duration: float, sample_interval: float
) -> tuple[LangevinProblem, tuple[str, ...]]:
    """A prepared problem and what has to be said of it: steps longer than recommended, cores left out.

    Raises:
        ParameterError: dt is refused. ModelError: overlapping cores.
    """
    from wellhop.engine.langevin_problem import oscillator_problem
    from wellhop.engine.langevin_wells import StepSizeWarning

    cores, doubts = langevin_cores(oscillator, arm.core_bright, arm.core_vacuum)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", StepSizeWarning)
        problem = oscillator_problem(
            oscillator, duration=duration, sample_interval=sample_interval, dt=arm.dt, scheme=arm.scheme, cores=cores
        )
    steps = tuple(f"step_size: {w.message}" for w in caught if issubclass(w.category, StepSizeWarning))
    return problem, (*steps, *doubts)
