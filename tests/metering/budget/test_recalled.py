"""What the ledger has of a period is spent when Guard starts again."""

from pathlib import Path

import msgspec

from guard.app.budgets import build_budgets, recall_spendings
from guard.config import load
from guard.core.entry import Closing, Opening, Status
from guard.core.facts import BudgetFacts, Identity
from guard.core.usage import Usage, UsageSource
from guard.metering.budget.book import unix_ms
from guard.metering.counter.memory import MemoryCounters
from guard.metering.ledger.ledger import SqlLedger
from guard.metering.ledger.options import LedgerOptions
from guard.metering.ledger.reader import LedgerReader
from tests.configuration import MINIMAL, written

ACME = Identity("acme", "app1", "default")


def opening(exchange: str, started_ms: int) -> Opening:
    return Opening(exchange, "acme", "app1", "default", "openai.chat", "m", "local", True, started_ms)


def closing(exchange: str, team: str) -> Closing:
    return Closing(
        exchange, Status.COMPLETED, "", Usage(prompt=10, completion=20), UsageSource.PROVIDER, 0, 1.0, 2.0,
        cost_nanousd=500, labels={"team": team},
    )  # fmt: skip


def test_counts_of_a_broken_backend_keep_nobody_from_starting(tmp_path: Path) -> None:
    most = (1 << 63) - 1
    url = f"sqlite:///{tmp_path / 'guard.db'}"
    ledger = SqlLedger(LedgerOptions(url=url, flush_ms=60_000))
    ledger.start()
    for exchange in ("01A", "01B", "01C"):
        odd = Usage(prompt=most, completion=most)
        ledger.open(opening(exchange, 1_796_040_000_000))
        ledger.close(msgspec.structs.replace(closing(exchange, "blue"), usage=odd, cost_nanousd=most))
    ledger.stop()
    (spent,) = LedgerReader(url).spendings(0)
    assert (spent.tokens, spent.nanousd) == (6 * most, 3 * most)


async def test_what_was_spent_before_a_restart_is_still_spent(tmp_path: Path) -> None:
    budgets = (
        "[{name: t, for: {tenant: '*'}, tokens: 1000, per: {hours: 24}}, {name: u, usd: 0.00001, per: {hours: 24}}]"
    )
    (tmp_path / "prices.yaml").touch()
    text = f"{MINIMAL}prices: prices.yaml\nbudgets: {budgets}\n"
    settings = load(written(tmp_path, text), {})
    now = unix_ms()
    ledger = SqlLedger(LedgerOptions(url=settings.ledger_section.url, flush_ms=60_000))
    ledger.start()
    for exchange, started in (("01A", now), ("01B", now - 3_600_000), ("01C", now - 25 * 3_600_000), ("01D", now)):
        ledger.open(opening(exchange, started))
        if exchange != "01D":
            ledger.close(closing(exchange, "blue"))

    counters = MemoryCounters()
    book, _ = build_budgets(settings, counters, None)
    counters.note(await recall_spendings(settings, book, ledger), "")
    ledger.stop()

    assert book is not None
    assert await book.left(ACME) == BudgetFacts(1000 - 2 * 30, 10_000 - 2 * 500, "u")
    assert await book.left(msgspec.structs.replace(ACME, tenant="other")) == BudgetFacts(1000, 9_000, "u")
