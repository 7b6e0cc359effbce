"""A working folder, and the check that a refused command leaves it as it was."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from wellhop.jobs import cli, launcher

Refused = Callable[..., str]


def contents(folder: Path) -> dict[str, bytes | str]:
    """Every path below a folder with what it holds."""
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else "not a file"
        for path in sorted(folder.rglob("*"))
    }


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder, outside any MPI launcher."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(launcher, "detect_launcher", lambda: None)
    return tmp_path


@pytest.fixture
def refused(home: Path, capsys: pytest.CaptureFixture[str]) -> Refused:
    """Run a command that must be refused: exit code 2, one error that holds the words, nothing written."""

    def run(*command: str, words: tuple[str, ...] = ()) -> str:
        before = contents(home)
        code = cli.main(list(command))
        out, error = capsys.readouterr()
        assert code == 2, (out, error)
        assert error.startswith("wellhop: error: ")
        assert error.count("wellhop: error: ") == 1
        assert "Traceback" not in error
        assert [word for word in words if word not in error] == [], error
        assert contents(home) == before
        return error

    return run
