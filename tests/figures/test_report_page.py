"""The report stands alone, repeats byte for byte, and makes sense when parts of the campaign are missing."""

from __future__ import annotations

import base64
import csv
import io
import re
import threading
from dataclasses import replace
from html.parser import HTMLParser

import matplotlib as mpl
import numpy as np
import pytest

from wellhop.analysis.curves import truncation_checks, with_curves
from wellhop.analysis.figures.save import figure_bytes
from wellhop.analysis.figures.staircase import draw_staircase
from wellhop.analysis.figures.style import house_style
from wellhop.analysis.report import FIGURES, write_report
from wellhop.analysis.result import CampaignResult, PointResult
from wellhop.analysis.staircase import critical_drive
from wellhop.engine.errors import FolderError, ParameterError
from wellhop.engine.systems.kerr_cat import KerrCat

FAMILY = (("kappa", 0.1), ("n_th", 0.02))
VOID = {"meta", "img", "br"}


class Reader(HTMLParser):
    """Collects what a page refers to and checks that its tags nest."""

    def __init__(self):
        super().__init__()
        self.open, self.links, self.images, self.headings = [], [], [], []

    def handle_starttag(self, tag, attrs):
        if tag not in VOID:
            self.open.append(tag)
        found = dict(attrs)
        self.links += [found[key] for key in ("href",) if key in found]
        self.images += [found["src"]] if "src" in found else []

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] == "h2":
            self.headings.append(data)


def read(page):
    """Parse a page, insist that it stands alone, and return what it holds."""
    text = page.read_text(encoding="utf-8")
    assert "http:" not in text
    assert "https:" not in text
    assert "@import" not in text
    assert "<script" not in text
    assert "url(" not in text
    reader = Reader()
    reader.feed(text)
    assert reader.open == []
    assert all(source.startswith("data:image/png;base64,") for source in reader.images)
    assert all((page.parent / link).is_file() for link in reader.links)
    return reader, text


def table_text(text):
    """Words of a page without tags and pictures."""
    return re.sub(r"<[^>]+>", " ", re.sub(r"base64,[A-Za-z0-9+/=]+", "", text))


@pytest.fixture(scope="module")
def written(full, tmp_path_factory):
    """The report of the full campaign, once."""
    folder = tmp_path_factory.mktemp("report")
    return write_report(full, folder), folder


#: Figures of a campaign with two wells: the others need directed rates or a conserved parity.
OTHERS = ("arrhenius", "inverse_eta", "inverse_lam", "directed_rates", "coherence")
TWO_WELLS = tuple(name for name in FIGURES if name not in OTHERS)


def test_full_report_has_every_figure_and_file(written):
    page, folder = written
    reader, text = read(page)
    assert page == folder / "report.html"
    assert len(reader.images) == len(TWO_WELLS)
    names = {f"{name}.{form}" for name in TWO_WELLS for form in ("png", "pdf", "csv")}
    assert {path.name for path in folder.iterdir()} == names | {"report.html", "comparison.csv"}
    for name, source in zip(TWO_WELLS, reader.images, strict=True):
        assert base64.b64decode(source.partition(",")[2]) == (folder / f"{name}.png").read_bytes()
        assert (folder / f"{name}.pdf").read_bytes().startswith(b"%PDF")
    for section in ("Measured against predicted", "Conventions", "Provenance", "Reproduce"):
        assert section in reader.headings
    assert "8 of 8 agree" in table_text(text)


def test_tables_hold_the_measured_numbers(written, full):
    _, folder = written
    rows = list(csv.DictReader(io.StringIO((folder / "comparison.csv").read_text(encoding="utf-8"))))
    assert len(rows) == len(full.points)
    for row, (_, measurement) in zip(rows, full.measured(), strict=True):
        assert float(row["decay_rate [K]"]) == measurement.decay_rate.value
        assert int(row["switches"]) == measurement.core.residences.n_switched
        assert row["liouvillian verdict"] in ("agrees", "strained", "disagrees")


