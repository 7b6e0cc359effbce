"""What the report says in words and tables: opening, measured against predicted, law, warnings, origin."""

from __future__ import annotations

import math
from collections.abc import Sequence

from wellhop.analysis.comparison_table import COMPARED, IN_WORDS, ComparedPoint, sweep_chi_square
from wellhop.analysis.figures.labels import number, parameter_html, rate_html, time_html
from wellhop.analysis.report_page import Page, text
from wellhop.analysis.result import CampaignResult

_DASH = "&ndash;"
_COLUMN_TITLES = {"liouvillian": "exact", "semi_analytical": "semi-<br>analytical"}
#: What is said about the quantities where a campaign brings no sentences of its own.
_DEFINITIONS = (
    "&Gamma; is the decay rate of the difference between the populations of the two wells. For two symmetric "
    "wells it is twice the rate out of one well, so that the mean residence time in a well is 2/&Gamma;.",
    "The quoted &Gamma; comes from the stationary autocorrelation of the order parameter along single "
    "trajectories, which needs no definition of a switch; residence times show the law of the switches.",
    "A pull is ln(measured/predicted) in standard errors of the measurement.",
)


def lead(result: CampaignResult, rows: Sequence[ComparedPoint]) -> str:
    """The opening: how many points, over which range, how well they agree."""
    values = [row.estimate.value / result.scale(row.point) for row in rows if row.estimate.value > 0]
    if not values:
        return (
            f"{count_of(len(result.points), 'point')} of the system {text(result.system or 'given')}; "
            "no decay rate has been measured yet."
        )
    errors = [100 * row.estimate.relative_error for row in rows if math.isfinite(row.estimate.relative_error)]
    sentences = [f"The decay rate &Gamma; was measured at {count_of(len(values), 'point')}"]
    if len(values) > 1:
        decades = math.log10(max(values) / min(values))
        sentences[0] += (
            f" from {power_html(max(values))} down to {power_html(min(values))}{_unit(result)}, {decades:.1f} decades"
        )
    if errors:
        spread = f"{min(errors):.1f} to {max(errors):.1f}" if len(errors) > 1 else f"{errors[0]:.1f}"
        sentences[0] += f", with statistical errors of {spread} %"
    sentences[0] += "."
    for name in COMPARED[:1]:
        pulls = [row.comparisons[name].pull for row in rows if name in row.comparisons]
        pulls = [pull for pull in pulls if math.isfinite(pull)]
        if pulls:
            within = sum(abs(pull) < 4 for pull in pulls)
            sentences.append(
                f"{within} of {len(pulls)} agree with the {IN_WORDS[name]} within four standard "
                f"errors; the largest deviation is {max(pulls, key=abs):+.2f} standard errors."
            )
    return " ".join(sentences)


def add_comparison(page: Page, result: CampaignResult, rows: Sequence[ComparedPoint]) -> None:
    """The table of measured against predicted, and a sentence on the whole sweep for each prediction."""
    page.heading("Measured against predicted")
    names = [name for name in COMPARED if any(name in row.predictions for row in rows)]
    parameters = parameter_names(result)
    damping = "kappa" in rows[0].point.parameters
    head = [
        "point",
        *(parameter_html(result, name) for name in parameters),
        f"{rate_html(result)}<br>measured",
    ]
    head += [f"{100 * rows[0].estimate.level:g} % interval", "error<br>[%]", "switches"]
    head += ["&Gamma;/&kappa;"] if damping else []
    for name in names:
        head += [_COLUMN_TITLES[name], "pull"]
    head += ["verdict"] if names else []
    body = [_row(result, row, parameters, names, damping) for row in rows]
    flagged = [i for i, row in enumerate(rows) if row.verdict == "disagrees"]
    left = [len(head) - 1] if names else []
    page.table(
        head, body, "Rates in brackets lie outside the range in which the prediction holds.", left, flagged
    )
    for name in names:
        total = sweep_chi_square(rows, name)
        if total is None:
            continue
        page.paragraph(
            f"Against the {IN_WORDS[name]}: &chi;&sup2; = {total.chi2:.1f} for "
            f"{count_of(total.n_points, 'point')}, <i>p</i> = {power_html(total.p_value, 2)}"
            + (
                ""
                if math.isnan(total.factor)
                else f"; measured / predicted = {total.factor:.4f} &plusmn; {total.factor_error:.4f} on average"
            )
            + (
                ""
                if math.isnan(total.trend)
                else f"; trend along the sweep {total.trend:+.1f} standard errors"
            )
            + f". Verdict: {text(total.verdict)}."
        )


