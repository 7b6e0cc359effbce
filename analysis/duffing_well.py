"""One attractor of the Duffing oscillator by itself: the master equation among the levels of its well.

    H_α = H + (iκ/2)(α* a - α a†),    L_k -> L_k - ⟨α|L_k|α⟩     (same Liouvillian, no linear term left at α)

At HAS, the maximum of H, the first ``size`` eigenstates from the top of H_α, all above the saddle; at LAS, a local minimum whose
levels lie among those of outer orbits, the first number states D(α) S(ξ)|b†b = n⟩ of its frame. A few tens of states hold all of a
well from which escape is rare, and its quasi-stationary state is the steady state of a small, well-conditioned problem. That of
the whole Fock space mixes both wells, with weights that round-off decides where escape is slower than 1e-11 κ.

Levels of the well are eigenstates of H_α: they follow the attractor as damping moves it. With ``damped=False`` α is the attractor
for k̂ -> 0 and they are eigenstates of H itself, as in the paper; their populations are biased by the motion of the attractor.

Feng, Guo, "Quantum dissipative dynamics of a driven Duffing oscillator near attractors", Eqs. (2), (7)-(16); the restriction to
one well and the levels at finite damping are ours.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.linalg import lu_factor, lu_solve

from wellhop.analysis.duffing_frame import AttractorFrame, attractor_frame, basis_cutoff, number_basis
from wellhop.engine.errors import ParameterError, PredictionError
from wellhop.engine.fock import annihilation, coherent_state
from wellhop.engine.lindblad import LindbladModel
from wellhop.engine.systems.duffing_attractors import Attractor, DuffingAttractors

ComplexMatrix = npt.NDArray[np.complex128]
ComplexVector = npt.NDArray[np.complex128]
RealArray = npt.NDArray[np.float64]

#: Fewest states, -ln of the population left out by default, and states beyond that.
FEWEST, LEFT_OUT, BEYOND = 12, 12.0, 5
#: Share of |b|² at the other attractor that the space of LAS may reach; beyond, it would hold that one too.
REACH = 0.5
#: Largest population of the last state, and the least weight of |n⟩ in level n of LAS, that still mean one well.
LARGEST_EDGE, LEAST_OVERLAP = 0.02, 0.5
#: Standard deviations of the photon number that the Fock space holds beyond the outermost orbit.
_WIDTHS = 6.0


@dataclass(frozen=True)
class Well:
    """One attractor: its master equation among ``size`` states.

    Attributes:
        system: parameters. frame: displacement and squeezing at the attractor.
        model: (size, size) with jump operators displaced to α; channels as those of ``system.oscillator()``.
        fluctuation, photons, quanta: (size, size) a - α, a†a and b†b of the frame.
        energies, states: (count,) and (size, count) of the levels, the attractor's own first.
        coherent: (size,) the coherent state |α⟩.
        damped: whether α is the attractor of the damped oscillator. limited: whether the well has no room for all states wanted.
    """

    system: DuffingAttractors
    frame: AttractorFrame
    model: LindbladModel
    fluctuation: ComplexMatrix
    photons: ComplexMatrix
    quanta: ComplexMatrix
    energies: RealArray
    states: ComplexMatrix
    coherent: ComplexVector
    damped: bool = True
    limited: bool = False

    @cached_property
    def _factors(self) -> Any:
        """LU factors of the Liouvillian, with ρ_00 in the place of the one equation that the others imply."""
        matrix = self.model.liouvillian()
        matrix[0, :] = 0.0
        matrix[0, 0] = 1.0
        return lu_factor(matrix, overwrite_a=True, check_finite=False)

    @cached_property
    def state(self) -> ComplexMatrix:
        """(size, size) quasi-stationary density matrix of the well, trace one.

        Raises:
            PredictionError: more than 2 % of it lies in the last state: the well does not hold it.
        """
        size = self.model.dim
        right = np.zeros(size**2, dtype=np.complex128)
        right[0] = 1.0
        rho = lu_solve(self._factors, right, check_finite=False).reshape(size, size)
        out: ComplexMatrix = 0.5 * (rho + rho.conj().T) / float(np.trace(rho).real)
        edge = float(out[-1, -1].real)
        if edge > LARGEST_EDGE:
            raise PredictionError(
                f"state at {self.frame.attractor}: population {edge:.2g} in the last of {size} states, allowed is "
                f"{LARGEST_EDGE:g}: the well does not hold it; use a smaller n_th, eta, khat or lam"
            )
        return out

    def smaller(self) -> Well:
        """The same well with one state fewer: how far its results move shows what the truncation leaves out.

        Raises:
            PredictionError: it has two states only.

        >>> well = attractor_well(DuffingAttractors(0.06, 4 / 75, 0.1), "LAS")
        >>> well.limited, well.model.dim, well.smaller().model.dim
        (True, 6, 5)
        """
        if self.model.dim <= 2:
            raise PredictionError(
                f"well at {self.frame.attractor}: it holds two states only; use a smaller lam"
            )
        return attractor_well(self.system, self.frame.attractor, damped=self.damped, size=self.model.dim - 1)

    @property
    def edge(self) -> float:
        """Population of the last state, a measure of what the truncation leaves out."""
        return float(self.state[-1, -1].real)

    def mean(self, operator: ComplexMatrix) -> complex:
        """Expectation value of a (size, size) operator in :attr:`state`."""
        return complex(np.vdot(self.state, operator))

    def moments(self) -> tuple[float, complex]:
        """Second moments (⟨b†b⟩, ⟨b²⟩) of the frame mode about its mean ⟨b⟩."""
        f = self.fluctuation
        b = self.frame.v * f - self.frame.u * f.conj().T
        mean = self.mean(b)
        return self.mean(self.quanta).real - abs(mean) ** 2, self.mean(b @ b) - mean**2

    @property
    def moment_occupation(self) -> float:
        """N of the Gaussian state with the same second moments, (N + 1/2)² = (⟨b†b⟩ + 1/2)² - |⟨b²⟩|².

        Truncated Wigner trajectories measure this one. It exceeds p_1/(p_0 - p_1) by a term of order λ, since wider orbits are
        no ellipses around α; both have one limit.

        >>> wells = [attractor_well(DuffingAttractors(lam, 4 / 75, 0.005), "HAS") for lam in (0.016, 0.008)]
        >>> print(*(f"{well.moment_occupation:.4f}" for well in wells), f"{wells[0].frame.damped_occupation:.4f}")
        0.5518 0.5066 0.4555
        """
        quanta, square = self.moments()
        return math.sqrt((quanta + 0.5) ** 2 - abs(square) ** 2) - 0.5

    def populations(self, count: int) -> RealArray:
        """(count,) populations of the first levels in :attr:`state`.

        Raises:
            ParameterError: more levels than the well has, or fewer than 1.
        """
        chosen = self.level_states(count)
        return np.asarray(np.einsum("in,ij,jn->n", chosen.conj(), self.state, chosen).real)

    def level_states(self, count: int) -> ComplexMatrix:
        """(size, count) the first levels as columns.

        Raises:
            ParameterError: more levels than the well has, or fewer than 1.
        """
        whole = isinstance(count, (int, np.integer)) and not isinstance(count, bool)
        if not whole or not 1 <= count <= self.energies.size:
            raise ParameterError(
                "count",
                count,
                f"an integer from 1 to {self.energies.size}, the levels at {self.frame.attractor}",
            )
        out: ComplexMatrix = self.states[:, :count]
        return out

    def response(self, source: ComplexMatrix) -> ComplexMatrix:
        """(size, size) x with L x = -source, Tr x = 0: first-order change of the state by a traceless term in dρ/dt."""
        right = -np.asarray(source, dtype=np.complex128).ravel()
        right[0] = 0.0
        x = lu_solve(self._factors, right, check_finite=False).reshape(self.state.shape)
        out: ComplexMatrix = x - np.trace(x) * self.state
        return out


def attractor_well(
    system: DuffingAttractors, attractor: Attractor, *, damped: bool = True, size: int | None = None
) -> Well:
    """One attractor of a damped oscillator.

    Args:
        damped: levels of the attractor where damping puts it; otherwise eigenstates of H, at that for k̂ -> 0.
        size: states kept; by default as many as leave out a population of about 1e-5, if the well has room for so many.

    Raises:
        ParameterError: an unknown attractor, or a size the well has no room for. PredictionError: no bistability, or a well too
            small for two states.

    >>> well = attractor_well(DuffingAttractors(0.016, 4 / 75, 0.002), "HAS")
    >>> well.model.dim, round(well.mean(well.photons).real, 4)
    (16, 37.207)
    >>> print(np.array2string(-np.diff(well.energies[:3]), precision=4))
    [0.7375 0.7319]
    """
    frame = attractor_frame(system, attractor, damped)
    slope = math.log1p(1.0 / max(frame.dephased_occupation, 1e-12))
    wanted = max(FEWEST, BEYOND + math.ceil(LEFT_OUT / slope)) if size is None else size
    make = _has_states if attractor == "HAS" else _las_states
    cutoff, basis, room = make(system, frame, damped)
    if isinstance(wanted, bool) or not isinstance(wanted, (int, np.integer)):
        raise ParameterError("size", size, "an integer")
    if size is not None and not 2 <= size <= room:
        raise ParameterError("size", size, f"an integer from 2 to {room}, the states at {attractor}")
    if room < 2:
        raise PredictionError(f"well at {attractor}: it holds less than two states; use a smaller lam")
    well = _restricted(system, frame, basis[:, : min(int(wanted), room)], cutoff, damped)
    return replace(well, limited=size is None and wanted > room)


def _restricted(
    system: DuffingAttractors, frame: AttractorFrame, basis: ComplexMatrix, cutoff: int, damped: bool
) -> Well:
    """The master equation among the columns of ``basis``, of ``cutoff`` Fock states."""
    alpha = frame.alpha
    a = annihilation(cutoff)
    shift = np.eye(cutoff)
    b = frame.v * (a - alpha * shift) - frame.u * (a.conj().T - alpha.conjugate() * shift)
    full = system.oscillator().lindblad(cutoff)
    centre = {"loss": alpha, "heating": alpha.conjugate(), "dephasing": abs(alpha) ** 2}
    rates = {
        "loss": system.kappa * (1.0 + system.n_th),
        "heating": system.kappa * system.n_th,
        "dephasing": 2.0 * system.eta,
    }
    displaced = full.displaced([-math.sqrt(rates[name]) * centre[name] for name in full.channel_names])
    model = displaced.projected(basis)

    def restricted(operator: ComplexMatrix) -> ComplexMatrix:
        out: ComplexMatrix = basis.conj().T @ operator @ basis
        return out

    levels = restricted(_level_hamiltonian(system, alpha, cutoff, damped))
    energies, states = np.linalg.eigh(levels)
    if frame.attractor == "HAS":
        chosen = np.arange(len(energies))[::-1]
    else:
        chosen = _las_levels(np.asarray(states, dtype=np.complex128))
    start = basis.conj().T @ coherent_state(alpha, cutoff)
    return Well(
        system=system,
        frame=frame,
        model=model,
        fluctuation=restricted(a - alpha * shift),
        photons=restricted(a.conj().T @ a),
        quanta=restricted(b.conj().T @ b),
        energies=np.asarray(energies[chosen], dtype=np.float64),
        states=np.asarray(states[:, chosen], dtype=np.complex128),
        coherent=np.asarray(start / np.linalg.norm(start), dtype=np.complex128),
        damped=damped,
    )


def _level_hamiltonian(system: DuffingAttractors, alpha: complex, cutoff: int, damped: bool) -> ComplexMatrix:
    """H_α, or H for levels of the undamped oscillator."""
    hamiltonian = system.oscillator().hamiltonian(cutoff)
    if damped:
        lower = alpha.conjugate() * annihilation(cutoff)
        hamiltonian = hamiltonian + 0.5j * system.kappa * (lower - lower.conj().T)
    return hamiltonian


def _has_states(
    system: DuffingAttractors, frame: AttractorFrame, damped: bool
) -> tuple[int, ComplexMatrix, int]:
    """(Fock states, eigenstates of H_α from the top, how many lie above the saddle)."""
    saddle = system.amplitude("saddle")
    r = 2.0 * system.lam * abs(saddle) ** 2
    # outermost point of the level curve through the saddle; its own roots are known: (Q - Q_s)² (Q² + 2 Q_s Q + 3 Q_s² - 2)
    outermost = (math.sqrt(r) + math.sqrt(max(2.0 * (1.0 - r), 0.0))) ** 2 / (2.0 * system.lam)
    cutoff = math.ceil(outermost + _WIDTHS * math.sqrt(outermost) + 12.0)
    energies, states = np.linalg.eigh(_level_hamiltonian(system, frame.alpha, cutoff, damped))
    pull = -system.kappa * (frame.alpha.conjugate() * saddle).imag if damped else 0.0
    photons = abs(saddle) ** 2
    symbol = system.dw * photons + system.chi * photons**2 + 2.0 * system.eps * saddle.real + pull
    room = int((energies > symbol - 0.5 * (system.dw + system.chi)).sum())
    return cutoff, np.ascontiguousarray(states[:, ::-1][:, :room]), room


def _las_states(
    system: DuffingAttractors, frame: AttractorFrame, damped: bool
) -> tuple[int, ComplexMatrix, int]:
    """(Fock states, number states of the frame, how many stay clear of HAS)."""
    distance = system.amplitude("HAS") - frame.alpha
    room = int(REACH * abs(frame.v * distance - frame.u * distance.conjugate()) ** 2)
    cutoff = basis_cutoff(frame, max(room, 1))
    return cutoff, number_basis(frame, max(room, 1), cutoff), room


def _las_levels(states: ComplexMatrix) -> npt.NDArray[np.intp]:
    """Eigenstates that are levels of LAS, in order: the one with the largest weight of |n⟩, as long as it is more than half."""
    weights = np.abs(states) ** 2
    chosen = weights.argmax(axis=1)
    weak = np.flatnonzero(weights[np.arange(len(chosen)), chosen] < LEAST_OVERLAP)
    return np.asarray(chosen[: weak[0]] if weak.size else chosen, dtype=np.intp)
