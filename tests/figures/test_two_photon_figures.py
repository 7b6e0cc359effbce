"""Theory figures of the two-photon-driven oscillator: what they must show, asserted on the numbers drawn."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pytest
from matplotlib.figure import Figure

from wellhop.analysis.figures import two_photon_action_ratio
from wellhop.analysis.figures.gallery import GALLERY, DrawnFigure, joined, numbered
from wellhop.analysis.steady_state import vacuum_excess
from wellhop.analysis.two_photon_actions import ansatz_boundary, quantum_boundary
from wellhop.engine.errors import ParameterError
from wellhop.engine.systems.kerr_two_photon_drive import KerrTwoPhotonDrive

JOBS = GALLERY["kerr_two_photon_drive"]
#: Coarse settings, a few seconds each.
COARSE = {
    1: {"columns": 4, "rows": 100, "detunings": 2},
    2: {"points": 60, "detunings": 3},
    3: {},
    6: {"eps_min": 1.6, "eps_max": 2.8, "points": 7, "U": 0.4},
    8: {"points": 3},
}


@pytest.fixture(scope="module")
def drawn() -> Iterator[dict[int, DrawnFigure]]:
    """Every figure once; the ratio of actions at one detuning only."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(two_photon_action_ratio, "DETUNINGS", (-5.0,))
        yield {number: JOBS[number].draw(JOBS[number].options(given)) for number, given in COARSE.items()}


def test_all_theory_figures_are_there() -> None:
    assert list(JOBS) == [1, 2, 3, 6, 8]
    assert all(job.title and job.source and job.seconds <= 60.0 for job in JOBS.values())
    with pytest.raises(ValueError, match="figure 3 twice"):
        joined(GALLERY, {"kerr_two_photon_drive": numbered(JOBS[3])})


@pytest.mark.parametrize("number", COARSE)
def test_texts_stay_on_the_page_and_apart(
    drawn: dict[int, DrawnFigure], number: int, texts_apart: Callable[[Figure], None]
) -> None:
    texts_apart(drawn[number].figure)


def test_overlapping_and_lost_texts_are_seen(texts_apart: Callable[[Figure], None]) -> None:
    figure = Figure()
    ax = figure.subplots()
    ax.text(0.2, 0.5, "one text")
    texts_apart(figure)
    ax.text(0.21, 0.51, "another on top of it")
    with pytest.raises(AssertionError, match="'another on top of it' overlaps 'one text'"):
        texts_apart(figure)
    figure = Figure()
    figure.text(0.9, 0.5, "a line of text that leaves the page")
    with pytest.raises(AssertionError, match="leaves the page"):
        texts_apart(figure)


def test_the_exact_boundary_follows_the_edge_of_the_colour(drawn: dict[int, DrawnFigure]) -> None:
    table = drawn[1].table
    deltas = np.unique(table.numbers("delta [gamma]", series="photons close-up"))
    assert len(deltas) == 4
    for delta in deltas:
        where = {"series": "photons close-up", "delta [gamma]": float(delta)}
        eps, photons = table.numbers("eps [gamma]", **where), table.numbers("<n> U/gamma", **where)
        half = 0.5 * KerrTwoPhotonDrive(float(delta), quantum_boundary(delta), 0.1).n_b
        edge = float(np.interp(half, photons, eps))
        assert edge == pytest.approx(quantum_boundary(delta), rel=0.01)
        if delta < -9.0:
            assert abs(ansatz_boundary(delta) / edge - 1.0) > 0.03  # negative control


def test_phase_diagram_has_four_boundaries_and_three_regions(drawn: dict[int, DrawnFigure]) -> None:
    table = drawn[1].table
    at = {}
    for series in ("exact U->0", "ansatz (11)", "TWA instantons", "exact U"):
        delta, eps = (table.numbers(c, series=series) for c in ("delta [gamma]", "eps [gamma]"))
        assert np.all((eps > 1.0) & (eps < np.hypot(1.0, delta)))
        at[series] = float(eps[np.argmin(delta)])
    assert list(at.values()) == pytest.approx([3.4858791, 3.3411036, 3.209991, 3.49520], rel=3e-6)
    regions = {row[table.columns.index("region")] for row in table.select(series="photons")}
    assert regions == {"vacuum", "bistable", "cat"}


