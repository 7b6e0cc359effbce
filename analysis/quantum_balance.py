"""The full-Keldysh escape path without a search: relaxation reversed in time, in normal-ordered variables.

The steady state of the Kerr oscillator with one-photon loss into a vacuum bath obeys a quantum detailed balance. In
normal-ordered (P) variables Q = q - p/γ the Hamiltonian of :mod:`wellhop.analysis.keldysh` loses its cubic term,

    H(Q + p/γ, p) = p.f(Q) + p.B(Q)p,      B = -(1/γ)[ε M + (γ/4)(Q (JQ)ᵀ + JQ Qᵀ)]  (real ε, U > 0),

and p = -B⁻¹f solves it with dQ/dt = -f: the relaxation from the saddle to the attractor, traversed backwards. Then
q = Q + p/γ is the escape path of the Wigner variables, and S = ∫ f.B⁻¹f dt along the relaxation. One stable
integration replaces the search for a connection; it works where the shots do not come through.

B is singular where α² = -ε/U. As the parameters change, the relaxation path can sweep across such a point, and S of the
real path jumps by 4πγ there, up or down, while the exponent of the exact steady state does not: then no path in
real (q, p) has that action. It happens to the vacuum at large detuning and weak drive (Δ = -20 γ, ε <= 4.4 γ), and to the bright
states close to the upper edge of the bistable range.

D. Roberts, A. Lingenfelter, A. Clerk, PRX Quantum 2, 020336 (2021), on hidden time reversal; N. Bartolo et al., Phys. Rev. A 94,
033841 (2016), on the potential of the complex P function.
"""

from __future__ import annotations

import itertools
import math

import numpy as np
import numpy.typing as npt
from scipy.integrate import solve_ivp

from wellhop.analysis.instanton_path import InstantonPath, checked_points, oscillator_system, rotation_angle
from wellhop.analysis.keldysh import ScaledOscillator
from wellhop.engine.errors import ParameterError, PredictionError

RealArray = npt.NDArray[np.float64]
#: where the relaxation starts off the saddle and where it has arrived, in units of the distance between the two
_OFFSET = 1e-6
_TOLERANCE = 1e-12
#: largest time in units of the fastest rate
_LONGEST = 2e4
#: points per step of the integrator; its steps are short where p has a spike
_PER_STEP = 6


def normal_ordered_spread(scaled: ScaledOscillator, q: RealArray) -> RealArray:
    """(2, 2) matrix B of H(Q + p/γ, p) = p.f(Q) + p.B(Q)p.

    >>> from wellhop.analysis.keldysh import two_photon_oscillator
    >>> one = ScaledOscillator.from_oscillator(two_photon_oscillator(delta=-3, eps=1.8), "keldysh")
    >>> normal_ordered_spread(one, np.array([1.0, 1.0])).tolist()
    [[0.5, -1.8], [-1.8, -0.5]]
    """
    re, im = scaled.drive_2.real, scaled.drive_2.imag
    x, y = q
    turned = 2.0 * x * y, x * x - y * y
    out: RealArray = np.array(
        [
            [im + scaled.cubic * turned[0], -re - scaled.cubic * turned[1]],
            [-re - scaled.cubic * turned[1], -im - scaled.cubic * turned[0]],
        ]
    )
    return out / scaled.gamma


def balanced_path(
    scaled: ScaledOscillator, attractor: npt.ArrayLike, saddles: npt.ArrayLike, *, rotation: bool = True
) -> InstantonPath:
    """The escape path of the quantum model by reversal of the relaxation from a saddle.

    Args:
        scaled: full Keldysh coefficients at zero temperature.
        attractor: (2,) the well to leave. saddles: (s, 2) the saddles on its edge.
        rotation: also the angle θ(t), which costs some time.

    Returns:
        The path with ``method`` "detailed balance"; of several saddles that relax into this well the cheapest.

    Raises:
        ParameterError: thermal photons or another vertex, for which there is no such balance.
        PredictionError: no saddle relaxes into this well.

    >>> from wellhop.analysis.keldysh import two_photon_oscillator
    >>> one = ScaledOscillator.from_oscillator(two_photon_oscillator(delta=-3, eps=1.8), "keldysh")
    >>> attractors, saddles = one.fixed_points()
    >>> round(balanced_path(one, attractors[1], saddles).total_action, 7)
    0.908922
    """
    if scaled.diffusion != 1.0:
        raise ParameterError(
            "n_thermal",
            0.5 * (scaled.diffusion - 1.0),
            "0 (detailed balance and closed-form actions hold for a vacuum bath)",
        )
    if abs(scaled.vertex * scaled.gamma**2 - scaled.cubic) > 1e-12 * abs(scaled.cubic):
        raise ParameterError("model", "not full Keldysh", "'keldysh'")
    system = oscillator_system(scaled)
    start, ends = checked_points(system, attractor, saddles)
    found = []
    for end in ends:
        values, vectors = np.linalg.eig(system.jacobian_at(end))
        outward = np.real(vectors[:, np.argmax(values.real)])
        for side in (1.0, -1.0):
            path = _reversed(scaled, start, end, side * outward / np.linalg.norm(outward), rotation)
            if path is not None:
                found.append(path)
    if not found:
        raise PredictionError(f"instanton: none of the saddles {ends.tolist()} relaxes into {start.tolist()}")
    return min(found, key=lambda path: path.total_action)


