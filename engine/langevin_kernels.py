"""Compiled Langevin runs: trajectories side by side in structure-of-arrays lanes.

A lane holds one trajectory with its own step number and its own noise (a pure function of trajectory and step), so neighbours
and the places where a run is cut change no bit: any number of lanes gives the same, 64 are fast. The state is looked at after
every step: core sets with hysteresis for any number of wells. Whether it is finite is asked at fixed step numbers and at samples.
"""

# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

import math
from functools import lru_cache

import numba
import numpy as np

from wellhop.engine.compiled import kept_njit
from wellhop.engine.lane_streams import fma, gaussian_pair
from wellhop.engine.langevin_schemes import HEUN, MIDPOINT, STRANG, euler, heun, midpoint, strang

LANES = 64
#: end states of a lane
RUNNING, DONE, FAILED = 0, 1, 2
#: a state is checked to be finite whenever the step number is a multiple of this
CHECK_EVERY = 256
_ZERO = np.uint64(0)


@numba.njit(forceinline=True, error_model="numpy")
def _noise(ahead, step, trajectory, k0, k1, g1, g2):
    for lane in range(g1.shape[0]):
        g1[lane], g2[lane] = gaussian_pair(np.uint64(step[lane] + ahead), _ZERO, trajectory[lane], k0, k1)


@numba.njit(forceinline=True, error_model="numpy")
def _find_plane(cores, d, x, y, found):
    """Which disc of core definition d (x, y, radius squared) each lane is in, -1.0 for none."""
    n = x.shape[0]
    for lane in range(n):
        found[lane] = -1.0
    for w in range(cores.shape[1]):
        cx = cores[d, w, 0]
        cy = cores[d, w, 1]
        size = cores[d, w, 2]
        well = np.float64(w)
        for lane in range(n):
            u = x[lane] - cx
            v = y[lane] - cy
            found[lane] = well if fma(v, v, u * u) <= size else found[lane]


@numba.njit(error_model="numpy")
def find_core(cores, d, q, found):
    """The same in any dimension, to the bit: q is (dim, lanes), a core is a ball (centre..., radius squared)."""
    for lane in range(found.shape[0]):
        found[lane] = -1.0
        for w in range(cores.shape[1]):
            size = 0.0
            for k in range(q.shape[0]):
                u = q[k, lane] - cores[d, w, k]
                size = fma(u, u, size)
            if size <= cores[d, w, q.shape[0]]:
                found[lane] = np.float64(w)


@numba.njit(forceinline=True, error_model="numpy")
def _compare(d, found, label, last, now):
    """Note the time for lanes in the core of their label; how many lanes are in the core of another one."""
    changed = np.int64(0)
    for lane in range(found.shape[0]):
        stays = found[lane] == label[d, lane]
        last[d, lane] = now[lane] if stays else last[d, lane]
        changed += np.int64((found[lane] >= 0.0) & (not stays))
    return changed


@numba.njit(error_model="numpy")
def _record(d, active, now, label, last, found, dt, event_time, event_where, n_events):
    """Change the labels that are due and append an event (time, departure; lane, core, origin, target) for each."""
    for lane in range(found.shape[0]):
        if found[lane] < 0.0 or found[lane] == label[d, lane]:
            continue
        if active[lane] != 0:
            event_time[n_events, 0] = now[lane] * dt
            event_time[n_events, 1] = (now[lane] if label[d, lane] < 0.0 else last[d, lane]) * dt
            event_where[n_events, 0] = lane
            event_where[n_events, 1] = d
            event_where[n_events, 2] = np.int64(label[d, lane])
            event_where[n_events, 3] = np.int64(found[lane])
            n_events += 1
        label[d, lane] = found[lane]
        last[d, lane] = now[lane]
    return n_events


