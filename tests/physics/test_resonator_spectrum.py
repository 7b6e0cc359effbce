"""Two-photon resonator: printed eigenvalues, an independent dense spectrum, and what must not agree."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from wellhop.analysis.resonator_spectrum import (
    exceptional_loss,
    odd_sector_eigenvalues,
    slow_eigenvalue,
    slow_pair,
    steady_mixture,
    telegraph_rate,
)
from wellhop.engine.errors import ParameterError, PredictionError
from wellhop.engine.systems.two_photon_resonator import TwoPhotonResonator

#: G, Δ, η -> Γ, Ω, ⟨P⟩, ⟨n⟩_even.
TABLE = {
    (3, 1, 1): ("2.703522612190e-02", "6.814697592883e-02", "0.03741410985313", "2.612168184168"),
    (4, 1, 1): ("4.243260069370e-03", "1.411183497463e-02", "0.005787576154343", "3.795086416477"),
    (4, 0.1, 1): ("1.583342445430e-05", "5.438016858784e-04", "0.0007022572681125", "3.995446406275"),
    (4, 2, 1): ("7.544038181650e-02", "1.204243818379e-01", "0.05231280649242", "3.021202809972"),
    (6, 1, 1): ("8.304987422626e-05", "4.433798450998e-04", "0.0001185311360064", "5.89643248687"),
    (6, 3, 1): ("2.900582743161e-02", "4.437351652376e-02", "0.01362697562572", "4.865397645659"),
    (8, 2, 1): ("4.815411424454e-05", "1.723738286824e-04", "3.514078696138e-5", "7.704535972763"),
    (8, 4, 1): ("9.738022208968e-03", "1.511123722358e-02", "0.003512297573654", "6.667805933983"),
    (12, 6, 1): ("9.269858393889e-04", "1.490857253637e-03", "0.0002297203715413", "10.18474589211"),
    (10, 7, 1): ("1.392440908984e-01", "1.294655799929e-01", "0.02810484988739", "6.230658400953"),
    (4, 1, 0.5): ("2.407705712227e-05", "8.618691434122e-05", "3.514078696138e-5", "7.704535972763"),
}
#: G, Δ, κ₁ -> slow, fast at η = 1.
LOSSY = {
    (4, 1, 0.1): ("5.147349871e-3", "0.7567668529"),
    (4, 1, 0.01): ("7.15592827e-3", "0.07790667589"),
    (6, 1, 0.1): ("9.740714532e-5", "1.167976967"),
    (6, 1, 0.01): ("8.613739104e-5", "0.1179169619"),
    (3, 1, 0.05): ("0.05107040271", "0.2796449755"),
}


@pytest.mark.parametrize("point", TABLE)
def test_printed_eigenvalues_and_mixture(
    point: tuple[float, float, float], printed_as: Callable[..., bool]
) -> None:
    system = TwoPhotonResonator(*point)
    decay, frequency, parity, photons = TABLE[point]
    value = slow_eigenvalue(system)
    assert printed_as(-value.real, decay)
    assert printed_as(-value.imag, frequency)
    mean_parity, even, _ = steady_mixture(system, levels=20 + int(1.2 * system.G / system.eta))
    assert printed_as(mean_parity, parity, 1e-14)
    assert printed_as(even, photons, 1e-12)


@pytest.mark.parametrize("point", LOSSY)
def test_printed_eigenvalues_with_one_photon_loss(
    point: tuple[float, float, float], printed_as: Callable[..., bool]
) -> None:
    G, Delta, kappa_1 = point
    slow, fast = odd_sector_eigenvalues(TwoPhotonResonator(G, Delta, 1.0, kappa_1), levels=26)
    assert slow.imag == fast.imag == 0.0
    # The printed ones are of double precision: their absolute round-off is 1e-14 of the decay at 2s.
    assert all(printed_as(-z.real, text, 2e-14) for z, text in zip((slow, fast), LOSSY[point], strict=True))


@pytest.mark.parametrize("kappa_1", [0.0, 0.02])
def test_full_dense_liouvillian_has_these_eigenvalues(kappa_1: float) -> None:
    """Independent: the matrices of the Lindblad model themselves, without parity or refinement."""
    system = TwoPhotonResonator(1.5, 0.6, 1.0, kappa_1)
    model = system.lindblad(22)
    one = np.eye(22)
    drift = -1j * model.hamiltonian - 0.5 * sum(c.conj().T @ c for c in model.jump_operators)
    full = np.kron(drift, one) + np.kron(one, drift.conj())
    full = full + sum(np.kron(c, c.conj()) for c in model.jump_operators)
    spectrum = np.linalg.eigvals(full)
    for value in odd_sector_eigenvalues(system, levels=11):
        assert np.abs(spectrum - value).min() < 1e-9


def test_deep_wells_beyond_double_precision() -> None:
    system = TwoPhotonResonator(20.0, 0.01)
    value = slow_eigenvalue(system)
    more = slow_eigenvalue(system, levels=74)
    assert abs(value.real / more.real - 1) < 1e-12
    assert abs(value.imag / more.imag - 1) < 1e-12
    # Small Δ at fixed η: Ω = 4Gδe^{-2g}, Γ = 4ηδ²e^{-2g}.
    assert value.imag == pytest.approx(-0.8 * np.exp(-40.0), rel=2e-3)
    assert value.real == pytest.approx(-4e-4 * np.exp(-40.0), rel=0.05)


def test_symmetries_and_exact_zero() -> None:
    value = slow_eigenvalue(TwoPhotonResonator(3.0, 1.0))
    assert slow_eigenvalue(TwoPhotonResonator(3.0, -1.0)) == pytest.approx(value.conjugate(), rel=1e-13)
    assert slow_eigenvalue(TwoPhotonResonator(4.0, 0.0)) == 0j
    assert odd_sector_eigenvalues(TwoPhotonResonator(4.0, 0.0)) == (0j, 0j)


def test_slow_pair_and_exceptional_point() -> None:
    rate = slow_eigenvalue(TwoPhotonResonator(4.0, 1.0))
    matrix = np.array([[rate - 0.1, 0.1], [0.1, rate.conjugate() - 0.1]])
    np.testing.assert_allclose(
        sorted(np.linalg.eigvals(matrix).real), sorted(z.real for z in slow_pair(rate, 0.1))
    )
    assert exceptional_loss(TwoPhotonResonator(4.0, 1.0, 1.0, 0.1)) == pytest.approx(0.003644, abs=5e-7)
    below, above = (
        odd_sector_eigenvalues(TwoPhotonResonator(4.0, 1.0, 1.0, k), 26) for k in (3.72e-3, 3.735e-3)
    )
    assert below[0].imag > 0.0 == above[0].imag
    # Negative control: without the rotation the telegraph rate would be Γ.
    assert telegraph_rate(TwoPhotonResonator(4.0, 1.0, 1.0, 0.1), 26) > 1.2 * -rate.real


@pytest.mark.parametrize("point", [(10.0, 7.0), (4.0, -1.0), (4.0, 0.0)])
def test_fixed_points_of_the_mean_field(point: tuple[float, float]) -> None:
    system = TwoPhotonResonator(*point)
    assert abs(system.mean_field(system.alpha0)) < 1e-13 * system.G**2
    assert abs(system.alpha0) ** 2 == pytest.approx(system.s, rel=1e-14)
    assert any(abs(p.alpha - system.alpha0) < 1e-6 for p in system.oscillator().fixed_points())


def test_bad_input_is_refused() -> None:
    for bad in ({"G": 0.0}, {"Delta": float("nan")}, {"eta": -1.0}, {"kappa_1": -1.0}):
        with pytest.raises(ParameterError):
            TwoPhotonResonator(**{"G": 4.0, "Delta": 1.0, **bad})
    with pytest.raises(PredictionError, match="Delta"):
        slow_eigenvalue(TwoPhotonResonator(1.0, 1.0))
    with pytest.raises(ParameterError, match="kappa_1"):
        slow_eigenvalue(TwoPhotonResonator(4.0, 1.0, 1.0, 0.1))
    with pytest.raises(PredictionError, match="unknowns"):
        slow_eigenvalue(TwoPhotonResonator(400.0, 1.0))
    with pytest.raises(PredictionError, match="oscillates"):
        telegraph_rate(TwoPhotonResonator(4.0, 1.0, 1.0, 1e-3), 26)
