"""Check every byte of a run folder and compute the content hash of its results."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from wellhop.engine.errors import DamagedFileError, FolderError
from wellhop.engine.records import EndState
from wellhop.jobs.chain import STATE
from wellhop.jobs.content import ContentHash
from wellhop.jobs.engines import CampaignEngine
from wellhop.jobs.ledger import audit
from wellhop.jobs.merge import MERGED, sidecar
from wellhop.jobs.merged import read_merged
from wellhop.jobs.results import Results
from wellhop.jobs.store import RunFolder
from wellhop.jobs.units import Engine


@dataclass
class VerifyReport:
    """What :func:`verify` found.

    Attributes:
        path: the folder.  problems: one line each, naming the file.  notes: worth knowing, not wrong.
        complete: every unit has met its stop rule.  content_sha256: of the results; empty when they are
            damaged.
    """

    path: Path
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    complete: bool = False
    content_sha256: str = ""

    @property
    def ok(self) -> bool:
        """Nothing is wrong."""
        return not self.problems

    def __str__(self) -> str:
        """All lines except the content hash."""
        lines = [f"DAMAGED {problem}" for problem in self.problems] + self.notes
        if self.ok:
            lines.append(
                "every byte checked, the ledger adds up" + ("" if self.complete else "; not complete yet")
            )
        return "\n".join(lines)


def verify(path: Path, engine: Engine[Any] | None = None) -> VerifyReport:
    """Check manifest, campaign, prepared problems, the chain of segments, the ledger and the merged file.

    Args:
        path: run folder.  engine: assembles trajectories, the engine of campaigns by default.

    Raises:
        FolderError: not a run folder, or not readable.
    """
    report = VerifyReport(path)
    try:
        folder = RunFolder.open(path, write=False, strict=False)
    except DamagedFileError as error:
        report.problems.append(str(error))
        return report
    with folder, Results(folder, engine or CampaignEngine()) as results:
        chain = folder.chain
        report.problems += chain.problems
        report.notes += chain.notes
        if report.ok:
            names = [str(p) for p in chain.paths]
            report.problems += audit(_columns(folder), folder.units, chain.verdicts, names)
        if report.ok:
            report.complete = results.complete
            _hash(folder, results, report)
        if report.ok:
            report.notes.append(_ledger_line(folder, results))
        _check_merged(path, folder, report)
    return report


def _columns(folder: RunFolder) -> Any:
    return folder.chain.rows[:, : STATE + 2]


def _hash(folder: RunFolder, results: Results[Any], report: VerifyReport) -> None:
    content = ContentHash()
    try:
        for unit in folder.units:
            content.add(unit.key, results.count(unit.key), results.records(unit))
    except (DamagedFileError, FolderError) as error:
        report.problems.append(str(error))
    else:
        report.content_sha256 = content.hexdigest()


def _ledger_line(folder: RunFolder, results: Results[Any]) -> str:
    verdicts = list(results.verdicts.values())
    total, failed = sum(v.trajectories for v in verdicts), sum(v.failed for v in verdicts)
    censored = sum(v.censored for v in verdicts)
    rows = folder.chain.rows
    surplus = int((rows[:, STATE] != EndState.RUNNING).sum()) - total
    return (
        f"ledger: {total} trajectories in the results "
        f"({total - failed - censored} done, {censored} censored, {failed} failed), "
        f"{surplus} ended beyond them, {len(rows)} slices in {len(folder.chain.paths)} segments, "
        "lost 0, duplicated 0"
    )


def _check_merged(path: Path, folder: RunFolder, report: VerifyReport) -> None:
    target = path / MERGED
    if not target.exists():
        if sidecar(target).exists():
            report.problems.append(
                f"{target}: missing, only its checksum is there; write it anew: wellhop merge {path}"
            )
        return
    if not sidecar(target).exists():
        report.problems.append(
            f"{target}: has no checksum, merging was cut short; write it anew: wellhop merge {path}"
        )
        return
    try:
        merged = read_merged(target)
    except (DamagedFileError, FolderError) as error:
        report.problems.append(str(error))
        return
    if merged.run_head != folder.chain.head:
        report.notes.append(f"{target}: is older than the segments; write it anew: wellhop merge {path}")
    elif report.content_sha256 and merged.content_sha256 != report.content_sha256:
        report.problems.append(f"{target}: damaged: its results differ from those of the segments")
