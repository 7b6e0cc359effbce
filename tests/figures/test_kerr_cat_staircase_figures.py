"""Figures 2, 5, 6, 7, 10 and 11 of the Kerr-cat: what they must show, asserted on the numbers drawn."""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable, Iterator, Sequence

import numpy as np
import pytest
from matplotlib.figure import Figure

from wellhop.analysis.estimate import RateEstimate
from wellhop.analysis.figures import (
    kerr_cat_one_rate,
    kerr_cat_staircase,
    kerr_cat_strong_damping,
    kerr_cat_turnover,
)
from wellhop.analysis.figures.job import DrawnFigure, FigureJob
from wellhop.analysis.figures.kerr_cat_axes import MeasuredRate
from wellhop.analysis.figures.kerr_cat_mechanisms import exact_above_floor
from wellhop.analysis.figures.kerr_cat_staircase import knee_near
from wellhop.analysis.kerr_cat_scan import ExactScan, scan_exact
from wellhop.analysis.kerr_cat_turnover import Extremum, RateSource, kramers_extrema
from wellhop.analysis.liouvillian import decay_rate
from wellhop.engine.errors import ParameterError
from wellhop.engine.fock import parity_signs
from wellhop.engine.systems.kerr_cat import KerrCat

MODULES = {
    2: "staircase",
    5: "tunnelling",
    6: "shares",
    7: "one_rate",
    10: "strong_damping",
    11: "turnover",
}
#: Coarse settings: about a second each.
COARSE: dict[int, dict[str, float]] = {
    2: {"points": 24, "eps2_min": 5.0},
    5: {"points": 14, "eps2_min": 4.0},
    6: {"points": 7, "eps2_min": 4.5, "eps2_max": 10.5},
    7: {"points": 5, "kappa_min": 1.2e-3, "kappa_max": 0.03},
    10: {"points": 31, "eps2_min": 2.0},
    11: {"points": 5, "eps2_b": 9.0, "kappa_max": 0.006},
}
#: κ -> end of the first plateau, f_1 = 1/2 at n_th = 0.05; values of the reference.
PLATEAU_ENDS = {0.001: 8.1662, 1e-4: 9.5275}


def module(number: int):
    """The module of a figure."""
    return importlib.import_module(f"wellhop.analysis.figures.kerr_cat_{MODULES[number]}")


def job(number: int) -> FigureJob:
    """The job of a figure."""
    found = module(number).JOB
    assert isinstance(found, FigureJob)
    return found


def coarse_scan(systems: Sequence[KerrCat], *, shares: bool) -> ExactScan:
    """Exact rates alone, from 12 manifolds: twice as fast as in the full space."""
    assert not shares
    rates = np.array([exact_above_floor(system, 12) for system in systems])
    return ExactScan(rates, np.full((len(rates), 12), np.nan))


@functools.cache
def extrema_at_eight(n_th: float) -> tuple[Extremum, ...]:
    """Of the exact rate at ε₂ = 8, which figures 7 and 11 both draw; a dear search."""
    return kramers_extrema(8.0, n_th, lowest=1e-3, highest=1e-2)


def cheap_extrema(
    eps2: float, n_th: float, *, source: RateSource = "exact", lowest: float, highest: float
) -> tuple[Extremum, ...]:
    """Exact ones at ε₂ = 8 within a range that holds them; at the other drive those of the semi-analytical rate, close by."""
    if source == "exact" and eps2 == 8.0:
        found = extrema_at_eight(n_th)
        assert all(lowest < one.kappa < highest for one in found)
        return found
    source = "semi_analytical" if source == "exact" else source
    return kramers_extrema(eps2, n_th, source=source, lowest=lowest, highest=highest)


def test_coarse_scan_is_the_scan_of_the_figures() -> None:
    systems = [KerrCat(*p) for p in ((5.0, 1e-4, 0.05), (12.0, 1e-3, 0.05), (14.0, 0.025, 0.01), (12.0, 0.5, 0.05))]
    found, full = (scan(systems, shares=False).decay_rate for scan in (coarse_scan, scan_exact))
    np.testing.assert_allclose(found, full, rtol=1e-6)


