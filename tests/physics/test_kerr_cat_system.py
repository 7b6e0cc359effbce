"""The Kerr-cat system: levels, signs, projection, and its place in the oscillator family."""

import numpy as np
import pytest
import qutip

from wellhop.engine.errors import CutoffError, ParameterError
from wellhop.engine.fock import annihilation, coherent_state, number, parity_signs
from wellhop.engine.systems import SYSTEMS, build, parameters_of
from wellhop.engine.systems.kerr_cat import KerrCat

POINT = KerrCat(6.0, 0.025, 0.05)


def test_hamiltonian_is_the_one_of_the_paper():
    """H = -K a†²a² + ε₂(a†² + a²), built from its own formula in QuTiP."""
    system, n = KerrCat(3.0, 0.1, 0.1, K=1.7), 30
    a = qutip.destroy(n + 4)
    h = -1.7 * a.dag() ** 2 * a**2 + 3.0 * (a.dag() ** 2 + a**2)
    np.testing.assert_allclose(system.oscillator().hamiltonian(n), h.full()[:n, :n], atol=1e-11)
    assert system.lindblad(n).channel_names == ("loss", "heating")
    assert KerrCat(3.0, 0.1, 0.0).lindblad(n).channel_names == ("loss",)


def test_wells_are_exact_eigenstates_at_the_top():
    n = POINT.default_cutoff()
    h = POINT.oscillator().hamiltonian(n)
    for sign in (1.0, -1.0):
        ket = coherent_state(sign * POINT.alpha, n)
        np.testing.assert_allclose(h @ ket, POINT.well_energy * ket, atol=1e-9)
    assert np.linalg.eigvalsh(h)[-1] == pytest.approx(POINT.well_energy, abs=1e-10)


def test_levels_agree_with_dense_diagonalisation():
    levels = POINT.manifolds()
    h = POINT.oscillator().hamiltonian(POINT.default_cutoff())
    energies = np.sort(np.concatenate([levels.energy_even, levels.energy_odd]))[::-1]
    np.testing.assert_allclose(energies[:24], np.linalg.eigvalsh(h)[::-1][:24], atol=1e-10)
    basis = levels.basis
    np.testing.assert_allclose(basis.T @ basis, np.eye(2 * levels.count), atol=1e-13)
    top = basis.T @ h @ basis
    np.testing.assert_allclose(
        top, np.diag(np.concatenate([levels.energy_even, levels.energy_odd])), atol=1e-9
    )


def test_energies_and_splittings_to_printed_digits(reference, printed_as):
    levels = POINT.manifolds()
    assert levels.splitting[0] == 0.0
    for n, printed in enumerate(reference["levels"]["splitting"], start=1):
        assert printed_as(levels.splitting[n], printed), (n, levels.splitting[n], printed)
    for n, printed in enumerate(reference["levels"]["energy"], start=1):
        assert printed_as(levels.energy[n], printed), (n, levels.energy[n], printed)


def test_deep_well_splittings_against_high_precision():
    """60-digit values at ε₂ = 20; round-off here is about 1e-12, so the smallest is bounded, not resolved."""
    levels = KerrCat(20.0, 0.1, 0.1).manifolds()
    assert levels.splitting[3] == pytest.approx(5.5971680701e-6, rel=1e-5)
    assert levels.splitting[2] == pytest.approx(8.91386407072e-9, rel=1e-2)
    assert abs(levels.splitting[1] - 3.81148181806e-12) < 5e-12


@pytest.mark.parametrize("eps2", [0.5, 3.0, 6.0, 12.0])
def test_signs_of_the_well_states(eps2):
    levels = KerrCat(eps2, 0.1, 0.1).manifolds()
    right, left = levels.wells
    n = right.shape[0]
    x = (annihilation(n) + annihilation(n).T).real
    position = np.einsum("im,ij,jm->m", right, x, right)
    assert np.all(position > 0.0)
    np.testing.assert_allclose(np.einsum("im,ij,jm->m", left, x, left), -position, atol=1e-9)
    np.testing.assert_allclose(parity_signs(n)[:, None] * right, left, atol=1e-15)
    if eps2 >= 3.0:
        ket = coherent_state(np.sqrt(eps2), n).real
        assert abs(right[:, 0] @ ket) == pytest.approx(1.0, abs=1e-4)


