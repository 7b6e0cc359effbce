"""Four ways of the driven qubit towards its limit cycle, by a computable rule, the locus of exact collapse and its boundaries.

With R = |μ_ss| and d₀ = α₀ - μ_ss the two terms of μ(t) = μ_ss e^{iΔ_d t} + d₀ e^{-st} are equal in size at t* = ln(|d₀|/R)/s,
where their phases differ by

    θ = arg μ_ss - arg d₀ + Δ_d t*,     x = θ/π        (principal arguments, Δ_d t* not wrapped)

    IV   amplifying           R >= |α₀|
    I    oscillating          |x| >= 1 + δ
    II   collapse and revive  1 - δ <= |x| < 1 + δ
    III  decay and revive     |x| < 1 - δ, or t* <= 0: the steady term is the larger one from the start and nothing collapses

μ(t*) = 0 exactly where |x| is odd; |x| = 1 is the first such locus, |x| = 3, 5, ... lie in phase I and are deeper and deeper
inside the weak-drive tail. Solving arg(μ_ss/Ω) + arg(e^{(s+iΔ_d)t} - 1) = ±π|x| for t first gives the locus without a search in
the drive: the left side is monotone in t. It begins at arctan(Δ_d/s), so that there is no |x| = 1 where arg(μ_ss/Ω) leaves less
than that of the half turn: a hot defect with Δ_c > 0, whose force has Im μ_ss > 0. The first collapse has |x| = 3 there.

Wang, You, Ian, on the decoherence of a driven superconducting qubit coupled to a coherent two-level system, Appendix D, which
has words only; the rule with δ = 0.25 is ours.
"""

from __future__ import annotations

import cmath
import math
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq

from wellhop.analysis.defect_propagator import mean
from wellhop.engine.errors import ParameterError, PredictionError
from wellhop.engine.systems.driven_qubit_tls import TWO_PI, DrivenQubitTLS

RealArray = npt.NDArray[np.float64]
Phase = Literal["I", "II", "III", "IV"]

PHASES: tuple[Phase, ...] = ("I", "II", "III", "IV")
PHASE_WORDS: dict[Phase, str] = {
    "I": "oscillating",
    "II": "collapse and revive",
    "III": "decay and revive",
    "IV": "amplifying",
}
#: Half width of phase II in |x|: a choice.
HALF_WIDTH = 0.25
#: Window of the search for the minimum of |μ|: decay times beyond t*, and grid points.
_WINDOW, _GRID = 45.0, 4001
#: Relative distance to |μ_ss| below which a minimum is only approached.
_APPROACHED = 1e-9


@dataclass(frozen=True)
class Crossover:
    """Where the two terms of μ(t) are equal in size, one entry per drive.

    Attributes:
        drive: Ω/2π, MHz. radius: R = |μ_ss|. time: t*, us. x: θ/π there. All (n,) float64; time and x are NaN in phase IV.
    """

    drive: RealArray
    radius: RealArray
    time: RealArray
    x: RealArray

    def phases(self, half_width: float = HALF_WIDTH) -> npt.NDArray[np.int64]:
        """(n,) index into :data:`PHASES` with δ = half_width.

        Raises:
            ParameterError: δ not in (0, 1).
        """
        if not 0.0 < half_width < 1.0:
            raise ParameterError("half_width", half_width, "a number in (0, 1)")
        # before t = 0 nothing happens: |d₀| < R from the start never meets the steady term, whatever its phase
        size = np.abs(np.where(self.time > 0.0, self.x, 0.0))
        drawn = np.where(size >= 1.0 + half_width, 0, np.where(size >= 1.0 - half_width, 1, 2))
        return np.where(np.isnan(self.x), 3, drawn).astype(np.int64)


