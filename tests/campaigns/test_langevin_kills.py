"""A campaign file with jumps and Langevin trajectories, killed at random instants on changing layouts: one hash."""

from __future__ import annotations

import random
import signal
import subprocess
import time
from pathlib import Path

import pytest
from small_campaign import checked, committed, kill_everything, launch, run_here, wait_for_lock
from toy_process import finish

#: three wells; both arms stop by what they have seen, so that a lost or doubled trajectory could not go unnoticed
THREE_WELLS = """
[campaign]
name = "three wells"
seed = 31
[system]
name = "kerr_two_photon_drive"
delta = -3
eps = 1.8
[sweep]
U = [0.4, 0.6]
[measure.langevin]
duration = { switching_times = 5 }
batch = 66
max_trajectories = 660
stop = { switches = 600 }
[measure.jumps]
duration = { switching_times = 5 }
batch = 12
max_trajectories = 120
stop = { switches = 60 }
"""
KILLS = 8


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Content hash with one slice per trajectory."""
    folder = tmp_path_factory.mktemp("expected") / "run"
    assert run_here(folder, THREE_WELLS, clicks=10**9) == 0
    return checked(folder).content_sha256


@pytest.mark.parametrize("steps", [4999, None])
def test_slices_of_any_length_give_one_hash(tmp_path: Path, expected: str, steps: int | None) -> None:
    assert run_here(tmp_path / "run", THREE_WELLS, clicks=steps) == 0
    assert checked(tmp_path / "run").content_sha256 == expected


def test_another_seed_gives_another_hash(tmp_path: Path, expected: str) -> None:
    """Negative control."""
    assert run_here(tmp_path / "run", THREE_WELLS.replace("seed = 31", "seed = 32")) == 0
    assert checked(tmp_path / "run").content_sha256 != expected


@pytest.mark.mpi
def test_killed_at_random_instants_and_resumed_on_other_layouts(tmp_path: Path, expected: str) -> None:
    chance = random.Random(8)
    path, steps = tmp_path / "run", 0
    for kill in range(KILLS):
        before = committed(path)
        options = ("--slice-clicks", str(chance.randint(30, 90)), "--commit-seconds", "0.01", "--quiet")
        process = begin(path, *options, n_ranks=(0, 2, 1, 3)[kill % 4])
        until, wanted = time.monotonic() + 60, before + chance.randint(0, 3)
        while committed(path) < wanted and process.poll() is None and time.monotonic() < until:
            time.sleep(0.002)
        time.sleep(chance.uniform(0.0, 0.1))
        kill_everything(process)
        ended = finish(process)
        wait_for_lock(path)
        assert ended.code == -signal.SIGKILL, ended.err
        steps += committed(path) > before
    assert steps >= KILLS // 2, "the kills came too early to test anything"
    assert finish(begin(path, "--quiet", n_ranks=2), timeout=240).code == 0
    assert checked(path).content_sha256 == expected


def begin(path: Path, *options: str, n_ranks: int) -> subprocess.Popen[str]:
    """``wellhop run``, or ``resume`` where a run has begun."""
    action = ["resume", str(path)]
    if not (path / "manifest.json").exists():
        campaign = path.with_suffix(".toml")
        campaign.write_text(THREE_WELLS)
        action = ["run", str(campaign), "--output", str(path)]
    return launch("-m", "wellhop.jobs", *action, *options, n_ranks=n_ranks)
