"""Escape path of the two-photon resonator from a well to the saddle, for the quantum model and for truncated Wigner.

On both paths p.q = 0, so that the term in which the two Hamiltonians differ vanishes: the angle turns back against its drift,
dθ/dt = G sin 2θ - Δ, with the action that goes with it, and only the radii are not the same. With θ₀ = arg α₀, Δ >= 0 and
E = e^{2s(t - t₀)} everything is known in closed form; ours:

    cos θ : sin θ = cos θ₀ + E sin θ₀ : sin θ₀ + E cos θ₀,      θ from θ₀ to π/2 - θ₀
    |α|² = (s + G cos 2θ)/(2η)                                  full Keldysh, (18), (29)
    |α|² = (G sin 2θ - Δ)/(2η(θ - θ₀))                          truncated Wigner with D = |α|²
    χ = i(Δ - G sin 2θ)/(2ηα),   S(θ) = [G(cos 2θ₀ - cos 2θ) - 2Δ(θ - θ₀)]/η -> (32)

For Δ < 0 the path is the mirror image. Both arrive at 0 along its decaying direction. At Δ = 0 the path of the quantum
model, then half a circle, arrives with a finite momentum instead.

The same paths as solutions of Hamilton's equations alone, by the Newton's method that serves the other oscillators, are found by
:func:`resonator_instanton`.

Mylnikov, Potashin, Kamenev, "Qubit decoherence in dissipative two-photon resonator: real-time instantons and
Wigner function", Eqs. (18), (19) as corrected in :mod:`wellhop.analysis.resonator_keldysh`, (29), (31), (32).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from wellhop.analysis.instanton_newton import newton_path
from wellhop.analysis.instanton_path import InstantonPath, rotation_angle
from wellhop.analysis.keldysh import WeakNoiseModel
from wellhop.analysis.resonator_action import escape_action
from wellhop.analysis.resonator_keldysh import ResonatorHamiltonian
from wellhop.engine.errors import ParameterError, PredictionError
from wellhop.engine.systems.two_photon_resonator import TwoPhotonResonator

RealArray = npt.NDArray[np.float64]
#: Distance from well and saddle at which a path begins and ends, in units of the distance between the two.
_OFFSET = 1e-4
#: Smallest |Δ|/G at which Newton's method takes the Keldysh path: its momentum bends within |Δ|/G of the saddle.
SMALLEST_DETUNING = 1e-3


def closed_form_path(
    system: TwoPhotonResonator, model: WeakNoiseModel = "keldysh", *, points: int = 801
) -> InstantonPath:
    """The escape path α₀ -> 0 in closed form, at equal times.

    Args:
        system: |Δ| < G, κ₁ = 0.
        model: ``"keldysh"``: the quantum model. ``"twa"``: truncated Wigner with D = |α|².
        points: number of times.

    Returns:
        q = (Re α, Im α), p = ∂Φ/∂q, times in 1/rate with zero in the middle of the turn (E = 1), S dimensionless.

    Raises:
        ParameterError: κ₁ > 0, an unknown model, or fewer than two points. PredictionError: |Δ| >= G.

    >>> path = closed_form_path(TwoPhotonResonator(5.0, 1.0))
    >>> print(f"{path.action[-1]:.7f}", bool(np.abs(path.energy).max() < 1e-12))
    7.0590822 True
    """
    if points < 2:
        raise ParameterError("points", points, "an integer >= 2")
    well, s, h = system.alpha0, system.s, ResonatorHamiltonian.of(system, model)
    share, side = abs(h.Delta) / h.G, -1.0 if h.Delta < 0.0 else 1.0
    # |α|² falls as share/E, or as 1/E² where share/E is less.
    last = max(share / _OFFSET**2, 1.0 / _OFFSET)
    times = np.linspace(np.log(_OFFSET), np.log(last), points) / (2.0 * s)
    grown = np.exp(2.0 * s * times)
    norm = 1.0 + grown**2 + 2.0 * share * grown
    turned = np.arctan2(grown * s / h.G, 1.0 + share * grown)
    speed = 2.0 * (s / h.G) * s * grown / norm
    if model == "keldysh":
        square = (s / h.eta) * (1.0 + share * grown) / norm
    else:
        square = speed / (2.0 * h.eta * turned)
    angle = abs(float(np.angle(well))) + turned
    q = np.sqrt(square)[:, None] * np.stack([np.cos(angle), side * np.sin(angle)], axis=1)
    p = side * (2.0 * speed / (h.eta * square))[:, None] * np.stack([-q[:, 1], q[:, 0]], axis=1)
    full = np.concatenate([q, p], axis=1)
    risen = 2.0 * s * grown * (grown + share) / norm - 2.0 * abs(h.Delta) * turned
    return InstantonPath(
        times=times,
        q=q,
        p=p,
        action=risen / h.eta,
        theta=rotation_angle(h, q, h.linearised(full)[0][:, :2]),
        energy=h.energy_at(full),
        attractor=np.array([well.real, well.imag]),
        saddle=np.zeros(2),
        distance=float(np.linalg.norm(full[-1])),
        method="closed form",
        total=escape_action(system),
    )


def resonator_instanton(
    system: TwoPhotonResonator, model: WeakNoiseModel = "keldysh", *, points: int | None = None
) -> InstantonPath:
    """The escape path α₀ -> 0 as a solution of Hamilton's equations alone, converged by Newton's method.

    Args:
        system: |Δ| < G, κ₁ = 0; |Δ| >= G/1000 for ``"keldysh"``.
        model: ``"keldysh"``: the quantum model. ``"twa"``: truncated Wigner with D = |α|².
        points: number of equally spaced times; by default those of the mesh.

    Returns:
        The path with ``method`` "newton", in the variables of :func:`closed_form_path`, and an ``error`` of S.

    Raises:
        ParameterError: as in :func:`closed_form_path`.
        PredictionError: |Δ| >= G, |Δ| < G/1000 with ``"keldysh"``, or no convergence.

    >>> found = resonator_instanton(TwoPhotonResonator(5.0, 1.0))
    >>> print(f"{found.total_action:.8f}")
    7.05908216
    """
    guess = closed_form_path(system, model)
    if model == "keldysh" and abs(system.Delta) < SMALLEST_DETUNING * system.G:
        raise PredictionError(
            f"instanton: |Delta|/G = {abs(system.Delta) / system.G:g}, allowed is >= {SMALLEST_DETUNING:g}: at Delta = 0 "
            "the path ends at a finite momentum; use closed_form_path"
        )
    return newton_path(ResonatorHamiltonian.of(system, model), guess, points=points)
