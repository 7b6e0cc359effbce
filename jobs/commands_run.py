"""``wellhop run`` and ``wellhop resume``."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from wellhop.engine.errors import FolderError, UsageError
from wellhop.jobs import launcher
from wellhop.jobs.admission import CAMPAIGN, check_new, demand_run
from wellhop.jobs.campaign import Campaign, changed_keys_of_texts, load, require_same
from wellhop.jobs.run_options import Overrides, wall_seconds


def add_arguments_run(parser: argparse.ArgumentParser) -> None:
    """Arguments of ``wellhop run``."""
    parser.add_argument("campaign", type=Path, metavar="CAMPAIGN.toml", help="what to measure")
    parser.add_argument("--output", metavar="DIR", help="run folder, instead of campaign.output")
    _add_overrides(parser)


def add_arguments_resume(parser: argparse.ArgumentParser) -> None:
    """Arguments of ``wellhop resume``."""
    parser.add_argument("folder", type=Path, metavar="DIR", help="run folder")
    parser.add_argument(
        "--campaign",
        type=Path,
        metavar="CAMPAIGN.toml",
        help="refuse to continue unless this file means the same",
    )
    parser.add_argument(
        "--quarantine",
        action="store_true",
        help="set damaged segments aside first and compute anew what was in them",
    )
    _add_overrides(parser)


def _add_overrides(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--slice-clicks", metavar="N", help="clicks (Langevin: steps) in one slice of a trajectory")
    parser.add_argument("--commit-seconds", metavar="S", help="longest time between two commits to disk")
    parser.add_argument(
        "--wall-time", metavar="T", help="pause after this time: seconds or [days-]hours:minutes:seconds"
    )
    parser.add_argument("--quiet", action="store_true", help="no progress")


def execute_run(arguments: argparse.Namespace) -> int:
    """Check the campaign and its folder on rank 0, then measure on all ranks."""
    overrides = _overrides(arguments)
    comm = launcher.communicator()

    def checked() -> tuple[Campaign, Path]:
        campaign = load(arguments.campaign)
        folder = output_folder(campaign, arguments.output, Path.cwd())
        check_new(folder, campaign.text.encode(), changed_keys_of_texts)
        return campaign, folder

    campaign, folder = launcher.agree(comm, checked)
    from wellhop.jobs import runtime

    return runtime.run(campaign, overrides=overrides.into(folder))


def execute_resume(arguments: argparse.Namespace) -> int:
    """Check on rank 0 that the folder holds a run (of the same campaign), then continue on all ranks."""
    overrides = _overrides(arguments)
    comm = launcher.communicator()

    def checked() -> None:
        demand_run(arguments.folder)
        if arguments.campaign is not None:
            require_same(load(arguments.folder / CAMPAIGN), load(arguments.campaign))
        if arguments.quarantine:
            from wellhop.jobs.quarantine import quarantine

            print(quarantine(arguments.folder))

    launcher.agree(comm, checked)
    from wellhop.jobs import runtime

    return runtime.resume(arguments.folder, overrides=overrides)


def _overrides(arguments: argparse.Namespace) -> Overrides:
    """Options that replace [run], all problems at once."""
    problems: list[str] = []

    def positive(option: str, allowed: str) -> float | None:
        written = getattr(arguments, option)
        if written is None:
            return None
        seconds = wall_seconds(written) if option == "wall_time" or ":" not in written else None
        if seconds is None or seconds <= 0:
            problems.append(f"--{option.replace('_', '-')}: got {written!r}, allowed is {allowed}")
        return seconds

    clicks = positive("slice_clicks", "an integer from 1 to 1000000000000")
    if clicks is not None and clicks > 0 and (clicks != int(clicks) or clicks > 10**12):
        problems.append(
            f"--slice-clicks: got {arguments.slice_clicks!r}, allowed is an integer from 1 to 1000000000000"
        )
    commit = positive("commit_seconds", "a finite number > 0")
    wall = positive("wall_time", "seconds > 0 or [days-]hours:minutes:seconds")
    if problems:
        raise UsageError("\n  ".join(problems))
    return Overrides(
        slice_clicks=None if clicks is None else int(clicks),
        commit_seconds=commit,
        wall_time=wall,
        quiet=arguments.quiet,
    )


def output_folder(campaign: Campaign, output: str | None, cwd: Path) -> Path:
    """The run folder: ``output`` where given, else ``campaign.output`` inside ``cwd``.

    The path of a campaign file is relative and may not lead out of ``cwd`` through a link, so that a campaign
    from somebody else writes nowhere unexpected; a path given by hand may lie anywhere.

    Raises:
        FolderError: the path cannot be a folder's, or leads out of ``cwd``.
    """
    if output is not None and (not str(output).strip() or "\0" in str(output)):
        raise FolderError(f"--output: got {str(output)!r}, allowed is the path of a folder")
    folder = cwd / campaign.output if output is None else Path(output)
    try:
        resolved, home = folder.resolve(), cwd.resolve()
        existing = next(path for path in [resolved, *resolved.parents] if path.exists())
        usable = existing.is_dir() and os.access(existing, os.W_OK | os.X_OK)
    except (OSError, RuntimeError) as error:
        raise FolderError(f"{folder}: cannot be used as the output folder ({error})") from error
    if not usable:
        raise FolderError(
            f"{folder}: {existing} is not a folder that can be written to; choose another --output"
        )
    if output is None and home not in resolved.parents:
        raise FolderError(
            f"campaign.output: {campaign.output!r} leads to {resolved}, outside {home}; use --output"
        )
    return folder
