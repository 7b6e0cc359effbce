"""The container format: what goes in comes out, and nothing else is accepted."""

from __future__ import annotations

import hashlib
import json
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from wellhop.engine.errors import DamagedFileError, FolderError
from wellhop.engine.records import CLICK_DTYPE, SWITCH_DTYPE
from wellhop.jobs.container import Container, write_container

ARRAYS: dict[str, np.ndarray] = {
    "psi": np.arange(5) * (1 + 2j),
    "table": np.arange(12, dtype=np.int64).reshape(3, 4),
    "empty": np.empty((0, 3)),
    "wide and empty": np.empty((0, 14)),
    "flags": np.array([True, False]),
    "names": np.array(["loss", "two_photon_loss"]),
    "switches": np.zeros(2, SWITCH_DTYPE),
    "clicks": np.zeros(3, CLICK_DTYPE),
    "scalar": np.array(2.5),
    "big_endian": np.arange(3, dtype=">f8"),
    "transposed": np.arange(6.0).reshape(2, 3).T,
}


def test_arrays_and_meta_come_back_writable(tmp_path: Path) -> None:
    path = tmp_path / "a.wh"
    checksum = write_container(path, "test", {"x": [1, "two"]}, ARRAYS)
    with Container(path, "test") as file:
        assert file.names == tuple(ARRAYS)
        assert file.meta == {"x": [1, "two"]}
        assert file.sha256 == checksum == hashlib.sha256(path.read_bytes()[:-32]).hexdigest()
        for name, array in ARRAYS.items():
            read = file.array(name)
            assert np.array_equal(read, array)
            assert read.flags.writeable
            assert read.flags.aligned
        assert file.rows("psi", 1, 3).tolist() == ARRAYS["psi"][1:3].tolist()
    assert not list(tmp_path.glob("*.tmp"))


@pytest.mark.parametrize(
    "array", [np.array([object()]), np.zeros(2, dtype=[("a", "f8")]), np.zeros(1, "M8[s]")]
)
def test_dtypes_outside_the_list_are_refused(tmp_path: Path, array: np.ndarray) -> None:
    with pytest.raises(TypeError, match="cannot be stored"):
        write_container(tmp_path / "a.wh", "test", {}, {"x": array})
    assert not list(tmp_path.iterdir())


def test_every_single_changed_byte_is_found(tmp_path: Path) -> None:
    path = tmp_path / "a.wh"
    write_container(path, "test", {}, {"x": np.arange(4.0)})
    good = path.read_bytes()
    for place in range(len(good)):
        path.write_bytes(good[:place] + bytes([good[place] ^ 0x10]) + good[place + 1 :])
        with pytest.raises(DamagedFileError, match=r"a\.wh"):
            Container(path, "test")
    for length in range(len(good)):
        path.write_bytes(good[:length])
        with pytest.raises(DamagedFileError, match=r"a\.wh"):
            Container(path, "test")
    path.write_bytes(good + b"\0")
    with pytest.raises(DamagedFileError, match="should be"):
        Container(path, "test")


def forge(path: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """A file with a right checksum and a header that lies."""
    write_container(path, "test", {}, {"x": np.arange(4.0), "y": np.arange(3)})
    raw = path.read_bytes()
    length = struct.unpack_from("<I", raw, 12)[0]
    header = json.loads(raw[24 : 24 + length])
    change(header)
    text = json.dumps(header).encode()
    text = text.ljust((len(text) + 24 + 15) // 16 * 16 - 24)
    body = raw[24 + length : -32]
    total = 24 + len(text) + len(body) + 32
    content = raw[:12] + struct.pack("<IQ", len(text), total) + text + body
    path.write_bytes(content + hashlib.sha256(content).digest())


LIES: dict[str, Callable[[dict[str, Any]], object]] = {
    "offset beyond the end": lambda h: h["arrays"][1].__setitem__(3, 1 << 40),
    "negative offset": lambda h: h["arrays"][0].__setitem__(3, -16),
    "offset not aligned": lambda h: h["arrays"][1].__setitem__(3, 33),
    "overlap": lambda h: h["arrays"][1].__setitem__(3, 0),
    "offset no integer": lambda h: h["arrays"][1].__setitem__(3, 32.0),
    "huge shape": lambda h: h["arrays"][0].__setitem__(2, [1 << 60]),
    "huge empty shape": lambda h: h["arrays"][0].__setitem__(2, [1 << 60, 0]),
    "overflowing shape": lambda h: h["arrays"][0].__setitem__(2, [1 << 32, 1 << 32]),
    "negative shape": lambda h: h["arrays"][0].__setitem__(2, [-1]),
    "boolean shape": lambda h: h["arrays"][0].__setitem__(2, [True]),
    "many dimensions": lambda h: h["arrays"][0].__setitem__(2, [1] * 40),
    "object dtype": lambda h: h["arrays"][0].__setitem__(1, "|O"),
    "evaluated dtype": lambda h: h["arrays"][0].__setitem__(1, "[('a', '<f8')]"),
    "long text": lambda h: h["arrays"][0].__setitem__(1, "<U9999"),
    "name twice": lambda h: h["arrays"][1].__setitem__(0, "x"),
    "name no text": lambda h: h["arrays"][1].__setitem__(0, 3),
    "short line": lambda h: h["arrays"].__setitem__(0, ["x"]),
    "no table": lambda h: h.__setitem__("arrays", "x"),
    "no meta": lambda h: h.__setitem__("meta", None),
    "other kind": lambda h: h.__setitem__("kind", "segment"),
}


@pytest.mark.parametrize("lie", LIES)
def test_a_right_checksum_is_no_proof_of_good_will(tmp_path: Path, lie: str) -> None:
    path = tmp_path / "forged.wh"
    forge(path, lambda header: None)
    Container(path, "test").close()
    forge(path, LIES[lie])
    with pytest.raises(DamagedFileError, match=r"forged\.wh"):
        Container(path, "test")


def test_newer_version_deep_json_and_missing_files(tmp_path: Path) -> None:
    path = tmp_path / "a.wh"
    forge(path, lambda header: header["meta"].__setitem__("deep", json.loads("[" * 900 + "]" * 900)))
    Container(path, "test").close()
    raw = bytearray(path.read_bytes())
    raw[8] = 2
    path.write_bytes(raw)
    with pytest.raises(DamagedFileError, match="format version 2"):
        Container(path, "test")
    with pytest.raises(DamagedFileError, match="missing"):
        Container(tmp_path / "none.wh", "test")
    with pytest.raises(DamagedFileError):
        Container(tmp_path, "test")
    with Container(_fresh(path), "test") as file, pytest.raises(DamagedFileError, match="missing"):
        file.array("z")
    with Container(path, "test") as file, pytest.raises(DamagedFileError, match="outside"):
        file.rows("x", 2, 9)


def _fresh(path: Path) -> Path:
    write_container(path, "test", {}, {"x": np.arange(4.0)})
    return path


def test_unreadable_file_is_a_folder_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = _fresh(tmp_path / "a.wh")

    def refuse(*arguments: object, **options: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("wellhop.jobs.container.os.open", refuse)
    with pytest.raises(FolderError, match="cannot be read: Permission denied"):
        Container(path, "test")