@pytest.fixture(scope="module")
def drawn() -> Iterator[dict[int, DrawnFigure]]:
    """Every figure once, figure 2 with three of its eight curves."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kerr_cat_staircase, "TEMPERATURES", (0.01,))
        patch.setattr(kerr_cat_staircase, "DAMPINGS", tuple(PLATEAU_ENDS))
        for figure in (kerr_cat_staircase, kerr_cat_strong_damping):
            patch.setattr(figure, "scan_exact", coarse_scan)
        for figure in (kerr_cat_one_rate, kerr_cat_turnover):
            patch.setattr(figure, "kramers_extrema", cheap_extrema)
        yield {number: job(number).draw(job(number).options(given)) for number, given in COARSE.items()}


def exact_rate(*parameters: float) -> float:
    """The decay rate straight from the Liouvillian, apart from the code of the figures."""
    system = KerrCat(*parameters)
    cutoff = system.default_cutoff()
    return decay_rate(system.lindblad(cutoff), parity_signs=parity_signs(cutoff)).value


@pytest.mark.parametrize("number", COARSE)
def test_job_is_complete_and_texts_are_apart(
    drawn: dict[int, DrawnFigure], texts_apart: Callable[[Figure], None], number: int
) -> None:
    assert job(number).number == number
    assert job(number).title
    assert "Su, Cortinas, Venkatraman, Puri" in job(number).source
    assert job(number).seconds <= 60.0
    assert not job(number).sampled
    texts_apart(drawn[number].figure)
    assert drawn[number].figure._suptitle is not None
    assert any("0 exact points left out" in note for note in drawn[number].notes)


def test_plateau_ends_of_the_staircase(drawn: dict[int, DrawnFigure]) -> None:
    table = drawn[2].table
    for kappa, printed in PLATEAU_ENDS.items():
        where = {"series": "plateau end", "panel": "b", "kappa [K]": kappa}
        (end,) = table.numbers("eps2 [K]", **where)
        (rate,) = table.numbers("Gamma [K]", **where)
        assert end == pytest.approx(printed, abs=1e-4)
        # The formula aside: the exact curve bends down most at the same place, to a fifth of K.
        (knee,) = table.numbers("eps2 [K]", series="knee", panel="b", n=1, **{"kappa [K]": kappa})
        assert -0.35 < knee - end < 0.1
        # On the plateau Γ = κ n_th: half of it is left, and what the manifolds above add.
        assert 0.5 < rate / (0.05 * kappa) < 0.65
        assert rate == pytest.approx(exact_rate(end, kappa, 0.05), rel=1e-6)
    # Weaker damping, later step: exactly the order of the reference, not its reverse.
    ends = [table.numbers("eps2 [K]", series="plateau end", **{"kappa [K]": k})[0] for k in PLATEAU_ENDS]
    assert ends == sorted(ends)


def test_staircase_lines_agree_and_fall(drawn: dict[int, DrawnFigure]) -> None:
    table = drawn[2].table
    for where in ({"panel": "a", "n_th": 0.01}, *({"panel": "b", "kappa [K]": k} for k in PLATEAU_ENDS)):
        x, exact = (table.numbers(c, series="exact", **where) for c in ("eps2 [K]", "Gamma [K]"))
        at, semi = (table.numbers(c, series="semi-analytical", **where) for c in ("eps2 [K]", "Gamma [K]"))
        assert np.all(np.diff(exact) < 0.0)
        assert np.abs(np.interp(x, at, np.log(semi)) - np.log(exact)).max() < 0.02
    # Over the second plateau the rate falls far less than down the step before it.
    x, exact = (table.numbers(c, series="exact", panel="a") for c in ("eps2 [K]", "Gamma [K]"))
    at = np.interp([6.2, 7.7, 9.2], x, np.log(exact))
    assert at[1] - at[0] < 2.0 * (at[2] - at[1]) < 0.0


def test_knee_of_a_known_curve() -> None:
    """Logarithm of f = 1/(1 + e^{2(x - 5)}) bends most at x = 5; a straight line nowhere in particular."""
    x = np.linspace(2.0, 8.0, 41)
    place = knee_near(x, 1.0 / (1.0 + np.exp(2.0 * (x - 5.0))), 5.3)
    assert place is not None
    assert place[0] == pytest.approx(5.0, abs=1e-6)
    assert knee_near(x[:3], np.exp(-x[:3]), 2.1) is None
    off = knee_near(
        x, 1.0 / (1.0 + np.exp(2.0 * (x - 5.0))), 7.5
    )  # control: the wrong place is not reported as 5
    assert off is None or off[0] > 5.9


def test_regimes_change_over_at_the_steps(drawn: dict[int, DrawnFigure]) -> None:
    table = drawn[5].table
    # Printed values hold at n_th = 0.05; (88) depends on it through λ_n = κ[(1 + n_th)n + n_th(n + 1)].
    for n, printed in ((1, 6.1595), (2, 9.5838), (3, 12.906)):
        (at,) = table.numbers("eps2 [K]", series="crossing", n=n)
        assert 0.04 < at - printed < 0.08
        eps2, delta, mu, decay = (
            table.numbers(c, series="manifold", n=n)
            for c in ("eps2 [K]", "delta [K]", "mu [K]", "lambda [K]")
        )
        regime = [row[table.columns.index("regime")] for row in table.select(series="manifold", n=n)]
        tunnels = eps2 < at
        assert regime == ["T" if t else "D" for t in tunnels]
        assert np.all((delta**2 > mu * decay) == tunnels)
        # Control: one rate for both would put the change elsewhere.
        assert np.any((delta > decay) != tunnels)
        (rate,) = table.numbers("Gamma [K]", series="crossing", n=n)
        assert rate == pytest.approx(exact_rate(at, 0.025, 0.01), rel=1e-5)


def test_printed_steps_of_the_regimes() -> None:
    options = job(5).options({"n_th": 0.05, "points": 2, "manifolds": 3})
    table = job(5).draw(options).table
    found = [float(table.numbers("eps2 [K]", series="crossing", n=n)[0]) for n in (1, 2, 3)]
    assert found == pytest.approx([6.1595, 9.5838, 12.906], abs=6e-4)
    # A manifold that dissipation freezes from the first drive on has no step and no T.
    frozen = (
        job(5).draw(job(5).options({"eps2_min": 7.0, "eps2_max": 9.0, "points": 2, "manifolds": 1})).table
    )
    assert {row[frozen.columns.index("regime")] for row in frozen.select(series="manifold")} == {"D"}
    assert not frozen.select(series="crossing")


def test_shares_of_the_manifolds(drawn: dict[int, DrawnFigure]) -> None:
    table = drawn[6].table
    for n, printed in ((1, 6.1622), (2, 9.5858)):
        assert table.numbers("eps2 [K]", series="crossing", n=n) == pytest.approx([printed], abs=2e-4)
    at, total = (table.numbers(c, series="exact") for c in ("eps2 [K]", "Gamma [K]"))
    parts = np.array([table.numbers("Gamma [K]", series=f"n={n} exact") for n in range(5)])
    # Farther on the sixth manifold is missed.
    assert parts.sum(axis=0)[at < 9.0] == pytest.approx(total[at < 9.0], rel=0.01)
    # Whichever manifold tunnels last carries the switching: 1 below its step, then 2.
    leading = parts.argmax(axis=0)
    assert leading[np.abs(at - 5.5).argmin()] == 1
    assert leading[np.abs(at - 8.5).argmin()] == 2
    # At ε₂ = 6 the printed contributions; the line is interpolated between its points.
    printed = {0: 3.92464e-6, 1: 6.784236e-4, 2: 1.403060e-4, 3: 3.120644e-5, 4: 2.576e-6}
    for n, value in printed.items():
        x, line, f, current = (
            table.numbers(c, series=f"n={n}") for c in ("eps2 [K]", "Gamma [K]", "f", "J [K]")
        )
        assert np.interp(6.0, x, line) == pytest.approx(value, rel=2e-3)
        if n:
            # Γ_n = f_n J_n holds for one downward step to the accuracy of the downward current (81).
            assert f * current == pytest.approx(line, rel=0.05)
    # The current hardly changes over the step that the branching ratio makes.
    x, f, current = (table.numbers(c, series="n=1") for c in ("eps2 [K]", "f", "J [K]"))
    near = (x > 5.4) & (x < 7.2)
    assert f[near].max() / f[near].min() > 20.0
    assert current[near].max() / current[near].min() < 1.1


def test_exact_share_at_the_reference_point() -> None:
    """Exact per-manifold values of the reference at (6, 0.025, 0.05), on the figure's own grid."""
    table = job(6).draw(job(6).options({"eps2_min": 6.0, "eps2_max": 7.0, "points": 2})).table
    found = [float(table.numbers("Gamma [K]", series=f"n={n} exact")[0]) for n in range(5)]
    printed = ["3.92395e-6", "6.878200e-4", "1.406271e-4", "3.129567e-5", "2.58249e-6"]
    for value, text in zip(found, printed, strict=True):
        digits = len(text.split("e")[0]) - 2
        assert f"{value:.{digits}e}".replace("e-0", "e-") == text


