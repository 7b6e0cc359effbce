"""Exact levels of the driven Duffing oscillator, those of each attractor, and how weak damping populates them.

    dp_N/dt = κ Σ_M (W_{NM} p_M - W_{MN} p_N),    W_{NM} = (1+n_th)|<N|a|M>|² + n_th|<M|a|N>|²        (23), (24)

between eigenstates of H, valid for κ far below every spacing: no coherence between levels then survives. Damping also moves the
attractors, by k̂, which these states do not know; use it for k̂ <= 0.002.

H is tridiagonal in Fock space, H/dw = (g + 1/4)/λ - 1/2 + λ/4 with g the quasi-energy surface, and unbounded below: levels of HAS,
a maximum of g, are the top of the spectrum down to the saddle; those of LAS lie among levels of outer orbits and are found by what
they share with number states of its frame.

Feng, Guo, "Quantum dissipative dynamics of a driven Duffing oscillator near attractors", Eqs. (2), (5), (6), (23); (24) is printed
for n_th = 0.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.linalg import eigh_tridiagonal

from wellhop.analysis.duffing_frame import number_basis, undamped_frame, undamped_positions
from wellhop.analysis.duffing_perturbation import PerturbedLevels
from wellhop.engine import fock
from wellhop.engine.errors import ParameterError, PredictionError
from wellhop.engine.oscillator import finite_real
from wellhop.engine.systems.duffing_attractors import Attractor

RealArray = npt.NDArray[np.float64]

#: Share of a number state that a level of LAS has to hold.
SHARE = 0.5
#: Size of a negative rate, in units of the largest, that is round-off of a series.
ROUND_OFF = 1e-12


@dataclass(frozen=True)
class DuffingLevels:
    """Eigenstates of (2), from the highest energy down.

    Attributes:
        lam: λ. beta: β. dw: unit of a rate.
        energies: (n,) decreasing, unit of a rate. vectors: (n, n) real, columns in Fock space.
    """

    lam: float
    beta: float
    dw: float
    energies: RealArray
    vectors: RealArray

    def landscape(self, position: float) -> float:
        """Energy dw [(g + 1/4)/λ - 1/2 + λ/4] of the point Q, P = 0 of the plane, (5), (6)."""
        g = -0.25 * (position**2 - 1.0) ** 2 + np.sqrt(self.beta) * position
        return float(self.dw * ((g + 0.25) / self.lam - 0.5 + 0.25 * self.lam))

    def well(self, attractor: Attractor, levels: int | None = None) -> npt.NDArray[np.intp]:
        """Indices of the levels of an attractor, the nearest to it first.

        Args:
            levels: how many; for HAS all above the saddle by default, for LAS all that can be told.

        Raises:
            ParameterError: not an attractor or not an integer >= 1.
            PredictionError: the well has fewer, or LAS shares its levels with outer orbits.

        >>> found = duffing_levels(0.016, 4 / 75)
        >>> len(found.well("HAS")), len(found.well("LAS"))
        (52, 4)
        """
        own = self._top() if attractor == "HAS" else self._embedded(attractor)
        if levels is None:
            return own
        if isinstance(levels, bool) or not isinstance(levels, (int, np.integer)) or levels < 1:
            raise ParameterError("levels", levels, "an integer >= 1")
        if levels > len(own):
            raise PredictionError(
                f"levels: got {levels}, {attractor} has {len(own)} at lambda = {self.lam:g}"
            )
        return own[:levels]

    def spacings(self, attractor: Attractor, levels: int | None = None) -> RealArray:
        """dE_n = |E_{n+1} - E_n| between successive levels of an attractor, unit of a rate.

        Raises:
            ParameterError, PredictionError: as :meth:`well`.

        >>> [round(float(e), 6) for e in duffing_levels(0.016, 4 / 75).spacings("HAS", 3)]
        [0.737494, 0.731885]
        """
        return np.abs(np.diff(self.energies[self.well(attractor, levels)]))

    def elements(self, states: npt.NDArray[np.intp] | None = None) -> RealArray:
        """<N|a|M> between the states given, all by default; the diagonal is the orbital displacement."""
        kept = self.vectors if states is None else self.vectors[:, states]
        lowered = np.sqrt(np.arange(1.0, len(kept)))[:, None] * kept[1:]
        out: RealArray = kept[:-1].T @ lowered
        return out

    def _top(self) -> npt.NDArray[np.intp]:
        """Levels above the saddle."""
        saddle = self.landscape(undamped_positions(self.beta)[1])
        return np.flatnonzero(self.energies > saddle)

    def _embedded(self, attractor: Attractor) -> npt.NDArray[np.intp]:
        """Levels below the saddle with more than half of a number state of LAS, until the first it has not."""
        frame = undamped_frame(self.lam, self.beta, attractor)
        las, saddle, _ = undamped_positions(self.beta)
        # Spacings fall towards the saddle; twice the number of equal ones is more than there are.
        last = 2 + int(2.0 * (self.landscape(saddle) - self.landscape(las)) / (self.dw * frame.w0))
        basis = number_basis(frame, last, len(self.energies)).real
        shares = (basis.T @ self.vectors) ** 2
        kept = (shares.max(axis=1) > SHARE) & (self.energies[shares.argmax(axis=1)] < self.landscape(saddle))
        count = len(kept) if kept.all() else int(np.argmin(kept))
        if count == 0:
            raise PredictionError(
                f"levels of {attractor}: none of its own at lambda = {self.lam:g}, beta = {self.beta:g}, shared with outer orbits "
                f"or above the saddle (largest share {shares[0].max():.3g}); change lam by some per cent, or use a smaller one"
            )
        own: npt.NDArray[np.intp] = np.argmax(shares[:count], axis=1)
        return own


def duffing_levels(lam: float, beta: float, *, dw: float = 1.0, cutoff: int | None = None) -> DuffingLevels:
    """Diagonalise (2).

    Args:
        cutoff: Fock states; 2.5/λ + 60 by default, three times the photons of HAS at least.

    Raises:
        ParameterError: an argument out of range. PredictionError: β >= 4/27, or more than 4000 Fock states.
        CutoffError: the levels of HAS reach the last Fock states.
    """
    quantum = finite_real("lam", lam, minimum=0.0, strict=True)
    width = finite_real("dw", dw, minimum=0.0, strict=True)
    undamped_positions(beta)
    size = int(min(2.5 / quantum, 1e6)) + 60 if cutoff is None else cutoff
    if isinstance(size, bool) or not isinstance(size, (int, np.integer)) or size < 8:
        raise ParameterError("cutoff", cutoff, "an integer >= 8")
    if size > 4000:
        raise PredictionError(
            f"levels: lambda = {lam:g} needs {size} Fock states, 4000 are allowed; use a larger lam"
        )
    n = np.arange(size, dtype=np.float64)
    diagonal = (1.0 - quantum) * n - quantum * n**2
    energies, vectors = eigh_tridiagonal(diagonal, np.sqrt(beta / (2.0 * quantum) * n[1:]))
    found = DuffingLevels(
        quantum, float(beta), width, width * energies[::-1], np.ascontiguousarray(vectors[:, ::-1])
    )
    fock.check_cutoff(found.vectors[:, found.well("HAS")] ** 2, what="levels of HAS")
    return found


def transition_rates(elements: npt.ArrayLike, n_th: float) -> RealArray:
    """W_{NM} from M to N in units of κ, N != M, diagonal zero.

    Args:
        elements: (n, n) matrix <N|a|M>. n_th: photons of the bath >= 0.

    Raises:
        ParameterError: n_th is not a number >= 0.

    >>> transition_rates([[0.0, 2.0], [0.0, 0.0]], n_th=0.5).tolist()
    [[0.0, 6.0], [2.0, 0.0]]
    """
    photons = finite_real("n_th", n_th, minimum=0.0)
    down = np.abs(np.asarray(elements)) ** 2
    rates: RealArray = (1.0 + photons) * down + photons * down.T
    np.fill_diagonal(rates, 0.0)
    return rates


def balance_generator(rates: RealArray) -> RealArray:
    """Matrix of (23), dp/dt = κ G p: W with what leaves each level on the diagonal. Transitions out of the set are left out."""
    return rates - np.diag(rates.sum(axis=0))


def balance_populations(rates: RealArray) -> RealArray:
    """Stationary solution of (23) for the levels given, summing to one.

    By elimination of one level after the other without a subtraction (Grassmann, Taksar, Heyman), so that also the
    smallest population has all its digits.

    Args:
        rates: (n, n) W_{NM} from M to N; the diagonal is not used.

    Raises:
        PredictionError: a rate is negative, as of a series used too far from the attractor, or levels are disconnected.

    >>> balance_populations(np.array([[0.0, 3.0], [1.0, 0.0]])).tolist()
    [0.75, 0.25]
    """
    if rates.min() < -ROUND_OFF * rates.max():
        to, start = np.unravel_index(int(rates.argmin()), rates.shape)
        raise PredictionError(
            f"populations: negative rate {rates.min():.3g} from level {start} to {to}; use fewer levels"
        )
    left = np.maximum(rates, 0.0)
    for k in range(len(left) - 1, 0, -1):
        down = left[:k, k].sum()
        if down == 0.0:
            raise PredictionError(f"populations: nothing leads from level {k} to those before it")
        left[k, :k] /= down
        left[:k, :k] += np.outer(left[:k, k], left[k, :k])
    p = np.ones(len(left))
    for k in range(1, len(left)):
        p[k] = left[k, :k] @ p[:k]
    out: RealArray = p / p.sum()
    return out


def balance_relaxation(rates: RealArray) -> float:
    """Slowest relaxation rate of (23) in units of κ.

    >>> float(balance_relaxation(np.array([[0.0, 3.0], [1.0, 0.0]])))
    4.0
    """
    return float(np.sort(-np.linalg.eigvals(balance_generator(rates)).real)[1])


def effective_occupation(populations: npt.ArrayLike) -> RealArray:
    """N_eff(n) = p_{n+1}/(p_n - p_{n+1}), the Bose number that the ratio of neighbours belongs to.

    Negative where the higher level holds more, as at the top of a well that is cut there.

    >>> effective_occupation([0.5, 0.25, 0.125]).tolist()
    [1.0, 1.0]
    """
    p = np.asarray(populations, dtype=np.float64)
    return p[1:] / (p[:-1] - p[1:])


def well_populations(
    lam: float, beta: float, attractor: Attractor, n_th: float, levels: int | None = None
) -> RealArray:
    """Populations of the levels of one attractor by (23) restricted to them, summing to one.

    Args:
        levels: how many levels of the well; all by default.

    Raises:
        ParameterError, PredictionError, CutoffError: as :func:`duffing_levels` and :meth:`DuffingLevels.well`.

    >>> [round(float(p), 6) for p in well_populations(0.016, 4 / 75, "HAS", 0.0, levels=25)[:3]]
    [0.687602, 0.21492, 0.067097]
    """
    found = duffing_levels(lam, beta)
    own = found.well(attractor, levels)
    return balance_populations(transition_rates(found.elements(own), n_th))


def series_populations(
    series: PerturbedLevels, n_th: float, order: int, levels: int | None = None
) -> RealArray:
    """Populations by (23) with every W_{NM} a series cut strictly at a power of sqrt(λ), summing to one.

    Order 0 gives p_{n+1}/p_n = N̄/(1+N̄), (25); order 1 adds nothing.

    Args:
        levels: the first of the series to use; by default all before the first with a negative rate to or from it, where
            the series has long lost its meaning.

    Raises:
        ParameterError: n_th < 0, or the order or levels are not within the series.
        PredictionError: a rate between the levels asked for is negative.

    >>> from wellhop.analysis.duffing_perturbation import perturbed_levels
    >>> series = perturbed_levels(undamped_frame(0.016, 4 / 75, "HAS"), order=2, levels=25)
    >>> [round(float(effective_occupation(series_populations(series, 0.0, q))[0]), 6) for q in (0, 2)]
    [0.455442, 0.454641]
    """
    photons = finite_real("n_th", n_th, minimum=0.0)
    if isinstance(order, bool) or not isinstance(order, (int, np.integer)) or not 0 <= order <= series.order:
        raise ParameterError("order", order, f"an integer from 0 to {series.order}")
    rates: RealArray = series.rate_terms(photons)[: order + 1].sum(axis=0)
    count = _positive_levels(rates) if levels is None else levels
    if isinstance(count, bool) or not isinstance(count, (int, np.integer)) or not 1 <= count <= len(rates):
        raise ParameterError("levels", levels, f"an integer from 1 to {len(rates)}")
    return balance_populations(rates[:count, :count])


def _positive_levels(rates: RealArray) -> int:
    """Levels before the first with a negative rate to or from a lower one."""
    bad = np.minimum(rates, rates.T) < -ROUND_OFF * rates.max()
    first = np.flatnonzero(np.tril(bad).any(axis=1))
    return int(first[0]) if first.size else len(rates)
