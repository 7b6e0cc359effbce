"""Figures 4, 5 and 7 of the two-photon-driven oscillator: what was sampled, what was drawn, and controls that must fail.

Every comparison allows z = 6.2 standard errors or a p-value of 1e-8: false alarms below 1e-8 each.
"""

from __future__ import annotations

import math

import numpy as np
import pytest

from wellhop.analysis.directed_rates import directed_rates
from wellhop.analysis.figures.two_photon_arrhenius import ArrheniusCurve, draw_arrhenius, mean_slope
from wellhop.analysis.figures.two_photon_density import draw_density
from wellhop.analysis.figures.two_photon_step_bias import BiasPanel, draw_step_bias
from wellhop.analysis.gaussian_density import compare_density
from wellhop.analysis.step_bias import MeasuredBias, fit_bias
from wellhop.analysis.two_photon_actions import (
    WellActions,
    linear_covariance,
    pseudo_potential_hessian,
    quantum_actions,
)
from wellhop.engine.errors import ParameterError, PredictionError, StatisticsError
from wellhop.engine.systems.kerr_two_photon_drive import KerrTwoPhotonDrive
from wellhop.jobs import figure_arrhenius, figure_density, figure_step_bias
from wellhop.jobs.figure_registry import figure_jobs

Z, P = 6.2, 1e-8
VACUUM = KerrTwoPhotonDrive(-1.0, 0.7, 1.0)


# figure 4


@pytest.fixture(scope="module", name="points")
def points_fixture():
    """Stationary points around the vacuum at detuning -1, drive 0.7."""
    return figure_density.sample_vacuum(-1.0, 0.7, 50_000, seed=4)


def test_density_is_that_of_the_pseudo_potential(points):
    found = compare_density(points, linear_covariance(VACUUM))
    assert P < found.p_value < 1.0 - P
    assert np.abs(found.pulls).max() < Z
    assert found.counts.sum() == pytest.approx(found.n, rel=1e-4)
    for marginal in found.marginals:
        assert np.nanmax(np.abs(marginal.residuals)) < Z


@pytest.mark.parametrize(
    ("what", "delta", "eps", "thermal"),
    [("noise sqrt(gamma)", -1.0, 0.7, 0.5), ("drive", -1.0, 0.8, 0.0), ("detuning", -1.3, 0.7, 0.0)],
)
def test_density_of_another_equation_is_noticed(what, delta, eps, thermal):
    wrong = figure_density.sample_vacuum(delta, eps, 50_000, n_thermal=thermal, seed=4)
    found = compare_density(wrong, linear_covariance(VACUUM))
    assert found.p_value < P, what
    assert np.abs(found.pulls).max() > Z, what


def test_density_figure_draws_the_counts(points):
    found = compare_density(points, linear_covariance(VACUUM))
    drawn = draw_density(found, pseudo_potential_hessian(VACUUM), "title")
    counts = drawn.table.numbers("count", series="cell")
    assert counts.sum() == found.counts.sum()
    np.testing.assert_array_equal(drawn.table.numbers("residual [sigma]", series="Im"), found.marginals[1].residuals)
    np.testing.assert_allclose(
        drawn.table.numbers("expected", series="covariance"), linear_covariance(VACUUM)[[0, 0, 1], [0, 1, 1]]
    )
    # the contours belong to the same density as the expected covariance
    assert np.linalg.inv(pseudo_potential_hessian(VACUUM)) == pytest.approx(found.expected, abs=1e-12)


def test_density_refuses_what_it_cannot_say():
    with pytest.raises(StatisticsError, match="n >= "):
        compare_density(np.zeros((10, 2)), np.eye(2))
    with pytest.raises(StatisticsError, match="positive"):
        compare_density(np.zeros((2000, 2)), [[1.0, 2.0], [2.0, 1.0]])
    with pytest.raises(PredictionError, match="unstable"):
        figure_density.draw(figure_density.JOB.options({"eps": 1.5}))
    with pytest.raises(ParameterError, match="points"):
        figure_density.JOB.options({"points": 10.5})


# figure 5

FAR = KerrTwoPhotonDrive(-10.0, 3.2, 1.0)
RANGES = {"exact": np.array([0.6, 1.0]), "twa": np.array([0.8, 1.5])}


