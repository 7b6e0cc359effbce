"""Figures of the resonator's switching path and rates: what they must show, asserted on the numbers drawn."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure

from wellhop.analysis.estimate import RateEstimate
from wellhop.analysis.figures import resonator_paths, resonator_prefactors, resonator_rates
from wellhop.analysis.figures.job import DrawnFigure
from wellhop.analysis.figures.resonator_measured import MeasuredCoherence, MeasuredTelegraph
from wellhop.analysis.resonator_action import escape_action
from wellhop.analysis.resonator_angle import angle_rate
from wellhop.engine.errors import ParameterError, PredictionError
from wellhop.engine.systems.two_photon_resonator import TwoPhotonResonator

JOBS = {job.number: job for job in (resonator_paths.JOB, resonator_rates.JOB, resonator_prefactors.JOB)}
#: Coarse settings, a few seconds each.
COARSE: dict[int, dict[str, float]] = {
    3: {"G": 6.0, "Delta": 2.0},
    4: {"points": 4},
    5: {"points": 3, "G_min": 4.0, "G_max": 14.0},
}


@pytest.fixture(scope="module")
def drawn() -> dict[int, DrawnFigure]:
    """Every figure once, truth laid over the rates."""
    found = {n: JOBS[n].draw(JOBS[n].options(COARSE[n])) for n in (3, 5)}
    found[4] = resonator_rates.draw_resonator_rates(JOBS[4].options(COARSE[4]), measured_points())
    return found


def estimate(value: float) -> RateEstimate:
    return RateEstimate("decay_rate", "made up", value, 0.9 * value, 1.1 * value, 0.05, 0.95)


def measured_points() -> list[Any]:
    """Exact values of two points without one-photon loss and of a telegraph, with intervals of ten per cent."""
    points: list[Any] = []
    for G, Delta, decay, frequency in (
        (6.0, 3.0, 2.900582743e-2, 4.437351652e-2),
        (6.0, 1.0, 8.305e-5, 4.434e-4),
    ):
        rates = {"Gamma": estimate(decay), "Omega": estimate(frequency)}
        measurement: Any = SimpleNamespace(rates=rates)
        points.append(
            MeasuredCoherence(TwoPhotonResonator(G, Delta), complex(decay, frequency), measurement, 0.0)
        )
    telegraph: Any = SimpleNamespace(decay_rate=estimate(9.7407e-5))
    points.append(MeasuredTelegraph(TwoPhotonResonator(6.0, 1.0, 1.0, 0.1), 9.7407e-5, telegraph, 0.0))
    return points


@pytest.mark.parametrize("number", COARSE)
def test_texts_stay_on_the_page_and_apart(
    drawn: dict[int, DrawnFigure], number: int, texts_apart: Callable[[Figure], None]
) -> None:
    texts_apart(drawn[number].figure)
    assert JOBS[number].title
    assert JOBS[number].source
    assert JOBS[number].seconds <= 20.0


def test_switching_path_leaves_the_well_and_its_action_is_that_of_the_closed_form(
    drawn: dict[int, DrawnFigure],
) -> None:
    table, system = drawn[3].table, TwoPhotonResonator(6.0, 2.0)
    exact = escape_action(system)
    well = np.sqrt(2.0) * np.array([system.alpha0.real, system.alpha0.imag])
    middle = {}
    for model in ("keldysh", "twa"):
        x, p, action, known, off = (
            table.numbers(c, series=model) for c in ("x", "p", "S", "S closed form", resonator_paths.OFF)
        )
        assert np.hypot(x[0] - well[0], p[0] - well[1]) < 1e-3
        assert np.hypot(x[-1], p[-1]) < 1e-3
        assert action[-1] == pytest.approx(exact, rel=1e-6)
        np.testing.assert_allclose(action, known, atol=1e-6 * exact)
        square, closed = (table.numbers(c, series=model) for c in ("|alpha|^2", "|alpha|^2 closed form"))
        np.testing.assert_allclose(square, closed, atol=1e-6 * square[0])
        assert np.nanmax(off) < 1e-5
        middle[model] = square[np.argmin(np.abs(action - 0.5 * exact))]
    # Negative control: the two orbits are not the same.
    assert middle["twa"] / middle["keldysh"] > 1.05
    down = np.stack([table.numbers(c, series="relaxation") for c in ("x", "p")], axis=1)
    assert np.linalg.norm(down[0]) < 0.01
    assert np.linalg.norm(down[-1] + well) < 1e-3
    # The grid of the mean field vanishes nowhere but at the fixed points.
    x, p, u, v = (table.numbers(c, series="drift") for c in ("x", "p", "Re chi", "Im chi"))
    alpha = (x + 1j * p) / np.sqrt(2.0)
    field = [system.mean_field(a) for a in alpha]
    np.testing.assert_allclose((u + 1j * v) / np.sqrt(2.0), field, atol=1e-12 * np.abs(field).max())


def test_rates_have_the_exponent_and_their_prefactors(drawn: dict[int, DrawnFigure]) -> None:
    table = drawn[4].table
    for G in (5.0, 6.0, 7.0):
        where = {"G [eta]": G}
        x, action = (table.numbers(c, series="action", **where) for c in ("Delta [eta]", "S"))
        assert action[0] == pytest.approx(2.0 * G, rel=1e-12)
        assert action[-1] < 1e-6
        assert np.all(np.diff(action) < 0.0)
        # Power 3/2 where the wells merge.
        near = (x > 0.9 * G) & (x < 0.999 * G)
        power = np.polyfit(np.log(G - x[near]), np.log(action[near]), 1)[0]
        assert power == pytest.approx(1.5, abs=0.01)
        delta, depth, decay, frequency = (
            table.numbers(c, series="exact", **where)
            for c in ("Delta [eta]", "S", "Gamma [eta]", "Omega [eta]")
        )
        assert np.all(np.diff(decay) > 0.0)
        # Within the gap the rates are e^{-S} times prefactors of order one that vanish with Δ.
        deep = depth > 2.0
        s = np.sqrt(G**2 - delta**2)
        prefactor = 2.0 / np.pi * (1.0 - np.exp(-2.0 * np.pi * delta)) * s / G * np.exp(-depth)
        assert np.abs(decay / (prefactor * delta) - 1.0)[deep].max() < 0.17
        assert np.abs(frequency / (prefactor * s) - 1.0)[deep].max() < 0.09
        for law in ("law L1", "law L2"):
            known, said = (table.numbers(c, series=law, **where) for c in ("Gamma [eta]", "Gamma law [eta]"))
            assert len(known) == deep.sum()
            assert np.abs(known / said - 1.0).max() < 0.2
        # Negative control: truncated Wigner is no quantum rate, and stays finite without detuning.
        place, wigner = (table.numbers(c, series="TWA drop", **where) for c in ("Delta [eta]", "Gamma [eta]"))
        assert place[0] == 0.0
        assert wigner[0] == pytest.approx(angle_rate(TwoPhotonResonator(G, 0.0)), rel=1e-12)
        assert wigner[1] > 50.0 * decay[0]


def test_measured_points_lie_where_they_belong(drawn: dict[int, DrawnFigure]) -> None:
    table = drawn[4].table
    assert table.numbers("Gamma [eta]", series="measured Gamma").tolist() == [2.900582743e-2, 8.305e-5]
    assert table.numbers("Omega [eta]", series="measured Omega").tolist() == [4.437351652e-2, 4.434e-4]
    assert table.numbers("kappa_1 [eta]", series="measured Gamma_z").tolist() == [0.1]
    assert table.numbers("upper [eta]", series="measured Gamma")[0] == pytest.approx(1.1 * 2.900582743e-2)
    systems = resonator_rates.measured_systems(JOBS[4].options())
    assert len(systems) == 6
    assert all(2.9 < escape_action(one) < 5.1 and one.kappa_1 == 0.0 for one in systems)
    stray = [MeasuredTelegraph(TwoPhotonResonator(5.5, 1.0), 1.0, measured_points()[-1].measurement, 0.0)]
    with pytest.raises(ParameterError, match="measured"):
        resonator_rates.draw_resonator_rates(JOBS[4].options(), stray)


def test_prefactors_tend_to_their_limits(drawn: dict[int, DrawnFigure]) -> None:
    table = drawn[5].table
    for delta in resonator_prefactors.DETUNINGS:
        where = {"series": "exact", "Delta [eta]": delta}
        depth = table.numbers("G [eta]", **where)
        assert len(depth) == 3
        for part, limit in zip(("Gamma", "Omega"), resonator_prefactors.limits(delta), strict=True):
            value = table.numbers(resonator_prefactors.PREFACTOR[part], **where)
            off = np.abs(value / limit - 1.0)
            assert off[-1] < 0.04
            assert off[-1] < off[0] + 1e-6
            # Negative control: a power of η in front would go on growing.
            assert np.abs(value * np.sqrt(depth) / (value[0] * np.sqrt(depth[0])) - 1.0)[-1] > 0.5
        decay = table.numbers("Gamma/law", **where)
        assert (decay[-1] - 1.0) * depth[-1] == pytest.approx(0.54, abs=0.02)


def test_settings_out_of_order_are_refused() -> None:
    with pytest.raises(ParameterError, match="G_a < G_b"):
        JOBS[4].draw(JOBS[4].options({"G_a": 9.0}))
    with pytest.raises(ParameterError, match="G_min < G_max"):
        JOBS[5].draw(JOBS[5].options({"G_min": 19.0}))
    with pytest.raises(ParameterError, match="at rest"):
        JOBS[3].draw(JOBS[3].options({"Delta": 0.0}))
    with pytest.raises(PredictionError, match="two wells"):
        JOBS[3].draw(JOBS[3].options({"Delta": 11.0}))
