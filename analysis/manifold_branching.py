"""In which manifold the switching happens, measured: Γ split into the shares Γ_n of single manifolds.

With L†X = Σ_n O_n + rest, O_n = P_n L†X P_n, any weight Z known a time τ before, and τ >> relaxation time,

    Γ_n = -E[ Z(t - τ) ⟨O_n⟩(t) ] / E[ Z(t - τ) ⟨X⟩(t) ],

because the average state given Z(t - τ) has relaxed to ρ_ss + z ρ_o by then: this is (100)-(103) of Su, Cortiñas,
Venkatraman, Puri for the slow mode ρ_o, with no definition of a switch. Here Z = ⟨X⟩ at a grid time, and ⟨O_n⟩, ⟨X⟩
are expected means over cells of the grid that begin τ later (:mod:`wellhop.engine.expected_integrals`), so that the
fast oscillation of ⟨O_n⟩ at δ_n is integrated exactly. Sums over time and trajectories are pooled before the ratio is
taken; errors come from a delete-one jackknife over trajectories.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import stats

from wellhop.analysis.estimate import RateEstimate, check_level
from wellhop.engine.errors import StatisticsError
from wellhop.engine.records import EndState, TrajectoryRecord

FloatArray = npt.NDArray[np.float64]
#: Lag τ in relaxation times: what has not relaxed by then is e^-8 of its size. Less, down to the second, where Γ τ would be
#: above the third: the signal decays as e^{-Γ τ}.
LAG, LEAST_LAG, MOST_DECAY = 8.0, 5.0, 0.5
#: Columns that are not single manifolds: all higher ones together, and the coherence between manifolds.
ABOVE, BETWEEN = "above", "between"


@dataclass(frozen=True)
class BranchingMeasurement:
    """Γ_n of every manifold that was told apart.

    Attributes:
        names: ``"0"``, ``"1"``, ...; ``"above"`` all higher manifolds; ``"between"`` coherence between manifolds.
        contributions: Γ_n, in the order of ``names``; may be negative within their errors. shares: Γ_n / Γ.
        total: Γ as the sum of all of them, an estimate independent of the decay of the autocorrelation.
        lag: τ. total_time: simulated, after the burn-in. n_trajectories: in the jackknife. warnings: named.
    """

    names: tuple[str, ...]
    contributions: tuple[RateEstimate, ...]
    shares: tuple[RateEstimate, ...]
    total: RateEstimate
    lag: float
    total_time: float
    n_trajectories: int
    warnings: tuple[str, ...] = ()

    @property
    def resolved(self) -> int:
        """How many single manifolds were told apart."""
        return sum(name.isdecimal() for name in self.names)

    def contribution(self, name: str) -> RateEstimate:
        """Γ of one of :attr:`names`."""
        return self.contributions[self.names.index(name)]

    def share(self, name: str) -> RateEstimate:
        """Share of one of :attr:`names` in Γ."""
        return self.shares[self.names.index(name)]

    def __str__(self) -> str:
        level = f"{100 * self.total.level:g} % interval"
        lines = [f"{'manifold':>9} {'Gamma_n':>12} {level:>28} {'share':>8} {'error':>7}"]
        for name, rate, share in zip(self.names, self.contributions, self.shares, strict=True):
            interval = f"[{rate.lower:.4e}, {rate.upper:.4e}]"
            error = share.counts["standard_error"]
            lines.append(
                f"{name:>9} {rate.value:12.4e} {interval:>28} {100 * share.value:6.2f} % {100 * error:5.2f} %"
            )
        interval = f"[{self.total.lower:.4e}, {self.total.upper:.4e}]"
        lines.append(f"{'sum':>9} {self.total.value:12.4e} {interval:>28}")
        lines.append(f"{self.n_trajectories} trajectories, time {self.total_time:.6g}, lag {self.lag:.4g}")
        return "\n".join([*lines, *(f"! {w}" for w in self.warnings)])


def measure_branching(
    records: Sequence[TrajectoryRecord],
    names: Sequence[str],
    *,
    sample_interval: float,
    burn_in: float,
    relaxation_time: float,
    rate_guess: float | None = None,
    lag: float | None = None,
    level: float = 0.95,
) -> BranchingMeasurement:
    """Γ_n from trajectories run with ``manifolds_resolved``.

    Args:
        records: failed ones are not used. Columns of the samples: ⟨X⟩, then the cell means of ``names``.
        names: ``"X"`` first, then those of :class:`BranchingMeasurement`.
        sample_interval, burn_in, relaxation_time: as in :func:`wellhop.analysis.measurement.measure`.
        rate_guess: Γ, chooses the lag and enters nothing else. lag: τ to use instead, > 0.
        level: confidence in (0, 1).

    Raises:
        StatisticsError: no such columns, fewer than two usable trajectories, trajectories shorter than burn-in and lag, or a
            record in which the well is not visible.

    Source of the jackknife: B. Efron, The Jackknife, the Bootstrap and Other Resampling Plans (SIAM, 1982), chapters 2, 3.
    """
    check_level(level)
    usable = [r for r in records if r.state is not EndState.FAILED]
    wanted = 1 + len(names)
    if len(names) < 2 or names[0] != "X" or any(r.samples.shape[1] != wanted for r in usable):
        raise StatisticsError(
            "manifolds: the samples hold no observables by manifold; run with manifolds_resolved = true"
        )
    tau = _lag(relaxation_time, rate_guess) if lag is None else lag
    if not (math.isfinite(tau) and tau > 0.0):
        raise StatisticsError(f"lag: got {lag!r}, allowed is a finite number > 0")
    first, shift = math.ceil(burn_in / sample_interval - 1e-9), math.ceil(tau / sample_interval - 1e-9)
    sums = np.array([s for r in usable if (s := _weighted_sums(r.samples, first, shift)) is not None])
    n = len(sums)
    if n < 2:
        raise StatisticsError(
            f"samples: {n} trajectories are longer than burn-in and lag together, {(first + shift) * sample_interval:g}; an "
            "error needs two"
        )
    # row 0: all trajectories; row k: all but the k-th
    pooled = np.concatenate([sums.sum(axis=0)[None], sums.sum(axis=0) - sums])
    memory = pooled[:, 0]
    if not memory[0] > 3.0 * math.sqrt((n - 1) * float(np.var(memory[1:]))):
        raise StatisticsError(
            "samples: the order parameter has no memory of the well: too few trajectories, or photon counting"
        )
    drained = -pooled[:, 1:]
    total = drained.sum(axis=1)
    time = sample_interval * sum(max(len(r.samples) - 1 - first, 0) for r in usable)
    behind: dict[str, float | int] = {
        "n_trajectories": n,
        "dof": n - 1,
        "total_time": time,
        "lag": shift * sample_interval,
    }
    parts = tuple(names[1:])
    rates = [_jackknife(drained[:, k] / memory, _titles(parts)[k], level, behind) for k in range(len(parts))]
    shares = [
        _jackknife(drained[:, k] / total, f"share of {_titles(parts)[k]}", level, behind)
        for k in range(len(parts))
    ]
    whole = _jackknife(total / memory, "sum over manifolds", level, behind)
    return BranchingMeasurement(
        parts, tuple(rates), tuple(shares), whole, shift * sample_interval, time, n,
        _doubts(whole, shift * sample_interval, relaxation_time),
    )  # fmt: skip


def _lag(relaxation_time: float, rate_guess: float | None) -> float:
    most = MOST_DECAY / rate_guess if rate_guess else math.inf
    return max(LEAST_LAG * relaxation_time, min(LAG * relaxation_time, most))


def _weighted_sums(samples: FloatArray, first: int, shift: int) -> FloatArray | None:
    """Sums of ⟨X⟩(grid time) times the means over the cells that begin ``shift`` intervals later; None if there are none."""
    # row j holds the cell from j - 1 to j
    cells = samples[first + shift + 1 :, 1:]
    if len(cells) == 0:
        return None
    sums: FloatArray = samples[first : first + len(cells), 0] @ cells
    return sums


def _titles(parts: Sequence[str]) -> list[str]:
    return [
        f"manifold {p}"
        if p.isdecimal()
        else f"manifolds {p}"
        if p == ABOVE
        else "coherence between manifolds"
        for p in parts
    ]


def _jackknife(values: FloatArray, method: str, level: float, behind: dict[str, float | int]) -> RateEstimate:
    """Estimate and interval from the value of all units and those without one; linear, because a share may be negative."""
    n = len(values) - 1
    value = float(n * values[0] - (n - 1) * values[1:].mean())
    error = math.sqrt((n - 1) * float(np.var(values[1:])))
    reach = float(stats.t.ppf(0.5 + level / 2, n - 1)) * error
    relative = error / abs(value) if value else math.inf
    counts = {**behind, "standard_error": error}
    return RateEstimate("decay_rate", method, value, value - reach, value + reach, relative, level, counts)


def _doubts(total: RateEstimate, lag: float, relaxation_time: float) -> tuple[str, ...]:
    found = []
    if lag < LAG * relaxation_time * (1 - 1e-9):
        left = math.exp(-lag / relaxation_time)
        found.append(
            f"short_lag: the lag is {lag / relaxation_time:.2g} relaxation times, up to {100 * left:.1f} % of a start is left"
        )
    if total.relative_error > 0.3:
        found.append("few_switches: relative error of the sum above 30 %, intervals are indicative only")
    return tuple(found)
