"""Action of the two-photon resonator: printed values, an integral without cancellation, and forms that must not agree."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from scipy.integrate import quad

from wellhop.analysis.resonator_action import escape_action, near_critical_action
from wellhop.engine.errors import PredictionError
from wellhop.engine.systems.two_photon_resonator import TwoPhotonResonator

#: G, Δ, η -> S.
TABLE = {
    (3, 1, 1): "3.194935414811",
    (4, 1, 1): "5.109734549109",
    (4, 0.1, 1): "7.688340864874",
    (4, 2, 1): "2.739413025489",
    (6, 1, 1): "9.025463071049",
    (6, 3, 1): "4.109119538234",
    (8, 2, 1): "10.21946909822",
    (8, 4, 1): "5.478826050978",
    (12, 6, 1): "8.218239076467",
    (10, 7, 1): "3.147273234508",
    (4, 1, 0.5): "10.21946909822",
    (5, 1, 1): "7.05908215912",
}


@pytest.mark.parametrize("point", TABLE)
def test_printed_actions(point: tuple[float, float, float], printed_as: Callable[..., bool]) -> None:
    G, Delta, eta = point
    assert printed_as(escape_action(TwoPhotonResonator(G, Delta, eta)), TABLE[point])
    assert printed_as(escape_action(TwoPhotonResonator(G, -Delta, eta)), TABLE[point])


@pytest.mark.parametrize("Delta", [0.0, -1e-9, 0.5, -3.0, 3.9, 3.9999, 4.0 - 1e-9])
def test_integral_of_the_slope_over_the_detuning(Delta: float) -> None:
    """dS/d|Δ| = -(2/η) arccos(|Δ|/G), and S = 0 at G; |Δ| = G cos φ makes the integrand smooth and positive."""
    system = TwoPhotonResonator(4.0, Delta, 0.3)
    last = 2.0 * np.arcsin(np.sqrt((4.0 - abs(Delta)) / 8.0))
    integral, _ = quad(lambda angle: angle * np.sin(angle), 0.0, last, epsabs=0.0, epsrel=1e-13)
    assert escape_action(system) == pytest.approx(2.0 * 4.0 / 0.3 * integral, rel=2e-13)


def test_limits_at_no_detuning_and_where_the_wells_merge() -> None:
    assert escape_action(TwoPhotonResonator(4.0, 0.0, 0.5)) == pytest.approx(16.0, rel=1e-15)
    assert near_critical_action(TwoPhotonResonator(4.0, -3.0)) == near_critical_action(
        TwoPhotonResonator(4.0, 3.0)
    )
    for share in (1e-2, 1e-4, 1e-8, 1e-12):
        system = TwoPhotonResonator(1.0, 1.0 - share, 0.01)
        left = (1.0 - system.Delta) / 20.0
        ratio = escape_action(system) / near_critical_action(system) - 1.0
        assert ratio == pytest.approx(left, rel=0.02, abs=3e-15)
        # Negative control: the difference as printed has lost its digits there.
        if share <= 1e-8:
            printed = (2.0 * system.s - 2.0 * system.Delta * np.arccos(system.Delta)) / 0.01
            assert abs(printed / escape_action(system) - 1.0) > 1e-9


def test_other_ways_to_write_it_are_wrong_for_negative_detuning() -> None:
    system = TwoPhotonResonator(6.0, -3.0)
    s, Delta, G = system.s, system.Delta, system.G
    wrong = (
        2.0 * s - 2.0 * Delta * np.arctan2(s, Delta),
        2.0 * s - 2.0 * Delta * np.arccos(Delta / G),
        -(2.0 * s - 2.0 * abs(Delta) * np.arccos(abs(Delta) / G)),
    )
    assert all(abs(value - escape_action(system)) > 1.0 for value in wrong)
    # Switching becomes more likely with the detuning.
    actions = [escape_action(TwoPhotonResonator(6.0, d)) for d in np.linspace(0.0, 5.99, 40)]
    assert np.all(np.diff(actions) < 0.0)


def test_one_well_is_refused() -> None:
    for law in (escape_action, near_critical_action):
        with pytest.raises(PredictionError, match="Delta"):
            law(TwoPhotonResonator(4.0, -4.0))
