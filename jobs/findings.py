"""From a run folder to what a report says: records read back, measured, predicted, compared."""

from __future__ import annotations

import math
import shlex
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from wellhop.analysis.arrhenius_family import arrhenius_families
from wellhop.analysis.branching_comparison import BranchingComparison, compare_branching, predicted_branching
from wellhop.analysis.branching_report import branching_text
from wellhop.analysis.coherence_measurement import CoherenceMeasurement
from wellhop.analysis.comparison_table import ComparedPoint, compared_points, sweep_chi_square
from wellhop.analysis.curves import truncation_checks, with_curves
from wellhop.analysis.directed_measurement import DirectedMeasurement
from wellhop.analysis.directed_report import exponent_lines
from wellhop.analysis.directed_table import compared_rates, rate_table
from wellhop.analysis.duffing_families import duffing_families
from wellhop.analysis.exponent_report import DUFFING, RESONATOR, exponent_lines_over
from wellhop.analysis.manifold_branching import BranchingMeasurement
from wellhop.analysis.measurement import Measurement
from wellhop.analysis.prediction import predict
from wellhop.analysis.resonator_families import resonator_families
from wellhop.analysis.resonator_report import wigner_lines
from wellhop.analysis.result import DIMENSIONLESS, UNITS, CampaignResult, PointResult, TrajectoryTrace
from wellhop.engine.errors import WellhopError
from wellhop.engine.systems import SwitchingSystem, build_measurable
from wellhop.engine.systems.duffing_attractors import DuffingAttractors
from wellhop.engine.systems.kerr_cat import KerrCat
from wellhop.jobs.campaign import EXPONENT_FIGURES, Campaign, changed_keys_of_texts, parse
from wellhop.jobs.campaign_points import Point
from wellhop.jobs.content import ContentHash
from wellhop.jobs.engines import CampaignEngine
from wellhop.jobs.judging import measurement_of, with_branching
from wellhop.jobs.langevin_arm import TruncatedLangevinArm
from wellhop.jobs.results import Results
from wellhop.jobs.showcase import EngineName, illustrate, well_levels
from wellhop.jobs.store import RunFolder

#: points named in one line of warnings
MOST_LISTED = 8
#: predictions drawn as lines between the measured points
CURVES = ("liouvillian", "semi_analytical")
#: figures of quantum jumps of two wells, against predictions of the quantum model
QUANTUM_FIGURES = ("staircase", "residence", "survival", "clicks", "checks")
#: points that get example trajectories: the slower of them show the telegraph, none costs more than a second
SHOWCASES = 2
#: said of a run that still has work to do
UNFINISHED = "not complete: only whole batches so far"
#: what was measured, by point and arm
Found = dict[tuple[int, str], Measurement | DirectedMeasurement | CoherenceMeasurement | None]
CONVENTIONS = (
    "Γ (decay_rate) is the decay rate of the population difference between the wells, k(right→left) + k(left→right).",
    "escape_rate is the one-way rate out of one well; for symmetric wells Γ = 2 escape_rate and the mean residence time is 2/Γ.",
    "The measured Γ is the decay of the stationary autocorrelation of ⟨X⟩; intervals are 95 %, errors are one standard deviation "
    "of ln Γ from a jackknife over trajectories.",
    "A pull is (ln Γ measured - ln Γ predicted) in standard deviations, with the tail of Student's t for the trajectories at hand.",
)


