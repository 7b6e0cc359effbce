"""Predictions for the two-photon resonator: each is the number of its function, with its range said."""

from __future__ import annotations

import json
import math

import pytest

from wellhop.analysis.prediction import Prediction, methods_of, predict
from wellhop.analysis.resonator_action import escape_action
from wellhop.analysis.resonator_angle import angle_rate
from wellhop.analysis.resonator_exceptional_point import exact_exceptional_loss
from wellhop.analysis.resonator_moments import resonator_moments
from wellhop.analysis.resonator_prediction import compared_methods
from wellhop.analysis.resonator_rate_laws import action_law, parity_law
from wellhop.analysis.resonator_spectrum import exceptional_loss, odd_sector_eigenvalues, slow_pair
from wellhop.engine.systems.two_photon_resonator import TwoPhotonResonator
from wellhop.jobs import cli

#: Spec section 12: (G, Δ, η) -> S, Γ, Ω, Γ of truncated Wigner.
RATES = {
    (3.0, 1.0, 1.0): (3.194935414811, 2.703522612190e-02, 6.814697592883e-02, 6.787992373e-02),
    (4.0, 0.1, 1.0): (7.688340864874, 1.583342445430e-05, 5.438016858784e-04, 1.662697139e-03),
    (4.0, 1.0, 0.5): (10.21946909822, 2.407705712227e-05, 8.618691434122e-05, 8.639188068e-05),
}
#: Spec section 12, odd sector with one-photon loss: (G, Δ, κ₁) -> slow, fast.
LOSSY = {(4.0, 1.0, 0.1): (5.147349871e-3, 0.7567668529), (3.0, 1.0, 0.05): (0.05107040271, 0.2796449755)}


def table(system: TwoPhotonResonator, *names: str) -> dict[str, Prediction]:
    return {p.name: p for p in predict(system, list(names) or None)}


@pytest.mark.parametrize("point", RATES)
def test_rates_to_their_digits(point: tuple[float, float, float]) -> None:
    action, decay, frequency, twa = RATES[point]
    for sign in (1.0, -1.0):
        found = table(TwoPhotonResonator(point[0], sign * point[1], point[2]), "decay", "frequency", "twa_drop", "action")
        assert all(p.valid for p in found.values())
        assert found["decay"].value == pytest.approx(decay, rel=1e-12)
        assert found["frequency"].value == pytest.approx(frequency, rel=1e-12)
        assert found["twa_drop"].value == pytest.approx(twa, rel=3e-10)
        assert found["action"].value == pytest.approx(action, rel=1e-12)


@pytest.mark.parametrize("point", LOSSY)
def test_telegraph_to_its_digits(point: tuple[float, float, float]) -> None:
    slow, fast = LOSSY[point]
    found = table(TwoPhotonResonator(point[0], point[1], 1.0, point[2]), "decay", "fast_decay", "frequency")
    assert found["decay"].value == pytest.approx(slow, rel=1e-9)
    assert found["fast_decay"].value == pytest.approx(fast, rel=1e-9)
    assert found["frequency"].value == 0.0
    assert not found["frequency"].valid
    assert "telegraph" in found["decay"].note


def test_every_number_is_the_one_of_its_function() -> None:
    system = TwoPhotonResonator(4.0, 1.0)
    found, moments = table(system), resonator_moments(system)
    first, second = action_law(system), parity_law(system)
    expected = {
        "action_law_decay": first.decay, "action_law_frequency": first.frequency, "parity_law_decay": second.decay,
        "parity_law_frequency": second.frequency, "twa_drop": angle_rate(system), "action": escape_action(system),
        "parity": moments.parity, "photons": moments.photons, "photons_even": moments.photons_even,
        "photons_odd": moments.photons_odd, "exceptional_loss": exceptional_loss(system),
    }  # fmt: skip
    for name, value in expected.items():
        assert found[name].value == value, name
        assert found[name].valid, name
    for law in ("parity_law", "action_law"):
        for part in ("decay", "frequency"):
            stated = found[f"{law}_{part}"]
            assert stated.accuracy is not None
            assert abs(found[part].value / stated.value - 1.0) <= stated.accuracy


def test_slow_space_of_two_dimensions() -> None:
    system = TwoPhotonResonator(4.0, 1.0, 1.0, 0.02)
    bare = table(TwoPhotonResonator(4.0, 1.0), "decay", "frequency")
    slow, _ = slow_pair(complex(-bare["decay"].value, -bare["frequency"].value), 0.02 * abs(system.alpha0) ** 2)
    assert table(system, "two_mode_decay")["two_mode_decay"].value == pytest.approx(-slow.real, rel=1e-12)


def test_below_the_exceptional_point_it_rotates() -> None:
    system = TwoPhotonResonator(4.0, 1.0, 1.0, 0.002)
    found = table(system, "decay", "frequency")
    exact = odd_sector_eigenvalues(system, levels=24)[0]
    assert found["decay"].value == pytest.approx(-exact.real, rel=1e-8)
    assert found["frequency"].value == pytest.approx(abs(exact.imag), rel=1e-8)
    assert "no telegraph" in found["decay"].note
    fast = table(system, "fast_decay")["fast_decay"]
    assert fast.value == pytest.approx(found["decay"].value, rel=1e-8)
    assert not fast.valid


