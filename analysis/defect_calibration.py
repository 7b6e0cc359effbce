"""What samples of the driven qubit with a defect say, beside the exact numbers: means, variances, distributions, with errors.

Everything that an engine samples of the reduced model is known in closed form, of the full model from its master equation. Per
ensemble: Re μ, Im μ and σ² at several times; σ² is the variance per quadrature of Q, (9), whatever was sampled: 1/4 more than that
of the Wigner function, (⟨a†a⟩ - |μ|² + 1)/2 of an ensemble of jump trajectories. Of the full model Re μ, Im μ, ⟨a†a⟩ and the
excited weight of the defect.

Errors are those of influence values: to first order an estimate is a mean over trajectories of one number each, and to σ² a
trajectory contributes its square or photon number, less what the shift of the mean takes away. Times share trajectories, so the
numbers of one ensemble are correlated: Hotelling's T² takes their covariance from the same influence values and gives one
probability for all of them.

Where few trajectories click the others stay alike, and the variance is that of those few: the error is then too small as often as
none of the rare ones was met. Every number is therefore told by how many trajectories its variance is carried, (Σx²)²/Σx⁴ of the
influence values x: k where k of many differ, and alike; a third of all where they are normally distributed.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import get_args

import numpy as np
import numpy.typing as npt
from scipy import stats

from wellhop.analysis.defect_law import Quadrature
from wellhop.analysis.defect_propagator import Start, law, mean
from wellhop.analysis.defect_reduction import full_means
from wellhop.engine.defect_full_model import FULL_CUTOFF
from wellhop.engine.defect_langevin import DefectSamples
from wellhop.engine.errors import ParameterError, StatisticsError
from wellhop.engine.systems.driven_qubit_tls import DrivenQubitTLS

RealArray = npt.NDArray[np.float64]
ComplexArray = npt.NDArray[np.complex128]
BoolArray = npt.NDArray[np.bool_]

MOMENTS, FULL_MEANS = ("Re mu", "Im mu", "sigma2"), ("Re mu", "Im mu", "photons", "excited")
#: T² is taken in the principal directions with at least this share of the variance of one number: what varies less does so in a few
#: rare trajectories, and is not normally distributed.
LEAST_SHARE = 0.05
#: Ensembles whose spread over trajectories is no larger have no error and no pull: it is round-off, or the finest step of the
#: dyadic propagator, which errs by up to 1e-5.
ROUND_OFF = 2e-5
#: Trajectories that have to carry a variance for a pull, and that in every direction of T² for a joint probability. Of blocks of
#: 300 to 1500 jump trajectories at 60 mK, p < 0.01 came in 20 % with fewer than 10 carriers, 6 % with 10 to 30, 2 % with 40 to 50
#: and 1 % with more; pulls beyond 3 in 3 % with fewer than 10, 0.4 % with more than 20.
PULL_CARRIERS, JOINT_CARRIERS = 20, 50
#: Remark on an ensemble without any randomness.
ALIKE = "trajectories do not differ"
#: Correlation of two numbers of one ensemble that are one and the same degree of freedom.
_SAME = 1.0 - 1e-6


@dataclass(frozen=True)
class JumpSamples:
    """Jump trajectories at given times.

    Attributes:
        times: (k,) us. amplitudes: (n, k) ⟨a⟩ of each trajectory, frame of the qubit. photons: (n, k) ⟨a†a⟩.
        excited: (n, k) excited weight of the defect, full model only.
    """

    times: RealArray
    amplitudes: ComplexArray
    photons: RealArray
    excited: RealArray | None = None


@dataclass(frozen=True)
class SampledMoments:
    """Estimates from one ensemble beside the exact numbers.

    Attributes:
        engine: ``husimi``, ``wigner``, ``displaced jumps``, ``counted jumps`` or ``full jumps``. temperature: mK.
        start: ``coherent`` or ``fock_1``.
        trajectories: how many. quantities: names of the columns. times: (k,) us.
        values, errors, exact: (k, q) estimates, standard errors, exact numbers.
        carriers: (k, q) trajectories that carry the variance, see the top of this file; 0 without spread.
        repeated: (k, q) whether it is another number of the same time once more: of jumps from a coherent state the amplitude
            scatters along one line, so that Re μ and Im μ have the same pull up to its sign.
        p_value: of Hotelling's T² of all of them together; ``nan`` where there is none.
        remark: why there is none, otherwise empty.
    """

    engine: str
    temperature: float
    start: str
    trajectories: int
    quantities: tuple[str, ...]
    times: RealArray
    values: RealArray
    errors: RealArray
    exact: RealArray
    carriers: RealArray
    repeated: BoolArray
    p_value: float
    remark: str = ""

    @property
    def pulls(self) -> RealArray:
        """(k, q) (value - exact)/error; ``nan`` where fewer than 20 trajectories carry the error, or none."""
        known = (self.errors > 0.0) & (self.carriers >= PULL_CARRIERS)
        return np.where(known, (self.values - self.exact) / np.where(known, self.errors, 1.0), np.nan)

    @property
    def single_pulls(self) -> RealArray:
        """Those that exist, each degree of freedom counted once."""
        pulls = self.pulls
        return np.asarray(pulls[np.isfinite(pulls) & ~self.repeated], dtype=np.float64)


@dataclass(frozen=True)
class SampledLaw:
    """Kolmogorov-Smirnov distance of samples of Q from the closed distribution.

    Attributes:
        temperature: mK. start: ``coherent`` or ``fock_1``. time: us. coordinate: ``real``, ``imaginary`` or ``radius`` about μ(t).
        samples: how many. distance: largest difference of the distribution functions. p_value: of the exact law of that.
    """

    temperature: float
    start: str
    time: float
    coordinate: str
    samples: int
    distance: float
    p_value: float


@dataclass(frozen=True)
class Calibration:
    """All ensembles of one calibration; printing it gives the table.

    Attributes:
        system: parameters, at the last temperature. moments: one for each ensemble. laws: of the Husimi samples.
    """

    system: DrivenQubitTLS
    moments: tuple[SampledMoments, ...]
    laws: tuple[SampledLaw, ...]

    @property
    def largest_pull(self) -> float:
        """Largest |value - exact| in standard errors, of all numbers."""
        return float(np.abs(self.single_pulls).max())

    @property
    def single_pulls(self) -> RealArray:
        """All pulls, each degree of freedom counted once."""
        return np.concatenate([one.single_pulls for one in self.moments])

    @property
    def smallest_p(self) -> float:
        """Smallest probability of all T² and Kolmogorov-Smirnov tests."""
        joint, laws = [one.p_value for one in self.moments], [one.p_value for one in self.laws]
        return float(np.nanmin([*joint, *laws]))

    def __str__(self) -> str:
        rows = [
            "engine           start     T mK  trajectories  time us  quantity      value      error      exact   pull  carried by",
        ]
        for one in self.moments:
            for k, time in enumerate(one.times):
                for j, name in enumerate(one.quantities):
                    rows.append(
                        f"{one.engine:15s}  {one.start:9s} {one.temperature:5g} {one.trajectories:12d}  {time:7.3f}  {name:8s} "
                        f"{one.values[k, j]:10.6f} {one.errors[k, j]:10.2g} {one.exact[k, j]:10.6f} {one.pulls[k, j]:6.2f}"
                        f"{one.carriers[k, j]:12.0f}"
                    )
        rows += [
            f"{one.engine:15s}  {one.start:9s} {one.temperature:5g}  all together: "
            + (f"no p, {one.remark}" if one.remark else f"p = {one.p_value:.3g}")
            for one in self.moments
        ]
        rows += [
            f"KS, husimi       {one.start:9s} {one.temperature:5g} {one.samples:12d}  {one.time:7.3f}  {one.coordinate:9s} "
            f"distance {one.distance:.5f}  p = {one.p_value:.3g}"
            for one in self.laws
        ]
        rows.append(
            f"largest of {self.single_pulls.size} pulls {self.largest_pull:.2f}, smallest probability {self.smallest_p:.3g}"
        )
        return "\n".join(rows)


def langevin_moments(found: DefectSamples) -> SampledMoments:
    """Re μ, Im μ and σ² of Q from Langevin samples, against (9), (10) or (E1).

    >>> from wellhop.engine.defect_langevin import sample_langevin
    >>> found = langevin_moments(sample_langevin(DrivenQubitTLS(-0.37, 0.1), [1.0], 4000, seed=2))
    >>> found.exact.round(4).tolist(), bool(np.abs(found.pulls).max() < 6.0)
    ([[0.0595, -0.0705, 0.5]], True)
    """
    a = found.in_frame("qubit")
    n = len(a)
    off = a - a.mean(axis=0)
    # mean of both quadratures; n - 1 since the mean is of the same samples
    squares = 0.5 * np.abs(off) ** 2 * n / (n - 1)
    values = np.stack([a.mean(axis=0).real, a.mean(axis=0).imag, squares.mean(axis=0)], axis=1)
    values[:, 2] += 0.5 * (1.0 - found.ordering)
    influence = np.stack([off.real, off.imag, squares - squares.mean(axis=0)], axis=2)
    exact = _exact_moments(found.system, found.times, found.start)
    return _moments(
        found.representation, found.system, found.start, MOMENTS, found.times, values, influence, exact
    )


def jump_moments(
    system: DrivenQubitTLS, start: str, found: JumpSamples, engine: str = "jumps"
) -> SampledMoments:
    """Re μ, Im μ and σ² of Q from jump trajectories of the reduced model, against (9), (10) or (E1).

    Args:
        system: parameters. start: ``coherent`` or ``fock_1``. found: samples. engine: name for reports.
    """
    mu = found.amplitudes.mean(axis=0)
    off = found.amplitudes - mu
    n = len(off)
    # |mean|² is too large by the variance of the mean
    size = np.abs(mu) ** 2 - (np.abs(off) ** 2).mean(axis=0) / (n - 1)
    sigma2 = 0.5 * (found.photons.mean(axis=0) - size + 1.0)
    values = np.stack([mu.real, mu.imag, sigma2], axis=1)
    slope = found.photons - found.photons.mean(axis=0) - 2.0 * (mu.conj() * off).real
    influence = np.stack([off.real, off.imag, 0.5 * slope], axis=2)
    exact = _exact_moments(system, found.times, start)
    # heat that no rounded number shows: what starts coherent stays so, and alike in all trajectories
    alike = start == "coherent" and system.n_th < ROUND_OFF
    return _moments(
        engine, system, start, MOMENTS, found.times, values, influence, exact, deterministic=alike
    )


def full_moments(system: DrivenQubitTLS, found: JumpSamples, cutoff: int = FULL_CUTOFF) -> SampledMoments:
    """Re μ, Im μ, photons and excited weight from jump trajectories of the full model, against its master equation.

    Raises:
        ParameterError: the samples are of the reduced model.
    """
    if found.excited is None:
        raise ParameterError("found", "samples of the reduced model", "samples of the full model")
    columns = np.stack([found.amplitudes.real, found.amplitudes.imag, found.photons, found.excited], axis=2)
    values = columns.mean(axis=0)
    exact = full_means(system, found.times, cutoff)
    wanted = np.stack([exact.mu.real, exact.mu.imag, exact.photons, exact.excited], axis=1)
    return _moments(
        "full jumps", system, "coherent", FULL_MEANS, found.times, values, columns - values, wanted
    )


def husimi_laws(found: DefectSamples) -> tuple[SampledLaw, ...]:
    """Kolmogorov-Smirnov tests of samples of Q at every time: both quadratures, and the distance from μ(t).

    Raises:
        ParameterError: Wigner samples.

    >>> from wellhop.engine.defect_langevin import sample_langevin
    >>> laws = husimi_laws(sample_langevin(DrivenQubitTLS(0.3, 0.5), [1.0], 2000, start="fock_1", seed=3))
    >>> [one.coordinate for one in laws], bool(min(one.p_value for one in laws) > 1e-8)
    (['real', 'imaginary', 'radius'], True)
    """
    if found.representation != "husimi":
        raise ParameterError("found", found.representation, "samples of the husimi representation")
    amplitudes, tests = found.in_frame("qubit"), []
    start: Start = "coherent" if found.start == "coherent" else "fock_1"
    for k, time in enumerate(found.times):
        exact = law(found.system, float(time), start=start)
        a = amplitudes[:, k]
        for name in get_args(Quadrature):
            part = a.real if name == "real" else a.imag
            tests.append((time, name, stats.kstest(part, lambda x, q=name, e=exact: e.marginal_cdf(x, q))))
        tests.append((time, "radius", stats.kstest(np.abs(a - exact.center), exact.radial_cdf)))
    return tuple(
        SampledLaw(
            found.system.T,
            found.start,
            float(time),
            name,
            len(amplitudes),
            float(t.statistic),
            float(t.pvalue),
        )
        for time, name, t in tests
    )


def _exact_moments(system: DrivenQubitTLS, times: RealArray, start: str) -> RealArray:
    """(k, 3) Re μ, Im μ, σ² of Q."""
    first = system.alpha_0 if start == "coherent" else 0.0
    mu = mean(system, times, "qubit", first)
    chosen: Start = "coherent" if start == "coherent" else "fock_1"
    spread = np.array([law(system, float(t), start=chosen).variance for t in times])
    return np.stack([mu.real, mu.imag, spread], axis=1)


def _moments(
    engine: str,
    system: DrivenQubitTLS,
    start: str,
    quantities: tuple[str, ...],
    times: RealArray,
    values: RealArray,
    influence: RealArray,
    exact: RealArray,
    *,
    deterministic: bool = False,
) -> SampledMoments:
    """Errors, carriers and Hotelling's T² from (n, k, q) influence values.

    Raises:
        StatisticsError: trajectories that must not differ do not, and are off the exact numbers by more than round-off.
    """
    n = len(influence)
    flat = influence.reshape(n, -1)
    covariance = flat.T @ flat / (n * (n - 1.0))
    errors = np.sqrt(covariance.diagonal())
    spread = errors * math.sqrt(n) > ROUND_OFF
    away = (values - exact).ravel()
    carriers = np.where(spread, _carriers(flat), 0.0)
    p_value, remark = math.nan, ""
    if spread.all():
        correlation = covariance / np.outer(errors, errors)
        shares, directions = np.linalg.eigh(correlation)
        kept = shares > LEAST_SHARE
        few = float(_carriers((flat / errors) @ directions[:, kept]).min())
        if few < JOINT_CARRIERS:
            remark = f"carried by {few:.0f} trajectories in one direction, {JOINT_CARRIERS} are needed"
        else:
            deviates = (directions.T @ (away / errors))[kept] / np.sqrt(shares[kept])
            p = int(kept.sum())
            p_value = float(stats.f.sf(float(deviates @ deviates) * (n - p) / (p * (n - 1.0)), p, n - p))
    elif deterministic:
        remark = ALIKE
        if np.abs(away[~spread]).max() > ROUND_OFF:
            raise StatisticsError(
                f"{engine} at {system.T:g} mK: an ensemble without spread is {np.abs(away[~spread]).max():.3g} off the exact value"
            )
    else:
        remark = f"at {int((~spread).sum())} of {spread.size} numbers no trajectory happens to differ"
    shape = exact.shape
    return SampledMoments(
        engine, system.T, start, n, quantities, times, values, np.where(spread, errors, 0.0).reshape(shape), exact,
        carriers.reshape(shape), _repeated(covariance, errors, spread, shape), p_value, remark,
    )  # fmt: skip


def _carriers(columns: RealArray) -> RealArray:
    """(Σx²)²/Σx⁴ of each column; 0 where it vanishes."""
    squares = columns**2
    scale = np.maximum(squares.max(axis=0), np.finfo(float).tiny)
    scaled = squares / scale
    return np.asarray(scaled.sum(axis=0) ** 2 / np.maximum((scaled**2).sum(axis=0), 1.0), dtype=np.float64)


def _repeated(
    covariance: RealArray, errors: RealArray, spread: BoolArray, shape: tuple[int, ...]
) -> BoolArray:
    """(k, q) whether an earlier quantity of the same time is the same number up to a factor."""
    size = np.where(spread, errors, np.inf)
    together = np.abs(covariance) / np.outer(size, size)
    times, columns = shape
    found = np.zeros(shape, dtype=np.bool_)
    for k in range(times):
        block = together[k * columns : (k + 1) * columns, k * columns : (k + 1) * columns]
        found[k] = (np.tril(block, -1) > _SAME).any(axis=1)
    return found
