"""Directed rates among three wells: Markov chains with exact rates, coverage, rare events, negative controls.

A pull of a right estimate exceeds ``sigmas`` with probability 1e-8.
"""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

sys.path.insert(0, str(Path(__file__).parent))
from chain_records import CENTRE, Chain, chain_records, slow_transit, three_states

from wellhop.analysis.comparison import compare
from wellhop.analysis.directed_cores import read_directed_cores
from wellhop.analysis.directed_measurement import directed_headline, measure_directed
from wellhop.analysis.directed_naming import THREE_WELLS
from wellhop.analysis.estimate import RateEstimate
from wellhop.analysis.residence import residences
from wellhop.engine.errors import StatisticsError
from wellhop.engine.records import SWITCH_DTYPE, EndState

#: Wells without a transit: relaxation at once; and with one of 1/0.6 on average.
PLAIN, TRANSIT = three_states(0.02, 0.03, 0.003), slow_transit(0.06, 0.03, 0.6)
SETTING = {"sample_interval": 0.5, "burn_in": 5.0, "core_names": ("discs",)}


def _pulls(rates: Mapping[str, RateEstimate], exact: Mapping[str, float]) -> dict[str, float]:
    return {name: compare(rates[name], exact[name]).pull for name in rates}


def test_rates_of_a_chain_without_transit(sigmas: float) -> None:
    exact = PLAIN.exact()
    records = chain_records(PLAIN, 1, 1800, 150.0)
    found = measure_directed(records, **SETTING, relaxation_time=1.0, photons=1)
    assert max(abs(p) for p in _pulls(found.rates, exact).values()) < sigmas
    assert max(found.rates[name].relative_error for name in ("lam_e", "lam_o", "k_v", "k_b")) < 0.03
    weight, light = found.bright_weight, found.photons
    assert weight is not None
    assert light is not None
    assert abs(weight.value - exact["bright_weight"]) < sigmas * weight.error
    assert abs(light.value - exact["photons"]) < sigmas * light.error
    assert light.error < 0.1
    # negative controls: directions taken for each other, the total for one of two targets, sum for part
    for name, wrong in (
        ("k_v", exact["k_b"]),
        ("k_b", exact["k_v"]),
        ("k_v", 2 * exact["k_v"]),
        ("lam_o", exact["lam_e"]),
    ):
        assert abs(compare(found.rates[name], wrong).pull) > sigmas, (name, wrong)


def test_a_slow_transit_biases_counts_and_not_the_spectral_rates(sigmas: float) -> None:
    """Counted rates are 12 % short; thousands of starts are enough to measure how labels lag."""
    chain, tau = slow_transit(0.06, 0.03, 0.3), 1 / 0.3457
    exact = chain.exact()
    records = chain_records(chain, 2, 6000, 90.0)
    found = measure_directed(records, **SETTING, relaxation_time=tau)
    assert max(abs(p) for p in _pulls(found.rates, exact).values()) < sigmas
    assert max(found.rates[name].relative_error for name in ("lam_e", "k_v", "k_b")) < 0.05
    assert "ideal_label_error" not in found.rates["k_v"].counts
    assert max(abs(found.plateau[0]), abs(1.0 - found.plateau[1])) > 0.01
    counted = {name: compare(found.core.rate(name), exact[name]).pull for name in ("k_v", "k_b")}
    assert min(abs(p) for p in counted.values()) > sigmas, counted
    assert found.core.rate_x_transit > 0.05
    assert any(w.startswith("rate_x_transit") for w in found.warnings)
    # the scan over lags and plateau times does not move them
    for lag, rates in found.lag_scan:
        if lag >= 4 * tau - 1e-9:
            assert max(abs(p) for p in _pulls(rates, exact).values()) < sigmas, lag
    text = str(found)
    for part in (
        "k_v = ",
        "bright weight: ",
        "cores discs: ",
        "first lag",
        "centre: exponentiality",
        "! rate_x_transit",
    ):
        assert part in text


