"""What figures of the driven qubit with a defect have in common: axes of phase space, limit cycle, source, points of the paper."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes

from wellhop.analysis.figures.layout import minor_ticks
from wellhop.engine.systems.driven_qubit_tls import DrivenQubitTLS

RealArray = npt.NDArray[np.float64]

X_MATH, Y_MATH = r"$x=\mathrm{Re}\,\alpha\,e^{i\Delta_dt}$", r"$y=\mathrm{Im}\,\alpha\,e^{i\Delta_dt}$"
#: Source named at the head of the CSV.
MODEL = (
    "reduced model, Delta_c/2pi 0.11, g/2pi 0.4, gamma_c/2pi 1 MHz, omega_q/2pi 4.5 GHz, T 10 mK unless set; qubit "
    f"frame; {DrivenQubitTLS.reference}"
)
#: Points of the paper's figures: name, Δ_d/2π and Ω/2π in MHz.
PAPER_POINTS = (
    ("2(a)", -1.5, 0.10),
    ("2(b)", -0.37, 0.10),
    ("2(c)", 0.02, 0.10),
    ("2(d)", 0.10, 0.25),
    ("5(a)", 0.52, 0.10),
    ("5(b)", 0.22, 0.10),
)
TRAJECTORY = "#d62728"
#: What every figure of the closed forms alone has to say.
REDUCED_ONLY = "Reduced model only; the full model differs (figure 8)."


def phase_space(ax: Axes, reach: float) -> None:
    """Equal axes x and y from -reach to reach."""
    ax.set(xlim=(-reach, reach), ylim=(-reach, reach), aspect="equal", xlabel=X_MATH)
    ax.set_yticks([tick for tick in ax.get_xticks() if abs(tick) <= reach])
    ax.grid(False)
    minor_ticks(ax)


def circle(radius: float, points: int = 181) -> tuple[RealArray, RealArray]:
    """A closed circle around 0.

    >>> x, y = circle(2.0, 5)
    >>> [round(float(a), 12) + 0.0 for a in x], [round(float(a), 12) + 0.0 for a in y]
    ([2.0, 0.0, -2.0, 0.0, 2.0], [0.0, 2.0, 0.0, -2.0, 0.0])
    """
    angle = np.linspace(0.0, 2.0 * np.pi, points)
    return radius * np.cos(angle), radius * np.sin(angle)


def parameters_math(system: DrivenQubitTLS) -> str:
    r"""Drive and detuning for a title.

    >>> print(parameters_math(DrivenQubitTLS(0.3, 0.5)))
    $\Delta_d/2\pi=0.3$ MHz, $\Omega/2\pi=0.5$ MHz
    """
    return rf"$\Delta_d/2\pi={system.Delta_d:g}$ MHz, $\Omega/2\pi={system.Omega:g}$ MHz"


def limit_cycle_style(**changes: Any) -> dict[str, Any]:
    """Keywords of ``Axes.plot`` for the limit cycle.

    >>> limit_cycle_style(color="white")["linestyle"]
    (0, (4, 2))
    """
    return {"color": "#222222", "linewidth": 1.0, "linestyle": (0, (4, 2)), **changes}
