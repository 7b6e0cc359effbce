"""The pseudo-potential of the locked-angle ansatz against the closed forms of its actions and Eq. (10)."""

from __future__ import annotations

import numpy as np
import pytest

from wellhop.analysis.ansatz_potential import ansatz_potential
from wellhop.analysis.two_photon_actions import (
    ansatz_actions,
    naive_bright_action,
    pseudo_potential_hessian,
    scaled_amplitude,
)
from wellhop.engine.errors import ParameterError, PredictionError
from wellhop.engine.systems.kerr_two_photon_drive import KerrTwoPhotonDrive

POINTS = ((-10.0, 3.2, 1.0), (-5.0, 2.4, 1.0), (-3.0, 1.5, 1.0), (-20.0, 4.5, 1.0), (-8.0, 5.0, 2.0))


@pytest.mark.parametrize(("delta", "eps", "gamma"), POINTS)
def test_its_values_at_the_saddle_are_the_actions(delta: float, eps: float, gamma: float) -> None:
    system = KerrTwoPhotonDrive(delta, eps, 0.7, gamma)
    saddle = scaled_amplitude(system, "saddle")
    actions = ansatz_actions(system)
    assert ansatz_potential(system, "vacuum", [saddle, -saddle]) == pytest.approx(
        [actions.vacuum] * 2, rel=1e-12
    )
    near, far = ansatz_potential(system, "bright", [saddle, -saddle])
    assert near == pytest.approx(actions.bright, rel=1e-10)
    # Negative controls: the opposite saddle, and the curl part split about the origin, are other numbers.
    assert abs(far / actions.bright - 1.0) > 0.1
    assert abs(naive_bright_action(system) / actions.bright - 1.0) > 0.01


def test_near_the_vacuum_it_is_the_quadratic_form_of_eq_10() -> None:
    system = KerrTwoPhotonDrive(-10.0, 3.2, 1.0)
    small = 1e-3 * np.array([[1.0, 0.0], [0.0, 1.0], [0.6, -0.8]])
    expected = 0.5 * np.einsum("ki,ij,kj->k", small, pseudo_potential_hessian(system), small)
    assert ansatz_potential(system, "vacuum", small) == pytest.approx(expected, rel=1e-5)


def test_the_bright_well_is_a_minimum() -> None:
    system = KerrTwoPhotonDrive(-10.0, 3.2, 1.0)
    origin = scaled_amplitude(system, "bright")
    circle = np.linspace(0.0, 2.0 * np.pi, 24, endpoint=False)
    around = origin + 0.05 * np.stack([np.cos(circle), np.sin(circle)], axis=1)
    assert ansatz_potential(system, "bright", origin) == pytest.approx(0.0, abs=1e-12)
    assert ansatz_potential(system, "bright", around).min() > 0.0


def test_refusals() -> None:
    system = KerrTwoPhotonDrive(-10.0, 3.2, 1.0)
    with pytest.raises(ParameterError, match="two coordinates"):
        ansatz_potential(system, "vacuum", [1.0, 2.0, 3.0])
    with pytest.raises(ParameterError, match="'vacuum' or 'bright'"):
        ansatz_potential(system, "saddle", [1.0, 2.0])
    with pytest.raises(PredictionError, match="no bistability"):
        ansatz_potential(KerrTwoPhotonDrive(1.0, 3.2, 1.0), "vacuum", [1.0, 2.0])
