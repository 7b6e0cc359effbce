"""Campaigns with ``manifolds_resolved``: what they mean, what they refuse, the same results in any slices, and the report."""

from __future__ import annotations

import csv
import functools
from pathlib import Path

import pytest
from small_campaign import run_here

from wellhop.analysis.report import write_report
from wellhop.engine.errors import CampaignError
from wellhop.jobs import findings
from wellhop.jobs.arms import ManifoldJumpArm
from wellhop.jobs.campaign import changed_keys, fingerprint, parse
from wellhop.jobs.prepare import prepare
from wellhop.jobs.verify import verify

TEXT = """
[campaign]
name = "resolved"
seed = 5
[system]
name = "kerr_cat_staircase"
K = 2
kappa = 0.2
n_th = 0.1
[sweep]
eps2 = [6, 10.6]
[measure.jumps]
duration = { switching_times = 20 }
batch = 16
stop = { trajectories = 16 }
manifolds_resolved = true
[report]
figures = ["staircase"]
"""
PLAIN = TEXT.replace("manifolds_resolved = true\n", "")
#: Fingerprint of PLAIN before there was such a key.
PLAIN_FINGERPRINT = "9fcc80d72ae55e1b9bc59a932046e0470785e374e81b3db1a82381d775361fc2"


def test_meaning() -> None:
    (arm,) = parse(TEXT).arms
    assert isinstance(arm, ManifoldJumpArm)
    assert changed_keys(parse(PLAIN), parse(TEXT)) == ["measure.jumps.manifolds_resolved"]
    assert not isinstance(parse(PLAIN).arms[0], ManifoldJumpArm)
    assert (
        fingerprint(parse(TEXT.replace("= true", "= false")))
        == fingerprint(parse(PLAIN))
        == PLAIN_FINGERPRINT
    )
    about = [unit.about for unit in prepare(parse(TEXT)).units]
    assert about[1]["integrated_names"] == ["X", "0", "1", "2", "3", "4", "above", "between"]
    assert about[1]["observable_names"] == ["X"]
    assert all("integrated_names" not in unit.about for unit in prepare(parse(PLAIN)).units)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("= true", "= 4", "measure.jumps.manifolds_resolved"),
        ("= true", '= true\npropagator = "dyadic"', "time integrals are taken in the eigenbasis"),
        (
            "[report]",
            "[measure.counting]\nduration = 50\nmanifolds_resolved = true\n[report]",
            "photon counting never reveals the well",
        ),
        (
            '"kerr_cat_staircase"\nK = 2\nkappa = 0.2\nn_th = 0.1',
            '"kerr_two_photon_drive"\ndelta = -3\neps = 1.8',
            "only kerr_cat",
        ),
    ],
)
def test_refusals(old: str, new: str, said: str) -> None:
    text = TEXT.replace(old, new)
    if "two_photon" in new:
        text = text.replace("eps2 = [6, 10.6]", "U = [0.4, 0.6]").replace("16", "24")
    with pytest.raises(CampaignError, match=said):
        parse(text)


def test_without_heating_there_is_no_last_click() -> None:
    with pytest.raises(CampaignError, match="at n_th = 0 the ground manifold never clicks"):
        prepare(parse(TEXT.replace("n_th = 0.1", "n_th = 0").replace("{ switching_times = 20 }", "1000")))


def test_any_slices_and_the_report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, clicks in (("short", 3), ("whole", 10**9)):
        assert run_here(tmp_path / name, TEXT, clicks=clicks) == 0
    assert verify(tmp_path / "short").content_sha256 == verify(tmp_path / "whole").content_sha256
    monkeypatch.setattr(findings, "with_curves", functools.partial(findings.with_curves, count=9))  # seconds otherwise
    result, figures = findings.findings(tmp_path / "short")
    assert "point 1 (eps2 = 5.3, kappa = 0.1, n_th = 0.1) by manifold:" in findings.pull_table(result)
    page = write_report(result, tmp_path / "report", figures).read_text()
    assert "Where the switching happens" in page
    with open(tmp_path / "report" / "manifolds.csv", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["point"] == "1"]
    assert [row["manifold"] for row in rows] == ["0", "1", "2", "3", "4", "above", "between"]
    # rates in units of K = 2; with 15 degrees of freedom 12 standard errors are exceeded with probability below 1e-8
    exact = {"1": 3.411022e-3, "2": 1.756627e-3}
    for row in rows:
        if row["manifold"] in exact:
            assert float(row["exact"]) == pytest.approx(exact[row["manifold"]], rel=1e-5)
            assert abs(float(row["pull"])) < 12.0
    assert sum(float(row["share"]) for row in rows) == pytest.approx(1.0, abs=1e-9)
