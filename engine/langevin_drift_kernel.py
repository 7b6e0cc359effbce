"""Compiled Langevin runs of a drift given as a function, in any number of real variables."""

# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

from functools import lru_cache

import numba
import numpy as np

from wellhop.engine.lane_streams import gaussian_pair
from wellhop.engine.langevin_kernels import reach, report
from wellhop.engine.langevin_labels import relabel
from wellhop.engine.langevin_schemes import HEUN


@lru_cache(maxsize=16)
def kernel_for(drift):
    """:func:`run_plane` for a user's drift(q, out) in any number of real variables; schemes ``heun`` and ``euler``.

    The drift is compiled into the kernel, once per function and process. There are no ``p`` and ``turn``;
    ``spread`` @ ξ is the noise of a step.
    """

    @numba.njit(error_model="numpy")
    def step_any(scheme, dt, spread, q, lane, step, trajectory, k0, k1, here, force, kick, far):
        """One step of one lane for a drift(q, out) in d real variables; ``spread`` has the root of dt inside."""
        d = q.shape[0]
        for pair in range((d + 1) // 2):
            a, b = gaussian_pair(np.uint64(step), np.uint64(pair), trajectory, k0, k1)
            far[2 * pair] = a
            far[2 * pair + 1] = b
        for k in range(d):
            here[k] = q[k, lane]
            kick[k] = 0.0
            for j in range(d):
                kick[k] += spread[k, j] * far[j]
        drift(here, force)
        if scheme == HEUN:
            for k in range(d):
                q[k, lane] += 0.5 * dt * force[k] + kick[k]
                here[k] += dt * force[k] + kick[k]
            drift(here, force)
            for k in range(d):
                q[k, lane] += 0.5 * dt * force[k]
        else:
            for k in range(d):
                q[k, lane] += dt * force[k] + kick[k]

    @numba.njit(nogil=True, error_model="numpy")
    def run_any(scheme, spread, cores, observables, limits, lanes, names, budget, status, output):
        q, step, active, label, last, now, found = lanes
        samples, n_samples, event_time, event_where, counts = output
        n_steps, every, dt = limits
        trajectory, k0, k1 = names
        d, n = q.shape
        here = np.empty(d)
        force = np.empty(d)
        kick = np.empty(d)
        far = np.empty(d + 1)
        room = event_time.shape[0] - n * cores.shape[0]
        n_events = counts[1]
        done = 0
        started = np.count_nonzero(active)
        alive = started
        while alive == started and done < budget and n_events <= room:
            m = reach(step, active, every, n_steps, budget - done)
            for i in range(m):
                for lane in range(n):
                    if active[lane] != 0:
                        where = (lane, step[lane] + i, trajectory[lane])
                        step_any(scheme, dt, spread, q, *where, k0, k1, here, force, kick, far)
                    now[lane] += 1.0
                n_events = relabel(
                    cores, q, active, now, label, last, found, dt, event_time, event_where, n_events
                )
                if n_events > room:
                    m = i + 1
                    break
            for lane in range(n):
                step[lane] += m if active[lane] != 0 else 0
            done += m
            alive = report(observables, q, step, active, status, every, n_steps, samples, n_samples)
        counts[0] = done
        counts[1] = n_events

    return run_any
