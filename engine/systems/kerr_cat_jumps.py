"""How a Kerr-cat is unravelled: frames, observables, cores and start states of its quantum-jump trajectories.

Trajectories live in the span of the highest M manifolds (the projected model is again of Lindblad form). Su
et al. say nothing about unravellings; the choice here is: counting, L = sqrt(rate) a or a†, never tells the
wells apart; displaced, L - sqrt(rate) s α for BOTH channels, s = ±1 the occupied well, does. s is re-chosen
after a click from the sign of ⟨X⟩.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from wellhop.engine.errors import ParameterError
from wellhop.engine.systems.kerr_cat import KerrCat
from wellhop.engine.unravelling import CoreDefinition, JumpSetup

#: thresholds on |⟨X⟩| of the core definitions recorded side by side; the last but one, 0.99, is the one quoted
CORE_THRESHOLDS = (0.9, 0.95, 0.99, 0.995)
#: a core asks for more than this population in manifold 0
GROUND_POPULATION = 0.5
#: manifolds next to the truncation whose population is watched
GUARD_MANIFOLDS = 2
#: stationary population that may lie in the guard manifolds and beyond
TAIL_POPULATION = 1e-12
FEWEST_MANIFOLDS = 8


def _cores(thresholds: Sequence[float]) -> tuple[CoreDefinition, ...]:
    """Boxes in (⟨X⟩, P_0): P_0 > 1/2 and ⟨X⟩ beyond ±threshold."""
    cores = []
    for k, th in enumerate(thresholds):
        if not 0.0 < th < 1.0:
            raise ParameterError(f"core_thresholds[{k}]", th, "a number between 0 and 1")
        lower = np.array([[th, GROUND_POPULATION], [-np.inf, GROUND_POPULATION]])
        upper = np.array([[np.inf, np.inf], [-th, np.inf]])
        cores.append(CoreDefinition(f"{th:g}", lower, upper))
    return tuple(cores)


def trajectory_manifolds(system: KerrCat, cutoff: int | None = None) -> int:
    """Manifolds that trajectories need: the smallest M with a stationary population of levels >= M - 2 below 1e-12.

    The populations are those of the classical rate equations with rates Σ_k |⟨ψ_m|L_k|ψ_n⟩|² between the levels of
    ``system.default_manifolds()`` manifolds; only their order of magnitude matters. What the truncation does to the rate is
    measured by the report ("checks"), not assumed.
    """
    most = system.default_manifolds()
    model = system.reduced_model(most, cutoff)
    rates = sum(np.abs(op) ** 2 for op in model.jump_operators)
    assert isinstance(rates, np.ndarray)
    np.fill_diagonal(rates, 0.0)
    generator = rates - np.diag(rates.sum(axis=0))
    generator[0, :] = 1.0
    population = np.linalg.solve(generator, np.eye(2 * most)[0])
    tail = np.cumsum(np.abs(population[:most] + population[most:])[::-1])[::-1]
    enough = np.flatnonzero(tail < TAIL_POPULATION)
    needed = int(enough[0]) + GUARD_MANIFOLDS if enough.size else most
    # whole vector registers: sectors of a multiple of four levels run faster than slightly smaller ones
    return int(np.clip((needed + 3) // 4 * 4, min(FEWEST_MANIFOLDS, most), most))


def jump_setup(
    system: KerrCat,
    unravelling: str = "displaced",
    *,
    manifolds: int | None = None,
    cutoff: int | None = None,
    core_thresholds: Sequence[float] = CORE_THRESHOLDS,
) -> JumpSetup:
    """Jump unravelling of a Kerr-cat.

    Args:
        system: the parameters.
        unravelling: ``"displaced"`` or ``"counting"``. Counting carries no cores: it cannot show a switch.
        manifolds: M, pairs of levels kept; :func:`trajectory_manifolds` by default.
        cutoff: Fock states from which the levels are computed.
        core_thresholds: on |⟨X⟩|, one core definition each.

    Raises:
        ParameterError: unknown unravelling, M < 3, thresholds outside (0, 1).

    >>> setup = jump_setup(KerrCat(eps2=4.0, kappa=0.1, n_th=0.02), manifolds=8)
    >>> setup.model.dim, [name for name, _ in setup.observables]
    (16, ['X', 'P0'])
    """
    if unravelling not in ("displaced", "counting"):
        raise ParameterError("unravelling", unravelling, "'displaced' or 'counting'")
    count = trajectory_manifolds(system, cutoff) if manifolds is None else manifolds
    if count < 3:
        raise ParameterError("manifolds", manifolds, "an integer >= 3")
    levels = system.manifolds(count, cutoff)
    model = system.reduced_model(count, cutoff)
    right = np.zeros(2 * count, dtype=np.complex128)
    right[[0, count]] = np.sqrt(0.5)
    left = right.copy()
    left[count] *= -1.0
    guard = np.zeros(2 * count)
    guard[count - GUARD_MANIFOLDS : count] = guard[2 * count - GUARD_MANIFOLDS :] = 1.0
    beta = system.displacements()[: len(model.jump_operators)].astype(np.complex128)
    counting = unravelling == "counting"
    return JumpSetup(
        model=model,
        unravelling=unravelling,
        displacements=np.zeros((1, len(beta)), dtype=np.complex128) if counting else np.stack([beta, -beta]),
        observables=(
            ("X", levels.order_parameter().astype(np.complex128)),
            ("P0", levels.manifold_population(0).astype(np.complex128)),
        ),
        sampled=1,
        frame_scores=((0, 0.0),) if counting else ((0, 1.0), (0, -1.0)),
        initial=np.stack([right, left]),
        start_weights=np.array([0.5, 0.5]),
        cores=() if counting else _cores(core_thresholds),
        relaxation_time=1.0 / system.kappa,
        mirror=np.concatenate([np.ones(count), -np.ones(count)]),
        guard=guard,
    )
