"""What a figure of the gallery is: its number, its settings, and a function that draws it.

A figure job turns settings (numbers with names, defaults and limits) into a matplotlib figure and the table
of everything drawn. Nothing is written here but by :func:`write_drawn`, which puts PNG, PDF and CSV beside
each other; the CSV begins with comment lines that say what was drawn, with which settings, from which
equations.

New figures: build a :class:`FigureJob` and put it into a table of the form of
:data:`wellhop.analysis.figures.gallery.GALLERY`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from matplotlib.figure import Figure

from wellhop.analysis.figures.drawn import DrawnTable
from wellhop.analysis.figures.save import figure_bytes, write_file
from wellhop.engine.errors import ParameterError

#: What is being computed, and the share done, 0 ... 1.
Progress = Callable[[str, float], None]


def silent(what: str, share: float) -> None:
    """Progress nobody watches."""


@dataclass(frozen=True)
class Setting:
    """One number a figure can be drawn with.

    Attributes:
        default: its value unless given.
        meaning: for the list of figures.
        minimum, maximum: allowed range, both ends included. whole: only integers.

    >>> Setting(12, "points on a curve", minimum=2, whole=True).checked("points", 5.0)
    5.0
    """

    default: float
    meaning: str
    minimum: float = -math.inf
    maximum: float = math.inf
    whole: bool = False

    def checked(self, name: str, value: float) -> float:
        """The value as a float.

        Raises:
            ParameterError: not a finite number of the allowed kind and range.
        """
        number = float(value)
        inside = math.isfinite(number) and self.minimum <= number <= self.maximum
        if not inside or (self.whole and number != int(number)):
            raise ParameterError(name, value, self.allowed)
        return number

    @property
    def allowed(self) -> str:
        """The allowed values in words."""
        kind = "an integer" if self.whole else "a finite number"
        low, high = math.isfinite(self.minimum), math.isfinite(self.maximum)
        if low and high:
            return f"{kind} from {self.minimum:g} to {self.maximum:g}"
        if low or high:
            return f"{kind} >= {self.minimum:g}" if low else f"{kind} <= {self.maximum:g}"
        return kind


@dataclass(frozen=True)
class FigureOptions:
    """What one drawing is made with.

    Attributes:
        settings: every setting of the job by name; see :meth:`FigureJob.options`.
        seed: of the random streams, for figures that sample.
        progress: told now and then how far it is.
    """

    settings: Mapping[str, float]
    seed: int = 0
    progress: Progress = silent

    def __getitem__(self, name: str) -> float:
        """A setting as a float."""
        return self.settings[name]

    def count(self, name: str) -> int:
        """A whole-numbered setting as an integer."""
        return int(self.settings[name])


@dataclass(frozen=True)
class DrawnFigure:
    """A figure and everything in it.

    Attributes:
        figure: not yet written. table: one row per mark.
        notes: sentences for the head of the CSV: what the series and columns are, what is missing and why.
    """

    figure: Figure
    table: DrawnTable
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class FigureJob:
    """One figure of the gallery of a system.

    Attributes:
        number: in the gallery. title: one line. draw: makes it.
        seconds: typical time on one core of an ordinary machine, for the list.
        settings: what can be changed. source: the equations drawn, for the head of the CSV.
        sampled: whether it runs trajectories, so that its seed matters.
    """

    number: int
    title: str
    draw: Callable[[FigureOptions], DrawnFigure]
    seconds: float
    settings: Mapping[str, Setting] = field(default_factory=dict)
    source: str = ""
    sampled: bool = False

    def options(
        self, given: Mapping[str, float] | None = None, *, seed: int = 0, progress: Progress = silent
    ) -> FigureOptions:
        """Options with the defaults filled in.

        Raises:
            ParameterError: a name the figure does not have, or a value outside its range.
        """
        chosen = dict(given or {})
        for name, value in chosen.items():
            if name not in self.settings:
                raise ParameterError(name, value, "one of " + ", ".join(self.settings))
        whole = {n: s.checked(n, chosen.get(n, s.default)) for n, s in self.settings.items()}
        return FigureOptions(whole, seed, progress)


def head_of(system: str, job: FigureJob, options: FigureOptions, notes: Sequence[str], version: str) -> str:
    """Comment lines at the top of the CSV, each beginning with ``# ``."""
    shown = {
        name: repr(int(value) if job.settings[name].whole else value)
        for name, value in options.settings.items()
    }
    lines = [
        f"{system}, figure {job.number}: {job.title}",
        f"wellhop {version}",
        "settings: " + ", ".join(f"{name} = {value}" for name, value in shown.items()),
        *([f"seed: {options.seed}"] if job.sampled else []),
        *([f"source: {job.source}"] if job.source else []),
        *notes,
    ]
    return "".join(f"# {line}\n" for line in lines)


def write_drawn(folder: Path, name: str, drawn: DrawnFigure, head: str = "") -> tuple[Path, Path, Path]:
    """Write ``name.png``, ``name.pdf`` and ``name.csv``; all three are made before the first is written.

    Args:
        folder: made if missing. head: comment lines above the table.

    Returns:
        The three paths.

    Raises:
        FolderError: the folder cannot be made or written.
    """
    png = figure_bytes(drawn.figure, "png")
    # The page and the print show the same layout, and it is computed once.
    drawn.figure.set_layout_engine("none")
    contents = {
        "png": png,
        "pdf": figure_bytes(drawn.figure, "pdf"),
        "csv": (head + drawn.table.csv()).encode("utf-8"),
    }
    paths = tuple(folder / f"{name}.{form}" for form in contents)
    for path, content in zip(paths, contents.values(), strict=True):
        write_file(path, content)
    return paths[0], paths[1], paths[2]
