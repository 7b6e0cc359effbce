"""Write a file so that it is there whole or not at all, whatever happens to the process or the machine.

The content goes to ``NAME.tmp`` in the same folder, is flushed to the disk, and is renamed over ``NAME``;
then the folder itself is flushed. A kill in between leaves the old file and at most a ``*.tmp``, which every
reader ignores.

Small documents are JSON objects in one exact spelling (:func:`spell`) that carry the checksum of their own
content, so that any changed byte is noticed.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from wellhop.engine.errors import DamagedFileError, FolderError

PARTIAL: Final = ".tmp"
#: No document of ours comes near this; a larger file is not read at all.
LARGEST_DOCUMENT: Final = 64 << 20
_CONTINUE: Final = (
    "everything committed before is safe: make room or give write permission, then continue with: wellhop resume"
)
_FULL: Final = {errno.ENOSPC: "the disk is full", errno.EDQUOT: "the disk quota is used up"}


def write_durably(path: Path, parts: Iterable[bytes | memoryview]) -> None:
    """Replace ``path`` by the concatenated ``parts``; afterwards they are on the disk.

    Raises:
        FolderError: the disk is full, read-only or fails; the file that was there before is untouched.
    """
    partial = path.with_name(path.name + PARTIAL)
    try:
        handle = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW, 0o644)
        try:
            for part in parts:
                _write_all(handle, memoryview(part).cast("B"))
            os.fsync(handle)
        finally:
            os.close(handle)
        os.replace(partial, path)
        sync_folder(path.parent)
    except OSError as error:
        with contextlib.suppress(OSError):
            os.unlink(partial)
        raise unwritable(path, error) from error


def _write_all(handle: int, content: memoryview) -> None:
    while content:
        content = content[os.write(handle, content) :]


def sync_folder(folder: Path) -> None:
    """Flush the entries of a folder, so that a rename in it outlives a power failure."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno != errno.EINVAL:  # some network file systems cannot flush folders and say so
            raise
    finally:
        os.close(handle)


def sync_file(path: Path) -> None:
    """Flush a file written by somebody else (h5py) to the disk."""
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


class UnwritableError(FolderError):
    """The disk refuses.

    Attributes:
        path: what could not be written.  reason: why.
    """

    def __init__(self, path: Path, reason: str, way_on: str) -> None:
        """Say what, why, and what to do about it."""
        super().__init__(f"{path}: cannot be written: {reason}; {way_on}")
        self.path, self.reason = path, reason


def unwritable(path: Path, error: OSError, way_on: str = _CONTINUE) -> UnwritableError:
    """The error to raise when ``path`` could not be written; ``way_on`` says what is safe and what to do."""
    return UnwritableError(path, _FULL.get(error.errno or 0, error.strerror or str(error)), way_on)


def spell(content: Mapping[str, Any]) -> bytes:
    r"""The one spelling of a JSON object: sorted keys, one key a line, ASCII, no NaN.

    >>> spell({"b": 1, "a": [1.5, "x"]}).decode()
    '{\n"a": [1.5, "x"],\n"b": 1\n}\n'
    """
    lines = [
        f"{json.dumps(key)}: {json.dumps(content[key], sort_keys=True, allow_nan=False)}"
        for key in sorted(content)
    ]
    return ("{\n" + ",\n".join(lines) + "\n}\n").encode("ascii")


def write_document(path: Path, content: Mapping[str, Any]) -> str:
    """Write a JSON document with its own checksum under ``sha256``; returns the checksum."""
    checksum = hashlib.sha256(spell(content)).hexdigest()
    write_durably(path, [spell({**content, "sha256": checksum})])
    return checksum


def read_document(path: Path) -> dict[str, Any]:
    """Read what :func:`write_document` wrote; the checksum stays in it under ``sha256``.

    Raises:
        DamagedFileError: missing, or any byte differs from what was written.
        FolderError: no permission to read.
    """
    raw = read_bytes(path, LARGEST_DOCUMENT)
    try:
        content = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise DamagedFileError(f"{path}: damaged: not a JSON document ({error})") from None
    if not isinstance(content, dict) or not isinstance(content.get("sha256"), str):
        raise DamagedFileError(f"{path}: damaged: carries no checksum")
    try:
        inner = {key: value for key, value in content.items() if key != "sha256"}
        right = spell(content) == raw and hashlib.sha256(spell(inner)).hexdigest() == content["sha256"]
    except (ValueError, RecursionError):
        right = False
    if not right:
        raise DamagedFileError(f"{path}: damaged: its content does not match its checksum")
    return content


def read_bytes(path: Path, most: int) -> bytes:
    """The whole of a file of at most ``most`` bytes."""
    try:
        with open(path, "rb") as file:
            raw = file.read(most + 1)
    except OSError as error:
        raise unreadable(path, error) from error
    if len(raw) > most:
        raise DamagedFileError(f"{path}: damaged: larger than the {most} bytes it may have")
    return raw


def unreadable(path: Path, error: OSError) -> DamagedFileError | FolderError:
    """The error to raise when ``path`` could not be read."""
    if isinstance(error, FileNotFoundError | IsADirectoryError | NotADirectoryError):
        return DamagedFileError(f"{path}: missing or not a file")
    if error.errno == errno.EIO:
        return DamagedFileError(f"{path}: damaged: the disk cannot read it ({error.strerror})")
    return FolderError(f"{path}: cannot be read: {error.strerror or error}")
