"""Positive-P trajectories of the two-photon resonator: no truncation, but not always right.

    dα = [ iΔα + Gβ - ηα²β - κ₁α/2] dt + sqrt(G - ηα²) dW₁        (Itô; α and β independent complex numbers,
    dβ = [-iΔβ + Gα - ηβ²α - κ₁β/2] dt + sqrt(G - ηβ²) dW₂         W₁ and W₂ independent and real)

The means of β^p α^q are those of a†^p a^q as long as the distribution falls fast enough at infinity. With two-photon loss and
little one-photon loss it does not: at κ₁ = 0 the means leave those of the master equation systematically after t ~ 5/η, with
a small standard error and at any step. ⟨a†a⟩ is 2 to 5 % too large for κ₁ up to 3η, and right at 6η. Rare spikes of |α|, |β|
announce it; they are counted here, and the standard errors of a sample with spikes are not to be trusted.

For Δ = 0 the real square |α|, |β| <= sqrt(G/η) is invariant, at κ₁ = 0 with absorbing corners. From a real start inside of it
the trajectories stay there, and with nothing at infinity their means are right (Kinsler and Drummond, Phys. Rev. A 43, 6194
(1991), where the square is a manifold of the complex P representation).

Ours, from the master equation (1), (2) of Mylnikov, Potashin, Kamenev, "Qubit decoherence in dissipative two-photon
resonator: real-time instantons and Wigner function"; the representation is that of Drummond and Gardiner, J. Phys. A 13,
2353 (1980).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.linalg import expm

from wellhop.engine.ensemble import whole
from wellhop.engine.errors import ParameterError
from wellhop.engine.lane_streams import open_lane_stream
from wellhop.engine.langevin_problem import time_grid
from wellhop.engine.positive_p_kernel import run_positive_p
from wellhop.engine.systems.two_photon_resonator import TwoPhotonResonator

FloatArray = npt.NDArray[np.float64]
#: default dt times (2G + η + κ₁/2)
DEFAULT_STEP = 0.05
#: |α|, |β| beyond this many sqrt(G/η) count as a spike
SPIKE = 5.0
#: time, in units of 1/η, up to which means of α are right without one-photon loss; the loss, in units of η, that is enough for all
TRUSTED_TIME, ENOUGH_LOSS = 5.0, 0.5
#: κ₁/η from which on the photon number was seen to be right
PHOTON_LOSS = 6.0
#: a start this much outside the real square, relatively, is round-off
_ROUND_OFF = 1e-12


@dataclass(frozen=True)
class PositivePEnsemble:
    """Means over positive-P trajectories and everything that casts doubt on them.

    Attributes:
        times: (n,). finite: (n,) trajectories behind each mean: all that had not been stopped.
        real, imag, photons: (n,) Re⟨a⟩, Im⟨a⟩ and ⟨a†a⟩. real_error, imag_error, photons_error: their standard errors, NaN for
            fewer than two trajectories.
        dt: step used. trajectories: how many were begun. stopped: how many of them stopped being finite numbers.
        spiking: trajectories with a spike. spikes: spikes of all. spike_steps: share of all steps that were in one.
        spike_size: what |α|, |β| had to exceed. largest: of |α|, |β| at any step.
        square: whether the trajectories stayed inside the real square of Δ = 0.
        warnings: named, what is known against these means.
    """

    times: FloatArray
    finite: npt.NDArray[np.int64]
    real: FloatArray
    imag: FloatArray
    photons: FloatArray
    real_error: FloatArray
    imag_error: FloatArray
    photons_error: FloatArray
    dt: float
    trajectories: int
    stopped: int
    spiking: int
    spikes: int
    spike_steps: float
    spike_size: float
    largest: float
    square: bool
    warnings: tuple[str, ...]

    def __str__(self) -> str:
        lines = [
            f"{self.trajectories} positive-P trajectories, dt = {self.dt:.3g}; {self.stopped} stopped, {self.spiking} with spikes"
        ]
        for k, time in enumerate(self.times):
            means = f"<a> = {self.real[k]:.4f} {self.imag[k]:+.4f} i +- {self.real_error[k]:.2g}, {self.imag_error[k]:.2g}"
            lines.append(f"t = {time:g}: {means}; <n> = {self.photons[k]:.4f} +- {self.photons_error[k]:.2g}")
        return "\n".join([*lines, *(f"! {w}" for w in self.warnings)])


def in_square(system: TwoPhotonResonator, start: complex) -> bool:
    """Whether trajectories from the coherent state ``start`` stay inside the real square: Δ = 0, real, |start|² <= G/η.

    >>> in_square(TwoPhotonResonator(2.0, 0.0), 1.0), in_square(TwoPhotonResonator(2.0, 0.1), 1.0)
    (True, False)
    """
    inside = abs(start) <= math.sqrt(system.G / system.eta) * (1.0 + _ROUND_OFF)
    return system.Delta == 0.0 and complex(start).imag == 0.0 and inside


def validity_warnings(system: TwoPhotonResonator, duration: float) -> tuple[str, ...]:
    """Named warnings on where positive-P means outside the real square are known to be wrong.

    ⟨a⟩: κ₁ < η/2 and longer than 5/η (at κ₁ = 0; 10/η at κ₁ = 0.2 η). ⟨a†a⟩: κ₁ < 6 η.

    >>> [text.split(":")[0] for text in validity_warnings(TwoPhotonResonator(2.0, 0.5), 10.0)]
    ['boundary_terms', 'photons']
    >>> validity_warnings(TwoPhotonResonator(2.0, 0.5, 1.0, 6.0), 6.0)
    ()
    """
    doubts = []
    if system.kappa_1 < ENOUGH_LOSS * system.eta and duration > TRUSTED_TIME / system.eta:
        doubts.append(
            f"boundary_terms: kappa_1 = {system.kappa_1:g} is below {ENOUGH_LOSS:g} eta; positive-P means leave those of the "
            f"master equation after about {TRUSTED_TIME:g}/eta = {TRUSTED_TIME / system.eta:g}, whatever their standard errors "
            "say"
        )
    if system.kappa_1 < PHOTON_LOSS * system.eta:
        doubts.append(
            f"photons: kappa_1 = {system.kappa_1:g} is below {PHOTON_LOSS:g} eta; the mean photon number comes out up to 5 % too "
            "large"
        )
    return tuple(doubts)


def positive_p(
    system: TwoPhotonResonator,
    *,
    duration: float,
    sample_interval: float,
    trajectories: int,
    seed: int,
    point: int = 0,
    arm: int = 0,
    dt: float | None = None,
    start: complex | None = None,
    spike: float = SPIKE,
) -> PositivePEnsemble:
    """Re⟨a⟩, Im⟨a⟩ and ⟨a†a⟩ over time from positive-P trajectories that start in a coherent state.

    Re⟨a⟩ is the mean of Re(α + β)/2, Im⟨a⟩ that of Im(α - β)/2, ⟨a†a⟩ that of Re αβ. Weak order 2 in dt, inside the real
    square 1, see :mod:`wellhop.engine.positive_p_kernel`.

    Args:
        system: any parameters; the wells need not exist if ``start`` is given.
        duration, sample_interval: times, as for Langevin trajectories. dt: step, lowered until it divides ``sample_interval``;
            None: 0.05/(2G + η + κ₁/2).
        trajectories: how many, >= 1. seed, point, arm: names of the noise; that of a trajectory does not depend on the others.
        start: amplitude of the coherent state, α₀ by default. spike: |α|, |β| beyond this many sqrt(G/η) count as a spike.

    Raises:
        ParameterError: a number is out of range. PredictionError: no ``start``, and no wells either.

    >>> found = positive_p(
    ...     TwoPhotonResonator(2.0, 0.5, 1.0, 1.0), duration=2.0, sample_interval=1.0, trajectories=400, seed=1
    ... )
    >>> found.real.shape, found.stopped, bool(abs(found.real[-1] - 1.0) < 0.2)
    ((3,), 0, True)
    """
    if not isinstance(system, TwoPhotonResonator):
        raise ParameterError("system", system, "a TwoPhotonResonator(G, Delta, eta, kappa_1)")
    count = whole("trajectories", trajectories, 1)
    for name, number in (("seed", seed), ("point", point), ("arm", arm)):
        whole(name, number, 0)
    if not (np.isfinite(spike) and spike > 0.0):
        raise ParameterError("spike", spike, "a finite number > 0")
    alpha = system.alpha0 if start is None else complex(start)
    if not np.isfinite(alpha):
        raise ParameterError("start", start, "a finite complex number")
    usual = DEFAULT_STEP / (2.0 * system.G + system.eta + 0.5 * system.kappa_1)
    dt, n_steps, every = time_grid(usual if dt is None else dt, duration, sample_interval)
    ratio, loss = system.G / system.eta, system.eta * dt
    # +ηα/2 beside the noise in Stratonovich form
    growth = 0.5 * (system.eta - system.kappa_1)
    matrix = np.array([[1j * system.Delta + growth, system.G], [system.G, -1j * system.Delta + growth]])
    linear = np.ascontiguousarray(expm(0.5 * dt * matrix), dtype=np.complex128)
    square = in_square(system, alpha)
    if square:
        alpha = complex(min(max(alpha.real, -math.sqrt(ratio)), math.sqrt(ratio)))
    stream = open_lane_stream(seed, point, arm, 0)
    samples = np.full((count, n_steps // every + 1, 2), np.nan + 0j)
    counts = np.zeros((count, 3), dtype=np.int64)
    counts[:, 2] = -1
    largest = np.full(count, abs(alpha))
    size = spike * math.sqrt(ratio)
    run_positive_p(
        np.array([alpha, alpha.conjugate()]),
        (np.arange(count, dtype=np.uint64), stream[0], stream[1]),
        (n_steps, every, size),
        (loss, ratio, math.sqrt(loss), 0.5 * system.kappa_1 * dt),
        linear,
        square,
        samples,
        counts,
        largest,
    )
    stopped = int((counts[:, 2] >= 0).sum())
    spiking = int((counts[:, 1] > 0).sum())
    steps = int(np.where(counts[:, 2] >= 0, counts[:, 2], n_steps).sum())
    doubts = [] if square else list(validity_warnings(system, duration))
    if spiking:
        doubts.append(
            f"spikes: {spiking} of {count} trajectories went beyond |alpha|, |beta| = {size:.3g}, the largest to "
            f"{largest.max():.3g}; standard errors of means with spikes are not to be trusted"
        )
    if stopped:
        doubts.append(
            f"stopped: {stopped} of {count} trajectories stopped being finite numbers and are left out from then on"
        )
    a, b = samples[:, :, 0], samples[:, :, 1]
    real, imag, photons = (_mean(x) for x in (0.5 * (a + b).real, 0.5 * (a - b).imag, (a * b).real))
    return PositivePEnsemble(
        times=np.asarray(dt * every * np.arange(samples.shape[1]), dtype=np.float64),
        finite=np.asarray(np.isfinite(a).sum(axis=0), dtype=np.int64),
        real=real[0],
        imag=imag[0],
        photons=photons[0],
        real_error=real[1],
        imag_error=imag[1],
        photons_error=photons[1],
        dt=dt,
        trajectories=count,
        stopped=stopped,
        spiking=spiking,
        spikes=int(counts[:, 1].sum()),
        spike_steps=float(counts[:, 0].sum() / steps),
        spike_size=size,
        largest=float(largest.max()),
        square=square,
        warnings=tuple(doubts),
    )


def _mean(values: FloatArray) -> tuple[FloatArray, FloatArray]:
    """(n_samples,) means and standard errors over the trajectories that are still finite."""
    there = np.isfinite(values)
    number = there.sum(axis=0)
    kept = np.where(there, values, 0.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = kept.sum(axis=0) / number
        spread = (np.where(there, values - mean, 0.0) ** 2).sum(axis=0) / (number - 1)
        return mean, np.sqrt(spread / number)
