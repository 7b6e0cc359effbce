"""How far the reduced model of the driven qubit with a defect can be trusted, from closed forms beside it.

The reduction takes the defect (TLS) to follow at once (γ ≪ γ_c, g ≪ γ_c) and never to fill up. What is left out:

* memory. With the inversion frozen the amplitude and the TLS coherence are two linear modes, in the qubit frame
      λ² + (γ_c - iΔ_c)λ + 2ν̄g² = 0,
  whose slow one decays faster than s and turns; at g >= γ_c/2 and Δ_c = 0 they are two normal modes, and s means nothing.
* consistency of second order. F(D) = 2ν̄g²/(γ_c - iD) is complex: a Lamb shift sΔ_c/γ_c goes with s, which (3), (4) do not have.
* saturation. A TLS in a field |α| keeps 1/(1 + S) of its damping, S = γ|α|²/γ_c: it takes at most 2ν̄γ_c quanta per time, while
  (3) claims 2s|α|². In phase IV the limit cycle is far wider than |μ_ss|.
* anharmonicity. (1) has -χa†²a²; with the 100s of MHz of a transmon |α₀| = 1 dephases within ns. Nothing here contains χ.

Steady amplitudes in the drive frame with each of these; the last solves the Maxwell-Bloch equations and has |a| within 1 % of
the stationary full model, a itself within 4 %, at every point of Figs. 2, 3 and 5.

Wang, You, Ian, on the decoherence of a driven superconducting qubit coupled to a coherent two-level system, Eqs. (1), (2); all
formulas of this file are ours.
"""

from __future__ import annotations

import cmath
from dataclasses import dataclass

import numpy as np

from wellhop.engine.systems.driven_qubit_tls import TWO_PI, DrivenQubitTLS

#: γ/γ_c and S above which the reduced numbers are not set against a measurement of the full system; g/γ_c of the normal modes.
LARGEST_MEMORY, LARGEST_SATURATION, NORMAL_MODES = 0.5, 0.5, 0.5
#: Relative size of an imaginary part of a root that is round-off.
_REAL = 1e-7


def response(system: DrivenQubitTLS, detuning: float) -> complex:
    """F(D) = 2ν̄g²/(γ_c - iD), rad/us: damping and shift that the defect gives at a detuning D; Re F(Δ_c) = s.

    >>> system = DrivenQubitTLS(-0.37, 0.1)
    >>> abs(response(system, system.delta_c).real / system.s - 1.0) < 1e-15
    True
    """
    return 2.0 * system.nu_bar * system.coupling**2 / complex(system.coherence_decay, -detuning)


def linear_modes(system: DrivenQubitTLS) -> tuple[complex, complex]:
    """Exponents λ (slow, fast), rad/us, of amplitude and TLS coherence in the qubit frame, the inversion frozen.

    -Re λ of the slow one is what s stands for, Im λ its shift against ω_q'.

    >>> slow, _ = linear_modes(DrivenQubitTLS(-0.37, 0.1))
    >>> f"{-slow.real:.4f} {slow.imag:.4f}"
    '1.2056 -0.2152'
    """
    own = complex(system.coherence_decay, -system.delta_c)
    product = 2.0 * system.nu_bar * system.coupling**2
    root = cmath.sqrt(own * own - 4.0 * product)
    root = root if (root * own.conjugate()).real >= 0.0 else -root
    fast = -0.5 * (own + root)
    # not (own - root)/2, which cancels for weak coupling
    return product / fast, fast


def linear_steady(system: DrivenQubitTLS) -> complex:
    """<a> of the steady state for a drive so weak that nothing saturates, exact at any g/γ_c: -iΩ/(iΔ_d + F(Δ_c - Δ_d)).

    >>> round(abs(linear_steady(DrivenQubitTLS(-0.37, 0.1))), 6)
    0.299454
    """
    return -1j * system.drive / (1j * system.delta_d + response(system, system.delta_c - system.delta_d))


def second_order_steady(system: DrivenQubitTLS) -> complex:
    """<a> of the steady state of b' = -(iΔ_d + F(Δ_c)) b + α_d F(Δ_c - Δ_d), consistent to order g²; finite at Δ_d = 0.

    >>> round(abs(second_order_steady(DrivenQubitTLS(-0.37, 0.1))), 6)
    0.290937
    """
    at_qubit = response(system, system.delta_c)
    # α_d [F(Δ_c - Δ_d) - F(Δ_c)] with the 1/Δ_d taken out
    correction = at_qubit / complex(system.coherence_decay, system.delta_d - system.delta_c)
    return -1j * system.drive * (1.0 + correction) / (1j * system.delta_d + at_qubit)


