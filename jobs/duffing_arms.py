"""How a campaign measures the Duffing oscillator: arms whose cores are a share of the reach of two different attractors."""

from __future__ import annotations

import functools
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from wellhop.engine.errors import CutoffError, ModelError, ParameterError, UnravellingError
from wellhop.jobs.arms import Arm, JumpArm
from wellhop.jobs.core_sizes import fitting
from wellhop.jobs.langevin_arm import LangevinArm

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wellhop.engine.langevin_problem import LangevinProblem
    from wellhop.engine.langevin_wells import Cores
    from wellhop.engine.systems.duffing_attractors import DuffingAttractors
    from wellhop.engine.unravelling import JumpSetup
    from wellhop.jobs.campaign_points import PlacedPoint
    from wellhop.jobs.point_checks import Once

#: Radius of the reference core as a share of the reach of its attractor.
CORE_SIZE: Final = 0.5


@dataclass(frozen=True)
class ReachJumpArm(JumpArm):
    """Quantum-jump trajectories labelled by discs of ``core_size`` times the reach of each attractor."""

    core_size: float = CORE_SIZE


@dataclass(frozen=True)
class ReachLangevinArm(LangevinArm):
    """The same of truncated-Wigner trajectories."""

    core_size: float = CORE_SIZE


def duffing_setup(
    system: DuffingAttractors, cutoff: int | None = None, size: float = CORE_SIZE
) -> tuple[JumpSetup, tuple[str, ...]]:
    """Displaced unravelling with core sets of all sizes that fit, and a warning for those that do not.

    Raises:
        UnravellingError: one attractor only, or the reference cores overlap. CutoffError: too few Fock states.

    >>> from wellhop.engine.systems.duffing_attractors import DuffingAttractors
    >>> [core.name for core in duffing_setup(DuffingAttractors(0.06, 4 / 75, 0.1))[0].cores]
    ['narrow', 'reference', 'wide']
    """
    from wellhop.engine.systems.duffing_attractors_jumps import jump_setup

    def settings(name: str, factor: float) -> tuple[str, float]:
        if not size * factor < 1.0:
            raise UnravellingError(f"core {name!r}: reaches the other attractor")
        jump_setup(system, cutoff=cutoff, core_settings={name: size * factor})
        return name, size * factor

    found, lost = fitting(settings)
    return jump_setup(system, cutoff=cutoff, core_settings=dict(found)), lost


def duffing_cores(
    system: DuffingAttractors, size: float = CORE_SIZE
) -> tuple[tuple[Cores, ...], tuple[str, ...]]:
    """Core sets of Langevin trajectories around the attractors of their own mean field, in all sizes that fit.

    Raises:
        UnravellingError: one attractor only. ModelError: the reference cores overlap.

    >>> from wellhop.engine.systems.duffing_attractors import DuffingAttractors
    >>> duffing_cores(DuffingAttractors(0.06, 4 / 75, 0.1))[0][1].radii.round(3).tolist()
    [0.919, 1.25]
    """
    import numpy as np

    from wellhop.engine.langevin_wells import Cores
    from wellhop.engine.systems.duffing_attractors_jumps import core_reach, require_two_wells

    require_two_wells(system)
    wells = [system.amplitude("LAS"), system.amplitude("HAS")]
    centres = np.array([[z.real, z.imag] for z in wells])
    radii = size * np.array([core_reach(system, "LAS"), core_reach(system, "HAS")])
    return fitting(lambda name, factor: Cores(name, centres, factor * radii))


def duffing_langevin_problem(
    system: DuffingAttractors,
    *,
    duration: float,
    sample_interval: float,
    dt: float | None = None,
    scheme: str = "strang",
    size: float = CORE_SIZE,
) -> tuple[LangevinProblem, tuple[str, ...]]:
    """Truncated-Wigner trajectories that start at LAS and HAS in turn, and what has to be said of them.

    Raises:
        ParameterError: dt is refused. ModelError: overlapping cores. UnravellingError: one attractor only.
    """
    from wellhop.engine.langevin_problem import oscillator_problem
    from wellhop.engine.langevin_wells import StepSizeWarning

    cores, doubts = duffing_cores(system, size)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", StepSizeWarning)
        problem = oscillator_problem(
            system.oscillator(), duration=duration, sample_interval=sample_interval, dt=dt, scheme=scheme, cores=cores
        )
    steps = tuple(f"step_size: {w.message}" for w in caught if issubclass(w.category, StepSizeWarning))
    return problem, (*steps, *doubts)


def check_duffing(
    points: Sequence[tuple[DuffingAttractors, PlacedPoint]], measured: Sequence[Arm], once: Once
) -> None:
    """Note everything that would stop a point from being measured, each key once."""
    from wellhop.engine.langevin_wells import check_step, refuse_unsupported
    from wellhop.jobs.point_checks import MOST_LEVELS, quietly

    for system, placed in points:
        low, high = system.drive_range
        if high == 0.0:
            once.add(
                placed.path("khat"), system.khat, "a number below 1/sqrt(3) = 0.57735",
                f"no bistability at {placed}: the damping leaves one attractor at any drive, nothing switches",
            )  # fmt: skip
            continue
        if not system.bistable:
            once.add(
                placed.path("beta"), system.beta, f"a number between {low:.8g} and {high:.8g} at khat = {system.khat:g}",
                f"no bistability at {placed}: one attractor only, nothing switches",
            )  # fmt: skip
            continue
        for arm in measured:
            path = f"measure.{arm.name}"
            try:
                if isinstance(arm, ReachLangevinArm):
                    duffing_cores(system, arm.core_size)
                    refuse_unsupported(system.oscillator(), arm.scheme)
                    quietly(functools.partial(check_step, system.oscillator(), arm.scheme, arm.dt))
                elif isinstance(arm, ReachJumpArm):
                    if arm.fock_cutoff is None and system.default_cutoff() > MOST_LEVELS:
                        hint = f"{system.default_cutoff()} Fock levels at {placed}; use [measure.langevin], which needs none"
                        once.add(placed.path("lam"), system.lam, f"attractors that fit into {MOST_LEVELS} Fock levels", hint)
                        continue
                    duffing_setup(system, arm.fock_cutoff, arm.core_size)
            except CutoffError as error:
                if isinstance(arm, ReachJumpArm) and arm.fock_cutoff is not None:
                    hint = f"at {placed}: {error}"
                    once.add(f"{path}.fock_cutoff", arm.fock_cutoff, "a Fock space that holds the attractors", hint)
                else:
                    once.add(placed.path("lam"), system.lam, "attractors that fit into the Fock space", str(error))
            except ParameterError as error:
                once.add(f"{path}.{error.name}", error.value, error.allowed, f"{error.hint} at {placed}")
            except (ModelError, UnravellingError) as error:
                _say_overlap(arm, system, placed, error, once)


def _say_overlap(
    arm: Arm, system: DuffingAttractors, placed: PlacedPoint, error: Exception, once: Once
) -> None:
    """Name the key that was given; without one the attractors themselves are too close."""
    size = getattr(arm, "core_size", CORE_SIZE)
    if size != CORE_SIZE:
        hint = f"at {placed}: {error}"
        once.add(f"measure.{arm.name}.core_size", size, "smaller cores, which do not overlap", hint)
        return
    hint = f"the cores of [measure.{arm.name}] overlap at {placed}: {error}"
    once.add(placed.path("lam"), system.lam, "attractors further apart (smaller lam), or smaller cores", hint)
