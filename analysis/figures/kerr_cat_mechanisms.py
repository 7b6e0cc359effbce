"""What the figures of the activation of the Kerr-cat share: one style for each scenario, and exact rates above round-off."""

from __future__ import annotations

from typing import Any

import numpy as np

from wellhop.analysis.activation import FLOOR, MechanismName, Scenario
from wellhop.analysis.curves import reduced_rate
from wellhop.analysis.figures.layout import Theory
from wellhop.analysis.figures.style import COLOURS, FAINT, INK
from wellhop.engine.errors import SpectrumError
from wellhop.engine.systems.kerr_cat import KerrCat

#: Lines of the scenarios; the exact rate lies under them as a broad band of colour.
SCENARIOS: dict[Scenario, Theory] = {
    "ground": Theory(r"ground, $2V_{00}$ (96)", COLOURS[3], (0, (1, 1.4)), "v"),
    "direct": Theory("direct (95)", COLOURS[1], (0, (5, 1.6)), "s"),
    "cascaded": Theory("cascaded (94)", COLOURS[4], (0, (6, 1.5, 1, 1.5)), "D"),
    "thermal_quantum": Theory("thermal + quantum (84)", INK, (0, (2.5, 1.2)), "P"),
    "nonhermitian": Theory("non-Hermitian (106)", COLOURS[2], (0, (6, 1.5, 1, 1.5, 1, 1.5)), "^"),
}
#: Letter and fill of each mechanism in a map.
FILLS: dict[MechanismName, tuple[str, str]] = {
    "none": ("G", "#dcb3cb"),
    "non-Hermitian": ("N", "#b4e0d0"),
    "direct": ("D", "#f4bd99"),
    "cascaded": ("C", "#f1df9c"),
    "thermal + quantum": ("Q", "#a7a7a7"),
    "undetermined": ("?", "#555555"),
    "below the floor": ("", "#ffffff"),
}
#: Of the exact rate under the lines of the scenarios.
BROAD: dict[str, Any] = {"linewidth": 4.0, "alpha": 0.35, "solid_capstyle": "butt"}
FAINT_LINE: dict[str, Any] = {"color": FAINT, "linewidth": 0.8}


def exact_above_floor(system: KerrCat, manifolds: int | None = None) -> float:
    """Exact decay rate, NaN where it is round-off or no slow mode is real.

    >>> exact_above_floor(KerrCat(20.0, 0.025, 0.0))
    nan
    """
    try:
        rate = reduced_rate(system, manifolds)
    except SpectrumError:
        return float("nan")
    return rate if rate > FLOOR * system.K else float("nan")


def power_of_ten(value: float) -> str:
    """A number in mathematical text, as a power of ten where it is a small one.

    >>> power_of_ten(1e-8), power_of_ten(0.02), power_of_ten(0.0)
    ('10^{-8}', '0.02', '0')
    """
    exponent = np.log10(value) if value > 0.0 else 0.0
    small = value > 0.0 and exponent < -2.5 and abs(exponent - round(exponent)) < 1e-9
    return f"10^{{{exponent:.0f}}}" if small else f"{value:.3g}"
