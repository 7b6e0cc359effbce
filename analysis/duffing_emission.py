"""Light emitted by the Duffing oscillator at an attractor: spectrum, its peaks, and the correlation function behind it.

    C(t) = Tr[δa† e^{Lt} (δa ρ)],    δa = a - ⟨a⟩,    S(ω) = 2 Re ∫_0^∞ e^{-iωt} C(t) dt = 2 Re Tr[δa† (iω - L)⁻¹ (δa ρ)]      (26)

ρ is the quasi-stationary state of the well. Of the coherent line at ω = 0 nothing is left: with a in the place of δa it would
swamp the rest. In linear theory b turns at w0 and δa = v b + u b†, so that there are two peaks at ±w0, of weights v² ⟨b†b⟩ and
|u|² ⟨bb†⟩: equal at n_th = 0, where b†b is |u|². Each is a blend of the lines of the ladder, whose spacings fall from dE_0 on,
and lies below dE_0. At n_th = 0 without dephasing S(-ω) = S(ω), a symmetry of the exact zero-temperature state that a well shares
as far as its states hold it: to 1e-6 where they are many, to some per cent where few fit. :func:`emission_peak` warns of that.

Feng, Guo, "Quantum dissipative dynamics of a driven Duffing oscillator near attractors", Eq. (26), Fig. 7; the subtraction is ours.
"""

from __future__ import annotations

import math
import warnings

import numpy as np
import numpy.typing as npt
from scipy.linalg import expm
from scipy.optimize import minimize_scalar

from wellhop.analysis.duffing_well import Well
from wellhop.engine.errors import CutoffWarning, ParameterError, PredictionError
from wellhop.engine.lindblad import ComplexMatrix

RealArray = npt.NDArray[np.float64]
ComplexVector = npt.NDArray[np.complex128]

#: The peak is looked for within these factors of the smallest and the largest of |w0| and the first lines of the ladder, first at
#: so many points and at so many lines.
PEAK_RANGE, PEAK_GRID, LINES = (0.6, 1.2), 9, 3
#: Where the largest value stands at an end, the range is widened by this factor, within these factors of |w0|.
WIDER, WIDEST = 1.15, (0.15, 2.0)
#: Relative motion of the peak with one state fewer that is warned of in a well without room for more states.
NOTED_SHIFT = 0.01

#: Frequencies below this share of κ are taken as 0, where iω - L is singular; S differs by the square of it.
ALMOST_ZERO = 1e-6


def emission_spectrum(well: Well, frequencies: npt.ArrayLike) -> RealArray:
    """S(ω) of (26) without the coherent line, a linear solve for each frequency.

    Args:
        frequencies: (n,) ω relative to the drive, unit of a rate.

    Returns:
        (n,) dimensionless over a rate: ∫ S dω/2π = ⟨a†a⟩ - |⟨a⟩|².

    Raises:
        ParameterError: a frequency that is not finite. PredictionError: as :attr:`~wellhop.analysis.duffing_well.Well.state`.

    >>> from wellhop.analysis.duffing_well import attractor_well
    >>> from wellhop.engine.systems.duffing_attractors import DuffingAttractors
    >>> well = attractor_well(DuffingAttractors(0.03, 4 / 75, 0.05), "HAS")
    >>> emission_spectrum(well, [-0.71, 0.0, 0.71]).round(2).tolist()
    [24.14, 1.25, 24.14]
    """
    omegas = np.atleast_1d(np.asarray(frequencies, dtype=np.float64))
    if omegas.ndim != 1 or not np.isfinite(omegas).all():
        raise ParameterError("frequencies", frequencies, "finite numbers, one or a list")
    deviation = _deviation(well)
    source: ComplexMatrix = deviation @ well.state
    liouvillian = well.model.liouvillian()
    eye = np.eye(len(liouvillian))
    out = np.empty(omegas.size)
    for k, omega in enumerate(omegas):
        if abs(omega) < ALMOST_ZERO * well.system.kappa:
            out[k] = 2.0 * float(np.vdot(deviation, well.response(source)).real)
            continue
        answer = np.linalg.solve(1j * omega * eye - liouvillian, source.ravel())
        out[k] = 2.0 * float(np.vdot(deviation.ravel(), answer).real)
    return out


def emission_correlation(well: Well, step: float, count: int) -> ComplexVector:
    """C(t) of (26) at t = 0, step, ..., count·step by regression.

    Args:
        step: time between values > 0, inverse unit of a rate. count: steps, >= 1.

    Returns:
        (count + 1,) complex; C(0) = ⟨a†a⟩ - |⟨a⟩|².

    Raises:
        ParameterError: step or count out of range. PredictionError: as for :func:`emission_spectrum`.

    >>> from wellhop.analysis.duffing_well import attractor_well
    >>> from wellhop.engine.systems.duffing_attractors import DuffingAttractors
    >>> well = attractor_well(DuffingAttractors(0.03, 4 / 75, 0.05), "HAS")
    >>> emission_correlation(well, 2.0, 2).real.round(3).tolist()
    [1.294, 0.265, -0.912]
    """
    if isinstance(count, bool) or not isinstance(count, (int, np.integer)) or count < 1:
        raise ParameterError("count", count, "an integer >= 1")
    if not (math.isfinite(step) and step > 0.0):
        raise ParameterError("step", step, "a finite number > 0")
    deviation = _deviation(well)
    advance = expm(step * well.model.liouvillian())
    now = (deviation @ well.state).ravel()
    out = np.empty(int(count) + 1, dtype=np.complex128)
    for k in range(out.size):
        out[k] = np.vdot(deviation.ravel(), now)
        now = advance @ now
    return out


