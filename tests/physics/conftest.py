"""Reference values and the tolerance that their printed digits imply."""

import tomllib
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest


def half_digit(printed: str) -> float:
    """Half a unit of the last printed digit, with 2 % for ties."""
    return 0.51 * float(Decimal(1).scaleb(int(Decimal(printed).as_tuple().exponent)))


@pytest.fixture(scope="session")
def reference() -> dict[str, Any]:
    """Tables of ``kerr_cat_reference.toml``."""
    return tomllib.loads((Path(__file__).parent / "kerr_cat_reference.toml").read_text())


@pytest.fixture(scope="session")
def printed_as() -> Callable[..., bool]:
    """Whether a value agrees with a printed number to all of its digits, absolute round-off aside."""

    def check(value: float, printed: str, round_off: float = 0.0) -> bool:
        return abs(value - float(printed)) <= half_digit(printed) + round_off

    return check
