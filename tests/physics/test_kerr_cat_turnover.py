"""Turnover of the switching rate with the damping, and scans of it manifold by manifold."""

import numpy as np
import pytest

from wellhop.analysis.kerr_cat_scan import scan_exact, scan_rates
from wellhop.analysis.kerr_cat_turnover import critical_damping, kramers_extrema
from wellhop.analysis.liouvillian import decay_rate
from wellhop.analysis.staircase import critical_drive, rate_model
from wellhop.engine.errors import ParameterError, PredictionError
from wellhop.engine.fock import parity_signs
from wellhop.engine.systems.kerr_cat import KerrCat


def exact(kappa, eps2=8.0, n_th=1e-3):
    """The exact rate in a larger space than the scans use."""
    system = KerrCat(eps2, float(kappa), n_th)
    cutoff = system.default_cutoff() + 8
    return decay_rate(system.lindblad(cutoff), parity_signs=parity_signs(cutoff)).value


@pytest.fixture(scope="module")
def exact_extrema():
    """Of the exact rate at ε₂ = 8, n_th = 1e-3."""
    return kramers_extrema(8.0, 1e-3, lowest=1e-3, highest=1e-2)


def test_extrema_to_printed_digits(exact_extrema, printed_as):
    """ε₂ = 8, n_th = 1e-3: maximum 8.151e-7 at 1.87e-3, minimum 7.696e-7 at 4.10e-3; control: n_th = 0.05."""
    top, bottom = exact_extrema
    assert (top.kind, bottom.kind) == ("max", "min")
    for found, rate, kappa in ((top, "8.151e-7", "1.87e-3"), (bottom, "7.696e-7", "4.10e-3")):
        assert printed_as(found.rate, rate)
        assert printed_as(found.kappa, kappa)
    # By three points of an independent calculation: a parabola in ln κ has its vertex there.
    for found in (top, bottom):
        offsets = np.array([-0.05, 0.0, 0.05])
        bend = np.polyfit(offsets, np.log([exact(found.kappa * np.exp(d)) for d in offsets]), 2)
        assert -bend[1] / (2.0 * bend[0]) == pytest.approx(0.0, abs=0.003)
        assert (bend[0] < 0.0) == (found.kind == "max")
    for source in ("semi_analytical", "one_rate"):
        assert kramers_extrema(8.0, 0.05, source=source) == ()
    assert kramers_extrema(8.0, 0.05, lowest=1e-3, highest=1e-2, per_decade=8) == ()


def test_semi_analytical_extrema_are_the_exact_ones(exact_extrema):
    found = kramers_extrema(8.0, 1e-3, source="semi_analytical")
    for one, other in zip(exact_extrema, found, strict=True):
        assert (one.kind, one.kappa) == (other.kind, pytest.approx(other.kappa, rel=2e-3))
        assert one.rate == pytest.approx(other.rate, rel=3e-4)


@pytest.mark.parametrize("eps2", [8.0, 10.0, 12.0])
def test_one_rate_displaces_the_maximum(eps2):
    """By sqrt(μ_1/λ_1) in damping and in rate, since the rates of one manifold scale; α sqrt(2) is its limit."""
    right, wrong = (
        kramers_extrema(eps2, 1e-3, source=s, lowest=1e-7)[0] for s in ("semi_analytical", "one_rate")
    )
    model = rate_model(KerrCat(eps2, right.kappa, 1e-3))
    factor = float(np.sqrt(model.dephasing[1] / model.decay[1]))
    assert wrong.kappa / right.kappa == pytest.approx(factor, rel=1e-3)
    assert wrong.rate / right.rate == pytest.approx(factor, rel=1e-3)
    limit = np.sqrt(2.0 * eps2)
    assert factor / limit == pytest.approx(1.0, abs=0.08)
    # The limit is no match to the accuracy of the other, and comes closer in deeper wells.
    assert factor / limit < 0.96
    deeper = rate_model(KerrCat(40.0, 0.01, 1e-3))
    assert np.sqrt(deeper.dephasing[1] / deeper.decay[1] / 80.0) == pytest.approx(1.0, abs=0.015)


def test_deep_wells_have_one_maximum_per_manifold():
    found = kramers_extrema(12.0, 1e-3, source="semi_analytical", lowest=1e-7)
    assert [one.kind for one in found] == ["max", "min", "max", "min"]
    for n, one in ((1, found[0]), (2, found[2])):
        # What the manifolds above add grows with κ and moves the maximum of the sum upwards.
        assert 1.0 < one.kappa / critical_damping(n, 12.0, 1e-3) < 1.4


