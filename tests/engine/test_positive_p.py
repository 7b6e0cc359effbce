"""Positive-P trajectories: one step against the generator, means against the master equation, and where they fail.

z = 6.2 standard errors, false alarm below 1e-9 each for means without spikes; a few spikes make the errors larger, not smaller.
"""

from __future__ import annotations

import math

import numba
import numpy as np
import pytest
from numpy.polynomial import polynomial
from scipy.linalg import expm
from scipy.special import gammaln

from wellhop.engine.errors import ParameterError, PredictionError
from wellhop.engine.positive_p import PositivePEnsemble, in_square, positive_p, validity_warnings
from wellhop.engine.positive_p_kernel import inner_noise, positive_p_step, run_positive_p, square_step
from wellhop.engine.systems.two_photon_resonator import TwoPhotonResonator

Z = 6.2
#: bias of the default step, in units of sqrt(photons): halving it changes no mean by more than its error of 0.005
BIAS = 0.01


def exact(
    system: TwoPhotonResonator, times: np.ndarray, start: complex | None = None, states: int = 20
) -> np.ndarray:
    """(3, n) Re⟨a⟩, Im⟨a⟩, ⟨a†a⟩ of the master equation from a coherent state, by dense exponentials of both parities."""
    model = system.oscillator().lindblad(states)
    one, n = np.eye(states), np.arange(states)
    drift = -1j * model.hamiltonian - 0.5 * sum(c.conj().T @ c for c in model.jump_operators)
    full = (
        np.kron(drift, one)
        + np.kron(one, drift.conj())
        + sum(np.kron(c, c.conj()) for c in model.jump_operators)
    )
    alpha = system.alpha0 if start is None else complex(start)
    psi = np.exp(n * np.log(alpha) - 0.5 * gammaln(n + 1.0))
    rho = np.outer(psi, psi.conj()).ravel() / np.linalg.norm(psi) ** 2
    odd = np.add.outer(n, n).ravel() % 2
    sectors = [np.flatnonzero(odd == k) for k in (0, 1)]
    steps = [expm(full[np.ix_(k, k)] * (times[1] - times[0])) for k in sectors]
    rows = []
    for _ in times:
        square = rho.reshape(states, states)
        amplitude = np.sqrt(n[1:]) @ np.diag(square, -1)
        rows.append([amplitude.real, amplitude.imag, float(n @ np.diag(square).real)])
        for k, step in zip(sectors, steps, strict=True):
            rho[k] = step @ rho[k]
    return np.array(rows).T


def differences(found: PositivePEnsemble, wanted: np.ndarray) -> np.ndarray:
    """(3, n - 1) differences from ``wanted`` in units of what is allowed, without the start."""
    means = np.array([found.real, found.imag, found.photons])
    errors = np.array([found.real_error, found.imag_error, found.photons_error])
    return np.asarray(np.abs(means - wanted) / (Z * errors + BIAS))[:, 1:]


@pytest.mark.parametrize(("G", "Delta", "kappa_1"), [(2.0, 0.5, 0.2), (2.0, 0.5, 1.0), (3.0, 1.0, 3.0)])
def test_amplitudes_with_one_photon_loss(G: float, Delta: float, kappa_1: float) -> None:
    """⟨a⟩ up to t = 6. Controls: the same without the loss, and the other sign of the detuning."""
    system = TwoPhotonResonator(G, Delta, 1.0, kappa_1)
    found = positive_p(system, duration=6.0, sample_interval=1.0, trajectories=4000, seed=3)
    assert found.stopped == 0
    assert (found.finite == 4000).all()
    assert found.real_error.max() < 0.03
    assert (differences(found, exact(system, found.times))[:2] < 1.0).all()
    for wrong in (TwoPhotonResonator(G, Delta), TwoPhotonResonator(G, -Delta, 1.0, kappa_1)):
        assert (differences(found, exact(wrong, found.times, system.alpha0))[:2] > 1.0).any()


def test_without_one_photon_loss_it_fails() -> None:
    """At t = 10: 0.956 instead of 0.713, t = 20: 0.673 instead of -0.165; half the step changes nothing. Right up to t = 5."""
    system = TwoPhotonResonator(2.0, 0.5)
    times = {"duration": 20.0, "sample_interval": 5.0, "trajectories": 2500}
    found = positive_p(system, seed=4, **times)
    wanted = exact(system, found.times)
    np.testing.assert_allclose(wanted[0, [2, 4]], [0.713, -0.165], atol=5e-4)
    assert differences(found, wanted)[0, 0] < 1.0
    assert (differences(found, wanted)[0, 1:] > 1.0).all()
    # both have an error of 0.02 or less
    assert abs(found.real[2] - 0.956) < Z * math.hypot(0.02, found.real_error[2])
    assert abs(found.real[4] - 0.673) < Z * math.hypot(0.02, found.real_error[4])
    finer = positive_p(system, seed=5, dt=0.5 * found.dt, **{**times, "trajectories": 1000})
    assert (np.abs(finer.real - found.real) <= Z * np.hypot(finer.real_error, found.real_error) + 1e-12).all()
    assert found.spiking > 0
    names = [text.split(":")[0] for text in found.warnings]
    assert names == ["boundary_terms", "photons", "spikes"]


