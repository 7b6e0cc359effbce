"""Light emitted by the Duffing oscillator at one attractor, from jump trajectories: correlation function and spectrum with errors.

The product of the means ⟨a⟩ of one trajectory at two times is not C(t) of the regression theorem, for it depends on the
unravelling. Here, after Mølmer, Castin and Dalibard, J. Opt. Soc. Am. B 10, 524 (1993), each start ψ of the stationary trajectory
sends out four,

    χ_s = (1 + s δa)ψ,   s = 1, i, -1, -i:     δa ψψ† = (1/4) Σ_s s* χ_s χ_s†,
    C(t) = E[(1/4) Σ_s s* |χ_s|² ⟨φ_s(t)|δa†|φ_s(t)⟩],     φ_s(0) = χ_s/|χ_s|,

each an ordinary jump trajectory. Unbiased for every number of starts; errors are those of a mean over independent ones.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy.linalg import expm

from wellhop.analysis.duffing_emission import windowed_spectrum
from wellhop.analysis.duffing_well import Well, attractor_well
from wellhop.engine.systems.duffing_attractors import Attractor, DuffingAttractors
from wellhop.engine.unravelling import build_problem
from wellhop.jobs.duffing_sampling import BURN_IN, Watch, enough, well_setup, whole_trajectory

RealArray = npt.NDArray[np.float64]
ComplexArray = npt.NDArray[np.complex128]

#: Length of a record of C(t) in 1/κ, and radians of w0 between its times.
RECORD, TURN = 12.0, 0.25
_TURNS = np.array([1.0, 1j, -1.0, -1j])


@dataclass(frozen=True)
class SampledSpectrum:
    """C(t) of independent starts and the spectrum made of it.

    Attributes:
        well: the well sampled. step: time between the values of C. centre: ⟨a⟩ - α that was subtracted, from the trajectories.
        starts: (n_starts,) ⟨ψ|a - α|ψ⟩ of the states sent out.
        correlations: (n_starts, n_times) complex, one unbiased C(t) + |⟨a⟩ - α - centre|² each. edge: as for populations.
    """

    well: Well
    step: float
    centre: complex
    starts: ComplexArray
    correlations: ComplexArray
    edge: float

    def correlation(self) -> tuple[ComplexArray, RealArray]:
        """(n_times,) mean of C(t), and the standard error of its real part."""
        real = self.correlations.real
        return self.correlations.mean(axis=0), real.std(axis=0, ddof=1) / math.sqrt(len(real))

    def product_of_means(self) -> tuple[float, float]:
        """E|⟨ψ|δa|ψ⟩|² of single trajectories with its standard error: less than C(0), and not what (26) asks for."""
        squares = np.abs(self.starts - self.centre) ** 2
        return float(squares.mean()), float(squares.std(ddof=1) / math.sqrt(squares.size))

    def spectrum(self, frequencies: npt.ArrayLike) -> tuple[RealArray, RealArray]:
        """(k,) S(ω) and (k, k) covariance of its estimate, whose roots of the diagonal are the standard errors.

        Expected is :func:`~wellhop.analysis.duffing_emission.windowed_spectrum` of the exact C(t) on the same times.
        """
        single = windowed_spectrum(self.correlations, self.step, np.atleast_1d(frequencies))
        return single.mean(axis=0), np.atleast_2d(np.cov(single, rowvar=False)) / len(single)


def sample_spectrum(
    system: DuffingAttractors, attractor: Attractor, *, starts: int, seed: int = 0, point: int = 0,
    watch: Watch | None = None,
) -> SampledSpectrum:  # fmt: skip
    """Correlation function of the emitted light from jump trajectories, five for each start: one up to it, four from it on.

    Args:
        starts: how many, >= 16. seed, point: name the random streams. watch: told the share done.

    Raises:
        ParameterError: too few starts. PredictionError: no bistability, or no such well. StatisticsError: a trajectory failed.

    >>> found = sample_spectrum(DuffingAttractors(0.03, 4 / 75, 0.1), "HAS", starts=40)
    >>> value, covariance = found.spectrum([0.66])
    >>> bool(abs(value[0] - 13.1) < 6 * np.sqrt(covariance[0, 0]))
    True
    """
    count = enough(starts)
    well = attractor_well(system, attractor)
    states = _stationary_states(well, count, seed, point, None if watch is None else lambda x: watch(0.2 * x))
    fluctuation = well.fluctuation
    means = np.einsum("ji,ik,jk->j", states.conj(), fluctuation, states)
    centre = complex(means.mean())
    deviation = fluctuation - centre * np.eye(len(fluctuation))
    turned = states @ deviation.T
    sent = states[:, None, :] + _TURNS[:, None] * turned[:, None, :]
    norms = np.linalg.norm(sent, axis=2)
    real = _complex(0.5 * (deviation + deviation.conj().T))
    imaginary = _complex(-0.5j * (deviation - deviation.conj().T))
    step = TURN / abs(well.frame.w0)
    times = math.ceil(RECORD / (system.kappa * step))
    weights = 0.25 * _TURNS.conj() * norms**2
    correlations = np.zeros((count, times + 1), dtype=np.complex128)
    edge = 0.0
    for k in range(_TURNS.size):
        setup = well_setup(well, (("x", real), ("y", imaginary)), sent[:, k] / norms[:, k, None])
        problem = build_problem(setup, duration=(times + 0.5) * step, sample_interval=step)
        for index in range(count):
            # the four of one start share a random stream: each has its own law, and what they have in common cancels in the sum
            slices = whole_trajectory(problem, seed, point, 1, index)
            samples = np.concatenate([s.samples for s in slices])[: times + 1]
            correlations[index] += weights[index, k] * (samples[:, 0] - 1j * samples[:, 1])
            edge = max(edge, float(slices[-1].snapshot.reals[1]))
            if watch is not None:
                watch(0.2 + 0.8 * (k + (index + 1) / count) / _TURNS.size)
    return SampledSpectrum(well, step, centre, means, correlations, edge)


def _stationary_states(well: Well, count: int, seed: int, point: int, watch: Watch | None) -> ComplexArray:
    """(count, size) states of independent jump trajectories at 12/κ, in the basis of the well."""
    duration = BURN_IN / well.system.kappa
    setup = well_setup(well, (("n", well.photons),), well.coherent[None, :])
    problem = replace(build_problem(setup, duration=duration, sample_interval=duration), record_clicks=True)
    generator = -1j * well.model.effective_hamiltonian()
    order = problem.table["order"]
    out = np.empty((count, well.model.dim), dtype=np.complex128)
    for index in range(count):
        slices = whole_trajectory(problem, seed, point, 0, index)
        clicks = np.concatenate([s.clicks["time"] for s in slices])
        psi = np.empty(well.model.dim, dtype=np.complex128)
        psi[order] = slices[-1].snapshot.psi
        # a snapshot holds the state just after the last click
        psi = expm((duration - (clicks[-1] if clicks.size else 0.0)) * generator) @ psi
        out[index] = psi / np.linalg.norm(psi)
        if watch is not None:
            watch((index + 1) / count)
    return out


def _complex(matrix: npt.NDArray[np.number]) -> ComplexArray:
    return np.asarray(matrix, dtype=np.complex128)
