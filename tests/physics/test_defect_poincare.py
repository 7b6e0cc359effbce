"""Poincaré map of the driven qubit with a defect, against the printed numbers and a search along the trajectory."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from wellhop.analysis.defect_poincare import axis_crossings, poincare_map
from wellhop.analysis.defect_propagator import mean
from wellhop.engine.errors import ParameterError
from wellhop.engine.systems.driven_qubit_tls import DrivenQubitTLS

ROW = tomllib.loads((Path(__file__).parent / "driven_qubit_reference.toml").read_text())["poincare"]
SYSTEM = DrivenQubitTLS(*ROW["point"])


def searched(system: DrivenQubitTLS, start: float) -> tuple[float, float]:
    """First return, (Re μ, t), by walking along μ(t); a twentieth of a turn after the start is skipped."""
    turn = 2.0 * math.pi / abs(system.delta_d)
    times = np.linspace(0.05 * turn, 4.0 * turn, 80001)
    mu = mean(system, times, amplitude=start)
    crossing = np.flatnonzero((mu.imag[:-1] * mu.imag[1:] <= 0.0) & (mu.real[1:] > 0.0))[0]
    share = mu.imag[crossing] / (mu.imag[crossing] - mu.imag[crossing + 1])
    time = times[crossing] + share * (times[1] - times[0])
    return float(mean(system, float(time), amplitude=start).real), float(time)


def test_printed_numbers(printed_as: Callable[..., bool]) -> None:
    found = poincare_map(SYSTEM)
    above, below = found.branches
    assert printed_as(below.slope, ROW["slope_below"])
    assert printed_as(above.slope, ROW["slope_above"])
    assert printed_as(found.partitions[0], ROW["partition"])
    assert printed_as(found.fixed_points[0], ROW["fixed_point"])
    assert printed_as(abs(SYSTEM.mu_ss), ROW["radius"])
    for start, key in ((0.0, "from_zero"), (1.0, "from_one")):
        back = found(start)
        assert printed_as(back.point, ROW[key][0])
        assert printed_as(back.time, ROW[key][1])
    # a full and a half turn, up to the small angle of μ_ss; the partition likewise
    assert below.slope == pytest.approx(math.exp(-2.0 * math.pi * SYSTEM.s / abs(SYSTEM.delta_d)), abs=5e-4)
    half = math.exp(-math.pi * SYSTEM.s / abs(SYSTEM.delta_d))
    assert above.slope == pytest.approx(half, abs=1.5e-3)
    assert found.partitions[0] == pytest.approx(abs(SYSTEM.mu_ss) * (1.0 + 1.0 / half), abs=1e-3)


@pytest.mark.parametrize(
    "system",
    [
        SYSTEM,
        DrivenQubitTLS(-0.8, 0.3, T=150.0),
        DrivenQubitTLS(1.2, 0.7),
        DrivenQubitTLS(-0.3, 0.2, Delta_c=-0.6),
    ],
    ids=str,
)
def test_returns_by_walking_along_the_trajectory(system: DrivenQubitTLS) -> None:
    found = poincare_map(system)
    for start in (0.0, 0.2, 0.8, 1.0, 2.5):
        point, time = searched(system, start)
        assert found(start).time == pytest.approx(time, rel=1e-7)
        assert found(start).point == pytest.approx(point, abs=1e-6)


def test_pieces_cover_the_axis_and_jump_at_the_partition() -> None:
    found = poincare_map(SYSTEM)
    above, below = found.branches
    assert (above.upper, above.lower, below.upper, below.lower) == (
        math.inf,
        found.partitions[0],
        found.partitions[0],
        0.0,
    )
    # at the partition the half-turn return passes through the origin
    assert above.offset + above.slope * found.partitions[0] == pytest.approx(0.0, abs=1e-15)
    assert found(found.partitions[0] - 1e-9).point > 0.7
    assert found(found.partitions[0] + 1e-9).point < 1e-8


def test_crossing_times_do_not_depend_on_the_start() -> None:
    times = axis_crossings(SYSTEM, 5)
    for start in (0.0, 0.7, 3.0):
        assert np.abs(mean(SYSTEM, np.array(times), amplitude=start).imag).max() < 1e-13
    # ... and none is left out
    grid = np.linspace(1e-6, times[-1] + 1e-6, 20001)
    assert np.count_nonzero(np.diff(np.sign(mean(SYSTEM, grid).imag))) == 5


def test_with_the_printed_sign_of_the_detuning_there_is_no_partition() -> None:
    """Negative control: at +2.5 MHz every start is back after half a turn."""
    wrong = poincare_map(DrivenQubitTLS(-SYSTEM.Delta_d, SYSTEM.Omega))
    assert wrong.partitions == ()
    assert len(wrong.branches) == 1
    assert wrong.branches[0].slope == pytest.approx(0.8206, abs=1e-4)
    assert abs(wrong(0.0).point - 0.1310) > 0.5


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: poincare_map(DrivenQubitTLS(0.0, 1.0)), "Delta_d: got 0.0"),
        (lambda: poincare_map(DrivenQubitTLS(-2.5, 0.0)), "Omega: got 0.0"),
        (lambda: poincare_map(SYSTEM)(-0.1), "start: got -0.1"),
        (lambda: poincare_map(SYSTEM)(math.nan), "start: got nan"),
    ],
)
def test_bad_input_is_named(call: Callable[[], object], words: str) -> None:
    with pytest.raises(ParameterError, match=words.replace(".", r"\.")):
        call()
