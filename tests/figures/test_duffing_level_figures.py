"""Figures of the levels and populations at the large orbit: what they must show, asserted on the numbers drawn."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from matplotlib.figure import Figure

from wellhop.analysis.figures.duffing_levels import DISPLACEMENT, LEVEL_SPACINGS
from wellhop.analysis.figures.duffing_populations import EFFECTIVE_OCCUPATION, POPULATIONS
from wellhop.analysis.figures.job import DrawnFigure
from wellhop.engine.errors import ParameterError

JOBS = {job.number: job for job in (LEVEL_SPACINGS, DISPLACEMENT, POPULATIONS, EFFECTIVE_OCCUPATION)}


@pytest.fixture(scope="module")
def drawn() -> dict[int, DrawnFigure]:
    return {number: job.draw(job.options()) for number, job in JOBS.items()}


@pytest.mark.parametrize("number", JOBS)
def test_texts_stay_on_the_page_and_apart(
    drawn: dict[int, DrawnFigure], number: int, texts_apart: Callable[[Figure], None]
) -> None:
    assert JOBS[number].title
    assert JOBS[number].source
    texts_apart(drawn[number].figure)


def test_spacings_fall_and_each_order_is_nearer(drawn: dict[int, DrawnFigure]) -> None:
    table = drawn[2].table
    exact = table.numbers("dE [dw]", series="exact")
    assert len(exact) == 26
    assert exact[0] == pytest.approx(0.737494, abs=1e-6)
    assert np.all(np.diff(exact) < 0.0)
    assert np.ptp(table.numbers("dE [dw]", series="order 0")) < 1e-13
    errors = [table.numbers("error", series=f"order {order}") for order in (0, 2, 4)]
    assert np.all(errors[1] < errors[0])
    assert np.all(errors[2] < errors[1])
    assert errors[2][-1] < 0.01


def test_displacement_shrinks_and_third_order_follows(drawn: dict[int, DrawnFigure]) -> None:
    table = drawn[3].table
    exact = table.numbers("<n|a|n>", series="exact")
    assert exact[[0, 9]] == pytest.approx([6.067093, 4.603626], abs=1e-6)
    assert np.ptp(table.numbers("<n|a|n>", series="order 0")) == 0.0
    first, third = (table.numbers("error", series=f"order {order}") for order in (1, 3))
    assert np.all(third < 0.05 * first)


def test_populations_and_their_errors(drawn: dict[int, DrawnFigure]) -> None:
    table = drawn[4].table
    for n_th, ground in ((0.0, 0.687602), (0.5, 0.411929)):
        p = table.numbers("p", series="exact", n_th=n_th)
        assert len(p) == 25
        assert p[0] == pytest.approx(ground, abs=2e-6)
        assert np.all(np.diff(p) < 0.0)
        errors = [table.numbers("relative error", series=f"order {order}", n_th=n_th) for order in (0, 2, 4)]
        assert max(e.max() for e in errors) < 1.0
        assert errors[2][-1] < errors[1][-1] < errors[0][-1]


def test_effective_occupation_bends_with_the_level(drawn: dict[int, DrawnFigure]) -> None:
    table = drawn[6].table
    for n_th, sign, values in ((0.0, -1.0, (0.454681, 0.449511)), (0.5, 1.0, (1.416088, 1.475299))):
        exact = table.numbers("N_eff", series="exact", n_th=n_th)
        assert exact[[0, 7]] == pytest.approx(values, abs=2e-6)
        # No kink where the ladder drawn ends.
        assert np.all(sign * np.diff(exact) > 0.0)
        for order in (2, 4):
            assert np.all(sign * np.diff(table.numbers("N_eff", series=f"order {order}", n_th=n_th)) > 0.0)


def test_settings_out_of_range() -> None:
    with pytest.raises(ParameterError, match="lam"):
        LEVEL_SPACINGS.options({"lam": -0.1})


def test_a_well_with_few_levels_is_drawn_as_far_as_it_goes() -> None:
    short = LEVEL_SPACINGS.draw(LEVEL_SPACINGS.options({"lam": 0.1}))
    assert len(short.table.numbers("dE [dw]", series="exact")) == 7
    assert short.notes[-1] == "levels: 26 asked for, 7 drawn, HAS has 8 at lambda = 0.1"
    drawn = EFFECTIVE_OCCUPATION.draw(EFFECTIVE_OCCUPATION.options({"lam": 0.06}))
    few, notes = drawn.table, "\n".join(drawn.notes)
    assert "levels: 17 asked for, 14 drawn, HAS has 14 at lambda = 0.06" in notes
    # the last level holds more than the one below it: no temperature
    exact = few.numbers("N_eff", series="exact", n_th=0.0)
    assert np.isfinite(exact).tolist() == [True] * 12 + [False]
    assert np.nanmax(exact) < 0.6
    assert "exact, n_th = 0: N_eff from n = 12 on is left out" in notes
    assert "order 2, n_th = 0: drawn to n = 10 only" in notes
    # The series ends where its rates turn negative.
    ends = np.isfinite(few.numbers("N_eff", series="order 2", n_th=0.5))
    assert ends[0]
    assert not ends[-1]
