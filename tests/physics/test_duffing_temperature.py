"""Temperature at each attractor of the Duffing oscillator: printed values, the whole Fock space, limits."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp
from scipy.sparse.linalg import splu

from wellhop.analysis.duffing_balance import duffing_levels, effective_occupation, well_populations
from wellhop.analysis.duffing_frame import attractor_frame, undamped_frame
from wellhop.analysis.duffing_temperature import (
    bose_log_ratio,
    dephasing_slope,
    dephasing_slope_law,
    well_temperature,
)
from wellhop.analysis.duffing_well import attractor_well
from wellhop.engine.errors import ParameterError, PredictionError
from wellhop.engine.systems.duffing_attractors import DuffingAttractors

BETA = 4 / 75
SYSTEM = DuffingAttractors(0.016, BETA, 0.002)


@pytest.fixture(scope="module")
def table() -> Any:
    return tomllib.loads((Path(__file__).parent / "duffing_reference.toml").read_text())


def fock_state(system: DuffingAttractors, size: int) -> tuple[np.ndarray, np.ndarray]:
    """H of (2) and a solution of (7) in the whole Fock space, built from the formulas alone."""
    a = sp.diags_array(np.sqrt(np.arange(1.0, size)), offsets=1, format="csr")
    n, eye = a.T @ a, sp.eye_array(size, format="csr")
    lam, eps = system.lam, math.sqrt(system.beta / (2.0 * system.lam))
    h = (1.0 - lam) * n - lam * n @ n + eps * (a + a.T)
    out = -1j * (sp.kron(h, eye) - sp.kron(eye, h.T))
    half = system.khat  # κ/2 with D[A]ρ = 2AρA† - {A†A, ρ}
    for rate, op in (
        (half * (1.0 + system.n_th), a),
        (half * system.n_th, sp.csr_array(a.T)),
        (system.eta, n),
    ):
        square = op.T @ op
        out = out + rate * (2.0 * sp.kron(op, op) - sp.kron(square, eye) - sp.kron(eye, square.T))
    matrix = sp.lil_array(out)
    matrix[0, :] = np.eye(size).reshape(1, -1)
    right = np.zeros(size**2, dtype=complex)
    right[0] = 1.0
    return h.toarray(), splu(sp.csc_array(matrix)).solve(right).reshape(size, size)


@pytest.mark.parametrize("attractor", ["HAS", "LAS"])
def test_printed_ratios_and_slopes(table: Any, attractor: Any, printed_as: Callable[..., bool]) -> None:
    row = next(one for one in table["temperature"] if one["attractor"] == attractor)
    for n_th, (full, bose) in row["log_ratio"].items():
        warm = replace(SYSTEM, n_th=float(n_th))
        assert printed_as(well_temperature(warm, attractor, damped=False).log_ratio, full)
        assert printed_as(bose_log_ratio(undamped_frame(0.016, BETA, attractor, n_th=warm.n_th)), bose)
    numeric, law, printed = row["slope"]
    cold, dephased = (
        well_temperature(replace(SYSTEM, eta=x * SYSTEM.kappa), attractor, damped=False).occupation
        for x in (0.0, 0.005)
    )
    assert printed_as((dephased - cold) / 0.005, numeric)
    assert dephasing_slope(SYSTEM, attractor, damped=False) == pytest.approx(float(numeric), rel=1e-3)
    frame = undamped_frame(0.016, BETA, attractor)
    assert printed_as(dephasing_slope_law(frame), law)
    assert printed_as(dephasing_slope_law(frame, printed=True), printed)


@pytest.mark.parametrize(("attractor", "n_th", "eta"), [("HAS", 0.0, 2e-5), ("LAS", 0.1, 0.0)])
def test_one_well_against_the_whole_fock_space(attractor: Any, n_th: float, eta: float) -> None:
    """The weights of the wells are round-off there, the ratio inside a well is not."""
    system = replace(SYSTEM, n_th=n_th, eta=eta)
    hamiltonian, rho = fock_state(system, 95)
    energies, states = np.linalg.eigh(hamiltonian)
    if attractor == "HAS":
        own = [94, 93]
    else:
        found = duffing_levels(0.016, BETA)
        own = [int(np.abs(energies - found.energies[k]).argmin()) for k in found.well("LAS", 2)]
    p = [float((states[:, k] @ rho @ states[:, k]).real) for k in own]
    expected = math.log(p[0] / p[1])
    warm = well_temperature(system, attractor, damped=False)
    # at LAS two eigenstates of (2) hold a share of 1e-5 of outer orbits, and inflow from HAS is not part of the well
    assert warm.log_ratio == pytest.approx(expected, rel=1e-7 if attractor == "HAS" else 1e-4)
    if attractor == "LAS":
        assert warm.log_ratio == pytest.approx(2.3726, abs=5e-5)


def test_weak_damping_is_the_balance_equation() -> None:
    for attractor, n_th in (("HAS", 0.0), ("HAS", 0.5), ("LAS", 0.1)):
        expected = effective_occupation(well_populations(0.016, BETA, attractor, n_th))[0]
        errors = [
            well_temperature(DuffingAttractors(0.016, BETA, khat, n_th), attractor).occupation / expected
            - 1.0
            for khat in (0.004, 0.002)
        ]
        assert abs(errors[1]) < 2e-4
        assert abs(errors[1]) < 0.6 * abs(errors[0]) + 1e-5


def test_eigenstates_of_h_are_biased_by_damping_and_levels_of_the_attractor_are_not(
    table: Any, printed_as: Callable[..., bool]
) -> None:
    for khat, printed in table["undamped_bias"].items():
        system = DuffingAttractors(0.016, BETA, float(khat))
        assert well_temperature(system, "HAS", damped=False).occupation == pytest.approx(
            float(printed), abs=6e-4 if khat == "0.05" else 6e-5
        )
        assert well_temperature(system, "HAS").occupation == pytest.approx(
            attractor_frame(system, "HAS").damped_occupation, rel=5e-3
        )


def test_corrections_are_of_the_order_of_lambda_and_the_printed_slope_is_excluded() -> None:
    """What is left of (25) and (28) halves with λ; of the printed slope half is missing at any λ."""
    for attractor in ("HAS", "LAS"):
        systems = [DuffingAttractors(lam, BETA, 0.002) for lam in (0.016, 0.008)]
        frames = [attractor_frame(one, attractor) for one in systems]
        slopes = [
            dephasing_slope(one, attractor) / dephasing_slope_law(f)
            for one, f in zip(systems, frames, strict=True)
        ]
        assert 1.6 < (slopes[0] - 1.0) / (slopes[1] - 1.0) < 2.6
        assert dephasing_slope(systems[1], attractor) / dephasing_slope_law(
            frames[1], printed=True
        ) == pytest.approx(2.0, rel=0.08)
        left = [
            well_temperature(one, attractor).log_ratio - bose_log_ratio(f)
            for one, f in zip(systems, frames, strict=True)
        ]
        assert 1.5 < left[0] / left[1] < 2.7 or abs(left[0]) < 2e-3


def test_moments_of_the_state_are_those_of_linear_theory_for_small_lambda() -> None:
    """⟨b†b⟩ and ⟨b²⟩ at strong damping, where ⟨b²⟩ cannot be left out."""
    errors = []
    for lam in (0.016, 0.008):
        well = attractor_well(DuffingAttractors(lam, BETA, 0.15), "HAS")
        errors.append(well.moment_occupation / attractor_frame(well.system, "HAS").damped_occupation - 1.0)
    assert 1.5 < errors[0] / errors[1] < 2.8
    assert abs(errors[1]) < 0.2


def test_levels_and_space_of_the_well_do_not_decide_the_result() -> None:
    for attractor, sizes in (("HAS", (14, 24)), ("LAS", (10, 20))):
        small, large = (
            well_temperature(replace(SYSTEM, n_th=0.02), attractor, size=size, count=3) for size in sizes
        )
        np.testing.assert_allclose(small.populations, large.populations, rtol=1e-5)
        assert small.temperature == pytest.approx(large.temperature, rel=1e-5)
    well = attractor_well(DuffingAttractors(0.03, BETA, 0.1, 0.1, 0.001), "HAS")
    state = well.state
    assert np.linalg.eigvalsh(state).min() > -1e-12
    assert np.abs(well.model.liouvillian() @ state.ravel()).max() < 1e-12
    assert well.edge < 1e-4
    # of 5 the displaced jump operators have only the shift of the mean by noise left
    assert abs(well.mean(well.fluctuation)) < 0.1 * abs(well.frame.alpha)


def test_refusals() -> None:
    with pytest.raises(PredictionError, match="no bistability"):
        well_temperature(DuffingAttractors(0.016, 0.3, 0.01), "HAS")
    with pytest.raises(ParameterError, match="attractor"):
        well_temperature(SYSTEM, "saddle")  # type: ignore[arg-type]  # the refusal is tested
    with pytest.raises(ParameterError, match="count"):
        well_temperature(SYSTEM, "HAS", count=1)
    with pytest.raises(ParameterError, match="the levels at LAS"):
        attractor_well(SYSTEM, "LAS").populations(12)
    with pytest.raises(ParameterError, match="the states at HAS"):
        attractor_well(SYSTEM, "HAS", size=200)
    with pytest.raises(ParameterError, match="size"):
        attractor_well(SYSTEM, "HAS", size=True)
    with pytest.raises(PredictionError, match="does not hold it"):
        well_temperature(DuffingAttractors(0.03, BETA, 0.22), "HAS")
