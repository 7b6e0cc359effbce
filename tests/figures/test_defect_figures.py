"""Figures of the driven qubit with a defect in closed form: what they must show, asserted on the numbers drawn."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from matplotlib.figure import Figure

from wellhop.analysis.figures import defect_husimi, defect_phase_map, defect_poincare, defect_truncation
from wellhop.analysis.figures.job import DrawnFigure, FigureJob
from wellhop.engine.errors import ParameterError
from wellhop.engine.systems.driven_qubit_tls import DrivenQubitTLS

JOBS: dict[str, FigureJob] = {
    "map": defect_phase_map.JOB,
    "ring": defect_husimi.RING,
    "coherent": defect_husimi.COHERENT,
    "poincare": defect_poincare.JOB,
    "truncation": defect_truncation.JOB,
}
COARSE = {
    "map": {"columns": 61, "rows": 30},
    "ring": {"points": 25},
    "coherent": {"points": 21, "T": 150},
    "poincare": {},
    "truncation": {"points": 31, "t_max": 3.0},
}
DETUNING, DRIVE = "Delta_d/2pi [MHz]", "Omega/2pi [MHz]"


@pytest.fixture(scope="module")
def drawn() -> Iterator[dict[str, DrawnFigure]]:
    """Every figure once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(defect_truncation, "SCANNED", (4, 8, 19, 24))
        yield {name: JOBS[name].draw(JOBS[name].options(given)) for name, given in COARSE.items()}


def test_jobs_say_what_they_draw() -> None:
    assert [job.number for job in JOBS.values()] == [1, 3, 6, 4, 7]
    assert all(job.title and job.source and job.seconds <= 20.0 for job in JOBS.values())


@pytest.mark.parametrize("name", COARSE)
def test_texts_stay_on_the_page_and_apart(
    drawn: dict[str, DrawnFigure], name: str, texts_apart: Callable[[Figure], None]
) -> None:
    texts_apart(drawn[name].figure)


def test_map_has_four_phases_and_the_points_of_the_paper(drawn: dict[str, DrawnFigure]) -> None:
    table = drawn["map"].table
    column = table.columns.index("phase")
    assert {row[column] for row in table.select(series="map")} == {"I", "II", "III", "IV"}
    points = {row[column] for row in table.select(series="point")}
    assert points == {"2(a) I", "2(b) II", "2(c) III", "2(d) IV", "5(a) II", "5(b) III"}
    # far off resonance oscillating, strong and resonant amplifying
    assert {row[column] for row in table.select(series="map", **{DETUNING: -2.0})} == {"I"}
    strong = [row for row in table.select(series="map") if row[2] is not None and float(row[2]) > 0.48]
    phases = [str(row[column]) for row in sorted(strong, key=lambda row: float(row[1] or 0.0))]
    order = [p for place, p in enumerate(phases) if place == 0 or phases[place - 1] != p]
    assert order == ["I", "II", "III", "IV", "III", "II", "I"]


def test_locus_runs_through_the_middle_of_phase_two(drawn: dict[str, DrawnFigure]) -> None:
    table = drawn["map"].table
    detuning, drive = (table.numbers(c, series="collapse") for c in (DETUNING, DRIVE))
    for place, expected in ((-0.5, 0.1566), (0.8, 0.3365)):
        side = detuning * place > 0.0
        order = np.argsort(detuning[side])
        assert float(np.interp(place, detuning[side][order], drive[side][order])) == pytest.approx(
            expected, rel=2e-3
        )
    edge = np.array([row[1:3] for row in table.select(series="edge", **{"half width": 0.25})], dtype=float)
    near = edge[(np.abs(edge[:, 0] + 0.5) < 0.04)]
    assert near[:, 1].min() < 0.1566 < near[:, 1].max()
    # negative control: the locus is not symmetric in the detuning
    assert float(np.interp(0.5, *_sorted(detuning[detuning > 0.0], drive[detuning > 0.0]))) < 0.1


