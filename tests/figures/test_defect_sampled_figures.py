"""Figures 2, 5, 8, 9 and 10 of the driven qubit with a defect: what they must show, on the numbers drawn."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from matplotlib.figure import Figure

from wellhop.analysis.figures import defect_reduction
from wellhop.analysis.figures.job import DrawnFigure
from wellhop.engine.errors import CutoffError, ParameterError
from wellhop.jobs import figure_defect_calibration, figure_defect_own, figure_defect_relaxation

#: Two-sided false alarm of 1e-8.
Z = 5.731


@pytest.fixture(scope="module", name="relaxation")
def relaxation_fixture() -> DrawnFigure:
    job = figure_defect_relaxation.FIG_5
    return job.draw(job.options({"langevin": 500, "jumps": 20, "full": 60, "points": 51}, seed=1))


@pytest.fixture(scope="module", name="phases")
def phases_fixture() -> DrawnFigure:
    job = figure_defect_relaxation.FIG_2
    return job.draw(job.options({"langevin": 1000, "jumps": 0, "full": 0, "points": 36}, seed=1))


@pytest.fixture(scope="module", name="calibration")
def calibration_fixture() -> DrawnFigure:
    job = figure_defect_calibration.JOB
    return job.draw(job.options({"langevin": 3000, "jumps": 100, "full": 100}, seed=2))


@pytest.fixture(scope="module", name="reduction")
def reduction_fixture() -> DrawnFigure:
    job = defect_reduction.JOB
    with pytest.MonkeyPatch.context() as patch:
        # the smallest couplings take most of the time
        patch.setattr(defect_reduction, "RATIOS", (0.08, 0.8))
        return job.draw(job.options({"points": 3, "drives": 3, "strong_cutoff": 36}))


def test_jobs_are_complete() -> None:
    jobs = (
        figure_defect_relaxation.FIG_2,
        figure_defect_relaxation.FIG_5,
        defect_reduction.JOB,
        figure_defect_calibration.JOB,
        figure_defect_own.JOB,
    )
    assert [job.number for job in jobs] == [2, 5, 8, 9, 10]
    assert [job.sampled for job in jobs] == [True, True, False, True, True]
    assert all(job.title and job.source and job.seconds <= 25.0 for job in jobs)


@pytest.mark.parametrize("name", ["relaxation", "phases", "calibration", "reduction"])
def test_texts_are_apart(
    name: str, request: pytest.FixtureRequest, texts_apart: Callable[[Figure], None]
) -> None:
    texts_apart(request.getfixturevalue(name).figure)


def test_collapse_is_drawn(phases: DrawnFigure, relaxation: DrawnFigure) -> None:
    """Fig. 2(b) collapses at 1.137 us, 5(a) at 1.868 us, 2(c) and 5(b) do not; without drive nothing comes back."""
    for drawn, panel, time, least in (
        (phases, "2(b)", 1.137, 0.05),
        (relaxation, "5(a)", 1.868, 0.05),
        (phases, "2(c)", 1.202, None),
        (relaxation, "5(b)", 3.83, None),
    ):
        times = drawn.table.numbers("time [us]", series="reduced", panel=panel)
        size = drawn.table.numbers("abs mu", series="reduced", panel=panel)
        lowest = int(np.argmin(size))
        assert abs(times[lowest] - time) <= 0.1
        assert (size[lowest] < least) if least else (size[lowest] > 0.3)
    free = phases.table.numbers("abs mu", series="no drive", panel="2(a)")
    times = phases.table.numbers("time [us]", series="no drive", panel="2(a)")
    np.testing.assert_allclose(free, np.exp(-0.993291 * times), rtol=1e-5)


def test_trajectories_lie_on_their_own_model(relaxation: DrawnFigure, phases: DrawnFigure) -> None:
    for drawn in (relaxation, phases):
        for part in ("Re pull", "Im pull"):
            for series in ("langevin", "full jumps"):
                pulls = drawn.table.numbers(part, series=series)
                assert np.abs(pulls[np.isfinite(pulls)]).max(initial=0.0) < Z
    table = relaxation.table
    # a cold coherent state has no jumps that show, and no error
    assert np.isnan(table.numbers("Re pull", series="jumps")).all()
    assert (table.numbers("lower", series="jumps") == table.numbers("upper", series="jumps")).all()
    for series in ("langevin", "full jumps"):
        value, low, high = (table.numbers(c, series=series) for c in ("abs mu", "lower", "upper"))
        assert ((low <= value) & (value <= high)).all()
    # control: the jumps of the full model are not on the reduced curve at early times
    early = table.numbers("time [us]", series="full jumps", panel="5(a)") < 1.0
    curve = table.numbers("time [us]", series="reduced", panel="5(a)")
    for column in ("Re mu", "Im mu"):
        sampled = table.numbers(column, series="full jumps", panel="5(a)")[early]
        reduced = np.interp(
            table.numbers("time [us]", series="full jumps", panel="5(a)")[early],
            curve,
            table.numbers(column, series="reduced", panel="5(a)"),
        )
        error = table.numbers(column.replace("mu", "error"), series="full jumps", panel="5(a)")[early]
        assert (np.abs(sampled - reduced) / error).max() > Z


def test_amplifying_panel_and_the_limitation(phases: DrawnFigure) -> None:
    full = phases.table.numbers("abs mu", series="full", panel="2(d)")
    reduced = phases.table.numbers("abs mu", series="reduced", panel="2(d)")
    assert full[-1] > 1.9 * reduced[-1]
    assert reduced[-1] == pytest.approx(1.351, abs=1e-3)
    assert any("qualitatively wrong" in note and "transmon" in note for note in phases.notes)
    assert any("qualitatively wrong" in text.get_text() for text in phases.figure.texts)


def test_warm_relaxation_has_jumps_with_errors() -> None:
    panel = figure_defect_relaxation.relaxation_panel("2(b)", 150.0, langevin=0, jumps=60, full=0, seed=3)
    assert list(panel.sampled) == ["jumps"]
    assert (panel.sampled["jumps"].real_error > 0.0).all()
    assert panel.cutoff > 14


def test_calibration_figure(calibration: DrawnFigure) -> None:
    table = calibration.table
    pulls = table.numbers("pull", series="pull")
    known = pulls[np.isfinite(pulls)]
    assert 100 < known.size < 175
    # means of 100 trajectories: the t distribution reaches 1e-8 at 6.4
    assert np.abs(known).max() < 6.4
    ordered = table.numbers("pull", series="quantile")
    # each degree of freedom once: displaced jumps have one in Re mu and Im mu
    assert 0 < known.size - ordered.size <= 5
    assert set(ordered) <= set(known)
    carried = table.numbers("carried by", series="pull")
    assert (carried[np.isfinite(pulls)] >= 20.0).all()
    assert any("10 mK: no spread" in text.get_text() for ax in calibration.figure.axes for text in ax.texts)
    assert any("one pull, drawn twice" in text.get_text() for text in calibration.figure.texts)
    assert table.numbers("p value", series="KS").min() > 1e-8
    sampled, exact = (table.numbers(c, series="radius") for c in ("value", "exact"))
    assert np.abs(sampled - exact).max() < 3.1 / math.sqrt(3000.0)
    rows = table.select(series="all together")
    assert len(rows) == 12


def test_reduction_figure(reduction: DrawnFigure) -> None:
    table = reduction.table
    for panel in ("a", "b"):
        ratios = table.numbers("g/gamma_c", series="reduced", panel=panel)
        errors = table.numbers("error or abs mu", series="reduced", panel=panel)
        slope = np.log(errors[1] / errors[0]) / np.log(ratios[1] / ratios[0])
        assert 1.7 < slope < 2.2
    late = {
        name: table.numbers("error or abs mu", series=name, panel="b")[0]
        for name in ("reduced", "second order", "linear response")
    }
    assert late["linear response"] < late["second order"] < late["reduced"]
    full, reduced = (table.numbers("error or abs mu", series=name, panel="c") for name in ("full", "reduced"))
    # both start alike and end apart
    assert full[0] == pytest.approx(reduced[0], rel=0.15)
    assert full[-1] > 1.9 * reduced[-1]
    linear = table.numbers("error or abs mu", series="linear response", panel="d")
    assert linear[0] < 2e-3 < 0.05 < linear[-1]
    assert any("transmon" in note for note in reduction.notes)
    assert any("the defect is filled to" in text.get_text() for text in reduction.figure.texts)


def test_settings_are_checked() -> None:
    with pytest.raises(ParameterError, match="langevin"):
        figure_defect_calibration.JOB.options({"langevin": 10})
    with pytest.raises(ParameterError, match="strongest"):
        defect_reduction.JOB.options({"strongest": 1.0})
    with pytest.raises(ParameterError, match="T"):
        figure_defect_relaxation.FIG_2.options({"T": 0.0})


def test_parameters_of_ones_own(texts_apart: Callable[[Figure], None]) -> None:
    """One panel; collapse of the reduced model where ``predict`` has it, both models apart by a tenth; too far is refused."""
    job = figure_defect_own.JOB
    given = {"Delta_d": -0.5, "Omega": 0.15, "langevin": 500, "jumps": 0, "full": 0, "points": 101, "span": 3.0}
    drawn = job.draw(job.options(given, seed=1))
    texts_apart(drawn.figure)
    assert len(drawn.figure.axes) == 1
    times, reduced = (drawn.table.numbers(name, series="reduced") for name in ("time [us]", "abs mu"))
    assert times[int(np.argmin(reduced))] == pytest.approx(0.89, abs=0.03)
    full = drawn.table.numbers("abs mu", series="full")
    assert 0.05 < np.abs(full - reduced).max() < 0.15
    pulls = np.abs(np.concatenate([drawn.table.numbers(f"{part} pull", series="langevin") for part in ("Re", "Im")]))
    assert pulls.max() < Z
    with pytest.raises(CutoffError, match="use a weaker drive"):
        job.draw(job.options({**given, "Omega": 5.0}))
