"""Compiled Hamiltonian flow of weak-noise escape: integrate, find the closest approach to a saddle, record a path.

For two variables q with momentum p and the Hamiltonian

    H(q, p) = D |p|² + p.f(q) + v |p|² (p.Jq),     J = [[0, -1], [1, 0]],     S = ∫ p.dq

Hamilton's equations are

    dq/dt = 2 D p + f + v (2 (p.Jq) p + |p|² Jq),     dp/dt = -(∂f/∂q)ᵀ p + v |p|² J p,     dS/dt = p.dq/dt

with D the noise strength and v the cubic quantum vertex of a Kerr oscillator (zero for any Langevin model). A
state is the row (q₁, q₂, p₁, p₂, S). ``drift(x, y, c)`` returns (f₁, f₂), ``jacobian(x, y, c)`` returns
(∂f₁/∂x, ∂f₁/∂y, ∂f₂/∂x, ∂f₂/∂y), and ``c`` starts with D and v. Here they are those of the Kerr oscillator, so that the
compiled code can be kept on disk; :func:`for_drift` makes the same kernels for any other drift.

The integrator is the eighth-order pair of Dormand and Prince with the error estimate of Hairer, Nørsett and
Wanner, "Solving Ordinary Differential Equations I", section II.10; its coefficients are read from SciPy.
"""

# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

from collections.abc import Callable
from types import FunctionType
from typing import Any

import numba
import numpy as np
from scipy.integrate import DOP853

_A = np.ascontiguousarray(DOP853.A)
_B = np.ascontiguousarray(DOP853.B)
_E3 = np.ascontiguousarray(DOP853.E3)
_E5 = np.ascontiguousarray(DOP853.E5)
_STAGES = 12
_STATE = 5
#: a trajectory that needs more steps is lost (it circles or creeps); it counts as one that missed
_MAX_STEPS = 100_000
_ABSOLUTE = 1e-13


@numba.njit(cache=True)
def drift(x, y, c):
    """Drift of the Kerr oscillator; c = D, v, gamma, detuning, cubic, Re and Im of drive_2, Re and Im of drive_1."""
    turn = c[3] + c[4] * (x * x + y * y)
    return (
        (c[6] - c[2]) * x + (turn - c[5]) * y + c[8],
        -(turn + c[5]) * x - (c[2] + c[6]) * y - c[7],
    )


@numba.njit(cache=True)
def jacobian(x, y, c):
    """Derivatives of :func:`drift`."""
    turn = c[3] + c[4] * (x * x + y * y)
    return (
        c[6] - c[2] + 2.0 * c[4] * x * y,
        turn - c[5] + 2.0 * c[4] * y * y,
        -turn - c[5] - 2.0 * c[4] * x * x,
        -c[2] - c[6] - 2.0 * c[4] * x * y,
    )


@numba.njit(cache=True)
def flow(s, c, out):
    """Hamilton's equations at the state s."""
    x, y, px, py = s[0], s[1], s[2], s[3]
    fx, fy = drift(x, y, c)
    a, b, d, e = jacobian(x, y, c)
    square = px * px + py * py
    spin = py * x - px * y
    out[0] = 2.0 * (c[0] + c[1] * spin) * px + fx - c[1] * square * y
    out[1] = 2.0 * (c[0] + c[1] * spin) * py + fy + c[1] * square * x
    out[2] = -(a * px + d * py) - c[1] * square * py
    out[3] = -(b * px + e * py) + c[1] * square * px
    out[4] = px * out[0] + py * out[1]


@numba.njit(cache=True)
def energy(s, c):
    """H at the state s."""
    fx, fy = drift(s[0], s[1], c)
    square = s[2] * s[2] + s[3] * s[3]
    spin = s[3] * s[0] - s[2] * s[1]
    return c[0] * square + s[2] * fx + s[3] * fy + c[1] * square * spin


@numba.njit(cache=True)
def step(s, h, c, slopes, stage, new, tolerance):
    """One step of length h from s into ``new``; ``slopes[0]`` holds the flow at s. Returns the scaled error."""
    for k in range(1, _STAGES):
        for i in range(_STATE):
            total = 0.0
            for j in range(k):
                total += _A[k, j] * slopes[j, i]
            stage[i] = s[i] + h * total
        flow(stage, c, slopes[k])
    for i in range(_STATE):
        total = 0.0
        for j in range(_STAGES):
            total += _B[j] * slopes[j, i]
        new[i] = s[i] + h * total
    flow(new, c, slopes[_STAGES])
    fifth = third = 0.0
    for i in range(_STATE):
        scale = _ABSOLUTE + tolerance * max(abs(s[i]), abs(new[i]))
        e5 = e3 = 0.0
        for j in range(_STAGES + 1):
            e5 += _E5[j] * slopes[j, i]
            e3 += _E3[j] * slopes[j, i]
        fifth += (e5 / scale) ** 2
        third += (e3 / scale) ** 2
    if fifth == 0.0:
        return 0.0
    return abs(h) * fifth / np.sqrt((fifth + 0.01 * third) * _STATE)


