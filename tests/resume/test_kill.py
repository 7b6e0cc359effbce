"""A process killed at random instants, again and again, loses nothing and counts nothing twice."""

from __future__ import annotations

import random
import signal
import time
from pathlib import Path

import pytest
from toy_process import checked, drive, finish, kill_group, run_here, start, wait_for_line

from wellhop.jobs.segments import Segment

KILLS = 25


def committed(path: Path) -> int:
    """Number of segments."""
    return len(list((path / "segments").glob("seg-*.wh"))) if path.exists() else 0


@pytest.mark.parametrize("grouped", [False, True])
def test_sigkill_at_random_instants(tmp_path: Path, grouped: bool) -> None:
    run_here(tmp_path / "reference", clicks=10**9)
    expected = checked(tmp_path / "reference").content_sha256
    chance = random.Random(7)
    path, steps = tmp_path / "run", 0
    for kill in range(KILLS):
        before = committed(path)
        options = ["--commit", "0.005", "--clicks", str(chance.randint(1, 20))]
        lanes = chance.choice([3, 5, 8, 64]) if grouped else 1  # another size after every kill
        # the toy takes its members one after the other
        options += ["--lanes", str(lanes), "--sleep", "0.0004" if grouped else "0.002"]
        process = start(["go", str(path), *options])
        if kill % 5:  # every fifth one falls anywhere from the first instruction on
            assert wait_for_line(process, "working")
        time.sleep(chance.uniform(0, 0.25))
        kill_group(process)
        assert finish(process).code == -signal.SIGKILL
        steps += committed(path) > before
    assert steps >= KILLS // 2, "the kills came too early to test anything"
    last = drive("resume", str(path))
    assert last.code == 0, last.err
    assert checked(path).content_sha256 == expected
    judged = verdicts(path)
    assert len(set(judged)) == len(judged), "a verdict was given again after a kill"


def verdicts(path: Path) -> list[tuple[int, int, int]]:
    """(point, arm, trajectories) of every verdict stored."""
    found = []
    for file in sorted((path / "segments").glob("seg-*.wh")):
        segment = Segment(file)
        found += [(line["point"], line["arm"], line["trajectories"]) for line in segment.judged]
        segment.close()
    return found


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGUSR1])
def test_signals_pause_with_exit_code_3(tmp_path: Path, number: signal.Signals) -> None:
    path = tmp_path / "run"
    process = start(["run", str(path), "--sleep", "0.002"])
    wait_for_line(process, "working")
    time.sleep(0.1)
    process.send_signal(number)
    ended = finish(process, timeout=10)
    assert ended.code == 3
    assert f"paused ({number.name})" in ended.out
    assert f"wellhop resume {path}" in ended.out
    assert drive("resume", str(path)).code == 0
    checked(path)


def test_wall_time_pauses_in_time(tmp_path: Path) -> None:
    begin = time.monotonic()
    ended = drive("run", str(tmp_path / "run"), "--sleep", "0.002", "--wall", "1.0")
    assert ended.code == 3
    assert "wall time of 1 s" in ended.out
    assert time.monotonic() - begin < 10
    assert committed(tmp_path / "run") > 0
    assert drive("resume", str(tmp_path / "run")).code == 0
    checked(tmp_path / "run")


def test_an_exception_keeps_what_was_complete_and_is_not_retried(tmp_path: Path) -> None:
    path = tmp_path / "run"
    ended = drive("run", str(path), "--failing", "--commit", "1000")
    assert ended.code == 2
    assert ended.err.strip() == "error: toy: trajectory 5 cannot be computed"
    assert committed(path) == 1
    bug = drive("resume", str(path), "--flaw", "crash")
    assert bug.code == 1
    assert "ZeroDivisionError: toy bug in trajectory 5" in bug.err
    assert drive("resume", str(path)).code == 0
    checked(path)
