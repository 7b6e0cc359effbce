"""Compiled code on disk: the same bits as fresh code, never older than any source, never in the way."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
import time
from importlib import import_module
from pathlib import Path

import numba
import pytest

import wellhop.engine
from wellhop.engine import compiled

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
#: the kernel called here is in langevin_schemes.py, what it calls in lane_streams.py; small, so that it compiles at once
SMALL = """
import wellhop.engine
from wellhop.engine import langevin_schemes
print(langevin_schemes.half_turn(0.5, 0.25, (0.1, 1.0, 0.5)), wellhop.engine.__file__)
print(sum(langevin_schemes.half_turn.stats.cache_hits.values()))
"""


def _run(cache: Path, code: str = CODE, tree: Path | None = None) -> tuple[str, int]:
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(cache), "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment, cwd=tree
    )
    result, hits = done.stdout.splitlines()
    return result, int(hits)


def test_compiled_and_cached_kernels_give_the_same_bits(tmp_path: Path) -> None:
    fresh, first_hits = _run(tmp_path)
    cached, second_hits = _run(tmp_path)
    assert (first_hits, second_hits) == (0, 1)
    assert fresh.endswith(" 32")
    assert fresh == cached


def test_edited_callee_is_compiled_anew(tmp_path: Path) -> None:
    """The callee is in another file than the kernel that is called. Control: with numba's own cache the edit goes unseen."""
    tree, cache = tmp_path / "tree", tmp_path / "cache"
    room = tree / "wellhop" / "engine"
    shutil.copytree(Path(wellhop.engine.__file__).parent, room, ignore=shutil.ignore_patterns("__pycache__"))
    callee, entry = room / "lane_streams.py", room / "langevin_schemes.py"
    before = callee.read_text()
    after = before.replace("    return c, s\n", "    return c + 1.0, s\n")
    assert after != before
    first, hits = _run(cache, SMALL, tree)
    assert str(tree) in first
    assert (hits, _run(cache, SMALL, tree)) == (0, (first, 1))
    callee.write_text(after)
    second, hits = _run(cache, SMALL, tree)
    assert hits == 0
    assert second != first
    callee.write_text(before)
    assert _run(cache, SMALL, tree) == (first, 1)

    entry.write_text(entry.read_text().replace("@kept_njit(", "@numba.njit(cache=True, "))
    assert _run(cache, SMALL, tree) == (first, 0)
    callee.write_text(after)
    assert _run(cache, SMALL, tree) == (first, 1)


def test_folders_of_former_sources_are_removed_but_for_the_newest(tmp_path: Path) -> None:
    now = time.time()
    for age in range(6):
        folder = tmp_path / f"wellhop-{age}"
        folder.mkdir()
        (folder / "code.nbc").write_bytes(b"x")
        os.utime(folder, (now - age, now - age))
    other = tmp_path / "another_package-0"
    other.mkdir()
    (tmp_path / "wellhop-note").write_text("a file is not a folder")
    compiled.remove_old_folders(tmp_path, tmp_path / "wellhop-5")
    left = sorted(path.name for path in tmp_path.iterdir())
    assert left == ["another_package-0", "wellhop-0", "wellhop-1", "wellhop-2", "wellhop-5", "wellhop-note"]


def test_constants_of_kernels_live_in_kernel_modules() -> None:
    """What a kernel takes from a module outside the digest could change unseen: there must be nothing."""
    sources = compiled.kernel_sources()
    checked = 0
    for name, text in sources.items():
        module = import_module(f"wellhop.engine.{name.removesuffix('.py')}")
        outside = {
            alias.asname or alias.name
            for node in ast.walk(ast.parse(text))
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("wellhop")
            for alias in node.names
            if f"{(node.module or '').rsplit('.', 1)[-1]}.py" not in sources
        }
        for kernel in vars(module).values():
            if hasattr(kernel, "py_func"):
                assert not outside & set(kernel.py_func.__code__.co_names), (name, kernel)
                checked += 1
    assert checked > 30


def test_nowhere_to_write_is_said_and_works(monkeypatch: pytest.MonkeyPatch) -> None:
    def nowhere(function: object) -> None:
        raise RuntimeError("no locator available")

    monkeypatch.setattr(compiled, "_KernelCache", nowhere)
    with pytest.warns(compiled.CacheWarning, match="NUMBA_CACHE_DIR"):
        twice = compiled.kept_njit()(lambda x: 2 * x)
    assert twice(4) == 8


def test_settings_of_numba_are_left_alone(tmp_path: Path) -> None:
    """Another package's cached function goes where numba puts it, not into our folder."""
    code = """
import numba, numba.core.config as c
before = (c.CACHE_DIR, c.CACHE_LOCATOR_CLASSES)
from wellhop.engine import jump_kernels
from users import twice
twice(2)
same = (c.CACHE_DIR, c.CACHE_LOCATOR_CLASSES) == before
print("wellhop-" in jump_kernels.run_slice._cache.cache_path, "wellhop-" in twice._cache.cache_path, same)
print(0)
"""
    (tmp_path / "users.py").write_text("import numba\n@numba.njit(cache=True)\ndef twice(x):\n    return 2 * x\n")
    assert _run(tmp_path / "cache", code, tmp_path)[0] == "True False True"
    assert not numba.config.CACHE_LOCATOR_CLASSES
