"""What scheduling costs: a campaign whose engine sleeps as long as Langevin groups take. ``python sleeping_campaign.py DIR``.

Under mpiexec. Sleeping needs no core, so ranks do not disturb one another, and nothing but hand-out, messages,
books and commits can make the run longer than its work divided by the ranks.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from mpi4py import MPI

from wellhop.engine.records import (
    CLICK_DTYPE,
    SWITCH_DTYPE,
    EndState,
    SliceRecord,
    Snapshot,
    TrajectoryRecord,
)
from wellhop.jobs import ranks, scheduler
from wellhop.jobs.stopping import Progress, RecordsTally, apply_rule
from wellhop.jobs.store import RunFolder
from wellhop.jobs.units import Unit
from wellhop.jobs.worker import Worker

#: ns per step of a whole group (three wells, Gaussian noise, AVX-512)
COST = {1: 100.0, 8: 126.0, 16: 243.0, 32: 303.0, 48: 446.0, 64: 601.0}
#: steps of a trajectory, point by point: 100 to 1
STEPS = (60_000_000, *[600_000] * 20)
BATCH = 128


def group_seconds(members: int, steps: int) -> float:
    """How long a group takes."""
    return float(np.interp(members, list(COST), list(COST.values()))) * 1e-9 * steps


class SleepingEngine:
    """Steps that take time and do nothing."""

    def load(self, arrays: Mapping[str, np.ndarray]) -> int:
        return int(arrays["steps"][0])

    def lanes(self, problem: int) -> int:
        return 64

    def start(self, problem: int, seed: int, point: int, arm: int, trajectory: int) -> Snapshot:
        return Snapshot(np.zeros(2, complex), np.zeros(1), np.array([0, trajectory]), np.zeros(3, np.uint64))

    def advance_many(self, problem: int, snapshots: Sequence[Snapshot], max_work: int) -> list[SliceRecord]:
        work = min(max_work, max(problem - int(s.integers[0]) for s in snapshots))
        time.sleep(group_seconds(len(snapshots), work))
        return [self._slice(problem, snapshot, work) for snapshot in snapshots]

    def _slice(self, problem: int, snapshot: Snapshot, work: int) -> SliceRecord:
        step = min(int(snapshot.integers[0]) + work, problem)
        state = EndState.DONE if step == problem else EndState.RUNNING
        after = Snapshot(snapshot.psi, snapshot.reals, np.array([step, snapshot.integers[1]]), snapshot.stream)
        samples, switches = np.zeros((work // 10_000, 2)), np.zeros(work // 500_000, SWITCH_DTYPE)
        return SliceRecord(state, "", samples, switches, np.zeros(0, CLICK_DTYPE), after)

    def assemble(self, problem: int, index: int, slices: Sequence[SliceRecord]) -> TrajectoryRecord:
        samples = np.concatenate([s.samples for s in slices])
        switches = np.concatenate([s.switches for s in slices])
        counts, clicks = np.zeros(0, dtype=np.int64), np.zeros(0, CLICK_DTYPE)
        return TrajectoryRecord(index, slices[-1].state, "", 1.0, 0, counts, 0, samples, switches, clicks, 0.0)


def _tally(unit: Unit) -> RecordsTally:
    def judge(records: Sequence[TrajectoryRecord]) -> Progress:
        seen = {"value": 1.0, "relative_error": 0.1, "switches": 1, "exposure": 1.0}
        return apply_rule("trajectories", BATCH, **seen, trajectories=len(records))  # type: ignore[arg-type]

    return RecordsTally(judge)


def main() -> None:
    """Run on all ranks; rank 0 prints wall seconds and the work divided by the ranks."""
    comm, engine = MPI.COMM_WORLD, SleepingEngine()
    ranks.guard(comm)
    if comm.rank > 0:
        ranks.serve(comm, lambda identity: Worker(engine, identity))
        return
    units = [Unit(point, 2, BATCH, 8 * BATCH) for point in range(len(STEPS))]
    with (
        ranks.manage(comm, lambda identity: Worker(engine, identity)) as crew,
        RunFolder.create(
            Path(sys.argv[1]),
            campaign_text=b"",
            fingerprint="",
            seed=1,
            units=units,
            problems={u.key: {"steps": np.array([s])} for u, s in zip(units, STEPS, strict=True)},
            provenance={},
        ) as folder,
    ):
        begin = time.perf_counter()
        scheduler.run(folder, engine, _tally, crew)
        wall = time.perf_counter() - begin
    print(wall, sum(group_seconds(64, steps) * BATCH / 64 for steps in STEPS) / comm.size)


if __name__ == "__main__":
    main()
