"""The run folder: everything a campaign needs to continue, on any machine and after any stop.

    DIR/campaign.toml       the campaign file as it was given, byte for byte
    DIR/prepared.wh         every unit's problem as arrays: a resumed run uses the same matrices
    DIR/manifest.json       format version, fingerprint, provenance, checksums of the two above;
                            written last, so a folder with a manifest is whole
    DIR/segments/           seg-00000001.wh ...: the results, append only (``jobs.segments``, ``jobs.chain``)
    DIR/head.json           the last segment committed, and the standing at that time
    DIR/lock                held by the one process that writes
    DIR/campaign.h5         all results in one file, after ``wellhop merge``; campaign.h5.sha256 beside it
    DIR/quarantine/         damaged segments set aside;  DIR/report/  figures and page

Only the manager writes, each file whole or not at all (``wellhop.jobs.durable``), and nothing that was
committed is ever changed.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np

from wellhop.engine.errors import DamagedFileError, FolderError
from wellhop.jobs import lock as locks
from wellhop.jobs.admission import (
    CAMPAIGN,
    FORMAT,
    HEAD,
    MANIFEST,
    PREPARED,
    SEGMENTS,
    VERSION,
    ChangedKeys,
    check_campaign,
    check_new,
    demand_run,
    read_manifest,
)
from wellhop.jobs.chain import read_chain, segment_name
from wellhop.jobs.container import Container, write_container
from wellhop.jobs.durable import (
    PARTIAL,
    UnwritableError,
    sync_folder,
    unreadable,
    unwritable,
    write_document,
    write_durably,
)
from wellhop.jobs.segments import Entry, write_segment
from wellhop.jobs.stopping import Verdict
from wellhop.jobs.units import Key, Unit


class RunFolder:
    """An open run folder; use :meth:`create` or :meth:`open`, and close it or use it as a context.

    Attributes:
        path: the folder.  manifest: content of manifest.json.
        units: all units, in canonical order.  seed: of the campaign.
        campaign_text: the campaign file.  chain: the segments found when the folder was opened.
    """

    def __init__(self, path: Path, lock: locks.FolderLock | None) -> None:
        """Read and check everything; ``lock`` is held from here on when writing is intended."""
        self.path = path
        self._lock = lock
        self.manifest = read_manifest(path)
        self.genesis = str(self.manifest["sha256"])
        self._prepared = Container(path / PREPARED, "prepared")
        if self._prepared.sha256 != self.manifest.get("prepared_sha256"):
            self._prepared.close()
            raise DamagedFileError(f"{path / PREPARED}: damaged: it is not the file that the manifest names")
        self.units, self.seed, self._blobs = _read_units(self._prepared)
        self.campaign_text = str(self.manifest["campaign"])
        self.chain = read_chain(path, self.genesis)
        self._next = len(self.chain.paths) + 1
        self._head = self.chain.head

    @classmethod
    def create(
        cls,
        path: Path,
        *,
        campaign_text: bytes,
        fingerprint: str,
        seed: int,
        units: Sequence[Unit],
        problems: Mapping[Key, Mapping[str, np.ndarray]],
        provenance: Mapping[str, Any],
    ) -> RunFolder:
        """Begin a run: write campaign, problems and manifest, and keep the lock.

        Args:
            path: a folder that does not exist, is empty, or was left by a creation cut short.
            campaign_text: the campaign file, UTF-8.  fingerprint: of its meaning.  seed: of the random
                streams.
            units: in canonical order (point, arm).  problems: arrays of each unit's problem.
            provenance: JSON-able.

        Raises:
            FolderError: see :func:`check_new`; or the disk refuses, and then what was written is removed
            again.
        """
        check_new(path)
        try:
            return cls._create(path, campaign_text, fingerprint, seed, units, problems, provenance)
        except UnwritableError as error:
            if (path / MANIFEST).exists():
                raise
            way_on = "no run has begun: make room, give write permission or choose another folder, and run it again"
            raise FolderError(f"{error.path}: cannot be written: {error.reason}; {way_on}") from error

    @classmethod
    def _create(
        cls,
        path: Path,
        campaign_text: bytes,
        fingerprint: str,
        seed: int,
        units: Sequence[Unit],
        problems: Mapping[Key, Mapping[str, np.ndarray]],
        provenance: Mapping[str, Any],
    ) -> RunFolder:
        try:
            existed = path.exists()
            path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise unwritable(path, error) from error
        lock = locks.FolderLock(path)
        try:
            check_new(path)
            _write_new(path, campaign_text, fingerprint, seed, units, problems, provenance)
            return cls(path, lock)
        except FolderError:
            if not (path / MANIFEST).exists():
                _remove_unfinished(path, existed)
            lock.release()
            raise
        except BaseException:
            lock.release()
            raise

    @classmethod
    def open(
        cls, path: Path, *, write: bool, changed_keys: ChangedKeys | None = None, strict: bool = True
    ) -> RunFolder:
        """Open a folder with a manifest, to read (status, verify, report) or to continue it.

        Args:
            path: the folder.  write: take the lock and clear leftovers.
            changed_keys: to name what was edited in DIR/campaign.toml, see :data:`ChangedKeys`.
            strict: refuse damaged segments; otherwise they are listed in ``chain.problems``.

        Raises:
            FolderError: foreign, locked, unreadable, or its campaign was edited.  DamagedFileError: any byte
            is wrong.
        """
        demand_run(path)
        lock = locks.FolderLock(path) if write else None
        try:
            if write:
                _finish_rebuild(path)
            check_campaign(path, changed_keys)
            folder = cls(path, lock)
            if strict:
                folder.chain.demand_intact(path)
            if write:
                _clear_partial(path)
            return folder
        except BaseException:
            if lock is not None:
                lock.release()
            raise

    def problem(self, key: Key) -> dict[str, np.ndarray]:
        """The arrays of one unit's problem, freshly read."""
        return {name: self._prepared.array(blob) for name, blob in self._blobs[key].items()}

    def unit(self, key: Key) -> Unit:
        """The unit with this key."""
        return next(unit for unit in self.units if unit.key == key)

    def commit(
        self, entries: Sequence[Entry], judged: Sequence[Verdict], standing: Mapping[str, Any]
    ) -> None:
        """Append one segment; when this returns, it is on the disk.

        Raises:
            FolderError: the disk refuses; nothing that was committed before is touched.
        """
        if self._lock is None:
            raise RuntimeError("the folder was opened for reading")
        path = self.path / SEGMENTS / segment_name(self._next)
        if path.exists():
            raise FolderError(f"{path}: exists already; another process writes to this folder")
        verdicts = [verdict.to_json() for verdict in judged]
        self._head = write_segment(path, self._next, self._head, entries, verdicts)
        self._next += 1
        write_head(self.path, self._next - 1, self._head, standing)

    @property
    def committed(self) -> int:
        """Number of segments."""
        return self._next - 1

    def close(self) -> None:
        """Close the files and give the lock free."""
        self._prepared.close()
        if self._lock is not None:
            self._lock.release()

    def __enter__(self) -> Self:
        """Return the folder itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close it."""
        self.close()