def test_one_rate_moves_steps_and_turnover(drawn: dict[int, DrawnFigure]) -> None:
    table = drawn[7].table
    right, wrong = (
        table.numbers("eps2 [K]", series=f"step {s}") for s in ("semi-analytical", "lambda-limited")
    )
    assert len(right) == len(wrong) == 2
    assert np.all(wrong - right > 0.5)
    x, exact = (table.numbers(c, series="exact", panel="a") for c in ("eps2 [K]", "Gamma [K]"))
    errors = {}
    for series in ("semi-analytical", "lambda-limited"):
        at, rate = (table.numbers(c, series=series, panel="a") for c in ("eps2 [K]", "Gamma [K]"))
        errors[series] = np.abs(np.interp(x, at, np.log(rate)) - np.log(exact)).max()
    assert errors["semi-analytical"] < 0.01
    assert errors["lambda-limited"] > np.log(1.5)
    for kind, rate, kappa in (("max", 8.151e-7, 1.87e-3), ("min", 7.696e-7, 4.10e-3)):
        (found,), (place,) = (
            table.numbers(c, series=f"local {kind} exact") for c in ("Gamma [K]", "kappa [K]")
        )
        assert found == pytest.approx(rate, abs=0.51e-10)
        assert place == pytest.approx(kappa, abs=0.51e-5)
    factor = {name: float(table.numbers("factor", series=name)[0]) for name in (
        "displacement", "overshoot", "sqrt(mu/lambda)", "alpha sqrt(2/n)")}  # fmt: skip
    assert factor["displacement"] == pytest.approx(factor["sqrt(mu/lambda)"], rel=1e-3)
    assert factor["overshoot"] == pytest.approx(factor["sqrt(mu/lambda)"], rel=1e-3)
    assert factor["alpha sqrt(2/n)"] == 4.0
    assert factor["displacement"] == pytest.approx(4.0, rel=0.1)
    moved = table.numbers("kappa [K]", series="local max lambda-limited") / table.numbers(
        "kappa [K]", series="local max semi-analytical"
    )
    assert moved == pytest.approx([factor["displacement"]])


