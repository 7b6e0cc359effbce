"""How far the reduced model of the driven qubit with a defect can be trusted, from closed forms beside it.

The reduction takes the defect (TLS) to follow at once (γ ≪ γ_c, g ≪ γ_c) and never to fill up. What is left out:

* memory. With the inversion frozen the amplitude and the TLS coherence are two linear modes, in the qubit frame
      λ² + (γ_c - iΔ_c)λ + 2ν̄g² = 0,
  whose slow one decays faster than s and turns; at g >= γ_c/2 and Δ_c = 0 they are two normal modes, and s means nothing.
* consistency of second order. F(D) = 2ν̄g²/(γ_c - iD) is complex: a Lamb shift sΔ_c/γ_c goes with s, which (3), (4) do not have.
* saturation. A TLS in a field |α| keeps 1/(1 + S) of its damping, S = γ|α|²/γ_c: it takes at most 2ν̄γ_c quanta per time, while
  (3) claims 2s|α|². In phase IV the limit cycle is far wider than |μ_ss|.
* anharmonicity. (1) has -χa†²a²; with the 100s of MHz of a transmon |α₀| = 1 dephases within ns. Nothing here contains χ.

Steady amplitudes in the drive frame with each of these; the last solves the Maxwell-Bloch equations. What they are worth against
the stationary master equation of the full model was measured at random parameters: 268 with g < γ_c/2, n_th < 0.3 and |a| < 2.6,
21 with n_th from 0.26 to 0.41, 80 with g up to 3γ_c. With f = 2(g/γ_c)²(|a|² + n_th), the filling of a resonant TLS,

    linear response    ||a|/|a_full| - 1| <= 1.06 f at any g
    Maxwell-Bloch      <= 0.32 f and <= 0.032 for g < γ_c/2, n_th < 1/3; 0.062 at n_th = 0.39; 0.65 f, and factors, for larger g
    reduced model      E = max|μ - μ_full|/α₀ <= 0.155 at 114 points that :attr:`Reduction.trusted` allows

Wang, You, Ian, on the decoherence of a driven superconducting qubit coupled to a coherent two-level system, Eqs. (1), (2); all
formulas of this file are ours.
"""

from __future__ import annotations

import cmath
import math
from dataclasses import dataclass

import numpy as np

from wellhop.engine.systems.driven_qubit_tls import TWO_PI, DrivenQubitTLS

#: g/γ_c of the normal modes.
NORMAL_MODES = 0.5
#: S of start and limit cycle, and distance from linear response, above which the reduced numbers are not set against a measurement
#: of the full system.
LARGEST_START, LARGEST_CYCLE, LARGEST_TRANSIENT = 0.35, 0.1, 0.12
#: Errors per f, with a margin on those at the top of this file; largest one of Maxwell-Bloch, and n_th up to which that was seen.
LINEAR_ERROR, SATURATED_ERROR, SEMICLASSICAL, LARGEST_HEAT = 1.25, 0.4, 0.04, 1.0 / 3.0
#: Times of the comparison with linear response, and decay times that they reach.
_TIMES, _DECAYS = 160, 12.0
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

    -Re λ of the slow one is what s stands for. The amplitude turns as e^{Im λ t}, that is e^{-iωt}: the frequency of the qubit goes
    up by -Im λ, which is sΔ_c/γ_c for weak coupling.

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


def linear_shift(system: DrivenQubitTLS) -> float:
    """By how much the TLS shifts the frequency of the qubit, rad/us: -Im λ of the slow mode, +sΔ_c/γ_c for weak coupling.

    >>> round(linear_shift(DrivenQubitTLS(-0.37, 0.1)), 4)
    0.2152
    """
    return -linear_modes(system)[0].imag


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


