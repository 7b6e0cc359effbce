"""Truncated-Wigner switching rate of the Kerr-cat, without sampling: what its Langevin trajectories measure.

The truncated-Wigner equation drops the third derivatives of the Wigner equation, and with them the discrete levels and
the quantum activation of the Kerr-cat: its rate is NOT an approximation of the exact one but another model, a contrast.
It has no staircase and is far too fast. With α = x + iy it is the Fokker-Planck equation of

    dα = [2iK(|α|² - 1)α - 2i eps2 α* - κα/2] dt + dξ,   <|dξ|²> = κ(n_th + 1/2) dt,

and Γ its slowest eigenvalue of odd parity, found in Hermite functions (:mod:`.fokker_planck`).

The same generator in Fock states (:mod:`.twa_generator`) has the same eigenvalues, but the flow winds up structures
finer than a quantum of phase space, which Fock states resolve slowly: their eigenvalues scatter by 1 to 8 % between 60
and 200 states, where Hermite functions settle to four digits or more. The basis grows until two
neighbours agree; what is left is the stated accuracy (below 1 % at κ = 0.025 K, where damping hardly limits the winding).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from wellhop.analysis.fokker_planck import slow_eigenvalues
from wellhop.engine.errors import CutoffError, SpectrumError

if TYPE_CHECKING:
    from wellhop.engine.systems.kerr_cat import KerrCat

#: Hermite functions per axis, tried in turn until two neighbours agree; the last one takes 3 s.
BASES = (96, 128, 176, 240, 320)
#: Width of the functions of the smallest basis without thermal photons, and the largest one, that of a coherent state. It shrinks
#: with the size to the power of -1/8: what more functions add goes into finer structures rather than into a wider plane.
WIDTH, WIDEST = 0.33, 0.5
#: The width is chosen so that at least the last of BASES from here on reach beyond the wells.
WIDE_ENOUGH = 176
#: Relative difference of two bases below which no larger one is tried.
AGREED = 1e-5
#: How far beyond the wells the basis has to reach, in standard deviations of a coherent (thermal) state.
BEYOND = 4.0
#: Largest |Im|/|Re| of an eigenvalue that counts as real.
OSCILLATION = 1e-6
#: Relative difference of the last two bases beyond which nothing is quoted.
WORST_ACCURACY = 0.1
#: Next decay rate over the slowest below which no rate between wells is quoted.
LEAST_SEPARATION = 3.0


@dataclass(frozen=True)
class TwaRate:
    """Slowest odd mode of the truncated-Wigner equation.

    Attributes:
        value: decay rate of the population difference. next_rate: that of the next odd mode.
        accuracy: expected relative error, from the last two bases. basis: functions per axis of the larger one.
    """

    value: float
    next_rate: float
    accuracy: float
    basis: int

    @property
    def resolved(self) -> bool:
        """Whether the last two bases agree well enough to quote the rate."""
        return self.value > 0.0 and self.accuracy < WORST_ACCURACY

    @property
    def separation(self) -> float:
        """Next decay rate over this one."""
        return self.next_rate / self.value if self.value > 0.0 else math.nan


def twa_drift(system: KerrCat) -> tuple[list[npt.NDArray[np.float64]], npt.NDArray[np.float64]]:
    """Drift and diffusion of (x, y) = (Re α, Im α), as :mod:`.fokker_planck` takes them.

    Returns:
        Two (4, 4) tables c[i, j] of x^i y^j, and D = κ(2 n_th + 1)/8 times the unit matrix.

    >>> from wellhop.engine.systems.kerr_cat import KerrCat
    >>> drift, diffusion = twa_drift(KerrCat(eps2=6.0, kappa=0.5, n_th=0.5))
    >>> [float(x) for x in (drift[0][2, 1], drift[1][1, 0], diffusion[0, 0])]
    [-2.0, -14.0, 0.125]
    """
    kerr, drive, damping = system.K, system.eps2, 0.5 * system.kappa
    along, across = np.zeros((4, 4)), np.zeros((4, 4))
    along[2, 1] = along[0, 3] = -2.0 * kerr
    along[0, 1], along[1, 0] = 2.0 * kerr - 2.0 * drive, -damping
    across[3, 0] = across[1, 2] = 2.0 * kerr
    across[1, 0], across[0, 1] = -2.0 * kerr - 2.0 * drive, -damping
    return [along, across], 0.125 * system.kappa * (2.0 * system.n_th + 1.0) * np.eye(2)


def twa_rate(system: KerrCat) -> TwaRate:
    """Decay rate of the population difference in the truncated-Wigner model of a Kerr-cat; 0.5 to 5 s.

    Raises:
        CutoffError: the wells lie beyond the reach of the largest basis.
        SpectrumError: the slow mode oscillates: no wells.

    >>> from wellhop.engine.systems.kerr_cat import KerrCat
    >>> rate = twa_rate(KerrCat(eps2=4.0, kappa=0.5, n_th=0.1))
    >>> f"{rate.value:.5e}", rate.accuracy < 1e-5, rate.separation > 10.0
    ('7.35398e-02', True, True)
    """
    drift, diffusion = twa_drift(system)
    noise = 2.0 * system.n_th + 1.0
    # wells of the mean field are at most at |α|² = eps2/K + 1
    needed = math.sqrt(system.eps2 / system.K + 1.0) + BEYOND * 0.5 * math.sqrt(noise)
    shrunk = {n: (n / BASES[0]) ** -0.125 for n in BASES}
    fitting = needed / (shrunk[WIDE_ENOUGH] * math.sqrt(2.0 * WIDE_ENOUGH))
    width = min(max(WIDTH * noise**0.25, 1.001 * fitting), WIDEST * noise**0.25)
    reach = {n: width * shrunk[n] * math.sqrt(2.0 * n) for n in BASES}
    bases = [n for n in BASES if reach[n] >= needed]
    if len(bases) < 2:
        raise CutoffError(
            f"truncated Wigner: the state reaches |alpha| = {needed:.3g}, two bases no further than "
            f"{reach[BASES[-2]]:.3g}; use a smaller eps2/K"
        )
    before = math.nan
    for basis in bases:
        modes = slow_eigenvalues(
            drift, diffusion, basis=basis, scale=width * shrunk[basis], parity="odd", count=3
        )
        slowest = complex(modes[0])
        accuracy = abs(slowest.real - before) / abs(slowest)
        if accuracy < AGREED:
            break
        before = slowest.real
    if abs(slowest.imag) > OSCILLATION * abs(slowest.real):
        raise SpectrumError(
            f"truncated Wigner: the slowest odd eigenvalue is {slowest:.4g}: a damped oscillation, not switching"
        )
    return TwaRate(-slowest.real, float(-modes[1:].real.max()), max(accuracy, 1e-9), basis)


def twa_prediction(system: KerrCat) -> tuple[float, bool, str, float | None]:
    """(value, valid, note, accuracy) as a method of :mod:`.prediction` returns it; of Langevin trajectories, not of jumps."""
    try:
        rate = twa_rate(system)
    except (CutoffError, SpectrumError) as error:
        return math.nan, False, str(error), None
    notes = ["contrast: rate of the truncated-Wigner model, not of the quantum model"]
    if not rate.resolved:
        notes.append(f"two bases differ by {100.0 * rate.accuracy:.2g} %")
    if rate.separation < LEAST_SEPARATION:
        notes.append(f"next mode decays {rate.separation:.2g} times as fast: no separation of time scales")
    return (
        rate.value,
        rate.resolved and rate.separation >= LEAST_SEPARATION,
        "; ".join(notes),
        min(rate.accuracy, 1.0),
    )
