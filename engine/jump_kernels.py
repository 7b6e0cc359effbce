"""The quantum-jump kernel: exact waiting times from the eigenbasis of H_eff.

Between clicks |ψ(t)⟩ = Σ_j c_j e^{-iλ_j t} |v_j⟩ with H_eff |v_j⟩ = λ_j |v_j⟩, and the squared norm N(t) =
c(t)† G c(t), G = V†V, is the probability of no click. A click happens when N falls to a uniform number r.
ln N - ln r is solved by a safeguarded Newton iteration: N is monotone and dN/dt = 2 Re[(G c)† (-iΛ c)]
comes from the same matrix product. There is no step size, and a long wait costs as much as a short one.
(Dalibard, Castin, Mølmer, PRL 68, 580 (1992); eigenbasis as in QuTiP's "diag".)

One interval between clicks is atomic: a slice ends only after a click, so where slices are cut changes no
arithmetic.
"""

# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

import math

import numba
import numpy as np

from wellhop.engine.amplitude_kernels import (
    decaying_sum,
    evolve,
    moduli,
    norm_squared,
    observe,
    weighted_population,
)
from wellhop.engine.block_product import multiply, norm_and_slope
from wellhop.engine.compiled import kept_njit
from wellhop.engine.integral_kernels import forms
from wellhop.engine.label_kernels import choose_frame, update_labels, would_switch
from wellhop.engine.streams import next_uniform

# how a slice ended
RUNNING, DONE, FAILED_NORM, FAILED_WAIT, FAILED_CHANNEL = 0, 1, 2, 3, 4
#: layout of a trajectory's bookkeeping: reals = [click time, guard population, last core time per definition...,
#: integral over the unfinished cell of the grid per integrated observable...],
#: integers = [frame, next sample, started, clicks, flips, clicks per channel..., label per definition..., inside per definition...]
REALS_HEAD, INTEGERS_HEAD = 2, 5
#: an interval can add at most this many switches per core definition (one per check)
CHECKS_PER_INTERVAL = 96
_DENSE_CHECKS = 16
_MAX_ITERATIONS = 200
#: on ln N: click times are exact to 1e-7 of the mean time between clicks, far below any statistical error
_TOLERANCE = 1e-7
#: on ln S of the guess; modes are not orthogonal, so more digits would be wasted
_GUESS_TOLERANCE = 1e-3
#: amplitudes below this fraction of the surviving norm are dropped (squared)
_NEGLIGIBLE = 1e-26


@numba.njit
def check_time(index, interval):
    """Time since the last click of the index-th look at the cores: equally spaced first, then doubling."""
    if index <= _DENSE_CHECKS:
        return index * interval
    return _DENSE_CHECKS * interval * 2.0 ** (index - _DENSE_CHECKS)


@numba.njit(error_model="numpy")
def _trim(edges, xr, xi, threshold, active):
    """How many leading modes of each sector are alive; modes are sorted by decay rate, the slowest first."""
    for b in range(active.shape[0]):
        w = edges[b + 1]
        while w > edges[b] and xr[w - 1] * xr[w - 1] + xi[w - 1] * xi[w - 1] < threshold:
            w -= 1
        active[b] = w - edges[b]


@numba.njit(error_model="numpy")
def _first_guess(weight, growth, log_r, horizon, scratch):
    """Waiting time if the modes were orthogonal: Newton on a convex function, monotone from the left."""
    t = 0.0
    for _ in range(40):
        total, slope, _ = decaying_sum(weight, growth, t, scratch)
        if not total > 0.0 or not slope < 0.0:
            break
        gap = math.log(total) - log_r
        if gap < _GUESS_TOLERANCE:
            break
        t -= gap * total / slope
        if t >= horizon:
            return horizon
    return t


