"""G6: the exact gap at N = 60. G7: start-up of the command line, cold and warm compilation."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

#: high-water mark of this program alone; ru_maxrss would start from that of the parent
PEAK = """
def peak():
    return next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM")) / 1024
"""
GAP = PEAK + """
import time
import numpy as np
from wellhop.engine.systems.kerr_cat import KerrCat
from wellhop.analysis.liouvillian import decay_rate
signs = (-1.0) ** np.arange(60)
model = KerrCat(eps2=4.0, kappa=0.05, n_th=0.05).lindblad(60)
decay_rate(KerrCat(eps2=2.0, kappa=0.05, n_th=0.05).lindblad(52), parity_signs=(-1.0) ** np.arange(52))
times = []
for _ in range(5):
    begin = time.perf_counter()
    value = decay_rate(model, parity_signs=signs).value
    times.append(time.perf_counter() - begin)
print(sorted(times)[2], peak(), value)
"""
BARE = PEAK + "import numpy, scipy.sparse.linalg; print(peak())"


def _python(code: str) -> list[float]:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return [float(x) for x in done.stdout.split()]


def test_gap_at_sixty(tell: Callable[[str], None], benchmark: Any) -> None:
    """G6: time of one gap and the memory of the process above a bare scipy import."""
    seconds, peak, value = benchmark.pedantic(lambda: _python(GAP), rounds=1)
    (bare,) = _python(BARE)
    tell(
        f"G6  gap at N=60: {seconds:.3f} s, {peak - bare:.0f} MB above a bare scipy process; Gamma = {value:.6e}"
    )


def _cli(arguments: list[str], **environment: str) -> tuple[float, float]:
    """(wall, CPU) seconds of a command in a fresh process."""
    before = os.times()
    begin = time.perf_counter()
    command = [sys.executable, "-m", "wellhop.jobs.cli", *arguments]
    subprocess.run(command, check=True, capture_output=True, env={**os.environ, **environment})
    after = os.times()
    cpu = after.children_user - before.children_user + after.children_system - before.children_system
    return time.perf_counter() - begin, cpu


def test_start_up(tell: Callable[[str], None], tmp_path: Path, benchmark: Any) -> None:
    """G7: --help, then a first trajectory with a cold and with a warm numba cache."""
    shown = sorted(_cli(["--help"])[0] for _ in range(5))[2]
    out = str(tmp_path / "trajectory.png")
    look = [
        "trajectory",
        "kerr_cat_staircase",
        "-p",
        "eps2=4",
        "-p",
        "kappa=0.1",
        "-p",
        "n_th=0.05",
        "--out",
        out,
    ]
    cache = str(tmp_path / "cache")
    _, cold = _cli(look, NUMBA_CACHE_DIR=cache)
    warm = sorted(_cli(look, NUMBA_CACHE_DIR=cache)[0] for _ in range(3))[1]
    code = (
        "from wellhop.engine.systems.kerr_cat import KerrCat\nfrom wellhop.engine.systems.kerr_cat_jumps import jump_setup\n"
        "from wellhop.engine.unravelling import build_problem\nfrom wellhop.engine import trajectory\n"
        "p = build_problem(jump_setup(KerrCat(4.0, 0.1, 0.05)), duration=100.0, sample_interval=10.0)\n"
        "trajectory.run(p, 1, 0)\nimport os; print(sum(os.times()[:2]))"
    )
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path / "cold")}
    begin = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment
    )
    cold_engine = float(done.stdout)
    begin = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, env=environment)
    first = time.perf_counter() - begin
    benchmark.pedantic(lambda: _cli(["--help"]), rounds=3)
    tell(
        f"G7  --help {shown:.2f} s; process start to first trajectory, warm {first:.2f} s; cold compile "
        f"{cold_engine:.1f} s CPU; `wellhop trajectory` with figure: cold {cold:.1f} s CPU, warm {warm:.2f} s"
    )
