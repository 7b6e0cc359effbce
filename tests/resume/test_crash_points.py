"""Death at every single call that changes a file, before and after its effect."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from toy_process import checked, run_here


def test_death_at_every_call_loses_nothing(tmp_path: Path) -> None:
    run_here(tmp_path / "reference", clicks=10**9, points=1)
    expected = checked(tmp_path / "reference").content_sha256
    sweep = Path(__file__).with_name("crash_sweep.py")
    ended = subprocess.run(
        [sys.executable, str(sweep), str(tmp_path / "run")],
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
        check=False,
    )
    assert ended.returncode == 0, ended.stderr[-2000:]
    lines = dict(line.split() for line in ended.stdout.splitlines())
    assert lines["hash"] == expected
    assert int(lines["deaths"]) > 23
    assert int(lines["quarantine"]) > 10
