"""How often each channel clicks, with an error from the scatter over trajectories."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from wellhop.analysis.estimate import RateEstimate, check_level, log_limits
from wellhop.analysis.rates import poisson_limits
from wellhop.engine.errors import StatisticsError
from wellhop.engine.records import TrajectoryRecord


def click_rates(
    records: Sequence[TrajectoryRecord], channel_names: Sequence[str] = (), level: float = 0.95
) -> dict[str, RateEstimate]:
    """Clicks / simulated time of each channel, whole trajectories (burn-in included).

    Clicks come in bursts, so the error is the larger of the Poisson one and that of the scatter over
    trajectories, se^2 = n/(n-1) sum_j (c_j - r t_j)^2 / (sum t_j)^2 with c_j clicks in time t_j.

    Args:
        records: trajectories that did not fail. channel_names: of the channels; empty: ``channel 0``, ...
        level: confidence in (0, 1).

    Raises:
        StatisticsError: channels of the records do not match the names, or no time passed.

    >>> from wellhop.engine.records import EndState
    >>> none = np.empty(0)
    >>> runs = [
    ...     TrajectoryRecord(i, EndState.DONE, "", 10.0, 0, np.array([clicks]), 0, none, none, none, 0.0)
    ...     for i, clicks in enumerate((19, 21, 20, 20))
    ... ]
    >>> click_rates(runs, ["loss"])["loss"].value
    2.0
    """
    check_level(level)
    time = np.array([r.elapsed for r in records], dtype=np.float64)
    if time.size == 0 or time.sum() <= 0.0:
        raise StatisticsError("records: no simulated time to count clicks in")
    sizes = {int(r.click_counts.size) for r in records}
    if len(sizes) != 1 or (channel_names and sizes != {len(channel_names)}):
        raise StatisticsError(
            f"records: {sorted(sizes)} channels counted, allowed is one for each of {list(channel_names)}"
        )
    counts = np.array([r.click_counts for r in records], dtype=np.float64)
    names = list(channel_names) or [f"channel {i}" for i in range(counts.shape[1])]
    return {name: _rate(counts[:, i], time, level) for i, name in enumerate(names)}


def _rate(clicks: np.ndarray, time: np.ndarray, level: float) -> RateEstimate:
    n, total, seen = time.size, float(time.sum()), float(clicks.sum())
    rate = seen / total
    counts: dict[str, float | int] = {"n_clicks": int(seen), "n_trajectories": n, "total_time": total}
    if seen == 0.0:
        upper = poisson_limits(0, level)[1] / total
        return RateEstimate("click_rate", "clicks / time", 0.0, 0.0, upper, math.inf, level, counts)
    scatter = math.sqrt(n / (n - 1) * float(np.sum((clicks - rate * time) ** 2))) if n > 1 else 0.0
    relative = max(scatter, math.sqrt(seen)) / seen
    low, high = log_limits(rate, relative, level, n - 1 if n > 1 else math.inf)
    return RateEstimate("click_rate", "clicks / time", rate, low, high, relative, level, counts)