@numba.njit(error_model="numpy")
def wait_for_click(
    omega, growth, gram, edges, cr, ci, weight, log_r, horizon, xr, xi, yr, sums, active
):
    """Waiting time to the next click, leaving the state at that time in x and its live modes in ``active``.

    Returns (status, t, N, -dN/dt): status 0 click at t; 1 no click before ``horizon``; otherwise a failure.
    """
    total = moduli(cr, ci, weight)
    if not (total > 0.0 and total < math.inf):
        return FAILED_NORM, 0.0, 0.0, 0.0
    threshold = _NEGLIGIBLE * total * math.exp(max(log_r, -40.0))
    low = 0.0
    high = math.inf
    previous = math.inf
    t = _first_guess(weight, growth, log_r + math.log(total), horizon, xr)
    for _ in range(_MAX_ITERATIONS):
        evolve(omega, growth, t, cr, ci, xr, xi)
        _trim(edges, xr, xi, threshold, active)
        norm, slope = norm_and_slope(gram, edges, active, omega, growth, xr, xi, sums)
        if not (norm >= 0.0 and norm < math.inf):
            return FAILED_NORM, t, norm, 0.0
        gap = (math.log(norm) if norm > 0.0 else -1e300) - log_r
        if abs(gap) <= _TOLERANCE and slope < 0.0:
            return 0, t, norm, -slope
        if gap > 0.0:
            low = t
            if t >= horizon:
                return 1, horizon, norm, 0.0
        else:
            high = t
        step = math.inf
        if slope < 0.0:
            # Newton on ln N, with the curvature of the orthogonal-mode sum, which is nearly that of ln N
            rate = -slope / norm
            shift = gap / rate
            model, model_slope, model_curvature = decaying_sum(weight, growth, t, yr)
            if model > 0.0:
                bend = model_curvature / model - (model_slope / model) ** 2
                correction = 0.5 * bend * shift / rate
                if abs(correction) < 0.5:
                    shift *= 1.0 + correction
            step = t + shift
        # Newton can fall into a two-cycle around an inflection of the log-norm: bisect unless the residual halves
        if step > low and step < high and (abs(gap) <= 0.5 * previous or high == math.inf):
            t = step
        elif high < math.inf:
            t = 0.5 * (low + high)
        else:
            t = horizon
        previous = abs(gap)
        t = min(t, horizon)
        if high < math.inf and high - low <= 4e-16 * high:
            return 0, t, norm, max(-slope, 0.0)
    return FAILED_WAIT, t, 0.0, 0.0


@numba.njit(error_model="numpy")
def _to_lab(sign, xr, xi, scale, yr, yi):
    """Y = scale * sign * x, from the gauge of a frame to the lab (or back: the sign is its own inverse)."""
    for i in range(sign.shape[0]):
        yr[i] = scale * sign[i] * xr[i]
        yi[i] = scale * sign[i] * xi[i]


@numba.njit(error_model="numpy")
def _expect(
    t, omega, growth, basis, edges, own, full, sign, cr, ci, tr, ti, yr, yi, zr, zi, observables, values,
):  # fmt: skip
    """Expectation values at time t after the amplitudes c, in the lab gauge; t, y and z are scratch."""
    pointer, row, column, weight_re, weight_im = observables
    if t > 0.0:
        evolve(omega, growth, t, cr, ci, tr, ti)
        multiply(basis, edges, own, full, full, tr, ti, yr, yi)
    else:
        multiply(basis, edges, own, full, full, cr, ci, yr, yi)
    _to_lab(sign, yr, yi, 1.0, zr, zi)
    observe(pointer, row, column, weight_re, weight_im, zr, zi, 1.0 / norm_squared(zr, zi), values)


@numba.njit
def _settled(inside):
    """Whether the state was in the core of its own label at the last look, for every core definition."""
    for d in range(inside.shape[0]):  # noqa: SIM110  (numba compiles no generator expressions)
        if inside[d] == 0:
            return False
    return True


