"""Every prediction for the Kerr-cat double well, each with its validity range; and the exact rate of any Lindblad model.

The numbers behind ``valid`` and ``accuracy`` come from a comparison of every method with the exact Liouvillian over ε₂/K =
1 ... 12, κ/K = 0.001 ... 0.5 and n_th = 1e-6 ... 0.2.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cached_property

import numpy as np

from wellhop.analysis.activation import Scenario, scenario_rate
from wellhop.analysis.dual_basis import dual_error, dual_model
from wellhop.analysis.kerr_cat_level_prediction import LEVEL_METHODS
from wellhop.analysis.liouvillian import SlowRate, decay_rate
from wellhop.analysis.prediction import Method
from wellhop.analysis.staircase import Populations, RateModel, ground_rate, rate_model
from wellhop.engine.errors import PredictionError
from wellhop.engine.fock import parity_signs
from wellhop.engine.lindblad import LindbladModel
from wellhop.engine.systems.kerr_cat import KerrCat, Manifolds

#: Above this κ/K the coherence between manifolds, which the rate equations drop, costs 5 to 10 %.
STRONG_DAMPING = 0.3
#: Above this Γ/κ transit times are no longer short against residence times.
FAST_SWITCHING = 0.02
#: A prediction expected to be further off than this is not set against a measurement.
WORST_ACCURACY = 0.3
#: Eigenvalues of the rate equations below this many K have lost digits; sums over paths below this many κ.
EIGENVALUE_FLOOR, PATH_FLOOR = 1e-14, 1e-22
#: Above this n_th no formula has been compared with exact rates closely enough.
HOTTEST = 1.0
#: Share of the rate in paths that a formula leaves out, above which it says so.
NOTED_PATHS = 0.05


class KerrCatSubject:
    """What the methods look at; expensive parts are computed once and shared."""

    def __init__(self, system: KerrCat | LindbladModel) -> None:
        self.system = system

    @property
    def kerr_cat(self) -> KerrCat:
        """The system, for methods that know only this one."""
        if not isinstance(self.system, KerrCat):
            raise PredictionError(
                "rate_model and its relatives exist for kerr_cat_staircase only; use liouvillian"
            )
        return self.system

    @cached_property
    def slow_rate(self) -> SlowRate:
        """Slowest real mode of the Liouvillian."""
        if isinstance(self.system, LindbladModel):
            return decay_rate(self.system)
        model = self.system.lindblad()
        return decay_rate(model, parity_signs=parity_signs(model.dim))

    @cached_property
    def levels(self) -> Manifolds:
        """Levels of the Kerr-cat."""
        return self.kerr_cat.manifolds()

    @cached_property
    def rates(self) -> RateModel:
        """Hop rates between the manifolds."""
        return rate_model(self.kerr_cat, self.levels)

    @cached_property
    def reference_rate(self) -> tuple[float, str]:
        """What shares are taken of, and its name: the exact rate, or where that is round-off the best formula."""
        if self.slow_rate.resolved:
            return self.slow_rate.value, "the exact rate"
        try:
            model = dual_model(self.kerr_cat, self.levels)
        except PredictionError:
            model = self.rates
        return model.quasi_stationary(
            "resummed"
        ).decay_rate, "the semi-analytical rate (the exact one is round-off)"

    @property
    def unit_note(self) -> str:
        """Unit of every rate of this subject."""
        if isinstance(self.system, LindbladModel):
            return "in the unit of the Hamiltonian"
        return "in units of K" if self.system.K == 1.0 else f"in the unit in which K = {self.system.K:g}"


#: next decay rate over the slowest below which no two-state rate is quoted
LEAST_SEPARATION = 3.0


def _liouvillian(subject: KerrCatSubject) -> tuple[float, bool, str, float | None]:
    """Exact rate with its round-off and time-scale checks."""
    slow = subject.slow_rate
    notes = []
    accuracy = max(1e-9, slow.resolution / abs(slow.value)) if slow.value else 1.0
    if not slow.resolved:
        notes.append(f"rate below {slow.resolution:.1g}: round-off")
    if slow.next_rate is None:
        notes.append("no second mode: time-scale separation unknown")
    elif slow.resolved and slow.separation < 20.0:
        notes.append(
            f"next mode only {slow.separation:.2g} times faster: the two-state picture is approximate"
        )
    if isinstance(subject.system, KerrCat) and slow.value > FAST_SWITCHING * subject.system.kappa:
        ratio = slow.value / subject.system.kappa
        notes.append(_fast(ratio))
    separated = slow.resolved and slow.next_rate is not None and slow.separation >= LEAST_SEPARATION
    value = slow.value if slow.value > 0.0 else math.nan
    return value, separated, "; ".join(notes), min(accuracy, 1.0)


def _fast(ratio: float) -> str:
    """What fast switching does."""
    return f"two-state picture fails, residence times contain transit times: Gamma/kappa = {ratio:.2g} > {FAST_SWITCHING}"


def _outside(system: KerrCat) -> list[str]:
    """Why a system is outside what formulas over manifolds are for."""
    notes = ["eps2/K < 1: no well holds a level"] if system.eps2 < system.K else []
    return [
        *notes,
        *([f"n_th > {HOTTEST:g}: not compared with exact rates"] if system.n_th > HOTTEST else []),
    ]


def _lost(floor: float) -> str:
    """What round-off does to rates far below the matrix elements they come from."""
    return f"below {floor:.1g}: round-off"


def rate_equation_error(system: KerrCat) -> float:
    """Largest expected relative error of the rate equations against the exact rate.

    Two sources: the coherence between manifolds, at most 7e-3 [κ(1+2n_th)/0.1K]^1.7, and heating by the
    non-Hermitian part of the evolution, (κ/16ε₂)² per photon lost, which competes with n_th and which the
    eigenstates of H do not see.
    """
    coherence = 7e-3 * (system.kappa * (1.0 + 2.0 * system.n_th) / (0.1 * system.K)) ** 1.7
    quantum_heating = (system.kappa / (16.0 * system.eps2)) ** 2
    # The leading order is too small by a factor of up to 3 for shallow wells.
    missing = 3.0 * quantum_heating / system.n_th if system.n_th > 0.0 else np.inf
    return float(coherence + missing)


def _from_rates(
    subject: KerrCatSubject, value: float, own_error: float
) -> tuple[float, bool, str, float | None]:
    """Common validity checks of everything built on the rate equations."""
    system = subject.kerr_cat
    base = rate_equation_error(system)
    accuracy = base + own_error
    notes = []
    if system.kappa > STRONG_DAMPING * system.K:
        notes.append(f"kappa/K > {STRONG_DAMPING}: semi-analytics 5-10 % off")
    if (system.kappa / (16.0 * system.eps2)) ** 2 > 0.02 * system.n_th:
        notes.append("n_th so low that heating by the non-Hermitian evolution, not in this formula, matters")
    elif accuracy > WORST_ACCURACY:
        notes.append(f"expected to be off by up to {100.0 * accuracy:.0f} %")
    if value < PATH_FLOOR * system.kappa:
        notes.append(_lost(PATH_FLOOR * system.kappa))
    notes += _outside(system)
    return value, not notes, "; ".join(notes), accuracy if accuracy < 1.0 else None


def _rate_equations(subject: KerrCatSubject) -> tuple[float, bool, str, float | None]:
    """All manifolds with their tunnelling coherence."""
    try:
        value = subject.rates.decay_rate()
    except PredictionError as error:
        return math.nan, False, str(error), None
    value, valid, note, accuracy = _from_rates(subject, value, 0.0)
    floor = EIGENVALUE_FLOOR * subject.kerr_cat.K
    if value >= floor:
        return value, valid, note, accuracy
    return value, False, "; ".join(filter(None, [_lost(floor), note])), None


def _semi_analytical(populations: Populations) -> Callable[..., tuple[float, bool, str, float | None]]:
    """Incoherent picture; its error is that of eliminating the coherence, 1.5e-3 + n_th/4, and of the paths left out."""

    def evaluate(subject: KerrCatSubject) -> tuple[float, bool, str, float | None]:
        value = subject.rates.quasi_stationary(populations).decay_rate
        all_paths = subject.rates.quasi_stationary("resummed").decay_rate
        left_out = abs(value / all_paths - 1.0) if all_paths > 0.0 else 0.0
        found = _from_rates(subject, value, 1.5e-3 + 0.25 * subject.kerr_cat.n_th + left_out)
        if left_out <= NOTED_PATHS:
            return found
        return (
            found[0],
            found[1],
            "; ".join(filter(None, [f"paths left out carry {100.0 * left_out:.2g} %", found[2]])),
            found[3],
        )

    return evaluate


def _dual(populations: Populations | None) -> Callable[..., tuple[float, bool, str, float | None]]:
    """Rate equations in the dual basis (None), or their incoherent picture; valid at any temperature."""

    def evaluate(subject: KerrCatSubject) -> tuple[float, bool, str, float | None]:
        system = subject.kerr_cat
        accuracy = dual_error(system)
        try:
            model = dual_model(system, subject.levels)
            if populations is None:
                value = model.decay_rate()
            else:
                value = model.quasi_stationary(populations).decay_rate
                accuracy += 1.5e-3 + 0.25 * system.n_th
        except PredictionError as error:
            return math.nan, False, str(error), None
        notes = [f"expected to be off by up to {100.0 * accuracy:.0f} %"] if accuracy > WORST_ACCURACY else []
        if populations is None and value < EIGENVALUE_FLOOR * system.K:
            notes.append(_lost(EIGENVALUE_FLOOR * system.K))
        if populations is not None and value < PATH_FLOOR * system.kappa:
            notes.append(_lost(PATH_FLOOR * system.kappa))
        notes += _outside(system)
        return value, not notes, "; ".join(notes), accuracy if accuracy < 1.0 else None

    return evaluate


def _ground_only(subject: KerrCatSubject) -> tuple[float, bool, str, float | None]:
    """Tunnelling through the barrier without any heating."""
    value = ground_rate(subject.kerr_cat)
    total, words = subject.reference_rate
    share = value / max(value, total)
    if share > 0.5:
        notes = _outside(subject.kerr_cat)
        return value, not notes, "; ".join(notes), abs(1.0 - share)
    return value, False, f"only {share:.2g} of {words}: switching goes through excited manifolds", None


def _scenario(
    scenario: Scenario, reach: int | None = None
) -> Callable[..., tuple[float, bool, str, float | None]]:
    """One activation mechanism alone; it predicts the rate only where it carries most of it."""

    def evaluate(subject: KerrCatSubject) -> tuple[float, bool, str, float | None]:
        try:
            value = scenario_rate(subject.kerr_cat, scenario, reach=reach, levels=subject.levels)
        except PredictionError as error:
            return math.nan, False, str(error), None
        if value < PATH_FLOOR * subject.kerr_cat.kappa and scenario != "ground":
            return value, False, _lost(PATH_FLOOR * subject.kerr_cat.kappa), None
        total, words = subject.reference_rate
        share = value / total
        notes = _outside(subject.kerr_cat)
        valid = 0.5 < share < 1.5 and not notes
        return (
            value,
            valid,
            "; ".join([f"{100.0 * share:.3g} % of {words}", *notes]),
            abs(1.0 - share) if valid else None,
        )

    return evaluate


def _truncated_wigner(subject: KerrCatSubject) -> tuple[float, bool, str, float | None]:
    """The rate Langevin trajectories have, another model than the quantum one."""
    # That module is needed by nobody else here, and costs start-up time.
    from wellhop.analysis.kerr_cat_twa import twa_prediction

    value, valid, note, accuracy = twa_prediction(subject.kerr_cat)
    if math.isfinite(value) and subject.slow_rate.resolved:
        note = f"{value / subject.slow_rate.value:.3g} times the exact rate; {note}"
    return value, valid, note, accuracy


#: Name, as written in campaigns and on the command line -> method. Order is the order of tables.
KERR_CAT_METHODS: dict[str, Method] = {
    "liouvillian": Method("exact (Liouvillian)", "odd-parity Liouvillian, Appendix A", True, _liouvillian),
    "rate_model": Method("rate equations", "Eqs. (50)(51)", False, _rate_equations),
    "semi_analytical": Method(
        "semi-analytical, one downward step", "Eqs. (79)(80)", False, _semi_analytical("one_down")
    ),
    "semi_analytical_up": Method(
        "semi-analytical, upward only", "Eqs. (77)(80)", False, _semi_analytical("up")
    ),
    "resummed": Method(
        "semi-analytical, all paths", "Eqs. (69)-(76) solved", False, _semi_analytical("resummed")
    ),
    "ground_only": Method("ground manifold only, 2 V_00", "Eq. (96)", False, _ground_only),
    **{
        f"cascaded_r{reach}": Method(
            f"cascaded heating, hops of at most {reach}",
            "Eqs. (90)(91)",
            False,
            _scenario("cascaded", reach),
            default=False,
            listed=True,
        )
        for reach in (1, 2, 3)
    },
    "cascaded": Method(
        "cascaded heating, hops of any reach",
        "Eqs. (90)(91)",
        False,
        _scenario("cascaded"),
        default=False,
        listed=True,
    ),
    "direct": Method(
        "direct heating out of the ground manifold",
        "Eqs. (92)(93)",
        False,
        _scenario("direct"),
        default=False,
        listed=True,
    ),
    "nonhermitian": Method(
        "quantum heating of the non-Hermitian Hamiltonian",
        "Eqs. (104)-(106)",
        False,
        _scenario("nonhermitian"),
        default=False,
        listed=True,
    ),
    "dual_rate_model": Method(
        "rate equations, dual basis of H_nh: any temperature",
        "Eqs. (50)(51) with analysis.dual_basis",
        False,
        _dual(None),
        default=False,
        listed=True,
    ),
    "dual_resummed": Method(
        "semi-analytical, all paths, dual basis",
        "Eqs. (69)-(76) with analysis.dual_basis",
        False,
        _dual("resummed"),
        default=False,
        listed=True,
    ),
    "twa": Method(
        "truncated Wigner (operator): no staircase, far too fast",
        "operator truncated Wigner",
        False,
        _truncated_wigner,
        default=False,
        listed=True,
    ),
    **LEVEL_METHODS,
}
