"""All results of a run in one HDF5 file that needs nothing of ours to be read.

Layout, format version 1::

    /                       attributes: format "wellhop campaign", format_version, content_sha256,
                            description_sha256, complete (bool), campaign (TOML text),
                            provenance (JSON text), fingerprint, run_head
    /points/0000/           attributes: index, and every parameter under its own name
    /points/0000/<arm>/     one group per arm, attributes: arm (index), about (JSON text: names of
                            channels, observables, cores, intervals, ...), complete (bool), stopped_because
        trajectories        (n,) compound: index, state (1 done, 2 censored, 3 failed), start_well, flips,
                            elapsed, guard_population
        reasons             (n,) text, why a trajectory failed
        click_counts        (n, n_channels) int64
        samples             (sum of samples, n_observables) float64; trajectory j: offsets[j]:offsets[j+1]; column k is
                            about["observable_names"][k], the first the order parameter (of a coherence Re C, then Im C)
        samples_offsets     (n+1,) int64
        switches            (sum of switches,) compound: time, departure, core, origin, target
        switches_offsets    (n+1,) int64
        clicks              (sum of clicks,) compound: time, channel, frame; empty unless recorded
        clicks_offsets      (n+1,) int64

Read with plain h5py::

    import h5py
    with h5py.File("campaign.h5") as file:
        for point in file["points"].values():
            arm = point["jumps"]
            offsets = arm["samples_offsets"][:]
            first = arm["samples"][offsets[0]:offsets[1], 0]       # order parameter of trajectory 0
            print(dict(point.attrs), len(arm["trajectories"]), first.mean(), arm["switches"]["time"][:5])

``campaign.h5.sha256`` beside it holds the checksum of the file, in the form that ``sha256sum -c`` reads.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

import h5py
import numpy as np

from wellhop.engine.records import CLICK_DTYPE, SWITCH_DTYPE, TrajectoryRecord
from wellhop.jobs.content import ContentHash
from wellhop.jobs.durable import PARTIAL, sync_file, sync_folder, unwritable, write_durably
from wellhop.jobs.engines import CampaignEngine
from wellhop.jobs.results import Results
from wellhop.jobs.store import RunFolder
from wellhop.jobs.units import Engine, Unit

FORMAT: Final = "wellhop campaign"
VERSION: Final = 1
MERGED: Final = "campaign.h5"
#: One line per trajectory.
TRAJECTORY_DTYPE: Final = np.dtype(
    [
        *[("index", "<i8"), ("state", "<i4"), ("start_well", "<i4"), ("flips", "<i8")],
        *[("elapsed", "<f8"), ("guard_population", "<f8")],
    ]
)
_BLOCK_BYTES: Final = 8 << 20
_CHUNK_BYTES: Final = 1 << 18


def merge(path: Path, engine: Engine[Any] | None = None) -> Path:
    """Write ``DIR/campaign.h5`` from the segments; an incomplete campaign gives its whole batches.

    Args:
        path: run folder.  engine: assembles trajectories, the engine of campaigns by default.

    Returns:
        Path of the file.

    Raises:
        FolderError, DamagedFileError: see :meth:`wellhop.jobs.store.RunFolder.open`; or the disk refuses.
    """
    target = path / MERGED
    with RunFolder.open(path, write=True) as folder, Results(folder, engine or CampaignEngine()) as results:
        partial = target.with_name(MERGED + PARTIAL)
        try:
            with h5py.File(partial, "w", libver="v110") as file:
                _write(file, folder, results)
            _publish(partial, target)
        except OSError as error:
            with contextlib.suppress(OSError):
                os.unlink(partial)
            raise unwritable(target, error, "the results are safe: make room, then repeat: wellhop merge") from error
    return target


def sidecar(target: Path) -> Path:
    """Where the checksum of a merged file stands."""
    return target.with_name(target.name + ".sha256")


def _publish(partial: Path, target: Path) -> None:
    """A merged file without its checksum counts as unfinished: old checksum away, file, new one."""
    sync_file(partial)
    with open(partial, "rb") as file:
        checksum = hashlib.file_digest(file, "sha256").hexdigest()
    with contextlib.suppress(FileNotFoundError):
        sidecar(target).unlink()
    os.replace(partial, target)
    sync_folder(target.parent)
    write_durably(sidecar(target), [f"{checksum}  {target.name}\n".encode()])


def _write(file: h5py.File, folder: RunFolder, results: Results[Any]) -> None:
    content = ContentHash()
    points = file.create_group("points")
    for unit in folder.units:
        name = f"{unit.point:04d}"
        point = points[name] if name in points else _new_point(points, name, unit)
        arm = point.create_group(arm_name(unit))
        count, verdict = results.count(unit.key), results.verdict(unit.key)
        arm.attrs["arm"] = unit.arm
        arm.attrs["about"] = json.dumps(dict(unit.about), sort_keys=True)
        arm.attrs["complete"] = verdict is not None and verdict.done
        arm.attrs["stopped_because"] = verdict.reason if verdict is not None else ""
        _write_arm(arm, content.pass_through(unit.key, count, results.records(unit)))
    file.attrs["format"] = FORMAT
    file.attrs["format_version"] = VERSION
    file.attrs["complete"] = results.complete
    file.attrs["campaign"] = folder.campaign_text
    file.attrs["provenance"] = json.dumps(folder.manifest.get("provenance", {}), sort_keys=True)
    file.attrs["fingerprint"] = str(folder.manifest.get("fingerprint", ""))
    file.attrs["run_head"] = folder.chain.head
    file.attrs["content_sha256"] = content.hexdigest()
    file.attrs["description_sha256"] = description_digest(file)


def arm_name(unit: Unit) -> str:
    """Name of a unit's group: the name of its arm, or its number."""
    name = str(unit.about.get("arm", ""))
    return name if name.isidentifier() else f"arm_{unit.arm}"


