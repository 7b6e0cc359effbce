"""Compiled Langevin runs: trajectories side by side in structure-of-arrays lanes.

A lane holds one trajectory with its own step number and its own noise (a pure function of trajectory and step), so neighbours
and the places where a run is cut change no bit: any number of lanes gives the same, 64 are fast. The state is looked at after
every step: core sets with hysteresis for any number of wells. Whether it is finite is asked at fixed step numbers and at samples.
"""

# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

import math
from typing import Any

import numba
import numpy as np

from wellhop.engine.compiled import kept_njit
from wellhop.engine.lane_streams import APART, PLAIN, polar, stay_apart, two_words
from wellhop.engine.langevin_labels import look, relabel
from wellhop.engine.langevin_schemes import (
    EULER,
    HEUN,
    MIDPOINT,
    SCHEMES,
    STRANG,
    TRUNCATED,
    euler_lanes,
    heun_lanes,
    is_noisy,
    midpoint_lanes,
    strang_lanes,
)
from wellhop.engine.multiplicative_noise import PAIRS, euler_noisy_lanes, heun_noisy_lanes, strang_noisy_lanes
from wellhop.engine.radial_noise import N_COEFFICIENTS as RADIAL_COEFFICIENTS
from wellhop.engine.radial_noise import strang_radial_lanes

LANES = 64
#: end states of a lane
RUNNING, DONE, FAILED = 0, 1, 2
#: a state is checked to be finite whenever the step number is a multiple of this
CHECK_EVERY = 256
#: most Gaussian pairs that a step can need
MOST_PAIRS = max(PAIRS.values())


@numba.njit(**PLAIN)
def phase(step, active):
    """0 if the next step of all active lanes is an even one, 1 if it is odd, -1 if they differ."""
    first = np.int64(-2)
    for lane in range(step.shape[0]):
        if active[lane] != 0:
            if first == -2:
                first = step[lane] & 1
            elif first != step[lane] & 1:
                return np.int64(-1)
    return max(first, np.int64(0))


# arrays are passed whole and indexed here: making a view costs as much as a step of several lanes
@numba.njit(**APART)
def _both(ahead, pair, step, trajectory, k0, k1, words, g):
    """Gaussian pairs of an even step and of the next one for every lane, in rows 0, 1 and 2, 3 of ``g[pair]``."""
    stay_apart()
    for lane in range(step.shape[0]):
        words[0, lane], words[1, lane] = two_words(
            np.uint64(step[lane] + ahead), np.uint64(pair), trajectory[lane], k0, k1
        )
    for twin in range(2):  # a loop of its own: with the generator in the same one registers would run out
        for lane in range(step.shape[0]):
            g[pair, 2 * twin, lane], g[pair, 2 * twin + 1, lane] = polar(words[twin, lane])


@numba.njit(**APART)
def _single(ahead, pair, step, trajectory, k0, k1, words, g):
    """The Gaussian pair of one step for every lane, in rows 0, 1 of ``g[pair]``."""
    stay_apart()
    for lane in range(step.shape[0]):
        now = np.uint64(step[lane] + ahead)
        even, odd = two_words(now, np.uint64(pair), trajectory[lane], k0, k1)
        words[0, lane] = odd if now & np.uint64(1) == np.uint64(1) else even
    for lane in range(step.shape[0]):
        g[pair, 0, lane], g[pair, 1, lane] = polar(words[0, lane])


@numba.njit(forceinline=True, **PLAIN)
def draw(done, m, first, pairs, step, names, words, g):
    """Noise of the next step or, where lanes are in step, of the next two; returns how many. g is (pairs, 4, lanes)."""
    trajectory, k0, k1 = names
    two = first >= 0 and (first + done) & 1 == 0 and done + 2 <= m
    for pair in range(pairs):
        if two:
            _both(done, pair, step, trajectory, k0, k1, words, g)
        else:
            _single(done, pair, step, trajectory, k0, k1, words, g)
    return 2 if two else 1


@numba.njit(**PLAIN)
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


@kept_njit(**PLAIN)
def reach(step, active, every, n_steps, budget):
    """How many steps all lanes can go until one of them has something to report."""
    n = step.shape[0]
    m = budget
    for lane in range(n):
        if active[lane] != 0:
            m = min(
                m, n_steps - step[lane], every - step[lane] % every, CHECK_EVERY - step[lane] % CHECK_EVERY
            )
    return m


@kept_njit(**PLAIN)
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


@kept_njit(**PLAIN)
def begin(cores, observables, dt, lanes, output):
    """Samples and labels at time zero; every lane must be at its start."""
    q, _, active, label, last, now, found = lanes
    samples, n_samples, event_time, event_where, counts = output
    for lane in range(now.shape[0]):
        _observe(observables, q, lane, samples[lane, n_samples[lane]])
        n_samples[lane] += 1
    counts[1] = relabel(cores, q, active, now, label, last, found, dt, event_time, event_where, counts[1])


def _block_of(step_lanes: Any, pairs: int) -> Any:
    """The block of a scheme: at most m steps, ending early when a label is due to change; returns the steps done."""

    @numba.njit(**PLAIN)
    def block(p, cores, x, y, c, s, lanes, names, words, g, m):
        step, active, label, last, now, found = lanes
        first = phase(step, active)
        done = 0
        while done < m:
            ready = draw(done, m, first, pairs, step, names, words, g)
            for k in range(ready):
                step_lanes(p, x, y, c, s, g, k)
                done += 1
                if look(cores, x, y, now, np.float64(done), label, last, found) > 0:
                    return done
        return m

    return block


