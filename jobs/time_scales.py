"""What lengths of trajectories are measured in: switching times of the model that an arm simulates, and relaxation times.

The model of quantum jumps is the Liouvillian, that of Langevin trajectories the truncated-Wigner generator. Their
rates set durations, sampling and first guesses; no measured number uses them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from wellhop.engine.errors import CutoffError, PredictionError, SpectrumError

if TYPE_CHECKING:
    from wellhop.engine.oscillator import Oscillator
    from wellhop.engine.systems import SwitchingSystem
    from wellhop.engine.systems.duffing_attractors import DuffingAttractors
    from wellhop.engine.systems.kerr_cat import KerrCat
    from wellhop.engine.systems.kerr_two_photon_drive import KerrTwoPhotonDrive
    from wellhop.engine.systems.two_photon_resonator import TwoPhotonResonator

#: samples per shortest switching time; the autocorrelation loses nothing to the grid at this spacing
SAMPLES_PER_SWITCHING_TIME = 10.0
#: burn-in in relaxation times: e^-10 of a start that is not stationary inside its well is left
BURN_IN_RELAXATION_TIMES = 10.0


@dataclass(frozen=True)
class TimeScales:
    """Rates of a model; NaN where they cannot be computed.

    Attributes:
        rate: slowest switching rate; ``switching_times`` count in 1/rate. Γ for two wells, min(lam_e, lam_o) for three,
            |Γ + iΩ| for a coherence between parities.
        second_rate: next rate beyond all switching rates.
        relaxation_time: inside a well.
        guesses: switching rates by name where there is more than one. problem: why there is no rate, where that is known.
    """

    rate: float
    second_rate: float
    relaxation_time: float
    guesses: Mapping[str, float] = field(default_factory=dict)
    problem: str = ""

    @property
    def missing(self) -> str:
        """What to say where a rate is needed and there is none."""
        return self.problem or "the switching rate of the model lies below round-off or needs too large a Fock space"

    @property
    def fastest(self) -> float:
        """Largest switching rate, which sets the sampling."""
        return max(self.guesses.values(), default=self.rate)


def time_scales(system: SwitchingSystem, engine: Literal["jumps", "langevin"] = "jumps") -> TimeScales:
    """Time scales of a built-in system under one engine.

    >>> from wellhop.engine.systems.kerr_two_photon_drive import KerrTwoPhotonDrive
    >>> scales = time_scales(KerrTwoPhotonDrive(-3.0, 1.8, 0.4), "langevin")
    >>> {name: round(rate, 6) for name, rate in scales.guesses.items()}, round(scales.relaxation_time, 6)
    ({'lam_e': 0.044581, 'lam_o': 0.005553}, 1.0)
    """
    from wellhop.engine.systems.duffing_attractors import DuffingAttractors
    from wellhop.engine.systems.kerr_cat import KerrCat
    from wellhop.engine.systems.kerr_two_photon_drive import KerrTwoPhotonDrive
    from wellhop.engine.systems.two_photon_resonator import TwoPhotonResonator

    if isinstance(system, TwoPhotonResonator):
        return _resonator(system) if engine == "jumps" else _twa_resonator(system)
    if isinstance(system, DuffingAttractors):
        return _duffing(system, engine)
    if not isinstance(system, KerrCat):
        assert isinstance(system, KerrTwoPhotonDrive)
        return _three_wells(system, engine)
    return _exact_kerr_cat(system) if engine == "jumps" else _twa_kerr_cat(system)


def _exact_kerr_cat(system: KerrCat) -> TimeScales:
    """Exact Γ, the second odd rate and 1/κ."""
    from wellhop.analysis.liouvillian import decay_rate

    kept = system.default_manifolds()
    model = system.reduced_model(kept, max(system.default_cutoff(), 2 * kept + 20))
    try:
        slow = decay_rate(model, parity_signs=np.repeat([1.0, -1.0], kept))
    except SpectrumError:
        return TimeScales(math.nan, math.nan, 1.0 / system.kappa)
    usable = slow.resolved and slow.value > 0.0
    second = slow.next_rate if slow.next_rate is not None else math.nan
    return TimeScales(slow.value if usable else math.nan, second, 1.0 / system.kappa)


def _twa_kerr_cat(system: KerrCat) -> TimeScales:
    from wellhop.analysis.kerr_cat_twa import twa_rate

    relaxation = mean_field_relaxation(system.oscillator())
    try:
        found = twa_rate(system)
    except (SpectrumError, CutoffError):
        return TimeScales(math.nan, math.nan, relaxation)
    return TimeScales(found.value if found.resolved else math.nan, found.next_rate, relaxation)


def _three_wells(system: KerrTwoPhotonDrive, engine: str) -> TimeScales:
    """Slow modes of either parity; in the cat region, with two wells, only the odd one is a switching rate."""
    from wellhop.analysis.directed_rates import slow_spectrum

    relaxation = mean_field_relaxation(system.oscillator())
    try:
        spectrum = slow_spectrum(system, "exact" if engine == "jumps" else "twa")
        modes = {"lam_e": spectrum.even, "lam_o": spectrum.odd}
    except (CutoffError, SpectrumError):
        return TimeScales(math.nan, math.nan, relaxation)
    if system.region == "cat":
        modes.pop("lam_e")
    if not all(mode.resolved and mode.value > 0.0 for mode in modes.values()):
        return TimeScales(math.nan, math.nan, relaxation)
    rates = {name: mode.value for name, mode in modes.items()}
    others = [mode.next_rate for mode in modes.values() if mode.next_rate is not None]
    guesses = rates if len(rates) > 1 else {}
    return TimeScales(min(rates.values()), min(others, default=math.nan), relaxation, guesses)


def _duffing(system: DuffingAttractors, engine: str) -> TimeScales:
    """Both directions; of Langevin trajectories with dephasing, whose generator does not exist, those without it."""
    from wellhop.analysis.duffing_rates import duffing_rates

    relaxation = mean_field_relaxation(system.weyl_oscillator())
    model = system if engine == "jumps" else replace(system, eta=0.0)
    try:
        found = duffing_rates(model, "exact" if engine == "jumps" else "twa")
    except (CutoffError, PredictionError, SpectrumError) as error:
        return TimeScales(math.nan, math.nan, relaxation, problem=str(error))
    slow = found.spectrum.mode
    slower = min(found.k_lh, found.k_hl)
    if not (slow.resolved and slower > 0.0):
        return TimeScales(math.nan, math.nan, relaxation, problem="the switching rate of the model lies below round-off")
    guesses = {"Gamma": slow.value, "k_LH": found.k_lh, "k_HL": found.k_hl}
    second = math.nan if slow.next_rate is None else slow.next_rate
    return TimeScales(slow.value, second, relaxation, guesses)


def _resonator(system: TwoPhotonResonator) -> TimeScales:
    """Slow modes of the odd sector. With one-photon loss a trajectory settles into a well as fast as the second of them."""
    from wellhop.analysis.resonator_modes import slow_modes

    within = 1.0 / (2.0 * system.s - system.kappa_1)
    try:
        modes = slow_modes(system)
    except (PredictionError, SpectrumError):
        return TimeScales(math.nan, math.nan, within)
    slow, second = modes.values[0], -float(modes.values[1].real)
    if not abs(slow) > modes.round_off:
        return TimeScales(math.nan, second, within)
    if system.kappa_1 > 0.0:
        return TimeScales(-float(slow.real), second, max(within, 1.0 / second))
    guesses = {"Gamma": -float(slow.real), "Omega": abs(float(slow.imag))}
    return TimeScales(float(abs(slow)), second, max(within, 1.0 / second), guesses)


def _twa_resonator(system: TwoPhotonResonator) -> TimeScales:
    """Of the angle, which is exact for ``drop`` without one-photon loss and an order of magnitude for everything else."""
    from wellhop.analysis.resonator_angle import angle_next_rate, angle_rate

    within = 1.0 / (2.0 * system.s - system.kappa_1)
    alone = replace(system, kappa_1=0.0)
    try:
        return TimeScales(angle_rate(alone), angle_next_rate(alone), within)
    except (PredictionError, SpectrumError):
        return TimeScales(math.nan, math.nan, within)


def mean_field_relaxation(oscillator: Oscillator) -> float:
    """One over the slowest rate at which a small deviation returns to an attractor of the mean field."""
    from wellhop.engine.langevin_wells import check_step

    return 1.0 / check_step(oscillator, "strang", None)[1]


def sampling(scales: TimeScales) -> float:
    """A tenth of the shortest switching time, but no less than a fraction of the first lag of the autocorrelation."""
    from wellhop.analysis.correlation import LEAST_LAG

    tenth = 1.0 / (SAMPLES_PER_SWITCHING_TIME * scales.fastest)
    lag = LEAST_LAG * scales.relaxation_time
    return tenth if tenth >= lag else lag / math.ceil(lag / tenth)


def rounded(time: float) -> float:
    """Five digits: lengths derived from an eigenvalue must not carry the round-off of one machine's linear algebra."""
    return float(f"{time:.5g}")
