"""Exact slow rates: the eigenvalues of the Liouvillian closest to zero.

With row-major vec(ρ) the map A ρ B is A ⊗ Bᵀ, hence

    L = G ⊗ 1 + 1 ⊗ G* + Σ_k L_k ⊗ L_k*,      G = -iH - ½ Σ_k L_k†L_k.

A model that keeps a parity Π splits into an even sector (ρ_jk with Π_j Π_k = +1, which holds the steady
state) and an odd one, non-singular, whose slowest real mode is the switching between two symmetric wells.
Without a symmetry the zero mode is removed by a border row (trace) and column, so that the same
shift-invert at zero works.

Su, Cortiñas, Venkatraman, Puri, Appendix A and Eqs. (100)-(103); spectral theory of metastability:
Macieszczak, Guţă, Lesanovsky, Garrahan, Phys. Rev. Lett. 116, 240404 (2016).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from wellhop.analysis.sector_inverse import SectorInverse
from wellhop.engine.errors import ModelError, SpectrumError
from wellhop.engine.lindblad import LindbladModel

ComplexMatrix = npt.NDArray[np.complex128]
Sector = Literal["odd", "even", "all"]

#: A mode counts as real when its imaginary part is below this fraction of its modulus (or within
#: round-off).
_REAL_TOLERANCE = 1e-6


#: operator spaces up to this size are diagonalised completely to find the second decay rate
SMALL_SPACE = 200


@dataclass(frozen=True)
class SlowModes:
    """Slow eigenmodes L R_k = λ_k R_k, L† C_k = λ_k* C_k, with Tr(C_j† R_k) = δ_jk.

    Attributes:
        eigenvalues: (k,) complex, ordered by modulus (so a weakly damped but fast oscillation comes late
            or is not among them); the steady state is left out.
        right: (k, n, n) eigenoperators R_k. left: (k, n, n) eigenoperators C_k.
        resolution: (k,) bound on the absolute round-off error of each eigenvalue, ε |C|ᵀ|L||R| / |Tr C†R|.
        sector: the part of operator space searched.
        spectrum: every eigenvalue of the sector (the zero included) where it is small enough, else None.
    """

    eigenvalues: npt.NDArray[np.complex128]
    right: ComplexMatrix
    left: ComplexMatrix
    resolution: npt.NDArray[np.float64]
    sector: Sector
    spectrum: npt.NDArray[np.complex128] | None = None

    def is_real(self) -> npt.NDArray[np.bool_]:
        """(k,) whether each eigenvalue is real within the accuracy of the calculation."""
        allowed = _REAL_TOLERANCE * np.abs(self.eigenvalues) + 10.0 * self.resolution
        return np.asarray(np.abs(self.eigenvalues.imag) <= allowed)

    def slowest_real(self) -> SlowRate:
        """The slowest real mode and what separates it from the rest.

        Raises:
            SpectrumError: none of the modes found is real.
        """
        real = np.flatnonzero(self.is_real())
        if real.size == 0:
            raise SpectrumError(
                f"slow modes: none of the {self.eigenvalues.size} slowest eigenvalues in sector "
                f"{self.sector} is real; the slowest is {complex(self.eigenvalues[0]):.6g}: "
                "a damped oscillation, not switching"
            )
        k = int(real[0])
        others = np.delete(-self.eigenvalues.real, k)
        if self.spectrum is not None:
            # in a small space nothing is missed: a fast, weakly damped oscillation counts as well
            apart = np.argsort(np.abs(self.spectrum - self.eigenvalues[k]))[1:]
            decays = -self.spectrum.real[apart]
            others = (
                decays[decays > max(1e-9 * np.abs(self.spectrum).max(), 0.0)]
                if self.sector != "odd"
                else decays
            )
        right = _hermitian(self.right[k])
        left = _hermitian(self.left[k])
        left = left / float(np.vdot(left, right).real)
        return SlowRate(
            value=float(-self.eigenvalues[k].real),
            next_rate=float(others.min()) if others.size else None,
            next_real_rate=float(-self.eigenvalues[real[1]].real) if real.size > 1 else None,
            resolution=float(self.resolution[k]),
            right=right,
            left=left,
        )


@dataclass(frozen=True)
class SlowRate:
    """Decay rate of the slowest real mode.

    Attributes:
        value: minus the eigenvalue, unit of a rate.
        next_rate: smallest decay rate of any other mode (oscillating ones included), None if there is no other; in spaces of
        more than 200 operators of those modes found, so an upper bound.
        next_real_rate: the same among real modes.
        resolution: bound on the absolute round-off error of ``value``.
        right, left: (n, n) Hermitian eigenoperators with Tr(left right) = 1.
    """

    value: float
    next_rate: float | None
    next_real_rate: float | None
    resolution: float
    right: ComplexMatrix
    left: ComplexMatrix

    @property
    def resolved(self) -> bool:
        """Whether the rate exceeds its bound on round-off; the actual error is about 1 % of that bound."""
        return self.value > self.resolution

    @property
    def separation(self) -> float:
        """Ratio of the next decay rate to this one; a switching rate needs it large.

        Raises:
            SpectrumError: no second mode is known.
        """
        if self.next_rate is None:
            raise SpectrumError(
                "separation: only one slow mode is known, so nothing says whether it is separated"
            )
        return self.next_rate / self.value

    def __str__(self) -> str:
        """One line for people."""
        after = "no second mode" if self.next_rate is None else f"next mode {self.next_rate:.4g}"
        return f"decay rate {self.value:.10g} +- {self.resolution:.1g} (round-off), {after}"


def superoperator(model: LindbladModel) -> Any:
    """Sparse Liouvillian (n², n²) of a model, compressed columns, acting on row-major vec(ρ).

    >>> from wellhop.engine.systems.kerr_cat import KerrCat
    >>> superoperator(KerrCat(2.0, 0.1, 0.1).lindblad(30)).shape
    (900, 900)
    """
    eye = sp.eye_array(model.dim, dtype=np.complex128, format="csr")
    drift = sp.csr_array(-1j * model.effective_hamiltonian())
    jumps = [sp.csr_array(op) for op in model.jump_operators]
    out = sp.kron(drift, eye, format="csr") + sp.kron(eye, drift.conj(), format="csr")
    for op in jumps:
        out = out + sp.kron(op, op.conj(), format="csr")
    out = sp.csc_array(out)
    out.eliminate_zeros()
    return out


def slow_modes(
    model: LindbladModel,
    *,
    sector: Sector = "all",
    parity_signs: npt.ArrayLike | None = None,
    count: int = 6,
) -> SlowModes:
    """Eigenmodes of the Liouvillian closest to zero, the steady state excluded.

    Sparse LU of the sector at shift zero and Arnoldi on its inverse (densely for small models).

    Args:
        model: any Lindblad model.
        sector: ``odd`` or ``even`` under the parity, or ``all``.
        parity_signs: (n,) of ±1, diagonal of the parity in the basis of the model; needed for ``odd`` and
        ``even``.
        count: number of modes asked for; fewer come back from small spaces or where a complex pair is cut
            in two.

    Raises:
        ModelError: the model does not keep the parity given, or the signs are malformed.
        SpectrumError: several steady states, or the iteration does not converge.

    >>> from wellhop.engine.fock import parity_signs
    >>> from wellhop.engine.systems.kerr_cat import KerrCat
    >>> model = KerrCat(4.0, 0.025, 0.05).lindblad()
    >>> modes = slow_modes(model, sector="odd", parity_signs=parity_signs(model.dim))
    >>> print(f"{modes.slowest_real().value:.9e}")
    1.247842804e-03
    """
    index = sector_index(model, sector, parity_signs)
    return generator_modes(superoperator(model), model.dim, index, sector, count=count)


def generator_modes(
    generator: Any, dim: int, index: npt.NDArray[np.intp], sector: Sector, *, count: int = 6
) -> SlowModes:
    """Slow modes of any trace-preserving generator on operators, Lindblad or not.

    Args:
        generator: sparse (n², n²) matrix on row-major vec(ρ). dim: n.
        index: positions of the sector in vec(ρ), from :func:`sector_index`; the generator must not lead out
        of it. sector: its name.
        count: number of modes asked for.

    Raises:
        SpectrumError: as in :func:`slow_modes`.
    """
    trace = None if sector == "odd" else _trace_vector(dim)[index]
    block = generator if sector == "all" else generator[index][:, index]
    inverse = SectorInverse(block, trace)
    theta, right, left = inverse.largest(min(count, inverse.most_modes))
    if trace is not None:
        # C and C + x·1 give the same functional on traceless operators; only Tr(C† ρ_ss) = 0 makes it an
        # eigenoperator.
        left = left - np.outer(trace, inverse.steady.conj() @ left) / (trace @ inverse.steady).conj()
    overlap = np.einsum("ij,ij->j", left.conj(), right)
    image = block @ right
    weighted = np.einsum("ij,ij->j", np.abs(left), abs(block) @ np.abs(right))
    modes = SlowModes(
        eigenvalues=np.einsum("ij,ij->j", left.conj(), image) / overlap,
        right=_operators(right, index, dim),
        left=_operators(left / overlap.conj(), index, dim),
        resolution=np.finfo(float).eps * weighted / np.abs(overlap),
        sector=sector,
        spectrum=np.linalg.eigvals(block.toarray()) if block.shape[0] <= SMALL_SPACE else None,
    )
    wrong = np.abs(modes.eigenvalues * theta - 1.0) > 0.1
    if np.any(wrong & (modes.resolution < 1e-3 * np.abs(modes.eigenvalues))):
        raise SpectrumError(
            "slow modes: Krylov and Rayleigh eigenvalues differ; the Liouvillian is nearly defective"
        )
    return modes


def decay_rate(
    model: LindbladModel, *, parity_signs: npt.ArrayLike | None = None, count: int = 6
) -> SlowRate:
    """Γ = -(real eigenvalue closest to zero), in the odd sector if a parity is given.

    Args:
        model: any Lindblad model.
        parity_signs: (n,) of ±1 if two symmetric wells are exchanged by this parity; None searches
        everything.
        count: number of modes computed; a second one is needed to judge the separation of time scales.

    Raises:
        ModelError, SpectrumError: as in :func:`slow_modes`, or no mode is real.
    """
    sector: Sector = "all" if parity_signs is None else "odd"
    return slow_modes(model, sector=sector, parity_signs=parity_signs, count=count).slowest_real()


def steady_state(model: LindbladModel, *, parity_signs: npt.ArrayLike | None = None) -> ComplexMatrix:
    """Stationary density matrix, Tr ρ = 1, Hermitian.

    Args:
        model: any Lindblad model with a unique steady state.
        parity_signs: (n,) of ±1 if the model keeps this parity; halves the size of the problem.

    Raises:
        SpectrumError: the steady state is not unique.
    """
    sector: Sector = "all" if parity_signs is None else "even"
    index = sector_index(model, sector, parity_signs)
    return generator_steady_state(superoperator(model), model.dim, index)


def generator_steady_state(generator: Any, dim: int, index: npt.NDArray[np.intp]) -> ComplexMatrix:
    """Stationary operator of a trace-preserving generator, trace 1, Hermitian; arguments as above."""
    inverse = SectorInverse(generator[index][:, index], _trace_vector(dim)[index])
    rho = _operators(inverse.steady[:, None], index, dim)[0]
    rho = 0.5 * (rho + rho.conj().T)
    normalised: ComplexMatrix = rho / np.trace(rho).real
    return normalised


def manifold_rates(
    model: LindbladModel, slow: SlowRate, basis: npt.ArrayLike, order_parameter: npt.ArrayLike
) -> npt.NDArray[np.float64]:
    """Share of each manifold in the decay, Γ_n = -Tr(X L[P_n ρ_o P_n]) / Tr(X ρ_o); Eqs. (100)-(103).

    Args:
        model: the model of which ``slow`` is the slowest odd mode.
        slow: its :class:`SlowRate`.
        basis: (n, 2M) orthonormal columns, column n and M + n span manifold n.
        order_parameter: (2M, 2M) X in that basis.

    Returns:
        (M,) rates; their sum falls short of Γ by the coherence between manifolds.
    """
    b = np.asarray(basis, dtype=np.complex128)
    x = b @ np.asarray(order_parameter, dtype=np.complex128) @ b.conj().T
    pulled = (superoperator(model).conj().T @ x.ravel()).reshape(x.shape)
    inside, mode = b.conj().T @ pulled @ b, b.conj().T @ slow.right @ b
    m = b.shape[1] // 2
    pairs = [[n, m + n] for n in range(m)]
    drained = np.array([np.vdot(inside[np.ix_(p, p)], mode[np.ix_(p, p)]) for p in pairs])
    rates: npt.NDArray[np.float64] = (-drained / np.vdot(x, slow.right)).real
    return rates


def _hermitian(operator: ComplexMatrix) -> ComplexMatrix:
    """Eigenoperator of a real eigenvalue with its free phase fixed such that it is Hermitian."""
    square = np.sum(operator * operator.T)
    turned = operator * np.exp(-0.5j * np.angle(square))
    out: ComplexMatrix = 0.5 * (turned + turned.conj().T)
    return out


def _trace_vector(n: int) -> npt.NDArray[np.complex128]:
    """vec(1)."""
    return np.eye(n, dtype=np.complex128).ravel()


def _operators(columns: ComplexMatrix, index: npt.NDArray[np.intp], n: int) -> ComplexMatrix:
    """Columns over a sector -> (k, n, n) operators."""
    out = np.zeros((columns.shape[1], n * n), dtype=np.complex128)
    out[:, index] = columns.T
    return out.reshape(-1, n, n)


def sector_index(
    model: LindbladModel, sector: Sector, parity_signs: npt.ArrayLike | None
) -> npt.NDArray[np.intp]:
    """Positions in vec(ρ) that belong to the sector.

    Raises:
        ModelError: the model does not keep the parity given, or the signs are malformed.
    """
    n = model.dim
    if sector not in ("odd", "even", "all"):
        raise ModelError(f"sector: got {sector!r}, allowed is one of odd, even, all")
    if sector == "all":
        return np.arange(n * n)
    if parity_signs is None:
        raise ModelError(f"parity_signs: got None, allowed are {n} signs when sector is {sector!r}")
    signs = np.asarray(parity_signs, dtype=np.float64)
    if signs.shape != (n,) or not np.all(np.abs(signs) == 1.0):
        raise ModelError(f"parity_signs: got shape {signs.shape}, allowed are {n} entries, each +1 or -1")
    product = np.outer(signs, signs)
    for name, op, kinds in [
        ("hamiltonian", model.hamiltonian, (1.0,)),
        *(
            (channel, op, (1.0, -1.0))
            for channel, op in zip(model.channel_names, model.jump_operators, strict=True)
        ),
    ]:
        scale = float(np.abs(op).max())
        if all(np.abs(op[product == -kind]).max(initial=0.0) > 1e-12 * scale for kind in kinds):
            raise ModelError(f"parity_signs: {name} does not have a definite parity; use sector 'all'")
    return np.flatnonzero(product.ravel() == (-1.0 if sector == "odd" else 1.0))
