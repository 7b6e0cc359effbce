"""Read a merged file back as records, believing nothing it says without a look.

The layout is in ``wellhop.jobs.merge``. External and virtual datasets and links are refused, every dtype,
shape and offset is checked before it is used, and at the end the content hash is computed anew from what was
read.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import h5py
import numpy as np

from wellhop.engine.errors import DamagedFileError, FolderError
from wellhop.engine.records import CLICK_DTYPE, SWITCH_DTYPE, EndState, TrajectoryRecord
from wellhop.jobs.content import ContentHash
from wellhop.jobs.merge import FORMAT, TRAJECTORY_DTYPE, VERSION, description_digest, sidecar

_NAMES: Final = ("trajectories", "reasons", "click_counts", "samples", "switches", "clicks")
_OFFSETS: Final = ("samples", "switches", "clicks")
_DTYPES: Final = {
    "trajectories": TRAJECTORY_DTYPE,
    "click_counts": np.dtype("<i8"),
    "samples": np.dtype("<f8"),
    "switches": SWITCH_DTYPE,
    "clicks": CLICK_DTYPE,
}


@dataclass(frozen=True)
class MergedUnit:
    """One point measured by one arm, as read from a merged file.

    Attributes:
        point, arm: indices.  arm_name: name of the arm.  parameters: of the point.
        about: everything else the run noted.  complete: the stop rule was met.
        records: the trajectories, in order.
    """

    point: int
    arm: int
    arm_name: str
    parameters: dict[str, float]
    about: dict[str, Any]
    complete: bool
    records: list[TrajectoryRecord]


@dataclass(frozen=True)
class Merged:
    """A merged file: its description and all units in canonical order."""

    content_sha256: str
    complete: bool
    campaign_text: str
    provenance: dict[str, Any]
    run_head: str
    units: list[MergedUnit]


def read_merged(path: Path) -> Merged:
    """Read and check a merged file.

    Raises:
        DamagedFileError: missing, not ours, changed, or describing what it does not hold.
        FolderError: no permission, or a newer format.
    """
    check_sidecar(path)
    try:
        with h5py.File(path, "r") as file:
            return _Reader(path, file).read()
    except (DamagedFileError, FolderError):
        raise
    except PermissionError as error:
        raise FolderError(f"{path}: cannot be read: {error.strerror}") from None
    except Exception as error:  # h5py reports damage by whatever its C library trips over
        raise DamagedFileError(f"{path}: damaged: {type(error).__name__}: {error}") from None


def check_sidecar(path: Path) -> None:
    """Compare the file with its checksum, where there is one.

    Raises:
        DamagedFileError: they differ.
    """
    beside = sidecar(path)
    if not beside.exists():
        return
    try:
        stored = beside.read_bytes()[:4096]
        with open(path, "rb") as file:
            right = f"{hashlib.file_digest(file, 'sha256').hexdigest()}  {path.name}\n".encode()
    except FileNotFoundError as error:
        raise DamagedFileError(f"{error.filename}: missing") from None
    except OSError as error:
        raise FolderError(f"{path}: cannot be read: {error.strerror}") from None
    if stored != right:
        raise DamagedFileError(
            f"{path}: damaged: does not match its checksum in {beside.name}; write it anew: wellhop merge"
        )


class _Reader:
    def __init__(self, path: Path, file: h5py.File) -> None:
        self._path, self._file = path, file

    def _damaged(self, what: str) -> DamagedFileError:
        return DamagedFileError(f"{self._path}: damaged: {what}")

    def read(self) -> Merged:
        attributes = self._file.attrs
        if attributes.get("format") != FORMAT:
            raise self._damaged("is not a merged campaign of wellhop")
        if int(attributes.get("format_version", 0)) != VERSION:
            raise FolderError(
                f"{self._path}: format version {attributes.get('format_version')}, allowed is {VERSION}"
            )
        for group in self._groups(self._file, ["points"]):
            names = list(group)
            list(self._groups(group, names))
        if description_digest(self._file) != str(attributes["description_sha256"]):
            raise self._damaged("its attributes do not match their checksum")
        units = [self._unit(*where) for where in self._arms()]
        content = ContentHash()
        for unit in units:
            content.add((unit.point, unit.arm), len(unit.records), unit.records)
        if content.hexdigest() != str(attributes["content_sha256"]):
            raise self._damaged("its results do not match their content hash")
        return Merged(
            content_sha256=content.hexdigest(),
            complete=bool(attributes["complete"]),
            campaign_text=str(attributes["campaign"]),
            provenance=json.loads(str(attributes["provenance"])),
            run_head=str(attributes["run_head"]),
            units=units,
        )

    def _groups(self, parent: h5py.Group, names: list[str]) -> Iterator[h5py.Group]:
        for name in names:
            if not isinstance(parent.get(name, getlink=True), h5py.HardLink):
                raise self._damaged(f"{name!r} is a link to elsewhere")
            group = parent[name]
            if not isinstance(group, h5py.Group):
                raise self._damaged(f"{name!r} is no group")
            yield group

    def _arms(self) -> list[tuple[h5py.Group, str, h5py.Group]]:
        found = []
        points = self._file["points"]
        for point in self._groups(points, list(points)):
            arms = list(point)
            for name, arm in zip(arms, self._groups(point, arms), strict=True):
                found.append((point, name, arm))
        return sorted(found, key=lambda where: (int(where[0].attrs["index"]), int(where[2].attrs["arm"])))

    def _unit(self, point: h5py.Group, name: str, arm: h5py.Group) -> MergedUnit:
        parameters = {key: float(value) for key, value in point.attrs.items() if key != "index"}
        return MergedUnit(
            point=int(point.attrs["index"]),
            arm=int(arm.attrs["arm"]),
            arm_name=name,
            parameters=parameters,
            about=json.loads(str(arm.attrs["about"])),
            complete=bool(arm.attrs["complete"]),
            records=list(self._records(arm)),
        )

    def _array(self, arm: h5py.Group, name: str, dtype: np.dtype[Any] | None, ndim: int) -> np.ndarray:
        if not isinstance(arm.get(name, getlink=True), h5py.HardLink) or not isinstance(
            arm[name], h5py.Dataset
        ):
            raise self._damaged(f"{arm.name}/{name} is missing or no dataset of this file")
        dataset = arm[name]
        foreign = dataset.is_virtual or dataset.external is not None
        wrong = dataset.dtype.kind != "S" if dtype is None else dataset.dtype != dtype
        if foreign or wrong or dataset.ndim != ndim:
            raise self._damaged(f"{arm.name}/{name} has dtype {dataset.dtype} and shape {dataset.shape}")
        if dataset.nbytes > dataset.id.get_storage_size() and dataset.chunks is None and dataset.nbytes:
            raise self._damaged(f"{arm.name}/{name} claims more than is stored")
        if dataset.nbytes > 64 * self._path.stat().st_size + (1 << 20):
            raise self._damaged(f"{arm.name}/{name} claims {dataset.nbytes} bytes")
        array: np.ndarray = dataset[...]
        return array

    def _records(self, arm: h5py.Group) -> Iterator[TrajectoryRecord]:
        dims = {"click_counts": 2, "samples": 2}
        arrays = {name: self._array(arm, name, _DTYPES.get(name), dims.get(name, 1)) for name in _NAMES}
        heads = arrays["trajectories"]
        offsets = {name: self._offsets(arm, name, len(heads), len(arrays[name])) for name in _OFFSETS}
        if not len(heads) == len(arrays["reasons"]) == len(arrays["click_counts"]):
            raise self._damaged(f"{arm.name}: columns of different length")
        if (heads["index"] != np.arange(len(heads))).any() or not np.isin(heads["state"], _FINAL).all():
            raise self._damaged(f"{arm.name}: a trajectory is missing, twice there, or not at its end")
        for place, head in enumerate(heads):
            cut = {name: arrays[name][ends[place] : ends[place + 1]] for name, ends in offsets.items()}
            yield TrajectoryRecord(
                index=int(head["index"]),
                state=EndState(int(head["state"])),
                reason=arrays["reasons"][place].decode("utf-8"),
                elapsed=float(head["elapsed"]),
                start_well=int(head["start_well"]),
                click_counts=arrays["click_counts"][place],
                flips=int(head["flips"]),
                samples=cut["samples"],
                switches=cut["switches"],
                clicks=cut["clicks"],
                guard_population=float(head["guard_population"]),
            )

    def _offsets(self, arm: h5py.Group, name: str, count: int, total: int) -> list[int]:
        ends = self._array(arm, f"{name}_offsets", np.dtype("<i8"), 1)
        if len(ends) != count + 1 or ends[0] != 0 or ends[-1] != total or (np.diff(ends) < 0).any():
            raise self._damaged(f"{arm.name}/{name}_offsets do not describe {name}")
        found: list[int] = ends.tolist()
        return found


_FINAL: Final = [int(state) for state in EndState if state is not EndState.RUNNING]
