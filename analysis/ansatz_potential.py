"""Pseudo-potential of the locked-angle ansatz: what Eq. (11) takes for the action at every point, not only at the saddle.

With the angle locked at θ = θ_s of the starting fixed point, c = cos θ, s = sin θ and w = Δ + (γ/4)|q|², the momentum
p = (e^{θJ} - 1) f/2 is a gradient plus a rotation,

    p = ∇P + W J q,     W = [(1 - c) w - s γ]/2,
    P = (1-c)/2 (γ|q|²/2 + ε q·Mq/2) + s/2 (Δ|q|²/2 + γ|q|⁴/16) - (s ε/4) q·JMq.

The ansatz keeps P and drops W J q, but for its value and its symmetric Jacobian at the starting point q₀ (with
u = q - q₀, C = W J q):

    S^an(q) = P(q) - P(q₀) + C(q₀)·u + u·Sym(∂C)(q₀) u/2.

At the vacuum both terms vanish. At the saddle S^an is :func:`wellhop.analysis.two_photon_actions.ansatz_actions`. Variables and
source: there.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from wellhop.analysis.two_photon_actions import J, M, locking_angle, scaled_amplitude
from wellhop.engine.errors import ParameterError
from wellhop.engine.systems.kerr_two_photon_drive import KerrTwoPhotonDrive

RealArray = npt.NDArray[np.float64]


def ansatz_potential(
    system: KerrTwoPhotonDrive, start: Literal["vacuum", "bright"], q: npt.ArrayLike
) -> RealArray:
    """S^an of the ansatz at any points, zero at the starting fixed point, unit of a rate.

    Args:
        system: the parameters, bistable.
        start: the well; the bright one is the one of :func:`~wellhop.analysis.two_photon_actions.scaled_amplitude`.
        q: (..., 2) points, q = 2 sqrt(U/γ)(Re α, Im α).

    Returns:
        (...) values.

    Raises:
        ParameterError: wrong shape or unknown well. PredictionError: no bistability.

    >>> system = KerrTwoPhotonDrive(-10.0, 3.2, 1.0)
    >>> print(f"{ansatz_potential(system, 'vacuum', scaled_amplitude(system, 'saddle')):.5f}")
    4.79656
    """
    if start not in ("vacuum", "bright"):
        raise ParameterError("start", start, "'vacuum' or 'bright'")
    system.require_bistable("ansatz")
    points = np.asarray(q, dtype=np.float64)
    if points.ndim < 1 or points.shape[-1] != 2:
        raise ParameterError("q", points.shape, "points of two coordinates, (..., 2)")
    origin = scaled_amplitude(system, start)
    g = system.gamma
    angle = locking_angle(system, 0.25 * g * float(origin @ origin))
    c, s = float(np.cos(angle)), float(np.sin(angle))

    def potential(x: RealArray) -> Any:
        square = np.sum(x * x, axis=-1)
        stretch = 0.5 * g * square + 0.5 * system.eps * np.sum(x * (x @ M), axis=-1)
        turn = 0.5 * system.delta * square + g * square**2 / 16.0
        shear = np.sum(x * (x @ (J @ M)), axis=-1)
        return 0.5 * (1.0 - c) * stretch + 0.5 * s * turn - 0.25 * s * system.eps * shear

    turned = J @ origin
    strength = 0.5 * ((1.0 - c) * (system.delta + 0.25 * g * float(origin @ origin)) - s * g)
    # ∂C = W J + (γ/4)(1 - c) (Jq) qᵀ; the symmetric part of W J vanishes.
    bent = 0.125 * g * (1.0 - c) * (np.outer(turned, origin) + np.outer(origin, turned))
    u = points - origin
    kept = strength * (u @ turned) + 0.5 * np.sum(u * (u @ bent), axis=-1)
    out: RealArray = potential(points) - potential(origin) + kept
    return out
