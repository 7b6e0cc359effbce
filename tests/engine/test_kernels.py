"""Compiled arithmetic against numpy and scipy."""

from __future__ import annotations

import math

import numpy as np
import pytest
import scipy.linalg

from wellhop.engine import amplitude_kernels as ak
from wellhop.engine import jump_kernels as jk
from wellhop.engine.label_kernels import choose_frame, core_of, update_labels
from wellhop.engine.lindblad import LindbladModel
from wellhop.engine.propagators import eigen_propagator, find_sectors, padded_length


@pytest.mark.parametrize("t", [0.0, 1e-3, 0.7, 40.0, 250.0])
def test_evolve_matches_complex_exponential(t: float) -> None:
    rng = np.random.default_rng(1)
    omega, growth = rng.normal(size=37) * 60.0, -rng.random(37)
    c = rng.normal(size=37) + 1j * rng.normal(size=37)
    xr, xi = np.empty(37), np.empty(37)
    ak.evolve(omega, growth, t, c.real.copy(), c.imag.copy(), xr, xi)
    exact = c * np.exp(-1j * omega * t + growth * t)
    # the phase omega*t itself is rounded to half an ulp before any function sees it
    slack = 4e-16 * (4.0 + np.abs(omega * t)) * np.abs(exact)
    assert (np.abs(xr + 1j * xi - exact) <= slack + 1e-300).all()


def test_decaying_sum_matches_exponentials() -> None:
    rng = np.random.default_rng(5)
    weight, growth = rng.random(24), -rng.random(24)
    for t in (0.0, 1e-6, 0.3, 20.0):
        total, slope, curvature = ak.decaying_sum(weight, growth, t, np.empty(24))
        terms = weight * np.exp(2 * growth * t)
        assert total == pytest.approx(terms.sum(), rel=1e-14)
        assert slope == pytest.approx((2 * growth * terms).sum(), rel=1e-14)
        assert curvature == pytest.approx((4 * growth**2 * terms).sum(), rel=1e-14)


def test_deep_decay_stays_tiny_and_normal() -> None:
    xr, xi = np.empty(1), np.empty(1)
    ak.evolve(np.zeros(1), np.array([-5.0]), 1e4, np.ones(1), np.zeros(1), xr, xi)
    assert 0.0 < abs(xr[0]) < 1e-120


def _random_model(seed: int, n: int = 6) -> LindbladModel:
    rng = np.random.default_rng(seed)
    m = rng.normal(size=(n, n)) + 1j * rng.normal(size=(n, n))
    jumps = tuple(0.4 * (rng.normal(size=(n, n)) + 1j * rng.normal(size=(n, n))) for _ in range(2))
    return LindbladModel(m + m.conj().T, jumps)


def _dual(model: LindbladModel) -> np.ndarray:
    """Inverse of the eigenvectors of H_eff, modes by decay rate."""
    w, v = scipy.linalg.eig(model.effective_hamiltonian())
    rank = np.argsort(-w.imag, kind="stable")
    return np.asarray(np.linalg.inv(v[:, rank] / np.linalg.norm(v[:, rank], axis=0)))


@pytest.mark.parametrize("seed", range(8))
def test_waiting_time_solves_the_survival_equation(seed: int) -> None:
    """N(t) = r with N from scipy's matrix exponential; the same for the total click rate."""
    model = _random_model(seed)
    order, edges, source = find_sectors([model])
    p = eigen_propagator(model, order, edges, source).arrays
    rng = np.random.default_rng(100 + seed)
    psi = rng.normal(size=6) + 1j * rng.normal(size=6)
    psi /= np.linalg.norm(psi)
    c = _dual(model) @ psi
    h = model.effective_hamiltonian()
    c = np.concatenate([c, np.zeros(padded_length(6) - 6)])
    work = np.zeros((5, len(c)))
    active = np.empty(1, dtype=np.int64)
    for log_r in (-1e-4, -0.3, -2.0, -9.0):
        status, t, norm, rate = jk.wait_for_click(
            p["omega"], p["growth"], p["gram"], edges,
            c.real.copy(), c.imag.copy(), work[4], log_r, 1e6, *work[:3], np.empty(16), active,
        )  # fmt: skip
        assert status == 0
        state = scipy.linalg.expm(-1j * h * t) @ psi
        assert abs(math.log(np.vdot(state, state).real) - log_r) < 2e-7
        exact_rate = sum(np.vdot(op @ state, op @ state).real for op in model.jump_operators)
        assert rate == pytest.approx(exact_rate, rel=1e-8)
        assert norm == pytest.approx(math.exp(log_r), rel=2e-7)


def test_wait_beyond_the_horizon_is_no_click() -> None:
    model = _random_model(3)
    order, edges, source = find_sectors([model])
    p = eigen_propagator(model, order, edges, source).arrays
    c = _dual(model)[:, 0]
    c = np.concatenate([c, np.zeros(padded_length(6) - 6)])
    work, active = np.zeros((5, len(c))), np.empty(1, dtype=np.int64)
    status, t, _, _ = jk.wait_for_click(
        p["omega"], p["growth"], p["gram"], edges,
        c.real.copy(), c.imag.copy(), work[4], -30.0, 0.01, *work[:3], np.empty(16), active,
    )  # fmt: skip
    assert (status, t) == (1, 0.01)


def test_broken_state_is_reported_not_propagated() -> None:
    model = _random_model(4)
    order, edges, source = find_sectors([model])
    p = eigen_propagator(model, order, edges, source).arrays
    c = np.full(padded_length(6), np.nan)
    work, active = np.zeros((5, len(c))), np.empty(1, dtype=np.int64)
    status, *_ = jk.wait_for_click(
        p["omega"], p["growth"], p["gram"], edges,
        c, c, work[4], -1.0, 10.0, *work[:3], np.empty(16), active,
    )  # fmt: skip
    assert status == jk.FAILED_NORM


def test_labels_have_hysteresis() -> None:
    lower = np.array([[[0.9], [-np.inf]]])
    upper = np.array([[[np.inf], [-0.9]]])
    label, inside, last = np.array([-1]), np.array([0]), np.zeros(1)
    when, where = np.empty((9, 2)), np.empty((9, 3), dtype=np.int64)
    n = 0
    for t, x in enumerate((0.0, 0.95, 0.2, -0.5, 0.95, 0.1, -0.95, -0.2)):
        n = update_labels(float(t), np.array([x]), lower, upper, label, inside, last, when, where, n)
    assert where[:n].tolist() == [[0, -1, 0], [0, 0, 1]]
    assert when[:n].tolist() == [[1.0, 1.0], [6.0, 4.0]]


def test_frame_ties_keep_the_current_one() -> None:
    observable, factor = np.array([0, 0]), np.array([1.0, -1.0])
    assert choose_frame(np.array([0.0]), observable, factor, 1) == 1
    assert choose_frame(np.array([0.2]), observable, factor, 1) == 0
    assert core_of(np.array([0.5]), np.array([[0.9]]), np.array([[1.1]])) == -1
