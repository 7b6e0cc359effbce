"""Two wells of any Lindblad model from its slowest real mode.

After the fast modes have died, ρ(t) = ρ_ss + c(t) R with c = Tr(C ρ) and dc/dt = -Γ c. The two ends of
the interval [c_min, c_max] (extreme eigenvalues of C) are the metastable states ρ_w = ρ_ss + c_w R; every
long-lived state is a mixture of them with weights Tr(C_w ρ), where C_w = (C - c_other)/(c_w - c_other)
acts like a committor.

Macieszczak, Guţă, Lesanovsky, Garrahan, Phys. Rev. Lett. 116, 240404 (2016), Eqs. (5)-(8).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from wellhop.analysis.liouvillian import SlowRate, slow_modes, steady_state
from wellhop.engine.errors import SpectrumError
from wellhop.engine.lindblad import LindbladModel, hermitian

ComplexMatrix = npt.NDArray[np.complex128]

#: Below this ratio of the next decay rate to the slowest one there is no plateau on which wells could be
#: defined.
MINIMUM_SEPARATION = 2.0


@dataclass(frozen=True)
class MetastableWells:
    """Two metastable states and the hops between them.

    Attributes:
        states: (2, n, n) metastable density matrices ρ_w, Hermitian with trace 1.
        weights: (2,) stationary probabilities, ρ_ss = Σ_w weights_w ρ_w.
        escape_rates: (2,) one-way rate out of each well.
        committors: (2, n, n) C_w with C_0 + C_1 = 1: Tr(C_w ρ) is the probability to end up in well w.
        slow: the slowest real mode; its ``value`` is Γ, the sum of the two escape rates.
        negativity: largest weight of negative eigenvalues in ``states``; small where the wells are well
            defined.
    """

    states: ComplexMatrix
    weights: npt.NDArray[np.float64]
    escape_rates: npt.NDArray[np.float64]
    committors: ComplexMatrix
    slow: SlowRate
    negativity: float

    @property
    def decay_rate(self) -> float:
        """Γ = k_01 + k_10, decay rate of the population difference."""
        return self.slow.value

    def displacements(self, model: LindbladModel) -> ComplexMatrix:
        """(2, n_channels) β_wk = -Tr(L_k ρ_w): the shift under which channel k is darkest in well w."""
        means = [[np.trace(op @ rho) for op in model.jump_operators] for rho in self.states]
        return -np.array(means, dtype=np.complex128)

    def __str__(self) -> str:
        """A few lines for people."""
        rows = [
            f"well {w}: weight {self.weights[w]:.4f}, escape rate {self.escape_rates[w]:.6g}, "
            f"residence time {1.0 / self.escape_rates[w]:.6g}"
            for w in range(2)
        ]
        return "\n".join(
            [str(self.slow), *rows, f"negativity of the metastable states {self.negativity:.2g}"]
        )


def metastable_wells(
    model: LindbladModel, order_parameter: npt.ArrayLike | None = None, *, slow: SlowRate | None = None
) -> MetastableWells:
    """Metastable states, stationary weights and directed rates of a model with two wells.

    k_01 = Γ p_1 and k_10 = Γ p_0, so that p_0 k_01 = p_1 k_10.

    Args:
        model: any Lindblad model with a unique steady state.
        order_parameter: (n, n) Hermitian; well 0 is where it is larger. Without it well 0 is the more
        populated one.
        slow: slowest real mode if it is known already (for example from a parity sector).

    Raises:
        SpectrumError: several steady states, no real slow mode, no second mode, or the next mode decays
            less than twice as fast, so that there is no long-lived pair of states.
        ModelError: the order parameter is malformed.

    >>> from wellhop.engine.systems.kerr_cat import KerrCat
    >>> wells = metastable_wells(KerrCat(3.0, 0.1, 0.02).lindblad(26))
    >>> wells.weights.round(6).tolist()
    [0.5, 0.5]
    """
    observable = None if order_parameter is None else hermitian("order_parameter", order_parameter, model.dim)
    mode = slow_modes(model).slowest_real() if slow is None else slow
    if not mode.resolved:
        raise SpectrumError(
            f"metastable wells: the slowest rate, {mode.value:.2g}, is zero to round-off ({mode.resolution:.1g}): either there are "
            "several steady states (a conserved quantity or strong symmetry: no trajectory ever switches), or the rate lies below "
            "what double precision resolves"
        )
    if mode.separation < MINIMUM_SEPARATION:
        raise SpectrumError(
            f"metastable wells: the next mode decays at {mode.next_rate:.4g}, only {mode.separation:.2g} "
            f"times as fast as the slowest ({mode.value:.4g}); allowed is >= {MINIMUM_SEPARATION:g}"
        )
    rho = steady_state(model)
    ends = np.linalg.eigvalsh(mode.left)[[-1, 0]]
    states = np.stack([rho + c * mode.right for c in ends])
    weights = np.array([-ends[1], ends[0]]) / (ends[0] - ends[1])
    eye = np.eye(model.dim)
    first = (mode.left - ends[1] * eye) / (ends[0] - ends[1])
    committors = np.stack([first, eye - first])
    if observable is None:
        # Equal weights leave the choice open; the round-off of a tie must not decide it.
        swap = bool(weights[1] > weights[0] + 1e-9)
    else:
        means = [float(np.vdot(observable, state).real) for state in states]
        swap = means[1] > means[0]
    order = [1, 0] if swap else [0, 1]
    states, weights, committors = states[order], weights[order], committors[order]
    negative = [float(-np.minimum(np.linalg.eigvalsh(state), 0.0).sum()) for state in states]
    return MetastableWells(
        states=states,
        weights=weights,
        escape_rates=mode.value * weights[::-1],
        committors=committors,
        slow=mode,
        negativity=max(negative),
    )
