"""Every prediction for the driven qubit with a defect: rates, steady amplitude, phases, and what the reduction leaves out.

The reduced model is solved exactly, so its numbers have no error as its own; ``valid`` says whether they may also be set against
the oscillator with its defect kept, ``accuracy`` how far they are from that, and the note how far from the limit of the reduction
the parameters are. What belongs to the two terms of the reduced mean alone (phase, collapse, smallest mean) is never valid: the
full model has no such terms. Names with ``linear``, ``second_order`` and ``saturated`` are of the theories beside it, of
:mod:`wellhop.analysis.defect_limits`, which also has the evidence for every accuracy.
"""

from __future__ import annotations

import cmath
import math
from collections.abc import Callable
from typing import Any

from wellhop.analysis.defect_limits import (
    LARGEST_HEAT,
    LINEAR_ERROR,
    NORMAL_MODES,
    filling,
    linear_modes,
    linear_shift,
    linear_steady,
    reduction,
    saturated_is_stable,
    saturated_steady,
    second_order_steady,
)
from wellhop.analysis.defect_phases import (
    HALF_WIDTH,
    PHASE_WORDS,
    PHASES,
    amplifying_drive,
    crossover,
)
from wellhop.analysis.defect_subject import DefectSubject as DefectSubject
from wellhop.analysis.prediction import Evaluation, Method, flagged
from wellhop.engine.errors import WellhopError
from wellhop.engine.systems.driven_qubit_tls import DrivenQubitTLS

CONVENTION = (
    "nothing switches: one attractor, calibration of both engines; Delta_d, Omega, Delta_c, g, gamma_c are angular rates over "
    "2 pi in MHz, gamma, s and eta are angular, in rad/us; gamma_c is the decay of the TLS coherence, its population decays at "
    "2 gamma_c; amplitude decay s, energy decay 2 s; mu_ss is <a> of the steady state in the frame of the drive; variances are "
    "those of the Q function, 1/2 for a coherent state; valid: may be set against oscillator x TLS, within the accuracy where one "
    "is given; the reduced model alone is solved exactly; nothing here is transmon dynamics: a real transmon anharmonicity (100s "
    "of MHz) dephases a coherent state of one quantum within ns"
)

#: Accuracy of a closed form of the reduced model as such.
EXACT = 1e-12


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

    return flagged(evaluate)


def _bare(value: Callable[[DefectSubject], float]) -> Callable[[DefectSubject], Evaluation]:
    """A number without anything said about it."""
    return lambda subject: (value(subject), False, "", None)


def _part(part: Callable[[complex], float]) -> Callable[[DefectSubject], Evaluation]:
    """A part of μ_ss, with its own distance from that of Maxwell-Bloch."""
    return _reduced(lambda c: part(c.system.mu_ss), lambda c: c.away_from(part, c.system.mu_ss))


def _real(z: complex) -> float:
    return z.real


def _imaginary(z: complex) -> float:
    return z.imag


def _decay_error(subject: DefectSubject) -> float:
    """Relative distance of s from the slow linear mode."""
    slow, _ = linear_modes(subject.system)
    return min(abs(subject.system.s / -slow.real - 1.0), 1.0)


def _own(evaluate: Callable[[DefectSubject], Evaluation], note: str) -> Callable[[DefectSubject], Evaluation]:
    """A number that the reduced model has and the full one has not: never to be set against it."""

    def own(subject: DefectSubject) -> Evaluation:
        value, _, words, _ = evaluate(subject)
        return value, False, words if math.isnan(value) else f"{words}; {note}".removeprefix("; "), None

    return flagged(own)


def _linear_mode(part: str) -> Callable[[DefectSubject], Evaluation]:
    def evaluate(subject: DefectSubject) -> Evaluation:
        system = subject.system
        note = "inversion of the TLS frozen: late, in weak drive, without heat"
        split = subject.reduction.coupling >= NORMAL_MODES
        if split:
            note += "; g >= gamma_c/2: one of two normal modes"
        filled = filling(system, linear_steady(system))
        value = -linear_modes(system)[0].real if part == "decay" else linear_shift(system)
        return (
            value,
            not split and filled < 0.1,
            f"{note}; filling 2(g/gamma_c)^2(|a|^2 + n_th) here {filled:.2g}",
            None,
        )

    return flagged(evaluate)


