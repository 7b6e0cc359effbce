"""Wrong campaigns and calls for the Duffing oscillator and the driven qubit: one error that names the key, nothing written."""

from __future__ import annotations

from pathlib import Path

import pytest

from wellhop.engine.errors import CampaignError, ParameterError, UnravellingError
from wellhop.engine.systems import build
from wellhop.engine.systems.driven_qubit_tls import DrivenQubitTLS
from wellhop.engine.systems.duffing_attractors import DuffingAttractors
from wellhop.jobs import cli
from wellhop.jobs.campaign import parse
from wellhop.jobs.duffing_arms import ReachJumpArm, ReachLangevinArm
from wellhop.jobs.measure import measure_switching

GOOD = """
[campaign]
name = "good"
output = "runs/good"
[system]
name = "duffing_attractors"
beta = 0.05
khat = 0.1
[sweep]
lam = [0.08, 0.1]
[measure.jumps]
duration = { switching_times = 5 }
stop = { relative_error = 0.3 }
[measure.langevin]
duration = { switching_times = 20 }
stop = { relative_error = 0.2 }
"""
STOP, LONG = "stop = { relative_error = 0.3 }", "stop = { relative_error = 0.2 }"

#: (what is replaced, by what, words the error must hold)
CASES: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "drive too weak": (
        "beta = 0.05", "beta = 0.005", ("system.beta: got 0.005", "between 0.0099748736 and 0.15150661", "one attractor only"),
    ),
    "drive too strong": ("beta = 0.05", "beta = 0.2", ("system.beta: got 0.2", "no bistability")),
    "damping too strong": ("khat = 0.1", "khat = 0.6", ("system.khat: got 0.6", "below 1/sqrt(3)")),
    "negative damping": ("khat = 0.1", "khat = -0.1", ("system.khat: got -0.1", "> 0")),
    "no damping": ("khat = 0.1", "khat = 0", ("system.khat: got 0", "> 0")),
    "hard instead of soft": ("lam = [0.08, 0.1]", "lam = [0.08, -0.1]", ("sweep.lam[1]: got -0.1", "> 0")),
    "infinite": ("beta = 0.05", "beta = inf", ("system.beta: got inf", "finite")),
    "negative bath": ("khat = 0.1", "khat = 0.1\nn_th = -0.5", ("system.n_th: got -0.5", ">= 0")),
    "negative dephasing": ("khat = 0.1", "khat = 0.1\neta = -1e-3", ("system.eta: got -0.001", ">= 0")),
    "detuning of zero": ("khat = 0.1", "khat = 0.1\ndw = 0", ("system.dw: got 0", "> 0")),
    "photons without end": ("lam = [0.08, 0.1]", "lam = [1e-6]", ("sweep.lam[0]: got 1e-06", "langevin")),
    "wells too close": ("lam = [0.08, 0.1]", "lam = [0.08, 0.9]", ("sweep.lam[1]: got 0.9", "overlap")),
    "small Fock space": (STOP, f"{STOP}\nfock_cutoff = 12", ("jumps.fock_cutoff: got 12", "holds the attractors")),
    "thresholds": (STOP, f"{STOP}\ncore_thresholds = [0.9]", ("jumps.core_thresholds", "see core_size")),
    "bright cores": (STOP, f"{STOP}\ncore_bright = 0.3", ("jumps.core_bright", "core_size")),
    "manifolds": (STOP, f"{STOP}\nmanifolds = 8", ("jumps.manifolds", "only kerr_cat_staircase")),
    "core of everything": (STOP, f"{STOP}\ncore_size = 1.0", ("jumps.core_size: got 1.0", "between 0 and 1")),
    "overlapping cores": (STOP, f"{STOP}\ncore_size = 0.9", ("jumps.core_size: got 0.9", "do not overlap")),
    "bright Langevin cores": (LONG, f"{LONG}\ncore_bright = 0.3", ("langevin.core_bright", "core_size")),
    "truncation": (LONG, f'{LONG}\ntruncation = "drop"', ("langevin.truncation", "positive")),
    "step too long": (LONG, f"{LONG}\ndt = 2", ("langevin.dt: got 2", "a step <=")),
    "midpoint with dephasing": (
        LONG, f'{LONG}\nscheme = "midpoint"\n[predict]\nmethods = ["Gamma"]', (),
    ),
    "counting arm": (
        "[measure.langevin]", "[measure.counting]\nduration = 10\n[measure.langevin]", ("measure.counting", "[measure.jumps]"),
    ),
    "unknown parameter": ("khat = 0.1", "khat = 0.1\nkappa = 0.2", ("system.kappa", "unknown name")),
    "figure of another system": (
        "[measure.langevin]", '[report]\nfigures = ["inverse_eta"]\n[measure.langevin]', ("report.figures",),
    ),
}  # fmt: skip


def test_the_campaign_they_are_made_of_is_right() -> None:
    """Negative control: every case below differs from it in one place."""
    campaign = parse(GOOD)
    assert [type(arm) for arm in campaign.arms] == [ReachJumpArm, ReachLangevinArm]


@pytest.mark.parametrize("name", [n for n, case in CASES.items() if case[2]])
def test_every_mistake_is_named(name: str) -> None:
    before, after, words = CASES[name]
    assert before in GOOD
    with pytest.raises(CampaignError) as error:
        parse(GOOD.replace(before, after, 1))
    for word in words:
        assert word in str(error.value), str(error.value)


