"""Which well a trajectory belongs to: the label of the core-set definition, with hysteresis, as functions of time.

    h(t) = 1 if the label is a bright well, 0 if it is the centre          (even under bright + <-> bright -)
    s(t) = +1, -1 in the bright wells after and before the centre, 0 there   (odd)

The label changes on the entry into another core and keeps its value in between, so that h and s are pure
telegraphs without noise from within the wells. From the start to the first entry it is the start well.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from wellhop.engine.errors import StatisticsError
from wellhop.engine.records import TrajectoryRecord

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class WellPath:
    """Label of one trajectory.

    Attributes:
        times: (m,) when each label began, ascending. labels: (m,) the wells. elapsed: end of the trajectory.
        start_well: -1 if it was not started in a well. index: number of the trajectory.
    """

    times: FloatArray
    labels: npt.NDArray[np.int64]
    elapsed: float
    start_well: int
    index: int

    def at(self, times: npt.ArrayLike) -> npt.NDArray[np.int64]:
        """Label at given times, those before the first label count as the first.

        >>> WellPath(np.array([0.0, 3.0]), np.array([1, 2]), 9.0, 1, 0).at([0.0, 2.9, 3.0]).tolist()
        [1, 1, 2]
        """
        place = np.searchsorted(self.times, np.asarray(times, dtype=np.float64), side="right") - 1
        out: npt.NDArray[np.int64] = self.labels[np.maximum(place, 0)]
        return out

    @property
    def begin(self) -> float:
        """Time of the first label."""
        return float(self.times[0])


def well_paths(records: Sequence[TrajectoryRecord], core: int) -> list[WellPath]:
    """Label paths under core definition ``core``; trajectories that never had a label are left out.

    Args:
        records: trajectories that did not fail. core: index of the core definition.

    Raises:
        StatisticsError: events out of order.
    """
    paths = []
    for record in records:
        events = record.switches[record.switches["core"] == core]
        times = events["time"].astype(np.float64)
        labels = events["target"].astype(np.int64)
        if np.any(np.diff(times) < 0.0):
            raise StatisticsError(f"records[{record.index}].switches: events of core {core} are out of order")
        if record.start_well >= 0 and not (times.size and times[0] <= 0.0):
            times, labels = np.append(0.0, times), np.append(record.start_well, labels)
        if times.size:
            paths.append(WellPath(times, labels, record.elapsed, record.start_well, record.index))
    return paths


def bright(labels: npt.NDArray[np.int64], centre: int) -> FloatArray:
    """The even function h: 1 in a bright well, 0 in the centre."""
    return np.asarray(labels != centre, dtype=np.float64)


def side(labels: npt.NDArray[np.int64], centre: int) -> FloatArray:
    """The odd function s: sign of the side of the centre, 0 in it."""
    return np.asarray(np.sign(labels - centre), dtype=np.float64)
