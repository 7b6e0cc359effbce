"""Directed rates among three wells, exact and truncated Wigner: reference tables, controls, refusals."""

import numpy as np
import pytest
import qutip
import scipy.sparse as sp

from wellhop.analysis.directed_rates import bright_weight, directed_rates, slow_spectrum
from wellhop.analysis.liouvillian import generator_modes, sector_index, superoperator
from wellhop.analysis.steady_state import ladder_log_weights, steady_moments
from wellhop.analysis.twa_generator import twa_generator, twa_modes, twa_steady_state
from wellhop.analysis.two_photon_actions import amplitude_covariance, quantum_actions
from wellhop.engine import fock
from wellhop.engine.errors import CutoffError, ModelError, PredictionError, SpectrumError
from wellhop.engine.oscillator import Oscillator
from wellhop.engine.systems.kerr_cat import KerrCat
from wellhop.engine.systems.kerr_two_photon_drive import KerrTwoPhotonDrive

#: (delta, eps, U) -> exact lam_e, lam_o, k_v, k_b; truncated Wigner the same; as printed in section 6.
RATES = {
    (-10.0, 3.2, 1.0): (
        ("1.37206e-3", "1.37302e-3", "6.6354e-5", "1.3057e-3"),
        ("5.0777e-3", "3.8408e-3", "1.4123e-3", "3.6654e-3"),
    ),
    (-10.0, 3.2, 0.8): (
        ("2.33312e-4", "2.33355e-4", "6.5734e-6", "2.2674e-4"),
        ("1.20033e-3", "8.9253e-4", "3.3265e-4", "8.6767e-4"),
    ),
    (-10.0, 3.2, 0.6): (
        ("1.19809e-5", "1.19837e-5", "1.3374e-7", "1.1847e-5"),
        ("1.04858e-4", "7.6989e-5", "2.8839e-5", "7.6020e-5"),
    ),
    (-10.0, 3.2, 0.5): (
        ("1.10880e-6", "1.10909e-6", "5.8601e-9", "1.1029e-6"),
        ("1.46901e-5", "1.0753e-5", "4.0098e-6", "1.0680e-5"),
    ),
    (-10.0, 3.2, 0.4): (
        ("3.11544e-8", "3.11603e-8", "5.3389e-11", "3.1101e-8"),
        ("7.6241e-7", "5.5855e-7", "2.0541e-7", "5.5701e-7"),
    ),
    (-10.0, 3.2, 0.3): (
        ("8.0784e-11", "8.0808e-11", "2.111e-14", "8.076e-11"),
        ("5.4535e-9", "4.0226e-9", "1.4335e-9", "4.0200e-9"),
    ),
    (-5.0, 2.4, 0.2): (
        ("4.0417e-6", "9.412e-10", "4.0408e-6", "9.390e-10"),
        ("4.7321e-5", "2.3252e-8", "4.7297e-5", "2.3172e-8"),
    ),
    (-3.0, 1.8, 0.4): (
        ("3.7684e-2", "3.5138e-3", "3.425e-2", "3.436e-3"),
        ("4.4581e-2", "5.5530e-3", "3.896e-2", "5.618e-3"),
    ),
    (-3.0, 1.5, 0.13): (("9.7735e-5", "9.5382e-5"), ("1.5884e-4", "1.4272e-4")),
}
#: Relative error of the truncated-Wigner numbers at the default Fock cut-off, and the absolute round-off.
CUTOFF_ERROR, ROUND_OFF = 3e-5, 1.5e-14


@pytest.fixture(scope="module")
def computed():
    """Directed rates of the tables, each decomposed once."""
    return {
        (point, name): directed_rates(KerrTwoPhotonDrive(*point), name)
        for point in RATES
        for name in ("exact", "twa")
    }


