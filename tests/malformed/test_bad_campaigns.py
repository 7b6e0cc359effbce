"""Every wrong campaign gives one error with the key, what was got and what is allowed, and writes nothing."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from wellhop.engine.errors import CampaignError
from wellhop.jobs.campaign import MAX_BYTES, load

GOOD = """
[campaign]
name = "good"
seed = 1
output = "runs/good"

[system]
name = "kerr_cat_staircase"
n_th = 0.02

[sweep]
eps2 = [4, 6]
kappa = 0.1

[measure.jumps]
duration = { switching_times = 20 }
stop = { relative_error = 0.1 }
batch = 16
fock_cutoff = 64

[measure.counting]
trajectories = 8
duration = 50

[predict]
methods = ["liouvillian"]

[report]
figures = ["staircase"]

[run]
slice_clicks = 100
"""

#: (what is replaced, by what, words the error must hold)
CASES = {
    "unknown section": ("[report]", "[reprot]", ("reprot", "did you mean 'report'")),
    "unknown key": ("seed = 1", "sed = 1", ("campaign.sed", "did you mean 'seed'")),
    "unknown key in an arm": ("batch = 16", "bach = 16", ("measure.jumps.bach", "did you mean 'batch'")),
    "unknown arm": ("[measure.counting]", "[measure.langvin]", ("measure.langvin", "did you mean 'langevin'")),
    "section that is no table": ("[report]\nfigures =", "[[report]]\nfigures =", ("report", "a table")),
    "arm that is no table": (
        "[measure.counting]\ntrajectories = 8\nduration = 50",
        "[measure]\ncounting = 3",
        ("measure.counting", "a table"),
    ),
    "no name": ('name = "good"\n', "", ("campaign.name", "missing")),
    "empty name": ('name = "good"', 'name = ""', ("campaign.name",)),
    "name with control characters": ('name = "good"', 'name = "a\\nb"', ("campaign.name",)),
    "name of a wrong type": ('name = "good"', "name = 3", ("campaign.name", "got 3")),
    "seed that is a truth value": ("seed = 1", "seed = true", ("campaign.seed", "got true")),
    "seed with a point": ("seed = 1", "seed = 1.0", ("campaign.seed", "got 1.0")),
    "negative seed": ("seed = 1", "seed = -1", ("campaign.seed", "got -1")),
    "seed beyond 64 bits": ("seed = 1", "seed = 9223372036854775808", ("campaign.seed",)),
    "absolute output": ('"runs/good"', '"/tmp/good"', ("campaign.output", "relative")),
    "output that climbs": ('"runs/good"', '"runs/../../good"', ("campaign.output", "..")),
    "empty output": ('"runs/good"', '""', ("campaign.output",)),
    "output with NUL": ('"runs/good"', '"runs/a\\u0000b"', ("campaign.output",)),
    "output that is the working folder": ('"runs/good"', '"."', ("campaign.output",)),
    "unknown system": ('"kerr_cat_staircase"', '"kerr_cat_stair"', ("system.name", "did you mean")),
    "no system": ('name = "kerr_cat_staircase"\n', "", ("system.name", "missing")),
    "unknown parameter": ("n_th = 0.02", "nth = 0.02", ("system.nth", "did you mean 'n_th'", "system.n_th")),
    "missing parameter": ("n_th = 0.02", "", ("system.n_th", "missing")),
    "negative occupation": ("n_th = 0.02", "n_th = -0.02", ("system.n_th", "-0.02", ">= 0")),
    "negative rate": ("kappa = 0.1", "kappa = -0.1", ("sweep.kappa", "-0.1", "> 0")),
    "zero rate": ("kappa = 0.1", "kappa = 0", ("sweep.kappa", "> 0")),
    "rate that is nan": ("kappa = 0.1", "kappa = nan", ("sweep.kappa", "nan", "finite")),
    "rate that is infinite": ("n_th = 0.02", "n_th = inf", ("system.n_th", "inf", "finite")),
    "rate that is text": ("kappa = 0.1", 'kappa = "0.1"', ("sweep.kappa", "'0.1'")),
    "rate that is a truth value": ("kappa = 0.1", "kappa = true", ("sweep.kappa", "true")),
    "rate that is a date": ("kappa = 0.1", "kappa = 1979-05-27", ("sweep.kappa",)),
    "rate beyond the floats": ("kappa = 0.1", "kappa = 1" + "0" * 400, ("sweep.kappa",)),
    "parameter given twice": ("kappa = 0.1", "kappa = 0.1\nn_th = 0.1", ("sweep.n_th", "[system]")),
    "bad value in a list": ("[4, 6]", "[4, -6]", ("sweep.eps2[1]", "-6")),
    "bad type in a list": ("[4, 6]", '[4, "6"]', ("sweep.eps2[1]", "'6'")),
    "nested list": ("[4, 6]", "[[4, 6]]", ("sweep.eps2[0]",)),
    "empty axis": ("[4, 6]", "[]", ("sweep.eps2", "at least one number")),
    "empty sweep": ("eps2 = [4, 6]\nkappa = 0.1", "", ("sweep", "at least one parameter")),
    "duplicate point": ("[4, 6]", "[4, 6, 4]", ("sweep", "point 2 = point 0")),
    "zip of unequal axes": ("kappa = 0.1", 'kappa = [0.1, 0.2, 0.3]\nmode = "zip"', ("sweep", "same number")),
    "unknown mode": ("kappa = 0.1", 'kappa = 0.1\nmode = "zipped"', ("sweep.mode", "did you mean 'zip'")),
    "axis without an end": ("[4, 6]", "{ start = 4, num = 3 }", ("sweep.eps2.stop", "missing")),
    "axis with a misspelt key": (
        "[4, 6]",
        "{ start = 4, stop = 6, number = 3 }",
        ("sweep.eps2.number", "sweep.eps2.num:"),
    ),
    "axis with one value": ("[4, 6]", "{ start = 4, stop = 6, num = 1 }", ("sweep.eps2.num", "got 1")),
    "axis with a huge number of values": (
        "[4, 6]",
        "{ start = 4, stop = 6, num = 1000000000000 }",
        ("sweep.eps2.num",),
    ),
    "log axis through zero": (
        "[4, 6]",
        '{ start = 0, stop = 6, num = 3, spacing = "log" }',
        ("sweep.eps2.start", "> 0 on a log axis"),
    ),
    "too many points": (
        "[4, 6]\nkappa = 0.1",
        "{ start = 4, stop = 6, num = 200 }\nkappa = { start = 0.1, stop = 0.2, num = 200 }",
        ("sweep", "40000 points", "at most 10000"),
    ),
    "counting in the arm for switches": (
        "duration = { switching_times = 20 }",
        'duration = 5\nunravelling = "counting"',
        ("measure.jumps.unravelling", "never reveals the well", "[measure.counting]"),
    ),
    "unknown unravelling": (
        "duration = 50",
        'duration = 50\nunravelling = "homodyne"',
        ("measure.counting.unravelling", "'counting'"),
    ),
    "residence times from counting": (
        "trajectories = 8",
        "trajectories = 8\nstop = { switches = 10 }",
        ("measure.counting.stop", "residence times"),
    ),
    "cores for counting": (
        "trajectories = 8",
        "trajectories = 8\ncore_thresholds = [0.9]",
        ("measure.counting.core_thresholds", "never reveals the well"),
    ),
    "zero trajectories": ("trajectories = 8", "trajectories = 0", ("measure.counting.trajectories", "got 0")),
    "odd number of trajectories": (
        "trajectories = 8",
        "trajectories = 7",
        ("measure.counting.trajectories",),
    ),
    "zero trajectories for the rate": (
        "relative_error = 0.1",
        "trajectories = 0",
        ("measure.jumps.stop.trajectories",),
    ),
    "odd batch": ("batch = 16", "batch = 15", ("measure.jumps.batch", "got 15", "even")),
    "zero batch": ("batch = 16", "batch = 0", ("measure.jumps.batch", "got 0")),
    "no whole number of batches": (
        "batch = 16",
        "batch = 16\nmax_trajectories = 40",
        ("measure.jumps.max_trajectories", "multiple of batch = 16"),
    ),
    "two stop rules": (
        "relative_error = 0.1",
        "relative_error = 0.1, switches = 100",
        ("measure.jumps.stop", "exactly one"),
    ),
    "no stop rule": ("stop = { relative_error = 0.1 }", "", ("measure.jumps.stop", "missing")),
    "empty stop rule": ("{ relative_error = 0.1 }", "{}", ("measure.jumps.stop", "exactly one")),
    "unknown stop rule": (
        "relative_error = 0.1",
        "relative_eror = 0.1",
        ("stop.relative_eror", "did you mean"),
    ),
    "stop rule that is a number": ("{ relative_error = 0.1 }", "0.1", ("measure.jumps.stop", "a table")),
    "error of nothing": ("relative_error = 0.1", "relative_error = 0", ("stop.relative_error",)),
    "error of half": ("relative_error = 0.1", "relative_error = 0.5", ("stop.relative_error", "0.5")),
    "switches with a point": ("relative_error = 0.1", "switches = 10.5", ("stop.switches", "integer")),
    "negative total time": ("relative_error = 0.1", "time = -1", ("stop.time", "> 0")),
    "no duration": ("duration = 50", "", ("measure.counting.duration", "missing")),
    "zero duration": ("duration = 50", "duration = 0", ("measure.counting.duration", "got 0")),
    "unknown unit of duration": (
        "switching_times = 20",
        "switch_times = 20",
        ("duration.switch_times", "did you mean"),
    ),
    "burn-in longer than the run": (
        "duration = 50",
        "duration = 50\nburn_in = 60",
        ("counting.burn_in", "50"),
    ),
    "negative burn-in": ("duration = 50", "duration = 50\nburn_in = -1", ("counting.burn_in", ">= 0")),
    "zero sample interval": ("duration = 50", "duration = 50\nsample_interval = 0", ("sample_interval",)),
    "threshold of one": ("batch = 16", "core_thresholds = [0.9, 1.0]", ("core_thresholds[1]",)),
    "thresholds out of order": ("batch = 16", "core_thresholds = [0.95, 0.9]", ("core_thresholds[1]",)),
    "no thresholds": ("batch = 16", "core_thresholds = []", ("measure.jumps.core_thresholds",)),
    "cut-off that cannot hold the well": (
        "fock_cutoff = 64",
        "fock_cutoff = 24",
        ("measure.jumps.fock_cutoff", "got 24", "well state", "an integer >= "),
    ),
    "cut-off that cannot hold the manifolds": (
        "fock_cutoff = 64",
        "fock_cutoff = 64\nmanifolds = 30",
        ("measure.jumps.fock_cutoff", "30 manifolds", ">= 80"),
    ),
    "wells beyond any Fock space": (
        "eps2 = [4, 6]",
        "eps2 = [4, 1e9]",
        ("sweep.eps2", "eps2/K = 1e+09", "N = 3000000046", "are eps2 and K in the same unit?", "1 problem"),
    ),
    "wells beyond any Fock space by a small K": (
        "n_th = 0.02",
        "n_th = 0.02\nK = 1e-300",
        ("sweep.eps2", "are eps2 and K in the same unit?"),
    ),
    "too few manifolds for trajectories": (
        "fock_cutoff = 64",
        "fock_cutoff = 64\nmanifolds = 2",
        ("measure.jumps.manifolds: got 2", "from 3 to 64"),
    ),
    "too many manifolds for the default cut-off": (
        "fock_cutoff = 64",
        "manifolds = 60",
        ("measure.jumps.manifolds", "got 60"),
    ),
    "unknown propagator": ("batch = 16", 'propagator = "eigne"', ("propagator", "did you mean 'eigen'")),
    "flag that is a number": ("batch = 16", "record_clicks = 1", ("record_clicks", "true or false")),
    "unknown method": ('"liouvillian"', '"liouvilian"', ("predict.methods[0]", "did you mean 'liouvillian'")),
    "method given twice": ('"liouvillian"', '"liouvillian", "liouvillian"', ("predict.methods[1]",)),
    "methods that are no list": ('["liouvillian"]', '"liouvillian"', ("predict.methods", "a list")),
    "unknown figure": ('"staircase"', '"stair"', ("report.figures[0]", "'staircase'")),
    "zero slice": ("slice_clicks = 100", "slice_clicks = 0", ("run.slice_clicks",)),
    "negative wall time": ("slice_clicks = 100", "wall_time = -5", ("run.wall_time",)),
    "wall time in words": (
        "slice_clicks = 100",
        'wall_time = "soon"',
        ("run.wall_time", "hours:minutes:seconds"),
    ),
    "zero commit interval": ("slice_clicks = 100", "commit_seconds = 0", ("run.commit_seconds",)),
    "broken TOML": ("seed = 1", "seed = = 1", ("no TOML", "line 4")),
    "key given twice": ("seed = 1", "seed = 1\nseed = 2", ("no TOML",)),
    "number of five thousand digits": ("seed = 1", "seed = 1" + "0" * 5000, ("no TOML",)),
    "tables nested without end": ("seed = 1", "seed = " + "[" * 20_000, ("no TOML",)),
}


@pytest.mark.parametrize("name", CASES)
def test_bad_campaign(name: str, home: Path, refused: Callable[..., str]) -> None:
    old, new, words = CASES[name]
    assert old in GOOD
    (home / "bad.toml").write_text(GOOD.replace(old, new))
    refused("run", "bad.toml", words=("bad.toml", *words))


def test_all_problems_come_at_once(home: Path, refused: Callable[..., str]) -> None:
    bad = (
        GOOD.replace("seed = 1", "seed = -1")
        .replace("n_th = 0.02", "n_th = -1")
        .replace("batch = 16", "batch = 3")
    )
    (home / "bad.toml").write_text(
        bad.replace("kappa = 0.1", "kappa = -2").replace("slice_clicks = 100", "slices = 1")
    )
    words = ("5 problems", "campaign.seed", "system.n_th", "sweep.kappa", "measure.jumps.batch", "run.slices")
    refused("run", "bad.toml", words=words)


def test_a_value_shared_by_many_points_is_reported_once(home: Path, refused: Callable[..., str]) -> None:
    many = GOOD.replace("[4, 6]", "{ start = 4, stop = 6, num = 50 }").replace("n_th = 0.02", "n_th = -1")
    (home / "bad.toml").write_text(many)
    refused("run", "bad.toml", words=("1 problem\n", "system.n_th"))


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"", "campaign: missing"),
        (b"\xff\xfe[campaign]", "UTF-8"),
        (b"#" * (MAX_BYTES + 1), "bytes"),
        (b"\x00", "no TOML"),
    ],
)
def test_files_that_are_no_campaign(
    content: bytes, word: str, home: Path, refused: Callable[..., str]
) -> None:
    (home / "bad.toml").write_bytes(content)
    refused("run", "bad.toml", words=("bad.toml", word))


def test_a_missing_campaign_is_one_line(refused: Callable[..., str]) -> None:
    assert refused("run", "nope.toml") == "wellhop: error: nope.toml: no such file\n"


def test_a_campaign_that_is_a_folder_or_a_device(home: Path, refused: Callable[..., str]) -> None:
    (home / "folder.toml").mkdir()
    refused("run", "folder.toml", words=("folder.toml", "a folder"))
    os.mkfifo(home / "fifo.toml")
    refused("run", "fifo.toml", words=("fifo.toml", "a device"))


def test_a_campaign_with_an_impossible_name(refused: Callable[..., str]) -> None:
    refused("run", "a\0b.toml", words=("NUL",))
    refused("run", "x" * 5000, words=("too long",))


def test_an_unreadable_campaign(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(self: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    (home / "secret.toml").write_text(GOOD)
    # Tests may run as root, whom no mode bit stops.
    monkeypatch.setattr(Path, "read_bytes", denied)
    with pytest.raises(CampaignError, match="Permission denied"):
        load(home / "secret.toml")
