"""Largest eigenpairs of the inverse of a Liouvillian sector: shift-invert at zero.

The traceless operators are the range of L. Bordering L with vec(1) as an extra row (the trace) and column
gives a non-singular matrix whose inverse, restricted to them, is the inverse of L there; the same factors
give the steady state.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp
from scipy.sparse import linalg as sparse_linalg

from wellhop.engine.errors import SpectrumError

ComplexMatrix = npt.NDArray[np.complex128]
ComplexVector = npt.NDArray[np.complex128]

#: Up to this size every mode is computed densely; Krylov methods gain nothing there.
_DENSE_LIMIT = 200
#: A mode slower than the next by more than this is projected out before the others are computed: its
#: weight in the inverse would drown them in round-off.
_DOMINANCE = 1e6


class SectorInverse:
    """Inverse of a sector of the Liouvillian.

    Args:
        block: sparse square matrix, the sector.
        trace: vec(1) on the sector if it holds the steady state (then the inverse is the one on traceless
            operators), None for a sector without one.

    Attributes:
        steady: the steady state, trace 1, where there is one.

    Raises:
        SpectrumError: more than one zero mode.
    """

    def __init__(self, block: Any, trace: ComplexVector | None) -> None:
        self.size: int = block.shape[0]
        matrix = block
        if trace is not None:
            border = sp.csc_array(trace[:, None])
            matrix = sp.block_array([[block, border], [border.T, None]], format="csc")
        self.extra: int = matrix.shape[0] - self.size
        try:
            self.factors = sparse_linalg.splu(sp.csc_matrix(matrix), permc_spec="COLAMD")
        except RuntimeError as error:
            raise SpectrumError(
                "steady state: the Liouvillian has several zero modes (conserved quantity, strong symmetry); "
                "restrict the model to one symmetry sector"
            ) from error
        if trace is None:
            return
        unit = np.zeros(matrix.shape[0], dtype=np.complex128)
        unit[-1] = 1.0
        self.steady: ComplexVector = self.factors.solve(unit)[: self.size]
        if not np.isfinite(self.steady).all() or np.linalg.norm(self.steady) > 1e3 * self.size:
            raise SpectrumError(
                "steady state: not unique to numerical accuracy; restrict the model to one symmetry sector"
            )

    @property
    def most_modes(self) -> int:
        """How many modes can be asked for."""
        if self.size > _DENSE_LIMIT:
            return self.size - 2
        return self.size - self.extra

    def apply(self, vector: ComplexVector, adjoint: bool = False) -> ComplexVector:
        """L⁻¹ v, or its adjoint."""
        padded = np.concatenate([np.ravel(vector), np.zeros(self.extra)]).astype(np.complex128)
        out: ComplexVector = self.factors.solve(padded, "H" if adjoint else "N")[: self.size]
        return out

    def largest(self, count: int) -> tuple[ComplexVector, ComplexMatrix, ComplexMatrix]:
        """Largest eigenvalues θ = 1/λ of the inverse with matched right and left eigenvectors as columns.

        Raises:
            SpectrumError: no convergence, or left and right vectors do not pair up.
        """
        if count < 1:
            raise SpectrumError("slow modes: the space is too small to hold a mode besides the steady state")
        theta, right, left = self._pairs(count, None)
        if not theta.size:
            raise SpectrumError("slow modes: none is resolved; the rates differ by more than double precision holds")
        if count > 1 and abs(theta[0]) > _DOMINANCE * abs(theta[1:]).max(initial=0.0):
            first = (right[:, :1], left[:, :1])
            more, right, left = self._pairs(count - 1, first)
            theta = np.concatenate([theta[:1], more])
            right, left = np.hstack([first[0], right]), np.hstack([first[1], left])
        return theta, right, left

    def _pairs(
        self, count: int, known: tuple[ComplexMatrix, ComplexMatrix] | None
    ) -> tuple[ComplexVector, ComplexMatrix, ComplexMatrix]:
        """Eigenvalues with dual right and left eigenvectors, those already ``known`` projected out."""
        theta, right = self._eigenvectors(count, known, adjoint=False)
        mirrored, left = self._eigenvectors(count, known and known[::-1], adjoint=True)
        partner = _match(theta, mirrored.conj())
        keep = [k for k in range(theta.size) if partner[k] >= 0]
        theta, right, left = theta[keep], right[:, keep], left[:, [partner[k] for k in keep]]
        gram = left.conj().T @ right
        if not np.isfinite(gram).all() or (gram.size and np.linalg.cond(gram) > 1e10):
            raise SpectrumError(
                "slow modes: left and right modes do not pair up; the Liouvillian is nearly defective"
            )
        # Within a degenerate eigenvalue the two solvers return arbitrary bases: make them dual.
        return theta, right, left @ np.linalg.inv(gram).conj().T

    def _eigenvectors(
        self, count: int, known: tuple[ComplexMatrix, ComplexMatrix] | None, adjoint: bool
    ) -> tuple[ComplexVector, ComplexMatrix]:
        """Eigenpairs of the inverse or its adjoint, largest modulus first."""

        def project(v: ComplexVector) -> ComplexVector:
            return v if known is None else v - known[0] @ (known[1].conj().T @ v)

        def act(v: ComplexVector) -> ComplexVector:
            return project(self.apply(project(np.ravel(v)), adjoint))

        if self.size <= _DENSE_LIMIT:
            unit_vectors = np.eye(self.size, dtype=np.complex128)
            values, vectors = np.linalg.eig(np.stack([act(e) for e in unit_vectors], axis=1))
        else:
            shape = (self.size, self.size)
            operator = sparse_linalg.LinearOperator(shape, matvec=act, dtype=np.complex128)
            # A fixed start makes the result reproducible to the last bit.
            generator = np.random.default_rng(12345)
            start = generator.standard_normal(self.size) + 1j * generator.standard_normal(self.size)
            try:
                values, vectors = sparse_linalg.eigs(operator, k=count, which="LM", v0=start, tol=0)
            except sparse_linalg.ArpackError as error:
                raise SpectrumError(f"slow modes: the iteration did not converge ({error})") from error
        order = np.argsort(-np.abs(values), kind="stable")[:count]
        return values[order], vectors[:, order]


def _match(first: ComplexVector, second: ComplexVector) -> list[int]:
    """Index in ``second`` of the twin of each eigenvalue of ``first``, each used once; -1: none."""
    free = list(range(second.size))
    out = []
    for value in first:
        best = min(free, key=lambda j: abs(second[j] - value), default=-1)
        if best < 0 or abs(second[best] - value) > 1e-4 * abs(value):
            out.append(-1)
            continue
        free.remove(best)
        out.append(best)
    return out
