"""Who computes: this process, a thread of it, or MPI ranks; and how all of them end together.

All transports offer the manager the same few methods (:class:`Crew`). Over MPI the manager is rank 0. With
few ranks it also computes, in a thread, because kernels release the interpreter lock; then only its main
thread talks to MPI. Nobody blocks inside MPI, where MPICH would spin: everyone probes and sleeps, for at most
five milliseconds.

An exception on any rank ends all of them: named errors in order with exit code 2, everything else by
``Abort`` after the traceback was printed.
"""

from __future__ import annotations

import collections
import contextlib
import os
import queue
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from types import FrameType, TracebackType
from typing import Any, Final, Protocol, TypeVar

from wellhop.engine.errors import WellhopError
from wellhop.jobs.interrupts import SIGNALS
from wellhop.jobs.launcher import last_words
from wellhop.jobs.worker import Answer, Bye, Done, Failure, Signalled, Stop, Task, Worker

P = TypeVar("P")
#: With at most so many ranks the manager's rank computes too.
FEW_RANKS: Final = 8
_TO_WORKER: Final = 71
_TO_MANAGER: Final = 72
_SHORTEST_SLEEP_S: Final = 1e-4
_LONGEST_SLEEP_S: Final = 5e-3
_FAREWELL_S: Final = 5.0


class LauncherGoneError(RuntimeError):
    """The program that started the ranks was killed; the other ranks end by themselves."""


class Communicator(Protocol):
    """The part of ``mpi4py.MPI.Comm`` used here."""

    @property
    def rank(self) -> int: ...
    @property
    def size(self) -> int: ...
    def isend(self, obj: Any, dest: int, tag: int = 0) -> Any: ...
    def recv(self, buf: Any = None, source: int = -1, tag: int = -1) -> Any: ...
    def iprobe(self, source: int = -1, tag: int = -1) -> bool: ...
    def Abort(self, errorcode: int = 0) -> Any: ...


class Crew(Protocol):
    """The workers as the manager sees them, numbered from 0.

    ``depth`` is the number of tasks a worker should have, so that it never waits for the next one.
    """

    @property
    def size(self) -> int: ...

    @property
    def depth(self) -> int: ...

    def send(self, worker: int, task: Task) -> None:
        """Queue a task."""

    def receive(self, timeout: float) -> list[Answer]:
        """What has arrived, waiting at most about ``timeout`` seconds for the first message."""

    def dismiss(self, code: int) -> list[Done]:
        """Send everybody home with an exit code; returns the slices that were still running."""


class _Nap:
    """Sleeps longer and longer while nothing happens."""

    def __init__(self) -> None:
        self._length = _SHORTEST_SLEEP_S

    def sleep(self) -> None:
        time.sleep(self._length)
        self._length = min(2 * self._length, _LONGEST_SLEEP_S)

    def wake(self) -> None:
        self._length = _SHORTEST_SLEEP_S


class InlineCrew:
    """One worker: the manager itself, between two looks at its books."""

    size = 1
    depth = 1

    def __init__(self, worker: Worker[P]) -> None:
        """Compute with ``worker``."""
        self._compute: Callable[[Task], Done] = worker.compute
        self._tasks: collections.deque[Task] = collections.deque()

    def send(self, worker: int, task: Task) -> None:
        """Queue a task."""
        self._tasks.append(task)

    def receive(self, timeout: float) -> list[Answer]:
        """Compute one queued task."""
        return [self._compute(self._tasks.popleft())] if self._tasks else []

    def dismiss(self, code: int) -> list[Done]:
        """Drop what is queued."""
        self._tasks.clear()
        return []


