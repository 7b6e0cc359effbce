"""The commands that join campaign, engine, scheduler and analysis: run, resume, status, report, trajectory."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal

from wellhop.jobs import ranks, scheduler
from wellhop.jobs.admission import check_campaign, read_manifest
from wellhop.jobs.campaign import Campaign, changed_keys_of_texts, fingerprint, parse
from wellhop.jobs.engines import CampaignEngine, LoadedProblem
from wellhop.jobs.judging import tally_of
from wellhop.jobs.launcher import agree, communicator
from wellhop.jobs.prepare import Prepared, prepare
from wellhop.jobs.progress import Lines, Silent
from wellhop.jobs.progress import status as status_of
from wellhop.jobs.provenance import collect
from wellhop.jobs.run_options import Overrides, RunOptions
from wellhop.jobs.store import RunFolder
from wellhop.jobs.worker import Worker


def run(campaign: Campaign, *, overrides: Overrides) -> int:
    """Measure a campaign from the start; returns the exit code (0 complete, 3 paused).

    Every rank of an MPI job calls this. Rank 0 prepares, manages and writes; a failure to prepare ends all ranks in order.
    """
    comm = communicator()

    def fresh() -> RunFolder:
        assert overrides.output is not None
        prepared: Prepared = prepare(campaign)
        return RunFolder.create(
            overrides.output,
            campaign_text=campaign.text.encode(),
            fingerprint=fingerprint(campaign),
            seed=campaign.seed,
            units=prepared.units,
            problems=prepared.problems,
            provenance=collect(),
        )

    return _work(comm, fresh, campaign, overrides)


def resume(folder: Path, *, overrides: Overrides) -> int:
    """Continue a campaign on any number of ranks; a finished one returns at once."""
    comm = communicator()

    def campaign_text() -> str:
        check_campaign(folder, changed_keys_of_texts)
        return str(read_manifest(folder)["campaign"])

    campaign = parse(agree(comm, campaign_text), str(folder / "campaign.toml"))

    def again() -> RunFolder:
        return RunFolder.open(folder, write=True, changed_keys=changed_keys_of_texts)

    return _work(comm, again, campaign, overrides)


def _work(
    comm: Any | None, open_folder: Callable[[], RunFolder], campaign: Campaign, overrides: Overrides
) -> int:
    """Manage on rank 0, compute on the others."""

    def worker_of(identity: int) -> Worker[LoadedProblem]:
        return Worker(CampaignEngine(), identity)

    if comm is not None:
        ranks.guard(comm)
        if comm.rank > 0:
            return ranks.serve(comm, worker_of)
    options: RunOptions = overrides.applied(campaign.run)
    settings = scheduler.Settings(
        slice_clicks=options.slice_clicks, commit_seconds=options.commit_seconds, wall_time=options.wall_time
    )
    with ranks.manage(comm, worker_of) as crew, open_folder() as folder:
        if not overrides.quiet:
            size = f"{len(campaign.points)} point{'s' if len(campaign.points) != 1 else ''}"
            if len(campaign.arms) > 1:
                size += f" x {len(campaign.arms)} arms = {len(folder.units)} units"
            print(f"{campaign.title}: {size}, results in {folder.path}", file=sys.stderr)
        reporter = Silent() if overrides.quiet else Lines()
        outcome = scheduler.run(folder, CampaignEngine(), tally_of, crew, settings, reporter)
        place = folder.path
    print(outcome.message)
    if outcome.complete and not overrides.quiet:
        print(f"next: wellhop report {shlex.quote(str(place))}")
    return outcome.exit_code


def status(folder: Path) -> str:
    """How far a run is, per point."""
    with RunFolder.open(folder, write=False, changed_keys=changed_keys_of_texts) as found:
        return status_of(found)


def report(folder: Path) -> Path:
    """Write DIR/report/ and return the path of its page; the table of pulls goes to stdout."""
    from wellhop.analysis.report import write_report
    from wellhop.jobs.findings import findings, pull_table

    result, figures = findings(folder)
    print(pull_table(result))
    return write_report(result, folder / "report", figures)


def trajectory(
    system: str,
    parameters: Mapping[str, float],
    *,
    out: Path,
    duration: float | None,
    seed: int,
    unravelling: str | None,
    engine: Literal["jumps", "langevin"] = "jumps",
    truncation: str | None = None,
) -> Path:
    """Simulate one trajectory per unravelling, or one Langevin trajectory, and draw them."""
    from wellhop.jobs.showcase import draw

    return draw(
        system, parameters, out=out, duration=duration, seed=seed, unravelling=unravelling, engine=engine, truncation=truncation
    )
