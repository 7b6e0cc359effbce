"""Jump averages of models outside the family against QuTiP's mesolve and mcsolve."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import qutip
from scipy import stats

from wellhop.engine.ensemble import simulate_jumps

COUNT = 1500
#: family-wise false alarm 1e-8 over all times and observables of one comparison
ALARM = 1e-8


def _two_level() -> tuple[Any, list[Any], Any, list[Any]]:
    h = 0.5 * qutip.sigmax() + 0.2 * qutip.sigmaz()
    jumps = [np.sqrt(0.4) * qutip.sigmam(), np.sqrt(0.1) * qutip.sigmaz()]
    return h, jumps, qutip.basis(2, 0), [qutip.sigmaz(), qutip.sigmay()]


def _cavity() -> tuple[Any, list[Any], Any, list[Any]]:
    a = qutip.destroy(12)
    h = 0.5 * a.dag() * a + 0.4 * (a + a.dag())
    return h, [np.sqrt(0.5) * a, np.sqrt(0.1) * a.dag()], qutip.coherent(12, 1.0), [a.dag() * a, a + a.dag()]


def _jaynes_cummings() -> tuple[Any, list[Any], Any, list[Any]]:
    a = qutip.tensor(qutip.destroy(6), qutip.qeye(2))
    s = qutip.tensor(qutip.qeye(6), qutip.sigmam())
    h = a.dag() * a + s.dag() * s + 0.5 * (a.dag() * s + a * s.dag())
    start = qutip.tensor(qutip.basis(6, 2), qutip.basis(2, 0))
    return h, [np.sqrt(0.2) * a, np.sqrt(0.1) * s], start, [a.dag() * a, s.dag() * s]


MODELS = {"two-level atom": _two_level, "cavity": _cavity, "Jaynes-Cummings": _jaynes_cummings}


def _pulls(means: np.ndarray, errors: np.ndarray, exact: np.ndarray) -> np.ndarray:
    """Differences in standard errors, without the start and without observables that cannot scatter yet."""
    return ((means - exact)[:, 1:] / np.maximum(errors, 1e-6)[:, 1:]).ravel()


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("propagator", ["eigen", "dyadic"])
def test_means_agree_with_mesolve(name: str, propagator: Any) -> None:
    h, jumps, start, observables = MODELS[name]()
    times = np.arange(7.0)
    exact = np.array(
        qutip.mesolve(h, start, times, jumps, e_ops=observables, options={"atol": 1e-10, "rtol": 1e-8}).expect
    )
    got = simulate_jumps(
        h,
        jumps,
        start,
        observables,
        duration=6.0,
        sample_interval=1.0,
        n_trajectories=COUNT,
        propagator=propagator,
    )
    pulls = _pulls(got.means, got.errors, exact)
    # Student's t: the error is itself estimated from COUNT trajectories
    limit = stats.t.isf(0.5 * ALARM / len(pulls), COUNT - 1)
    assert np.abs(pulls).max() < limit
    assert limit < 8.0
    # negative control: rates wrong by a factor of two
    wrong = simulate_jumps(
        h, [np.sqrt(2.0) * op for op in jumps], start, observables, duration=6.0, sample_interval=1.0,
        n_trajectories=COUNT, propagator=propagator,
    )  # fmt: skip
    assert np.abs(_pulls(wrong.means, wrong.errors, exact)).max() > limit


@pytest.mark.parametrize("name", MODELS)
def test_means_agree_with_mcsolve(name: str) -> None:
    """Two Monte Carlo programs, errors added in quadrature; displaced operators on our side."""
    h, jumps, start, observables = MODELS[name]()
    times = np.arange(5.0)
    count = 300
    other = qutip.mcsolve(
        h, start, times, jumps, e_ops=observables, ntraj=count, seeds=5,
        options={"progress_bar": "", "keep_runs_results": True},
    )  # fmt: skip
    theirs = np.array(other.runs_expect)
    got = simulate_jumps(
        h, jumps, start, observables, duration=4.0, sample_interval=1.0, n_trajectories=COUNT,
        displacements=[0.3 - 0.2j, -0.4], seed=6,
    )  # fmt: skip
    error = np.hypot(got.errors, theirs.std(axis=1, ddof=1) / np.sqrt(count))
    pulls = _pulls(got.means, error, theirs.mean(axis=1))
    limit = stats.t.isf(0.5 * ALARM / len(pulls), count - 1)
    assert np.abs(pulls).max() < limit
