"""The same bits from a kernel compiled just now and from one loaded from the cache."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

#: 32 levels: whole vector registers, where relaxed floating-point rules once made the two disagree
CODE = """
import hashlib
from wellhop.engine import jump_kernels, trajectory
from wellhop.engine.systems.kerr_cat import KerrCat
from wellhop.engine.systems.kerr_cat_jumps import jump_setup
from wellhop.engine.unravelling import build_problem
problem = build_problem(jump_setup(KerrCat(12.0, 0.025, 0.05)), duration=4e5, sample_interval=4e3)
record = trajectory.run(problem, 1, 0)
print(hashlib.sha256(record.samples.tobytes() + record.click_counts.tobytes()).hexdigest(), problem.dim)
print(sum(jump_kernels.run_slice.stats.cache_hits.values()))
"""


def _run(cache: Path) -> tuple[str, int]:
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(cache), "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-c", CODE], capture_output=True, text=True, check=True, env=environment
    )
    result, hits = done.stdout.splitlines()
    return result, int(hits)


def test_compiled_and_cached_kernels_give_the_same_bits(tmp_path: Path) -> None:
    fresh, first_hits = _run(tmp_path)
    cached, second_hits = _run(tmp_path)
    assert (first_hits, second_hits) == (0, 1)
    assert fresh.endswith(" 32")
    assert fresh == cached
