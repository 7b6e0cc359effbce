"""How warm the Duffing oscillator is at an attractor: populations of its levels in the quasi-stationary state of the well.

    ln(p_0/p_1),      p_1/(p_0 - p_1) = N_eff,      T_eff = |E_1 - E_0| / ln(p_0/p_1)        (ħ = k_B = 1)

To leading order p_1/p_0 = N̄/(1+N̄), (25), and pure dephasing adds (2η/κ)|α* u + α v|² to N_eff: (28) with the factor 2 that is
missing in print. Both are the limits λ, k̂ -> 0 of what is computed here from the master equation of one well.

Which levels are meant matters at finite damping, for the attractor moves: the eigenstates of H itself (``damped=False``, those of
the paper's numerics) read 1.52 in place of 0.46 at HAS, k̂ = 0.05, λ = 0.016; those of the damped attractor do not.

Feng, Guo, "Quantum dissipative dynamics of a driven Duffing oscillator near attractors", Eqs. (23)-(25), (28), Figs. 5 and 8.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from wellhop.analysis.duffing_frame import AttractorFrame
from wellhop.analysis.duffing_well import Well, attractor_well
from wellhop.engine.errors import ParameterError, PredictionError
from wellhop.engine.lindblad import ComplexMatrix
from wellhop.engine.systems.duffing_attractors import Attractor, DuffingAttractors

RealArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class WellTemperature:
    """Populations of the first levels of one well.

    Attributes:
        attractor: "LAS" or "HAS". populations: (count,) p_0, p_1, ...; spacing: |E_1 - E_0|, unit of a rate.
        edge: population of the last state kept, see :class:`~wellhop.analysis.duffing_well.Well`.
    """

    attractor: Attractor
    populations: RealArray
    spacing: float
    edge: float

    @property
    def log_ratio(self) -> float:
        """ln(p_0/p_1)."""
        return math.log(self.populations[0] / self.populations[1])

    @property
    def occupation(self) -> float:
        """Bose number p_1/(p_0 - p_1)."""
        return float(self.populations[1] / (self.populations[0] - self.populations[1]))

    @property
    def temperature(self) -> float:
        """T_eff = |E_1 - E_0|/ln(p_0/p_1), unit of a rate."""
        return self.spacing / self.log_ratio


def well_temperature(
    system: DuffingAttractors,
    attractor: Attractor,
    *,
    damped: bool = True,
    count: int = 2,
    size: int | None = None,
) -> WellTemperature:
    """Populations, occupation and effective temperature of one well, from its master equation.

    Args:
        damped: levels of the attractor as damping moves it; otherwise the eigenstates of H. count: levels, >= 2.
        size: as for :func:`~wellhop.analysis.duffing_well.attractor_well`.

    Raises:
        ParameterError: count < 2, or as for the well. PredictionError: no bistability, a well with fewer levels or one
            that escape empties too fast to have a state of its own.

    >>> warm = well_temperature(DuffingAttractors(0.016, 4 / 75, 0.002, n_th=0.1), "HAS", damped=False)
    >>> print(f"{warm.log_ratio:.4f} {warm.occupation:.4f} {warm.temperature:.4f}")
    0.9334 0.6481 0.7901
    """
    if isinstance(count, bool) or not isinstance(count, (int, np.integer)) or count < 2:
        raise ParameterError("count", count, "an integer >= 2")
    well = attractor_well(system, attractor, damped=damped, size=size)
    populations = well.populations(int(count))
    if not populations[0] > populations[1] > 0.0:
        raise PredictionError(
            f"temperature at {attractor}: p_0 = {populations[0]:.3g}, p_1 = {populations[1]:.3g}, not those of a well with a "
            "temperature > 0; use a smaller n_th, eta, khat or lam"
        )
    spacing = abs(float(well.energies[1] - well.energies[0]))
    return WellTemperature(attractor, populations, spacing, well.edge)


def bose_log_ratio(frame: AttractorFrame) -> float:
    """ln(p_0/p_1) = ln(1 + 1/N̄) of (25), with dephasing if there is any.

    >>> from wellhop.analysis.duffing_frame import undamped_frame
    >>> [round(bose_log_ratio(undamped_frame(0.016, 4 / 75, name)), 4) for name in ("LAS", "HAS")]
    [6.7395, 1.1618]
    """
    return math.log1p(1.0 / frame.dephased_occupation)


def dephasing_slope(system: DuffingAttractors, attractor: Attractor, *, damped: bool = True) -> float:
    """d[p_1/(p_0-p_1)]/d(η/κ) at η = 0 from the master equation, by first-order response of the quasi-stationary state.

    Args:
        system: its own ``eta`` is not used. damped: which levels, as for :func:`well_temperature`.

    Raises:
        ParameterError, PredictionError: as for :func:`well_temperature`.

    >>> round(dephasing_slope(DuffingAttractors(0.016, 4 / 75, 0.002), "HAS"), 2)
    21.47
    """
    well = attractor_well(replace(system, eta=0.0), attractor, damped=damped)
    states = well.level_states(2)
    p = well.populations(2)
    change = np.einsum("in,ij,jn->n", states.conj(), well.response(_dephased(well)), states).real
    return float(system.kappa * (change[1] * p[0] - p[1] * change[0]) / (p[0] - p[1]) ** 2)


def dephasing_slope_law(frame: AttractorFrame, *, printed: bool = False) -> float:
    """Slope 2|α* u + α v|² of (28) in η/κ; without the factor 2 as printed, for comparison only.

    >>> from wellhop.analysis.duffing_frame import undamped_frame
    >>> [round(dephasing_slope_law(undamped_frame(0.016, 4 / 75, name)), 2) for name in ("LAS", "HAS")]
    [4.04, 21.37]
    """
    return (1.0 if printed else 2.0) * abs(frame.dephasing_amplitude) ** 2


def _dephased(well: Well) -> ComplexMatrix:
    """η D[a†a]ρ/η = 2 nρn - {n², ρ} on the quasi-stationary state."""
    # the constant |α|² changes nothing but the size of the terms that cancel
    n = well.photons - abs(well.frame.alpha) ** 2 * np.eye(well.model.dim)
    rho = well.state
    square = n @ n
    out: ComplexMatrix = 2.0 * n @ rho @ n - square @ rho - rho @ square
    return out
