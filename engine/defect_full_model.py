"""The oscillator with its defect kept: Fock space times two levels, before the defect is traced out.

Frame of the drive, σ₋ = |g⟩⟨e|:

    H = Δ_d a†a + (Δ_d - Δ_c) σ₊σ₋ + g (a† σ₋ + a σ₊) + Ω (a + a†)
    sqrt(2γ_c(1-ν)) σ₋,    sqrt(2γ_c ν) σ₊

γ_c is the decay rate of the COHERENCE ⟨σ₋⟩, whatever ν is; the population of the defect decays at 2γ_c. The oscillator itself has
no loss and no Kerr term: all it loses goes through the defect, about one quantum per relaxation time of the defect at most.

Ours, from the Hamiltonian (1) of Wang, You, Ian, on the decoherence of a driven superconducting qubit coupled to a coherent
two-level system, with χ = 0.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from wellhop.engine.ensemble import whole
from wellhop.engine.errors import ParameterError
from wellhop.engine.fock import GUARD_LEVELS, annihilation, coherent_state
from wellhop.engine.lindblad import ComplexMatrix, LindbladModel
from wellhop.engine.systems.driven_qubit_tls import DrivenQubitTLS
from wellhop.engine.unravelling import JumpSetup

#: Fock states that hold Fig. 2(a)-(c) and 5; Fig. 2(d), which climbs, needs 26 or more.
FULL_CUTOFF = 14
#: Observables of a run, in the order of the samples.
OBSERVABLES = ("Re a", "Im a", "n", "excited")


def full_operators(cutoff: int = FULL_CUTOFF) -> tuple[ComplexMatrix, ComplexMatrix]:
    """Matrices of a and σ₋ on Fock space times defect; index 2n + s, s = 0 the ground and 1 the excited state of the defect.

    Args:
        cutoff: Fock states, >= 2.

    Returns:
        Two (2 cutoff, 2 cutoff) matrices, which commute.

    Raises:
        ParameterError: the cutoff is no integer >= 2.

    >>> a, lower = full_operators(3)
    >>> a.shape, bool((a @ lower == lower @ a).all()), float(lower[0, 1].real)
    ((6, 6), True, 1.0)
    """
    a = np.kron(annihilation(cutoff), np.eye(2))
    lower = np.kron(np.eye(cutoff), np.array([[0.0, 1.0], [0.0, 0.0]]))
    return a.astype(np.complex128), lower.astype(np.complex128)


def full_model(system: DrivenQubitTLS, cutoff: int = FULL_CUTOFF) -> LindbladModel:
    """The full model, frame of the drive, all rates in rad/us; channels ``emission`` and ``absorption`` of the defect.

    Channels of zero rate (ν = 0 below about 0.3 mK) are left out.

    Args:
        system: parameters. cutoff: Fock states, >= 2.

    Raises:
        ParameterError: the cutoff is no integer >= 2.

    >>> model = full_model(DrivenQubitTLS(-0.37, 0.1), 14)
    >>> model.dim, model.channel_names
    (28, ('emission', 'absorption'))
    """
    a, lower = full_operators(whole("cutoff", cutoff, 2))
    raise_ = lower.conj().T
    exchange = system.coupling * (a.conj().T @ lower)
    driven = system.drive * a
    hamiltonian = (
        system.delta_d * (a.conj().T @ a)
        + (system.delta_d - system.delta_c) * (raise_ @ lower)
        + (exchange + exchange.conj().T)
        + (driven + driven.conj().T)
    )
    population_rate = 2.0 * system.coherence_decay
    channels = [
        ("emission", population_rate * (1.0 - system.nu), lower),
        ("absorption", population_rate * system.nu, raise_),
    ]
    kept = [(name, math.sqrt(rate) * op) for name, rate, op in channels if rate > 0.0]
    return LindbladModel(hamiltonian, tuple(op for _, op in kept), tuple(name for name, _ in kept))


def full_start(system: DrivenQubitTLS, cutoff: int = FULL_CUTOFF) -> npt.NDArray[np.complex128]:
    """(2, 2 cutoff): |α₀⟩ with the defect in its ground and in its excited state; their weights at T are 1-ν and ν.

    Raises:
        ParameterError: the cutoff is no integer >= 2. CutoffError: |α₀⟩ does not fit.

    >>> full_start(DrivenQubitTLS(-0.37, 0.1), 14).shape
    (2, 28)
    """
    state = coherent_state(system.alpha_0, whole("cutoff", cutoff, 2))
    return np.stack([np.kron(state, level) for level in np.eye(2)]).astype(np.complex128)


def full_density(system: DrivenQubitTLS, cutoff: int = FULL_CUTOFF) -> ComplexMatrix:
    """Density matrix at t = 0: |α₀⟩⟨α₀| times the thermal state of the defect.

    Raises:
        ParameterError: the cutoff is no integer >= 2. CutoffError: |α₀⟩ does not fit.

    >>> rho = full_density(DrivenQubitTLS(-0.37, 0.1, T=150.0), 14)
    >>> f"{np.trace(rho).real:.6f} {np.trace(rho[1::2, 1::2]).real:.6f}"
    '1.000000 0.191586'
    """
    ground, excited = full_start(system, cutoff)
    cold, hot = np.outer(ground, ground.conj()), np.outer(excited, excited.conj())
    return np.asarray((1.0 - system.nu) * cold + system.nu * hot, dtype=np.complex128)


def full_jump_setup(system: DrivenQubitTLS, cutoff: int = FULL_CUTOFF) -> JumpSetup:
    """Quantum jumps of the defect, the oscillator carried along; no cores, nothing switches.

    Samples are Re⟨a⟩, Im⟨a⟩ (frame of the drive), ⟨a†a⟩ and the excited weight of the defect. A trajectory starts with the defect
    excited with probability ν.

    Args:
        system: parameters. cutoff: Fock states; watch ``guard_population`` of the records.

    Raises:
        ParameterError: the cutoff is too small for the guard levels or no integer. CutoffError: |α₀⟩ does not fit.

    >>> setup = full_jump_setup(DrivenQubitTLS(-0.37, 0.1, T=150.0), 14)
    >>> [name for name, _ in setup.observables], setup.start_weights.round(6).tolist()
    (['Re a', 'Im a', 'n', 'excited'], [0.808414, 0.191586])
    """
    if whole("cutoff", cutoff, 2) <= GUARD_LEVELS:
        raise ParameterError("cutoff", cutoff, f"an integer > {GUARD_LEVELS}")
    model = full_model(system, cutoff)
    a, lower = full_operators(cutoff)
    guard = np.zeros(model.dim)
    guard[-2 * GUARD_LEVELS :] = 1.0
    matrices: tuple[ComplexMatrix, ...] = (
        0.5 * (a + a.conj().T),
        -0.5j * (a - a.conj().T),
        a.conj().T @ a,
        lower.conj().T @ lower,
    )
    weights = np.array([1.0 - system.nu, system.nu])
    return JumpSetup(
        model=model,
        unravelling="counting",
        displacements=np.zeros((1, len(model.jump_operators)), dtype=np.complex128),
        observables=tuple(zip(OBSERVABLES, matrices, strict=True)),
        sampled=len(OBSERVABLES),
        frame_scores=((0, 0.0),),
        initial=full_start(system, cutoff),
        start_weights=weights,
        cores=(),
        relaxation_time=1.0 / system.coherence_decay,
        guard=guard,
    )
