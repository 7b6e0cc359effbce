"""What ``wellhop report`` prints and ``wellhop trajectory`` draws: units, limits and unfinished runs."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import pytest

from wellhop.analysis.figures.captions import CAPTIONS
from wellhop.analysis.figures.checks import estimator
from wellhop.analysis.rates import rate_from_counts
from wellhop.jobs.findings import UNFINISHED, pull_table
from wellhop.jobs.showcase import draw


def with_kerr(result, K):
    """The same campaign in another unit: every point gets a Kerr constant."""
    points = tuple(replace(p, parameters={**p.parameters, "K": K}) for p in result.points)
    return replace(result, points=points, unit="K")


def test_rates_and_parameters_are_divided_by_the_unit(full):
    one, two = (pull_table(with_kerr(full, K)).splitlines() for K in (1.0, 2.0))
    head = one[0].split()
    assert head[:6] == ["eps2/K", "kappa/K", "n_th", "Gamma/K", "error", "switches"]
    assert two[0].split() == head
    for number, point in enumerate(full.points, start=1):
        first, second = one[number].split(), two[number].split()
        assert float(second[0]) == pytest.approx(point.parameters["eps2"] / 2.0)
        assert float(second[2]) == point.parameters["n_th"]
        assert float(second[3]) == pytest.approx(point.measurement.decay_rate.value / 2.0, rel=1e-4)
        # Everything without a dimension stays: error, switches, pulls, verdict.
        assert [first[c] for c in (4, 5, 6, 8, 10, 11)] == [second[c] for c in (4, 5, 6, 8, 10, 11)]
        assert float(second[7]) == pytest.approx(float(first[7]) / 2.0, rel=1e-4)
        assert float(second[9]) == pytest.approx(float(first[9]) / 2.0, rel=1e-4)


def test_a_point_without_switches_shows_a_limit(full):
    none = replace(rate_from_counts(0, 100.0), quantity="decay_rate")
    rate = full.points[0].prediction("liouvillian").value
    assert none.value == 0.0
    point = full.points[0]
    # The prediction expects a third of a switch in that time: nothing speaks against it.
    predictions = tuple(replace(p, value=p.value / rate / 300.0) for p in point.predictions)
    silent = replace(point, measurement=replace(point.measurement, decay_rate=none), predictions=predictions)
    text = pull_table(replace(with_kerr(replace(full, points=(silent,)), 2.0)))
    row = text.splitlines()[1]
    assert f"< {none.upper / 2.0:.4e}" in row
    assert row.endswith("no switches")
    assert "inf" not in text
    assert "nan" not in text
    assert "measured/predicted" not in text


def test_kinds_of_warnings_are_named_below_the_table(full):
    """Their words are on the page; a reader of the terminal has to know that they are there."""
    clean = [replace(p, measurement=replace(p.measurement, warnings=())) for p in full.points]
    assert "! " not in pull_table(replace(full, points=tuple(clean)))
    for k in (0, 2):
        clean[k] = replace(
            clean[k], measurement=replace(clean[k].measurement, warnings=("truncation: population 1 there",))
        )
    last = pull_table(replace(full, points=tuple(clean))).splitlines()[-1]
    assert last == f"! truncation at 2 of {len(clean)} points (0, 2): see the warnings on the page"


def test_a_rate_that_fell_back_is_not_called_an_autocorrelation(full):
    measurement = full.points[0].measurement
    assert estimator(measurement, "autocorrelation") is measurement.decay_rate
    fallen = replace(measurement, decay_rate=replace(rate_from_counts(9, 100.0), quantity="decay_rate"))
    assert estimator(fallen, "autocorrelation") is None
    points = (replace(full.points[0], measurement=fallen), *full.points[1:])
    assert "resolved nothing" not in CAPTIONS["staircase"](full)
    assert "At 1 of them by residence times" in CAPTIONS["staircase"](replace(full, points=points))


def test_an_unfinished_run_says_so_first(full):
    halfway = replace(full, provenance={"campaign": f"demo, {UNFINISHED} are shown"})
    assert pull_table(halfway).splitlines()[0] == UNFINISHED
    assert UNFINISHED not in pull_table(full)


@pytest.mark.parametrize("unravelling", ["displaced", "counting", "both"])
def test_times_drawn_are_in_the_unit_of_the_axis(tmp_path: Path, unravelling: str):
    """Duration 20 with K = 2 is 40/K."""
    parameters = {"eps2": 4.0, "kappa": 0.2, "n_th": 0.1, "K": 2.0}
    out = tmp_path / "t.svg"
    draw("kerr_cat_staircase", parameters, out=out, duration=20.0, seed=3, unravelling=unravelling)
    with out.with_suffix(".csv").open() as file:
        rows = list(csv.reader(line for line in file if not line.startswith("#")))
    column = rows[0].index("time [1/K]")
    times = [float(row[column]) for row in rows[1:]]
    assert min(times) == 0.0
    assert max(times) == pytest.approx(40.0)
