"""The two-photon-driven oscillator on the command line and in campaign files."""

from __future__ import annotations

import json

import pytest

from wellhop.analysis.prediction import predict
from wellhop.engine.systems import build
from wellhop.jobs import campaign, cli

PARAMETERS = {"delta": -3.0, "eps": 1.8, "U": 0.4}
POINT = ["kerr_two_photon_drive", *(w for n, v in PARAMETERS.items() for w in ("-p", f"{n}={v}"))]
CAMPAIGN = """
[campaign]
name = "good"
seed = 1
output = "runs/good"
[system]
name = "kerr_two_photon_drive"
delta = -3.0
eps = 1.8
[sweep]
U = [0.4, 0.5]
[measure.jumps]
duration = { switching_times = 20 }
stop = { relative_error = 0.1 }
"""


def test_json_holds_every_bit(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["predict", *POINT, "--json"]) == 0
    out = json.loads(capsys.readouterr().out)
    expected = predict(build("kerr_two_photon_drive", PARAMETERS))
    assert [(p["name"], p["value"], p["valid"]) for p in out["predictions"]] == [
        (p.name, p.value, p.valid) for p in expected
    ]
    assert out["parameters"] == {**PARAMETERS, "gamma": 1.0}
    assert out["details"]["region"] == "bistable"
    assert "lam_o = k_b + 2 k_d" in out["convention"]


def test_missing_numbers_are_null(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["-p", "delta=2", "-p", "eps=1.5", "-p", "U=1e-9"]
    assert cli.main(["predict", "kerr_two_photon_drive", *words, "--json"]) == 0
    rows = {p["name"]: p for p in json.loads(capsys.readouterr().out)["predictions"]}
    assert rows["k_v"]["value"] is None
    assert not rows["k_v"]["valid"]
    assert "no bistability" in rows["k_v"]["note"]


def test_table_and_details(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["predict", *POINT, "--details", "--method", "photons"]) == 0
    out = capsys.readouterr().out
    assert "10.17844" in out
    assert "saddle unstable" in out
    assert "region: bistable" in out


def test_systems_shows_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["systems"]) == 0
    out = capsys.readouterr().out
    assert "delta, eps, U, gamma (default 1)" in out
    assert "campaigns: jumps, langevin\n" in out


def test_campaign_has_its_own_predictions_and_figures() -> None:
    read = campaign.parse(CAMPAIGN, "x.toml")
    assert "k_v_twa" in read.predict
    assert "staircase" not in read.figures
    assert len(read.points) == 2


def test_kerr_cat_campaigns_mean_what_they_meant() -> None:
    """Without Langevin trajectories the predictions are those of the quantum model, as ever."""
    text = CAMPAIGN.replace("kerr_two_photon_drive", "kerr_cat_staircase")
    text = text.replace("delta = -3.0", "kappa = 0.1").replace("eps = 1.8", "n_th = 0.02")
    read = campaign.parse(text.replace("U = [0.4, 0.5]", "eps2 = [4, 6]"), "x.toml")
    assert read.predict == (
        "liouvillian", "rate_model", "semi_analytical", "semi_analytical_up", "resummed", "ground_only",
    )  # fmt: skip
