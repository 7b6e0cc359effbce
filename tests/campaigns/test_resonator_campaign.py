"""A campaign of the two-photon resonator: coherence, telegraph and truncated Wigner; run here, on ranks, killed, reported."""

from __future__ import annotations

import csv
import random
import signal
import time
from pathlib import Path

import pytest
from small_campaign import (
    Reference,
    checked,
    committed,
    counted,
    kill_everything,
    launch,
    run_here,
    wait_for_lock,
)
from toy_process import finish

from wellhop.analysis.coherence_measurement import CoherenceMeasurement
from wellhop.analysis.comparison import compare
from wellhop.analysis.directed_measurement import DirectedMeasurement
from wellhop.analysis.measurement import Measurement
from wellhop.analysis.prediction import predict
from wellhop.engine.systems import build
from wellhop.engine.systems.two_photon_resonator import TwoPhotonResonator
from wellhop.jobs import findings, runtime
from wellhop.jobs.engines import CampaignEngine
from wellhop.jobs.judging import measurement_of
from wellhop.jobs.measure import CoherenceResult, SwitchingResult, measure_switching
from wellhop.jobs.results import Results
from wellhop.jobs.store import RunFolder

#: three strengths of the noise without one-photon loss, and one telegraph
CAMPAIGN = """
[campaign]
name = "resonator"
seed = 11
[system]
name = "two_photon_resonator"
G = 4
Delta = 1
[[sweep]]
eta = [1.2, 1.0, 0.8]
[[sweep]]
eta = 1.0
kappa_1 = 0.1
[measure.jumps]
duration = { switching_times = 5 }
stop = { trajectories = 256 }
[measure.langevin]
truncation = "drop"
duration = { switching_times = 10 }
stop = { trajectories = 256 }
"""
#: a pull beyond this, in normal deviates, happens with probability 2e-9
FAR = 6.0
Found = dict[tuple[int, str], Measurement | DirectedMeasurement | CoherenceMeasurement | None]


@pytest.fixture(scope="module")
def resonator(tmp_path_factory: pytest.TempPathFactory) -> Reference:
    """The campaign, run in this process with one slice per trajectory."""
    folder = tmp_path_factory.mktemp("resonator") / "run"
    assert run_here(folder, CAMPAIGN, clicks=10**9) == 0
    report = checked(folder)
    return Reference(folder, report.content_sha256, counted(report))


@pytest.fixture(scope="module")
def measured(resonator: Reference) -> Found:
    """(point, arm) -> what its trajectories say."""
    with RunFolder.open(resonator.folder, write=False) as found, Results(found, CampaignEngine()) as results:
        return {(u.point, u.about["arm"]): measurement_of(u, list(results.records(u))) for u in found.units}


def exact(eta: float, *names: str, kappa_1: float = 0.0) -> list[float]:
    system = build("two_photon_resonator", {"G": 4.0, "Delta": 1.0, "eta": eta, "kappa_1": kappa_1})
    return [p.value for p in predict(system, names)]


def test_coherence_decays_and_rotates_as_the_liouvillian_says(measured: Found) -> None:
    for point, eta in enumerate((1.2, 1.0, 0.8)):
        one = measured[point, "jumps"]
        assert isinstance(one, CoherenceMeasurement)
        decay, frequency = exact(eta, "decay", "frequency")
        assert abs(compare(one.rates["Gamma"], decay).pull) < FAR
        assert abs(compare(one.rates["Omega"], frequency).pull) < FAR
        assert one.rates["Gamma"].relative_error < 0.06
        assert one.n_failed == 0
        # negative control: twice the decay, and the switching rate of truncated Wigner, are far off
        assert abs(compare(one.rates["Gamma"], 2.0 * decay).pull) > FAR
        assert abs(compare(one.rates["Gamma"], exact(eta, "twa_drop")[0]).pull) > FAR
        assert one.ensemble is not None
        assert abs(compare(one.ensemble["Omega"], frequency).pull) < FAR


def test_with_one_photon_loss_it_switches(measured: Found) -> None:
    one = measured[3, "jumps"]
    assert isinstance(one, Measurement)
    rate = exact(1.0, "decay", kappa_1=0.1)[0]
    assert abs(compare(one.decay_rate, rate).pull) < FAR
    assert one.decay_rate.relative_error < 0.06
    assert one.residence is not None
    # a residence is short of the transit, some per cent at most here
    assert abs(one.residence.value / rate - 1.0) < 0.05 + FAR * one.residence.relative_error
    assert one.core is not None
    assert one.core.name == "0.99"


def test_truncated_wigner_has_a_rate_of_its_own(measured: Found) -> None:
    for point, eta in enumerate((1.2, 1.0, 0.8)):
        one = measured[point, "langevin"]
        assert isinstance(one, Measurement)
        assert abs(compare(one.decay_rate, exact(eta, "twa_drop")[0]).pull) < FAR
        assert abs(compare(one.decay_rate, exact(eta, "decay")[0]).pull) > FAR  # negative control


