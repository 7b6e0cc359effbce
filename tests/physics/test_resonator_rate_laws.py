"""Rate laws of the two-photon resonator against exact eigenvalues, with the errors they state."""

from __future__ import annotations

import numpy as np
import pytest

from wellhop.analysis.resonator_action import escape_action
from wellhop.analysis.resonator_angle import angle_rate
from wellhop.analysis.resonator_rate_laws import action_law, angle_rate_law, parity_law
from wellhop.analysis.resonator_spectrum import slow_eigenvalue
from wellhop.engine.errors import ParameterError, PredictionError
from wellhop.engine.systems.two_photon_resonator import TwoPhotonResonator

#: G, Δ, η -> Γ, Ω, printed.
TABLE = {
    (3, 1, 1): (2.703522612190e-02, 6.814697592883e-02),
    (4, 1, 1): (4.243260069370e-03, 1.411183497463e-02),
    (4, 0.1, 1): (1.583342445430e-05, 5.438016858784e-04),
    (4, 2, 1): (7.544038181650e-02, 1.204243818379e-01),
    (6, 1, 1): (8.304987422626e-05, 4.433798450998e-04),
    (6, 3, 1): (2.900582743161e-02, 4.437351652376e-02),
    (8, 2, 1): (4.815411424454e-05, 1.723738286824e-04),
    (8, 4, 1): (9.738022208968e-03, 1.511123722358e-02),
    (12, 6, 1): (9.269858393889e-04, 1.490857253637e-03),
    (10, 7, 1): (1.392440908984e-01, 1.294655799929e-01),
    (4, 1, 0.5): (2.407705712227e-05, 8.618691434122e-05),
}


@pytest.mark.parametrize("point", TABLE)
def test_laws_hold_within_their_errors_over_the_table(point: tuple[float, float, float]) -> None:
    system = TwoPhotonResonator(*point)
    decay, frequency = TABLE[point]
    for law in (action_law(system), parity_law(system)):
        assert abs(decay / law.decay - 1.0) < law.decay_error < 0.4
        assert abs(frequency / law.frequency - 1.0) < law.frequency_error < 0.4
    better = parity_law(system)
    assert 0.975 < frequency / better.frequency < 1.045
    assert 1.055 < decay / better.decay < 1.165
    coarse = action_law(system)
    assert abs(decay / coarse.decay - 1.0) < 0.17
    assert abs(frequency / coarse.frequency - 1.0) < 0.08
    wigner = angle_rate_law(system)
    assert abs(angle_rate(system) / wigner.decay - 1.0) < wigner.decay_error < 0.26
    assert wigner.value == complex(-wigner.decay, 0.0)


@pytest.mark.parametrize(
    "point", [(1.2, 0.12), (2, -0.6), (3, 1.5), (5, 0.005), (14, 11.2), (16, 1.6), (20, 17), (20, -10)]
)
def test_laws_hold_within_their_errors_elsewhere(point: tuple[float, float]) -> None:
    """Shallow, deep, nearly critical and nearly undetuned wells, S from 2.1 to 40."""
    system = TwoPhotonResonator(*point)
    exact = slow_eigenvalue(system, int(24 + 1.3 * system.G))
    for law in (action_law(system), parity_law(system)):
        assert abs(exact.real / law.value.real - 1.0) < law.decay_error
        assert abs(exact.imag / law.value.imag - 1.0) < law.frequency_error
    law = angle_rate_law(system)
    assert abs(angle_rate(system) / law.decay - 1.0) < law.decay_error


def test_corrections_at_fixed_detuning() -> None:
    """Γ exceeds (L2) by η/2G, Ω by much less."""
    for delta in (0.1, 1.0):
        ratios = []
        for g in (10.0, 20.0):
            system = TwoPhotonResonator(g, delta)
            exact, law = slow_eigenvalue(system, int(24 + 1.2 * g)), parity_law(system)
            ratios.append(exact.real / law.value.real)
            assert abs(exact.imag / law.value.imag - 1.0) < 1e-3
        # Without the term in g^-2.
        first, second = ((r - 1.0) * g for r, g in zip(ratios, (10.0, 20.0), strict=True))
        assert 2.0 * second - first == pytest.approx(0.5, abs=0.02)


def test_wrong_prefactors_fail() -> None:
    """Negative controls: one real rate, no factor at small detuning, truncated Wigner for the quantum rate."""
    system = TwoPhotonResonator(4.0, 0.1)
    decay, frequency = TABLE[4, 0.1, 1]
    law = parity_law(system)
    assert abs(frequency / decay - 1.0) > 30.0
    without = law.decay / np.tanh(np.pi * 0.1)
    assert abs(decay / without - 1.0) > 2.0 * law.decay_error
    assert angle_rate_law(system).decay / decay > 100.0
    assert abs(decay / np.exp(-escape_action(system)) - 1.0) > 0.9


def test_limits_signs_and_depth() -> None:
    flat = parity_law(TwoPhotonResonator(4.0, 0.0))
    assert flat.value == 0j
    assert flat.log_decay == flat.log_frequency == -np.inf
    assert action_law(TwoPhotonResonator(4.0, 0.0)).value == 0j
    up, down = parity_law(TwoPhotonResonator(4.0, 1.0)), parity_law(TwoPhotonResonator(4.0, -1.0))
    assert down.value == up.value.conjugate()
    assert up.value.imag < 0.0
    assert parity_law(TwoPhotonResonator(8.0, 2.0, 2.0)).value == pytest.approx(2.0 * up.value, rel=1e-13)
    # Deep wells: the rate underflows, its logarithm does not, and both laws meet.
    deep = TwoPhotonResonator(3000.0, 10.0)
    assert parity_law(deep).decay == 0.0
    assert parity_law(deep).log_decay == pytest.approx(action_law(deep).log_decay, abs=1e-3)
    small = TwoPhotonResonator(6.0, 1e-3)
    assert parity_law(small).frequency == pytest.approx(4.0 * 6.0 * 1e-3 * np.exp(-12.0), rel=1e-3)
    assert parity_law(small).decay == pytest.approx(4e-6 * np.exp(-12.0), rel=1e-3)


def test_bad_input_is_refused() -> None:
    for law in (action_law, parity_law, angle_rate_law):
        with pytest.raises(ParameterError, match="kappa_1"):
            law(TwoPhotonResonator(4.0, 1.0, 1.0, 0.1))
        with pytest.raises(PredictionError, match="S = 0"):
            law(TwoPhotonResonator(4.0, 3.9))
        with pytest.raises(PredictionError, match="two wells"):
            law(TwoPhotonResonator(4.0, 4.1))
