"""``[run]``: how a campaign is run. Nothing here changes a result, so none of it is part of a campaign's
fingerprint.
"""

from __future__ import annotations

import dataclasses
import re
from dataclasses import dataclass
from pathlib import Path

from wellhop.jobs.campaign_schema import POSITIVE, Section, as_number, at_least


@dataclass(frozen=True)
class RunOptions:
    """How a campaign is run; times in seconds.

    Attributes:
        slice_clicks: length of the slices of a trajectory in clicks, for Langevin arms in steps; None lets the
            scheduler measure a good one.
        commit_seconds: at most so much work is lost when the machine fails.
        wall_time: pause after so long; None never does.
    """

    slice_clicks: int | None = None
    commit_seconds: float = 5.0
    wall_time: float | None = None


@dataclass(frozen=True)
class Overrides:
    """What the command line says instead of ``campaign.output`` and ``[run]``; None where it says nothing."""

    output: Path | None = None
    slice_clicks: int | None = None
    commit_seconds: float | None = None
    wall_time: float | None = None
    quiet: bool = False

    def into(self, folder: Path) -> Overrides:
        """The same with ``output`` set."""
        return dataclasses.replace(self, output=folder)

    def applied(self, options: RunOptions) -> RunOptions:
        """The options with everything replaced that was given here.

        >>> Overrides(wall_time=60.0).applied(RunOptions()).wall_time
        60.0
        """
        given = {f.name: getattr(self, f.name) for f in dataclasses.fields(options)}
        return dataclasses.replace(
            options, **{name: value for name, value in given.items() if value is not None}
        )


def run_options(section: Section) -> RunOptions:
    """Read ``[run]``."""
    usual = RunOptions()
    options = RunOptions(
        slice_clicks=section.optional_integer("slice_clicks", at_least(1, 10**12)),
        commit_seconds=section.number("commit_seconds", usual.commit_seconds, POSITIVE),
        wall_time=_wall_time(section),
    )
    section.finish()
    return options


def _wall_time(section: Section) -> float | None:
    value = section.raw("wall_time")
    if "wall_time" not in section:
        return None
    seconds = wall_seconds(value) if isinstance(value, str) else as_number(value)
    if seconds is None or seconds <= 0:
        section.problems.add(section.at("wall_time"), value, "seconds > 0 or '[days-]hours:minutes:seconds'")
        return None
    return seconds


def wall_seconds(written: str) -> float | None:
    """Seconds of ``[days-]hours:minutes:seconds`` or of a plain number; None where it is neither.

    >>> wall_seconds("90"), wall_seconds("01:30:00"), wall_seconds("1-00:00:00"), wall_seconds("soon")
    (90.0, 5400.0, 86400.0, None)
    """
    match = re.fullmatch(r"(?:(\d{1,4})-)?(\d{1,6}):(\d{2}):(\d{2})", written.strip(), re.ASCII)
    if match:
        days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
        return ((days * 24.0 + hours) * 60 + minutes) * 60 + seconds
    try:
        return as_number(float(written))
    except ValueError:
        return None