@numba.njit(cache=True)
def next_length(h, error):
    """Step length after a step with this scaled error; a non-finite error shortens the step most."""
    if not np.isfinite(error):
        return 0.2 * h
    if error == 0.0:
        return 5.0 * h
    return h * min(5.0, max(0.2, 0.9 * error**-0.125))


@numba.njit(cache=True)
def separation(s, target):
    """Squared distance of (q, p) to (target, 0)."""
    return (s[0] - target[0]) ** 2 + (s[1] - target[1]) ** 2 + s[2] * s[2] + s[3] * s[3]


@numba.njit(cache=True)
def approach_speed(s, slope, target):
    """Half the time derivative of :func:`separation`."""
    return (s[0] - target[0]) * slope[0] + (s[1] - target[1]) * slope[1] + s[2] * slope[2] + s[3] * slope[3]


@numba.njit(cache=True)
def turning_point(s, h, c, target, before, after, slopes, stage, new):
    """State of closest approach inside a step, by the Illinois rule on the approach speed; returns its time."""
    low, high, at_low, at_high, at = 0.0, h, before, after, 0.0
    for _ in range(30):
        at = (low * at_high - high * at_low) / (at_high - at_low)
        step(s, at, c, slopes, stage, new, 1.0)
        speed = approach_speed(new, slopes[_STAGES], target)
        if abs(speed) <= 1e-13 * (abs(before) + abs(after)) or high - low < 1e-12 * h:
            break
        if speed < 0.0:
            low, at_low, at_high = at, speed, 0.5 * at_high
        else:
            high, at_high, at_low = at, speed, 0.5 * at_low
    return at


@numba.njit(cache=True)
def closest_approaches(
    starts, targets, c, duration, radius, catch, ceiling, tolerance, distance, action, time
):
    """Integrate from each start; per target the least distance in (q, p), and S and t there.

    starts (n, 5), targets (m, 2); distance, action, time (n, m) are filled. A trajectory ends after ``duration``,
    when (q, p) is further than ``radius`` from the start, when S exceeds ``ceiling``, and when it has come within
    ``catch`` of a target and left again: what follows a passage of a saddle, relaxation and a second escape, is
    no part of the path, and close second passages would be taken for it.
    """
    slopes, trial = np.empty((_STAGES + 1, _STATE)), np.empty((_STAGES + 1, _STATE))
    stage, new, s, turned = np.empty(_STATE), np.empty(_STATE), np.empty(_STATE), np.empty(_STATE)
    for row in range(starts.shape[0]):
        s[:] = starts[row]
        t, h = 0.0, 1e-3 * duration
        flow(s, c, slopes[0])
        for m in range(targets.shape[0]):
            distance[row, m] = np.sqrt(separation(s, targets[m]))
            action[row, m], time[row, m] = s[4], 0.0
        for _ in range(_MAX_STEPS):
            error = step(s, h, c, slopes, stage, new, tolerance)
            if not error <= 1.0:
                h = next_length(h, error)
                continue
            for m in range(targets.shape[0]):
                before = approach_speed(s, slopes[0], targets[m])
                after = approach_speed(new, slopes[_STAGES], targets[m])
                # a chord bounds how close the step can come; most turns are far away and need no search
                ends = min(separation(s, targets[m]), separation(new, targets[m]))
                chord = np.sqrt((new[0] - s[0]) ** 2 + (new[1] - s[1]) ** 2) + np.sqrt(
                    (new[2] - s[2]) ** 2 + (new[3] - s[3]) ** 2
                )
                if before < 0.0 <= after and np.sqrt(ends) - chord < distance[row, m]:
                    trial[0] = slopes[0]
                    at = turning_point(s, h, c, targets[m], before, after, trial, stage, turned)
                    reached = np.sqrt(separation(turned, targets[m]))
                    if reached < distance[row, m]:
                        distance[row, m], action[row, m], time[row, m] = reached, turned[4], t + at
            t += h
            s[:] = new
            slopes[0] = slopes[_STAGES]
            h = min(next_length(h, error), duration)
            passed = False
            for m in range(targets.shape[0]):
                if distance[row, m] < catch and separation(s, targets[m]) > (2.0 * catch) ** 2:
                    passed = True
            away = separation(s, starts[row, :2])
            if passed or t >= duration or s[4] > ceiling or not away < radius * radius:
                break