def test_critical_damping_is_the_critical_drive_turned_round():
    for n, one_rate in ((1, False), (2, False)):
        drive = critical_drive(n, 0.025, 0.05, criterion="balance")
        assert critical_damping(n, drive, 0.05, one_rate=one_rate) == pytest.approx(0.025, rel=1e-7)
    assert critical_damping(1, 16.0, 1e-3, 2.0) == pytest.approx(
        2.0 * critical_damping(1, 8.0, 1e-3), rel=1e-9
    )
    # δ_n = λ_n with one rate.
    kappa = critical_damping(1, 8.0, 1e-3, one_rate=True)
    model = rate_model(KerrCat(8.0, kappa, 1e-3))
    assert model.splitting[1] == pytest.approx(model.decay[1], rel=1e-9)


def test_scans_are_the_models_of_their_systems():
    systems = [KerrCat(6.0, 0.025, 0.05), KerrCat(6.0, 0.1, 0.05), KerrCat(14.0, 0.1, 0.05)]
    scan, reference = scan_rates(systems), [rate_model(s) for s in systems]
    assert scan.contributions.shape == (3, 17)
    for row, model in enumerate(reference):
        quasi = model.quasi_stationary("one_down")
        assert scan.decay_rate[row] == pytest.approx(quasi.decay_rate, rel=1e-10)
        for found, wanted in ((scan.contributions, quasi.contributions), (scan.currents, quasi.currents),
                              (scan.branching, model.branching), (scan.dephasing, model.dephasing),
                              (scan.decay, model.decay), (scan.splitting, model.splitting)):  # fmt: skip
            assert found[row, :8] == pytest.approx(wanted[:8], rel=1e-8, abs=1e-13)
    limited = scan_rates(systems, one_rate=True)
    assert limited.dephasing == pytest.approx(scan.decay, rel=1e-12)
    assert np.all(limited.decay_rate > scan.decay_rate)
    for method in ("up", "resummed"):
        wanted = reference[0].quasi_stationary(method).decay_rate
        assert scan_rates(systems[:1], populations=method).decay_rate == pytest.approx([wanted], rel=1e-10)


def test_exact_scan_leaves_out_round_off_and_says_so():
    seen = []
    scan = scan_exact([KerrCat(6.0, 0.025, 0.05), KerrCat(12.0, 1e-4, 0.0)], progress=seen.append)
    assert seen == [0.5, 1.0]
    assert scan.decay_rate[0] == pytest.approx(8.6652243998e-4, rel=1e-9)
    assert scan.contributions[0].sum() == pytest.approx(scan.decay_rate[0], rel=2e-4)
    assert np.isnan(scan.decay_rate[1])
    assert np.isnan(scan.contributions[1]).all()
    assert scan.missing == 1
    assert np.isnan(scan_exact([KerrCat(6.0, 0.025, 0.05)], shares=False).contributions).all()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: kramers_extrema(0.0, 1e-3), "eps2: got 0"),
        (lambda: kramers_extrema(8.0, -1.0), "n_th: got -1"),
        (lambda: kramers_extrema(8.0, 1e-3, lowest=0.1, highest=0.1), "0 < lowest < highest"),
        (lambda: kramers_extrema(8.0, 1e-3, lowest=float("nan")), "lowest: got nan"),
        (lambda: kramers_extrema(8.0, 1e-3, highest="a"), "highest: got 'a'"),
        (lambda: kramers_extrema(8.0, 1e-3, K=-1.0), "K: got -1"),
        (lambda: kramers_extrema(8.0, 1e-3, per_decade=1), "an integer >= 2"),
        (lambda: critical_damping(0, 8.0, 1e-3), "an integer from 1 to 15"),
        (lambda: critical_damping(16, 8.0, 1e-3), "an integer from 1 to 15"),
        (lambda: critical_damping(True, 8.0, 1e-3), "an integer from 1 to 15"),
        (lambda: scan_rates([]), "at least one system"),
        (lambda: scan_exact([]), "at least one system"),
    ],
)
def test_nonsense_is_refused_with_its_range(call, message):
    with pytest.raises(ParameterError, match=message):
        call()


def test_unknown_source_is_refused():
    with pytest.raises(PredictionError, match="source: got 'sharp', allowed is one of exact"):
        kramers_extrema(8.0, 1e-3, source="sharp")
