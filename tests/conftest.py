"""What several rooms' tests share."""

from collections.abc import Iterator

import pytest
import structlog
from hypothesis import HealthCheck, settings

from guard.app import build_engine
from guard.scan.engine import PatternEngine

settings.register_profile("guard", deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("guard")


@pytest.fixture(scope="session")
def engine() -> PatternEngine:
    """Every detector there is. Compiled once, before a test's own bounds of time; it holds no text."""
    built = build_engine()
    built.prepare()
    return built


@pytest.fixture(autouse=True)
def logging_as_it_was() -> Iterator[None]:
    """A test that sets logging up writes to a stream that is closed behind it."""
    yield
    structlog.reset_defaults()