_strang_block = _block_of(strang_lanes, 1)
_midpoint_block = _block_of(midpoint_lanes, 1)
_heun_block = _block_of(heun_lanes, 1)
_euler_block = _block_of(euler_lanes, 1)
_strang_noisy_block = _block_of(strang_noisy_lanes, PAIRS[STRANG])
_heun_noisy_block = _block_of(heun_noisy_lanes, PAIRS[HEUN])
_euler_noisy_block = _block_of(euler_noisy_lanes, PAIRS[EULER])
_strang_radial_block = _block_of(strang_radial_lanes, 1)


@numba.njit(forceinline=True, **PLAIN)
def _drive(block, p, cores, observables, limits, lanes, turn, names, budget, status, output):
    """Run the lanes of an oscillator for at most ``budget`` steps.

    Args:
        block: see :func:`_block_of`. p: as in ``langevin_schemes``. cores: (definitions, wells, 3). observables: (k, 4).
        limits: (n_steps, steps per sample, dt).
        lanes: q (2, lanes), step, active (lanes), label, last (definitions, lanes), now, found (lanes).
        turn: c, s (lanes) and room for noise: words (2, lanes), g (pairs, 4, lanes). names: trajectory (lanes), two key words.
        output: samples (lanes, capacity, k), n_samples (lanes), event_time (n, 2), event_where (n, 4), counts (2).

    ``counts`` returns (steps done, events). Fewer steps than asked for: a lane has ended (its state is the final one only until
    the next call), or the list of events is full.
    """
    q, step, active, label, last, now, found = lanes
    samples, n_samples, event_time, event_where, counts = output
    n_steps, every, dt = limits
    c, s, words, g = turn
    x = q[0]
    y = q[1]
    seen = (step, active, label, last, now, found)
    room = event_time.shape[0] - step.shape[0] * cores.shape[0]
    n_events = counts[1]
    done = 0
    started = np.int64(0)
    for lane in range(active.shape[0]):
        started += active[lane]
    alive = started
    while alive == started and done < budget and n_events <= room:
        m = reach(step, active, every, n_steps, budget - done)
        m = block(p, cores, x, y, c, s, seen, names, words, g, m)
        for lane in range(step.shape[0]):
            step[lane] += m if active[lane] != 0 else 0
            now[lane] += np.float64(m)
        n_events = relabel(cores, q, active, now, label, last, found, dt, event_time, event_where, n_events)
        done += m
        alive = report(observables, q, step, active, status, every, n_steps, samples, n_samples)
    counts[0] = done
    counts[1] = n_events


# One entry per scheme, so that only the schemes in use are compiled. Arguments as for _drive.
@kept_njit(nogil=True, **PLAIN)
def run_strang(p, cores, observables, limits, lanes, turn, names, budget, status, output):
    """Steps of the scheme ``strang``."""
    _drive(_strang_block, p, cores, observables, limits, lanes, turn, names, budget, status, output)


@kept_njit(nogil=True, **PLAIN)
def run_midpoint(p, cores, observables, limits, lanes, turn, names, budget, status, output):
    """Steps of the scheme ``midpoint``."""
    _drive(_midpoint_block, p, cores, observables, limits, lanes, turn, names, budget, status, output)


@kept_njit(nogil=True, **PLAIN)
def run_heun(p, cores, observables, limits, lanes, turn, names, budget, status, output):
    """Steps of the scheme ``heun``."""
    _drive(_heun_block, p, cores, observables, limits, lanes, turn, names, budget, status, output)


@kept_njit(nogil=True, **PLAIN)
def run_euler(p, cores, observables, limits, lanes, turn, names, budget, status, output):
    """Steps of the scheme ``euler``."""
    _drive(_euler_block, p, cores, observables, limits, lanes, turn, names, budget, status, output)


@kept_njit(nogil=True, **PLAIN)
def run_strang_noisy(p, cores, observables, limits, lanes, turn, names, budget, status, output):
    """Steps of the scheme ``strang`` with two-photon loss or dephasing."""
    _drive(_strang_noisy_block, p, cores, observables, limits, lanes, turn, names, budget, status, output)


@kept_njit(nogil=True, **PLAIN)
def run_heun_noisy(p, cores, observables, limits, lanes, turn, names, budget, status, output):
    """Steps of the scheme ``heun`` with two-photon loss or dephasing."""
    _drive(_heun_noisy_block, p, cores, observables, limits, lanes, turn, names, budget, status, output)


@kept_njit(nogil=True, **PLAIN)
def run_euler_noisy(p, cores, observables, limits, lanes, turn, names, budget, status, output):
    """Steps of the scheme ``euler`` with two-photon loss or dephasing."""
    _drive(_euler_noisy_block, p, cores, observables, limits, lanes, turn, names, budget, status, output)


@kept_njit(nogil=True, **PLAIN)
def run_strang_radial(p, cores, observables, limits, lanes, turn, names, budget, status, output):
    """Steps of a resonator that loses pairs, its noise grown from a disc without any."""
    _drive(_strang_radial_block, p, cores, observables, limits, lanes, turn, names, budget, status, output)


#: entries of an oscillator: (scheme, whether its noise depends on the state)
ENTRIES = {
    (STRANG, False): run_strang,
    (MIDPOINT, False): run_midpoint,
    (HEUN, False): run_heun,
    (EULER, False): run_euler,
    (STRANG, True): run_strang_noisy,
    (HEUN, True): run_heun_noisy,
    (EULER, True): run_euler_noisy,
}


def entry_of(scheme: str, p: tuple[float, ...]) -> Any:
    """The entry for the scheme of a problem of kind ``"oscillator"`` and its coefficients."""
    if scheme in TRUNCATED:
        return run_strang_radial if len(p) == RADIAL_COEFFICIENTS else run_strang_noisy
    return ENTRIES[SCHEMES[scheme], is_noisy(p)]
