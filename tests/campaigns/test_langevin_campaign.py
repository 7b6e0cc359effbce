"""Campaigns with Langevin and jump arms, two and three wells: run here and on ranks, checked, merged, and right."""

from __future__ import annotations

import contextlib
import io
import json
import math
from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np
import pytest
from small_campaign import Reference, checked, counted, launch, run_here
from toy_process import finish

from wellhop.analysis.comparison import compare
from wellhop.analysis.directed_measurement import DirectedMeasurement
from wellhop.analysis.estimate import RateEstimate
from wellhop.analysis.kerr_cat_twa import twa_rate
from wellhop.analysis.measurement import Measurement
from wellhop.analysis.prediction import predict
from wellhop.engine.systems import build
from wellhop.engine.systems.kerr_cat import KerrCat
from wellhop.jobs import runtime
from wellhop.jobs.cli import main
from wellhop.jobs.engines import CampaignEngine
from wellhop.jobs.judging import measurement_of
from wellhop.jobs.merge import merge
from wellhop.jobs.results import Results
from wellhop.jobs.store import RunFolder

#: three wells, then two
TWO_PHOTON = """
[campaign]
name = "two photons"
seed = 4
[system]
name = "kerr_two_photon_drive"
U = 0.6
[[sweep]]
delta = -3
eps = 1.8
[[sweep]]
delta = -1
eps = 2
[measure.langevin]
duration = { switching_times = 10 }
stop = { trajectories = 384 }
[measure.jumps]
duration = { switching_times = 10 }
stop = { trajectories = 48 }
"""
KERR_CAT = """
[campaign]
name = "cat"
seed = 4
[system]
name = "kerr_cat_staircase"
eps2 = 5
kappa = 0.5
n_th = 0.05
[measure.langevin]
duration = { switching_times = 20 }
stop = { relative_error = 0.05 }
"""
#: a pull beyond this, in normal deviates, happens with probability 2e-9
FAR = 6.0


@pytest.fixture(scope="session")
def two_photon(tmp_path_factory: pytest.TempPathFactory) -> Reference:
    """The campaign of three and two wells, run in this process."""
    folder = tmp_path_factory.mktemp("two_photon") / "run"
    assert run_here(folder, TWO_PHOTON) == 0
    report = checked(folder)
    return Reference(folder, report.content_sha256, counted(report))


@dataclass(frozen=True)
class Run:
    """A run of the command line: where, and what it printed."""

    folder: Path
    out: str


