"""Logs of these tests go where the process's do, whatever a test before them has set."""

import pytest
import structlog


@pytest.fixture(autouse=True)
def logging() -> None:
    structlog.reset_defaults()