def test_photon_number_is_right_for_strong_loss_only() -> None:
    """κ₁ = 3η: too large by some 5 %, with every scheme and step tried. κ₁ = 6η: right, at the default step and at four."""
    system = TwoPhotonResonator(3.0, 1.0, 1.0, 3.0)
    found = positive_p(system, duration=6.0, sample_interval=1.0, trajectories=6000, seed=6)
    excess = found.photons / exact(system, found.times)[2] - 1.0
    assert 0.02 < excess[3:].mean() < 0.09
    strong = TwoPhotonResonator(3.0, 1.0, 1.0, 6.0)
    for dt in (None, 0.02):
        found = positive_p(
            strong, duration=3.0, sample_interval=0.5, trajectories=4000, seed=7, start=1.5 + 0.2j, dt=dt
        )
        assert (differences(found, exact(strong, found.times, 1.5 + 0.2j)) < 1.0).all()
        assert found.warnings == () or found.spiking > 0


# --------------------------------------------------------------------------------------------------------------- the real square


@pytest.mark.parametrize(("kappa_1", "start"), [(0.0, 0.5), (0.3, 0.5), (2.0, 1.2)])
def test_means_inside_the_real_square(kappa_1: float, start: float) -> None:
    """Δ = 0: all three means, without one-photon loss as well. Control: with twice the loss rate."""
    system = TwoPhotonResonator(2.0, 0.0, 1.0, kappa_1)
    found = positive_p(system, duration=5.0, sample_interval=1.0, trajectories=5000, seed=8, start=start)
    assert found.square
    assert found.largest <= math.sqrt(2.0)
    assert (found.imag == 0.0).all()
    assert found.warnings == ()
    assert (differences(found, exact(system, found.times, start)) < 1.0).all()
    wrong = TwoPhotonResonator(2.0, 0.0, 1.0, 2.0 * kappa_1 + 0.3)
    assert (differences(found, exact(wrong, found.times, start)) > 1.0).any()


def test_corners_absorb_without_loss_and_nothing_leaves_the_square() -> None:
    system = TwoPhotonResonator(3.0, 0.0)
    found = positive_p(system, duration=20.0, sample_interval=10.0, trajectories=50, seed=9)
    np.testing.assert_allclose(found.real, math.sqrt(3.0), rtol=1e-14)
    assert found.real_error.max() < 1e-12
    generator = np.random.default_rng(1)
    for _ in range(2000):
        a, b = generator.uniform(-1.0, 1.0, 2) * math.sqrt(3.0)
        ends = square_step(a, b, *generator.normal(size=2), 0.03, 0.01, 0.001, math.sqrt(3.0))
        assert max(abs(ends[0]), abs(ends[1])) <= math.sqrt(3.0)
    assert not in_square(TwoPhotonResonator(3.0, 0.1), 1.0)
    assert not in_square(system, 1.0 + 0.1j)
    assert not in_square(system, 1.8)


@numba.njit  # type: ignore[untyped-decorator]
def _noisy(z: float, g: np.ndarray, loss: float, top: float) -> np.ndarray:
    out = np.empty(g.shape[0])
    for i in range(g.shape[0]):
        out[i] = inner_noise(z, g[i], loss, top)
    return out


@pytest.mark.parametrize("z", [0.0, 0.9, 1.39, -1.41, 1.4142])
def test_noise_in_the_square_has_the_right_mean_and_variance(z: float) -> None:
    """Mean z and variance η(top² - z²) dt, also where an edge is near; never outside."""
    loss, top, n = 0.01, math.sqrt(2.0), 400_000
    ends = _noisy(z, np.random.default_rng(2).standard_normal(n), loss, top)
    variance = loss * (2.0 - z * z)
    assert np.abs(ends).max() <= top
    assert abs((ends - z).mean()) < Z * math.sqrt(variance / n)
    spread = ((ends - z) ** 2).std() / math.sqrt(n)
    assert abs(((ends - z) ** 2).mean() - variance) < Z * spread + 1e-12


# ------------------------------------------------------------------------------------------------------------------------ one step


@numba.njit  # type: ignore[untyped-decorator]
def _ends(g: np.ndarray, a: complex, b: complex, linear: np.ndarray, loss: float, ratio: float) -> np.ndarray:
    out = np.empty((2, g.shape[0]), dtype=np.complex128)
    for i in range(g.shape[0]):
        out[0, i], out[1, i] = positive_p_step(a, b, g[i, 0], g[i, 1], linear, loss, ratio, math.sqrt(loss))
    return out