def test_order_parameter_and_manifold_population_in_the_basis():
    levels = POINT.manifolds(count=5)
    right, left = levels.wells
    x = right @ right.T - left @ left.T
    np.testing.assert_allclose(levels.basis.T @ x @ levels.basis, levels.order_parameter(), atol=1e-12)
    p1 = np.outer(levels.even[:, 1], levels.even[:, 1]) + np.outer(levels.odd[:, 1], levels.odd[:, 1])
    np.testing.assert_allclose(levels.basis.T @ p1 @ levels.basis, levels.manifold_population(1), atol=1e-12)


def test_reduced_model_is_the_projection():
    count = 6
    levels, reduced, full = POINT.manifolds(count), POINT.reduced_model(count), POINT.lindblad()
    assert reduced.dim == 2 * count
    assert reduced.channel_names == full.channel_names
    assert reduced.hamiltonian[0, 0] == 0.0 == reduced.hamiltonian[count, count]
    expected = full.projected(levels.basis)
    shift = POINT.well_energy * np.eye(2 * count)
    np.testing.assert_allclose(reduced.hamiltonian, expected.hamiltonian - shift, atol=1e-10)
    for ours, theirs in zip(reduced.jump_operators, expected.jump_operators, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-13)
        assert not ours[:count, :count].any()
    ground = reduced.jump_operators[0][:, 0]
    # a|alpha> = alpha|alpha>: loss never leaves the ground manifold.
    np.testing.assert_allclose(np.delete(ground, count), 0.0, atol=1e-13)


def test_displacements_darken_the_right_well():
    ket = coherent_state(POINT.alpha, POINT.default_cutoff())
    shifted = POINT.lindblad().displaced(POINT.displacements())
    rates = [np.linalg.norm(op @ ket) ** 2 for op in shifted.jump_operators]
    assert rates[0] < 1e-20
    assert rates[1] == pytest.approx(POINT.kappa * POINT.n_th, rel=1e-9)
    other = coherent_state(-POINT.alpha, POINT.default_cutoff())
    total = sum(np.linalg.norm(op @ other) ** 2 for op in shifted.jump_operators)
    wrong_well = 4.0 * POINT.kappa * POINT.alpha**2 * (1.0 + 2.0 * POINT.n_th) + POINT.kappa * POINT.n_th
    assert total == pytest.approx(wrong_well, rel=1e-9)


@pytest.mark.parametrize("kappa", [1e-6, 0.1, 0.5])
def test_mean_field_wells(kappa):
    """Without damping ±α; with damping |α|² = sqrt(ε₂² - κ²/16)/K, two stable wells, a saddle at 0."""
    points = KerrCat(4.0, kappa, 0.1).oscillator().fixed_points()
    stable = [p.alpha for p in points if p.stable]
    assert [p.stable for p in points] == [True, False, True]
    assert len(stable) == 2
    assert stable[0] == pytest.approx(-stable[1])
    assert abs(stable[0]) ** 2 == pytest.approx(np.sqrt(16.0 - kappa**2 / 16.0), rel=1e-12)
    if kappa < 1e-5:
        assert stable[1] == pytest.approx(2.0, abs=1e-6)


def test_energies_scale_with_K():
    one, three = KerrCat(4.0, 0.1, 0.1).manifolds(), KerrCat(12.0, 0.3, 0.1, K=3.0).manifolds()
    np.testing.assert_allclose(3.0 * one.energy, three.energy, rtol=1e-11)
    np.testing.assert_allclose(3.0 * one.splitting, three.splitting, atol=1e-11)


