"""No-click evolution prepared for the kernels: eigenbasis of H_eff, or propagators over halved times.

H_eff need not be normal, so its eigenvectors can be ill-conditioned; the condition number is measured, never assumed.
Operators that split into sectors (parity, photon number) are stored by sector, which the kernels exploit.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.linalg
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from wellhop.engine.block_product import COLUMNS, ROWS
from wellhop.engine.errors import ModelError
from wellhop.engine.lindblad import ComplexMatrix, LindbladModel

#: eigenvector matrices worse than this lose too many digits: errors grow like condition x 1e-16 in amplitude and, between
#: clicks that add up, 1e-10 is still far below any statistical error
DYADIC_CONDITION = 1e6
#: finest dyadic step as a fraction of the fastest of relaxation and clicks, and how long the longest step is at least,
#: in relaxation times
DYADIC_FRACTION = 2.0**-14
DYADIC_REACH = 512.0

Integers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Propagator:
    """Arrays of one frame's no-click evolution and jumps."""

    condition: float
    arrays: dict[str, npt.NDArray[Any]]
    ticks: tuple[float, float] = (0.0, 0.0)


def padded_length(n: int) -> int:
    """Length of amplitude arrays: whole blocks of eight, and room for the last block to reach beyond the last sector."""
    return (n + 7 + 7) // 8 * 8


