"""Langevin arms and arms of three wells: defaults, time scales, prepared units, and how their records are judged."""

from __future__ import annotations

import dataclasses
import math
import warnings
from typing import Any

import numpy as np
import pytest

from wellhop.engine.records import EndState, TrajectoryRecord
from wellhop.engine.systems.kerr_cat import KerrCat
from wellhop.engine.systems.kerr_two_photon_drive import KerrTwoPhotonDrive
from wellhop.jobs import judging, prepare
from wellhop.jobs.arms import DiscJumpArm
from wellhop.jobs.campaign import Campaign, changed_keys, fingerprint, parse
from wellhop.jobs.core_sizes import jump_setup_with_cores, langevin_cores
from wellhop.jobs.langevin_arm import LangevinArm
from wellhop.jobs.time_scales import TimeScales, time_scales

TEXT = """
[campaign]
name = "small"
seed = 7
[system]
name = "kerr_two_photon_drive"
delta = -3
eps = 1.8
[sweep]
U = [0.4, 0.6]
[measure.langevin]
duration = { switching_times = 20 }
stop = { relative_error = 0.1 }
[measure.jumps]
duration = { switching_times = 20 }
stop = { relative_error = 0.3 }
"""
#: Fingerprint of TEXT.
FINGERPRINT = "34d0d16ddb81f77eae6d711fa6c7cb76d25199723b0a8eae02c402c9c76a2a7c"


def changed(old: str, new: str) -> Campaign:
    """The campaign with one piece of text replaced."""
    assert old in TEXT
    return parse(TEXT.replace(old, new))


def test_defaults_come_in_whole_groups_of_wells_and_lanes() -> None:
    jumps, langevin = parse(TEXT).arms
    assert isinstance(jumps, DiscJumpArm)
    assert isinstance(langevin, LangevinArm)
    assert (jumps.index, langevin.index, langevin.engine) == (0, 2, "langevin")
    assert (langevin.scheme, langevin.dt, langevin.core_bright, langevin.core_vacuum) == ("strang", None, 0.35, 0.25)
    assert (langevin.batch, jumps.batch) == (192, 24)
    assert (langevin.max_trajectories % 192, jumps.max_trajectories % 24) == (0, 0)
    cat = changed("delta = -3\neps = 1.8", "delta = -1\neps = 3").arms
    assert [arm.batch for arm in cat] == [16, 128]


@pytest.mark.parametrize("groups", ["batch = 6", "batch = 12\nmax_trajectories = 36"])
def test_points_of_two_and_of_three_wells_share_their_batches(groups: str) -> None:
    read = changed("eps = 1.8\n[sweep]\n", "[sweep]\neps = [1.8, 4]\n")
    assert {arm.batch % 6 for arm in read.arms} == {0}
    text = TEXT.replace("eps = 1.8\n[sweep]\n", "[sweep]\neps = [1.8, 4]\n")
    assert parse(text.replace("[measure.jumps]", f"[measure.jumps]\n{groups}")).arms[0].batch % 6 == 0


def test_fingerprint_is_of_the_meaning() -> None:
    assert fingerprint(parse(TEXT)) == FINGERPRINT
    same = changed("[measure.langevin]", '[measure.langevin]\nscheme = "strang"\nbatch = 192\ncore_bright = 0.35')
    assert fingerprint(same) == FINGERPRINT
    other = changed("[measure.langevin]", "[measure.langevin]\ndt = 0.01")
    assert changed_keys(parse(TEXT), other) == ["measure.langevin.dt"]


def test_time_scales_are_those_of_the_simulated_model() -> None:
    """Spec kerr_two_photon_drive, section 6."""
    system = KerrTwoPhotonDrive(-3.0, 1.8, 0.4)
    exact, twa = time_scales(system), time_scales(system, "langevin")
    assert exact.guesses == pytest.approx({"lam_e": 3.7684e-2, "lam_o": 3.5138e-3}, rel=1e-4)
    assert twa.guesses == pytest.approx({"lam_e": 4.4581e-2, "lam_o": 5.5530e-3}, rel=1e-4)
    assert (exact.rate, exact.fastest) == (exact.guesses["lam_o"], exact.guesses["lam_e"])
    assert exact.relaxation_time == pytest.approx(1.0)
    cat = time_scales(KerrTwoPhotonDrive(-1.0, 3.0, 1.0))
    assert (cat.rate, cat.guesses) == (pytest.approx(4.0701e-3, rel=1e-4), {})


def test_kerr_cat_switches_faster_in_the_truncated_wigner_model() -> None:
    system = KerrCat(eps2=6.0, kappa=0.5, n_th=0.02)
    exact, twa = time_scales(system), time_scales(system, "langevin")
    assert 10.0 * exact.rate < twa.rate < 0.1 * twa.second_rate
    assert twa.relaxation_time == pytest.approx(4.0, rel=1e-6)


def test_a_rate_nobody_knows_gives_no_length() -> None:
    (arm,) = (arm for arm in parse(TEXT).arms if isinstance(arm, LangevinArm))
    _, problem = prepare._times(arm, TimeScales(math.nan, math.nan, 1.0))
    assert "a plain number" in problem


