"""Two-photon loss and dephasing in Langevin runs: the equation from operators, weak order of the schemes, moments.

z = 6.2 standard errors, false alarm below 1e-9 each, unless an equation is checked without sampling.
"""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import product

import numba
import numpy as np
import pytest
import qutip
from numpy.polynomial import polynomial
from scipy import sparse
from scipy.sparse.linalg import eigs, spsolve

from wellhop.analysis.correlation import autocorrelation_rate
from wellhop.engine import langevin
from wellhop.engine.lane_streams import gaussian_pair
from wellhop.engine.langevin_schemes import half_turn, step_coefficients
from wellhop.engine.multiplicative_noise import euler_noisy, heun_noisy, strang_noisy
from wellhop.engine.oscillator import Oscillator

Z = 6.2
SYSTEM = Oscillator(
    detuning=-0.7, kerr=0.3, drive_1=0.2 + 0.1j, drive_2=0.9 + 0.4j, kappa_1=1.0, n_thermal=0.4, kappa_2=0.25, kappa_phi=0.3
)


class Symbols:
    """α, α*, ∂_α, ∂_α* of a Wigner function as superoperators on (n, n) matrices, from aρ <-> (α + ∂_α*/2) W and so on."""

    def __init__(self, n: int) -> None:
        self.a = sparse.diags_array(np.sqrt(np.arange(1.0, n)), offsets=1).tocsr()
        one = sparse.eye_array(n)
        left, right = sparse.kron(self.a, one), sparse.kron(one, self.a.T)
        left_t, right_t = sparse.kron(self.a.T, one), sparse.kron(one, self.a)
        self.alpha, self.conjugate = ((left + right) / 2).tocsr(), ((left_t + right_t) / 2).tocsr()
        self.d_conjugate, self.d_alpha = (left - right).tocsr(), (right_t - left_t).tocsr()

    def dissipator(self, jump: sparse.sparray) -> sparse.sparray:
        """D[L] on row-stacked ρ, L real."""
        one, size = sparse.eye_array(jump.shape[0]), jump.T @ jump
        return (sparse.kron(jump, jump) - 0.5 * (sparse.kron(size, one) + sparse.kron(one, size))).tocsr()

    def third(self) -> sparse.sparray:
        """(1/4)(∂_α² ∂_α* α + c.c.), what the truncation drops."""
        d, e = self.d_alpha, self.d_conjugate
        return 0.25 * (d @ d @ e @ self.alpha + e @ e @ d @ self.conjugate)


def test_wigner_equation_of_both_channels() -> None:
    """The equation in the head of multiplicative_noise is the dissipator, term by term. Control: without a term it is not."""
    n = 14
    s = Symbols(n)
    d, e = s.d_alpha, s.d_conjugate
    number = s.alpha @ s.conjugate
    one = sparse.eye_array(n * n)
    drift = d @ (number - one) @ s.alpha + e @ (number - one) @ s.conjugate
    loss = drift + d @ e @ (2 * number - one) + s.third()
    turn = 1j * (s.alpha @ d - s.conjugate @ e)
    kept = [i * n + j for i, j in product(range(n - 8), repeat=2)]

    def differs(a: sparse.sparray, b: sparse.sparray) -> float:
        return float(np.abs((a - b).toarray()[:, kept]).max())

    lossy = s.dissipator(s.a @ s.a)
    assert differs(loss, lossy) < 1e-11
    assert differs(0.5 * turn @ turn, s.dissipator(s.a.T @ s.a)) < 1e-11
    assert differs(loss - s.third(), lossy) > 0.1
    assert differs(loss + d @ e, lossy) > 0.1


# ---------------------------------------------------------------------------------------------- weak order, without sampling


