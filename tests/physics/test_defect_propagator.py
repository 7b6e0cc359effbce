"""Closed forms of the driven qubit with a defect, against propagation in Fock space, quadrature and what must not agree."""

from __future__ import annotations

import cmath
import math
import tomllib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.linalg import expm
from scipy.sparse import csr_matrix, identity, kron
from scipy.sparse.linalg import expm_multiply

from wellhop.analysis.defect_law import PhaseSpaceLaw
from wellhop.analysis.defect_propagator import (
    Frame,
    Start,
    in_frame,
    law,
    mean,
    photons,
    propagator,
    steady_law,
    variance,
)
from wellhop.analysis.defect_state import density_matrix, steady_state
from wellhop.engine import fock
from wellhop.engine.errors import CutoffError, ParameterError, PredictionError
from wellhop.engine.lindblad import LindbladModel
from wellhop.engine.systems.driven_qubit_tls import DrivenQubitTLS

TABLES = tomllib.loads((Path(__file__).parent / "driven_qubit_reference.toml").read_text())
#: Drive of Fig. 2(b), cold and warm; the cold one cannot see ν.
COLD, WARM = DrivenQubitTLS(-0.37, 0.1), DrivenQubitTLS(-0.37, 0.1, T=150.0)
#: Drive of Fig. 3.
RING = DrivenQubitTLS(0.3, 0.5)
LEVELS = 34
TIMES = (0.4, 1.142, 3.0)


def fock_state(start: str, system: DrivenQubitTLS, levels: int) -> np.ndarray:
    ket = (
        np.eye(levels, dtype=complex)[1] if start == "fock_1" else fock.coherent_state(system.alpha_0, levels)
    )
    return np.outer(ket, ket.conj())


def liouvillian(model: LindbladModel) -> csr_matrix:
    """Sparse, on row-major vec(ρ)."""
    eye, h = identity(model.dim, format="csr"), csr_matrix(model.hamiltonian)
    generator = -1j * (kron(h, eye) - kron(eye, h.T))
    for matrix in model.jump_operators:
        op = csr_matrix(matrix)
        dag = op.conj().T @ op
        generator = generator + kron(op, op.conj()) - 0.5 * (kron(dag, eye) + kron(eye, dag.T))
    return csr_matrix(generator)


def propagated(model: LindbladModel, rho: np.ndarray, time: float) -> np.ndarray:
    """ρ(t) by the action of the exponential."""
    return expm_multiply(liouvillian(model) * time, rho.ravel(), traceA=0.0).reshape(rho.shape)


@cache
def evolved(which: str, start: str) -> tuple[np.ndarray, ...]:
    """ρ at each of ``TIMES``, in the drive frame."""
    system = {"cold": COLD, "warm": WARM}[which]
    rho, now, out = fock_state(start, system, LEVELS), 0.0, []
    for time in TIMES:
        rho = propagated(system.lindblad(LEVELS), rho, time - now)
        now = time
        out.append(rho)
    return tuple(out)


def husimi_of(rho: np.ndarray, alpha: complex) -> float:
    """<α|ρ|α>/π with the ket of the whole space, cut off but not normalised."""
    k = np.arange(rho.shape[0])
    ket = np.array([alpha**n / math.sqrt(math.factorial(n)) for n in k]) * math.exp(-0.5 * abs(alpha) ** 2)
    return float((ket.conj() @ rho @ ket).real) / math.pi


def moments(rho: np.ndarray) -> tuple[complex, float]:
    a = fock.annihilation(rho.shape[0])
    return complex(np.trace(a @ rho)), float(np.trace(a.conj().T @ a @ rho).real)


@pytest.mark.parametrize("start", ["coherent", "fock_1"])
@pytest.mark.parametrize("which", ["cold", "warm"])
def test_moments_and_q_function_in_fock_space(which: str, start: Any) -> None:
    system = {"cold": COLD, "warm": WARM}[which]
    for time, rho in zip(TIMES, evolved(which, start), strict=True):
        here = law(system, time, start=start, frame="drive")
        found, energy = moments(rho)
        assert abs(found - here.center) < 1e-12
        assert energy == pytest.approx(photons(system, time, start), abs=1e-11)
        for alpha in (0.0, 0.3 - 0.2j, -0.7 + 0.9j, 1.4j):
            assert husimi_of(rho, here.center + alpha) == pytest.approx(
                float(here.density(here.center + alpha)), abs=3e-13
            )


@pytest.mark.parametrize("start", ["coherent", "fock_1"])
def test_whole_density_matrix_without_a_larger_space(start: Any) -> None:
    for system, which in ((COLD, "cold"), (WARM, "warm")):
        for time, rho in zip(TIMES, evolved(which, start), strict=True):
            closed = density_matrix(law(system, time, start=start, frame="drive"), LEVELS)
            assert np.abs(closed - rho).max() < 1e-12


