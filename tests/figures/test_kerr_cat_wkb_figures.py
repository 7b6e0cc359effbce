"""Figures of the Kerr-cat's levels and splittings: what they must show, asserted on the numbers drawn."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import numpy as np
import pytest
from matplotlib.figure import Figure

from wellhop.analysis.figures import (
    kerr_cat_levels,
    kerr_cat_minimum_gap,
    kerr_cat_splittings,
    kerr_cat_wkb_energies,
)
from wellhop.analysis.figures.job import DrawnFigure
from wellhop.analysis.kerr_cat_actions import area
from wellhop.analysis.kerr_cat_splitting import DEEP
from wellhop.engine.systems.kerr_cat import KerrCat

JOBS = {
    m.JOB.number: m.JOB
    for m in (kerr_cat_levels, kerr_cat_wkb_energies, kerr_cat_splittings, kerr_cat_minimum_gap)
}
#: Coarse settings, a second or less each.
COARSE = {1: {"points": 27}, 18: {"points": 26}, 19: {"points": 40}, 20: {"points": 60}}


@pytest.fixture(scope="module")
def drawn() -> dict[int, DrawnFigure]:
    """Every figure once."""
    return {number: job.draw(job.options(COARSE[number])) for number, job in JOBS.items()}


def test_numbers_of_the_paper() -> None:
    assert sorted(JOBS) == [1, 18, 19, 20]
    assert all(job.title and job.source and job.seconds <= 20.0 and not job.sampled for job in JOBS.values())


@pytest.mark.parametrize("number", COARSE)
def test_texts(drawn: dict[int, DrawnFigure], number: int, texts_apart: Callable[[Figure], None]) -> None:
    texts_apart(drawn[number].figure)


@pytest.mark.parametrize("eps2", [4.0, 20.0])
def test_texts_at_other_drives(eps2: float, texts_apart: Callable[[Figure], None]) -> None:
    job = JOBS[1]
    texts_apart(job.draw(job.options({"eps2": eps2, "points": 5})).figure)


@pytest.mark.parametrize(
    ("number", "given"),
    [(1, {"eps2_max": 5.0, "points": 5}), (18, {"eps2_max": 4.0, "points": 10}),
     (19, {"eps2_max": 12.0, "points": 10}), (19, {"eps2_max": 120.0, "points": 10}),
     (20, {"eps2_max": 6.0, "points": 10})],
)  # fmt: skip
def test_ends_of_the_settings_can_be_drawn(number: int, given: dict[str, float]) -> None:
    assert JOBS[number].draw(JOBS[number].options(given)).table.rows


def test_landscape_has_two_wells_and_a_saddle(drawn: dict[int, DrawnFigure]) -> None:
    table = drawn[1].table
    x, y, v = (table.numbers(c, series="landscape") for c in ("Re a", "Im a", "V_cl [K]"))
    # -<a|H|a> = K|a|^4 - 2 eps2 Re a^2, from the complex amplitude.
    a = x + 1j * y
    assert v == pytest.approx((np.abs(a) ** 4 - 2.0 * 10.0 * (a**2).real), rel=1e-12, abs=1e-9)
    assert v.min() == pytest.approx(-100.0, abs=0.5)
    lowest = np.argsort(v)[:2]
    assert np.sort(x[lowest]) == pytest.approx([-np.sqrt(10.0), np.sqrt(10.0)], abs=0.1)
    # Saddle at the origin: maximum along Re a, minimum along Im a.
    cut, along = (table.numbers(c, series="cut") for c in ("V_cl [K]", "Re a"))
    near = np.abs(along) < 0.5
    assert cut[near].max() == pytest.approx(0.0, abs=1e-9)
    assert v[(np.abs(x) < 1e-9) & (np.abs(y) > 0.1)].min() > 0.0


def test_levels_in_the_wells(drawn: dict[int, DrawnFigure]) -> None:
    table = drawn[1].table
    even, odd, omega, delta = (
        table.numbers(c, series="level") for c in ("E_even [K]", "E_odd [K]", "omega [K]", "delta [K]")
    )
    assert even[0] == pytest.approx(100.0, abs=1e-9)
    assert delta[0] == 0.0
    assert even[1:] - odd[1:] == pytest.approx(delta[1:], rel=1e-9, abs=1e-12)
    mean = 0.5 * (even + odd)
    assert omega[:-1] == pytest.approx(mean[:-1] - mean[1:], rel=1e-9)
    # First-order perturbation: 4 eps2 - 2 K and a little less; near the top the gap is smaller.
    assert omega[0] == pytest.approx(38.0, abs=0.2)
    assert np.all(np.diff(omega[:3]) < 0.0)


def test_splittings_drop_one_after_another(drawn: dict[int, DrawnFigure]) -> None:
    table = drawn[1].table
    tops = {int(n): drive for n, drive in zip(
        table.numbers("n", series="barrier top"), table.numbers("eps2 [K]", series="barrier top"), strict=True)}  # fmt: skip
    assert sorted(tops) == [1, 2, 3, 4, 5]
    assert np.diff(list(tops.values())) == pytest.approx(np.pi, rel=0.06)
    for n, drive in tops.items():
        # Independent: the area of a well at the barrier top holds n + 1/2 quanta.
        assert drive * area(0.0, 1.0 / drive) == pytest.approx(np.pi * (n + 0.5), rel=0.03)
        assert abs(drive * area(0.0, 1.0 / drive) / (np.pi * (n + 1.0)) - 1.0) > 0.05  # negative control
        x, delta = (table.numbers(c, series="splitting", n=n) for c in ("eps2 [K]", "delta [K]"))
        assert np.all(np.diff(delta) < 0.0)
        # Flat at first (4 n K without drive), then down by e^{-2} and more per unit of drive.
        assert delta[0] == pytest.approx(4.0 * n, rel=0.01)
        at = float(np.interp(drive, x, np.log(delta)))
        assert float(np.interp(drive - 1.0, x, np.log(delta))) - at < 0.6
    x, delta = (table.numbers(c, series="splitting", n=1) for c in ("eps2 [K]", "delta [K]"))
    slope = np.polyfit(x[x > 15.0], np.log(delta[x > 15.0]), 1)[0]
    assert slope == pytest.approx(-2.0 + 3.0 / 20.0, abs=0.03)


def test_extended_precision_is_needed(drawn: dict[int, DrawnFigure]) -> None:
    table = drawn[1].table
    x, delta = (table.numbers(c, series="splitting", n=1) for c in ("eps2 [K]", "delta [K]"))
    plain = table.numbers("delta [K]", series="double precision")
    assert delta.min() < 1e-15
    assert plain[x < 14.0] == pytest.approx(delta[x < 14.0], rel=1e-4)
    # Negative control: double precision does not follow beyond 23 K.
    assert np.all(np.abs(plain[x > 23.0] / delta[x > 23.0] - 1.0) > 0.5)
    column = table.columns.index("delta, 30 digits")
    written = [str(row[column]) for row in table.select(series="splitting", n=1)]
    assert all(len(Decimal(text).as_tuple().digits) == 30 for text in written)
    assert [float(text) for text in written] == list(delta)


def test_wkb_energies_and_their_reference(drawn: dict[int, DrawnFigure]) -> None:
    table = drawn[18].table
    for n in (0, 1, 2, 3):
        position, even, odd = (
            table.numbers(c, series="WKB", n=n) for c in ("eps_n", "error even [K]", "error odd [K]")
        )
        deep = position < DEEP
        assert deep.any()
        assert np.abs(np.concatenate([even[deep], odd[deep]])).max() < kerr_cat_wkb_energies.DEEP_ERROR
        assert np.abs(np.concatenate([even, odd])).max() < 0.30
        # Negative control: with -3K/4 every level deep in a well is off by 0.2 K.
        wrong = table.numbers("error even [K]", series="WKB, -3K/4", n=n)
        assert np.all(np.abs(wrong[deep]) > 0.19)
        assert even - wrong == pytest.approx(0.25, rel=1e-9)
    # Exact energies of the table are those of the full matrix, not of the parity sectors.
    drive = float(table.numbers("eps2 [K]", series="exact")[-1])
    k = np.arange(110.0)
    full = np.diag(-k * (k - 1.0)) + drive * (np.diag(np.sqrt((k[:-2] + 1) * (k[:-2] + 2)), 2))
    found = np.sort(np.linalg.eigvalsh(full, UPLO="U"))[::-1][:12]
    rows = [table.numbers(c, series="exact", **{"eps2 [K]": drive}) for c in ("E_even [K]", "E_odd [K]")]
    assert np.sort(np.concatenate(rows))[::-1] == pytest.approx(found, abs=1e-9)


def test_splittings_hold_in_their_ranges_and_the_wrong_variants_do_not(drawn: dict[int, DrawnFigure]) -> None:
    table = drawn[19].table
    limits = {"wkb": (0.90, 1.0), "below": (0.988, 1.006), "top": (0.95, 1.12), "limit": (1.0, 1.34)}
    for series, (low, high) in limits.items():
        ratio = table.numbers("ratio to exact", series=series, valid=True)
        assert ratio.size > 8
        assert low < ratio.min() <= ratio.max() < high, series
        if series != "wkb":
            # Outside its range every one of them is worse than inside.
            outside = table.numbers("ratio to exact", series=series, valid=False)
            assert np.abs(np.log(outside)).max() > 1.5 * np.abs(np.log(ratio)).max()
    for n, factor in ((1, 0.905), (2, 0.957), (3, 0.972)):
        deep = table.numbers("eps_n", series="wkb", n=n) < -7.0
        assert table.numbers("ratio to exact", series="wkb", n=n)[deep] == pytest.approx(factor, abs=2e-3)
        bare = table.numbers("ratio to exact", series="below, no S_n", n=n, valid=True)
        assert np.all(bare < factor + 0.01)
    odd, mean = (table.numbers("ratio to exact", series=s, valid=True) for s in ("top, odd only", "top"))
    assert np.all(odd > mean)
    assert 1.25 < odd.max() < 1.40


def test_limit_is_approached_from_above_and_only_at_large_drives(drawn: dict[int, DrawnFigure]) -> None:
    table = drawn[19].table
    x, ratio = (table.numbers(c, series="limit", n=1) for c in ("eps2 [K]", "ratio to exact"))
    assert np.all(np.diff(ratio[x > 6.0]) < 0.0)
    assert float(np.interp(10.0, x, ratio)) == pytest.approx(1.33, abs=0.02)
    for n, expected in ((2, 2.83), (3, 16.4)):
        x, ratio = (table.numbers(c, series="limit", n=n) for c in ("eps2 [K]", "ratio to exact"))
        at = float(np.exp(np.interp(10.0, x, np.log(ratio))))
        assert at == pytest.approx(expected, rel=0.1)


def test_gaps_are_smallest_at_the_barrier_top(drawn: dict[int, DrawnFigure]) -> None:
    table = drawn[20].table
    x, formula = (table.numbers(c, series="formula") for c in ("eps2 [K]", "ratio to exact"))
    inside = x >= 6.0
    low, high = kerr_cat_minimum_gap.SHARE
    assert low < formula[inside].min() <= formula[inside].max() < high
    assert table.numbers("ratio to exact", series="WKB")[x > 2.0] == pytest.approx(1.0, abs=0.02)
    # Negative control: without the digamma the gap is too large everywhere.
    assert table.numbers("ratio to exact", series="bare").min() > 1.1
    gaps = table.numbers("gap [K]", series="exact")
    assert gaps == pytest.approx(
        [(-np.diff(KerrCat(float(d), 1.0, 0.0).manifolds().energy)).min() for d in x], rel=1e-12
    )
    assert np.all(gaps < table.numbers("gap [K]", series="bottom"))
    dips = {
        int(n): d
        for n, d in zip(
            table.numbers("n", series="dip"), table.numbers("eps2 [K]", series="dip"), strict=True
        )
    }
    assert {2, 3, 4} <= set(dips)
    # The gap below manifold n dips where the barrier top lies between n and n + 1.
    for n in (2, 3, 4):
        assert dips[n] * area(0.0, 1.0 / dips[n]) == pytest.approx(np.pi * (n + 0.75), abs=0.35 * np.pi)
