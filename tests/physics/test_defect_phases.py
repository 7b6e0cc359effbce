"""Phases, collapse locus and smallest mean of the driven qubit with a defect, against the table and a search by brute force."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from wellhop.analysis.defect_phases import (
    PHASES,
    amplifying_drive,
    collapse_drive,
    crossover,
    phase_of,
    smallest_mean,
)
from wellhop.analysis.defect_propagator import mean
from wellhop.engine.errors import ParameterError, PredictionError
from wellhop.engine.systems.driven_qubit_tls import DrivenQubitTLS

TABLES = tomllib.loads((Path(__file__).parent / "driven_qubit_reference.toml").read_text())
ROWS = {row["figure"]: row for row in TABLES["phases"]}
EDGES = TABLES["phase_boundaries"]


@pytest.mark.parametrize("figure", ROWS)
def test_rows_of_the_table(figure: str, printed_as: Callable[..., bool]) -> None:
    row: dict[str, Any] = ROWS[figure]
    system = DrivenQubitTLS(*row["point"])
    found, least = crossover(system), smallest_mean(system)
    assert phase_of(system) == row["phase"]
    assert printed_as(found.radius[0], row["radius"])
    if row["phase"] == "IV":
        assert math.isnan(found.x[0])
        return
    assert printed_as(found.time[0], row["crossing_time"])
    assert printed_as(found.x[0], row["x"], 3e-5)
    assert printed_as(least.time, row["minimum_time"])
    if "minimum" in row:
        assert printed_as(least.size, row["minimum"])
    else:
        assert least.size < row["minimum_below"]


def test_phases_of_the_figures_with_other_half_widths() -> None:
    """The rule is a choice: 2(c) is the nearest to an edge."""
    for figure, row in ROWS.items():
        system = DrivenQubitTLS(*row["point"])
        assert phase_of(system, 0.15) == row["phase"]
        assert phase_of(system, 0.35) == ("II" if figure == "2(c)" else row["phase"])


@pytest.mark.parametrize("point", EDGES["collapse"], ids=str)
def test_collapse_locus(point: tuple[float, str], printed_as: Callable[..., bool]) -> None:
    found = collapse_drive(DrivenQubitTLS(point[0], 0.3))
    assert printed_as(found.drive, point[1])
    there = DrivenQubitTLS(point[0], found.drive)
    assert abs(mean(there, found.time)) < 1e-12
    assert crossover(there).x[0] == pytest.approx(math.copysign(1.0, point[0]), abs=1e-12)
    assert smallest_mean(there).size < 1e-7
    assert phase_of(there) == "II"
    assert not found.amplifying


@pytest.mark.parametrize("point", EDGES["amplifying"], ids=str)
def test_edge_of_phase_four(point: tuple[float, str], printed_as: Callable[..., bool]) -> None:
    drive = amplifying_drive(DrivenQubitTLS(point[0], 0.3))
    assert printed_as(drive, point[1])
    assert abs(DrivenQubitTLS(point[0], drive).mu_ss) == pytest.approx(1.0, abs=1e-14)
    for side, expected in ((0.999, {"I", "II", "III"}), (1.001, {"IV"})):
        assert phase_of(DrivenQubitTLS(point[0], side * drive)) in expected


@pytest.mark.parametrize("order", [3, 5])
@pytest.mark.parametrize("detuning", [-0.5, 0.8])
def test_later_collapses(detuning: float, order: int) -> None:
    """|x| = 3, 5 are exact zeros too, deeper in the tail and in phase I."""
    first, found = (collapse_drive(DrivenQubitTLS(detuning, 0.1), n) for n in (1, order))
    there = DrivenQubitTLS(detuning, found.drive)
    assert abs(mean(there, found.time)) < 1e-12
    assert crossover(there).x[0] == pytest.approx(math.copysign(order, detuning), abs=1e-11)
    assert phase_of(there) == "I"
    assert found.time > first.time
    assert found.drive < first.drive


def test_the_map_is_not_symmetric_in_the_detuning() -> None:
    assert (
        collapse_drive(DrivenQubitTLS(0.5, 0.1)).drive < 0.6 * collapse_drive(DrivenQubitTLS(-0.5, 0.1)).drive
    )
    assert phase_of(DrivenQubitTLS(-0.37, 0.1)) != phase_of(DrivenQubitTLS(0.37, 0.1))


def test_collapse_far_out_lies_inside_phase_four() -> None:
    """For Δ_d > 0 it takes a turn and a half: where that is quicker than ln 2/s the drive is already too strong."""
    assert not collapse_drive(DrivenQubitTLS(1.4, 0.1)).amplifying
    assert collapse_drive(DrivenQubitTLS(1.5, 0.1)).amplifying


def test_steady_term_larger_from_the_start_is_no_collapse() -> None:
    """|α₀ - μ_ss| < |μ_ss| < α₀: t* < 0, whatever x says; |μ| never comes near zero."""
    system = DrivenQubitTLS(-0.5, 0.5)
    found = crossover(system)
    assert found.time[0] < 0.0
    assert abs(found.x[0]) > 0.75
    assert phase_of(system) == "III"
    assert smallest_mean(system).size > 0.5


def test_many_drives_at_once_are_each_alone() -> None:
    drives = np.array([0.02, 0.11, 0.2, 0.6])
    found = crossover(DrivenQubitTLS(0.3, 0.0), drives)
    alone = [crossover(DrivenQubitTLS(0.3, float(d))) for d in drives]
    assert np.allclose(found.x, [one.x[0] for one in alone], rtol=1e-13, equal_nan=True)
    assert [PHASES[k] for k in found.phases()] == [phase_of(DrivenQubitTLS(0.3, float(d))) for d in drives]


def test_smallest_mean_by_brute_force() -> None:
    """Coarse minima of 60 random systems on a fine grid are never below the root of the derivative."""
    rng = np.random.default_rng(20)
    for _ in range(60):
        detuning = float(rng.choice([-1.0, 1.0]) * 10.0 ** rng.uniform(-2.0, 1.3))
        system = DrivenQubitTLS(
            detuning, float(10.0 ** rng.uniform(-3.0, 0.5)), T=float(rng.choice([10.0, 150.0]))
        )
        found = smallest_mean(system)
        times = np.linspace(0.0, 30.0 + 3.0 / abs(detuning), 60001)
        brute = float(np.abs(mean(system, times)).min())
        speed = abs(complex(system.s, system.delta_d)) * (system.alpha_0 + 2.0 * abs(system.mu_ss))
        assert brute - speed * times[1] <= found.size <= brute + 1e-12
        if math.isfinite(found.time):
            assert abs(mean(system, found.time)) == pytest.approx(found.size, abs=1e-14)


def test_on_resonance_the_mean_moves_on_a_line() -> None:
    system = DrivenQubitTLS(0.0, 0.1)
    steady = system.mu_ss
    away = system.alpha_0 - steady
    share = -(steady.conjugate() * away).real / abs(away) ** 2
    found = smallest_mean(system)
    assert found.size == pytest.approx(abs(steady + share * away), abs=1e-14)
    assert math.exp(-system.s * found.time) == pytest.approx(share, rel=1e-9)
    # without a drive it only comes down
    assert smallest_mean(replace(system, Omega=0.0)).time == math.inf


def test_with_the_other_sign_of_the_phase_there_is_no_collapse() -> None:
    """Negative control: e^{-iΔ_d t} instead of e^{+iΔ_d t}."""
    system = DrivenQubitTLS(*ROWS["2(b)"]["point"])
    t = np.linspace(0.0, 5.0, 2001)
    wrong = system.mu_ss * np.exp(-1j * system.delta_d * t) + (1.0 - system.mu_ss) * np.exp(-system.s * t)
    assert np.abs(wrong).min() > 30.0 * smallest_mean(system).size


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: phase_of(DrivenQubitTLS(0.3, 0.0)), "Omega: got 0.0"),
        (lambda: crossover(DrivenQubitTLS(0.3, 0.1), [0.1, -0.2]), "Omega: got -0.2"),
        (lambda: phase_of(DrivenQubitTLS(0.3, 0.1, alpha_0=0.0)), "alpha_0: got 0.0"),
        (lambda: phase_of(DrivenQubitTLS(0.3, 0.1), 1.0), "half_width: got 1.0"),
        (lambda: collapse_drive(DrivenQubitTLS(0.0, 0.1)), "Delta_d: got 0.0"),
        (lambda: collapse_drive(DrivenQubitTLS(0.3, 0.1), 2), "order: got 2, allowed is an odd integer"),
    ],
)
def test_bad_input_is_named(call: Callable[[], object], words: str) -> None:
    with pytest.raises(ParameterError, match=words.replace(".", r"\.")):
        call()


@pytest.mark.parametrize(
    "system",
    [
        DrivenQubitTLS(1.0, 0.1, Delta_c=2.0, T=150.0),
        DrivenQubitTLS(0.7, 0.28, Delta_c=0.6, T=400.0),
        DrivenQubitTLS(2.0, 0.1, T=2000.0),
    ],
    ids=str,
)
def test_no_first_collapse_of_a_hot_defect(system: DrivenQubitTLS) -> None:
    """Im μ_ss > 0: |x| stays above 1 at every drive below phase IV, the next order exists."""
    assert system.mu_ss.imag > 0.0
    with pytest.raises(PredictionError, match="no first collapse here"):
        collapse_drive(system)
    found = crossover(system, np.geomspace(1e-6, 0.999, 400) * amplifying_drive(system))
    assert np.nanmin(np.abs(found.x)) > 1.0
    third = collapse_drive(system, 3)
    assert abs(mean(replace(system, Omega=third.drive), third.time)) < 1e-12


def test_a_minimum_after_too_many_turns_is_refused() -> None:
    hot = DrivenQubitTLS(0.010685, 0.0019591, 6.1193e-12, 9.1535e-09, 119.807, 4500.0, 726276640.0, 0.00924)
    with pytest.raises(PredictionError, match="round-off does not resolve"):
        smallest_mean(hot)


def variant(point: tuple[float, float], force: str) -> tuple[float, float]:
    """min|μ| and its time on a grid with another η: ``near`` has Δ_c - Δ_d in the first term, ``none`` η = 0, ``flat`` sα_d."""
    system = DrivenQubitTLS(*point)
    d, width, offset = system.delta_d, system.coherence_decay, system.delta_c
    near = system.alpha_d * system.coupling**2 * width * (1.0 - system.nu) / (width**2 + (offset - d) ** 2)
    eta = {"near": near, "none": 0.0, "flat": system.s * system.alpha_d}[force]
    steady = eta / complex(system.s, d) - system.alpha_d
    t = np.linspace(0.5, 3.0, 250_001)
    size = np.abs(steady * np.exp(1j * d * t) + (1.0 - steady) * np.exp(-system.s * t))
    return float(size.min()), float(t[size.argmin()])


def test_other_readings_of_the_force_miss_the_printed_points() -> None:
    """Negative controls: time of Fig. 6(b), 1.137 us here, and depth of the collapse of Fig. 5(a), below 1e-4 here."""
    assert variant((-0.37, 0.1), "near")[1] == pytest.approx(1.160, abs=5e-4)
    assert variant((-0.37, 0.1), "flat")[1] == pytest.approx(1.127, abs=5e-4)
    for force in ("near", "flat"):
        assert 0.0015 < variant((0.52, 0.1), force)[0] < 0.0085
    assert variant((0.52, 0.1), "none")[0] == pytest.approx(0.015, abs=5e-4)


def test_a_collapse_at_no_drive_at_all_is_refused() -> None:
    with pytest.raises(PredictionError, match="below the smallest double"):
        collapse_drive(DrivenQubitTLS(1e-4, 0.1))
