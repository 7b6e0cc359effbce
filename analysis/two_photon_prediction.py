"""Every prediction for the two-photon-driven Kerr oscillator: rates, moments, actions, phase boundaries.

Where a quantity does not exist (no bistability, Fock space too large, below round-off) its value is NaN or
it is flagged, and the note says why. Rates of the quantum model and of the truncated Wigner equation (suffix
``_twa``) have different exponents for U -> 0 and are not approximations of each other there: quantum jumps
measure the former, Langevin trajectories the latter.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from wellhop.analysis.directed_rates import (
    LARGEST_TAIL,
    DirectedRates,
    Generator,
    SlowSpectrum,
    directed_rates,
    slow_spectrum,
)
from wellhop.analysis.keldysh import WeakNoiseModel
from wellhop.analysis.liouvillian import SlowRate
from wellhop.analysis.prediction import Evaluation, Method, flagged
from wellhop.analysis.steady_state import (
    SteadyMoments,
    equal_weight_boundary,
    steady_moments,
    steepest_boundary,
)
from wellhop.analysis.two_photon_actions import (
    WellActions,
    amplitude_covariance,
    ansatz_actions,
    ansatz_boundary,
    locking_angle,
    quantum_actions,
    quantum_boundary,
)
from wellhop.analysis.two_photon_instantons import (
    LARGEST_ERROR,
    Well,
    boundary_prediction,
    converged_instanton,
    instanton_details,
)
from wellhop.engine.errors import PredictionError, WellhopError
from wellhop.engine.systems.kerr_two_photon_drive import KerrTwoPhotonDrive

CONVENTION = (
    "k_v: vacuum -> (bright + or -), total; k_b: one bright state -> vacuum; k_d: bright <-> bright direct; "
    "lam_e = k_v + k_b, lam_o = k_b + 2 k_d; rates ~ exp(-S/U); gamma is the amplitude loss rate, energy decays at 2 gamma"
)

#: Next decay rate over the slow one below which no rate between wells is quoted, and below which it is noted.
LEAST_SEPARATION, CLEAR_SEPARATION = 3.0, 20.0
#: S/U below which the split into directed rates is worse than its usual 1 %.
SHALLOW = 5.0
#: Accuracy of the split of lam_e into k_v and k_b.
SPLIT_ACCURACY = 0.01
#: Relative round-off of a directed rate above which it is not quoted.
LARGEST_LOSS = 0.1


class TwoPhotonSubject:
    """What the methods look at; each generator is decomposed once, its refusal is remembered as well."""

    unit_note = "in the unit of U, delta, eps and gamma"

    def __init__(self, system: KerrTwoPhotonDrive) -> None:
        self.system = system
        self._known: dict[str, SlowSpectrum | WellhopError] = {}

    def spectrum(self, generator: Generator) -> SlowSpectrum:
        """Slow modes of a generator.

        Raises:
            CutoffError, SpectrumError: as :func:`slow_spectrum` did at the first call.
        """
        if generator not in self._known:
            try:
                self._known[generator] = slow_spectrum(self.system, generator)
            except WellhopError as error:
                self._known[generator] = error
        found = self._known[generator]
        if isinstance(found, WellhopError):
            raise found
        return found

    def rates(self, generator: Generator) -> DirectedRates:
        """Directed rates of a generator."""
        self.system.require_bistable("directed rates")
        return directed_rates(self.system, generator, spectrum=self.spectrum(generator))

    @property
    def moments(self) -> SteadyMoments:
        """Exact stationary moments."""
        return steady_moments(self.system)


def _mode_notes(mode: SlowRate) -> tuple[bool, list[str]]:
    """Whether a slow mode is a switching rate, and what to say of it."""
    if not mode.resolved:
        return False, [f"below {mode.resolution:.1g}: round-off"]
    if mode.next_rate is not None and mode.separation < LEAST_SEPARATION:
        return False, [f"next mode decays {mode.separation:.2g} times as fast: no separation of time scales"]
    if mode.next_rate is not None and mode.separation < CLEAR_SEPARATION:
        return True, [f"next mode decays only {mode.separation:.2g} times as fast: wells are approximate"]
    return True, []


def _eigenvalue(generator: Generator, parity: str) -> Callable[[TwoPhotonSubject], Evaluation]:
    """lam_e or lam_o, in every region; a switching rate only where there are wells to switch between."""

    def evaluate(subject: TwoPhotonSubject) -> Evaluation:
        spectrum = subject.spectrum(generator)
        mode = spectrum.even if parity == "even" else spectrum.odd
        region = subject.system.region
        valid, notes = _mode_notes(mode)
        if region == "vacuum" or (region == "cat" and parity == "even"):
            valid, why = (
                False,
                "only the vacuum is stable" if region == "vacuum" else "the vacuum is not a well",
            )
            notes.insert(0, f"{why}: relaxation, not switching")
        elif region == "cat":
            notes.insert(0, "2 k_d of the two bright wells")
        if spectrum.tail > LARGEST_TAIL:
            valid = False
            notes.append(f"population {spectrum.tail:.1g} at the end of the Fock space")
        accuracy = max(1e-6 if generator == "exact" else 3e-5, mode.resolution / max(abs(mode.value), 1e-300))
        value = mode.value if mode.value > 0.0 else math.nan
        return value, valid, "; ".join(notes), min(accuracy, 1.0)

    return flagged(evaluate)


def _directed(generator: Generator, name: str) -> Callable[[TwoPhotonSubject], Evaluation]:
    """k_v, k_b or k_d."""

    def evaluate(subject: TwoPhotonSubject) -> Evaluation:
        rates = subject.rates(generator)
        value = float(getattr(rates, name))
        parities = (rates.spectrum.even, rates.spectrum.odd) if name == "k_d" else (rates.spectrum.even,)
        checks = [_mode_notes(mode) for mode in parities]
        notes = [note for _, found in checks for note in found]
        actions = quantum_actions(subject.system)
        depth = min(actions.vacuum, actions.bright) / subject.system.U
        if depth < SHALLOW:
            notes.append(f"S/U = {depth:.2g} < {SHALLOW:g}: wells are shallow, the split is approximate")
        valid = all(fine for fine, _ in checks)
        share = 1.0 - rates.bright_weight if name == "k_b" else rates.bright_weight
        lost = rates.weight_error / max(share, 1e-300)
        if name != "k_d" and lost > LARGEST_LOSS:
            valid = False
            notes.append(f"{share:.1g} of lam_e, known to {rates.weight_error:.1g} only: round-off")
        accuracy: float | None = min(max(SPLIT_ACCURACY, lost), 1.0)
        if name == "k_d":
            floor = max(SPLIT_ACCURACY * rates.k_b, rates.spectrum.odd.resolution)
            accuracy = None
            if value < 0.0 or value < floor:
                valid = valid and value > 0.0
                notes.append("not larger than the error of the split, 1 % of k_b")
        if name != "k_d" and value <= 0.0:
            value = math.nan
        return value, valid, "; ".join(notes), accuracy

    return flagged(evaluate)


def _photons_twa(subject: TwoPhotonSubject) -> Evaluation:
    """<n> of the truncated-Wigner stationary operator."""
    spectrum = subject.spectrum("twa")
    fine = spectrum.tail < LARGEST_TAIL
    note = "" if fine else f"population {spectrum.tail:.1g} at the end of the Fock space"
    return spectrum.photons, fine, note, 1e-4 if fine else None


def _moment(name: str) -> Callable[[TwoPhotonSubject], Evaluation]:
    return flagged(lambda subject: (float(getattr(subject.moments, name)), True, "", 1e-9))


def _action(
    actions: Callable[[KerrTwoPhotonDrive], WellActions], well: str, note: str, accuracy: float | None
) -> Callable[[TwoPhotonSubject], Evaluation]:
    return flagged(lambda subject: (float(getattr(actions(subject.system), well)), True, note, accuracy))


def _boundary(
    drive: Callable[[KerrTwoPhotonDrive], float], note: str, accuracy: float | None
) -> Callable[[TwoPhotonSubject], Evaluation]:
    return flagged(lambda subject: (drive(subject.system), True, note, accuracy))


def _rate_methods(generator: Generator) -> dict[str, Method]:
    """Eigenvalues and directed rates of one generator."""
    suffix, words = ("", "exact (Liouvillian)") if generator == "exact" else ("_twa", "truncated Wigner")
    source = "parity sectors of the Liouvillian" if generator == "exact" else "operator truncated Wigner"
    return {
        f"lam_e{suffix}": Method(
            f"slow even eigenvalue, {words}", source, False, _eigenvalue(generator, "even"), "decay_rate"
        ),
        f"lam_o{suffix}": Method(
            f"slow odd eigenvalue, {words}", source, False, _eigenvalue(generator, "odd"), "decay_rate"
        ),
        f"k_v{suffix}": Method(
            f"vacuum to bright, {words}", source, False, _directed(generator, "k_v"), "escape_rate"
        ),
        f"k_b{suffix}": Method(
            f"bright to vacuum, {words}", source, False, _directed(generator, "k_b"), "escape_rate"
        ),
        f"k_d{suffix}": Method(
            f"bright to bright direct, {words}", source, False, _directed(generator, "k_d"), "escape_rate"
        ),
    }


def _instanton(model: WeakNoiseModel, well: Well) -> Callable[[TwoPhotonSubject], Evaluation]:
    """Action of a numerical instanton."""

    def evaluate(subject: TwoPhotonSubject) -> Evaluation:
        found = converged_instanton(subject.system, model, well)
        notes = [found.note]
        accuracy = max(found.error / found.action, 1e-10)
        if model == "twa":
            return found.action, found.error < LARGEST_ERROR * found.action, found.note, accuracy
        closed = getattr(quantum_actions(subject.system), well)
        agrees = abs(found.action - closed) <= max(1e-6, 3.0 * found.error)
        if not agrees:
            windings = (found.action - closed) / (4.0 * math.pi * subject.system.gamma)
            notes.append(
                f"{windings:+.4g} times 4 pi gamma off the closed form, which is the exponent: the real path has swept across "
                "alpha^2 = -eps/U, where its momentum diverges"
            )
        return found.action, agrees, "; ".join(notes), accuracy

    return flagged(evaluate)


def _instanton_methods(model: WeakNoiseModel) -> dict[str, Method]:
    """Numerical actions of one Hamiltonian; those of the quantum model repeat a closed form and are left to who asks."""
    words = "truncated Wigner" if model == "twa" else "full Keldysh, numerical"
    places: tuple[tuple[Well, str], ...] = (("vacuum", "the vacuum"), ("bright", "a bright state"))
    return {
        f"action_{well}_{model}": Method(
            f"S out of {place}, {words}",
            "instanton",
            False,
            _instanton(model, well),
            "action",
            model == "twa",
        )
        for well, place in places
    }


_POOR = "of the truncated Wigner equation, approximate: 10-40 % too small"

#: Name, as written on the command line -> method. Order is the order of tables.
TWO_PHOTON_METHODS: dict[str, Method] = {
    **_rate_methods("exact"),
    **_rate_methods("twa"),
    "photons": Method("<n>, exact", "ladder sums", False, _moment("photons"), "photon_number"),
    "photons_twa": Method(
        "<n>, truncated Wigner", "operator truncated Wigner", False, flagged(_photons_twa), "photon_number"
    ),
    "parity": Method("<(-1)^n>, exact", "ladder sums", False, _moment("parity"), "parity"),
    "action_vacuum": Method(
        "S^Q out of the vacuum",
        "ladder weights",
        False,
        _action(quantum_actions, "vacuum", "", 1e-9),
        "action",
    ),
    "action_bright": Method(
        "S^Q out of a bright state",
        "ladder weights",
        False,
        _action(quantum_actions, "bright", "", 1e-9),
        "action",
    ),
    **_instanton_methods("twa"),
    **_instanton_methods("keldysh"),
    "ansatz_vacuum": Method(
        "S out of the vacuum, ansatz",
        "Eq. (11)",
        False,
        _action(ansatz_actions, "vacuum", _POOR, 0.25),
        "action",
    ),
    "ansatz_bright": Method(
        "S out of a bright state, ansatz",
        "Eq. (11)",
        False,
        _action(ansatz_actions, "bright", _POOR, 0.45),
        "action",
    ),
    "boundary": Method(
        "phase boundary eps*, U -> 0",
        "equal S^Q",
        False,
        _boundary(lambda s: quantum_boundary(s.delta, s.gamma), "", 1e-9),
        "drive",
    ),
    "boundary_twa": Method(
        "phase boundary eps*, U -> 0, truncated Wigner",
        "equal instanton actions",
        False,
        flagged(lambda subject: boundary_prediction(subject.system)),
        "drive",
    ),
    "boundary_ansatz": Method(
        "phase boundary eps*, ansatz",
        "Eq. (11)",
        False,
        _boundary(lambda s: ansatz_boundary(s.delta, s.gamma), "within 5 % for |delta| < 10.9 gamma", None),
        "drive",
    ),
    "boundary_weight": Method(
        "phase boundary eps*, equal weight at this U",
        "ladder sums",
        False,
        _boundary(lambda s: equal_weight_boundary(s.delta, s.U, s.gamma), "", 1e-9),
        "drive",
    ),
    "boundary_slope": Method(
        "phase boundary eps*, largest d<n>/d eps at this U",
        "ladder sums",
        False,
        _boundary(lambda s: steepest_boundary(s.delta, s.U, s.gamma), "", 1e-7),
        "drive",
    ),
}


def two_photon_details(system: KerrTwoPhotonDrive, *, instantons: bool = False) -> dict[str, Any]:
    """Region, fixed points, moments and linear noise as plain values, for programs and tables.

    Args:
        system: the parameters.
        instantons: also the truncated-Wigner paths with every orbit found, which takes seconds.

    >>> two_photon_details(KerrTwoPhotonDrive(-10.0, 3.2, 1.0))["region"]
    'bistable'
    """
    try:
        moments = steady_moments(system)
        pairs: float | None = moments.pairs
        squeezing: list[float] | None = [moments.squeezing.real, moments.squeezing.imag]
    except PredictionError:
        # U too small for the ladder sums; the predictions say so.
        pairs, squeezing = None, None
    points = system.fixed_points()
    out: dict[str, Any] = {
        "region": system.region,
        "critical_drive": system.critical_drive,
        "cutoff": int(system.default_cutoff()),
        "fixed_points": [
            {
                "kind": point.kind,
                "alpha": [point.alpha.real, point.alpha.imag],
                "scaled_photons": system.U * abs(point.alpha) ** 2,
                "stable": point.stable,
                "eigenvalues": [[e.real, e.imag] for e in point.eigenvalues],
                "locking_angle": float(locking_angle(system, system.U * abs(point.alpha) ** 2)),
            }
            for point in points
        ],
        "pairs": pairs,
        "squeezing": squeezing,
    }
    stable = dict.fromkeys(point.kind for point in points if point.stable)
    out["amplitude_covariance"] = {
        kind: np.asarray(amplitude_covariance(system, kind)).tolist() for kind in stable
    }
    if instantons and system.region == "bistable":
        out["instantons_twa"] = instanton_details(system)
    return out
