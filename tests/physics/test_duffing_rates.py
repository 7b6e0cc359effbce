"""Directed rates of the driven Duffing oscillator: printed rows, an independent resolvent, and truncated Wigner assembled anew."""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp
from scipy.sparse.linalg import spsolve

from wellhop.analysis.duffing_actions import classical_exponents, quantum_exponents
from wellhop.analysis.duffing_rates import DuffingRates, duffing_rates, duffing_spectrum, split_notes
from wellhop.analysis.liouvillian import superoperator
from wellhop.analysis.metastable import metastable_wells
from wellhop.analysis.twa_generator import twa_generator
from wellhop.engine.errors import CutoffError, ModelError, ParameterError, PredictionError
from wellhop.engine.fock import coherent_state
from wellhop.engine.systems.duffing_attractors import DuffingAttractors

REFERENCE = tomllib.loads((Path(__file__).parent / "duffing_reference.toml").read_text())
ROWS = {tuple(row["point"]): row for row in REFERENCE["switching"]["rows"]}
BETA = 4.0 / 75.0


@functools.cache
def rates(generator: Any, lam: float, beta: str, khat: float, n_th: float) -> DuffingRates:
    return duffing_rates(DuffingAttractors(lam, float(Fraction(beta)), khat, n_th), generator)


COLD, WIGNER = ("exact", 0.06, "4/75", 0.1, 0.0), ("twa", 0.06, "4/75", 0.1, 0.0)


@pytest.mark.parametrize("point", ROWS, ids=str)
def test_printed_rows(point: tuple[Any, ...], printed_as: Callable[..., bool]) -> None:
    found, kappa = rates(*point), 2.0 * point[3]
    for name in ("gap", "k_lh", "k_hl"):
        # one printed rate is the other of two halves of a digit
        assert printed_as(getattr(found, name) / kappa, ROWS[point][name], 1e-8 * found.gap)
    assert printed_as(found.weight_las, ROWS[point]["weight"])
    assert printed_as(found.spectrum.photons, ROWS[point]["photons"], 2e-6)
    assert not split_notes(found)
    assert found.spectrum.tail < 1e-9
    assert 0.85 < found.spectrum.mode.next_real_rate / kappa < 0.97
    # Negative control: half of the gap is neither rate.
    assert min(abs(0.5 * found.gap / rate - 1.0) for rate in (found.k_lh, found.k_hl)) > 0.07


def test_metastable_states_make_up_the_stationary_one() -> None:
    found = rates(*COLD)
    mixed = found.weight_las * found.state_las + (1.0 - found.weight_las) * found.state_has
    assert np.abs(mixed - found.spectrum.steady).max() < 1e-13
    system = DuffingAttractors(0.06, BETA, 0.1)
    for state, place in ((found.state_las, "LAS"), (found.state_has, "HAS")):
        assert np.trace(state).real == pytest.approx(1.0, abs=1e-12)
        assert np.linalg.eigvalsh(state)[0] > -2e-3
        mean = np.sum(np.sqrt(np.arange(1.0, len(state))) * np.diag(state, -1))
        # the large orbit is broad: its mean lies inside the crescent
        assert abs(mean - system.amplitude(place)) < 0.4


def test_weights_by_integrated_relaxation() -> None:
    """Independent: I_j = ∫(<n>(t) - <n>)dt from both coherent states, by one linear solve, has I_H/I_L = -p_L/p_H."""
    found, system = rates(*COLD), DuffingAttractors(0.06, BETA, 0.1)
    n = found.spectrum.cutoff
    generator = superoperator(system.lindblad(n))
    trace = sp.csc_array(np.eye(n).ravel()[:, None])
    bordered = sp.block_array([[generator, trace], [trace.T, None]], format="csc")
    integrals = []
    for place in ("LAS", "HAS"):
        ket = coherent_state(system.amplitude(place), n)
        excess = found.spectrum.steady - np.outer(ket, ket.conj())
        solved = spsolve(bordered, np.append(excess.ravel(), 0.0))[:-1].reshape(n, n)
        integrals.append(float(np.arange(n) @ np.diag(solved).real))
    # fast relaxation adds the ratio of time scales
    assert -integrals[1] / integrals[0] == pytest.approx(
        found.weight_las / (1.0 - found.weight_las), rel=3.0 * found.spectrum.ratio
    )
    expected = (found.photons_las - found.spectrum.photons) / found.gap
    assert integrals[0] == pytest.approx(expected, rel=3.0 * found.spectrum.ratio)


