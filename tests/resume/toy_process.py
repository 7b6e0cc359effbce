"""Start toy campaigns in processes of their own, wait for them, kill them."""

from __future__ import annotations

import contextlib
import fcntl
import importlib.util
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pytest
from toy_driver import create
from toy_engine import ToyEngine, toy_tally

from wellhop.jobs import ranks, scheduler
from wellhop.jobs.store import RunFolder
from wellhop.jobs.verify import VerifyReport, verify
from wellhop.jobs.worker import Worker

DRIVER = Path(__file__).with_name("toy_driver.py")


def mpiexec() -> str:
    """The launcher beside the interpreter; without it the test fails, unless WELLHOP_NO_MPI=1."""
    if os.environ.get("WELLHOP_NO_MPI") == "1":
        pytest.skip("WELLHOP_NO_MPI=1")
    found = Path(sys.executable).with_name("mpiexec")
    if importlib.util.find_spec("mpi4py") is None or not found.exists():
        pytest.fail(f"mpi4py or {found} is missing; install wellhop[mpi] or set WELLHOP_NO_MPI=1")
    return str(found)


@dataclass
class Finished:
    """Exit code and output of a process that ended."""

    code: int
    out: str
    err: str


def start(arguments: list[str], n_ranks: int = 0) -> subprocess.Popen[str]:
    """Start the driver serially (0) or on ranks, in a process group of its own."""
    command = [sys.executable, str(DRIVER), *arguments]
    if n_ranks:
        command = [mpiexec(), "-n", str(n_ranks), *command]
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    return subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
        start_new_session=True,
    )


def finish(process: subprocess.Popen[str], timeout: float = 60.0) -> Finished:
    """Wait for the end; a process that does not end is killed and fails the test."""
    try:
        out, err = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        kill_group(process)
        out, err = process.communicate()
        pytest.fail(f"did not end within {timeout} s; stdout: {out}; stderr: {err}")
    return Finished(process.returncode, out, err)


def drive(*arguments: str, n_ranks: int = 0, timeout: float = 60.0) -> Finished:
    """Start and wait."""
    return finish(start(list(arguments), n_ranks), timeout)


def kill_group(process: subprocess.Popen[str]) -> None:
    """SIGKILL to everything that was started."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def wait_for_line(process: subprocess.Popen[str], word: str) -> str:
    """Read stdout until a line begins with ``word``; empty when the process ended before."""
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith(word):
            return line
    return ""


def wait_for_lock(path: Path) -> None:
    """Ranks are children of the launcher's proxy and end a moment after it."""
    until = time.monotonic() + 10
    while (path / "lock").exists():
        with open(path / "lock") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                assert time.monotonic() < until, "a rank survived its launcher"
                time.sleep(0.01)
            else:
                return


def run_here(
    path: Path, clicks: int | None = 11, points: int = 3, commit: float = 0.02, **engine: object
) -> scheduler.Outcome:
    """Run or continue a toy campaign in this process."""
    folder = RunFolder.open(path, write=True) if (path / "manifest.json").exists() else create(path, points)
    toy = ToyEngine(**engine)  # type: ignore[arg-type]
    with folder, ranks.manage(None, lambda identity: Worker(toy, identity)) as crew:
        return scheduler.run(folder, toy, toy_tally, crew, scheduler.Settings(clicks, commit_seconds=commit))


def checked(path: Path) -> VerifyReport:
    """Verify and demand that all is well and complete."""
    report = verify(path, ToyEngine())
    assert report.ok, str(report)
    assert report.complete
    assert "lost 0, duplicated 0" in str(report)
    return report
