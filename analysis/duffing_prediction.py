"""Every prediction for switching of the driven Duffing oscillator: rates, weights, photons, actions.

Where a quantity does not exist (no bistability, hybridised wells, Fock space too large, below round-off) its value is NaN or it
is flagged, and the note says why. Rates of the quantum model and of the truncated Wigner equation (suffix ``_twa``) out of LAS
have different exponents at low temperature: quantum jumps measure the former, Langevin trajectories the latter.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from wellhop.analysis.directed_rates import LARGEST_TAIL, Generator
from wellhop.analysis.duffing_actions import escape_path, quantum_exponents
from wellhop.analysis.duffing_rates import (
    LARGEST_RATIO,
    DuffingRates,
    DuffingSpectrum,
    duffing_rates,
    duffing_spectrum,
    split_notes,
)
from wellhop.analysis.duffing_temperature import well_temperature
from wellhop.analysis.keldysh import WeakNoiseModel
from wellhop.analysis.prediction import Evaluation, Method, flagged
from wellhop.engine.errors import WellhopError
from wellhop.engine.systems.duffing_attractors import Attractor, DuffingAttractors

CONVENTION = (
    "k_LH: one-way escape rate LAS -> HAS, k_HL: HAS -> LAS; Gamma = k_LH + k_HL: decay rate of the difference of populations; "
    "actions R with k ~ exp(-R/lam) for lam -> 0; kappa = 2 khat dw is the energy decay rate"
)

#: Relative accuracy of a gap at the default cut-off.
GAP_ACCURACY = 1e-6
#: Relative error of a directed rate above which it is not quoted, and above which it is noted.
LARGEST_LOSS, NOTED_LOSS = 0.5, 0.1
#: Relative difference from the closed form beyond which a real Keldysh path is not the exponent.
_AGREEMENT = 1e-6
#: R/lam below which exp(-R/lam) says little about the rate at that lam.
SMALLEST_EXPONENT = 3.0
#: Fock states up to which details hold the temperatures of the wells.
LARGEST_WARM_SPACE = 500


class DuffingSubject:
    """What the methods look at; each generator is decomposed once, its refusal is remembered as well."""

    unit_note = "in the unit that dw is given in (dw in rad/us: 1/us)"

    def __init__(self, system: DuffingAttractors) -> None:
        self.system = system
        self._known: dict[str, DuffingSpectrum | WellhopError] = {}

    def spectrum(self, generator: Generator) -> DuffingSpectrum:
        """Slow mode of a generator.

        Raises:
            CutoffError, ModelError, SpectrumError: as :func:`duffing_spectrum` did at the first call.
        """
        if generator not in self._known:
            try:
                self._known[generator] = duffing_spectrum(self.system, generator)
            except WellhopError as error:
                self._known[generator] = error
        found = self._known[generator]
        if isinstance(found, WellhopError):
            raise found
        return found

    def rates(self, generator: Generator) -> DuffingRates:
        """Directed rates of a generator."""
        self.system.require_bistable("directed rates")
        return duffing_rates(self.system, generator, spectrum=self.spectrum(generator))


def _gap(generator: Generator) -> Callable[[DuffingSubject], Evaluation]:
    """Γ = k_LH + k_HL."""

    def evaluate(subject: DuffingSubject) -> Evaluation:
        rates = subject.rates(generator)
        notes, mode = split_notes(rates), rates.spectrum.mode
        accuracy = max(GAP_ACCURACY, mode.resolution / abs(mode.value))
        value = rates.gap if mode.resolved else math.nan
        return value, not notes, "; ".join(notes), min(accuracy, 1.0)

    return flagged(evaluate)


def _directed(generator: Generator, well: Attractor) -> Callable[[DuffingSubject], Evaluation]:
    """The one-way rate out of a well."""

    def evaluate(subject: DuffingSubject) -> Evaluation:
        rates = subject.rates(generator)
        notes = split_notes(rates)
        value, share = (
            (rates.k_lh, 1.0 - rates.weight_las) if well == "LAS" else (rates.k_hl, rates.weight_las)
        )
        if not rates.spectrum.mode.resolved:
            return math.nan, False, "; ".join(notes), None
        valid = not notes
        lost = rates.weight_error / max(share, 1e-300)
        if value <= 0.0 or lost > LARGEST_LOSS:
            valid = False
            notes.append(f"{share:.1g} of Gamma, the split is good to {rates.weight_error:.1g} only")
        elif lost > NOTED_LOSS:
            notes.append(f"{share:.1g} of Gamma, the split is good to {rates.weight_error:.1g}")
        return value if value > 0.0 else math.nan, valid, "; ".join(notes), min(max(GAP_ACCURACY, lost), 1.0)

    return flagged(evaluate)


def _lifetime(well: Attractor) -> Callable[[DuffingSubject], Evaluation]:
    """Mean residence time in a well, 1/k."""
    escape = _directed("exact", well)

    def evaluate(subject: DuffingSubject) -> Evaluation:
        rate, valid, note, accuracy = escape(subject)
        return 1.0 / rate, valid, note, accuracy

    return evaluate


def _weight(generator: Generator) -> Callable[[DuffingSubject], Evaluation]:
    """Stationary weight of LAS."""

    def evaluate(subject: DuffingSubject) -> Evaluation:
        rates = subject.rates(generator)
        notes = split_notes(rates)
        value = rates.weight_las if rates.spectrum.mode.resolved else math.nan
        accuracy = min(rates.weight_error / max(abs(rates.weight_las), 1e-300), 1.0)
        if value < 0.0:
            notes.append(f"not larger than the error of the split, {rates.weight_error:.1g}")
        return value, not notes, "; ".join(notes), accuracy

    return flagged(evaluate)


def _photons(generator: Generator) -> Callable[[DuffingSubject], Evaluation]:
    """Stationary <n>, bistable or not."""

    def evaluate(subject: DuffingSubject) -> Evaluation:
        spectrum = subject.spectrum(generator)
        notes = []
        if spectrum.tail > LARGEST_TAIL:
            notes.append(f"population {spectrum.tail:.1g} at the end of the Fock space")
        if not spectrum.mode.resolved:
            notes.append(
                f"the gap lies below {spectrum.mode.resolution:.1g}, round-off: the mixture of the wells is arbitrary"
            )
        return spectrum.photons, not notes, "; ".join(notes), None if notes else GAP_ACCURACY

    return flagged(evaluate)


def _photons_in(generator: Generator, well: Attractor) -> Callable[[DuffingSubject], Evaluation]:
    """<n> in a metastable state."""

    def evaluate(subject: DuffingSubject) -> Evaluation:
        rates = subject.rates(generator)
        notes = split_notes(rates)
        value = rates.photons_las if well == "LAS" else rates.photons_has
        other = rates.photons_has if well == "LAS" else rates.photons_las
        accuracy = rates.weight_error * abs(other - value) / max(abs(value), 1e-300)
        value = value if rates.spectrum.mode.resolved else math.nan
        return value, not notes, "; ".join(notes), min(max(GAP_ACCURACY, accuracy), 1.0)

    return flagged(evaluate)


def _closed(well: Attractor) -> Callable[[DuffingSubject], Evaluation]:
    """Exponent in closed form."""

    def evaluate(subject: DuffingSubject) -> Evaluation:
        found = quantum_exponents(subject.system)
        value = found.lh if well == "LAS" else found.hl
        return value, True, "".join(_small(subject.system, value)), 1e-9

    return flagged(evaluate)


def _small(system: DuffingAttractors, exponent: float) -> list[str]:
    """A note where an exponent, right for λ -> 0, does not describe a rate at this λ."""
    share = exponent / system.lam
    if share >= SMALLEST_EXPONENT:
        return []
    return [f"R/lam = {share:.2g} < {SMALLEST_EXPONENT:g}: right for lam -> 0, no guide to the rate here"]


def _instanton(model: WeakNoiseModel, well: Attractor) -> Callable[[DuffingSubject], Evaluation]:
    """Exponent of a numerical escape path."""

    def evaluate(subject: DuffingSubject) -> Evaluation:
        system = subject.system
        found = escape_path(system, model, well)
        note = f"instanton by {found.path.method}, error below {max(found.error, 1e-10):.0e}"
        accuracy = max(found.error / found.exponent, 1e-9)
        note = "; ".join([note, *_small(system, found.exponent)])
        if model == "twa" or system.n_th > 0.0:
            return found.exponent, True, note, accuracy
        exact = quantum_exponents(system)
        off = found.exponent - (exact.lh if well == "LAS" else exact.hl)
        if abs(off) > _AGREEMENT * found.exponent:
            turns = off / (4.0 * math.pi * system.khat)
            note = (
                f"{turns:+.4g} times 4 pi khat off the closed form, which is the exponent: the real path winds about alpha = 0, "
                "where its momentum diverges"
            )
            return found.exponent, False, note, None
        return found.exponent, True, note, accuracy

    return flagged(evaluate)


_WORDS = {"exact": "exact (Liouvillian)", "twa": "truncated Wigner"}
_SOURCES = {"exact": "slow mode of the Liouvillian", "twa": "operator truncated Wigner"}


def _rate_methods(generator: Generator) -> dict[str, Method]:
    """Gap, directed rates, weight and photons of one generator."""
    end = "" if generator == "exact" else "_twa"
    words, source = _WORDS[generator], _SOURCES[generator]
    wells: tuple[tuple[str, Attractor], ...] = (("LAS", "LAS"), ("HAS", "HAS"))
    rates = {
        f"Gamma{end}": Method(f"gap, {words}", source, False, _gap(generator), "decay_rate"),
        f"k_LH{end}": Method(
            f"LAS to HAS, {words}", source, False, _directed(generator, "LAS"), "escape_rate"
        ),
        f"k_HL{end}": Method(
            f"HAS to LAS, {words}", source, False, _directed(generator, "HAS"), "escape_rate"
        ),
        f"weight_LAS{end}": Method(f"weight of LAS, {words}", source, False, _weight(generator), "weight"),
        f"photons{end}": Method(f"<n>, {words}", source, False, _photons(generator), "photon_number"),
    }
    for name, well in wells:
        rates[f"photons_{name}{end}"] = Method(
            f"<n> in {name}, {words}", source, False, _photons_in(generator, well), "photon_number"
        )
    return rates


def _lifetime_methods() -> dict[str, Method]:
    """1/k of the exact rates, in the inverse unit of dw."""
    ways: tuple[tuple[str, Attractor], ...] = (("k_LH", "LAS"), ("k_HL", "HAS"))
    source = _SOURCES["exact"]
    return {
        f"lifetime_{well}": Method(
            f"1/{name}, inverse unit of dw", source, False, _lifetime(well), "residence_time", False, True
        )
        for name, well in ways
    }


def _action_methods() -> dict[str, Method]:
    """Exponents: closed form, truncated-Wigner and full Keldysh instantons."""
    ways: tuple[tuple[str, Attractor], ...] = (("LH", "LAS"), ("HL", "HAS"))
    methods = {
        f"action_{way}": Method(f"R out of {well}, quantum", "complex P", False, _closed(well), "action")
        for way, well in ways
    }
    models: tuple[tuple[WeakNoiseModel, str], ...] = (
        ("twa", "truncated Wigner"),
        ("keldysh", "full Keldysh, numerical"),
    )
    for model, words in models:
        for way, well in ways:
            methods[f"action_{way}_{model}"] = Method(
                f"R out of {well}, {words}",
                "instanton",
                False,
                _instanton(model, well),
                "action",
                False,
                True,
            )
    return methods


#: Name, as written on the command line -> method. Order is the order of tables.
DUFFING_METHODS: dict[str, Method] = {
    **_rate_methods("exact"),
    **_rate_methods("twa"),
    **_lifetime_methods(),
    **_action_methods(),
}


def duffing_details(system: DuffingAttractors) -> dict[str, Any]:
    """Bistable range, fixed points, cut-off, temperatures and wells as plain values, for programs and tables.

    ``wells``: photons, weight and lifetime 1/k of both; ``temperatures``: N_eff = p_1/(p_0 - p_1) of the levels at either
    attractor, T_eff = |E_1 - E_0|/ln(p_0/p_1) in the unit of dw, None where a well does not hold two levels.

    >>> found = duffing_details(DuffingAttractors(0.1, 4 / 75, 0.1))
    >>> [point["kind"] for point in found["fixed_points"]], found["cutoff"]
    (['LAS', 'saddle', 'HAS'], 40)
    """
    points = sorted(system.fixed_points(), key=lambda point: abs(point.alpha))
    kinds = ("LAS", "saddle", "HAS") if system.bistable else ("lone",) * len(points)
    scale = math.sqrt(2.0 * system.lam)
    out: dict[str, Any] = {
        "bistable": system.bistable,
        "drive_range": list(system.drive_range),
        "chi": system.chi,
        "eps": system.eps,
        "kappa": system.kappa,
        "fixed_points": [
            {
                "kind": kind,
                "alpha": [point.alpha.real, point.alpha.imag],
                "z": [scale * point.alpha.real, scale * point.alpha.imag],
                "photons": abs(point.alpha) ** 2,
                "r": 2.0 * system.lam * abs(point.alpha) ** 2,
                "stable": point.stable,
                "eigenvalues": [[e.real, e.imag] for e in point.eigenvalues],
            }
            for kind, point in zip(kinds, points, strict=True)
        ],
        "metastable_below": LARGEST_RATIO,
    }
    try:
        out["cutoff"] = int(system.default_cutoff())
        out["temperatures"] = _temperatures(system) if out["cutoff"] <= LARGEST_WARM_SPACE else None
        rates = duffing_rates(system)
    except WellhopError:
        # the predictions say why
        out.setdefault("cutoff", None)
        out.setdefault("temperatures", None)
        out["wells"] = None
        return out
    out["gap_ratio"] = rates.spectrum.ratio if math.isfinite(rates.spectrum.ratio) else None
    out["tail"] = rates.spectrum.tail
    wells = {
        "LAS": {
            "photons": rates.photons_las,
            "weight": rates.weight_las,
            "lifetime": _inverse(rates.k_lh),
        },
        "HAS": {
            "photons": rates.photons_has,
            "weight": 1.0 - rates.weight_las,
            "lifetime": _inverse(rates.k_hl),
        },
    }
    out["wells"] = wells if rates.spectrum.mode.resolved else None
    return out


def _inverse(rate: float) -> float | None:
    """A lifetime, None where there is no rate."""
    return 1.0 / rate if rate > 0.0 else None


def _temperatures(system: DuffingAttractors) -> dict[str, dict[str, float] | None]:
    """N_eff and T_eff at both attractors."""
    found: dict[str, dict[str, float] | None] = {}
    wells: tuple[Attractor, ...] = ("LAS", "HAS")
    for well in wells:
        try:
            warm = well_temperature(system, well)
        except WellhopError:
            found[well] = None
            continue
        found[well] = {"N_eff": warm.occupation, "T_eff": warm.temperature}
    return found
