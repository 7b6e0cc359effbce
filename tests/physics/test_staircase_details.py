"""What ``wellhop predict --details`` shows, against the reference values of (6, .025, .05) and the command itself."""

from __future__ import annotations

import json

import numpy as np
import pytest

from wellhop.analysis.staircase_details import staircase_details
from wellhop.engine.systems.kerr_cat import KerrCat
from wellhop.jobs.cli import main

REFERENCE = KerrCat(6.0, 0.025, 0.05)


def test_reference_values() -> None:
    d = staircase_details(REFERENCE)
    np.testing.assert_allclose(d.splitting[1:4], [0.10013985, 4.06341802, 11.36603286], rtol=0, atol=6e-9)
    np.testing.assert_allclose(d.energy[1:4], [14.23535793, -1.87412639, -19.55464958], rtol=0, atol=6e-9)
    np.testing.assert_allclose(d.dephasing[:3], [0.33125, 0.23744668, 0.13556163], rtol=0, atol=6e-9)
    np.testing.assert_allclose(d.branching[1:3], [0.62089980, 0.99964366], rtol=0, atol=6e-9)
    np.testing.assert_allclose(d.exact_contributions[1:3], [6.878200e-4, 1.406271e-4], rtol=1e-6)
    assert d.photons == pytest.approx(5.918738197, abs=6e-10)
    assert d.counting_click_rate == pytest.approx(0.164015300, abs=6e-10)
    np.testing.assert_allclose(d.critical_drives["branching"], [6.1622, 9.5858, 12.908], rtol=0, atol=6e-4)
    assert np.isnan(d.branching[0])
    # negative control: λ is not μ
    assert abs(d.decay[1] - d.dephasing[1]) > 0.2


def test_command_shows_them(capsys: pytest.CaptureFixture[str]) -> None:
    # one prediction alone: details do not depend on which, and all of them take seconds
    base = ["predict", "kerr_cat_staircase", "-p", "eps2=6", "-p", "kappa=0.025", "-p", "n_th=0.05"]
    base += ["--method", "semi_analytical"]
    assert main([*base, "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["details"]["branching"][0] is None
    assert shown["details"]["splitting"] == staircase_details(REFERENCE).splitting.tolist()
    assert main([*base, "--details"]) == 0
    text = capsys.readouterr().out
    assert "0.10014" in text
    assert "critical drive of steps 1, 2, 3 (branching): 6.1622" in text