def crossover(system: DrivenQubitTLS, drives: npt.ArrayLike | None = None) -> Crossover:
    """R, t* and x = θ/π at many drives; μ_ss is proportional to the drive.

    Args:
        system: everything but the drive. drives: (n,) Ω/2π > 0, MHz; that of the system if None.

    Raises:
        ParameterError: α₀ = 0, or a drive that is not a finite number > 0.

    >>> found = crossover(DrivenQubitTLS(-0.37, 0.1))
    >>> f"{found.radius[0]:.4f} {found.time[0]:.4f} {found.x[0]:.4f}"
    '0.2486 1.1445 -1.0065'
    """
    _require_start(system)
    chosen = np.atleast_1d(np.asarray(system.Omega if drives is None else drives, dtype=np.float64))
    if not np.all(np.isfinite(chosen) & (chosen > 0.0)):
        wrong = float(chosen[~(np.isfinite(chosen) & (chosen > 0.0))][0])
        raise ParameterError(
            "Omega", wrong, "a finite number > 0 for a phase", "without a drive |mu| = alpha_0 exp(-s t)"
        )
    steady = _per_drive(system) * chosen
    transient = system.alpha_0 - steady
    radius = np.abs(steady)
    inside = radius < system.alpha_0
    with np.errstate(divide="ignore"):
        time = np.where(inside, np.log(np.abs(transient) / radius) / system.s, np.nan)
    theta = np.angle(steady) - np.angle(transient) + system.delta_d * time
    return Crossover(chosen, radius, time, theta / math.pi)


def phase_of(system: DrivenQubitTLS, half_width: float = HALF_WIDTH) -> Phase:
    """Phase of the motion; see the top of this file.

    Raises:
        ParameterError: α₀ = 0, Ω = 0, or δ not in (0, 1).

    >>> [phase_of(DrivenQubitTLS(*p)) for p in ((-1.5, 0.1), (-0.37, 0.1), (0.02, 0.1), (0.1, 0.25))]
    ['I', 'II', 'III', 'IV']
    """
    return PHASES[int(crossover(system).phases(half_width)[0])]


def amplifying_drive(system: DrivenQubitTLS) -> float:
    """Ω/2π, MHz, above which the limit cycle is wider than the start (phase IV): R is proportional to Ω.

    Raises:
        ParameterError: α₀ = 0.

    >>> round(amplifying_drive(DrivenQubitTLS(0.1, 0.1)), 4)
    0.1868
    """
    _require_start(system)
    return system.alpha_0 / abs(_per_drive(system))


@dataclass(frozen=True)
class Collapse:
    """A drive at which μ vanishes exactly at one time.

    Attributes:
        drive: Ω/2π, MHz. time: us. order: |x|, odd. amplifying: whether R >= α₀ there, so that the rule calls it phase IV.
    """

    drive: float
    time: float
    order: int
    amplifying: bool


def collapse_drive(system: DrivenQubitTLS, order: int = 1) -> Collapse:
    """The drive at which μ(t) = 0 exactly at some t, given everything else; the drive of ``system`` is not used.

    x has the sign of Δ_d. A larger order is a later collapse at a weaker drive.

    Args:
        order: |x|, an odd integer >= 1.

    Raises:
        ParameterError: α₀ = 0, Δ_d = 0, where nothing turns, or an order that is not odd.
        PredictionError: no t solves it at this order (|x| = 1 only, see the top of this file), the drive is smaller than the
            smallest double, or the phase of the turning term is lost to round-off.

    >>> found = collapse_drive(DrivenQubitTLS(0.52, 0.1))
    >>> f"{found.drive:.4f} {found.time:.3f}"
    '0.1000 1.868'
    """
    _require_start(system)
    if isinstance(order, bool) or not isinstance(order, (int, np.integer)) or order < 1 or order % 2 == 0:
        raise ParameterError("order", order, "an odd integer >= 1")
    if system.Delta_d == 0.0:
        raise ParameterError(
            "Delta_d", 0.0, "a number other than 0 for a collapse", "on resonance mu moves on a straight line"
        )
    per_drive = _per_drive(system)
    exponent = complex(system.s, system.delta_d)
    target = math.copysign(math.pi * order, system.delta_d) - cmath.phase(per_drive)

    def excess(t: float) -> float:
        return system.delta_d * t + cmath.phase(-_expm1(-exponent * t)) - target

    # monotone in t from arctan(Δ_d/s) on; between that and the target no turn is left to make
    if abs(target) <= math.atan2(abs(system.delta_d), system.s) or target * system.delta_d <= 0.0:
        raise PredictionError(
            f"collapse: no first collapse here, |x| = {order} is reached at no drive (the steady amplitude is ahead by "
            f"arg mu_ss = {cmath.phase(per_drive):.4g}); order {order + 2} exists"
        )
    # the principal argument of 1 - e^{-zt} lies within ±π/2
    late = (abs(target) + 0.5 * math.pi) / abs(system.delta_d)
    early = max(abs(target) - 0.5 * math.pi, 0.0) / abs(system.delta_d)
    early = max(early, 1e-12 * late)
    if not excess(early) * excess(late) <= 0.0:
        raise PredictionError(_unresolved("collapse", system, late))
    time = float(brentq(excess, early, late, xtol=1e-14 * late, rtol=1e-14))
    decayed = math.exp(-system.s * time)
    drive = system.alpha_0 * decayed / (abs(per_drive) * abs(_expm1(-exponent * time)))
    if drive == 0.0:
        raise PredictionError(
            f"collapse: at Delta_d = {system.Delta_d:g} MHz the drive is below the smallest double, allowed is a larger |Delta_d|"
        )
    return Collapse(drive, time, int(order), drive * abs(per_drive) >= system.alpha_0)


