"""``wellhop fit times.csv``: rate, survival curve and exponentiality of a user's own switching times.

The times may come from an experiment or from another code: one residence per row, with a flag where the
observation ended before the switch.
"""

from __future__ import annotations

import argparse
import math
from pathlib import Path
from typing import TYPE_CHECKING

from wellhop.engine.errors import UsageError
from wellhop.jobs.times_table import Group, TimesTable, read_times

if TYPE_CHECKING:
    from wellhop.analysis.estimate import RateEstimate
    from wellhop.analysis.survival import ExponentialityTest, SurvivalCurve

#: Curves in one figure; the largest groups are drawn.
MOST_CURVES = 8
#: p-value below which the exponential law is called rejected.
REJECTED = 1e-3


class GroupFit:
    """Rate, survival curve and test of one group; curve and test are ``None`` with too few switches.

    Attributes:
        name: of the group. rate, curve, test: what was found.
    """

    def __init__(self, name: str, group: Group, level: float, stop: str) -> None:
        from wellhop.analysis.rates import exponential_rate
        from wellhop.analysis.survival import exponentiality_test, kaplan_meier

        self.name = name
        self.rate: RateEstimate = exponential_rate(group.durations, group.switched, level, stop)
        n = sum(group.switched)
        self.curve: SurvivalCurve | None = (
            kaplan_meier(group.durations, group.switched, level) if n >= 1 else None
        )
        self.test: ExponentialityTest | None = (
            exponentiality_test(group.durations, group.switched) if n >= 3 else None
        )

    def __str__(self) -> str:
        lines = [str(self.rate)]
        if self.rate.value > 0.0:
            mean, low, high = 1.0 / self.rate.value, 1.0 / self.rate.upper, 1.0 / self.rate.lower
            lines.append(f"mean residence time = {mean:.5g} [{low:.5g}, {high:.5g}]")
        if self.curve is not None:
            lines.append(str(self.curve))
        if self.test is None:
            lines.append("exponentiality: not tested, fewer than 3 switches")
        else:
            p_values = [p for p in (self.test.p_value, self.test.ks_p_value) if not math.isnan(p)]
            lines.append(str(self.test))
            lines.append(
                "  -> an exponential law is rejected: one rate does not describe these times"
                if min(p_values) < REJECTED
                else "  -> compatible with an exponential law"
            )
        return "\n".join(lines)


def fit(table: TimesTable, level: float = 0.95, stop: str = "time") -> list[GroupFit]:
    """Fit every group of a table.

    Raises:
        StatisticsError: level or stop rule not allowed.
    """
    return [GroupFit(name, group, level, stop) for name, group in table.groups.items()]


def add_arguments_fit(parser: argparse.ArgumentParser) -> None:
    """Arguments of ``wellhop fit``."""
    parser.add_argument("times", type=Path, metavar="TIMES.csv", help="table with one residence per row")
    parser.add_argument("--duration-column", metavar="NAME", help="name or number of the column of durations")
    parser.add_argument(
        "--switched-column",
        metavar="NAME",
        help="column with 1/0, true/false, yes/no (without it: all switched)",
    )
    parser.add_argument("--group-column", metavar="NAME", help="column with the group; one fit each")
    parser.add_argument("--level", type=float, default=0.95, help="confidence level (default 0.95)")
    stops = "what ended the observation: a time or a number of switches fixed beforehand (default time)"
    parser.add_argument("--stop", choices=("time", "switches"), default="time", help=stops)
    files = "write PATH.png, PATH.pdf, PATH.csv and PATH_rates.csv (default: TIMES_fit in this folder)"
    parser.add_argument("--out", type=Path, metavar="PATH", help=files)


def execute_fit(arguments: argparse.Namespace) -> int:
    """Run the parsed command; errors pass through to the command line, which makes them exit code 2."""
    return run(
        arguments.times,
        out=arguments.out,
        level=arguments.level,
        stop=arguments.stop,
        duration_column=arguments.duration_column,
        switched_column=arguments.switched_column,
        group_column=arguments.group_column,
    )


