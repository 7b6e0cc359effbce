"""How good the reduction of the defect is: the reduced model against the oscillator with its defect kept.

Four answers for the mean amplitude μ(t) = e^{iΔ_d t}⟨a⟩ in the frame of the qubit:

* reduced: -iΩ' drives a mode that decays at s = ν̄γ, (9) with the real η of (4), :func:`.defect_propagator.mean`;
* full: the master equation of oscillator and defect, :mod:`wellhop.engine.defect_full_model`;
* linear response: the same with σ_z held at -2ν̄, S = ⟨σ₋⟩,
      a' = -iΔ_d a - iΩ - igS,        S' = -(γ_c + i(Δ_d - Δ_c)) S - 2iν̄g a,        S(0) = 0;
* second order: that, once more with S eliminated to second order in g, which leaves complex coefficients,
      a' = -(iΔ_d + F(Δ_c)) a - iΩ + α_d [F(Δ_c - Δ_d) - F(Δ_c)],        F(D) = 2ν̄g²/(γ_c - iD).

F(Δ_c) = s(1 + iΔ_c/γ_c): besides the decay there is a shift of the frequency which Eq. (3) lacks. The reduced model is right
for g ≪ γ_c, where its error falls as (g/γ_c)² at fixed γ. At g/γ_c = 0.4 and up to about one quantum it errs by 0.10 to 0.15; with
more quanta it fails, since the defect saturates.

Linear response and second order are ours, from the Hamiltonian (1) of Wang, You, Ian, on the decoherence of a driven
superconducting qubit coupled to a coherent two-level system; the paper compares with none of them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy.linalg import expm
from scipy.optimize import brentq
from scipy.sparse import csr_array, eye_array, kron
from scipy.sparse.linalg import expm_multiply

from wellhop.analysis.defect_propagator import mean
from wellhop.engine.defect_full_model import FULL_CUTOFF, full_density, full_model, full_operators
from wellhop.engine.errors import ParameterError
from wellhop.engine.fock import check_cutoff
from wellhop.engine.lindblad import LindbladModel
from wellhop.engine.oscillator import finite_real
from wellhop.engine.systems.driven_qubit_tls import TWO_PI, DrivenQubitTLS

FloatArray = npt.NDArray[np.float64]
ComplexArray = npt.NDArray[np.complex128]

#: Guard populations of the full model from which on its means are doubted, and refused.
WARN, REFUSE = 1e-3, 0.05


@dataclass(frozen=True)
class FullMeans:
    """Means of the full model at given times.

    Attributes:
        times: (k,) us. mu: (k,) ⟨a⟩ in the frame of the qubit. photons: (k,) ⟨a†a⟩. excited: (k,) excited weight of the defect.
        guard: largest population of the four highest Fock states, at any of the times.
    """

    times: FloatArray
    mu: ComplexArray
    photons: FloatArray
    excited: FloatArray
    guard: float


def sparse_liouvillian(model: LindbladModel) -> csr_array:
    """Liouvillian on row-major vec(ρ), sparse; the same matrix as :meth:`LindbladModel.liouvillian`.

    >>> from wellhop.engine.defect_full_model import full_model
    >>> model = full_model(DrivenQubitTLS(-0.37, 0.1), 3)
    >>> bool(np.abs(sparse_liouvillian(model).toarray() - model.liouvillian()).max() < 1e-12)
    True
    """
    one = eye_array(model.dim, format="csr")
    effective = csr_array(model.effective_hamiltonian())
    out = -1j * (kron(effective, one) - kron(one, effective.conj()))
    for op in model.jump_operators:
        jump = csr_array(op)
        out = out + kron(jump, jump.conj())
    return csr_array(out)


def full_means(system: DrivenQubitTLS, times: npt.ArrayLike, cutoff: int = FULL_CUTOFF) -> FullMeans:
    """Means of oscillator and defect by the master equation, from |α₀⟩ and the thermal defect.

    Args:
        system: parameters. times: (k,) us, increasing, >= 0. cutoff: Fock states; 14 for Fig. 2(a)-(c), 26 or more where it climbs.

    Raises:
        ParameterError: times or cutoff malformed. CutoffError: too few Fock states.

    Warns:
        CutoffWarning: the population next to the cut-off exceeds 1e-3.

    >>> found = full_means(DrivenQubitTLS(-0.37, 0.1), [1.0, 2.0, 5.0])
    >>> [f"{x:.3f}" for x in abs(found.mu)]
    ['0.135', '0.333', '0.300']
    """
    grid = _checked(times)
    model = full_model(system, cutoff)
    a, lower = full_operators(cutoff)
    readers = np.array([op.T.ravel() for op in (a, a.conj().T @ a, lower.conj().T @ lower)])
    states = _evolved(sparse_liouvillian(model), full_density(system, cutoff).ravel(), grid)
    values = readers @ states.T
    levels = states[:, :: model.dim + 1].real
    tails = levels.reshape(grid.size, cutoff, 2).sum(axis=2).T
    guard = check_cutoff(tails, what="oscillator of the full model", warn=WARN, refuse=REFUSE)
    turned = np.exp(1j * system.delta_d * grid) * values[0]
    return FullMeans(grid, turned, values[1].real.copy(), values[2].real.copy(), guard)


def _evolved(generator: csr_array, rho: ComplexArray, grid: FloatArray) -> ComplexArray:
    """(k, n²) density matrices at increasing times; evenly spaced ones share their powers of the generator."""
    gaps = np.diff(grid)
    first = rho if grid[0] == 0.0 else expm_multiply(grid[0] * generator, rho)
    if gaps.size > 1 and np.ptp(gaps) < 1e-9 * gaps[0]:
        span = float(grid[-1] - grid[0])
        return np.asarray(expm_multiply(generator, first, start=0.0, stop=span, num=grid.size, endpoint=True))
    states = [first]
    for gap in gaps:
        states.append(expm_multiply(gap * generator, states[-1]))
    return np.array(states)


def linear_response(system: DrivenQubitTLS, times: npt.ArrayLike) -> ComplexArray:
    """μ(t) with the inversion of the defect frozen, exact at any g/γ_c; (k,), frame of the qubit.

    Args:
        system: parameters. times: (k,) us, increasing, >= 0.

    Raises:
        ParameterError: times malformed.

    >>> [f"{x:.3f}" for x in abs(linear_response(DrivenQubitTLS(-0.37, 0.1), [1.0, 2.0, 5.0]))]
    ['0.110', '0.328', '0.300']
    """
    grid = _checked(times)
    back = -complex(system.coherence_decay, system.delta_d - system.delta_c)
    generator = np.array(
        [
            [-1j * system.delta_d, -1j * system.coupling, -1j * system.drive],
            [-2j * system.nu_bar * system.coupling, back, 0.0],
            [0.0, 0.0, 0.0],
        ]
    )
    start = np.array([system.alpha_0, 0.0, 1.0])
    means = (expm(grid[:, None, None] * generator) @ start)[:, 0]
    return np.asarray(np.exp(1j * system.delta_d * grid) * means, dtype=np.complex128)


def second_order(system: DrivenQubitTLS, times: npt.ArrayLike) -> ComplexArray:
    """μ(t) of the consistent second order in g, with its shift of the frequency; (k,), frame of the qubit, finite at Δ_d = 0.

    Args:
        system: parameters. times: (k,) us, increasing, >= 0.

    Raises:
        ParameterError: times malformed.

    >>> [f"{x:.3f}" for x in abs(second_order(DrivenQubitTLS(-0.37, 0.1), [1.0, 2.0, 5.0]))]
    ['0.123', '0.327', '0.294']
    """
    grid = _checked(times)
    width = system.coherence_decay
    scale = 2.0 * system.nu_bar * system.coupling**2
    shifted, near = complex(width, -system.delta_c), complex(width, system.delta_d - system.delta_c)
    rate = scale / shifted + 1j * system.delta_d
    # α_d [F(Δ_c - Δ_d) - F(Δ_c)] with the 1/Δ_d taken out
    force = -1j * system.drive * (1.0 + scale / (shifted * near))
    steady = force / rate
    drive_frame = steady + (system.alpha_0 - steady) * np.exp(-rate * grid)
    return np.asarray(np.exp(1j * system.delta_d * grid) * drive_frame, dtype=np.complex128)


def at_coupling_ratio(system: DrivenQubitTLS, ratio: float) -> DrivenQubitTLS:
    """The system with another g/γ_c and the same γ, Δ_c, Δ_d and Ω: all the reduced model has, but for η.

    γ(γ_c² + Δ_c²) = 2 ratio² γ_c³ has one root γ_c > 0.

    Args:
        system: parameters. ratio: g/γ_c, from 1e-3 to 10.

    Raises:
        ParameterError: ratio out of range.

    >>> far = at_coupling_ratio(DrivenQubitTLS(-0.37, 0.1), 0.1)
    >>> f"{far.gamma:.5f} {far.g / far.gamma_c:.3f} {far.gamma_c:.3f}"
    '1.98658 0.100 15.809'
    """
    ratio = finite_real("ratio", ratio, minimum=0.0, strict=True)
    if not 1e-3 <= ratio <= 10.0:
        raise ParameterError("ratio", ratio, "a number from 1e-3 to 10")
    rate, detuning = system.gamma, system.delta_c

    def excess(width: float) -> float:
        return 2.0 * ratio**2 * width - rate * (1.0 + (detuning / width) ** 2)

    # increasing in the width, negative at the rate of exact resonance and positive at the sum of both scales
    resonant = 0.5 * rate / ratio**2
    far = resonant + abs(detuning)
    width = (
        resonant if detuning == 0.0 else float(brentq(excess, resonant, far, xtol=1e-13 * far, rtol=1e-14))
    )
    return replace(system, gamma_c=width / TWO_PI, g=ratio * width / TWO_PI)


@dataclass(frozen=True)
class ReductionError:
    """Largest differences of μ(t) from the full model over a span of time.

    Attributes:
        system: parameters. span: us. reduced, linear, second: largest |μ - μ_full| of each of the three approximations.
        weak_reduced, weak_second: largest |μ - μ_linear|: the same for a drive and start so weak that nothing saturates.
        end_reduced, end_linear, end_second: |μ - μ_full| at the end of the span alone. The largest ones belong to the first 1/γ_c,
            in which the defect has not begun to damp; second order is better than reduced after that.
        excited: largest excited weight of the defect above its thermal one. guard: as in :class:`FullMeans`.
    """

    system: DrivenQubitTLS
    span: float
    reduced: float
    linear: float
    second: float
    weak_reduced: float
    weak_second: float
    end_reduced: float
    end_linear: float
    end_second: float
    excited: float
    guard: float


def reduction_error(
    system: DrivenQubitTLS, span: float = 5.0, *, samples: int = 50, cutoff: int = FULL_CUTOFF
) -> ReductionError:
    """How far the reduced model, linear response and second order are from the full model up to a time.

    Args:
        system: parameters. span: us, > 0. samples: times compared, >= 2. cutoff: Fock states of the full model.

    Raises:
        ParameterError: span, samples or cutoff out of range. CutoffError: too few Fock states.

    >>> found = reduction_error(DrivenQubitTLS(-0.37, 0.1), samples=20)
    >>> f"{found.reduced:.2f} {found.linear:.2f} {found.weak_reduced:.2f}"
    '0.10 0.04 0.09'
    """
    span = finite_real("span", span, minimum=0.0, strict=True)
    if isinstance(samples, bool) or not isinstance(samples, int) or samples < 2:
        raise ParameterError("samples", samples, "an integer >= 2")
    times = np.linspace(0.0, span, samples + 1)
    full = full_means(system, times, cutoff)
    reduced, linear, second = (f(system, times) for f in (mean, linear_response, second_order))

    def largest(one: ComplexArray, other: ComplexArray) -> float:
        return float(np.abs(one - other).max())

    return ReductionError(
        system=system,
        span=span,
        reduced=largest(reduced, full.mu),
        linear=largest(linear, full.mu),
        second=largest(second, full.mu),
        weak_reduced=largest(reduced, linear),
        weak_second=largest(second, linear),
        end_reduced=largest(reduced[-1:], full.mu[-1:]),
        end_linear=largest(linear[-1:], full.mu[-1:]),
        end_second=largest(second[-1:], full.mu[-1:]),
        excited=float((full.excited - system.nu).max()),
        guard=full.guard,
    )


def _checked(times: npt.ArrayLike) -> FloatArray:
    """Times as a row."""
    grid = np.atleast_1d(np.asarray(times, dtype=np.float64))
    if (
        grid.ndim != 1
        or not grid.size
        or not np.isfinite(grid).all()
        or grid[0] < 0.0
        or (np.diff(grid) <= 0.0).any()
    ):
        raise ParameterError("times", times, "a row of increasing finite numbers >= 0")
    return grid
