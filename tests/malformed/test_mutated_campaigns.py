"""Campaign files with random damage: they still mean something, or one CampaignError says what is wrong."""

from __future__ import annotations

import tomllib
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from wellhop.engine.errors import CampaignError
from wellhop.jobs.campaign import Campaign, fingerprint, parse

GOOD = """
[campaign]
name = "good"
seed = 1
[system]
name = "kerr_cat_staircase"
n_th = 0.02
[[sweep]]
eps2 = { start = 2, stop = 8, num = 3, spacing = "log" }
kappa = [0.1, 0.05]
[[sweep]]
mode = "zip"
eps2 = [3]
kappa = 0.2
[measure.jumps]
duration = { switching_times = 20 }
stop = { relative_error = 0.1 }
core_thresholds = [0.9, 0.99]
[measure.counting]
trajectories = 8
duration = 50
[predict]
methods = ["liouvillian"]
[run]
wall_time = "01:00:00"
"""
LINES = GOOD.strip().splitlines()
WORDS = st.sampled_from(
    [
        "true",
        "-1",
        "0",
        "nan",
        "inf",
        "1e308",
        "-0.0",
        '""',
        "[]",
        "{}",
        "[1, true]",
        '"x"',
        "1979-05-27",
        "2.5",
        "1_000",
    ]
)


def read(text: str) -> Campaign | None:
    """The campaign, or None after an error that names the file and at least one problem."""
    try:
        return parse(text, "mutated.toml")
    except CampaignError as error:
        refusal = error
    assert refusal.problems
    assert str(refusal).startswith("mutated.toml: ")
    return None


@st.composite
def mutated(draw: st.DrawFn) -> str:
    """The good campaign after a few changes of whole lines, values or characters."""
    lines = list(LINES)
    for _ in range(draw(st.integers(1, 3))):
        place = draw(st.integers(0, len(lines) - 1))
        kind = draw(st.sampled_from(["drop", "repeat", "move", "value", "rename", "character"]))
        key, _, _ = lines[place].partition(" = ")
        if kind == "drop" and len(lines) > 1:
            del lines[place]
        elif kind == "repeat":
            lines.insert(place, lines[place])
        elif kind == "move":
            lines.insert(draw(st.integers(0, len(lines) - 1)), lines.pop(place))
        elif kind == "value":
            lines[place] = f"{key} = {draw(WORDS)}"
        elif kind == "rename":
            lines[place] = lines[place].replace(key, draw(st.text("abkn_.", min_size=1, max_size=6)), 1)
        else:
            at = draw(st.integers(0, len(lines[place])))
            lines[place] = lines[place][:at] + draw(st.characters(codec="utf-8")) + lines[place][at:]
    return "\n".join(lines)


@given(mutated())
@settings(max_examples=300, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
def test_a_mutated_campaign_is_read_or_refused(text: str) -> None:
    campaign = read(text)
    if campaign is not None:
        again = parse(text, "again.toml")
        assert fingerprint(again) == fingerprint(campaign)
        assert campaign.points
        assert campaign.arms


json_like: st.SearchStrategy[Any] = st.recursive(
    st.one_of(st.booleans(), st.integers(), st.floats(), st.text(max_size=5), st.dates()),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=6,
)


@given(
    st.sampled_from(["campaign", "system", "sweep", "measure", "predict", "report", "run", "measure.jumps"]),
    json_like,
)
@settings(max_examples=200, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
def test_any_value_in_place_of_a_section_is_read_or_refused(section: str, value: Any) -> None:
    content = tomllib.loads(GOOD)
    holder: dict[str, Any] = content
    *path, last = section.split(".")
    for part in path:
        holder = holder[part]
    holder[last] = value
    read_content(content)


def read_content(content: dict[str, Any]) -> None:
    """Hand a parsed file to the campaign reader, past the TOML parser."""
    from wellhop.jobs import campaign as campaigns
    from wellhop.jobs.campaign_schema import Problems, Section

    problems = Problems("mutated.toml")
    found = campaigns._read(Section(content, "", problems), "", "mutated.toml")
    assert (found is None) == bool(problems.found)


def test_the_unmutated_campaign_is_read() -> None:
    campaign = read(GOOD)
    assert campaign is not None
    assert len(campaign.points) == 7
