"""Trajectories of the two-photon resonator run here and now for figures: the coherence without one-photon loss, the telegraph
with it, and single signals under either unravelling.

Campaigns do the same work kept on disk and spread over ranks. A displaced trajectory costs a microsecond or so per 1/η without
one-photon loss, three with it, where it is looked at for switches; counting pairs costs forty times more.
"""

from __future__ import annotations

import math
import time as clock
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from wellhop.analysis.coherence_measurement import measure_coherence
from wellhop.analysis.figures.resonator_measured import MeasuredCoherence, MeasuredTelegraph
from wellhop.analysis.measurement import measure
from wellhop.analysis.point_estimates import SEPARATION_REFUSE
from wellhop.analysis.resonator_modes import slow_modes
from wellhop.engine import trajectory
from wellhop.engine.errors import ParameterError, StatisticsError, UnravellingError
from wellhop.engine.records import EndState, TrajectoryRecord
from wellhop.engine.systems.two_photon_resonator import TwoPhotonResonator
from wellhop.engine.systems.two_photon_resonator_jumps import jump_setup
from wellhop.engine.unravelling import JumpProblem, build_problem
from wellhop.jobs.judging import oriented
from wellhop.jobs.time_scales import BURN_IN_RELAXATION_TIMES, TimeScales, rounded, sampling, time_scales

#: Length of a trajectory of the coherence in 1/|Γ + iΩ|, and of a telegraph in 1/Γ_z.
COHERENCE_TIMES, SWITCHING_TIMES = 5.0, 20.0
#: Fewest trajectories that an error is taken from; even, so that either well starts equally many.
FEWEST = 16
#: Clicks of one trajectory between two looks for an interrupt.
SLICE = 1 << 14
#: Order parameter in the well a telegraph starts in, well 0 first.
START_SIGNS = [-1.0, 1.0]

Watch = Callable[[float], None]


def coherence_rates(
    system: TwoPhotonResonator, *, time: float, seed: int = 0, point: int = 0, watch: Watch | None = None
) -> MeasuredCoherence:
    """Γ and Ω without one-photon loss, from displaced jump trajectories 5/|λ| long.

    Args:
        system: two wells, κ₁ = 0, Δ ≠ 0. time: simulated, all trajectories together; never fewer than 16 of them.
        seed, point: name the streams. watch: told the share done.

    Raises:
        ParameterError: κ₁ > 0, time not > 0. StatisticsError: trajectories failed.
        UnravellingError: nothing decays above round-off, or no slower than the wells relax.

    >>> found = coherence_rates(TwoPhotonResonator(4.0, 1.0), time=2e4)
    >>> [abs(math.log(found.rates[n].value / x)) < 6 * found.rates[n].relative_error for n, x in found.expected.items()]
    [True, True]
    """
    if system.kappa_1 != 0.0:
        raise ParameterError(
            "kappa_1", system.kappa_1, "0 for the coherence between parities", "use telegraph_rates"
        )
    scales = signal_scales(system)
    guess = complex(scales.guesses["Gamma"], scales.guesses["Omega"])
    length = rounded(COHERENCE_TIMES / scales.rate)
    problem = build_problem(jump_setup(system), duration=length, sample_interval=rounded(sampling(scales)))
    records, spent = _run(problem, _count(time, length), seed, point, watch)
    found = measure_coherence(
        records,
        sample_interval=problem.sample_interval,
        relaxation_time=scales.relaxation_time,
        guess=guess,
        sign=1 if system.Delta > 0.0 else -1,
        channel_names=problem.channel_names,
        second_rate=scales.second_rate,
    )
    return MeasuredCoherence(system, guess, found, spent)


def telegraph_rates(
    system: TwoPhotonResonator, *, time: float, seed: int = 0, point: int = 0, watch: Watch | None = None
) -> MeasuredTelegraph:
    """Γ_z with one-photon loss, from displaced jump trajectories 20/Γ_z long: autocorrelation, and residence times beside it.

    Args:
        system: two wells, κ₁ beyond the exceptional point. time, seed, point, watch: as for :func:`coherence_rates`.

    Raises:
        ParameterError: κ₁ = 0, time not > 0. StatisticsError: trajectories failed.
        UnravellingError: κ₁ at or below the exceptional point, where the signal rotates instead of switching; or Γ_z below
            round-off, or not small compared with the next rate.

    >>> found = telegraph_rates(TwoPhotonResonator(3.0, 1.0, 1.0, 0.3), time=8e3)
    >>> bool(abs(math.log(found.rate.value / found.exact)) < 6 * found.rate.relative_error)
    True
    """
    if not system.kappa_1 > 0.0:
        raise ParameterError("kappa_1", system.kappa_1, "> 0 for a telegraph signal", "use coherence_rates")
    scales = signal_scales(system)
    length = rounded(SWITCHING_TIMES / scales.rate)
    problem = build_problem(jump_setup(system), duration=length, sample_interval=rounded(sampling(scales)))
    records, spent = _run(problem, _count(time, length), seed, point, watch)
    found = measure(
        oriented({"start_signs": START_SIGNS}, records),
        sample_interval=problem.sample_interval,
        burn_in=BURN_IN_RELAXATION_TIMES * scales.relaxation_time,
        relaxation_time=scales.relaxation_time,
        core_names=problem.core_names,
        channel_names=problem.channel_names,
        rate_guess=scales.rate,
        second_rate=scales.second_rate,
    )
    return MeasuredTelegraph(system, scales.rate, found, spent)


