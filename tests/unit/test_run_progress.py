"""What a run shows of itself."""

from __future__ import annotations

import io
import math

import pytest

from wellhop.engine.records import EndState, TrajectoryRecord
from wellhop.jobs import progress
from wellhop.jobs.front import Front
from wellhop.jobs.interrupts import Interrupts
from wellhop.jobs.progress import Lines, Standing
from wellhop.jobs.stopping import Progress, Verdict
from wellhop.jobs.units import Unit


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


class NoTally:
    """Never asked in these tests."""

    def add(self, record: TrajectoryRecord) -> None:
        raise AssertionError

    def progress(self) -> Progress:
        raise AssertionError


def front(fraction: float, done: bool, error: float, seconds: float) -> Front:
    """A unit that was judged once."""

    def never(index: int, slices: list) -> TrajectoryRecord:
        raise AssertionError

    made = Front(Unit(0, 0, 4, 8), NoTally(), never)
    if fraction > 0:
        seen = Progress(1e-3, error, 30, 1e4, done, fraction)
        made.account.restore(Verdict(0, 0, 4, 1, 0, done, "", seen))
    made.seconds = seconds
    return made


def test_standing_sums_units_and_estimates_the_rest() -> None:
    fronts = [front(1.0, True, 0.03, 50.0), front(0.25, False, 0.08, 10.0), front(0.0, False, math.inf, 1.0)]
    standing = Standing.of(fronts, workers=2, begin=0.0)
    assert (standing.units, standing.decided, standing.finished, standing.failed) == (3, 1, 8, 2)
    assert standing.switches == 60
    assert standing.worst_error == 0.08
    assert standing.share == pytest.approx((1 + 0.25 + 0) / 3)
    assert standing.remaining == pytest.approx((30 + 30) / 2)  # the unknown one counts like the known one
    assert "1/3 units (point x arm), 8 trajectories, 2 FAILED, 60 switches, worst rate error 8.0 %" in str(standing)
    assert fronts[0].account.ended[EndState.DONE] == 3


def test_nothing_known_has_no_estimate() -> None:
    standing = Standing.of([front(0.0, False, math.inf, 1.0)], 1, 0.0)
    assert "ETA ?" in str(standing)
    assert standing.to_json()["remaining"] is None


def test_a_terminal_gets_a_bar_and_a_log_a_line_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    standing = Standing.of([front(0.5, False, 0.05, 10.0)], 1, 40.0)
    terminal, log = Terminal(), io.StringIO()
    bar, lines = Lines(terminal), Lines(log)
    for _ in range(600):
        now[0] += 0.1
        bar.show(lambda: standing)
        lines.show(lambda: standing)
    assert 150 < terminal.getvalue().count("[############............]") <= 300
    assert "\n" not in terminal.getvalue()
    assert log.getvalue().count("\n") in (0, 1)
    now[0] += 60
    lines.show(lambda: standing)
    assert 1 <= log.getvalue().count("50 % 0/1 units (point x arm)") <= 2
    bar.warn("the last commit failed")
    bar.close(standing)
    assert "warning: the last commit failed\n" in terminal.getvalue()
    assert terminal.getvalue().endswith("\n")


def test_wall_time_grants_a_margin_but_not_more_than_a_quarter() -> None:
    interrupts = Interrupts(wall_time=100.0)
    assert interrupts.reason(margin=10.0) == ""
    interrupts.begin -= 80.0
    assert interrupts.reason(margin=10.0) == ""
    assert interrupts.reason(margin=30.0) == "wall time of 100 s"
    assert interrupts.reason() == "wall time of 100 s"
    early = Interrupts(wall_time=100.0)
    assert early.reason(margin=1000.0) == ""
