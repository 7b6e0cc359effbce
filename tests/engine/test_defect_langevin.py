"""Langevin trajectories of the driven qubit with a defect against its closed forms, written out here once more.

Moments are held to Z = 5.731 standard errors, a false alarm of 1e-8 each, with fixed seeds; distributions to p > 1e-8.
"""

from __future__ import annotations

import cmath
import math
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from scipy import stats

from wellhop.engine import langevin
from wellhop.engine.defect_langevin import (
    DefectSamples,
    langevin_coefficients,
    run_defect_langevin,
    sample_langevin,
    to_frame,
)
from wellhop.engine.errors import ParameterError
from wellhop.engine.lane_streams import open_lane_stream
from wellhop.engine.langevin_wells import Cores
from wellhop.engine.systems.driven_qubit_tls import DrivenQubitTLS

Z, RARE = 5.731, 1e-8
#: Drive of Fig. 2(b). The cold one cannot see ν, which is 4e-10.
COLD, WARM = DrivenQubitTLS(-0.37, 0.1), DrivenQubitTLS(-0.37, 0.1, T=150.0)
TIMES = np.array([0.3, 0.7, 1.142, 2.0, 4.0])
COUNT = 30_000

Complexes = npt.NDArray[np.complex128]


def closed(system: DrivenQubitTLS, t: float) -> tuple[complex, float]:
    """μ(t) in the frame of the qubit and σ²(t) of Q, from ν, γ and η of the parameters alone."""
    two_pi = 2.0 * math.pi
    x = 1.054571817e-34 * two_pi * 1e6 * (system.omega_q - system.Delta_c) / (1.380649e-23 * 1e-3 * system.T)
    nu = 1.0 / (math.exp(x) + 1.0)
    g, width, offset, detuning = (
        two_pi * v for v in (system.g, system.gamma_c, system.Delta_c, system.Delta_d)
    )
    s = (0.5 - nu) * 2.0 * g**2 * width / (width**2 + offset**2)
    shift = system.Omega / system.Delta_d
    plus, minus = width**2 + (offset + detuning) ** 2, width**2 + (offset - detuning) ** 2
    eta = shift * g**2 * width * ((1.0 - nu) / plus - nu / minus)
    steady = eta / complex(s, detuning) - shift
    mu = steady * cmath.exp(1j * detuning * t) + (system.alpha_0 - steady) * math.exp(-s * t)
    return mu, (1.0 - math.exp(-2.0 * s * t)) * nu / (4.0 * (0.5 - nu)) + 0.5


def pulls(a: Complexes, mu: complex, variance: float) -> list[float]:
    """Of both means and of the variance per quadrature."""
    n, off = len(a), a - a.mean()
    squares = 0.5 * np.abs(off) ** 2
    found = [
        (part.mean() - exact) / (part.std(ddof=1) / math.sqrt(n))
        for part, exact in ((a.real, mu.real), (a.imag, mu.imag))
    ]
    return [*found, (squares.sum() / (n - 1) - variance) / (squares.std(ddof=1) / math.sqrt(n))]


def radial(a: Complexes, mu: complex, variance: float) -> float:
    """KS probability of |a - μ|²/2σ² as an exponential variable."""
    return float(stats.kstest(np.abs(a - mu) ** 2 / (2.0 * variance), stats.expon.cdf).pvalue)


@pytest.mark.parametrize("representation", ["husimi", "wigner"])
@pytest.mark.parametrize("system", [COLD, WARM])
def test_moments_and_distributions(system: DrivenQubitTLS, representation: str) -> None:
    found = sample_langevin(system, TIMES, COUNT, representation=representation, seed=1)
    a, less = found.in_frame("qubit"), 0.5 * (1.0 - found.ordering)
    for k, t in enumerate(TIMES):
        mu, variance = closed(system, float(t))
        assert max(map(abs, pulls(a[:, k], mu, variance - less))) < Z
        scale = math.sqrt(variance - less)
        for part, centre in ((a[:, k].real, mu.real), (a[:, k].imag, mu.imag)):
            assert stats.kstest(part, stats.norm(centre, scale).cdf).pvalue > RARE
        assert radial(a[:, k], mu, variance - less) > RARE
        # the other representation is another distribution
        other = variance - less + (0.25 if less else -0.25)
        assert radial(a[:, k], mu, other) < RARE


def test_values_of_the_specification() -> None:
    """μ(1.142 us), σ² and <a†a> at 150 mK; with ν of 10 mK all three are excluded."""
    for representation in ("husimi", "wigner"):
        found = sample_langevin(WARM, 1.142, 200_000, representation=representation, seed=2)
        a = found.in_frame("qubit")[:, 0]
        variance = 0.616979 - 0.5 * (1.0 - found.ordering)
        assert max(map(abs, pulls(a, 0.116771 - 0.027549j, variance))) < Z
        photons = np.abs(a) ** 2 - found.ordering
        error = photons.std(ddof=1) / math.sqrt(a.size)
        assert abs(photons.mean() - 0.248353) < Z * error
        assert min(map(abs, np.array(pulls(a, *closed(COLD, 1.142)))[[0, 2]])) > Z
        # the wrong ordering
        assert abs(photons.mean() + found.ordering - 0.248353) > Z * error


