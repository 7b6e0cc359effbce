"""Figures 1 and 2 of the two-photon resonator: what they must show, asserted on the numbers drawn."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from matplotlib.figure import Figure

from wellhop.analysis.figures.drawn import DrawnTable
from wellhop.analysis.figures.job import DrawnFigure
from wellhop.analysis.figures.resonator_potential import POTENTIAL_MAP
from wellhop.analysis.figures.resonator_wigner import WIGNER
from wellhop.engine.errors import ParameterError, PredictionError

JOBS = {1: WIGNER, 2: POTENTIAL_MAP}
OTHER = {"G": 6.0, "Delta": -4.0, "eta": 0.5, "points": 30}


@pytest.fixture(scope="module")
def drawn() -> dict[int, DrawnFigure]:
    """Both figures once at the parameters of the paper."""
    return {number: job.draw(job.options({"points": 60})) for number, job in JOBS.items()}


def columns(table: DrawnTable, series: str, *names: str) -> tuple[np.ndarray, ...]:
    return tuple(table.numbers(name, series=series) for name in names)


@pytest.mark.parametrize("number", JOBS)
def test_texts_stay_on_the_page_and_apart(
    drawn: dict[int, DrawnFigure], number: int, texts_apart: Callable[[Figure], None]
) -> None:
    job = JOBS[number]
    assert job.number == number
    assert f"Fig. {number} of the paper" in job.title
    texts_apart(drawn[number].figure)
    other = OTHER if number == 1 else {"G": 2.0, "Delta": 0.0, "points": 20}
    texts_apart(job.draw(job.options(other)).figure)


def test_minima_saddle_and_ridge_are_where_they_must_be(drawn: dict[int, DrawnFigure]) -> None:
    table = drawn[1].table
    x, p, exact, wkb = columns(table, "map", "x", "p", "-ln W0 exact", "-ln W0 WKB")
    assert x.size == 60**2
    assert (x.min(), x.max()) == pytest.approx((-7.0, 7.0), rel=1e-14)
    best = int(np.argmin(exact))
    assert abs(x[best]) == pytest.approx(3.396, abs=0.13)
    assert p[best] * np.sign(x[best]) == pytest.approx(1.446, abs=0.13)
    # Panels are the same by eye but near the turning points on the real axis.
    turning = columns(table, "turning point", "x", "-ln W0 WKB")
    assert np.sort(turning[0]) == pytest.approx(
        np.array([-1.0, 1.0]) * np.sqrt(2.0) * 7.0 / (2.0 * np.sqrt(10.0))
    )
    assert np.all(np.isneginf(turning[1]))
    distance = np.minimum(*(np.hypot(x - place, p) for place in turning[0]))
    assert np.median(np.abs(exact - wkb)) < 0.007
    assert np.quantile(np.abs(exact - wkb)[distance > 1.5], 0.99) < 0.05
    # Symmetric under α -> -α, also where only one half was computed.
    square = exact.reshape(60, 60)
    np.testing.assert_array_equal(square, square[::-1, ::-1])
    # The ridge: the only local maxima along lines of fixed p, in the second and fourth quadrant.
    for row in (45, 50, 55):
        line, at = square[row], x.reshape(60, 60)[row]
        peaks = [k for k in range(1, 59) if line[k] > max(line[k - 1], line[k + 1])]
        assert len(peaks) == 1
        assert -3.5 < at[peaks[0]] < -1.0


def test_marks_of_figure_1(drawn: dict[int, DrawnFigure]) -> None:
    table = drawn[1].table
    for kind, place in (("fixed point", (3.4988, 1.4288)), ("maximum", (3.3964, 1.4456))):
        x, p = columns(table, kind, "x", "p")
        assert (x[0], p[0]) == pytest.approx(place, abs=5e-5)
        assert (x[1], p[1]) == (-x[0], -p[0])
    (saddle,) = table.select(series="saddle")
    assert saddle[1:3] == (0.0, 0.0)
    (lowest,), (fixed,) = (
        table.numbers("-ln W0 exact", series=kind)[:1] for kind in ("maximum", "fixed point")
    )
    assert lowest < fixed < table.numbers("-ln W0 exact", series="saddle")[0]


def test_cuts_of_figure_1(drawn: dict[int, DrawnFigure]) -> None:
    table = drawn[1].table
    x, error = columns(table, "through the wells", "x", "ln(W0 WKB / W0 exact)")
    assert np.abs(error).max() < 0.05
    assert np.abs(error[np.abs(x) > 5.0]).max() < 0.006
    x, error = columns(table, "real axis", "x", "ln(W0 WKB / W0 exact)")
    worst = np.abs(x[np.abs(error) > 0.5])
    assert worst.size > 0
    assert np.all(np.abs(worst - 1.5653) < 0.15)
    x, p, exact = columns(table, "across the ridge", "x", "p", "-ln W0 exact")
    inside = np.abs(x) < 4.0
    assert np.all(p == 3.5)
    assert x[inside][np.argmax(exact[inside])] == pytest.approx(-2.3, abs=0.2)


def test_potential_is_drawn_in_two_quadrants(drawn: dict[int, DrawnFigure]) -> None:
    table = drawn[2].table
    x, p, exact, potential = columns(table, "map", "x", "p", "ln W0/W0(alpha0)", "Phi(alpha0) - Phi")
    np.testing.assert_array_equal(np.isfinite(potential), x * p > 0.0)
    seen = np.isfinite(potential) & (exact > -3.0)
    assert np.abs(exact - potential)[seen].max() < 0.6
    near = np.isfinite(potential) & (exact > -1.0)
    assert np.abs(exact - potential)[near].max() < 0.3
    ends = np.sort(table.numbers("x", series="cut"))
    assert ends == pytest.approx([-7.0, -1.56525, 1.56525, 7.0], abs=1e-5)
    mirrored = POTENTIAL_MAP.draw(POTENTIAL_MAP.options(OTHER)).table
    x, p, potential = columns(mirrored, "map", "x", "p", "Phi(alpha0) - Phi")
    np.testing.assert_array_equal(np.isfinite(potential), x * p < 0.0)


def test_barrier_and_circle_of_figure_2(drawn: dict[int, DrawnFigure]) -> None:
    table = drawn[2].table
    distance, exact, potential = columns(
        table, "barrier", "distance", "ln W0/W0(alpha0)", "Phi(alpha0) - Phi"
    )
    middle = int(np.argmin(np.abs(distance)))
    assert potential[middle] == pytest.approx(-3.147273234508, abs=1e-11)
    assert potential.max() < 1e-9
    # The factor that Φ leaves out: |(δ + r)/2r| = G/sqrt(Δ² + 4s²) at the wells, 1 at the saddle.
    factor = np.log(10.0 / np.sqrt(49.0 + 4.0 * 51.0))
    assert exact[middle] - potential[middle] == pytest.approx(-factor, abs=0.02)
    angle, exact, potential = columns(table, "circle", "angle [pi]", "ln W0/W0(alpha0)", "Phi(alpha0) - Phi")
    valid = np.array([row[-1] for row in table.select(series="circle")])
    np.testing.assert_array_equal(valid, angle > 0.0)
    assert np.abs(exact - potential)[valid].max() < 0.5
    # Negative control: beyond the cut Φ is nowhere near W₀.
    beyond = (angle < 0.0) & (angle > -0.1)
    assert np.abs(exact - potential)[beyond].min() > 10.0


def test_settings_are_checked() -> None:
    with pytest.raises(ParameterError, match="one of G, Delta, eta, points"):
        WIGNER.options({"delta": 1.0})
    for job in JOBS.values():
        with pytest.raises(PredictionError, match="two wells"):
            job.draw(job.options({"Delta": 11.0, "points": 11}))
