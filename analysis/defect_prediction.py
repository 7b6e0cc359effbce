"""Every prediction for the driven qubit with a defect: rates, steady amplitude, phases, and what the reduction leaves out.

The reduced model is solved exactly, so its numbers have no error as its own; ``valid`` says whether they may also be set against
the oscillator with its defect kept, and the note how far from the limit of the reduction the parameters are. Names with
``linear``, ``second_order`` and ``saturated`` are of the theories beside it, of :mod:`wellhop.analysis.defect_limits`.
"""

from __future__ import annotations

import cmath
import math
from collections.abc import Callable
from typing import Any

from wellhop.analysis.defect_limits import (
    NORMAL_MODES,
    Reduction,
    linear_modes,
    linear_steady,
    reduction,
    saturated_steady,
    second_order_steady,
)
from wellhop.analysis.defect_phases import (
    HALF_WIDTH,
    PHASE_WORDS,
    PHASES,
    Collapse,
    Crossover,
    Minimum,
    amplifying_drive,
    collapse_drive,
    crossover,
    smallest_mean,
)
from wellhop.analysis.prediction import Method
from wellhop.engine.errors import WellhopError
from wellhop.engine.systems.driven_qubit_tls import DrivenQubitTLS

Evaluation = tuple[float, bool, str, float | None]

CONVENTION = (
    "nothing switches: one attractor, calibration of both engines; Delta_d, Omega, Delta_c, g, gamma_c are angular rates over "
    "2 pi in MHz, gamma, s and eta are angular, in rad/us; gamma_c is the decay of the TLS coherence, its population decays at "
    "2 gamma_c; amplitude decay s, energy decay 2 s; mu_ss is <a> of the steady state in the frame of the drive; variances are "
    "those of the Q function, 1/2 for a coherent state; valid: may be set against oscillator x TLS; the reduced model alone is "
    "solved exactly"
)

#: Largest relative error of the Maxwell-Bloch |a| against the stationary full model at the points of Figs. 2, 3 and 5.
SEMICLASSICAL = 0.01
#: Accuracy of a closed form of the reduced model as such.
EXACT = 1e-12
#: Accuracy of the time of a minimum.
TIMED = 1e-7


class DefectSubject:
    """What the methods look at; everything is computed once."""

    unit_note = "in rad/us"

    def __init__(self, system: DrivenQubitTLS) -> None:
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
    def reduction(self) -> Reduction:
        """Small parameters of the reduction."""
        found: Reduction = self.once("reduction", lambda: reduction(self.system))
        return found

    @property
    def crossover(self) -> Crossover:
        """Where both terms of μ are equal."""
        found: Crossover = self.once("crossover", lambda: crossover(self.system))
        return found

    @property
    def minimum(self) -> Minimum:
        """Smallest |μ|."""
        found: Minimum = self.once("minimum", lambda: smallest_mean(self.system))
        return found

    @property
    def collapse(self) -> Collapse:
        """First exact collapse at this Δ_d."""
        found: Collapse = self.once("collapse", lambda: collapse_drive(self.system))
        return found

    def amplitude_error(self) -> float | None:
        """Relative distance of μ_ss from the Maxwell-Bloch amplitude, and the error of that; None where there are several."""
        steady = saturated_steady(self.system)
        if len(steady) != 1:
            return None
        scale = abs(steady[0])
        return min(abs(self.system.mu_ss - steady[0]) / scale + SEMICLASSICAL, 1.0) if scale > 0.0 else 0.0


def _flagged(evaluate: Callable[[DefectSubject], Evaluation]) -> Callable[[DefectSubject], Evaluation]:
    """A named error becomes a prediction without a value that says why."""

    def flagged(subject: DefectSubject) -> Evaluation:
        try:
            return evaluate(subject)
        except WellhopError as error:
            return math.nan, False, str(error), None

    return flagged


def _plain(value: Callable[[DrivenQubitTLS], float]) -> Callable[[DefectSubject], Evaluation]:
    """A property of the bath alone, which no reduction touches."""
    return lambda subject: (value(subject.system), True, "", EXACT)


def _reduced(
    value: Callable[[DefectSubject], float], accuracy: Callable[[DefectSubject], float | None] | None = None
) -> Callable[[DefectSubject], Evaluation]:
    """A number of the reduced model, with the quality of the reduction."""

    def evaluate(subject: DefectSubject) -> Evaluation:
        found = subject.reduction
        off = accuracy(subject) if accuracy is not None else None
        return value(subject), found.trusted, found.note, off

    return _flagged(evaluate)