@numba.njit(forceinline=True, error_model="numpy")
def _look(cores, x, y, now, label, last, found):
    """How many labels of lanes that live in a plane are due to change."""
    changed = np.int64(0)
    for d in range(cores.shape[0]):
        _find_plane(cores, d, x, y, found)
        changed += _compare(d, found, label, last, now)
    return changed


@kept_njit(error_model="numpy")
def relabel(cores, q, active, now, label, last, found, dt, event_time, event_where, n_events):
    """Update the labels. Twice at the same time is the same as once."""
    for d in range(cores.shape[0]):
        find_core(cores, d, q, found)
        if _compare(d, found, label, last, now) > 0:
            n_events = _record(d, active, now, label, last, found, dt, event_time, event_where, n_events)
    return n_events


@numba.njit(error_model="numpy")
def _observe(observables, q, lane, out):
    """O_k = o_k + a_k · q + b_k |q|²; rows of ``observables`` are (o, a..., b)."""
    d = q.shape[0]
    size = 0.0
    for i in range(d):
        size += q[i, lane] * q[i, lane]
    for k in range(observables.shape[0]):
        total = observables[k, 0] + observables[k, d + 1] * size
        for i in range(d):
            total += observables[k, i + 1] * q[i, lane]
        out[k] = total


@kept_njit(error_model="numpy")
def reach(step, active, every, n_steps, budget):
    """How many steps all lanes can go until one of them has something to report."""
    n = step.shape[0]
    m = budget
    for lane in range(n):
        if active[lane] != 0:
            m = min(m, n_steps - step[lane], every - step[lane] % every, CHECK_EVERY - step[lane] % CHECK_EVERY)
    return m


@kept_njit(error_model="numpy")
def report(observables, q, step, active, status, every, n_steps, samples, n_samples):
    """Samples that are due, lanes that have ended. Returns how many lanes are still active."""
    n = step.shape[0]
    alive = 0
    for lane in range(n):
        if active[lane] == 0:
            continue
        sample = step[lane] % every == 0
        if sample or step[lane] % CHECK_EVERY == 0 or step[lane] == n_steps:
            size = 0.0
            for i in range(q.shape[0]):
                size += q[i, lane] * q[i, lane]
            if not size < math.inf:
                status[lane] = FAILED
                active[lane] = 0
                continue
        if sample:
            _observe(observables, q, lane, samples[lane, n_samples[lane]])
            n_samples[lane] += 1
        if step[lane] == n_steps:
            status[lane] = DONE
            active[lane] = 0
            continue
        alive += 1
    return alive


@kept_njit(error_model="numpy")
def begin(cores, observables, dt, lanes, output):
    """Samples and labels at time zero; every lane must be at its start."""
    q, _, active, label, last, now, found = lanes
    samples, n_samples, event_time, event_where, counts = output
    for lane in range(now.shape[0]):
        _observe(observables, q, lane, samples[lane, n_samples[lane]])
        n_samples[lane] += 1
    counts[1] = relabel(cores, q, active, now, label, last, found, dt, event_time, event_where, counts[1])


# One block of steps per scheme: at most m steps, ending early when a label is due to change; returns the steps done. A scheme
# that is a variable of the loop, or the writing of events inside it, would double the time.
@numba.njit(error_model="numpy")
def _strang_block(p, cores, x, y, step, label, last, now, found, c, s, g1, g2, trajectory, k0, k1, m):
    for i in range(m):
        _noise(i, step, trajectory, k0, k1, g1, g2)
        for lane in range(x.shape[0]):
            x[lane], y[lane], c[lane], s[lane] = strang(x[lane], y[lane], c[lane], s[lane], g1[lane], g2[lane], p)
            now[lane] += 1.0
        if _look(cores, x, y, now, label, last, found) > 0:
            return i + 1
    return m


