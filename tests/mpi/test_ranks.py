"""Many ranks give the same bits as one process, whatever is killed, and they end together."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import time
from pathlib import Path

import pytest
from toy_engine import ToyEngine
from toy_process import (
    checked,
    drive,
    finish,
    kill_group,
    mpiexec,
    run_here,
    start,
    wait_for_line,
    wait_for_lock,
)

from wellhop.jobs.verify import verify

pytestmark = pytest.mark.mpi
KILLS = 25


@pytest.fixture(scope="session")
def reference(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Content hash of one process."""
    mpiexec()
    path = tmp_path_factory.mktemp("reference") / "run"
    run_here(path, clicks=10**9)
    return checked(path).content_sha256


# Nine ranks: the manager does not compute and worker numbers shift by one.
@pytest.mark.parametrize(
    ("n_ranks", "clicks", "lanes"),
    [
        *[(1, 11, 1), (2, 3, 1), (2, 10**6, 1), (3, 40, 1), (4, 9, 1), (9, 17, 1)],
        *[(1, 5, 8), (2, 7, 64), (3, 40, 5), (4, 9, 2), (9, 17, 8)],
    ],
)
def test_layouts_give_one_hash(tmp_path: Path, reference: str, n_ranks: int, clicks: int, lanes: int) -> None:
    options = ["--clicks", str(clicks), "--lanes", str(lanes)]
    ended = drive("run", str(tmp_path / "run"), *options, n_ranks=n_ranks)
    assert (ended.code, ended.err) == (0, "")
    assert checked(tmp_path / "run").content_sha256 == reference


def test_a_stream_that_depends_on_the_rank_is_noticed(tmp_path: Path, reference: str) -> None:
    """Negative control."""
    arguments = ["run", str(tmp_path / "run"), "--clicks", "11", "--flaw", "process", "--flawed-rank", "1"]
    arguments += ["--sleep", "0.003"]  # long enough that every rank gets work
    assert drive(*arguments, n_ranks=2).code == 0
    assert verify(tmp_path / "run", ToyEngine()).content_sha256 != reference


def test_sigkill_at_random_instants_and_resume_on_other_layouts(tmp_path: Path, reference: str) -> None:
    chance = random.Random(5)
    path, steps = tmp_path / "run", 0
    for kill in range(KILLS):
        before = committed(path)
        options = ["--commit", "0.005", "--clicks", str(chance.randint(1, 20))]
        lanes = chance.choice([1, 1, 3, 8])
        # the toy takes its members one after the other
        options += ["--lanes", str(lanes), "--sleep", "0.003" if lanes == 1 else "0.0006"]
        process = start(["go", str(path), *options], n_ranks=chance.choice([1, 2, 3, 4]))
        if kill % 5:
            assert wait_for_line(process, "working")
        time.sleep(chance.uniform(0, 0.2))
        kill_group(process)
        assert finish(process).code != 0
        wait_for_lock(path)
        steps += committed(path) > before
    assert steps >= KILLS // 2, "the kills came too early to test anything"
    assert drive("resume", str(path), n_ranks=2).code == 0
    assert checked(path).content_sha256 == reference


def committed(path: Path) -> int:
    """Number of segments."""
    return len(list((path / "segments").glob("seg-*.wh"))) if path.exists() else 0


def working_ranks(process: subprocess.Popen[str], n_ranks: int) -> dict[int, int]:
    """Process id of each rank, as soon as all have started and the manager is at work."""
    found: dict[int, int] = {}
    working = False
    assert process.stdout is not None
    while not working or len(found) < n_ranks:
        line = process.stdout.readline()
        assert line, "ended before all ranks had started"
        working = working or line.startswith("working")
        if line.startswith("started"):
            _, rank, identity = line.split()
            found[int(rank)] = int(identity)
    return found


@pytest.mark.parametrize("victim", [0, 1, 2])
def test_one_rank_killed_ends_all(tmp_path: Path, reference: str, victim: int) -> None:
    path = tmp_path / "run"
    process = start(["run", str(path), "--sleep", "0.003"], n_ranks=3)
    ids = working_ranks(process, 3)
    time.sleep(0.1)
    os.kill(ids[victim], signal.SIGKILL)
    assert finish(process, timeout=10).code != 0
    wait_for_lock(path)
    assert drive("resume", str(path), n_ranks=2).code == 0
    assert checked(path).content_sha256 == reference


@pytest.mark.parametrize("rank", [0, 1])
def test_an_exception_on_any_rank_ends_all_with_its_traceback(tmp_path: Path, rank: int) -> None:
    path = tmp_path / "run"
    arguments = ["run", str(path), "--clicks", "5", "--flaw", "crash", "--flawed-rank", str(rank)]
    arguments += ["--sleep", "0.003"]  # long enough that every rank gets work
    ended = finish(start(arguments, n_ranks=3), timeout=10)
    assert ended.code not in (0, 2, 3)
    assert "ZeroDivisionError: toy bug in trajectory" in ended.err
    assert drive("resume", str(path), n_ranks=2).code == 0
    checked(path)


def test_a_named_error_on_a_worker_ends_all_with_exit_code_2(tmp_path: Path) -> None:
    path = tmp_path / "run"
    ended = finish(start(["run", str(path), "--clicks", "5", "--failing"], n_ranks=3), timeout=10)
    assert ended.code == 2
    assert ended.err.strip() == "error: toy: trajectory 5 cannot be computed"
    again = drive("run", str(path), n_ranks=2)
    assert again.code == 2
    assert "wellhop resume" in again.err
    assert drive("resume", str(path), n_ranks=3).code == 0
    checked(path)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGUSR1])
def test_a_signal_to_the_launcher_pauses_all(tmp_path: Path, number: signal.Signals) -> None:
    path = tmp_path / "run"
    process = start(["run", str(path), "--sleep", "0.003"], n_ranks=2)
    working_ranks(process, 2)
    time.sleep(0.1)
    process.send_signal(number)
    ended = finish(process, timeout=10)
    assert ended.code == 3
    assert f"paused ({number.name}" in ended.out
    assert drive("resume", str(path)).code == 0
    checked(path)


def test_a_signal_to_one_worker_pauses_all(tmp_path: Path) -> None:
    path = tmp_path / "run"
    process = start(["run", str(path), "--sleep", "0.003"], n_ranks=2)
    ids = working_ranks(process, 2)
    time.sleep(0.1)
    os.kill(ids[1], signal.SIGUSR1)
    ended = finish(process, timeout=10)
    assert ended.code == 3
    assert "paused (SIGUSR1 on worker 1)" in ended.out


def test_waiting_ranks_do_not_burn_a_core(tmp_path: Path) -> None:
    """Nine ranks with two slow trajectories each: processor time stays far below wall time times ranks."""
    begin = os.times()
    wall = time.monotonic()
    slow = ("--sleep", "0.05", "--points", "1", "--wall", "2.5")
    ended = drive("run", str(tmp_path / "run"), *slow, n_ranks=9)
    elapsed = time.monotonic() - wall
    used = os.times()
    assert ended.code == 3
    spent = (used.children_user + used.children_system) - (begin.children_user + begin.children_system)
    assert spent < 0.3 * 9 * elapsed, f"{spent:.1f} s of processor time in {elapsed:.1f} s"
