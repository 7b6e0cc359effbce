"""Figure 25 of the Kerr-cat on coarse settings: its numbers against those of the model's reference table."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from matplotlib.figure import Figure

from wellhop.analysis.figures.job import DrawnFigure
from wellhop.engine.errors import ParameterError
from wellhop.jobs.figure_branching import JOB

X, RATE = "eps2 [K]", "Gamma [K]"
COARSE = {
    "kappa": 0.025,
    "n_th": 0.05,
    "eps2_min": 5.0,
    "eps2_max": 6.0,
    "points": 2,
    "switches": 2000,
    "lines": 4,
}
#: Exact and semi-analytical Γ_0 ... Γ_4 at eps2 = 6, kappa = 0.025, n_th = 0.05, as printed.
EXACT = (3.92395e-6, 6.878200e-4, 1.406271e-4, 3.129567e-5, 2.58249e-6)


@pytest.fixture(scope="module")
def drawn() -> DrawnFigure:
    return JOB.draw(JOB.options(COARSE, seed=3))


@pytest.mark.parametrize("n", range(5))
def test_exact_and_measured_rates_of_the_reference_point(drawn: DrawnFigure, n: int) -> None:
    """The interval is 1.96 standard errors wide on either side; 6 of them are exceeded with probability below 1e-8."""
    series = f"{n} measured"
    assert drawn.table.numbers("exact [K]", series=series)[1] == pytest.approx(EXACT[n], rel=2e-5)
    value, upper = (drawn.table.numbers(c, series=series)[1] for c in (RATE, "upper [K]"))
    assert abs(value - EXACT[n]) < 6.0 / 1.96 * (upper - value)
    assert abs(value - 2.0 * EXACT[n]) > 6.0 / 1.96 * (upper - value) or n == 4


def test_two_manifolds_share_the_switching(drawn: DrawnFigure) -> None:
    shares = {n: drawn.table.numbers("share", series=f"{n} measured")[1] for n in (1, 2)}
    assert 0.75 < shares[1] < 0.84
    assert 0.12 < shares[2] < 0.21
    names = [row[0].removesuffix(" measured") for row in drawn.table.rows if row[0].endswith(" measured")]
    parts = [
        drawn.table.numbers("share", series=f"{name} measured")
        for name in dict.fromkeys(names)
        if name != "sum"
    ]
    assert np.sum(parts, axis=0) == pytest.approx(1.0, abs=1e-9)


def test_switches_cross_mostly_in_the_first_manifold(drawn: DrawnFigure) -> None:
    shares = {n: drawn.table.numbers("share", series=f"{n} crossings")[1] for n in range(5)}
    low = drawn.table.numbers("share lower", series="1 crossings")[1]
    assert 0.55 < low < shares[1] < 0.85
    assert 0.9 < sum(shares.values()) <= 1.0 + 1e-12


def test_lines_surround_the_points(drawn: DrawnFigure) -> None:
    for theory in ("exact", "semi-analytical"):
        at, rate = (drawn.table.numbers(c, series=f"1 {theory}") for c in (X, RATE))
        assert np.exp(np.interp(6.0, at, np.log(rate))) == pytest.approx(EXACT[1], rel=0.06)


def test_texts(drawn: DrawnFigure, texts_apart: Callable[[Figure], None]) -> None:
    texts_apart(drawn.figure)
    assert "2000 switches" in " ".join(t.get_text() for t in drawn.figure.texts)


def test_settings_out_of_order_are_refused() -> None:
    with pytest.raises(ParameterError, match="eps2_min < eps2_max"):
        JOB.draw(JOB.options({"eps2_min": 6.0, "eps2_max": 6.0}))
    for name, value in (("n_th", 0.0), ("manifolds", 2.5), ("kappa", 0.7)):
        with pytest.raises(ParameterError, match=name):
            JOB.options({name: value})
