"""A switching rate from a dozen lines of Python: by name, and for two unequal wells that no family contains."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import qutip
from scipy import stats

from wellhop.analysis.comparison import compare
from wellhop.analysis.core_reading import CoreReading
from wellhop.analysis.measurement import Measurement
from wellhop.engine.errors import ModelError, ParameterError, SpectrumError, UnravellingError, WellhopError
from wellhop.engine.systems.kerr_cat import KerrCat
from wellhop.jobs.measure import SwitchingResult, measure_switching

#: probability that right code fails a test of this file, for each test
FALSE_ALARM = 1e-8
FAST = {"eps2": 3.0, "kappa": 0.1, "n_th": 0.1}

# A Kerr oscillator driven on one side of its bistability: a dim and a bright well.
DIM = 30
A = qutip.destroy(DIM)
NUMBER = A.dag() * A
H = -4.0 * NUMBER + 0.4 * A.dag() ** 2 * A**2 + 2.6 * (A + A.dag())


@pytest.fixture(scope="module")
def generic() -> SwitchingResult:
    """The wells, their cores and the displacements are found by themselves."""
    return measure_switching(H, [A], NUMBER, relative_error=0.025, seed=3, threads=2)


@pytest.fixture(scope="module")
def counting() -> SwitchingResult:
    """The same model with given displacements, none: plain photon counting."""
    return measure_switching(
        H, [A], NUMBER, relative_error=0.1, seed=4, threads=2, displacements=np.zeros((2, 1))
    )


def deviate(families: int = 1) -> float:
    """Two-sided limit of a normal deviate that ``families`` right ones together exceed with FALSE_ALARM."""
    return float(stats.norm.isf(0.5 * FALSE_ALARM / families))


def test_built_in_system_by_name() -> None:
    result = measure_switching("kerr_cat_staircase", seed=1, threads=2, **FAST)
    rate = result.measurement.decay_rate
    assert rate.relative_error <= 0.05
    exact = result.comparisons["liouvillian"]
    assert abs(exact.pull) < deviate()
    assert exact.prediction == pytest.approx(9.9645e-3, rel=1e-4)
    assert compare(rate, 0.5 * exact.prediction).pull > deviate()  # negative control: the one-way rate
    assert result.wells is None
    for words in ("Gamma: decay_rate = ", "from residence times", "exact (Liouvillian): ", "pull "):
        assert words in str(result)


def test_threads_do_not_change_the_result_and_seeds_do() -> None:
    def run(system: str | KerrCat, seed: int, threads: int, **parameters: float) -> SwitchingResult:
        return measure_switching(system, relative_error=0.2, seed=seed, threads=threads, **parameters)

    one = run("kerr_cat_staircase", 7, 1, **FAST)
    two = run(KerrCat(**FAST), 7, 2)
    other = run(KerrCat(**FAST), 8, 2)
    assert bits(one) == bits(two)
    assert str(one) == str(two)
    assert bits(one) != bits(other)


def bits(result: SwitchingResult) -> list[tuple[bytes, bytes, bytes]]:
    """Everything random in the trajectories."""
    return [(r.samples.tobytes(), r.switches.tobytes(), r.click_counts.tobytes()) for r in result.records]


def test_wells_are_those_of_the_liouvillian(generic: SwitchingResult) -> None:
    """Against the spectrum and the steady state that QuTiP finds, and against numbers computed once."""
    rates = np.sort(-qutip.liouvillian(H, [A]).eigenenergies().real)
    wells = generic.wells
    assert wells is not None
    assert abs(rates[0]) < 1e-9
    assert wells.decay_rate == pytest.approx(rates[1], rel=1e-7)
    assert wells.decay_rate == pytest.approx(9.613e-3, rel=1e-4)
    assert rates[2] / rates[1] == pytest.approx(68.0, abs=0.5)
    assert generic.measurement.separation == pytest.approx(
        rates[2] / generic.measurement.decay_rate.value, rel=1e-6
    )
    assert wells.weights == pytest.approx([0.563, 0.437], abs=5e-4)
    assert wells.escape_rates.sum() == pytest.approx(wells.decay_rate, rel=1e-12)
    mixture = np.tensordot(wells.weights, wells.states, axes=1)
    assert np.abs(mixture - qutip.steadystate(H, [A]).full()).max() < 1e-8
    photons = [np.trace(NUMBER.full() @ rho).real for rho in wells.states]
    assert photons[0] > 3 * photons[1]


def test_generic_rate_agrees_with_the_exact_one(generic: SwitchingResult) -> None:
    rate = generic.measurement.decay_rate
    assert rate.relative_error <= 0.025
    assert generic.wells is not None
    exact = generic.wells.decay_rate
    assert abs(compare(rate, exact).pull) < deviate()
    for escape in generic.wells.escape_rates:  # negative control: either one-way rate is refuted
        assert compare(rate, escape).pull > deviate()


def test_directed_escape_rates(generic: SwitchingResult) -> None:
    """Counting with cores is not the slow mode: it is bracketed by what each definition misses and overcounts.

    <C_w> is a martingale on the scale of a visit. A state that enters the core at threshold th falls back to the other
    core with probability at most (1 - th)/th, so that true hops k are counted at most k/(2 th - 1) times; a count misses
    hops that come back within the transit time, a share of Gamma x transit. Errors from the scatter over trajectories, since
    counts that come in pairs are not Poisson.
    """
    wells, cores = generic.wells, generic.measurement.cores
    assert wells is not None
    assert len(cores) >= 2
    n = 2 * len(cores)
    for core in cores:
        for well in (0, 1):
            counted = core.residences.in_well(well)
            rate, error, dof = directed(counted.trajectory, counted.switched, counted.durations)
            reading = core.directed[well]
            assert reading is not None
            assert rate == pytest.approx(reading.value, rel=1e-12)
            slack = float(stats.t.isf(0.5 * FALSE_ALARM / n, dof)) * error

            def allowed(true: float, core: CoreReading = core, slack: float = slack) -> tuple[float, float]:
                low, high = true * (1.0 - core.rate_x_transit), true / (2.0 * core.setting - 1.0)
                return low * math.exp(-slack), high * math.exp(slack)

            low, high = allowed(wells.escape_rates[well])
            assert low < rate < high
            low, high = allowed(wells.decay_rate)  # negative control: the sum of both as the rate out of one
            assert not low < rate < high


def directed(trajectory: Any, switched: Any, durations: Any) -> tuple[float, float, int]:
    """Switches per time in a well, its relative error from the scatter over trajectories, and degrees of freedom."""
    count = np.bincount(trajectory, weights=switched.astype(float))
    time = np.bincount(trajectory, weights=durations)
    rate = count.sum() / time.sum()
    n = len(count)
    scatter = np.sqrt(n / (n - 1) * ((count - rate * time) ** 2).sum())
    return float(rate), float(scatter / count.sum()), n - 1


def test_time_in_each_well(generic: SwitchingResult) -> None:
    """Occupation of a two-state telegraph: variance 2 p0 p1 / (Gamma T); exchanged wells are refuted."""
    assert generic.wells is not None
    p = generic.wells.weights
    core = generic.measurement.core
    assert core is not None
    seen = core.residences.in_well(0).exposure / core.residences.exposure
    error = math.sqrt(2.0 * p[0] * p[1] / (generic.wells.decay_rate * core.residences.exposure))
    # a transit belongs to the well it leaves
    slack = deviate() * error + generic.wells.decay_rate * core.transit_mean
    assert abs(seen - p[0]) < slack
    assert not abs(seen - p[1]) < slack


def test_automatic_displacement_beats_counting(generic: SwitchingResult, counting: SwitchingResult) -> None:
    """The same rate with a quarter of the clicks, as many as the metastable states say."""
    wells = generic.wells
    assert wells is not None
    bare, shifted = np.zeros(2), np.zeros(2)
    for well, rho in enumerate(wells.states):
        mean = np.trace(A.full() @ rho)
        bare[well] = np.trace(NUMBER.full() @ rho).real
        shifted[well] = bare[well] - abs(mean) ** 2
    assert abs(compare(counting.measurement.decay_rate, wells.decay_rate).pull) < deviate()
    rate = clicks(counting.measurement)
    # clicks follow the slow hops: their mean over T scatters as the occupation times the difference of the wells
    time = counting.measurement.total_time
    p = wells.weights
    error = abs(bare[0] - bare[1]) * math.sqrt(2.0 * p[0] * p[1] / (wells.decay_rate * time))
    error += math.sqrt(bare.max() / time)
    assert abs(rate - p @ bare) < deviate() * error
    assert clicks(generic.measurement) < 0.3 * rate
    # frames change a click after the hop and states are not the plateau ones in transit: 5 % is not resolved here
    assert clicks(generic.measurement) == pytest.approx(p @ shifted, rel=0.25)


def clicks(measurement: Measurement) -> float:
    """Clicks per time, all channels."""
    return sum(rate.value for rate in measurement.click_rates.values())


def test_given_displacements_are_used(generic: SwitchingResult) -> None:
    """Those found automatically, given back: the same bits. Others: other bits."""
    assert generic.wells is not None
    beta = [[-complex(np.trace(A.full() @ rho))] for rho in generic.wells.states]
    again = measure_switching(H, [A], NUMBER, relative_error=0.3, seed=3, threads=2, displacements=beta)
    assert bits(again) == bits(generic)[: len(again.records)]
    changed = measure_switching(
        H, [A], NUMBER, relative_error=0.3, seed=3, threads=2, displacements=np.array(beta) * 1.01
    )
    assert bits(changed) != bits(again)


def test_report_is_called_after_every_batch() -> None:
    lines: list[str] = []
    result = measure_switching(
        "kerr_cat_staircase", relative_error=0.1, seed=2, threads=1, report=lines.append, **FAST
    )
    assert len(lines) == len(result.records) // 32
    assert lines[-1].startswith(f"{len(result.records)} trajectories: decay_rate = ")


CAVITY = qutip.destroy(12)
#: (positional arguments, keywords, error, words of its message)
REFUSED: dict[str, tuple[tuple[Any, ...], dict[str, Any], type[WellhopError], tuple[str, ...]]] = {
    "no order parameter": ((H, [A]), {}, ModelError, ("order_parameter", "got none")),
    "no jump operators": ((H, None, NUMBER), {}, ModelError, ("c_ops", "got none")),
    "empty jump operators": ((H, [], NUMBER), {}, ModelError, ("jump_operators", "at least one")),
    "order parameter of another size": (
        (H, [A], qutip.num(12)), {}, ModelError, ("order_parameter", "dimension 12", "30"),
    ),
    "jump operator of another size": (
        (H, [A, CAVITY], NUMBER), {}, ModelError, ("jump_operators[1]", "dimension 12", "30"),
    ),
    "order parameter that is not Hermitian": (
        (H, [A], A), {}, ModelError, ("order_parameter", "not Hermitian"),
    ),
    "Hamiltonian that is not Hermitian": (
        (H + 1j * NUMBER, [A], NUMBER), {}, ModelError, ("hamiltonian", "not Hermitian"),
    ),
    "no model at all": ((None, [A], NUMBER), {}, ModelError, ("hamiltonian", "square matrix")),
    "displacements of a wrong shape": (
        (H, [A], NUMBER), {"displacements": [1.0, 2.0]}, ModelError, ("displacements", "(2,)", "(2, 1)"),
    ),
    "displacements that are not finite": (
        (H, [A], NUMBER), {"displacements": [[math.nan], [1.0]]}, ModelError, ("displacements", "finite"),
    ),
    "displacements that are words": (
        (H, [A], NUMBER), {"displacements": [["left"], ["right"]]}, ModelError, ("displacements", "(2, 1)"),
    ),
    "parameter of a model given by operators": (
        (H, [A], NUMBER), {"kappa": 1.0}, ParameterError, ("kappa", "no such argument"),
    ),
    "one well only": (
        (qutip.num(12) + 0.3 * (CAVITY + CAVITY.dag()), [CAVITY], qutip.num(12)),
        {}, SpectrumError, ("metastable wells", "allowed is >= 2"),
    ),
    "unknown system": (("kerr_cat",), FAST, ParameterError, ("'kerr_cat'", "did you mean kerr_cat_staircase")),
    "unknown parameter": (
        ("kerr_cat_staircase",), {**FAST, "kapa": 0.1}, ParameterError, ("kapa", "did you mean kappa"),
    ),
    "missing parameter": (("kerr_cat_staircase",), {"eps2": 3.0}, ParameterError, ("kappa", "no default")),
    "negative rate": (("kerr_cat_staircase",), {**FAST, "kappa": -0.1}, ParameterError, ("kappa", "-0.1", "> 0")),
    "negative occupation": (("kerr_cat_staircase",), {**FAST, "n_th": -0.1}, ParameterError, ("n_th", "-0.1")),
    "operators for a built-in system": (
        ("kerr_cat_staircase", [A], NUMBER), FAST, ModelError, ("a built-in system has its own",),
    ),
    "parameters for a system object": (
        (KerrCat(**FAST),), {"eps2": 4.0}, ParameterError, ("eps2", "the system object holds its parameters"),
    ),
    **{
        f"relative error {bad!r}": (
            (H, [A], NUMBER), {"relative_error": bad}, ParameterError, ("relative_error", repr(bad), "0 and 0.5"),
        )
        for bad in (0, -0.1, 0.5, math.nan, math.inf, "small", True, None)
    },
    **{
        f"{name} {bad!r}": ((H, [A], NUMBER), {name: bad}, ParameterError, (name, repr(bad)))
        for name, values in {
            "max_trajectories": (0, 31, 64.0, True),
            "duration": (0.0, -1.0, math.nan, math.inf, "long"),
            "seed": (-1, 1.5, "x", 2**63),
            "threads": (0, 1.5, "x"),
            "propagator": ("eign",),
        }.items()
        for bad in values
    },
    "duration shorter than the burn-in": (
        (H, [A], NUMBER), {"duration": 1.0}, UnravellingError, ("duration", "burn-in"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_wrong_arguments_are_refused_by_name(name: str) -> None:
    arguments, keywords, error, words = REFUSED[name]
    with pytest.raises(error) as raised:
        measure_switching(*arguments, **keywords)
    assert [word for word in words if word not in str(raised.value)] == [], str(raised.value)
