"""Measured Kerr-cat rates over four decades against the exact ones, within limits of a stated false alarm."""

from __future__ import annotations

import csv
import functools
import re
from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np
import pytest
from scipy import stats
from small_campaign import SMALL, checked, run_here

from wellhop.analysis.comparison import chi_square, compare
from wellhop.analysis.comparison_table import ComparedPoint, compared_points
from wellhop.analysis.measurement import Measurement, headline
from wellhop.analysis.prediction import predict
from wellhop.analysis.result import CampaignResult, PointResult
from wellhop.engine.records import EndState, TrajectoryRecord
from wellhop.engine.systems.kerr_cat import KerrCat
from wellhop.jobs import findings, runtime
from wellhop.jobs.engines import CampaignEngine
from wellhop.jobs.judging import measurement_of
from wellhop.jobs.merge import merge
from wellhop.jobs.results import Results
from wellhop.jobs.store import RunFolder

STAIRCASE = """
[campaign]
name = "acceptance"
seed = 11
output = "runs/acceptance"
[system]
name = "kerr_cat_staircase"
[[sweep]]
eps2 = [2, 3, 5, 6, 7, 9, 10]
kappa = 0.1
n_th = 0.1
[[sweep]]
eps2 = [4, 5, 7, 8, 10, 12]
kappa = 0.025
n_th = 0.01
[measure.jumps]
duration = { switching_times = 20 }
batch = 16
max_trajectories = 512
stop = { relative_error = 0.05 }
"""
#: probability that right code fails a test of this file, for each test
FALSE_ALARM = 1e-8


@dataclass(frozen=True)
class Staircase:
    """The finished campaign: its folder and each point measured and predicted."""

    folder: Path
    result: CampaignResult
    rows: list[ComparedPoint]


@pytest.fixture(scope="module")
def staircase(tmp_path_factory: pytest.TempPathFactory) -> Staircase:
    """Thirteen points, about seven seconds of trajectories on one core."""
    folder = tmp_path_factory.mktemp("acceptance") / "run"
    assert run_here(folder, STAIRCASE) == 0
    points = []
    with RunFolder.open(folder, write=False) as found, Results(found, CampaignEngine()) as results:
        for unit in found.units:
            parameters = unit.about["parameters"]
            points.append(
                PointResult(
                    index=unit.point,
                    parameters=parameters,
                    measurement=measurement_of(unit, list(results.records(unit))),
                    predictions=tuple(predict(KerrCat(**parameters), ["liouvillian"])),
                )
            )
    result = CampaignResult("acceptance", "kerr_cat_staircase", "", tuple(points), unit="K")
    return Staircase(folder, result, compared_points(result))


def test_the_points_cover_what_is_claimed(staircase: Staircase) -> None:
    points = staircase.result.points
    exact = [row.predictions["liouvillian"].value for row in staircase.rows]
    assert len(staircase.rows) == len(points) >= 12
    assert max(exact) > 5e3 * min(exact)
    assert {p.parameters["kappa"] for p in points} == {0.1, 0.025}
    assert {p.parameters["n_th"] for p in points} == {0.1, 0.01}
    assert (min(p.parameters["eps2"] for p in points), max(p.parameters["eps2"] for p in points)) == (2, 12)


def test_every_rate_agrees_with_the_exact_one(staircase: Staircase) -> None:
    """Pulls are normal deviates after Student's law of each jackknife error; the largest of all is judged."""
    pulls = np.array([row.comparisons["liouvillian"].pull for row in staircase.rows])
    limit = stats.norm.isf(0.5 * FALSE_ALARM / len(pulls))
    assert (np.abs(pulls) < limit).all(), pulls
    total = chi_square([row.comparisons["liouvillian"] for row in staircase.rows])
    assert total.dof == len(pulls)
    assert total.p_value > FALSE_ALARM, str(total)
    assert total.chi2 > stats.chi2.ppf(FALSE_ALARM, total.dof), "errors far too large for the scatter"


def test_half_the_exact_rate_is_refuted(staircase: Staircase) -> None:
    """Negative control: the one-way rate under the name of the decay rate fails at every point and in the sum."""
    halved = [
        compare(row.estimate, 0.5 * row.predictions["liouvillian"].value, float(i))
        for i, row in enumerate(staircase.rows)
    ]
    limit = stats.norm.isf(0.5 * FALSE_ALARM / len(halved))
    assert all(c.pull > limit for c in halved), [c.pull for c in halved]
    total = chi_square(halved)
    assert total.p_value < FALSE_ALARM
    assert "agrees" not in total.verdict.split(":")[0].replace("disagrees", "")


def test_stop_rule_reached_its_error(staircase: Staircase) -> None:
    for row in staircase.rows:
        assert row.estimate.method == "autocorrelation"
        assert 0.0 < row.estimate.relative_error <= 0.05
        assert row.measurement.n_failed == 0
        assert row.measurement.n_trajectories % 16 == 0
        assert row.switches is not None
        # an autocorrelation cannot know the rate better than a count of this many switches by much
        assert row.estimate.relative_error > 0.5 / np.sqrt(row.switches)