@pytest.mark.parametrize("point", RATES)
def test_rates_to_printed_digits(point, computed, printed_as):
    for name, printed in zip(("exact", "twa"), RATES[point], strict=True):
        found = computed[point, name]
        values = (found.lam_e, found.lam_o, found.k_v, found.k_b)
        for value, text in zip(values, printed, strict=False):
            allowed = ROUND_OFF + (CUTOFF_ERROR * value if name == "twa" else 0.0)
            assert printed_as(value, text, allowed), (name, value, text)
        assert found.resolved
        assert found.bright_weight == pytest.approx(found.k_v / (found.k_v + found.k_b), rel=1e-12)
        assert found.lam_e == pytest.approx(found.k_v + found.k_b, rel=1e-12)


def test_local_slopes(computed):
    """-d ln k/d(1/U) between rows, exact (v, b) and truncated Wigner (v, b)."""
    slopes = {
        (1.0, 0.8): (9.248, 7.003, 5.784, 5.764),
        (0.8, 0.6): (9.348, 7.084, 5.869, 5.844),
        (0.6, 0.5): (9.383, 7.122, 5.919, 5.888),
        (0.5, 0.4): (9.397, 7.137, 5.943, 5.907),
        (0.35, 0.3): (9.400, 7.145, 5.960, 5.919),
    }
    rates = dict(computed)
    for name in ("exact", "twa"):
        rates[(-10.0, 3.2, 0.35), name] = directed_rates(KerrTwoPhotonDrive(-10.0, 3.2, 0.35), name)
    for (first, second), printed in slopes.items():
        found = []
        for name in ("exact", "twa"):
            one, two = (rates[(-10.0, 3.2, U), name] for U in (first, second))
            for rate in ("k_v", "k_b"):
                ratio = getattr(one, rate) / getattr(two, rate)
                found.append(np.log(ratio) / (1.0 / second - 1.0 / first))
        # the first of the last row is printed to two digits
        np.testing.assert_allclose(found, printed, atol=1.1e-3 if first > 0.35 else 5e-3)


def test_exact_slopes_approach_the_quantum_actions(computed):
    """The Wigner ones do not: their exponent is another one."""
    actions = quantum_actions(KerrTwoPhotonDrive(-10.0, 3.2, 1.0))
    for rate, action in (("k_v", actions.vacuum), ("k_b", actions.bright)):
        for name, tolerance in (("exact", 0.005), ("twa", None)):
            one, two = (getattr(computed[(-10.0, 3.2, U), name], rate) for U in (0.5, 0.4))
            slope = np.log(one / two) / (1.0 / 0.4 - 1.0 / 0.5)
            assert tolerance is None or slope == pytest.approx(action, rel=tolerance)
            assert tolerance is not None or slope < 0.85 * action


def test_bright_weight_against_the_ladder(computed):
    """pi_v from the exact weights: as good at small U, 2-6 % off in the smaller weight at U ~ 1."""
    for U, tolerance in ((0.3, 2e-3), (0.5, 5e-3), (1.0, 0.07)):
        system = KerrTwoPhotonDrive(-10.0, 3.2, U)
        share = np.exp(ladder_log_weights(system))
        first = int(np.ceil(system.n_s / U))
        ladder = share[first:].sum() / share.sum()
        assert computed[(-10.0, 3.2, U), "exact"].bright_weight == pytest.approx(ladder, rel=tolerance)


def test_subtracting_eigenvalues_is_noticed(computed):
    """Negative control: lam_e - lam_o is no estimate of k_v, here not even positive."""
    found = computed[(-10.0, 3.2, 0.3), "exact"]
    assert found.lam_e - found.lam_o < 0.0 < found.k_v


def test_plain_transpose_is_noticed(computed):
    """Negative control: the conjugate eigenoperator sits at the wrong phase of the bright state."""
    for U, low, high in ((1.0, 4e-3, 1.2e-2), (0.6, 2e-4, 2e-3)):
        system = KerrTwoPhotonDrive(-10.0, 3.2, U)
        left = computed[(-10.0, 3.2, U), "exact"].spectrum.even.left
        right, wrong = (bright_weight(op, system.amplitude("bright")) for op in (left, left.conj()))
        assert low < abs(wrong / right - 1.0) < high


def test_direct_rate_is_small_and_falls(computed):
    ratios = [computed[(-10.0, 3.2, U), "exact"] for U in (1.0, 0.8, 0.6, 0.5, 0.4)]
    ratios = [r.k_d / r.k_b for r in ratios]
    assert all(1e-4 < r < 4e-2 for r in ratios)
    assert ratios == sorted(ratios, reverse=True)


