"""What a run says about where it was made."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from wellhop.jobs import provenance


def test_it_is_plain_json_and_names_the_versions() -> None:
    record = json.loads(json.dumps(provenance.collect(), allow_nan=False))
    assert record["packages"].keys() >= {"numpy", "numba", "qutip", "h5py"}
    assert record["python"].count(".") == 2
    assert record["mpi"] is None or record["mpi"]["ranks"] >= 1


def test_a_copy_inside_somebody_elses_checkout_has_no_commit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if provenance._git(tmp_path, "init", "--quiet") is None:
        assert provenance.git_state() is None  # no git on this machine: nothing to mistake
        return
    copy = tmp_path / "site-packages" / "provenance.py"
    copy.parent.mkdir()
    copy.write_text("")
    monkeypatch.setattr(provenance, "__file__", str(copy))
    assert provenance.git_state() is None


def test_thread_settings_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    threads = provenance.collect()["threads"]
    assert isinstance(threads, dict)
    assert threads["OMP_NUM_THREADS"] == "3"