def test_strong_damping_smooths_the_staircase(drawn: dict[int, DrawnFigure]) -> None:
    table = drawn[10].table
    swing, steepness, current = {}, {}, {}
    for kappa in (0.5, 0.025):
        slope = -table.numbers("slope [1/K]", series="exact", **{"kappa [K]": kappa})
        x = table.numbers("eps2 [K]", series="exact", **{"kappa [K]": kappa})
        inside = (x > 5.5) & (x < 9.5)
        swing[kappa] = slope[inside].max() / slope[inside].min()
        steepness[kappa] = -table.numbers("slope [1/K]", series="crossing", n=1, **{"kappa [K]": kappa})[0]
        ends = [table.numbers("eps2 [K]", series="crossing", n=n, **{"kappa [K]": kappa})[0] for n in (1, 2)]
        at, j = (
            table.numbers(c, series="manifold", n=2, **{"kappa [K]": kappa}) for c in ("eps2 [K]", "J [K]")
        )
        current[kappa] = np.divide(*np.interp(ends[::-1], at, j))
    # Between plateau and step the slope swings by a factor of three, not of ten.
    assert swing[0.5] < 3.5
    assert swing[0.025] > 6.0
    assert steepness[0.5] < 0.8 * steepness[0.025]
    # The current into manifold 2 over its own plateau falls only at strong damping.
    assert current[0.5] < 0.8
    assert current[0.025] > 0.95
    exact, semi = (
        table.numbers("Gamma [K]", series=s, **{"kappa [K]": 0.5}) for s in ("exact", "semi-analytical")
    )
    assert 0.05 < np.abs(semi / exact - 1.0).max() < 0.10
    exact, semi = (
        table.numbers("Gamma [K]", series=s, **{"kappa [K]": 0.025}) for s in ("exact", "semi-analytical")
    )
    assert np.abs(semi / exact - 1.0).max() < 0.012


