"""Slice records in a segment file: one commit of the manager.

A segment is a container (``wellhop.jobs.container``) of kind ``segment``. Its ``meta`` holds

    index       number of the segment, from 1
    previous    checksum of the segment before it (of the manifest for the first), so that none can be
                missing or swapped
    judged      list of verdicts (``wellhop.jobs.stopping``) given since the segment before
    reasons     texts to which the column ``reason`` points

and its arrays are one table and seven flat arrays, in which the records of the table follow one another:

    table       (n_records, 14) int64, columns as in :data:`COLUMNS`; the last seven are numbers of elements
    samples     float64, (samples x observables) per record
    psi, reals, integers, stream    of the snapshot
    switches    switch records       clicks     click records
"""

from __future__ import annotations

import collections
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from wellhop.engine.errors import DamagedFileError
from wellhop.engine.records import CLICK_DTYPE, SWITCH_DTYPE, EndState, SliceRecord, Snapshot
from wellhop.jobs.container import Container, write_container

KIND: Final = "segment"
COLUMNS: Final = (
    *("point", "arm", "trajectory", "number", "state", "reason", "observables"),
    *("samples", "switches", "clicks", "psi", "reals", "integers", "stream"),
)
#: Flat arrays and their dtypes, in the order of the last seven columns.
ARRAYS: Final[dict[str, np.dtype[Any]]] = {
    "samples": np.dtype("<f8"),
    "switches": SWITCH_DTYPE,
    "clicks": CLICK_DTYPE,
    "psi": np.dtype("<c16"),
    "reals": np.dtype("<f8"),
    "integers": np.dtype("<i8"),
    "stream": np.dtype("<u8"),
}
_FIRST: Final = len(COLUMNS) - len(ARRAYS)
_LONGEST_REASON: Final = 500
#: What the objects of one entry take besides the elements of its arrays (measured: 2.2 KiB).
_OBJECTS_BYTES: Final = 2300


@dataclass(frozen=True)
class Entry:
    """One slice with its address: slice ``number`` of ``trajectory`` of the unit (``point``, ``arm``)."""

    point: int
    arm: int
    trajectory: int
    number: int
    record: SliceRecord

    @property
    def size(self) -> int:
        """Bytes it takes in memory, roughly."""
        return _OBJECTS_BYTES + sum(array.nbytes for array in _arrays(self.record).values())


def _arrays(record: SliceRecord) -> dict[str, np.ndarray]:
    snapshot = record.snapshot
    return {
        "samples": record.samples,
        "switches": record.switches,
        "clicks": record.clicks,
        "psi": snapshot.psi,
        "reals": snapshot.reals,
        "integers": snapshot.integers,
        "stream": snapshot.stream,
    }


def write_segment(
    path: Path, index: int, previous: str, entries: Sequence[Entry], judged: Sequence[dict[str, Any]]
) -> str:
    """Write one segment durably; returns its checksum."""
    table = np.empty((len(entries), len(COLUMNS)), dtype="<i8")
    reasons: dict[str, int] = {}
    flat: dict[str, list[np.ndarray]] = {name: [np.empty(0, dtype)] for name, dtype in ARRAYS.items()}
    for row, entry in zip(table, entries, strict=True):
        record, arrays = entry.record, _arrays(entry.record)
        reason = record.reason[:_LONGEST_REASON]
        place = reasons.setdefault(reason, len(reasons)) if reason else -1
        row[:_FIRST] = (
            *(entry.point, entry.arm, entry.trajectory, entry.number, int(record.state), place),
            record.samples.shape[1],
        )
        for column, (name, dtype) in enumerate(ARRAYS.items(), start=_FIRST):
            row[column] = len(arrays[name])
            flat[name].append(np.asarray(arrays[name], dtype).reshape(-1))
    meta = {"index": index, "previous": previous, "judged": list(judged), "reasons": list(reasons)}
    joined = {name: np.concatenate(pieces) for name, pieces in flat.items()}
    return write_container(path, KIND, meta, {"table": table, **joined})