def test_truncation_does_not_touch_the_kept_elements() -> None:
    here = law(WARM, 0.7, start="fock_1", frame="drive")
    assert np.abs(density_matrix(here, 40)[:14, :14] - density_matrix(here, 14)).max() < 1e-16
    with pytest.raises(CutoffError, match=r"population 0\.\d+ above cutoff 3"):
        density_matrix(here, 3)


def test_qutip_agrees() -> None:
    import qutip

    dense, dense_jumps = WARM.lindblad(20).to_qutip()
    h, jumps = dense.to("CSR"), [jump.to("CSR") for jump in dense_jumps]
    a = qutip.destroy(20)
    start = qutip.coherent(20, WARM.alpha_0, method="analytic").unit()
    out = qutip.mesolve(
        h, start, [0.0, 1.142], jumps, e_ops=[a, a.dag() * a], options={"atol": 1e-11, "rtol": 1e-9}
    )
    assert out.expect[0][-1] == pytest.approx(mean(WARM, 1.142, "drive"), abs=1e-7)
    assert out.expect[1][-1] == pytest.approx(photons(WARM, 1.142), abs=1e-7)


def test_reference_values(printed_as: Callable[..., bool]) -> None:
    row = TABLES["closed_forms"]
    assert printed_as(COLD.gamma, row["gamma"])
    assert printed_as(COLD.s, row["s"])
    assert printed_as(COLD.eta, row["eta"])
    for system, name in ((COLD, "mu_ss"), (WARM, "mu_ss_warm"), (RING, "mu_ss_fig_3")):
        assert printed_as(system.mu_ss.real, row[name][0])
        assert printed_as(system.mu_ss.imag, row[name][1])
    assert printed_as(abs(RING.mu_ss), row["limit_cycle_fig_3"])
    assert printed_as(WARM.nu, row["nu_warm"])
    assert printed_as(WARM.n_th, row["n_th_warm"])
    mu = mean(WARM, 1.142)
    assert printed_as(mu.real, row["mu_warm"][0])
    assert printed_as(mu.imag, row["mu_warm"][1])
    assert printed_as(photons(WARM, 1.142), row["photons_warm"])
    assert printed_as(variance(WARM, 1.142), row["variance_warm"])


def test_steady_state_is_stationary_and_approached() -> None:
    cases: tuple[tuple[DrivenQubitTLS, Frame], ...]
    cases = ((COLD, "drive"), (WARM, "drive"), (WARM, "displaced"), (RING, "drive"))
    for system, frame in cases:
        rho = steady_state(system, frame, LEVELS)
        model = system.lindblad(LEVELS) if frame == "drive" else displaced_model(system, LEVELS)
        moved = (liouvillian(model) @ rho.ravel()).reshape(rho.shape)
        assert np.abs(moved[:20, :20]).max() < 1e-11
    # the mean comes closer as e^{-st}, the width as e^{-2st}
    for time in (4.0, 7.0):
        here = law(WARM, time, frame="drive")
        away = here.center - WARM.mu_ss
        assert abs(away) == pytest.approx(abs(1.0 - WARM.mu_ss) * math.exp(-WARM.s * time), rel=1e-9)
        left = steady_law(WARM).width - here.width
        assert left == pytest.approx(WARM.n_th * math.exp(-2.0 * WARM.s * time), rel=1e-8)


def displaced_model(system: DrivenQubitTLS, levels: int) -> LindbladModel:
    """(3) as it stands, with η, in the displaced frame."""
    b = fock.annihilation(levels)
    h = system.delta_d * (b.conj().T @ b) + 1j * system.eta * (b.conj().T - b)
    jumps = [
        math.sqrt(system.gamma * (1.0 - system.nu)) * b,
        math.sqrt(system.gamma * system.nu) * b.conj().T,
    ]
    return LindbladModel(h, tuple(jumps), ("loss", "heating"))


def test_master_equation_3_in_the_displaced_frame() -> None:
    """(3) propagated with η, against the closed form and so against the drive frame with Ω'."""
    system = DrivenQubitTLS(-1.5, 0.4, T=150.0)
    start = fock.coherent_state(system.alpha_0 + system.alpha_d, LEVELS)
    rho = propagated(displaced_model(system, LEVELS), np.outer(start, start.conj()), 1.3)
    here = law(system, 1.3, frame="displaced")
    assert abs(moments(rho)[0] - here.center) < 1e-12
    assert np.abs(density_matrix(here, LEVELS) - rho).max() < 1e-12
    # negative control: without the correction of the drive, Ω' = Ω, the two differ
    flat = -1j * system.drive / complex(system.s, system.delta_d)
    assert abs(flat - system.mu_ss) > 0.01