def test_error_has_its_hump_zero_and_limits(drawn: dict[int, DrawnFigure]) -> None:
    table = drawn[2].table
    delta, error = (table.numbers(c, series="ansatz (11)") for c in ("delta [gamma]", "error to exact [%]"))
    order = np.argsort(delta)
    delta, error = delta[order], error[order]
    hump = int(np.argmax(error))
    assert error[hump] == pytest.approx(4.3, abs=0.05)
    assert delta[hump] == pytest.approx(-2.5, abs=0.3)
    assert float(np.interp(0.0, error[:hump], delta[:hump])) == pytest.approx(-6.4, abs=0.05)
    for place, expected, margin in (
        (-15.0, -8.0, 0.1),
        (-50.0, -16.3, 0.1),
        (-10.0, -4.2, 0.1),
        (-0.3, 0.0, 0.1),
    ):
        assert float(np.interp(place, delta, error)) == pytest.approx(expected, abs=margin)
    marks = {row[0]: row[1] for row in table.rows if str(row[0]).startswith("mark")}
    assert marks["mark: zero"] == pytest.approx(-6.4, abs=0.05)
    assert marks["mark: below -5 %"] == pytest.approx(-10.9, abs=0.05)


def test_errors_against_truncated_wigner(drawn: dict[int, DrawnFigure]) -> None:
    table = drawn[2].table
    places = np.sort(table.numbers("delta [gamma]", series="TWA instantons"))
    assert places == pytest.approx([-30.0, -3.0, -0.3])
    ansatz, exact = (
        [float(table.numbers("error to TWA [%]", series=s, **{"delta [gamma]": float(d)})[0]) for d in places]
        for s in ("ansatz (11)", "exact U->0")
    )
    assert ansatz[1] == pytest.approx(100.0 * (1.6429748 / 1.544836 - 1.0), abs=1e-3)
    assert exact[1] == pytest.approx(100.0 * (1.5773311 / 1.544836 - 1.0), abs=1e-3)
    # The ansatz comes down through zero, the truncation only gets worse.
    assert ansatz[0] < -1.0 < 0.0 < ansatz[1]
    assert exact[0] > 11.0 > exact[1] > exact[2] > 0.0


def test_paths_have_the_actions_and_the_angles_of_the_theory(drawn: dict[int, DrawnFigure]) -> None:
    table = drawn[3].table
    for well, total, ansatz, start in (
        ("vacuum", 5.969556, 4.79656, -0.1993),
        ("bright", 5.922569, 4.31062, 0.1242),
    ):
        time, action, bare, theta, locked = (
            table.numbers(c, series=well)
            for c in ("time [1/gamma]", "S [gamma]", "S ansatz [gamma]", "theta [rad]", "theta_s [rad]")
        )
        assert action[-1] == pytest.approx(total, abs=2e-6)
        assert bare[-1] == pytest.approx(ansatz, abs=1e-4)
        share = action / action[-1]
        first, last = (float(np.interp(s, share, time)) for s in (0.01, 0.99))
        assert last == pytest.approx(0.0, abs=1e-9)
        assert 2.3 < last - first < 2.6
        assert theta[0] == pytest.approx(start, abs=1e-4)
        assert locked[0] == pytest.approx(start, abs=1e-4)
        early = share < (0.7 if well == "vacuum" else 0.9)
        assert np.abs(theta[early] - start).max() < 0.06
        assert np.abs(locked[early & (time > -5.0)] - start).max() > (0.06 if well == "bright" else 0.0)
        # p = (e^{θJ} - 1) f/2: the angle is the one between drift and momentum of a Langevin path.
        seen = np.isfinite(theta) & (time > -5.0)
        q, p, f = (np.stack([table.numbers(c, series=well)[seen] for c in names], axis=1) for names in (
            ("q_1", "q_2"), ("p_1 [gamma]", "p_2 [gamma]"), ("f_1 [gamma]", "f_2 [gamma]")))  # fmt: skip
        cos, sin = np.cos(theta[seen]), np.sin(theta[seen])
        turned = np.stack([cos * f[:, 0] - sin * f[:, 1], sin * f[:, 0] + cos * f[:, 1]], axis=1)
        assert np.abs(p - 0.5 * (turned - f)).max() < 1e-5 * np.abs(p).max()
        assert q[-1, 0] > 0.0
    # θ_s passes through -π where |q|² = 20, and ends at the saddle's 0.4996 - 2π; θ does not follow at once.
    q = np.stack([table.numbers(c, series="vacuum") for c in ("q_1", "q_2")], axis=1)
    locked = table.numbers("theta_s [rad]", series="vacuum")
    assert locked[np.argmin(np.abs((q**2).sum(axis=1) - 20.0))] == pytest.approx(-np.pi, abs=0.1)
    assert locked[-1] == pytest.approx(0.4996 - 2.0 * np.pi, abs=1e-3)


