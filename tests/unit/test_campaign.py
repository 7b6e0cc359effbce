"""A campaign file read into frozen objects: defaults, sweeps, fingerprint, differences."""

from __future__ import annotations

import dataclasses
import pickle
from pathlib import Path

import pytest

from wellhop.engine.errors import CampaignError, FolderError
from wellhop.jobs import campaign as campaigns
from wellhop.jobs.campaign import Campaign, changed_keys, fingerprint, parse
from wellhop.jobs.commands_run import output_folder
from wellhop.jobs.run_options import Overrides, RunOptions

MAIN_JOB = Path(campaigns.__file__).parent / "campaigns" / "kerr_cat_staircase.toml"
TEXT = """
[campaign]
name = "small"
seed = 7

[system]
name = "kerr_cat_staircase"
n_th = 0.02

[sweep]
eps2 = [4, 6]
kappa = [0.1, 0.05]

[measure.jumps]
duration = { switching_times = 20 }
stop = { relative_error = 0.1 }

[measure.counting]
duration = 50
trajectories = 4
"""


#: Fingerprint of TEXT.
FINGERPRINT = "cd50c08316eb6050146ccc179fbfe5f57489d42c442254be7110a9927b45c89a"


def changed(old: str, new: str) -> Campaign:
    """The campaign with one piece of text replaced."""
    assert old in TEXT
    return parse(TEXT.replace(old, new))


def test_sections_become_frozen_objects() -> None:
    read = parse(TEXT, "small.toml")
    assert (read.name, read.title, read.seed, read.source) == ("small", "small", 7, "small.toml")
    assert read.output == "runs/small"
    assert read.text == TEXT
    jumps, counting = read.arms
    assert (jumps.index, jumps.unravelling, jumps.stop.rule, jumps.stop.value) == (
        0,
        "displaced",
        "relative_error",
        0.1,
    )
    assert (jumps.duration.unit, jumps.duration.value) == ("switching_times", 20.0)
    assert jumps.core_thresholds == (0.9, 0.95, 0.99, 0.995)
    assert (counting.index, counting.unravelling, counting.max_trajectories) == (1, "counting", 4)
    assert counting.core_thresholds == ()
    with pytest.raises(dataclasses.FrozenInstanceError):
        read.seed = 8


def test_points_are_complete_and_in_order_of_the_file() -> None:
    read = parse(TEXT)
    assert [(p.parameters["eps2"], p.parameters["kappa"]) for p in read.points] == [
        (4.0, 0.1),
        (4.0, 0.05),
        (6.0, 0.1),
        (6.0, 0.05),
    ]
    assert all(p.parameters["K"] == 1.0 and p.parameters["n_th"] == 0.02 for p in read.points)
    assert [p.index for p in read.points] == [0, 1, 2, 3]
    assert read.swept == ("eps2", "kappa")


def test_zipped_sweep_and_union_of_blocks() -> None:
    blocks = """[[sweep]]
mode = "zip"
eps2 = [4, 6]
kappa = [0.1, 0.05]

[[sweep]]
eps2 = { start = 2, stop = 8, num = 3, spacing = "log" }
kappa = 0.2
"""
    read = parse(TEXT.replace("[sweep]\neps2 = [4, 6]\nkappa = [0.1, 0.05]\n", blocks))
    assert [(p.parameters["eps2"], p.parameters["kappa"]) for p in read.points] == [
        (4.0, 0.1),
        (6.0, 0.05),
        (2.0, 0.2),
        (4.0, 0.2),
        (8.0, 0.2),
    ]


def test_without_a_sweep_there_is_one_point() -> None:
    read = parse(TEXT.replace("[sweep]\neps2 = [4, 6]\nkappa = [0.1, 0.05]", "eps2 = 4\nkappa = 0.1"))
    assert len(read.points) == 1
    assert read.swept == ()


