"""Hamilton's equations between the linear manifolds of two fixed points, by Gauss collocation and Newton's method.

A path x(t) = (q, p) leaves the attractor on its linear unstable manifold, p = Σ⁻¹(q - q_a) on a small ellipse, and ends
on the linear stable manifold of the saddle, on a small sphere; the time between is an unknown. Both remainders of S
are known in closed form, ½p.(q - q_a) and -½p.(q - q_s), with errors of third order in the radii. Since H is
conserved one end condition is redundant; a term η∇H is added to the equations and its strength η, zero at the
solution, solved for. Four collocation points per interval (order eight); each interval is condensed onto its ends.

E. Doedel, M. Friedman, J. Comput. Appl. Math. 26, 155 (1989), on connecting orbits; F. Munoz-Almaraz et al., Physica D
181, 1 (2003), on the term η∇H in conservative systems.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp
from scipy.integrate import cumulative_trapezoid
from scipy.interpolate import CubicSpline
from scipy.linalg import expm, schur
from scipy.optimize import brentq
from scipy.sparse.linalg import splu

from wellhop.analysis.instanton_path import WeakNoiseHamiltonian, lyapunov_covariance
from wellhop.engine.errors import PredictionError

RealArray = npt.NDArray[np.float64]
#: mesh: interval times the rate at which the velocity changes, and the share of all rates of the linearised flow in it
_RESOLUTION, _FLOOR = 0.28, 0.03
#: points on a linear piece
_LINEAR_POINTS = 80
#: samples per interval that carry a path from one mesh to another
_PER_INTERVAL = 4
_SMALLEST_MESH, _LARGEST_MESH = 40, 6000
#: relative change of the path at which Newton's method ends
_SETTLED = 1e-10


def _gauss(stages: int) -> tuple[RealArray, RealArray, RealArray, RealArray]:
    """Nodes, weights, Runge-Kutta matrix, and coefficients (degree, stage) of the integrated Lagrange polynomials."""
    x, w = np.polynomial.legendre.leggauss(stages)
    nodes, weights = 0.5 * (x + 1.0), 0.5 * w
    lagrange = np.linalg.inv(np.vander(nodes, increasing=True))  # (power, stage)
    integrated = lagrange / np.arange(1.0, stages + 1.0)[:, None]
    matrix = np.vander(nodes, stages + 1, increasing=True)[:, 1:] @ integrated
    return nodes, weights, matrix, integrated


_NODES, _WEIGHTS, _MATRIX, _INTEGRATED = _gauss(4)
_STAGES = 4
#: gradient of H from the flow (dq/dt, dp/dt): ∇H = (-dp/dt, dq/dt)
_GRADIENT = np.kron(np.array([[0.0, -1.0], [1.0, 0.0]]), np.eye(2))


@dataclass(frozen=True)
class Ends:
    """Fixed points with their linear manifolds.

    Attributes:
        attractor, saddle: (4,) states. start_radius, end_radius: of the first and last point.
        precision: Σ⁻¹ of the attractor. growth: (2, 2) flow of q on its unstable manifold.
        decay: (4, 4) linear flow about the saddle. tangent: (4, 2) its stable space. forbidden: (2, 4) left unstable space.
    """

    attractor: RealArray
    precision: RealArray
    saddle: RealArray
    forbidden: RealArray
    start_radius: float
    end_radius: float
    growth: RealArray
    decay: RealArray
    tangent: RealArray


@dataclass(frozen=True)
class CollocatedPath:
    """A path, or a correction of one, on a mesh.

    Attributes:
        fractions: (n+1,) mesh points as shares of the time. nodes: (n+1, 4) states there. stages: (n, 4, 4) at the
            collocation points. duration: total time. unfolding: η.
    """

    fractions: RealArray
    nodes: RealArray
    stages: RealArray
    duration: float
    unfolding: float


def _polished(name: str, system: WeakNoiseHamiltonian, guess: RealArray) -> RealArray:
    """The fixed point of the drift next to a guess."""
    q = np.asarray(guess, dtype=np.float64)
    for _ in range(12):
        jacobian = system.jacobian_at(q)
        if not np.all(np.isfinite(q)) or np.linalg.det(jacobian) == 0.0:
            raise PredictionError(f"instanton: the {name} near {guess.tolist()} does not exist")
        change = np.linalg.solve(jacobian, system.drift_at(q))
        q = q - change
    if not np.linalg.norm(change) <= 1e-9 * (1.0 + np.linalg.norm(q)):
        raise PredictionError(f"instanton: the {name} near {guess.tolist()} does not exist")
    return q


def linear_ends(system: WeakNoiseHamiltonian, attractor: RealArray, saddle: RealArray, radius: float) -> Ends:
    """Linear manifolds of both fixed points."""
    q_a, q_s = _polished("attractor", system, attractor), _polished("saddle", system, saddle)
    reach = float(np.linalg.norm(q_s - q_a))
    if not reach > 1e-8 * (1.0 + float(np.linalg.norm(q_a))):
        raise PredictionError("instanton: attractor and saddle are the same point")
    noise, noise_there = system.noise_at(q_a), system.noise_at(q_s)
    a, b = system.jacobian_at(q_a), system.jacobian_at(q_s)
    rates = np.linalg.eigvals(b).real
    if not rates.min() < 0.0 < rates.max():
        raise PredictionError(f"instanton: {q_s.tolist()} is no saddle")
    precision = np.asarray(np.linalg.inv(lyapunov_covariance(a, noise)), dtype=np.float64)
    around = np.block([[b, 2.0 * noise_there * np.eye(2)], [np.zeros((2, 2)), -b.T]])
    _, left, _ = schur(around.T, sort="rhp")
    _, right, _ = schur(around, sort="lhp")
    return Ends(
        attractor=np.concatenate([q_a, np.zeros(2)]),
        precision=precision,
        saddle=np.concatenate([q_s, np.zeros(2)]),
        forbidden=left[:, :2].T,
        start_radius=radius * reach * float(np.sqrt(np.linalg.eigvalsh(precision)[0])),
        end_radius=radius * reach,
        growth=a + 2.0 * noise * precision,
        decay=around,
        tangent=right[:, :2],
    )


def trimmed(ends: Ends, times: RealArray, states: RealArray) -> tuple[RealArray, RealArray]:
    """The guess from start radius to end radius: cut where it goes closer, prolonged linearly where it stays off."""
    u = states[:, :2] - ends.attractor[:2]
    size = np.sqrt(np.einsum("ni,ij,nj->n", u, ends.precision, u))
    distance = np.linalg.norm(states - ends.saddle, axis=1)
    # a guess may touch the sphere early only by passing through it: the last point is the closest one
    last = int(np.argmin(distance))
    inside = np.flatnonzero(size[:last] < ends.start_radius)
    first = int(inside[-1]) + 1 if len(inside) else 0
    beyond = np.flatnonzero(distance[first : last + 1] < ends.end_radius)
    last = first + int(beyond[0]) if len(beyond) else last
    times, states = times[first : last + 1], states[first : last + 1]
    before, after = _head(ends, states[0]), _tail(ends, states[-1])
    t = np.concatenate([before[0] + times[0], times, after[0] + times[-1]])
    return t - t[0], np.concatenate([before[1], states, after[1]])


def _head(ends: Ends, state: RealArray) -> tuple[RealArray, RealArray]:
    """Times < 0 and states of the linear flow from the start radius up to a state near the attractor."""
    u = state[:2] - ends.attractor[:2]

    def size(time: float) -> float:
        v = expm(-ends.growth * time) @ u
        return float(np.log(v @ ends.precision @ v)) - 2.0 * float(np.log(ends.start_radius))

    rate = float(np.linalg.eigvals(ends.growth).real.min())
    times = -_times_until(size, rate)[::-1]
    path = np.array([expm(ends.growth * t) @ u for t in times]).reshape(-1, 2)
    return times, np.concatenate([ends.attractor[:2] + path, path @ ends.precision], axis=1)


def _tail(ends: Ends, state: RealArray) -> tuple[RealArray, RealArray]:
    """Times > 0 and states of the linear flow on the stable manifold from a state near the saddle to the end radius."""
    away = ends.tangent @ (ends.tangent.T @ (state - ends.saddle))
    decay = ends.tangent.T @ ends.decay @ ends.tangent
    within = ends.tangent.T @ away

    def size(time: float) -> float:
        return 2.0 * float(np.log(np.linalg.norm(expm(decay * time) @ within) / ends.end_radius))

    rate = float(np.abs(np.linalg.eigvals(decay).real).min())
    times = _times_until(size, rate)
    path = np.array([expm(decay * t) @ within for t in times]).reshape(-1, 2)
    return times, ends.saddle + path @ ends.tangent.T


def _times_until(size: Callable[[float], float], rate: float) -> RealArray:
    """Times > 0 up to where ``size``, a logarithm that falls at twice ``rate`` or faster, is zero; none if it starts there.

    An error of the time is one of the phase of the orbit, which Newton's method would have to turn back.
    """
    first = size(0.0)
    if first <= 1e-3:
        return np.empty(0)
    longest = 0.5 * first / rate
    while size(longest) > 0.0:
        longest *= 1.5
    last = float(brentq(size, 0.0, longest, xtol=1e-12 * longest))
    return np.linspace(0.0, last, _LINEAR_POINTS + 1)[1:]


def meshed(
    system: WeakNoiseHamiltonian, times: RealArray, states: RealArray, refinement: int
) -> CollocatedPath:
    """A mesh that resolves the linearised flow along the guess, and the guess on it."""
    flow, matrices = system.linearised(states)
    # how fast the solution itself varies; a slow creep between fast modes needs few intervals
    along = (matrices @ flow[..., None])[..., 0]
    rates = np.linalg.norm(along, axis=1) / np.linalg.norm(flow, axis=1)
    rates += _FLOOR * np.linalg.norm(matrices, axis=(1, 2))
    grown = cumulative_trapezoid(rates, times, initial=0.0)
    count = refinement * int(np.clip(np.ceil(grown[-1] / _RESOLUTION), _SMALLEST_MESH, _LARGEST_MESH))
    mesh = np.interp(np.linspace(0.0, grown[-1], count + 1), grown, times)
    curve = CubicSpline(times, states)
    inner = mesh[:-1, None] + np.diff(mesh)[:, None] * _NODES
    return CollocatedPath(mesh / mesh[-1], curve(mesh), curve(inner), float(mesh[-1]), 0.0)


def _conditions(ends: Ends, first: RealArray, last: RealArray) -> tuple[RealArray, RealArray, RealArray]:
    """Six end conditions, and their derivatives (6, 4) by the first and by the last state."""
    u, away = first[:2] - ends.attractor[:2], last - ends.saddle
    value, by_first, by_last = np.empty(6), np.zeros((6, 4)), np.zeros((6, 4))
    value[:2] = first[2:] - ends.precision @ u
    by_first[:2] = np.hstack([-ends.precision, np.eye(2)])
    value[2] = (u @ ends.precision @ u - ends.start_radius**2) / (2.0 * ends.start_radius)
    by_first[2, :2] = ends.precision @ u / ends.start_radius
    value[3:5] = ends.forbidden @ away
    by_last[3:5] = ends.forbidden
    value[5] = (away @ away - ends.end_radius**2) / (2.0 * ends.end_radius)
    by_last[5] = away / ends.end_radius
    return value, by_first, by_last


def _correction(system: WeakNoiseHamiltonian, ends: Ends, path: CollocatedPath) -> CollocatedPath:
    """One full Newton correction, as differences."""
    n = len(path.fractions) - 1
    share = np.diff(path.fractions)
    h = path.duration * share
    flow, matrices = system.linearised(path.stages.reshape(-1, 4))
    turn = np.eye(4) + path.unfolding * _GRADIENT
    plain = flow.reshape(n, _STAGES, 4)
    flow = plain @ turn.T
    matrices = (turn @ matrices).reshape(n, _STAGES, 4, 4)
    gradient = plain @ _GRADIENT.T
    # stages: (1 - h A x DF) dY = dX + dT (A F) share + dη h (A ∇H) - defect
    advanced = _MATRIX @ flow
    defect = path.stages - path.nodes[:-1, None] - h[:, None, None] * advanced
    # (n, stage i, row, stage j, column)
    local = (-h[:, None, None, None, None] * _MATRIX[:, None, :, None]) * matrices.transpose(0, 2, 1, 3)[
        :, None
    ]
    local = local.reshape(n, 16, 16)
    local += np.eye(16)
    right = np.empty((n, 16, 7))
    right[:, :, :4] = np.tile(np.eye(4), (_STAGES, 1))
    right[:, :, 4] = (share[:, None, None] * advanced).reshape(n, 16)
    right[:, :, 5] = (h[:, None, None] * (_MATRIX @ gradient)).reshape(n, 16)
    right[:, :, 6] = -defect.reshape(n, 16)
    inner = np.linalg.solve(local, right).reshape(n, _STAGES, 4, 7)
    # steps: dX' = dX + h Σ b (DF dY) + dT share Σ b F + dη h Σ b ∇H - defect
    step = h[:, None, None] * np.sum(_WEIGHTS[:, None, None] * (matrices @ inner), axis=1)
    step[:, :, :4] += np.eye(4)
    step[:, :, 4] += share[:, None] * (_WEIGHTS @ flow)
    step[:, :, 5] += h[:, None] * (_WEIGHTS @ gradient)
    jump = path.nodes[1:] - path.nodes[:-1] - h[:, None] * (_WEIGHTS @ flow)
    step[:, :, 6] -= jump
    value, by_first, by_last = _conditions(ends, path.nodes[0], path.nodes[-1])
    size = 4 * (n + 1) + 2
    rows = 4 * np.arange(n)[:, None, None] + np.arange(4)[:, None]
    columns = 4 * np.arange(n)[:, None, None] + np.arange(4)
    rows = np.broadcast_to(rows, (n, 4, 4))
    identity = np.arange(4 * n)
    entries = [
        (-step[:, :, :4].ravel(), rows.ravel(), np.broadcast_to(columns, (n, 4, 4)).ravel()),
        (np.ones(4 * n), identity, identity + 4),
        (-step[:, :, 4].ravel(), identity, np.full(4 * n, size - 2)),
        (-step[:, :, 5].ravel(), identity, np.full(4 * n, size - 1)),
        (by_first.ravel(), *(4 * n + np.repeat(np.arange(6), 4), np.tile(np.arange(4), 6))),
        (by_last.ravel(), *(4 * n + np.repeat(np.arange(6), 4), 4 * n + np.tile(np.arange(4), 6))),
    ]
    data, row, column = (np.concatenate(part) for part in zip(*entries, strict=True))
    matrix = sp.csc_array((data, (row, column)), shape=(size, size))
    solution = splu(matrix).solve(np.concatenate([step[:, :, 6].ravel(), -value]))
    nodes, duration, unfolding = solution[:-2].reshape(-1, 4), float(solution[-2]), float(solution[-1])
    stages = inner[..., 6] + (inner[..., :4] @ nodes[:-1, None, :, None])[..., 0]
    stages += duration * inner[..., 4] + unfolding * inner[..., 5]
    return CollocatedPath(path.fractions, nodes, stages, duration, unfolding)


def solved(system: WeakNoiseHamiltonian, ends: Ends, path: CollocatedPath, iterations: int) -> CollocatedPath:
    """Newton iteration with shortened first steps.

    Raises:
        PredictionError: it does not converge from this guess.
    """
    scale = float(np.abs(path.nodes - path.nodes.mean(axis=0)).max())
    for _ in range(iterations):
        with np.errstate(all="ignore"):
            try:
                change = _correction(system, ends, path)
            except (RuntimeError, np.linalg.LinAlgError):
                break
        largest = float(np.abs(change.nodes).max()) / scale
        if not np.isfinite(largest):
            break
        length = min(1.0, 0.2 / max(largest, 1e-300), 0.3 * path.duration / max(abs(change.duration), 1e-300))
        path = replace(
            path,
            nodes=path.nodes + length * change.nodes,
            stages=path.stages + length * change.stages,
            duration=path.duration + length * change.duration,
            unfolding=path.unfolding + length * change.unfolding,
        )
        if length == 1.0 and largest < _SETTLED:
            return path
    raise PredictionError(
        "instanton: Newton's method does not converge from this guess; start nearer, or follow a path in smaller steps"
    )


def action_of(system: WeakNoiseHamiltonian, ends: Ends, path: CollocatedPath) -> float:
    """S of the whole path, both linear remainders included."""
    flow, _ = system.linearised(path.stages.reshape(-1, 4))
    density = np.sum(path.stages[..., 2:] * flow.reshape(path.stages.shape)[..., :2], axis=2)
    between = float(path.duration * (np.diff(path.fractions) @ (density @ _WEIGHTS)))
    return _remainder(path.nodes[0], ends.attractor) + between - _remainder(path.nodes[-1], ends.saddle)


def _remainder(state: RealArray, point: RealArray) -> float:
    return 0.5 * float(state[2:] @ (state[:2] - point[:2]))


def sampled(
    system: WeakNoiseHamiltonian, ends: Ends, path: CollocatedPath, points: int | None
) -> tuple[RealArray, RealArray, RealArray]:
    """Times (n,), states (n, 4) and S since the attractor (n,): at equally spaced times, or several per interval."""
    flow = system.linearised(path.stages.reshape(-1, 4))[0].reshape(path.stages.shape)
    if points is None:
        edges = np.arange(len(path.fractions), dtype=np.float64)
        count = _PER_INTERVAL * (len(edges) - 1) + 1
        fractions = np.interp(np.linspace(0.0, edges[-1], count), edges, path.fractions)
    else:
        fractions = np.linspace(0.0, 1.0, points)
    share = np.diff(path.fractions)
    k = np.clip(np.searchsorted(path.fractions, fractions, side="right") - 1, 0, len(share) - 1)
    powers = ((fractions - path.fractions[k]) / share[k])[:, None] ** np.arange(1, _STAGES + 1)
    weights = powers @ _INTEGRATED
    h = path.duration * share
    states = path.nodes[k] + h[k, None] * np.einsum("ni,nij->nj", weights, flow[k])
    density = np.sum(path.stages[..., 2:] * flow[..., :2], axis=2)
    steps = np.concatenate([[0.0], np.cumsum(h * (density @ _WEIGHTS))])
    grown = steps[k] + h[k] * np.sum(weights * density[k], axis=1)
    return fractions * path.duration, states, grown + _remainder(path.nodes[0], ends.attractor)
