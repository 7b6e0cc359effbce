"""Exponents of the driven Duffing oscillator: closed form, instantons of both models, slopes of the generators."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from wellhop.analysis import duffing_actions
from wellhop.analysis.duffing_actions import (
    classical_exponents,
    escape_path,
    p_function_exponent,
    quantum_exponents,
    scaled_place,
)
from wellhop.analysis.instanton_newton import followed_path
from wellhop.analysis.instanton_path import oscillator_system
from wellhop.analysis.keldysh import ScaledOscillator
from wellhop.analysis.minimum_action import minimum_action_path
from wellhop.analysis.oscillator_instantons import oscillator_instanton
from wellhop.engine.errors import PredictionError
from wellhop.engine.systems.duffing_attractors import DuffingAttractors

REFERENCE = tomllib.loads((Path(__file__).parent / "duffing_reference.toml").read_text())["exponents"]
BETA = 4.0 / 75.0
SYSTEM = DuffingAttractors(0.06, BETA, 0.1)
WELLS = (("LAS", "lh"), ("HAS", "hl"))


def test_closed_form(printed_as: Callable[..., bool]) -> None:
    found = quantum_exponents(SYSTEM)
    for _, way in WELLS:
        assert printed_as(getattr(found, way), REFERENCE["closed"][way])
    # in units of dw, for λ -> 0: neither enters
    other = quantum_exponents(replace(SYSTEM, lam=1e-5, dw=3.0))
    assert (other.lh, other.hl) == pytest.approx((found.lh, found.hl), rel=1e-12)


def test_potential_is_stationary_at_all_fixed_points() -> None:
    """Independent of where they are: the derivative of λ ln P along z vanishes on the circle through each."""
    for place in ("LAS", "saddle", "HAS"):
        z = SYSTEM.scaled(place)
        # ∂/∂z of |z|² + √β/z + √β/z* - ln z - ln z* + i k̂ (ln z - ln z*), z* held
        slope = z.conjugate() - np.sqrt(BETA) / z**2 - (1.0 - 1j * SYSTEM.khat) / z
        assert abs(slope) < 1e-12
    assert p_function_exponent(SYSTEM, "saddle") < min(p_function_exponent(SYSTEM, w) for w in ("LAS", "HAS"))


@pytest.mark.parametrize(("well", "way"), WELLS)
@pytest.mark.parametrize("point", [(BETA, 0.1), (0.14, 0.1), (0.1, 0.3)])
def test_full_keldysh_instanton_is_the_closed_form(well: str, way: str, point: tuple[float, float]) -> None:
    system = DuffingAttractors(0.06, *point)
    found = escape_path(system, "keldysh", well)
    assert found.exponent == pytest.approx(getattr(quantum_exponents(system), way), abs=1e-10)
    # the momentum has a spike where the path passes alpha = 0
    assert np.abs(found.path.energy).max() < 1e-10 * max(1.0, float(np.abs(found.path.p).max())) ** 3


def test_keldysh_by_switching_the_vertex_on() -> None:
    """Another way to the quantum exponent: no detailed balance, Newton's method from the truncated-Wigner path."""
    full = ScaledOscillator.from_oscillator(SYSTEM.weyl_oscillator(), "keldysh")
    path = followed_path(
        escape_path(SYSTEM, "twa", "HAS").path,
        lambda vertex: oscillator_system(replace(full, vertex=vertex)),
        0.0,
        full.vertex,
    )
    assert 0.5 * path.total_action == pytest.approx(quantum_exponents(SYSTEM).hl, abs=1e-7)


def test_normal_ordered_detuning_is_another_oscillator() -> None:
    """Negative control: dw + 2χ in place of dw is off by the order λ, which goes away with λ only."""
    off = []
    for lam in (0.06, 0.015):
        system = replace(SYSTEM, lam=lam)
        place = scaled_place(system, "HAS")
        right = 0.5 * oscillator_instanton(system.weyl_oscillator(), "keldysh", place).total_action
        assert right == pytest.approx(quantum_exponents(SYSTEM).hl, abs=1e-10)
        wrong = 0.5 * oscillator_instanton(system.oscillator(), "keldysh", place).total_action
        off.append(wrong / right - 1.0)
    assert abs(off[0]) > 0.1
    assert off[0] / off[1] == pytest.approx(4.0, rel=0.4)


def test_classical_instantons(printed_as: Callable[..., bool]) -> None:
    found = classical_exponents(SYSTEM)
    # the printed L -> H action is 0.3 % high: its last digit
    assert printed_as(found.lh * SYSTEM.khat, REFERENCE["classical"]["lh"], 1e-4)
    assert printed_as(found.hl * SYSTEM.khat, REFERENCE["classical"]["hl"])
    warm = classical_exponents(replace(SYSTEM, n_th=1.5))
    assert (warm.lh, warm.hl) == pytest.approx((found.lh / 4.0, found.hl / 4.0))
    path = escape_path(SYSTEM, "twa", "LAS")
    assert path.error < 1e-9
    # Independent: minimised over paths of fixed duration, no Hamilton equations.
    wigner = oscillator_system(ScaledOscillator.from_oscillator(SYSTEM.weyl_oscillator(), "twa"))
    other = minimum_action_path(
        wigner,
        scaled_place(SYSTEM, "LAS"),
        scaled_place(SYSTEM, "saddle"),
        duration=45.0,
        step=0.2,
        accuracy=1e-3,
    )
    assert 0.5 * other.total_action == pytest.approx(found.lh, rel=1e-3)


