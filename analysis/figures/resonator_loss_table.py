"""The numbers drawn in the figure of the two-photon resonator's slow modes against one-photon loss."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from wellhop.analysis.comparison import Comparison, compare
from wellhop.analysis.estimate import RateEstimate
from wellhop.analysis.figures.drawn import DrawnTable
from wellhop.analysis.figures.resonator_measured import MeasuredCoherence, MeasuredTelegraph
from wellhop.analysis.resonator_loss_curves import LossCurves, dark_law

RealVector = npt.NDArray[np.float64]
ComplexVector = npt.NDArray[np.complex128]

COLUMNS = ("series", "kappa_1 [eta]", "rate [eta]", "lower [eta]", "upper [eta]", "Im [eta]", "exact [eta]", "pull",
           "trajectories", "switches")  # fmt: skip


def tabulate_theory(table: DrawnTable, curves: LossCurves) -> None:
    """Add every line; an eigenvalue is its decay rate and, as ``Im``, the size of its imaginary part."""
    none = [None] * 4

    def line(series: str, losses: RealVector, values: ComplexVector) -> None:
        table.add_series(series, losses, -values.real, None, None, np.abs(values.imag), *none)

    pair = curves.pair
    line("exact slow", curves.losses, curves.slow)
    line("exact fast", curves.losses, curves.fast)
    line("slow space slow", curves.losses, pair[0])
    line("slow space fast", curves.losses, pair[1])
    beyond = curves.losses > curves.exceptional
    flips = curves.flips[beyond]
    zeno = curves.gamma + 0.5 * curves.omega**2 / flips
    table.add_series("Zeno", curves.losses[beyond], zeno, None, None, None, *none)
    table.add_series("phase flips", curves.losses[beyond], 2.0 * flips, None, None, None, *none)
    table.add("Gamma", 0.0, curves.gamma, *[None] * 7)
    table.add("Omega", 0.0, curves.omega, *[None] * 7)
    photons = abs(curves.system.alpha0) ** 2
    for name, loss in (("", curves.exceptional), (" in the slow space", curves.predicted)):
        table.add("exceptional point" + name, loss, curves.gamma + loss * photons, *[None] * 7)
    if curves.dark.size:
        first = dark_law(curves.system.G / curves.system.eta, curves.dark_losses)
        table.add_series("Delta = 0", curves.dark_losses, curves.dark, None, None, None, *none)
        table.add_series("Delta = 0 first order", curves.dark_losses, first, None, None, None, *none)


def tabulate_measured(
    table: DrawnTable, coherence: MeasuredCoherence | None, telegraph: Sequence[MeasuredTelegraph]
) -> list[Comparison]:
    """Add every point; return the comparisons of the headline estimates, residence times left out."""
    found = []

    def point(
        series: str,
        loss: float,
        estimate: RateEstimate,
        exact: float,
        trajectories: int,
        switches: int | None,
    ) -> None:
        one = compare(estimate, exact)
        table.add(
            series,
            loss,
            estimate.value,
            estimate.lower,
            estimate.upper,
            None,
            exact,
            one.pull,
            trajectories,
            switches,
        )
        if series != "residence times":
            found.append(one)

    if coherence is not None:
        for name, exact in coherence.expected.items():
            point(
                f"measured {name}",
                0.0,
                coherence.rates[name],
                exact,
                coherence.measurement.n_trajectories,
                None,
            )
    for m in telegraph:
        count = m.measurement.n_trajectories
        point("measured Gamma_z", m.system.kappa_1, m.rate, m.exact, count, m.switches)
        if m.residence is not None:
            point("residence times", m.system.kappa_1, m.residence, m.exact, count, m.switches)
    return found
