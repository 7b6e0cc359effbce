"""Figures of the activation of the Kerr-cat: what they must show, asserted on the numbers drawn."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pytest
from matplotlib.figure import Figure
from scipy.optimize import brentq

from wellhop.analysis.activation import scenario_rate
from wellhop.analysis.curves import reduced_rate
from wellhop.analysis.estimate import RateEstimate
from wellhop.analysis.figures import (
    kerr_cat_activation,
    kerr_cat_mechanisms,
    kerr_cat_projection,
    kerr_cat_quantum_heating,
    kerr_cat_regimes,
)
from wellhop.analysis.figures.job import DrawnFigure, FigureJob
from wellhop.analysis.figures.kerr_cat_axes import MeasuredRate
from wellhop.analysis.staircase import ground_rate, rate_model
from wellhop.engine.errors import ParameterError
from wellhop.engine.systems.kerr_cat import KerrCat

JOBS: dict[int, FigureJob] = {
    module.JOB.number: module.JOB
    for module in (kerr_cat_activation, kerr_cat_regimes, kerr_cat_projection, kerr_cat_quantum_heating)
}
#: Coarse settings with whole-numbered drives, a few seconds each.
COARSE: dict[int, dict[str, float]] = {
    8: {"points": 14, "temperatures": 6},
    9: {"eps2_max": 8.0, "drives": 8, "n_min": 1e-8, "n_max": 0.1, "temperatures": 3, "points": 8},
    12: {"points": 12, "temperatures": 9},
    13: {"points": 23},
}


def coarse_rate(system: KerrCat, manifolds: int | None = None) -> float:
    """The exact rate of 12 manifolds, where a figure asks for the default 16: three times faster."""
    return reduced_rate(system, 12 if manifolds is None else manifolds)


@pytest.fixture(scope="module")
def drawn() -> Iterator[dict[int, DrawnFigure]]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kerr_cat_mechanisms, "reduced_rate", coarse_rate)
        yield {number: JOBS[number].draw(JOBS[number].options(given)) for number, given in COARSE.items()}


@pytest.mark.parametrize(
    "point", [(14.0, 0.025, 1e-3), (14.0, 0.025, 0.1), (11.0, 0.025, 1e-9), (8.0, 0.1, 0.1), (6.0, 0.1, 0.0)]
)
def test_coarse_rate_is_the_rate_of_the_figures(point: tuple[float, float, float]) -> None:
    """Far below every tolerance here: what the figures draw by default is what is tested."""
    assert coarse_rate(KerrCat(*point)) == pytest.approx(reduced_rate(KerrCat(*point)), rel=1e-6)


def test_jobs_describe_themselves() -> None:
    assert sorted(JOBS) == [8, 9, 12, 13]
    assert all(job.title and job.source and job.seconds <= 60.0 and not job.sampled for job in JOBS.values())


@pytest.mark.parametrize("number", COARSE)
def test_texts_stay_on_the_page_and_apart(
    drawn: dict[int, DrawnFigure], number: int, texts_apart: Callable[[Figure], None]
) -> None:
    texts_apart(drawn[number].figure)


def test_cold_steps_need_long_hops_and_warm_ones_three(drawn: dict[int, DrawnFigure]) -> None:
    table = drawn[8].table
    printed = {
        (8.0, 0.001): (0.057, 0.800, 0.927),
        (11.0, 0.001): (0.006, 0.182, 0.794),
        (8.0, 0.1): (0.552, 0.905, 0.968),
        (11.0, 0.1): (0.354, 0.801, 0.943),
    }
    for (eps2, n_th), shares in printed.items():
        for reach, share in enumerate(shares, start=1):
            where = {"series": "cascaded", "eps2 [K]": eps2, "n_th": n_th, "reach": reach}
            assert table.numbers("share of exact", **where) == pytest.approx([share], abs=6e-4)
    step = table.numbers("eps2 [K]", series="step", n_th=0.001)
    for n, drive in enumerate(step, start=1):
        assert rate_model(KerrCat(float(drive), 0.025, 0.001)).branching[n] == pytest.approx(0.5, abs=1e-6)
    cold = table.numbers("eps2 [K]", series="crossing", panel="a", n_th=0.001)
    assert list(table.numbers("reach", series="crossing", panel="a", n_th=0.001)) == [1.0, 2.0, 3.0]
    assert np.all((step < cold) & (cold < [*step[1:], 15.0]))
    # warm: hops by one fail in the end, by two and more never; direct heating fails, and does not when cold
    assert list(table.numbers("reach", series="crossing", panel="a", n_th=0.1)) == [1.0]
    assert table.numbers("eps2 [K]", series="crossing", panel="b", n_th=0.1) == pytest.approx([7.1], abs=0.2)
    assert not table.select(series="crossing", panel="b", n_th=0.001)


def test_slopes_and_floors(drawn: dict[int, DrawnFigure]) -> None:
    table = drawn[8].table
    slopes = {n: [f"{s:.2f}" for s in table.numbers("slope", series="slope", n_th=n)] for n in (0.001, 0.1)}
    assert slopes == {0.001: ["1.00", "1.02", "1.05"], 0.1: ["1.10", "1.59", "2.15"]}
    for eps2, floor in ((4.0, 2.86396e-8), (8.0, 8.9632e-12)):
        assert table.numbers("Gamma [K]", series="floor (106)", **{"eps2 [K]": eps2}) == pytest.approx(
            [floor], rel=1e-5
        )
        own = table.numbers("Gamma [K]", series="floor 2V_00", **{"eps2 [K]": eps2})
        assert own == pytest.approx([2 * 0.025 * eps2 / np.expm1(4.0 * eps2)], rel=1e-12)
        coldest = float(table.numbers("Gamma [K]", series="temperature", **{"eps2 [K]": eps2})[0])
        # what is above the floor at n_th = 1e-9 is direct heating
        heated = scenario_rate(KerrCat(eps2, 0.025, 1e-9), "direct") - float(own[0])
        assert coldest == pytest.approx(floor + heated, rel=0.03)
    # control: at the deeper well 2V_00 is not the floor
    assert float(own[0]) < 1e-3 * coldest


def test_measured_rates_are_laid_over(monkeypatch: pytest.MonkeyPatch) -> None:
    # the theory under them does not matter here
    monkeypatch.setattr(kerr_cat_mechanisms, "reduced_rate", ground_rate_and_heat)
    job = JOBS[8]
    options = job.options({"points": 8, "temperatures": 5})
    systems = kerr_cat_activation.measured_systems(options)
    assert 3 <= len(systems) <= 8

    def made_up(system: KerrCat) -> MeasuredRate:
        return MeasuredRate(system, RateEstimate("decay_rate", "made up", 1e-4, 0.9e-4, 1.2e-4, 0.07, 0.95))

    with_them = kerr_cat_activation.draw_activation(options, [made_up(s) for s in systems])
    assert list(with_them.table.numbers("eps2 [K]", series="measured")) == [s.eps2 for s in systems]
    assert set(with_them.table.numbers("upper [K]", series="measured")) == {1.2e-4}
    with pytest.raises(ParameterError, match=r"measured: got .*a curve of panel"):
        kerr_cat_activation.draw_activation(options, [made_up(KerrCat(5.0, 0.025, 0.1))])


def ground_rate_and_heat(system: KerrCat, manifolds: int | None = None) -> float:
    """A rate that costs nothing, of the right size."""
    return ground_rate(system) + 0.1 * system.kappa * system.n_th


def test_map_of_mechanisms(drawn: dict[int, DrawnFigure]) -> None:
    table = drawn[9].table
    mechanism = table.columns.index("mechanism")
    for kappa, n_th, names in [
        (0.1, 1e-8, {2.0: "none", 4.0: "non-Hermitian", 6.0: "non-Hermitian", 8.0: "non-Hermitian"}),
        (0.025, 1e-8, {2.0: "none", 4.0: "none", 6.0: "non-Hermitian", 8.0: "direct"}),
        (0.1, 0.1, {2.0: "direct", 6.0: "direct", 8.0: "cascaded"}),
    ]:
        rows = [
            r for r in table.select(series="map", **{"kappa [K]": kappa}) if abs(r[3] / n_th - 1.0) < 1e-9
        ]
        assert len(rows) == 8
        for row in rows:
            if row[2] in names:
                assert row[mechanism] == names[row[2]]
    count = {
        k: len(table.select(series="map", mechanism="non-Hermitian", **{"kappa [K]": k}))
        for k in (0.025, 0.1)
    }
    assert count[0.1] > count[0.025] > 0
    assert sum(len(table.select(series="map", mechanism=m)) for m in kerr_cat_regimes.MECHANISMS) == 48


def test_borders_on_the_cut(drawn: dict[int, DrawnFigure]) -> None:
    """The ground manifold ends where 2V_00 is half of the exact rate, which is where it equals the non-Hermitian excess."""
    table = drawn[9].table
    for kappa in (0.025, 0.1):
        rows = table.select(series="border", before="none", **{"kappa [K]": kappa})
        assert [row[6] for row in rows] == ["non-Hermitian"]
        drive = float(rows[0][2])
        here = KerrCat(drive, kappa, 1e-8)
        assert ground_rate(here) / reduced_rate(here) == pytest.approx(0.5, abs=0.01)

        def balance(eps2: float, kappa: float = kappa) -> float:
            system = KerrCat(eps2, kappa, 0.0)
            return 2.0 * ground_rate(system) - scenario_rate(system, "nonhermitian")

        assert drive == pytest.approx(float(brentq(balance, 2.0, 6.0, xtol=1e-3)), abs=0.05)
    leaves = table.select(series="border", before="non-Hermitian", **{"kappa [K]": 0.025})
    assert [row[6] for row in leaves] == ["direct"]
    assert leaves[0][2] == pytest.approx(7.58, abs=0.02)


def test_projection_misses_the_rate_without_thermal_photons(drawn: dict[int, DrawnFigure]) -> None:
    table = drawn[12].table
    misses = {}
    for kappa in (0.1, 0.025):
        where = {"panel": "a", "kappa [K]": kappa, "n_th": 0.0}
        exact, equations = (
            float(table.numbers("Gamma [K]", series=series, **where)[0])
            for series in ("exact", "rate equations")
        )
        misses[kappa] = exact / equations
        assert equations == pytest.approx(2 * kappa * 6.0 / np.expm1(24.0), rel=1e-9)
        (half,) = table.select(series="mismatch", **{"kappa [K]": kappa})
        # both grow by the same rate per thermal photon, so the equations give half where that growth is Γ(0) - 2·2V_00
        per_photon = (rate_model(KerrCat(6.0, kappa, 1e-5)).decay_rate() - equations) / 1e-5
        assert half[4] == pytest.approx((exact - 2.0 * equations) / per_photon, rel=0.15)
        if kappa == 0.1:
            assert f"{exact:.6e}" == "1.836540e-08"
            assert f"{equations:.5e}" == "4.53016e-11"
    assert misses[0.1] > 2.0 * misses[0.025] > 200.0
    ratio = {
        n: table.numbers("Gamma [K]", series="rate equations", panel="b", n_th=n)
        / table.numbers("Gamma [K]", series="exact", panel="b", n_th=n)
        for n in (0.0, 1e-3)
    }
    assert np.all(np.abs(ratio[1e-3] - 1.0) < 0.02)
    assert np.nanmin(ratio[0.0]) < 1e-4


def test_non_hermitian_rate_explains_it(drawn: dict[int, DrawnFigure]) -> None:
    table = drawn[13].table
    for (eps2, kappa), share in {
        (6.0, 0.025): 0.9989, (6.0, 0.1): 0.9941, (10.0, 0.1): 0.972,
    }.items():  # fmt: skip
        where = {"eps2 [K]": eps2, "kappa [K]": kappa}
        assert table.numbers("over exact", series="(106), reach 1", **where) == pytest.approx(
            [share], abs=1e-3
        )
        assert table.numbers("over exact", series="(106), reach 2", **where) == pytest.approx(
            [1.0], abs=1.5e-3
        )
        assert table.numbers("over exact", series="dual basis", **where) == pytest.approx([1.0], abs=2e-3)
        assert float(table.numbers("over exact", series="levels of H", **where)[0]) < 1e-2  # control
    for kappa, drive in ((0.025, 4.41), (0.1, 3.50)):
        found = table.numbers("eps2 [K]", series="departure", **{"kappa [K]": kappa})
        assert found == pytest.approx([drive], abs=0.05)
        # the drive of departure grows as damping gets weaker, and all rates below it come from the ground manifold
        where = {"series": "levels of H", "kappa [K]": kappa}
        drives = table.numbers("eps2 [K]", **where)
        own = [ground_rate(KerrCat(float(e), kappa, 0.0)) for e in drives]
        np.testing.assert_allclose(table.numbers("Gamma [K]", **where), own, rtol=1e-9)


def test_refusals() -> None:
    with pytest.raises(ParameterError, match="n_low < n_moderate"):
        JOBS[8].draw(JOBS[8].options({"n_low": 0.2}))
    for number in (9, 12):
        with pytest.raises(ParameterError, match="n_min < n_max"):
            JOBS[number].draw(JOBS[number].options({"n_min": 0.5}))
    with pytest.raises(ParameterError, match="eps2_max: got -1"):
        JOBS[13].options({"eps2_max": -1.0})
