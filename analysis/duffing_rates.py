"""Directed rates between the two attractors of the driven Duffing oscillator, from the slow mode of a generator.

With R and C the right and left slow eigenoperators (Hermitian, Tr(C R) = 1, Tr(C ρ_ss) = 0), C is affine in the probability
of ending in LAS. At the coherent states of the classical attractors it has the values q_j = <α_j|C|α_j>, and

    p_L = q_H/(q_H - q_L),    Γ(L→H) = gap (1 - p_L),    Γ(H→L) = gap p_L,    ρ_H = ρ_ss + q_H R,    ρ_L = ρ_ss + q_L R

p_L is the stationary weight of LAS. Half of the gap each way would hold for equal wells only; here one rate can be hundreds of
times the other. The generator is the Liouvillian (quantum jumps) or the truncated-Wigner one (Langevin trajectories); at low
temperature their rates out of LAS have different exponents.

How well the split is known is judged by a second reading of C. Exact: by its extreme eigenvalues, between which C lies on
states. Truncated Wigner, whose C is bounded on no state: by undoing the smoothing with a coherent state to first order,
C_W = (1 - ∇²/8) <α|C|α>. The truncated Wigner equation knows λ and n_th as λ(2 n_th + 1) only.

At weak damping and large λ the wells hybridise (resonant tunnelling): the gap grows, p_L may come out negative.

Feng, Guo, "Quantum dissipative dynamics of a driven Duffing oscillator near attractors", Eqs. (2), (7); the reading of the slow
mode is ours, after Macieszczak, Guţă, Lesanovsky, Garrahan, Phys. Rev. Lett. 116, 240404 (2016).
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from wellhop.analysis.directed_rates import LARGEST_CUTOFF, LARGEST_TAIL, Generator
from wellhop.analysis.liouvillian import (
    ComplexMatrix,
    SlowRate,
    generator_modes,
    generator_steady_state,
    superoperator,
)
from wellhop.analysis.twa_generator import twa_generator
from wellhop.engine.errors import CutoffError, ModelError, PredictionError, SpectrumError
from wellhop.engine.fock import coherent_state
from wellhop.engine.systems.duffing_attractors import DuffingAttractors

#: Largest gap over the next real decay rate at which the two wells are metastable.
LARGEST_RATIO = 0.05
#: A weight outside 0 ... 1 by more than this is no error of the split: there are no two wells.
LARGEST_OVERSHOOT = 1e-3
#: Fock states beyond m for the exact generator, in units of sqrt(m (1 + 2 n_th)) for m photons at the outermost attractor.
EXACT_WIDTHS = 7.5
#: Photons of the outermost attractor below which there are no two wells, whatever the mean field says.
FEWEST_PHOTONS = 1.0
#: Share of Fock states that truncated Wigner is given where it shows no slow mode.
WIDER = 1.5
#: Spectra kept in memory.
KEPT = 64
#: How two wells are lost.
_HOW: Mapping[Generator, str] = {"exact": "the wells hybridise", "twa": "the wells have merged in the noise"}
#: Step of the second derivatives of <α|C|α>.
_STEP = 0.3


@dataclass(frozen=True)
class DuffingSpectrum:
    """Slow mode and stationary state of one generator.

    Attributes:
        mode: the slowest real mode; ``mode.value`` is the gap.
        steady: (n, n) stationary operator, trace 1 (not positive for truncated Wigner).
        generator: ``exact`` or ``twa``. cutoff: Fock states n.
    """

    mode: SlowRate
    steady: ComplexMatrix
    generator: Generator
    cutoff: int

    @property
    def photons(self) -> float:
        """Stationary <a†a>; for truncated Wigner E|α|² - 1/2."""
        return _photons(self.steady)

    @property
    def tail(self) -> float:
        """Stationary population of the four highest Fock states."""
        return float(np.abs(np.diag(self.steady).real[-4:]).sum())

    @property
    def ratio(self) -> float:
        """Gap over the next real decay rate; NaN where no second real mode is found."""
        following = self.mode.next_real_rate
        return float("nan") if following is None else self.mode.value / following

    @property
    def metastable(self) -> bool:
        """Whether that ratio is small enough for two long-lived wells."""
        return self.ratio < LARGEST_RATIO


@dataclass(frozen=True)
class DuffingRates:
    """One-way rates between LAS and HAS, unit of a rate.

    Attributes:
        k_lh: LAS -> HAS. k_hl: HAS -> LAS.
        weight_las: p_L, stationary weight of LAS. weight_check: the same by the second reading of the slow mode.
        state_las, state_has: (n, n) metastable density matrices, trace 1.
        spectrum: what they come from.
    """

    k_lh: float
    k_hl: float
    weight_las: float
    weight_check: float
    state_las: ComplexMatrix
    state_has: ComplexMatrix
    spectrum: DuffingSpectrum

    @property
    def gap(self) -> float:
        """Decay rate of the difference of the two populations, k_lh + k_hl."""
        return self.spectrum.mode.value

    @property
    def weight_error(self) -> float:
        """Absolute error of p_L: difference of the two readings, and round-off of the mode."""
        mode = self.spectrum.mode
        return max(abs(self.weight_check - self.weight_las), mode.resolution / abs(mode.value))

    @property
    def photons_las(self) -> float:
        """<a†a> in LAS."""
        return _photons(self.state_las)

    @property
    def photons_has(self) -> float:
        """<a†a> in HAS."""
        return _photons(self.state_has)

    def __str__(self) -> str:
        """One line for people."""
        return f"LAS -> HAS {self.k_lh:.6g}, HAS -> LAS {self.k_hl:.6g}, weight of LAS {self.weight_las:.5g}"


def duffing_spectrum(
    system: DuffingAttractors, generator: Generator = "exact", *, cutoff: int | None = None
) -> DuffingSpectrum:
    """Slow mode of the Liouvillian or of the truncated-Wigner generator, bistable or not.

    Args:
        system: the parameters; dephasing for ``exact`` only. generator: ``exact`` or ``twa``.
        cutoff: Fock states; the system's own if None, which gives every rate to about 1e-6.

    Raises:
        ModelError: an unknown generator, or dephasing with ``twa``.
        CutoffError: more Fock states needed than can be handled, or too few given.
        SpectrumError: no real slow mode, or no unique stationary state to double precision.

    >>> found = duffing_spectrum(DuffingAttractors(0.1, 4 / 75, 0.1))
    >>> print(f"{found.mode.value / 0.2:.5f} {found.photons:.5f} {found.metastable}")
    0.03357 4.54343 True
    """
    if generator not in ("exact", "twa"):
        raise ModelError(f"generator: got {generator!r}, allowed is one of exact, twa")
    if generator == "twa" and system.eta != 0.0:
        raise ModelError(
            f"truncated Wigner: got eta = {system.eta:g}, allowed is 0: there is no truncated-Wigner generator with dephasing; "
            "Langevin trajectories do run with it"
        )
    if cutoff is not None:
        return _spectrum(system, generator, int(cutoff))
    usual = _usual_cutoff(system, generator)
    try:
        return _spectrum(system, generator, usual)
    except SpectrumError:
        # at weak damping the truncated Wigner function reaches further: the slow mode appears with more states
        if generator == "exact" or int(WIDER * usual) > LARGEST_CUTOFF:
            raise
        wider = int(WIDER * usual)
        try:
            return _spectrum(system, generator, wider)
        except SpectrumError as error:
            raise SpectrumError(
                f"truncated Wigner: no slow mode has converged at {usual} or {wider} Fock states, as happens at weak damping; use "
                "a larger khat, a smaller lam, or a cutoff of your own from Python"
            ) from error


def _usual_cutoff(system: DuffingAttractors, generator: Generator) -> int:
    """Fock states that keep every rate to about 1e-6; truncated Wigner, not positive, needs those of the system."""
    usual = system.default_cutoff()
    if generator == "twa":
        return usual
    photons = system.photon_roots()[-1] / (2.0 * system.lam)
    # the lower limit is that of LindbladModel for next to no photons
    wide = EXACT_WIDTHS * np.sqrt(photons * (1.0 + 2.0 * system.n_th)) + 6.0
    return min(usual, int(np.ceil(photons + max(wide, 4.0 * np.sqrt(photons) + 8.0, system.thermal_levels()))))


@functools.lru_cache(maxsize=KEPT)
def _spectrum(system: DuffingAttractors, generator: Generator, n: int) -> DuffingSpectrum:
    """The same at a given cut-off; kept, for predictions, time scales and figures ask for the same points."""
    if n > LARGEST_CUTOFF:
        raise CutoffError(
            f"slow modes: {n} Fock states, allowed are {LARGEST_CUTOFF}; use a larger lam, or the actions for small lam"
        )
    model = system.lindblad(n)
    full = superoperator(model) if generator == "exact" else twa_generator(system.oscillator(), n)
    everything = np.arange(n * n)
    mode = generator_modes(full, n, everything, "all").slowest_real()
    return DuffingSpectrum(mode, generator_steady_state(full, n, everything), generator, n)


def duffing_rates(
    system: DuffingAttractors,
    generator: Generator = "exact",
    *,
    cutoff: int | None = None,
    spectrum: DuffingSpectrum | None = None,
) -> DuffingRates:
    """Γ(L→H), Γ(H→L), weights and metastable states.

    Args:
        system: the parameters, bistable. generator, cutoff: as in :func:`duffing_spectrum`.
        spectrum: its result, if already known; then the two before are not used.

    Raises:
        PredictionError: no bistability, hybridised wells (p_L outside 0 ... 1), or less than one photon in all.
        ModelError, CutoffError, SpectrumError: as in :func:`duffing_spectrum`.

    >>> rates = duffing_rates(DuffingAttractors(0.06, 4 / 75, 0.1))
    >>> print(f"{rates.k_lh / 0.2:.5e} {rates.k_hl / 0.2:.5e} {rates.weight_las:.5f}")  # in units of κ
    1.10570e-03 3.81298e-04 0.25642
    """
    system.require_bistable("directed rates")
    most = abs(system.amplitude("HAS")) ** 2
    if most < FEWEST_PHOTONS:
        raise PredictionError(
            f"directed rates: HAS holds {most:.2g} photons at lam = {system.lam:g}, less than one: no two wells; use a smaller lam"
        )
    found = duffing_spectrum(system, generator, cutoff=cutoff) if spectrum is None else spectrum
    mode = found.mode
    places = system.amplitude("LAS"), system.amplitude("HAS")
    low, high = (coherent_mean(mode.left, alpha) for alpha in places)
    weight = high / (high - low)
    overshoot = max(-weight, weight - 1.0)
    # a rate below round-off leaves weights undefined; the caller is told so by SlowRate.resolved
    if mode.resolved and overshoot > LARGEST_OVERSHOOT:
        raise PredictionError(
            f"directed rates: the slow mode gives LAS a weight of {weight:.3g}: {_HOW[found.generator]}, or one is empty; gap over "
            f"next decay rate is {found.ratio:.3g}, allowed is < {LARGEST_RATIO:g}; use a larger khat or a smaller lam"
        )
    if found.generator == "exact":
        ends = np.linalg.eigvalsh(mode.left)[[0, -1]]
        low_check, high_check = (ends[0], ends[1]) if low < high else (ends[1], ends[0])
    else:
        low_check, high_check = (_sharpened(mode.left, alpha) for alpha in places)
    return DuffingRates(
        k_lh=mode.value * (1.0 - weight),
        k_hl=mode.value * weight,
        weight_las=weight,
        weight_check=float(high_check / (high_check - low_check)),
        state_las=found.steady + low * mode.right,
        state_has=found.steady + high * mode.right,
        spectrum=found,
    )


def coherent_mean(operator: ComplexMatrix, alpha: complex) -> float:
    """<α|A|α> of a Hermitian (n, n) operator.

    >>> round(coherent_mean(np.diag(np.arange(30.0)).astype(complex), 1.5j), 9)
    2.25
    """
    state = coherent_state(alpha, operator.shape[0])
    return float(np.vdot(state, operator @ state).real)


def _sharpened(operator: ComplexMatrix, alpha: complex) -> float:
    """The Weyl symbol at α to first order in the smoothing, (1 - ∇²/8) <α|A|α>."""
    here = coherent_mean(operator, alpha)
    around = sum(coherent_mean(operator, alpha + _STEP * turn) for turn in (1.0, -1.0, 1j, -1j))
    return here - (around - 4.0 * here) / (8.0 * _STEP**2)


def _photons(state: ComplexMatrix) -> float:
    """Tr(a†a ρ)."""
    return float(np.arange(state.shape[0]) @ np.diag(state).real)


def split_notes(rates: DuffingRates) -> list[str]:
    """What to keep in mind of a split: wells that are not metastable, a cut-off that is too small, round-off.

    Empty where the rates may be set against a measurement.
    """
    spectrum, notes = rates.spectrum, []
    if not spectrum.mode.resolved:
        notes.append(f"below {spectrum.mode.resolution:.1g}: round-off; use a larger lam")
    elif not spectrum.metastable:
        notes.append(
            f"gap over next decay rate is {spectrum.ratio:.2g}, allowed is < {LARGEST_RATIO:g}: no separation of time scales"
        )
    if spectrum.tail > LARGEST_TAIL:
        notes.append(f"population {spectrum.tail:.1g} at the end of the Fock space")
    return notes