@pytest.mark.parametrize(("U", "printed"), [(1.0, "4.0701e-3"), (0.7, "4.5573e-4")])
def test_cat_region_has_one_slow_mode(U, printed, printed_as):
    system = KerrTwoPhotonDrive(-1.0, 3.0, U)
    found = slow_spectrum(system)
    assert printed_as(found.odd.value, printed)
    assert 1.25 < found.even.value < 1.45
    with pytest.raises(PredictionError, match="no bistability"):
        directed_rates(system, spectrum=found)


def test_cutoff_does_not_matter():
    system = KerrTwoPhotonDrive(-3.0, 1.8, 0.4)
    for name in ("exact", "twa"):
        one, two = directed_rates(system, name), directed_rates(system, name, cutoff=75)
        assert two.k_v == pytest.approx(one.k_v, rel=1e-7)
        assert two.k_b == pytest.approx(one.k_b, rel=1e-7)


def test_stationary_photons(computed):
    exact = computed[(-3.0, 1.8, 0.4), "exact"].spectrum
    assert exact.photons == pytest.approx(
        steady_moments(KerrTwoPhotonDrive(-3.0, 1.8, 0.4)).photons, rel=1e-10
    )
    for point, printed in {(-10.0, 3.2, 1.0): "3.71129", (-3.0, 1.8, 0.4): "9.78872"}.items():
        assert abs(computed[point, "twa"].spectrum.photons - float(printed)) < 5.1e-6


def test_units_scale():
    one, two = (
        directed_rates(KerrTwoPhotonDrive(-3.0, 1.8, 0.4)),
        directed_rates(KerrTwoPhotonDrive(-6.0, 3.6, 0.8, 2.0)),
    )
    assert two.k_v == pytest.approx(2.0 * one.k_v, rel=1e-9)
    assert two.k_b == pytest.approx(2.0 * one.k_b, rel=1e-9)


def superoperators(n):
    """Left and right multiplication by a and its adjoint, dense, from QuTiP (column stacking)."""
    a = qutip.destroy(n)
    return [f(x).full() for x in (a, a.dag()) for f in (qutip.spre, qutip.spost)]


def test_generator_from_qutip_superoperators():
    oscillator, n = Oscillator(-3.0, 0.7, 0.2 + 0.1j, 1.8, 2.0, 0.3), 9
    left, right, left_bar, right_bar = superoperators(n)
    q, q_bar = left - right, left_bar - right_bar
    s, s_bar = 0.5 * (left + right), 0.5 * (left_bar + right_bar)
    expected = qutip.liouvillian(*oscillator.to_qutip(n)).full() + 0.175j * q_bar @ q @ (
        s_bar @ q + s @ q_bar
    )
    swap = np.arange(n * n).reshape(n, n).T.ravel()
    np.testing.assert_allclose(
        twa_generator(oscillator, n).toarray(), expected[np.ix_(swap, swap)], atol=1e-12
    )


def weyl_drift(oscillator, shift):
    """d<a>/dt in a coherent state, from the Wigner drift averaged over its Gaussian of width 1/2 per mode."""

    def average(alpha):
        # <(|w|² - shift) w> with w = alpha + noise, <|noise|²> = 1/2: (|alpha|² + 1 - shift) alpha.
        cubic = (abs(alpha) ** 2 + 1.0 - shift) * alpha
        linear = 0.5 * oscillator.kappa_1 + 1j * oscillator.detuning
        return -linear * alpha - 1j * oscillator.kerr * cubic - 1j * oscillator.drive_2 * np.conj(alpha)

    return average


def test_weyl_shift_of_one():
    """Truncation leaves first derivatives alone: d<a>/dt in a coherent state is exact, with |alpha|² - 1."""
    oscillator, n, alpha = Oscillator(-3.0, 0.7, 0.0, 1.8, 2.0), 40, 1.2 - 0.7j
    state = fock.coherent_state(alpha, n)
    rho = np.outer(state, state.conj()).ravel()
    a = fock.annihilation(n)
    for generator in (twa_generator(oscillator, n), superoperator(oscillator.lindblad(n))):
        rate = np.trace(a @ (generator @ rho).reshape(n, n))
        assert rate == pytest.approx(weyl_drift(oscillator, 1.0)(alpha), abs=1e-8)
        # Negative control: without the shift.
        assert abs(rate - weyl_drift(oscillator, 0.0)(alpha)) > 0.5


