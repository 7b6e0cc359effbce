"""Least-action paths by Newton's method on the action in phase space, and followed through parameters.

The paths of stationary action ∫(p.dq - H dt) obey Hamilton's equations; between the linear manifolds of attractor and
saddle that is a boundary-value problem (:mod:`wellhop.analysis.instanton_collocation`). Unlike shooting it
knows no exponential growth of errors, and unlike the minimisation over paths q(t) it needs no explicit Lagrangian: it holds
for truncated Wigner and for the full Keldysh Hamiltonian alike. It needs a guess: a shot that comes near the
saddle, the result of another solver, or the path of a neighbouring model.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from wellhop.analysis.instanton_collocation import (
    Ends,
    action_of,
    linear_ends,
    meshed,
    sampled,
    solved,
    trimmed,
)
from wellhop.analysis.instanton_path import InstantonPath, WeakNoiseHamiltonian, rotation_angle
from wellhop.engine.errors import ParameterError, PredictionError

RealArray = npt.NDArray[np.float64]
#: radius of the first and last point about attractor and saddle, in units of the distance between the two
_RADIUS = 1e-4
#: parts of the way to the target parameter: the first stride tried, and the one at which following is given up
_STRIDE, _SMALLEST_STRIDE = 0.25, 1e-5
_ATTEMPTS = 120
#: Newton steps after which a guess is given up; fewer while a path is followed, where a shorter stride is cheaper
_ITERATIONS, _FEW_ITERATIONS = 25, 10
#: relative change of S in one stride beyond which the path may be another one
_LARGEST_CHANGE = 0.3


def newton_path(
    system: WeakNoiseHamiltonian, guess: InstantonPath, *, points: int | None = None, quick: bool = False
) -> InstantonPath:
    """The path of stationary action next to a guess, converged to rounding, with an error estimate.

    Solved twice, the second time with twice the mesh and half the radii of the linear ends.

    Args:
        system: the Hamiltonian; it need not be the one of the guess.
        guess: a path from near the attractor to near the saddle; its ends move to the fixed points of ``system``.
        points: number of equally spaced times of the result; by default those of the mesh, and some between.
        quick: solve once, without an error estimate.

    Returns:
        The path with ``method`` "newton"; ``error`` is the change of S between the two solutions, ``distance`` the
        radius of the last point, beyond which S is continued analytically.

    Raises:
        ParameterError: fewer than two points.
        PredictionError: no convergence from this guess, or a fixed point does not exist.
    """
    if points is not None and points < 2:
        raise ParameterError("points", points, "an integer >= 2")
    first = linear_ends(system, guess.attractor, guess.saddle, _RADIUS)
    times, states = guess.times, _moved(guess, first)
    totals: list[float] = []
    iterations = _FEW_ITERATIONS if quick else _ITERATIONS
    for refinement in (1,) if quick else (1, 2):
        ends = linear_ends(system, first.attractor[:2], first.saddle[:2], _RADIUS / refinement)
        path = solved(system, ends, meshed(system, *trimmed(ends, times, states), refinement), iterations)
        totals.append(action_of(system, ends, path))
        times, states, grown = sampled(system, ends, path, None)
    if points is not None:
        times, states, grown = sampled(system, ends, path, points)
    if not totals[-1] > 0.0:
        raise PredictionError("instanton: Newton's method found a path without action; start nearer")
    flow, _ = system.linearised(states)
    return InstantonPath(
        times=times,
        q=states[:, :2],
        p=states[:, 2:],
        action=grown,
        theta=rotation_angle(system, states[:, :2], flow[:, :2]),
        energy=system.energy_at(states),
        attractor=ends.attractor[:2],
        saddle=ends.saddle[:2],
        distance=ends.end_radius,
        method="newton",
        error=None if quick else abs(totals[1] - totals[0]),
        total=totals[-1],
        alternatives=guess.alternatives,
        discarded=guess.discarded,
    )


def _moved(guess: InstantonPath, ends: Ends) -> RealArray:
    """States of the guess, carried along with its two ends."""
    from_start = np.linalg.norm(guess.q - guess.attractor, axis=1)
    share = (from_start / (from_start + np.linalg.norm(guess.q - guess.saddle, axis=1)))[:, None]
    q = guess.q + (1.0 - share) * (ends.attractor[:2] - guess.attractor)
    return np.concatenate([q + share * (ends.saddle[:2] - guess.saddle), guess.p], axis=1)


def followed_path(
    path: InstantonPath,
    system_at: Callable[[float], WeakNoiseHamiltonian],
    start: float,
    stop: float,
    *,
    points: int | None = None,
) -> InstantonPath:
    """A path followed from one parameter value to another, in strides as long as Newton's method allows.

    The result is the continuation of that path; whether another one has become cheaper on the way is not seen.

    Args:
        path: solution at ``start``, from any solver.
        system_at: parameter -> system. start, stop: from where to where.
        points: as in :func:`newton_path`.

    Raises:
        PredictionError: the path ends on the way, as where its saddle merges with another fixed point.

    Example: the Keldysh action from the Wigner one by switching on the quantum vertex.

    >>> from dataclasses import replace
    >>> from wellhop.analysis.instanton import instanton
    >>> from wellhop.analysis.instanton_path import oscillator_system
    >>> from wellhop.analysis.keldysh import ScaledOscillator, two_photon_oscillator
    >>> full = ScaledOscillator.from_oscillator(two_photon_oscillator(delta=-3, eps=1.8), "keldysh")
    >>> wigner = instanton("twa", delta=-3, eps=1.8)
    >>> found = followed_path(wigner, lambda v: oscillator_system(replace(full, vertex=v)), 0.0, full.vertex)
    >>> round(found.total_action, 7)
    0.908922
    """
    current = replace(path, alternatives=(), discarded=())
    done, stride = 0.0, _STRIDE
    attempts = 0
    while done < 1.0:
        attempts += 1
        reach = min(1.0, done + stride)
        try:
            moved = newton_path(system_at(start + reach * (stop - start)), current, quick=True)
        except PredictionError:
            moved = None
        if moved is None or abs(moved.total_action / current.total_action - 1.0) > _LARGEST_CHANGE:
            stride *= 0.4
            if stride < _SMALLEST_STRIDE or attempts > _ATTEMPTS:
                value = start + done * (stop - start)
                raise PredictionError(
                    f"instanton: the path could be followed from {start:g} to {value:g} only, not to {stop:g};"
                    " its saddle may end there"
                )
            continue
        current, done, stride = moved, reach, 1.6 * stride
    return newton_path(system_at(stop), current, points=points)
