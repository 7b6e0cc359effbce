"""The command line answers at once: help, version and errors import nothing heavy."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest

from wellhop.jobs import cli

HEAVY = ("scipy", "numba", "qutip", "matplotlib", "h5py", "mpi4py")
#: Seconds a user may wait for the help text; the best of a few runs counts, since the machine may be busy.
HELP_SECONDS = 0.3
PROBE = f"""
import sys
from wellhop.jobs.cli import main
code = main(sys.argv[1:])
found = [name for name in {HEAVY!r} if name in sys.modules]
sys.exit(f"imported {{found}}" if found else code)
"""


@pytest.mark.parametrize("words", [["--help"], ["--version"], *([name, "--help"] for name in cli.COMMANDS)])
def test_help_imports_nothing_heavy(words: list[str]) -> None:
    done = subprocess.run([sys.executable, "-c", PROBE, *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(("usage: wellhop", "wellhop "))


def test_the_probe_sees_a_heavy_import() -> None:
    words = ["predict", "kerr_cat_staircase", "-p", "eps2=4"]
    done = subprocess.run([sys.executable, "-c", PROBE, *words], capture_output=True, text=True, check=False)
    assert "imported ['scipy'" in done.stderr


def test_help_is_quick() -> None:
    waits = []
    for _ in range(7):
        start = time.perf_counter()
        subprocess.run([sys.executable, "-m", "wellhop.jobs", "--help"], capture_output=True, check=True)
        waits.append(time.perf_counter() - start)
        if waits[-1] <= HELP_SECONDS:
            break
    assert min(waits) <= HELP_SECONDS


@pytest.mark.parametrize(("words", "code"), [(["--help"], 0), (["run", "--help"], 0), ([], 2), (["rum"], 2)])
def test_exit_codes_without_work(words: list[str], code: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(words) == code
    assert capsys.readouterr().err.startswith("wellhop: error: " if code else "")


def test_an_interrupt_leaves_no_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(words: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(cli, "execute", interrupted)
    assert cli.main([]) == 130
    assert capsys.readouterr().err == "wellhop: interrupted\n"


def test_a_bug_shows_its_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(words: object) -> int:
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr(cli, "execute", broken)
    assert cli.main([]) == 1
    assert "Traceback" in capsys.readouterr().err


def test_the_reader_of_a_pipe_may_leave() -> None:
    command = f"{sys.executable} -m wellhop.jobs systems | head -c 1"
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=False)
    assert done.stderr == ""
