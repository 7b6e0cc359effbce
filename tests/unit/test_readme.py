"""What the README says is so: its programs run, its commands and keys exist, its predictions are the ones computed."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from wellhop.engine.systems import SYSTEMS, parameters_of
from wellhop.jobs.arms import ARM_NAMES
from wellhop.jobs.campaign import parse
from wellhop.jobs.campaign_schema import Section
from wellhop.jobs.cli import COMMANDS, build_parser, main

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)

#: A campaign with every table, so that reading it asks for every key there is, and one of a system without manifolds.
EVERYTHING = """
[campaign]
name = "everything"
[system]
name = "kerr_cat_staircase"
K = 1.0
[sweep]
eps2 = { start = 3, stop = 4, num = 2 }
kappa = 0.1
n_th = 0.02
[measure.jumps]
duration = { switching_times = 20 }
stop = { relative_error = 0.1 }
[measure.counting]
duration = { relaxation_times = 20 }
[measure.langevin]
duration = { switching_times = 20 }
stop = { relative_error = 0.1 }
[predict]
[report]
[run]
"""
DISCS = """
[campaign]
name = "discs"
[system]
name = "kerr_two_photon_drive"
delta = -3
eps = 1.8
U = 0.4
[measure.jumps]
duration = 100
stop = { relative_error = 0.1 }
"""
RESONATOR = """
[campaign]
name = "resonator"
[system]
name = "two_photon_resonator"
G = 4
Delta = 1
[measure.jumps]
duration = 1000
stop = { relative_error = 0.1 }
[measure.langevin]
truncation = "drop"
duration = 1000
stop = { relative_error = 0.1 }
"""
DUFFING = """
[campaign]
name = "duffing"
[system]
name = "duffing_attractors"
lam = 0.08
beta = 0.05
khat = 0.1
[measure.jumps]
duration = 1000
stop = { relative_error = 0.1 }
[measure.langevin]
duration = 1000
stop = { relative_error = 0.1 }
"""
#: Begins the part of the README on the two-photon resonator.
PARITY = "## A parity that is conserved"
#: System -> (beginning of its part, parameters of the prediction shown).
SHOWN = {
    "two_photon_resonator": (PARITY, ("G=4", "Delta=1")),
    "duffing_attractors": ("## Two attractors that differ", ("lam=0.06", "beta=0.05333333333333334", "khat=0.1")),
    "driven_qubit_tls": ("## One attractor", ("Delta_d=-0.37", "Omega=0.1")),
}


def blocks(language: str) -> list[str]:
    """Fenced blocks of one language."""
    return [body for name, body in FENCE.findall(README) if name == language]


def command_lines() -> list[list[str]]:
    """Words after ``wellhop`` of every command line shown, in consoles, indented blocks and inline code."""
    found = []
    shown = [line.removeprefix("$ ") for block in blocks("console") for line in block.splitlines()]
    for text in [*shown, *re.findall(r"^    (.*)$", README, re.MULTILINE), *re.findall(r"`([^`\n]+)`", README)]:
        match = re.match(r"(?:\w+=\S+ )*(?:(?:mpiexec|srun) -n \d+ )?wellhop (.*)$", text.split(" #")[0])
        if match:
            found.append(shlex.split(match[1]))
    return found


def documented_keys() -> set[str]:
    """First column of the table of keys; ``*`` stands for every arm, ``jumps/counting`` for both."""
    table = README.split("## Keys of a campaign")[1].split("\n## ")[0]
    keys = re.findall(r"^\| `([^`]+)` \|", table, re.MULTILINE)
    assert len(keys) == len(set(keys)) > 30
    found = set()
    for key in keys:
        table, _, rest = key.replace("*", "/".join(ARM_NAMES)).partition(".")
        arms, _, last = rest.partition(".")
        found |= {f"{table}.{arm}.{last}".rstrip(".") for arm in arms.split("/")}
    return found


def test_programs_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Every python block, in a folder where the campaign of the README has been run and merged."""
    monkeypatch.chdir(tmp_path)
    (campaign,) = blocks("toml")
    Path("my.toml").write_text(campaign, encoding="utf-8")
    assert main(["run", "my.toml", "--quiet"]) == 0
    assert main(["merge", "runs/my_cat"]) == 0
    programs = blocks("python")
    assert len(programs) == 11
    for number, program in enumerate(programs):
        capsys.readouterr()
        exec(compile(program, f"README.md, program {number}", "exec"), {"__name__": "readme"})
        assert capsys.readouterr().out.strip()


def test_outputs_shown_belong_to_the_programs() -> None:
    """Each python block is followed by its output."""
    languages = [name for name, _ in FENCE.findall(README)]
    assert all(after == "text" for before, after in pairwise(languages) if before == "python")


