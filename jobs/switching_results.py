"""What :mod:`wellhop.jobs.measure` returns: a measurement, every prediction of the same model, and how they compare."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from wellhop.analysis.branching_comparison import BranchingComparison
from wellhop.analysis.coherence_measurement import CoherenceMeasurement
from wellhop.analysis.comparison import Comparison, compare
from wellhop.analysis.directed_measurement import DirectedMeasurement
from wellhop.analysis.measurement import Measurement
from wellhop.analysis.metastable import MetastableWells
from wellhop.analysis.prediction import Prediction
from wellhop.engine.records import TrajectoryRecord

if TYPE_CHECKING:
    from wellhop.engine.langevin_problem import LangevinProblem
    from wellhop.engine.unravelling import JumpProblem

    Problem = JumpProblem | LangevinProblem


@dataclass(frozen=True)
class SwitchingResult:
    """A measured switching rate of two wells, what backs it, and what theory says.

    Attributes:
        measurement: every estimate with its interval; ``measurement.decay_rate`` is Γ.
        predictions: exact and approximate rates. comparisons: by prediction name, valid ones only.
        wells: metastable states and directed rates of a generic model, ``None`` for a built-in system.
        records: the trajectories. problem: what they ran on.
        branching: Γ by manifold against its predictions; ``None`` where manifolds were not told apart.
    """

    measurement: Measurement
    predictions: tuple[Prediction, ...]
    comparisons: Mapping[str, Comparison]
    wells: MetastableWells | None
    records: tuple[TrajectoryRecord, ...]
    problem: Problem
    branching: BranchingComparison | None = None

    def __str__(self) -> str:
        lines = [str(self.measurement), *_prediction_lines(self.predictions, self.comparisons)]
        return "\n".join([*lines, *([] if self.branching is None else [str(self.branching)])])


@dataclass(frozen=True)
class DirectedResult:
    """Measured rates among three wells, what backs them, and what theory says of the same model.

    Attributes:
        measurement: rates lam_e, lam_o, k_v, k_b, k_d with their intervals and all checks.
        predictions: of the quantum model for jumps, of the truncated Wigner equation for Langevin trajectories.
        comparisons: by prediction name, valid ones only.
        records: the trajectories. problem: what they ran on.
    """

    measurement: DirectedMeasurement
    predictions: tuple[Prediction, ...]
    comparisons: Mapping[str, Comparison]
    records: tuple[TrajectoryRecord, ...]
    problem: Problem

    def __str__(self) -> str:
        return "\n".join([str(self.measurement), *_prediction_lines(self.predictions, self.comparisons)])


@dataclass(frozen=True)
class CoherenceResult:
    """Measured decay and frequency of the coherence between parities, what backs them, and what theory says.

    Attributes:
        measurement: rates Gamma and Omega with their intervals and all checks.
        predictions: of the quantum model. comparisons: by prediction name, valid ones only.
        records: the trajectories. problem: what they ran on.
    """

    measurement: CoherenceMeasurement
    predictions: tuple[Prediction, ...]
    comparisons: Mapping[str, Comparison]
    records: tuple[TrajectoryRecord, ...]
    problem: Problem

    def __str__(self) -> str:
        return "\n".join([str(self.measurement), *_prediction_lines(self.predictions, self.comparisons)])


def _prediction_lines(predictions: Sequence[Prediction], comparisons: Mapping[str, Comparison]) -> list[str]:
    lines = []
    for p in predictions:
        pull = comparisons.get(p.name)
        lines.append(
            f"{p.label}: {p.value:.6g}"
            + ("" if pull is None else f", pull {pull.pull:+.2f} ({pull.verdict})")
            + ("" if p.valid or not p.note else f" [not valid here: {p.note}]")
        )
    return lines


def result_of(
    measured: Measurement | DirectedMeasurement | CoherenceMeasurement,
    predictions: Sequence[Prediction],
    records: Sequence[TrajectoryRecord],
    problem: Any,
    wells: MetastableWells | None = None,
    branching: BranchingComparison | None = None,
) -> SwitchingResult | DirectedResult | CoherenceResult:
    """The result, with each valid prediction set against the rate of its name; two wells have one rate, Γ."""
    comparisons = {}
    for p in predictions:
        if isinstance(measured, DirectedMeasurement):
            estimate = measured.rates.get(p.name.removesuffix("_twa"))
        elif isinstance(measured, CoherenceMeasurement):
            estimate = next((r for r in measured.rates.values() if r.quantity == p.quantity), None)
        else:
            estimate = measured.decay_rate if p.quantity == "decay_rate" and p.name != "fast_decay" else None
        if estimate is not None and p.valid and p.value > 0.0 and estimate.value >= 0.0:
            comparisons[p.name] = compare(estimate, p.value)
    if isinstance(measured, DirectedMeasurement):
        return DirectedResult(measured, tuple(predictions), comparisons, tuple(records), problem)
    if isinstance(measured, CoherenceMeasurement):
        return CoherenceResult(measured, tuple(predictions), comparisons, tuple(records), problem)
    return SwitchingResult(measured, tuple(predictions), comparisons, wells, tuple(records), problem, branching)
