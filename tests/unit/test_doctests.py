"""Every example in a docstring runs and prints what it says."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import pytest

import wellhop.analysis
import wellhop.engine
import wellhop.jobs

#: importing this one runs the command line
NOT_IMPORTABLE = {"wellhop.jobs.__main__"}
ROOMS = (wellhop.engine, wellhop.analysis, wellhop.jobs)
MODULES = sorted(
    {room.__name__ for room in ROOMS}
    | {
        found.name
        for room in ROOMS
        for found in pkgutil.walk_packages(room.__path__, room.__name__ + ".")
        if found.name not in NOT_IMPORTABLE
    }
)


def test_every_room_is_walked() -> None:
    """Negative control: an empty walk, or one that stops at the first level, would pass silently."""
    assert len(MODULES) > 60
    assert {"wellhop.engine.systems.kerr_cat", "wellhop.analysis.figures.style", "wellhop.jobs.cli"} <= set(
        MODULES
    )


@pytest.mark.parametrize("name", MODULES)
def test_examples_of(name: str) -> None:
    module = importlib.import_module(name)
    outcome = doctest.testmod(module, optionflags=doctest.FAIL_FAST)
    assert outcome.failed == 0, f"{name}: see the captured output"


def test_there_are_examples() -> None:
    """Counts what the tests above ran; a finder that finds nothing must not look like success."""
    finder = doctest.DocTestFinder(exclude_empty=True)
    found = [e for name in MODULES for t in finder.find(importlib.import_module(name)) for e in t.examples]
    assert len(found) > 100


def test_a_wrong_example_is_noticed() -> None:
    """Negative control."""
    wrong = doctest.DocTestParser().get_doctest(">>> 1 + 1\n3\n", {}, "wrong", None, None)
    assert doctest.DocTestRunner(verbose=False).run(wrong, out=lambda text: None).failed == 1
