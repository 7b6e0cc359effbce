"""Directed rates among three wells of the two-photon-driven Kerr oscillator, from slow eigenmodes.

    k_v: vacuum -> (bright + or bright -), total        lam_e = k_v + k_b       (even sector)
    k_b: each bright state -> vacuum                    lam_o = k_b + 2 k_d     (odd sector)
    k_d: direct, bright + <-> bright -

The even slow mode is affine in the probability of reaching a bright state before the vacuum: with its left
eigenoperator l (of the ADJOINT generator), l_v = <0|l|0> and l_b = <α_b|l|α_b>,

    π_b = -l_v/(l_b - l_v),      k_v = lam_e π_b,      k_b = lam_e (1 - π_b),      k_d = (lam_o - k_b)/2.

k_v is never lam_e - lam_o: that difference is below the error of the split, and can be negative. The split is
good to about 1 %, so that k_d, 1e-4 ... 4e-2 of k_b, may come out slightly negative when S/U < 5.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from wellhop.analysis.liouvillian import (
    ComplexMatrix,
    SlowRate,
    generator_modes,
    generator_steady_state,
    sector_index,
    superoperator,
)
from wellhop.analysis.twa_generator import twa_generator
from wellhop.engine.errors import CutoffError, ModelError, SpectrumError
from wellhop.engine.fock import coherent_state, parity_signs
from wellhop.engine.systems.kerr_two_photon_drive import KerrTwoPhotonDrive

Generator = Literal["exact", "twa"]
Parity = Literal["even", "odd"]
PARITIES: tuple[Parity, ...] = ("even", "odd")

#: Fock states beyond which the sparse factors no longer fit comfortably; there the rates are below the floor
#: of double precision anyway, and the actions take over.
LARGEST_CUTOFF = 220
#: Share of the stationary state in the four highest levels above which the cut-off is too small.
LARGEST_TAIL = 1e-6


@dataclass(frozen=True)
class SlowSpectrum:
    """Slowest real mode of either parity, and the stationary photon number.

    Attributes:
        modes: by parity, the slowest real mode with its eigenoperators and its round-off bound, or the error
            that says why there is none.
        photons: stationary <a†a>.
        generator: ``exact`` or ``twa``. cutoff: Fock states used.
        tail: stationary population in the four highest Fock levels.
    """

    modes: dict[Parity, SlowRate | SpectrumError]
    photons: float
    generator: Generator
    cutoff: int
    tail: float

    @property
    def even(self) -> SlowRate:
        """Mode of lam_e.

        Raises:
            SpectrumError: no slow even mode is real.
        """
        return self._mode("even")

    @property
    def odd(self) -> SlowRate:
        """Mode of lam_o.

        Raises:
            SpectrumError: no slow odd mode is real.
        """
        return self._mode("odd")

    def _mode(self, parity: Parity) -> SlowRate:
        found = self.modes[parity]
        if isinstance(found, SpectrumError):
            raise found
        return found


@dataclass(frozen=True)
class DirectedRates:
    """Rates among vacuum and bright wells, unit of a rate.

    Attributes:
        k_v: vacuum -> either bright state. k_b: one bright state -> vacuum. k_d: bright -> other bright, direct.
        bright_weight: π_b = k_v/(k_v + k_b), stationary probability of the bright pair.
        spectrum: the slow modes they come from.
    """

    k_v: float
    k_b: float
    k_d: float
    bright_weight: float
    spectrum: SlowSpectrum

    @property
    def lam_e(self) -> float:
        """Slow even eigenvalue, k_v + k_b."""
        return self.spectrum.even.value

    @property
    def lam_o(self) -> float:
        """Slow odd eigenvalue, k_b + 2 k_d."""
        return self.spectrum.odd.value

    @property
    def resolved(self) -> bool:
        """Whether both eigenvalues exceed their bounds on round-off."""
        return self.spectrum.even.resolved and self.spectrum.odd.resolved

    @property
    def weight_error(self) -> float:
        """Bound on the absolute round-off error of ``bright_weight``, that of lam_e relative to lam_e.

        The rarer direction is lost first: k_v is uncertain by weight_error/π_b, k_b by weight_error/(1 - π_b).
        """
        return self.spectrum.even.resolution / abs(self.spectrum.even.value)

    def __str__(self) -> str:
        """One line for people."""
        return f"k_v {self.k_v:.6g}, k_b {self.k_b:.6g}, k_d {self.k_d:.3g} ({self.spectrum.generator})"


def slow_spectrum(
    system: KerrTwoPhotonDrive, generator: Generator = "exact", *, cutoff: int | None = None
) -> SlowSpectrum:
    """Slow modes of both parities.

    Args:
        system: the parameters, in any region. generator: ``exact`` (Liouvillian) or ``twa``.
        cutoff: Fock states; the system's own if None.

    Raises:
        CutoffError: more Fock states needed than can be handled, or too few given.
        ModelError: unknown generator.
        SpectrumError: the iteration does not converge, or there are several steady states. (A parity without
            a real slow mode, as in a lone vacuum well, is refused when it is asked for.)

    >>> found = slow_spectrum(KerrTwoPhotonDrive(-1.0, 3.0, 1.0))  # cat region: only the odd mode is slow
    >>> print(f"{found.odd.value:.4e}")
    4.0701e-03
    """
    if generator not in ("exact", "twa"):
        raise ModelError(f"generator: got {generator!r}, allowed is one of exact, twa")
    n = system.default_cutoff() if cutoff is None else cutoff
    if n > LARGEST_CUTOFF:
        raise CutoffError(
            f"slow modes: {n} Fock states, allowed are {LARGEST_CUTOFF}; use a larger U, or the actions for small U"
        )
    model = system.lindblad(n)
    full = superoperator(model) if generator == "exact" else twa_generator(system.oscillator(), n)
    signs = parity_signs(n)
    index = {parity: sector_index(model, parity, signs) for parity in PARITIES}
    populations = np.diag(generator_steady_state(full, n, index["even"])).real
    modes: dict[Parity, SlowRate | SpectrumError] = {}
    for parity in PARITIES:
        found = generator_modes(full, n, index[parity], parity)
        try:
            modes[parity] = found.slowest_real()
        except SpectrumError as error:
            modes[parity] = error
    return SlowSpectrum(
        modes=modes,
        photons=float(np.arange(n) @ populations),
        generator=generator,
        cutoff=n,
        tail=float(np.abs(populations[-4:]).sum()),
    )


def directed_rates(
    system: KerrTwoPhotonDrive,
    generator: Generator = "exact",
    *,
    cutoff: int | None = None,
    spectrum: SlowSpectrum | None = None,
) -> DirectedRates:
    """k_v, k_b and k_d of the exact Liouvillian or of the truncated-Wigner generator.

    Args:
        system: the parameters, bistable. generator, cutoff: as in :func:`slow_spectrum`.
        spectrum: its result, if already known.

    Raises:
        PredictionError: no bistability. CutoffError, ModelError: as in :func:`slow_spectrum`.
        SpectrumError: as there, or the slow even mode does not tell wells apart.

    >>> rates = directed_rates(KerrTwoPhotonDrive(-10.0, 3.2, 1.0))
    >>> print(f"{rates.k_v:.4e} {rates.k_b:.4e} {rates.lam_e:.5e} {rates.lam_o:.5e}")
    6.6354e-05 1.3057e-03 1.37206e-03 1.37302e-03
    """
    system.require_bistable("directed rates")
    slow = slow_spectrum(system, generator, cutoff=cutoff) if spectrum is None else spectrum
    weight = bright_weight(slow.even.left, system.amplitude("bright"))
    margin = slow.even.resolution / abs(slow.even.value)
    if not -margin < weight < 1.0 + margin:
        raise SpectrumError(
            f"directed rates: the slow even mode gives a bright weight of {weight:.3g}; U is too large for wells, "
            "or the rates are below round-off"
        )
    k_b = slow.even.value * (1.0 - weight)
    return DirectedRates(slow.even.value * weight, k_b, 0.5 * (slow.odd.value - k_b), weight, slow)


def bright_weight(left: ComplexMatrix, alpha_b: complex) -> float:
    """π_b = -l_v/(l_b - l_v) of the Hermitian left eigenoperator of the slow even mode.

    Args:
        left: (n, n) eigenoperator of the adjoint generator, with Tr(left ρ_ss) = 0. Its complex conjugate
            (from a plain transpose) is evaluated at the wrong phase of α_b.
        alpha_b: amplitude of a bright state.
    """
    bright = coherent_state(alpha_b, left.shape[0])
    l_v = float(left[0, 0].real)
    l_b = float(np.vdot(bright, left @ bright).real)
    return -l_v / (l_b - l_v)
