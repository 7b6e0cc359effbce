"""One writer per run folder."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import os
import socket
from pathlib import Path
from typing import Any, Final

from wellhop.engine.errors import FolderError
from wellhop.jobs.durable import unwritable

NAME: Final = "lock"
#: Network file systems that know no locks answer with one of these.
_NO_LOCKS: Final = {errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOLCK}


class FolderLock:
    """Holds the lock of a folder from construction to :meth:`release`; dies with the process.

    Where the file system knows no locks, the process id and host in the file decide: a live process on this
    host or any process on another host refuses.

    Raises:
        FolderError: somebody else writes to the folder, or the lock file cannot be written.
    """

    def __init__(self, folder: Path) -> None:
        """Take the lock or refuse at once."""
        self.path = folder / NAME
        try:
            self._handle = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o644)
        except OSError as error:
            raise unwritable(self.path, error) from error
        try:
            self._take()
            os.ftruncate(self._handle, 0)
            owner = {"wellhop": NAME, "pid": os.getpid(), "host": socket.gethostname()}
            os.pwrite(self._handle, json.dumps(owner).encode() + b"\n", 0)
        except OSError as error:
            os.close(self._handle)
            raise unwritable(self.path, error) from error
        except BaseException:
            os.close(self._handle)
            raise

    def _take(self) -> None:
        try:
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            owner = read_owner(self.path)
            if error.errno in (errno.EAGAIN, errno.EACCES):
                raise self._busy(owner) from None
            if error.errno not in _NO_LOCKS:
                raise
            if owner and _alive(owner):
                raise self._busy(owner) from None

    def _busy(self, owner: dict[str, Any]) -> FolderError:
        who = f"process {owner['pid']} on {owner['host']}" if owner else "another process"
        return FolderError(f"{self.path.parent}: in use by {who}; wait until it ends or stop it")

    def release(self) -> None:
        """Give the folder free; releasing twice is harmless."""
        handle, self._handle = self._handle, -1
        if handle >= 0:
            with contextlib.suppress(OSError):
                os.ftruncate(handle, 0)
                os.pwrite(handle, json.dumps({"wellhop": NAME}).encode() + b"\n", 0)
            os.close(handle)


def read_owner(path: Path) -> dict[str, Any]:
    """Who wrote a lock file last; empty when nobody holds it or it cannot be read."""
    with contextlib.suppress(OSError, ValueError, RecursionError):
        owner = json.loads(path.read_bytes()[:4096])
        if isinstance(owner, dict) and owner.get("wellhop") == NAME:
            return owner if type(owner.get("pid")) is int and isinstance(owner.get("host"), str) else {}
    return {}


def is_lock(path: Path) -> bool:
    """Whether a file is a lock file of ours, held or not."""
    with contextlib.suppress(OSError, ValueError, RecursionError):
        raw = path.read_bytes()[:4096]
        return raw == b"" or "wellhop" in json.loads(raw)
    return False


def _alive(owner: dict[str, Any]) -> bool:
    if owner["host"] != socket.gethostname():
        return True
    try:
        os.kill(owner["pid"], 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return bool(owner["pid"] != os.getpid())
