"""A real campaign gives one content hash in any layout, paused, resumed, or killed at any instant."""

from __future__ import annotations

import random
import signal
import time
from pathlib import Path

import pytest
from forking_server import ForkingServer
from small_campaign import (
    ONE_THREAD,
    SMALL,
    Reference,
    begin,
    checked,
    committed,
    complete,
    counted,
    kill_everything,
    run_here,
    run_or_resume,
    wait_for_commit,
    wait_for_lock,
)
from toy_process import finish

#: together 26
KILLS_OF_ONE_PROCESS, KILLS_OF_RANKS = 16, 10


@pytest.mark.parametrize("clicks", [1, 7, None])
def test_slices_of_any_length_give_one_hash(tmp_path: Path, reference: Reference, clicks: int | None) -> None:
    assert run_here(tmp_path / "run", clicks=clicks) == 0
    same(tmp_path / "run", reference)


@pytest.mark.mpi
@pytest.mark.parametrize(("n_ranks", "clicks"), [(1, "7"), (2, "3"), (3, "1000000"), (4, "7")])
def test_any_number_of_ranks_gives_one_hash(
    tmp_path: Path, reference: Reference, n_ranks: int, clicks: str
) -> None:
    ended = complete(tmp_path / "run", "--slice-clicks", clicks, "--quiet", n_ranks=n_ranks)
    assert (ended.code, ended.err) == (0, "")
    same(tmp_path / "run", reference)


@pytest.mark.parametrize("change", [("seed = 5", "seed = 6"), ("eps2 = [2, 3]", "eps2 = [2, 3.0001]")])
def test_another_seed_or_system_gives_another_hash(
    tmp_path: Path, reference: Reference, change: tuple[str, str]
) -> None:
    """Negative control: the hash is of the results, not of their number."""
    assert run_here(tmp_path / "run", SMALL.replace(*change)) == 0
    assert checked(tmp_path / "run").content_sha256 != reference.content_sha256


@pytest.mark.mpi
def test_paused_by_wall_time_and_resumed_on_other_ranks(tmp_path: Path, reference: Reference) -> None:
    path, pauses = tmp_path / "run", 0
    for n_ranks in (2, 0, 3):
        ended = complete(path, "--slice-clicks", "1", "--wall-time", "0.1", "--quiet", n_ranks=n_ranks)
        assert ended.code in (0, 3), ended.err
        pauses += ended.code == 3
    assert pauses >= 2, "the campaign ended before it could be paused"
    assert complete(path, n_ranks=1).code == 0
    same(path, reference)


def test_one_process_killed_at_random_instants(tmp_path: Path, reference: Reference) -> None:
    with ForkingServer(tmp_path, SMALL, ONE_THREAD) as server:
        killed_again_and_again(tmp_path, reference, random.Random(3), KILLS_OF_ONE_PROCESS, (0,), server)


@pytest.mark.mpi
def test_ranks_killed_at_random_instants(tmp_path: Path, reference: Reference) -> None:
    killed_again_and_again(tmp_path, reference, random.Random(4), KILLS_OF_RANKS, (1, 2, 3))


def killed_again_and_again(
    where: Path,
    reference: Reference,
    chance: random.Random,
    kills: int,
    layouts: tuple[int, ...],
    server: ForkingServer | None = None,
) -> None:
    """Kill and resume; a run that ends before its kill is compared, and the next one starts from nothing.

    Kills that wait for a commit find a forked process, if there is a server; the others may fall into the start of one.
    """
    done, runs, steps = 0, 0, 0
    path = where / "run0"
    while done < kills:
        before = committed(path)
        slices = ("--slice-clicks", str(chance.randint(1, 2)), "--commit-seconds", "0.01", "--quiet")
        n_ranks = chance.choice(layouts)
        if server is not None and done % 4:
            process = server.start(*run_or_resume(path), *slices)
        else:
            process = begin(path, *slices, n_ranks=n_ranks)
        if done % 4:  # a start takes longer than the work that is lost; every fourth kill may fall into it
            wait_for_commit(process, path)
            time.sleep(chance.uniform(0.0, 0.25))
        else:
            time.sleep(chance.uniform(0.0, 1.2))
        kill_everything(process)
        ended = finish(process)
        wait_for_lock(path)
        if ended.code == 0:
            same(path, reference)
            runs += 1
            path = where / f"run{runs}"
            continue
        # mpiexec itself is in the group, so both layouts die of the signal and of nothing else
        assert ended.code == -signal.SIGKILL, ended.err
        done += 1
        steps += committed(path) > before
    assert steps >= kills // 2, "the kills came too early to test anything"
    assert complete(path, "--quiet", n_ranks=chance.choice((0, 2, 3))).code == 0
    same(path, reference)


def same(folder: Path, reference: Reference) -> None:
    """Complete, sound, and bit for bit the reference."""
    report = checked(folder)
    assert report.content_sha256 == reference.content_sha256
    assert counted(report) == reference.trajectories
