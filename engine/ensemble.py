"""Many trajectories at once in one process, and ensemble averages with standard errors."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from wellhop.engine import trajectory
from wellhop.engine.errors import ModelError, ParameterError
from wellhop.engine.lindblad import LindbladModel, hermitian, operator_list
from wellhop.engine.records import EndState, TrajectoryRecord
from wellhop.engine.unravelling import JumpProblem, JumpSetup, PropagatorKind, build_problem


def run_trajectories(
    problem: JumpProblem,
    seed: int,
    indices: Sequence[int],
    *,
    point: int = 0,
    arm: int = 0,
    threads: int | None = None,
    report: Callable[[int], None] | None = None,
) -> list[TrajectoryRecord]:
    """Whole trajectories, in the order of ``indices``; the same bits for any number of threads.

    Args:
        problem: as prepared. seed: campaign seed. indices: which trajectories.
        point, arm: the rest of the name of their random streams.
        threads: how many run side by side (the kernels release the GIL); all cores by default.
        report: called with the number finished so far.
    """
    workers = whole("threads", threads if threads is not None else (os.cpu_count() or 1), 1)
    records: list[TrajectoryRecord] = []
    with ThreadPoolExecutor(workers) as pool:
        for record in pool.map(lambda i: trajectory.run(problem, seed, i, point, arm), indices):
            records.append(record)
            if report is not None:
                report(len(records))
    return records


def whole(name: str, value: Any, smallest: int) -> int:
    """An integer argument (numpy integers too), at least ``smallest``.

    Raises:
        ParameterError: it is none or too small.
    """
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < smallest:
        raise ParameterError(name, value, f"an integer >= {smallest}")
    return int(value)


@dataclass(frozen=True)
class EnsembleMeans:
    """Ensemble averages over independent trajectories.

    Attributes:
        times: (n_times,). means, errors: (n_observables, n_times), the mean over trajectories and its standard error.
        n_trajectories: how many went into it. click_counts: (n_channels,) clicks of all of them.
    """

    times: npt.NDArray[np.float64]
    means: npt.NDArray[np.float64]
    errors: npt.NDArray[np.float64]
    n_trajectories: int
    click_counts: npt.NDArray[np.int64]

    def __str__(self) -> str:
        rows = [f"{self.n_trajectories} trajectories, {int(self.click_counts.sum())} clicks; final values:"]
        for k in range(len(self.means)):
            rows.append(f"  observable {k}: {self.means[k, -1]:.6g} +- {self.errors[k, -1]:.2g}")
        return "\n".join(rows)


def ensemble_means(records: Sequence[TrajectoryRecord], sample_interval: float) -> EnsembleMeans:
    """Means and standard errors of the sampled observables over trajectories.

    Raises:
        ParameterError: fewer than two trajectories.
        ModelError: a trajectory failed; a mean over the others would be biased.
    """
    if len(records) < 2:
        raise ParameterError("n_trajectories", len(records), "an integer >= 2")
    failed = [r for r in records if r.state is EndState.FAILED]
    if failed:
        raise ModelError(f"{len(failed)} of {len(records)} trajectories failed: {failed[0].reason}")
    samples = np.stack([r.samples for r in records])
    means = samples.mean(axis=0).T.astype(np.float64)
    errors = (samples.std(axis=0, ddof=1).T / np.sqrt(len(records))).astype(np.float64)
    times = sample_interval * np.arange(samples.shape[1], dtype=np.float64)
    clicks = np.sum([r.click_counts for r in records], axis=0)
    return EnsembleMeans(times, means, errors, len(records), clicks)


def simulate_jumps(
    H: Any,
    c_ops: Sequence[Any],
    psi0: Any,
    observables: Sequence[Any],
    *,
    duration: float,
    sample_interval: float,
    n_trajectories: int = 1000,
    displacements: npt.ArrayLike | None = None,
    propagator: PropagatorKind = "auto",
    seed: int = 0,
    threads: int | None = None,
) -> EnsembleMeans:
    """Quantum-jump averages ⟨O_k⟩(t) of any Lindblad model, from QuTiP operators or arrays.

    Args:
        H: (n, n) Hamiltonian. c_ops: jump operators, square roots of rates absorbed, as for ``qutip.mcsolve``.
        psi0: (n,) pure start state. observables: Hermitian operators.
        duration, sample_interval: times of the averages are 0, sample_interval, ... up to ``duration``.
        displacements: (n_channels,) numbers added to the jump operators; the averages do not depend on them.
        propagator: see :func:`wellhop.engine.unravelling.build_problem`.
        seed, threads: the same numbers for any number of threads.

    Raises:
        ModelError, ParameterError: malformed operators, state or times.

    >>> lower = np.array([[0.0, 1.0], [0.0, 0.0]])
    >>> number = np.diag([0.0, 1.0])
    >>> out = simulate_jumps(number, [lower], [0, 1], [number], duration=1.0, sample_interval=0.5, n_trajectories=400)
    >>> bool(abs(out.means[0, -1] - np.exp(-1.0)) < 6 * out.errors[0, -1])
    True
    """
    model = LindbladModel.from_qutip(H, c_ops)
    n_trajectories, seed = whole("n_trajectories", n_trajectories, 2), whole("seed", seed, 0)
    state = np.asarray(psi0.full() if hasattr(psi0, "full") else psi0, dtype=np.complex128).ravel()
    if state.shape != (model.dim,) or not np.isfinite(state).all() or not np.linalg.norm(state) > 0:
        raise ModelError(
            f"psi0: got shape {state.shape}, allowed is a finite non-zero vector of length {model.dim}"
        )
    listed = operator_list(observables)
    if not listed:
        raise ModelError("observables: got none, allowed is at least one Hermitian operator")
    named = tuple(
        (f"observable {k}", hermitian(f"observables[{k}]", o, model.dim)) for k, o in enumerate(listed)
    )
    beta = np.zeros(len(model.jump_operators)) if displacements is None else np.asarray(displacements)
    setup = JumpSetup(
        model=model,
        unravelling="counting" if displacements is None else "displaced",
        displacements=np.atleast_2d(beta).astype(np.complex128),
        observables=named,
        sampled=len(named),
        frame_scores=((0, 0.0),),
        initial=state[None, :] / np.linalg.norm(state),
        start_weights=np.ones(1),
        cores=(),
        relaxation_time=sample_interval,
    )
    problem = build_problem(setup, duration=duration, sample_interval=sample_interval, propagator=propagator)
    return ensemble_means(
        run_trajectories(problem, seed, range(n_trajectories), threads=threads), sample_interval
    )
