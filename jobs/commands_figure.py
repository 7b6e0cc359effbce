"""``wellhop figure``: one figure of the gallery as PNG, PDF and CSV."""

from __future__ import annotations

import argparse
import math
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final, TextIO

from wellhop.engine.errors import FolderError, ParameterError, UsageError
from wellhop.jobs.campaign_schema import listed, suggestion

if TYPE_CHECKING:
    from wellhop.analysis.figures.gallery import FigureJob

FOLDER: Final = Path("figures")
#: Seconds between two redrawn lines on a terminal, and between two lines of a log.
REDRAW_S, LOG_S = 0.2, 15.0


def add_arguments_figure(parser: argparse.ArgumentParser) -> None:
    """Arguments of ``wellhop figure``."""
    parser.add_argument("system", metavar="SYSTEM", help="a system with figures, see wellhop systems")
    parser.add_argument("number", metavar="N", nargs="?", help="number of the figure, see --list")
    parser.add_argument("--list", action="store_true", help="show the figures of the system and leave")
    parser.add_argument(
        "--out",
        type=Path,
        default=FOLDER,
        metavar="DIR",
        help="folder to write to, made if missing (default figures)",
    )
    parser.add_argument(
        "-p",
        dest="settings",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="a setting of the figure, see --list; repeat for each",
    )
    parser.add_argument("--seed", metavar="N", help="seed of the trajectories of the figure (default 0)")


def execute_figure(arguments: argparse.Namespace) -> int:
    """List the figures, or draw one and print what was written."""
    jobs = jobs_of(arguments.system)
    if arguments.list:
        if arguments.number is not None or arguments.settings or arguments.seed is not None:
            raise UsageError("--list shows all figures; leave out the number, -p and --seed")
        print(as_list(arguments.system, jobs))
        return 0
    job = chosen_job(arguments.system, jobs, arguments.number)
    given, problems = chosen_settings(job, arguments.settings)
    seed, trouble = chosen_seed(job, arguments.seed)
    problems += [*trouble, *folder_problems(arguments.out)]
    if problems:
        raise UsageError("\n  ".join(problems))
    from wellhop.analysis.figures.gallery import head_of, write_drawn
    from wellhop.jobs.provenance import package_version

    line = ProgressLine(f"figure {job.number}")
    options = job.options(given, seed=seed, progress=line.show)
    try:
        drawn = job.draw(options)
    finally:
        line.close()
    head = head_of(arguments.system, job, options, drawn.notes, package_version())
    for path in write_drawn(arguments.out, f"{arguments.system}_figure_{job.number}", drawn, head):
        print(path)
    return 0


def jobs_of(system: str) -> Mapping[int, FigureJob]:
    """Figures of a system by number.

    Raises:
        UsageError: it has none, or is unknown.
    """
    from wellhop.jobs.figure_registry import figure_jobs

    jobs = figure_jobs()
    if system not in jobs:
        hint = suggestion(system, jobs)
        raise UsageError(
            f"SYSTEM: got {system!r}, allowed is {listed(jobs)} (systems with figures)"
            + (f"; {hint}" if hint else "")
        )
    return jobs[system]


def chosen_job(system: str, jobs: Mapping[int, FigureJob], number: str | None) -> FigureJob:
    """The job of a number written on the command line.

    Raises:
        UsageError: no such figure.
    """
    allowed = f"allowed is {listed([str(n) for n in jobs])} (see wellhop figure {system} --list)"
    if number is None:
        raise UsageError(f"N: missing, {allowed}")
    plain = number.isascii() and number.isdigit() and len(number) < 6
    if not plain or int(number) not in jobs:
        raise UsageError(f"N: got {number!r}, {allowed}")
    return jobs[int(number)]