def test_even_eigenvalue_is_smallest_near_the_boundary(drawn: dict[int, DrawnFigure]) -> None:
    table = drawn[6].table
    names = ("lam_e [gamma]", "lam_o [gamma]", "k_v [gamma]", "k_b [gamma]")
    for generator, margin in (("exact", 0.01), ("twa", 0.05)):
        lam_e, lam_o, k_v, k_b = (table.numbers(c, series=generator) for c in names)
        (place,) = table.numbers("eps [gamma]", series=f"minimum {generator}")
        (boundary,) = table.numbers(
            "eps [gamma]", series="boundary finite U" if generator == "exact" else "boundary twa"
        )
        assert place == pytest.approx(boundary, rel=margin)
        assert np.all(np.diff(lam_o) < 0.0)
        assert np.argmin(lam_e) not in (0, len(lam_e) - 1)
        known = np.isfinite(k_v) & np.isfinite(k_b)
        assert known.sum() >= 4
        assert k_v[known] + k_b[known] == pytest.approx(lam_e[known], rel=1e-9)
    # Independent: the ladder weights give the share of k_v in lam_e; the split is good to a few per cent.
    eps, lam_e, k_v = (table.numbers(c, series="exact") for c in ("eps [gamma]", names[0], names[2]))
    middle = (eps > 1.7) & (eps < 2.5)
    weight = [1.0 / (1.0 + np.exp(vacuum_excess(KerrTwoPhotonDrive(-5.0, e, 0.4)))) for e in eps[middle]]
    assert k_v[middle] / lam_e[middle] == pytest.approx(weight, rel=0.06)


def test_ratio_of_actions_rises_to_one_where_a_well_disappears(drawn: dict[int, DrawnFigure]) -> None:
    table = drawn[8].table
    vacuum, bright = (table.numbers("ratio", series=well) for well in ("vacuum", "bright"))
    assert (len(vacuum), len(bright)) == (3, 2)
    assert np.all(np.diff(vacuum) > 0.0)
    assert np.all(np.diff(bright) < 0.0)
    assert 0.99 < vacuum[-1] < 1.0
    assert 0.99 < bright[0] < 1.0
    # Negative control: away from its edge the truncation is far off.
    assert vacuum[0] < 0.7
    assert bright[-1] < 0.8


def test_settings_are_checked_before_anything_is_drawn() -> None:
    with pytest.raises(ParameterError, match="one of delta, eps, window"):
        JOBS[3].options({"detla": -3.0})
    with pytest.raises(ParameterError, match="an integer from 2 to 200"):
        JOBS[1].options({"detunings": 2.5})
    with pytest.raises(ParameterError, match="1 < eps_min < eps_max"):
        JOBS[6].draw(JOBS[6].options({"eps_min": 3.0, "eps_max": 2.0}))