def _multiply(*factors: np.ndarray) -> np.ndarray:
    """Product of polynomials in x, y given as coefficient tables."""
    out = factors[0]
    for f in factors[1:]:
        new = np.zeros((out.shape[0] + f.shape[0] - 1, out.shape[1] + f.shape[1] - 1))
        for (i, j), c in np.ndenumerate(f):
            new[i : i + out.shape[0], j : j + out.shape[1]] += c * out
        out = new
    return out


def _add(*terms: np.ndarray) -> np.ndarray:
    out = np.zeros(np.max([t.shape for t in terms], axis=0))
    for t in terms:
        out[: t.shape[0], : t.shape[1]] += t
    return out


X, Y, ONE = np.array([[0.0], [1.0]]), np.array([[0.0, 1.0]]), np.array([[1.0]])


def _backward(f: np.ndarray, q: Oscillator, extra: float = 0.0) -> np.ndarray:
    """L† f for the Itô equation of the whole family; ``extra`` (x, y) is added to the drift."""
    n = _add(_multiply(X, X), _multiply(Y, Y))
    turning = _add((q.detuning - q.kerr) * ONE, q.kerr * n)
    damping = _add((extra - 0.5 * q.kappa_1 - 0.5 * q.kappa_phi + q.kappa_2) * ONE, -q.kappa_2 * n)
    two, one = q.drive_2, q.drive_1
    u = _add(_multiply(damping, X), _multiply(turning, Y), two.imag * X, -two.real * Y, one.imag * ONE)
    v = _add(_multiply(damping, Y), _multiply(turning, -X), -two.real * X, -two.imag * Y, -one.real * ONE)
    strength = _add((0.5 * q.kappa_1 * (2 * q.n_thermal + 1) - q.kappa_2) * ONE, 2 * q.kappa_2 * n)
    dx, dy = polynomial.polyder(f, axis=0), polynomial.polyder(f, axis=1)
    xx, xy, yy = polynomial.polyder(dx, axis=0), polynomial.polyder(dx, axis=1), polynomial.polyder(dy, axis=1)
    phase = _add(_multiply(Y, Y, xx), -2 * _multiply(X, Y, xy), _multiply(X, X, yy))
    return _add(_multiply(u, dx), _multiply(v, dy), 0.25 * _multiply(strength, _add(xx, yy)), 0.5 * q.kappa_phi * phase)


def _exact(f: np.ndarray, q: Oscillator, dt: float, x: float, y: float, extra: float = 0.0) -> float:
    """Expectation of f after dt, as a Taylor series in dt."""
    total, factor = 0.0, 1.0
    for k in range(7):
        total += factor * float(polynomial.polyval2d(x, y, f))
        f, factor = _backward(f, q, extra), factor * dt / (k + 1)
    return total


@numba.njit  # type: ignore[untyped-decorator]
def _ends(scheme: str, g: np.ndarray, x: float, y: float, p: tuple[float, ...]) -> np.ndarray:
    out = np.empty((2, g.shape[0]))
    c, s = half_turn(x, y, p)
    for i in range(g.shape[0]):
        if scheme == "strang":
            out[0, i], out[1, i], _, _ = strang_noisy(x, y, c, s, g[i, 0], g[i, 1], g[i, 2], g[i, 3], g[i, 4], g[i, 5], p)
        elif scheme == "heun":
            out[0, i], out[1, i] = heun_noisy(x, y, g[i, 0], g[i, 1], g[i, 2], g[i, 3], p)
        else:
            out[0, i], out[1, i] = euler_noisy(x, y, g[i, 0], g[i, 1], g[i, 2], g[i, 3], p)
    return out