def test_a_fixed_number_of_trajectories_is_one_batch() -> None:
    (jumps, _) = changed("relative_error = 0.1", "trajectories = 12").arms
    assert (jumps.batch, jumps.max_trajectories) == (12, 12)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("[4, 6]", "{ start = 4, stop = 6, num = 2 }"),
        ("[4, 6]", "[4.0, 6.0]"),
        ("n_th = 0.02", "n_th = 0.02\nK = 1"),
        ("seed = 7", "seed = 7 # a comment\ntitle = 'small'"),
        ("seed = 7", "seed = 7\noutput = 'elsewhere'"),
        ("[sweep]", "[run]\nslice_clicks = 10\nwall_time = '01:00:00'\n[sweep]"),
        ("duration = 50", "duration = { time = 50.0 }"),
    ],
)
def test_fingerprint_is_of_the_meaning(old: str, new: str) -> None:
    other = changed(old, new)
    assert fingerprint(other) == fingerprint(parse(TEXT))
    assert changed_keys(parse(TEXT), other) == []


@pytest.mark.parametrize(
    ("old", "new", "keys"),
    [
        ("seed = 7", "seed = 8", ["campaign.seed"]),
        ("[4, 6]", "[4, 6.000000000000001]", ["sweep.eps2"]),
        ("[4, 6]", "[4, 6, 8]", ["sweep.eps2", "sweep.kappa", "number of points"]),
        ("n_th = 0.02", "n_th = 0.03", ["system.n_th"]),
        ("relative_error = 0.1", "relative_error = 0.2", ["measure.jumps.stop.value"]),
        ("trajectories = 4", "trajectories = 6\nrecord_clicks = true", None),
    ],
)
def test_every_change_of_meaning_is_named(old: str, new: str, keys: list[str] | None) -> None:
    before, after = parse(TEXT), changed(old, new)
    assert fingerprint(before) != fingerprint(after)
    found = changed_keys(before, after)
    assert found == keys if keys is not None else "measure.counting.record_clicks" in found
    with pytest.raises(CampaignError) as caught:
        campaigns.require_same(before, after)
    assert all(key in str(caught.value) for key in found)


def test_fingerprint_does_not_depend_on_the_platform() -> None:
    # The value is written out on purpose: a run folder made on one machine must be resumable on any other.
    assert fingerprint(parse(TEXT)) == FINGERPRINT


def test_a_campaign_can_be_sent_to_other_ranks() -> None:
    read = parse(TEXT)
    assert pickle.loads(pickle.dumps(read)) == read


def test_the_main_job_covers_what_it_promises() -> None:
    read = campaigns.load(MAIN_JOB)
    inside = [p for p in read.points if 2 <= p.parameters["eps2"] <= 12]
    assert len(inside) >= 12
    assert {p.parameters["kappa"] for p in inside} == {0.1, 0.025}
    assert all(0.01 <= p.parameters["n_th"] <= 0.1 for p in read.points)
    assert [arm.name for arm in read.arms] == ["jumps", "counting"]


def test_the_main_job_spans_four_decades() -> None:
    from wellhop.analysis.prediction import predict
    from wellhop.engine.systems import build

    read = campaigns.load(MAIN_JOB)
    ends = [max(read.points, key=warmth), min(read.points, key=warmth)]
    high, low = (predict(build(read.system, p.parameters), ["liouvillian"])[0].value for p in ends)
    assert high / low > 1e4


def warmth(point: campaigns.Point) -> float:
    """Grows with the rate at the two ends of the main job: hot and shallow against cold and deep."""
    return point.parameters["kappa"] * point.parameters["n_th"] / point.parameters["eps2"]


def test_overrides_replace_only_what_they_name() -> None:
    options = Overrides(wall_time=5.0).applied(RunOptions(slice_clicks=3))
    assert options == RunOptions(slice_clicks=3, wall_time=5.0)


def test_output_folder_lies_inside_the_working_folder_unless_said_by_hand(tmp_path: Path) -> None:
    read = parse(TEXT)
    home, outside = tmp_path / "home", tmp_path / "outside"
    home.mkdir()
    outside.mkdir()
    assert output_folder(read, None, home) == home / "runs" / "small"
    assert output_folder(read, str(outside), home) == outside
    (home / "runs").symlink_to(outside)
    with pytest.raises(FolderError, match="--output"):
        output_folder(read, None, home)
