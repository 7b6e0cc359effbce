"""Exponents of the switching rates of the driven Duffing oscillator for λ -> 0: Γ ~ exp(-R/λ).

Cold bath, no dephasing: the exact steady state has a potential in the complex P representation, and in z = sqrt(2λ) α

    λ ln P(z) = |z|² + 2 Re(sqrt(β)/z) - 2 ln|z| - 2 k̂ arg z,      R = λ ln P(attractor) - λ ln P(saddle)

with arg z between -π and 0, where all three fixed points lie. Truncated Wigner (Langevin) has another exponent,
R = S/(k̂ (2 n_th + 1)) with the Freidlin-Wentzell action S of H = p.f + p²/2; it must not be set against quantum jumps at low
temperature. The full Keldysh Hamiltonian gives the quantum exponent at any temperature.

Both Hamiltonians take the rotation frequency dw of the Weyl symbol: with dw + 2χ, that of normal order, they would belong to
another oscillator, different by the order λ.

Potential of the complex P function: P. D. Drummond, D. F. Walls, J. Phys. A 13, 725 (1980); as an action ours. Model: Feng, Guo,
"Quantum dissipative dynamics of a driven Duffing oscillator near attractors". M. I. Freidlin, A. D. Wentzell, "Random
Perturbations of Dynamical Systems", chapter 4.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from wellhop.analysis.instanton_newton import followed_path
from wellhop.analysis.instanton_path import InstantonPath, oscillator_system
from wellhop.analysis.keldysh import ScaledOscillator, WeakNoiseModel
from wellhop.analysis.oscillator_instantons import oscillator_instanton
from wellhop.engine.errors import PredictionError
from wellhop.engine.systems.duffing_attractors import Attractor, DuffingAttractors, Place

RealArray = npt.NDArray[np.float64]
#: Truncated-Wigner over quantum exponent beyond which a connection found by shooting is not the cheapest one. Compared with
#: the slopes of the generator the ratio is 0.3 ... 1.1 from one edge of the bistable range to the other.
LARGEST_RATIO = 2.0
#: Where the search fails, shots that rounding keeps off the saddle or a mesh that does not settle, it is made at these multiples of
#: (β, k̂) instead, one after the other, and the path found is followed back.
NEIGHBOURS = (
    (0.99, 1.0),
    (1.01, 1.0),
    (1.0, 0.97),
    (1.0, 1.03),
    (0.96, 1.0),
    (1.04, 1.0),
    (1.0, 0.9),
    (1.0, 1.1),
)


@dataclass(frozen=True)
class DuffingActions:
    """Exponents R of Γ ~ exp(-R/λ), dimensionless.

    Attributes:
        lh: LAS -> HAS. hl: HAS -> LAS.
    """

    lh: float
    hl: float


@dataclass(frozen=True)
class EscapePath:
    """A numerical escape path.

    Attributes:
        path: q = 2 sqrt(2λ/k̂) (Re α, Im α) = 2 (Re z, Im z)/sqrt(k̂) and p against time in 1/rate.
        exponent: R.
        error: estimate of its absolute error.
    """

    path: InstantonPath
    exponent: float
    error: float


def quantum_exponents(system: DuffingAttractors) -> DuffingActions:
    """The closed form, exact for λ -> 0.

    Args:
        system: bistable, n_th = 0, eta = 0; lam does not enter.

    Raises:
        PredictionError: no bistability, a warm bath or dephasing.

    >>> found = quantum_exponents(DuffingAttractors(0.06, 4 / 75, 0.1))
    >>> print(f"{found.lh:.10f} {found.hl:.10f}")
    0.5108005845 0.3929254514
    """
    system.require_bistable("action")
    refuse_dephasing(system)
    if system.n_th != 0.0:
        raise PredictionError(
            f"action: the closed form holds for n_th = 0, got {system.n_th:g}; use the Keldysh instanton"
        )
    top = p_function_exponent(system, "saddle")
    return DuffingActions(p_function_exponent(system, "LAS") - top, p_function_exponent(system, "HAS") - top)


def p_function_exponent(system: DuffingAttractors, place: Place) -> float:
    """λ ln P at a fixed point.

    Raises:
        PredictionError: not bistable.

    >>> round(p_function_exponent(DuffingAttractors(0.06, 4 / 75, 0.1), "LAS"), 6)
    1.605502
    """
    z = system.scaled(place)
    plane = abs(z) ** 2 + 2.0 * (np.sqrt(system.beta) / z).real - 2.0 * np.log(abs(z))
    return float(plane - 2.0 * system.khat * np.angle(z))


def refuse_dephasing(system: DuffingAttractors) -> None:
    """Refuse what dephasing has no exponent for.

    Raises:
        PredictionError: eta > 0.
    """
    if system.eta != 0.0:
        raise PredictionError(
            f"action: got eta = {system.eta:g}, allowed is 0: phase noise of fixed strength does not vanish with lam, "
            "so that rates have no exponent 1/lam"
        )


def escape_path(system: DuffingAttractors, model: WeakNoiseModel, well: Attractor) -> EscapePath:
    """The least-action path out of a well, by the shared instanton solvers.

    Truncated Wigner: shooting, then Newton's method; refused where it costs more than twice the quantum exponent. Where that finds
    nothing, the same at a neighbouring (β, k̂), from where the path is followed.
    Full Keldysh: the reversed relaxation at n_th = 0, else the truncated-Wigner path with the quantum vertex switched on at fixed
    temperature, which spans what a rising temperature at a fixed vertex does not: the cold path out of LAS has spikes of momentum.

    Args:
        system: bistable, eta = 0; lam does not enter. model: ``twa`` or ``keldysh``. well: ``LAS`` or ``HAS``.

    Raises:
        PredictionError: no bistability, dephasing, or no path is found.

    >>> found = escape_path(DuffingAttractors(0.06, 4 / 75, 0.1), "keldysh", "HAS")
    >>> round(found.exponent, 8)
    0.39292545
    """
    system.require_bistable("instanton")
    refuse_dephasing(system)
    # in units of dw: the path does not know lam
    unit = replace(system, lam=1.0, dw=1.0)
    if model == "twa":
        return _warmed(_classical(system.beta, system.khat, well), 1.0 + 2.0 * system.n_th)
    if system.n_th > 0.0:
        return _switched_on(unit, well)
    path = oscillator_instanton(unit.weyl_oscillator(), model, scaled_place(unit, well))
    return EscapePath(path, 0.5 * path.total_action, 0.5 * (path.error or 1e-10))


@functools.lru_cache(maxsize=64)
def _classical(beta: float, khat: float, well: Attractor) -> EscapePath:
    """The truncated-Wigner path at n_th = 0; kept, since every temperature and the warm quantum paths start from it."""
    try:
        return _searched(beta, khat, well)
    except PredictionError as error:
        why = error
    for more_beta, more_khat in NEIGHBOURS:
        first = beta * more_beta, khat * more_khat
        try:
            return _followed(first, (beta, khat), well)
        except PredictionError:
            continue
    raise PredictionError(
        f"instanton: no truncated-Wigner escape path is found out of {well} at beta = {beta:g}, khat = {khat:g}, nor from "
        "neighbouring values; use a larger khat or a beta further inside the bistable range, or the rates of the "
        "truncated-Wigner generator, which need no path"
    ) from why


def _searched(beta: float, khat: float, well: Attractor) -> EscapePath:
    """The path at n_th = 0 by shooting and Newton's method.

    Raises:
        PredictionError: no path, or one too dear.
    """
    cold = DuffingAttractors(1.0, beta, khat)
    path = oscillator_instanton(cold.weyl_oscillator(), "twa", scaled_place(cold, well))
    return _cheap(path, cold, well)


def _followed(first: tuple[float, float], last: tuple[float, float], well: Attractor) -> EscapePath:
    """The path at (β, k̂) = ``last`` from the one found at ``first``.

    Raises:
        PredictionError: no path at ``first``, or it ends on the way, or becomes too dear.
    """
    found = _searched(*first, well)

    def at(share: float) -> DuffingAttractors:
        beta, khat = ((1.0 - share) * a + share * b for a, b in zip(first, last, strict=True))
        return DuffingAttractors(1.0, beta, khat)

    path = followed_path(
        found.path,
        lambda share: oscillator_system(ScaledOscillator.from_oscillator(at(share).weyl_oscillator(), "twa")),
        0.0,
        1.0,
    )
    return _cheap(path, at(1.0), well)


def _cheap(path: InstantonPath, cold: DuffingAttractors, well: Attractor) -> EscapePath:
    """A path with its exponent.

    Raises:
        PredictionError: it costs more than any escape does.
    """
    exponent = 0.5 * path.total_action
    quantum = quantum_exponents(cold)
    dearest = LARGEST_RATIO * (quantum.lh if well == "LAS" else quantum.hl)
    if exponent > dearest:
        raise PredictionError(
            f"instanton: out of {well} only a connection with R = {exponent:.4g} is found, {LARGEST_RATIO:g} times the quantum "
            f"exponent is {dearest:.4g}: a dearer orbit, not the escape"
        )
    return EscapePath(path, exponent, 0.5 * (path.error or 1e-10))


def classical_exponents(system: DuffingAttractors) -> DuffingActions:
    """Exponents of truncated-Wigner trajectories, R = S/(k̂ (2 n_th + 1)).

    Raises:
        PredictionError: as in :func:`escape_path`.

    >>> system = DuffingAttractors(0.06, 4 / 75, 0.1)
    >>> found = classical_exponents(system)
    >>> round(found.lh * system.khat, 4), round(found.hl * system.khat, 4)
    (0.0198, 0.0427)
    """
    return DuffingActions(
        escape_path(system, "twa", "LAS").exponent, escape_path(system, "twa", "HAS").exponent
    )


def scaled_place(system: DuffingAttractors, place: Place) -> RealArray:
    """(2,) q = 2 (Re z, Im z)/sqrt(k̂) of a fixed point, the variables of the instanton solvers.

    Raises:
        PredictionError: not bistable.
    """
    z = system.scaled(place)
    return np.array([z.real, z.imag]) * (2.0 / float(np.sqrt(system.khat)))


def _switched_on(unit: DuffingAttractors, well: Attractor) -> EscapePath:
    """Full Keldysh at n_th > 0 from truncated Wigner."""
    full = ScaledOscillator.from_oscillator(unit.weyl_oscillator(), "keldysh")
    wigner = escape_path(unit, "twa", well).path
    path = followed_path(
        wigner, lambda vertex: oscillator_system(replace(full, vertex=vertex)), 0.0, full.vertex
    )
    return EscapePath(path, 0.5 * path.total_action, 0.5 * (path.error or 1e-10))


def _warmed(found: EscapePath, diffusion: float) -> EscapePath:
    """A truncated-Wigner path at another noise strength: the same q, momenta and action divided by it."""
    path = found.path
    cooler = replace(
        path,
        p=path.p / diffusion,
        action=path.action / diffusion,
        energy=path.energy / diffusion,
        error=None if path.error is None else path.error / diffusion,
        total=None if path.total is None else path.total / diffusion,
    )
    return EscapePath(cooler, found.exponent / diffusion, found.error / diffusion)