@pytest.fixture(scope="module", name="arrhenius")
def arrhenius_fixture():
    """Quantum jumps and Langevin trajectories at two U each."""
    options = figure_arrhenius.JOB.options({"switches": 150}, seed=5)
    sampled = {f: figure_arrhenius.sample_points(FAR, f, x, options) for f, x in RANGES.items()}
    return {f: [figure_arrhenius.as_point(s) for s in found] for f, found in sampled.items()}


@pytest.fixture(scope="module", name="predicted")
def predicted_fixture():
    """Directed rates of either generator at the ends of its range."""
    return {
        generator: [directed_rates(KerrTwoPhotonDrive(-10.0, 3.2, 1.0 / u), generator) for u in x]
        for generator, x in RANGES.items()
    }


@pytest.mark.parametrize("name", ["k_v", "k_b"])
@pytest.mark.parametrize("family", ["exact", "twa"])
def test_each_dynamics_has_the_slope_of_its_own_generator(arrhenius, predicted, family, name):
    slopes = {}
    for generator, x in RANGES.items():
        rates = [getattr(one, name) for one in predicted[generator]]
        slopes[generator] = math.log(rates[0] / rates[1]) / (x[1] - x[0])
    found = mean_slope(arrhenius[family], name)
    assert abs(found.value - slopes[family]) < Z * found.error
    for point in arrhenius[family]:
        assert abs(math.log(point.rates[name].value / point.expected[name])) < Z * point.rates[name].relative_error
    if name == "k_v":
        # 9.0 against 5.7: the other equation is not what was simulated
        other = slopes["twa" if family == "exact" else "exact"]
        assert abs(found.value - other) > Z * found.error


def test_the_two_slopes_are_distinct(arrhenius):
    jumps, langevin = (mean_slope(arrhenius[family], "k_v") for family in ("exact", "twa"))
    assert jumps.value - langevin.value > Z * math.hypot(jumps.error, langevin.error)


def test_arrhenius_figure_draws_what_was_measured(arrhenius):
    x = np.array([0.6, 0.9, 1.2])
    actions = {"exact": quantum_actions(FAR), "twa": WellActions(5.97, 5.92), "ansatz": WellActions(4.80, 4.31)}
    curves = {
        f: ArrheniusCurve(x, {n: np.exp(-s * x) for n, s in (("k_v", actions[f].vacuum), ("k_b", actions[f].bright))})
        for f in RANGES
    }
    drawn = draw_arrhenius(curves, arrhenius, actions, "title")
    for family, label in (("exact", "quantum jumps"), ("twa", "Langevin")):
        for name in ("k_v", "k_b"):
            values = [p.rates[name].value for p in arrhenius[family]]
            np.testing.assert_array_equal(drawn.table.numbers("value", series=f"rate {label}", direction=name), values)
            ratios = [p.rates[name].value / p.expected[name] for p in arrhenius[family]]
            np.testing.assert_array_equal(drawn.table.numbers("value", series=f"ratio {label}", direction=name), ratios)
            row = drawn.table.select(series=f"slope {label}", direction=name)[0]
            mean = mean_slope(arrhenius[family], name)
            assert row[3] == mean.value
            assert row[5] - row[4] == pytest.approx(2 * mean.error)
    # a pure exponential has its action as slope
    np.testing.assert_allclose(drawn.table.numbers("value", series="slope Liouvillian", direction="k_v"), actions["exact"].vacuum)
    assert drawn.table.numbers("value", series="action S_TWA").tolist() == [5.97, 5.92]


# figure 7

NEAR = KerrTwoPhotonDrive(-3.0, 1.8, 0.4)


@pytest.fixture(scope="module", name="near")
def near_fixture():
    """(reference, biases of k_b) at detuning -3 for three schemes, coarse steps and a fine one."""
    point = figure_step_bias.BiasPoint(NEAR, {"strang": (0.02, 0.15), "midpoint": (0.15, 0.02), "euler": (0.005, 0.01)}, {})
    reference = directed_rates(NEAR, "twa")
    sampled = figure_step_bias.sample_biases(point, reference, 1500, seed=7)
    return {n: {s: figure_step_bias.biases(r, reference, n) for s, r in sampled.items()} for n in ("k_v", "k_b")}


