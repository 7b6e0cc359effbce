"""What a campaign adds to its trajectories: CPU time on one core, and idle ranks (G8)."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from wellhop.engine import langevin
from wellhop.engine.oscillator import Oscillator
from wellhop.engine.records import TrajectoryRecord
from wellhop.jobs import ranks, scheduler
from wellhop.jobs.engines import CampaignEngine
from wellhop.jobs.stopping import Progress, RecordsTally, apply_rule
from wellhop.jobs.store import RunFolder
from wellhop.jobs.units import Unit
from wellhop.jobs.worker import Worker

#: costs of several sides taken in turns, see conftest.py
Interleave = Callable[..., dict[str, float]]
TRAJECTORIES = 128


def _tally(unit: Unit) -> RecordsTally:
    def judge(records: Sequence[TrajectoryRecord]) -> Progress:
        seen = {"value": 1.0, "relative_error": 0.1, "switches": 1, "exposure": 1.0}
        return apply_rule("trajectories", TRAJECTORIES, **seen, trajectories=len(records))  # type: ignore[arg-type]

    return RecordsTally(judge, columns=0)


def test_campaign_overhead(tell: Callable[[str], None], interleave: Interleave, tmp_path: Path) -> None:
    """The same Langevin trajectories with and without slices, books and files; commits included."""
    oscillator = Oscillator(-3.0, 0.4, 0.0, 1.8, 2.0)
    problem = langevin.oscillator_problem(oscillator, duration=60_000.0, sample_interval=5.0, dt=0.025)
    engine, unit = CampaignEngine(), Unit(0, 2, 64, TRAJECTORIES, at_least=TRAJECTORIES)
    work = float(TRAJECTORIES * problem.n_steps)
    runs = iter(range(100))

    def campaign() -> float:
        folder = RunFolder.create(
            tmp_path / f"run{next(runs)}",
            campaign_text=b"",
            fingerprint="",
            seed=1,
            units=[unit],
            problems={unit.key: problem.arrays()},
            provenance={},
        )
        with folder, ranks.manage(None, lambda identity: Worker(engine, identity)) as crew:
            scheduler.run(folder, engine, _tally, crew)
        return work

    def plain() -> float:
        langevin.run_many(problem, 1, range(TRAJECTORIES), *unit.key)
        return work

    cost = interleave({"plain": plain, "campaign": campaign})
    ratio = cost["campaign"] / cost["plain"]
    tell(f"Langevin campaign / run_many, one core: {ratio:.3f} ({1e9 * cost['plain']:.1f} ns per step alone)")
    assert ratio < 1.25


def test_scheduling_loss(tell: Callable[[str], None], tmp_path: Path) -> None:
    """G8: two ranks, groups of Langevin trajectories whose lengths differ 100 to 1."""
    command = [str(Path(sys.executable).with_name("mpiexec")), "-n", "2", sys.executable]
    command += [str(Path(__file__).with_name("sleeping_campaign.py")), str(tmp_path / "run")]
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment, timeout=300)
    wall, ideal = (float(word) for word in done.stdout.split())
    tell(
        f"G8  scheduling loss of Langevin groups at 2 ranks, 100:1 durations: {100 * (wall / ideal - 1):.1f} % of {wall:.0f} s"
    )
    assert wall < 1.5 * ideal