def findings(folder: Path) -> tuple[CampaignResult, tuple[str, ...]]:
    """Everything a report of this folder says, and the figures its campaign asks for.

    An unfinished run gives the complete batches so far.
    """
    with RunFolder.open(folder, write=False, changed_keys=changed_keys_of_texts) as found:
        campaign = parse(found.campaign_text, str(folder / "campaign.toml"))
        measured: Found = {}
        truncations: dict[int, str] = {}
        manifolds: dict[int, int] = {}
        branching: dict[int, BranchingMeasurement] = {}
        content = ContentHash()
        with Results(found, CampaignEngine()) as results:
            for unit in found.units:
                stored = results.records(unit)
                records = list(content.pass_through(unit.key, results.count(unit.key), stored))
                found_here = measurement_of(unit, records) if records else None
                if isinstance(found_here, Measurement):
                    found_here, split = with_branching(unit.about, records, found_here)
                    if split is not None:
                        branching[unit.point] = split
                measured[unit.point, unit.about["arm"]] = found_here
                if unit.about.get("truncation"):
                    truncations[unit.point] = unit.about["truncation"]
                if unit.about["arm"] == "jumps" and "manifolds" in unit.about:
                    manifolds[unit.point] = int(unit.about["manifolds"])
            provenance = _provenance(found, results.complete, content.hexdigest(), campaign)
    print(f"{folder}: predicting, comparing and drawing; this can take a minute", file=sys.stderr, flush=True)
    shown = _showcased(campaign, measured) if "trajectory" in campaign.figures else ()
    points = []
    for point in campaign.points:
        system = build_measurable(campaign.system, point.parameters)
        predictions = tuple(predict(system, campaign.predict))
        exact = next((p.value for p in predictions if p.name == "liouvillian"), None)
        arms = {arm: m for (index, arm), m in measured.items() if index == point.index}
        two = {arm: m for arm, m in arms.items() if isinstance(m, Measurement)}
        directed = {arm: m for arm, m in arms.items() if isinstance(m, DirectedMeasurement)}
        coherence = arms.get("jumps")
        traces = _traces(campaign, point, system) if point.index in shown else ()
        points.append(
            PointResult(
                index=point.index,
                parameters=dict(point.parameters),
                measurement=two.get("jumps"),
                counting=two.get("counting"),
                langevin=two.get("langevin"),
                truncation_scheme=truncations.get(point.index, ""),
                coherence=coherence if isinstance(coherence, CoherenceMeasurement) else None,
                directed={arm: directed[arm] for arm in ("jumps", "langevin") if arm in directed},
                predictions=predictions,
                traces=traces,
                wells=tuple(well_levels(system)) if traces and not isinstance(system, KerrCat) else (),
                truncation=truncation_checks(system, manifolds.get(point.index), exact)
                if "checks" in campaign.figures and isinstance(system, KerrCat)
                else (),
                branching=_branching(system, branching.get(point.index)),
            )
        )
    name = shlex.quote(str(folder))
    result = CampaignResult(
        name=campaign.name,
        system=campaign.system,
        title=campaign.title,
        points=tuple(points),
        provenance=provenance,
        conventions=CONVENTIONS,
        commands=(
            f"wellhop run {shlex.quote(Path(campaign.source).name)} --output {name}",
            f"wellhop report {name}",
        ),
        unit=_unit(campaign),
    )
    if any(name in campaign.figures for name in EXPONENT_FIGURES):
        result = replace(
            result,
            arrhenius=arrhenius_families(result),
            exponents=(*resonator_families(result), *duffing_families(result)),
        )
    curves = tuple(method for method in CURVES if method in campaign.predict)
    return (with_curves(result, curves) if curves else result), figures_shown(campaign)


def _unit(campaign: Campaign) -> str:
    """The parameter that rates are shown in units of; empty where it does not serve."""
    name = UNITS[campaign.system]
    if name == "dw":
        # the scaled parameters have no unit: only where dw is 1 are rates in its units those of the user
        return name if all(point.parameters[name] == 1.0 for point in campaign.points) else ""
    return name if name != "eta" or name not in campaign.swept else ""


def _branching(system: SwitchingSystem, measured: BranchingMeasurement | None) -> BranchingComparison | None:
    """Γ by manifold beside its predictions."""
    if measured is None or not isinstance(system, KerrCat):
        return None
    return compare_branching(measured, predicted_branching(system, measured.resolved))


