"""Fock-space matrices of one oscillator, coherent states, and the check that the space is large enough.

All operators are dense complex128 arrays in the number basis |0>, ..., |n-1>.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import gammaln

from wellhop.engine.errors import CutoffError, CutoffWarning, ParameterError

ComplexMatrix = npt.NDArray[np.complex128]
RealVector = npt.NDArray[np.float64]

#: Number of levels below the cut-off whose population is watched.
GUARD_LEVELS = 4


def _dimension(n: Any) -> int:
    """Checked Hilbert-space dimension."""
    if isinstance(n, bool) or not isinstance(n, (int, np.integer)) or n < 2:
        raise ParameterError("cutoff", n, "an integer >= 2")
    return int(n)


def annihilation(n: int) -> ComplexMatrix:
    """Ladder operator a with a|k> = sqrt(k)|k-1>.

    Args:
        n: number of Fock states kept, >= 2.

    >>> annihilation(3).real.round(3).tolist()
    [[0.0, 1.0, 0.0], [0.0, 0.0, 1.414], [0.0, 0.0, 0.0]]
    """
    steps = np.sqrt(np.arange(1, _dimension(n), dtype=np.float64))
    return np.diag(steps, 1).astype(np.complex128)


def creation(n: int) -> ComplexMatrix:
    """Adjoint of :func:`annihilation`."""
    return np.ascontiguousarray(annihilation(n).T)


def number(n: int) -> ComplexMatrix:
    """Photon number a†a = diag(0, 1, ..., n-1)."""
    return np.diag(np.arange(_dimension(n))).astype(np.complex128)


def parity_signs(n: int) -> RealVector:
    """Diagonal of the parity operator, (-1)^k for k = 0 ... n-1.

    >>> parity_signs(4).tolist()
    [1.0, -1.0, 1.0, -1.0]
    """
    return np.where(np.arange(_dimension(n)) % 2 == 0, 1.0, -1.0)


def parity(n: int) -> ComplexMatrix:
    """Photon-number parity Π = (-1)^{a†a}."""
    return np.diag(parity_signs(n)).astype(np.complex128)


def coherent_state(alpha: complex, n: int) -> npt.NDArray[np.complex128]:
    """Coherent state c_k = e^{-|α|²/2} α^k / sqrt(k!) cut off at n levels and normalised again.

    Amplitudes are formed from logarithms, so that neither α^k nor k! overflows.

    Args:
        alpha: complex amplitude.
        n: number of Fock states kept.

    Returns:
        (n,) complex128, unit norm.

    Raises:
        CutoffError: less than half of the state lies below the cut-off.

    >>> abs(np.vdot(coherent_state(2.0, 40), coherent_state(-2.0, 40))).round(8)  # e^{-2|α|²}
    np.float64(0.00033546)
    """
    levels = np.arange(_dimension(n))
    size = abs(alpha)
    if not np.isfinite(size):
        raise ParameterError("alpha", alpha, "a finite complex number")
    if size == 0.0:
        return np.where(levels == 0, 1.0 + 0.0j, 0.0j)
    log_size = -0.5 * size**2 + levels * np.log(size) - 0.5 * gammaln(levels + 1.0)
    state = np.exp(log_size + 1j * levels * np.angle(alpha))
    weight = float(np.sum(np.abs(state) ** 2))
    if weight < 0.5:
        needed = int(np.ceil(size**2 + 8 * size + 10))
        raise CutoffError(
            f"coherent state: only {weight:.2g} of |alpha| = {size:.4g} lies below cutoff {n}; "
            f"use cutoff {needed}"
        )
    normalised: npt.NDArray[np.complex128] = state / np.sqrt(weight)
    return normalised


def guard_population(populations: npt.ArrayLike, guard: int = GUARD_LEVELS) -> float:
    """Largest population found in the ``guard`` highest Fock levels.

    Args:
        populations: (n,) diagonal of a density matrix, or (n, k) for k states, each column summing to one.
        guard: number of levels watched.

    >>> guard_population([0.5, 0.25, 0.125, 0.125], guard=2)
    0.25
    """
    levels = np.asarray(populations, dtype=np.float64)
    if levels.ndim not in (1, 2) or levels.shape[0] <= guard:
        raise ParameterError(
            "populations", levels.shape, f"an array of more than {guard} levels in its first axis"
        )
    return float(np.max(levels[-guard:].sum(axis=0)))


def suggested_cutoff(populations: npt.ArrayLike, tolerance: float = 1e-9) -> int:
    """Number of levels at which the population tail, continued, falls below ``tolerance``.

    The logarithm of the tail sum, from the highest level that still holds a tenth of the state to the
    cut-off, is continued as a straight line; Fock tails fall faster than that, so the answer is on the
    safe side. At least 1.25 n is proposed.

    >>> suggested_cutoff(0.5 ** np.arange(1.0, 21.0), 1e-9)
    31
    """
    levels = np.asarray(populations, dtype=np.float64)
    profile = np.abs(levels if levels.ndim == 1 else levels.max(axis=1)) + 1e-300
    n = profile.size
    tail = np.cumsum(profile[::-1])[::-1]
    bulk = int(np.max(np.nonzero(tail >= 0.1 * tail[0])[0]))
    last = n - GUARD_LEVELS
    slope = (np.log(tail[last]) - np.log(tail[bulk])) / (last - bulk) if last > bulk else 0.0
    if slope >= -1e-3:
        return 2 * n
    extra = (np.log(tolerance) - np.log(tail[last])) / slope
    return int(min(max(last + np.ceil(extra) + 1, np.ceil(1.25 * n)), 8 * n))


def check_cutoff(
    populations: npt.ArrayLike, *, what: str = "state", warn: float = 1e-8, refuse: float = 1e-3
) -> float:
    """Warn or refuse when a state comes close to the end of the Hilbert space.

    Args:
        populations: (n,) or (n, k) Fock populations.
        what: name of the state, for the message.
        warn: guard population above which a :class:`CutoffWarning` is issued.
        refuse: guard population above which the space is useless.

    Returns:
        The guard population.

    Raises:
        CutoffError: guard population above ``refuse``; the message names the cut-off to use.

    >>> check_cutoff(np.abs(coherent_state(2.0, 40)) ** 2) < 1e-15
    True
    """
    found = guard_population(populations)
    if found <= warn:
        return found
    n = np.asarray(populations).shape[0]
    message = (
        f"{what}: population {found:.2g} in the {GUARD_LEVELS} levels below cutoff {n}, "
        f"allowed is {warn:.1g}; use cutoff {suggested_cutoff(populations, 0.1 * warn)}"
    )
    if found > refuse:
        raise CutoffError(message)
    warnings.warn(message, CutoffWarning, stacklevel=2)
    return found
