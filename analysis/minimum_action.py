"""Least-action paths of Langevin models by direct minimisation over paths of fixed duration.

With the midpoint rule the action of a path q_0 ... q_N with fixed ends is

    S = (dt/4D) Σ_k |r_k|²,    r_k = (q_{k+1} - q_k)/dt - f((q_k + q_{k+1})/2)

It is minimised by Newton's method. The Hessian is block-tridiagonal; a Levenberg shift keeps it positive and the
action decreasing. The duration is raised in small steps from a short one, each path the guess of the next, since
a Newton iteration started at the full duration fails. At the full duration the step is halved twice, and the
values are extrapolated in dt² (Richardson). The remaining error decays exponentially with the duration.

An independent check of :mod:`wellhop.analysis.instanton`, which is faster and has no step; this module also
reaches one chosen saddle when the shooting scan does not. W. E, W. Ren and E. Vanden-Eijnden, Comm. Pure Appl.
Math. 57, 637 (2004), minimised by Newton steps.
"""

# mypy: disable-error-code="untyped-decorator"

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any

import numba
import numpy as np
import numpy.typing as npt
from scipy.linalg import LinAlgError, solveh_banded

from wellhop.analysis.instanton_path import HamiltonianSystem, InstantonPath, checked_points, rotation_angle
from wellhop.engine.errors import ParameterError, PredictionError

RealArray = npt.NDArray[np.float64]
#: factor between successive durations; orbits turn at the detuning, and a larger stretch loses them
_STRETCH = 1.08
_MAX_ITERATIONS, _FEW_ITERATIONS = 200, 40
#: predicted relative decrease of S at which Newton's method ends while the duration grows. Not a step length: a
#: long path can slide in time at almost no cost, and its action is far better defined than its points
_PASSABLE = 1e-5
_BEND = 0.1
#: for the second derivatives of f, by central differences of its Jacobian
_DIFFERENCE = 1e-5


@dataclass(frozen=True)
class _Discretisation:
    """Kernels of the discrete action of one drift, and its coefficients."""

    action: Any
    expansion: Any
    coefficients: RealArray


@functools.lru_cache(maxsize=32)
def _compiled(drift: Any, jacobian: Any) -> tuple[Any, Any]:
    """The discrete action, and its gradient and Hessian, for one drift."""

    @numba.njit
    def action(q: RealArray, dt: float, c: RealArray) -> float:
        total = 0.0
        for k in range(q.shape[0] - 1):
            fx, fy = drift(0.5 * (q[k, 0] + q[k + 1, 0]), 0.5 * (q[k, 1] + q[k + 1, 1]), c)
            rx, ry = (q[k + 1, 0] - q[k, 0]) / dt - fx, (q[k + 1, 1] - q[k, 1]) / dt - fy
            total += rx * rx + ry * ry
        value: float = 0.25 * dt * total / c[0]
        return value

    @numba.njit
    def expansion(q: RealArray, dt: float, c: RealArray, gradient: RealArray, band: RealArray) -> None:
        """Gradient, and lower band of the Hessian, with respect to the inner points."""
        gradient[:] = 0.0
        band[:] = 0.0
        count = q.shape[0] - 2
        df = np.empty((2, 2))
        curved = np.empty((2, 2))
        edge = np.empty((2, 2, 2))
        r = np.empty(2)
        weight = 0.5 * dt / c[0]
        for k in range(q.shape[0] - 1):
            x, y = 0.5 * (q[k, 0] + q[k + 1, 0]), 0.5 * (q[k, 1] + q[k + 1, 1])
            fx, fy = drift(x, y, c)
            r[0], r[1] = (q[k + 1, 0] - q[k, 0]) / dt - fx, (q[k + 1, 1] - q[k, 1]) / dt - fy
            df[0, 0], df[0, 1], df[1, 0], df[1, 1] = jacobian(x, y, c)
            e = _DIFFERENCE * (1.0 + abs(x) + abs(y))
            a1, b1, d1, e1 = jacobian(x + e, y, c)
            a0, b0, d0, e0 = jacobian(x - e, y, c)
            curved[0, 0] = (r[0] * (a1 - a0) + r[1] * (d1 - d0)) / (2.0 * e)
            curved[0, 1] = curved[1, 0] = (r[0] * (b1 - b0) + r[1] * (e1 - e0)) / (2.0 * e)
            a1, b1, d1, e1 = jacobian(x, y + e, c)
            a0, b0, d0, e0 = jacobian(x, y - e, c)
            curved[1, 1] = (r[0] * (b1 - b0) + r[1] * (e1 - e0)) / (2.0 * e)
            # derivatives of r with respect to its left and right end
            for i in range(2):
                for j in range(2):
                    unit = 1.0 / dt if i == j else 0.0
                    edge[0, i, j], edge[1, i, j] = -unit - 0.5 * df[i, j], unit - 0.5 * df[i, j]
            for s in range(2):
                if not 0 <= k + s - 1 < count:
                    continue
                for j in range(2):
                    row = 2 * (k + s - 1) + j
                    gradient[row] += weight * (r[0] * edge[s, 0, j] + r[1] * edge[s, 1, j])
                    for t in range(2):
                        if not 0 <= k + t - 1 < count:
                            continue
                        for i in range(2):
                            column = 2 * (k + t - 1) + i
                            if row >= column:
                                band[row - column, column] += weight * (
                                    edge[s, 0, j] * edge[t, 0, i]
                                    + edge[s, 1, j] * edge[t, 1, i]
                                    - 0.25 * curved[j, i]
                                )

    return action, expansion