def _decay_error(subject: DefectSubject) -> float:
    """Relative distance of s from the slow linear mode."""
    slow, _ = linear_modes(subject.system)
    return min(abs(subject.system.s / -slow.real - 1.0), 1.0)


def _linear_mode(part: str) -> Callable[[DefectSubject], Evaluation]:
    def evaluate(subject: DefectSubject) -> Evaluation:
        slow, _ = linear_modes(subject.system)
        note = "inversion of the TLS frozen: weak drive and start, any g/gamma_c"
        split = subject.reduction.coupling >= NORMAL_MODES
        if split:
            note += "; g >= gamma_c/2: one of two normal modes"
        return (-slow.real if part == "decay" else slow.imag), not split, note, EXACT

    return _flagged(evaluate)


def _linear_amplitude(subject: DefectSubject) -> Evaluation:
    filled = subject.reduction.cycle
    note = f"exact for weak drive; TLS saturation here {filled:.2g}"
    return abs(linear_steady(subject.system)), filled < 0.1, note, min(filled, 1.0)


def _second_order_amplitude(subject: DefectSubject) -> Evaluation:
    found = subject.reduction
    value, linear = abs(second_order_steady(subject.system)), abs(linear_steady(subject.system))
    off = abs(value / linear - 1.0) if linear > 0.0 else 0.0
    note = f"complex coefficients to order g^2 with the Lamb shift; {100.0 * off:.2g} % off linear response"
    return value, found.trusted, note, min(off + found.cycle, 1.0)


def _saturated_amplitude(subject: DefectSubject) -> Evaluation:
    steady = saturated_steady(subject.system)
    if not steady:
        return (
            math.nan,
            False,
            "none: on resonance the TLS cannot take what this drive brings, |a| grows for ever",
            None,
        )
    if len(steady) > 1:
        sizes = ", ".join(f"{abs(a):.4g}" for a in steady)
        return (
            abs(steady[0]),
            False,
            f"the smallest of several, |a| = {sizes}: which one is reached depends on the start",
            None,
        )
    note = (
        "Maxwell-Bloch, with saturation: within 1 % of the stationary full model at the points of the figures"
    )
    return abs(steady[0]), True, note, SEMICLASSICAL


def _crossing(name: str) -> Callable[[DefectSubject], Evaluation]:
    """t* or x."""

    def evaluate(subject: DefectSubject) -> Evaluation:
        found = subject.crossover
        time = float(found.time[0])
        value = time if name == "time" else float(found.x[0])
        if math.isnan(time):
            return math.nan, False, "none in phase IV: the limit cycle is wider than the start", None
        if time <= 0.0:
            return value, False, "before the start: the steady term is the larger one from t = 0", None
        return value, subject.reduction.trusted, subject.reduction.note, None

    return _flagged(evaluate)


def _phase(subject: DefectSubject) -> Evaluation:
    place = int(subject.crossover.phases()[0])
    others = [PHASES[int(subject.crossover.phases(width)[0])] for width in (0.15, 0.35)]
    words = f"{PHASES[place]}, {PHASE_WORDS[PHASES[place]]}; half width {HALF_WIDTH:g} in |x| is a choice"
    if others != [PHASES[place]] * 2:
        words += f", {others[0]} with 0.15 and {others[1]} with 0.35"
    return place + 1.0, subject.reduction.trusted, words, None


def _minimum_time(subject: DefectSubject) -> Evaluation:
    found = subject.minimum
    if math.isinf(found.time):
        return math.nan, False, "never: |mu| comes down to the radius of the limit cycle for ever", None
    return found.time, subject.reduction.trusted, subject.reduction.note, None


def _method(
    label: str, source: str, evaluate: Callable[[DefectSubject], Evaluation], quantity: str
) -> Method:
    return Method(label, source, False, evaluate, quantity)