def test_report_says_rates_scheme_and_exponent(resonator: Reference, monkeypatch: pytest.MonkeyPatch) -> None:
    result, figures = findings.findings(resonator.folder)
    assert {"inverse_eta", "coherence", "directed_rates", "residence"} <= set(figures)
    table = findings.pull_table(result)
    assert "langevin drop  Gamma" in table
    assert "Omega of quantum jumps against the exact model" in table
    assert result.unit == ""  # eta is swept, so it is no unit
    (family,) = result.exponents
    assert family.action == pytest.approx(5.10973454910)
    for source in (("jumps", "Gamma"), ("jumps", "Omega"), ("langevin drop", "Gamma")):
        fit = family.fits[source]
        # 95 % limits widened to 6 standard errors
        assert abs(fit.action - family.action) < FAR / 1.96 * 0.5 * (fit.upper - fit.lower)
        assert not fit.lower < 2.0 * family.action < fit.upper  # negative control
    monkeypatch.setattr(findings, "findings", lambda folder: (result, figures))  # found once is enough
    page = runtime.report(resonator.folder)
    text = page.read_text(encoding="utf-8")
    for word in ("Coherence between parities", "Rates against 1/η", "closed form", "langevin drop", "no record reveals a well"):
        assert word in text, word
    rows = table_of(page.parent / "rates.csv")
    assert {(r["arm"], r["rate"]) for r in rows} == {("jumps", "Gamma"), ("jumps", "Omega"), ("langevin drop", "Gamma")}
    assert [r["rate"] for r in rows if r["point"] == "3" and r["arm"] == "jumps"] == ["Gamma"]
    action = table_of(page.parent / "action.csv")
    assert {float(r["closed form"]) for r in action} == {family.action}


def table_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_clip_is_not_held_against_drop(tmp_path: Path) -> None:
    text = CAMPAIGN.replace('"drop"', '"clip"').replace("trajectories = 256", "trajectories = 64").replace("[1.2, 1.0, 0.8]", "1.2")
    assert run_here(tmp_path / "run", text) == 0
    lines = findings.pull_table(findings.findings(tmp_path / "run")[0]).splitlines()
    clip = [line for line in lines if line.lstrip().startswith("langevin clip")]
    assert len(clip) == 2
    assert all("agrees" not in line and "disagrees" not in line for line in clip)


def test_slices_of_any_length_give_one_hash(tmp_path: Path) -> None:
    """With fewer trajectories: two groups of them side by side still."""
    found = []
    for name, clicks in (("whole", 10**9), ("short", 20011), ("own", None)):
        assert run_here(tmp_path / name, CAMPAIGN.replace("= 256", "= 96"), clicks=clicks) == 0
        found.append(checked(tmp_path / name).content_sha256)
    assert found[0] == found[1] == found[2]


@pytest.mark.mpi
def test_killed_ranks_resume_to_the_same_hash(tmp_path: Path, resonator: Reference) -> None:
    (tmp_path / "resonator.toml").write_text(CAMPAIGN)
    luck = random.Random(5)
    action = ("run", "resonator.toml", "--output", "run")
    for n_ranks in (2, 0, 3):
        options = ("--slice-clicks", "997", "--commit-seconds", "0.01", "--quiet")
        process = launch("-m", "wellhop.jobs", *action, *options, n_ranks=n_ranks, cwd=tmp_path)
        before, until = committed(tmp_path / "run"), time.monotonic() + 60.0
        while committed(tmp_path / "run") < before + 3 and process.poll() is None and time.monotonic() < until:
            time.sleep(0.002)
        time.sleep(0.2 * luck.random())
        kill_everything(process)
        assert finish(process).code == -signal.SIGKILL, "the kill came too late to test anything"
        wait_for_lock(tmp_path / "run")
        action = ("resume", "run")
    ended = finish(launch("-m", "wellhop.jobs", *action, "--quiet", n_ranks=2, cwd=tmp_path), timeout=240)
    assert ended.code == 0, ended.err
    assert checked(tmp_path / "run").content_sha256 == resonator.content_sha256


def test_from_python() -> None:
    coherent = measure_switching("two_photon_resonator", G=4.0, Delta=-2.0, relative_error=0.15, threads=1)
    assert isinstance(coherent, CoherenceResult)
    for name in ("decay", "frequency"):
        assert abs(coherent.comparisons[name].pull) < FAR
    assert "Omega: frequency = " in str(coherent)
    switching = measure_switching(TwoPhotonResonator(3.0, 1.0, 1.0, 0.2), relative_error=0.15, threads=1)
    assert isinstance(switching, SwitchingResult)
    assert abs(switching.comparisons["decay"].pull) < FAR
    wigner = measure_switching(
        "two_photon_resonator", method="langevin", truncation="drop", G=3.0, Delta=1.0, relative_error=0.1, threads=1
    )
    assert isinstance(wigner, SwitchingResult)
    assert abs(wigner.comparisons["twa_drop"].pull) < FAR
