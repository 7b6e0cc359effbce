"""Time integrals of expectation values along jump trajectories, each replaced by its expectation given the past.

From a state ψ just after a click (or at a grid time) the trajectory runs without a click until it clicks or a time Δ has
passed. Averaged over the click to come,

    E[ ∫_0^min(click, Δ) ⟨O⟩ dt | ψ ] = ∫_0^Δ ψ~(t)† O ψ~(t) dt = ψ† R ψ - ψ~(Δ)† R ψ~(Δ),     ψ~(t) = e^{-iH_eff t} ψ,

    i H_eff† R - i R H_eff = -O      (Lyapunov).

The sum over the stretches of a grid cell has the expectation of the integral itself, also when it is weighted with anything
known at the beginning of the cell. It needs no step, however fast ⟨O⟩ oscillates, and varies less than the integral
(Rao-Blackwell: D. Blackwell, Ann. Math. Stat. 18, 105 (1947)).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import scipy.linalg

from wellhop.engine.errors import ModelError
from wellhop.engine.lindblad import ComplexMatrix, LindbladModel
from wellhop.engine.propagators import Integers, by_sector

#: slowest decay of the norm, as a fraction of the largest energy, that still counts as a click to come
LEAST_DECAY = 1e-14


def integral_operator(model: LindbladModel, observable: ComplexMatrix) -> ComplexMatrix:
    """R of an observable: ψ† R ψ is the expected integral of ⟨O⟩ up to the next click.

    Args:
        model: as it is unravelled, its jump operators displaced. observable: (n, n) Hermitian O.

    Raises:
        ModelError: some state never clicks, so that the integral has no limit.

    >>> decay = LindbladModel(np.zeros((2, 2)), (np.array([[1.0, 0.0], [0.0, 2.0]]),))
    >>> integral_operator(decay, np.eye(2, dtype=complex)).diagonal().real  # mean waiting times 1 and 1/4
    array([1.  , 0.25])
    """
    drift = -1j * model.effective_hamiltonian()
    rates = scipy.linalg.eigvals(drift).real
    if rates.max() > -LEAST_DECAY * float(np.abs(drift).max()):
        raise ModelError(
            "integrated observables: a state of this unravelling never clicks; heat it, or shift its jump operators"
        )
    found = scipy.linalg.solve_continuous_lyapunov(
        drift.conj().T, -np.asarray(observable, dtype=np.complex128)
    )
    hermitian: ComplexMatrix = 0.5 * (found + found.conj().T)
    return hermitian


def integral_table(
    frames: Sequence[LindbladModel], observables: Sequence[ComplexMatrix], order: Integers
) -> npt.NDArray[np.float64]:
    """(frames, observables, blocks, width, 16): R of every observable in every frame, as the kernels multiply by it.

    Args:
        frames: the displaced model of each frame. observables: Hermitian matrices in the same basis, possibly none.
        order: the permutation of the basis the kernels work in.
    """
    n = len(order)
    edges, own = np.array([0, n], dtype=np.int64), np.zeros(1, dtype=np.int64)
    empty = by_sector(np.zeros((n, n), dtype=np.complex128), edges, own)
    table = np.zeros((len(frames), len(observables), *empty.shape))
    grid = np.ix_(order, order)
    for f, model in enumerate(frames):
        for k, observable in enumerate(observables):
            table[f, k] = by_sector(integral_operator(model, observable)[grid], edges, own)
    return table