#: Name, as written on the command line -> method. Order is the order of tables.
DEFECT_METHODS: dict[str, Method] = {
    "gamma": _method("gamma", "text after (3)", _reduced(lambda c: c.system.gamma, _decay_error), "loss_rate"),
    "s": _method("amplitude decay s", "(9)", _reduced(lambda c: c.system.s, _decay_error), "decay_rate"),
    "decay_linear": _method("amplitude decay, linear response", "ours", _linear_mode("decay"), "decay_rate"),
    "shift_linear": _method("shift of the qubit, linear response", "ours", _linear_mode("shift"), "frequency"),
    "eta": _method("force of the TLS", "(4)", _reduced(lambda c: c.system.eta), "force"),
    "nu": _method("excited weight of the TLS", "text after (3)", _plain(lambda s: s.nu), "population"),
    "n_th": _method("occupation of the bath", "(11)", _plain(lambda s: s.n_th), "photon_number"),
    "mu_ss_real": _method("Re mu_ss", "(10) corrected", _reduced(lambda c: c.system.mu_ss.real), "amplitude"),
    "mu_ss_imag": _method("Im mu_ss", "(10) corrected", _reduced(lambda c: c.system.mu_ss.imag), "amplitude"),
    "radius": _method(
        "radius of the limit cycle |mu_ss|",
        "(10) corrected",
        _reduced(lambda c: abs(c.system.mu_ss), DefectSubject.amplitude_error),
        "amplitude",
    ),
    "radius_linear": _method("|mu_ss|, linear response", "ours", _flagged(_linear_amplitude), "amplitude"),
    "radius_second_order": _method(
        "|mu_ss|, consistent second order", "ours", _flagged(_second_order_amplitude), "amplitude"
    ),
    "radius_saturated": _method("|mu_ss|, Maxwell-Bloch", "ours", _flagged(_saturated_amplitude), "amplitude"),
    "mu_ss_angle": _method(
        "arg mu_ss, rad", "(10) corrected", _reduced(lambda c: cmath.phase(c.system.mu_ss)), "angle"
    ),
    "variance_ss": _method(
        "stationary variance of Q per quadrature",
        "(9)",
        _reduced(lambda c: 0.5 * (1.0 + c.system.n_th)),
        "variance",
    ),
    "photons_ss": _method(
        "stationary <a+a>",
        "(11)",
        _reduced(lambda c: abs(c.system.mu_ss) ** 2 + c.system.n_th),
        "photon_number",
    ),
    "phase": _method("phase, 1 to 4", "rule of ours", _flagged(_phase), "phase"),
    "crossing_time": _method("t*, us: both terms of mu equal", "ours", _crossing("time"), "time"),
    "x": _method("their phase difference at t* over pi", "ours", _crossing("x"), "phase_difference"),
    "smallest_mean": _method("min |mu|", "(9)", _reduced(lambda c: c.minimum.size), "amplitude"),
    "smallest_mean_time": _method("time of min |mu|, us", "(9)", _flagged(_minimum_time), "time"),
    "collapse_drive": _method(
        "Omega/2pi, MHz, of the first exact collapse at this Delta_d", "ours", _reduced(lambda c: c.collapse.drive), "drive"
    ),
    "amplifying_drive": _method(
        "Omega/2pi, MHz, where phase IV begins", "ours", _reduced(lambda c: amplifying_drive(c.system)), "drive"
    ),
}  # fmt: skip


def defect_details(system: DrivenQubitTLS) -> dict[str, Any]:
    """The attractor, the theories beside the reduced one and the phases as plain values, for programs and tables.

    >>> defect_details(DrivenQubitTLS(-0.37, 0.1))["phase"]
    'II'
    """
    slow, fast = linear_modes(system)
    found = reduction(system)

    def pair(z: complex) -> list[float]:
        return [z.real, z.imag]

    out: dict[str, Any] = {
        "fixed_points": [
            {
                "kind": "cycle",
                "alpha": pair(point.alpha),
                "photons": abs(point.alpha) ** 2,
                "stable": point.stable,
                "eigenvalues": [pair(e) for e in point.eigenvalues],
            }
            for point in system.oscillator().fixed_points()
        ],
        "cutoff": int(system.default_cutoff()),
        "alpha_d": system.alpha_d if system.Delta_d != 0.0 else None,
        "effective_drive": pair(system.effective_drive),
        "linear_modes": [pair(slow), pair(fast)],
        "steady_linear": pair(linear_steady(system)),
        "steady_second_order": pair(second_order_steady(system)),
        "steady_saturated": [pair(a) for a in saturated_steady(system)],
        "coupling": found.coupling,
        "memory": found.memory,
        "saturation_at_start": found.start,
        "saturation_on_cycle": found.cycle,
        "reduction_trusted": found.trusted,
        "reduction": found.note,
    }
    try:
        crossing = crossover(system)
        out["phase"] = PHASES[int(crossing.phases()[0])]
        out["phase_in_words"] = PHASE_WORDS[PHASES[int(crossing.phases()[0])]]
    except WellhopError as error:
        out["phase"] = str(error)
    return out
