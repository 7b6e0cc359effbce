"""Resonator with a two-photon drive whose only loss is in pairs: parity is conserved exactly.

    H = -Δ a†a + (iG/2)(a†² - a²),      L = sqrt(η) a²,  and optionally  sqrt(κ₁) a                 (1), (2)
    dα/dt = iΔ α + G α* - η|α|²α - (κ₁/2) α                                                          (20)

Without one-photon loss the fixed points are ±α₀ = ±sqrt(s/η) sqrt((s + iΔ)/G) with s = sqrt(G² - Δ²), and the
saddle 0 with eigenvalues ±s. At ±α₀ the eigenvalue -2s is double and, for Δ ≠ 0, defective: relaxation there is
(A + Bt) e^{-2st}.

Mylnikov, Potashin, Kamenev, "Qubit decoherence in dissipative two-photon resonator: real-time instantons and
Wigner function", Eqs. (1), (2), (20), (21); the term in κ₁ is ours.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from wellhop.engine.errors import CutoffError, ParameterError, PredictionError
from wellhop.engine.lindblad import LindbladModel
from wellhop.engine.oscillator import Oscillator, finite_real

#: Largest size of a parameter; beyond, squares and quotients overflow.
LARGEST = 1e60


@dataclass(frozen=True)
class TwoPhotonResonator:
    """Parameters of the two-photon resonator, all in one unit of a rate.

    Args:
        G: two-photon drive > 0.
        Delta: detuning Δ, any sign; two wells for |Δ| < G.
        eta: two-photon loss rate η > 0.
        kappa_1: one-photon loss rate κ₁ >= 0, of the energy.

    Raises:
        ParameterError: a parameter is not a finite number or outside its range.

    >>> system = TwoPhotonResonator(G=4.0, Delta=1.0)
    >>> system.bistable, round(system.s, 6), complex(np.round(system.alpha0, 6))
    (True, 3.872983, (1.952304+0.247975j))
    """

    G: float
    Delta: float
    eta: float = 1.0
    kappa_1: float = 0.0

    name: ClassVar[str] = "two_photon_resonator"
    title: ClassVar[str] = "Two-photon driven-dissipative resonator"
    reference: ClassVar[str] = (
        "Mylnikov, Potashin, Kamenev: Qubit decoherence in dissipative two-photon resonator: real-time instantons and "
        "Wigner function"
    )
    attractors: ClassVar[tuple[str, ...]] = ("+alpha0", "-alpha0")
    order_parameter: ClassVar[str] = "Re(conj(alpha0) a)"
    symmetric: ClassVar[bool] = True

    def __post_init__(self) -> None:
        """Check every parameter."""
        for name in ("G", "Delta", "eta", "kappa_1"):
            strict = name in ("G", "eta")
            minimum = -np.inf if name == "Delta" else 0.0
            value = finite_real(name, getattr(self, name), minimum=minimum, strict=strict)
            if abs(value) > LARGEST or (strict and value < 1.0 / LARGEST):
                raise ParameterError(name, value, f"a number of size {1.0 / LARGEST:g} ... {LARGEST:g}")
            object.__setattr__(self, name, value)

    @property
    def bistable(self) -> bool:
        """Whether the two wells ±α₀ exist: |Δ| < G, with one-photon loss κ₁/2 < sqrt(G² - Δ²) as well."""
        return abs(self.Delta) < self.G and 0.5 * self.kappa_1 < self._root()

    @property
    def s(self) -> float:
        """sqrt(G² - Δ²), unit of a rate; (21).

        Raises:
            PredictionError: |Δ| >= G, where there is one well only.
        """
        if abs(self.Delta) >= self.G:
            raise PredictionError(
                f"two wells: none at |Delta| = {abs(self.Delta):g} >= G = {self.G:g}; use |Delta| < G"
            )
        return self._root()

    @property
    def alpha0(self) -> complex:
        """Right-hand fixed point without one-photon loss; the other one is -α₀; (21).

        With κ₁ both keep their direction and |α|² = (s - κ₁/2)/η, see :meth:`oscillator`.

        Raises:
            PredictionError: |Δ| >= G.
        """
        # s/G and Δ/G first: neither product of two parameters can overflow then.
        direction = np.sqrt(complex(self.s / self.G, self.Delta / self.G))
        return complex(np.sqrt(self.s / self.eta) * direction)

    def mean_field(self, alpha: complex) -> complex:
        """dα/dt with all moments factorised, -(κ₁/2) α included; (20).

        >>> system = TwoPhotonResonator(4.0, 1.0)
        >>> abs(system.mean_field(system.alpha0)) < 1e-13
        True
        """
        return self.oscillator().mean_field_drift(alpha)

    def oscillator(self) -> Oscillator:
        """The same system as a member of the oscillator family: detuning = -Δ, drive_2 = iG, kappa_2 = η."""
        return Oscillator(detuning=-self.Delta, drive_2=1j * self.G, kappa_1=self.kappa_1, kappa_2=self.eta)

    def default_cutoff(self) -> int:
        """Fock states, 24 + 2.2 G/η of either parity: enough for every rate to round-off.

        Raises:
            CutoffError: more photons than any Fock space can hold.

        >>> TwoPhotonResonator(4.0, 1.0).default_cutoff()
        66
        """
        photons = self.G / self.eta
        if not photons < 1e12:
            raise CutoffError(
                f"cutoff: G/eta = {photons:.3g} photons in a well, no Fock space holds them; use a larger eta"
            )
        return 2 * int(np.ceil(24.0 + 2.2 * photons))

    def lindblad(self, cutoff: int | None = None) -> LindbladModel:
        """The model in Fock space.

        Args:
            cutoff: Fock states; :meth:`default_cutoff` by default.

        Raises:
            ParameterError: the cutoff is not an integer >= 2.
            CutoffError: too few Fock states to hold the wells.
        """
        if cutoff is None:
            return self.oscillator().lindblad(self.default_cutoff())
        if isinstance(cutoff, bool) or not isinstance(cutoff, (int, np.integer)) or cutoff < 2:
            raise ParameterError("cutoff", cutoff, "an integer >= 2")
        photons = self._root() / self.eta if abs(self.Delta) < self.G else 0.0
        smallest = int(np.ceil(photons + 4.0 * np.sqrt(photons) + 8.0))
        if cutoff < smallest:
            raise CutoffError(
                f"cutoff: got {cutoff}, allowed is >= {smallest} for {photons:.4g} photons; "
                f"use cutoff {self.default_cutoff()}"
            )
        return self.oscillator().lindblad(int(cutoff))

    def _root(self) -> float:
        """sqrt(G² - Δ²) without cancellation or overflow, for |Δ| <= G."""
        return float(np.sqrt(self.G - abs(self.Delta)) * np.sqrt(self.G + abs(self.Delta)))
