"""Slow modes of the odd sector in double precision: against extended precision, printed digits and a dense spectrum."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from wellhop.analysis.resonator_modes import slow_modes
from wellhop.analysis.resonator_spectrum import odd_sector_eigenvalues, slow_eigenvalue
from wellhop.engine.errors import PredictionError
from wellhop.engine.systems.two_photon_resonator import TwoPhotonResonator

#: G, Δ, η -> Γ, Ω, reference values of extended precision.
TABLE = {
    (3, 1, 1): ("2.703522612190e-02", "6.814697592883e-02"),
    (4, 1, 1): ("4.243260069370e-03", "1.411183497463e-02"),
    (4, 0.1, 1): ("1.583342445430e-05", "5.438016858784e-04"),
    (4, 2, 1): ("7.544038181650e-02", "1.204243818379e-01"),
    (6, 1, 1): ("8.304987422626e-05", "4.433798450998e-04"),
    (6, 3, 1): ("2.900582743161e-02", "4.437351652376e-02"),
    (8, 2, 1): ("4.815411424454e-05", "1.723738286824e-04"),
    (8, 4, 1): ("9.738022208968e-03", "1.511123722358e-02"),
    (12, 6, 1): ("9.269858393889e-04", "1.490857253637e-03"),
    (10, 7, 1): ("1.392440908984e-01", "1.294655799929e-01"),
    (4, 1, 0.5): ("2.407705712227e-05", "8.618691434122e-05"),
}
#: G, Δ, κ₁ -> slow, fast at η = 1, of double precision themselves.
LOSSY = {
    (4, 1, 0.1): ("5.147349871e-3", "0.7567668529"),
    (4, 1, 0.01): ("7.15592827e-3", "0.07790667589"),
    (6, 1, 0.1): ("9.740714532e-5", "1.167976967"),
    (6, 1, 0.01): ("8.613739104e-5", "0.1179169619"),
    (3, 1, 0.05): ("0.05107040271", "0.2796449755"),
}
#: relative change of a rate from the Fock space, as stated where its size is set
SPACE = 1e-9


@pytest.mark.parametrize("point", TABLE)
def test_within_the_stated_round_off_of_extended_precision(
    point: tuple[float, float, float], printed_as: Callable[..., bool]
) -> None:
    modes = slow_modes(TwoPhotonResonator(*point))
    decay, frequency = TABLE[point]
    allowed = modes.round_off + SPACE * float(frequency)
    assert printed_as(-modes.values[0].real, decay, allowed)
    assert printed_as(-modes.values[0].imag, frequency, allowed)
    assert modes.switching == 1
    # the stated error is a useful one: ten digits of the frequencies measured here, and no more than double precision has
    assert 1e-16 * point[2] < modes.round_off < 1e-11
    assert modes.round_off < 1e-6 * float(decay)


@pytest.mark.parametrize("point", LOSSY)
def test_slow_pair_with_one_photon_loss(
    point: tuple[float, float, float], printed_as: Callable[..., bool]
) -> None:
    G, Delta, kappa_1 = point
    modes = slow_modes(TwoPhotonResonator(G, Delta, 1.0, kappa_1))
    assert modes.switching == 2
    for value, text in zip(modes.values[:2], LOSSY[point], strict=True):
        assert printed_as(-value.real, text, modes.round_off + SPACE * float(text))
        assert abs(value.imag) < modes.round_off


def test_more_levels_change_nothing() -> None:
    """The default Fock space is large enough, and six levels of either parity fewer show."""
    for point in ((4.0, 1.0, 1.0, 0.0), (6.0, 3.0, 1.0, 0.0), (12.0, 6.0, 1.0, 0.0), (3.0, 1.0, 1.0, 0.2)):
        system = TwoPhotonResonator(*point)
        size = int(np.ceil(0.5 * (system.s + 9.0 * np.sqrt(system.s) + 16.0)))
        usual, large = slow_modes(system), slow_modes(system, levels=size + 8)
        assert np.array_equal(usual.values, slow_modes(system, levels=size).values)
        allowed = large.round_off + SPACE * abs(large.values[0])
        assert abs(usual.values[0] - large.values[0]) < allowed
        assert usual.next_rate == pytest.approx(large.next_rate, rel=1e-6)
        small = slow_modes(system, levels=size - 6)
        assert abs(small.values[0] - large.values[0]) > allowed


@pytest.mark.parametrize(
    "point", [(2.0, 0.5, 1.0, 0.0), (4.0, 3.9, 1.0, 0.0), (2.0, -0.7, 0.8, 0.0), (2.0, 0.5, 1.0, 0.3)]
)
def test_dense_spectrum_of_the_lindblad_model(point: tuple[float, ...]) -> None:
    """Independent: operators of the model itself, the block cut out of the whole Liouvillian, no shift, no iteration.

    The next rate is the slowest decay of the block, not the next eigenvalue by size, which may turn faster.
    """
    system = TwoPhotonResonator(*point)
    n = 28
    model = system.lindblad(n)
    drift = -1j * model.hamiltonian - 0.5 * sum(c.conj().T @ c for c in model.jump_operators)
    one = np.eye(n)
    full = (
        np.kron(drift, one)
        + np.kron(one, drift.conj())
        + sum(np.kron(c, c.conj()) for c in model.jump_operators)
    )
    m, k = np.divmod(np.arange(n * n), n)
    block = ((m - k) % 2 == 1) if system.kappa_1 > 0.0 else ((m % 2 == 0) & (k % 2 == 1))
    exact = np.linalg.eigvals(full[np.ix_(block, block)])
    modes = slow_modes(system, count=4)
    for value in modes.values:
        assert np.abs(exact - value).min() < 1e-8 * system.G
    decays = np.sort(-exact.real)
    assert modes.next_rate == pytest.approx(decays[modes.switching], rel=1e-7)
    assert -modes.values[0].real == pytest.approx(decays[0], rel=1e-7)


def test_rates_scale_with_eta_and_turn_with_the_detuning() -> None:
    one = slow_modes(TwoPhotonResonator(4.0, 1.0))
    for eta in (1e-6, 0.5, 3e4):
        scaled = slow_modes(TwoPhotonResonator(4.0 * eta, 1.0 * eta, eta))
        np.testing.assert_allclose(scaled.values / eta, one.values, atol=one.round_off, rtol=1e-9)
        assert scaled.round_off == pytest.approx(eta * one.round_off, rel=1e-6)
        assert scaled.next_rate == pytest.approx(eta * one.next_rate, rel=1e-9)
    turned = slow_modes(TwoPhotonResonator(4.0, -1.0))
    assert abs(turned.values[0] - one.values[0].conjugate()) < 2.0 * one.round_off
    # negative controls: at the same G and Δ another η is another rate, and λ is not its conjugate
    assert abs(slow_modes(TwoPhotonResonator(4.0, 1.0, 0.8)).values[0]) < 0.3 * abs(one.values[0])
    assert abs(turned.values[0] - one.values[0]) > 0.02


def test_agrees_with_the_refined_eigenvalues() -> None:
    for point in ((4.0, 1.0, 0.8, 0.0), (5.0, -2.0, 1.3, 0.0)):
        system = TwoPhotonResonator(*point)
        modes = slow_modes(system)
        exact = slow_eigenvalue(system)
        assert abs(modes.values[0] - exact) < modes.round_off + SPACE * abs(exact)
        lossy = replace(system, kappa_1=0.3)
        modes = slow_modes(lossy)
        for value, refined in zip(modes.values, odd_sector_eigenvalues(lossy, levels=24), strict=False):
            assert abs(value - refined) < modes.round_off + SPACE * abs(refined)


def test_dark_coherence_is_zero_within_round_off_only() -> None:
    """Δ = 0: the exact eigenvalue is 0; what a double leaves must not pass for a rate."""
    for G in (2.0, 6.0, 12.0):
        modes = slow_modes(TwoPhotonResonator(G, 0.0))
        assert abs(modes.values[0]) < modes.round_off
    # so deep that Γ is lost: the error says so
    deep = TwoPhotonResonator(16.0, 0.1)
    modes = slow_modes(deep)
    assert abs(modes.values[0] - slow_eigenvalue(deep, levels=48)) < modes.round_off
    assert abs(slow_eigenvalue(deep, levels=48).real) < modes.round_off


def test_refusals() -> None:
    with pytest.raises(PredictionError, match="Delta"):
        slow_modes(TwoPhotonResonator(1.0, 1.5))
    with pytest.raises(PredictionError, match="smaller G/eta"):
        slow_modes(TwoPhotonResonator(400.0, 1.0))
    assert slow_modes(TwoPhotonResonator(3.0, 1.0), count=1).values.size == 3