def saturated_steady(system: DrivenQubitTLS) -> tuple[complex, ...]:
    """Steady <a> of the Maxwell-Bloch equations, ascending in size; three where they are bistable (the middle one unstable).

        a = -iΩ/(iΔ_d + F(Δ_c - Δ_d)/(1 + c|a|²)),     c = 2g²/(γ_c² + (Δ_c - Δ_d)²)

    a cubic in |a|². On resonance, Δ_d = 0, two (the larger one unstable) or none: beyond Ω = |F|/(2 sqrt(c)) the TLS cannot take
    what the drive brings, and |a| grows for ever.

    >>> [round(abs(a), 4) for a in saturated_steady(DrivenQubitTLS(0.1, 0.25))]
    [2.0587]
    """
    if system.drive == 0.0:
        return (0j,)
    damping = response(system, system.delta_c - system.delta_d)
    saturating = (
        2.0 * system.coupling**2 / (system.coherence_decay**2 + (system.delta_c - system.delta_d) ** 2)
    )
    bare, flat = 1j * system.delta_d, 1j * system.delta_d + damping
    # y = c|a|²: y |flat + bare y|² = c Ω² (1 + y)²
    power = saturating * system.drive**2
    polynomial = [
        abs(bare) ** 2,
        2.0 * (flat * bare.conjugate()).real - power,
        abs(flat) ** 2 - 2.0 * power,
        -power,
    ]
    roots = np.roots(np.trim_zeros(np.array(polynomial), "f"))
    found = sorted(float(y.real) for y in roots if abs(y.imag) <= _REAL * abs(y) and y.real > 0.0)
    return tuple(-1j * system.drive / (bare + damping / (1.0 + y)) for y in found)


def saturated_drive(system: DrivenQubitTLS, size: float) -> float:
    """Ω/2π, MHz, that holds |a| = size in the Maxwell-Bloch equations; the drive of ``system`` is not used.

        Ω = |a| |iΔ_d + F(Δ_c - Δ_d)/(1 + c|a|²)|

    >>> round(saturated_drive(DrivenQubitTLS(0.1, 0.0), 2.05866997775), 9)
    0.25
    """
    detuning = system.delta_c - system.delta_d
    filled = 2.0 * system.coupling**2 * size**2 / (system.coherence_decay**2 + detuning**2)
    return size * abs(1j * system.delta_d + response(system, detuning) / (1.0 + filled)) / TWO_PI


def saturation(system: DrivenQubitTLS, amplitude: complex) -> float:
    """S = γ|α|²/γ_c: what (3) takes at an amplitude, 2s|α|² quanta per time, over the most that a TLS can take, 2ν̄γ_c.

    Also the saturation parameter of the Bloch equations at the frequency of the qubit: its damping falls by 1/(1 + S).

    >>> round(saturation(DrivenQubitTLS(-0.37, 0.1), 1.0), 4)
    0.3162
    """
    return system.gamma * abs(amplitude) ** 2 / system.coherence_decay


@dataclass(frozen=True)
class Reduction:
    """How good the reduction is.

    Attributes:
        coupling: g/γ_c. memory: γ/γ_c. start, cycle: S of the start and of the limit cycle of the reduced model.
        amplifying: phase IV, |μ_ss| >= α₀ > 0.
    """

    coupling: float
    memory: float
    start: float
    cycle: float
    amplifying: bool

    @property
    def trusted(self) -> bool:
        """Whether the reduced numbers may be set against a measurement of the full system, errors of 10 to 15 % being allowed."""
        return (
            self.memory < LARGEST_MEMORY
            and self.coupling < NORMAL_MODES
            and max(self.start, self.cycle) < LARGEST_SATURATION
            and not self.amplifying
        )

    @property
    def note(self) -> str:
        """The same in words."""
        words = [
            f"of the reduced model: g/gamma_c = {self.coupling:.2g}, gamma/gamma_c = {self.memory:.2g} should be << 1"
        ]
        if self.coupling >= NORMAL_MODES:
            words.append("g >= gamma_c/2: two normal modes, no single decay")
        words.append(f"TLS saturation {self.start:.2g} at the start, {self.cycle:.2g} on the limit cycle")
        if self.amplifying:
            words.append(
                "phase IV is qualitatively wrong: the TLS takes about one quantum per relaxation time at most"
            )
        words.append("no anharmonicity")
        return "; ".join(words)


def reduction(system: DrivenQubitTLS) -> Reduction:
    """The small parameters of the reduction, as they are here.

    >>> reduction(DrivenQubitTLS(-0.37, 0.1)).trusted, reduction(DrivenQubitTLS(0.1, 0.25)).trusted
    (True, False)
    """
    radius = abs(system.mu_ss)
    return Reduction(
        system.coupling / system.coherence_decay,
        system.gamma / system.coherence_decay,
        saturation(system, system.alpha_0),
        saturation(system, radius),
        radius >= system.alpha_0 > 0.0,
    )