def _backward(f: np.ndarray, system: TwoPhotonResonator, extra: float) -> np.ndarray:
    """L† f of the Itô equations, f a table of coefficients of α^i β^j; ``extra`` (α, β) is added to the drift."""
    size = f.shape[0]
    out = np.zeros((size + 3, size + 3), dtype=np.complex128)
    damping = 0.5 * system.kappa_1 - extra
    for (i, j), c in np.ndenumerate(f):
        out[i, j] += c * ((i - j) * 1j * system.Delta - (i + j) * damping)
        if i:
            out[i - 1, j + 1] += c * i * system.G
            out[i + 1, j + 1] -= c * i * system.eta
        if j:
            out[i + 1, j - 1] += c * j * system.G
            out[i + 1, j + 1] -= c * j * system.eta
        if i > 1:
            out[i - 2, j] += 0.5 * c * i * (i - 1) * system.G
            out[i, j] -= 0.5 * c * i * (i - 1) * system.eta
        if j > 1:
            out[i, j - 2] += 0.5 * c * j * (j - 1) * system.G
            out[i, j] -= 0.5 * c * j * (j - 1) * system.eta
    return out


@pytest.mark.parametrize("power", [(1, 0), (0, 1), (1, 1), (2, 0), (1, 2)])
def test_weak_order_of_a_step(power: tuple[int, int]) -> None:
    """Its error falls as dt³. Control: read as Stratonovich, drift -η/2, the error is of first order."""
    system, a, b = TwoPhotonResonator(2.0, 0.7, 1.0, 0.4), 1.1 + 0.4j, 0.8 - 0.6j
    nodes, weights = np.polynomial.hermite_e.hermegauss(24)
    g = np.stack(np.meshgrid(nodes, nodes, indexing="ij"), axis=-1).reshape(-1, 2)
    w = np.outer(weights, weights).ravel() / weights.sum() ** 2
    growth = 0.5 * (system.eta - system.kappa_1)
    matrix = np.array([[1j * system.Delta + growth, system.G], [system.G, -1j * system.Delta + growth]])
    errors: dict[float, list[complex]] = {0.0: [], -0.5: []}
    for dt in (0.004, 0.002):
        ends = _ends(g, a, b, expm(0.5 * dt * matrix), system.eta * dt, system.G / system.eta)
        after = complex(w @ (ends[0] ** power[0] * ends[1] ** power[1]))
        for extra, found in errors.items():
            f = np.zeros((4, 4), dtype=np.complex128)
            f[power] = 1.0
            total, factor = 0j, 1.0
            for k in range(6):
                total += factor * complex(polynomial.polyval2d(a, b, f))
                f, factor = _backward(f, system, extra), factor * dt / (k + 1)
            found.append(after - total)
    assert math.log2(abs(errors[0.0][0] / errors[0.0][1])) > 2.7
    assert math.log2(abs(errors[-0.5][0] / errors[-0.5][1])) < 1.3
    assert abs(errors[-0.5][1]) > 10 * abs(errors[0.0][1])


# ------------------------------------------------------------------------------------------------------------ counting and refusals


def test_spikes_are_counted_and_trajectories_that_leave_the_numbers_are_stopped() -> None:
    system = TwoPhotonResonator(2.0, 0.5)
    times = {"duration": 2.0, "sample_interval": 1.0, "trajectories": 200, "seed": 1}
    low = positive_p(system, spike=0.9, **times)
    assert low.spiking == 200
    assert low.spikes >= 200
    assert 0.0 < low.spike_steps < 1.0
    high = positive_p(system, spike=1e6, **times)
    assert (high.spiking, high.spikes, high.spike_steps) == (0, 0, 0.0)
    # the threshold changes nothing else
    assert high.real.tobytes() == low.real.tobytes()
    assert positive_p(system, point=1, **times).real[1] != low.real[1]
    samples = np.full((1, 3, 2), np.nan + 0j)
    counts, largest = np.array([[0, 0, -1]]), np.zeros(1)
    names = (np.zeros(1, dtype=np.uint64), np.uint64(1), np.uint64(2))
    run_positive_p(
        np.array([1e80 + 0j, 1e80 + 0j]),
        names,
        (4, 2, 9.0),
        (0.0, 2.0, 0.0, 0.0),
        np.eye(2, dtype=np.complex128),
        False,
        samples,
        counts,
        largest,
    )
    assert counts[0, 2] == 1
    assert np.isnan(samples[0, 1:]).all()


def test_warnings_and_refusals() -> None:
    assert validity_warnings(TwoPhotonResonator(2.0, 0.5), 4.0)[0].startswith("photons")
    assert len(validity_warnings(TwoPhotonResonator(2.0, 0.5, 2.0, 0.1), 4.0)) == 2
    system = TwoPhotonResonator(2.0, 0.5)
    usual = {"duration": 1.0, "sample_interval": 0.5, "trajectories": 2, "seed": 0}
    for name, value in [("trajectories", 0), ("seed", -1), ("spike", 0.0), ("start", math.nan), ("dt", -1.0)]:
        with pytest.raises(ParameterError, match=name):
            positive_p(system, **{**usual, name: value})
    with pytest.raises(PredictionError, match="wells"):
        positive_p(TwoPhotonResonator(1.0, 2.0), **usual)
    assert np.isnan(positive_p(system, **{**usual, "trajectories": 1}).real_error).all()