@pytest.fixture(scope="module")
def kerr_cat(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """``wellhop run`` of the campaign of the Kerr-cat, in this process."""
    where, out = tmp_path_factory.mktemp("cat"), io.StringIO()
    (where / "met.toml").write_text(KERR_CAT)
    with contextlib.redirect_stdout(out):
        assert main(["run", str(where / "met.toml"), "--output", str(where / "run"), "--quiet"]) == 0
    return Run(where / "run", out.getvalue())


def measured(folder: Path) -> dict[tuple[int, str], Measurement | DirectedMeasurement]:
    """(point, arm) -> what its trajectories say."""
    with RunFolder.open(folder, write=False) as found, Results(found, CampaignEngine()) as results:
        all_of = {(u.point, u.about["arm"]): measurement_of(u, list(results.records(u))) for u in found.units}
    return {key: one for key, one in all_of.items() if one is not None}


def predicted(delta: float, eps: float, suffix: str) -> dict[str, float]:
    """Slow eigenvalues of the exact (no suffix) or of the truncated-Wigner model."""
    names = ["lam_e", "lam_o"]
    system = build("kerr_two_photon_drive", {"delta": delta, "eps": eps, "U": 0.6})
    return {name: p.value for name, p in zip(names, predict(system, [n + suffix for n in names]), strict=True)}


def pull(estimate: RateEstimate, value: float) -> float:
    """Normal deviate of an estimate."""
    return abs(compare(estimate, value).pull)


def test_every_arm_measures_its_own_model(two_photon: Reference) -> None:
    found = measured(two_photon.folder)
    assert set(found) == {(p, arm) for p in (0, 1) for arm in ("jumps", "langevin")}
    for arm, suffix in (("jumps", ""), ("langevin", "_twa")):
        three, two = found[0, arm], found[1, arm]
        assert isinstance(three, DirectedMeasurement)
        for name, value in predicted(-3.0, 1.8, suffix).items():
            assert pull(three.rates[name], value) < FAR
        assert isinstance(two, Measurement)
        assert pull(two.decay_rate, predicted(-1.0, 2.0, suffix)["lam_o"]) < FAR
        assert three.n_failed == two.n_failed == 0


def test_langevin_rates_are_not_those_of_the_quantum_model(two_photon: Reference) -> None:
    """Negative control: the difference is seen."""
    found = measured(two_photon.folder)
    three, two = found[0, "langevin"], found[1, "langevin"]
    assert isinstance(three, DirectedMeasurement)
    assert pull(three.rates["lam_o"], predicted(-3.0, 1.8, "")["lam_o"]) > FAR
    assert isinstance(two, Measurement)
    assert pull(two.decay_rate, predicted(-1.0, 2.0, "")["lam_o"]) > FAR


def test_kerr_cat_langevin_campaign(kerr_cat: Run) -> None:
    checked(kerr_cat.folder)
    one = measured(kerr_cat.folder)[0, "langevin"]
    assert isinstance(one, Measurement)
    model = twa_rate(KerrCat(eps2=5.0, kappa=0.5, n_th=0.05))
    # the accuracy of the model rate counts as an error
    error = math.hypot(one.decay_rate.relative_error, model.accuracy)
    assert abs(math.log(one.decay_rate.value / model.value)) < FAR * error
    assert one.ensemble is not None
    assert abs(math.log(one.ensemble.value / model.value)) < FAR * math.hypot(one.ensemble.relative_error, model.accuracy)


@pytest.mark.mpi
def test_ranks_give_the_same_hash(tmp_path: Path, two_photon: Reference) -> None:
    (tmp_path / "two.toml").write_text(TWO_PHOTON)
    command = ("-m", "wellhop.jobs", "run", "two.toml", "--output", "run", "--slice-clicks", "30011", "--quiet")
    ended = finish(launch(*command, n_ranks=2, cwd=tmp_path), timeout=240)
    assert (ended.code, ended.err) == (0, "")
    assert checked(tmp_path / "run").content_sha256 == two_photon.content_sha256


def test_status_names_every_unit(two_photon: Reference) -> None:
    lines = runtime.status(two_photon.folder).splitlines()
    assert [line.split()[0] for line in lines[2:6]] == ["complete"] * 4
    assert "point 0 langevin (delta=-3, eps=1.8, U=0.6, gamma=1): 384 trajectories >= 384" in lines[3]
    # three wells have two rates out of wells: the one that the stop rule looks at is named; two wells have one rate
    assert {lines[k].split()[5] for k in (2, 3)} <= {"k_v", "k_b"}
    assert not {"k_v", "k_b"} & set(" ".join(lines[4:6]).split())


def test_a_missed_precision_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], kerr_cat: Run
) -> None:
    monkeypatch.chdir(tmp_path)
    text = KERR_CAT.replace("stop = { relative_error = 0.05 }", "stop = { relative_error = 0.001 }\nmax_trajectories = 128")
    Path("short.toml").write_text(text)
    assert main(["run", "short.toml", "--output", "short", "--quiet"]) == 0
    assert "1 of 1 units ended before their stop rule was met (reached max_trajectories = 128)" in capsys.readouterr().out
    assert "before their stop rule" not in kerr_cat.out


def test_merged_file_holds_labels_and_photons(two_photon: Reference) -> None:
    with h5py.File(merge(two_photon.folder)) as file:
        arm = file["points"]["0000"]["langevin"]
        about = json.loads(arm.attrs["about"])
        heads = arm["trajectories"][:]
        samples, offsets = arm["samples"][:], arm["samples_offsets"][:]
        switches = arm["switches"][:]
    assert (about["engine"], about["wells"], about["scheme"]) == ("langevin", 3, "strang")
    assert np.bincount(heads["start_well"]).tolist() == [128, 128, 128]
    assert set(heads["state"]) == {1}
    first = samples[offsets[:-1], 1]  # photons at t = 0: a coherent state each
    photons = (3.0 + math.sqrt(1.8**2 - 1.0)) / 0.6
    for well, mean in ((0, photons), (1, 0.0), (2, photons)):
        mine = first[heads["start_well"] == well]
        assert abs(mine.mean() - mean) < FAR * mine.std(ddof=1) / math.sqrt(len(mine)) + 1e-12
    assert set(switches["target"]) == {0, 1, 2}


@pytest.mark.filterwarnings("always::wellhop.jobs.prepare.PreparationWarning")
def test_a_long_step_is_said_on_stderr_and_in_the_report(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    text = TWO_PHOTON[: TWO_PHOTON.index("[measure.jumps]")].replace("trajectories = 384", "trajectories = 6")
    (tmp_path / "long.toml").write_text(text.replace("[measure.langevin]", "[measure.langevin]\ndt = 0.1"))
    assert main(["run", "long.toml", "--quiet"]) == 0
    said = capsys.readouterr().err
    for point, line in enumerate(said.splitlines()):
        assert line.startswith(f"wellhop: warning: measure.langevin at point {point} (delta=-{3 - 2 * point}, ")
        assert "biases switching rates: use dt <= 0.0" in line
    assert said.count("step_size: ") == 2
    found = measured(tmp_path / "runs" / "two_photons")
    assert all(one.warnings[0].startswith("step_size: ") for one in found.values())
