"""Sums over trajectories from which the rates among a central and two bright wells follow, and the formulas.

With the state known at time s, every function of the process is, a few relaxation times later, a sum of the
slow modes only. For h (even) and s (odd, mean zero by symmetry) of ``well_labels.py`` and any Z(s) known at s

    E[ Z(s) { h(s+t0+D) - rho_e h(s+t0) - (1 - rho_e) <h> } ] = 0,      rho_e = exp(-lam_e D),
    E[ s(s) { s(s+t0+D) - rho_o s(s+t0) } ] = 0,                          rho_o = exp(-lam_o D),

and Z = 1, h give rho_e and <h> from finite, non-stationary records alike. A start in the coherent state of well
w has, at t >> relaxation time, E_w[h(t)] = <h> + c l_w exp(-lam_e t), l the slow left eigenvector, l_w its value
in that state. Hence, in terms of plateau values h_v, h_b (slow part continued back to t = 0),

    pi_b = (<h> - h_v)/(h_b - h_v) = -l_v/(l_b - l_v),   k_v = lam_e pi_b,   k_b = lam_e (1 - pi_b),   k_d = (lam_o - k_b)/2,

the definitions of the spectral theory. The label enters twice, and its delay cancels: nothing here depends on
how long a transit between cores takes, where counting switches errs by rate x transit. Deep in one phase
<h> - h_v or h_b - <h> is small, and as h is a telegraph both of its terms are small themselves, counts of rare
visits and of rare early switches. Neither is a difference of large numbers, and errors stay those of counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from wellhop.analysis.pooled_ratio import FloatArray, Lags
from wellhop.analysis.well_labels import LabelGrid, Labels, WellLabels, bright, side

#: Columns of the even sums: count, Z, A, B, ZA, ZB; then the photon numbers at A and B.
EVEN, ODD = 8, 2


@dataclass(frozen=True)
class LabelLags:
    """Where the sums are taken.

    Attributes:
        even, odd: t0 and D of either parity, in sampling intervals. plateau: (k,) times after the start, in units of time.
        interval: sampling interval. skip: samples left out at the start.
    """

    even: Lags
    odd: Lags
    plateau: FloatArray
    interval: float
    skip: int


@dataclass(frozen=True)
class Derived:
    """Quantities of one set of sums, arrays of its leading shape; NaN where one does not exist.

    Attributes:
        lam_e, lam_o, k_v, k_b, k_d: rates. bright_weight, mean: pi_b and <h>. h_v, h_b: plateau values.
        photons: stationary mean of the photon column.
    """

    lam_e: FloatArray
    lam_o: FloatArray
    k_v: FloatArray
    k_b: FloatArray
    k_d: FloatArray
    bright_weight: FloatArray
    mean: FloatArray
    h_v: FloatArray
    h_b: FloatArray
    photons: FloatArray


def unit_sums(
    labels: WellLabels,
    grids: Sequence[LabelGrid],
    lags: LabelLags,
    centre: int,
    group: int,
    blocks: int,
    photons: Sequence[FloatArray] | None = None,
) -> FloatArray:
    """(units, q) sums of independent units, the rows from which :func:`derive` works.

    Args:
        labels, grids: of all trajectories, the grids with ``lags.interval`` and ``lags.skip``. lags: where.
        centre: index of the central well. group: trajectories per unit, by their indices (one start in every well).
        blocks: parts that each trajectory is cut into if ``group`` is 1, none shorter than 3 D.
        photons: samples of the photon number, one array a trajectory; None: zeros.
    """
    k = lags.plateau.size
    rows, values = [], []
    for grid in grids:
        light = None if photons is None else _stacked(photons, grid)
        even = lagged_sums(bright(grid.labels, centre), lags.even, blocks, light)
        odd = lagged_sums(side(grid.labels, centre), lags.odd, blocks, None)
        parts = max(even.shape[1], odd.shape[1])
        sums = np.zeros((len(grid.rows), parts, EVEN + ODD + 2 * (1 + k)))
        sums[:, : even.shape[1], :EVEN] = even
        sums[:, : odd.shape[1], EVEN : EVEN + ODD] = odd[:, :, 4:6]
        rows.append(np.repeat(grid.rows, parts))
        values.append(sums.reshape(len(grid.rows) * parts, -1))
    rows.append(np.arange(len(labels.index)))
    values.append(_starts(labels, lags, centre))
    row, value = np.concatenate(rows), np.concatenate(values)
    # a start joins the first block of its trajectory: units of one row each would have no sums to be compared with
    number = labels.index[row] // group if group > 1 else _block_numbers(row, len(labels.index))
    _, unit = np.unique(number, return_inverse=True)
    out = np.zeros((int(unit.max()) + 1 if unit.size else 0, value.shape[1]))
    np.add.at(out, unit, value)
    return out[np.any(out != 0.0, axis=1)]


def _block_numbers(row: npt.NDArray[np.int64], n: int) -> npt.NDArray[np.int64]:
    """A number for every row, the last ``n`` rows (the starts) having that of the first block of their trajectory."""
    number = np.arange(row.size)
    for k in range(n):
        mine = np.flatnonzero(row[:-n] == k)
        if mine.size:
            number[row.size - n + k] = mine[0]
    return number


def _stacked(photons: Sequence[FloatArray], grid: LabelGrid) -> FloatArray:
    """(rows, n) photon numbers on the grid; a last sample lost to rounding of the length is the one before it."""
    n = grid.first + grid.labels.shape[1]
    return np.stack(
        [np.pad(photons[r][grid.first : n], (0, max(0, n - len(photons[r]))), "edge") for r in grid.rows]
    )


def _starts(labels: WellLabels, lags: LabelLags, centre: int) -> FloatArray:
    """(n, q) deviations from the label of the start at the plateau times, in the columns of the start well."""
    k = lags.plateau.size
    out = np.zeros((len(labels.index), EVEN + ODD + 2 * (1 + k)))
    usable = (labels.start_well >= 0) & (labels.elapsed >= lags.plateau[-1])
    h = bright(labels.at(lags.plateau), centre).astype(np.float64)
    for here, at, seen in (
        (usable & (labels.start_well == centre), EVEN + ODD, h),
        (usable & (labels.start_well != centre), EVEN + ODD + 1 + k, 1.0 - h),
    ):
        out[here, at] = 1.0
        out[here, at + 1 : at + 1 + k] = seen[here]
    return out


def lagged_sums(x: Labels, lags: Lags, blocks: int, photons: FloatArray | None) -> FloatArray:
    """(rows, parts, 8) sums over s of 1, Z, A, B, ZA, ZB, n_A, n_B with Z = X(s), A = X(s + t0), B = X(s + t0 + D)."""
    m = x.shape[1] - lags.first - lags.step
    if m < 1:
        return np.zeros((len(x), 0, EVEN))
    cut = max(1, min(blocks, m // (3 * lags.step)))
    edges = np.arange(cut) * m // cut
    near, far = slice(lags.first, lags.first + m), slice(lags.first + lags.step, None)
    z, a, b = x[:, :m], x[:, near], x[:, far]
    out = np.zeros((len(x), cut, EVEN))
    out[:, :, 0] = np.diff(np.append(edges, m))
    for column, product in enumerate((z, a, b, z * a, z * b), start=1):
        out[:, :, column] = np.add.reduceat(product, edges, axis=1, dtype=np.int64)
    if photons is not None:
        out[:, :, 6] = np.add.reduceat(photons[:, near], edges, axis=1)
        out[:, :, 7] = np.add.reduceat(photons[:, far], edges, axis=1)
    return out


def derive(m: FloatArray, lags: LabelLags) -> Derived:
    """Every quantity from sums (..., q).

    Wells without any start give the plateau of an ideal label, h_v = 0 or h_b = 1.
    """
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        n, z, a, b, za, zb, near, far = (m[..., i] for i in range(EVEN))
        rho = (zb - z * b / n) / (za - z * a / n)
        lam_e = _rate(rho, lags.even.step * lags.interval)
        mean = (b - rho * a) / n / (1.0 - rho)
        away = ((n - b) - rho * (n - a)) / n / (1.0 - rho)
        light = (far - rho * near) / n / (1.0 - rho)
        k = lags.plateau.size
        start = m[..., EVEN + ODD :]
        growth = np.exp(lam_e[..., None] * lags.plateau)
        up = _plateau(mean, start[..., : k + 1], growth)
        down = _plateau(away, start[..., k + 1 :], growth)
        weight = up / (up + down)
        lam_o = _rate(m[..., EVEN + 1] / m[..., EVEN], lags.odd.step * lags.interval)
        k_b = lam_e * down / (up + down)
        return Derived(
            lam_e=lam_e,
            lam_o=lam_o,
            k_v=lam_e * weight,
            k_b=k_b,
            k_d=0.5 * (lam_o - k_b),
            bright_weight=weight,
            mean=mean,
            h_v=mean - up,
            h_b=mean + down,
            photons=light,
        )


def _rate(rho: FloatArray, time: float) -> FloatArray:
    return np.where((rho > 0.0) & (rho < 1.0), -np.log(np.where(rho > 0.0, rho, 1.0)) / time, np.nan)


def _plateau(mean: FloatArray, start: FloatArray, growth: FloatArray) -> FloatArray:
    """Stationary minus plateau value of the deviation from the start label, averaged over the plateau times."""
    count = start[..., :1]
    seen = start[..., 1:] / np.where(count > 0.0, count, 1.0)
    found = ((mean[..., None] - seen) * growth).mean(axis=-1)
    return np.where(count[..., 0] > 0.0, found, mean)
