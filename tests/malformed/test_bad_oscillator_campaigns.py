"""Wrong campaigns with Langevin trajectories or three wells: one error that names the key, nothing written."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from wellhop.engine.errors import CampaignError
from wellhop.jobs.campaign import fingerprint, parse

GOOD = """
[campaign]
name = "good"
seed = 1
output = "runs/good"
[system]
name = "kerr_two_photon_drive"
delta = -3
eps = 1.8
[sweep]
U = [0.4, 0.6]
[measure.langevin]
duration = { switching_times = 20 }
stop = { relative_error = 0.1 }
batch = 192
dt = 0.02
[measure.jumps]
duration = { switching_times = 20 }
stop = { relative_error = 0.3 }
core_bright = 0.2
[report]
figures = ["trajectory"]
"""
STEP = "dt = 0.02"
CUT = "core_bright = 0.2"
SWEEP = "eps = 1.8\n[sweep]\nU = [0.4, 0.6]"
NONE = ("no bistability", "nothing switches")

#: (what is replaced, by what, words the error must hold)
CASES: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "step beyond the rotation": (STEP, "dt = 0.5", ("langevin.dt: got 0.5", "a step <= 0.196", "use dt <= 0.051")),
    "step of zero": (STEP, "dt = 0", ("measure.langevin.dt: got 0", "> 0")),
    "step that is infinite": (STEP, "dt = inf", ("measure.langevin.dt", "inf")),
    "step of text": (STEP, 'dt = "small"', ("measure.langevin.dt", "'small'")),
    "Euler without damping left": (
        STEP, 'scheme = "euler"\ndt = 0.1', ("langevin.dt: got 0.1", "for 'euler'", "a step <= 0.074"),
    ),
    "samples without end": (STEP, "sample_interval = 1e-9", ("sample_interval: got 1e-09", "at most 200000 samples")),
    "unknown scheme": (STEP, 'scheme = "stang"', ("measure.langevin.scheme", "did you mean 'strang'")),
    "bright cores over the vacuum": (
        STEP, "core_bright = 0.8", ("measure.langevin.core_bright: got 0.8", "do not overlap", "wells 0 and 1"),
    ),
    "vacuum core over the bright ones": (
        "eps = 1.8\n", "eps = 1.02\n", ("measure.jumps.core_bright: got 0.2", "U = 0.6", "cores overlap"),
    ),
    "core of size one": (STEP, "core_vacuum = 1", ("langevin.core_vacuum: got 1", "between 0 and 1")),
    "jump cores that overlap": (CUT, "core_bright = 0.9", ("measure.jumps.core_bright: got 0.9", "do not overlap")),
    **{
        f"key of jumps in Langevin: {key}": (STEP, f"{key} = {value}", (f"measure.langevin.{key}", reason))
        for key, value, reason in (
            ("unravelling", '"displaced"', "no clicks"),
            ("core_thresholds", "[0.9]", "core_bright"),
            ("manifolds", "8", "phase space"),
            ("fock_cutoff", "60", "phase space"),
            ("propagator", '"eigen"', "scheme and dt"),
            ("record_clicks", "true", "no clicks"),
            ("trajectories", "192", "stop = { trajectories"),
        )
    },
    **{
        f"key of others in jumps: {key}": (CUT, f"{key} = {value}", (f"measure.jumps.{key}", reason))
        for key, value, reason in (
            ("scheme", '"strang"', "[measure.langevin]"),
            ("dt", "0.1", "no time step"),
            ("manifolds", "8", "fock_cutoff"),
            ("core_thresholds", "[0.9]", "core_bright"),
        )
    },
    "misspelt key": (STEP, "sceme = 3", ("measure.langevin.sceme", "did you mean 'scheme'")),
    "photon counting": ("[measure.jumps]", "[measure.counting]", ("measure.counting", "never reveals the well")),
    "no arm at all": (GOOD[GOOD.index("[measure.langevin]") : GOOD.index("[report]")], "", ("measure: missing",)),
    "batch that favours a well": ("batch = 192", "batch = 64", ("langevin.batch: got 64", "a multiple of 3")),
    "trajectories that favour a well": (
        "stop = { relative_error = 0.3 }", "stop = { trajectories = 64 }",
        ("measure.jumps.stop.trajectories: got 64", "a multiple of 3"),
    ),
    "wells of two and of three": (
        SWEEP, "U = 0.4\n[sweep]\neps = [1.8, 4]", ("batch", "a multiple of 6", "got 63"),
    ),
    "lone vacuum": ("eps = 1.8", "eps = 0.9", ("system.eps: got 0.9", "above gamma = 1", *NONE)),
    "no bistability beside a good point": (
        SWEEP, "U = 0.4\n[sweep]\neps = [1.8, 0.5]", ("sweep.eps[1]: got 0.5", *NONE, "1 problem"),
    ),
    "positive detuning": ("delta = -3", "delta = 3", ("system.eps: got 1.8", "= 3.16228", "delta < 0", *NONE)),
    "Fock space too small": (CUT, "fock_cutoff = 10", ("jumps.fock_cutoff: got 10", "allowed is >= 33")),
    "too many photons for jumps": ("0.6]", "1e-6]", ("sweep.U[1]", "1000 Fock levels", "[measure.langevin]")),
    "wells on top of each other": ("0.6]", "50]", ("sweep.U[1]: got 50", "wells further apart")),
    "figure of another system": ('"trajectory"', '"staircase"', ("report.figures[0]", "'arrhenius'")),
    "prediction of another system": ("[report]", '[predict]\nmethods = ["liouvillian"]\n[report]', ("methods[0]", "'k_v'")),
    # seen only when the points are prepared
    "switching times that nobody knows": (
        "delta = -3\n" + SWEEP, "delta = -10\neps = 3.2\n[sweep]\nU = [0.1]",
        ("measure.langevin at point 0", "a plain number", "round-off", "2 problems"),
    ),
    "trajectories within the burn-in": (
        "duration = { switching_times = 20 }\nstop = { relative_error = 0.1 }",
        "duration = 5\nstop = { relative_error = 0.1 }",
        ("measure.langevin at point 0 (delta=-3", "got 5", "burn-in of 10"),
    ),
    "more steps than can be counted": (
        "duration = { switching_times = 20 }\nstop = { relative_error = 0.1 }",
        "duration = 1e300\nsample_interval = 1.0\nstop = { relative_error = 0.1 }",
        ("measure.langevin at point 0", "duration: got 1e+300", "fewer than 2^48 steps"),
    ),
}  # fmt: skip

KERR_CAT = """
[campaign]
name = "good"
output = "runs/good"
[system]
name = "kerr_cat_staircase"
eps2 = 4
kappa = 0.1
n_th = 0.02
[measure.langevin]
duration = { switching_times = 20 }
stop = { relative_error = 0.1 }
"""
CAT_CASES = {
    "step beyond the rotation": ("[measure.langevin]", "[measure.langevin]\ndt = 0.2", ("langevin.dt", "a step <= 0.06")),
    "odd batch": ("[measure.langevin]", "[measure.langevin]\nbatch = 63", ("langevin.batch: got 63", "an even")),
    "no wells in the mean field": ("eps2 = 4", "eps2 = 0.01", ("system.eps2: got 0.01", "has 2 wells", "it has 1")),
    "disc for a Kerr-cat's jumps": (
        "[measure.langevin]", "[measure.jumps]\ncore_bright = 0.3", ("measure.jumps.core_bright", "core_thresholds"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_bad_campaign(name: str, home: Path, refused: Callable[..., str]) -> None:
    old, new, words = CASES[name]
    assert old in GOOD
    text = GOOD.replace(old, new)
    if name == "wells of two and of three":
        text = text.replace("batch = 192", "batch = 63")
    (home / "bad.toml").write_text(text)
    refused("run", "bad.toml", words=("bad.toml", *words))


@pytest.mark.parametrize("name", CAT_CASES)
def test_bad_kerr_cat_campaign(name: str, home: Path, refused: Callable[..., str]) -> None:
    old, new, words = CAT_CASES[name]
    assert old in KERR_CAT
    (home / "bad.toml").write_text(KERR_CAT.replace(old, new))
    refused("run", "bad.toml", words=("bad.toml", *words))


def test_the_campaigns_above_are_good_otherwise() -> None:
    """Negative control."""
    assert [arm.name for arm in parse(GOOD).arms] == ["jumps", "langevin"]
    assert parse(KERR_CAT).arms[0].batch == 128


@st.composite
def mutated(draw: st.DrawFn) -> str:
    """The good campaign after a few changes of values and whole lines."""
    lines = GOOD.strip().splitlines()
    words = st.sampled_from(["true", "-1", "0", "nan", "inf", "1e308", '""', "[]", "{}", "2.5", "3", "1e-9"])
    for _ in range(draw(st.integers(1, 3))):
        place = draw(st.integers(0, len(lines) - 1))
        kind = draw(st.sampled_from(["drop", "repeat", "move", "value"]))
        key, equals, _ = lines[place].partition(" = ")
        if kind == "drop":
            del lines[place]
        elif kind == "repeat":
            lines.insert(place, lines[place])
        elif kind == "move":
            lines.insert(draw(st.integers(0, len(lines) - 1)), lines.pop(place))
        elif equals:
            lines[place] = f"{key} = {draw(words)}"
    return "\n".join(lines)


@given(mutated())
@settings(max_examples=150, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
def test_a_mutated_campaign_is_read_or_refused(text: str) -> None:
    try:
        campaign = parse(text, "mutated.toml")
    except CampaignError:
        return
    assert fingerprint(parse(text, "again.toml")) == fingerprint(campaign)
