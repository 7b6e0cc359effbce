"""``wellhop status``, ``verify``, ``merge`` and ``report``: everything that reads a run folder. None of it
needs MPI.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from wellhop.engine.errors import DamagedFileError
from wellhop.jobs.admission import demand_run


def _add_folder(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", type=Path, metavar="DIR", help="run folder")


add_arguments_status = add_arguments_verify = add_arguments_merge = add_arguments_report = _add_folder


def execute_status(arguments: argparse.Namespace) -> int:
    """Print how far a run is."""
    demand_run(arguments.folder)
    from wellhop.jobs import runtime

    print(runtime.status(arguments.folder))
    return 0


def execute_verify(arguments: argparse.Namespace) -> int:
    """Check every byte; the last line printed is the content hash.

    Raises:
        DamagedFileError: something does not match; the report is printed before.
    """
    demand_run(arguments.folder)
    from wellhop.jobs.verify import verify

    report = verify(arguments.folder)
    print(report)
    if not report.ok:
        raise DamagedFileError(f"{arguments.folder}: the run is damaged, see the report above")
    print(f"content sha256: {report.content_sha256}")
    return 0


def execute_merge(arguments: argparse.Namespace) -> int:
    """Write the HDF5 file and print its path."""
    demand_run(arguments.folder)
    from wellhop.jobs.merge import merge

    print(merge(arguments.folder))
    return 0


def execute_report(arguments: argparse.Namespace) -> int:
    """Write the report and print the path of its page."""
    demand_run(arguments.folder)
    from wellhop.jobs import runtime

    print(runtime.report(arguments.folder))
    return 0
