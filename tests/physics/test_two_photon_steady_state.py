"""Exact steady state: QuTiP, reference values, finite-U boundaries."""

import numpy as np
import pytest
import qutip

from wellhop.analysis.steady_state import (
    equal_weight_boundary,
    ladder_log_weights,
    photon_distribution,
    steady_moments,
    steepest_boundary,
    vacuum_excess,
)
from wellhop.analysis.two_photon_actions import amplitude_covariance, quantum_boundary
from wellhop.engine.errors import ParameterError, PredictionError
from wellhop.engine.systems.kerr_two_photon_drive import KerrTwoPhotonDrive

#: U = 0.1 column of the table of boundaries.
EQUAL_WEIGHT = {
    -0.5: 1.02024, -1.0: 1.11283, -1.5: 1.21713, -2.0: 1.33406, -3.0: 1.58678,
    -5.0: 2.12084, -7.0: 2.66753, -10.0: 3.49520, -15.0: 4.88154,
}  # fmt: skip


def against_qutip(system, cutoff):
    """Largest deviation of every moment and population, relative to the moment."""
    h, c_ops = system.oscillator().to_qutip(cutoff)
    rho = qutip.steadystate(h, c_ops)
    a, found = qutip.destroy(cutoff), steady_moments(system)
    signs = (-1.0) ** np.arange(cutoff)
    pairs = [
        (found.photons, qutip.expect(a.dag() * a, rho)),
        (found.pairs, qutip.expect(a.dag() ** 2 * a**2, rho)),
        (found.squeezing, qutip.expect(a * a, rho)),
        (found.parity, float(signs @ rho.diag().real)),
    ]
    populations = np.abs(photon_distribution(system, cutoff) - rho.diag().real).max()
    return max(populations, *(abs(ours / theirs - 1.0) for ours, theirs in pairs))


@pytest.mark.parametrize(
    ("point", "cutoff"),
    [
        ((-3.0, 1.8, 0.4), 60),
        ((-10.0, 3.2, 1.0), 60),
        ((2.0, 1.5, 1.0), 40),
        ((-1.0, 2.0, 1.0), 40),
        ((-4.0, 3.0, 1.5, 2.0), 45),
    ],
)
def test_moments_and_populations_equal_qutip(point, cutoff):
    assert against_qutip(KerrTwoPhotonDrive(*point), cutoff) < 1e-9


@pytest.mark.parametrize("wrong", [{"gamma": 0.5}, {"U": 0.8}, {"eps": 0.9}])
def test_wrong_conventions_are_noticed(wrong):
    """Negative control: kappa for gamma, K for U, G for eps."""
    right = {"delta": -3.0, "eps": 1.8, "U": 0.4, "gamma": 1.0}
    exact = steady_moments(KerrTwoPhotonDrive(**right)).photons
    assert abs(steady_moments(KerrTwoPhotonDrive(**{**right, **wrong})).photons / exact - 1.0) > 0.05


def test_bright_branch_is_not_lost_in_the_deep_minimum():
    """A hypergeometric routine stopping early returns 0.105 here."""
    assert steady_moments(KerrTwoPhotonDrive(-5.0, 2.12, 0.02)).photons == pytest.approx(
        309.28024, abs=5.1e-6
    )
    small = steady_moments(KerrTwoPhotonDrive(-10.0, 3.2, 0.01))
    assert np.isfinite([small.photons, small.pairs, small.parity]).all()
    # The state at the boundary of the truncated Wigner equation is the vacuum, squeezed; -1/2 counts photons.
    covariance = amplitude_covariance(KerrTwoPhotonDrive(-10.0, 3.2, 0.01))
    assert small.photons == pytest.approx(np.trace(covariance) - 0.5, rel=0.02)


def test_populations_sum_to_one_and_carry_the_moments():
    system = KerrTwoPhotonDrive(-5.0, 2.4, 0.2)
    p, n, found = photon_distribution(system, 140), np.arange(140.0), steady_moments(system)
    assert p.sum() == pytest.approx(1.0, abs=1e-12)
    assert p @ n == pytest.approx(found.photons, rel=1e-10)
    assert p @ (n * (n - 1.0)) == pytest.approx(found.pairs, rel=1e-10)
    assert p @ (-1.0) ** n == pytest.approx(found.parity, abs=1e-12)


@pytest.mark.parametrize(("delta", "printed"), EQUAL_WEIGHT.items())
def test_equal_weight_boundary_to_printed_digits(delta, printed):
    assert equal_weight_boundary(delta, 0.1) == pytest.approx(printed, abs=5.1e-6)


@pytest.mark.parametrize(
    ("delta", "low", "high"),
    [(-0.5, 0.06, 0.1), (-0.7, 0.03, 0.05), (-1.0, 0.012, 0.018), (-1.5, 0.002, 0.004)]
    + [(d, -1e-3, 1e-3) for d in (-2.0, -3.0, -10.0)],
)
def test_both_definitions_differ_as_stated(delta, low, high):
    assert low < steepest_boundary(delta, 0.1) / equal_weight_boundary(delta, 0.1) - 1.0 < high


def test_steepest_drive_by_plain_differences():
    found, h = steepest_boundary(-3.0, 0.2), 1e-3
    n = [steady_moments(KerrTwoPhotonDrive(-3.0, found + k * h, 0.2)).photons for k in (-2, -1, 0, 1, 2)]
    slopes = np.diff(n)
    assert slopes[0] < slopes[1]
    assert slopes[3] < slopes[2]


def test_boundary_moves_to_the_exact_one():
    for delta in (-3.0, -10.0):
        shifts = [equal_weight_boundary(delta, U) / quantum_boundary(delta) - 1.0 for U in (0.1, 0.01)]
        assert 0.002 < shifts[0] < 0.008
        # The shift is linear in U.
        assert shifts[1] == pytest.approx(0.1 * shifts[0], rel=0.2)


def test_units_scale():
    one, three = KerrTwoPhotonDrive(-5.0, 2.4, 0.2), KerrTwoPhotonDrive(-15.0, 7.2, 0.6, 3.0)
    assert steady_moments(three).photons == pytest.approx(steady_moments(one).photons, rel=1e-10)
    assert equal_weight_boundary(-6.0, 0.2, 2.0) == pytest.approx(
        2.0 * equal_weight_boundary(-3.0, 0.1), rel=1e-9
    )


def test_refusals():
    with pytest.raises(PredictionError, match="use a larger U"):
        ladder_log_weights(KerrTwoPhotonDrive(-10.0, 3.2, 1e-8))
    with pytest.raises(PredictionError, match="no bistability"):
        vacuum_excess(KerrTwoPhotonDrive(3.0, 2.0, 0.1))
    with pytest.raises(PredictionError, match="use delta < 0"):
        equal_weight_boundary(1.0, 0.1)
    with pytest.raises(PredictionError, match="use a smaller U"):
        equal_weight_boundary(-0.001, 5.0)
    with pytest.raises(ParameterError, match="levels"):
        photon_distribution(KerrTwoPhotonDrive(-3.0, 1.8, 0.4), 0)
    with pytest.raises(ParameterError, match="delta"):
        equal_weight_boundary(np.nan, 0.1)
