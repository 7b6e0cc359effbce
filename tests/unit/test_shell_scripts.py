"""``quickstart.sh`` and ``run.sh`` before Python takes over: interpreter, environment, messages."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = ("jobs/quickstart.sh", "tests/run.sh")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A folder with the scripts and nothing installed, with a space in its name."""
    root = tmp_path / "a checkout"
    for name in (*SCRIPTS, "jobs/venv.sh", "setup.cfg", "pyproject.toml"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, root / name)
    return root


def executable(path: Path, text: str) -> Path:
    """A small shell script that can be started."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


def start(script: Path, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a script by sh from a folder that has nothing to do with it."""
    return subprocess.run(
        ["sh", str(script), *words],
        cwd="/",
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_python_without_venv_is_named_with_the_package_to_install(script: str, checkout: Path) -> None:
    bare = executable(
        checkout / "bin" / "python3",
        f'case "$*" in *ensurepip*) exit 1 ;; esac\nexec "{sys.executable}" "$@"',
    )
    done = start(checkout / script, PYTHON=str(bare))
    assert done.returncode == 2
    assert "apt install python3-venv" in done.stderr
    assert not (checkout / ".venv").exists()


@pytest.mark.parametrize("script", SCRIPTS)
def test_an_old_python_is_refused(script: str, checkout: Path) -> None:
    old = executable(checkout / "bin" / "python3", "exit 1")
    done = start(checkout / script, PYTHON=str(old))
    assert done.returncode == 2
    assert "Python >= 3.11" in done.stderr


def test_without_any_python_the_message_says_how_to_get_one(checkout: Path) -> None:
    tools = checkout / "bin"
    tools.mkdir()
    for name in ("sh", "cat", "cksum", "dirname"):
        (tools / name).symlink_to(str(shutil.which(name)))
    done = start(checkout / "tests/run.sh", PATH=str(tools), PYTHON="")
    assert done.returncode == 2
    assert "apt install python3 python3-venv" in done.stderr


def test_somebody_elses_folder_is_not_replaced(checkout: Path) -> None:
    (checkout / ".venv").mkdir()
    (checkout / ".venv" / "precious").write_text("mine")
    done = start(checkout / "tests/run.sh", PYTHON=sys.executable)
    assert done.returncode == 2
    assert "not a virtual environment" in done.stderr
    assert (checkout / ".venv" / "precious").read_text() == "mine"


def test_a_ready_environment_is_used_as_it_is(checkout: Path) -> None:
    executable(
        checkout / ".venv/bin/python",
        f'case "$1" in -m) echo "$@" ;; *) exec "{sys.executable}" "$@" ;; esac',
    )
    files = (checkout / "setup.cfg").read_bytes() + (checkout / "pyproject.toml").read_bytes()
    sums = subprocess.run(["cksum"], input=files, capture_output=True, check=True).stdout.decode().strip()
    (checkout / ".venv/wellhop-installed").write_text(f"{checkout} {sums}\n")
    done = start(checkout / "tests/run.sh", "-k", "some words", PYTHON="/nonexistent")
    assert (done.returncode, done.stdout, done.stderr) == (0, "-m pytest --numprocesses 2 --dist loadfile -k some words\n", "")


def test_the_exit_code_of_the_tests_is_passed_on(checkout: Path) -> None:
    executable(
        checkout / ".venv/bin/python", f'case "$1" in -m) exit 5 ;; *) exec "{sys.executable}" "$@" ;; esac'
    )
    files = (checkout / "setup.cfg").read_bytes() + (checkout / "pyproject.toml").read_bytes()
    sums = subprocess.run(["cksum"], input=files, capture_output=True, check=True).stdout.decode().strip()
    (checkout / ".venv/wellhop-installed").write_text(f"{checkout} {sums}\n")
    assert start(checkout / "tests/run.sh").returncode == 5
