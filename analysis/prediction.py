"""Every prediction of a switching rate under one name, each with its validity range.

A prediction never hides where it fails: ``valid`` says whether it may be set against a measurement,
``accuracy`` how far it may be from the exact rate, ``note`` why. The numbers behind both come from a
comparison of every method with the exact Liouvillian over ε₂/K = 1 ... 12, κ/K = 0.001 ... 0.5 and n_th =
1e-6 ... 0.2.

A new method is one function and one line in :data:`METHODS`; systems with other quantities have a table of
their own, found by :func:`methods_of`.
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from wellhop.analysis.liouvillian import SlowRate, decay_rate
from wellhop.analysis.staircase import Populations, RateModel, ground_rate, rate_model
from wellhop.engine.errors import PredictionError
from wellhop.engine.fock import parity_signs
from wellhop.engine.lindblad import LindbladModel
from wellhop.engine.systems.kerr_cat import KerrCat
from wellhop.engine.systems.kerr_two_photon_drive import KerrTwoPhotonDrive

#: Above this κ/K the coherence between manifolds, which the rate equations drop, costs 5 to 10 %.
STRONG_DAMPING = 0.3
#: Above this Γ/κ transit times are no longer short against residence times.
FAST_SWITCHING = 0.02
#: A prediction expected to be further off than this is not set against a measurement.
WORST_ACCURACY = 0.3


@dataclass(frozen=True)
class Prediction:
    """One predicted number, as a rule a rate.

    Attributes:
        name: key in :func:`methods_of` the system. label: the same in words, for tables and legends.
        quantity: ``decay_rate``, Γ of the population difference (two symmetric wells: twice the escape
        rate), or another one the method names.
        value: the number, NaN where it does not exist. unit_note: its unit in words.
        valid: whether it may be set against a measurement at these parameters.
        note: why not, or what to keep in mind; empty when there is nothing to say.
        accuracy: expected largest relative difference from the exact rate, None where no bound is known.
    """

    name: str
    label: str
    quantity: str
    value: float
    unit_note: str
    valid: bool
    note: str
    accuracy: float | None = None

    def __str__(self) -> str:
        """One line for people."""
        margin = "" if self.accuracy is None else f" (within {100.0 * self.accuracy:.2g} %)"
        remark = f"  [{self.note}]" if self.note else ""
        flag = "" if self.valid else "  NOT VALID HERE"
        return f"{self.label:<42} {self.quantity} = {self.value:.6e}{margin}{flag}{remark}"


class Subject:
    """What the methods look at; expensive parts are computed once and shared."""

    def __init__(self, system: KerrCat | LindbladModel) -> None:
        self.system = system

    @property
    def kerr_cat(self) -> KerrCat:
        """The system, for methods that know only this one."""
        if not isinstance(self.system, KerrCat):
            raise PredictionError(
                "rate_model and its relatives exist for kerr_cat_staircase only; use liouvillian"
            )
        return self.system

    @cached_property
    def slow_rate(self) -> SlowRate:
        """Slowest real mode of the Liouvillian."""
        if isinstance(self.system, LindbladModel):
            return decay_rate(self.system)
        model = self.system.lindblad()
        return decay_rate(model, parity_signs=parity_signs(model.dim))

    @cached_property
    def rates(self) -> RateModel:
        """Hop rates between the manifolds."""
        return rate_model(self.kerr_cat)

    @property
    def unit_note(self) -> str:
        """Unit of every rate of this subject."""
        if isinstance(self.system, LindbladModel):
            return "in the unit of the Hamiltonian"
        return "in units of K" if self.system.K == 1.0 else f"in the unit in which K = {self.system.K:g}"


@dataclass(frozen=True)
class Method:
    """How a prediction is made.

    Attributes:
        label: words for tables and legends.
        source: where the formula stands.
        generic: whether it works for any Lindblad model.
        evaluate: subject -> (value, valid, note, accuracy).
        quantity: what the value is.
        default: whether it is computed when nothing is asked for; slow ones and contrasts are not.
    """

    label: str
    source: str
    generic: bool
    evaluate: Callable[[Any], tuple[float, bool, str, float | None]]
    quantity: str = "decay_rate"
    default: bool = True


#: next decay rate over the slowest below which no two-state rate is quoted
LEAST_SEPARATION = 3.0


def _liouvillian(subject: Subject) -> tuple[float, bool, str, float | None]:
    """Exact rate with its round-off and time-scale checks."""
    slow = subject.slow_rate
    notes = []
    accuracy = max(1e-9, slow.resolution / abs(slow.value)) if slow.value else 1.0
    if not slow.resolved:
        notes.append(f"below {slow.resolution:.1g}: round-off")
    if slow.next_rate is None:
        notes.append("no second mode: time-scale separation unknown")
    elif slow.resolved and slow.separation < 20.0:
        notes.append(
            f"next mode only {slow.separation:.2g} times faster: the two-state picture is approximate"
        )
    if isinstance(subject.system, KerrCat) and slow.value > FAST_SWITCHING * subject.system.kappa:
        ratio = slow.value / subject.system.kappa
        notes.append(f"Gamma/kappa = {ratio:.2g} > {FAST_SWITCHING}: residence times contain transit times")
    separated = slow.resolved and slow.next_rate is not None and slow.separation >= LEAST_SEPARATION
    value = slow.value if slow.value > 0.0 else math.nan
    return value, separated, "; ".join(notes), min(accuracy, 1.0)


def rate_equation_error(system: KerrCat) -> float:
    """Largest expected relative error of the rate equations against the exact rate.

    Two sources: the coherence between manifolds, at most 7e-3 (κ/0.1K)^1.7, and heating by the
    non-Hermitian part of the evolution, (κ/16ε₂)² per photon lost, which competes with n_th and which the
    eigenstates of H do not see.
    """
    coherence = 7e-3 * (system.kappa / (0.1 * system.K)) ** 1.7
    quantum_heating = (system.kappa / (16.0 * system.eps2)) ** 2
    # The leading order is too small by a factor of up to 3 for shallow wells.
    missing = 3.0 * quantum_heating / system.n_th if system.n_th > 0.0 else np.inf
    return float(coherence + missing)


def _from_rates(subject: Subject, value: float, own_error: float) -> tuple[float, bool, str, float | None]:
    """Common validity checks of everything built on the rate equations."""
    system = subject.kerr_cat
    base = rate_equation_error(system)
    accuracy = base + own_error
    notes = []
    if system.kappa > STRONG_DAMPING * system.K:
        notes.append(f"kappa/K > {STRONG_DAMPING}: semi-analytics 5-10 % off")
    if (system.kappa / (16.0 * system.eps2)) ** 2 > 0.02 * system.n_th:
        notes.append("n_th so low that heating by the non-Hermitian evolution, not in this formula, matters")
    elif accuracy > WORST_ACCURACY:
        notes.append(f"expected to be off by up to {100.0 * accuracy:.0f} %")
    if system.eps2 < system.K:
        notes.append("eps2/K < 1: no well holds a level")
    valid = not notes
    if value > FAST_SWITCHING * system.kappa:
        notes.append(f"Gamma/kappa = {value / system.kappa:.2g}: residence times contain transit times")
    return value, valid, "; ".join(notes), accuracy if accuracy < 1.0 else None


def _rate_equations(subject: Subject) -> tuple[float, bool, str, float | None]:
    """All manifolds with their tunnelling coherence."""
    return _from_rates(subject, subject.rates.decay_rate(), 0.0)


def _semi_analytical(
    populations: Populations, linear: float, quadratic: float
) -> Callable[..., tuple[float, bool, str, float | None]]:
    """Incoherent picture; its own error grows with n_th through the neglected downward steps and
    coherence.
    """

    def evaluate(subject: Subject) -> tuple[float, bool, str, float | None]:
        value = subject.rates.quasi_stationary(populations).decay_rate
        n_th = subject.kerr_cat.n_th
        return _from_rates(subject, value, 1.5e-3 + linear * n_th + quadratic * n_th**2)

    return evaluate


def _ground_only(subject: Subject) -> tuple[float, bool, str, float | None]:
    """Tunnelling through the barrier without any heating."""
    value = ground_rate(subject.kerr_cat)
    total = max(value, subject.rates.decay_rate())
    share = value / total
    if subject.slow_rate.resolved:
        share = value / subject.slow_rate.value
    note = "" if share > 0.5 else f"only {share:.2g} of the rate: switching goes through excited manifolds"
    return value, share > 0.5, note, abs(1.0 - share) if share > 0.5 else None


def _truncated_wigner(subject: Subject) -> tuple[float, bool, str, float | None]:
    """The rate Langevin trajectories have, another model than the quantum one."""
    # That module is needed by nobody else here, and costs start-up time.
    from wellhop.analysis.kerr_cat_twa import twa_prediction

    return twa_prediction(subject.kerr_cat)


#: Name, as written in campaigns and on the command line -> method. Order is the order of tables.
METHODS: dict[str, Method] = {
    "liouvillian": Method("exact (Liouvillian)", "odd-parity Liouvillian, Appendix A", True, _liouvillian),
    "rate_model": Method("rate equations", "Eqs. (50)(51)", False, _rate_equations),
    "semi_analytical": Method(
        "semi-analytical, one downward step", "Eqs. (79)(80)", False, _semi_analytical("one_down", 0.23, 1.6)
    ),
    "semi_analytical_up": Method(
        "semi-analytical, upward only", "Eqs. (77)(80)", False, _semi_analytical("up", 2.2, 0.0)
    ),
    "resummed": Method(
        "semi-analytical, all paths", "Eqs. (69)-(76) solved", False, _semi_analytical("resummed", 0.25, 0.0)
    ),
    "ground_only": Method("ground manifold only, 2 V_00", "Eq. (96)", False, _ground_only),
    "twa": Method(
        "truncated Wigner (operator); contrast: no staircase, far too fast",
        "operator truncated Wigner",
        False,
        _truncated_wigner,
        default=False,
    ),
}

#: What is computed when nothing is asked for.
DEFAULT_METHODS: tuple[str, ...] = tuple(name for name, method in METHODS.items() if method.default)


def methods_of(system: str) -> Mapping[str, Method]:
    """Methods of the built-in system of that name.

    >>> list(methods_of("kerr_two_photon_drive"))[:3]
    ['lam_e', 'lam_o', 'k_v']
    """
    if system == KerrTwoPhotonDrive.name:
        # That table imports Method from here.
        from wellhop.analysis.two_photon_prediction import TWO_PHOTON_METHODS

        return TWO_PHOTON_METHODS
    return METHODS


def default_methods_of(system: str) -> tuple[str, ...]:
    """Those of them that are computed when nothing is asked for.

    >>> "twa" in methods_of("kerr_cat_staircase"), "twa" in default_methods_of("kerr_cat_staircase")
    (True, False)
    """
    return tuple(name for name, method in methods_of(system).items() if method.default)


def check_methods(methods: Sequence[str], known: Mapping[str, Method] | None = None) -> tuple[str, ...]:
    """The names given, in their order, if each is known (by default in :data:`METHODS`) and none is repeated.

    Raises:
        PredictionError: a name is unknown or repeated; the message lists what exists and what is close.

    >>> check_methods(["liouvillian", "rate_model"])
    ('liouvillian', 'rate_model')
    """
    if isinstance(methods, str):
        raise PredictionError(f"methods: got {methods!r}, allowed is a list of names")
    table = METHODS if known is None else known
    for position, name in enumerate(methods):
        if name not in table:
            near = difflib.get_close_matches(str(name), list(table), n=2, cutoff=0.5)
            hint = f"; did you mean {' or '.join(near)}?" if near else ""
            raise PredictionError(f"methods: got {name!r}, allowed is one of {', '.join(table)}{hint}")
        if name in methods[:position]:
            raise PredictionError(f"methods: {name!r} is given twice")
    return tuple(methods)


def predict(
    system: KerrCat | KerrTwoPhotonDrive | LindbladModel, methods: Sequence[str] | None = None
) -> list[Prediction]:
    """Predictions of the switching rates of a system.

    Args:
        system: a built-in system, or any Lindblad model (``liouvillian`` only).
        methods: names out of :func:`methods_of` the system; those of :func:`default_methods_of` it if None.

    Returns:
        One :class:`Prediction` per method, in the order asked for.

    Raises:
        PredictionError: unknown or repeated method, or one that does not exist for this system.
        SpectrumError: the Liouvillian has no real slow mode.

    >>> for p in predict(KerrCat(6.0, 0.025, 0.05), ["liouvillian", "semi_analytical"]):
    ...     print(p.name, f"{p.value:.6e}", p.valid)
    liouvillian 8.665224e-04 True
    semi_analytical 8.565493e-04 True
    """
    if isinstance(system, KerrTwoPhotonDrive):
        return _two_photon_predictions(system, methods)
    generic = isinstance(system, LindbladModel)
    if not generic and not isinstance(system, KerrCat):
        raise PredictionError(
            f"system: got {type(system).__name__}, allowed is a built-in system or a LindbladModel"
        )
    if methods is None:
        names: tuple[str, ...] = tuple(n for n in DEFAULT_METHODS if METHODS[n].generic or not generic)
    else:
        names = check_methods(methods)
    subject = Subject(system)
    out = []
    for name in names:
        method = METHODS[name]
        if generic and not method.generic:
            raise PredictionError(f"methods: {name!r} exists for built-in systems only; use liouvillian")
        value, valid, note, accuracy = method.evaluate(subject)
        out.append(
            Prediction(name, method.label, "decay_rate", value, subject.unit_note, valid, note, accuracy)
        )
    return out


def _two_photon_predictions(system: KerrTwoPhotonDrive, methods: Sequence[str] | None) -> list[Prediction]:
    """Predictions of the system with three wells, each with the quantity its method names."""
    from wellhop.analysis.two_photon_prediction import TwoPhotonSubject

    table = methods_of(system.name)
    subject = TwoPhotonSubject(system)
    out = []
    for name in default_methods_of(system.name) if methods is None else check_methods(methods, table):
        method = table[name]
        value, valid, note, accuracy = method.evaluate(subject)
        unit = subject.unit_note if method.quantity in ("decay_rate", "escape_rate") else ""
        out.append(Prediction(name, method.label, method.quantity, value, unit, valid, note, accuracy))
    return out
