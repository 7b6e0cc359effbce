"""From trajectory records to residences and a whole measurement, on synthetic records of known rates."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from wellhop.analysis.core_reading import reference_core
from wellhop.analysis.estimate import RateEstimate
from wellhop.analysis.measurement import Measurement, headline, measure
from wellhop.analysis.residence import residences
from wellhop.engine.errors import StatisticsError
from wellhop.engine.records import SWITCH_DTYPE, EndState, TrajectoryRecord

Maker = Callable[..., list[TrajectoryRecord]]
SETTING: dict[str, Any] = {"sample_interval": 0.1, "burn_in": 0.5, "relaxation_time": 0.02, "rate_guess": 1.0}
NAMES: dict[str, Any] = {"core_names": ("th=0.99",), "channel_names": ("loss", "heating")}


def _pull(rate: RateEstimate | None, truth: float) -> float:
    assert rate is not None
    return math.log(rate.value / truth) / rate.relative_error


def test_three_estimators_find_gamma_of_symmetric_wells(telegraph_records: Maker, sigmas: float) -> None:
    """Gamma = 1 from 300 trajectories; the one-way rate is 1/2, and taking it for Gamma is excluded."""
    found = measure(telegraph_records(1, 300, 20.0), **SETTING, **NAMES)
    for rate in (found.decay_rate, found.residence, found.ensemble):
        assert abs(_pull(rate, 1.0)) < sigmas
    assert abs(_pull(found.escape_rate, 0.5)) < sigmas
    assert abs(_pull(found.escape_rate, 1.0)) > sigmas
    assert found.decay_rate.method == "autocorrelation"
    assert found.exponentiality is not None
    assert found.exponentiality.p_value > 1e-8
    assert abs(_pull(found.click_rates["loss"], 3.0)) < sigmas
    assert abs(_pull(found.click_rates["heating"], 0.2)) < sigmas
    assert len(found.burn_in_scan) == 4
    # Time averages: <X^2> = 1 + noise^2 exactly in the mean, error below 1e-3.
    assert found.mean_square == pytest.approx(1.04, abs=0.005)
    assert found.warnings == ()


def test_unequal_wells(telegraph_records: Maker, sigmas: float) -> None:
    """k01 = 0.2, k10 = 0.8: directed rates and their sum; treating them as symmetric warns and is wrong."""
    records = telegraph_records(2, 300, 20.0, rates=(0.2, 0.8))
    found = measure(records, **SETTING, **NAMES, symmetric=False)
    for rate in (found.decay_rate, found.residence, found.ensemble):
        assert abs(_pull(rate, 1.0)) < sigmas
    core = found.core
    assert core is not None
    assert abs(_pull(core.directed[0], 0.2)) < sigmas
    assert abs(_pull(core.directed[1], 0.8)) < sigmas
    # each well is exponential with its own mean; pooled as if equal (negative control) they are not
    assert found.exponentiality is not None
    assert found.exponentiality.p_value > 1e-8
    wrong = measure(records, **SETTING, **NAMES, symmetric=True)
    assert wrong.exponentiality is not None
    assert wrong.exponentiality.p_value < 1e-8
    assert abs(_pull(wrong.decay_rate, 1.0)) > sigmas
    assert any(w.startswith("asymmetry") for w in wrong.warnings)


def test_dropping_the_unfinished_residences_is_biased(telegraph_records: Maker, sigmas: float) -> None:
    """Negative control: few switches per trajectory, and the last residence thrown away."""
    found = residences(telegraph_records(3, 2000, 3.0), core=0)
    honest = found.escape_rate()
    assert abs(_pull(honest, 0.5)) < sigmas
    finished = found.durations[found.switched]
    naive = 1.0 / finished.mean()
    assert abs(math.log(naive / 0.5)) > sigmas / math.sqrt(finished.size)


def test_burn_in_truncates_and_keeps_the_rate(telegraph_records: Maker, sigmas: float) -> None:
    records = telegraph_records(4, 600, 20.0)
    late = residences(records, core=0, burn_in=7.3)
    assert late.exposure == pytest.approx(600 * 12.7)
    assert abs(_pull(late.escape_rate(), 0.5)) < sigmas
    assert not late.entered[np.searchsorted(late.trajectory, np.arange(600))].any()
    assert late.complete_starts().durations.size == late.durations.size - 600


def test_transits_warn_then_refuse(telegraph_records: Maker, sigmas: float) -> None:
    """Gamma x transit = 0.05 warns, 0.2 refuses, and then the law is not exponential."""
    warned = measure(telegraph_records(5, 400, 20.0, transit=0.05), **SETTING, **NAMES)
    assert warned.residence is not None
    assert any(w.startswith("rate_x_transit") and "0.02" in w for w in warned.warnings)
    assert warned.core is not None
    assert warned.core.transit_mean == pytest.approx(0.05, rel=1e-9)
    refused = measure(telegraph_records(6, 400, 20.0, transit=0.25), **SETTING, **NAMES)
    assert refused.residence is None
    assert refused.escape_rate is None
    assert any(w.startswith("rate_x_transit") and "refused" in w for w in refused.warnings)
    assert any(w.startswith("exponentiality") for w in refused.warnings)
    assert len(refused.core_scan) == 1  # still shown in the scan, with its warning
    assert refused.core_scan[0][1].warnings
    # A residence lasts 2 + 0.25 on average, so that the refused rate is low by 1/1.125.
    assert refused.core is not None
    assert abs(_pull(refused.core.escape_rate, 0.5 / 1.125)) < sigmas


def test_failed_trajectories_are_counted_named_and_not_used(telegraph_records: Maker) -> None:
    records = telegraph_records(7, 40, 20.0)
    alone = measure(records[:38], **SETTING, **NAMES)
    broken = [replace(r, state=EndState.FAILED, reason="norm lost") for r in records[38:]]
    found = measure([*records[:38], *broken], **SETTING, **NAMES)
    assert (found.n_trajectories, found.n_done, found.n_failed) == (40, 38, 2)
    assert any("2 of 40 failed" in w and "norm lost" in w for w in found.warnings)
    assert "2 failed" in str(found)
    assert found.decay_rate.value == alone.decay_rate.value
    with pytest.raises(StatisticsError, match="norm lost"):
        measure(broken, **SETTING)
    with pytest.raises(StatisticsError, match="still running"):
        measure([replace(records[0], state=EndState.RUNNING)], **SETTING)


def test_headline_is_the_measurement_and_cheap(telegraph_records: Maker) -> None:
    records = telegraph_records(8, 500, 20.0)
    started = time.perf_counter()
    rate = headline(records, **SETTING, core_names=("th=0.99",))
    assert time.perf_counter() - started < 2.0
    full = measure(records, **SETTING, **NAMES)
    assert full.decay_rate == rate
    assert rate.counts["switches"] == full.cores[0].residences.n_switched


def test_a_guess_that_does_not_exist_is_ignored(telegraph_records: Maker) -> None:
    """A NaN from a prediction outside its range counts as no guess, it does not spoil the estimate."""
    records = telegraph_records(15, 40, 20.0)
    free, spoilt = (headline(records, **{**SETTING, "rate_guess": guess}) for guess in (None, math.nan))
    assert free == spoilt
    assert free.method == "autocorrelation"


def test_headline_without_a_switch_is_an_upper_limit(telegraph_records: Maker) -> None:
    """Never raises for want of switches: value 0, one-sided limit 2 x 3.0/T, infinite relative error."""
    records = telegraph_records(9, 20, 5.0, rates=(1e-9, 1e-9))
    rate = headline(records, **SETTING, core_names=("th=0.99",))
    assert rate.value == 0.0
    assert rate.upper == pytest.approx(-2.0 * math.log(0.05) / (20 * 4.5))
    assert math.isinf(rate.relative_error)
    assert any(w.startswith("fallback") for w in rate.warnings)


def test_records_without_memory_are_undetermined_not_a_crash(telegraph_records: Maker) -> None:
    """Photon counting: X is noise, no cores; the value is NaN and the reason is told."""
    records = [
        replace(r, switches=np.empty(0, SWITCH_DTYPE)) for r in telegraph_records(10, 8, 20.0, amplitude=0.0)
    ]
    found = measure(records, **SETTING)
    assert math.isnan(found.decay_rate.value)
    assert found.cores == ()
    assert found.residence is None
    assert "not distinguishable" in str(found)


def test_separation_of_time_scales(telegraph_records: Maker) -> None:
    records = telegraph_records(11, 40, 20.0)
    quiet, warned, refused = (measure(records, **SETTING, **NAMES, second_rate=r) for r in (50.0, 10.0, 1.5))
    assert not any(w.startswith("separation") for w in quiet.warnings)
    assert any(w.startswith("separation") for w in warned.warnings)
    assert warned.residence is not None
    assert refused.residence is None


def test_several_cores_and_a_printed_measurement(telegraph_records: Maker) -> None:
    """Two core definitions in one event list; the one named nearest to 0.99 is quoted."""
    records = []
    for r in telegraph_records(12, 40, 20.0):
        again = r.switches.copy()
        again["core"] = 1
        records.append(replace(r, switches=np.concatenate([r.switches, again[:1]])))
    found = measure(records, **SETTING, core_names=("th=0.99", "th=0.9"))
    assert found.reference == 0
    assert [s for s, _ in found.core_scan] == [0.99, 0.9]
    assert found.cores[1].residences.n_switched == 0
    text = str(found)
    for part in (
        "Gamma: decay_rate",
        "from residence times",
        "cores th=0.9:",
        "burn-in scan",
        "clicks: channel 0",
    ):
        assert part in text
    assert reference_core(()) is None


def test_damaged_event_lists_are_refused(telegraph_records: Maker) -> None:
    record = next(r for r in telegraph_records(13, 10, 20.0) if r.switches.size > 3)
    swapped = record.switches[[0, 2, 1, *range(3, record.switches.size)]]
    with pytest.raises(StatisticsError, match="out of order"):
        residences([replace(record, switches=swapped)], core=0)
    with pytest.raises(StatisticsError, match="burn_in"):
        residences([record], core=0, burn_in=-1.0)
    with pytest.raises(StatisticsError, match="observable"):
        measure([record], **SETTING, observable=3)


def test_measurement_is_reproducible(telegraph_records: Maker) -> None:
    first, second = (str(measure(telegraph_records(14, 40, 20.0), **SETTING, **NAMES)) for _ in range(2))
    assert first == second
    assert isinstance(measure(telegraph_records(14, 40, 20.0), **SETTING, **NAMES), Measurement)


def test_truncation_and_contradicting_cores_are_said(telegraph_records: Maker) -> None:
    """A population next to the cut-off and cores that count false switches each give a named warning."""
    records = telegraph_records(7, 200, 20.0)
    assert not any(
        w.startswith(("truncation", "cores")) for w in measure(records, **SETTING, **NAMES).warnings
    )
    leaky = [replace(r, guard_population=0.02) for r in records]
    assert any(w.startswith("truncation") for w in measure(leaky, **SETTING, **NAMES).warnings)
    doubled = []
    for r in records:  # every residence falsely broken in two by a pair of switches
        rows = []
        for a in r.switches:
            rows.append(a)
            if a["origin"] >= 0:
                there, back = a.copy(), a.copy()
                there["time"], there["departure"], there["origin"], there["target"] = (
                    a["time"] + 1e-4,
                    a["time"],
                    a["target"],
                    a["origin"],
                )
                back["time"], back["departure"] = a["time"] + 2e-4, a["time"] + 1e-4
                rows += [there, back]
        doubled.append(replace(r, switches=np.array(rows, dtype=SWITCH_DTYPE)))
    assert any(w.startswith("cores") for w in measure(doubled, **SETTING, **NAMES).warnings)


def test_counts_that_are_refused_are_no_headline_either(telegraph_records: Maker) -> None:
    """Too short for the autocorrelation, and transits of half a residence: undetermined, not a count 40 % too low."""
    slow = telegraph_records(16, 40, 6.0, rates=(1.0, 1.0), transit=0.5)
    rate = headline(slow, sample_interval=0.1, burn_in=1.0, relaxation_time=1.4, core_names=("th=0.99",))
    assert rate.method != "switches / residence time, limits for stop='time'"
    assert any(w.startswith("fallback") for w in rate.warnings)
    quick = telegraph_records(16, 40, 6.0, rates=(1.0, 1.0))
    counted = headline(quick, sample_interval=0.1, burn_in=1.0, relaxation_time=1.4, core_names=("th=0.99",))
    assert counted.method.startswith("switches / residence time")
