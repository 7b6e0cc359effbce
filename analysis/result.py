"""What a campaign found, as plain dataclasses: the only thing figures and report need.

Nothing here computes a rate. A :class:`PointResult` holds what was measured at one set of parameters beside
what was predicted there; a :class:`CampaignResult` holds the points, the prediction curves between them,
and where it all came from. Every part may be missing (no counting arm, no prediction, no trace); figures
and report then leave that part out.

Words: ``decay_rate`` (Gamma) is the decay rate of the population difference, ``escape_rate`` the rate out
of one well.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from wellhop.analysis.arrhenius_family import ArrheniusFamily
    from wellhop.analysis.branching_comparison import BranchingComparison
    from wellhop.analysis.coherence_measurement import CoherenceMeasurement
    from wellhop.analysis.directed_measurement import DirectedMeasurement
    from wellhop.analysis.exponent_families import ExponentFamily
    from wellhop.analysis.figures.well_trajectory import WellLevel
    from wellhop.analysis.measurement import Measurement
    from wellhop.analysis.prediction import Prediction

FloatArray = npt.NDArray[np.float64]
#: Names and values (as drawn) of the parameters that are fixed along one curve.
Family = tuple[tuple[str, float], ...]
#: By system, the parameter that serves as the unit of rates.
UNITS: Mapping[str, str] = {
    "kerr_cat_staircase": "K",
    "kerr_two_photon_drive": "gamma",
    "two_photon_resonator": "eta",
    "duffing_attractors": "dw",
}
#: Parameters that are pure numbers; all others are rates or drives and are drawn in the campaign's unit of
#: rates.
DIMENSIONLESS = frozenset({"n_th", "n_thermal", "beta", "lam", "khat", "nbar"})


@dataclass(frozen=True)
class TrajectoryTrace:
    """A stretch of one trajectory, ready to draw.

    Attributes:
        label: what to call it, for instance ``"displaced, trajectory 3"``.
        unravelling: ``"displaced"``, ``"counting"`` or another name of the engine.
        times: (n,) sample times, increasing, in the campaign's time unit.
        order_parameter: (n,) the observable that tells the wells apart, for instance <X>.
        observables: further observables by name, each (n,), for instance ``{"P_0": ...}``.
        switch_times, switch_targets: (m,) entries into a core and the well entered (0 right, 1 left); the
            first entry is the first label of the trajectory.
        click_times, click_channels: (c,) recorded clicks; empty where clicks were not recorded.
        channel_names: names of the channels that ``click_channels`` counts.
    """

    label: str
    unravelling: str
    times: FloatArray
    order_parameter: FloatArray
    observables: Mapping[str, FloatArray] = field(default_factory=dict)
    switch_times: FloatArray = field(default_factory=lambda: np.empty(0))
    switch_targets: npt.NDArray[np.int64] = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    click_times: FloatArray = field(default_factory=lambda: np.empty(0))
    click_channels: npt.NDArray[np.int64] = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    channel_names: tuple[str, ...] = ()


@dataclass(frozen=True)
class TruncationCheck:
    """The predicted rate of one point in a larger or smaller space, set against the space that was used.

    Attributes:
        label: what was changed, for instance ``"Fock cut-off 74"`` or ``"14 manifolds"``.
        kind: ``"cutoff"`` for the Fock space, ``"manifolds"`` for the reduced model.
        size: the size of the space (Fock states or manifolds).
        value: rate in this space. reference: rate in the full space at the default cut-off.
    """

    label: str
    kind: str
    size: int
    value: float
    reference: float

    @property
    def relative_difference(self) -> float:
        """(value - reference) / reference.

        Example:
            >>> round(TruncationCheck("14 manifolds", "manifolds", 14, 1.01, 1.0).relative_difference, 6)
            0.01
        """
        return (self.value - self.reference) / self.reference


@dataclass(frozen=True)
class PointResult:
    """One set of parameters: measured, predicted, looked at.

    Attributes:
        index: number of the point in its campaign. parameters: name -> value, in the campaign's units.
        measurement: two wells, the arm of quantum jumps that switches can be seen in; ``None`` if it did not run.
        counting: the arm of plain photon counting; ``None`` if it did not run.
        langevin: two wells, the arm of Langevin trajectories; ``None`` if it did not run.
        truncation_scheme: of those trajectories where the equation needs one, ``drop`` or ``clip``; else empty.
        directed: three wells or two different ones, by name of the arm (``jumps``, ``langevin``).
        coherence: the arm of quantum jumps where parity is conserved and no record reveals a well; else ``None``.
        predictions: every prediction asked for at this point.
        traces: trajectories worth looking at, usually one of each unravelling.
        wells: attractors of the mean field by number, for the figure of the traces; empty: not of that kind.
        truncation: how the exact rate moves with the size of the space.
        branching: Γ by manifold, measured and predicted; ``None`` where manifolds were not told apart.
    """

    index: int
    parameters: Mapping[str, float]
    measurement: Measurement | None = None
    counting: Measurement | None = None
    langevin: Measurement | None = None
    truncation_scheme: str = ""
    directed: Mapping[str, DirectedMeasurement] = field(default_factory=dict)
    coherence: CoherenceMeasurement | None = None
    predictions: tuple[Prediction, ...] = ()
    traces: tuple[TrajectoryTrace, ...] = ()
    wells: tuple[WellLevel, ...] = ()
    truncation: tuple[TruncationCheck, ...] = ()
    branching: BranchingComparison | None = None

    def prediction(self, name: str) -> Prediction | None:
        """The prediction of this name, or ``None``."""
        return next((p for p in self.predictions if p.name == name), None)


@dataclass(frozen=True)
class PredictionCurve:
    """A prediction along the sweep, dense enough to draw as a line.

    Attributes:
        name, label: as in the predictions of the points. family: as :meth:`CampaignResult.family_of` gives
            it.
        sweep: (n,) values of the swept parameter. value: (n,) rates, ``nan`` where not defined. Both in the
            campaign's ``unit``.
    """

    name: str
    label: str
    family: Family
    sweep: FloatArray
    value: FloatArray


@dataclass(frozen=True)
class CriticalDrive:
    """Where a step of the staircase begins: manifold ``manifold`` starts to carry the switching.

    Attributes:
        family: as in :class:`PredictionCurve`. manifold: its number n >= 1. sweep: value of the swept
            parameter, in ``unit``.
    """

    family: Family
    manifold: int
    sweep: float


@dataclass(frozen=True)
class CampaignResult:
    """Everything a report says, before it is written.

    Attributes:
        name: of the campaign (used in file names). system: name of the system. title: heading of the report.
        points: in the order of the campaign.
        curves, critical_drives: predictions along the sweep; may be empty.
        arrhenius: points that differ in U alone, with the exponents of their rates; may be empty.
        exponents: the same of two-photon resonators that differ in eta alone, of Duffing oscillators that differ in lam alone.
        provenance: label -> text, printed as given (versions, commit, seed, content hash, processors).
        conventions: plain sentences on what the quantities mean; empty: the report's own. commands: shell
            lines that reproduce the report.
        sweep: swept parameter (horizontal axis); empty: the parameter with the most distinct values.
        unit: parameter that serves as the unit of rates and drives (K); empty: the campaign's own unit.
    """

    name: str
    system: str
    title: str
    points: tuple[PointResult, ...]
    curves: tuple[PredictionCurve, ...] = ()
    critical_drives: tuple[CriticalDrive, ...] = ()
    arrhenius: tuple[ArrheniusFamily, ...] = ()
    exponents: tuple[ExponentFamily, ...] = ()
    provenance: Mapping[str, str] = field(default_factory=dict)
    conventions: tuple[str, ...] = ()
    commands: tuple[str, ...] = ()
    sweep: str = ""
    unit: str = ""

    @property
    def sweep_parameter(self) -> str:
        """The parameter on the horizontal axis: as given, or the one with the most distinct values.

        Example:
            >>> points = tuple(PointResult(i, {"eps2": 2.0 + i, "kappa": 0.1}) for i in range(3))
            >>> CampaignResult("demo", "kerr_cat_staircase", "Demo", points).sweep_parameter
            'eps2'
        """
        if self.sweep:
            return self.sweep
        values: dict[str, set[float]] = {}
        for point in self.points:
            for name, value in point.parameters.items():
                values.setdefault(name, set()).add(value)
        candidates = {name: len(found) for name, found in values.items() if name != self.unit}
        return max(candidates, key=lambda name: candidates[name], default="")

    def scale(self, point: PointResult) -> float:
        """Value of the unit of rates at a point: its parameter ``unit``, 1 where there is none."""
        return float(point.parameters.get(self.unit, 1.0)) if self.unit else 1.0

    def parameter(self, point: PointResult, name: str) -> float:
        """A parameter as it is drawn: in units of ``unit``, unless it has no dimension.

        Example:
            >>> point = PointResult(0, {"K": 2.0, "eps2": 8.0, "n_th": 0.1})
            >>> result = CampaignResult("demo", "kerr_cat_staircase", "Demo", (point,), unit="K")
            >>> result.parameter(point, "eps2"), result.parameter(point, "n_th")
            (4.0, 0.1)
        """
        value = float(point.parameters[name])
        return value if name in DIMENSIONLESS else value / self.scale(point)

    def family_of(self, point: PointResult) -> Family:
        """The parameters that tell this point's curve from others: all but the swept one and the unit, as
        drawn.
        """
        apart = {self.sweep_parameter, self.unit}
        return tuple((name, self.parameter(point, name)) for name in point.parameters if name not in apart)

    def families(self) -> list[Family]:
        """Every family, in the order of its first point."""
        return list(dict.fromkeys(self.family_of(point) for point in self.points))

    def measured(self) -> Iterator[tuple[PointResult, Measurement]]:
        """Points that have a measurement, each with it."""
        return ((point, point.measurement) for point in self.points if point.measurement is not None)
