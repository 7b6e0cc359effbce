"""Langevin trajectories measured from Python: lanes over threads, and a user's own drift in a few lines."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from wellhop.analysis.coherence_measurement import CoherenceMeasurement
from wellhop.analysis.directed_measurement import DirectedMeasurement
from wellhop.analysis.measurement import Measurement
from wellhop.engine import langevin
from wellhop.engine.ensemble import run_trajectories, whole
from wellhop.engine.errors import ModelError, ParameterError
from wellhop.engine.langevin_kernels import LANES
from wellhop.engine.langevin_problem import LangevinProblem
from wellhop.engine.oscillator import finite_real
from wellhop.engine.records import TrajectoryRecord
from wellhop.jobs.judging import deciding_rate, full_measurement
from wellhop.jobs.langevin_arm import BATCHES
from wellhop.jobs.time_scales import BURN_IN_RELAXATION_TIMES

#: The well between two others.
CENTRE = 1
#: Lanes that still fill the vector registers of a processor.
LEAST_LANES = 16
#: After so many batches the records grow by at most one part in this many between two looks at the error.
LOOKS = 16


def run_lanes(
    problem: LangevinProblem, seed: int, indices: Sequence[int], *, point: int = 0, arm: int = 0, threads: int | None = None
) -> list[TrajectoryRecord]:
    """Whole trajectories in the order of ``indices``, up to 64 side by side on every thread; threads change no bit.

    Args:
        problem: as prepared. seed, point, arm: names of the noise. threads: all cores by default.
    """
    workers = whole("threads", threads if threads is not None else (os.cpu_count() or 1), 1)
    # fewer lanes than 64 are slower for each, but threads without any do nothing at all
    size = min(LANES, max(LEAST_LANES, -(-len(indices) // workers)))
    chunks = [indices[first : first + size] for first in range(0, len(indices), size)]
    with ThreadPoolExecutor(workers) as pool:
        parts = pool.map(lambda chunk: langevin.run_many(problem, seed, chunk, point, arm), chunks)
        return [record for part in parts for record in part]


def measure_langevin(
    problem: LangevinProblem,
    *,
    relaxation_time: float | None = None,
    relative_error: float = 0.05,
    max_trajectories: int = 4096,
    burn_in: float | None = None,
    symmetric: bool = False,
    seed: int = 0,
    threads: int | None = None,
    report: Callable[[str], None] | None = None,
) -> Measurement | DirectedMeasurement:
    """Measure how fast a Langevin model switches between its wells, for instance one given by a user's drift.

    Batches are run until the error of the logarithm of the rate falls below ``relative_error``.

    Args:
        problem: from ``drift_problem`` or ``oscillator_problem``, with core sets; two wells, or three of which the outer ones
            mirror each other. The first observable tells the wells apart.
        relaxation_time: inside a well; known for an oscillator, needed for a user's drift.
        relative_error: of Γ for two wells, of the less certain of k_v (out of the centre) and k_b for three; below 0.5.
        max_trajectories: stop there in any case. burn_in: 10 relaxation times by default.
        symmetric: two wells that mirror each other. seed, threads: the result depends on the seed only.
        report: called with a line after every batch.

    Raises:
        ParameterError, ModelError: malformed arguments, or a model without two or three wells.

    An overdamped double well, dx = (x - x³) dt + sqrt(2D) dW, with the escape rate of Kramers, exp(-1/4D)/(2^½ π):

    >>> import numba, numpy as np
    >>> from wellhop.engine.langevin import Cores, drift_problem
    >>> @numba.njit
    ... def pull(q, out):
    ...     out[0] = q[0] - q[0] ** 3
    >>> wells = np.array([[-1.0], [1.0]])
    >>> cores = (Cores("half", wells, np.array([0.5, 0.5])),)
    >>> times = {"dt": 0.05, "duration": 400.0, "sample_interval": 2.0}
    >>> problem = drift_problem(pull, [[0.1]], wells=wells, cores=cores, **times)
    >>> found = measure_langevin(problem, relaxation_time=0.5, symmetric=True, relative_error=0.1, threads=1)
    >>> bool(0.7 < found.decay_rate.value / (2.0 * np.exp(-1.0 / 0.4) / (2.0**0.5 * np.pi)) < 1.1)
    True
    """
    starts = problem.table["start"]
    if len(starts) not in BATCHES:
        raise ModelError(f"wells: got {len(starts)}, allowed are two, or three with the centre in the middle")
    if not problem.core_names:
        raise ModelError("cores: got none, allowed is at least one core set: without cores there are no switches")
    tau = problem.relaxation_time if relaxation_time is None else finite_real("relaxation_time", relaxation_time)
    if not tau > 0.0:
        raise ParameterError("relaxation_time", relaxation_time, "a number > 0; it is not known for a drift given as a function")
    burn = BURN_IN_RELAXATION_TIMES * tau if burn_in is None else finite_real("burn_in", burn_in, minimum=0.0)
    if burn >= problem.duration:
        raise ParameterError("burn_in", burn, f"a time below the duration of {problem.duration:g}")
    signs = [1.0, -1.0] if starts[0, 0] > starts[-1, 0] else [-1.0, 1.0]
    about: dict[str, Any] = {
        "wells": len(starts),
        "centre": CENTRE if len(starts) == 3 else None,
        "sample_interval": problem.sample_interval,
        "burn_in": burn,
        "relaxation_time": tau,
        "rate_guess": None,
        "rate_guesses": {},
        "second_rate": None,
        "core_names": list(problem.core_names),
        "observable_names": list(problem.observable_names),
        "channel_names": [],
        "start_signs": signs,
        "symmetric": symmetric,
    }
    records = batches(
        problem, about, BATCHES[len(starts)], relative_error, max_trajectories, seed, threads, report
    )
    found = full_measurement(about, records)
    assert not isinstance(found, CoherenceMeasurement)
    return found


def batches(
    problem: Any,
    about: dict[str, Any],
    batch: int,
    relative_error: float,
    max_trajectories: int,
    seed: int,
    threads: int | None,
    report: Callable[[str], None] | None,
) -> list[TrajectoryRecord]:
    """Trajectories of either engine, batch by batch, until the error of the deciding rate is small enough."""
    records: list[TrajectoryRecord] = []
    run = run_lanes if isinstance(problem, LangevinProblem) else run_trajectories
    while len(records) < max_trajectories:
        # a look at the error costs as much as there are records: looks become rarer as they grow
        more = min(batch * max(1, len(records) // (LOOKS * batch)), max_trajectories - len(records))
        records += run(problem, seed, range(len(records), len(records) + more), threads=threads)
        rate = deciding_rate(about, records)[0]
        if report is not None:
            report(f"{len(records)} trajectories: {rate}")
        if rate.relative_error <= relative_error:
            break
    return records