@numba.njit(cache=True)
def record_path(start, times, c, duration, tolerance, states, velocity, energies):
    """States (n, 5), dq/dt (n, 2) and H (n,) at ``times`` (n,), the first being that of the start.

    Takes the very steps of :func:`closest_approaches` and reads between them by shorter ones from the same point:
    near a saddle rounding differences grow so fast that any other steps would miss it.
    """
    slopes, trial = np.empty((_STAGES + 1, _STATE)), np.empty((_STAGES + 1, _STATE))
    stage, new, s, between = np.empty(_STATE), np.empty(_STATE), np.empty(_STATE), np.empty(_STATE)
    s[:] = start
    t, h, k = 0.0, 1e-3 * duration, 0
    flow(s, c, slopes[0])
    for _ in range(_MAX_STEPS):
        if k == times.shape[0]:
            break
        error = step(s, h, c, slopes, stage, new, tolerance)
        if not error <= 1.0:
            h = next_length(h, error)
            continue
        while k < times.shape[0] and times[k] <= t + h:
            trial[0] = slopes[0]
            step(s, times[k] - t, c, trial, stage, between, tolerance)
            states[k] = between
            velocity[k] = trial[_STAGES, :2]
            energies[k] = energy(between, c)
            k += 1
        t += h
        s[:] = new
        slopes[0] = slopes[_STAGES]
        h = min(next_length(h, error), duration)
    return k


#: step of the central differences that give the second derivatives of the drift, relative
_DIFFERENCE = 1e-5


@numba.njit(cache=True)
def linearised_flow(states, c, out, matrix):
    """Flow of (q, p) at states (n, 4) into ``out`` (n, 4), and its derivatives by (q, p) into ``matrix`` (n, 4, 4).

    Second derivatives of the drift are central differences of its Jacobian: they steer Newton's method and leave its
    solution alone.
    """
    for row in range(states.shape[0]):
        x, y, px, py = states[row, 0], states[row, 1], states[row, 2], states[row, 3]
        fx, fy = drift(x, y, c)
        a, b, d, e = jacobian(x, y, c)
        v, square, spin = c[1], px * px + py * py, py * x - px * y
        noise = 2.0 * (c[0] + v * spin)
        out[row, 0] = noise * px + fx - v * square * y
        out[row, 1] = noise * py + fy + v * square * x
        out[row, 2] = -(a * px + d * py) - v * square * py
        out[row, 3] = -(b * px + e * py) + v * square * px
        m = matrix[row]
        m[0, 0], m[0, 1] = a + 2.0 * v * px * py, b - 2.0 * v * px * px - v * square
        m[1, 0], m[1, 1] = d + 2.0 * v * py * py + v * square, e - 2.0 * v * px * py
        m[0, 2], m[0, 3] = noise - 4.0 * v * px * y, 2.0 * v * (x * px - y * py)
        m[1, 2], m[1, 3] = m[0, 3], noise + 4.0 * v * py * x
        m[2, 2], m[2, 3] = -m[0, 0], -m[1, 0]
        m[3, 2], m[3, 3] = -m[0, 1], -m[1, 1]
        s = _DIFFERENCE * (1.0 + abs(x) + abs(y))
        a1, b1, d1, e1 = jacobian(x + s, y, c)
        a0, b0, d0, e0 = jacobian(x - s, y, c)
        m[2, 0] = -(px * (a1 - a0) + py * (d1 - d0)) / (2.0 * s)
        m[3, 0] = -(px * (b1 - b0) + py * (e1 - e0)) / (2.0 * s)
        a1, b1, d1, e1 = jacobian(x, y + s, c)
        a0, b0, d0, e0 = jacobian(x, y - s, c)
        m[2, 1] = m[3, 0]
        m[3, 1] = -(px * (b1 - b0) + py * (e1 - e0)) / (2.0 * s)


#: kernels that depend on the drift, in the order in which they use one another
_REBOUND = ("flow", "energy", "step", "turning_point", "closest_approaches", "record_path", "linearised_flow")


def for_drift(
    new_drift: Callable[..., Any], new_jacobian: Callable[..., Any]
) -> tuple[Callable[..., Any], Callable[..., Any], Callable[..., Any]]:
    """(closest_approaches, record_path, linearised_flow) for another compiled drift and its derivatives.

    The kernels are compiled again from the same code, with these two names bound to the new functions; a function
    passed as an argument would keep the compiled code of the oscillator from being stored.
    """
    names = {**globals(), "drift": new_drift, "jacobian": new_jacobian}
    for name in _REBOUND:
        names[name] = numba.njit(FunctionType(globals()[name].py_func.__code__, names, name))
    return names["closest_approaches"], names["record_path"], names["linearised_flow"]
