"""Budgets are of one thing, for somebody, for a time, and counted once."""

from pathlib import Path

import pytest

from guard.app.budgets import build_budgets
from guard.config import load
from guard.errors import ConfigError
from guard.metering.budget.budget import Budget, Scope, Unit
from guard.metering.budget.period import Period
from guard.metering.counter.memory import MemoryCounters
from tests.configuration import MINIMAL, written

WEBHOOK = "budget_webhook: {url: 'https://hooks.example.com/x', secret: whsec_%s, ca_file: ca.pem}\n" % ("QUFB" * 8)


def budget(tmp_path: Path, text: str) -> Budget:
    (tmp_path / "prices.yaml").touch()
    settings = load(written(tmp_path, f"{MINIMAL}prices: prices.yaml\nbudgets: [{text}]\n"), {})
    book, webhook = build_budgets(settings, MemoryCounters(), None)
    assert book is not None
    assert webhook is None
    return book._budgets[0]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "{name: a, for: {tenant: acme}, tokens: 100, per: day}",
            Budget(name="a", scope=Scope(tenant="acme"), unit=Unit.TOKENS, limit=100, period=Period("day")),
        ),
        (
            "{name: a, for: {key: '*', tier: free}, usd: 0.1, per: month, hard: false, warn_at: [1, 0.5]}",
            Budget(
                name="a",
                scope=Scope(key="*", tier="free"),
                unit=Unit.NANOUSD,
                limit=100_000_000,
                period=Period("month"),
                hard=False,
                warn_at=(0.5, 1),
            ),
        ),
        (
            "{name: a, for: {label: team=blue}, tokens: 5, per: {hours: 5}, answer_tokens: 9}",
            Budget(
                name="a",
                scope=Scope(label="team=blue"),
                unit=Unit.TOKENS,
                limit=5,
                period=Period("hours", 5),
                answer_tokens=9,
            ),
        ),
        (
            "{name: a, tokens: 5, per: day}",
            Budget(name="a", scope=Scope(), unit=Unit.TOKENS, limit=5, period=Period("day")),
        ),
    ],
)
def test_budgets_are_read(tmp_path: Path, text: str, expected: Budget) -> None:
    assert budget(tmp_path, text) == expected


def test_a_webhook_is_built_and_its_file_found(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").touch()
    settings = load(written(tmp_path, f"{MINIMAL}{WEBHOOK}budgets: [{{name: a, tokens: 5, per: day}}]\n"), {})
    assert settings.budget_webhook is not None
    assert settings.budget_webhook.ca_file == str(tmp_path / "ca.pem")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("budgets: [{name: a, per: day}]", "is of tokens or of usd"),
        ("prices: p\nbudgets: [{name: a, tokens: 1, usd: 1, per: day}]", "is of tokens or of usd"),
        ("budgets: [{name: a, usd: 1, per: day}]", "name a price book"),
        ("budgets: [{name: a, tokens: 1, per: week}]", "use one of day, month"),
        ("budgets: [{name: a, tokens: 1, per: {hours: 0}}]", "at least 1"),
        ("budgets: [{name: a, tokens: 1}]", r"per: is missing"),
        ("budgets: [{name: a b, tokens: 1, per: day}]", "1 to 64 letters"),
        ("budgets: [{name: a, tokens: 1, per: day}, {name: a, tokens: 1, per: day}]", "stands above"),
        ("budgets: [{name: a, scope: {}, tokens: 1, per: day}]", "unknown key"),
        ("tiers: {default: {}}\nbudgets: [{name: a, for: {tier: fre}, tokens: 1, per: day}]", r"for\.tier"),
        ("replicas: 2\nbudgets: [{name: a, tokens: 1, per: day}]", "counted in each process by itself"),
        (WEBHOOK.replace("ca.pem", "none.pem"), r"budget_webhook\.ca_file"),
    ],
)
def test_what_makes_no_sense_is_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        load(written(tmp_path, f"{MINIMAL}{text}\n"), {})
