"""Langevin trajectories of the driven qubit with a defect, without a step: the reduced model is linear, so its law between any two
times is known.

Both representations have the drift of the mean, in the frame of the drive, and differ in noise and start:

    da = -(s + iΔ_d)(a - μ_ss) dt + sqrt(2D) (dW₁ + i dW₂),        D per quadrature
    husimi (Q)  D = γ(1-ν)/4,  |α₀⟩ has variance 1/2 per quadrature,   ⟨a†a⟩ = E|a|² - 1      (antinormal order)
    wigner      D = γ/8,       |α₀⟩ has variance 1/4 per quadrature,   ⟨a†a⟩ = E|a|² - 1/2    (symmetric order)

Exact update over a time h, N₁ and N₂ independent N(0, 1), v = D/s the variance per quadrature of the steady state:

    a -> μ_ss + (a - μ_ss) e^{-(s+iΔ_d)h} + sqrt(v (1 - e^{-2sh})) (N₁ + iN₂),        v = (n_th + 1)/2  or  (n_th + 1/2)/2

Q of the Fock state |1⟩ is |α|² e^{-|α|²}/π: |α|² is Gamma(2, 1) distributed, its phase uniform. The Wigner function of |1⟩ is
negative at the origin and is no probability.

Equations (5)-(9) of Wang, You, Ian, on the decoherence of a driven superconducting qubit coupled to a coherent two-level
system; the trajectories are ours.
"""

# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from wellhop.engine.compiled import kept_njit
from wellhop.engine.ensemble import whole
from wellhop.engine.errors import ParameterError
from wellhop.engine.lane_streams import START_PAIR, gaussian_pair, open_lane_stream
from wellhop.engine.systems.driven_qubit_tls import DrivenQubitTLS

FloatArray = npt.NDArray[np.float64]
ComplexArray = npt.NDArray[np.complex128]

#: Ordering excess: E|a|² - ⟨a†a⟩ in each representation; half of it is the variance per quadrature of a coherent state.
ORDERING = {"husimi": 1.0, "wigner": 0.5}
FRAMES = ("drive", "qubit", "displaced")
#: Second pair of numbers for the start state, next to the one that no step uses.
_OTHER_PAIR = np.uint64(START_PAIR - np.uint64(1))


@kept_njit(error_model="numpy", nogil=True)
def run_defect_langevin(start, ring, centre, factors, spreads, names, samples):
    """Trajectories one after the other; the noise of each is a pure function of its name and of the number of the sample.

    Args:
        start: (amplitude, standard deviation per quadrature) of the start. ring: |1⟩ instead, |α|² of Gamma(2, 1).
        centre: μ_ss. factors: (k,) complex e^{-(s+iΔ_d)h} between samples. spreads: (k,) noise per quadrature.
        names: trajectory (n,) uint64 and two key words. samples: (n, k) complex, filled.
    """
    amplitude, width = start
    trajectory, k0, k1 = names
    for lane in range(trajectory.shape[0]):
        g1, g2 = gaussian_pair(np.uint64(0), START_PAIR, trajectory[lane], k0, k1)
        if ring:
            # the phase of (g1, g2) is independent of both radii
            g3, g4 = gaussian_pair(np.uint64(0), _OTHER_PAIR, trajectory[lane], k0, k1)
            inner = g1 * g1 + g2 * g2
            size = math.sqrt(0.5 * (inner + g3 * g3 + g4 * g4) / inner)
            a = complex(size * g1, size * g2)
        else:
            a = amplitude + width * complex(g1, g2)
        for k in range(factors.shape[0]):
            g1, g2 = gaussian_pair(np.uint64(k), np.uint64(0), trajectory[lane], k0, k1)
            a = centre + (a - centre) * factors[k] + spreads[k] * complex(g1, g2)
            samples[lane, k] = a


def to_frame(system: DrivenQubitTLS, times: FloatArray, amplitudes: ComplexArray, frame: str) -> ComplexArray:
    """Amplitudes of the frame of the drive in another one: ``qubit`` e^{iΔ_d t} a, ``displaced`` a + Ω/Δ_d.

    |a| is the same in the drive and the qubit frame, another one in the displaced frame.

    Args:
        system: parameters. times: (k,) us. amplitudes: (..., k). frame: ``"drive"``, ``"qubit"`` or ``"displaced"``.

    Raises:
        ParameterError: unknown frame, or the displaced one at Δ_d = 0, where it does not exist.

    >>> system = DrivenQubitTLS(-0.5, 0.1)
    >>> to_frame(system, np.array([1.0]), np.array([1.0 + 0.0j]), "qubit").round(12).tolist()
    [(-1-0j)]
    """
    if frame not in FRAMES:
        raise ParameterError("frame", frame, "one of " + ", ".join(FRAMES))
    if frame == "displaced":
        return np.asarray(amplitudes + system.alpha_d, dtype=np.complex128)
    turned = np.exp(1j * system.delta_d * times) if frame == "qubit" else 1.0
    return np.asarray(amplitudes * turned, dtype=np.complex128)