def _linear_amplitude(subject: DefectSubject) -> Evaluation:
    value = abs(linear_steady(subject.system))
    filled = filling(subject.system, value)
    off = min(LINEAR_ERROR * filled, 1.0)
    note = f"exact for weak drive without heat; filling 2(g/gamma_c)^2(|a|^2 + n_th) here {filled:.2g}"
    return value, off < 0.1, note, off


def _second_order_amplitude(subject: DefectSubject) -> Evaluation:
    amplitude = second_order_steady(subject.system)
    value, linear = abs(amplitude), abs(linear_steady(subject.system))
    apart = abs(value / linear - 1.0) if linear > 0.0 else 0.0
    note = f"complex coefficients to order g^2 with the Lamb shift; {100.0 * apart:.2g} % off linear response"
    off = subject.away_from(abs, amplitude)
    return value, off is not None and subject.reduction.trusted, note, off


def _saturated_amplitude(subject: DefectSubject) -> Evaluation:
    system = subject.system
    steady: tuple[complex, ...] = subject.once("saturated", lambda: saturated_steady(system))
    if not steady:
        return (
            math.nan,
            False,
            "none: on resonance the TLS cannot take what this drive brings, |a| grows for ever",
            None,
        )
    stable = [a for a in steady if saturated_is_stable(system, a)]
    if not stable:
        return math.nan, False, "none that is stable", None
    if len(steady) > 1:
        lost = ", ".join(f"{abs(a):.4g}" for a in steady if a not in stable)
        if len(stable) > 1:
            sizes = ", ".join(f"{abs(a):.4g}" for a in stable)
            note = f"the smaller of two, |a| = {sizes}: which one is reached depends on the start; unstable between: {lost}"
        else:
            note = f"the only stable one; a start beyond the unstable one, |a| = {lost}, grows for ever"
        return abs(stable[0]), False, note, None
    found = subject.saturated()
    if found is None:
        why = (
            "g >= gamma_c/2, where it is wrong by factors"
            if subject.reduction.coupling >= NORMAL_MODES
            else f"n_th > {LARGEST_HEAT:.2g}, hotter than it was held against the full model"
        )
        return abs(stable[0]), False, f"Maxwell-Bloch, with saturation; {why}", None
    note = "Maxwell-Bloch, with saturation: accuracy from 289 random points of the stationary full model"
    return abs(stable[0]), len(stable) == 1, note, found[1]


_COEFFICIENT = "of the reduced model: a coefficient of (3), which the full one has not"
_TWO_TERMS = "of the reduced model: the full mean is no sum of two such terms"
_COLLAPSE = (
    "of the reduced model: the full one passes the origin at a distance (Fig. 2(b): min |mu| 0.021 where this has 0.0020; at "
    "Delta_d = 0.52 MHz nearest for Omega = 0.133 MHz instead of 0.100)"
)
_AMPLIFYING = (
    "of the reduced model: with saturation |a| = alpha_0 at a weaker drive near resonance (figure 1)"
)


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
        return value, False, "", None

    return _own(evaluate, _TWO_TERMS)


def _phase(subject: DefectSubject) -> Evaluation:
    place = int(subject.crossover.phases()[0])
    others = [PHASES[int(subject.crossover.phases(width)[0])] for width in (0.15, 0.35)]
    words = f"{PHASES[place]}, {PHASE_WORDS[PHASES[place]]}; half width {HALF_WIDTH:g} in |x| is a choice"
    if others != [PHASES[place]] * 2:
        words += f", {others[0]} with 0.15 and {others[1]} with 0.35"
    return place + 1.0, False, words, None


def _minimum_time(subject: DefectSubject) -> Evaluation:
    found = subject.minimum
    if math.isinf(found.time):
        return math.nan, False, "never: |mu| comes down to the radius of the limit cycle for ever", None
    return found.time, False, "", None


