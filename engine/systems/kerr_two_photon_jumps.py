"""How the two-photon-driven Kerr oscillator is unravelled: frames, observables, cores and start states of its jumps.

Wells in the order of Re α: 0 = bright -, 1 = vacuum, 2 = bright + (cat region: bright -, bright +, no vacuum).

The paper says nothing about unravellings; the choice here: counting, L = sqrt(2γ) a, leaves ±α in superposition and never
tells the bright wells apart; displaced, L = sqrt(2γ)(a - α_f), does. Its click rate is 2γ D_f, with

    D_f = <(a - α_f)†(a - α_f)>,        α_f = -α_b, 0, +α_b,

small in well f and large elsewhere. After a click the frame with the largest score is taken,

    s_± = -D_±,     s_0 = |α_b|² - (1 + 2|α_b|²/n_r) <n>,      so that   (s_± - s_0)/(2|α_b|²) = n/n_r - 1 ± X.

The vacuum is left at n_r photons where X = <α_b* a + h.c.>/(2|α_b|²) vanishes, sooner where the state leans to one side: D_0
itself will not do, for photon counting would then never leave an even or odd cat of n_b photons, whose <a> is 0.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from wellhop.engine.errors import ParameterError, UnravellingError
from wellhop.engine.fock import GUARD_LEVELS, annihilation, coherent_state, parity_signs
from wellhop.engine.lindblad import ComplexMatrix
from wellhop.engine.systems.kerr_two_photon_drive import KerrTwoPhotonDrive
from wellhop.engine.unravelling import CoreDefinition, JumpSetup

#: Core definitions recorded side by side: share of the saddle's photons up to which a state is in the vacuum core, and share
#: of |α_b| within which it is in a bright one. Wide ones count passages through the vacuum core on the way from well to well
#: as visits: counted k_v at (-5, 2.2, 0.6) is 9 to 14 % high with "wide", 1 to 5 % with "reference".
CORE_SETTINGS: Mapping[str, tuple[float, float]] = {
    "wide": (0.25, 0.35),
    "reference": (0.1, 0.2),
    "narrow": (0.05, 0.15),
}
#: No core is narrower than this many photons, nor than twice the spread N of its well. The vacuum frame is not left below
#: 2 + 3 N photons: a click turns a squeezed vacuum of N photons into a squeezed photon of 1 + 3 N, still the same well.
SMALLEST_CORE, SMALLEST_EXIT = 0.5, 2.0
#: A frame displaced by α_b adds 2iγ α_b* a to H_eff, far from normal: condition numbers run from 1e2 to 1e14. In an
#: interval between clicks the eigenbasis errs by 2e-16 times that for the worst state and by a tenth of it for coherent
#: ones (against expm), and loss forgets it within a relaxation time. 3e9 allows 1e-7 for coherent states. Beyond, dyadic
#: propagators take about twice the time.
LARGEST_CONDITION = 3e9
#: Fock states for trajectories: m photons and so many times sqrt(m); exact rates change by less than 1e-9 gamma.
TRAJECTORY_WIDTHS, FEWEST_LEVELS = 7.5, 24


def _distance(a: ComplexMatrix, alpha: complex) -> ComplexMatrix:
    """(a - α)†(a - α), the mean square distance from α in phase space, vacuum noise not counted."""
    shifted = a - alpha * np.eye(len(a))
    out: ComplexMatrix = shifted.conj().T @ shifted
    return out


def well_spread(system: KerrTwoPhotonDrive, alpha: complex) -> float:
    """N = <(a - α)†(a - α)> in the stable fixed point α, from linear noise around it.

    With dδ/dt = -(γ + iω)δ - ig δ*, ω = Δ + 2U|α|², g = Uα² + ε:   N = |g|²/(2(γ² + ω² - |g|²)).

    >>> round(well_spread(KerrTwoPhotonDrive(-10.0, 3.2, 1.0), 0.0), 4)
    0.0564
    """
    turning = system.delta + 2.0 * system.U * abs(alpha) ** 2
    squeezing = abs(system.U * alpha**2 + system.eps) ** 2
    return float(squeezing / (2.0 * (system.gamma**2 + turning**2 - squeezing)))


def _cores(
    system: KerrTwoPhotonDrive, settings: Mapping[str, tuple[float, float]], names: Sequence[str]
) -> tuple[CoreDefinition, ...]:
    """Boxes: <n> < v n_s/U (vacuum) and D_± < b² |α_b|² (bright).

    For any state sqrt(D_f) + sqrt(D_g) >= |α_f - α_g|, therefore cores of which that cannot be true are apart.
    """
    alpha = system.amplitude("bright")
    photons = abs(alpha) ** 2
    least = {z: max(SMALLEST_CORE, 2.0 * well_spread(system, z)) for z in _centres(system)}
    column = {name: k for k, name in enumerate(names)}
    cores = []
    for label, (vacuum, bright) in settings.items():
        if not (0.0 < vacuum < 1.0 and 0.0 < bright < 1.0):
            raise ParameterError(f"core_settings[{label!r}]", (vacuum, bright), "two numbers between 0 and 1")
        wide = max(bright**2 * photons, least[alpha])
        ends = [("D-", wide), ("D+", wide)]
        if system.region == "bistable":
            ends.insert(1, ("n", max(vacuum * system.n_s / system.U, least[0.0j])))
        reach = np.sqrt(ends[1][1]) + np.sqrt(wide)
        apart = np.sqrt(photons) if system.region == "bistable" else 2.0 * np.sqrt(photons)
        if reach >= apart:
            raise UnravellingError(
                f"core_settings[{label!r}]: cores overlap: the wells are {apart:.3g} apart, their cores reach {reach:.3g}; use "
                "smaller shares, or parameters where the wells are further apart (smaller U)"
            )
        upper = np.full((len(ends), len(names)), np.inf)
        for well, (name, limit) in enumerate(ends):
            upper[well, column[name]] = limit
        cores.append(CoreDefinition(label, np.full_like(upper, -np.inf), upper))
    return tuple(cores)


def _centres(system: KerrTwoPhotonDrive) -> list[complex]:
    """Amplitudes of the wells in their order."""
    alpha = system.amplitude("bright")
    return [-alpha, 0.0j, alpha] if system.region == "bistable" else [-alpha, alpha]


def trajectory_cutoff(system: KerrTwoPhotonDrive) -> int:
    """Fock states that trajectories need: m + 7.5 sqrt(m) for bright wells of m photons, in whole vector registers.

    Less than ``system.default_cutoff()``, which spectra to round-off need; a trajectory costs as the square.

    >>> trajectory_cutoff(KerrTwoPhotonDrive(-10.0, 3.2, 1.0))
    44
    """
    photons = abs(system.amplitude("bright")) ** 2
    needed = int(np.ceil((photons + TRAJECTORY_WIDTHS * np.sqrt(photons)) / 4.0)) * 4
    return min(max(needed, FEWEST_LEVELS), system.default_cutoff())


def jump_setup(
    system: KerrTwoPhotonDrive,
    unravelling: str = "displaced",
    *,
    cutoff: int | None = None,
    core_settings: Mapping[str, tuple[float, float]] = CORE_SETTINGS,
) -> JumpSetup:
    """Jump unravelling of a two-photon-driven Kerr oscillator with three wells, or with two in the cat region.

    Trajectories start in the coherent states |-α_b>, |0>, |α_b>. ``X`` (+1 at α_b) and ``n`` are sampled.

    Args:
        system: the parameters. unravelling: ``"displaced"`` or ``"counting"``; counting carries no cores, it shows no switch.
        cutoff: Fock states; :func:`trajectory_cutoff` by default.
        core_settings: name -> (v, b), one core definition each: vacuum <n> < v n_s/U, bright D_± < b² |α_b|², but not
            less than ``SMALLEST_CORE``.

    Raises:
        ParameterError: unknown unravelling, malformed settings. CutoffError: too few Fock states.
        UnravellingError: no bright wells here, or cores that overlap.

    >>> setup = jump_setup(KerrTwoPhotonDrive(-3.0, 1.8, 0.4))
    >>> [name for name, _ in setup.observables], setup.initial.shape[0], [core.name for core in setup.cores]
    (['X', 'n', 'D-', 'D+', 'exit'], 3, ['wide', 'reference', 'narrow'])
    """
    if unravelling not in ("displaced", "counting"):
        raise ParameterError("unravelling", unravelling, "'displaced' or 'counting'")
    if system.region == "vacuum":
        raise UnravellingError(
            f"jumps: only one well at delta = {system.delta:g}, eps = {system.eps:g}, nothing switches; a bistable or cat "
            f"region needs eps > gamma = {system.gamma:g} if delta < 0, else eps > {system.critical_drive:g}"
        )
    model = system.lindblad(trajectory_cutoff(system) if cutoff is None else cutoff)
    n = model.dim
    a = annihilation(n)
    alpha = system.amplitude("bright")
    photons = abs(alpha) ** 2
    along = np.conj(alpha) * a / (2.0 * photons)
    observables: list[tuple[str, ComplexMatrix]] = [
        ("X", along + along.conj().T),
        ("n", a.conj().T @ a),
        ("D-", _distance(a, -alpha)),
        ("D+", _distance(a, alpha)),
    ]
    scores = [(2, -1.0), (3, -1.0)]
    if system.region == "bistable":
        leave = max(system.n_s / system.U, SMALLEST_EXIT + 3.0 * well_spread(system, 0.0))
        observables.append(("exit", (1.0 + 2.0 * photons / leave) * (a.conj().T @ a) - photons * np.eye(n)))
        scores.insert(1, (4, -1.0))
    shifts = _centres(system)
    initial = np.stack([coherent_state(z, n) for z in shifts])
    counting = unravelling == "counting"
    stable = [point for point in system.fixed_points() if point.stable]
    guard = np.zeros(n)
    guard[-GUARD_LEVELS:] = 1.0
    return JumpSetup(
        model=model,
        unravelling=unravelling,
        displacements=np.zeros((1, 1), dtype=np.complex128)
        if counting
        else -np.sqrt(2.0 * system.gamma) * np.array(shifts)[:, None],
        observables=tuple(observables),
        sampled=2,
        frame_scores=((0, 0.0),) if counting else tuple(scores),
        initial=initial,
        start_weights=np.full(len(initial), 1.0 / len(initial)),
        cores=() if counting else _cores(system, core_settings, [name for name, _ in observables]),
        relaxation_time=1.0 / min(-rate.real for point in stable for rate in point.eigenvalues),
        mirror=parity_signs(n),
        guard=guard,
        largest_condition=LARGEST_CONDITION,
    )
