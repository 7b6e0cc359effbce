"""Stationary Wigner function of the two-photon resonator for weak loss: the WKB sum and the effective potential.

With r = sqrt(δ² - 4gα²), Re r >= 0, δ = |Δ|/η, g = G/η, and α* in place of α for Δ < 0,

    Ψ ≈ c (e^{-πδ/2} Ψ₊ + e^{πδ/2} Ψ₋),   Ψ± = A± e^{φ±/η},   φ±/η = ∓ir - iδ ln(r ∓ δ)               (8)-(10), (C5)
    A± = sqrt((r ∓ δ)/r),   c = 2^{-iδ} Γ(2iδ)/Γ(iδ) = 2^{iδ - 1} Γ(1/2 + iδ)/sqrt(π)                  (B10), (B11)
    Φ = 2|α|² + 2 Im[r - δ ln(r + δ)],   W₀ ~ e^{-Φ}                                                    (11), (12)

Three things differ from the paper. The weights of its Eq. (10) are e^{∓πΔ/η}; those of its (C5), e^{∓πΔ/2η}, are right. The
amplitudes of (B10) and (B11) carry each other's label. And (9), (12) hold for Δ > 0 only. A₊ is written here such that
it has the cuts of φ₊ and none besides: the square root of (B11) would change its sign on the imaginary axis.

Φ keeps Ψ₋ alone, which leads where Re α Im α has the sign of Δ (first and third quadrant for Δ > 0); in the other two the
solutions interfere. Cuts lie on the real axis: beyond the turning points ±Δ/(2 sqrt(ηG)) for Φ, between them for
Ψ₊. Points on it are taken as limits from the quadrants where Φ is valid.

Mylnikov, Potashin, Kamenev, "Qubit decoherence in dissipative two-photon resonator: real-time instantons and
Wigner function", Eqs. (8)-(12), (B6)-(B11), (C5) as corrected above; either sign of Δ and Δ = 0 are ours.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from scipy.special import loggamma

from wellhop.analysis.resonator_moments import log_norm
from wellhop.analysis.resonator_wigner import checked_amplitudes
from wellhop.engine.systems.two_photon_resonator import TwoPhotonResonator

ComplexArray = npt.NDArray[np.complex128]
RealArray = npt.NDArray[np.float64]


def log_wigner_wkb(system: TwoPhotonResonator, alpha: npt.ArrayLike) -> RealArray:
    """Logarithm of W₀(α) with the WKB sum for Ψ and the exact norm; (4), (8)-(10).

    Median error of Ψ 0.5 % (phase included) at G = 10, Δ = 7, η = 1 and |α| < 4, some per cent within 1 of the
    turning points, where it diverges; exact at Δ = 0.

    Args:
        system: any Δ, κ₁ = 0. alpha: any shape.

    Returns:
        float64 of the shape of alpha; +inf at the turning points ±Δ/(2 sqrt(ηG)) themselves.

    Raises:
        ParameterError: κ₁ > 0, or an α that is not finite. PredictionError: G/η above 10^6.

    >>> round(float(np.exp(log_wigner_wkb(TwoPhotonResonator(10.0, 7.0), 1.0 + 1.0j))), 4)  # exact: 0.0555
    0.055
    """
    points = checked_amplitudes(alpha)
    plus, minus = log_wkb_terms(system, points)
    with np.errstate(invalid="ignore"):
        swap = plus.real > minus.real
        larger, smaller = np.where(swap, plus, minus), np.where(swap, minus, plus)
        with np.errstate(divide="ignore"):
            log_psi = larger.real + np.log(np.abs(1.0 + np.exp(smaller - larger)))
    log_psi = np.where(np.isposinf(minus.real), np.inf, log_psi)
    norm = math.log(2.0 / math.pi) - log_norm(system)
    return np.asarray(norm - 2.0 * np.abs(points) ** 2 + 2.0 * log_psi, dtype=np.float64)


def log_wkb_terms(system: TwoPhotonResonator, alpha: npt.ArrayLike) -> tuple[ComplexArray, ComplexArray]:
    """Logarithms of c e^{∓πδ/2} A± e^{φ±/η}, the two solutions with their weights, plus first; (8)-(10).

    For Δ < 0 they are those of α* and |Δ|: Ψ is the conjugate of their sum.

    Args:
        system: any Δ. alpha: any shape.

    Returns:
        Two complex128 arrays of the shape of alpha; +inf at the turning points.

    Raises:
        ParameterError: an α that is not finite.

    >>> plus, minus = log_wkb_terms(TwoPhotonResonator(4.0, 0.0), 0.5)  # e^{∓2}/2
    >>> np.exp([plus.real, minus.real]).round(6).tolist()
    [0.067668, 3.694528]
    """
    points = _mirrored(system, checked_amplitudes(alpha))
    delta = abs(system.Delta) / system.eta
    root, log_root, log_lower, log_upper = _root_and_logarithms(system, points)
    weight = (
        complex(loggamma(complex(0.5, delta))) + (1j * delta - 1.0) * math.log(2.0) - 0.5 * math.log(math.pi)
    )
    if delta == 0.0:
        return weight - 1j * root, weight + 1j * root
    with np.errstate(invalid="ignore"):
        plus = weight - 0.5 * math.pi * delta - 1j * root + (0.5 - 1j * delta) * log_lower - 0.5 * log_root
        minus = weight + 0.5 * math.pi * delta + 1j * root + (0.5 - 1j * delta) * log_upper - 0.5 * log_root
    # At 0 one solution vanishes like α, at the turning points both diverge.
    plus = np.where(np.isneginf(log_lower.real), complex(-np.inf, 0.0), plus)
    turning = np.isneginf(log_root.real)
    plus, minus = (np.where(turning, complex(np.inf, 0.0), part) for part in (plus, minus))
    return np.asarray(plus, dtype=np.complex128), np.asarray(minus, dtype=np.complex128)


def effective_potential(system: TwoPhotonResonator, alpha: npt.ArrayLike) -> RealArray:
    """Φ(α) of W₀ ~ e^{-Φ}, Φ(0) = 0; (11), (12), for Δ < 0 of α* and |Δ|.

    Φ(0) - Φ(α₀) is the action S of (32). Continuous but for a jump across the cuts on the real axis. At Δ = 0 it is
    2|α|² - 4 sqrt(g)|Re α|.

    Args:
        system: any Δ; κ₁ does not enter. alpha: any shape; whether Φ stands for W₀ there, :func:`potential_valid` tells.

    Returns:
        float64 of the shape of alpha.

    Raises:
        ParameterError: an α that is not finite.

    >>> system = TwoPhotonResonator(10.0, 7.0)
    >>> round(float(effective_potential(system, 0.0) - effective_potential(system, system.alpha0)), 9)
    3.147273235
    """
    points = _mirrored(system, checked_amplitudes(alpha))
    delta = abs(system.Delta) / system.eta
    plane = 2.0 * np.abs(points) ** 2
    if delta == 0.0:
        return np.asarray(
            plane - 4.0 * math.sqrt(system.G / system.eta) * np.abs(points.real), dtype=np.float64
        )
    root, _, _, log_upper = _root_and_logarithms(system, points)
    return np.asarray(plane + 2.0 * (root.imag - delta * log_upper.imag), dtype=np.float64)


def potential_valid(system: TwoPhotonResonator, alpha: npt.ArrayLike) -> npt.NDArray[np.bool_]:
    """Where e^{-Φ} stands for W₀: Re α Im α of the sign of Δ or zero; everywhere at Δ = 0.

    Raises:
        ParameterError: an α that is not finite.

    >>> potential_valid(TwoPhotonResonator(10.0, -7.0), [1 + 1j, 1 - 1j, 2.0]).tolist()
    [False, True, True]
    """
    points = checked_amplitudes(alpha)
    return np.asarray(np.sign(points.real) * np.sign(points.imag) * np.sign(system.Delta) >= 0.0)


def turning_point(system: TwoPhotonResonator) -> float:
    """|Δ|/(2 sqrt(ηG)), where r = 0: the turning points are this and its negative, both real.

    >>> round(turning_point(TwoPhotonResonator(10.0, 7.0)), 6)
    1.106797
    """
    return 0.5 * abs(system.Delta) / math.sqrt(system.G) / math.sqrt(system.eta)


def _mirrored(system: TwoPhotonResonator, points: ComplexArray) -> ComplexArray:
    """α, or α* for Δ < 0."""
    return points if system.Delta >= 0.0 else np.conj(points)


def _root_and_logarithms(
    system: TwoPhotonResonator, points: ComplexArray
) -> tuple[ComplexArray, ComplexArray, ComplexArray, ComplexArray]:
    """r, ln r, ln(r - δ) and ln(r + δ), Δ > 0, on their cuts the limits from the first and third quadrant."""
    g, delta = system.G / system.eta, abs(system.Delta) / system.eta
    # Not points**2, whose zeros have either sign. In the lower half plane of α² all four are conjugates.
    imaginary = 2.0 * g * points.real * points.imag
    square = np.empty(points.shape, dtype=np.complex128)
    square.real = g * (points.real - points.imag) * (points.real + points.imag)
    square.imag = np.abs(imaginary)
    below = np.zeros(points.shape, dtype=np.complex128)
    below.real = 4.0 * square.real - delta**2
    below.imag = 4.0 * square.imag
    root = -1j * np.sqrt(below)
    upper = root + delta
    with np.errstate(divide="ignore", invalid="ignore"):
        log_root, log_upper = np.log(root), np.log(upper)
        # r - δ = -4gα²/(r + δ) does not cancel near 0.
        log_lower = np.log(4.0 * square) - 1j * math.pi - log_upper
    lower_half = imaginary < 0.0
    conjugated = (
        np.where(lower_half, np.conj(part), part) for part in (root, log_root, log_lower, log_upper)
    )
    first, second, third, fourth = conjugated
    return first, second, third, fourth
