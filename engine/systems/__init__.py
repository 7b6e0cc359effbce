"""The built-in systems, one file per paper: its parameters and conventions in, a model of the house out."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
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
        parameters: parameter name -> value; those with a default may be left out.

    Raises:
        ParameterError: unknown system, unknown or missing parameter, or a value outside its range.

    >>> build("kerr_cat_staircase", {"eps2": 6, "kappa": 0.1, "n_th": 0.02}).eps2
    6.0
    """
    cls = system_class(name)
    known = parameters_of(name)
    for key, value in parameters.items():
        if key not in known:
            raise ParameterError(
                f"{name}.{key}", value, "one of the parameters " + ", ".join(known), _close(str(key), known)
            )
    for key, default in known.items():
        if default is None and key not in parameters:
            raise ParameterError(f"{name}.{key}", None, "a number; this parameter has no default")
    return cls(**parameters)


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

    >>> switching(DrivenQubitTLS(-0.37, 0.1))
    Traceback (most recent call last):
    ...
    wellhop.engine.errors.UnravellingError: driven_qubit_tls: one attractor, nothing switches, so there is no rate to measure; \
    wellhop figure driven_qubit_tls 9 runs its trajectories; rates can be measured of kerr_cat_staircase, \
    kerr_two_photon_drive, two_photon_resonator, duffing_attractors
    """
    if isinstance(system, DrivenQubitTLS):
        raise UnravellingError(
            f"{system.name}: one attractor, nothing switches, so there is no rate to measure; wellhop figure {system.name} 9 runs "
            f"its trajectories; rates can be measured of {', '.join(MEASURABLE)}"
        )
    return system


def _close(word: str, known: Mapping[str, object]) -> str:
    """Hint with the nearest known names, empty when nothing is near."""
    near = difflib.get_close_matches(word, list(known), n=2, cutoff=0.5)
    return "did you mean " + " or ".join(near) + "?" if near else ""
