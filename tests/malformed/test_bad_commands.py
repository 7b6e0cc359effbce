"""Wrong words on the command line, wrong folders: one error, exit code 2, nothing written."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from wellhop.jobs import cli
from wellhop.jobs.campaign import fingerprint, parse
from wellhop.jobs.store import RunFolder
from wellhop.jobs.units import Unit

GOOD = """
[campaign]
name = "good"
[system]
name = "kerr_cat_staircase"
eps2 = 4
kappa = 0.1
n_th = 0.02
[measure.jumps]
duration = 50
stop = { trajectories = 2 }
"""
SYSTEM = ("kerr_cat_staircase", "-p", "eps2=4", "-p", "kappa=0.1", "-p", "n_th=0.02")


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ([], ["no command"]),
        (["rnu"], ["'rnu'", "did you mean 'run'"]),
        (["--verbose"], ["--verbose"]),
        (["run"], ["CAMPAIGN.toml"]),
        (["run", "a.toml", "b.toml"], ["b.toml"]),
        (
            ["run", "good.toml", "--outptu", "x"],
            ["--outptu", "did you mean '--output'?", "(see wellhop run --help)"],
        ),
        (["predict", *SYSTEM, "--metod=wkb"], ["did you mean '--method'?", "(see wellhop predict --help)"]),
        (["predict", "kerr_cat_staircase", "-p", "eps2=1e9", *SYSTEM[3:]], ["eps2/K = 1e+09", "N = 3000000046"]),
        (["trajectory", "kerr_cat_staircase", "-p", "eps2=1000", *SYSTEM[3:]], ["eps2/K = 1000", "same unit?"]),
        (["run", "good.toml", "--output", ""], ["--output"]),
        (["run", "good.toml", "--output", "a\0b"], ["--output"]),
        (["run", "good.toml", "--output", "good.toml"], ["good.toml", "folder"]),
        (["run", "good.toml", "--output", "good.toml/run"], ["good.toml"]),
        (
            ["run", "good.toml", "--wall-time", "soon", "--slice-clicks", "1.5"],
            ["--wall-time", "--slice-clicks"],
        ),
        (["run", "good.toml", "--slice-clicks", "0"], ["--slice-clicks"]),
        (["run", "good.toml", "--commit-seconds", "nan"], ["--commit-seconds"]),
        (["resume"], ["DIR"]),
        *(([name, "nothing"], ["nothing"]) for name in ("resume", "status", "verify", "merge", "report")),
        *(([name, "good.toml"], ["good.toml"]) for name in ("resume", "status", "verify", "merge", "report")),
        *(([name, "foreign"], ["foreign"]) for name in ("resume", "status", "verify", "merge", "report")),
        (["resume", "a\0b"], ["a\0b"]),
        (["predict"], ["SYSTEM"]),
        (["predict", "kerr_cat"], ["'kerr_cat'", "kerr_cat_staircase"]),
        (["predict", "kerr_cat_staircase"], ["eps2: missing", "kappa: missing", "n_th: missing"]),
        (["predict", *SYSTEM, "-p", "kapa=1"], ["kapa", "did you mean 'kappa'"]),
        (["predict", *SYSTEM, "-p", "K"], ["'K'", "name=value"]),
        (["predict", *SYSTEM, "-p", "=1"], ["name=value"]),
        (["predict", *SYSTEM, "-p", "K=one"], ["K", "'one'", "finite number"]),
        (["predict", *SYSTEM, "-p", "K=nan"], ["K", "'nan'"]),
        (["predict", *SYSTEM, "-p", "K=1e999"], ["K", "'1e999'"]),
        (["predict", *SYSTEM, "-p", "K=0"], ["K", "> 0"]),
        (["predict", *SYSTEM, "-p", "kappa=0.2"], ["kappa", "second value"]),
        (["predict", *SYSTEM, "--method", "wbk"], ["'wbk'"]),
        (
            ["predict", "kerr_cat_staircase", "-p", "eps2=-1", "-p", "kappa=-1", "-p", "n_th=-1"],
            ["3 problems"],
        ),
        (["systems", "all"], ["all"]),
        (
            ["trajectory", *SYSTEM, "--duration", "-1", "--seed", "1.5", "--out", "x.txt"],
            ["--dur", "--seed", "--out"],
        ),
        (["trajectory", *SYSTEM, "--out", "nowhere/x.png"], ["nowhere/x.png"]),
        (["trajectory", *SYSTEM, "--unravelling", "homodyne"], ["homodyne"]),
        (["trajectory", "kerr_cat_staircase", "-p", "eps2=4"], ["kappa: missing", "n_th: missing"]),
    ],
)
def test_bad_command(command: list[str], words: list[str], home: Path, refused: Callable[..., str]) -> None:
    (home / "good.toml").write_text(GOOD)
    (home / "foreign").mkdir()
    (home / "foreign" / "thesis.tex").write_text("years of work")
    refused(*command, words=tuple(words))


def test_run_refuses_a_foreign_folder(home: Path, refused: Callable[..., str]) -> None:
    (home / "good.toml").write_text(GOOD)
    (home / "foreign").mkdir()
    (home / "foreign" / "thesis.tex").write_text("years of work")
    refused("run", "good.toml", "--output", "foreign", words=("foreign", "thesis.tex"))


def test_run_does_not_leave_the_working_folder_through_a_link(
    home: Path, refused: Callable[..., str]
) -> None:
    work = home / "work"
    work.mkdir()
    (home / "elsewhere").mkdir()
    (work / "runs").symlink_to(home / "elsewhere")
    (work / "good.toml").write_text(GOOD)
    os.chdir(work)
    refused("run", "good.toml", words=("campaign.output", "--output"))


@pytest.fixture
def begun(home: Path) -> Path:
    """A run folder of the good campaign in which no trajectory has been finished yet."""
    (home / "good.toml").write_text(GOOD)
    folder = home / "begun"
    RunFolder.create(
        folder,
        campaign_text=GOOD.encode(),
        fingerprint=fingerprint(parse(GOOD)),
        seed=0,
        units=[Unit(0, 0, 2, 2)],
        problems={(0, 0): {"nothing": np.zeros(1)}},
        provenance={},
    ).close()
    return folder


@pytest.mark.usefixtures("begun")
def test_run_into_a_folder_with_progress_names_resume(refused: Callable[..., str]) -> None:
    refused(
        "run",
        "good.toml",
        "--output",
        "begun",
        words=("begun", "already holds progress", "wellhop resume begun"),
    )


@pytest.mark.usefixtures("begun")
def test_run_of_another_campaign_into_a_folder_names_the_changed_keys(
    home: Path, refused: Callable[..., str]
) -> None:
    (home / "other.toml").write_text(GOOD.replace("eps2 = 4", "eps2 = 5"))
    refused("run", "other.toml", "--output", "begun", words=("different campaign", "system.eps2"))


@pytest.mark.usefixtures("begun")
def test_resume_refuses_a_changed_campaign(home: Path, refused: Callable[..., str]) -> None:
    changed = GOOD.replace("eps2 = 4", "eps2 = 5").replace('"good"', '"good"\nseed = 9')
    (home / "other.toml").write_text(changed.replace("trajectories = 2", "trajectories = 4"))
    words = (
        "other.toml",
        "campaign.seed: got 9",
        "system.eps2: got 5.0",
        "measure.jumps.stop.value",
        "new run",
    )
    refused("resume", "begun", "--campaign", "other.toml", words=words)


def test_verify_prints_the_content_hash_last(begun: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["verify", str(begun)]) == 0
    last = capsys.readouterr().out.splitlines()[-1]
    assert re.fullmatch(r"content sha256: [0-9a-f]{64}", last)


@pytest.mark.parametrize("name", ["manifest.json", "prepared.wh", "campaign.toml"])
def test_verify_finds_a_damaged_byte(name: str, begun: Path, refused: Callable[..., str]) -> None:
    content = bytearray((begun / name).read_bytes())
    content[len(content) // 2] ^= 1
    (begun / name).write_bytes(content)
    refused("verify", "begun", words=("begun", "damaged"))


@pytest.mark.parametrize(
    "environment",
    [
        {"PMI_RANK": "0", "PMI_SIZE": "2"},
        {"OMPI_COMM_WORLD_RANK": "0", "OMPI_COMM_WORLD_SIZE": "2"},
        {"PMIX_RANK": "0"},
        {"SLURM_PROCID": "0", "SLURM_NTASKS": "2"},
    ],
)
def test_mpirun_without_mpi4py(environment: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "good.toml").write_text(GOOD)
    done = without_mpi4py(tmp_path, environment)
    assert done.returncode == 2
    assert done.stderr.startswith("wellhop: error: started by ")
    assert done.stderr.count("\n") == 1
    assert "wellhop[mpi]" in done.stderr
    assert os.listdir(tmp_path) == ["good.toml"]


def test_only_one_rank_reports_the_missing_mpi4py(tmp_path: Path) -> None:
    (tmp_path / "good.toml").write_text(GOOD)
    done = without_mpi4py(tmp_path, {"PMI_RANK": "1", "PMI_SIZE": "2"})
    assert (done.returncode, done.stderr) == (2, "")


def without_mpi4py(folder: Path, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """``wellhop run good.toml`` under a pretended launcher, where mpi4py cannot be imported."""
    code = "import sys; sys.modules['mpi4py'] = None; from wellhop.jobs.cli import main; sys.exit(main())"
    mpi = ("PMI_", "OMPI_", "PMIX_", "SLURM_", "MPI_", "MV2_")
    clean = {name: value for name, value in os.environ.items() if not name.startswith(mpi)}
    return subprocess.run(
        [sys.executable, "-c", code, "run", "good.toml"],
        cwd=folder,
        env={**clean, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
