"""A real Kerr-cat campaign of a few seconds, run here, in other processes and under mpiexec."""

from __future__ import annotations

import contextlib
import fcntl
import io
import os
import re
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from forking_server import ForkedRun
from toy_process import Finished, finish, mpiexec

from wellhop.jobs import runtime
from wellhop.jobs.campaign import parse
from wellhop.jobs.run_options import Overrides
from wellhop.jobs.verify import VerifyReport, verify

#: two points, both arms; some ten thousand clicks, so that slices of a click or two make work for seconds
SMALL = """
[campaign]
name = "small"
seed = 5
output = "runs/small"
[system]
name = "kerr_cat_staircase"
kappa = 0.1
n_th = 0.1
[sweep]
eps2 = [2, 3]
[measure.jumps]
duration = { switching_times = 20 }
batch = 16
max_trajectories = 96
stop = { switches = 250 }
[measure.counting]
trajectories = 4
duration = { relaxation_times = 20 }
[predict]
methods = ["liouvillian", "semi_analytical"]
[report]
figures = ["staircase", "residence", "survival", "trajectory", "clicks", "checks"]
"""
ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}


@dataclass(frozen=True)
class Reference:
    """The finished run that all others must repeat: its folder, content hash and number of trajectories."""

    folder: Path
    content_sha256: str
    trajectories: int


def run_here(folder: Path, text: str = SMALL, *, clicks: int | None = None) -> int:
    """``wellhop run`` of this text in this process, without progress; returns the exit code."""
    overrides = Overrides(output=folder, slice_clicks=clicks, quiet=True)
    with contextlib.redirect_stdout(io.StringIO()):
        return runtime.run(parse(text), overrides=overrides)


def reference_run(where: Path) -> Reference:
    """Run the small campaign with one slice per trajectory."""
    assert run_here(where / "run", clicks=10**9) == 0
    report = checked(where / "run")
    return Reference(where / "run", report.content_sha256, counted(report))


def checked(folder: Path) -> VerifyReport:
    """Verify and demand that every byte is right, nothing is missing and nothing is there twice."""
    report = verify(folder)
    assert report.ok, str(report)
    assert report.complete
    assert "lost 0, duplicated 0" in str(report)
    return report


def counted(report: VerifyReport) -> int:
    """Trajectories in the results according to the ledger."""
    found = re.search(r"ledger: (\d+) trajectories in the results", str(report))
    assert found is not None, str(report)
    return int(found[1])


def begin(folder: Path, *options: str, n_ranks: int = 0) -> subprocess.Popen[str]:
    """Start ``wellhop run``, or ``resume`` where a run has begun, serially (0) or on ranks, in a group of its own."""
    return launch("-m", "wellhop.jobs", *run_or_resume(folder), *options, n_ranks=n_ranks)


def run_or_resume(folder: Path) -> list[str]:
    """The command that goes on with this folder."""
    if (folder / "manifest.json").exists():
        return ["resume", str(folder)]
    campaign = folder.with_suffix(".toml")
    campaign.write_text(SMALL)
    return ["run", str(campaign), "--output", str(folder)]


def launch(*arguments: str, n_ranks: int = 0, cwd: Path | None = None) -> subprocess.Popen[str]:
    """Start Python with these arguments, serially (0) or on ranks, in a process group of its own."""
    command = [sys.executable, *arguments]
    if n_ranks:
        command = [mpiexec(), "-n", str(n_ranks), *command]
    return subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=cwd,
        env={**os.environ, **ONE_THREAD},
        start_new_session=True,
    )


def complete(folder: Path, *options: str, n_ranks: int = 0) -> Finished:
    """Start and wait."""
    return finish(begin(folder, *options, n_ranks=n_ranks), timeout=120)


def wait_for_commit(process: subprocess.Popen[str] | ForkedRun, folder: Path) -> None:
    """Until the process has written a segment, or has ended."""
    before = committed(folder)
    while process.poll() is None and committed(folder) == before:
        time.sleep(0.002)


def kill_everything(process: subprocess.Popen[str] | ForkedRun) -> None:
    """SIGKILL to the process group and to every rank below its launcher, wherever the launcher put it."""
    below = _descendants(process.pid)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    for pid in below:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def _descendants(pid: int) -> list[int]:
    children: list[int] = []
    with contextlib.suppress(OSError):
        for thread in Path(f"/proc/{pid}/task").iterdir():
            children += [int(c) for c in (thread / "children").read_text().split()]
    return children + [below for child in children for below in _descendants(child)]


def wait_for_lock(folder: Path) -> None:
    """A killed rank 0 lets go of the folder a moment after its launcher is gone."""
    until = time.monotonic() + 10
    while (folder / "lock").exists():
        with open(folder / "lock") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                assert time.monotonic() < until, "a rank survived its launcher"
                time.sleep(0.01)
            else:
                return


def committed(folder: Path) -> int:
    """Number of segments on disk."""
    return len(list((folder / "segments").glob("seg-*.wh")))
