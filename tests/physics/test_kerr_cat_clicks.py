"""Click rates of three unravellings of the Kerr-cat, and the mean its trajectories must follow."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats
from scipy.linalg import expm

from wellhop.analysis.ensemble_decay import mean_well_difference
from wellhop.analysis.estimate import RateEstimate
from wellhop.analysis.kerr_cat_clicks import (
    adaptive_click_rate,
    counting_click_rate,
    fixed_click_rate,
    photon_number,
)
from wellhop.analysis.liouvillian import steady_state
from wellhop.analysis.rate_ratio import rate_ratio
from wellhop.engine.errors import ParameterError, StatisticsError
from wellhop.engine.fock import parity_signs
from wellhop.engine.systems.kerr_cat import KerrCat

# (system, steady <a^dag a>, counting click rate): printed digits
STEADY = [
    ((6.0, 0.025, 0.05), "5.918738197", "0.164015300"),
    ((3.0, 0.1, 0.1), "2.882825971", "0.355939117"),
    ((6.0, 0.1, 0.1), "5.841330131", "0.710959616"),
    ((9.0, 0.1, 0.1), "8.856807664", "1.072816920"),
]
# (system, measured click rate of adaptive trajectories, largest relative distance of the rate equations)
ADAPTIVE = [
    ((3.0, 0.1, 0.1), 0.076, 0.13),
    ((3.0, 0.1, 0.02), 0.0150, 0.13),
    ((6.0, 0.1, 0.1), 0.0448, 0.04),
    ((6.0, 0.1, 0.02), 0.0072, 0.04),
    ((9.0, 0.1, 0.1), 0.0307, 0.02),
]


@pytest.mark.parametrize(("parameters", "photons", "clicks"), STEADY)
def test_photons_and_counted_clicks_to_their_printed_digits(parameters, photons, clicks, printed_as):
    system = KerrCat(*parameters)
    assert printed_as(photon_number(system), photons)
    assert printed_as(counting_click_rate(system), clicks)
    # the warm term alone would be missed: kappa <n> is another number
    assert not printed_as(system.kappa * photon_number(system), clicks)


def test_click_rates_are_traces_over_the_steady_state():
    """Sum of Tr[(L + beta)^dag (L + beta) rho] in the whole Fock space, for both constant unravellings."""
    system = KerrCat(4.0, 0.1, 0.2)
    model = system.lindblad()
    rho = steady_state(model, parity_signs=parity_signs(model.dim))
    beta = system.displacements()
    for shift, rate in (
        (0.0 * beta, counting_click_rate(system)),
        (beta, fixed_click_rate(system)),
        (-beta, fixed_click_rate(system)),
    ):
        jumps = model.displaced(shift).jump_operators
        expected = sum(float(np.trace(op.conj().T @ op @ rho).real) for op in jumps)
        assert rate == pytest.approx(expected, rel=1e-9)
    assert fixed_click_rate(system) - counting_click_rate(system) == pytest.approx(0.1 * 1.4 * 4.0)


@pytest.mark.parametrize(("parameters", "measured", "distance"), ADAPTIVE)
def test_adaptive_clicks_by_rate_equations(parameters, measured, distance):
    system = KerrCat(*parameters)
    assert abs(adaptive_click_rate(system) / measured - 1.0) < distance
    # neither of the other unravellings comes near
    assert counting_click_rate(system) > 4.0 * measured


def test_adaptive_clicks_deep_in_a_cold_well():
    """There every heating event, rate kappa n_th, is followed by its cooling, and little else clicks."""
    system = KerrCat(14.0, 0.01, 1e-5)
    assert 1.9 < adaptive_click_rate(system) / (system.kappa * system.n_th) < 3.5
    # the displacement that is never turned sees a bright well half of the time
    assert fixed_click_rate(system) > 1e4 * adaptive_click_rate(system)


def test_mean_against_the_matrix_exponential():
    system = KerrCat(3.0, 0.1, 0.1)
    model = system.reduced_model(6)
    order_parameter = system.manifolds(6).order_parameter()
    start = np.zeros(12)
    start[[0, 6]] = math.sqrt(0.5)
    times = np.array([0.0, 3.0, 40.0])
    found = mean_well_difference(system, times, manifolds=6)
    for time, value in zip(times, found, strict=True):
        rho = (expm(model.liouvillian() * time) @ np.outer(start, start).ravel()).reshape(12, 12)
        assert value == pytest.approx(float(np.trace(order_parameter @ rho).real), abs=1e-9)


def test_mean_decays_at_the_exact_rate():
    system = KerrCat(3.0, 0.1, 0.1)
    late = mean_well_difference(system, [300.0, 400.0], manifolds=12)
    assert math.log(late[0] / late[1]) / 100.0 == pytest.approx(9.964535614e-3, rel=1e-8)
    # it is no plain exponential from the start: the well state is not stationary inside its well
    assert 1e-4 < abs(late[0] * math.exp(300.0 * 9.964535614e-3) - 1.0) < 1e-2


@pytest.mark.parametrize("times", [[-1.0], [math.nan], [[1.0, 2.0]]])
def test_mean_refuses_bad_times(times):
    with pytest.raises(ParameterError, match="times"):
        mean_well_difference(KerrCat(3.0, 0.1, 0.1), times, manifolds=6)


def _rate(sample):
    """Estimate of which ``sample`` are the logarithms."""
    value, error = math.exp(float(np.mean(sample))), float(np.std(sample, ddof=1) / math.sqrt(len(sample)))
    return RateEstimate("decay_rate", "demo", value, value, value, error, 0.95, {"dof": len(sample) - 1})


def test_ratio_is_the_test_of_welch_on_logarithms():
    rng = np.random.default_rng(4)
    first, second = rng.normal(0.06, 0.05, 30), rng.normal(0.0, 0.1, 12)
    found = rate_ratio(_rate(first), _rate(second))
    reference = stats.ttest_ind(first, second, equal_var=False, alternative="greater")
    assert found.pull == pytest.approx(reference.statistic)
    assert found.p_value == pytest.approx(reference.pvalue)
    assert found.dof == pytest.approx(reference.df)
    limits = stats.ttest_ind(first, second, equal_var=False).confidence_interval(0.95)
    assert math.log(found.lower) == pytest.approx(limits.low)
    assert math.log(found.upper) == pytest.approx(limits.high)
    # pooled variances would give other degrees of freedom
    assert abs(found.dof - 40.0) > 1.0
    assert rate_ratio(_rate(second), _rate(first)).p_value == pytest.approx(1.0 - found.p_value)


def test_ratio_refuses_rates_without_value_or_error():
    good = RateEstimate("decay_rate", "demo", 1.0, 0.9, 1.1, 0.05, 0.95)
    for value, error in ((0.0, 0.1), (math.nan, 0.1), (1.0, math.inf), (1.0, 0.0)):
        with pytest.raises(StatisticsError, match="second"):
            rate_ratio(good, RateEstimate("decay_rate", "demo", value, 0.0, 1.0, error, 0.95))
