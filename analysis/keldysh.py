"""The Kerr oscillator in scaled variables: its two weak-noise Hamiltonians.

With γ = κ₁/2 and q = 2 sqrt(|U|/γ) (Re α, Im α), U the Kerr coefficient, weights are exp(-S/|U|) and

    truncated Wigner:  H = D |p|² + p.f(q)
    full Keldysh:      H = D |p|² + p.f(q) + sign(U) (|p|²/4γ) p.Jq
    f(q) = -(γ + (δ + sign(U)(γ/4)|q|²) J + ε M) q - (one-photon drive),   D = 1 + 2 n_thermal

J = [[0, -1], [1, 0]], M = [[0, 1], [1, 0]]. The cubic term of H comes from the quantum vertex of the Kerr term (the third
derivatives of the Wigner equation). It is of leading order along an escape path, so the two exponents differ:
-|U| ln(rate) of the quantum model tends to the Keldysh action, that of Langevin trajectories to the Wigner one. Both hold with
thermal photons; the closed forms of the quantum actions need a vacuum bath.

Source: the coefficients follow from dα = -[γ + i(δ + U|α|²)]α dt - iε α* dt + sqrt(γ/2) dW; the model is that of
T. Sépulcre, "Analytical phase boundary of a quantum driven-dissipative Kerr oscillator from classical
stochastic instantons" (2025), with γ/4 where its Eq. (4) prints γ/2.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from wellhop.engine.errors import ParameterError
from wellhop.engine.oscillator import Oscillator, finite_real

RealArray = npt.NDArray[np.float64]
WeakNoiseModel = Literal["twa", "keldysh"]


@dataclass(frozen=True)
class ScaledOscillator:
    """Coefficients of H for an oscillator with linear loss; q is dimensionless, p and time in the user's unit.

    Attributes:
        gamma: amplitude loss rate κ₁/2 > 0.
        detuning: δ.
        drive_2, drive_1: complex drives; ``drive_1`` is the scaled one, 2 sqrt(|U|/γ) times that of the model.
        cubic: coefficient of |q|² in the rotation frequency; sign(U) γ/4 for the model.
        diffusion: D = 1 + 2 n_thermal.
        vertex: coefficient of |p|² p.Jq; sign(U)/(4γ) for full Keldysh, 0 for truncated Wigner.

    >>> ScaledOscillator.from_oscillator(Oscillator(detuning=-3, kerr=0.4, drive_2=1.8, kappa_1=2), "keldysh")
    ScaledOscillator(gamma=1.0, detuning=-3.0, drive_2=(1.8+0j), drive_1=0j, cubic=0.25, diffusion=1.0, vertex=0.25)
    """

    gamma: float
    detuning: float
    drive_2: complex
    drive_1: complex
    cubic: float
    diffusion: float
    vertex: float

    @classmethod
    def from_oscillator(cls, oscillator: Oscillator, model: WeakNoiseModel) -> ScaledOscillator:
        """Scaled coefficients of an oscillator.

        Args:
            oscillator: with kerr != 0 and kappa_1 > 0, and neither two-photon loss nor dephasing: those make the
                noise multiplicative, which these Hamiltonians do not describe.
            model: ``"twa"`` or ``"keldysh"``.

        Raises:
            ParameterError: outside that family, or an unknown model.
        """
        if model not in ("twa", "keldysh"):
            raise ParameterError("model", model, "'twa' (Langevin exponent) or 'keldysh' (quantum exponent)")
        for name in ("kappa_2", "kappa_phi"):
            if getattr(oscillator, name) != 0.0:
                raise ParameterError(name, getattr(oscillator, name), "0 (the noise has to be additive)")
        if oscillator.kappa_1 <= 0.0:
            raise ParameterError("kappa_1", oscillator.kappa_1, "a rate > 0")
        if oscillator.kerr == 0.0:
            raise ParameterError("kerr", 0.0, "a number other than 0", "a linear oscillator has one well")
        gamma, sign = 0.5 * oscillator.kappa_1, float(np.sign(oscillator.kerr))
        return cls(
            gamma=gamma,
            detuning=oscillator.detuning,
            drive_2=oscillator.drive_2,
            drive_1=oscillator.drive_1 * 2.0 * np.sqrt(abs(oscillator.kerr) / gamma),
            cubic=0.25 * sign * gamma,
            diffusion=1.0 + 2.0 * oscillator.n_thermal,
            vertex=0.25 * sign / gamma if model == "keldysh" else 0.0,
        )

    def coefficients(self) -> RealArray:
        """The parameter row of the compiled kernels."""
        return np.array(
            [
                self.diffusion,
                self.vertex,
                self.gamma,
                self.detuning,
                self.cubic,
                self.drive_2.real,
                self.drive_2.imag,
                self.drive_1.real,
                self.drive_1.imag,
            ]
        )

    def fixed_points(self) -> tuple[RealArray, RealArray]:
        """(attractors (a, 2), saddles (s, 2)) of the drift, as q; ordered by q₁, then q₂.

        In q = 2α the drift is that of a mean-field oscillator with Kerr coefficient 4 ``cubic``.
        """
        mean_field = Oscillator(
            detuning=self.detuning,
            kerr=4.0 * self.cubic,
            drive_1=0.5 * self.drive_1,
            drive_2=self.drive_2,
            kappa_1=2.0 * self.gamma,
        )
        stable, saddles = [], []
        for point in mean_field.fixed_points():
            growth = [e.real for e in point.eigenvalues]
            q = [2.0 * point.alpha.real, 2.0 * point.alpha.imag]
            if max(growth) < 0.0:
                stable.append(q)
            elif min(growth) < 0.0:
                saddles.append(q)
        return np.array(stable).reshape(-1, 2), np.array(saddles).reshape(-1, 2)


def two_photon_oscillator(*, delta: float, eps: float, gamma: float = 1.0) -> Oscillator:
    """H = δ n + (U/2) a†²a² + (ε/2)(a†² + a²) with loss rate 2γ, at U = γ; actions in scaled variables do not depend on U > 0.

    Raises:
        ParameterError: a value is not a finite number, or gamma is not positive.
    """
    loss = finite_real("gamma", gamma, minimum=0.0, strict=True)
    return Oscillator(
        detuning=finite_real("delta", delta),
        kerr=loss,
        drive_2=finite_real("eps", eps),
        kappa_1=2.0 * loss,
    )