@pytest.mark.parametrize(
    ("chain", "n", "duration", "tau", "repeats"),
    [
        (PLAIN, 48, 150.0, 1.0, 150),  # a few switching times
        (PLAIN, 3, 3000.0, 1.0, 100),  # few and long: blocks
        (TRANSIT, 48, 150.0, 1 / 0.6, 150),  # ideal label, its error in the interval
        (TRANSIT, 240, 30.0, 1 / 0.6, 80),  # not much longer than the plateau time
        (three_states(0.04, 0.002, 1e-4), 96, 200.0, 1.0, 100),  # pi_b = 0.95, 38 visits to the centre
    ],
)
def test_intervals_cover(chain: Chain, n: int, duration: float, tau: float, repeats: int) -> None:
    """95 % intervals hold the truth in at least 90 % of the replicas, up to binomial chance 1e-8; half as wide ones do not."""
    exact = chain.exact()
    inside, narrow, pulls = [], [], []
    for seed in range(repeats):
        rates = directed_headline(
            chain_records(chain, 100 + seed, n, duration), **SETTING, relaxation_time=tau, rate_guesses=exact
        )
        named = [(rates[k], exact[k]) for k in ("lam_e", "lam_o", "k_v", "k_b", "k_d")]
        inside.append([r.lower <= truth <= r.upper for r, truth in named])
        narrow.append([abs(r.value - truth) < 0.25 * (r.upper - r.lower) for r, truth in named])
        pulls.append([compare(r, truth).pull for r, truth in named[:4]])
    least = stats.binom.ppf(1e-8, repeats, 0.90) / repeats
    assert np.mean(inside, axis=0).min() >= least
    # all five together, correlated: at most 5 repeats independent units of 0.68 each
    assert np.mean(narrow) < stats.binom.ppf(1 - 1e-8, repeats, 0.68) / repeats
    assert np.mean(narrow, axis=0).min() < 0.90
    # the estimates scatter as their errors say: chi-square of `repeats` pulls, heavy tails given a quarter
    assert np.mean(np.square(pulls), axis=0).max() < 1.25 * stats.chi2.ppf(1 - 1e-8, repeats) / repeats


def test_errors_stay_near_those_of_counts_deep_in_one_phase() -> None:
    """pi_b = 0.99: k_b rests on 60 to 100 visits to the centre, and its error is not that of a small difference."""
    chain = three_states(0.05, 0.0005, 2e-5)
    records = chain_records(chain, 3, 150, 1500.0)
    rates = directed_headline(records, **SETTING, relaxation_time=1.0)
    switches = rates["k_b"].counts["switches"]
    assert 40 < switches < 140
    assert rates["k_b"].method == THREE_WELLS.methods["k_b"]
    assert rates["k_b"].relative_error < 1.7 / math.sqrt(switches)
    assert abs(math.log(rates["k_b"].value / 0.0005)) < 5.731 * rates["k_b"].relative_error


def test_no_switch_is_an_upper_limit_in_either_direction() -> None:
    still = chain_records(three_states(1e-9, 1e-9, 1e-9), 4, 30, 100.0)
    found = measure_directed(still, **SETTING, relaxation_time=1.0, photons=1)
    for name, exposure in (("k_v", 10 * 95.0), ("k_b", 20 * 95.0)):
        rate = found.rates[name]
        assert rate.value == 0.0
        assert rate.upper == pytest.approx(-math.log(0.05) / exposure)
        assert math.isinf(rate.relative_error)
    assert found.rates["lam_e"].value == 0.0
    assert found.bright_weight is None
    assert found.photons is None
    # one way only: vacuum decays, nothing comes back
    one_way = directed_headline(
        chain_records(three_states(0.05, 1e-9, 1e-9), 5, 90, 100.0), **SETTING, relaxation_time=1.0
    )
    assert one_way["k_b"].value == 0.0
    assert one_way["k_v"].lower < 0.05 < one_way["k_v"].upper
    assert one_way["lam_e"].lower < 0.05 < one_way["lam_e"].upper
    # a handful: counted, with exact limits
    few = directed_headline(
        chain_records(three_states(1e-3, 1e-3, 1e-9), 6, 30, 100.0), **SETTING, relaxation_time=1.0
    )
    assert 0 < few["k_v"].counts["n_switched"] <= 10
    assert few["k_v"].scale == 1.0
    assert compare(few["k_v"], 1e-3).method == "poisson"
    assert abs(compare(few["k_v"], 1e-3).pull) < 5.731


def test_direct_rate_may_vanish_and_is_then_an_interval_about_zero(sigmas: float) -> None:
    records = chain_records(three_states(0.02, 0.03, 1e-9), 7, 600, 150.0)
    found = measure_directed(records, **SETTING, relaxation_time=1.0)
    direct = found.rates["k_d"]
    assert direct.lower < 0.0 < direct.upper
    assert abs(direct.value) < sigmas * direct.counts["standard_error"]
    assert any(w.startswith("k_d: unresolved") for w in found.warnings)
    assert compare(direct, 1e-9).method == "linear"
    # negative control: a direct rate of a tenth of k_b is seen
    assert abs(compare(direct, 0.003).pull) > sigmas