def test_extreme_eigenvalues_give_the_same_split() -> None:
    found, system = rates("exact", 0.04, "4/75", 0.1, 0.0), DuffingAttractors(0.04, BETA, 0.1)
    assert found.weight_check == pytest.approx(found.weight_las, abs=1e-4)
    assert found.weight_error < 1e-4
    generic = metastable_wells(
        system.lindblad(found.spectrum.cutoff), np.diag(np.arange(float(found.spectrum.cutoff))), slow=found.spectrum.mode
    )
    assert generic.escape_rates[::-1] == pytest.approx([found.k_lh, found.k_hl], rel=1e-4)


@pytest.mark.parametrize("generator", ["exact", "twa"])
def test_default_cutoff_is_large_enough(generator: Any) -> None:
    system = DuffingAttractors(0.1, BETA, 0.1)
    here = duffing_rates(system, generator)
    more = duffing_rates(system, generator, cutoff=here.spectrum.cutoff + 14)
    assert (here.k_lh, here.k_hl) == pytest.approx((more.k_lh, more.k_hl), rel=1e-6)


def fokker_planck(system: DuffingAttractors, n: int, rotation: float) -> Any:
    """-∂f - (∂f)* + (κ(2n_th+1)/2) ∂∂* with f = -i(rotation + 2χ|α|²)α - iε - κα/2, from four superoperators."""
    wide = n + 4
    a = sp.diags_array(np.sqrt(np.arange(1.0, wide)), offsets=1, format="csr").astype(complex)
    one, up = sp.eye_array(wide, format="csr"), a.T.tocsr()
    left, right = (lambda x: sp.kron(x, one, format="csr")), (lambda x: sp.kron(one, x.T, format="csr"))
    alpha, star = 0.5 * (left(a) + right(a)), 0.5 * (left(up) + right(up))
    by_star, by_alpha = left(a) - right(a), -(left(up) - right(up))
    cubic, damping = alpha @ star @ alpha, 0.5 * system.kappa
    everywhere = sp.eye_array(wide**2, format="csr")
    drift = -1j * rotation * alpha - 2j * system.chi * cubic - 1j * system.eps * everywhere - damping * alpha
    conjugate = 1j * rotation * star + 2j * system.chi * star @ alpha @ star + 1j * system.eps * everywhere
    spread = damping * (2.0 * system.n_th + 1.0) * by_alpha @ by_star
    full = spread - by_alpha @ drift - by_star @ (conjugate - damping * star)
    third = by_alpha @ by_alpha @ by_star @ alpha - by_star @ by_star @ by_alpha @ star
    kept = (np.arange(n)[:, None] * wide + np.arange(n)).ravel()
    return [sp.csr_array(m)[kept][:, kept] for m in (full, third)]


def test_truncated_wigner_assembled_from_derivatives() -> None:
    system, n = DuffingAttractors(0.1, BETA, 0.1, 0.3), 16
    # the outermost levels see the cut-off of products
    inner = (np.arange(n - 4)[:, None] * n + np.arange(n - 4)).ravel()

    def inside(matrix: Any) -> Any:
        return sp.csr_array(matrix)[inner][:, inner]

    full, third = fokker_planck(system, n, system.dw)
    package = twa_generator(system.oscillator(), n)
    assert abs(inside(package) - inside(full)).max() < 1e-12
    # What is cut off is the third derivative, (iλ/2) dw (∂²∂* α - c.c.) and nothing else.
    exact = superoperator(system.oscillator().lindblad(n))
    assert abs(inside(exact) - inside(full) - 0.5j * system.lam * inside(third)).max() < 1e-12
    assert abs(inside(exact) - inside(full)).max() > 0.1
    # Negative control: the rotation frequency of normal order is not that of the Weyl symbol.
    wrong, _ = fokker_planck(system, n, system.dw + 2.0 * system.chi)
    assert abs(inside(package) - inside(wrong)).max() > 0.1


