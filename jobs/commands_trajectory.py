"""``wellhop trajectory``: a picture of single trajectories."""

from __future__ import annotations

import argparse
import math
from pathlib import Path

from wellhop.engine.errors import FolderError, UsageError
from wellhop.jobs.campaign import MAX_SEED
from wellhop.jobs.commands_predict import add_system_arguments, chosen_system, parameters_of_system

UNRAVELLINGS = ("both", "displaced", "counting")
ENGINES = ("jumps", "langevin")
SUFFIXES = (".png", ".pdf", ".svg")


def add_arguments_trajectory(parser: argparse.ArgumentParser) -> None:
    """Arguments of ``wellhop trajectory``."""
    add_system_arguments(parser)
    parser.add_argument(
        "--out", type=Path, default=Path("trajectory.png"), metavar="FILE", help="png, pdf or svg"
    )
    parser.add_argument(
        "--duration", metavar="T", help="length in the time unit of the parameters (default: a few switches)"
    )
    parser.add_argument("--seed", default="0", metavar="N", help="seed of the random stream (default 0)")
    parser.add_argument("--engine", choices=ENGINES, default="jumps", help="quantum jumps, or truncated-Wigner steps")
    parser.add_argument(
        "--unravelling", choices=UNRAVELLINGS, help="of jumps: what the detectors see (default: all that show something)"
    )
    parser.add_argument(
        "--truncation", choices=("drop", "clip"), help="of Langevin trajectories of two_photon_resonator, needed there"
    )


def execute_trajectory(arguments: argparse.Namespace) -> int:
    """Simulate, draw, print the path of the picture."""
    problems: list[str] = []
    duration = None
    if arguments.duration is not None:
        duration = _positive(arguments.duration)
        if duration is None:
            problems.append(f"--duration: got {arguments.duration!r}, allowed is a finite number > 0")
    digits = arguments.seed.isascii() and arguments.seed.isdigit() and len(arguments.seed) < 20
    seed = int(arguments.seed) if digits else -1
    if not 0 <= seed <= MAX_SEED:
        problems.append(f"--seed: got {arguments.seed!r}, allowed is an integer from 0 to {MAX_SEED}")
    if arguments.out.suffix.lower() not in SUFFIXES:
        problems.append(
            f"--out: got {str(arguments.out)!r}, allowed is a file ending in {', '.join(SUFFIXES)}"
        )
    if arguments.engine == "langevin" and arguments.unravelling is not None:
        problems.append("--unravelling: got one with --engine langevin, allowed is none: Langevin trajectories have no clicks")
    if arguments.truncation is not None and arguments.engine != "langevin":
        problems.append("--truncation: got one with --engine jumps, allowed is none: quantum jumps truncate nothing")
    if problems:
        raise UsageError("\n  ".join(problems))
    system = chosen_system(arguments)
    if not arguments.out.resolve().parent.is_dir():
        raise FolderError(f"--out: got {str(arguments.out)!r}, allowed is a file in an existing folder")
    from wellhop.jobs import runtime

    written = runtime.trajectory(
        arguments.system,
        parameters_of_system(system),
        out=arguments.out,
        duration=duration,
        seed=seed,
        unravelling=arguments.unravelling,
        engine=arguments.engine,
        truncation=arguments.truncation,
    )
    print(written)
    return 0


def _positive(written: str) -> float | None:
    try:
        value = float(written)
    except ValueError:
        return None
    return value if math.isfinite(value) and value > 0 else None
