"""Semi-analytical switching rate of the Kerr-cat double well: hops between manifolds and tunnelling within
them.

    W_mn = κ(1+n_th)|<r_m|a|r_n>|² + κ n_th |<r_m|a†|r_n>|²    n -> m within a well              (46)
    V_mn = κ(1+n_th)|<l_m|a|r_n>|² + κ n_th |<l_m|a†|r_n>|²    n -> m across the barrier         (44)
    λ_m = Σ_{n≠m} (W_nm + V_nm) + 2 V_mm,   μ_m = Σ_{n≠m} (W_nm + V_nm) + 2 W_mm           (68), (58)
    dx_m/dt = -δ_m y_m - λ_m x_m + Σ_{n≠m} (W_mn - V_mn) x_n                                     (50)
    dy_m/dt = +δ_m x_m - μ_m y_m - Σ_{n≠m} (W_mn - V_mn) y_n                                     (51)

x_m and y_m are the well difference and the tunnelling coherence of manifold m. Fast dephasing (y_m ≈
(δ_m/μ_m) x_m) leaves an incoherent hop rate t_m = δ_m²/μ_m, and the quasi-stationary x_m follow from the
step weights q_mn (76). Numbers in brackets are equations of Su, Cortiñas, Venkatraman, Puri. The FIRST
index of W, V and q is the final manifold.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq

from wellhop.analysis.well_elements import well_elements
from wellhop.engine.errors import ParameterError, PredictionError
from wellhop.engine.systems.kerr_cat import KerrCat, Manifolds

RealVector = npt.NDArray[np.float64]
RealMatrix = npt.NDArray[np.float64]
Populations = Literal["up", "one_down", "resummed"]


@dataclass(frozen=True)
class QuasiStationary:
    """Quasi-stationary decay within the incoherent picture.

    Attributes:
        method: ``up`` (77), ``one_down`` (78)(79) or ``resummed``.
        populations: (M,) p_m = x_m / Σ x.
        currents: (M,) J_m = Σ_{n≠m} (W_mn - V_mn) p_n into manifold m; (83).
        contributions: (M,) Γ_m = (t_m + 2 Σ_n V_nm) p_m; (80). Their sum is Γ.
    """

    method: Populations
    populations: RealVector
    currents: RealVector
    contributions: RealVector

    @property
    def decay_rate(self) -> float:
        """Γ = Σ_m Γ_m."""
        return float(self.contributions.sum())


@dataclass(frozen=True)
class RateModel:
    """Hop rates and splittings of the manifolds; everything else follows from them.

    Args:
        W: (M, M) intra-well rates, W[final, initial]. V: (M, M) the same across the barrier.
        splitting: (M,) tunnel splittings δ_m, δ_0 = 0.

    Scenarios in which some processes are switched off are the same model with elements of W and V set to
    zero.
    """

    W: RealMatrix
    V: RealMatrix
    splitting: RealVector

    def __post_init__(self) -> None:
        """Check shapes and signs."""
        m = self.splitting.size
        if self.W.shape != (m, m) or self.V.shape != (m, m):
            raise PredictionError(
                f"rate model: got W {self.W.shape}, V {self.V.shape}, allowed is ({m}, {m}) each"
            )
        finite = all(np.isfinite(a).all() for a in (self.W, self.V, self.splitting))
        if not finite or min(self.W.min(), self.V.min()) < 0.0:
            raise PredictionError("rate model: rates must be finite and >= 0, splittings finite")

    @property
    def count(self) -> int:
        """Number M of manifolds."""
        return int(self.splitting.size)

    @property
    def transfer(self) -> RealMatrix:
        """(M, M) W - V with zero diagonal: net transfer of the well difference from n to m."""
        net = self.W - self.V
        return net - np.diag(np.diag(net))

    @property
    def outflow(self) -> RealVector:
        """(M,) Σ_{n≠m} (W_nm + V_nm), total rate out of manifold m."""
        total = self.W + self.V
        out: RealVector = total.sum(axis=0) - np.diag(total)
        return out

    @property
    def decay(self) -> RealVector:
        """(M,) λ_m, decay rate of the well difference; (68)."""
        return self.outflow + 2.0 * np.diag(self.V)

    @property
    def dephasing(self) -> RealVector:
        """(M,) μ_m, decay rate of the tunnelling coherence; (58)."""
        return self.outflow + 2.0 * np.diag(self.W)

    @property
    def tunnelling(self) -> RealVector:
        """(M,) t_m = δ_m²/μ_m, incoherent tunnelling rate; (62), (64)."""
        out: RealVector = self.splitting**2 / self.dephasing
        return out

    @property
    def crossing(self) -> RealVector:
        """(M,) t_m + 2 Σ_n V_nm, rate at which manifold m loses its well difference; (80)."""
        out: RealVector = self.tunnelling + 2.0 * self.V.sum(axis=0)
        return out

    @property
    def branching(self) -> RealVector:
        """(M,) f_m = (t_m + 2 Σ_n V_nm)/(t_m + λ_m): cross the barrier rather than cool down; (82)."""
        return self.crossing / (self.tunnelling + self.decay)

    @property
    def step_weights(self) -> RealMatrix:
        """(M, M) q_mn = (W_mn - V_mn)/(λ_m + t_m), zero diagonal; (76)."""
        return self.transfer / (self.decay + self.tunnelling)[:, None]

    def with_one_rate(self) -> RateModel:
        """The same model with μ_m := λ_m in every place, "λ-limited tunnelling" (Fig. 7).

        A control, not an approximation: deep in the well λ_m ≈ κm is far below μ_m ≈ 2κα², so manifolds go
        on tunnelling for too long. W_mm enters μ_m only, hence W_mm := V_mm does it and nothing else changes.

        >>> model = rate_model(KerrCat(6.0, 0.025, 0.05))
        >>> limited = model.with_one_rate()
        >>> bool(np.allclose(limited.dephasing, model.decay) and np.allclose(limited.decay, model.decay))
        True
        """
        w = self.W.copy()
        np.fill_diagonal(w, np.diag(self.V))
        return RateModel(w, self.V, self.splitting)

    def generator(self) -> RealMatrix:
        """(2M, 2M) real matrix of d(x, y)/dt, transfer with opposite signs in x and y; (50), (51)."""
        delta, net = np.diag(self.splitting), self.transfer
        return np.block([[net - np.diag(self.decay), -delta], [delta, -net - np.diag(self.dephasing)]])

    def decay_rate(self) -> float:
        """Γ of the full rate equations: minus the real eigenvalue of :meth:`generator` closest to zero.

        Inverse iteration from both sides with a two-sided Rayleigh quotient keeps the relative accuracy of
        rates far below the round-off of the largest matrix elements.

        Raises:
            PredictionError: the slowest eigenvalue is not real or not negative: there are no two wells.
        """
        g = self.generator()
        inverse = np.linalg.inv(g)
        right = left = np.concatenate([np.eye(1, self.count).ravel(), np.zeros(self.count)])
        for _ in range(60):
            new_right, new_left = inverse @ right, inverse.T @ left
            new_right, new_left = new_right / np.abs(new_right).max(), new_left / np.abs(new_left).max()
            change = _distance(new_right, right) + _distance(new_left, left)
            right, left = new_right, new_left
            if change < 1e-14:
                break
        rate = float(-(left @ (g @ right)) / (left @ right))
        if change > 1e-6 or not rate > 0.0:
            raise PredictionError(
                "rate model: no slow real mode found: the wells are not separated at these parameters, or the rate is below the "
                "round-off of the eigenvalue"
            )
        return rate

    def quasi_stationary(self, method: Populations = "one_down") -> QuasiStationary:
        """Populations, currents and contributions with the tunnelling coherence eliminated.

        ``up`` sums all paths upward from the ground manifold (77), ``one_down`` adds those with at most
        one downward step (79), ``resummed`` all paths that do not return to it. Each is a recursion of
        O(M²) (the last a linear solve).

        Raises:
            PredictionError: unknown method.
        """
        if method not in ("up", "one_down", "resummed"):
            raise PredictionError(f"method: got {method!r}, allowed is one of up, one_down, resummed")
        q, m = self.step_weights, self.count
        x = np.zeros(m)
        x[0] = 1.0
        if method == "resummed":
            x[1:] = np.linalg.solve(np.eye(m - 1) - q[1:, 1:], q[1:, 0])
        else:
            for k in range(1, m):
                x[k] = q[k, :k] @ x[:k]
        if method == "one_down":
            up, down = x.copy(), np.zeros(m)
            for k in range(1, m):
                down[k] = q[k, k + 1 :] @ up[k + 1 :] + q[k, 1:k] @ down[1:k]
            x = up + down
        p = x / x.sum()
        return QuasiStationary(method, p, self.transfer @ p, self.crossing * p)

    def __str__(self) -> str:
        """Table of the lowest manifolds."""
        one = self.quasi_stationary("one_down")
        columns = {
            "delta": self.splitting,
            "lambda": self.decay,
            "mu": self.dephasing,
            "f": self.branching,
            "p": one.populations,
            "J": one.currents,
            "Gamma_n": one.contributions,
        }
        head = " n" + "".join(f"{title:>12}" for title in columns)
        rows = [
            f"{n:2d}" + "".join(f"{column[n]:12.4g}" for column in columns.values())
            for n in range(min(self.count, 6))
        ]
        foot = f"decay rate: rate equations {self.decay_rate():.6g}, one downward step {one.decay_rate:.6g}"
        return "\n".join([head, *rows, foot])


def rate_model(
    system: KerrCat,
    manifolds: Manifolds | None = None,
    *,
    count: int | None = None,
    cutoff: int | None = None,
) -> RateModel:
    """Hop rates of a Kerr-cat system from its eigenstates.

    Args:
        system: the system.
        manifolds: its levels if they are known already; otherwise ``count`` and ``cutoff`` as in
            :meth:`KerrCat.manifolds`.

    >>> model = rate_model(KerrCat(6.0, 0.025, 0.05))
    >>> print(f"{model.decay_rate():.8e} {model.quasi_stationary('one_down').decay_rate:.8e}")
    8.66311852e-04 8.56549304e-04
    """
    levels = system.manifolds(count, cutoff) if manifolds is None else manifolds
    same, cross = (x.real for x in well_elements(levels.even, levels.odd))
    cooling, heating = system.kappa * (1.0 + system.n_th), system.kappa * system.n_th
    w = cooling * same**2 + heating * same.T**2
    v = cooling * cross**2 + heating * cross.T**2
    # Known in closed form; the matrix elements lose it to round-off beyond alpha^2 of about 17.
    v[0, 0] = 0.5 * ground_rate(system)
    return RateModel(w, v, levels.splitting)


def _distance(a: RealVector, b: RealVector) -> float:
    """Largest difference of the moduli."""
    return float(np.abs(np.abs(a) - np.abs(b)).max())


def ground_rate(system: KerrCat) -> float:
    """2 V_00 = 2κ(1 + 2n_th) α²/(e^{4α²} - 1): switching without leaving the ground manifold; (96), exact.

    >>> print(f"{ground_rate(KerrCat(4.0, 0.025, 0.05)):.5e}")
    2.47577e-08
    """
    n = system.alpha**2
    # Written with e^{-4n} so that deep wells give 0 and not an overflow.
    return float(2.0 * system.kappa * (1.0 + 2.0 * system.n_th) * n * np.exp(-4.0 * n) / -np.expm1(-4.0 * n))


Criterion = Literal["branching", "balance", "crude", "one_rate"]


def critical_drive(
    n: int, kappa: float, n_th: float, K: float = 1.0, *, criterion: Criterion = "branching"
) -> float:
    """Drive ε₂ of step n of the staircase: where manifold n stops tunnelling before it cools.

    ``branching``: f_n = 1/2 (82); ``balance``: δ_n² = μ_n λ_n (88); ``crude``: δ_n = κ α √(2n) (89);
    ``one_rate``: f_n = 1/2 with μ := λ, the control of :meth:`RateModel.with_one_rate`.

    Args:
        n: step, >= 1.
        kappa, n_th, K: as in :class:`KerrCat`.
        criterion: which of the three.

    Raises:
        ParameterError: ``n`` or a rate is out of range.
        PredictionError: unknown criterion, or no crossing exists (damping too strong for tunnelling).

    >>> round(critical_drive(1, 0.025, 0.05), 4)
    6.1622
    """
    if isinstance(n, bool) or not isinstance(n, (int, np.integer)) or n < 1:
        raise ParameterError("n", n, "an integer >= 1")
    if criterion not in ("branching", "balance", "crude", "one_rate"):
        raise PredictionError(
            f"criterion: got {criterion!r}, allowed is one of branching, balance, crude, one_rate"
        )

    def excess(drive: float) -> float:
        """Positive where manifold n tunnels."""
        system = KerrCat(drive, kappa, n_th, K)
        model = rate_model(system, count=max(16, n + 8), cutoff=max(system.default_cutoff(), 2 * n + 40))
        if criterion in ("branching", "one_rate"):
            tunnelling = model if criterion == "branching" else model.with_one_rate()
            return float(tunnelling.branching[n] - 0.5)
        if criterion == "balance":
            return float(model.splitting[n] ** 2 / (model.dephasing[n] * model.decay[n]) - 1.0)
        return float(abs(model.splitting[n]) / (kappa * system.alpha * np.sqrt(2.0 * n)) - 1.0)

    # A well holds n levels from about eps2 = pi n K on; below that the splitting is a full level spacing.
    grid = K * np.arange(max(1.0, 2.0 * n), np.pi * n + 40.0)
    upper = 0.0
    for drive in grid:
        if excess(float(drive)) < 0.0:
            upper = float(drive)
            break
    if upper in (0.0, float(grid[0])):
        raise PredictionError(
            f"critical drive: no step {n} for kappa = {kappa:g} and K = {K:g} "
            f"between eps2 = {grid[0]:g} and {grid[-1]:g}"
        )
    return float(brentq(excess, upper - K, upper, xtol=1e-9 * K, rtol=1e-12))
