"""Compiled labels of Langevin trajectories: core sets with hysteresis, for any number of wells and core definitions.

A label changes only when the state enters the core of another well. Lanes in a plane are looked at in vector code after every
step; the rare change is then made by :func:`relabel`, which knows any dimension and agrees with the look to the bit.
"""

# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

import numba
import numpy as np

from wellhop.engine.compiled import kept_njit
from wellhop.engine.lane_streams import APART, PLAIN, fma, stay_apart


@numba.njit(**PLAIN)
def find_core(cores, d, q, found):
    """Which core of definition d each lane is in, -1.0 for none. A core is a ball (centre..., radius squared), q (dim, lanes)."""
    for lane in range(found.shape[0]):
        found[lane] = -1.0
        for w in range(cores.shape[1]):
            size = 0.0
            for k in range(q.shape[0]):
                u = q[k, lane] - cores[d, w, k]
                size = fma(u, u, size)
            if size <= cores[d, w, q.shape[0]]:
                found[lane] = np.float64(w)


@numba.njit(forceinline=True, **PLAIN)
def _inside(x, y, cx, cy, size):
    u = x - cx
    v = y - cy
    return fma(v, v, u * u) <= size


@numba.njit(forceinline=True, **PLAIN)
def _compare(d, found, label, last, now):
    """Note the time for lanes in the core of their label; how many lanes are in the core of another one."""
    changed = np.int64(0)
    for lane in range(found.shape[0]):
        stays = found[lane] == label[d, lane]
        last[d, lane] = now[lane] if stays else last[d, lane]
        changed += np.int64((found[lane] >= 0.0) & (not stays))
    return changed


@numba.njit(forceinline=True, **PLAIN)
def _look_two(cores, d, x, y, since, ahead, label, last):
    """Two wells in one pass: no list of what was found."""
    ax, ay, a = cores[d, 0, 0], cores[d, 0, 1], cores[d, 0, 2]
    bx, by, b = cores[d, 1, 0], cores[d, 1, 1], cores[d, 1, 2]
    changed = np.int64(0)
    for lane in range(x.shape[0]):
        found = 0.0 if _inside(x[lane], y[lane], ax, ay, a) else -1.0
        found = 1.0 if _inside(x[lane], y[lane], bx, by, b) else found
        stays = found == label[d, lane]
        last[d, lane] = since[lane] + ahead if stays else last[d, lane]
        changed += np.int64((found >= 0.0) & (not stays))
    return changed


@numba.njit(forceinline=True, **PLAIN)
def _look_three(cores, d, x, y, since, ahead, label, last):
    """Three wells in one pass."""
    ax, ay, a = cores[d, 0, 0], cores[d, 0, 1], cores[d, 0, 2]
    bx, by, b = cores[d, 1, 0], cores[d, 1, 1], cores[d, 1, 2]
    cx, cy, c = cores[d, 2, 0], cores[d, 2, 1], cores[d, 2, 2]
    changed = np.int64(0)
    for lane in range(x.shape[0]):
        found = 0.0 if _inside(x[lane], y[lane], ax, ay, a) else -1.0
        found = 1.0 if _inside(x[lane], y[lane], bx, by, b) else found
        found = 2.0 if _inside(x[lane], y[lane], cx, cy, c) else found
        stays = found == label[d, lane]
        last[d, lane] = since[lane] + ahead if stays else last[d, lane]
        changed += np.int64((found >= 0.0) & (not stays))
    return changed


@numba.njit(**APART)
def _look_many(cores, d, x, y, since, ahead, label, last, found):
    """Any number of wells."""
    stay_apart()
    n = x.shape[0]
    for lane in range(n):
        found[lane] = -1.0
    for w in range(cores.shape[1]):
        cx, cy, c = cores[d, w, 0], cores[d, w, 1], cores[d, w, 2]
        well = np.float64(w)
        for lane in range(n):
            found[lane] = well if _inside(x[lane], y[lane], cx, cy, c) else found[lane]
    changed = np.int64(0)
    for lane in range(n):
        stays = found[lane] == label[d, lane]
        last[d, lane] = since[lane] + ahead if stays else last[d, lane]
        changed += np.int64((found[lane] >= 0.0) & (not stays))
    return changed


@numba.njit(forceinline=True, **PLAIN)
def look(cores, x, y, since, ahead, label, last, found):
    """How many labels of lanes in a plane are due to change ``ahead`` steps after the step numbers ``since``.

    For the lanes in the core of their label the step is noted in ``last``.
    """
    changed = np.int64(0)
    for d in range(cores.shape[0]):
        if cores.shape[1] == 2:
            changed += _look_two(cores, d, x, y, since, ahead, label, last)
        elif cores.shape[1] == 3:
            changed += _look_three(cores, d, x, y, since, ahead, label, last)
        else:
            changed += _look_many(cores, d, x, y, since, ahead, label, last, found)
    return changed


@numba.njit(**PLAIN)
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


@kept_njit(**PLAIN)
def relabel(cores, q, active, now, label, last, found, dt, event_time, event_where, n_events):
    """Update the labels at the step numbers ``now``. Twice at the same time is the same as once."""
    for d in range(cores.shape[0]):
        find_core(cores, d, q, found)
        if _compare(d, found, label, last, now) > 0:
            n_events = _record(d, active, now, label, last, found, dt, event_time, event_where, n_events)
    return n_events
