"""Two-variable Hamiltonian systems of weak noise, and the least-action paths found in them.

:class:`HamiltonianSystem` joins the compiled kernels of a drift with its coefficients; :class:`InstantonPath` is the result
of both solvers, shooting (:mod:`wellhop.analysis.instanton`) and minimum action (:mod:`wellhop.analysis.minimum_action`).
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

import numba
import numpy as np
import numpy.typing as npt
from scipy.linalg import solve_continuous_lyapunov

from wellhop.analysis import instanton_kernels as kernels
from wellhop.analysis.keldysh import ScaledOscillator
from wellhop.engine.errors import ParameterError

RealArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Connection:
    """One refined minimum of the scan: where it starts, which saddle it comes near, how near, and S there."""

    action: float
    saddle: tuple[float, float]
    angle: float
    distance: float
    time: float

    def __str__(self) -> str:
        """One line."""
        x, y = self.saddle
        return f"S = {self.action:.7g} to ({x:.6g}, {y:.6g}), distance {self.distance:.1e}"


@dataclass(frozen=True)
class InstantonPath:
    """A least-action path on n times from near the attractor to the saddle.

    Attributes:
        times: (n,) times. q, p: (n, 2) position and momentum. action: (n,) S accumulated since the attractor.
        theta: (n,) angle from f(q) to dq/dt, unwrapped in time, radians; p = (e^{θJ} - 1) f/2D for Langevin models.
        energy: (n,) H along the path, zero but for integration errors.
        attractor, saddle: (2,) its ends.
        distance: how close it comes to the saddle in (q, p); by shooting the error of S is of order distance².
        method: ``"shooting"``, ``"newton"``, ``"minimum action"`` or ``"geometric"``.
        error: estimate of the error of the total action, None where the method makes none.
        total: the total action where it reaches beyond the last point, None where it does not.
        alternatives: other connections, by increasing action. discarded: near misses, whose S means nothing.
    """

    times: RealArray
    q: RealArray
    p: RealArray
    action: RealArray
    theta: RealArray
    energy: RealArray
    attractor: RealArray
    saddle: RealArray
    distance: float
    method: str
    error: float | None = None
    total: float | None = None
    alternatives: tuple[Connection, ...] = field(default=())
    discarded: tuple[Connection, ...] = field(default=())

    @property
    def total_action(self) -> float:
        """S of the whole path: minus the noise strength times ln(rate), to leading order."""
        return float(self.action[-1]) if self.total is None else self.total

    def __str__(self) -> str:
        """Ends, action and quality, and the alternatives."""
        start, end = (f"({x:.6g}, {y:.6g})" for x, y in (self.attractor, self.saddle))
        margin = "" if self.error is None else f" +- {self.error:.1g}"
        lines = [
            f"instanton {start} -> {end}: S = {self.total_action:.10g}{margin} ({self.method}, {self.times.size} points)",
            f"  closest approach {self.distance:.1e}, largest |H| {np.abs(self.energy).max():.1e}",
        ]
        lines += [f"  alternative: {other}" for other in self.alternatives]
        if self.discarded:
            lines.append(f"  {len(self.discarded)} near misses discarded")
        return "\n".join(lines)


class WeakNoiseHamiltonian(Protocol):
    """What Newton's method needs of a Hamiltonian of two variables, H = D(q)|p|² + p.f(q) + O(p³)."""

    def drift_at(self, q: RealArray) -> RealArray:
        """f(q), (2,)."""

    def jacobian_at(self, q: RealArray) -> RealArray:
        """∂f/∂q, (2, 2)."""

    def noise_at(self, q: RealArray) -> float:
        """D(q)."""

    def drifts(self, q: RealArray) -> RealArray:
        """F at the rows of q (n, 2)."""

    def energy_at(self, states: RealArray) -> RealArray:
        """H of states (n, 4), zero on an instanton."""

    def linearised(self, states: RealArray) -> tuple[RealArray, RealArray]:
        """Flow (n, 4) of states (q, p), and its derivatives (n, 4, 4)."""


@dataclass(frozen=True)
class HamiltonianSystem:
    """The compiled kernels of one Hamiltonian system with its coefficients."""

    approaches: Callable[..., None]
    record: Callable[..., None]
    drift: Callable[..., tuple[float, float]]
    jacobian: Callable[..., tuple[float, float, float, float]]
    linearised_flow: Callable[..., None]
    coefficients: RealArray

    def drift_at(self, q: RealArray) -> RealArray:
        """f(q), (2,)."""
        return np.array(self.drift(float(q[0]), float(q[1]), self.coefficients))

    def jacobian_at(self, q: RealArray) -> RealArray:
        """∂f/∂q, (2, 2)."""
        return np.array(self.jacobian(float(q[0]), float(q[1]), self.coefficients)).reshape(2, 2)

    def noise_at(self, q: RealArray) -> float:
        """D, the same everywhere."""
        return float(self.coefficients[0])

    def drifts(self, q: RealArray) -> RealArray:
        """F at the rows of q (n, 2)."""
        flow, _ = self.linearised(np.concatenate([q, np.zeros_like(q)], axis=1))
        return flow[:, :2]

    def energy_at(self, states: RealArray) -> RealArray:
        """H of states (n, 4), zero on an instanton."""
        p = states[:, 2:4]
        f = self.drifts(states[:, :2])
        square, spin = np.sum(p * p, axis=1), p[:, 1] * states[:, 0] - p[:, 0] * states[:, 1]
        d, v = float(self.coefficients[0]), float(self.coefficients[1])
        out: RealArray = d * square + np.sum(p * f, axis=1) + v * square * spin
        return out

    def linearised(self, states: RealArray) -> tuple[RealArray, RealArray]:
        """Flow (n, 4) of states (q, p), and its derivatives (n, 4, 4)."""
        x = np.ascontiguousarray(states[:, :4])
        flow, matrix = np.empty((len(x), 4)), np.empty((len(x), 4, 4))
        self.linearised_flow(x, self.coefficients, flow, matrix)
        return flow, matrix


