"""Builds the budgets, and tells them what was spent before."""

import asyncio
from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from guard.app.audit import build_webhook
from guard.config import BudgetSettings, Settings
from guard.core.counter import Claim
from guard.metering.budget.book import BudgetBook, untold
from guard.metering.budget.budget import Budget, Scope, Unit
from guard.metering.budget.period import Period
from guard.metering.ledger.ledger import SqlLedger
from guard.metering.ledger.reader import LedgerReader
from guard.metering.location import parse_location
from guard.ports import Counters, Rater
from guard.upstream.webhook import Webhook

_NANO: Final = 1_000_000_000


def build_budgets(
    settings: Settings, counters: Counters, rater: Rater | None
) -> tuple[BudgetBook | None, Webhook | None]:
    """The budgets, and who is told when they run low; nothing where none are configured. Raises ConfigError."""
    if not settings.budgets:
        return None, None
    webhook = build_webhook(settings.budget_webhook) if settings.budget_webhook is not None else None
    tell = untold if webhook is None else webhook.tell
    return BudgetBook([_budget(one) for one in settings.budgets], counters, rater, tell), webhook


def _budget(chosen: BudgetSettings) -> Budget:
    scope = chosen.scope
    in_tokens = chosen.tokens is not None
    return Budget(
        name=chosen.name,
        scope=Scope(scope.tenant, scope.key, scope.tier, scope.label),
        unit=Unit.TOKENS if in_tokens else Unit.NANOUSD,
        limit=chosen.tokens or max(1, int(Decimal(repr(chosen.usd or 0)) * _NANO)),
        period=Period(chosen.per) if isinstance(chosen.per, str) else Period("hours", chosen.per.hours),
        hard=chosen.hard,
        warn_at=tuple(sorted(chosen.warn_at)),
        answer_tokens=chosen.answer_tokens,
    )


async def recall_spendings(settings: Settings, book: BudgetBook | None, ledger: SqlLedger) -> Sequence[Claim]:
    """What the ledger has of the running periods, for counters that hold nothing. Raises LedgerError."""
    if book is None:
        return ()
    return await asyncio.to_thread(_recalled, settings, book, ledger)


def _recalled(settings: Settings, book: BudgetBook, ledger: SqlLedger) -> Sequence[Claim]:
    section = settings.ledger_section
    location = parse_location(section.url)
    if not location.server and location.path is None:
        return ()
    ledger.drain()
    reader = LedgerReader(section.url, section.password.reveal() if section.password is not None else "")
    try:
        return book.claims_of(reader.spendings(book.since_ms()))
    finally:
        reader.close()
