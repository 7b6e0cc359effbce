"""Every prediction of a switching rate under one name, each with its validity range.

A prediction never hides where it fails: ``valid`` says whether it may be set against a measurement,
``accuracy`` how far it may be from the exact rate, ``note`` why.

Every system has a table of its own, found by :func:`methods_of`; a new method is one function and one line there.
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from wellhop.engine.errors import PredictionError, WellhopError
from wellhop.engine.lindblad import LindbladModel
from wellhop.engine.systems import System
from wellhop.engine.systems.driven_qubit_tls import DrivenQubitTLS
from wellhop.engine.systems.duffing_attractors import DuffingAttractors
from wellhop.engine.systems.kerr_cat import KerrCat
from wellhop.engine.systems.kerr_two_photon_drive import KerrTwoPhotonDrive
from wellhop.engine.systems.two_photon_resonator import TwoPhotonResonator

#: (value, valid, note, accuracy) of a prediction.
Evaluation = tuple[float, bool, str, float | None]
Subject = TypeVar("Subject")
#: Quantities in the unit of a rate.
RATES = ("decay_rate", "escape_rate", "frequency", "loss_rate")


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


@dataclass(frozen=True)
class Method:
    """How a prediction is made.

    Attributes:
        label: words for tables and legends.
        source: where the formula stands.
        generic: whether it works for any Lindblad model.
        evaluate: subject -> (value, valid, note, accuracy).
        quantity: what the value is.
        default: whether it is computed when nothing is asked for, and set against measurements; slow ones and contrasts are not.
        listed: whether ``wellhop predict`` shows it although it is not one of those.
    """

    label: str
    source: str
    generic: bool
    evaluate: Callable[[Any], tuple[float, bool, str, float | None]]
    quantity: str = "decay_rate"
    default: bool = True
    listed: bool = False


def flagged(evaluate: Callable[[Subject], Evaluation]) -> Callable[[Subject], Evaluation]:
    """A named error becomes a prediction without a value that says why.

    >>> def nothing(subject: object) -> Evaluation:
    ...     raise PredictionError("no bistability")
    >>> flagged(nothing)(None)
    (nan, False, 'no bistability', None)
    """

    def safe(subject: Subject) -> Evaluation:
        try:
            return evaluate(subject)
        except WellhopError as error:
            return math.nan, False, str(error), None

    return safe


def methods_of(system: str) -> Mapping[str, Method]:
    """Methods of the built-in system of that name.

    >>> list(methods_of("kerr_two_photon_drive"))[:3]
    ['lam_e', 'lam_o', 'k_v']
    """
    # These tables import Method from here.
    if system == KerrTwoPhotonDrive.name:
        from wellhop.analysis.two_photon_prediction import TWO_PHOTON_METHODS

        return TWO_PHOTON_METHODS
    if system == TwoPhotonResonator.name:
        from wellhop.analysis.resonator_prediction import RESONATOR_METHODS

        return RESONATOR_METHODS
    if system == DuffingAttractors.name:
        from wellhop.analysis.duffing_prediction import DUFFING_METHODS

        return DUFFING_METHODS
    if system == DrivenQubitTLS.name:
        from wellhop.analysis.defect_prediction import DEFECT_METHODS

        return DEFECT_METHODS
    from wellhop.analysis.kerr_cat_prediction import KERR_CAT_METHODS

    return KERR_CAT_METHODS


def default_methods_of(system: str) -> tuple[str, ...]:
    """Those of them that are computed when nothing is asked for.

    >>> "twa" in methods_of("kerr_cat_staircase"), "twa" in default_methods_of("kerr_cat_staircase")
    (True, False)
    """
    return tuple(name for name, method in methods_of(system).items() if method.default)


def listed_methods_of(system: str) -> tuple[str, ...]:
    """Those of them that ``wellhop predict`` shows: the defaults and everything else that costs no more than a second or two.

    >>> "twa" in listed_methods_of("kerr_cat_staircase")
    True
    """
    return tuple(name for name, method in methods_of(system).items() if method.default or method.listed)


def check_methods(methods: Sequence[str], known: Mapping[str, Method] | None = None) -> tuple[str, ...]:
    """The names given, in their order, if each is known (by default for the Kerr-cat) and none is repeated.

    Raises:
        PredictionError: a name is unknown or repeated; the message lists what exists and what is close.

    >>> check_methods(["liouvillian", "rate_model"])
    ('liouvillian', 'rate_model')
    """
    if isinstance(methods, str):
        raise PredictionError(f"methods: got {methods!r}, allowed is a list of names")
    table = methods_of(KerrCat.name) if known is None else known
    for position, name in enumerate(methods):
        if name not in table:
            near = difflib.get_close_matches(str(name), list(table), n=2, cutoff=0.5)
            hint = f"; did you mean {' or '.join(near)}?" if near else ""
            raise PredictionError(f"methods: got {name!r}, allowed is one of {', '.join(table)}{hint}")
        if name in methods[:position]:
            raise PredictionError(f"methods: {name!r} is given twice")
    return tuple(methods)


def predict(
    system: System | LindbladModel,
    methods: Sequence[str] | None = None,
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
        from wellhop.analysis.two_photon_prediction import TwoPhotonSubject

        return _named_quantities(system, TwoPhotonSubject(system), methods)
    if isinstance(system, TwoPhotonResonator):
        from wellhop.analysis.resonator_prediction import ResonatorSubject

        return _named_quantities(system, ResonatorSubject(system), methods)
    if isinstance(system, DuffingAttractors):
        from wellhop.analysis.duffing_prediction import DuffingSubject

        return _named_quantities(system, DuffingSubject(system), methods)
    if isinstance(system, DrivenQubitTLS):
        from wellhop.analysis.defect_prediction import DefectSubject

        return _named_quantities(system, DefectSubject(system), methods)
    generic = isinstance(system, LindbladModel)
    if not generic and not isinstance(system, KerrCat):
        raise PredictionError(
            f"system: got {type(system).__name__}, allowed is a built-in system or a LindbladModel"
        )
    from wellhop.analysis.kerr_cat_prediction import KerrCatSubject

    table = methods_of(KerrCat.name)
    if methods is None:
        names = tuple(n for n in default_methods_of(KerrCat.name) if table[n].generic or not generic)
    else:
        names = check_methods(methods, table)
    subject = KerrCatSubject(system)
    out = []
    for name in names:
        method = table[name]
        if generic and not method.generic:
            raise PredictionError(f"methods: {name!r} exists for built-in systems only; use liouvillian")
        value, valid, note, accuracy = method.evaluate(subject)
        out.append(
            Prediction(name, method.label, method.quantity, value, subject.unit_note, valid, note, accuracy)
        )
    return out


def _named_quantities(
    system: System, subject: Any, methods: Sequence[str] | None
) -> list[Prediction]:
    """Predictions of a system with several rates, each with the quantity its method names."""
    table = methods_of(system.name)
    out = []
    for name in default_methods_of(system.name) if methods is None else check_methods(methods, table):
        method = table[name]
        value, valid, note, accuracy = method.evaluate(subject)
        unit = subject.unit_note if method.quantity in RATES else ""
        out.append(Prediction(name, method.label, method.quantity, value, unit, valid, note, accuracy))
    return out
