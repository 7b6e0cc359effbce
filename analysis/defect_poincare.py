"""First return of μ(t) to the positive x axis of the qubit frame, as a function of the start on that axis (Poincaré map).

μ(t) = μ_ss e^{iΔ_d t} + (x₀ - μ_ss) e^{-st} starts on the axis at a real x₀ and is linear in it, with

    Im μ(t) = R sin(φ + Δ_d t) - R sin φ e^{-st},     μ_ss = R e^{iφ}

the same for every x₀. The times t₁ < t₂ < ... of crossing are therefore common to all starts, Re μ(t_k) = a_k + e^{-s t_k} x₀,
and the first crossing with Re μ > 0 makes P(x₀) piecewise linear with slopes e^{-s t_k}, exactly. For Δ_d/2π = -2.5 MHz large
x₀ come back after about half a turn, the others after a full one, the partition between them being where Re μ(t₁) = 0.

P is the return of one shot from t = 0: the drive turns in the qubit frame, so that iterating P restarts its phase each time,
and its fixed point is |μ_ss| only up to the angle φ.

Wang, You, Ian, on the decoherence of a driven superconducting qubit coupled to a coherent two-level system, Fig. 4, which has no
formula and needs Δ_d < 0 although it prints +2.5 MHz; the exact form is ours.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from scipy.optimize import brentq

from wellhop.engine.errors import ParameterError, PredictionError
from wellhop.engine.systems.driven_qubit_tls import DrivenQubitTLS


@dataclass(frozen=True)
class Return:
    """Where a start comes back to the positive axis.

    Attributes:
        point: Re μ there. time: us.
    """

    point: float
    time: float


@dataclass(frozen=True)
class Branch:
    """One linear piece of the map, P(x₀) = offset + slope x₀ for lower <= x₀ < upper.

    Attributes:
        time: of return, us. slope: e^{-s time}. offset, lower, upper: amplitudes; upper may be infinite.
    """

    time: float
    slope: float
    offset: float
    lower: float
    upper: float


@dataclass(frozen=True)
class PoincareMap:
    """The map on x₀ >= 0.

    Attributes:
        branches: from large x₀ (earliest return) to small x₀.
    """

    branches: tuple[Branch, ...]

    def __call__(self, start: float) -> Return:
        """Return of one start.

        Raises:
            ParameterError: a start that is not a finite number >= 0.

        >>> back = poincare_map(DrivenQubitTLS(-2.5, 1.0))(0.0)
        >>> f"{back.point:.4f} {back.time:.4f}"
        '0.1310 0.3998'
        """
        if not (math.isfinite(start) and start >= 0.0):
            raise ParameterError("start", start, "a finite number >= 0")
        branch = next(b for b in self.branches if start >= b.lower)
        return Return(branch.offset + branch.slope * start, branch.time)

    @property
    def partitions(self) -> tuple[float, ...]:
        """Starts at which the map jumps, ascending; none where every start comes back at the same crossing.

        >>> [round(x, 4) for x in poincare_map(DrivenQubitTLS(-2.5, 1.0)).partitions]
        [0.8868]
        """
        return tuple(sorted(b.lower for b in self.branches if b.lower > 0.0))

    @property
    def fixed_points(self) -> tuple[float, ...]:
        """Starts with P(x₀) = x₀, ascending.

        >>> [round(x, 5) for x in poincare_map(DrivenQubitTLS(-2.5, 1.0)).fixed_points]
        [0.39979]
        """
        found = [(b, b.offset / (1.0 - b.slope)) for b in self.branches]
        return tuple(sorted(x for b, x in found if b.lower <= x < b.upper))


def axis_crossings(system: DrivenQubitTLS, count: int) -> tuple[float, ...]:
    """The first ``count`` times t > 0 with Im μ(t) = 0, the same for every start on the real axis.

    e^{st} sin(φ + Δ_d t) = sin φ: the left side is monotone between its turning points, where
    φ + Δ_d t = kπ - atan2(Δ_d, s), so that each stretch holds one crossing or none, and none is missed.

    Raises:
        ParameterError: Ω = 0, where μ stays on the axis, or Δ_d = 0, where it never comes back to it.

    >>> [round(t, 3) for t in axis_crossings(DrivenQubitTLS(-2.5, 1.0), 2)]
    [0.199, 0.4]
    """
    if system.Omega == 0.0:
        raise ParameterError(
            "Omega", 0.0, "a number > 0 for a Poincare map", "without a drive mu stays on the axis"
        )
    if system.Delta_d == 0.0:
        raise ParameterError(
            "Delta_d", 0.0, "a number other than 0 for a Poincare map", "on resonance mu never comes back"
        )
    s, delta = system.s, system.delta_d
    phi = math.atan2(system.mu_ss.imag, system.mu_ss.real)

    def height(t: float) -> float:
        return math.sin(phi + delta * t) - math.sin(phi) * math.exp(-s * t)

    half_turn = math.pi / abs(delta)
    # one turning point lies in (0, half a turn]; the start itself is a crossing and is left out
    turning = math.fmod(-(math.atan2(delta, s) + phi) / delta, half_turn)
    turning = turning if turning > 0.0 else turning + half_turn
    found: list[float] = []
    for stretch in range(2 * count + 4):
        low = turning + stretch * half_turn
        high = low + half_turn
        if height(low) * height(high) < 0.0:
            found.append(float(brentq(height, low, high, xtol=1e-15 * high, rtol=1e-14)))
        if len(found) == count:
            return tuple(found)
    raise PredictionError(f"crossings: found {len(found)} of {count} in {2 * count + 4} half turns")


def poincare_map(system: DrivenQubitTLS) -> PoincareMap:
    """The map P on x₀ >= 0 of Fig. 4(c), exactly; the α₀ of ``system`` is not used.

    Raises:
        ParameterError: Ω = 0 or Δ_d = 0.

    >>> [round(branch.slope, 3) for branch in poincare_map(DrivenQubitTLS(-2.5, 1.0)).branches]
    [0.821, 0.672]
    """
    steady = system.mu_ss
    branches: list[Branch] = []
    upper = math.inf
    for time in axis_crossings(system, 2):
        slope = math.exp(-system.s * time)
        angle = system.delta_d * time
        offset = steady.real * (math.cos(angle) - slope) - steady.imag * math.sin(angle)
        lower = max(-offset / slope, 0.0)
        if lower < upper:
            branches.append(Branch(time, slope, offset, lower, upper))
            upper = lower
        if upper == 0.0:
            return PoincareMap(tuple(branches))
    raise PredictionError(
        f"Poincare map: starts below {upper:.3g} are not back on the positive axis after two crossings"
    )
