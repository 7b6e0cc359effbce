"""Figures of the Duffing oscillator's switching rates: what they must show, asserted on the numbers drawn."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from matplotlib.figure import Figure

from wellhop.analysis.figures.duffing_arrhenius import ARRHENIUS
from wellhop.analysis.figures.duffing_scans import DRIVE, TEMPERATURE
from wellhop.analysis.figures.job import DrawnFigure, FigureJob
from wellhop.engine.errors import ParameterError, PredictionError
from wellhop.jobs import figure_duffing_rates

#: Coarse settings, a second or two each.
COARSE: dict[int, tuple[FigureJob, dict[str, float]]] = {
    9: (ARRHENIUS, {"points": 3, "lam_min": 0.08, "lam_max": 0.12}),
    10: (TEMPERATURE, {"points": 3, "lam": 0.12, "n_max": 0.8}),
    11: (DRIVE, {"points": 3, "lam": 0.1, "beta_min": 0.024, "beta_max": 0.06}),
}


@pytest.fixture(scope="module")
def drawn() -> dict[int, DrawnFigure]:
    return {number: job.draw(job.options(given)) for number, (job, given) in COARSE.items()}


def test_every_job_says_what_it_is() -> None:
    assert [job.number for job in (ARRHENIUS, TEMPERATURE, DRIVE)] == [9, 10, 11]
    assert all(job.title and job.source and job.seconds <= 25.0 for job in (ARRHENIUS, TEMPERATURE, DRIVE))


@pytest.mark.parametrize("number", COARSE)
def test_texts_stay_on_the_page_and_apart(
    drawn: dict[int, DrawnFigure], number: int, texts_apart: Callable[[Figure], None]
) -> None:
    texts_apart(drawn[number].figure)


def test_slopes_stand_at_their_own_exponents(drawn: dict[int, DrawnFigure]) -> None:
    table = drawn[9].table
    for direction, quantum, classical in (("k_LH", 0.5108005845, 0.19844), ("k_HL", 0.3929254514, 0.42689)):
        for series, value in (("closed", quantum), ("keldysh", quantum), ("twa", classical)):
            (shown,) = table.numbers("value", series=f"exponent {series}", direction=direction)
            assert shown == pytest.approx(value, abs=6e-6)
        for generator, own in (("exact", quantum), ("twa", classical)):
            slopes = table.numbers("value", series=f"slope {generator}", direction=direction)
            assert len(slopes) == 2
            assert slopes[-1] == pytest.approx(own, rel=0.08)
            rates = table.numbers("value", series=f"rate {generator}", direction=direction)
            assert np.all(np.diff(rates) < 0.0)


def test_truncated_wigner_joins_with_temperature(drawn: dict[int, DrawnFigure]) -> None:
    table = drawn[10].table
    places = table.numbers("n_th", series="twa over exact", direction="k_LH")
    assert places == pytest.approx([0.0, 0.2, 0.8])
    for direction in ("k_LH", "k_HL"):
        off = np.abs(np.log(table.numbers("value", series="twa over exact", direction=direction)))
        assert off[-1] < 0.05
    # Negative control: cold, the escape out of LAS is half again too fast.
    assert table.numbers("value", series="twa over exact", direction="k_LH")[0] > 1.5
    assert np.all(np.diff(table.numbers("value", series="gap over next exact")) > 0.0)


def test_rates_cross_where_the_wells_weigh_the_same(drawn: dict[int, DrawnFigure]) -> None:
    table = drawn[11].table
    places = {}
    for generator in ("exact", "twa"):
        (place,) = table.numbers("beta", series=f"equal weight {generator}")
        (value,) = table.numbers("value", series=f"equal weight {generator}")
        places[generator] = place
        for direction, sign in (("k_LH", 1.0), ("k_HL", -1.0)):
            beta, rate = (
                table.numbers(c, series=f"rate {generator}", direction=direction) for c in ("beta", "value")
            )
            known = np.isfinite(rate)
            assert known.sum() >= 2
            assert np.all(sign * np.diff(rate[known]) > 0.0)
            # a straight line through the logarithms of a coarse grid
            line = np.interp(place, beta[known], np.log(rate[known]))
            assert line == pytest.approx(np.log(value), abs=0.5)
    (limit,) = table.numbers("beta", series="equal weight limit")
    assert limit == pytest.approx(0.05921, abs=1e-5)
    assert places["twa"] < places["exact"] < limit
    # k_HL of truncated Wigner is lost in the error of its split, and that is said
    gone = [
        np.isnan(table.numbers("value", series="rate twa", direction=way)).any() for way in ("k_LH", "k_HL")
    ]
    said = ["truncated-Wigner generator is drawn" in note for note in drawn[11].notes[1:]]
    assert len(said) == sum(
        np.isnan(table.numbers("value", series=f"rate {g}", direction=way)).any()
        for g in ("exact", "twa")
        for way in ("k_LH", "k_HL")
    )
    assert sum(said) == sum(gone)


def test_bad_settings_are_refused_before_any_trajectory(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object, **__: object) -> None:
        raise AssertionError("sampled")

    monkeypatch.setattr(figure_duffing_rates, "sample_duffing_rates", never)
    monkeypatch.setattr(figure_duffing_rates, "duffing_rates", never)
    arrhenius, temperature, drive = figure_duffing_rates.JOBS
    with pytest.raises(ParameterError, match="lam_min < lam_max"):
        arrhenius.draw(arrhenius.options({"lam_min": 0.1, "lam_max": 0.05}))
    with pytest.raises(ParameterError, match="beta_min < beta_max"):
        drive.draw(drive.options({"beta_min": 0.08, "beta_max": 0.05}))
    with pytest.raises(PredictionError, match="no bistability"):
        temperature.draw(temperature.options({"beta": 0.2}))


def test_bad_settings_are_refused() -> None:
    with pytest.raises(ParameterError, match="lam_min < lam_max"):
        ARRHENIUS.draw(ARRHENIUS.options({"lam_min": 0.2, "lam_max": 0.1}))
    with pytest.raises(PredictionError, match="no bistability"):
        ARRHENIUS.draw(ARRHENIUS.options({"beta": 0.2}))
    with pytest.raises(ParameterError, match="bistable range"):
        DRIVE.draw(DRIVE.options({"beta_max": 0.2}))
    with pytest.raises(ParameterError, match="one of "):
        TEMPERATURE.options({"kappa": 1.0})
