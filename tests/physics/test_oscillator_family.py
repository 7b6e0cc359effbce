"""The oscillator family: every term against QuTiP, mean field against the master equation, fixed points."""

import numpy as np
import pytest
import qutip

from wellhop.engine.errors import ModelError, ParameterError
from wellhop.engine.fock import annihilation, coherent_state
from wellhop.engine.oscillator import Oscillator

EVERY_TERM = Oscillator(
    detuning=-0.7,
    kerr=0.31,
    drive_1=0.4 - 0.9j,
    drive_2=-0.8 + 0.6j,
    kappa_1=0.5,
    n_thermal=0.3,
    kappa_2=0.07,
    kappa_phi=0.11,
)


def test_every_term_equals_the_qutip_expression():
    n, p = 23, EVERY_TERM
    # Products are formed in a larger space and cut, so that truncation does not spoil the last elements.
    a = qutip.destroy(n + 4)
    drive = p.drive_1 * a.dag() + 0.5 * p.drive_2 * a.dag() ** 2
    h = p.detuning * a.dag() * a + 0.5 * p.kerr * a.dag() ** 2 * a**2 + drive + drive.dag()
    np.testing.assert_allclose(p.hamiltonian(n), h.full()[:n, :n], atol=1e-12)
    expected = {
        "loss": np.sqrt(p.kappa_1 * (1 + p.n_thermal)) * a,
        "heating": np.sqrt(p.kappa_1 * p.n_thermal) * a.dag(),
        "two_photon_loss": np.sqrt(p.kappa_2) * a**2,
        "dephasing": np.sqrt(p.kappa_phi) * a.dag() * a,
    }
    channels = dict(p.channels(n))
    assert list(channels) == list(expected)
    for name, operator in expected.items():
        np.testing.assert_allclose(channels[name], operator.full()[:n, :n], atol=1e-12)
    h_out, c_ops = p.to_qutip(n)
    np.testing.assert_allclose(h_out.full(), p.hamiltonian(n))
    assert len(c_ops) == 4


def test_channels_with_zero_rate_are_left_out():
    assert [name for name, _ in Oscillator(kappa_1=0.1).channels(8)] == ["loss"]
    assert [name for name, _ in Oscillator(kappa_phi=0.1).channels(8)] == ["dephasing"]
    with pytest.raises(ParameterError, match="at least one rate > 0"):
        Oscillator(kerr=1.0).lindblad(8)


@pytest.mark.parametrize("alpha", [0.0, 1.2, -0.8 + 1.1j])
def test_mean_field_drift_is_the_exact_drift_in_a_coherent_state(alpha):
    """All terms are normal ordered, so d<a>/dt in |α> is the mean-field drift, cut-off aside."""
    n = 40
    model = EVERY_TERM.lindblad(n)
    ket = coherent_state(alpha, n)
    rho = np.outer(ket, ket.conj())
    rate = -1j * (model.hamiltonian @ rho - rho @ model.hamiltonian)
    for op in model.jump_operators:
        dag = op.conj().T
        rate = rate + op @ rho @ dag - 0.5 * (dag @ op @ rho + rho @ dag @ op)
    exact = np.trace(annihilation(n) @ rate)
    assert abs(exact - EVERY_TERM.mean_field_drift(alpha)) < 1e-9
    # Control: a drift without the Itô term of the dephasing is noticed.
    without = EVERY_TERM.mean_field_drift(alpha) + 0.5 * EVERY_TERM.kappa_phi * alpha
    assert alpha == 0.0 or abs(exact - without) > 1e-2


@pytest.mark.parametrize(
    "system",
    [
        EVERY_TERM,
        Oscillator(detuning=-3.0, kerr=1.0, drive_2=2.0 + 1.0j, kappa_1=0.4),
        Oscillator(detuning=-2.0, kerr=0.5, drive_1=1.2, kappa_1=0.3),
        Oscillator(kerr=-2.0, drive_2=12.0, drive_1=0.05j, kappa_1=0.1, kappa_2=0.01),
        Oscillator(drive_2=3.0, kappa_2=0.5),
        Oscillator(detuning=1.0, drive_1=0.5, kappa_1=0.2),
    ],
)
def test_fixed_points_are_all_zeros_of_the_drift(system):
    """Against a blind search: Newton from a grid of starting points finds the same set."""
    from scipy.optimize import fsolve

    def drift(v):
        z = system.mean_field_drift(complex(v[0], v[1]))
        return [z.real, z.imag]

    ours = [p.alpha for p in system.fixed_points()]
    assert all(abs(system.mean_field_drift(z)) < 1e-9 * (1 + abs(z) ** 3) for z in ours)
    found: list[complex] = []
    for x in np.linspace(-5, 5, 13):
        for y in np.linspace(-5, 5, 13):
            root, _, success, _ = fsolve(drift, [x, y], full_output=True)
            z = complex(*root)
            if (
                success == 1
                and abs(system.mean_field_drift(z)) < 1e-8
                and all(abs(z - w) > 1e-5 for w in found)
            ):
                found.append(z)
    assert len(found) == len(ours)
    assert all(min(abs(z - w) for w in ours) < 1e-6 for z in found)


@pytest.mark.parametrize("alpha", [0.4 + 0.2j, -1.0 + 2.0j])
def test_stability_eigenvalues_are_those_of_the_real_jacobian(alpha):
    step = 1e-5
    columns = [
        (EVERY_TERM.mean_field_drift(alpha + step * e) - EVERY_TERM.mean_field_drift(alpha - step * e))
        / (2 * step)
        for e in (1.0, 1.0j)
    ]
    jacobian = np.array([[c.real for c in columns], [c.imag for c in columns]])
    expected = np.sort_complex(np.linalg.eigvals(jacobian))
    np.testing.assert_allclose(np.sort_complex(EVERY_TERM.linearised_eigenvalues(alpha)), expected, atol=1e-7)


@pytest.mark.parametrize("name", ["kappa_1", "n_thermal", "kappa_2", "kappa_phi"])
@pytest.mark.parametrize("bad", [-1e-9, np.nan, np.inf, "0.1", True, None, 1j])
def test_bad_rates_are_refused_by_name(name, bad):
    with pytest.raises(ParameterError, match=f"{name}: got .*allowed is a finite real number >= 0"):
        Oscillator(**{name: bad})


def test_bad_drives_and_detunings_are_refused():
    for name, bad in [
        ("detuning", np.nan),
        ("kerr", "2"),
        ("drive_1", complex(np.nan, 0)),
        ("drive_2", "1j"),
    ]:
        with pytest.raises(ParameterError, match=f"{name}: got"):
            Oscillator(**{name: bad})


def test_model_refuses_what_is_not_an_operator():
    from wellhop.engine.lindblad import LindbladModel

    with pytest.raises(ModelError, match="not Hermitian"):
        LindbladModel(annihilation(4), (annihilation(4),))
