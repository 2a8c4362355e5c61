"""What several rooms' tests share."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from hypothesis import HealthCheck, settings

from guard.app import build_engine
from guard.scan.engine import PatternEngine
from guard.scan.store import DatabaseStore

# The checkout's own, for what runs in processes of its own as well: patterns are compiled once, not by every process.
CACHE = Path(__file__).parents[1] / ".cache"
os.environ["XDG_CACHE_HOME"] = str(CACHE)

settings.register_profile("guard", deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("guard")


@pytest.fixture(scope="session")
def store() -> DatabaseStore:
    """What was compiled before. Nothing found in it is a reason to fail."""
    return DatabaseStore(CACHE / "guard")


@pytest.fixture(scope="session")
def engine(store: DatabaseStore) -> PatternEngine:
    """Every detector there is. Compiled once, before a test's own bounds of time; it holds no text."""
    built = build_engine(store=store)
    built.prepare()
    return built


@pytest.fixture(autouse=True)
def logging_as_it_was() -> Iterator[None]:
    """A test that sets logging up writes to a stream that is closed behind it."""
    yield
    structlog.reset_defaults()
