"""Three wells, Langevin trajectories and a user's own drift, measured from Python and looked at on the command line."""

from __future__ import annotations

import csv
import math
from pathlib import Path
from typing import Any

import numba
import numpy as np
import pytest
from scipy.integrate import quad

from wellhop.analysis.directed_measurement import DirectedMeasurement
from wellhop.analysis.measurement import Measurement
from wellhop.engine.errors import ModelError, ParameterError, UnravellingError, WellhopError
from wellhop.engine.langevin import Cores, drift_problem, oscillator_problem
from wellhop.engine.systems.kerr_two_photon_drive import KerrTwoPhotonDrive
from wellhop.jobs import cli
from wellhop.jobs.measure import DirectedResult, SwitchingResult, measure_langevin, measure_switching
from wellhop.jobs.measure_langevin import run_lanes

POINT = {"delta": -3.0, "eps": 1.8, "U": 0.4}
WORDS = ["kerr_two_photon_drive", *(w for n, v in POINT.items() for w in ("-p", f"{n}={v}"))]
#: a pull beyond this, in normal deviates, happens with probability 2e-9
FAR = 6.0
#: noise D of the double well below
NOISE = 0.09


@pytest.mark.parametrize(("method", "suffix"), [("jumps", ""), ("langevin", "_twa")])
def test_three_wells_by_name(method: Any, suffix: str) -> None:
    result = measure_switching("kerr_two_photon_drive", method=method, relative_error=0.2, threads=1, **POINT)
    assert isinstance(result, DirectedResult)
    names = {f"{name}{suffix}" for name in ("lam_e", "lam_o", "k_v", "k_b")}
    assert names <= set(result.comparisons)
    # k_v and k_b are split by starts as well, so that their errors are not all independent of each other
    assert max(abs(result.comparisons[name].pull) for name in names) < FAR
    assert max(result.measurement.rates[name].relative_error for name in ("k_v", "k_b")) <= 0.2
    assert "k_v = " in str(result)
    assert "pull" in str(result)


def test_two_wells_of_the_same_system() -> None:
    cat = KerrTwoPhotonDrive(-1.0, 2.0, 0.6)
    result = measure_switching(cat, method="langevin", relative_error=0.1, threads=1)
    assert isinstance(result, SwitchingResult)
    assert abs(result.comparisons["lam_o_twa"].pull) < FAR
    assert result.measurement.ensemble is not None


@numba.njit
def pull(q: Any, out: Any) -> None:
    """Overdamped motion in the double well x⁴/4 - x²/2."""
    out[0] = q[0] - q[0] ** 3


def double_well(duration: float = 400.0, dt: float = 0.04) -> Any:
    """Its Langevin problem, cores around both minima."""
    wells = np.array([[-1.0], [1.0]])
    cores = (Cores("half", wells, np.array([0.3, 0.3])),)
    return drift_problem(
        pull, [[NOISE]], wells=wells, cores=cores, dt=dt, duration=duration, sample_interval=2.0
    )


def mean_passage_time() -> float:
    """From -1 to the top 0 by quadrature, twice: a trajectory that gets there goes over with probability 1/2.

    T = (1/D) ∫_{-1}^{0} exp(V(y)/D) ∫_{-inf}^{y} exp(-V(z)/D) dz dy (Gardiner, Stochastic Methods, 5.5).
    """

    def height(x: float) -> float:
        return 0.25 * x**4 - 0.5 * x**2

    def below(y: float) -> float:
        return float(quad(lambda z: math.exp((height(y) - height(z)) / NOISE), -3.0, y)[0])

    return 2.0 / NOISE * float(quad(below, -1.0, 0.0)[0])


def test_a_drift_of_ones_own() -> None:
    found = measure_langevin(double_well(), relaxation_time=0.5, symmetric=True, relative_error=0.03, threads=1)
    assert isinstance(found, Measurement)
    # 2 per cent: the mean passage time is 1/rate up to a relaxation time or so
    error = math.hypot(found.decay_rate.relative_error, 0.02)
    assert abs(math.log(found.decay_rate.value * mean_passage_time() / 2.0)) < FAR * error
    assert found.residence is not None


def test_three_wells_of_an_oscillator_of_ones_own() -> None:
    """The same numbers as by name, from the problem alone."""
    oscillator = KerrTwoPhotonDrive(**POINT).oscillator()
    problem = oscillator_problem(oscillator, duration=120.0, sample_interval=2.0)
    found = measure_langevin(problem, relative_error=0.15, threads=1)
    assert isinstance(found, DirectedMeasurement)
    # spec kerr_two_photon_drive, section 6
    for name, value in (("lam_e", 4.4581e-2), ("lam_o", 5.5530e-3), ("k_v", 3.896e-2)):
        assert abs(math.log(found.rates[name].value / value)) < FAR * found.rates[name].relative_error


def test_a_wrong_noise_is_noticed() -> None:
    """Negative control: noise D taken for 2D."""
    found = measure_langevin(double_well(), relaxation_time=0.5, symmetric=True, relative_error=0.03, threads=1)
    assert isinstance(found, Measurement)
    wrong = 2.0 * math.sqrt(2.0) * math.exp(-0.25 / (2.0 * NOISE)) / (2.0 * math.pi)
    assert abs(math.log(found.decay_rate.value / wrong)) > FAR * math.hypot(found.decay_rate.relative_error, 0.02)


