"""A small campaign of the real Langevin engine: three wells at (-3, 1.8, 0.4), and a second, hotter point.

In a process of its own, alone or under mpiexec: ``python langevin_campaign.py DIR [options]`` begins it, or
continues it where there is something to continue. Exit codes are those of the command line.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from wellhop.engine import langevin
from wellhop.engine.errors import WellhopError
from wellhop.engine.oscillator import Oscillator
from wellhop.engine.records import SliceRecord, Snapshot, TrajectoryRecord
from wellhop.jobs import ranks, scheduler
from wellhop.jobs.content import ContentHash
from wellhop.jobs.engines import CampaignEngine, LoadedProblem
from wellhop.jobs.stopping import Progress, RecordsTally, Tally, apply_rule
from wellhop.jobs.store import RunFolder
from wellhop.jobs.units import Key, Unit
from wellhop.jobs.worker import Worker

SEED, ARM = 20260, 2


class OtherLanes(CampaignEngine):
    """The real engine with another idea of how many trajectories go side by side; ``flaw`` breaks its promise."""

    def __init__(self, lanes: int, flaw: bool = False) -> None:
        super().__init__()
        self.wanted, self.flaw = lanes, flaw

    def lanes(self, problem: LoadedProblem) -> int:
        return self.wanted or super().lanes(problem)

    def advance_many(
        self, problem: LoadedProblem, snapshots: Sequence[Snapshot], max_work: int
    ) -> list[SliceRecord]:
        if self.flaw:  # the last bit of a number, at every cut
            snapshots = [replace(s, psi=s.psi * (1 + 2.0**-52)) for s in snapshots]
        return super().advance_many(problem, snapshots, max_work)


def problems(duration: float = 150.0) -> dict[Key, langevin.LangevinProblem]:
    """(point, arm) -> problem; 6000 steps a trajectory, a sample every 20."""
    made = {}
    for point, kerr in enumerate((0.4, 0.6)):
        oscillator = Oscillator(-3.0, kerr, 0.0, 1.8, 2.0)
        made[point, ARM] = langevin.oscillator_problem(
            oscillator, duration=duration * (1 + point), sample_interval=0.5, dt=0.025, observables=("X", "n")
        )
    return made


def units() -> list[Unit]:
    """The rule is met after a number of batches that the results decide; batches are no multiple of any group."""
    return [
        Unit(point, ARM, 11, 99, about={"arm": "langevin", "target": target, "parameters": {"kerr": kerr}})
        for point, (kerr, target) in enumerate([(0.4, 80), (0.6, 150)])
    ]


def tally(unit: Unit) -> Tally:
    """Stop after so many switches."""

    def judge(records: Sequence[TrajectoryRecord]) -> Progress:
        switches = sum(int((record.switches["origin"] >= 0).sum()) for record in records)
        exposure = sum(record.elapsed for record in records)
        seen = {"value": switches / exposure, "relative_error": 1 / max(switches, 1) ** 0.5}
        counts = {"switches": switches, "exposure": exposure, "trajectories": len(records)}
        return apply_rule("switches", unit.about["target"], **seen, **counts)  # type: ignore[arg-type]

    return RecordsTally(judge)


def opened(path: Path) -> RunFolder:
    """Begin, or continue."""
    if (path / "manifest.json").exists():
        return RunFolder.open(path, write=True)
    arrays: Mapping[Key, Mapping[str, np.ndarray]] = {k: p.arrays() for k, p in problems().items()}
    return RunFolder.create(
        path,
        campaign_text=b'[campaign]\nname = "three wells"\n',
        fingerprint="three wells",
        seed=SEED,
        units=units(),
        problems=arrays,
        provenance={"program": "test"},
    )


def run_here(
    path: Path,
    steps: int | None,
    lanes: int = 0,
    commit: float = 0.02,
    flaw: bool = False,
    thread: bool = False,
) -> scheduler.Outcome:
    """Run or continue in this process; ``thread``: computed beside the manager, as on few ranks."""
    engine = OtherLanes(lanes, flaw)
    settings = scheduler.Settings(steps, 0.05, commit_seconds=commit)
    with opened(path) as folder:
        if thread:
            return scheduler.run(folder, engine, tally, ranks.ThreadCrew(Worker(engine, 0)), settings)
        with ranks.manage(None, lambda identity: Worker(engine, identity)) as crew:
            return scheduler.run(folder, engine, tally, crew, settings)


def expected_hash() -> tuple[str, list[int]]:
    """Content hash computed without any campaign, and the number of trajectories of each unit."""
    content, counts = ContentHash(), []
    for unit in units():
        problem, records = problems()[unit.key], []
        collected = tally(unit)
        while not collected.progress().done if records else True:
            fresh = range(len(records), len(records) + unit.batch)
            batch = [langevin.run(problem, SEED, i, *unit.key) for i in fresh]
            for record in batch:
                collected.add(record)
            records += batch
        content.add(unit.key, len(records), records)
        counts.append(len(records))
    return content.hexdigest(), counts


def main() -> int:
    """Do it; returns the exit code."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--steps", type=int)
    parser.add_argument("--lanes", type=int, default=0)
    parser.add_argument("--commit", type=float, default=0.02)
    arguments = parser.parse_args()
    comm = None
    if "PMI_RANK" in os.environ or "OMPI_COMM_WORLD_RANK" in os.environ:
        from mpi4py import MPI

        comm = MPI.COMM_WORLD
        ranks.guard(comm)
    engine = OtherLanes(arguments.lanes)

    def worker_of(identity: int) -> Worker[LoadedProblem]:
        return Worker(engine, identity)

    if comm is not None and comm.rank > 0:
        return ranks.serve(comm, worker_of)
    settings = scheduler.Settings(arguments.steps, 0.05, arguments.commit)
    try:
        with ranks.manage(comm, worker_of) as crew, opened(arguments.folder) as folder:
            os.write(1, b"working\n")
            outcome = scheduler.run(folder, engine, tally, crew, settings)
    except WellhopError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    print(outcome.message)
    return outcome.exit_code


if __name__ == "__main__":
    sys.exit(main())
