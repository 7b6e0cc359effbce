"""Every campaign file that ships can be read, names its own folder, and measures what its comments promise."""

from __future__ import annotations

from pathlib import Path

import pytest

from wellhop.jobs.campaign import parse

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