def oscillator_system(scaled: ScaledOscillator) -> HamiltonianSystem:
    """The Kerr oscillator as a Hamiltonian system."""
    return HamiltonianSystem(
        kernels.closest_approaches,
        kernels.record_path,
        kernels.drift,
        kernels.jacobian,
        kernels.linearised_flow,
        scaled.coefficients(),
    )


def _with_coefficients(function: Callable[..., Any]) -> Callable[..., Any]:
    """A user's f(x, y) as compiled f(x, y, coefficients)."""
    inner = function if hasattr(function, "py_func") else numba.njit(function)

    @numba.njit
    def wrapped(x: float, y: float, c: RealArray) -> Any:
        return inner(x, y)

    compiled: Callable[..., Any] = wrapped
    return compiled


@functools.lru_cache(maxsize=32)
def _compiled_kernels(
    drift: Callable[..., Any], jacobian: Callable[..., Any]
) -> tuple[Any, Any, Any, Any, Any]:
    """Kernels of a user's drift; kept, so that a scan of saddles or noise strengths compiles once."""
    f, df = _with_coefficients(drift), _with_coefficients(jacobian)
    approaches, record, linearised = kernels.for_drift(f, df)
    return approaches, record, f, df, linearised


def langevin_system(
    drift: Callable[..., Any], jacobian: Callable[..., Any], diffusion: float = 1.0
) -> HamiltonianSystem:
    """H = D|p|² + p.f for a user's drift; see :func:`instanton_of_drift` for the arguments."""
    return HamiltonianSystem(*_compiled_kernels(drift, jacobian), np.array([diffusion, 0.0]))


def lyapunov_covariance(jacobian: RealArray, diffusion: float = 1.0) -> RealArray:
    """Σ of the linear fluctuations about an attractor, AΣ + ΣAᵀ + 2D = 0; the covariance of q is noise times Σ.

    Raises:
        ParameterError: A has an eigenvalue that does not decay.

    >>> lyapunov_covariance(np.diag([-1.0, -2.0])).tolist()
    [[1.0, 0.0], [0.0, 0.5]]
    """
    growth = np.linalg.eigvals(jacobian).real.max()
    if not growth < 0.0:
        raise ParameterError("attractor", f"growth rate {growth:.3g}", "a stable fixed point of the drift")
    sigma: RealArray = solve_continuous_lyapunov(jacobian, -2.0 * diffusion * np.eye(2))
    return 0.5 * (sigma + sigma.T)


def rotation_angle(system: WeakNoiseHamiltonian, q: RealArray, velocity: RealArray) -> RealArray:
    """Unwrapped angle from f(q) to dq/dt along a path, (n,), starting in (-π, π]."""
    f = system.drifts(q)
    cross = f[:, 0] * velocity[:, 1] - f[:, 1] * velocity[:, 0]
    return np.unwrap(np.arctan2(cross, np.sum(f * velocity, axis=1)))


def checked_points(
    system: HamiltonianSystem, attractor: npt.ArrayLike, saddles: npt.ArrayLike
) -> tuple[RealArray, RealArray]:
    """Fixed points polished to rounding by Newton steps."""
    start = np.asarray(attractor, dtype=np.float64)
    ends = np.atleast_2d(np.asarray(saddles, dtype=np.float64))
    if start.shape != (2,):
        raise ParameterError("attractor", start.shape, "two coordinates")
    if ends.ndim != 2 or ends.shape[1] != 2 or len(ends) == 0:
        raise ParameterError("saddles", ends.shape, "one or more points of two coordinates, (s, 2)")
    start = _fixed_point("attractor", system, start)
    fastest = float(np.linalg.eigvals(system.jacobian_at(start)).real.max())
    if not fastest < 0.0:
        raise ParameterError(
            "attractor", f"{start.tolist()} with growth rate {fastest:.3g}", "a stable fixed point"
        )
    ends = np.array([_fixed_point("saddles", system, end) for end in ends])
    for end in ends:
        if np.allclose(start, end):
            raise ParameterError("saddles", end.tolist(), "points other than the attractor")
        growth = np.linalg.eigvals(system.jacobian_at(end)).real
        if not growth.min() < 0.0 < growth.max():
            raise ParameterError(
                "saddles", end.tolist(), "points with one growing and one decaying direction"
            )
    return start, ends


def _fixed_point(name: str, system: HamiltonianSystem, guess: RealArray) -> RealArray:
    """The zero of the drift next to a guess; refused if it is not where the guess says."""
    q = guess
    for _ in range(6):
        jacobian = system.jacobian_at(q)
        if not np.all(np.isfinite(q)) or np.linalg.det(jacobian) == 0.0:
            break
        q = q - np.linalg.solve(jacobian, system.drift_at(q))
    if not np.linalg.norm(q - guess) <= 1e-2 * (1.0 + np.linalg.norm(guess)):
        raise ParameterError(
            name, guess.tolist(), "a fixed point of the drift", f"the nearest one is {q.tolist()}"
        )
    return q
