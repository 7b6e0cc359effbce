"""One content hash for any slice length; and flawed engines that must not reach it."""

from __future__ import annotations

from pathlib import Path

import pytest
from toy_engine import ToyEngine
from toy_process import checked, run_here

from wellhop.jobs.progress import status
from wellhop.jobs.store import RunFolder
from wellhop.jobs.verify import verify


@pytest.fixture(scope="session")
def reference(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Content hash of the toy campaign, every trajectory in one slice."""
    path = tmp_path_factory.mktemp("reference") / "run"
    assert run_here(path, clicks=10**9).exit_code == 0
    return checked(path).content_sha256


@pytest.mark.parametrize(
    ("clicks", "lanes"), [(1, 1), (2, 1), (13, 1), (1000, 1), (None, 1), (1, 5), (13, 64), (10**9, 4), (None, 7)]
)
def test_slices_and_groups_of_any_size_give_one_hash(
    tmp_path: Path, reference: str, clicks: int | None, lanes: int
) -> None:
    run_here(tmp_path / "run", clicks, lanes=lanes)
    assert checked(tmp_path / "run").content_sha256 == reference


@pytest.mark.parametrize("flaw", ["slice", "process", "group"])
def test_an_engine_that_breaks_its_promise_is_noticed(tmp_path: Path, reference: str, flaw: str) -> None:
    """Negative control: a stream that depends on cuts, process or neighbours must change the hash."""
    run_here(tmp_path / "run", 13, flaw=flaw, lanes=4 if flaw == "group" else 1)
    assert verify(tmp_path / "run", ToyEngine()).content_sha256 != reference


def test_hash_depends_on_the_results(tmp_path: Path, reference: str) -> None:
    run_here(tmp_path / "run", 13, points=2)
    assert checked(tmp_path / "run").content_sha256 != reference


def test_status_names_state_counts_and_the_way_on(tmp_path: Path) -> None:
    run_here(tmp_path / "run")
    with RunFolder.open(tmp_path / "run", write=False) as folder:
        text = status(folder)
    assert "point 0 jumps (hop=0.02): reached max_trajectories = 60" in text
    assert text.endswith("complete")
