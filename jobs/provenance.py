"""Where a result comes from: versions, git commit, MPI library, thread settings, machine type. Imports none
of what it names.
"""

from __future__ import annotations

import datetime
import importlib.metadata
import os
import platform
import subprocess
import sys
from pathlib import Path
from typing import Final

PACKAGES: Final = ("numpy", "scipy", "numba", "llvmlite", "qutip", "h5py", "matplotlib", "mpi4py", "mpich")
THREAD_VARIABLES: Final = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMBA_NUM_THREADS",
    "NUMBA_CPU_NAME",
    "NUMBA_DISABLE_JIT",
)
GIT_SECONDS: Final = 10.0

#: Nested plain values, ready for JSON.
Record = dict[str, object]


def package_version() -> str:
    """Version of wellhop as installed, or ``unknown`` where it runs without being installed."""
    return _version("wellhop") or "unknown"


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def git_state() -> Record | None:
    """Commit of the checkout this package runs from, and whether tracked files were changed.

    None for an installed copy, even when it lies inside somebody's checkout (a virtual environment in a
    project).
    """
    here = Path(__file__).resolve()
    if _git(here.parent, "ls-files", "--error-unmatch", here.name) is None:
        return None
    commit = _git(here.parent, "rev-parse", "HEAD")
    changed = _git(here.parent, "status", "--porcelain", "--untracked-files=no", ":/")
    return {"commit": commit, "changed": None if changed is None else bool(changed)}


def _git(folder: Path, *words: str) -> str | None:
    """Output of one git command, None where git is missing, slow, or says no."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    try:
        done = subprocess.run(
            ["git", "--no-optional-locks", *words],
            cwd=folder,
            env=env,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=GIT_SECONDS,
            check=False,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def mpi_state() -> Record | None:
    """MPI library and number of ranks, None in a serial run. Never starts MPI by itself."""
    MPI = sys.modules.get("mpi4py.MPI")
    if MPI is None or not MPI.Is_initialized() or MPI.Is_finalized():
        return None
    return {
        "library": " ".join(MPI.Get_library_version().replace("\0", "").split())[:500],
        "standard": ".".join(map(str, MPI.Get_version())),
        "ranks": MPI.COMM_WORLD.Get_size(),
    }


def collect() -> Record:
    """Everything about this process that could matter for its results, as plain JSON values.

    >>> sorted(collect())
    ['git', 'machine', 'mpi', 'packages', 'python', 'threads', 'time', 'version']
    """
    return {
        "version": package_version(),
        "git": git_state(),
        "python": platform.python_version(),
        "packages": {name: found for name in PACKAGES if (found := _version(name))},
        "mpi": mpi_state(),
        "threads": {name: os.environ[name] for name in THREAD_VARIABLES if name in os.environ},
        "machine": {
            "system": platform.system(),
            "architecture": platform.machine(),
            "processor": _processor(),
            "logical_cores": os.cpu_count(),
        },
        "time": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
    }


def _processor() -> str:
    """Model name of the processor where the system tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return platform.processor()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor())
