"""Driven anharmonic qubit, as a harmonic mode, coupled to one coherent two-level defect (TLS).

Full model, frame rotating with the drive ("drive frame"), ω_d the drive frequency:

    H = Δ_d a†a + (Δ_d - Δ_c) σ₊σ₋ + g (a† σ₋ + a σ₊) + Ω (a + a†)
    sqrt(2γ_c(1-ν)) σ₋,  sqrt(2γ_c ν) σ₊,      ν = 1/(exp(ω_c/T) + 1),  ν̄ = 1/2 - ν

γ_c is the decay rate of the TLS COHERENCE, its population decays at 2γ_c. Tracing the TLS out (g ≪ γ_c) leaves a damped, driven
mode with γ = 2g²γ_c/(γ_c² + Δ_c²), amplitude decay s = ν̄γ, bath occupation n_th = ν/(2ν̄) and a force from the TLS, η:

    drive frame             H = Δ_d a†a + (Ω' a† + h.c.),  Ω' = Ω + i(η - s α_d),   sqrt(γ(1-ν)) a,  sqrt(γν) a†
    displaced drive frame   b = a + α_d, α_d = Ω/Δ_d:  H = Δ_d b†b + i(η b† - η* b), same jumps            (3)
    qubit frame             μ(t) = e^{iΔ_d t} <a> of the drive frame

Linear: one attractor, nothing switches. Every moment and distribution is known in closed form, which makes the model a
calibration of both engines.

Wang, You, Ian, on the decoherence of a driven superconducting qubit coupled to a coherent two-level system, Eqs. (1)-(11).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from wellhop.engine.errors import ParameterError
from wellhop.engine.lindblad import LindbladModel
from wellhop.engine.oscillator import Oscillator, finite_real

TWO_PI = 2.0 * math.pi
#: ħ/k_B for rates in rad/us and temperatures in mK, from h and k_B, which are exact in the SI.
_HBAR_OVER_K = 6.62607015e-34 / TWO_PI / 1.380649e-23 * 1e6 * 1e3


@dataclass(frozen=True)
class DrivenQubitTLS:
    """Parameters of the driven qubit with a defect. Frequencies are the paper's f = (angular rate)/2π in MHz; times in us.

    All derived rates (``gamma``, ``s``, ``eta`` ...) are angular, rad/us.

    Args:
        Delta_d: (ω_q' - ω_d)/2π, MHz, any sign; 0 is allowed where only the finite combinations appear.
        Omega: drive Ω/2π, MHz, >= 0.
        Delta_c: (ω_q' - ω_c)/2π, MHz.
        g: coupling g/2π > 0, MHz. gamma_c: TLS coherence decay rate γ_c/2π > 0, MHz.
        omega_q: ω_q'/2π > 0, MHz; with Delta_c it sets the thermal weight ν.
        T: temperature, mK, > 0.
        alpha_0: amplitude of the coherent state at t = 0, >= 0 and real in the drive frame.

    Raises:
        ParameterError: a parameter is not a finite number or outside its range.

    >>> system = DrivenQubitTLS(Delta_d=-0.37, Omega=0.1)
    >>> print(f"{system.gamma:.5f} {system.s:.6f} {system.eta:.6f}")
    1.98658 0.993291 -0.254501
    """

    Delta_d: float
    Omega: float
    Delta_c: float = 0.11
    g: float = 0.4
    gamma_c: float = 1.0
    omega_q: float = 4500.0
    T: float = 10.0
    alpha_0: float = 1.0

    name: ClassVar[str] = "driven_qubit_tls"
    title: ClassVar[str] = "Driven qubit with a two-level defect"
    reference: ClassVar[str] = (
        "Wang, You, Ian: on the decoherence of a driven superconducting qubit with a coherent two-level defect"
    )
    attractors: ClassVar[tuple[str, ...]] = ("limit cycle",)
    order_parameter: ClassVar[str] = "none: one attractor, nothing switches"
    symmetric: ClassVar[bool] = False

    def __post_init__(self) -> None:
        """Check every parameter."""
        free, may_vanish = ("Delta_d", "Delta_c"), ("Omega", "alpha_0")
        for name in (*free, *may_vanish, "g", "gamma_c", "omega_q", "T"):
            minimum = -np.inf if name in free else 0.0
            strict = name not in (*free, *may_vanish)
            value = finite_real(name, getattr(self, name), minimum=minimum, strict=strict)
            if abs(value) > 1e12 or (strict and value < 1e-12):
                raise ParameterError(name, value, "a number of size 1e-12 ... 1e+12")
            object.__setattr__(self, name, value)
        if not self.omega_c > 0.0:
            raise ParameterError(
                "Delta_c", self.Delta_c, f"a number < omega_q = {self.omega_q:g}, so that omega_c > 0"
            )

    @property
    def delta_d(self) -> float:
        """Δ_d, rad/us."""
        return TWO_PI * self.Delta_d

    @property
    def delta_c(self) -> float:
        """Δ_c, rad/us."""
        return TWO_PI * self.Delta_c

    @property
    def drive(self) -> float:
        """Ω, rad/us."""
        return TWO_PI * self.Omega

    @property
    def coupling(self) -> float:
        """g, rad/us."""
        return TWO_PI * self.g

    @property
    def coherence_decay(self) -> float:
        """γ_c, rad/us, of the TLS coherence; its population decays at twice that."""
        return TWO_PI * self.gamma_c

    @property
    def omega_c(self) -> float:
        """TLS frequency ω_c, rad/us."""
        return TWO_PI * (self.omega_q - self.Delta_c)

    @property
    def nu(self) -> float:
        """Thermal weight of the excited TLS, ν = 1/(exp(ħω_c/k_B T) + 1).

        >>> f"{DrivenQubitTLS(-0.37, 0.1).nu:.4e} {DrivenQubitTLS(-0.37, 0.1, T=150.0).nu:.6f}"
        '4.1778e-10 0.191586'
        """
        x = _HBAR_OVER_K * self.omega_c / self.T
        return math.exp(-x) / (1.0 + math.exp(-x)) if x < 700.0 else 0.0

    @property
    def nu_bar(self) -> float:
        """ν̄ = 1/2 - ν = tanh(ħω_c/2k_BT)/2, without cancellation for a hot bath."""
        return 0.5 * math.tanh(0.5 * _HBAR_OVER_K * self.omega_c / self.T)

    @property
    def n_th(self) -> float:
        """Occupation of the effective bath, ν/(2ν̄): the Bose function at ω_c."""
        return self.nu / (2.0 * self.nu_bar)

    @property
    def gamma(self) -> float:
        """γ = 2g²γ_c/(γ_c² + Δ_c²), rad/us."""
        return 2.0 * self.coupling**2 * self.coherence_decay / (self.coherence_decay**2 + self.delta_c**2)

    @property
    def s(self) -> float:
        """Amplitude decay ν̄γ, rad/us."""
        return self.nu_bar * self.gamma

    @property
    def alpha_d(self) -> float:
        """Displacement Ω/Δ_d of the displaced drive frame; it carries the sign of Δ_d.

        Raises:
            ParameterError: Δ_d = 0, where that frame does not exist.
        """
        if self.Delta_d == 0.0:
            raise ParameterError(
                "Delta_d",
                0.0,
                "a number other than 0 for the displaced drive frame",
                "alpha_d = Omega/Delta_d diverges; the drive frame has a finite limit",
            )
        return self.Omega / self.Delta_d

    @property
    def force_mismatch(self) -> float:
        """η - s α_d, rad/us, finite for Δ_d -> 0: the part of the force that a flat bath would not have; from (4).

        The 1/Δ_d is taken out of η/α_d - s analytically: every term of it has a factor Δ_d.
        """
        width, detuning, offset = self.coherence_decay, self.delta_c, self.delta_d
        flat = width**2 + detuning**2
        plus, minus = width**2 + (detuning + offset) ** 2, width**2 + (detuning - offset) ** 2
        # 1/plus - 1/flat = -Δ_d (2Δ_c + Δ_d)/(plus flat), 1/minus - 1/flat = +Δ_d (2Δ_c - Δ_d)/(minus flat)
        per_offset = -(1.0 - self.nu) * (2.0 * detuning + offset) / (plus * flat) - self.nu * (
            2.0 * detuning - offset
        ) / (minus * flat)
        return self.drive * self.coupling**2 * width * per_offset

    @property
    def eta(self) -> float:
        """Force η of the TLS in the displaced drive frame, rad/us; (4) with its real coefficients.

        Raises:
            ParameterError: Δ_d = 0.
        """
        return self.s * self.alpha_d + self.force_mismatch

    @property
    def effective_drive(self) -> complex:
        """Ω' = Ω + i(η - s α_d), rad/us: the drive that makes the drive frame equivalent to (3)."""
        return complex(self.drive, self.force_mismatch)

    @property
    def mu_ss(self) -> complex:
        """<a> of the steady state in the drive frame, -iΩ'/(s + iΔ_d) = η/(s + iΔ_d) - α_d; (10) with a minus, not a product.

        >>> DrivenQubitTLS(-0.37, 0.1).mu_ss.__format__(".6f")
        '0.230717-0.092574j'
        """
        return -1j * self.effective_drive / complex(self.s, self.delta_d)

    def oscillator(self) -> Oscillator:
        """Reduced model in the drive frame: detuning Δ_d, drive_1 = Ω', kappa_1 = 2s, n_thermal = n_th."""
        return Oscillator(
            detuning=self.delta_d, drive_1=self.effective_drive, kappa_1=2.0 * self.s, n_thermal=self.n_th
        )

    def default_cutoff(self) -> int:
        """Fock states for the reduced model: the largest |<a>|² on the way, 9 standard deviations and the thermal tail.

        >>> DrivenQubitTLS(-0.37, 0.1).default_cutoff()
        24
        """
        reach = (
            (self.alpha_0 + 2.0 * abs(self.mu_ss))
            if self.alpha_0 < abs(self.mu_ss)
            else self.alpha_0 + abs(self.mu_ss)
        )
        photons = reach**2
        thermal = 30.0 / math.log1p(1.0 / self.n_th) if self.n_th > 0.0 else 0.0
        return max(
            24, math.ceil(photons + 9.0 * math.sqrt(photons * (1.0 + 2.0 * self.n_th)) + thermal + 8.0)
        )

    def lindblad(self, cutoff: int | None = None) -> LindbladModel:
        """The reduced model in Fock space, drive frame.

        Raises:
            ParameterError: the cutoff is not an integer >= 2.
        """
        if cutoff is None:
            return self.oscillator().lindblad(self.default_cutoff())
        if isinstance(cutoff, bool) or not isinstance(cutoff, (int, np.integer)) or cutoff < 2:
            raise ParameterError("cutoff", cutoff, "an integer >= 2")
        return self.oscillator().lindblad(int(cutoff))
