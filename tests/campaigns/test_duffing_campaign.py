"""A campaign of the Duffing oscillator: both directions between two different wells, by quantum jumps and by Langevin steps."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from small_campaign import Reference, checked, counted, launch, run_here
from toy_process import finish

from wellhop.analysis.coherence_measurement import CoherenceMeasurement
from wellhop.analysis.comparison import compare
from wellhop.analysis.directed_measurement import DirectedMeasurement
from wellhop.analysis.duffing_rates import DuffingRates, duffing_rates
from wellhop.analysis.measurement import Measurement
from wellhop.engine.systems.duffing_attractors import DuffingAttractors
from wellhop.jobs import runtime
from wellhop.jobs.engines import CampaignEngine
from wellhop.jobs.findings import findings, pull_table
from wellhop.jobs.judging import measurement_of
from wellhop.jobs.measure import DirectedResult, measure_switching
from wellhop.jobs.results import Results
from wellhop.jobs.store import RunFolder

#: three quanta at one drive, the last point with another drive and a warmer bath
CAMPAIGN = """
[campaign]
name = "duffing"
seed = 16
[system]
name = "duffing_attractors"
khat = 0.1
[[sweep]]
beta = 0.05333333333333334
lam = [0.09, 0.08]
[[sweep]]
lam = 0.08
beta = 0.05
n_th = 0.05
[measure.jumps]
duration = { switching_times = 3 }
stop = { trajectories = 512 }
[measure.langevin]
duration = { switching_times = 3 }
stop = { trajectories = 3072 }
"""
POINTS = ((0.09, 4 / 75, 0.0), (0.08, 4 / 75, 0.0), (0.08, 0.05, 0.05))
#: a pull beyond this, in normal deviates, happens with probability 2e-9
FAR = 6.0
Found = dict[tuple[int, str], Measurement | DirectedMeasurement | CoherenceMeasurement | None]


@pytest.fixture(scope="module")
def duffing(tmp_path_factory: pytest.TempPathFactory) -> Reference:
    """The campaign, run in this process."""
    folder = tmp_path_factory.mktemp("duffing") / "run"
    assert run_here(folder, CAMPAIGN, clicks=10**9) == 0
    report = checked(folder)
    return Reference(folder, report.content_sha256, counted(report))


@pytest.fixture(scope="module")
def measured(duffing: Reference) -> Found:
    """(point, arm) -> what its trajectories say."""
    with RunFolder.open(duffing.folder, write=False) as found, Results(found, CampaignEngine()) as results:
        return {(u.point, u.about["arm"]): measurement_of(u, list(results.records(u))) for u in found.units}


@pytest.fixture(scope="module")
def exact() -> dict[tuple[int, str], DuffingRates]:
    """The Liouvillian for jumps, the truncated Wigner generator for Langevin trajectories."""
    out = {}
    for point, (lam, beta, n_th) in enumerate(POINTS):
        system = DuffingAttractors(lam, beta, 0.1, n_th)
        out[point, "jumps"] = duffing_rates(system, "exact")
        out[point, "langevin"] = duffing_rates(system, "twa")
    return out


def rates_of(one: DuffingRates) -> dict[str, float]:
    return {"Gamma": one.gap, "k_LH": one.k_lh, "k_HL": one.k_hl}


@pytest.mark.parametrize("arm", ["jumps", "langevin"])
def test_both_directions_agree_with_the_model_simulated(
    arm: str, measured: Found, exact: dict[tuple[int, str], DuffingRates]
) -> None:
    for point in range(len(POINTS)):
        one = measured[point, arm]
        assert isinstance(one, DirectedMeasurement)
        assert one.n_failed == 0
        truth, other = (rates_of(exact[point, a]) for a in (arm, "langevin" if arm == "jumps" else "jumps"))
        for name, value in truth.items():
            estimate = one.rates[name]
            # the first is the statistical test; the second holds at this seed, chosen beforehand, and guards against drift
            assert abs(compare(estimate, value).pull) < FAR, (point, name)
            assert abs(compare(estimate, value).pull) < 4.0, (point, name)
            assert estimate.relative_error < (0.09 if name != "k_HL" else 0.17), (point, name)
        # negative controls: the other direction, and the other model, whose k_LH is two to five times as large or small
        for wrong in (truth["k_HL"], other["k_LH"]):
            assert abs(compare(one.rates["k_LH"], wrong).pull) > FAR, (point, wrong)
        assert one.photons is not None
        light = exact[point, arm].photons_las * (1.0 - truth["k_LH"] / truth["Gamma"])
        light += exact[point, arm].photons_has * truth["k_LH"] / truth["Gamma"]
        assert abs(one.photons.value - light) < FAR * one.photons.error


def test_report_shows_both_directions_and_exponents(duffing: Reference) -> None:
    result, figures = findings(duffing.folder)
    assert figures == ("inverse_lam", "directed_rates", "trajectory")
    assert result.unit == "dw"
    table = pull_table(result)
    for word in ("k_LH of quantum jumps against the exact model", "k_HL of Langevin trajectories", "action 0.5108"):
        assert word in table, word
    (family,) = result.exponents
    assert family.actions["jumps", "k_LH"] == pytest.approx(0.5108005845, rel=1e-8)
    assert family.actions["langevin", "k_HL"] == pytest.approx(0.4269, abs=2e-4)
    page = runtime.report(duffing.folder)
    text = page.read_text(encoding="utf-8")
    for word in ("small orbit LAS", "Rates against 1/λ", "HAS weight", "at LAS, +1 at HAS", "transit out of<br>LAS"):
        assert word in text, word
    assert "vacuum" not in text
    assert "bright" not in text
    rows = table_of(page.parent / "rates.csv")
    assert [r["rate"] for r in rows if r["point"] == "0" and r["arm"] == "jumps"] == ["Gamma", "k_LH", "k_HL"]
    assert {r["family"] for r in table_of(page.parent / "slopes.csv")} == {"beta = 0.05333, khat = 0.1, n_th = 0, eta = 0, dw = 1"}


def table_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.mark.mpi
def test_ranks_and_slices_give_one_hash(tmp_path: Path) -> None:
    second = '[[sweep]]\nlam = 0.08\nbeta = 0.05\nn_th = 0.05\n'
    assert second in CAMPAIGN
    text = CAMPAIGN.replace("lam = [0.09, 0.08]", "lam = 0.1").replace(second, "")
    text = text.replace("512", "32").replace("3072", "128")
    assert run_here(tmp_path / "here", text, clicks=10**9) == 0
    assert run_here(tmp_path / "slices", text, clicks=499) == 0
    (tmp_path / "duffing.toml").write_text(text)
    ended = finish(
        launch("-m", "wellhop.jobs", "run", "duffing.toml", "--output", "ranks", "--quiet", n_ranks=3, cwd=tmp_path),
        timeout=240,
    )
    assert ended.code == 0, ended.err
    assert len({checked(tmp_path / name).content_sha256 for name in ("here", "slices", "ranks")}) == 1


def test_from_python() -> None:
    parameters = {"lam": 0.1, "beta": 4 / 75, "khat": 0.1}
    jumps = measure_switching("duffing_attractors", relative_error=0.15, threads=1, seed=2, **parameters)
    assert isinstance(jumps, DirectedResult)
    assert set(jumps.comparisons) == {"Gamma", "k_LH", "k_HL"}
    assert all(abs(c.pull) < FAR for c in jumps.comparisons.values())
    wigner = measure_switching(DuffingAttractors(0.08, 4 / 75, 0.1), method="langevin", relative_error=0.1, threads=1)
    assert isinstance(wigner, DirectedResult)
    assert set(wigner.comparisons) == {"Gamma_twa", "k_LH_twa", "k_HL_twa"}
    assert all(abs(c.pull) < FAR for c in wigner.comparisons.values())
    assert "k_LH = " in str(wigner)