def _reversed(
    scaled: ScaledOscillator, attractor: RealArray, saddle: RealArray, outward: RealArray, rotation: bool
) -> InstantonPath | None:
    """Relaxation from one side of a saddle, read backwards; None if it ends in another well."""
    system = oscillator_system(scaled)
    reach = float(np.linalg.norm(saddle - attractor))
    slow = [np.abs(np.linalg.eigvals(system.jacobian_at(q)).real).min() for q in (attractor, saddle)]

    drift, c = system.drift, system.coefficients
    re, im, cubic, gamma = scaled.drive_2.real, scaled.drive_2.imag, scaled.cubic, scaled.gamma

    def relaxation(_: float, state: RealArray) -> list[float]:
        # plain numbers: B has no trace, so that B⁻¹ = B/(b² + d²)
        x, y = float(state[0]), float(state[1])
        fx, fy = drift(x, y, c)
        b, d = (im + 2.0 * cubic * x * y) / gamma, (-re - cubic * (x * x - y * y)) / gamma
        return [fx, fy, (b * (fx * fx - fy * fy) + 2.0 * d * fx * fy) / (b * b + d * d)]

    def arrived(_: float, state: RealArray) -> float:
        return math.hypot(state[0] - attractor[0], state[1] - attractor[1]) - _OFFSET * reach

    arrived.terminal = True  # type: ignore[attr-defined]
    first = np.append(saddle + _OFFSET * reach * outward, 0.0)
    duration = 20.0 / slow[1] + 20.0 / slow[0]
    fast = max(np.abs(np.linalg.eigvals(system.jacobian_at(q))).max() for q in (attractor, saddle))
    if duration * fast > _LONGEST:
        raise PredictionError(
            f"instanton: the slowest rate, {min(slow):.2g}, is too small against the fastest, {fast:.2g}, this close to where "
            "saddle and well merge; use a larger |delta| or a drive further from the edges"
        )
    solution = solve_ivp(
        relaxation,
        (0.0, duration),
        first,
        method="DOP853",
        rtol=_TOLERANCE,
        atol=1e-14 * max(1.0, reach),
        dense_output=True,
        events=arrived,
    )
    if solution.status != 1:
        return None
    steps = solution.t
    times = np.concatenate(
        [np.linspace(a, b, _PER_STEP, endpoint=False) for a, b in itertools.pairwise(steps)] + [steps[-1:]]
    )
    states = solution.sol(times).T[::-1]
    normal = states[:, :2]
    f = system.drifts(normal)
    spreads = np.array([normal_ordered_spread(scaled, q) for q in normal])
    p = -np.linalg.solve(spreads, f[..., None])[..., 0]
    q = normal + p / scaled.gamma
    # ∫ p.dq = ∫ p.dQ + |p|²/2γ; both ends have p = 0
    action = states[0, 2] - states[:, 2] + 0.5 * np.sum(p * p, axis=1) / scaled.gamma
    times = times[-1] - times[::-1]
    full = np.concatenate([q, p], axis=1)
    velocity = system.linearised(full)[0][:, :2]
    return InstantonPath(
        times=times,
        q=q,
        p=p,
        action=action,
        theta=rotation_angle(system, q, velocity) if rotation else np.full(len(q), np.nan),
        energy=system.energy_at(full),
        attractor=attractor,
        saddle=saddle,
        distance=float(np.linalg.norm(full[-1] - np.append(saddle, [0.0, 0.0]))),
        method="detailed balance",
        total=float(states[0, 2]),
    )
