"""Command lines without the start of an interpreter: a process that has imported everything forks one for each request.

``python forking_server.py CAMPAIGN DIR`` runs a small campaign once, so that everything is imported and compiled, then reads one
request a line and answers with one line, both JSON: ``["start", words, out, err]`` gives the process id of ``wellhop WORDS`` in a
process group of its own, ``["poll", pid]`` its exit code as :mod:`subprocess` counts them, or null while it runs. Tests that kill
a run at many instants start it through :class:`ForkingServer`.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from wellhop.jobs import cli


class ForkedRun:
    """What tests use of a :class:`subprocess.Popen`."""

    def __init__(self, server: ForkingServer, pid: int, files: tuple[Path, Path]) -> None:
        self.server, self.pid, self.files = server, pid, files
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """The exit code, None while it runs."""
        if self.returncode is None:
            self.returncode = self.server.ask("poll", self.pid)
        return self.returncode

    def communicate(self, timeout: float = 60.0) -> tuple[str, str]:
        """Wait for the end; what was written.

        Raises:
            TimeoutExpired: it still runs.
        """
        until = time.monotonic() + timeout
        while self.poll() is None:
            if time.monotonic() > until:
                raise subprocess.TimeoutExpired("wellhop", timeout)
            time.sleep(0.005)
        out, err = (file.read_text() for file in self.files)
        return out, err


class ForkingServer:
    """The process that forks; ``with`` ends it."""

    def __init__(self, scratch: Path, campaign: str, environment: dict[str, str]) -> None:
        self.scratch, self.started = scratch, 0
        (scratch / "first.toml").write_text(campaign)
        self.process = subprocess.Popen(
            [sys.executable, __file__, str(scratch / "first.toml"), str(scratch / "first")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, **environment},
        )

    def __enter__(self) -> ForkingServer:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.communicate(timeout=60.0)

    def ask(self, *request: Any) -> Any:
        """One request, one answer."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def start(self, *words: str) -> ForkedRun:
        """Run ``wellhop WORDS``."""
        self.started += 1
        files = (self.scratch / f"out{self.started}", self.scratch / f"err{self.started}")
        return ForkedRun(self, self.ask("start", words, *map(str, files)), files)


def _fork(words: list[str], out: str, err: str) -> int:
    pid = os.fork()
    if pid == 0:
        code = 70
        try:
            os.setpgid(0, 0)
            for number, path in ((0, os.devnull), (1, out), (2, err)):
                os.dup2(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), number)
            code = cli.main(words)
            sys.stdout.flush()
        finally:
            sys.stderr.flush()
            os._exit(code)
    os.setpgid(pid, pid)
    return pid


def _poll(pid: int) -> int | None:
    found, status = os.waitpid(pid, os.WNOHANG)
    return os.waitstatus_to_exitcode(status) if found else None


def main() -> None:
    """Answer until the end of the input."""
    with open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere):
        assert cli.main(["run", sys.argv[1], "--output", sys.argv[2], "--quiet"]) == 0
    answers = {"start": _fork, "poll": _poll}
    for line in sys.stdin:
        action, *arguments = json.loads(line)
        print(json.dumps(answers[action](*arguments)), flush=True)


if __name__ == "__main__":
    main()
