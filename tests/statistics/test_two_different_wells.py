"""Directed rates between two wells that are no mirror images: chains whose rates are known from their eigenvectors."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

sys.path.insert(0, str(Path(__file__).parent))
from chain_records import Chain, chain_records

from wellhop.analysis.comparison import compare
from wellhop.analysis.directed_measurement import directed_headline, measure_directed
from wellhop.analysis.directed_naming import THREE_WELLS, TWO_WELLS
from wellhop.engine.errors import StatisticsError

LAS, HAS, OUTSIDE = 0, 1, -1
SETTING = {"sample_interval": 0.5, "burn_in": 5.0, "core_names": ("discs",), "naming": TWO_WELLS}
NAMES = ("Gamma", "k_LH", "k_HL")


def plain(k_LH: float, k_HL: float) -> Chain:
    """Two wells without a transit."""
    return Chain(np.array([[0.0, k_LH], [k_HL, 0.0]]), (LAS, HAS), (0.5, 8.0))


def crossing(out_L: float, out_H: float, commit: float, to_LAS: float) -> Chain:
    """A state outside of both cores in between, left at the rate ``commit``."""
    rates = np.array([[0.0, out_L, 0.0], [commit * to_LAS, 0.0, commit * (1.0 - to_LAS)], [0.0, out_H, 0.0]])
    return Chain(rates, (LAS, OUTSIDE, HAS), (0.5, 3.0, 8.0))


def exact_of(chain: Chain) -> dict[str, float]:
    """Γ and its split by the slowest eigenvector, as the Liouvillian definition has it."""
    generator = chain.rates - np.diag(chain.rates.sum(axis=1))
    values, committor = np.linalg.eig(generator)
    slow = np.argsort(-values.real)[1]
    q = committor[:, slow].real
    low, high = q[chain.wells.index(LAS)], q[chain.wells.index(HAS)]
    gamma, weight_L = -float(values[slow].real), high / (high - low)
    return {"Gamma": gamma, "k_LH": gamma * (1.0 - weight_L), "k_HL": gamma * weight_L}


@pytest.mark.parametrize(
    ("chain", "tau", "n", "duration"),
    [(plain(0.03, 0.01), 1.0, 1200, 200.0), (crossing(0.06, 0.03, 0.4, 0.3), 2.2, 4000, 90.0)],
)
def test_both_directions_of_a_chain(
    chain: Chain, tau: float, n: int, duration: float, sigmas: float
) -> None:
    exact = exact_of(chain)
    records = chain_records(chain, 1, n, duration, starts=2)
    found = measure_directed(records, **SETTING, relaxation_time=tau, photons=1)
    assert tuple(found.rates) == NAMES
    for name in NAMES:
        assert found.rates[name].relative_error < 0.06, name
        assert abs(compare(found.rates[name], exact[name]).pull) < sigmas, name
    # negative controls: directions exchanged, the sum for a part
    for name, wrong in (("k_LH", exact["k_HL"]), ("k_HL", exact["k_LH"]), ("k_LH", exact["Gamma"])):
        assert abs(compare(found.rates[name], wrong).pull) > sigmas, name
    assert found.bright_weight is not None
    assert abs(found.bright_weight.value - exact["k_LH"] / exact["Gamma"]) < sigmas * found.bright_weight.error
    assert list(found.laws) == ["LAS", "HAS"]
    text = str(found)
    assert "k_LH = " in text
    assert "HAS weight: " in text
    assert "k_d" not in text


def test_counted_rates_are_short_by_the_transit_and_the_quoted_ones_are_not(sigmas: float) -> None:
    chain = crossing(0.06, 0.03, 0.3, 0.5)
    exact = exact_of(chain)
    records = chain_records(chain, 2, 6000, 90.0, starts=2)
    found = measure_directed(records, **SETTING, relaxation_time=1.0 / 0.35)
    assert all(abs(compare(found.rates[name], exact[name]).pull) < sigmas for name in NAMES)
    counted = found.core.rate("k_LH")
    assert counted is not None
    assert counted.value < exact["k_LH"]
    assert abs(compare(counted, exact["k_LH"]).pull) > sigmas


def test_intervals_cover() -> None:
    """95 % intervals hold the truth in at least 90 % of the replicas, up to binomial chance 1e-8; half as wide ones do not."""
    chain, repeats = plain(0.03, 0.006), 120
    exact = exact_of(chain)
    inside, narrow = [], []
    for seed in range(repeats):
        records = chain_records(chain, 100 + seed, 48, 150.0, starts=2)
        rates = directed_headline(records, **SETTING, relaxation_time=1.0, rate_guesses=exact)
        inside.append([rates[n].lower <= exact[n] <= rates[n].upper for n in NAMES])
        narrow.append([abs(rates[n].value - exact[n]) < 0.25 * (rates[n].upper - rates[n].lower) for n in NAMES])
    assert np.mean(inside, axis=0).min() >= stats.binom.ppf(1e-8, repeats, 0.90) / repeats
    assert np.mean(narrow, axis=0).min() < 0.90


def test_no_switch_is_an_upper_limit() -> None:
    rates = directed_headline(chain_records(plain(1e-9, 1e-9), 4, 30, 100.0, starts=2), **SETTING, relaxation_time=1.0)
    assert rates["k_LH"].value == 0.0
    assert 0.0 < rates["k_LH"].upper < 0.01
    assert rates["k_LH"].warnings[0].startswith("no_switch")


def test_names_of_either_kind() -> None:
    assert TWO_WELLS.escapes == ("k_LH", "k_HL")
    assert THREE_WELLS.escapes == ("k_v", "k_b")
    with pytest.raises(StatisticsError, match="core_names"):
        directed_headline([], **{**SETTING, "core_names": ()}, relaxation_time=1.0)
