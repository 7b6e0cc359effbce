"""Makes the small campaign and the process helpers of ``tests/resume`` importable; runs the reference once."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1] / "resume"))

from small_campaign import Reference, reference_run


@pytest.fixture(scope="session")
def reference(tmp_path_factory: pytest.TempPathFactory) -> Reference:
    """The small campaign run in this process, every trajectory in one slice; compiles all kernels it needs."""
    return reference_run(tmp_path_factory.mktemp("reference"))
