"""Truncated-Wigner rate of the Kerr-cat: digits, two independent computations, a contrast to the exact rate, bias of a step.

Stochastic tests fix their seed; a normal deviate beyond FAR has probability 1e-8.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable

import numpy as np
import pytest
from scipy.linalg import expm

from wellhop.analysis.correlation import autocorrelation_rate
from wellhop.analysis.estimate import RateEstimate
from wellhop.analysis.kerr_cat_twa import TwaRate, twa_prediction, twa_rate
from wellhop.analysis.liouvillian import decay_rate
from wellhop.analysis.strang_bias import second_order_shift, split_generator, strang_bias
from wellhop.analysis.twa_generator import twa_modes
from wellhop.engine import langevin
from wellhop.engine.errors import CutoffError, ParameterError
from wellhop.engine.langevin_wells import StepSizeWarning, check_step
from wellhop.engine.systems.kerr_cat import KerrCat

FAR = 5.731
Point = tuple[float, float, float]
#: (eps2, kappa, n_th) -> truncated-Wigner rate, its ratio to the exact one, and that ratio as read in 60 to 100 Fock states,
#: where it scatters by 3 to 8 %.
PRINTED: dict[Point, tuple[str, str, str]] = {
    (6.0, 0.1, 0.1): ("8.633e-3", "2.855", "2.87"),
    (9.0, 0.1, 0.1): ("2.959e-3", "3.296", "3.34"),
    (9.0, 0.1, 0.01): ("1.483e-3", "43.4", "44.2"),
}


def cat(point: Point) -> KerrCat:
    eps2, kappa, n_th = point
    return KerrCat(eps2=eps2, kappa=kappa, n_th=n_th)


def exact(system: KerrCat) -> float:
    """Odd-parity Liouvillian in manifolds."""
    kept = system.default_manifolds()
    model = system.reduced_model(kept, max(system.default_cutoff(), 2 * kept + 20))
    return float(decay_rate(model, parity_signs=np.repeat([1.0, -1.0], kept)).value)


def fock_rate(system: KerrCat, levels: int) -> float:
    """The same equation as a generator on operators, in Fock states."""
    return float(-twa_modes(system.oscillator(), levels, sector="odd").eigenvalues[0].real)


@pytest.fixture(scope="module")
def rates() -> dict[Point, TwaRate]:
    return {point: twa_rate(cat(point)) for point in PRINTED}


@pytest.mark.parametrize("point", PRINTED, ids=str)
def test_rates_and_ratios_to_their_digits(
    rates: dict[Point, TwaRate], printed_as: Callable[..., bool], point: Point
) -> None:
    found, (rate, ratio, _) = rates[point], PRINTED[point]
    assert printed_as(found.value, rate)
    assert printed_as(found.value / exact(cat(point)), ratio)
    assert found.resolved
    assert found.accuracy < 3e-4


@pytest.mark.parametrize("point", PRINTED, ids=str)
def test_fock_states_scatter_around_the_rate(rates: dict[Point, TwaRate], point: Point) -> None:
    """The ratios 2.87, 3.34, 44.2 are readings in one Fock space; others, as good, lie on either side of them."""
    system, reading = cat(point), float(PRINTED[point][2])
    scattered = np.array([fock_rate(system, n) for n in (60, 64, 73, 80)]) / exact(system)
    assert scattered.min() < reading < scattered.max()
    scatter = np.ptp(scattered) / reading
    assert 30.0 * rates[point].accuracy < scatter < 0.1
    assert fock_rate(system, 150) == pytest.approx(rates[point].value, rel=0.01)


@pytest.mark.parametrize(
    ("point", "accuracy"), [((3.0, 0.5, 0.1), 3e-6), ((4.0, 0.5, 0.1), 3e-5), ((2.0, 1.0, 2.0), 1e-7)]
)
def test_operator_and_phase_space_agree_where_both_converge(point: Point, accuracy: float) -> None:
    found = twa_rate(cat(point))
    assert fock_rate(cat(point), cat(point).default_cutoff() + 60) == pytest.approx(found.value, rel=accuracy)
    assert found.accuracy < 1e-5
    # negative control: the quantum model is another one
    assert found.value / exact(cat(point)) > 1.02


def test_truncated_wigner_has_no_staircase_and_meets_the_exact_rate_only_when_hot() -> None:
    drives = (4.0, 5.0, 6.0, 7.0)
    cold = [cat((eps2, 0.5, 0.02)) for eps2 in drives]
    smooth, stairs = (
        np.diff(np.log([rate(c) for c in cold])) for rate in (lambda c: twa_rate(c).value, exact)
    )
    assert np.ptp(smooth) < 0.01
    assert np.ptp(stairs) > 0.4
    ratios = [twa_rate(cat((4.0, 0.5, n))).value / exact(cat((4.0, 0.5, n))) for n in (0.02, 0.5, 5.0)]
    assert ratios == pytest.approx([7.635, 1.2202, 1.0175], rel=2e-4)


def test_prediction_says_what_it_is() -> None:
    value, valid, note, accuracy = twa_prediction(cat((3.0, 0.5, 0.1)))
    assert valid
    assert note.startswith("contrast: ")
    assert accuracy is not None
    assert accuracy < 1e-5
    assert value == pytest.approx(0.1050971, rel=1e-6)
    with pytest.raises(CutoffError, match="use a smaller eps2/K"):
        twa_rate(cat((100.0, 0.5, 0.1)))
    nothing = twa_prediction(cat((100.0, 0.5, 0.1)))
    assert math.isnan(nothing[0])
    assert not nothing[1]


def test_shift_of_the_stepped_equation_is_that_of_its_propagator() -> None:
    """Eigenvalue of exp(A dt/2) exp(B dt) exp(A dt/2), dense, against the commutators."""
    system, basis, scale = cat((2.0, 1.0, 0.5)), 24, 0.45
    turn, rest = (part.toarray() for part in split_generator(system, basis, scale))
    values = np.linalg.eigvals(turn + rest)
    slowest = float(values[np.argmin(np.abs(values))].real)
    expected = second_order_shift(system, basis, scale)
    for dt in (0.004, 0.008):
        half = expm(0.5 * dt * turn)
        stepped = np.linalg.eigvals(half @ expm(dt * rest) @ half)
        rate = math.log(stepped[np.argmin(np.abs(stepped - math.exp(slowest * dt)))].real) / dt
        assert math.log(rate / slowest) == pytest.approx(expected * dt**2, rel=0.05)
    # negative control: without the second commutator it is another number
    assert abs(expected) * 0.004**2 > 1e-5


def sampled(system: KerrCat, dt: float | None, rate: TwaRate, exposure: float) -> tuple[RateEstimate, float]:
    """Γ of 64 Langevin trajectories of ``exposure`` switching times together, and the step they had."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", StepSizeWarning)
        problem = langevin.oscillator_problem(
            system.oscillator(),
            duration=exposure / 64.0 / rate.value,
            sample_interval=0.5 / rate.next_rate,
            dt=dt,
        )
    records = langevin.run_many(problem, 20261, range(64))
    skip = math.ceil(15.0 / rate.next_rate / problem.sample_interval)
    order = [record.samples[skip:, 0] for record in records]
    lag = 5.0 / rate.next_rate
    return autocorrelation_rate(
        order, problem.sample_interval, lag / 4.0, rate_guess=rate.value, lag=lag
    ), problem.dt