def chosen_settings(job: FigureJob, words: Sequence[str]) -> tuple[dict[str, float], list[str]]:
    """Settings from ``name=value`` words, and one text for each problem."""
    given: dict[str, float] = {}
    problems: list[str] = []
    for word in words:
        name, equals, written = word.partition("=")
        name = name.strip()
        if not name or not equals:
            problems.append(f"-p {word!r}: allowed is name=value")
            continue
        setting = job.settings.get(name)
        if setting is None:
            hint = suggestion(name, job.settings)
            known = listed(job.settings) if job.settings else "none, this figure has no settings"
            problems.append(
                f"{name}: unknown setting of figure {job.number}, allowed is {known}"
                + (f"; {hint}" if hint else "")
            )
            continue
        if name in given:
            problems.append(f"{name}: got a second value {written!r}, allowed is one value for each setting")
            continue
        try:
            given[name] = setting.checked(name, float(written))
        except (ValueError, ParameterError):
            given.setdefault(name, setting.default)
            problems.append(f"{name}: got {written!r}, allowed is {setting.allowed}")
    return given, problems


def chosen_seed(job: FigureJob, written: str | None) -> tuple[int, list[str]]:
    """The seed, and what is wrong with it."""
    if written is None:
        return 0, []
    if not job.sampled:
        return 0, [f"--seed: figure {job.number} runs no trajectories, leave it out"]
    from wellhop.jobs.campaign import MAX_SEED

    digits = written.isascii() and written.isdigit() and len(written) < 20
    if not digits or int(written) > MAX_SEED:
        return 0, [f"--seed: got {written!r}, allowed is an integer from 0 to {MAX_SEED}"]
    return int(written), []


def folder_problems(out: Path) -> list[str]:
    """What stands in the way of a folder, found before a figure takes its time."""
    if "\0" in str(out):
        return [f"--out: got {str(out)!r}, allowed is a folder"]
    try:
        standing = next((p for p in (out, *out.resolve().parents) if p.exists()), None)
    except OSError as error:
        raise FolderError(f"--out: cannot use {out}: {error.strerror}") from error
    if standing is not None and not standing.is_dir():
        return [f"--out: got {str(out)!r}, allowed is a folder; {standing} is a file"]
    return []


def as_list(system: str, jobs: Mapping[int, FigureJob]) -> str:
    """Number, time and title of every figure, its settings below it."""
    lines = [f"{system}: {len(jobs)} figures; times are on one core"]
    for number, job in jobs.items():
        lines.append(f"{number:>3}  {_duration(job.seconds):>6}  {job.title}")
        width = max((len(f"{name}={s.default:g}") for name, s in job.settings.items()), default=0)
        for name, setting in job.settings.items():
            lines.append(f"{'':13}-p {f'{name}={setting.default:g}'.ljust(width)}  {setting.meaning}")
    lines.append(f"draw one: wellhop figure {system} {next(iter(jobs), 'N')} [-p NAME=VALUE] [--out DIR]")
    return "\n".join(lines)


def _duration(seconds: float) -> str:
    """About how long, in words.

    >>> _duration(0.4), _duration(12.0), _duration(300.0)
    ('1 s', '12 s', '5 min')
    """
    return f"{max(1, math.ceil(seconds))} s" if seconds < 100.0 else f"{seconds / 60.0:.0f} min"


class ProgressLine:
    """One line on stderr: redrawn on a terminal, now and then a new one in a log; none for quick figures."""

    def __init__(
        self, label: str, stream: TextIO | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._label = label
        self._stream = sys.stderr if stream is None else stream
        self._terminal = self._stream.isatty()
        self._clock = clock
        self._begin = clock()
        self._shown = self._begin
        self._width = 0

    def show(self, what: str, share: float) -> None:
        """Write the line when it is time."""
        now = self._clock()
        if now - self._shown < (REDRAW_S if self._terminal else LOG_S):
            return
        self._shown = now
        text = f"{self._label}: {what}, {100.0 * min(max(share, 0.0), 1.0):.0f} %, {now - self._begin:.0f} s"
        if self._terminal:
            self._stream.write("\r" + text.ljust(self._width))
            self._width = len(text)
        else:
            self._stream.write(text + "\n")
        self._stream.flush()

    def close(self) -> None:
        """Clear the line of a terminal."""
        if self._terminal and self._width:
            self._stream.write("\r" + " " * self._width + "\r")
            self._stream.flush()
