"""Names of parameters and rates: as axis label (mathtext), on the page (HTML) and as column of a table
(ASCII).

One place decides how a quantity is called and which unit it is divided by, so that figure, page and CSV
cannot disagree.
"""

from __future__ import annotations

import html
import math

from wellhop.analysis.result import DIMENSIONLESS, CampaignResult, Family, PointResult

_MATH = {
    "K": "K",
    "eps2": r"\epsilon_2",
    "kappa": r"\kappa",
    "n_th": r"n_\mathrm{th}",
    "delta": r"\delta",
    "Delta": r"\Delta",
    "eps": r"\epsilon",
    "gamma": r"\gamma",
    "U": "U",
    "G": "G",
    "eta": r"\eta",
    "kappa_1": r"\kappa_1",
    "lam": r"\lambda",
    "beta": r"\beta",
    "khat": r"\hat\kappa",
    "dw": r"\Delta\omega",
}
_HTML = {
    "K": "<i>K</i>",
    "eps2": "&epsilon;<sub>2</sub>",
    "kappa": "&kappa;",
    "n_th": "<i>n</i><sub>th</sub>",
    "delta": "&delta;",
    "Delta": "&Delta;",
    "eps": "&epsilon;",
    "gamma": "&gamma;",
    "eta": "&eta;",
    "kappa_1": "&kappa;<sub>1</sub>",
    "lam": "&lambda;",
    "beta": "&beta;",
    "khat": "<i>k&#770;</i>",
    "dw": "&Delta;&omega;",
}


def _math(name: str) -> str:
    return _MATH.get(name, rf"\mathrm{{{name}}}".replace("_", r"\_"))


def number(value: float) -> str:
    """A parameter value without needless digits.

    Example:
        >>> number(0.025), number(6.0), number(5.454545)
        ('0.025', '6', '5.455')
    """
    return f"{value:.4g}"


def number_math(value: float) -> str:
    r"""The same as mathtext, powers of ten written out.

    Example:
        >>> number_math(2225.0), number_math(10890.0)
        ('$2225$', '$1.089\\times10^{4}$')
    """
    if value == 0 or 1e-3 <= abs(value) < 1e4:
        return f"${value:.4g}$"
    mantissa, exponent = f"{value:.3e}".split("e")
    return rf"${mantissa}\times10^{{{int(exponent)}}}$"


def parameter_math(result: CampaignResult, name: str) -> str:
    r"""Axis label of a parameter.

    Example:
        >>> parameter_math(CampaignResult("demo", "", "", (), unit="K"), "eps2")
        '$\\epsilon_2/K$'
    """
    over = f"/{_math(result.unit)}" if result.unit and name not in DIMENSIONLESS else ""
    return f"${_math(name)}{over}$"


def parameter_html(result: CampaignResult, name: str) -> str:
    """The same name on the page."""
    text = _HTML.get(name, f"<i>{html.escape(name)}</i>")
    if not result.unit or name in DIMENSIONLESS:
        return text
    return f"{text}/{_HTML.get(result.unit, html.escape(result.unit))}"


def parameter_column(result: CampaignResult, name: str) -> str:
    """The same name as column of a CSV file: ``eps2 [K]``, or bare where there is no unit.

    Example:
        >>> parameter_column(CampaignResult("demo", "", "", (), unit="K"), "kappa")
        'kappa [K]'
    """
    return f"{name} [{result.unit}]" if result.unit and name not in DIMENSIONLESS else name


def family_names(result: CampaignResult) -> list[str]:
    """Names of all parameters that tell families apart, in the order in which they first appear."""
    return list(dict.fromkeys(name for family in result.families() for name, _ in family))


def parameter_columns(result: CampaignResult) -> tuple[str, ...]:
    """Columns of the swept parameter and of the family, in this order."""
    names = [result.sweep_parameter, *family_names(result)]
    return tuple(parameter_column(result, name) for name in names if name)


def family_cells(result: CampaignResult, family: Family) -> tuple[float, ...]:
    """Cells of a family below its part of :func:`parameter_columns`, ``nan`` where it has no such
    parameter.
    """
    values = dict(family)
    return tuple(values.get(name, math.nan) for name in family_names(result))


def parameter_cells(result: CampaignResult, point: PointResult) -> tuple[float, ...]:
    """Cells of a point below :func:`parameter_columns`."""
    cells = family_cells(result, result.family_of(point))
    return (position(result, point), *cells) if result.sweep_parameter else cells


def position(result: CampaignResult, point: PointResult) -> float:
    """Where a point stands on the horizontal axis: its swept parameter, or its number if nothing is swept."""
    sweep = result.sweep_parameter
    return result.parameter(point, sweep) if sweep else float(point.index)


def rate_math(result: CampaignResult) -> str:
    r"""Axis label of the decay rate of the population difference.

    Example:
        >>> rate_math(CampaignResult("demo", "", "", (), unit="K"))
        '$\\Gamma/K$'
    """
    return rf"$\Gamma/{_math(result.unit)}$" if result.unit else r"$\Gamma$"


def rate_html(result: CampaignResult) -> str:
    """The decay rate on the page."""
    return f"&Gamma;/{_HTML.get(result.unit, html.escape(result.unit))}" if result.unit else "&Gamma;"


def time_html(result: CampaignResult) -> str:
    """The unit of times on the page, in brackets; empty where there is none."""
    return f"[1/{_HTML.get(result.unit, html.escape(result.unit))}]" if result.unit else ""


def rate_column(result: CampaignResult, name: str = "decay_rate") -> str:
    """Column of a rate: ``decay_rate [K]``."""
    return f"{name} [{result.unit}]" if result.unit else name


def time_math(result: CampaignResult, symbol: str = "t") -> str:
    """Axis label of a time in the unit of the campaign."""
    return f"${symbol}\\,{_math(result.unit)}$" if result.unit else f"${symbol}$"


def time_column(result: CampaignResult, name: str = "time") -> str:
    """Column of a time: ``time [1/K]``."""
    return f"{name} [1/{result.unit}]" if result.unit else name


def family_math(result: CampaignResult, family: Family) -> str:
    """Legend entry of a family of points."""
    parts = [parameter_math(result, name).rstrip("$") + f"={_typeset(number(value))}$" for name, value in family]
    return ", ".join(parts) if parts else "all points"


def _typeset(text: str) -> str:
    r"""A number within mathtext: ``1e-10`` would be read as a difference.

    Example:
        >>> _typeset("0.025"), _typeset("1e-10"), _typeset("2.5e-06")
        ('0.025', '10^{-10}', '2.5\\times10^{-6}')
    """
    mantissa, separator, power = text.partition("e")
    if not separator:
        return text
    exponent = f"10^{{{int(power)}}}"
    return exponent if mantissa == "1" else rf"{mantissa}\times{exponent}"


def point_math(result: CampaignResult, point: PointResult) -> str:
    """Title of a panel that shows one point: the swept parameter first, then the family."""
    sweep = result.sweep_parameter
    head: Family = ((sweep, position(result, point)),) if sweep else ()
    return family_math(result, head + result.family_of(point))
