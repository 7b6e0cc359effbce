"""Exact slow rates: printed references, QuTiP, convergence, refusals."""

import numpy as np
import pytest
import qutip

from wellhop.analysis.liouvillian import decay_rate, manifold_rates, slow_modes, steady_state, superoperator
from wellhop.engine.errors import ModelError, SpectrumError
from wellhop.engine.fock import annihilation, number, parity_signs
from wellhop.engine.lindblad import LindbladModel
from wellhop.engine.oscillator import Oscillator
from wellhop.engine.systems.kerr_cat import KerrCat


def odd_rate(point, cutoff=None):
    model = KerrCat(*point).lindblad(cutoff)
    return decay_rate(model, parity_signs=parity_signs(model.dim))


def test_decay_rates_to_printed_digits(reference, printed_as):
    for row in reference["rates"]:
        rate = odd_rate(row["point"])
        # Round-off scatters rates by about 1e-15 K; one printed value sits that close to a tie.
        assert printed_as(rate.value, row["liouvillian"], 3e-15), (row["point"], rate.value)
        assert rate.resolved
        assert rate.separation > 5.0


@pytest.mark.parametrize("point", [(4.0, 0.025, 0.05), (9.0, 0.1, 0.1), (10.0, 0.025, 0.01)])
def test_rate_does_not_depend_on_the_cutoff(point):
    n = KerrCat(*point).default_cutoff()
    assert odd_rate(point, n + 16).value == pytest.approx(odd_rate(point).value, rel=1e-9)


def test_round_off_bound_covers_the_scatter_and_flags_what_is_below_it():
    """Rates of 1e-9 ... 1e-13 K at two cut-offs scatter by less than the bound; below it they are flagged."""
    for point in [(8.0, 0.025, 1e-6), (11.0, 0.025, 1e-8), (12.0, 0.01, 1e-9)]:
        first, second = odd_rate(point), odd_rate(point, KerrCat(*point).default_cutoff() + 16)
        assert abs(first.value - second.value) < first.resolution
        assert first.resolution < 1e-12
        assert first.next_rate == pytest.approx(second.next_rate, rel=1e-6)
    assert not first.resolved
    assert odd_rate((8.0, 0.025, 1e-6)).resolved


def test_superoperator_equals_qutip():
    system = Oscillator(0.3, -0.2, 0.4j, 0.7, 0.5, 0.2, 0.1, 0.05)
    n = 9
    h, c_ops = system.to_qutip(n)
    columns = qutip.liouvillian(h, c_ops).full()
    # QuTiP stacks columns, we stack rows.
    swap = np.arange(n * n).reshape(n, n).T.ravel()
    ours = superoperator(system.lindblad(n)).toarray()
    np.testing.assert_allclose(ours, columns[np.ix_(swap, swap)], atol=1e-13)
    np.testing.assert_allclose(ours, system.lindblad(n).liouvillian(), atol=1e-13)


def test_odd_sector_spectrum_equals_qutip():
    """All slow eigenvalues of both parities against a dense diagonalisation of QuTiP's matrix."""
    system, n = KerrCat(2.0, 0.1, 0.1), 24
    h, c_ops = system.oscillator().to_qutip(n)
    dense = np.linalg.eigvals(qutip.liouvillian(h, c_ops).full())
    model, signs = system.lindblad(n), parity_signs(n)
    for sector in ("odd", "even", "all"):
        modes = slow_modes(model, sector=sector, parity_signs=signs, count=6)
        assert modes.eigenvalues.size >= 5
        for value in modes.eigenvalues:
            assert np.abs(dense - value).min() < 1e-9
    slowest = np.sort(np.abs(dense))[:2]
    assert slowest[0] < 1e-11
    assert decay_rate(model).value == pytest.approx(slowest[1], rel=1e-8)
    assert decay_rate(model, parity_signs=signs).value == pytest.approx(slowest[1], rel=1e-8)
    np.testing.assert_allclose(steady_state(model), qutip.steadystate(h, c_ops).full(), atol=1e-9)


def test_modes_are_dual_eigenoperators():
    model = KerrCat(3.0, 0.1, 0.1).lindblad(30)
    generator = superoperator(model)
    for sector in ("odd", "even", "all"):
        modes = slow_modes(model, sector=sector, parity_signs=parity_signs(30), count=6)
        k = modes.eigenvalues.size
        right, left = modes.right.reshape(k, -1).T, modes.left.reshape(k, -1).T
        np.testing.assert_allclose(left.conj().T @ right, np.eye(k), atol=1e-9)
        np.testing.assert_allclose(generator @ right, right * modes.eigenvalues, atol=1e-8)
        np.testing.assert_allclose(
            generator.conj().T @ left, left * modes.eigenvalues.conj(), atol=1e-8 * np.abs(left).max()
        )
    slow = modes.slowest_real()
    np.testing.assert_allclose(slow.left, slow.left.conj().T, atol=1e-12)
    assert np.vdot(slow.left, slow.right).real == pytest.approx(1.0)


