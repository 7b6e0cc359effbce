"""A whole coherence measurement on synthetic records: what it gathers, what it warns of, and what it says where it fails."""

from __future__ import annotations

import math
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats

sys.path.insert(0, str(Path(__file__).parent))
from coherence_records import GUESS, INTERVAL, LEARNING, LENGTH, RELAXATION, Series, fast_noise, parity_record

from wellhop.analysis.coherence import autocorrelation_lambda
from wellhop.analysis.coherence_measurement import coherence_headline, measure_coherence
from wellhop.engine.errors import StatisticsError
from wellhop.engine.records import SWITCH_DTYPE, EndState, TrajectoryRecord


def records(z: Series, state: EndState = EndState.DONE) -> list[TrajectoryRecord]:
    """Trajectories with these coherences, two clicks each, and columns of other observables behind."""
    return [
        TrajectoryRecord(
            index=j, state=state, reason="", elapsed=INTERVAL * (x.size - 1), start_well=0, click_counts=np.array([2]), flips=0,
            samples=np.column_stack([x.real, x.imag, np.ones(x.size)]), switches=np.empty(0, dtype=SWITCH_DTYPE),
            clicks=np.empty(0), guard_population=0.0,
        )
        for j, x in enumerate(z)
    ]  # fmt: skip


SETTING: dict[str, Any] = {"sample_interval": INTERVAL, "relaxation_time": RELAXATION, "guess": GUESS}


def test_measurement(sigmas: float) -> None:
    z = parity_record(17, 300, noise=0.1)
    runs = records(z)
    broken = [
        replace(r, index=300 + k, state=EndState.FAILED, reason="norm lost") for k, r in enumerate(runs[:2])
    ]
    found = measure_coherence([*runs, *broken], **SETTING, channel_names=("pairs",), second_rate=40.0)
    direct = autocorrelation_lambda(list(z), INTERVAL, RELAXATION, GUESS)
    assert {n: r.value for n, r in found.rates.items()} == {n: r.value for n, r in direct.rates.items()}
    np.testing.assert_array_equal(found.covariance, direct.covariance)
    for rate, truth in zip(found.rates.values(), (GUESS.real, GUESS.imag), strict=True):
        assert abs(math.log(rate.value / truth)) < sigmas * rate.relative_error
    assert {n: r.value for n, r in coherence_headline(runs, **SETTING).items()} == {
        n: r.value for n, r in direct.rates.items()
    }
    assert (found.n_trajectories, found.n_done, found.n_censored, found.n_failed) == (302, 300, 0, 2)
    assert found.total_time == pytest.approx(300 * INTERVAL * LENGTH)
    assert found.separation == pytest.approx(40.0 / abs(direct.value))
    np.testing.assert_allclose(found.mean, z.mean(axis=0), rtol=1e-12)
    np.testing.assert_allclose(found.mean_error.imag, stats.sem(z.imag, axis=0), rtol=1e-12)
    expected = np.exp(complex(-GUESS.real, -GUESS.imag) * found.times)
    assert (np.abs((found.mean - expected).real) < sigmas * found.mean_error.real)[1:].all()
    assert (np.abs((found.mean - expected).imag) < sigmas * found.mean_error.imag)[1:].all()
    # sech²(l/2) of the log-odds at the end, by quadrature over both parities
    t, (nodes, weights) = INTERVAL * LENGTH, np.polynomial.hermite_e.hermegauss(80)
    left = (
        weights / np.cosh(0.5 * (0.5 * LEARNING * t + math.sqrt(LEARNING * t) * nodes)) ** 2
    ).sum() / math.sqrt(2.0 * np.pi)
    share = np.abs(z[:, -1]) ** 2
    assert (
        abs(found.coherence_left * (1.0 + 0.1**2) - left - 0.1**2)
        < sigmas * share.std() / math.sqrt(300) + 0.01 * left
    )
    lags = [lag for lag, _ in found.lag_scan]
    assert lags == pytest.approx([0.2, 0.4, 0.6, 0.8, 1.2])
    assert found.click_rates["pairs"].value == pytest.approx(2.0 / (INTERVAL * LENGTH))
    assert found.ensemble is not None
    assert [w.split(":")[0] for w in found.warnings] == ["failed_trajectories"]
    for text in ("Gamma: decay_rate", "Omega: frequency", "2 failed", "clicks: pairs 0.4", "first lag 0.4"):
        assert text in str(found)


def test_measurement_warns() -> None:
    z = parity_record(18, 200, noise=0.0)
    assert any(
        "not quite one complex" in w
        for w in measure_coherence(records(z), **SETTING, second_rate=5.0).warnings
    )
    assert any(
        "does not describe" in w for w in measure_coherence(records(z), **SETTING, second_rate=2.0).warnings
    )
    long = measure_coherence(records(parity_record(19, 200, length=300, noise=0.0)), **SETTING)
    assert any(w.startswith("long_trajectories") for w in long.warnings)
    # a background that does not decay spoils both estimators, each in its own way
    spoiled = measure_coherence(records(parity_record(20, 2000, noise=0.0) + 0.3), **SETTING)
    assert any(w.startswith("estimators") for w in spoiled.warnings)
    leaking = [replace(r, guard_population=0.1) for r in records(z)]
    assert any(w.startswith("truncation") for w in measure_coherence(leaking, **SETTING).warnings)


def test_measurement_without_a_result() -> None:
    """Nothing resolved is said, not raised; malformed records are raised."""
    noise = np.random.default_rng(21)
    found = measure_coherence(records(fast_noise(noise, (32, 51), 1.0)), **SETTING)
    assert all(math.isnan(r.value) for r in found.rates.values())
    assert np.isnan(found.covariance).all()
    assert found.ensemble is None
    assert found.lag_scan == ()
    assert any(w.startswith("undetermined") for w in found.warnings)
    assert "undetermined" in str(found)
    shared = measure_coherence(records(np.repeat(parity_record(22, 1), 32, axis=0)), **SETTING)
    assert any("random stream" in w for w in shared.warnings)
    runs = records(parity_record(23, 8))
    with pytest.raises(StatisticsError, match="still running"):
        measure_coherence([replace(runs[0], state=EndState.RUNNING), *runs[1:]], **SETTING)
    with pytest.raises(StatisticsError, match="observable"):
        measure_coherence([replace(r, samples=r.samples[:, :1]) for r in runs], **SETTING)
    with pytest.raises(StatisticsError, match="level"):
        measure_coherence(runs, **SETTING, level=0.0)
