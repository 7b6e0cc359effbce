"""Core sets that are discs in the plane of α: their sizes, and which of several sizes fit a system.

Bright cores: |α - α_b| < ``bright`` |α_b|. Vacuum core: |α|² < max(``vacuum`` |α_saddle|², 1/2). Jump trajectories
ask the same of the mean square distance from α_b and of <a†a>, which fluctuate less, so their cores are smaller by
default. Three sizes are watched side by side, like the thresholds of a Kerr-cat; ``reference`` is quoted.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from wellhop.engine.errors import ModelError, UnravellingError
from wellhop.jobs.campaign_schema import Range

if TYPE_CHECKING:
    from wellhop.engine.langevin_wells import Cores
    from wellhop.engine.oscillator import Oscillator
    from wellhop.engine.systems.kerr_two_photon_drive import KerrTwoPhotonDrive
    from wellhop.engine.unravelling import JumpSetup

#: Langevin trajectories: radius of a bright core over |α_b|; squared radius of the vacuum core over |α_saddle|².
CORE_BRIGHT, CORE_VACUUM = 0.35, 0.25
#: Core sets watched side by side, as multiples of the radii; the one in the middle is quoted.
CORE_SIZES: Final = {"narrow": 0.7, "reference": 1.0, "wide": 1.3}
#: What a campaign may give for either.
SHARE: Final = Range("a number between 0 and 1, both excluded", lambda x: 0 < x < 1)


def langevin_cores(
    oscillator: Oscillator, bright: float = CORE_BRIGHT, vacuum: float = CORE_VACUUM
) -> tuple[tuple[Cores, ...], tuple[str, ...]]:
    """Core sets of all sizes that fit, and a warning for those that do not.

    Raises:
        ModelError: the reference cores overlap, or the mean field has no attractor.

    >>> from wellhop.engine.oscillator import Oscillator
    >>> [core.name for core in langevin_cores(Oscillator(-3.0, 0.4, 0.0, 1.8, 2.0))[0]]
    ['narrow', 'reference', 'wide']
    """
    from wellhop.engine.langevin_wells import Cores, oscillator_cores

    (quoted,) = oscillator_cores(oscillator, bright, vacuum)
    return fitting(lambda name, size: Cores(name, quoted.centres, size * quoted.radii))


def jump_setup_with_cores(
    system: KerrTwoPhotonDrive,
    cutoff: int | None = None,
    bright: float | None = None,
    vacuum: float | None = None,
) -> tuple[JumpSetup, tuple[str, ...]]:
    """Displaced unravelling with core sets of all sizes that fit, and a warning for those that do not.

    Args:
        system: the parameters. cutoff: Fock states. bright, vacuum: of the reference, by default those of the system.

    Raises:
        UnravellingError: the reference cores overlap, or there is nothing to switch between.
        CutoffError: too few Fock states.

    >>> from wellhop.engine.systems.kerr_two_photon_drive import KerrTwoPhotonDrive
    >>> [core.name for core in jump_setup_with_cores(KerrTwoPhotonDrive(-3.0, 1.8, 0.4))[0].cores]
    ['narrow', 'reference', 'wide']
    """
    from wellhop.engine.systems.kerr_two_photon_jumps import CORE_SETTINGS, jump_setup

    usual_vacuum, usual_bright = CORE_SETTINGS["reference"]
    share = usual_vacuum if vacuum is None else vacuum
    radius = usual_bright if bright is None else bright

    def settings(name: str, size: float) -> tuple[str, tuple[float, float]]:
        found = name, (share * size**2, radius * size)
        if max(found[1]) >= 1.0:
            raise UnravellingError(f"core {name!r}: reaches another well")
        jump_setup(system, cutoff=cutoff, core_settings=dict([found]))
        return found

    found, lost = fitting(settings)
    return jump_setup(system, cutoff=cutoff, core_settings=dict(found)), lost


def fitting(core_of: Callable[[str, float], Any]) -> tuple[tuple[Any, ...], tuple[str, ...]]:
    """Cores of every size that can be made; the reference must be among them."""
    found: list[Any] = []
    lost: tuple[str, ...] = ()
    for name, size in CORE_SIZES.items():
        try:
            found.append(core_of(name, size))
        except (ModelError, UnravellingError):
            if name != "wide":
                raise
            lost = ("core_sizes: the wide cores would overlap and are left out",)
    return tuple(found), lost
