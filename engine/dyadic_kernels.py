"""The fallback jump kernel: waiting times by binary search over propagators, no eigenvectors needed.

For an H_eff whose eigenvectors are ill-conditioned the eigenbasis loses digits. Here the state is carried
forward by exp(-i H_eff δ 2^k), the largest power that fits before the next look, and a step that would take
the norm below the drawn r is retried at half its length. Clicks, samples and looks fall on multiples of δ =
relaxation time / 2^14; everything else is as in ``jump_kernels``.
"""

# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

import math

import numba
import numpy as np

from wellhop.engine.amplitude_kernels import norm_squared, observe, weighted_population
from wellhop.engine.block_product import multiply
from wellhop.engine.compiled import kept_njit
from wellhop.engine.jump_kernels import (
    CHECKS_PER_INTERVAL,
    DONE,
    FAILED_CHANNEL,
    FAILED_NORM,
    INTEGERS_HEAD,
    REALS_HEAD,
    RUNNING,
    _pick_channel,
    _settled,
    _to_lab,
    check_time,
)
from wellhop.engine.label_kernels import choose_frame, update_labels, would_switch
from wellhop.engine.streams import next_uniform


@numba.njit(error_model="numpy")
def _march(step, edges, own, full, xr, xi, yr, yi, elapsed, target, r):
    """Carry x forward to ``target`` ticks or to the tick at which its norm falls below r.

    Returns (ticks, clicked, norm, share of the last tick before the click).
    """
    levels = step.shape[0]
    cap = 0  # after a refused step only finer levels are tried: the click lies inside it
    norm = norm_squared(xr, xi)
    while elapsed < target:
        level = max(cap, 0)
        while level < levels - 1 and (np.int64(1) << (levels - 1 - level)) > target - elapsed:
            level += 1
        multiply(step[level], edges, own, full, full, xr, xi, yr, yi)
        trial = norm_squared(yr, yi)
        if not trial < math.inf:
            return elapsed, False, trial, 1.0
        if trial >= r or level == levels - 1:
            elapsed += np.int64(1) << (levels - 1 - level)
            for i in range(xr.shape[0]):
                xr[i] = yr[i]
                xi[i] = yi[i]
            before = norm
            norm = trial
            if trial < r:
                share = math.log(before / r) / math.log(before / trial) if 0.0 < trial < before else 1.0
                return elapsed, True, norm, share
            if cap > 0:
                cap = min(cap + 1, levels - 1)
        else:
            cap = level + 1
    return elapsed, False, norm, 1.0


