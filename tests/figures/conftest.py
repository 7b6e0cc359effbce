"""Synthetic campaigns: telegraph signals with a known decay rate, measured by the real estimators."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from matplotlib.figure import Figure

from wellhop.analysis.figures import save
from wellhop.analysis.figures.save import figure_bytes
from wellhop.analysis.figures.trajectory import trace_of
from wellhop.analysis.measurement import measure
from wellhop.analysis.prediction import Prediction
from wellhop.analysis.result import (
    CampaignResult,
    CriticalDrive,
    PointResult,
    PredictionCurve,
    TruncationCheck,
)
from wellhop.engine.records import CLICK_DTYPE, SWITCH_DTYPE, EndState, TrajectoryRecord

CORES = ("th=0.9", "th=0.95", "th=0.99", "th=0.995")
CHANNELS = ("loss", "heating")
PARAMETERS = (("kappa", 0.1), ("n_th", 0.02)), (("kappa", 0.025), ("n_th", 0.05))


def staircase_rate(eps2, family):
    """Something that falls in steps like the real rate; only its smoothness matters here."""
    kappa, n_th = dict(family)["kappa"], dict(family)["n_th"]
    return kappa * n_th * np.exp(-0.45 * eps2 - 0.25 * np.sin(2 * np.pi * eps2 / 3.4))


def telegraph(rng, index, decay_rate, duration, interval, clicks_per_time=0.05):
    """One trajectory that hops between +1 and -1 at decay_rate / 2 each way, with a short transit before
    each hop.
    """
    well, now, events, hops = index % 2, 0.0, [], []
    for core in range(len(CORES)):
        events.append((0.0, 0.0, core, -1, well, 0))
    while (now := now + rng.exponential(2.0 / decay_rate)) < duration:
        transit = min(rng.exponential(5.0), 0.5 * (now - (hops[-1] if hops else 0.0)))
        for core in range(len(CORES)):
            events.append((now, now - transit * (1 + 0.1 * core) / 1.4, core, well, 1 - well, 0))
        hops.append(now)
        well = 1 - well
    grid = np.arange(int(duration / interval) + 1) * interval
    sign = np.where((index + np.searchsorted(hops, grid, side="right")) % 2 == 0, 1.0, -1.0)
    order = sign * (1.0 - 0.04 * rng.random(len(grid)))
    samples = np.column_stack([order, np.clip(rng.normal(0.97, 0.02, len(grid)), 0, 1)])
    times = np.sort(rng.random(rng.poisson(clicks_per_time * duration)) * duration)
    clicks = np.array([(t, int(rng.random() < 0.1), 1) for t in times], dtype=CLICK_DTYPE)
    counts = np.bincount(clicks["channel"], minlength=2).astype(np.int64)
    switches = np.sort(np.array(events, dtype=SWITCH_DTYPE), order=["time", "core"])
    return TrajectoryRecord(
        index, EndState.DONE, "", duration, index % 2, counts, len(hops), samples, switches, clicks, 0.0
    )


def counted(rng, index, decay_rate, duration, interval):
    """One trajectory of plain counting: the order parameter starts at 1 and dies out."""
    grid = np.arange(int(duration / interval) + 1) * interval
    order = (1 - 2 * (index % 2)) * np.exp(-decay_rate * grid) + 0.02 * rng.normal(size=len(grid))
    samples = np.column_stack([order, np.full(len(grid), 0.97)])
    counts = np.array([rng.poisson(0.6 * duration), rng.poisson(0.06 * duration)])
    first = np.array([(0.0, 0.0, core, -1, index % 2, 0) for core in range(len(CORES))], dtype=SWITCH_DTYPE)
    none = np.empty(0, dtype=CLICK_DTYPE)
    return TrajectoryRecord(
        index, EndState.DONE, "", duration, index % 2, counts, 0, samples, first, none, 0.0
    )


def measured_point(index, eps2, family, *, trajectories=16, seed=1, traces=False, counting=True):
    """A point with everything: both arms, predictions, traces, truncation checks."""
    rng = np.random.default_rng([seed, index])
    rate = float(staircase_rate(eps2, family))
    duration, interval = 40.0 / rate, 0.05 / rate
    runs = [telegraph(rng, i, rate, duration, interval) for i in range(trajectories)]
    settings = {
        "sample_interval": interval,
        "burn_in": 10.0,
        "relaxation_time": 1.0,
        "channel_names": CHANNELS,
    }
    measurement = measure(runs, core_names=CORES, rate_guess=rate, **settings)
    dark = [counted(rng, i, rate, 4.0 / rate, interval) for i in range(4)]
    shown = ()
    if traces:
        names = {"sample_interval": interval, "observable_names": ("X", "P_0"), "channel_names": CHANNELS}
        stop = 12.0 / rate
        shown = (
            trace_of(runs[0], label="displaced, trajectory 0", unravelling="displaced", stop=stop, **names),
            trace_of(dark[0], label="counting, trajectory 0", unravelling="counting", stop=stop, **names),
        )
    exact = Prediction("liouvillian", "exact (Liouvillian)", "decay_rate", rate, "in units of K", True, "")
    approximate = Prediction(
        "semi_analytical", "semi-analytical, one downward step", "decay_rate", 0.99 * rate, "", True, "", 0.02
    )
    return PointResult(
        index=index,
        parameters={"eps2": eps2, **dict(family)},
        measurement=measurement,
        counting=measure(dark, rate_guess=rate, **settings) if counting else None,
        predictions=(exact, approximate),
        traces=shown,
        truncation=(
            TruncationCheck("Fock cut-off 74", "cutoff", 74, rate * (1 + 1e-11), rate),
            TruncationCheck("16 manifolds", "manifolds", 16, rate * (1 - 3e-6 * eps2), rate),
        ),
    )


def campaign(points, **changes):
    """A campaign around points, with curves and critical drives."""
    grid = np.linspace(2.0, 10.0, 81)
    families = dict.fromkeys(tuple((n, v) for n, v in p.parameters.items() if n != "eps2") for p in points)
    curves, marks = [], []
    for family in families:
        rate = staircase_rate(grid, family)
        curves.append(PredictionCurve("liouvillian", "exact (Liouvillian)", family, grid, rate))
        curves.append(PredictionCurve("semi_analytical", "semi-analytical", family, grid, 0.99 * rate))
        marks += [CriticalDrive(family, 1, 5.3), CriticalDrive(family, 2, 8.6)]
    settings = {
        "name": "demo",
        "system": "kerr_cat_staircase",
        "title": "Kerr-cat switching staircase",
        "points": tuple(points),
        "curves": tuple(curves),
        "critical_drives": tuple(marks),
        "provenance": {"wellhop": "0.1.0", "seed": "20260", "content sha256": "0" * 64},
        "commands": ("wellhop run kerr_cat_staircase.toml", "wellhop report runs/kerr_cat"),
        "unit": "K",
        "sweep": "eps2",
    }
    return CampaignResult(**{**settings, **changes})


@pytest.fixture(scope="session")
def full():
    """Eight points in two families, two of them with traces, both arms."""
    points = []
    for family in PARAMETERS:
        for eps2 in (2.0, 4.0, 6.0, 8.0):
            points.append(measured_point(len(points), eps2, family, traces=eps2 == 4.0))
    return campaign(points)


@pytest.fixture(scope="session")
def make_point():
    """A measured point on demand."""
    return measured_point


@pytest.fixture(scope="session")
def make_campaign():
    """A campaign on demand."""
    return campaign


def assert_texts_apart(figure: Figure) -> None:
    """Texts, labels, titles and legends stay on the page; texts of a panel do not overlap each other, nor
    does the small print overlap titles.
    """
    figure.draw_without_rendering()
    page = figure.bbox

    def box(artist):
        return artist.get_window_extent()

    inside = [(t.get_text(), box(t)) for t in figure.texts if t.get_text()]
    inside += [("a legend", box(legend)) for legend in figure.legends]
    for ax in figure.axes:
        texts = (*ax.texts, ax.title, ax.xaxis.label, ax.yaxis.label)
        inside += [(t.get_text(), box(t)) for t in texts if t.get_text() and t.get_visible()]
    for name, b in inside:
        on_page = page.x0 <= b.x0 <= b.x1 <= page.x1 and page.y0 <= b.y0 <= b.y1 <= page.y1
        assert on_page, f"{name!r} leaves the page"
    small_print = [t for t in figure.texts if t.get_fontweight() == "normal" and t.get_text()]
    for ax in figure.axes:
        texts = [t for t in ax.texts if t.get_text() and t.get_visible()]
        for i, text in enumerate(texts):
            for other in texts[:i]:
                apart = not box(text).overlaps(box(other))
                assert apart, f"{text.get_text()!r} overlaps {other.get_text()!r}"
        for text in small_print:
            apart = not (ax.title.get_text() and box(text).overlaps(box(ax.title)))
            assert apart, f"{text.get_text()!r} overlaps {ax.title.get_text()!r}"


@pytest.fixture
def picture_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Figures are saved without their print: a PDF takes as long as the picture, and no longer says anything here."""

    def quick(figure: Figure, form: str) -> bytes:
        return b"%PDF-" if form == "pdf" else figure_bytes(figure, form)

    monkeypatch.setattr(save, "figure_bytes", quick)


@pytest.fixture(scope="session")
def texts_apart() -> Callable[[Figure], None]:
    """Asserts that the texts of a figure stay on the page and apart."""
    return assert_texts_apart
