"""Every prediction for the two-photon resonator: slow rates, laws for them, actions, moments, truncated Wigner.

``decay`` and ``frequency`` are those of the slowest odd mode of the model as it is given. Without one-photon loss that is the
complex eigenvalue of the even-odd block, with enough of it the real rate of a telegraph, frequency zero. Closed forms and laws
hold in the limit κ₁ -> 0+ and say so.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Literal

from wellhop.analysis.prediction import Evaluation, Method
from wellhop.analysis.resonator_action import escape_action, near_critical_action
from wellhop.analysis.resonator_angle import angle_rate
from wellhop.analysis.resonator_modes import SlowModes, slow_modes
from wellhop.analysis.resonator_moments import ResonatorMoments, resonator_moments
from wellhop.analysis.resonator_rate_laws import (
    SHALLOWEST,
    RateLaw,
    action_law,
    angle_rate_law,
    parity_law,
)
from wellhop.analysis.resonator_spectrum import (
    exceptional_loss,
    odd_sector_eigenvalues,
    slow_eigenvalue,
    slow_pair,
)
from wellhop.engine.errors import ParameterError, PredictionError, WellhopError
from wellhop.engine.systems.two_photon_resonator import TwoPhotonResonator

CONVENTION = (
    "decay = Gamma: decay rate of the slowest odd mode; without one-photon loss <a> ~ exp(-Gamma t) cos(Omega t) with frequency = "
    "Omega, with enough of it the rate of a telegraph, Gamma = 2 x one-way rate; kappa_1 is the loss rate of the energy; "
    "moments are those of the limit kappa_1 -> 0+"
)

#: Next decay rate over the slow one below which it is no rate, and below which that is noted.
LEAST_SEPARATION, CLEAR_SEPARATION = 3.0, 20.0
#: Relative error of a double-precision eigenvalue above which extended precision is asked.
GOOD_ENOUGH = 1e-7
#: Accuracy of eigenvalues of either kind.
DOUBLE, EXTENDED = 1e-9, 1e-13
#: Error of the exceptional point of the slow space, found against the exact one, for S >= ``CLEAR_ACTION`` and for S >= 2.
CLEAR_ACTION, EDGE_ERROR, SHALLOW_EDGE_ERROR = 3.0, 0.12, 0.2
#: Deviation from the exact mode up to which the slow space of two dimensions may be set against a measurement.
TWO_MODES = 0.1
#: |Im| over |λ| below which an eigenvalue is real.
REAL = 1e-6
NO_ROTATION = "exactly zero: beyond the exceptional point nothing rotates"


class ResonatorSubject:
    """What the methods look at; every spectrum is decomposed once, its refusal is remembered as well."""

    unit_note = "in the unit of G, Delta, eta and kappa_1"

    def __init__(self, system: TwoPhotonResonator) -> None:
        self.system = system
        self._known: dict[str, Any] = {}

    def once(self, name: str, compute: Callable[[], Any]) -> Any:
        """A result, or its refusal, computed at the first call.

        Raises:
            WellhopError: as the computation did.
        """
        if name not in self._known:
            try:
                self._known[name] = compute()
            except WellhopError as error:
                self._known[name] = error
        found = self._known[name]
        if isinstance(found, WellhopError):
            raise found
        return found

    @property
    def bare(self) -> TwoPhotonResonator:
        """The same without one-photon loss."""
        return replace(self.system, kappa_1=0.0)

    @property
    def action(self) -> float:
        """S."""
        return float(self.once("action", lambda: escape_action(self.system)))

    @property
    def moments(self) -> ResonatorMoments:
        """Closed forms."""
        found: ResonatorMoments = self.once("moments", lambda: resonator_moments(self.bare))
        return found

    @property
    def bare_rate(self) -> complex:
        """λ without one-photon loss, to 14 digits."""
        return complex(self.once("bare", lambda: slow_eigenvalue(self.bare)))

    @property
    def modes(self) -> SlowModes:
        """Slow modes in double precision."""
        found: SlowModes = self.once("modes", lambda: slow_modes(self.system))
        return found

    @property
    def pair(self) -> tuple[complex, complex, float]:
        """(slow, fast) of the odd sector and their relative accuracy, in double precision where that will do."""
        if self.system.kappa_1 == 0.0:
            slow = self.bare_rate
            return slow, slow.conjugate(), EXTENDED
        slow, fast = (complex(z) for z in self.modes.values[:2])
        lost = self.modes.round_off / max(abs(slow), 1e-300)
        if lost < GOOD_ENOUGH:
            slow, fast = (complex(z.real, z.imag if abs(z.imag) > REAL * abs(z) else 0.0) for z in (slow, fast))
            return slow, fast, max(DOUBLE, lost)
        slow, fast = self.once("pair", lambda: odd_sector_eigenvalues(self.system))
        return slow, fast, EXTENDED

    def separation(self) -> float:
        """Next decay rate over the size of the slow mode: of the wells, or of the fast mode of the slow pair."""
        slow, fast, _ = self.pair
        telegraph = self.system.kappa_1 > 0.0 and slow.imag == 0.0
        following = -fast.real if telegraph else self.modes.next_rate
        return following / abs(slow) if slow != 0.0 else math.inf


def _flagged(evaluate: Callable[[ResonatorSubject], Evaluation]) -> Callable[[ResonatorSubject], Evaluation]:
    """A named error becomes a prediction without a value that says why."""

    def flagged(subject: ResonatorSubject) -> Evaluation:
        try:
            return evaluate(subject)
        except ParameterError as error:
            note = "only without one-photon loss, kappa_1 = 0" if error.name == "kappa_1" else str(error)
            return math.nan, False, note, None
        except WellhopError as error:
            return math.nan, False, str(error), None

    return flagged


def _notes(subject: ResonatorSubject) -> tuple[bool, list[str]]:
    """Whether the slow mode is a rate at all, and what to say of it."""
    notes = []
    valid = True
    if not subject.system.bistable:
        valid = False
        notes.append("one well only: relaxation, not switching")
    if subject.action < SHALLOWEST:
        valid = False
        notes.append(f"S = {subject.action:.3g} < {SHALLOWEST:g}: no separation of rates")
    separation = subject.separation()
    if separation < LEAST_SEPARATION:
        valid = False
        notes.append(f"next mode decays {separation:.2g} times as fast: no separation of time scales")
    elif separation < CLEAR_SEPARATION:
        notes.append(f"next mode decays only {separation:.2g} times as fast: wells are approximate")
    return valid, notes


def _exact(part: str) -> Callable[[ResonatorSubject], Evaluation]:
    """Decay or frequency of the slow mode, or decay of the fast one of the slow pair."""

    def evaluate(subject: ResonatorSubject) -> Evaluation:
        slow, fast, accuracy = subject.pair
        if part == "fast":
            if subject.system.kappa_1 == 0.0:
                return math.nan, False, "the conjugate of the slow one without one-photon loss", None
            if slow.imag != 0.0:
                return -fast.real, False, "below the exceptional point the conjugate of the slow one", accuracy
            return -fast.real, subject.system.bistable, "phase flips; 2 kappa_1 |alpha0|^2 for large wells", accuracy
        valid, notes = _notes(subject)
        if subject.system.kappa_1 == 0.0:
            if slow == 0.0:
                return 0.0, False, "exactly zero at Delta = 0: both cat states and their coherence are dark", None
        elif slow.imag != 0.0:
            notes.insert(0, "below the exceptional point: the coherence rotates and flips, no telegraph")
        elif part == "decay" and subject.system.bistable:
            notes.insert(0, "telegraph: twice the rate of switching one way")
        value = -slow.real if part == "decay" else abs(slow.imag)
        if value == 0.0 and part == "frequency":
            notes = [NO_ROTATION]
        return value, valid and value > 0.0, "; ".join(notes), accuracy

    return _flagged(evaluate)


def _two_modes(part: str) -> Callable[[ResonatorSubject], Evaluation]:
    """The slow space of two dimensions: λ without loss, flips at κ₁|α₀|²."""

    def evaluate(subject: ResonatorSubject) -> Evaluation:
        system = subject.system
        if system.kappa_1 == 0.0:
            return math.nan, False, "needs one-photon loss", None
        slow, _ = slow_pair(subject.bare_rate, system.kappa_1 * abs(system.alpha0) ** 2)
        value = abs(slow.real) if part == "decay" else abs(slow.imag)
        found, _, _ = subject.pair
        exact = abs(found.real) if part == "decay" else abs(found.imag)
        if exact == 0.0 and value == 0.0:
            return 0.0, False, NO_ROTATION, None
        off = abs(value / exact - 1.0) if exact > 0.0 else math.inf
        note = f"to first order in kappa_1, which also changes the wells: here {100.0 * off:.2g} % off"
        return value, value > 0.0 and off < TWO_MODES and subject.system.bistable, note, min(off, 1.0)

    return _flagged(evaluate)


def _law(law: Callable[[TwoPhotonResonator], RateLaw], part: str) -> Callable[[ResonatorSubject], Evaluation]:
    """Decay or frequency of an asymptotic law."""

    def evaluate(subject: ResonatorSubject) -> Evaluation:
        found = law(subject.system)
        value, error = (found.decay, found.decay_error) if part == "decay" else (found.frequency, found.frequency_error)
        logarithm = found.log_decay if part == "decay" else found.log_frequency
        note = ""
        if logarithm == -math.inf:
            note = "exactly zero at Delta = 0"
        elif value == 0.0:
            note = f"below the smallest double: its logarithm is {logarithm:.10g}"
        return value, value > 0.0, note, min(error, 1.0)

    return _flagged(evaluate)


def _angle(subject: ResonatorSubject) -> Evaluation:
    """Truncated Wigner with D = |α|²."""
    rate = angle_rate(subject.system)
    shallow = subject.action < SHALLOWEST
    notes = [f"S = {subject.action:.3g} < {SHALLOWEST:g}: no separation of rates"] if shallow else []
    try:
        exact = -subject.bare_rate.real
        if exact > 0.0:
            notes.append(f"{rate / exact:.3g} times the exact rate: same exponent, another prefactor")
        else:
            notes.append("the exact rate is zero: nothing of this is there in the quantum model")
    except PredictionError:
        pass
    return rate, not shallow, "; ".join(notes), 1e-12


def _moment(name: str) -> Callable[[ResonatorSubject], Evaluation]:
    def evaluate(subject: ResonatorSubject) -> Evaluation:
        note = "" if subject.system.kappa_1 == 0.0 else "limit kappa_1 -> 0+"
        value = float(getattr(subject.moments, name))
        if value == 0.0 and name == "parity":
            logarithm = -subject.moments.log_norm
            return 0.0, False, f"below the smallest double: its logarithm is {logarithm:.10g}", None
        return value, subject.system.kappa_1 == 0.0, note, 1e-12

    return _flagged(evaluate)


def _exceptional(subject: ResonatorSubject) -> Evaluation:
    """κ₁ of the exceptional point in the two-dimensional slow space."""
    value = exceptional_loss(subject.system, subject.bare_rate)
    if value == 0.0:
        return 0.0, False, "at Delta = 0 any one-photon loss gives a telegraph", None
    off = EDGE_ERROR if subject.action >= CLEAR_ACTION else SHALLOW_EDGE_ERROR
    note = f"in the two-dimensional slow space, up to {100.0 * off:.0f} % low; a telegraph needs several times this"
    return value, subject.action >= SHALLOWEST, note, off


def _action(subject: ResonatorSubject) -> Evaluation:
    if subject.system.kappa_1 > 0.0:
        return subject.action, False, "limit kappa_1 -> 0+; one-photon loss changes the exponent", None
    note = "exponent for eta -> 0 of the quantum rates and of truncated Wigner alike"
    return subject.action, True, note, 1e-14


def _near_critical(subject: ResonatorSubject) -> Evaluation:
    value = near_critical_action(subject.system)
    off = abs(subject.action / value - 1.0)
    return value, off < 0.05, f"leading term for |Delta| -> G, here {100.0 * off:.2g} % low", off


def _numerical(model: Literal["twa", "keldysh"]) -> Callable[[ResonatorSubject], Evaluation]:
    """Action of a numerical instanton."""

    def evaluate(subject: ResonatorSubject) -> Evaluation:
        from wellhop.analysis.resonator_instanton import resonator_instanton

        path = resonator_instanton(subject.bare, model)
        value = path.total_action
        off = abs(value - subject.action) / subject.action
        return value, off < 1e-5, f"Newton's method in phase space; {off:.1g} off the closed form", max(off, 1e-10)

    return _flagged(evaluate)


def _pair_of(name: str, label: str, source: str, make: Callable[[str], Callable[[ResonatorSubject], Evaluation]],
             default: bool = True) -> dict[str, Method]:  # fmt: skip
    """Decay and frequency of one kind."""
    prefix = f"{name}_" if name else ""
    return {
        f"{prefix}decay": Method(f"decay, {label}", source, False, make("decay"), "decay_rate", default, True),
        f"{prefix}frequency": Method(
            f"frequency, {label}", source, False, make("frequency"), "frequency", default, True
        ),
    }


#: Name, as written on the command line -> method. Order is the order of tables.
RESONATOR_METHODS: dict[str, Method] = {
    **_pair_of("", "exact (Liouvillian)", "odd sector of the Liouvillian", _exact),
    "fast_decay": Method(
        "fast mode of the slow pair, exact", "odd sector of the Liouvillian", False, _exact("fast"), "decay_rate"
    ),
    **_pair_of("two_mode", "two-dimensional slow space", "ours", _two_modes),
    **_pair_of("parity_law", "law with the exact mean parity (L2)", "ours", lambda part: _law(parity_law, part)),
    **_pair_of("action_law", "law with the action alone (L1)", "ours", lambda part: _law(action_law, part)),
    "twa_drop": Method(
        "truncated Wigner, D = |alpha|^2 (drop)", "angle equation", False, _flagged(_angle), "decay_rate"
    ),
    "twa_drop_law": Method(
        "truncated Wigner (drop), law", "ours", False, _law(angle_rate_law, "decay"), "decay_rate"
    ),
    "action": Method("S", "Eq. (32)", False, _flagged(_action), "action"),
    "action_near_critical": Method("S near |Delta| = G", "Eq. (33)", False, _flagged(_near_critical), "action"),
    "action_keldysh": Method(
        "S, numerical instanton, full Keldysh", "Eq. (19) corrected", False, _numerical("keldysh"), "action", False
    ),
    "action_twa": Method(
        "S, numerical instanton, MSRJD", "Eq. (19) to second order in chi", False, _numerical("twa"), "action", False
    ),
    "exceptional_loss": Method(
        "kappa_1 of the exceptional point", "two-dimensional slow space", False, _flagged(_exceptional), "loss_rate"
    ),
    "parity": Method("<(-1)^n>", "1F2 in closed form", False, _moment("parity"), "parity"),
    "photons": Method("<n>", "1F2 in closed form", False, _moment("photons"), "photon_number"),
    "photons_even": Method("<n> of even parity", "1F2 in closed form", False, _moment("photons_even"), "photon_number"),
    "photons_odd": Method("<n> of odd parity", "1F2 in closed form", False, _moment("photons_odd"), "photon_number"),
}


def compared_methods(system: TwoPhotonResonator, truncation: str | None) -> Sequence[str]:
    """Predictions to set a measurement beside: of jumps the exact ones and the laws, of Langevin trajectories their own.

    >>> compared_methods(TwoPhotonResonator(4.0, 1.0), "clip")
    ('action',)
    """
    if truncation is not None:
        return ("twa_drop", "twa_drop_law", "action") if truncation == "drop" else ("action",)
    if system.kappa_1 > 0.0:
        return ("decay", "fast_decay", "two_mode_decay", "exceptional_loss")
    laws = [f"{law}_{part}" for law in ("parity_law", "action_law") for part in ("decay", "frequency")]
    return ("decay", "frequency", *laws, "action")


def resonator_details(system: TwoPhotonResonator) -> dict[str, Any]:
    """Wells, order parameters and slow modes as plain values, for programs and tables.

    >>> resonator_details(TwoPhotonResonator(4.0, 1.0))["bistable"]
    True
    """
    out: dict[str, Any] = {"bistable": system.bistable, "fixed_points": []}
    for point in system.oscillator().fixed_points():
        out["fixed_points"].append(
            {
                "kind": "saddle" if not point.stable and system.bistable else "well",
                "alpha": [point.alpha.real, point.alpha.imag],
                "photons": abs(point.alpha) ** 2,
                "stable": point.stable,
                "eigenvalues": [[e.real, e.imag] for e in point.eigenvalues],
            }
        )
    if not abs(system.Delta) < system.G:
        return out
    out |= {"s": system.s, "alpha0": [system.alpha0.real, system.alpha0.imag], "action": escape_action(system)}
    out["flips"] = system.kappa_1 * abs(system.alpha0) ** 2
    try:
        modes = slow_modes(system)
        out["slow_modes"] = [[z.real, z.imag] for z in modes.values]
        out["round_off"] = modes.round_off
    except WellhopError as error:
        out["slow_modes"], out["round_off"] = str(error), None
    try:
        from wellhop.analysis.resonator_wigner import wigner_maximum

        maximum = wigner_maximum(replace(system, kappa_1=0.0))
        out["wigner_maximum"] = [maximum.real, maximum.imag]
    except WellhopError as error:
        out["wigner_maximum"] = str(error)
    return out
