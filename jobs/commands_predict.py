"""``wellhop predict`` and ``wellhop systems``."""

from __future__ import annotations

import argparse
import inspect
import json
import math
import shutil
import textwrap
from typing import TYPE_CHECKING, Any

from wellhop.engine.errors import CampaignError
from wellhop.jobs.parameters import from_assignments
from wellhop.jobs.provenance import package_version

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wellhop.analysis.prediction import Prediction

#: width of a table where the terminal does not tell its own
COLUMNS = 100
#: a note longer than this is not written twice in a row
REPEATED = 40
#: how large a fixed point is, by what its system knows
SIZES = {"scaled_photons": "U|alpha|^2", "photons": "|alpha|^2"}
#: a note is not squeezed into less than this
LEAST_NOTE = 30
CONVENTION = (
    "Gamma = decay_rate: decay rate of the population difference of two wells, k(+-) + k(-+); "
    "escape_rate: rate out of one well, Gamma/2 for symmetric wells; residence_time = 1/escape_rate"
)


def add_system_arguments(parser: argparse.ArgumentParser) -> None:
    """A system and its parameters."""
    parser.add_argument("system", metavar="SYSTEM", help="a built-in system, see wellhop systems")
    parser.add_argument(
        "-p",
        dest="parameters",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="a parameter; repeat for each",
    )


def chosen_system(arguments: argparse.Namespace) -> Any:
    """The system named on the command line.

    Raises:
        CampaignError: with every wrong name and value.
    """
    system, problems = from_assignments(arguments.system, arguments.parameters)
    if problems:
        raise CampaignError("command line", problems)
    return system


def add_arguments_predict(parser: argparse.ArgumentParser) -> None:
    """Arguments of ``wellhop predict``."""
    add_system_arguments(parser)
    parser.add_argument(
        "--method", action="append", metavar="METHOD", help="only this prediction; repeat for several"
    )
    parser.add_argument("--json", action="store_true", help="full double precision and details, for programs")
    parser.add_argument(
        "--details", action="store_true", help="what lies behind the numbers too: manifolds or fixed points"
    )


def execute_predict(arguments: argparse.Namespace) -> int:
    """Print every prediction at one set of parameters."""
    system = chosen_system(arguments)
    from wellhop.analysis.prediction import listed_methods_of, predict

    predictions = predict(system, arguments.method or listed_methods_of(system.name))
    parameters = parameters_of_system(system)
    if arguments.json:
        details = _details(system, everything=arguments.details)
        print(as_json(arguments.system, parameters, predictions, details))
        return 0
    print(as_table(arguments.system, parameters, predictions))
    if arguments.details:
        details = _details(system, everything=True)
        print("\n" + (details_table(details) if "splitting" in details else details_lines(details)))
    return 0


def parameters_of_system(system: Any) -> dict[str, float]:
    """Parameters of a built system, defaults included."""
    from wellhop.engine.systems import parameters_of

    return {name: float(getattr(system, name)) for name in parameters_of(system.name)}


def _details(system: Any, *, everything: bool) -> dict[str, Any]:
    """What lies behind the rates, as plain lists and numbers; not finite becomes None."""
    from wellhop.engine.systems.driven_qubit_tls import DrivenQubitTLS
    from wellhop.engine.systems.duffing_attractors import DuffingAttractors
    from wellhop.engine.systems.kerr_two_photon_drive import KerrTwoPhotonDrive
    from wellhop.engine.systems.two_photon_resonator import TwoPhotonResonator

    if isinstance(system, TwoPhotonResonator):
        from wellhop.analysis.resonator_prediction import resonator_details

        return resonator_details(system)
    if isinstance(system, DuffingAttractors):
        from wellhop.analysis.duffing_prediction import duffing_details

        return duffing_details(system)
    if isinstance(system, DrivenQubitTLS):
        from wellhop.analysis.defect_prediction import defect_details

        return defect_details(system)
    if isinstance(system, KerrTwoPhotonDrive):
        from wellhop.analysis.two_photon_prediction import two_photon_details

        return two_photon_details(system, instantons=everything)
    from wellhop.analysis.staircase_details import staircase_details

    def plain(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: plain(inner) for name, inner in value.items()}
        if isinstance(value, str):
            return value
        if hasattr(value, "__len__"):
            return [plain(float(x)) for x in value]
        return float(value) if math.isfinite(value) else None

    return {name: plain(value) for name, value in vars(staircase_details(system)).items()}


