"""One HDF5 file with everything in it, readable without us, trusted by nobody."""

from __future__ import annotations

import os
import random
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest
from toy_engine import ToyEngine
from toy_process import checked, drive, run_here

from wellhop.engine.errors import DamagedFileError, FolderError
from wellhop.jobs import merge as merge_module
from wellhop.jobs.merge import merge, sidecar
from wellhop.jobs.merged import read_merged
from wellhop.jobs.results import Results
from wellhop.jobs.store import RunFolder
from wellhop.jobs.verify import verify


@pytest.fixture(scope="module")
def merged_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A complete and merged run."""
    path = tmp_path_factory.mktemp("merged") / "run"
    run_here(path, clicks=50)
    assert merge(path, ToyEngine()) == path / "campaign.h5"
    return path


@pytest.fixture
def copy(merged_run: Path, tmp_path: Path) -> Path:
    """A merged run to be damaged."""
    shutil.copytree(merged_run, tmp_path / "run")
    return tmp_path / "run"


def test_everything_comes_back(merged_run: Path) -> None:
    merged = read_merged(merged_run / "campaign.h5")
    assert merged.content_sha256 == checked(merged_run).content_sha256
    assert merged.complete
    assert merged.campaign_text == '[campaign]\nname = "toy"\n'
    assert merged.provenance == {"program": "toy"}
    with RunFolder.open(merged_run, write=False) as folder, Results(folder, ToyEngine()) as results:
        assert [(unit.point, unit.arm) for unit in merged.units] == [unit.key for unit in folder.units]
        for unit, source in zip(merged.units, folder.units, strict=True):
            assert unit.parameters == source.about["parameters"]
            assert unit.arm_name == source.about["arm"]
            for read, stored in zip(unit.records, results.records(source), strict=True):
                assert (read.index, read.state, read.reason) == (stored.index, stored.state, stored.reason)
                assert (read.elapsed, read.flips, read.start_well) == (
                    stored.elapsed,
                    stored.flips,
                    stored.start_well,
                )
                for name in ("samples", "switches", "clicks", "click_counts"):
                    assert np.array_equal(getattr(read, name), getattr(stored, name))
    assert any(record.reason for unit in merged.units for record in unit.records)


def test_the_documented_reader_works(merged_run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The example of the module's docstring, executed word for word."""
    found = re.search(r"Read with plain h5py::\n\n(.*?)\n\n``", merge_module.__doc__ or "", re.DOTALL)
    assert found
    code = "\n".join(line[4:] for line in found[1].splitlines())
    name = str(merged_run / "campaign.h5")
    exec(code.replace('"campaign.h5"', repr(name)), {})
    assert "'hop': " in capsys.readouterr().out


def test_the_checksum_reads_like_sha256sum(merged_run: Path) -> None:
    assert re.fullmatch(r"[0-9a-f]{64}  campaign\.h5\n", sidecar(merged_run / "campaign.h5").read_text())


def test_a_run_that_is_not_complete_gives_whole_batches(tmp_path: Path) -> None:
    path = tmp_path / "run"
    assert drive("run", str(path), "--sleep", "0.001", "--wall", "0.8").code == 3
    merge(path, ToyEngine())
    merged = read_merged(path / "campaign.h5")
    assert not merged.complete
    assert all(len(unit.records) % 6 == 0 or unit.arm == 1 for unit in merged.units)
    report = verify(path, ToyEngine())
    assert report.ok
    assert merged.content_sha256 == report.content_sha256
    run_here(path)
    assert any("older than the segments" in note for note in checked(path).notes)
    merge(path, ToyEngine())
    assert read_merged(path / "campaign.h5").complete