def test_same_result_same_bytes(full, written, tmp_path, request):
    _, folder = written
    write_report(full, tmp_path, figures=("staircase", "clicks"))
    for name in ("staircase", "clicks"):
        for form in ("png", "pdf", "csv"):
            assert (tmp_path / f"{name}.{form}").read_bytes() == (folder / f"{name}.{form}").read_bytes(), (
                form
            )
    assert (tmp_path / "comparison.csv").read_bytes() == (folder / "comparison.csv").read_bytes()
    request.getfixturevalue("picture_only")  # of the prints enough has been seen
    pages = [write_report(full, tmp_path / name, figures=("clicks",)).read_bytes() for name in ("one", "two")]
    assert pages[0] == pages[1]


def test_pictures_carry_no_date(written):
    _, folder = written
    for name in TWO_WELLS:
        assert b"CreationDate" not in (folder / f"{name}.pdf").read_bytes()
        png = (folder / f"{name}.png").read_bytes()
        assert b"tEXt" not in png
        assert b"tIME" not in png


def test_drawing_leaves_the_callers_settings_alone_and_ignores_them(full):
    before = dict(mpl.rcParams)
    reference = figure_bytes(draw_staircase(full)[0], "png")
    assert dict(mpl.rcParams) == before
    with mpl.rc_context({"font.size": 30.0, "lines.linewidth": 9.0}):
        assert figure_bytes(draw_staircase(full)[0], "png") == reference


