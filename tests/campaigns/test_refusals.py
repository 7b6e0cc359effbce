"""Bad input met by real runs, alone and on ranks: one error, exit code 2, nothing written and nothing lost."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from small_campaign import SMALL, Reference, checked, complete, launch
from toy_process import finish

from wellhop.jobs import cli

Refused = Callable[..., None]

#: (what is replaced in the campaign, by what, words of the error)
BAD = {
    "unknown key": ("batch = 16", "bach = 16", ("measure.jumps.bach", "did you mean 'batch'")),
    "wrong type": ("kappa = 0.1", 'kappa = "small"', ("system.kappa", "'small'")),
    "negative rate": ("kappa = 0.1", "kappa = -0.1", ("system.kappa", "-0.1", "> 0")),
    "negative occupation": ("n_th = 0.1", "n_th = -0.1", ("system.n_th", "-0.1", ">= 0")),
    "cut-off too small": ("batch = 16", "batch = 16\nfock_cutoff = 12", ("fock_cutoff", "got 12", ">= ")),
    "zero trajectories": ("trajectories = 4", "trajectories = 0", ("measure.counting.trajectories", "got 0")),
    # seen only when the points are prepared
    "trajectories within the burn-in": (
        "duration = { switching_times = 20 }",
        "duration = 50",
        ("2 problems", "at point 0 (eps2=2", "at point 1 (eps2=3", "burn-in of 100"),
    ),
}


def contents(folder: Path) -> dict[str, bytes]:
    """Every file below a folder."""
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


@pytest.fixture
def refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Refused:
    """Run a command here that must be refused."""
    monkeypatch.chdir(tmp_path)

    def run(*command: str, words: tuple[str, ...]) -> None:
        before = contents(tmp_path)
        code = cli.main(list(command))
        error = capsys.readouterr().err
        assert code == 2, error
        only_error(error, words)
        assert contents(tmp_path) == before

    return run


def only_error(error: str, words: tuple[str, ...]) -> None:
    """One message that holds the words, no traceback."""
    assert error.startswith("wellhop: error: "), error
    assert error.count("error: ") == 1, error
    assert "Traceback" not in error
    assert [word for word in words if word not in error] == [], error


@pytest.fixture
def begun(tmp_path: Path, reference: Reference) -> Path:
    """A copy of the finished run."""
    return Path(shutil.copytree(reference.folder, tmp_path / "begun"))


@pytest.mark.parametrize("name", BAD)
def test_bad_campaign(name: str, tmp_path: Path, refused: Refused) -> None:
    old, new, words = BAD[name]
    assert old in SMALL
    (tmp_path / "bad.toml").write_text(SMALL.replace(old, new))
    refused("run", "bad.toml", words=("bad.toml", *words))


@pytest.mark.mpi
@pytest.mark.parametrize("name", ["negative rate", "trajectories within the burn-in"])
def test_bad_campaign_on_ranks(name: str, tmp_path: Path) -> None:
    """Only one rank speaks, whether the error is met while reading or while preparing."""
    old, new, words = BAD[name]
    (tmp_path / "bad.toml").write_text(SMALL.replace(old, new))
    ended = finish(launch("-m", "wellhop.jobs", "run", "bad.toml", n_ranks=3, cwd=tmp_path))
    assert ended.code == 2
    only_error(ended.err, ("bad.toml", *words))
    assert [p.name for p in tmp_path.iterdir()] == ["bad.toml"]


@pytest.mark.mpi
def test_missing_mpi4py_under_mpiexec(tmp_path: Path) -> None:
    """Never several serial runs side by side in one folder."""
    (tmp_path / "small.toml").write_text(SMALL)
    code = (
        "import sys; sys.modules['mpi4py'] = None; sys.argv[0] = 'wellhop'; "
        "from wellhop.jobs.cli import main; sys.exit(main(['run', 'small.toml']))"
    )
    ended = finish(launch("-c", code, n_ranks=2, cwd=tmp_path))
    assert ended.code == 2
    only_error(ended.err, ("started by", "mpi4py cannot be used", "wellhop[mpi]"))
    assert [p.name for p in tmp_path.iterdir()] == ["small.toml"]


@pytest.mark.parametrize("command", ["verify", "resume", "merge", "report"])
def test_damaged_segment(command: str, begun: Path, refused: Refused) -> None:
    """One bit in the middle of the results."""
    victim = sorted((begun / "segments").glob("seg-*.wh"))[0]
    damaged = bytearray(victim.read_bytes())
    damaged[len(damaged) // 2] ^= 1
    victim.write_bytes(damaged)
    refused(command, "begun", words=("begun", "damaged"))


def test_damaged_segment_set_aside(begun: Path, reference: Reference) -> None:
    """The way out that the refusal leaves: what was lost is computed anew, to the same bits."""
    victim = sorted((begun / "segments").glob("seg-*.wh"))[-1]
    victim.write_bytes(victim.read_bytes()[:-7])
    assert complete(begun).code == 2
    assert complete(begun, "--quarantine", "--quiet").code == 0
    assert checked(begun).content_sha256 == reference.content_sha256


@pytest.mark.usefixtures("begun")
def test_changed_campaign_on_resume(tmp_path: Path, refused: Refused) -> None:
    (tmp_path / "other.toml").write_text(SMALL.replace("n_th = 0.1", "n_th = 0.2"))
    refused("resume", "begun", "--campaign", "other.toml", words=("other.toml", "system.n_th: got 0.2"))


def test_edited_campaign_in_the_folder(begun: Path, refused: Refused) -> None:
    (begun / "campaign.toml").write_text(SMALL.replace("seed = 5", "seed = 6"))
    refused("resume", "begun", words=("campaign.toml", "edited", "campaign.seed"))


@pytest.mark.usefixtures("begun")
def test_how_a_campaign_is_run_may_change(tmp_path: Path) -> None:
    """Negative control of the two above: [run] is not part of what is measured."""
    (tmp_path / "other.toml").write_text(SMALL + "\n[run]\nslice_clicks = 3\n")
    assert cli.main(["resume", str(tmp_path / "begun"), "--campaign", str(tmp_path / "other.toml")]) == 0


@pytest.mark.usefixtures("begun")
def test_a_run_into_a_finished_one(tmp_path: Path, refused: Refused) -> None:
    (tmp_path / "small.toml").write_text(SMALL)
    refused(
        "run", "small.toml", "--output", "begun", words=("already holds progress", "wellhop resume begun")
    )


@pytest.mark.parametrize("folder", ["/proc/wellhop", "/dev/null/run", "small.toml/run"])
def test_output_folder_that_nobody_can_write(folder: str, tmp_path: Path, refused: Refused) -> None:
    """Refused by the system itself, also for root."""
    (tmp_path / "small.toml").write_text(SMALL)
    refused("run", "small.toml", "--output", folder, words=(folder.split("/run")[0],))


def test_foreign_output_folder(tmp_path: Path, refused: Refused) -> None:
    (tmp_path / "small.toml").write_text(SMALL)
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter.tex").write_text("years of work")
    refused("run", "small.toml", "--output", "thesis", words=("thesis", "chapter.tex"))
    refused("resume", "thesis", words=("thesis", "not a wellhop run"))
