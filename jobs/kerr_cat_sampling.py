"""Trajectories of the Kerr-cat run here and now for figures: measured rates, and the unravellings side by side.

Campaigns do the same work kept on disk and spread over ranks. A displaced trajectory costs a few microseconds per click and next
to nothing in between, so that the price of a rate is its clicks: four for a switch on the first plateau, 2 κ n_th/Γ and
more beyond, thousands on the third.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from wellhop.analysis.click_rates import click_rates
from wellhop.analysis.estimate import RateEstimate
from wellhop.analysis.figures.job import Progress, silent
from wellhop.analysis.figures.kerr_cat_axes import MeasuredRate
from wellhop.analysis.kerr_cat_clicks import adaptive_click_rate
from wellhop.analysis.staircase import rate_model
from wellhop.engine.ensemble import run_trajectories
from wellhop.engine.errors import ParameterError
from wellhop.engine.records import TrajectoryRecord
from wellhop.engine.systems.kerr_cat import KerrCat
from wellhop.engine.systems.kerr_cat_jumps import jump_setup
from wellhop.engine.unravelling import JumpSetup, build_problem
from wellhop.jobs.measure import measure_switching
from wellhop.jobs.measurement_plan import JUMP_BATCHES, SWITCHING_TIMES
from wellhop.jobs.switching_results import SwitchingResult

#: Expected switches of one trajectory of 20/Γ, and of the smallest batch that is measured.
EACH = SWITCHING_TIMES / 2.0
FEWEST_SWITCHES = int(EACH * JUMP_BATCHES[2])
#: Clicks spent on one rate: a few seconds.
MOST_CLICKS = 1e6
#: A relative error that no measurement reaches: the number of trajectories decides.
_NEVER = 1e-9
UNRAVELLINGS = ("counting", "fixed", "adaptive")


def measured_rates(
    systems: Sequence[KerrCat],
    *,
    switches: float | Sequence[float],
    seed: int = 0,
    progress: Progress = silent,
    most_clicks: float = MOST_CLICKS,
) -> list[MeasuredRate]:
    """Γ of every system from displaced quantum-jump trajectories, 20/Γ long each.

    Args:
        systems: the parameters. switches: expected in every system, or one number for each; at least 320.
        seed: systems have streams of their own under it. progress: told after every system.
        most_clicks: where a switch costs many clicks there are only as many switches as these pay for.

    Returns:
        The headline estimate of each, autocorrelation as a rule, with the counts behind it.

    Raises:
        ParameterError: too few switches asked for. UnravellingError: Γ is not small compared with κ.

    >>> found = measured_rates([KerrCat(3.0, 0.1, 0.02)], switches=320)
    >>> bool(abs(math.log(found[0].estimate.value / 1.99816e-3)) < 6 * found[0].estimate.relative_error)
    True
    """
    wanted = (
        [float(switches)] * len(systems)
        if isinstance(switches, int | float)
        else [float(n) for n in switches]
    )
    if len(wanted) != len(systems) or any(not FEWEST_SWITCHES <= n < math.inf for n in wanted):
        raise ParameterError("switches", switches, f"a number >= {FEWEST_SWITCHES}, or one for each system")
    found = []
    for k, (system, number) in enumerate(zip(systems, wanted, strict=True)):
        progress(
            f"eps2 = {system.eps2:.4g}, kappa = {system.kappa:.3g}, n_th = {system.n_th:.3g}",
            k / len(systems),
        )
        paid = max(float(FEWEST_SWITCHES), min(number, most_clicks / clicks_per_switch(system)))
        count = max(JUMP_BATCHES[2], math.ceil(paid / EACH))
        result = measure_switching(
            system, relative_error=_NEVER, max_trajectories=count, seed=stream_seed(seed, k)
        )
        assert isinstance(result, SwitchingResult)
        found.append(MeasuredRate(system, result.measurement.decay_rate))
    progress("trajectories", 1.0)
    return found


def clicks_per_switch(system: KerrCat) -> float:
    """Clicks of a displaced trajectory for one switch, 2 (click rate)/Γ, about right.

    >>> round(clicks_per_switch(KerrCat(6.0, 0.1, 0.02)))
    29
    """
    return 2.0 * adaptive_click_rate(system) / rate_model(system).decay_rate()


def stream_seed(seed: int, k: int) -> int:
    """A seed of its own for the k-th system of a figure.

    >>> stream_seed(0, 1) != stream_seed(1, 0)
    True
    """
    return int(np.random.SeedSequence((seed, k)).generate_state(1, np.uint64)[0] >> 1)


def setup_of(system: KerrCat, unravelling: str) -> JumpSetup:
    """The jumps of one of three unravellings.

    Args:
        system: the parameters.
        unravelling: ``counting``, bare jumps; ``fixed``, both channels displaced by the amplitude of the right well at all
            times; ``adaptive``, displaced by that of the well the last click left the state in.

    Raises:
        ParameterError: another name.
    """
    if unravelling not in UNRAVELLINGS:
        raise ParameterError("unravelling", unravelling, "one of " + ", ".join(UNRAVELLINGS))
    if unravelling == "counting":
        return jump_setup(system, "counting")
    adaptive = jump_setup(system)
    if unravelling == "adaptive":
        return adaptive
    return replace(
        adaptive,
        unravelling="fixed",
        displacements=adaptive.displacements[:1],
        frame_scores=((0, 0.0),),
        mirror=None,
    )


@dataclass(frozen=True)
class SampledUnravelling:
    """Trajectories of one unravelling.

    Attributes:
        unravelling: its name. records: the trajectories. interval: between two samples of ⟨X⟩.
        clicks: of all channels together, per time, error from the scatter over trajectories.
    """

    unravelling: str
    records: tuple[TrajectoryRecord, ...]
    interval: float
    clicks: RateEstimate

    @property
    def order_parameter(self) -> np.ndarray:
        """(n_trajectories, n_samples) ⟨X⟩."""
        return np.stack([record.samples[:, 0] for record in self.records])


def sample_unravelling(
    system: KerrCat, unravelling: str, *, trajectories: int, duration: float, samples: int, seed: int = 0, point: int = 0,
    right_only: bool = False,
) -> SampledUnravelling:  # fmt: skip
    """Trajectories of one system under one unravelling.

    Args:
        system: the parameters. unravelling: as for :func:`setup_of`. trajectories: how many, at least 2.
        duration: of each. samples: intervals of the time grid. seed, point: name the streams.
        right_only: all start in the right well; otherwise in either one in turn.
    """
    setup = setup_of(system, unravelling)
    if right_only:
        setup = replace(setup, initial=setup.initial[:1], start_weights=np.ones(1), cores=())
    problem = build_problem(setup, duration=duration, sample_interval=duration / samples)
    records = run_trajectories(problem, seed, range(trajectories), point=point)
    return SampledUnravelling(unravelling, tuple(records), problem.sample_interval, total_clicks(records))


def total_clicks(records: Sequence[TrajectoryRecord], level: float = 0.95) -> RateEstimate:
    """Clicks of all channels per time.

    Neighbours, which start in different wells, are taken together: a trajectory with one fixed displacement clicks hundreds of
    times more often in one well than in the other, and the scatter over single ones would measure nothing but that.
    """
    pairs = (
        [records[k : k + 2] for k in range(0, len(records) - len(records) % 2, 2)]
        if len(records) > 3
        else [[r] for r in records]
    )
    summed = [
        replace(
            pair[0],
            click_counts=np.array([sum(int(r.click_counts.sum()) for r in pair)]),
            elapsed=sum(r.elapsed for r in pair),
        )
        for pair in pairs
    ]
    return click_rates(summed, ["all channels"], level)["all channels"]