def test_dephasing_needs_another_scheme_than_midpoint() -> None:
    before, after, _ = CASES["midpoint with dephasing"]
    text = GOOD.replace(before, after, 1)
    assert parse(text).arms[1].name == "langevin"
    with pytest.raises(CampaignError, match=r"langevin\.scheme: got 'midpoint'"):
        parse(text.replace("khat = 0.1", "khat = 0.1\neta = 1e-3"))


def test_the_command_writes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "one.toml").write_text(GOOD.replace("beta = 0.05", "beta = 0.2"))
    assert cli.main(["run", "one.toml"]) == 2
    assert "no bistability" in capsys.readouterr().err
    assert [p.name for p in tmp_path.iterdir()] == ["one.toml"]


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"lam": 0.08, "beta": 0.2, "khat": 0.1}, ("one attractor only at beta = 0.2", "beta < 0.15150")),
        ({"lam": 0.08, "beta": 0.05, "khat": 0.6}, ("khat < 1/sqrt(3)",)),
    ],
)
def test_python_refuses_one_attractor(parameters: dict[str, float], words: tuple[str, ...]) -> None:
    for method in ("jumps", "langevin"):
        with pytest.raises(UnravellingError) as error:
            measure_switching("duffing_attractors", method=method, **parameters)  # type: ignore[arg-type]  # a Literal
        for word in words:
            assert word in str(error.value)


def test_a_picture_of_one_attractor_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "t.png"
    for engine in ("jumps", "langevin"):
        words = ["trajectory", "duffing_attractors", "-p", "lam=0.08", "-p", "beta=0.2", "-p", "khat=0.1", "--engine", engine]
        assert cli.main([*words, "--out", str(out)]) == 2
        assert "one attractor only" in capsys.readouterr().err
        assert not out.exists()


def test_rates_of_a_hard_or_undriven_oscillator_are_refused() -> None:
    for name, wrong in (("chi", 0.06), ("chi", 0.0), ("eps", 0.0), ("kappa", -0.2), ("dw", 0.0), ("n_th", -1.0)):
        good = {"dw": 1.0, "chi": -0.06, "eps": 0.6, "kappa": 0.2, "n_th": 0.0}
        assert DuffingAttractors.from_rates(**good).khat == 0.1
        with pytest.raises(ParameterError, match=f"^{name}: got"):
            DuffingAttractors.from_rates(**{**good, name: wrong})


def test_the_driven_qubit_says_that_nothing_switches(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for model in ("driven_qubit_tls", DrivenQubitTLS(-0.37, 0.1)):
        with pytest.raises(UnravellingError, match="one attractor, nothing switches"):
            measure_switching(model, **({"Delta_d": -0.37, "Omega": 0.1} if isinstance(model, str) else {}))
    text = GOOD.replace('"duffing_attractors"\nbeta = 0.05\nkhat = 0.1', '"driven_qubit_tls"\nOmega = 0.1')
    with pytest.raises(CampaignError, match="nothing switches"):
        parse(text.replace("lam = [0.08, 0.1]", "Delta_d = [0.1, 0.2]"))
    out = tmp_path / "t.png"
    assert cli.main(["trajectory", "driven_qubit_tls", "-p", "Delta_d=-0.37", "-p", "Omega=0.1", "--out", str(out)]) == 2
    assert "nothing switches" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "wrong"),
    [("T", 0.0), ("T", -10.0), ("g", 0.0), ("gamma_c", -1.0), ("Omega", -0.1), ("alpha_0", -1.0), ("omega_q", 0.0)],
)
def test_parameters_of_the_driven_qubit_are_checked(
    name: str, wrong: float, capsys: pytest.CaptureFixture[str]
) -> None:
    values = {"Delta_d": -0.37, "Omega": 0.1, name: wrong}
    with pytest.raises(ParameterError, match=f"^{name}: got"):
        DrivenQubitTLS(**values)
    words = [word for key, value in values.items() for word in ("-p", f"{key}={value}")]
    assert cli.main(["predict", "driven_qubit_tls", *words]) == 2
    assert f"{name}: got" in capsys.readouterr().err


def test_rates_instead_of_scaled_parameters(capsys: pytest.CaptureFixture[str]) -> None:
    rates = {"dw": 2.0, "chi": -0.12, "eps": 4 / 3, "kappa": 0.4}
    words = [word for name, value in rates.items() for word in ("-p", f"{name}={value}")]
    assert cli.main(["predict", "duffing_attractors", *words, "--method", "action_LH"]) == 0
    assert "lam = 0.06, beta = 0.0533333, khat = 0.1" in capsys.readouterr().out
    assert build("duffing_attractors", rates) == DuffingAttractors.from_rates(**rates)
    for wrong, said in ((["-p", "lam=0.1"], "cannot be mixed"), (["-p", "chi=0.1"], "second value")):
        assert cli.main(["predict", "duffing_attractors", *words, *wrong]) == 2
        assert said in capsys.readouterr().err
    assert cli.main(["predict", "duffing_attractors", *words[:6]]) == 2
    assert "kappa: got None" in capsys.readouterr().err
    assert cli.main(["predict", "duffing_attractors", "-p", "Beta=0.05"]) == 2
    assert "did you mean 'beta'" in capsys.readouterr().err
    assert cli.main(["systems", "duffing_attractors"]) == 0
    assert "β = 2λ(ε/dw)²" in capsys.readouterr().out
