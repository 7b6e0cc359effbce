"""``[measure.*]``: the ways in which a campaign measures each of its points.

``jumps`` unravels with displaced channels, which reveals the well, and carries the rate and the residence
times. ``counting`` is plain photon counting, which never reveals the well: it contributes ensemble averages
and click rates only, so keys that concern switches are refused there (spec kerr_cat_staircase, section 6).
``langevin`` integrates the truncated-Wigner equation (:mod:`wellhop.jobs.langevin_arm`): a different model
with rates of its own.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final, Literal

from wellhop.jobs.campaign_schema import (
    NOT_NEGATIVE,
    Problems,
    Range,
    Section,
    as_number,
    at_least,
    listed,
)
from wellhop.jobs.core_sizes import SHARE

#: Arms by name; the place is the arm index, which keys the random streams, so it never depends on the
#: campaign.
ARM_NAMES: Final = ("jumps", "counting", "langevin")
UNRAVELLINGS: Final = {"jumps": "displaced", "counting": "counting"}
PROPAGATORS: Final = ("auto", "eigen", "dyadic")
DURATIONS: Final = ("time", "switching_times", "relaxation_times")
STOPS: Final = ("relative_error", "switches", "time", "trajectories")
DEFAULT_THRESHOLDS: Final = (0.9, 0.95, 0.99, 0.995)
SWITCH_KEYS: Final = ("stop", "batch", "max_trajectories", "core_thresholds")
MAX_TRAJECTORIES: Final = 10**7
#: Trajectories a point gets at most where the file says nothing, rounded down to whole batches.
DEFAULT_MOST: Final = 4096
BLIND: Final = "photon counting never reveals the well, so it gives no switches"
#: Jump trajectories per batch for two wells, and for three.
JUMP_BATCHES: Final = {2: 16, 3: 24}
#: Keys of other arms and of other systems, each with the reason why it has no place in a jump arm.
LANGEVIN_ONLY: Final = {
    "truncation": "quantum jumps truncate nothing; truncation belongs into [measure.langevin]",
    "scheme": "jump trajectories are propagated exactly between clicks; a scheme belongs into [measure.langevin]",
    "dt": "jump trajectories have no time step; dt belongs into [measure.langevin]",
}
DISCS_ONLY: Final = dict.fromkeys(
    ("core_bright", "core_vacuum"),
    "jump trajectories of this system are labelled by |<X>|: see core_thresholds",
)
MANIFOLDS_ONLY: Final = {
    "manifolds": "only kerr_cat_staircase has manifolds; this system lives in Fock space, see fock_cutoff",
    "manifolds_resolved": "only kerr_cat_staircase has manifolds",
}
THRESHOLDS_ONLY: Final = {
    "core_thresholds": "this system is not labelled by |<X>|; see core_bright and core_vacuum",
}
REACH_ONLY: Final = dict.fromkeys(("core_bright", "core_vacuum"), "the cores of this system are sized by core_size")
#: By what a system is labelled -> keys of others.
REFUSED_OF: Final[Mapping[str, Mapping[str, str]]] = {
    "manifolds": DISCS_ONLY,
    "thresholds": {**DISCS_ONLY, **MANIFOLDS_ONLY},
    "discs": {**MANIFOLDS_ONLY, **THRESHOLDS_ONLY},
    "reach": {**MANIFOLDS_ONLY, **REACH_ONLY, "core_thresholds": "this system is not labelled by |<X>|; see core_size"},
}


@dataclass(frozen=True)
class Duration:
    """Length of every trajectory: ``value`` in units of ``unit``.

    ``time`` is the campaign's time unit; ``switching_times`` is one over the slowest switching rate of the
    exact prediction of what the arm simulates (1/Gamma for two wells, 1/min(lam_e, lam_o) for three);
    ``relaxation_times`` is the relaxation time inside a well. The last two are resolved when a point is
    prepared.
    """

    unit: str
    value: float


@dataclass(frozen=True)
class Stop:
    """When a point has enough: ``rule`` is one of relative_error, switches, time, trajectories."""

    rule: str
    value: float


@dataclass(frozen=True)
class Arm:
    """One way of measuring a point; ``None`` leaves a choice to the system."""

    engine: ClassVar[str] = ""

    index: int
    name: str
    duration: Duration
    stop: Stop
    batch: int
    max_trajectories: int
    sample_interval: float | None
    burn_in: float | None


@dataclass(frozen=True)
class JumpArm(Arm):
    """Quantum-jump trajectories, displaced or counting."""

    engine: ClassVar[str] = "jumps"

    unravelling: str
    core_thresholds: tuple[float, ...]
    manifolds: int | None
    fock_cutoff: int | None
    propagator: str
    record_clicks: bool


@dataclass(frozen=True)
class ManifoldJumpArm(JumpArm):
    """Displaced quantum-jump trajectories that also record in which manifold the well difference is lost.

    A class of its own, so that campaigns without it keep their fingerprints.
    """

    manifolds_resolved: bool = True


@dataclass(frozen=True)
class DiscJumpArm(JumpArm):
    """Quantum-jump trajectories labelled by discs in the plane of alpha, in Fock space."""

    core_bright: float | None
    core_vacuum: float | None


@dataclass(frozen=True)
class Wells:
    """What the points of a campaign have in common, as far as the arms must know it.

    Attributes:
        arms: names of the arms that measure this system.
        group: trajectories start in the wells in turn, so counts are multiples of this: the least common
            multiple of the numbers of wells of all points; 1 while they are unknown.
        most: largest number of wells of a point.
        labels: by what jump trajectories are labelled: ``manifolds`` and thresholds on |<X>|, ``thresholds`` alone,
            ``discs`` in the plane of alpha, or discs that are a share of the ``reach`` of two different attractors.
        truncated: whether the truncated Wigner equation of this system needs a truncation by name.
        jump_batch: jump trajectories per batch, where they are short; else by the number of wells.
    """

    arms: tuple[str, ...] = ARM_NAMES
    group: int = 1
    most: int = 2
    labels: Literal["manifolds", "thresholds", "discs", "reach"] = "manifolds"
    truncated: bool = False
    jump_batch: int | None = None


def arms(content: object, problems: Problems, wells: Wells) -> tuple[Arm, ...]:
    """Read all ``[measure.*]`` tables, in the order of :data:`ARM_NAMES`."""
    from wellhop.jobs.langevin_arm import langevin_arm

    known = [f"[measure.{name}]" for name in wells.arms]
    wanted = f"at least one of the tables {', '.join(known[:-1])} and {known[-1]}"
    if content is None:
        problems.missing("measure", wanted)
        return ()
    measure = Section(content, "measure", problems)
    if measure.readable and not measure.content:
        problems.add("measure", {}, wanted)
    found: list[Arm] = []
    for index, name in enumerate(ARM_NAMES):
        if name not in measure or name not in wells.arms:
            continue
        section = Section(measure.raw(name), measure.at(name), problems)
        if section.readable:
            read = langevin_arm if name == "langevin" else _jump_arm
            found.append(read(index, name, section, wells))
    if "counting" in measure and "counting" not in wells.arms:
        measure.known(["counting"])
        allowed = f"one of {', '.join(known)} for this system"
        problems.add(measure.at("counting"), measure.content["counting"], allowed, BLIND)
    measure.known(wells.arms)
    measure.finish()
    return tuple(found)


def _jump_arm(index: int, name: str, section: Section, wells: Wells) -> JumpArm:
    unravelling = _unravelling(name, section, wells)
    duration = read_duration(section)
    refuse_keys(section, LANGEVIN_ONLY, "no such key for quantum jumps")
    refuse_keys(section, REFUSED_OF[wells.labels], "no such key for this system")
    if name == "jumps":
        stop, batch, most = read_stopping(section, wells, wells.jump_batch or JUMP_BATCHES[wells.most])
        thresholds = _thresholds(section) if wells.labels in ("manifolds", "thresholds") else ()
    else:
        batch = most = _count(section, "trajectories", 8, wells.group)
        stop, thresholds = Stop("trajectories", batch), ()
        refuse_keys(section, {"manifolds_resolved": BLIND}, "no such key in a counting arm")
        reason = f"{BLIND} and no residence times; it takes trajectories = <even integer>"
        refuse_keys(section, dict.fromkeys(SWITCH_KEYS, reason), "no such key in a counting arm")
    known: dict[str, Any] = {
        "index": index,
        "name": name,
        "duration": duration,
        "stop": stop,
        "batch": batch,
        "max_trajectories": most,
        "sample_interval": section.optional_number("sample_interval"),
        "burn_in": section.optional_number("burn_in", NOT_NEGATIVE),
        "unravelling": unravelling,
        "core_thresholds": thresholds,
        "manifolds": section.optional_integer("manifolds", at_least(3, 64)) if wells.labels == "manifolds" else None,
        "fock_cutoff": section.optional_integer("fock_cutoff", at_least(4, 1000)),
        "propagator": section.choice("propagator", "auto", PROPAGATORS),
        "record_clicks": section.flag("record_clicks", False),
    }
    arm = JumpArm(**known)
    if name == "jumps" and wells.labels == "manifolds" and _resolves_manifolds(section, arm):
        arm = ManifoldJumpArm(**known)
    if wells.labels == "discs":
        bright, vacuum = (section.optional_number(key, SHARE) for key in DISCS_ONLY)
        arm = DiscJumpArm(**known, core_bright=bright, core_vacuum=vacuum)
    if wells.labels == "reach":
        from wellhop.jobs.duffing_arms import CORE_SIZE, ReachJumpArm

        arm = ReachJumpArm(**known, core_size=section.number("core_size", CORE_SIZE, SHARE))
    section.finish()
    check_times(arm, section)
    return arm


def _resolves_manifolds(section: Section, arm: JumpArm) -> bool:
    """``manifolds_resolved``, which needs the eigenbasis between clicks."""
    wanted = section.flag("manifolds_resolved", False)
    if wanted and arm.propagator == "dyadic":
        section.problems.add(
            section.at("propagator"), "dyadic", "'auto' or 'eigen' with manifolds_resolved = true",
            "time integrals are taken in the eigenbasis between clicks",
        )  # fmt: skip
    return wanted


def _unravelling(name: str, section: Section, wells: Wells) -> str:
    """The one unravelling that answers the questions of the arm."""
    only = UNRAVELLINGS[name]
    value = section.raw("unravelling")
    if "unravelling" in section and value != only:
        reason = f"{BLIND} and no residence times" if value == "counting" else ""
        if reason:
            shown = "use [measure.counting]" if "counting" in wells.arms else "wellhop trajectory --unravelling counting shows it"
            reason = f"{reason}: {shown}"
        section.problems.add(section.at("unravelling"), value, repr(only), reason)
    return only


def read_duration(section: Section) -> Duration:
    """``duration`` as a number or a table with one unit."""
    value, path = section.raw("duration"), section.at("duration")
    allowed = "a number > 0 or exactly one of { switching_times = ... }, { relaxation_times = ... }"
    if "duration" not in section:
        section.problems.missing(path, allowed)
    elif isinstance(value, dict):
        unit, number = _one_of(Section(value, path, section.problems), DURATIONS)
        if unit:
            return Duration(unit, number)
    else:
        time = as_number(value)
        if time is not None and time > 0:
            return Duration("time", time)
        section.problems.add(path, value, allowed)
    return Duration("time", math.inf)


def _one_of(section: Section, choices: tuple[str, ...]) -> tuple[str, float]:
    """The single ``choice = number`` of a table; an empty name after a problem."""
    before = len(section.problems.found)
    values = {key: section.optional_number(key) for key in choices if key in section}
    section.known(choices)
    section.finish()
    if len(values) != 1 and len(section.problems.found) == before:
        section.problems.add(section.path, section.content, "exactly " + listed(choices))
    if len(section.problems.found) > before:
        return "", math.nan
    ((key, number),) = values.items()
    return (key, number) if number is not None else ("", math.nan)


def read_stopping(section: Section, wells: Wells, usual_batch: int) -> tuple[Stop, int, int]:
    """(stop rule, batch, max_trajectories) of an arm that counts switches."""
    stop = _stop(section, wells.group)
    fixed = int(stop.value) if stop.rule == "trajectories" else None
    batch = _count(section, "batch", usual_batch if fixed is None else fixed, wells.group)
    most = DEFAULT_MOST // batch * batch or batch
    most = _count(section, "max_trajectories", most if fixed is None else fixed, wells.group)
    if fixed is not None and most != fixed:
        section.problems.add(
            section.at("max_trajectories"), most, f"absent: stop.trajectories = {fixed} decides"
        )
    elif most % batch:
        key = "max_trajectories" if fixed is None else "stop.trajectories"
        section.problems.add(
            section.at(key), most, f"a multiple of batch = {batch}, because only whole batches decide"
        )
    return stop, batch, most


def _stop(section: Section, group: int) -> Stop:
    value, path = section.raw("stop"), section.at("stop")
    if "stop" not in section:
        section.problems.missing(path, "a table with exactly " + listed(STOPS))
        return Stop("", math.nan)
    table = Section(value, path, section.problems)
    if not table.readable:
        return Stop("", math.nan)
    rule, number = _one_of(table, STOPS)
    limits = {
        "relative_error": Range("a number between 0 and 0.5, both excluded", lambda x: 0 < x < 0.5),
        "switches": at_least(2, 10**9),
        "trajectories": counts(group),
    }
    if rule in limits:
        written = table.content[rule]
        whole = rule == "relative_error" or isinstance(written, int)
        if not whole or not limits[rule].accepts(number):
            section.problems.add(table.at(rule), written, limits[rule].allowed)
            return Stop("", math.nan)
    return Stop(rule, number)


def counts(group: int) -> Range:
    """Numbers of trajectories: whole groups, because trajectories start in the wells in turn.

    >>> counts(2).allowed, counts(3).allowed, counts(3).accepts(64)
    ('an even integer from 2 to 10000000', 'a multiple of 3 from 3 to 10000000 (trajectories start in the wells in turn)', False)
    """
    if group == 3 or group > 3:
        why = "trajectories start in the wells in turn"
        allowed = f"a multiple of {group} from {group} to {MAX_TRAJECTORIES} ({why})"
    else:
        allowed = f"an even integer from 2 to {MAX_TRAJECTORIES}" if group == 2 else f"an integer from 2 to {MAX_TRAJECTORIES}"
    return Range(allowed, lambda n: max(2, group) <= n <= MAX_TRAJECTORIES and n % group == 0)


def _count(section: Section, key: str, default: int, group: int) -> int:
    return section.integer(key, default, counts(group))


def _thresholds(section: Section) -> tuple[float, ...]:
    """Core thresholds for |<X>|, increasing: one core definition each."""
    value, path = section.raw("core_thresholds"), section.at("core_thresholds")
    allowed = "a number between 0.5 and 1, both excluded, larger than the one before"
    if "core_thresholds" not in section:
        return DEFAULT_THRESHOLDS
    if not isinstance(value, list) or not 1 <= len(value) <= 8:
        section.problems.add(path, value, "a list of 1 to 8 numbers between 0.5 and 1")
        return DEFAULT_THRESHOLDS
    found: list[float] = []
    for place, written in enumerate(value):
        number = as_number(written)
        if number is None or not max([0.5, *found]) < number < 1:
            section.problems.add(f"{path}[{place}]", written, allowed)
        else:
            found.append(number)
    return tuple(found)


def refuse_keys(section: Section, reasons: Mapping[str, str], allowed: str) -> None:
    """Say why keys that make sense elsewhere have no place in this table."""
    for key, reason in reasons.items():
        if key in section:
            section.problems.add(section.at(key), section.content[key], allowed, reason)
            section.raw(key)


def check_times(arm: Arm, section: Section) -> None:
    """Burn-in and sampling have to fit into a trajectory of known length."""
    if arm.duration.unit != "time":
        return
    for key, value in (("sample_interval", arm.sample_interval), ("burn_in", arm.burn_in)):
        if value is not None and value >= arm.duration.value:
            section.problems.add(
                section.at(key), value, f"a number below the duration {arm.duration.value:g}"
            )
