"""The two-photon Kerr oscillator in the scaled variables of its weak-noise (MSRJD) theory.

With q = 2 sqrt(U/γ) (Re α, Im α) the truncated-Wigner equation reads

    dq = f(q) dt + sqrt(2U) dW,    f = -[γ + (Δ + (γ/4)|q|² - U) J + ε M] q,    J = [[0, -1], [1, 0]], M = [[0, 1], [1, 0]],

so that U is the strength of the noise alone, but for the small shift -U of the Weyl ordering, and densities and rates go as
exp(-S/U). Steps are those of the oscillator with other coefficients: the same trajectories, seen through a magnifying glass.

Sépulcre, "Analytical phase boundary of a quantum driven-dissipative Kerr oscillator from classical stochastic instantons",
Eqs. (3), (4); with the Kerr coefficient γ/4 that makes the two consistent.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from wellhop.engine.errors import ModelError, ParameterError
from wellhop.engine.langevin_problem import LangevinProblem, core_table, time_grid
from wellhop.engine.langevin_schemes import SCHEMES, linear_part, plane_coefficients
from wellhop.engine.langevin_wells import DEFAULT_SHARE, Cores, check_step, oscillator_cores
from wellhop.engine.oscillator import Oscillator, finite_real
from wellhop.engine.systems.kerr_two_photon_drive import KerrTwoPhotonDrive


def msrjd_problem(
    system: KerrTwoPhotonDrive | tuple[float, float, float],
    U: float | None = None,
    *,
    duration: float,
    sample_interval: float,
    dt: float | None = None,
    scheme: str = "strang",
    cores: Sequence[Cores] | None = None,
    observables: Sequence[str] = ("q0", "q1"),
    wigner_shift: bool = True,
    linear: bool = False,
) -> LangevinProblem:
    """Trajectories of dq = f(q) dt + sqrt(2U) dW; run them with :func:`wellhop.engine.langevin.run_many`.

    Args:
        system: the oscillator, or (Δ, ε, γ). U: noise strength; may be left out if the system has it.
        duration, sample_interval, dt, scheme: as for :func:`~wellhop.engine.langevin_problem.oscillator_problem`.
        cores: core sets in q; None: those of the oscillator, magnified. Trajectories start in turn in the wells of the first one
            with the spread of coherent states, U/γ per quadrature.
        observables: of ``q0``, ``q1``, ``n`` (|q|²γ/(4U) - 1/2, the photon number).
        wigner_shift: keep the -U. linear: leave out the term with |q|² (and the shift), the Ornstein-Uhlenbeck process around
            the vacuum; needs ε² < γ² + Δ².

    Raises:
        ParameterError, ModelError: as for :func:`~wellhop.engine.langevin_problem.oscillator_problem`.

    >>> problem = msrjd_problem((-3.0, 1.8, 1.0), 0.4, duration=10.0, sample_interval=1.0)
    >>> round(float((problem.table["start"][2] ** 2).sum()), 3)  # |q|² of a bright well: 4 n_b/γ
    17.987
    """
    if isinstance(system, KerrTwoPhotonDrive):
        delta, eps, gamma = system.delta, system.eps, system.gamma
        noise = system.U if U is None else U
    else:
        delta, eps, gamma = system
        if U is None:
            raise ParameterError("U", U, "the noise strength, a number > 0")
        noise = U
    noise = finite_real("U", noise, minimum=0.0, strict=True)
    gamma = finite_real("gamma", gamma, minimum=0.0, strict=True)
    if scheme not in SCHEMES:
        raise ParameterError("scheme", scheme, "one of " + ", ".join(SCHEMES))
    physical = Oscillator(detuning=delta, kerr=0.0 if linear else noise, drive_2=eps, kappa_1=2.0 * gamma)
    recommended, slowest = check_step(physical, scheme, None)
    scale = 2.0 * math.sqrt(noise / gamma)
    if cores is None:
        cores = [
            Cores(core.name, scale * core.centres, scale * core.radii) for core in oscillator_cores(physical)
        ]
    if not cores:
        raise ModelError("cores: at least one core set is needed, its centres are the start states")
    dt, n_steps, every = time_grid(DEFAULT_SHARE * recommended if dt is None else dt, duration, sample_interval)
    check_step(physical, scheme, dt)
    rows = {"q0": [0.0, 1.0, 0.0, 0.0], "q1": [0.0, 0.0, 1.0, 0.0], "n": [-0.5, 0.0, 0.0, 1.0 / scale**2]}
    if not observables or not set(observables) <= set(rows):
        raise ParameterError("observables", tuple(observables), "some of " + ", ".join(rows))
    shift = noise if wigner_shift and not linear else 0.0
    wells = np.asarray(cores[0].centres, dtype=np.float64)
    table = {
        "coefficients": plane_coefficients(
            linear_part(physical), 2.0 * noise, delta - shift, 0.0 if linear else 0.25 * gamma, dt
        ),
        "cores": core_table(cores, len(wells), 2),
        "observables": np.array([rows[name] for name in observables]),
        "start": wells,
        "start_spread": np.full(2, 0.5 * scale),
    }
    names = tuple(core.name for core in cores)
    return LangevinProblem(
        "oscillator", scheme, dt, n_steps, every, 1.0 / slowest, tuple(observables), names, table
    )
