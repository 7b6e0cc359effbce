"""The one oscillator family behind every built-in system.

    H = detuning a†a + (kerr/2) a†²a² + [drive_1 a† + h.c.] + [(drive_2/2) a†² + h.c.],   ħ = 1
    dρ/dt = -i[H,ρ] + κ₁(1+n_th) D[a]ρ + κ₁ n_th D[a†]ρ + κ₂ D[a²]ρ + κ_φ D[a†a]ρ
    D[L]ρ = L ρ L† - ½{L†L, ρ}

Operators, mean-field drift and fixed points are all derived here, so that no two methods can disagree on a
convention.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import numpy.typing as npt

from wellhop.engine import fock
from wellhop.engine.errors import ParameterError
from wellhop.engine.lindblad import LindbladModel

ComplexMatrix = npt.NDArray[np.complex128]


def finite_real(name: str, value: Any, *, minimum: float = -np.inf, strict: bool = False) -> float:
    """Checked real parameter.

    Args:
        name: parameter name, for the message.
        value: what the user gave; bool and str are refused although Python would convert them.
        minimum: smallest allowed value.
        strict: ``minimum`` itself is refused.

    Raises:
        ParameterError: not a real number, not finite, or below the minimum.

    >>> finite_real("kappa", 0.1, minimum=0.0, strict=True)
    0.1
    """
    sign = ">" if strict else ">="
    allowed = "a finite real number" + (f" {sign} {minimum:g}" if np.isfinite(minimum) else "")
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, (int, float, np.integer, np.floating)):
        raise ParameterError(name, value, allowed)
    if not np.isfinite(value) or value < minimum or (strict and value == minimum):
        raise ParameterError(name, value, allowed)
    return float(value)


def _finite_complex(name: str, value: Any) -> complex:
    """Checked complex parameter."""
    if isinstance(value, (complex, np.complexfloating)) and np.isfinite(value):
        return complex(value)
    if isinstance(value, (complex, np.complexfloating)):
        raise ParameterError(name, value, "a finite complex number")
    return complex(finite_real(name, value))


@dataclass(frozen=True)
class FixedPoint:
    """A zero of the mean-field drift.

    Attributes:
        alpha: complex amplitude.
        eigenvalues: the two eigenvalues of the linearised drift there, unit of a rate.
    """

    alpha: complex
    eigenvalues: tuple[complex, complex]

    @property
    def stable(self) -> bool:
        """Whether small deviations decay."""
        return max(e.real for e in self.eigenvalues) < 0.0


@dataclass(frozen=True)
class Oscillator:
    """A driven, damped Kerr oscillator.

    Args:
        detuning, kerr: real, unit of a rate (as all of the following).
        drive_1: complex one-photon drive. drive_2: complex two-photon drive.
        kappa_1: one-photon loss rate >= 0, thermal occupation ``n_thermal`` >= 0 (dimensionless).
        kappa_2: two-photon loss rate >= 0. kappa_phi: dephasing rate >= 0.

    Raises:
        ParameterError: a parameter is not a number, not finite, or a negative rate.

    >>> cat = Oscillator(kerr=-2.0, drive_2=8.0, kappa_1=0.1)
    >>> [round(p.alpha.real, 3) for p in cat.fixed_points() if p.stable]
    [-2.0, 2.0]
    """

    detuning: float = 0.0
    kerr: float = 0.0
    drive_1: complex = 0.0
    drive_2: complex = 0.0
    kappa_1: float = 0.0
    n_thermal: float = 0.0
    kappa_2: float = 0.0
    kappa_phi: float = 0.0

    def __post_init__(self) -> None:
        """Check and convert every field."""
        for field in fields(self):
            value = getattr(self, field.name)
            if field.name.startswith("drive"):
                object.__setattr__(self, field.name, _finite_complex(field.name, value))
            else:
                minimum = -np.inf if field.name in ("detuning", "kerr") else 0.0
                object.__setattr__(self, field.name, finite_real(field.name, value, minimum=minimum))

    def hamiltonian(self, n: int) -> ComplexMatrix:
        """Hamiltonian in n Fock states, (n, n) complex128, Hermitian.

        Every product is normal ordered and is therefore exact in each kept matrix element.
        """
        a = fock.annihilation(n)
        a2 = a @ a
        levels = np.arange(n, dtype=np.float64)
        driven = self.drive_1 * a.conj().T + 0.5 * self.drive_2 * a2.conj().T
        diagonal = np.diag(self.detuning * levels + 0.5 * self.kerr * levels * (levels - 1.0))
        out: ComplexMatrix = diagonal + driven + driven.conj().T
        return out

    def channels(self, n: int) -> list[tuple[str, ComplexMatrix]]:
        """Jump operators with non-zero rate, sqrt(rate) absorbed.

        Returns:
            (name, matrix) pairs in the order ``loss``, ``heating``, ``two_photon_loss``, ``dephasing``.
        """
        a = fock.annihilation(n)
        candidates = [
            ("loss", self.kappa_1 * (1.0 + self.n_thermal), a),
            ("heating", self.kappa_1 * self.n_thermal, fock.creation(n)),
            ("two_photon_loss", self.kappa_2, a @ a),
            ("dephasing", self.kappa_phi, fock.number(n)),
        ]
        return [(name, np.sqrt(rate) * op) for name, rate, op in candidates if rate > 0.0]

    def lindblad(self, n: int) -> LindbladModel:
        """The model in n Fock states.

        Raises:
            ParameterError: no channel has a non-zero rate.
        """
        channels = self.channels(n)
        if not channels:
            raise ParameterError(
                "kappa_1, kappa_2, kappa_phi", 0.0, "at least one rate > 0 for a dissipative model"
            )
        return LindbladModel(
            self.hamiltonian(n), tuple(op for _, op in channels), tuple(name for name, _ in channels)
        )

    def to_qutip(self, n: int) -> tuple[Any, list[Any]]:
        """(H, c_ops) as QuTiP operators, ready for ``qutip.mesolve``."""
        return self.lindblad(n).to_qutip()

    def mean_field_drift(self, alpha: complex) -> complex:
        """Drift of <a> with all moments factorised.

            dα/dt = -(i detuning + κ₁/2 + κ_φ/2) α - (i kerr + κ₂)|α|²α - i drive_2 α* - i drive_1

        The κ_φ/2 is the mean effect of phase diffusion (Itô); n_thermal does not enter the mean.
        """
        linear, cubic = self._coefficients()
        z = complex(alpha)
        return -(linear + cubic * abs(z) ** 2) * z - 1j * self.drive_2 * z.conjugate() - 1j * self.drive_1

    def linearised_eigenvalues(self, alpha: complex) -> tuple[complex, complex]:
        """Eigenvalues of the drift linearised at α (in the variables δα, δα*), unit of a rate."""
        linear, cubic = self._coefficients()
        own = -(linear + 2.0 * cubic * abs(alpha) ** 2)
        cross = -(cubic * alpha**2 + 1j * self.drive_2)
        root = np.sqrt(complex(abs(cross) ** 2 - own.imag**2))
        return complex(own.real + root), complex(own.real - root)

    def fixed_points(self) -> list[FixedPoint]:
        """All isolated zeros of :meth:`mean_field_drift`, ordered by real, then imaginary part of α.

        With A(n) = c₁ + c₃n, B = i drive_2, b = -i drive_1 the condition A α + B α* = b gives
        α = (A* b - B b*)/(|A|² - |B|²) and a polynomial in n = |α|²; without drive_1 it is α = 0 or
        |A(n)| = |B|. Each root is polished by Newton steps.
        """
        found: list[complex] = []
        for guess in self._fixed_point_guesses():
            z = self._polished(guess)
            scale = 1.0 + abs(z)
            if np.isfinite(abs(z)) and all(abs(z - other) > 1e-7 * scale for other in found):
                found.append(z)
        found.sort(key=lambda z: (round(z.real, 9), round(z.imag, 9)))
        return [FixedPoint(z, self.linearised_eigenvalues(z)) for z in found]

    def _coefficients(self) -> tuple[complex, complex]:
        """Linear and cubic coefficient c₁, c₃ of the drift -(c₁ + c₃|α|²)α."""
        return 1j * self.detuning + 0.5 * (self.kappa_1 + self.kappa_phi), 1j * self.kerr + self.kappa_2

    def _fixed_point_guesses(self) -> list[complex]:
        """Roots of the polynomial in |α|², as amplitudes."""
        linear, cubic = self._coefficients()
        pump, source = 1j * self.drive_2, -1j * self.drive_1
        gain = np.array(
            [abs(cubic) ** 2, 2.0 * (linear * cubic.conjugate()).real, abs(linear) ** 2 - abs(pump) ** 2]
        )
        if source == 0.0:
            guesses: list[complex] = [0.0 + 0.0j]
            for n in _positive_roots(gain) if pump != 0.0 else []:
                half = np.sqrt(complex(np.conj(-(linear + cubic * n) * n / pump)))
                guesses += [complex(half), complex(-half)]
            return guesses
        numerator = np.array(
            [cubic.conjugate() * source, linear.conjugate() * source - pump * source.conjugate()]
        )
        size = np.polymul(numerator, numerator.conj()).real
        polynomial = np.polysub(np.polymul(np.polymul(gain, gain), [1.0, 0.0]), size)
        guesses = []
        for n in _positive_roots(polynomial):
            denominator = float(np.polyval(gain, n))
            if denominator != 0.0:
                guesses.append(complex(np.polyval(numerator, n) / denominator))
        return guesses

    def _polished(self, guess: complex) -> complex:
        """Newton iteration on the drift, in (α, α*)."""
        linear, cubic = self._coefficients()
        z = guess
        for _ in range(8):
            drift = self.mean_field_drift(z)
            own = -(linear + 2.0 * cubic * abs(z) ** 2)
            cross = -(cubic * z**2 + 1j * self.drive_2)
            det = abs(own) ** 2 - abs(cross) ** 2
            if det == 0.0 or drift == 0.0:
                break
            z = z - (own.conjugate() * drift - cross * drift.conjugate()) / det
        return z


def _positive_roots(polynomial: npt.NDArray[np.float64]) -> list[float]:
    """Real roots > 0; nearly real ones count, since a double root is found as a close complex pair."""
    roots = np.roots(np.trim_zeros(polynomial, "f"))
    scale = max(1.0, float(np.abs(roots).max())) if roots.size else 1.0
    return [float(r.real) for r in roots if abs(r.imag) < 1e-6 * scale and r.real > 1e-12 * scale]
