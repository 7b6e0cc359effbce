"""Truncated Wigner of the two-photon resonator, ``drop`` and ``clip``: rates against the Fokker-Planck equation.

z = 6.2 standard errors, false alarm below 1e-9 each, plus the stated bias of the step.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Literal

import numba
import numpy as np
import pytest
from numpy.polynomial import polynomial
from scipy import sparse
from scipy.integrate import solve_ivp
from scipy.linalg import expm
from scipy.sparse.linalg import splu

from wellhop.analysis.correlation import autocorrelation_rate
from wellhop.analysis.estimate import RateEstimate
from wellhop.engine import langevin
from wellhop.engine.errors import ModelError, ParameterError
from wellhop.engine.langevin_problem import LangevinProblem, oscillator_problem
from wellhop.engine.radial_noise import radial_coefficients, strang_radial
from wellhop.engine.resonator_langevin import DEFAULT_STEP, default_step, resonator_problem
from wellhop.engine.systems.two_photon_resonator import TwoPhotonResonator

Truncation = Literal["drop", "clip"]
Z = 6.2
#: bias of a rate at the default step (0.5 %) and of the polar grid (0.3 %), see the tests of both
BIAS = 0.01


# ------------------------------------------------------------------------------------------------------------- references


def angle_rate(system: TwoPhotonResonator, most: int = 121) -> float:
    """``drop`` without one-photon loss: slowest rate of <exp(-ikθ)>, k odd; independent of |α| and of its drift."""
    k = np.arange(-most, most + 1, 2.0)
    matrix = np.diag(-1j * k * system.Delta - 0.5 * system.eta * k**2)
    matrix += 0.5 * system.G * (np.diag(k[1:], -1) - np.diag(k[:-1], 1))
    return float(-np.linalg.eigvals(matrix).real.max())


def mean_cosine(system: TwoPhotonResonator, most: int = 120) -> float:
    """``drop`` without one-photon loss: stationary <cos 2θ> from the even modes."""
    k = np.arange(-most, most + 1, 2.0)
    matrix = np.diag(-1j * k * system.Delta - 0.5 * system.eta * k**2)
    matrix += 0.5 * system.G * (np.diag(k[1:], -1) - np.diag(k[:-1], 1))
    middle = len(k) // 2
    matrix[middle] = np.eye(len(k))[middle]
    return float(np.linalg.solve(matrix, np.eye(len(k))[middle])[middle + 1].real)


@cache
def plane_rate(
    system: TwoPhotonResonator,
    truncation: Truncation,
    cells: int = 24,
    shift: float = 1.0,
    noise: float = 1.0,
) -> float:
    """Slowest odd rate of the Fokker-Planck equation on a polar grid, ``cells`` of them across |α|² = 1/2.

    Backward equation as a jump process between cells: exponentially fitted rates, upwind ones where there is no noise. The ray on
    which the phase is unstable lies between two cells, so nothing crosses it without noise. ``shift``: the 1 of |α|² - 1 in the
    drift; ``noise``: factor of the diffusion.
    """
    c = (0.5 if truncation == "clip" else 0.0) - 0.25 * system.kappa_1 / system.eta
    h = math.sqrt(max(c, 0.5)) / cells
    unstable = 0.5 * (math.pi - math.asin(system.Delta / system.G))
    turn = math.pi / (8 * cells)
    radii = (np.arange(int((math.sqrt(system.s / system.eta + 1.0) + 3.5) / h)) + 0.5) * h
    r, angle = np.meshgrid(radii, unstable + (np.arange(8 * cells) + 0.5) * turn, indexing="ij")
    half = 0.5 * noise * system.eta * np.maximum(r**2 - c, 0.0) + 1e-12
    outward = system.G * np.cos(2 * angle) - system.eta * (r**2 - shift) - 0.5 * system.kappa_1

    def fitted(strength: np.ndarray, drift: np.ndarray, step: float) -> tuple[np.ndarray, np.ndarray]:
        x = np.clip(drift * step / strength, -500.0, 500.0)
        x = np.where(np.abs(x) < 1e-9, 1e-9, x)
        # beyond the clip only the upwind rate is left
        up = np.where(
            np.abs(x) == 500.0, np.maximum(drift, 0.0) / step, strength / step**2 * x / -np.expm1(-x)
        )
        return up, up - drift / step

    out, inward = fitted(half, r * outward + half / r, h)
    left, right = fitted(half / r**2, system.Delta - system.G * np.sin(2 * angle), turn)
    inward[0], out[-1] = 0.0, 0.0
    place = np.arange(r.size).reshape(r.shape)
    odd = np.ones(r.shape)
    odd[:, -1] = -1.0
    links = [
        (place[:-1], place[1:], out[:-1]),
        (place[1:], place[:-1], inward[1:]),
        (place, np.roll(place, -1, axis=1), left * odd),
        (place, np.roll(place, 1, axis=1), right * np.roll(odd, 1, axis=1)),
        (place, place, -(out + inward + left + right)),
    ]
    rows, columns, rates = (np.concatenate([link[i].ravel() for link in links]) for i in range(3))
    factors = splu(sparse.csc_matrix((rates, (rows, columns))))
    mode, rate = np.ones(r.size), 0.0
    for _ in range(200):
        solved = factors.solve(mode)
        before, rate = rate, float(-(mode @ mode) / (mode @ solved))
        mode = solved / np.linalg.norm(solved)
        if abs(rate - before) < 1e-10 * rate:
            break
    return rate


def stepped_rate(system: TwoPhotonResonator, dt: float, points: int = 240) -> float:
    """Rate of ``drop`` with steps of dt and no sampling: the phase alone is turned by half linear steps and Gaussian angles."""
    angle = 2 * np.pi * np.arange(points) / points
    matrix = np.array([[system.G, -system.Delta], [system.Delta, -system.G]])
    ends = expm(0.5 * dt * matrix) @ np.array([np.cos(angle), np.sin(angle)])
    k = np.arange(1 - points // 2, points // 2, 2.0)
    half = np.exp(-1j * np.outer(k, angle)) @ np.exp(1j * np.outer(np.arctan2(ends[1], ends[0]), k)) / points
    values = np.linalg.eigvals(half @ (np.exp(-0.5 * system.eta * dt * k**2)[:, np.newaxis] * half))
    return float(-math.log(np.abs(values).max()) / dt)


# ----------------------------------------------------------------------------------------------------------------- sampling


def _measured(
    system: TwoPhotonResonator, truncation: Truncation, rate: float, lives: float, dt: float | None = None
) -> tuple[RateEstimate, np.ndarray]:
    """Rate of the order parameter from 64 trajectories of ``lives``/rate each, and the means of n of each."""
    problem = resonator_problem(system, truncation, duration=lives / rate, sample_interval=0.1 / rate, dt=dt)
    samples = np.array([r.samples[10:] for r in langevin.run_many(problem, 31, range(64))])
    estimate = autocorrelation_rate(samples[:, :, 0], problem.sample_interval, problem.relaxation_time)
    return estimate, samples[:, :, 1].mean(axis=1)


def _agrees(estimate: RateEstimate, rate: float, bias: float = BIAS) -> bool:
    return abs(math.log(estimate.value / rate)) < Z * estimate.relative_error + bias


@pytest.mark.parametrize(("G", "Delta", "lives"), [(2.0, 0.5, 200.0), (6.0, 3.0, 120.0), (4.0, 1.0, 80.0)])
def test_drop_has_the_rate_of_the_phase(G: float, Delta: float, lives: float) -> None:
    """Γ from the Fourier modes, <|α|²> = 1 + (G/η)<cos 2θ>. Controls: noise doubled, clip; Stratonovich, no -1 in the drift."""
    system = TwoPhotonResonator(G, Delta)
    rate = angle_rate(system)
    estimate, n = _measured(system, "drop", rate, lives)
    assert estimate.relative_error < 0.035
    assert _agrees(estimate, rate)
    assert not _agrees(estimate, angle_rate(TwoPhotonResonator(G, Delta, 2.0)))
    assert not _agrees(estimate, plane_rate(system, "clip", cells=10))
    size, error = float(n.mean()) + 0.5, float(n.std(ddof=1)) / 8.0
    wanted = 1.0 + G * mean_cosine(system)
    # 64 means: Student's quantile of 1e-9 is 7.1; the mean of the step is off by less than 0.4 %
    assert abs(size - wanted) < 7.1 * error + 0.004 * wanted
    # read as Stratonovich the drift has another +η/2; without the -1 it lacks η
    for wrong in (wanted + 0.5, wanted - 1.0):
        assert abs(size - wrong) > 7.1 * error + 0.004 * wanted


#: G, Δ, rates and errors of the physics reference (1500 Euler trajectories).
CLIPPED = [
    (2.0, 0.5, 0.0212, 0.0015, 200.0),
    (4.0, 1.0, 0.00287, 0.0002, 60.0),
    (6.0, 3.0, 0.0165, 0.0008, 120.0),
]


@pytest.mark.parametrize(("G", "Delta", "known", "known_error", "lives"), CLIPPED)
def test_clip_has_the_rate_of_its_fokker_planck_equation(
    G: float, Delta: float, known: float, known_error: float, lives: float
) -> None:
    """Controls: the drift read as Stratonovich, the drift without its -1, the noise doubled, and drop."""
    system = TwoPhotonResonator(G, Delta)
    rate = plane_rate(system, "clip")
    estimate, _ = _measured(system, "clip", rate, lives)
    assert estimate.relative_error < 0.035
    assert _agrees(estimate, rate)
    # an error of one in five is known of the known ones
    assert abs(estimate.value - known) < 3.0 * math.hypot(known_error, estimate.relative_error * known)
    for changed in ({"shift": 1.5}, {"shift": 0.0}, {"noise": 2.0}):
        assert not _agrees(estimate, plane_rate(system, "clip", cells=10, **changed))
    assert not _agrees(estimate, angle_rate(system))


@pytest.mark.parametrize("truncation", ["drop", "clip"])
def test_rates_with_one_photon_loss(truncation: Truncation) -> None:
    """Constant noise beside that of two-photon loss (drop), a smaller disc (clip). Control: κ₁ in the drift alone."""
    system = TwoPhotonResonator(3.0, 1.0, 1.0, 0.6)
    rate = plane_rate(system, truncation)
    estimate, _ = _measured(system, truncation, rate, 120.0)
    assert estimate.relative_error < 0.035
    assert _agrees(estimate, rate)
    other: Truncation = "clip" if truncation == "drop" else "drop"
    assert not _agrees(estimate, plane_rate(system, other, cells=10))
    assert not _agrees(estimate, plane_rate(replace(system, kappa_1=0.0), truncation, cells=10))


def test_both_references_agree_where_both_hold() -> None:
    """Fourier modes of the phase against the polar grid, and the grid against a finer one."""
    for G, Delta in ((2.0, 0.5), (6.0, 3.0)):
        system = TwoPhotonResonator(G, Delta)
        assert plane_rate(system, "drop") == pytest.approx(angle_rate(system), rel=1e-4)
        assert plane_rate(system, "clip") == pytest.approx(plane_rate(system, "clip", 36), rel=3e-3)
    assert angle_rate(TwoPhotonResonator(4.0, 1.0)) == pytest.approx(1.375592467e-2, rel=1e-9)
    assert angle_rate(TwoPhotonResonator(10.0, 7.0)) == pytest.approx(1.850108683e-1, rel=1e-9)


# ----------------------------------------------------------------------------------------------------------------- the step


def test_bias_of_the_step() -> None:
    """``drop`` without sampling: error of the rate falls as dt² and is below 1 % at the default step, S from 2.4 to 10."""
    for G, Delta, eta in (
        (2.0, 0.5, 1.0),
        (6.0, 3.0, 1.0),
        (4.0, 1.0, 1.0),
        (4.0, 0.0, 1.0),
        (4.0, 1.0, 0.5),
    ):
        system = TwoPhotonResonator(G, Delta, eta)
        dt = default_step(system)
        errors = [stepped_rate(system, k * dt) / angle_rate(system) - 1.0 for k in (2.0, 1.0)]
        assert 0.0 < errors[1] < 0.006
        assert 3.7 < errors[0] / errors[1] < 4.5


def test_sampling_shows_the_bias_of_a_long_step() -> None:
    """Ten default steps in one: the kernel has the rate of its own one-step operator, and not that of the equation."""
    system = TwoPhotonResonator(4.0, 1.0)
    dt = 10.0 * default_step(system)
    estimate, _ = _measured(system, "drop", angle_rate(system), 500.0, dt)
    assert estimate.relative_error < 0.02
    # the step is lowered until it divides the sample interval
    used = resonator_problem(
        system, "drop", duration=100.0, sample_interval=0.1 / angle_rate(system), dt=dt
    ).dt
    assert _agrees(estimate, stepped_rate(system, used), bias=0.0)
    assert not _agrees(estimate, angle_rate(system), bias=0.0)


def test_clip_bias_of_a_long_step() -> None:
    """Of first order at the edge of the disc, but small."""
    system = TwoPhotonResonator(6.0, 3.0)
    rate = plane_rate(system, "clip")
    estimate, _ = _measured(system, "clip", rate, 500.0, 10.0 * default_step(system))
    assert estimate.relative_error < 0.02
    assert 1.1 < estimate.value / rate < 1.5


@numba.njit  # type: ignore[untyped-decorator]
def _ends(g: np.ndarray, x: float, y: float, p: tuple[float, ...]) -> np.ndarray:
    out = np.empty((2, g.shape[0]))
    for i in range(g.shape[0]):
        out[0, i], out[1, i] = strang_radial(x, y, g[i, 0], g[i, 1], p)
    return out


def _linear(system: TwoPhotonResonator) -> np.ndarray:
    damping = 0.5 * system.kappa_1
    return np.array([[system.G - damping, -system.Delta], [system.Delta, -system.G - damping]])


def _add(*terms: np.ndarray) -> np.ndarray:
    out = np.zeros(np.max([t.shape for t in terms], axis=0))
    for t in terms:
        out[: t.shape[0], : t.shape[1]] += t
    return out


def _product(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    out = np.zeros(np.add(a.shape, b.shape) - 1)
    for (i, j), value in np.ndenumerate(a):
        out[i : i + b.shape[0], j : j + b.shape[1]] += value * b
    return out


def _backward(f: np.ndarray, system: TwoPhotonResonator, edge: float, shift: float) -> np.ndarray:
    """L† f for a polynomial f(x, y) as a table of coefficients, D = η(|α|² - edge)."""
    x, y, one = np.array([[0.0], [1.0]]), np.array([[0.0, 1.0]]), np.array([[1.0]])
    n = _add(_product(x, x), _product(y, y))
    loss = _add(-system.eta * n, system.eta * shift * one)
    matrix = _linear(system)
    u = _add(matrix[0, 0] * x, matrix[0, 1] * y, _product(loss, x))
    v = _add(matrix[1, 0] * x, matrix[1, 1] * y, _product(loss, y))
    dx, dy = polynomial.polyder(f, axis=0), polynomial.polyder(f, axis=1)
    spread = _add(polynomial.polyder(dx, axis=0), polynomial.polyder(dy, axis=1))
    half = 0.5 * system.eta * _add(n, -edge * one)
    return _add(_product(u, dx), _product(v, dy), _product(half, spread))


@pytest.mark.parametrize(("kappa_1", "edge"), [(0.0, 0.5), (0.4, 0.4), (0.0, 0.0)])
def test_weak_order_outside_the_disc(kappa_1: float, edge: float) -> None:
    """The error of one step falls as dt³ for moments; by quadrature. Control: the drift read as Stratonovich has error dt."""
    system = TwoPhotonResonator(2.0, 0.7, 1.0, kappa_1)
    nodes, weights = np.polynomial.hermite_e.hermegauss(30)
    g = np.stack(np.meshgrid(nodes, nodes, indexing="ij"), axis=-1).reshape(-1, 2)
    w = np.outer(weights, weights).ravel() / weights.sum() ** 2
    x, y, steps = 1.5, -1.1, (0.008, 0.004)
    x_, y_ = np.array([[0.0], [1.0]]), np.array([[0.0, 1.0]])
    for f in (x_, y_, _add(_product(x_, x_), _product(y_, y_)), _product(x_, y_)):
        errors, wrong = [], []
        for dt in steps:
            p = tuple(radial_coefficients(_linear(system), system.eta, edge, dt).tolist())
            ends = _ends(g, x, y, p)
            after = float(w @ polynomial.polyval2d(ends[0], ends[1], f))
            for shift, differences in ((1.0, errors), (1.5, wrong)):
                total, factor, term = 0.0, 1.0, f
                for k in range(7):
                    total += factor * float(polynomial.polyval2d(x, y, term))
                    term, factor = _backward(term, system, edge, shift), factor * dt / (k + 1)
                differences.append(after - total)
        assert math.log2(abs(errors[0] / errors[1])) > 2.7, (f, errors)
        assert math.log2(abs(wrong[0] / wrong[1])) < 1.3
        assert abs(wrong[1]) > 10 * abs(errors[1])


def test_no_noise_inside_the_disc() -> None:
    """There the step is that of an ordinary differential equation, to dt³; outside, and for drop, noise moves the state."""
    system, dt = TwoPhotonResonator(2.0, 0.5), 0.01
    p = tuple(radial_coefficients(_linear(system), system.eta, 0.5, dt).tolist())
    noise = np.array([[0.0, 0.0], [2.0, -1.0], [-3.0, 2.5]])
    ends = _ends(noise, 0.2, 0.3, p)
    assert np.ptp(ends, axis=1).max() == 0.0

    def drift(_: float, q: np.ndarray) -> np.ndarray:
        return np.asarray(_linear(system) @ q - system.eta * (q @ q - 1.0) * q)

    exact = solve_ivp(drift, (0.0, dt), [0.2, 0.3], rtol=1e-12, atol=1e-14).y[:, -1]
    assert np.abs(ends[:, 0] - exact).max() < 10 * dt**3
    assert np.ptp(_ends(noise, 0.8, 0.3, p), axis=1).max() > 0.01
    dropped = tuple(radial_coefficients(_linear(system), system.eta, 0.0, dt).tolist())
    assert np.ptp(_ends(noise, 0.2, 0.3, dropped), axis=1).max() > 0.01
    assert (_ends(noise, 0.0, 0.0, p) == 0.0).all()


# ------------------------------------------------------------------------------------------------------------ the same engine

SYSTEMS: list[tuple[Truncation, float]] = [
    ("drop", 0.0),
    ("drop", 0.3),
    ("clip", 0.0),
    ("clip", 0.3),
    ("clip", 2.5),
]


def _short(truncation: Truncation, kappa_1: float, **changed: float) -> LangevinProblem:
    system = TwoPhotonResonator(3.0, 1.0, 1.0, kappa_1)
    times = {"duration": 30.0, "sample_interval": 0.25, "dt": 0.02, **changed}
    return resonator_problem(system, truncation, observables=("X", "n", "re", "im"), **times)


@pytest.mark.parametrize(("truncation", "kappa_1"), SYSTEMS)
def test_same_bits_alone_beside_others_cut_and_stored(truncation: Truncation, kappa_1: float) -> None:
    problem = _short(truncation, kappa_1)
    assert problem.scheme == f"strang_{truncation}"
    records = langevin.run_many(problem, 8, range(7), point=2)
    alone = langevin.run(problem, 8, 4, point=2)
    stored = LangevinProblem.from_arrays(problem.arrays())
    assert stored.scheme == problem.scheme
    snapshots = [langevin.start(stored, 8, 2, 0, i) for i in (4, 1)]
    parts: list[list[langevin.SliceRecord]] = [[], []]
    while snapshots[0].integers[0] < problem.n_steps:
        for part, new in zip(parts, langevin.advance_many(stored, snapshots, 37), strict=True):
            part.append(new)
        snapshots = [part[-1].snapshot for part in parts]
    cut = langevin.assemble(stored, 4, parts[0])
    for other in (alone, cut):
        assert other.samples.tobytes() == records[4].samples.tobytes()
        assert other.switches.tobytes() == records[4].switches.tobytes()
    assert len({r.samples.tobytes() for r in records}) == 7


def test_clip_without_anything_to_clip_is_the_oscillator() -> None:
    """κ₁ > 2η: the bits of oscillator_problem, which refuses anything less."""
    system = TwoPhotonResonator(3.0, 1.0, 0.3, 1.0)
    times = {"duration": 20.0, "sample_interval": 0.5, "dt": 0.02}
    ours = langevin.run_many(
        resonator_problem(system, "clip", observables=("re", "im"), **times), 4, range(3)
    )
    same = langevin.run_many(
        oscillator_problem(system.oscillator(), observables=("re", "im"), **times), 4, range(3)
    )
    for a, b in zip(ours, same, strict=True):
        assert a.samples.tobytes() == b.samples.tobytes()
    with pytest.raises(ParameterError, match="kappa_2"):
        oscillator_problem(replace(system, kappa_1=0.5).oscillator(), **times)
    with pytest.raises(ParameterError, match="scheme"):
        oscillator_problem(system.oscillator(), scheme="strang_clip", **times)


def test_start_states_order_parameter_and_labels() -> None:
    """Coherent states of the wells in turn, X = ±1 there, the well with the larger Re α last."""
    system = TwoPhotonResonator(4.0, -1.0)
    problem = resonator_problem(system, "drop", duration=0.1, sample_interval=0.1)
    starts = problem.table["start"]
    assert complex(*starts[1]) == pytest.approx(system.alpha0)
    assert (starts[0] == -starts[1]).all()
    records = langevin.run_many(problem, 1, range(4096))
    x = np.array([r.samples[0, 0] for r in records])
    signs = np.array([2 * r.start_well - 1 for r in records])
    assert abs((x * signs).mean() - 1.0) < Z * 0.5 / abs(system.alpha0) / 64.0
    # variance of a sample variance of normals: 2/n
    assert abs(x[signs > 0].var() * abs(system.alpha0) ** 2 - 0.25) < Z * 0.25 * math.sqrt(2.0 / 2048)
    assert problem.core_names == ("discs",)
    assert problem.relaxation_time == pytest.approx(0.5 / system.s, rel=1e-6)


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda t: resonator_problem(TwoPhotonResonator(1.0, 1.0), "drop", **t), "Delta"),
        (lambda t: resonator_problem(TwoPhotonResonator(1.0, 0.5, 1.0, 1.8), "drop", **t), "kappa_1"),
        (lambda t: resonator_problem(TwoPhotonResonator(4.0, 1.0), "none", **t), "truncation"),
        (lambda t: resonator_problem(TwoPhotonResonator(4.0, 1.0), "drop", dt=0.2, **t), "dt"),
        (
            lambda t: resonator_problem(TwoPhotonResonator(4.0, 1.0), "drop", observables=("p",), **t),
            "observables",
        ),
        (lambda t: resonator_problem(TwoPhotonResonator(4.0, 1.0), "drop", cores=(), **t), "cores"),
    ],
)
def test_refusals(call: Callable[[dict[str, float]], LangevinProblem], text: str) -> None:
    with pytest.raises((ParameterError, ModelError), match=text):
        call({"duration": 10.0, "sample_interval": 0.5})
    assert 0.0 < DEFAULT_STEP < 0.1