def padded(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Values followed by zeros, of :func:`padded_length`; the amplitudes there are zero and stay zero."""
    out = np.zeros(padded_length(len(values)))
    out[: len(values)] = values
    return out


def find_sectors(models: list[LindbladModel]) -> tuple[Integers, Integers, Integers]:
    """Sectors that no-click evolution does not mix and that every jump maps one to one.

    Returns:
        order: (n,) basis permutation that makes sectors contiguous.
        edges: (S+1,) sector b is ``edges[b]:edges[b+1]``.
        source: (K, S) the sector that jump k maps into sector b, -1 for none.
    """
    n = models[0].dim
    pattern = np.zeros((n, n), dtype=bool)
    for model in models:
        h = np.abs(model.effective_hamiltonian())
        pattern |= h > 1e-14 * max(float(h.max()), 1e-300)
    _, label = connected_components(csr_array(pattern.astype(np.int8)), directed=False)
    order = np.argsort(label, kind="stable").astype(np.int64)
    n_channels = len(models[0].jump_operators)
    n_sectors = int(label.max()) + 1
    source = np.full((n_channels, n_sectors), -1, dtype=np.int64)
    for model in models:
        for k, op in enumerate(model.jump_operators):
            i, j = np.nonzero(np.abs(op) > 1e-14 * max(float(np.abs(op).max()), 1e-300))
            for b, s in {(int(x), int(y)) for x, y in zip(label[i], label[j], strict=True)}:
                if source[k, b] not in (-1, s):
                    return (
                        np.arange(n, dtype=np.int64),
                        np.array([0, n], dtype=np.int64),
                        np.zeros((n_channels, 1), np.int64),
                    )
                source[k, b] = s
    counts = np.bincount(label, minlength=n_sectors)
    return order, np.concatenate([[0], np.cumsum(counts)]).astype(np.int64), source


def by_sector(matrix: ComplexMatrix, edges: Integers, source: Integers) -> npt.NDArray[np.float64]:
    """A matrix as :func:`wellhop.engine.block_product.multiply` takes it.

    Args:
        matrix: (n, n). edges, source: as :func:`find_sectors` returns them, ``source`` of one operator.

    Returns:
        (blocks, width, 16): block k holds eight rows of a sector, column by column, eight real parts and eight imaginary
        parts each; zeros beyond the rows of the sector and the columns of its source.
    """
    sizes = np.diff(edges)
    count = (sizes + ROWS - 1) // ROWS
    width = (int(sizes.max()) + COLUMNS - 1) // COLUMNS * COLUMNS
    out = np.zeros((int(count.sum()), width, 2 * ROWS))
    for b, s in enumerate(source):
        if s >= 0:
            part = matrix[edges[b] : edges[b + 1], edges[s] : edges[s + 1]]
            for k in range(int(count[b])):
                rows = part[k * ROWS : (k + 1) * ROWS].T
                place = out[int(count[:b].sum()) + k, : len(rows)]
                place[:, : rows.shape[1]] = rows.real
                place[:, ROWS : ROWS + rows.shape[1]] = rows.imag
    return out


def _stack(matrices: list[ComplexMatrix], edges: Integers, source: Integers) -> npt.NDArray[np.float64]:
    return np.stack([by_sector(m, edges, source[k]) for k, m in enumerate(matrices)])


def eigen_propagator(model: LindbladModel, order: Integers, edges: Integers, source: Integers) -> Propagator:
    """Eigenbasis of H_eff, sector by sector, modes sorted by decay rate (the slowest first).

    Columns of V have unit norm; ``condition`` is the largest cond(V) of a sector. Energies are counted from the slowest mode:
    a common phase is unobservable and small phases keep their digits at long times.
    """
    grid = np.ix_(order, order)
    h = model.effective_hamiltonian()[grid]
    n = model.dim
    own = np.arange(len(edges) - 1)
    values = np.zeros(n, dtype=np.complex128)
    vectors = np.zeros((n, n), dtype=np.complex128)
    inverse = np.zeros((n, n), dtype=np.complex128)
    condition = 1.0
    for a, b in pairwise(edges):
        w, v = scipy.linalg.eig(h[a:b, a:b])
        rank = np.argsort(-w.imag, kind="stable")
        w, v = w[rank], v[:, rank] / np.linalg.norm(v[:, rank], axis=0)
        local = float(np.linalg.cond(v))
        condition = max(condition, local if np.isfinite(local) else np.inf)
        values[a:b], vectors[a:b, a:b] = w, v
        if np.isfinite(local) and local < 1e14:
            inverse[a:b, a:b] = np.linalg.inv(v)
    if values.imag.max() > 1e-8 * float(np.abs(values).max()):
        raise ModelError(f"effective Hamiltonian: a mode grows at rate {values.imag.max():.3g}; it must not")
    slowest = values[np.argmax(values.imag)].real
    arrays: dict[str, npt.NDArray[Any]] = {
        "omega": padded(values.real - slowest),
        "growth": padded(np.minimum(values.imag, 0.0)),
    }
    jumps = [op[grid] @ vectors for op in model.jump_operators]
    arrays["jump"] = _stack(jumps, edges, source)
    for name, matrix in (("gram", vectors.conj().T @ vectors), ("basis", vectors), ("dual", inverse)):
        arrays[name] = by_sector(matrix, edges, own)
    return Propagator(condition, arrays)


def dyadic_tick(models: list[LindbladModel], relaxation_time: float) -> float:
    """Finest dyadic step δ: 2^-14 of the relaxation time, or of four times the shortest mean waiting time of any state.

    The click rate of a state is at most the largest eigenvalue of Σ L†L; the output grid of a simulation plays no part.
    """
    rate = max(
        float(np.linalg.norm(np.sum([op.conj().T @ op for op in model.jump_operators], axis=0), 2))
        for model in models
    )
    return DYADIC_FRACTION * min(relaxation_time, 4.0 / rate if rate > 0.0 else np.inf)


def dyadic_propagator(
    model: LindbladModel,
    order: Integers,
    edges: Integers,
    source: Integers,
    relaxation_time: float,
    delta: float,
) -> Propagator:
    """exp(-i H_eff δ 2^k), the longest first: waiting times by binary search, to within δ, without eigenvectors."""
    grid = np.ix_(order, order)
    count = 1 + max(1, math.ceil(math.log2(DYADIC_REACH * relaxation_time / delta)))
    own = np.arange(len(edges) - 1)
    step = scipy.linalg.expm(-1j * delta * model.effective_hamiltonian()[grid])
    levels = [step]
    for _ in range(count - 1):
        levels.append(levels[-1] @ levels[-1])
    arrays: dict[str, npt.NDArray[Any]] = {
        "step": np.stack([by_sector(u, edges, own) for u in reversed(levels)]),
        "jump": _stack([op[grid] for op in model.jump_operators], edges, source),
    }
    return Propagator(float("nan"), arrays, (delta, float(count)))
