"""Compiled bookkeeping of wells: core sets with hysteresis, and the choice of the displaced frame.

A trajectory carries one label per core definition. The label changes only when the state enters the core of another well
(milestoning): leaving a core changes nothing, so recrossings of a separatrix are not counted.
"""

# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

import numba


@numba.njit
def core_of(values, lower, upper):
    """Index of the well in whose core the state is, -1 for none.

    A core is a box: lower[w, k] <= ⟨O_k⟩ <= upper[w, k] for every observable k.
    """
    for w in range(lower.shape[0]):
        inside = True
        for k in range(lower.shape[1]):
            if not (lower[w, k] <= values[k] <= upper[w, k]):
                inside = False
                break
        if inside:
            return w
    return -1


@numba.njit
def update_labels(t, values, lower, upper, label, inside, last, event_time, event_core, n_events):
    """Update all labels at time t; append a switch for every label that changed. Returns the new number of events.

    ``event_time[e] = (entry, departure)``, ``event_core[e] = (core definition, origin, target)``.
    """
    for d in range(lower.shape[0]):
        w = core_of(values, lower[d], upper[d])
        if w < 0:
            inside[d] = 0
            continue
        if w != label[d]:
            event_time[n_events, 0] = t
            event_time[n_events, 1] = t if label[d] < 0 else last[d]
            event_core[n_events, 0] = d
            event_core[n_events, 1] = label[d]
            event_core[n_events, 2] = w
            n_events += 1
            label[d] = w
        last[d] = t
        inside[d] = 1
    return n_events


@numba.njit
def would_switch(values, lower, upper, label):
    """Whether the state is in a core other than that of a label, for any core definition."""
    for d in range(lower.shape[0]):
        w = core_of(values, lower[d], upper[d])
        if w >= 0 and w != label[d]:
            return True
    return False


@numba.njit
def choose_frame(values, observable, factor, current):
    """Frame with the largest score factor_f ⟨O_f⟩; the current one wins ties. Uses the past record only."""
    best = current
    score = factor[current] * values[observable[current]]
    for f in range(observable.shape[0]):
        s = factor[f] * values[observable[f]]
        if s > score:
            best = f
            score = s
    return best
