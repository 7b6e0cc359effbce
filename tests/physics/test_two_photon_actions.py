"""Closed-form actions, boundaries, locking angle, linear noise."""

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import lambertw

from wellhop.analysis.two_photon_actions import (
    J,
    M,
    amplitude_covariance,
    ansatz_actions,
    ansatz_boundary,
    drift_jacobian,
    linear_covariance,
    locking_angle,
    naive_bright_action,
    pseudo_potential_hessian,
    quantum_actions,
    quantum_boundary,
    scaled_amplitude,
)
from wellhop.engine.errors import ParameterError, PredictionError
from wellhop.engine.systems.kerr_two_photon_drive import KerrTwoPhotonDrive

#: delta, eps -> S_vac^Q, S_bright^Q, ansatz S_vac, ansatz S_bright (gamma = 1), section 7.
ACTIONS = {
    (-10.0, 3.2): (9.4039727, 7.1470568, 4.79656, 4.31062),
    (-10.0, 3.4): (8.5726544, 7.9094049, 4.51165, 4.71082),
    (-10.0, 3.0): (10.3161502, 6.3898708, 5.09222, 3.89601),
    (-10.0, 2.5): (13.0316626, 4.5280335, 5.88359, 2.79999),
    (-10.0, 5.0): (3.9637844, 14.1181643, 2.57628, 7.43351),
    (-5.0, 2.0): (3.4755189, 2.7394130, 2.05375, 1.54932),
    (-5.0, 2.4): (2.3640399, 4.1628861, 1.52742, 2.30355),
    (-5.0, 3.0): (1.2460968, 6.3898708, 0.90687, 3.32344),
    (-3.0, 1.5): (1.5269868, 1.1078613, 1.06254, 0.60861),
    (-3.0, 1.8): (0.9089220, 2.0595904, 0.67801, 1.14740),
    # 4(s - atan s) at s² = 3.84 is 3.44262922; tables printing 3.4426293 are 8e-8 off.
    (-3.0, 2.2): (0.3964173, 3.4426292, 0.32473, 1.85744),
    (-2.0, 1.5): (0.3652435, 1.1078613, 0.31115, 0.66102),
    (-20.0, 4.5): (28.8393665, 12.1631158, 12.15714, 8.10399),
}

#: delta -> exact U -> 0 boundary, Eq. (11), each as printed.
BOUNDARIES = {
    -0.5: ("1.0297515", "1.0315897"),
    -1.0: ("1.1060994", "1.1234291"),
    -1.5: ("1.2086885", "1.2459787"),
    -2.0: ("1.3250316", "1.3778275"),
    -3.0: ("1.5773311", "1.6429748"),
    -5.0: ("2.1113120", "2.1518610"),
    -7.0: ("2.6580920", "2.6373514"),
    -10.0: ("3.4858791", "3.3411036"),
    # The root is 4.48198868, where both sides agree to 1e-9; tables printing 4.4819892 are 5e-7 off.
    -15.0: ("4.8723640", "4.4819887"),
    -20.0: ("6.2618178", "5.6042168"),
    -50.0: ("14.610723", "12.235426"),
    -200.0: ("56.377977", "45.149978"),
}


@pytest.mark.parametrize("point", ACTIONS)
def test_actions_to_printed_digits(point):
    system = KerrTwoPhotonDrive(*point, 0.5)
    quantum, ansatz = quantum_actions(system), ansatz_actions(system)
    vacuum, bright, ansatz_vacuum, ansatz_bright = ACTIONS[point]
    assert quantum.vacuum == pytest.approx(vacuum, abs=5.1e-8)
    assert quantum.bright == pytest.approx(bright, abs=5.1e-8)
    assert ansatz.vacuum == pytest.approx(ansatz_vacuum, abs=5.1e-6)
    assert ansatz.bright == pytest.approx(ansatz_bright, abs=5.1e-6)


