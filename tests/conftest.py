"""Settings of hypothesis, and the shared corpus where it is present."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, settings

pytest.register_assert_rewrite("tests.support")

settings.register_profile(
    "edgesym",
    database=None,
    deadline=None,
    derandomize=True,
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
settings.load_profile("edgesym")


@pytest.fixture(scope="session")
def corpus():
    """The folder of the shared corpus."""
    from tests.support import CORPUS

    if not CORPUS.is_dir():
        pytest.skip(f"{CORPUS} is absent")
    return CORPUS