def test_truncated_wigner_knows_the_noise_only() -> None:
    """λ(2 n_th + 1) fixed: one Fokker-Planck equation, two Fock spaces."""
    cold, warm = DuffingAttractors(0.2, BETA, 0.1), DuffingAttractors(0.1, BETA, 0.1, 0.5)
    gaps = [duffing_spectrum(system, "twa").mode.value for system in (cold, warm)]
    assert gaps[0] == pytest.approx(gaps[1], rel=1e-5)
    # Negative control: the quantum model does know them apart.
    gaps = [duffing_spectrum(system, "exact").mode.value for system in (cold, warm)]
    assert abs(gaps[1] / gaps[0] - 1.0) > 0.1
    # The weight read with a coherent state is smoothed over one vacuum: less of the well, the smaller λ is.
    assert rates("twa", 0.03, "4/75", 0.1, 0.5).gap == pytest.approx(rates(*WIGNER).gap, rel=1e-6)
    sharp = rates("twa", 0.03, "4/75", 0.1, 0.5).weight_las
    assert abs(sharp - rates(*WIGNER).weight_las) < rates(*WIGNER).weight_error


def test_truncated_wigner_is_another_rate_at_zero_temperature() -> None:
    exact, twa = rates(*COLD), rates(*WIGNER)
    assert twa.k_lh / exact.k_lh == pytest.approx(16.93, abs=0.01)
    assert twa.k_hl / exact.k_hl == pytest.approx(0.771, abs=0.001)
    deeper = rates("exact", 0.04, "4/75", 0.1, 0.0), rates("twa", 0.04, "4/75", 0.1, 0.0)
    # the exponent is wrong, not the prefactor
    assert deeper[1].k_lh / deeper[0].k_lh > 200.0


def test_exponents_are_the_slopes_of_their_generators(printed_as: Callable[..., bool]) -> None:
    """Between λ = 0.06 and 0.04 slopes are within 3 % of the limit; the other model's exponent is far off."""
    system = DuffingAttractors(0.06, BETA, 0.1)
    quantum, classical = quantum_exponents(system), classical_exponents(system)
    for generator, own, other in (("exact", quantum, classical), ("twa", classical, quantum)):
        one, two = (rates(generator, lam, "4/75", 0.1, 0.0) for lam in (0.06, 0.04))
        for way, apart in (("lh", 0.5), ("hl", 0.07)):
            ratio = np.log(getattr(one, f"k_{way}") / getattr(two, f"k_{way}"))
            slope = float(ratio) / (1.0 / 0.04 - 1.0 / 0.06)
            assert printed_as(slope, REFERENCE["exponents"][f"slopes_{generator}"][way], 1e-4)
            assert slope == pytest.approx(getattr(own, way), rel=0.03)
            assert abs(slope / getattr(other, way) - 1.0) > apart


def test_dephasing_helps_to_escape_and_has_no_truncated_wigner() -> None:
    system = DuffingAttractors(0.1, BETA, 0.1, eta=0.002)
    assert duffing_rates(system).k_lh > 1.1 * duffing_rates(replace(system, eta=0.0)).k_lh
    with pytest.raises(ModelError, match=r"eta = 0\.002"):
        duffing_rates(system, "twa")


def test_what_has_no_rates_is_refused() -> None:
    with pytest.raises(PredictionError, match=r"no bistability.*0\.0099748736 \.\.\. 0\.15150661"):
        duffing_rates(DuffingAttractors(0.06, 0.2, 0.1))
    with pytest.raises(PredictionError, match=r"khat < 0\.57735"):
        duffing_rates(DuffingAttractors(0.06, BETA, 0.6))
    with pytest.raises(PredictionError, match=r"hybridise.*larger khat or a smaller lam"):
        duffing_rates(DuffingAttractors(0.1, BETA, 0.02))
    with pytest.raises(CutoffError, match="allowed are 220"):
        duffing_rates(DuffingAttractors(1e-4, BETA, 0.1))
    with pytest.raises(CutoffError, match="allowed is >= "):
        duffing_rates(DuffingAttractors(0.06, BETA, 0.1), cutoff=20)
    with pytest.raises(ModelError, match="exact, twa"):
        duffing_spectrum(DuffingAttractors(0.06, BETA, 0.1), "jumps")  # type: ignore[arg-type]  # refused at run time
    with pytest.raises(ParameterError, match="kappa"):
        DuffingAttractors.from_rates(dw=1.0, chi=-0.06, eps=0.6, kappa=-0.1)
    # Long-lived, but not long enough: said, not refused.
    warm = duffing_rates(DuffingAttractors(0.1, BETA, 0.1, 0.5))
    assert "no separation of time scales" in split_notes(warm)[0]
