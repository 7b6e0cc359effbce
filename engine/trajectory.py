"""One quantum-jump trajectory as resumable slices: start, advance, assemble.

``advance`` is deterministic: the same snapshot gives the same slice on any rank, and cutting a trajectory into slices of other
lengths changes no bit of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from wellhop.engine import jump_kernels
from wellhop.engine.errors import ParameterError
from wellhop.engine.records import (
    CLICK_DTYPE,
    SWITCH_DTYPE,
    EndState,
    SliceRecord,
    Snapshot,
    TrajectoryRecord,
)
from wellhop.engine.streams import next_uniform, open_stream
from wellhop.engine.unravelling import JumpProblem

_REASONS = {
    jump_kernels.FAILED_NORM: "the norm of the state stopped being a finite positive number",
    jump_kernels.FAILED_WAIT: "the waiting time did not converge",
    jump_kernels.FAILED_CHANNEL: "no channel has a positive rate at a click",
}
_HEAD = jump_kernels.INTEGERS_HEAD
_REALS = jump_kernels.REALS_HEAD


def start(problem: JumpProblem, seed: int, point: int, arm: int, trajectory: int) -> Snapshot:
    """First snapshot of a trajectory; its random stream is named by (seed, point, arm, trajectory).

    With equal start weights, trajectory i starts in well i modulo the number of wells, so that a batch is balanced.
    """
    table = problem.table
    stream = open_stream(seed, point, arm, trajectory)
    weights = table["start_weights"]
    n_wells = len(weights)
    if np.allclose(weights, weights[0]):
        well = trajectory % n_wells
    else:
        edges = np.cumsum(weights) / weights.sum()
        well = min(int(np.searchsorted(edges, next_uniform(stream))), n_wells - 1)
    psi = table["initial_re"][well] + 1j * table["initial_im"][well]
    psi = (psi / np.linalg.norm(psi)).astype(np.complex128)
    n_cores, n_channels = len(problem.core_names), len(problem.channel_names)
    integers = np.zeros(_HEAD + n_channels + 2 * n_cores + 1, dtype=np.int64)
    integers[_HEAD + n_channels : _HEAD + n_channels + n_cores] = -1
    integers[-1] = well
    integers[0] = _best_frame(problem, psi)
    return Snapshot(psi, np.zeros(_REALS + n_cores + len(problem.integrated_names)), integers, stream)


def _best_frame(problem: JumpProblem, psi: npt.NDArray[np.complex128]) -> int:
    """Frame in which a start state is unravelled until its first click."""
    t = problem.table
    scores = []
    for k, factor in zip(t["frame_observable"], t["frame_factor"], strict=True):
        span = slice(t["pointer"][k], t["pointer"][k + 1])
        product = psi[t["row"][span]].conj() * psi[t["column"][span]]
        scores.append(
            factor * float(((t["weight_re"][span] + 1j * t["weight_im"][span]) * product).real.sum())
        )
    return int(np.argmax(scores))


def advance(problem: JumpProblem, snapshot: Snapshot, max_clicks: int) -> SliceRecord:
    """Run a trajectory on from a snapshot for at most ``max_clicks`` clicks or to its end.

    Args:
        problem: as prepared. snapshot: of ``start`` or of the slice before; not changed.
        max_clicks: work bound of the slice, >= 1.
    """
    if max_clicks < 1:
        raise ParameterError("max_clicks", max_clicks, "an integer >= 1")
    psi_re = np.ascontiguousarray(snapshot.psi.real)
    psi_im = np.ascontiguousarray(snapshot.psi.imag)
    reals, integers, stream = snapshot.reals.copy(), snapshot.integers.copy(), snapshot.stream.copy()
    n_cores = len(problem.core_names)
    columns = problem.sampled + len(problem.integrated_names)
    samples = np.empty((max(problem.n_samples - int(integers[1]), 0) + 1, columns))
    capacity = max(1, n_cores) * (jump_kernels.CHECKS_PER_INTERVAL + 1) + 4096
    event_time, event_core = np.empty((capacity, 2)), np.empty((capacity, 3), dtype=np.int64)
    kept = max_clicks if problem.record_clicks else 0
    click_time, click_where = np.empty(kept), np.empty((kept, 2), dtype=np.int64)
    counts = np.zeros(3, dtype=np.int64)
    kernel: Any = jump_kernels.run_slice if problem.kind == "eigen" else _dyadic_kernel()
    status = kernel(
        *problem.kernel_arguments(), psi_re, psi_im, reals, integers, stream, max_clicks, problem.record_clicks,
        samples, event_time, event_core, click_time, click_where, counts,
    )  # fmt: skip
    n_samples, n_events, n_clicks = (int(c) for c in counts)
    switches = np.zeros(n_events, dtype=SWITCH_DTYPE)
    switches["time"], switches["departure"] = event_time[:n_events].T
    switches["core"], switches["origin"], switches["target"] = event_core[:n_events].T
    clicks = np.zeros(n_clicks if problem.record_clicks else 0, dtype=CLICK_DTYPE)
    if problem.record_clicks:
        clicks["time"] = click_time[:n_clicks]
        clicks["channel"], clicks["frame"] = click_where[:n_clicks].T
    state = {jump_kernels.RUNNING: EndState.RUNNING, jump_kernels.DONE: EndState.DONE}.get(
        status, EndState.FAILED
    )
    return SliceRecord(
        state=state,
        reason=_REASONS.get(status, ""),
        samples=samples[:n_samples].copy(),
        switches=switches,
        clicks=clicks,
        snapshot=Snapshot(psi_re + 1j * psi_im, reals, integers, stream),
    )


def _dyadic_kernel() -> Any:
    """The fallback kernel, compiled only when it is needed."""
    from wellhop.engine import dyadic_kernels

    return dyadic_kernels.run_slice_dyadic


def assemble(problem: JumpProblem, index: int, slices: Sequence[SliceRecord]) -> TrajectoryRecord:
    """One trajectory from all its slices, in order."""
    if not slices:
        raise ParameterError("slices", 0, "at least one slice")
    final = slices[-1]
    n_channels = len(problem.channel_names)
    integers, reals = final.snapshot.integers, final.snapshot.reals
    return TrajectoryRecord(
        index=index,
        state=final.state,
        reason=final.reason,
        elapsed=float(reals[0]),
        start_well=int(integers[-1]),
        click_counts=integers[_HEAD : _HEAD + n_channels].copy(),
        flips=int(integers[4]),
        samples=np.concatenate([s.samples for s in slices]),
        switches=np.concatenate([s.switches for s in slices]),
        clicks=np.concatenate([s.clicks for s in slices]),
        guard_population=float(reals[1]),
    )


def run(problem: JumpProblem, seed: int, trajectory: int, point: int = 0, arm: int = 0) -> TrajectoryRecord:
    """A whole trajectory in one go."""
    slices = [advance(problem, start(problem, seed, point, arm, trajectory), 1 << 20)]
    while slices[-1].state is EndState.RUNNING:
        slices.append(advance(problem, slices[-1].snapshot, 1 << 20))
    return assemble(problem, trajectory, slices)