@pytest.mark.parametrize("gamma", [1.0, 0.6])
def test_quantum_actions_by_quadrature_of_the_ladder(gamma):
    system = KerrTwoPhotonDrive(-5.0, 2.4, 0.5, gamma)

    def slope(x):
        return np.log(((system.delta + x) ** 2 + gamma**2) / system.eps**2)

    found = quantum_actions(system)
    assert found.vacuum == pytest.approx(quad(slope, 0.0, system.n_s)[0], rel=1e-10)
    assert found.bright == pytest.approx(-quad(slope, system.n_s, system.n_b)[0], rel=1e-10)


def test_halved_actions_of_the_printed_coefficient_are_noticed():
    """Negative control: gamma/2 for gamma/4 in the drift is q -> q/sqrt(2), which halves S."""
    vacuum = ansatz_actions(KerrTwoPhotonDrive(-10.0, 3.2, 0.5)).vacuum
    assert abs(0.5 * vacuum - ACTIONS[(-10.0, 3.2)][2]) > 1.0


@pytest.mark.parametrize("delta", BOUNDARIES)
def test_boundaries_to_printed_digits(delta, printed_as):
    quantum, ansatz = BOUNDARIES[delta]
    assert printed_as(quantum_boundary(delta), quantum)
    assert printed_as(ansatz_boundary(delta), ansatz)


@pytest.mark.parametrize(
    ("delta", "percent"),
    [
        (-0.5, 0.2),
        (-1.0, 1.6),
        (-1.5, 3.1),
        (-2.0, 4.0),
        (-3.0, 4.2),
        (-5.0, 1.9),
        (-7.0, -0.8),
        (-10.0, -4.2),
        (-15.0, -8.0),
        (-20.0, -10.5),
        (-50.0, -16.0),
        (-200.0, -20.0),
    ],
)
def test_error_of_the_ansatz_boundary(delta, percent):
    error = 100.0 * (ansatz_boundary(delta) / quantum_boundary(delta) - 1.0)
    assert error == pytest.approx(percent, abs=0.051 if abs(delta) < 30.0 else 0.51)


def test_limits_of_the_boundaries():
    assert quantum_boundary(-1e6) / 1e6 == pytest.approx(float(lambertw(np.exp(-1.0)).real), rel=1e-5)
    assert ansatz_boundary(-1e6) / 1e6 == pytest.approx(0.21922, abs=5.1e-6)
    assert quantum_boundary(-0.01) == pytest.approx(1.0, abs=1e-3)
    assert quantum_boundary(-6.0, 2.0) == pytest.approx(2.0 * quantum_boundary(-3.0), rel=1e-12)


def test_boundary_is_where_the_actions_are_equal():
    for delta in (-1.0, -7.0, -15.0):
        for boundary, actions in ((quantum_boundary, quantum_actions), (ansatz_boundary, ansatz_actions)):
            found = actions(KerrTwoPhotonDrive(delta, boundary(delta), 0.5))
            assert found.vacuum == pytest.approx(found.bright, rel=1e-9)


def test_curl_split_about_the_origin_is_another_form():
    """Negative control: the naive form misses the table by far."""
    assert abs(naive_bright_action(KerrTwoPhotonDrive(-10.0, 3.2, 0.5)) - 4.31062) > 0.5


def test_locking_angle_at_the_fixed_points():
    for point in [(-10.0, 3.2, 0.3), (-3.0, 1.8, 0.4, 1.4)]:
        system = KerrTwoPhotonDrive(*point)
        half = {
            "vacuum": system.gamma / system.delta,
            "bright": system.gamma / (2.0 * system.s - system.delta),
            "saddle": -system.gamma / (2.0 * system.s + system.delta),
        }
        for p in system.fixed_points():
            angle = locking_angle(system, system.U * abs(p.alpha) ** 2)
            assert np.tan(0.5 * angle) == pytest.approx(half[p.kind], rel=1e-10)
    reference = KerrTwoPhotonDrive(-10.0, 3.2, 0.3)
    # |q|² = 4 n/gamma = -2 delta/gamma.
    assert locking_angle(reference, 5.0) == pytest.approx(np.pi)
    assert locking_angle(reference, reference.n_s) == pytest.approx(0.4996, abs=2e-4)
    with pytest.raises(ParameterError, match="scaled_photons"):
        locking_angle(reference, -1.0)


