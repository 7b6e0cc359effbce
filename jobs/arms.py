"""``[measure.*]``: the ways in which a campaign measures each of its points.

Two arms exist. ``jumps`` unravels with displaced channels, which reveals the well, and carries the rate and
the residence times. ``counting`` is plain photon counting, which never reveals the well: it contributes
ensemble averages and click rates only, so keys that concern switches are refused there (spec
kerr_cat_staircase, section 6).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from wellhop.jobs.campaign_schema import (
    NOT_NEGATIVE,
    Problems,
    Range,
    Section,
    as_number,
    at_least,
    listed,
)

#: Arms by name; the place is the arm index, which keys the random streams, so it never depends on the
#: campaign.
ARM_NAMES: Final = ("jumps", "counting")
UNRAVELLINGS: Final = {"jumps": "displaced", "counting": "counting"}
PROPAGATORS: Final = ("auto", "eigen", "dyadic")
DURATIONS: Final = ("time", "switching_times", "relaxation_times")
STOPS: Final = ("relative_error", "switches", "time", "trajectories")
DEFAULT_THRESHOLDS: Final = (0.9, 0.95, 0.99, 0.995)
SWITCH_KEYS: Final = ("stop", "batch", "max_trajectories", "core_thresholds")
MAX_TRAJECTORIES: Final = 10**7
BLIND: Final = "photon counting never reveals the well, so it gives no switches"
#: Share of the well state's norm that may lie beyond the Fock cut-off.
TAIL: Final = 1e-10
#: Fock levels needed beyond two per manifold (spec, section 8, pitfall 4).
MANIFOLD_MARGIN: Final = 20


@dataclass(frozen=True)
class Duration:
    """Length of every trajectory: ``value`` in units of ``unit``.

    ``time`` is the campaign's time unit, ``switching_times`` is 1/Gamma of the exact prediction and
    ``relaxation_times`` is 1/kappa; the last two are resolved when a point is prepared.
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

    index: int
    name: str
    unravelling: str
    duration: Duration
    stop: Stop
    batch: int
    max_trajectories: int
    sample_interval: float | None
    burn_in: float | None
    core_thresholds: tuple[float, ...]
    manifolds: int | None
    fock_cutoff: int | None
    propagator: str
    record_clicks: bool


def arms(content: object, problems: Problems) -> tuple[Arm, ...]:
    """Read all ``[measure.*]`` tables, in the order of :data:`ARM_NAMES`."""
    if content is None:
        problems.missing("measure", "at least one of the tables [measure.jumps] and [measure.counting]")
        return ()
    measure = Section(content, "measure", problems)
    if measure.readable and not measure.content:
        problems.add("measure", {}, "at least one of the tables [measure.jumps] and [measure.counting]")
    found = []
    for index, name in enumerate(ARM_NAMES):
        table = measure.raw(name)
        if name in measure:
            section = Section(table, measure.at(name), problems)
            if section.readable:
                found.append(_arm(index, name, section))
    measure.finish()
    return tuple(found)


def _arm(index: int, name: str, section: Section) -> Arm:
    unravelling = _unravelling(name, section)
    duration = _duration(section)
    if name == "jumps":
        stop, batch, most = _stopping(section)
        thresholds = _thresholds(section)
    else:
        batch = most = _even(section, "trajectories", 8)
        stop, thresholds = Stop("trajectories", batch), ()
        _refuse_switch_keys(section)
    arm = Arm(
        index=index,
        name=name,
        unravelling=unravelling,
        duration=duration,
        stop=stop,
        batch=batch,
        max_trajectories=most,
        sample_interval=section.optional_number("sample_interval"),
        burn_in=section.optional_number("burn_in", NOT_NEGATIVE),
        core_thresholds=thresholds,
        manifolds=section.optional_integer("manifolds", at_least(3, 64)),
        fock_cutoff=section.optional_integer("fock_cutoff", at_least(4, 1000)),
        propagator=section.choice("propagator", "auto", PROPAGATORS),
        record_clicks=section.flag("record_clicks", False),
    )
    section.finish()
    _check_times(arm, section)
    return arm


def _unravelling(name: str, section: Section) -> str:
    """The one unravelling that answers the questions of the arm."""
    only = UNRAVELLINGS[name]
    value = section.raw("unravelling")
    if "unravelling" in section and value != only:
        reason = f"{BLIND} and no residence times: use [measure.counting]" if value == "counting" else ""
        section.problems.add(section.at("unravelling"), value, repr(only), reason)
    return only


def _duration(section: Section) -> Duration:
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


def _stopping(section: Section) -> tuple[Stop, int, int]:
    """(stop rule, batch, max_trajectories) of an arm that counts switches."""
    stop = _stop(section)
    fixed = int(stop.value) if stop.rule == "trajectories" else None
    batch = _even(section, "batch", 16 if fixed is None else fixed)
    most = _even(section, "max_trajectories", 4096 // batch * batch or batch if fixed is None else fixed)
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


def _stop(section: Section) -> Stop:
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
        "trajectories": Range(f"an even integer from 2 to {MAX_TRAJECTORIES}", _is_even),
    }
    if rule in limits:
        written = table.content[rule]
        whole = rule == "relative_error" or isinstance(written, int)
        if not whole or not limits[rule].accepts(number):
            section.problems.add(table.at(rule), written, limits[rule].allowed)
            return Stop("", math.nan)
    return Stop(rule, number)


def _is_even(number: float) -> bool:
    return 2 <= number <= MAX_TRAJECTORIES and number % 2 == 0


def _even(section: Section, key: str, default: int) -> int:
    """An even count: trajectories start alternately in the two wells, so a batch holds as many of each."""
    return section.integer(key, default, Range(f"an even integer from 2 to {MAX_TRAJECTORIES}", _is_even))


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


def _refuse_switch_keys(section: Section) -> None:
    """Say why keys about switches have no place in a counting arm."""
    for key in SWITCH_KEYS:
        if key in section:
            section.problems.add(
                section.at(key),
                section.content[key],
                "no such key in a counting arm",
                f"{BLIND} and no residence times; it takes trajectories = <even integer>",
            )
    section.known(key for key in SWITCH_KEYS if key in section)


def _check_times(arm: Arm, section: Section) -> None:
    """Burn-in and sampling have to fit into a trajectory of known length."""
    if arm.duration.unit != "time":
        return
    for key, value in (("sample_interval", arm.sample_interval), ("burn_in", arm.burn_in)):
        if value is not None and value >= arm.duration.value:
            section.problems.add(
                section.at(key), value, f"a number below the duration {arm.duration.value:g}"
            )


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


def check_cutoff(arm: Arm, photons: float, defaults: tuple[int, int], where: str, problems: Problems) -> None:
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
