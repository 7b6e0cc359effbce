"""From ``[sweep]`` blocks to the points of a campaign.

A block is cartesian (every combination; the first key varies slowest) or zipped (the n-th values together);
several blocks are put one after the other. An axis is a list or ``{start, stop, num, spacing}``; a plain
number holds for all points of its block.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from wellhop.jobs.campaign_schema import POSITIVE, Problems, Section, as_number, at_least, key_path

#: More points than this are taken for a slip of the pen.
MAX_POINTS: Final = 10_000
#: Axis values are rounded to this many digits, so that they do not depend on the mathematics library of a
#: machine.
AXIS_DIGITS: Final = 12


@dataclass(frozen=True)
class Draft:
    """Parameters of one point and, for messages, the key path each value comes from."""

    parameters: dict[str, float]
    origins: dict[str, str]


def points(content: object, fixed: Mapping[str, float], problems: Problems) -> list[Draft]:
    """Expand the ``sweep`` entry of a campaign; without one there is a single point.

    Args:
        content: the raw ``sweep`` value: a table, a list of tables, or None where there is none.
        fixed: parameters given in ``[system]``; a key may not stand in both places.
        problems: where problems are noted; with problems the list may be incomplete.
    """
    base = Draft(dict(fixed), {name: key_path("system", name) for name in fixed})
    if content is None:
        return [base]
    blocks = content if isinstance(content, list) else [content]
    if not blocks:
        problems.add("sweep", content, "a table with at least one parameter")
        return []
    found: list[Draft] = []
    for number, block in enumerate(blocks):
        path = f"sweep[{number}]" if isinstance(content, list) else "sweep"
        section = Section(block, path, problems)
        if section.readable:
            found += _expanded(section, base, MAX_POINTS - len(found))
    return found


def _expanded(section: Section, base: Draft, room: int) -> list[Draft]:
    """The points of one block."""
    problems, before = section.problems, len(section.problems.found)
    mode = section.choice("mode", "cartesian", ("cartesian", "zip"))
    names = [name for name in section.content if name != "mode"]
    if not names:
        problems.add(section.path, {}, "a table with at least one parameter, for example eps2 = [2, 4, 6]")
        return []
    axes = {name: _axis(section, name) for name in names}
    for name in names:
        if name in base.parameters:
            problems.add(
                section.at(name), section.content[name], f"one place: {name} is fixed in [system] already"
            )
    if len(problems.found) > before:
        return []
    lengths = {
        name: len(values) for name, values in axes.items() if isinstance(section.content[name], list | dict)
    }
    if mode == "zip" and len(set(lengths.values())) > 1:
        problems.add(section.path, lengths, "the same number of values on every axis of a zipped sweep")
        return []
    count = max(lengths.values(), default=1) if mode == "zip" else math.prod(lengths.values())
    if count > room:
        problems.add(section.path, f"{count} points", f"at most {MAX_POINTS} points in all")
        return []
    if mode == "zip":
        rows = [axis if len(axis) == count else axis * count for axis in axes.values()]
        combinations = list(zip(*rows, strict=True))
    else:
        combinations = list(itertools.product(*axes.values()))
    return [
        Draft(
            {**base.parameters, **{name: value for name, (_, value) in zip(names, chosen, strict=True)}},
            {**base.origins, **{name: path for name, (path, _) in zip(names, chosen, strict=True)}},
        )
        for chosen in combinations
    ]


def _axis(section: Section, name: str) -> list[tuple[str, float]]:
    """(key path, value) of every value on one axis."""
    content, path, problems = section.raw(name), section.at(name), section.problems
    if isinstance(content, dict):
        return [(path, value) for value in _spaced(Section(content, path, problems))]
    written = content if isinstance(content, list) else [content]
    if not written:
        problems.add(path, content, "a list with at least one number")
    axis: list[tuple[str, float]] = []
    for place, value in enumerate(written):
        where = f"{path}[{place}]" if isinstance(content, list) else path
        number = as_number(value)
        if number is not None:
            axis.append((where, number))
        elif isinstance(content, list):
            problems.add(where, value, "a finite number")
        else:
            problems.add(where, value, "a finite number, a list of them, or { start, stop, num, spacing }")
    return axis


def _spaced(section: Section) -> list[float]:
    """Values of ``{start, stop, num, spacing}``, both ends included."""
    problems, before = section.problems, len(section.problems.found)
    spacing = section.choice("spacing", "linear", ("linear", "log"))
    ends = {}
    for key in ("start", "stop"):
        value = section.raw(key)
        number = as_number(value)
        wanted = POSITIVE.allowed + " on a log axis" if spacing == "log" else "a finite number"
        if key not in section:
            problems.missing(section.at(key), wanted)
        elif number is None or (spacing == "log" and number <= 0):
            problems.add(section.at(key), value, wanted)
        else:
            ends[key] = number
    num = section.optional_integer("num", at_least(2, MAX_POINTS))
    if "num" not in section:
        problems.missing(section.at("num"), f"an integer from 2 to {MAX_POINTS}")
    section.finish()
    if len(problems.found) > before or num is None:
        return []
    return axis_values(ends["start"], ends["stop"], num, spacing)


def axis_values(start: float, stop: float, num: int, spacing: str) -> list[float]:
    """``num`` values from ``start`` to ``stop``, evenly spaced or in equal ratios, the ends exact.

    >>> axis_values(2, 12, 5, "linear"), axis_values(0.01, 1, 3, "log")
    ([2.0, 4.5, 7.0, 9.5, 12.0], [0.01, 0.1, 1.0])
    """
    fractions = [i / (num - 1) for i in range(1, num - 1)]
    if spacing == "log":
        first, last = math.log(start), math.log(stop)
        inner = [math.exp(first * (1 - f) + last * f) for f in fractions]
    else:
        inner = [start * (1 - f) + stop * f for f in fractions]
    return [float(start), *(float(f"{value:.{AXIS_DIGITS}g}") for value in inner), float(stop)]
