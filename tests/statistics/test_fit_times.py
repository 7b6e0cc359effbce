"""``wellhop fit``: right numbers from a table, and one clear error with line numbers from a bad one."""

from __future__ import annotations

import csv
import math
from pathlib import Path

import numpy as np
import pytest

from wellhop.analysis.rates import exponential_rate
from wellhop.engine.errors import StatisticsError, UsageError
from wellhop.jobs import cli
from wellhop.jobs.fit_times import fit, run
from wellhop.jobs.times_table import read_times


def _write(folder: Path, text: str, name: str = "times.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture
def two_groups(tmp_path: Path) -> Path:
    """Rates 0.1 and 2, cut off at three mean residence times."""
    rng = np.random.default_rng(1)
    lines = ["run,Duration,switched,group"]
    for group, rate in (("cold", 0.1), ("hot", 2.0)):
        for i, life in enumerate(rng.exponential(1.0 / rate, 400)):
            cut = 3.0 / rate
            lines.append(f"{i},{float(min(life, cut))!r},{'yes' if life < cut else 'no'},{group}")
    return _write(tmp_path, "\n".join(lines))


def test_rates_of_both_groups(two_groups: Path, sigmas: float) -> None:
    fits = {f.name: f for f in fit(read_times(two_groups))}
    for name, truth in (("cold", 0.1), ("hot", 2.0)):
        rate = fits[name].rate
        assert abs(math.log(rate.value / truth)) < sigmas * rate.relative_error
        test = fits[name].test
        assert test is not None
        assert test.p_value > 1e-8
    # Negative control: the mean of the finished residences alone, as if nothing had been cut off.
    cold = read_times(two_groups).groups["cold"]
    naive = exponential_rate([t for t, done in zip(cold.durations, cold.switched, strict=True) if done])
    assert naive.value > fits["cold"].rate.upper


def test_command_prints_and_writes_everything(
    two_groups: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "result" / "fit.v1"
    assert cli.main(["fit", str(two_groups), "--out", str(out), "--level", "0.9"]) == 0
    printed = capsys.readouterr().out
    for part in (
        "800 residences in 2 groups",
        "group cold",
        "escape_rate",
        "90 % interval",
        "Cox-Oakes",
        "wrote",
    ):
        assert part in printed
    for suffix in (".png", ".pdf", ".csv", "_rates.csv"):
        assert out.with_name(out.name + suffix).stat().st_size > 0
    with (tmp_path / "result" / "fit.v1_rates.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["group"] for row in rows] == ["cold", "hot"]
    assert float(rows[0]["lower"]) < float(rows[0]["escape_rate"]) < float(rows[0]["upper"])


@pytest.mark.parametrize(
    ("text", "durations", "switched"),
    [
        ("1.5\n2.5\n", [1.5, 2.5], [True, True]),
        ("# from the lab\n\n1.5;1\n2.5;0\n", [1.5, 2.5], [True, False]),
        ("1.5\tTRUE\n2.5\tFalse\n", [1.5, 2.5], [True, False]),
        ("1.5   yes\n2.5 no\n", [1.5, 2.5], [True, False]),
        ("\ufeffresidence_time, event\r\n1.5, 1\r\n2.5, 0\r\n", [1.5, 2.5], [True, False]),
        ("waiting\n1.5\n", [1.5], [True]),
        ("group,time\nA,1.5\nA,2e0\n", [1.5, 2.0], [True, True]),
        ('"duration","note"\n"1.5","a, b"\n', [1.5], [True]),
    ],
)
def test_tables_people_write(tmp_path: Path, text: str, durations: list[float], switched: list[bool]) -> None:
    (group,) = read_times(_write(tmp_path, text)).groups.values()
    assert group.durations == durations
    assert group.switched == switched


def test_columns_without_a_meaning_are_named(tmp_path: Path) -> None:
    """A column of flags under a name of one's own must not be dropped in silence."""
    table = read_times(_write(tmp_path, "time,censored\n10,0\n20,1\n"))
    assert "NOT used: 'censored'" in table.columns
    assert "--switched-column" in table.columns
    assert "NOT used" not in read_times(_write(tmp_path, "time,switched\n10,0\n20,1\n")).columns


def test_columns_by_name_and_by_number(tmp_path: Path) -> None:
    path = _write(tmp_path, "A,7,1.5,no\nB,8,2.5,yes\n")
    table = read_times(path, duration_column="3", switched_column="4", group_column="1")
    assert table.groups["A"].durations == [1.5]
    assert table.groups["B"].switched == [True]


@pytest.mark.parametrize(
    ("text", "complaints"),
    [
        ("", ["no row"]),
        ("# only a comment\n", ["no row"]),
        ("duration,switched\n", ["no row of numbers"]),
        (
            "duration,switched\n1.0,1\n-2.0,1\nnan,0\ninf,1\n0,1\n",
            ["4 problems", "line 3: duration -2.0", "line 4: duration nan", "line 5: duration inf", "line 6"],
        ),
        (
            "duration,switched\nx,1\n1.0,maybe\n\n1.0\n,1\n",
            [
                "line 2: duration 'x' is not",
                "line 3: switched 'maybe'",
                "line 5: got 1 cells",
                "line 6: duration ''",
            ],
        ),
        ("duration;switched\n1,5;1\n", ["decimal point"]),
        ("a,b\n1.0,1\n", ["no column is named", "--duration-column"]),
        ("duration,duration\n1.0,1\n", ["appears twice"]),
        ('1.0\n"2.0\n', ["line 2"]),
        ("1.0\0,1\n", ["not a text file"]),
    ],
)
def test_bad_tables_list_every_problem(
    tmp_path: Path, text: str, complaints: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    path = _write(tmp_path, text)
    before = sorted(tmp_path.iterdir())
    assert cli.main(["fit", str(path), "--out", str(tmp_path / "out")]) == 2
    caught = capsys.readouterr()
    for complaint in complaints:
        assert complaint in caught.err
    assert caught.out == ""
    assert sorted(tmp_path.iterdir()) == before


def test_long_lists_of_problems_are_counted(tmp_path: Path) -> None:
    path = _write(tmp_path, "duration\n" + "-1\n" * 500)
    with pytest.raises(StatisticsError, match=r"500 problems[\s\S]*and 480 more"):
        read_times(path)


def test_bad_options_and_files(tmp_path: Path) -> None:
    path = _write(tmp_path, "duration,flag\n1.0,1\n2.0,0\n")
    with pytest.raises(StatisticsError, match=r"--switched-column.*duration, flag"):
        read_times(path, switched_column="switch")
    with pytest.raises(StatisticsError, match="two things"):
        read_times(path, switched_column="duration")
    with pytest.raises(StatisticsError, match="cannot be read"):
        read_times(tmp_path / "absent.csv")
    with pytest.raises(StatisticsError, match="cannot be read"):
        read_times(tmp_path)
    (tmp_path / "latin.csv").write_bytes(b"dur\xe9e\n1.0\n")
    with pytest.raises(StatisticsError, match="UTF-8"):
        read_times(tmp_path / "latin.csv")
    with pytest.raises(StatisticsError, match="level"):
        run(path, out=tmp_path / "out", level=2.0)


def test_output_never_replaces_the_input(tmp_path: Path) -> None:
    path = _write(tmp_path, "1.0\n2.0\n")
    with pytest.raises(UsageError, match="would replace"):
        run(path, out=tmp_path / "times")
    assert path.read_text() == "1.0\n2.0\n"


def test_a_group_without_a_switch_is_an_upper_limit(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = _write(tmp_path, "duration,switched\n10.0,0\n20.0,0\n")
    assert run(path, out=tmp_path / "out") == 0
    assert "one-sided" in capsys.readouterr().out
    assert not (tmp_path / "out.png").exists()
    assert (tmp_path / "out_rates.csv").exists()


def test_odd_group_names_do_not_break_the_figure(tmp_path: Path) -> None:
    rows = "".join(f"{t},{g}\n" for g in ("_a", "$x", "very " * 20, "") for t in (1.0, 2.0, 4.0))
    assert run(_write(tmp_path, "duration,group\n" + rows), out=tmp_path / "out") == 0
    assert (tmp_path / "out.png").stat().st_size > 0
