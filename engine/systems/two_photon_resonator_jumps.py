"""How the two-photon resonator is unravelled: the coherence between parities, or the well once single photons are lost.

Lost pairs of photons commute with parity, so no record of them tells |α₀> from |-α₀>: without one-photon loss a trajectory
stays a superposition of an even and an odd part, and there is no switch to see. What decays is the coherence between the two,

    C = (2/α₀) P_odd a P_even,        E<C>(t) -> exp(λ t),        λ = -Γ - i sign(Δ) Ω,

1 in the coherent state |α₀> up to e^{-2|α₀|²}. <C> of the pure state of a trajectory is recorded as two real numbers. The jump
operator sqrt(η)(a² - α₀²) makes clicks rarer than counted pairs and leaves all averages alone: at G = 4 by 12 (Δ = 2), 74 (1), 320
(0.5), and at Δ = 0, where |±α₀> are dark, there are none.

With one-photon loss κ₁ the operators sqrt(κ₁)(a ∓ α), α = ±sqrt((s - κ₁/2)/η) e^{i arg α₀}, click at a rate near 0 in their
own well and 4κ₁|α|² in the other one: that record reveals the well, at κ₁|α|² >> Ω it switches like a telegraph.

Mylnikov, Potashin, Kamenev, "Qubit decoherence in dissipative two-photon resonator: real-time instantons and Wigner
function", has no unravelling and no one-photon loss; both are ours.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from wellhop.engine.errors import ParameterError, UnravellingError
from wellhop.engine.fock import GUARD_LEVELS, annihilation, coherent_state, parity_signs
from wellhop.engine.lindblad import ComplexMatrix
from wellhop.engine.systems.two_photon_resonator import TwoPhotonResonator
from wellhop.engine.unravelling import CoreDefinition, JumpSetup

#: Observables of a coherence run that make up <C>, in the order of the samples.
COHERENCE = ("Re C", "Im C")
#: |X| beyond which a trajectory is labelled, with one-photon loss: one core definition each. Lower ones also count clicks
#: that bring the state to the other side for a moment, higher ones take the time of a transit as well: twice the escape rate over
#: Γ_z is 1.40, 1.01, 0.96, 0.93 at 0.5, 0.9, 0.95, 0.99 for (G, Δ, κ₁) = (3, 1, 0.5), and 1.19, 1.04, 1.02, 1.00 for (4, 1, 0.1).
CORE_THRESHOLDS = (0.9, 0.95, 0.99, 0.995)
#: Condition number up to which the eigenbasis of H_eff is used: an interval errs by 2e-16 times that at worst.
LARGEST_CONDITION = 3e9
#: Fock states for trajectories: m photons, so many times sqrt(m), and a few more. Right after a click a state reaches further
#: than a coherent one; in this space its population next to the cut-off stays below 1e-5.
TRAJECTORY_WIDTHS, SPARE_LEVELS, FEWEST_LEVELS = 9.0, 4.0, 24


def well_amplitude(system: TwoPhotonResonator) -> complex:
    """Mean field of the right-hand well, one-photon loss included: |α|² = (s - κ₁/2)/η, arg α = asin(Δ/G)/2.

    Raises:
        UnravellingError: one well only.

    >>> system = TwoPhotonResonator(4.0, 1.0, 1.0, 0.1)
    >>> abs(system.mean_field(well_amplitude(system))) < 1e-12
    True
    """
    if not system.bistable:
        raise UnravellingError(
            f"{system.name}: one well only at G = {system.G:g}, Delta = {system.Delta:g}, kappa_1 = {system.kappa_1:g}, nothing "
            "switches; use |Delta| < sqrt(G^2 - kappa_1^2/4)"
        )
    shrunk = np.sqrt((system.s - 0.5 * system.kappa_1) / system.s)
    return complex(shrunk * system.alpha0)


def trajectory_cutoff(system: TwoPhotonResonator) -> int:
    """Fock states that trajectories need: m + 9 sqrt(m) + 4 for wells of m photons, in whole vector registers.

    >>> trajectory_cutoff(TwoPhotonResonator(4.0, 1.0)), trajectory_cutoff(TwoPhotonResonator(12.0, 6.0))
    (28, 44)
    """
    photons = abs(well_amplitude(system)) ** 2
    needed = int(np.ceil((photons + TRAJECTORY_WIDTHS * np.sqrt(photons) + SPARE_LEVELS) / 4.0)) * 4
    return min(max(needed, FEWEST_LEVELS), system.default_cutoff())


def jump_setup(
    system: TwoPhotonResonator,
    unravelling: str = "displaced",
    *,
    cutoff: int | None = None,
    core_thresholds: Sequence[float] | None = None,
) -> JumpSetup:
    """Jump unravelling of a two-photon resonator.

    Without one-photon loss: start in |α₀>, no cores, samples Re C, Im C, X, n. With it: starts in |-α>, |α>, samples X, n, and
    a core for every threshold on |X|. X = Re(α* a)/x, n = a†a, with x = |α|² or, where there are wells to tell apart, the value
    in the state to which the right-hand well relaxes between clicks, so that X = 1 there.

    Args:
        system: two wells. unravelling: ``"displaced"``, or ``"counting"``, which never carries cores.
        cutoff: Fock states; :func:`trajectory_cutoff` by default. core_thresholds: increasing, between 0.5 and 1, where there
            are cores; ``CORE_THRESHOLDS`` by default.

    Raises:
        ParameterError: unknown unravelling, thresholds out of range or where there are no cores. CutoffError: too few Fock states.
        UnravellingError: one well only.

    >>> setup = jump_setup(TwoPhotonResonator(4.0, 1.0))
    >>> [name for name, _ in setup.observables], len(setup.initial), setup.cores
    (['Re C', 'Im C', 'X', 'n'], 1, ())
    >>> [core.name for core in jump_setup(TwoPhotonResonator(4.0, 1.0, 1.0, 0.1)).cores]
    ['0.9', '0.95', '0.99', '0.995']
    """
    if unravelling not in ("displaced", "counting"):
        raise ParameterError("unravelling", unravelling, "'displaced' or 'counting'")
    alpha = well_amplitude(system)
    model = system.lindblad(trajectory_cutoff(system) if cutoff is None else cutoff)
    n = model.dim
    a = annihilation(n)
    along = np.conj(alpha) * a / (2.0 * abs(alpha) ** 2)
    along = along + along.conj().T
    pairs = -np.sqrt(system.eta) * alpha**2
    guard = np.zeros(n)
    guard[-GUARD_LEVELS:] = 1.0
    counting = unravelling == "counting"
    lossy = system.kappa_1 > 0.0
    wells = [-alpha, alpha] if lossy else [alpha]
    frames = np.array([[-np.sqrt(system.kappa_1) * z, pairs] if lossy else [pairs] for z in wells])
    if lossy:
        at_rest = resting_state(model.displaced(frames[1]).effective_hamiltonian())
        along = along / float(np.vdot(at_rest, along @ at_rest).real)
    plain: list[tuple[str, ComplexMatrix]] = [("X", along), ("n", a.conj().T @ a)]
    observables = plain if lossy else [*_coherence(a, alpha), *plain]
    displacements = np.zeros((1, frames.shape[1]), dtype=np.complex128) if counting else frames
    shown = lossy and not counting
    if core_thresholds is not None and not shown:
        raise ParameterError(
            "core_thresholds", tuple(core_thresholds), "none here", "without one-photon loss, or counting, nothing shows a well"
        )
    slowest = min(-rate.real for rate in system.oscillator().linearised_eigenvalues(alpha))
    return JumpSetup(
        model=model,
        unravelling=unravelling,
        displacements=displacements,
        observables=tuple(observables),
        sampled=len(observables),
        frame_scores=((0, -1.0), (0, 1.0)) if shown else ((0, 0.0),),
        initial=np.stack([coherent_state(z, n) for z in wells]),
        start_weights=np.full(len(wells), 1.0 / len(wells)),
        cores=_cores(core_thresholds or CORE_THRESHOLDS, len(observables)) if shown else (),
        relaxation_time=1.0 / slowest,
        mirror=parity_signs(n),
        guard=guard,
        largest_condition=LARGEST_CONDITION,
    )


def resting_state(effective_hamiltonian: ComplexMatrix) -> npt.NDArray[np.complex128]:
    """Normalised state that is left after a long time without a click: the slowest eigenvector of H_eff."""
    values, vectors = np.linalg.eig(effective_hamiltonian)
    state: npt.NDArray[np.complex128] = vectors[:, np.argmax(values.imag)]
    return state / np.linalg.norm(state)


def _coherence(a: ComplexMatrix, alpha: complex) -> list[tuple[str, ComplexMatrix]]:
    """Hermitian and anti-Hermitian part of C = (2/α) P_odd a P_even."""
    even = 0.5 * (1.0 + parity_signs(len(a)))
    c = (2.0 / alpha) * (1.0 - even)[:, None] * a * even[None, :]
    parts = (0.5 * (c + c.conj().T), -0.5j * (c - c.conj().T))
    return list(zip(COHERENCE, parts, strict=True))


def _cores(thresholds: Sequence[float], observables: int) -> tuple[CoreDefinition, ...]:
    """|X| beyond each threshold, X being the first observable; well 0 is the left-hand one."""
    cores = []
    for place, threshold in enumerate(thresholds):
        if not max([0.5, *thresholds[:place]]) < threshold < 1.0:
            raise ParameterError(
                f"core_thresholds[{place}]", threshold, "a number between 0.5 and 1, larger than the one before"
            )
        lower, upper = np.full((2, observables), -np.inf), np.full((2, observables), np.inf)
        upper[0, 0], lower[1, 0] = -threshold, threshold
        cores.append(CoreDefinition(f"{threshold:g}", lower, upper))
    return tuple(cores)
