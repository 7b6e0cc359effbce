"""Damaged files are never accepted, intact ones are never given up."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

import pytest
from toy_engine import ToyEngine
from toy_process import checked, run_here

from wellhop.engine.errors import DamagedFileError, WellhopError
from wellhop.jobs.quarantine import quarantine
from wellhop.jobs.store import RunFolder
from wellhop.jobs.verify import verify

TRIALS = 400


@pytest.fixture(scope="module")
def intact(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A complete run in several segments."""
    path = tmp_path_factory.mktemp("intact") / "run"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("wellhop.jobs.scheduler._LARGEST_BUFFER", 100_000)
        run_here(path, clicks=25, points=2, commit=1000)
    assert 4 <= len(segments(path)) <= 12
    return path


@pytest.fixture
def copy(intact: Path, tmp_path: Path) -> Path:
    """A run to be damaged."""
    shutil.copytree(intact, tmp_path / "run")
    return tmp_path / "run"


def damage(raw: bytes, chance: random.Random) -> bytes:
    """A bit flip, a truncation, a block of zeros, a block from elsewhere, or bytes appended."""
    kind, place = chance.randrange(5), chance.randrange(len(raw))
    if kind == 0:
        return raw[:place] + bytes([raw[place] ^ (1 << chance.randrange(8))]) + raw[place + 1 :]
    if kind == 1:
        return raw[:place]
    length = min(chance.choice([1, 16, 512, 4096]), len(raw) - place)
    if kind == 2:
        return raw[:place] + bytes(length) + raw[place + length :]
    if kind == 3:
        source = chance.randrange(len(raw) - length + 1)
        return raw[:place] + raw[source : source + length] + raw[place + length :]
    return raw + raw[:length]


def test_hundreds_of_damages_none_accepted(copy: Path) -> None:
    expected = checked(copy).content_sha256
    chance = random.Random(3)
    files = [p for p in sorted(copy.rglob("*")) if p.is_file() and p.name != "lock"]
    tried = 0
    while tried < TRIALS:
        victim = chance.choice(files)
        good = victim.read_bytes()
        bad = damage(good, chance)
        if bad == good:
            continue
        tried += 1
        victim.write_bytes(bad)
        report = verify(copy, ToyEngine()) if victim.name != "campaign.toml" else None
        if report is not None:
            assert not report.ok, f"{victim.name}: accepted"
            assert any(victim.name in line for line in report.problems), f"{victim.name}: {report}"
        if tried % 8 == 0 or report is None:
            with pytest.raises(WellhopError, match=victim.name):
                RunFolder.open(copy, write=True)
        victim.write_bytes(good)
    assert checked(copy).content_sha256 == expected


def segments(path: Path) -> list[Path]:
    return sorted((path / "segments").glob("seg-*.wh"))


def flip(path: Path) -> None:
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 2] ^= 4
    path.write_bytes(raw)


def test_a_missing_swapped_or_foreign_segment_is_found(copy: Path, tmp_path: Path) -> None:
    found = segments(copy)
    kept = {path: path.read_bytes() for path in found}

    def problem() -> str:
        report = verify(copy, ToyEngine())
        assert not report.ok
        with pytest.raises(DamagedFileError, match="quarantine"):
            RunFolder.open(copy, write=True)
        for path, raw in kept.items():
            path.write_bytes(raw)
        assert verify(copy, ToyEngine()).ok
        return "\n".join(report.problems)

    found[1].unlink()
    assert f"{found[1]}: missing" in problem()
    found[-1].unlink()
    assert f"{found[-1]}: missing" in problem(), "the head names a last segment that is gone"
    found[1].write_bytes(kept[found[2]])
    found[2].write_bytes(kept[found[1]])
    assert "not the segment that belongs here" in problem()
    run_here(tmp_path / "other", clicks=25, points=2)
    found[0].write_bytes(segments(tmp_path / "other")[0].read_bytes())
    assert "not the segment that belongs here" in problem()
    for path in found[2:]:
        path.unlink()
    assert "after it" in problem() or len(found) == 3


def test_the_refusal_names_the_file_and_the_way_out(copy: Path) -> None:
    flip(segments(copy)[2])
    with pytest.raises(DamagedFileError) as caught:
        RunFolder.open(copy, write=True)
    assert "seg-00000003.wh: damaged" in str(caught.value)
    assert f"wellhop resume --quarantine {copy}" in str(caught.value)


@pytest.mark.parametrize("victims", [[0], [1], [-1], [0, 2], [1, 2, 3], "all", "head", "gone"])
def test_quarantine_keeps_what_is_intact_and_ends_with_the_same_hash(copy: Path, victims: object) -> None:
    expected = checked(copy).content_sha256
    found = segments(copy)
    slices = len(RunFolder.open(copy, write=False).chain.rows)
    if victims == "head":
        (copy / "head.json").write_text("{}")
    elif victims == "gone":
        found[1].unlink()
    else:
        for place in range(len(found)) if victims == "all" else victims:  # type: ignore[attr-defined]
            flip(found[place])
    report = quarantine(copy)
    assert report.moved_to is not None
    if victims == "head":
        assert (report.kept, report.given_up) == (slices, 0)
    elif victims == [-1]:
        assert report.given_up == 0
    elif victims == "all":
        assert report.kept == 0
    else:
        assert 0 < report.kept < slices
    assert verify(copy, ToyEngine()).ok
    run_here(copy, clicks=30)
    assert checked(copy).content_sha256 == expected
    assert quarantine(copy).moved_to is None


def test_damaged_manifest_or_problems_have_no_second_source(copy: Path) -> None:
    flip(copy / "prepared.wh")
    with pytest.raises(DamagedFileError, match=r"prepared\.wh"):
        quarantine(copy)


def test_strangers_between_the_segments_are_noted_not_read(copy: Path) -> None:
    expected = checked(copy).content_sha256
    (copy / "segments" / "seg-00000001.wh.bak").write_bytes(b"x")
    (copy / "segments" / "seg-00000099.wh.tmp").write_bytes(b"x")
    report = checked(copy)
    assert report.content_sha256 == expected
    assert [note for note in report.notes if "does not belong here" in note] == [
        f"{copy / 'segments' / 'seg-00000001.wh.bak'}: does not belong here and was not read"
    ]


def test_a_segment_with_a_forged_number_costs_no_time(copy: Path) -> None:
    shutil.copy(segments(copy)[0], copy / "segments" / "seg-99999999.wh")
    report = verify(copy, ToyEngine())
    assert not report.ok
    assert len(report.problems) == 2
