"""Trajectories of the Duffing oscillator near one attractor: populations of its levels and temperature, with errors.

Jump trajectories run among the states of one well, their jump operators displaced to the attractor, so that a click is a quantum of
noise and not one of the mean light. What they would do beyond the last state kept shows in ``edge``, the largest population found
there. Langevin trajectories of the truncated Wigner equation run in the whole plane.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
from scipy.stats import t as student

from wellhop.analysis.duffing_well import Well, attractor_well
from wellhop.engine import langevin, trajectory
from wellhop.engine.errors import ParameterError, StatisticsError
from wellhop.engine.langevin_wells import Cores
from wellhop.engine.records import EndState, SliceRecord
from wellhop.engine.systems.duffing_attractors import Attractor, DuffingAttractors
from wellhop.engine.unravelling import JumpProblem, JumpSetup, build_problem

RealArray = npt.NDArray[np.float64]
ComplexArray = npt.NDArray[np.complex128]
Watch = Callable[[float], None]

#: Fewest trajectories an error is taken from.
FEWEST = 16
#: Time before the first sample and between samples of populations, in 1/κ.
BURN_IN, INTERVAL = 12.0, 0.5
#: Clicks of one trajectory between two looks for an interrupt.
SLICE = 1 << 14
#: Steps of the Langevin equation per radian of w0.
_STEPS = 24.0


@dataclass(frozen=True)
class SampledPopulations:
    """Time averages of the populations of the first levels, one row a trajectory.

    Attributes:
        well: the well sampled. values: (n_trajectories, count). clicks: per time.
        edge: largest population of the last state seen after a click.
    """

    well: Well
    values: RealArray
    clicks: float
    edge: float

    @property
    def means(self) -> RealArray:
        """(count,) p_0, p_1, ..."""
        return np.asarray(self.values.mean(axis=0))

    @cached_property
    def covariance(self) -> RealArray:
        """(count, count) of :attr:`means`, from the scatter over trajectories."""
        return np.asarray(np.cov(self.values, rowvar=False) / len(self.values))

    @property
    def errors(self) -> RealArray:
        """(count,) standard errors of the means."""
        return np.asarray(np.sqrt(np.diag(self.covariance)))

    @property
    def log_ratio(self) -> float:
        """ln(p_0/p_1)."""
        return math.log(self.means[0] / self.means[1])

    @property
    def log_ratio_error(self) -> float:
        """One standard error of ln(p_0/p_1) by the delta method."""
        return self._error([1.0 / self.means[0], -1.0 / self.means[1]])

    @property
    def occupation(self) -> float:
        """p_1/(p_0 - p_1)."""
        return float(self.means[1] / (self.means[0] - self.means[1]))

    @property
    def occupation_error(self) -> float:
        """One standard error of p_1/(p_0 - p_1) by the delta method."""
        p, gap = self.means, (self.means[0] - self.means[1]) ** 2
        return self._error([-p[1] / gap, p[0] / gap])

    @property
    def temperature(self) -> float:
        """T_eff = |E_1 - E_0|/ln(p_0/p_1), unit of a rate."""
        return abs(float(self.well.energies[1] - self.well.energies[0])) / self.log_ratio

    def temperature_interval(self, level: float = 0.95) -> tuple[float, float]:
        """Limits of T_eff, from those of ln(p_0/p_1) with Student's quantile; the upper one is infinite where that includes 0.

        Raises:
            ParameterError: level not between 0 and 1.
        """
        if not 0.0 < level < 1.0:
            raise ParameterError("level", level, "a number between 0 and 1")
        reach = float(student.ppf(0.5 + 0.5 * level, len(self.values) - 1)) * self.log_ratio_error
        spacing = self.temperature * self.log_ratio
        low, high = self.log_ratio - reach, self.log_ratio + reach
        return spacing / high, spacing / low if low > 0.0 else math.inf

    def _error(self, gradient: Sequence[float]) -> float:
        g = np.asarray(gradient)
        return float(np.sqrt(g @ self.covariance[:2, :2] @ g))


def sample_populations(
    system: DuffingAttractors, attractor: Attractor, *, trajectories: int, length: float = 40.0, count: int = 3,
    seed: int = 0, point: int = 0, watch: Watch | None = None,
) -> SampledPopulations:  # fmt: skip
    """Populations of the first levels of one attractor from jump trajectories, all started in the coherent state |α⟩.

    Args:
        trajectories: how many, >= 16. length: of each in 1/κ, the first 12 of which are not used. count: levels, >= 2.
        seed, point: name the random streams. watch: told the share done.

    Raises:
        ParameterError: an argument out of range. PredictionError: no bistability, or no such well. StatisticsError: a trajectory
            failed, or level 1 was never populated.

    >>> found = sample_populations(DuffingAttractors(0.016, 4 / 75, 0.005), "HAS", trajectories=16)
    >>> exact = found.well.populations(3)
    >>> bool((np.abs(found.means - exact) < 6 * found.errors).all())
    True
    """
    if not (math.isfinite(length) and length >= BURN_IN + 2.0 * INTERVAL):
        raise ParameterError("length", length, f"a finite number >= {BURN_IN + 2.0 * INTERVAL:g}, in 1/kappa")
    if isinstance(count, bool) or not isinstance(count, (int, np.integer)) or count < 2:
        raise ParameterError("count", count, "an integer >= 2")
    well = attractor_well(system, attractor)
    states = well.level_states(int(count))
    projectors = tuple((f"P{k}", np.outer(states[:, k], states[:, k].conj())) for k in range(int(count)))
    step = INTERVAL / system.kappa
    # half a step more than the last sample, so that round-off of a quotient cannot lose it
    setup = well_setup(well, projectors, well.coherent[None, :])
    problem = build_problem(setup, duration=length / system.kappa + 0.5 * step, sample_interval=step)
    values = np.empty((enough(trajectories), int(count)))
    clicks, edge = 0, 0.0
    for index in range(len(values)):
        slices = whole_trajectory(problem, seed, point, 0, index)
        record = trajectory.assemble(problem, index, slices)
        values[index] = record.samples[round(BURN_IN / INTERVAL) :].mean(axis=0)
        clicks, edge = clicks + int(record.click_counts.sum()), max(edge, record.guard_population)
        if watch is not None:
            watch((index + 1) / len(values))
    if not values[:, :2].mean(axis=0).min() > 0.0:
        raise StatisticsError("populations: level 1 was never populated; use more or longer trajectories")
    return SampledPopulations(well, values, clicks / (len(values) * problem.duration), edge)


@dataclass(frozen=True)
class SampledNoise:
    """Moments of the frame mode b in Langevin trajectories, one row a trajectory, about the mean of all.

    Attributes:
        well: the well. quanta: (n_trajectories,) time averages of |b|². squares: (n_trajectories,) of b², complex.
    """

    well: Well
    quanta: RealArray
    squares: ComplexArray

    @property
    def occupation(self) -> float:
        """N_eff of the Gaussian with these moments: (N_eff + 1/2)² = (E|b|²)² - |E b²|²."""
        return math.sqrt(float(self.quanta.mean()) ** 2 - abs(complex(self.squares.mean())) ** 2) - 0.5

    @property
    def occupation_error(self) -> float:
        """One standard error of it by the delta method."""
        m = complex(self.squares.mean())
        total = self.occupation + 0.5
        single = (self.quanta.mean() * self.quanta - (np.conj(m) * self.squares).real) / total
        return float(single.std(ddof=1) / math.sqrt(len(single)))

    @property
    def log_ratio(self) -> float:
        """ln(1 + 1/N_eff), which truncated Wigner gives for ln(p_0/p_1)."""
        return math.log1p(1.0 / self.occupation)

    @property
    def log_ratio_error(self) -> float:
        """One standard error of it by the delta method."""
        n = self.occupation
        return self.occupation_error / (n * (n + 1.0))


def sample_noise(
    system: DuffingAttractors,
    attractor: Attractor,
    *,
    trajectories: int,
    length: float = 40.0,
    seed: int = 0,
    point: int = 0,
) -> SampledNoise:
    """Second moments at one attractor from Langevin trajectories of the truncated Wigner equation.

    Expected is :attr:`~wellhop.analysis.duffing_well.Well.moment_occupation`, up to the order λ in which truncated Wigner errs.

    Args:
        trajectories, length, seed, point: as for :func:`sample_populations`.

    Raises:
        ParameterError: an argument out of range, dephasing among them. PredictionError: no bistability.
            StatisticsError: a trajectory failed, or left for the other attractor.

    >>> found = sample_noise(DuffingAttractors(0.004, 4 / 75, 0.02, n_th=0.5), "HAS", trajectories=16)
    >>> bool(abs(found.occupation - found.well.moment_occupation) < 6 * found.occupation_error)
    True
    """
    if system.eta > 0.0:
        raise ParameterError(
            "eta", system.eta, "0 for Langevin trajectories", "use jump trajectories with dephasing"
        )
    if not (math.isfinite(length) and length >= BURN_IN + 2.0 * INTERVAL):
        raise ParameterError("length", length, f"a finite number >= {BURN_IN + 2.0 * INTERVAL:g}, in 1/kappa")
    well = attractor_well(system, attractor)
    alpha, other = well.frame.alpha, system.amplitude("LAS" if attractor == "HAS" else "HAS")
    half = 0.5 * abs(other - alpha)
    step = INTERVAL / system.kappa
    problem = langevin.oscillator_problem(
        system.weyl_oscillator(), duration=length / system.kappa, sample_interval=step,
        dt=1.0 / (_STEPS * abs(well.frame.w0)), observables=("re", "im"),
        cores=(Cores("well", np.array([[alpha.real, alpha.imag]]), np.array([half])),),
    )  # fmt: skip
    records = langevin.run_many(problem, seed, range(enough(trajectories)), point=point)
    failed = [record.reason for record in records if record.state is not EndState.DONE]
    if failed:
        raise StatisticsError(f"trajectories: {len(failed)} of {len(records)} failed: {failed[0]}")
    samples = np.stack([record.samples[round(BURN_IN / INTERVAL) :] for record in records])
    amplitudes = samples[:, :, 0] + 1j * samples[:, :, 1]
    lost = int(_outside(system, attractor, amplitudes[:, -1]).sum())
    if lost:
        raise StatisticsError(
            f"trajectories: {lost} of {len(records)} left {attractor} at lam = {system.lam:g}, khat = {system.khat:g}, "
            f"n_th = {system.n_th:g}; use a smaller lam, khat or n_th"
        )
    deviation = amplitudes - amplitudes.mean()
    b = well.frame.v * deviation - well.frame.u * deviation.conj()
    return SampledNoise(well, (np.abs(b) ** 2).mean(axis=1), (b**2).mean(axis=1))


def _outside(
    system: DuffingAttractors, attractor: Attractor, amplitudes: ComplexArray
) -> npt.NDArray[np.bool_]:
    """Which points are outside a well: beyond the saddle in g of (5) for HAS, nearer to HAS or the saddle than to LAS for LAS.

    Orbits of HAS are crescents around LAS, so that distances say nothing there.
    """
    if attractor == "LAS":
        own, saddle, other = (system.amplitude(place) for place in ("LAS", "saddle", "HAS"))
        nearest = np.minimum(np.abs(amplitudes - saddle), np.abs(amplitudes - other))
        return np.asarray(np.abs(amplitudes - own) > nearest)

    def landscape(z: ComplexArray) -> RealArray:
        return np.asarray(-0.25 * (np.abs(z) ** 2 - 1.0) ** 2 + math.sqrt(system.beta) * z.real)

    saddle_value = landscape(np.array([system.scaled("saddle")]))[0]
    return np.asarray(landscape(math.sqrt(2.0 * system.lam) * amplitudes) < saddle_value)


def enough(number: int) -> int:
    """A number of trajectories that an error can be taken from.

    Raises:
        ParameterError: not an integer >= 16.
    """
    if isinstance(number, bool) or not isinstance(number, (int, np.integer)) or number < FEWEST:
        raise ParameterError("trajectories", number, f"an integer >= {FEWEST}")
    return int(number)


def well_setup(
    well: Well, observables: tuple[tuple[str, ComplexArray], ...], initial: ComplexArray
) -> JumpSetup:
    """Jumps in one well: no other frame, no cores, every observable sampled; the last state is the guard level.

    Args:
        observables: name and (size, size) Hermitian matrix each. initial: (n, size) normalised start states, taken in turn.
    """
    guard = np.zeros(well.model.dim)
    guard[-1] = 1.0
    return JumpSetup(
        model=well.model,
        unravelling="displaced",
        displacements=np.zeros((1, len(well.model.jump_operators)), dtype=np.complex128),
        observables=observables,
        sampled=len(observables),
        frame_scores=((0, 0.0),),
        initial=np.ascontiguousarray(initial),
        start_weights=np.full(len(initial), 1.0 / len(initial)),
        cores=(),
        relaxation_time=2.0 / well.system.kappa,
        guard=guard,
    )


def whole_trajectory(problem: JumpProblem, seed: int, point: int, arm: int, index: int) -> list[SliceRecord]:
    """One whole trajectory, in slices short enough for an interrupt to be noticed.

    Raises:
        StatisticsError: it failed.
    """
    slices = [trajectory.advance(problem, trajectory.start(problem, seed, point, arm, index), SLICE)]
    while slices[-1].state is EndState.RUNNING:
        slices.append(trajectory.advance(problem, slices[-1].snapshot, SLICE))
    if slices[-1].state is EndState.FAILED:
        raise StatisticsError(f"trajectories: number {index} failed: {slices[-1].reason}")
    return slices
