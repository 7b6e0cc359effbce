"""A cheap engine with the same shape as the real one: a clock, a stream, samples, switches and failures.

A trajectory makes clicks with exponential waiting times until its duration is over. Flaws can be switched on
to show that the tests would notice them: a stream that depends on the process, on the cuts between slices, or
on the trajectories beside it.
"""

from __future__ import annotations

import math
import os
import time
from collections.abc import Mapping, Sequence

import numpy as np

from wellhop.engine.errors import ModelError
from wellhop.engine.records import (
    CLICK_DTYPE,
    SWITCH_DTYPE,
    EndState,
    SliceRecord,
    Snapshot,
    TrajectoryRecord,
)
from wellhop.jobs.stopping import Progress, RecordsTally, Tally, apply_rule
from wellhop.jobs.units import Unit

MASK = (1 << 64) - 1
SEED = 20260


def splitmix(state: int) -> tuple[int, float]:
    """Next state and a number in (0, 1] (Steele, Lea, Flood, OOPSLA 2014)."""
    state = (state + 0x9E3779B97F4A7C15) & MASK
    z = state
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
    return state, ((z ^ (z >> 31)) + 1) / 2.0**64


def mix(*words: int) -> int:
    """One stream state from several numbers."""
    state = 1
    for word in words:
        state, _ = splitmix(state ^ (word * 0xD1B54A32D192ED03 & MASK))
    return state


class ToyEngine:
    """Implements the engine protocol; ``flaw`` breaks one promise on purpose."""

    def __init__(self, sleep: float = 0.0, flaw: str = "", failing: bool = False, lanes: int = 1) -> None:
        self.sleep, self.flaw, self.failing, self.side_by_side = sleep, flaw, failing, lanes
        #: sizes of the groups advanced so far
        self.groups: list[int] = []

    def load(self, arrays: Mapping[str, np.ndarray]) -> dict[str, float]:
        return {"duration": float(arrays["duration"][0]), "hop": float(arrays["hop"][0])}

    def start(self, problem: dict[str, float], seed: int, point: int, arm: int, trajectory: int) -> Snapshot:
        state = mix(seed, point, arm, trajectory)
        integers = np.array([0, trajectory % 2, 0, trajectory])  # clicks, well, switches, number
        return Snapshot(np.array([1.0, 0.5j]), np.zeros(1), integers, np.array([state], dtype=np.uint64))

    def lanes(self, problem: dict[str, float]) -> int:
        return self.side_by_side

    def advance_many(
        self, problem: dict[str, float], snapshots: Sequence[Snapshot], max_work: int
    ) -> list[SliceRecord]:
        self.groups.append(len(snapshots))
        return [self._advance(problem, snapshot, max_work, len(snapshots)) for snapshot in snapshots]

    def _advance(
        self, problem: dict[str, float], snapshot: Snapshot, max_clicks: int, members: int
    ) -> SliceRecord:
        state, (now,) = int(snapshot.stream[0]), snapshot.reals.tolist()
        clicks, well, hops, number = snapshot.integers.tolist()
        if self.flaw == "process":
            state ^= os.getpid()
        if self.flaw == "group" and members > 1:
            state = mix(state, members)
        if self.flaw == "slice":
            state = mix(state, 7)
        samples, switches, end, reason = [], [], EndState.RUNNING, ""
        for _ in range(max_clicks):
            state, u = splitmix(state)
            before, now = now, now - math.log(u)
            samples += [(1.0 - 2.0 * well, u)] * (int(min(now, problem["duration"])) - int(before))
            if now >= problem["duration"]:
                end = EndState.DONE if u > 0.02 else EndState.CENSORED
                break
            clicks += 1
            if u < problem["hop"]:
                switches.append((now, before, 0, well, 1 - well, 0))
                well, hops = 1 - well, hops + 1
            if u > 0.9995:
                end, reason = EndState.FAILED, f"toy failure at {now:.3f}"
                break
            if self.sleep:
                time.sleep(self.sleep)
        if self.failing and number == 5:
            raise ModelError("toy: trajectory 5 cannot be computed")
        if self.flaw == "crash" and number >= 5:
            raise ZeroDivisionError(f"toy bug in trajectory {number}")
        return SliceRecord(
            state=end,
            reason=reason,
            samples=np.array(samples, dtype=float).reshape(-1, 2),
            switches=np.array(switches, dtype=SWITCH_DTYPE),
            clicks=np.empty(0, CLICK_DTYPE),
            snapshot=Snapshot(
                snapshot.psi * np.exp(1j * now),
                np.array([now]),
                np.array([clicks, well, hops, number]),
                np.array([state], dtype=np.uint64),
            ),
        )

    def assemble(
        self, problem: dict[str, float], index: int, slices: Sequence[SliceRecord]
    ) -> TrajectoryRecord:
        final = slices[-1]
        clicks, _, hops, number = final.snapshot.integers.tolist()
        return TrajectoryRecord(
            index=index,
            state=final.state,
            reason=final.reason,
            elapsed=float(final.snapshot.reals[0]),
            start_well=number % 2,
            click_counts=np.array([clicks, hops]),
            flips=hops,
            samples=np.concatenate([s.samples for s in slices]),
            switches=np.concatenate([s.switches for s in slices]),
            clicks=np.concatenate([s.clicks for s in slices]),
            guard_population=0.0,
        )


def toy_units(points: int = 3) -> list[Unit]:
    """Points with very different amounts of work, and a second arm at the first point."""
    units = [Unit(0, 1, 4, 4, at_least=4, about={"arm": "counting", "parameters": {"hop": 0.02}})]
    for point in range(points):
        about = {"arm": "jumps", "parameters": {"hop": 0.02 * (point + 1)}, "target": 0.12}
        units.append(Unit(point, 0, 6, 60, about=about))
    return sorted(units, key=lambda unit: unit.key)


def toy_problems(units: Sequence[Unit]) -> dict[tuple[int, int], dict[str, np.ndarray]]:
    """Arrays for the units."""
    problems = {}
    for unit in units:
        hop = unit.about["parameters"]["hop"]
        problems[unit.key] = {
            "duration": np.array([40.0 + 30.0 * unit.point]),
            "hop": np.array([hop]),
            "padding": np.arange(3000, dtype=np.float64),
        }
    return problems


def toy_tally(unit: Unit) -> Tally:
    """Relative error of a counted rate, for the arm called jumps."""

    def judge(records: Sequence[TrajectoryRecord]) -> Progress:
        switches = sum(len(record.switches) for record in records)
        exposure = math.fsum(record.elapsed for record in records)
        error = 1 / math.sqrt(switches) if switches else math.inf
        rule = "relative_error" if unit.arm == 0 else "trajectories"
        target = unit.about.get("target", 4.0)
        return apply_rule(
            rule,
            target,
            value=switches / exposure if exposure else math.nan,
            relative_error=error,
            switches=switches,
            exposure=exposure,
            trajectories=len(records),
        )

    return RecordsTally(judge)
