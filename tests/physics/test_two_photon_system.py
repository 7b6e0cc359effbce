"""Two-photon-driven Kerr oscillator: fixed points, regions, cut-off, refusals."""

import numpy as np
import pytest

from wellhop.engine.errors import CutoffError, ParameterError, PredictionError
from wellhop.engine.systems import MEASURABLE, SYSTEMS, build, build_measurable, parameters_of
from wellhop.engine.systems.kerr_two_photon_drive import KerrTwoPhotonDrive

POINTS = [(-10.0, 3.2, 1.0, 1.0), (-3.0, 1.8, 0.4, 1.0), (-4.0, 3.0, 0.3, 2.0), (-1.0, 3.0, 0.7, 1.0)]


@pytest.mark.parametrize("point", POINTS)
def test_fixed_points_are_those_of_the_oscillator_family(point):
    system = KerrTwoPhotonDrive(*point)
    ours = sorted((p.alpha for p in system.fixed_points()), key=lambda z: (z.real, z.imag))
    family = sorted((p.alpha for p in system.oscillator().fixed_points()), key=lambda z: (z.real, z.imag))
    np.testing.assert_allclose(ours, family, atol=1e-9)
    for p in system.fixed_points():
        assert abs(system.oscillator().mean_field_drift(p.alpha)) < 1e-11 * (1 + abs(p.alpha) ** 3)


@pytest.mark.parametrize("point", POINTS)
def test_jacobian_trace_and_determinants(point):
    system = KerrTwoPhotonDrive(*point)
    det = {"bright": 4.0 * system.s * system.n_b}
    det["vacuum"] = system.gamma**2 + system.delta**2 - system.eps**2
    if system.region == "bistable":
        det["saddle"] = -4.0 * system.s * system.n_s
    for p in system.fixed_points():
        first, second = p.eigenvalues
        assert (first + second).real == pytest.approx(-2.0 * system.gamma, rel=1e-12)
        assert (first * second).real == pytest.approx(det[p.kind], rel=1e-10)
        assert p.stable == (det[p.kind] > 0.0)


def test_frequency_of_the_bright_focus():
    (bright,) = [p for p in KerrTwoPhotonDrive(-10.0, 3.2, 0.3).fixed_points() if p.kind == "bright"][:1]
    assert abs(bright.eigenvalues[0].imag) == pytest.approx(12.55, abs=0.005)


@pytest.mark.parametrize(
    ("delta", "eps", "region", "count"),
    [
        (-3.0, 0.9, "vacuum", 1),
        (-3.0, 1.0, "vacuum", 1),
        (-3.0, 1.001, "bistable", 5),
        (-3.0, 3.16, "bistable", 5),
        (-3.0, float(np.hypot(3.0, 1.0)), "cat", 3),
        (-3.0, 3.17, "cat", 3),
        (3.0, 2.0, "vacuum", 1),
        (3.0, 3.17, "cat", 3),
        (0.0, 0.5, "vacuum", 1),
        (0.0, 1.5, "cat", 3),
    ],
)
def test_regions(delta, eps, region, count):
    system = KerrTwoPhotonDrive(delta, eps, 0.5)
    assert (system.region, len(system.fixed_points())) == (region, count)


def test_saddle_photons_at_the_edge_do_not_cancel():
    edge = float(np.hypot(1.0, 3.0))
    for gap in (1e-3, 1e-9):
        system = KerrTwoPhotonDrive(-3.0, edge - gap, 0.5)
        # n_s = (Δ² - s²)/(s - Δ), to first order eps gap/|Δ|.
        assert system.n_s == pytest.approx(edge * gap / 3.0, rel=1e-3)


def test_units_scale():
    one, three = KerrTwoPhotonDrive(-5.0, 2.4, 0.2), KerrTwoPhotonDrive(-15.0, 7.2, 0.6, 3.0)
    assert three.n_b == pytest.approx(3.0 * one.n_b, rel=1e-14)
    assert three.amplitude("saddle") == pytest.approx(one.amplitude("saddle"), rel=1e-13)
    assert three.default_cutoff() == one.default_cutoff()


def test_cutoff_holds_the_steady_state_and_refuses_what_cannot():
    system = KerrTwoPhotonDrive(-10.0, 3.2, 0.5)
    n_b = system.n_b / 0.5
    assert system.default_cutoff() == int(np.ceil(1.35 * n_b + 5.4 * np.sqrt(n_b) + 22))
    with pytest.raises(CutoffError, match="use cutoff 85"):
        system.lindblad(40)
    with pytest.raises(ParameterError, match="cutoff"):
        system.lindblad(True)
    with pytest.raises(CutoffError, match="larger U"):
        KerrTwoPhotonDrive(-10.0, 3.2, 1e-20).default_cutoff()
    assert system.lindblad(90).channel_names == ("loss",)
    assert np.abs(system.lindblad(90).jump_operators[0][0, 1]) ** 2 == pytest.approx(2.0)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("eps", 0.0),
        ("U", -1.0),
        ("gamma", 0.0),
        ("delta", np.nan),
        ("U", np.inf),
        ("delta", True),
        ("eps", "1"),
        ("delta", -1e200),
        ("U", 1e-200),
    ],
)
def test_bad_parameters_are_named(name, value):
    good = {"delta": -3.0, "eps": 1.8, "U": 0.4, "gamma": 1.0}
    with pytest.raises(ParameterError, match=f"^{name}: got"):
        KerrTwoPhotonDrive(**{**good, name: value})


def test_what_does_not_exist_is_refused_by_name():
    with pytest.raises(PredictionError, match="use delta < 0"):
        _ = KerrTwoPhotonDrive(3.0, 2.0, 0.5).n_s
    with pytest.raises(PredictionError, match="outside 1"):
        _ = KerrTwoPhotonDrive(-3.0, 4.0, 0.5).n_s
    with pytest.raises(PredictionError, match="use eps > gamma"):
        _ = KerrTwoPhotonDrive(-3.0, 0.5, 0.5).n_b
    with pytest.raises(PredictionError, match="for delta > 0"):
        _ = KerrTwoPhotonDrive(3.0, 2.0, 0.5).amplitude("bright")
    with pytest.raises(ParameterError, match="kind"):
        KerrTwoPhotonDrive(-3.0, 1.8, 0.5).amplitude("saddel")


def test_registered_under_its_name():
    assert SYSTEMS["kerr_two_photon_drive"] is KerrTwoPhotonDrive
    assert parameters_of("kerr_two_photon_drive") == {"delta": None, "eps": None, "U": None, "gamma": 1.0}
    values = {"delta": -3, "eps": 1.8, "U": 0.4}
    assert build("kerr_two_photon_drive", values) == KerrTwoPhotonDrive(-3.0, 1.8, 0.4)
    assert set(MEASURABLE) <= set(SYSTEMS)
    for name in set(SYSTEMS) - set(MEASURABLE):
        with pytest.raises(Exception, match="nothing switches"):
            build_measurable(name, {n: 1.0 for n, default in parameters_of(name).items() if default is None})
