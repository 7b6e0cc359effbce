"""The books: every slice once, in order, and a final count that adds up."""

from __future__ import annotations

import math

import numpy as np
import pytest

from wellhop.engine.records import EndState
from wellhop.jobs.ledger import Account, LedgerError, audit
from wellhop.jobs.stopping import Progress, Verdict, apply_rule, give_verdict
from wellhop.jobs.units import Unit

UNIT = Unit(0, 0, 2, 6)
RUN, DONE, FAILED = EndState.RUNNING, EndState.DONE, EndState.FAILED


def test_trajectories_that_end_out_of_order_are_counted_in_order() -> None:
    account = Account(UNIT)
    account.enter(1, 0, DONE)
    assert list(account.settle(2)) == []
    account.enter(0, 0, RUN)
    account.enter(0, 1, FAILED)
    account.enter(2, 0, DONE)
    assert list(account.settle(2)) == [0, 1]
    assert account.finished == 2
    assert account.ended == {DONE: 1, EndState.CENSORED: 0, FAILED: 1}
    assert not account.slices


@pytest.mark.parametrize(
    ("entered", "then"),
    [
        ([(0, 0, DONE)], (0, 0, DONE)),
        ([(0, 0, DONE)], (0, 1, DONE)),
        ([(0, 0, RUN)], (0, 0, RUN)),
        ([(0, 0, RUN)], (0, 2, DONE)),
        ([], (3, 1, RUN)),
    ],
)
def test_a_slice_twice_or_out_of_order_is_a_bug(entered: list, then: tuple) -> None:
    account = Account(UNIT)
    for slice_ in entered:
        account.enter(*slice_)
    account.settle(2)
    with pytest.raises(LedgerError):
        account.enter(*then)


def test_memory_of_an_account_does_not_grow_with_finished_trajectories() -> None:
    account = Account(Unit(0, 0, 10, 10**6))
    for trajectory in range(1000):
        account.enter(trajectory, 0, DONE)
        account.settle(10**6)
    assert account.finished == 1000
    assert not account._ahead
    assert not account.slices


def rows(*slices: tuple[int, int, EndState]) -> np.ndarray:
    """Stored slices of unit (0, 0) in one segment."""
    return np.array([(0, 0, t, n, int(s), 0) for t, n, s in slices], dtype=np.int64).reshape(-1, 6)


def verdict(trajectories: int, failed: int = 0, done: bool = True) -> dict[tuple[int, int], Verdict]:
    return {(0, 0): Verdict(0, 0, trajectories, failed, 0, done, "", Progress())}


def test_audit_accepts_a_right_ledger_and_surplus() -> None:
    stored = rows((0, 0, RUN), (0, 1, DONE), (1, 0, FAILED), (2, 0, RUN))
    assert audit(stored, [UNIT], verdict(2, failed=1), ["seg"]) == []
    assert audit(rows(), [UNIT], {}, []) == []


@pytest.mark.parametrize(
    ("stored", "verdicts", "what"),
    [
        (rows((0, 0, DONE), (0, 0, DONE)), {}, "stored twice"),
        (rows((0, 0, DONE), (0, 1, DONE)), {}, "follows the final one"),
        (rows((0, 0, RUN), (0, 2, DONE)), {}, "the one before is lost"),
        (rows((0, 1, DONE)), {}, "the one before is lost"),
        (rows((0, 0, DONE)), verdict(2), "1 trajectories are lost, the first is 1"),
        (rows((0, 0, DONE), (1, 0, RUN)), verdict(2), "1 trajectories are lost"),
        (
            rows((0, 0, DONE), (1, 0, DONE)),
            verdict(2, failed=1),
            "0 trajectories are failed, the verdict counts 1",
        ),
        (rows((0, 0, DONE), (6, 0, DONE)), {}, "trajectory 6 is too many"),
        (np.array([[7, 0, 0, 0, 1, 0]]), {}, "does not have"),
    ],
)
def test_audit_finds_what_does_not_add_up(stored: np.ndarray, verdicts: dict, what: str) -> None:
    assert any(what in line for line in audit(stored, [UNIT], verdicts, ["seg"]))


def test_verdicts_survive_json_with_unknown_values() -> None:
    given = give_verdict(UNIT, 2, 0, 0, Progress(math.nan, math.inf, 0, 3.5))
    back = Verdict.from_json(given.to_json())
    assert math.isnan(back.progress.value)
    assert back.progress.relative_error == math.inf
    assert (back.trajectories, back.done, back.progress.exposure) == (2, False, 3.5)
    for key, value in (("trajectories", -1), ("done", 1), ("value", "x"), ("failed", True), ("reason", None)):
        with pytest.raises(ValueError):
            Verdict.from_json({**given.to_json(), key: value})


def test_a_unit_ends_by_its_rule_its_limit_or_its_failures() -> None:
    seen = {"value": 1.0, "relative_error": 0.1, "switches": 100, "exposure": 50.0, "trajectories": 4}
    met = apply_rule("time", 50, **seen)
    assert give_verdict(UNIT, 4, 0, 0, met).reason == "50 simulated time >= 50"
    assert give_verdict(UNIT, 4, 1, 0, Progress()).done is False
    assert give_verdict(UNIT, 4, 2, 0, Progress()).reason == "gave up: 2 of 4 trajectories failed"
    assert give_verdict(UNIT, 6, 0, 0, Progress()).reason == "reached max_trajectories = 6"
    with pytest.raises(ValueError, match="no such stop rule"):
        apply_rule("patience", 1, **seen)
