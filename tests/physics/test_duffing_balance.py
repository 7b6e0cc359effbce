"""Exact levels of the Duffing oscillator and the balance equation between them: printed values, and independent ones."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.linalg import expm

from wellhop.analysis.duffing_balance import (
    DuffingLevels,
    balance_generator,
    balance_populations,
    balance_relaxation,
    duffing_levels,
    effective_occupation,
    series_populations,
    transition_rates,
    well_populations,
)
from wellhop.analysis.duffing_frame import undamped_frame
from wellhop.analysis.duffing_perturbation import perturbed_levels
from wellhop.analysis.liouvillian import slow_modes
from wellhop.engine import fock
from wellhop.engine.errors import CutoffError, ParameterError, PredictionError
from wellhop.engine.systems.duffing_attractors import DuffingAttractors

LAM, BETA = 0.016, 4 / 75


@pytest.fixture(scope="module")
def table() -> Any:
    return tomllib.loads((Path(__file__).parent / "duffing_reference.toml").read_text())


@pytest.fixture(scope="module")
def levels() -> DuffingLevels:
    return duffing_levels(LAM, BETA)


def test_printed_spacings_and_displacements(
    levels: DuffingLevels, table: Any, printed_as: Callable[..., bool]
) -> None:
    spacings = levels.spacings("HAS")
    for level, (exact, *_) in table["spacings"].items():
        assert printed_as(spacings[int(level)], exact)
    displacement = np.diag(levels.elements(levels.well("HAS", 10)))
    for level, (exact, *_) in table["displacement"].items():
        assert printed_as(displacement[int(level)], exact)


def test_levels_without_the_extra_photon_term(table: Any, printed_as: Callable[..., bool]) -> None:
    """Negative control: dw n + χ n², which the printed perturbation belongs to, has other spacings."""
    n = np.arange(240.0)
    drive = np.sqrt(BETA / (2 * LAM) * n[1:])
    found = np.linalg.eigvalsh(np.diag(n - LAM * n**2) + np.diag(drive, 1) + np.diag(drive, -1))[::-1]
    for level, (exact, *_, other) in table["spacings"].items():
        spacing = found[int(level)] - found[int(level) + 1]
        assert printed_as(spacing, other)
        assert not printed_as(spacing, exact)


def test_dense_diagonalisation_of_the_model_agrees() -> None:
    system = DuffingAttractors(0.05, BETA, 0.01, dw=1.3)
    found = duffing_levels(0.05, BETA, dw=1.3, cutoff=90)
    energies, vectors = np.linalg.eigh(system.oscillator().hamiltonian(90))
    np.testing.assert_allclose(found.energies, energies[::-1], atol=1e-11)
    a = fock.annihilation(90)
    elements = np.abs(vectors[:, ::-1].conj().T @ a @ vectors[:, ::-1])[:8, :8]
    np.testing.assert_allclose(np.abs(found.elements())[:8, :8], elements, atol=1e-11)
    # (5): the highest level lies half a spacing of the well below its landscape.
    top = found.landscape(1.0999767)
    assert top - found.energies[0] == pytest.approx(0.5 * 0.743 * 1.3, rel=0.02)


def test_printed_populations(levels: DuffingLevels, table: Any, printed_as: Callable[..., bool]) -> None:
    elements = levels.elements(levels.well("HAS", 25))
    series = perturbed_levels(undamped_frame(LAM, BETA, "HAS"), 4, 25)
    for row in table["populations"]:
        n_th = row["n_th"]
        p = well_populations(LAM, BETA, "HAS", n_th, 25)
        assert p.sum() == pytest.approx(1.0, abs=1e-14)
        np.testing.assert_array_equal(p, balance_populations(transition_rates(elements, n_th)))
        assert all(printed_as(p[n], text) for n, text in enumerate(row["p"]))
        occupation = effective_occupation(p)
        assert all(
            printed_as(occupation[n], text) for n, text in zip((0, 1, 4, 7), row["exact"], strict=True)
        )
        for order in (2, 4):
            found = effective_occupation(series_populations(series, n_th, order))
            assert all(
                printed_as(found[n], text) for n, text in zip((0, 1, 4), row[f"order_{order}"], strict=True)
            )
        flat = effective_occupation(series_populations(series, n_th, 0))
        assert all(printed_as(value, row["occupation"]) for value in flat[:10])
        np.testing.assert_allclose(
            series_populations(series, n_th, 1), series_populations(series, n_th, 0), rtol=1e-9
        )


def test_rates_without_the_bath_are_not_those_of_a_warm_one(levels: DuffingLevels) -> None:
    """Negative control: |<N|a|M>|² alone, as (24) is printed, keeps the cold populations at any temperature."""
    elements = levels.elements(levels.well("HAS", 25))
    printed = effective_occupation(balance_populations(np.abs(elements) ** 2))
    assert printed[0] == pytest.approx(0.454681, abs=1e-6)
    assert effective_occupation(well_populations(LAM, BETA, "HAS", 0.5, 25))[0] > 1.4


def test_rates_are_those_of_the_jump_operators() -> None:
    """Independent: Σ |<N|L|M>|² over the operators of the Lindblad model."""
    system = DuffingAttractors(0.05, BETA, 0.01, n_th=0.4)
    found, model = duffing_levels(0.05, BETA, cutoff=80), system.lindblad(80)
    inside = [found.vectors[:, :6].T @ jump @ found.vectors[:, :6] for jump in model.jump_operators]
    rates = sum(np.abs(jump) ** 2 for jump in inside) / system.kappa
    mine = transition_rates(found.elements(np.arange(6)), 0.4)
    np.testing.assert_allclose(mine, rates - np.diag(np.diag(rates)), atol=1e-12)


def test_populations_are_what_time_leads_to() -> None:
    rng = np.random.default_rng(5)
    rates = rng.random((7, 7)) * 10.0 ** rng.integers(-3, 2, (7, 7))
    p = balance_populations(rates)
    np.testing.assert_allclose(expm(1e5 * balance_generator(rates))[:, 0], p, rtol=1e-8)
    slow = -np.sort(np.linalg.eigvals(balance_generator(rates)).real)[-2]
    assert balance_relaxation(rates) == pytest.approx(slow, rel=1e-12)
    # A ladder: every digit of populations over 25 decades.
    steps = np.zeros((26, 26))
    steps[np.arange(1, 26), np.arange(25)], steps[np.arange(25), np.arange(1, 26)] = 0.1, 1.0
    np.testing.assert_allclose(
        balance_populations(steps) / balance_populations(steps)[0], 0.1 ** np.arange(26.0), rtol=1e-12
    )


def test_slowest_relaxation_is_that_of_the_liouvillian(table: Any, printed_as: Callable[..., bool]) -> None:
    found = duffing_levels(0.1, BETA, cutoff=28)
    relaxation = balance_relaxation(transition_rates(found.elements(), 0.0))
    assert printed_as(relaxation, table["balance"]["relaxation"])
    system = DuffingAttractors(0.1, BETA, 0.001)
    exact = slow_modes(system.lindblad(28), count=2).slowest_real().value / system.kappa
    assert printed_as(exact, table["balance"]["liouvillian"])
    assert relaxation == pytest.approx(exact, rel=5e-4)


def test_wells(levels: DuffingLevels) -> None:
    has, las = levels.well("HAS"), levels.well("LAS")
    assert has.tolist() == list(range(52))
    assert len(las) == 4
    assert np.all(las > has.max())
    assert np.all(np.diff(levels.energies[las]) > 0.0)
    # The perturbation theory holds at LAS alike.
    series = perturbed_levels(undamped_frame(LAM, BETA, "LAS"), 6, 3)
    position = np.diag(levels.elements(las))
    assert series.displacement(5)[0].real == pytest.approx(position[0], abs=1e-3)
    errors = [abs(series.spacings(q)[0] - levels.spacings("LAS", 2)[0]) for q in (0, 2, 4, 6)]
    assert np.all(np.diff(errors) < 0.0)
    assert errors[-1] < 1e-4
    cold, warm = (well_populations(LAM, BETA, "LAS", n_th) for n_th in (0.0, 0.1))
    assert np.log(warm[0] / warm[1]) == pytest.approx(2.376, abs=0.01)
    assert cold[1] < 0.1 * warm[1]


def test_refusals() -> None:
    for lam, beta in ((-0.1, BETA), (0.1, 0.0), (float("nan"), BETA), (0.1, True)):
        with pytest.raises(ParameterError):
            duffing_levels(lam, beta)
    with pytest.raises(PredictionError, match=r"no bistability at beta = 0\.15 >= 4/27"):
        duffing_levels(0.05, 0.15)
    with pytest.raises(PredictionError, match="needs 25060 Fock states, 4000 are allowed"):
        duffing_levels(1e-4, BETA)
    with pytest.raises(CutoffError, match="levels of HAS"):
        duffing_levels(LAM, BETA, cutoff=50)
    with pytest.raises(ParameterError, match="cutoff"):
        duffing_levels(LAM, BETA, cutoff=3)
    found = duffing_levels(0.1, BETA)
    with pytest.raises(PredictionError, match=r"levels: got 20, HAS has \d+ at lambda = 0.1"):
        found.well("HAS", 20)
    with pytest.raises(ParameterError, match="levels"):
        found.well("HAS", 0)
    with pytest.raises(ParameterError, match="attractor"):
        found.well("saddle")  # type: ignore[arg-type]  # the refusal is the point
    with pytest.raises(PredictionError, match=r"none of its own at lambda = 0\.04"):
        duffing_levels(0.04, BETA).well("LAS")
    with pytest.raises(ParameterError, match="n_th"):
        transition_rates(np.ones((2, 2)), -0.1)
    with pytest.raises(PredictionError, match="negative rate -1 from level 1 to 0; use fewer levels"):
        balance_populations(np.array([[0.0, -1.0], [1.0, 0.0]]))
    with pytest.raises(PredictionError, match="nothing leads from level 1"):
        balance_populations(np.array([[0.0, 0.0], [1.0, 0.0]]))
    series = perturbed_levels(undamped_frame(LAM, BETA, "HAS"), 2, 5)
    with pytest.raises(ParameterError, match="order: got 4"):
        series_populations(series, 0.0, 4)
    with pytest.raises(ParameterError, match="levels: got 6"):
        series_populations(series, 0.0, 2, levels=6)
    far = perturbed_levels(undamped_frame(0.06, BETA, "HAS"), 4, 14)
    with pytest.raises(PredictionError, match="negative rate"):
        series_populations(far, 0.5, 2, levels=14)
    used = series_populations(far, 0.5, 2)
    assert 5 < len(used) < 14
    assert used.min() > 0.0
