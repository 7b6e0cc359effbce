"""Closed forms of the two-photon-driven Kerr oscillator for U -> 0: actions, phase boundaries, linear noise.

Rates go as exp(-S/U). Two exponents exist and differ: S^Q of the quantum model, exact at zero temperature
with one-photon loss only, and S of the truncated Wigner (MSRJD) equation, which has no closed form; the
ansatz below approximates the latter. With F = ln[((Δ+x)² + γ²)/ε²] along the ladder of scaled photon
numbers, S_vac^Q = ∫_0^{n_s} F dx and S_bright^Q = -∫_{n_s}^{n_b} F dx.

Classical variables: q = 2 sqrt(U/γ)(Re α, Im α), dq = f dt + sqrt(2U) dW, weight exp(-S/U) with H = |p|² + p·f,

    f = -(γ + (Δ + (γ/4)|q|²) J + ε M) q,      J = [[0,-1],[1,0]],  M = [[0,1],[1,0]].

The coefficient is γ/4 with this noise; Eq. (4) of the paper prints γ/2, which halves every action.

Sépulcre, "Analytical phase boundary of a quantum driven-dissipative Kerr oscillator from classical
stochastic instantons", Eqs. (3)-(11).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.linalg import solve_continuous_lyapunov
from scipy.optimize import brentq

from wellhop.engine.errors import ParameterError, PredictionError
from wellhop.engine.oscillator import finite_real
from wellhop.engine.systems.kerr_two_photon_drive import KerrTwoPhotonDrive, Kind

RealMatrix = npt.NDArray[np.float64]

#: Rotation by a quarter turn, and the mirror that carries the two-photon drive.
J: RealMatrix = np.array([[0.0, -1.0], [1.0, 0.0]])
M: RealMatrix = np.array([[0.0, 1.0], [1.0, 0.0]])


@dataclass(frozen=True)
class WellActions:
    """Exponents S of the rates exp(-S/U), unit of a rate (as U).

    Attributes:
        vacuum: out of the vacuum. bright: out of a bright state.
    """

    vacuum: float
    bright: float


def quantum_actions(system: KerrTwoPhotonDrive) -> WellActions:
    """S^Q, the exact quantum exponents for one-photon loss into a vacuum bath.

    S_vac = 2(Δ + s) - 2γ[atan(s/γ) + atan(Δ/γ)] - Δ ln((Δ² + γ²)/ε²), S_bright = 4(s - γ atan(s/γ)).

    Raises:
        PredictionError: no bistability.

    >>> found = quantum_actions(KerrTwoPhotonDrive(-10.0, 3.2, 1.0))
    >>> round(found.vacuum, 7), round(found.bright, 7)
    (9.4039727, 7.1470568)
    """
    system.require_bistable("actions")
    d, g, s = system.delta, system.gamma, system.s
    turns = 2.0 * g * (np.arctan(s / g) + np.arctan(d / g))
    vacuum = 2.0 * (d + s) - turns - 2.0 * d * np.log(system.critical_drive / system.eps)
    return WellActions(float(vacuum), float(4.0 * (s - g * np.arctan(s / g))))


def ansatz_actions(system: KerrTwoPhotonDrive) -> WellActions:
    """Actions of the locked-angle ansatz, the two sides of Eq. (11).

    The curl part is measured from the starting fixed point: its value and symmetric Jacobian there are kept,
    the rest is dropped. D = 2s - Δ, X = sqrt(Δ² - s²)/ε:

        S_vac = -Δ(Δ+s)²/(γ²+Δ²),      S_bright = -(4s/(γ²+D²)) [s² - (Δ - s + γX)²]

    They lie 9-23 % (vacuum) and 20-42 % (bright) below the truncated-Wigner actions, about half of S^Q.

    Raises:
        PredictionError: no bistability.

    >>> found = ansatz_actions(KerrTwoPhotonDrive(-10.0, 3.2, 1.0))
    >>> round(found.vacuum, 5), round(found.bright, 5)
    (4.79656, 4.31062)
    """
    system.require_bistable("ansatz actions")
    d, g, s = system.delta, system.gamma, system.s
    x = np.sqrt(max((d - s) * (d + s), 0.0)) / system.eps
    prefactor = -4.0 * s / (g**2 + (2.0 * s - d) ** 2)
    vacuum = -d * (d + s) ** 2 / system.critical_drive**2
    return WellActions(float(vacuum), float(prefactor * (s**2 - (d - s + g * x) ** 2)))


def naive_bright_action(system: KerrTwoPhotonDrive) -> float:
    """The ansatz with the curl part split about the origin, -(4s/(γ²+D²)) ΔD; gives a wrong boundary.

    Raises:
        PredictionError: no bistability.
    """
    system.require_bistable("ansatz actions")
    width = 2.0 * system.s - system.delta
    return float(-4.0 * system.s / (system.gamma**2 + width**2) * system.delta * width)


def quantum_boundary(delta: float, gamma: float = 1.0) -> float:
    """Drive ε at which vacuum and bright states weigh the same for U -> 0: S_vac^Q = S_bright^Q.

    For Δ -> -inf, ε/|Δ| -> W(1/e) = 0.278465.

    Raises:
        PredictionError: delta >= 0, no bistability. ParameterError: not finite numbers.

    >>> round(quantum_boundary(-10.0), 7)
    3.4858791
    """
    return _balance(quantum_actions, delta, gamma)


def ansatz_boundary(delta: float, gamma: float = 1.0) -> float:
    """The same by the ansatz, Eq. (11); within 5 % of the exact one for |Δ| <= 10.9 γ only.

    Raises:
        PredictionError: delta >= 0, no bistability. ParameterError: not finite numbers.

    >>> round(ansatz_boundary(-10.0), 7)
    3.3411036
    """
    return _balance(ansatz_actions, delta, gamma)


def bistable_point(delta: float, gamma: float, U: float = 1.0) -> KerrTwoPhotonDrive:
    """A system in the middle of the bistable range γ < ε < sqrt(γ² + Δ²) at this detuning.

    Raises:
        PredictionError: delta >= 0, there is no such range. ParameterError: not finite numbers.
    """
    d = finite_real("delta", delta)
    g = finite_real("gamma", gamma, minimum=0.0, strict=True)
    edge = float(np.hypot(g, d))
    if d >= 0.0 or not edge > g:
        raise PredictionError(f"phase boundary: no bistability at delta = {d:g}; use delta < 0")
    return KerrTwoPhotonDrive(d, 0.5 * (g + edge), U, g)


def _balance(actions: Callable[[KerrTwoPhotonDrive], WellActions], delta: float, gamma: float) -> float:
    """Drive at which both actions agree; the difference changes sign once."""
    middle = bistable_point(delta, gamma)
    low, high = middle.gamma, middle.critical_drive
    margin = 1e-9 * (high - low)

    def difference(eps: float) -> float:
        found = actions(replace(middle, eps=eps))
        return found.vacuum - found.bright

    return float(brentq(difference, low + margin, high - margin, xtol=1e-14 * high, rtol=1e-13))


def locking_angle(system: KerrTwoPhotonDrive, scaled_photons: Any) -> Any:
    """θ_s = 2 atan2(γ, Δ + 2n), the angle between momentum and drift where the drift is linear.

    Args:
        system: the parameters.
        scaled_photons: n = U|α|² = (γ/4)|q|² >= 0, number or array.

    Returns:
        θ_s in (0, 2π); it passes through π at n = -Δ/2. Exact for linear f, with p = (e^{θJ} - 1) f/2.

    >>> system = KerrTwoPhotonDrive(-10.0, 3.2, 1.0)
    >>> round(locking_angle(system, system.n_b), 4), round(locking_angle(system, 0.0) - 2.0 * np.pi, 4)
    (0.1242, -0.1993)
    """
    n = np.asarray(scaled_photons, dtype=np.float64)
    if not np.all(np.isfinite(n)) or np.any(n < 0.0):
        raise ParameterError("scaled_photons", scaled_photons, "finite numbers >= 0")
    angle = 2.0 * np.arctan2(system.gamma, system.delta + 2.0 * n)
    return float(angle) if angle.ndim == 0 else angle


def scaled_amplitude(system: KerrTwoPhotonDrive, kind: Kind) -> npt.NDArray[np.float64]:
    """(2,) q = 2 sqrt(U/γ)(Re α, Im α) of a fixed point; it does not depend on U."""
    alpha = system.amplitude(kind)
    return np.array([alpha.real, alpha.imag]) * (2.0 * float(np.sqrt(system.U / system.gamma)))


def drift_jacobian(system: KerrTwoPhotonDrive, kind: Kind = "vacuum") -> RealMatrix:
    """(2, 2) ∂f/∂q at a fixed point, unit of a rate.

    >>> drift_jacobian(KerrTwoPhotonDrive(-10.0, 3.2, 1.0)).tolist()
    [[-1.0, -13.2], [6.8, -1.0]]
    """
    q = scaled_amplitude(system, kind)
    turning = system.delta + 0.25 * system.gamma * float(q @ q)
    linear = system.gamma * np.eye(2) + turning * J + system.eps * M
    out: RealMatrix = -linear - 0.5 * system.gamma * np.outer(J @ q, q)
    return out


def linear_covariance(system: KerrTwoPhotonDrive, kind: Kind = "vacuum") -> RealMatrix:
    """(2, 2) Σ with A Σ + Σ Aᵀ + 2 = 0; the covariance of q near a stable fixed point is U Σ.

    Raises:
        PredictionError: the fixed point is not stable, or does not exist.

    >>> linear_covariance(KerrTwoPhotonDrive(-10.0, 3.2, 1.0)).round(8).tolist()
    [[1.46540326, -0.03525782], [-0.03525782, 0.7602468]]
    """
    a = drift_jacobian(system, kind)
    if np.linalg.eigvals(a).real.max() >= 0.0:
        raise PredictionError(f"covariance: the {kind} state is not stable at these parameters")
    sigma = solve_continuous_lyapunov(a, -2.0 * np.eye(2))
    out: RealMatrix = 0.5 * (sigma + sigma.T)
    return out


def amplitude_covariance(system: KerrTwoPhotonDrive, kind: Kind = "vacuum") -> RealMatrix:
    """(2, 2) symmetrised covariance of (Re α, Im α), (γ/4) Σ: independent of U, exact for U -> 0."""
    out: RealMatrix = 0.25 * system.gamma * linear_covariance(system, kind)
    return out


def pseudo_potential_hessian(system: KerrTwoPhotonDrive) -> RealMatrix:
    """(2, 2) Hessian of the pseudo-potential of the vacuum, Eq. (10): (e^{θJ} - 1)A/2 = Σ⁻¹ at θ = θ_s(0).

    Written out with ν = sqrt(γ² + Δ²), φ = θ/2 - π/2: cos φ (ν + ε M e^{-φJ}); the stationary density is
    exp(-q·Hess·q/(2U)).

    Raises:
        PredictionError: the vacuum is not stable.
    """
    if system.region == "cat":
        raise PredictionError(
            f"pseudo-potential: the vacuum is unstable for eps > {system.critical_drive:.10g}; use a smaller eps"
        )
    phi = np.arctan2(system.gamma, system.delta) - 0.5 * np.pi
    turned = np.cos(phi) * np.eye(2) - np.sin(phi) * J
    out: RealMatrix = np.cos(phi) * (system.critical_drive * np.eye(2) + system.eps * M @ turned)
    return out
