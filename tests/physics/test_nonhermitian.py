"""Quantum heating of the non-Hermitian Hamiltonian: reference numbers, the dual basis, and controls that must fail."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from wellhop.analysis.curves import reduced_rate
from wellhop.analysis.nonhermitian import NonHermitianLevels, nonhermitian_levels, nonhermitian_model
from wellhop.analysis.staircase import RateModel, rate_model
from wellhop.analysis.well_elements import well_elements
from wellhop.engine.errors import ParameterError, PredictionError
from wellhop.engine.fock import annihilation
from wellhop.engine.systems.kerr_cat import KerrCat

#: (eps2, kappa) -> (106), printed digits
RATES = {
    (4.0, 0.025): "2.86396e-8",
    (6.0, 0.025): "1.54257e-9",
    (9.0, 0.025): "2.42466e-12",
    (3.0, 0.1): "4.65589e-6",
    (6.0, 0.1): "1.825694e-8",
    (9.0, 0.1): "5.25021e-11",
    (10.0, 0.025): "4.60856e-13",
}
#: (eps2, kappa) -> (106) over the exact rate at n_th = 0
SHARES = {(6.0, 0.025): "0.9989", (10.0, 0.025): "0.991", (6.0, 0.1): "0.9941", (10.0, 0.1): "0.972"}


def composed(system: KerrCat, bra_even: Any, bra_odd: Any, found: NonHermitianLevels) -> RateModel:
    """(104), (105) with any vectors on the left of a."""
    within, across = well_elements(found.even, found.odd, bra_even, bra_odd)
    index = np.arange(within.shape[0])
    kept = np.abs(index[:, None] - index) <= 1
    splitting = system.manifolds().splitting
    return RateModel(
        system.kappa * np.abs(within) ** 2 * kept, system.kappa * np.abs(across) ** 2 * kept, splitting
    )


@pytest.mark.parametrize("point", RATES)
def test_rates_to_printed_digits(point: tuple[float, float], printed_as: Any) -> None:
    for n_th in (0.0, 0.1):
        model = nonhermitian_model(KerrCat(*point, n_th))
        assert printed_as(model.quasi_stationary().decay_rate, RATES[point])


@pytest.mark.parametrize("point", [(6.0, 0.025), (6.0, 0.1), (9.0, 0.1)])
def test_right_vectors_and_hermitian_levels_are_wrong_by_orders(
    point: tuple[float, float], printed_as: Any
) -> None:
    """Controls: r̃_m instead of its dual is 1e2-1e3 too large, the levels of H give 1e2-1e6 too little."""
    system = KerrCat(*point, 0.0)
    found = nonhermitian_levels(system)
    right = float(RATES[point])
    by_hand = composed(system, found.dual_even, found.dual_odd, found).quasi_stationary().decay_rate
    assert printed_as(by_hand, RATES[point])
    wrong = composed(system, found.even, found.odd, found).quasi_stationary().decay_rate
    assert 1e2 < wrong / right < 3e3
    assert 1e2 < right / rate_model(system).quasi_stationary().decay_rate < 1e6


def test_dual_vectors_are_the_left_eigenvectors_of_the_whole_matrix() -> None:
    """Against the inverse of the matrix of right eigenvectors of H_nh, all Fock states at once."""
    system = KerrCat(5.0, 0.3, 0.0)
    found = nonhermitian_levels(system)
    a = annihilation(found.even.shape[0])
    matrix = -(a.T @ a.T @ a @ a) + 5.0 * (a.T @ a.T + a @ a) - 0.15j * (a.T @ a)
    for energy, right, dual in (
        (found.energy_even, found.even, found.dual_even),
        (found.energy_odd, found.odd, found.dual_odd),
    ):
        np.testing.assert_allclose(matrix @ right, right * energy, atol=1e-10)
        np.testing.assert_allclose(dual.conj().T @ matrix, energy[:, None] * dual.conj().T, atol=1e-10)
        np.testing.assert_allclose(dual.conj().T @ right, np.eye(16), atol=1e-12)
        assert (
            np.abs(right.conj().T @ right - np.eye(16)).max() > 1e-3
        )  # not orthogonal: the dual basis matters
    levels = system.manifolds()
    overlaps = np.einsum("ij,ij->j", levels.even, found.even)
    assert np.all(overlaps.real > 0.98)
    assert np.abs(overlaps.imag).max() < 1e-14


@pytest.mark.parametrize("point", SHARES)
def test_it_explains_the_exact_rate_without_thermal_photons(
    point: tuple[float, float], printed_as: Any
) -> None:
    """Share of the exact rate, and with two manifolds a hop all of it to 0.1 %."""
    system = KerrCat(*point, 0.0)
    exact = reduced_rate(system)
    # At eps2 = 10 the exact rate carries round-off of 1e-15 K.
    noise = 2e-15 / exact
    one, two = (nonhermitian_model(system, reach=r).quasi_stationary().decay_rate / exact for r in (1, 2))
    assert printed_as(one, SHARES[point], noise)
    assert abs(two - 1.0) < 1e-3 + noise


def test_leading_order_of_the_heating() -> None:
    """W_10 -> κ(κ/16ε₂)²: 1.23 times it at ε₂ = 8, 1.10 at 16, and 1 + O(1/ε₂) beyond; damping enters squared."""
    ratio = {
        eps2: nonhermitian_model(KerrCat(eps2, 0.025, 0.0)).W[1, 0] / (0.025 * (0.025 / (16.0 * eps2)) ** 2)
        for eps2 in (8.0, 16.0, 32.0, 64.0)
    }
    assert [f"{ratio[8.0]:.2f}", f"{ratio[16.0]:.2f}"] == ["1.23", "1.10"]
    assert (ratio[32.0] - 1.0) / (ratio[64.0] - 1.0) == pytest.approx(2.0, abs=0.1)
    weak, strong = (nonhermitian_model(KerrCat(8.0, k, 0.0)).W[1, 0] for k in (0.01, 0.02))
    assert strong / weak == pytest.approx(8.0, rel=1e-3)


def test_without_damping_nothing_changes() -> None:
    """κ -> 0: the matrix elements are those of H, and its ground manifold is not heated."""
    system = KerrCat(6.0, 1e-9, 0.0)
    found, levels = nonhermitian_levels(system), system.manifolds()
    within, across = well_elements(found.even, found.odd, found.dual_even, found.dual_odd)
    plain = well_elements(levels.even, levels.odd)
    np.testing.assert_allclose(within, plain[0], atol=1e-8)
    np.testing.assert_allclose(across, plain[1], atol=1e-8)


def test_refusals() -> None:
    system = KerrCat(6.0, 0.1, 0.0)
    for reach in (0, 16, True, 1.0):
        with pytest.raises(ParameterError, match="an integer from 1 to 15"):
            nonhermitian_model(system, reach=reach)  # type: ignore[arg-type]
    with pytest.raises(PredictionError, match="use a smaller kappa"):
        nonhermitian_levels(KerrCat(6.0, 40.0, 0.0))