def test_steady_state_photons_and_clicks(reference, printed_as):
    for row in reference["steady"]:
        system = KerrCat(*row["point"])
        model = system.lindblad()
        rho = steady_state(model, parity_signs=parity_signs(model.dim))
        assert np.trace(rho).real == pytest.approx(1.0)
        assert np.linalg.eigvalsh(rho).min() > -1e-12
        photons = np.trace(rho @ number(model.dim)).real
        clicks = sum(np.trace(op.conj().T @ op @ rho).real for op in model.jump_operators)
        assert printed_as(photons, row["photons"])
        assert printed_as(clicks, row["clicks"])


def test_share_of_each_manifold(reference, printed_as):
    system = KerrCat(6.0, 0.025, 0.05)
    levels, model = system.manifolds(), system.lindblad()
    slow = decay_rate(model, parity_signs=parity_signs(model.dim))
    shares = manifold_rates(model, slow, levels.basis, levels.order_parameter())
    for n, printed in enumerate(reference["levels"]["exact_contributions"]):
        assert printed_as(shares[n], printed), (n, shares[n], printed)
    # What is missing is the coherence between manifolds.
    assert shares.sum() == pytest.approx(slow.value, rel=3e-4)


def test_reduced_model_keeps_the_rate():
    system = KerrCat(6.0, 0.1, 0.02)
    signs = np.repeat([1.0, -1.0], 16)
    reduced = decay_rate(system.reduced_model(16), parity_signs=signs)
    assert reduced.value == pytest.approx(4.8476846e-4, rel=1e-6)


def test_generic_small_models():
    """Damped two-level atom: population at γ, coherence at γ/2; relaxation of a cavity at κ/2 and κ."""
    decay = LindbladModel(np.zeros((2, 2)), (np.sqrt(0.3) * np.array([[0, 1], [0, 0]]),))
    modes = slow_modes(decay)
    np.testing.assert_allclose(np.sort(-modes.eigenvalues.real), [0.15, 0.15, 0.3], rtol=1e-12)
    np.testing.assert_allclose(steady_state(decay), np.diag([1.0, 0.0]), atol=1e-14)
    cavity = LindbladModel(np.zeros((12, 12)), (np.sqrt(0.2) * annihilation(12),))
    assert decay_rate(cavity).value == pytest.approx(0.1)


def test_sectors_need_a_symmetry():
    driven = Oscillator(kerr=-2.0, drive_2=6.0, drive_1=0.1, kappa_1=0.1).lindblad(30)
    with pytest.raises(ModelError, match="hamiltonian does not have a definite parity"):
        decay_rate(driven, parity_signs=parity_signs(30))
    model = KerrCat(2.0, 0.1, 0.1).lindblad(24)
    with pytest.raises(ModelError, match="parity_signs: got None"):
        slow_modes(model, sector="odd")
    with pytest.raises(ModelError, match=r"parity_signs: got shape \(23,\)"):
        slow_modes(model, sector="odd", parity_signs=parity_signs(23))
    with pytest.raises(ModelError, match="sector: got 'upper'"):
        slow_modes(model, sector="upper")


def test_oscillation_is_not_called_switching():
    atom = LindbladModel(np.diag([0.01, -0.01]), (np.sqrt(0.1) * np.array([[0, 1], [0, 0]]),))
    with pytest.raises(SpectrumError, match="damped oscillation, not switching"):
        slow_modes(atom, count=2).slowest_real()


def test_several_steady_states_are_refused():
    dephasing = LindbladModel(np.diag([0.0, 1.0, 2.0]), (np.diag([0.0, 0.3, 0.6]),))
    with pytest.raises(SpectrumError, match="one symmetry sector"):
        steady_state(dephasing)
    two_photon = LindbladModel(np.zeros((10, 10)), (annihilation(10) @ annihilation(10),))
    with pytest.raises(SpectrumError, match="one symmetry sector"):
        slow_modes(two_photon)


def test_missing_second_mode_is_reported():
    single = slow_modes(
        KerrCat(2.0, 0.1, 0.1).lindblad(24), sector="odd", parity_signs=parity_signs(24), count=1
    )
    rate = single.slowest_real()
    with pytest.raises(SpectrumError, match="only one slow mode"):
        _ = rate.separation