def windowed_spectrum(correlation: npt.ArrayLike, step: float, frequencies: npt.ArrayLike) -> RealArray:
    """S(ω) from values of C(t) on a finite time grid, by the trapezoidal rule: what a record of that length can show.

    Args:
        correlation: (..., n) C at t = 0, step, ... frequencies: (k,) ω.

    Returns:
        (..., k) 2 Re Σ_j w_j e^{-iωt_j} C(t_j).

    >>> decay = np.exp(-0.1 * np.arange(2000) * 0.05)
    >>> windowed_spectrum(decay, 0.05, [0.0, 0.1]).round(2).tolist()
    [20.0, 10.0]
    """
    values = np.asarray(correlation, dtype=np.complex128)
    omegas = np.asarray(frequencies, dtype=np.float64)
    weights = np.full(values.shape[-1], step)
    weights[[0, -1]] *= 0.5
    turns = np.exp(-1j * np.outer(step * np.arange(values.shape[-1]), omegas))
    out: RealArray = 2.0 * ((values * weights) @ turns).real
    return out


def emission_peak(well: Well, side: int = 1) -> tuple[float, float]:
    """Effective frequency w_eff > 0 of a peak and S there: the largest S(ω), ω = side · w, on either side of the drive.

    Args:
        side: +1 or -1.

    Raises:
        ParameterError: another side. PredictionError: no maximum but that at the drive, as where damping has merged the peaks.

    Warns:
        CutoffWarning: the well has no room for more states, and without the last of them the peak lies more than 1 % elsewhere.

    >>> from wellhop.analysis.duffing_well import attractor_well
    >>> from wellhop.engine.systems.duffing_attractors import DuffingAttractors
    >>> frequency, _ = emission_peak(attractor_well(DuffingAttractors(0.03, 4 / 75, 0.05), "HAS"))
    >>> round(frequency, 4)
    0.7081
    """
    if isinstance(side, bool) or side not in (-1, 1):
        raise ParameterError("side", side, "1 or -1")
    found = _peak(well, side)
    if well.limited:
        _warn_of_few_states(well, side, found[0])
    return found


def _peak(well: Well, side: int) -> tuple[float, float]:
    """The peak among the states of the well, as they are."""
    base = abs(well.frame.w0)
    lines = np.abs(np.diff(well.energies[: LINES + 1]))
    low, high = PEAK_RANGE[0] * min([base, *lines]), PEAK_RANGE[1] * max([base, *lines])
    # lines of weak damping are narrower than the grid
    grid = np.union1d(np.linspace(low, high, PEAK_GRID), lines)
    heights = emission_spectrum(well, side * grid)
    while (k := int(heights.argmax())) in (0, grid.size - 1):
        beyond = grid[0] / WIDER if k == 0 else grid[-1] * WIDER
        if not WIDEST[0] * base < beyond < WIDEST[1] * base:
            raise PredictionError(
                f"spectrum at {well.frame.attractor}: no peak between {grid[0]:.4g} and {grid[-1]:.4g} (dw = {well.system.dw:g}); "
                "use a smaller khat or lam"
            )
        more = emission_spectrum(well, [side * beyond])
        grid = np.append(beyond, grid) if k == 0 else np.append(grid, beyond)
        heights = np.append(more, heights) if k == 0 else np.append(heights, more)
    found = minimize_scalar(
        lambda w: -float(emission_spectrum(well, [side * w])[0]),
        bracket=(grid[k - 1], grid[k], grid[k + 1]),
        method="brent",
        options={"xtol": 1e-6},
    )
    return float(found.x), float(-found.fun)


def _warn_of_few_states(well: Well, side: int, frequency: float) -> None:
    """Say how far the last state of a full well moves the peak."""
    try:
        shift = abs(_peak(well.smaller(), side)[0] / frequency - 1.0)
    except PredictionError:
        shift = math.inf
    if shift > NOTED_SHIFT:
        change = f"moves by {100.0 * shift:.2g} %" if math.isfinite(shift) else "is gone"
        warnings.warn(
            f"spectrum at {well.frame.attractor}: the well has room for {well.model.dim} states only; with one fewer the peak at "
            f"{frequency:.4g} {change}; use a smaller lam",
            CutoffWarning,
            stacklevel=3,
        )


def _deviation(well: Well) -> ComplexMatrix:
    """δa = a - ⟨a⟩."""
    out: ComplexMatrix = well.fluctuation - well.mean(well.fluctuation) * np.eye(well.model.dim)
    return out