@pytest.mark.parametrize("threads", [1, 2])
def test_threads_change_no_bit(threads: int) -> None:
    problem = double_well(duration=20.0)
    one = run_lanes(problem, 3, range(70), threads=threads)
    other = run_lanes(problem, 3, range(65, 70), threads=1)
    assert [r.index for r in one] == list(range(70))
    for a, b in zip(one[65:], other, strict=True):
        assert a.samples.tobytes() == b.samples.tobytes()
        assert a.switches.tobytes() == b.switches.tobytes()


LONE_VACUUM = {**POINT, "eps": 0.9}
REFUSED: dict[str, tuple[dict[str, Any], type[WellhopError], tuple[str, ...]]] = {
    "unknown method": ({"method": "diffusion", **POINT}, ParameterError, ("method", "jumps, langevin")),
    "unknown scheme": ({"method": "langevin", "scheme": "rk4", **POINT}, ParameterError, ("scheme", "strang")),
    "long step": ({"method": "langevin", "dt": 0.5, **POINT}, ParameterError, ("dt: got 0.5", "use dt <= 0.051")),
    "step of zero": ({"method": "langevin", "dt": 0.0, **POINT}, ParameterError, ("dt: got 0.0", "> 0")),
    "lone vacuum": (LONE_VACUUM, UnravellingError, ("only the vacuum is stable", "eps > gamma")),
    "missing parameter": ({"delta": -3.0, "eps": 1.8}, ParameterError, ("U", "no default")),
}


@pytest.mark.parametrize("name", REFUSED)
def test_wrong_arguments_are_refused_by_name(name: str) -> None:
    keywords, error, words = REFUSED[name]
    with pytest.raises(error) as raised:
        measure_switching("kerr_two_photon_drive", **keywords)
    assert [word for word in words if word not in str(raised.value)] == [], str(raised.value)


def test_models_without_a_langevin_equation_are_refused() -> None:
    with pytest.raises(ParameterError, match="only built-in systems have a truncated Wigner equation"):
        measure_switching(np.diag([0.0, 1.0]), [np.eye(2)], np.diag([1.0, -1.0]), method="langevin")


def test_drifts_without_wells_or_times_are_refused() -> None:
    with pytest.raises(ParameterError, match="not known for a drift"):
        measure_langevin(double_well())
    with pytest.raises(ParameterError, match="burn_in"):
        measure_langevin(double_well(duration=4.0), relaxation_time=0.5)
    bare = drift_problem(pull, [[0.1]], wells=[[-1.0], [1.0]], dt=0.1, duration=40.0, sample_interval=1.0)
    with pytest.raises(ModelError, match="without cores there are no switches"):
        measure_langevin(bare, relaxation_time=0.5)
    lone = oscillator_problem(
        KerrTwoPhotonDrive(-3.0, 0.9, 0.4).oscillator(), duration=100.0, sample_interval=1.0
    )
    with pytest.raises(ModelError, match="wells: got 1"):
        measure_langevin(lone)


@pytest.mark.parametrize("engine", ["jumps", "langevin"])
def test_trajectories_of_three_wells_are_drawn(tmp_path: Path, engine: str) -> None:
    out = tmp_path / "wells.png"
    words = [*WORDS, "--engine", engine, "--duration", "400", "--seed", "5", "--out", str(out)]
    assert cli.main(["trajectory", *words]) == 0
    assert out.stat().st_size > 10_000
    with out.with_suffix(".csv").open() as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["series", "time [1/gamma]", "value"]
    place = np.array([float(row["value"]) for row in rows if row["series"].endswith(": X")])
    light = np.array([float(row["value"]) for row in rows if row["series"].endswith(": n")])
    wells = {int(float(row["value"])) for row in rows if row["series"].endswith("switch into well")}
    assert len(place) == len(light) == 1501
    assert wells <= {0, 1, 2}
    # started in the bright well to the left, where X = -1 and n = n_b/U
    assert abs(place[:50].mean() + 1.0) < 0.3
    assert abs(light[:50].mean() - (3.0 + math.sqrt(1.8**2 - 1.0)) / 0.4) < 3.0


def test_wrong_trajectories_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = ["--out", str(tmp_path / "x.png")]
    cases = [
        ([*WORDS, "--engine", "langevin", "--unravelling", "both"], "no clicks"),
        ([*WORDS, "--unravelling", "counting"], "counting shows no well"),
        ([*WORDS[:3], "-p", "eps=0.9", "-p", "U=0.4"], "nothing switches"),
        ([*WORDS[:3], "-p", "eps=0.9", "-p", "U=0.4", "--engine", "langevin"], "nothing switches"),
    ]
    for words, reason in cases:
        assert cli.main(["trajectory", *words, *out]) == 2
        assert reason in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_kerr_cat_in_the_truncated_wigner_model() -> None:
    result = measure_switching(
        "kerr_cat_staircase", method="langevin", eps2=5.0, kappa=0.5, n_th=0.05, relative_error=0.1, threads=1
    )
    assert isinstance(result, SwitchingResult)
    assert [p.name for p in result.predictions] == ["twa"]
    assert abs(result.comparisons["twa"].pull) < FAR
