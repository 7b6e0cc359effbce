"""Reading tables of a campaign file key by key: strict types, named ranges, and every problem kept with its
key path.

Nothing here knows what the keys mean; :mod:`wellhop.jobs.campaign` and its neighbours ask a :class:`Section`
for the keys they know, and what was not asked for is unknown. A problem never stops the reading, so that one
look at the error is enough to repair the whole file.
"""

from __future__ import annotations

import difflib
import math
import reprlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

#: Longest excerpt of a wrong value in a message.
SHOWN_LENGTH: Final = 60


def shown(value: object) -> str:
    """A wrong value as the reader of the message should see it: short, printable, in the words of the file.

    >>> shown(True), shown("x" * 3), shown([1, 2])
    ('true', "'xxx'", '[1, 2]')
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    short = reprlib.Repr()
    short.maxstring = short.maxother = short.maxlong = SHOWN_LENGTH
    return short.repr(value)


def suggestion(word: str, known: Iterable[str]) -> str:
    """A did-you-mean for a misspelt word, empty where nothing is close.

    >>> suggestion("kapa", ["kappa", "eps2"])
    "did you mean 'kappa'?"
    >>> suggestion("Beta", ["eta", "beta"])
    "did you mean 'beta'?"
    """
    by_lower = {name.lower(): name for name in reversed(list(known))}
    close = difflib.get_close_matches(word.lower(), list(by_lower), n=1, cutoff=0.6)
    return f"did you mean {by_lower[close[0]]!r}?" if close else ""


def listed(words: Iterable[str]) -> str:
    """The allowed words of a message: ``one of a, b, c``."""
    return "one of " + ", ".join(words)


def key_path(path: str, key: str) -> str:
    """Path of a key inside a table, quoted as TOML would where the key is not a bare one."""
    bare = key.isascii() and key.replace("-", "_").isidentifier()
    name = key if bare else reprlib.repr(key)
    return f"{path}.{name}" if path else name


def as_number(value: object) -> float | None:
    """A finite float, or None: truth values, text, nan, inf and integers beyond the floats are no numbers.

    >>> as_number(3), as_number(True), as_number(float("nan")), as_number(10**400)
    (3.0, None, None, None)
    """
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


@dataclass(frozen=True)
class Range:
    """A named set of allowed numbers."""

    allowed: str
    accepts: Callable[[float], bool]


FINITE: Final = Range("a finite number", lambda x: True)
POSITIVE: Final = Range("a finite number > 0", lambda x: x > 0)
NOT_NEGATIVE: Final = Range("a finite number >= 0", lambda x: x >= 0)


def at_least(least: int, most: int) -> Range:
    """The integers from ``least`` to ``most``."""
    return Range(f"an integer from {least} to {most}", lambda x: least <= x <= most)


@dataclass
class Problems:
    """The problems found so far, in the order of reading."""

    source: str
    found: list[str] = field(default_factory=list)

    def add(self, path: str, got: object, allowed: str, hint: str = "") -> None:
        """Note ``path: got ..., allowed is ...; hint``."""
        self.found.append(f"{path}: got {shown(got)}, allowed is {allowed}" + (f"; {hint}" if hint else ""))

    def unknown(self, path: str, allowed: str, hint: str = "") -> None:
        """Note a name that does not exist."""
        self.found.append(f"{path}: unknown name, allowed is {allowed}" + (f"; {hint}" if hint else ""))

    def missing(self, path: str, allowed: str) -> None:
        """Note a key that must be there and is not."""
        self.found.append(f"{path}: missing, allowed is {allowed}")


class Section:
    """One table of the file. Every reader returns a usable value even after a problem, so that reading goes
    on.

    Args:
        content: what the file holds at ``path``; anything but a table is a problem and then reads as an empty
            one.
        path: key path of the table, empty for the whole file.
        problems: where problems are noted.
    """

    def __init__(self, content: object, path: str, problems: Problems) -> None:
        self.path, self.problems = path, problems
        self._known: list[str] = []
        self.readable = isinstance(content, dict)
        self.content: dict[str, object] = content if isinstance(content, dict) else {}
        if not self.readable:
            problems.add(path, content, "a table")

    def __contains__(self, key: str) -> bool:
        return key in self.content

    def at(self, key: str) -> str:
        """Key path of ``key`` in this table."""
        return key_path(self.path, key)

    def table(self, key: str) -> Section:
        """The table below ``key``; an empty one where it is absent."""
        content = self.raw(key)
        return Section(content if key in self.content else {}, self.at(key), self.problems)

    def raw(self, key: str) -> object:
        """The value as it stands in the file (None if absent); marks the key as known."""
        self._known.append(key)
        return self.content.get(key)

    def known(self, keys: Iterable[str]) -> None:
        """Mark keys that are read by someone else."""
        self._known.extend(keys)

    def optional_number(self, key: str, allowed: Range = POSITIVE) -> float | None:
        """A number in its range, or None where the key is absent (or wrong)."""
        value = self.raw(key)
        if key not in self.content:
            return None
        number = as_number(value)
        if number is None or not allowed.accepts(number):
            self.problems.add(self.at(key), value, allowed.allowed)
            return None
        return number

    def number(self, key: str, default: float, allowed: Range = POSITIVE) -> float:
        """A number in its range; the default where absent."""
        number = self.optional_number(key, allowed)
        return default if number is None else number

    def optional_integer(self, key: str, allowed: Range) -> int | None:
        """A whole number written without a point, or None where the key is absent (or wrong)."""
        value = self.raw(key)
        if key not in self.content:
            return None
        if isinstance(value, bool) or not isinstance(value, int) or not allowed.accepts(value):
            self.problems.add(self.at(key), value, allowed.allowed)
            return None
        return value

    def integer(self, key: str, default: int, allowed: Range) -> int:
        """A whole number in its range; the default where absent."""
        number = self.optional_integer(key, allowed)
        return default if number is None else number

    def flag(self, key: str, default: bool) -> bool:
        """``true`` or ``false``, nothing else."""
        value = self.raw(key)
        if key in self.content and not isinstance(value, bool):
            self.problems.add(self.at(key), value, "true or false")
        return value if isinstance(value, bool) else default

    def text(self, key: str, default: str | None, allowed: str, accepts: Callable[[str], bool]) -> str:
        """A string that ``accepts`` likes; without a default the key must be there."""
        value = self.raw(key)
        if key not in self.content:
            if default is None and self.readable:
                self.problems.missing(self.at(key), allowed)
            return default or ""
        if not isinstance(value, str) or not accepts(value):
            self.problems.add(self.at(key), value, allowed)
            return default or ""
        return value

    def choice(self, key: str, default: str, choices: Sequence[str]) -> str:
        """One word out of ``choices``."""
        value = self.raw(key)
        if key not in self.content:
            return default
        if not isinstance(value, str) or value not in choices:
            hint = suggestion(value, choices) if isinstance(value, str) else ""
            self.problems.add(self.at(key), value, listed(map(repr, choices)), hint)
            return default
        return value

    def words(self, key: str, default: Sequence[str], choices: Sequence[str]) -> tuple[str, ...]:
        """A list of different words out of ``choices``."""
        value = self.raw(key)
        if key not in self.content:
            return tuple(default)
        if not isinstance(value, list):
            self.problems.add(self.at(key), value, f"a list of words, each {listed(map(repr, choices))}")
            return tuple(default)
        for place, word in enumerate(value):
            path = f"{self.at(key)}[{place}]"
            if not isinstance(word, str) or word not in choices:
                hint = suggestion(word, choices) if isinstance(word, str) else ""
                self.problems.add(path, word, listed(map(repr, choices)), hint)
            elif word in value[:place]:
                self.problems.add(path, word, "a word that is not in the list already")
        return tuple(word for word in value if isinstance(word, str))

    def finish(self) -> None:
        """Report every key nobody asked for, with the nearest known one."""
        for key in self.content:
            if key not in self._known:
                names = listed(dict.fromkeys(self._known))
                self.problems.unknown(self.at(key), names, suggestion(key, self._known))