class ThreadCrew:
    """One worker in a thread of this process."""

    size = 1
    depth = 2

    def __init__(self, worker: Worker[P]) -> None:
        """Start the thread; it ends with the process at the latest."""
        self._tasks: queue.SimpleQueue[Task | Stop] = queue.SimpleQueue()
        self._answers: queue.SimpleQueue[Answer] = queue.SimpleQueue()
        self._stopped = threading.Event()
        self._thread = threading.Thread(
            target=self._serve, args=(worker.compute,), name="worker", daemon=True
        )
        self._thread.start()

    def _serve(self, compute: Callable[[Task], Done]) -> None:
        try:
            while isinstance(task := self._tasks.get(), Task) and not self._stopped.is_set():
                self._answers.put(compute(task))
        except BaseException as error:
            self._answers.put(Failure.of(0, error))
        self._answers.put(Bye(0))

    def send(self, worker: int, task: Task) -> None:
        """Queue a task."""
        self._tasks.put(task)

    def receive(self, timeout: float) -> list[Answer]:
        """What has arrived."""
        found: list[Answer] = []
        with contextlib.suppress(queue.Empty):
            found.append(self._answers.get(timeout=timeout) if timeout > 0 else self._answers.get_nowait())
            while True:
                found.append(self._answers.get_nowait())
        return found

    def dismiss(self, code: int) -> list[Done]:
        """Let the running slice end, and the thread with it."""
        self.begin_dismissal(code)
        self._thread.join()
        return [answer for answer in self.receive(0.0) if isinstance(answer, Done)]

    def begin_dismissal(self, code: int) -> None:
        """Tell the thread to end after the running slice."""
        self._stopped.set()
        self._tasks.put(Stop(code))


class MpiCrew:
    """Workers on the ranks above 0, and one in a thread of rank 0 when there are few."""

    depth = 2

    def __init__(self, comm: Communicator, local: ThreadCrew | None) -> None:
        """Take the other ranks of ``comm``, which run :func:`serve`; a local worker is number 0."""
        self._comm, self._local = comm, local
        self._first = 0 if local is not None else 1
        self.size = comm.size - self._first
        self._sending: list[Any] = []
        self._parent = os.getppid()
        self.dismissed = False

    def _post(self, rank: int, message: Task | Stop) -> None:
        self._sending.append(self._comm.isend(message, dest=rank, tag=_TO_WORKER))

    def send(self, worker: int, task: Task) -> None:
        """Queue a task; never waits, even where the message is large."""
        rank = worker + self._first
        if rank == 0 and self._local is not None:
            self._local.send(0, task)
        else:
            self._post(rank, task)

    def receive(self, timeout: float) -> list[Answer]:
        """What has arrived."""
        nap, until = _Nap(), time.monotonic() + timeout
        while not (found := self._arrived()) and time.monotonic() < until:
            nap.sleep()
        return found

    def _arrived(self) -> list[Answer]:
        self._sending = [request for request in self._sending if not request.Test()]
        found: list[Answer] = self._local.receive(0.0) if self._local is not None else []
        while self._comm.iprobe(tag=_TO_MANAGER):
            found.append(self._comm.recv(tag=_TO_MANAGER))
        if os.getppid() != self._parent:
            raise LauncherGoneError("mpiexec has gone")
        return found

    def dismiss(self, code: int) -> list[Done]:
        """Wait for all running slices; workers that do not answer in time are a crash."""
        return self._dismiss(code, None)

    def dismiss_quickly(self, code: int) -> bool:
        """As :meth:`dismiss` after an error, for a few seconds; returns whether all have left."""
        try:
            self._dismiss(code, _FAREWELL_S)
        except TimeoutError:
            return False
        return True

    def _dismiss(self, code: int, patience: float | None) -> list[Done]:
        if self.dismissed:
            return []
        self.dismissed = True
        for rank in range(1, self._comm.size):
            self._post(rank, Stop(code))
        if self._local is not None:
            self._local.begin_dismissal(code)
        here = set(range(self._first, self._comm.size))
        finished: list[Done] = []
        until = None if patience is None else time.monotonic() + patience
        while here:
            if until is not None and time.monotonic() > until:
                raise TimeoutError
            for answer in self.receive(0.1):
                if isinstance(answer, Done):
                    finished.append(answer)
                elif isinstance(answer, Bye):
                    here.discard(answer.worker + self._first)
                elif isinstance(answer, Failure) and patience is None:
                    raise answer.exception()
        return finished