def add_law(page: Page, result: CampaignResult) -> None:
    """Residence times by numbers: rate, exponentiality, transit."""
    rows = []
    for point, measurement in result.measured():
        core, law, residence = measurement.core, measurement.exponentiality, measurement.residence
        if core is None:
            continue
        scale = result.scale(point)
        rows.append([
            str(point.index),
            *(number(result.parameter(point, name)) for name in parameter_names(result)),
            str(core.residences.n_switched),
            power_html(residence.value / scale) if residence is not None else "refused",
            f"{100 * residence.relative_error:.1f}" if residence and residence.value > 0 else _DASH,
            finite_text(core.transit_mean * scale, ".1f"),
            finite_text(core.rate_x_transit, ".4f"),
            f"{law.coefficient_of_variation:.3f}" if law else _DASH,
            finite_text(law.statistic, "+.2f") if law else _DASH,
            power_html(law.p_value, 2) if law else _DASH,
        ])  # fmt: skip
    if not rows:
        return
    head = ["point", *(parameter_html(result, name) for name in parameter_names(result)), "switches"]
    head += [
        f"{rate_html(result)} from<br>residence times",
        "error<br>[%]",
        f"mean transit<br>{time_html(result)}",
    ]
    head += ["&Gamma; &times; transit", "standard deviation<br>/ mean", "score", "<i>p</i>"]
    page.table(
        head,
        rows,
        "Residence times: the standard deviation over the mean is 1 for an exponential law; score and "
        "p-value "
        "are those of the Cox-Oakes test, positive when short residences are missing.",
    )


def add_warnings(page: Page, result: CampaignResult) -> None:
    """Everything the measurements warn about, equal sentences once; nothing if there is nothing."""
    where: dict[tuple[str, str], list[int]] = {}
    arms = {"": "measurement", "counting arm, ": "counting", "Langevin arm, ": "langevin"}
    for arm, attribute in arms.items():
        for point in result.points:
            measurement = getattr(point, attribute)
            for warning in measurement.warnings if measurement is not None else ():
                # counting cannot tell the wells apart, so of its arm only losses are news
                if attribute == "counting" and not warning.startswith("failed_trajectories"):
                    continue
                where.setdefault((arm, warning), []).append(point.index)
    for point in result.points:
        for warning in point.coherence.warnings if point.coherence is not None else ():
            where.setdefault(("", warning), []).append(point.index)
        for name, directed in point.directed.items():
            for warning in directed.warnings:
                where.setdefault((f"{name} arm, ", warning), []).append(point.index)
    if where:
        page.heading("Warnings")
        page.paragraph("The number of a point is that of the table above.")
        page.items(f"{arm}{_points(numbers)}: {text(warning)}" for (arm, warning), numbers in where.items())


def _points(numbers: Sequence[int]) -> str:
    """Numbers of points in words, runs of three or more as a range.

    Example:
        >>> _points([0, 1, 2, 3, 5]), _points([4])
        ('points 0&ndash;3, 5', 'point 4')
    """
    runs: list[list[int]] = []
    for n in sorted(numbers):
        if runs and n == runs[-1][-1] + 1:
            runs[-1].append(n)
        else:
            runs.append([n])
    parts = [f"{r[0]}&ndash;{r[-1]}" if len(r) > 2 else ", ".join(map(str, r)) for r in runs]
    return ("points " if len(numbers) > 1 else "point ") + ", ".join(parts)


def add_conventions(
    page: Page, result: CampaignResult, definitions: Sequence[str] = (), more: Sequence[str] = ()
) -> None:
    """What the words mean; ``definitions``: markup that takes the place of the campaign's own sentences; ``more`` follows."""
    page.heading("Conventions")
    given = [*definitions] or [text(sentence) for sentence in result.conventions]
    always = [
        "A switch is the entry into the core of the other well. The label of a trajectory stays until then, "
        "and "
        "a residence lasts from one entry to the next.",
        "A pull below 2 in size is called &ldquo;agrees&rdquo;, below 4 &ldquo;strained&rdquo;, else "
        "&ldquo;disagrees&rdquo;.",
    ]
    if result.unit:
        name = parameter_html(CampaignResult("", "", "", ()), result.unit)
        always.append(f"Rates and drives are in units of {name}, times in units of 1/{name}.")
    page.items([*(given or _DEFINITIONS), *more, *always])


