"""Exponents from rates at several U: exact generators, synthetic scatter, negative controls.

Actions are those of the specification: closed forms (quantum) and instantons of the truncated Wigner equation.
"""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from wellhop.analysis.arrhenius import fit_action
from wellhop.analysis.directed_rates import directed_rates
from wellhop.analysis.estimate import RateEstimate
from wellhop.analysis.two_photon_actions import quantum_actions
from wellhop.engine.errors import StatisticsError
from wellhop.engine.systems.kerr_two_photon_drive import KerrTwoPhotonDrive

#: (delta, eps), U, S^TWA of vacuum and bright wells.
CASES = [
    ((-10.0, 3.2), (1.0, 0.8, 0.65, 0.55, 0.48), (5.969556, 5.922569)),
    ((-5.0, 2.0), (0.55, 0.45, 0.38, 0.32, 0.27), (2.520942, 2.449528)),
]


@pytest.mark.parametrize(("drive", "several_U", "twa"), CASES)
def test_exact_rates_give_both_actions_and_not_each_others(
    drive: tuple[float, float], several_U: tuple[float, ...], twa: tuple[float, float]
) -> None:
    quantum = quantum_actions(KerrTwoPhotonDrive(*drive, several_U[0]))
    rates = {
        generator: [directed_rates(KerrTwoPhotonDrive(*drive, U), generator) for U in several_U]
        for generator in ("exact", "twa")
    }
    for name, s_twa, s_quantum in (("k_v", twa[0], quantum.vacuum), ("k_b", twa[1], quantum.bright)):
        fits = {g: fit_action(several_U, [getattr(r, name) for r in found]) for g, found in rates.items()}
        assert fits["exact"].holds(s_quantum), (name, str(fits["exact"]))
        assert fits["twa"].holds(s_twa), (name, str(fits["twa"]))
        # negative controls: the exponent of the other model, and half of an action (gamma/2 for gamma/4)
        assert not fits["twa"].holds(s_quantum)
        assert not fits["exact"].holds(s_twa)
        assert not fits["twa"].holds(0.5 * s_twa)
        # an interval that says something: a fortieth of the action
        assert fits["twa"].upper - fits["twa"].lower < s_twa / 20


def _noisy(
    rng: np.random.Generator, U: np.ndarray, action: float, c1: float, error: float
) -> list[RateEstimate]:
    log_rate = -action / U + 0.4 + c1 * U + error * rng.standard_normal(U.size)
    return [RateEstimate("escape_rate", "demo", float(np.exp(x)), 0.0, 1.0, error, 0.95) for x in log_rate]


@pytest.mark.parametrize("c1", [0.0, 0.3, -0.6])
def test_intervals_cover_synthetic_actions(c1: float) -> None:
    """At least 95 % of 400 replicas up to binomial chance 1e-8; chi-square as it should be; not ever so wide."""
    rng = np.random.default_rng(5)
    U = np.array([0.35, 0.4, 0.5, 0.6, 0.8, 1.0])
    data = [_noisy(rng, U, 6.0, c1, 0.03) for _ in range(400)]
    usual, fits = (
        [fit_action(U, rates) for rates in data],
        [fit_action(U, rates, curvature=True) for rates in data],
    )
    for kind in (usual, fits):
        assert np.mean([f.holds(6.0) for f in kind]) >= stats.binom.ppf(1e-8, 400, 0.95) / 400
        # negative control: an action 15 % off is not held
        assert np.mean([f.holds(6.9) for f in kind]) < 0.5
    # the usual fit holds c1 near 0: it is never the less certain one by much
    assert np.median([f.statistical for f in usual]) < np.median([f.statistical for f in fits])
    chi2 = sum(f.chi2 for f in fits)
    assert stats.chi2.ppf(1e-8, 400 * 3) < chi2 < stats.chi2.isf(1e-8, 400 * 3)
    # half of the interval is at least the normal quantile of the error; the statistical part has the right size
    spread = np.std([f.action for f in fits])
    assert np.mean([f.statistical for f in fits]) == pytest.approx(spread, rel=5.73 / np.sqrt(2 * 400))
    assert np.median([f.upper - f.lower for f in fits]) < 12 * spread