def test_what_holds_for_vanishing_loss_says_so() -> None:
    """The slow space and the action: the exponent of a telegraph is not S, and the wells change with the loss."""
    near, far = (table(TwoPhotonResonator(4.0, 1.0, 1.0, loss)) for loss in (0.01, 0.5))
    for found in (near, far):
        assert not found["action"].valid
        assert "limit kappa_1 -> 0+" in found["action"].note
        off = abs(found["two_mode_decay"].value / found["decay"].value - 1.0)
        assert found["two_mode_decay"].accuracy == pytest.approx(off, rel=1e-9)
    assert near["two_mode_decay"].valid
    assert not far["two_mode_decay"].valid


def test_beyond_the_wells_there_is_no_telegraph() -> None:
    """kappa_1/2 > s: the mean field has one well, whatever the slow mode."""
    found = table(TwoPhotonResonator(4.0, 1.0, 1.0, 9.0))
    assert not any(found[name].valid for name in ("decay", "fast_decay", "two_mode_decay", "action"))
    assert "one well only" in found["decay"].note
    assert "telegraph" not in found["decay"].note


@pytest.mark.parametrize("point", [(2.0, 0.7), (4.0, 1.0)])
def test_exceptional_point_within_its_accuracy(point: tuple[float, float]) -> None:
    system = TwoPhotonResonator(*point)
    stated = table(system, "exceptional_loss")["exceptional_loss"]
    assert stated.accuracy is not None
    assert 0.0 < exact_exceptional_loss(system) / stated.value - 1.0 < stated.accuracy / (1.0 - stated.accuracy)


def test_dark_without_detuning() -> None:
    found = table(TwoPhotonResonator(4.0, 0.0))
    for name in ("decay", "frequency", "parity_law_decay", "action_law_frequency"):
        assert found[name].value == 0.0
        assert not found[name].valid
        assert "exactly zero at Delta = 0" in found[name].note
    assert found["twa_drop"].value == pytest.approx(1.58851327604e-3, rel=1e-11)  # spec section 12
    assert "the exact rate is zero" in found["twa_drop"].note


def test_no_well_and_shallow_wells_are_flagged() -> None:
    assert math.isnan(table(TwoPhotonResonator(4.0, 5.0), "decay")["decay"].value)
    assert "|Delta| = 5 >= G = 4" in table(TwoPhotonResonator(4.0, 5.0), "action")["action"].note
    shallow = table(TwoPhotonResonator(4.0, 3.5), "decay", "twa_drop")
    assert not any(p.valid for p in shallow.values())
    assert "S = 0.335 < 2" in shallow["decay"].note


def test_deep_wells_keep_their_logarithm() -> None:
    """Overflow-prone parameters: G/η = 1000, where rates are e^-1269 and the weights e^{+2000}."""
    found = table(TwoPhotonResonator(1000.0, 300.0), "decay", "action_law_decay", "parity_law_decay", "parity", "photons", "action")
    assert math.isnan(found["decay"].value)
    assert "unknowns" in found["decay"].note
    assert found["action_law_decay"].value == 0.0
    s = math.sqrt(1000.0**2 - 300.0**2)
    logarithm = math.log(2.0 * 300.0 * s / (math.pi * 1000.0)) - found["action"].value
    assert f"its logarithm is {logarithm:.10g}"[:28] in found["action_law_decay"].note
    assert found["photons"].value == pytest.approx(s, rel=1e-3)


def test_numerical_instantons_repeat_the_closed_action() -> None:
    found = table(TwoPhotonResonator(4.0, 1.0, 0.5), "action", "action_keldysh", "action_twa")
    for name in ("action_keldysh", "action_twa"):
        assert found[name].valid
        assert found[name].value == pytest.approx(found["action"].value, rel=1e-6)


def test_what_a_measurement_is_set_beside_exists() -> None:
    names = methods_of("two_photon_resonator")
    for loss, truncation in ((0.0, None), (0.1, None), (0.0, "drop"), (0.0, "clip")):
        assert set(compared_methods(TwoPhotonResonator(4.0, 1.0, 1.0, loss), truncation)) <= set(names)
    # clip has no prediction: that of drop must not stand in for it
    assert "twa_drop" not in compared_methods(TwoPhotonResonator(4.0, 1.0), "clip")


def test_the_command_prints_them(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["predict", "two_photon_resonator", "-p", "G=4", "-p", "Delta=1", "--json", "--details"]) == 0
    out = json.loads(capsys.readouterr().out)
    rows = {p["name"]: p for p in out["predictions"]}
    assert rows["decay"]["value"] == table(TwoPhotonResonator(4.0, 1.0), "decay")["decay"].value
    assert rows["fast_decay"]["value"] is None
    assert out["details"]["alpha0"] == pytest.approx([1.95230419584237, 0.247975146141117], rel=1e-13)
    assert "cos(Omega t)" in out["convention"]
    assert cli.main(["predict", "two_photon_resonator", "-p", "G=4", "-p", "Delta=1", "--details"]) == 0
    text = capsys.readouterr().out
    assert "|alpha|^2 = 3.87298" in text
    assert "bistable: yes" in text
