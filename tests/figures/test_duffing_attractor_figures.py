"""Figures 5, 7 and 8 of the Duffing oscillator: temperature and light at the attractors, on the numbers drawn."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from matplotlib.figure import Figure

from wellhop.analysis.figures.duffing_temperature import (
    BALANCE,
    BOSE,
    DEPHASED,
    JUMPS,
    LANGEVIN,
    MASTER,
    OCCUPATION,
    PRINTED,
    RATIO,
)
from wellhop.analysis.figures.job import DrawnFigure
from wellhop.engine.errors import ParameterError, PredictionError, StatisticsError
from wellhop.jobs import figure_duffing_emission
from wellhop.jobs.figure_duffing_temperature import BATH, DEPHASING

JOBS = {job.number: job for job in (BATH, DEPHASING, figure_duffing_emission.JOB)}
CHEAP: dict[int, dict[str, float]] = {
    5: {"points": 3, "sampled": 2, "trajectories": 32, "n_max": 0.2, "khat": 0.02},
    7: {"points": 3, "khat_min": 0.05, "khat_max": 0.3, "frequencies": 21, "starts": 32},
    8: {"points": 3, "sampled": 2, "trajectories": 64},
}
#: Pulls of a sample this small: Student's t with 31 degrees of freedom exceeds 8 with a chance of 5e-9.
Z = 8.0


@pytest.fixture(scope="module")
def drawn() -> dict[int, DrawnFigure]:
    return {number: job.draw(job.options(CHEAP[number], seed=3)) for number, job in JOBS.items()}


@pytest.mark.parametrize("number", CHEAP)
def test_texts_stay_on_the_page_and_apart(
    drawn: dict[int, DrawnFigure], number: int, texts_apart: Callable[[Figure], None]
) -> None:
    assert JOBS[number].sampled
    assert JOBS[number].source
    texts_apart(drawn[number].figure)


def test_ratios_of_every_theory_and_measured(drawn: dict[int, DrawnFigure]) -> None:
    table = drawn[5].table
    for attractor in ("LAS", "HAS"):
        exact = table.numbers(RATIO, series=MASTER.label, attractor=attractor)
        assert np.all(np.diff(exact) < 0.0)
        for theory, near in ((BALANCE, 2e-3), (BOSE, 0.06)):
            np.testing.assert_allclose(
                table.numbers(RATIO, series=theory.label, attractor=attractor), exact, rtol=near
            )
    assert table.numbers(RATIO, series=BOSE.label, attractor="LAS")[0] == pytest.approx(6.740, abs=2e-3)
    # squeezing keeps HAS warm at n_th = 0
    cold = {a: table.numbers(RATIO, series=MASTER.label, attractor=a)[0] for a in ("LAS", "HAS")}
    assert cold["LAS"] > 5.0 * cold["HAS"]
    jumps = table.select(series=JUMPS.label)
    assert len(jumps) == 4
    warm = table.numbers("pull", series=JUMPS.label, n_th=0.2)
    cold_pull = table.numbers("pull", series=JUMPS.label, attractor="HAS", n_th=0.0)
    assert np.abs(np.concatenate([warm, cold_pull])).max() < Z
    assert len(table.select(series=LANGEVIN.label)) == 2


def test_slope_has_the_factor_two(drawn: dict[int, DrawnFigure]) -> None:
    table = drawn[8].table
    shares = table.numbers("eta/kappa", series=MASTER.label, attractor="HAS")
    slopes = {}
    for theory in (MASTER, DEPHASED, PRINTED):
        for attractor in ("LAS", "HAS"):
            values = table.numbers(OCCUPATION, series=theory.label, attractor=attractor)
            slopes[theory.label, attractor] = float((values[-1] - values[0]) / (shares[-1] - shares[0]))
    assert slopes[MASTER.label, "HAS"] == pytest.approx(21.46, rel=2e-3)
    assert slopes[MASTER.label, "LAS"] == pytest.approx(4.50, rel=2e-3)
    assert slopes[DEPHASED.label, "HAS"] == pytest.approx(2.0 * slopes[PRINTED.label, "HAS"])
    pulls = table.numbers("pull", series=JUMPS.label, attractor="HAS")
    assert np.abs(pulls).max() < Z
    assert table.numbers("pull", series=JUMPS.label, attractor="LAS").size == 2


def test_peaks_lie_below_every_order_and_spectrum_has_two(drawn: dict[int, DrawnFigure]) -> None:
    table = drawn[7].table
    # khat = 0.3 has no HAS, and 0.175 is drawn
    assert table.numbers("khat", series="peak").tolist() == pytest.approx([0.05, 0.175])
    assert "1 values of khat left out" in drawn[7].notes[1]
    peak = table.numbers("omega [dw]", series="peak")
    assert peak[0] == pytest.approx(0.7081, abs=6e-5)
    for series in ("order 0", "order 2", "order 4", "exact 0"):
        assert np.all(table.numbers("omega [dw]", series=series) > peak)
    omega, values = (table.numbers(c, series="spectrum") for c in ("omega [dw]", "S [1/dw]"))
    np.testing.assert_allclose(values, values[::-1], rtol=1e-3)
    assert abs(abs(omega[values.argmax()]) - 0.6585) < 0.12
    assert np.abs(table.numbers("pull", series="jumps")).max() < Z


def test_without_trajectories_and_refusals() -> None:
    few = {"points": 2, "trajectories": 0}
    for chosen, given in ((BATH, {**few, "n_max": 0.05}), (DEPHASING, few)):
        assert not chosen.draw(chosen.options(given)).table.select(series=JUMPS.label)
    job = figure_duffing_emission.JOB
    bare = job.draw(job.options({"points": 2, "frequencies": 11, "starts": 0, "khat_max": 0.05}))
    assert not bare.table.select(series="jumps")
    with pytest.raises(ParameterError, match="khat_min < khat_max"):
        job.draw(job.options({"khat_min": 0.1, "khat_max": 0.05}))
    # hot and large: Langevin trajectories leave the well, and the settings that help are named
    hot = {
        "lam": 0.06,
        "beta": 0.053868,
        "khat": 0.1,
        "points": 2,
        "sampled": 2,
        "trajectories": 16,
        "n_max": 0.3,
    }
    with pytest.raises(
        StatisticsError, match=r"use a smaller lam, khat or n_th; settings of this figure: lam, khat, n_max"
    ):
        BATH.draw(BATH.options(hot))
    with pytest.raises(PredictionError, match=r"does not hold it; .* settings of this figure: lam, khat, n_max"):
        BATH.draw(BATH.options({**hot, "n_max": 1.0}))
    with pytest.raises(PredictionError, match="no bistability"):
        BATH.draw(BATH.options({"beta": 0.01, "khat": 0.15, **few}))
