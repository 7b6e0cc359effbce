"""All segments of a run folder, in order, with every checksum and every link checked.

Each segment names the checksum of the one before it, the first that of the manifest, and ``head.json`` names
the last one known to be committed. So a segment that is missing, swapped or from another run is found like a
damaged one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from wellhop.engine.errors import DamagedFileError, FolderError
from wellhop.jobs.durable import PARTIAL, read_document, unreadable
from wellhop.jobs.segments import Segment
from wellhop.jobs.stopping import Verdict
from wellhop.jobs.units import Key

_NAME: Final = re.compile(r"seg-([0-9]{8})\.wh")
#: Columns of :attr:`Chain.rows`.
POINT, ARM, TRAJECTORY, NUMBER, STATE, SEGMENT, ROW = range(7)


def segment_name(index: int) -> str:
    """File name of a segment.

    >>> segment_name(12)
    'seg-00000012.wh'
    """
    return f"seg-{index:08d}.wh"


@dataclass
class Chain:
    """What the segments of a folder hold.

    Attributes:
        paths: the intact segments, in order.
        checksums: of the intact segments.
        rows: (n_slices, 7) int64, sorted: point, arm, trajectory, number, state, place in ``paths``, row in
            that file.
        verdicts: the latest verdict of each unit.
        damaged: index -> what is wrong, for segments that cannot be used or are missing.
        problems: one line for everything wrong, segments and head.
        notes: files that do not belong here.
        standing: what the manager wrote into ``head.json`` for people.
    """

    genesis: str
    paths: list[Path] = field(default_factory=list)
    checksums: list[str] = field(default_factory=list)
    rows: npt.NDArray[np.int64] = field(default_factory=lambda: np.empty((0, 7), dtype=np.int64))
    verdicts: dict[Key, Verdict] = field(default_factory=dict)
    damaged: dict[int, str] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    standing: Mapping[str, Any] = field(default_factory=dict)

    @property
    def head(self) -> str:
        """Checksum to which the next segment links."""
        return self.checksums[-1] if self.checksums else self.genesis

    def demand_intact(self, folder: Path) -> None:
        """Raise when anything is wrong.

        Raises:
            DamagedFileError: names the first problem, the number of others and the way out.
        """
        if self.problems:
            more = f" (and {len(self.problems) - 1} more problems)" if len(self.problems) > 1 else ""
            way_out = f"wellhop resume --quarantine {folder} sets it aside and computes anew what was in it"
            raise DamagedFileError(f"{self.problems[0]}{more}; {way_out}")


def read_chain(folder: Path, genesis: str) -> Chain:
    """Read and check ``folder/head.json`` and ``folder/segments``; problems are collected, not raised."""
    chain = Chain(genesis)
    head = _read_head(
        folder / "head.json", chain
    )  # before the listing: a running writer may add segments in between
    found = _list_segments(folder / "segments", chain)
    _note_gaps(folder, found | {int(head.get("segment", 0))}, found, chain)
    tables: list[npt.NDArray[np.int64]] = []
    checksums: dict[int, str] = {0: genesis}
    for index in sorted(found):
        path = folder / "segments" / segment_name(index)
        try:
            segment = Segment(path)
        except (DamagedFileError, FolderError) as error:
            chain.damaged[index] = str(error)
            chain.problems.append(str(error))
            continue
        with_link = checksums.get(index - 1, segment.previous)
        if _take(segment, path, index, with_link, chain):
            tables.append(_rows_of(segment, len(chain.paths) - 1))
            checksums[index] = segment.sha256
        segment.close()
    named = int(head.get("segment", 0))
    if named and checksums.get(named, head["segment_sha256"]) != head["segment_sha256"]:
        chain.problems.append(
            f"{folder / 'head.json'}: damaged: names another segment {named} than the one stored"
        )
    if tables:
        rows = np.concatenate(tables)
        chain.rows = rows[np.lexsort((rows[:, NUMBER], rows[:, TRAJECTORY], rows[:, ARM], rows[:, POINT]))]
    return chain


def _note_gaps(folder: Path, named: set[int], found: set[int], chain: Chain) -> None:
    """Segments that are missing below the last one seen or named; a forged number must not cost time."""
    before = 0
    for index in sorted(named):
        begin = before + 1
        stop = index if index in found else index + 1
        if begin < stop:
            name = folder / "segments" / segment_name(begin)
            more = f" (and {stop - begin - 1} after it)" if stop - begin > 1 else ""
            chain.damaged[begin] = f"{name}: missing{more}"
            chain.problems.append(chain.damaged[begin])
        before = index


def _take(segment: Segment, path: Path, index: int, link: str, chain: Chain) -> bool:
    """Add a segment to the chain if it is in its place."""
    wrong = ""
    if segment.index != index or segment.previous != link:
        wrong = (
            f"{path}: damaged: it is not the segment that belongs here (segment {segment.index} of its run)"
        )
    verdicts: list[Verdict] = []
    try:
        verdicts = [Verdict.from_json(content) for content in segment.judged]
    except ValueError:
        wrong = f"{path}: damaged: a verdict in it is malformed"
    if wrong:
        chain.damaged[index] = wrong
        chain.problems.append(wrong)
        return False
    chain.paths.append(path)
    chain.checksums.append(segment.sha256)
    for verdict in verdicts:
        chain.verdicts[verdict.point, verdict.arm] = verdict
    return True


def _rows_of(segment: Segment, place: int) -> npt.NDArray[np.int64]:
    rows = np.empty((len(segment.table), 7), dtype=np.int64)
    rows[:, : STATE + 1] = segment.table[:, : STATE + 1]
    rows[:, SEGMENT] = place
    rows[:, ROW] = np.arange(len(rows))
    return rows


def _read_head(path: Path, chain: Chain) -> dict[str, Any]:
    try:
        head = read_document(path)
    except (DamagedFileError, FolderError) as error:
        chain.problems.append(str(error))
        return {}
    shaped = type(head.get("segment")) is int and 0 <= head["segment"] < 10**8
    if (
        not shaped
        or not isinstance(head.get("segment_sha256"), str)
        or not isinstance(head.get("standing"), dict)
    ):
        chain.problems.append(f"{path}: damaged: does not describe a head")
        return {}
    chain.standing = head["standing"]
    return head


def _list_segments(folder: Path, chain: Chain) -> set[int]:
    found = set()
    try:
        names = sorted(entry.name for entry in folder.iterdir())
    except OSError as error:
        chain.problems.append(str(unreadable(folder, error)))
        return set()
    for name in names:
        match = _NAME.fullmatch(name)
        if match and int(match[1]) > 0:
            found.add(int(match[1]))
        elif not name.endswith(PARTIAL):
            chain.notes.append(f"{folder / name}: does not belong here and was not read")
    return found