def _after(scheme: str, f: np.ndarray, q: Oscillator, dt: float, x: float, y: float) -> float:
    """Expectation of f after one step, by Gauss-Hermite quadrature over all its noise."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(6)
    pairs = 6 if scheme == "strang" else 4
    g = np.stack(np.meshgrid(*[nodes] * pairs, indexing="ij"), axis=-1).reshape(-1, pairs)
    w = np.prod(np.meshgrid(*[weights / weights.sum()] * pairs, indexing="ij"), axis=0).ravel()
    ends = _ends(scheme, g, x, y, tuple(step_coefficients(q, dt).tolist()))
    return float(w @ polynomial.polyval2d(ends[0], ends[1], f))


TESTED = [X, Y, _add(_multiply(X, X), _multiply(Y, Y)), _multiply(X, Y)]


@pytest.mark.parametrize(("scheme", "order"), [("strang", 2), ("heun", 1), ("euler", 1)])
def test_weak_order(scheme: str, order: int) -> None:
    """The error of one step falls as dt^(order + 1), for moments from a point off all axes.

    Control: if the Itô equation of two-photon loss is read as Stratonovich (drift + κ₂/2), or the mean effect of dephasing is
    left out (drift + κ_φ/2), the error is of first order.
    """
    x, y, steps = 0.9, -0.6, (0.008, 0.004)
    for f in TESTED:
        errors = [_after(scheme, f, SYSTEM, dt, x, y) - _exact(f, SYSTEM, dt, x, y) for dt in steps]
        assert math.log2(abs(errors[0] / errors[1])) > order + 1 - 0.3, (f, errors)
        for extra in (0.5 * SYSTEM.kappa_2, 0.5 * SYSTEM.kappa_phi):
            wrong = [_after(scheme, f, SYSTEM, dt, x, y) - _exact(f, SYSTEM, dt, x, y, extra) for dt in steps]
            assert math.log2(abs(wrong[0] / wrong[1])) < 1.3
            assert abs(wrong[1]) > 10 * abs(errors[1]) or order == 1


def _formula(z: complex, xi: list[complex], scheme: str, q: Oscillator, dt: float) -> complex:
    """One step in complex numbers; Strang only where the linear part is plain damping."""
    if scheme == "strang":
        growth, r, f = math.exp(q.kappa_2 * dt), math.sqrt(q.kappa_2 * dt / 2), math.sqrt((q.kappa_2 + q.kappa_phi) * dt / 2)

        def turn(w: complex) -> complex:
            return complex(w * np.exp(-0.5j * dt * (q.detuning + q.kerr * (abs(w) ** 2 - 1))))

        def lose(w: complex) -> complex:
            return w * math.sqrt(growth / (1 + abs(w) ** 2 * (growth - 1)))

        z = lose(turn(z) * np.exp(r * xi[1].real + 1j * f * xi[1].imag))
        decay = math.exp(-q.kappa_1 * dt)
        constant = 0.25 * q.kappa_1 * (2 * q.n_thermal + 1) - 0.5 * q.kappa_2
        z = z * math.sqrt(decay) + math.sqrt(constant * (1 - decay) / q.kappa_1) * xi[0]
        return turn(lose(z) * np.exp(r * xi[2].real + 1j * f * xi[2].imag))

    def drift(w: complex) -> complex:
        n = abs(w) ** 2 - 1
        return -(0.5 * q.kappa_1 + q.kappa_2 * n + 1j * (q.detuning + q.kerr * n)) * w

    def kick(w: complex) -> complex:
        constant = 0.25 * q.kappa_1 * (2 * q.n_thermal + 1) - 0.5 * q.kappa_2
        linear = math.sqrt(q.kappa_2) * xi[1].real + 1j * math.sqrt(q.kappa_2 + q.kappa_phi) * xi[1].imag
        return math.sqrt(dt) * (math.sqrt(constant) * xi[0] + w * linear)

    if scheme == "euler":
        return z + dt * (drift(z) - 0.5 * q.kappa_phi * z) + kick(z)
    far = z + dt * drift(z) + kick(z)
    return z + 0.5 * dt * (drift(z) + drift(far)) + 0.5 * (kick(z) + kick(far))


@pytest.mark.parametrize("scheme", ["strang", "heun", "euler"])
def test_steps_follow_the_formulas(scheme: str) -> None:
    """21 steps of the kernel (odd and even ones) against complex arithmetic."""
    dt, q = 0.002, replace(SYSTEM, drive_1=0.0, drive_2=0.0)
    problem = langevin.oscillator_problem(q, duration=21 * dt, sample_interval=dt, dt=dt, scheme=scheme, observables=("re", "im"))
    snapshot = langevin.start(problem, 3, 0, 0, 1)
    record = langevin.advance(problem, snapshot, 1000)
    z = complex(snapshot.psi[0])
    k0, k1, name = snapshot.stream
    for step in range(21):
        assert abs(complex(*record.samples[step]) - z) < 1e-11 * abs(z)
        xi = [complex(*gaussian_pair(np.uint64(step), np.uint64(pair), name, k0, k1)) for pair in range(3)]
        z = _formula(z, xi, scheme, q, dt)


# ------------------------------------------------------------------------------------------------------- moments of whole runs


def _generator(q: Oscillator, n: int, extra: float = 0.0, kept: float = 0.0) -> sparse.sparray:
    """Generator in n Fock states with the share ``kept`` of its third derivatives; ``extra`` (x, y) is added to the drift."""
    s, one = Symbols(n), sparse.eye_array(n)
    h = sparse.csr_array(q.hamiltonian(n))
    generator = -1j * (sparse.kron(h, one) - sparse.kron(one, h.T))
    generator = generator + sum(s.dissipator(sparse.csr_array(jump.real)) for _, jump in q.channels(n))
    # (i kerr/4)(∂_α ∂_α*)(α* ∂_α* - α ∂_α) removes the third derivatives of the Kerr term, see the physics reference
    e, f = s.d_conjugate, -s.d_alpha
    dropped = 0.25j * q.kerr * f @ e @ (s.conjugate @ e + s.alpha @ f) - q.kappa_2 * s.third()
    return (generator + (1.0 - kept) * dropped - extra * (s.d_alpha @ s.alpha + e @ s.conjugate)).tocsc()


def _stationary(q: Oscillator, extra: float = 0.0, kept: float = 0.0) -> np.ndarray:
    """Stationary (<n>, <Re a²>, <Im a²>). 30 Fock states: converged to 1e-5 for the system below."""
    n = 30
    table = _generator(q, n, extra, kept).tolil()
    table[0, :] = np.eye(n).ravel()
    rho = spsolve(table.tocsc(), np.eye(1, n * n)[0]).reshape(n, n)
    a = Symbols(n).a.toarray()
    a2 = np.trace(a @ a @ rho)
    return np.array([np.trace(a.T @ a @ rho).real, a2.real, a2.imag])


def _odd_rate(q: Oscillator, extra: float = 0.0, kept: float = 0.0) -> float:
    """Slowest decay rate of the odd sector, in 36 Fock states (30 differ by 2e-5)."""
    n = 36
    odd = np.flatnonzero(np.indices((n, n)).sum(axis=0).ravel() % 2)
    generator = _generator(q, n, extra, kept)[odd][:, odd]
    start = np.random.default_rng(1).standard_normal(len(odd)).astype(complex)
    return float(-eigs(generator, k=1, sigma=1e-4, v0=start, return_eigenvectors=False)[0].real)


def _mean(records: list[langevin.TrajectoryRecord], skip: int) -> tuple[np.ndarray, np.ndarray]:
    """Time averages of (n, Re a², Im a²) and their standard errors from the spread over trajectories."""
    rows = []
    for record in records:
        n, re, im = record.samples[skip:].T
        rows.append([n.mean(), (re**2 - im**2).mean(), (2 * re * im).mean()])
    return np.mean(rows, axis=0), np.std(rows, axis=0, ddof=1) / math.sqrt(len(rows))


@pytest.mark.parametrize("scheme", ["strang", "heun"])
def test_stationary_moments_of_two_photon_loss(scheme: str) -> None:
    """<n> and <a²> against the truncated generator in Fock states. Controls: the noise read as Stratonovich; nothing truncated."""
    q = Oscillator(detuning=-0.4, kerr=0.2, drive_2=0.9, kappa_1=1.0, n_thermal=0.3, kappa_2=0.3, kappa_phi=0.1)
    dt = 0.04 if scheme == "strang" else 0.01
    problem = langevin.oscillator_problem(
        q, duration=400.0, sample_interval=1.0, dt=dt, scheme=scheme, observables=("n", "re", "im")
    )
    mean, error = _mean(langevin.run_many(problem, 21, range(256)), 10)
    assert (np.abs(mean - _stationary(q)) < Z * error).all(), (mean, _stationary(q), error)
    assert (error < 0.01).all()
    for wrong in (_stationary(q, extra=0.5 * q.kappa_2), _stationary(q, kept=1.0)):
        assert (np.abs(mean - wrong) > Z * error).any()


def test_switching_rate_with_two_photon_loss_and_dephasing() -> None:
    """Decay of the sign memory against the truncated generator. Controls as for the moments: rates 14 % higher, 16 % lower."""
    q = Oscillator(detuning=-0.3, kerr=0.3, drive_2=1.9, kappa_1=1.0, n_thermal=0.3, kappa_2=0.2, kappa_phi=0.05)
    problem = langevin.oscillator_problem(q, duration=12000.0, sample_interval=1.5, dt=0.03, observables=("X",))
    samples = np.array([r.samples[10:, 0] for r in langevin.run_many(problem, 23, range(384))])
    estimate = autocorrelation_rate(samples, 1.5, 2.0 * problem.relaxation_time)
    assert estimate.relative_error < 0.015
    assert abs(math.log(estimate.value / _odd_rate(q))) < Z * estimate.relative_error
    for wrong in (_odd_rate(q, extra=0.5 * q.kappa_2), _odd_rate(q, kept=1.0)):
        assert abs(math.log(estimate.value / wrong)) > Z * estimate.relative_error


def test_dephasing_of_a_linear_oscillator_is_exact() -> None:
    """<a>(t) and <n>(t) from a displaced start against QuTiP. Control: without dephasing, or without its mean damping."""
    q = Oscillator(detuning=0.8, drive_1=0.5, drive_2=0.2, kappa_1=0.6, n_thermal=0.1, kappa_phi=0.7)
    cores = (langevin.Cores("start", np.array([[1.2, -0.5]]), np.array([0.1])),)
    problem = langevin.oscillator_problem(
        q, duration=4.0, sample_interval=0.5, dt=0.05, cores=cores, observables=("re", "im", "n")
    )
    samples = np.array([r.samples for r in langevin.run_many(problem, 22, range(3200))])
    n = 26
    start = qutip.displace(n, 1.2 - 0.5j).to("CSR")

    def expected(system: Oscillator) -> np.ndarray:
        h, jumps = system.to_qutip(n)
        a = qutip.destroy(n)
        thermal = start * qutip.thermal_dm(n, system.n_thermal) * start.dag()
        h, jumps = h.to("CSR"), [jump.to("CSR") for jump in jumps]
        run = qutip.mesolve(h, thermal, np.arange(9) * 0.5, jumps, e_ops=[a, a.dag() * a], options={"atol": 1e-9, "rtol": 1e-8})
        return np.array([np.real(run.expect[0]), np.imag(run.expect[0]), run.expect[1]]).T

    mean, error = samples.mean(axis=0), samples.std(axis=0, ddof=1) / math.sqrt(len(samples))
    # allowance for dt: weak order 2, checked against half the step to be below a thousandth
    assert (np.abs(mean - expected(q)) < Z * error + 1e-3).all()
    for wrong in (replace(q, kappa_phi=0.0), replace(q, kappa_phi=1.4)):
        assert (np.abs(mean - expected(wrong)) > Z * error + 1e-3).any()