def test_frames_convert_both_ways_and_agree() -> None:
    frames: tuple[Frame, ...] = ("drive", "displaced", "qubit")
    times = np.array([0.0, 0.3, 2.0])
    for source in frames:
        for target in frames:
            seen = in_frame(WARM, mean(WARM, times, source), times, source, target)
            assert np.allclose(seen, mean(WARM, times, target), rtol=0.0, atol=1e-14)
    assert np.allclose(np.abs(mean(WARM, times, "drive")), np.abs(mean(WARM, times, "qubit")), rtol=1e-14)
    assert abs(abs(mean(WARM, 2.0, "displaced")) - abs(mean(WARM, 2.0, "qubit"))) > 0.09


@pytest.mark.parametrize("representation", ["husimi", "wigner"])
def test_propagator_composes_and_makes_the_laws(representation: Any) -> None:
    """Semigroup: two steps are one, in the drive frame, where the motion does not depend on time."""
    first, second, source = 0.7, 1.1, 0.4 - 1.3j
    step = propagator(WARM, first, source, frame="drive", representation=representation)
    again = propagator(WARM, second, step.center, frame="drive", representation=representation)
    whole = propagator(WARM, first + second, source, frame="drive", representation=representation)
    assert again.center == pytest.approx(whole.center, abs=1e-14)
    assert again.width + step.width * math.exp(-2.0 * WARM.s * second) == pytest.approx(
        whole.width, abs=1e-14
    )
    # started from |α₀> instead of a point: variances add, (9)
    vacuum = 1.0 if representation == "husimi" else 0.5
    here = law(WARM, first, representation=representation)
    from_point = propagator(WARM, first, WARM.alpha_0, representation=representation)
    assert from_point.center == pytest.approx(here.center, abs=1e-14)
    assert from_point.width + vacuum * math.exp(-2.0 * WARM.s * first) == pytest.approx(here.width, abs=1e-14)
    # negative control: in the qubit frame the drive turns, and a restarted clock gives something else
    step = propagator(WARM, first, source)
    assert (
        abs(propagator(WARM, second, step.center).center - propagator(WARM, first + second, source).center)
        > 0.1
    )


def test_ring_of_one_photon_by_quadrature() -> None:
    """(C12): ∫ G Q(0) over the ring of |1>, by Gauss-Hermite nodes around the target point."""
    time = 0.6
    nodes, weights = np.polynomial.hermite.hermgauss(40)
    grid = (nodes[:, None] + 1j * nodes[None, :]).ravel()
    weight = np.outer(weights, weights).ravel()
    here = law(WARM, time, start="fock_1")
    for alpha in (0.1 + 0.2j, 1.1 - 0.4j):
        kernel = np.array([float(propagator(WARM, time, complex(z)).density(alpha)) for z in grid])
        total = float((weight * np.abs(grid) ** 2 * kernel).sum()) / math.pi
        assert total == pytest.approx(float(here.density(alpha)), rel=1e-10)


@pytest.mark.parametrize("ring", [0.0, 0.4, 1.0])
def test_norm_moments_and_distribution_functions(ring: float) -> None:
    here = PhaseSpaceLaw(0.3 - 0.2j, 1.3, ring)

    def radial(r: float) -> float:
        return 2.0 * math.pi * r * float(here.density(here.center + r))

    assert quad(radial, 0.0, np.inf)[0] == pytest.approx(1.0, abs=1e-10)
    assert quad(lambda r: r**2 * radial(r), 0.0, np.inf)[0] == pytest.approx(2.0 * here.variance, rel=1e-9)
    for r in (0.4, 1.0, 2.5):
        assert float(here.radial_cdf(r)) == pytest.approx(quad(radial, 0.0, r)[0], abs=1e-12)

    def along(x: float) -> float:
        return quad(lambda y: float(here.density(x + 1j * y)), -8.0, 8.0)[0]

    for x in (-0.6, 0.3, 1.2):
        assert float(here.marginal_cdf(x, "real")) == pytest.approx(quad(along, -7.0, x)[0], abs=1e-9)
    turned = here.marginal_cdf(here.center.imag + 0.5, "imaginary")
    assert float(turned) == pytest.approx(float(here.marginal_cdf(here.center.real + 0.5, "real")), abs=1e-15)


def test_one_photon_has_unit_variance_not_three_quarters_pi() -> None:
    assert law(COLD, 0.0, start="fock_1").variance == 1.0
    assert abs(law(COLD, 0.0, start="fock_1").variance - 0.75 * math.pi) > 1.0


