"""How the Duffing oscillator is unravelled: a displacement, a core and a start state for each of two different attractors.

Wells in the order of Re α: 0 = LAS, 1 = HAS. Every jump operator L is shifted by its mean-field value in the frame f,

    sqrt(κ(1+n_th)) (a - α_f),   sqrt(κ n_th) (a† - α_f*),   sqrt(2η) (a†a - |α_f|²),

a different shift for each well. Counting alone would not do: the photons of LAS are few, and a state that has left it for an
orbit of the same photon number looks alike. After a click the frame of the nearer attractor is taken, nearer in

    D_f = <(a - α_f)†(a - α_f)>,

which is also what the cores are made of: D_f below the square of a share of the attractor's reach. The orbits that run into
HAS pass LAS in phase space far away, though not in photon number; labels keep their value between cores (hysteresis).

Feng, Guo, "Quantum dissipative dynamics of a driven Duffing oscillator near attractors", has no unravelling; the choice is ours.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from wellhop.engine.errors import ParameterError, UnravellingError
from wellhop.engine.fock import GUARD_LEVELS, annihilation, coherent_state
from wellhop.engine.lindblad import ComplexMatrix
from wellhop.engine.systems.duffing_attractors import Attractor, DuffingAttractors
from wellhop.engine.unravelling import CoreDefinition, JumpSetup

#: Core definitions: radius as a share of :func:`core_reach`. The middle one is quoted.
CORE_SETTINGS: Mapping[str, float] = {"narrow": 0.35, "reference": 0.5, "wide": 0.65}
#: The reference core holds D_f up to this many times that of the linearised well, whatever its share; smaller ones less.
LEAST_CORE = 2.0
#: Largest reach of an attractor as a share of the distance between both: the saddle lies on the far side of LAS.
LARGEST_REACH = 2.0 / 3.0
#: Condition number up to which the eigenbasis of H_eff is used: an interval errs by 2e-16 times that at worst.
LARGEST_CONDITION = 3e9
#: Fock states for trajectories: m photons, so many times sqrt(m (1 + 2 n_th)), and a few more; rates keep ten digits at 5.5.
TRAJECTORY_WIDTHS, SPARE_LEVELS, FEWEST_LEVELS = 6.5, 4.0, 24


def well_spread(system: DuffingAttractors, alpha: complex) -> float:
    """D = <δ†δ> of the linearised well at α: n_th + (n_th + ½)|g|²/(κ²/4 + ω² - |g|²).

    dδ/dt = -(κ/2 + iω)δ - ig δ*, ω = dw + 4χ|α|², g = 2χα²; dephasing is left out.

    >>> system = DuffingAttractors(0.06, 4 / 75, 0.1)
    >>> [round(well_spread(system, system.amplitude(f)), 4) for f in ("LAS", "HAS")]
    [0.0023, 1.4416]
    """
    turning = system.dw + 4.0 * system.chi * abs(alpha) ** 2
    squeezing = abs(2.0 * system.chi * alpha**2) ** 2
    stiffness = 0.25 * system.kappa**2 + turning**2 - squeezing
    return float(system.n_th + (system.n_th + 0.5) * squeezing / stiffness)


def core_reach(system: DuffingAttractors, attractor: Attractor) -> float:
    """Distance in the plane of α within which a state belongs to an attractor: to the saddle, or 2/3 of the way to the other one.

    >>> system = DuffingAttractors(0.06, 4 / 75, 0.1)
    >>> [round(core_reach(system, f), 3) for f in ("LAS", "HAS")]
    [1.838, 2.499]
    """
    here, low, high = (system.amplitude(f) for f in (attractor, "LAS", "HAS"))
    return min(abs(here - system.amplitude("saddle")), LARGEST_REACH * abs(high - low))


def trajectory_cutoff(system: DuffingAttractors) -> int:
    """Fock states that trajectories need, in whole vector registers; less than spectra to round-off need.

    >>> trajectory_cutoff(DuffingAttractors(0.06, 4 / 75, 0.1)), trajectory_cutoff(DuffingAttractors(0.04, 4 / 75, 0.1, 0.5))
    (36, 56)
    """
    photons = max(abs(system.amplitude(f)) ** 2 for f in ("LAS", "HAS"))
    spread = TRAJECTORY_WIDTHS * np.sqrt(photons * (1.0 + 2.0 * system.n_th))
    needed = int(np.ceil((photons + spread + SPARE_LEVELS) / 4.0)) * 4
    return min(max(needed, FEWEST_LEVELS), system.default_cutoff())


def jump_setup(
    system: DuffingAttractors,
    unravelling: str = "displaced",
    *,
    cutoff: int | None = None,
    core_settings: Mapping[str, float] = CORE_SETTINGS,
) -> JumpSetup:
    """Jump unravelling of a Duffing oscillator with two attractors.

    Trajectories start in the coherent states at LAS and HAS in turn. ``X`` (-1 at LAS, +1 at HAS, along the line between
    them) and ``n`` are sampled.

    Args:
        system: the parameters. unravelling: ``"displaced"`` or ``"counting"``; counting carries no cores.
        cutoff: Fock states; :func:`trajectory_cutoff` by default.
        core_settings: name -> radius as a share of :func:`core_reach`, one core definition each.

    Raises:
        ParameterError: unknown unravelling, a share that is not between 0 and 1. CutoffError: too few Fock states.
        UnravellingError: one attractor only, or cores that overlap.

    >>> setup = jump_setup(DuffingAttractors(0.06, 4 / 75, 0.1))
    >>> [name for name, _ in setup.observables], setup.initial.shape, [core.name for core in setup.cores]
    (['X', 'n', 'D_LAS', 'D_HAS'], (2, 36), ['narrow', 'reference', 'wide'])
    """
    if unravelling not in ("displaced", "counting"):
        raise ParameterError("unravelling", unravelling, "'displaced' or 'counting'")
    require_two_wells(system)
    model = system.lindblad(trajectory_cutoff(system) if cutoff is None else cutoff)
    n = model.dim
    a = annihilation(n)
    low, high = (system.amplitude(f) for f in ("LAS", "HAS"))
    along = np.conj(high - low) * (a - 0.5 * (high + low) * np.eye(n)) / abs(high - low) ** 2
    observables: tuple[tuple[str, ComplexMatrix], ...] = (
        ("X", along + along.conj().T),
        ("n", a.conj().T @ a),
        ("D_LAS", _distance(a, low)),
        ("D_HAS", _distance(a, high)),
    )
    counting = unravelling == "counting"
    stable = [point for point in system.fixed_points() if point.stable]
    guard = np.zeros(n)
    guard[-GUARD_LEVELS:] = 1.0
    return JumpSetup(
        model=model,
        unravelling=unravelling,
        displacements=np.zeros((1, len(model.jump_operators)), dtype=np.complex128)
        if counting
        else np.stack([_shifts(system, z) for z in (low, high)]),
        observables=observables,
        sampled=2,
        frame_scores=((0, 0.0),) if counting else ((2, -1.0), (3, -1.0)),
        initial=np.stack([coherent_state(z, n) for z in (low, high)]),
        start_weights=np.full(2, 0.5),
        cores=() if counting else _cores(system, core_settings, len(observables)),
        relaxation_time=1.0 / min(-rate.real for point in stable for rate in point.eigenvalues),
        guard=guard,
        largest_condition=LARGEST_CONDITION,
    )


def require_two_wells(system: DuffingAttractors) -> None:
    """Refuse what has one attractor.

    Raises:
        UnravellingError: not bistable; the message names the range.
    """
    if system.bistable:
        return
    low, high = system.drive_range
    allowed = (
        f"{low:.8g} < beta < {high:.8g} at khat = {system.khat:g}"
        if high > 0.0
        else "khat < 1/sqrt(3) = 0.57735"
    )
    raise UnravellingError(
        f"{system.name}: one attractor only at beta = {system.beta:g}, khat = {system.khat:g}, nothing switches; use {allowed}"
    )


def _shifts(system: DuffingAttractors, alpha: complex) -> ComplexMatrix:
    """(n_channels,) minus the mean-field value of every jump operator, in the order of the model."""
    rates = [
        (system.kappa * (1.0 + system.n_th), alpha),
        (system.kappa * system.n_th, np.conj(alpha)),
        (2.0 * system.eta, abs(alpha) ** 2),
    ]
    return np.array([-np.sqrt(rate) * value for rate, value in rates if rate > 0.0], dtype=np.complex128)


def _distance(a: ComplexMatrix, alpha: complex) -> ComplexMatrix:
    """(a - α)†(a - α), exact in every kept matrix element."""
    cross = np.conj(alpha) * a
    out: ComplexMatrix = a.conj().T @ a - cross - cross.conj().T + abs(alpha) ** 2 * np.eye(len(a))
    return out


def _cores(
    system: DuffingAttractors, settings: Mapping[str, float], n_observables: int
) -> tuple[CoreDefinition, ...]:
    """Boxes D_f < (share x reach)².

    For any state sqrt(D_L) + sqrt(D_H) >= |α_L - α_H|, therefore cores of which that cannot be true are apart.
    """
    names: tuple[Attractor, ...] = ("LAS", "HAS")
    low, high = (system.amplitude(f) for f in names)
    cores = []
    for label, share in settings.items():
        if not 0.0 < share < 1.0:
            raise ParameterError(f"core_settings[{label!r}]", share, "a number between 0 and 1")
        least = LEAST_CORE * min(1.0, share / CORE_SETTINGS["reference"]) ** 2
        limits = [
            max((share * core_reach(system, f)) ** 2, least * well_spread(system, z))
            for f, z in zip(names, (low, high), strict=True)
        ]
        reach, apart = sum(np.sqrt(limits)), abs(high - low)
        if reach >= apart:
            raise UnravellingError(
                f"core_settings[{label!r}]: cores overlap: the attractors are {apart:.3g} apart, their cores reach {reach:.3g}; "
                "use smaller shares, or parameters where the attractors are further apart (smaller lam)"
            )
        upper = np.full((2, n_observables), np.inf)
        upper[0, 2], upper[1, 3] = limits
        cores.append(CoreDefinition(label, np.full_like(upper, -np.inf), upper))
    return tuple(cores)
