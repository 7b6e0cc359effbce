"""Single switches in plain language: the manifold in which ⟨X⟩ last changed its sign before the other well was reached.

A picture, not an estimator of Γ_n: the state may be spread over manifolds, and a superposition of both wells that has cooled
down chooses its well in the ground manifold. Integrals of ⟨O_n⟩ along a passage are no better picture: once the state has
jumped to the other side their drift runs backwards, and over passages that end in a switch they average to zero. Rates by
manifold are those of :mod:`wellhop.analysis.manifold_branching`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import stats

from wellhop.analysis.estimate import check_level
from wellhop.engine import trajectory
from wellhop.engine.errors import ModelError
from wellhop.engine.records import EndState, Snapshot
from wellhop.engine.unravelling import JumpProblem

#: Core definition whose switches are looked at.
CORE = "0.99"


@dataclass(frozen=True)
class CrossingManifolds:
    """How often each manifold was the most populated one where ⟨X⟩ last changed sign before a switch.

    Attributes:
        counts: (M,) switches by manifold; their sum is the number of switches seen.
    """

    counts: npt.NDArray[np.int64]

    @property
    def switches(self) -> int:
        """Switches seen."""
        return int(self.counts.sum())

    def share(self, n: int, level: float = 0.95) -> tuple[float, float, float]:
        """Fraction of the switches with manifold n and its Clopper-Pearson limits, which take switches for independent.

        >>> [round(x, 3) for x in CrossingManifolds(np.array([5, 15])).share(1)]
        [0.75, 0.509, 0.913]
        """
        check_level(level)
        k, total = int(self.counts[n]), self.switches
        if total == 0:
            return float("nan"), 0.0, 1.0
        tail = 0.5 * (1.0 - level)
        low = float(stats.beta.ppf(tail, k, total - k + 1)) if k else 0.0
        high = float(stats.beta.ppf(1.0 - tail, k + 1, total - k)) if k < total else 1.0
        return k / total, low, high


def crossing_manifolds(
    problem: JumpProblem, seed: int, trajectories: int, point: int = 0
) -> CrossingManifolds:
    """Run trajectories click by click and look at the state after every click.

    Args:
        problem: displaced jumps of a Kerr-cat (:func:`wellhop.engine.systems.kerr_cat_jumps.jump_setup`).
        seed, point: name the random streams. trajectories: how many.

    Raises:
        ModelError: the problem has no cores called 0.99, or a trajectory fails.
    """
    if CORE not in problem.core_names:
        raise ModelError(f"cores: got {problem.core_names}, allowed are definitions with {CORE!r} among them")
    core, found = problem.core_names.index(CORE), np.zeros(problem.dim // 2, dtype=np.int64)
    place = np.argsort(problem.table["order"])
    for index in range(trajectories):
        snapshot = trajectory.start(problem, seed, point, 0, index)
        before, crossed = _order_parameter(snapshot, place)[0], 0
        state = EndState.RUNNING
        while state is EndState.RUNNING:
            piece = trajectory.advance(problem, snapshot, 1)
            state, snapshot = piece.state, piece.snapshot
            if state is EndState.FAILED:
                raise ModelError(f"trajectory {index}: {piece.reason}")
            value, manifold = _order_parameter(snapshot, place)
            if value * before < 0.0:
                crossed = manifold
            before = value
            seen = piece.switches[(piece.switches["core"] == core) & (piece.switches["origin"] >= 0)]
            found[crossed] += len(seen)
    return CrossingManifolds(found)


def _order_parameter(snapshot: Snapshot, place: npt.NDArray[np.intp]) -> tuple[float, int]:
    """⟨X⟩ = 2 Re Σ_n even_n* odd_n after the last click, and the most populated manifold."""
    even, odd = np.split(snapshot.psi[place], 2)
    population = np.abs(even) ** 2 + np.abs(odd) ** 2
    return 2.0 * float(np.vdot(even, odd).real), int(np.argmax(population))