def test_langevin_rates_are_off_by_the_bias_of_their_step() -> None:
    """What was a surplus of about a per cent is c dt²: seen with a long step, computed without sampling, small by default."""
    system = cat((3.0, 0.5, 0.1))
    rate = twa_rate(system)
    shift = second_order_shift(system, 96, 0.33)
    recommended = check_step(system.oscillator(), "strang", None)[0]
    assert shift * recommended**2 == pytest.approx(0.0263, abs=2e-4)
    long, dt = sampled(system, 2.0 * recommended, rate, 1.5e5)
    seen = math.log(long.value / rate.value)
    # negative control: against the rate of the equation without a step the long step is far off
    assert seen > FAR * long.relative_error
    # dt^4 comes next, at this step a few per cent of dt²
    assert abs(seen - shift * dt**2) < FAR * long.relative_error + 0.2 * shift * dt**2
    default, dt = sampled(system, None, rate, 8e4)
    assert shift * dt**2 < 0.002
    assert abs(math.log(default.value / rate.value) - shift * dt**2) < FAR * default.relative_error


def test_default_steps_of_the_kerr_cat_keep_the_bias_below_half_a_per_cent() -> None:
    for point, full in (((6.0, 0.5, 0.02), 3.97), ((12.0, 0.5, 0.05), 6.57)):
        system = cat(point)
        dt = check_step(system.oscillator(), "strang", None)[0]
        shift = second_order_shift(system, 176, 0.33)
        assert 100.0 * shift * dt**2 == pytest.approx(full, abs=0.05)
        default = langevin.oscillator_problem(system.oscillator(), duration=100.0, sample_interval=10.0).dt
        assert shift * default**2 < 0.005 < shift * (0.4 * dt) ** 2
    with pytest.raises(ParameterError, match="dt"):
        strang_bias(cat((3.0, 0.5, 0.1)), 0.0)
