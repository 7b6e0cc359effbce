"""What started a process, without any MPI."""

from __future__ import annotations

import sys

import pytest

from wellhop.engine.errors import FolderError, MPIError
from wellhop.jobs import launcher


@pytest.mark.parametrize(
    ("environment", "rank", "size"),
    [
        ({"PMI_RANK": "2", "PMI_SIZE": "4"}, 2, 4),
        ({"OMPI_COMM_WORLD_SIZE": "3"}, None, 3),
        ({"OMPI_COMM_WORLD_RANK": "0", "OMPI_COMM_WORLD_SIZE": "3", "PMIX_RANK": "0"}, 0, 3),
        ({"PMIX_RANK": "1"}, 1, None),
        ({"MPI_LOCALNRANKS": "2"}, None, 2),
        ({"SLURM_PROCID": "5", "SLURM_NTASKS": "8"}, 5, 8),
        ({"PMI_RANK": "x"}, None, None),
    ],
)
def test_launchers_are_recognised(environment: dict[str, str], rank: int | None, size: int | None) -> None:
    found = launcher.detect_launcher(environment)
    assert found is not None
    assert (found.rank, found.size) == (rank, size)


@pytest.mark.parametrize(
    "environment",
    [
        {},
        {"SLURM_PROCID": "0"},
        {"SLURM_PROCID": "0", "SLURM_NTASKS": "1"},
        {"SLURM_PROCID": "0", "SLURM_NTASKS": "8", "SLURM_STEP_NUM_TASKS": "1"},
        {"SLURM_NTASKS": "8"},
    ],
)
def test_a_single_process_is_no_launch(environment: dict[str, str]) -> None:
    assert launcher.detect_launcher(environment) is None


@pytest.fixture
def _under_a_launcher(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PMI_RANK", "0")
    monkeypatch.setenv("PMI_SIZE", "2")


@pytest.mark.usefixtures("_under_a_launcher")
def test_missing_mpi4py_is_an_error_that_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "mpi4py", None)
    with pytest.raises(MPIError, match="pip install"):
        launcher.communicator()


def test_serial_processes_get_no_communicator(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(launcher, "detect_launcher", lambda: None)
    assert launcher.communicator() is None


class TwoRanks:
    """The two calls ``agree`` makes, for one rank out of two that share a mailbox."""

    def __init__(self, rank: int, mail: list[object]) -> None:
        self.rank, self.mail = rank, mail

    def Get_rank(self) -> int:
        return self.rank

    def bcast(self, value: object, root: int) -> object:
        if self.rank == root:
            self.mail.append(value)
        return self.mail[-1]


def test_every_rank_gets_the_result_of_rank_0() -> None:
    mail: list[object] = []
    assert launcher.agree(TwoRanks(0, mail), lambda: 42) == 42
    assert launcher.agree(TwoRanks(1, mail), lambda: 13) == 42


def test_every_rank_gets_the_error_of_rank_0() -> None:
    def refuse() -> None:
        raise FolderError("foreign")

    mail: list[object] = []
    for rank in (0, 1):
        with pytest.raises(launcher.AgreedError, match="foreign") as caught:
            launcher.agree(TwoRanks(rank, mail), refuse)
        assert caught.value.rank == rank
