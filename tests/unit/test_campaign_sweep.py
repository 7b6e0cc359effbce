"""Axis values: ends exact, the same bits on every machine."""

from __future__ import annotations

import itertools
import math

import pytest

from wellhop.jobs.sweep import axis_values


@pytest.mark.parametrize("spacing", ["linear", "log"])
def test_ends_are_exact(spacing: str) -> None:
    values = axis_values(0.1, 12.3, 7, spacing)
    assert (values[0], values[-1], len(values)) == (0.1, 12.3, 7)


def test_steps_are_even_to_the_digits_kept() -> None:
    linear = axis_values(2, 12, 11, "linear")
    assert linear == [float(n) for n in range(2, 13)]
    log = axis_values(1e-3, 10, 9, "log")
    ratios = [b / a for a, b in itertools.pairwise(log)]
    assert max(abs(r / math.sqrt(10) - 1) for r in ratios) < 2e-12


def test_inner_values_carry_no_more_digits_than_every_machine_agrees_on() -> None:
    for value in axis_values(0.01, 0.1, 30, "log")[1:-1]:
        assert value == float(f"{value:.12g}")


def test_two_values_are_the_ends() -> None:
    assert axis_values(1, 2, 2, "log") == [1.0, 2.0]