def test_default_sizes():
    assert KerrCat(4.0, 0.1, 0.1).default_cutoff() == 58
    assert KerrCat(9.0, 0.1, 0.1).default_cutoff() == 74
    assert KerrCat(384.0, 0.1, 0.1).default_cutoff() == 1198
    for cutoff in (None, 10**6):
        with pytest.raises(CutoffError, match=r"eps2/K = 2000 needs N = \d+ Fock states.*same unit\?"):
            KerrCat(4000.0, 0.1, 0.1, K=2.0).manifolds(cutoff=cutoff)
    for eps2 in (0.3, 2.0, 12.0, 60.0):
        system = KerrCat(eps2, 0.1, 0.1)
        assert system.default_cutoff() % 2 == 0
        assert system.default_cutoff() >= 2 * system.default_manifolds() + 20
    occupied = coherent_state(np.sqrt(12.0), KerrCat(12.0, 0.1, 0.1).default_cutoff())
    assert float(np.vdot(occupied, number(82) @ occupied).real) == pytest.approx(12.0)


@pytest.mark.parametrize("name", ["eps2", "kappa", "n_th", "K"])
@pytest.mark.parametrize("bad", [-0.1, np.nan, np.inf, "6", True, None, 1j, [6.0]])
def test_bad_parameters_are_refused_by_name(name, bad):
    good = {"eps2": 6.0, "kappa": 0.1, "n_th": 0.1, "K": 1.0}
    with pytest.raises(ParameterError, match=f"^{name}: got .*allowed is a finite real number >"):
        KerrCat(**{**good, name: bad})


@pytest.mark.parametrize("name", ["eps2", "kappa", "K"])
def test_zero_is_refused_where_it_has_no_meaning(name):
    good = {"eps2": 6.0, "kappa": 0.1, "n_th": 0.1, "K": 1.0}
    with pytest.raises(ParameterError, match=f"^{name}: got 0.0"):
        KerrCat(**{**good, name: 0.0})
    assert KerrCat(6.0, 0.1, 0.0).n_th == 0.0


def test_build_by_name():
    assert build("kerr_cat_staircase", {"eps2": 6, "kappa": 0.1, "n_th": 0}) == KerrCat(6.0, 0.1, 0.0)
    assert parameters_of("kerr_cat_staircase") == {"eps2": None, "kappa": None, "n_th": None, "K": 1.0}
    assert all(cls.name == name for name, cls in SYSTEMS.items())
    good = {"eps2": 6.0, "kappa": 0.1, "n_th": 0.1}
    with pytest.raises(ParameterError, match=r"system: got 'kerr_cat'.*did you mean kerr_cat_staircase"):
        build("kerr_cat", good)
    with pytest.raises(ParameterError, match=r"kerr_cat_staircase\.kapa.*did you mean kappa"):
        build("kerr_cat_staircase", {**good, "kapa": 0.1})
    with pytest.raises(ParameterError, match=r"kerr_cat_staircase\.n_th: got None.*no default"):
        build("kerr_cat_staircase", {"eps2": 6.0, "kappa": 0.1})
    with pytest.raises(ParameterError, match=r"kappa: got -1.*> 0"):
        build("kerr_cat_staircase", {**good, "kappa": -1})


def test_too_small_spaces_name_the_size_to_use():
    with pytest.raises(CutoffError, match=r"got 40 for 16 manifolds.*use cutoff 52"):
        POINT.manifolds(cutoff=40)
    with pytest.raises(CutoffError, match=r"cutoff: got 22.*use cutoff 64"):
        POINT.lindblad(22)
    for bad in (0, -2, 1.5, True, "8"):
        with pytest.raises(ParameterError, match="manifolds: got"):
            POINT.manifolds(count=bad)
    with pytest.raises(ParameterError, match="cutoff: got"):
        POINT.lindblad("60")
