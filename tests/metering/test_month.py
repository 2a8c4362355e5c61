"""A month of traffic with processes killed at random: the ledger's totals are those that the backend counted, once
each."""

from pathlib import Path

import pytest

from benchmarks.month import run
from tests.postgres import PASSWORD

EXCHANGES = 20_000
KILLS = 8


@pytest.mark.timeout(600)
@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_a_month_is_accounted_for_to_the_token(database: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    url = f"sqlite:///{tmp_path / 'guard.db'}" if database == "sqlite" else request.getfixturevalue("server")
    outcome = run(url, "" if database == "sqlite" else PASSWORD, tmp_path, EXCHANGES, KILLS, seed=5)
    assert outcome.wrong == ()
    assert outcome.faults == ()
    assert outcome.signed
    assert outcome.estimated > 0
    assert outcome.attempts > 0
    assert outcome.reasoning > 0
    assert outcome.tool > 0
    assert outcome.prompt == outcome.told_prompt
    assert outcome.told_completion - outcome.open_tokens <= outcome.completion <= outcome.told_completion
