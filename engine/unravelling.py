"""From a Lindblad model to the arrays a jump kernel runs on.

An unravelling is a choice of jump operators. Every L_k may be shifted by a number, L_k -> L_k + β_k,
together with H -> H - (i/2) Σ_k (β_k* L_k - β_k L_k†): the average dynamics stay the same, single
trajectories change. With β_k = -⟨L_k⟩ of a well, clicks in that well are real intra-well events and the
record reveals the well; the set of shifts in force is a *frame*, re-chosen only right after a click and
from the post-click state alone, so the average is untouched.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from wellhop.engine.errors import ModelError, ParameterError
from wellhop.engine.expected_integrals import integral_table
from wellhop.engine.lindblad import ComplexMatrix, LindbladModel, hermitian
from wellhop.engine.propagators import (
    DYADIC_CONDITION,
    Propagator,
    dyadic_propagator,
    dyadic_tick,
    eigen_propagator,
    find_sectors,
)

Floats = npt.NDArray[np.float64]
PropagatorKind = Literal["auto", "eigen", "dyadic"]


@dataclass(frozen=True)
class CoreDefinition:
    """One way of saying "the state is surely in well w": a box in the space of observables.

    Attributes:
        name: for example ``"0.99"``.
        lower, upper: (n_wells, n_observables) bounds, ``-inf``/``inf`` where an observable does not matter.
    """

    name: str
    lower: Floats
    upper: Floats


@dataclass(frozen=True)
class JumpSetup:
    """Everything physical about an unravelling; :func:`build_problem` turns it into kernel arrays.

    Attributes:
        model: (n, n) Lindblad model in the basis used for trajectories.
        unravelling: ``"counting"``, ``"displaced"`` or a name of the caller's.
        displacements: (n_frames, n_channels) shifts β, unit sqrt(rate).
        observables: name and Hermitian matrix each; the first is the order parameter.
        sampled: the first so many observables are recorded on the time grid.
        frame_scores: per frame (observable index, factor); after a click the frame with the largest
            factor · ⟨O⟩ is taken.
        initial: (n_wells, n) normalised start states; ``start_weights`` (n_wells,) their probabilities. With equal weights
            trajectory i starts in state i modulo n_wells.
        cores: core definitions, possibly none (no residence times then).
        relaxation_time: intra-well time scale; looks at the cores come every quarter of it.
        mirror: diagonal ±1 symmetry that maps frame 0 on other frames, if there is one.
        guard: (n,) weights of the levels next to the cut-off.
        largest_condition: condition number up to which the eigenbasis of H_eff may be used.
        integrated: name and Hermitian matrix of observables whose expected mean over every cell of the time grid is recorded
            in further columns of the samples (:mod:`wellhop.engine.expected_integrals`); row j has the cell that ends there,
            row 0 zeros. They need the eigenbasis.
    """

    model: LindbladModel
    unravelling: str
    displacements: npt.NDArray[np.complex128]
    observables: tuple[tuple[str, ComplexMatrix], ...]
    sampled: int
    frame_scores: tuple[tuple[int, float], ...]
    initial: npt.NDArray[np.complex128]
    start_weights: Floats
    cores: tuple[CoreDefinition, ...]
    relaxation_time: float
    mirror: Floats | None = None
    guard: Floats | None = None
    largest_condition: float = DYADIC_CONDITION
    integrated: tuple[tuple[str, ComplexMatrix], ...] = ()


@dataclass(frozen=True)
class JumpProblem:
    """A prepared jump simulation: plain arrays, ready for the kernels, storable without pickling.

    Attributes:
        kind: ``"eigen"`` (eigenbasis of H_eff) or ``"dyadic"`` (propagators over halved times).
        condition: largest condition number of the eigenvector matrices, which decides ``auto``.
        duration, sample_interval, check_interval: times of one trajectory.
        table: the arrays themselves, by name. integrated_names: columns of the samples after the first ``sampled``.
    """

    kind: str
    unravelling: str
    channel_names: tuple[str, ...]
    observable_names: tuple[str, ...]
    core_names: tuple[str, ...]
    condition: float
    relaxation_time: float
    duration: float
    sample_interval: float
    check_interval: float
    sampled: int
    record_clicks: bool
    table: dict[str, npt.NDArray[Any]] = field(repr=False)
    integrated_names: tuple[str, ...] = ()

    @property
    def dim(self) -> int:
        """Dimension of the Hilbert space trajectories live in."""
        return int(self.table["initial_re"].shape[1])

    @property
    def n_samples(self) -> int:
        """Number of grid points j · sample_interval <= duration, j = 0 included."""
        count = int(self.duration / self.sample_interval)
        while (count + 1) * self.sample_interval <= self.duration:
            count += 1
        while count * self.sample_interval > self.duration:
            count -= 1
        return count + 1

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """All of it as arrays; :meth:`from_arrays` is the inverse."""
        facts = {name: getattr(self, name) for name in _FACTS}
        if self.integrated_names:
            facts["integrated_names"] = self.integrated_names
        text = json.dumps(facts, sort_keys=True).encode()
        return {"facts": np.frombuffer(text, dtype=np.uint8).copy(), **self.table}

    @classmethod
    def from_arrays(cls, arrays: dict[str, npt.NDArray[Any]]) -> JumpProblem:
        """Problem from the arrays of :meth:`arrays`.

        Raises:
            ModelError: the arrays do not describe a jump problem.
        """
        try:
            facts = json.loads(bytes(arrays["facts"].tobytes()).decode())
            for name in ("channel_names", "observable_names", "core_names"):
                facts[name] = tuple(facts[name])
            return cls(
                **{name: facts[name] for name in _FACTS},
                table={k: v for k, v in arrays.items() if k != "facts"},
                integrated_names=tuple(facts.get("integrated_names", ())),
            )
        except (KeyError, ValueError, TypeError, UnicodeDecodeError) as error:
            raise ModelError(f"prepared arrays: not a jump problem ({error})") from error

    def kernel_arguments(self) -> tuple[Any, ...]:
        """(modes, frames, observables, cores, limits) as the kernels take them."""
        t = self.table
        if self.kind == "eigen":
            own = ["omega", "growth", "gram", "basis", "dual"]
        else:
            own = ["ticks", "step"]
        modes = tuple(t[k] for k in own) + tuple(
            t[k] for k in ("jump", "source", "edges", "own")
        )
        frames = (
            *(t[k] for k in ("propagator", "sign", "frame_observable", "frame_factor")),
            t["integral"] if self.integrated_names else _NO_INTEGRALS,
        )
        observables = tuple(t[k] for k in ("pointer", "row", "column", "weight_re", "weight_im"))
        cores = (t["core_lower"], t["core_upper"], t["guard"])
        return modes, frames, observables, cores, (self.duration, self.sample_interval, self.check_interval)


_NO_INTEGRALS = np.zeros((1, 0, 1, 2, 16))
_FACTS = (
    "kind", "unravelling", "channel_names", "observable_names", "core_names", "condition", "relaxation_time", "duration",
    "sample_interval", "check_interval", "sampled", "record_clicks",
)  # fmt: skip


def _observable_table(matrices: list[ComplexMatrix]) -> dict[str, npt.NDArray[Any]]:
    """Upper triangles of Hermitian matrices as coordinate lists, off-diagonal entries doubled."""
    pointer, rows, columns, weights = [0], [], [], []
    for matrix in matrices:
        scale = float(np.abs(matrix).max())
        i, j = np.nonzero(np.abs(np.triu(matrix)) > 1e-14 * scale)
        rows.append(i)
        columns.append(j)
        weights.append(matrix[i, j] * np.where(i == j, 1.0, 2.0))
        pointer.append(pointer[-1] + len(i))
    w = np.concatenate(weights)
    return {
        "pointer": np.array(pointer, dtype=np.int64),
        "row": np.concatenate(rows).astype(np.int64),
        "column": np.concatenate(columns).astype(np.int64),
        "weight_re": np.ascontiguousarray(w.real),
        "weight_im": np.ascontiguousarray(w.imag),
    }


def _check_setup(setup: JumpSetup) -> None:
    n, n_channels = setup.model.dim, len(setup.model.jump_operators)
    n_frames, n_obs = len(setup.frame_scores), len(setup.observables)
    if setup.displacements.shape != (n_frames, n_channels):
        raise ModelError(
            f"displacements: got shape {setup.displacements.shape}, allowed is {(n_frames, n_channels)}"
        )
    if not np.isfinite(setup.displacements).all():
        raise ModelError("displacements: hold entries that are not finite")
    if not 1 <= setup.sampled <= n_obs:
        raise ParameterError("sampled", setup.sampled, f"an integer from 1 to {n_obs}")
    if setup.initial.ndim != 2 or setup.initial.shape[1] != n:
        raise ModelError(f"initial: got shape {setup.initial.shape}, allowed is (n_wells, {n})")
    norms = np.linalg.norm(setup.initial, axis=1)
    if not np.allclose(norms, 1.0, atol=1e-6):
        raise ModelError(f"initial: states must be normalised, got norms {norms}")
    for core in setup.cores:
        if core.lower.shape != core.upper.shape or core.lower.ndim != 2 or core.lower.shape[1] != n_obs:
            raise ModelError(f"core {core.name!r}: bounds must have shape (n_wells, {n_obs})")
    if any(not 0 <= k < n_obs for k, _ in setup.frame_scores):
        raise ModelError("frame_scores: an observable index is out of range")


def _shares_propagator(setup: JumpSetup, shifted: list[LindbladModel], frame: int) -> bool:
    """Whether the mirror maps frame 0 on this frame: H_eff and all jump operators, up to a sign each."""
    if setup.mirror is None or frame == 0:
        return False
    d = np.asarray(setup.mirror, dtype=np.float64)
    flip = d[:, None] * d[None, :]
    first, other = shifted[0], shifted[frame]
    scale = float(np.abs(first.effective_hamiltonian()).max())
    if np.abs(flip * first.effective_hamiltonian() - other.effective_hamiltonian()).max() > 1e-11 * scale:
        return False
    for a, b in zip(first.jump_operators, other.jump_operators, strict=True):
        mirrored = flip * a
        if min(np.abs(mirrored - b).max(), np.abs(mirrored + b).max()) > 1e-11 * max(
            1.0, float(np.abs(b).max())
        ):
            return False
    return True


def build_problem(
    setup: JumpSetup,
    *,
    duration: float,
    sample_interval: float,
    propagator: PropagatorKind = "auto",
    record_clicks: bool = False,
) -> JumpProblem:
    """Kernel arrays for an unravelling.

    The eigenbasis of H_eff is used when its condition number stays below ``largest_condition`` in every frame, dyadic
    propagators otherwise; the choice is recorded in ``kind`` and ``condition``.

    Args:
        setup: the physics.
        duration: length of every trajectory, > 0. sample_interval: grid of recorded observables, > 0.
        propagator: ``"auto"``, or one of the two by force.
        record_clicks: keep time, channel and frame of every click.

    Raises:
        ParameterError, ModelError: see :class:`JumpSetup`.
    """
    for name, value in (("duration", duration), ("sample_interval", sample_interval)):
        number = isinstance(value, int | float | np.number) and not isinstance(value, bool)
        if not (number and np.isfinite(value) and value > 0):
            raise ParameterError(name, value, "a finite number > 0")
    if propagator not in ("auto", "eigen", "dyadic"):
        raise ParameterError("propagator", propagator, "'auto', 'eigen' or 'dyadic'")
    _check_setup(setup)
    n_frames = len(setup.frame_scores)
    shifted = [setup.model.displaced(setup.displacements[f]) for f in range(n_frames)]
    owner = np.zeros(n_frames, dtype=np.int64)
    signs = np.ones((n_frames, setup.model.dim))
    distinct: list[LindbladModel] = []
    for f in range(n_frames):
        if _shares_propagator(setup, shifted, f):
            owner[f], signs[f] = 0, np.asarray(setup.mirror, dtype=np.float64)
        else:
            owner[f] = len(distinct)
            distinct.append(shifted[f])

    order, edges, source = find_sectors(distinct)
    check_interval = 0.25 * setup.relaxation_time
    made: list[Propagator] = []
    condition = float("inf")
    if propagator != "dyadic":
        made = [eigen_propagator(m, order, edges, source) for m in distinct]
        condition = max(p.condition for p in made)
    if propagator == "eigen" and condition > setup.largest_condition:
        raise ModelError(
            f"propagator: 'eigen' was asked for, but the eigenvectors of H_eff have condition number {condition:.2g}, allowed is "
            f"<= {setup.largest_condition:g}; use 'auto' or 'dyadic'"
        )
    if propagator == "dyadic" or (propagator == "auto" and condition > setup.largest_condition):
        if setup.integrated:
            raise ModelError(
                "integrated observables: they need the eigenbasis of H_eff, whose condition number must be at most "
                f"{setup.largest_condition:g}, and propagator 'auto' or 'eigen'"
            )
        kind = "dyadic"
        tick = dyadic_tick(distinct, setup.relaxation_time)
        made = [dyadic_propagator(m, order, edges, source, setup.relaxation_time, tick) for m in distinct]
    else:
        kind = "eigen"
    table = {name: np.ascontiguousarray(np.stack([p.arrays[name] for p in made])) for name in made[0].arrays}
    if kind == "dyadic":
        table["ticks"] = np.array(made[0].ticks)
    observables = [
        hermitian(name, matrix, setup.model.dim)[np.ix_(order, order)] for name, matrix in setup.observables
    ]
    table |= _observable_table(observables)
    if setup.integrated:
        matrices = [hermitian(name, matrix, setup.model.dim) for name, matrix in setup.integrated]
        table["integral"] = integral_table(shifted, matrices, order)
    n_obs = len(observables)
    no_cores = np.zeros((0, 1, n_obs))
    guard = setup.guard if setup.guard is not None else np.zeros(setup.model.dim)
    table |= {
        "source": source,
        "edges": edges,
        "own": np.arange(len(edges) - 1, dtype=np.int64),
        "propagator": owner,
        "sign": np.ascontiguousarray(signs[:, order]),
        "frame_observable": np.array([k for k, _ in setup.frame_scores], dtype=np.int64),
        "frame_factor": np.array([x for _, x in setup.frame_scores], dtype=np.float64),
        "core_lower": np.stack([c.lower for c in setup.cores]).astype(np.float64)
        if setup.cores
        else no_cores,
        "core_upper": np.stack([c.upper for c in setup.cores]).astype(np.float64)
        if setup.cores
        else no_cores,
        "guard": np.ascontiguousarray(np.asarray(guard, dtype=np.float64)[order]),
        "initial_re": np.ascontiguousarray(setup.initial.real[:, order]),
        "initial_im": np.ascontiguousarray(setup.initial.imag[:, order]),
        "start_weights": np.asarray(setup.start_weights, dtype=np.float64),
        "order": order,
    }
    return JumpProblem(
        kind=kind,
        unravelling=setup.unravelling,
        channel_names=setup.model.channel_names,
        observable_names=tuple(name for name, _ in setup.observables),
        core_names=tuple(c.name for c in setup.cores),
        condition=condition if np.isfinite(condition) else -1.0,
        relaxation_time=float(setup.relaxation_time),
        duration=float(duration),
        sample_interval=float(sample_interval),
        check_interval=check_interval,
        sampled=setup.sampled,
        record_clicks=record_clicks,
        table=table,
        integrated_names=tuple(name for name, _ in setup.integrated),
    )