class Segment:
    """A segment opened for reading, its description checked.

    Attributes:
        index, previous, judged: see the module.  table: (n_records, 14) int64.

    Raises:
        DamagedFileError: see :class:`wellhop.jobs.container.Container`.
    """

    def __init__(self, path: Path, *, trusted: bool = False) -> None:
        """Open and check; ``trusted`` skips the checksum of a file checked before."""
        self._file = Container(path, KIND, trusted=trusted)
        try:
            self._check()
        except BaseException:
            self.close()
            raise

    def _check(self) -> None:
        meta, file = self._file.meta, self._file
        self.sha256 = file.sha256
        index, previous = meta.get("index"), meta.get("previous")
        judged, reasons = meta.get("judged"), meta.get("reasons")
        if not (isinstance(index, int) and isinstance(previous, str) and isinstance(judged, list)):
            raise self._damaged("its header does not describe a segment")
        if not (isinstance(reasons, list) and all(isinstance(reason, str) for reason in reasons)):
            raise self._damaged("its header does not describe a segment")
        self.index: int = index
        self.previous: str = previous
        self.judged: list[Any] = judged
        self._reasons: list[str] = reasons
        shape = file.shape("table")
        if len(shape) != 2 or shape[1] != len(COLUMNS) or file.dtype("table") != np.dtype("<i8"):
            raise self._damaged(f"its table has shape {shape}")
        self.table = file.array("table")
        for name, dtype in ARRAYS.items():
            if file.dtype(name) != dtype or len(file.shape(name)) != 1:
                raise self._damaged(
                    f"array {name!r} has dtype {file.dtype(name)} and shape {file.shape(name)}"
                )
        self._check_table()

    def _check_table(self) -> None:
        table = self.table
        keys, sizes = table[:, :4], table[:, _FIRST - 1 :]
        state, reason = table[:, 4], table[:, 5]
        allowed = (keys >= 0).all() and (sizes >= 0).all() and (sizes < 1 << 40).all()
        allowed = allowed and np.isin(state, list(EndState)).all() and (reason >= -1).all()
        if not allowed or (reason >= len(self._reasons)).any():
            raise self._damaged("its table holds a number out of range")
        counts = table[:, _FIRST:].copy()
        observables = table[:, _FIRST - 1]
        if (counts[:, 0] * observables.astype(float) > 1 << 50).any():
            raise self._damaged("its table holds a number out of range")
        counts[:, 0] *= observables
        self._ends = np.cumsum(counts, axis=0)
        totals = self._ends[-1] if len(table) else np.zeros(len(ARRAYS), dtype=np.int64)
        for name, total in zip(ARRAYS, totals, strict=True):
            if self._file.shape(name) != (total,):
                raise self._damaged(f"array {name!r} does not have the {total} elements of the table")
        self._begins = self._ends - counts

    def _damaged(self, what: str) -> DamagedFileError:
        return DamagedFileError(f"{self._file.path}: damaged: {what}")

    def record(self, row: int) -> SliceRecord:
        """The slice of one row of the table."""
        fields = {
            name: self._file.rows(name, int(self._begins[row, column]), int(self._ends[row, column]))
            for column, name in enumerate(ARRAYS)
        }
        line = self.table[row]
        return SliceRecord(
            state=EndState(int(line[4])),
            reason=self._reasons[line[5]] if line[5] >= 0 else "",
            samples=fields["samples"].reshape(int(line[_FIRST]), int(line[_FIRST - 1])),
            switches=fields["switches"],
            clicks=fields["clicks"],
            snapshot=Snapshot(fields["psi"], fields["reals"], fields["integers"], fields["stream"]),
        )

    def entry(self, row: int) -> Entry:
        """The slice of one row with its address."""
        point, arm, trajectory, number = (int(n) for n in self.table[row, :4])
        return Entry(point, arm, trajectory, number, self.record(row))

    def close(self) -> None:
        """Close the file."""
        self._file.close()


class SegmentShelf:
    """Segments of one folder, opened when needed, at most ``most_open`` files at a time."""

    def __init__(self, paths: Sequence[Path], most_open: int = 64) -> None:
        """Take the paths of checked segments, numbered from 0 in this order."""
        self._paths = list(paths)
        self._most_open = most_open
        self._open: collections.OrderedDict[int, Segment] = collections.OrderedDict()

    def record(self, segment: int, row: int) -> SliceRecord:
        """One slice."""
        if segment not in self._open:
            if len(self._open) >= self._most_open:
                self._open.popitem(last=False)[1].close()
            self._open[segment] = Segment(self._paths[segment], trusted=True)
        self._open.move_to_end(segment)
        return self._open[segment].record(row)

    def close(self) -> None:
        """Close all files."""
        while self._open:
            self._open.popitem()[1].close()
