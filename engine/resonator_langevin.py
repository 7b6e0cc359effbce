"""Truncated-Wigner trajectories of the two-photon resonator, with its negative diffusion made non-negative by name.

Without the third derivatives its Wigner equation is the Fokker-Planck equation of the Itô equation

    dα = [iΔα + Gα* - (κ₁/2)α - η(|α|² - 1)α] dt + sqrt(2D) dZ,        D = η(|α|² - 1/2) + κ₁/4,

dZ complex with E|dZ|² = dt and E dZ² = 0, so that each of Re α, Im α has the noise sqrt(D) dW. For κ₁ < 2η the diffusion D is
negative around the vacuum, where no stochastic process belongs to the equation. Two processes that are close to it:

* ``drop``: D = η|α|² + κ₁/4; the -1/2 of two-photon loss is left out everywhere. For κ₁ = 0 the phase θ of α obeys
  dθ = (Δ - G sin 2θ) dt + sqrt(η) dW by itself, and the rate is that of an equation in one variable.
* ``clip``: D = max(η(|α|² - 1/2) + κ₁/4, 0); only what is negative is left out: there is no noise in the disc
  |α|² < 1/2 - κ₁/(4η). For κ₁ >= 2η nothing is clipped, and it is the process of ``oscillator_problem``.

Their rates differ, and neither is that of the master equation. For κ₁ = 0 they fall with its exponent S but with another
prefactor: that of ``drop`` is larger, that of ``clip`` smaller by a third or so at Δ ~ G/4 and larger near Δ = 0, where the
quantum rate vanishes and theirs do not. The name of the truncation is part of the name of the scheme, ``strang_drop`` or
``strang_clip``, and goes with every result.

Steps: where D has a constant part > 0 (``drop`` with κ₁ > 0, ``clip`` with κ₁ > 2η) those of
:mod:`wellhop.engine.multiplicative_noise`, else those of :mod:`wellhop.engine.radial_noise`.

Mylnikov, Potashin, Kamenev, "Qubit decoherence in dissipative two-photon resonator: real-time instantons and Wigner
function", Eq. (3) without its third derivatives; the truncations, the terms in κ₁ and the steps are ours.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from wellhop.engine.errors import ModelError, ParameterError
from wellhop.engine.langevin_problem import LangevinProblem, core_table, time_grid
from wellhop.engine.langevin_schemes import linear_part, plane_coefficients
from wellhop.engine.langevin_wells import Cores, attractors, oscillator_cores
from wellhop.engine.radial_noise import radial_coefficients
from wellhop.engine.systems.two_photon_resonator import TwoPhotonResonator

#: schemes by truncation
SCHEME_OF = {"drop": "strang_drop", "clip": "strang_clip"}
#: default and largest dt times (2G + η + κ₁/2). At the default the rate of ``drop`` is 0.07 to 0.5 % too large for S = 2.4 to
#: 10, growing as dt²; that of ``clip`` was right within its sampling error, 0.3 to 0.6 %, at a step of 0.1, and 1 to 2.3 % too
#: large at 0.2
DEFAULT_STEP, LARGEST_STEP = 0.08, 1.0


def default_step(system: TwoPhotonResonator) -> float:
    """The step taken where none is asked for, unit of a time.

    >>> round(default_step(TwoPhotonResonator(4.0, 1.0)), 5)
    0.00889
    """
    return DEFAULT_STEP / (2.0 * system.G + system.eta + 0.5 * system.kappa_1)


def diffusion(system: TwoPhotonResonator, truncation: str) -> tuple[float, float]:
    """(constant part of D, edge c of the disc without noise), of which one is 0: D = constant + η max(|α|² - c, 0).

    Raises:
        ParameterError: no such truncation.

    >>> diffusion(TwoPhotonResonator(4.0, 1.0), "clip"), diffusion(TwoPhotonResonator(4.0, 1.0, 1.0, 0.2), "drop")
    ((0.0, 0.5), (0.05, 0.0))
    """
    if truncation not in SCHEME_OF:
        raise ParameterError("truncation", truncation, "one of " + ", ".join(SCHEME_OF))
    constant = 0.25 * system.kappa_1 - (0.5 * system.eta if truncation == "clip" else 0.0)
    return max(constant, 0.0), max(-constant / system.eta, 0.0)


def resonator_problem(
    system: TwoPhotonResonator,
    truncation: str,
    *,
    duration: float,
    sample_interval: float,
    dt: float | None = None,
    cores: Sequence[Cores] | None = None,
    observables: Sequence[str] = ("X", "n"),
) -> LangevinProblem:
    """Truncated-Wigner trajectories of the resonator; run them with :func:`wellhop.engine.langevin.run_many`.

    Args:
        system: two wells are needed, |Δ| < G and κ₁/2 < sqrt(G² - Δ²).
        truncation: ``drop`` or ``clip``, see the head of this file; ``problem.scheme`` says it.
        duration, sample_interval: times of a trajectory; the last one ends with a whole step.
        dt: step, lowered until it divides ``sample_interval``; None: :func:`default_step`.
        cores: core sets; None: discs around the wells of 0.35 of their distance from the origin. Trajectories start
            alternately in the wells of the first one, as coherent states: Re α, Im α each N(centre, 1/4).
        observables: of ``X`` (Re(α₀* α)/|α₀|², ±1 in the wells), ``n`` (|α|² - 1/2, the photon number), ``re``, ``im``.

    Raises:
        ParameterError: one well only, no such truncation or observable, or a step too long. ModelError: malformed cores.

    >>> problem = resonator_problem(TwoPhotonResonator(4.0, 1.0), "clip", duration=100.0, sample_interval=0.5)
    >>> problem.scheme, problem.table["start"].round(3).tolist()
    ('strang_clip', [[-1.952, -0.248], [1.952, 0.248]])
    """
    constant, edge = diffusion(system, truncation)
    if not abs(system.Delta) < system.G:
        raise ParameterError(
            "Delta", system.Delta, f"|Delta| < G = {system.G:g}", "beyond it there is one well only"
        )
    if not system.bistable:
        raise ParameterError("kappa_1", system.kappa_1, f"below 2 sqrt(G^2 - Delta^2) = {2.0 * system.s:g}")
    oscillator = system.oscillator()
    sets = oscillator_cores(oscillator) if cores is None else tuple(cores)
    if not sets:
        raise ModelError("cores: at least one core set is needed, its centres are the start states")
    usual = default_step(system)
    dt, n_steps, every = time_grid(usual if dt is None else dt, duration, sample_interval)
    longest = usual * LARGEST_STEP / DEFAULT_STEP
    if dt > longest:
        raise ParameterError("dt", dt, f"a step <= {longest:.3g}", f"use dt = {usual:.2g}")
    stable = attractors(oscillator)
    well = np.array([stable[-1].alpha.real, stable[-1].alpha.imag])
    rows = {
        "X": [0.0, *(well / (well @ well)), 0.0],
        "n": [-0.5, 0.0, 0.0, 1.0],
        "re": [0.0, 1.0, 0.0, 0.0],
        "im": [0.0, 0.0, 1.0, 0.0],
    }
    if not observables or not set(observables) <= set(rows):
        raise ParameterError("observables", tuple(observables), "some of " + ", ".join(rows))
    matrix, force = linear_part(oscillator)
    if constant > 0.0:
        coefficients = plane_coefficients(
            (matrix, force), constant, oscillator.detuning, 0.0, dt, loss=system.eta
        )
    else:
        turning = oscillator.detuning * np.array([[0.0, 1.0], [-1.0, 0.0]])
        coefficients = radial_coefficients(matrix + turning, system.eta, edge, dt)
    starts = np.asarray(sets[0].centres, dtype=np.float64)
    table = {
        "coefficients": coefficients,
        "cores": core_table(sets, len(starts), 2),
        "observables": np.array([rows[name] for name in observables]),
        "start": starts,
        "start_spread": np.full(2, 0.5),
    }
    slowest = min(-rate.real for point in stable for rate in point.eigenvalues)
    return LangevinProblem(
        "oscillator",
        SCHEME_OF[truncation],
        dt,
        n_steps,
        every,
        1.0 / slowest,
        tuple(observables),
        tuple(core.name for core in sets),
        table,
    )
