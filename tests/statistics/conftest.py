"""Synthetic switching records with known rates, and the quantile of the false-alarm probability."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from wellhop.engine.records import SWITCH_DTYPE, EndState, TrajectoryRecord


@pytest.fixture
def sigmas() -> float:
    """A standard normal exceeds this in absolute value with probability 1e-8."""
    return 5.731


@pytest.fixture
def telegraph_records() -> Callable[..., list[TrajectoryRecord]]:
    """Make two-state trajectories with escape rates (k01, k10), transits and fast noise on top of X = +-1.

    After each switch the state spends ``transit`` before it enters the next core (X = 0 meanwhile); it
    leaves the core at rate k, so that a residence (milestone to milestone) lasts transit + Exp(k). With
    ``transit = 0`` it is a telegraph.
    """

    def make(
        seed: int, n: int, duration: float, rates: tuple[float, float] = (0.5, 0.5), interval: float = 0.1,
        noise: float = 0.2, transit: float = 0.0, amplitude: float = 1.0,
    ) -> list[TrajectoryRecord]:  # fmt: skip
        rng = np.random.default_rng(seed)
        records = []
        for j in range(n):
            well, time, departure, origin = j % 2, 0.0, 0.0, -1
            events, x_of = [], []
            while time < duration:
                events.append((time, departure, 0, origin, well, 0))
                x_of.append((departure if origin >= 0 else 0.0, time, 1.0 - 2.0 * well))
                departure = time + rng.exponential(1.0 / rates[well])
                time, origin, well = departure + transit, well, 1 - well
            switches = np.array(events, dtype=SWITCH_DTYPE)
            grid = interval * np.arange(int(duration / interval + 1e-9) + 1)
            entered = np.array([e for _, e, _ in x_of])
            x = np.array([s for *_, s in x_of])[np.searchsorted(entered, grid, side="right") - 1]
            for left, entry, _ in x_of[1:]:
                x[(grid >= left) & (grid < entry)] = 0.0
            if departure < duration < time:
                x[grid >= departure] = 0.0
            samples = amplitude * x + noise * rng.standard_normal(grid.size)
            records.append(
                TrajectoryRecord(
                    index=j, state=EndState.DONE, reason="", elapsed=duration, start_well=j % 2,
                    click_counts=rng.poisson([3.0 * duration, 0.2 * duration]), flips=len(events) - 1,
                    samples=samples[:, np.newaxis], switches=switches, clicks=np.empty(0),
                    guard_population=0.0,
                )
            )  # fmt: skip
        return records

    return make
