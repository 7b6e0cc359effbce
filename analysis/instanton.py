"""Least-action escape paths by shooting from the unstable manifold of an attractor.

Rates of rare escapes behave as exp(-S/noise) with S the least action of a zero-energy path of the Hamiltonian of
:mod:`wellhop.analysis.instanton_kernels` from an attractor to a saddle. Near the attractor all escape paths leave
on p = Σ⁻¹u, u = q - q_attractor, with AΣ + ΣAᵀ + 2D = 0 for the Jacobian A (Freidlin and Wentzell, "Random Perturbations of
Dynamical Systems", chapter 4). The circle u = ρ Σ^{1/2}(cos φ, sin φ) is scanned; every local minimum over φ of
the closest approach to (saddle, p = 0) is refined by golden section. A true connection comes within rounding of the
saddle; a minimum whose distance stays finite is a near miss with a meaningless action, and is discarded. Of the
connections the one of least action is the instanton; the others are listed.

For Langevin models the convention is dq = f dt + sqrt(2 D noise) dW, S = (1/4D) ∫|dq/dt - f|² dt; a gradient
system f = -∇V has S = ΔV/D.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from scipy.linalg import sqrtm

from wellhop.analysis.instanton_newton import followed_path, newton_path
from wellhop.analysis.instanton_path import (
    Connection,
    HamiltonianSystem,
    InstantonPath,
    checked_points,
    langevin_system,
    lyapunov_covariance,
    oscillator_system,
    rotation_angle,
)
from wellhop.analysis.keldysh import ScaledOscillator, WeakNoiseModel, two_photon_oscillator
from wellhop.analysis.quantum_balance import balanced_path
from wellhop.engine.errors import ParameterError, PredictionError

RealArray = npt.NDArray[np.float64]
#: integration error per step, relative
TOLERANCE = 1e-10
#: radius of the starting circle, and distance at which a path has reached the saddle, in units of |saddle - attractor|
START_RADIUS, CONNECTED = 3e-5, 1e-4
#: in the same units: what counts as passing a saddle
_CATCH = 0.03
#: connections up to this multiple of the least action are looked for
_CEILING = 1.5
#: without a connection: how many near misses are handed to Newton's method, within which share of the way and of the action
_RESCUED, _RESCUE = 4, 0.05
#: the same for near misses with less than this share of the action of the cheapest connection
_CHEAPER = 0.5
#: angles of the first scan; doubled until two scans find the same least action
_FIRST_SCAN, _LAST_SCAN = 240, 3840
_GOLDEN = 0.5 * (np.sqrt(5.0) - 1.0)


class NoConnectionError(PredictionError):
    """No shot connects.

    Attributes:
        missed: the near misses, by increasing distance.
    """

    def __init__(self, message: str, missed: list[Connection]) -> None:
        super().__init__(message)
        self.missed = missed


class _Shooter:
    """Shots from the circle around one attractor at a set of saddles."""

    def __init__(
        self, system: HamiltonianSystem, attractor: RealArray, saddles: RealArray, period: float
    ) -> None:
        self.system, self.attractor, self.saddles, self.period = system, attractor, saddles, period
        a = system.jacobian_at(attractor)
        self.sigma = lyapunov_covariance(a, float(system.coefficients[0]))
        self.spread = np.real(sqrtm(self.sigma))
        reach = np.linalg.norm(saddles - attractor, axis=1)
        self.near, self.catch = CONNECTED * reach, _CATCH * float(reach.min())
        self.ceiling = np.inf
        self.rho = START_RADIUS * float(reach.min()) / float(np.sqrt(np.linalg.eigvalsh(self.sigma)[-1]))
        self.radius = 6.0 * float(reach.max())
        rates = [np.abs(np.linalg.eigvals(a).real).min()]
        rates += [np.abs(np.linalg.eigvals(system.jacobian_at(s)).real).min() for s in saddles]
        # e-folds: out of the circle, into the saddle to the same smallness, and as much again for the part between
        self.duration = 24.0 / rates[0] + 12.0 / min(rates[1:])

    def start(self, angle: float) -> RealArray:
        """(q, p, S) on the circle."""
        u = self.rho * self.spread @ np.array([np.cos(angle), np.sin(angle)])
        p = np.linalg.solve(self.sigma, u)
        return np.concatenate([self.attractor + u, p, [0.5 * u @ p]])

    def shoot(self, angles: RealArray, targets: RealArray) -> tuple[RealArray, RealArray, RealArray]:
        """Distance, action and time of closest approach, each (angles, targets)."""
        starts = np.array([self.start(float(angle)) for angle in angles])
        out = [np.empty((len(angles), len(targets))) for _ in range(3)]
        c = self.system.coefficients
        limits = (self.duration, self.radius, self.catch, self.ceiling, TOLERANCE)
        self.system.approaches(starts, targets, c, *limits, *out)
        return out[0], out[1], out[2]

    def refine(self, low: float, high: float, saddle: int) -> Connection:
        """Golden-section minimum of the distance between two angles."""
        target = self.saddles[saddle : saddle + 1]

        def distance(angle: float) -> float:
            return float(self.shoot(np.array([angle]), target)[0][0, 0])

        left, right = high - _GOLDEN * (high - low), low + _GOLDEN * (high - low)
        at_left, at_right = distance(left), distance(right)
        earlier = best = min(at_left, at_right)
        for count in range(1, 75):
            if at_left < at_right:
                high, right, at_right = right, left, at_left
                left = high - _GOLDEN * (high - low)
                at_left = distance(left)
            else:
                low, left, at_left = left, right, at_right
                right = low + _GOLDEN * (high - low)
                at_right = distance(right)
            best = min(at_left, at_right)
            if best < 1e-2 * self.near[saddle]:
                break
            if count % 12 == 0:
                # near a connection the distance falls as a power of the angle; at a near miss it stands still
                if best > 0.5 * earlier:
                    break
                earlier = best
        angle = left if at_left < at_right else right
        reached, action, time = self.shoot(np.array([angle]), target)
        x, y = target[0]
        return Connection(
            float(action[0, 0]), (float(x), float(y)), angle, float(reached[0, 0]), float(time[0, 0])
        )

    def scan(self, count: int) -> tuple[list[Connection], list[Connection]]:
        """(connections by action, near misses by distance) of all local minima among ``count`` angles."""
        angles = self.period * np.arange(count) / count
        spacing = self.period / count
        distance, action, _ = self.shoot(angles, self.saddles)
        found: list[Connection] = []
        missed: list[Connection] = []
        minimum = (distance <= np.roll(distance, 1, axis=0)) & (distance < np.roll(distance, -1, axis=0))
        for k, m in sorted(np.argwhere(minimum), key=lambda pair: float(action[pair[0], pair[1]])):
            hit = self.refine(angles[k] - spacing, angles[k] + spacing, int(m))
            if hit.distance >= self.near[m]:
                missed.append(hit)
            elif hit.action < self.ceiling:
                found.append(hit)
                if self.system.coefficients[1] == 0.0:  # only there does S grow monotonically
                    self.ceiling = min(self.ceiling, _CEILING * hit.action)
        return sorted(found, key=lambda c: c.action), sorted(missed, key=lambda c: c.distance)

    def connections(self) -> tuple[list[Connection], list[Connection]]:
        """Scan with doubled density until the least action stays the same.

        Raises:
            PredictionError: no path connects even at the finest scan.
        """
        count, previous = _FIRST_SCAN, np.inf
        missed: list[Connection] = []
        while True:
            found, misses = self.scan(count)
            missed = sorted(missed + misses, key=lambda c: c.distance)
            least = found[0].action if found else np.inf
            if found and abs(least - previous) <= 1e-6 * abs(least):
                return found, missed
            if count >= _LAST_SCAN:
                break
            previous, count = least, 2 * count
        if found:
            return found, missed
        closest = f"; the closest came within {missed[0].distance:.3g}" if missed else ""
        raise NoConnectionError(
            f"no least-action path found from {self.attractor} to the saddles {self.saddles.tolist()} with"
            f" {count} starting angles{closest}; check that the saddles bound this attractor's basin;"
            " for large actions (above about 12 loss rates with the full Keldysh vertex) the range of angles"
            " that connect is too narrow to be found",
            missed,
        )

    def path(self, best: Connection, points: int) -> dict[str, Any]:
        """The recorded path of one connection."""
        times = np.linspace(0.0, best.time, points)
        states, velocity, energy = np.empty((points, 5)), np.empty((points, 2)), np.empty(points)
        start, c = self.start(best.angle), self.system.coefficients
        self.system.record(start, times, c, self.duration, TOLERANCE, states, velocity, energy)
        q = states[:, :2]
        return {
            "times": times,
            "q": q,
            "p": states[:, 2:4],
            "action": states[:, 4],
            "theta": rotation_angle(self.system, q, velocity),
            "energy": energy,
        }


def _distinct(found: list[Connection]) -> tuple[Connection, ...]:
    """Connections that differ in saddle or action; a scan meets the same one from neighbouring minima."""
    kept: list[Connection] = []
    for one in found:
        if all(one.saddle != k.saddle or abs(one.action - k.action) > 1e-5 * one.action for k in kept):
            kept.append(one)
    return tuple(kept)


def least_action_path(
    system: HamiltonianSystem,
    attractor: npt.ArrayLike,
    saddles: npt.ArrayLike,
    *,
    period: float = 2.0 * np.pi,
    points: int = 2001,
) -> InstantonPath:
    """The instanton of any Hamiltonian system of :mod:`wellhop.analysis.instanton_kernels`, by shooting.

    Args:
        system: from ``oscillator_system`` or ``langevin_system``.
        attractor: (2,) stable fixed point. saddles: (s, 2) saddles on the edge of its basin; give all of them.
        period: the scan covers angles [0, period); π where a point symmetry about the attractor makes the rest redundant.
        points: number of recorded times.

    With the quantum vertex the cheapest connection need not be the physical one; see
    :mod:`wellhop.analysis.oscillator_instantons`.

    Raises:
        ParameterError: wrong shapes, a point that is no fixed point of the drift, or an unstable attractor.
        PredictionError: no path connects.
    """
    start, ends = checked_points(system, attractor, saddles)
    shooter = _Shooter(system, start, ends, period)

    def along(best: Connection, others: tuple[Connection, ...], missed: list[Connection]) -> InstantonPath:
        return InstantonPath(
            **shooter.path(best, points),
            attractor=start,
            saddle=np.array(best.saddle),
            distance=best.distance,
            method="shooting",
            alternatives=others,
            discarded=tuple(missed),
        )

    def rescued(candidates: list[Connection], missed: list[Connection]) -> InstantonPath | None:
        # Where a saddle lets go faster than it attracts, rounding keeps every shot off it; Newton's method closes the gap.
        for near in candidates[:_RESCUED]:
            if near.distance < _RESCUE * float(np.linalg.norm(np.array(near.saddle) - start)):
                try:
                    path = newton_path(system, along(near, (), missed), points=points)
                except PredictionError:
                    continue
                if abs(path.total_action / near.action - 1.0) < _RESCUE:
                    return path
        return None

    try:
        found, missed = shooter.connections()
    except NoConnectionError as error:
        path = rescued(error.missed, error.missed)
        if path is None:
            raise
        return path
    if system.coefficients[1] == 0.0:
        # a much cheaper near miss may be the escape, and what connects another orbit
        path = rescued([near for near in missed if near.action < _CHEAPER * found[0].action], missed)
        if path is not None:
            return path
    return along(found[0], _distinct(found)[1:], missed)


def instanton_of_drift(
    f: Callable[..., Any],
    jacobian: Callable[..., Any],
    attractor: npt.ArrayLike,
    saddles: npt.ArrayLike,
    *,
    diffusion: float = 1.0,
    points: int = 2001,
) -> InstantonPath:
    """Escape path of dq = f dt + sqrt(2 D noise) dW in two variables; S = (1/4D) ∫|dq/dt - f|² dt.

    Args:
        f: f(x, y) -> (f₁, f₂); a plain function that numba can compile, or a compiled one.
        jacobian: jacobian(x, y) -> (∂f₁/∂x, ∂f₁/∂y, ∂f₂/∂x, ∂f₂/∂y).
        attractor: (2,). saddles: (s, 2).
        diffusion: D > 0.
        points: number of recorded times.

    Raises:
        ParameterError, PredictionError: see :func:`least_action_path`.

    Example: a gradient system V = (x²-1)²/4 + y²/2, whose action is the barrier 1/4.

    >>> path = instanton_of_drift(lambda x, y: (x - x**3, -y), lambda x, y: (1 - 3 * x * x, 0.0, 0.0, -1.0), (-1, 0), (0, 0))
    >>> round(path.total_action, 8)
    0.25
    """
    if not diffusion > 0.0:
        raise ParameterError("diffusion", diffusion, "a number > 0")
    return least_action_path(langevin_system(f, jacobian, diffusion), attractor, saddles, points=points)


def instanton(
    model: WeakNoiseModel,
    *,
    delta: float,
    eps: float,
    gamma: float = 1.0,
    start: Literal["vacuum", "bright"] = "vacuum",
    points: int = 2001,
) -> InstantonPath:
    """Escape path of the two-photon-driven Kerr oscillator out of its vacuum or out of one bright state.

    H = δ n + (U/2) a†²a² + (ε/2)(a†² + a²), loss rate 2γ; rates behave as exp(-S/U).

    Args:
        model: ``"twa"``: exponent of truncated-Wigner trajectories. ``"keldysh"``: exponent of the quantum model.
        delta, eps, gamma: unit of a rate, gamma > 0.
        start: the well to leave. points: number of recorded times.

    Returns:
        The path found by shooting; where double precision does not let shots come through (close to the corner
        |Δ| <= γ, and for the vacuum at large actions) the reversed relaxation of :mod:`wellhop.analysis.quantum_balance`,
        for ``"twa"`` followed to vanishing vertex. ``method`` tells.

    Raises:
        ParameterError: a wrong value. PredictionError: that well, or a saddle, does not exist there.

    >>> print(instanton("twa", delta=-3, eps=1.8, start="bright").total_action.__round__(5))
    1.85338
    """
    if start not in ("vacuum", "bright"):
        raise ParameterError("start", start, "'vacuum' or 'bright'")
    scaled = ScaledOscillator.from_oscillator(two_photon_oscillator(delta=delta, eps=eps, gamma=gamma), model)
    attractors, saddles = scaled.fixed_points()
    vacuum = np.linalg.norm(attractors, axis=1) < 1e-6
    wells = attractors[vacuum] if start == "vacuum" else attractors[~vacuum]
    if len(wells) == 0 or len(saddles) == 0:
        raise PredictionError(
            f"no escape from the {start} state at delta={delta:g}, eps={eps:g}, gamma={gamma:g}: "
            f"{len(attractors)} attractors and {len(saddles)} saddles; three wells need delta < 0 and "
            "gamma < eps < sqrt(gamma² + delta²)"
        )
    well, period = wells[-1], np.pi if start == "vacuum" else 2.0 * np.pi
    system = oscillator_system(scaled)
    shot: InstantonPath | None = None
    if _within_reach(system, well, saddles):
        try:
            shot = least_action_path(system, well, saddles, period=period, points=points)
        except PredictionError:
            shot = None
    if model == "twa" and shot is not None:
        return shot
    # The reversed relaxation needs no search; switching its quantum vertex off leads to the Wigner path.
    full = replace(scaled, vertex=scaled.cubic / scaled.gamma**2)
    reversed_path = balanced_path(full, well, saddles)
    if model == "keldysh":
        # H is not convex in p: the cheapest connection need not be the physical one
        action = reversed_path.total_action
        agrees = shot is not None and abs(shot.total_action - action) < 1e-5 * action
        return shot if shot is not None and agrees else reversed_path
    try:
        return followed_path(
            reversed_path,
            lambda v: oscillator_system(replace(full, vertex=v)),
            full.vertex,
            0.0,
            points=points,
        )
    except PredictionError as error:
        raise PredictionError(
            f"no truncated-Wigner path found out of the {start} state at delta={delta:g}, eps={eps:g}, gamma={gamma:g}: "
            "too close to the edge of the bistable range for shooting, too far from the cusp for other ways;"
            " use a drive further inside"
        ) from error


def _within_reach(system: HamiltonianSystem, attractor: RealArray, saddles: RealArray) -> bool:
    """Whether double precision lets a shot come near the saddles at all.

    A shot nears the saddle at the slower rate λ₁ of it and leaves at the faster λ₂: the least distance is
    rounding^(λ₁/(λ₁ + λ₂)). Out of a node the path leaves along the slow direction, μ₁, within an angle of radius^(μ₂/μ₁ - 1).
    """
    leaving = np.sort(np.abs(np.linalg.eigvals(system.jacobian_at(attractor)).real))
    if START_RADIUS ** (leaving[1] / leaving[0] - 1.0) < 1e-9:
        return False
    for saddle in saddles:
        slow, fast = np.sort(np.abs(np.linalg.eigvals(system.jacobian_at(saddle)).real))
        if np.finfo(float).eps ** (slow / (slow + fast)) > CONNECTED:
            return False
    return True
