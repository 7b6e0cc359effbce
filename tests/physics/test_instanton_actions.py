"""Actions of escape from the two-photon-driven Kerr oscillator against tabulated and closed-form values."""

from __future__ import annotations

import dataclasses
import functools
import math

import numpy as np
import pytest

from wellhop.analysis import instanton as shooting
from wellhop.analysis.instanton import InstantonPath, instanton, least_action_path
from wellhop.analysis.instanton_path import oscillator_system
from wellhop.analysis.keldysh import ScaledOscillator, two_photon_oscillator
from wellhop.analysis.minimum_action import minimum_action_path
from wellhop.engine.errors import ParameterError, PredictionError
from wellhop.engine.oscillator import Oscillator

#: (detuning, drive): truncated-Wigner actions out of the vacuum and a bright state, at loss rate 2
TWA = {
    (-10.0, 3.2): (5.969556, 5.922569),
    (-10.0, 5.0): (2.958256, 9.868130),
    (-5.0, 2.4): (1.818454, 3.494175),
    (-3.0, 1.5): (1.253940, 1.054066),
    (-3.0, 1.8): (0.786006, 1.853381),
    (-3.0, 2.2): (0.364229, 2.847238),
    (-2.0, 1.5): (0.342553, 1.047301),
    (-20.0, 4.5): (15.740242, 10.150795),
}
QUANTUM = [(-10.0, 3.2), (-10.0, 5.0), (-5.0, 2.4), (-3.0, 1.5), (-3.0, 1.8), (-3.0, 2.2)]
WELLS = ("vacuum", "bright")


@functools.cache
def twa(delta: float, eps: float, start: str) -> InstantonPath:
    """Paths that several tests look at."""
    return instanton("twa", delta=delta, eps=eps, start=start)  # type: ignore[arg-type]


def scaled(delta: float, eps: float, model: str = "twa") -> ScaledOscillator:
    return ScaledOscillator.from_oscillator(two_photon_oscillator(delta=delta, eps=eps), model)  # type: ignore[arg-type]


def quantum_action(delta: float, eps: float, start: str, gamma: float = 1.0) -> float:
    """S^Q from the ladder of the exact steady state: ∫ ln[((δ+x)²+γ²)/ε²] dx between the fixed points."""
    s = math.sqrt(eps**2 - gamma**2)

    def primitive(y: float) -> float:
        return y * math.log((y * y + gamma * gamma) / eps**2) - 2 * y + 2 * gamma * math.atan(y / gamma)

    if start == "vacuum":
        return primitive(-s) - primitive(delta)
    return 4 * (s - gamma * math.atan(s / gamma))


@pytest.mark.parametrize("start", WELLS)
@pytest.mark.parametrize("point", TWA, ids=str)
def test_wigner_action_is_the_tabulated_one(point: tuple[float, float], start: str) -> None:
    path = twa(*point, start)
    assert path.total_action == pytest.approx(TWA[point][WELLS.index(start)], abs=1e-6)
    assert path.distance < 1e-3


@pytest.mark.parametrize("start", WELLS)
@pytest.mark.parametrize("point", QUANTUM, ids=str)
def test_full_keldysh_action_is_the_closed_form(point: tuple[float, float], start: str) -> None:
    path = instanton("keldysh", delta=point[0], eps=point[1], start=start)  # type: ignore[arg-type]
    assert path.total_action == pytest.approx(quantum_action(*point, start), abs=2e-7)
    assert abs(twa(*point, start).total_action - path.total_action) > 1e-2


@pytest.mark.parametrize(("delta", "eps"), [(-2.0, 1.315274), (-7.0, 2.491162)])
def test_both_wigner_actions_are_equal_on_the_tabulated_boundary(delta: float, eps: float) -> None:
    vacuum, bright = (twa(delta, eps, start).total_action for start in WELLS)
    # six printed digits of eps, times a slope of the difference of at most 5
    assert vacuum == pytest.approx(bright, abs=5e-6)


@pytest.mark.parametrize("start", WELLS)
def test_action_scales_with_the_loss_rate(start: str) -> None:
    """S has the unit of a rate: the same closed form holds at any loss rate."""
    slow = instanton("keldysh", delta=-1.5, eps=0.9, gamma=0.5, start=start)  # type: ignore[arg-type]
    assert slow.total_action == pytest.approx(quantum_action(-1.5, 0.9, start, 0.5), abs=1e-6)


@pytest.mark.parametrize("start", WELLS)
def test_path_obeys_the_theory(start: str) -> None:
    path = twa(-10.0, 3.2, start)
    assert np.abs(path.energy).max() < 1e-7
    # S = (1/4)∫|dq/dt - f|² dt = ∫|p|² dt, by the trapezoidal rule of the recorded path
    square = np.sum(path.p**2, axis=1)
    by_rule = np.sum(0.5 * (square[1:] + square[:-1]) * np.diff(path.times))
    assert by_rule == pytest.approx(path.total_action, rel=1e-5)
    assert np.all(np.diff(path.action) >= 0)
    # p = (e^{θJ} - 1) f/2, so |p| = |sin(θ/2)| |f|
    system = oscillator_system(scaled(-10.0, 3.2))
    f = np.array([system.drift_at(q) for q in path.q])
    middle = slice(100, 1900)
    expected = np.abs(np.sin(0.5 * path.theta)) * np.linalg.norm(f, axis=1)
    np.testing.assert_allclose(np.sqrt(square)[middle], expected[middle], rtol=1e-4, atol=1e-6)
    s = math.sqrt(3.2**2 - 1)
    begin = 2 * math.atan2(1, -10) - 2 * math.pi if start == "vacuum" else 2 * math.atan2(1, 2 * s + 10)
    accrued = path.action / path.total_action
    if start == "vacuum":
        assert begin == pytest.approx(-0.1993, abs=1e-4) or begin + 2 * math.pi == pytest.approx(-0.1993, abs=1e-4)
        assert np.abs(path.theta[accrued < 0.7] + 0.1993).max() < 0.06
    else:
        assert begin == pytest.approx(0.1242, abs=1e-4)
        assert 0.11 < path.theta[accrued < 0.9].min() < path.theta[accrued < 0.9].max() < 0.17


