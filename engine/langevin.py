"""Langevin (truncated-Wigner) trajectories as resumable slices: prepare, start, advance, assemble.

The same verbs as :mod:`wellhop.engine.trajectory`, with a step in the place of a click. ``advance`` is deterministic, and a
trajectory has the same bits alone, beside any others, and cut anywhere.

An overdamped double well, dx = (x - x³) dt + sqrt(2D) dW:

>>> import numba
>>> @numba.njit
... def pull(q, out):
...     out[0] = q[0] - q[0] ** 3
>>> wells = np.array([[-1.0], [1.0]])
>>> cores = (Cores("half", wells, np.array([0.5, 0.5])),)
>>> problem = drift_problem(pull, [[0.25]], wells=wells, cores=cores, dt=0.02, duration=40.0, sample_interval=20.0)
>>> record = run_many(problem, 1, range(2))[1]
>>> record.state.name, record.start_well, record.samples.shape
('DONE', 1, (3, 1))
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from wellhop.engine import langevin_kernels as kernels
from wellhop.engine.errors import ParameterError
from wellhop.engine.lane_streams import open_lane_stream, start_gaussians
from wellhop.engine.langevin_drift_kernel import kernel_for
from wellhop.engine.langevin_problem import LangevinProblem, drift_problem, oscillator_problem
from wellhop.engine.langevin_schemes import SCHEMES, half_turn
from wellhop.engine.langevin_wells import Cores
from wellhop.engine.records import (
    CLICK_DTYPE,
    SWITCH_DTYPE,
    EndState,
    SliceRecord,
    Snapshot,
    TrajectoryRecord,
)

__all__ = [
    "Cores",
    "LangevinProblem",
    "advance",
    "advance_many",
    "assemble",
    "drift_problem",
    "oscillator_problem",
    "run",
    "run_many",
    "start",
]

# layout of a snapshot: integers = [step, samples taken, start well, label per core definition..., last step in that core...],
# reals = [elapsed time], psi = [alpha, half-turn factor] for an oscillator, the coordinates for a user's drift
_STEP, _SAMPLES, _WELL, _HEAD = 0, 1, 2, 3
#: switches a kernel call can hold beyond one step of every lane; a full list only ends the call early
_EVENTS = 4096
_STATES = {kernels.RUNNING: EndState.RUNNING, kernels.DONE: EndState.DONE, kernels.FAILED: EndState.FAILED}
_NOT_FINITE = "the state stopped being a finite number: use a smaller dt or another scheme"


def start(problem: LangevinProblem, seed: int, point: int, arm: int, trajectory: int) -> Snapshot:
    """First snapshot of a trajectory; its noise is named by (seed, point, arm, trajectory). Wells take turns.

    Raises:
        ParameterError: a number of these is negative.
    """
    for name, number in (("seed", seed), ("point", point), ("arm", arm), ("trajectory", trajectory)):
        if not 0 <= number < 2**63:
            raise ParameterError(name, number, "an integer from 0 to 2^63 - 1")
    stream = open_lane_stream(seed, point, arm, trajectory)
    well = trajectory % len(problem.table["start"])
    q = problem.table["start"][well].copy()
    if problem.kind == "oscillator":
        q += problem.table["start_spread"] * np.array(start_gaussians(stream[2], stream[0], stream[1]))
        turn = half_turn(q[0], q[1], tuple(problem.table["coefficients"].tolist()))
        psi = np.array([complex(*q), complex(*turn)])
    else:
        psi = q.astype(np.complex128)
    n_cores = len(problem.core_names)
    integers = np.zeros(_HEAD + 2 * n_cores, dtype=np.int64)
    integers[_WELL] = well
    integers[_HEAD : _HEAD + n_cores] = -1
    return Snapshot(psi, np.zeros(1), integers, stream)


def advance(problem: LangevinProblem, snapshot: Snapshot, max_steps: int) -> SliceRecord:
    """Run one trajectory on for at most ``max_steps`` steps or to its end. Many at once: :func:`advance_many`."""
    return advance_many(problem, [snapshot], max_steps)[0]


def advance_many(problem: LangevinProblem, snapshots: Sequence[Snapshot], max_steps: int) -> list[SliceRecord]:
    """Run several trajectories of one (seed, point, arm) side by side; same bits as one by one, about ten times faster.

    Args:
        problem: as prepared. snapshots: unfinished ones, not changed; 64 at a time are best.
        max_steps: work bound of the slice, >= 1.

    Raises:
        ParameterError: no work, or snapshots of different (seed, point, arm).
    """
    if max_steps < 1:
        raise ParameterError("max_steps", max_steps, "an integer >= 1")
    if any((s.stream[:2] != snapshots[0].stream[:2]).any() for s in snapshots):
        raise ParameterError("snapshots", "several names", "snapshots of one (seed, point, arm)")
    lanes = _Lanes(problem, snapshots, max_steps)
    left = max_steps
    ended: dict[int, SliceRecord] = {}
    while True:
        # lanes that have ended would move on with the others, so they are packed at once
        ended.update({int(k): lanes.slice(int(k)) for k in np.flatnonzero(lanes.active == 0) if int(k) not in ended})
        if left == 0 or len(ended) == len(snapshots):
            break
        left -= lanes.run(left)
    return [ended[k] if k in ended else lanes.slice(k) for k in range(len(snapshots))]


class _Lanes:
    """Trajectories unpacked into structure-of-arrays form, and packed again."""

    def __init__(self, problem: LangevinProblem, snapshots: Sequence[Snapshot], max_steps: int) -> None:
        n, n_cores = len(snapshots), len(problem.core_names)
        self.problem, self.snapshots = problem, snapshots
        psi = np.array([s.psi for s in snapshots])
        integers = np.array([s.integers for s in snapshots])
        oscillator = problem.kind == "oscillator"
        self.q = np.ascontiguousarray(np.array([psi[:, 0].real, psi[:, 0].imag]) if oscillator else psi.real.T)
        turn = psi[:, 1] if oscillator else np.zeros(n, dtype=np.complex128)
        self.turn = (turn.real.copy(), turn.imag.copy(), np.empty((2, n), dtype=np.uint64), np.empty((kernels.MOST_PAIRS, 4, n)))
        self.step = integers[:, _STEP].copy()
        self.taken = integers[:, _SAMPLES]
        self.active = (self.step < problem.n_steps).astype(np.int64)
        self.status = np.where(self.active != 0, kernels.RUNNING, kernels.DONE)
        self.label = integers[:, _HEAD : _HEAD + n_cores].T.astype(np.float64, order="C")
        self.last = integers[:, _HEAD + n_cores :].T.astype(np.float64, order="C")
        self.names = (np.array([s.stream[2] for s in snapshots]), *(np.uint64(k) for k in snapshots[0].stream[:2]))
        room = min(max_steps, problem.n_steps) // problem.every + 2
        self.samples = np.empty((n, room, len(problem.observable_names)))
        self.n_samples = np.zeros(n, dtype=np.int64)
        self.event_time: list[np.ndarray] = []
        self.event_where: list[np.ndarray] = []
        self._begin()

    def _arrays(self) -> tuple[Any, ...]:
        now = self.step.astype(np.float64)
        return self.q, self.step, self.active, self.label, self.last, now, np.empty(len(now))

    def _room(self) -> tuple[Any, ...]:
        size = _EVENTS + len(self.step) * max(1, len(self.problem.core_names))
        counts = np.zeros(2, dtype=np.int64)
        return self.samples, self.n_samples, np.empty((size, 2)), np.empty((size, 4), dtype=np.int64), counts

    def _keep(self, output: tuple[Any, ...]) -> None:
        _, _, event_time, event_where, counts = output
        self.event_time.append(event_time[: counts[1]])
        self.event_where.append(event_where[: counts[1]])

    def _begin(self) -> None:
        """Sample and labels at time zero, for the trajectories that have not had them."""
        fresh = np.flatnonzero(self.taken == 0)
        if fresh.size == 0:
            return
        table, output = self.problem.table, self._room()
        arrays = tuple(np.ascontiguousarray(a[..., fresh]) for a in self._arrays())
        samples, n_samples, event_time, event_where, counts = output
        chosen = (samples[fresh], n_samples[fresh], event_time, event_where, counts)
        kernels.begin(table["cores"], table["observables"], self.problem.dt, arrays, chosen)
        samples[fresh], n_samples[fresh] = chosen[0], chosen[1]
        self.label[:, fresh], self.last[:, fresh] = arrays[3], arrays[4]
        event_where[: counts[1], 0] = fresh[event_where[: counts[1], 0]]
        self._keep(output)

    def run(self, budget: int) -> int:
        """One kernel call of at most ``budget`` steps; returns the number of steps done."""
        problem, output = self.problem, self._room()
        table = problem.table
        limits = (problem.n_steps, problem.every, problem.dt)
        common = (table["cores"], table["observables"], limits, self._arrays())
        rest = (self.names, budget, self.status, output)
        if problem.kind == "oscillator":
            p = tuple(table["coefficients"].tolist())
            kernels.entry_of(problem.scheme, p)(p, *common, self.turn, *rest)
        else:
            kernel_for(problem.drift)(SCHEMES[problem.scheme], table["spread"], *common, *rest)
        self._keep(output)
        return int(output[-1][0])

    def slice(self, lane: int) -> SliceRecord:
        """What is new of one trajectory."""
        switches, before = self._switches(lane), self.snapshots[lane]
        state = _STATES[int(self.status[lane])]
        n_new, n_cores = int(self.n_samples[lane]), len(self.problem.core_names)
        integers = before.integers.copy()
        integers[_STEP], integers[_SAMPLES] = self.step[lane], self.taken[lane] + n_new
        integers[_HEAD : _HEAD + n_cores] = self.label[:, lane]
        integers[_HEAD + n_cores :] = self.last[:, lane]
        if self.problem.kind == "oscillator":
            psi = np.array([complex(*self.q[:, lane]), complex(self.turn[0][lane], self.turn[1][lane])])
        else:
            psi = self.q[:, lane].astype(np.complex128)
        return SliceRecord(
            state=state,
            reason=_NOT_FINITE if state is EndState.FAILED else "",
            samples=self.samples[lane, :n_new].copy(),
            switches=switches,
            clicks=np.zeros(0, dtype=CLICK_DTYPE),
            snapshot=Snapshot(psi, np.array([self.step[lane] * self.problem.dt]), integers, before.stream.copy()),
        )

    def _switches(self, lane: int) -> np.ndarray:
        where = np.concatenate(self.event_where) if self.event_where else np.empty((0, 4), dtype=np.int64)
        time = np.concatenate(self.event_time) if self.event_time else np.empty((0, 2))
        mine = where[:, 0] == lane
        switches = np.zeros(int(mine.sum()), dtype=SWITCH_DTYPE)
        switches["time"], switches["departure"] = time[mine].T
        _, switches["core"], switches["origin"], switches["target"] = where[mine].T
        return switches


def assemble(problem: LangevinProblem, index: int, slices: Sequence[SliceRecord]) -> TrajectoryRecord:
    """One trajectory from all its slices, in order. It has no clicks, frames or guard levels."""
    if not slices:
        raise ParameterError("slices", 0, "at least one slice")
    final = slices[-1]
    return TrajectoryRecord(
        index=index,
        state=final.state,
        reason=final.reason,
        elapsed=float(final.snapshot.reals[0]),
        start_well=int(final.snapshot.integers[_WELL]),
        click_counts=np.zeros(0, dtype=np.int64),
        flips=0,
        samples=np.concatenate([s.samples for s in slices]),
        switches=np.concatenate([s.switches for s in slices]),
        clicks=np.concatenate([s.clicks for s in slices]),
        guard_population=0.0,
    )


def run(problem: LangevinProblem, seed: int, trajectory: int, point: int = 0, arm: int = 0) -> TrajectoryRecord:
    """A whole trajectory in one go."""
    return run_many(problem, seed, [trajectory], point, arm)[0]


def run_many(
    problem: LangevinProblem, seed: int, trajectories: Iterable[int], point: int = 0, arm: int = 0
) -> list[TrajectoryRecord]:
    """Whole trajectories, :data:`~wellhop.engine.langevin_kernels.LANES` at a time, in the order given."""
    indices = list(trajectories)
    records: list[TrajectoryRecord] = []
    for first in range(0, len(indices), kernels.LANES):
        chunk = indices[first : first + kernels.LANES]
        slices = advance_many(problem, [start(problem, seed, point, arm, i) for i in chunk], problem.n_steps)
        records += [assemble(problem, i, [s]) for i, s in zip(chunk, slices, strict=True)]
    return records
