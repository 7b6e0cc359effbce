"""Measure switching rates from Python: a model in, rates with their intervals and every prediction out.

A built-in system by name, a system object, or any finite-dimensional Lindblad model with two metastable states given as
QuTiP operators. For the last, the wells and the displacement of every channel in every well come from the slow modes of the
Liouvillian (``analysis.metastable``) unless they are given. Built-in systems are measured with quantum jumps or with
truncated-Wigner Langevin trajectories; a drift of the user's own by :func:`wellhop.jobs.measure_langevin.measure_langevin`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Literal

import numpy.typing as npt

from wellhop.analysis.branching_comparison import compare_branching, predicted_branching
from wellhop.analysis.measurement import Measurement
from wellhop.engine.errors import ParameterError, UnravellingError
from wellhop.engine.systems import System
from wellhop.engine.systems.kerr_cat import KerrCat
from wellhop.engine.systems.kerr_cat_jumps import jump_setup
from wellhop.engine.systems.two_photon_resonator import TwoPhotonResonator
from wellhop.engine.unravelling import PropagatorKind
from wellhop.jobs.judging import full_measurement, with_branching
from wellhop.jobs.langevin_arm import SCHEMES, TRUNCATIONS
from wellhop.jobs.measure_langevin import batches, measure_langevin
from wellhop.jobs.measurement_plan import BUILT_IN, JUMP_BATCHES, described, generic_setup
from wellhop.jobs.switching_results import CoherenceResult, DirectedResult, SwitchingResult, result_of
from wellhop.jobs.time_scales import BURN_IN_RELAXATION_TIMES, sampling

__all__ = [
    "CoherenceResult",
    "DirectedResult",
    "SwitchingResult",
    "generic_setup",
    "measure_langevin",
    "measure_switching",
]

METHODS = ("jumps", "langevin")


def measure_switching(
    model: str | System | Any,
    c_ops: Sequence[Any] | None = None,
    order_parameter: Any | None = None,
    *,
    method: Literal["jumps", "langevin"] = "jumps",
    relative_error: float = 0.05,
    max_trajectories: int = 4096,
    duration: float | None = None,
    displacements: npt.ArrayLike | None = None,
    propagator: PropagatorKind = "auto",
    scheme: str = "strang",
    dt: float | None = None,
    truncation: str | None = None,
    manifolds_resolved: bool = False,
    seed: int = 0,
    threads: int | None = None,
    report: Callable[[str], None] | None = None,
    **parameters: float,
) -> SwitchingResult | DirectedResult | CoherenceResult:
    """Measure how fast a system switches between its wells.

    Batches of trajectories are run until the error of ln Γ falls below ``relative_error``. Γ is the decay rate of the
    population difference, k_01 + k_10; for symmetric wells twice the one-way rate. With three wells the error is that of the
    less certain of k_v (out of the vacuum) and k_b (out of a bright well), for the Duffing oscillator of k_LH and k_HL. Where
    parity is conserved (two-photon resonator without one-photon loss) it is that of the less certain of Γ and Ω, decay and
    frequency of the coherence between parities.

    Args:
        model: name of a built-in system (then give its ``parameters``), a system object, a :class:`LindbladModel`, or a Hamiltonian
            (QuTiP ``Qobj`` or array) together with ``c_ops`` and ``order_parameter``.
        c_ops: jump operators with the square roots of their rates, as for ``qutip.mcsolve``.
        order_parameter: Hermitian operator that tells the wells apart; well 0 is where it is larger.
        method: ``jumps``, the quantum model, or ``langevin``, the truncated Wigner equation: a model of its own with rates of its
            own, for built-in systems.
        relative_error: one standard deviation of ln Γ to reach, between 0 and 0.5.
        max_trajectories: stop there in any case.
        duration: length of a trajectory; 20/Γ of the prediction by default, with three wells 5/lam_e, with two different ones
            5/Γ, of a coherence 5/|Γ + iΩ| (12 where Ω > 10 Γ).
        displacements: (2, n_channels) shifts β of the jump operators in either well; -Tr(L_k ρ_w) by default.
        propagator: of jumps, see :func:`wellhop.engine.unravelling.build_problem`.
        scheme, dt: of Langevin steps, see :func:`wellhop.engine.langevin_problem.oscillator_problem`.
        truncation: of Langevin trajectories of the two-photon resonator, ``drop`` or ``clip``; see
            :mod:`wellhop.engine.resonator_langevin`.
        manifolds_resolved: of jumps of a Kerr-cat: measure also in which manifold the switching happens, ``result.branching``.
        seed, threads: the result depends on the seed only.
        report: called with a line after every batch.

    Returns:
        :class:`SwitchingResult` for two like wells, :class:`DirectedResult` for three or two different ones,
        :class:`CoherenceResult` for a conserved parity.

    Raises:
        ParameterError, ModelError: malformed arguments.
        SpectrumError: the model has no two metastable states. UnravellingError: nothing switches at these parameters.

    >>> result = measure_switching("kerr_cat_staircase", eps2=3.0, kappa=0.1, n_th=0.1, relative_error=0.2, threads=1)
    >>> bool(abs(result.comparisons["liouvillian"].pull) < 6)
    True
    """
    _check_arguments(method, relative_error, max_trajectories, duration, seed, threads, scheme, dt)
    if method == "langevin" and not isinstance(model, BUILT_IN):
        raise ParameterError(
            "method", method, "'jumps' for a model given by operators", "only built-in systems have a truncated Wigner equation"
        )
    _check_resolvable(manifolds_resolved, model, method, propagator)
    plan = described(model, c_ops, order_parameter, displacements, parameters, method)
    plan = replace(plan, truncation=_checked_truncation(truncation, plan.subject, method, scheme))
    if manifolds_resolved and isinstance(plan.subject, KerrCat):
        plan = replace(plan, setup=jump_setup(plan.subject, manifolds_resolved=True))
    if duration is None:
        if not math.isfinite(plan.scales.rate):
            raise ParameterError("duration", None, "a number > 0 here", plan.scales.missing)
        duration = plan.duration
    burn_in = BURN_IN_RELAXATION_TIMES * plan.scales.relaxation_time
    if duration <= 2.0 * burn_in:
        raise UnravellingError(
            f"duration: got {duration:.4g}, allowed is more than twice the burn-in of {burn_in:.4g}; the switching time is not "
            "long compared with the relaxation inside a well, so a switching rate means little here"
        )
    interval = sampling(plan.scales) if math.isfinite(plan.scales.rate) else plan.scales.relaxation_time
    problem = plan.problem(duration, min(interval, duration / 8.0), propagator, scheme, dt)
    about = plan.about(problem, burn_in)
    records = batches(problem, about, plan.batch, relative_error, max_trajectories, seed, threads, report)
    measured, branching = full_measurement(about, records), None
    if manifolds_resolved:
        assert isinstance(measured, Measurement)
        assert isinstance(plan.subject, KerrCat)
        measured, split = with_branching(about, records, measured)
        if split is not None:
            branching = compare_branching(split, predicted_branching(plan.subject, split.resolved))
    return result_of(measured, plan.predictions(), records, problem, plan.states, branching)


def _checked_truncation(truncation: Any, subject: Any, method: str, scheme: str) -> str | None:
    """The truncation where there must be one; refuse it where there is nothing to truncate."""
    wanted = isinstance(subject, TwoPhotonResonator) and method == "langevin"
    if not wanted and truncation is not None:
        raise ParameterError("truncation", truncation, "None here", "only Langevin trajectories of two_photon_resonator need one")
    if wanted and truncation not in TRUNCATIONS:
        why = "how the negative diffusion around the vacuum is made non-negative"
        raise ParameterError("truncation", truncation, "one of " + ", ".join(TRUNCATIONS), why)
    if wanted and scheme != "strang":
        raise ParameterError("scheme", scheme, "strang for two_photon_resonator")
    return None if truncation is None else str(truncation)


def _check_resolvable(manifolds_resolved: Any, model: Any, method: str, propagator: PropagatorKind) -> None:
    """Refuse manifolds where there are none."""
    if not isinstance(manifolds_resolved, bool):
        raise ParameterError("manifolds_resolved", manifolds_resolved, "True or False")
    cat = isinstance(model, KerrCat) or (isinstance(model, str) and model == KerrCat.name)
    if manifolds_resolved and (method != "jumps" or not cat):
        raise ParameterError("manifolds_resolved", True, "false here", "only quantum jumps of kerr_cat_staircase have manifolds")
    if manifolds_resolved and propagator == "dyadic":
        raise ParameterError("propagator", propagator, "'auto' or 'eigen' with manifolds_resolved")


def _check_arguments(
    method: Any, relative_error: Any, max_trajectories: Any, duration: Any, seed: Any, threads: Any, scheme: Any, dt: Any
) -> None:
    """Refuse malformed numbers and words."""
    if method not in METHODS:
        raise ParameterError("method", method, "one of " + ", ".join(METHODS))
    if not (isinstance(relative_error, int | float) and 0.0 < relative_error < 0.5):
        raise ParameterError("relative_error", relative_error, "a number between 0 and 0.5")
    least = JUMP_BATCHES[2]
    if isinstance(max_trajectories, bool) or not isinstance(max_trajectories, int) or max_trajectories < least:
        raise ParameterError("max_trajectories", max_trajectories, f"an integer >= {least}")
    for name, value in (("duration", duration), ("dt", dt)):
        if value is not None and not (isinstance(value, int | float) and math.isfinite(value) and value > 0.0):
            raise ParameterError(name, value, "a finite number > 0")
    if isinstance(seed, bool) or not isinstance(seed, int) or not 0 <= seed < 2**63:
        raise ParameterError("seed", seed, "an integer from 0 to 2^63 - 1")
    if threads is not None and (not isinstance(threads, int) or threads < 1):
        raise ParameterError("threads", threads, "an integer >= 1")
    if scheme not in SCHEMES:
        raise ParameterError("scheme", scheme, "one of " + ", ".join(SCHEMES))
