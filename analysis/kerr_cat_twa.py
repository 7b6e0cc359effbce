"""Truncated-Wigner switching rate of the Kerr-cat, without sampling: what its Langevin trajectories measure.

The truncated-Wigner equation drops the third derivatives of the Wigner equation, and with them the quantum
activation of the Kerr-cat: its rate is NOT an approximation of the exact one, but higher, often by far. It is
the slowest mode of odd parity of the operator truncated-Wigner generator (:mod:`.twa_generator`).

That generator converges slowly with the number of Fock states, because its stationary operator has wide tails,
and in a truncated space its eigenvalues pick up imaginary parts as small as the truncation error. The rate is
therefore the real part in the larger of two spaces, and the difference of the two is its accuracy.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from wellhop.analysis.twa_generator import twa_modes
from wellhop.engine.errors import CutoffError, SpectrumError

if TYPE_CHECKING:
    from wellhop.engine.systems.kerr_cat import KerrCat

#: Fock states beyond the default of the exact model, in the smaller and in the larger space.
EXTRA_LEVELS = (30, 60)
#: Fock states beyond which the sparse factors no longer fit comfortably.
LARGEST_CUTOFF = 260
#: Largest |Im|/|Re| of an eigenvalue that is taken for the truncation error of a real one.
OSCILLATION = 0.02
#: Relative difference of the two spaces beyond which nothing is quoted.
WORST_ACCURACY = 0.1
#: Next decay rate over the slowest below which no rate between wells is quoted.
LEAST_SEPARATION = 3.0


@dataclass(frozen=True)
class TwaRate:
    """Slowest odd mode of the truncated-Wigner generator.

    Attributes:
        value: decay rate of the population difference. next_rate: that of the next odd mode.
        accuracy: expected relative error, from two sizes of the Fock space. cutoff: the larger one.
    """

    value: float
    next_rate: float
    accuracy: float
    cutoff: int

    @property
    def resolved(self) -> bool:
        """Whether both spaces agree well enough to quote the rate."""
        return self.value > 0.0 and self.accuracy < WORST_ACCURACY

    @property
    def separation(self) -> float:
        """Next decay rate over this one."""
        return self.next_rate / self.value if self.value > 0.0 else math.nan


def twa_rate(system: KerrCat) -> TwaRate:
    """Decay rate of the population difference in the truncated-Wigner model of a Kerr-cat.

    Raises:
        CutoffError: too many photons for the Fock space that is needed.
        SpectrumError: the slow mode oscillates: no wells.

    >>> from wellhop.engine.systems.kerr_cat import KerrCat
    >>> rate = twa_rate(KerrCat(eps2=6.0, kappa=0.5, n_th=0.02))
    >>> f"{rate.value:.3e}", rate.accuracy < 0.01, rate.separation > 20.0
    ('2.325e-02', True, True)
    """
    values = []
    for extra in EXTRA_LEVELS:
        cutoff = system.default_cutoff() + extra
        if cutoff > LARGEST_CUTOFF:
            raise CutoffError(
                f"truncated Wigner: {cutoff} Fock states, allowed are {LARGEST_CUTOFF}; use a smaller eps2/K"
            )
        values.append(twa_modes(system.oscillator(), cutoff, sector="odd").eigenvalues)
    small, large = values
    slowest = complex(large[0])
    if abs(slowest.imag) > OSCILLATION * abs(slowest.real):
        raise SpectrumError(
            f"truncated Wigner: the slowest odd eigenvalue is {slowest:.4g}: a damped oscillation, not switching"
        )
    change = abs(slowest - complex(small[0])) / abs(slowest)
    return TwaRate(float(-slowest.real), float(-large.real[1:].max()), max(change, 1e-9), cutoff)


def twa_prediction(system: KerrCat) -> tuple[float, bool, str, float | None]:
    """(value, valid, note, accuracy) as a method of :mod:`.prediction` returns it; of Langevin trajectories, not of jumps."""
    try:
        rate = twa_rate(system)
    except (CutoffError, SpectrumError) as error:
        return math.nan, False, str(error), None
    notes = ["rate of the truncated-Wigner model, not of the quantum model"]
    if not rate.resolved:
        notes.append(f"two Fock spaces differ by {100.0 * rate.accuracy:.2g} %")
    if rate.separation < LEAST_SEPARATION:
        notes.append(f"next mode decays {rate.separation:.2g} times as fast: no separation of time scales")
    return rate.value, rate.resolved and rate.separation >= LEAST_SEPARATION, "; ".join(notes), min(rate.accuracy, 1.0)