def kernel(
    system: DrivenQubitTLS, width: float, factors: Complexes, spreads: Any, count: int = COUNT
) -> Complexes:
    """Amplitudes of the kernel itself, frame of the drive, from a start of any width with any noise."""
    stream = open_lane_stream(4, 0, 0, 0)
    samples = np.empty((count, factors.size), dtype=np.complex128)
    names = (np.arange(count, dtype=np.uint64), stream[0], stream[1])
    run_defect_langevin(
        (complex(system.alpha_0), width), False, system.mu_ss, factors, spreads, names, samples
    )
    return samples


def test_wrong_physics_is_noticed() -> None:
    """Controls: twice the noise, the other representation's start or noise, the sign of the phase, one noise for many."""
    t, (mu, variance) = 1.142, closed(WARM, 1.142)
    turn = cmath.exp(1j * WARM.delta_d * t)
    factors, spreads = langevin_coefficients(WARM, t)
    right = turn * kernel(WARM, math.sqrt(0.5), factors, spreads)[:, 0]
    assert max(map(abs, pulls(right, mu, variance))) < Z
    assert radial(right, mu, variance) > RARE
    _, wigner_spreads = langevin_coefficients(WARM, t, "wigner")
    for width, noise in (
        (math.sqrt(0.5), math.sqrt(2.0) * spreads),
        (0.5, spreads),
        (math.sqrt(0.5), wigner_spreads),
    ):
        wrong = turn * kernel(WARM, width, factors, noise)[:, 0]
        assert abs(pulls(wrong, mu, variance)[2]) > Z
        assert radial(wrong, mu, variance) < RARE
    # e^{-iΔ_d t} instead of e^{+iΔ_d t} for the frame, and for the drift
    assert max(map(abs, pulls(right / turn**2, mu, variance)[:2])) > Z
    backwards = turn.conjugate() * kernel(WARM, math.sqrt(0.5), factors.conj(), spreads)[:, 0]
    assert max(map(abs, pulls(backwards, mu, variance)[:2])) > Z
    # trajectories that share their noise: the spread is right, the mean errs by more than its error says
    shared = np.tile(right[:25], COUNT // 25)
    assert max(map(abs, pulls(shared, mu, variance))) > Z


def test_one_photon_start() -> None:
    """Q of |1⟩: |α|² is Gamma(2, 1), the phase uniform; later ring plus disk."""
    found = sample_langevin(WARM, [0.0, 0.4, 2.0], COUNT, start="fock_1", seed=5)
    first = found.amplitudes[:, 0]
    assert stats.kstest(np.abs(first) ** 2, stats.gamma(2.0).cdf).pvalue > RARE
    assert stats.kstest(np.angle(first), stats.uniform(-math.pi, 2.0 * math.pi).cdf).pvalue > RARE
    assert stats.kstest(np.abs(first) ** 2, stats.expon.cdf).pvalue < RARE
    # radius and phase are independent
    signs = np.sign(np.abs(first) ** 2 - stats.gamma(2.0).median()) * np.sign(first.real)
    assert abs(signs.mean()) < Z / math.sqrt(COUNT)
    dark = replace(WARM, alpha_0=0.0)
    for k in (1, 2):
        t = float(found.times[k])
        mu, variance = closed(dark, t)
        ring, width = math.exp(-2.0 * WARM.s * t), 2.0 * variance
        a = found.in_frame("qubit")[:, k]
        assert max(map(abs, pulls(a, mu, 0.5 * (width + ring)))) < Z
        away = np.abs(a - mu) ** 2
        exact = stats.kstest(away, lambda u, r=ring, w=width: 1.0 - np.exp(-u / w) * (1.0 + r * u / w**2))
        assert exact.pvalue > RARE
        # the Gaussian of the same variance is another law while the ring lasts
        assert (radial(a, mu, 0.5 * (width + ring)) < RARE) == (k == 1)


def test_times_of_one_trajectory_belong_together() -> None:
    """E (a(t') - μ')(a(t) - μ)* = 2σ²(t) e^{-(s+iΔ_d)(t'-t)} in the frame of the drive; a grid in between changes no law."""
    found = sample_langevin(WARM, [0.5, 0.6, 0.7, 1.3], COUNT, seed=6).amplitudes
    off = found - found.mean(axis=0)
    products = off[:, 3] * off[:, 0].conj()
    expected = 2.0 * closed(WARM, 0.5)[1] * cmath.exp(-complex(WARM.s, WARM.delta_d) * 0.8)
    for part, exact in ((products.real, expected.real), (products.imag, expected.imag)):
        assert abs(part.mean() - exact) < Z * part.std(ddof=1) / math.sqrt(COUNT)
    assert abs(products.imag.mean() + expected.imag) > Z * products.imag.std(ddof=1) / math.sqrt(COUNT)
    alone = sample_langevin(WARM, [1.3], COUNT, seed=7).amplitudes[:, 0]
    assert stats.ks_2samp(alone.real, found[:, 3].real).pvalue > RARE


def test_noise_is_named_by_seed_point_arm_and_trajectory() -> None:
    whole = sample_langevin(WARM, TIMES, 500, start="fock_1", seed=8, point=3, arm=1).amplitudes
    parts = [(0, 123), (123, 200), (323, 177)]

    def run(part: tuple[int, int]) -> Complexes:
        first, count = part
        return sample_langevin(
            WARM, TIMES, count, start="fock_1", seed=8, point=3, arm=1, first=first
        ).amplitudes

    with ThreadPoolExecutor(3) as pool:
        np.testing.assert_array_equal(np.concatenate(list(pool.map(run, parts))), whole)
    for other in (
        {"seed": 9, "point": 3, "arm": 1},
        {"seed": 8, "point": 4, "arm": 1},
        {"seed": 8, "point": 3},
    ):
        fresh = sample_langevin(WARM, TIMES, 500, start="fock_1", **other).amplitudes
        assert (fresh != whole).all()
    # neighbours do not share noise
    off = whole[:, -1] - whole[:, -1].mean()
    assert abs((off[1:] * off[:-1].conj()).mean()) < Z * off.var() / math.sqrt(499.0)


def test_strang_steps_of_the_general_engine_agree() -> None:
    """An oscillator without Kerr term in the truncated-Wigner engine, started in the same state: nothing is truncated."""
    start = Cores("start", np.array([[WARM.alpha_0, 0.0]]), np.array([0.1]))
    problem = langevin.oscillator_problem(
        WARM.oscillator(), duration=1.8, sample_interval=0.6, cores=(start,), observables=("re", "im")
    )
    # that engine starts in thermal states of the bath
    problem = replace(problem, table={**problem.table, "start_spread": np.full(2, 0.5)})
    samples = np.array([r.samples for r in langevin.run_many(problem, 10, range(3200))])
    a = samples[:, 1:, 0] + 1j * samples[:, 1:, 1]
    times = 0.6 * np.arange(1.0, 4.0)
    exact = sample_langevin(WARM, times, 3200, representation="wigner", seed=11)
    for k, t in enumerate(times):
        mu, variance = closed(WARM, float(t))
        turned = to_frame(WARM, times[k : k + 1], a[:, k : k + 1], "qubit")[:, 0]
        assert max(map(abs, pulls(turned, mu, variance - 0.25))) < Z
        assert stats.ks_2samp(turned.real, exact.in_frame("qubit")[:, k].real).pvalue > RARE


def test_frames() -> None:
    found = sample_langevin(COLD, TIMES, 10, seed=12)
    drive, qubit, displaced = (found.in_frame(name) for name in ("drive", "qubit", "displaced"))
    np.testing.assert_array_equal(drive, found.amplitudes)
    np.testing.assert_allclose(np.abs(qubit), np.abs(drive), rtol=1e-14)
    np.testing.assert_allclose(displaced - drive, 0.1 / -0.37, rtol=1e-12)
    np.testing.assert_allclose(
        qubit / drive, np.exp(-2j * math.pi * 0.37 * TIMES)[None, :] * np.ones((10, 1))
    )
    resonant = sample_langevin(DrivenQubitTLS(0.0, 0.1), 5.0, 4000, seed=13)
    assert isinstance(resonant, DefectSamples)
    # at Δ_d = 0 the mean tends to -iΩ'/s, found by the limit of small detunings
    near = closed(DrivenQubitTLS(1e-6, 0.1), 5.0)
    assert max(map(abs, pulls(resonant.amplitudes[:, 0], *near))) < Z
    with pytest.raises(ParameterError, match="Delta_d"):
        resonant.in_frame("displaced")
    with pytest.raises(ParameterError, match="frame"):
        resonant.in_frame("lab")


def test_refusals() -> None:
    bad: tuple[tuple[str, dict[str, Any]], ...] = (
        ("representation", {"representation": "Q"}),
        ("start", {"start": "vacuum"}),
        ("negative", {"start": "fock_1", "representation": "wigner"}),
        ("times", {"times": [1.0, 1.0]}),
        ("times", {"times": [-1.0]}),
        ("times", {"times": [np.nan]}),
        ("times", {"times": []}),
        ("times", {"times": [[1.0]]}),
        ("trajectories", {"trajectories": 0}),
        ("trajectories", {"trajectories": True}),
        ("seed", {"seed": -1}),
        ("first", {"first": 1.5}),
    )
    for word, changed in bad:
        with pytest.raises(ParameterError, match=word):
            sample_langevin(WARM, **{"times": [1.0], "trajectories": 5, **changed})
