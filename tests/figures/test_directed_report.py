"""Reports of points with three wells: table of pulls, figures, exponents; built from Markov chains with exact rates."""

from __future__ import annotations

import csv
import math
import re
import sys
from dataclasses import replace
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "statistics"))
from chain_records import chain_records, three_states

from wellhop.analysis.arrhenius_family import arrhenius_families
from wellhop.analysis.directed_measurement import measure_directed
from wellhop.analysis.directed_table import compared_rates, rate_chi_square, rate_table
from wellhop.analysis.figures.directed_rates import draw_directed_rates
from wellhop.analysis.figures.exponents import draw_exponents
from wellhop.analysis.figures.well_trajectory import WellLevel
from wellhop.analysis.prediction import Prediction
from wellhop.analysis.report import write_report
from wellhop.analysis.result import CampaignResult, PointResult, TrajectoryTrace
from wellhop.jobs.findings import UNFINISHED, pull_table

SEVERAL_U = (1.0, 0.9, 0.8, 0.7)
#: Exponents of the two arms: those of (-10, 3.2), quantum and truncated Wigner.
SLOPES = {"jumps": (9.404, 7.147), "langevin": (5.970, 5.923)}


def _rates(arm: str, U: float) -> tuple[float, float, float]:
    v, b = SLOPES[arm]
    k_v, k_b = 0.03 * math.exp(-0.2 * v * (1 / U - 1)), 0.05 * math.exp(-0.2 * b * (1 / U - 1))
    return k_v, k_b, 0.002 * U


def _point(index: int, U: float, **changes) -> PointResult:
    directed, predictions = {}, []
    for place, (arm, suffix) in enumerate((("jumps", ""), ("langevin", "_twa"))):
        chain = three_states(*_rates(arm, U))
        exact = chain.exact()
        directed[arm] = measure_directed(
            chain_records(chain, 10 * index + place, 150, 4.0 / exact["lam_e"]), sample_interval=0.5, burn_in=5.0,
            relaxation_time=1.0, core_names=("discs",), photons=1,
        )  # fmt: skip
        for name in ("lam_e", "lam_o", "k_v", "k_b", "k_d", "photons"):
            predictions.append(Prediction(name + suffix, name, "rate", float(exact[name]), "", True, ""))
    # scaled so that the exponents are those of SLOPES: U is drawn five times as large as the chain's
    parameters = {"delta": -10.0, "eps": 3.2, "U": 5.0 * U}
    return PointResult(index, parameters, directed=directed, predictions=tuple(predictions), **changes)


@pytest.fixture(scope="module")
def result() -> CampaignResult:
    times = [0.1 * k for k in range(200)]
    trace = TrajectoryTrace(
        "jumps", "displaced", *map(_array, (times, [math.tanh(t - 9) for t in times])), {"n": _array(times)}
    )
    wells = (WellLevel("bright -", -1.0, 8.0), WellLevel("vacuum", 0.0, 0.0), WellLevel("bright +", 1.0, 8.0))
    points = [
        _point(i, U, **({"traces": (trace,), "wells": wells} if i == 0 else {}))
        for i, U in enumerate(SEVERAL_U)
    ]
    made = CampaignResult(
        "demo", "kerr_two_photon_drive", "Three wells", tuple(points), provenance={"seed": "1"}
    )
    return replace(made, arrhenius=arrhenius_families(made))


def _array(values):
    import numpy as np

    return np.array(values)


def test_every_rate_of_every_arm_has_a_row_and_agrees(result: CampaignResult) -> None:
    """A pull beyond 5.731 has probability 1e-8."""
    rows = compared_rates(result)
    assert len(rows) == 4 * 2 * 5
    assert max(abs(row.comparison.pull) for row in rows) < 5.731
    for arm in SLOPES:
        for name in ("lam_e", "k_v", "k_b", "k_d"):
            total = rate_chi_square(rows, arm, name)
            assert total.dof == 4
            assert total.p_value > 1e-8
    # negative control: predictions half as large again
    wrong = [
        replace(p, predictions=tuple(replace(q, value=1.5 * q.value) for q in p.predictions))
        for p in result.points
    ]
    for arm in SLOPES:
        assert (
            rate_chi_square(compared_rates(replace(result, points=tuple(wrong))), arm, "k_b").p_value < 1e-8
        )


