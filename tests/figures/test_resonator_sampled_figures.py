"""Figures 6 and 7 of the two-photon resonator, and the trajectories behind them: what they must show, on the numbers drawn."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pytest
import qutip
from matplotlib.figure import Figure
from scipy.linalg import expm

from wellhop.analysis.comparison import compare
from wellhop.analysis.figures.drawn import DrawnTable
from wellhop.analysis.figures.job import DrawnFigure, FigureOptions
from wellhop.analysis.figures.resonator_measured import MeasuredCoherence, MeasuredTelegraph
from wellhop.analysis.resonator_evolution import mean_amplitude
from wellhop.analysis.resonator_exceptional_point import discriminant, exact_exceptional_loss
from wellhop.analysis.resonator_loss_curves import dark_law
from wellhop.analysis.resonator_modes import slow_modes
from wellhop.analysis.resonator_spectrum import slow_eigenvalue, slow_pair
from wellhop.engine.errors import ParameterError, PredictionError, SpectrumError, UnravellingError
from wellhop.engine.fock import coherent_state
from wellhop.engine.systems.two_photon_resonator import TwoPhotonResonator
from wellhop.engine.systems.two_photon_resonator_jumps import well_amplitude
from wellhop.jobs import figure_one_photon_loss, figure_resonator_coherence
from wellhop.jobs.figures_resonator import GALLERY, Measured, with_trajectories
from wellhop.jobs.resonator_sampling import coherence_rates, sample_signals, telegraph_rates

#: Pulls are mapped to normal deviates: a two-sided false alarm beyond 5.8 has a chance below 1e-8.
Z = 5.8
SYSTEM = TwoPhotonResonator(4.0, 1.0)


# the exact mean and the exceptional point


@pytest.mark.parametrize("point", [(1.5, 0.6, 1.0, 0.0), (1.2, -0.7, 0.8, 0.0), (1.5, 0.6, 1.0, 0.05)])
def test_exact_mean_is_that_of_the_full_master_equation(point: tuple[float, ...]) -> None:
    """Independent: the superoperator of another package, on the whole density matrix."""
    system, size = TwoPhotonResonator(*point), 16
    a, alpha = qutip.destroy(size), well_amplitude(system)
    hamiltonian = -system.Delta * a.dag() * a + 0.5j * system.G * (a.dag() ** 2 - a**2)
    full = qutip.liouvillian(hamiltonian, [np.sqrt(system.eta) * a**2, np.sqrt(system.kappa_1) * a]).full()
    state = coherent_state(alpha, size)
    # column by column, as that package stacks matrices
    rho = np.outer(state, state.conj()).ravel(order="F")
    expected = []
    for _ in range(7):
        expected.append(np.trace(a.full() @ rho.reshape(size, size, order="F")) / alpha)
        rho = expm(2.0 * full) @ rho
    np.testing.assert_allclose(mean_amplitude(system, 2.0, 6, levels=size // 2), expected, atol=1e-9)
    assert abs(expected[-1] - expected[0]) > 0.1


def test_late_mean_decays_with_the_slow_eigenvalue() -> None:
    """Γ and Ω from second differences of the exact mean; without rotation the same signal would not fit."""
    rate = slow_eigenvalue(TwoPhotonResonator(3.0, 1.0), levels=15)
    late = mean_amplitude(TwoPhotonResonator(3.0, 1.0), 5.0, 5, levels=15).real[2:]
    # x_{k+1} + e^{-2Γt} x_{k-1} = 2 e^{-Γt} cos(Ωt) x_k for the real part of a complex exponential
    factor = np.exp(5.0 * rate.real)
    left = late[2] + factor**2 * late[0]
    assert left == pytest.approx(2.0 * factor * np.cos(5.0 * rate.imag) * late[1], rel=1e-8)
    assert abs(late[2] / (factor * late[1]) - 1.0) > 0.1


def test_exceptional_point_of_the_specification() -> None:
    """0.003727 in the full sector, 0.003644 in the two-dimensional slow space."""
    loss = exact_exceptional_loss(replace(SYSTEM, kappa_1=0.1))
    assert loss == pytest.approx(0.003727, abs=5.1e-7)
    near = [complex(*_imaginary_parts(replace(SYSTEM, kappa_1=loss * x))) for x in (0.999, 1.001)]
    assert abs(near[0]) > 1e-4 > 1e-9 > abs(near[1])
    assert discriminant(replace(SYSTEM, kappa_1=0.05)) > 0.0
    with pytest.raises(SpectrumError, match="at Delta = 0 is not above round-off"):
        exact_exceptional_loss(TwoPhotonResonator(4.0, 0.0))


def _imaginary_parts(system: TwoPhotonResonator) -> list[float]:
    return [float(z.imag) for z in slow_modes(system).values[:2]]


def test_exact_mean_refuses_what_it_cannot_do() -> None:
    with pytest.raises(ParameterError, match="step"):
        mean_amplitude(SYSTEM, 0.0, 4)
    with pytest.raises(ParameterError, match="count"):
        mean_amplitude(SYSTEM, 1.0, 0)
    with pytest.raises(PredictionError, match="smaller G/eta"):
        mean_amplitude(TwoPhotonResonator(40.0, 1.0), 1.0, 4)


def test_first_order_at_zero_detuning_is_that_of_the_dark_states() -> None:
    """Independent: second-order remainder of exact slow modes; the law of the specification alone, κ₁², is far off."""
    system = TwoPhotonResonator(2.0, 0.0, 1.0, 0.0)
    losses = np.array([1e-4, 2e-4])
    exact = np.array([-slow_modes(replace(system, kappa_1=float(x))).values[0].real for x in losses])
    rest = (exact - dark_law(2.0, losses)) / losses**2
    assert rest[0] == pytest.approx(rest[1], rel=0.01)
    assert exact[1] / exact[0] == pytest.approx(2.0, rel=0.1)


# measured rates


@pytest.fixture(scope="module", name="pairs")
def pairs_fixture() -> DrawnFigure:
    """Figure 6 with two measured losses."""
    job = figure_one_photon_loss.JOB
    few = {
        "points": 8,
        "kappa_min": 1e-3,
        "kappa_max": 0.2,
        "measured": 2,
        "measured_min": 0.01,
        "measured_max": 0.1,
    }
    return job.draw(job.options({**few, "switches": 1000}, seed=1))


def test_figure_6_measures_what_is_exact(pairs: DrawnFigure) -> None:
    table = pairs.table
    for series, count in (("measured Gamma", 1), ("measured Omega", 1), ("measured Gamma_z", 2)):
        pulls = table.numbers("pull", series=series)
        assert pulls.size == count
        assert (np.abs(pulls) < Z).all(), (series, pulls)
        inside = table.numbers("lower [eta]", series=series) < table.numbers("upper [eta]", series=series)
        assert inside.all()
    # to the digits of the specification
    exact = table.numbers("exact [eta]", series="measured Gamma_z")
    np.testing.assert_allclose(exact, [7.15592827e-3, 5.147349871e-3], rtol=1e-8)
    assert table.numbers("exact [eta]", series="measured Gamma")[0] == pytest.approx(
        4.243260069370e-3, rel=1e-9
    )
    assert table.numbers("exact [eta]", series="measured Omega")[0] == pytest.approx(
        1.411183497463e-2, rel=1e-9
    )
    # counted with cores far out, short transits through them aside
    assert table.numbers("pull", series="residence times")[-1] == pytest.approx(0.0, abs=Z)


def test_half_the_phase_flips_would_be_noticed(pairs: DrawnFigure) -> None:
    """Control: q/2 for q in the slow space, and the one-way rate, are excluded by the measured points."""
    table, rate = pairs.table, slow_eigenvalue(SYSTEM, levels=20)
    first = table.select(series="measured Gamma_z")[0]
    names = ("kappa_1 [eta]", "rate [eta]", "pull", "exact [eta]")
    loss, value, pull, exact = (float(first[table.columns.index(name)]) for name in names)
    error = math.log(value / exact) / pull
    flips = loss * abs(SYSTEM.alpha0) ** 2
    wrong = -slow_pair(rate, 0.5 * flips)[0].real
    assert abs(math.log(value / wrong)) > Z * error
    assert abs(math.log(2.0 * value / exact)) > Z * error
    right = -slow_pair(rate, flips)[0].real
    assert abs(math.log(value / right)) < Z * error


def test_figure_6_has_the_exceptional_point_and_both_limits(
    pairs: DrawnFigure, texts_apart: Callable[[Figure], None]
) -> None:
    table = pairs.table
    assert table.numbers("kappa_1 [eta]", series="exceptional point")[0] == pytest.approx(
        0.003727, abs=5.1e-7
    )
    assert table.numbers("kappa_1 [eta]", series="exceptional point in the slow space")[0] == pytest.approx(
        0.003644, abs=5.1e-7
    )
    losses = table.numbers("kappa_1 [eta]", series="exact slow")
    rotation = table.numbers("Im [eta]", series="exact slow")
    assert ((rotation > 1e-9) == (losses < 0.003727)).all()
    slow, fast = (table.numbers("rate [eta]", series=f"exact {name}") for name in ("slow", "fast"))
    np.testing.assert_allclose(slow[rotation > 1e-9], fast[rotation > 1e-9], rtol=1e-6)
    assert (slow[rotation < 1e-9] < fast[rotation < 1e-9]).all()
    # 2q and the plateau, where q is large and the wells are still those of κ₁ = 0
    assert table.numbers("rate [eta]", series="phase flips")[-1] == pytest.approx(fast[-1], rel=0.1)
    beyond = int(np.argmin(np.abs(losses - 0.03)))
    zeno = table.numbers("rate [eta]", series="Zeno")
    assert zeno[beyond - losses.size] == pytest.approx(slow[beyond], rel=0.08)
    assert slow[beyond] < 0.5 * slow[int(np.argmin(np.abs(losses - 0.004)))]
    texts_apart(pairs.figure)


def test_figure_6_without_trajectories(texts_apart: Callable[[Figure], None]) -> None:
    job = figure_one_photon_loss.JOB
    few = {"G": 2.0, "Delta": -0.5, "points": 6, "kappa_min": 1e-3, "kappa_max": 0.2, "switches": 0.0}
    drawn = job.draw(job.options(few))
    assert not any(str(row[0]).startswith(("measured", "residence")) for row in drawn.table.rows)
    texts_apart(drawn.figure)
    with pytest.raises(ParameterError, match="kappa_min < kappa_max"):
        job.draw(job.options({"kappa_min": 0.1, "kappa_max": 0.01}))
    with pytest.raises(ParameterError, match="measured_min < measured_max"):
        job.draw(job.options({**few, "switches": 400.0, "measured_min": 0.2, "measured_max": 0.1}))


def test_negative_detuning_turns_the_other_way_and_has_the_same_rates() -> None:
    found = coherence_rates(replace(SYSTEM, Delta=-1.0), time=3e4, seed=5)
    for name, exact in found.expected.items():
        assert abs(compare(found.rates[name], exact).pull) < Z
    # control: the frequency is told from the decay rate
    assert abs(compare(found.rates["Omega"], found.exact.real).pull) > Z
    assert found.expected["Omega"] == pytest.approx(1.411183497463e-2, rel=1e-9)


def test_measured_rates_refuse_what_has_none() -> None:
    with pytest.raises(UnravellingError, match="nothing can be measured there"):
        coherence_rates(replace(SYSTEM, Delta=0.0), time=1e3)
    with pytest.raises(ParameterError, match="use telegraph_rates"):
        coherence_rates(replace(SYSTEM, kappa_1=0.1), time=1e3)
    with pytest.raises(ParameterError, match="use coherence_rates"):
        telegraph_rates(SYSTEM, time=1e3)
    with pytest.raises(UnravellingError, match="rotates at kappa_1"):
        telegraph_rates(replace(SYSTEM, kappa_1=0.003), time=1e3)
    with pytest.raises(UnravellingError, match="next rate is"):
        telegraph_rates(replace(SYSTEM, kappa_1=0.004), time=1e3)
    with pytest.raises(UnravellingError, match="next rate is"):
        coherence_rates(TwoPhotonResonator(2.0, 1.7), time=1e3)
    with pytest.raises(ParameterError, match="time"):
        coherence_rates(SYSTEM, time=math.nan)


def test_streams_are_named_by_seed_and_point() -> None:
    one, again, other = (
        sample_signals(SYSTEM, "displaced", trajectories=2, duration=50.0, samples=25, seed=s, point=p)
        for s, p in ((1, 0), (1, 0), (1, 1))
    )
    assert one.times.shape == (26,)
    np.testing.assert_array_equal(one.order_parameter, again.order_parameter)
    assert (one.order_parameter != other.order_parameter).any()


# figure 7


@pytest.fixture(scope="module", name="signals")
def signals_fixture() -> DrawnFigure:
    job = figure_resonator_coherence.JOB
    return job.draw(job.options({"trajectories": 300, "counted": 24, "telegraphs": 30}, seed=2))


def column(table: DrawnTable, name: str) -> np.ndarray:
    return table.numbers(name, series="mean")


def test_mean_follows_the_master_equation_and_rotates(
    signals: DrawnFigure, texts_apart: Callable[[Figure], None]
) -> None:
    table = signals.table
    times, mean, error, exact = (column(table, name) for name in ("time [1/eta]", "X", "error", "exact"))
    assert mean[0] == pytest.approx(1.0, abs=1e-3)
    # at its minimum all trajectories differ; 6.1 standard errors are 1e-8 with 299 degrees of freedom
    lowest = int(np.argmin(exact))
    assert exact[lowest] < -0.3
    assert abs(mean[lowest] - exact[lowest]) < 6.1 * error[lowest]
    # control: a decay without rotation, exp(-Γt), is excluded there
    assert abs(mean[lowest] - np.exp(-4.243260069370e-3 * times[lowest])) > 6.1 * error[lowest]
    leading = column(table, "leading order")
    assert 1e-3 < np.abs(leading - exact).max() < 0.03
    # spec section 6
    assert leading[0] == 1.0
    assert np.interp([60.0, 210.0], times, leading) == pytest.approx([0.514, -0.404], abs=2e-3)
    texts_apart(signals.figure)


def test_only_one_photon_loss_makes_a_telegraph(signals: DrawnFigure) -> None:
    """Spec section 6: |X| < 1/2 for 65-75 % of the time without one-photon loss, 0.6 % at κ₁ = 0.1."""
    table = signals.table
    share = {str(row[1]): (float(row[5]), float(row[6])) for row in table.select(series="in neither well")}
    for run in ("displaced", "counting"):
        assert share[run][0] > 0.5
        assert share[run][0] - 0.02 > Z * share[run][1]
    assert share["telegraph"][0] < 0.02
    for run in share:
        density = table.numbers("density", series="distribution", run=run)
        at = table.numbers("X", series="distribution", run=run)
        assert density.sum() * (at[1] - at[0]) == pytest.approx(1.0)
    assert {row[3] for row in table.select(series="trace", run="counting")} == {0, 1, 2}
    assert {row[3] for row in table.select(series="trace", run="telegraph")} == {0}


def test_figure_7_refuses_the_dark_states() -> None:
    job = figure_resonator_coherence.JOB
    with pytest.raises(UnravellingError, match="no decay above round-off"):
        job.draw(job.options({"Delta": 0.0}))


# the gallery, and points laid over figure 4


def test_the_gallery_has_every_figure() -> None:
    jobs = GALLERY["two_photon_resonator"]
    assert list(jobs) == list(range(1, 9))
    assert {number for number, job in jobs.items() if job.sampled} >= {4, 6, 7}
    assert all(job.title and job.source and job.seconds <= 60.0 for job in jobs.values())


def test_points_laid_over_are_those_of_their_systems() -> None:
    """One shallow and one deep system: a telegraph only beside the deep one, at the one-way rate's double."""
    shallow, deep = TwoPhotonResonator(4.0, 1.9), TwoPhotonResonator(4.0, 1.0)
    blank = figure_one_photon_loss.JOB
    seen: list[Measured] = []

    def draw(options: FigureOptions, measured: Sequence[Measured] = ()) -> DrawnFigure:
        seen.extend(measured)
        return DrawnFigure(Figure(), DrawnTable(("series",)))

    job = with_trajectories(replace(blank, settings={}), draw, lambda options: (shallow, deep))
    job.draw(job.options({"switches": 200.0}, seed=3))
    first, second, third = seen
    assert isinstance(first, MeasuredCoherence)
    assert isinstance(second, MeasuredCoherence)
    assert isinstance(third, MeasuredTelegraph)
    assert [m.system for m in (first, second)] == [shallow, deep]
    assert third.system == replace(deep, kappa_1=0.073)
    for one in (first, second):
        for name, exact in one.expected.items():
            assert abs(compare(one.rates[name], exact).pull) < Z
    assert abs(compare(third.rate, third.exact).pull) < Z
    # control: at these counts the frequency alone would not pass for the rate of the telegraph
    assert abs(compare(third.rate, deep_frequency := second.exact.imag).pull) > Z
    assert deep_frequency > 2.0 * third.exact
    seen.clear()
    job.draw(job.options({"switches": 0.0}))
    assert seen == []
    dark = with_trajectories(
        replace(blank, settings={}), draw, lambda options: (TwoPhotonResonator(4.0, 0.0),)
    )
    with pytest.raises(UnravellingError, match="switches=0 draws the figure without"):
        dark.draw(dark.options({"switches": 200.0}))