@kept_njit(nogil=True, error_model="numpy")
def run_slice_dyadic(
    modes, frames, observables, cores, limits, psi_re, psi_im, reals, integers, stream, max_clicks, record_clicks,
    samples, event_time, event_core, click_time, click_where, counts,
):  # fmt: skip
    """Same contract as ``jump_kernels.run_slice``."""
    ticks, step, jump, source, edges, own = modes
    propagator, sign, frame_observable, frame_factor, _ = frames  # integrals need the eigenbasis
    pointer, row, column, weight_re, weight_im = observables
    lower, upper, guard = cores
    duration, sample_interval, check_interval = limits
    delta = ticks[0]

    n = psi_re.shape[0]
    n_cores = lower.shape[0]
    n_channels = jump.shape[1]
    scratch = np.zeros((6, (n + 14) // 8 * 8))  # padded as in propagators.padded_length
    xr, xi, yr, yi, zr, zi = scratch[0], scratch[1], scratch[2], scratch[3], scratch[4], scratch[5]
    values = np.empty(pointer.shape[0] - 1)
    n_sampled = samples.shape[1]
    full = np.empty(own.shape[0], np.int64)
    for b in range(own.shape[0]):
        full[b] = edges[b + 1] - edges[b]
    last = reals[REALS_HEAD:]
    clicks_of = integers[INTEGERS_HEAD : INTEGERS_HEAD + n_channels]
    label = integers[INTEGERS_HEAD + n_channels : INTEGERS_HEAD + n_channels + n_cores]
    inside = integers[INTEGERS_HEAD + n_channels + n_cores : INTEGERS_HEAD + n_channels + 2 * n_cores]
    n_samples = 0
    n_events = 0
    n_clicks = 0
    status = RUNNING

    if integers[2] == 0:
        observe(pointer, row, column, weight_re, weight_im, psi_re, psi_im, 1.0, values)
        n_events = update_labels(
            0.0, values, lower, upper, label, inside, last, event_time, event_core, n_events
        )
        for k in range(n_sampled):
            samples[0, k] = values[k]
        n_samples = 1
        integers[1] = 1
        integers[2] = 1

    while n_clicks < max_clicks and n_events + CHECKS_PER_INTERVAL * n_cores <= event_time.shape[0]:
        start = reals[0]
        frame = integers[0]
        p = propagator[frame]
        _to_lab(sign[frame], psi_re, psi_im, 1.0, xr, xi)
        r = next_uniform(stream)
        horizon = np.int64(math.ceil((duration - start) / delta))
        elapsed = np.int64(0)
        clicked = False
        share = 1.0
        end = duration
        look = 1
        seen = 0
        # As in the eigenbasis: once the state has settled in a core, only the end of the interval is looked at. If the label has
        # changed by then, for no-click evolution too can lead from one core to another, all of the interval is run again
        # and looked at; what had been seen before is not written down twice.
        looking = not _settled(inside)
        again = False
        while True:
            look_at = horizon
            if looking and look < CHECKS_PER_INTERVAL - 2:
                look_at = min(horizon, np.int64(math.ceil(check_time(look, check_interval) / delta)))
            sample_at = horizon
            sample_due = n_samples < samples.shape[0] and integers[1] * sample_interval <= duration
            if sample_due:
                sample_at = max(
                    np.int64(0), np.int64(math.floor((integers[1] * sample_interval - start) / delta + 0.5))
                )
            target = max(elapsed, min(look_at, min(sample_at, horizon)))
            elapsed, clicked, norm, share = _march(
                step[p], edges, own, full, xr, xi, yr, yi, elapsed, target, r
            )
            if not norm < math.inf:
                status = FAILED_NORM
                break
            _to_lab(sign[frame], xr, xi, 1.0, zr, zi)
            observe(pointer, row, column, weight_re, weight_im, zr, zi, 1.0 / norm, values)
            if not clicked and sample_due and elapsed >= sample_at:
                for k in range(n_sampled):
                    samples[n_samples, k] = values[k]
                n_samples += 1
                integers[1] += 1
                continue
            if clicked or elapsed >= horizon:
                if not looking and would_switch(values, lower, upper, label):
                    _to_lab(sign[frame], psi_re, psi_im, 1.0, xr, xi)
                    elapsed = np.int64(0)
                    clicked = False
                    look = 1
                    looking = True
                    again = True
                    continue
                if clicked:
                    # the norm fell below r within the last tick: log-linear interpolation takes the bias of a whole tick away
                    end = min(start + (elapsed - 1 + share) * delta, duration)
                n_events = update_labels(
                    end, values, lower, upper, label, inside, last, event_time, event_core, n_events
                )
                break
            if look > seen:
                n_events = update_labels(
                    start + elapsed * delta, values, lower, upper, label, inside, last, event_time, event_core, n_events
                )  # fmt: skip
                seen = look
                looking = again or not _settled(inside)
            look += 1
        if status == FAILED_NORM:
            break
        if not clicked:
            reals[0] = duration
            status = DONE
            break

        total = 0.0
        for k in range(n_channels):
            multiply(jump[p, k], edges, source[k], full, full, xr, xi, yr, yi)
            total += norm_squared(yr, yi)
        channel, jump_rate = _pick_channel(
            next_uniform(stream) * total, jump[p], edges, source, full, full, xr, xi, yr, yi
        )
        if channel < 0 or not (jump_rate > 0.0 and jump_rate < math.inf):
            status = FAILED_CHANNEL
            break
        _to_lab(sign[frame], yr, yi, 1.0 / math.sqrt(jump_rate), psi_re, psi_im)
        if record_clicks:
            click_time[n_clicks] = end
            click_where[n_clicks, 0] = channel
            click_where[n_clicks, 1] = frame
        n_clicks += 1
        integers[3] += 1
        clicks_of[channel] += 1
        reals[0] = end
        observe(pointer, row, column, weight_re, weight_im, psi_re, psi_im, 1.0, values)
        n_events = update_labels(
            end, values, lower, upper, label, inside, last, event_time, event_core, n_events
        )
        leak = weighted_population(guard, psi_re, psi_im)
        reals[1] = max(reals[1], leak)
        chosen = choose_frame(values, frame_observable, frame_factor, frame)
        if chosen != frame:
            integers[0] = chosen
            integers[4] += 1

    counts[0] = n_samples
    counts[1] = n_events
    counts[2] = n_clicks
    return status
