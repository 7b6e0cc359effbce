"""Rates that quantum jumps measure between three wells, and two, against the exact Liouvillian."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import pytest
from scipy import stats

from wellhop.analysis.directed_measurement import DirectedMeasurement, measure_directed
from wellhop.analysis.directed_rates import DirectedRates, directed_rates, slow_spectrum
from wellhop.analysis.estimate import RateEstimate
from wellhop.analysis.measurement import measure
from wellhop.engine.ensemble import run_trajectories
from wellhop.engine.systems.kerr_two_photon_drive import KerrTwoPhotonDrive
from wellhop.engine.systems.kerr_two_photon_jumps import jump_setup
from wellhop.engine.unravelling import build_problem

#: false alarm of one rate; rates are compared on the log scale
ALARM = 1e-8 / 4
LIMIT = float(stats.norm.isf(0.5 * ALARM))
NAMES = ("k_v", "k_b", "lam_e", "lam_o")


def _measured(system: KerrTwoPhotonDrive, exact: DirectedRates, count: int) -> DirectedMeasurement:
    """Trajectories of five times 1/lam_e each."""
    setup = jump_setup(system)
    problem = build_problem(setup, duration=5.0 / exact.lam_e, sample_interval=0.05 / exact.lam_e)
    return measure_directed(
        run_trajectories(problem, 7, range(count)),
        sample_interval=problem.sample_interval,
        burn_in=10.0 * setup.relaxation_time,
        relaxation_time=setup.relaxation_time,
        core_names=problem.core_names,
        rate_guesses={"lam_e": exact.lam_e, "lam_o": exact.lam_o},
        photons=1,
    )


def _worst(
    rates: Mapping[str, RateEstimate], exact: Mapping[str, float], names: Sequence[str] = NAMES
) -> float:
    """Largest deviation in standard errors of ln k."""
    return max(abs(math.log(rates[n].value / exact[n])) / rates[n].relative_error for n in names)


@pytest.mark.parametrize(
    ("parameters", "count"), [((-5.0, 2.2, 0.6), 900), ((-3.0, 1.8, 0.4), 1500), ((-3.0, 1.5, 0.25), 600)]
)
def test_directed_rates_are_those_of_the_liouvillian(
    parameters: tuple[float, float, float], count: int
) -> None:
    """The last point has H_eff with a condition number above 1e9, near the limit of the eigenbasis."""
    system = KerrTwoPhotonDrive(*parameters)
    exact = directed_rates(system)
    found = _measured(system, exact, count)
    known = {name: getattr(exact, name) for name in NAMES}
    assert max(found.rates[name].relative_error for name in ("k_v", "k_b")) < 0.1
    assert _worst(found.rates, known) < LIMIT
    assert found.n_failed == 0
    # counting between cores errs by rate x transit (up to 0.07) and a few per cent of recrossings
    core = found.cores[found.reference]
    assert core.name == "reference"
    for name in ("k_v", "k_b"):
        counted = core.rate(name)
        assert counted is not None
        assert abs(math.log(counted.value / known[name])) < 0.1 + LIMIT * counted.relative_error
    # negative controls: directions exchanged; every switch counted for one bright well only
    swapped = known | {"k_v": exact.k_b, "k_b": exact.k_v}
    assert _worst(found.rates, swapped, ("k_v", "k_b")) > LIMIT
    assert _worst(found.rates, known | {"k_v": 0.5 * exact.k_v}, ("k_v",)) > LIMIT


def test_rate_of_the_cat_region() -> None:
    """Two bright wells: Γ = lam_o = 2 k_d, 4.07e-3; the even mode is no hop."""
    system = KerrTwoPhotonDrive(-1.0, 3.0, 1.0)
    setup = jump_setup(system)
    exact = slow_spectrum(system).odd.value
    problem = build_problem(setup, duration=20.0 / exact, sample_interval=0.1 / exact)
    found = measure(
        run_trajectories(problem, 7, range(64)),
        sample_interval=problem.sample_interval,
        burn_in=10.0,
        relaxation_time=setup.relaxation_time,
        core_names=problem.core_names,
    )
    rate = found.decay_rate
    assert rate.relative_error < 0.06
    assert abs(math.log(rate.value / exact)) < LIMIT * rate.relative_error
    assert abs(math.log(rate.value / (0.5 * exact))) > LIMIT * rate.relative_error  # k_d itself
