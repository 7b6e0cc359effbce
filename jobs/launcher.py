"""Started alone or as one of many ranks: what launched this process, and how ranks agree on an error.

Without a launcher nothing here imports mpi4py, and everything runs serially with the same results.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from wellhop.engine.errors import MPIError, WellhopError

Result = TypeVar("Result")

#: Between the reason and the abort.
LAST_WORDS_SECONDS: Final = 0.3
#: (launcher, variable with the rank, variables with the number of ranks), the first hit decides.
_VARIABLES: Final = (
    ("Open MPI", "OMPI_COMM_WORLD_RANK", ("OMPI_COMM_WORLD_SIZE",)),
    ("MVAPICH", "MV2_COMM_WORLD_RANK", ("MV2_COMM_WORLD_SIZE",)),
    ("a PMI launcher (MPICH, Intel MPI, srun)", "PMI_RANK", ("PMI_SIZE",)),
    ("Hydra", "MPI_LOCALRANKID", ("MPI_LOCALNRANKS",)),
    ("a PMIx launcher", "PMIX_RANK", ()),
)


@dataclass(frozen=True)
class Launcher:
    """The program that started this process as one of several; ``None`` where it does not say."""

    name: str
    rank: int | None
    size: int | None

    def __str__(self) -> str:
        """Name, and rank and size as far as they are known."""
        place = "" if self.rank is None else f", rank {self.rank}"
        return self.name + place + ("" if self.size is None else f" of {self.size}")


class AgreedError(WellhopError):
    """An error that every rank knows of; only rank 0 needs to speak.

    Attributes:
        rank: rank this copy was raised on.
    """

    def __init__(self, message: str, rank: int) -> None:
        self.rank = rank
        super().__init__(message)


def detect_launcher(environment: Mapping[str, str] | None = None) -> Launcher | None:
    """What started this process as an MPI rank, or None.

    >>> print(detect_launcher({"PMI_RANK": "1", "PMI_SIZE": "4"}))
    a PMI launcher (MPICH, Intel MPI, srun), rank 1 of 4
    >>> detect_launcher({"HOME": "/"}) is None
    True
    """
    env = os.environ if environment is None else environment
    for name, rank, sizes in _VARIABLES:
        if any(variable in env for variable in (rank, *sizes)):
            return Launcher(name, _integer(env, rank), next((_integer(env, s) for s in sizes), None))
    # A batch script itself carries SLURM_PROCID too, so that one alone says nothing; a step knows its own
    # size.
    tasks = _integer(env, "SLURM_STEP_NUM_TASKS") or _integer(env, "SLURM_NTASKS") or 1
    if "SLURM_PROCID" in env and tasks > 1:
        return Launcher("srun", _integer(env, "SLURM_PROCID"), tasks)
    return None


def _integer(env: Mapping[str, str], name: str) -> int | None:
    value = env.get(name, "")
    return int(value) if value.isascii() and value.isdigit() else None


def communicator() -> Any | None:
    """``MPI.COMM_WORLD`` under a launcher, None without one.

    Raises:
        MPIError: there is a launcher, but mpi4py is missing, cannot load its MPI library, or belongs to a
            different
            MPI than the launcher (then every rank believes itself alone).
    """
    launcher = detect_launcher()
    if launcher is None:
        return None
    try:
        from mpi4py import MPI
    except (ImportError, OSError, RuntimeError) as error:
        raise MPIError(
            f"started by {launcher}, but mpi4py cannot be used ({error}); "
            "install it (pip install 'wellhop[mpi]', or mpi4py built with the MPI of this cluster) "
            "or start wellhop without mpiexec, which gives the same results"
        ) from error
    world = MPI.COMM_WORLD
    if world.Get_size() == 1 and (launcher.size or 1) > 1:
        library = MPI.Get_library_version().splitlines()[0].rstrip("\0")
        raise MPIError(
            f"started by {launcher}, but mpi4py sees a single rank: it uses another MPI ({library}); "
            "use the mpiexec of that MPI, or srun -n 1 for a serial run"
        )
    return world


def agree(comm: Any | None, action: Callable[[], Result]) -> Result:
    """Do something on rank 0 only; every rank gets its result, or its error.

    Args:
        comm: communicator, or None for a serial run.
        action: called on rank 0; its result is pickled to the others.

    Raises:
        AgreedError: ``action`` raised a :class:`WellhopError`; on every rank, with the same message.
    """
    if comm is None:
        return action()
    outcome: tuple[str | None, Any] | None = None
    if comm.Get_rank() == 0:
        try:
            outcome = None, action()
        except WellhopError as error:
            outcome = str(error), None
    message, result = comm.bcast(outcome, root=0)
    if message is not None:
        raise AgreedError(message, comm.Get_rank())
    agreed: Result = result
    return agreed


def is_spokesman() -> bool:
    """True on the one rank that should report an error which all ranks meet."""
    launcher = detect_launcher()
    return launcher is None or not launcher.rank


def last_words(text: str) -> None:
    """Say why all ranks are about to end, and give the launcher the time to pass it on.

    Written in one piece, and waited for: an abort makes ``mpiexec`` drop whatever it has not read by then.
    """
    sys.stdout.flush()
    sys.stderr.write(text)
    sys.stderr.flush()
    time.sleep(LAST_WORDS_SECONDS)


def abort_other_ranks(code: int) -> None:
    """End all ranks at once after an error that only this one knows of; does nothing in a serial run."""
    MPI = sys.modules.get("mpi4py.MPI")
    if MPI is not None and MPI.Is_initialized() and not MPI.Is_finalized() and MPI.COMM_WORLD.Get_size() > 1:
        last_words("")
        MPI.COMM_WORLD.Abort(code)
