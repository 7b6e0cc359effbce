"""Read a user's switching times from a text table; every problem is reported at once, with its line number.

The table may be separated by commas, semicolons, tabs or blanks. Lines that are empty or begin with ``#`` are
skipped. The first other line is a header if *none* of its cells is a number. Without a header the first
column holds the durations and the second, if there is one, the flags.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from wellhop.engine.errors import StatisticsError

#: Header names that are understood without being asked for, in this order.
DURATION_NAMES = ("duration", "residence_time", "switching_time", "time", "t")
SWITCHED_NAMES = ("switched", "event", "observed")
GROUP_NAMES = ("group",)
FLAGS = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}
#: More problems than this are counted, not listed.
LISTED = 20


@dataclass
class Group:
    """Residences of one group, in file order: durations > 0, and whether each ended with a switch."""

    durations: list[float] = field(default_factory=list)
    switched: list[bool] = field(default_factory=list)


@dataclass(frozen=True)
class TimesTable:
    """What the file holds.

    Attributes:
        source: name of the file. groups: by name, in order of appearance; one group ``""`` without a group
        column. columns: which column was taken for what, for the report.
    """

    source: str
    groups: dict[str, Group]
    columns: str


@dataclass(frozen=True)
class _Choice:
    """Positions of the columns; ``None`` where there is none."""

    duration: int
    switched: int | None
    group: int | None
    description: str


def read_times(
    path: Path,
    duration_column: str | None = None,
    switched_column: str | None = None,
    group_column: str | None = None,
) -> TimesTable:
    """Read the table at ``path``.

    Args:
        path: UTF-8 text. duration_column, switched_column, group_column: header names (case does not matter)
        or
            numbers counted from 1; ``None``: the usual names ``duration``, ``switched``, ``group`` and their
            kin.

    Raises:
        StatisticsError: unreadable, no text, empty, or with wrong cells: one message listing every problem.
    """
    rows = _rows(path)
    if not rows:
        raise _error(path, ["the file holds no row"])
    number, first = rows[0]
    header = None if any(_is_number(cell) for cell in first) else first
    choice = _choose(path, header, len(first), number, (duration_column, switched_column, group_column))
    body = rows[1:] if header is not None else rows
    if not body:
        raise _error(path, ["the file holds a header but no row of numbers"])
    groups: dict[str, Group] = {}
    problems: list[str] = []
    for line, cells in body:
        if len(cells) != len(first):
            problems.append(
                f"line {line}: got {len(cells)} cells, allowed is {len(first)} as in line {number}"
            )
            continue
        wrong = len(problems)
        duration = _duration(cells[choice.duration], line, problems)
        flag = True if choice.switched is None else _flag(cells[choice.switched], line, problems)
        if len(problems) == wrong:
            group = groups.setdefault("" if choice.group is None else cells[choice.group], Group())
            group.durations.append(duration)
            group.switched.append(flag)
    if problems:
        raise _error(path, problems)
    return TimesTable(path.name, groups, choice.description)


def _rows(path: Path) -> list[tuple[int, list[str]]]:
    """(line number, stripped cells) of every line that counts."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise StatisticsError(f"{path}: cannot be read ({error.strerror})") from None
    except UnicodeDecodeError as error:
        raise StatisticsError(
            f"{path}: not a UTF-8 text file (byte {error.start}); export it as CSV"
        ) from None
    if "\0" in text:
        raise StatisticsError(f"{path}: not a text file; export it as CSV")
    lines = [(i, line.strip()) for i, line in enumerate(text.splitlines(), 1)]
    lines = [(i, line) for i, line in lines if line and not line.startswith("#")]
    if not lines:
        return []
    delimiter = max(",;\t", key=lines[0][1].count)
    if delimiter not in lines[0][1]:
        delimiter = " "
    rows, problems = [], []
    for i, line in lines:
        # One line at a time, so that an open quote spoils its own line only and line numbers stay true.
        try:
            cells = next(csv.reader([line], delimiter=delimiter, skipinitialspace=True, strict=True))
        except csv.Error as error:
            problems.append(f"line {i}: {error}")
            continue
        rows.append((i, [cell.strip() for cell in cells]))
    if problems:
        raise _error(path, problems)
    return rows


def _choose(
    path: Path, header: Sequence[str] | None, width: int, line: int, wanted: tuple[str | None, ...]
) -> _Choice:
    """Which column is which."""
    names = [cell.casefold() for cell in header] if header is not None else []
    problems = [
        f"line {line}: column {name!r} appears twice"
        for name in sorted({n for n in names if names.count(n) > 1})
    ]
    found: list[int | None] = []
    options = ("--duration-column", "--switched-column", "--group-column")
    known = (DURATION_NAMES, SWITCHED_NAMES, GROUP_NAMES)
    for i, (option, asked, usual) in enumerate(zip(options, wanted, known, strict=True)):
        if asked is not None:
            position = _position(asked, names, width)
            if position is None:
                listed = ", ".join(header) if header is not None else f"1 .. {width} (there is no header)"
                problems.append(f"{option}: got {asked!r}, allowed is one of {listed}")
        else:
            position = next((names.index(name) for name in usual if name in names), None)
            if header is None and i < min(width, 2):
                position = i
        found.append(position)
    if found[0] is None and width == 1:
        found[0] = 0
    if found[0] is None and wanted[0] is None:
        problems.append(
            f"line {line}: no column is named {', '.join(DURATION_NAMES)}; name one of "
            f"{', '.join(header or ())} with --duration-column"
        )
    taken = [f for f in found if f is not None]
    if len(set(taken)) != len(taken):
        problems.append("one column is asked to be two things; name --duration-column and --switched-column")
    if problems or found[0] is None:
        raise _error(path, problems)
    told = ", ".join(
        f"{what}: column {header[at]!r}" if header is not None else f"{what}: column {at + 1}"
        for what, at in zip(("durations", "switched", "groups"), found, strict=True)
        if at is not None
    )
    unused = [repr(name) for i, name in enumerate(header or ()) if i not in found]
    if unused:
        told += f", NOT used: {', '.join(unused)}; name a column with {' or '.join(options)}"
    return _Choice(found[0], found[1], found[2], told)


def _position(asked: str, names: list[str], width: int) -> int | None:
    if asked.casefold() in names:
        return names.index(asked.casefold())
    return int(asked) - 1 if asked.isdecimal() and 1 <= int(asked) <= width else None


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _duration(cell: str, line: int, problems: list[str]) -> float:
    allowed = "allowed is a finite number > 0"
    try:
        value = float(cell)
    except ValueError:
        hint = " (write a decimal point)" if _is_number(cell.replace(",", ".")) else ""
        problems.append(f"line {line}: duration {cell!r} is not a number{hint}, {allowed}")
        return math.nan
    if not (math.isfinite(value) and value > 0.0):
        problems.append(f"line {line}: duration {cell}, {allowed}")
    return value


def _flag(cell: str, line: int, problems: list[str]) -> bool:
    flag = FLAGS.get(cell.casefold())
    if flag is None:
        problems.append(f"line {line}: switched {cell!r}, allowed is 1/0, true/false or yes/no")
    return bool(flag)


def _error(path: Path, problems: list[str]) -> StatisticsError:
    head = f"{path}: {len(problems)} problem{'s' if len(problems) != 1 else ''}"
    more = [f"  ... and {len(problems) - LISTED} more"] if len(problems) > LISTED else []
    return StatisticsError("\n".join([head, *(f"  {p}" for p in problems[:LISTED]), *more]))
