"""The built-in systems, one file per paper: its parameters and conventions in, a model of the house out."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import MISSING, fields

from wellhop.engine.errors import ParameterError, UnravellingError
from wellhop.engine.systems.driven_qubit_tls import DrivenQubitTLS
from wellhop.engine.systems.duffing_attractors import DuffingAttractors
from wellhop.engine.systems.kerr_cat import KerrCat
from wellhop.engine.systems.kerr_two_photon_drive import KerrTwoPhotonDrive
from wellhop.engine.systems.two_photon_resonator import TwoPhotonResonator

#: Any built-in system.
System = KerrCat | KerrTwoPhotonDrive | TwoPhotonResonator | DuffingAttractors | DrivenQubitTLS
#: One that has wells to switch between.
SwitchingSystem = KerrCat | KerrTwoPhotonDrive | TwoPhotonResonator | DuffingAttractors

#: Name of a system, as written in campaigns and on the command line -> its class.
SYSTEMS: dict[str, type[System]] = {
    cls.name: cls
    for cls in (KerrCat, KerrTwoPhotonDrive, TwoPhotonResonator, DuffingAttractors, DrivenQubitTLS)
}

#: Systems that switch, each with the arms of a campaign that measure it. The driven qubit has one attractor: nothing switches.
MEASURABLE: dict[str, tuple[str, ...]] = {
    KerrCat.name: ("jumps", "counting", "langevin"),
    KerrTwoPhotonDrive.name: ("jumps", "langevin"),
    TwoPhotonResonator.name: ("jumps", "langevin"),
    DuffingAttractors.name: ("jumps", "langevin"),
}


def parameters_of(name: str) -> dict[str, float | None]:
    """Parameter names of a system and their defaults (None: must be given).

    >>> parameters_of("kerr_cat_staircase")
    {'eps2': None, 'kappa': None, 'n_th': None, 'K': 1.0}
    """
    return {f.name: None if f.default is MISSING else f.default for f in fields(system_class(name))}


def by_rates(name: str, parameters: Iterable[str]) -> tuple[str, ...]:
    """Names of the rates that a system may be given by instead of its scaled parameters; empty where none of them is used.

    >>> by_rates("duffing_attractors", ["dw", "chi"]), by_rates("duffing_attractors", ["lam", "dw"])
    (('dw', 'chi', 'eps', 'kappa', 'n_th', 'eta'), ())
    """
    own = {"chi", "eps", "kappa"} if name == DuffingAttractors.name else set()
    return ("dw", "chi", "eps", "kappa", "n_th", "eta") if own & set(parameters) else ()


def system_class(name: str) -> type[System]:
    """Class of the system called ``name``.

    Raises:
        ParameterError: unknown name; the message lists what exists and what is close.
    """
    if not isinstance(name, str) or name not in SYSTEMS:
        raise ParameterError("system", name, "one of " + ", ".join(SYSTEMS), _close(str(name), SYSTEMS))
    return SYSTEMS[name]


def build(name: str, parameters: Mapping[str, float]) -> System:
    """A system from its name and parameters.

    Args:
        name: key of :data:`SYSTEMS`.
        parameters: parameter name -> value; those with a default may be left out. The Duffing oscillator may be given by the
            rates dw, chi, eps, kappa instead of lam, beta, khat.

    Raises:
        ParameterError: unknown system, unknown or missing parameter, or a value outside its range.

    >>> build("kerr_cat_staircase", {"eps2": 6, "kappa": 0.1, "n_th": 0.02}).eps2
    6.0
    """
    cls = system_class(name)
    known = parameters_of(name)
    rates = by_rates(name, parameters)
    if rates:
        return _from_rates(rates, parameters)
    for key, value in parameters.items():
        if key not in known:
            raise ParameterError(
                f"{name}.{key}", value, "one of the parameters " + ", ".join(known), _close(str(key), known)
            )
    for key, default in known.items():
        if default is None and key not in parameters:
            raise ParameterError(f"{name}.{key}", None, "a number; this parameter has no default")
    return cls(**parameters)


def _from_rates(rates: Sequence[str], parameters: Mapping[str, float]) -> DuffingAttractors:
    """The Duffing oscillator from dw, chi, eps, kappa."""
    for key, value in parameters.items():
        if key not in rates:
            raise ParameterError(
                key, value, "one of " + ", ".join(rates), "rates and scaled parameters (lam, beta, khat) cannot be mixed"
            )
    for key in rates[:4]:
        if key not in parameters:
            raise ParameterError(key, None, "a number, where the system is given by rates")
    return DuffingAttractors.from_rates(**parameters)


def build_measurable(name: str, parameters: Mapping[str, float]) -> SwitchingSystem:
    """The same as :func:`build` for a system that switches.

    Raises:
        UnravellingError: nothing switches in this system.
        ParameterError: as in :func:`build`.
    """
    return switching(build(name, parameters))


def switching(system: System) -> SwitchingSystem:
    """The system itself, if it is one that switches.

    Raises:
        UnravellingError: it has one attractor at any parameters.

    >>> try:
    ...     switching(DrivenQubitTLS(-0.37, 0.1))
    ... except UnravellingError as error:
    ...     print(str(error)[:53])
    driven_qubit_tls: one attractor, nothing switches, so
    """
    if isinstance(system, DrivenQubitTLS):
        raise UnravellingError(
            f"{system.name}: one attractor, nothing switches, so there is no rate to measure; wellhop figure {system.name} 10 "
            "draws its trajectories, wellhop.engine.defect_langevin.sample_langevin runs them; "
            f"rates can be measured of {', '.join(MEASURABLE)}"
        )
    return system


def _close(word: str, known: Mapping[str, object]) -> str:
    """Hint with the nearest known names, empty when nothing is near."""
    by_lower = {name.lower(): name for name in reversed(list(known))}
    near = [by_lower[name] for name in difflib.get_close_matches(word.lower(), list(by_lower), n=2, cutoff=0.5)]
    return "did you mean " + " or ".join(near) + "?" if near else ""