def test_drawing_in_two_threads_gives_the_same_picture(full):
    found = []

    def draw():
        with house_style():
            found.append(figure_bytes(draw_staircase(full)[0], "png"))

    threads = [threading.Thread(target=draw) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found[0] == found[1]


@pytest.mark.usefixtures("picture_only")
def test_chosen_figures_only_and_stale_ones_removed(full, tmp_path):
    (tmp_path / "survival.png").write_bytes(b"old")
    (tmp_path / "notes.txt").write_text("mine", encoding="utf-8")
    reader, _ = read(write_report(full, tmp_path, figures=("clicks",)))
    assert len(reader.images) == 1
    assert not (tmp_path / "survival.png").exists()
    assert (tmp_path / "notes.txt").read_text(encoding="utf-8") == "mine"
    # The table does not depend on the choice of figures.
    assert "Measured against predicted" in reader.headings


@pytest.mark.usefixtures("picture_only")
def test_without_counting_arm(make_point, make_campaign, tmp_path):
    points = [
        make_point(i, eps2, FAMILY, counting=False, trajectories=8) for i, eps2 in enumerate((3.0, 5.0))
    ]
    reader, _ = read(write_report(make_campaign(points), tmp_path, figures=("clicks", "trajectory")))
    assert reader.headings[:2] == ["Measured against predicted", "Click rates"]
    assert "Single trajectories" not in reader.headings
    rows = (tmp_path / "clicks.csv").read_text(encoding="utf-8")
    assert "ratio" not in rows.partition("\n")[2]


@pytest.mark.usefixtures("picture_only")
def test_one_point_without_curves(make_point, make_campaign, tmp_path):
    result = make_campaign([make_point(0, 4.0, FAMILY, trajectories=8)], curves=(), critical_drives=())
    reader, text = read(write_report(result, tmp_path, figures=("staircase", "residence", "survival")))
    assert len(reader.images) == 3
    assert "measured at 1 point, with" in table_text(text)
    drawn = (tmp_path / "staircase.csv").read_text(encoding="utf-8")
    assert "\nliouvillian,4.0" in drawn


@pytest.mark.usefixtures("picture_only")
def test_a_point_in_which_nothing_switched(make_point, make_campaign, tmp_path):
    quiet = make_point(0, 4.0, FAMILY, trajectories=4)
    rng = np.random.default_rng(2)
    runs = [replace_switches(rng, index) for index in range(4)]
    from wellhop.analysis.measurement import measure

    measurement = measure(
        runs,
        sample_interval=1.0,
        burn_in=5.0,
        relaxation_time=1.0,
        core_names=("th=0.99",),
        channel_names=("loss",),
    )
    alone = make_campaign([replace(quiet, measurement=measurement, counting=None)])
    reader, text = read(write_report(alone, tmp_path))
    assert "Residence times" not in reader.headings
    assert "Survival in a well" not in reader.headings
    assert "Warnings" in reader.headings
    assert "no decay rate has been measured yet" in text


def replace_switches(rng, index):
    """A trajectory that stays in its well."""
    from wellhop.engine.records import CLICK_DTYPE, SWITCH_DTYPE, EndState, TrajectoryRecord

    samples = (1 - 2 * (index % 2)) * (1.0 - 0.01 * rng.random((101, 1)))
    events = np.array([(0.0, 0.0, 0, -1, index % 2, 0)], dtype=SWITCH_DTYPE)
    counts = np.array([7])
    none = np.empty(0, CLICK_DTYPE)
    return TrajectoryRecord(index, EndState.DONE, "", 100.0, index % 2, counts, 0, samples, events, none, 0.0)


def test_nothing_measured_yet(tmp_path):
    points = (PointResult(0, {"eps2": 4.0, "kappa": 0.1, "n_th": 0.02}),)
    for result in (CampaignResult("demo", "", "", points), CampaignResult("demo", "", "", ())):
        reader, text = read(write_report(result, tmp_path))
        assert reader.images == []
        assert "no decay rate has been measured yet" in text


@pytest.mark.usefixtures("picture_only")
def test_no_prediction_means_no_residuals(make_point, make_campaign, tmp_path):
    point = replace(make_point(0, 4.0, FAMILY, trajectories=8), predictions=(), truncation=())
    result = make_campaign([point], curves=(), critical_drives=())
    figure, table = draw_staircase(result)
    assert len(figure.axes) == 1
    assert table.select(series="residual") == []
    reader, text = read(write_report(result, tmp_path, figures=("staircase", "checks")))
    assert len(reader.images) == 2
    assert "&chi;" not in text
    assert "verdict</th>" not in text


@pytest.mark.usefixtures("picture_only")
@pytest.mark.parametrize("parameters", [{}, {"my_drive": 2.0, "damping": 0.5}])
def test_a_model_of_the_users_own(make_point, parameters, tmp_path):
    point = make_point(0, 4.0, FAMILY, trajectories=4, counting=False)
    own = replace(point, parameters=parameters, predictions=(), truncation=())
    result = CampaignResult("own", "", "My model", (own,))
    reader, text = read(write_report(result, tmp_path, figures=("staircase", "survival", "clicks")))
    assert reader.headings[:2] == ["Decay rates", "Measured against predicted"]
    assert "in units of" not in text.partition("Conventions")[2]
    assert (
        (tmp_path / "staircase.csv")
        .read_text(encoding="utf-8")
        .startswith(",".join(["series", *parameters, "decay_rate", "lower"]))
    )


@pytest.mark.usefixtures("picture_only")
def test_refused_residence_times_are_drawn_as_such(make_point, make_campaign, tmp_path):
    point = make_point(0, 4.0, FAMILY, trajectories=4)
    refused = replace(point, measurement=replace(point.measurement, residence=None))
    reader, text = read(write_report(make_campaign([refused]), tmp_path, figures=("residence", "survival")))
    assert "Residence times" not in reader.headings
    assert "Survival in a well" in reader.headings
    assert "<td>refused</td>" in text


@pytest.mark.usefixtures("picture_only")
def test_equal_warnings_are_said_once(make_point, make_campaign, tmp_path):
    base = make_point(0, 4.0, FAMILY, trajectories=4)
    noisy = replace(base.measurement, warnings=("few: too few",))
    points = [replace(base, index=i, measurement=noisy, counting=None) for i in (0, 1, 2, 4)]
    _, text = read(write_report(make_campaign(points), tmp_path, figures=("clicks",)))
    assert text.count("few: too few") == 1
    assert "points 0&ndash;2, 4: few: too few" in text


@pytest.mark.usefixtures("picture_only")
def test_text_of_the_campaign_is_escaped(make_point, make_campaign, tmp_path):
    point = make_point(0, 4.0, FAMILY, trajectories=4)
    noisy = replace(point, measurement=replace(point.measurement, warnings=("odd: 1 < 2 & <b>bold</b>",)))
    result = make_campaign([noisy], title="<b>&", conventions=("x < y",), provenance={"<i>": "<u>"})
    _, text = read(write_report(result, tmp_path, figures=("staircase",)))
    assert "<title>&lt;b&gt;&amp;</title>" in text
    assert "1 &lt; 2 &amp; &lt;b&gt;bold&lt;/b&gt;" in text
    assert "<u>" not in text


def test_refusals(full, tmp_path):
    with pytest.raises(ParameterError, match="figures: got 'stairs'"):
        write_report(full, tmp_path, figures=("stairs",))
    assert list(tmp_path.iterdir()) == []
    blocked = tmp_path / "file"
    blocked.write_text("x", encoding="utf-8")
    with pytest.raises(FolderError, match="cannot write"):
        write_report(full, blocked, figures=("clicks",))


def test_curves_and_critical_drives_of_the_real_system():
    points = tuple(
        PointResult(i, {"eps2": e, "kappa": 0.025, "n_th": 0.05}) for i, e in enumerate((5.0, 7.0))
    )
    result = with_curves(CampaignResult("demo", "kerr_cat_staircase", "", points, unit="K"), count=3)
    exact, approximate = result.curves
    assert (exact.name, approximate.name) == ("liouvillian", "semi_analytical")
    assert list(exact.sweep) == [5.0, 6.0, 7.0]
    # Reference values of the exact and the one-step-down rate at (6, 0.025, 0.05).
    assert exact.value[1] == pytest.approx(8.6652243998e-4, rel=1e-8)
    assert approximate.value[1] == pytest.approx(8.56549304e-4, rel=1e-8)
    (mark,) = result.critical_drives
    assert (mark.manifold, mark.sweep) == (1, pytest.approx(critical_drive(1, 0.025, 0.05)))


def test_curves_do_not_depend_on_the_unit():
    def of(scale):
        values = [{"eps2": e * scale, "kappa": 0.1 * scale, "n_th": 0.05, "K": scale} for e in (5.0, 6.0)]
        points = tuple(PointResult(i, v) for i, v in enumerate(values))
        return with_curves(
            CampaignResult("demo", "kerr_cat_staircase", "", points, sweep="eps2", unit="K"), count=2
        )

    one, two = of(1.0), of(2.0)
    for first, second in zip(one.curves, two.curves, strict=True):
        assert first.family == second.family
        np.testing.assert_allclose(second.sweep, first.sweep, rtol=1e-14)
        np.testing.assert_allclose(second.value, first.value, rtol=1e-8)
    assert [m.sweep for m in two.critical_drives] == pytest.approx([m.sweep for m in one.critical_drives])


def test_too_few_manifolds_show_up_in_the_truncation_check():
    enough = {c.kind: abs(c.relative_difference) for c in truncation_checks(KerrCat(6.0, 0.1, 0.05))}
    assert enough["cutoff"] < 1e-8
    assert enough["manifolds"] < 1e-4
    few = {
        c.kind: abs(c.relative_difference) for c in truncation_checks(KerrCat(6.0, 0.1, 0.05), manifolds=2)
    }
    assert few["manifolds"] > 1e-2
