"""Where the slow modes of the labels are read: lags of the autocorrelations, times after the start."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from wellhop.analysis.correlation import LEAST_LAG, MOST_LAG, SPARE
from wellhop.analysis.directed_naming import Naming
from wellhop.analysis.label_moments import LabelLags, lagged_sums
from wellhop.analysis.pooled_ratio import Lags, Records, first_guess, pooled_rate
from wellhop.analysis.well_labels import LabelGrid, Labels, bright, side

#: Plateau values are read between this many relaxation times after the start, at so many times.
PLATEAU, PLATEAU_TIMES = (4.0, 6.0), 5


@dataclass(frozen=True)
class LabelConditions:
    """How labels are read; fields as in ``directed_measurement.measure_directed``."""

    sample_interval: float
    burn_in: float
    relaxation_time: float
    naming: Naming
    level: float
    guesses: Mapping[str, float]

    @property
    def centre(self) -> int:
        """Index of the central well, or of the first of two."""
        return self.naming.centre

    @property
    def skip(self) -> int:
        """Samples of the burn-in."""
        return math.ceil(self.burn_in / self.sample_interval - 1e-9)


def choose_lags(grids: Sequence[LabelGrid], at: LabelConditions, lag: float | None = None) -> LabelLags:
    """t0 of 4 to 8 relaxation times, D of 0.3/rate for either parity, plateau times of 4 to 6 relaxation times.

    Args:
        grids: labels. at: conditions. lag: t0, and first plateau time, in relaxation times instead.

    Raises:
        StatisticsError: trajectories too short.
    """
    early = PLATEAU if lag is None else (lag, lag + PLATEAU[1] - PLATEAU[0])
    even = _lags_of("lam_e", [bright(g.labels, at.centre) for g in grids], at, lag)
    odd = even
    if "lam_o" in at.naming.rates:
        odd = _lags_of("lam_o", [side(g.labels, at.centre) for g in grids], at, lag)
    return LabelLags(
        even=even,
        odd=odd,
        plateau=at.relaxation_time * np.linspace(*early, PLATEAU_TIMES),
        interval=at.sample_interval,
        skip=at.skip,
    )


def _lags_of(name: str, series: Sequence[Labels], at: LabelConditions, lag: float | None) -> Lags:
    """Lags of one parity: from the guess, or from a search; a guess off by more than 2 is replaced."""
    tau, interval = at.relaxation_time, at.sample_interval
    # the longest decides what lags there can be
    longest = max(series, key=lambda x: x.shape[1], default=np.zeros((1, 1), dtype=np.int8))
    records = Records([longest[0].astype(np.float64)], interval)

    def lags_for(rate: float) -> Lags:
        start = lag * tau if lag else max(LEAST_LAG * tau, min(MOST_LAG * tau, SPARE / rate))
        return records.lags(max(start, interval), rate)

    def rate_at(lags: Lags) -> float:
        n, z, a, b, za, zb = sum(lagged_sums(x, lags, 1, None).sum(axis=(0, 1)) for x in series)[:6]
        near, far = (za - z * a / n, zb - z * b / n) if name == "lam_e" else (za, zb)
        return pooled_rate(near, far, lags.step * interval) if near > 0.0 else 0.0

    guess = at.guesses.get(at.naming.rates[name], math.nan)
    rate = (
        guess
        if math.isfinite(guess) and guess > 0.0
        else first_guess(rate_at, records, lags_for(math.inf).first)
    )
    lags = lags_for(rate)
    own = rate_at(lags)
    return lags_for(own) if own > 0.0 and not 0.5 < own / rate < 2.0 else lags
