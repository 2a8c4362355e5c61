"""What these tests share: patterns that are compiled before any clock runs, and logs that go where the process's do."""

import pytest
import structlog

from guard.scan.engine import PatternEngine


@pytest.fixture(autouse=True)
def prepared(engine: PatternEngine) -> None:
    engine.prepare()


@pytest.fixture(autouse=True)
def logging() -> None:
    structlog.reset_defaults()
