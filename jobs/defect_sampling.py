"""Trajectories of the driven qubit with a defect run here and now: the calibration of every engine, and means for figures.

Per temperature one ensemble of each engine, looked at five times: husimi and wigner, the exact Langevin updates; displaced jumps
from |α₀⟩ and counted jumps from |1⟩, of the reduced model; full jumps, of oscillator and defect. Where ν vanishes, jump
trajectories from |α₀⟩ do not differ, and the one curve is compared to round-off. At 10 mK ν is 4e-10: nothing thermal is tested
there, 150 mK is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from wellhop.analysis.defect_calibration import (
    Calibration,
    JumpSamples,
    SampledLaw,
    SampledMoments,
    full_moments,
    husimi_laws,
    jump_moments,
    langevin_moments,
)
from wellhop.engine.defect_full_model import FULL_CUTOFF, full_jump_setup
from wellhop.engine.defect_langevin import sample_langevin, to_frame
from wellhop.engine.ensemble import run_trajectories, whole
from wellhop.engine.errors import ParameterError, StatisticsError
from wellhop.engine.records import EndState
from wellhop.engine.systems.driven_qubit_tls import DrivenQubitTLS
from wellhop.engine.systems.driven_qubit_tls_jumps import jump_setup
from wellhop.engine.unravelling import JumpSetup, build_problem

RealArray = npt.NDArray[np.float64]
Watch = Callable[[float], None]

#: Grid of the jump runs, us, and which of its times are looked at; 1.142 us is the collapse of Fig. 6(b).
GRID, LOOKS = 0.571, (1, 2, 3, 5, 8)
#: mK.
TEMPERATURES = (10.0, 150.0)


def looked_at() -> RealArray:
    """The five times, us.

    >>> looked_at().round(3).tolist()
    [0.571, 1.142, 1.713, 2.855, 4.568]
    """
    return GRID * np.asarray(LOOKS, dtype=np.float64)


def sample_jumps(
    system: DrivenQubitTLS,
    setup: JumpSetup,
    times: RealArray,
    trajectories: int,
    *,
    seed: int = 0,
    point: int = 0,
    watch: Watch | None = None,
) -> JumpSamples:
    """Jump trajectories of the reduced or the full model at times that are multiples of the first one.

    Args:
        system: parameters. setup: of :func:`jump_setup` or :func:`full_jump_setup`. times: (k,) us, multiples of the first.
        trajectories: how many, >= 2. seed, point: names of the streams. watch: told the share done.

    Raises:
        ParameterError: times that are no such multiples. StatisticsError: trajectories failed.
    """
    looks = np.rint(times / times[0]).astype(np.int64)
    if not np.allclose(times, looks * times[0], rtol=1e-9) or looks[0] != 1:
        raise ParameterError("times", times, "multiples of the first one")
    # half a step more than the last sample, so that round-off cannot lose it
    step = float(times[0])
    problem = build_problem(setup, duration=float(times[-1]) + 0.5 * step, sample_interval=step)
    count = whole("trajectories", trajectories, 2)
    report = None if watch is None else lambda done: watch(done / count)
    records = run_trajectories(problem, seed, range(count), point=point, threads=1, report=report)
    failed = [record.reason for record in records if record.state is EndState.FAILED]
    if failed:
        raise StatisticsError(f"trajectories: {len(failed)} of {count} failed: {failed[0]}")
    samples = np.stack([record.samples[looks] for record in records])
    excited = samples[:, :, 3].copy() if samples.shape[2] > 3 else None
    amplitudes = to_frame(system, times, samples[:, :, 0] + 1j * samples[:, :, 1], "qubit")
    return JumpSamples(times, amplitudes, samples[:, :, 2].copy(), excited)


def calibrate(
    system: DrivenQubitTLS,
    *,
    langevin: int = 40000,
    jumps: int = 2000,
    full: int = 1000,
    temperatures: Sequence[float] = TEMPERATURES,
    cutoff: int = FULL_CUTOFF,
    seed: int = 0,
    watch: Watch | None = None,
) -> Calibration:
    """Every engine against closed forms and the master equation, at five times and several temperatures.

    Args:
        system: parameters; its temperature is not used. langevin, jumps, full: trajectories of each ensemble, >= 100.
        temperatures: mK. cutoff: Fock states of the full model. seed: names the streams. watch: told the share done.

    Raises:
        ParameterError: numbers out of range. StatisticsError: trajectories failed. CutoffError: the full model does not fit.

    >>> found = calibrate(DrivenQubitTLS(-0.37, 0.1), langevin=2000, jumps=100, full=100, temperatures=(150.0,), seed=1)
    >>> len(found.moments), len(found.laws), found.largest_pull < 6.0, found.smallest_p > 1e-8
    (6, 30, True, True)
    """
    for name, number in (("langevin", langevin), ("jumps", jumps), ("full", full)):
        whole(name, number, 100)
    if not len(temperatures):
        raise ParameterError("temperatures", tuple(temperatures), "at least one")
    times = looked_at()
    moments: list[SampledMoments] = []
    laws: list[SampledLaw] = []
    told = watch or _nobody
    for k, temperature in enumerate(temperatures):
        here, point = replace(system, T=float(temperature)), 8 * k
        share = 1.0 / len(temperatures)
        for j, (representation, start) in enumerate(
            (("husimi", "coherent"), ("husimi", "fock_1"), ("wigner", "coherent"))
        ):
            samples = sample_langevin(
                here, times, langevin, representation=representation, start=start, seed=seed, point=point + j
            )
            moments.append(langevin_moments(samples))
            if representation == "husimi":
                laws.extend(husimi_laws(samples))
        runs = (("displaced", "coherent", "displaced jumps"), ("counting", "fock_1", "counted jumps"))
        for j, (unravelling, start, engine) in enumerate(runs):
            setup = jump_setup(here, unravelling, start=start)
            reduced = sample_jumps(here, setup, times, jumps, seed=seed, point=point + 3 + j)
            moments.append(jump_moments(here, start, reduced, engine))
            told(share * (k + 0.3 * (j + 1)))
        both = sample_jumps(here, full_jump_setup(here, cutoff), times, full, seed=seed, point=point + 5)
        moments.append(full_moments(here, both, cutoff))
        told(share * (k + 1.0))
    return Calibration(here, tuple(moments), tuple(laws))


def _nobody(share: float) -> None:
    """Progress nobody watches."""
