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
from wellhop.engine.lindblad import ComplexMatrix, LindbladModel
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
#: manifolds above the barrier that are resolved one by one; those beyond are taken together
ABOVE_BARRIER = 3


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


def resolved_manifolds(system: KerrCat, manifolds: int) -> int:
    """How many manifolds, from the ground manifold on, are told apart: those in a well, ε₂/(πK), and three above.

    >>> resolved_manifolds(KerrCat(6.0, 0.025, 0.05), 16)
    5
    """
    inside = int(np.ceil(system.eps2 / (np.pi * system.K)))
    return min(inside + ABOVE_BARRIER, manifolds - GUARD_MANIFOLDS)


def branching_observables(
    model: LindbladModel, order_parameter: ComplexMatrix, resolved: int
) -> tuple[tuple[str, ComplexMatrix], ...]:
    """X, and d⟨X⟩/dt split by the manifold in which the well difference is lost.

    L†X = i[H, X] + Σ_k (L_k† X L_k - ½{L_k†L_k, X}) and O_n = P_n L†X P_n, so that -Tr(O_n ρ_o)/Tr(X ρ_o) is Γ_n, (100)-(103)
    of Su et al. What is left, L†X - Σ_n O_n, is coherence between manifolds.

    Args:
        model: in the basis of the levels, even ones first. order_parameter: (2M, 2M) X.
        resolved: manifolds told apart.

    Returns:
        ``X``; ``0``, ``1``, ... for single manifolds, ``above`` for all higher ones, ``between`` for the coherence. All but
        the first add up to L†X.

    >>> system = KerrCat(6.0, 0.1, 0.1)
    >>> model, levels = system.reduced_model(8), system.manifolds(8)
    >>> [name for name, _ in branching_observables(model, levels.order_parameter().astype(complex), 3)]
    ['X', '0', '1', '2', 'above', 'between']
    """
    x, h = order_parameter, model.hamiltonian
    change = 1j * (h @ x - x @ h)
    for op in model.jump_operators:
        dag = op.conj().T
        change = change + dag @ x @ op - 0.5 * (dag @ op @ x + x @ dag @ op)
    manifold = np.tile(np.arange(model.dim // 2), 2)
    same = manifold[:, None] == manifold[None, :]
    parts = {str(n): same & (manifold == n)[:, None] for n in range(resolved)}
    parts |= {"above": same & (manifold >= resolved)[:, None], "between": ~same}
    return ("X", x), *((name, np.where(part, change, 0.0)) for name, part in parts.items())


def jump_setup(
    system: KerrCat,
    unravelling: str = "displaced",
    *,
    manifolds: int | None = None,
    cutoff: int | None = None,
    core_thresholds: Sequence[float] = CORE_THRESHOLDS,
    manifolds_resolved: bool | int = False,
) -> JumpSetup:
    """Jump unravelling of a Kerr-cat.

    Args:
        system: the parameters.
        unravelling: ``"displaced"`` or ``"counting"``. Counting carries no cores: it cannot show a switch.
        manifolds: M, pairs of levels kept; :func:`trajectory_manifolds` by default.
        cutoff: Fock states from which the levels are computed.
        core_thresholds: on |⟨X⟩|, one core definition each.
        manifolds_resolved: record also where the well difference is lost, :func:`branching_observables`; a number says how
            many manifolds are told apart, ``True`` means :func:`resolved_manifolds`.

    Raises:
        ParameterError: unknown unravelling, M < 3, thresholds outside (0, 1); manifolds to be resolved by counting, which never
            reveals the well, or at n_th = 0, where the ground manifold never clicks.

    >>> setup = jump_setup(KerrCat(eps2=4.0, kappa=0.1, n_th=0.02), manifolds=8)
    >>> setup.model.dim, [name for name, _ in setup.observables]
    (16, ['X', 'P0'])
    """
    if unravelling not in ("displaced", "counting"):
        raise ParameterError("unravelling", unravelling, "'displaced' or 'counting'")
    if manifolds_resolved and (unravelling == "counting" or not system.n_th > 0.0):
        blind = "photon counting never reveals the well"
        why = blind if unravelling == "counting" else "at n_th = 0 the ground manifold never clicks"
        raise ParameterError("manifolds_resolved", True, "false here", why)
    count = trajectory_manifolds(system, cutoff) if manifolds is None else manifolds
    if count < 3:
        raise ParameterError("manifolds", manifolds, "an integer >= 3")
    resolved = resolved_manifolds(system, count) if manifolds_resolved is True else int(manifolds_resolved)
    if not 0 <= resolved <= count - GUARD_MANIFOLDS:
        raise ParameterError("manifolds_resolved", manifolds_resolved, f"at most {count - GUARD_MANIFOLDS} of {count} manifolds")
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
    order_parameter = levels.order_parameter().astype(np.complex128)
    return JumpSetup(
        model=model,
        unravelling=unravelling,
        displacements=np.zeros((1, len(beta)), dtype=np.complex128) if counting else np.stack([beta, -beta]),
        observables=(
            ("X", order_parameter),
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
        integrated=branching_observables(model, order_parameter, resolved) if resolved else (),
    )
