"""Run, resume or verify a toy campaign in a process of its own: ``python toy_driver.py run DIR [options]``.

Under mpiexec every rank runs this file. Exit codes are those of the command line.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from toy_engine import SEED, ToyEngine, toy_problems, toy_tally, toy_units

from wellhop.engine.errors import FolderError, WellhopError
from wellhop.jobs import ranks, scheduler
from wellhop.jobs.store import RunFolder
from wellhop.jobs.worker import Worker

CAMPAIGN = b'[campaign]\nname = "toy"\n'


def create(path: Path, points: int = 3) -> RunFolder:
    """A fresh toy folder."""
    units = toy_units(points)
    return RunFolder.create(
        path,
        campaign_text=CAMPAIGN,
        fingerprint="toy",
        seed=SEED,
        units=units,
        problems=toy_problems(units),
        provenance={"program": "toy"},
    )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("action", choices=["run", "resume", "go"])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--clicks", type=int)
    parser.add_argument("--commit", type=float, default=0.02)
    parser.add_argument("--sleep", type=float, default=0.0)
    parser.add_argument("--wall", type=float)
    parser.add_argument("--points", type=int, default=3)
    parser.add_argument("--flaw", default="")
    parser.add_argument("--flawed-rank", type=int, default=-1)
    parser.add_argument("--failing", action="store_true")
    parser.add_argument("--lanes", type=int, default=1)
    return parser.parse_args()


def _open(arguments: argparse.Namespace) -> RunFolder:
    """``go`` resumes where there is something to resume, and runs otherwise."""
    if arguments.action != "run":
        try:
            return RunFolder.open(arguments.folder, write=True)
        except FolderError as error:
            if arguments.action == "resume" or not (
                "no such" in str(error) or "no run has begun" in str(error)
            ):
                raise
    return create(arguments.folder, arguments.points)


def main() -> int:
    """Do it; returns the exit code."""
    arguments = _arguments()
    comm = None
    if "PMI_RANK" in os.environ or "OMPI_COMM_WORLD_RANK" in os.environ:
        from mpi4py import MPI

        comm = MPI.COMM_WORLD
        ranks.guard(comm)
    rank = comm.rank if comm is not None else 0
    flaw = arguments.flaw if arguments.flawed_rank in (-1, rank) else ""

    def worker_of(identity: int) -> Worker[dict[str, float]]:
        engine = ToyEngine(arguments.sleep, flaw, arguments.failing, arguments.lanes)
        return Worker(engine, identity)

    os.write(
        1, f"started {rank} {os.getpid()}\n".encode()
    )  # in one piece: lines of several ranks mix otherwise
    if comm is not None and rank > 0:
        return ranks.serve(comm, worker_of)
    settings = scheduler.Settings(arguments.clicks, 0.05, arguments.commit, arguments.wall)
    try:
        with ranks.manage(comm, worker_of) as crew, _open(arguments) as folder:
            os.write(1, b"working\n")
            engine = ToyEngine(lanes=arguments.lanes)
            outcome = scheduler.run(folder, engine, toy_tally, crew, settings)
    except WellhopError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    print(outcome.message)
    return outcome.exit_code


if __name__ == "__main__":
    sys.exit(main())
