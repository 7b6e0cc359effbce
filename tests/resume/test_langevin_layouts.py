"""A campaign of Langevin trajectories has the bits of single trajectories, whatever the groups, cuts and kills."""

from __future__ import annotations

import os
import random
import signal
import time
import warnings
from pathlib import Path

import langevin_campaign as campaign
import pytest

from wellhop.jobs.verify import VerifyReport, verify

KILLS = 25


def checked(path: Path) -> VerifyReport:
    """Verify and demand that all is well and complete."""
    report = verify(path)
    assert report.ok, str(report)
    assert report.complete
    assert "lost 0, duplicated 0" in str(report)
    return report


@pytest.fixture(scope="module")
def expected() -> str:
    """Content hash of trajectories run one by one, without a campaign."""
    content, counts = campaign.expected_hash()
    assert all(count > 11 for count in counts), "the rules are to be met after several batches"
    return content


@pytest.mark.parametrize(
    ("steps", "lanes"), [(10**9, 1), (10**9, 0), (311, 0), (311, 5), (1999, 16), (None, 0), (None, 3)]
)
def test_groups_and_cuts_give_the_bits_of_single_trajectories(
    tmp_path: Path, expected: str, steps: int | None, lanes: int
) -> None:
    assert campaign.run_here(tmp_path / "run", steps, lanes).exit_code == 0
    assert checked(tmp_path / "run").content_sha256 == expected


def test_a_thread_beside_the_manager_gives_the_same(tmp_path: Path, expected: str) -> None:
    assert campaign.run_here(tmp_path / "run", 700, thread=True).exit_code == 0
    assert checked(tmp_path / "run").content_sha256 == expected


def test_a_last_bit_lost_at_the_cuts_is_noticed(tmp_path: Path, expected: str) -> None:
    """Negative control."""
    campaign.run_here(tmp_path / "run", 2999, flaw=True)
    assert verify(tmp_path / "run").content_sha256 != expected


def test_sigkill_at_random_instants(tmp_path: Path, expected: str) -> None:
    """Forked children, killed; between two kills the size of slices and groups changes."""
    chance = random.Random(11)
    path, steps = tmp_path / "run", 0
    for _ in range(KILLS):
        before = segments(path)
        size, lanes, wanted = chance.randint(10, 60), chance.choice([0, 2, 7, 16]), chance.randint(0, 3)
        with warnings.catch_warnings():  # idle threads of the linear algebra do not matter to the child
            warnings.simplefilter("ignore", DeprecationWarning)
            child = os.fork()
        if child == 0:
            campaign.run_here(path, size, lanes, commit=0.002)
            os._exit(77)
        until = time.monotonic() + 10
        while segments(path) < before + wanted and time.monotonic() < until:
            time.sleep(0.001)
        time.sleep(chance.uniform(0, 0.03))
        os.kill(child, signal.SIGKILL)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
        steps += segments(path) > before
    assert steps >= KILLS // 2, "the kills came too early to test anything"
    assert campaign.run_here(path, None).exit_code == 0
    assert checked(path).content_sha256 == expected


def segments(path: Path) -> int:
    """Number of segments."""
    return len(list((path / "segments").glob("seg-*.wh"))) if path.exists() else 0
