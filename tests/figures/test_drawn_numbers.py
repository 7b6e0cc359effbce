"""The numbers a figure returns are the numbers it was given; nothing is asserted on pixels."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from wellhop.analysis.comparison import compare
from wellhop.analysis.estimate import RateEstimate
from wellhop.analysis.figures.checks import draw_checks
from wellhop.analysis.figures.clicks import draw_clicks
from wellhop.analysis.figures.drawn import DrawnTable
from wellhop.analysis.figures.residence import draw_residence, residence_histogram
from wellhop.analysis.figures.staircase import draw_staircase, reference_name
from wellhop.analysis.figures.survival import draw_fit_survival, draw_survival
from wellhop.analysis.figures.trajectory import draw_trajectories, draw_trajectory, trace_of
from wellhop.analysis.rates import exponential_rate
from wellhop.analysis.survival import kaplan_meier
from wellhop.engine.errors import ParameterError


def lines_of(axes):
    """Every line of an axes as (x, y) arrays."""
    return [
        (np.asarray(x, float), np.asarray(y, float))
        for x, y in (line.get_data() for line in axes.get_lines())
    ]


def test_staircase_draws_every_measured_rate_with_its_interval(full):
    figure, table = draw_staircase(full)
    measured = [(m.decay_rate.value, m.decay_rate.lower, m.decay_rate.upper) for _, m in full.measured()]
    rows = table.select(series="measured")
    assert [row[4:7] for row in rows] == measured
    assert list(table.numbers("eps2 [K]", series="measured")) == [p.parameters["eps2"] for p in full.points]
    drawn = [(x[0], y[0]) for x, y in lines_of(figure.axes[0]) if len(x) == 1]
    for point, (value, _, _) in zip(full.points, measured, strict=True):
        assert (point.parameters["eps2"], value) in drawn


def test_staircase_residuals_are_the_pulls(full):
    _, table = draw_staircase(full)
    assert reference_name(full) == "liouvillian"
    expected = [compare(m.decay_rate, p.prediction("liouvillian").value).pull for p, m in full.measured()]
    assert list(table.numbers("residual [sigma]", series="residual")) == expected


def test_staircase_draws_curves_and_critical_drives(full):
    _, table = draw_staircase(full)
    exact = np.concatenate([c.value for c in full.curves if c.name == "liouvillian"])
    np.testing.assert_array_equal(table.numbers("decay_rate [K]", series="liouvillian"), exact)
    marks = table.select(series="critical drive")
    assert [(row[1], row[-1]) for row in marks] == [(5.3, 1), (8.6, 2)] * 2
    # Each mark stands on the exact curve of its own family.
    curve = full.curves[0]
    assert marks[0][4] == pytest.approx(np.interp(5.3, curve.sweep, curve.value), rel=1e-3)


def test_rates_and_drives_are_drawn_in_units_of_K(make_point, make_campaign):
    point = make_point(0, 4.0, (("kappa", 0.1), ("n_th", 0.02)))
    doubled = replace(point, parameters={"eps2": 8.0, "kappa": 0.2, "n_th": 0.02, "K": 2.0})
    result = make_campaign([doubled], curves=(), critical_drives=())
    _, table = draw_staircase(result)
    (row,) = table.select(series="measured")
    assert row[:5] == ("measured", 4.0, 0.1, 0.02, point.measurement.decay_rate.value / 2.0)
    _, survival = draw_survival(result)
    curve = point.measurement.survival
    np.testing.assert_array_equal(survival.numbers("time [1/K]"), curve.times * 2.0)
    _, clicks = draw_clicks(result)
    total = sum(e.value for e in point.measurement.click_rates.values())
    assert clicks.numbers("click_rate [K]", series="displaced") == pytest.approx([total / 2.0])


def test_a_point_without_a_switch_is_an_upper_limit(make_point, make_campaign):
    point = make_point(0, 4.0, (("kappa", 0.1), ("n_th", 0.02)))
    none = RateEstimate("decay_rate", "demo", 0.0, 0.0, 3e-4, math.inf, 0.95)
    quiet = replace(point, measurement=replace(point.measurement, decay_rate=none, survival=None))
    _, table = draw_staircase(make_campaign([quiet]))
    assert table.select(series="measured") == []
    assert table.numbers("upper", series="upper limit") == pytest.approx([3e-4])


def test_histogram_without_censoring_is_the_normalised_histogram():
    times = np.random.default_rng(5).exponential(100.0, 500)
    histogram = residence_histogram(kaplan_meier(times), 0.01)
    counts, _ = np.histogram(times, histogram.edges)
    np.testing.assert_array_equal(histogram.counts, counts)
    np.testing.assert_allclose(
        histogram.density, counts / 500 / np.diff(histogram.edges), rtol=1e-9, atol=1e-15
    )
    assert np.all(histogram.lower <= histogram.density)
    assert np.all(histogram.density <= histogram.upper)


def test_histogram_of_cut_off_residences_follows_the_law_and_the_bare_one_does_not():
    """Residences cut off at a random time: chi-square against the exponential, false alarm < 1e-8."""
    rng = np.random.default_rng(6)
    times, ends = rng.exponential(100.0, 4000), rng.uniform(0.0, 150.0, 4000)
    seen, switched = np.minimum(times, ends), times < ends
    histogram = residence_histogram(kaplan_meier(seen, switched), 0.01)
    law = -np.diff(np.exp(-0.01 * histogram.edges)) / np.diff(histogram.edges)
    full = histogram.counts >= 20
    pulls = (histogram.density / law - 1.0)[full] * np.sqrt(histogram.counts[full])
    # chi-square with about 18 degrees of freedom exceeds 80 with probability below 1e-9; the errors of a
    # Kaplan-Meier difference are a little larger than Poisson, hence the margin to 120.
    assert float(pulls @ pulls) < 120.0
    bare = np.histogram(seen[switched], histogram.edges, density=True)[0]
    wrong = (bare / law - 1.0)[full] * np.sqrt(histogram.counts[full])
    assert float(wrong @ wrong) > 400.0


def test_residence_panels_span_the_rates_and_carry_the_fit(full):
    figure, table = draw_residence(full, most=4)
    assert len(figure.axes) == 4
    shown = list(dict.fromkeys(row[0] for row in table.rows))
    rates = [full.points[int(name.split()[1])].measurement.escape_rate.value for name in shown]
    assert rates == sorted(rates, reverse=True)
    every = [m.escape_rate.value for _, m in full.measured()]
    assert (rates[0], rates[-1]) == (max(every), min(every))
    start, end = (table.numbers(name, series=shown[0]) for name in ("bin_start [1/K]", "bin_end [1/K]"))
    mean = -np.diff(np.exp(-rates[0] * np.append(start, end[-1]))) / (end - start)
    np.testing.assert_allclose(table.numbers("fitted_exponential [K]", series=shown[0]), mean, rtol=1e-12)


def test_survival_holds_every_step_against_gamma_t(full):
    figure, table = draw_survival(full)
    for point, measurement in full.measured():
        name, curve = f"point {point.index}", measurement.survival
        np.testing.assert_array_equal(table.numbers("survival", series=name), curve.survival)
        np.testing.assert_array_equal(table.numbers("lower", series=name), curve.lower)
        scaled = table.numbers("decay_rate x time", series=name)
        np.testing.assert_allclose(scaled, curve.times * measurement.decay_rate.value, rtol=1e-12)
        np.testing.assert_allclose(table.numbers("exponential", series=name), np.exp(-scaled / 2), rtol=1e-12)
    assert figure.axes[0].get_yscale() == "log"


def test_survival_of_a_users_times():
    times = np.random.default_rng(3).exponential(2.0, 60)
    curve, rate = kaplan_meier(times), exponential_rate(times).value
    _, table = draw_fit_survival([("cold", curve, rate), ("warm", curve, 2 * rate)], time_unit="us")
    np.testing.assert_array_equal(table.numbers("time [us]", series="cold"), curve.times)
    np.testing.assert_allclose(table.numbers("escape_rate x time", series="warm"), 2 * rate * curve.times)


def test_trajectories_hold_every_sample_and_switch(full):
    figure, table = draw_trajectories(full)
    point = next(p for p in full.points if p.traces)
    displaced, counting = point.traces
    rows = [row for row in table.rows if row[2:5] == (4.0, 0.1, 0.02)]
    assert [row[6] for row in rows if row[0] == displaced.label] == list(displaced.order_parameter)
    switches = [(row[5], row[7]) for row in rows if row[0] == f"{displaced.label} switch"]
    times, targets = displaced.switch_times.tolist(), displaced.switch_targets.tolist()
    assert switches == list(zip(times, targets, strict=True))
    assert len(figure.axes) == 4
    # Counting never learns the well, so it gets no labels; both panels of a point show the same stretch.
    assert len(counting.switch_times) == 0
    assert figure.axes[0].get_xlim() == figure.axes[1].get_xlim()


def test_a_single_trajectory_shows_observables_and_clicks(full):
    trace = next(p for p in full.points if p.traces).traces[0]
    figure, table = draw_trajectory(trace, unit="K")
    assert [axes.get_ylabel() for axes in figure.axes[:2]] == [r"$\langle X\rangle$", "$P_0$"]
    np.testing.assert_array_equal(table.numbers("value", series="P_0"), trace.observables["P_0"])
    np.testing.assert_array_equal(table.numbers("time [1/K]", series="click in channel"), trace.click_times)
    assert len(figure.axes) == 3


def test_a_trace_keeps_the_label_in_force_at_its_start(make_point):
    trace = make_point(0, 4.0, (("kappa", 0.1), ("n_th", 0.02)), traces=True, trajectories=4).traces[0]
    assert trace.switch_times[0] == 0.0
    assert np.all(np.diff(trace.switch_times) > 0)
    assert np.all(trace.switch_targets[1:] != trace.switch_targets[:-1])


def test_thinning_keeps_samples_and_never_averages(full):
    from wellhop.engine.records import CLICK_DTYPE, SWITCH_DTYPE, EndState, TrajectoryRecord

    samples = np.arange(1000.0)[:, None]
    none = np.zeros(1, dtype=np.int64)
    record = TrajectoryRecord(
        0,
        EndState.DONE,
        "",
        999.0,
        0,
        none,
        0,
        samples,
        np.empty(0, SWITCH_DTYPE),
        np.empty(0, CLICK_DTYPE),
        0.0,
    )
    names = {"label": "a", "unravelling": "displaced", "sample_interval": 1.0, "observable_names": ("X",)}
    trace = trace_of(record, start=100.0, stop=899.0, most=100, **names)
    assert len(trace.times) == 100
    np.testing.assert_array_equal(trace.times, trace.order_parameter)
    assert trace.times[0] == 100.0


def test_click_rates_and_their_ratio(full):
    _, table = draw_clicks(full)
    for row, point in enumerate(full.points):
        displaced = sum(e.value for e in point.measurement.click_rates.values())
        counted = sum(e.value for e in point.counting.click_rates.values())
        assert table.numbers("click_rate [K]", series="displaced")[row] == displaced
        assert table.numbers("click_rate [K]", series="counting")[row] == counted
        assert table.numbers("counting / displaced", series="ratio")[row] == counted / displaced
    loss = [p.measurement.click_rates["loss"].value for p in full.points]
    assert list(table.numbers("click_rate [K]", series="displaced loss")) == loss


def test_checks_hold_scans_relative_to_the_exact_rate(full):
    figure, table = draw_checks(full)
    assert len(figure.axes) == 5
    first = full.points[0]
    exact = first.prediction("liouvillian").value
    scan = first.measurement.core_scan
    rows = [row for row in table.select(series="core threshold") if row[1] == 2.0 and row[2] == 0.1]
    assert [row[4] for row in rows] == [setting for setting, _ in scan] == [0.9, 0.95, 0.99, 0.995]
    assert [row[5] for row in rows] == [e.value / exact - 1.0 for _, e in scan]
    manifolds = [c.relative_difference for p in full.points for c in p.truncation if c.kind == "manifolds"]
    assert list(table.numbers("ratio - 1", series="manifolds")) == manifolds
    for name in ("autocorrelation", "residence"):
        assert len(table.select(series=f"estimator: {name}")) == len(full.points)


def test_drawn_table_refuses_rows_that_do_not_fit():
    table = DrawnTable(("series", "x"))
    with pytest.raises(ParameterError, match="2 cells"):
        table.add("a", 1.0, 2.0)
    with pytest.raises(ParameterError, match="one common length"):
        DrawnTable(("series", "x", "y")).add_series("a", [1.0], [1.0, 2.0])
    with pytest.raises(ParameterError, match="a number, a text"):
        table.add("a", [1.0])