def write_head(path: Path, segment: int, checksum: str, standing: Mapping[str, Any]) -> None:
    """Name the last committed segment in head.json."""
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    content = {
        "segment": segment,
        "segment_sha256": checksum,
        "committed_at": now,
        "standing": dict(standing),
    }
    write_document(path / HEAD, content)


def _write_new(
    path: Path,
    campaign_text: bytes,
    fingerprint: str,
    seed: int,
    units: Sequence[Unit],
    problems: Mapping[Key, Mapping[str, np.ndarray]],
    provenance: Mapping[str, Any],
) -> None:
    if [unit.key for unit in units] != sorted({unit.key for unit in units}):
        raise ValueError("units must be in the order of (point, arm), each once")
    try:
        (path / SEGMENTS).mkdir(exist_ok=True)
    except OSError as error:
        raise unwritable(path / SEGMENTS, error) from error
    write_durably(path / CAMPAIGN, [campaign_text])
    prepared = _write_prepared(path / PREPARED, seed, units, problems)
    content = {
        "format": FORMAT,
        "format_version": VERSION,
        "fingerprint": fingerprint,
        "campaign": campaign_text.decode("utf-8"),
        "campaign_sha256": hashlib.sha256(campaign_text).hexdigest(),
        "prepared_sha256": prepared,
        "provenance": dict(provenance),
        "created_at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
    }
    # The first segment links to the manifest's checksum, and the manifest must come last: so head names no
    # segment yet.
    write_head(path, 0, "", {})
    write_document(path / MANIFEST, content)
    with contextlib.suppress(OSError):
        sync_folder(path.parent)


def _write_prepared(
    path: Path, seed: int, units: Sequence[Unit], problems: Mapping[Key, Mapping[str, np.ndarray]]
) -> str:
    """Store every distinct array once; arms of one point share most of theirs."""
    arrays: dict[str, np.ndarray] = {}
    blobs = []
    for unit in units:
        names = {}
        for name, array in problems[unit.key].items():
            plain = np.ascontiguousarray(array)
            content = f"{plain.dtype.str}{plain.shape}".encode() + plain.tobytes()
            blob = hashlib.sha256(content).hexdigest()[:32]
            arrays[blob] = array
            names[name] = blob
        blobs.append(names)
    meta = {"seed": seed, "units": [unit.to_json() for unit in units], "arrays": blobs}
    return write_container(path, "prepared", json.loads(json.dumps(meta, allow_nan=False)), arrays)


def _read_units(prepared: Container) -> tuple[tuple[Unit, ...], int, dict[Key, dict[str, str]]]:
    meta = prepared.meta
    try:
        units = tuple(Unit.from_json(content) for content in meta["units"])
        blobs = {unit.key: dict(names) for unit, names in zip(units, meta["arrays"], strict=True)}
        seed = meta["seed"]
        known = set(prepared.names)
        if type(seed) is not int or [u.key for u in units] != sorted(blobs):
            raise ValueError("seed or order of units")
        if not all(blob in known for names in blobs.values() for blob in names.values()):
            raise ValueError("an array is missing")
    except (KeyError, TypeError, ValueError) as error:
        prepared.close()
        raise DamagedFileError(f"{prepared.path}: damaged: does not describe units ({error})") from None
    return units, seed, blobs


def _clear_partial(path: Path) -> None:
    """Remove what a killed writer left half-written; the lock is held."""
    for folder in (path, path / SEGMENTS):
        for entry in folder.glob(f"*{PARTIAL}"):
            with contextlib.suppress(OSError):
                entry.unlink()


def _finish_rebuild(path: Path) -> None:
    """Complete a quarantine that was killed between its two renames (see ``wellhop.jobs.quarantine``)."""
    rebuilt = path / (SEGMENTS + ".rebuilt")
    if rebuilt.is_dir() and not (path / SEGMENTS).exists():
        try:
            os.replace(rebuilt, path / SEGMENTS)
            sync_folder(path)
        except OSError as error:
            raise unreadable(rebuilt, error) from error


def _remove_unfinished(path: Path, existed: bool) -> None:
    for name in (CAMPAIGN, PREPARED, HEAD, locks.NAME):
        with contextlib.suppress(OSError):
            (path / name).unlink()
    with contextlib.suppress(OSError):
        (path / SEGMENTS).rmdir()
        if not existed:
            path.rmdir()
