"""What the rates of the Duffing oscillator mean, for reports."""

from __future__ import annotations

from wellhop.analysis.exponent_report import DUFFING

_NAMES = DUFFING.names
DEFINITIONS = (
    f"{_NAMES['k_LH']}: one-way rate from the small orbit LAS to the large orbit HAS; {_NAMES['k_HL']}: back. &Gamma; is their "
    f"sum, the decay rate of the population difference. {_NAMES['k_LH']} = &Gamma; &times; stationary weight of HAS.",
    "The quoted &Gamma; is the decay rate of the autocorrelation of the label; its split rests on starts in the coherent state "
    "of either attractor, as the spectral definition does. Neither depends on how long a transit takes. Counted rates (switches "
    "between cores per time) stand beside them: short by about rate &times; transit, and long by switches that soon return, here "
    "often the larger of the two (10 % and more). Sums over points agree down to <i>p</i> = 0.001 of their &chi;&sup2;.",
    "Quantum jumps are compared with the exact model, Langevin trajectories with the truncated Wigner generator. The two have "
    "different exponents for &lambda; &rarr; 0, from a cold bath not even the same preferred attractor: where they differ, "
    "neither is wrong.",
    "Rates behave as exp(&minus;<i>R</i>/&lambda;). <i>R</i> of the quantum model is closed for a bath without thermal photons "
    "and without dephasing; that of the truncated Wigner equation is the classical instanton.",
)
