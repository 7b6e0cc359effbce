"""Kerr-cat double well: H = -K a†²a² + ε₂(a†² + a²) with thermal one-photon loss.

Su, Cortiñas, Venkatraman, Puri, "Unraveling the switching dynamics in a quantum double-well potential",
Eqs. (1)-(21). The two wells are the coherent states |±α>, α = sqrt(ε₂/K), both exact eigenstates at the
HIGHEST energy E₀ = ε₂²/K. Manifold n = 0, 1, 2, ... counts downward in energy and holds one level of each
photon-number parity.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import ClassVar

import numpy as np
import numpy.typing as npt
from scipy.linalg import eigh_tridiagonal

from wellhop.engine.errors import CutoffError, ParameterError
from wellhop.engine.lindblad import LindbladModel
from wellhop.engine.oscillator import Oscillator, finite_real

RealMatrix = npt.NDArray[np.float64]
#: Fock states beyond which nothing is computed: the wells hold more photons than any Kerr-cat, mostly by a mistaken unit
MOST_LEVELS = 1200


@dataclass(frozen=True)
class Manifolds:
    """The highest ``count`` pairs of levels, ordered downward in energy.

    Attributes:
        even, odd: (cutoff, count) real Fock amplitudes of ψ_n^±, phases such that <ψ_n^+|a + a†|ψ_n^-> > 0.
        energy_even, energy_odd: (count,) E_n^±, unit of K.
        splitting: (count,) δ_n = E_n^+ - E_n^-, with δ_0 = 0 exactly.
    """

    even: RealMatrix
    odd: RealMatrix
    energy_even: npt.NDArray[np.float64]
    energy_odd: npt.NDArray[np.float64]
    splitting: npt.NDArray[np.float64]

    @property
    def count(self) -> int:
        """Number M of manifolds."""
        return int(self.splitting.size)

    @property
    def energy(self) -> npt.NDArray[np.float64]:
        """(M,) mean energy of each manifold, (E_n^+ + E_n^-)/2."""
        return 0.5 * (self.energy_even + self.energy_odd)

    @property
    def basis(self) -> RealMatrix:
        """(cutoff, 2M) orthonormal columns ψ_0^+ ... ψ_{M-1}^+, ψ_0^- ... ψ_{M-1}^-."""
        return np.hstack([self.even, self.odd])

    @property
    def wells(self) -> tuple[RealMatrix, RealMatrix]:
        """Right and left well states r_n, l_n = (ψ_n^+ ± ψ_n^-)/√2, (cutoff, M) each; Eqs. (20), (21)."""
        return (self.even + self.odd) / np.sqrt(2.0), (self.even - self.odd) / np.sqrt(2.0)

    def order_parameter(self) -> RealMatrix:
        """X = Σ_n |r_n><r_n| - |l_n><l_n|, (2M, 2M) in :attr:`basis`; Eq. (53)."""
        eye, zero = np.eye(self.count), np.zeros((self.count, self.count))
        return np.block([[zero, eye], [eye, zero]])

    def manifold_population(self, n: int = 0) -> RealMatrix:
        """P_n = |ψ_n^+><ψ_n^+| + |ψ_n^-><ψ_n^-|, (2M, 2M) in :attr:`basis`."""
        diagonal = np.zeros(2 * self.count)
        diagonal[[n, n + self.count]] = 1.0
        return np.diag(diagonal)


@dataclass(frozen=True)
class KerrCat:
    """Parameters of the Kerr-cat double well; every rate in the unit of K.

    Args:
        eps2: two-photon drive ε₂ > 0.
        kappa: one-photon loss rate κ > 0.
        n_th: thermal occupation >= 0.
        K: Kerr constant > 0.

    Raises:
        ParameterError: a parameter is not a number or outside its range.

    >>> system = KerrCat(eps2=4.0, kappa=0.1, n_th=0.02)
    >>> system.alpha, system.default_cutoff()
    (2.0, 58)
    """

    eps2: float
    kappa: float
    n_th: float
    K: float = 1.0

    name: ClassVar[str] = "kerr_cat_staircase"
    title: ClassVar[str] = "Kerr-cat double well"
    reference: ClassVar[str] = "Su, Cortiñas, Venkatraman, Puri: Unraveling the switching dynamics"
    attractors: ClassVar[tuple[str, ...]] = ("right", "left")
    order_parameter: ClassVar[str] = "X = sum_n |r_n><r_n| - |l_n><l_n|"
    symmetric: ClassVar[bool] = True

    def __post_init__(self) -> None:
        """Check every parameter."""
        for field in fields(self):
            strict = field.name != "n_th"
            value = finite_real(field.name, getattr(self, field.name), minimum=0.0, strict=strict)
            object.__setattr__(self, field.name, value)

    @property
    def alpha(self) -> float:
        """Amplitude of the wells, sqrt(ε₂/K)."""
        return float(np.sqrt(self.eps2 / self.K))

    @property
    def well_energy(self) -> float:
        """Energy of |±α>, E₀ = ε₂²/K; Eq. (2)."""
        return self.eps2**2 / self.K

    def oscillator(self) -> Oscillator:
        """The same system as a member of the oscillator family: kerr = -2K, drive_2 = 2ε₂."""
        return Oscillator(
            kerr=-2.0 * self.K, drive_2=2.0 * self.eps2, kappa_1=self.kappa, n_thermal=self.n_th
        )

    def default_cutoff(self) -> int:
        """Fock states that leave the rate unchanged to 1e-11: 46 + 3 ε₂/K rounded up to even, at least 52.

        Raises:
            CutoffError: more than 1200 would be needed, at ε₂/K above 384.
        """
        needed = 46.0 + 3.0 * (self.eps2 / self.K)
        self._demand_affordable(needed)
        return max(52, 2 * int(np.ceil(needed / 2.0)))

    def default_manifolds(self) -> int:
        """Manifolds that converge the rate: 16, or 12 more than fit into a well (ε₂/(πK)) for deep wells."""
        return max(16, 12 + int(np.ceil(self.eps2 / (np.pi * self.K))))

    def lindblad(self, cutoff: int | None = None) -> LindbladModel:
        """The full model in Fock space."""
        return self.oscillator().lindblad(self._cutoff(cutoff))

    def displacements(self) -> npt.NDArray[np.float64]:
        """(n_channels,) β = -sqrt(rate) α; under L + β the right well clicks by intra-well hops only."""
        rates = [self.kappa * (1.0 + self.n_th), self.kappa * self.n_th]
        return np.array([-np.sqrt(rate) * self.alpha for rate in rates if rate > 0.0])

    def manifolds(self, count: int | None = None, cutoff: int | None = None) -> Manifolds:
        """Diagonalise both parity sectors; each is real, symmetric and tridiagonal.

        Args:
            count: number M of manifolds, :meth:`default_manifolds` if None.
            cutoff: Fock states N >= 2M + 20, :meth:`default_cutoff` if None.

        Raises:
            ParameterError: ``count`` is not an integer >= 1.
            CutoffError: fewer than 2M + 20 Fock states; the message names the number to use.
        """
        n = self._cutoff(cutoff)
        m = self.default_manifolds() if count is None else count
        if isinstance(m, bool) or not isinstance(m, (int, np.integer)) or m < 1:
            raise ParameterError("manifolds", m, "an integer >= 1")
        if n < 2 * m + 20:
            raise CutoffError(
                f"cutoff: got {n} for {m} manifolds, allowed is >= {2 * m + 20}; use cutoff {2 * m + 20}"
            )
        energy_even, even = self._sector(0, n, int(m))
        energy_odd, odd = self._sector(1, n, int(m))
        ladder = np.sqrt(np.arange(1.0, n))
        overlap = even[:-1].T @ (ladder[:, None] * odd[1:]) + even[1:].T @ (ladder[:, None] * odd[:-1])
        odd = odd * np.sign(np.diag(overlap))
        splitting = energy_even - energy_odd
        # Both are ε₂²/K exactly; the round-off of the difference would pass for tunnelling in deep wells.
        splitting[0] = 0.0
        return Manifolds(even, odd, energy_even, energy_odd, splitting)

    def reduced_model(self, count: int | None = None, cutoff: int | None = None) -> LindbladModel:
        """The model projected on the highest manifolds, in the basis of :class:`Manifolds`.

        H is diagonal, relative to E₀, with both ground levels at exactly 0. The jump operators are B†LB, so
        that the projected model is again a Lindblad model; what it leaves out is the weight below the lowest
        manifold kept.
        """
        levels = self.manifolds(count, cutoff)
        m, n = levels.count, levels.even.shape[0]
        energies = np.concatenate([levels.energy_even, levels.energy_odd]) - self.well_energy
        energies[[0, m]] = 0.0
        jumps = []
        for _, op in self.oscillator().channels(n):
            projected = levels.basis.T @ op @ levels.basis
            # a and a† change the parity: these blocks vanish, not only to round-off.
            projected[:m, :m] = 0.0
            projected[m:, m:] = 0.0
            jumps.append(projected)
        names = tuple(name for name, _ in self.oscillator().channels(n))
        return LindbladModel(np.diag(energies), tuple(jumps), names)

    def _cutoff(self, cutoff: int | None) -> int:
        """Given or default cut-off, refused when it cannot hold the wells."""
        if cutoff is None:
            return self.default_cutoff()
        if isinstance(cutoff, bool) or not isinstance(cutoff, (int, np.integer)):
            raise ParameterError("cutoff", cutoff, "an integer >= 22")
        size = self.alpha
        self._demand_affordable(size**2 + 4.0 * size + 8.0)
        smallest = max(22, int(np.ceil(size**2 + 4.0 * size + 8.0)))
        if cutoff < smallest:
            raise CutoffError(
                f"cutoff: got {cutoff}, allowed is >= {smallest} "
                f"for alpha^2 = {size**2:.4g}; use cutoff {self.default_cutoff()}"
            )
        return int(cutoff)

    def _demand_affordable(self, needed: float) -> None:
        """Refuse wells that need more Fock states than anything here can hold."""
        if needed > MOST_LEVELS:
            states = f"{np.ceil(needed):.0f}" if needed < 1e15 else f"{needed:.3g}"
            raise CutoffError(
                f"cutoff: eps2/K = {self.eps2 / self.K:.6g} needs N = {states} Fock states, allowed are at most "
                f"{MOST_LEVELS}; are eps2 and K in the same unit?"
            )

    def _sector(self, first: int, n: int, count: int) -> tuple[npt.NDArray[np.float64], RealMatrix]:
        """Highest ``count`` levels of the Fock sector first, first + 2, ...; energies downward."""
        k = np.arange(first, n, 2, dtype=np.float64)
        off = self.eps2 * np.sqrt((k[:-1] + 1.0) * (k[:-1] + 2.0))
        energy, vectors = eigh_tridiagonal(
            -self.K * k * (k - 1.0), off, select="i", select_range=(k.size - count, k.size - 1)
        )
        energy, vectors = energy[::-1], vectors[:, ::-1]
        largest = vectors[np.argmax(np.abs(vectors), axis=0), np.arange(count)]
        full = np.zeros((n, count))
        full[first::2] = vectors * np.sign(largest)
        return energy.copy(), full
