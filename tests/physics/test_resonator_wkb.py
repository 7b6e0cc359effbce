"""WKB sum and effective potential of the two-photon resonator against the exact Wigner function; wrong forms must fail."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest

from wellhop.analysis.hypergeometric_0f1 import log_0f1
from wellhop.analysis.resonator_wigner import log_wigner
from wellhop.analysis.resonator_wkb import (
    effective_potential,
    log_wigner_wkb,
    log_wkb_terms,
    potential_valid,
    turning_point,
)
from wellhop.engine.errors import ParameterError
from wellhop.engine.systems.two_photon_resonator import TwoPhotonResonator

ComplexArray = npt.NDArray[np.complex128]
Terms = tuple[ComplexArray, ComplexArray]
PAPER = TwoPhotonResonator(10.0, 7.0)
#: G, Δ, η -> S of (32).
ACTIONS = {
    (3.0, 1.0, 1.0): "3.194935414811",
    (4.0, 0.1, 1.0): "7.688340864874",
    (6.0, -1.0, 1.0): "9.025463071049",
    (8.0, 4.0, 1.0): "5.478826050978",
    (10.0, -7.0, 1.0): "3.147273234508",
    (4.0, 1.0, 0.5): "10.21946909822",
}


def disc(radius: float, points: int = 41) -> ComplexArray:
    """A grid that misses the axes."""
    x = np.linspace(-radius, radius, points) + 0.013
    grid = (x[:, None] + 1j * x[None, :]).ravel()
    return np.asarray(grid[np.abs(grid) < radius])


def ratio_to_exact(system: TwoPhotonResonator, alpha: ComplexArray, terms: Terms) -> ComplexArray:
    """Ψ of the sum over the exact one, Δ > 0, phase included."""
    g, delta = system.G / system.eta, system.Delta / system.eta
    exact = log_0f1(complex(0.5, delta), g * alpha**2)
    return np.asarray(np.exp(terms[0] - exact) + np.exp(terms[1] - exact))


def root(system: TwoPhotonResonator, alpha: ComplexArray) -> ComplexArray:
    """r/η of the module, off its cuts."""
    return np.asarray(np.sqrt((system.Delta / system.eta) ** 2 - 4.0 * system.G / system.eta * alpha**2))


def test_sum_agrees_with_the_exact_function() -> None:
    alpha = disc(4.0)
    error = np.abs(1.0 - ratio_to_exact(PAPER, alpha, log_wkb_terms(PAPER, alpha)))
    assert 0.003 < np.median(error) < 0.007
    distance = np.minimum(np.abs(alpha - turning_point(PAPER)), np.abs(alpha + turning_point(PAPER)))
    assert np.quantile(error[distance > 1.0], 0.95) < 0.03
    assert 0.01 < np.median(error[(distance > 0.5) & (distance < 1.0)]) < 0.04
    # Between the turning points, where Ψ₊ has a cut.
    for place, expected in ((-0.3 + 0.02j, 0.06), (-0.6 + 0.02j, 0.20)):
        point = np.array([place])
        off = np.abs(1.0 - ratio_to_exact(PAPER, point, log_wkb_terms(PAPER, point)))
        assert off[0] == pytest.approx(expected, abs=0.005)


def test_error_falls_with_the_loss() -> None:
    """At fixed sqrt(η) α the error is of order η."""
    medians = []
    for eta in (1.0, 0.25):
        system, alpha = TwoPhotonResonator(10.0, 7.0, eta), disc(4.0, 25) / np.sqrt(eta)
        medians.append(np.median(np.abs(1.0 - ratio_to_exact(system, alpha, log_wkb_terms(system, alpha)))))
    assert medians[0] / medians[1] == pytest.approx(4.0, rel=0.15)


@pytest.mark.parametrize("point", [(10.0, 7.0), (10.0, -7.0), (10.0, 0.1), (10.0, -1.0)])
def test_wigner_function_of_the_sum(point: tuple[float, float]) -> None:
    system, alpha = TwoPhotonResonator(*point), disc(3.8)
    difference = np.abs(log_wigner_wkb(system, alpha) - log_wigner(system, alpha))
    assert np.median(difference) < 0.007
    # The same with the other sign of Δ is that of α*.
    mirror = TwoPhotonResonator(point[0], -point[1])
    np.testing.assert_allclose(
        log_wigner_wkb(mirror, alpha.conj()), log_wigner_wkb(system, alpha), rtol=1e-12
    )
    wrong = np.abs(log_wigner_wkb(mirror, alpha) - log_wigner(system, alpha))
    assert np.median(wrong) > 5.0 * np.median(difference)


def test_exact_without_detuning() -> None:
    system, alpha = TwoPhotonResonator(10.0, 0.0), disc(4.0)
    np.testing.assert_allclose(log_wigner_wkb(system, alpha), log_wigner(system, alpha), atol=1e-11)
    axes = np.array([0.0, 1.0, -2.0, 0.5j, -1.5j])
    np.testing.assert_allclose(log_wigner_wkb(system, axes), log_wigner(system, axes), atol=1e-11)


def test_weights_of_the_printed_equation_fail() -> None:
    """Negative control: e^{∓πΔ/η} of (10) instead of e^{∓πΔ/2η}."""
    alpha = disc(4.0)
    plus, minus = log_wkb_terms(PAPER, alpha)
    printed = (plus - 0.5 * np.pi * 7.0, minus + 0.5 * np.pi * 7.0)
    ratio = ratio_to_exact(PAPER, alpha, printed)
    assert np.median(np.abs(1.0 - ratio)) > 1e3
    # No overall factor mends it: it would have to be e^{-πΔ/2η} where minus leads, e^{πΔ/2η} where plus does.
    lead = plus.real - minus.real
    leads = (lead < -8.0) | (lead > 8.0 + np.pi * 7.0)
    log_ratio = np.log(np.abs(ratio / ratio_to_exact(PAPER, alpha, (plus, minus)))[leads])
    expected = np.where(lead > 0.0, -0.5 * np.pi * 7.0, 0.5 * np.pi * 7.0)[leads]
    np.testing.assert_allclose(log_ratio, expected, atol=2e-3)
    assert set(np.sign(expected)) == {-1.0, 1.0}


def residual(swapped: bool, which: int, eta: float) -> float:
    """Largest residual of (5) over 4Gα at fixed z = sqrt(η) α, derivatives of ln Ψ± by differences of sixth order."""
    system = TwoPhotonResonator(10.0, 7.0, eta)
    z = np.array([2.0 + 1.0j, 0.5 + 1.5j, 1.0 + 2.0j, 3.0 + 0.7j])
    step = 0.02 / np.sqrt(eta)
    offsets = np.arange(-3, 4)
    alpha = z[None, :] / np.sqrt(eta) + step * offsets[:, None]
    logs = log_wkb_terms(system, alpha)[which]
    if swapped:
        r, delta = root(system, alpha), 7.0 / eta
        minus_over_plus = 0.5 * (np.log(r + delta) - np.log(r - delta))
        logs = logs + (minus_over_plus if which == 0 else -minus_over_plus)
    logs = logs.real + 1j * np.unwrap(logs.imag, axis=0)
    first = np.array([-1, 9, -45, 0, 45, -9, 1]) / 60.0 @ logs / step
    second = np.array([2, -27, 270, -490, 270, -27, 2]) / 180.0 @ logs / step**2
    middle = alpha[3]
    left = eta * middle * (first**2 + second) + 2j * 7.0 * first - 40.0 * middle
    return float(np.abs(left / (40.0 * middle)).max())


@pytest.mark.parametrize("which", [0, 1], ids=["plus", "minus"])
def test_residual_is_of_second_order_with_these_amplitudes_only(which: int) -> None:
    small, large = (residual(False, which, eta) for eta in (0.05, 0.1))
    assert large / small == pytest.approx(4.0, rel=0.05)
    # Negative control: amplitudes labelled as printed leave a residual of first order.
    small, large = (residual(True, which, eta) for eta in (0.05, 0.1))
    assert large / small == pytest.approx(2.0, rel=0.05)
    assert small > 10.0 * residual(False, which, 0.05)


def test_root_of_the_printed_amplitude_changes_sign() -> None:
    """Negative control: i sqrt(4ηGα²/(r(Δ + r))) is A₊ in two quadrants and -A₊ in the others."""
    system = TwoPhotonResonator(10.0, 0.1)
    signs = {}
    for place in (0.3 + 2.0j, -0.3 + 2.0j, -0.3 - 2.0j, 0.3 - 2.0j):
        alpha = np.array([place])
        r = root(system, alpha)
        printed = 1j * np.sqrt(40.0 * alpha**2 / (r * (0.1 + r)))
        signs[place] = complex((printed / np.sqrt((r - 0.1) / r))[0])
    assert sorted(round(s.real, 6) for s in signs.values()) == [-1.0, -1.0, 1.0, 1.0]
    # Beside the imaginary axis both solutions are of one size: the wrong sign spoils the sum.
    wrong = next(place for place, sign in signs.items() if sign.real < 0.0)
    near = np.array([0.02 * np.sign(wrong.real) + 1j * wrong.imag])
    plus, minus = log_wkb_terms(system, near)
    assert abs(1.0 - ratio_to_exact(system, near, (plus, minus))[0]) < 0.01
    assert abs(1.0 - ratio_to_exact(system, near, (plus + 1j * np.pi, minus))[0]) > 0.1


@pytest.mark.parametrize("point", ACTIONS, ids=str)
def test_barrier_is_the_action(point: tuple[float, float, float], printed_as: Callable[..., bool]) -> None:
    system = TwoPhotonResonator(*point)
    barrier = float(effective_potential(system, 0.0) - effective_potential(system, system.alpha0))
    assert printed_as(barrier, ACTIONS[point])
    assert float(effective_potential(system, 0.0)) == 0.0
    assert float(effective_potential(system, -system.alpha0)) == pytest.approx(-barrier, rel=1e-13)


@pytest.mark.parametrize("Delta", [7.0, -7.0, 0.4])
def test_gradient_is_the_quantum_field(Delta: float) -> None:
    """(29), (30): ∂Φ/∂α = 2α* + i(Δ - sign(Δ) r)/(ηα); it vanishes at α₀."""
    system, step = TwoPhotonResonator(10.0, Delta), 1e-5
    alpha = np.array([0.4 + 0.9j, 2.0 + 0.5j, 1.5 + 2.5j, system.alpha0])
    alpha.imag = np.sign(Delta) * np.abs(alpha.imag)
    values = [effective_potential(system, alpha + step * d) for d in (1.0, -1.0, 1j, -1j)]
    slope = (values[0] - values[1] - 1j * (values[2] - values[3])) / (4.0 * step)
    field = alpha.conj() + 1j * (Delta - np.sign(Delta) * root(system, alpha)) / (2.0 * alpha)
    np.testing.assert_allclose(0.5 * slope, field, atol=1e-8)
    assert abs(field[-1]) < 1e-13


def naive_potential(system: TwoPhotonResonator, alpha: ComplexArray) -> npt.NDArray[np.float64]:
    """(12) for Δ < 0 with r -> -r."""
    r = -root(system, alpha)
    bent = r - system.Delta * np.log(r + system.Delta + 0j)
    return np.asarray(2.0 * np.abs(alpha) ** 2 + 2.0 * bent.imag)


def test_cuts_and_the_wrong_branch() -> None:
    system = TwoPhotonResonator(10.0, -7.0)
    turning = turning_point(system)
    assert turning == pytest.approx(7.0 / (2.0 * np.sqrt(10.0)))
    y = np.array([0.5, 1.5, 3.0])
    across_imaginary = (1e-9 + 1j * y, -1e-9 + 1j * y)
    inside = np.array([0.2, 0.7, 1.0])
    across_real = (inside + 1e-9j, inside - 1e-9j)
    for pair in (across_imaginary, across_real):
        ours = effective_potential(system, pair[0]) - effective_potential(system, pair[1])
        assert np.abs(ours).max() < 1e-6
        # Negative control: the logarithm sits on its cut.
        naive = naive_potential(system, pair[0]) - naive_potential(system, pair[1])
        np.testing.assert_allclose(np.abs(naive), 4.0 * np.pi * 7.0, rtol=1e-6)
    # Beyond the turning points the real axis is a cut, and its points belong to the valid quadrants.
    beyond = turning + np.array([0.3, 1.0, 2.0])
    jump = effective_potential(system, beyond + 1e-9j) - effective_potential(system, beyond - 1e-9j)
    assert np.all(jump > 0.5)
    for sign in (1.0, -1.0):
        for Delta in (7.0, -7.0):
            one = TwoPhotonResonator(10.0, Delta)
            valid_side = sign * beyond + 1j * np.sign(Delta) * sign * 1e-9
            assert np.all(potential_valid(one, valid_side))
            np.testing.assert_allclose(
                effective_potential(one, sign * beyond), effective_potential(one, valid_side), rtol=1e-6
            )
            np.testing.assert_allclose(
                log_wigner_wkb(one, sign * beyond), log_wigner_wkb(one, valid_side), rtol=1e-6
            )


def test_potential_is_the_limit_of_weak_loss() -> None:
    """-η ln(W₀(α)/W₀(0)) -> ηΦ, with the factor |A₋(α)/A₋(0)|² = |(Δ + r)/(2r)| left beside the exponential."""
    for Delta in (7.0, -7.0):
        z = np.array([0.4 + 0.9j, 2.0 + 0.8j, 1.5 + 2.0j, -1.0 - 0.5j, 2.4740077 + 1.0103040j])
        z = z if Delta > 0.0 else z.conj()
        off, off_with_factor = [], []
        for eta in (0.2, 0.1):
            system, alpha = TwoPhotonResonator(10.0, Delta, eta), z / np.sqrt(eta)
            assert np.all(potential_valid(system, alpha))
            exact = log_wigner(system, alpha) - log_wigner(system, 0.0)
            left = exact + effective_potential(system, alpha)
            r = root(system, alpha)
            off.append(eta * np.abs(left).max())
            off_with_factor.append(np.abs(left - np.log(np.abs((7.0 / eta + r) / (2.0 * r)))).max())
        assert off[0] / off[1] == pytest.approx(2.0, rel=0.05)
        assert off_with_factor[0] / off_with_factor[1] == pytest.approx(2.0, rel=0.15)
        assert off_with_factor[1] < 0.02
    # Negative control: in the other quadrants Φ says nothing about W₀.
    alpha = np.array([2.0 - 0.8j]) / np.sqrt(0.1)
    system = TwoPhotonResonator(10.0, 7.0, 0.1)
    assert not potential_valid(system, alpha)[0]
    left = log_wigner(system, alpha) - log_wigner(system, 0.0) + effective_potential(system, alpha)
    assert np.abs(left[0]) > 50.0


def test_potential_without_detuning_is_the_limit() -> None:
    alpha = np.array([0.3 + 0.2j, 2.0 + 1.0j, -1.0 - 2.0j, 1.5, 0.7j, 0.0])
    exact = 2.0 * np.abs(alpha) ** 2 - 4.0 * np.sqrt(10.0) * np.abs(alpha.real)
    at_zero = effective_potential(TwoPhotonResonator(10.0, 0.0), alpha)
    np.testing.assert_allclose(at_zero, exact, atol=1e-12)
    near = effective_potential(TwoPhotonResonator(10.0, 1e-9), alpha)
    np.testing.assert_allclose(near, exact, atol=1e-7)
    assert np.all(potential_valid(TwoPhotonResonator(10.0, 0.0), disc(2.0)))


def test_special_points() -> None:
    turning = turning_point(TwoPhotonResonator(4.0, 2.0))
    assert turning == 0.5
    values = log_wigner_wkb(TwoPhotonResonator(4.0, 2.0), [turning, -turning, 0.0, 1e-200])
    assert np.all(values[:2] == np.inf)
    exact = float(log_wigner(TwoPhotonResonator(4.0, 2.0), 0.0))
    np.testing.assert_allclose(values[2:], exact, atol=0.1)
    for one in (TwoPhotonResonator(4.0, 2.0), TwoPhotonResonator(4.0, 0.0)):
        with pytest.raises(ParameterError, match="alpha"):
            effective_potential(one, np.nan)
    with pytest.raises(ParameterError, match="kappa_1"):
        log_wigner_wkb(TwoPhotonResonator(4.0, 1.0, 1.0, 0.1), 0.0)
