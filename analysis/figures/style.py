"""The look of every figure, in one place: colours, markers, sizes, and a figure that touches no global state.

Figures are made without ``pyplot``, so no figure outlives its caller and no backend is chosen. matplotlib
still reads its settings from one process-wide table while artists are created and drawn;
:func:`house_style` therefore puts the house settings there under a lock and restores the caller's settings
afterwards.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib import resources
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

#: Width of a figure in inches: a text column of the report, and a full page column on paper.
WIDTH = 7.2
INK, FAINT, BAND = "#222222", "#8a8a8a", "#e8e8e8"
#: One colour and one marker per family of points; both change together so that print in grey still tells
#: them apart.
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#aa3377", "#b8860b", "#444444", "#56b4e9", "#882255")
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "<")
#: Fill behind a trace while it is assigned to a well: right (0), left (1), any further.
WELL_FILLS = ("#dcebf7", "#fde6d6", "#dff2e6", "#efe1ee")

_LOCK = threading.RLock()
# Settings that choose a backend or belong to interactive use: never taken from a style.
_NOT_STYLE = {
    "backend",
    "backend_fallback",
    "interactive",
    "toolbar",
    "webagg.port",
    "webagg.address",
    "timezone",
}


@cache
def _settings() -> Any:
    source = resources.files("wellhop.analysis.figures") / "wellhop.mplstyle"
    with resources.as_file(source) as path:
        settings = mpl.rc_params_from_file(path, use_default_template=True)
    return {key: value for key, value in settings.items() if key not in _NOT_STYLE}


@contextmanager
def house_style() -> Iterator[None]:
    """Put matplotlib into the house style and back, whatever the caller's own settings are.

    Example:
        >>> with house_style():
        ...     mpl.rcParams["savefig.dpi"]
        170.0
    """
    with _LOCK, mpl.rc_context(_settings()):
        yield


def new_figure(height: float, width: float = WIDTH) -> Figure:
    """An empty figure of ``width`` x ``height`` inches; call inside :func:`house_style`."""
    return Figure(figsize=(width, height))


def family_colour(index: int) -> str:
    """Colour of the ``index``-th family; the cycle repeats after eight.

    Example:
        >>> family_colour(0) == family_colour(8)
        True
    """
    return COLOURS[index % len(COLOURS)]


def family_marker(index: int) -> str:
    """Marker of the ``index``-th family.

    Example:
        >>> family_marker(1)
        's'
    """
    return MARKERS[index % len(MARKERS)]


def whole_decades(ax: Axes) -> None:
    """Make a logarithmic axis span at least one decade between powers of ten, so that its labels read as
    such.

    Axes that already hold two labelled powers are left as they are.
    """
    low, high = ax.get_ylim()
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    if math.floor(math.log10(high)) - math.ceil(math.log10(low)) < 1:
        ax.set_ylim(10.0**first, 10.0 ** max(last, first + 1))
