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
IntArray = npt.NDArray[np.int64]
Labels = npt.NDArray[np.int8]


@dataclass(frozen=True)
class LabelGrid:
    """Labels of trajectories of equal length on the sample grid.

    Attributes:
        rows: (r,) which trajectories. first: index of the first sample. labels: (r, n) from it on.
    """

    rows: IntArray
    first: int
    labels: Labels


@dataclass(frozen=True)
class WellLabels:
    """Labels of many trajectories, as their changes.

    Attributes:
        row, time, label: (m,) changes, ordered by trajectory and time: trajectory ``row`` has ``label`` from ``time`` on.
        elapsed, start_well, index: (n,) length, start well (-1: none) and number of each trajectory.
        begin: (n,) time of the first label, ``inf`` where there is none.
    """

    row: IntArray
    time: FloatArray
    label: Labels
    elapsed: FloatArray
    start_well: IntArray
    index: IntArray
    begin: FloatArray

    def at(self, times: FloatArray, rows: IntArray | None = None) -> Labels:
        """(n, k) labels at k ascending times; before the first label the first one.

        Args:
            times: (k,) ascending. rows: only these trajectories.
        """
        return self._on(np.searchsorted(times, self.time, side="left"), len(times), rows)

    def grids(self, interval: float, skip: int) -> list[LabelGrid]:
        """Labels on the grid of samples, trajectories of equal length together; those without a label are left out.

        Args:
            interval: of the grid. skip: samples to leave out at the start of each.
        """
        # 1e-9 of a step: a change on a grid point belongs to it whatever its last digit
        place = np.ceil(self.time / interval - 1e-9).astype(np.int64)
        sizes = (self.elapsed / interval * (1.0 + 1e-12)).astype(np.int64) + 1
        some = np.isfinite(self.begin)
        firsts = np.zeros(len(sizes), dtype=np.int64)
        firsts[some] = np.maximum(skip, np.ceil(self.begin[some] / interval - 1e-9).astype(np.int64))
        out = []
        for size, first in sorted(set(zip(sizes[some].tolist(), firsts[some].tolist(), strict=True))):
            rows = np.flatnonzero(some & (sizes == size) & (firsts == first))
            if size > first:
                out.append(LabelGrid(rows, first, self._on(place - first, size - first, rows)))
        return out

    def _on(self, place: IntArray, size: int, rows: IntArray | None) -> Labels:
        """(rows, size) labels, the changes being at columns ``place`` (all before column 0 count as column 0)."""
        chosen = np.arange(len(self.elapsed)) if rows is None else rows
        line = np.full(len(self.elapsed), -1)
        line[chosen] = np.arange(len(chosen))
        head = (
            np.append(True, self.row[1:] != self.row[:-1]) if self.row.size else np.zeros(0, dtype=np.bool_)
        )
        step = self.label - np.where(head, 0, np.roll(self.label, 1))
        keep = (line[self.row] >= 0) & ((place < size) | head)
        column = np.where(head, 0, np.clip(place, 0, size - 1))[keep]
        changes = np.zeros((len(chosen), size), dtype=np.int8)
        np.add.at(changes, (line[self.row[keep]], column), step[keep].astype(np.int8))
        out: Labels = np.cumsum(changes, axis=1, dtype=np.int8)
        return out


def well_labels(records: Sequence[TrajectoryRecord], core: int) -> WellLabels:
    """Labels under core definition ``core``.

    Args:
        records: trajectories that did not fail. core: index of the core definition.

    Raises:
        StatisticsError: events out of order.

    >>> from wellhop.engine.records import SWITCH_DTYPE, EndState
    >>> events = np.array([(0.5, 0, 0, -1, 1, 0), (3.0, 2.0, 0, 1, 2, 0)], dtype=SWITCH_DTYPE)
    >>> none = np.empty(0)
    >>> run = TrajectoryRecord(0, EndState.DONE, "", 5.0, 0, none.astype(int), 1, none, events, none, 0.0)
    >>> found = well_labels([run], 0)
    >>> found.at(np.array([0.0, 2.9, 3.0])).tolist(), found.grids(1.0, 2)[0].labels.tolist()
    ([[0, 1, 2]], [[1, 2, 2, 2]])
    """
    n = len(records)
    events = [r.switches for r in records if len(r.switches)]
    row = np.repeat(np.arange(n), [len(r.switches) for r in records])
    if row.size:
        # field by field: concatenating structured arrays is slow
        mine = np.concatenate([e["core"] for e in events]) == core
        row = row[mine]
        time = np.concatenate([e["time"] for e in events])[mine]
        label = np.concatenate([e["target"] for e in events])[mine].astype(np.int8)
    else:
        time, label = np.zeros(0), np.zeros(0, dtype=np.int8)
    wrong = (row[1:] == row[:-1]) & (np.diff(time) < 0.0)
    if wrong.any():
        number = records[int(row[np.flatnonzero(wrong)[0]])].index
        raise StatisticsError(f"records[{number}].switches: events of core {core} are out of order")
    start = np.array([r.start_well for r in records], dtype=np.int64)
    begin = np.full(n, np.inf)
    np.minimum.at(begin, row, time)
    late = np.flatnonzero((start >= 0) & (begin > 0.0))
    row = np.concatenate([row, late])
    order = np.lexsort((np.concatenate([np.arange(time.size), np.full(late.size, -1)]), row))
    begin[late] = 0.0
    return WellLabels(
        row=row[order],
        time=np.concatenate([time, np.zeros(late.size)])[order],
        label=np.concatenate([label, start[late].astype(np.int8)])[order],
        elapsed=np.array([r.elapsed for r in records], dtype=np.float64),
        start_well=start,
        index=np.array([r.index for r in records], dtype=np.int64),
        begin=begin,
    )


def bright(labels: Labels, centre: int) -> Labels:
    """The even function h: 1 in a bright well, 0 in the centre."""
    return np.asarray(labels != centre, dtype=np.int8)


def side(labels: Labels, centre: int) -> Labels:
    """The odd function s: sign of the side of the centre, 0 in it."""
    return np.asarray(np.sign(labels - np.int8(centre)), dtype=np.int8)