def _method(
    label: str, source: str, evaluate: Callable[[DefectSubject], Evaluation], quantity: str
) -> Method:
    return Method(label, source, False, evaluate, quantity)


#: Name, as written on the command line -> method. Order is the order of tables.
DEFECT_METHODS: dict[str, Method] = {
    "gamma": _method("gamma", "text after (3)", _reduced(lambda c: c.system.gamma, _decay_error), "loss_rate"),
    "s": _method("amplitude decay s", "(9)", _reduced(lambda c: c.system.s, _decay_error), "decay_rate"),
    "decay_linear": _method("amplitude decay, linear response", "ours", _linear_mode("decay"), "decay_rate"),
    "shift_linear": _method("shift of the qubit frequency, linear response", "ours", _linear_mode("shift"), "frequency"),
    "eta": _method("force of the TLS, rad/us", "(4)", _own(_bare(lambda c: c.system.eta), _COEFFICIENT), "force"),
    "nu": _method("excited weight of the TLS", "text after (3)", _plain(lambda s: s.nu), "population"),
    "n_th": _method("occupation of the bath", "(11)", _plain(lambda s: s.n_th), "photon_number"),
    "mu_ss_real": _method("Re mu_ss", "(10) corrected", _part(_real), "amplitude"),
    "mu_ss_imag": _method("Im mu_ss", "(10) corrected", _part(_imaginary), "amplitude"),
    "radius": _method(
        "radius of the limit cycle |mu_ss|",
        "(10) corrected",
        _reduced(lambda c: abs(c.system.mu_ss), DefectSubject.amplitude_error),
        "amplitude",
    ),
    "radius_linear": _method("|mu_ss|, linear response", "ours", flagged(_linear_amplitude), "amplitude"),
    "radius_second_order": _method(
        "|mu_ss|, consistent second order", "ours", flagged(_second_order_amplitude), "amplitude"
    ),
    "radius_saturated": _method("|mu_ss|, Maxwell-Bloch", "ours", flagged(_saturated_amplitude), "amplitude"),
    "mu_ss_angle": _method(
        "arg mu_ss, rad", "(10) corrected", _part(cmath.phase), "angle"
    ),
    "variance_ss": _method(
        "stationary variance of Q per quadrature",
        "(9)",
        _reduced(lambda c: 0.5 * (1.0 + c.system.n_th), DefectSubject.variance_error),
        "variance",
    ),
    "photons_ss": _method(
        "stationary <a+a>",
        "(11)",
        _reduced(lambda c: abs(c.system.mu_ss) ** 2 + c.system.n_th, DefectSubject.photon_error),
        "photon_number",
    ),
    "phase": _method("phase, 1 to 4", "rule of ours", _own(_phase, _TWO_TERMS), "phase"),
    "crossing_time": _method("t*, us: both terms of mu equal", "ours", _crossing("time"), "time"),
    "x": _method("their phase difference at t* over pi", "ours", _crossing("x"), "phase_difference"),
    "smallest_mean": _method("min |mu|", "(9)", _own(_bare(lambda c: c.minimum.size), _COLLAPSE), "amplitude"),
    "smallest_mean_time": _method("time of min |mu|, us", "(9)", _own(_minimum_time, _COLLAPSE), "time"),
    "collapse_drive": _method(
        "Omega/2pi, MHz, of the first exact collapse at this Delta_d", "ours",
        _own(_bare(lambda c: c.collapse.drive), _COLLAPSE), "drive"
    ),
    "amplifying_drive": _method(
        "Omega/2pi, MHz, where phase IV begins", "ours", _own(_bare(lambda c: amplifying_drive(c.system)), _AMPLIFYING), "drive"
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
        "steady_saturated_stable": [saturated_is_stable(system, a) for a in saturated_steady(system)],
        "coupling": found.coupling,
        "memory": found.memory,
        "saturation_at_start": found.start,
        "saturation_on_cycle": found.cycle,
        "off_linear_response": found.transient,
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
