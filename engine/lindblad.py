"""A finite-dimensional Lindblad model: the one thing every jump method starts from.

dρ/dt = -i[H, ρ] + Σ_k ( L_k ρ L_k† - ½{L_k†L_k, ρ} ),     ħ = 1, the rate of channel k absorbed in L_k.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from wellhop.engine.errors import ModelError

ComplexMatrix = npt.NDArray[np.complex128]


def _square(name: str, value: Any, dim: int | None) -> ComplexMatrix:
    """Complex square matrix from an array or a QuTiP operator, checked and made read-only."""
    if isinstance(value, str) or type(value).__name__ == "QobjEvo":
        raise ModelError(f"{name}: got {type(value).__name__}, allowed is a constant operator or matrix")
    try:
        plain = (
            value.full()
            if hasattr(value, "full")
            else value.toarray()
            if hasattr(value, "toarray")
            else value
        )
        matrix = np.array(plain, dtype=np.complex128, order="C")
    except (TypeError, ValueError) as error:
        raise ModelError(
            f"{name}: got {type(value).__name__}, which is no matrix of numbers ({error})"
        ) from error
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1] or matrix.shape[0] < 2:
        raise ModelError(f"{name}: got shape {matrix.shape}, allowed is a square matrix of at least 2 x 2")
    if dim is not None and matrix.shape[0] != dim:
        raise ModelError(f"{name}: got dimension {matrix.shape[0]}, allowed is {dim} as for the Hamiltonian")
    if not np.isfinite(matrix).all():
        raise ModelError(f"{name}: holds entries that are not finite")
    matrix.setflags(write=False)
    return matrix


def hermitian(name: str, value: Any, dim: int | None = None) -> ComplexMatrix:
    """Checked Hermitian matrix from an array or a QuTiP operator.

    Raises:
        ModelError: not square, wrong dimension, not finite, or not Hermitian to 1e-10 of its largest entry.
    """
    matrix = _square(name, value, dim)
    defect = float(np.abs(matrix - matrix.conj().T).max())
    if defect > 1e-10 * float(np.abs(matrix).max()):
        raise ModelError(f"{name}: not Hermitian, largest defect {defect:.3g}")
    return matrix


def operator_list(operators: Any) -> tuple[Any, ...]:
    """Operators as a tuple; a single one (``Qobj``, sparse or dense matrix) is promoted."""
    if hasattr(operators, "full") or hasattr(operators, "toarray") or getattr(operators, "ndim", 0) == 2:
        return (operators,)
    return tuple(operators)


@dataclass(frozen=True)
class LindbladModel:
    """Hamiltonian and jump operators of a Markovian open system.

    Args:
        hamiltonian: (n, n) Hermitian; energies in the unit in which rates are given.
        jump_operators: (n, n) each, the square root of the rate included.
        channel_names: one name per jump operator; ``channel_0`` ... by default.

    Raises:
        ModelError: shapes, hermiticity, finiteness or the number of names are wrong.

    >>> model = LindbladModel(np.diag([0.0, 1.0]), (np.array([[0, 0.1], [0, 0]]),), ("decay",))
    >>> model.dim, model.channel_names
    (2, ('decay',))
    """

    hamiltonian: ComplexMatrix
    jump_operators: tuple[ComplexMatrix, ...]
    channel_names: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Check everything once; kernels rely on it."""
        h = hermitian("hamiltonian", self.hamiltonian)
        jumps = tuple(
            _square(f"jump_operators[{k}]", op, h.shape[0]) for k, op in enumerate(self.jump_operators)
        )
        if not jumps:
            raise ModelError("jump_operators: got none, allowed is at least one (a closed system never hops)")
        names = tuple(self.channel_names) or tuple(f"channel_{k}" for k in range(len(jumps)))
        if len(names) != len(jumps) or len(set(names)) != len(names):
            raise ModelError(f"channel_names: got {names!r}, allowed are {len(jumps)} different names")
        object.__setattr__(self, "hamiltonian", h)
        object.__setattr__(self, "jump_operators", jumps)
        object.__setattr__(self, "channel_names", names)

    @property
    def dim(self) -> int:
        """Dimension n of the Hilbert space."""
        return int(self.hamiltonian.shape[0])

    @classmethod
    def from_qutip(cls, H: Any, c_ops: Sequence[Any], channel_names: Sequence[str] = ()) -> LindbladModel:
        """The same model from QuTiP operators (``Qobj``), rates absorbed in ``c_ops`` as in ``mesolve``.

        A single operator may stand for a list of one, as in QuTiP.
        """
        return cls(H, operator_list(c_ops), tuple(channel_names))

    def to_qutip(self) -> tuple[Any, list[Any]]:
        """(H, c_ops) as QuTiP operators."""
        import qutip

        return qutip.Qobj(np.array(self.hamiltonian)), [
            qutip.Qobj(np.array(op)) for op in self.jump_operators
        ]

    def displaced(self, beta: npt.ArrayLike) -> LindbladModel:
        """The same dynamics with every jump operator shifted by a number.

        L_k -> L_k + β_k,  H -> H - (i/2) Σ_k (β_k* L_k - β_k L_k†) leaves the Liouvillian unchanged.

        Args:
            beta: (n_channels,) complex shifts, unit sqrt(rate).
        """
        shifts = np.asarray(beta, dtype=np.complex128)
        if shifts.shape != (len(self.jump_operators),):
            raise ModelError(f"beta: got shape {shifts.shape}, allowed is ({len(self.jump_operators)},)")
        h: ComplexMatrix = self.hamiltonian.copy()
        jumps = []
        for op, b in zip(self.jump_operators, shifts, strict=True):
            h = h - 0.5j * (np.conj(b) * op - b * op.conj().T)
            shifted: ComplexMatrix = op + b * np.eye(self.dim, dtype=np.complex128)
            jumps.append(shifted)
        return LindbladModel(h, tuple(jumps), self.channel_names)

    def effective_hamiltonian(self) -> ComplexMatrix:
        """H_eff = H - (i/2) Σ_k L_k†L_k, which evolves the state between clicks."""
        h: ComplexMatrix = self.hamiltonian.astype(np.complex128, copy=True)
        for op in self.jump_operators:
            h = h - 0.5j * (op.conj().T @ op)
        return h

    def liouvillian(self) -> ComplexMatrix:
        """Dense Liouvillian on row-major vec(ρ): A ρ B is A ⊗ Bᵀ. Shape (n², n²); for small n and for tests."""
        eye = np.eye(self.dim, dtype=np.complex128)
        h = self.hamiltonian
        out: ComplexMatrix = np.asarray(-1j * (np.kron(h, eye) - np.kron(eye, h.T)), dtype=np.complex128)
        for op in self.jump_operators:
            dag = op.conj().T @ op
            out += np.kron(op, op.conj()) - 0.5 * (np.kron(dag, eye) + np.kron(eye, dag.T))
        return out

    def projected(self, basis: npt.ArrayLike) -> LindbladModel:
        """The model restricted to the span of orthonormal columns: O -> B† O B.

        The result is again a Lindblad model (so trajectories stay normalised); how much it differs from the full one is
        a truncation error that the caller must measure.

        Args:
            basis: (n, m) with orthonormal columns.
        """
        b = np.asarray(basis, dtype=np.complex128)
        if (
            b.ndim != 2
            or b.shape[0] != self.dim
            or not np.allclose(b.conj().T @ b, np.eye(b.shape[1]), atol=1e-9)
        ):
            raise ModelError(
                f"basis: got shape {b.shape}, allowed are orthonormal columns of length {self.dim}"
            )
        bh = b.conj().T
        h = bh @ self.hamiltonian @ b
        return LindbladModel(
            0.5 * (h + h.conj().T), tuple(bh @ op @ b for op in self.jump_operators), self.channel_names
        )