def test_wigner_laws_are_those_of_the_propagated_state() -> None:
    """W(α) = (2/π) tr[ρ D(α)(-1)^n D(-α)], from the density matrix."""
    a = fock.annihilation(LEVELS)
    parity = fock.parity(LEVELS)
    starts: tuple[Start, ...] = ("coherent", "fock_1")
    for start in starts:
        for time, rho in list(zip(TIMES, evolved("warm", start), strict=True))[:2]:
            here = law(WARM, time, start=start, frame="drive", representation="wigner")
            for alpha in (0.0, 0.3 - 0.5j):
                shift = expm(alpha * a.conj().T - np.conj(alpha) * a)
                found = 2.0 / math.pi * np.trace(rho @ shift @ parity @ shift.conj().T).real
                assert found == pytest.approx(float(here.density(alpha)), abs=1e-9)
    assert variance(WARM, 0.7) - variance(WARM, 0.7, "wigner") == pytest.approx(0.25, abs=1e-15)


def test_a_negative_wigner_function_has_no_distribution() -> None:
    early = law(WARM, 0.1, start="fock_1", representation="wigner")
    assert float(early.density(early.center)) < 0.0
    with pytest.raises(PredictionError, match=r"use the Husimi representation"):
        early.radial_cdf(1.0)
    assert law(WARM, 2.0, start="fock_1", representation="wigner").positive


def test_without_detuning() -> None:
    """Δ_d -> 0: finite in the drive and qubit frames, approached continuously, refused in the displaced one."""
    resonant = DrivenQubitTLS(0.0, 0.1, T=150.0)
    for time in (0.3, 5.0):
        near = mean(DrivenQubitTLS(1e-9, 0.1, T=150.0), time)
        assert near == pytest.approx(mean(resonant, time), abs=1e-7)
    rho = propagated(resonant.lindblad(LEVELS), fock_state("coherent", resonant, LEVELS), 1.5)
    assert moments(rho)[0] == pytest.approx(mean(resonant, 1.5), abs=1e-12)
    for refused in (lambda: mean(resonant, 1.0, "displaced"), lambda: steady_state(resonant, "displaced")):
        with pytest.raises(ParameterError, match="Delta_d: got 0"):
            refused()


def test_wrong_readings_are_seen() -> None:
    """Negative controls: the printed formulas and conventions that give other numbers."""
    found = moments(evolved("cold", "coherent")[1])[0]
    s, delta, steady = COLD.s, COLD.delta_d, COLD.mu_ss
    time = TIMES[1]
    right = steady + (1.0 - steady) * cmath.exp(-(s + 1j * delta) * time)
    assert found == pytest.approx(right, abs=1e-12)
    product = COLD.eta / (s + 1j * delta) * -COLD.alpha_d
    assert abs(product + (1.0 - product) * cmath.exp(-(s + 1j * delta) * time) - found) > 0.1
    # the opposite phase of the drive changes |μ|, and the collapse never happens
    times = np.linspace(0.0, 5.0, 5001)
    turned = np.abs(steady * np.exp(-1j * delta * times) + (1.0 - steady) * np.exp(-s * times)).min()
    assert turned == pytest.approx(0.08, abs=0.005)
    assert np.abs(mean(COLD, times)).min() < 0.0025
    # γ_c as a population rate: coherence decays at half of it, and γ is another one
    population = DrivenQubitTLS(-0.37, 0.1, gamma_c=0.5)
    assert abs(population.s / s - 1.0) > 0.8


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: mean(COLD, -1.0), "time: got -1.0"),
        (lambda: mean(COLD, math.inf), "finite numbers >= 0, in us"),
        (lambda: law(COLD, 1.0, start="thermal"), "start: got 'thermal', allowed is one of coherent, fock_1"),
        (lambda: law(COLD, 1.0, frame="lab"), "one of drive, displaced, qubit"),
        (lambda: variance(COLD, 1.0, "P"), "one of husimi, wigner"),
        (lambda: propagator(COLD, 0.0, 0j), "a number > 0 for the propagator"),
        (lambda: steady_law(COLD, "qubit"), "turns at Delta_d"),
        (lambda: density_matrix(law(COLD, 1.0, representation="wigner"), 20), "width: got 0.5"),
        (lambda: PhaseSpaceLaw(0j, 0.0), "width: got 0.0"),
        (lambda: PhaseSpaceLaw(0j, 1.0).marginal_cdf(0.0, "phase"), "one of real, imaginary"),
    ],
)
def test_bad_input_is_named(call: Callable[[], object], words: str) -> None:
    with pytest.raises(ParameterError, match=words.replace(".", r"\.")):
        call()
