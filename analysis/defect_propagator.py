"""Driven qubit with a defect in closed form: mean, variance, Q and Wigner function, propagator, photons, frame by frame.

    μ(t) = μ_ss e^{+iΔ_d t} + (α₀ - μ_ss) e^{-st},      σ²(t) = 1/2 + (n_th/2)(1 - e^{-2st})            (9), (10)

with n_th = ν/(2ν̄). Three frames, by name:

    "drive"       rotates at ω_d:  a' = -iΔ_d a - s a - iΩ'
    "displaced"   the same shifted, b = a + α_d: master equation (3), Fokker-Planck equation (5)
    "qubit"       e^{iΔ_d t} a: (9), every figure of the paper

|<a>| is the same in "drive" and "qubit" but not in "displaced", which does not exist at Δ_d = 0. At t = 0 "drive" and "qubit"
coincide. Variances are those of the Q function ("husimi"; ½ for a coherent state) or of the Wigner function (¼ less).

Wang, You, Ian, on the decoherence of a driven superconducting qubit coupled to a coherent two-level system, Eqs. (9)-(11),
(C11), (E1).
"""

from __future__ import annotations

import math
from typing import Literal, overload

import numpy as np
import numpy.typing as npt

from wellhop.analysis.defect_law import PhaseSpaceLaw, chosen
from wellhop.engine.errors import ParameterError
from wellhop.engine.systems.driven_qubit_tls import DrivenQubitTLS

ComplexArray = npt.NDArray[np.complex128]
RealArray = npt.NDArray[np.float64]
Frame = Literal["drive", "displaced", "qubit"]
Representation = Literal["husimi", "wigner"]
Start = Literal["coherent", "fock_1"]

#: W of the vacuum: twice its variance per quadrature.
_VACUUM = {"husimi": 1.0, "wigner": 0.5}


def in_frame(
    system: DrivenQubitTLS, amplitude: npt.ArrayLike, time: npt.ArrayLike, source: Frame, target: Frame
) -> ComplexArray:
    """An amplitude of one frame seen in another.

    Args:
        amplitude: complex, in ``source``. time: us, broadcast against it.

    Returns:
        complex128 of the common shape.

    Raises:
        ParameterError: a frame that does not exist, the displaced one at Δ_d = 0, or a time that is not finite or < 0.

    >>> system = DrivenQubitTLS(-0.37, 0.1)
    >>> complex(in_frame(system, 0.0, 2.0, "qubit", "displaced")) == system.alpha_d
    True
    """
    chosen("source", source, Frame)
    chosen("target", target, Frame)
    t = checked_times(time)
    out = np.asarray(amplitude, dtype=np.complex128) * np.ones_like(t)
    if source == target:
        return out
    if source == "displaced":
        out = out - system.alpha_d
    if source == "qubit":
        out = out * np.exp(-1j * system.delta_d * t)
    if target == "displaced":
        out = out + system.alpha_d
    if target == "qubit":
        out = out * np.exp(1j * system.delta_d * t)
    return np.asarray(out, dtype=np.complex128)


@overload
def mean(
    system: DrivenQubitTLS, time: float, frame: Frame = "qubit", amplitude: complex | None = None
) -> complex: ...
@overload
def mean(
    system: DrivenQubitTLS, time: RealArray, frame: Frame = "qubit", amplitude: complex | None = None
) -> ComplexArray: ...
def mean(
    system: DrivenQubitTLS, time: float | RealArray, frame: Frame = "qubit", amplitude: complex | None = None
) -> complex | ComplexArray:
    """<a>(t) in a frame; in "qubit" μ(t) = μ_ss e^{iΔ_d t} + (α₀ - μ_ss) e^{-st}, (9) with a plus sign in the first exponent.

    Args:
        time: us, >= 0, a number or an array. amplitude: <a> at t = 0 in the drive frame, α₀ of the system if None; 0 for a start
            from a Fock state.

    Returns:
        A complex number for a number, complex128 of the shape of an array.

    Raises:
        ParameterError: a time that is not finite or < 0, or the displaced frame at Δ_d = 0.

    >>> f"{mean(DrivenQubitTLS(-0.37, 0.1, T=150.0), 1.142):.6f}"
    '0.116771-0.027549j'
    """
    t = checked_times(time)
    start = system.alpha_0 if amplitude is None else complex(amplitude)
    steady = system.mu_ss
    mu = steady * np.exp(1j * system.delta_d * t) + (start - steady) * np.exp(-system.s * t)
    out = in_frame(system, mu, t, "qubit", frame)
    return complex(out) if np.ndim(time) == 0 else out


@overload
def variance(system: DrivenQubitTLS, time: float, representation: Representation = "husimi") -> float: ...
@overload
def variance(
    system: DrivenQubitTLS, time: RealArray, representation: Representation = "husimi"
) -> RealArray: ...
def variance(
    system: DrivenQubitTLS, time: float | RealArray, representation: Representation = "husimi"
) -> float | RealArray:
    """σ²(t) per real quadrature from a coherent state, the same in every frame; (9), ¼ less for the Wigner function.

    Args:
        time: us, >= 0, a number or an array.

    Raises:
        ParameterError: a time that is not finite or < 0, another representation.

    >>> round(variance(DrivenQubitTLS(-0.37, 0.1, T=150.0), 1.142), 6)
    0.616979
    """
    chosen("representation", representation, Representation)
    t = checked_times(time)
    out = 0.5 * (_VACUUM[representation] - system.n_th * np.expm1(-2.0 * system.s * t))
    return float(out) if np.ndim(time) == 0 else np.asarray(out, dtype=np.float64)


