"""How far the finite step of Strang trajectories moves the truncated-Wigner rate of a Kerr-cat, without sampling.

A Strang step is exp(A dt/2) exp(B dt) exp(A dt/2): A the rotation by the Kerr angle, B damping, drive and noise, each
exact. By the Baker-Campbell-Hausdorff formula it is exp(dt L') with

    L' = A + B + dt² E + O(dt⁴),   E = -[A, [A, B]]/24 + [B, [B, A]]/12,

so that to first order in dt² the slowest odd eigenvalue -Γ of A + B, with left and right eigenvectors l and r, moves by

    d ln Γ = -dt² <l|E|r> / (Γ <l|r>).

This is the expectation of what sampled rates show beside their statistical error: 2.6 to 6.6 % at the largest recommended
step, and a sixteenth of that at a quarter of it. Sampled with another step, rates are corrected by it.

All operators are those of :mod:`.fokker_planck` in Hermite functions; products are taken on vectors only.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.sparse.linalg import eigs

from wellhop.analysis.fokker_planck import fokker_planck_generator
from wellhop.analysis.kerr_cat_twa import twa_drift
from wellhop.engine.errors import ParameterError, PredictionError

if TYPE_CHECKING:
    from wellhop.engine.systems.kerr_cat import KerrCat

#: Hermite functions per axis and their width, of two bases that have to agree.
BASES = ((176, 0.33), (240, 0.3))
#: Largest relative difference of the two.
TOLERANCE = 0.1
#: A rotation has no diffusion of its own; the operator asks for a positive one.
NO_NOISE = 1e-300


def strang_bias(system: KerrCat, dt: float) -> float:
    """Change of ln Γ of Strang trajectories with this step, to leading order dt²; about 10 s.

    Args:
        system: the Kerr-cat. dt: step, > 0, in 1/(unit of rates).

    Returns:
        ln(Γ of the stepped equation / Γ of the truncated-Wigner equation).

    Raises:
        ParameterError: dt is not a positive number.
        PredictionError: two bases disagree by more than 10 %: damping too weak or eps2/K too large.
    """
    if not (math.isfinite(dt) and dt > 0.0):
        raise ParameterError("dt", dt, "a finite number > 0")
    first, second = (second_order_shift(system, basis, width) for basis, width in BASES)
    if abs(first - second) > TOLERANCE * abs(second):
        raise PredictionError(
            f"Strang bias not converged: {first:.4g} dt^2 with {BASES[0][0]} Hermite functions per axis, {second:.4g} dt^2 with "
            f"{BASES[1][0]}; use a larger kappa or a smaller eps2"
        )
    return second * dt * dt


def second_order_shift(system: KerrCat, basis: int, scale: float) -> float:
    """Coefficient c in d ln Γ = c dt², in one basis.

    Args:
        system: the Kerr-cat. basis: Hermite functions per axis. scale: their width.

    >>> from wellhop.engine.systems.kerr_cat import KerrCat
    >>> round(second_order_shift(KerrCat(eps2=2.0, kappa=1.0, n_th=0.5), 48, 0.4), 2)
    18.45
    """
    turn, rest = split_generator(system, basis, scale)
    whole = (turn + rest).tocsc()
    right, rate = _slowest(whole)
    left, _ = _slowest(whole.T.tocsc())
    a, b = turn @ right, rest @ right
    aa, ab, ba, bb = turn @ a, turn @ b, rest @ a, rest @ b
    outer = turn @ (ab - 2.0 * ba) + rest @ aa
    inner = rest @ (ba - 2.0 * ab) + turn @ bb
    shift = float(left @ (inner / 12.0 - outer / 24.0)) / float(left @ right)
    return -shift / rate


def split_generator(system: KerrCat, basis: int, scale: float) -> tuple[Any, Any]:
    """The rotation at the frequency detuning + kerr (|α|² - 1), and the rest, as sparse operators on odd densities."""
    drift, diffusion = twa_drift(system)
    oscillator = system.oscillator()
    constant, kerr = oscillator.detuning - oscillator.kerr, oscillator.kerr
    along, across = np.zeros((4, 4)), np.zeros((4, 4))
    along[0, 1], along[2, 1], along[0, 3] = constant, kerr, kerr
    across[1, 0], across[3, 0], across[1, 2] = -constant, -kerr, -kerr
    remaining = [drift[0] - along, drift[1] - across]
    turn = fokker_planck_generator(
        [along, across], NO_NOISE * np.eye(2), basis=basis, scale=scale, parity="odd"
    )
    return turn, fokker_planck_generator(remaining, diffusion, basis=basis, scale=scale, parity="odd")


def _slowest(operator: Any) -> tuple[Any, float]:
    """Eigenvector of the eigenvalue -Γ nearest to zero, and Γ."""
    start = np.random.default_rng(0).standard_normal(operator.shape[0])
    values, vectors = eigs(operator, k=2, sigma=1e-7, v0=start)
    nearest = int(np.argmin(np.abs(values)))
    return vectors[:, nearest].real, -float(values[nearest].real)