def test_residence_times_tell_the_same_rate(staircase: Staircase) -> None:
    """Up to the time in transit, by which the definition differs, and their own error; where not refused."""
    checked = 0
    for row in staircase.rows:
        residence, core = row.measurement.residence, row.measurement.core
        if residence is None or core is None:
            continue
        checked += 1
        exact = row.predictions["liouvillian"].value
        slack = stats.norm.isf(0.5 * FALSE_ALARM / len(staircase.rows)) * residence.relative_error
        assert abs(np.log(residence.value / exact)) < slack + 2.0 * core.rate_x_transit
    assert checked >= 10


def test_pull_table_prints_every_point_and_the_sum(staircase: Staircase) -> None:
    lines = findings.pull_table(staircase.result).splitlines()
    assert lines[0].split()[:6] == ["eps2/K", "kappa/K", "n_th", "Gamma/K", "error", "switches"]
    table = lines[1 : 1 + len(staircase.rows)]
    for line, row in zip(table, staircase.rows, strict=True):
        cells = line.split()
        assert float(cells[0]) == row.point.parameters["eps2"]
        assert float(cells[3]) == pytest.approx(row.estimate.value, rel=1e-4)
        assert f"{row.comparisons['liouvillian'].pull:+.2f}" in cells
        assert cells[-1] == row.verdict
    assert any(line.startswith("against exact: chi2 = ") for line in lines)


def test_status_tells_what_the_stop_rule_saw(staircase: Staircase) -> None:
    text = runtime.status(staircase.folder)
    assert text.endswith("complete")
    for row in staircase.rows:
        line = next(line for line in text.splitlines() if f"point {row.point.index} jumps" in line)
        assert f"{row.estimate.value:.4g}" in line
        assert f"{100 * row.estimate.relative_error:.2f} %" in line
        assert "relative error" in line.split(": ")[-1]


def test_plain_h5py_gives_the_same_numbers(staircase: Staircase) -> None:
    """Nothing of the merged file is read with our code, only its documented layout."""
    path = merge(staircase.folder)
    with h5py.File(path, "r") as file:
        assert file.attrs["complete"]
        for row in staircase.rows:
            group = file[f"points/{row.point.index:04d}"]
            for name, value in row.point.parameters.items():
                assert group.attrs[name] == value
            again = plain_rate(group["jumps"], row.measurement)
            assert again == row.estimate.value


def plain_rate(arm: h5py.Group, measurement: Measurement) -> float:
    """The headline rate from samples alone."""
    heads, offsets = arm["trajectories"][:], arm["samples_offsets"][:]
    samples = arm["samples"][:]
    about = arm.attrs["about"]
    assert len(heads) == measurement.n_trajectories
    assert heads["elapsed"].sum() == pytest.approx(measurement.total_time, rel=1e-12)
    empty = np.empty(0)
    records = [
        TrajectoryRecord(
            int(head["index"]), EndState(int(head["state"])), "", float(head["elapsed"]), int(head["start_well"]),
            empty, int(head["flips"]), samples[begin:end], empty, empty, float(head["guard_population"]),
        )
        for head, begin, end in zip(heads, offsets, offsets[1:], strict=False)
    ]  # fmt: skip

    def number(key: str) -> float:
        found = re.search(rf'"{key}": ([-+.0-9e]+)', about)
        assert found is not None
        return float(found[1])

    return headline(
        records,
        sample_interval=number("sample_interval"),
        burn_in=number("burn_in"),
        relaxation_time=number("relaxation_time"),
        rate_guess=number("rate_guess"),
    ).value


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of a smaller campaign of both arms, all figures, where residence times are not refused."""
    folder = tmp_path_factory.mktemp("report") / "run"
    assert run_here(folder, SMALL.replace("eps2 = [2, 3]", "eps2 = [6, 7]")) == 0
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(findings, "with_curves", functools.partial(findings.with_curves, count=9))  # seconds each
        return runtime.report(folder)


def test_report_stands_alone_with_every_figure(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert not re.search(r"https?:|@import|<script|url\(", text)
    pictures = re.findall(r'<img[^>]*src="([^"]+)"', text)
    assert len(pictures) == 6
    assert all(p.startswith("data:image/png;base64,") for p in pictures)
    for name in ("staircase", "residence", "survival", "trajectory", "clicks", "checks"):
        assert (page.parent / f"{name}.png").read_bytes().startswith(b"\x89PNG")
        assert (page.parent / f"{name}.pdf").read_bytes().startswith(b"%PDF")
        assert len((page.parent / f"{name}.csv").read_text().splitlines()) > 2


def test_table_of_the_report_repeats_the_folder(page: Path) -> None:
    folder = page.parents[1]
    lines = (page.parent / "comparison.csv").read_text().splitlines()
    rows = list(csv.DictReader(line for line in lines if not line.startswith("#")))
    status = runtime.status(folder)
    assert [row["point"] for row in rows] == ["0", "1"]
    for row in rows:
        line = next(line for line in status.splitlines() if f"point {row['point']} jumps" in line)
        assert f" {row['switches']} " in line
        assert f"{100 * float(row['relative_error']):.2f} %" in line
    assert checked(folder).content_sha256 in page.read_text(encoding="utf-8")