def test_damage_is_found_with_and_without_the_checksum_file(copy: Path) -> None:
    target = copy / "campaign.h5"
    good, beside = target.read_bytes(), sidecar(target).read_bytes()
    expected = read_merged(target)
    chance = random.Random(11)
    refused = 0
    for trial in range(150):
        place, length = chance.randrange(len(good)), chance.choice([1, 8, 64, 4096])
        block = bytes(length) if trial % 3 == 0 else chance.randbytes(length)
        bad = good[:place] if trial % 5 == 0 else good[:place] + block + good[place + length :]
        if bad == good:
            continue
        target.write_bytes(bad)
        with pytest.raises(DamagedFileError, match=r"campaign\.h5"):
            read_merged(target)
        sidecar(
            target
        ).unlink()  # alone, the file may differ in bytes that mean nothing, but never in its content
        try:
            read = read_merged(target)
        except (DamagedFileError, FolderError):
            refused += 1
        else:
            assert read.content_sha256 == expected.content_sha256
            assert read.campaign_text == expected.campaign_text
            assert [unit.parameters for unit in read.units] == [unit.parameters for unit in expected.units]
        sidecar(target).write_bytes(beside)
    assert refused > 20
    target.write_bytes(good)
    checked(copy)


def rewrite(path: Path, change: Callable[[h5py.File], None]) -> None:
    with h5py.File(path, "r+") as file:
        change(file)


def replace_samples(file: h5py.File, **options: object) -> None:
    arm = file["points/0000/jumps"]
    shape = arm["samples"].shape
    del arm["samples"]
    arm.create_dataset("samples", shape=shape, dtype="<f8", **options)


def relink(file: h5py.File) -> None:
    arm = file["points/0000/jumps"]
    del arm["samples"]
    arm["samples"] = h5py.ExternalLink("/etc/passwd", "/x")


def overlong(file: h5py.File) -> None:
    arm = file["points/0000/jumps"]
    del arm["switches"]
    arm.create_dataset("switches", shape=(1 << 50,), dtype="<f8", chunks=(1024,))


LIES: dict[str, Callable[[h5py.File], None]] = {
    "sample": lambda f: f["points/0000/jumps/samples"].__setitem__((0, 0), 7.0),
    "parameter": lambda f: f["points/0000"].attrs.__setitem__("hop", 0.5),
    "campaign text": lambda f: f.attrs.__setitem__("campaign", "other"),
    "offsets": lambda f: f["points/0000/jumps/samples_offsets"].__setitem__(1, -5),
    "offsets beyond": lambda f: f["points/0000/jumps/switches_offsets"].__setitem__(-1, 1 << 40),
    "format": lambda f: f.attrs.__setitem__("format", "mine"),
    "missing dataset": lambda f: f["points/0000/jumps"].__delitem__("clicks"),
    "external dataset": lambda f: replace_samples(f, external=[("/etc/passwd", 0, h5py.h5f.UNLIMITED)]),
    "external link": relink,
    "huge dataset": overlong,
    "zeros": replace_samples,
    "point is a dataset": lambda f: (f.__delitem__("points/0000"), f.__setitem__("points/0000", 1))[0],
}


@pytest.mark.parametrize("lie", LIES)
def test_a_file_from_a_stranger_is_checked(copy: Path, lie: str) -> None:
    target = copy / "campaign.h5"
    rewrite(target, LIES[lie])
    with pytest.raises(DamagedFileError, match="does not match its checksum"):
        read_merged(target)
    assert not verify(copy, ToyEngine()).ok
    sidecar(target).unlink()
    with pytest.raises(DamagedFileError, match=r"campaign\.h5"):
        read_merged(target)
    assert "has no checksum" in str(verify(copy, ToyEngine()))
    merge(copy, ToyEngine())
    checked(copy)


def test_a_disk_that_refuses_keeps_the_old_file(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = (copy / "campaign.h5").read_bytes()

    def full(path: Path) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(merge_module, "sync_file", full)
        with pytest.raises(FolderError, match="disk is full"):
            merge(copy, ToyEngine())
    assert (copy / "campaign.h5").read_bytes() == before
    assert "campaign.h5.tmp" not in os.listdir(copy)
    checked(copy)
