"""How the reduced model of the driven qubit with a defect is unravelled: photons lost to the defect and taken from it.

    H = Δ_d a†a + (Ω' a† + h.c.),    sqrt(γ(1-ν)) a + β₁,    sqrt(γν) a† + β₂

in the frame of the drive. One attractor, no wells, no cores. ``counting`` has β = 0; ``displaced`` shifts both operators by minus
their mean in the steady state, β₁ = -sqrt(γ(1-ν)) μ_ss, β₂ = -sqrt(γν) μ_ss*, so that a trajectory at rest clicks at the thermal
rate 2γν(1-ν)/(1-2ν) only. Averages are the same. With those shifts nothing drives b = a - μ_ss between clicks: H_eff is diagonal in
its number states and its eigenbasis is good at any size, while counting in a large basis needs the dyadic propagator.

A coherent state is an eigenstate of a: at ν = 0 trajectories from |α₀⟩ follow the mean exactly, without any spread. They test
nothing there but round-off; a start in |1⟩, or heat, makes them differ.

Wang, You, Ian, on the decoherence of a driven superconducting qubit coupled to a coherent two-level system, Eq. (3); they have no
trajectories, both unravellings are ours.
"""

from __future__ import annotations

import numpy as np

from wellhop.engine.errors import ParameterError
from wellhop.engine.fock import GUARD_LEVELS, annihilation, coherent_state
from wellhop.engine.lindblad import ComplexMatrix
from wellhop.engine.systems.driven_qubit_tls import DrivenQubitTLS
from wellhop.engine.unravelling import JumpSetup

UNRAVELLINGS = ("displaced", "counting")
#: Start states: the coherent state |α₀⟩, and the Fock state |1⟩ of the undisplaced oscillator.
STARTS = ("coherent", "fock_1")
#: Observables of a run, in the order of the samples; frame of the drive.
OBSERVABLES = ("Re a", "Im a", "n")


def jump_setup(
    system: DrivenQubitTLS,
    unravelling: str = "displaced",
    *,
    start: str = "coherent",
    cutoff: int | None = None,
) -> JumpSetup:
    """Jump unravelling of the reduced model; samples are Re⟨a⟩, Im⟨a⟩ and ⟨a†a⟩ in the frame of the drive.

    Args:
        system: parameters; rates and times are rad/us and us. unravelling: ``"displaced"`` or ``"counting"``.
        start: ``"coherent"`` for |α₀⟩, ``"fock_1"`` for |1⟩. cutoff: Fock states, :meth:`DrivenQubitTLS.default_cutoff` by default.

    Raises:
        ParameterError: unknown unravelling or start, or a cutoff that is too small for the guard levels or no integer.
        CutoffError: |α₀⟩ does not fit.

    >>> setup = jump_setup(DrivenQubitTLS(-0.37, 0.1, T=150.0))
    >>> [name for name, _ in setup.observables], setup.model.channel_names, setup.cores
    (['Re a', 'Im a', 'n'], ('loss', 'heating'), ())
    """
    if unravelling not in UNRAVELLINGS:
        raise ParameterError("unravelling", unravelling, "'displaced' or 'counting'")
    if start not in STARTS:
        raise ParameterError("start", start, "'coherent' or 'fock_1'")
    model = system.lindblad(cutoff)
    n = model.dim
    if n <= GUARD_LEVELS:
        raise ParameterError("cutoff", n, f"an integer > {GUARD_LEVELS}")
    a = annihilation(n)
    matrices: tuple[ComplexMatrix, ...] = (0.5 * (a + a.conj().T), -0.5j * (a - a.conj().T), a.conj().T @ a)
    shifts = {
        "loss": -np.sqrt(system.gamma * (1.0 - system.nu)) * system.mu_ss,
        "heating": -np.sqrt(system.gamma * system.nu) * system.mu_ss.conjugate(),
    }
    wanted = [shifts[name] if unravelling == "displaced" else 0.0 for name in model.channel_names]
    guard = np.zeros(n)
    guard[-GUARD_LEVELS:] = 1.0
    initial = coherent_state(system.alpha_0, n) if start == "coherent" else np.eye(n, dtype=np.complex128)[1]
    return JumpSetup(
        model=model,
        unravelling=unravelling,
        displacements=np.array([wanted], dtype=np.complex128),
        observables=tuple(zip(OBSERVABLES, matrices, strict=True)),
        sampled=len(OBSERVABLES),
        frame_scores=((0, 0.0),),
        initial=initial[None, :],
        start_weights=np.ones(1),
        cores=(),
        relaxation_time=1.0 / system.s,
        guard=guard,
    )