def test_turnover_with_the_damping(drawn: dict[int, DrawnFigure]) -> None:
    table = drawn[11].table
    for kind, rate, kappa in (("max", 8.151e-7, 1.87e-3), ("min", 7.696e-7, 4.10e-3)):
        assert table.numbers("Gamma [K]", series=f"local {kind}", panel="a") == pytest.approx(
            [rate], abs=0.51e-10
        )
        assert table.numbers("kappa [K]", series=f"local {kind}", panel="a") == pytest.approx(
            [kappa], abs=0.51e-5
        )
        # None at the higher temperature, by the figure and by its line.
        assert not table.select(series=f"local {kind} warm", panel="a")
    assert np.all(np.diff(table.numbers("Gamma [K]", series="warm", panel="a")) > 0.0)
    total = table.numbers("Gamma [K]", series="sum", panel="a")
    assert np.any(np.diff(total) < 0.0)
    for panel in "ab":
        kappa, share = (table.numbers(c, series="n=1", panel=panel) for c in ("kappa [K]", "Gamma [K]"))
        (critical,) = table.numbers("kappa [K]", series="critical damping", panel=panel, n=1)
        top = kappa[np.argmax(share)]
        # Γ_1 itself is largest at κ_1, to the spacing of the points.
        assert top == pytest.approx(critical, rel=0.1)


def test_measured_rates_are_laid_over_and_strangers_refused() -> None:
    for number, given in ((2, {"points": 8}), (7, {"points": 4}), (10, {"points": 8})):
        figure = module(number)
        options = job(number).options(given)
        systems = figure.measured_systems(options)
        assert 3 <= len(systems) <= 8
        estimate = RateEstimate("decay_rate", "demo", 2e-4, 1e-4, 4e-4, 0.3, 0.95)
        stranger = KerrCat(7.0, 0.0123, 0.0456)
        with pytest.raises(ParameterError, match="measured"):
            figure.JOB.draw(options, [MeasuredRate(stranger, estimate)])
    # Only the last is drawn in full: the two others take the same road.
    table = figure.JOB.draw(options, [MeasuredRate(system, estimate) for system in systems]).table
    for column, value in (("Gamma [K]", 2e-4), ("lower [K]", 1e-4), ("upper [K]", 4e-4)):
        assert table.numbers(column, series="measured") == pytest.approx([value] * len(systems))


@pytest.mark.parametrize(
    ("number", "given"),
    [
        (2, {"eps2_min": 9.0, "eps2_max": 5.0}),
        (5, {"eps2_min": 9.0, "eps2_max": 5.0}),
        (6, {"eps2_min": 9.0, "eps2_max": 5.0}),
        (7, {"kappa_min": 0.3, "kappa_max": 0.1}),
        (10, {"weak": 0.6}),
        (11, {"warm": 1e-4}),
    ],
)
def test_limits_out_of_order_are_refused(number: int, given: dict[str, float]) -> None:
    with pytest.raises(ParameterError, match=" < "):
        job(number).draw(job(number).options(given))


def test_settings_name_their_range() -> None:
    with pytest.raises(ParameterError, match="an integer from 2 to 10"):
        job(6).options({"manifolds": 11})
    with pytest.raises(ParameterError, match=r"from 1e-06 to 0\.3"):
        job(2).options({"kappa": 0.0})