def law(
    system: DrivenQubitTLS,
    time: float,
    *,
    start: Start = "coherent",
    frame: Frame = "qubit",
    representation: Representation = "husimi",
) -> PhaseSpaceLaw:
    """Distribution of the amplitude at a time: (9) from |α₀>, (E1) from the Fock state |1>, or the Wigner function of either.

    With A = e^{-2st}: W = 1 + n_th(1 - A) and ring A/W of (E1); W = ½ + n_th(1 - A) in the Wigner representation, where the
    ring of |1> is negative inside until A = W. A coherent start has no ring.

    Args:
        time: us, >= 0. start: the state at t = 0 of the oscillator that is not displaced.

    Raises:
        ParameterError: a time that is not finite or < 0, an unknown word, or the displaced frame at Δ_d = 0.

    >>> excited = law(DrivenQubitTLS(0.3, 0.5), 0.0, start="fock_1")
    >>> excited.variance, round(float(excited.density(1.0)) * math.pi * math.e, 12)  # Q = |α|² e^{-|α|²}/π
    (1.0, 1.0)
    """
    chosen("start", start, Start)
    width = 2.0 * variance(system, float(time), representation)
    if start == "coherent":
        return PhaseSpaceLaw(mean(system, float(time), frame), width)
    ring = math.exp(-2.0 * system.s * float(time)) / width
    return PhaseSpaceLaw(mean(system, float(time), frame, 0.0), width, ring)


def propagator(
    system: DrivenQubitTLS,
    time: float,
    source: complex,
    *,
    frame: Frame = "qubit",
    representation: Representation = "husimi",
) -> PhaseSpaceLaw:
    """Green's function (C11): distribution at ``time`` of what stood at the point ``source`` at t = 0.

        mean μ(t) from source,  σ_G² = (1/2 + n_th/2)(1 - e^{-2st}),  ¼ in place of ½ for the Wigner function

    Args:
        time: us, > 0; at 0 it is a point. source: amplitude in the same frame.

    Raises:
        ParameterError: a time that is not finite or <= 0, an unknown word, or the displaced frame at Δ_d = 0.

    >>> round(propagator(DrivenQubitTLS(-0.37, 0.1, T=150.0), 100.0, 3j).variance, 6)  # (1 + n_th)/2
    0.655299
    """
    chosen("representation", representation, Representation)
    if not float(checked_times(time)) > 0.0:
        raise ParameterError("time", time, "a number > 0 for the propagator, which is a point at 0")
    width = -(_VACUUM[representation] + system.n_th) * math.expm1(-2.0 * system.s * float(time))
    origin = complex(in_frame(system, source, 0.0, frame, "drive"))
    return PhaseSpaceLaw(mean(system, float(time), frame, origin), width)


def steady_law(
    system: DrivenQubitTLS, frame: Frame = "drive", representation: Representation = "husimi"
) -> PhaseSpaceLaw:
    """Stationary distribution: Gaussian of variance (1 + n_th)/2 around μ_ss ("drive") or η/(s + iΔ_d) ("displaced").

    Raises:
        ParameterError: the qubit frame, where it turns for ever at Δ_d; the displaced one at Δ_d = 0.

    >>> steady_law(DrivenQubitTLS(-0.37, 0.1)).center.__format__(".6f")
    '0.230717-0.092574j'
    """
    chosen("representation", representation, Representation)
    return PhaseSpaceLaw(_steady_center(system, frame), _VACUUM[representation] + system.n_th)


def _steady_center(system: DrivenQubitTLS, frame: Frame) -> complex:
    chosen("frame", frame, Frame)
    if frame == "qubit":
        raise ParameterError(
            "frame",
            frame,
            "drive or displaced",
            "in the qubit frame the state turns at Delta_d and has no steady state",
        )
    return complex(in_frame(system, system.mu_ss, 0.0, "drive", frame))


def photons(system: DrivenQubitTLS, time: float, start: Start = "coherent") -> float:
    """<a†a>(t) of the oscillator that is not displaced: |μ|² + 2σ² - 1 from |α₀>, |μ|² + e^{-2st} + n_th(1 - e^{-2st}) from |1>.

    Raises:
        ParameterError: a time that is not finite or < 0, an unknown start.

    >>> round(photons(DrivenQubitTLS(-0.37, 0.1, T=150.0), 1.142), 6)
    0.248353
    """
    now = law(system, time, start=start)
    # -n_th expm1(...) itself, not 2σ² - 1: at 10 mK the thermal part is 1e-9 of the vacuum
    fluctuations = -system.n_th * math.expm1(-2.0 * system.s * float(time))
    return abs(now.center) ** 2 + fluctuations + now.ring * now.width


def checked_times(time: npt.ArrayLike) -> RealArray:
    """Times as float64.

    Raises:
        ParameterError: not finite or < 0.

    >>> checked_times([0.0, 1.5])
    array([0. , 1.5])
    """
    t = np.asarray(time, dtype=np.float64)
    if not np.all(np.isfinite(t) & (t >= 0.0)):
        raise ParameterError("time", time, "finite numbers >= 0, in us")
    return t