def test_linear_covariance_reference_and_lyapunov_equation():
    system = KerrTwoPhotonDrive(-10.0, 3.2, 0.5)
    sigma = linear_covariance(system)
    printed = [[1.46540326, -0.03525782], [-0.03525782, 0.76024680]]
    np.testing.assert_allclose(sigma, printed, atol=5.1e-9)
    for kind in ("vacuum", "bright"):
        a, s = drift_jacobian(system, kind), linear_covariance(system, kind)
        np.testing.assert_allclose(a @ s + s @ a.T, -2.0 * np.eye(2), atol=1e-12)
    np.testing.assert_allclose(amplitude_covariance(system), 0.25 * sigma)
    with pytest.raises(PredictionError, match="not stable"):
        linear_covariance(system, "saddle")


@pytest.mark.parametrize(
    "point", [(-10.0, 3.2, 0.5), (-1.0, 0.7, 0.1), (2.0, 1.5, 0.3, 1.3), (0.0, 0.5, 1.0)]
)
def test_pseudo_potential_is_the_inverse_covariance(point):
    system = KerrTwoPhotonDrive(*point)
    hessian = pseudo_potential_hessian(system)
    np.testing.assert_allclose(hessian, np.linalg.inv(linear_covariance(system)), rtol=1e-12, atol=2e-15)
    theta = locking_angle(system, 0.0)
    turn = np.array([[np.cos(theta), -np.sin(theta)], [np.sin(theta), np.cos(theta)]])
    np.testing.assert_allclose(hessian, 0.5 * (turn - np.eye(2)) @ drift_jacobian(system), atol=1e-13)
    with pytest.raises(PredictionError, match="unstable"):
        pseudo_potential_hessian(KerrTwoPhotonDrive(-1.0, 3.0, 0.1))


def drift(system, q, coefficient=0.25):
    turning = system.delta + coefficient * system.gamma * float(q @ q)
    return -(system.gamma * q + turning * (J @ q) + system.eps * (M @ q))


@pytest.mark.parametrize("kind", ["vacuum", "bright", "saddle"])
def test_scaled_drift_vanishes_at_the_fixed_points_and_has_this_jacobian(kind):
    system, h = KerrTwoPhotonDrive(-5.0, 2.4, 0.2, 1.3), 1e-6
    q = scaled_amplitude(system, kind)
    assert np.abs(drift(system, q)).max() < 1e-12
    columns = [(drift(system, q + h * e) - drift(system, q - h * e)) / (2.0 * h) for e in np.eye(2)]
    np.testing.assert_allclose(np.array(columns).T, drift_jacobian(system, kind), atol=1e-7)
    if kind != "vacuum":
        # Negative control: the printed coefficient gamma/2 has its fixed points elsewhere.
        assert np.abs(drift(system, q, coefficient=0.5)).max() > 0.1


def test_refusals():
    for system in (KerrTwoPhotonDrive(3.0, 2.0, 0.5), KerrTwoPhotonDrive(-3.0, 4.0, 0.5)):
        for function in (quantum_actions, ansatz_actions, naive_bright_action):
            with pytest.raises(PredictionError, match="no bistability"):
                function(system)
    for boundary in (quantum_boundary, ansatz_boundary):
        with pytest.raises(PredictionError, match="use delta < 0"):
            boundary(0.0)
        with pytest.raises(ParameterError, match="gamma"):
            boundary(-1.0, 0.0)
