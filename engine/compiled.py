"""Compiled kernels whose cache on disk cannot go stale.

numba keeps compiled code next to a kernel and drops it when the file of *that* function changes. A kernel here calls functions
of other modules, and their code is compiled into it: after an edit of a callee numba would go on loading the old code.
:func:`kept_njit` keeps compiled code in a folder ``wellhop-<digest>`` inside the place that numba chooses (``NUMBA_CACHE_DIR``,
else ``__pycache__``, else the user's cache), the digest taken over the sources of all kernel modules. Any edit opens a new
folder, which also keeps processes with different sources apart. A new folder removes all but the newest three old ones.

Kernel modules are the files of this package with a function under ``@numba.njit`` or :func:`kept_njit`; a constant used in a
kernel must live in one of them.
No setting of numba is changed: only the functions decorated here are concerned.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import tempfile
import warnings
from collections.abc import Callable
from importlib import resources
from pathlib import Path
from typing import Any

import llvmlite  # type: ignore[import-untyped]
import numba
from numba.core.caching import CompileResultCacheImpl, FunctionCache

#: folders of compiled code that stay when a new one is opened
FOLDERS_KEPT = 3
_PREFIX = "wellhop-"
_KERNEL = re.compile(rb"^\s*@(numba\.|kept_)njit", re.MULTILINE)


class CacheWarning(UserWarning):
    """Compiled code cannot be kept: every process compiles anew."""


def kernel_sources() -> dict[str, bytes]:
    """Name and text of every kernel module of this package.

    >>> {"jump_kernels.py", "lane_streams.py", "streams.py"} <= set(kernel_sources())
    True
    """
    files = (f for f in resources.files(__package__).iterdir() if f.name.endswith(".py"))
    texts = {f.name: f.read_bytes() for f in sorted(files, key=lambda f: f.name)}
    return {name: text for name, text in texts.items() if _KERNEL.search(text)}


def _digest() -> str:
    total = hashlib.sha256(f"numba {numba.__version__} llvmlite {llvmlite.__version__}".encode())
    for name, text in kernel_sources().items():
        total.update(f"\n{name} {len(text)}\n".encode() + text)
    return total.hexdigest()[:20]


#: name of the sources in memory; taken at import, when they are
DIGEST = _digest()


class _Folder:
    """A numba cache locator, one level further down."""

    def __init__(self, locator: Any) -> None:
        self._locator = locator

    def get_cache_path(self) -> str:
        return os.path.join(self._locator.get_cache_path(), _PREFIX + DIGEST)

    def get_source_stamp(self) -> str:
        return DIGEST

    def get_disambiguator(self) -> str:
        name: str = self._locator.get_disambiguator()
        return name

    def ensure_cache_path(self) -> None:
        """Make the folder, and room for it: asked by numba before it writes."""
        path = Path(self.get_cache_path())
        if not path.is_dir():
            path.mkdir(parents=True, exist_ok=True)
            remove_old_folders(path.parent, path)
        tempfile.TemporaryFile(dir=path).close()


def remove_old_folders(parent: Path, current: Path) -> None:
    """Remove the folders of former sources beside ``current``, but for the newest :data:`FOLDERS_KEPT`.

    A process that still uses one of them compiles again; nothing else is lost.
    """
    ages = []
    for other in parent.glob(_PREFIX + "*"):
        try:
            if other != current and other.is_dir():
                ages.append((other.stat().st_mtime, other))
        except OSError:  # another process removed it
            continue
    for _, other in sorted(ages, reverse=True)[FOLDERS_KEPT:]:
        shutil.rmtree(other, ignore_errors=True)


class _Implementation(CompileResultCacheImpl):
    @property
    def locator(self) -> _Folder:
        return _Folder(self._locator)


class _KernelCache(FunctionCache):
    _impl_class = _Implementation


def kept_njit(**options: Any) -> Callable[[Callable[..., Any]], Any]:
    """``numba.njit(**options)`` with compiled code kept on disk, named by the sources of all kernels.

    Only functions called from Python need it; what they call is compiled into them.

    Raises:
        CacheWarning (as a warning): numba finds no folder that it may write to; the kernel works, uncached.
    """

    def decorate(function: Callable[..., Any]) -> Any:
        dispatcher = numba.njit(**options)(function)
        if not hasattr(dispatcher, "enable_caching"):  # NUMBA_DISABLE_JIT: an ordinary function
            return dispatcher
        try:
            dispatcher._cache = _KernelCache(function)  # type: ignore[no-untyped-call]
        except RuntimeError as error:
            advice = "set NUMBA_CACHE_DIR to a folder that can be written"
            warnings.warn(f"compiled code is not kept, {advice} ({error})", CacheWarning, stacklevel=2)
        return dispatcher

    return decorate
