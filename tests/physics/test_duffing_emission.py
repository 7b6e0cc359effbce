"""Emission spectrum at an attractor of the Duffing oscillator: printed peaks, two other solutions, sum rules, the coherent line."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import qutip
import scipy.sparse as sp
from scipy.sparse.linalg import splu

from wellhop.analysis import duffing_emission
from wellhop.analysis.duffing_emission import (
    emission_correlation,
    emission_peak,
    emission_spectrum,
    windowed_spectrum,
)
from wellhop.analysis.duffing_rates import duffing_rates
from wellhop.analysis.duffing_well import Well, attractor_well
from wellhop.analysis.liouvillian import superoperator
from wellhop.engine.errors import CutoffWarning, ParameterError, PredictionError
from wellhop.engine.fock import annihilation
from wellhop.engine.systems.duffing_attractors import DuffingAttractors

BETA = 4 / 75
PEAKS = tomllib.loads((Path(__file__).parent / "duffing_reference.toml").read_text())["emission"]


@pytest.fixture(scope="module")
def wells() -> dict[str, Well]:
    return {khat: attractor_well(DuffingAttractors(0.03, BETA, float(khat)), "HAS") for khat in PEAKS}


@pytest.mark.parametrize("khat", PEAKS)
def test_printed_peaks_lie_below_the_first_spacings(
    khat: str, wells: dict[str, Well], printed_as: Callable[..., bool]
) -> None:
    frequency, height = emission_peak(wells[khat])
    assert printed_as(frequency, PEAKS[khat])
    first, second = -np.diff(wells[khat].energies[:3])
    assert 0.95 < frequency / first < 0.985
    assert frequency < second < first
    beside = emission_spectrum(wells[khat], [frequency - 0.004, frequency + 0.004])
    assert (beside < height).all()


def test_spectrum_in_the_whole_fock_space() -> None:
    """Independent: resolvent in Fock space and the metastable state from the slow mode there."""
    system = DuffingAttractors(0.04, BETA, 0.1)
    state = duffing_rates(system).state_has
    size = len(state)
    a = annihilation(size)
    deviation = a - np.trace(a @ state) * np.eye(size)
    liouvillian, eye = superoperator(system.lindblad(size)), sp.eye_array(size**2)
    well = attractor_well(system, "HAS")
    for omega in (0.65, -0.5):
        x = splu(sp.csc_array(1j * omega * eye - liouvillian)).solve((deviation @ state).ravel())
        # the two differ by the escape rate over κ, 2e-5, and by the states above the saddle
        assert emission_spectrum(well, [omega])[0] == pytest.approx(
            2.0 * np.vdot(deviation.ravel(), x).real, rel=1.5e-3
        )


def test_spectrum_of_another_package() -> None:
    """QuTiP's own spectrum function on the operators of the well, with a thermal bath and dephasing."""
    well = attractor_well(DuffingAttractors(0.03, BETA, 0.1, 0.05, 0.001), "HAS", size=10)
    deviation = qutip.Qobj(well.fluctuation - well.mean(well.fluctuation) * np.eye(10))
    jumps = [qutip.Qobj(op) for op in well.model.jump_operators]
    omegas = [-0.66, 0.3, 0.68]
    other = qutip.spectrum(
        qutip.Qobj(well.model.hamiltonian), np.array(omegas), jumps, deviation.dag(), deviation, solver="pi"
    )
    np.testing.assert_allclose(emission_spectrum(well, omegas), other, rtol=1e-6)


