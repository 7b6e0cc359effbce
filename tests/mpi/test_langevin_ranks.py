"""A Langevin campaign on ranks: the bits of single trajectories for any layout, after any kill."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from pathlib import Path

import langevin_campaign
import pytest
from toy_process import Finished, finish, kill_group, mpiexec, wait_for_line, wait_for_lock

from wellhop.jobs.verify import VerifyReport, verify

pytestmark = pytest.mark.mpi
DRIVER = Path(langevin_campaign.__file__)
KILLS = 5


@pytest.fixture(scope="module")
def expected() -> str:
    """Content hash of trajectories run one by one, without a campaign; compiles what the ranks need."""
    return langevin_campaign.expected_hash()[0]


def launch(path: Path, n_ranks: int, *options: str) -> subprocess.Popen[str]:
    """Start the campaign on ranks, in a process group of its own."""
    command = [mpiexec(), "-n", str(n_ranks), sys.executable, str(DRIVER), str(path), *options]
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen(command, text=True, env=environment, start_new_session=True, **pipes)


def ended(path: Path, n_ranks: int, *options: str) -> Finished:
    """Start and wait."""
    return finish(launch(path, n_ranks, *options))


def checked(path: Path) -> VerifyReport:
    """Verify and demand that all is well and complete."""
    report = verify(path)
    assert report.ok, str(report)
    assert report.complete
    assert "lost 0, duplicated 0" in str(report)
    return report


@pytest.mark.parametrize(("n_ranks", "options"), [(1, "311 64"), (2, "173 64"), (2, "1000000 5"), (3, "401 7")])
def test_layouts_give_the_bits_of_single_trajectories(
    tmp_path: Path, expected: str, n_ranks: int, options: str
) -> None:
    steps, lanes = options.split()
    done = ended(tmp_path / "run", n_ranks, "--steps", steps, "--lanes", lanes)
    assert (done.code, done.err) == (0, "")
    assert checked(tmp_path / "run").content_sha256 == expected


def test_sigkill_at_random_instants_and_resume_on_other_layouts(tmp_path: Path, expected: str) -> None:
    chance = random.Random(3)
    path, steps = tmp_path / "run", 0
    for kill in range(KILLS):
        before = segments(path)
        options = ["--steps", str(chance.randint(10, 40)), "--lanes", str(chance.choice([2, 7, 64]))]
        process = launch(path, 1 + kill % 3, *options, "--commit", "0.005")
        assert wait_for_line(process, "working")
        until, wanted = time.monotonic() + 20, before + chance.randint(0, 3)
        while segments(path) < wanted and time.monotonic() < until:
            time.sleep(0.002)
        time.sleep(chance.uniform(0, 0.1))
        kill_group(process)
        assert finish(process).code != 0
        wait_for_lock(path)
        steps += segments(path) > before
    assert steps >= KILLS // 2, "the kills came too early to test anything"
    assert ended(path, 2).code == 0
    assert checked(path).content_sha256 == expected


def segments(path: Path) -> int:
    """Number of segments."""
    return len(list((path / "segments").glob("seg-*.wh"))) if path.exists() else 0
