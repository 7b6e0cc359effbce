"""Side-by-side timing: both sides interleaved in one process on one thread, medians, ratios printed at the end."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping

# one thread for every side; must be set before numpy loads a BLAS
for _name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"

import pytest  # noqa: E402  (the threads of a BLAS are fixed when numpy loads it)

LINES: list[str] = []


@pytest.fixture(name="interleave")
def interleave_fixture() -> Callable[..., dict[str, float]]:
    """:func:`interleave`, as a fixture: test modules cannot import this file in importlib mode."""
    return interleave


def interleave(sides: Mapping[str, Callable[[], float]], rounds: int = 5) -> dict[str, float]:
    """Median cost of each side; a side returns the work it did, its cost is CPU seconds per unit of work.

    Sides take turns (A B A B ...), so a drift of the machine hits all of them alike.
    """
    for side in sides.values():
        side()
    costs: dict[str, list[float]] = {name: [] for name in sides}
    for _ in range(rounds):
        for name, side in sides.items():
            begin = time.process_time()
            work = side()
            costs[name].append((time.process_time() - begin) / work)
    return {name: sorted(c)[len(c) // 2] for name, c in costs.items()}


@pytest.fixture
def tell() -> Callable[[str], None]:
    """Lines for the summary at the end of the run."""
    return LINES.append


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the ratios."""
    if LINES:
        terminalreporter.section("figures (ratios from one run, one thread, interleaved, medians)")
        for line in LINES:
            terminalreporter.write_line(line)
