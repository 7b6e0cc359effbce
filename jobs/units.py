"""The work of a campaign in countable pieces, and what computes it.

A *unit* is one point measured in one way (arm). It consists of trajectories, a trajectory of slices. The
scheduler, the ledger and the files know no more than this about physics; the rest stands behind the protocol
:class:`Engine`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

import numpy as np

from wellhop.engine.records import SliceRecord, Snapshot, TrajectoryRecord

#: (index of the point, index of the arm)
Key = tuple[int, int]
#: A slice to compute: trajectory, number of the slice, snapshot from which it begins (None: from the start).
Piece = tuple[int, int, Snapshot | None]


@dataclass(frozen=True)
class Unit:
    """One point measured by one arm.

    Attributes:
        point, arm: indices; together with the seed and the trajectory they key the random streams.
        batch: the stop rule is judged each time this many more trajectories are complete.
        max_trajectories: after so many the unit ends, whatever the rule says.
        at_least: trajectories needed in any case; they may be handed out before the rule was ever judged.
        about: JSON-able description for files and displays; ``parameters`` (name -> number) and ``arm``
            (name) are used where present, and everything is stored.
    """

    point: int
    arm: int
    batch: int
    max_trajectories: int
    at_least: int = 0
    about: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse counts that make no sense; the campaign was checked before, so it is a bug or a forgery."""
        counts = (self.point, self.arm, self.batch, self.max_trajectories, self.at_least)
        if (
            not all(type(n) is int and 0 <= n < 1 << 62 for n in counts)
            or not 1 <= self.batch <= self.max_trajectories
        ):
            raise ValueError(f"malformed unit {counts}")
        if not isinstance(self.about, Mapping):
            raise ValueError("the description of a unit is no mapping")

    @property
    def key(self) -> Key:
        """(point, arm)."""
        return self.point, self.arm

    @property
    def label(self) -> str:
        """One line for people.

        >>> Unit(3, 0, 4, 8, about={"arm": "jumps", "parameters": {"eps2": 6.0, "kappa": 0.1}}).label
        'point 3 jumps (eps2=6, kappa=0.1)'
        """
        parameters = self.about.get("parameters", {})
        shown = ", ".join(f"{name}={value:.6g}" for name, value in parameters.items()) if parameters else ""
        return f"point {self.point} {self.about.get('arm', self.arm)}" + (f" ({shown})" if shown else "")

    def boundary(self, trajectories: int) -> int:
        """The number of trajectories at which the rule is judged next, once ``trajectories`` are complete.

        >>> [Unit(0, 0, 4, 10).boundary(n) for n in (0, 3, 4, 8)]
        [4, 4, 8, 10]
        """
        return min((trajectories // self.batch + 1) * self.batch, self.max_trajectories)

    def to_json(self) -> dict[str, Any]:
        """As stored in files."""
        return {
            "point": self.point,
            "arm": self.arm,
            "batch": self.batch,
            "max_trajectories": self.max_trajectories,
            "at_least": self.at_least,
            "about": dict(self.about),
        }

    @classmethod
    def from_json(cls, content: object) -> Unit:
        """Read back; raises ``ValueError`` on anything :meth:`to_json` would not write."""
        names = {"point", "arm", "batch", "max_trajectories", "at_least", "about"}
        if not isinstance(content, dict) or set(content) != names:
            raise ValueError("malformed unit")
        return cls(**content)


P = TypeVar("P")


class Engine(Protocol[P]):
    """What runs trajectories; ``P`` is its own form of a prepared problem.

    Everything is deterministic: a trajectory's results depend on problem, seed, point, arm and trajectory
    only, and neither on where it is cut into slices, nor on which others advance beside it, nor on who
    computes which slice.
    """

    def load(self, arrays: Mapping[str, np.ndarray]) -> P:
        """The problem from its plain arrays, as they were prepared."""

    def lanes(self, problem: P) -> int:
        """How many trajectories side by side are best; 1 where company makes none of them cheaper."""

    def start(self, problem: P, seed: int, point: int, arm: int, trajectory: int) -> Snapshot:
        """The snapshot from which the first slice begins."""

    def advance_many(self, problem: P, snapshots: Sequence[Snapshot], max_work: int) -> list[SliceRecord]:
        """The next slice of several trajectories of one unit, in the order of ``snapshots``.

        Each goes on by at most ``max_work`` >= 1 pieces of work (clicks of a quantum jump, steps of a Langevin
        trajectory) and by at least one; less than ``max_work`` where it ends or memory says so.
        """

    def assemble(self, problem: P, index: int, slices: Sequence[SliceRecord]) -> TrajectoryRecord:
        """A trajectory from all its slices."""


def finite_or_none(number: float) -> float | None:
    """JSON has no NaN and no infinity; both become null."""
    return float(number) if math.isfinite(number) else None
