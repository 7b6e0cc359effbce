"""``wellhop predict`` and ``wellhop systems``: the table for people, JSON for programs."""

from __future__ import annotations

import contextlib
import io
import json
import math
from collections.abc import Sequence
from typing import Any

import pytest

from wellhop.analysis import prediction
from wellhop.analysis.prediction import Prediction, listed_methods_of, predict
from wellhop.engine.systems import SYSTEMS, build
from wellhop.jobs import cli, provenance

PARAMETERS = {"eps2": 6.0, "kappa": 0.1, "n_th": 0.02}
WORDS = ["predict", "kerr_cat_staircase", *(w for n, v in PARAMETERS.items() for w in ("-p", f"{n}={v}"))]


@pytest.fixture(scope="module")
def spoken() -> tuple[dict[str, Any], list[Prediction]]:
    """What the command says of every listed prediction at PARAMETERS, and the predictions that it asked for: seconds."""
    asked: list[Prediction] = []

    def overheard(system: object, names: Sequence[str]) -> list[Prediction]:
        assert system == build("kerr_cat_staircase", PARAMETERS)
        assert list(names) == list(listed_methods_of("kerr_cat_staircase"))
        asked.extend(predict(system, names))
        return asked

    out = io.StringIO()
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(out):
        patch.setattr(prediction, "predict", overheard)
        assert cli.main([*WORDS, "--json"]) == 0
    return json.loads(out.getvalue()), asked


def test_json_holds_every_bit(spoken: tuple[dict[str, Any], list[Prediction]]) -> None:
    out, expected = spoken
    assert len(expected) > 20
    assert [(p["name"], p["value"], p["valid"], p["note"], p["accuracy"]) for p in out["predictions"]] == [
        (p.name, p.value if math.isfinite(p.value) else None, p.valid, p.note, p.accuracy) for p in expected
    ]
    assert out["parameters"] == {**PARAMETERS, "K": 1.0}
    assert out["version"] == provenance.package_version()
    assert "population difference" in out["convention"]


def test_table_names_every_method_and_the_convention(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    spoken: tuple[dict[str, Any], list[Prediction]],
) -> None:
    monkeypatch.setattr(prediction, "predict", lambda system, names: spoken[1])
    assert cli.main(WORDS) == 0
    out = capsys.readouterr().out
    assert all(name in out for name in listed_methods_of("kerr_cat_staircase"))
    assert "Gamma = decay_rate" in out


def test_long_lines_are_wrapped_below_their_column(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ["predict", "kerr_cat_staircase", "-p", "eps2=0.3", "-p", "kappa=0.9", "-p", "n_th=0.02"]
    notes = [p.note for p in predict(build("kerr_cat_staircase", {"eps2": 0.3, "kappa": 0.9, "n_th": 0.02}))]
    for columns in (None, 140):
        if columns is None:
            monkeypatch.delenv("COLUMNS", raising=False)
        else:
            monkeypatch.setenv("COLUMNS", str(columns))
        assert cli.main(words) == 0
        out = capsys.readouterr().out
        assert 80 < max(map(len, out.splitlines())) <= (columns or 100)
        said = " ".join(out.split())
        assert any(notes)
        assert all(" ".join(note.split()) in said for note in notes)


def test_one_method_alone(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([*WORDS, "--json", "--method", "liouvillian"]) == 0
    (only,) = json.loads(capsys.readouterr().out)["predictions"]
    # 4.84769e-4 is the reference of the specification, section 6.
    assert only["value"] == pytest.approx(4.84769e-4, rel=2e-6)


def test_systems_lists_all_with_their_parameters(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["systems"]) == 0
    out = capsys.readouterr().out
    for name in SYSTEMS:
        assert name in out
    assert "eps2, kappa, n_th, K (default 1)" in out
