"""Wrong campaigns and calls for the two-photon resonator: one error that names the key and why, nothing written."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from wellhop.engine.errors import CampaignError, ParameterError, UnravellingError
from wellhop.engine.systems.two_photon_resonator import TwoPhotonResonator
from wellhop.jobs import cli
from wellhop.jobs.campaign import parse
from wellhop.jobs.measure import measure_switching
from wellhop.jobs.resonator_checks import signal_of

GOOD = """
[campaign]
name = "good"
output = "runs/good"
[system]
name = "two_photon_resonator"
G = 4
[sweep]
Delta = [1, 2]
[measure.jumps]
duration = { switching_times = 5 }
stop = { relative_error = 0.3 }
[measure.langevin]
truncation = "drop"
duration = { switching_times = 20 }
stop = { relative_error = 0.2 }
"""
SWEEP = "Delta = [1, 2]"
STOP = "stop = { relative_error = 0.3 }"
NAMED = 'truncation = "drop"'

#: (what is replaced, by what, words the error must hold)
CASES: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "one well": (SWEEP, "Delta = [1, 4.5]", ("sweep.Delta[1]: got 4.5", "|Delta| < G = 4", "one well only")),
    "critical": (SWEEP, "Delta = [4]", ("sweep.Delta[0]: got 4", "|Delta| < G")),
    "no separation of rates": (SWEEP, "Delta = [1, 3.5]", ("system.eta: got 1", "S = 0.335 is below 2")),
    "dark": (SWEEP, "Delta = [0, 1]", ("sweep.Delta[0]: got 0", "exactly zero", "kappa_1 > 0")),
    "exceptional point": (
        SWEEP, "Delta = 1\nkappa_1 = [0.004]", ("sweep.kappa_1[0]: got 0.004", "well above the exceptional point, 0.0055 say"),
    ),
    "no wells with loss": (SWEEP, "Delta = 1\nkappa_1 = [9]", ("sweep.kappa_1[0]: got 9", "below 2 sqrt(G^2 - Delta^2) = 7.74597")),
    "below round-off": (SWEEP, "Delta = 0\nkappa_1 = [1e-9]", ("sweep.kappa_1[0]: got 1e-09", "round-off")),
    "photons without end": ("G = 4", "G = 4e9", ("system.eta: got 1",)),
    "eta of zero": ("G = 4", "G = 4\neta = 0", ("system.eta: got 0", "> 0")),
    "negative loss": ("G = 4", "G = 4\nkappa_1 = -1", ("system.kappa_1: got -1", ">= 0")),
    "infinite drive": ("G = 4", "G = inf", ("system.G: got inf", "finite")),
    "drive of text": ("G = 4", 'G = "big"', ("system.G: got 'big'", "finite number")),
    "no drive": ("G = 4\n", "", ("system.G: missing",)),
    "switches of a conserved parity": (
        STOP, "stop = { switches = 100 }", ("jumps.stop.switches: got 100", "parity is conserved", "decay and rotation"),
    ),
    "cores without wells": (STOP, f"{STOP}\ncore_thresholds = [0.9]", ("jumps.core_thresholds", "there are no cores")),
    "discs": (STOP, f"{STOP}\ncore_bright = 0.3", ("jumps.core_bright", "core_thresholds")),
    "manifolds": (STOP, f"{STOP}\nmanifolds = 8", ("jumps.manifolds", "only kerr_cat_staircase")),
    "small Fock space": (STOP, f"{STOP}\nfock_cutoff = 12", ("jumps.fock_cutoff: got 12", "holds the wells")),
    "no truncation": (f"{NAMED}\n", "", ("measure.langevin.truncation: missing", "'drop' or 'clip'")),
    "another truncation": (NAMED, 'truncation = "keep"', ("langevin.truncation: got 'keep'", "'drop' or 'clip'")),
    "truncation of jumps": (STOP, f'{STOP}\ntruncation = "drop"', ("measure.jumps.truncation",)),
    "another scheme": (NAMED, f'{NAMED}\nscheme = "heun"', ("langevin.scheme: got 'heun'", "'strang'")),
    "core of the vacuum": (NAMED, f"{NAMED}\ncore_vacuum = 0.2", ("langevin.core_vacuum", "no well of this system")),
    "step too long": (NAMED, f"{NAMED}\ndt = 1", ("langevin.dt: got 1", "a step <=")),
    "overlapping cores": (NAMED, f"{NAMED}\ncore_bright = 0.99", ()),
    "residence times of a conserved parity": (
        "[measure.langevin]", '[report]\nfigures = ["residence"]\n[measure.langevin]',
        ("report.figures: got 'residence'", "no residences"),
    ),
    "cores out of range": (STOP, f"{STOP}\ncore_thresholds = [0.4]", ("core_thresholds[0]: got 0.4",)),
    "counting in jumps": (STOP, f'{STOP}\nunravelling = "counting"', ("trajectory --unravelling counting shows it",)),
    "counting arm": (
        "[measure.langevin]", "[measure.counting]\nduration = 10\n[measure.langevin]", ("measure.counting", "[measure.jumps]"),
    ),
    "unknown parameter": ("G = 4", "G = 4\nn_th = 0.1", ("system.n_th", "unknown name")),
}  # fmt: skip


def test_the_campaign_they_are_made_of_is_right() -> None:
    """Negative control: every case below differs from it in one place."""
    assert parse(GOOD).system == "two_photon_resonator"


@pytest.mark.parametrize("name", [n for n in CASES if n != "overlapping cores"])
def test_every_mistake_is_named(name: str) -> None:
    before, after, words = CASES[name]
    assert before in GOOD
    with pytest.raises(CampaignError) as error:
        parse(GOOD.replace(before, after, 1))
    for word in words:
        assert word in str(error.value), str(error.value)


def test_cores_that_touch_are_wide_but_allowed() -> None:
    """Discs of 0.99 of the way to the origin do not overlap: the wide set, which would, is left out."""
    before, after, _ = CASES["overlapping cores"]
    assert parse(GOOD.replace(before, after, 1)).arms[1].name == "langevin"


def test_the_command_writes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "dark.toml").write_text(GOOD.replace(SWEEP, "Delta = [0, 1]"))
    assert cli.main(["run", "dark.toml"]) == 2
    assert "exactly zero" in capsys.readouterr().err
    assert [p.name for p in tmp_path.iterdir()] == ["dark.toml"]


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"G": 4.0, "Delta": 0.0}, ("exactly zero", "kappa_1 > 0")),
        ({"G": 4.0, "Delta": -4.5}, ("|Delta| < G = 4",)),
        ({"G": 4.0, "Delta": 3.5}, ("S = 0.335",)),
        ({"G": 4.0, "Delta": 1.0, "kappa_1": 0.004}, ("exceptional point",)),
        ({"G": 1e5, "Delta": 1.0}, ("takes 102852", "in the unit of G?")),
    ],
)
def test_python_refuses_what_has_no_rate(parameters: dict[str, float], words: tuple[str, ...]) -> None:
    with pytest.raises(UnravellingError) as error:
        measure_switching("two_photon_resonator", **parameters)
    for word in words:
        assert word in str(error.value)


@pytest.mark.parametrize(
    "point", [{"G": 9.0, "Delta": 6.57, "kappa_1": 0.03}, {"G": 7.0, "Delta": 5.6, "eta": 0.5, "kappa_1": 0.001}]
)
def test_the_loss_advised_is_accepted(point: dict[str, float]) -> None:
    with pytest.raises(UnravellingError) as error:
        signal_of(TwoPhotonResonator(**point))
    advised = re.search(r"exceptional point, (\S+) say", str(error.value))
    assert advised is not None
    assert signal_of(TwoPhotonResonator(**{**point, "kappa_1": float(advised[1])})) == "telegraph"


def test_a_missing_truncation_is_one_problem() -> None:
    with pytest.raises(CampaignError) as error:
        parse(GOOD.replace(f"{NAMED}\n", "", 1))
    assert "1 problem\n" in str(error.value)


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ({"method": "langevin"}, "truncation: got None, allowed is one of drop, clip"),
        ({"method": "langevin", "truncation": "keep"}, "truncation: got 'keep'"),
        ({"truncation": "drop"}, "truncation: got 'drop'"),
        ({"method": "langevin", "truncation": "drop", "scheme": "heun"}, "scheme: got 'heun'"),
    ],
)
def test_python_wants_the_truncation_named(options: dict[str, str], word: str) -> None:
    with pytest.raises(ParameterError, match=word):
        measure_switching("two_photon_resonator", G=4.0, Delta=1.0, **options)  # type: ignore[arg-type]  # wrong on purpose


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--engine", "langevin"], "truncation: got None"),
        (["--truncation", "drop"], "--truncation: got one with --engine jumps"),
        (["-p", "kappa_1=0.004"], "exceptional point"),
    ],
)
def test_a_picture_is_refused_before_it_is_written(
    words: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "t.png"
    command = ["trajectory", "two_photon_resonator", "-p", "G=4", "-p", "Delta=1", "--out", str(out), *words]
    assert cli.main(command) == 2
    assert said in capsys.readouterr().err
    assert not out.exists()