def details_table(details: dict[str, Any], rows: int = 6) -> str:
    """The lowest manifolds as aligned text, then the single numbers."""
    columns = [name for name, value in details.items() if isinstance(value, list)]
    table = [["n", *columns]]
    for n in range(min(rows, len(details["splitting"]))):
        table.append([str(n), *(_shown(details[name][n]) for name in columns)])
    widths = [max(len(line[c]) for line in table) for c in range(len(table[0]))]
    lines = ["  ".join(cell.rjust(width) for cell, width in zip(line, widths, strict=True)) for line in table]
    for name, value in details.items():
        if isinstance(value, dict):
            for criterion, drives in value.items():
                lines.append(
                    f"critical drive of steps 1, 2, 3 ({criterion}): " + ", ".join(map(_shown, drives))
                )
        elif not isinstance(value, list):
            lines.append(f"{name}: {value if isinstance(value, str) else _shown(value)}")
    return "\n".join(lines)


def details_lines(details: dict[str, Any]) -> str:
    """Fixed points as aligned text, then everything else, one line each."""
    lines = []
    for point in details["fixed_points"]:
        real, imaginary = point["alpha"]
        lines.append(
            f"{point['kind']:<7}{'stable' if point['stable'] else 'unstable':<9} alpha = {real:.6g} {imaginary:+.6g} i"
            + "".join(f"  {what} = {point[key]:.6g}" for key, what in SIZES.items() if key in point)
        )
    special = ("fixed_points", "instantons_twa")
    lines += [f"{name}: {_written(value)}" for name, value in details.items() if name not in special]
    for well, found in details.get("instantons_twa", {}).items():
        lines.append(f"truncated-Wigner escape from the {well} state: " + _instanton_line(found))
        for orbit in found["orbits"] if found else []:
            lines.append(
                f"  orbit to saddle q = ({_shown(orbit['saddle'][0])}, {_shown(orbit['saddle'][1])}): S = {orbit['action']:.8g}, "
                f"comes within {orbit['distance']:.1g}"
            )
    return "\n".join(lines)


def _instanton_line(found: dict[str, Any] | None) -> str:
    """The least action of one well with its error, and where the path ends."""
    if found is None:
        return "no path found"
    x, y = found["saddle"]
    return (
        f"S = {found['action']:.9g}, error below {found['error']:.1g}, found by {found['found_by']}, to the saddle "
        f"q = ({x:.6g}, {y:.6g}) in a time of {found['duration']:.3g}; {found['near_misses_discarded']} near misses discarded"
    )


def _written(value: Any) -> str:
    """Nested numbers as text with six digits."""
    if isinstance(value, dict):
        return ", ".join(f"{name} {_written(inner)}" for name, inner in value.items())
    if isinstance(value, list):
        return "[" + ", ".join(map(_written, value)) + "]"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value if isinstance(value, str) else _shown(value)


def convention_of(system: str) -> str:
    """What the names of the rates of a system mean."""
    from wellhop.engine.systems.driven_qubit_tls import DrivenQubitTLS
    from wellhop.engine.systems.duffing_attractors import DuffingAttractors
    from wellhop.engine.systems.kerr_two_photon_drive import KerrTwoPhotonDrive
    from wellhop.engine.systems.two_photon_resonator import TwoPhotonResonator

    if system == TwoPhotonResonator.name:
        from wellhop.analysis.resonator_prediction import CONVENTION as PARITY

        return PARITY
    if system == DuffingAttractors.name:
        from wellhop.analysis.duffing_prediction import CONVENTION as TWO_WELLS

        return TWO_WELLS
    if system == DrivenQubitTLS.name:
        from wellhop.analysis.defect_prediction import CONVENTION as ONE_WELL

        return ONE_WELL
    if system == KerrTwoPhotonDrive.name:
        from wellhop.analysis.two_photon_prediction import CONVENTION as THREE_WELLS

        return THREE_WELLS
    return CONVENTION


def _meaning(system: type[Any]) -> str:
    """Equations and parameters of a system, as its own module states them."""
    equations = inspect.getdoc(inspect.getmodule(system)) or ""
    parameters = (inspect.getdoc(system) or "").split("Raises:")[0].strip()
    return textwrap.indent(f"\n{equations}\n\n{parameters}\n", "  ")


