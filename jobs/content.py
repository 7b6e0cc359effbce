"""One number for the results: the content hash.

SHA-256 over all results in canonical order. Into it go, for every unit (point, arm, number of trajectories)
and for every trajectory its number, end state, reason, counters, elapsed time and the bytes of its arrays
(little-endian, C order, each with its shape). Left out is everything about how they were computed: slices,
segments, ranks, times, machine, surplus trajectories. So the same campaign gives the same hash on any layout,
and a reader of the merged file can recompute it.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterable, Iterator
from typing import Final

import numpy as np

from wellhop.engine.records import CLICK_DTYPE, SWITCH_DTYPE, TrajectoryRecord
from wellhop.jobs.units import Key

#: Changes whenever the recipe changes, so that hashes of different recipes cannot be mistaken for different
#: results.
RECIPE: Final = b"wellhop results 1"


def trajectory_digest(record: TrajectoryRecord) -> bytes:
    """SHA-256 of one trajectory."""
    digest = hashlib.sha256()
    reason = record.reason.encode("utf-8")
    counters = (int(record.index), int(record.state), int(record.start_well), int(record.flips))
    digest.update(struct.pack("<4q2dQ", *counters, record.elapsed, record.guard_population, len(reason)))
    digest.update(reason)
    arrays = (
        (record.click_counts, np.dtype("<i8")),
        (record.samples, np.dtype("<f8")),
        (record.switches, SWITCH_DTYPE),
        (record.clicks, CLICK_DTYPE),
    )
    for array, dtype in arrays:
        plain = np.ascontiguousarray(array, dtype)
        digest.update(struct.pack(f"<{1 + plain.ndim}q", plain.ndim, *plain.shape))
        digest.update(plain.tobytes())
    return digest.digest()


class ContentHash:
    """Builds the content hash unit by unit, without keeping the records."""

    def __init__(self) -> None:
        """Begin without results."""
        self._digest = hashlib.sha256(RECIPE)

    def pass_through(
        self, key: Key, count: int, records: Iterable[TrajectoryRecord]
    ) -> Iterator[TrajectoryRecord]:
        """Hash the ``count`` records of one unit while they pass by; units come in order."""
        self._digest.update(struct.pack("<3q", *key, count))
        for record in records:
            self._digest.update(trajectory_digest(record))
            yield record

    def add(self, key: Key, count: int, records: Iterable[TrajectoryRecord]) -> None:
        """Hash the ``count`` records of one unit."""
        for _ in self.pass_through(key, count, records):
            pass

    def hexdigest(self) -> str:
        """The hash of what was added so far."""
        return self._digest.hexdigest()