@pytest.mark.parametrize(
    ("point", "well", "exponent"), [((0.053868, 0.1), "LAS", 0.196334), ((0.155349, 0.2989), "HAS", 0.240039)]
)
def test_classical_instanton_where_shots_miss(point: tuple[float, float], well: Any, exponent: float) -> None:
    """Rounding keeps the cheap shot off the saddle, and shots that connect are other orbits."""
    system = DuffingAttractors(0.06, *point)
    found = escape_path(system, "twa", well).exponent
    assert found == pytest.approx(exponent, abs=1e-6)
    wigner = oscillator_system(ScaledOscillator.from_oscillator(system.weyl_oscillator(), "twa"))
    ends = scaled_place(system, well), scaled_place(system, "saddle")
    other = minimum_action_path(wigner, *ends, duration=40.0, step=0.2, accuracy=1e-3)
    assert 0.5 * other.total_action == pytest.approx(found, rel=3e-3)


def test_search_at_a_neighbour(monkeypatch: pytest.MonkeyPatch) -> None:
    """A path not found at a point is that of a neighbour followed back; without either, users are told what they can change."""
    duffing_actions._classical.cache_clear()
    search, point = duffing_actions._searched, (0.1, 0.2)
    direct = search(*point, "LAS").exponent

    def blind(beta: float, khat: float, well: Any) -> Any:
        if (beta, khat) == point:
            raise PredictionError("lost")
        return search(beta, khat, well)

    monkeypatch.setattr(duffing_actions, "_searched", blind)
    assert escape_path(DuffingAttractors(0.06, *point), "twa", "LAS").exponent == pytest.approx(
        direct, abs=1e-8
    )
    duffing_actions._classical.cache_clear()
    monkeypatch.setattr(duffing_actions, "NEIGHBOURS", ())
    with pytest.raises(
        PredictionError, match=r"beta = 0\.1, khat = 0\.2, .*use a larger khat or a beta further inside"
    ):
        escape_path(DuffingAttractors(0.06, *point), "twa", "LAS")
    duffing_actions._classical.cache_clear()


def test_models_agree_where_a_well_disappears() -> None:
    """At either edge of the range the cubic vertex drops out."""
    near, nearer = (
        quantum_exponents(s).lh / escape_path(s, "twa", "LAS").exponent
        for s in (replace(SYSTEM, beta=b) for b in (0.14, 0.15))
    )
    assert near == pytest.approx(1.353, abs=0.001)
    assert 1.0 < nearer < 1.08
    low = replace(SYSTEM, beta=0.0105)
    assert quantum_exponents(low).hl / escape_path(low, "twa", "HAS").exponent == pytest.approx(1.0, abs=0.01)


@pytest.mark.parametrize(("well", "slopes"), [("LAS", (0.1043, 0.0967)), ("HAS", (0.2117, 0.2173))])
def test_warm_keldysh_instanton(well: str, slopes: tuple[float, float]) -> None:
    """At n_th = 0.5 both exponents exceed or fall short of the local slopes (λ = 0.04, 0.03) by the same prefactor."""
    warm = replace(SYSTEM, n_th=0.5)
    quantum, classical = (escape_path(warm, model, well).exponent for model in ("keldysh", "twa"))
    assert quantum / classical == pytest.approx(slopes[0] / slopes[1], rel=0.008)
    # Negative control: the exponents of the two models differ by more than that margin.
    assert abs(quantum / classical - 1.0) > 0.018
    hot = replace(SYSTEM, n_th=2.0)
    ratio = escape_path(hot, "keldysh", well).exponent / escape_path(hot, "twa", well).exponent
    assert abs(ratio - 1.0) < 0.2 * abs(quantum / classical - 1.0)


def test_what_has_no_exponent_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(PredictionError, match="no bistability"):
        quantum_exponents(DuffingAttractors(0.06, 0.2, 0.1))
    with pytest.raises(PredictionError, match=r"n_th = 0, got 0\.5"):
        quantum_exponents(replace(SYSTEM, n_th=0.5))
    for call in (quantum_exponents, lambda s: escape_path(s, "twa", "LAS")):
        with pytest.raises(PredictionError, match=r"eta = 0\.01"):
            call(replace(SYSTEM, eta=0.01))
    # A dearer orbit is not the escape.
    monkeypatch.setattr(duffing_actions, "LARGEST_RATIO", 0.5)
    with pytest.raises(PredictionError, match="a dearer orbit"):
        duffing_actions._searched(0.0106, 0.1, "HAS")
