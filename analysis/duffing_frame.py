"""Displaced and squeezed frame at an attractor of the Duffing oscillator, and how warm the oscillator is in it.

    a = α + v b + u b†,     v² - |u|² = 1,      b† b = number of quanta of the attractor
    [k̂ + i(1-r)] α = -i sqrt(β/(2λ)),   r = 2λ|α|²,     w v u + k* u² + k v² = 0,   w = 1-2r,  k = -λα²

so that the quadratic part of H is w0 b†b with w0 = sgn(w) sqrt((1-r)(1-3r)) dw, negative at HAS, a maximum. Terms of
relative order λ stay in the perturbation (analysis/duffing_perturbation.py). In closed form, K = |k|:

    τ = (-w + sgn(w) sqrt(w² - 4K²))/(2K),   v = 1/sqrt(1-τ²),   u = v τ k/|k|,     |τ| < 1

Of the bath the frame sees, after (13),

    N̄ = n_th v² + (1+n_th)|u|²,    M = u v (2 n_th+1)

Feng, Guo, "Quantum dissipative dynamics of a driven Duffing oscillator near attractors", Eqs. (8)-(17), (25), (28), for the
Hamiltonian (2) and not the one without χ a†a that (9)-(21) hold for; ε > 0. With S = exp((ξ* a² - ξ a†²)/2) is
u = -(ξ/|ξ|) sinh|ξ|; the printed one is its conjugate.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.linalg import eig_banded

from wellhop.engine import fock
from wellhop.engine.errors import ParameterError, PredictionError
from wellhop.engine.oscillator import finite_real
from wellhop.engine.systems.duffing_attractors import Attractor, DuffingAttractors

ComplexMatrix = npt.NDArray[np.complex128]

#: Largest drive of the undamped oscillator with two attractors.
LARGEST_BETA = 4.0 / 27.0
#: Zero-point radii that a number state reaches beyond its classical orbit, to double precision.
TAIL = 5.0


@dataclass(frozen=True)
class AttractorFrame:
    """Frame a = α + v b + u b† at one attractor, and the bath it is coupled to.

    Attributes:
        attractor: "LAS" or "HAS". lam: λ. dw: detuning, the unit of a rate.
        alpha: α. u: complex. v: cosh|ξ| >= 1.
        w0: spacing of the quadratic part, unit of a rate, negative at HAS.
        kappa: energy decay rate, 0 without a bath. n_th: its photons. eta: dephasing rate.
    """

    attractor: Attractor
    lam: float
    dw: float
    alpha: complex
    u: complex
    v: float
    w0: float
    kappa: float
    n_th: float
    eta: float

    @property
    def xi(self) -> complex:
        """Squeezing parameter ξ of S = exp((ξ* a² - ξ a†²)/2), S† a S = v a + u a†."""
        size = abs(self.u)
        return 0.0j if size == 0.0 else -math.asinh(size) * self.u / size

    @property
    def occupation(self) -> float:
        """N̄ = n_th v² + (1+n_th)|u|², quanta of the attractor for κ << |w0|, (13); p_{n+1}/p_n = N̄/(1+N̄), (25).

        >>> round(undamped_frame(0.016, 4 / 75, "HAS").occupation, 6)
        0.455442
        """
        return self.n_th * self.v**2 + (1.0 + self.n_th) * abs(self.u) ** 2

    @property
    def squeezing(self) -> complex:
        """M = u v (2 n_th + 1), squeezing of the bath seen in the frame, (13)."""
        return self.u * self.v * (2.0 * self.n_th + 1.0)

    @property
    def dephasing_amplitude(self) -> complex:
        """Coupling c = α* u + α v of dephasing: a†a - |α|² = c* b + c b† + terms without α."""
        return self.alpha.conjugate() * self.u + self.alpha * self.v

    @property
    def dephased_occupation(self) -> float:
        """N̄ + (2η/κ)|α* u + α v|², the occupation with dephasing; printed (28) lacks the factor 2.

        Raises:
            PredictionError: dephasing without a decay rate heats for ever.
        """
        if self.eta == 0.0:
            return self.occupation
        if self.kappa == 0.0:
            raise PredictionError(
                f"occupation at {self.attractor}: dephasing without a decay rate has no limit"
            )
        return self.occupation + 2.0 * self.eta / self.kappa * abs(self.dephasing_amplitude) ** 2

    @property
    def anomalous_moment(self) -> complex:
        """⟨b²⟩ = -(κM + 2ηc²)/(κ + 2i w0) of the linear theory; ours, absent from the paper."""
        source = self.kappa * self.squeezing + 2.0 * self.eta * self.dephasing_amplitude**2
        return -source / (self.kappa + 2j * self.w0)

    @property
    def damped_occupation(self) -> float:
        """N_eff of strong damping: (N_eff + 1/2)² = (⟨b†b⟩ + 1/2)² - |⟨b²⟩|², ours.

        The linear theory has a Gaussian state, thermal along other axes than those of b; p1/p0 = N_eff/(1+N_eff) holds
        for its own number states.

        >>> frame = attractor_frame(DuffingAttractors(0.03, 4 / 75, 0.1), "HAS", damped=True)
        >>> frame.damped_occupation < frame.occupation
        True
        """
        total = (self.dephased_occupation + 0.5) ** 2 - abs(self.anomalous_moment) ** 2
        return math.sqrt(total) - 0.5


def attractor_frame(system: DuffingAttractors, attractor: Attractor, damped: bool = True) -> AttractorFrame:
    """Frame of an attractor of a damped oscillator.

    Args:
        damped: centre the frame at the attractor of the damped oscillator, where α and u are complex; otherwise at that
            for k̂ -> 0, with the same bath.

    Raises:
        ParameterError: an unknown attractor. PredictionError: no bistability, or the attractor is a node.

    >>> frame = attractor_frame(DuffingAttractors(0.016, 4 / 75, 0.1), "HAS")
    >>> print(f"{frame.alpha:.4f} {frame.u:.4f} {frame.v:.4f} {frame.w0:.4f}")
    5.3700-2.8730j -0.3896+0.5841j 1.2218 -0.6918
    """
    _checked_attractor(attractor)
    if damped:
        return _frame(attractor, system.lam, system.scaled(attractor), system)
    return _frame(attractor, system.lam, _undamped_position(system.beta, attractor), system)


def undamped_frame(
    lam: float, beta: float, attractor: Attractor, *, n_th: float = 0.0, dw: float = 1.0
) -> AttractorFrame:
    """Frame in the limit k̂ -> 0 with a bath of ``n_th`` photons, without dephasing.

    Raises:
        ParameterError: an argument out of range. PredictionError: β >= 4/27, no two attractors.

    >>> frame = undamped_frame(0.016, 4 / 75, "HAS")
    >>> print(f"{frame.alpha.real:.6f} {frame.u.real:.6f} {frame.v:.6f} {frame.w0:.6f}")
    6.149060 -0.674865 1.206417 -0.743059
    """
    _checked_attractor(attractor)
    finite_real("lam", lam, minimum=0.0, strict=True)
    finite_real("dw", dw, minimum=0.0, strict=True)
    occupation = finite_real("n_th", n_th, minimum=0.0)
    position = _undamped_position(beta, attractor)
    return _built(attractor, lam, position, dw=dw, kappa=0.0, n_th=occupation, eta=0.0)


def undamped_positions(beta: float) -> tuple[float, float, float]:
    """Q of LAS, saddle and HAS for k̂ = 0: the roots of Q³ - Q = sqrt(β), P = 0.

    Raises:
        ParameterError: β is not > 0. PredictionError: β >= 4/27.

    >>> [round(q, 6) for q in undamped_positions(4 / 75)]
    [-0.245789, -0.854189, 1.099977]
    """
    drive = finite_real("beta", beta, minimum=0.0, strict=True)
    if drive >= LARGEST_BETA:
        raise PredictionError(f"attractors without damping: no bistability at beta = {beta:g} >= 4/27")
    turn = math.acos(math.sqrt(drive / LARGEST_BETA)) / 3.0
    las, saddle, has = (
        2.0 / math.sqrt(3.0) * math.cos(turn + step * 2.0 * math.pi / 3.0) for step in (-1.0, 1.0, 0.0)
    )
    return las, saddle, has


def number_basis(frame: AttractorFrame, levels: int, cutoff: int) -> ComplexMatrix:
    """Number states of the frame, D(α) S(ξ)|n>, n = 0 ... levels-1, in Fock space.

    They are the lowest eigenvectors of b†b, compressed to a space that holds them all, and are cut afterwards. Signs:
    <α|0> > 0 and <n|b†|n-1> = sqrt(n).

    Args:
        levels: number states wanted, >= 1. cutoff: Fock states of the columns returned, >= levels.

    Returns:
        (cutoff, levels) complex128; columns are orthonormal as far as ``cutoff`` holds them.

    Raises:
        ParameterError: not such integers. CutoffError: a state has more than 1e-3 of its weight in the last Fock states
            below ``cutoff``.

    Warns:
        CutoffWarning: more than 1e-8 of it.

    >>> basis = number_basis(undamped_frame(0.016, 4 / 75, "HAS"), 3, 110)
    >>> bool(np.abs(basis.conj().T @ basis - np.eye(3)).max() < 1e-10)
    True
    """
    wanted = _whole("levels", levels, 1)
    kept = _whole("cutoff", cutoff, max(2, wanted))
    size = max(kept, _room(frame, wanted) + 1)
    a = fock.annihilation(size)
    quanta = _number_operator_bands(frame, size)
    _, columns = eig_banded(quanta, lower=True, select="i", select_range=(0, wanted - 1))
    basis: ComplexMatrix = np.asarray(columns, dtype=np.complex128)
    centre = fock.coherent_state(frame.alpha, size)
    basis[:, 0] *= _phase(complex(np.vdot(basis[:, 0], centre)))
    shifted = a - frame.alpha * np.eye(size)
    raising = frame.v * shifted.conj().T - frame.u.conjugate() * shifted
    for n in range(1, wanted):
        basis[:, n] *= _phase(complex(np.vdot(basis[:, n], raising @ basis[:, n - 1])))
    out = np.ascontiguousarray(basis[:kept])
    if kept < size:
        fock.check_cutoff(np.abs(out) ** 2, what=f"number states at {frame.attractor}")
    return out


def basis_cutoff(frame: AttractorFrame, levels: int) -> int:
    """Fock states that hold number states 0 ... levels-1 of the frame to double precision.

    >>> basis_cutoff(undamped_frame(0.016, 4 / 75, "HAS"), 3)
    203
    """
    return _room(frame, _whole("levels", levels, 1))


def _room(frame: AttractorFrame, levels: int) -> int:
    """Photons at the outermost point of the ellipse that state ``levels-1`` and its tail fill."""
    turns = np.exp(1j * np.linspace(0.0, 2.0 * np.pi, 181))
    radius = math.sqrt(levels - 0.5) + TAIL
    ellipse = frame.alpha + radius * (frame.v * turns + frame.u * turns.conj())
    return int(np.ceil(np.max(np.abs(ellipse)) ** 2)) + 8


def _number_operator_bands(frame: AttractorFrame, size: int) -> ComplexMatrix:
    """b†b in normal order, hence exact in each element, as the lower bands of a (size, size) matrix.

    b = v(a - α) - u(a† - α*): b†b = (v²+|u|²) a†a + [-u* v a² + h.c.] + [g a† + h.c.] + constant.
    """
    alpha, u, v = frame.alpha, frame.u, frame.v
    n = np.arange(size, dtype=np.float64)
    width = v**2 + abs(u) ** 2
    pair = -u * v
    single = -width * alpha - 2.0 * pair * alpha.conjugate()
    constant = abs(v * alpha - u * alpha.conjugate()) ** 2 + abs(u) ** 2
    bands = np.zeros((3, size), dtype=np.complex128)
    bands[0] = width * n + constant
    bands[1, :-1] = single * np.sqrt(n[1:])
    bands[2, :-2] = pair * np.sqrt(n[1:-1] * n[2:])
    return bands


def _checked_attractor(attractor: Attractor) -> None:
    if attractor not in ("LAS", "HAS"):
        raise ParameterError("attractor", attractor, "LAS or HAS")


def _undamped_position(beta: float, attractor: Attractor) -> complex:
    las, _, has = undamped_positions(beta)
    return complex(las if attractor == "LAS" else has)


def _frame(attractor: Attractor, lam: float, z: complex, system: DuffingAttractors) -> AttractorFrame:
    bath = {"kappa": system.kappa, "n_th": system.n_th, "eta": system.eta}
    return _built(attractor, lam, z, dw=system.dw, **bath)


def _built(
    attractor: Attractor, lam: float, z: complex, *, dw: float, kappa: float, n_th: float, eta: float
) -> AttractorFrame:
    """The frame at z = sqrt(2λ) α."""
    r = abs(z) ** 2
    square = (1.0 - r) * (1.0 - 3.0 * r)
    if square <= 0.0:
        raise PredictionError(
            f"frame at {attractor}: a node and no focus at r = {r:.6g}, small motion does not oscillate; use a smaller khat"
        )
    w, k = 1.0 - 2.0 * r, -0.5 * z**2
    sign = math.copysign(1.0, w)
    # The closed form of tau without its difference of nearly equal numbers: |w| + sqrt(w² - 4K²) in the denominator.
    tau = -sign * 2.0 * abs(k) / (abs(w) + math.sqrt(square))
    v = 1.0 / math.sqrt(1.0 - tau**2)
    u = complex(v * tau * k / abs(k))
    alpha = complex(z / math.sqrt(2.0 * lam))
    return AttractorFrame(attractor, lam, dw, alpha, u, v, sign * math.sqrt(square) * dw, kappa, n_th, eta)


def _phase(overlap: complex) -> complex:
    """overlap/|overlap|."""
    return overlap / abs(overlap)


def _whole(name: str, value: int, minimum: int) -> int:
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < minimum:
        raise ParameterError(name, value, f"an integer >= {minimum}")
    return int(value)