def _shown(value: float | None) -> str:
    return "-" if value is None else f"{value:.6g}"


def as_json(
    system: str, parameters: dict[str, float], predictions: Sequence[Prediction], details: dict[str, Any]
) -> str:
    """All predictions as JSON; a number that is not finite becomes null, the others round-trip."""
    rows = [
        {
            "name": p.name,
            "label": p.label,
            "quantity": p.quantity,
            "value": float(p.value) if math.isfinite(p.value) else None,
            "unit_note": p.unit_note,
            "valid": bool(p.valid),
            "note": p.note,
            "accuracy": p.accuracy,
        }
        for p in predictions
    ]
    whole = {
        "package": "wellhop",
        "version": package_version(),
        "system": system,
        "parameters": parameters,
        "convention": convention_of(system),
        "predictions": rows,
        "details": details,
    }
    return json.dumps(whole, indent=2, allow_nan=False, ensure_ascii=False)


def as_table(system: str, parameters: dict[str, float], predictions: Sequence[Prediction]) -> str:
    """All predictions as aligned text."""
    head = ("name", "quantity", "value", "valid", "what and where")
    rows = []
    before = ""
    for p in predictions:
        # one reason for many rows is written once
        note = "as above" if p.note == before and len(p.note) > REPEATED else p.note
        before = p.note
        what = "; ".join(filter(None, [p.label, note]))
        rows.append((p.name, p.quantity, f"{p.value:.10g}", "yes" if p.valid else "NO", what))
    widths = [max(len(row[column]) for row in [head, *rows]) for column in range(4)]
    # A file or a pipe has no width of its own.
    columns = max(shutil.get_terminal_size((COLUMNS, 24)).columns, sum(widths) + 8 + LEAST_NOTE)
    lines = []
    for row in [head, *rows]:
        start = "".join(cell.ljust(width) + "  " for cell, width in zip(row, widths, strict=False))
        lines.append(_wrapped(row[4], columns, start) if row[4] else start.rstrip())
    units = "; ".join(dict.fromkeys(p.unit_note for p in predictions if p.unit_note))
    title = f"{system}: " + ", ".join(f"{name} = {value:g}" for name, value in parameters.items())
    above = [_wrapped(text, columns) for text in (title, f"rates {units}" if units else "") if text]
    return "\n".join([*above, "", *lines, "", _wrapped(convention_of(system), columns)])


def _wrapped(text: str, columns: int, start: str = "") -> str:
    """Text behind ``start``, broken at spaces only and continued below its own first letter."""
    return textwrap.fill(
        text,
        columns,
        initial_indent=start,
        subsequent_indent=" " * len(start),
        break_long_words=False,
        break_on_hyphens=False,
    )


def add_arguments_systems(parser: argparse.ArgumentParser) -> None:
    """``wellhop systems``: all of them, or one with what its parameters mean."""
    parser.add_argument("system", nargs="?", metavar="SYSTEM", help="only this one, with its equations and parameters")


def execute_systems(arguments: argparse.Namespace) -> int:
    """Print what can be named in ``[system]`` and on the command line."""
    from wellhop.analysis.prediction import methods_of
    from wellhop.engine.systems import MEASURABLE, SYSTEMS, parameters_of, system_class

    chosen = SYSTEMS if arguments.system is None else {arguments.system: system_class(arguments.system)}
    for name, system in chosen.items():
        print(f"{name}: {system.title}\n  {system.reference}")
        if arguments.system is not None:
            print(_meaning(system))
        shown = [
            n if value is None else f"{n} (default {value:g})" for n, value in parameters_of(name).items()
        ]
        print("  parameters: " + ", ".join(shown))
        print("  attractors: " + ", ".join(system.attractors))
        print(f"  order parameter: {system.order_parameter}")
        print("  predictions: " + ", ".join(methods_of(name)))
        print(f"  campaigns: {', '.join(MEASURABLE.get(name, ('none: one attractor, nothing switches',)))}")
        needed = " ".join(f"-p {n}=..." for n, value in parameters_of(name).items() if value is None)
        print(f"  wellhop predict {name} {needed}")
    return 0
