"""Double perturbation theory of the Duffing oscillator: order by order in λ, and against the printed forms, which fail."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.linalg import eigh_tridiagonal

from wellhop.analysis import duffing_perturbation
from wellhop.analysis.duffing_balance import balance_populations, effective_occupation, transition_rates
from wellhop.analysis.duffing_frame import attractor_frame, basis_cutoff, number_basis, undamped_frame
from wellhop.analysis.duffing_perturbation import perturbations, perturbed_levels
from wellhop.engine import fock
from wellhop.engine.errors import ParameterError
from wellhop.engine.systems.duffing_attractors import DuffingAttractors

BETA = 4 / 75
LAMBDAS = (0.016, 0.008, 0.004, 0.002)


@pytest.fixture(scope="module")
def table() -> Any:
    return tomllib.loads((Path(__file__).parent / "duffing_reference.toml").read_text())


def printed_perturbations(
    lam: float, alpha: complex, u: complex, v: complex, size: int
) -> tuple[np.ndarray, np.ndarray]:
    """h1 and h2 as printed in (A14), element by element, for dw n + χ n²."""
    h1, h2 = np.zeros((size, size), complex), np.zeros((size, size), complex)
    a, A, U, V = alpha, np.conj(alpha), np.conj(u), np.conj(v)
    uu, vv = abs(u) ** 2, abs(v) ** 2
    for k in range(size):
        down = (
            a * vv * U * (2 * k - 1)
            + a * uu * U * (k + 1)
            + A * v * uu * (2 * k + 1)
            + A * v * vv * (k - 1)
            + (A * v + a * U) / 2
        )
        up = (
            a * uu * V * (2 * k + 3)
            + a * vv * V * k
            + A * u * vv * (2 * k + 1)
            + A * u * uu * (k + 2)
            + (A * u + a * V) / 2
        )
        for to, value in (
            (k - 1, -2 * np.sqrt(lam * k) * down),
            (k + 1, -2 * np.sqrt(lam * (k + 1)) * up),
            (k - 3, -2 * U * v * np.sqrt(lam * k * max(k - 1, 0) * max(k - 2, 0)) * (A * v + a * U)),
            (k + 3, -2 * V * u * np.sqrt(lam * (k + 1) * (k + 2) * (k + 3)) * (A * u + a * V)),
        ):
            if 0 <= to < size:
                h1[to, k] += value
        for to, value in (
            (k, -(2 * (2 * uu * vv + uu**2) * k + (uu**2 + vv**2 + 4 * uu * vv) * k**2)),
            (k - 2, -2 * U * v * np.sqrt(k * max(k - 1, 0)) * (k * uu + (k - 1) * vv)),
            (k + 2, -2 * V * u * np.sqrt((k + 1) * (k + 2)) * ((k + 2) * uu + (k + 1) * vv)),
            (k - 4, -((U * v) ** 2) * np.sqrt(k * max(k - 1, 0) * max(k - 2, 0) * max(k - 3, 0))),
            (k + 4, -((V * u) ** 2) * np.sqrt((k + 1) * (k + 2) * (k + 3) * (k + 4))),
        ):
            if 0 <= to < size:
                h2[to, k] += value
    return h1, h2


@lru_cache(maxsize=16)
def accurate_energies(lam: float, chi_n: bool, levels: int = 2) -> tuple[float, ...]:
    """The highest eigenvalues of (2), or of dw n + χ n² + drive, by bisection of Sturm counts in extended precision.

    Double precision is not enough for the sixth order at the smallest λ.
    """
    L = np.longdouble
    photons = 1.2 / (2 * lam)
    n = np.arange(int(photons + 12 * np.sqrt(photons) + 40)).astype(L)
    lam_l = L(str(lam))
    diagonal = (1 - (lam_l if chi_n else 0)) * n - lam_l * n**2
    squares = L(4) / 75 / (2 * lam_l) * n[1:]
    guesses = eigh_tridiagonal(
        diagonal.astype(float),
        np.sqrt(squares.astype(float)),
        eigvals_only=True,
        select="i",
        select_range=(len(n) - levels, len(n) - 1),
    )
    found = []
    for k, guess in enumerate(guesses[::-1], start=1):
        low, high = L(guess) - L(1e-9), L(guess) + L(1e-9)
        for _ in range(36):
            middle = (low + high) / 2
            pivot, above = diagonal[0] - middle, int(diagonal[0] > middle)
            for d, s in zip(diagonal[1:], squares, strict=True):
                pivot = d - middle - s / pivot
                above += pivot > 0
            low, high = (middle, high) if above >= k else (low, middle)
        found.append(float(low - L(guesses[-1])))
    return tuple(found)


def exponents(errors: list[list[float]]) -> np.ndarray:
    """Fitted powers of λ of |errors|, one row per λ."""
    return np.polyfit(np.log(LAMBDAS), np.log(np.abs(errors)), 1)[0]


def spacing_errors(chi_n: bool) -> list[list[float]]:
    rows = []
    for lam in LAMBDAS:
        top, next_ = accurate_energies(lam, chi_n)
        series = perturbed_levels(undamped_frame(lam, BETA, "HAS"), 6, 2)
        rows.append([float(series.spacings(order)[0]) - (top - next_) for order in (2, 4, 6)])
    return rows


def test_printed_spacings(table: Any, printed_as: Callable[..., bool]) -> None:
    series = perturbed_levels(undamped_frame(0.016, BETA, "HAS"), 6, 12)
    for level, (_, *orders, _) in table["spacings"].items():
        for order, text in zip((2, 4, 6), orders, strict=True):
            assert printed_as(float(series.spacings(order)[int(level)]), text)
    assert np.abs(series.energy_terms[1::2]).max() < 1e-12


def test_printed_displacements(table: Any, printed_as: Callable[..., bool]) -> None:
    series = perturbed_levels(undamped_frame(0.016, BETA, "HAS"), 4, 10)
    for level, (_, first, third) in table["displacement"].items():
        assert printed_as(series.displacement(1)[int(level)].real, first)
        assert printed_as(series.displacement(3)[int(level)].real, third)
    assert np.array_equal(series.displacement(2), series.displacement(1))


def test_printed_spacings_of_the_damped_frame(table: Any, printed_as: Callable[..., bool]) -> None:
    """α and u are complex here."""
    for khat, (*first, second) in table["damped_spacings"].items():
        series = perturbed_levels(attractor_frame(DuffingAttractors(0.03, BETA, float(khat)), "HAS"), 4, 3)
        assert all(printed_as(series.spacings(q)[0], text) for q, text in zip((0, 2, 4), first, strict=True))
        assert printed_as(series.spacings()[1], second)


def test_each_order_is_a_power_of_lambda() -> None:
    found = exponents(spacing_errors(chi_n=True))
    np.testing.assert_allclose(found, [2.0, 3.0, 4.0], atol=0.02)


def test_the_printed_forms_break_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """(A14) belongs to dw n + χ n²: exact there, of order λ off against (2)."""
    monkeypatch.setattr(duffing_perturbation, "perturbations", printed_perturbations)
    wrong = spacing_errors(chi_n=True)
    assert wrong[0][2] == pytest.approx(1.74e-3, abs=5e-6)
    np.testing.assert_allclose(exponents(wrong), [1.0, 1.0, 1.0], atol=0.05)
    own = exponents(spacing_errors(chi_n=False))
    np.testing.assert_allclose(own, [2.0, 3.0, 4.0], atol=0.02)


def test_printed_elements_differ_by_what_the_hamiltonian_does() -> None:
    """(A14) for complex α, u, v: the rest of h1 is half of its linear part, of h2 it is A†A."""
    lam, alpha, size = 0.03, 2.3 - 1.7j, 14
    u, v = 0.7 * np.exp(0.9j), np.sqrt(1.49) * np.exp(-0.4j)
    ours, printed = perturbations(lam, alpha, u, v, size), printed_perturbations(lam, alpha, u, v, size)
    b = fock.annihilation(size + 2)
    mode = v * b + u * b.conj().T
    linear = -np.sqrt(lam) * (alpha * mode.conj().T + np.conj(alpha) * mode)
    quanta = -(mode.conj().T @ mode)
    for mine, theirs, rest in zip(ours, printed, (linear, quanta), strict=True):
        difference = mine - theirs - rest[:size, :size]
        difference -= difference[0, 0] * np.eye(size)
        assert np.abs(difference).max() < 5e-11


@pytest.mark.parametrize("attractor", ["LAS", "HAS"])
def test_frame_hamiltonian_is_the_transformed_one(attractor: Any) -> None:
    """Exact: S†D†(H less the linear part that the decay adds)DS = w0 b†b + dw(γh1 + γ²h2) + constant."""
    system = DuffingAttractors(0.05, BETA, 0.1, n_th=0.3, dw=1.7)
    frame, levels = attractor_frame(system, attractor), 8
    basis = number_basis(frame, levels, basis_cutoff(frame, levels) + 6)
    a = fock.annihilation(len(basis))
    decay = 0.5j * system.kappa * (frame.alpha * a.conj().T - np.conj(frame.alpha) * a)
    h1, h2 = perturbations(frame.lam, frame.alpha, frame.u, frame.v, levels)
    mine = frame.w0 * np.diag(np.arange(levels)) + frame.dw * (np.sqrt(frame.lam) * h1 + frame.lam * h2)
    hamiltonian = system.oscillator().hamiltonian(len(basis))

    def residual(sign: float) -> float:
        rest = basis.conj().T @ (hamiltonian - sign * decay) @ basis - mine
        return float(np.abs(rest - rest[0, 0] * np.eye(levels)).max())

    assert residual(1.0) < 1e-10
    assert residual(0.0) > 0.1
    assert residual(-1.0) > 0.1


def test_recursion_against_contour_integrals() -> None:
    """Independent: Taylor coefficients in γ of exact eigenvalues, from values on a circle of complex γ."""
    frame, levels, order = attractor_frame(DuffingAttractors(0.03, BETA, 0.1), "HAS"), 3, 6
    series = perturbed_levels(frame, order, levels)
    size = 40
    h0 = np.diag(np.arange(size) * frame.w0)
    h1, h2 = perturbations(frame.lam, frame.alpha, frame.u, frame.v, size)
    points, radius = 32, 0.012
    values = np.empty((points, levels), complex)
    for j, gamma in enumerate(radius * np.exp(2j * np.pi * np.arange(points) / points)):
        spectrum = np.linalg.eigvals(h0 + gamma * h1 + gamma**2 * h2)
        values[j] = [spectrum[np.abs(spectrum - n * frame.w0).argmin()] for n in range(levels)]
    coefficients = np.fft.fft(values, axis=0)[: order + 1] / points / radius ** np.arange(order + 1)[:, None]
    expected = coefficients * np.sqrt(frame.lam) ** np.arange(order + 1)[:, None]
    scale = (np.sqrt(frame.lam) / radius) ** np.arange(order + 1)[:, None]
    assert np.all(np.abs(series.energy_terms - expected) < 1e-12 * scale + 1e-6 * np.abs(expected))


def test_displacement_and_occupation_order_by_order() -> None:
    """Errors of <n|a|n> fall as λ^{3/2}, λ^{5/2}, those of N_eff(1) as λ², λ³."""
    displaced, occupied = [], []
    for lam in LAMBDAS[:3]:
        photons = 1.2 / (2 * lam)
        n = np.arange(int(photons + 16 * np.sqrt(photons) + 60), dtype=float)
        levels = 16
        _, vectors = eigh_tridiagonal(
            (1 - lam) * n - lam * n**2,
            np.sqrt(BETA / (2 * lam) * n[1:]),
            select="i",
            select_range=(len(n) - levels, len(n) - 1),
        )
        vectors = vectors[:, ::-1]
        elements = vectors[:-1].T @ (np.sqrt(n[1:])[:, None] * vectors[1:])
        exact = effective_occupation(balance_populations(transition_rates(elements, 0.0)))[1]
        series = perturbed_levels(undamped_frame(lam, BETA, "HAS"), 4, levels)
        displaced.append([series.displacement(q)[2].real - elements[2, 2] for q in (1, 3)])
        rates = series.rate_terms(0.0)
        occupied.append(
            [
                effective_occupation(balance_populations(rates[: q + 1].sum(axis=0)))[1] - exact
                for q in (0, 2, 4)
            ]
        )
    x = np.log(LAMBDAS[:3])
    np.testing.assert_allclose(np.polyfit(x, np.log(np.abs(displaced)), 1)[0], [1.5, 2.5], atol=0.06)
    np.testing.assert_allclose(np.polyfit(x, np.log(np.abs(occupied)), 1)[0], [1.0, 2.0, 3.0], atol=0.12)


def test_dividing_by_the_norm_as_a_number_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    """The pitfall: truncated vectors with their norm divided out."""
    strict = perturbed_levels(undamped_frame(0.016, BETA, "HAS"), 2, 25)
    monkeypatch.setattr(duffing_perturbation, "_normalised", lambda states: states)
    loose = perturbed_levels(undamped_frame(0.016, BETA, "HAS"), 2, 25).state_terms.sum(axis=0)
    loose = loose / np.linalg.norm(loose, axis=0)
    b = fock.annihilation(len(loose))
    elements = (loose.conj().T @ (strict.frame.v * b + strict.frame.u * b.conj().T) @ loose).real
    assert abs(elements[2, 2] + strict.frame.alpha.real - 5.739790) > 0.05
    assert abs(strict.displacement()[2].real - 5.739790) < 1.1e-3
    occupation = effective_occupation(balance_populations(transition_rates(elements, 0.0)))
    assert occupation[1] == pytest.approx(1.28, abs=0.01)


def test_refusals() -> None:
    frame = undamped_frame(0.016, BETA, "HAS")
    for order, levels, name in ((-1, 3, "order"), (21, 3, "order"), (2.0, 3, "order"), (2, 0, "levels")):
        with pytest.raises(ParameterError, match=name):
            perturbed_levels(frame, order, levels)  # type: ignore[arg-type]  # the refusal is the point
    with pytest.raises(ParameterError, match="order: got 4, allowed is an integer from 0 to 2"):
        perturbed_levels(frame, 2, 3).energies(4)
