"""Metastable states and directed rates from the slowest mode, for models with and without a symmetry."""

import numpy as np
import pytest
import qutip
from scipy.linalg import expm

from wellhop.analysis.liouvillian import decay_rate, slow_modes, steady_state
from wellhop.analysis.metastable import metastable_wells
from wellhop.engine.errors import ModelError, SpectrumError
from wellhop.engine.fock import annihilation, coherent_state, parity_signs
from wellhop.engine.lindblad import LindbladModel
from wellhop.engine.oscillator import Oscillator
from wellhop.engine.systems.kerr_cat import KerrCat

N = 26
X = annihilation(N) + annihilation(N).T


def test_symmetric_wells():
    system = KerrCat(3.0, 0.1, 0.02)
    model = system.lindblad(N)
    wells = metastable_wells(model, X)
    exact = decay_rate(model, parity_signs=parity_signs(N))
    assert wells.decay_rate == pytest.approx(exact.value, rel=1e-9)
    np.testing.assert_allclose(wells.weights, 0.5, atol=1e-8)
    np.testing.assert_allclose(wells.escape_rates, 0.5 * exact.value, rtol=1e-7)
    assert np.trace(X @ wells.states[0]).real > 3.0
    np.testing.assert_allclose(wells.states.mean(axis=0), steady_state(model), atol=1e-8)
    ket = coherent_state(system.alpha, N)
    for w, sign in enumerate([1.0, -1.0]):
        assert np.trace(wells.states[w]).real == pytest.approx(1.0)
        bright = coherent_state(sign * system.alpha, N)
        assert np.vdot(bright, wells.states[w] @ bright).real > 0.9
    assert np.vdot(ket, wells.committors[0] @ ket).real == pytest.approx(1.0, abs=0.02)
    assert np.vdot(ket, wells.committors[1] @ ket).real == pytest.approx(0.0, abs=0.02)
    np.testing.assert_allclose(wells.committors.sum(axis=0), np.eye(N), atol=1e-12)
    assert np.linalg.eigvalsh(wells.committors[0]).min() > -1e-10
    assert wells.negativity < 0.05
    np.testing.assert_allclose(wells.displacements(model)[0], system.displacements(), rtol=0.01, atol=0.005)
    assert "residence time" in str(wells)


def test_classical_two_state_process_is_exact():
    """Two states with hop rates k_01, k_10 as jump operators: everything is known in closed form."""
    k01, k10 = 0.02, 0.005
    hop = [np.sqrt(k01) * np.array([[0, 0], [1, 0]]), np.sqrt(k10) * np.array([[0, 1], [0, 0]])]
    dephase = np.diag([1.0, -1.0])
    model = LindbladModel(np.zeros((2, 2)), (*hop, dephase))
    wells = metastable_wells(model, np.diag([1.0, -1.0]))
    np.testing.assert_allclose(wells.escape_rates, [k01, k10], rtol=1e-10)
    np.testing.assert_allclose(wells.weights, [0.2, 0.8], rtol=1e-10)
    np.testing.assert_allclose(wells.states, [np.diag([1.0, 0.0]), np.diag([0.0, 1.0])], atol=1e-12)
    np.testing.assert_allclose(wells.committors[0], np.diag([1.0, 0.0]), atol=1e-12)
    swapped = metastable_wells(model, np.diag([-1.0, 1.0]))
    np.testing.assert_allclose(swapped.escape_rates, [k10, k01], rtol=1e-10)


def test_asymmetric_wells_against_time_evolution():
    """A one-photon drive tilts the wells; directed rates against evolution with QuTiP."""
    system = Oscillator(kerr=-2.0, drive_2=6.0, drive_1=0.6, kappa_1=0.1, n_thermal=0.05)
    model = system.lindblad(N)
    wells = metastable_wells(model, X)
    assert wells.weights.sum() == pytest.approx(1.0)
    assert wells.weights[0] > 0.6
    assert wells.weights[0] * wells.escape_rates[0] == pytest.approx(wells.weights[1] * wells.escape_rates[1])
    assert wells.escape_rates.sum() == pytest.approx(wells.decay_rate)
    h, c_ops = system.to_qutip(N)
    generator = qutip.liouvillian(h, c_ops).full()
    time = 100.0
    kets = [coherent_state(s * np.sqrt(3.0), N) for s in (1.0, -1.0)]
    evolution = expm(generator * time)
    for w, ket in enumerate(kets):
        rho = (evolution @ np.outer(ket, ket.conj()).ravel(order="F")).reshape(N, N, order="F")
        start = np.vdot(ket, wells.committors[w] @ ket).real
        stay = np.trace(wells.committors[w] @ rho).real
        p = wells.weights[w]
        assert stay == pytest.approx(p + (start - p) * np.exp(-wells.decay_rate * time), abs=1e-8)
        # The same from the order parameter alone, which knows nothing of the modes.
        means = [np.trace(X @ state).real for state in wells.states]
        seen = (np.trace(X @ rho).real - means[1 - w]) / (means[w] - means[1 - w])
        assert seen == pytest.approx(stay, abs=2e-3)


def test_no_wells_without_separated_time_scales():
    cavity = LindbladModel(np.zeros((12, 12)), (np.sqrt(0.2) * annihilation(12),))
    with pytest.raises(SpectrumError, match="allowed is >= 2"):
        metastable_wells(cavity)


def test_order_parameter_is_checked():
    model = KerrCat(2.0, 0.1, 0.1).lindblad(24)
    with pytest.raises(ModelError, match="order_parameter: not Hermitian"):
        metastable_wells(model, annihilation(24))
    with pytest.raises(ModelError, match="order_parameter: got dimension 23"):
        metastable_wells(model, np.eye(23))


def test_fast_weakly_damped_oscillation_is_the_next_rate() -> None:
    """A spectator that oscillates fast and decays slowly sets the separation, however far from zero its eigenvalue lies."""
    hop = np.array([[0.0, 1.0], [0.0, 0.0]])
    z, one = np.diag([1.0, -1.0]), np.eye(2)
    first = [np.kron(0.1 * hop, one), np.kron(0.1 * hop.T, one), np.kron(0.5 * z, one)]
    second = [np.kron(one, np.sqrt(0.1) * hop), np.kron(one, 1e-3 * hop.T)]
    slow = slow_modes(LindbladModel(np.kron(one, 10.0 * z), (*first, *second))).slowest_real()
    # population difference of the first spin, 2 x 0.01; then the coherence of the second, half of its total decay at frequency
    # 20, before its population difference, which has the smaller eigenvalue
    assert slow.value == pytest.approx(0.02, rel=1e-9)
    assert slow.next_rate == pytest.approx(0.5 * (0.1 + 1e-6), rel=1e-6)
