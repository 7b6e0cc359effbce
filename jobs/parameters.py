"""Parameter values against a built-in system: every wrong name and every wrong value at once.

The systems themselves (:mod:`wellhop.engine.systems`) decide what is allowed; they stop at the first wrong
parameter, a user of a campaign file or of ``-p name=value`` wants to hear of all of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from wellhop.engine.errors import ParameterError
from wellhop.jobs.campaign_schema import as_number, listed, suggestion

#: Put in place of a value the system refused, only to hear what it says about the next one.
STAND_IN = 1.0


def system_names() -> tuple[str, ...]:
    """Names of the built-in systems, in alphabetical order."""
    from wellhop.engine.systems import SYSTEMS

    return tuple(sorted(SYSTEMS))


def has_trajectories(system: str) -> bool:
    """Whether a built-in system can be measured, not only predicted."""
    from wellhop.engine.systems import MEASURABLE

    return system in MEASURABLE


def complete(system: str, parameters: Mapping[str, float]) -> dict[str, float]:
    """The parameters with the defaults filled in, in the order of the system's definition."""
    from wellhop.engine.systems import parameters_of

    defaults = parameters_of(system)
    return {name: value for name in defaults if (value := parameters.get(name, defaults[name])) is not None}


def name_problems(system: str, names: Sequence[str]) -> list[ParameterError]:
    """One error for each name the system does not have."""
    from wellhop.engine.systems import parameters_of

    known = parameters_of(system)
    return [
        ParameterError(name, "an unknown name", listed(known), suggestion(name, known))
        for name in dict.fromkeys(names)
        if name not in known
    ]


def missing_problems(system: str, names: Sequence[str]) -> list[ParameterError]:
    """One error for each parameter that has no default and no value."""
    from wellhop.engine.systems import parameters_of

    return [
        ParameterError(name, None, "a finite number; this parameter has no default")
        for name, default in parameters_of(system).items()
        if default is None and name not in names
    ]


def value_problems(system: str, parameters: Mapping[str, float]) -> list[ParameterError]:
    """One error for each value the system refuses; names and completeness have been checked before."""
    from wellhop.engine.systems import build

    trial, found = dict(parameters), []
    for _ in range(len(parameters) + 1):
        try:
            build(system, trial)
            break
        except ParameterError as error:
            found.append(error)
            if trial.get(error.name) in (None, STAND_IN):
                break
            trial[error.name] = STAND_IN
    return found


def from_assignments(system: str, assignments: Sequence[str]) -> tuple[Any, list[str]]:
    """A system from ``name=value`` words of the command line.

    Returns:
        (system, problems): the system object, or None with one text for each problem.
    """
    values: dict[str, float] = {}
    problems: list[str] = []
    for word in assignments:
        name, equals, written = word.partition("=")
        name = name.strip()
        number = _number(written)
        if not name or not equals:
            problems.append(f"-p {word!r}: allowed is name=value, for example -p eps2=6")
        elif number is None:
            problems.append(f"{name}: got {written!r}, allowed is a finite number")
            values.setdefault(name, STAND_IN)
        elif name in values:
            problems.append(
                f"{name}: got a second value {written!r}, allowed is one value for each parameter"
            )
        else:
            values[name] = number
    return _built(system, values, problems)


def _number(written: str) -> float | None:
    try:
        return as_number(float(written))
    except ValueError:
        return None


def _built(system: str, values: dict[str, float], problems: list[str]) -> tuple[Any, list[str]]:
    from wellhop.engine.systems import build, by_rates

    try:
        if by_rates(system, values):
            return (None, problems) if problems else (build(system, values), [])
        unknown = name_problems(system, list(values))
    except ParameterError as error:
        return None, [str(error), *problems]
    missing = missing_problems(system, list(values))
    problems += [
        f"{e.name}: unknown name, allowed is {e.allowed}" + (f"; {e.hint}" if e.hint else "") for e in unknown
    ]
    problems += [f"{error.name}: missing, allowed is {error.allowed}" for error in missing]
    absent = {error.name for error in unknown}
    known = {name: value for name, value in values.items() if name not in absent}
    stand_ins = {error.name: STAND_IN for error in missing}
    problems += [
        str(error) for error in value_problems(system, {**stand_ins, **known}) if error.name in known
    ]
    return (None, problems) if problems else (build(system, values), [])
