"""What the figures of the Duffing oscillator near an attractor have in common: the model, settings, one style for each order
of the theory.
"""

from __future__ import annotations

from wellhop.analysis.duffing_balance import DuffingLevels
from wellhop.analysis.figures.job import Setting
from wellhop.analysis.figures.layout import Theory
from wellhop.analysis.figures.style import COLOURS, INK

#: Sources named at the head of the CSV.
MODEL = (
    "H = (dw + chi) n + chi n^2 + eps (a + a^dag), lambda = -chi/dw, beta = 2 lambda (eps/dw)^2, dw = 1; "
    "Feng, Guo, Quantum dissipative dynamics of a driven Duffing oscillator near attractors (2025)"
)
LEVEL = "level $n$ of HAS"
EXACT = Theory("exact", INK, "-", "o")
#: Perturbation theory by its highest power of sqrt(lambda).
ORDERS = {
    0: Theory(r"order $\lambda^0$", COLOURS[1], (0, (1, 1.2)), "s"),
    1: Theory(r"order $\lambda^{1/2}$", COLOURS[0], (0, (5, 1.5)), "^"),
    2: Theory(r"order $\lambda$", COLOURS[0], (0, (5, 1.5)), "^"),
    3: Theory(r"order $\lambda^{3/2}$", COLOURS[2], (0, (5, 1.5, 1, 1.5)), "D"),
    4: Theory(r"order $\lambda^2$", COLOURS[2], (0, (5, 1.5, 1, 1.5)), "D"),
}
LAMBDA = Setting(0.016, "lambda, size of a quantum", minimum=0.002, maximum=0.1)
BETA = Setting(4.0 / 75.0, "beta, the drive; two attractors below 4/27", minimum=0.001, maximum=0.145)


def levels_setting(default: int) -> Setting:
    """Number of levels of HAS drawn."""
    return Setting(default, "levels of HAS, fewer where it has fewer", minimum=3, maximum=60, whole=True)


def drawn_levels(found: DuffingLevels, wanted: int, beyond: int = 0) -> tuple[int, tuple[str, ...]]:
    """How many levels of HAS can be drawn of those wanted, and a note where they are fewer.

    Args:
        beyond: levels needed in addition.
    """
    room = max(len(found.well("HAS")) - beyond, 1)
    if wanted <= room:
        return wanted, ()
    return room, (
        f"levels: {wanted} asked for, {room} drawn, HAS has {room + beyond} at lambda = {found.lam:g}",
    )