def saturated_is_stable(system: DrivenQubitTLS, amplitude: complex) -> bool:
    """Whether a steady amplitude of the Maxwell-Bloch equations is approached: real parts of the eigenvalues of

        a' = -iΔ_d a - igS - iΩ,  S' = -(γ_c + i(Δ_d - Δ_c))S + igwa,  w' = -2γ_c(w + 2ν̄) + 2ig(a*S - aS*)

    linearised about it.

    Args:
        amplitude: one of :func:`saturated_steady`.

    >>> resonant = DrivenQubitTLS(0.0, 0.1)
    >>> [saturated_is_stable(resonant, a) for a in saturated_steady(resonant)]
    [True, False]
    """
    g, width, own = system.coupling, system.coherence_decay, system.delta_d
    away = complex(width, own - system.delta_c)
    inversion = -2.0 * system.nu_bar / (1.0 + 2.0 * g**2 * abs(amplitude) ** 2 / abs(away) ** 2)
    coherence = 1j * g * inversion * amplitude / away
    # variables a, a*, S, S*, w
    matrix = np.array(
        [
            [-1j * own, 0.0, -1j * g, 0.0, 0.0],
            [0.0, 1j * own, 0.0, 1j * g, 0.0],
            [1j * g * inversion, 0.0, -away, 0.0, 1j * g * amplitude],
            [0.0, -1j * g * inversion, 0.0, -away.conjugate(), -1j * g * amplitude.conjugate()],
            [-2j * g * coherence.conjugate(), 2j * g * coherence, 2j * g * amplitude.conjugate(), -2j * g * amplitude,
             -2.0 * width],
        ]
    )  # fmt: skip
    return bool(np.linalg.eigvals(matrix).real.max() < 0.0)


def filling(system: DrivenQubitTLS, amplitude: complex) -> float:
    """Saturation of a resonant TLS by amplitude and heat together, f = 2(g/γ_c)²(|a|² + n_th).

    >>> round(filling(DrivenQubitTLS(-0.37, 0.1), 0.5), 6)
    0.08
    """
    return 2.0 * (system.g / system.gamma_c) ** 2 * (abs(amplitude) ** 2 + system.n_th)


def transient_error(system: DrivenQubitTLS) -> float:
    """Largest |μ - μ_linear| on the way to the steady state over the larger one of α₀ and R: what memory and shift alone cost.

    Linear response in the frame of the qubit is a_ss e^{iΔ_d t} + c₁e^{λ₁t} + c₂e^{λ₂t}.

    >>> round(transient_error(DrivenQubitTLS(-0.37, 0.1)), 3)
    0.095
    """
    scale = max(system.alpha_0, abs(system.mu_ss))
    if scale == 0.0:
        return 0.0
    slow, fast = linear_modes(system)
    if abs(slow - fast) < 1e-6 * abs(fast):  # exceptional point: apart by less than matters
        fast *= 1.0 + 1e-6
    steady, reduced = linear_steady(system), system.mu_ss
    begin = system.alpha_0 - steady
    first = (-1j * (system.drive + system.delta_d * steady) - fast * begin) / (slow - fast)
    longest = _DECAYS / min(system.s, -slow.real) if min(system.s, -slow.real) > 0.0 else math.inf
    if not math.isfinite(longest):
        return 1.0
    shortest = min(0.05 / system.coherence_decay, longest / _TIMES)
    times = np.geomspace(shortest, longest, _TIMES)
    turning = np.exp(1j * system.delta_d * times)
    linear = steady * turning + first * np.exp(slow * times) + (begin - first) * np.exp(fast * times)
    away = reduced * turning + (system.alpha_0 - reduced) * np.exp(-system.s * times) - linear
    return float(np.abs(away).max()) / scale


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
        transient: largest distance from linear response on the way, see :func:`transient_error`.
        amplifying: phase IV, |μ_ss| >= α₀ > 0.
    """

    coupling: float
    memory: float
    start: float
    cycle: float
    transient: float
    amplifying: bool

    @property
    def trusted(self) -> bool:
        """Whether the reduced numbers may be set against a measurement of the full system, errors of 0.16 α₀ being allowed."""
        return (
            self.coupling < NORMAL_MODES
            and self.start < LARGEST_START
            and self.cycle < LARGEST_CYCLE
            and self.transient < LARGEST_TRANSIENT
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
        words.append(f"{self.transient:.2g} off linear response on the way")
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
        transient_error(system),
        radius >= system.alpha_0 > 0.0,
    )