def serve(comm: Communicator, worker_of: Callable[[int], Worker[P]]) -> int:
    """The life of a rank above 0: compute until rank 0 says stop; returns the exit code.

    Args:
        comm: the communicator.  worker_of: (worker number) -> worker.
    """
    identity = comm.rank - (0 if comm.size <= FEW_RANKS else 1)
    station = _Station(comm, identity)
    with station:
        try:
            return station.work(worker_of(identity))
        except Exception as error:
            station.answer(Failure.of(identity, error))
            return station.wait_for_stop()


class _Station:
    """The messages of one worker rank: queue, answers, signals, and whether the launcher lives."""

    def __init__(self, comm: Communicator, identity: int) -> None:
        self._comm, self._identity = comm, identity
        self._tasks: collections.deque[Task] = collections.deque()
        self._stop: Stop | None = None
        self._signalled: list[str] = []
        self._before: dict[int, Any] = {}
        self._parent = os.getppid()

    def work(self, worker: Worker[P]) -> int:
        nap = _Nap()
        while self._stop is None:
            self._look()
            if self._stop is None and self._tasks:
                self.answer(worker.compute(self._tasks.popleft()))
                nap.wake()
            else:
                nap.sleep()
        self.answer(Bye(self._identity))
        return self._stop.code

    def wait_for_stop(self) -> int:
        nap = _Nap()
        while self._stop is None:
            self._look()
            nap.sleep()
        self.answer(Bye(self._identity))
        return self._stop.code

    def answer(self, message: Answer) -> None:
        """Send and see it off: a message left half-sent would hold up the manager for a whole slice."""
        request, nap = self._comm.isend(message, dest=0, tag=_TO_MANAGER), _Nap()
        while not request.Test():
            self._check_launcher()
            nap.sleep()

    def _look(self) -> None:
        self._check_launcher()
        while self._signalled:
            self.answer(Signalled(self._identity, self._signalled.pop()))
        while self._comm.iprobe(source=0, tag=_TO_WORKER):
            message = self._comm.recv(source=0, tag=_TO_WORKER)
            if isinstance(message, Stop):
                self._stop = message
            else:
                self._tasks.append(message)

    def _check_launcher(self) -> None:
        if os.getppid() != self._parent:  # nobody is left to talk to, and MPI calls may never return
            os._exit(1)

    def _handle(self, number: int, frame: FrameType | None) -> None:
        self._signalled.append(signal.Signals(number).name)

    def __enter__(self) -> None:
        for number in SIGNALS:
            with contextlib.suppress(ValueError):
                self._before[number] = signal.signal(number, self._handle)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler if handler is not None else signal.SIG_DFL)


def guard(comm: Communicator) -> None:
    """From here on an uncaught exception on this rank is printed and ends all ranks with exit code 1."""

    def end_all(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        last_words("".join(traceback.format_exception(kind, error, trace)))
        comm.Abort(1)

    if comm.size > 1:
        sys.excepthook = end_all


@contextlib.contextmanager
def manage(comm: Communicator | None, worker_of: Callable[[int], Worker[P]]) -> Iterator[Crew]:
    """The crew for the manager's rank; whatever happens inside, the workers are sent home.

    A named error goes on after the workers have left with exit code 2. Any other exception is printed and
    ends all ranks with exit code 1 at once; in a single process it just goes on.

    Args:
        comm: None or a communicator of size 1 for a single process; the other ranks run :func:`serve`.
        worker_of: (worker number) -> worker.
    """
    if comm is None or comm.size == 1:
        yield InlineCrew(worker_of(0))
        return
    crew = MpiCrew(comm, ThreadCrew(worker_of(0)) if comm.size <= FEW_RANKS else None)
    try:
        yield crew
        crew.dismiss(0)
    except WellhopError as error:
        if not crew.dismiss_quickly(2):
            last_words(f"error: {error}\n")
            comm.Abort(2)
        raise
    except BaseException:
        last_words(traceback.format_exc())
        comm.Abort(1)
        raise
