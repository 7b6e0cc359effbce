"""Groups of trajectories: their sizes, what is handed out in them, and that no worker idles while there is work."""

from __future__ import annotations

import collections
from pathlib import Path

import numpy as np
import pytest
from toy_driver import create
from toy_engine import ToyEngine, toy_tally
from toy_process import checked, run_here

from wellhop.engine.records import (
    CLICK_DTYPE,
    SWITCH_DTYPE,
    EndState,
    SliceRecord,
    Snapshot,
    TrajectoryRecord,
)
from wellhop.jobs import scheduler
from wellhop.jobs.front import Front
from wellhop.jobs.stopping import Progress, RecordsTally, Verdict
from wellhop.jobs.units import Unit
from wellhop.jobs.worker import Answer, Done, Task, Worker

LANES = 64


@pytest.mark.parametrize("workers", [1, 2, 3, 8, 100])
def test_group_sizes_leave_nobody_without_work(workers: int) -> None:
    for waiting in range(1, 1500):
        size = scheduler.group_size(waiting, LANES, workers, depth=2)
        assert 1 <= size <= LANES
        groups = -(-waiting // size)
        # rounding up may leave the last worker out where trajectories are fewer than a few per worker
        assert groups >= min(workers, waiting) * 0.5
        if waiting >= workers * LANES:
            assert size >= LANES // 2


def front(batch: int, most: int) -> Front:
    """A unit about which nothing is known; its trajectories have no content."""

    def empty(index: int, slices: list[SliceRecord]) -> TrajectoryRecord:
        counts, samples = np.zeros(0, dtype=np.int64), np.zeros((0, 1))
        events = np.zeros(0, SWITCH_DTYPE), np.zeros(0, CLICK_DTYPE)
        return TrajectoryRecord(index, slices[-1].state, "", 1.0, 0, counts, 0, samples, *events, 0.0)

    def quarter(records: object) -> Progress:
        return Progress(1.0, 0.2, 10, 1.0, fraction=0.25)

    return Front(Unit(0, 0, batch, most), RecordsTally(quarter), empty)


def record(state: EndState) -> SliceRecord:
    """A slice without content."""
    snapshot = Snapshot(np.zeros(1, complex), np.zeros(1), np.zeros(1, dtype=np.int64), np.zeros(1, np.uint64))
    return SliceRecord(state, "", np.zeros((0, 1)), np.zeros(0, SWITCH_DTYPE), np.zeros(0, CLICK_DTYPE), snapshot)


def test_a_group_comes_back_in_part_and_goes_on_with_new_ones() -> None:
    unit = front(batch=8, most=100)
    assert [piece[:2] for piece in unit.next_pieces(8, 5)] == [(n, 0) for n in range(5)]
    assert (unit.available(8), unit.unfinished) == (3, 8)
    done = [(n, 0, record(EndState.DONE if n in (1, 3) else EndState.RUNNING)) for n in range(5)]
    assert unit.accept(done, 1.0) == (5, [])
    assert (unit.available(8), unit.unfinished) == (6, 6)
    assert [piece[:2] for piece in unit.next_pieces(8, 4)] == [(0, 1), (2, 1), (4, 1), (5, 0)]
    assert [piece[:2] for piece in unit.next_pieces(8, 64)] == [(6, 0), (7, 0)]
    assert unit.next_pieces(8, 64) == ()


def test_the_share_of_the_way_says_how_many_are_likely_needed() -> None:
    unit = front(batch=8, most=100)
    assert unit.likely == 8
    unit.next_pieces(8, 8)
    stored, verdicts = unit.accept([(n, 0, record(EndState.DONE)) for n in range(8)], 1.0)
    assert (stored, len(verdicts)) == (8, 1)
    assert (unit.certain, unit.likely, unit.unfinished) == (16, 32, 24)
    unit.account.judge(Verdict(0, 0, 8, 0, 0, True, "", Progress(done=True)))
    assert (unit.certain, unit.likely, unit.unfinished, unit.available(100)) == (0, 0, 0, 0)


def test_what_comes_after_the_end_of_the_unit_is_not_stored() -> None:
    unit = front(batch=4, most=4)
    pieces = unit.next_pieces(4, 4)
    back = [(n, 0, record(EndState.DONE)) for n in range(4)] + [(4, 0, record(EndState.DONE))]
    stored, verdicts = unit.accept(back, 1.0)
    assert (len(pieces), stored, verdicts[0].done) == (4, 4, True)


def test_a_tally_keeps_what_the_judge_looks_at() -> None:
    seen: list[TrajectoryRecord] = []

    def judge(records: object) -> Progress:
        seen.extend(records)  # type: ignore[call-overload]
        return Progress()

    samples, clicks = np.arange(6.0).reshape(2, 3), np.zeros(5, CLICK_DTYPE)
    counts, switches = np.zeros(0, dtype=np.int64), np.zeros(4, SWITCH_DTYPE)
    whole = TrajectoryRecord(0, EndState.DONE, "", 1.0, 0, counts, 0, samples, switches, clicks, 0.0)
    for columns in (0, 1, None):
        tally = RecordsTally(judge, columns)
        tally.add(whole)
        tally.progress()
    assert [r.samples.shape for r in seen] == [(2, 0), (2, 1), (2, 3)]
    assert seen[1].samples[:, 0].tolist() == [0.0, 3.0]
    assert seen[1].samples.base is None, "a view would keep the whole array in memory"
    assert [len(r.clicks) for r in seen] == [0, 0, 5]
    assert all(len(r.switches) == 4 for r in seen)


class SimulatedCrew:
    """Workers in a time of their own: a group takes as long as its longest member, and half as long again when full."""

    depth = 2

    def __init__(self, size: int, lanes: int) -> None:
        """Toy engines behind the workers."""
        self.size, self.lanes = size, lanes
        self.workers = [Worker(ToyEngine(lanes=lanes), n) for n in range(size)]
        self.queues: list[collections.deque[Task]] = [collections.deque() for _ in range(size)]
        self.free_at, self.busy = [0.0] * size, [0.0] * size
        self.running: dict[int, tuple[float, Done]] = {}
        self.now = 0.0

    def send(self, worker: int, task: Task) -> None:
        """Queue a task and begin it where nothing runs."""
        self.queues[worker].append(task)
        self._begin(worker)

    def _begin(self, worker: int) -> None:
        if worker in self.running or not self.queues[worker]:
            return
        task = self.queues[worker].popleft()
        done = self.workers[worker].compute(task)
        before = {n: 0 if s is None else int(s.integers[0]) for n, _, s in task.pieces}
        clicks = max(int(r.snapshot.integers[0]) - before[n] + 1 for n, _, r in done.slices)
        seconds = clicks * (1.0 + 0.5 * len(task.pieces) / self.lanes)
        self.busy[worker] += seconds
        self.running[worker] = (self.now + seconds, done)

    def receive(self, timeout: float) -> list[Answer]:
        """The next task to end."""
        worker = min(self.running, key=lambda w: self.running[w][0])
        self.now, done = self.running.pop(worker)
        self._begin(worker)
        return [done]

    def dismiss(self, code: int) -> list[Done]:
        """Drop what is queued."""
        return []


def idle_share(path: Path, workers: int, lanes: int) -> float:
    """Share of the time that workers had nothing to do; the largest group is checked on the way."""
    crew = SimulatedCrew(workers, lanes)
    with create(path) as folder:
        settings = scheduler.Settings(slice_clicks=4)
        assert scheduler.run(folder, ToyEngine(lanes=lanes), toy_tally, crew, settings).complete
    largest = max(size for worker in crew.workers for size in worker._engine.groups)  # type: ignore[attr-defined]
    assert (largest == 1) == (lanes == 1)
    return 1.0 - sum(crew.busy) / (workers * crew.now)


@pytest.mark.parametrize(("workers", "lanes"), [(2, 1), (5, 1), (2, 16), (5, 16), (2, 64), (5, 64)])
def test_no_worker_idles(tmp_path: Path, workers: int, lanes: int) -> None:
    run_here(tmp_path / "reference", clicks=10**9)
    idle = idle_share(tmp_path / "run", workers, lanes)
    # a run takes 90 slices or more of each worker; a few are waited for, at the ends of batches and of the run
    assert idle < 0.1, f"{100 * idle:.1f} % idle"
    assert checked(tmp_path / "run").content_sha256 == checked(tmp_path / "reference").content_sha256


def test_groups_that_never_shrink_leave_workers_idle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Negative control."""
    monkeypatch.setattr(scheduler, "group_size", lambda waiting, lanes, workers, depth: lanes)
    assert idle_share(tmp_path / "run", 5, 64) > 0.15