def test_campaign_is_valid() -> None:
    (campaign,) = blocks("toml")
    assert parse(campaign, "README.md").name == "my_cat"


def test_keys_are_the_ones_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """The table of keys against what the reader of campaigns asks for, in both directions."""
    read: set[str] = set()
    raw, known = Section.raw, Section.known

    def noting_raw(section: Section, key: str) -> object:
        read.add(section.at(key))
        return raw(section, key)

    def noting_known(section: Section, keys: Iterable[str]) -> None:
        listed = list(keys)
        read.update(map(section.at, listed))
        known(section, listed)

    monkeypatch.setattr(Section, "raw", noting_raw)
    monkeypatch.setattr(Section, "known", noting_known)
    parse(EVERYTHING)
    parse(DISCS)
    parse(RESONATOR)
    parse(DUFFING)
    names = "|".join(name for system in SYSTEMS for name in parameters_of(system))
    generic = {re.sub(rf"^(system|sweep)\.({names})\b", r"\1.<parameter>", key) for key in read}
    tables = {f"measure.{name}" for name in ARM_NAMES}
    assert documented_keys() == {key for key in generic if "." in key} - tables


def test_commands_exist(tmp_path: Path) -> None:
    """Every command line shown is understood, and every command is shown."""
    lines = command_lines()
    shown = {words[0] for words in lines}
    assert shown - {"--help"} == set(COMMANDS)
    for words in lines:
        if words[0] in COMMANDS and len(words) > 1:
            complete = words if not words[1].startswith("--") else [words[0], "DIR", *words[1:]]
            assert build_parser(words[0]).parse_args(complete).command == words[0]


def test_predictions_shown_are_computed(capsys: pytest.CaptureFixture[str]) -> None:
    """Numbers of the predictions and of the critical drives."""
    point = ["kerr_cat_staircase", "-p", "eps2=6", "-p", "kappa=0.1", "-p", "n_th=0.02"]
    assert main(["predict", *point, "--details"]) == 0
    computed = capsys.readouterr().out
    row = re.compile(r"^(\w+) +decay_rate +(\S+) +(yes|NO) ", re.MULTILINE)
    drives = re.compile(r"critical drive of steps 1, 2, 3 \(branching\): (.*)")
    shown, now = row.findall(README.split(PARITY)[0]), row.findall(computed)
    assert [(name, valid) for name, _, valid in shown] == [(name, valid) for name, _, valid in now]
    # ten digits shown, of which the last may differ with the linear algebra of the machine
    values = [[float(value) for _, value, _ in rows] for rows in (shown, now)]
    np.testing.assert_allclose(values[0], values[1], rtol=1e-6)
    numbers = [[float(x) for x in drives.findall(text)[0].split(", ")] for text in (README, computed)]
    np.testing.assert_allclose(numbers[0], numbers[1], rtol=1e-5)


@pytest.mark.parametrize("system", SHOWN)
def test_predictions_of_other_systems_are_computed(system: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The rows shown, each as the command prints it."""
    heading, parameters = SHOWN[system]
    words = [word for parameter in parameters for word in ("-p", parameter)]
    part = README.split(heading)[1].split("\n## ")[0]
    assert " ".join(["wellhop predict", system, *words]) in part
    row = re.compile(r"^(\w+) +(decay_rate|escape_rate|frequency|action|loss_rate|amplitude|time) +(\S+) +(yes|NO) ", re.MULTILINE)
    shown = row.findall(part)
    assert main(["predict", system, *words, *(word for name, *_ in shown for word in ("--method", name))]) == 0
    now = {name: rest for name, *rest in row.findall(capsys.readouterr().out)}
    assert len(shown) >= 3
    for name, quantity, value, valid in shown:
        assert [quantity, valid] == [now[name][0], now[name][2]]
        assert float(value) == pytest.approx(float(now[name][1]), rel=1e-6)


def test_links_and_pictures_exist() -> None:
    targets = re.findall(r"\]\(([^)#]+)\)", README)
    assert targets
    for target in targets:
        assert "://" in target or (ROOT / target).is_file(), target
    for path in re.findall(r"`((?:jobs|analysis|engine|tests)/[\w/.]+)`", README):
        assert (ROOT / path).exists(), path
    picture = ROOT / "jobs/campaigns/kerr_cat_staircase.png"
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_a_wrong_key_would_be_noticed() -> None:
    """Negative control: the table does not hold a key that campaigns refuse."""
    assert "measure.jumps.dt" not in documented_keys()
    assert "measure.counting.stop" not in documented_keys()