def _minimised(
    model: _Discretisation, guess: RealArray, dt: float, accuracy: float = 0.0
) -> tuple[RealArray, float]:
    """Path of least action near a guess, (N+1, 2) with fixed ends, and its action.

    With ``accuracy`` 0 the path is only a step towards a longer one: it ends when passable, or after a few steps.

    Raises:
        PredictionError: the iteration does not settle to ``accuracy``.
    """
    target, iterations = (accuracy, _MAX_ITERATIONS) if accuracy > 0.0 else (_PASSABLE, _FEW_ITERATIONS)
    q, c = guess.copy(), model.coefficients
    size = 2 * (len(q) - 2)
    gradient, band = np.empty(size), np.empty((4, size))
    value, shift = float(model.action(q, dt, c)), 0.0
    model.expansion(q, dt, c, gradient, band)
    for _ in range(iterations):
        shifted = band.copy()
        shifted[0] += shift * band[0].mean()
        try:
            change = solveh_banded(shifted, -gradient, lower=True).reshape(-1, 2)
        except LinAlgError:
            shift = max(4.0 * shift, 1e-6)
            continue
        decrease = -0.5 * float(gradient @ change.ravel())
        trial = q.copy()
        trial[1:-1] += change
        after = float(model.action(trial, dt, c))
        settled = decrease < target * value and shift < 1e-5
        if not after <= value:
            if settled:
                return q, value
            shift = max(4.0 * shift, 1e-7)
            continue
        q, value = trial, after
        if settled:
            return q, value
        shift = 0.1 * shift if shift > 1e-9 else 0.0
        model.expansion(q, dt, c, gradient, band)
    if accuracy == 0.0:
        return q, value
    raise PredictionError(
        f"minimum action: no convergence in {_MAX_ITERATIONS} steps at duration {dt * (len(q) - 1):.3g}; "
        "use a smaller step, or ask for less accuracy"
    )


def _resampled(q: RealArray, count: int) -> RealArray:
    """The same path at count + 1 equally spaced times, linearly between its points."""
    old, new = np.linspace(0.0, 1.0, len(q)), np.linspace(0.0, 1.0, count + 1)
    return np.stack([np.interp(new, old, q[:, i]) for i in range(2)], axis=1)


