"""Points against the arms that measure them: enough wells, Fock spaces and steps that fit; before anything is written."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

from wellhop.engine.errors import CutoffError, ModelError, ParameterError, UnravellingError
from wellhop.jobs.arms import Arm, DiscJumpArm, JumpArm, Wells
from wellhop.jobs.campaign_points import PlacedPoint
from wellhop.jobs.campaign_schema import Problems
from wellhop.jobs.core_sizes import CORE_BRIGHT, CORE_VACUUM, jump_setup_with_cores, langevin_cores
from wellhop.jobs.langevin_arm import LangevinArm

if TYPE_CHECKING:
    from wellhop.engine.systems import SwitchingSystem
    from wellhop.engine.systems.kerr_cat import KerrCat
    from wellhop.engine.systems.kerr_two_photon_drive import KerrTwoPhotonDrive

#: Share of the well state's norm that may lie beyond the Fock cut-off.
TAIL: Final = 1e-10
#: Fock levels needed beyond two per manifold (spec, section 8, pitfall 4).
MANIFOLD_MARGIN: Final = 20
#: Jump trajectories per batch of the two-photon resonator: those of a coherence are a few times 1/|lambda| long.
RESONATOR_BATCH: Final = 64
#: Most Fock levels a jump arm may have.
MOST_LEVELS: Final = 1000


def wells_in_common(system: str, points: Sequence[PlacedPoint]) -> Wells:
    """What the arms must know of the points; nothing is assumed of points that could not be read."""
    from wellhop.engine.systems import MEASURABLE, build_measurable
    from wellhop.engine.systems.duffing_attractors import DuffingAttractors
    from wellhop.engine.systems.kerr_cat import KerrCat
    from wellhop.engine.systems.two_photon_resonator import TwoPhotonResonator

    if system not in MEASURABLE:
        return Wells()
    if system == TwoPhotonResonator.name:
        return Wells(
            arms=MEASURABLE[system], group=2, labels="thresholds", truncated=True, jump_batch=RESONATOR_BATCH
        )
    if system == DuffingAttractors.name:
        return Wells(arms=MEASURABLE[system], group=2, labels="reach")
    numbers = {well_count(build_measurable(system, placed.point.parameters)) for placed in points} - {1}
    if system == KerrCat.name:
        numbers = {2}
    return Wells(
        arms=MEASURABLE[system],
        group=math.lcm(*numbers),
        most=max(numbers, default=2),
        labels="manifolds" if system == KerrCat.name else "discs",
    )


def well_count(system: SwitchingSystem) -> int:
    """Number of wells of a system at its parameters; one well is nothing to switch from.

    >>> from wellhop.engine.systems.kerr_two_photon_drive import KerrTwoPhotonDrive
    >>> [well_count(KerrTwoPhotonDrive(-3.0, eps, 0.4)) for eps in (0.9, 1.8, 4.0)]
    [1, 3, 2]
    """
    from wellhop.engine.systems.duffing_attractors import DuffingAttractors
    from wellhop.engine.systems.kerr_two_photon_drive import KerrTwoPhotonDrive
    from wellhop.engine.systems.two_photon_resonator import TwoPhotonResonator

    if isinstance(system, TwoPhotonResonator | DuffingAttractors):
        return 2 if system.bistable else 1
    return {"vacuum": 1, "bistable": 3, "cat": 2}[system.region] if isinstance(system, KerrTwoPhotonDrive) else 2


def centre_of(system: SwitchingSystem, wells: int) -> int | None:
    """Well that directed rates are counted from: the vacuum of three, LAS of two that differ; None for mirror images."""
    from wellhop.engine.systems.duffing_attractors import DuffingAttractors

    if isinstance(system, DuffingAttractors):
        return 0
    return 1 if wells == 3 else None


def check_points(
    system: str, points: Sequence[PlacedPoint], measured: tuple[Arm, ...], problems: Problems
) -> None:
    """Note everything that would stop a point from being measured, each key once."""
    from wellhop.engine.systems import build_measurable
    from wellhop.engine.systems.duffing_attractors import DuffingAttractors
    from wellhop.engine.systems.kerr_cat import KerrCat
    from wellhop.engine.systems.kerr_two_photon_drive import KerrTwoPhotonDrive
    from wellhop.engine.systems.two_photon_resonator import TwoPhotonResonator
    from wellhop.jobs.duffing_arms import check_duffing
    from wellhop.jobs.resonator_checks import check_resonators

    once = Once(problems)
    built = [(build_measurable(system, placed.point.parameters), placed) for placed in points]
    resonators = [(one, placed) for one, placed in built if isinstance(one, TwoPhotonResonator)]
    if resonators:
        check_resonators(resonators, measured, once)
        return
    oscillators = [(one, placed) for one, placed in built if isinstance(one, DuffingAttractors)]
    if oscillators:
        check_duffing(oscillators, measured, once)
        return
    cats = [(one, placed) for one, placed in built if isinstance(one, KerrCat)]
    jump_arms = [arm for arm in measured if isinstance(arm, JumpArm)]
    if cats and jump_arms:
        _check_manifolds(*max(cats, key=lambda pair: abs(pair[0].alpha)), jump_arms, problems)
    for one, placed in built:
        if well_count(one) == 1:
            assert isinstance(one, KerrTwoPhotonDrive)
            _say_one_well(one, placed, once)
            continue
        for arm in measured:
            if isinstance(arm, LangevinArm):
                _check_langevin(one, placed, arm, once)
            elif isinstance(arm, DiscJumpArm) and isinstance(one, KerrTwoPhotonDrive):
                _check_fock_space(one, placed, arm, once)


class Once:
    """Problems of many points, each key path reported for the first point only."""

    def __init__(self, problems: Problems) -> None:
        self._problems = problems
        self._reported: set[str] = set()

    def add(self, path: str, got: object, allowed: str, hint: str) -> None:
        if path not in self._reported:
            self._reported.add(path)
            self._problems.add(path, got, allowed, hint)


def _say_one_well(system: KerrTwoPhotonDrive, placed: PlacedPoint, once: Once) -> None:
    edge = system.critical_drive
    if system.delta < 0.0:
        allowed = f"a drive above gamma = {system.gamma:g}: three wells up to {edge:.6g}, two beyond"
    else:
        allowed = f"a drive above sqrt(gamma^2 + delta^2) = {edge:.6g}, or delta < 0"
    once.add(
        placed.path("eps"), system.eps, allowed, f"no bistability at {placed}: only the vacuum is stable, nothing switches"
    )


def _check_langevin(system: SwitchingSystem, placed: PlacedPoint, arm: LangevinArm, once: Once) -> None:
    """Wells of the mean field, cores and step of a Langevin arm."""
    from wellhop.engine.langevin_wells import attractors, check_step

    path, oscillator = f"measure.{arm.name}", system.oscillator()
    drive = "eps2" if "eps2" in placed.point.parameters else "eps"
    try:
        found = len(attractors(oscillator))
    except ModelError as error:
        once.add(placed.path(drive), placed.point.parameters[drive], "a drift with stable fixed points", f"{error} at {placed}")
        return
    if found != well_count(system):
        once.add(
            placed.path(drive), placed.point.parameters[drive],
            f"a drive at which the mean field has {well_count(system)} wells",
            f"it has {found} at {placed}, so Langevin trajectories have nothing to switch between",
        )  # fmt: skip
        return
    try:
        langevin_cores(oscillator, arm.core_bright, arm.core_vacuum)
    except ModelError as error:
        _say_overlap(arm, placed, error, once)
    try:
        quietly(lambda: check_step(oscillator, arm.scheme, arm.dt))
    except ParameterError as error:
        once.add(f"{path}.dt", arm.dt, error.allowed, f"{error.hint} at {placed}")


def quietly(check: Callable[[], object]) -> None:
    """Run a check for its errors; its warnings come when the points are prepared."""
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        check()


def _say_overlap(arm: LangevinArm | DiscJumpArm, placed: PlacedPoint, error: Exception, once: Once) -> None:
    """Name the key that was given; without any the wells themselves are too close."""
    usual = {"core_bright": (None, CORE_BRIGHT), "core_vacuum": (None, CORE_VACUUM)}
    given = [key for key, values in usual.items() if getattr(arm, key) not in values]
    for key in given[:1]:
        hint = f"at {placed}: {error}"
        once.add(f"measure.{arm.name}.{key}", getattr(arm, key), "smaller cores, which do not overlap", hint)
    if not given:
        name = "U" if "U" in placed.point.parameters else "eps2"
        hint = f"the wells of [measure.{arm.name}] overlap at {placed}: {error}"
        once.add(placed.path(name), placed.point.parameters[name], "wells further apart, or smaller cores", hint)


def _check_fock_space(system: KerrTwoPhotonDrive, placed: PlacedPoint, arm: DiscJumpArm, once: Once) -> None:
    """Fock space and cores of jump trajectories against the bright wells."""
    path = f"measure.{arm.name}.fock_cutoff"
    try:
        usual = system.default_cutoff()
    except CutoffError as error:
        once.add(placed.path("U"), system.U, "wells that fit into the Fock space", str(error))
        return
    if arm.fock_cutoff is None and usual > MOST_LEVELS:
        hint = f"{usual} Fock levels at {placed}; use [measure.langevin], which needs none"
        once.add(placed.path("U"), system.U, f"wells that fit into {MOST_LEVELS} Fock levels", hint)
        return
    try:
        jump_setup_with_cores(system, arm.fock_cutoff, arm.core_bright, arm.core_vacuum)
    except CutoffError as error:
        once.add(path, arm.fock_cutoff, "a Fock space that holds the wells", f"at {placed}: {error}")
    except UnravellingError as error:
        _say_overlap(arm, placed, error, once)


def _check_manifolds(
    largest: KerrCat, placed: PlacedPoint, measured: Sequence[JumpArm], problems: Problems
) -> None:
    """Fock space of a Kerr-cat against its most excited well state."""
    try:
        photons, defaults = abs(largest.alpha) ** 2, (largest.default_cutoff(), largest.default_manifolds())
    except CutoffError as error:
        problems.add(placed.path("eps2"), largest.eps2, "wells that fit into the Fock space", str(error))
        return
    for arm in measured:
        check_cutoff(arm, photons, defaults, str(placed), problems)


def poisson_tail(mean: float, levels: int) -> float:
    r"""Share of a coherent state's norm outside the lowest Fock levels, ``sum_{n >= levels} e^-m m^n / n!``.

    >>> f"{poisson_tail(4.0, 1):.6f}"
    '0.981684'
    """
    from scipy.special import gammainc

    return float(gammainc(levels, mean))


def needed_cutoff(mean: float) -> int:
    """Smallest number of Fock levels that hold a coherent state of ``mean`` photons up to :data:`TAIL`.

    >>> needed_cutoff(4.0)
    23
    """
    levels = max(1, int(mean))
    while poisson_tail(mean, levels) > TAIL:
        levels += 1
    return levels


def check_cutoff(
    arm: JumpArm, photons: float, defaults: tuple[int, int], where: str, problems: Problems
) -> None:
    """Note a Fock space too small for the well state or for the manifolds.

    Args:
        arm: the arm; what it leaves open is taken from ``defaults``.
        photons: largest mean photon number of a well state over the points.
        defaults: (Fock levels, manifolds) the system would choose at that point.
        where: description of that point.
        problems: where problems are noted.
    """
    path = f"measure.{arm.name}"
    levels = defaults[0] if arm.fock_cutoff is None else arm.fock_cutoff
    manifolds = defaults[1] if arm.manifolds is None else arm.manifolds
    for_state, for_manifolds = needed_cutoff(photons), 2 * manifolds + MANIFOLD_MARGIN
    if arm.fock_cutoff is None and levels < for_manifolds:
        most = (levels - MANIFOLD_MARGIN) // 2
        problems.add(f"{path}.manifolds", manifolds, f"an integer from 3 to {most}, or a larger fock_cutoff")
    elif levels < for_state:
        lost = f"{poisson_tail(photons, levels):.2g} of its norm lies beyond; default there: {defaults[0]}"
        allowed = f"an integer >= {max(for_state, for_manifolds)}, to hold the well state at {where}"
        problems.add(f"{path}.fock_cutoff", levels, allowed, lost)
    elif levels < for_manifolds:
        allowed = f"an integer >= {for_manifolds}, to hold {manifolds} manifolds"
        problems.add(f"{path}.fock_cutoff", levels, allowed, f"default at {where}: {defaults[0]}")