def test_lags_do_not_depend_on_the_start_mixture(sigmas: float) -> None:
    """Records far from stationary, all started in the centre: the estimating equations hold all the same."""
    records = [r for r in chain_records(PLAIN, 8, 9000, 40.0) if r.start_well == CENTRE]
    rates = directed_headline(records, **SETTING, relaxation_time=1.0)
    assert max(abs(p) for p in _pulls(rates, PLAIN.exact()).values()) < sigmas
    assert rates["k_v"].relative_error < 0.08


def test_too_short_trajectories_fall_back_to_counts() -> None:
    rates = directed_headline(chain_records(PLAIN, 9, 300, 6.0), **SETTING, relaxation_time=1.0)
    assert all(r.scale is not None or r.method.startswith("sum of directed") for r in rates.values())
    assert any("record at least" in w for w in rates["k_v"].warnings)


def test_photons_without_their_column_and_bad_arguments() -> None:
    records = chain_records(PLAIN, 10, 60, 100.0)
    assert measure_directed(records, **SETTING, relaxation_time=1.0).photons is None
    with pytest.raises(StatisticsError, match="observable"):
        measure_directed(records, **SETTING, relaxation_time=1.0, photons=7)
    with pytest.raises(StatisticsError, match="relaxation_time"):
        measure_directed(records, **SETTING, relaxation_time=0.0)
    with pytest.raises(StatisticsError, match="core_names"):
        measure_directed(records, sample_interval=0.5, burn_in=5.0, relaxation_time=1.0, core_names=())
    with pytest.raises(StatisticsError, match=r"sample_interval = 0\.25 right"):
        measure_directed(
            records, sample_interval=0.25, burn_in=5.0, relaxation_time=1.0, core_names=("discs",), photons=1
        )
    failed = [replace(r, state=EndState.FAILED, reason="not finite") for r in records]
    with pytest.raises(StatisticsError, match="not finite"):
        measure_directed(failed, **SETTING, relaxation_time=1.0)
    some = measure_directed([*records[:57], *failed[57:]], **SETTING, relaxation_time=1.0)
    assert some.n_failed == 3
    assert any("3 of 60 failed" in w for w in some.warnings)
    # without start wells the label is taken as ideal, and events name the wells
    unknown = [replace(r, start_well=-1) for r in records]
    assert directed_headline(unknown, **SETTING, relaxation_time=1.0)["k_v"].counts["ideal_label_error"] > 0.0


def test_the_reference_definition_is_quoted_and_separation_warned_of() -> None:
    records = []
    for r in chain_records(PLAIN, 11, 120, 150.0):
        again = r.switches.copy()
        again["core"] = 1
        records.append(replace(r, switches=np.concatenate([r.switches[:1], again])))
    setting = {**SETTING, "core_names": ("wide", "reference"), "relaxation_time": 1.0}
    quiet, warned, refused = (measure_directed(records, **setting, second_rate=r) for r in (2.0, 0.5, 0.1))
    assert quiet.reference == 1
    assert quiet.cores[0].k_v is not None
    assert quiet.cores[0].k_v.value == 0.0
    assert quiet.rates["k_v"].value > 0.0
    assert not any(w.startswith("separation") for w in quiet.warnings)
    assert any("does not quite have 3 states" in w for w in warned.warnings)
    assert any("mean little" in w for w in refused.warnings)


def test_headline_is_the_measurement_and_cheap() -> None:
    records = chain_records(PLAIN, 12, 1500, 150.0)
    started = time.process_time()
    rates = directed_headline(records, **SETTING, relaxation_time=1.0)
    assert time.process_time() - started < 1.0
    assert measure_directed(records, **SETTING, relaxation_time=1.0).rates == rates


def test_targets_of_residences_and_counted_rates() -> None:
    """Centre (30) -> right (60) -> left (5) -> centre (cut off after 5): one switch of each kind."""
    events = np.array(
        [(0, 0, 0, -1, 1, 0), (30, 28, 0, 1, 2, 0), (90, 89, 0, 2, 0, 0), (95, 94, 0, 0, 1, 0)],
        dtype=SWITCH_DTYPE,
    )
    record = replace(chain_records(PLAIN, 13, 1, 100.0)[0], switches=events)
    assert residences([record], 0).target.tolist() == [2, 0, 1, -1]
    cores = read_directed_cores([record], 0, "discs", burn_in=0.0)
    assert cores.k_v is not None
    assert cores.k_b is not None
    assert cores.k_d is not None
    assert (cores.k_v.value, cores.k_b.value, cores.k_d.value) == (1 / 35, 1 / 65, 1 / 65)
    assert (cores.transit_v, cores.transit_b) == (2.0, 1.0)
