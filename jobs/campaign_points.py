"""``[system]`` and ``[sweep]``: the points of a campaign, each complete and accepted by its system."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from wellhop.jobs import parameters, sweep
from wellhop.jobs.campaign_schema import Problems, Section, as_number, listed

#: Repeated points beyond this many are counted, not listed.
LISTED_POINTS: Final = 5


@dataclass(frozen=True)
class Point:
    """One set of system parameters, complete with defaults."""

    index: int
    parameters: Mapping[str, float]


@dataclass(frozen=True)
class PlacedPoint:
    """A point and, for messages, the key path each of its values comes from."""

    point: Point
    origins: Mapping[str, str]

    def path(self, name: str) -> str:
        """Key path of a parameter, also of one that has its default."""
        return self.origins.get(name, f"system.{name}")

    def __str__(self) -> str:
        return ", ".join(f"{name} = {value:g}" for name, value in self.point.parameters.items())


def campaign_points(top: Section) -> tuple[str, tuple[PlacedPoint, ...]]:
    """(system name, points) from ``[system]`` and ``[sweep]``; no points after a problem."""
    problems = top.problems
    names = parameters.system_names()
    known_names = listed(map(repr, names))
    if "system" not in top:
        problems.missing("system", f"a table with the key name, {known_names}")
    section = top.table("system")
    system = section.choice("name", "", names)
    if "name" not in section and "system" in top and section.readable:
        problems.missing("system.name", known_names)
    fixed = {}
    for key in [key for key in section.content if key != "name"]:
        number = as_number(section.raw(key))
        if number is None:
            problems.add(section.at(key), section.content[key], "a finite number")
        else:
            fixed[key] = number
    drafts = sweep.points(top.raw("sweep"), fixed, problems)
    if system and not parameters.has_trajectories(system):
        problems.add(
            "system.name",
            system,
            listed(map(repr, filter(parameters.has_trajectories, names))),
            "one attractor, nothing switches: its trajectories are in wellhop figure driven_qubit_tls 10",
        )
        return "", ()
    if not system or not drafts:
        return system, ()
    before = len(problems.found)
    _check_names(system, drafts, problems)
    if len(problems.found) == before:
        _check_values(system, drafts, problems)
    if len(problems.found) > before:
        return system, ()
    points = tuple(
        PlacedPoint(Point(i, parameters.complete(system, draft.parameters)), draft.origins)
        for i, draft in enumerate(drafts)
    )
    _check_duplicates([placed.point for placed in points], problems)
    return system, points


def _check_names(system: str, drafts: list[sweep.Draft], problems: Problems) -> None:
    """Unknown and missing parameter names, each reported once."""
    origins = {name: path for draft in drafts for name, path in draft.origins.items()}
    for error in parameters.name_problems(system, list(origins)):
        path = re.sub(r"(\[\d+\])$", "", origins[error.name])
        problems.unknown(path, error.allowed, error.hint)
    absent = [e.name for draft in drafts for e in parameters.missing_problems(system, list(draft.parameters))]
    for name in dict.fromkeys(absent):
        problems.missing(f"system.{name}", "a finite number, here or in every [sweep] block")


def _check_values(system: str, drafts: list[sweep.Draft], problems: Problems) -> None:
    """Values the system refuses, each reported once however many points share it."""
    reported: set[str] = set()
    for draft in drafts:
        for error in parameters.value_problems(system, draft.parameters):
            path = draft.origins.get(error.name, f"system.{error.name}")
            if path not in reported:
                reported.add(path)
                problems.add(path, error.value, error.allowed, error.hint)


def _check_duplicates(points: Sequence[Point], problems: Problems) -> None:
    first: dict[tuple[float, ...], int] = {}
    repeats = []
    for point in points:
        original = first.setdefault(tuple(point.parameters.values()), point.index)
        if original != point.index:
            repeats.append(f"point {point.index} = point {original}")
    if repeats:
        more = f" and {len(repeats) - LISTED_POINTS} more" if len(repeats) > LISTED_POINTS else ""
        listing = ", ".join(repeats[:LISTED_POINTS]) + more
        problems.add("sweep", listing, "a sweep in which no point comes twice")
