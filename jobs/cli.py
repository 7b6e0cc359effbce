"""The command line: ``wellhop COMMAND ...``.

Only the chosen command is imported, so that ``wellhop --help`` needs neither numpy nor anything behind it.
Exit codes: 0 done, 1 a bug (with traceback), 2 bad input or files (one error on stderr), 3 paused, 130
interrupted.
"""

from __future__ import annotations

import argparse
import importlib
import os
import sys
import traceback
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, NoReturn, TextIO

from wellhop.engine.errors import MPIError, UsageError, WellhopError
from wellhop.jobs import launcher

EXIT_BUG, EXIT_BAD_INPUT, EXIT_INTERRUPTED = 1, 2, 130


@dataclass(frozen=True)
class Command:
    """A command; its module has ``add_arguments_NAME(parser)`` and ``execute_NAME(arguments) -> int``."""

    module: str
    help: str


COMMANDS: Final = {
    "run": Command("commands_run", "measure a campaign; also under mpiexec"),
    "resume": Command("commands_run", "continue a stopped run, on any number of ranks"),
    "status": Command("commands_folder", "how far a run is"),
    "verify": Command("commands_folder", "check every byte of a run and print its content hash"),
    "merge": Command("commands_folder", "put a run into one HDF5 file"),
    "report": Command("commands_folder", "figures and tables of a run as one HTML page"),
    "predict": Command("commands_predict", "every prediction of the rate of a system, without sampling"),
    "systems": Command("commands_predict", "the built-in systems and their parameters"),
    "figure": Command("commands_figure", "draw a figure of the gallery: picture, print and numbers"),
    "trajectory": Command("commands_trajectory", "look at single trajectories of a system"),
    "fit": Command("fit_times", "rate, survival and exponentiality of your own switching times"),
}


class Parser(argparse.ArgumentParser):
    """An argument parser that reports mistakes as one :class:`UsageError` and never guesses abbreviations."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **{"allow_abbrev": False, **options})

    def error(self, message: str) -> NoReturn:
        """Raise instead of printing the usage and leaving."""
        raise UsageError(f"{message} (see {self.prog} --help)")

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> tuple[Any, list[str]]:
        """Refuse what is left over here, where the command it was written for is still known."""
        parsed, extra = super().parse_known_args(args, namespace)
        if extra:
            from wellhop.jobs.campaign_schema import suggestion

            known = [option for action in self._actions for option in action.option_strings]
            hints = [suggestion(word.partition("=")[0], known) for word in extra if word.startswith("--")]
            hint = next(filter(None, hints), "")
            self.error(f"unrecognized arguments: {' '.join(extra)}" + (f"; {hint}" if hint else ""))
        return parsed, extra


def build_parser(chosen: str | None) -> Parser:
    """The parser of all commands, with the arguments of the chosen one only."""
    parser = Parser(
        prog="wellhop",
        description="Measure lifetimes of metastable quantum states with trajectories, beside theory.",
        epilog="Exit codes: 0 done, 1 bug, 2 bad input or files, 3 paused (see resume), 130 interrupted.",
    )
    parser.add_argument("--version", action="store_true", help="print the version and leave")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", parser_class=Parser)
    for name, command in COMMANDS.items():
        subparser = commands.add_parser(name, help=command.help, description=command.help)
        if name == chosen:
            getattr(_module(name), f"add_arguments_{name}")(subparser)
    return parser


def _module(name: str) -> Any:
    return importlib.import_module(f"wellhop.jobs.{COMMANDS[name].module}")


def execute(words: Sequence[str]) -> int:
    """Parse the words, run the command, return its exit code; errors pass through."""
    chosen = next((word for word in words if not word.startswith("-")), None)
    if chosen is not None and chosen not in COMMANDS:
        from wellhop.jobs.campaign_schema import listed, suggestion

        hint = suggestion(chosen, COMMANDS)
        raise UsageError(
            f"command: got {chosen!r}, allowed is {listed(COMMANDS)}" + (f"; {hint}" if hint else "")
        )
    parser = build_parser(chosen)
    try:
        arguments = parser.parse_args(words)
    except SystemExit as leaving:  # --help has been printed
        return int(leaving.code or 0)
    if arguments.version:
        from wellhop.jobs.provenance import package_version

        print(f"wellhop {package_version()}")
        return 0
    if arguments.command is None:
        parser.error("no command given")
    name = arguments.command
    return int(getattr(_module(name), f"execute_{name}")(arguments))


def main(words: Sequence[str] | None = None) -> int:
    """Run one command line and return the exit code; an error of the user is one message on stderr."""
    words = sys.argv[1:] if words is None else words
    if "numpy" not in sys.modules:
        # Matrices here are small: threads of the linear algebra cost more than they give, and change last bits.
        for library in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
            os.environ.setdefault(library, "1")
    with warnings.catch_warnings():
        warnings.showwarning = _show_warning
        try:
            code = execute(words)
            sys.stdout.flush()
            return code
        except launcher.AgreedError as error:
            return _report(error, speaks=error.rank == 0)
        except MPIError as error:
            return _report(error, speaks=launcher.is_spokesman())
        except WellhopError as error:
            _report(error, speaks=True)
            launcher.abort_other_ranks(EXIT_BAD_INPUT)
            return EXIT_BAD_INPUT
        except BrokenPipeError:
            # The reader of our output (head, less) has left: nothing to say, and nobody to say it to.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return 0
        except KeyboardInterrupt:
            print("wellhop: interrupted", file=sys.stderr)
            launcher.abort_other_ranks(EXIT_INTERRUPTED)
            return EXIT_INTERRUPTED
        except Exception:
            sys.stderr.write(traceback.format_exc())
            launcher.abort_other_ranks(EXIT_BUG)
            return EXIT_BUG


def _report(error: WellhopError, *, speaks: bool) -> int:
    if speaks:
        print(f"wellhop: error: {error}", file=sys.stderr)
    return EXIT_BAD_INPUT


def _show_warning(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    print(f"wellhop: warning: {message}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