def minimum_action_path(
    system: HamiltonianSystem,
    attractor: npt.ArrayLike,
    saddle: npt.ArrayLike,
    *,
    duration: float = 12.0,
    step: float = 0.01,
    first_duration: float = 0.4,
    accuracy: float = 2e-9,
) -> InstantonPath:
    """Least-action path from an attractor to one saddle in a given time, extrapolated to zero step.

    Args:
        system: from ``oscillator_system`` (truncated Wigner only) or ``langevin_system``.
        attractor, saddle: (2,) the ends. Unlike shooting, this cannot tell that another saddle is cheaper.
        duration: total time; some ten relaxation times. step: the largest of the three steps, short against the fastest turn.
        first_duration: the time of the first path, a straight line with a bend.
        accuracy: predicted relative decrease of S at which Newton's method ends at the full duration. A path that
            waits at another fixed point on its way settles slowly; ask less of it.

    Returns:
        The path at the smallest step; its ``action`` is scaled to end at the extrapolated value, ``distance`` is
        0, and ``energy`` is H at the midpoints, zero only for an infinite duration and a vanishing step.

    Raises:
        ParameterError: a point that is no fixed point, times out of order, or a Hamiltonian with a cubic vertex.
        PredictionError: Newton's method does not settle.
    """
    if system.coefficients[1] != 0.0:
        raise ParameterError(
            "system", "full Keldysh", "a Langevin model", "its Lagrangian is not explicit; use shooting or newton_path"
        )
    if not 0.0 < step < first_duration < duration:
        raise ParameterError(
            "step, first_duration, duration", (step, first_duration, duration), "0 < step < first_duration < duration"
        )
    start, ends = checked_points(system, attractor, saddle)
    model = _Discretisation(*_compiled(system.drift, system.jacobian), system.coefficients)
    tau = first_duration
    along = ends[0] - start
    # bent to one side: on a symmetry axis a straight path can be a saddle of the action, where Newton would stay
    middle = 0.5 * along + _BEND * np.array([-along[1], along[0]])
    q = start + np.array([np.zeros(2), middle, along])
    while True:
        count = max(20, round(tau / step))
        q, _ = _minimised(model, _resampled(q, count), tau / count)
        if tau >= duration:
            break
        tau = min(_STRETCH * tau, duration)
    values = []
    for refinement in (1, 2, 4):
        n = refinement * count
        q, value = _minimised(model, _resampled(q, n), duration / n, accuracy)
        values.append(value)
    return _as_path(system, q, duration, start, ends[0], _extrapolated(values))


def _extrapolated(values: list[float]) -> float:
    """Limit of three values at steps dt, dt/2, dt/4 with errors in dt² and dt⁴."""
    first, second = ((4.0 * values[i + 1] - values[i]) / 3.0 for i in range(2))
    return (16.0 * second - first) / 15.0


def _as_path(
    system: HamiltonianSystem, q: RealArray, duration: float, start: RealArray, end: RealArray, total: float
) -> InstantonPath:
    """The path at its midpoints, with momentum p = (dq/dt - f)/2D."""
    dt = duration / (len(q) - 1)
    middle, velocity = 0.5 * (q[1:] + q[:-1]), np.diff(q, axis=0) / dt
    f = np.array([system.drift_at(point) for point in middle])
    d = float(system.coefficients[0])
    p = (velocity - f) / (2.0 * d)
    grown = np.cumsum(d * dt * np.sum(p * p, axis=1))
    return InstantonPath(
        times=dt * np.arange(0.5, len(middle), 1.0, dtype=np.float64),
        q=middle,
        p=p,
        action=grown * (total / grown[-1]),
        theta=rotation_angle(system, middle, velocity),
        energy=d * np.sum(p * p, axis=1) + np.sum(p * f, axis=1),
        attractor=start,
        saddle=end,
        distance=0.0,
        method="minimum action",
    )