@dataclass(frozen=True)
class Minimum:
    """Smallest |μ| on the way.

    Attributes:
        size: |μ|. time: us; infinite where |μ| only approaches the radius of the limit cycle from above.
    """

    size: float
    time: float


def smallest_mean(system: DrivenQubitTLS) -> Minimum:
    """min|μ(t)| over t >= 0 and its time, from zeros of d|μ|²/dt.

    With P = 2π/|Δ_d| it lies in [t* - P, t* + P]: outside, ||d₀|e^{-st} - R| alone is larger than |μ| becomes inside.

    Raises:
        PredictionError: so many turns until t* that their phase is lost to round-off.

    >>> found = smallest_mean(DrivenQubitTLS(-0.37, 0.1))
    >>> f"{found.size:.4f} {found.time:.3f}"
    '0.0020 1.137'
    """
    steady = system.mu_ss
    transient, radius = system.alpha_0 - steady, abs(steady)
    if radius == 0.0 or transient == 0.0:
        return Minimum(radius, math.inf if transient != 0.0 else 0.0)
    crossing = math.log(abs(transient) / radius) / system.s
    span = min(TWO_PI / abs(system.delta_d) if system.delta_d != 0.0 else math.inf, _WINDOW / system.s)
    times = np.linspace(max(crossing - span, 0.0), max(crossing, 0.0) + span, _GRID)
    sizes = np.abs(mean(system, times))
    best = int(np.argmin(sizes))
    if sizes[best] >= radius * (1.0 - _APPROACHED) and times[best] > max(crossing, 0.0):
        return Minimum(radius, math.inf)

    def slope(t: float) -> float:
        turning = steady * cmath.exp(1j * system.delta_d * t)
        decaying = transient * math.exp(-system.s * t)
        velocity = 1j * system.delta_d * turning - system.s * decaying
        return ((turning + decaying).conjugate() * velocity).real

    low, high = float(times[max(best - 1, 0)]), float(times[min(best + 1, _GRID - 1)])
    if slope(low) >= 0.0:
        return Minimum(float(abs(mean(system, low))), low)
    if slope(high) <= 0.0:
        raise PredictionError(_unresolved("smallest mean", system, high))
    time = float(brentq(slope, low, high, xtol=1e-15 * high, rtol=1e-14))
    return Minimum(float(abs(mean(system, time))), time)


def _per_drive(system: DrivenQubitTLS) -> complex:
    """μ_ss per Ω/2π, 1/MHz."""
    return replace(system, Omega=1.0).mu_ss


def _unresolved(what: str, system: DrivenQubitTLS, time: float) -> str:
    return (
        f"{what}: Delta_d t = {system.delta_d * time:.3g} at t = {time:.3g} us and s t = {system.s * time:.3g}, which round-off "
        "does not resolve, allowed is a defect that damps within fewer turns"
    )


def _expm1(z: complex) -> complex:
    """e^z - 1 without cancellation."""
    half = math.sin(0.5 * z.imag)
    return complex(
        math.expm1(z.real) * math.cos(z.imag) - 2.0 * half * half, math.exp(z.real) * math.sin(z.imag)
    )


def _require_start(system: DrivenQubitTLS) -> None:
    if not system.alpha_0 > 0.0:
        raise ParameterError(
            "alpha_0", system.alpha_0, "a number > 0 for a phase", "the phases compare it with |mu_ss|"
        )
