"""Trajectories of continuous-time Markov chains with wells, and their exact rates from eigenvectors."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from wellhop.engine.records import SWITCH_DTYPE, EndState, TrajectoryRecord

BRIGHT_LEFT, CENTRE, BRIGHT_RIGHT, OUTSIDE = 0, 1, 2, -1


@dataclass(frozen=True)
class Chain:
    """A chain: rates[i, j] from state i to j; well of each state, -1 outside of all cores; photons in each."""

    rates: npt.NDArray[np.float64]
    wells: tuple[int, ...]
    photons: tuple[float, ...]

    def exact(self) -> dict[str, float]:
        """lam_e, lam_o, k_v, k_b, k_d, bright_weight, photons by the spectral definitions."""
        generator = self.rates - np.diag(self.rates.sum(axis=1))
        values, right = np.linalg.eig(generator)
        left_of, minus, plus = (self.wells.index(w) for w in (CENTRE, BRIGHT_LEFT, BRIGHT_RIGHT))
        order = np.argsort(-values.real)
        even = next(
            k for k in order[1:] if abs(right[plus, k] - right[minus, k]) < 1e-9 * abs(right[:, k]).max()
        )
        odd = next(
            k for k in order[1:] if abs(right[plus, k] + right[minus, k]) < 1e-9 * abs(right[:, k]).max()
        )
        stationary = np.linalg.lstsq(
            np.vstack([generator.T, np.ones(len(generator))]),
            np.append(np.zeros(len(generator)), 1.0),
            rcond=None,
        )[0]
        lam_e, lam_o = -values[even].real, -values[odd].real
        weight = float((-right[left_of, even] / (right[plus, even] - right[left_of, even])).real)
        k_b = lam_e * (1.0 - weight)
        return {
            "lam_e": lam_e, "lam_o": lam_o, "k_v": lam_e * weight, "k_b": k_b, "k_d": 0.5 * (lam_o - k_b),
            "bright_weight": weight, "photons": float(stationary @ np.array(self.photons)),
        }  # fmt: skip


def three_states(k_v: float, k_b: float, k_d: float) -> Chain:
    """Wells without a transit: centre, bright right, bright left."""
    rates = np.array([[0.0, 0.5 * k_v, 0.5 * k_v], [k_b, 0.0, k_d], [k_b, k_d, 0.0]])
    return Chain(rates, (CENTRE, BRIGHT_RIGHT, BRIGHT_LEFT), (0.2, 8.0, 8.0))


def slow_transit(out_v: float, out_b: float, commit: float, to_centre: float = 0.5) -> Chain:
    """Wells joined by one state outside of all cores, which is left at the total rate ``commit``."""
    b = 0.5 * commit * (1.0 - to_centre)
    rates = np.array(
        [
            [0.0, out_v, 0.0, 0.0],
            [commit * to_centre, 0.0, b, b],
            [0.0, out_b, 0.0, 0.0],
            [0.0, out_b, 0.0, 0.0],
        ]
    )
    return Chain(rates, (CENTRE, OUTSIDE, BRIGHT_RIGHT, BRIGHT_LEFT), (0.2, 4.0, 8.0, 8.0))


def chain_records(
    chain: Chain, seed: int, n: int, duration: float, interval: float = 0.5, noise: float = 1.0, starts: int = 3
) -> list[TrajectoryRecord]:
    """Trajectories started in the first ``starts`` wells in turn, with labels by hysteresis and samples (0, photons + noise)."""
    rng = np.random.default_rng(seed)
    total = chain.rates.sum(axis=1)
    chance = np.cumsum(chain.rates / total[:, None], axis=1)
    wells = np.array(chain.wells)
    state = np.array([chain.wells.index(j % starts) for j in range(n)])
    grid = interval * np.arange(int(duration / interval * (1.0 + 1e-12)) + 1)
    light = np.zeros((n, grid.size))
    now, departure, label = np.zeros(n), np.zeros(n), wells[state]
    who, events = [np.arange(n)], [(now.copy(), now.copy(), np.full(n, -1), label.copy())]
    alive = np.arange(n)
    while alive.size:
        here = state[alive]
        end = now[alive] + rng.exponential(1.0 / total[here])
        for row, value, begin, stop in zip(
            alive, np.array(chain.photons)[here], now[alive], end, strict=True
        ):
            light[row, int(np.ceil(begin / interval)) : int(np.ceil(stop / interval))] = value
        departure[alive] = np.where(wells[here] >= 0, end, departure[alive])
        state[alive] = (rng.random(alive.size)[:, None] > chance[here]).sum(axis=1)
        now[alive] = end
        alive = alive[end < duration]
        entered = wells[state[alive]]
        changed = alive[(entered >= 0) & (entered != label[alive])]
        who.append(changed)
        events.append((now[changed], departure[changed], label[changed], wells[state[changed]]))
        label[changed] = wells[state[changed]]
    row = np.concatenate(who)
    table = np.zeros(row.size, dtype=SWITCH_DTYPE)
    for name, column in zip(("time", "departure", "origin", "target"), range(4), strict=True):
        table[name] = np.concatenate([e[column] for e in events])
    order = np.lexsort((table["time"], row))
    cuts = np.searchsorted(row[order], np.arange(1, n))
    light += noise * rng.standard_normal(light.shape)
    return [
        TrajectoryRecord(
            index=j, state=EndState.DONE, reason="", elapsed=duration, start_well=j % starts,
            click_counts=np.zeros(0, dtype=np.int64), flips=0, samples=np.column_stack([np.zeros(grid.size), x]),
            switches=events_of, clicks=np.empty(0), guard_population=0.0,
        )
        for j, (x, events_of) in enumerate(zip(light, np.split(table[order], cuts), strict=True))
    ]  # fmt: skip
