"""One binary file of named arrays with a checksum over every byte: segments and prepared problems.

Layout, all integers little-endian::

    offset  size
    0       8     magic  93 57 45 4C 4C 48 4F 50  (0x93 "WELLHOP")
    8       4     format version (1)
    12      4     length H of the header, such that the payload starts at a multiple of 16
    16      8     length of the whole file
    24      H     header: JSON object, ASCII, padded with spaces
                    kind    what the file is for ("segment", "prepared")
                    meta    JSON object, free
                    arrays  list of [name, dtype, shape, offset]: C order, offset in bytes from the start of
                    the payload,
                            a multiple of 16, in increasing order
    24+H          payload
    end-32  32    SHA-256 of everything before

dtypes are ``|b1 |i1 |u1 <i2 <i4 <i8 <u2 <u4 <u8 <f4 <f8 <c8 <c16``, fixed text ``<U1``..``<U4096``, and
``switch`` and ``click`` for the event records of ``wellhop.engine.records``. There are no objects and nothing
is unpickled. A reader checks the checksum first and then, because a checksum is no proof of good will, every
length, offset, dtype and size.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import re
import struct
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import numpy as np

from wellhop.engine.errors import DamagedFileError
from wellhop.engine.records import CLICK_DTYPE, SWITCH_DTYPE
from wellhop.jobs.durable import unreadable, write_durably

MAGIC: Final = b"\x93WELLHOP"
VERSION: Final = 1
ALIGNMENT: Final = 16
MOST_ARRAYS: Final = 1 << 20
#: A dimension up to this is believed even where another one is zero and no bytes vouch for it.
_WIDEST_EMPTY: Final = 1024
_HEAD: Final = struct.Struct("<8sIIQ")
_DIGEST: Final = hashlib.sha256().digest_size
_PLAIN: Final = frozenset(
    ["|b1", "|i1", "|u1", "<i2", "<i4", "<i8", "<u2", "<u4", "<u8", "<f4", "<f8", "<c8", "<c16"]
)
_EVENTS: Final = {"switch": SWITCH_DTYPE, "click": CLICK_DTYPE}
_TEXT: Final = re.compile(r"<U[1-9][0-9]{0,3}")


def _dtype_name(dtype: np.dtype[Any], name: str) -> str:
    for label, known in _EVENTS.items():
        if dtype == known:
            return label
    little = dtype.newbyteorder("<").str
    if little in _PLAIN or _TEXT.fullmatch(little):
        return little
    raise TypeError(f"array {name!r} of dtype {dtype} cannot be stored")


def _dtype_of(label: object) -> np.dtype[Any] | None:
    if not isinstance(label, str):
        return None
    if label in _EVENTS:
        return _EVENTS[label]
    if label in _PLAIN or (_TEXT.fullmatch(label) and int(label[2:]) <= 4096):
        return np.dtype(label)
    return None


def _aligned(size: int) -> int:
    return -(-size // ALIGNMENT) * ALIGNMENT


def write_container(path: Path, kind: str, meta: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> str:
    """Write arrays durably (see ``wellhop.jobs.durable``); returns the SHA-256 of the content in hex.

    Raises:
        FolderError: the file cannot be written.  TypeError: a dtype that has no place in the format.
    """
    table: list[list[Any]] = []
    parts: list[bytes] = []
    offset = 0
    for name, array in arrays.items():
        label = _dtype_name(array.dtype, name)
        content = np.ascontiguousarray(array, dtype=_dtype_of(label)).tobytes()
        table.append([name, label, list(array.shape), offset])
        parts += [content, bytes(_aligned(len(content)) - len(content))]
        offset += _aligned(len(content))
    header = json.dumps({"kind": kind, "meta": meta, "arrays": table}, allow_nan=False).encode("ascii")
    header = header.ljust(_aligned(_HEAD.size + len(header)) - _HEAD.size)
    total = _HEAD.size + len(header) + offset + _DIGEST
    parts = [_HEAD.pack(MAGIC, VERSION, len(header), total), header, *parts]
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part)
    write_durably(path, [*parts, digest.digest()])
    return digest.hexdigest()


class Container:
    """An open container whose checksum and description have been found right.

    Attributes:
        path: the file.  meta: the free part of its header.  sha256: checksum of its content, hexadecimal.

    Raises:
        DamagedFileError: missing, cut, changed, of another kind or version, or describing what it does not
        hold. FolderError: no permission to read it.
    """

    def __init__(self, path: Path, kind: str, *, trusted: bool = False) -> None:
        """Open and check; ``trusted`` skips the checksum of a file that this process has checked before."""
        self.path = path
        try:
            self._handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        except OSError as error:
            raise unreadable(path, error) from error
        try:
            self._check(kind, trusted)
        except OSError as error:
            self.close()
            raise unreadable(path, error) from error
        except BaseException:
            self.close()
            raise

    def _damaged(self, what: str) -> DamagedFileError:
        return DamagedFileError(f"{self.path}: damaged: {what}")

    def _check(self, kind: str, trusted: bool) -> None:
        size = os.fstat(self._handle).st_size
        if size < _HEAD.size + _DIGEST:
            raise self._damaged(f"only {size} bytes long")
        magic, version, header_size, total = _HEAD.unpack(os.pread(self._handle, _HEAD.size, 0))
        if magic != MAGIC:
            raise self._damaged("does not begin like a wellhop file")
        if version != VERSION:
            raise self._damaged(f"format version {version}, this program reads {VERSION}")
        if total != size:
            raise self._damaged(f"{size} bytes long, should be {total}")
        self._payload = _HEAD.size + header_size
        self._payload_size = size - _DIGEST - self._payload
        if self._payload_size < 0 or self._payload % ALIGNMENT:
            raise self._damaged(f"a header of {header_size} bytes in a file of {size}")
        stored = os.pread(self._handle, _DIGEST, size - _DIGEST)
        if not trusted and self._digest(size - _DIGEST) != stored:
            raise self._damaged("its bytes do not match its checksum")
        self.sha256 = stored.hex()
        self._describe(os.pread(self._handle, header_size, _HEAD.size), kind)

    def _digest(self, size: int) -> bytes:
        digest = hashlib.sha256()
        done = 0
        while done < size:
            block = os.pread(self._handle, min(1 << 20, size - done), done)
            if not block:
                raise self._damaged("cut while it was read")
            digest.update(block)
            done += len(block)
        return digest.digest()

    def _describe(self, raw: bytes, kind: str) -> None:
        try:
            header = json.loads(raw)
        except (ValueError, RecursionError) as error:
            raise self._damaged(f"its header is no JSON ({error})") from None
        if not isinstance(header, dict) or not isinstance(header.get("meta"), dict):
            raise self._damaged("its header is no description")
        if header.get("kind") != kind:
            raise self._damaged(f"is of kind {header.get('kind')!r}, expected {kind!r}")
        table = header.get("arrays")
        if not isinstance(table, list) or len(table) > MOST_ARRAYS:
            raise self._damaged("its list of arrays is none")
        self.meta: dict[str, Any] = header["meta"]
        self._arrays: dict[str, tuple[np.dtype[Any], tuple[int, ...], int]] = {}
        end = 0
        for entry in table:
            end = self._add(entry, end)

    def _add(self, entry: object, begin: int) -> int:
        """Check one line of the table of arrays; returns where the array ends."""
        if not isinstance(entry, list) or len(entry) != 4:
            raise self._damaged("a line of its list of arrays is malformed")
        name, label, shape, offset = entry
        dtype = _dtype_of(label)
        if not isinstance(name, str) or name in self._arrays or dtype is None:
            raise self._damaged(f"array {name!r} of dtype {label!r} is not allowed")
        if not isinstance(shape, list) or len(shape) > 8 or not all(type(n) is int and n >= 0 for n in shape):
            raise self._damaged(f"array {name!r} has shape {shape!r}")
        size = math.prod(shape) * dtype.itemsize
        if (
            type(offset) is not int
            or offset % ALIGNMENT
            or offset < begin
            or offset + size > self._payload_size
        ):
            raise self._damaged(f"array {name!r} lies outside the file")
        if max(shape, default=0) > max(self._payload_size, _WIDEST_EMPTY):  # (10**18, 0): empty, but not to be believed
            raise self._damaged(f"array {name!r} has shape {shape!r}")
        self._arrays[name] = (dtype, tuple(shape), offset)
        return offset + size

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the arrays, in the order of the file."""
        return tuple(self._arrays)

    def shape(self, name: str) -> tuple[int, ...]:
        """Shape of an array."""
        return self._entry(name)[1]

    def dtype(self, name: str) -> np.dtype[Any]:
        """Type of the elements of an array."""
        return self._entry(name)[0]

    def _entry(self, name: str) -> tuple[np.dtype[Any], tuple[int, ...], int]:
        if name not in self._arrays:
            raise self._damaged(f"array {name!r} is missing")
        return self._arrays[name]

    def array(self, name: str) -> np.ndarray:
        """A whole array, freshly read, writable."""
        dtype, shape, offset = self._entry(name)
        return self._read(dtype, math.prod(shape), offset).reshape(shape)

    def rows(self, name: str, start: int, stop: int) -> np.ndarray:
        """Elements ``start:stop`` of a one-dimensional array, freshly read, writable."""
        dtype, shape, offset = self._entry(name)
        if len(shape) != 1 or not 0 <= start <= stop <= shape[0]:
            raise self._damaged(f"rows {start}:{stop} lie outside array {name!r} of shape {shape}")
        return self._read(dtype, stop - start, offset + start * dtype.itemsize)

    def _read(self, dtype: np.dtype[Any], count: int, offset: int) -> np.ndarray:
        array = np.empty(count, dtype)
        content = memoryview(array.view(np.uint8).data if count else bytearray())
        done = 0
        try:
            while done < len(content):
                got = os.preadv(self._handle, [content[done:]], self._payload + offset + done)
                if got == 0:
                    raise self._damaged("cut while it was read")
                done += got
        except OSError as error:
            raise unreadable(self.path, error) from error
        return array

    def close(self) -> None:
        """Close the file; closing twice is harmless."""
        handle, self._handle = self._handle, -1
        if handle >= 0:
            os.close(handle)

    def __enter__(self) -> Self:
        """Return the container itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the file."""
        self.close()