@pytest.mark.parametrize(("point", "start", "agreement"), [((-10.0, 3.2), 0, 2e-7), ((-5.0, 2.4), 1, 2e-6)])
def test_minimum_action_agrees_with_shooting(point: tuple[float, float], start: int, agreement: float) -> None:
    path = twa(*point, WELLS[start])
    other = minimum_action_path(oscillator_system(scaled(*point)), path.attractor, path.saddle)
    assert other.total_action == pytest.approx(path.total_action, abs=agreement)


def test_near_misses_are_discarded() -> None:
    """Negative control: at (-10, 3.2) near misses have a smaller action than the path, and would win by action alone."""
    path = twa(-10.0, 3.2, "bright")
    cheaper = [miss for miss in path.discarded if miss.action < path.total_action]
    assert cheaper
    assert min(miss.distance for miss in cheaper) > 1.0
    assert f"{len(path.discarded)} near misses discarded" in str(path)


def test_wrong_coefficients_fail() -> None:
    """Negative control: γ/2 for γ/4 halves every Wigner action and ruins the quantum one."""
    wigner, full = (scaled(-3.0, 1.8, model) for model in ("twa", "keldysh"))
    halved, ruined = (dataclasses.replace(one, cubic=0.5) for one in (wigner, full))
    actions = []
    for one in (halved, ruined):
        attractors, saddles = one.fixed_points()
        actions.append(least_action_path(oscillator_system(one), attractors[1], saddles, period=np.pi).total_action)
    assert actions[0] == pytest.approx(0.5 * TWA[-3.0, 1.8][0], abs=1e-6)
    assert abs(actions[1] - quantum_action(-3.0, 1.8, "vacuum")) > 0.05


def test_wrong_saddle_costs_thirty_per_cent() -> None:
    """Negative control: aimed at the other saddle only, the bright escape has a silently larger action."""
    system = oscillator_system(scaled(-3.0, 1.8))
    right = twa(-3.0, 1.8, "bright")
    path = minimum_action_path(system, right.attractor, -right.saddle, accuracy=1e-6)
    assert path.total_action == pytest.approx(2.408, abs=2e-3)
    assert path.total_action > 1.29 * right.total_action
    assert least_action_path(system, right.attractor, [-right.saddle]).total_action > 1.29 * right.total_action


@pytest.mark.parametrize(
    ("changes", "name"),
    [({"kappa_2": 0.1}, "kappa_2"), ({"kappa_phi": 0.1}, "kappa_phi"), ({"kappa_1": 0.0}, "kappa_1"), ({"kerr": 0.0}, "kerr")],
)
def test_models_outside_the_family_are_refused(changes: dict[str, float], name: str) -> None:
    model = dataclasses.replace(Oscillator(detuning=-3, kerr=0.4, drive_2=1.8, kappa_1=2.0), **changes)
    with pytest.raises(ParameterError, match=name):
        ScaledOscillator.from_oscillator(model, "twa")


def test_a_path_that_is_not_found_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the connecting angles are too narrow for the scan, a near miss must not pass for the path."""
    monkeypatch.setattr(shooting, "_LAST_SCAN", 480)
    one = scaled(-10.0, 2.5, "keldysh")
    attractors, saddles = one.fixed_points()
    with pytest.raises(PredictionError, match="too narrow"):
        least_action_path(oscillator_system(one), attractors[1], saddles, period=np.pi)


def test_wells_that_do_not_exist_are_refused() -> None:
    with pytest.raises(PredictionError, match="vacuum"):
        instanton("twa", delta=-1.0, eps=3.0)
    with pytest.raises(PredictionError, match="three wells need"):
        instanton("twa", delta=-3.0, eps=0.5)
    with pytest.raises(ParameterError, match="start"):
        instanton("twa", delta=-3.0, eps=1.8, start="dark")  # type: ignore[arg-type]
    with pytest.raises(ParameterError, match="model"):
        instanton("wigner", delta=-3.0, eps=1.8)  # type: ignore[arg-type]
    with pytest.raises(ParameterError, match="full Keldysh"):
        minimum_action_path(oscillator_system(scaled(-3.0, 1.8, "keldysh")), (0, 0), (2.34, -0.71))


def test_thermal_and_mirrored_oscillators() -> None:
    """Thermal noise divides the Wigner action by 1 + 2n; the model with all signs of H reversed has the same action."""
    base = Oscillator(detuning=-3, kerr=1.0, drive_2=1.8, kappa_1=2.0)
    warm = dataclasses.replace(base, n_thermal=0.5)
    mirrored = dataclasses.replace(base, detuning=3, kerr=-1.0, drive_2=1.8j)
    expected = {warm: 0.5 * TWA[-3.0, 1.8][0], mirrored: quantum_action(-3.0, 1.8, "vacuum")}
    for oscillator, action in expected.items():
        one = ScaledOscillator.from_oscillator(oscillator, "twa" if oscillator is warm else "keldysh")
        attractors, saddles = one.fixed_points()
        path = least_action_path(oscillator_system(one), attractors[1], saddles, period=np.pi)
        assert path.total_action == pytest.approx(action, abs=1e-6)
