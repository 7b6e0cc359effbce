"""Exact stationary state of the two-photon-driven Kerr oscillator at any U > 0, down to U = 0.01.

With λ = (Δ - iγ)/U every moment is a sum over the non-negative ladder weights

    w_j = (ε/U)^{2j} (1/2)_j / (j! |(λ + 1/2)_j|²),      w_{j+1}/w_j = (ε/U)² (j + 1/2)/((j + 1)|λ + 1/2 + j|²),

<n> = Σ j w_j/Σ w_j, <parity> = w_0/Σ w_j and so on. (w_j generates moments; it is not the photon
distribution.) Nothing cancels, so that logarithms and one maximum subtracted suffice; hypergeometric
routines, which stop in the deep minimum between the two maxima of w_j, silently lose the bright branch.

Between the maxima the minimum of w_j is at j = n_s/U, which separates vacuum from bright weight. The drive
at which both weigh the same is the phase boundary at finite U.

Bartolo, Minganti, Casteels, Ciuti, Phys. Rev. A 94, 033841 (2016); Roberts, Clerk, Phys. Rev. X 10, 021022
(2020); Sépulcre, "Analytical phase boundary of a quantum driven-dissipative Kerr oscillator".
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq, minimize_scalar
from scipy.special import gammaln, logsumexp

from wellhop.analysis.two_photon_actions import bistable_point, quantum_boundary
from wellhop.engine.errors import ParameterError, PredictionError
from wellhop.engine.systems.kerr_two_photon_drive import KerrTwoPhotonDrive

RealVector = npt.NDArray[np.float64]

#: Longest ladder summed; reached at (|Δ| + ε)/U of 133 000, where ladders beat the actions no more.
LONGEST_LADDER = 400_000


@dataclass(frozen=True)
class SteadyMoments:
    """Stationary expectation values.

    Attributes:
        photons: <a†a>. pairs: <a†²a²>. squeezing: <a²>, complex. parity: <(-1)^n>.
    """

    photons: float
    pairs: float
    squeezing: complex
    parity: float


def ladder_log_weights(system: KerrTwoPhotonDrive) -> RealVector:
    """(j_max,) ln w_j, j = 0, 1, ..., with ln w_0 = 0; j_max = 3(|Δ| + ε)/U + 400.

    Raises:
        PredictionError: U so small that the ladder does not fit; use the actions there.

    >>> ladder_log_weights(KerrTwoPhotonDrive(-1.0, 2.0, 1.0))[:2].round(6).tolist()  # ln(2/1.25)
    [0.0, 0.470004]
    """
    length = 3.0 * (abs(system.delta) + system.eps) / system.U + 400.0
    if length > LONGEST_LADDER:
        raise PredictionError(
            f"steady state: U = {system.U:g} needs {length:.3g} ladder weights, allowed are {LONGEST_LADDER}; use a larger U"
        )
    j = np.arange(int(length), dtype=np.float64)
    distance = np.hypot(system.delta / system.U + 0.5 + j, system.gamma / system.U)
    steps = 2.0 * (np.log(system.eps / system.U) - np.log(distance)) + np.log((j + 0.5) / (j + 1.0))
    return np.concatenate([[0.0], np.cumsum(steps)])


def steady_moments(system: KerrTwoPhotonDrive) -> SteadyMoments:
    """Exact moments of the stationary state.

    Raises:
        PredictionError: U too small, as in :func:`ladder_log_weights`.

    >>> print(f"{steady_moments(KerrTwoPhotonDrive(-5.0, 2.12, 0.02)).photons:.5f}")
    309.28024
    """
    log_weights = ladder_log_weights(system)
    total = logsumexp(log_weights)
    share = np.exp(log_weights - total)
    j = np.arange(share.size, dtype=np.float64)
    shift = complex(system.delta, -system.gamma) / system.U + 0.5
    return SteadyMoments(
        photons=float(j @ share),
        pairs=float((j * (j - 0.5)) @ share),
        squeezing=complex((-system.eps / system.U * (j + 0.5) / (shift + j)) @ share),
        parity=float(np.exp(log_weights[0] - total)),
    )


def photon_distribution(system: KerrTwoPhotonDrive, levels: int) -> RealVector:
    """(levels,) exact populations p_0, p_1, ... of the Fock states.

    p_n = (1/n!) Σ_{k + n even} |I_{k+n}|²/k! / Σ_{k even} 2^k |I_k|²/k!, which in terms of the ladder weights is
    |I_{2j}|² = w_j j! (1/2)_j up to a constant.

    Args:
        system: the parameters. levels: how many populations, >= 1; they sum to less than one where it is
            too few.

    Raises:
        ParameterError: ``levels`` is not an integer >= 1. PredictionError: U too small.

    >>> round(float(photon_distribution(KerrTwoPhotonDrive(-1.0, 2.0, 1.0), 60).sum()), 12)
    1.0
    """
    if isinstance(levels, bool) or not isinstance(levels, (int, np.integer)) or levels < 1:
        raise ParameterError("levels", levels, "an integer >= 1")
    log_weights = ladder_log_weights(system)
    j = np.arange(log_weights.size, dtype=np.float64)
    # (1/2)_j j! = Γ(j + 1/2) j!/sqrt(π); the constant cancels against the norm Σ 2^{2j} |I_2j|²/(2j)! = Σ w_j.
    log_square = log_weights + gammaln(j + 0.5) - 0.5 * np.log(np.pi) + gammaln(j + 1.0)
    norm = logsumexp(log_weights)
    out = np.full(int(levels), -np.inf)
    for n in range(int(levels)):
        first = (n + 1) // 2
        if first >= j.size:
            break
        k = 2.0 * j[first:] - n
        out[n] = logsumexp(log_square[first:] - gammaln(k + 1.0)) - gammaln(n + 1.0) - norm
    populations: RealVector = np.exp(out)
    return populations


def vacuum_excess(system: KerrTwoPhotonDrive) -> float:
    """Logarithm of vacuum weight over bright weight, split at the minimum of the ladder, j = n_s/U.

    Raises:
        PredictionError: no bistability, or U too small.

    >>> vacuum_excess(KerrTwoPhotonDrive(-10.0, 3.4, 0.1)) > 0 > vacuum_excess(KerrTwoPhotonDrive(-10.0, 3.6, 0.1))
    True
    """
    system.require_bistable("vacuum weight")
    log_weights = ladder_log_weights(system)
    first = int(np.ceil(system.n_s / system.U))
    return float(logsumexp(log_weights[:first]) - logsumexp(log_weights[first:]))


def equal_weight_boundary(delta: float, U: float, gamma: float = 1.0) -> float:
    """Drive ε at which vacuum and bright weight of the exact stationary state are equal, at finite U.

    Raises:
        PredictionError: delta >= 0, or the weights never balance in the bistable range (U too large).

    >>> round(equal_weight_boundary(-10.0, 0.1), 5)
    3.4952
    """
    middle = bistable_point(delta, gamma, U)
    low, high = middle.gamma, middle.critical_drive
    margin = 1e-9 * (high - low)
    low, high = low + margin, high - margin

    def excess(eps: float) -> float:
        return vacuum_excess(replace(middle, eps=eps))

    if not excess(low) > 0.0 > excess(high):
        raise PredictionError(
            f"phase boundary: vacuum and bright weights do not balance at delta = {delta:g}, U = {U:g}; use a smaller U"
        )
    return float(brentq(excess, low, high, xtol=1e-12 * high, rtol=1e-12))


def steepest_boundary(delta: float, U: float, gamma: float = 1.0) -> float:
    """Drive ε at which d<n>/dε is largest, the other definition of the boundary at finite U.

    d<n>/dε = (2/ε) Var_w(j), since ln w_j grows as 2j ln ε. It agrees with :func:`equal_weight_boundary` to
    0.1 % at U = 0.1 γ for |Δ| >= 2 γ; where the crossover is wide (8 % at |Δ| = 0.5 γ) they are different things.

    Raises:
        PredictionError: delta >= 0, no bistability; U too small.

    >>> abs(steepest_boundary(-5.0, 0.1) / equal_weight_boundary(-5.0, 0.1) - 1.0) < 1e-3
    True
    """
    middle = bistable_point(delta, gamma, U)
    guess = quantum_boundary(delta, gamma)

    def slope(eps: float) -> float:
        moved = replace(middle, eps=eps)
        log_weights = ladder_log_weights(moved)
        share = np.exp(log_weights - logsumexp(log_weights))
        j = np.arange(share.size, dtype=np.float64)
        return float(2.0 / eps * (((j - j @ share) ** 2) @ share))

    # Logarithm of the weight ratio changes by one over εU/(2 n_b): the scale of the peak and of its shift.
    width = 8.0 * U * guess / replace(middle, eps=guess).n_b
    grid = np.linspace(max(guess - width, 0.2 * guess), guess + width, 161)
    best = int(np.argmax([slope(float(eps)) for eps in grid]))
    if best in (0, grid.size - 1):
        raise PredictionError(
            f"phase boundary: d<n>/d eps has no maximum near eps = {guess:g} at U = {U:g}; use a smaller U"
        )
    bounds = (float(grid[best - 1]), float(grid[best + 1]))
    found = minimize_scalar(
        lambda eps: -slope(eps), bounds=bounds, method="bounded", options={"xatol": 1e-10}
    )
    return float(found.x)