def test_rates_too_different_for_one_length_are_refused() -> None:
    (arm,) = (arm for arm in parse(TEXT).arms if isinstance(arm, LangevinArm))
    apart = TimeScales(2.3e-8, 1.0, 1.0, {"lam_e": 4.7e-5, "lam_o": 2.3e-8})
    _, problem = prepare._times(arm, apart)
    assert "shorter trajectories" in problem
    times, problem = prepare._times(dataclasses.replace(arm, sample_interval=1e5), apart)
    assert (problem, times.sample_interval) == ("", 1e5)


def test_prepared_units_say_how_they_are_read() -> None:
    done = prepare.prepare(changed("[0.4, 0.6]", "[0.6]"))
    jumps, langevin = (unit.about for unit in done.units)
    assert (jumps["engine"], langevin["engine"]) == ("jumps", "langevin")
    for about in (jumps, langevin):
        assert (about["wells"], about["centre"], about["warnings"]) == (3, 1, [])
        assert about["core_names"] == ["narrow", "reference", "wide"]
        assert about["observable_names"] == ["X", "n"]
        assert about["burn_in"] == pytest.approx(10.0)
        assert about["sample_interval"] <= 0.1 / min(about["rate_guesses"].values())
    assert 0.9 * 0.25 * 0.051 < langevin["dt"] < 1.01 * 0.25 * 0.0511  # 0.25 of the largest recommended, cut to the samples
    assert jumps["rate_guesses"]["lam_o"] < langevin["rate_guesses"]["lam_o"]


def test_a_long_step_is_warned_of_once_a_point_and_kept() -> None:
    only = TEXT[: TEXT.index("[measure.jumps]")].replace("[measure.langevin]", "[measure.langevin]\ndt = 0.1")
    with pytest.warns(prepare.PreparationWarning, match=r"at point \d .*step_size: .*use dt <= 0.051") as caught:
        done = prepare.prepare(parse(only))
    assert len(caught) == 2
    assert all("step_size" in unit.about["warnings"][0] for unit in done.units)


def test_wide_cores_that_would_overlap_are_left_out() -> None:
    cores, doubts = langevin_cores(KerrTwoPhotonDrive(-3.0, 1.8, 0.4).oscillator(), 0.35, 0.99)
    assert [core.name for core in cores] == ["narrow", "reference"]
    assert doubts[0].startswith("core_sizes: ")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        setup, doubts = jump_setup_with_cores(KerrTwoPhotonDrive(-3.0, 1.8, 0.4))
    assert (len(setup.cores), doubts) == (3, ())


def record(index: int, start_well: int) -> TrajectoryRecord:
    """A trajectory that was never anywhere else."""
    none = np.empty(0)
    samples = np.full((5, 1), 2.0 * start_well - 1.0)
    return TrajectoryRecord(index, EndState.DONE, "", 5.0, start_well, none, 0, samples, none, none, 0.0)


@pytest.mark.parametrize(("signs", "expected"), [([-1.0, 1.0], [1, 0]), ([1.0, -1.0], [0, 1])])
def test_well_zero_of_two_is_where_the_order_parameter_is_larger(signs: list[float], expected: list[int]) -> None:
    records = [record(0, 0), record(1, 1)]
    assert [r.start_well for r in judging.oriented({"start_signs": signs}, records)] == expected
    # runs begun before wells had signs
    assert [r.start_well for r in judging.oriented({}, records)] == [0, 1]


def test_the_less_certain_directed_rate_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    from wellhop.analysis import directed_measurement
    from wellhop.analysis.estimate import RateEstimate

    def headline(*_: Any, **__: Any) -> dict[str, RateEstimate]:
        errors = {"lam_e": 0.01, "lam_o": 0.01, "k_v": 0.02, "k_b": 0.2, "k_d": 0.9}
        return {
            name: RateEstimate(
                    "decay_rate" if name.startswith("lam") else "escape_rate", "demo", 1e-3, 9e-4, 2e-3, error, 0.95,
                    {"switches": 5},
                )
            for name, error in errors.items()
        }

    monkeypatch.setattr(directed_measurement, "directed_headline", headline)
    about = {
        "wells": 3, "centre": 1, "sample_interval": 1.0, "burn_in": 0.0, "relaxation_time": 1.0, "core_names": ["reference"],
        "rate_guesses": {},
    }  # fmt: skip
    rate, switches, _ = judging.deciding_rate(about, [])
    assert (rate.relative_error, switches) == (0.2, 15)


def test_without_jumps_no_figure_of_the_quantum_model_is_drawn() -> None:
    """A Kerr-cat campaign of Langevin trajectories alone has nothing to lay over the quantum staircase."""
    from wellhop.jobs.findings import QUANTUM_FIGURES, figures_shown

    text = """
[campaign]
name = "langevin only"
[system]
name = "kerr_cat_staircase"
eps2 = 6
kappa = 0.5
n_th = 0.02
[measure.langevin]
duration = { switching_times = 20 }
stop = { relative_error = 0.1 }
"""
    alone = figures_shown(parse(text))
    assert "directed_rates" in alone
    assert not set(alone) & set(QUANTUM_FIGURES)
    # negative control: with jumps they are there
    both = text + "[measure.jumps]\nduration = { switching_times = 20 }\nstop = { relative_error = 0.1 }\n"
    assert set(QUANTUM_FIGURES) < set(figures_shown(parse(both)))
