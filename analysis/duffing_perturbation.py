"""Double perturbation theory of the Duffing oscillator at an attractor: levels, matrix elements and rates in powers of sqrt(λ).

In the frame a = α + v b + u b† of analysis/duffing_frame.py is

    S† D† H D S = dw [(w0/dw) b†b + γ h1 + γ² h2] + constant,      γ = sqrt(λ)
    h1 = -2 sqrt(λ) (α A†²A + α* A†A² + α A† + α* A),     h2 = -(A†A)² - A†A,      A = v b + u b†

(in a damped frame less a linear part, which the decay cancels). sqrt(λ) α is of order one, so both are. One recursion:

    w = h1 ψ_{q-1} + h2 ψ_{q-2},    e_q = <n|w>,    ψ_q = R (w - Σ_{j<q} e_j ψ_{q-j}),    R = Σ_{k≠n} |k><k|/(e_n - e_k)

Odd orders of the energies vanish. Whatever is made of the states is expanded strictly: a truncated vector whose norm is divided
out as a number is far off already at n = 2, since its coefficients grow as n^{3/2}.

Feng, Guo, "Quantum dissipative dynamics of a driven Duffing oscillator near attractors", Eqs. (20), (22), (A1)-(A14), put right
for the Hamiltonian (2): the printed h1, h2 belong to dw a†a + χ (a†a)², lack A†A in h2 and half of the linear part of h1.
The paper uses it at HAS; it holds at LAS alike, whose spacings fall faster, until levels mix with outer orbits.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from wellhop.analysis.duffing_frame import AttractorFrame
from wellhop.engine import fock
from wellhop.engine.errors import ParameterError

RealArray = npt.NDArray[np.float64]
ComplexMatrix = npt.NDArray[np.complex128]


@dataclass(frozen=True)
class PerturbedLevels:
    """Levels 0 ... levels-1 of an attractor as series in γ = sqrt(λ), level 0 at the attractor.

    Attributes:
        frame: the frame. order: highest power of γ.
        energy_terms: (order+1, levels) γ^q e_q in the unit of a rate, energies counted from that of a lone attractor.
        state_terms: (order+1, basis, levels) γ^q ψ_q in number states of the frame, of norm one as a series.
    """

    frame: AttractorFrame
    order: int
    energy_terms: RealArray
    state_terms: ComplexMatrix

    def energies(self, order: int | None = None) -> RealArray:
        """(levels,) energies summed up to a power of γ, the highest by default, unit of a rate.

        Raises:
            ParameterError: the order is not within the series.
        """
        out: RealArray = self.energy_terms[: self._upto(order) + 1].sum(axis=0)
        return out

    def spacings(self, order: int | None = None) -> RealArray:
        """(levels-1,) spacings dE_n = |E_{n+1} - E_n|, unit of a rate; in the figures of the paper.

        Raises:
            ParameterError: the order is not within the series.
        """
        return np.abs(np.diff(self.energies(order)))

    def element_terms(self) -> ComplexMatrix:
        """(order+1, levels, levels) terms of <N|a|M>, powers of γ beyond those of α, (22)."""
        basis = self.state_terms.shape[1]
        terms = _product(
            np.conj(np.swapaxes(self.state_terms, 1, 2)), _mode(self.frame, basis) @ self.state_terms
        )
        terms[0] += self.frame.alpha * np.eye(terms.shape[1])
        return terms

    def displacement(self, order: int | None = None) -> npt.NDArray[np.complex128]:
        """(levels,) <N|a|N> up to a power of γ; even powers add nothing.

        Raises:
            ParameterError: the order is not within the series.
        """
        terms = np.diagonal(self.element_terms(), axis1=1, axis2=2)
        out: npt.NDArray[np.complex128] = terms[: self._upto(order) + 1].sum(axis=0)
        return out

    def rate_terms(self, n_th: float) -> RealArray:
        """(order+1, levels, levels) terms of W_{NM} = (1+n_th)|<N|a|M>|² + n_th|<M|a|N>|², N != M, in units of κ.

        (24) is this for n_th = 0 only. The diagonal is zero.
        """
        elements = self.element_terms() * (1.0 - np.eye(self.energy_terms.shape[1]))
        down = np.zeros(elements.shape, dtype=np.float64)
        for q in range(self.order + 1):
            for j in range(q + 1):
                down[q] += np.real(elements[j].conj() * elements[q - j])
        out: RealArray = (1.0 + n_th) * down + n_th * np.swapaxes(down, 1, 2)
        return out

    def _upto(self, order: int | None) -> int:
        if order is None:
            return self.order
        return _whole("order", order, 0, self.order)


def perturbed_levels(frame: AttractorFrame, order: int, levels: int) -> PerturbedLevels:
    """Series of the lowest levels of an attractor.

    Args:
        order: highest power of γ = sqrt(λ), 0 ... 20. levels: levels wanted, >= 1.

    Raises:
        ParameterError: not such integers.

    >>> from wellhop.analysis.duffing_frame import undamped_frame
    >>> found = perturbed_levels(undamped_frame(0.016, 4 / 75, "HAS"), order=4, levels=3)
    >>> [round(float(found.spacings(q)[0]), 6) for q in (0, 2, 4)]
    [0.743059, 0.737525, 0.737495]
    """
    top, wanted = _whole("order", order, 0, 20), _whole("levels", levels, 1, 2000)
    # h1 changes n by 3 at most, h2 by 4 in two orders: no state leaves this basis.
    basis = wanted + 3 * top + 1
    first, second = perturbations(frame.lam, frame.alpha, frame.u, frame.v, basis)
    spacing = frame.w0 / frame.dw
    gap = spacing * (np.arange(wanted)[None, :] - np.arange(basis)[:, None])
    resolvent = np.divide(1.0, gap, out=np.zeros_like(gap), where=gap != 0.0)
    own = np.arange(wanted)
    states = np.zeros((top + 1, basis, wanted), dtype=np.complex128)
    energies = np.zeros((top + 1, wanted))
    states[0, own, own] = 1.0
    energies[0] = spacing * own
    for q in range(1, top + 1):
        w = first @ states[q - 1] + (second @ states[q - 2] if q > 1 else 0.0)
        energies[q] = w[own, own].real
        states[q] = resolvent * (w - sum(energies[j] * states[q - j] for j in range(1, q)))
    powers = math.sqrt(frame.lam) ** np.arange(top + 1)
    return PerturbedLevels(
        frame, top, powers[:, None] * energies * frame.dw, _normalised(powers[:, None, None] * states)
    )


def perturbations(
    lam: float, alpha: complex, u: complex, v: complex, size: int
) -> tuple[ComplexMatrix, ComplexMatrix]:
    """h1 and h2 of the Hamiltonian (2) in number states of a frame, by products of matrices.

    h1 = -2 sqrt(λ) (α A†²A + α* A†A² + α A† + α* A),  h2 = -(A†A)² - A†A,  A = v b + u b†, each product made in a larger
    space and then cut, hence exact in each element. Constants of h2 are left in.

    Returns:
        Two (size, size) complex128, dimensionless.

    >>> h1, h2 = perturbations(0.016, 6.0, 0.0, 1.0, 4)
    >>> print(f"{h1[0, 1].real:.4f} {h2[1, 1].real:.1f}")  # -2 sqrt(λ) α, -2
    -1.5179 -2.0
    """
    wide = size + 4
    mode = _ladder(u, v, wide)
    raising = mode.conj().T
    quanta = raising @ mode
    half = alpha * (raising @ quanta + raising)
    first = -2.0 * math.sqrt(lam) * (half + half.conj().T)
    second = -(quanta @ quanta) - quanta
    return np.ascontiguousarray(first[:size, :size]), np.ascontiguousarray(second[:size, :size])


def _mode(frame: AttractorFrame, size: int) -> ComplexMatrix:
    """A = v b + u b†."""
    return _ladder(frame.u, frame.v, size)


def _ladder(u: complex, v: complex, size: int) -> ComplexMatrix:
    b = fock.annihilation(size)
    out: ComplexMatrix = v * b + u * b.conj().T
    return out


def _product(left: ComplexMatrix, right: ComplexMatrix) -> ComplexMatrix:
    """Product of two series of matrices, to the order of both."""
    terms = [sum(left[j] @ right[q - j] for j in range(q + 1)) for q in range(len(left))]
    return np.array(terms, dtype=np.complex128)


def _normalised(states: ComplexMatrix) -> ComplexMatrix:
    """States times norm^{-1/2}, both series."""
    orders = len(states)
    norm = [
        np.real(sum((states[j].conj() * states[q - j]).sum(axis=0) for j in range(q + 1)))
        for q in range(orders)
    ]
    # f = g^{-1/2} from 2 g f' = -g' f order by order, g_0 = 1.
    factor = [np.ones_like(norm[0])]
    for q in range(1, orders):
        total = sum((2.0 * (q - j) + j) * norm[j] * factor[q - j] for j in range(1, q + 1))
        factor.append(-total / (2.0 * q))
    return np.array(
        [sum(factor[j] * states[q - j] for j in range(q + 1)) for q in range(orders)], dtype=np.complex128
    )


def _whole(name: str, value: int, minimum: int, maximum: int) -> int:
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or not minimum <= value <= maximum:
        raise ParameterError(name, value, f"an integer from {minimum} to {maximum}")
    return int(value)
