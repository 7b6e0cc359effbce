"""What a run says after its end, and a report before its beginning."""

from __future__ import annotations

from pathlib import Path

import pytest

from wellhop.jobs import cli, launcher

TWO_ARMS = """
[campaign]
name = "two arms"
output = "runs/two arms"
[system]
name = "kerr_cat_staircase"
eps2 = 4
kappa = 0.1
n_th = 0.02
[measure.jumps]
duration = 150
batch = 2
stop = { trajectories = 2 }
[measure.counting]
trajectories = 2
duration = 150
[predict]
methods = ["liouvillian"]
[report]
figures = ["clicks"]
"""


def test_a_complete_run_names_the_next_command_and_the_report_says_that_it_works(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(launcher, "detect_launcher", lambda: None)
    Path("my.toml").write_text(TWO_ARMS)
    assert cli.main(["run", "my.toml"]) == 0
    out, error = capsys.readouterr()
    complete, following = out.splitlines()
    assert complete == "complete"
    assert following.startswith("next: wellhop report '")  # the blank in the name is quoted
    assert following.endswith("runs/two arms'")
    assert "two arms: 1 point x 2 arms = 2 units, results in " in error
    assert "2/2 units (point x arm), 4 trajectories" in error
    assert cli.main(["resume", "runs/two arms", "--quiet"]) == 0
    assert capsys.readouterr().out == "complete\n"
    assert cli.main(["status", "runs/two arms"]) == 0
    assert ": 2 units (point x arm), " in capsys.readouterr().out.splitlines()[0]
    capsys.readouterr()
    assert cli.main(["report", "runs/two arms"]) == 0
    out, error = capsys.readouterr()
    assert out.endswith("report.html\n")
    assert error == "runs/two arms: predicting, comparing and drawing; this can take a minute\n"