def test_euler_maruyama_takes_too_much_damping_away(near):
    """k_b comes out 64 % too large at dt = 0.01 and 30 % at 0.005, known to 5 % each."""
    found = near["k_b"]["euler"]
    for k, expected in enumerate((1.30, 1.64)):
        size = math.hypot(found.error[k], 0.05)
        assert abs(found.bias[k] - math.log(expected)) < Z * size
    assert found.bias[1] > Z * found.error[1]
    assert found.bias[1] > found.bias[0]


def test_signs_of_the_other_schemes(near):
    """Strang makes bright wells leakier, midpoint tighter; neither shows anything at dt = 0.02."""
    strang, midpoint = near["k_b"]["strang"], near["k_b"]["midpoint"]
    for found in (strang, midpoint, near["k_v"]["strang"]):
        assert found.dt[0] == pytest.approx(0.02, rel=0.05)
        assert abs(found.bias[0]) < Z * found.error[0]
    assert strang.bias[1] > Z * strang.error[1]
    assert strang.bias[1] - midpoint.bias[1] > Z * math.hypot(strang.error[1], midpoint.error[1])


def test_step_bias_figure_draws_what_was_measured(near):
    panel = BiasPanel("point", {n: list(found.values()) for n, found in near.items()}, {})
    drawn = draw_step_bias([panel])
    rows = drawn.table.select(series="bias", rate="k_b", scheme="euler")
    assert [r[4:] for r in rows] == list(zip(*(getattr(near["k_b"]["euler"], a) for a in ("dt", "bias", "error")), strict=True))


def test_fit_returns_the_step_of_a_known_bias_with_honest_intervals():
    """Terms c dt^2 + d dt^4: 300 noisy sets, the 95 % interval holds the right step in 95 +- 5 (z = 4) of them."""
    rng = np.random.default_rng(3)
    dt, c, d = np.array([0.05, 0.07, 0.1, 0.15]), 5.0, 40.0
    exact = 5.0 * dt**2 + 40.0 * dt**4
    right = math.sqrt((-c + math.sqrt(c * c + 4.0 * d * 0.01)) / (2.0 * d))
    inside = 0
    for _ in range(300):
        found = fit_bias(MeasuredBias("strang", dt, exact + 0.005 * rng.normal(size=4), np.full(4, 0.005)))
        inside += found.lower < right < found.upper
    # the interval widens where the scatter exceeds the errors, so it covers more than 95 % rather than less
    assert 300 * 0.95 - 4 * math.sqrt(300 * 0.95 * 0.05) < inside
    clean = fit_bias(MeasuredBias("strang", dt, exact, np.full(4, 1e-4)))
    assert clean.step == pytest.approx(right, rel=1e-3)
    assert clean.at(0.07) == pytest.approx(exact[1])
    assert clean.resolved
    assert 2.0 < clean.power < 2.5


def test_fit_notices_the_wrong_order():
    dt = np.array([0.02, 0.05, 0.1, 0.15])
    linear = MeasuredBias("strang", dt, 2.0 * dt, np.full(4, 0.005))
    assert fit_bias(linear).chi_square > 30.0
    assert fit_bias(linear, orders=(1, 2)).chi_square < 1e-9
    assert fit_bias(linear).power == pytest.approx(1.0)


def test_fit_refuses_and_bounds():
    with pytest.raises(StatisticsError, match="two steps"):
        fit_bias(MeasuredBias("heun", np.array([0.1]), np.array([0.1]), np.array([0.1])))
    with pytest.raises(StatisticsError, match="scheme"):
        fit_bias(MeasuredBias("leapfrog", np.array([0.1, 0.2]), np.zeros(2), np.ones(2)))
    with pytest.raises(StatisticsError, match="> 0"):
        MeasuredBias("heun", np.array([0.1]), np.array([0.1]), np.array([0.0]))
    noise = fit_bias(MeasuredBias("heun", np.array([0.01, 0.02]), np.array([0.01, -0.01]), np.array([0.05, 0.05])))
    assert not noise.resolved


def test_the_gallery_has_the_sampled_figures():
    jobs = figure_jobs()["kerr_two_photon_drive"]
    for number in (4, 5, 7):
        assert jobs[number].sampled
        assert jobs[number].number == number
        assert jobs[number].seconds <= 120.0
