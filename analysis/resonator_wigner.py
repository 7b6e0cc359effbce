"""Exact stationary Wigner function of the two-photon resonator, its logarithm and its maxima.

    W₀(α) = N² e^{-2|α|²} |Ψ(α)|²,   Ψ(α) = 0F1(; 1/2 + iδ; gα²),   N² = 2/(πF)                      (4), (7)

with δ = Δ/η, g = G/η and ln F of :mod:`wellhop.analysis.resonator_moments`; ∫d²α W₀ = 1 with d²α = dRe α dIm α, hence
W₀(0) = (2/π)⟨P⟩. It equals e^{2 sqrt(g) α} 1F1(iδ; 2iδ; -4 sqrt(g) α) of the paper, but is even and branch-free at sight
and holds at Δ = 0. It is W of the mixture of even and odd parity that an infinitesimal one-photon loss selects.

Maxima solve α* = Ψ'/(2Ψ) and are none of the mean-field fixed points ±α₀: at G = 10, Δ = 7, η = 1 they lie at
(x, p) = ±(3.396, 1.446), the fixed points at ±(3.499, 1.429).

Mylnikov, Potashin, Kamenev, "Qubit decoherence in dissipative two-photon resonator: real-time instantons and
Wigner function", Eqs. (4)-(7); this form of Ψ, the norm and the maxima are ours.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from wellhop.analysis.hypergeometric_0f1 import log_0f1
from wellhop.analysis.resonator_moments import log_norm, require_no_one_photon_loss
from wellhop.engine.errors import ParameterError, PredictionError
from wellhop.engine.systems.two_photon_resonator import LARGEST, TwoPhotonResonator

ComplexArray = npt.NDArray[np.complex128]
RealArray = npt.NDArray[np.float64]

#: Steps towards a maximum, and the relative size below which a step that no longer shrinks is round-off.
_MOST_STEPS, _ARRIVED = 500, 1e-7


def log_wigner(system: TwoPhotonResonator, alpha: npt.ArrayLike) -> RealArray:
    """Logarithm of W₀(α) in the normalisation ∫d²α W₀ = 1; (4), (7).

    Right in relative terms of W₀ everywhere, in the interference of the second and fourth quadrants too, for any G/η that
    ends in a minute: 0.1 ms per point at G/η = 10, 10 ms at 300. W₀(-α) = W₀(α) halves the work of a map.

    Args:
        system: any Δ, κ₁ = 0. alpha: any shape.

    Returns:
        float64 of the shape of alpha.

    Raises:
        ParameterError: κ₁ > 0, or an α that is not finite. PredictionError: minutes of work, or G/η above 10^6; use
            :func:`wellhop.analysis.resonator_wkb.log_wigner_wkb`. Also at a zero of W₀.

    >>> round(float(np.exp(log_wigner(TwoPhotonResonator(10.0, 7.0), 1.0 + 1.0j))), 12)
    0.055474267453
    """
    points = checked_amplitudes(alpha)
    norm = math.log(2.0 / math.pi) - log_norm(system)
    psi = _log_psi(system, points, 0.5).real
    return np.asarray(norm - 2.0 * np.abs(points) ** 2 + 2.0 * psi, dtype=np.float64)


def wigner(system: TwoPhotonResonator, alpha: npt.ArrayLike) -> RealArray:
    """W₀(α) of the normalisation ∫d²α W₀ = 1; zero where it underflows. Arguments and errors as in :func:`log_wigner`.

    >>> print(f"{float(wigner(TwoPhotonResonator(10.0, 7.0), 1.0 - 1.0j)):.12e}")
    1.341239886091e-06
    """
    return np.asarray(np.exp(log_wigner(system, alpha)), dtype=np.float64)


def log_wigner_xp(system: TwoPhotonResonator, x: npt.ArrayLike, p: npt.ArrayLike) -> RealArray:
    """Logarithm of W₀(x, p) for the quadratures x = sqrt(2) Re α, p = sqrt(2) Im α with ∫dx dp W₀ = 1: half of W₀(α).

    Args:
        system: any Δ, κ₁ = 0. x, p: shapes that broadcast.

    Raises:
        ParameterError, PredictionError: as in :func:`log_wigner`.

    >>> system = TwoPhotonResonator(3.0, 1.0)
    >>> round(float(np.exp(log_wigner_xp(system, 0.0, 0.0))) * 2.0, 10)
    0.0238185621
    """
    alpha = (np.asarray(x, dtype=np.float64) + 1j * np.asarray(p, dtype=np.float64)) / math.sqrt(2.0)
    return log_wigner(system, alpha) - math.log(2.0)


def wigner_maximum(system: TwoPhotonResonator) -> complex:
    """The maximum of W₀ in Re α > 0; the other one is its mirror image -α. Ours.

    There is one exactly for G² > Δ² + η²/4; otherwise W₀ has its only maximum at 0.

    Args:
        system: κ₁ = 0.

    Returns:
        α, to round-off.

    Raises:
        ParameterError: κ₁ > 0. PredictionError: G² <= Δ² + η²/4, or minutes of work.

    >>> alpha = wigner_maximum(TwoPhotonResonator(10.0, 7.0))
    >>> print(f"x = {2**0.5 * alpha.real:.4f}, p = {2**0.5 * alpha.imag:.4f}")
    x = 3.3964, p = 1.4456
    """
    require_no_one_photon_loss(system, "the Wigner function")
    g, delta = system.G / system.eta, system.Delta / system.eta
    if g <= math.hypot(delta, 0.5):
        raise PredictionError(
            f"maxima of the Wigner function: only that at 0 at G/eta = {g:g}, Delta/eta = {delta:g}; "
            "use G^2 > Delta^2 + eta^2/4"
        )
    alpha, before = system.alpha0, math.inf
    for _ in range(_MOST_STEPS):
        slope = log_slope(system, alpha)
        bend = 4.0 * g - 2j * delta * slope / alpha - slope**2
        concave = abs(bend) < 2.0
        if concave:
            # Newton's step for Ψ'/Ψ - 2α* = 0.
            residual = slope - 2.0 * alpha.conjugate()
            step = -(bend.conjugate() * residual + 2.0 * residual.conjugate()) / (abs(bend) ** 2 - 4.0)
        else:
            # Elsewhere α -> (Ψ'/2Ψ)*, which a maximum attracts and a saddle repels.
            step = 0.5 * slope.conjugate() - alpha
        if concave and before <= abs(step) + 1e-16 * abs(alpha) and before <= _ARRIVED * abs(alpha):
            return alpha if alpha.real > 0.0 else -alpha
        alpha += step
        before = abs(step) if concave else math.inf
    raise PredictionError(
        f"maxima of the Wigner function: not reached at G/eta = {g:g}, Delta/eta = {delta:g}; "
        "use G^2 farther above Delta^2 + eta^2/4"
    )


def log_slope(system: TwoPhotonResonator, alpha: complex) -> complex:
    """Logarithmic derivative Ψ'/Ψ = (2gα/b) 0F1(; b + 1; gα²)/0F1(; b; gα²), b = 1/2 + iδ; ∂ ln W₀/∂α = Ψ'/Ψ - 2α*.

    Raises:
        ParameterError: α is not finite. PredictionError: minutes of work, or a zero of Ψ.

    >>> round(log_slope(TwoPhotonResonator(4.0, 0.0), 0.5).real, 9)  # 2 sqrt(g) tanh(2 sqrt(g) α)
    3.85611032
    """
    point = checked_amplitudes(alpha)
    b = complex(0.5, system.Delta / system.eta)
    ratio = np.exp(_log_psi(system, point, 1.5) - _log_psi(system, point, 0.5))
    return complex(2.0 * system.G / system.eta * alpha / b * complex(ratio))


def checked_amplitudes(alpha: npt.ArrayLike) -> ComplexArray:
    """The points of phase space as complex128.

    Raises:
        ParameterError: one of them is not finite, or so large that its square overflows.

    >>> checked_amplitudes([1, 2j]).tolist()
    [(1+0j), 2j]
    """
    points = np.asarray(alpha, dtype=np.complex128)
    allowed = np.isfinite(points) & (np.abs(points) <= LARGEST)
    if not np.all(allowed):
        raise ParameterError(
            "alpha", complex(points[~allowed][0]), f"finite complex numbers of size up to {LARGEST:g}"
        )
    return points


def _log_psi(system: TwoPhotonResonator, alpha: ComplexArray, real_b: float) -> ComplexArray:
    try:
        return log_0f1(complex(real_b, system.Delta / system.eta), system.G / system.eta * alpha**2)
    except PredictionError as error:
        raise PredictionError(
            f"Wigner function at G/eta = {system.G / system.eta:g}: {error}; log_wigner_wkb costs nothing"
        ) from error
