"""Die at the n-th system call that changes a file, for every n: ``python crash_sweep.py DIR``.

Each attempt is a forked child that runs or continues the toy campaign and is ended without any cleaning up.
Between attempts the folder must be readable and undamaged. Prints the number of deaths and the content hash.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

from toy_engine import ToyEngine
from toy_process import run_here

from wellhop.jobs import quarantine as quarantine_module
from wellhop.jobs.verify import verify

CALLS = ("write", "fsync", "replace", "unlink", "mkdir", "ftruncate", "pwrite", "link")


def arm(deadly: int) -> None:
    """From now on the ``deadly``-th call kills this process before (even) or after (odd) its effect."""
    count = 0

    def wrap(function: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*arguments: Any, **options: Any) -> Any:
            nonlocal count
            count += 1
            if count == deadly // 2 + 1 and deadly % 2 == 0:
                os._exit(66)
            result = function(*arguments, **options)
            if count == deadly // 2 + 1:
                os._exit(66)
            return result

        return counted

    for name in CALLS:
        setattr(os, name, wrap(getattr(os, name)))


def attempt(deadly: int, action: Callable[[], object]) -> bool:
    """Run ``action`` in a child that dies at the given call; whether it died."""
    child = os.fork()
    if child == 0:
        arm(deadly)
        action()
        os._exit(0)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert code in (0, 66), f"attempt {deadly} ended with {code}"
    return code == 66


def sweep_run(path: Path) -> int:
    """Die at every call of the life of one folder, continuing each time."""
    for deaths in range(10000):
        # Later attempts start where the last one died, so small numbers walk through the whole run.
        if not attempt(deaths % 23, lambda: run_here(path, clicks=400, points=1, commit=0.0)):
            return deaths
        if (path / "manifest.json").exists():
            report = verify(path, ToyEngine())
            assert report.ok, f"after death {deaths + 1}: {report}"
    raise AssertionError("never finished")


def sweep_quarantine(path: Path, victim: str) -> int:
    """Damage a segment of a complete run, then die at every call of the quarantine."""
    expected = verify(path, ToyEngine()).content_sha256
    for deadly in range(10000):
        copy = path.with_name("copy")
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(path, copy)
        segment = copy / "segments" / victim
        raw = bytearray(segment.read_bytes())
        raw[len(raw) // 2] ^= 1
        segment.write_bytes(raw)
        died = attempt(deadly, lambda: quarantine_module.quarantine(copy))  # noqa: B023
        if died:
            quarantine_module.quarantine(copy)
        if deadly % 4 == 0 or not died:
            run_here(copy, points=1)
            assert verify(copy, ToyEngine()).content_sha256 == expected
        if not died:
            return deadly
    raise AssertionError("never finished")


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    print("deaths", sweep_run(folder))
    print("hash", verify(folder, ToyEngine()).content_sha256)
    names = sorted(segment.name for segment in (folder / "segments").glob("seg-*.wh"))
    print("quarantine", sweep_quarantine(folder, names[len(names) // 2]))
