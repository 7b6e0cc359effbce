"""What the figures of the two-photon-driven Kerr oscillator have in common: one style for each kind of theory, one
spelling for each axis.

Everything is in units of the amplitude loss rate γ.
"""

from __future__ import annotations

from wellhop.analysis.figures.layout import Theory
from wellhop.analysis.figures.style import COLOURS, INK

DELTA = r"detuning $\delta/\gamma$"
DRIVE = r"two-photon drive $\epsilon/\gamma$"
#: Sources named at the head of the CSV.
MODEL = (
    "H = delta n + (U/2) a^dag^2 a^2 + (eps/2)(a^dag^2 + a^2), amplitude loss rate gamma = 1; "
    "T. Sepulcre, Analytical phase boundary of a quantum driven-dissipative Kerr oscillator from classical "
    "stochastic instantons (2025)"
)

QUANTUM = Theory(r"exact, $U\to 0$", COLOURS[0], "-", "o")
TWA = Theory("truncated Wigner: instantons", COLOURS[1], (0, (5, 1.5)), "s")
ANSATZ = Theory("ansatz, Eq. (11)", COLOURS[2], (0, (5, 1.5, 1, 1.5)), "^")
FINITE = Theory(r"exact, finite $U$", INK, (0, (1, 1.2)), "D")