def test_sum_rule_and_equal_peaks_at_zero_temperature(wells: dict[str, Well]) -> None:
    well = wells["0.1"]
    correlation = emission_correlation(well, 0.1, 1500)
    fluctuation = well.fluctuation
    mean = well.mean(fluctuation)
    # products of cut operators miss the last state only
    assert correlation[0].real == pytest.approx(
        well.mean(fluctuation.conj().T @ fluctuation).real - abs(mean) ** 2, rel=1e-10
    )
    grid = np.linspace(-0.9, 0.9, 7)
    exact = emission_spectrum(well, grid)
    np.testing.assert_allclose(windowed_spectrum(correlation, 0.1, grid), exact, rtol=2e-3)
    every = attractor_well(wells["0.05"].system, "HAS", size=20)
    frequencies = [0.3, 0.66]
    np.testing.assert_allclose(
        emission_spectrum(every, frequencies), emission_spectrum(every, np.negative(frequencies)), rtol=1e-6
    )
    warm = attractor_well(DuffingAttractors(0.03, BETA, 0.1, 0.1), "HAS")
    left, right = emission_spectrum(warm, [-0.66, 0.66])
    assert left > 1.1 * right
    # ∫ S dω/2π, the tails beyond the grid fall as ω^-4
    wide = np.linspace(-3.0, 3.0, 301)
    total = np.trapezoid(windowed_spectrum(correlation, 0.1, wide), wide) / (2.0 * np.pi)
    assert total == pytest.approx(correlation[0].real, rel=5e-3)


def test_linear_theory_has_the_weights_of_squeezed_noise() -> None:
    """At λ -> 0 each peak holds |u|² v² at n_th = 0: half of the sum; v² alone for one side would be three times that."""
    well = attractor_well(DuffingAttractors(0.008, BETA, 0.01), "HAS")
    weight = abs(well.frame.u) ** 2 * well.frame.v**2
    assert emission_correlation(well, 1.0, 1)[0].real == pytest.approx(2.0 * weight, rel=0.15)
    frequency, _ = emission_peak(well, -1)
    assert frequency == pytest.approx(abs(well.frame.w0), rel=0.015)


def test_the_coherent_line_would_swamp_the_rest(wells: dict[str, Well]) -> None:
    """Control: with a in the place of δa the resolvent at a small ω is that of a delta peak."""
    well = wells["0.05"]
    whole = well.fluctuation + well.frame.alpha * np.eye(well.model.dim)
    near = 1e-3
    x = np.linalg.solve(
        1j * near * np.eye(well.model.dim**2) - well.model.liouvillian(), (whole @ well.state).ravel()
    )
    swamped = abs(2.0 * np.vdot(whole.ravel(), x))
    assert swamped > 1e3 * emission_spectrum(well, [near])[0]
    # and the limit ω -> 0 of what is left is smooth
    assert emission_spectrum(well, [0.0])[0] == pytest.approx(emission_spectrum(well, [1e-4])[0], rel=1e-4)


def test_broad_peak_of_few_states_is_found_and_doubted() -> None:
    """LAS with six states: the ladder lies far below w0, and the peak is not converged."""
    well = attractor_well(DuffingAttractors(0.06, 0.053868, 0.1, 0.2), "LAS")
    assert well.limited
    with pytest.warns(CutoffWarning, match=r"room for 6 states only; .* moves by .* %; use a smaller lam"):
        frequency, height = emission_peak(well)
    grid = np.linspace(0.2, 1.2, 201)
    values = emission_spectrum(well, grid)
    k = int(values[20:].argmax()) + 20
    assert frequency == pytest.approx(grid[k], abs=0.005)
    assert height == pytest.approx(values[k], rel=1e-3)
    assert frequency < 0.7 * abs(well.frame.w0)
    # the other side falls from the drive on
    with pytest.raises(PredictionError, match=r"no peak between .* \(dw = 1\); use a smaller khat or lam"):
        emission_peak(well, -1)


def test_refusals(wells: dict[str, Well], monkeypatch: pytest.MonkeyPatch) -> None:
    well = wells["0.1"]
    with pytest.raises(ParameterError, match="frequencies"):
        emission_spectrum(well, [np.nan])
    with pytest.raises(ParameterError, match="side"):
        emission_peak(well, 0)
    with pytest.raises(ParameterError, match="step"):
        emission_correlation(well, 0.0, 3)
    with pytest.raises(ParameterError, match="count"):
        emission_correlation(well, 1.0, 0)
    monkeypatch.setattr(duffing_emission, "PEAK_RANGE", (1.05, 1.2))
    monkeypatch.setattr(duffing_emission, "WIDEST", (1.1, 1.2))
    with pytest.raises(PredictionError, match="no peak between"):
        emission_peak(well)
