"""Instantons beyond the built-in model: thermal photons, one-photon drive, user drifts, parameters followed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from wellhop.analysis import instanton as shooting
from wellhop.analysis import instanton_newton as following
from wellhop.analysis.instanton import instanton, least_action_path
from wellhop.analysis.instanton_newton import followed_path, newton_path
from wellhop.analysis.instanton_path import langevin_system, oscillator_system
from wellhop.analysis.keldysh import ScaledOscillator, two_photon_oscillator
from wellhop.analysis.liouvillian import generator_modes, sector_index, superoperator
from wellhop.analysis.minimum_action import minimum_action_path
from wellhop.analysis.oscillator_instantons import oscillator_instanton
from wellhop.analysis.quantum_balance import balanced_path, normal_ordered_spread
from wellhop.analysis.twa_generator import twa_generator
from wellhop.engine import fock
from wellhop.engine.errors import ParameterError, PredictionError
from wellhop.engine.oscillator import Oscillator

WARM = Oscillator(detuning=-5.0, kerr=1.0, drive_2=3.0, kappa_1=2.0, n_thermal=0.2)
DUFFING = Oscillator(detuning=-3.0, kerr=1.0, drive_1=2.0, kappa_1=2.0)


def odd_slope(model):
    """-d ln(lam_o)/d(1/U) between U = 0.5 and 0.4 of the exact or the truncated-Wigner generator."""
    rates = []
    for U in (0.5, 0.4):
        one = replace(WARM, kerr=U)
        n = int(1.35 * 7.83 / U + 5.4 * np.sqrt(7.83 / U) + 40)
        index = sector_index(one.lindblad(n), "odd", fock.parity_signs(n))
        generator = superoperator(one.lindblad(n)) if model == "keldysh" else twa_generator(one, n)
        rates.append(generator_modes(generator, n, index, "odd").slowest_real().value)
    return np.log(rates[0] / rates[1]) / (1.0 / 0.4 - 1.0 / 0.5)


@pytest.mark.parametrize("model", ["twa", "keldysh"])
def test_warm_actions_are_the_slopes_of_the_warm_generators(model):
    path = oscillator_instanton(WARM, model, (0.95, -5.5))
    assert path.error < 1e-6
    assert np.abs(path.energy).max() < 1e-5
    # local slopes at these U are within 1 % of the limit, as those of the cold model in the tables
    assert odd_slope(model) == pytest.approx(path.total_action, rel=0.01)
    # Negative control: the other model is 10 % away.
    other = oscillator_instanton(WARM, "keldysh" if model == "twa" else "twa", (0.95, -5.5))
    assert abs(odd_slope(model) / other.total_action - 1.0) > 0.08


def test_spurious_connections_of_the_warm_quantum_model():
    """Negative control: by action alone a shot with a meaningless negative action would win."""
    one = ScaledOscillator.from_oscillator(WARM, "keldysh")
    attractors, saddles = one.fixed_points()
    shooter = shooting._Shooter(oscillator_system(one), attractors[-1], saddles, 2.0 * np.pi)
    connections, _ = shooter.scan(40)
    assert min(found.action for found in connections) < 0.0


def test_detailed_balance_needs_a_cold_bath():
    warm, wigner = (
        ScaledOscillator.from_oscillator(*pair)
        for pair in ((WARM, "keldysh"), (replace(WARM, n_thermal=0.0), "twa"))
    )
    attractors, saddles = warm.fixed_points()
    with pytest.raises(ParameterError, match=r"n_thermal.*vacuum bath"):
        balanced_path(warm, attractors[-1], saddles)
    with pytest.raises(ParameterError, match="full Keldysh"):
        balanced_path(wigner, attractors[-1], saddles)


def test_normal_ordering_removes_the_cubic_term():
    """H(Q + p/gamma, p) - p.f(Q) is the quadratic form of the stated matrix, for either sign of U and complex drives."""
    for kerr in (0.7, -0.7):
        model = Oscillator(detuning=-2.0, kerr=kerr, drive_2=1.1 - 0.4j, drive_1=0.3 + 0.2j, kappa_1=1.4)
        one = ScaledOscillator.from_oscillator(model, "keldysh")
        system, q, p = oscillator_system(one), np.array([0.8, -0.3]), np.array([0.4, 1.1])
        whole = system.energy_at(np.concatenate([q + p / one.gamma, p])[None])[0]
        assert whole - p @ system.drift_at(q) == pytest.approx(
            p @ normal_ordered_spread(one, q) @ p, rel=1e-12
        )


@pytest.mark.parametrize("well", [(1.4, -0.6), (-1.4, -3.4)])
def test_duffing_oscillator(well):
    """Three ways to the same quantum action, and another one for truncated Wigner."""
    quantum = oscillator_instanton(DUFFING, "keldysh", well)
    one = ScaledOscillator.from_oscillator(DUFFING, "keldysh")
    shot = least_action_path(oscillator_system(one), quantum.attractor, one.fixed_points()[1])
    assert quantum.method == "detailed balance"
    assert shot.total_action == pytest.approx(quantum.total_action, abs=1e-8)
    wigner = oscillator_instanton(DUFFING, "twa", well)
    assert abs(wigner.total_action - quantum.total_action) > 0.03
    system = oscillator_system(ScaledOscillator.from_oscillator(DUFFING, "twa"))
    other = minimum_action_path(
        system, wigner.attractor, wigner.saddle, duration=30.0, step=0.02, accuracy=1e-7
    )
    assert other.total_action == pytest.approx(wigner.total_action, rel=1e-5)


def test_path_followed_in_the_drive(monkeypatch):
    first = instanton("twa", delta=-3.0, eps=1.5, start="bright")

    def at(eps):
        return oscillator_system(
            ScaledOscillator.from_oscillator(two_photon_oscillator(delta=-3.0, eps=eps), "twa")
        )

    moved = followed_path(first, at, 1.5, 1.8)
    assert moved.total_action == pytest.approx(1.853381, abs=1e-6)
    # beyond the edge of the bistable range there is no saddle
    monkeypatch.setattr(following, "_ATTEMPTS", 4)
    with pytest.raises(PredictionError, match="could be followed"):
        followed_path(first, at, 1.5, 3.3)
    with pytest.raises(ParameterError, match="points"):
        newton_path(at(1.5), first, points=1)


def maier_stein(x, y):
    """The model of Maier and Stein at alpha = 3, mu = 1: below the bifurcation at 4."""
    return x - x**3 - 3 * x * y * y, -(1 + x * x) * y


def maier_stein_jacobian(x, y):
    return 1 - 3 * x * x - 3 * y * y, -6 * x * y, -2 * x * y, -(1 + x * x)


def test_maier_stein_stays_on_the_axis_below_its_bifurcation():
    """S = 1/4 is exact on the axis; for alpha > 4 a symmetric pair of paths is cheaper (tested with the drifts)."""
    system = langevin_system(maier_stein, maier_stein_jacobian)
    path = newton_path(system, least_action_path(system, (-1, 0), (0, 0)))
    assert path.total_action == pytest.approx(0.25, abs=1e-9)
    assert np.abs(path.q[:, 1]).max() < 1e-6
    assert path.error < 1e-8