def run(
    path: Path,
    *,
    out: Path | None = None,
    level: float = 0.95,
    stop: str = "time",
    duration_column: str | None = None,
    switched_column: str | None = None,
    group_column: str | None = None,
) -> int:
    """Fit the switching times in a table, print the result and write figure and numbers.

    Args:
        path: the table, see :mod:`wellhop.jobs.times_table`. out: path of the files without suffix.
        level: confidence. stop: ``"time"`` or ``"switches"``, see :mod:`wellhop.analysis.rates`.
        duration_column, switched_column, group_column: names or numbers of columns.

    Returns:
        0.

    Raises:
        StatisticsError: the table, level or stop rule is malformed. UsageError: the output would replace the
        input. FolderError: the output cannot be written.
    """
    table = read_times(path, duration_column, switched_column, group_column)
    stem = _stem(path, out)
    fits = fit(table, level, stop)
    sizes = [len(group.durations) for group in table.groups.values()]
    groups = "1 group" if len(sizes) == 1 else f"{len(sizes)} groups"
    print(f"{table.source}: {sum(sizes)} residences in {groups} ({table.columns})")
    for one in fits:
        indent = "  " if one.name or len(fits) > 1 else ""
        if indent:
            print(f"group {one.name or '(unnamed)'}")
        print("\n".join(indent + line for line in str(one).splitlines()))
    for written in _write(stem, fits):
        print(f"wrote {written}")
    return 0


def _stem(path: Path, out: Path | None) -> Path:
    """Output path without suffix, never one that would replace the input."""
    stem = Path(f"{path.stem}_fit") if out is None else out
    if stem.suffix.lower() in (".png", ".pdf", ".csv"):
        stem = stem.with_suffix("")
    if not stem.name:
        raise UsageError(f"--out: got {str(out)!r}, allowed is the path of a file without suffix")
    if any(file.resolve() == path.resolve() for file in _files(stem)):
        raise UsageError(f"--out: {stem} would replace the input {path}; choose another name")
    return stem


def _files(stem: Path) -> list[Path]:
    return [stem.with_name(stem.name + suffix) for suffix in (".png", ".pdf", ".csv", "_rates.csv")]


def _write(stem: Path, fits: list[GroupFit]) -> list[Path]:
    """Survival figure with its table, and one row of numbers per group."""
    from wellhop.analysis.figures.save import save_figure, write_file
    from wellhop.analysis.figures.survival import draw_fit_survival

    curves = [(_legend(f.name), f.curve, f.rate.value) for f in fits if f.curve is not None]
    shown = sorted(curves, key=lambda c: -c[1].n_switched)[:MOST_CURVES]
    files = _files(stem)
    write_file(files[3], _rates_table(fits).encode("utf-8"))
    if not shown:
        return files[3:]
    if len(shown) < len(curves):
        print(f"the figure shows the {MOST_CURVES} groups with most switches")
    save_figure(stem.parent, stem.name, *draw_fit_survival([c for c in curves if c in shown]))
    return files


def _rates_table(fits: list[GroupFit]) -> str:
    from wellhop.analysis.figures.drawn import DrawnTable

    names = "group n_switched n_censored exposure escape_rate lower upper relative_error level median"
    law = "coefficient_of_variation cox_oakes_score cox_oakes_p lilliefors_p"
    table = DrawnTable(tuple(f"{names} {law}".split()))
    for f in fits:
        r, t = f.rate, f.test
        median = None if f.curve is None else f.curve.median()
        tests = (None,) * 4 if t is None else (t.effect, t.statistic, t.p_value, t.ks_p_value)
        counted = (r.counts["n_switched"], r.counts["n_censored"], r.counts["exposure"])
        table.add(f.name, *counted, r.value, r.lower, r.upper, r.relative_error, r.level, median, *tests)
    return table.csv()


def _legend(name: str) -> str:
    """A group name that a figure shows as it is: no mathematics, not hidden, not endless."""
    shown = (name if len(name) <= 32 else name[:31] + "…") or "all"
    return (" " if shown.startswith("_") else "") + shown.replace("$", r"\$")
