"""Set damaged segments aside and keep everything that is intact.

Segments before the first damaged one stay. From there on, slices that still follow on intact ones are written
into new segments; slices whose predecessors are lost are given up and will be computed anew, and so are
verdicts that rest on them. Trajectories are deterministic, so the campaign ends with the same content hash.

The old segments are moved, never deleted: DIR/quarantine/0001/.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from wellhop.engine.errors import FolderError
from wellhop.engine.records import EndState
from wellhop.jobs.admission import SEGMENTS
from wellhop.jobs.chain import ARM, NUMBER, POINT, ROW, SEGMENT, STATE, TRAJECTORY, Chain, segment_name
from wellhop.jobs.durable import sync_folder, unwritable
from wellhop.jobs.segments import Entry, SegmentShelf, write_segment
from wellhop.jobs.stopping import Verdict
from wellhop.jobs.store import RunFolder, write_head
from wellhop.jobs.units import Key

_LARGEST_SEGMENT = 32 << 20


@dataclass(frozen=True)
class QuarantineReport:
    """What :func:`quarantine` did.

    Attributes:
        damaged: what was wrong.  moved_to: where the old segments are, or None when nothing was damaged.
        kept: slices kept.  given_up: intact slices that follow on lost ones.
    """

    damaged: tuple[str, ...]
    moved_to: Path | None
    kept: int
    given_up: int

    def __str__(self) -> str:
        """A few lines for people."""
        if self.moved_to is None:
            return "nothing is damaged"
        lines = [*self.damaged, f"old segments moved to {self.moved_to}"]
        lines.append(f"{self.kept} slices kept, {self.given_up} given up because slices before them are lost")
        return "\n".join(lines)


def quarantine(path: Path) -> QuarantineReport:
    """Repair the segments of a folder so that it can be resumed.

    Raises:
        FolderError: the folder is locked or cannot be written.
        DamagedFileError: campaign, manifest or prepared problems are damaged; these have no second source.
    """
    with RunFolder.open(path, write=True, strict=False) as folder:
        chain = folder.chain
        if not chain.problems:
            return QuarantineReport((), None, len(chain.rows), 0)
        try:
            return _rebuild(path, folder.genesis, chain)
        except OSError as error:
            raise unwritable(path, error) from error


def _rebuild(path: Path, genesis: str, chain: Chain) -> QuarantineReport:
    usable = _usable(chain.rows)
    verdicts = _sound_verdicts(chain.verdicts, usable)
    first_bad = min(chain.damaged, default=len(chain.paths) + 1)
    keep_whole = first_bad - 1
    if keep_whole and any(verdicts.get(key) != verdict for key, verdict in chain.verdicts.items()):
        keep_whole = 0  # a verdict that rests on lost slices may stand in any segment
    rebuilt = path / (SEGMENTS + ".rebuilt")
    shutil.rmtree(rebuilt, ignore_errors=True)
    rebuilt.mkdir()
    for source in chain.paths[:keep_whole]:
        _link(source, rebuilt / source.name)
    head = chain.checksums[keep_whole - 1] if keep_whole else genesis
    index, head = _write_rest(rebuilt, keep_whole, head, chain, usable, list(verdicts.values()))
    sync_folder(rebuilt)
    moved_to = _free_name(path / "quarantine")
    with contextlib.suppress(FileNotFoundError):
        os.replace(path / SEGMENTS, moved_to)
    os.replace(rebuilt, path / SEGMENTS)
    sync_folder(path)
    write_head(path, index, head if index else "", {})
    return QuarantineReport(tuple(chain.problems), moved_to, len(usable), len(chain.rows) - len(usable))


def _usable(rows: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Rows whose trajectory is unbroken up to them, each slice once."""
    keep = np.zeros(len(rows), dtype=bool)
    trajectory: tuple[int, ...] = ()
    expected, ended = 0, False
    for place, row in enumerate(rows):
        address = (int(row[POINT]), int(row[ARM]), int(row[TRAJECTORY]))
        if address != trajectory:
            trajectory, expected, ended = address, 0, False
        if int(row[NUMBER]) == expected and not ended:
            keep[place] = True
            expected += 1
            ended = row[STATE] != EndState.RUNNING
    return rows[keep]


def _sound_verdicts(verdicts: dict[Key, Verdict], usable: npt.NDArray[np.int64]) -> dict[Key, Verdict]:
    """Verdicts all of whose trajectories are still there."""
    final = usable[usable[:, STATE] != EndState.RUNNING]
    sound = {}
    for key, verdict in verdicts.items():
        mine = final[(final[:, POINT] == key[0]) & (final[:, ARM] == key[1]), TRAJECTORY]
        if np.count_nonzero(mine < verdict.trajectories) == verdict.trajectories:
            sound[key] = verdict
    return sound


def _write_rest(
    folder: Path, index: int, head: str, chain: Chain, usable: npt.NDArray[np.int64], verdicts: list[Verdict]
) -> tuple[int, str]:
    """Write the usable slices of later segments, and all verdicts, into segments after number ``index``."""
    rest = usable[usable[:, SEGMENT] >= index]
    rest = rest[np.lexsort((rest[:, ROW], rest[:, SEGMENT]))]
    judged = [verdict.to_json() for verdict in verdicts]
    shelf = SegmentShelf(chain.paths)
    entries: list[Entry] = []
    size = 0
    for place, row in enumerate(rest):
        record = shelf.record(int(row[SEGMENT]), int(row[ROW]))
        address = (int(row[POINT]), int(row[ARM]), int(row[TRAJECTORY]), int(row[NUMBER]))
        entries.append(Entry(*address, record))
        size += entries[-1].size
        if size > _LARGEST_SEGMENT and place + 1 < len(rest):
            index += 1
            head = write_segment(folder / segment_name(index), index, head, entries, [])
            entries, size = [], 0
    shelf.close()
    if entries or (judged and index < len(chain.paths)):
        index += 1
        head = write_segment(folder / segment_name(index), index, head, entries, judged)
    return index, head


def _link(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except OSError:  # no hard links on this file system
        shutil.copy2(source, target)


def _free_name(folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    for number in range(1, 10000):
        candidate = folder / f"{number:04d}"
        if not candidate.exists():
            return candidate
    raise FolderError(f"{folder}: is full of earlier quarantines; move them elsewhere")