@numba.njit(error_model="numpy")
def _pick_channel(target, jump, edges, source, full, active, xr, xi, yr, yi):
    """Apply jump operators in turn until their summed rate exceeds ``target``; y holds the last one applied.

    Returns (channel, |L x|²); channel -1 if every rate is zero.
    """
    best = -1
    best_rate = 0.0
    for k in range(jump.shape[0]):
        multiply(jump[k], edges, source[k], full, active, xr, xi, yr, yi)
        rate = norm_squared(yr, yi)
        if target < rate:
            return k, rate
        target -= rate
        if rate > best_rate:
            best = k
            best_rate = rate
    if best >= 0:  # rounding left a remainder of the total rate: give it to the strongest channel
        multiply(jump[best], edges, source[best], full, active, xr, xi, yr, yi)
    return best, best_rate


@kept_njit(nogil=True, error_model="numpy")
def run_slice(
    modes, frames, observables, cores, limits, psi_re, psi_im, reals, integers, stream, max_clicks, record_clicks,
    samples, event_time, event_core, click_time, click_where, counts,
):  # fmt: skip
    """Advance one trajectory by at most ``max_clicks`` clicks, to its end, or until a buffer could overflow.

    The tuples are those of ``JumpProblem.kernel_arguments``; state and buffers are changed in place and
    ``counts`` receives the numbers of new samples, events and clicks. Returns one of the module's status codes.
    """
    (
        omega,
        growth,
        gram,
        basis,
        dual,
        jump,
        source,
        edges,
        own,
    ) = modes
    propagator, sign, frame_observable, frame_factor, integral = frames
    pointer, row, column, weight_re, weight_im = observables
    lower, upper, guard = cores
    duration, sample_interval, check_interval = limits

    n_cores = lower.shape[0]
    n_channels = jump.shape[1]
    # zeros beyond n stay zero: amplitude arrays are padded to whole vector registers (propagators.padded_length)
    scratch = np.zeros((13, omega.shape[1]))
    lr, li, cr, ci, xr, xi, yr = scratch[0], scratch[1], scratch[2], scratch[3], scratch[4], scratch[5], scratch[6]
    yi, zr, zi, weight, tr, ti = scratch[7], scratch[8], scratch[9], scratch[10], scratch[11], scratch[12]
    sums = np.empty(16)
    values = np.empty(pointer.shape[0] - 1)
    n_integrals = integral.shape[1]
    n_sampled = samples.shape[1] - n_integrals
    # expected integrals (``expected_integrals``): z† R z at the last start of a stretch, and now
    opened, here = np.empty(n_integrals), np.empty(n_integrals)
    survival = 1.0
    whole_edges = np.array([0, psi_re.shape[0]])
    whole, whole_size = np.zeros(1, np.int64), whole_edges[1:]
    unfinished = reals[REALS_HEAD + n_cores :]
    active = np.empty(own.shape[0], np.int64)
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
        for k in range(n_integrals):
            samples[0, n_sampled + k] = 0.0
        n_samples = 1
        integers[1] = 1
        integers[2] = 1

    while n_clicks < max_clicks and n_events + CHECKS_PER_INTERVAL * n_cores <= event_time.shape[0]:
        start = reals[0]
        frame = integers[0]
        p = propagator[frame]
        _to_lab(sign[frame], psi_re, psi_im, 1.0, lr, li)
        multiply(dual[p], edges, own, full, full, lr, li, cr, ci)
        outcome, wait, _, rate = wait_for_click(
            omega[p],
            growth[p],
            gram[p],
            edges,
            cr,
            ci,
            weight,
            math.log(next_uniform(stream)),
            duration - start,
            xr,
            xi,
            yr,
            sums,
            active,
        )
        if outcome > 1:
            status = outcome
            break

        # looks at the cores while the state is on its way between them
        end = duration if outcome == 1 else start + wait
        look = 1
        if n_cores > 0:
            on_the_way = not _settled(inside)
            final = False
            while True:
                if not on_the_way and not final:
                    # settled: only the end of the interval is looked at, unless the label has changed by then, for no-click
                    # evolution too can lead from one core to another (a dark state); then all of the interval is searched
                    _expect(0.0, omega[p], growth[p], basis[p], edges, own, full, sign[frame],
                            xr, xi, tr, ti, yr, yi, zr, zi, observables, values)  # fmt: skip
                    final = True
                    if would_switch(values, lower, upper, label):
                        on_the_way = True
                t = check_time(look, check_interval)
                if not on_the_way or t >= wait or look >= CHECKS_PER_INTERVAL - 1:
                    break
                _expect(t, omega[p], growth[p], basis[p], edges, own, full, sign[frame],
                        cr, ci, tr, ti, yr, yi, zr, zi, observables, values)  # fmt: skip
                n_events = update_labels(
                    start + t, values, lower, upper, label, inside, last, event_time, event_core, n_events
                )
                if not final:
                    on_the_way = not _settled(inside)
                look += 1
            if on_the_way or not final:
                _expect(0.0, omega[p], growth[p], basis[p], edges, own, full, sign[frame],
                        xr, xi, tr, ti, yr, yi, zr, zi, observables, values)  # fmt: skip
            n_events = update_labels(
                end, values, lower, upper, label, inside, last, event_time, event_core, n_events
            )

        if n_integrals > 0:
            _to_lab(sign[frame], lr, li, 1.0, zr, zi)
            forms(integral[frame], whole_edges, whole, whole_size, zr, zi, yr, yi, opened)
            survival = 1.0

        # samples on the regular grid, before the click that ends the interval
        while integers[1] * sample_interval <= end and integers[1] * sample_interval <= duration:
            if n_samples >= samples.shape[0]:
                break
            _expect(max(integers[1] * sample_interval - start, 0.0), omega[p], growth[p], basis[p],
                    edges, own, full, sign[frame], cr, ci, tr, ti, yr, yi, zr, zi, observables, values)  # fmt: skip
            for k in range(n_sampled):
                samples[n_samples, k] = values[k]
            if n_integrals > 0:
                # a cell ends here: z is the state at its end, its norm the probability of no click since ``start``
                forms(integral[frame], whole_edges, whole, whole_size, zr, zi, yr, yi, here)
                for k in range(n_integrals):
                    unfinished[k] += (opened[k] - here[k]) / survival
                    samples[n_samples, n_sampled + k] = unfinished[k] / sample_interval
                    unfinished[k] = 0.0
                    opened[k] = here[k]
                survival = norm_squared(zr, zi)
            n_samples += 1
            integers[1] += 1

        if outcome == 1:
            reals[0] = duration
            status = DONE
            break

        if n_integrals > 0 and integers[1] * sample_interval <= duration:
            # the stretch cut off by this click, as expected at its start: on to the end of the cell without the click
            evolve(omega[p], growth[p], integers[1] * sample_interval - start, cr, ci, tr, ti)
            multiply(basis[p], edges, own, full, full, tr, ti, yr, yi)
            _to_lab(sign[frame], yr, yi, 1.0, zr, zi)
            forms(integral[frame], whole_edges, whole, whole_size, zr, zi, yr, yi, here)
            for k in range(n_integrals):
                unfinished[k] += (opened[k] - here[k]) / survival

        channel, jump_rate = _pick_channel(
            next_uniform(stream) * rate, jump[p], edges, source, full, active, xr, xi, yr, yi
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
        leak = weighted_population(guard, psi_re, psi_im)
        reals[1] = max(reals[1], leak)
        if n_cores == 0 and frame_factor.shape[0] == 1:
            continue  # nothing depends on observables at clicks
        observe(pointer, row, column, weight_re, weight_im, psi_re, psi_im, 1.0, values)
        n_events = update_labels(
            end, values, lower, upper, label, inside, last, event_time, event_core, n_events
        )
        chosen = choose_frame(values, frame_observable, frame_factor, frame)
        if chosen != frame:
            integers[0] = chosen
            integers[4] += 1

    counts[0] = n_samples
    counts[1] = n_events
    counts[2] = n_clicks
    return status