@numba.njit(error_model="numpy")
def _midpoint_block(p, cores, x, y, step, label, last, now, found, c, s, g1, g2, trajectory, k0, k1, m):
    for i in range(m):
        _noise(i, step, trajectory, k0, k1, g1, g2)
        for lane in range(x.shape[0]):
            x[lane], y[lane] = midpoint(x[lane], y[lane], g1[lane], g2[lane], p)
            now[lane] += 1.0
        if _look(cores, x, y, now, label, last, found) > 0:
            return i + 1
    return m


@numba.njit(error_model="numpy")
def _heun_block(p, cores, x, y, step, label, last, now, found, c, s, g1, g2, trajectory, k0, k1, m):
    for i in range(m):
        _noise(i, step, trajectory, k0, k1, g1, g2)
        for lane in range(x.shape[0]):
            x[lane], y[lane] = heun(x[lane], y[lane], g1[lane], g2[lane], p)
            now[lane] += 1.0
        if _look(cores, x, y, now, label, last, found) > 0:
            return i + 1
    return m


@numba.njit(error_model="numpy")
def _euler_block(p, cores, x, y, step, label, last, now, found, c, s, g1, g2, trajectory, k0, k1, m):
    for i in range(m):
        _noise(i, step, trajectory, k0, k1, g1, g2)
        for lane in range(x.shape[0]):
            x[lane], y[lane] = euler(x[lane], y[lane], g1[lane], g2[lane], p)
            now[lane] += 1.0
        if _look(cores, x, y, now, label, last, found) > 0:
            return i + 1
    return m


@kept_njit(nogil=True, error_model="numpy")
def run_plane(scheme, p, cores, observables, limits, lanes, turn, names, budget, status, output):
    """Run the lanes of an oscillator for at most ``budget`` steps.

    Args:
        scheme, p: as in ``langevin_schemes``. cores: (definitions, wells, 3). observables: (k, 4).
        limits: (n_steps, steps per sample, dt).
        lanes: q (2, lanes), step, active (lanes), label, last (definitions, lanes), now, found (lanes).
        turn: c, s and room for two noise numbers per lane. names: trajectory (lanes) and the two key words.
        output: samples (lanes, capacity, k), n_samples (lanes), event_time (n, 2), event_where (n, 4), counts (2).

    ``counts`` returns (steps done, events). Fewer steps than asked for: a lane has ended (its state is the final one only until
    the next call), or the list of events is full.
    """
    q, step, active, label, last, now, found = lanes
    samples, n_samples, event_time, event_where, counts = output
    n_steps, every, dt = limits
    trajectory, k0, k1 = names
    c, s, g1, g2 = turn
    x = q[0]
    y = q[1]
    room = event_time.shape[0] - step.shape[0] * cores.shape[0]
    n_events = counts[1]
    done = 0
    started = np.count_nonzero(active)
    alive = started
    while alive == started and done < budget and n_events <= room:
        m = reach(step, active, every, n_steps, budget - done)
        if scheme == STRANG:
            m = _strang_block(p, cores, x, y, step, label, last, now, found, c, s, g1, g2, trajectory, k0, k1, m)
        elif scheme == MIDPOINT:
            m = _midpoint_block(p, cores, x, y, step, label, last, now, found, c, s, g1, g2, trajectory, k0, k1, m)
        elif scheme == HEUN:
            m = _heun_block(p, cores, x, y, step, label, last, now, found, c, s, g1, g2, trajectory, k0, k1, m)
        else:
            m = _euler_block(p, cores, x, y, step, label, last, now, found, c, s, g1, g2, trajectory, k0, k1, m)
        n_events = relabel(cores, q, active, now, label, last, found, dt, event_time, event_where, n_events)
        for lane in range(step.shape[0]):
            step[lane] += m if active[lane] != 0 else 0
        done += m
        alive = report(observables, q, step, active, status, every, n_steps, samples, n_samples)
    counts[0] = done
    counts[1] = n_events


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
                n_events = relabel(cores, q, active, now, label, last, found, dt, event_time, event_where, n_events)
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