def expected_time(system: TwoPhotonResonator, switches: float) -> float:
    """Simulated time in which so many switches are expected; without one-photon loss 2/|λ| for each, which errs about as little.

    Args:
        system: as for :func:`signal_scales`. switches: > 0.

    >>> round(expected_time(TwoPhotonResonator(4.0, 1.0, 1.0, 0.1), 1000.0))
    388549
    """
    # Γ_z is twice the one-way rate
    return 2.0 * switches / signal_scales(system).rate


@dataclass(frozen=True)
class SampledSignals:
    """Trajectories of X on one time grid.

    Attributes:
        times: (n_times,). order_parameter: (n_trajectories, n_times) X. clicks: of all channels, per time.
    """

    times: npt.NDArray[np.float64]
    order_parameter: npt.NDArray[np.float64]
    clicks: float


def sample_signals(
    system: TwoPhotonResonator, unravelling: str, *, trajectories: int, duration: float, samples: int, seed: int = 0,
    point: int = 0, watch: Watch | None = None,
) -> SampledSignals:  # fmt: skip
    """X(t) of trajectories of one system; all start in the right-hand well, with one-photon loss in either one in turn.

    Args:
        system: two wells. unravelling: ``"displaced"`` or ``"counting"``. trajectories: how many, >= 1.
        duration: of each. samples: steps of the time grid. seed, point, watch: as for :func:`coherence_rates`.

    Raises:
        ParameterError: unknown unravelling. UnravellingError: one well only. StatisticsError: trajectories failed.
    """
    step = duration / samples
    # half a step more than the last sample, so that round-off of the quotient cannot lose it
    problem = build_problem(
        jump_setup(system, unravelling), duration=duration + 0.5 * step, sample_interval=step
    )
    records, _ = _run(problem, trajectories, seed, point, watch)
    column = problem.observable_names.index("X")
    signals = np.stack([record.samples[: samples + 1, column] for record in records])
    clicks = sum(int(record.click_counts.sum()) for record in records) / sum(
        record.elapsed for record in records
    )
    return SampledSignals(step * np.arange(samples + 1.0), signals, float(clicks))


def signal_scales(system: TwoPhotonResonator) -> TimeScales:
    """Time scales of a system whose trajectories have one slow rate, complex without one-photon loss.

    Raises:
        UnravellingError: no decay above round-off; with one-photon loss a signal that rotates; the next rate less than three times
            the slow one.

    >>> round(signal_scales(TwoPhotonResonator(4.0, 1.0, 1.0, 0.1)).rate, 7)
    0.0051473
    """
    scales = time_scales(system)
    if not scales.rate > 0.0:
        raise UnravellingError(
            f"{system.name}: no decay above round-off at Delta = {system.Delta:g}, kappa_1 = {system.kappa_1:g}; nothing can be "
            "measured there, use a larger |Delta| or a smaller G/eta"
        )
    if system.kappa_1 > 0.0:
        slow = complex(slow_modes(system).values[0])
        if abs(slow.imag) > 1e-6 * abs(slow):
            raise UnravellingError(
                f"{system.name}: the coherence rotates at kappa_1 = {system.kappa_1:g}, below the exceptional point, and nothing "
                "switches; use a larger kappa_1, or 0 to measure the coherence"
            )
    if not scales.second_rate > SEPARATION_REFUSE * scales.rate:
        raise UnravellingError(
            f"{system.name}: the next rate is {scales.second_rate / scales.rate:.3g} times the slow one, allowed is > "
            f"{SEPARATION_REFUSE:g}; move away from the exceptional point, or use deeper wells"
        )
    return scales


def _count(time: float, length: float) -> int:
    """Trajectories that make up a time, an even number."""
    if not (math.isfinite(time) and time > 0.0):
        raise ParameterError("time", time, "a finite number > 0")
    return max(FEWEST, 2 * math.ceil(0.5 * time / length))


def _run(
    problem: JumpProblem, count: int, seed: int, point: int, watch: Watch | None
) -> tuple[list[TrajectoryRecord], float]:
    """Trajectories one after the other, in slices short enough for an interrupt to be noticed, and their CPU time."""
    begin = clock.process_time()
    records = []
    for index in range(count):
        slices = [trajectory.advance(problem, trajectory.start(problem, seed, point, 0, index), SLICE)]
        while slices[-1].state is EndState.RUNNING:
            slices.append(trajectory.advance(problem, slices[-1].snapshot, SLICE))
        records.append(trajectory.assemble(problem, index, slices))
        if watch is not None:
            watch((index + 1) / count)
    failed = [record.reason for record in records if record.state is EndState.FAILED]
    if failed:
        raise StatisticsError(f"trajectories: {len(failed)} of {count} failed: {failed[0]}")
    return records, clock.process_time() - begin
