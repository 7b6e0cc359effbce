"""What a two-photon resonator can be measured by at its parameters: its coherence, its switches, or nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final, Literal, Protocol

from wellhop.engine.errors import CutoffError, ModelError, ParameterError, UnravellingError, WellhopError
from wellhop.jobs.arms import DEFAULT_THRESHOLDS, Arm, JumpArm
from wellhop.jobs.campaign_points import PlacedPoint
from wellhop.jobs.core_sizes import CORE_BRIGHT
from wellhop.jobs.langevin_arm import TruncatedLangevinArm, resonator_langevin_problem
from wellhop.jobs.point_checks import MOST_LEVELS

if TYPE_CHECKING:
    from wellhop.analysis.resonator_modes import SlowModes
    from wellhop.engine.systems.two_photon_resonator import TwoPhotonResonator

#: Decay of the fast mode over that of the slow one below which the odd sector is no telegraph.
LEAST_SEPARATION: Final = 3.0

Signal = Literal["coherence", "telegraph"]
#: (parameter, what is allowed, why) of what cannot be measured.
Trouble = tuple[str, str, str]
#: Figures of single switches.
SWITCH_FIGURES: Final = ("residence", "survival")


class Notes(Protocol):
    """Where problems are noted, each key once."""

    def add(self, path: str, got: object, allowed: str, hint: str) -> None:
        """Note one."""


def signal_of(system: TwoPhotonResonator) -> Signal:
    """What jump trajectories of a resonator are read by.

    Without one-photon loss the coherence between parities; with enough of it, κ₁|α₀|² well above Ω, switches between wells.

    Raises:
        UnravellingError: at these parameters neither; the message says why and what to change.

    >>> from wellhop.engine.systems.two_photon_resonator import TwoPhotonResonator
    >>> [signal_of(TwoPhotonResonator(4.0, 1.0, 1.0, loss)) for loss in (0.0, 0.1)]
    ['coherence', 'telegraph']
    """
    _refuse(system, _trouble(system))
    return "coherence" if system.kappa_1 == 0.0 else "telegraph"


def check_depth(system: TwoPhotonResonator) -> None:
    """Refuse a resonator without two wells worth the name.

    Raises:
        UnravellingError: one well only, or an action below 2.
    """
    _refuse(system, _well_trouble(system))


def _refuse(system: TwoPhotonResonator, trouble: Trouble | None) -> None:
    """Raise what is in the way."""
    if trouble is not None:
        name, allowed, why = trouble
        raise UnravellingError(f"{system.name}: {name} = {getattr(system, name):g}, allowed is {allowed}; {why}")


def _trouble(system: TwoPhotonResonator) -> Trouble | None:
    """What is in the way of measuring with jumps."""
    wells = _well_trouble(system)
    if wells is not None:
        return wells
    if system.kappa_1 == 0.0 and system.Delta == 0.0:
        return (
            "Delta",
            "another number, or kappa_1 > 0",
            "at Delta = 0 without one-photon loss both cat states and their coherence are dark: the rate is exactly zero",
        )
    large = _too_large(system)
    if large is not None or system.kappa_1 == 0.0:
        return large
    from wellhop.analysis.resonator_modes import slow_modes

    modes = slow_modes(system)
    if not abs(modes.values[0]) > modes.round_off:
        return "kappa_1", "a larger one", f"the rate, below {modes.round_off:.1g}, drowns in round-off"
    if not _is_telegraph(modes):
        enough = _enough_loss(system)
        instead = "0" if enough is None else f"0, or well above the exceptional point, {enough:g} say"
        return (
            "kappa_1",
            instead,
            "near the exceptional point the odd sector neither keeps its coherence nor switches like a telegraph: a trajectory "
            "has no single rate",
        )
    return None


def _is_telegraph(modes: SlowModes) -> bool:
    """Whether the slow pair is real and well apart."""
    slow, fast = modes.values[:2]
    return not (abs(slow.imag) > 1e-6 * abs(slow) or fast.real > LEAST_SEPARATION * slow.real)


def _enough_loss(system: TwoPhotonResonator) -> float | None:
    """A one-photon loss at which it is one, in two digits; ``None`` where all that is so large wears the wells away."""
    from wellhop.analysis.resonator_modes import slow_modes

    alone = slow_modes(replace(system, kappa_1=0.0))
    loss = max(system.kappa_1, 1.5 * abs(alone.values[0].imag) / abs(system.alpha0) ** 2)
    while 0.5 * loss < system.s:
        shown = float(f"{loss:.2g}")
        trial = replace(system, kappa_1=shown)
        if trial.bistable and _is_telegraph(slow_modes(trial)):
            return shown
        loss *= 1.5
    return None


def _too_large(system: TwoPhotonResonator) -> Trouble | None:
    """Wells that no trajectory can hold; None where one can."""
    from wellhop.engine.systems.two_photon_resonator_jumps import trajectory_cutoff

    try:
        levels = trajectory_cutoff(system)
    except CutoffError as error:
        return "eta", "wells that fit into the Fock space", str(error)
    if levels <= MOST_LEVELS:
        return None
    return (
        "eta",
        f"a larger one, for wells that fit into {MOST_LEVELS} Fock levels",
        f"G/eta = {system.G / system.eta:.4g} takes {levels}; is eta, by default 1, in the unit of G? Langevin trajectories need "
        "no Fock space, but are another model",
    )


def _well_trouble(system: TwoPhotonResonator) -> Trouble | None:
    """The same of wells that are none, or too shallow."""
    from wellhop.analysis.resonator_action import escape_action
    from wellhop.analysis.resonator_rate_laws import SHALLOWEST

    if abs(system.Delta) >= system.G:
        return "Delta", f"|Delta| < G = {system.G:g}", "there is one well only, nothing switches"
    if not system.bistable:
        return "kappa_1", f"below 2 sqrt(G^2 - Delta^2) = {2.0 * system.s:.6g}", "there is one well only, nothing switches"
    depth = escape_action(system)
    if depth < SHALLOWEST:
        return (
            "eta",
            "a smaller one (or a smaller |Delta|)",
            f"the action S = {depth:.3g} is below {SHALLOWEST:g}: switching is as fast as relaxation, no rate to measure",
        )
    return None


def check_figures(points: Sequence[PlacedPoint], figures: Sequence[str], path: str, once: Notes) -> None:
    """Refuse figures of residence times that were asked for where parity is conserved at every point."""
    if points and all(placed.point.parameters["kappa_1"] == 0.0 for placed in points):
        for name in (name for name in SWITCH_FIGURES if name in figures):
            once.add(
                path, name, "no figure of residence times without one-photon loss",
                "parity is conserved: no record of lost pairs tells the wells apart, there are no residences; see coherence",
            )  # fmt: skip


def check_resonators(
    built: Sequence[tuple[TwoPhotonResonator, PlacedPoint]], measured: Sequence[Arm], once: Notes
) -> None:
    """Note everything that would stop a point from being measured, each key once."""
    for system, placed in built:
        trouble = _well_trouble(system)
        jumps = [arm for arm in measured if isinstance(arm, JumpArm)]
        if trouble is None and jumps:
            try:
                trouble = _trouble(system)
            except WellhopError as error:
                trouble = ("eta", "wells that a matrix can hold", str(error))
        if trouble is not None:
            name, allowed, why = trouble
            once.add(placed.path(name), getattr(system, name), allowed, f"{why} at {placed}")
            continue
        for arm in measured:
            if isinstance(arm, JumpArm):
                _check_jumps(system, placed, arm, once)
            elif isinstance(arm, TruncatedLangevinArm) and arm.truncation:
                _check_langevin(system, placed, arm, once)
    if all(system.kappa_1 == 0.0 for system, _ in built):
        for arm in measured:
            if isinstance(arm, JumpArm) and arm.core_thresholds not in ((), DEFAULT_THRESHOLDS):
                once.add(
                    f"measure.{arm.name}.core_thresholds", list(arm.core_thresholds), "no such key without one-photon loss",
                    "no record of lost pairs tells the wells apart, there are no cores",
                )  # fmt: skip


def _check_jumps(system: TwoPhotonResonator, placed: PlacedPoint, arm: JumpArm, once: Notes) -> None:
    """Stop rule and Fock space."""
    from wellhop.engine.systems.two_photon_resonator_jumps import jump_setup

    if system.kappa_1 == 0.0 and arm.stop.rule == "switches":
        once.add(
            f"measure.{arm.name}.stop.switches", arm.stop.value, "relative_error, time or trajectories without one-photon loss",
            f"parity is conserved at {placed}: no record of lost pairs tells the wells apart, so no trajectory switches; what is "
            "measured is the decay and rotation of the coherence between parities",
        )  # fmt: skip
    if arm.fock_cutoff is not None:
        try:
            jump_setup(system, cutoff=arm.fock_cutoff)
        except (CutoffError, UnravellingError) as error:
            hint = f"at {placed}: {error}"
            once.add(f"measure.{arm.name}.fock_cutoff", arm.fock_cutoff, "a Fock space that holds the wells", hint)


def _check_langevin(
    system: TwoPhotonResonator, placed: PlacedPoint, arm: TruncatedLangevinArm, once: Notes
) -> None:
    """Cores and step."""
    try:
        resonator_langevin_problem(system, arm, duration=1.0, sample_interval=1.0)
    except ParameterError as error:
        key = f"measure.{arm.name}.{error.name}" if error.name == "dt" else placed.path(error.name)
        once.add(key, error.value, error.allowed, f"{error.hint} at {placed}".strip())
    except ModelError as error:
        given = arm.core_bright != CORE_BRIGHT
        key = f"measure.{arm.name}.core_bright" if given else placed.path("eta")
        got = arm.core_bright if given else system.eta
        once.add(key, got, "smaller cores, which do not overlap", f"at {placed}: {error}")
