"""The kernels are plain Python under numba: interpreted, they pass the same small tests."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
#: small enough to be interpreted in seconds
KERNEL_TESTS = ("test_kernels.py", "test_block_product.py", "test_streams.py")


def interpreted(*command: str) -> subprocess.CompletedProcess[str]:
    """Run Python with numba's compiler switched off."""
    return subprocess.run(
        [sys.executable, *command],
        cwd=HERE.parents[1],
        env={**os.environ, "NUMBA_DISABLE_JIT": "1", "OPENBLAS_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )


def test_kernel_tests_pass_interpreted() -> None:
    """Streams count modulo 2^64; numpy warns of the wrap that compiled code is silent about, and gives the same words."""
    files = [str(HERE / name) for name in KERNEL_TESTS]
    wrap = "ignore:overflow encountered in scalar:RuntimeWarning"
    done = interpreted("-m", "pytest", "-q", "-p", "no:cacheprovider", "-W", wrap, *files)
    assert done.returncode == 0, done.stdout[-3000:]
    assert " passed" in done.stdout
    assert "skipped" not in done.stdout


def test_the_compiler_was_off() -> None:
    """Negative control: with the switch a kernel is an ordinary function."""
    code = "from wellhop.engine.streams import next_word; print(type(next_word).__name__)"
    assert interpreted("-c", code).stdout.strip() == "function"
