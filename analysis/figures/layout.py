"""What figures of the gallery have in common: a heading that says what is drawn, letters on panels, one style for each kind of
theory.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import AutoMinorLocator

SMALL_PRINT = "#555555"


@dataclass(frozen=True)
class Theory:
    """How one kind of theory is drawn: colour, line style and marker all differ, for print in grey."""

    label: str
    colour: str
    line: Any
    marker: str

    def style(self, **changes: Any) -> dict[str, Any]:
        """Keywords of ``Axes.plot`` for a line."""
        return {"color": self.colour, "linestyle": self.line, **changes}


def heading(figure: Figure, title: str, *explanation: str) -> None:
    """Bold title, and below it in small print what the reader needs to know, one line each."""
    figure.suptitle(title + "\n" * len(explanation), x=0.012, ha="left", fontsize=10.5, fontweight="bold")
    # Placed in the empty lines that the title reserves.
    top = 1.0 - 0.29 / figure.get_figheight()
    figure.text(
        0.012,
        top,
        "\n".join(explanation),
        fontsize=8.3,
        color=SMALL_PRINT,
        va="top",
        ha="left",
        linespacing=1.35,
    )


def panel_letter(ax: Axes, letter: str, title: str) -> None:
    """``(a) title`` above a panel."""
    ax.set_title(rf"$\bf{{({letter})}}$ {title}")


def minor_ticks(ax: Axes, *axes: str) -> None:
    """Minor ticks on linear axes, both by default."""
    for name in axes or ("x", "y"):
        getattr(ax, f"{name}axis").set_minor_locator(AutoMinorLocator())
    ax.tick_params(which="minor", direction="in", top=True, right=True, length=2)