def figures_shown(campaign: Campaign) -> tuple[str, ...]:
    """The figures asked for that the arms of the campaign can fill: without jumps those of the quantum model are left out."""
    if any(arm.name in ("jumps", "counting") for arm in campaign.arms):
        return campaign.figures
    return tuple(name for name in campaign.figures if name not in QUANTUM_FIGURES)


def _showcased(campaign: Campaign, measured: Found) -> tuple[int, ...]:
    """Points to illustrate: of a Kerr-cat two of those with a known rate, not much slower than the fastest; else the one
    whose rarer direction is the fastest.
    """
    known: list[tuple[float, int]] = []
    rarest: dict[int, float] = {}
    for (index, _), m in measured.items():
        if isinstance(m, DirectedMeasurement):
            slower = min(m.rates[name].value for name in m.core.naming.escapes)
            rarest[index] = min(slower, rarest.get(index, math.inf))
    for point in campaign.points:
        m = measured.get((point.index, "jumps"))
        if isinstance(m, CoherenceMeasurement) and m.rates["Gamma"].value > 0.0:
            known.append((m.rates["Gamma"].value, point.index))
        if isinstance(m, Measurement) and math.isfinite(m.decay_rate.value) and m.decay_rate.value > 0:
            known.append((m.decay_rate.value, point.index))
    several = [(rate, index) for index, rate in rarest.items() if rate > 0.0]
    if several or campaign.system != KerrCat.name:
        return (max(several or known)[1],) if several or known else ()
    known.sort(reverse=True)
    visible = [k for k in known if k[0] > 0.02 * known[0][0]] or known
    places = sorted({len(visible) // 4, (3 * len(visible)) // 4})[:SHOWCASES]
    return tuple(visible[p][1] for p in places if p < len(visible))


def _traces(campaign: Campaign, point: Point, system: SwitchingSystem) -> tuple[TrajectoryTrace, ...]:
    """Example trajectories of a point: both unravellings of a Kerr-cat, else one of each engine that measured."""
    if isinstance(system, KerrCat):
        return tuple(illustrate(campaign.system, point.parameters, seed=campaign.seed, point=point.index))
    engines: dict[EngineName, None] = dict.fromkeys(
        "langevin" if arm.engine == "langevin" else "jumps" for arm in campaign.arms
    )
    found: list[TrajectoryTrace] = []
    for engine in engines:
        try:
            truncation = next((a.truncation for a in campaign.arms if isinstance(a, TruncatedLangevinArm)), None)
            found += illustrate(
                campaign.system, point.parameters, engine=engine, seed=campaign.seed, point=point.index,
                truncation=truncation if engine == "langevin" else None,
            )  # fmt: skip
        except WellhopError as error:
            print(f"point {point.index}: no example of {engine}: {error}", file=sys.stderr)
    return tuple(found)


def _provenance(found: RunFolder, finished: bool, content: str, campaign: Campaign) -> dict[str, str]:
    """Label -> text for the last section of the page."""
    made = {str(k): _text(v) for k, v in found.manifest.get("provenance", {}).items() if v is not None}
    made.pop("time", None)  # the manifest's own date is shown
    mpi = found.manifest.get("provenance", {}).get("mpi")
    made["mpi"] = (
        "none: one process" if mpi is None else f"{_short_mpi(str(mpi['library']))}, {mpi['ranks']} ranks"
    )
    complete = "complete" if finished else f"{UNFINISHED} are shown"
    return {
        "campaign": f"{campaign.name}, {complete}",
        "seed": str(found.seed),
        "fingerprint": str(found.manifest.get("fingerprint", "")),
        "content sha256": content if finished else "after completion",
        "started": str(found.manifest.get("created_at", "")),
        **made,
    }


def _short_mpi(library: str) -> str:
    """Name and version out of a library's long description; the whole of it stays in the manifest."""
    words = library.replace("Version:", "").split()
    return " ".join(words[:2]).rstrip(",") if words[:1] != ["Open"] else " ".join(words[:3]).rstrip(",")


def _text(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{k} {_text(v)}" for k, v in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(_text(v) for v in value)
    return str(value)


def pull_table(result: CampaignResult) -> str:
    """The table of pulls as text: one line a point, then one chi-square line per prediction.

    Rates and swept parameters are in the unit of the campaign, as on the page. A run that is not finished says so first.
    """
    rates = compared_rates(result)
    elsewhere = {row.point.index for row in rates if row.arm == "jumps"}
    rows = [row for row in compared_points(result) if row.point.index not in elsewhere]
    unfinished = [UNFINISHED] if UNFINISHED in result.provenance.get("campaign", "") else []
    if rates:
        words = DUFFING if result.system == DuffingAttractors.name else RESONATOR
        text = [rate_table(result, rates), *exponent_lines(result), *exponent_lines_over(result, words), *wigner_lines(result)]
        return "\n".join([*unfinished, *([_two_well_table(result, rows)] if rows else []), *text, *_warned(result)])
    if not rows and result.system != KerrCat.name:
        return "\n".join([*unfinished, "no complete batch yet, nothing to compare"])
    return "\n".join([*unfinished, _two_well_table(result, rows), *branching_text(result), *_warned(result)])


def _warned(result: CampaignResult) -> list[str]:
    """One line for every kind of warning of the measured points; their words are on the page."""
    where: dict[str, list[int]] = {}
    for point in result.points:
        for measurement in (point.measurement, point.langevin, point.coherence, *point.directed.values()):
            for warning in measurement.warnings if measurement is not None else ():
                where.setdefault(warning.partition(":")[0], []).append(point.index)
        for warning in point.branching.measured.warnings if point.branching is not None else ():
            where.setdefault(warning.partition(":")[0], []).append(point.index)
    lines = []
    for name, points in where.items():
        numbers = sorted(set(points))
        listed = ", ".join(map(str, numbers[:MOST_LISTED])) + (", ..." if len(numbers) > MOST_LISTED else "")
        lines.append(f"! {name} at {len(numbers)} of {len(result.points)} points ({listed}): see the warnings on the page")
    return lines


def _two_well_table(result: CampaignResult, rows: Sequence[ComparedPoint]) -> str:
    swept = [n for n in result.points[0].parameters if n != result.unit]
    over = f"/{result.unit}" if result.unit else ""
    head = [n if n in DIMENSIONLESS else n + over for n in swept]
    head += [
        f"Gamma{over}",
        "error",
        "switches",
        f"exact{over}",
        "pull",
        f"semi-analytical{over}",
        "pull",
        "verdict",
    ]
    table = [head, *(_row(result, row, swept) for row in rows)]
    widths = [max(len(line[c]) for line in table) for c in range(len(head))]
    lines = ["  ".join(cell.rjust(width) for cell, width in zip(line, widths, strict=True)) for line in table]
    for name, label in (("liouvillian", "exact"), ("semi_analytical", "semi-analytical")):
        total = sweep_chi_square(rows, name)
        if total is not None:
            lines.append(f"against {label}: {total}")
    return "\n".join(lines)


def _row(result: CampaignResult, row: ComparedPoint, names: Sequence[str]) -> list[str]:
    scale, estimate = result.scale(row.point), row.estimate
    cells = [f"{result.parameter(row.point, n):g}" for n in names]
    if estimate.value > 0 and math.isfinite(estimate.relative_error):
        cells += [f"{estimate.value / scale:.4e}", f"{100 * estimate.relative_error:.1f} %"]
    elif math.isfinite(estimate.upper) and estimate.upper > 0:
        cells += [f"< {estimate.upper / scale:.4e}", "-"]
    else:
        cells += ["-", "-"]
    cells.append("-" if row.switches is None else str(row.switches))
    for name in CURVES:
        prediction = row.predictions.get(name)
        comparison = row.comparisons.get(name)
        cells.append("" if prediction is None else f"{prediction.value / scale:.4e}")
        cells.append("" if comparison is None else f"{comparison.pull:+.2f}")
    return [*cells, row.verdict]
