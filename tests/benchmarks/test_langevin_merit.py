"""Figure of merit of the Langevin schemes: CPU seconds per switching time 1/lam_e at the step where rates are off by one per cent.

For every scheme the rates k_v and k_b are measured at steps long enough for their bias to stand out, against the operator
truncated-Wigner rates, which have no step. The two leading terms c dt^p + d dt^r of the weak order are fitted (``step_bias.py``)
and carried to a bias of one per cent, in the worse of both rates. Intervals are those of the fits, 95 %.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from typing import Any

import pytest

from wellhop.analysis.directed_rates import directed_rates
from wellhop.analysis.step_bias import BiasFit
from wellhop.engine import langevin
from wellhop.engine.systems.kerr_two_photon_drive import KerrTwoPhotonDrive
from wellhop.jobs.figure_step_bias import NAMES, POINTS, BiasPoint, biases, sample_biases, small_bias_fit

#: costs of several sides taken in turns, see conftest.py
Interleave = Callable[..., dict[str, float]]

#: Expected switches in each direction at every step (Euler-Maruyama: its share of them).
SWITCHES = 10_000
LANES, STEPS = 64, 40_000


def _side(system: KerrTwoPhotonDrive, scheme: str, dt: float) -> Callable[[], float]:
    """Steps of one scheme, with cores and samples as in any run."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        problem = langevin.oscillator_problem(
            system.oscillator(), duration=STEPS * dt, sample_interval=10.0, dt=dt, scheme=scheme
        )

    def run() -> float:
        langevin.run_many(problem, 3, range(LANES))
        return float(problem.n_steps * LANES)

    return run


def _worse(fits: dict[str, BiasFit]) -> tuple[str, BiasFit]:
    return min(fits.items(), key=lambda item: item[1].step)


@pytest.mark.parametrize("point", POINTS, ids=["near", "far"])
def test_cost_of_a_switching_time_at_one_per_cent(
    point: BiasPoint, interleave: Interleave, tell: Callable[[str], None], benchmark: Any
) -> None:
    """Table: scheme, bias at its longest step, step at one per cent, ns per step, CPU seconds per 1/lam_e, ratio to Strang."""
    system = point.system
    reference = directed_rates(system, "twa")
    sampled = benchmark.pedantic(lambda: sample_biases(point, reference, SWITCHES, seed=11), rounds=1, iterations=1)
    cost = interleave({s: _side(system, s, min(dts)) for s, dts in point.steps.items()}, rounds=3)
    tell(
        f"G4  cost of 1/lam_e = {1.0 / reference.lam_e:.4g}/gamma at 1 % bias of k_v and k_b; delta {system.delta:g}, "
        f"eps {system.eps:g}, U {system.U:g} (gamma = 1), {SWITCHES} switches per step"
    )
    seconds: dict[str, float] = {}
    for scheme, measured in sampled.items():
        found = {name: biases(measured, reference, name) for name in NAMES}
        fits = {name: fit for name, m in found.items() if (fit := small_bias_fit(m)) is not None}
        seen = ", ".join(f"{n} {100 * math.expm1(m.bias[-1]):+.0f} %" for n, m in found.items())
        if not fits:
            tell(f"G4    {scheme:8s} {seen} at dt = {measured[-1].dt:.3g}: biases too large for a fit")
            continue
        name, fit = _worse(fits)
        seconds[scheme] = cost[scheme] / (fit.step * reference.lam_e)
        low, high = (cost[scheme] / (step * reference.lam_e) for step in (fit.upper, fit.lower))
        ratio = seconds[scheme] / seconds.get("strang", math.nan)
        tell(
            f"G4    {scheme:8s} {seen} at dt = {measured[-1].dt:.3g}; 1 % of {name} at dt = {fit.step:.2g} "
            f"[{fit.lower:.2g}, {fit.upper:.2g}] (power {fit.power:.1f} +- {fit.power_error:.1f}); {1e9 * cost[scheme]:.1f} ns per "
            f"step; {1e6 * seconds[scheme]:.3g} us [{1e6 * low:.3g}, {1e6 * high:.3g}], {ratio:.3g} x strang"
        )
    benchmark.extra_info.update(seconds)
