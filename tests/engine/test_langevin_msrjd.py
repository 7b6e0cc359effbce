"""Scaled (MSRJD) variables: the trajectories of the oscillator magnified, covariance U Sigma, the weak-noise exponent's unit.

z = 6.2 standard errors, false alarm below 1e-9 each.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from scipy.linalg import solve_continuous_lyapunov

from wellhop.engine import langevin
from wellhop.engine.errors import ModelError, ParameterError
from wellhop.engine.msrjd import msrjd_problem
from wellhop.engine.systems.kerr_two_photon_drive import KerrTwoPhotonDrive

Z = 6.2
#: covariance of q over U at delta = -10, eps = 3.2, gamma = 1, from the physics reference
SIGMA = np.array([[1.46540326, -0.03525782], [-0.03525782, 0.76024680]])


@pytest.mark.parametrize("scheme", ["strang", "heun"])
def test_same_trajectories_as_the_oscillator(scheme: str) -> None:
    """Samples and switches of q = 2 sqrt(U/gamma) alpha with the same noise. Control: without the Weyl shift they part."""
    system = KerrTwoPhotonDrive(delta=-3.0, eps=1.8, U=0.4, gamma=1.2)
    times: dict[str, Any] = {"duration": 60.0, "sample_interval": 0.5, "dt": 0.02, "scheme": scheme}
    plain = langevin.oscillator_problem(system.oscillator(), observables=("re", "im", "n"), **times)
    scaled = msrjd_problem(system, observables=("q0", "q1", "n"), **times)
    shifted = msrjd_problem((-3.0, 1.8, 1.2), 0.4, wigner_shift=False, observables=("q0", "q1", "n"), **times)
    factor = np.array([2 * math.sqrt(0.4 / 1.2)] * 2 + [1.0])
    for i in range(6):
        a, b, c = (langevin.run(problem, 4, i) for problem in (plain, scaled, shifted))
        np.testing.assert_allclose(b.samples[:40], a.samples[:40] * factor, rtol=1e-8, atol=1e-8)
        assert not np.allclose(c.samples[:40], a.samples[:40] * factor, rtol=1e-2)
        early = a.switches["time"] < 15.0
        assert (a.switches[early] == b.switches[: early.sum()]).all()


@pytest.mark.parametrize("noise", [0.02, 0.5])
def test_covariance_is_proportional_to_the_noise(noise: float) -> None:
    """Linear process at (-10, 3.2): U Sigma with the tabulated Sigma. Controls: the noise sqrt(U), the other sense of rotation."""
    problem = msrjd_problem((-10.0, 3.2, 1.0), noise, duration=2000.0, sample_interval=4.0, dt=0.02, linear=True)
    samples = np.concatenate([r.samples[5:] for r in langevin.run_many(problem, 5, range(64))]) / math.sqrt(noise)
    got = np.cov(samples.T)
    bound = 1.05 * Z / math.sqrt(len(samples)) * np.sqrt(SIGMA**2 + np.outer(np.diag(SIGMA), np.diag(SIGMA)))
    assert (np.abs(got - SIGMA) < bound).all()
    assert not (np.abs(0.5 * got - SIGMA) < bound).all()
    assert not (np.abs(got[::-1, ::-1] - SIGMA) < bound).all()


def test_tabulated_covariance_and_ornstein_uhlenbeck_limit() -> None:
    """A Sigma + Sigma A^T + 2 = 0; at (-1, 0.7) the full process tends to it as U -> 0, in proportion to U."""
    j, m = np.array([[0.0, -1.0], [1.0, 0.0]]), np.array([[0.0, 1.0], [1.0, 0.0]])

    def sigma(delta: float, eps: float) -> np.ndarray:
        return solve_continuous_lyapunov(-(np.eye(2) + delta * j + eps * m), -2 * np.eye(2))

    np.testing.assert_allclose(sigma(-10.0, 3.2), SIGMA, atol=1e-8)
    exact = sigma(-1.0, 0.7)
    problem = msrjd_problem((-1.0, 0.7, 1.0), 1e-3, duration=4000.0, sample_interval=8.0)
    samples = np.concatenate([r.samples[5:] for r in langevin.run_many(problem, 6, range(64))]) / math.sqrt(1e-3)
    bound = 1.05 * Z / math.sqrt(len(samples)) * np.sqrt(exact**2 + np.outer(np.diag(exact), np.diag(exact)))
    # the cubic term changes Sigma by about (gamma/4) <|q|^2> / gamma, here 1e-3 of it
    assert (np.abs(np.cov(samples.T) - exact) < bound + 5e-3 * np.abs(exact).max()).all()
    assert not (np.abs(np.cov(samples.T) - sigma(-1.0, 0.5)) < bound + 5e-3 * np.abs(exact).max()).all()


@pytest.mark.parametrize(
    ("point", "number"), [((-3.0, 1.8, 0.4), 9.78872), ((-10.0, 3.2, 1.0), 3.71129)], ids=["near", "far"]
)
def test_photon_numbers(point: tuple[float, float, float], number: float) -> None:
    """Stationary <n> of the truncated-Wigner generator. Control: without the shift the rates, hence the weights, are others."""
    delta, eps, noise = point
    dt = 0.02 if delta > -5 else 0.01
    means = []
    for shift in (True, False):
        problem = msrjd_problem(
            (delta, eps, 1.0), noise, duration=3000.0, sample_interval=1.0, dt=dt, observables=("n",), wigner_shift=shift
        )
        rows = np.array([r.samples[600:].mean() for r in langevin.run_many(problem, 7, range(128))])
        means.append((rows.mean(), rows.std(ddof=1) / math.sqrt(len(rows))))
    assert abs(means[0][0] - number) < Z * means[0][1]
    assert abs(means[1][0] - number) > Z * means[1][1]


def test_wrong_arguments_are_named() -> None:
    good: dict[str, Any] = {"duration": 10.0, "sample_interval": 1.0}
    for arguments, change, words in [
        (((-3.0, 1.8, 1.0), None), {}, "U"),
        (((-3.0, 1.8, 0.0), 0.1), {}, "gamma"),
        (((-3.0, 1.8, 1.0), -0.1), {}, "U"),
        (((-3.0, 1.8, 1.0), 0.1), {"scheme": "rk4"}, "strang"),
        (((-3.0, 1.8, 1.0), 0.1), {"observables": ("X",)}, "q0, q1, n"),
        (((-3.0, 1.8, 1.0), 0.1), {"dt": 0.3}, "use dt <="),
        (((-3.0, 1.8, 1.0), 0.1), {"cores": ()}, "core"),
        (((-1.0, 3.0, 1.0), 0.1), {"linear": True}, "no stable fixed point"),
    ]:
        with pytest.raises((ParameterError, ModelError), match=words):
            msrjd_problem(*arguments, **{**good, **change})
