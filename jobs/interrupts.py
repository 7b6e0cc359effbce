"""Reasons to pause: signals and wall time.

The first SIGINT, SIGTERM or SIGUSR1 asks for a pause: running slices are finished, everything is committed,
the program ends with exit code 3. The same signal again, more than three seconds later, has its usual effect.
"""

from __future__ import annotations

import os
import signal
import time
from types import FrameType, TracebackType
from typing import Any, Final, Self

SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGUSR1)
_PATIENCE_S: Final = 3.0


class Interrupts:
    """Notes signals while it is entered; outside the main thread it notes none.

    Attributes:
        wall_time: seconds from construction after which to pause, or None.
    """

    def __init__(self, wall_time: float | None = None) -> None:
        """Start the clock."""
        self.wall_time = wall_time
        self.begin = time.monotonic()
        self._reason = ""
        self._first = 0.0
        self._before: dict[int, Any] = {}

    def note(self, reason: str) -> None:
        """Ask for a pause, for a reason that came by another way (a worker that got a signal)."""
        self._reason = self._reason or reason

    def reason(self, margin: float = 0.0) -> str:
        """Why to pause now; empty while there is no reason.

        Args:
            margin: seconds needed to finish what runs and to commit, at most a quarter of the wall time is
                granted.
        """
        if not self._reason and self.wall_time is not None:
            left = self.wall_time - (time.monotonic() - self.begin)
            if left <= min(margin, self.wall_time / 4):
                self._reason = f"wall time of {self.wall_time:g} s"
        return self._reason

    def _handle(self, number: int, frame: FrameType | None) -> None:
        now = time.monotonic()
        if self._first and now - self._first > _PATIENCE_S:
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)
        self._first = self._first or now
        self.note(signal.Signals(number).name)

    def __enter__(self) -> Self:
        """Take over the signals."""
        try:
            for number in SIGNALS:
                self._before[number] = signal.signal(number, self._handle)
        except ValueError:  # not the main thread
            self._before.clear()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Give the signals back."""
        for number, handler in self._before.items():
            signal.signal(number, handler if handler is not None else signal.SIG_DFL)
        self._before.clear()
