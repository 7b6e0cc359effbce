"""``wellhop figure``: what it lists, writes and refuses."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

from wellhop.analysis.figures.drawn import DrawnTable
from wellhop.analysis.figures.gallery import DrawnFigure, FigureJob, FigureOptions, Setting, numbered
from wellhop.analysis.figures.style import house_style, new_figure
from wellhop.engine.errors import PredictionError
from wellhop.jobs import cli, figure_registry
from wellhop.jobs.commands_figure import ProgressLine

SYSTEM = "kerr_two_photon_drive"


def draw_line(options: FigureOptions) -> DrawnFigure:
    """A straight line, or a refusal."""
    if options["slope"] == 13.0:
        raise PredictionError("no line with this slope")
    table = DrawnTable(("series", "x", "y"))
    with house_style():
        figure = new_figure(height=2.0)
        x = [float(k) for k in range(options.count("points"))]
        y = [options["slope"] * v + options.seed for v in x]
        figure.subplots().plot(x, y)
    table.add_series("line", x, y)
    return DrawnFigure(figure, table, ("a note",))


TOY = numbered(
    FigureJob(
        7,
        "a line",
        draw_line,
        seconds=200.0,
        settings={"slope": Setting(2.0, "its slope"), "points": Setting(3, "how many", 2, 9, whole=True)},
        source="school",
        sampled=True,
    ),
    FigureJob(2, "no settings", draw_line, seconds=0.2),
)


@pytest.fixture
def toy(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A gallery of two quick figures, in an empty folder."""
    monkeypatch.setattr(figure_registry, "figure_jobs", lambda: {SYSTEM: TOY})
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_real_list_names_every_figure(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["figure", SYSTEM, "--list"]) == 0
    out = capsys.readouterr().out
    for number, job in figure_registry.figure_jobs()[SYSTEM].items():
        assert any(line.split()[0] == str(number) and job.title in line for line in out.splitlines())
    assert "-p delta=-10" in out


def test_list_shows_settings_and_times(toy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["figure", SYSTEM, "--list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines[1:5]] == ["2", "7", "-p", "-p"]
    assert "3 min" in lines[2]
    assert "slope=2" in lines[3]


def test_it_writes_picture_print_and_numbers(toy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["figure", SYSTEM, "7", "-p", "slope=-0.5", "--seed", "4"]) == 0
    captured = capsys.readouterr()
    paths = [toy / line for line in captured.out.splitlines()]
    assert [path.name for path in paths] == [f"{SYSTEM}_figure_7.{form}" for form in ("png", "pdf", "csv")]
    assert sorted(toy.rglob("*.*")) == sorted(paths)
    assert paths[0].read_bytes().startswith(b"\x89PNG")
    assert paths[1].read_bytes().startswith(b"%PDF")
    head, body = [], []
    for line in paths[2].read_text(encoding="utf-8").splitlines():
        (head if line.startswith("# ") else body).append(line)
    assert head[0] == f"# {SYSTEM}, figure 7: a line"
    assert head[1].startswith("# wellhop ")
    assert head[2:] == ["# settings: slope = -0.5, points = 3", "# seed: 4", "# source: school", "# a note"]
    assert list(csv.reader(body)) == [["series", "x", "y"]] + [
        ["line", f"{x}.0", str(4 - 0.5 * x)] for x in range(3)
    ]
    assert captured.err == ""


def test_the_same_command_writes_the_same_bytes(toy: Path) -> None:
    for folder in ("one", "two/deep"):
        assert cli.main(["figure", SYSTEM, "7", "--out", folder]) == 0
    for path in (toy / "one").iterdir():
        assert path.read_bytes() == (toy / "two/deep" / path.name).read_bytes()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["kerr_two_photon_driv", "7"], ["SYSTEM", f"did you mean '{SYSTEM}'"]),
        ([SYSTEM], ["N: missing", "2, 7", "--list"]),
        ([SYSTEM, "3"], ["N: got '3'", "2, 7"]),
        ([SYSTEM, "-7"], ["-7"]),
        ([SYSTEM, "٧"], ["N: got"]),
        ([SYSTEM, "7", "-p", "slop=1"], ["slop: unknown setting of figure 7", "did you mean 'slope'"]),
        ([SYSTEM, "7", "-p", "slope=nan"], ["slope: got 'nan'", "a finite number"]),
        ([SYSTEM, "7", "-p", "points=2.5", "-p", "slope"], ["an integer from 2 to 9", "name=value"]),
        ([SYSTEM, "7", "-p", "points=10"], ["an integer from 2 to 9"]),
        ([SYSTEM, "7", "-p", "slope=1", "-p", "slope=2"], ["second value"]),
        ([SYSTEM, "7", "-p", "slope=13"], ["no line with this slope"]),
        ([SYSTEM, "2", "-p", "slope=1"], ["this figure has no settings"]),
        ([SYSTEM, "7", "--seed", "-1"], ["--seed"]),
        ([SYSTEM, "7", "--seed", "1.5"], ["--seed: got '1.5'"]),
        ([SYSTEM, "2", "--seed", "1"], ["runs no trajectories"]),
        ([SYSTEM, "7", "--list"], ["--list shows all"]),
        ([SYSTEM, "7", "--out", "file"], ["--out", "is a file"]),
        ([SYSTEM, "7", "--out", "file/below"], ["--out", "is a file"]),
        ([SYSTEM, "7", "--out", "a\0b"], ["--out"]),
    ],
)
def test_refusals_are_one_error_and_write_nothing(
    words: list[str], said: list[str], toy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (toy / "file").write_text("not a folder")
    assert cli.main(["figure", *words]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("wellhop: error: ")
    assert captured.err.count("wellhop: error") == 1
    assert all(word in captured.err for word in said), captured.err
    assert [path.name for path in toy.iterdir()] == ["file"]


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        """Yes."""
        return True


@pytest.mark.parametrize(("stream", "expected"), [(Terminal(), 3), (io.StringIO(), 1)])
def test_progress_is_seldom_in_a_log(stream: io.StringIO, expected: int) -> None:
    now = [0.0]
    line = ProgressLine("figure 7", stream, lambda: now[0])
    for second in (0.1, 5.0, 10.0, 16.0):
        now[0] = second
        line.show("working", second / 20.0)
    written = stream.getvalue()
    assert written.count("working") == expected
    assert "figure 7: working, 80 %, 16 s" in written
    line.close()
    assert stream.getvalue() == written + ("\r" + " " * 29 + "\r" if expected == 3 else "")
