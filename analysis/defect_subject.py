"""What the predictions for the driven qubit with a defect look at, computed once, and how far the reduced numbers are off.

Errors come from the Maxwell-Bloch amplitude beside the reduced one, whose own error against the stationary full model was measured
at random parameters: see the top of :mod:`wellhop.analysis.defect_limits`.
"""

from __future__ import annotations

import cmath
from collections.abc import Callable
from typing import Any

from wellhop.analysis.defect_limits import (
    LARGEST_HEAT,
    NORMAL_MODES,
    SATURATED_ERROR,
    SEMICLASSICAL,
    Reduction,
    filling,
    reduction,
    saturated_steady,
)
from wellhop.analysis.defect_phases import (
    Collapse,
    Crossover,
    Minimum,
    collapse_drive,
    crossover,
    smallest_mean,
)
from wellhop.engine.errors import WellhopError
from wellhop.engine.systems.driven_qubit_tls import DrivenQubitTLS

#: Relative error of the variance of Q against the stationary full model per filling f, with a margin: 0.63 f at most at 268 random
#: points.
VARIANCE_ERROR = 0.75


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

    def saturated(self) -> tuple[complex, float] | None:
        """The Maxwell-Bloch amplitude and its relative error; None where it is not alone, or its error not known."""
        steady: tuple[complex, ...] = self.once("saturated", lambda: saturated_steady(self.system))
        if len(steady) != 1 or self.reduction.coupling >= NORMAL_MODES or self.system.n_th > LARGEST_HEAT:
            return None
        return steady[0], min(SATURATED_ERROR * filling(self.system, steady[0]), SEMICLASSICAL)

    def away_from(self, part: Callable[[complex], float], value: complex) -> float | None:
        """Relative error of a part of an amplitude: its distance from that of Maxwell-Bloch, and what that errs by."""
        found = self.saturated()
        if found is None:
            return None
        exact, off = found
        own, other = part(value), part(exact)
        # the complex amplitude errs by up to SEMICLASSICAL, its size by ``off``
        margin = off if part is abs else SEMICLASSICAL if part is cmath.phase else SEMICLASSICAL * abs(exact)
        if own == 0.0:
            return 0.0 if other == 0.0 else 1.0
        apart = abs(own - other) + (margin * abs(exact) if part is abs else margin)
        return min(apart / abs(own), 1.0)

    def amplitude_error(self) -> float | None:
        """Relative error of |μ_ss|."""
        return self.away_from(abs, self.system.mu_ss)

    def variance_error(self) -> float | None:
        """Relative error of the stationary variance of Q."""
        found = self.saturated()
        return None if found is None else min(VARIANCE_ERROR * filling(self.system, found[0]), 1.0)

    def photon_error(self) -> float | None:
        """Relative error of the stationary photon number of the reduced model, from those of amplitude and variance."""
        found, spread = self.saturated(), self.variance_error()
        value = abs(self.system.mu_ss) ** 2 + self.system.n_th
        if found is None or spread is None or value == 0.0:
            return None
        exact, off = found
        apart = abs(abs(self.system.mu_ss) ** 2 - abs(exact) ** 2) + 2.0 * off * abs(exact) ** 2
        return min((apart + spread * (1.0 + self.system.n_th)) / value, 1.0)
