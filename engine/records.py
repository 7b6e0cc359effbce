"""What a trajectory leaves behind: slices, snapshots, end states.

A trajectory runs as *slices*. Each slice returns the samples and events that are new since the last one and a
:class:`Snapshot` from which the next slice continues bit for bit; where the cuts fall changes nothing. All of it is plain
arrays, so that it can be stored and sent without pickling objects.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import numpy.typing as npt

#: One entry into a core. ``core`` is the index of the core definition, ``origin`` and ``target`` are wells
#: (``origin = -1`` for the first label of a trajectory), ``departure`` is the last instant in the core of ``origin``.
SWITCH_DTYPE = np.dtype(
    [
        ("time", "<f8"),
        ("departure", "<f8"),
        ("core", "<i4"),
        ("origin", "<i4"),
        ("target", "<i4"),
        ("_pad", "<i4"),
    ]
)
#: One click: when, in which channel, and in which displaced frame the trajectory was *before* it.
CLICK_DTYPE = np.dtype([("time", "<f8"), ("channel", "<i4"), ("frame", "<i4")])


class EndState(IntEnum):
    """How a trajectory stands. Only ``RUNNING`` has a future; everything else is final."""

    RUNNING = 0
    DONE = 1
    CENSORED = 2
    FAILED = 3


@dataclass(frozen=True)
class Snapshot:
    """Everything needed to continue a trajectory bit for bit.

    Attributes:
        psi: (n,) complex128, the normalised state just after the last click.
        reals: float64 bookkeeping of the engine (layout: ``engine.trajectory``).
        integers: int64 bookkeeping of the engine, counters included.
        stream: uint64 state of the trajectory's random stream.
    """

    psi: npt.NDArray[np.complex128]
    reals: npt.NDArray[np.float64]
    integers: npt.NDArray[np.int64]
    stream: npt.NDArray[np.uint64]


@dataclass(frozen=True)
class SliceRecord:
    """What one slice adds to its trajectory.

    Attributes:
        state: end state after this slice; ``reason`` says why for ``FAILED``.
        samples: (n_new, n_observables) float64, expectation values on the regular time grid.
        switches: (n_new,) of :data:`SWITCH_DTYPE`.  clicks: (n_new,) of :data:`CLICK_DTYPE`, empty unless recorded.
        snapshot: where the next slice starts; its counters are totals since the start of the trajectory.
    """

    state: EndState
    reason: str
    samples: npt.NDArray[np.float64]
    switches: np.ndarray
    clicks: np.ndarray
    snapshot: Snapshot


@dataclass(frozen=True)
class TrajectoryRecord:
    """One whole trajectory: its slices put together.

    Attributes:
        index: number of the trajectory within its point and arm.
        state, reason: how it ended.
        elapsed: simulated time. start_well: well in which it was started (-1: none).
        click_counts: (n_channels,) int64. flips: how often the displaced frame changed.
        samples, switches, clicks: as in :class:`SliceRecord`, over the whole trajectory.
        guard_population: largest population seen in the guard levels next to the cut-off.
    """

    index: int
    state: EndState
    reason: str
    elapsed: float
    start_well: int
    click_counts: npt.NDArray[np.int64]
    flips: int
    samples: npt.NDArray[np.float64]
    switches: np.ndarray
    clicks: np.ndarray
    guard_population: float