def _sorted(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    order = np.argsort(x)
    return x[order], y[order]


def test_amplifying_edges(drawn: dict[str, DrawnFigure]) -> None:
    table = drawn["map"].table
    for series, lowest in (("R = alpha_0", 0.158), ("|a| = alpha_0 with saturation", 0.119)):
        detuning, drive = (table.numbers(c, series=series) for c in (DETUNING, DRIVE))
        assert drive.min() == pytest.approx(lowest, abs=1.5e-3)
        assert abs(detuning[np.argmin(drive)]) < 0.05
    # the row of the map just inside is IV, just outside is not
    rows = table.select(series="map")
    for row in rows:
        assert (row[3] == "IV") == (float(row[5] or 0.0) >= 1.0)


def test_ring_fills_and_moves_to_the_limit_cycle(drawn: dict[str, DrawnFigure]) -> None:
    table = drawn["ring"].table
    centers = {row[1]: row for row in table.select(series="center")}
    variances = [float(row[6] or 0.0) for row in centers.values()]
    assert variances[0] == 1.0
    assert np.all(np.diff(variances) < 0.0)
    assert variances[-1] == pytest.approx(0.5, abs=1e-6)
    last = centers["f"]
    assert math.hypot(float(last[3] or 0.0), float(last[4] or 0.0)) == pytest.approx(1.478, abs=1e-3)
    for panel in "abcdef":
        x, q = (table.numbers(c, series="Q", panel=panel) for c in ("x", "Q"))
        step = np.unique(x)[1] - np.unique(x)[0]
        assert q.sum() * step**2 == pytest.approx(1.0, abs=2e-3)
        assert (q * x).sum() * step**2 == pytest.approx(float(centers[panel][3] or 0.0), abs=5e-3)
    # empty in the middle at first, full there later
    start, end = (table.numbers("Q", series="Q", panel=panel) for panel in "af")
    assert start[len(start) // 2] == 0.0
    assert end.max() * math.pi > 0.95


def test_coherent_state_passes_the_origin(drawn: dict[str, DrawnFigure]) -> None:
    table = drawn["coherent"].table
    centers = table.select(series="center")
    assert [float(row[2] or 0.0) for row in centers][::2] == [0.0, 5.0]
    sizes = [math.hypot(float(row[3] or 0.0), float(row[4] or 0.0)) for row in centers]
    assert sizes[0] == 1.0
    assert sizes[1] < 0.35 * sizes[2]
    variances = [float(row[6] or 0.0) for row in centers]
    assert variances[0] == 0.5
    warm = DrivenQubitTLS(-0.37, 0.1, T=150.0)
    assert variances[2] == pytest.approx(0.5 + 0.5 * warm.n_th * (1.0 - math.exp(-10.0 * warm.s)), rel=1e-12)
    cold = JOBS["coherent"].draw(JOBS["coherent"].options({"points": 11})).table
    (_, middle, _) = cold.select(series="center")
    assert float(middle[2] or 0.0) == pytest.approx(1.137, abs=5e-4)
    assert math.hypot(float(middle[3] or 0.0), float(middle[4] or 0.0)) == pytest.approx(0.002, abs=1e-4)


def test_poincare_map_in_numbers(drawn: dict[str, DrawnFigure]) -> None:
    table = drawn["poincare"].table
    assert sorted(table.numbers("slope", series="branch")) == pytest.approx([0.6723, 0.8207], abs=1e-4)
    assert table.numbers("start", series="partition") == pytest.approx([0.8868], abs=5e-5)
    assert table.numbers("P", series="fixed point") == pytest.approx([0.39979], abs=5e-6)
    assert table.numbers("P", series="return") == pytest.approx([0.1310, 0.0929], abs=5e-5)
    # negative control: one piece with the printed sign, above every start shown
    reverse = table.select(series="map, detuning reversed")
    assert len(reverse) == 2
    assert all(float(row[5] or 0.0) > float(row[4] or 0.0) for row in reverse)
    for panel in "ab":
        x, y = (table.numbers(c, series="trajectory", panel=panel) for c in "xy")
        (radius,) = table.numbers("x", series="limit cycle", panel=panel)
        assert np.hypot(x[-40:], y[-40:]) == pytest.approx(np.full(40, radius), rel=0.06)


def test_truncation_error_falls(drawn: dict[str, DrawnFigure]) -> None:
    table = drawn["truncation"].table
    error = table.numbers("|mu| numeric - analytic", series="largest error")
    assert np.all(np.diff(error) < 0.0)
    assert error == pytest.approx([0.9, 0.14, 2e-7, 3e-11], rel=0.6)
    analytic = table.numbers("|mu|", series="analytic")
    best = table.numbers("|mu|", series="numeric", **{"excited levels": 19})
    worst = table.numbers("|mu|", series="numeric", **{"excited levels": 4})
    assert np.abs(best - analytic).max() < 1e-6
    assert abs(worst[-1] - analytic[-1]) > 0.3


def test_settings_are_checked_before_anything_is_drawn() -> None:
    with pytest.raises(ParameterError, match="one of Delta_d, Omega"):
        JOBS["poincare"].options({"delta": 1.0})
    with pytest.raises(ParameterError, match=r"Delta_d: got 0\.0"):
        JOBS["poincare"].draw(JOBS["poincare"].options({"Delta_d": 0.0}))
    with pytest.raises(ParameterError, match="an integer from 8 to 1001"):
        JOBS["map"].options({"columns": 8.5})


def test_a_start_on_the_limit_cycle_needs_no_middle_panel() -> None:
    """Where |μ| has no minimum on the way the middle panel is a quarter of the time shown."""
    still = JOBS["coherent"].draw(JOBS["coherent"].options({"points": 11, "Omega": 0.0})).table
    assert still.numbers("time [us]", series="center") == pytest.approx([0.0, 1.25, 5.0])
    assert DrivenQubitTLS(-0.37, 0.0).mu_ss == 0.0


def words(drawn: DrawnFigure) -> str:
    return " ".join(text.get_text() for text in drawn.figure.texts)


def test_captions_are_of_what_is_drawn(
    drawn: dict[str, DrawnFigure], texts_apart: Callable[[Figure], None]
) -> None:
    """Fig. 4 with another detuning: the map is in its panel, and no partition is spoken of where there is none."""
    other = JOBS["poincare"].draw(JOBS["poincare"].options({"Delta_d": 0.5}))
    texts_apart(other.figure)
    ends, values = (other.table.numbers(c, series="map") for c in ("start", "P"))
    panel = other.figure.axes[2]
    assert values.max() < panel.get_ylim()[1]
    assert ends.max() <= panel.get_xlim()[1]
    assert "no partition" in words(other)
    assert "paper prints" not in words(other)
    assert "Partition at 0.8868" in words(drawn["poincare"])
    assert "as the paper prints it: no partition" in words(drawn["poincare"])
    for name in ("ring", "coherent", "poincare", "truncation"):
        assert "Reduced model only; the full model differs (figure 8)" in words(drawn[name])


def test_nothing_to_draw_is_drawn_without_a_warning(recwarn: pytest.WarningsRecorder) -> None:
    """Fig. 7 without a drive, where every difference vanishes; the map of a hot defect, where the line of collapse ends."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(defect_truncation, "SCANNED", (4, 8, 19))
        still = JOBS["truncation"].draw(JOBS["truncation"].options({"points": 5, "t_max": 1.0, "Omega": 0.0}))
        still.figure.canvas.draw()
    assert still.table.numbers("|mu| numeric - analytic", series="largest error").max() == 0.0
    hot = JOBS["map"].draw(JOBS["map"].options({"columns": 12, "rows": 8, "T": 2000.0}))
    assert hot.table.numbers(DETUNING, series="collapse").max() < 0.3
    assert any("collapse: no line at" in note for note in hot.notes)
    assert not list(recwarn)