def add_provenance(page: Page, result: CampaignResult) -> None:
    """Where the numbers come from and how to get them again."""
    if result.provenance:
        page.heading("Provenance")
        page.definitions(result.provenance)
    if result.commands:
        page.heading("Reproduce")
        page.paragraph("These commands give the same trajectories, bit for bit, on any number of processes:")
        page.commands(result.commands)


def _row(
    result: CampaignResult, row: ComparedPoint, parameters: Sequence[str], names: Sequence[str], damping: bool
) -> list[str]:
    scale, estimate = result.scale(row.point), row.estimate
    cells = [str(row.point.index), *(number(result.parameter(row.point, name)) for name in parameters)]
    if estimate.value > 0:
        interval = interval_html(estimate.value / scale, estimate.lower / scale, estimate.upper / scale)
        cells += [power_html(estimate.value / scale), interval, f"{100 * estimate.relative_error:.1f}"]
    else:
        limit = f"&lt; {power_html(estimate.upper / scale)}" if math.isfinite(estimate.upper) else _DASH
        cells += [limit, _DASH, _DASH]
    cells.append(_DASH if row.switches is None else str(row.switches))
    if damping:
        cells.append(
            power_html(estimate.value / row.point.parameters["kappa"], 3) if estimate.value > 0 else _DASH
        )
    for name in names:
        prediction, comparison = row.predictions.get(name), row.comparisons.get(name)
        if prediction is None:
            cells += [_DASH] * 2
            continue
        value = power_html(prediction.value / scale, 5)
        cells.append(value if prediction.valid else f"({value})")
        cells.append(finite_text(comparison.pull, "+.2f") if comparison else _DASH)
    return [*cells, row.verdict or _DASH] if names else cells


def parameter_names(result: CampaignResult) -> list[str]:
    """Swept parameter first, then the family."""
    first = result.families()[0] if result.points else ()
    return [name for name in (result.sweep_parameter, *(name for name, _ in first)) if name]


def count_of(n: int, noun: str) -> str:
    """A number and its noun, in the plural where it has to be.

    Example:
        >>> count_of(1, "point"), count_of(3, "rate")
        ('1 point', '3 rates')
    """
    return f"{n} {noun}" + ("" if n == 1 else "s")


def _unit(result: CampaignResult) -> str:
    return f" {parameter_html(CampaignResult('', '', '', ()), result.unit)}" if result.unit else ""


def finite_text(value: float, form: str) -> str:
    """A number in this format with a proper minus sign; a dash where there is none."""
    return format(value, form).replace("-", "&minus;") if math.isfinite(value) else _DASH


def interval_html(value: float, lower: float, upper: float) -> str:
    """Two limits with the power of ten of the value written once.

    Example:
        >>> interval_html(2.0e-3, 1.88e-3, 1.02e-2)
        '1.880 &hellip; 10.200 &times;10<sup>&minus;3</sup>'
    """
    exponent = math.floor(math.log10(value))
    high = f"{upper / 10.0**exponent:.3f}" if math.isfinite(upper) else "&infin;"
    power = f" &times;10<sup>{exponent}</sup>".replace("-", "&minus;") if exponent else ""
    return f"{lower / 10.0**exponent:.3f} &hellip; {high}{power}"


def power_html(value: float, digits: int = 4) -> str:
    """A number with ``digits`` significant digits, powers of ten written out.

    Example:
        >>> power_html(1.2345e-3), power_html(0.25, 2), power_html(0.0)
        ('1.234&times;10<sup>&minus;3</sup>', '0.25', '0')
    """
    if not math.isfinite(value) or value == 0:
        return "0" if value == 0 else _DASH
    if 0.01 <= abs(value) < 1e4:
        return f"{value:.{digits}g}".replace("-", "&minus;")
    mantissa, exponent = f"{value:.{digits - 1}e}".split("e")
    return f"{mantissa}&times;10<sup>{int(exponent)}</sup>".replace("-", "&minus;")