def _new_point(points: h5py.Group, name: str, unit: Unit) -> h5py.Group:
    point = points.create_group(name)
    for parameter, value in unit.about.get("parameters", {}).items():
        point.attrs[parameter] = value
    point.attrs["index"] = unit.point
    return point


def description_digest(file: h5py.File) -> str:
    """SHA-256 over the names and attributes of all groups, except this checksum itself."""
    lines = [f"/ {_spelled_attributes(file)}"]
    for point_name, point in sorted(file["points"].items()):
        lines.append(f"{point_name} {_spelled_attributes(point)}")
        lines += [f"{point_name}/{name} {_spelled_attributes(arm)}" for name, arm in sorted(point.items())]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _spelled_attributes(group: h5py.Group) -> str:
    attributes = {name: group.attrs[name] for name in group.attrs if name != "description_sha256"}
    plain = {
        name: value.item() if isinstance(value, np.generic) else str(value)
        for name, value in attributes.items()
    }
    return json.dumps(plain, sort_keys=True)


class _Column:
    """A dataset that grows, written in blocks."""

    def __init__(self, group: h5py.Group, name: str, like: np.ndarray) -> None:
        row = like.shape[1:]
        bytes_per_row = max(like.dtype.itemsize * int(np.prod(row, dtype=np.int64)), 1)
        self._set = group.create_dataset(
            name,
            shape=(0, *row),
            maxshape=(None, *(n or None for n in row)),  # HDF5 wants chunks no larger than a fixed dimension
            dtype=like.dtype,
            chunks=(max(_CHUNK_BYTES // bytes_per_row, 1), *(max(n, 1) for n in row)),
        )
        self._pending: list[np.ndarray] = []
        self._size = 0

    def add(self, rows: np.ndarray) -> None:
        self._pending.append(rows)
        self._size += rows.nbytes
        if self._size > _BLOCK_BYTES:
            self.flush()

    def flush(self) -> None:
        if self._pending:
            rows = np.concatenate(self._pending)
            begin = len(self._set)
            self._set.resize(begin + len(rows), axis=0)
            self._set[begin:] = rows
            self._pending, self._size = [], 0


def _write_arm(group: h5py.Group, records: Iterable[TrajectoryRecord]) -> None:
    columns: dict[str, _Column] = {}
    offsets: dict[str, list[int]] = {"samples": [0], "switches": [0], "clicks": [0]}
    reasons: list[bytes] = []
    for record in records:
        parts = _parts(record)
        if not columns:
            columns = {name: _Column(group, name, part) for name, part in parts.items()}
        for name, part in parts.items():
            columns[name].add(part)
        for name, ends in offsets.items():
            ends.append(ends[-1] + len(parts[name]))
        reasons.append(record.reason.encode("utf-8"))
    for name, part in _EMPTY.items():
        if name not in columns:
            columns[name] = _Column(group, name, part)
    for column in columns.values():
        column.flush()
    group.create_dataset(
        "reasons", data=np.array(reasons, dtype=f"S{max(map(len, reasons), default=0) or 1}")
    )
    for name, ends in offsets.items():
        group.create_dataset(f"{name}_offsets", data=np.array(ends, dtype="<i8"))


def _parts(record: TrajectoryRecord) -> Mapping[str, np.ndarray]:
    head = (
        record.index,
        int(record.state),
        record.start_well,
        record.flips,
        record.elapsed,
        record.guard_population,
    )
    return {
        "trajectories": np.array([head], dtype=TRAJECTORY_DTYPE),
        "click_counts": np.asarray(record.click_counts, "<i8")[None, :],
        "samples": np.asarray(record.samples, "<f8"),
        "switches": np.asarray(record.switches, SWITCH_DTYPE),
        "clicks": np.asarray(record.clicks, CLICK_DTYPE),
    }


_EMPTY: Final[Mapping[str, np.ndarray]] = {
    "trajectories": np.empty(0, TRAJECTORY_DTYPE),
    "click_counts": np.empty((0, 0), "<i8"),
    "samples": np.empty((0, 0), "<f8"),
    "switches": np.empty(0, SWITCH_DTYPE),
    "clicks": np.empty(0, CLICK_DTYPE),
}