def test_few_points_over_a_short_range_give_an_action_all_the_same() -> None:
    """Four points, U = 1 ... 1.5, errors of 5 %: nothing is learnt of c1, and S is uncertain by its share, not at random."""
    rng = np.random.default_rng(8)
    U = np.array([1.0, 1.15, 1.3, 1.5])
    fits = [fit_action(U, _noisy(rng, U, 6.0, c1, 0.05)) for c1 in (-0.3, 0.0, 0.3) for _ in range(100)]
    assert np.mean([f.holds(6.0) for f in fits]) >= stats.binom.ppf(1e-8, 300, 0.95) / 300
    assert np.median([f.upper - f.lower for f in fits]) < 3.0
    assert "c1 = 0 +-" in fits[0].model.name
    assert fit_action(U[:2], _noisy(rng, U[:2], 6.0, 0.0, 0.05)).holds(6.0)


def test_a_straight_line_through_curved_rates_is_rejected_or_said() -> None:
    rng = np.random.default_rng(6)
    U = np.linspace(0.3, 1.2, 12)
    curved = _noisy(rng, U, 6.0, 2.0, 0.01)
    straight = fit_action(U, curved, curvature=False)
    assert any(w.startswith("chi_square") for w in straight.warnings)
    assert not any(w.startswith("chi_square") for w in fit_action(U, curved).warnings)


def test_powers_of_the_prefactor() -> None:
    U = np.array([0.3, 0.4, 0.5, 0.6, 0.8, 1.0])
    rates = U**-0.5 * np.exp(-6.0 / U + 0.1)
    assert fit_action(U, rates, power=-0.5).action == pytest.approx(6.0, abs=1e-6)
    free = fit_action(U, rates, power=None)
    assert free.model.power == pytest.approx(-0.5, abs=1e-6)
    assert free.action == pytest.approx(6.0, abs=1e-6)
    # taken as b = 0, the move to b = -1/2 shows up in the systematic part when it is admitted
    errors = np.full(6, 0.05)
    plain = fit_action(U, rates, relative_errors=errors, curvature=False)
    wary = fit_action(U, rates, relative_errors=errors, curvature=False, other_powers=(-0.5,))
    assert wary.systematic > plain.systematic
    assert wary.holds(6.0)


def test_limits_are_left_out_and_bad_input_refused() -> None:
    rng = np.random.default_rng(7)
    U = np.array([0.2, 0.4, 0.5, 0.6, 0.8, 1.0])
    rates = _noisy(rng, U, 6.0, 0.0, 0.02)
    rates[0] = RateEstimate("escape_rate", "demo", 0.0, 0.0, 1e-9, np.inf, 0.95)
    fit = fit_action(U, rates)
    assert fit.U.tolist() == U[1:].tolist()
    assert any("0.2" in w for w in fit.warnings)
    assert "chi2" in str(fit)
    assert any("spans too little" in w for w in fit_action([0.9, 0.95, 1.0], rates[3:]).warnings)
    with pytest.raises(StatisticsError, match="slope needs two"):
        fit_action([0.5, 0.6], [rates[0], rates[1]])
    with pytest.raises(StatisticsError, match="U: allowed"):
        fit_action([0.5, -0.6], [1.0, 2.0])
    with pytest.raises(StatisticsError, match="got 1 for 2"):
        fit_action([0.5, 0.6], [1.0])
    with pytest.raises(StatisticsError, match="this fit needs 3"):
        fit_action([0.5, 0.6], [1.0, 2.0])
    with pytest.raises(StatisticsError, match="relative_errors"):
        fit_action([0.5, 0.6], [1.0, 2.0], relative_errors=[0.1, -0.1])