def test_missing_shift_changes_rates():
    """Negative control: delta -> delta + U undoes the shift and moves the truncated-Wigner rates by O(1)."""
    right = directed_rates(KerrTwoPhotonDrive(-3.0, 1.8, 0.4), "twa")
    wrong = directed_rates(KerrTwoPhotonDrive(-2.6, 1.8, 0.4), "twa")
    assert abs(np.log(wrong.k_v / right.k_v)) > 0.2


def test_linear_oscillator_is_the_same_in_both_and_has_the_lyapunov_covariance():
    system = KerrTwoPhotonDrive(-1.0, 0.7, 1e-9)
    oscillator, n = system.oscillator(), 50
    difference = twa_generator(oscillator, n) - superoperator(oscillator.lindblad(n))
    assert abs(difference).max() < 1e-5
    rho, a = twa_steady_state(oscillator, n), fock.annihilation(n)
    x = [0.5 * (a + a.conj().T), -0.5j * (a - a.conj().T)]
    covariance = [[np.trace(rho @ (u @ v + v @ u)).real / 2.0 for v in x] for u in x]
    # The last Fock level truncates a a†; the state ends long before it.
    np.testing.assert_allclose(covariance, amplitude_covariance(system), atol=1e-6)


def test_thermal_loss_and_another_sign_of_the_kerr_term():
    """A Kerr cat, kerr = -2K, heated: near its exact rate, not equal to it."""
    cat = KerrCat(3.0, 1.0, 0.1)
    rates = [twa_modes(cat.oscillator(), n, sector="odd").slowest_real().value for n in (60, 70)]
    assert rates[1] == pytest.approx(rates[0], rel=1e-3)
    model = cat.lindblad(60)
    index = sector_index(model, "odd", fock.parity_signs(60))
    exact = generator_modes(superoperator(model), 60, index, "odd").slowest_real().value
    assert 1.05 < rates[1] / exact < 10.0


def test_trace_is_kept_exactly():
    for oscillator in (
        Oscillator(-3.0, 0.7, 0.3, 1.8, 2.0, 0.2),
        Oscillator(kerr=-2.0, drive_2=3.0, kappa_1=0.1),
    ):
        generator = twa_generator(oscillator, 15)
        assert sp.issparse(generator)
        assert np.abs(np.eye(15).ravel() @ generator).max() < 1e-11


def test_refusals():
    bistable = KerrTwoPhotonDrive(-3.0, 1.8, 0.4)
    with pytest.raises(ModelError, match="generator"):
        slow_spectrum(bistable, "wigner")
    with pytest.raises(CutoffError, match="use a larger U"):
        slow_spectrum(KerrTwoPhotonDrive(-10.0, 3.2, 0.05))
    with pytest.raises(PredictionError, match="no bistability"):
        directed_rates(KerrTwoPhotonDrive(3.0, 2.0, 0.4))
    with pytest.raises(SpectrumError, match="U is too large"):
        directed_rates(KerrTwoPhotonDrive(-0.001, 1.0000001, 5.0))
    for wrong in (
        Oscillator(kerr=1.0, kappa_1=1.0, kappa_2=0.1),
        Oscillator(kerr=1.0, kappa_1=1.0, kappa_phi=0.1),
    ):
        with pytest.raises(ModelError, match="loss and heating only"):
            twa_generator(wrong, 10)
    with pytest.raises(ModelError, match="parity"):
        twa_modes(Oscillator(kerr=1.0, drive_1=1.0, kappa_1=1.0), 20, sector="odd")
    lone = slow_spectrum(KerrTwoPhotonDrive(2.0, 1.5, 1.0))
    with pytest.raises(SpectrumError, match="none of the"):
        _ = lone.odd
