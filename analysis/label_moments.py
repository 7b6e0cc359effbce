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

from wellhop.analysis.pooled_ratio import FloatArray, Lags
from wellhop.analysis.well_labels import WellPath, bright, side

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
    paths: Sequence[WellPath],
    lags: LabelLags,
    centre: int,
    group: int,
    blocks: int,
    photons: Sequence[FloatArray] | None = None,
) -> FloatArray:
    """(units, q) sums of independent units, the rows from which :func:`derive` works.

    Args:
        paths: one a trajectory. lags: where. centre: index of the central well.
        group: trajectories per unit, in the order of their indices (one start in every well). blocks: parts
            that each trajectory is cut into if ``group`` is 1, none shorter than 3 D; the first one holds the start.
        photons: samples of the photon number, one array a trajectory; None: zeros.
    """
    rows: list[FloatArray] = []
    places: dict[int, int] = {}
    for k, path in enumerate(paths):
        parts = _trajectory_sums(path, lags, centre, blocks, None if photons is None else photons[k])
        if group == 1:
            rows += parts
            continue
        unit = path.index // group
        if unit in places:
            rows[places[unit]] = rows[places[unit]] + sum(parts)
        else:
            places[unit] = len(rows)
            rows.append(np.sum(parts, axis=0))
    return np.array(rows, dtype=np.float64).reshape(len(rows), -1)


def _trajectory_sums(
    path: WellPath, lags: LabelLags, centre: int, blocks: int, photons: FloatArray | None
) -> list[FloatArray]:
    """Rows of one trajectory, one a block."""
    n = int(path.elapsed / lags.interval * (1.0 + 1e-12)) + 1
    first = max(lags.skip, int(np.ceil(path.begin / lags.interval)))
    label = path.at(lags.interval * np.arange(first, n))
    if photons is None:
        photons = np.zeros(label.size)
    else:
        photons = photons[first:n]
        label = label[: photons.size]
    even = _lagged(bright(label, centre), lags.even, blocks, photons)
    odd = _lagged(side(label, centre), lags.odd, blocks, None)
    out = [np.zeros(EVEN + ODD + 2 * (1 + lags.plateau.size)) for _ in range(max(len(even), len(odd), 1))]
    for row, sums in zip(out, even, strict=False):
        row[:EVEN] = sums
    for row, sums in zip(out, odd, strict=False):
        row[EVEN : EVEN + ODD] = sums[4:6]
    if path.start_well >= 0 and path.elapsed >= lags.plateau[-1]:
        h = bright(path.at(lags.plateau), centre)
        at = EVEN + ODD + (0 if path.start_well == centre else 1 + lags.plateau.size)
        out[0][at] = 1.0
        # deviations from the label of the start: small numbers, exact sums
        out[0][at + 1 : at + 1 + lags.plateau.size] = h if path.start_well == centre else 1.0 - h
    return out


def _lagged(x: FloatArray, lags: Lags, blocks: int, photons: FloatArray | None) -> list[FloatArray]:
    """Sums over s of 1, Z, A, B, ZA, ZB, n_A, n_B with Z = X(s), A = X(s + t0), B = X(s + t0 + D)."""
    m = x.size - lags.first - lags.step
    if m < 1:
        return []
    z, a, b = x[:m], x[lags.first : lags.first + m], x[lags.first + lags.step :]
    cut = max(1, min(blocks, m // (3 * lags.step)))
    out = []
    for part in range(cut):
        s = slice(part * m // cut, (part + 1) * m // cut)
        light = (0.0, 0.0)
        if photons is not None:
            near, far = photons[lags.first : lags.first + m], photons[lags.first + lags.step :]
            light = (float(near[s].sum()), float(far[s].sum()))
        out.append(
            np.array([z[s].size, z[s].sum(), a[s].sum(), b[s].sum(), z[s] @ a[s], z[s] @ b[s], *light])
        )
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