@dataclass(frozen=True)
class DefectSamples:
    """Langevin trajectories of the reduced model at given times.

    Attributes:
        system: parameters. representation: ``"husimi"`` or ``"wigner"``. start: ``"coherent"`` or ``"fock_1"``.
        times: (k,) us. amplitudes: (n, k), frame of the drive.
    """

    system: DrivenQubitTLS
    representation: str
    start: str
    times: FloatArray
    amplitudes: ComplexArray

    def in_frame(self, frame: str) -> ComplexArray:
        """(n, k) amplitudes in the frame named; see :func:`to_frame`."""
        return to_frame(self.system, self.times, self.amplitudes, frame)

    @property
    def ordering(self) -> float:
        """E|a|² - ⟨a†a⟩ of this representation: 1 or 1/2."""
        return ORDERING[self.representation]


def langevin_coefficients(
    system: DrivenQubitTLS, times: npt.ArrayLike, representation: str = "husimi"
) -> tuple[ComplexArray, FloatArray]:
    """(factors, spreads) from each sample to the next, the first one from t = 0: e^{-(s+iΔ_d)h}, sqrt(v(1-e^{-2sh})).

    Args:
        system: parameters. times: (k,) us, increasing, >= 0. representation: ``"husimi"`` or ``"wigner"``.

    Raises:
        ParameterError: unknown representation, or times that are no increasing row of numbers >= 0.

    >>> factors, spreads = langevin_coefficients(DrivenQubitTLS(-0.37, 0.1), [1.0, 50.0])
    >>> abs(factors).round(4).tolist(), spreads.round(4).tolist()
    ([0.3704, 0.0], [0.6568, 0.7071])
    """
    if representation not in ORDERING:
        raise ParameterError("representation", representation, "'husimi' or 'wigner'")
    grid = np.atleast_1d(np.asarray(times, dtype=np.float64))
    if (
        grid.ndim != 1
        or not grid.size
        or not np.isfinite(grid).all()
        or grid[0] < 0.0
        or (np.diff(grid) <= 0.0).any()
    ):
        raise ParameterError("times", times, "a row of increasing finite numbers >= 0")
    gaps = np.diff(grid, prepend=0.0)
    steady = 0.5 * (system.n_th + ORDERING[representation])
    factors = np.exp(-complex(system.s, system.delta_d) * gaps)
    return factors, np.sqrt(-steady * np.expm1(-2.0 * system.s * gaps))


def sample_langevin(
    system: DrivenQubitTLS,
    times: npt.ArrayLike,
    trajectories: int,
    *,
    representation: str = "husimi",
    start: str = "coherent",
    seed: int = 0,
    point: int = 0,
    arm: int = 0,
    first: int = 0,
) -> DefectSamples:
    """Trajectories of the reduced model at given times, exact at any of them.

    The noise of a trajectory is named by (seed, point, arm, its number): batches and threads change no bit.

    Args:
        system: parameters. times: (k,) us, increasing, >= 0. trajectories: how many, >= 1; their numbers begin at ``first``.
        representation: ``"husimi"`` or ``"wigner"``. start: ``"coherent"`` for |α₀⟩, ``"fock_1"`` for |1⟩, husimi only.
        seed, point, arm: rest of the name of the noise.

    Raises:
        ParameterError: a word or number is not allowed; the Wigner function of |1⟩, which is negative.

    >>> found = sample_langevin(DrivenQubitTLS(-0.37, 0.1), [0.0, 1.137], 4000, seed=1)
    >>> found.amplitudes.shape, bool(np.abs(found.in_frame("qubit").mean(axis=0) - [1.0, 0.002]).max() < 0.07)
    ((4000, 2), True)
    """
    if start not in ("coherent", "fock_1"):
        raise ParameterError("start", start, "'coherent' or 'fock_1'")
    factors, spreads = langevin_coefficients(system, times, representation)
    if start == "fock_1" and representation == "wigner":
        raise ParameterError(
            "start",
            start,
            "'coherent' in the wigner representation",
            "the Wigner function of |1> is negative; sample the Husimi function",
        )
    count = whole("trajectories", trajectories, 1)
    for name, number in (("seed", seed), ("point", point), ("arm", arm), ("first", first)):
        whole(name, number, 0)
    stream = open_lane_stream(seed, point, arm, 0)
    numbers = np.arange(first, first + count, dtype=np.uint64)
    samples = np.empty((count, factors.size), dtype=np.complex128)
    width = math.sqrt(0.5 * ORDERING[representation])
    run_defect_langevin(
        (complex(system.alpha_0), width),
        start == "fock_1",
        system.mu_ss,
        factors,
        spreads,
        (numbers, stream[0], stream[1]),
        samples,
    )
    return DefectSamples(
        system, representation, start, np.atleast_1d(np.asarray(times, dtype=np.float64)).copy(), samples
    )
