"""Every campaign file that ships can be read, names its own folder, and measures what its comments promise."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from wellhop.analysis.curves import reduced_rate
from wellhop.analysis.staircase import ground_rate, rate_model
from wellhop.engine.systems.kerr_cat import KerrCat
from wellhop.jobs.arms import ManifoldJumpArm
from wellhop.jobs.campaign import Campaign, parse

FOLDER = Path(__file__).parents[2] / "jobs" / "campaigns"
FILES = sorted(FOLDER.glob("*.toml"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_shipped_campaign_is_valid(path: Path) -> None:
    campaign = parse(path.read_text(encoding="utf-8"))
    assert campaign.name == path.stem
    assert str(campaign.output) == f"runs/{path.stem}"


def test_two_photon_campaigns_measure_both_dynamics() -> None:
    for name, least in (("kerr_two_photon_drive", 8), ("kerr_two_photon_arrhenius", 6)):
        campaign = parse((FOLDER / f"{name}.toml").read_text(encoding="utf-8"))
        assert len(campaign.points) >= least
        arms = {arm.name: arm for arm in campaign.arms}
        assert set(arms) == {"jumps", "langevin"}
        for arm in arms.values():
            assert arm.stop.rule == "relative_error"
            assert arm.stop.value <= 0.04


def shipped(name: str) -> Campaign:
    return parse((FOLDER / f"{name}.toml").read_text(encoding="utf-8"))


def cats(campaign: Campaign, **where: float) -> list[KerrCat]:
    """Points of a Kerr-cat campaign with these parameters."""
    points = [dict(point.parameters) for point in campaign.points]
    return [KerrCat(**p) for p in points if all(p[name] == value for name, value in where.items())]


def slope(system: KerrCat) -> float:
    """-d ln Γ / d eps2 of the exact rate."""
    below, above = (
        KerrCat(eps2=system.eps2 + step, kappa=system.kappa, n_th=system.n_th) for step in (-0.05, 0.05)
    )
    return float(np.log(reduced_rate(below) / reduced_rate(above))) / 0.1


@pytest.mark.parametrize("n_th", [0.01, 0.001])
def test_low_temperature_covers_plateaus_and_steep_parts(n_th: float) -> None:
    """Three plateaus and two steep parts between them, at each of two temperatures."""
    found = {c.eps2: slope(c) for c in cats(shipped("kerr_cat_low_temperature"), kappa=0.025, n_th=n_th)}
    parts = "".join("s" if s > 1.0 else "p" if s < 0.52 else "-" for _, s in sorted(found.items()))
    assert parts == "pp" + "-" + "ss" + "pp" + "ss" + "pp"


def test_low_temperature_shows_where_hamiltonian_levels_fail() -> None:
    campaign = shipped("kerr_cat_low_temperature")
    cold = [reduced_rate(c) / ground_rate(c) for c in cats(campaign, n_th=0.0)]
    assert cold == pytest.approx([5.24, 405.0, 14500.0], rel=0.01)
    damped = [
        1.0 - rate_model(c).quasi_stationary("one_down").decay_rate / reduced_rate(c)
        for c in cats(campaign, kappa=0.5)
    ]
    assert damped == pytest.approx([0.146, 0.039], abs=0.001)
    assert {arm.stop.value for arm in campaign.arms} == {0.02}


def test_branching_is_dominated_by_one_manifold_after_the_other() -> None:
    campaign = shipped("kerr_cat_branching")
    (arm,) = campaign.arms
    assert isinstance(arm, ManifoldJumpArm)
    shares = []
    for system in cats(campaign):
        state = rate_model(system).quasi_stationary("resummed")
        shares.append(np.asarray(state.contributions) / state.decay_rate)
    assert [int(np.argmax(share)) for share in shares] == [2, 2, 2, 3]
    assert shares[0][1] == pytest.approx(0.39, abs=0.01)
