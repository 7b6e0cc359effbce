"""Progress while a campaign runs, and its status afterwards.

On a terminal one line is redrawn five times a second; anywhere else (a batch system's log) a line is written
once a minute. Both go to stderr.
"""

from __future__ import annotations

import math
import shutil
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol, TextIO

from wellhop.engine.records import EndState
from wellhop.jobs.front import Front
from wellhop.jobs.results import Results
from wellhop.jobs.stopping import Progress
from wellhop.jobs.store import RunFolder
from wellhop.jobs.units import finite_or_none

_REDRAW_S: Final = 0.2
_LOG_S: Final = 60.0
_BAR: Final = 24


@dataclass(frozen=True)
class Standing:
    """Where a run stands.

    Attributes:
        units, decided: number of units and of those complete.  share: 0..1 over all units.
        finished, running, failed: trajectories.  switches: seen in judged batches.
        worst_error: largest relative error over units with an estimate; NaN without any.
        elapsed: seconds since this run began.  remaining: estimated seconds to go; NaN while unknown.
    """

    units: int
    decided: int
    share: float
    finished: int
    running: int
    failed: int
    switches: int
    worst_error: float
    elapsed: float
    remaining: float

    @classmethod
    def of(cls, fronts: Sequence[Front], workers: int, begin: float) -> Standing:
        """Sum over all units."""
        verdicts = [front.account.verdict for front in fronts]
        judged = [verdict for verdict in verdicts if verdict is not None]
        errors = [v.progress.relative_error for v in judged if math.isfinite(v.progress.relative_error)]
        shares = [0.0 if v is None else 1.0 if v.done else v.progress.fraction for v in verdicts]
        return cls(
            units=len(fronts),
            decided=sum(front.account.decided for front in fronts),
            share=sum(shares) / max(len(shares), 1),
            finished=sum(front.account.finished for front in fronts),
            running=sum(front.running for front in fronts),
            failed=sum(front.account.ended[EndState.FAILED] for front in fronts),
            switches=sum(v.progress.switches for v in judged),
            worst_error=max(errors, default=math.nan),
            elapsed=time.monotonic() - begin,
            remaining=_remaining([front.remaining for front in fronts]) / max(workers, 1),
        )

    def to_json(self) -> dict[str, Any]:
        """As stored in head.json."""
        return {
            name: finite_or_none(value) if isinstance(value, float) else value
            for name, value in vars(self).items()
        }

    def __str__(self) -> str:
        """One line without the bar."""
        error = "" if math.isnan(self.worst_error) else f", worst rate error {100 * self.worst_error:.1f} %"
        failed = f", {self.failed} FAILED" if self.failed else ""
        return (
            f"{self.decided}/{self.units} units (point x arm), {self.finished} trajectories{failed}, "
            f"{self.switches} switches{error}, {duration(self.elapsed)}, ETA {duration(self.remaining)}"
        )


def _remaining(seconds: Sequence[float]) -> float:
    """Sum over units; those of which nothing is known count like the average of the others."""
    known = [s for s in seconds if math.isfinite(s) and s > 0]
    unknown = sum(not math.isfinite(s) for s in seconds)
    if unknown and not known:
        return math.nan
    return sum(known) + unknown * (sum(known) / len(known) if known else 0.0)


def duration(seconds: float) -> str:
    """Seconds for people.

    >>> [duration(s) for s in (4.2, 75.0, 7300.0, float("nan"))]
    ['4 s', '1 min 15 s', '2 h 01 min', '?']
    """
    if not math.isfinite(seconds):
        return "?"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


class Reporter(Protocol):
    """Shows a standing now and then; it decides how often."""

    def show(self, standing: Callable[[], Standing]) -> None:
        """Called very often; asks for the standing only when it is time to show it."""

    def close(self, standing: Standing) -> None:
        """Show the last one."""

    def warn(self, message: str) -> None:
        """Write a line of its own."""


class Silent:
    """Shows nothing but warnings."""

    def show(self, standing: Callable[[], Standing]) -> None:
        """Nothing."""

    def close(self, standing: Standing) -> None:
        """Nothing."""

    def warn(self, message: str) -> None:
        """To stderr."""
        print(f"warning: {message}", file=sys.stderr, flush=True)


class Lines:
    """A bar on a terminal, a line a minute elsewhere."""

    def __init__(self, stream: TextIO | None = None) -> None:
        """Write to ``stream``, stderr by default."""
        self._stream = stream if stream is not None else sys.stderr
        self._terminal = self._stream.isatty()
        self._interval = _REDRAW_S if self._terminal else _LOG_S
        self._shown = time.monotonic() if not self._terminal else 0.0

    def show(self, standing: Callable[[], Standing]) -> None:
        """Redraw or log when it is time."""
        now = time.monotonic()
        if now - self._shown >= self._interval:
            self._shown = now
            self._write(standing(), last=False)

    def close(self, standing: Standing) -> None:
        """The last line stays."""
        self._write(standing, last=True)

    def warn(self, message: str) -> None:
        """A line of its own; the bar is drawn again below it."""
        self._stream.write(("\r\x1b[K" if self._terminal else "") + f"warning: {message}\n")
        self._stream.flush()

    def _write(self, standing: Standing, last: bool) -> None:
        if self._terminal:
            filled = round(_BAR * standing.share)
            line = f"[{'#' * filled}{'.' * (_BAR - filled)}] {standing}"
            width = shutil.get_terminal_size().columns - 1
            self._stream.write(f"\r\x1b[K{line[:width]}" + ("\n" if last else ""))
        else:
            self._stream.write(f"{time.strftime('%H:%M:%S')} {100 * standing.share:.0f} % {standing}\n")
        self._stream.flush()


def status(folder: RunFolder) -> str:
    """A table of all units as committed: state, trajectories, switches, rate; needs no engine."""
    results: Results[Any] = Results(folder, _no_engine())
    lines = [f"{folder.path}: {len(folder.units)} units (point x arm), {len(folder.chain.paths)} segments"]
    lines.append(
        f"{'state':9} {'done':>6} {'run':>4} {'fail':>4} {'switches':>9} {'rate':>16} {'error':>8}  unit"
    )
    for unit in folder.units:
        verdict = results.verdict(unit.key)
        progress = verdict.progress if verdict is not None else Progress()
        state = "pending" if verdict is None else "complete" if verdict.done else "running"
        running = 0 if state == "complete" else results.running(unit.key)
        state = "running" if running and state == "pending" else state
        done, failed = (verdict.trajectories, verdict.failed) if verdict is not None else (0, 0)
        rate = "-" if math.isnan(progress.value) else f"{progress.quantity} {progress.value:.4g}".strip()
        error = f"{100 * progress.relative_error:.2f} %" if math.isfinite(progress.relative_error) else "-"
        # a coherence has no switches to count
        switches = "-" if unit.about.get("coherence") is not None else str(progress.switches)
        counts = f"{state:9} {done:6d} {running:4d} {failed:4d} {switches:>9}"
        reason = f": {verdict.reason}" if verdict is not None and verdict.reason else ""
        lines.append(f"{counts} {rate:>16} {error:>8}  {unit.label}{reason}")
    decided = sum(v.done for v in results.verdicts.values())
    lines.append(
        "complete"
        if decided == len(folder.units)
        else f"{decided} of {len(folder.units)} units complete; continue with: wellhop resume {folder.path}"
    )
    lines += [f"PROBLEM {problem}" for problem in folder.chain.problems]
    return "\n".join(lines)


def _no_engine() -> Any:
    """Status reads books, not trajectories."""
    return None