def test_the_text_table(result: CampaignResult) -> None:
    text = pull_table(result)
    assert text.startswith(rate_table(result, compared_rates(result)))
    assert sum(line.startswith("exponent of k_") for line in text.splitlines()) == 4
    lines = text.splitlines()
    assert lines[0].split() == [
        "arm", "rate", "measured", "error", "switches", "counted", "predicted", "pull", "verdict",
    ]  # fmt: skip
    assert [line.split(":")[0] for line in lines if line.startswith("point ")] == [f"point {p.index}" for p in result.points]
    assert sum("langevin" in line.split() for line in lines) == 20
    assert any(
        line.startswith("k_v of quantum jumps against the exact model (Liouvillian): chi2") for line in lines
    )
    assert "nan" not in text
    halfway = replace(result, provenance={"campaign": f"demo, {UNFINISHED} are shown"})
    assert pull_table(halfway).splitlines()[0] == UNFINISHED


def test_the_page_and_its_files(result: CampaignResult, tmp_path: Path) -> None:
    page = write_report(result, tmp_path).read_text(encoding="utf-8")
    names = {
        f"{n}.{form}" for n in ("arrhenius", "directed_rates", "trajectory") for form in ("png", "pdf", "csv")
    }
    assert {p.name for p in tmp_path.iterdir()} == names | {"report.html", "rates.csv", "exponents.csv"}
    for part in (
        "Rates against 1/U",
        "Exponents for",
        "Rates, measured over predicted",
        "Measured against predicted",
        "Wells",
        "Conventions",
    ):
        assert part in page
    assert "40 of 40" not in page
    assert len(re.findall(r"\d+ of 20 rates lie within", page)) == 2
    rows = list(csv.DictReader((tmp_path / "rates.csv").read_text().splitlines()))
    assert len(rows) == 40
    first = next(r for r in compared_rates(result) if (r.arm, r.name) == ("langevin", "k_b"))
    drawn = next(r for r in rows if (r["arm"], r["rate"]) == ("langevin", "k_b"))
    assert float(drawn["value"]) == first.estimate.value
    assert float(drawn["predicted"]) == first.prediction.value


def test_the_exponents_are_those_of_the_rates(result: CampaignResult) -> None:
    (family,) = result.arrhenius
    for (arm, name), fit in family.fits.items():
        assert fit.holds(SLOPES[arm][0 if name == "k_v" else 1]), (arm, name, str(fit))
    for (kind, name), fit in family.generator_fits.items():
        arm = "jumps" if kind == "exact" else "langevin"
        assert fit.holds(SLOPES[arm][0 if name == "k_v" else 1])
    # actions in the unit of U, of this delta and eps
    assert family.actions["exact"].vacuum == pytest.approx(9.4039727)
    assert family.actions["twa"].bright == pytest.approx(5.922569, abs=1e-4)
    _, table = draw_exponents(result)
    assert {row[0] for row in table.rows} >= {
        "rate quantum jumps",
        "rate Langevin",
        "rate Liouvillian",
        "action S_Q",
    }


def test_ratios_drawn_are_those_measured(result: CampaignResult) -> None:
    figure, table = draw_directed_rates(result)
    assert len(figure.axes) == 4
    for row in compared_rates(result):
        if row.name == "k_d":
            continue
        (drawn,) = table.select(series=f"{row.name} {row.arm}", point=row.point.index)
        assert drawn[table.columns.index("ratio")] == row.estimate.value / row.prediction.value


def test_parts_that_are_missing_are_left_out(result: CampaignResult, tmp_path: Path) -> None:
    """One point, one arm, no prediction, no switch: a page all the same."""
    still = measure_directed(
        chain_records(three_states(1e-9, 1e-9, 1e-9), 3, 12, 50.0), sample_interval=0.5, burn_in=5.0, relaxation_time=1.0,
        core_names=("discs",),
    )  # fmt: skip
    lone = replace(result.points[0], directed={"langevin": still}, traces=(), wells=())
    bare = replace(lone, predictions=())
    for point in (lone, bare):
        alone = replace(result, points=(point,), arrhenius=())
        page = write_report(alone, tmp_path / str(len(point.predictions))).read_text(encoding="utf-8")
        assert "&lt; " in page
        assert "Rates against 1/U" not in page
        assert "no switches" in pull_table(alone) or not point.predictions
        assert "nan" not in pull_table(alone)
