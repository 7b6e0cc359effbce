"""Who may write where: foreign, locked, full, read-only and edited folders."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from toy_driver import CAMPAIGN, create
from toy_engine import ToyEngine
from toy_process import checked, drive, finish, kill_group, run_here, start, wait_for_line

from wellhop.engine.errors import DamagedFileError, FolderError
from wellhop.jobs.admission import check_new
from wellhop.jobs.store import RunFolder


def listing(path: Path) -> dict[str, bytes]:
    """Everything below a folder."""
    return {str(p.relative_to(path)): p.read_bytes() for p in sorted(path.rglob("*")) if p.is_file()}


def test_a_folder_with_strangers_is_refused_untouched(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("years of work")
    for action in (create, lambda path: RunFolder.open(path, write=True)):
        with pytest.raises(FolderError, match=r"not (empty and not )?a wellhop run"):
            action(tmp_path)
    assert listing(tmp_path) == {"thesis.tex": b"years of work"}


def test_a_folder_with_only_a_campaign_file_is_still_a_stranger(tmp_path: Path) -> None:
    (tmp_path / "campaign.toml").write_text("mine")
    with pytest.raises(FolderError):
        create(tmp_path)
    assert listing(tmp_path) == {"campaign.toml": b"mine"}


def test_a_file_or_nothing_in_place_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(FolderError, match="is not a folder"):
        create(tmp_path / "file")
    with pytest.raises(FolderError, match="cannot be written"):
        create(tmp_path / "file" / "below")
    with pytest.raises(FolderError, match="no such folder"):
        RunFolder.open(tmp_path / "none", write=False)
    (tmp_path / "empty").mkdir()
    with pytest.raises(FolderError, match="no run has begun here"):
        RunFolder.open(tmp_path / "empty", write=True)
    assert not listing(tmp_path / "empty")


def test_progress_is_not_overwritten_and_changes_are_named(tmp_path: Path) -> None:
    create(tmp_path / "run").close()
    before = listing(tmp_path / "run")
    with pytest.raises(FolderError, match="wellhop resume"):
        create(tmp_path / "run")
    with pytest.raises(FolderError, match=r"different campaign; changed keys: system\.kappa"):
        check_new(tmp_path / "run", b"other", lambda old, new: ["system.kappa"] if old != new else [])
    with pytest.raises(FolderError, match="already holds progress"):
        check_new(tmp_path / "run", CAMPAIGN, lambda old, new: ["system.kappa"] if old != new else [])
    assert listing(tmp_path / "run") == before


def test_an_edited_campaign_is_refused_on_resume(tmp_path: Path) -> None:
    create(tmp_path).close()
    (tmp_path / "campaign.toml").write_bytes(CAMPAIGN + b"seed = 2\n")
    with pytest.raises(
        FolderError, match=r"edited since the run began; changed keys: seed; .*new output folder"
    ):
        RunFolder.open(tmp_path, write=True, changed_keys=lambda old, new: ["seed"])


def test_a_creation_cut_short_can_be_repeated(tmp_path: Path) -> None:
    create(tmp_path).close()
    (tmp_path / "manifest.json").rename(tmp_path / "manifest.json.tmp")
    with pytest.raises(FolderError, match="no run has begun here"):
        RunFolder.open(tmp_path, write=True)
    create(tmp_path).close()


def test_one_writer_at_a_time(tmp_path: Path) -> None:
    process = start(["run", str(tmp_path / "run"), "--sleep", "0.01"])
    wait_for_line(process, "working")
    second = drive("resume", str(tmp_path / "run"))
    assert second.code == 2
    assert f"in use by process {process.pid} on " in second.err
    RunFolder.open(tmp_path / "run", write=False).close()  # readers are welcome
    kill_group(process)
    finish(process)
    assert drive("resume", str(tmp_path / "run")).code == 0
    checked(tmp_path / "run")


def test_leftovers_of_a_killed_writer_are_cleared(tmp_path: Path) -> None:
    create(tmp_path).close()
    (tmp_path / "segments" / "seg-00000001.wh.tmp").write_bytes(b"half")
    (tmp_path / "head.json.tmp").write_bytes(b"")
    run_here(tmp_path)
    assert not list(tmp_path.rglob("*.tmp"))
    checked(tmp_path)


Fault = Callable[..., object]


def failing(function: Fault, code: int, from_call: int) -> Fault:
    """The function, failing from its n-th call on."""
    calls = 0

    def wrapped(*arguments: object, **options: object) -> object:
        nonlocal calls
        calls += 1
        if calls >= from_call:
            raise OSError(code, os.strerror(code))
        return function(*arguments, **options)

    return wrapped


@pytest.mark.parametrize("name", ["write", "fsync", "replace"])
@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO])
def test_a_disk_that_refuses_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, code: int
) -> None:
    run_here(tmp_path / "reference", clicks=10**9, points=1)
    expected = checked(tmp_path / "reference").content_sha256
    path = tmp_path / "run"
    create(path, points=1).close()
    for from_call in (1, 2, 3, 7):
        with monkeypatch.context() as patch:
            patch.setattr(f"wellhop.jobs.durable.os.{name}", failing(getattr(os, name), code, from_call))
            reason = "disk is full" if code == errno.ENOSPC else "Input/output error"
            with pytest.raises(FolderError, match=f"{reason}.*wellhop resume"):
                run_here(path, clicks=5, points=1, commit=0.0)
    run_here(path, points=1)
    assert checked(path).content_sha256 == expected


@pytest.mark.parametrize("from_call", [1, 2, 3, 4, 5])
def test_a_disk_full_at_the_beginning_leaves_no_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, from_call: int
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("wellhop.jobs.durable.os.write", failing(os.write, errno.ENOSPC, from_call))
        with pytest.raises(FolderError, match="disk is full; no run has begun") as caught:
            create(tmp_path / "run")
    assert "resume" not in str(caught.value), "there is nothing to resume"
    assert not (tmp_path / "run").exists() or not listing(tmp_path / "run")
    create(tmp_path / "run").close()


@pytest.mark.parametrize("code", [errno.EACCES, errno.EROFS])
def test_a_folder_without_permission(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int) -> None:
    monkeypatch.setattr("wellhop.jobs.lock.os.open", failing(os.open, code, 1))
    with pytest.raises(FolderError, match=os.strerror(code)):
        create(tmp_path / "run")


def test_a_prepared_file_of_another_run_is_refused(tmp_path: Path) -> None:
    create(tmp_path / "a").close()
    create(tmp_path / "b", points=2).close()
    (tmp_path / "b" / "prepared.wh").replace(tmp_path / "a" / "prepared.wh")
    with pytest.raises(DamagedFileError, match="not the file that the manifest names"):
        RunFolder.open(tmp_path / "a", write=True)


def test_problems_come_back_as_they_were_prepared(tmp_path: Path) -> None:
    with create(tmp_path) as folder:
        problem = folder.problem((1, 0))
        assert problem["duration"].tolist() == [70.0]
        assert ToyEngine().load(problem) == {"duration": 70.0, "hop": 0.04}
        assert (
            tmp_path / "prepared.wh"
        ).stat().st_size < 40_000  # the padding all units share is stored once
