"""Keldysh Hamiltonian of the two-photon resonator, and the momentum on its escape path in closed form.

    L(α, χ) = iΔ(αχ - α*χ*) + G(α*χ + αχ*) - η[α*α²χ + c.c. + χ*χ²α + c.c. - 4|α|²|χ|²],  dα/dt = ∂L/∂χ,  dχ/dt = -∂L/∂α

(the first term in the bracket of the printed (19), α*αχχ*, is a misprint). With q = (Re α, Im α), χ = (p₁ - ip₂)/4, H = 2L:

    H(q, p) = p.f(q) + (η/2)|q|²|p|² + w |p|² p.q,     S = ∫ p.dq,     rates ~ e^{-S}
    w = -η/16 for full Keldysh, 0 for truncated Wigner with D = |α|²; f the mean-field drift (20) without one-photon loss.

On the escape path χ is a function of α, χ = ½ ∂Φ/∂α with Φ the effective potential:

    χ = α* + i(Δ - sign(Δ) r)/(2ηα),   r = sqrt(Δ² - 4ηGα²)                 full Keldysh, (29)
    p_θ = -(2/η)(Δ - G sin 2θ),  p.q = 0                                     truncated Wigner, ours

Mylnikov, Potashin, Kamenev, "Qubit decoherence in dissipative two-photon resonator: real-time instantons and
Wigner function", Eqs. (18), (19) as corrected, (29).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from wellhop.analysis.keldysh import WeakNoiseModel
from wellhop.engine.errors import ParameterError
from wellhop.engine.systems.two_photon_resonator import TwoPhotonResonator

RealArray = npt.NDArray[np.float64]
ComplexArray = npt.NDArray[np.complex128]


@dataclass(frozen=True)
class ResonatorHamiltonian:
    """H(q, p) of the two-photon resonator in the form that Newton's method takes.

    Attributes:
        G, Delta, eta: of the model. vertex: w, the coefficient of |p|² p.q.
    """

    G: float
    Delta: float
    eta: float
    vertex: float

    @classmethod
    def of(cls, system: TwoPhotonResonator, model: WeakNoiseModel) -> ResonatorHamiltonian:
        """The Hamiltonian of full Keldysh, or of truncated Wigner with D = |α|² (``"twa"``).

        Raises:
            ParameterError: κ₁ > 0, or an unknown model.

        >>> ResonatorHamiltonian.of(TwoPhotonResonator(4.0, 1.0), "keldysh").vertex
        -0.0625
        """
        if model not in ("twa", "keldysh"):
            raise ParameterError("model", model, "'twa' (Langevin exponent) or 'keldysh' (quantum exponent)")
        if system.kappa_1 != 0.0:
            raise ParameterError("kappa_1", system.kappa_1, "0 for an instanton of two-photon loss alone")
        vertex = -system.eta / 16.0 if model == "keldysh" else 0.0
        return cls(system.G, system.Delta, system.eta, vertex)

    def drift_at(self, q: RealArray) -> RealArray:
        """f(q), (2,)."""
        out: RealArray = self.drifts(q[None])[0]
        return out

    def jacobian_at(self, q: RealArray) -> RealArray:
        """∂f/∂q, (2, 2)."""
        out: RealArray = self._jacobians(q[None])[0]
        return out

    def noise_at(self, q: RealArray) -> float:
        """D(q) = (η/2)|q|²; it vanishes at the saddle."""
        return 0.5 * self.eta * float(q @ q)

    def drifts(self, q: RealArray) -> RealArray:
        """F at the rows of q (n, 2)."""
        u, v = q[:, 0], q[:, 1]
        loss = self.eta * (u * u + v * v)
        return np.stack(
            [self.G * u - self.Delta * v - loss * u, self.Delta * u - self.G * v - loss * v], axis=1
        )

    def energy_at(self, states: RealArray) -> RealArray:
        """H of states (n, 4), zero on an instanton."""
        q, p = states[:, :2], states[:, 2:4]
        square, stretch = np.sum(p * p, axis=1), np.sum(p * q, axis=1)
        noise = 0.5 * self.eta * np.sum(q * q, axis=1) * square
        out: RealArray = np.sum(p * self.drifts(q), axis=1) + noise + self.vertex * square * stretch
        return out

    def linearised(self, states: RealArray) -> tuple[RealArray, RealArray]:
        """Flow (n, 4) of states (q, p), (∂H/∂p, -∂H/∂q), and its derivatives (n, 4, 4)."""
        q, p = states[:, :2], states[:, 2:4]
        w, one = self.vertex, np.eye(2)
        distance, square, stretch = (np.sum(a * b, axis=1) for a, b in ((q, q), (p, p), (p, q)))
        jacobian = self._jacobians(q)
        turned = np.einsum("nji,nj->ni", jacobian, p)
        spread = self.eta * distance + 2.0 * w * stretch
        flow = np.concatenate(
            [
                self.drifts(q) + spread[:, None] * p + (w * square)[:, None] * q,
                -turned - (self.eta * square)[:, None] * q - (w * square)[:, None] * p,
            ],
            axis=1,
        )
        pp, pq = _outer(p, p), _outer(p, q)
        qp = pq.transpose(0, 2, 1)
        matrix = np.empty((len(q), 4, 4))
        mixed = jacobian + 2.0 * self.eta * pq + 2.0 * w * pp + (w * square)[:, None, None] * one
        matrix[:, :2, :2] = mixed
        matrix[:, :2, 2:] = spread[:, None, None] * one + 2.0 * w * (pq + qp)
        bend = 2.0 * stretch + square
        matrix[:, 2:, :2] = self.eta * (2.0 * (qp + pq) + (bend - 2.0 * square)[:, None, None] * one)
        matrix[:, 2:, 2:] = -mixed.transpose(0, 2, 1)
        return flow, matrix

    def _jacobians(self, q: RealArray) -> RealArray:
        """∂f/∂q at the rows of q, (n, 2, 2)."""
        loss = 2.0 * self.eta * _outer(q, q) + self.eta * np.sum(q * q, axis=1)[:, None, None] * np.eye(2)
        out: RealArray = np.array([[self.G, -self.Delta], [self.Delta, -self.G]]) - loss
        return out


def escape_momentum(system: TwoPhotonResonator, model: WeakNoiseModel, alpha: npt.ArrayLike) -> ComplexArray:
    """χ on the escape path as a function of α; (29) for full Keldysh, ours for truncated Wigner.

    (29) holds where Re α Im α has the sign of Δ, which the path never leaves; elsewhere the cut of r lies.

    Args:
        system: |Δ| < G, κ₁ = 0. model: ``"keldysh"`` or ``"twa"``. alpha: any shape.

    Returns:
        χ of the shape of alpha.

    Raises:
        ParameterError: κ₁ > 0, or an unknown model. PredictionError: |Δ| >= G.

    >>> system = TwoPhotonResonator(4.0, 1.0)
    >>> bool(abs(escape_momentum(system, "keldysh", system.alpha0)) < 1e-15)
    True
    """
    _, h = system.s, ResonatorHamiltonian.of(system, model)
    a = np.asarray(alpha, dtype=np.complex128)
    if model == "keldysh":
        sign = 1.0 if h.Delta >= 0.0 else -1.0
        root = np.sqrt(h.Delta**2 - 4.0 * h.eta * h.G * a**2)
        # Δ - sign(Δ) r = sign(Δ) 4ηGα²/(|Δ| + r), without cancellation and without a pole at α = 0.
        return np.asarray(a.conj() + 2j * sign * h.G * a / (abs(h.Delta) + root), dtype=np.complex128)
    # p = p_θ (-v, u)/|α|², hence χ = (p₁ - ip₂)/4 = -i p_θ α*/(4|α|²).
    turning = -(2.0 / h.eta) * (h.Delta - h.G * 2.0 * a.real * a.imag / np.abs(a) ** 2)
    return np.asarray(-0.25j * turning / a, dtype=np.complex128)


def _outer(a: RealArray, b: RealArray) -> RealArray:
    """Products a bᵀ of the rows, (n, 2, 2)."""
    return a[:, :, None] * b[:, None, :]
